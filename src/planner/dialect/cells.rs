//! VALUES whose rows have several types in a column: the engine's planner would choose a type of its own for them, or
//! refuse. Their cells are marked, so that the pass over the plan finds them as they were written.

use datafusion::logical_expr::{Expr as Bound, LogicalPlan, Values};

use super::syntax::call;
use crate::parser::ast::{self, Expr};

/// Gives what it is given.
const CELL: &str = "__cell";

/// Marks the columns that are not literals throughout.
pub(super) fn mark(values: &mut ast::Values) {
    let width = values.rows.first().map_or(0, |row| row.content.len());
    let even = values.rows.iter().all(|row| row.content.len() == width);
    if values.rows.len() < 2 || !even {
        return;
    }
    for i in 0..width {
        let cells = || values.rows.iter().map(|row| &row.content[i]);
        let first = cast_of(&values.rows[0].content[i]);
        let alike = first.is_some() && cells().all(|cell| cast_of(cell) == first);
        if alike || cells().all(is_literal) {
            continue;
        }
        for row in &mut values.rows {
            let cell = std::mem::replace(&mut row.content[i], super::syntax::null());
            row.content[i] = call(CELL, vec![cell]);
        }
    }
}

fn is_literal(e: &Expr) -> bool {
    match e {
        Expr::Value(_) => true,
        Expr::UnaryOp { expr, .. } | Expr::Nested(expr) => is_literal(expr),
        _ => false,
    }
}

fn cast_of(e: &Expr) -> Option<&ast::DataType> {
    match e {
        Expr::Cast { data_type, .. } => Some(data_type),
        _ => None,
    }
}

/// Rows as they were written.
pub(super) fn taken_up(node: LogicalPlan) -> LogicalPlan {
    match node {
        LogicalPlan::Values(Values { schema, values }) => {
            let rows = values.into_iter().map(|row| row.into_iter().map(unmarked).collect());
            LogicalPlan::Values(Values { schema, values: rows.collect() })
        }
        other => other,
    }
}

/// Whether they still bear marks.
pub(super) fn is_marked(node: &LogicalPlan) -> bool {
    let marked = |e: &Bound| match e {
        Bound::Cast(cast) => is_cell(&cast.expr),
        whole => is_cell(whole),
    };
    matches!(node, LogicalPlan::Values(values) if values.values.iter().flatten().any(marked))
}

fn is_cell(e: &Bound) -> bool {
    matches!(e, Bound::ScalarFunction(call) if call.name() == CELL)
}

/// A cell without its mark and what the planner has put around it.
fn unmarked(e: Bound) -> Bound {
    let bare = match &e {
        Bound::Cast(cast) if is_cell(&cast.expr) => &*cast.expr,
        whole if is_cell(whole) => whole,
        _ => return e,
    };
    match bare {
        Bound::ScalarFunction(call) => match call.args.first() {
            Some(cell) => cell.clone(),
            None => e,
        },
        _ => e,
    }
}
