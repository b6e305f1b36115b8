//! Operators on the bits of whole numbers, and the functions of whole numbers that can overflow.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::Result;

use super::given::{Arguments, fail, refuse};
use super::tables::{Row, run};
use crate::error::SqlState;
use crate::functions::integer::out_of_range;

pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let same = |rows: &mut Vec<Row>, name: &'static str, lists: [(&'static str, &str); 3], body| {
        rows.extend(lists.into_iter().map(|(takes, gives)| run(name, takes, gives, body)));
    };
    let two = [("int2,int2", "int2"), ("int4,int4", "int4"), ("int8,int8", "int8")];
    let by = [("int2,int4", "int2"), ("int4,int4", "int4"), ("int8,int4", "int8")];
    let one = [("int2", "int2"), ("int4", "int4"), ("int8", "int8")];
    same(&mut rows, "__bit_and", two, |a| pairs(a, |x, y| Ok(x & y)));
    same(&mut rows, "__bit_or", two, |a| pairs(a, |x, y| Ok(x | y)));
    same(&mut rows, "__bit_xor", two, |a| pairs(a, |x, y| Ok(x ^ y)));
    same(&mut rows, "__bit_not", one, |a| singles(a, |x| Some(!x)));
    same(&mut rows, "__shift_left", by, |a| shifted(a, true));
    same(&mut rows, "__shift_right", by, |a| shifted(a, false));
    same(&mut rows, "abs", one, |a| singles(a, i64::checked_abs));
    same(&mut rows, "__abs", one, |a| singles(a, i64::checked_abs));
    same(&mut rows, "mod", two, |a| pairs(a, remainder));
    same(&mut rows, "__int_modulo", two, |a| pairs(a, remainder));
    rows.push(run("int4inc", "int4", "int4", |a| singles(a, |x| x.checked_add(1))));
    for (takes, gives) in [("int4,int4", "int4"), ("int8,int8", "int8")] {
        rows.push(run("gcd", takes, gives, |a| {
            pairs_checked(a, |x, y| i64::try_from(gcd(x, y)).ok())
        }));
        rows.push(run("lcm", takes, gives, |a| pairs_checked(a, lcm)));
    }
    rows
}

fn longs(array: &ArrayRef) -> Result<Int64Array> {
    Ok(cast(array, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
}

/// Whether a value fits the type of the result.
fn fits(value: Option<i64>, to: &DataType) -> Result<i64> {
    let found = value.filter(|v| match to {
        DataType::Int16 => i16::try_from(*v).is_ok(),
        DataType::Int32 => i32::try_from(*v).is_ok(),
        _ => true,
    });
    found.ok_or_else(|| fail(out_of_range(to)))
}

fn singles(a: &Arguments, make: impl Fn(i64) -> Option<i64>) -> Result<ArrayRef> {
    let values = longs(&a.arrays[0])?;
    let made = values.iter().map(|v| v.map(|v| fits(make(v), &a.result)).transpose());
    Ok(Arc::new(made.collect::<Result<Int64Array>>()?))
}

fn pairs(a: &Arguments, make: impl Fn(i64, i64) -> Result<i64>) -> Result<ArrayRef> {
    let (left, right) = (longs(&a.arrays[0])?, longs(&a.arrays[1])?);
    let made = (0..a.rows).map(|r| match left.is_null(r) || right.is_null(r) {
        true => Ok(None),
        false => make(left.value(r), right.value(r)).map(Some),
    });
    Ok(Arc::new(made.collect::<Result<Int64Array>>()?))
}

fn pairs_checked(a: &Arguments, make: impl Fn(i64, i64) -> Option<i64>) -> Result<ArrayRef> {
    pairs(a, |x, y| fits(make(x, y), &a.result))
}

fn remainder(x: i64, y: i64) -> Result<i64> {
    match y {
        0 => refuse(SqlState::DIVISION_BY_ZERO, "division by zero"),
        y => Ok(x.wrapping_rem(y)),
    }
}

/// As the machine shifts: by the count within the width of the type.
fn shifted(a: &Arguments, left: bool) -> Result<ArrayRef> {
    pairs(a, |x, y| {
        let by = y as u32;
        Ok(match (&a.result, left) {
            (DataType::Int16, true) => i64::from((x as i32).wrapping_shl(by) as i16),
            (DataType::Int16, false) => i64::from((x as i32).wrapping_shr(by) as i16),
            (DataType::Int32, true) => i64::from((x as i32).wrapping_shl(by)),
            (DataType::Int32, false) => i64::from((x as i32).wrapping_shr(by)),
            (_, true) => x.wrapping_shl(by),
            (_, false) => x.wrapping_shr(by),
        })
    })
}

fn gcd(x: i64, y: i64) -> u64 {
    let (mut a, mut b) = (x.unsigned_abs(), y.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn lcm(x: i64, y: i64) -> Option<i64> {
    if x == 0 || y == 0 {
        return Some(0);
    }
    let by = (x.unsigned_abs() / gcd(x, y)).checked_mul(y.unsigned_abs())?;
    i64::try_from(by).ok()
}
