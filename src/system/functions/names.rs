//! Names to OIDs and back (`regclass` and its kin), and what a bare name finds.

use super::identity::entries;
use super::{Entry, Returns, Value, undefined};
use crate::catalog::name::{RelationId, RoleId, SchemaId, quote_ident};
use crate::catalog::types::SqlType;
use crate::error::{Error, Result};
use crate::system::scope::Scope;
use crate::system::{tables, views};

pub(super) const ALL: &[Entry] = entries! {
    "__regclass" (1, 1) Int8 |s, v| regclass(s, &v[0]);
    "__regtype" (1, 1) Int8 regtype;
    "__regrole" (1, 1) Int8 regrole;
    "__regnamespace" (1, 1) Int8 regnamespace;
    "__regproc" (1, 1) Int8 |_, v| Ok(v[0].int().unwrap_or(0).into());
    "to_regclass" (1, 1) Int8 |s, v| Ok(find_class(s, v[0].text()).into());
    "to_regtype" (1, 1) Int8 |_, v| Ok(SqlType::parse(v[0].text()).map(|t| i64::from(t.oid())).into());
    "to_regnamespace" (1, 1) Int8 |s, v| Ok(s.snapshot.schema_named(v[0].text()).map(|x| i64::from(x.id.0)).into());
    "to_regrole" (1, 1) Int8 |s, v| Ok(s.snapshot.role_named(v[0].text()).map(|x| i64::from(x.id.0)).into());
    "pg_table_is_visible" (1, 1) Bool |s, v| Ok(visible(s, &v[0]).into());
    "pg_type_is_visible" (1, 1) Bool |_, _| Ok(true.into());
    "pg_function_is_visible" (1, 1) Bool |_, _| Ok(true.into());
    "pg_operator_is_visible" (1, 1) Bool |_, _| Ok(true.into());
    "pg_collation_is_visible" (1, 1) Bool |_, _| Ok(true.into());
    "pg_opclass_is_visible" (1, 1) Bool |_, _| Ok(true.into());
    "pg_conversion_is_visible" (1, 1) Bool |_, _| Ok(true.into());
    "pg_statistics_obj_is_visible" (1, 1) Bool |_, _| Ok(true.into());
    "pg_get_userbyid" (1, 1) Text |s, v| Ok(user_by_id(s, &v[0]).into());
};

/// An OID as it is, or a name looked up as a FROM clause would.
fn regclass(scope: &Scope, value: &Value) -> Result<Value> {
    if let Some(oid) = value.int() {
        return Ok(oid.into());
    }
    let name = value.text();
    match find_class(scope, name) {
        Some(oid) => Ok(oid.into()),
        None => Err(Error::undefined_table(name)),
    }
}

/// `schema.name`, either part in quotes or not.
pub(super) fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    let mut chars = name.trim().chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                if let Some(last) = parts.last_mut() {
                    last.push('"');
                }
            }
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            c => {
                if let Some(last) = parts.last_mut() {
                    if quoted { last.push(c) } else { last.extend(c.to_lowercase()) }
                }
            }
        }
    }
    parts
}

pub(super) fn find_class(scope: &Scope, name: &str) -> Option<i64> {
    let parts = parts(name);
    let (schema, name) = match parts.as_slice() {
        [name] => (None, name),
        [schema, name] => (Some(schema), name),
        _ => return None,
    };
    let system = |schema: &str| {
        let table = tables::table(schema, name).map(|t| t.oid());
        table.or_else(|| views::view(schema, name).map(|v| v.oid())).map(i64::from)
    };
    match schema {
        Some(schema) => system(schema).or_else(|| {
            let id = scope.snapshot.schema_named(schema)?.id;
            scope.snapshot.relation_named(id, name).map(|r| i64::from(r.id.0))
        }),
        None => system("pg_catalog").or_else(|| scope.visible(name).map(|r| i64::from(r.id.0))),
    }
}

fn regtype(_: &Scope, values: &[Value]) -> Result<Value> {
    if let Some(oid) = values[0].int() {
        return Ok(oid.into());
    }
    let name = values[0].text();
    let found = SqlType::parse(name.strip_prefix("pg_catalog.").unwrap_or(name));
    found.map(|t| i64::from(t.oid()).into()).ok_or_else(|| undefined("type", name))
}

fn regrole(scope: &Scope, values: &[Value]) -> Result<Value> {
    if let Some(oid) = values[0].int() {
        return Ok(oid.into());
    }
    let name = values[0].text();
    let found = scope.snapshot.role_named(name);
    found.map(|r| i64::from(r.id.0).into()).ok_or_else(|| Error::undefined_role(name))
}

fn regnamespace(scope: &Scope, values: &[Value]) -> Result<Value> {
    if let Some(oid) = values[0].int() {
        return Ok(oid.into());
    }
    let name = values[0].text();
    let found = scope.snapshot.schema_named(name);
    found.map(|s| i64::from(s.id.0).into()).ok_or_else(|| Error::undefined_schema(name))
}

fn visible(scope: &Scope, value: &Value) -> Option<bool> {
    let oid = u32::try_from(value.int()?).ok()?;
    if let Some(relation) = scope.snapshot.relation(RelationId(oid)) {
        return Some(scope.is_visible(relation.id));
    }
    // pg_catalog is always on the path, information_schema only by name.
    let table = tables::tables().find(|t| t.oid() == oid).map(|t| t.schema());
    let schema = table.or_else(|| views::views().find(|v| v.oid() == oid).map(|v| v.schema()))?;
    Some(schema == "pg_catalog" || scope.search_path.iter().any(|name| name == schema))
}

fn user_by_id(scope: &Scope, value: &Value) -> String {
    let id = value.int().and_then(|v| u32::try_from(v).ok()).unwrap_or(0);
    match scope.snapshot.role(RoleId(id)) {
        Some(role) => role.name.clone(),
        None => format!("unknown (OID={id})"),
    }
}

/// A relation's name as a query would write it: with its schema where the path does not find it.
pub(super) fn class_name(scope: &Scope, id: RelationId) -> Option<String> {
    let relation = scope.snapshot.relation(id)?;
    let name = quote_ident(&relation.name);
    if scope.is_visible(id) {
        return Some(name);
    }
    let schema: SchemaId = relation.schema;
    Some(format!("{}.{name}", quote_ident(&scope.snapshot.schema(schema)?.name)))
}
