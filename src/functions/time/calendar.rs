//! Days, months and years in 64-bit civil arithmetic, with the bounds PostgreSQL sets to dates and timestamps.

use crate::error::{Error, SqlState};

pub const SECOND: i64 = 1_000_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// The Julian day of 1970-01-01.
pub const EPOCH_JULIAN: i64 = 2_440_588;
/// 4714-11-24 BC, the first day of all, in days since 1970.
pub const DAYS_MIN: i64 = -EPOCH_JULIAN;
/// 5874898-01-01, the first day that is no date.
pub const DAYS_END: i64 = 2_145_042_906;

/// The least instant, in microseconds since 1970. The greatest is what 64 bits hold: 294247-01-10, thirty years
/// before PostgreSQL's, which counts from 2000.
pub const INSTANT_MIN: i64 = DAYS_MIN * DAY;

/// A reading of a calendar and a clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Astronomical: 0 is 1 BC.
    pub year: i64,
    pub month: u32,
    pub day: u32,
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
    pub micros: u32,
}

impl Reading {
    /// Of microseconds since 1970 by the clock.
    pub fn of(local: i64) -> Reading {
        let (year, month, day) = civil(local.div_euclid(DAY));
        Reading { year, month, day, ..Reading::of_clock(local.rem_euclid(DAY)) }
    }

    /// Of microseconds since midnight; 24:00:00 keeps its hour.
    pub fn of_clock(micros: i64) -> Reading {
        Reading {
            hour: (micros / HOUR) as u32,
            minute: (micros / MINUTE % 60) as u32,
            second: (micros / SECOND % 60) as u32,
            micros: (micros % SECOND) as u32,
            ..Reading::default()
        }
    }

    pub fn days(&self) -> i64 {
        days(self.year, self.month, self.day)
    }

    pub fn clock(&self) -> i64 {
        i64::from(self.hour) * HOUR
            + i64::from(self.minute) * MINUTE
            + i64::from(self.second) * SECOND
            + i64::from(self.micros)
    }

    /// Microseconds since 1970 by the clock, if there is such an instant.
    pub fn local(&self) -> Option<i64> {
        self.days().checked_mul(DAY)?.checked_add(self.clock())
    }
}

/// Year, month and day of a day counted from 1970-01-01 (Howard Hinnant's `civil_from_days`).
#[inline]
pub fn civil(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = (of_year - (153 * shifted_month + 2) / 5 + 1) as u32;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 } as u32;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The inverse of [`civil`].
#[inline]
pub fn days(year: i64, month: u32, day: u32) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = (i64::from(month) + 9) % 12;
    let of_year = (153 * shifted_month + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
}

pub fn is_leap(year: i64) -> bool {
    year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0)
}

pub fn month_length(year: i64, month: u32) -> u32 {
    match month {
        2 => 28 + u32::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// 0 is Sunday.
pub fn weekday(days: i64) -> u32 {
    (days + 4).rem_euclid(7) as u32
}

pub fn day_of_year(days_since: i64) -> u32 {
    let (year, _, _) = civil(days_since);
    (days_since - days(year, 1, 1) + 1) as u32
}

/// The Monday of the first ISO week of a year: that of January 4.
pub fn iso_year_start(year: i64) -> i64 {
    let fourth = days(year, 1, 4);
    fourth - (i64::from(weekday(fourth)) + 6).rem_euclid(7)
}

/// The year and number of the ISO week that holds the day.
pub fn iso_week(day: i64) -> (i64, u32) {
    let (year, _, _) = civil(day);
    let year = match (day < iso_year_start(year), day >= iso_year_start(year + 1)) {
        (true, _) => year - 1,
        (_, true) => year + 1,
        _ => year,
    };
    (year, ((day - iso_year_start(year)) / 7 + 1) as u32)
}

/// A year as people count: 1 BC is -1.
pub fn counted(year: i64) -> i64 {
    if year > 0 { year } else { year - 1 }
}

pub fn in_range(instant: i64) -> bool {
    (INSTANT_MIN..i64::MAX).contains(&instant)
}

pub fn overflow(message: impl Into<String>) -> Error {
    Error::new(SqlState::DATETIME_OVERFLOW, message)
}

/// An instant that results from arithmetic.
pub fn instant(at: Option<i64>) -> Result<i64, Error> {
    at.filter(|at| in_range(*at)).ok_or_else(|| overflow("timestamp out of range"))
}

/// A date that results from arithmetic.
pub fn date(days: i64) -> Result<i32, Error> {
    match (DAYS_MIN..DAYS_END).contains(&days) {
        true => i32::try_from(days).map_err(|_| overflow("date out of range")),
        false => Err(overflow("date out of range")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_and_days_of_the_year() {
        for (y, m, d, week) in [
            (2024, 1, 1, (2024, 1)),
            (2021, 1, 3, (2020, 53)),
            (2018, 12, 31, (2019, 1)),
            (2000, 2, 29, (2000, 9)),
        ] {
            assert_eq!(iso_week(days(y, m, d)), week);
        }
        assert_eq!(weekday(days(2024, 2, 29)), 4);
        assert_eq!(day_of_year(days(2024, 12, 31)), 366);
        assert_eq!(days(5_874_898, 1, 1), DAYS_END);
        assert_eq!(civil(DAYS_MIN), (-4713, 11, 24));
    }
}
