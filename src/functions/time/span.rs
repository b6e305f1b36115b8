//! Intervals: months, days and microseconds side by side, and PostgreSQL's arithmetic over them.

use arrow::datatypes::IntervalMonthDayNano;

use super::calendar::{self, DAY, civil, overflow};
use crate::error::{Error, Result, SqlState};

pub const DAYS_PER_MONTH: i64 = 30;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub months: i32,
    pub days: i32,
    pub micros: i64,
}

fn out_of_range() -> Error {
    overflow("interval out of range")
}

impl Span {
    pub fn new(months: i32, days: i32, micros: i64) -> Span {
        Span { months, days, micros }
    }

    pub fn of_arrow(v: IntervalMonthDayNano) -> Span {
        Span { months: v.months, days: v.days, micros: v.nanoseconds.div_euclid(1_000) }
    }

    /// In memory the time has nanoseconds, and so reaches to 292 years.
    pub fn arrow(self) -> Result<IntervalMonthDayNano> {
        let nanos = self.micros.checked_mul(1_000).ok_or_else(out_of_range)?;
        Ok(IntervalMonthDayNano::new(self.months, self.days, nanos))
    }

    /// What intervals are compared by: microseconds, a month having 30 days.
    pub fn key(self) -> i128 {
        let days = i128::from(self.months) * i128::from(DAYS_PER_MONTH) + i128::from(self.days);
        days * i128::from(DAY) + i128::from(self.micros)
    }

    pub fn negated(self) -> Result<Span> {
        let all = (self.months.checked_neg(), self.days.checked_neg(), self.micros.checked_neg());
        let (Some(months), Some(days), Some(micros)) = all else { return Err(out_of_range()) };
        Ok(Span { months, days, micros })
    }

    pub fn plus(self, other: Span) -> Result<Span> {
        let all = (
            self.months.checked_add(other.months),
            self.days.checked_add(other.days),
            self.micros.checked_add(other.micros),
        );
        let (Some(months), Some(days), Some(micros)) = all else { return Err(out_of_range()) };
        Ok(Span { months, days, micros })
    }

    pub fn minus(self, other: Span) -> Result<Span> {
        let all = (
            self.months.checked_sub(other.months),
            self.days.checked_sub(other.days),
            self.micros.checked_sub(other.micros),
        );
        let (Some(months), Some(days), Some(micros)) = all else { return Err(out_of_range()) };
        Ok(Span { months, days, micros })
    }

    /// Parts of a month become days of 30 to the month, parts of a day time.
    pub fn times(self, factor: f64) -> Result<Span> {
        self.scaled(factor, |part| part * factor)
    }

    pub fn over(self, divisor: f64) -> Result<Span> {
        if divisor == 0.0 {
            return Err(Error::new(SqlState::DIVISION_BY_ZERO, "division by zero"));
        }
        self.scaled(divisor, |part| part / divisor)
    }

    fn scaled(self, by: f64, scale: impl Fn(f64) -> f64) -> Result<Span> {
        if by.is_nan() {
            return Err(out_of_range());
        }
        let months = scale(f64::from(self.months));
        let days = scale(f64::from(self.days));
        let whole = |part: f64| -> Result<i32> {
            match part.is_nan() || !(-2_147_483_648.0..2_147_483_648.0).contains(&part) {
                true => Err(out_of_range()),
                false => Ok(part as i32),
            }
        };
        let (whole_months, whole_days) = (whole(months)?, whole(days)?);
        // Rounded to microseconds, or what binary fractions leave would show.
        let rounded = |part: f64| (part * 1_000_000.0).round_ties_even() / 1_000_000.0;
        let month_days = rounded((months - f64::from(whole_months)) * DAYS_PER_MONTH as f64);
        let mut seconds =
            rounded((days - f64::from(whole_days) + month_days - month_days.trunc()) * 86_400.0);
        let mut result_days = f64::from(whole_days);
        if seconds.abs() >= 86_400.0 {
            result_days += (seconds / 86_400.0).trunc();
            seconds -= (seconds / 86_400.0).trunc() * 86_400.0;
        }
        let total_days = whole(result_days + month_days.trunc())?;
        let micros = (scale(self.micros as f64) + seconds * 1_000_000.0).round_ties_even();
        if micros.is_nan()
            || !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&micros)
        {
            return Err(out_of_range());
        }
        Ok(Span { months: whole_months, days: total_days, micros: micros as i64 })
    }

    /// Time of 24 hours and more becomes days.
    pub fn justified_hours(self) -> Result<Span> {
        let mut micros = self.micros % DAY;
        let carried = i32::try_from(self.micros / DAY).map_err(|_| out_of_range())?;
        let mut days = self.days.checked_add(carried).ok_or_else(out_of_range)?;
        if days > 0 && micros < 0 {
            micros += DAY;
            days -= 1;
        } else if days < 0 && micros > 0 {
            micros -= DAY;
            days += 1;
        }
        Ok(Span { days, micros, ..self })
    }

    /// Days of 30 and more become months.
    pub fn justified_days(self) -> Result<Span> {
        let mut days = self.days % 30;
        let mut months = self.months.checked_add(self.days / 30).ok_or_else(out_of_range)?;
        if months > 0 && days < 0 {
            days += 30;
            months -= 1;
        } else if months < 0 && days > 0 {
            days -= 30;
            months += 1;
        }
        Ok(Span { months, days, ..self })
    }

    /// Both, and one sign for all parts.
    pub fn justified(self) -> Result<Span> {
        let mut span = self;
        // Days first where they would overflow with what the time brings.
        if span.days > 0 && span.micros > 0 || span.days < 0 && span.micros < 0 {
            span = span.justified_days()?;
        }
        let carried = i32::try_from(span.micros / DAY).map_err(|_| out_of_range())?;
        span.micros %= DAY;
        span.days = span.days.checked_add(carried).ok_or_else(out_of_range)?;
        let carried = span.days / 30;
        span.days %= 30;
        span.months = span.months.checked_add(carried).ok_or_else(out_of_range)?;
        if span.months > 0 && (span.days < 0 || span.days == 0 && span.micros < 0) {
            span.days += 30;
            span.months -= 1;
        } else if span.months < 0 && (span.days > 0 || span.days == 0 && span.micros > 0) {
            span.days -= 30;
            span.months += 1;
        }
        if span.days > 0 && span.micros < 0 {
            span.micros += DAY;
            span.days -= 1;
        } else if span.days < 0 && span.micros > 0 {
            span.micros -= DAY;
            span.days += 1;
        }
        Ok(span)
    }

    /// Rounded to so many digits of a second.
    pub fn rounded(self, precision: u32) -> Span {
        Span { micros: rounded(self.micros, precision), ..self }
    }
}

/// Microseconds to so many digits of a second, half away from zero.
pub fn rounded(micros: i64, precision: u32) -> i64 {
    if precision >= 6 {
        return micros;
    }
    let unit = 10i64.pow(6 - precision);
    let half = unit / 2;
    match micros >= 0 {
        true => micros.checked_add(half).map_or(micros, |m| m / unit * unit),
        false => micros.checked_sub(half).map_or(micros, |m| m / unit * unit),
    }
}

/// Microseconds since 1970 by some clock, so many months, days and microseconds later; the months first, the day cut
/// to the month's length.
pub fn shifted(local: i64, span: Span) -> Result<i64> {
    let fail = || overflow("timestamp out of range");
    let at = shifted_days(local, span)?;
    let at = at.checked_add(span.micros).ok_or_else(fail)?;
    calendar::instant(Some(at))
}

/// The same with months and days alone.
pub fn shifted_days(local: i64, span: Span) -> Result<i64> {
    let fail = || overflow("timestamp out of range");
    let (mut day, of_day) = (local.div_euclid(DAY), local.rem_euclid(DAY));
    if span.months != 0 {
        let (year, month, of_month) = civil(day);
        let months = year * 12 + i64::from(month) - 1 + i64::from(span.months);
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12) as u32 + 1);
        day = calendar::days(year, month, of_month.min(calendar::month_length(year, month)));
    }
    day += i64::from(span.days);
    calendar::instant(day.checked_mul(DAY).and_then(|at| at.checked_add(of_day)))
        .map_err(|_| fail())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_carry_over_as_in_postgres() {
        let hour = 3_600_000_000;
        assert_eq!(Span::new(1, 0, 0).over(2.0).unwrap(), Span::new(0, 15, 0));
        assert_eq!(Span::new(0, 1, 0).times(1.5).unwrap(), Span::new(0, 1, 12 * hour));
        assert_eq!(Span::new(1, 0, 0).key(), Span::new(0, 30, 0).key());
        assert_eq!(Span::new(0, 35, 27 * hour).justified().unwrap(), Span::new(1, 6, 3 * hour));
        assert_eq!(Span::new(1, 0, -hour).justified().unwrap(), Span::new(0, 29, 23 * hour));
        let january = calendar::days(2024, 1, 31) * DAY;
        assert_eq!(
            shifted(january, Span::new(1, 0, 0)).unwrap(),
            calendar::days(2024, 2, 29) * DAY
        );
        assert!(Span::new(i32::MAX, 0, 0).times(2.0).is_err());
        assert_eq!(rounded(1_500_000, 0), 2_000_000);
    }
}
