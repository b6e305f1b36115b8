//! Dates, times and intervals that clients send as text, read as literals are.

use crate::error::Result;
use crate::functions::time::read::{self, Setting};
use crate::functions::time::read_span::{self, Fields};
use crate::functions::time::span::Span;
use crate::functions::time::values::pack;
use crate::wire::rows::Style;
use arrow::datatypes::IntervalMonthDayNano;

fn setting(style: &Style) -> Setting {
    Setting::of(style, chrono::Utc::now().timestamp_micros())
}

/// Days since 1970.
pub(super) fn date(text: &str, style: &Style) -> Result<i32> {
    read::date(text, &setting(style))
}

/// Microseconds since midnight.
pub(super) fn time(text: &str, style: &Style) -> Result<i64> {
    read::time(text, &setting(style))
}

/// Time and zone in one number.
pub(super) fn timetz(text: &str, style: &Style) -> Result<i64> {
    read::timetz(text, &setting(style)).map(|(micros, east)| pack(micros, east))
}

/// Microseconds since 1970 by the clock in the text.
pub(super) fn timestamp(text: &str, style: &Style) -> Result<i64> {
    read::timestamp(text, &setting(style))
}

/// Microseconds since 1970 in Greenwich.
pub(super) fn timestamptz(text: &str, style: &Style) -> Result<i64> {
    read::timestamptz(text, &setting(style))
}

pub(super) fn interval(text: &str, style: &Style) -> Result<IntervalMonthDayNano> {
    read_span::interval(text, Fields::default(), style.intervals)?.arrow()
}

/// Microseconds, days and months, as they go over the wire.
pub(super) fn interval_parts(micros: i64, days: i32, months: i32) -> Result<IntervalMonthDayNano> {
    Span::new(months, days, micros).arrow()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::rows::Zone;

    #[test]
    fn the_sessions_zone_counts() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let style = Style { zone: berlin, ..Style::default() };
        assert_eq!(timestamptz("1970-01-01 01:00", &style).unwrap(), 0);
        assert_eq!(timestamp("1970-01-01 00:00+05", &style).unwrap(), 0);
        assert_eq!(timestamptz("infinity", &style).unwrap(), i64::MAX);
        assert_eq!(date("0001-01-01 BC", &style).unwrap(), -719_528);
        assert_eq!(timestamp("soon", &style).unwrap_err().state.code(), "22007");
    }
}
