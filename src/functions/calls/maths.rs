//! Functions of doubles, which fail where PostgreSQL's fail: outside of their domain, and rather than give infinity.

use std::sync::Arc;

use arrow::array::{ArrayRef, NullArray};
use datafusion::common::Result;

use super::given::{Arguments, invalid, refuse};
use super::tables::{Row, run};
use super::trig;
use crate::error::SqlState;

pub(super) fn rows() -> Vec<Row> {
    let mut rows = vec![
        run("abs", "float4", "float4", |a| of_real(a, f64::abs)),
        run("abs", "float8", "float8", |a| of(a, |x| Ok(x.abs()))),
        run("__abs", "float4", "float4", |a| of_real(a, f64::abs)),
        run("__abs", "float8", "float8", |a| of(a, |x| Ok(x.abs()))),
        run("sign", "float8", "float8", |a| {
            of(a, |x| Ok(if x == 0.0 || x.is_nan() { x } else { x.signum() }))
        }),
        run("ceil", "float8", "float8", |a| of(a, |x| Ok(x.ceil()))),
        run("ceiling", "float8", "float8", |a| of(a, |x| Ok(x.ceil()))),
        run("floor", "float8", "float8", |a| of(a, |x| Ok(x.floor()))),
        run("round", "float8", "float8", |a| of(a, |x| Ok(x.round_ties_even()))),
        run("trunc", "float8", "float8", |a| of(a, |x| Ok(x.trunc()))),
        run("sqrt", "float8", "float8", |a| of(a, root)),
        run("__sqrt", "float8", "float8", |a| of(a, root)),
        run("cbrt", "float8", "float8", |a| of(a, |x| Ok(x.cbrt()))),
        run("__cbrt", "float8", "float8", |a| of(a, |x| Ok(x.cbrt()))),
        run("exp", "float8", "float8", |a| {
            of(a, |x| within(x.exp(), x.is_finite(), x.is_finite()))
        }),
        run("ln", "float8", "float8", |a| of(a, |x| positive(x).map(f64::ln))),
        run("log", "float8", "float8", |a| of(a, |x| positive(x).map(f64::log10))),
        run("log10", "float8", "float8", |a| of(a, |x| positive(x).map(f64::log10))),
        run("degrees", "float8", "float8", |a| of(a, |x| Ok(x / (std::f64::consts::PI / 180.0)))),
        run("radians", "float8", "float8", |a| of(a, |x| Ok(x * (std::f64::consts::PI / 180.0)))),
        run("pi", "", "float8", |a| a.doubles(|_| Ok(Some(std::f64::consts::PI)))),
        run("random", "", "float8", |a| a.doubles(|_| Ok(Some(rand::random::<f64>())))),
        run("setseed", "float8", "void", |a| {
            for x in a.double(0).iter().flatten() {
                if !(-1.0..=1.0).contains(&x) {
                    return invalid(format!(
                        "setseed parameter {x} is out of allowed range [-1,1]"
                    ));
                }
            }
            Ok(Arc::new(NullArray::new(a.rows)))
        }),
        run("sin", "float8", "float8", |a| of(a, |x| finite(x).map(f64::sin))),
        run("cos", "float8", "float8", |a| of(a, |x| finite(x).map(f64::cos))),
        run("tan", "float8", "float8", |a| of(a, |x| finite(x).map(f64::tan))),
        run("cot", "float8", "float8", |a| of(a, |x| finite(x).map(|x| 1.0 / x.tan()))),
        run("asin", "float8", "float8", |a| of(a, |x| unit(x).map(f64::asin))),
        run("acos", "float8", "float8", |a| of(a, |x| unit(x).map(f64::acos))),
        run("atan", "float8", "float8", |a| of(a, |x| Ok(x.atan()))),
        run("sinh", "float8", "float8", |a| of(a, |x| Ok(x.sinh()))),
        run("cosh", "float8", "float8", |a| of(a, |x| Ok(x.cosh()))),
        run("tanh", "float8", "float8", |a| of(a, |x| Ok(x.tanh()))),
        run("asinh", "float8", "float8", |a| of(a, |x| Ok(x.asinh()))),
        run("acosh", "float8", "float8", |a| {
            of(a, |x| if x < 1.0 { outside() } else { Ok(x.acosh()) })
        }),
        run("atanh", "float8", "float8", |a| of(a, |x| unit(x).map(f64::atanh))),
        run("sind", "float8", "float8", |a| of(a, |x| finite(x).map(trig::sind))),
        run("cosd", "float8", "float8", |a| of(a, |x| finite(x).map(trig::cosd))),
        run("tand", "float8", "float8", |a| of(a, |x| finite(x).map(trig::tand))),
        run("cotd", "float8", "float8", |a| of(a, |x| finite(x).map(trig::cotd))),
        run("asind", "float8", "float8", |a| of(a, |x| unit(x).map(trig::asind))),
        run("acosd", "float8", "float8", |a| of(a, |x| unit(x).map(trig::acosd))),
        run("atand", "float8", "float8", |a| of(a, |x| Ok(trig::atand(x)))),
        run("atan2", "float8,float8", "float8", |a| of_two(a, |y, x| Ok(y.atan2(x)))),
        run("atan2d", "float8,float8", "float8", |a| of_two(a, |y, x| Ok(trig::atan2d(y, x)))),
        run("width_bucket", "float8,float8,float8,int4", "int4", bucket),
    ];
    for name in ["power", "pow", "__power"] {
        rows.push(run(name, "float8,float8", "float8", |a| of_two(a, power)));
    }
    rows
}

fn of(a: &Arguments, make: impl Fn(f64) -> Result<f64>) -> Result<ArrayRef> {
    a.doubles(|r| make(a.double(0).value(r)).map(Some))
}

fn of_two(a: &Arguments, make: impl Fn(f64, f64) -> Result<f64>) -> Result<ArrayRef> {
    a.doubles(|r| make(a.double(0).value(r), a.double(1).value(r)).map(Some))
}

fn of_real(a: &Arguments, make: impl Fn(f64) -> f64) -> Result<ArrayRef> {
    let values = Arc::clone(&a.arrays[0]);
    let reals = arrow::array::AsArray::as_primitive::<arrow::datatypes::Float32Type>(&values);
    a.doubles(|r| Ok(Some(make(f64::from(reals.value(r))))))
}

fn out_of_range<T>(how: &str) -> Result<T> {
    refuse(SqlState::NUMERIC_OUT_OF_RANGE, format!("value out of range: {how}"))
}

/// Infinity comes from infinity only, and zero only where it may.
fn within(value: f64, no_infinity: bool, no_zero: bool) -> Result<f64> {
    match value {
        v if v.is_infinite() && no_infinity => out_of_range("overflow"),
        v if v == 0.0 && no_zero => out_of_range("underflow"),
        v => Ok(v),
    }
}

fn outside<T>() -> Result<T> {
    refuse(SqlState::NUMERIC_OUT_OF_RANGE, "input is out of range")
}

fn finite(x: f64) -> Result<f64> {
    if x.is_infinite() { outside() } else { Ok(x) }
}

fn unit(x: f64) -> Result<f64> {
    if (-1.0..=1.0).contains(&x) || x.is_nan() { Ok(x) } else { outside() }
}

fn root(x: f64) -> Result<f64> {
    match x < 0.0 {
        true => refuse(
            SqlState::INVALID_ARGUMENT_FOR_POWER,
            "cannot take square root of a negative number",
        ),
        false => Ok(x.sqrt()),
    }
}

fn positive(x: f64) -> Result<f64> {
    let state = SqlState::INVALID_ARGUMENT_FOR_LOG;
    match x {
        0.0 => refuse(state, "cannot take logarithm of zero"),
        x if x < 0.0 => refuse(state, "cannot take logarithm of a negative number"),
        x => Ok(x),
    }
}

fn power(x: f64, y: f64) -> Result<f64> {
    let state = SqlState::INVALID_ARGUMENT_FOR_POWER;
    if x == 0.0 && y < 0.0 {
        return refuse(state, "zero raised to a negative power is undefined");
    }
    if x < 0.0 && y.is_finite() && y.fract() != 0.0 {
        return refuse(
            state,
            "a negative number raised to a non-integer power yields a complex result",
        );
    }
    let plain = x.is_finite() && y.is_finite();
    within(x.powf(y), plain, plain && x != 0.0)
}

fn bucket(a: &Arguments) -> Result<ArrayRef> {
    a.ints(|r| {
        let [x, low, high] = [0, 1, 2].map(|i| a.double(i).value(r));
        let count = a.int(3).value(r);
        let state = SqlState::INVALID_ARGUMENT_FOR_WIDTH_BUCKET;
        if count <= 0 {
            return refuse(state, "count must be greater than zero");
        }
        if x.is_nan() || low.is_nan() || high.is_nan() {
            return refuse(state, "operand, lower bound, and upper bound cannot be NaN");
        }
        if low.is_infinite() || high.is_infinite() {
            return refuse(state, "lower and upper bounds must be finite");
        }
        if low == high {
            return refuse(state, "lower bound cannot equal upper bound");
        }
        let (x, low, high) = if low < high { (x, low, high) } else { (-x, -low, -high) };
        Ok(Some(match x {
            x if x < low => 0,
            x if x >= high => match count.checked_add(1) {
                Some(above) => above,
                None => return refuse(SqlState::NUMERIC_OUT_OF_RANGE, "integer out of range"),
            },
            x => ((x - low) / (high - low) * f64::from(count)) as i32 + 1,
        }))
    })
}
