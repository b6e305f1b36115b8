//! Patterns of `to_char`, `to_date` and `to_timestamp`, taken apart.

use crate::error::{Error, SqlState};

/// One piece of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Field(Field),
    /// A blank, or a sign that separates.
    Space,
    Separator(char),
    /// In quotes or escaped, taken as it is; or a letter that means nothing.
    Literal(String),
    Other(char),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Field {
    pub what: What,
    /// How it was written: `Month`, `MONTH`, `month`.
    pub case: Case,
    pub fill: bool,
    pub ordinal: Option<Case>,
    /// `TM`: in the words of a locale.
    pub translated: bool,
    pub len: usize,
    /// Reads digits: what stands before it must know its own end.
    pub digits: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Upper,
    Lower,
    Title,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// With points, or without.
    HalfDay(bool),
    Era(bool),
    Century,
    WeekdayNumber,
    DayOfYear,
    DayOfMonth,
    Weekday,
    WeekdayShort,
    Fraction(u8),
    Fixed,
    Hour24,
    Hour12,
    IsoDayOfYear,
    IsoWeekday,
    IsoWeek,
    IsoYear(u8),
    Julian,
    Minute,
    Month,
    MonthName,
    MonthShort,
    Millis,
    Offset,
    Quarter,
    Roman,
    SecondsOfDay,
    Second,
    ZoneName,
    ZoneHour,
    ZoneMinute,
    Micros,
    WeekOfYear,
    WeekOfMonth,
    YearWithComma,
    Year(u8),
}

/// (pattern, what, digits): the longest first among those that begin alike.
const KEYWORDS: &[(&str, What, bool)] = &[
    ("A.D.", What::Era(true), false),
    ("A.M.", What::HalfDay(true), false),
    ("AD", What::Era(false), false),
    ("AM", What::HalfDay(false), false),
    ("B.C.", What::Era(true), false),
    ("BC", What::Era(false), false),
    ("CC", What::Century, true),
    ("DAY", What::Weekday, false),
    ("DDD", What::DayOfYear, true),
    ("DD", What::DayOfMonth, true),
    ("DY", What::WeekdayShort, false),
    ("D", What::WeekdayNumber, true),
    ("FF1", What::Fraction(1), true),
    ("FF2", What::Fraction(2), true),
    ("FF3", What::Fraction(3), true),
    ("FF4", What::Fraction(4), true),
    ("FF5", What::Fraction(5), true),
    ("FF6", What::Fraction(6), true),
    ("FX", What::Fixed, false),
    ("HH24", What::Hour24, true),
    ("HH12", What::Hour12, true),
    ("HH", What::Hour12, true),
    ("IDDD", What::IsoDayOfYear, true),
    ("ID", What::IsoWeekday, true),
    ("IW", What::IsoWeek, true),
    ("IYYY", What::IsoYear(4), true),
    ("IYY", What::IsoYear(3), true),
    ("IY", What::IsoYear(2), true),
    ("I", What::IsoYear(1), true),
    ("J", What::Julian, true),
    ("MI", What::Minute, true),
    ("MM", What::Month, true),
    ("MONTH", What::MonthName, false),
    ("MON", What::MonthShort, false),
    ("MS", What::Millis, true),
    ("OF", What::Offset, false),
    ("P.M.", What::HalfDay(true), false),
    ("PM", What::HalfDay(false), false),
    ("Q", What::Quarter, true),
    ("RM", What::Roman, false),
    ("SSSSS", What::SecondsOfDay, true),
    ("SSSS", What::SecondsOfDay, true),
    ("SS", What::Second, true),
    ("TZH", What::ZoneHour, false),
    ("TZM", What::ZoneMinute, true),
    ("TZ", What::ZoneName, false),
    ("US", What::Micros, true),
    ("WW", What::WeekOfYear, true),
    ("W", What::WeekOfMonth, true),
    ("Y,YYY", What::YearWithComma, true),
    ("YYYY", What::Year(4), true),
    ("YYY", What::Year(3), true),
    ("YY", What::Year(2), true),
    ("Y", What::Year(1), true),
];

/// Those that are written with a capital first have a third form; the rest must be all upper or all lower.
fn keyword(rest: &str) -> Option<(What, Case, usize, bool)> {
    let found = KEYWORDS.iter().find(|(name, what, _)| {
        let Some(given) = rest.get(..name.len()) else { return false };
        let titled =
            matches!(what, What::Weekday | What::WeekdayShort | What::MonthName | What::MonthShort);
        let title = || format!("{}{}", &name[..1], name[1..].to_lowercase());
        given == *name || given == name.to_lowercase() || titled && given == title()
    });
    let (name, what, digits) = found?;
    let given = &rest[..name.len()];
    let letters = |upper: bool| {
        given.chars().all(|c| !c.is_ascii_alphabetic() || c.is_ascii_uppercase() == upper)
    };
    let case = match (letters(true), letters(false)) {
        (true, _) => Case::Upper,
        (_, true) => Case::Lower,
        _ => Case::Title,
    };
    Some((*what, case, name.len(), *digits))
}

/// The pieces of a pattern.
pub(super) fn pieces(pattern: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    while !rest.is_empty() {
        let (prefix, after) = prefixes(rest);
        if let Some((what, case, len, digits)) = keyword(after) {
            rest = &after[len..];
            let (ordinal, after) = suffix(rest);
            let spelled = after.starts_with("SP") || after.starts_with("sp");
            rest = if spelled { &after[2..] } else { after };
            let (fill, translated) = (prefix.fill, prefix.translated);
            pieces.push(Piece::Field(Field { what, case, fill, ordinal, translated, len, digits }));
            continue;
        }
        rest = after;
        let Some(c) = rest.chars().next() else { break };
        match c {
            '"' => {
                let (text, after) = quoted(&rest[1..]);
                if !text.is_empty() {
                    pieces.push(Piece::Literal(text));
                }
                rest = after;
            }
            // Outside quotes only a quote is escaped.
            '\\' if rest[1..].starts_with('"') => {
                pieces.push(Piece::Other('"'));
                rest = &rest[2..];
            }
            c => {
                pieces.push(match c {
                    c if c.is_ascii_whitespace() => Piece::Space,
                    c if c.is_ascii_punctuation() => Piece::Separator(c),
                    c => Piece::Other(c),
                });
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    pieces
}

/// `FM` or `TM`, one of them.
#[derive(Default)]
struct Prefix {
    fill: bool,
    translated: bool,
}

fn prefixes(text: &str) -> (Prefix, &str) {
    let (fill, translated) = match text.get(..2) {
        Some("FM" | "fm") => (true, false),
        Some("TM" | "tm") => (false, true),
        _ => return (Prefix::default(), text),
    };
    (Prefix { fill, translated }, &text[2..])
}

fn suffix(text: &str) -> (Option<Case>, &str) {
    if let Some(rest) = text.strip_prefix("TH") {
        (Some(Case::Upper), rest)
    } else if let Some(rest) = text.strip_prefix("th") {
        (Some(Case::Lower), rest)
    } else {
        (None, text)
    }
}

/// Up to the closing quote; a backslash takes what follows as it is.
fn quoted(text: &str) -> (String, &str) {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (out, &text[at + 1..]),
            '\\' => out.extend(chars.next().map(|(_, c)| c)),
            c => out.push(c),
        }
    }
    (out, "")
}

pub(super) fn invalid(message: impl Into<String>) -> Error {
    Error::new(SqlState::INVALID_DATETIME_FORMAT, message)
}

/// `1st`, `2nd`, `13th`.
pub(super) fn ordinal(digits: &str, case: Case) -> &'static str {
    let last = digits.bytes().last().unwrap_or(b'0');
    let teen = digits.len() > 1 && digits.as_bytes()[digits.len() - 2] == b'1';
    let upper = case == Case::Upper;
    match last {
        b'1' if !teen => {
            if upper {
                "ST"
            } else {
                "st"
            }
        }
        b'2' if !teen => {
            if upper {
                "ND"
            } else {
                "nd"
            }
        }
        b'3' if !teen => {
            if upper {
                "RD"
            } else {
                "rd"
            }
        }
        _ => {
            if upper {
                "TH"
            } else {
                "th"
            }
        }
    }
}
