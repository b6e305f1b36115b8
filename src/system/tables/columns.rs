//! `pg_attribute`: the columns of everything, the system catalog's own among them.

use super::{Definition, acl_cell, pg, row, tables};
use crate::catalog::relation::Column;
use crate::catalog::types::SqlType;
use crate::system::cells::Cell;
use crate::system::scope::Scope;
use crate::system::views;

pub(super) const ALL: &[Definition] = &[pg("pg_attribute", attributes)];

fn attributes(scope: &Scope) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    for relation in scope.snapshot.relations() {
        for column in &relation.columns {
            let acl = Some(&column.acl).filter(|acl| !acl.is_empty());
            let oid = column.sql_type.oid();
            rows.push(attribute(relation.id.0, column, oid, acl_cell(scope, acl)));
        }
    }
    for (index, column) in super::keys::columns(scope) {
        let oid = column.sql_type.oid();
        rows.push(attribute(index, &column, oid, Cell::Null));
    }
    let tables = tables().map(|t| (t.oid(), t.columns()));
    for (oid, columns) in tables.chain(views::views().map(|v| (v.oid(), v.columns()))) {
        for (i, declared) in columns.iter().enumerate() {
            let t = declared.sql_type.clone();
            let column = Column::new(i as i16 + 1, declared.name, t, !declared.not_null);
            rows.push(attribute(oid, &column, declared.type_oid, Cell::Null));
        }
    }
    rows
}

fn attribute(relation: u32, column: &Column, type_oid: u32, acl: Cell) -> Vec<Cell> {
    let t = &column.sql_type;
    let dimensions = i32::from(matches!(t, SqlType::Array(_)));
    let length = t.length();
    let collation: u32 =
        if matches!(t, SqlType::Text | SqlType::Varchar(_) | SqlType::Bpchar(_)) { 100 } else { 0 };
    row![
        relation,
        column.name.as_str(),
        type_oid,
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
        column.default.is_some(),
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
