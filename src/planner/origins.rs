//! Which column of which relation an output column is, as it stands: what RowDescription tells drivers, which ask the
//! catalog for the rest.

use datafusion::common::Column;
use datafusion::logical_expr::{Expr, LogicalPlan, TableScan};

use super::sources::{Kind, Source};
use crate::catalog::name::RelationId;
use crate::system::scope::Scope;

/// For each output of a plan the relation and the number of the column it shows unchanged. As in PostgreSQL, a view's
/// columns are the view's own, and an expression has no origin.
pub(super) fn of(plan: &LogicalPlan) -> Vec<Option<(RelationId, i16)>> {
    (0..plan.schema().fields().len()).map(|i| origin(plan, i)).collect()
}

/// How precise the times of a column are.
pub(super) fn precision(scope: &Scope, relation: RelationId, number: i16) -> Option<i32> {
    scope.snapshot.relation(relation)?.column_by_number(number)?.precision
}

fn origin(plan: &LogicalPlan, i: usize) -> Option<(RelationId, i16)> {
    match plan {
        LogicalPlan::Projection(p) => through(p.expr.get(i)?, &p.input),
        LogicalPlan::Aggregate(a) => through(a.group_expr.get(i)?, &a.input),
        LogicalPlan::Filter(f) => origin(&f.input, i),
        LogicalPlan::Sort(s) => origin(&s.input, i),
        LogicalPlan::Limit(l) => origin(&l.input, i),
        LogicalPlan::SubqueryAlias(s) => origin(&s.input, i),
        LogicalPlan::Window(w) => {
            (i < w.input.schema().fields().len()).then(|| origin(&w.input, i)).flatten()
        }
        LogicalPlan::Join(j) => {
            let left = j.left.schema().fields().len();
            if i < left { origin(&j.left, i) } else { origin(&j.right, i - left) }
        }
        LogicalPlan::TableScan(scan) => scanned(scan, i),
        _ => None,
    }
}

fn through(expression: &Expr, input: &LogicalPlan) -> Option<(RelationId, i16)> {
    match expression {
        Expr::Alias(alias) => through(&alias.expr, input),
        Expr::Column(column) => origin(input, place(input, column)?),
        _ => None,
    }
}

fn place(input: &LogicalPlan, column: &Column) -> Option<usize> {
    input.schema().index_of_column(column).ok()
}

fn scanned(scan: &TableScan, i: usize) -> Option<(RelationId, i16)> {
    let relation = match &Source::of(scan)?.kind {
        Kind::Relation(relation) | Kind::Secured { relation, .. } | Kind::View { relation, .. } => {
            relation
        }
        Kind::Received
        | Kind::Unsecured(_)
        | Kind::Filtered { .. }
        | Kind::System(_)
        | Kind::Computed { .. }
        | Kind::SystemView { .. } => return None,
    };
    let at = match &scan.projection {
        Some(projection) => *projection.get(i)?,
        None => i,
    };
    relation.columns.get(at).map(|column| (relation.id, column.number))
}
