//! Type names to OIDs and back, as `regtype` and `format_type` have them: every built-in type, lakewire's or not.

use crate::catalog::name::quote_ident;
use crate::catalog::types::SqlType;
use crate::system::facts::{self, Type};

/// SQL names that differ from those in `pg_type`, of types that lakewire has no values of.
const SPELLED: &[(&str, &str)] =
    &[("bit", "\"bit\""), ("varbit", "bit varying"), ("timetz", "time with time zone")];

/// Other words for types, as the grammar knows them.
const WORDS: &[(&str, &str)] = &[
    ("int", "int4"),
    ("decimal", "numeric"),
    ("dec", "numeric"),
    ("float", "float8"),
    ("timestamp", "timestamp"),
    ("time", "time"),
    ("bit varying", "varbit"),
    ("time with time zone", "timetz"),
    ("char varying", "varchar"),
    ("national character", "bpchar"),
    ("national character varying", "varchar"),
    ("nchar", "bpchar"),
    ("char", "bpchar"),
];

/// The OID of the type of this name: `integer`, `pg_catalog.int4`, `numeric(10,2)`, `text[]`, `_text`.
pub(super) fn oid(text: &str) -> Option<u32> {
    let mut name = text.trim();
    let mut array = false;
    while let Some(inner) = name.strip_suffix(']').and_then(|n| n.rsplit_once('[')) {
        inner.1.trim().chars().all(|c| c.is_ascii_digit()).then_some(())?;
        (name, array) = (inner.0.trim_end(), true);
    }
    let oid = scalar(&folded(name)?)?;
    match array {
        false => Some(oid),
        true => facts::type_of(oid).map(|t| t.array()).filter(|array| *array != 0),
    }
}

/// A name without its modifier and `pg_catalog`, its words in lower case with one blank between. What stands in double
/// quotes is a name of `pg_type` as it is.
fn folded(name: &str) -> Option<Named> {
    if name.contains('"') {
        let parts = super::names::parts(name);
        return match parts.as_slice() {
            [name] => Some(Named::Catalog(name.clone())),
            [schema, name] if schema == "pg_catalog" => Some(Named::Catalog(name.clone())),
            _ => None,
        };
    }
    let lower = name.to_lowercase();
    let (before, after) = match (lower.find('('), lower.find(')')) {
        (Some(open), Some(close)) if open < close => (&lower[..open], &lower[close + 1..]),
        (None, None) => (lower.as_str(), ""),
        _ => return None,
    };
    let words: Vec<&str> = before.split_whitespace().chain(after.split_whitespace()).collect();
    let words = words.join(" ");
    match words.split_once('.') {
        None => Some(Named::Words(words)),
        Some(("pg_catalog", name)) => Some(Named::Catalog(name.to_owned())),
        Some(("information_schema", _)) => Some(Named::Domain(words)),
        Some(_) => None,
    }
}

enum Named {
    Words(String),
    Catalog(String),
    Domain(String),
}

fn scalar(name: &Named) -> Option<u32> {
    let in_catalog = |name: &str| {
        let found = facts::types().iter().find(|t| t.name == name && !t.is_domain());
        found.map(|t| t.oid)
    };
    match name {
        Named::Catalog(name) => in_catalog(name),
        Named::Domain(name) => {
            let bare = name.rsplit('.').next()?;
            facts::types().iter().find(|t| t.name == bare && t.is_domain()).map(|t| t.oid)
        }
        Named::Words(words) => {
            let other = WORDS.iter().find(|(word, _)| word == words).map(|(_, name)| *name);
            let ours = || SqlType::from_name(words).map(|t| t.oid());
            other.and_then(in_catalog).or_else(ours).or_else(|| in_catalog(words))
        }
    }
}

/// `format_type` without a modifier.
pub(super) fn type_name(oid: u32) -> Option<String> {
    if let Some(sql_type) = SqlType::from_oid(oid) {
        return Some(sql_type.to_string());
    }
    let found = facts::type_of(oid)?;
    if found.is_array() {
        return Some(format!("{}[]", type_name(found.element())?));
    }
    let spelled = SPELLED.iter().find(|(name, _)| *name == found.name);
    Some(match spelled {
        Some((_, spelled)) => (*spelled).to_owned(),
        None if found.is_domain() => format!("information_schema.{}", quote_ident(found.name)),
        None => quote_ident(found.name),
    })
}

/// Times and intervals with a precision, or with fields.
fn precise_type(oid: u32, modifier: i32) -> Option<String> {
    if modifier < 0 {
        return None;
    }
    Some(match SqlType::from_oid(oid)? {
        SqlType::Time => format!("time({modifier}) without time zone"),
        SqlType::Timetz => format!("time({modifier}) with time zone"),
        SqlType::Timestamp => format!("timestamp({modifier}) without time zone"),
        SqlType::Timestamptz => format!("timestamp({modifier}) with time zone"),
        SqlType::Interval => {
            let fields = match modifier >> 16 & 0x7fff {
                0x0004 => " year",
                0x0002 => " month",
                0x0008 => " day",
                0x0400 => " hour",
                0x0800 => " minute",
                0x1000 => " second",
                0x0006 => " year to month",
                0x0408 => " day to hour",
                0x0c08 => " day to minute",
                0x1c08 => " day to second",
                0x0c00 => " hour to minute",
                0x1c00 => " hour to second",
                0x1800 => " minute to second",
                _ => "",
            };
            match modifier & 0xffff {
                0xffff => format!("interval{fields}"),
                precision => format!("interval{fields}({precision})"),
            }
        }
        _ => return None,
    })
}

/// `format_type(oid, modifier)`.
pub(super) fn format_type(oid: u32, modifier: i32) -> String {
    if let Some(shown) = precise_type(oid, modifier) {
        return shown;
    }
    match SqlType::from_oid(oid) {
        Some(sql_type) => sql_type.with_modifier(modifier).to_string(),
        None if oid == 0 => "-".to_owned(),
        None => type_name(oid).unwrap_or_else(|| "???".to_owned()),
    }
}

impl Type {
    fn element(&self) -> u32 {
        facts::number(self.fields[10])
    }

    fn array(&self) -> u32 {
        facts::number(self.fields[11])
    }

    fn is_array(&self) -> bool {
        self.fields[6] == "A" && self.name.starts_with('_')
    }

    /// Those in `information_schema`.
    fn is_domain(&self) -> bool {
        !self.fields[2].is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_people_write_them() {
        let all = [
            ("integer", 23),
            ("INT", 23),
            ("pg_catalog.int4", 23),
            ("numeric(10, 2)", 1700),
            ("timestamp (3) with time zone", 1184),
            ("timestamp", 1114),
            ("character varying(5)[]", 1015),
            ("_text", 1009),
            ("\"char\"", 18),
            ("char", 1042),
            ("point", 600),
            ("information_schema.yes_or_no", 13_234),
        ];
        for (name, expected) in all {
            assert_eq!(oid(name), Some(expected), "{name}");
        }
        assert_eq!(oid("nosuch"), None);
        assert_eq!(type_name(1266).as_deref(), Some("time with time zone"));
        assert_eq!(type_name(1017).as_deref(), Some("point[]"));
    }
}
