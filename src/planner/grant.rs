//! Roles, grants of privileges, grants of membership.

use std::collections::BTreeMap;

use super::define::database;
use super::names;
use super::plan::{
    AlterRole, CreateRole, DefaultPrivileges, Grant, GrantObject, GrantRole, NamedRole, Plan,
    RoleChanges,
};
use super::query::Binder;
use crate::catalog::acl::Privileges;
use crate::catalog::name::{Object, PUBLIC, RelationId, RoleId, SUPERUSER};
use crate::catalog::relation::{Relation, RelationKind};
use crate::catalog::{default_acl, name::FIRST_OID, verifier};
use crate::error::{Error, Result, SqlState};
use crate::parser::statement::{
    self, DefaultTarget, GrantPrivileges, GrantTarget, Ident, RoleOption, RoleRef,
};
use crate::system::scope::Scope;

pub(super) fn create_role(
    binder: &Binder<'_>,
    name: &Ident,
    options: &[RoleOption],
) -> Result<Plan> {
    let scope = binder.scope;
    let mut create = CreateRole {
        name: name.name.clone(),
        changes: RoleChanges::default(),
        member_of: Vec::new(),
        members: Vec::new(),
    };
    for option in options {
        match option {
            RoleOption::InRole(roles) => create.member_of.extend(names::roles(scope, roles)?),
            RoleOption::Role(roles) => {
                let roles = names::roles(scope, roles)?;
                create.members.extend(roles.into_iter().map(|id| (id, false)));
            }
            RoleOption::Admin(roles) => {
                let roles = names::roles(scope, roles)?;
                create.members.extend(roles.into_iter().map(|id| (id, true)));
            }
            other => set(&mut create.changes, other)?,
        }
    }
    reserved(&create.name, &["public", "none"])?;
    Ok(Plan::CreateRole(create))
}

/// The grammar's own names are refused before anything else; `pg_…` is, where it matters who asks, the
/// engine's to refuse.
fn reserved(name: &str, names: &[&str]) -> Result<()> {
    match names.contains(&name) {
        true => Err(Error::reserved_role(name)),
        false => Ok(()),
    }
}

fn all(scope: &Scope, roles: &[Ident]) -> Result<Vec<RoleId>> {
    roles.iter().map(|ident| names::role_named(scope, ident)).collect()
}

fn set(changes: &mut RoleChanges, option: &RoleOption) -> Result<()> {
    let twice = || Err(Error::syntax("conflicting or redundant options"));
    macro_rules! put {
        ($field:ident, $value:expr) => {{
            if changes.$field.is_some() {
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
    let role = names::one_role(binder.scope, role)?;
    if role.0 < FIRST_OID && role != SUPERUSER {
        let name = binder.scope.snapshot.role_name(role);
        return Err(Error::reserved_role(&name).detail("Cannot alter reserved roles."));
    }
    let mut changes = RoleChanges::default();
    options.iter().try_for_each(|option| set(&mut changes, option))?;
    Ok(Plan::AlterRole(AlterRole { role, changes }))
}

pub(super) fn rename_role(binder: &Binder<'_>, name: &Ident, to: &str) -> Result<Plan> {
    let scope = binder.scope;
    let role = names::role_named(scope, name)?;
    let refuse = |what: &str| {
        let message = format!("{what} user cannot be renamed");
        Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message))
    };
    if role == scope.session_role {
        return refuse("session");
    }
    if role == scope.role {
        return refuse("current");
    }
    for name in [&name.name, to] {
        reserved(name, &["public", "none"])?;
        if name.starts_with("pg_") {
            return Err(Error::reserved_role(name));
        }
    }
    match scope.snapshot.role_named(to) {
        Some(_) => Err(Error::duplicate_role(to)),
        None => Ok(Plan::RenameRole { role, to: to.to_owned() }),
    }
}

pub(super) fn drop_roles(binder: &Binder<'_>, roles: &[RoleRef], if_exists: bool) -> Result<Plan> {
    let roles = roles
        .iter()
        .map(|role| match role {
            RoleRef::Named(ident) => Ok(match names::role_named(binder.scope, ident) {
                Ok(id) => NamedRole::Known(id),
                Err(_) => NamedRole::Missing(ident.name.clone()),
            }),
            RoleRef::CurrentUser | RoleRef::SessionUser | RoleRef::Public => {
                Err(Error::invalid_parameter("cannot use special role specifier in DROP ROLE"))
            }
        })
        .collect::<Result<_>>()?;
    Ok(Plan::DropRoles { roles, if_exists })
}

pub(super) fn grant_role(binder: &Binder<'_>, grant: &statement::GrantRole) -> Result<Plan> {
    let scope = binder.scope;
    let grantor = grant.granted_by.as_ref().map(|role| names::one_role(scope, role));
    let grantor = grantor.transpose()?.unwrap_or(scope.role);
    let members = names::roles(scope, &grant.members)?;
    let roles = all(scope, &grant.roles)?;
    let (revoke, admin) = (grant.revoke, grant.admin);
    Ok(Plan::GrantRole(GrantRole { revoke, roles, members, admin, grantor }))
}

pub(super) fn default_privileges(
    binder: &Binder<'_>,
    grant: &statement::DefaultPrivileges,
) -> Result<Plan> {
    let scope = binder.scope;
    let grantees = grantees(scope, &grant.grantees, grant.option && !grant.revoke)?;
    let (on, kind) = match grant.on {
        DefaultTarget::Tables => (default_acl::On::Relations, "relation"),
        DefaultTarget::Schemas => (default_acl::On::Schemas, "schema"),
    };
    let privileges = match &grant.privileges {
        GrantPrivileges::All { columns } if columns.is_empty() => on.all(),
        GrantPrivileges::All { .. } => return Err(no_default_columns()),
        GrantPrivileges::Some(list) => {
            list.iter().try_fold(Privileges::NONE, |set, (word, columns)| {
                if !columns.is_empty() {
                    return Err(no_default_columns());
                }
                Ok(set | legal(word, on.all(), kind)?)
            })?
        }
    };
    let roles = match grant.roles.is_empty() {
        true => vec![scope.role],
        false => names::roles(scope, &grant.roles)?,
    };
    let schemas = match grant.schemas.is_empty() {
        true => vec![None],
        false => grant
            .schemas
            .iter()
            .map(|ident| names::schema(scope, &ident.name, ident.position).map(|s| Some(s.id)))
            .collect::<Result<_>>()?,
    };
    if on == default_acl::On::Schemas && !grant.schemas.is_empty() {
        return Err(Error::new(
            SqlState::INVALID_GRANT_OPERATION,
            "cannot use IN SCHEMA clause when using GRANT/REVOKE ON SCHEMAS",
        ));
    }
    let (revoke, option, cascade) = (grant.revoke, grant.option, grant.cascade);
    Ok(Plan::DefaultPrivileges(DefaultPrivileges {
        revoke,
        roles,
        schemas,
        on,
        privileges,
        grantees,
        option,
        cascade,
    }))
}

fn no_default_columns() -> Error {
    Error::new(SqlState::INVALID_GRANT_OPERATION, "default privileges cannot be set for columns")
}

/// Options go to roles and never to everybody.
fn grantees(scope: &Scope, names: &[RoleRef], with_option: bool) -> Result<Vec<RoleId>> {
    let found: Vec<RoleId> =
        names.iter().map(|role| names::role(scope, role)).collect::<Result<_>>()?;
    if with_option && found.contains(&PUBLIC) {
        return Err(Error::new(
            SqlState::INVALID_GRANT_OPERATION,
            "grant options can only be granted to roles",
        ));
    }
    Ok(found)
}

pub(super) fn grant(binder: &Binder<'_>, grant: &statement::Grant) -> Result<Plan> {
    let scope = binder.scope;
    if let Some(grantor) = &grant.granted_by
        && names::one_role(scope, grantor)? != scope.role
    {
        return Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, "grantor must be current user"));
    }
    let grantees = grantees(scope, &grant.grantees, grant.option && !grant.revoke)?;
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
            all.iter().map(|name| Ok(Object::Relation(names::altered(scope, name)?.id))).collect()
        }
        GrantTarget::AllRelationsIn(schemas) => {
            let mut found = Vec::new();
            for ident in schemas {
                let schema = names::schema(scope, &ident.name, ident.position)?.id;
                let mut all: Vec<_> = scope.snapshot.relations_in(schema).collect();
                all.sort_by_key(|r| (kind_order(&r.kind), r.id));
                found.extend(all.into_iter().map(|r| Object::Relation(r.id)));
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

/// In which order ALL TABLES takes them, which shows where the first error ends it.
fn kind_order(kind: &RelationKind) -> u8 {
    match kind {
        RelationKind::Table { .. } => 0,
        RelationKind::View(_) => 1,
        RelationKind::Foreign(_) => 2,
    }
}

fn on_object(scope: &Scope, object: Object, privileges: &GrantPrivileges) -> Result<GrantObject> {
    let (all, kind) = match object {
        Object::Database => (Privileges::ALL_DATABASE, "database"),
        Object::Schema(_) => (Privileges::ALL_SCHEMA, "schema"),
        Object::Relation(_) | Object::Column(..) => (Privileges::ALL_RELATION, "relation"),
    };
    let mut grant =
        GrantObject { object, privileges: Privileges::NONE, columns: BTreeMap::new(), all: false };
    match privileges {
        GrantPrivileges::All { columns } if columns.is_empty() => {
            grant.privileges = all;
            grant.all = true;
        }
        GrantPrivileges::All { columns } => {
            on_columns(scope, &mut grant, columns, Privileges::ALL_COLUMN)?;
        }
        GrantPrivileges::Some(list) => {
            let whole = list.iter().filter(|(_, columns)| columns.is_empty());
            for (word, _) in whole {
                // A sequence has USAGE and is a relation too, so PostgreSQL sees only late that this is none.
                let usage = kind == "relation" && word.name == "usage";
                grant.privileges |= legal(word, all, if usage { "table" } else { kind })?;
            }
            for (word, columns) in list.iter().filter(|(_, columns)| !columns.is_empty()) {
                if kind != "relation" {
                    return Err(only_relations());
                }
                let privilege = legal(word, Privileges::ALL_COLUMN, "column")?;
                on_columns(scope, &mut grant, columns, privilege)?;
            }
        }
    }
    Ok(grant)
}

fn only_relations() -> Error {
    Error::new(SqlState::INVALID_GRANT_OPERATION, "column privileges are only valid for relations")
}

/// A privilege by its word, if it can stand on this kind of object.
fn legal(word: &Ident, all: Privileges, kind: &str) -> Result<Privileges> {
    let privilege = Privileges::from_word(&word.name).ok_or_else(|| {
        Error::syntax(format!("unrecognized privilege type \"{}\"", word.name)).at(word.position)
    })?;
    if all.contains(privilege) {
        return Ok(privilege);
    }
    Err(Error::new(
        SqlState::INVALID_GRANT_OPERATION,
        format!("invalid privilege type {} for {kind}", privilege.words()),
    ))
}

fn on_columns(
    scope: &Scope,
    grant: &mut GrantObject,
    columns: &[Ident],
    privileges: Privileges,
) -> Result<()> {
    let Object::Relation(id) = grant.object else {
        return Err(only_relations());
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
