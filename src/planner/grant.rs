//! Roles, grants of privileges, grants of membership.

use std::collections::BTreeMap;

use super::define::database;
use super::names;
use super::plan::{AlterRole, CreateRole, Grant, GrantObject, GrantRole, Plan, RoleChanges};
use super::query::Binder;
use crate::catalog::acl::Privileges;
use crate::catalog::name::{Object, PUBLIC, RelationId, RoleId};
use crate::catalog::relation::Relation;
use crate::catalog::{name::FIRST_OID, verifier};
use crate::error::{Error, Result, SqlState};
use crate::parser::statement::{self, GrantPrivileges, GrantTarget, Ident, RoleOption, RoleRef};
use crate::system::scope::Scope;

pub(super) fn create_role(
    binder: &Binder<'_>,
    name: &Ident,
    options: &[RoleOption],
) -> Result<Plan> {
    let scope = binder.scope;
    free_role_name(scope, &name.name)?;
    let mut create = CreateRole {
        name: name.name.clone(),
        changes: RoleChanges::default(),
        member_of: Vec::new(),
        members: Vec::new(),
    };
    for option in options {
        match option {
            RoleOption::InRole(roles) => create.member_of.extend(all(scope, roles)?),
            RoleOption::Role(roles) => {
                create.members.extend(all(scope, roles)?.into_iter().map(|id| (id, false)));
            }
            RoleOption::Admin(roles) => {
                create.members.extend(all(scope, roles)?.into_iter().map(|id| (id, true)));
            }
            other => set(&mut create.changes, other)?,
        }
    }
    Ok(Plan::CreateRole(create))
}

fn free_role_name(scope: &Scope, name: &str) -> Result<()> {
    names::not_reserved("role", name)?;
    if ["public", "none"].contains(&name) {
        return Err(Error::new(
            SqlState::RESERVED_NAME,
            format!("role name \"{name}\" is reserved"),
        ));
    }
    match scope.snapshot.role_named(name) {
        Some(_) => {
            Err(Error::new(SqlState::DUPLICATE_OBJECT, format!("role \"{name}\" already exists")))
        }
        None => Ok(()),
    }
}

fn all(scope: &Scope, roles: &[Ident]) -> Result<Vec<RoleId>> {
    roles.iter().map(|ident| names::role_named(scope, ident)).collect()
}

fn set(changes: &mut RoleChanges, option: &RoleOption) -> Result<()> {
    let twice = || Err(Error::syntax("conflicting or redundant options"));
    macro_rules! put {
        ($field:ident, $value:expr) => {{
            if changes.$field.is_some() && stringify!($field) != "login" {
                return twice();
            }
            changes.$field = Some($value);
        }};
    }
    match option {
        RoleOption::Superuser(on) => put!(superuser, *on),
        RoleOption::CreateRole(on) => put!(createrole, *on),
        RoleOption::CreateDb(on) => put!(createdb, *on),
        RoleOption::Inherit(on) => put!(inherit, *on),
        // CREATE USER has set it already.
        RoleOption::Login(on) => put!(login, *on),
        RoleOption::Replication(on) => put!(replication, *on),
        RoleOption::BypassRls(on) => put!(bypassrls, *on),
        RoleOption::ConnectionLimit(limit) => put!(connection_limit, *limit),
        RoleOption::Password(None) => put!(verifier, None),
        RoleOption::Password(Some(password)) => put!(verifier, Some(verifier::make(password)?)),
        RoleOption::ValidUntil(text) => put!(valid_until, instant(text)?),
        RoleOption::InRole(_) | RoleOption::Role(_) | RoleOption::Admin(_) => {
            return Err(Error::syntax("membership is altered with GRANT and REVOKE"));
        }
    }
    Ok(())
}

/// `infinity`, or a time as ISO 8601 writes it; without a zone it is UTC. Microseconds since 1970.
fn instant(text: &str) -> Result<i64> {
    if text.trim().eq_ignore_ascii_case("infinity") {
        return Ok(i64::MAX);
    }
    let invalid = || {
        Error::new(
            SqlState::INVALID_DATETIME_FORMAT,
            format!("invalid input syntax for type timestamp with time zone: \"{text}\""),
        )
    };
    let zoned = arrow::compute::kernels::cast_utils::string_to_timestamp_nanos(text.trim());
    Ok(zoned.map_err(|_| invalid())? / 1_000)
}

pub(super) fn alter_role(
    binder: &Binder<'_>,
    role: &RoleRef,
    options: &[RoleOption],
) -> Result<Plan> {
    let role = names::role(binder.scope, role)?;
    let mut changes = RoleChanges::default();
    options.iter().try_for_each(|option| set(&mut changes, option))?;
    Ok(Plan::AlterRole(AlterRole { role, changes }))
}

pub(super) fn rename_role(binder: &Binder<'_>, name: &Ident, to: &str) -> Result<Plan> {
    let role = names::role_named(binder.scope, name)?;
    free_role_name(binder.scope, to)?;
    Ok(Plan::RenameRole { role, to: to.to_owned() })
}

pub(super) fn drop_roles(binder: &Binder<'_>, roles: &[Ident], if_exists: bool) -> Result<Plan> {
    let mut found = Vec::new();
    let mut notice = None;
    for ident in roles {
        match names::role_named(binder.scope, ident) {
            Ok(role) => found.push(role),
            Err(_) if if_exists => {
                notice = Some(format!("role \"{}\" does not exist, skipping", ident.name));
            }
            Err(e) => return Err(e),
        }
    }
    match found.is_empty() {
        true => Ok(Plan::Nothing { tag: "DROP ROLE", notice }),
        false => Ok(Plan::DropRoles(found)),
    }
}

pub(super) fn grant_role(binder: &Binder<'_>, grant: &statement::GrantRole) -> Result<Plan> {
    let scope = binder.scope;
    if grant.granted_by.is_some() {
        return Err(Error::unsupported("GRANTED BY"));
    }
    let roles = all(scope, &grant.roles)?;
    let members = grant
        .members
        .iter()
        .map(|member| match names::role(scope, member)? {
            PUBLIC => Err(Error::undefined_role("public")),
            id => Ok(id),
        })
        .collect::<Result<_>>()?;
    Ok(Plan::GrantRole(GrantRole { revoke: grant.revoke, roles, members, admin: grant.admin }))
}

pub(super) fn grant(binder: &Binder<'_>, grant: &statement::Grant) -> Result<Plan> {
    let scope = binder.scope;
    if grant.granted_by.is_some() {
        return Err(Error::unsupported("GRANTED BY"));
    }
    let grantees: Vec<RoleId> =
        grant.grantees.iter().map(|role| names::role(scope, role)).collect::<Result<_>>()?;
    if !grant.revoke && grant.option && grantees.contains(&PUBLIC) {
        return Err(Error::new(
            SqlState::INVALID_GRANT_OPERATION,
            "grant options can only be granted to roles",
        ));
    }
    let objects = objects(scope, &grant.on)?
        .into_iter()
        .map(|object| on_object(scope, object, &grant.privileges))
        .collect::<Result<_>>()?;
    let (revoke, option, cascade) = (grant.revoke, grant.option, grant.cascade);
    Ok(Plan::Grant(Grant { revoke, objects, grantees, option, cascade }))
}

fn objects(scope: &Scope, target: &GrantTarget) -> Result<Vec<Object>> {
    match target {
        GrantTarget::Relations(all) => {
            all.iter().map(|name| Ok(Object::Relation(names::stored(scope, name)?.id))).collect()
        }
        GrantTarget::AllRelationsIn(schemas) => {
            let mut found = Vec::new();
            for ident in schemas {
                let schema = names::schema(scope, &ident.name, ident.position)?.id;
                found.extend(scope.snapshot.relations_in(schema).map(|r| Object::Relation(r.id)));
            }
            Ok(found)
        }
        GrantTarget::Schemas(all) => all
            .iter()
            .map(|ident| {
                let id = names::schema(scope, &ident.name, ident.position)?.id;
                if id.0 < FIRST_OID && id != crate::catalog::name::PUBLIC_SCHEMA {
                    return Err(Error::denied("schema", &ident.name));
                }
                Ok(Object::Schema(id))
            })
            .collect(),
        GrantTarget::Databases(all) => {
            all.iter().try_for_each(|ident| database(scope, &ident.name))?;
            Ok(vec![Object::Database])
        }
    }
}

fn on_object(scope: &Scope, object: Object, privileges: &GrantPrivileges) -> Result<GrantObject> {
    let (legal, kind) = match object {
        Object::Database => (Privileges::ALL_DATABASE, "database"),
        Object::Schema(_) => (Privileges::ALL_SCHEMA, "schema"),
        Object::Relation(_) | Object::Column(..) => (Privileges::ALL_RELATION, "relation"),
    };
    let mut grant =
        GrantObject { object, privileges: Privileges::NONE, columns: BTreeMap::new(), all: false };
    match privileges {
        GrantPrivileges::All { columns } if columns.is_empty() => {
            grant.privileges = legal;
            grant.all = true;
        }
        GrantPrivileges::All { columns } => {
            on_columns(scope, &mut grant, columns, Privileges::ALL_COLUMN)?;
            grant.all = true;
        }
        GrantPrivileges::Some(list) => {
            for (word, columns) in list {
                let privilege = privilege(word)?;
                if !columns.is_empty() && !Privileges::ALL_COLUMN.contains(privilege) {
                    return Err(invalid(privilege, "column"));
                }
                if !legal.contains(privilege) {
                    return Err(invalid(privilege, kind));
                }
                match columns.is_empty() {
                    true => grant.privileges |= privilege,
                    false => on_columns(scope, &mut grant, columns, privilege)?,
                }
            }
        }
    }
    Ok(grant)
}

fn privilege(word: &Ident) -> Result<Privileges> {
    Privileges::from_word(&word.name).ok_or_else(|| {
        Error::syntax(format!("unrecognized privilege type \"{}\"", word.name)).at(word.position)
    })
}

fn invalid(privilege: Privileges, kind: &str) -> Error {
    Error::new(
        SqlState::INVALID_GRANT_OPERATION,
        format!("invalid privilege type {} for {kind}", privilege.words()),
    )
}

fn on_columns(
    scope: &Scope,
    grant: &mut GrantObject,
    columns: &[Ident],
    privileges: Privileges,
) -> Result<()> {
    let Object::Relation(id) = grant.object else {
        return Err(Error::new(
            SqlState::INVALID_GRANT_OPERATION,
            "column privileges are only valid for relations",
        ));
    };
    let relation = relation(scope, id)?;
    for ident in columns {
        let column = relation.column(&ident.name).ok_or_else(|| {
            Error::new(
                SqlState::UNDEFINED_COLUMN,
                format!(
                    "column \"{}\" of relation \"{}\" does not exist",
                    ident.name, relation.name
                ),
            )
        })?;
        *grant.columns.entry(column.number).or_default() |= privileges;
    }
    Ok(())
}

fn relation(scope: &Scope, id: RelationId) -> Result<&Relation> {
    let found = scope.snapshot.relation(id);
    found.map(|r| &**r).ok_or_else(|| Error::internal("a relation that was just found is gone"))
}
