//! Arithmetic of doubles, which fails rather than give infinity or lose a value to zero; numerics as the nearest double.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Datum, Float32Array, Float64Array};
use arrow::compute::cast;
use arrow::compute::kernels::numeric::{add, div, mul, sub};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type};
use arrow::error::ArrowError;
use datafusion::common::Result;

use super::given::{Arguments, refuse};
use super::tables::{Row, run};
use crate::error::SqlState;
use crate::functions::special;

pub(super) fn rows() -> Vec<Row> {
    let all: [(&'static str, super::call::Run); 4] = [
        ("__float_plus", |a| made(a, add, false, false)),
        ("__float_minus", |a| made(a, sub, false, false)),
        ("__float_times", |a| made(a, mul, true, false)),
        ("__float_over", |a| made(a, div, true, true)),
    ];
    let pairs = [
        ("float4,float4", "float4"),
        ("float8,float8", "float8"),
        ("float4,float8", "float8"),
        ("float8,float4", "float8"),
    ];
    let arithmetic = all
        .into_iter()
        .flat_map(|(name, body)| pairs.map(|(takes, gives)| run(name, takes, gives, body)));
    let nearest = [
        run("__double", "numeric", "float8", |a| Ok(Arc::new(doubles(&a.arrays[0])?))),
        run("__real", "numeric", "float4", |a| Ok(Arc::new(reals(&a.arrays[0])?))),
    ];
    arithmetic.chain(nearest).collect()
}

/// The powers of ten that are doubles as they are, and the whole numbers.
const POWERS_EXACT: u8 = 22;
const WHOLE_EXACT: u64 = 1 << 53;

/// The double nearest to each: by one division of what has no error itself, else by its digits.
pub(crate) fn doubles(numerics: &ArrayRef) -> Result<Float64Array> {
    if let DataType::Decimal128(_, scale) = numerics.data_type()
        && let Ok(scale) = u8::try_from(*scale)
        && scale <= POWERS_EXACT
    {
        let power = 10f64.powi(i32::from(scale));
        let exact = |v: i128| v.unsigned_abs() <= u128::from(WHOLE_EXACT);
        let nearest = |v: i128| match exact(v) {
            true => v as f64 / power,
            false => by_digits(&format!("{v}e-{scale}")),
        };
        let values = numerics.as_primitive::<Decimal128Type>().iter();
        return Ok(values.map(|v| v.map(nearest)).collect());
    }
    let texts = special::texts(numerics)?;
    Ok(texts.as_string_view().iter().map(|text| text.map(by_digits)).collect())
}

pub(crate) fn reals(numerics: &ArrayRef) -> Result<Float32Array> {
    let texts = special::texts(numerics)?;
    let real = |text: &str| text.parse::<f32>().unwrap_or(f32::NAN);
    let made: Float32Array = texts.as_string_view().iter().map(|text| text.map(real)).collect();
    let finite = |row: usize| special::at(numerics, row).is_none();
    if let Some(row) = (0..made.len())
        .find(|row| made.is_valid(*row) && made.value(*row).is_infinite() && finite(*row))
    {
        let text = texts.as_string_view().value(row);
        return refuse(
            SqlState::NUMERIC_OUT_OF_RANGE,
            format!("\"{text}\" is out of range for type real"),
        );
    }
    Ok(made)
}

fn by_digits(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

type Kernel = fn(&dyn Datum, &dyn Datum) -> Result<ArrayRef, ArrowError>;

fn made(a: &Arguments, kernel: Kernel, vanishes: bool, divides: bool) -> Result<ArrayRef> {
    let wide = |array: &ArrayRef| -> Result<ArrayRef> { Ok(cast(array, &DataType::Float64)?) };
    let found = match a.arrays[0].data_type() == a.arrays[1].data_type() {
        true => kernel(&a.arrays[0], &a.arrays[1])?,
        false => kernel(&wide(&a.arrays[0])?, &wide(&a.arrays[1])?)?,
    };
    let (left, right, result) = (wide(&a.arrays[0])?, wide(&a.arrays[1])?, wide(&found)?);
    let [left, right, result] = [&left, &right, &result].map(|x| x.as_primitive::<Float64Type>());
    let suspicious = |v: f64| v.is_infinite() || v.is_nan() || (vanishes && v == 0.0);
    for row in 0..a.rows {
        let value = result.value(row);
        if !suspicious(value) || result.is_null(row) {
            continue;
        }
        let (x, y) = (left.value(row), right.value(row));
        if divides && y == 0.0 && !x.is_nan() {
            return refuse(SqlState::DIVISION_BY_ZERO, "division by zero");
        }
        if value.is_infinite() && x.is_finite() && y.is_finite() {
            return refuse(SqlState::NUMERIC_OUT_OF_RANGE, "value out of range: overflow");
        }
        let lost = value == 0.0 && x != 0.0 && (divides && y.is_finite() || !divides && y != 0.0);
        if lost && vanishes {
            return refuse(SqlState::NUMERIC_OUT_OF_RANGE, "value out of range: underflow");
        }
    }
    Ok(found)
}
