//! Roles and who is a member of whom.

use serde::{Deserialize, Serialize};

use super::name::{RoleId, SUPERUSER};

/// A role: one that may log in is what others call a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Role {
    pub id: RoleId,
    pub name: String,
    pub superuser: bool,
    pub createrole: bool,
    pub createdb: bool,
    pub inherit: bool,
    pub login: bool,
    pub replication: bool,
    pub bypassrls: bool,
    /// -1 means no limit.
    pub connection_limit: i32,
    /// `SCRAM-SHA-256$…`; a password is never kept.
    pub verifier: Option<String>,
    /// Until when the password is valid, in microseconds since 1970; `i64::MAX` is infinity.
    pub valid_until: Option<i64>,
    pub comment: Option<String>,
    /// The catalog version that changed it last.
    #[serde(default)]
    pub revision: u64,
}

impl Role {
    /// A role as `CREATE ROLE name` makes it.
    pub fn new(id: RoleId, name: &str) -> Role {
        Role {
            id,
            name: name.to_owned(),
            superuser: false,
            createrole: false,
            createdb: false,
            inherit: true,
            login: false,
            replication: false,
            bypassrls: false,
            connection_limit: -1,
            verifier: None,
            valid_until: None,
            comment: None,
            revision: 0,
        }
    }

    /// The superuser of the first start.
    pub fn bootstrap(verifier: String) -> Role {
        Role {
            superuser: true,
            createrole: true,
            createdb: true,
            login: true,
            replication: true,
            bypassrls: true,
            verifier: Some(verifier),
            ..Role::new(SUPERUSER, "postgres")
        }
    }
}

/// `member` belongs to `role`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    pub role: RoleId,
    pub member: RoleId,
    pub grantor: RoleId,
    /// The member may grant the membership on.
    pub admin: bool,
}
