//! Grouping, sorting and aggregating intervals: a month is as long as thirty days, whatever lies in memory.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::{Column, DFSchema, Result as DfResult};
use datafusion::functions_aggregate::min_max::{max_udaf, min_udaf};
use datafusion::logical_expr::expr::{AggregateFunction, WindowFunction, WindowFunctionDefinition};
use datafusion::logical_expr::{
    Aggregate, Distinct, Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, Sort, SortExpr,
    WindowFrameBound, WindowFrameUnits,
};

use super::temporal::key;
use super::{excluding, lists};
use crate::catalog::types::SqlType;
use crate::functions::spread;
use crate::functions::time::aggregates::{over_intervals, settled};

fn is_interval(e: &Expr, schema: &DFSchema) -> bool {
    matches!(e.get_type(schema), Ok(DataType::Interval(_)))
}

fn keyed(e: &mut Expr, schema: &DFSchema) -> DfResult<bool> {
    if !is_interval(e, schema) {
        return Ok(false);
    }
    *e = key(std::mem::take(e))?;
    Ok(true)
}

/// To PostgreSQL nothing below zero is zero; the engine tells the two apart where it looks for peers.
fn of_one_zero(e: &mut Expr, schema: &DFSchema) -> DfResult<bool> {
    if !e.get_type(schema).is_ok_and(|t| t.is_floating()) {
        return Ok(false);
    }
    let parts = vec![std::mem::take(e), datafusion::logical_expr::lit(0.0f64)];
    *e = super::calls::of_ours("__float_plus", parts, schema)?;
    Ok(true)
}

fn sort_keys(keys: &mut [SortExpr], schema: &DFSchema) -> DfResult<bool> {
    let mut changed = false;
    for sort in keys {
        changed |= keyed(&mut sort.expr, schema)?;
    }
    Ok(changed)
}

/// An aggregate call over intervals, or with one of them to order by.
pub(super) fn aggregate(call: &mut AggregateFunction, schema: &DFSchema) -> DfResult<bool> {
    let mut changed = sort_keys(&mut call.params.order_by, schema)?;
    if let Some(first) = call.params.args.first_mut()
        && let Ok(of) = first.get_type(schema)
    {
        let bytes = of.is_binary();
        if bytes && call.func.name() == "string_agg" {
            let refused = crate::error::Error::unsupported("string_agg over bytea");
            return Err(super::meaning::external(refused));
        }
        if let Some(function) = settled(&call.func, &of) {
            call.func = function;
            changed = true;
        } else if call.params.distinct && call.func.name() == "count" {
            changed |= keyed(first, schema)? || of_one_zero(first, schema)?;
        }
    }
    Ok(changed)
}

pub(super) fn window(call: &mut WindowFunction, schema: &DFSchema) -> DfResult<bool> {
    let mut changed = moments_in_range(call, schema)?;
    changed |= sort_keys(&mut call.params.order_by, schema)?;
    let order = call.params.order_by.iter_mut().map(|key| &mut key.expr);
    for e in order.chain(&mut call.params.partition_by) {
        changed |= keyed(e, schema)? || of_one_zero(e, schema)?;
    }
    // These take no rows back as a frame moves on; the least and the greatest do, and say the same.
    if let WindowFunctionDefinition::AggregateUDF(function) = &call.fun {
        let same = match function.name() {
            "bool_and" => Some(min_udaf()),
            "bool_or" => Some(max_udaf()),
            _ => None,
        };
        let truth = |e: &Expr| matches!(e.get_type(schema), Ok(DataType::Boolean));
        if let Some(same) = same.filter(|_| call.params.args.first().is_some_and(truth)) {
            call.fun = WindowFunctionDefinition::AggregateUDF(same);
            changed = true;
        }
    }
    if let WindowFunctionDefinition::AggregateUDF(function) = &call.fun
        && let Some(Ok(of)) = call.params.args.first().map(|e| e.get_type(schema))
    {
        let moves = !call.params.window_frame.start_bound.is_unbounded();
        let moves = !call.params.distinct && (moves || excluding::is_marked(call));
        let moving = moves.then(|| spread::moving(function.name(), &of)).flatten();
        if let Some(settled) = moving.or_else(|| settled(function, &of)) {
            call.fun = WindowFunctionDefinition::AggregateUDF(settled);
            changed = true;
        }
    }
    Ok(changed)
}

/// A day before or after which a frame of RANGE ends is a moment, as PostgreSQL adds an interval to it.
fn moments_in_range(call: &mut WindowFunction, schema: &DFSchema) -> DfResult<bool> {
    let frame = &call.params.window_frame;
    let offset = |bound: &WindowFrameBound| match bound {
        WindowFrameBound::Preceding(by) | WindowFrameBound::Following(by) => !by.is_null(),
        WindowFrameBound::CurrentRow => false,
    };
    let offsets = offset(&frame.start_bound) || offset(&frame.end_bound);
    let [key] = call.params.order_by.as_mut_slice() else { return Ok(false) };
    let range = frame.units == WindowFrameUnits::Range && offsets;
    if !range || !matches!(key.expr.get_type(schema), Ok(DataType::Date32)) {
        return Ok(false);
    }
    let day = super::meaning::cast(std::mem::take(&mut key.expr), &SqlType::Timestamp);
    key.expr = super::meaning::expression_meaning(day, schema)?.data;
    Ok(true)
}

/// A node that groups or sorts by intervals does so by what they are compared by.
pub(super) fn in_node(
    node: LogicalPlan,
    aggregated: fn(Aggregate) -> DfResult<LogicalPlan>,
) -> DfResult<LogicalPlan> {
    match node {
        LogicalPlan::Sort(sort) => {
            let Sort { mut expr, input, fetch } = sort;
            sort_keys(&mut expr, input.schema())?;
            Ok(LogicalPlan::Sort(Sort { expr, input, fetch }))
        }
        LogicalPlan::Distinct(Distinct::All(input)) if has_interval(&input) => {
            let groups = input.schema().columns().into_iter().map(Expr::Column).collect();
            grouped(Aggregate::try_new(input, groups, Vec::new())?, aggregated)
        }
        LogicalPlan::Distinct(Distinct::On(mut on)) => {
            let schema = Arc::clone(on.input.schema());
            for e in &mut on.on_expr {
                keyed(e, &schema)?;
            }
            if let Some(sort) = &mut on.sort_expr {
                sort_keys(sort, &schema)?;
                // The engine counts on each key being there once.
                let mut seen = Vec::new();
                sort.retain(|key| {
                    let new = !seen.contains(&key.expr);
                    seen.push(key.expr.clone());
                    new
                });
            }
            lists::first_of_each(on)
        }
        LogicalPlan::Aggregate(aggregate) => grouped(aggregate, aggregated),
        other => Ok(other),
    }
}

fn has_interval(plan: &LogicalPlan) -> bool {
    plan.schema().fields().iter().any(|f| matches!(f.data_type(), DataType::Interval(_)))
}

/// Groups by keys, and takes of each group one interval to show.
fn grouped(
    aggregate: Aggregate,
    aggregated: fn(Aggregate) -> DfResult<LogicalPlan>,
) -> DfResult<LogicalPlan> {
    let schema = Arc::clone(aggregate.input.schema());
    let sets = aggregate.group_expr.iter().any(|e| matches!(e, Expr::GroupingSet(_)));
    if sets || !aggregate.group_expr.iter().any(|e| is_interval(e, &schema)) {
        return aggregated(aggregate);
    }
    let shown = over_intervals("min").ok_or_else(|| {
        super::meaning::external(crate::error::Error::internal("no least interval"))
    })?;
    let (mut groups, mut outputs) = (Vec::new(), Vec::new());
    let mut calls = aggregate.aggr_expr.clone();
    for (i, e) in aggregate.group_expr.iter().enumerate() {
        let (qualifier, field) = aggregate.schema.qualified_field(i);
        if !is_interval(e, &schema) {
            groups.push(e.clone());
            outputs.push(Expr::Column(Column::from((qualifier, field))));
            continue;
        }
        let bare = e.clone().unalias();
        groups.push(key(bare.clone())?.alias(format!("__key{i}")));
        let name = format!("__shown{i}");
        calls.push(shown.call(vec![bare]).alias(name.clone()));
        let column = Expr::Column(Column::new_unqualified(name));
        outputs.push(column.alias_qualified(qualifier.cloned(), field.name()));
    }
    for i in aggregate.group_expr.len()..aggregate.schema.fields().len() {
        outputs.push(Expr::Column(Column::from(aggregate.schema.qualified_field(i))));
    }
    let inner = Aggregate::try_new(aggregate.input, groups, calls)?;
    LogicalPlanBuilder::from(aggregated(inner)?).project(outputs)?.build()
}
