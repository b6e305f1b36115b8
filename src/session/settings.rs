//! SET, SHOW, RESET: the settings a session has, checked as they are set.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use crate::error::{Error, Result, SqlState};
use crate::system::scope::StarExpansion;

/// The one PostgreSQL version that lakewire claims, everywhere.
pub const SERVER_VERSION: &str = "15.8";
const SERVER_VERSION_NUM: &str = "150008";

/// How a setting is checked and whether a client may change it.
#[derive(Clone, Copy, PartialEq)]
enum Rule {
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

struct Known {
    name: &'static str,
    default: &'static str,
    rule: Rule,
    /// Clients are told of changes (ParameterStatus).
    reported: bool,
    about: &'static str,
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

static KNOWN: &[Known] = known! {
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

static DEFAULTS: LazyLock<Arc<BTreeMap<String, String>>> = LazyLock::new(|| {
    debug_assert_eq!(SERVER_VERSION_NUM.len(), 6);
    Arc::new(KNOWN.iter().map(|k| (k.name.to_owned(), k.default.to_owned())).collect())
});

/// All settings of one session. Cloning is cheap; a clone brings them back after ROLLBACK.
#[derive(Clone, Debug)]
pub struct Settings {
    values: Arc<BTreeMap<String, String>>,
    /// What RESET goes back to: the defaults with what the client said at start-up.
    initial: Arc<BTreeMap<String, String>>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { values: Arc::clone(&DEFAULTS), initial: Arc::clone(&DEFAULTS) }
    }
}

impl Settings {
    /// Every setting with its value, as SHOW prints it.
    pub fn all(&self) -> Arc<BTreeMap<String, String>> {
        Arc::clone(&self.values)
    }

    /// Name, value and what it is about, for SHOW ALL.
    pub fn described(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.values.iter().map(|(name, value)| {
            let about = known(name).map_or("", |k| k.about);
            (spelling(name), value.as_str(), about)
        })
    }

    pub fn get(&self, name: &str) -> Result<&str> {
        let found = self.values.get(canonical(name).as_str());
        found.map(String::as_str).ok_or_else(|| unrecognized(name))
    }

    /// Sets and says which names clients must be told of.
    pub fn set(&mut self, name: &str, values: &[String]) -> Result<()> {
        let name = canonical(name);
        let value = match known(&name) {
            Some(known) => check(known, values)?,
            // PostgreSQL lets anybody keep values under a name with a prefix.
            None if name.contains('.') => values.join(", "),
            None => return Err(unrecognized(&name)),
        };
        Arc::make_mut(&mut self.values).insert(name, value);
        Ok(())
    }

    pub fn reset(&mut self, name: &str) -> Result<()> {
        let name = canonical(name);
        if known(&name).is_none() && !name.contains('.') {
            return Err(unrecognized(&name));
        }
        if let Some(known) = known(&name)
            && known.rule == Fixed
        {
            return Err(fixed(known));
        }
        let initial = self.initial.get(&name).cloned();
        let values = Arc::make_mut(&mut self.values);
        match initial {
            Some(value) => values.insert(name, value),
            None => values.remove(&name),
        };
        Ok(())
    }

    pub fn reset_all(&mut self) {
        self.values = Arc::clone(&self.initial);
    }

    /// What the client said at start-up is what RESET goes back to.
    pub fn settle(&mut self) {
        self.initial = Arc::clone(&self.values);
    }

    /// Reported settings under the names clients know them by.
    pub fn reported(&self) -> BTreeMap<&'static str, String> {
        KNOWN
            .iter()
            .filter(|k| k.reported)
            .map(|k| (spelling(k.name), self.values.get(k.name).cloned().unwrap_or_default()))
            .collect()
    }

    /// The schemas of `search_path`, unquoted.
    pub fn search_path(&self) -> Arc<[String]> {
        split_names(self.values.get("search_path").map_or("", String::as_str)).into()
    }

    pub fn time_zone(&self) -> &str {
        self.values.get("timezone").map_or("UTC", String::as_str)
    }

    pub fn statement_timeout_ms(&self) -> u64 {
        self.values.get("statement_timeout").and_then(|v| milliseconds(v)).unwrap_or(0)
    }

    pub fn star_expansion(&self) -> StarExpansion {
        match self.values.get("lake.star_expansion").map(String::as_str) {
            Some("permitted") => StarExpansion::Permitted,
            _ => StarExpansion::Postgres,
        }
    }

    pub fn is_on(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|v| v == "on")
    }

    pub fn extra_float_digits(&self) -> i32 {
        self.values.get("extra_float_digits").and_then(|v| v.parse().ok()).unwrap_or(1)
    }
}

fn known(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|k| k.name == name)
}

fn canonical(name: &str) -> String {
    match name.to_lowercase().as_str() {
        "time zone" => "timezone".to_owned(),
        other => other.to_owned(),
    }
}

fn spelling(name: &str) -> &str {
    SPELLINGS.iter().find(|(lower, _)| *lower == name).map_or(name, |(_, shown)| shown)
}

fn unrecognized(name: &str) -> Error {
    Error::new(
        SqlState::UNDEFINED_OBJECT,
        format!("unrecognized configuration parameter \"{name}\""),
    )
}

fn fixed(known: &Known) -> Error {
    Error::new(
        SqlState::CANT_CHANGE_RUNTIME_PARAM,
        format!("parameter \"{}\" cannot be changed", known.name),
    )
}

fn check(known: &Known, values: &[String]) -> Result<String> {
    let name = spelling(known.name);
    let joined = values.join(", ");
    let invalid = || {
        Error::invalid_parameter(format!("invalid value for parameter \"{name}\": \"{joined}\""))
    };
    if values.len() > 1 && !matches!(known.rule, SearchPath | DateStyle) {
        return Err(Error::invalid_parameter(format!("SET {name} takes only one argument")));
    }
    match known.rule {
        Fixed => Err(fixed(known)),
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
        SearchPath => Ok(values.iter().map(|v| quoted(v)).collect::<Vec<_>>().join(", ")),
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

/// A schema's name as SHOW prints it: quoted where it needs quotes.
fn quoted(name: &str) -> String {
    crate::catalog::name::quote_ident(name)
}

/// Taken apart again: `"$user", public`.
fn split_names(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut name = String::new();
    let mut in_quotes = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if in_quotes && chars.peek() == Some(&'"') => {
                chars.next();
                name.push('"');
            }
            '"' => in_quotes = !in_quotes,
            ',' if !in_quotes => names.push(std::mem::take(&mut name)),
            c if c.is_whitespace() && !in_quotes => {}
            c => name.push(c),
        }
    }
    names.push(name);
    names.retain(|name| !name.is_empty());
    names
}

/// `250`, `5s`, `2min`; a bare number is milliseconds.
fn milliseconds(text: &str) -> Option<u64> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn set(name: &str, value: &str) -> Result<String> {
        let mut settings = Settings::default();
        settings.set(name, &[value.to_owned()])?;
        Ok(settings.get(name)?.to_owned())
    }

    #[test]
    fn values_are_checked_and_shown_as_postgres_shows_them() {
        assert_eq!(set("Statement_Timeout", "90000").unwrap(), "90s");
        assert_eq!(set("timezone", "europe/berlin").unwrap(), "Europe/Berlin");
        assert_eq!(set("TimeZone", "+5:30").unwrap_err().state.code(), "22023");
        assert_eq!(set("TimeZone", "+05:30").unwrap(), "+05:30");
        assert_eq!(set("client_encoding", "utf-8").unwrap(), "UTF8");
        assert_eq!(set("client_encoding", "latin1").unwrap_err().state.code(), "0A000");
        assert_eq!(set("server_version", "16").unwrap_err().state.code(), "55P02");
        assert_eq!(set("nosuch", "1").unwrap_err().state.code(), "42704");
        assert_eq!(set("my.own", "x").unwrap(), "x");
    }

    #[test]
    fn the_search_path_survives_its_quotes() {
        let mut settings = Settings::default();
        assert_eq!(*settings.search_path(), ["$user".to_owned(), "public".to_owned()]);
        settings.set("search_path", &["A b".to_owned(), "c".to_owned()]).unwrap();
        assert_eq!(settings.get("search_path").unwrap(), "\"A b\", c");
        assert_eq!(*settings.search_path(), ["A b".to_owned(), "c".to_owned()]);
    }
}
