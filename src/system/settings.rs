//! The settings there are: their defaults, what values they take, and how these are shown.

use crate::catalog::name::quote_ident;
use crate::error::{Error, Result, SqlState};

/// How a setting is checked and whether a client may change it.
#[derive(Clone, Copy, PartialEq)]
pub enum Rule {
    /// What the server is: SHOW only.
    Fixed,
    Bool,
    Text,
    /// Milliseconds, with PostgreSQL's units.
    Milliseconds,
    Integer(i64, i64),
    OneOf(&'static [&'static str]),
    SearchPath,
    TimeZone,
    DateStyle,
    Encoding,
    /// Only this value means what we do; others are refused by name.
    Only(&'static str),
}

/// A setting that lakewire knows.
pub struct Known {
    /// In lower case; [`spelling`] is what people see.
    pub name: &'static str,
    pub default: &'static str,
    pub rule: Rule,
    /// Clients are told of changes (ParameterStatus).
    pub reported: bool,
    pub about: &'static str,
}

const LEVELS: &[&str] =
    &["debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error"];
const ISOLATION: &[&str] =
    &["read uncommitted", "read committed", "repeatable read", "serializable"];
const STAR_EXPANSIONS: &[&str] = &["postgres", "permitted"];

macro_rules! known {
    ($($name:literal = $default:literal, $rule:expr, $reported:literal, $about:literal;)*) => {
        &[$(Known { name: $name, default: $default, rule: $rule, reported: $reported, about: $about },)*]
    };
}

use Rule::{
    Bool, DateStyle, Encoding, Fixed, Integer, Milliseconds, OneOf, Only, SearchPath, Text,
    TimeZone,
};

pub static KNOWN: &[Known] = known! {
    "application_name" = "", Text, true, "The client's name for itself.";
    "bytea_output" = "hex", Only("hex"), false, "Output format for bytea.";
    "check_function_bodies" = "on", Bool, false, "Has no effect: there are no functions to check.";
    "client_encoding" = "UTF8", Encoding, true, "The client's character set.";
    "client_min_messages" = "notice", OneOf(LEVELS), false, "The least message level sent.";
    "datestyle" = "ISO, MDY", DateStyle, true, "Output format for dates and times.";
    "default_transaction_deferrable" = "off", Bool, false, "Has no effect.";
    "default_transaction_isolation" = "read committed", OneOf(ISOLATION), false,
        "Isolation level of new transactions; each reads one snapshot.";
    "default_transaction_read_only" = "off", Bool, true, "Whether new transactions are read-only.";
    "extra_float_digits" = "1", Integer(-15, 3), false, "Digits of floating-point output.";
    "idle_in_transaction_session_timeout" = "0", Only("0"), false, "Not supported yet.";
    "in_hot_standby" = "off", Fixed, true, "Whether the server is a standby.";
    "integer_datetimes" = "on", Fixed, true, "Whether times are integers.";
    "intervalstyle" = "postgres", Only("postgres"), true, "Output format for intervals.";
    "jit" = "off", Bool, false, "Has no effect.";
    "lake.star_expansion" = "postgres", OneOf(STAR_EXPANSIONS), false,
        "What * stands for where a role may not read every column.";
    "lc_collate" = "C", Fixed, false, "The order of text.";
    "lc_ctype" = "C.UTF-8", Fixed, false, "The classes of characters.";
    "lock_timeout" = "0", Milliseconds, false, "Has no effect: statements take no locks.";
    "max_identifier_length" = "63", Fixed, false, "Longest name in bytes.";
    "max_index_keys" = "32", Fixed, false, "Columns of an index.";
    "row_security" = "on", Bool, false, "Whether row security applies.";
    "search_path" = "\"$user\", public", SearchPath, false, "Schemas searched for bare names.";
    "server_encoding" = "UTF8", Fixed, true, "The server's character set.";
    // The one PostgreSQL version that lakewire claims, everywhere.
    "server_version" = "15.8", Fixed, true, "The PostgreSQL version spoken.";
    "server_version_num" = "150008", Fixed, false, "The same as a number.";
    "standard_conforming_strings" = "on", Only("on"), true, "Backslashes in plain strings are literal.";
    "statement_timeout" = "0", Milliseconds, false, "Longest run of a statement; 0 means none.";
    "synchronize_seqscans" = "on", Bool, false, "Has no effect.";
    "timezone" = "UTC", TimeZone, true, "The zone in which times with zone are shown.";
    "transaction_deferrable" = "off", Bool, false, "Has no effect.";
    "transaction_isolation" = "read committed", OneOf(ISOLATION), false, "Of this transaction.";
    "transaction_read_only" = "off", Bool, false, "Whether this transaction is read-only.";
    "xmloption" = "content", Text, false, "Has no effect: there is no XML.";
};

/// Names whose spelling PostgreSQL shows with capitals.
const SPELLINGS: &[(&str, &str)] =
    &[("datestyle", "DateStyle"), ("intervalstyle", "IntervalStyle"), ("timezone", "TimeZone")];

pub fn known(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|k| k.name == name)
}

/// As it is looked up, whatever way it was written.
pub fn canonical(name: &str) -> String {
    match name.to_lowercase().as_str() {
        "time zone" => "timezone".to_owned(),
        other => other.to_owned(),
    }
}

/// As PostgreSQL shows it.
pub fn spelling(name: &str) -> &str {
    SPELLINGS.iter().find(|(lower, _)| *lower == name).map_or(name, |(_, shown)| shown)
}

pub fn unrecognized(name: &str) -> Error {
    Error::new(
        SqlState::UNDEFINED_OBJECT,
        format!("unrecognized configuration parameter \"{name}\""),
    )
}

pub fn fixed(name: &str) -> Error {
    Error::new(
        SqlState::CANT_CHANGE_RUNTIME_PARAM,
        format!("parameter \"{}\" cannot be changed", spelling(name)),
    )
}

/// The value as SHOW prints it, or why it is none. `name` is canonical.
pub fn check(name: &str, values: &[String]) -> Result<String> {
    match known(name) {
        Some(known) => check_known(known, values),
        // PostgreSQL lets anybody keep values under a name with a prefix.
        None if is_custom(name) => one_argument(name, values),
        None => Err(unrecognized(name)),
    }
}

/// A name with a prefix that nobody has laid claim to.
pub fn is_custom(name: &str) -> bool {
    name.contains('.') && known(name).is_none()
}

/// A value as text, from which [`values_of`] gets the values back: what a role's settings are kept as.
pub fn flatten(name: &str, values: &[String]) -> String {
    match known(name).map(|known| known.rule) {
        Some(SearchPath) => values.iter().map(|v| quote_ident(v)).collect::<Vec<_>>().join(", "),
        _ => values.join(", "),
    }
}

/// The values in one text, as a connection string or a role's settings have them.
pub fn values_of(name: &str, text: &str) -> Vec<String> {
    match known(name).map(|known| known.rule) {
        Some(SearchPath) => split_names(text),
        _ => vec![text.to_owned()],
    }
}

fn one_argument(name: &str, values: &[String]) -> Result<String> {
    match values {
        [value] => Ok(value.clone()),
        _ => Err(Error::invalid_parameter(format!("SET {name} takes only one argument"))),
    }
}

fn check_known(known: &Known, values: &[String]) -> Result<String> {
    let name = spelling(known.name);
    let joined = values.join(", ");
    let invalid = || {
        Error::invalid_parameter(format!("invalid value for parameter \"{name}\": \"{joined}\""))
    };
    if !matches!(known.rule, SearchPath | DateStyle) {
        one_argument(name, values)?;
    }
    match known.rule {
        Fixed => Err(fixed(known.name)),
        Text => Ok(joined),
        Bool => match joined.to_lowercase().as_str() {
            "on" | "true" | "yes" | "1" | "t" | "y" => Ok("on".into()),
            "off" | "false" | "no" | "0" | "f" | "n" => Ok("off".into()),
            _ => Err(Error::invalid_parameter(format!(
                "parameter \"{name}\" requires a Boolean value"
            ))),
        },
        Milliseconds => milliseconds(&joined).map(shown_ms).ok_or_else(invalid),
        Integer(least, most) => match joined.parse::<i64>() {
            Ok(n) if (least..=most).contains(&n) => Ok(n.to_string()),
            Ok(n) => Err(Error::invalid_parameter(format!(
                "{n} is outside the valid range for parameter \"{name}\" ({least} .. {most})"
            ))),
            Err(_) => Err(invalid()),
        },
        OneOf(all) => {
            let lower = joined.to_lowercase();
            all.iter()
                .find(|v| **v == lower)
                .map(|v| (*v).to_owned())
                .ok_or_else(|| invalid().hint(format!("Available values: {}.", all.join(", "))))
        }
        Only(value) => match joined.to_lowercase() == value {
            true => Ok(value.to_owned()),
            false => Err(Error::unsupported(format!("{name} = {joined}"))),
        },
        SearchPath => Ok(flatten(known.name, values)),
        TimeZone => zone(&joined).ok_or_else(invalid),
        Encoding => match joined.to_lowercase().replace(['-', '_'], "").as_str() {
            "utf8" | "unicode" => Ok("UTF8".into()),
            "sqlascii" => Err(Error::unsupported("client_encoding SQL_ASCII")),
            _ => Err(Error::unsupported(format!("client_encoding {joined}"))
                .hint("lakewire speaks UTF8 only.")),
        },
        DateStyle => date_style(values).ok_or_else(|| {
            Error::unsupported(format!("DateStyle {joined}")).hint("Dates are shown as ISO.")
        }),
    }
}

/// Taken apart again: `"$user", public`.
pub fn split_names(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    // None until a letter or a quotation mark has come: `""` is a name, nothing between commas is none.
    let mut name: Option<String> = None;
    let mut in_quotes = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if in_quotes && chars.peek() == Some(&'"') => {
                chars.next();
                name.get_or_insert_default().push('"');
            }
            '"' => {
                in_quotes = !in_quotes;
                name.get_or_insert_default();
            }
            ',' if !in_quotes => names.extend(name.take()),
            c if c.is_whitespace() && !in_quotes => {}
            c if in_quotes => name.get_or_insert_default().push(c),
            c => name.get_or_insert_default().extend(c.to_lowercase()),
        }
    }
    names.extend(name);
    names
}

/// `250`, `5s`, `2min`; a bare number is milliseconds.
pub fn milliseconds(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().ok()?;
    let unit = match text[digits..].trim() {
        "" | "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(unit).filter(|ms| *ms <= i32::MAX as u64)
}

/// As SHOW prints it: in the largest unit that leaves no rest.
fn shown_ms(ms: u64) -> String {
    [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000)]
        .into_iter()
        .find(|(_, size)| ms > 0 && ms.is_multiple_of(*size))
        .map_or_else(
            || if ms == 0 { "0".into() } else { format!("{ms}ms") },
            |(unit, size)| format!("{}{unit}", ms / size),
        )
}

/// A zone by name, or an offset as `+05:30` or `-8`.
fn zone(text: &str) -> Option<String> {
    let trimmed = text.trim();
    if trimmed.eq_ignore_ascii_case("utc") || trimmed.eq_ignore_ascii_case("gmt") || trimmed == "Z"
    {
        return Some("UTC".into());
    }
    let lower = trimmed.to_lowercase();
    let named = chrono_tz::TZ_VARIANTS.iter().find(|tz| tz.name().to_lowercase() == lower);
    if let Some(tz) = named {
        return Some(tz.name().to_owned());
    }
    offset(trimmed)
}

/// ISO offsets: `+05:30`, `-0800`, `+2`.
fn offset(text: &str) -> Option<String> {
    let sign = match text.chars().next()? {
        '+' => '+',
        '-' => '-',
        c if c.is_ascii_digit() => '+',
        _ => return None,
    };
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let legal = text.chars().all(|c| c.is_ascii_digit() || "+-:".contains(c));
    let (hours, minutes) = match digits.len() {
        1 | 2 => (digits.as_str(), "00"),
        4 => digits.split_at(2),
        _ => return None,
    };
    let (h, m): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (legal && h <= 15 && m < 60).then(|| format!("{sign}{h:02}:{m:02}"))
}

/// ISO with any order of the fields of input; the rest is not ours.
fn date_style(values: &[String]) -> Option<String> {
    let mut order = "MDY";
    let words = values.iter().flat_map(|v| v.split(',')).map(|w| w.trim().to_uppercase());
    for word in words {
        match word.as_str() {
            "ISO" | "DEFAULT" => {}
            "MDY" | "US" | "NONEURO" | "NONEUROPEAN" => order = "MDY",
            // Text input is read as year-month-day or month-day-year only.
            _ => return None,
        }
    }
    Some(format!("ISO, {order}"))
}
