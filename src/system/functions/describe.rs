//! Definitions, comments, types and sizes as text.

use super::identity::entries;
use super::names::class_name;
use super::{Entry, Returns, Value, type_names};
use crate::catalog::name::{DATABASE_OID, RelationId, RoleId, SchemaId};
use crate::catalog::relation::{Relation, RelationKind};
use crate::error::{Error, Result, SqlState};
use crate::system::definitions;
use crate::system::scope::Scope;
use crate::system::tables::{check_oid, qualified, view_definition};

pub(super) const ALL: &[Entry] = entries! {
    "format_type" (2, 2) Text |_, v| Ok(format_type(v).into());
    "pg_get_expr" (2, 3) Text |_, v| Ok(v[0].text().into());
    "pg_get_viewdef" (1, 2) Text viewdef;
    "pg_get_constraintdef" (1, 2) Text constraintdef;
    "pg_get_indexdef" (1, 3) Text |s, v| Ok(indexdef(s, v).into());
    "pg_get_partkeydef" (1, 1) Text |_, _| Ok(Value::Null);
    "pg_get_ruledef" (1, 2) Text |_, _| Ok(Value::Null);
    "pg_get_triggerdef" (1, 2) Text |_, _| Ok(Value::Null);
    "pg_get_statisticsobjdef_columns" (1, 1) Text |_, _| Ok(Value::Null);
    "pg_get_statisticsobjdef" (1, 1) Text |_, _| Ok(Value::Null);
    "pg_get_statisticsobjdef_expressions" (1, 1) Texts |_, _| Ok(Value::Null);
    "pg_get_partition_constraintdef" (1, 1) Text |_, _| Ok(Value::Null);
    "pg_get_replica_identity_index" (1, 1) Regclass |_, _| Ok(Value::Null);
    "pg_sequence_last_value" (1, 1) Int8 |_, _| Ok(Value::Null);
    "pg_relation_is_updatable" (2, 2) Int4 |s, v| Ok(updatable(s, &v[0]).into());
    "pg_column_is_updatable" (3, 3) Bool |s, v| Ok(updatable(s, &v[0]).map(|events| events != 0).into());
    "pg_get_serial_sequence" (2, 2) Text serial_sequence;
    "obj_description" (1, 2) Text |s, v| Ok(comment(s, &v[0], v.get(1)).into());
    "col_description" (2, 2) Text |s, v| Ok(column_comment(s, v).into());
    "shobj_description" (2, 2) Text |s, v| Ok(shared_comment(s, v).into());
    "pg_tablespace_location" (1, 1) Text |_, _| Ok("".into());
    "pg_relation_is_publishable" (1, 1) Bool |_, _| Ok(false.into());
};

fn format_type(values: &[Value]) -> Option<String> {
    let oid = u32::try_from(values[0].int()?).ok()?;
    Some(type_names::format_type(oid, values[1].int().unwrap_or(-1) as i32))
}

fn relation_id(value: &Value) -> Option<RelationId> {
    value.int().and_then(|v| u32::try_from(v).ok()).map(RelationId)
}

fn viewdef(scope: &Scope, values: &[Value]) -> Result<Value> {
    let id = relation_id(&values[0])
        .or_else(|| super::scalar_class(scope, values[0].text()).map(RelationId));
    let found = id.and_then(|id| scope.snapshot.relation(id));
    if let (None, Value::Text(name)) = (id, &values[0]) {
        let message = format!("relation \"{name}\" does not exist");
        return Err(Error::new(SqlState::UNDEFINED_TABLE, message));
    }
    Ok(match found.map(|r| &r.kind) {
        Some(RelationKind::View(_)) => found.map(|r| view_definition(scope, r)).into(),
        _ => Value::Null,
    })
}

fn constraintdef(scope: &Scope, values: &[Value]) -> Result<Value> {
    let wanted = values[0].int();
    for relation in scope.snapshot.relations() {
        if let Some(text) = key_definition(scope, relation, wanted) {
            return Ok(text.into());
        }
        let RelationKind::Table { checks, .. } = &relation.kind else { continue };
        for (i, check) in checks.iter().enumerate() {
            if wanted == Some(i64::from(check_oid(relation, i))) {
                // Prettily, without the outermost parentheses that the parser puts around all.
                let pretty = values.get(1).is_some_and(Value::bool);
                return Ok(match pretty {
                    true => format!("CHECK ({})", check.expression),
                    false => format!("CHECK (({}))", check.expression),
                }
                .into());
            }
        }
    }
    Ok(Value::Null)
}

fn key_definition(scope: &Scope, relation: &Relation, wanted: Option<i64>) -> Option<String> {
    let is = |oid: u32| wanted == Some(i64::from(oid));
    let index = relation.indexes.iter().find(|index| index.constraint.is_some_and(|c| is(c.oid)));
    if let Some(index) = index {
        return Some(definitions::key(index, relation));
    }
    let key = relation.foreign_keys.iter().find(|key| is(key.oid))?;
    let to = scope.snapshot.relation(key.references)?;
    let name = class_name(scope, to.id)?;
    Some(definitions::foreign_key(key, relation, to, &name))
}

/// The whole index, or one of its columns counted from 1.
fn indexdef(scope: &Scope, values: &[Value]) -> Option<String> {
    let oid = u32::try_from(values[0].int()?).ok()?;
    let (relation, index) = scope.snapshot.index(oid)?;
    match values.get(1).and_then(Value::int).unwrap_or(0) {
        0 => Some(definitions::index(index, relation, &qualified(scope, relation))),
        n => Some(definitions::index_entry(index, relation, usize::try_from(n - 1).ok()?)),
    }
}

/// By OID and the catalog it is in; without that, relations only.
fn comment(scope: &Scope, oid: &Value, catalog: Option<&Value>) -> Option<String> {
    let oid = u32::try_from(oid.int()?).ok()?;
    let snapshot = &scope.snapshot;
    match catalog.map(Value::text) {
        Some("pg_namespace") => snapshot.schema(SchemaId(oid)).and_then(|s| s.comment.clone()),
        None | Some("pg_class") => {
            snapshot.relation(RelationId(oid)).and_then(|r| r.comment.clone())
        }
        Some(catalog) => {
            let catalog = crate::system::tables::table("pg_catalog", catalog)?.oid();
            crate::system::tables::described(oid, catalog)
        }
    }
}

/// The masks on a column, its tags' among them.
fn masks_on<'a>(scope: &'a Scope, relation: &'a Relation, number: i16) -> Vec<&'a str> {
    let own = relation.protection.masks.iter().filter(|m| m.column == number);
    let column = relation.column_by_number(number);
    let tags = column.into_iter().flat_map(|column| relation.tags_of(column));
    let tagged = tags.filter_map(|name| scope.snapshot.tag(name)).flat_map(|tag| &tag.masks);
    own.chain(tagged).map(|mask| mask.name.as_str()).collect()
}

fn column_comment(scope: &Scope, values: &[Value]) -> Option<String> {
    let relation = scope.snapshot.relation(relation_id(&values[0])?)?;
    let number = i16::try_from(values[1].int()?).ok()?;
    let comment = relation.column_by_number(number)?.comment.clone();
    // What psql's \d+ shows of a column is its comment: the one place to say that it is masked.
    let masks = masks_on(scope, relation, number);
    match (comment, masks.is_empty()) {
        (comment, true) => comment,
        (None, false) => Some(format!("[masked: {}]", masks.join(", "))),
        (Some(comment), false) => Some(format!("{comment} [masked: {}]", masks.join(", "))),
    }
}

fn shared_comment(scope: &Scope, values: &[Value]) -> Option<String> {
    let oid = u32::try_from(values[0].int()?).ok()?;
    match values[1].text() {
        "pg_authid" => scope.snapshot.role(RoleId(oid)).and_then(|r| r.comment.clone()),
        "pg_database" if oid == DATABASE_OID => scope.snapshot.contents().database.comment.clone(),
        _ => None,
    }
}

/// Bits for INSERT (8) and what else may be done to the rows of a table; a view's rows stay as they are.
fn updatable(scope: &Scope, value: &Value) -> Option<i64> {
    let relation = scope.snapshot.relation(relation_id(value)?)?;
    Some(if matches!(relation.kind, RelationKind::Table { .. }) { 8 } else { 0 })
}

/// No column has a sequence, but a name must be a column's.
fn serial_sequence(scope: &Scope, values: &[Value]) -> Result<Value> {
    let (table, column) = (values[0].text(), values[1].text());
    let id = super::relation_oid(scope, table)?;
    let found = scope.snapshot.relation(id);
    match found.is_none_or(|r| r.column(column).is_some()) {
        true => Ok(Value::Null),
        false => Err(Error::new(
            SqlState::UNDEFINED_COLUMN,
            format!("column \"{column}\" of relation \"{table}\" does not exist"),
        )),
    }
}
