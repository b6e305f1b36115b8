//! Dates, times and intervals as text, in PostgreSQL's ISO style.

use std::fmt::Write;

use super::calendar::{DAY, HOUR, MINUTE, Reading, SECOND, civil};
use super::span::Span;
use super::zone::Zone;

fn infinite(positive: bool) -> String {
    if positive { "infinity" } else { "-infinity" }.to_owned()
}

/// Days since 1970 as `2024-02-29`.
pub fn date(days: i32) -> String {
    if days == i32::MAX || days == i32::MIN {
        return infinite(days > 0);
    }
    let (year, month, day) = civil(i64::from(days));
    let (shown, era) = era(year);
    format!("{shown:04}-{month:02}-{day:02}{era}")
}

fn era(year: i64) -> (i64, &'static str) {
    if year > 0 { (year, "") } else { (1 - year, " BC") }
}

/// Microseconds since 1970 by the clock; seconds to the east where the zone is shown.
pub fn timestamp(local: i64, east: Option<i32>) -> String {
    if local == i64::MAX || local == i64::MIN {
        return infinite(local > 0);
    }
    let r = Reading::of(local);
    let (shown, era) = era(r.year);
    let clock = time(local.rem_euclid(DAY));
    let zone = east.map(offset).unwrap_or_default();
    format!("{shown:04}-{:02}-{:02} {clock}{zone}{era}", r.month, r.day)
}

pub fn timestamptz(instant: i64, zone: Zone) -> String {
    if instant == i64::MAX || instant == i64::MIN {
        return infinite(instant > 0);
    }
    let east = zone.offset(instant.div_euclid(SECOND));
    timestamp(instant.saturating_add(i64::from(east) * SECOND), Some(east))
}

/// Microseconds since midnight.
pub fn time(micros: i64) -> String {
    let (h, m, s) = (micros / HOUR, micros / MINUTE % 60, micros / SECOND % 60);
    format!("{h:02}:{m:02}:{s:02}{}", fraction(micros % SECOND))
}

pub fn timetz(micros: i64, east: i32) -> String {
    format!("{}{}", time(micros), offset(east))
}

fn fraction(micros: i64) -> String {
    match micros {
        0 => String::new(),
        micros => format!(".{micros:06}").trim_end_matches('0').to_owned(),
    }
}

/// `+02`, `+05:30`, `-04:56:02`.
fn offset(east: i32) -> String {
    let sign = if east < 0 { '-' } else { '+' };
    let east = east.unsigned_abs();
    let (h, m, s) = (east / 3_600, east / 60 % 60, east % 60);
    match (m, s) {
        (0, 0) => format!("{sign}{h:02}"),
        (m, 0) => format!("{sign}{h:02}:{m:02}"),
        (m, s) => format!("{sign}{h:02}:{m:02}:{s:02}"),
    }
}

/// `1 year 2 mons -3 days +04:05:06.7`: after a negative part a positive one shows its sign.
pub fn interval(span: Span) -> String {
    let mut out = String::new();
    let mut after_negative = false;
    let units = [(span.months / 12, "year"), (span.months % 12, "mon"), (span.days, "day")];
    for (value, unit) in units {
        if value == 0 {
            continue;
        }
        let space = if out.is_empty() { "" } else { " " };
        let plus = if after_negative && value > 0 { "+" } else { "" };
        let plural = if value == 1 { "" } else { "s" };
        let _ = write!(out, "{space}{plus}{value} {unit}{plural}");
        after_negative = value < 0;
    }
    if span.micros != 0 || out.is_empty() {
        let space = if out.is_empty() { "" } else { " " };
        let sign = match span.micros < 0 {
            true => "-",
            false if after_negative => "+",
            false => "",
        };
        let size = span.micros.unsigned_abs();
        let seconds = size / 1_000_000;
        let (h, m, s) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        let fraction = fraction((size % 1_000_000) as i64);
        let _ = write!(out, "{space}{sign}{h:02}:{m:02}:{s:02}{fraction}");
    }
    out
}
