//! Schemas, and what lies in them: tables, foreign tables, views.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{Field, Schema as ArrowSchema, SchemaRef};
use serde::{Deserialize, Serialize};

use super::acl::Acl;
use super::keys::{ForeignKey, Index};
use super::name::{RelationId, RoleId, SchemaId};
use super::protection::Protection;
use super::types::SqlType;

/// Field metadata under which a column's relation and number travel to the client's row description.
pub const TABLE_KEY: &str = "lakewire.table";
pub const COLUMN_KEY: &str = "lakewire.column";

/// A namespace: a zone of the lake with a location of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    pub id: SchemaId,
    pub name: String,
    pub owner: RoleId,
    /// Where managed tables of the schema are put; none means a folder of its name in the lake.
    pub location: Option<String>,
    /// None means the default: all for the owner, nothing for others.
    pub acl: Option<Acl>,
    pub comment: Option<String>,
    #[serde(default)]
    pub revision: u64,
}

/// A table, foreign table or view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relation {
    pub id: RelationId,
    pub schema: SchemaId,
    pub name: String,
    pub owner: RoleId,
    pub kind: RelationKind,
    pub columns: Vec<Column>,
    pub acl: Option<Acl>,
    pub comment: Option<String>,
    #[serde(default, skip_serializing_if = "Protection::is_empty")]
    pub protection: Protection,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKey>,
    /// Of a temporary table, which the log never sees.
    #[serde(skip)]
    pub on_commit: OnCommit,
    #[serde(default)]
    pub revision: u64,
}

/// What becomes of a temporary table when a transaction is committed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnCommit {
    #[default]
    PreserveRows,
    DeleteRows,
    Drop,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelationKind {
    /// A managed Delta table.
    Table {
        location: String,
        partition_by: Vec<String>,
        checks: Vec<Check>,
    },
    /// Files that others write, read in place.
    Foreign(Foreign),
    View(View),
}

/// Files registered in place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Foreign {
    pub location: String,
    /// `parquet` or `csv`.
    pub format: String,
    /// As given in OPTIONS, without location and format.
    pub options: BTreeMap<String, String>,
    /// Columns that come from `k=v` folders.
    pub partition_by: Vec<String>,
}

/// A view: its text, and which relations the names in it meant when it was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct View {
    pub sql: String,
    /// Names as written in `sql` (folded, schema and all), with what they stood for: the view keeps
    /// reading the same relations when they are renamed or the search path differs.
    pub reads: Vec<(String, RelationId)>,
    /// How many columns each of these had: its stars mean those, whatever is added later. Empty in views made before
    /// this was kept.
    #[serde(default)]
    pub widths: Vec<usize>,
    /// The search path of its maker, for names of types and functions.
    pub search_path: Vec<String>,
    /// Read with the rights of the reader rather than the owner's.
    #[serde(default)]
    pub security_invoker: bool,
    /// A reader's expressions see no row that the view leaves out.
    #[serde(default)]
    pub security_barrier: bool,
}

/// A CHECK constraint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    pub name: String,
    pub expression: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Counted from 1; stays with the column for its life.
    pub number: i16,
    pub name: String,
    /// Its name in the files, where that is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<String>,
    #[serde(rename = "type")]
    pub sql_type: SqlType,
    /// How many digits of a second it keeps, as `atttypmod` says it; of an interval also which fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<i32>,
    pub nullable: bool,
    /// The SQL of what it is where nothing is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// Rights on this column alone; empty when none were granted.
    #[serde(default, skip_serializing_if = "Acl::is_empty")]
    pub acl: Acl,
    pub comment: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

impl Column {
    pub fn new(number: i16, name: &str, sql_type: SqlType, nullable: bool) -> Column {
        Column {
            number,
            name: name.to_owned(),
            stored: None,
            sql_type,
            precision: None,
            nullable,
            default: None,
            acl: Acl::default(),
            comment: None,
            tags: Vec::new(),
        }
    }
}

impl Column {
    /// `pg_attribute.atttypmod`.
    pub fn modifier(&self) -> i32 {
        self.precision.unwrap_or_else(|| self.sql_type.modifier())
    }
}

impl Relation {
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == name)
    }

    pub fn column_by_number(&self, number: i16) -> Option<&Column> {
        self.columns.iter().find(|c| c.number == number)
    }

    /// The tags a column bears: its own and the relation's.
    pub fn tags_of<'a>(&'a self, column: &'a Column) -> impl Iterator<Item = &'a String> {
        column.tags.iter().chain(&self.protection.tags)
    }

    /// `table`, `view` or `foreign table`, as messages name it.
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            RelationKind::Table { .. } => "table",
            RelationKind::Foreign(_) => "foreign table",
            RelationKind::View(_) => "view",
        }
    }

    /// Seen by one session only, and gone with it.
    pub fn is_temporary(&self) -> bool {
        self.id.is_temporary()
    }

    /// The next free number for a column.
    pub fn next_column(&self) -> i16 {
        self.columns.iter().map(|c| c.number).max().unwrap_or(0) + 1
    }

    /// `pg_class.relkind`.
    pub fn kind_letter(&self) -> char {
        match self.kind {
            RelationKind::Table { .. } => 'r',
            RelationKind::Foreign(_) => 'f',
            RelationKind::View(_) => 'v',
        }
    }

    /// The columns in their own types: type metadata, but nothing of this catalog.
    pub fn storage_schema(&self) -> SchemaRef {
        let fields: Vec<Arc<Field>> =
            self.columns.iter().map(|c| c.sql_type.field(&c.name, c.nullable)).collect();
        Arc::new(ArrowSchema::new(fields))
    }
}
