//! Numerics that may be NaN or infinite, by their type: what the engine would reckon, cast or match wrongly is given to
//! functions that know them. Of ordinary numerics nothing here is said.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result as DfResult};
use datafusion::logical_expr::expr::{AggregateFunction, Cast, ScalarFunction};
use datafusion::logical_expr::{AggregateUDF, Expr, ExprSchemable, LogicalPlan, Operator};

use super::calls::of_ours;
use crate::catalog::types::{SqlType, TYPE_KEY, UNCONSTRAINED_NUMERIC};
use crate::functions;
use crate::functions::special::{Special, carrier, carries, carries_within};
use crate::functions::time::parts;

/// The function behind an operator, where a side may be special and none is a double.
pub(super) fn operator(op: Operator, left: &DataType, right: &DataType) -> Option<&'static str> {
    let exact = |t: &DataType| t.is_decimal() || t.is_integer();
    if !(carries(left) || carries(right)) || !exact(left) || !exact(right) {
        return None;
    }
    Some(match op {
        Operator::Plus => "__numeric_plus",
        Operator::Minus => "__numeric_minus",
        Operator::Multiply => "__numeric_times",
        Operator::Divide => "__quotient",
        Operator::Modulo => "mod",
        _ => return None,
    })
}

pub(super) fn negative(inner: &Expr, schema: &DFSchema) -> DfResult<Option<Expr>> {
    match inner.get_type(schema) {
        Ok(t) if carries(&t) => {
            of_ours("__numeric_negative", vec![inner.clone()], schema).map(Some)
        }
        _ => Ok(None),
    }
}

/// Whether what a node reads may hold specials: its types come together only once its expressions are ours.
pub(super) fn meets(node: &LogicalPlan) -> DfResult<bool> {
    let carrying =
        |plan: &LogicalPlan| plan.schema().fields().iter().any(|f| carries_within(f.data_type()));
    let mut found = node.inputs().into_iter().any(carrying);
    if !found {
        node.apply_subqueries(|inner| {
            found |= carrying(inner);
            Ok(TreeNodeRecursion::Jump)
        })?;
    }
    if !found {
        node.apply_expressions(|e| {
            e.apply(|e| {
                found |= is_sent(e);
                Ok(TreeNodeRecursion::Continue)
            })
        })?;
    }
    Ok(found)
}

/// A parameter whose value may be special.
fn is_sent(e: &Expr) -> bool {
    let Expr::Placeholder(parameter) = e else { return false };
    parameter.field.as_ref().is_some_and(|field| carries_within(field.data_type()))
}

/// A literal in quotes beside numerics that says what no ordinary numeric can be.
pub(super) fn said(e: &Expr) -> Option<Special> {
    match e {
        Expr::Alias(alias) => said(&alias.expr),
        Expr::Literal(value, _) => Special::read(value.try_as_str()??.trim()),
        _ => None,
    }
}

/// The one type in which values of these are compared, if one may be special and they are not of one type already.
fn common(types: &[DataType]) -> Option<DataType> {
    let scale = |t: &DataType| match t {
        DataType::Decimal32(_, s)
        | DataType::Decimal64(_, s)
        | DataType::Decimal128(_, s)
        | DataType::Decimal256(_, s) => Some(*s),
        t if t.is_integer() => Some(0),
        _ => None,
    };
    let mut known = types.iter().filter(|t| !t.is_null());
    let first = known.next()?;
    if !types.iter().any(carries_within) || known.all(|t| t == first) {
        return None;
    }
    let element = |t: &DataType| match t {
        DataType::List(item) => Some(item.data_type().clone()),
        _ => None,
    };
    if let Some(elements) = types.iter().map(element).collect::<Option<Vec<_>>>() {
        return common(&elements).map(|t| DataType::new_list(t, true));
    }
    let scales = types.iter().filter(|t| !t.is_null()).map(scale);
    Some(carrier(scales.collect::<Option<Vec<_>>>()?.into_iter().max()?))
}

fn as_common(e: &mut Expr, of: &DataType, to: &DataType) -> bool {
    let differs = of != to && !of.is_null();
    if differs {
        *e = functions::recast(std::mem::take(e), to.clone(), None);
    }
    differs
}

/// Values that are compared with one another; tells whether anything was to do.
pub(super) fn level(all: Vec<&mut Expr>, schema: &DFSchema) -> DfResult<bool> {
    let types = all.iter().map(|e| e.get_type(schema)).collect::<DfResult<Vec<_>>>();
    let Ok(types) = types else { return Ok(false) };
    let Some(to) = common(&types) else { return Ok(false) };
    let mut changed = false;
    for (e, of) in all.into_iter().zip(&types) {
        changed |= as_common(e, of, &to);
    }
    Ok(changed)
}

/// A pair of keys over two schemas.
pub(super) fn level_keys(left: (&mut Expr, DataType), right: (&mut Expr, DataType)) {
    let ((left, l), (right, r)) = (left, right);
    if let Some(to) = common(&[l.clone(), r.clone()]) {
        as_common(left, &l, &to);
        as_common(right, &r, &to);
    }
}

/// A cast from what may be special, where the engine would make a number of it.
pub(super) fn cast(cast: &Cast, source: &DataType) -> Option<Expr> {
    if !carries_within(source) {
        return None;
    }
    let wanted = SqlType::of(&cast.field);
    let bare = cast.field.metadata().get(TYPE_KEY).is_some_and(|t| t.starts_with("numeric"));
    let (to, declared) = target(&wanted, source, bare)?;
    if to == *source && declared.is_none() {
        return Some(Expr::clone(&cast.expr));
    }
    Some(functions::recast(Expr::clone(&cast.expr), to, declared))
}

/// A constant that may be special, cast to a numeric of declared digits, or of none.
pub(super) fn declared(known: Expr, wanted: &Cast) -> Expr {
    let cast = Cast::new_from_field(Box::new(known), Arc::clone(&wanted.field));
    match self::cast(&cast, &carrier(0)) {
        Some(made) => made,
        None => *cast.expr,
    }
}

type Target = (DataType, Option<(u8, i8)>);

fn target(wanted: &SqlType, source: &DataType, bare: bool) -> Option<Target> {
    match (wanted, source) {
        (SqlType::Array(element), DataType::List(item)) => {
            let (to, declared) = target(element, item.data_type(), bare)?;
            let item = Field::clone(&element.field("item", true)).with_data_type(to);
            Some((DataType::List(Arc::new(item)), declared))
        }
        (SqlType::Array(_), _) => None,
        // As it lies.
        (SqlType::Numeric(None), source) if carries(source) => Some((source.clone(), None)),
        // The engine's planner brings branches together in the digits of a numeric without any.
        (SqlType::Numeric(Some(digits)), source)
            if carries(source) && (bare || *digits == UNCONSTRAINED_NUMERIC) =>
        {
            Some((source.clone(), None))
        }
        (SqlType::Numeric(Some((precision, scale))), source) if carries(source) => {
            let most = !carries(&DataType::Decimal256(*precision, *scale));
            Some((carrier(*scale), most.then_some((*precision, *scale))))
        }
        (SqlType::Float4 | SqlType::Float8, source) | (SqlType::Text, source)
            if carries(source) =>
        {
            Some((wanted.arrow(), None))
        }
        (SqlType::Int2 | SqlType::Int4 | SqlType::Int8, source) if carries(source) => {
            Some((wanted.arrow(), None))
        }
        _ => None,
    }
}

/// What an aggregate is over numerics that may be special.
pub(super) fn sums(name: &str, args: &[Expr], schema: &DFSchema) -> Option<Arc<AggregateUDF>> {
    let [argument] = args else { return None };
    let of = argument.get_type(schema).ok()?;
    if carries(&of) { functions::sums(name) } else { None }
}

/// The same as a call.
pub(super) fn summed(call: &AggregateFunction, schema: &DFSchema) -> Option<Expr> {
    let func = sums(call.func.name(), &call.params.args, schema)?;
    let params = call.params.clone();
    Some(Expr::AggregateFunction(AggregateFunction { func, params }))
}

/// `extract(epoch FROM 'infinity'::timestamp)`, which is known as soon as it is written.
pub(super) fn extracted(call: &ScalarFunction) -> Option<Expr> {
    let [Expr::Literal(part, _), of] = call.args.as_slice() else { return None };
    let special = parts::of_infinite(part.try_as_str()??, infinite(of)?)?;
    Some(Expr::Literal(special.literal(), None))
}

/// A constant that is an infinite moment.
fn infinite(e: &Expr) -> Option<parts::Whole> {
    use datafusion::common::ScalarValue::{Date32, TimestampMicrosecond};
    use parts::Whole::{Date, Timestamp, Timestamptz};
    let read = |text: &Expr| match text {
        Expr::Literal(value, _) => Special::read(value.try_as_str()??.trim()),
        _ => None,
    };
    match e {
        Expr::Alias(alias) => infinite(&alias.expr),
        Expr::Literal(Date32(Some(days @ (i32::MAX | i32::MIN))), _) => Some(Date(*days)),
        Expr::Literal(TimestampMicrosecond(Some(at @ (i64::MAX | i64::MIN)), zone), _) => {
            Some(if zone.is_some() { Timestamptz(*at) } else { Timestamp(*at) })
        }
        Expr::ScalarFunction(call) => {
            let negative = match read(call.args.first()?)? {
                Special::NaN => return None,
                special => special == Special::NegativeInfinity,
            };
            let at = if negative { i64::MIN } else { i64::MAX };
            match call.name() {
                "__to_date" => Some(Date(if negative { i32::MIN } else { i32::MAX })),
                "__to_timestamp" => Some(Timestamp(at)),
                "__to_timestamptz" => Some(Timestamptz(at)),
                _ => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_come_to_the_carrying_one() {
        let ordinary = DataType::Decimal128(10, 2);
        assert_eq!(common(&[carrier(0), ordinary.clone()]), Some(carrier(2)));
        assert_eq!(common(&[DataType::Int32, carrier(3), DataType::Null]), Some(carrier(3)));
        let list = |t: &DataType| DataType::new_list(t.clone(), true);
        let both = common(&[list(&ordinary), list(&carrier(0))]);
        assert_eq!(both, Some(list(&carrier(2))));
        assert_eq!(common(&[carrier(2), carrier(2)]), None);
        assert_eq!(common(&[ordinary.clone(), DataType::Int64]), None);
        assert_eq!(common(&[carrier(2), DataType::Utf8View]), None);
        assert_eq!(operator(Operator::Plus, &ordinary, &ordinary), None);
        assert_eq!(operator(Operator::Plus, &ordinary, &carrier(0)), Some("__numeric_plus"));
        assert_eq!(operator(Operator::Plus, &DataType::Float64, &carrier(0)), None);
    }
}
