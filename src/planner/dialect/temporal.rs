//! Dates, times and intervals in operators and casts: each combination of types means what it does in PostgreSQL.

use std::sync::Arc;

use datafusion::common::tree_node::TreeNode;
use datafusion::common::{DFSchema, Result as DfResult, ScalarValue};
use datafusion::logical_expr::expr::{Between, Case, InList, Placeholder, ScalarFunction};
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, Operator, lit};

use super::common::{bare, field_of};
use super::meaning::{expression_meaning, external};
use crate::catalog::types::SqlType;
use crate::error::{Error, SqlState};
use crate::functions;
use crate::functions::time::casts::cast_to;
use crate::functions::time::kinds::{Kind, argument};
use crate::parser::ast::BinaryOperator;

/// Asked for each operator while a statement is bound, before DataFusion refuses what it lacks.
#[derive(Debug)]
pub(super) struct Temporal;

impl ExprPlanner for Temporal {
    fn plan_binary_op(
        &self,
        expr: RawBinaryExpr,
        schema: &DFSchema,
    ) -> DfResult<PlannerResult<RawBinaryExpr>> {
        let (Ok(left), Ok(right)) = (kind(&expr.left, schema), kind(&expr.right, schema)) else {
            return Ok(PlannerResult::Original(expr));
        };
        if ![left, right].iter().flatten().any(|k| k.is_temporal()) {
            return Ok(PlannerResult::Original(expr));
        }
        if expr.op == BinaryOperator::StringConcat {
            let text = |e: Expr, of: Option<Kind>| match of {
                Some(of) if of.is_temporal() => call("__moment_text", vec![e]),
                _ => Ok(e),
            };
            let (l, r) = (text(expr.left, left)?, text(expr.right, right)?);
            return Ok(PlannerResult::Original(RawBinaryExpr { left: l, right: r, op: expr.op }));
        }
        if let Some(name) = arithmetic(&expr.op) {
            return arithmetic_call(name, vec![expr.left, expr.right], schema)
                .map(PlannerResult::Planned);
        }
        let Some(op) = comparison(&expr.op) else { return Ok(PlannerResult::Original(expr)) };
        compare(expr.left, op, expr.right, schema).map(PlannerResult::Planned)
    }
}

fn arithmetic(op: &BinaryOperator) -> Option<&'static str> {
    Some(match op {
        BinaryOperator::Plus => "__plus",
        BinaryOperator::Minus => "__minus",
        BinaryOperator::Multiply => "__times",
        BinaryOperator::Divide => "__over",
        _ => return None,
    })
}

fn comparison(op: &BinaryOperator) -> Option<Operator> {
    Some(match op {
        BinaryOperator::Eq => Operator::Eq,
        BinaryOperator::NotEq => Operator::NotEq,
        BinaryOperator::Lt => Operator::Lt,
        BinaryOperator::LtEq => Operator::LtEq,
        BinaryOperator::Gt => Operator::Gt,
        BinaryOperator::GtEq => Operator::GtEq,
        _ => return None,
    })
}

/// None for a literal in quotes, NULL, or a parameter whose type is not known yet.
pub(super) fn kind(e: &Expr, schema: &DFSchema) -> DfResult<Option<Kind>> {
    match e {
        Expr::Placeholder(placeholder) if placeholder.field.is_none() => Ok(None),
        Expr::Literal(value, _) => Ok(argument(&e.to_field(schema)?.1, Some(value))),
        other => Ok(argument(&field_of(other, schema)?, None)),
    }
}

/// A call of a function of ours.
pub(super) fn call(name: &str, arguments: Vec<Expr>) -> DfResult<Expr> {
    let function = functions::scalar(name)
        .ok_or_else(|| external(Error::internal(format!("no function {name}"))))?;
    Ok(Expr::ScalarFunction(ScalarFunction::new_udf(function, arguments)))
}

fn arithmetic_call(name: &str, arguments: Vec<Expr>, schema: &DFSchema) -> DfResult<Expr> {
    let arguments = arguments.into_iter().map(|e| match e {
        // A parameter beside a date or time is an interval, as a literal in quotes would mostly be.
        Expr::Placeholder(p) if p.field.is_none() => {
            let field = SqlType::Interval.field("parameter", true);
            Expr::Placeholder(Placeholder::new_with_field(p.id, Some(field)))
        }
        other => other,
    });
    let made = call(name, arguments.collect())?;
    // Says now that there is no such operator.
    made.to_field(schema)?;
    Ok(made)
}

/// The opposite of an interval; other expressions as they are.
pub(super) fn negative(inner: &Expr, schema: &DFSchema) -> DfResult<Option<Expr>> {
    match kind(inner, schema) {
        Ok(Some(Kind::Interval)) => call("__minus", vec![inner.clone()]).map(Some),
        _ => Ok(None),
    }
}

/// A comparison in which one side at least is a date, a time or an interval.
pub(super) fn compare(left: Expr, op: Operator, right: Expr, schema: &DFSchema) -> DfResult<Expr> {
    let (l, r) = (kind(&left, schema)?, kind(&right, schema)?);
    match (l, r) {
        (Some(known), None) => {
            let right = typed(right, known)?;
            same(left, op, right, known)
        }
        (None, Some(known)) => {
            let left = typed(left, known)?;
            same(left, op, right, known)
        }
        (Some(a), Some(b)) if a == b => same(left, op, right, a),
        (Some(a), Some(b)) => mixed(left, a, op, right, b, schema),
        (None, None) => Ok(binary(left, op, right)),
    }
}

fn binary(left: Expr, op: Operator, right: Expr) -> Expr {
    Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right)))
}

fn same(left: Expr, op: Operator, right: Expr, of: Kind) -> DfResult<Expr> {
    match of {
        // A month is as long as thirty days.
        Kind::Interval => Ok(binary(key(left)?, op, key(right)?)),
        _ => Ok(binary(left, op, right)),
    }
}

/// What an interval is ordered and compared by.
pub(super) fn key(e: Expr) -> DfResult<Expr> {
    match &e {
        Expr::Literal(value, _) if value.is_null() => Ok(e),
        _ => call("__interval_key", vec![e]),
    }
}

/// A literal without a type takes that of the other side.
fn typed(e: Expr, as_kind: Kind) -> DfResult<Expr> {
    match e {
        Expr::Placeholder(p) if p.field.is_none() => {
            let field = as_kind.sql_type().field("parameter", true);
            Ok(Expr::Placeholder(Placeholder::new_with_field(p.id, Some(field))))
        }
        Expr::Literal(value, metadata) if value.is_null() => {
            let null = ScalarValue::try_from(&as_kind.sql_type().arrow())?;
            Ok(Expr::Literal(null, metadata))
        }
        e => match cast_to(as_kind, None) {
            Some((name, _)) => call(name, vec![e]),
            None => Ok(e),
        },
    }
}

/// Dates beside timestamps, with and without a zone: the narrower one becomes the wider.
fn mixed(
    left: Expr,
    l: Kind,
    op: Operator,
    right: Expr,
    r: Kind,
    schema: &DFSchema,
) -> DfResult<Expr> {
    let wider = match (l, r) {
        (Kind::Date, Kind::Timestamp) | (Kind::Timestamp, Kind::Date) => Kind::Timestamp,
        (Kind::Date | Kind::Timestamp, Kind::Timestamptz)
        | (Kind::Timestamptz, Kind::Date | Kind::Timestamp) => Kind::Timestamptz,
        (Kind::Time, Kind::Timetz) | (Kind::Timetz, Kind::Time) => Kind::Timetz,
        (Kind::Time, Kind::Interval) | (Kind::Interval, Kind::Time) => Kind::Interval,
        _ => return Err(external(no_operator(&left, op, &right, schema)?)),
    };
    let (Some((name, _)), _) = (cast_to(wider, None), ()) else {
        return Err(external(Error::internal("no cast to the wider type")));
    };
    let widened = |e: Expr, from: Kind| match from == wider {
        true => Ok(e),
        false => call(name, vec![e]),
    };
    // What is widened is hidden from files' statistics; a bound beside it is not.
    let bounds = match (l == wider, r == wider) {
        (false, true) if is_constant(&right) => near(&left, l, op, &right)?,
        (true, false) if is_constant(&left) => near(&right, r, op.swap().unwrap_or(op), &left)?,
        _ => Vec::new(),
    };
    let exact = same(widened(left, l)?, op, widened(right, r)?, wider)?;
    Ok(bounds.into_iter().fold(exact, Expr::and))
}

/// What holds for a date or timestamp that compares so with a constant, give or take two days.
fn near(column: &Expr, of: Kind, op: Operator, constant: &Expr) -> DfResult<Vec<Expr>> {
    let name = match of {
        Kind::Date => "__near_date",
        Kind::Timestamp => "__near_timestamp",
        _ => return Ok(Vec::new()),
    };
    let bound = |op: Operator, days: i32| -> DfResult<Expr> {
        let value = call(name, vec![constant.clone(), lit(days)])?;
        Ok(binary(column.clone(), op, value))
    };
    let from = || bound(Operator::GtEq, -2);
    let to = || bound(Operator::LtEq, 2);
    Ok(match op {
        Operator::Eq => vec![from()?, to()?],
        Operator::Gt | Operator::GtEq => vec![from()?],
        Operator::Lt | Operator::LtEq => vec![to()?],
        _ => Vec::new(),
    })
}

fn is_constant(e: &Expr) -> bool {
    stands_alone(e) && !e.is_volatile()
}

/// Whether an expression takes nothing from a row, a group or another query.
pub fn stands_alone(e: &Expr) -> bool {
    let depends = e.exists(|e| {
        Ok(matches!(
            e,
            Expr::Column(_)
                | Expr::OuterReferenceColumn(..)
                | Expr::ScalarSubquery(_)
                | Expr::Exists(_)
                | Expr::InSubquery(_)
                | Expr::SetComparison(_)
                | Expr::AggregateFunction(_)
                | Expr::WindowFunction(_)
        ))
    });
    !depends.unwrap_or(true)
}

fn no_operator(left: &Expr, op: Operator, right: &Expr, schema: &DFSchema) -> DfResult<Error> {
    let name = |e: &Expr| -> DfResult<String> {
        let field = e.to_field(schema)?.1;
        let literal = match e {
            Expr::Literal(value, _) => Some(value),
            _ => None,
        };
        Ok(functions::argument_name(&field, literal))
    };
    let op = if op == Operator::NotEq { "<>".to_owned() } else { op.to_string() };
    Ok(Error::new(
        SqlState::UNDEFINED_FUNCTION,
        format!("operator does not exist: {} {op} {}", name(left)?, name(right)?),
    )
    .hint("No operator matches the given name and argument types. You might need to add explicit type casts."))
}

/// BETWEEN as two comparisons, where the types want that.
pub(super) fn between(between: &Between, schema: &DFSchema) -> DfResult<Option<Expr>> {
    let Between { expr, negated, low, high } = between;
    if !is_temporal(&[expr, low, high], schema) {
        return Ok(None);
    }
    let (from, to) = match negated {
        false => (Operator::GtEq, Operator::LtEq),
        true => (Operator::Lt, Operator::Gt),
    };
    let low = compare(Expr::clone(expr), from, Expr::clone(low), schema)?;
    let high = compare(Expr::clone(expr), to, Expr::clone(high), schema)?;
    Ok(Some(if *negated { low.or(high) } else { low.and(high) }))
}

fn is_temporal(all: &[&Expr], schema: &DFSchema) -> bool {
    all.iter().any(|e| matches!(kind(e, schema), Ok(Some(k)) if k.is_temporal()))
}

/// IN over a list: literals take the type, other types are compared one by one.
pub(super) fn in_list(list: &InList, schema: &DFSchema) -> DfResult<Option<Expr>> {
    let InList { expr, list, negated } = list;
    let Ok(Some(of)) = kind(expr, schema) else { return Ok(None) };
    if !of.is_temporal() {
        return Ok(None);
    }
    let kinds = list.iter().map(|e| kind(e, schema)).collect::<DfResult<Vec<_>>>()?;
    let one_kind = kinds.iter().all(|k| k.is_none_or(|k| k == of));
    if one_kind && of != Kind::Interval && kinds.iter().all(Option::is_some) {
        return Ok(None);
    }
    if one_kind && of != Kind::Interval {
        let list = list
            .iter()
            .zip(kinds)
            .map(|(e, k)| if k.is_none() { typed(e.clone(), of) } else { Ok(e.clone()) })
            .collect::<DfResult<Vec<_>>>()?;
        return Ok(Some(Expr::InList(InList::new(expr.clone(), list, *negated))));
    }
    let op = if *negated { Operator::NotEq } else { Operator::Eq };
    let mut all = None;
    for e in list {
        let one = compare(Expr::clone(expr), op, e.clone(), schema)?;
        all = Some(match all {
            None => one,
            Some(before) if *negated => Expr::and(before, one),
            Some(before) => Expr::or(before, one),
        });
    }
    Ok(all)
}

/// `CASE x WHEN y` as `CASE WHEN x = y`.
pub(super) fn case(mut case: Case, schema: &DFSchema) -> DfResult<Case> {
    let Some(operand) = &case.expr else { return Ok(case) };
    let whens = case.when_then_expr.iter().map(|(when, _)| &**when);
    if !is_temporal(&std::iter::once(&**operand).chain(whens).collect::<Vec<_>>(), schema) {
        return Ok(case);
    }
    let operand = Expr::clone(operand);
    for (when, _) in &mut case.when_then_expr {
        let value = std::mem::take(&mut **when);
        **when = compare(operand.clone(), Operator::Eq, value, schema)?;
    }
    case.expr = None;
    Ok(case)
}

/// `IS DISTINCT FROM` and its opposite, which do not come by way of the planner's operators.
pub(super) fn distinct(binary: &BinaryExpr, schema: &DFSchema) -> DfResult<Option<Expr>> {
    let distinct = matches!(binary.op, Operator::IsDistinctFrom | Operator::IsNotDistinctFrom);
    let sides = [&*binary.left, &*binary.right];
    if !distinct || !is_temporal(&sides, schema) {
        return Ok(None);
    }
    let (l, r) = (kind(sides[0], schema)?, kind(sides[1], schema)?);
    if l == r && l != Some(Kind::Interval) {
        return Ok(None);
    }
    let (left, right) = (Expr::clone(&binary.left), Expr::clone(&binary.right));
    Ok(Some(match (l, r) {
        (Some(k), None) => same(left, binary.op, typed(right, k)?, k)?,
        (None, Some(k)) => same(typed(left, k)?, binary.op, right, k)?,
        _ => compare(left, binary.op, right, schema)?,
    }))
}

/// A cast from or to a type of this area; None where it is none, or stays as it is.
pub(super) fn cast(
    inner: &Expr,
    from: &SqlType,
    wanted: &SqlType,
    schema: &DFSchema,
) -> DfResult<Option<Expr>> {
    let (source, to) = (kind(inner, schema)?, Kind::of(wanted));
    let refused = || {
        let message = format!("cannot cast type {} to {}", bare(from), bare(wanted));
        external(Error::new(SqlState::CANNOT_COERCE, message))
    };
    if matches!(inner, Expr::Literal(value, _) if value.is_null()) {
        return Ok(None);
    }
    let is_text = wanted.is_string();
    match source {
        Some(source) if source.is_temporal() && is_text => {
            let text = call("__moment_text", vec![inner.clone()])?;
            return Ok(Some(match wanted {
                SqlType::Text => text,
                _ => expression_meaning(super::meaning::cast(text, wanted), schema)?.data,
            }));
        }
        Some(source) if source == to && source.is_temporal() => return Ok(None),
        Some(source) if source.is_temporal() && !to.is_temporal() => return Err(refused()),
        _ => {}
    }
    let Some((name, takes)) = cast_to(to, source) else { return Ok(None) };
    match takes {
        true => call(name, vec![inner.clone()]).map(Some),
        false => Err(refused()),
    }
}

/// All of this area's planners.
pub(super) fn planner() -> Arc<dyn ExprPlanner> {
    Arc::new(Temporal)
}
