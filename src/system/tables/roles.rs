//! Roles and membership.

use super::{Definition, acl_cell, pg, row};
use crate::catalog::name::DATABASE_OID;
use crate::catalog::settings::StoredSettings;
use crate::system::cells::Cell;
use crate::system::scope::Scope;

pub(super) const ALL: &[Definition] = &[
    pg("pg_roles", roles),
    pg("pg_authid", authids),
    pg("pg_auth_members", members),
    pg("pg_user", users),
    pg("pg_group", groups),
    pg("pg_db_role_setting", stored_settings),
    pg("pg_default_acl", default_acls),
];

fn stored_settings(scope: &Scope) -> Vec<Vec<Cell>> {
    let all = scope.snapshot.contents().settings.iter();
    all.map(|stored| {
        let database = if stored.in_database { DATABASE_OID } else { 0 };
        row![database, stored.role.map_or(0, |role| role.0), config(Some(stored))]
    })
    .collect()
}

/// `name=value`, as PostgreSQL keeps them.
fn config(stored: Option<&StoredSettings>) -> Cell {
    let Some(stored) = stored else { return Cell::Null };
    Cell::Texts(stored.values.iter().map(|(name, value)| format!("{name}={value}")).collect())
}

fn roles(scope: &Scope) -> Vec<Vec<Cell>> {
    scope
        .snapshot
        .roles()
        .map(|r| {
            row![
                r.name.as_str(),
                r.superuser,
                r.inherit,
                r.createrole,
                r.createdb,
                r.login,
                r.replication,
                r.connection_limit,
                "********",
                r.valid_until,
                r.bypassrls,
                config(scope.snapshot.stored_settings(Some(r.id), false)),
                r.id.0,
            ]
        })
        .collect()
}

fn authids(scope: &Scope) -> Vec<Vec<Cell>> {
    scope
        .snapshot
        .roles()
        .map(|r| {
            row![
                r.id.0,
                r.name.as_str(),
                r.superuser,
                r.inherit,
                r.createrole,
                r.createdb,
                r.login,
                r.replication,
                r.bypassrls,
                r.connection_limit,
                r.verifier.as_deref(),
                r.valid_until,
            ]
        })
        .collect()
}

fn members(scope: &Scope) -> Vec<Vec<Cell>> {
    scope
        .snapshot
        .memberships()
        .iter()
        .map(|m| row![m.role.0, m.member.0, m.grantor.0, m.admin])
        .collect()
}

fn users(scope: &Scope) -> Vec<Vec<Cell>> {
    scope
        .snapshot
        .roles()
        .filter(|r| r.login)
        .map(|r| {
            row![
                r.name.as_str(),
                r.id.0,
                r.createdb,
                r.superuser,
                r.replication,
                r.bypassrls,
                "********",
                r.valid_until,
                config(scope.snapshot.stored_settings(Some(r.id), false)),
            ]
        })
        .collect()
}

fn groups(scope: &Scope) -> Vec<Vec<Cell>> {
    scope
        .snapshot
        .roles()
        .filter(|r| !r.login)
        .map(|r| {
            let members = scope.snapshot.memberships().iter().filter(|m| m.role == r.id);
            row![
                r.name.as_str(),
                r.id.0,
                Cell::Ints(members.map(|m| i64::from(m.member.0)).collect())
            ]
        })
        .collect()
}

fn default_acls(scope: &Scope) -> Vec<Vec<Cell>> {
    scope
        .snapshot
        .default_acls()
        .map(|d| {
            let schema = d.schema.map_or(0, |id| id.0);
            row![d.id.0, d.role.0, schema, d.on.letter(), acl_cell(scope, Some(&d.acl))]
        })
        .collect()
}
