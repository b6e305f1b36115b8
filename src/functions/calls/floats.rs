//! Arithmetic of doubles, which fails rather than give infinity or lose a value to zero.

use arrow::array::{Array, ArrayRef, AsArray, Datum};
use arrow::compute::cast;
use arrow::compute::kernels::numeric::{add, div, mul, sub};
use arrow::datatypes::{DataType, Float64Type};
use arrow::error::ArrowError;
use datafusion::common::Result;

use super::given::{Arguments, refuse};
use super::tables::{Row, run};
use crate::error::SqlState;

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
    all.into_iter()
        .flat_map(|(name, body)| pairs.map(|(takes, gives)| run(name, takes, gives, body)))
        .collect()
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
