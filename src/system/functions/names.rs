//! Names to OIDs and back (`regclass` and its kin), and what a bare name finds.

use super::identity::entries;
use super::registered::read;
use super::{Entry, Returns, Value};
use crate::catalog::name::{
    INFORMATION_SCHEMA, PG_CATALOG, RelationId, RoleId, SchemaId, quote_ident,
};
use crate::catalog::types::SqlType;
use crate::error::{Error, Result, SqlState};
use crate::system::facts;
use crate::system::scope::Scope;
use crate::system::{tables, views};

pub(super) const ALL: &[Entry] = entries! {
    "to_regclass" (1, 1) Regclass |s, v| read(s, &SqlType::Regclass, &v[0], false);
    "to_regtype" (1, 1) Regtype |s, v| read(s, &SqlType::Regtype, &v[0], false);
    "to_regproc" (1, 1) Regproc |s, v| read(s, &SqlType::Regproc, &v[0], false);
    "to_regprocedure" (1, 1) Regprocedure |s, v| read(s, &SqlType::Regprocedure, &v[0], false);
    "to_regoper" (1, 1) Regoper |s, v| read(s, &SqlType::Regoper, &v[0], false);
    "to_regoperator" (1, 1) Regoperator |s, v| read(s, &SqlType::Regoperator, &v[0], false);
    "to_regnamespace" (1, 1) Regnamespace |s, v| read(s, &SqlType::Regnamespace, &v[0], false);
    "to_regrole" (1, 1) Regrole |s, v| read(s, &SqlType::Regrole, &v[0], false);
    "to_regcollation" (1, 1) Regcollation |s, v| read(s, &SqlType::Regcollation, &v[0], false);
    "__oid_in" (1, 1) Oid |_, v| oid_in(&v[0]);
    "__oid_of" (1, 1) Oid |_, v| oid_of(&v[0]);
    "__vector_out" (1, 1) Text |_, v| Ok(if let Value::Texts(all) = &v[0] { all.join(" ").into() } else { Value::Null });
    "pg_table_is_visible" (1, 1) Bool |s, v| Ok(visible(s, &v[0]).into());
    "pg_type_is_visible" (1, 1) Bool |s, v| Ok(type_is_visible(s, &v[0]).into());
    "pg_function_is_visible" (1, 1) Bool |_, _| Ok(true.into());
    "pg_operator_is_visible" (1, 1) Bool |_, _| Ok(true.into());
    "pg_collation_is_visible" (1, 1) Bool |_, _| Ok(true.into());
    "pg_opclass_is_visible" (1, 1) Bool |_, _| Ok(true.into());
    "pg_conversion_is_visible" (1, 1) Bool |_, _| Ok(true.into());
    "pg_statistics_obj_is_visible" (1, 1) Bool |_, _| Ok(Value::Null);
    "pg_opfamily_is_visible" (1, 1) Bool |_, _| Ok(true.into());
    "pg_ts_config_is_visible" (1, 1) Bool |_, _| Ok(Value::Null);
    "pg_ts_dict_is_visible" (1, 1) Bool |_, _| Ok(Value::Null);
    "pg_ts_parser_is_visible" (1, 1) Bool |_, _| Ok(Value::Null);
    "pg_ts_template_is_visible" (1, 1) Bool |_, _| Ok(Value::Null);
    "pg_get_userbyid" (1, 1) Name |s, v| Ok(user_by_id(s, &v[0]).into());
};

/// What `oid` reads: a whole number from 0, or what such a number wraps around to below it.
fn oid_in(value: &Value) -> Result<Value> {
    if let Value::Int(oid) = value {
        return Ok((*oid).into());
    }
    let text = value.text();
    let number: Option<i64> = text.trim().parse().ok();
    match number.filter(|n| (-2_147_483_648..=4_294_967_295).contains(n)) {
        Some(number) => Ok(i64::from(number as u32).into()),
        None if number.is_some() => Err(Error::new(
            SqlState::NUMERIC_OUT_OF_RANGE,
            format!("value \"{text}\" is out of range for type oid"),
        )),
        None => Err(Error::new(
            SqlState::INVALID_TEXT,
            format!("invalid input syntax for type oid: \"{text}\""),
        )),
    }
}

/// A bigint as an OID.
fn oid_of(value: &Value) -> Result<Value> {
    match value.int() {
        Some(oid) if u32::try_from(oid).is_err() => {
            Err(Error::new(SqlState::NUMERIC_OUT_OF_RANGE, "OID out of range"))
        }
        Some(oid) => Ok(oid.into()),
        None => Ok(Value::Null),
    }
}

/// `schema.name`, either part in quotes or not.
pub(super) fn parts(name: &str) -> Vec<String> {
    split(name).unwrap_or_else(|_| vec![name.to_owned()])
}

/// The same, or that it is no name. Blanks may stand around each part (`SplitIdentifierString`).
pub(super) fn split(name: &str) -> Result<Vec<String>> {
    let invalid = || Error::new(SqlState::INVALID_NAME, "invalid name syntax");
    let blank = |c: char| c.is_ascii_whitespace();
    let mut parts = Vec::new();
    let mut rest = name.trim_start_matches(blank);
    loop {
        rest = match rest.strip_prefix('"') {
            Some(quoted) => {
                let (part, after) = quoted_part(quoted).ok_or_else(invalid)?;
                parts.push(part);
                after
            }
            None => {
                let end = rest.find(|c| c == '.' || blank(c)).unwrap_or(rest.len());
                if end == 0 {
                    return Err(invalid());
                }
                parts.push(rest[..end].to_lowercase());
                &rest[end..]
            }
        };
        rest = rest.trim_start_matches(blank);
        match rest.strip_prefix('.') {
            Some(next) => rest = next.trim_start_matches(blank),
            None if rest.is_empty() => return Ok(parts),
            None => return Err(invalid()),
        }
    }
}

/// What stands before the closing quote, two of which are one, and what behind it.
fn quoted_part(text: &str) -> Option<(String, &str)> {
    let mut part = String::new();
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once('"')?;
        part.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                part.push('"');
                rest = more;
            }
            None => return Some((part, after)),
        }
    }
}

pub(super) fn find_class(scope: &Scope, name: &str) -> Option<i64> {
    let parts = parts(name);
    let (schema, name) = match parts.as_slice() {
        [name] => (None, name),
        [schema, name] => (Some(schema), name),
        [database, schema, name] if **database == *scope.database => (Some(schema), name),
        _ => return None,
    };
    let system = |schema: &str| {
        let table = tables::table(schema, name).map(|t| t.oid());
        table.or_else(|| views::view(schema, name).map(|v| v.oid())).map(i64::from)
    };
    match schema {
        Some(schema) => system(schema)
            .or_else(|| stored_class(scope, scope.snapshot.schema_named(schema)?.id, name)),
        None => scope.path().into_iter().find_map(|id| match id {
            PG_CATALOG => system("pg_catalog"),
            id => stored_class(scope, id, name),
        }),
    }
}

/// A relation or an index.
fn stored_class(scope: &Scope, schema: SchemaId, name: &str) -> Option<i64> {
    let relation = scope.snapshot.relation_named(schema, name).map(|r| r.id.0);
    let index = || scope.snapshot.index_named(schema, name).map(|(_, index)| index.oid);
    relation.or_else(index).map(i64::from)
}

/// Domains of `information_schema` are found where the path has it; all other types are.
fn type_is_visible(scope: &Scope, oid: &Value) -> bool {
    let found = oid.int().and_then(|oid| u32::try_from(oid).ok()).and_then(facts::type_of);
    !found.is_some_and(facts::Type::is_domain) || scope.path().contains(&INFORMATION_SCHEMA)
}

fn visible(scope: &Scope, value: &Value) -> Option<bool> {
    let oid = u32::try_from(value.int()?).ok()?;
    if let Some(relation) = scope.snapshot.relation(RelationId(oid)) {
        return Some(scope.is_visible(relation.id));
    }
    if let Some((_, index)) = scope.snapshot.index(oid) {
        return Some(find_class(scope, &quote_ident(&index.name)) == Some(i64::from(oid)));
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
    if let Some((on, index)) = scope.snapshot.index(id.0) {
        let name = quote_ident(&index.name);
        if find_class(scope, &name) == Some(i64::from(id.0)) {
            return Some(name);
        }
        return Some(format!("{}.{name}", quote_ident(&scope.snapshot.schema(on.schema)?.name)));
    }
    let relation = scope.snapshot.relation(id)?;
    let name = quote_ident(&relation.name);
    if scope.is_visible(id) {
        return Some(name);
    }
    let schema: SchemaId = relation.schema;
    Some(format!("{}.{name}", quote_ident(&scope.snapshot.schema(schema)?.name)))
}
