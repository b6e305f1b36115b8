//! Which subqueries the engine's own planner takes apart, and rightly: those are left to it, since its joins need no
//! domain. Everything else is done here.

use datafusion::common::Result;
use datafusion::common::tree_node::TreeNode;
use datafusion::logical_expr::expr::{Exists, InSubquery};
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{BinaryExpr, Distinct, Expr, Filter, LogicalPlan, Operator};

use super::domain::outer_columns;

/// Whether a filter's condition, one of several, is EXISTS or IN over a subquery that only filters by the rows around.
pub(super) fn semi_join(condition: &Expr, filter: &Filter) -> Result<bool> {
    let (subquery, correlated_not_in) = match condition {
        Expr::Exists(Exists { subquery, .. }) => (subquery, false),
        Expr::Not(inner) => match &**inner {
            Expr::Exists(Exists { subquery, .. }) => (subquery, false),
            _ => return Ok(false),
        },
        Expr::InSubquery(InSubquery { subquery, negated, expr }) => {
            if expr.contains_outer() || holds_subquery(expr) {
                return Ok(false);
            }
            // Of a value that is no row's, whether it is among values and NULLs is decided wrongly there.
            if *negated && expr.column_refs().is_empty() {
                return Ok(false);
            }
            // NOT IN with a condition on the outer row gives no rows there, where PostgreSQL gives some.
            (subquery, *negated && !outer_columns(&subquery.subquery)?.is_empty())
        }
        _ => return Ok(false),
    };
    let plan = &*subquery.subquery;
    let bound = |c| filter.input.schema().maybe_index_of_column(c).is_some();
    if correlated_not_in || !outer_columns(plan)?.iter().all(bound) {
        return Ok(false);
    }
    if outer_columns(plan)?.is_empty() {
        // EXISTS over an aggregate or past an offset is taken for EXISTS over its input.
        return Ok(matches!(condition, Expr::InSubquery(_)));
    }
    only_filtered(plan)
}

/// Projections over one filter that names the rows around, over a plan that does not.
fn only_filtered(plan: &LogicalPlan) -> Result<bool> {
    match plan {
        LogicalPlan::Projection(p) if !p.expr.iter().any(Expr::contains_outer) => {
            only_filtered(&p.input)
        }
        LogicalPlan::Distinct(Distinct::All(input)) => only_filtered(input),
        LogicalPlan::SubqueryAlias(alias) => only_filtered(&alias.input),
        LogicalPlan::Filter(filter) => {
            Ok(!holds_subquery(&filter.predicate) && outer_columns(&filter.input)?.is_empty())
        }
        _ => Ok(false),
    }
}

/// Whether a scalar subquery is one aggregate over rows that are chosen by equality with the rows around.
pub(super) fn keyed_aggregate(plan: &LogicalPlan, around: &LogicalPlan) -> Result<bool> {
    let outer = outer_columns(plan)?;
    let bound = outer.iter().all(|c| around.schema().maybe_index_of_column(c).is_some());
    if outer.is_empty() || !bound {
        return Ok(false);
    }
    match above_aggregate(plan) {
        Some(LogicalPlan::Aggregate(aggregate)) if aggregate.group_expr.is_empty() => {
            if aggregate.aggr_expr.iter().any(Expr::contains_outer) {
                return Ok(false);
            }
            equal_keys(&aggregate.input)
        }
        _ => Ok(false),
    }
}

/// Below projections that pass the aggregate's value on as it is.
fn above_aggregate(plan: &LogicalPlan) -> Option<&LogicalPlan> {
    match plan {
        LogicalPlan::Projection(p) => {
            let plain = p.expr.iter().all(|e| {
                let e = if let Expr::Alias(alias) = e { &*alias.expr } else { e };
                matches!(e, Expr::Column(_))
            });
            plain.then(|| above_aggregate(&p.input)).flatten()
        }
        LogicalPlan::SubqueryAlias(alias) => above_aggregate(&alias.input),
        other => Some(other),
    }
}

fn equal_keys(plan: &LogicalPlan) -> Result<bool> {
    match plan {
        LogicalPlan::SubqueryAlias(alias) => equal_keys(&alias.input),
        LogicalPlan::Filter(filter) => {
            let fits = split_conjunction(&filter.predicate).into_iter().all(|e| match e {
                e if holds_subquery(e) => false,
                e if !e.contains_outer() => true,
                Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => {
                    let outer = |e: &Expr| matches!(e, Expr::OuterReferenceColumn(..));
                    outer(left) && matches!(&**right, Expr::Column(_))
                        || outer(right) && matches!(&**left, Expr::Column(_))
                }
                _ => false,
            });
            Ok(fits && outer_columns(&filter.input)?.is_empty())
        }
        _ => Ok(false),
    }
}

pub(super) fn holds_subquery(e: &Expr) -> bool {
    let subquery = |e: &Expr| {
        matches!(
            e,
            Expr::ScalarSubquery(_)
                | Expr::Exists(_)
                | Expr::InSubquery(_)
                | Expr::SetComparison(_)
        )
    };
    e.exists(|e| Ok(subquery(e))).unwrap_or(true)
}
