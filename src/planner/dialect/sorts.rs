//! `ORDER BY (SELECT … t.a …)` where the select list has dropped `t.a`: the column is kept until the rows are sorted.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, Result as DfResult};
use datafusion::logical_expr::expr::{Exists, InSubquery, SetComparison};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, Sort};

use crate::error::Result;
use crate::planner::failure::from_datafusion;

/// DataFusion keeps the columns that a sort names itself, and not those that subqueries in it name.
pub fn keep_for_sorting(plan: LogicalPlan) -> Result<LogicalPlan> {
    plan.transform_up_with_subqueries(|node| match node {
        LogicalPlan::Sort(sort) => kept(sort),
        other => Ok(Transformed::no(other)),
    })
    .map(|t| t.data)
    .map_err(from_datafusion)
}

fn kept(sort: Sort) -> DfResult<Transformed<LogicalPlan>> {
    let LogicalPlan::Projection(projection) = &*sort.input else {
        return Ok(Transformed::no(LogicalPlan::Sort(sort)));
    };
    let mut wanted = Vec::new();
    for key in &sort.expr {
        named_by_subqueries(&key.expr, &mut wanted)?;
    }
    let (shown, below) = (sort.input.schema(), projection.input.schema());
    wanted.retain(|c| {
        shown.maybe_index_of_column(c).is_none() && below.maybe_index_of_column(c).is_some()
    });
    if wanted.is_empty() {
        return Ok(Transformed::no(LogicalPlan::Sort(sort)));
    }
    let own = shown.columns().into_iter().map(Expr::Column).collect::<Vec<_>>();
    let all = projection.expr.iter().cloned().chain(wanted.into_iter().map(Expr::Column));
    let input = LogicalPlanBuilder::from(LogicalPlan::clone(&projection.input))
        .project(all.collect::<Vec<_>>())?
        .build()?;
    let sorted = LogicalPlan::Sort(Sort { input: Arc::new(input), ..sort });
    LogicalPlanBuilder::from(sorted).project(own)?.build().map(Transformed::yes)
}

fn named_by_subqueries(e: &Expr, found: &mut Vec<Column>) -> DfResult<()> {
    e.apply(|e| {
        if let Expr::ScalarSubquery(subquery)
        | Expr::Exists(Exists { subquery, .. })
        | Expr::InSubquery(InSubquery { subquery, .. })
        | Expr::SetComparison(SetComparison { subquery, .. }) = e
        {
            let outer = subquery.outer_ref_columns.iter().filter_map(|e| match e {
                Expr::OuterReferenceColumn(_, column) => Some(column.clone()),
                _ => None,
            });
            found.extend(outer.filter(|c| !found.contains(c)).collect::<Vec<_>>());
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(())
}
