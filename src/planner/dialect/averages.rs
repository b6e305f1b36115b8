//! Aggregates and windows over numerics and whole numbers: sums and averages exact, deviations with PostgreSQL's digits.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, Result as DfResult};
use datafusion::functions_aggregate::count::count_udaf;
use datafusion::functions_aggregate::sum::sum_udaf;
use datafusion::logical_expr::expr::{
    AggregateFunction, AggregateFunctionParams, Cast, ScalarFunction, WindowFunction,
};
use datafusion::logical_expr::{
    Aggregate, AggregateUDF, Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, Window,
    WindowFunctionDefinition,
};

use super::arithmetic::divide;
use super::meaning::{cast, external};
use super::{calls, casts, excluding, json, specials};
use crate::catalog::types::SqlType;
use crate::error::Error;
use crate::functions;
use crate::functions::arrays::{self, How};

/// An average is a sum divided by a count, as numerics: `avg` over integers and numerics is taken apart, and
/// sums of bigint are kept from wrapping by adding them as numerics.
pub(super) fn averages(aggregate: Aggregate) -> DfResult<LogicalPlan> {
    let schema = Arc::clone(aggregate.input.schema());
    let mut parts = Parts::default();
    let mut outputs = Vec::new();
    let groups = aggregate.group_expr.clone();
    let group_count = aggregate.schema.fields().len() - aggregate.aggr_expr.len();
    for i in 0..group_count {
        let (qualifier, field) = aggregate.schema.qualified_field(i);
        // The engine's own number of the grouping set: it is gone once grouping() has been made of it.
        if field.name() != Aggregate::INTERNAL_GROUPING_ID {
            outputs.push(Expr::Column(Column::from((qualifier, field))));
        }
    }
    let exact = |e: &Expr| match e {
        Expr::AggregateFunction(call) => exact(call, &schema),
        _ => Ok(None),
    };
    let otherwise = |e: &Expr, kept: &Expr| {
        let of = known_again(e, &schema)?;
        Ok(of.map(|of| cast(unaliased(kept).0.clone(), &of)))
    };
    let names = names_from(&aggregate.schema, group_count);
    let changed = parts.replace(&aggregate.aggr_expr, names, exact, otherwise, &mut outputs)?;
    if !changed {
        return Ok(LogicalPlan::Aggregate(aggregate));
    }
    let inner = Aggregate::try_new(aggregate.input, groups, parts.expressions)?;
    LogicalPlanBuilder::from(LogicalPlan::Aggregate(inner)).project(outputs)?.build()
}

/// What has other keys than before may not stand in one node with the rest.
pub(super) fn windows_by_keys(window: Window) -> DfResult<LogicalPlan> {
    let mut groups: Vec<(String, Vec<Expr>)> = Vec::new();
    for e in &window.window_expr {
        let Expr::WindowFunction(call) = unaliased(e).0 else { return window_averages(window) };
        let keys = format!("{:?} {:?}", call.params.partition_by, call.params.order_by);
        match groups.iter_mut().find(|(known, _)| *known == keys) {
            Some((_, group)) => group.push(e.clone()),
            None => groups.push((keys, vec![e.clone()])),
        }
    }
    if groups.len() < 2 {
        return window_averages(window);
    }
    let outputs: Vec<Expr> = window.schema.columns().into_iter().map(Expr::Column).collect();
    let mut plan = Arc::unwrap_or_clone(window.input);
    for (_, group) in groups {
        plan = window_averages(Window::try_new(group, Arc::new(plan))?)?;
    }
    LogicalPlanBuilder::from(plan).project(outputs)?.build()
}

/// The SQL type of what DataFusion's aggregate gives under the Arrow type alone: elements of an array, and OIDs.
fn known_again(e: &Expr, schema: &DFSchema) -> DfResult<Option<SqlType>> {
    let Expr::AggregateFunction(call) = e else { return Ok(None) };
    let Some(argument) = call.params.args.first() else { return Ok(None) };
    let of = SqlType::of(&argument.to_field(schema)?.1);
    let plain = |t: &SqlType| SqlType::from_arrow(&t.arrow()) == *t;
    Ok(match call.func.name() {
        "array_agg" if matches!(of, SqlType::Varchar(_)) => Some(SqlType::array(of)),
        "array_agg" if !plain(&of) && !json::is_as_it_lies(&of) => Some(SqlType::array(of)),
        "array_agg" if of == SqlType::Numeric(None) => Some(SqlType::array(of)),
        "sum" | "min" | "max" if of == SqlType::Numeric(None) => Some(of),
        "min" | "max" if matches!(of, SqlType::Oid | SqlType::Tid | SqlType::Bpchar(_)) => Some(of),
        _ => None,
    })
}

fn window_averages(window: Window) -> DfResult<LogicalPlan> {
    let schema = Arc::clone(window.input.schema());
    let mut parts = Parts::default();
    let passed = schema.fields().len();
    let mut outputs: Vec<Expr> =
        (0..passed).map(|i| passed_on(Column::from(schema.qualified_field(i)))).collect();
    let exact = |e: &Expr| match e {
        Expr::WindowFunction(call) => exact_window(call, &schema),
        _ => Ok(None),
    };
    let otherwise = |e: &Expr, kept: &Expr| {
        // Ranks are unsigned to DataFusion and bigint to PostgreSQL.
        if ranks(e) {
            let to = if is_ntile(e) { DataType::Int32 } else { DataType::Int64 };
            return Ok(Some(Expr::Cast(Cast::new(Box::new(kept.clone()), to))));
        }
        Ok(hands_on(e, &schema).then(|| cast(kept.clone(), &SqlType::Numeric(None))))
    };
    let names = names_from(&window.schema, passed);
    let changed = parts.replace(&window.window_expr, names, exact, otherwise, &mut outputs)?;
    if !changed {
        return excluding::in_node(window).map(LogicalPlan::Window);
    }
    let inner = excluding::in_node(Window::try_new(parts.expressions, window.input)?)?;
    LogicalPlanBuilder::from(LogicalPlan::Window(inner)).project(outputs)?.build()
}

fn names_from(schema: &DFSchema, first: usize) -> impl Iterator<Item = String> {
    schema.fields().iter().skip(first).map(|field| field.name().clone())
}

/// A column that a projection of ours hands through whether or not it is wanted: under its own full name, which
/// no SELECT gives, so that it counts as read only where something above reads it.
fn passed_on(column: Column) -> Expr {
    let (relation, name) = (column.relation.clone(), column.name.clone());
    match relation {
        Some(relation) => Expr::Column(column).alias_qualified(Some(relation), name),
        None => Expr::Column(column),
    }
}

/// The column, if `e` is one that is only handed through.
pub fn handed_through(e: &Expr) -> Option<&Column> {
    let Expr::Alias(alias) = e else { return None };
    let Expr::Column(column) = &*alias.expr else { return None };
    let same =
        alias.relation.is_some() && alias.relation == column.relation && alias.name == column.name;
    same.then_some(column)
}

/// Whether a window gives values of a numeric without declared digits, or their sum.
fn hands_on(e: &Expr, schema: &DFSchema) -> bool {
    const OF_ITS_ARGUMENT: &[&str] =
        &["sum", "min", "max", "first_value", "last_value", "nth_value", "lag", "lead"];
    let Expr::WindowFunction(call) = e else { return false };
    OF_ITS_ARGUMENT.contains(&call.fun.name())
        && call.params.args.first().is_some_and(|argument| casts::is_free(argument, schema))
}

fn is_ntile(e: &Expr) -> bool {
    matches!(e, Expr::WindowFunction(call) if call.fun.name() == "ntile")
}

fn ranks(e: &Expr) -> bool {
    let Expr::WindowFunction(call) = e else { return false };
    ["row_number", "rank", "dense_rank", "ntile"].contains(&call.fun.name())
}

/// The aggregates that stay below, each once.
#[derive(Default)]
struct Parts {
    expressions: Vec<Expr>,
    seen: Vec<(Expr, String)>,
}

impl Parts {
    /// What is shown of these expressions under their names, and whether any is not itself: the exact one in its
    /// place, or something else made of it.
    fn replace(
        &mut self,
        all: &[Expr],
        names: impl Iterator<Item = String>,
        exact: impl Fn(&Expr) -> DfResult<Option<Exact>>,
        otherwise: impl Fn(&Expr, &Expr) -> DfResult<Option<Expr>>,
        outputs: &mut Vec<Expr>,
    ) -> DfResult<bool> {
        let mut changed = false;
        for (e, name) in all.iter().zip(names) {
            let (inner, _) = unaliased(e);
            let other = match exact(inner)? {
                Some(exact) => Some(self.exact(exact)),
                None => {
                    let kept = self.keep(e.clone(), &name);
                    let other = otherwise(inner, &kept)?;
                    if other.is_none() {
                        outputs.push(kept);
                    }
                    other
                }
            };
            if let Some(other) = other {
                changed = true;
                outputs.push(other.alias(name));
            }
        }
        Ok(changed)
    }

    /// What an average or a sum becomes over the parts it is taken apart into.
    fn exact(&mut self, exact: Exact) -> Expr {
        match exact {
            Exact::Average(sum, count) => {
                let (sum, count) = (self.add(*sum), self.add(*count));
                divide(sum, as_numeric(count))
            }
            Exact::Sum(sum) => self.add(*sum),
            Exact::Collected(e, element) => arrays::array_of(&element, How::Named, self.add(*e)),
            Exact::As(e, to) => Expr::Cast(Cast::new(Box::new(self.add(*e)), to)),
            Exact::Spread { sum, squares, count, sample, root } => {
                let parts = [*sum, *squares, *count].map(|part| self.add(part));
                let name = if root { "__numeric_deviation" } else { "__numeric_variance" };
                let mut arguments = parts.to_vec();
                arguments.push(datafusion::logical_expr::lit(sample));
                match functions::scalar(name) {
                    Some(f) => Expr::ScalarFunction(ScalarFunction::new_udf(f, arguments)),
                    None => arguments.swap_remove(0),
                }
            }
        }
    }

    fn add(&mut self, e: Expr) -> Expr {
        if let Some((_, name)) = self.seen.iter().find(|(known, _)| *known == e) {
            return Expr::Column(Column::new_unqualified(name.clone()));
        }
        let name = format!("__part{}", self.expressions.len());
        self.expressions.push(e.clone().alias(name.clone()));
        self.seen.push((e, name.clone()));
        Expr::Column(Column::new_unqualified(name))
    }

    fn keep(&mut self, e: Expr, name: &str) -> Expr {
        // What an average is made of may be asked for itself.
        let bare = unaliased(&e).0;
        if let Some((_, part)) = self.seen.iter().find(|(known, _)| known == bare) {
            return Expr::Column(Column::new_unqualified(part.clone())).alias(name);
        }
        self.seen.push((bare.clone(), name.to_owned()));
        self.expressions.push(e);
        Expr::Column(Column::new_unqualified(name))
    }
}

enum Exact {
    /// An aggregate whose result is another type to PostgreSQL.
    As(Box<Expr>, DataType),
    /// An array whose elements have a type of this name.
    Collected(Box<Expr>, SqlType),
    Average(Box<Expr>, Box<Expr>),
    Sum(Box<Expr>),
    /// A variance or its root, from the sum, the sum of squares and the count; of a sample or of all.
    Spread {
        sum: Box<Expr>,
        squares: Box<Expr>,
        count: Box<Expr>,
        sample: bool,
        root: bool,
    },
}

/// Aggregates of whole numbers and numerics that PostgreSQL computes exactly: of a sample or not, the root of it or not.
const SPREADS: &[(&str, bool, bool)] = &[
    ("var", true, false),
    ("var_samp", true, false),
    ("variance", true, false),
    ("var_pop", false, false),
    ("stddev", true, true),
    ("stddev_samp", true, true),
    ("stddev_pop", false, true),
];

/// Types of elements that an array does not tell once it has been through an aggregate or a subquery.
pub(super) fn forgotten(element: &SqlType) -> bool {
    matches!(element, SqlType::Json | SqlType::Jsonb | SqlType::Uuid | SqlType::Varchar(None))
}

/// What PostgreSQL has no such aggregate for, and what it gives another type.
fn typed_otherwise(call: &AggregateFunction, schema: &DFSchema) -> DfResult<Option<Exact>> {
    let kept = || Box::new(Expr::AggregateFunction(call.clone()));
    let Some(argument) = call.params.args.first() else { return Ok(None) };
    let found = calls::type_of(argument, schema)?;
    match (call.func.name(), &found) {
        ("array_agg", Some(element)) if forgotten(element) => {
            Ok(Some(Exact::Collected(kept(), element.clone())))
        }
        ("regr_count", _) => Ok(Some(Exact::As(kept(), DataType::Int64))),
        ("sum", Some(SqlType::Float4)) => Ok(Some(Exact::As(kept(), DataType::Float32))),
        (
            name @ ("max" | "min"),
            Some(SqlType::Bool | SqlType::Uuid | SqlType::Json | SqlType::Jsonb),
        )
        | (
            name @ "string_agg",
            Some(
                SqlType::Bool
                | SqlType::Int2
                | SqlType::Int4
                | SqlType::Int8
                | SqlType::Numeric(_)
                | SqlType::Float4
                | SqlType::Float8
                | SqlType::Date
                | SqlType::Timestamp,
            ),
        ) => {
            let types = call.params.args.iter().map(|e| calls::type_of(e, schema));
            let names = types.map(|t| t.map(|t| super::operators::name(&t)));
            Err(external(functions::undefined(name, &names.collect::<DfResult<Vec<_>>>()?)))
        }
        _ => spread(call, schema),
    }
}

fn spread(call: &AggregateFunction, schema: &DFSchema) -> DfResult<Option<Exact>> {
    exact_spread(call.func.name(), &call.params.args, schema, |func, args| {
        Expr::AggregateFunction(AggregateFunction {
            func,
            params: AggregateFunctionParams { args, ..call.params.clone() },
        })
    })
}

fn exact_spread(
    name: &str,
    arguments: &[Expr],
    schema: &DFSchema,
    part: impl Fn(Arc<AggregateUDF>, Vec<Expr>) -> Expr,
) -> DfResult<Option<Exact>> {
    let found = SPREADS.iter().find(|(known, ..)| *known == name);
    let (Some((_, sample, root)), [argument]) = (found, arguments) else {
        return Ok(None);
    };
    let value = match argument.get_type(schema)? {
        t if t.is_integer() => as_numeric(argument.clone()),
        DataType::Decimal128(..) | DataType::Decimal256(..) => argument.clone(),
        _ => return Ok(None),
    };
    let scale = match value.get_type(schema)? {
        DataType::Decimal128(_, s) | DataType::Decimal256(_, s) => s,
        _ => 0,
    };
    // Squares are long.
    let wide = Expr::Cast(Cast::new(Box::new(value.clone()), DataType::Decimal256(38, scale)));
    let with = |func, args| Box::new(part(func, args));
    Ok(Some(Exact::Spread {
        sum: with(sum_udaf(), vec![value]),
        squares: with(sum_udaf(), vec![wide.clone() * wide]),
        count: with(count_udaf(), vec![argument.clone()]),
        sample: *sample,
        root: *root,
    }))
}

fn unaliased(e: &Expr) -> (&Expr, bool) {
    match e {
        Expr::Alias(alias) => (&alias.expr, true),
        other => (other, false),
    }
}

fn as_numeric(e: Expr) -> Expr {
    Expr::Cast(Cast::new(Box::new(e), DataType::Decimal128(38, 0)))
}

/// To SQL, an aggregate of nothing but an outer query's columns is an aggregate of that query; the engine would
/// reckon it in the subquery.
pub(super) fn of_its_own_query(call: &AggregateFunction) -> DfResult<()> {
    let AggregateFunctionParams { args, filter, order_by, .. } = &call.params;
    let (mut outer, mut own) = (false, false);
    let parts = args.iter().chain(filter.as_deref()).chain(order_by.iter().map(|key| &key.expr));
    for part in parts {
        part.apply(|e| {
            outer |= matches!(e, Expr::OuterReferenceColumn(..));
            own |= matches!(e, Expr::Column(_)) || !e.column_refs().is_empty();
            Ok(TreeNodeRecursion::Continue)
        })?;
    }
    match outer && !own {
        true => Err(external(Error::unsupported("an aggregate of an outer query in a subquery"))),
        false => Ok(()),
    }
}

/// What to add up, as a numeric where PostgreSQL's result is one.
fn summand(argument: &Expr, schema: &DFSchema, average: bool) -> DfResult<Option<Expr>> {
    Ok(match argument.get_type(schema)? {
        DataType::Int64 => Some(as_numeric(argument.clone())),
        t if t.is_integer() && average => Some(as_numeric(argument.clone())),
        DataType::Decimal128(..) if average => Some(argument.clone()),
        _ => None,
    })
}

fn exact(call: &AggregateFunction, schema: &DFSchema) -> DfResult<Option<Exact>> {
    if let Some(summed) = specials::summed(call, schema) {
        return Ok(Some(Exact::Sum(Box::new(summed))));
    }
    let average = call.func.name() == "avg";
    if !average && call.func.name() != "sum" {
        return typed_otherwise(call, schema);
    }
    let Some(argument) = call.params.args.first() else { return Ok(None) };
    let Some(what) = summand(argument, schema, average)? else {
        return typed_otherwise(call, schema);
    };
    let with = |func, args| {
        Expr::AggregateFunction(AggregateFunction {
            func,
            params: AggregateFunctionParams { args, ..call.params.clone() },
        })
    };
    let sum = Box::new(with(sum_udaf(), vec![what]));
    Ok(Some(match average {
        true => Exact::Average(sum, Box::new(with(count_udaf(), vec![argument.clone()]))),
        false => Exact::Sum(sum),
    }))
}

fn exact_window(call: &WindowFunction, schema: &DFSchema) -> DfResult<Option<Exact>> {
    if let Some(sums) = specials::sums(call.fun.name(), &call.params.args, schema) {
        let mut window = call.clone();
        window.fun = WindowFunctionDefinition::AggregateUDF(sums);
        return Ok(Some(Exact::Sum(Box::new(Expr::WindowFunction(Box::new(window))))));
    }
    let average = call.fun.name() == "avg";
    let Some(argument) = call.params.args.first() else { return Ok(None) };
    let kept = || Box::new(Expr::WindowFunction(Box::new(call.clone())));
    match (call.fun.name(), calls::type_of(argument, schema)?) {
        ("sum", Some(SqlType::Float4)) => return Ok(Some(Exact::As(kept(), DataType::Float32))),
        ("array_agg", Some(element)) if forgotten(&element) => {
            return Ok(Some(Exact::Collected(kept(), element)));
        }
        ("sum" | "avg", _) => {}
        (name, _) => {
            return exact_spread(name, &call.params.args, schema, |func, args| {
                let mut window = call.clone();
                window.fun = WindowFunctionDefinition::AggregateUDF(func);
                window.params.args = args;
                Expr::WindowFunction(Box::new(window))
            });
        }
    }
    let Some(what) = summand(argument, schema, average)? else { return Ok(None) };
    let with = |func, arg: Expr| {
        let mut window = call.clone();
        window.fun = WindowFunctionDefinition::AggregateUDF(func);
        window.params.args = vec![arg];
        Expr::WindowFunction(Box::new(window))
    };
    let sum = Box::new(with(sum_udaf(), what));
    Ok(Some(match average {
        true => Exact::Average(sum, Box::new(with(count_udaf(), argument.clone()))),
        false => Exact::Sum(sum),
    }))
}
