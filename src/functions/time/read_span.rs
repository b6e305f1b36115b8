//! Intervals as people and programs write them: PostgreSQL's words, SQL's `1-2 3 04:05:06`, ISO 8601's `P1Y2M`.

use super::calendar::{DAY, HOUR, MINUTE, SECOND};
use super::read::clock_fields;
use super::span::Span;
use super::words::{Looks, Unit, Wrong, fields, unit};
use crate::error::Result;
use crate::functions::style::IntervalForm;

/// What `INTERVAL '…' DAY TO SECOND` says: the units allowed, the last of which counts where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Fields {
    pub first: Option<Unit>,
    pub last: Option<Unit>,
    pub precision: Option<u32>,
}

/// An interval within these fields.
pub fn interval(text: &str, within: Fields, form: IntervalForm) -> Result<Span> {
    let error = |w: Wrong| w.error("interval", text);
    if let Some(unsigned) =
        text.trim_start().strip_prefix('-').filter(|_| form == IntervalForm::Sql)
        && fields(unsigned).is_ok_and(|all| !all.iter().any(|f| f.text.starts_with(['+', '-'])))
        && let Ok(parts) = words(unsigned, within)
    {
        // One sign in front is that of all parts, as in SQL.
        let span = parts.span().and_then(|span| span.negated().map_err(|_| Wrong::Overflow));
        return span.map_err(error).map(|span| cut(span, within));
    }
    let parts = match words(text, within) {
        Err(Wrong::Format) => iso(text),
        other => other,
    };
    let span = parts
        .map_err(error)?
        .span()
        .map_err(|_| super::calendar::overflow("interval out of range"))?;
    Ok(cut(span, within))
}

/// What the fields leave of an interval.
pub fn cut(span: Span, within: Fields) -> Span {
    let span = match within.last.or(within.first) {
        None => span,
        Some(Unit::Year) => Span::new(span.months / 12 * 12, 0, 0),
        Some(Unit::Month) => Span::new(span.months, 0, 0),
        Some(Unit::Day) => Span { micros: 0, ..span },
        Some(Unit::Hour) => Span { micros: span.micros / HOUR * HOUR, ..span },
        Some(Unit::Minute) => Span { micros: span.micros / MINUTE * MINUTE, ..span },
        Some(_) => span,
    };
    within.precision.map_or(span, |precision| span.rounded(precision))
}

/// Sums of the parts, in more bits than they may have.
#[derive(Default)]
struct Parts {
    months: i64,
    days: i64,
    micros: i64,
}

impl Parts {
    fn span(self) -> std::result::Result<Span, Wrong> {
        let (months, days) = (i32::try_from(self.months), i32::try_from(self.days));
        match (months, days) {
            (Ok(months), Ok(days)) => Ok(Span::new(months, days, self.micros)),
            _ => Err(Wrong::Overflow),
        }
    }

    fn negate(&mut self) {
        (self.months, self.days) = (-self.months, -self.days);
        self.micros = self.micros.wrapping_neg();
    }

    fn add(&mut self, value: i64, part: f64, unit: Unit) -> std::result::Result<(), Wrong> {
        match unit {
            Unit::Microsecond => self.time(value, part, 1),
            Unit::Millisecond => self.time(value, part, 1_000),
            Unit::Second => self.time(value, part, SECOND),
            Unit::Minute => self.time(value, part, MINUTE),
            Unit::Hour => self.time(value, part, HOUR),
            Unit::Day => self.days(value, part, 1),
            Unit::Week => self.days(value, part, 7),
            Unit::Month => {
                self.months = sum32(self.months, Some(value))?;
                self.days(0, part * 30.0, 1)
            }
            Unit::Year => self.years(value, part, 1),
            Unit::Decade => self.years(value, part, 10),
            Unit::Century => self.years(value, part, 100),
            Unit::Millennium => self.years(value, part, 1_000),
            _ => Err(Wrong::Format),
        }
    }

    fn years(&mut self, value: i64, part: f64, size: i64) -> std::result::Result<(), Wrong> {
        let years = value.checked_mul(size).filter(|n| i32::try_from(*n).is_ok());
        self.months = sum(self.months, years.ok_or(Wrong::Overflow)?.checked_mul(12))?;
        let months = (part * size as f64 * 12.0).round_ties_even() as i64;
        self.months = sum(self.months, Some(months))?;
        Ok(())
    }

    fn days(&mut self, value: i64, part: f64, size: i64) -> std::result::Result<(), Wrong> {
        self.days = sum32(self.days, value.checked_mul(size))?;
        let part = part * size as f64;
        self.days = sum32(self.days, Some(part.trunc() as i64))?;
        self.fraction(part.fract(), DAY)
    }

    fn time(&mut self, value: i64, part: f64, size: i64) -> std::result::Result<(), Wrong> {
        self.micros = sum(self.micros, value.checked_mul(size))?;
        self.fraction(part, size)
    }

    fn fraction(&mut self, part: f64, size: i64) -> std::result::Result<(), Wrong> {
        if part == 0.0 {
            return Ok(());
        }
        let part = part * size as f64;
        let mut micros = part.trunc() as i64;
        if part.fract() > 0.5 {
            micros += 1;
        } else if part.fract() < -0.5 {
            micros -= 1;
        }
        self.micros = sum(self.micros, Some(micros))?;
        Ok(())
    }
}

fn sum(a: i64, b: Option<i64>) -> std::result::Result<i64, Wrong> {
    b.and_then(|b| a.checked_add(b)).ok_or(Wrong::Overflow)
}

fn sum32(a: i64, b: Option<i64>) -> std::result::Result<i64, Wrong> {
    let all = sum(a, b)?;
    i32::try_from(all).map(i64::from).map_err(|_| Wrong::Overflow)
}

/// Whether a unit was met before; seconds and their parts may come together unless they have fractions.
#[derive(Default)]
struct Seen(Vec<Unit>);

impl Seen {
    fn take(&mut self, unit: Unit, whole: bool) -> std::result::Result<(), Wrong> {
        let parts = [Unit::Second, Unit::Millisecond, Unit::Microsecond];
        let all: &[Unit] = match unit {
            Unit::Second if !whole => &parts,
            _ => &[unit],
        };
        if all.iter().any(|u| self.0.contains(u)) {
            return Err(Wrong::Format);
        }
        self.0.extend(all);
        Ok(())
    }
}

/// Read from right to left: a unit stands behind its number.
fn words(text: &str, within: Fields) -> std::result::Result<Parts, Wrong> {
    let all = fields(text)?;
    let (mut parts, mut seen) = (Parts::default(), Seen::default());
    let (mut current, mut unit_waits, mut ago) = (None, false, false);
    for field in all.iter().rev() {
        let text = field.text.as_str();
        match field.looks {
            Looks::Time => {
                let micros = clock(text, within)?;
                parts.micros = sum(parts.micros, Some(micros))?;
                [Unit::Hour, Unit::Minute].iter().try_for_each(|u| seen.take(*u, true))?;
                seen.take(Unit::Second, false)?;
                (current, unit_waits) = (Some(Unit::Day), false);
            }
            Looks::Signed if text.contains(':') && clock(&text[1..], within).is_ok() => {
                let micros = clock(&text[1..], within)?;
                let micros = if text.starts_with('-') { -micros } else { micros };
                parts.micros = sum(parts.micros, Some(micros))?;
                [Unit::Hour, Unit::Minute].iter().try_for_each(|u| seen.take(*u, true))?;
                seen.take(Unit::Second, false)?;
                (current, unit_waits) = (Some(Unit::Day), false);
            }
            Looks::Signed | Looks::Date | Looks::Number => {
                let mut unit =
                    current.unwrap_or(within.last.or(within.first).unwrap_or(Unit::Second));
                let (value, part, months) = amount(text)?;
                if months {
                    unit = Unit::Month;
                }
                parts.add(value, part, unit)?;
                seen.take(unit, part == 0.0)?;
                current = Some(if unit == Unit::Hour { Unit::Day } else { unit });
                unit_waits = false;
            }
            Looks::Word | Looks::SignedWord => {
                if unit_waits {
                    return Err(Wrong::Format);
                }
                if text == "ago" {
                    ago = true;
                    continue;
                }
                current = Some(unit(text).ok_or(Wrong::Format)?);
                unit_waits = true;
            }
        }
    }
    if seen.0.is_empty() || unit_waits {
        return Err(Wrong::Format);
    }
    if ago {
        parts.negate();
    }
    Ok(parts)
}

/// A number with its fraction; whether it is `years-months`.
fn amount(text: &str) -> std::result::Result<(i64, f64, bool), Wrong> {
    let negative = text.starts_with('-');
    let digits_at = usize::from(text.starts_with(['+', '-']));
    let end = text[digits_at..]
        .find(|c: char| !c.is_ascii_digit())
        .map_or(text.len(), |at| at + digits_at);
    let digits = &text[digits_at..end];
    let value: i64 = match digits {
        "" => 0,
        digits => {
            let signed = format!("{}{digits}", if negative { "-" } else { "" });
            signed.parse().map_err(|_| Wrong::Overflow)?
        }
    };
    let rest = &text[end..];
    if rest.is_empty() {
        return Ok((value, 0.0, false));
    }
    if let Some(months) = rest.strip_prefix('-') {
        if months.is_empty() || !months.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Wrong::Format);
        }
        let months: i64 = months.parse().map_err(|_| Wrong::Overflow)?;
        if months >= 12 {
            return Err(Wrong::Overflow);
        }
        let months = if negative { -months } else { months };
        let years = value.checked_mul(12).and_then(|y| y.checked_add(months));
        return Ok((years.ok_or(Wrong::Overflow)?, 0.0, true));
    }
    let part = rest.strip_prefix('.').ok_or(Wrong::Format)?;
    if !part.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Wrong::Format);
    }
    let part: f64 = format!("0.{part}0").parse().map_err(|_| Wrong::Format)?;
    Ok((value, if negative { -part } else { part }, false))
}

fn clock(text: &str, within: Fields) -> std::result::Result<i64, Wrong> {
    let minutes_first = within.first == Some(Unit::Minute) && within.last == Some(Unit::Second);
    let (hour, minute, second, micros) = clock_fields(text, minutes_first)?;
    let rest = i64::from(minute) * MINUTE + i64::from(second) * SECOND + i64::from(micros);
    sum(rest, hour.checked_mul(HOUR))
}

/// `P1Y2M3DT4H5M6.7S`, `P0001-02-03T04:05:06`.
fn iso(text: &str) -> std::result::Result<Parts, Wrong> {
    let mut rest = text.strip_prefix('P').filter(|rest| !rest.is_empty()).ok_or(Wrong::Format)?;
    let (mut parts, mut in_time, mut has_field) = (Parts::default(), false, false);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('T') {
            (rest, in_time, has_field) = (after, true, false);
            continue;
        }
        let end = number_end(rest).ok_or(Wrong::Format)?;
        let (value, part) = iso_number(&rest[..end])?;
        let digits = rest[..end].bytes().filter(u8::is_ascii_digit).count();
        let letter = rest[end..].chars().next();
        let unit = match (letter, in_time) {
            (Some('Y'), false) => Unit::Year,
            (Some('M'), false) => Unit::Month,
            (Some('W'), false) => Unit::Week,
            (Some('D'), false) => Unit::Day,
            (Some('H'), true) => Unit::Hour,
            (Some('M'), true) => Unit::Minute,
            (Some('S'), true) => Unit::Second,
            (None | Some('T'), false) if digits == 8 && !has_field => {
                parts.add(value / 10_000, 0.0, Unit::Year)?;
                parts.add(value / 100 % 100, 0.0, Unit::Month)?;
                parts.add(value % 100, part, Unit::Day)?;
                rest = &rest[end..];
                continue;
            }
            (None, true) if digits == 6 && !has_field => {
                parts.add(value / 10_000, 0.0, Unit::Hour)?;
                parts.add(value / 100 % 100, 0.0, Unit::Minute)?;
                parts.add(value % 100, part, Unit::Second)?;
                return Ok(parts);
            }
            (None | Some('T' | '-'), false) if !has_field => {
                rest = alternative(rest, '-', &[Unit::Year, Unit::Month, Unit::Day], &mut parts)?;
                continue;
            }
            (None | Some(':'), true) if !has_field => {
                let units = [Unit::Hour, Unit::Minute, Unit::Second];
                rest = alternative(rest, ':', &units, &mut parts)?;
                if !rest.is_empty() {
                    return Err(Wrong::Format);
                }
                continue;
            }
            _ => return Err(Wrong::Format),
        };
        parts.add(value, part, unit)?;
        has_field = true;
        rest = &rest[end + 1..];
    }
    Ok(parts)
}

fn number_end(text: &str) -> Option<usize> {
    let sign = usize::from(text.starts_with(['+', '-']));
    let digits = text[sign..].find(|c: char| !c.is_ascii_digit() && c != '.');
    let end = digits.map_or(text.len(), |at| at + sign);
    (end > sign).then_some(end)
}

fn iso_number(text: &str) -> std::result::Result<(i64, f64), Wrong> {
    let (value, part, months) = amount(text)?;
    match months {
        true => Err(Wrong::Format),
        false => Ok((value, part)),
    }
}

/// Numbers between delimiters up to the end or `T`.
fn alternative<'t>(
    text: &'t str,
    delimiter: char,
    units: &[Unit],
    parts: &mut Parts,
) -> std::result::Result<&'t str, Wrong> {
    let mut rest = text;
    for (i, unit) in units.iter().enumerate() {
        let end = number_end(rest).ok_or(Wrong::Format)?;
        let (value, part) = iso_number(&rest[..end])?;
        parts.add(value, part, *unit)?;
        rest = &rest[end..];
        if rest.is_empty() || rest.starts_with('T') {
            return Ok(rest);
        }
        if i + 1 == units.len() {
            break;
        }
        rest = rest.strip_prefix(delimiter).ok_or(Wrong::Format)?;
    }
    Err(Wrong::Format)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, months: i32, days: i32, micros: i64) {
        let found = interval(text, Fields::default(), IntervalForm::default());
        assert_eq!(found.expect(text), Span::new(months, days, micros), "{text}");
    }

    #[test]
    fn every_style_is_read() {
        for text in [
            "1 year 2 mons -3 days +04:05:06.7",
            "1y 2mon -3d 4h 5m 6.7s",
            "P1Y2M-3DT4H5M6.7S",
            "1-2 -3 +4:05:06.7",
        ] {
            check(text, 14, -3, 14_706_700_000);
        }
        check("@ 1 day ago", 0, -1, 0);
        check("1.5 months", 1, 15, 0);
        check("1 month - 1 day", 1, -1, 0);
        check("01:30", 0, 0, 5_400_000_000);
        check("90", 0, 0, 90_000_000);
        check("P0001-02-03T04:05:06", 14, 3, 14_706_000_000);
        check("2 weeks", 0, 14, 0);
        check("250 ms", 0, 0, 250_000);
        let bad = |text: &str| {
            interval(text, Fields::default(), IntervalForm::default()).unwrap_err().state.code()
        };
        assert_eq!(bad("1 parsec"), "22007");
        assert_eq!(bad("1 day 2 days"), "22007");
        assert_eq!(bad("1:99"), "22015");
        let hours = Fields { first: Some(Unit::Hour), ..Fields::default() };
        assert_eq!(
            interval("3", hours, IntervalForm::default()).unwrap(),
            Span::new(0, 0, 3 * HOUR)
        );
    }
}
