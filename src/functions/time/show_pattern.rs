//! `to_char` of instants and intervals.

use std::fmt::Write;

use super::calendar::{self, DAY, EPOCH_JULIAN, Reading, SECOND};
use super::pattern::{Case, Field, Piece, What, invalid, ordinal, pieces};
use super::span::Span;
use super::words::{MONTHS, WEEKDAYS};
use super::zone::Zone;
use crate::error::Result;

/// A pattern taken apart once for many values.
#[derive(Debug)]
pub struct Pattern(Vec<Piece>);

/// The fields of what is shown; those of an interval may be negative.
struct Shown {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    micros: i64,
    /// Days since 1970; none of an interval.
    date: Option<i64>,
    east: i32,
    zone: Option<String>,
}

impl Pattern {
    pub fn new(pattern: &str) -> Pattern {
        Pattern(pieces(pattern))
    }

    /// A clock's reading without a zone. Infinity has no digits.
    pub fn timestamp(&self, local: i64) -> Result<Option<String>> {
        match local == i64::MAX || local == i64::MIN {
            true => Ok(None),
            false => self.put(&Shown::of(local)),
        }
    }

    pub fn timestamptz(&self, instant: i64, zone: Zone) -> Result<Option<String>> {
        if instant == i64::MAX || instant == i64::MIN {
            return Ok(None);
        }
        let seconds = instant.div_euclid(SECOND);
        let east = zone.offset(seconds);
        let mut shown = Shown::of(instant.saturating_add(i64::from(east) * SECOND));
        shown.east = east;
        shown.zone = zone.abbreviation(seconds).or_else(|| Some(distance(east)));
        self.put(&shown)
    }

    pub fn interval(&self, span: Span) -> Result<Option<String>> {
        let (months, days) = (i64::from(span.months), i64::from(span.days));
        self.put(&Shown {
            year: months / 12,
            month: months % 12,
            day: days,
            hour: span.micros / calendar::HOUR,
            minute: span.micros / calendar::MINUTE % 60,
            second: span.micros / SECOND % 60,
            micros: span.micros % SECOND,
            date: None,
            east: 0,
            zone: None,
        })
    }

    fn put(&self, shown: &Shown) -> Result<Option<String>> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Field(field) => shown.put(field, &mut out)?,
                Piece::Space => out.push(' '),
                Piece::Separator(c) | Piece::Other(c) => out.push(*c),
                Piece::Literal(text) => out.push_str(text),
            }
        }
        Ok(Some(out))
    }
}

/// `+05:30` as a zone without a name is called.
fn distance(east: i32) -> String {
    let sign = if east < 0 { '-' } else { '+' };
    let east = east.abs();
    match east / 60 % 60 {
        0 => format!("{sign}{:02}", east / 3_600),
        minutes => format!("{sign}{:02}:{minutes:02}", east / 3_600),
    }
}

impl Shown {
    fn of(local: i64) -> Shown {
        let r = Reading::of(local);
        Shown {
            year: r.year,
            month: r.month.into(),
            day: r.day.into(),
            hour: r.hour.into(),
            minute: r.minute.into(),
            second: r.second.into(),
            micros: r.micros.into(),
            date: Some(local.div_euclid(DAY)),
            east: 0,
            zone: None,
        }
    }

    fn date(&self) -> Result<i64> {
        self.date.ok_or_else(|| {
            invalid("invalid format specification for an interval value")
                .hint("Intervals are not tied to specific calendar dates.")
        })
    }

    /// Of an interval as if it were a date.
    fn julian_base(&self) -> i64 {
        self.date.unwrap_or_else(|| {
            // By PostgreSQL's arithmetic, which takes any month.
            let (mut year, mut month) = (self.year, self.month);
            if month > 2 {
                month += 1;
                year += 4_800;
            } else {
                month += 13;
                year += 4_799;
            }
            let century = year / 100;
            let julian = year * 365 - 32_167 + year / 4 - century + century / 4;
            julian + 7_834 * month / 256 + self.day - EPOCH_JULIAN
        })
    }

    fn day_of_year(&self) -> i64 {
        match self.date {
            Some(date) => i64::from(calendar::day_of_year(date)),
            None => (self.year * 12 + self.month) * 30 + self.day,
        }
    }

    /// A year as people count it, without its era.
    fn counted(&self, year: i64) -> i64 {
        match self.date {
            Some(_) if year <= 0 => 1 - year,
            _ => year,
        }
    }

    fn iso_year(&self) -> i64 {
        calendar::iso_week(self.julian_base()).0
    }

    fn put(&self, field: &Field, out: &mut String) -> Result<()> {
        let start = out.len();
        let mut number = |value: i64, width: usize| {
            let width = match field.fill {
                true => 0,
                false => width + usize::from(value < 0),
            };
            let _ = write!(out, "{value:0width$}");
        };
        match field.what {
            What::Fixed => {}
            What::Hour24 => number(self.hour, 2),
            What::Hour12 => {
                let hour = match self.hour % 12 {
                    0 => 12,
                    hour => hour,
                };
                number(hour, 2);
            }
            What::Minute => number(self.minute, 2),
            What::Second => number(self.second, 2),
            What::Month => number(self.month, 2),
            What::DayOfMonth => number(self.day, 2),
            What::DayOfYear => number(self.day_of_year(), 3),
            What::IsoDayOfYear => {
                let day = self.julian_base();
                let (year, _) = calendar::iso_week(day);
                number(day - calendar::iso_year_start(year) + 1, 3);
            }
            What::WeekOfYear => number((self.day_of_year() - 1) / 7 + 1, 2),
            What::IsoWeek => number(calendar::iso_week(self.julian_base()).1.into(), 2),
            What::Year(digits) => self.year_digits(self.year, digits, number),
            What::IsoYear(digits) => self.year_digits(self.iso_year(), digits, number),
            What::Century => {
                let century = match self.date {
                    None => self.year / 100,
                    Some(_) if self.year > 0 => (self.year - 1) / 100 + 1,
                    Some(_) => self.year / 100 - 1,
                };
                number(century, 2);
            }
            What::WeekdayNumber => {
                let _ = write!(out, "{}", calendar::weekday(self.date()?) + 1);
            }
            What::IsoWeekday => {
                let _ = write!(out, "{}", (calendar::weekday(self.date()?) + 6) % 7 + 1);
            }
            What::Quarter if self.month == 0 => {}
            What::Quarter => {
                let _ = write!(out, "{}", (self.month - 1) / 3 + 1);
            }
            What::WeekOfMonth => {
                let _ = write!(out, "{}", (self.day - 1) / 7 + 1);
            }
            What::Julian => {
                let _ = write!(out, "{}", self.julian_base() + EPOCH_JULIAN);
            }
            What::SecondsOfDay => {
                let _ = write!(out, "{}", self.hour * 3_600 + self.minute * 60 + self.second);
            }
            What::Millis => {
                let _ = write!(out, "{:03}", self.micros / 1_000);
            }
            What::Micros => {
                let _ = write!(out, "{:06}", self.micros);
            }
            What::Fraction(digits) => {
                let width = usize::from(digits);
                let _ = write!(out, "{:0width$}", self.micros / 10i64.pow(6 - u32::from(digits)));
            }
            What::YearWithComma => {
                let year = self.counted(self.year);
                let _ = write!(out, "{},{:03}", year / 1_000, year % 1_000);
            }
            _ => return self.put_words(field, out),
        }
        if let Some(case) = field.ordinal {
            let suffix = ordinal(&out[start..], case);
            out.push_str(suffix);
        }
        Ok(())
    }

    fn year_digits(&self, year: i64, digits: u8, mut number: impl FnMut(i64, usize)) {
        let year = self.counted(year);
        match digits {
            4 => number(year, 4),
            digits => number(year % 10i64.pow(digits.into()), digits.into()),
        }
    }

    fn put_words(&self, field: &Field, out: &mut String) -> Result<()> {
        let cased = |text: &str| match field.case {
            Case::Upper => text.to_uppercase(),
            Case::Lower => text.to_lowercase(),
            Case::Title => format!("{}{}", text[..1].to_uppercase(), &text[1..]),
        };
        let padded = |text: String, width: usize| match field.fill || field.translated {
            true => text,
            false => format!("{text:width$}"),
        };
        let points = |dots: bool, text: &str| match dots {
            true => format!("{}.{}.", &text[..1], &text[1..]),
            false => text.to_owned(),
        };
        let text = match field.what {
            What::HalfDay(dots) => {
                let half = if self.hour % 24 >= 12 { "pm" } else { "am" };
                cased(&points(dots, half))
            }
            What::Era(dots) => {
                self.date()?;
                cased(&points(dots, if self.year <= 0 { "bc" } else { "ad" }))
            }
            What::MonthName | What::MonthShort => {
                self.date()?;
                let name = MONTHS[(self.month - 1).clamp(0, 11) as usize];
                match field.what {
                    What::MonthName => padded(cased(name), 9),
                    _ => cased(&name[..3]),
                }
            }
            What::Weekday | What::WeekdayShort => {
                let name = WEEKDAYS[calendar::weekday(self.date()?) as usize];
                match field.what {
                    What::Weekday => padded(cased(name), 9),
                    _ => cased(&name[..3]),
                }
            }
            What::Roman => match self.roman_month() {
                Some(month) => padded(cased(ROMAN[month]), 4),
                None => String::new(),
            },
            What::ZoneName => {
                self.date()?;
                let zone = self.zone.clone().unwrap_or_default();
                if field.case == Case::Lower { zone.to_lowercase() } else { zone }
            }
            What::ZoneHour => {
                self.date()?;
                let sign = if self.east < 0 { '-' } else { '+' };
                format!("{sign}{:02}", self.east.abs() / 3_600)
            }
            What::ZoneMinute => {
                self.date()?;
                format!("{:02}", self.east.abs() / 60 % 60)
            }
            What::Offset => {
                self.date()?;
                let sign = if self.east < 0 { '-' } else { '+' };
                let width = if field.fill { 0 } else { 2 };
                let hours = self.east.abs() / 3_600;
                match self.east.abs() / 60 % 60 {
                    0 => format!("{sign}{hours:0width$}"),
                    minutes => format!("{sign}{hours:0width$}:{minutes:02}"),
                }
            }
            _ => String::new(),
        };
        out.push_str(&text);
        Ok(())
    }

    /// An interval's full years end in XII; before zero months are counted backwards.
    fn roman_month(&self) -> Option<usize> {
        match (self.month, self.year) {
            (0, 0) => None,
            (0, year) => Some(if year >= 0 { 11 } else { 0 }),
            (month, _) if month < 0 => Some((12 + month).clamp(0, 11) as usize),
            (month, _) => Some((month - 1).clamp(0, 11) as usize),
        }
    }
}

pub(super) const ROMAN: [&str; 12] =
    ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_filled_in() {
        let at = calendar::days(2024, 1, 31) * DAY + 5 * calendar::HOUR + 7_089_000;
        let shown = |pattern: &str| Pattern::new(pattern).timestamp(at).unwrap().unwrap();
        assert_eq!(shown("YYYY-MM-DD HH24:MI:SS.US"), "2024-01-31 05:00:07.089000");
        assert_eq!(shown("FMDDth FMMonth, Day|mOn"), "31st January, Wednesday|mOn");
        assert_eq!(shown("\"quo\\\"ted\" IYYY-IW Q"), "quo\"ted 2024-05 1");
        assert_eq!(shown("FMTMMon RM  A.M."), "T01on I     A.M.");
        let span = Span::new(-14, 3, -25 * calendar::HOUR);
        let shown = Pattern::new("YYYY MM DD HH24").interval(span).unwrap();
        assert_eq!(shown.unwrap(), "-0001 -02 03 -25");
    }
}
