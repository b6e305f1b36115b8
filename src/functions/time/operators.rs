//! `+`, `-`, `*` and `/` between dates, times, intervals and numbers.

use datafusion::logical_expr::Volatility;

use super::calendar::{self, DAY};
use super::function::{Call, Function, Gives, Overload};
use super::kinds::Kind::{self, *};
use super::span::{Span, shifted, shifted_days};
use super::values::{Value, date_to_timestamp, to_instant, to_local};
use crate::error::{Error, Result};

const fn gives(takes: &'static [Kind], gives: Kind, body: super::function::Body) -> Overload {
    Overload { takes, gives: Gives::Kind(gives), body }
}

pub(super) static PLUS: Function = Function {
    name: "__plus",
    operator: Some("+"),
    volatility: Volatility::Stable,
    overloads: &[
        gives(&[Date, Int4], Date, plus),
        gives(&[Int4, Date], Date, plus),
        gives(&[Date, Interval], Timestamp, plus),
        gives(&[Interval, Date], Timestamp, plus),
        gives(&[Date, Time], Timestamp, plus),
        gives(&[Time, Date], Timestamp, plus),
        gives(&[Date, Timetz], Timestamptz, plus),
        gives(&[Timetz, Date], Timestamptz, plus),
        gives(&[Time, Interval], Time, plus),
        gives(&[Interval, Time], Time, plus),
        gives(&[Timetz, Interval], Timetz, plus),
        gives(&[Interval, Timetz], Timetz, plus),
        gives(&[Timestamp, Interval], Timestamp, plus),
        gives(&[Interval, Timestamp], Timestamp, plus),
        gives(&[Timestamptz, Interval], Timestamptz, plus),
        gives(&[Interval, Timestamptz], Timestamptz, plus),
        gives(&[Interval, Interval], Interval, plus),
    ],
};

pub(super) static MINUS: Function = Function {
    name: "__minus",
    operator: Some("-"),
    volatility: Volatility::Stable,
    overloads: &[
        gives(&[Date, Int4], Date, minus),
        gives(&[Date, Date], Int4, minus),
        gives(&[Date, Interval], Timestamp, minus),
        gives(&[Time, Time], Interval, minus),
        gives(&[Time, Interval], Time, minus),
        gives(&[Timetz, Interval], Timetz, minus),
        gives(&[Timestamp, Timestamp], Interval, minus),
        gives(&[Timestamp, Interval], Timestamp, minus),
        gives(&[Timestamptz, Timestamptz], Interval, minus),
        gives(&[Timestamptz, Interval], Timestamptz, minus),
        gives(&[Interval, Interval], Interval, minus),
        gives(&[Interval], Interval, minus),
    ],
};

pub(super) static TIMES: Function = Function {
    name: "__times",
    operator: Some("*"),
    volatility: Volatility::Immutable,
    overloads: &[
        gives(&[Interval, Float8], Interval, scaled),
        gives(&[Float8, Interval], Interval, scaled),
    ],
};

pub(super) static OVER: Function = Function {
    name: "__over",
    operator: Some("/"),
    volatility: Volatility::Immutable,
    overloads: &[gives(&[Interval, Float8], Interval, |_, values| match values {
        [Value::Interval(span), Value::Float(by)] => Ok(Some(Value::Interval(span.over(*by)?))),
        _ => Err(unexpected()),
    })],
};

/// What intervals are compared by.
pub(super) static KEY: Function = Function {
    name: "__interval_key",
    operator: None,
    volatility: Volatility::Immutable,
    overloads: &[gives(&[Interval], Numeric, |_, values| match values {
        [Value::Interval(span)] => Ok(Some(Value::Decimal(span.key(), 0))),
        _ => Err(unexpected()),
    })],
};

fn unexpected() -> Error {
    Error::internal("an operator's arguments")
}

fn scaled(_: &Call, values: &[Value]) -> Result<Option<Value>> {
    match values {
        [Value::Interval(span), Value::Float(by)] | [Value::Float(by), Value::Interval(span)] => {
            Ok(Some(Value::Interval(span.times(*by)?)))
        }
        _ => Err(unexpected()),
    }
}

fn is_infinite(at: i64) -> bool {
    at == i64::MAX || at == i64::MIN
}

/// An instant so much later: months and days by the clock of the zone, time as it passes.
pub(super) fn shifted_instant(instant: i64, span: Span, call: &Call) -> Result<i64> {
    if is_infinite(instant) {
        return Ok(instant);
    }
    let mut at = instant;
    if span.months != 0 || span.days != 0 {
        let local = to_local(at, &call.setting)?;
        at = to_instant(shifted_days(local, span)?, &call.setting)?;
    }
    calendar::instant(at.checked_add(span.micros))
}

fn shifted_local(local: i64, span: Span) -> Result<i64> {
    if is_infinite(local) { Ok(local) } else { shifted(local, span) }
}

fn shifted_date(days: i32, by: i64) -> Result<Option<Value>> {
    Ok(Some(Value::Date(match days {
        i32::MAX | i32::MIN => days,
        days => calendar::date(i64::from(days) + by)?,
    })))
}

fn plus(call: &Call, values: &[Value]) -> Result<Option<Value>> {
    Ok(Some(match values {
        [Value::Date(days), Value::Int(by)] | [Value::Int(by), Value::Date(days)] => {
            return shifted_date(*days, *by);
        }
        [Value::Date(days), Value::Interval(span)] | [Value::Interval(span), Value::Date(days)] => {
            Value::Timestamp(shifted_local(date_to_timestamp(*days)?, *span)?)
        }
        [Value::Date(days), Value::Time(micros)] | [Value::Time(micros), Value::Date(days)] => {
            let at = date_to_timestamp(*days)?;
            Value::Timestamp(shifted_local(at, Span::new(0, 0, *micros))?)
        }
        [Value::Date(days), Value::Timetz(micros, east)]
        | [Value::Timetz(micros, east), Value::Date(days)] => {
            let at = date_to_timestamp(*days)?;
            let by = micros - i64::from(*east) * calendar::SECOND;
            Value::Timestamptz(shifted_local(at, Span::new(0, 0, by))?)
        }
        [Value::Time(micros), Value::Interval(span)]
        | [Value::Interval(span), Value::Time(micros)] => {
            Value::Time(on_clock(*micros, span.micros))
        }
        [Value::Timetz(micros, east), Value::Interval(span)]
        | [Value::Interval(span), Value::Timetz(micros, east)] => {
            Value::Timetz(on_clock(*micros, span.micros), *east)
        }
        [Value::Timestamp(at), Value::Interval(span)]
        | [Value::Interval(span), Value::Timestamp(at)] => {
            Value::Timestamp(shifted_local(*at, *span)?)
        }
        [Value::Timestamptz(at), Value::Interval(span)]
        | [Value::Interval(span), Value::Timestamptz(at)] => {
            Value::Timestamptz(shifted_instant(*at, *span, call)?)
        }
        [Value::Interval(a), Value::Interval(b)] => Value::Interval(a.plus(*b)?),
        _ => return Err(unexpected()),
    }))
}

/// Around the clock.
fn on_clock(micros: i64, by: i64) -> i64 {
    (micros + by % DAY).rem_euclid(DAY)
}

fn minus(call: &Call, values: &[Value]) -> Result<Option<Value>> {
    Ok(Some(match values {
        [Value::Date(days), Value::Int(by)] => return shifted_date(*days, -*by),
        [Value::Date(a), Value::Date(b)] => {
            if [*a, *b].iter().any(|d| *d == i32::MAX || *d == i32::MIN) {
                return Err(calendar::overflow("cannot subtract infinite dates"));
            }
            Value::Int(i64::from(*a) - i64::from(*b))
        }
        [Value::Date(days), Value::Interval(span)] => {
            Value::Timestamp(shifted_local(date_to_timestamp(*days)?, span.negated()?)?)
        }
        [Value::Time(a), Value::Time(b)] => Value::Interval(Span::new(0, 0, a - b)),
        [Value::Time(micros), Value::Interval(span)] => {
            Value::Time(on_clock(*micros, -(span.micros % DAY)))
        }
        [Value::Timetz(micros, east), Value::Interval(span)] => {
            Value::Timetz(on_clock(*micros, -(span.micros % DAY)), *east)
        }
        [Value::Timestamp(a), Value::Timestamp(b)]
        | [Value::Timestamptz(a), Value::Timestamptz(b)] => Value::Interval(between(*a, *b)?),
        [Value::Timestamp(at), Value::Interval(span)] => {
            Value::Timestamp(shifted_local(*at, span.negated()?)?)
        }
        [Value::Timestamptz(at), Value::Interval(span)] => {
            Value::Timestamptz(shifted_instant(*at, span.negated()?, call)?)
        }
        [Value::Interval(a), Value::Interval(b)] => Value::Interval(a.minus(*b)?),
        [Value::Interval(a)] => Value::Interval(a.negated()?),
        _ => return Err(unexpected()),
    }))
}

/// Days and time from one instant to another.
fn between(a: i64, b: i64) -> Result<Span> {
    if is_infinite(a) || is_infinite(b) {
        return Err(calendar::overflow("cannot subtract infinite timestamps"));
    }
    let micros = a.checked_sub(b).ok_or_else(|| calendar::overflow("interval out of range"))?;
    Span::new(0, 0, micros).justified_hours()
}
