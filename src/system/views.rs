//! Views of the system catalog, in SQL, from `sql/system`. Base relations cover what is asked for so far; what reads
//! better as SQL has its place here.

use super::facts::{self, Declared, DeclaredColumn};

/// A view of the system catalog.
#[derive(Clone, Copy, Debug)]
pub struct SystemView {
    schema: &'static str,
    name: &'static str,
    sql: &'static str,
}

static VIEWS: &[SystemView] = &[SystemView {
    schema: "pg_catalog",
    name: "pg_shadow",
    sql: include_str!("../../sql/system/pg_shadow.sql"),
}];

pub fn view(schema: &str, name: &str) -> Option<SystemView> {
    views().find(|v| v.schema == schema && v.name == name)
}

/// Whether superusers alone read the view of this name: it shows verifiers.
pub fn is_secret(name: &str) -> bool {
    name == "pg_shadow"
}

pub fn views() -> impl Iterator<Item = SystemView> {
    VIEWS.iter().copied()
}

impl SystemView {
    pub fn schema(&self) -> &'static str {
        self.schema
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    fn declared(&self) -> Option<&'static Declared> {
        facts::relations().iter().find(|r| r.schema == self.schema && r.name == self.name)
    }

    pub fn oid(&self) -> u32 {
        self.declared().map_or(0, |declared| declared.oid)
    }

    /// Its columns, for `pg_attribute`.
    pub(super) fn columns(&self) -> &'static [DeclaredColumn] {
        self.declared().map_or(&[], |declared| &declared.columns)
    }

    /// Its query, bound with pg_catalog first on the search path.
    pub fn sql(&self) -> &'static str {
        self.sql
    }
}
