//! `pg_attribute`: the columns of everything, the system catalog's own among them.

use super::{Definition, acl_cell, pg, row, tables};
use crate::catalog::relation::Column;
use crate::catalog::types::SqlType;
use crate::system::cells::Cell;
use crate::system::facts;
use crate::system::scope::Scope;
use crate::system::views;

pub(super) const ALL: &[Definition] = &[pg("pg_attribute", attributes)];

fn attributes(scope: &Scope) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    for relation in scope.snapshot.relations() {
        for column in &relation.columns {
            let acl = Some(&column.acl).filter(|acl| !acl.is_empty());
            let of = (column.sql_type.oid(), None);
            rows.push(attribute(relation.id.0, column, of, acl_cell(scope, acl)));
        }
    }
    for (index, column) in super::keys::columns(scope) {
        let oid = column.sql_type.oid();
        rows.push(attribute(index, &column, (oid, None), Cell::Null));
    }
    let tables = tables().map(|t| (t.oid(), t.columns()));
    for (oid, columns) in tables.chain(views::views().map(|v| (v.oid(), v.columns()))) {
        for (i, declared) in columns.iter().enumerate() {
            let t = declared.sql_type.clone();
            let column = Column::new(i as i16 + 1, declared.name, t, !declared.not_null);
            let collation = declared.by_bytes.then_some(950);
            rows.push(attribute(oid, &column, (declared.type_oid, collation), Cell::Null));
        }
    }
    rows
}

/// `of` is the type's OID and a collation that is not its own.
fn attribute(relation: u32, column: &Column, of: (u32, Option<u32>), acl: Cell) -> Vec<Cell> {
    let t = &column.sql_type;
    let dimensions = i32::from(matches!(t, SqlType::Array(_)));
    let facts = facts::type_of(of.0);
    let field = |i: usize, other: &'static str| facts.map_or(other, |t| t.fields[i]);
    let collation = of.1.unwrap_or_else(|| facts::number(field(25, "0")));
    row![
        relation,
        column.name.as_str(),
        of.0,
        -1i32,
        t.length(),
        column.number,
        dimensions,
        -1i32,
        column.modifier(),
        field(4, "f") == "t",
        field(19, "i"),
        field(20, "x"),
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
