//! Subqueries where DataFusion's planner cannot run them, as what it can: EXISTS and IN outside of WHERE become
//! counts, VALUES with subqueries in them become a union of rows.
//!
//! Done after a plan was authorised, since what a subquery selects is a reference that rights are asked for, and a
//! count no longer shows it.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Result, ScalarValue};
use datafusion::functions_aggregate::count::count_all;
use datafusion::logical_expr::expr::{Exists, InSubquery};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{
    Expr, FetchType, LogicalPlan, LogicalPlanBuilder, SkipType, Subquery, Values, lit, not, when,
};

/// One node's expressions; those below it were seen to before.
pub(super) fn rewrite(node: LogicalPlan) -> Result<LogicalPlan> {
    match node {
        LogicalPlan::Values(values) if holds_subquery(&values) => rows(values),
        // The planner turns those of a filter into joins.
        LogicalPlan::Filter(_) => Ok(node),
        node => {
            let names = NamePreserver::new(&node);
            let rewritten = node.map_expressions(|e| {
                let name = names.save(&e);
                Ok(e.transform_up(counted)?.update_data(|e| name.restore(e)))
            })?;
            Ok(rewritten.data)
        }
    }
}

fn counted(e: Expr) -> Result<Transformed<Expr>> {
    match e {
        Expr::Exists(Exists { mut subquery, negated }) => {
            subquery.subquery = Arc::new(unlimited(&subquery.subquery).clone());
            let some = count(&subquery, None)?.gt(lit(0i64));
            Ok(Transformed::yes(if negated { not(some) } else { some }))
        }
        Expr::InSubquery(search) => member(search).map(Transformed::yes),
        other => Ok(Transformed::no(other)),
    }
}

/// PostgreSQL manual, 9.23.2: NULL where nothing equals and something is NULL.
fn member(search: InSubquery) -> Result<Expr> {
    let InSubquery { expr, subquery, negated } = search;
    let item = Expr::Column(subquery.subquery.schema().columns().remove(0));
    let wanted = outer(&expr)?;
    let mut equal = subquery.clone();
    expr.apply(|e| {
        if let Expr::Column(_) = e {
            let reference = outer(e)?;
            if !equal.outer_ref_columns.contains(&reference) {
                equal.outer_ref_columns.push(reference);
            }
        }
        Ok(datafusion::common::tree_node::TreeNodeRecursion::Continue)
    })?;
    let found = count(&equal, Some(item.clone().eq(wanted)))?;
    let unknown = count(&subquery, Some(item.is_null()))?;
    let any = count(&subquery, None)?;
    let null = || lit(ScalarValue::Boolean(None));
    let answer = when(found.gt(lit(0i64)), lit(true))
        .when(unknown.gt(lit(0i64)), null())
        .when(expr.is_null().and(any.gt(lit(0i64))), null())
        .otherwise(lit(false))?;
    Ok(if negated { not(answer) } else { answer })
}

/// An expression of the query around, as the subquery names it.
fn outer(e: &Expr) -> Result<Expr> {
    let field = |column: &datafusion::common::Column| {
        // Only its name counts once it is bound; the planner looks its type up where it is pulled out.
        Arc::new(arrow::datatypes::Field::new(&column.name, arrow::datatypes::DataType::Null, true))
    };
    let moved = e.clone().transform_up(|e| {
        Ok(match e {
            Expr::Column(column) => {
                Transformed::yes(Expr::OuterReferenceColumn(field(&column), column))
            }
            other => Transformed::no(other),
        })
    });
    moved.map(|t| t.data)
}

/// How many rows a subquery has, as a subquery of one value.
fn count(subquery: &Subquery, filter: Option<Expr>) -> Result<Expr> {
    let mut plan = LogicalPlanBuilder::from(LogicalPlan::clone(&subquery.subquery));
    if let Some(filter) = filter {
        plan = plan.filter(filter)?;
    }
    let plan = plan.aggregate(Vec::<Expr>::new(), vec![count_all()])?.build()?;
    Ok(Expr::ScalarSubquery(Subquery { subquery: Arc::new(plan), ..subquery.clone() }))
}

/// For EXISTS only: without an order and a `LIMIT 1`, which make no difference to whether there is a row, and which
/// the planner could not see through.
fn unlimited(plan: &LogicalPlan) -> &LogicalPlan {
    match plan {
        LogicalPlan::Limit(limit) => {
            let first = matches!(limit.get_skip_type(), Ok(SkipType::Literal(0)));
            let some = matches!(limit.get_fetch_type(), Ok(FetchType::Literal(Some(n))) if n > 0);
            if first && some { unlimited(&limit.input) } else { plan }
        }
        LogicalPlan::Sort(sort) if sort.fetch.is_none() => unlimited(&sort.input),
        other => other,
    }
}

fn holds_subquery(values: &Values) -> bool {
    let subquery =
        |e: &Expr| matches!(e, Expr::ScalarSubquery(_) | Expr::Exists(_) | Expr::InSubquery(_));
    let mut all = values.values.iter().flatten();
    all.any(|e| e.exists(|e| Ok(subquery(e))).unwrap_or(true))
}

/// Each row a projection of its own.
fn rows(values: Values) -> Result<LogicalPlan> {
    let names: Vec<String> = values.schema.fields().iter().map(|f| f.name().clone()).collect();
    let mut all: Option<LogicalPlanBuilder> = None;
    for row in values.values {
        let row = row
            .into_iter()
            .zip(&names)
            .map(|(e, name)| Ok(e.transform_up(counted)?.data.alias(name)))
            .collect::<Result<Vec<_>>>()?;
        let one = LogicalPlanBuilder::empty(true).project(row)?.build()?;
        all = Some(match all {
            None => LogicalPlanBuilder::from(one),
            Some(above) => above.union(one)?,
        });
    }
    match all {
        Some(all) => all.build(),
        None => LogicalPlanBuilder::empty(false).build(),
    }
}
