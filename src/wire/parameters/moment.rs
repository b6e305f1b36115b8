//! Dates, times and timestamps as people and drivers write them: ISO first, month/day/year where it cannot
//! be meant otherwise.

use crate::catalog::types::SqlType;
use crate::error::{Error, Result};
use crate::wire::rows::{Zone, days_from_civil};

use super::reader::{bad_moment, bad_text};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
/// 24:00:00.
const DAY_END: i64 = DAY;

/// What a text says: a day, a time of day, an offset from UTC.
struct Moment {
    days: i64,
    micros: Option<i64>,
    zone: Option<Zone>,
}

/// Days since 1970.
pub(super) fn date(text: &str) -> Result<i32> {
    let trimmed = text.trim();
    match special(trimmed) {
        Some(i64::MAX) => return Ok(i32::MAX),
        Some(i64::MIN) => return Ok(i32::MIN),
        Some(epoch) => return Ok(epoch as i32),
        None => {}
    }
    let moment = parse(&SqlType::Date, trimmed)?;
    i32::try_from(moment.days).map_err(|_| bad_moment(text))
}

/// Microseconds since midnight.
pub(super) fn time(text: &str) -> Result<i64> {
    let trimmed = text.trim();
    let clock = trimmed.find(['+', '-', 'Z']).map_or(trimmed, |zone| trimmed[..zone].trim_end());
    parse_clock(clock).ok_or_else(|| bad_text(&SqlType::Time, text))?.map_err(|()| bad_moment(text))
}

/// Microseconds since 1970 by the clock in the text; a zone in it is passed over, as in PostgreSQL.
pub(super) fn timestamp(text: &str) -> Result<i64> {
    let trimmed = text.trim();
    if let Some(special) = special(trimmed) {
        return Ok(special);
    }
    parse(&SqlType::Timestamp, trimmed)?.local().ok_or_else(|| bad_moment(text))
}

/// Microseconds since 1970 in UTC; without a zone in the text, the session's clock is meant.
pub(super) fn timestamptz(text: &str, session: Zone) -> Result<i64> {
    let trimmed = text.trim();
    if let Some(special) = special(trimmed) {
        return Ok(special);
    }
    let moment = parse(&SqlType::Timestamptz, trimmed)?;
    let local = moment.local().ok_or_else(|| bad_moment(text))?;
    let seconds = local.div_euclid(SECOND);
    let instant = moment.zone.unwrap_or(session).instant(seconds);
    local.checked_add((instant - seconds) * SECOND).ok_or_else(|| bad_moment(text))
}

fn special(text: &str) -> Option<i64> {
    match text.to_ascii_lowercase().as_str() {
        "infinity" | "+infinity" => Some(i64::MAX),
        "-infinity" => Some(i64::MIN),
        "epoch" => Some(0),
        _ => None,
    }
}

impl Moment {
    fn local(&self) -> Option<i64> {
        self.days.checked_mul(DAY)?.checked_add(self.micros.unwrap_or(0))
    }
}

fn parse(sql: &SqlType, text: &str) -> Result<Moment> {
    let bad = || bad_text(sql, text);
    let (body, before_christ) =
        match text.len().checked_sub(3).and_then(|at| text.split_at_checked(at)) {
            Some((body, era)) if era.eq_ignore_ascii_case(" bc") => (body, true),
            Some((body, era)) if era.eq_ignore_ascii_case(" ad") => (body, false),
            _ => (text, false),
        };
    let (day, rest) = match body.find([' ', 'T', 't']) {
        Some(at) => (&body[..at], body[at + 1..].trim()),
        None => (body, ""),
    };
    let days = parse_day(day, before_christ).ok_or_else(bad)?.map_err(|()| bad_moment(text))?;
    if rest.is_empty() {
        return Ok(Moment { days, micros: None, zone: None });
    }
    let zone_at = rest.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.'));
    let (clock, zone) = rest.split_at(zone_at.unwrap_or(rest.len()));
    let micros = match clock {
        // JDBC writes a date with an offset and no time.
        "" => 0,
        clock => parse_clock(clock).ok_or_else(bad)?.map_err(|()| bad_moment(text))?,
    };
    let zone = match zone.trim() {
        "" => None,
        name => Some(Zone::parse(name).ok_or_else(|| unknown_zone(sql, text))?),
    };
    Ok(Moment { days, micros: Some(micros), zone })
}

fn unknown_zone(sql: &SqlType, text: &str) -> Error {
    bad_text(sql, text).detail("The time zone is not recognized.")
}

/// None if this is no date at all, Some(Err) if there is no such day.
fn parse_day(text: &str, before_christ: bool) -> Option<Result<i64, ()>> {
    let (year, month, day) = if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        (&text[..4], &text[4..6], &text[6..])
    } else {
        let separator = text.find(['-', '/', '.'])?;
        let separator = char::from(text.as_bytes()[separator]);
        let mut parts = text.split(separator);
        let three = (parts.next()?, parts.next()?, parts.next()?);
        match (three, parts.next()) {
            ((year, month, day), None) if year.len() >= 3 => (year, month, day),
            ((month, day, year), None) if year.len() >= 4 && separator == '/' => (year, month, day),
            _ => return None,
        }
    };
    let number = |text: &str| -> Option<i64> {
        let fine = !text.is_empty() && text.len() <= 7 && text.bytes().all(|b| b.is_ascii_digit());
        if fine { text.parse().ok() } else { None }
    };
    let (year, month, day) = (number(year)?, number(month)?, number(day)?);
    if year == 0 || !(1..=12).contains(&month) || day < 1 {
        return Some(Err(()));
    }
    let year = if before_christ { 1 - year } else { year };
    let (next_year, next_month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    let first = days_from_civil(year, month as u32, 1);
    let length = days_from_civil(next_year, next_month as u32, 1) - first;
    Some(if day <= length { Ok(first + day - 1) } else { Err(()) })
}

/// `04:05`, `04:05:06`, `04:05:06.789`; a seventh decimal rounds.
fn parse_clock(text: &str) -> Option<Result<i64, ()>> {
    let mut parts = text.split(':');
    let two = |part: &str| -> Option<i64> {
        let fine = matches!(part.len(), 1 | 2) && part.bytes().all(|b| b.is_ascii_digit());
        if fine { part.parse().ok() } else { None }
    };
    let hours = two(parts.next()?)?;
    let minutes = two(parts.next()?)?;
    let (seconds, micros) = match parts.next() {
        None => (0, 0),
        Some(part) => {
            let (seconds, fraction) = part.split_once('.').unwrap_or((part, ""));
            (two(seconds)?, parse_fraction(fraction)?)
        }
    };
    if parts.next().is_some() {
        return None;
    }
    let total = ((hours * 60 + minutes) * 60 + seconds) * SECOND + micros;
    Some(if minutes < 60 && seconds <= 60 && total <= DAY_END { Ok(total) } else { Err(()) })
}

/// Digits behind the point as microseconds.
pub(super) fn parse_fraction(digits: &str) -> Option<i64> {
    if digits.len() > 30 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let padded = format!("{digits:0<7}");
    let tenths: i64 = padded[..7].parse().ok()?;
    Some((tenths + 5) / 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> i64 {
        timestamptz(text, Zone::UTC).unwrap()
    }

    #[test]
    fn what_drivers_write_is_read() {
        assert_eq!(date("2024-02-29").unwrap(), 19_782);
        assert_eq!(date("20240229").unwrap(), 19_782);
        assert_eq!(date("2/29/2024").unwrap(), 19_782);
        assert_eq!(date("2024-02-29 +00").unwrap(), 19_782);
        assert_eq!(date("0044-03-15 BC").unwrap(), -735_160);
        assert_eq!(date("infinity").unwrap(), i32::MAX);
        assert_eq!(time("24:00").unwrap(), DAY);
        assert_eq!(time("04:05:06.7891234").unwrap(), 14_706_789_123);
        assert_eq!(time("04:05:06+02").unwrap(), 14_706_000_000);
        let leap = 1_709_210_096_789_000;
        assert_eq!(timestamp("2024-02-29 12:34:56.789").unwrap(), leap);
        assert_eq!(timestamp("2024-02-29T12:34:56.789Z").unwrap(), leap);
        assert_eq!(utc("2024-02-29 18:04:56.789+05:30"), leap);
        assert_eq!(utc("2024-02-29 13:34:56.789 Europe/Berlin"), leap);
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        assert_eq!(timestamptz("2024-02-29 13:34:56.789", berlin).unwrap(), leap);
        assert_eq!(timestamptz("-infinity", berlin).unwrap(), i64::MIN);
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for bad in ["", "hello", "2024-1", "2024-01-01 1:2:3:4", "2024-01-01 00:00 Mars", "é"] {
            assert_eq!(timestamp(bad).unwrap_err().state.code(), "22007", "{bad}");
        }
        for bad in ["2023-02-29", "2024-13-01", "0000-01-01", "2024-01-01 25:00", "9999999-01-01"] {
            assert_eq!(timestamp(bad).unwrap_err().state.code(), "22008", "{bad}");
        }
        assert!(time("25:00").is_err());
        assert!(time("x").is_err());
    }
}
