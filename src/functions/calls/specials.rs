//! What comes of numerics where one of them is NaN or infinite (`numeric.c`). What is asked of two is asked only where
//! at least one is.

use std::cmp::Ordering;

use datafusion::common::Result;
use datafusion::error::DataFusionError;
use num_bigint::BigInt;

use super::given::{fail, refuse};
use super::numerics::{Exact, Number, by_zero};
use crate::error::{Error, SqlState};
use crate::functions::special::Special::{self, Infinity, NaN, NegativeInfinity};

const UNKNOWN: Number = Number::Special(NaN);

fn zero() -> Number {
    Number::Finite(Exact::from(0))
}

fn one() -> Number {
    Number::Finite(Exact::from(1))
}

fn infinite(sign: i32) -> Number {
    Number::Special(if sign < 0 { NegativeInfinity } else { Infinity })
}

impl Number {
    fn is_nan(&self) -> bool {
        *self == UNKNOWN
    }

    fn infinity(&self) -> Option<Special> {
        match self {
            Number::Special(special) if *special != NaN => Some(*special),
            _ => None,
        }
    }

    fn sign(&self) -> i32 {
        match self {
            Number::Finite(x) => x.sign(),
            Number::Special(special) => special.sign(),
        }
    }

    fn is(&self, n: i64) -> bool {
        matches!(self, Number::Finite(x) if x.trimmed() == Exact::from(n))
    }
}

/// A special where a numeric has no room for one.
pub(crate) fn refused(special: Special, place: &str) -> DataFusionError {
    let hint = "A numeric may be NaN or infinite where it comes from a constant, not where it is read from a column of \
                another type or stored. A double precision may be so everywhere.";
    fail(Error::unsupported(format!("{} as a numeric {place}", special.word())).hint(hint))
}

pub(super) fn same(x: Special) -> Result<Number> {
    Ok(Number::Special(x))
}

pub(super) fn negative(x: Special) -> Result<Number> {
    Ok(Number::Special(x.negative()))
}

pub(super) fn abs(x: Special) -> Result<Number> {
    Ok(Number::Special(if x == NaN { NaN } else { Infinity }))
}

pub(super) fn sign(x: Special) -> Result<Number> {
    Ok(match x {
        NaN => UNKNOWN,
        other => Number::Finite(Exact::from(i64::from(other.sign()))),
    })
}

pub(super) fn root(x: Special) -> Result<Number> {
    match x {
        NegativeInfinity => refuse(
            SqlState::INVALID_ARGUMENT_FOR_POWER,
            "cannot take square root of a negative number",
        ),
        other => same(other),
    }
}

pub(super) fn exponential(x: Special) -> Result<Number> {
    if x == NegativeInfinity { Ok(zero()) } else { same(x) }
}

pub(super) fn logarithm(x: Special) -> Result<Number> {
    match x {
        NegativeInfinity => {
            refuse(SqlState::INVALID_ARGUMENT_FOR_LOG, "cannot take logarithm of a negative number")
        }
        other => same(other),
    }
}

/// Of what has no meaning for infinities either.
pub(super) fn unknown(_: &Number, _: &Number) -> Result<Number> {
    Ok(UNKNOWN)
}

pub(super) fn sum(x: &Number, y: &Number) -> Result<Number> {
    Ok(match (x.infinity(), y.infinity()) {
        _ if x.is_nan() || y.is_nan() => UNKNOWN,
        (Some(x), Some(y)) if x != y => UNKNOWN,
        (Some(one), _) | (None, Some(one)) => Number::Special(one),
        (None, None) => UNKNOWN,
    })
}

pub(super) fn difference(x: &Number, y: &Number) -> Result<Number> {
    let opposite = match y {
        Number::Special(y) => Number::Special(y.negative()),
        Number::Finite(y) => Number::Finite(y.clone().negative()),
    };
    sum(x, &opposite)
}

pub(super) fn product(x: &Number, y: &Number) -> Result<Number> {
    let sign = x.sign() * y.sign();
    Ok(if sign == 0 { UNKNOWN } else { infinite(sign) })
}

/// Of division, whole or not: what is finite is nothing to what is infinite.
pub(super) fn quotient(x: &Number, y: &Number) -> Result<Number> {
    Ok(match (x.infinity(), y.infinity()) {
        _ if x.is_nan() || y.is_nan() => UNKNOWN,
        (Some(_), Some(_)) => UNKNOWN,
        (Some(_), None) if y.sign() == 0 => return by_zero(),
        (Some(_), None) => infinite(x.sign() * y.sign()),
        (None, _) => zero(),
    })
}

pub(super) fn remainder(x: &Number, y: &Number) -> Result<Number> {
    match x.infinity() {
        _ if x.is_nan() || y.is_nan() => Ok(UNKNOWN),
        Some(_) if y.sign() == 0 => by_zero(),
        Some(_) => Ok(UNKNOWN),
        None => Ok(x.clone()),
    }
}

pub(super) fn based(base: &Number, x: &Number) -> Result<Number> {
    let state = SqlState::INVALID_ARGUMENT_FOR_LOG;
    if base.is_nan() || x.is_nan() {
        return Ok(UNKNOWN);
    }
    match base.sign().min(x.sign()) {
        -1 => return refuse(state, "cannot take logarithm of a negative number"),
        0 => return refuse(state, "cannot take logarithm of zero"),
        _ => {}
    }
    Ok(match (base.infinity(), x.infinity()) {
        (Some(_), Some(_)) => UNKNOWN,
        (Some(_), None) => zero(),
        _ => infinite(1),
    })
}

pub(super) fn power(x: &Number, y: &Number) -> Result<Number> {
    let state = SqlState::INVALID_ARGUMENT_FOR_POWER;
    // Whatever it is, it is 1 to the power of 0, and 1 is 1 to any power.
    if y.is(0) || x.is(1) {
        return Ok(one());
    }
    if x.is_nan() || y.is_nan() {
        return Ok(UNKNOWN);
    }
    if x.sign() == 0 && y.sign() < 0 {
        return refuse(state, "zero raised to a negative power is undefined");
    }
    if x.sign() < 0 && matches!(y, Number::Finite(y) if y.trimmed().scale > 0) {
        return refuse(
            state,
            "a negative number raised to a non-integer power yields a complex result",
        );
    }
    if x.sign() == 0 {
        return Ok(zero());
    }
    if let Some(y) = y.infinity() {
        let greater = match x {
            Number::Special(_) => true,
            Number::Finite(_) if x.is(-1) => return Ok(one()),
            Number::Finite(x) => beyond_one(x),
        };
        return Ok(if greater == (y == Infinity) { infinite(1) } else { zero() });
    }
    if y.sign() < 0 {
        return Ok(zero());
    }
    let odd = matches!(y, Number::Finite(y) if &y.trimmed().digits % 2u8 != BigInt::ZERO);
    Ok(infinite(if x.sign() < 0 && odd { -1 } else { 1 }))
}

/// Whether it is greater than 1, its sign aside.
fn beyond_one(x: &Exact) -> bool {
    let one = Exact::from(1).at(x.scale);
    x.digits.magnitude().cmp(one.digits.magnitude()) == Ordering::Greater
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        match Special::read(text) {
            Some(special) => Number::Special(special),
            None => Number::Finite(super::super::inputs::exact_numeric(text).unwrap()),
        }
    }

    #[track_caller]
    fn check(of: fn(&Number, &Number) -> Result<Number>, x: &str, y: &str, wanted: &str) {
        assert_eq!(of(&number(x), &number(y)).unwrap(), number(wanted), "{x}, {y}");
    }

    // What PostgreSQL 15 gives.
    #[test]
    fn arithmetic_of_specials() {
        check(sum, "inf", "-inf", "nan");
        check(sum, "-inf", "5", "-inf");
        check(sum, "5", "inf", "inf");
        check(difference, "inf", "inf", "nan");
        check(difference, "5", "inf", "-inf");
        check(product, "inf", "0", "nan");
        check(product, "-inf", "-2.5", "inf");
        check(product, "nan", "2", "nan");
        check(quotient, "-inf", "-2", "inf");
        check(quotient, "5", "-inf", "0");
        check(quotient, "nan", "0", "nan");
        check(quotient, "inf", "inf", "nan");
        assert!(quotient(&number("inf"), &number("0")).is_err());
        check(remainder, "-5.5", "inf", "-5.5");
        check(remainder, "inf", "5", "nan");
        check(remainder, "nan", "0", "nan");
        assert!(remainder(&number("inf"), &number("0")).is_err());
    }

    #[test]
    fn powers_of_specials() {
        check(power, "nan", "0.00", "1");
        check(power, "1.0", "nan", "1");
        check(power, "nan", "2", "nan");
        check(power, "-1", "inf", "1");
        check(power, "0.5", "-inf", "inf");
        check(power, "-0.5", "inf", "0");
        check(power, "-2", "inf", "inf");
        check(power, "-inf", "3", "-inf");
        check(power, "-inf", "2", "inf");
        check(power, "-inf", "-3", "0");
        check(power, "0", "inf", "0");
        assert!(power(&number("0"), &number("-inf")).is_err());
        assert!(power(&number("-inf"), &number("0.5")).is_err());
        check(based, "inf", "2", "0");
        check(based, "2", "inf", "inf");
        check(based, "inf", "inf", "nan");
        assert!(based(&number("0"), &number("inf")).is_err());
        assert!(based(&number("inf"), &number("-1")).is_err());
    }
}
