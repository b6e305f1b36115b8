//! Schemas, views, foreign tables; ALTER, COMMENT, DROP.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::alter;
use super::dependents;
use super::failure::OrFail;
use super::names::{self, Found};
use super::plan::{
    CommentTarget, CreateForeign, CreateSchema, CreateView, Drop, Plan, Protect, Protected,
};
use super::protect;
use super::query::{Binder, conform};
use super::tables::{columns, one, output_columns};
use super::write::no_parameters;
use crate::catalog::name::{
    FIRST_OID, Object, PUBLIC_SCHEMA, RelationId, SchemaId, TEMPORARY_SCHEMA, quote_ident,
};
use crate::catalog::relation::{Column, Foreign, Relation, RelationKind, View};
use crate::catalog::snapshot::Snapshot;
use crate::error::{Error, Result, SqlState};
use crate::parser::statement::{
    self, Alter, AlterAction, Name, ObjectKind, RoleRef, Setting, Target,
};
use crate::system::scope::Scope;

/// The foreign server that exists from the start: the lake itself and the locations allowed beside it.
const SERVER: &str = "lake";

/// Whether the name may be taken is told only to those who may make schemas.
pub(super) fn create_schema(binder: &Binder<'_>, create: &statement::CreateSchema) -> Result<Plan> {
    let name = &create.name.name;
    let owner = create.owner.as_ref().unwrap_or(&RoleRef::CurrentUser);
    let owner = names::one_role(binder.scope, owner)?;
    let mut location = None;
    for option in &create.options {
        match option.name.as_str() {
            "location" => location = one(option)?,
            "tablespace" => return Err(Error::unsupported("a schema's tablespace")),
            other => {
                return Err(Error::invalid_parameter(format!(
                    "unrecognized parameter \"{other}\""
                ))
                .at(option.position)
                .hint("A schema takes location."));
            }
        }
    }
    let (name, if_not_exists) = (name.clone(), create.if_not_exists);
    Ok(Plan::CreateSchema(CreateSchema { name, if_not_exists, owner, location }))
}

fn renamed_columns(create: &statement::CreateView, columns: &[Column]) -> String {
    let names: Vec<String> = columns.iter().map(|c| quote_ident(&c.name)).collect();
    let (text, name) = (create.text.trim_end(), quote_ident(&create.name.name));
    format!("SELECT * FROM (\n{text}\n) {name}({})", names.join(", "))
}

pub(super) fn create_view(binder: &Binder<'_>, create: &statement::CreateView) -> Result<Plan> {
    let scope = binder.scope;
    let bound = binder.bind(&create.query, &[])?;
    no_parameters(&bound.plan)?;
    let mut schema = names::creation_place(scope, &create.name, create.temporary)?;
    let mut notice = None;
    if schema != TEMPORARY_SCHEMA && bound.reads.iter().any(|(_, id)| id.is_temporary()) {
        schema = names::creation_place(scope, &create.name, true).map_err(Error::nowhere)?;
        notice = Some(format!("view \"{}\" will be a temporary view", create.name.name));
    }
    let mut names = bound.names;
    if create.names.len() > names.len() {
        return Err(Error::syntax("CREATE VIEW specifies more column names than columns"));
    }
    names.iter_mut().zip(&create.names).for_each(|(name, given)| name.clone_from(&given.name));
    let body = binder.rewrite(bound.plan)?;
    super::dialect::refuse_ambiguous(&body, scope)?;
    let columns = output_columns(&body, &names)?;
    let conformed: Vec<_> = columns.iter().map(|c| (&*c.name, &c.sql_type)).collect();
    let body = conform(body, &conformed).or_fail()?;
    let replaces = replaced(scope, create, schema, &columns)?;
    if let Some(id) = replaces
        && bound.reads.iter().any(|(_, read)| *read == id || reaches(&scope.snapshot, *read, id))
    {
        return Err(Error::new(
            SqlState::INVALID_OBJECT_DEFINITION,
            format!("infinite recursion detected in rules for relation \"{}\"", create.name.name),
        ));
    }
    let width = |id| scope.snapshot.relation(id).map_or(0, |relation| relation.columns.len());
    let view = View {
        widths: bound.reads.iter().map(|(_, id)| width(*id)).collect(),
        sql: match create.names.is_empty() {
            true => create.text.clone(),
            // Its text says the names too: whoever makes the view anew from it has no other list.
            false => renamed_columns(create, &columns),
        },
        reads: bound.reads,
        search_path: scope.search_path.to_vec(),
        security_invoker: false,
        security_barrier: false,
    };
    let view = with_options(view, &create.options)?;
    let name = create.name.name.clone();
    Ok(Plan::CreateView(CreateView { schema, name, columns, view, body, replaces, notice }))
}

/// What WITH (…) and SET (…) say of a view; RESET, without a value, takes it back.
fn with_options(mut view: View, options: &[Setting]) -> Result<View> {
    for option in options {
        let on = match one_of(option)?.to_lowercase().as_str() {
            "true" | "on" | "1" | "yes" => true,
            "" | "false" | "off" | "0" | "no" => false,
            other => {
                return Err(Error::invalid_parameter(format!(
                    "invalid value for boolean option \"{}\": {other}",
                    option.name
                )));
            }
        };
        match option.name.as_str() {
            "security_invoker" => view.security_invoker = on,
            "security_barrier" => view.security_barrier = on,
            "check_option" => return Err(Error::unsupported("check_option of a view")),
            other => {
                return Err(Error::invalid_parameter(format!(
                    "unrecognized parameter \"{other}\""
                ))
                .at(option.position));
            }
        }
    }
    Ok(view)
}

fn one_of(option: &Setting) -> Result<String> {
    Ok(if option.values.is_empty() { String::new() } else { one(option)?.unwrap_or_default() })
}

/// The view that OR REPLACE replaces. Its columns must stay and new ones come last, since other views
/// may read it.
fn replaced(
    scope: &Scope,
    create: &statement::CreateView,
    schema: SchemaId,
    columns: &[Column],
) -> Result<Option<RelationId>> {
    let Some(old) = scope.snapshot.relation_named(schema, &create.name.name) else {
        return Ok(None);
    };
    if !create.or_replace {
        // The catalog refuses the name, once it is known that views may be made there.
        return Ok(None);
    }
    if !matches!(old.kind, RelationKind::View(_)) {
        return Err(not_a(&create.name.name, "view"));
    }
    let refuse = |message: String| Err(Error::new(SqlState::INVALID_TABLE_DEFINITION, message));
    if columns.len() < old.columns.len() {
        return refuse("cannot drop columns from view".into());
    }
    for (new, old) in columns.iter().zip(&old.columns) {
        if new.name != old.name {
            return refuse(format!(
                "cannot change name of view column \"{}\" to \"{}\"",
                old.name, new.name
            ));
        }
        if new.sql_type != old.sql_type {
            return refuse(format!(
                "cannot change data type of view column \"{}\" from {} to {}",
                old.name, old.sql_type, new.sql_type
            ));
        }
    }
    Ok(Some(old.id))
}

/// Whether reading `from` ends up reading `to`.
fn reaches(snapshot: &Snapshot, from: RelationId, to: RelationId) -> bool {
    let Some(RelationKind::View(view)) = snapshot.relation(from).map(|r| &r.kind) else {
        return false;
    };
    view.reads.iter().any(|(_, read)| *read == to || reaches(snapshot, *read, to))
}

fn not_a(name: &str, kind: &str) -> Error {
    let article = if kind.starts_with('i') { "an" } else { "a" };
    Error::new(SqlState::WRONG_OBJECT_TYPE, format!("\"{name}\" is not {article} {kind}"))
}

pub(super) fn create_foreign(
    binder: &Binder<'_>,
    create: &statement::CreateForeign,
) -> Result<Plan> {
    let scope = binder.scope;
    let schema = names::creation_schema(scope, &create.name)?;
    let tag = "CREATE FOREIGN TABLE";
    if scope.snapshot.relation_named(schema, &create.name.name).is_some() {
        if create.if_not_exists {
            return Ok(Plan::skipping(tag, &Error::duplicate_table(&create.name.name)));
        }
        return Err(Error::duplicate_table(&create.name.name));
    }
    if let Some(server) = &create.server
        && server.name != SERVER
    {
        return Err(Error::new(
            SqlState::UNDEFINED_OBJECT,
            format!("server \"{}\" does not exist", server.name),
        )
        .at(server.position)
        .hint(format!("Files in the lake are on the server \"{SERVER}\".")));
    }
    let mut all = columns(&create.columns)?;
    let partitions = columns(&create.partition_by)?;
    let mut partition_by: Vec<String> = partitions.iter().map(|c| c.name.clone()).collect();
    for column in partitions {
        if all.iter().any(|c| c.name == column.name) {
            return Err(Error::new(
                SqlState::DUPLICATE_COLUMN,
                format!("column \"{}\" specified more than once", column.name),
            ));
        }
        let number = all.len() as i16 + 1;
        all.push(Column { number, ..column });
    }
    let mut foreign = foreign(&create.options)?;
    if let Some(listed) = foreign.options.remove("partition_by") {
        partition_by.extend(listed.split(',').map(|name| name.trim().to_owned()));
    }
    foreign.partition_by = partition_by;
    let name = create.name.name.clone();
    Ok(Plan::CreateForeign(CreateForeign { schema, name, columns: all, foreign }))
}

/// Options as file_fdw names them, each known.
fn foreign(options: &[Setting]) -> Result<Foreign> {
    const KNOWN: &[&str] =
        &["delimiter", "escape", "header", "null", "partition_by", "quote", "compression"];
    let mut found = BTreeMap::new();
    for option in options {
        let name = match option.name.as_str() {
            "filename" => "location",
            other => other,
        };
        let value = one(option)?.unwrap_or_default();
        if !KNOWN.contains(&name) && !["location", "format"].contains(&name) {
            return Err(Error::new(
                SqlState::FDW_INVALID_OPTION_NAME,
                format!("invalid option \"{}\"", option.name),
            )
            .at(option.position)
            .hint(format!(
                "Valid options in this context are: location, format, {}",
                KNOWN.join(", ")
            )));
        }
        if found.insert(name.to_owned(), value).is_some() {
            return Err(Error::new(
                SqlState::DUPLICATE_OBJECT,
                format!("option \"{}\" provided more than once", option.name),
            ));
        }
    }
    let location = found.remove("location").ok_or_else(|| {
        Error::new(SqlState::FDW_INVALID_OPTION_NAME, "option \"location\" is required")
    })?;
    let format = found.remove("format").map(|f| f.to_lowercase());
    let format = format.unwrap_or_else(|| guess_format(&location).to_owned());
    match format.as_str() {
        "parquet" if found.keys().any(|k| k != "partition_by") => {
            let name = found.keys().find(|k| *k != "partition_by").cloned().unwrap_or_default();
            Err(Error::new(
                SqlState::FDW_INVALID_OPTION_NAME,
                format!("option \"{name}\" is for CSV files only"),
            ))
        }
        "parquet" | "csv" => {
            Ok(Foreign { location, format, options: found, partition_by: Vec::new() })
        }
        "textfile" => {
            let format = "csv".to_owned();
            Ok(Foreign { location, format, options: found, partition_by: Vec::new() })
        }
        "json" | "avro" | "delta" | "orc" | "iceberg" => {
            Err(Error::unsupported(format!("the format \"{format}\"")))
        }
        other => Err(Error::new(
            SqlState::FDW_INVALID_ATTRIBUTE_VALUE,
            format!("format \"{other}\" not recognized"),
        )
        .hint("The formats are parquet and csv.")),
    }
}

fn guess_format(location: &str) -> &'static str {
    let name = location.to_lowercase();
    if name.contains(".csv") || name.contains(".tsv") { "csv" } else { "parquet" }
}

pub(super) fn alter(binder: &Binder<'_>, alter: &Alter) -> Result<Plan> {
    let scope = binder.scope;
    if alter.kind == ObjectKind::Index {
        return match &alter.action {
            AlterAction::Rename(to) => alter::rename_index(scope, &alter.name, alter.if_exists, to),
            _ => Err(Error::unsupported("this form of ALTER INDEX")),
        };
    }
    let object = match alter.kind {
        ObjectKind::Schema => Object::Schema(schema(scope, &alter.name)?),
        kind => {
            if alter.if_exists && names::find(scope, &alter.name)?.is_none() {
                let tag = if kind == ObjectKind::View { "ALTER VIEW" } else { "ALTER TABLE" };
                let notice = format!("relation \"{}\" does not exist, skipping", alter.name);
                let notice = Some((SqlState::SUCCESSFUL_COMPLETION, notice));
                return Ok(Plan::Nothing { tag, notice });
            }
            Object::Relation(relation_of(scope, kind, &alter.name)?.id)
        }
    };
    match &alter.action {
        AlterAction::Rename(to) => rename(object, to),
        AlterAction::RenameColumn { from, to } => {
            let relation = relation_of(scope, alter.kind, &alter.name)?;
            rename_column(&relation, from, to)
        }
        AlterAction::Owner(role) => {
            Ok(Plan::ChangeOwner { object, to: names::one_role(scope, role)? })
        }
        AlterAction::SetSchema(to) => {
            let Object::Relation(relation) = object else {
                return Err(Error::unsupported("SET SCHEMA on this object"));
            };
            let name = Name {
                schema: Some(to.name.clone()),
                name: alter.name.name.clone(),
                position: to.position,
            };
            let to = names::creation_schema(scope, &name)?;
            Ok(Plan::SetSchema { relation, to })
        }
        AlterAction::RowSecurity(setting) => {
            let relation = relation_of(scope, alter.kind, &alter.name)?;
            protect::row_security(&relation, *setting, "ALTER TABLE")
        }
        AlterAction::RenameConstraint { from, to } => {
            let relation = relation_of(scope, alter.kind, &alter.name)?;
            alter::rename_constraint(scope, &relation, from, to)
        }
        AlterAction::Table(actions) => {
            let relation = relation_of(scope, alter.kind, &alter.name)?;
            alter::table(binder, &relation, actions)
        }
        AlterAction::SetOptions(options) => {
            let relation = relation_of(scope, alter.kind, &alter.name)?;
            let mut altered = Relation::clone(&relation);
            if let RelationKind::View(view) = &mut altered.kind {
                *view = with_options(view.clone(), options)?;
            }
            let to = Protected::Relation(Box::new(altered));
            Ok(Plan::Protect(Protect { tag: "ALTER VIEW", to }))
        }
    }
}

/// Whether the new name is free is told only to those who may rename.
fn rename(object: Object, to: &str) -> Result<Plan> {
    match object {
        Object::Schema(_) => names::not_reserved("schema", to)?,
        Object::Relation(_) => {}
        Object::Database | Object::Column(..) => {
            return Err(Error::unsupported("renaming this object"));
        }
    }
    Ok(Plan::Rename { object, to: to.to_owned() })
}

/// What PostgreSQL gives every table of its own; no column may take such a name.
const SYSTEM_COLUMNS: [&str; 6] = ["tableoid", "cmax", "xmax", "cmin", "xmin", "ctid"];

fn rename_column(relation: &Relation, from: &statement::Ident, to: &str) -> Result<Plan> {
    if matches!(relation.kind, RelationKind::View(_)) {
        return Err(Error::unsupported("renaming a view's column")
            .hint("Make the view again: CREATE OR REPLACE VIEW."));
    }
    let column = relation.column(&from.name).ok_or_else(|| {
        let message = format!("column \"{}\" does not exist", from.name);
        Error::new(SqlState::UNDEFINED_COLUMN, message)
    })?;
    if SYSTEM_COLUMNS.contains(&to) {
        let message = format!("column name \"{to}\" conflicts with a system column name");
        return Err(Error::new(SqlState::DUPLICATE_COLUMN, message));
    }
    if relation.column(to).is_some() {
        let name = &relation.name;
        let message = format!("column \"{to}\" of relation \"{name}\" already exists");
        return Err(Error::new(SqlState::DUPLICATE_COLUMN, message));
    }
    let object = Object::Column(relation.id, column.number);
    Ok(Plan::Rename { object, to: to.to_owned() })
}

/// A schema that may be altered; PostgreSQL's own may not.
fn schema(scope: &Scope, name: &Name) -> Result<SchemaId> {
    let id = names::schema(scope, &name.name, name.position)?.id;
    if id.0 < FIRST_OID && id != PUBLIC_SCHEMA || id == TEMPORARY_SCHEMA {
        return Err(Error::not_allowed(format!("permission denied for schema {}", name.name)));
    }
    Ok(id)
}

/// The relation, if it is of the kind named. ALTER TABLE takes any kind, as PostgreSQL lets it.
pub(super) fn relation_of(scope: &Scope, kind: ObjectKind, name: &Name) -> Result<Arc<Relation>> {
    let relation = names::altered(scope, name)?;
    let fits = match (kind, &relation.kind) {
        (ObjectKind::View, kind) => matches!(kind, RelationKind::View(_)),
        (ObjectKind::Foreign, kind) => matches!(kind, RelationKind::Foreign(_)),
        _ => true,
    };
    if fits { Ok(relation) } else { Err(not_a(&name.name, kind.name())) }
}

pub(super) fn comment(binder: &Binder<'_>, on: &Target, text: Option<&str>) -> Result<Plan> {
    let scope = binder.scope;
    let on = match on.kind {
        ObjectKind::Role => CommentTarget::Role(names::role_named(
            scope,
            &statement::Ident { name: on.name.name.clone(), position: on.name.position },
        )?),
        ObjectKind::Database => {
            database(scope, &on.name.name)?;
            CommentTarget::Object(Object::Database)
        }
        ObjectKind::Schema => CommentTarget::Object(Object::Schema(schema(scope, &on.name)?)),
        ObjectKind::Column => {
            let relation = names::altered(scope, &on.name)?;
            let column = on.column.as_ref().ok_or_else(|| Error::internal("no column"))?;
            let found = relation.column(&column.name).ok_or_else(|| {
                Error::new(
                    SqlState::UNDEFINED_COLUMN,
                    format!(
                        "column \"{}\" of relation \"{}\" does not exist",
                        column.name, relation.name
                    ),
                )
            })?;
            CommentTarget::Object(Object::Column(relation.id, found.number))
        }
        kind => {
            let relation = relation_of(scope, kind, &on.name)?;
            if kind == ObjectKind::Table && !matches!(relation.kind, RelationKind::Table { .. }) {
                return Err(not_a(&on.name.name, "table"));
            }
            CommentTarget::Object(Object::Relation(relation.id))
        }
    };
    Ok(Plan::Comment { on, text: text.map(str::to_owned) })
}

/// The one database, by its name.
pub(super) fn database(scope: &Scope, name: &str) -> Result<()> {
    if name == &*scope.database {
        return Ok(());
    }
    Err(Error::new(SqlState::INVALID_CATALOG_NAME, format!("database \"{name}\" does not exist")))
}

pub(super) fn drop(binder: &Binder<'_>, drop: &statement::Drop) -> Result<Plan> {
    let scope = binder.scope;
    if drop.kind == ObjectKind::Index {
        return alter::drop_indexes(scope, drop);
    }
    let tag = match drop.kind {
        ObjectKind::View => "DROP VIEW",
        ObjectKind::Schema => "DROP SCHEMA",
        ObjectKind::Foreign => "DROP FOREIGN TABLE",
        _ => "DROP TABLE",
    };
    let mut plan = Drop {
        tag,
        named: Vec::new(),
        relations: Vec::new(),
        schemas: Vec::new(),
        policies: Vec::new(),
        foreign_keys: Vec::new(),
        notices: Vec::new(),
        blocked: None,
    };
    for name in &drop.names {
        match drop.kind {
            ObjectKind::Schema => {
                if drop.if_exists && scope.snapshot.schema_named(&name.name).is_none() {
                    plan.notices
                        .push((format!("schema \"{name}\" does not exist, skipping"), None));
                    continue;
                }
                plan.named.push(Object::Schema(schema(scope, name)?));
            }
            kind => match droppable(scope, kind, name, drop.if_exists)? {
                Some(relation) => plan.named.push(Object::Relation(relation.id)),
                None => plan.notices.push((absent(scope, kind, name), None)),
            },
        }
    }
    Ok(Plan::Drop(dependents::finish(scope, plan, drop.cascade)))
}

fn droppable(
    scope: &Scope,
    kind: ObjectKind,
    name: &Name,
    if_exists: bool,
) -> Result<Option<Arc<Relation>>> {
    let relation = match names::find(scope, name)? {
        Some(Found::Relation(relation)) => relation,
        Some(found) => return Err(names::is_system(scope, &found, name)),
        None if alter::find_index(scope, name).is_ok_and(|found| found.is_some()) => {
            let hint = "Use DROP INDEX to remove an index.";
            return Err(not_a(&name.name, kind.name()).hint(hint));
        }
        None if if_exists => return Ok(None),
        None => return Err(not_there(scope, kind, name)),
    };
    let (fits, hint) = match relation.kind {
        RelationKind::Table { .. } => {
            (kind == ObjectKind::Table, "Use DROP TABLE to remove a table.")
        }
        RelationKind::Foreign(_) => {
            (kind == ObjectKind::Foreign, "Use DROP FOREIGN TABLE to remove a foreign table.")
        }
        RelationKind::View(_) => (kind == ObjectKind::View, "Use DROP VIEW to remove a view."),
    };
    if fits { Ok(Some(relation)) } else { Err(not_a(&name.name, kind.name()).hint(hint)) }
}

fn not_there(scope: &Scope, kind: ObjectKind, name: &Name) -> Error {
    match &name.schema {
        Some(schema) if scope.snapshot.schema_named(schema).is_none() => {
            Error::undefined_schema(schema)
        }
        _ => Error::new(
            SqlState::UNDEFINED_TABLE,
            format!("{} \"{}\" does not exist", kind.name(), name.name),
        ),
    }
}

fn absent(scope: &Scope, kind: ObjectKind, name: &Name) -> String {
    match &name.schema {
        Some(schema) if scope.snapshot.schema_named(schema).is_none() => {
            format!("schema \"{schema}\" does not exist, skipping")
        }
        _ => format!("{} \"{}\" does not exist, skipping", kind.name(), name.name),
    }
}
