//! Operators, where the types on both sides are known: arithmetic, signs and comparisons.

use arrow::datatypes::DataType;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, Result as DfResult, ScalarValue};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, Operator};

use super::meaning::{cast, expression_meaning, external, require_boolean};
use super::{calls, doubles, guards, specials, temporal};
use crate::catalog::types::SqlType;
use crate::error::{Error, SqlState};
use crate::functions;

pub(super) fn binary_meaning(
    mut binary: BinaryExpr,
    schema: &DFSchema,
) -> DfResult<Transformed<Expr>> {
    if doubles::compares(binary.op)
        && doubles::level([&mut *binary.left, &mut *binary.right], schema)?
    {
        return Ok(Transformed::yes(Expr::BinaryExpr(binary)));
    }
    if let Some(compared) = temporal::distinct(&binary, schema)? {
        return Ok(Transformed::yes(compared));
    }
    let (Ok(left), Ok(right)) = (binary.left.get_type(schema), binary.right.get_type(schema))
    else {
        return Ok(Transformed::no(Expr::BinaryExpr(binary)));
    };
    if let Operator::And | Operator::Or = binary.op {
        let of = binary.op.to_string();
        require_boolean(&binary.left, &of, schema)?;
        require_boolean(&binary.right, &of, schema)?;
        return Ok(guards::guarded(binary));
    }
    if binary.op == Operator::Modulo && (left.is_floating() || right.is_floating()) {
        let of = |e: &Expr| -> DfResult<SqlType> { Ok(SqlType::of(&e.to_field(schema)?.1)) };
        let (left, right) = (of(&binary.left)?, of(&binary.right)?);
        return Err(external(calls::incomparable(&left, &right, "%")));
    }
    if let Some(name) = checked(binary.op, &left, &right) {
        let function =
            functions::scalar(name).ok_or_else(|| external(Error::internal("no arithmetic")))?;
        let arguments = vec![*binary.left, *binary.right];
        let call = ScalarFunction::new_udf(function, arguments);
        return calls::call_meaning(call, schema).map(Transformed::yes);
    }
    if let Some(name) = specials::operator(binary.op, &left, &right) {
        let BinaryExpr { left, right, .. } = binary;
        return calls::of_ours(name, vec![*left, *right], schema).map(Transformed::yes);
    }
    if let (Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq, DataType::List(_)) =
        (binary.op, &left)
        && left == right
    {
        let BinaryExpr { left, op, right } = binary;
        let order = calls::of_ours("__array_order", vec![*left, *right], schema)?;
        let zero = Box::new(datafusion::logical_expr::lit(0i32));
        return Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr::new(Box::new(order), op, zero))));
    }
    let decimal = |t: &DataType| matches!(t, DataType::Decimal128(..) | DataType::Decimal256(..));
    let exact = |t: &DataType| decimal(t) || t.is_integer();
    match binary.op {
        Operator::Divide
            if (decimal(&left) || decimal(&right))
                && exact(&left)
                && exact(&right)
                && (is_wide(&left) || is_wide(&right) || of_constants(&binary)) =>
        {
            let BinaryExpr { left, right, .. } = binary;
            calls::of_ours("__quotient", vec![*left, *right], schema).map(Transformed::yes)
        }
        // A quotient of numerics has at least 16 digits behind the point, not four more than its parts.
        Operator::Divide
            if (decimal(&left) || decimal(&right)) && exact(&left) && exact(&right) =>
        {
            let BinaryExpr { left, right, .. } = binary;
            Ok(Transformed::yes(divide(*left, *right)))
        }
        Operator::Eq
        | Operator::NotEq
        | Operator::Lt
        | Operator::LtEq
        | Operator::Gt
        | Operator::GtEq => match (&left, &right) {
            (DataType::Float64, right) if right.is_decimal() => {
                let BinaryExpr { left, op, right } = binary;
                let right = Box::new(nearest_double(*right, schema)?);
                Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr { left, op, right })))
            }
            (left, DataType::Float64) if left.is_decimal() => {
                let BinaryExpr { left, op, right } = binary;
                let left = Box::new(nearest_double(*left, schema)?);
                Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr { left, op, right })))
            }
            _ => compare(binary, &left, &right, schema),
        },
        _ => Ok(Transformed::no(Expr::BinaryExpr(binary))),
    }
}

/// A quotient of numerics of very many digits is reckoned with all of them.
fn is_wide(t: &DataType) -> bool {
    matches!(t, DataType::Decimal256(..))
}

fn of_constants(binary: &BinaryExpr) -> bool {
    [&binary.left, &binary.right].into_iter().all(|e| functions::literal_of(e).is_some())
}

fn nearest_double(e: Expr, schema: &DFSchema) -> DfResult<Expr> {
    Ok(expression_meaning(cast(e, &SqlType::Float8), schema)?.data)
}

/// Numbers do not wrap around: the function that says so.
fn checked(op: Operator, left: &DataType, right: &DataType) -> Option<&'static str> {
    let number = |t: &DataType| t.is_integer() || t.is_floating() || t.is_decimal();
    if (left.is_floating() || right.is_floating()) && number(left) && number(right) {
        // Doubles fail rather than become infinite.
        return match op {
            Operator::Plus => Some("__float_plus"),
            Operator::Minus => Some("__float_minus"),
            Operator::Multiply => Some("__float_times"),
            Operator::Divide => Some("__float_over"),
            _ => None,
        };
    }
    if !(left.is_signed_integer() && right.is_signed_integer()) {
        return None;
    }
    match op {
        Operator::Modulo => Some("__int_modulo"),
        Operator::Plus => Some("__int_plus"),
        Operator::Minus => Some("__int_minus"),
        Operator::Multiply => Some("__int_times"),
        Operator::Divide => Some("__int_divide"),
        _ => None,
    }
}

/// The least of all whole numbers has no opposite.
pub(super) fn negative_meaning(inner: Expr, schema: &DFSchema) -> DfResult<Transformed<Expr>> {
    if let Some(negative) = specials::negative(&inner, schema)? {
        return Ok(Transformed::yes(negative));
    }
    let zero = match inner.get_type(schema) {
        Ok(DataType::Int16) => ScalarValue::Int16(Some(0)),
        Ok(DataType::Int32) => ScalarValue::Int32(Some(0)),
        Ok(DataType::Int64) => ScalarValue::Int64(Some(0)),
        _ => return Ok(Transformed::no(Expr::Negative(Box::new(inner)))),
    };
    let function = functions::scalar("__int_minus")
        .ok_or_else(|| external(Error::internal("no arithmetic")))?;
    let call = ScalarFunction::new_udf(function, vec![Expr::Literal(zero, None), inner]);
    Ok(Transformed::yes(Expr::ScalarFunction(call)))
}

pub(super) fn divide(left: Expr, right: Expr) -> Expr {
    match functions::scalar("__numeric_divide") {
        Some(function) => {
            Expr::ScalarFunction(ScalarFunction::new_udf(function, vec![left, right]))
        }
        None => left / right,
    }
}

/// `integer = text` has no operator, and what is `char(n)` is compared without its blanks. A literal in quotes takes
/// the other side's type.
fn compare(
    binary: BinaryExpr,
    left: &DataType,
    right: &DataType,
    schema: &DFSchema,
) -> DfResult<Transformed<Expr>> {
    let text =
        |t: &DataType| matches!(t, DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8);
    let other = match (text(left), text(right)) {
        (true, false) => right,
        (false, true) => left,
        _ => return Ok(Transformed::no(Expr::BinaryExpr(binary))),
    };
    if matches!(other, DataType::Null) || matches!(other, DataType::Dictionary(..)) {
        return Ok(Transformed::no(Expr::BinaryExpr(binary)));
    }
    let BinaryExpr { left: l, op, right: r } = binary;
    let typed_like = |text: Expr, model: &Expr| -> DfResult<Expr> {
        let (_, field) = model.to_field(schema)?;
        let cast_to = SqlType::of(&field);
        let e = cast(text, &cast_to);
        Ok(expression_meaning(e, schema)?.data)
    };
    let is_unknown = |e: &Expr| matches!(e, Expr::Literal(..) | Expr::Placeholder(_));
    match (text(left), is_unknown(&l), is_unknown(&r)) {
        (true, true, _) => {
            let l = typed_like(*l, &r)?;
            Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr::new(Box::new(l), op, r))))
        }
        (false, _, true) => {
            let r = typed_like(*r, &l)?;
            Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr::new(l, op, Box::new(r)))))
        }
        _ => {
            let name = |e: &Expr| -> DfResult<SqlType> { Ok(SqlType::of(&e.to_field(schema)?.1)) };
            Err(external(
                Error::new(
                    SqlState::UNDEFINED_FUNCTION,
                    format!("operator does not exist: {} {op} {}", name(&l)?, name(&r)?),
                )
                .hint("No operator matches the given name and argument types. You might need to add explicit type casts."),
            ))
        }
    }
}
