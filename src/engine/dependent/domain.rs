//! What a subquery takes from the rows around it: their distinct values, as a relation.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::datatypes::{FieldRef, Schema};
use datafusion::catalog::cte_worktable::CteWorkTable;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, NullEquality, Result};
use datafusion::datasource::{DefaultTableSource, provider_as_source};
use datafusion::logical_expr::{Expr, JoinType, LogicalPlan, LogicalPlanBuilder, TableScan, lit};

/// Names made here are used once in a process, so that no two parts of a plan ever share one.
static NEXT: AtomicU64 = AtomicU64::new(0);

pub(super) fn fresh(what: &str) -> String {
    format!("__{what}{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The rows around a subquery and which of their columns it names.
pub(super) struct Domain {
    around: Arc<LogicalPlan>,
    columns: Vec<Column>,
    /// Whether each of the values comes once, or as often as there are rows that have it.
    distinct: bool,
    /// Recursive queries whose working tables carry the values: within their recursive terms these need not be
    /// brought in.
    recursions: Vec<Recursion>,
}

/// A recursive query by its name, and the columns that its working table has more.
#[derive(Clone)]
struct Recursion {
    name: String,
    keys: Vec<FieldRef>,
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
        Ok(Domain { around: Arc::clone(around), columns, distinct: true, recursions: Vec::new() })
    }

    /// The rows as they are, with all they hold.
    pub fn rows(around: &Arc<LogicalPlan>) -> Domain {
        let columns = around.schema().columns();
        Domain { around: Arc::clone(around), columns, distinct: false, recursions: Vec::new() }
    }

    /// The domain within the recursive term of a query whose working table has these columns more.
    pub fn within(&self, name: &str, keys: Vec<FieldRef>) -> Domain {
        let mut recursions = self.recursions.clone();
        recursions.push(Recursion { name: name.to_owned(), keys });
        let (around, columns) = (Arc::clone(&self.around), self.columns.clone());
        Domain { around, columns, distinct: self.distinct, recursions }
    }

    fn recursion(&self, scan: &TableScan) -> Option<(&Recursion, Arc<Schema>)> {
        if self.recursions.is_empty() {
            return None;
        }
        let source = scan.source.downcast_ref::<DefaultTableSource>()?;
        let table = source.table_provider.downcast_ref::<CteWorkTable>()?;
        let found = self.recursions.iter().rev().find(|r| r.name == table.name())?;
        Some((found, table.schema()))
    }

    /// A scan of a working table with the values that its rows carry.
    pub fn carried_in(&self, scan: &TableScan) -> Result<Option<Carried>> {
        let Some((recursion, schema)) = self.recursion(scan) else { return Ok(None) };
        let own = schema.fields().iter().map(Arc::clone);
        let all: Vec<FieldRef> = own.chain(recursion.keys.iter().map(Arc::clone)).collect();
        let table = CteWorkTable::new(&recursion.name, Arc::new(Schema::new(all)));
        let source = provider_as_source(Arc::new(table));
        let plan = LogicalPlanBuilder::scan(scan.table_name.clone(), source, None)?.build()?;
        let keys = recursion.keys.iter();
        let keys = keys.map(|key| Column::new(Some(scan.table_name.clone()), key.name()));
        Ok(Some(Carried { plan, keys: keys.collect() }))
    }

    /// Whether a plan names any of it.
    pub fn is_named_in(&self, plan: &LogicalPlan) -> Result<bool> {
        let named = outer_columns(plan)?.iter().any(|column| self.columns.contains(column));
        if named || self.recursions.is_empty() {
            return Ok(named);
        }
        plan.exists(|node| {
            let LogicalPlan::TableScan(scan) = node else { return Ok(false) };
            Ok(self.recursion(scan).is_some())
        })
    }

    /// The values, under names of their own.
    pub fn relation(&self) -> Result<Carried> {
        let names: Vec<String> = self.columns.iter().map(|_| fresh("outer")).collect();
        let values = self.columns.iter().zip(&names);
        let values = values.map(|(column, name)| Expr::Column(column.clone()).alias(name));
        let values = LogicalPlanBuilder::from(LogicalPlan::clone(&self.around))
            .project(values.collect::<Vec<_>>())?;
        let values = if self.distinct { values.distinct()? } else { values };
        let plan = values.build()?;
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
