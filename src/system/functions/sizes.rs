//! `pg_relation_size` and its kin, from the tables' own logs, and sizes as people read them.

use super::identity::entries;
use super::names::find_class;
use super::{Entry, Returns, Value};
use crate::catalog::name::RelationId;
use crate::catalog::relation::Relation;
use crate::error::{Error, Result, SqlState};
use crate::system::scope::Scope;

pub(super) const ALL: &[Entry] = entries! {
    "pg_relation_size" (1, 2) Int8 main_fork;
    "pg_table_size" (1, 1) Int8 |s, v| size(s, &v[0]);
    "pg_total_relation_size" (1, 1) Int8 |s, v| size(s, &v[0]);
    "pg_indexes_size" (1, 1) Int8 |s, v| Ok(found(s, &v[0])?.map(|_| 0).into());
    "pg_database_size" (1, 1) Int8 database;
    "pg_tablespace_size" (1, 1) Int8 |s, _| Ok(all(s).into());
    "pg_stat_get_live_tuples" (1, 1) Int8 |s, v| Ok(live(s, &v[0]).into());
    "pg_stat_get_dead_tuples" (1, 1) Int8 none;
    "pg_stat_get_numscans" (1, 1) Int8 none;
    "pg_stat_get_tuples_returned" (1, 1) Int8 none;
    "pg_stat_get_tuples_fetched" (1, 1) Int8 none;
    "pg_stat_get_tuples_inserted" (1, 1) Int8 none;
    "pg_stat_get_tuples_updated" (1, 1) Int8 none;
    "pg_stat_get_tuples_deleted" (1, 1) Int8 none;
    "pg_stat_get_tuples_hot_updated" (1, 1) Int8 none;
    "pg_stat_get_mod_since_analyze" (1, 1) Int8 none;
    "pg_stat_get_blocks_fetched" (1, 1) Int8 none;
    "pg_stat_get_blocks_hit" (1, 1) Int8 none;
    "pg_size_pretty" (1, 1) Text |_, v| Ok(v[0].int().map(pretty).into());
    "pg_size_bytes" (1, 1) Int8 |_, v| bytes(v[0].text());
    "pg_relation_filenode" (1, 1) Oid |s, v| Ok(found(s, &v[0])?.filter(|r| has_storage(r)).map(|r| i64::from(r.id.0)).into());
    "pg_relation_filepath" (1, 1) Text |s, v| Ok(found(s, &v[0])?.filter(|r| has_storage(r)).map(|r| format!("base/5/{}", r.id.0)).into());
    "pg_filenode_relation" (2, 2) Regclass |s, v| Ok(relation(s, &v[1]).filter(|r| has_storage(r)).map(|r| i64::from(r.id.0)).into());
};

fn none(_: &Scope, _: &[Value]) -> Result<Value> {
    Ok(0.into())
}

fn has_storage(relation: &Relation) -> bool {
    relation.kind_letter() == 'r'
}

fn relation<'s>(scope: &'s Scope, value: &Value) -> Option<&'s Relation> {
    let id = value.int().and_then(|v| u32::try_from(v).ok()).map(RelationId)?;
    scope.snapshot.relation(id).map(|r| &**r)
}

/// The relation that an OID or a name stands for; a name of nothing is an error, an OID of nothing is not.
fn found<'s>(scope: &'s Scope, value: &Value) -> Result<Option<&'s Relation>> {
    if value.int().is_some() {
        return Ok(relation(scope, value));
    }
    let name = value.text();
    let oid = find_class(scope, name).ok_or_else(|| Error::undefined_table(name))?;
    Ok(relation(scope, &Value::Int(oid)))
}

fn bytes_of(scope: &Scope, relation: &Relation) -> i64 {
    scope.size(relation).map_or(0, |size| i64::try_from(size.bytes).unwrap_or(i64::MAX))
}

fn size(scope: &Scope, value: &Value) -> Result<Value> {
    match found(scope, value)? {
        Some(relation) => Ok(bytes_of(scope, relation).into()),
        // What is in the system catalog takes no room of its own.
        None => {
            let oid = value.int().and_then(|v| u32::try_from(v).ok());
            let system = oid.is_none_or(|oid| crate::system::tables::by_oid(oid).is_some());
            Ok(system.then_some(0).into())
        }
    }
}

/// Of a relation's forks only the main one holds anything.
fn main_fork(scope: &Scope, values: &[Value]) -> Result<Value> {
    match values.get(1).map(Value::text) {
        None | Some("main") => size(scope, &values[0]),
        Some("fsm" | "vm" | "init") => Ok(found(scope, &values[0])?.map(|_| 0).into()),
        Some(_) => Err(Error::invalid_parameter("invalid fork name")
            .hint("Valid fork names are \"main\", \"fsm\", \"vm\", and \"init\".")),
    }
}

/// All that is known of, as far as the role may know it.
fn all(scope: &Scope) -> i64 {
    scope.snapshot.relations().map(|r| bytes_of(scope, r)).fold(0, i64::saturating_add)
}

fn database(scope: &Scope, values: &[Value]) -> Result<Value> {
    match &values[0] {
        Value::Text(name) if name.parse::<i64>().is_err() && **name != *scope.database => {
            Err(Error::new(
                SqlState::INVALID_CATALOG_NAME,
                format!("database \"{name}\" does not exist"),
            ))
        }
        _ => Ok(all(scope).into()),
    }
}

fn live(scope: &Scope, value: &Value) -> i64 {
    let rows = relation(scope, value).and_then(|r| scope.size(r)).and_then(|size| size.rows);
    rows.map_or(0, |rows| rows as i64)
}

/// As PostgreSQL shows sizes: the next unit from 10 of the one before, halves away from zero.
fn pretty(bytes: i64) -> String {
    const UNITS: [&str; 6] = ["bytes", "kB", "MB", "GB", "TB", "PB"];
    let mut size = i128::from(bytes);
    let mut unit = 0;
    // PostgreSQL keeps one bit more than it shows, to round by at the end.
    let mut halved = false;
    while unit + 1 < UNITS.len() {
        let limit = if halved { 20 * 1024 - 1 } else { 10 * 1024 };
        if size.abs() < limit {
            break;
        }
        unit += 1;
        size /= if halved { 1024 } else { 512 };
        halved = true;
    }
    if halved {
        size = (size + if size > 0 { 1 } else { -1 }) / 2;
    }
    format!("{size} {}", UNITS[unit])
}

/// `pg_size_bytes('1.5 GB')`.
fn bytes(text: &str) -> Result<Value> {
    let invalid = || Error::invalid_parameter(format!("invalid size: \"{text}\""));
    let trimmed = text.trim();
    let end = trimmed
        .find(|c: char| !(c.is_ascii_digit() || "+-.eE".contains(c)))
        .unwrap_or(trimmed.len());
    let number: f64 = trimmed[..end].trim().parse().map_err(|_| invalid())?;
    let factor: f64 = match trimmed[end..].trim().to_lowercase().as_str() {
        "" | "bytes" | "b" => 1.0,
        "kb" => 1024.0,
        "mb" => 1024f64.powi(2),
        "gb" => 1024f64.powi(3),
        "tb" => 1024f64.powi(4),
        "pb" => 1024f64.powi(5),
        unit => {
            let unit = unit.to_owned();
            return Err(invalid().detail(format!("Invalid size unit: \"{unit}\".")).hint(
                "Valid units are \"bytes\", \"B\", \"kB\", \"MB\", \"GB\", \"TB\", and \"PB\".",
            ));
        }
    };
    Ok(((number * factor).round() as i64).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_as_postgres_shows_them() {
        let all = [
            (0, "0 bytes"),
            (10_239, "10239 bytes"),
            (10_240, "10 kB"),
            (10_485_247, "10239 kB"),
            (10_485_248, "10 MB"),
            (-20_000, "-20 kB"),
            (1_099_511_627_776, "1024 GB"),
        ];
        for (size, shown) in all {
            assert_eq!(pretty(size), shown);
        }
    }
}
