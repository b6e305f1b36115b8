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

/// The owner of the database is a member of this role, and nobody else ever is.
pub const DATABASE_OWNER: RoleId = RoleId(6171);
/// May SELECT from every relation and use every schema.
pub const READ_ALL: RoleId = RoleId(6181);
/// May INSERT, UPDATE and DELETE in every relation and use every schema.
pub const WRITE_ALL: RoleId = RoleId(6182);

/// May look at what goes on in the server.
pub const MONITOR: RoleId = RoleId(3373);

/// The roles that every catalog has, with PostgreSQL's OIDs. Those whose powers lakewire has no use for are
/// there so that scripts that grant them pass.
const PREDEFINED: &[(RoleId, &str)] = &[
    (DATABASE_OWNER, "pg_database_owner"),
    (READ_ALL, "pg_read_all_data"),
    (WRITE_ALL, "pg_write_all_data"),
    (MONITOR, "pg_monitor"),
    (RoleId(3374), "pg_read_all_settings"),
    (RoleId(3375), "pg_read_all_stats"),
    (RoleId(3377), "pg_stat_scan_tables"),
    (RoleId(4200), "pg_signal_backend"),
    (RoleId(4544), "pg_checkpoint"),
    (RoleId(4569), "pg_read_server_files"),
    (RoleId(4570), "pg_write_server_files"),
    (RoleId(4571), "pg_execute_server_program"),
];

/// `pg_monitor` is a member of these three.
const MONITORED: [RoleId; 3] = [RoleId(3374), RoleId(3375), RoleId(3377)];

/// The predefined roles and their memberships.
pub(super) fn predefined() -> (impl Iterator<Item = Role>, [Membership; 3]) {
    let (grantor, admin) = (SUPERUSER, false);
    let memberships = MONITORED.map(|role| Membership { role, member: MONITOR, grantor, admin });
    (PREDEFINED.iter().map(|(id, name)| Role::new(*id, name)), memberships)
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
