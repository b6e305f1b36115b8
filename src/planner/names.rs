//! Names to ids: search path, system schemas, "did you mean".

use std::sync::Arc;

use crate::catalog::acl::Privileges;
use crate::catalog::name::{
    Object, PG_CATALOG, RoleId, SchemaId, TEMPORARY_ALIAS, TEMPORARY_SCHEMA,
};
use crate::catalog::relation::{Relation, Schema};
use crate::error::{Error, Result, SqlState};
use crate::parser::statement::{Ident, Name, RoleRef};
use crate::system::scope::Scope;
use crate::system::tables::{self, SystemTable};
use crate::system::views::{self, SystemView};

/// What a relation's name stands for.
pub(super) enum Found {
    Relation(Arc<Relation>),
    System(SystemTable),
    SystemView(SystemView),
}

/// A schema that exists; whether it may be used is the next question.
pub(super) fn schema<'a>(
    scope: &'a Scope,
    name: &str,
    at: Option<usize>,
) -> Result<&'a Arc<Schema>> {
    scope.snapshot.schema_named(name).ok_or_else(|| Error::undefined_schema(name).at(at))
}

/// Looking into a schema takes USAGE on it, as PostgreSQL asks in `LookupExplicitNamespace`.
fn usable(scope: &Scope, name: &str, at: Option<usize>) -> Result<SchemaId> {
    let id = schema(scope, name, at)?.id;
    match scope.snapshot.holds(scope.role, Object::Schema(id), Privileges::USAGE) {
        true => Ok(id),
        false => Err(Error::denied("schema", name)),
    }
}

/// The relation of this name: with a schema exactly there, else the first on the search path.
pub(super) fn relation(scope: &Scope, name: &Name) -> Result<Found> {
    find(scope, name)?.ok_or_else(|| missing(scope, name))
}

pub(super) fn find(scope: &Scope, name: &Name) -> Result<Option<Found>> {
    let Some(schema) = &name.schema else { return Ok(on_path(scope, &name.name)) };
    match scope.snapshot.schema_named(schema) {
        None => Ok(None),
        Some(_) => Ok(in_schema(scope, usable(scope, schema, name.position)?, &name.name)),
    }
}

fn on_path(scope: &Scope, name: &str) -> Option<Found> {
    scope.path().into_iter().find_map(|schema| in_schema(scope, schema, name))
}

fn in_schema(scope: &Scope, schema: SchemaId, name: &str) -> Option<Found> {
    let stored =
        || scope.snapshot.relation_named(schema, name).map(Arc::clone).map(Found::Relation);
    if schema.0 >= PG_CATALOG.0 && schema.0 < crate::catalog::name::FIRST_OID {
        let schema_name = &scope.snapshot.schema(schema)?.name;
        return tables::table(schema_name, name)
            .map(Found::System)
            .or_else(|| views::view(schema_name, name).map(Found::SystemView))
            .or_else(stored);
    }
    stored()
}

fn missing(scope: &Scope, name: &Name) -> Error {
    let error = Error::undefined_table(name).at(name.position);
    match suggestion(scope, name) {
        Some(other) => error.hint(format!("Perhaps you meant \"{other}\".")),
        None => error,
    }
}

/// A relation of nearly this name that the role may see anyway; nobody learns of others.
fn suggestion(scope: &Scope, name: &Name) -> Option<String> {
    let snapshot = &scope.snapshot;
    let path = scope.path();
    let mut near: Vec<(usize, bool, String)> = snapshot
        .relations()
        .filter(|r| snapshot.holds_any_column(scope.role, r.id, Privileges::SELECT))
        .filter_map(|r| {
            let schema = snapshot.schema(r.schema)?;
            snapshot
                .holds(scope.role, Object::Schema(schema.id), Privileges::USAGE)
                .then_some(())?;
            let distance = distance(&r.name, &name.name);
            let close = distance <= 2 && distance < name.name.len().min(r.name.len());
            let bare = path.contains(&schema.id);
            let shown = if bare { r.name.clone() } else { format!("{}.{}", schema.name, r.name) };
            // The same name in another schema is the likeliest slip of all; then what lies where it was looked for.
            let elsewhere = name.schema.as_ref().is_some_and(|given| *given != schema.name);
            (close && !(distance == 0 && bare)).then_some((distance, elsewhere, shown))
        })
        .collect();
    near.sort();
    near.into_iter().next().map(|(_, _, name)| name)
}

/// Levenshtein's distance.
pub(super) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(x != *y)).min(above.min(row[j]) + 1);
            diagonal = above;
        }
    }
    row[b.len()]
}

/// The stored relation of this name; system relations cannot be altered.
pub(super) fn stored(scope: &Scope, name: &Name) -> Result<Arc<Relation>> {
    match relation(scope, name)? {
        Found::Relation(relation) => Ok(relation),
        found @ (Found::System(_) | Found::SystemView(_)) => Err(is_system(scope, &found, name)),
    }
}

/// The same where a schema that is not there is named as what is lacking (`RangeVarGetRelid`); queries and
/// INSERT speak of the relation.
pub(super) fn altered(scope: &Scope, name: &Name) -> Result<Arc<Relation>> {
    if let Some(named) = &name.schema {
        schema(scope, named, name.position)?;
    }
    stored(scope, name)
}

/// Its owner is a superuser, and even a superuser does not touch it.
pub(super) fn is_system(scope: &Scope, found: &Found, name: &Name) -> Error {
    if !scope.snapshot.is_superuser(scope.role) {
        let kind = if matches!(found, Found::SystemView(_)) { "view" } else { "table" };
        return Error::must_be_owner(kind, &name.name);
    }
    Error::not_allowed(format!("permission denied: \"{}\" is a system catalog", name.name))
}

/// Where a new table or view of this name goes: beside those that stay, or in the session's own schema.
pub(super) fn creation_place(scope: &Scope, name: &Name, temporary: bool) -> Result<SchemaId> {
    let own = match &name.schema {
        Some(schema) if schema == TEMPORARY_ALIAS => true,
        Some(schema) => {
            scope.snapshot.schema_named(schema).is_some_and(|s| s.id == TEMPORARY_SCHEMA)
        }
        None => temporary || scope.creates_temporary(),
    };
    match (temporary, own) {
        (_, true) => Ok(TEMPORARY_SCHEMA),
        (true, false) => {
            if let Some(named) = &name.schema {
                schema(scope, named, name.position)?;
            }
            Err(Error::new(
                SqlState::INVALID_TABLE_DEFINITION,
                "cannot create temporary relation in non-temporary schema",
            )
            .at(name.position))
        }
        (false, false) => creation_schema(scope, name),
    }
}

/// Where a new object of this name goes, and that the name is no system schema's.
pub(super) fn creation_schema(scope: &Scope, name: &Name) -> Result<SchemaId> {
    let id = match &name.schema {
        Some(schema_name) => schema(scope, schema_name, name.position)?.id,
        None => scope.current_schema().ok_or_else(|| {
            Error::new(SqlState::INVALID_SCHEMA_NAME, "no schema has been selected to create in")
                .at(name.position)
        })?,
    };
    if id.0 < crate::catalog::name::FIRST_OID && id != crate::catalog::name::PUBLIC_SCHEMA {
        let schema = scope.snapshot.schema(id).map(|s| s.name.clone()).unwrap_or_default();
        return Err(Error::not_allowed(format!(
            "permission denied to create \"{schema}.{}\"",
            name.name
        ))
        .detail("System catalog modifications are currently disallowed."));
    }
    Ok(id)
}

pub(super) fn role(scope: &Scope, role: &RoleRef) -> Result<RoleId> {
    match role {
        RoleRef::CurrentUser => Ok(scope.role),
        RoleRef::SessionUser => Ok(scope.session_role),
        RoleRef::Public => Ok(crate::catalog::name::PUBLIC),
        RoleRef::Named(ident) => role_named(scope, ident),
    }
}

/// A role that is one: PUBLIC is not.
pub(super) fn one_role(scope: &Scope, name: &RoleRef) -> Result<RoleId> {
    match role(scope, name)? {
        crate::catalog::name::PUBLIC => Err(Error::undefined_role("public")),
        id => Ok(id),
    }
}

pub(super) fn roles(scope: &Scope, names: &[RoleRef]) -> Result<Vec<RoleId>> {
    names.iter().map(|name| one_role(scope, name)).collect()
}

pub(super) fn role_named(scope: &Scope, ident: &Ident) -> Result<RoleId> {
    let found = scope.snapshot.role_named(&ident.name);
    found.map(|r| r.id).ok_or_else(|| Error::undefined_role(&ident.name))
}

/// Names starting with `pg_` are PostgreSQL's own.
pub(super) fn not_reserved(kind: &str, name: &str) -> Result<()> {
    if name.starts_with("pg_") {
        return Err(Error::new(
            SqlState::RESERVED_NAME,
            format!("unacceptable {kind} name \"{name}\""),
        )
        .detail("The prefix \"pg_\" is reserved for system objects."));
    }
    Ok(())
}
