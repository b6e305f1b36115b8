//! A plan seen from the bottom up by a pass that changes types: what a subquery or a lateral relation takes from the
//! query around it has the types that this has come to by then.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result as DfResult};
use datafusion::logical_expr::{Expr, Join, LogicalPlan, Subquery};

use super::meaning::merged_input_schema;

/// Stack that a plan's nodes take beyond the thread's own, in steps.
const RED_ZONE: usize = 128 << 10;
const STACK: usize = 2 << 20;

/// Changes every node by `f`: its inputs first, then the subqueries in its expressions, then itself.
pub(super) fn bottom_up(
    plan: LogicalPlan,
    f: &impl Fn(LogicalPlan) -> DfResult<LogicalPlan>,
) -> DfResult<LogicalPlan> {
    if !dependent(&plan)? {
        let changed = plan.transform_up_with_subqueries(|node| f(node).map(Transformed::yes));
        return changed.map(|t| t.data);
    }
    stacker::maybe_grow(RED_ZONE, STACK, || node_up(plan, f))
}

fn node_up(
    plan: LogicalPlan,
    f: &impl Fn(LogicalPlan) -> DfResult<LogicalPlan>,
) -> DfResult<LogicalPlan> {
    let plan = match plan {
        LogicalPlan::Join(join) => sides_up(join, f)?,
        other => other.map_children(|child| bottom_up(child, f).map(Transformed::yes))?.data,
    };
    let schema = merged_input_schema(&plan)?;
    let plan = plan.map_expressions(|e| e.transform_up(|e| in_subquery(e, &schema)))?.data;
    let plan = plan.map_subqueries(|inner| bottom_up(inner, f).map(Transformed::yes))?.data;
    f(plan)
}

/// The right side may look to its left.
fn sides_up(
    join: Join,
    f: &impl Fn(LogicalPlan) -> DfResult<LogicalPlan>,
) -> DfResult<LogicalPlan> {
    let Join { left, right, .. } = &join;
    let left = bottom_up(LogicalPlan::clone(left), f)?;
    let right = with_types(LogicalPlan::clone(right), left.schema())?;
    let right = bottom_up(right, f)?;
    Ok(LogicalPlan::Join(Join { left: Arc::new(left), right: Arc::new(right), ..join }))
}

/// Whether anything in it takes columns from outside.
fn dependent(plan: &LogicalPlan) -> DfResult<bool> {
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        found |= node.contains_outer_reference();
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}

/// Outer columns in the types that the rows around have now.
fn with_types(plan: LogicalPlan, outer: &DFSchema) -> DfResult<LogicalPlan> {
    if !dependent(&plan)? {
        return Ok(plan);
    }
    let changed = plan.transform_up_with_subqueries(|node| {
        let node = node.map_expressions(|e| e.transform_up(|e| outer_column(e, outer)))?.data;
        node.recompute_schema().map(Transformed::yes)
    });
    changed.map(|t| t.data)
}

fn in_subquery(e: Expr, outer: &DFSchema) -> DfResult<Transformed<Expr>> {
    let refresh = |subquery: Subquery| -> DfResult<Subquery> {
        if subquery.outer_ref_columns.is_empty() {
            return Ok(subquery);
        }
        let plan = with_types(Arc::unwrap_or_clone(subquery.subquery), outer)?;
        let columns = subquery.outer_ref_columns.into_iter();
        let columns = columns.map(|e| outer_column(e, outer).map(|t| t.data));
        Ok(Subquery {
            subquery: Arc::new(plan),
            outer_ref_columns: columns.collect::<DfResult<_>>()?,
            spans: subquery.spans,
        })
    };
    Ok(match e {
        Expr::ScalarSubquery(subquery) => {
            Transformed::yes(Expr::ScalarSubquery(refresh(subquery)?))
        }
        Expr::Exists(mut exists) => {
            exists.subquery = refresh(exists.subquery)?;
            Transformed::yes(Expr::Exists(exists))
        }
        Expr::InSubquery(mut within) => {
            within.subquery = refresh(within.subquery)?;
            Transformed::yes(Expr::InSubquery(within))
        }
        Expr::SetComparison(mut compared) => {
            compared.subquery = refresh(compared.subquery)?;
            Transformed::yes(Expr::SetComparison(compared))
        }
        other => Transformed::no(other),
    })
}

fn outer_column(e: Expr, outer: &DFSchema) -> DfResult<Transformed<Expr>> {
    let Expr::OuterReferenceColumn(field, column) = e else { return Ok(Transformed::no(e)) };
    let now = match outer.maybe_index_of_column(&column) {
        Some(i) if outer.field(i).data_type() != field.data_type() => {
            Arc::clone(&outer.fields()[i])
        }
        _ => field,
    };
    Ok(Transformed::yes(Expr::OuterReferenceColumn(now, column)))
}
