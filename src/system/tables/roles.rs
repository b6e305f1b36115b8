//! Roles and membership.

use super::{Definition, acl_cell, row};
use crate::catalog::name::DATABASE_OID;
use crate::catalog::settings::StoredSettings;
use crate::system::cells::Cell;
use crate::system::scope::Scope;

pub(super) const ALL: &[Definition] = &[
    Definition {
        schema: "pg_catalog",
        name: "pg_roles",
        oid: 12_000,
        columns: "rolname name, rolsuper boolean, rolinherit boolean, rolcreaterole boolean, rolcreatedb boolean, rolcanlogin boolean, rolreplication boolean, rolconnlimit integer, rolpassword text, rolvaliduntil timestamp with time zone, rolbypassrls boolean, rolconfig text[], oid oid",
        rows: roles,
    },
    Definition {
        schema: "pg_catalog",
        name: "pg_authid",
        oid: 1260,
        columns: "oid oid, rolname name, rolsuper boolean, rolinherit boolean, rolcreaterole boolean, rolcreatedb boolean, rolcanlogin boolean, rolreplication boolean, rolbypassrls boolean, rolconnlimit integer, rolpassword text, rolvaliduntil timestamp with time zone",
        rows: authids,
    },
    Definition {
        schema: "pg_catalog",
        name: "pg_auth_members",
        oid: 1261,
        columns: "roleid oid, member oid, grantor oid, admin_option boolean",
        rows: members,
    },
    Definition {
        schema: "pg_catalog",
        name: "pg_user",
        oid: 12_014,
        columns: "usename name, usesysid oid, usecreatedb boolean, usesuper boolean, userepl boolean, usebypassrls boolean, passwd text, valuntil timestamp with time zone, useconfig text[]",
        rows: users,
    },
    Definition {
        schema: "pg_catalog",
        name: "pg_group",
        oid: 12_010,
        columns: "groname name, grosysid oid, grolist oid[]",
        rows: groups,
    },
    Definition {
        schema: "pg_catalog",
        name: "pg_db_role_setting",
        oid: 2964,
        columns: "setdatabase oid, setrole oid, setconfig text[]",
        rows: stored_settings,
    },
    Definition {
        schema: "pg_catalog",
        name: "pg_default_acl",
        oid: 826,
        columns: "oid oid, defaclrole oid, defaclnamespace oid, defaclobjtype \"char\", defaclacl aclitem[]",
        rows: default_acls,
    },
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
