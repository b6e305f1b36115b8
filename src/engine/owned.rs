//! What roles own and are named in: DROP ROLE looks whether anything is left, REASSIGN OWNED and DROP OWNED see to
//! it that nothing is (`pg_shdepend.c`).

use std::sync::Arc;

use super::define;
use super::privileges;
use super::reply::{Context, Notice};
use super::staged::Staged;
use crate::catalog::change::Change;
use crate::catalog::default_acl::{DefaultAcl, On};
use crate::catalog::name::{FIRST_OID, Object, PUBLIC_SCHEMA, RelationId, RoleId, SchemaId};
use crate::catalog::relation::Relation;
use crate::error::{Error, Result, SqlState};
use crate::planner::plan::{DropOwned, NamedRole};
use crate::system::scope::Scope;

pub(super) fn drop_roles(
    roles: &[NamedRole],
    if_exists: bool,
    context: &Context,
    staged: &Staged,
    notices: &mut Vec<Notice>,
) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    for role in roles {
        match role {
            NamedRole::Missing(name) if if_exists => {
                let message = format!("role \"{name}\" does not exist, skipping");
                notices.push(Notice::info(message, None));
            }
            NamedRole::Missing(name) => return Err(Error::undefined_role(name)),
            NamedRole::Known(id) => changes.push(drop_role(*id, context, staged)?),
        }
    }
    Ok(changes)
}

fn drop_role(id: RoleId, context: &Context, staged: &Staged) -> Result<Change> {
    let scope = &context.scope;
    let snapshot = staged.snapshot();
    let used = |message: &str| Err(Error::new(SqlState::OBJECT_IN_USE, message));
    if id == scope.role {
        return used("current user cannot be dropped");
    }
    if id == scope.session_role {
        return used("session user cannot be dropped");
    }
    if snapshot.is_superuser(id) && !snapshot.is_superuser(scope.role) {
        return Err(Error::not_allowed("must be superuser to drop superusers"));
    }
    let name = snapshot.role_name(id);
    if id.0 < FIRST_OID {
        return Err(Error::new(
            SqlState::DEPENDENT_OBJECTS_EXIST,
            format!("cannot drop role {name} because it is required by the database system"),
        ));
    }
    let lines = dependents(id, scope, staged);
    match lines.is_empty() {
        true => Ok(Change::DropRole(id)),
        false => Err(Error::depended_upon(
            format!("role \"{name}\" cannot be dropped because some objects depend on it"),
            lines.join("\n"),
        )),
    }
}

/// What a role owns or is named in, a line each, the oldest object first.
fn dependents(id: RoleId, scope: &Scope, staged: &Staged) -> Vec<String> {
    let snapshot = staged.snapshot();
    // Names are shown as the statement's own transaction sees them.
    let scope = &Scope { snapshot: Arc::clone(snapshot), ..scope.clone() };
    let mut lines: Vec<(u32, String)> = Vec::new();
    let mut note = |oid: u32, owner: bool, named: bool, what: String| {
        if owner {
            lines.push((oid, format!("owner of {what}")));
        } else if named {
            lines.push((oid, format!("privileges for {what}")));
        }
    };
    let acl = snapshot.contents().database.acl.as_ref();
    let named = acl.is_some_and(|acl| acl.mentions(id));
    // A database is made after its template's `public` was.
    note(PUBLIC_SCHEMA.0 + 1, false, named, format!("database {}", scope.database));
    for schema in snapshot.schemas() {
        let named = schema.acl.as_ref().is_some_and(|acl| acl.mentions(id));
        note(schema.id.0, schema.owner == id, named, format!("schema {}", schema.name));
    }
    for relation in snapshot.relations() {
        let what = scope.describe_relation(relation.id);
        let named = relation.acl.as_ref().is_some_and(|acl| acl.mentions(id));
        note(relation.id.0, relation.owner == id, named, what.clone());
        if relation.owner != id {
            for column in relation.columns.iter().filter(|c| c.acl.mentions(id)) {
                let what = format!("column {} of {what}", column.name);
                note(relation.id.0, false, true, what);
            }
        }
    }
    for default in snapshot.default_acls() {
        let what = describe_default(default, scope);
        note(default.id.0, default.role == id, default.acl.mentions(id), what);
    }
    lines.extend(targets(id, scope));
    lines.sort_by_key(|(oid, _)| *oid);
    lines.into_iter().map(|(_, line)| line).collect()
}

/// Policies, masks and tags that name the role.
fn targets(id: RoleId, scope: &Scope) -> Vec<(u32, String)> {
    let snapshot = &scope.snapshot;
    let mut lines = Vec::new();
    for relation in snapshot.relations() {
        let on = scope.describe_relation(relation.id);
        let protection = &relation.protection;
        for policy in protection.policies.iter().filter(|p| p.roles.contains(&id)) {
            lines.push((policy.id, format!("target of policy {} on {on}", policy.name)));
        }
        for mask in protection.masks.iter().filter(|m| m.roles.contains(&id)) {
            lines.push((mask.id, format!("target of mask {} on {on}", mask.name)));
        }
    }
    for tag in snapshot.contents().tags.values().filter(|tag| tag.mentions(id)) {
        lines.push((u32::MAX, format!("named on tag '{}'", tag.name)));
    }
    lines
}

fn describe_default(default: &DefaultAcl, scope: &Scope) -> String {
    let kind = match default.on {
        On::Relations => "relations",
        On::Schemas => "schemas",
    };
    let role = scope.snapshot.role_name(default.role);
    let schema = default.schema.and_then(|id| scope.snapshot.schema(id));
    let place = schema.map(|s| format!(" in schema {}", s.name)).unwrap_or_default();
    format!("default privileges on new {kind} belonging to role {role}{place}")
}

/// Each of these gets the new owner.
pub(super) fn reassign(
    schemas: &[SchemaId],
    relations: &[RelationId],
    to: RoleId,
    staged: &Staged,
) -> Result<Vec<Change>> {
    let schemas = schemas.iter().map(|id| Object::Schema(*id));
    let all = schemas.chain(relations.iter().map(|id| Object::Relation(*id)));
    let changes = all.map(|object| define::change_owner(object, to, staged).map(|(c, _)| c));
    Ok(changes.collect::<Result<Vec<_>>>()?.concat())
}

pub(super) fn drop_owned(
    drop: DropOwned,
    context: &Context,
    staged: &mut Staged,
    notices: &mut Vec<Notice>,
) -> Result<()> {
    for grant in &drop.revokes {
        let changes = privileges::grant(grant, context, staged, notices)?;
        staged.change(changes)?;
    }
    for grant in &drop.default_revokes {
        let changes = privileges::default_privileges(grant, staged)?;
        staged.change(changes)?;
    }
    let changes = without_policies(&drop.roles, staged);
    staged.change(changes)?;
    let texts = drop.drop.notices.iter().cloned();
    notices.extend(texts.map(|(message, detail)| Notice::info(message, detail)));
    let mut changes: Vec<Change> =
        drop.defaults.iter().map(|id| Change::DropDefaultAcl(*id)).collect();
    changes.extend(define::drop(&drop.drop, staged)?);
    staged.change(changes)
}

/// Policies that are for these roles alone go; others name them no more (`RemoveRoleFromObjectPolicy`). What
/// a mask hides from a role stays hidden until somebody says otherwise.
fn without_policies(roles: &[RoleId], staged: &Staged) -> Vec<Change> {
    let names = |r: &Relation| {
        r.protection.policies.iter().any(|p| p.roles.iter().any(|role| roles.contains(role)))
    };
    let named = staged.snapshot().relations().filter(|r| names(r));
    named
        .map(|r| {
            let mut relation = Relation::clone(r);
            relation.protection.policies.retain_mut(|p| {
                p.roles.retain(|role| !roles.contains(role));
                !p.roles.is_empty()
            });
            Change::PutRelation(relation)
        })
        .collect()
}
