//! Base system relations: their columns as PostgreSQL 15 has them, their rows from a scope.

mod columns;
mod empty;
mod information;
mod objects;
mod protection;
mod roles;
mod settings;
mod types;

use std::sync::{Arc, LazyLock};

use arrow::array::RecordBatch;
use arrow::datatypes::{FieldRef, Schema, SchemaRef};

use super::cells::{self, Cell};
use super::scope::Scope;
use crate::catalog::types::SqlType;
use crate::error::{Error, Result};

pub(super) use objects::{check_oid, view_definition};

type Rows = fn(&Scope) -> Vec<Vec<Cell>>;

/// How a relation is written down: `columns` as `name type, name type`.
pub(super) struct Definition {
    pub schema: &'static str,
    pub name: &'static str,
    /// PostgreSQL's own OID of it.
    pub oid: u32,
    pub columns: &'static str,
    pub rows: Rows,
}

/// A base relation of the system catalog.
#[derive(Clone, Copy)]
pub struct SystemTable(&'static Made);

struct Made {
    definition: &'static Definition,
    types: Vec<SqlType>,
    arrow_schema: SchemaRef,
}

static TABLES: LazyLock<Vec<Made>> = LazyLock::new(|| {
    [
        objects::ALL,
        roles::ALL,
        types::ALL,
        columns::ALL,
        empty::ALL,
        information::ALL,
        protection::ALL,
    ]
    .into_iter()
    .flatten()
    .map(make)
    .collect()
});

fn make(definition: &'static Definition) -> Made {
    let (types, fields): (Vec<SqlType>, Vec<FieldRef>) = definition
        .columns
        .split(',')
        .map(|column| {
            let (name, type_name) = column.trim().split_once(' ').unwrap_or((column, "text"));
            let sql_type = SqlType::parse(type_name.trim()).unwrap_or(SqlType::Text);
            let field = sql_type.field(name, true);
            (sql_type, field)
        })
        .unzip();
    Made { definition, types, arrow_schema: Arc::new(Schema::new(fields)) }
}

/// Relations that only superusers read: they hold verifiers.
const SECRET: &[&str] = &["pg_authid"];

pub fn table(schema: &str, name: &str) -> Option<SystemTable> {
    tables().find(|t| t.schema() == schema && t.name() == name)
}

pub fn tables() -> impl Iterator<Item = SystemTable> {
    TABLES.iter().map(SystemTable)
}

impl SystemTable {
    pub fn schema(&self) -> &'static str {
        self.0.definition.schema
    }

    pub fn name(&self) -> &'static str {
        self.0.definition.name
    }

    pub fn oid(&self) -> u32 {
        self.0.definition.oid
    }

    pub fn arrow_schema(&self) -> SchemaRef {
        Arc::clone(&self.0.arrow_schema)
    }

    /// Its columns, for `pg_attribute`.
    pub(super) fn columns(&self) -> impl Iterator<Item = (&str, &SqlType)> {
        self.0.arrow_schema.fields().iter().map(|f| f.name().as_str()).zip(&self.0.types)
    }

    /// Whether superusers alone read it.
    pub fn is_secret(&self) -> bool {
        SECRET.contains(&self.name())
    }

    pub fn batch(&self, scope: &Scope) -> Result<RecordBatch> {
        if self.is_secret() && !scope.snapshot.is_superuser(scope.role) {
            return Err(Error::denied("table", self.name()));
        }
        cells::batch(&self.0.arrow_schema, &self.0.types, &(self.0.definition.rows)(scope))
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
    fn every_column_has_a_known_type_and_every_relation_its_own_oid() {
        let mut oids = std::collections::HashSet::new();
        for table in tables() {
            assert!(oids.insert(table.oid()), "{} shares its OID", table.name());
            for column in table.0.definition.columns.split(',') {
                let (_, type_name) = column.trim().split_once(' ').unwrap();
                assert!(SqlType::parse(type_name.trim()).is_some(), "{}: {column}", table.name());
            }
        }
    }
}
