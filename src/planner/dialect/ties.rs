//! `FETCH FIRST n ROWS WITH TIES`: the limit that the syntax pass has marked becomes a condition on ranks.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{Column, Result as DfResult};
use datafusion::functions_window::rank::rank_udwf;
use datafusion::functions_window::row_number::row_number_udwf;
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::{
    Expr, Limit, LogicalPlan, LogicalPlanBuilder, Operator, WindowUDF, binary_expr, cast, lit,
};

use super::meaning::external;
use super::syntax::TIES;
use crate::error::{Error, Result};
use crate::planner::failure::from_datafusion;

/// Takes every such limit apart.
pub fn let_ties_through(plan: LogicalPlan) -> Result<LogicalPlan> {
    plan.transform_up_with_subqueries(|node| match node {
        LogicalPlan::Limit(limit) => match marked(&limit) {
            Some(count) => ranked(limit, count).map(Transformed::yes),
            None => Ok(Transformed::no(LogicalPlan::Limit(limit))),
        },
        other => Ok(Transformed::no(other)),
    })
    .map(|t| t.data)
    .map_err(from_datafusion)
}

fn marked(limit: &Limit) -> Option<Expr> {
    let Some(Expr::ScalarFunction(call)) = limit.fetch.as_deref() else { return None };
    (call.name() == TIES).then(|| call.args[0].clone())
}

fn ranked(limit: Limit, count: Expr) -> DfResult<LogicalPlan> {
    // Columns that are only sorted by are taken off above the sort.
    let (above, sort) = match &*limit.input {
        LogicalPlan::Sort(sort) => (None, sort),
        LogicalPlan::Projection(p) => match &*p.input {
            LogicalPlan::Sort(sort) => (Some(p.expr.clone()), sort),
            _ => return Err(unsorted()),
        },
        _ => return Err(unsorted()),
    };
    let number = |function: Arc<WindowUDF>, name: &str| {
        let mut function = WindowFunction::new(function, Vec::new());
        function.params.order_by.clone_from(&sort.expr);
        Expr::WindowFunction(Box::new(function)).alias(name)
    };
    let columns = sort.input.schema().columns().into_iter().map(Expr::Column);
    let bigint = |e: Expr| cast(e, DataType::Int64);
    let at = |name: &str| bigint(Expr::Column(Column::new_unqualified(name)));
    let count = bigint(count);
    let skip = limit.skip.map_or_else(|| lit(0i64), |skip| bigint(*skip));
    let end = binary_expr(skip.clone(), Operator::Plus, count.clone());
    let kept = at("__place").gt(skip).and(at("__rank").lt_eq(end)).and(count.gt(lit(0i64)));
    let plan = LogicalPlanBuilder::from(LogicalPlan::clone(&sort.input))
        .window(vec![number(row_number_udwf(), "__place"), number(rank_udwf(), "__rank")])?
        .filter(kept)?
        .project(columns.collect::<Vec<_>>())?
        .sort(sort.expr.clone())?;
    match above {
        Some(above) => plan.project(above)?.build(),
        None => plan.build(),
    }
}

fn unsorted() -> datafusion::error::DataFusionError {
    external(Error::unsupported("FETCH FIRST … WITH TIES over this form of query"))
}
