//! DDL and roles: what a plan asks for as changes to the catalog.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field};

use super::query::file_spec;
use super::reply::{Context, Notice, Reply};
use super::runtime::Engine;
use super::staged::Staged;
use crate::catalog::acl::Acl;
use crate::catalog::change::Change;
use crate::catalog::default_acl::On;
use crate::catalog::name::{Object, RelationId, RoleId, SUPERUSER, SchemaId, TEMPORARY_SCHEMA};
use crate::catalog::protection::{Expression, Protection};
use crate::catalog::relation::{Column, Foreign, Relation, RelationKind, Schema};
use crate::catalog::role::{Membership, Role};
use crate::catalog::snapshot::Snapshot;
use crate::catalog::types::SqlType;
use crate::error::{Error, Result, SqlState};
use crate::parser;
use crate::planner::plan::{
    AlterRole, CommentTarget, CreateForeign, CreateRole, CreateSchema, CreateView, Drop,
    RoleChanges,
};

/// The grants of what a role is about to make.
pub(super) fn initial_acl(staged: &Staged, owner: RoleId, schema: Option<SchemaId>) -> Option<Acl> {
    let on = if schema.is_some() { On::Relations } else { On::Schemas };
    staged.snapshot().initial_acl(owner, schema, on)
}

pub(super) fn create_schema(
    engine: &Engine,
    create: CreateSchema,
    staged: &Staged,
    notices: &mut Vec<Notice>,
) -> Result<Vec<Change>> {
    let name = &create.name;
    if name.starts_with("pg_") {
        return Err(Error::new(
            SqlState::RESERVED_NAME,
            format!("unacceptable schema name \"{name}\""),
        )
        .detail("The prefix \"pg_\" is reserved for system schemas."));
    }
    if staged.snapshot().schema_named(name).is_some() {
        let (state, text) =
            (SqlState::DUPLICATE_SCHEMA, format!("schema \"{name}\" already exists"));
        if !create.if_not_exists {
            return Err(Error::new(state, text));
        }
        notices.push(Notice { state, ..Notice::info(format!("{text}, skipping"), None) });
        return Ok(Vec::new());
    }
    if let Some(location) = &create.location {
        let place = engine.stores.lake().resolve(location)?;
        engine.stores.open(&place)?;
    }
    Ok(vec![Change::PutSchema(Schema {
        id: SchemaId(staged.next_oid()),
        name: create.name,
        owner: create.owner,
        location: create.location,
        acl: initial_acl(staged, create.owner, None),
        comment: None,
        revision: 0,
    })])
}

pub(super) fn create_view(
    engine: &Engine,
    create: CreateView,
    context: &Context,
    staged: &Staged,
) -> Vec<Change> {
    let temporary = create.schema == TEMPORARY_SCHEMA;
    let old = create.replaces.and_then(|id| staged.snapshot().relation(id));
    let relation = match old {
        Some(old) => {
            // Grants and comments stay with the columns that stay.
            let mut columns = create.columns;
            for (new, old) in columns.iter_mut().zip(&old.columns) {
                new.acl = old.acl.clone();
                new.comment.clone_from(&old.comment);
            }
            Relation { columns, kind: RelationKind::View(create.view), ..Relation::clone(old) }
        }
        None => Relation {
            id: RelationId(match temporary {
                true => engine.temporary_oids.next(),
                false => staged.next_oid(),
            }),
            schema: create.schema,
            name: create.name,
            owner: context.scope.role,
            kind: RelationKind::View(create.view),
            columns: create.columns,
            acl: initial_acl(staged, context.scope.role, Some(create.schema)),
            comment: None,
            protection: Default::default(),
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            on_commit: Default::default(),
            revision: 0,
        },
    };
    let opens = temporary && staged.snapshot().schema(TEMPORARY_SCHEMA).is_none();
    let schema = opens.then(|| staged.temporary().schema());
    schema.into_iter().chain([Change::PutRelation(relation)]).collect()
}

/// A duration in a file is an interval, of whatever unit.
fn of_file(field: &Field) -> SqlType {
    match field.data_type() {
        DataType::Duration(_) => SqlType::Interval,
        _ => SqlType::of(field),
    }
}

/// Registers files: their columns, where none are given, are read from them once and kept.
pub(super) async fn create_foreign(
    engine: &Arc<Engine>,
    create: CreateForeign,
    context: &Context,
    staged: &mut Staged,
) -> Result<Reply> {
    let mut spec = file_spec(engine, &create.foreign)?;
    let mut columns = create.columns;
    let partition_only = columns.len() == spec.partition_by.len();
    if columns.is_empty() || partition_only {
        let state = engine.state(&context.scope);
        spec = context.guard(engine.files.infer(&spec, &state)).await?;
        let found = spec.columns.as_ref().ok_or_else(|| Error::internal("no columns found"))?;
        let given = std::mem::take(&mut columns);
        for (i, field) in found.fields().iter().enumerate() {
            let typed = given.iter().find(|c| c.name == *field.name());
            let sql_type = typed.map_or_else(|| of_file(field), |c| c.sql_type.clone());
            columns.push(Column::new(i as i16 + 1, field.name(), sql_type, true));
        }
    } else {
        // Whether anything is there, and may be read, is better known now than at the first query.
        engine.stores.open(&spec.location)?;
        context.guard(engine.stores.check(&spec.location)).await?;
    }
    for name in &spec.partition_by {
        if !columns.iter().any(|c| c.name == *name) {
            return Err(Error::undefined_column(name));
        }
    }
    let foreign = Foreign { partition_by: spec.partition_by, ..create.foreign };
    let relation = Relation {
        id: RelationId(staged.next_oid()),
        schema: create.schema,
        name: create.name,
        owner: context.scope.role,
        kind: RelationKind::Foreign(foreign),
        columns,
        acl: initial_acl(staged, context.scope.role, Some(create.schema)),
        comment: None,
        protection: Default::default(),
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        on_commit: Default::default(),
        revision: 0,
    };
    staged.change(vec![Change::PutRelation(relation)])?;
    Ok(Reply::done("CREATE FOREIGN TABLE"))
}

fn relation(staged: &Staged, id: RelationId) -> Result<Relation> {
    let found = staged.snapshot().relation(id);
    found.map(|r| Relation::clone(r)).ok_or_else(gone)
}

fn schema(staged: &Staged, id: SchemaId) -> Result<Schema> {
    staged.snapshot().schema(id).map(|s| Schema::clone(s)).ok_or_else(gone)
}

fn role(staged: &Staged, id: RoleId) -> Result<Role> {
    staged.snapshot().role(id).map(|r| Role::clone(r)).ok_or_else(gone)
}

fn gone() -> Error {
    Error::serialization("the object was dropped by a concurrent transaction")
}

type Altered = (Vec<Change>, &'static str);

fn alter_tag(relation: &Relation) -> &'static str {
    match relation.kind {
        RelationKind::Table { .. } => "ALTER TABLE",
        RelationKind::Foreign(_) => "ALTER FOREIGN TABLE",
        RelationKind::View(_) => "ALTER VIEW",
    }
}

pub(super) fn rename(object: Object, to: &str, staged: &Staged) -> Result<Altered> {
    match object {
        Object::Relation(id) => {
            let mut relation = relation(staged, id)?;
            if staged.snapshot().is_taken(relation.schema, to) {
                return Err(Error::duplicate_table(to));
            }
            to.clone_into(&mut relation.name);
            let tag = alter_tag(&relation);
            Ok((vec![Change::PutRelation(relation)], tag))
        }
        Object::Schema(id) => {
            let mut schema = schema(staged, id)?;
            if staged.snapshot().schema_named(to).is_some() {
                return Err(Error::new(
                    SqlState::DUPLICATE_SCHEMA,
                    format!("schema \"{to}\" already exists"),
                ));
            }
            // Tables keep their place: what is new under the old name must not land among them.
            schema.location.get_or_insert_with(|| schema.name.clone());
            to.clone_into(&mut schema.name);
            Ok((vec![Change::PutSchema(schema)], "ALTER SCHEMA"))
        }
        Object::Column(id, number) => rename_column(relation(staged, id)?, number, to, staged),
        Object::Database => Err(Error::unsupported("renaming this object")),
    }
}

/// Views, policies and masks whose text may speak of a column.
fn reading(snapshot: &Snapshot, relation: &Relation, column: &str) -> Vec<String> {
    let views = snapshot.readers(relation.id).map(|view| format!("view {}", view.name));
    let mut found: Vec<String> = views.collect();
    for other in snapshot.relations() {
        let speaks = |e: &Expression| match other.id == relation.id {
            true => parser::mentions(&e.sql, column),
            false => e.reads.iter().any(|(_, id)| *id == relation.id),
        };
        let Protection { policies, masks, .. } = &other.protection;
        let policies = policies.iter().filter(|p| p.using.iter().chain(&p.check).any(speaks));
        found.extend(policies.map(|p| format!("policy {} on table {}", p.name, other.name)));
        let masks = masks.iter().filter(|m| speaks(&m.using));
        found.extend(masks.map(|m| format!("mask {} on table {}", m.name, other.name)));
    }
    found
}

/// The files keep the column's name. What is kept as text and speaks of it cannot follow: it stands in the way.
fn rename_column(
    mut relation: Relation,
    number: i16,
    to: &str,
    staged: &Staged,
) -> Result<Altered> {
    let column = relation.columns.iter().position(|c| c.number == number).ok_or_else(gone)?;
    let from = relation.columns[column].name.clone();
    let standing = reading(staged.snapshot(), &relation, &from);
    if !standing.is_empty() {
        return Err(Error::unsupported("renaming a column that something else reads")
            .detail(format!("It may be read by {}.", standing.join(", ")))
            .hint("Drop what reads it, rename the column, and make the rest again."));
    }
    relation.columns[column].rename(to);
    if let RelationKind::Table { partition_by, checks, .. } = &mut relation.kind {
        for name in partition_by.iter_mut().filter(|name| **name == from) {
            to.clone_into(name);
        }
        for check in checks {
            let name = |name: &str| (name == from).then(|| to.to_owned());
            check.expression = parser::renamed(&check.expression, name)?;
        }
    }
    let tag = alter_tag(&relation);
    Ok((vec![Change::PutRelation(relation)], tag))
}

pub(super) fn change_owner(object: Object, to: RoleId, staged: &Staged) -> Result<Altered> {
    match object {
        Object::Relation(id) => {
            let mut relation = relation(staged, id)?;
            let from = std::mem::replace(&mut relation.owner, to);
            if let Some(acl) = &mut relation.acl {
                acl.change_owner(from, to);
            }
            relation.columns.iter_mut().for_each(|c| c.acl.change_owner(from, to));
            let tag = alter_tag(&relation);
            Ok((vec![Change::PutRelation(relation)], tag))
        }
        Object::Schema(id) => {
            let mut schema = schema(staged, id)?;
            let from = std::mem::replace(&mut schema.owner, to);
            if let Some(acl) = &mut schema.acl {
                acl.change_owner(from, to);
            }
            Ok((vec![Change::PutSchema(schema)], "ALTER SCHEMA"))
        }
        Object::Database | Object::Column(..) => Err(Error::unsupported("OWNER TO on this object")),
    }
}

pub(super) fn set_schema(id: RelationId, to: SchemaId, staged: &Staged) -> Result<Altered> {
    let mut relation = relation(staged, id)?;
    if (relation.schema == TEMPORARY_SCHEMA) != (to == TEMPORARY_SCHEMA) {
        return Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            "cannot move objects into or out of temporary schemas",
        ));
    }
    if relation.schema != to && staged.snapshot().relation_named(to, &relation.name).is_some() {
        let schema = staged.snapshot().schema(to).map_or("?", |s| s.name.as_str());
        return Err(Error::new(
            SqlState::DUPLICATE_TABLE,
            format!("relation \"{}\" already exists in schema \"{schema}\"", relation.name),
        ));
    }
    relation.schema = to;
    let tag = alter_tag(&relation);
    Ok((vec![Change::PutRelation(relation)], tag))
}

pub(super) fn comment(
    on: CommentTarget,
    text: Option<String>,
    staged: &Staged,
) -> Result<Vec<Change>> {
    Ok(vec![match on {
        CommentTarget::Role(id) => Change::PutRole(Role { comment: text, ..role(staged, id)? }),
        CommentTarget::Object(Object::Database) => {
            let mut database = staged.snapshot().contents().database.clone();
            database.comment = text;
            Change::PutDatabase(database)
        }
        CommentTarget::Object(Object::Schema(id)) => {
            Change::PutSchema(Schema { comment: text, ..schema(staged, id)? })
        }
        CommentTarget::Object(Object::Relation(id)) => {
            Change::PutRelation(Relation { comment: text, ..relation(staged, id)? })
        }
        CommentTarget::Object(Object::Column(id, number)) => {
            let mut relation = relation(staged, id)?;
            let column = relation.columns.iter_mut().find(|c| c.number == number);
            column.ok_or_else(gone)?.comment = text;
            Change::PutRelation(relation)
        }
    }])
}

/// The entries go; a managed table's files stay where they are until they are vacuumed, so that a reader who began
/// before is not cut off.
pub(super) fn drop(drop: &Drop, staged: &Staged) -> Result<Vec<Change>> {
    if let Some(blocked) = &drop.blocked {
        return Err(
            Error::depended_upon(&blocked.message, &blocked.detail).hint(blocked.hint.clone())
        );
    }
    let mut unguarded: BTreeMap<RelationId, Relation> = BTreeMap::new();
    for (id, policy) in &drop.policies {
        if let Some(relation) = staged.snapshot().relation(*id) {
            let relation = unguarded.entry(*id).or_insert_with(|| Relation::clone(relation));
            relation.protection.policies.retain(|p| p.id != *policy);
        }
    }
    for (id, key) in &drop.foreign_keys {
        if let Some(relation) = staged.snapshot().relation(*id) {
            let relation = unguarded.entry(*id).or_insert_with(|| Relation::clone(relation));
            relation.foreign_keys.retain(|k| k.oid != *key);
        }
    }
    let unguarded = unguarded.into_values().map(Change::PutRelation);
    let relations = drop.relations.iter().map(|id| Change::DropRelation(*id));
    let schemas = drop.schemas.iter().map(|id| Change::DropSchema(*id));
    Ok(unguarded.chain(relations).chain(schemas).collect())
}

fn apply(role: &mut Role, changes: RoleChanges) {
    fn set<T>(field: &mut T, value: Option<T>) {
        if let Some(value) = value {
            *field = value;
        }
    }
    set(&mut role.superuser, changes.superuser);
    set(&mut role.createrole, changes.createrole);
    set(&mut role.createdb, changes.createdb);
    set(&mut role.inherit, changes.inherit);
    set(&mut role.login, changes.login);
    set(&mut role.replication, changes.replication);
    set(&mut role.bypassrls, changes.bypassrls);
    set(&mut role.connection_limit, changes.connection_limit);
    set(&mut role.verifier, changes.verifier);
    if changes.valid_until.is_some() {
        role.valid_until = changes.valid_until;
    }
}

pub(super) fn create_role(
    create: CreateRole,
    context: &Context,
    staged: &Staged,
) -> Result<Vec<Change>> {
    if create.name.starts_with("pg_") {
        return Err(Error::reserved_role(&create.name));
    }
    let id = RoleId(staged.next_oid());
    let mut role = Role::new(id, &create.name);
    apply(&mut role, create.changes);
    let grantor = context.scope.role;
    let joins = create.member_of.into_iter().map(|role| Membership {
        role,
        member: id,
        grantor,
        admin: false,
    });
    let joined = create.members.into_iter().map(|(member, admin)| Membership {
        role: id,
        member,
        grantor,
        admin,
    });
    Ok(std::iter::once(Change::PutRole(role))
        .chain(joins.chain(joined).map(Change::PutMembership))
        .collect())
}

pub(super) fn alter_role(alter: AlterRole, staged: &Staged) -> Result<Vec<Change>> {
    if alter.role == SUPERUSER && alter.changes.superuser == Some(false) {
        return Err(Error::not_allowed("permission denied to alter role")
            .detail("The bootstrap superuser must have the SUPERUSER attribute."));
    }
    let mut role = role(staged, alter.role)?;
    apply(&mut role, alter.changes);
    Ok(vec![Change::PutRole(role)])
}

pub(super) fn rename_role(id: RoleId, to: &str, staged: &Staged) -> Result<Vec<Change>> {
    Ok(vec![Change::PutRole(Role { name: to.to_owned(), ..role(staged, id)? })])
}
