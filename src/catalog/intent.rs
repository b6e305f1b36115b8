//! What a transaction over several tables is to do to each of them, from its commit until it is done.
//!
//! The catalog's version that holds the intent is the transaction's number: readers whose snapshot is of that
//! version or a later one see the transaction in every table, others in none.

use serde::{Deserialize, Serialize};

use super::name::RelationId;
use crate::storage::commits::Work;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// The transaction's number; given when the change is applied.
    #[serde(default)]
    pub number: u64,
    pub tables: Vec<Goal>,
    pub works: Works,
}

/// A table that a transaction writes to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    pub relation: RelationId,
    /// As the relation has it: also when the relation is gone, the commit is made.
    pub location: String,
    /// Files go, not only come: two transactions that take rows from one table exclude each other.
    #[serde(default)]
    pub removes: bool,
}

/// The files of each table, in the tables' order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Works {
    Here(Vec<Work>),
    /// In an object of this name beside the log, so that ten thousand files do not go through every snapshot.
    Aside(String),
}

/// The transactions over several tables that a relation has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Written {
    pub newest: u64,
    /// The newest that took rows away.
    #[serde(default)]
    pub removed: u64,
}
