//! Keys and indexes of a table: held and shown, so that tools find them. Nothing enforces or reads them.

use serde::{Deserialize, Serialize};

use super::name::RelationId;

/// An index, or the PRIMARY KEY or UNIQUE constraint that it stands for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Index {
    pub oid: u32,
    pub name: String,
    /// `btree`, `hash`...
    pub method: String,
    pub unique: bool,
    pub entries: Vec<IndexEntry>,
    /// Columns behind INCLUDE.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub included: Vec<i16>,
    /// What stands behind WHERE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicate: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraint: Option<Constraint>,
}

/// The constraint that an index stands for; it has the index's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    pub oid: u32,
    pub primary: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IndexEntry {
    pub of: IndexOf,
    #[serde(default)]
    pub descending: bool,
    #[serde(default)]
    pub nulls_first: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndexOf {
    Column(i16),
    Expression(String),
}

/// FOREIGN KEY or REFERENCES.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForeignKey {
    pub oid: u32,
    pub name: String,
    pub columns: Vec<i16>,
    pub references: RelationId,
    pub referenced: Vec<i16>,
    #[serde(default)]
    pub on_update: Action,
    #[serde(default)]
    pub on_delete: Action,
}

/// What was to happen to rows that refer to one that goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    #[default]
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

impl Action {
    /// `pg_constraint.confdeltype`.
    pub fn letter(self) -> char {
        match self {
            Action::NoAction => 'a',
            Action::Restrict => 'r',
            Action::Cascade => 'c',
            Action::SetNull => 'n',
            Action::SetDefault => 'd',
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Action::NoAction => "NO ACTION",
            Action::Restrict => "RESTRICT",
            Action::Cascade => "CASCADE",
            Action::SetNull => "SET NULL",
            Action::SetDefault => "SET DEFAULT",
        }
    }
}

impl Index {
    pub fn is_primary(&self) -> bool {
        self.constraint.is_some_and(|c| c.primary)
    }

    /// The columns it is over, 0 for an expression (`pg_index.indkey` without what is included).
    pub fn columns(&self) -> impl Iterator<Item = i16> {
        self.entries.iter().map(|entry| match entry.of {
            IndexOf::Column(number) => number,
            IndexOf::Expression(_) => 0,
        })
    }
}
