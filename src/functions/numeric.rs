//! Division as PostgreSQL's numeric does them (`numeric.c`), without a way through doubles.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, i256};
use datafusion::common::{Result, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::error::{Error, SqlState};
use crate::functions::naming;

/// Digits behind the point that a quotient has at least (`NUMERIC_MIN_SIG_DIGITS`). PostgreSQL gives fewer to
/// large quotients; a column of Arrow has one scale for all.
const QUOTIENT_SCALE: i8 = 16;
const PRECISION: u8 = 38;

static FUNCTIONS: LazyLock<Vec<Arc<ScalarUDF>>> =
    LazyLock::new(|| vec![Arc::new(ScalarUDF::from(NumericDivide { signature: any(2) }))]);

pub(super) fn function(name: &str) -> Option<Arc<ScalarUDF>> {
    FUNCTIONS.iter().find(|f| f.name() == name).map(Arc::clone)
}

fn any(arguments: usize) -> Signature {
    Signature::any(arguments, Volatility::Immutable)
}

fn fail(e: Error) -> DataFusionError {
    DataFusionError::External(Box::new(e))
}

fn by_zero() -> DataFusionError {
    fail(Error::new(SqlState::DIVISION_BY_ZERO, "division by zero"))
}

fn overflow() -> DataFusionError {
    fail(Error::new(SqlState::NUMERIC_OUT_OF_RANGE, "value overflows numeric format"))
}

/// Scale of a type as a numeric; integers have none.
fn scale(data_type: &DataType) -> i8 {
    match data_type {
        DataType::Decimal32(_, s)
        | DataType::Decimal64(_, s)
        | DataType::Decimal128(_, s)
        | DataType::Decimal256(_, s) => *s,
        _ => 0,
    }
}

fn as_decimal(value: &ColumnarValue, rows: usize) -> Result<ArrayRef> {
    let array = value.to_array(rows)?;
    let wanted = DataType::Decimal128(PRECISION, scale(array.data_type()));
    Ok(if *array.data_type() == wanted { array } else { cast(&array, &wanted)? })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct NumericDivide {
    signature: Signature,
}

impl ScalarUDFImpl for NumericDivide {
    fn name(&self) -> &str {
        "__numeric_divide"
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        naming::of_call(self.name(), args)
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        let widest = types.iter().map(scale).max().unwrap_or(0);
        Ok(DataType::Decimal128(PRECISION, widest.max(QUOTIENT_SCALE)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let scalars = args.args.iter().all(|a| matches!(a, ColumnarValue::Scalar(_)));
        let rows = if scalars { 1 } else { args.number_rows };
        let (left, right) = (as_decimal(&args.args[0], rows)?, as_decimal(&args.args[1], rows)?);
        let out = scale(args.return_type());
        // left/10^a / (right/10^b) at scale s is left * 10^(s - a + b) / right.
        let shift = i32::from(out) - i32::from(scale(left.data_type()))
            + i32::from(scale(right.data_type()));
        let factor =
            (0..shift.max(0)).try_fold(i256::ONE, |f, _| f.checked_mul(i256::from_i128(10)));
        let factor = factor.ok_or_else(overflow)?;
        let (l, r) =
            (left.as_primitive::<Decimal128Type>(), right.as_primitive::<Decimal128Type>());
        let values = (0..rows)
            .map(|i| match l.is_null(i) || r.is_null(i) {
                true => Ok(None),
                false => quotient(l.value(i), r.value(i), factor).map(Some),
            })
            .collect::<Result<Vec<_>>>()?;
        let array = Decimal128Array::from(values).with_precision_and_scale(PRECISION, out)?;
        match scalars {
            true => Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?)),
            false => Ok(ColumnarValue::Array(Arc::new(array))),
        }
    }
}

/// Rounded half away from zero, as numeric rounds.
fn quotient(left: i128, right: i128, factor: i256) -> Result<i128> {
    if right == 0 {
        return Err(by_zero());
    }
    // Most quotients fit the fast path.
    if let (Some(factor), true) = (factor.to_i128(), true)
        && let Some(scaled) = left.checked_mul(factor)
    {
        let (q, rest) = (scaled / right, scaled % right);
        let up = rest.unsigned_abs() >= right.unsigned_abs() - rest.unsigned_abs();
        let away = if (left < 0) == (right < 0) { 1 } else { -1 };
        return Ok(if up && rest != 0 { q + away } else { q });
    }
    let scaled = i256::from_i128(left).checked_mul(factor).ok_or_else(overflow)?;
    let divisor = i256::from_i128(right);
    let q = scaled.checked_div(divisor).ok_or_else(overflow)?;
    let rest = scaled.checked_rem(divisor).ok_or_else(overflow)?;
    let twice = rest.wrapping_abs().wrapping_mul(i256::from_i128(2));
    let away = if (left < 0) == (right < 0) { i256::ONE } else { i256::MINUS_ONE };
    let rounded = if twice >= divisor.wrapping_abs() && rest != i256::ZERO {
        q.wrapping_add(away)
    } else {
        q
    };
    rounded.to_i128().ok_or_else(overflow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotients_round_half_away_from_zero() {
        let ten = i256::from_i128(10);
        assert_eq!(quotient(1, 3, ten).unwrap(), 3);
        assert_eq!(quotient(2, 3, ten).unwrap(), 7);
        assert_eq!(quotient(-1, 4, ten).unwrap(), -3);
        assert_eq!(quotient(1, -4, ten).unwrap(), -3);
        assert!(quotient(1, 0, ten).is_err());
        let wide = i256::from_i128(10i128.pow(30));
        assert_eq!(quotient(10i128.pow(20), 10i128.pow(30), wide).unwrap(), 10i128.pow(20));
    }
}
