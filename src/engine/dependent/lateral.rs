//! A relation in FROM that names what stands before it: LATERAL.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Join, JoinType, LogicalPlan};

use super::domain::{Domain, only};
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
    let left = Arc::new(shared::held(LogicalPlan::clone(&join.left))?);
    let domain = Domain::of(&left, &join.right)?;
    let carried = push(LogicalPlan::clone(&join.right), &domain)?;
    let left = Arc::unwrap_or_clone(left);
    only(domain.join(left, carried, join.join_type, join.filter.clone())?, &join.schema)
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
