//! Dates, times and timestamps as people and programs write them, read by PostgreSQL's rules.

use super::calendar::{self, DAY, EPOCH_JULIAN, Reading, SECOND, days, overflow};
use super::words::{Field, Looks, Word, Wrong, fields, word};
use super::zone::{Zone, abbreviation_of};
use crate::error::{Error, Result};
use crate::functions::style::{IntervalForm, Style};

/// Which number of `1/2/2024` is what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    #[default]
    MonthFirst,
    DayFirst,
    YearFirst,
}

/// What reading depends on beside the text.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    pub zone: Zone,
    pub order: Order,
    /// `now`, in microseconds since 1970.
    pub now: i64,
    /// In SQL's form of intervals a sign in front counts for all parts.
    pub intervals: IntervalForm,
}

impl Setting {
    pub const PLAIN: Setting = Setting {
        zone: Zone::UTC,
        order: Order::MonthFirst,
        now: 0,
        intervals: IntervalForm::Postgres,
    };

    /// As texts are written, so are they read.
    pub fn of(style: &Style, now: i64) -> Setting {
        Setting { zone: style.zone, order: style.order, now, intervals: style.intervals }
    }

    fn local_now(&self) -> i64 {
        self.zone.to_local(self.now).unwrap_or(self.now)
    }
}

/// Days since 1970; infinity at both ends.
pub fn date(text: &str, setting: &Setting) -> Result<i32> {
    let found = read(text, setting, false).map_err(|w| w.error("date", text))?;
    let days = match found.special {
        Some(Word::Infinity) => return Ok(i32::MAX),
        Some(Word::MinusInfinity) => return Ok(i32::MIN),
        Some(_) => 0,
        None => found.reading.days(),
    };
    calendar::date(days).map_err(|_| overflow(format!("date out of range: \"{text}\"")))
}

/// Microseconds since 1970 by the clock in the text; a zone in it counts for nothing.
pub fn timestamp(text: &str, setting: &Setting) -> Result<i64> {
    let found = read(text, setting, false).map_err(|w| w.error("timestamp", text))?;
    match found.special {
        Some(special) => Ok(special_instant(special)),
        None => found.reading.local().filter(|at| calendar::in_range(*at)).ok_or_else(|| out(text)),
    }
}

/// Microseconds since 1970 in Greenwich; without a zone in the text the session's clock is meant.
pub fn timestamptz(text: &str, setting: &Setting) -> Result<i64> {
    let of = "timestamp with time zone";
    let found = read(text, setting, false).map_err(|w| w.error(of, text))?;
    if let Some(special) = found.special {
        return Ok(special_instant(special));
    }
    let local = found.reading.local().ok_or_else(|| out(text))?;
    let zone = found.zone.unwrap_or(setting.zone);
    zone.to_instant(local).filter(|at| calendar::in_range(*at)).ok_or_else(|| out(text))
}

/// Microseconds since midnight.
pub fn time(text: &str, setting: &Setting) -> Result<i64> {
    let found = read(text, setting, true).map_err(|w| w.error("time", text))?;
    if found.needs_date() {
        return Err(Wrong::Format.error("time", text));
    }
    Ok(found.reading.clock())
}

/// Microseconds since midnight, and how far to the east, in seconds.
pub fn timetz(text: &str, setting: &Setting) -> Result<(i64, i32)> {
    let of = "time with time zone";
    let found = read(text, setting, true).map_err(|w| w.error(of, text))?;
    let today = setting.local_now().div_euclid(DAY);
    let dated = found.dated;
    let day = if dated { found.reading.days() } else { today };
    let local = day * DAY + found.reading.clock();
    if found.needs_date() {
        return Err(Wrong::Format.error(of, text));
    }
    let zone = found.zone.unwrap_or(setting.zone);
    let instant = zone.to_instant(local).unwrap_or(local);
    Ok((found.reading.clock(), ((local - instant) / SECOND) as i32))
}

fn special_instant(special: Word) -> i64 {
    match special {
        Word::Infinity => i64::MAX,
        Word::MinusInfinity => i64::MIN,
        _ => 0,
    }
}

fn out(text: &str) -> Error {
    overflow(format!("timestamp out of range: \"{text}\""))
}

const YEAR: u8 = 1;
const MONTH: u8 = 2;
const DAY_OF_MONTH: u8 = 4;
const DATE: u8 = YEAR | MONTH | DAY_OF_MONTH;
const CLOCK: u8 = 8;
const ZONE: u8 = 16;
const DAY_OF_YEAR: u8 = 32;
const HALF: u8 = 64;
const ERA: u8 = 128;

/// What has been found so far.
struct Found {
    reading: Reading,
    zone: Option<Zone>,
    special: Option<Word>,
    seen: u8,
    only_time: bool,
    dated: bool,
    by_now: bool,
    /// A word announced what the next field is.
    next: Option<Word>,
    text_month: bool,
    two_digits: bool,
    julian: bool,
    before_christ: bool,
    half: Option<Word>,
    day_of_year: u32,
    summer: bool,
    order: Order,
}

type Step = std::result::Result<(), Wrong>;

fn read(text: &str, setting: &Setting, only_time: bool) -> std::result::Result<Found, Wrong> {
    let all = fields(text)?;
    let mut found = Found {
        reading: Reading::default(),
        zone: None,
        special: None,
        seen: 0,
        only_time,
        dated: false,
        by_now: false,
        next: None,
        text_month: false,
        two_digits: false,
        julian: false,
        before_christ: false,
        half: None,
        day_of_year: 0,
        summer: false,
        order: setting.order,
    };
    for (i, field) in all.iter().enumerate() {
        found.field(field, i, &all, setting)?;
    }
    found.finish()?;
    Ok(found)
}

fn number(text: &str) -> std::result::Result<i64, Wrong> {
    match text.parse::<i32>() {
        Ok(n) => Ok(i64::from(n)),
        Err(_) if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => {
            Err(Wrong::Overflow)
        }
        Err(_) => Err(Wrong::Format),
    }
}

/// Digits behind a point as microseconds; rounded, and so perhaps a whole second.
fn fraction(digits: &str) -> std::result::Result<u32, Wrong> {
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Wrong::Format);
    }
    let fraction: f64 = match digits.is_empty() {
        true => 0.0,
        false => format!("0.{digits}").parse().map_err(|_| Wrong::Format)?,
    };
    Ok((fraction * 1_000_000.0).round_ties_even() as u32)
}

/// `+02`, `-0530`, `+05:30:15` in seconds to the east.
pub(super) fn displacement(text: &str) -> std::result::Result<i32, Wrong> {
    let (sign, digits) = match text.as_bytes().first() {
        Some(b'+') => (1, &text[1..]),
        Some(b'-') => (-1, &text[1..]),
        _ => return Err(Wrong::Format),
    };
    let mut parts = digits.splitn(3, ':');
    let part = |text: Option<&str>| match text.map(number) {
        None => Ok(0),
        Some(Err(Wrong::Overflow)) => Err(Wrong::Displacement),
        Some(other) => other,
    };
    let first = parts.next().unwrap_or_default();
    let mut hours = part(Some(first))?;
    let (mut minutes, seconds) = (part(parts.next())?, part(parts.next())?);
    if !digits.contains(':') && text.len() > 3 {
        (hours, minutes) = (hours / 100, hours % 100);
    }
    match (0..=15).contains(&hours) && (0..60).contains(&minutes) && (0..60).contains(&seconds) {
        true => Ok(sign * (hours * 3_600 + minutes * 60 + seconds) as i32),
        false => Err(Wrong::Displacement),
    }
}

/// `+05:30` as a zone.
pub(super) fn fixed_zone(text: &str) -> Option<Zone> {
    displacement(text).ok().map(Zone::Fixed)
}

fn unknown_zone(name: &str) -> Wrong {
    let message = format!("time zone \"{name}\" not recognized");
    Wrong::Other(Box::new(Error::invalid_parameter(message)))
}

impl Found {
    /// Whether it is summer in a zone by name, only a date says.
    fn needs_date(&self) -> bool {
        matches!(self.zone, Some(Zone::Named(_))) && !self.dated && !self.by_now
    }

    fn take(&mut self, mask: u8) -> Step {
        match self.seen & mask != 0 {
            true => Err(Wrong::Format),
            false => {
                self.seen |= mask;
                Ok(())
            }
        }
    }

    /// What a number may still be: where only a time is read, no date.
    fn known(&self) -> u8 {
        if self.only_time { self.seen | DATE } else { self.seen }
    }

    fn field(&mut self, field: &Field, i: usize, all: &[Field], setting: &Setting) -> Step {
        let text = field.text.as_str();
        match field.looks {
            Looks::Date => self.dated_field(text, i, all),
            Looks::Time => {
                if !matches!(self.next.take(), None | Some(Word::Time)) {
                    return Err(Wrong::Format);
                }
                self.clock(text)
            }
            Looks::Signed => {
                self.zone = Some(Zone::Fixed(displacement(text)?));
                self.take(ZONE)
            }
            Looks::Number => self.number_field(text, i, all),
            Looks::Word | Looks::SignedWord => self.word_field(text, i, all, setting),
        }
    }

    fn dated_field(&mut self, text: &str, i: usize, all: &[Field]) -> Step {
        let digits = text.starts_with(|c: char| c.is_ascii_digit());
        if self.next == Some(Word::Julian) {
            self.next = None;
            let end = text.find(['-', '+', '.']).ok_or(Wrong::Format)?;
            self.julian_day(number(&text[..end])?)?;
            self.zone = Some(Zone::Fixed(displacement(&text[end..])?));
            return self.take(CLOCK | ZONE);
        }
        let date_first = i == 0
            && all.len() >= 2
            && (all[all.len() - 1].looks == Looks::Date || all[1].looks == Looks::Time);
        let is_date = match self.only_time {
            true => date_first,
            false => {
                let month_and_day = MONTH | DAY_OF_MONTH;
                self.next.is_none() && self.seen & month_and_day != month_and_day
            }
        };
        if is_date {
            return self.date(text);
        }
        if digits || self.next.is_some() {
            // A time without colons and a zone: `040506-08`.
            if !matches!(self.next.take(), None | Some(Word::Time)) || self.seen & CLOCK != 0 {
                return Err(Wrong::Format);
            }
            let at = text.find('-').ok_or(Wrong::Format)?;
            self.zone = Some(Zone::Fixed(displacement(&text[at..])?));
            self.digits(&text[..at], DATE)?;
            return self.take(ZONE);
        }
        self.zone = Some(Zone::full(text).ok_or_else(|| unknown_zone(text))?);
        self.take(ZONE)
    }

    fn julian_day(&mut self, julian: i64) -> Step {
        let (year, month, day) = calendar::civil(julian - EPOCH_JULIAN);
        (self.reading.year, self.reading.month, self.reading.day) = (year, month, day);
        self.julian = true;
        self.dated = true;
        self.take(DATE)
    }

    /// Numbers and perhaps a month's name between delimiters.
    fn date(&mut self, text: &str) -> Step {
        let mut parts: Vec<&str> = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            rest = rest.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
            let first = rest.chars().next().ok_or(Wrong::Format)?;
            let same = |c: char| match first.is_ascii_digit() {
                true => c.is_ascii_digit(),
                false => c.is_ascii_alphabetic(),
            };
            let end = rest.find(|c: char| !same(c)).unwrap_or(rest.len());
            parts.push(&rest[..end]);
            // What stands between is dropped, be it a letter.
            rest = rest.get(end..).map_or("", |r| r.get(1..).unwrap_or(""));
        }
        let before = self.seen;
        self.seen &= !DATE;
        for part in &parts {
            if part.starts_with(|c: char| c.is_ascii_alphabetic()) {
                match word(part) {
                    Some(Word::Month(month)) => {
                        self.text_month = true;
                        self.reading.month = month;
                        self.take(MONTH)?;
                    }
                    Some(Word::Nothing) => {}
                    _ => return Err(Wrong::Format),
                }
            }
        }
        for part in parts.iter().filter(|p| p.starts_with(|c: char| c.is_ascii_digit())) {
            self.part_of_date(part, self.seen)?;
        }
        // Before the time, and in one piece.
        if self.seen & !(DAY_OF_YEAR | ZONE) != DATE || before & DATE != 0 {
            return Err(Wrong::Format);
        }
        self.dated = true;
        Ok(())
    }

    fn clock(&mut self, text: &str) -> Step {
        let clock = clock_fields(text, false)?;
        let (hour, minute, second, micros) = clock;
        if hour > 24 || hour == 24 && (minute > 0 || second > 0 || micros > 0) {
            return Err(Wrong::Overflow);
        }
        // A leap second is the next day's first, and no part of one is a time of this day.
        if self.only_time && (hour, minute, second) == (23, 59, 60) && micros > 0 {
            return Err(Wrong::Overflow);
        }
        self.set_clock(hour as u32, minute, second, micros)
    }

    fn set_clock(&mut self, hour: u32, minute: u32, second: u32, micros: u32) -> Step {
        let r = &mut self.reading;
        (r.hour, r.minute, r.second, r.micros) = (hour, minute, second, micros);
        self.take(CLOCK)
    }

    fn number_field(&mut self, text: &str, i: usize, all: &[Field]) -> Step {
        match self.next.take() {
            Some(Word::Julian) => {
                let (whole, part) = text.split_once('.').unwrap_or((text, ""));
                self.julian_day(number(whole)?)?;
                if text.contains('.') {
                    let part: f64 = format!("0.{part}").parse().map_err(|_| Wrong::Format)?;
                    let micros = (part * DAY as f64) as i64;
                    let c = Reading::of_clock(micros);
                    self.set_clock(c.hour, c.minute, c.second, c.micros)?;
                }
                return Ok(());
            }
            Some(_) => {
                let seen = self.seen;
                self.digits(text, DATE)?;
                return if self.seen & !seen == CLOCK { Ok(()) } else { Err(Wrong::Format) };
            }
            None => {}
        }
        let point = text.find('.');
        if self.only_time {
            return match point {
                Some(_) if i == 0 && all.len() >= 2 && all[all.len() - 1].looks == Looks::Date => {
                    self.date(text)
                }
                Some(at) if at > 2 => self.digits(text, DATE),
                Some(_) => Err(Wrong::Format),
                None if text.len() > 4 => self.digits(text, DATE),
                None => self.part_of_date(text, self.known()),
            };
        }
        match point {
            Some(_) if self.seen & DATE == 0 => self.date(text),
            Some(at) if at > 2 => self.digits(text, 0),
            _ if text.len() >= 6 && (self.seen & DATE == 0 || self.seen & CLOCK == 0) => {
                self.digits(text, 0)
            }
            _ => self.part_of_date(text, self.seen),
        }
    }

    /// Digits run together: `20240131`, `101112`, `1011`.
    fn digits(&mut self, text: &str, also_known: u8) -> Step {
        let known = self.seen | also_known;
        let two = |at: usize, text: &str| number(&text[at..at + 2]);
        let (whole, point) = match text.split_once('.') {
            Some((whole, part)) => (whole, Some(fraction(part)?)),
            None => (text, None),
        };
        if !whole.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Wrong::Format);
        }
        let len = whole.len();
        if point.is_none() && known & DATE != DATE && len >= 6 {
            self.reading.day = two(len - 2, whole)? as u32;
            self.reading.month = two(len - 4, whole)? as u32;
            self.reading.year = number(&whole[..len - 4])?;
            self.two_digits = len == 6;
            self.dated = true;
            return self.take(DATE);
        }
        if known & CLOCK == 0 && (len == 6 || len == 4) {
            let second = if len == 6 { two(4, whole)? as u32 } else { 0 };
            let (hour, minute) = (two(0, whole)? as u32, two(2, whole)? as u32);
            if minute > 59 || second > 60 {
                return Err(Wrong::Overflow);
            }
            return self.set_clock(hour, minute, second, point.unwrap_or(0));
        }
        Err(Wrong::Format)
    }

    /// One number of a date: which, its place among those before says.
    fn part_of_date(&mut self, text: &str, known: u8) -> Step {
        let (whole, micros) = match text.split_once('.') {
            Some((whole, _)) if whole.len() > 2 => return self.digits(text, DATE),
            Some((whole, part)) => (whole, Some(fraction(part)?)),
            None => (text, None),
        };
        let value = number(whole)?;
        if let Some(micros) = micros {
            self.reading.micros = micros;
        }
        let len = text.len();
        if len == 3 && known & DATE == YEAR && (1..=366).contains(&value) {
            self.day_of_year = value as u32;
            return self.take(DAY_OF_YEAR | MONTH | DAY_OF_MONTH);
        }
        let year_first = len >= 3 || self.order == Order::YearFirst;
        let what = match known & DATE {
            0 if year_first => YEAR,
            0 if self.order == Order::DayFirst => DAY_OF_MONTH,
            0 => MONTH,
            YEAR | DAY_OF_MONTH => MONTH,
            MONTH if self.text_month && year_first => YEAR,
            MONTH => DAY_OF_MONTH,
            m if m == YEAR | MONTH => {
                if self.text_month && len >= 3 && self.two_digits {
                    // What was taken for a year is the day.
                    self.reading.day = u32::try_from(self.reading.year).unwrap_or(0);
                    self.reading.year = value;
                    self.two_digits = false;
                    return self.take(DAY_OF_MONTH);
                }
                DAY_OF_MONTH
            }
            m if m == MONTH | DAY_OF_MONTH => YEAR,
            m if m == DATE => return self.digits(text, known & DATE),
            _ => return Err(Wrong::Format),
        };
        match what {
            YEAR => {
                self.reading.year = value;
                self.two_digits = len <= 2;
            }
            MONTH => self.reading.month = value as u32,
            _ => self.reading.day = value as u32,
        }
        self.dated = true;
        self.take(what)
    }

    fn word_field(&mut self, text: &str, i: usize, all: &[Field], setting: &Setting) -> Step {
        if let Some((offset, summer)) = abbreviation_of(text) {
            self.zone = Some(Zone::Fixed(offset));
            self.summer = summer;
            return self.take(ZONE);
        }
        let Some(found) = word(text) else {
            self.zone = Some(Zone::full(text).ok_or(Wrong::Format)?);
            return self.take(ZONE);
        };
        match found {
            Word::Nothing => Ok(()),
            // The day of the week is not checked; twice would be.
            Word::Weekday => Ok(()),
            Word::Now => self.now(setting),
            Word::Midnight => {
                self.zone = Some(Zone::UTC);
                self.set_clock(0, 0, 0, 0)?;
                self.take(ZONE)
            }
            _ if self.only_time && is_date_word(found) => Err(Wrong::Format),
            Word::Today | Word::Tomorrow | Word::Yesterday => {
                let shift = match found {
                    Word::Tomorrow => 1,
                    Word::Yesterday => -1,
                    _ => 0,
                };
                let day = setting.local_now().div_euclid(DAY) + shift;
                let (year, month, of_month) = calendar::civil(day);
                let r = &mut self.reading;
                (r.year, r.month, r.day) = (year, month, of_month);
                self.julian = true;
                self.dated = true;
                self.take(DATE)
            }
            Word::Epoch | Word::Infinity | Word::MinusInfinity => {
                self.special = Some(found);
                self.take(DATE | CLOCK | ZONE)
            }
            Word::Month(month) => {
                if self.seen & MONTH != 0
                    && !self.text_month
                    && self.seen & DAY_OF_MONTH == 0
                    && (1..=31).contains(&self.reading.month)
                {
                    // The number before it was the day.
                    self.reading.day = self.reading.month;
                    self.seen |= DAY_OF_MONTH;
                } else {
                    self.take(MONTH)?;
                }
                self.text_month = true;
                self.reading.month = month;
                Ok(())
            }
            Word::Dst => match (self.zone, self.summer) {
                (Some(Zone::Fixed(offset)), false) => {
                    self.summer = true;
                    self.zone = Some(Zone::Fixed(offset + 3_600));
                    Ok(())
                }
                _ => Err(Wrong::Format),
            },
            Word::Am | Word::Pm => {
                self.half = Some(found);
                self.take(HALF)
            }
            Word::Ad | Word::Bc => {
                self.before_christ = found == Word::Bc;
                self.take(ERA)
            }
            Word::Julian => {
                self.next = Some(found);
                Ok(())
            }
            Word::Time => {
                let follows = all
                    .get(i + 1)
                    .is_some_and(|f| matches!(f.looks, Looks::Number | Looks::Time | Looks::Date));
                let dated = self.only_time || self.seen & DATE == DATE;
                if !follows || !dated {
                    return Err(Wrong::Format);
                }
                self.next = Some(found);
                Ok(())
            }
        }
    }

    fn now(&mut self, setting: &Setting) -> Step {
        let local = setting.local_now();
        self.reading = Reading::of(local);
        self.julian = true;
        self.dated = true;
        self.by_now = true;
        self.zone = Some(Zone::Fixed(((local - setting.now) / SECOND) as i32));
        self.take(if self.only_time { CLOCK } else { DATE | CLOCK | ZONE })
    }

    fn finish(&mut self) -> Step {
        if self.next.is_some() {
            return Err(Wrong::Format);
        }
        self.check_date()?;
        let r = &mut self.reading;
        if let Some(half) = self.half {
            if r.hour > 12 {
                return Err(Wrong::Overflow);
            }
            r.hour = match half {
                Word::Am => r.hour % 12,
                _ => r.hour % 12 + 12,
            };
        }
        if r.hour > 24 || r.hour == 24 && (r.minute, r.second, r.micros) != (0, 0, 0) {
            return Err(Wrong::Overflow);
        }
        let wanted = if self.only_time { CLOCK } else { DATE };
        match self.special.is_some() || self.seen & wanted == wanted {
            true => Ok(()),
            false => Err(Wrong::Format),
        }
    }

    fn check_date(&mut self) -> Step {
        let r = &mut self.reading;
        if self.special.is_some() {
            return Ok(());
        }
        if self.seen & YEAR != 0 && !self.julian {
            if self.before_christ {
                if r.year <= 0 {
                    return Err(Wrong::Overflow);
                }
                r.year = 1 - r.year;
            } else if self.two_digits {
                r.year += if r.year < 70 { 2000 } else { 1900 };
            } else if r.year <= 0 {
                return Err(Wrong::Overflow);
            }
        }
        if self.seen & DAY_OF_YEAR != 0 {
            let day = days(r.year, 1, 1) + i64::from(self.day_of_year) - 1;
            (r.year, r.month, r.day) = calendar::civil(day);
        }
        if self.seen & MONTH != 0 && !(1..=12).contains(&r.month) {
            return Err(Wrong::Order);
        }
        if self.seen & DAY_OF_MONTH != 0 && !(1..=31).contains(&r.day) {
            return Err(Wrong::Order);
        }
        match self.seen & DATE == DATE && r.day > calendar::month_length(r.year, r.month) {
            true => Err(Wrong::Overflow),
            false => Ok(()),
        }
    }
}

fn is_date_word(found: Word) -> bool {
    matches!(
        found,
        Word::Today
            | Word::Tomorrow
            | Word::Yesterday
            | Word::Epoch
            | Word::Infinity
            | Word::MinusInfinity
    )
}

/// `04:05`, `04:05:06.7`, and `05:06.7` as minutes and seconds.
pub(super) fn clock_fields(
    text: &str,
    minutes_first: bool,
) -> std::result::Result<(i64, u32, u32, u32), Wrong> {
    let parts: Vec<&str> = text.split(':').collect();
    let whole = |text: &str| -> std::result::Result<i64, Wrong> {
        match text.is_empty() {
            true => Ok(0),
            false => number(text),
        }
    };
    let split = |text: &str| -> std::result::Result<(i64, u32, bool), Wrong> {
        match text.split_once('.') {
            Some((seconds, part)) => Ok((whole(seconds)?, fraction(part)?, true)),
            None => Ok((whole(text)?, 0, false)),
        }
    };
    let hours = |text: &str| match text.parse::<i64>() {
        Ok(n) => Ok(n),
        Err(_) => number(text),
    };
    let (hour, minute, second, micros) = match parts.as_slice() {
        [first, second] => {
            let (value, micros, with_fraction) = split(second)?;
            match with_fraction || minutes_first {
                true => (0, number(first)?, value, micros),
                false => (hours(first)?, value, 0, 0),
            }
        }
        [hour, minute, second] => {
            let (second, micros, _) = split(second)?;
            (hours(hour)?, whole(minute)?, second, micros)
        }
        _ => return Err(Wrong::Format),
    };
    if hour < 0 || !(0..=59).contains(&minute) || !(0..=60).contains(&second) {
        return Err(Wrong::Overflow);
    }
    Ok((hour, minute as u32, second as u32, micros))
}
