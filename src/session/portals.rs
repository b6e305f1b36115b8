//! Prepared statements and portals.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use arrow::datatypes::FieldRef;
use datafusion::common::ScalarValue;

use super::cursors::Cursor;
use super::reading::Shared;
use crate::audit::record::Touched;
use crate::catalog::snapshot::Snapshot;
use crate::catalog::types::SqlType;
use crate::error::{Error, Result, SqlState};
use crate::parser::Statement;

/// A parsed statement with the types of its parameters. It is bound anew at each execution, so that names,
/// rights and versions are those of that moment.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    /// None for an empty query.
    pub statement: Option<Statement>,
    pub parameters: Vec<SqlType>,
    /// None if it returns no rows.
    pub fields: Option<Vec<FieldRef>>,
    /// How often it was planned to be run.
    pub plans: Arc<AtomicI64>,
}

/// A prepared statement with values, perhaps half read.
pub(super) struct Portal {
    pub prepared: Prepared,
    pub values: Vec<ScalarValue>,
    pub formats: Vec<i16>,
    /// Its rows, once it is run.
    pub reading: Option<Shared>,
    pub tag: &'static str,
    pub finished: bool,
    /// What DECLARE said of it.
    pub cursor: Option<Cursor>,
    /// Given when it is opened: after how many savepoints.
    pub level: u64,
}

impl Portal {
    pub fn new(prepared: Prepared, values: Vec<ScalarValue>, formats: Vec<i16>) -> Portal {
        let (reading, cursor) = (None, None);
        Portal {
            prepared,
            values,
            formats,
            reading,
            tag: "SELECT",
            finished: false,
            cursor,
            level: 0,
        }
    }

    pub fn touched(&self) -> Option<(Touched, Arc<Snapshot>)> {
        self.cursor.as_ref()?.touched.clone()
    }
}

impl std::fmt::Debug for Portal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Portal").field("prepared", &self.prepared).finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(super) struct Store {
    statements: HashMap<String, Prepared>,
    portals: HashMap<String, Portal>,
    /// Savepoints so far.
    level: u64,
    most: usize,
}

impl Store {
    pub fn new(most: usize) -> Store {
        Store { statements: HashMap::new(), portals: HashMap::new(), level: 0, most }
    }

    pub fn put_statement(&mut self, name: &str, prepared: Prepared) -> Result<()> {
        if !name.is_empty() && self.statements.contains_key(name) {
            return Err(Error::new(
                SqlState::DUPLICATE_PREPARED_STATEMENT,
                format!("prepared statement \"{name}\" already exists"),
            ));
        }
        self.room(self.statements.len(), "prepared statements")?;
        self.statements.insert(name.to_owned(), prepared);
        Ok(())
    }

    fn room(&self, held: usize, what: &str) -> Result<()> {
        if held >= self.most {
            return Err(Error::new(
                SqlState::CONFIGURATION_LIMIT_EXCEEDED,
                format!("a connection may hold at most {} {what}", self.most),
            ));
        }
        Ok(())
    }

    pub fn statement(&self, name: &str) -> Result<&Prepared> {
        self.statements.get(name).ok_or_else(|| {
            let shown = match name {
                "" => "unnamed prepared statement does not exist".to_owned(),
                name => format!("prepared statement \"{name}\" does not exist"),
            };
            Error::new(SqlState::INVALID_STATEMENT_NAME, shown)
        })
    }

    /// Whether there may be another portal, of this name.
    pub fn new_portal(&self, name: &str) -> Result<()> {
        if !name.is_empty() && self.portals.contains_key(name) {
            return Err(Error::new(
                SqlState::DUPLICATE_CURSOR,
                format!("cursor \"{name}\" already exists"),
            ));
        }
        self.room(self.portals.len(), "portals")
    }

    pub fn put_portal(&mut self, name: &str, mut portal: Portal) -> Result<()> {
        self.new_portal(name)?;
        portal.level = self.level;
        self.portals.insert(name.to_owned(), portal);
        Ok(())
    }

    pub fn portal(&mut self, name: &str) -> Result<&mut Portal> {
        self.portals.get_mut(name).ok_or_else(|| {
            Error::new(SqlState::INVALID_CURSOR_NAME, format!("portal \"{name}\" does not exist"))
        })
    }

    /// Closing what is not there is no error.
    pub fn close_statement(&mut self, name: &str) -> bool {
        self.statements.remove(name).is_some()
    }

    pub fn close_portal(&mut self, name: &str) {
        self.portals.remove(name);
    }

    /// A transaction is undone, or none was begun: portals live as long as their transaction, but for cursors that
    /// an earlier one has left.
    pub fn close_portals(&mut self) {
        self.portals.retain(|_, portal| portal.cursor.as_ref().is_some_and(|c| c.held));
    }

    /// A transaction is committed: WITH HOLD lives on.
    pub fn hold_portals(&mut self) {
        for cursor in self.portals.values_mut().filter_map(|portal| portal.cursor.as_mut()) {
            cursor.held |= cursor.hold;
        }
        self.close_portals();
    }

    pub fn close_all_portals(&mut self) {
        self.portals.clear();
    }

    /// Cursors and portals by name, for `pg_cursors`.
    pub fn portals(&self) -> impl Iterator<Item = (&String, &Portal)> {
        self.portals.iter()
    }

    /// Portals opened from now on are told from those before.
    pub fn begin_level(&mut self) -> u64 {
        self.level += 1;
        self.level
    }

    /// Closes those opened at this level or a later one.
    pub fn close_portals_from(&mut self, level: u64) {
        let held = |portal: &Portal| portal.cursor.as_ref().is_some_and(|c| c.held);
        self.portals.retain(|_, portal| portal.level < level || held(portal));
    }

    pub fn has_portal(&self, name: &str) -> bool {
        self.portals.contains_key(name)
    }

    pub fn close_statements(&mut self) {
        self.statements.clear();
    }
}
