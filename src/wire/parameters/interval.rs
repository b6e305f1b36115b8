//! Intervals as text: PostgreSQL's style, verbose style, and ISO 8601 durations.

use arrow::datatypes::IntervalMonthDayNano;

use crate::catalog::types::SqlType;
use crate::error::{Error, Result, SqlState};

use super::moment::parse_fraction;
use super::reader::bad_text;

/// What PostgreSQL keeps of an interval.
#[derive(Default)]
struct Span {
    months: i64,
    days: i64,
    micros: i64,
}

pub(super) fn from_text(text: &str) -> Result<IntervalMonthDayNano> {
    let trimmed = text.trim();
    let span = match trimmed.strip_prefix(['P', 'p']) {
        Some(rest) => parse_iso(rest),
        None => parse_words(trimmed),
    };
    span.ok_or_else(|| bad_text(&SqlType::Interval, text))?.into_arrow()
}

/// Microseconds, days and months, as they go over the wire.
pub(super) fn from_parts(micros: i64, days: i32, months: i32) -> Result<IntervalMonthDayNano> {
    Span { months: months.into(), days: days.into(), micros }.into_arrow()
}

impl Span {
    fn into_arrow(self) -> Result<IntervalMonthDayNano> {
        let out_of_range = || Error::new(SqlState::DATETIME_OVERFLOW, "interval out of range");
        Ok(IntervalMonthDayNano::new(
            i32::try_from(self.months).map_err(|_| out_of_range())?,
            i32::try_from(self.days).map_err(|_| out_of_range())?,
            self.micros.checked_mul(1_000).ok_or_else(out_of_range)?,
        ))
    }

    /// Adds an amount of a unit, in the plural or not (of a lone `s` nothing is left). A part of a month becomes days of 30 to the month, a part of a day hours.
    fn add(&mut self, amount: &Amount, unit: &str) -> Option<()> {
        let unit = unit.to_ascii_lowercase();
        let months = match unit.trim_end_matches('s') {
            "millennium" | "millennia" | "mil" => 12_000,
            "century" | "centurie" | "c" | "cent" => 1_200,
            "decade" | "dec" => 120,
            "year" | "yr" | "y" => 12,
            "month" | "mon" => 1,
            _ => 0,
        };
        if months > 0 {
            let whole = amount.millionths.checked_mul(months)?;
            self.months = self.months.checked_add(whole / 1_000_000)?;
            return self.add_days((whole % 1_000_000).checked_mul(30)?);
        }
        match unit.trim_end_matches('s') {
            _ if unit == "ms" => self.add_micros(amount.millionths / 1_000),
            "week" | "w" => self.add_days(amount.millionths.checked_mul(7)?),
            "day" | "d" => self.add_days(amount.millionths),
            "hour" | "hr" | "h" => self.add_micros(amount.millionths.checked_mul(3_600)?),
            "minute" | "min" | "m" => self.add_micros(amount.millionths.checked_mul(60)?),
            "second" | "sec" | "" => self.add_micros(amount.millionths),
            "millisecond" | "msec" => self.add_micros(amount.millionths / 1_000),
            "microsecond" | "usec" | "u" => self.add_micros(amount.millionths / 1_000_000),
            _ => None,
        }
    }

    fn add_days(&mut self, millionths: i64) -> Option<()> {
        self.days = self.days.checked_add(millionths / 1_000_000)?;
        self.add_micros((millionths % 1_000_000).checked_mul(86_400)?)
    }

    fn add_micros(&mut self, micros: i64) -> Option<()> {
        self.micros = self.micros.checked_add(micros)?;
        Some(())
    }

    fn negate(&mut self) {
        (self.months, self.days, self.micros) = (-self.months, -self.days, -self.micros);
    }
}

/// A decimal number in millionths.
struct Amount {
    millionths: i64,
}

impl Amount {
    fn parse(text: &str) -> Option<Amount> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
        if whole.is_empty() && fraction.is_empty() || !whole.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let millionths = whole.checked_mul(1_000_000)?.checked_add(parse_fraction(fraction)?)?;
        Some(Amount { millionths: if negative { -millionths } else { millionths } })
    }
}

fn parse_words(text: &str) -> Option<Span> {
    let text = text.strip_prefix('@').unwrap_or(text);
    let mut words = text.split_ascii_whitespace().peekable();
    let (mut span, mut any) = (Span::default(), false);
    while let Some(word) = words.next() {
        if word.eq_ignore_ascii_case("ago") && any && words.peek().is_none() {
            span.negate();
            return Some(span);
        }
        any = true;
        if word.contains(':') {
            span.add_micros(parse_clock(word)?)?;
            continue;
        }
        let split = word.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(word.len());
        let (number, unit) = word.split_at(split);
        let amount = Amount::parse(number)?;
        let next_is_unit =
            words.peek().is_some_and(|next| next.starts_with(|c: char| c.is_ascii_alphabetic()));
        let unit = match unit {
            "" if next_is_unit && words.peek().is_some_and(|w| !w.eq_ignore_ascii_case("ago")) => {
                words.next()?
            }
            "" => "second",
            glued => glued,
        };
        span.add(&amount, unit)?;
    }
    any.then_some(span)
}

/// `04:05`, `-04:05:06.7`, `1000:00:00`.
fn parse_clock(text: &str) -> Option<i64> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut parts = rest.split(':');
    let number = |text: &str| -> Option<i64> {
        let fine = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if fine { text.parse().ok() } else { None }
    };
    let (hours, minutes) = (number(parts.next()?)?, number(parts.next()?)?);
    let (seconds, micros) = match parts.next() {
        None => (0, 0),
        Some(part) => {
            let (seconds, fraction) = part.split_once('.').unwrap_or((part, ""));
            (number(seconds)?, parse_fraction(fraction)?)
        }
    };
    if parts.next().is_some() || minutes > 59 || seconds > 60 {
        return None;
    }
    let total = hours
        .checked_mul(3_600)?
        .checked_add(minutes * 60 + seconds)?
        .checked_mul(1_000_000)?
        .checked_add(micros)?;
    Some(if negative { -total } else { total })
}

/// `1Y2M3DT4H5M6.7S` after the P.
fn parse_iso(text: &str) -> Option<Span> {
    let (mut span, mut in_time, mut any) = (Span::default(), false, false);
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(['T', 't']) {
            (rest, in_time) = (after, true);
            continue;
        }
        let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
        let amount = Amount::parse(&rest[..end])?;
        let unit = match (rest.as_bytes()[end].to_ascii_uppercase(), in_time) {
            (b'Y', false) => "year",
            (b'M', false) => "month",
            (b'W', false) => "week",
            (b'D', false) => "day",
            (b'H', true) => "hour",
            (b'M', true) => "minute",
            (b'S', true) => "second",
            _ => return None,
        };
        span.add(&amount, unit)?;
        any = true;
        rest = &rest[end + 1..];
    }
    any.then_some(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (i32, i32, i64) {
        let value = from_text(text).unwrap();
        (value.months, value.days, value.nanoseconds / 1_000)
    }

    #[test]
    fn every_style_is_read() {
        let want = (14, -3, 14_706_700_000);
        assert_eq!(read("1 year 2 mons -3 days +04:05:06.7"), want);
        assert_eq!(read("1y 2mon -3d 4h 5m 6.7s"), want);
        assert_eq!(read("P1Y2M-3DT4H5M6.7S"), want);
        assert_eq!(read("@ 1 day ago"), (0, -1, 0));
        assert_eq!(read("1.5 months"), (1, 15, 0));
        assert_eq!(read("1.5 days"), (0, 1, 43_200_000_000));
        assert_eq!(read("90"), (0, 0, 90_000_000));
        assert_eq!(read("250 ms"), (0, 0, 250_000));
        assert_eq!(read("2 weeks"), (0, 14, 0));
    }

    #[test]
    fn what_is_no_interval_is_refused() {
        for bad in ["", "x", "1 parsec", "P", "PT1Y", "1:99", "ago", "--1 day", "P1"] {
            assert!(from_text(bad).is_err(), "{bad}");
        }
        assert_eq!(from_text("300000000 years").unwrap_err().state.code(), "22008");
    }
}
