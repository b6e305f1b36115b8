//! One event: what somebody asked for, and what came of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::catalog::acl::Privileges;
use crate::catalog::name::{RelationId, SchemaId, quote_ident};
use crate::catalog::snapshot::Snapshot;
use crate::error::{Error, SqlState};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    #[default]
    Statement,
    Login,
}

/// With `audit.synchronous` a statement is written down before it has any effect, and again when it is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    Begun,
    #[default]
    Done,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Decision {
    #[default]
    Allowed,
    /// A right was lacking, or a login was refused.
    Denied,
    /// It went wrong for another reason.
    Failed,
}

/// A relation that a statement touches, as rights were asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touch {
    pub relation: RelationId,
    /// None for what only its owner may do.
    pub privilege: Privileges,
    /// By number; empty where no column in particular is meant.
    pub columns: Vec<i16>,
}

/// A relation that a statement makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    pub schema: SchemaId,
    pub name: String,
    pub columns: Vec<String>,
}

/// All that a statement touches, by id; the names are looked up when the event is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    pub relations: Vec<Touch>,
    pub made: Option<Made>,
}

/// Who is at the other end.
#[derive(Clone, Debug, Default)]
pub struct Client {
    pub address: Option<SocketAddr>,
    pub application: String,
    pub pid: i32,
}

/// Kept small and cheap to make: it is made on the way of every statement. Everything that takes time, the names
/// and the redaction, is left to the writer.
#[derive(Clone, Debug, Default)]
pub struct Event {
    pub at: DateTime<Utc>,
    pub kind: Kind,
    pub phase: Phase,
    pub client: Client,
    /// Counted from 1 in each session; the two phases of a statement share it.
    pub statement_number: u64,
    pub login_role: String,
    pub effective_role: String,
    /// As it was sent; literals are taken out when it is written.
    pub statement: Option<Arc<str>>,
    /// Values of `$1`, `$2`…, where literals are kept.
    pub parameters: Option<Vec<String>>,
    pub command: String,
    pub touched: Touched,
    /// The catalog in which `touched` and `versions` have their names.
    pub snapshot: Option<Arc<Snapshot>>,
    /// Row policies and masks, by name.
    pub applied: Vec<String>,
    pub decision: Decision,
    pub state: Option<SqlState>,
    pub rows: Option<u64>,
    pub bytes_scanned: Option<u64>,
    pub duration: Duration,
    /// The version at which each Delta table was read.
    pub versions: Vec<(RelationId, u64)>,
}

impl Event {
    /// What came of it.
    pub fn fail(&mut self, error: &Error) {
        self.state = Some(error.state);
        self.decision = match error.state {
            SqlState::INSUFFICIENT_PRIVILEGE
            | SqlState::INVALID_PASSWORD
            | SqlState::INVALID_AUTHORIZATION => Decision::Denied,
            _ => Decision::Failed,
        };
    }

    /// How much room it takes in the queue: one, and one more for each KiB of text.
    pub fn weight(&self) -> usize {
        let parameters = self.parameters.iter().flatten().map(String::len).sum::<usize>();
        1 + (self.statement.as_ref().map_or(0, |s| s.len()) + parameters) / 1024
    }

    pub(super) fn relations(&self) -> Vec<String> {
        let touched = self.touched.relations.iter().map(|t| self.relation(t.relation));
        distinct(touched.chain(self.made()))
    }

    pub(super) fn columns_read(&self) -> Vec<String> {
        self.columns(|privilege| privilege == Privileges::SELECT)
    }

    pub(super) fn columns_written(&self) -> Vec<String> {
        let writes = |p| p != Privileges::SELECT && Privileges::ALL_COLUMN.contains(p);
        let mut written = self.columns(writes);
        if let (Some(name), Some(made)) = (self.made(), &self.touched.made) {
            written.extend(made.columns.iter().map(|c| format!("{name}.{}", quote_ident(c))));
        }
        written
    }

    pub(super) fn versions_read(&self) -> Vec<String> {
        distinct(self.versions.iter().map(|(id, v)| format!("{}@{v}", self.relation(*id))))
    }

    fn columns(&self, wanted: impl Fn(Privileges) -> bool) -> Vec<String> {
        let touches = self.touched.relations.iter().filter(|t| wanted(t.privilege));
        distinct(touches.flat_map(|touch| {
            let name = self.relation(touch.relation);
            let found = self.snapshot.as_ref().and_then(|s| s.relation(touch.relation));
            touch.columns.iter().map(move |number| {
                let column = found.and_then(|r| r.column_by_number(*number));
                let other = || match number {
                    -1 => "ctid".to_owned(),
                    number => number.to_string(),
                };
                let column = column.map_or_else(other, |c| quote_ident(&c.name));
                format!("{name}.{column}")
            })
        }))
    }

    fn relation(&self, id: RelationId) -> String {
        let Some(snapshot) = &self.snapshot else { return id.to_string() };
        match snapshot.relation(id) {
            Some(relation) => qualified(snapshot, relation.schema, &relation.name),
            None => id.to_string(),
        }
    }

    fn made(&self) -> Option<String> {
        let (snapshot, made) = (self.snapshot.as_ref()?, self.touched.made.as_ref()?);
        Some(qualified(snapshot, made.schema, &made.name))
    }
}

fn qualified(snapshot: &Snapshot, schema: SchemaId, name: &str) -> String {
    let schema =
        snapshot.schema(schema).map_or_else(|| schema.to_string(), |s| quote_ident(&s.name));
    format!("{schema}.{}", quote_ident(name))
}

fn distinct(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.collect();
    names.sort_unstable();
    names.dedup();
    names
}
