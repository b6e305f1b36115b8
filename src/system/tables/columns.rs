//! `pg_attribute`: the columns of everything, the system catalog's own among them.

use super::{Definition, acl_cell, row, tables};
use crate::catalog::relation::Column;
use crate::catalog::types::SqlType;
use crate::system::cells::Cell;
use crate::system::scope::Scope;

pub(super) const ALL: &[Definition] = &[Definition {
    schema: "pg_catalog",
    name: "pg_attribute",
    oid: 1249,
    columns: "attrelid oid, attname name, atttypid oid, attstattarget integer, attlen smallint, attnum smallint, attndims integer, attcacheoff integer, atttypmod integer, attbyval boolean, attalign \"char\", attstorage \"char\", attcompression \"char\", attnotnull boolean, atthasdef boolean, atthasmissing boolean, attidentity \"char\", attgenerated \"char\", attisdropped boolean, attislocal boolean, attinhcount integer, attcollation oid, attacl aclitem[], attoptions text[], attfdwoptions text[], attmissingval text[]",
    rows: attributes,
}];

fn attributes(scope: &Scope) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    for relation in scope.snapshot.relations() {
        for column in &relation.columns {
            let acl = Some(&column.acl).filter(|acl| !acl.is_empty());
            rows.push(attribute(relation.id.0, column, acl_cell(scope, acl)));
        }
    }
    for table in tables() {
        for (i, (name, sql_type)) in table.columns().enumerate() {
            let column = Column::new(i as i16 + 1, name, sql_type.clone(), true);
            rows.push(attribute(table.oid(), &column, Cell::Null));
        }
    }
    rows
}

fn attribute(relation: u32, column: &Column, acl: Cell) -> Vec<Cell> {
    let t = &column.sql_type;
    let dimensions = i32::from(matches!(t, SqlType::Array(_)));
    let length = t.length();
    let collation: u32 =
        if matches!(t, SqlType::Text | SqlType::Varchar(_) | SqlType::Bpchar(_)) { 100 } else { 0 };
    row![
        relation,
        column.name.as_str(),
        t.oid(),
        -1i32,
        length,
        column.number,
        dimensions,
        -1i32,
        t.modifier(),
        (1..=8).contains(&length),
        if length == 8 { 'd' } else { 'i' },
        if length < 0 { 'x' } else { 'p' },
        "",
        !column.nullable,
        false,
        false,
        "",
        "",
        false,
        true,
        0i32,
        collation,
        acl,
    ]
}
