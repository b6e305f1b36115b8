//! Operators as PostgreSQL resolves them, as soon as their sides are bound: a literal in quotes takes the other side's
//! type, and what has no operator is refused by the names of its types.
//!
//! Plain comparisons and arithmetic stay what DataFusion's optimizer knows. Those of dates, times and json are left to
//! others.

use std::sync::Arc;

use datafusion::common::{DFSchema, Result as DfResult};
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::expr::{Cast, ScalarFunction};
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};

use super::branches::is_unknown;
use super::common::{bare, field_of};
use super::meaning::external;
use crate::catalog::types::SqlType;
use crate::error::{Error, SqlState};
use crate::functions::{self, ambiguous_operator, no_operator};
use crate::parser::ast::BinaryOperator;

#[derive(Debug)]
struct Operators;

/// Asked before DataFusion's own. What needs types that are not known yet is done on the plan.
pub fn expr_planners() -> Vec<Arc<dyn ExprPlanner>> {
    let json = Arc::new(super::json::JsonOperators);
    vec![super::temporal::planner(), json, Arc::new(Operators)]
}

impl ExprPlanner for Operators {
    fn plan_binary_op(
        &self,
        mut expr: RawBinaryExpr,
        schema: &DFSchema,
    ) -> DfResult<PlannerResult<RawBinaryExpr>> {
        let left = given(&expr.left, schema)?;
        let right = given(&expr.right, schema)?;
        if let Some(function) = function_of(&expr.op, &left, &right) {
            return call(function, expr).map(PlannerResult::Planned);
        }
        use BinaryOperator::{
            And, Divide, Eq, Gt, GtEq, Lt, LtEq, Minus, Modulo, Multiply, NotEq, Or, Plus,
        };
        match expr.op {
            BinaryOperator::Custom(_) => missing(&expr, &left, &right),
            BinaryOperator::StringConcat => concatenated(expr, &left, &right),
            And | Or => {
                let sign = expr.op.to_string();
                expr.left = boolean(expr.left, &left, &sign)?;
                expr.right = boolean(expr.right, &right, &sign)?;
                Ok(PlannerResult::Original(expr))
            }
            Plus | Minus | Multiply | Divide | Modulo => {
                let is_number = |t: &Known| t.as_ref().is_some_and(SqlType::is_number);
                match (&left, &right) {
                    (Known::None, Known::None) => Err(external(ambiguous_operator(
                        &expr.op.to_string(),
                        &[name(&left), name(&right)],
                    ))),
                    (l, Known::None) if is_number(l) => with_right(expr, l),
                    (Known::None, r) if is_number(r) => with_left(expr, r),
                    (l, r) if is_number(l) && is_number(r) => Ok(PlannerResult::Original(expr)),
                    (l, r) if plain(l) && plain(r) => missing(&expr, l, r),
                    _ => Ok(PlannerResult::Original(expr)),
                }
            }
            Eq | NotEq | Lt | LtEq | Gt | GtEq => match (&left, &right) {
                (l, Known::None) if plain(l) && l.is_some() => with_right(expr, l),
                (Known::None, r) if plain(r) && r.is_some() => with_left(expr, r),
                (Some(l), Some(r)) if plain(&left) && plain(&right) && !comparable(l, r) => {
                    missing(&expr, &left, &right)
                }
                (Some(_), Some(_))
                    if (plain(&left) && temporal(&right)) || (temporal(&left) && plain(&right)) =>
                {
                    missing(&expr, &left, &right)
                }
                _ => Ok(PlannerResult::Original(expr)),
            },
            _ => Ok(PlannerResult::Original(expr)),
        }
    }
}

fn temporal(t: &Known) -> bool {
    use SqlType::{Date, Interval, Time, Timestamp, Timestamptz};
    matches!(t, Some(Date | Time | Timestamp | Timestamptz | Interval))
}

/// None for a literal in quotes, NULL, or a parameter of no type.
type Known = Option<SqlType>;

fn given(e: &Expr, schema: &DFSchema) -> DfResult<Known> {
    if is_unknown(e) {
        return Ok(None);
    }
    // A small whole number is an integer, though DataFusion has just read it as a bigint.
    if let Expr::Literal(datafusion::common::ScalarValue::Int64(Some(n)), _) = e
        && i32::try_from(*n).is_ok()
    {
        return Ok(Some(SqlType::Int4));
    }
    let field = field_of(e, schema)?;
    Ok((!field.data_type().is_null()).then(|| SqlType::of(&field)))
}

/// Types whose operators are decided here; a literal counts.
pub(super) fn plain(t: &Known) -> bool {
    use SqlType::{
        Array, Bool, Bpchar, Bytea, Date, Float4, Float8, Int2, Int4, Int8, Numeric, Text, Time,
        Timestamp, Timestamptz, Uuid, Varchar,
    };
    match t {
        None => true,
        Some(Array(element)) => plain(&Some((**element).clone())),
        Some(
            Bool | Int2 | Int4 | Int8 | Float4 | Float8 | Numeric(_) | Text | Varchar(_)
            | Bpchar(_) | Bytea | Uuid,
        ) => true,
        Some(Date | Time | Timestamp | Timestamptz) => false,
        Some(_) => false,
    }
}

fn is_text(t: &SqlType) -> bool {
    matches!(t, SqlType::Text | SqlType::Varchar(_) | SqlType::Bpchar(_))
}

pub(super) fn comparable(l: &SqlType, r: &SqlType) -> bool {
    match (l, r) {
        (SqlType::Array(l), SqlType::Array(r)) => l.oid() == r.oid() || is_text(l) && is_text(r),
        (l, r) => l.oid() == r.oid() || l.is_number() && r.is_number() || is_text(l) && is_text(r),
    }
}

pub(super) fn name(t: &Known) -> String {
    t.as_ref().map_or_else(|| "unknown".to_owned(), bare)
}

fn missing(
    expr: &RawBinaryExpr,
    left: &Known,
    right: &Known,
) -> DfResult<PlannerResult<RawBinaryExpr>> {
    let sign = expr.op.to_string();
    Err(external(no_operator(&sign, &[name(left), name(right)])))
}

fn with_right(mut expr: RawBinaryExpr, to: &Known) -> DfResult<PlannerResult<RawBinaryExpr>> {
    expr.right = typed(expr.right, to);
    Ok(PlannerResult::Original(expr))
}

fn with_left(mut expr: RawBinaryExpr, to: &Known) -> DfResult<PlannerResult<RawBinaryExpr>> {
    expr.left = typed(expr.left, to);
    Ok(PlannerResult::Original(expr))
}

/// A literal or a parameter in a type, without its length or digits.
pub(super) fn typed(e: Expr, to: &Known) -> Expr {
    let Some(to) = to else { return e };
    let to = match to {
        SqlType::Numeric(_) => SqlType::Numeric(None),
        SqlType::Varchar(_) => SqlType::Text,
        SqlType::Bpchar(_) => SqlType::Bpchar(None),
        other => other.clone(),
    };
    let is_null = matches!(&e, Expr::Literal(value, _) if value.is_null());
    match e {
        // Text is what it is already.
        e @ Expr::Literal(..) if to == SqlType::Text && !is_null => e,
        Expr::Placeholder(mut parameter) if parameter.field.is_none() => {
            parameter.field = Some(to.field("", true));
            Expr::Placeholder(parameter)
        }
        e => Expr::Cast(Cast::new_from_field(Box::new(e), to.field("", true))),
    }
}

fn boolean(e: Expr, found: &Known, of: &str) -> DfResult<Expr> {
    match found {
        None => Ok(typed(e, &Some(SqlType::Bool))),
        Some(SqlType::Bool) => Ok(e),
        Some(other) => Err(external(Error::new(
            SqlState::DATATYPE_MISMATCH,
            format!("argument of {of} must be type boolean, not type {}", bare(other)),
        ))),
    }
}

/// Operators that are functions of ours.
fn function_of(op: &BinaryOperator, left: &Known, right: &Known) -> Option<&'static str> {
    let array = |t: &Known| matches!(t, Some(SqlType::Array(_)));
    Some(match op {
        BinaryOperator::PGRegexMatch => "__matches",
        BinaryOperator::PGRegexNotMatch => "__matches_not",
        BinaryOperator::PGRegexIMatch => "__imatches",
        BinaryOperator::PGRegexNotIMatch => "__imatches_not",
        BinaryOperator::BitwiseAnd => "__bit_and",
        BinaryOperator::BitwiseOr => "__bit_or",
        BinaryOperator::PGBitwiseXor => "__bit_xor",
        BinaryOperator::PGBitwiseShiftLeft => "__shift_left",
        BinaryOperator::PGBitwiseShiftRight => "__shift_right",
        BinaryOperator::PGExp => "__power",
        BinaryOperator::PGStartsWith => "__starts",
        BinaryOperator::PGOverlap if array(left) || array(right) => "__overlaps",
        BinaryOperator::AtArrow if array(left) || array(right) => "__contains",
        BinaryOperator::ArrowAt if array(left) || array(right) => "__contained",
        _ => return None,
    })
}

fn call(function: &str, expr: RawBinaryExpr) -> DfResult<Expr> {
    let function =
        functions::scalar(function).ok_or_else(|| external(Error::internal("no operator")))?;
    Ok(Expr::ScalarFunction(ScalarFunction::new_udf(function, vec![expr.left, expr.right])))
}

/// Text and anything is text; arrays and bytes have their own.
fn concatenated(
    mut expr: RawBinaryExpr,
    left: &Known,
    right: &Known,
) -> DfResult<PlannerResult<RawBinaryExpr>> {
    use SqlType::{Array, Bytea, Json, Jsonb, Name};
    let special = |t: &Known| matches!(t, Some(Array(_) | Bytea | Json | Jsonb));
    let json = |t: &Known| matches!(t, Some(Json | Jsonb));
    let string = |t: &Known| t.as_ref().is_some_and(|t| is_text(t) || *t == Name);
    if json(left) || json(right) {
        return Ok(PlannerResult::Original(expr));
    }
    if !special(left) && !special(right) {
        match (left, right) {
            (l, r) if (string(l) || l.is_none()) && (string(r) || r.is_none()) => {}
            (l, Some(_)) if string(l) || l.is_none() => expr.right = as_text(expr.right),
            (Some(_), r) if string(r) || r.is_none() => expr.left = as_text(expr.left),
            (l, r) => return missing(&expr, l, r),
        }
    }
    call("__concat", expr).map(PlannerResult::Planned)
}

fn as_text(e: Expr) -> Expr {
    Expr::Cast(Cast::new_from_field(Box::new(e), SqlType::Text.field("", true)))
}
