//! `to_date` and `to_timestamp`: text read by a pattern.

use super::calendar::{self, EPOCH_JULIAN, HOUR, MINUTE, SECOND};
use super::pattern::{Field, Piece, What, invalid, pieces};
use super::read::displacement;
use super::show_pattern::ROMAN;
use super::words::{MONTHS, WEEKDAYS, Wrong};
use super::zone::Zone;
use crate::error::{Error, Result, SqlState};

/// What a text says by a pattern.
#[derive(Debug)]
pub struct Moment {
    pub days: i64,
    pub micros: i64,
    pub zone: Option<Zone>,
}

pub fn read(text: &str, pattern: &str) -> Result<Moment> {
    let pieces = pieces(pattern);
    let mut source = Source { text, rest: text, given: Given::default(), skipped: 0, exact: false };
    source.read(&pieces)?;
    source.given.moment(text)
}

/// The values of fields, by what they are; zero where none was given.
#[derive(Default)]
struct Given {
    year: i64,
    year_digits: u8,
    century: i64,
    before_christ: bool,
    month: i64,
    day: i64,
    day_of_year: i64,
    weekday: i64,
    week: i64,
    week_of_month: i64,
    julian: i64,
    hour: i64,
    minute: i64,
    second: i64,
    millis: i64,
    micros: i64,
    seconds_of_day: i64,
    half_clock: bool,
    afternoon: bool,
    zone_sign: i64,
    zone_hour: i64,
    zone_minute: i64,
    /// None before the first field of either calendar.
    iso: Option<bool>,
}

struct Source<'t> {
    text: &'t str,
    rest: &'t str,
    given: Given,
    /// Characters passed over beyond what the pattern asks for.
    skipped: i64,
    exact: bool,
}

/// Two settings of one field must agree.
fn set(slot: &mut i64, value: i64, name: &str) -> Result<()> {
    if *slot != 0 && *slot != value {
        let message = format!("conflicting values for \"{name}\" field in formatting string");
        return Err(invalid(message)
            .detail("This value contradicts a previous setting for the same field type."));
    }
    *slot = value;
    Ok(())
}

/// As messages have it.
fn name(field: &Field) -> String {
    use super::pattern::Case;
    let upper = match field.what {
        What::HalfDay(true) => "A.M.",
        What::HalfDay(false) => "AM",
        What::Era(true) => "A.D.",
        What::Era(false) => "AD",
        What::Century => "CC",
        What::WeekdayNumber => "D",
        What::DayOfYear => "DDD",
        What::DayOfMonth => "DD",
        What::Weekday => "DAY",
        What::WeekdayShort => "DY",
        What::Fraction(n) => return format!("FF{n}"),
        What::Fixed => "FX",
        What::Hour24 => "HH24",
        What::Hour12 if field.len == 4 => "HH12",
        What::Hour12 => "HH",
        What::IsoDayOfYear => "IDDD",
        What::IsoWeekday => "ID",
        What::IsoWeek => "IW",
        What::IsoYear(n) => &"IYYY"[..usize::from(n)],
        What::Julian => "J",
        What::Minute => "MI",
        What::Month => "MM",
        What::MonthName => "MONTH",
        What::MonthShort => "MON",
        What::Millis => "MS",
        What::Offset => "OF",
        What::Quarter => "Q",
        What::Roman => "RM",
        What::SecondsOfDay if field.len == 5 => "SSSSS",
        What::SecondsOfDay => "SSSS",
        What::Second => "SS",
        What::ZoneName => "TZ",
        What::ZoneHour => "TZH",
        What::ZoneMinute => "TZM",
        What::Micros => "US",
        What::WeekOfYear => "WW",
        What::WeekOfMonth => "W",
        What::YearWithComma => "Y,YYY",
        What::Year(n) => &"YYYY"[..usize::from(n)],
    };
    match field.case {
        Case::Upper => upper.to_owned(),
        Case::Lower => upper.to_lowercase(),
        Case::Title => format!("{}{}", &upper[..1], upper[1..].to_lowercase()),
    }
}

fn is_space(c: char) -> bool {
    c.is_ascii_whitespace() || c == '\u{b}'
}

impl Source<'_> {
    fn read(&mut self, pieces: &[Piece]) -> Result<()> {
        for (i, piece) in pieces.iter().enumerate() {
            if self.rest.is_empty() {
                break;
            }
            if !self.exact && (i == 0 || matches!(piece, Piece::Field(_))) {
                self.skip_spaces();
            }
            match piece {
                Piece::Space | Piece::Separator(_) => self.separator(),
                Piece::Other(_) => self.one_of_text(),
                Piece::Literal(text) => text.chars().for_each(|_| self.one_of_text()),
                Piece::Field(field) => {
                    let ends = field.fill
                        || field.ordinal.is_some()
                        || match pieces.get(i + 1) {
                            Some(Piece::Field(next)) => !next.digits,
                            Some(Piece::Other(c)) => !c.is_ascii_digit(),
                            Some(Piece::Literal(text)) => {
                                !text.starts_with(|c: char| c.is_ascii_digit())
                            }
                            _ => true,
                        };
                    self.field(field, ends)?;
                    if !self.exact {
                        self.skipped = 0;
                        self.skip_spaces();
                    }
                }
            }
        }
        Ok(())
    }

    fn skip_spaces(&mut self) {
        let trimmed = self.rest.trim_start_matches(is_space);
        self.skipped += (self.rest.len() - trimmed.len()) as i64;
        self.rest = trimmed;
    }

    fn advance(&mut self) {
        let mut chars = self.rest.chars();
        chars.next();
        self.rest = chars.as_str();
    }

    /// Stands for one separator of any kind, or for none.
    fn separator(&mut self) {
        if self.exact {
            return self.advance();
        }
        self.skipped -= 1;
        if self.rest.starts_with(|c: char| is_space(c) || c.is_ascii_punctuation()) {
            self.advance();
            self.skipped += 1;
        }
    }

    fn one_of_text(&mut self) {
        if !self.exact && self.skipped > 0 {
            self.skipped -= 1;
        } else {
            self.advance();
        }
    }

    fn number(&mut self, field: &Field, len: usize, ends: bool) -> Result<(i64, usize)> {
        let name = name(field);
        let start = self.rest;
        let trimmed = start.trim_start_matches(is_space);
        let copy: String = trimmed.chars().take(len).collect();
        let (value, after) = if ends {
            integer(start)
        } else {
            let plural = |n: usize, what: &str| {
                format!("Field requires {n} characters, but only {} {what}.", copy.len())
            };
            let hint = "If your source string is not fixed-width, try using the \"FM\" modifier.";
            if copy.len() < len {
                let message = format!("source string too short for \"{name}\" formatting field");
                return Err(invalid(message).detail(plural(len, "remain")).hint(hint));
            }
            let (value, rest) = integer(&copy);
            let used = copy.len() - rest.len();
            if used > 0 && used < len {
                let message = format!("invalid value \"{copy}\" for \"{name}\"");
                let detail =
                    format!("Field requires {len} characters, but only {used} could be parsed.");
                return Err(invalid(message).detail(detail).hint(hint));
            }
            (value, &trimmed[used..])
        };
        let used = start.len() - after.len();
        if used == 0
            || value.is_none()
                && !copy.starts_with(|c: char| c.is_ascii_digit() || "+-".contains(c))
        {
            let message = format!("invalid value \"{copy}\" for \"{name}\"");
            return Err(invalid(message).detail("Value must be an integer."));
        }
        let Some(value) = value.filter(|v| i32::try_from(*v).is_ok()) else {
            let message = format!("value for \"{name}\" in source string is out of range");
            return Err(calendar::overflow(message)
                .detail("Value must be in the range -2147483648 to 2147483647."));
        };
        self.rest = after;
        Ok((value, used))
    }

    /// Where one of these words stands.
    fn one_of(&mut self, words: &[&str], field: &Field) -> Result<usize> {
        let lower = self.rest.to_lowercase();
        let found = words.iter().position(|word| lower.starts_with(word));
        let Some(found) = found else {
            let word = self.rest.split(is_space).next().unwrap_or_default();
            let message = format!("invalid value \"{word}\" for \"{}\"", name(field));
            return Err(invalid(message).detail(
                "The given value did not match any of the allowed values for this field.",
            ));
        };
        self.rest = &self.rest[words[found].len()..];
        Ok(found)
    }

    fn calendar(&mut self, iso: bool) -> Result<()> {
        match self.given.iso {
            Some(other) if other != iso => Err(invalid("invalid combination of date conventions")
                .hint(
                    "Do not mix Gregorian and ISO week date conventions in a formatting template.",
                )),
            _ => {
                self.given.iso = Some(iso);
                Ok(())
            }
        }
    }

    fn field(&mut self, field: &Field, ends: bool) -> Result<()> {
        let called = name(field);
        if let Some(iso) = convention(field.what) {
            self.calendar(iso)?
        }
        let len = match field.what {
            What::Hour24 | What::Hour12 => 2,
            What::SecondsOfDay => field.len,
            What::Millis => 3,
            What::Micros => 6,
            What::Fraction(n) => usize::from(n),
            What::ZoneHour | What::ZoneMinute => 2,
            What::IsoDayOfYear => 3,
            What::IsoWeekday => 1,
            _ => field.len,
        };
        match field.what {
            What::Fixed => {
                self.exact = true;
                return Ok(());
            }
            What::ZoneName | What::Offset => {
                let message = format!("formatting field \"{called}\" is only supported in to_char");
                return Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message));
            }
            What::HalfDay(dots) => {
                let words: &[&str] = if dots { &["a.m.", "p.m."] } else { &["am", "pm"] };
                self.given.afternoon = self.one_of(words, field)? == 1;
                self.given.half_clock = true;
                return Ok(());
            }
            What::Era(dots) => {
                let words: &[&str] = if dots { &["a.d.", "b.c."] } else { &["ad", "bc"] };
                self.given.before_christ = self.one_of(words, field)? == 1;
                return Ok(());
            }
            What::MonthName | What::MonthShort => {
                let month = match field.what {
                    What::MonthName => self.one_of(&MONTHS, field)?,
                    _ => self.one_of(&MONTHS.map(|m| &m[..3]), field)?,
                };
                return set(&mut self.given.month, month as i64 + 1, &called);
            }
            What::Weekday | What::WeekdayShort => {
                let day = match field.what {
                    What::Weekday => self.one_of(&WEEKDAYS, field)?,
                    _ => self.one_of(&WEEKDAYS.map(|d| &d[..3]), field)?,
                };
                return set(&mut self.given.weekday, day as i64 + 1, &called);
            }
            What::Roman => {
                // The longest first: `iii` begins as `i`.
                let mut words: Vec<(usize, &str)> = ROMAN.iter().copied().enumerate().collect();
                words.sort_by_key(|(_, word)| std::cmp::Reverse(word.len()));
                let names: Vec<&str> = words.iter().map(|(_, word)| *word).collect();
                let found = self.one_of(&names, field)?;
                return set(&mut self.given.month, words[found].0 as i64 + 1, &called);
            }
            What::ZoneHour => {
                let before = self.text[..self.text.len() - self.rest.len()].chars().last();
                self.given.zone_sign = match self.rest.chars().next() {
                    Some('-') => -1,
                    Some('+' | ' ') => 1,
                    _ if self.skipped > 0 && before == Some('-') => -1,
                    _ => 1,
                };
                if self.rest.starts_with(['+', '-', ' ']) {
                    self.advance();
                }
            }
            What::ZoneMinute if self.given.zone_sign == 0 => self.given.zone_sign = 1,
            What::YearWithComma => {
                self.year_with_comma(&called)?;
                return self.skip_ordinal(field);
            }
            _ => {}
        }
        let (value, used) = self.number(field, len, ends)?;
        self.put(field, value, used, &called)?;
        self.skip_ordinal(field)
    }

    fn skip_ordinal(&mut self, field: &Field) -> Result<()> {
        if field.ordinal.is_some() {
            for _ in 0..2 {
                if !self.rest.is_empty() {
                    self.advance();
                }
            }
        }
        Ok(())
    }

    fn year_with_comma(&mut self, called: &str) -> Result<()> {
        let wrong = || invalid("invalid input string for \"Y,YYY\"");
        let (thousands, rest) = integer(self.rest);
        let rest = rest.strip_prefix(',').ok_or_else(wrong)?;
        let end = rest.bytes().take(3).take_while(u8::is_ascii_digit).count();
        let years: i64 = rest[..end].parse().map_err(|_| wrong())?;
        let thousands = thousands.ok_or_else(wrong)?;
        self.rest = &rest[end..];
        self.given.year_digits = 4;
        set(&mut self.given.year, thousands.saturating_mul(1_000).saturating_add(years), called)
    }

    fn put(&mut self, field: &Field, value: i64, used: usize, called: &str) -> Result<()> {
        let g = &mut self.given;
        // `25` behind a point is 250 thousandths.
        let fraction = |digits: usize| value * 10i64.pow(digits.saturating_sub(used) as u32);
        match field.what {
            What::Hour12 => {
                g.half_clock = true;
                set(&mut g.hour, value, called)
            }
            What::Hour24 => set(&mut g.hour, value, called),
            What::Minute => set(&mut g.minute, value, called),
            What::Second => set(&mut g.second, value, called),
            What::Millis => set(&mut g.millis, fraction(3), called),
            What::Micros => set(&mut g.micros, fraction(6), called),
            What::Fraction(digits) => {
                let step = 10i64.pow(6 - u32::from(digits.min(6)));
                set(&mut g.micros, (fraction(6) + step / 2) / step * step, called)
            }
            What::SecondsOfDay => set(&mut g.seconds_of_day, value, called),
            What::ZoneHour => set(&mut g.zone_hour, value, called),
            What::ZoneMinute => set(&mut g.zone_minute, value, called),
            What::Month => set(&mut g.month, value, called),
            What::DayOfYear | What::IsoDayOfYear => set(&mut g.day_of_year, value, called),
            What::DayOfMonth => set(&mut g.day, value, called),
            What::WeekdayNumber => set(&mut g.weekday, value, called),
            // Counted from Sunday, as the other weekdays.
            What::IsoWeekday => set(&mut g.weekday, if value >= 7 { 1 } else { value + 1 }, called),
            What::WeekOfYear | What::IsoWeek => set(&mut g.week, value, called),
            What::WeekOfMonth => set(&mut g.week_of_month, value, called),
            What::Century => set(&mut g.century, value, called),
            What::Julian => set(&mut g.julian, value, called),
            What::Year(digits) | What::IsoYear(digits) => {
                g.year_digits = digits;
                let year = if digits < 4 && used < 4 { nearest_to_2020(value) } else { value };
                set(&mut g.year, year, called)
            }
            // A quarter says nothing that a month does not.
            _ => Ok(()),
        }
    }
}

/// Whether a field belongs to the calendar of ISO weeks or to the common one; none to both.
fn convention(what: What) -> Option<bool> {
    match what {
        What::IsoDayOfYear | What::IsoWeekday | What::IsoWeek | What::IsoYear(_) => Some(true),
        What::WeekdayNumber
        | What::DayOfYear
        | What::DayOfMonth
        | What::Month
        | What::MonthName
        | What::MonthShort
        | What::Roman
        | What::WeekOfYear
        | What::WeekOfMonth
        | What::YearWithComma
        | What::Year(_) => Some(false),
        _ => None,
    }
}

/// As C's `strtol` takes it: blanks, a sign, digits. None where they are too many.
fn integer(text: &str) -> (Option<i64>, &str) {
    let trimmed = text.trim_start_matches(is_space);
    let sign = usize::from(trimmed.starts_with(['+', '-']));
    let digits = trimmed[sign..].bytes().take_while(u8::is_ascii_digit).count();
    match digits {
        0 => (None, text),
        _ => (trimmed[..sign + digits].parse().ok(), &trimmed[sign + digits..]),
    }
}

fn nearest_to_2020(year: i64) -> i64 {
    match year {
        ..70 => year + 2_000,
        70..100 => year + 1_900,
        100..520 => year + 2_000,
        520..1_000 => year + 1_000,
        _ => year,
    }
}

impl Given {
    fn moment(mut self, text: &str) -> Result<Moment> {
        let out = || Wrong::Overflow.error("timestamp", text);
        let clock = self.clock(out)?;
        let year = self.year()?;
        let (mut y, mut m, mut d) = (year.unwrap_or(0), 1, 1);
        let (mut has_month, mut has_day) = (false, false);
        if self.julian != 0 {
            let (jy, jm, jd) = calendar::civil(self.julian - EPOCH_JULIAN);
            (y, m, d) = (jy, i64::from(jm), i64::from(jd));
            (has_month, has_day) = (true, true);
        }
        if self.week != 0 {
            if self.iso == Some(true) {
                let weekday = match self.weekday {
                    0 | 2 => 0,
                    1 => 6,
                    day => day - 2,
                };
                let day = calendar::iso_year_start(y) + (self.week - 1) * 7 + weekday;
                let (iy, im, id) = calendar::civil(day);
                (y, m, d) = (iy, i64::from(im), i64::from(id));
                (has_month, has_day) = (true, true);
            } else {
                self.day_of_year = (self.week - 1) * 7 + 1;
            }
        }
        if self.week_of_month != 0 {
            self.day = (self.week_of_month - 1) * 7 + 1;
        }
        if self.day != 0 {
            (d, has_day) = (self.day, true);
        }
        if self.month != 0 {
            (m, has_month) = (self.month, true);
        }
        if self.day_of_year != 0 && (m <= 1 || d <= 1) {
            if y == 0 && !self.before_christ {
                return Err(invalid("cannot calculate day of year without year information"));
            }
            let start = match self.iso {
                Some(true) => calendar::iso_year_start(y),
                _ => calendar::days(y, 1, 1),
            };
            let length = 365 + i64::from(calendar::is_leap(y));
            if self.iso != Some(true) && !(1..=length).contains(&self.day_of_year) {
                return Err(out());
            }
            let (ny, nm, nd) = calendar::civil(start + self.day_of_year - 1);
            if self.iso == Some(true) {
                (y, m, d) = (ny, i64::from(nm), i64::from(nd));
            } else {
                if m <= 1 {
                    m = i64::from(nm);
                }
                if d <= 1 {
                    d = i64::from(nd);
                }
            }
            (has_month, has_day) = (true, true);
        }
        if has_month && !(1..=12).contains(&m) || has_day && !(1..=31).contains(&d) {
            return Err(out());
        }
        let dated = year.is_some() || self.julian != 0 || self.week != 0;
        if dated && has_month && has_day && d > i64::from(calendar::month_length(y, m as u32)) {
            return Err(out());
        }
        let days = calendar::days(y, m as u32, 1) + d - 1;
        Ok(Moment { days, micros: clock, zone: self.zone(text)? })
    }

    fn zone(&self, text: &str) -> Result<Option<Zone>> {
        if self.zone_sign == 0 {
            return Ok(None);
        }
        let wrong = |w: Wrong| w.error("timestamp", text);
        let (hour, minute) = (self.zone_hour, self.zone_minute);
        if !(0..=15).contains(&hour) || !(0..60).contains(&minute) {
            return Err(wrong(Wrong::Displacement));
        }
        let sign = if self.zone_sign < 0 { '-' } else { '+' };
        let east = displacement(&format!("{sign}{hour:02}:{minute:02}")).map_err(wrong)?;
        Ok(Some(Zone::Fixed(east)))
    }

    fn clock(&self, out: impl Fn() -> Error) -> Result<i64> {
        let (mut hour, mut minute, mut second) = (0, 0, 0);
        if self.seconds_of_day != 0 {
            let all = self.seconds_of_day;
            (hour, minute, second) = (all / 3_600, all / 60 % 60, all % 60);
        }
        let or = |given: i64, before: i64| if given != 0 { given } else { before };
        (hour, minute, second) =
            (or(self.hour, hour), or(self.minute, minute), or(self.second, second));
        if self.half_clock {
            if !(1..=12).contains(&hour) {
                let message = format!("hour \"{hour}\" is invalid for the 12-hour clock");
                return Err(invalid(message)
                    .hint("Use the 24-hour clock, or give an hour between 1 and 12."));
            }
            hour = hour % 12 + if self.afternoon { 12 } else { 0 };
        }
        let micros = self.millis * 1_000 + self.micros;
        let fits = (0..24).contains(&hour)
            && (0..60).contains(&minute)
            && (0..60).contains(&second)
            && (0..SECOND).contains(&micros);
        match fits {
            true => Ok(hour * HOUR + minute * MINUTE + second * SECOND + micros),
            false => Err(out()),
        }
    }

    /// Astronomical.
    fn year(&self) -> Result<Option<i64>> {
        let century = if self.before_christ { -self.century } else { self.century };
        if self.year != 0 {
            if self.century != 0 && self.year_digits <= 2 {
                return Ok(Some(match (self.year % 100, century >= 0) {
                    (0, true) => century * 100,
                    (0, false) => century * 100 + 1,
                    (year, true) => (century - 1) * 100 + year,
                    (year, false) => (century + 1) * 100 - year + 1,
                }));
            }
            let year = if self.before_christ { -self.year } else { self.year };
            return Ok(Some(if year < 0 { year + 1 } else { year }));
        }
        Ok(match (self.century, century >= 0) {
            (0, _) => None,
            (_, true) => Some((century - 1) * 100 + 1),
            (_, false) => Some(century * 100 + 1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_by_patterns() {
        let day = |text: &str, pattern: &str| read(text, pattern).map(|m| m.days);
        let wanted = calendar::days(2024, 1, 31);
        for (text, pattern) in [
            ("2024-01-31", "YYYY-MM-DD"),
            ("31 Jan 2024", "DD Mon YYYY"),
            ("20240131", "YYYYMMDD"),
            ("2024-031", "YYYY-DDD"),
            ("24/1/31", "YY/MM/DD"),
            ("2024-05-3", "IYYY-IW-ID"),
            ("I/31/2024", "RM/DD/YYYY"),
        ] {
            assert_eq!(day(text, pattern).unwrap(), wanted, "{text}");
        }
        assert_eq!(day("2024-02-30", "YYYY-MM-DD").unwrap_err().state.code(), "22008");
        assert_eq!(day("2024 x", "YYYY MM").unwrap_err().state.code(), "22007");
        let at = read("10:11:12.5 PM", "HH:MI:SS.MS PM").unwrap();
        assert_eq!(at.micros, 22 * HOUR + 11 * MINUTE + 12 * SECOND + 500_000);
    }
}
