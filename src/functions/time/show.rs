//! Dates, times and intervals as text, in the forms that DateStyle and IntervalStyle name.

use std::fmt::Write;

use super::calendar::{DAY, HOUR, MINUTE, Reading, SECOND, civil};
use super::read::Order;
use super::span::Span;
use crate::functions::style::{DateForm, IntervalForm, Style};

fn infinite(positive: bool) -> String {
    if positive { "infinity" } else { "-infinity" }.to_owned()
}

/// Days since 1970 as `2024-02-29`, `02/29/2024`, `29.02.2024`.
pub fn date(days: i32, style: &Style) -> String {
    if days == i32::MAX || days == i32::MIN {
        return infinite(days > 0);
    }
    let (year, month, day) = civil(i64::from(days));
    let (shown, era) = era(year);
    let day_first = style.order == Order::DayFirst;
    let (first, second) = if day_first { (day, month) } else { (month, day) };
    match style.dates {
        DateForm::Iso => format!("{shown:04}-{month:02}-{day:02}{era}"),
        DateForm::Sql => format!("{first:02}/{second:02}/{shown:04}{era}"),
        DateForm::Postgres => format!("{first:02}-{second:02}-{shown:04}{era}"),
        DateForm::German => format!("{day:02}.{month:02}.{shown:04}{era}"),
    }
}

fn era(year: i64) -> (i64, &'static str) {
    if year > 0 { (year, "") } else { (1 - year, " BC") }
}

/// Microseconds since 1970 by the clock.
pub fn timestamp(local: i64, style: &Style) -> String {
    moment(local, None, style)
}

pub fn timestamptz(instant: i64, style: &Style) -> String {
    if instant == i64::MAX || instant == i64::MIN {
        return infinite(instant > 0);
    }
    let seconds = instant.div_euclid(SECOND);
    let east = style.zone.offset(seconds);
    let local = instant.saturating_add(i64::from(east) * SECOND);
    // Outside of ISO a zone goes by its abbreviation.
    let zone = match style.dates {
        DateForm::Iso => offset(east),
        DateForm::Sql | DateForm::German => match style.zone.abbreviation(seconds) {
            Some(name) => format!(" {name}"),
            None => format!(" {}", offset(east)),
        },
        DateForm::Postgres => {
            format!(" {}", style.zone.abbreviation(seconds).unwrap_or_else(|| offset(east)))
        }
    };
    moment(local, Some(&zone), style)
}

fn moment(local: i64, zone: Option<&str>, style: &Style) -> String {
    if local == i64::MAX || local == i64::MIN {
        return infinite(local > 0);
    }
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    // 1970 began with a Thursday.
    const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let zone = zone.unwrap_or_default();
    let r = Reading::of(local);
    let (shown, era) = era(r.year);
    let clock = time(local.rem_euclid(DAY));
    let day = local.div_euclid(DAY);
    if style.dates != DateForm::Postgres {
        let date = date(i32::try_from(day).unwrap_or_default(), style);
        let date = date.strip_suffix(era).unwrap_or(&date);
        return format!("{date} {clock}{zone}{era}");
    }
    let month = MONTHS[(r.month as usize + 11) % 12];
    let weekday = WEEKDAYS[day.rem_euclid(7) as usize];
    match style.order == Order::DayFirst {
        true => format!("{weekday} {:02} {month} {clock} {shown:04}{zone}{era}", r.day),
        false => format!("{weekday} {month} {:02} {clock} {shown:04}{zone}{era}", r.day),
    }
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

pub fn interval(span: Span, style: &Style) -> String {
    match style.intervals {
        IntervalForm::Postgres => plain(span),
        IntervalForm::Verbose => verbose(&Parts::of(span)),
        IntervalForm::Sql => standard(&Parts::of(span)),
        IntervalForm::Iso => iso(&Parts::of(span)),
    }
}

/// An interval taken apart; the parts of its time have one sign.
struct Parts {
    years: i64,
    months: i64,
    days: i64,
    hours: i64,
    minutes: i64,
    seconds: i64,
    micros: i64,
}

impl Parts {
    fn of(span: Span) -> Parts {
        Parts {
            years: i64::from(span.months / 12),
            months: i64::from(span.months % 12),
            days: i64::from(span.days),
            hours: span.micros / HOUR,
            minutes: span.micros / MINUTE % 60,
            seconds: span.micros / SECOND % 60,
            micros: span.micros % SECOND,
        }
    }

    fn all(&self) -> [i64; 7] {
        let Parts { years, months, days, hours, minutes, seconds, micros } = *self;
        [years, months, days, hours, minutes, seconds, micros]
    }

    fn second_digits(&self) -> String {
        format!("{}{}", self.seconds.abs(), fraction(self.micros.abs()))
    }

    /// `4:05:06.7` without its sign.
    fn clock(&self) -> String {
        let (h, m, s) = (self.hours.abs(), self.minutes.abs(), self.seconds.abs());
        format!("{h}:{m:02}:{s:02}{}", fraction(self.micros.abs()))
    }
}

/// `1 year 2 mons -3 days +04:05:06.7`: after a negative part a positive one shows its sign.
fn plain(span: Span) -> String {
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

/// `@ 1 year 2 mons -3 days 4 hours ago`: the sign of the first part is that of `ago`.
fn verbose(parts: &Parts) -> String {
    let mut out = "@".to_owned();
    let mut ago = None;
    let units = [
        (parts.years, "year"),
        (parts.months, "mon"),
        (parts.days, "day"),
        (parts.hours, "hour"),
        (parts.minutes, "min"),
    ];
    for (value, unit) in units.into_iter().filter(|(value, _)| *value != 0) {
        let before = *ago.get_or_insert(value < 0);
        let value = if before { -value } else { value };
        let plural = if value == 1 { "" } else { "s" };
        let _ = write!(out, " {value} {unit}{plural}");
    }
    if (parts.seconds, parts.micros) != (0, 0) {
        let negative = parts.seconds < 0 || parts.micros < 0;
        let sign = if negative == *ago.get_or_insert(negative) { "" } else { "-" };
        let one = parts.seconds.abs() == 1 && parts.micros == 0;
        let plural = if one { "" } else { "s" };
        let _ = write!(out, " {sign}{} sec{plural}", parts.second_digits());
    }
    match ago {
        None => out.push_str(" 0"),
        Some(true) => out.push_str(" ago"),
        Some(false) => {}
    }
    out
}

/// `1-2`, `3 4:05:06`; where SQL has no form for it `+1-2 -3 +4:05:06`.
fn standard(parts: &Parts) -> String {
    let all = parts.all();
    let (negative, positive) = (all.iter().any(|p| *p < 0), all.iter().any(|p| *p > 0));
    let months = parts.years != 0 || parts.months != 0;
    let rest = all[2..].iter().any(|p| *p != 0);
    let Parts { years, months: of_year, days, .. } = *parts;
    let (y, m, d) = (years.abs(), of_year.abs(), days.abs());
    let clock = parts.clock();
    if !negative && !positive {
        return "0".to_owned();
    }
    if negative && positive || months && rest {
        let sign = |parts: &[i64]| if parts.iter().any(|p| *p < 0) { '-' } else { '+' };
        let (of_months, of_days, of_clock) = (sign(&all[..2]), sign(&all[2..3]), sign(&all[3..]));
        return format!("{of_months}{y}-{m} {of_days}{d} {of_clock}{clock}");
    }
    let sign = if negative { "-" } else { "" };
    match () {
        () if months => format!("{sign}{y}-{m}"),
        () if days != 0 => format!("{sign}{d} {clock}"),
        () => format!("{sign}{clock}"),
    }
}

/// `P1Y2M-3DT4H5M6.7S`.
fn iso(parts: &Parts) -> String {
    if parts.all().iter().all(|part| *part == 0) {
        return "PT0S".to_owned();
    }
    let mut out = "P".to_owned();
    let put = |value: i64, letter: char, out: &mut String| {
        if value != 0 {
            let _ = write!(out, "{value}{letter}");
        }
    };
    put(parts.years, 'Y', &mut out);
    put(parts.months, 'M', &mut out);
    put(parts.days, 'D', &mut out);
    if parts.all()[3..].iter().any(|part| *part != 0) {
        out.push('T');
    }
    put(parts.hours, 'H', &mut out);
    put(parts.minutes, 'M', &mut out);
    if (parts.seconds, parts.micros) != (0, 0) {
        let sign = if parts.seconds < 0 || parts.micros < 0 { "-" } else { "" };
        let _ = write!(out, "{sign}{}S", parts.second_digits());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(span: Span, intervals: IntervalForm) -> String {
        interval(span, &Style { intervals, ..Style::default() })
    }

    #[test]
    fn intervals_have_four_forms() {
        let mixed = Span::new(14, -3, 14_706_700_000);
        assert_eq!(shown(mixed, IntervalForm::Postgres), "1 year 2 mons -3 days +04:05:06.7");
        assert_eq!(
            shown(mixed, IntervalForm::Verbose),
            "@ 1 year 2 mons -3 days 4 hours 5 mins 6.7 secs"
        );
        assert_eq!(shown(mixed, IntervalForm::Sql), "+1-2 -3 +4:05:06.7");
        assert_eq!(shown(mixed, IntervalForm::Iso), "P1Y2M-3DT4H5M6.7S");
        let nothing = Span::default();
        assert_eq!(shown(nothing, IntervalForm::Verbose), "@ 0");
        assert_eq!(shown(nothing, IntervalForm::Iso), "PT0S");
        let ago = Span::new(0, -1, -1_000_000);
        assert_eq!(shown(ago, IntervalForm::Verbose), "@ 1 day 1 sec ago");
        assert_eq!(shown(ago, IntervalForm::Sql), "-1 0:00:01");
    }
}
