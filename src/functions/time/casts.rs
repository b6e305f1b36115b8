//! Casts among dates, times, intervals and text, and rounding to so many digits of a second.

use datafusion::logical_expr::Volatility;

use super::calendar::{DAY, SECOND};
use super::function::{Body, Call, Function, Gives, Overload};
use super::kinds::Kind::{self, *};
use super::read_span::{self, Fields};
use super::span::{Span, rounded};
use super::values::{Value, converted, date_to_timestamp, timestamp_to_date, to_instant, to_local};
use super::words::Unit;
use super::{calendar, show};
use crate::error::{Error, Result};

const fn gives(takes: &'static [Kind], gives: Kind, body: Body) -> Overload {
    Overload { takes, gives: Gives::Kind(gives), body }
}

macro_rules! cast_function {
    ($static:ident, $name:literal, $to:ident, [$($from:ident),*]) => {
        pub(super) static $static: Function = Function {
            name: $name,
            operator: None,
            // A text may say `now`, and where a zone counts it is the session's.
            volatility: Volatility::Stable,
            overloads: &[$(
                gives(&[$from], $to, |call, values| cast(call, &values[0], $to)),
                gives(&[$from, Int4], $to, |call, values| precise(call, values, $to)),
            )*],
        };
    };
}

cast_function!(TO_DATE, "__to_date", Date, [Text, Date, Timestamp, Timestamptz]);
cast_function!(TO_TIME, "__to_time", Time, [Text, Time, Timetz, Timestamp, Timestamptz, Interval]);
cast_function!(TO_TIMETZ, "__to_timetz", Timetz, [Text, Time, Timetz, Timestamptz]);
cast_function!(TO_TIMESTAMP, "__to_timestamp", Timestamp, [Text, Date, Timestamp, Timestamptz]);
cast_function!(
    TO_TIMESTAMPTZ,
    "__to_timestamptz",
    Timestamptz,
    [Text, Date, Timestamp, Timestamptz]
);
cast_function!(TO_INTERVAL, "__to_interval", Interval, [Text, Time, Interval]);

// The same by the type's name, as in `date(x)`.
cast_function!(AS_DATE, "date", Date, [Text, Date, Timestamp, Timestamptz]);
cast_function!(AS_TIMETZ, "timetz", Timetz, [Text, Time, Timetz, Timestamptz]);
cast_function!(AS_TIMESTAMPTZ, "timestamptz", Timestamptz, [Text, Date, Timestamp, Timestamptz]);

/// The function behind a cast to this type, and whether it takes that.
pub fn cast_to(kind: Kind, from: Option<Kind>) -> Option<(&'static str, bool)> {
    let function = match kind {
        Date => &TO_DATE,
        Time => &TO_TIME,
        Timetz => &TO_TIMETZ,
        Timestamp => &TO_TIMESTAMP,
        Timestamptz => &TO_TIMESTAMPTZ,
        Interval => &TO_INTERVAL,
        _ => return None,
    };
    let takes = |from| function.overloads.iter().any(|o| o.takes == [from]);
    Some((function.name, from.is_none_or(takes)))
}

fn cast(call: &Call, value: &Value, to: Kind) -> Result<Option<Value>> {
    let setting = &call.setting;
    Ok(Some(match (value, to) {
        (Value::Timestamp(at), Date) => Value::Date(timestamp_to_date(*at)?),
        (Value::Timestamptz(at), Date) => Value::Date(timestamp_to_date(to_local(*at, setting)?)?),
        (Value::Timetz(micros, _), Time) => Value::Time(*micros),
        (Value::Timestamp(at), Time) => return Ok(clock(*at).map(Value::Time)),
        (Value::Timestamptz(at), Time) => {
            return Ok(clock(to_local(*at, setting)?).map(Value::Time));
        }
        (Value::Interval(span), Time) => Value::Time(span.micros.rem_euclid(DAY)),
        (Value::Timestamptz(at), Timetz) => {
            let local = to_local(*at, setting)?;
            let east = ((local - *at) / SECOND) as i32;
            return Ok(clock(local).map(|micros| Value::Timetz(micros, east)));
        }
        (Value::Date(days), Timestamp) => Value::Timestamp(date_to_timestamp(*days)?),
        (Value::Timestamptz(at), Timestamp) => Value::Timestamp(to_local(*at, setting)?),
        (Value::Timestamp(at), Timestamptz) => Value::Timestamptz(to_instant(*at, setting)?),
        (value, to) => converted(value.clone(), to, setting)?,
    }))
}

/// Infinity has no time of day.
fn clock(local: i64) -> Option<i64> {
    (local != i64::MAX && local != i64::MIN).then(|| local.rem_euclid(DAY))
}

/// The second argument is the precision of seconds, of an interval also its fields.
fn precise(call: &Call, values: &[Value], to: Kind) -> Result<Option<Value>> {
    let [value, Value::Int(modifier)] = values else {
        return Err(Error::internal("a cast's arguments"));
    };
    if to == Interval {
        let fields = unpacked(*modifier);
        return Ok(Some(Value::Interval(match value {
            Value::Text(text) => read_span::interval(text, fields, call.setting.intervals)?,
            other => match cast(call, other, to)? {
                Some(Value::Interval(span)) => read_span::cut(span, fields),
                _ => return Err(Error::internal("a cast to interval")),
            },
        })));
    }
    let digits = u32::try_from(*modifier).unwrap_or(6);
    let value = cast(call, value, to)?;
    Ok(match value {
        Some(Value::Time(micros)) => Some(Value::Time(rounded(micros, digits))),
        Some(Value::Timetz(micros, east)) => Some(Value::Timetz(rounded(micros, digits), east)),
        Some(Value::Timestamp(at)) => Some(Value::Timestamp(rounded_instant(at, digits)?)),
        Some(Value::Timestamptz(at)) => Some(Value::Timestamptz(rounded_instant(at, digits)?)),
        other => other,
    })
}

fn rounded_instant(at: i64, digits: u32) -> Result<i64> {
    match at {
        i64::MAX | i64::MIN => Ok(at),
        // Counted from 2000, as halves go away from it.
        at => {
            const Y2000: i64 = 10_957 * DAY;
            calendar::instant(rounded(at - Y2000, digits).checked_add(Y2000))
        }
    }
}

const UNITS: [Unit; 6] =
    [Unit::Year, Unit::Month, Unit::Day, Unit::Hour, Unit::Minute, Unit::Second];

/// Fields and precision in one number, as a cast carries them.
pub fn packed(fields: Fields) -> i64 {
    let place = |unit: Option<Unit>| match unit {
        Some(unit) => UNITS.iter().position(|u| *u == unit).map_or(0, |at| at as i64 + 1),
        None => 0,
    };
    let digits = fields.precision.map_or(7, i64::from);
    (place(fields.first) * 10 + place(fields.last)) * 10 + digits
}

fn unpacked(modifier: i64) -> Fields {
    let unit = |place: i64| match usize::try_from(place - 1) {
        Ok(at) => UNITS.get(at).copied(),
        Err(_) => None,
    };
    let digits = modifier % 10;
    Fields {
        first: unit(modifier / 100),
        last: unit(modifier / 10 % 10),
        precision: u32::try_from(digits).ok().filter(|d| *d < 7),
    }
}

/// The bits that PostgreSQL has for years to seconds in an interval's type modifier.
const BITS: [i32; 6] = [1 << 2, 1 << 1, 1 << 3, 1 << 10, 1 << 11, 1 << 12];
const ALL_FIELDS: i32 = 0x7fff;
const FULL_PRECISION: i32 = 0xffff;

/// Fields and precision in one number as `pg_attribute.atttypmod`.
pub fn modifier_of(packed: i64) -> i32 {
    let fields = unpacked(packed);
    let place = |unit: Option<Unit>| UNITS.iter().position(|u| Some(*u) == unit);
    let range = match (place(fields.first), place(fields.last)) {
        (Some(first), Some(last)) => BITS[first..=last.max(first)].iter().sum(),
        (Some(only), None) | (None, Some(only)) => BITS[only],
        (None, None) => ALL_FIELDS,
    };
    let precision = fields.precision.map_or(FULL_PRECISION, |p| p as i32);
    range << 16 | precision
}

/// The inverse of [`modifier_of`].
pub fn packed_of(modifier: i32) -> i64 {
    let (range, precision) = (modifier >> 16 & 0x7fff, modifier & FULL_PRECISION);
    let mut units = UNITS.iter().zip(BITS).filter(|(_, bit)| range & bit != 0).map(|(u, _)| *u);
    let (first, last) = match range {
        ALL_FIELDS => (None, None),
        _ => (units.next(), units.next_back()),
    };
    let precision = (precision != FULL_PRECISION).then_some(precision as u32);
    packed(Fields { first, last, precision })
}

/// A date or timestamp so many days from an instant, or the end of all: a bound for those that files may leave out.
pub(super) static NEAR: [Function; 2] = [
    Function {
        name: "__near_date",
        operator: None,
        volatility: Volatility::Stable,
        overloads: &[
            gives(&[Timestamp, Int4], Date, |call, values| near(call, values, true)),
            gives(&[Timestamptz, Int4], Date, |call, values| near(call, values, true)),
        ],
    },
    Function {
        name: "__near_timestamp",
        operator: None,
        volatility: Volatility::Stable,
        overloads: &[gives(&[Timestamptz, Int4], Timestamp, |call, values| {
            near(call, values, false)
        })],
    },
];

fn near(call: &Call, values: &[Value], as_date: bool) -> Result<Option<Value>> {
    let (at, by) = match values {
        [Value::Timestamp(at), Value::Int(by)] => (*at, *by),
        [Value::Timestamptz(at), Value::Int(by)] => {
            (call.setting.zone.to_local(*at).unwrap_or(*at), *by)
        }
        _ => return Err(Error::internal("a bound's arguments")),
    };
    let at = match at {
        i64::MAX | i64::MIN => at,
        at => at.saturating_add(by * DAY),
    };
    Ok(Some(match as_date {
        false => Value::Timestamp(at),
        true => {
            Value::Date(timestamp_to_date(at).unwrap_or(if at > 0 { i32::MAX } else { i32::MIN }))
        }
    }))
}

/// A value of this area as text.
pub(super) static AS_TEXT: Function = Function {
    name: "__moment_text",
    operator: None,
    volatility: Volatility::Stable,
    overloads: &[
        gives(&[Date], Text, as_text),
        gives(&[Time], Text, as_text),
        gives(&[Timetz], Text, as_text),
        gives(&[Timestamp], Text, as_text),
        gives(&[Timestamptz], Text, as_text),
        gives(&[Interval], Text, as_text),
    ],
};

fn as_text(call: &Call, values: &[Value]) -> Result<Option<Value>> {
    let style = &call.style;
    Ok(Some(Value::Text(match &values[0] {
        Value::Date(days) => show::date(*days, style),
        Value::Time(micros) => show::time(*micros),
        Value::Timetz(micros, east) => show::timetz(*micros, *east),
        Value::Timestamp(at) => show::timestamp(*at, style),
        Value::Timestamptz(at) => show::timestamptz(*at, style),
        Value::Interval(span) => show::interval(*span, style),
        _ => return Err(Error::internal("text of another type")),
    })))
}

/// An interval of microseconds, as sums and averages make it.
pub fn span_of(months: i128, days: i128, micros: i128) -> Result<Span> {
    let out = || calendar::overflow("interval out of range");
    Ok(Span::new(
        i32::try_from(months).map_err(|_| out())?,
        i32::try_from(days).map_err(|_| out())?,
        i64::try_from(micros).map_err(|_| out())?,
    ))
}
