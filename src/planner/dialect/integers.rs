//! Whole numbers as PostgreSQL types them: a literal is an integer if it fits, a bigint if that fits, else a numeric.
//!
//! DataFusion reads each as a bigint. This pass stands right behind its planner, before anything is built on the
//! types; it changes types and no names.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result as DfResult, ScalarValue};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Expr, LogicalPlan, Subquery};

use super::branches::{in_own_schema, match_branches};
use super::meaning::merged_input_schema;
use crate::error::Result;
use crate::planner::failure::from_datafusion;

/// Gives the literals of a freshly planned query PostgreSQL's types.
pub fn type_integers(plan: LogicalPlan) -> Result<LogicalPlan> {
    plan.transform_up_with_subqueries(|node| in_node(node).map(Transformed::yes))
        .map(|t| t.data)
        .map_err(from_datafusion)
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
    let schema = merged_input_schema(&node)?;
    let node = node.map_expressions(|e| e.transform_up(|e| in_subquery(e, &schema)))?.data;
    match_branches(node)?.recompute_schema()
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
        Expr::AggregateFunction(f) if counts_rows(f.func.name(), &f.params.args) => {
            Transformed::new(Expr::AggregateFunction(f), false, TreeNodeRecursion::Jump)
        }
        Expr::WindowFunction(f) if counts_rows(f.fun.name(), &f.params.args) => {
            Transformed::new(Expr::WindowFunction(f), false, TreeNodeRecursion::Jump)
        }
        other => Transformed::no(other),
    })
}

/// A correlated subquery carries the types of the outer columns with it, and those may have changed.
fn in_subquery(e: Expr, outer: &DFSchema) -> DfResult<Transformed<Expr>> {
    let refresh = |subquery: Subquery| -> DfResult<Subquery> {
        if subquery.outer_ref_columns.is_empty() {
            return Ok(subquery);
        }
        let plan = Arc::unwrap_or_clone(subquery.subquery);
        let plan = plan.transform_up_with_subqueries(|node| {
            let node = node.map_expressions(|e| e.transform_up(|e| outer_column(e, outer)))?.data;
            node.recompute_schema().map(Transformed::yes)
        })?;
        let columns = subquery.outer_ref_columns.into_iter();
        let columns = columns.map(|e| outer_column(e, outer).map(|t| t.data));
        Ok(Subquery {
            subquery: Arc::new(plan.data),
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
