//! Keys, indexes and defaults: `pg_index`, `pg_attrdef`, and their rows among the relations and constraints.

use super::{Definition, pg, row};
use crate::catalog::keys::{ForeignKey, Index, IndexOf};
use crate::catalog::name::quote_ident;
use crate::catalog::relation::Relation;
use crate::system::cells::Cell;
use crate::system::definitions;
use crate::system::scope::Scope;

pub(super) const ALL: &[Definition] =
    &[pg("pg_index", indexes), pg("pg_indexes", index_texts), pg("pg_attrdef", defaults)];

fn each(scope: &Scope) -> impl Iterator<Item = (&Relation, &Index)> {
    scope.snapshot.relations().flat_map(|r| r.indexes.iter().map(move |index| (&**r, index)))
}

/// Of each access method that an index may name, its OID.
fn method(name: &str) -> u32 {
    match name {
        "hash" => 405,
        "gist" => 783,
        "gin" => 2742,
        "spgist" => 4000,
        "brin" => 3580,
        _ => 403,
    }
}

fn numbers(all: impl Iterator<Item = i16>) -> Cell {
    Cell::Ints(all.map(i64::from).collect())
}

fn indexes(scope: &Scope) -> Vec<Vec<Cell>> {
    each(scope)
        .map(|(relation, index)| {
            let keys = index.entries.len();
            let expressions: Vec<&str> = index
                .entries
                .iter()
                .filter_map(|entry| match &entry.of {
                    IndexOf::Expression(text) => Some(text.as_str()),
                    IndexOf::Column(_) => None,
                })
                .collect();
            let options = index
                .entries
                .iter()
                .map(|e| i64::from(e.descending) | (i64::from(e.nulls_first) << 1));
            row![
                index.oid,
                relation.id.0,
                (keys + index.included.len()) as i32,
                keys as i32,
                index.unique,
                false,
                index.is_primary(),
                false,
                true,
                false,
                true,
                false,
                true,
                true,
                false,
                numbers(index.columns().chain(index.included.iter().copied())),
                Cell::Ints(index.columns().map(|n| collation(relation, n)).collect()),
                Cell::Ints(index.columns().map(|n| class(relation, n)).collect()),
                Cell::Ints(options.collect()),
                (!expressions.is_empty()).then(|| expressions.join(", ")),
                index.predicate.as_deref(),
            ]
        })
        .collect()
}

fn collation(relation: &Relation, number: i16) -> i64 {
    let column = relation.column_by_number(number);
    if column.is_some_and(|c| c.sql_type.is_string()) { 100 } else { 0 }
}

/// The operator class that PostgreSQL compares the column by.
fn class(relation: &Relation, number: i16) -> i64 {
    use crate::catalog::types::SqlType;
    let Some(column) = relation.column_by_number(number) else { return 0 };
    match column.sql_type {
        SqlType::Int2 => 1979,
        SqlType::Int4 => 1978,
        SqlType::Int8 => 3124,
        SqlType::Text | SqlType::Varchar(_) => 3126,
        SqlType::Bpchar(_) => 426,
        SqlType::Date => 3122,
        SqlType::Numeric(_) => 3125,
        SqlType::Float8 => 3123,
        SqlType::Timestamp => 3128,
        SqlType::Timestamptz => 3127,
        _ => 0,
    }
}

fn index_texts(scope: &Scope) -> Vec<Vec<Cell>> {
    each(scope)
        .map(|(relation, index)| {
            let schema = scope.snapshot.schema(relation.schema);
            row![
                schema.map(|s| s.name.clone()),
                relation.name.as_str(),
                index.name.as_str(),
                Cell::Null,
                definitions::index(index, relation, &qualified(scope, relation)),
            ]
        })
        .collect()
}

/// `schema.table`, as `pg_get_indexdef` always writes it.
pub(in crate::system) fn qualified(scope: &Scope, relation: &Relation) -> String {
    let schema = scope.snapshot.schema(relation.schema).map(|s| quote_ident(&s.name));
    format!("{}.{}", schema.unwrap_or_default(), quote_ident(&relation.name))
}

/// Rows of `pg_class`.
pub(super) fn classes(scope: &Scope) -> impl Iterator<Item = Vec<Cell>> {
    each(scope).map(|(relation, index)| {
        row![
            index.oid,
            index.name.as_str(),
            relation.schema.0,
            0u32,
            0u32,
            relation.owner.0,
            method(&index.method),
            index.oid,
            0u32,
            0i32,
            0i32,
            0i32,
            0u32,
            false,
            false,
            if relation.is_temporary() { 't' } else { 'p' },
            'i',
            (index.entries.len() + index.included.len()) as i32,
            0i32,
            false,
            false,
            false,
            false,
            false,
            true,
            'n',
            false,
            0u32,
            0u32,
            0u32,
        ]
    })
}

/// Rows of `pg_constraint` for primary, unique and foreign keys.
pub(super) fn constraints(scope: &Scope) -> impl Iterator<Item = Vec<Cell>> {
    let keys = each(scope).filter_map(|(relation, index)| {
        let key = index.constraint?;
        let kind = if key.primary { 'p' } else { 'u' };
        let columns = numbers(index.columns());
        let actions = (' ', ' ', ' ');
        let place = (key.oid, index.name.as_str(), kind, index.oid, 0u32);
        Some(constraint(relation, place, actions, columns, Cell::Null))
    });
    let foreign = scope.snapshot.relations().flat_map(move |relation| {
        relation.foreign_keys.iter().map(move |key| {
            let index = referenced_index(scope, key);
            let actions = (key.on_update.letter(), key.on_delete.letter(), 's');
            let place = (key.oid, key.name.as_str(), 'f', index, key.references.0);
            let columns = numbers(key.columns.iter().copied());
            let others = numbers(key.referenced.iter().copied());
            constraint(relation, place, actions, columns, others)
        })
    });
    keys.chain(foreign)
}

fn constraint(
    relation: &Relation,
    (oid, name, kind, index, references): (u32, &str, char, u32, u32),
    (on_update, on_delete, matching): (char, char, char),
    columns: Cell,
    others: Cell,
) -> Vec<Cell> {
    row![
        oid,
        name,
        relation.schema.0,
        kind,
        false,
        false,
        // Rows were never looked at: by PostgreSQL's own word for that, tools can see it.
        false,
        relation.id.0,
        0u32,
        index,
        0u32,
        references,
        on_update,
        on_delete,
        matching,
        true,
        0i32,
        true,
        columns,
        others,
    ]
}

pub(super) fn referenced_index(scope: &Scope, key: &ForeignKey) -> u32 {
    let sorted = |mut all: Vec<i16>| {
        all.sort_unstable();
        all
    };
    let wanted = sorted(key.referenced.clone());
    let table = scope.snapshot.relation(key.references);
    let indexes = table.map(|t| t.indexes.as_slice()).unwrap_or_default();
    let found = indexes.iter().find(|i| i.unique && sorted(i.columns().collect()) == wanted);
    found.map_or(0, |index| index.oid)
}

/// Rows of `pg_attribute` for the columns of indexes: relation, name, number and the column they are of.
pub(super) fn columns(scope: &Scope) -> Vec<(u32, crate::catalog::relation::Column)> {
    let mut all = Vec::new();
    for (relation, index) in each(scope) {
        let numbers = index.columns().chain(index.included.iter().copied());
        for (i, number) in numbers.enumerate() {
            let place = i as i16 + 1;
            let text = crate::catalog::types::SqlType::Text;
            let column = match relation.column_by_number(number) {
                Some(of) => crate::catalog::relation::Column::new(
                    place,
                    &of.name,
                    of.sql_type.clone(),
                    true,
                ),
                None => crate::catalog::relation::Column::new(place, "expr", text, true),
            };
            all.push((index.oid, column));
        }
    }
    all
}

/// Defaults have no OID of their own in the catalog; theirs is made of the table's and the column's.
fn default_oid(relation: &Relation, number: i16) -> u32 {
    0x2000_0000 | ((relation.id.0 << 11) & 0x1FFF_F800) | (number as u32 & 0x7FF)
}

fn defaults(scope: &Scope) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    for relation in scope.snapshot.relations() {
        for column in &relation.columns {
            if let Some(text) = &column.default {
                let oid = default_oid(relation, column.number);
                rows.push(row![oid, relation.id.0, column.number, text.as_str()]);
            }
        }
    }
    rows
}
