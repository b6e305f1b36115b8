//! Casts of numerics that may be NaN or infinite, and of what meets them: Arrow's own would scale a special, or read it
//! as a number of very many digits.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, ListArray};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DECIMAL256_MAX_PRECISION, DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};

use super::calls::floats;
use super::calls::given::fail;
use super::calls::inputs::of_numeric;
use super::calls::numerics::{Number, filled, numbers, ten};
use super::calls::specials::refused;
use super::special::{self, Special};
use crate::catalog::types::SqlType;
use crate::error::{Error, SqlState};

const NAME: &str = "__numeric_as";

/// A value as this type. A declared precision and scale are those of `numeric(p,s)`, to which NaN may be cast and an
/// infinity may not.
pub fn recast(value: Expr, to: DataType, declared: Option<(u8, i8)>) -> Expr {
    let signature = Signature::any(1, Volatility::Immutable);
    let function = Recast { to, declared, stored: false, signature };
    Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(ScalarUDF::from(function)), vec![value]))
}

/// A value as it is put into a column of numerics: none is NaN or infinite there.
pub fn stored(value: Expr, to: DataType, declared: Option<(u8, i8)>) -> Expr {
    let signature = Signature::any(1, Volatility::Immutable);
    let function = Recast { to, declared, stored: true, signature };
    Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(ScalarUDF::from(function)), vec![value]))
}

pub fn is_recast(function: &ScalarUDF) -> bool {
    function.name() == NAME
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Recast {
    to: DataType,
    declared: Option<(u8, i8)>,
    stored: bool,
    signature: Signature,
}

impl ScalarUDFImpl for Recast {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.to.clone())
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let nullable = args.arg_fields.iter().any(|field| field.is_nullable());
        Ok(Arc::new(Field::new(NAME, self.to.clone(), nullable)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Ok(match &args.args[0] {
            ColumnarValue::Array(array) => ColumnarValue::Array(self.cast(array, &self.to)?),
            ColumnarValue::Scalar(value) => {
                let made = self.cast(&value.to_array()?, &self.to)?;
                ColumnarValue::Scalar(match made.as_list_opt::<i32>() {
                    Some(list) => ScalarValue::List(Arc::new(list.clone())),
                    None => ScalarValue::try_from_array(&made, 0)?,
                })
            }
        })
    }
}

impl Recast {
    fn cast(&self, array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
        let from = array.data_type();
        let may_be_special = special::carries_within(from);
        let looks = if self.stored { may_be_special } else { self.declared.is_some() };
        if from == to && !looks {
            return Ok(Arc::clone(array));
        }
        if let (DataType::List(_), DataType::List(item)) = (from, to) {
            return self.list(array.as_list(), item);
        }
        if !may_be_special && !looks {
            return natively(array, to);
        }
        match to {
            DataType::Utf8View => special::texts(array),
            DataType::Utf8 | DataType::LargeUtf8 => natively(&special::texts(array)?, to),
            DataType::Float64 => Ok(Arc::new(floats::doubles(array)?)),
            DataType::Float32 => Ok(Arc::new(floats::reals(array)?)),
            to if to.is_decimal() => self.decimal(array, to),
            to if to.is_signed_integer() => of_numeric(array, to),
            // No numeric is a truth value, but one that is NULL.
            DataType::Boolean if array.null_count() == array.len() => {
                Ok(Arc::new(BooleanArray::new_null(array.len())))
            }
            other => {
                let what = format!("a cast from numeric to {}", SqlType::from_arrow(other));
                Err(fail(Error::unsupported(what)))
            }
        }
    }

    fn list(&self, lists: &ListArray, item: &Arc<Field>) -> Result<ArrayRef> {
        let values = self.cast(lists.values(), item.data_type())?;
        let (offsets, nulls) = (lists.offsets().clone(), lists.nulls().cloned());
        Ok(Arc::new(ListArray::try_new(Arc::clone(item), offsets, values, nulls)?))
    }

    fn decimal(&self, array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
        let values = numbers(array)?;
        let limit = self
            .declared
            .map(|(precision, scale)| (ten(i32::from(precision)), i32::from(scale), precision));
        let made = values.into_iter().map(|value| match (value, &limit) {
            (Some(Number::Special(special)), limit) => {
                let declared = limit.as_ref().map(|(_, scale, precision)| (*precision, *scale));
                let infinite = special != Special::NaN;
                match declared {
                    Some((precision, scale)) if infinite => Err(no_infinity(precision, scale)),
                    _ if special::carries(to) && !self.stored => Ok(Some(Number::Special(special))),
                    _ => Err(refused(special, "in a column")),
                }
            }
            (Some(Number::Finite(x)), Some((limit, scale, precision))) => {
                let x = x.rounded(*scale);
                match x.at(*scale).digits.magnitude() < limit.magnitude() {
                    true => Ok(Some(Number::Finite(x))),
                    false => Err(too_long(*precision, *scale)),
                }
            }
            (value, _) => Ok(value),
        });
        filled(made.collect::<Result<Vec<_>>>()?, to)
    }
}

fn natively(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    let exact = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(array, to, &exact).map_err(|e| match to {
        DataType::Decimal256(DECIMAL256_MAX_PRECISION, _) => {
            fail(Error::new(SqlState::NUMERIC_OUT_OF_RANGE, "value overflows numeric format"))
        }
        _ => e.into(),
    })
}

fn field_overflow(detail: String) -> datafusion::error::DataFusionError {
    let message = "numeric field overflow";
    fail(Error::new(SqlState::NUMERIC_OUT_OF_RANGE, message).detail(detail))
}

fn no_infinity(precision: u8, scale: i32) -> datafusion::error::DataFusionError {
    field_overflow(format!(
        "A field with precision {precision}, scale {scale} cannot hold an infinite value."
    ))
}

fn too_long(precision: u8, scale: i32) -> datafusion::error::DataFusionError {
    let whole = i32::from(precision) - scale;
    let most = if whole == 0 { "1".to_owned() } else { format!("10^{whole}") };
    field_overflow(format!(
        "A field with precision {precision}, scale {scale} must round to an absolute value less than {most}."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Decimal128Array, Decimal256Array};
    use arrow::datatypes::{Decimal256Type, i256};

    fn carried(values: &[Option<i256>], scale: i8) -> ArrayRef {
        let values: Decimal256Array = values.iter().copied().collect();
        Arc::new(values.with_data_type(special::carrier(scale)))
    }

    fn to(to: DataType, declared: Option<(u8, i8)>) -> Recast {
        let signature = Signature::any(1, Volatility::Immutable);
        Recast { to, declared, stored: false, signature }
    }

    #[test]
    fn no_special_is_scaled() {
        let all = Special::ALL.map(|s| Some(s.code()));
        for (from, wanted) in [(0, 16), (16, 0), (2, 2), (76, 0), (0, 76)] {
            let made = to(special::carrier(wanted), None);
            let made = made.cast(&carried(&all, from), &special::carrier(wanted)).unwrap();
            let made: Vec<_> = made.as_primitive::<Decimal256Type>().iter().collect();
            assert_eq!(made, all);
        }
    }

    #[test]
    fn finite_ones_round_half_away_from_zero() {
        let values = [Some(i256::from_i128(150)), Some(i256::from_i128(-250)), None];
        let made = to(special::carrier(0), None);
        let made = made.cast(&carried(&values, 2), &special::carrier(0)).unwrap();
        let made: Vec<_> = made.as_primitive::<Decimal256Type>().iter().collect();
        assert_eq!(made, [Some(i256::from_i128(2)), Some(i256::from_i128(-3)), None]);
    }

    #[test]
    fn ordinary_ones_become_carried_exactly() {
        let most = 10i128.pow(38) - 1;
        let values = Decimal128Array::from(vec![most, -most]);
        let values: ArrayRef = Arc::new(values.with_precision_and_scale(38, 10).unwrap());
        let made = to(special::carrier(12), None);
        let made = made.cast(&values, &special::carrier(12)).unwrap();
        let hundredfold = i256::from_i128(most).wrapping_mul(i256::from_i128(100));
        assert_eq!(made.as_primitive::<Decimal256Type>().value(0), hundredfold);
        assert_eq!(special::at(&made, 1), None);
    }

    #[test]
    fn a_declared_length_takes_nan_alone() {
        let carried = |special: Special| carried(&[Some(special.code())], 0);
        let made = to(special::carrier(2), Some((10, 2)));
        assert!(made.cast(&carried(Special::NaN), &special::carrier(2)).is_ok());
        assert!(made.cast(&carried(Special::Infinity), &special::carrier(2)).is_err());
        let stored = DataType::Decimal128(10, 2);
        for special in Special::ALL {
            assert!(to(stored.clone(), None).cast(&carried(special), &stored).is_err());
        }
        let doubles = to(DataType::Float64, None);
        let doubles = doubles.cast(&carried(Special::NegativeInfinity), &DataType::Float64);
        let doubles = doubles.unwrap();
        let doubles = doubles.as_primitive::<arrow::datatypes::Float64Type>();
        assert_eq!(doubles.value(0), f64::NEG_INFINITY);
    }
}
