//! Facts of PostgreSQL 15's own catalog, from the files in `sql/system`: which relations, types, functions and
//! operators it has, under which OIDs. `tests/checks/catalog_like_postgres.py --write` makes them from a real server.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::cells::Cell;
use crate::catalog::types::SqlType;

/// A system relation as PostgreSQL declares it.
pub(super) struct Declared {
    pub schema: &'static str,
    pub name: &'static str,
    pub oid: u32,
    /// `pg_class.relkind`: `r` or `v`.
    pub kind: char,
    pub columns: Vec<DeclaredColumn>,
}

pub(super) struct DeclaredColumn {
    pub name: &'static str,
    pub sql_type: SqlType,
    /// What `pg_attribute` says: a domain of `information_schema` where `sql_type` is what it stands for.
    pub type_oid: u32,
    pub not_null: bool,
    /// Collated as "C" where the type is not.
    pub by_bytes: bool,
}

static RELATIONS: LazyLock<Vec<Declared>> =
    LazyLock::new(|| lines(include_str!("../../sql/system/relations.tsv")).map(declared).collect());

/// Every relation of `pg_catalog` and `information_schema`.
pub(super) fn relations() -> &'static [Declared] {
    &RELATIONS
}

/// A type of PostgreSQL's; `fields` as the query for `types` in `tests/checks/support/postgres_facts.py` orders them.
pub(super) struct Type {
    pub oid: u32,
    pub name: &'static str,
    pub fields: Vec<&'static str>,
}

/// A function of PostgreSQL's.
pub(super) struct Proc {
    pub oid: u32,
    pub name: &'static str,
    pub arguments: Vec<u32>,
    pub result: u32,
    pub fields: Vec<&'static str>,
}

impl Proc {
    /// Whether PostgreSQL has no other function of the name.
    pub fn is_alone(&self) -> bool {
        self.fields.last().is_some_and(|count| *count == "1")
    }
}

/// An operator of PostgreSQL's; `left` is 0 for a prefix operator.
pub(super) struct Operator {
    pub oid: u32,
    pub name: &'static str,
    pub left: u32,
    pub right: u32,
    pub fields: Vec<&'static str>,
}

static TYPES: LazyLock<Vec<Type>> = LazyLock::new(|| {
    lines(include_str!("../../sql/system/types.tsv"))
        .map(|fields| Type { oid: number(fields[0]), name: fields[1], fields })
        .collect()
});

static PROCS: LazyLock<Vec<Proc>> = LazyLock::new(|| {
    lines(include_str!("../../sql/system/procs.tsv"))
        .map(|fields| Proc {
            oid: number(fields[0]),
            name: fields[1],
            arguments: fields[16].split_whitespace().map(number).collect(),
            result: number(fields[15]),
            fields,
        })
        .collect()
});

static OPERATORS: LazyLock<Vec<Operator>> = LazyLock::new(|| {
    lines(include_str!("../../sql/system/operators.tsv"))
        .map(|fields| Operator {
            oid: number(fields[0]),
            name: fields[1],
            left: number(fields[5]),
            right: number(fields[6]),
            fields,
        })
        .collect()
});

/// In the order of their OIDs, as are those below.
pub(super) fn types() -> &'static [Type] {
    &TYPES
}

pub(super) fn procs() -> &'static [Proc] {
    &PROCS
}

pub(super) fn operators() -> &'static [Operator] {
    &OPERATORS
}

pub(super) fn type_of(oid: u32) -> Option<&'static Type> {
    TYPES.binary_search_by_key(&oid, |t| t.oid).ok().map(|i| &TYPES[i])
}

pub(super) fn proc(oid: u32) -> Option<&'static Proc> {
    PROCS.binary_search_by_key(&oid, |p| p.oid).ok().map(|i| &PROCS[i])
}

pub(super) fn operator(oid: u32) -> Option<&'static Operator> {
    OPERATORS.binary_search_by_key(&oid, |o| o.oid).ok().map(|i| &OPERATORS[i])
}

/// The domains of `information_schema`, with what they stand for.
fn domain(name: &str) -> Option<(SqlType, u32)> {
    Some(match name.strip_prefix("information_schema.")? {
        "cardinal_number" => (SqlType::Int4, 13_221),
        "character_data" => (SqlType::Varchar(None), 13_224),
        "sql_identifier" => (SqlType::Name, 13_226),
        "time_stamp" => (SqlType::Timestamptz, 13_232),
        "yes_or_no" => (SqlType::Varchar(Some(3)), 13_234),
        _ => return None,
    })
}

/// `name type`, with `~` behind it where it is compared by its bytes, `!` where NOT NULL.
pub(super) fn column(text: &'static str) -> DeclaredColumn {
    let (name, type_name) = text.trim().split_once(' ').unwrap_or((text, "text"));
    let (type_name, not_null) = match type_name.strip_suffix('!') {
        Some(type_name) => (type_name, true),
        None => (type_name, false),
    };
    let (type_name, by_bytes) = match type_name.strip_suffix('~') {
        Some(type_name) => (type_name, true),
        None => (type_name, false),
    };
    let (sql_type, type_oid) = domain(type_name).unwrap_or_else(|| {
        let sql_type = SqlType::parse(type_name).unwrap_or(SqlType::Text);
        let oid = sql_type.oid();
        (sql_type, oid)
    });
    DeclaredColumn { name, sql_type, type_oid, not_null, by_bytes }
}

fn declared(fields: Vec<&'static str>) -> Declared {
    let columns = fields[4].split(", ").map(column).collect();
    let kind = fields[3].chars().next().unwrap_or('r');
    Declared { schema: fields[0], name: fields[1], oid: number(fields[2]), kind, columns }
}

pub(super) fn number(field: &str) -> u32 {
    field.parse().unwrap_or(0)
}

/// The lines of a file of tab-separated fields.
pub(super) fn lines(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().map(|line| line.split('\t').collect())
}

/// A field as COPY wrote it: `\N` is NULL, a backslash escapes.
pub(super) fn text(field: &'static str) -> Option<Cow<'static, str>> {
    match field {
        "\\N" => None,
        plain if !plain.contains('\\') => Some(Cow::Borrowed(plain)),
        escaped => {
            let unescaped = escaped.replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\");
            Some(Cow::Owned(unescaped))
        }
    }
}

/// A field as a value of this type.
pub(super) fn cell(field: &'static str, sql_type: &SqlType) -> Cell {
    let Some(text) = text(field) else { return Cell::Null };
    match sql_type {
        SqlType::Bool => Cell::Bool(text == "t"),
        SqlType::Float4 | SqlType::Float8 => Cell::Float(text.parse().unwrap_or(0.0)),
        SqlType::Int2Vector | SqlType::OidVector => {
            Cell::Ints(text.split_whitespace().filter_map(|v| v.parse().ok()).collect())
        }
        SqlType::Array(element) => {
            let items = text.trim_matches(['{', '}']).split(',').filter(|item| !item.is_empty());
            match element.is_string() {
                // An empty name is written as `""`.
                true => Cell::Texts(items.map(|item| item.trim_matches('"').to_owned()).collect()),
                false => Cell::Ints(items.filter_map(|v| v.parse().ok()).collect()),
            }
        }
        other if other.is_string() => Cell::Text(text.into_owned()),
        _ => text.parse().map_or(Cell::Null, Cell::Int),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_declared_type_is_known() {
        for line in include_str!("../../sql/system/relations.tsv").lines() {
            let columns = line.split('\t').nth(4).unwrap();
            for column in columns.split(", ") {
                let (_, type_name) = column.split_once(' ').unwrap();
                let type_name = type_name.trim_end_matches('!').trim_end_matches('~');
                let known = domain(type_name).is_some() || SqlType::parse(type_name).is_some();
                assert!(known || type_name == "pg_statistic[]", "{line}: {column}");
            }
        }
    }
}
