//! `INTERSECT ALL` and `EXCEPT ALL`: a row counts as often as it comes, so the copies of a row are numbered.

use std::sync::Arc;

use datafusion::common::tree_node::Transformed;
use datafusion::common::{Column, NullEquality, Result as DfResult};
use datafusion::functions_window::row_number::row_number_udwf;
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::{Distinct, Expr, Join, JoinType, LogicalPlan, LogicalPlanBuilder};

use crate::error::Result;
use crate::planner::failure::from_datafusion;

const COPY: &str = "__copy";

/// DataFusion joins the two sides once and keeps or drops all copies.
pub fn number_copies(plan: LogicalPlan) -> Result<LogicalPlan> {
    plan.transform_up_with_subqueries(|node| match node {
        LogicalPlan::Join(join) if is_all(&join) => numbered(join).map(Transformed::yes),
        other => Ok(Transformed::no(other)),
    })
    .map(|t| t.data)
    .map_err(from_datafusion)
}

/// Nothing else joins like this before the optimiser has seen a plan.
fn is_all(join: &Join) -> bool {
    matches!(join.join_type, JoinType::LeftSemi | JoinType::LeftAnti)
        && join.null_equality == NullEquality::NullEqualsNull
        && join.filter.is_none()
        && !matches!(&*join.left, LogicalPlan::Distinct(Distinct::All(_)))
}

fn numbered(mut join: Join) -> DfResult<LogicalPlan> {
    let columns = join.left.schema().columns().into_iter().map(Expr::Column);
    let columns = columns.collect::<Vec<_>>();
    let left = with_copies(LogicalPlan::clone(&join.left), "left")?;
    let right = with_copies(LogicalPlan::clone(&join.right), "right")?;
    let place = |side: &str| Expr::Column(Column::new_unqualified(format!("{COPY}_{side}")));
    join.on.push((place("left"), place("right")));
    let made = Join::try_new(
        Arc::new(left),
        Arc::new(right),
        join.on,
        None,
        join.join_type,
        join.join_constraint,
        join.null_equality,
        false,
    )?;
    LogicalPlanBuilder::from(LogicalPlan::Join(made)).project(columns)?.build()
}

fn with_copies(plan: LogicalPlan, side: &str) -> DfResult<LogicalPlan> {
    let mut number = WindowFunction::new(row_number_udwf(), Vec::new());
    number.params.partition_by = plan.schema().columns().into_iter().map(Expr::Column).collect();
    let number = Expr::WindowFunction(Box::new(number)).alias(format!("{COPY}_{side}"));
    LogicalPlanBuilder::from(plan).window(vec![number])?.build()
}
