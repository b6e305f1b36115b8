//! The text of a date, time or interval taken apart into fields, and the words in it.

use super::calendar::overflow;
use crate::error::{Error, SqlState};

/// What a field looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looks {
    Number,
    /// Digits and letters around `-`, `/` or `.`; also the name of a zone.
    Date,
    /// With a colon.
    Time,
    /// A sign and digits.
    Signed,
    Word,
    /// A sign and letters.
    SignedWord,
}

#[derive(Clone, Debug)]
pub(super) struct Field {
    pub looks: Looks,
    /// In lower case.
    pub text: String,
}

/// Why a text is no date, time or interval.
#[derive(Debug)]
pub(super) enum Wrong {
    Format,
    Overflow,
    /// A month or day that may have been meant otherwise.
    Order,
    Displacement,
    Other(Box<Error>),
}

impl Wrong {
    pub(super) fn error(self, of: &str, text: &str) -> Error {
        let out = || format!("date/time field value out of range: \"{text}\"");
        match self {
            Wrong::Format => Error::new(
                SqlState::INVALID_DATETIME_FORMAT,
                format!("invalid input syntax for type {of}: \"{text}\""),
            ),
            Wrong::Overflow | Wrong::Order if of == "interval" => Error::new(
                SqlState::INTERVAL_FIELD_OVERFLOW,
                format!("interval field value out of range: \"{text}\""),
            ),
            Wrong::Overflow => overflow(out()),
            Wrong::Order => {
                overflow(out()).hint("Perhaps you need a different \"datestyle\" setting.")
            }
            Wrong::Displacement => Error::new(
                SqlState::INVALID_TIME_ZONE_DISPLACEMENT,
                format!("time zone displacement out of range: \"{text}\""),
            ),
            Wrong::Other(e) => *e,
        }
    }
}

/// Fields of a text; more than a date can have are refused.
pub(super) fn fields(text: &str) -> Result<Vec<Field>, Wrong> {
    const FIELDS_MAX: usize = 25;
    const BYTES_MAX: usize = 128;
    let mut rest = Rest { bytes: text.as_bytes(), at: 0 };
    let (mut fields, mut bytes): (Vec<Field>, usize) = (Vec::new(), 0);
    while let Some(byte) = rest.peek() {
        if byte.is_ascii_whitespace() {
            rest.at += 1;
            continue;
        }
        let start = rest.at;
        let looks = match byte {
            b'0'..=b'9' => number_or_date(&mut rest),
            b'.' => {
                rest.at += 1;
                rest.skip(|b| b.is_ascii_digit());
                Looks::Number
            }
            b'a'..=b'z' | b'A'..=b'Z' => word_or_date(&mut rest),
            b'+' | b'-' => {
                let sign = char::from(byte);
                rest.at += 1;
                rest.skip(|b| b.is_ascii_whitespace());
                let start = rest.at;
                let looks = match rest.peek() {
                    Some(b) if b.is_ascii_digit() => {
                        rest.skip(|b| b.is_ascii_digit() || b":.-".contains(&b));
                        Looks::Signed
                    }
                    Some(b) if b.is_ascii_alphabetic() => {
                        rest.skip(|b| b.is_ascii_alphabetic());
                        Looks::SignedWord
                    }
                    _ => return Err(Wrong::Format),
                };
                let text = format!("{sign}{}", rest.since(start));
                bytes += text.len() + 1;
                fields.push(Field { looks, text });
                continue;
            }
            b if b.is_ascii_punctuation() => {
                rest.at += 1;
                continue;
            }
            _ => return Err(Wrong::Format),
        };
        let text = rest.since(start);
        bytes += text.len() + 1;
        fields.push(Field { looks, text });
        if fields.len() > FIELDS_MAX || bytes > BYTES_MAX {
            return Err(Wrong::Format);
        }
    }
    Ok(fields)
}

struct Rest<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl Rest<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip(&mut self, while_it: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&while_it) {
            self.at += 1;
        }
    }

    fn since(&self, start: usize) -> String {
        String::from_utf8_lossy(&self.bytes[start..self.at]).to_ascii_lowercase()
    }
}

fn number_or_date(rest: &mut Rest<'_>) -> Looks {
    rest.skip(|b| b.is_ascii_digit());
    match rest.peek() {
        Some(b':') => {
            rest.skip(|b| b.is_ascii_digit() || b == b':' || b == b'.');
            Looks::Time
        }
        Some(delimiter @ (b'-' | b'/' | b'.')) => {
            rest.at += 1;
            if !rest.peek().is_some_and(|b| b.is_ascii_digit()) {
                rest.skip(|b| b.is_ascii_alphanumeric() || b == delimiter);
                return Looks::Date;
            }
            rest.skip(|b| b.is_ascii_digit());
            // A date has its delimiter twice; `12.5` is a number.
            match rest.peek() == Some(delimiter) {
                true => {
                    rest.skip(|b| b.is_ascii_digit() || b == delimiter);
                    Looks::Date
                }
                false if delimiter == b'.' => Looks::Number,
                false => Looks::Date,
            }
        }
        _ => Looks::Number,
    }
}

fn word_or_date(rest: &mut Rest<'_>) -> Looks {
    let start = rest.at;
    rest.skip(|b| b.is_ascii_alphabetic());
    let goes_on = match rest.peek() {
        Some(b'-' | b'/' | b'.') => true,
        // `j2451187` is a word and a number, `gmt+3` a name.
        Some(b) if b == b'+' || b.is_ascii_digit() => word(&rest.since(start)).is_none(),
        _ => false,
    };
    if !goes_on {
        return Looks::Word;
    }
    rest.skip(|b| b.is_ascii_alphanumeric() || b"+-/_.:".contains(&b));
    Looks::Date
}

/// What a word in a date or time means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Month(u32),
    Weekday,
    Now,
    Today,
    Tomorrow,
    Yesterday,
    Epoch,
    Infinity,
    MinusInfinity,
    /// `allballs`: midnight in Greenwich.
    Midnight,
    Am,
    Pm,
    Ad,
    Bc,
    /// An hour of summer, behind a zone.
    Dst,
    /// `t` before a time.
    Time,
    /// `j` before a Julian day.
    Julian,
    Nothing,
}

pub(super) const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

pub(super) const WEEKDAYS: [&str; 7] =
    ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

pub(super) fn word(text: &str) -> Option<Word> {
    Some(match text {
        "now" => Word::Now,
        "today" => Word::Today,
        "tomorrow" => Word::Tomorrow,
        "yesterday" => Word::Yesterday,
        "epoch" => Word::Epoch,
        "infinity" | "+infinity" => Word::Infinity,
        "-infinity" => Word::MinusInfinity,
        "allballs" => Word::Midnight,
        "am" => Word::Am,
        "pm" => Word::Pm,
        "ad" => Word::Ad,
        "bc" => Word::Bc,
        "dst" => Word::Dst,
        "t" => Word::Time,
        "j" | "jd" | "julian" => Word::Julian,
        "at" | "on" => Word::Nothing,
        "sept" => Word::Month(9),
        "tues" | "weds" | "thur" | "thurs" => Word::Weekday,
        _ => {
            let known = |names: &[&str]| names.iter().position(|n| *n == text || n[..3] == *text);
            match known(&MONTHS) {
                Some(month) => Word::Month(month as u32 + 1),
                None => known(&WEEKDAYS).map(|_| Word::Weekday)?,
            }
        }
    })
}

/// Units of intervals, and of what can be taken from a date or time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    Microsecond,
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
    Decade,
    Century,
    Millennium,
    Timezone,
    TimezoneHour,
    TimezoneMinute,
    Epoch,
    Julian,
    Dow,
    Isodow,
    Doy,
    Isoyear,
}

/// As intervals have them. Long names are looked at as far as ten letters.
pub(super) fn unit(text: &str) -> Option<Unit> {
    let ten = text.get(..10).unwrap_or(text);
    Some(match ten {
        "us" | "usec" | "usecs" | "usecond" | "useconds" | "microsecon" => Unit::Microsecond,
        "ms" | "msec" | "msecs" | "msecond" | "mseconds" | "millisecon" => Unit::Millisecond,
        "s" | "sec" | "secs" | "second" | "seconds" => Unit::Second,
        "m" | "min" | "mins" | "minute" | "minutes" => Unit::Minute,
        "h" | "hr" | "hrs" | "hour" | "hours" => Unit::Hour,
        "d" | "day" | "days" => Unit::Day,
        "w" | "week" | "weeks" => Unit::Week,
        "mon" | "mons" | "month" | "months" => Unit::Month,
        "qtr" | "quarter" => Unit::Quarter,
        "y" | "yr" | "yrs" | "year" | "years" => Unit::Year,
        "dec" | "decs" | "decade" | "decades" => Unit::Decade,
        "c" | "cent" | "century" | "centuries" => Unit::Century,
        "mil" | "mils" | "millennia" | "millennium" => Unit::Millennium,
        "timezone" => Unit::Timezone,
        "timezone_h" => Unit::TimezoneHour,
        "timezone_m" => Unit::TimezoneMinute,
        _ => return None,
    })
}

/// As `extract` has them.
pub fn part(text: &str) -> Option<Unit> {
    let name = text.to_ascii_lowercase();
    unit(&name).or(match name.as_str() {
        "epoch" => Some(Unit::Epoch),
        "j" | "jd" | "julian" => Some(Unit::Julian),
        "dow" => Some(Unit::Dow),
        "isodow" => Some(Unit::Isodow),
        "doy" => Some(Unit::Doy),
        "isoyear" => Some(Unit::Isoyear),
        _ => None,
    })
}
