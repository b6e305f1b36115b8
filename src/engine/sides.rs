//! Constants stand to the right of what they are compared with.
//!
//! DataFusion 55 brings the conditions on one column together and does not see that `'a' = x` says what `x = 'a'` says:
//! it takes the two for a contradiction, and `x >= 6 AND 6 < x` for `x >= 6`. One order of sides, and nothing in a
//! literal but its value, leaves it nothing to mistake. Done right before conditions are brought together, when what is
//! constant has been worked out.

use datafusion::common::metadata::FieldMetadata;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, Result};
use datafusion::logical_expr::{BinaryExpr, Expr, LogicalPlan, Projection};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};
use std::sync::Arc;

use super::plain::reads_alike;
use crate::catalog::types::{SqlType, TYPE_KEY};
use crate::planner::dialect::stands_alone;

type Rules = Vec<Arc<dyn OptimizerRule + Send + Sync>>;

/// The rules with this one before conditions move.
pub(super) fn among(mut rules: Rules) -> Rules {
    let at = rules.iter().position(|rule| rule.name() == "push_down_filter").unwrap_or(0);
    rules.insert(at, Arc::new(ConstantsRight));
    rules
}

#[derive(Debug)]
struct ConstantsRight;

impl OptimizerRule for ConstantsRight {
    fn name(&self) -> &str {
        "constants_right"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(
        &self,
        plan: LogicalPlan,
        _: &dyn OptimizerConfig,
    ) -> Result<Transformed<LogicalPlan>> {
        if let LogicalPlan::Projection(projection) = plan {
            return Ok(plain_literals(projection));
        }
        if !matches!(plan, LogicalPlan::Filter(_) | LogicalPlan::Join(_)) {
            return Ok(Transformed::no(plan));
        }
        let inputs: Vec<LogicalPlan> = plan.inputs().into_iter().cloned().collect();
        plan.map_expressions(|e| {
            e.transform_up(|e| match e {
                Expr::BinaryExpr(binary) if binary.op.swap().is_some() => {
                    Ok(turned(binary, &inputs))
                }
                other => Ok(Transformed::no(other)),
            })
        })
    }
}

/// A literal that a projection gives says its type in the projection's field alone, so that a condition that gets the
/// literal in its column's stead does not get the type along. The fields stay what they are.
fn plain_literals(mut projection: Projection) -> Transformed<LogicalPlan> {
    let mut changed = false;
    for e in &mut projection.expr {
        let Expr::Alias(alias) = e else { continue };
        let Expr::Literal(_, carried) = &mut *alias.expr else { continue };
        let named = carried.as_ref().and_then(|m| m.inner().get(TYPE_KEY));
        if named.and_then(|name| SqlType::parse(name)).is_some_and(|of| reads_alike(&of)) {
            let taken = carried.take();
            alias.metadata = FieldMetadata::merge_options(taken.as_ref(), alias.metadata.as_ref());
            changed = true;
        }
    }
    let plan = LogicalPlan::Projection(projection);
    if changed { Transformed::yes(plan) } else { Transformed::no(plan) }
}

fn turned(binary: BinaryExpr, inputs: &[LogicalPlan]) -> Transformed<Expr> {
    let BinaryExpr { left, op, right } = binary;
    let (left_fixed, right_fixed) = (fixed(&left, inputs), fixed(&right, inputs));
    let (mut left, mut op, mut right, mut changed) = (left, op, right, false);
    if left_fixed
        && !right_fixed
        && let Some(other) = op.swap().filter(|_| op.supports_propagation())
    {
        (left, op, right, changed) = (right, other, left, true);
    }
    for side in [&mut left, &mut right] {
        if let Expr::Literal(_, metadata) = &mut **side {
            changed |= metadata.take().is_some();
        }
    }
    let made = Expr::BinaryExpr(BinaryExpr { left, op, right });
    if changed { Transformed::yes(made) } else { Transformed::no(made) }
}

/// Whether it is the same for every row: also a column that a projection below gives a constant.
fn fixed(e: &Expr, inputs: &[LogicalPlan]) -> bool {
    match e {
        Expr::Column(column) => inputs.iter().any(|input| gives_constant(input, column)),
        other => stands_alone(other),
    }
}

fn gives_constant(plan: &LogicalPlan, column: &Column) -> bool {
    let Some(at) = plan.schema().maybe_index_of_column(column) else { return false };
    match plan {
        LogicalPlan::Projection(projection) => {
            match projection.expr[at].clone().unalias_nested().data {
                Expr::Column(inner) => gives_constant(&projection.input, &inner),
                Expr::Alias(alias) => stands_alone(&alias.expr),
                other => stands_alone(&other),
            }
        }
        LogicalPlan::SubqueryAlias(alias) => {
            gives_constant(&alias.input, &Column::from(alias.input.schema().qualified_field(at)))
        }
        LogicalPlan::Filter(filter) => gives_constant(&filter.input, column),
        LogicalPlan::Sort(sort) => gives_constant(&sort.input, column),
        LogicalPlan::Limit(limit) => gives_constant(&limit.input, column),
        LogicalPlan::Join(join) => {
            gives_constant(&join.left, column) || gives_constant(&join.right, column)
        }
        _ => false,
    }
}
