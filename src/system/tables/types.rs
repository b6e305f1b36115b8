//! `pg_type` and what hangs on types: PostgreSQL's built-in ones under its OIDs, the array over each.

use super::{Definition, fixed, row};
use crate::catalog::name::{INFORMATION_SCHEMA, PG_CATALOG, SUPERUSER};
use crate::catalog::types::SqlType;
use crate::system::cells::Cell;
use crate::system::facts;
use crate::system::scope::Scope;

pub(super) const ALL: &[Definition] = &[
    fixed("pg_type", types),
    fixed("pg_range", ranges),
    fixed("pg_collation", collations),
    fixed("pg_language", languages),
    fixed("pg_am", access_methods),
];

/// A field as an OID.
fn oid(field: &str) -> u32 {
    facts::number(field)
}

fn types(_: &Scope) -> Vec<Vec<Cell>> {
    facts::types().iter().map(|t| type_row(&t.fields)).collect()
}

fn type_row(f: &[&'static str]) -> Vec<Cell> {
    let int = |i: usize| Cell::from(f[i].parse::<i64>().unwrap_or(0));
    let yes = |i: usize| f[i] == "t";
    let namespace = if f[2].is_empty() { PG_CATALOG } else { INFORMATION_SCHEMA };
    let mut row = row![
        oid(f[0]),
        f[1],
        namespace.0,
        SUPERUSER.0,
        int(3),
        yes(4),
        f[5],
        f[6],
        yes(7),
        true,
        f[8],
        0u32,
        int(9),
        int(10),
        int(11),
        int(12),
        int(13),
        int(14),
        int(15),
        int(16),
        int(17),
        int(18),
        f[19],
        f[20],
        yes(21),
        int(22),
        int(23),
        int(24),
        int(25),
    ];
    if f[1] == "time_stamp" {
        // The only type that has a default.
        row.push(Cell::from("{SQLVALUEFUNCTION :op 4 :type 1184 :typmod 2 :location 105}"));
        row.push(Cell::from("CURRENT_TIMESTAMP(2)"));
    }
    row
}

/// The range types of `pg_type`.
fn ranges(_: &Scope) -> Vec<Vec<Cell>> {
    let lines = facts::lines(include_str!("../../../sql/system/ranges.tsv"));
    lines.map(|f| f.iter().map(|field| facts::cell(field, &SqlType::Oid)).collect()).collect()
}

/// Text is compared by its bytes, whichever of these is named.
fn collations(_: &Scope) -> Vec<Vec<Cell>> {
    let all = [
        (100u32, "default", 'd', -1, None),
        (950, "C", 'c', -1, Some("C")),
        (951, "POSIX", 'c', -1, Some("POSIX")),
        (12_340, "ucs_basic", 'c', 6, Some("C")),
    ];
    all.map(|(oid, name, provider, encoding, locale)| {
        row![oid, name, PG_CATALOG.0, SUPERUSER.0, provider, true, encoding, locale, locale]
    })
    .to_vec()
}

fn languages(_: &Scope) -> Vec<Vec<Cell>> {
    [(12u32, "internal", false, 2246u32), (13, "c", false, 2247), (14, "sql", true, 2248)]
        .map(|(oid, name, trusted, validator)| {
            row![oid, name, SUPERUSER.0, false, trusted, 0u32, 0u32, validator]
        })
        .to_vec()
}

fn access_methods(_: &Scope) -> Vec<Vec<Cell>> {
    [(2u32, "heap", 3i64, 't'), (403, "btree", 330, 'i'), (405, "hash", 331, 'i')]
        .map(|(oid, name, function, kind)| row![oid, name, function, kind])
        .to_vec()
}
