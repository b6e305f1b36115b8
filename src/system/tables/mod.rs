//! Base system relations: their columns as PostgreSQL 15 has them, their rows from a scope.

mod activity;
mod columns;
mod dependencies;
mod extension;
mod information;
mod keys;
mod objects;
mod procs;
mod protection;
mod roles;
mod settings;
mod standard;
mod statistics;
mod types;
mod zones;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, OnceLock};

use arrow::array::RecordBatch;
use arrow::datatypes::{FieldRef, Schema, SchemaRef};

use super::cells::{self, Cell};
use super::facts::{self, DeclaredColumn};
use super::scope::Scope;
use super::views;
use crate::catalog::types::SqlType;
use crate::error::{Error, Result};

pub(super) use dependencies::rule_view;
pub(super) use keys::qualified;
pub(super) use objects::{SERVER_NAME, SERVER_OID, WRAPPER_NAME, check_oid, view_definition};

pub(super) type Rows = fn(&Scope) -> Vec<Vec<Cell>>;

/// What fills a relation. Which columns one of PostgreSQL's has is among the facts; `lake`'s say it here.
pub(super) struct Definition {
    pub schema: &'static str,
    pub name: &'static str,
    pub rows: Rows,
    /// OID and columns, as `name type, name type`.
    pub own: Option<(u32, &'static str)>,
    /// The rows hang on nothing and are made once.
    pub fixed: bool,
}

const fn pg(name: &'static str, rows: Rows) -> Definition {
    Definition { schema: "pg_catalog", name, rows, own: None, fixed: false }
}

/// One whose rows are always the same.
const fn fixed(name: &'static str, rows: Rows) -> Definition {
    Definition { fixed: true, ..pg(name, rows) }
}

const fn info(name: &'static str, rows: Rows) -> Definition {
    Definition { schema: "information_schema", name, rows, own: None, fixed: false }
}

/// A base relation of the system catalog.
#[derive(Clone, Copy)]
pub struct SystemTable(&'static Made);

struct Made {
    schema: &'static str,
    name: &'static str,
    oid: u32,
    kind: char,
    columns: Vec<DeclaredColumn>,
    types: Vec<SqlType>,
    arrow_schema: SchemaRef,
    rows: Rows,
    fixed: bool,
    kept: OnceLock<RecordBatch>,
}

/// All of PostgreSQL's, in its order, then lakewire's own. What nothing fills is truly empty here.
static TABLES: LazyLock<Vec<Made>> = LazyLock::new(|| {
    let known = facts::relations().iter();
    let known = known.filter(|r| views::view(r.schema, r.name).is_none()).map(|r| {
        let columns =
            r.columns.iter().map(|c| DeclaredColumn { sql_type: c.sql_type.clone(), ..*c });
        let (rows, fixed) = filling(r.schema, r.name);
        let made = made((r.schema, r.name), (r.oid, r.kind), columns.collect(), rows);
        Made { fixed, ..made }
    });
    let own = definitions().filter_map(|d| {
        let (oid, columns) = d.own?;
        let columns = columns.split(", ").map(facts::column).collect();
        Some(made((d.schema, d.name), (oid, 'v'), columns, d.rows))
    });
    known.chain(own).collect()
});

static BY_NAME: LazyLock<HashMap<(&'static str, &'static str), usize>> =
    LazyLock::new(|| TABLES.iter().enumerate().map(|(i, t)| ((t.schema, t.name), i)).collect());

static BY_OID: LazyLock<HashMap<u32, usize>> =
    LazyLock::new(|| TABLES.iter().enumerate().map(|(i, t)| (t.oid, i)).collect());

fn definitions() -> impl Iterator<Item = &'static Definition> {
    let all = [
        objects::ALL,
        roles::ALL,
        types::ALL,
        procs::ALL,
        activity::ALL,
        statistics::ALL,
        dependencies::ALL,
        extension::ALL,
        zones::ALL,
        columns::ALL,
        keys::ALL,
        information::ALL,
        standard::ALL,
        protection::ALL,
    ];
    all.into_iter().flatten()
}

fn filling(schema: &str, name: &str) -> (Rows, bool) {
    let found = definitions().find(|d| d.schema == schema && d.name == name);
    found.map_or((|_| Vec::new(), true), |d| (d.rows, d.fixed))
}

fn made(
    (schema, name): (&'static str, &'static str),
    (oid, kind): (u32, char),
    columns: Vec<DeclaredColumn>,
    rows: Rows,
) -> Made {
    let types: Vec<SqlType> = columns.iter().map(|c| c.sql_type.clone()).collect();
    let fields: Vec<FieldRef> = columns.iter().map(|c| c.sql_type.field(c.name, true)).collect();
    let arrow_schema = Arc::new(Schema::new(fields));
    let (fixed, kept) = (false, OnceLock::new());
    Made { schema, name, oid, kind, columns, types, arrow_schema, rows, fixed, kept }
}

/// Relations that only superusers read, as in PostgreSQL.
const SECRET: &[&str] = &[
    "pg_authid",
    "pg_config",
    "pg_file_settings",
    "pg_hba_file_rules",
    "pg_ident_file_mappings",
    "pg_largeobject",
    "pg_replication_origin_status",
    "pg_statistic",
    "pg_statistic_ext_data",
    "pg_subscription",
    "pg_user_mapping",
];

pub fn table(schema: &str, name: &str) -> Option<SystemTable> {
    BY_NAME.get(&(schema, name)).map(|i| SystemTable(&TABLES[*i]))
}

pub fn by_oid(oid: u32) -> Option<SystemTable> {
    BY_OID.get(&oid).map(|i| SystemTable(&TABLES[*i]))
}

/// What PostgreSQL says of a built-in object.
pub(super) fn described(oid: u32, catalog: u32) -> Option<String> {
    let of = [Cell::from(oid), Cell::from(catalog)];
    let found = procs::descriptions().iter().find(|row| row[..2] == of)?;
    match &found[3] {
        Cell::Text(text) => Some(text.clone()),
        _ => None,
    }
}

pub fn tables() -> impl Iterator<Item = SystemTable> {
    TABLES.iter().map(SystemTable)
}

impl SystemTable {
    pub fn schema(&self) -> &'static str {
        self.0.schema
    }

    pub fn name(&self) -> &'static str {
        self.0.name
    }

    pub fn oid(&self) -> u32 {
        self.0.oid
    }

    pub fn arrow_schema(&self) -> SchemaRef {
        Arc::clone(&self.0.arrow_schema)
    }

    /// `pg_class.relkind` as PostgreSQL has it: `r` or `v`.
    pub(super) fn kind(&self) -> char {
        self.0.kind
    }

    /// Its columns, for `pg_attribute`.
    pub(super) fn columns(&self) -> &'static [DeclaredColumn] {
        &self.0.columns
    }

    /// Whether superusers alone read it.
    pub fn is_secret(&self) -> bool {
        SECRET.contains(&self.name())
    }

    pub fn batch(&self, scope: &Scope) -> Result<RecordBatch> {
        if self.is_secret() && !scope.snapshot.is_superuser(scope.role) {
            return Err(Error::denied("table", self.name()));
        }
        if let Some(kept) = self.0.kept.get() {
            return Ok(kept.clone());
        }
        let batch = cells::batch(&self.0.arrow_schema, &self.0.types, &(self.0.rows)(scope))?;
        if self.0.fixed {
            // Whoever comes second made the same.
            let _ = self.0.kept.set(batch.clone());
        }
        Ok(batch)
    }
}

impl std::fmt::Debug for SystemTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A row from values of any kind.
macro_rules! row {
    ($($value:expr),* $(,)?) => { vec![$(Cell::from($value)),*] };
}
use row;

/// An ACL as `aclitem[]`; NULL stands for the default.
fn acl_cell(scope: &Scope, acl: Option<&crate::catalog::acl::Acl>) -> Cell {
    let Some(acl) = acl else { return Cell::Null };
    let name = |id| {
        let name = scope.snapshot.role_name(id);
        // An ACL's own quotes, which leave capitals and reserved words bare (`putid`).
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if plain { name } else { format!("\"{}\"", name.replace('"', "\"\"")) }
    };
    Cell::Texts(acl.items().iter().map(|item| item.text(name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_relation_has_its_own_oid_and_every_filling_its_relation() {
        let mut oids = std::collections::HashSet::new();
        for table in tables() {
            assert!(oids.insert(table.oid()), "{} shares its OID", table.name());
        }
        for definition in definitions() {
            assert!(table(definition.schema, definition.name).is_some(), "{}", definition.name);
        }
        assert_eq!(table("pg_catalog", "pg_class").map(|t| t.oid()), Some(1259));
    }
}
