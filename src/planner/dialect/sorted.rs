//! `array_agg(x)` over rows that a subquery has sorted: it collects them in that order, as everybody writes it.
//!
//! A sort below is nothing to an aggregate in DataFusion, so the aggregate asks: the subquery's keys become its ORDER BY.

use std::sync::Arc;

use datafusion::common::tree_node::Transformed;
use datafusion::common::{Column, Result as DfResult};
use datafusion::logical_expr::expr::{AggregateFunction, Sort as Key};
use datafusion::logical_expr::{
    Aggregate, Expr, Filter, Limit, LogicalPlan, LogicalPlanBuilder, Projection, SubqueryAlias,
    Window,
};

use crate::error::Result;
use crate::planner::failure::from_datafusion;

/// The name under which a key is handed up to the aggregate.
const KEY: &str = "__order";

/// Aggregates whose result tells the order of their rows.
const IN_ORDER: &[&str] = &["array_agg", "string_agg"];

/// Gives aggregates the order of the rows below them.
pub fn collect_in_order(plan: LogicalPlan) -> Result<LogicalPlan> {
    plan.transform_up_with_subqueries(|node| match node {
        LogicalPlan::Aggregate(aggregate) => collected(aggregate),
        LogicalPlan::Window(window) => numbered(window),
        other => Ok(Transformed::no(other)),
    })
    .map(|t| t.data)
    .map_err(from_datafusion)
}

fn collected(aggregate: Aggregate) -> DfResult<Transformed<LogicalPlan>> {
    let wanting = aggregate.aggr_expr.iter().any(|e| unordered(e).is_some());
    let Some((input, keys)) = (if wanting { sorted(&aggregate.input)? } else { None }) else {
        return Ok(Transformed::no(LogicalPlan::Aggregate(aggregate)));
    };
    let named = |e: Expr| -> Expr {
        let Some(call) = unordered(&e) else { return e };
        let name = e.schema_name().to_string();
        let mut call = call.clone();
        call.params.order_by = keys.clone();
        Expr::AggregateFunction(call).alias(name)
    };
    let aggregates = aggregate.aggr_expr.into_iter().map(named).collect();
    let made = Aggregate::try_new(Arc::new(input), aggregate.group_expr, aggregates)?;
    Ok(Transformed::yes(LogicalPlan::Aggregate(made)))
}

/// `row_number() OVER ()` numbers rows as they come.
fn numbered(window: Window) -> DfResult<Transformed<LogicalPlan>> {
    const AS_THEY_COME: &[&str] = &["row_number", "lag", "lead", "ntile"];
    let open = |e: &Expr| match e {
        Expr::WindowFunction(call) => {
            call.params.order_by.is_empty()
                && call.params.partition_by.is_empty()
                && AS_THEY_COME.contains(&call.fun.name())
        }
        _ => false,
    };
    let wanting = window.window_expr.iter().all(open);
    let Some((input, keys)) = (if wanting { sorted(&window.input)? } else { None }) else {
        return Ok(Transformed::no(LogicalPlan::Window(window)));
    };
    let columns = window.schema.columns().into_iter().map(Expr::Column).collect::<Vec<_>>();
    let named = |e: Expr| -> Expr {
        let name = e.schema_name().to_string();
        let Expr::WindowFunction(mut call) = e else { return e };
        call.params.order_by = keys.clone();
        Expr::WindowFunction(call).alias(name)
    };
    let numbers = window.window_expr.into_iter().map(named).collect::<Vec<_>>();
    let made = LogicalPlanBuilder::from(input).window(numbers)?.project(columns)?.build()?;
    Ok(Transformed::yes(made))
}

/// The call, if its order is nobody's wish yet.
fn unordered(e: &Expr) -> Option<&AggregateFunction> {
    let call = match e {
        Expr::Alias(alias) => return unordered(&alias.expr),
        Expr::AggregateFunction(call) => call,
        _ => return None,
    };
    let open = call.params.order_by.is_empty() && !call.params.distinct;
    (open && IN_ORDER.contains(&call.func.name())).then_some(call)
}

/// The plan with its keys as columns more, and the keys; None if its rows are in no order.
fn sorted(plan: &LogicalPlan) -> DfResult<Option<(LogicalPlan, Vec<Key>)>> {
    Ok(match plan {
        LogicalPlan::Sort(sort) => {
            let mut keys = Vec::with_capacity(sort.expr.len());
            let mut all: Vec<Expr> =
                sort.input.schema().columns().into_iter().map(Expr::Column).collect();
            for (i, key) in sort.expr.iter().enumerate() {
                let name = format!("{KEY}{i}");
                all.push(key.expr.clone().alias(name.clone()));
                let column = Expr::Column(Column::new_unqualified(name));
                keys.push(Key::new(column, key.asc, key.nulls_first));
            }
            let plan = LogicalPlanBuilder::from(plan.clone()).project(all)?.build()?;
            Some((plan, keys))
        }
        LogicalPlan::Limit(limit) => sorted(&limit.input)?.map(|(input, keys)| {
            let limit = Limit { input: Arc::new(input), ..limit.clone() };
            (LogicalPlan::Limit(limit), keys)
        }),
        LogicalPlan::Filter(filter) => match sorted(&filter.input)? {
            Some((input, keys)) => {
                let filter = Filter::try_new(filter.predicate.clone(), Arc::new(input))?;
                Some((LogicalPlan::Filter(filter), keys))
            }
            None => None,
        },
        LogicalPlan::Projection(projection) => match sorted(&projection.input)? {
            Some((input, keys)) => {
                let mut all = projection.expr.clone();
                all.extend(keys.iter().map(|key| key.expr.clone()));
                let made = Projection::try_new(all, Arc::new(input))?;
                Some((LogicalPlan::Projection(made), keys))
            }
            None => None,
        },
        LogicalPlan::SubqueryAlias(subquery) => match sorted(&subquery.input)? {
            Some((input, keys)) => {
                let alias = subquery.alias.clone();
                let keys = keys.into_iter().map(|key| {
                    let name = match key.expr {
                        Expr::Column(column) => column.name,
                        _ => KEY.to_owned(),
                    };
                    let column = Expr::Column(Column::new(Some(alias.clone()), name));
                    Key::new(column, key.asc, key.nulls_first)
                });
                let keys = keys.collect();
                let made = SubqueryAlias::try_new(Arc::new(input), alias)?;
                Some((LogicalPlan::SubqueryAlias(made), keys))
            }
            None => None,
        },
        _ => None,
    })
}
