//! Functions of dates, times and intervals by their PostgreSQL names.

use datafusion::logical_expr::Volatility;

use super::calendar::{self, DAY, Reading, SECOND};
use super::function::{Body, Call, Function, Gives, Overload};
use super::kinds::Kind::{self, *};
use super::operators::shifted_instant;
use super::parts::{self, Part, Whole};
use super::read_pattern;
use super::span::Span;
use super::values::{Value, date_to_timestamp, to_instant, to_local};
use super::zone::Zone;
use crate::error::{Error, Result};

const fn gives(takes: &'static [Kind], gives: Kind, body: Body) -> Overload {
    Overload { takes, gives: Gives::Kind(gives), body }
}

const fn part(takes: &'static [Kind]) -> Overload {
    Overload { takes, gives: Gives::Part, body: extract }
}

const fn function(
    name: &'static str,
    volatility: Volatility,
    overloads: &'static [Overload],
) -> Function {
    Function { name, operator: None, volatility, overloads }
}

const STABLE: Volatility = Volatility::Stable;
const IMMUTABLE: Volatility = Volatility::Immutable;

pub(super) static FUNCTIONS: &[Function] = &[
    function(
        "extract",
        STABLE,
        &[
            part(&[Text, Date]),
            part(&[Text, Time]),
            part(&[Text, Timetz]),
            part(&[Text, Timestamp]),
            part(&[Text, Timestamptz]),
            part(&[Text, Interval]),
        ],
    ),
    function(
        "date_part",
        STABLE,
        &[
            gives(&[Text, Date], Float8, date_part),
            gives(&[Text, Time], Float8, date_part),
            gives(&[Text, Timetz], Float8, date_part),
            gives(&[Text, Timestamp], Float8, date_part),
            gives(&[Text, Timestamptz], Float8, date_part),
            gives(&[Text, Interval], Float8, date_part),
        ],
    ),
    function(
        "date_trunc",
        STABLE,
        &[
            gives(&[Text, Timestamp], Timestamp, trunc),
            gives(&[Text, Timestamptz], Timestamptz, trunc),
            gives(&[Text, Timestamptz, Text], Timestamptz, trunc),
            gives(&[Text, Interval], Interval, trunc),
        ],
    ),
    function(
        "date_bin",
        STABLE,
        &[
            gives(&[Interval, Timestamp, Timestamp], Timestamp, bin),
            gives(&[Interval, Timestamptz, Timestamptz], Timestamptz, bin),
        ],
    ),
    function(
        "age",
        STABLE,
        &[
            gives(&[Timestamp, Timestamp], Interval, age),
            gives(&[Timestamptz, Timestamptz], Interval, age),
            gives(&[Timestamp], Interval, age),
            gives(&[Timestamptz], Interval, age),
            gives(&[Xid], Int4, age),
        ],
    ),
    function(
        "timezone",
        STABLE,
        &[
            gives(&[Text, Timestamp], Timestamptz, timezone),
            gives(&[Text, Timestamptz], Timestamp, timezone),
            gives(&[Text, Timetz], Timetz, timezone),
            gives(&[Interval, Timestamp], Timestamptz, timezone),
            gives(&[Interval, Timestamptz], Timestamp, timezone),
            gives(&[Interval, Timetz], Timetz, timezone),
        ],
    ),
    function(
        "justify_days",
        IMMUTABLE,
        &[gives(&[Interval], Interval, |_, v| justify(v, Span::justified_days))],
    ),
    function(
        "justify_hours",
        IMMUTABLE,
        &[gives(&[Interval], Interval, |_, v| justify(v, Span::justified_hours))],
    ),
    function(
        "justify_interval",
        IMMUTABLE,
        &[gives(&[Interval], Interval, |_, v| justify(v, Span::justified))],
    ),
    function(
        "isfinite",
        IMMUTABLE,
        &[
            gives(&[Date], Bool, is_finite),
            gives(&[Timestamp], Bool, is_finite),
            gives(&[Timestamptz], Bool, is_finite),
            gives(&[Interval], Bool, is_finite),
        ],
    ),
    function(
        "overlaps",
        STABLE,
        &[
            gives(&[Time, Time, Time, Time], Bool, overlaps),
            gives(&[Time, Interval, Time, Interval], Bool, overlaps),
            gives(&[Time, Time, Time, Interval], Bool, overlaps),
            gives(&[Time, Interval, Time, Time], Bool, overlaps),
            gives(&[Timetz, Timetz, Timetz, Timetz], Bool, overlaps),
            gives(&[Timestamp, Timestamp, Timestamp, Timestamp], Bool, overlaps),
            gives(&[Timestamp, Interval, Timestamp, Interval], Bool, overlaps),
            gives(&[Timestamp, Timestamp, Timestamp, Interval], Bool, overlaps),
            gives(&[Timestamp, Interval, Timestamp, Timestamp], Bool, overlaps),
            gives(&[Timestamptz, Timestamptz, Timestamptz, Timestamptz], Bool, overlaps),
            gives(&[Timestamptz, Interval, Timestamptz, Interval], Bool, overlaps),
            gives(&[Timestamptz, Timestamptz, Timestamptz, Interval], Bool, overlaps),
            gives(&[Timestamptz, Interval, Timestamptz, Timestamptz], Bool, overlaps),
        ],
    ),
    function("make_date", IMMUTABLE, &[gives(&[Int4, Int4, Int4], Date, make_date)]),
    function("make_time", IMMUTABLE, &[gives(&[Int4, Int4, Float8], Time, make_time)]),
    function(
        "make_timestamp",
        IMMUTABLE,
        &[gives(&[Int4, Int4, Int4, Int4, Int4, Float8], Timestamp, make_timestamp)],
    ),
    function(
        "make_timestamptz",
        STABLE,
        &[
            gives(&[Int4, Int4, Int4, Int4, Int4, Float8], Timestamptz, make_timestamptz),
            gives(&[Int4, Int4, Int4, Int4, Int4, Float8, Text], Timestamptz, make_timestamptz),
        ],
    ),
    function(
        "make_interval",
        IMMUTABLE,
        &[gives(&[Int4, Int4, Int4, Int4, Int4, Int4, Float8], Interval, make_interval)],
    ),
    function(
        "to_timestamp",
        STABLE,
        &[
            gives(&[Float8], Timestamptz, |_, v| from_epoch(&v[0])),
            gives(&[Text, Text], Timestamptz, to_timestamp),
        ],
    ),
    function("to_date", STABLE, &[gives(&[Text, Text], Date, to_date)]),
    function("to_number", STABLE, &[gives(&[Text, Text], Numeric, to_number)]),
    function(
        "to_char",
        STABLE,
        &[
            gives(&[Timestamp, Text], Text, to_char),
            gives(&[Timestamptz, Text], Text, to_char),
            gives(&[Interval, Text], Text, to_char),
            gives(&[Numeric, Text], Text, to_char),
            gives(&[Int4, Text], Text, |call, v| whole_to_char(call, v, true)),
            gives(&[Int8, Text], Text, |call, v| whole_to_char(call, v, false)),
            gives(&[Float4, Text], Text, |call, v| float_to_char(call, v, 6)),
            gives(&[Float8, Text], Text, |call, v| float_to_char(call, v, 15)),
        ],
    ),
];

fn unexpected() -> Error {
    Error::internal("a function's arguments")
}

fn whole(value: &Value) -> Result<Whole> {
    Ok(match value {
        Value::Date(days) => Whole::Date(*days),
        Value::Time(micros) => Whole::Time(*micros),
        Value::Timetz(micros, east) => Whole::Timetz(*micros, *east),
        Value::Timestamp(at) => Whole::Timestamp(*at),
        Value::Timestamptz(at) => Whole::Timestamptz(*at),
        Value::Interval(span) => Whole::Interval(*span),
        _ => return Err(unexpected()),
    })
}

fn extract(call: &Call, values: &[Value]) -> Result<Option<Value>> {
    let [Value::Text(name), of] = values else { return Err(unexpected()) };
    match parts::extract(name, whole(of)?, call.setting.zone)? {
        Part::None => Ok(None),
        Part::Exact(digits, scale) => Ok(Some(Value::Decimal(digits, scale))),
        Part::Infinity { .. } => Err(Error::unsupported("an infinite numeric")
            .hint("date_part gives a double precision, which can be infinite.")),
    }
}

fn date_part(call: &Call, values: &[Value]) -> Result<Option<Value>> {
    let [Value::Text(name), of] = values else { return Err(unexpected()) };
    // As a function it takes a date for a timestamp, and so knows its hours.
    let of = match whole(of)? {
        Whole::Date(days) => Whole::Timestamp(date_to_timestamp(days)?),
        other => other,
    };
    Ok(parts::extract(name, of, call.setting.zone)?.float().map(Value::Float))
}

fn trunc(call: &Call, values: &[Value]) -> Result<Option<Value>> {
    Ok(Some(match values {
        [Value::Text(name), Value::Timestamp(at)] => {
            Value::Timestamp(parts::trunc_timestamp(name, *at)?)
        }
        [Value::Text(name), Value::Timestamptz(at)] => {
            Value::Timestamptz(parts::trunc_timestamptz(name, *at, call.setting.zone)?)
        }
        [Value::Text(name), Value::Timestamptz(at), Value::Text(zone)] => {
            Value::Timestamptz(parts::trunc_timestamptz(name, *at, named_zone(zone)?)?)
        }
        [Value::Text(name), Value::Interval(span)] => {
            Value::Interval(parts::trunc_interval(name, *span)?)
        }
        _ => return Err(unexpected()),
    }))
}

fn named_zone(name: &str) -> Result<Zone> {
    Zone::named(name)
        .ok_or_else(|| Error::invalid_parameter(format!("time zone \"{name}\" not recognized")))
}

fn bin(_: &Call, values: &[Value]) -> Result<Option<Value>> {
    Ok(Some(match values {
        [Value::Interval(stride), Value::Timestamp(at), Value::Timestamp(origin)] => {
            Value::Timestamp(parts::bin(*stride, *at, *origin)?)
        }
        [Value::Interval(stride), Value::Timestamptz(at), Value::Timestamptz(origin)] => {
            Value::Timestamptz(parts::bin(*stride, *at, *origin)?)
        }
        _ => return Err(unexpected()),
    }))
}

fn age(call: &Call, values: &[Value]) -> Result<Option<Value>> {
    let setting = &call.setting;
    let local = |at: i64| to_local(at, setting);
    let today = || local(setting.now).map(|now| now.div_euclid(DAY) * DAY);
    let span = match values {
        [Value::Timestamp(to), Value::Timestamp(from)] => parts::age(*to, *from)?,
        [Value::Timestamptz(to), Value::Timestamptz(from)] => {
            parts::age(local(*to)?, local(*from)?)?
        }
        [Value::Timestamp(from)] => parts::age(today()?, *from)?,
        [Value::Timestamptz(from)] => parts::age(today()?, local(*from)?)?,
        _ => return Err(unexpected()),
    };
    Ok(Some(Value::Interval(span)))
}

fn timezone(call: &Call, values: &[Value]) -> Result<Option<Value>> {
    let zone = match &values[0] {
        Value::Text(name) => named_zone(name)?,
        Value::Interval(span) => {
            if span.months != 0 || span.days != 0 {
                let shown = super::show::interval(*span, &call.style);
                let message =
                    format!("interval time zone \"{shown}\" must not include months or days");
                return Err(Error::invalid_parameter(message));
            }
            Zone::Fixed((span.micros / SECOND) as i32)
        }
        _ => return Err(unexpected()),
    };
    let is_infinite = |at: i64| at == i64::MAX || at == i64::MIN;
    Ok(Some(match &values[1] {
        Value::Timestamp(at) if is_infinite(*at) => Value::Timestamptz(*at),
        Value::Timestamptz(at) if is_infinite(*at) => Value::Timestamp(*at),
        Value::Timestamp(at) => Value::Timestamptz(calendar::instant(zone.to_instant(*at))?),
        Value::Timestamptz(at) => Value::Timestamp(calendar::instant(zone.to_local(*at))?),
        Value::Timetz(micros, east) => {
            let now = call.setting.now.div_euclid(SECOND);
            let to = zone.offset(now);
            let local = micros + i64::from(to - east) * SECOND;
            Value::Timetz(local.rem_euclid(DAY), to)
        }
        _ => return Err(unexpected()),
    }))
}

fn justify(values: &[Value], how: fn(Span) -> Result<Span>) -> Result<Option<Value>> {
    match values {
        [Value::Interval(span)] => Ok(Some(Value::Interval(how(*span)?))),
        _ => Err(unexpected()),
    }
}

fn is_finite(_: &Call, values: &[Value]) -> Result<Option<Value>> {
    Ok(Some(Value::Bool(match &values[0] {
        Value::Date(days) => !matches!(*days, i32::MAX | i32::MIN),
        Value::Timestamp(at) | Value::Timestamptz(at) => !matches!(*at, i64::MAX | i64::MIN),
        _ => true,
    })))
}

fn overlaps(call: &Call, values: &[Value]) -> Result<Option<Value>> {
    let [a, b, c, d] = values else { return Err(unexpected()) };
    let point = |value: &Value| -> Result<i128> {
        Ok(match value {
            Value::Time(at) | Value::Timestamp(at) | Value::Timestamptz(at) => i128::from(*at),
            Value::Timetz(at, east) => i128::from(super::values::pack(*at, *east)),
            _ => return Err(unexpected()),
        })
    };
    let end = |start: &Value, end: &Value| -> Result<i128> {
        match (start, end) {
            (Value::Time(at), Value::Interval(span)) => {
                Ok(i128::from((at + span.micros % DAY).rem_euclid(DAY)))
            }
            (Value::Timestamp(at), Value::Interval(span)) => {
                super::span::shifted(*at, *span).map(i128::from)
            }
            (Value::Timestamptz(at), Value::Interval(span)) => {
                shifted_instant(*at, *span, call).map(i128::from)
            }
            (_, other) => point(other),
        }
    };
    let ordered = |x: i128, y: i128| if x <= y { (x, y) } else { (y, x) };
    let (s1, e1) = ordered(point(a)?, end(a, b)?);
    let (s2, e2) = ordered(point(c)?, end(c, d)?);
    Ok(Some(Value::Bool(match s1.cmp(&s2) {
        std::cmp::Ordering::Greater => s1 < e2,
        std::cmp::Ordering::Less => s2 < e1,
        std::cmp::Ordering::Equal => true,
    })))
}

fn ints<const N: usize>(values: &[Value]) -> Result<[i64; N]> {
    let mut out = [0; N];
    for (slot, value) in out.iter_mut().zip(values) {
        *slot = match value {
            Value::Int(n) => *n,
            _ => return Err(unexpected()),
        };
    }
    Ok(out)
}

fn checked_date(year: i64, month: i64, day: i64) -> Result<i64> {
    let out =
        || calendar::overflow(format!("date field value out of range: {year}-{month:02}-{day:02}"));
    // A negative year is one before Christ.
    let astronomical = if year < 0 { year + 1 } else { year };
    let fits = year != 0
        && (1..=12).contains(&month)
        && day >= 1
        && day <= i64::from(calendar::month_length(astronomical, month as u32));
    if !fits {
        return Err(out());
    }
    Ok(calendar::days(astronomical, month as u32, day as u32))
}

fn checked_clock(hour: i64, minute: i64, second: f64) -> Result<i64> {
    let micros = (second * 1e6).round_ties_even();
    let fits = (0..=24).contains(&hour)
        && (0..=59).contains(&minute)
        && (0.0..=60.0).contains(&second)
        && !(hour == 24 && (minute > 0 || second > 0.0));
    match fits {
        true => Ok((hour * 60 + minute) * 60 * SECOND + micros as i64),
        false => {
            let shown = if (0.0..10.0).contains(&second) && second.fract() == 0.0 {
                format!("{second:02}")
            } else {
                format!("{second}")
            };
            let message = format!("time field value out of range: {hour}:{minute:02}:{shown}");
            Err(calendar::overflow(message))
        }
    }
}

fn float(value: &Value) -> Result<f64> {
    match value {
        Value::Float(v) => Ok(*v),
        _ => Err(unexpected()),
    }
}

fn make_date(_: &Call, values: &[Value]) -> Result<Option<Value>> {
    let [year, month, day] = ints(values)?;
    let days = checked_date(year, month, day)?;
    let out = || calendar::overflow(format!("date out of range: {year}-{month:02}-{day:02}"));
    calendar::date(days).map(|d| Some(Value::Date(d))).map_err(|_| out())
}

fn make_time(_: &Call, values: &[Value]) -> Result<Option<Value>> {
    let [hour, minute] = ints(&values[..2])?;
    Ok(Some(Value::Time(checked_clock(hour, minute, float(&values[2])?)?)))
}

fn made_local(values: &[Value]) -> Result<i64> {
    let [year, month, day, hour, minute] = ints(&values[..5])?;
    let second = float(&values[5])?;
    let days = checked_date(year, month, day)?;
    let clock = checked_clock(hour, minute, second)?;
    let at = days.checked_mul(DAY).and_then(|at| at.checked_add(clock));
    at.filter(|at| calendar::in_range(*at)).ok_or_else(|| {
        let shown = format!("{year}-{month:02}-{day:02} {hour}:{minute:02}:{second:02}");
        calendar::overflow(format!("timestamp out of range: {shown}"))
    })
}

fn make_timestamp(_: &Call, values: &[Value]) -> Result<Option<Value>> {
    Ok(Some(Value::Timestamp(made_local(values)?)))
}

fn make_timestamptz(call: &Call, values: &[Value]) -> Result<Option<Value>> {
    let local = made_local(values)?;
    let at = match values.get(6) {
        Some(Value::Text(name)) => {
            // A number counts to the east here.
            let zone = match name.starts_with(['+', '-']) {
                true => super::read::fixed_zone(name).ok_or_else(|| {
                    Error::invalid_parameter(format!(
                        "invalid input syntax for type numeric time zone: \"{name}\""
                    ))
                    .hint("Numeric time zones must have \"-\" or \"+\" as first character.")
                })?,
                false => named_zone(name)?,
            };
            calendar::instant(zone.to_instant(local))?
        }
        _ => to_instant(local, &call.setting)?,
    };
    Ok(Some(Value::Timestamptz(at)))
}

fn make_interval(_: &Call, values: &[Value]) -> Result<Option<Value>> {
    let [years, months, weeks, days, hours, minutes] = ints(&values[..6])?;
    let seconds = float(&values[6])?;
    let out = || calendar::overflow("interval out of range");
    if !seconds.is_finite() {
        return Err(out());
    }
    let micros = i128::from(hours) * i128::from(calendar::HOUR)
        + i128::from(minutes) * i128::from(calendar::MINUTE)
        + (seconds * 1e6).round_ties_even() as i128;
    let months = i128::from(years) * 12 + i128::from(months);
    let days = i128::from(weeks) * 7 + i128::from(days);
    super::casts::span_of(months, days, micros).map(|span| Some(Value::Interval(span)))
}

/// Seconds since 1970.
fn from_epoch(value: &Value) -> Result<Option<Value>> {
    let seconds = float(value)?;
    if seconds.is_nan() {
        return Err(calendar::overflow("timestamp cannot be NaN"));
    }
    if seconds.is_infinite() {
        let edge = if seconds > 0.0 { i64::MAX } else { i64::MIN };
        return Ok(Some(Value::Timestamptz(edge)));
    }
    let out = || calendar::overflow(format!("timestamp out of range: \"{}\"", short(seconds)));
    // By way of 2000, from which PostgreSQL counts, so that it rounds alike.
    let micros = ((seconds - 946_684_800.0) * 1e6).round_ties_even();
    if !(micros > -9.3e18 && micros < 9.2e18) {
        return Err(out());
    }
    let at = (micros as i64).checked_add(946_684_800 * SECOND);
    let at = at.filter(|at| calendar::in_range(*at)).ok_or_else(out)?;
    Ok(Some(Value::Timestamptz(at)))
}

/// As C's `%g` writes it.
fn short(v: f64) -> String {
    let text = format!("{v:.5e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trimmed = |s: &str| match s.contains('.') {
        true => s.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => s.to_owned(),
    };
    if (-4..6).contains(&exponent) {
        let digits = usize::try_from(5 - exponent).unwrap_or(0);
        return trimmed(&format!("{v:.digits$}"));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", trimmed(mantissa), exponent.abs())
}

fn texts(values: &[Value]) -> Result<(&str, &str)> {
    match values {
        [Value::Text(text), Value::Text(pattern)] => Ok((text, pattern)),
        _ => Err(unexpected()),
    }
}

fn to_timestamp(call: &Call, values: &[Value]) -> Result<Option<Value>> {
    let (text, pattern) = texts(values)?;
    let moment = read_pattern::read(text, pattern)?;
    let local = moment.days.checked_mul(DAY).and_then(|at| at.checked_add(moment.micros));
    let out = || calendar::overflow("timestamp out of range");
    let zone = moment.zone.unwrap_or(call.setting.zone);
    let at = zone.to_instant(local.ok_or_else(out)?);
    calendar::instant(at).map(|at| Some(Value::Timestamptz(at)))
}

fn to_date(_: &Call, values: &[Value]) -> Result<Option<Value>> {
    let (text, pattern) = texts(values)?;
    let moment = read_pattern::read(text, pattern)?;
    let out = || calendar::overflow(format!("date out of range: \"{text}\""));
    calendar::date(moment.days).map(|d| Some(Value::Date(d))).map_err(|_| out())
}

fn to_number(call: &Call, values: &[Value]) -> Result<Option<Value>> {
    let (text, pattern) = texts(values)?;
    if pattern.is_empty() {
        return Ok(None);
    }
    let found = call.number_pattern(pattern, |p| p.read(text))?;
    let wrong = || {
        let message = format!("invalid input syntax for type numeric: \"{}\"", found.digits);
        Error::new(crate::error::SqlState::INVALID_TEXT, message)
    };
    let whole = found.digits.trim_matches([' ', '+', '-']).split('.').next().unwrap_or_default();
    if whole.trim_start_matches('0').len() + found.scale > found.precision {
        let state = crate::error::SqlState::NUMERIC_OUT_OF_RANGE;
        return Err(Error::new(state, "numeric field overflow"));
    }
    let trimmed = found.digits.trim();
    let bare: String = trimmed.chars().filter(|c| *c != '.' && *c != '+').collect();
    let digits: i128 = bare.parse().map_err(|_| wrong())?;
    let scale = found.scale + found.shifted;
    let scale = u8::try_from(scale).map_err(|_| wrong())?;
    Ok(Some(Value::Decimal(digits, scale)))
}

fn to_char(call: &Call, values: &[Value]) -> Result<Option<Value>> {
    let Value::Text(pattern) = &values[1] else { return Err(unexpected()) };
    let text = match &values[0] {
        Value::Numeric(digits) => call.number_pattern(pattern, |p| p.decimal(digits)).map(Some)?,
        Value::Timestamp(at) => call.pattern(pattern, |p| p.timestamp(*at))?,
        Value::Timestamptz(at) => {
            call.pattern(pattern, |p| p.timestamptz(*at, call.setting.zone))?
        }
        Value::Interval(span) => call.pattern(pattern, |p| p.interval(*span))?,
        _ => return Err(unexpected()),
    };
    Ok(text.map(Value::Text))
}

fn whole_to_char(call: &Call, values: &[Value], narrow: bool) -> Result<Option<Value>> {
    let [Value::Int(n), Value::Text(pattern)] = values else { return Err(unexpected()) };
    Ok(Some(Value::Text(call.number_pattern(pattern, |p| p.integer(*n, narrow))?)))
}

fn float_to_char(call: &Call, values: &[Value], digits: usize) -> Result<Option<Value>> {
    let [Value::Float(v), Value::Text(pattern)] = values else { return Err(unexpected()) };
    Ok(Some(Value::Text(call.number_pattern(pattern, |p| p.float(*v, digits))?)))
}

/// The session's day and clock at an instant.
pub(super) fn reading(call: &Call, instant: i64) -> Result<Reading> {
    to_local(instant, &call.setting).map(Reading::of)
}
