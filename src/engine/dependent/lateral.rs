//! A relation in FROM that names what stands before it: LATERAL.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, Result};
use datafusion::logical_expr::{Expr, Join, JoinType, LogicalPlan, LogicalPlanBuilder};

use super::domain::{Domain, all_columns, only};
use super::left::holds_subquery;
use super::push::{push, refuse};
use super::shared;

/// Whether the right side is marked as one that may look to its left.
pub(super) fn is(join: &Join) -> Result<bool> {
    let mut found = false;
    join.right.apply(|node| {
        found |= matches!(node, LogicalPlan::Subquery(_));
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}

/// The right side computed for all that its left side has, and joined to it.
pub(super) fn apart(join: Join) -> Result<LogicalPlan> {
    let domain = Domain::of(&join.left, &join.right)?;
    if !domain.is_named_in(&join.right)? {
        // It names only what is farther out, and that is not known here.
        let right = unmarked(LogicalPlan::clone(&join.right))?;
        return LogicalPlan::Join(Join { right: Arc::new(right), ..join }).recompute_schema();
    }
    let inner = matches!(join.join_type, JoinType::Inner | JoinType::Left);
    if !inner || !join.on.is_empty() {
        return Err(refuse("LATERAL in this kind of join"));
    }
    let whole = join.join_type == JoinType::Inner;
    if (whole || join.filter.is_none()) && row_by_row(&join.right, &domain, whole)? {
        return beside(join);
    }
    let left = Arc::new(shared::held(LogicalPlan::clone(&join.left))?);
    let domain = Domain::of(&left, &join.right)?;
    let carried = push(LogicalPlan::clone(&join.right), &domain)?;
    let left = Arc::unwrap_or_clone(left);
    only(domain.join(left, carried, join.join_type, join.filter.clone())?, &join.schema)
}

/// Whether what stands on the right is told by one row of the left alone, whichever other rows there are. In an
/// outer join each row must also give one.
fn row_by_row(plan: &LogicalPlan, domain: &Domain, inner: bool) -> Result<bool> {
    if !domain.is_named_in(plan)? {
        return Ok(inner || matches!(plan, LogicalPlan::EmptyRelation(e) if e.produce_one_row));
    }
    match plan {
        LogicalPlan::Projection(projection) => Ok(!projection.expr.iter().any(holds_subquery)
            && row_by_row(&projection.input, domain, inner)?),
        LogicalPlan::Filter(filter) => Ok(inner
            && !holds_subquery(&filter.predicate)
            && row_by_row(&filter.input, domain, inner)?),
        LogicalPlan::Unnest(unnest) => Ok(inner && row_by_row(&unnest.input, domain, inner)?),
        LogicalPlan::SubqueryAlias(alias) => row_by_row(&alias.input, domain, inner),
        LogicalPlan::Subquery(subquery) => row_by_row(&subquery.subquery, domain, inner),
        _ => Ok(false),
    }
}

/// The right side computed over the rows of the left as they are: nothing is gathered and nothing joined back.
fn beside(join: Join) -> Result<LogicalPlan> {
    let left = Arc::clone(join.left.schema());
    let own = Arc::clone(join.right.schema());
    let carried = push(Arc::unwrap_or_clone(join.right), &Domain::rows(&join.left))?;
    let columns = left.columns().into_iter().zip(&carried.keys);
    let columns = columns.map(|(Column { relation, name, .. }, key)| {
        Expr::Column(key.clone()).alias_qualified(relation, name)
    });
    let columns = columns.chain(all_columns(&own)).collect::<Vec<_>>();
    let made = LogicalPlanBuilder::from(carried.plan).project(columns)?;
    match join.filter {
        Some(filter) => made.filter(filter)?.build(),
        None => made.build(),
    }
}

fn unmarked(plan: LogicalPlan) -> Result<LogicalPlan> {
    let plain = plan.transform_up(|node| match node {
        LogicalPlan::Subquery(subquery) => {
            Ok(Transformed::yes(Arc::unwrap_or_clone(subquery.subquery)))
        }
        other => Ok(Transformed::no(other)),
    });
    plain.map(|t| t.data)
}
