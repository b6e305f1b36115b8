//! Intervals in PostgreSQL's own style: `1 year 2 mons -3 days 04:05:06.7`.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::*;

use crate::error::{Error, Result, SqlState};
use crate::functions::style::IntervalForm;
use crate::functions::time::show;
use crate::functions::time::span::Span;

use super::put::{Put, put_fraction, put_integer, put_two};
use super::style::{Format, Style};

pub(super) fn interval(array: &ArrayRef, format: Format, style: &Style) -> Option<Put> {
    let style = *style;
    macro_rules! from {
        ($type:ty, $span:expr) => {{
            let values = array.as_primitive::<$type>().values().clone();
            put_spans(move |row| $span(values[row]), format, style)
        }};
    }
    Some(match array.data_type() {
        DataType::Interval(IntervalUnit::YearMonth) => {
            from!(IntervalYearMonthType, |months| Ok(Span { months, days: 0, micros: 0 }))
        }
        DataType::Interval(IntervalUnit::DayTime) => {
            from!(IntervalDayTimeType, |v: IntervalDayTime| Ok(Span {
                months: 0,
                days: v.days,
                micros: i64::from(v.milliseconds) * 1_000,
            }))
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            from!(IntervalMonthDayNanoType, |v: IntervalMonthDayNano| Ok(Span {
                months: v.months,
                days: v.days,
                micros: v.nanoseconds / 1_000,
            }))
        }
        DataType::Duration(TimeUnit::Second) => {
            from!(DurationSecondType, |v| duration(v, 1_000_000))
        }
        DataType::Duration(TimeUnit::Millisecond) => {
            from!(DurationMillisecondType, |v| duration(v, 1_000))
        }
        DataType::Duration(TimeUnit::Microsecond) => {
            from!(DurationMicrosecondType, |v| duration(v, 1))
        }
        DataType::Duration(TimeUnit::Nanosecond) => {
            from!(DurationNanosecondType, |v: i64| duration(v / 1_000, 1))
        }
        _ => return None,
    })
}

fn duration(value: i64, micros: i64) -> Result<Span> {
    let micros = value
        .checked_mul(micros)
        .ok_or_else(|| Error::new(SqlState::DATETIME_OVERFLOW, "interval out of range"))?;
    Ok(Span { months: 0, days: 0, micros })
}

fn put_spans(
    span: impl Fn(usize) -> Result<Span> + Send + 'static,
    format: Format,
    style: Style,
) -> Put {
    match format {
        Format::Text if style.intervals != IntervalForm::Postgres => Box::new(move |row, out| {
            out.extend_from_slice(show::interval(span(row)?, &style).as_bytes());
            Ok(())
        }),
        Format::Text => Box::new(move |row, out| {
            put_span(out, span(row)?);
            Ok(())
        }),
        Format::Binary => Box::new(move |row, out| {
            let span = span(row)?;
            out.extend_from_slice(&span.micros.to_be_bytes());
            out.extend_from_slice(&span.days.to_be_bytes());
            out.extend_from_slice(&span.months.to_be_bytes());
            Ok(())
        }),
    }
}

fn put_span(out: &mut Vec<u8>, span: Span) {
    let start = out.len();
    // After a negative part, a positive one shows its sign.
    let mut after_negative = false;
    for (value, unit) in
        [(span.months / 12, " year"), (span.months % 12, " mon"), (span.days, " day")]
    {
        if value == 0 {
            continue;
        }
        if out.len() > start {
            out.push(b' ');
        }
        if after_negative && value > 0 {
            out.push(b'+');
        }
        put_integer(out, i64::from(value));
        out.extend_from_slice(unit.as_bytes());
        if value != 1 {
            out.push(b's');
        }
        after_negative = value < 0;
    }
    let empty = out.len() == start;
    if span.micros == 0 && !empty {
        return;
    }
    if !empty {
        out.push(b' ');
    }
    if span.micros < 0 {
        out.push(b'-');
    } else if after_negative {
        out.push(b'+');
    }
    put_clock(out, span.micros.unsigned_abs());
}

fn put_clock(out: &mut Vec<u8>, micros: u64) {
    let seconds = micros / 1_000_000;
    let hours = seconds / 3600;
    if hours < 100 {
        put_two(out, hours as u32);
    } else {
        put_integer(out, hours as i64);
    }
    out.push(b':');
    put_two(out, (seconds / 60 % 60) as u32);
    out.push(b':');
    put_two(out, (seconds % 60) as u32);
    put_fraction(out, (micros % 1_000_000) as u32);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(months: i32, days: i32, micros: i64) -> String {
        let mut out = Vec::new();
        put_span(&mut out, Span { months, days, micros });
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn signs_and_plurals_are_postgres_own() {
        let clock = 14_706_700_000;
        assert_eq!(shown(14, -3, clock), "1 year 2 mons -3 days +04:05:06.7");
        assert_eq!(shown(-14, 3, -clock), "-1 years -2 mons +3 days -04:05:06.7");
        assert_eq!(shown(-10, 0, 0), "-10 mons");
        assert_eq!(shown(1, -1, 0), "1 mon -1 days");
        assert_eq!(shown(0, -1, 1_000_000), "-1 days +00:00:01");
        assert_eq!(shown(0, 0, 0), "00:00:00");
        assert_eq!(shown(0, 1, -1), "1 day -00:00:00.000001");
        assert_eq!(shown(0, 0, 360_000_000_000 * 10), "1000:00:00");
        shown(i32::MIN, i32::MIN, i64::MIN);
    }
}
