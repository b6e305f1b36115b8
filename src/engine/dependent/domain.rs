//! What a subquery takes from the rows around it: their distinct values, as a relation.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, NullEquality, Result};
use datafusion::logical_expr::{Expr, JoinType, LogicalPlan, LogicalPlanBuilder, lit};

/// Names made here are used once in a process, so that no two parts of a plan ever share one.
static NEXT: AtomicU64 = AtomicU64::new(0);

pub(super) fn fresh(what: &str) -> String {
    format!("__{what}{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The rows around a subquery and which of their columns it names.
pub(super) struct Domain {
    around: Arc<LogicalPlan>,
    columns: Vec<Column>,
}

/// A plan that carries a domain's values: its own columns as they were, then these.
pub(super) struct Carried {
    pub plan: LogicalPlan,
    pub keys: Vec<Column>,
}

impl Domain {
    /// Of all that `subquery` takes from outside, what comes from `around`.
    pub fn of(around: &Arc<LogicalPlan>, subquery: &LogicalPlan) -> Result<Domain> {
        let mut columns = outer_columns(subquery)?;
        columns.retain(|column| around.schema().maybe_index_of_column(column).is_some());
        Ok(Domain { around: Arc::clone(around), columns })
    }

    /// Whether a plan names any of it.
    pub fn is_named_in(&self, plan: &LogicalPlan) -> Result<bool> {
        Ok(outer_columns(plan)?.iter().any(|column| self.columns.contains(column)))
    }

    /// The distinct values, under names of their own.
    pub fn relation(&self) -> Result<Carried> {
        let names: Vec<String> = self.columns.iter().map(|_| fresh("outer")).collect();
        let values = self.columns.iter().zip(&names);
        let values = values.map(|(column, name)| Expr::Column(column.clone()).alias(name));
        let plan = LogicalPlanBuilder::from(LogicalPlan::clone(&self.around))
            .project(values.collect::<Vec<_>>())?
            .distinct()?
            .build()?;
        Ok(Carried { plan, keys: names.into_iter().map(Column::new_unqualified).collect() })
    }

    /// An expression of the subquery over a plan that carries the values.
    pub fn bound(&self, e: Expr, keys: &[Column]) -> Result<Expr> {
        let bound = e.transform_up(|e| {
            let Expr::OuterReferenceColumn(_, column) = &e else { return Ok(Transformed::no(e)) };
            Ok(match self.columns.iter().position(|c| c == column) {
                Some(i) => Transformed::yes(Expr::Column(keys[i].clone())),
                None => Transformed::no(e),
            })
        });
        bound.map(|t| t.data)
    }

    /// Joins what was computed for the domain to the rows around it, or to what these have grown into.
    pub fn join(
        &self,
        rows: LogicalPlan,
        carried: Carried,
        join_type: JoinType,
        filter: Option<Expr>,
    ) -> Result<LogicalPlan> {
        join_on_values(rows, carried.plan, join_type, &self.columns, &carried.keys, filter)
    }
}

/// A join in which NULL equals NULL, as values of a domain do.
pub(super) fn join_on_values(
    left: LogicalPlan,
    right: LogicalPlan,
    join_type: JoinType,
    left_keys: &[Column],
    right_keys: &[Column],
    filter: Option<Expr>,
) -> Result<LogicalPlan> {
    // A join that is no cross join wants something to hold.
    let nothing = left_keys.is_empty() && filter.is_none();
    let filter = if nothing { Some(lit(true)) } else { filter };
    // Equalities that the filter holds may become keys later.
    let nulls = match left_keys.is_empty() {
        true => NullEquality::NullEqualsNothing,
        false => NullEquality::NullEqualsNull,
    };
    LogicalPlanBuilder::from(left)
        .join_detailed(right, join_type, (left_keys.to_vec(), right_keys.to_vec()), filter, nulls)?
        .build()
}

/// The columns that a plan names and does not have, each once. Subqueries in its expressions have none left that are
/// not the plan's own.
pub(super) fn outer_columns(plan: &LogicalPlan) -> Result<Vec<Column>> {
    let mut found = Vec::new();
    plan.apply(|node| {
        node.apply_expressions(|e| {
            e.apply(|e| {
                if let Expr::OuterReferenceColumn(_, column) = e
                    && !found.contains(column)
                {
                    found.push(column.clone());
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    Ok(found)
}

/// All columns of a schema, as expressions.
pub(super) fn all_columns(schema: &DFSchema) -> Vec<Expr> {
    schema.columns().into_iter().map(Expr::Column).collect()
}

/// A plan with exactly these columns before the keys.
pub(super) fn in_order(plan: LogicalPlan, own: &DFSchema, keys: &[Column]) -> Result<LogicalPlan> {
    let mut columns = all_columns(own);
    columns.extend(keys.iter().cloned().map(Expr::Column));
    LogicalPlanBuilder::from(plan).project(columns)?.build()
}

/// A plan that hides what was added to it.
pub(super) fn only(plan: LogicalPlan, own: &Arc<DFSchema>) -> Result<LogicalPlan> {
    match plan.schema().fields().len() == own.fields().len() {
        true => Ok(plan),
        false => in_order(plan, own, &[]),
    }
}
