//! The settings there are: their defaults, what values they take, and how these are shown.

use super::units::{INTEGER_MAX, KILOBYTES, PAGES, TIME, Units};
use super::zones;
use crate::catalog::name::quote_ident;
use crate::error::{Error, Result, SqlState};
use crate::functions::charset::{Charset, Named};

/// How a setting is checked and whether a client may change it.
#[derive(Clone, Copy, PartialEq)]
pub enum Rule {
    /// What the server is: SHOW only.
    Fixed,
    Bool,
    Text,
    /// With units, in milliseconds where none is given.
    Milliseconds,
    /// With units, in kilobytes where none is given; not less than this.
    Kilobytes(i64),
    /// With units, in pages of 8 kB where none is given.
    Pages,
    /// A number that may have a fraction, not below 0.
    Number,
    Integer(i64, i64),
    OneOf(&'static [&'static str]),
    SearchPath,
    TimeZone,
    DateStyle,
    IntervalStyle,
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

const LEVELS: &[&str] = &[
    "debug5", "debug4", "debug3", "debug2", "debug1", "log", "info", "notice", "warning", "error",
];
const ISOLATION: &[&str] =
    &["read uncommitted", "read committed", "repeatable read", "serializable"];
const PLANNER: &str = "Has no effect: plans are made from statistics of the files.";
const MEMORY: &str = "Has no effect: the server's config says how much memory a statement has.";
const STAR_EXPANSIONS: &[&str] = &["postgres", "permitted"];

macro_rules! known {
    ($($name:literal = $default:literal, $rule:expr, $reported:literal, $about:expr;)*) => {
        &[$(Known { name: $name, default: $default, rule: $rule, reported: $reported, about: $about },)*]
    };
}

use Rule::{
    Bool, DateStyle, Encoding, Fixed, Integer, IntervalStyle, Kilobytes, Milliseconds, Number,
    OneOf, Only, Pages, SearchPath, Text, TimeZone,
};

pub static KNOWN: &[Known] = known! {
    "application_name" = "", Text, true, "The client's name for itself.";
    "array_nulls" = "on", Only("on"), false, "NULL in the text of an array is no text.";
    "backslash_quote" = "safe_encoding", OneOf(&["safe_encoding", "on", "off"]), false, "Has no effect.";
    "bytea_output" = "hex", OneOf(&["escape", "hex"]), false, "Output format for bytea.";
    "check_function_bodies" = "on", Bool, false, "Has no effect: there are no functions to check.";
    "client_encoding" = "UTF8", Encoding, true, "The client's character set.";
    "client_min_messages" = "notice", OneOf(LEVELS), false, "The least message level sent.";
    "constraint_exclusion" = "partition", OneOf(&["partition", "on", "off"]), false, "Has no effect.";
    "datestyle" = "ISO, MDY", DateStyle, true, "Output format for dates and times.";
    "deadlock_timeout" = "1s", Milliseconds, false, "Has no effect: nothing waits for a lock.";
    "default_statistics_target" = "100", Integer(1, 10000), false, PLANNER;
    "default_table_access_method" = "heap", Only("heap"), false, "How tables are kept.";
    "default_tablespace" = "", Only(""), false, "Where new tables go; a schema has its location.";
    "default_text_search_config" = "pg_catalog.simple", Fixed, false, "There is no text search.";
    "default_toast_compression" = "pglz", OneOf(&["pglz", "lz4"]), false, "Has no effect.";
    "default_transaction_deferrable" = "off", Bool, false, "Has no effect.";
    "default_transaction_isolation" = "read committed", OneOf(ISOLATION), false,
        "Isolation level of new transactions; each reads one snapshot.";
    "default_transaction_read_only" = "off", Bool, true, "Whether new transactions are read-only.";
    "cpu_index_tuple_cost" = "0.005", Number, false, PLANNER;
    "cpu_operator_cost" = "0.0025", Number, false, PLANNER;
    "cpu_tuple_cost" = "0.01", Number, false, PLANNER;
    "cursor_tuple_fraction" = "0.1", Number, false, PLANNER;
    "effective_cache_size" = "4GB", Pages, false, PLANNER;
    "enable_async_append" = "on", Bool, false, PLANNER;
    "enable_bitmapscan" = "on", Bool, false, PLANNER;
    "enable_gathermerge" = "on", Bool, false, PLANNER;
    "enable_hashagg" = "on", Bool, false, PLANNER;
    "enable_hashjoin" = "on", Bool, false, PLANNER;
    "enable_incremental_sort" = "on", Bool, false, PLANNER;
    "enable_indexonlyscan" = "on", Bool, false, PLANNER;
    "enable_indexscan" = "on", Bool, false, PLANNER;
    "enable_material" = "on", Bool, false, PLANNER;
    "enable_memoize" = "on", Bool, false, PLANNER;
    "enable_mergejoin" = "on", Bool, false, PLANNER;
    "enable_nestloop" = "on", Bool, false, PLANNER;
    "enable_parallel_append" = "on", Bool, false, PLANNER;
    "enable_parallel_hash" = "on", Bool, false, PLANNER;
    "enable_partition_pruning" = "on", Bool, false, PLANNER;
    "enable_partitionwise_aggregate" = "off", Bool, false, PLANNER;
    "enable_partitionwise_join" = "off", Bool, false, PLANNER;
    "enable_seqscan" = "on", Bool, false, PLANNER;
    "enable_sort" = "on", Bool, false, PLANNER;
    "enable_tidscan" = "on", Bool, false, PLANNER;
    "escape_string_warning" = "on", Bool, false, "Has no effect.";
    "extra_float_digits" = "1", Integer(-15, 3), false, "Digits of floating-point output.";
    "force_parallel_mode" = "off", OneOf(&["off", "on", "regress"]), false, PLANNER;
    "from_collapse_limit" = "8", Integer(1, 2147483647), false, PLANNER;
    "geqo" = "on", Bool, false, PLANNER;
    "geqo_threshold" = "12", Integer(2, 2147483647), false, PLANNER;
    "idle_in_transaction_session_timeout" = "0", Milliseconds, false,
        "How long a client may be silent in a transaction; 0 means for ever.";
    "idle_session_timeout" = "0", Milliseconds, false,
        "How long a client may be silent outside of one; 0 means for ever.";
    "in_hot_standby" = "off", Fixed, true, "Whether the server is a standby.";
    "integer_datetimes" = "on", Fixed, true, "Whether times are integers.";
    "intervalstyle" = "postgres", IntervalStyle, true, "Output format for intervals.";
    "jit_above_cost" = "100000", Number, false, "Has no effect.";
    "jit" = "off", Bool, false, "Has no effect.";
    "lake.star_expansion" = "postgres", OneOf(STAR_EXPANSIONS), false,
        "What * stands for where a role may not read every column.";
    "join_collapse_limit" = "8", Integer(1, 2147483647), false, PLANNER;
    "lc_collate" = "C", Fixed, false, "The order of text.";
    "lc_ctype" = "C.UTF-8", Fixed, false, "The classes of characters.";
    "lc_messages" = "C", Only("c"), false, "The language of messages.";
    "lc_monetary" = "C", Only("c"), false, "How amounts of money are shown.";
    "lc_numeric" = "C", Only("c"), false, "How numbers are shown by to_char.";
    "lc_time" = "C", Only("c"), false, "The names of days and months.";
    "lock_timeout" = "0", Milliseconds, false, "Has no effect: statements take no locks.";
    "maintenance_work_mem" = "64MB", Kilobytes(1024), false, MEMORY;
    "max_identifier_length" = "63", Fixed, false, "Longest name in bytes.";
    "max_index_keys" = "32", Fixed, false, "Columns of an index.";
    "max_parallel_workers_per_gather" = "2", Integer(0, 1024), false, PLANNER;
    "parallel_setup_cost" = "1000", Number, false, PLANNER;
    "parallel_tuple_cost" = "0.1", Number, false, PLANNER;
    "plan_cache_mode" = "auto", OneOf(&["auto", "force_generic_plan", "force_custom_plan"]), false,
        "Has no effect: each execution is planned anew.";
    "quote_all_identifiers" = "off", Only("off"), false, "Names are quoted where they need it.";
    "random_page_cost" = "4", Number, false, PLANNER;
    "row_security" = "on", Bool, false, "Whether row security applies.";
    "search_path" = "\"$user\", public", SearchPath, false, "Schemas searched for bare names.";
    "seq_page_cost" = "1", Number, false, PLANNER;
    "server_encoding" = "UTF8", Fixed, true, "The server's character set.";
    // The one PostgreSQL version that lakewire claims, everywhere.
    "server_version" = "15.8", Fixed, true, "The PostgreSQL version spoken.";
    "server_version_num" = "150008", Fixed, false, "The same as a number.";
    "standard_conforming_strings" = "on", Only("on"), true, "Backslashes in plain strings are literal.";
    "session_replication_role" = "origin", OneOf(&["origin", "replica", "local"]), false,
        "Has no effect: there are no triggers.";
    "statement_timeout" = "0", Milliseconds, false, "Longest run of a statement; 0 means none.";
    "synchronous_commit" = "on", OneOf(&["local", "remote_write", "remote_apply", "on", "off"]), false,
        "Has no effect: what is committed is safe.";
    "synchronize_seqscans" = "on", Bool, false, "Has no effect.";
    "temp_buffers" = "8MB", Pages, false, MEMORY;
    "temp_tablespaces" = "", Only(""), false, "Where temporary tables go.";
    "timezone" = "UTC", TimeZone, true, "The zone in which times with zone are shown.";
    "transaction_deferrable" = "off", Bool, false, "Has no effect.";
    "transaction_isolation" = "read committed", OneOf(ISOLATION), false, "Of this transaction.";
    "transaction_read_only" = "off", Bool, false, "Whether this transaction is read-only.";
    "transform_null_equals" = "off", Only("off"), false, "x = NULL is never true.";
    "work_mem" = "4MB", Kilobytes(64), false, MEMORY;
    "xmloption" = "content", OneOf(&["content", "document"]), false, "Has no effect: there is no XML.";
};

impl Rule {
    /// The least and the greatest number, where it takes numbers.
    pub fn range(self) -> Option<(i64, i64)> {
        match self {
            Integer(least, most) => Some((least, most)),
            Milliseconds => Some((0, INTEGER_MAX)),
            Kilobytes(least) => Some((least, INTEGER_MAX)),
            Pages => Some((1, INTEGER_MAX)),
            _ => None,
        }
    }

    pub fn units(self) -> Units {
        match self {
            Milliseconds => TIME,
            Kilobytes(_) => KILOBYTES,
            Pages => PAGES,
            _ => Units::NONE,
        }
    }
}

impl Known {
    /// As `pg_settings.vartype` names it.
    pub fn type_name(&self) -> &'static str {
        match self.rule {
            Bool => "bool",
            Integer(..) | Milliseconds | Kilobytes(_) | Pages => "integer",
            Number => "real",
            OneOf(_) => "enum",
            Fixed | Only(_) if ["on", "off"].contains(&self.default) => "bool",
            Fixed if self.default.parse::<u32>().is_ok() => "integer",
            _ => "string",
        }
    }
}

/// Names whose spelling PostgreSQL shows with capitals.
const SPELLINGS: &[(&str, &str)] =
    &[("datestyle", "DateStyle"), ("intervalstyle", "IntervalStyle"), ("timezone", "TimeZone")];

/// SET ROLE as a setting. Who a session is is no setting like the others, but it is stored among them.
pub const ROLE: &str = "role";

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

/// The same over the value that the setting has `now`, of which a part may stay.
pub fn check_over(name: &str, values: &[String], now: &str) -> Result<String> {
    let value = check(name, values)?;
    match name {
        "datestyle" => date_style(values, now).map_err(Error::invalid_parameter),
        _ => Ok(value),
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
        // Names of applications are printable ASCII.
        Text => Ok(joined
            .bytes()
            .map(|b| if (32..127).contains(&b) { b as char } else { '?' })
            .collect()),
        Bool => match boolean(&joined) {
            Some(on) => Ok(if on { "on" } else { "off" }.into()),
            None => Err(Error::invalid_parameter(format!(
                "parameter \"{name}\" requires a Boolean value"
            ))),
        },
        Integer(..) | Milliseconds | Kilobytes(_) | Pages => {
            let (least, most) = known.rule.range().unwrap_or((0, INTEGER_MAX));
            let units = known.rule.units();
            let number = units.read(&joined).map_err(|hint| match hint {
                Some(hint) => invalid().hint(hint),
                None => invalid(),
            })?;
            if !(least..=most).contains(&number) {
                let base = units.base().map(|unit| format!(" {unit}")).unwrap_or_default();
                return Err(Error::invalid_parameter(format!(
                    "{number}{base} is outside the valid range for parameter \"{name}\" \
                     ({least} .. {most})"
                )));
            }
            Ok(units.shown(number))
        }
        Number => match joined.trim().parse::<f64>() {
            Ok(number) if number.is_finite() && number >= 0.0 => Ok(number.to_string()),
            _ => Err(invalid()),
        },
        OneOf(all) => {
            let lower = joined.to_lowercase();
            all.iter().find(|v| **v == lower).map(|v| (*v).to_owned()).ok_or_else(|| {
                let shown = all.iter().filter(|v| **v != "info").copied().collect::<Vec<_>>();
                invalid().hint(format!("Available values: {}.", shown.join(", ")))
            })
        }
        Only(value) => match joined.to_lowercase() == value {
            // As the default is spelled.
            true => Ok(known.default.to_owned()),
            false => Err(Error::unsupported(format!("{name} = {joined}"))),
        },
        SearchPath => Ok(flatten(known.name, values)),
        TimeZone => zones::check(&joined).map_err(|detail| match detail {
            Some(detail) => invalid().detail(detail),
            None => invalid(),
        }),
        Encoding => {
            match Charset::named(&joined) {
                Named::Known(charset) => Ok(charset.name().to_owned()),
                Named::Lacking(known) => Err(invalid()
                    .detail(format!("Conversion between {known} and UTF8 is not supported."))),
                Named::Unknown => Err(invalid()),
            }
        }
        // What is not said of the two stays; here, as the server has it.
        DateStyle => date_style(values, known.default).map_err(|detail| invalid().detail(detail)),
        IntervalStyle => match joined.to_lowercase().as_str() {
            form @ ("postgres" | "postgres_verbose" | "sql_standard" | "iso_8601") => {
                Ok(form.to_owned())
            }
            _ => Err(Error::invalid_parameter(format!(
                "invalid value for parameter \"intervalstyle\": \"{joined}\""
            ))
            .hint("Available values: postgres, postgres_verbose, sql_standard, iso_8601.")),
        },
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

/// Milliseconds of what SHOW prints.
pub fn milliseconds(shown: &str) -> Option<u64> {
    TIME.read(shown).ok().and_then(|ms| u64::try_from(ms).ok())
}

/// Any beginning of a word that can be nothing else.
fn boolean(text: &str) -> Option<bool> {
    let text = text.trim().to_lowercase();
    let begins = |word: &str, least: usize| text.len() >= least && word.starts_with(&text);
    match () {
        () if begins("true", 1) || begins("yes", 1) || begins("on", 2) || text == "1" => Some(true),
        () if begins("false", 1) || begins("no", 1) || begins("off", 2) || text == "0" => {
            Some(false)
        }
        () => None,
    }
}

/// DateStyle as SHOW prints it; what is not said stays as it is `now`. An error says what PostgreSQL does not
/// understand either.
fn date_style(values: &[String], now: &str) -> Result<String, String> {
    let (mut style, mut order) = (None, None);
    let words = values.iter().flat_map(|v| v.split(',')).map(|w| w.trim().to_uppercase());
    let words = words.filter(|word| !word.is_empty()).collect::<Vec<_>>();
    for word in &words {
        let (kind, means) = match word.as_str() {
            "ISO" | "SQL" => (&mut style, word.as_str()),
            "GERMAN" => (&mut style, "German"),
            _ if word.starts_with("POSTGRES") => (&mut style, "Postgres"),
            "YMD" | "DMY" | "MDY" => (&mut order, word.as_str()),
            _ if word.starts_with("EURO") => (&mut order, "DMY"),
            "US" => (&mut order, "MDY"),
            _ if word.starts_with("NONEURO") => (&mut order, "MDY"),
            "DEFAULT" => continue,
            _ => return Err(format!("Unrecognized key word: \"{}\".", word.to_lowercase())),
        };
        if kind.is_some_and(|known| known != means) {
            return Err("Conflicting \"datestyle\" specifications.".to_owned());
        }
        *kind = Some(means);
    }
    if style == Some("German") && order.is_none() {
        order = Some("DMY");
    }
    let (now_style, now_order) = now.split_once(", ").unwrap_or((now, "MDY"));
    Ok(format!("{}, {}", style.unwrap_or(now_style), order.unwrap_or(now_order)))
}
