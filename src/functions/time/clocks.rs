//! What time it is: when the transaction began, when the statement did, and now.

use datafusion::logical_expr::Volatility;

use super::calendar::{self, DAY, SECOND};
use super::calls::reading;
use super::function::{Body, Call, Function, Gives, Overload};
use super::kinds::Kind::{self, *};
use super::show_pattern::Pattern;
use super::span::rounded;
use super::values::{Value, to_local};
use crate::error::{Error, Result};

const fn gives(takes: &'static [Kind], gives: Kind, body: Body) -> Overload {
    Overload { takes, gives: Gives::Kind(gives), body }
}

const fn clock(
    name: &'static str,
    volatility: Volatility,
    overloads: &'static [Overload],
) -> Function {
    Function { name, operator: None, volatility, overloads }
}

const STABLE: Volatility = Volatility::Stable;

pub(super) static CLOCKS: &[Function] = &[
    clock("now", STABLE, &[gives(&[], Timestamptz, begun)]),
    clock("transaction_timestamp", STABLE, &[gives(&[], Timestamptz, begun)]),
    clock(
        "statement_timestamp",
        STABLE,
        &[gives(&[], Timestamptz, |call, _| Ok(Some(Value::Timestamptz(call.statement_started))))],
    ),
    clock(
        "clock_timestamp",
        Volatility::Volatile,
        &[gives(&[], Timestamptz, |_, _| Ok(Some(Value::Timestamptz(wall_clock()))))],
    ),
    clock(
        "timeofday",
        Volatility::Volatile,
        &[gives(&[], Text, |call, _| {
            let now = wall_clock();
            let pattern = Pattern::new("Dy Mon DD HH24:MI:SS.US YYYY TZ");
            let shown = pattern.timestamptz(now, call.setting.zone)?;
            Ok(shown.map(Value::Text))
        })],
    ),
    clock(
        "current_timestamp",
        STABLE,
        &[gives(&[], Timestamptz, begun), gives(&[Int4], Timestamptz, begun)],
    ),
    clock(
        "localtimestamp",
        STABLE,
        &[gives(&[], Timestamp, local), gives(&[Int4], Timestamp, local)],
    ),
    clock(
        "current_date",
        STABLE,
        &[gives(&[], Date, |call, _| {
            let day = reading(call, call.setting.now)?.days();
            calendar::date(day).map(|d| Some(Value::Date(d)))
        })],
    ),
    clock(
        "current_time",
        STABLE,
        &[
            gives(&[], Timetz, |call, v| time(call, v, true)),
            gives(&[Int4], Timetz, |call, v| time(call, v, true)),
        ],
    ),
    clock(
        "localtime",
        STABLE,
        &[
            gives(&[], Time, |call, v| time(call, v, false)),
            gives(&[Int4], Time, |call, v| time(call, v, false)),
        ],
    ),
];

fn wall_clock() -> i64 {
    chrono::Utc::now().timestamp_micros()
}

fn digits(values: &[Value]) -> Result<u32> {
    match values {
        [] => Ok(6),
        [Value::Int(n)] => Ok(u32::try_from(*n).unwrap_or(0).min(6)),
        _ => Err(Error::internal("a clock's arguments")),
    }
}

fn begun(call: &Call, values: &[Value]) -> Result<Option<Value>> {
    Ok(Some(Value::Timestamptz(rounded(call.setting.now, digits(values)?))))
}

fn local(call: &Call, values: &[Value]) -> Result<Option<Value>> {
    let at = to_local(call.setting.now, &call.setting)?;
    Ok(Some(Value::Timestamp(rounded(at, digits(values)?))))
}

fn time(call: &Call, values: &[Value], with_zone: bool) -> Result<Option<Value>> {
    let now = call.setting.now;
    let at = to_local(now, &call.setting)?;
    let micros = rounded(at.rem_euclid(DAY), digits(values)?);
    Ok(Some(match with_zone {
        true => Value::Timetz(micros, ((at - now) / SECOND) as i32),
        false => Value::Time(micros),
    }))
}
