//! Whole numbers as PostgreSQL types them: a literal is an integer if it fits, a bigint if that fits, else a numeric.
//!
//! DataFusion reads each as a bigint. This pass stands right behind its planner, before anything is built on the
//! types; it changes types and no names.

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Expr, LogicalPlan};

use super::branches::{in_own_schema, match_branches, with_schema};
use super::cells;
use super::walk::bottom_up;
use crate::error::Result;
use crate::planner::failure::from_datafusion;

/// Gives the literals of a freshly planned query PostgreSQL's types.
pub fn type_integers(plan: LogicalPlan) -> Result<LogicalPlan> {
    bottom_up(plan, &in_node).map_err(from_datafusion)
}

/// The same for an expression.
pub fn type_integers_in(expression: Expr) -> Result<Expr> {
    expression.transform_down(literal).map(|t| t.data).map_err(from_datafusion)
}

fn in_node(node: LogicalPlan) -> DfResult<LogicalPlan> {
    // LIMIT wants its literals as they are.
    if matches!(node, LogicalPlan::Limit(_) | LogicalPlan::TableScan(_)) {
        return Ok(node);
    }
    let node = in_own_schema(node)?;
    let names = NamePreserver::new(&node);
    let node = node
        .map_expressions(|e| {
            let name = names.save(&e);
            let typed = e.transform_down(literal)?;
            Ok(typed.update_data(|e| name.restore(e)))
        })?
        .data;
    // Cells that are marked have the planner's types until what they hold has its own.
    match cells::is_marked(&node) {
        true => Ok(node),
        false => with_schema(match_branches(node)?),
    }
}

/// What stands beside the literal that counts rows.
fn beside(e: &mut Expr) -> DfResult<()> {
    *e = std::mem::take(e).transform_down(literal)?.data;
    Ok(())
}

fn literal(e: Expr) -> DfResult<Transformed<Expr>> {
    let counts_rows = |name: &str, arguments: &[Expr]| {
        // `count(*)` is spelled with a literal that the optimizer looks for.
        name == "count" && matches!(arguments, [Expr::Literal(..)])
    };
    Ok(match e {
        Expr::Literal(ScalarValue::Int64(Some(n)), metadata) => match i32::try_from(n) {
            Ok(n) => Transformed::yes(Expr::Literal(ScalarValue::Int32(Some(n)), metadata)),
            Err(_) => Transformed::no(Expr::Literal(ScalarValue::Int64(Some(n)), metadata)),
        },
        Expr::Literal(ScalarValue::UInt64(Some(n)), metadata) => {
            let value = ScalarValue::Decimal128(Some(i128::from(n)), 20, 0);
            Transformed::yes(Expr::Literal(value, metadata))
        }
        Expr::AggregateFunction(mut f) if counts_rows(f.func.name(), &f.params.args) => {
            let filter = f.params.filter.as_deref_mut();
            let keys = f.params.order_by.iter_mut().map(|key| &mut key.expr);
            keys.chain(filter).try_for_each(beside)?;
            Transformed::new(Expr::AggregateFunction(f), true, TreeNodeRecursion::Jump)
        }
        Expr::WindowFunction(mut f) if counts_rows(f.fun.name(), &f.params.args) => {
            let filter = f.params.filter.as_deref_mut();
            let keys = f.params.order_by.iter_mut().map(|key| &mut key.expr);
            keys.chain(filter).chain(&mut f.params.partition_by).try_for_each(beside)?;
            Transformed::new(Expr::WindowFunction(f), true, TreeNodeRecursion::Jump)
        }
        other => Transformed::no(other),
    })
}
