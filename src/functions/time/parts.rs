//! Parts of dates, times and intervals: what `extract` takes out and where `date_trunc` cuts.

use super::calendar::{self, DAY, EPOCH_JULIAN, HOUR, MINUTE, Reading, SECOND, counted};
use super::span::Span;
use super::words::{Unit, part};
use super::zone::Zone;
use crate::error::{Error, Result};
use crate::functions::special::Special;

/// What a part is taken from.
#[derive(Clone, Copy, Debug)]
pub enum Whole {
    Date(i32),
    Time(i64),
    /// Microseconds since midnight, seconds to the east.
    Timetz(i64, i32),
    Timestamp(i64),
    Timestamptz(i64),
    Interval(Span),
}

impl Whole {
    fn type_name(self) -> &'static str {
        match self {
            Whole::Date(_) => "date",
            Whole::Time(_) => "time without time zone",
            Whole::Timetz(..) => "time with time zone",
            Whole::Timestamp(_) => "timestamp without time zone",
            Whole::Timestamptz(_) => "timestamp with time zone",
            Whole::Interval(_) => "interval",
        }
    }
}

/// A number with so many digits behind its point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part {
    None,
    Infinity { negative: bool },
    Exact(i128, u8),
}

impl Part {
    pub fn float(self) -> Option<f64> {
        match self {
            Part::None => None,
            Part::Infinity { negative: true } => Some(f64::NEG_INFINITY),
            Part::Infinity { negative: false } => Some(f64::INFINITY),
            Part::Exact(n, 0) => Some(n as f64),
            Part::Exact(n, scale) => Some(n as f64 / 10f64.powi(i32::from(scale))),
        }
    }
}

/// The digits behind the point that a unit has: those of seconds go down to microseconds.
pub fn scale(unit: Unit, of_date: bool) -> u8 {
    match unit {
        Unit::Second => 6,
        Unit::Millisecond => 3,
        Unit::Epoch if !of_date => 6,
        Unit::Julian if !of_date => 20,
        _ => 0,
    }
}

pub fn unit_of(name: &str, type_name: &str) -> Result<Unit> {
    part(name).ok_or_else(|| {
        let name = name.to_lowercase();
        let message = format!("unit \"{name}\" not recognized for type {type_name}");
        Error::invalid_parameter(message)
    })
}

fn unsupported(name: &str, type_name: &str) -> Error {
    let name = name.to_lowercase();
    let state = crate::error::SqlState::FEATURE_NOT_SUPPORTED;
    Error::new(state, format!("unit \"{name}\" not supported for type {type_name}"))
}

/// `extract(name FROM whole)`.
pub fn extract(name: &str, whole: Whole, zone: Zone) -> Result<Part> {
    let unit = unit_of(name, whole.type_name())?;
    let found = match whole {
        Whole::Date(edge @ (i32::MAX | i32::MIN)) => of_infinity(unit, edge < 0, Kind::Date),
        Whole::Date(days) => of_date(unit, i64::from(days)),
        Whole::Time(micros) => of_clock(unit, micros),
        Whole::Timetz(micros, east) => match unit {
            Unit::Epoch => exact(micros - i64::from(east) * SECOND, 6),
            Unit::Timezone | Unit::TimezoneHour | Unit::TimezoneMinute => of_zone(unit, east),
            _ => of_clock(unit, micros),
        },
        Whole::Timestamp(edge @ (i64::MAX | i64::MIN)) => {
            of_infinity(unit, edge < 0, Kind::Timestamp)
        }
        Whole::Timestamptz(edge @ (i64::MAX | i64::MIN)) => {
            of_infinity(unit, edge < 0, Kind::Timestamptz)
        }
        Whole::Timestamp(local) => of_instant(unit, local, local),
        Whole::Timestamptz(instant) => {
            let east = zone.offset(instant.div_euclid(SECOND));
            match unit {
                Unit::Timezone | Unit::TimezoneHour | Unit::TimezoneMinute => of_zone(unit, east),
                _ => of_instant(unit, instant + i64::from(east) * SECOND, instant),
            }
        }
        Whole::Interval(span) => of_interval(unit, span),
    };
    found.ok_or_else(|| unsupported(name, whole.type_name()))
}

/// The special numeric that is a part of an infinite moment.
pub fn of_infinite(name: &str, whole: Whole) -> Option<Special> {
    match extract(name, whole, Zone::UTC) {
        Ok(Part::Infinity { negative: true }) => Some(Special::NegativeInfinity),
        Ok(Part::Infinity { negative: false }) => Some(Special::Infinity),
        _ => None,
    }
}

fn exact(n: i64, scale: u8) -> Option<Part> {
    Some(Part::Exact(i128::from(n), scale))
}

#[derive(PartialEq)]
enum Kind {
    Date,
    Timestamp,
    Timestamptz,
}

/// What grows without end is infinite with it; of the rest nothing can be said.
fn of_infinity(unit: Unit, negative: bool, kind: Kind) -> Option<Part> {
    let clock = matches!(
        unit,
        Unit::Microsecond | Unit::Millisecond | Unit::Second | Unit::Minute | Unit::Hour
    );
    let zone = matches!(unit, Unit::Timezone | Unit::TimezoneHour | Unit::TimezoneMinute);
    match unit {
        Unit::Year
        | Unit::Decade
        | Unit::Century
        | Unit::Millennium
        | Unit::Julian
        | Unit::Isoyear
        | Unit::Epoch => Some(Part::Infinity { negative }),
        _ if clock && kind == Kind::Date || zone && kind != Kind::Timestamptz => None,
        _ => Some(Part::None),
    }
}

fn of_zone(unit: Unit, east: i32) -> Option<Part> {
    let east = i64::from(east);
    match unit {
        Unit::Timezone => exact(east, 0),
        Unit::TimezoneHour => exact(east / 3_600, 0),
        _ => exact(east / 60 % 60, 0),
    }
}

fn of_clock(unit: Unit, micros: i64) -> Option<Part> {
    match unit {
        Unit::Microsecond => exact(micros % MINUTE, 0),
        Unit::Millisecond => exact(micros % MINUTE, 3),
        Unit::Second => exact(micros % MINUTE, 6),
        Unit::Minute => exact(micros / MINUTE % 60, 0),
        Unit::Hour => exact(micros / HOUR, 0),
        Unit::Epoch => exact(micros, 6),
        _ => None,
    }
}

fn of_instant(unit: Unit, local: i64, instant: i64) -> Option<Part> {
    let (day, of_day) = (local.div_euclid(DAY), local.rem_euclid(DAY));
    match unit {
        Unit::Epoch => exact(instant, 6),
        Unit::Julian => {
            const SCALE: i128 = 100_000_000_000_000_000_000;
            let (part, of) = (i128::from(of_day) * SCALE, i128::from(DAY));
            let part = (part + of / 2) / of;
            Some(Part::Exact(i128::from(day + EPOCH_JULIAN) * SCALE + part, 20))
        }
        _ => of_clock(unit, of_day).or_else(|| of_date(unit, day)),
    }
}

fn of_date(unit: Unit, day: i64) -> Option<Part> {
    let (year, month, of_month) = calendar::civil(day);
    let whole = |n: i64| exact(n, 0);
    match unit {
        Unit::Day => whole(i64::from(of_month)),
        Unit::Month => whole(i64::from(month)),
        Unit::Quarter => whole(i64::from((month - 1) / 3 + 1)),
        Unit::Week => whole(i64::from(calendar::iso_week(day).1)),
        Unit::Year => whole(counted(year)),
        Unit::Isoyear => whole(counted(calendar::iso_week(day).0)),
        Unit::Decade => whole(year.div_euclid(10)),
        Unit::Century => whole(ages(year, 100)),
        Unit::Millennium => whole(ages(year, 1_000)),
        Unit::Julian => whole(day + EPOCH_JULIAN),
        Unit::Dow => whole(i64::from(calendar::weekday(day))),
        Unit::Isodow => whole(i64::from((calendar::weekday(day) + 6) % 7 + 1)),
        Unit::Doy => whole(i64::from(calendar::day_of_year(day))),
        Unit::Epoch => whole(day * 86_400),
        _ => None,
    }
}

/// Centuries and millennia count from 1, and there is none between the first before and the first after.
fn ages(year: i64, length: i64) -> i64 {
    match year > 0 {
        true => (year + length - 1) / length,
        false => -((length - 1 - (year - 1)) / length),
    }
}

fn of_interval(unit: Unit, span: Span) -> Option<Part> {
    let (years, months) = (i64::from(span.months / 12), i64::from(span.months % 12));
    let whole = |n: i64| exact(n, 0);
    match unit {
        Unit::Day => whole(i64::from(span.days)),
        Unit::Month => whole(months),
        Unit::Quarter => whole(months / 3 + 1),
        Unit::Year => whole(years),
        Unit::Decade => whole(years / 10),
        Unit::Century => whole(years / 100),
        Unit::Millennium => whole(years / 1_000),
        Unit::Epoch => {
            // A year has 365.25 days.
            let quarters = 1_461 * years + 120 * months + 4 * i64::from(span.days);
            let seconds = i128::from(quarters) * 21_600;
            Some(Part::Exact(seconds * i128::from(SECOND) + i128::from(span.micros), 6))
        }
        _ => of_clock(unit, span.micros),
    }
}

/// Where `date_trunc` cuts a reading of the clock; whether the zone's offset may be another there.
fn cut(unit: Unit, local: i64) -> Option<(i64, bool)> {
    let within = |size: i64| Some((local.div_euclid(size) * size, false));
    let day = local.div_euclid(DAY);
    let Reading { year, month, .. } = Reading::of(local);
    let start = |year: i64, month: u32| Some((calendar::days(year, month, 1) * DAY, true));
    match unit {
        Unit::Microsecond => Some((local, false)),
        Unit::Millisecond => within(1_000),
        Unit::Second => within(SECOND),
        Unit::Minute => within(MINUTE),
        Unit::Hour => within(HOUR),
        Unit::Day => Some((day * DAY, true)),
        Unit::Week => Some(((day - i64::from((calendar::weekday(day) + 6) % 7)) * DAY, true)),
        Unit::Month => start(year, month),
        Unit::Quarter => start(year, (month - 1) / 3 * 3 + 1),
        Unit::Year => start(year, 1),
        Unit::Decade => start(year.div_euclid(10) * 10, 1),
        Unit::Century => start(first_of_age(year, 100), 1),
        Unit::Millennium => start(first_of_age(year, 1_000), 1),
        _ => None,
    }
}

fn first_of_age(year: i64, length: i64) -> i64 {
    (year - 1).div_euclid(length) * length + 1
}

pub fn trunc_timestamp(name: &str, local: i64) -> Result<i64> {
    let whole = Whole::Timestamp(local);
    let unit = unit_of(name, whole.type_name())?;
    if local == i64::MAX || local == i64::MIN {
        return Ok(local);
    }
    let (cut, _) = cut(unit, local).ok_or_else(|| unsupported(name, whole.type_name()))?;
    calendar::instant(Some(cut))
}

pub fn trunc_timestamptz(name: &str, instant: i64, zone: Zone) -> Result<i64> {
    let whole = Whole::Timestamptz(instant);
    let unit = unit_of(name, whole.type_name())?;
    if instant == i64::MAX || instant == i64::MIN {
        return Ok(instant);
    }
    let offset = i64::from(zone.offset(instant.div_euclid(SECOND))) * SECOND;
    let cut = cut(unit, instant + offset);
    let (cut, other_day) = cut.ok_or_else(|| unsupported(name, whole.type_name()))?;
    calendar::instant(match other_day {
        true => zone.to_instant(cut),
        false => Some(cut - offset),
    })
}

pub fn trunc_interval(name: &str, span: Span) -> Result<Span> {
    let whole = Whole::Interval(span);
    let unit = unit_of(name, whole.type_name())?;
    let months = |size: i32| Span::new(span.months / size * size, 0, 0);
    let micros = |size: i64| Span { micros: span.micros / size * size, ..span };
    Ok(match unit {
        Unit::Millennium => months(12_000),
        Unit::Century => months(1_200),
        Unit::Decade => months(120),
        Unit::Year => months(12),
        Unit::Quarter => months(3),
        Unit::Month => months(1),
        Unit::Day => Span { micros: 0, ..span },
        Unit::Hour => micros(HOUR),
        Unit::Minute => micros(MINUTE),
        Unit::Second => micros(SECOND),
        Unit::Millisecond => micros(1_000),
        Unit::Microsecond => span,
        Unit::Week => {
            return Err(
                unsupported(name, "interval").detail("Months usually have fractional weeks.")
            );
        }
        _ => return Err(unsupported(name, "interval")),
    })
}

/// `date_bin`: the start of the stride, counted from the origin, that holds `at`.
pub fn bin(stride: Span, at: i64, origin: i64) -> Result<i64> {
    if at == i64::MAX || at == i64::MIN {
        return Ok(at);
    }
    if origin == i64::MAX || origin == i64::MIN {
        return Err(calendar::overflow("origin out of range"));
    }
    if stride.months != 0 {
        let state = crate::error::SqlState::FEATURE_NOT_SUPPORTED;
        let message = "timestamps cannot be binned into intervals containing months or years";
        return Err(Error::new(state, message));
    }
    let step = i64::from(stride.days).checked_mul(DAY).and_then(|d| d.checked_add(stride.micros));
    let step = step.ok_or_else(|| calendar::overflow("interval out of range"))?;
    if step <= 0 {
        return Err(calendar::overflow("stride must be greater than zero"));
    }
    let since =
        at.checked_sub(origin).ok_or_else(|| calendar::overflow("interval out of range"))?;
    calendar::instant(origin.checked_add(since.div_euclid(step) * step))
}

/// `age(to, from)` by the calendar: years, months and days, then time.
pub fn age(to: i64, from: i64) -> Result<Span> {
    if [to, from].iter().any(|at| *at == i64::MAX || *at == i64::MIN) {
        return Err(calendar::overflow("timestamp out of range"));
    }
    let negative = to < from;
    let (later, earlier) = if negative { (from, to) } else { (to, from) };
    let (a, b) = (Reading::of(later), Reading::of(earlier));
    let mut micros = a.clock() - b.clock();
    let mut days = i64::from(a.day) - i64::from(b.day);
    let mut months = (a.year - b.year) * 12 + i64::from(a.month) - i64::from(b.month);
    if micros < 0 {
        micros += DAY;
        days -= 1;
    }
    // Days are borrowed from the month of the earlier one.
    let length = i64::from(calendar::month_length(b.year, b.month));
    while days < 0 {
        days += length;
        months -= 1;
    }
    let months = i32::try_from(months).map_err(|_| calendar::overflow("interval out of range"))?;
    let span = Span::new(months, days as i32, micros);
    if negative { span.negated() } else { Ok(span) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_those_of_postgres() {
        let at = calendar::days(2024, 1, 31) * DAY + 10 * HOUR + 12_500_000;
        let of = |name| extract(name, Whole::Timestamp(at), Zone::UTC).unwrap();
        assert_eq!(of("second"), Part::Exact(12_500_000, 6));
        assert_eq!(of("quarter"), Part::Exact(1, 0));
        assert_eq!(of("century"), Part::Exact(21, 0));
        assert_eq!(of("DOW"), Part::Exact(3, 0));
        assert!(extract("hour", Whole::Date(0), Zone::UTC).is_err());
        assert_eq!(trunc_timestamp("week", at).unwrap(), calendar::days(2024, 1, 29) * DAY);
        assert_eq!(first_of_age(2000, 100), 1901);
        assert_eq!(first_of_age(0, 100), -99);
    }

    #[test]
    fn an_age_borrows_days() {
        let day = |y, m, d| calendar::days(y, m, d) * DAY;
        assert_eq!(age(day(2001, 4, 10), day(1957, 6, 13)).unwrap(), Span::new(43 * 12 + 9, 27, 0));
        assert_eq!(age(day(2024, 1, 1), day(2024, 3, 1)).unwrap(), Span::new(-2, 0, 0));
    }
}
