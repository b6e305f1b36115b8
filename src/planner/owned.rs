//! REASSIGN OWNED and DROP OWNED: everything of some roles at once (`shdepReassignOwned`, `shdepDropOwned`).

use std::collections::BTreeMap;

use super::dependents;
use super::names;
use super::plan::{DefaultPrivileges, Drop, DropOwned, Grant, GrantObject, Plan};
use super::query::Binder;
use crate::catalog::acl::{Acl, Privileges};
use crate::catalog::name::{FIRST_OID, Object, RoleId};
use crate::error::{Error, Result, SqlState};
use crate::parser::statement::RoleRef;
use crate::system::scope::Scope;

pub(super) fn reassign(binder: &Binder<'_>, from: &[RoleRef], to: &RoleRef) -> Result<Plan> {
    let from = names::roles(binder.scope, from)?;
    let to = names::one_role(binder.scope, to)?;
    not_required(binder.scope, &from, "reassign ownership of objects")?;
    let snapshot = &binder.scope.snapshot;
    let schemas = snapshot.schemas().filter(|s| from.contains(&s.owner)).map(|s| s.id).collect();
    let relations = snapshot.relations().filter(|r| from.contains(&r.owner)).map(|r| r.id);
    let relations = relations.collect();
    Ok(Plan::ReassignOwned { from, to, schemas, relations })
}

pub(super) fn drop(binder: &Binder<'_>, roles: &[RoleRef], cascade: bool) -> Result<Plan> {
    let scope = binder.scope;
    let roles = names::roles(scope, roles)?;
    not_required(scope, &roles, "drop objects")?;
    let named = owned(scope, &roles);
    let plan = Drop {
        tag: "DROP OWNED",
        named,
        relations: Vec::new(),
        schemas: Vec::new(),
        policies: Vec::new(),
        foreign_keys: Vec::new(),
        notices: Vec::new(),
        blocked: None,
    };
    let defaults =
        scope.snapshot.default_acls().filter(|d| roles.contains(&d.role)).map(|d| d.id).collect();
    Ok(Plan::DropOwned(DropOwned {
        revokes: roles.iter().map(|role| revoke_all(scope, *role)).collect(),
        default_revokes: roles.iter().flat_map(|role| revoke_defaults(scope, *role)).collect(),
        defaults,
        drop: dependents::finish(scope, plan, cascade),
        roles,
    }))
}

/// What belongs to the roles that every catalog has must stay theirs.
fn not_required(scope: &Scope, roles: &[RoleId], what: &str) -> Result<()> {
    match roles.iter().find(|role| role.0 < FIRST_OID) {
        Some(role) => Err(Error::new(
            SqlState::DEPENDENT_OBJECTS_EXIST,
            format!(
                "cannot {what} owned by role {} because they are required by the database system",
                scope.snapshot.role_name(*role)
            ),
        )),
        None => Ok(()),
    }
}

/// Schemas and relations of these roles, the newest first.
fn owned(scope: &Scope, roles: &[RoleId]) -> Vec<Object> {
    let snapshot = &scope.snapshot;
    let schemas = snapshot.schemas().filter(|s| roles.contains(&s.owner)).map(|s| s.id);
    let relations = snapshot.relations().filter(|r| roles.contains(&r.owner)).map(|r| r.id);
    let schemas = schemas.map(|id| (id.0, Object::Schema(id)));
    let mut all: Vec<(u32, Object)> =
        schemas.chain(relations.map(|id| (id.0, Object::Relation(id)))).collect();
    all.sort_unstable();
    all.into_iter().rev().map(|(_, object)| object).collect()
}

/// REVOKE ALL … CASCADE on each object whose grants name the role (`RemoveRoleFromObjectACL`).
fn revoke_all(scope: &Scope, role: RoleId) -> Grant {
    let snapshot = &scope.snapshot;
    let named = |acl: Option<&Acl>| acl.is_some_and(|acl| acl.mentions(role));
    let mut objects = Vec::new();
    let mut add = |object, privileges| {
        objects.push(GrantObject { object, privileges, columns: BTreeMap::new(), all: true });
    };
    if named(snapshot.contents().database.acl.as_ref()) {
        add(Object::Database, Privileges::ALL_DATABASE);
    }
    for schema in snapshot.schemas().filter(|s| s.owner != role && named(s.acl.as_ref())) {
        add(Object::Schema(schema.id), Privileges::ALL_SCHEMA);
    }
    for relation in snapshot.relations().filter(|r| r.owner != role) {
        if named(relation.acl.as_ref()) || relation.columns.iter().any(|c| c.acl.mentions(role)) {
            add(Object::Relation(relation.id), Privileges::ALL_RELATION);
        }
    }
    Grant { revoke: true, objects, grantees: vec![role], option: false, cascade: true }
}

/// The same for what others have said is to be granted to the role.
fn revoke_defaults(scope: &Scope, role: RoleId) -> Vec<DefaultPrivileges> {
    let others = scope.snapshot.default_acls().filter(|d| d.role != role && d.acl.mentions(role));
    others
        .map(|d| DefaultPrivileges {
            revoke: true,
            roles: vec![d.role],
            schemas: vec![d.schema],
            on: d.on,
            privileges: d.on.all(),
            grantees: vec![role],
            option: false,
            cascade: true,
        })
        .collect()
}
