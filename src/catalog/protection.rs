//! What a relation shows to whom beyond its grants: row policies, masks and tags, as data.

use serde::{Deserialize, Serialize};

use super::name::{PUBLIC, RelationId, RoleId};

/// An expression over a relation's columns: its text, and which relations the names in it meant when it
/// was made, as a view keeps them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expression {
    pub sql: String,
    pub reads: Vec<(String, RelationId)>,
    pub search_path: Vec<String>,
}

/// Which statements a policy is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    All,
    Select,
    Insert,
    Update,
    Delete,
}

impl Command {
    pub fn covers(self, other: Command) -> bool {
        self == Command::All || self == other
    }

    /// `pg_policy.polcmd`.
    pub fn letter(self) -> char {
        match self {
            Command::All => '*',
            Command::Select => 'r',
            Command::Insert => 'a',
            Command::Update => 'w',
            Command::Delete => 'd',
        }
    }

    /// `pg_policies.cmd`.
    pub fn word(self) -> &'static str {
        match self {
            Command::All => "ALL",
            Command::Select => "SELECT",
            Command::Insert => "INSERT",
            Command::Update => "UPDATE",
            Command::Delete => "DELETE",
        }
    }
}

/// A row policy (`CREATE POLICY`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Its OID, `pg_policy.oid`.
    pub id: u32,
    pub name: String,
    pub permissive: bool,
    pub command: Command,
    /// [`PUBLIC`] stands for every role.
    pub roles: Vec<RoleId>,
    /// Rows for which it is true may be seen.
    pub using: Option<Expression>,
    /// Rows for which it is true may be written; without one, `using` says it.
    pub check: Option<Expression>,
}

/// A mask (`CREATE MASK`): what a reader gets in a column's stead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mask {
    pub id: u32,
    pub name: String,
    /// The column's number; 0 for a mask on a tag, which covers each column that bears it.
    pub column: i16,
    pub roles: Vec<RoleId>,
    pub using: Expression,
}

/// What protects one relation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Protection {
    /// ENABLE ROW LEVEL SECURITY.
    pub enabled: bool,
    /// FORCE ROW LEVEL SECURITY: the owner too.
    pub forced: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<Policy>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub masks: Vec<Mask>,
    /// Of the relation as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

impl Protection {
    pub fn is_empty(&self) -> bool {
        *self == Protection::default()
    }

    pub fn policy(&self, name: &str) -> Option<&Policy> {
        self.policies.iter().find(|p| p.name == name)
    }

    pub fn mask(&self, name: &str) -> Option<&Mask> {
        self.masks.iter().find(|m| m.name == name)
    }

    /// Every role named here.
    pub fn mentions(&self, id: RoleId) -> bool {
        mentions(&self.policies, &self.masks, id)
    }
}

pub(super) fn expressions<'a>(
    policies: &'a [Policy],
    masks: &'a [Mask],
) -> impl Iterator<Item = &'a Expression> {
    let predicates = policies.iter().flat_map(|p| p.using.iter().chain(&p.check));
    predicates.chain(masks.iter().map(|m| &m.using))
}

pub(super) fn mentions(policies: &[Policy], masks: &[Mask], id: RoleId) -> bool {
    policies.iter().map(|p| &p.roles).chain(masks.iter().map(|m| &m.roles)).any(|r| r.contains(&id))
}

/// Whether something said of `roles` is about a role that has the rights of `held`.
pub fn about(roles: &[RoleId], held: impl Fn(RoleId) -> bool) -> bool {
    roles.iter().any(|role| *role == PUBLIC || held(*role))
}

/// Gives every id in it to `new`, which may replace it.
pub(super) fn renumber(policies: &mut [Policy], masks: &mut [Mask], new: &impl Fn(&mut u32)) {
    let expression = |e: &mut Expression| e.reads.iter_mut().for_each(|(_, id)| new(&mut id.0));
    for policy in policies {
        new(&mut policy.id);
        policy.roles.iter_mut().for_each(|role| new(&mut role.0));
        policy.using.iter_mut().chain(&mut policy.check).for_each(expression);
    }
    for mask in masks {
        new(&mut mask.id);
        mask.roles.iter_mut().for_each(|role| new(&mut role.0));
        expression(&mut mask.using);
    }
}
