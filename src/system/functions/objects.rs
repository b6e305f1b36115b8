//! Objects by their OIDs in words, and rights as `aclitem`s.

use super::identity::entries;
use super::registered::name_of;
use super::{Entry, Returns, Value};
use crate::catalog::acl::{Acl, Privileges};
use crate::catalog::name::{RelationId, RoleId, SchemaId};
use crate::catalog::types::SqlType;
use crate::error::{Error, Result};
use crate::system::scope::Scope;

pub(super) const ALL: &[Entry] = entries! {
    "pg_describe_object" (3, 3) Text |s, v| Ok(described(s, v).into());
    "acldefault" (2, 2) Aclitems default_acl;
    "makeaclitem" (4, 4) Aclitem make_item;
    "pg_collation_for" (1, 1) Text |_, v| Ok(if let Value::Text(_) = v[0] { "\"default\"".into() } else { Value::Null });
    "pg_indexam_has_property" (2, 2) Bool |_, v| Ok(method_property(&v[0], v[1].text()).into());
};

fn described(scope: &Scope, values: &[Value]) -> Option<String> {
    let oid = values[1].int().and_then(|v| u32::try_from(v).ok())?;
    let name = |of: SqlType| name_of(scope, &of, oid.into());
    Some(match values[0].int()? {
        1259 => {
            let column = values[2].int().filter(|number| *number != 0);
            let Some(relation) = scope.snapshot.relation(RelationId(oid)) else {
                crate::system::tables::by_oid(oid)?;
                return Some(format!("table {}", name(SqlType::Regclass)));
            };
            let described = scope.describe_relation(relation.id);
            match column.and_then(|number| relation.column_by_number(number as i16)) {
                Some(column) => format!("column {} of {described}", column.name),
                None => described,
            }
        }
        1247 => format!("type {}", name(SqlType::Regtype)),
        1255 => format!("function {}", name(SqlType::Regprocedure)),
        2617 => format!("operator {}", name(SqlType::Regoperator)),
        2615 => format!("schema {}", scope.snapshot.schema(SchemaId(oid))?.name),
        1260 => format!("role {}", scope.snapshot.role(RoleId(oid))?.name),
        1262 => format!("database {}", scope.database),
        3456 => format!("collation {}", name(SqlType::Regcollation)),
        2618 => {
            let view = RelationId(crate::system::tables::rule_view(oid)?);
            format!("rule _RETURN on {}", scope.describe_relation(view))
        }
        _ => return None,
    })
}

fn shown(scope: &Scope, acl: &Acl) -> Vec<String> {
    acl.items().iter().map(|item| item.text(|id| scope.snapshot.role_name(id))).collect()
}

/// What an object of this kind is granted where nothing was said.
fn default_acl(scope: &Scope, values: &[Value]) -> Result<Value> {
    let owner = RoleId(values[1].int().and_then(|v| u32::try_from(v).ok()).unwrap_or(0));
    let name = scope.snapshot.role_name(owner);
    let (public, own) = match values[0].text() {
        "r" => ("", "arwdDxt"),
        "c" => ("", ""),
        "s" => ("", "rwU"),
        "d" => ("Tc", "CTc"),
        "f" => ("X", "X"),
        "l" | "T" => ("U", "U"),
        "L" => ("", "rw"),
        "n" => ("", "UC"),
        "p" => ("", "sA"),
        "t" => ("", "C"),
        "F" | "S" => ("", "U"),
        other => {
            return Err(Error::invalid_parameter(format!(
                "unrecognized object type abbreviation: {other}"
            )));
        }
    };
    let mut items = Vec::new();
    if !public.is_empty() {
        items.push(format!("={public}/{name}"));
    }
    if !own.is_empty() {
        items.push(format!("{name}={own}/{name}"));
    }
    Ok(Value::Texts(items))
}

fn make_item(scope: &Scope, values: &[Value]) -> Result<Value> {
    let role = |value: &Value| RoleId(value.int().and_then(|v| u32::try_from(v).ok()).unwrap_or(0));
    let (grantee, grantor) = (role(&values[0]), role(&values[1]));
    let text = values[2].text();
    let mut privileges = Privileges::NONE;
    for word in text.split(',') {
        let found = Privileges::from_word(&word.trim().to_uppercase());
        privileges |= found.ok_or_else(|| {
            let word = word.trim();
            Error::invalid_parameter(format!("unrecognized privilege type: \"{word}\""))
        })?;
    }
    let mut acl = Acl::default();
    let options = if values[3].bool() { privileges } else { Privileges::NONE };
    acl.grant(grantee, grantor, privileges, options);
    Ok(shown(scope, &acl).into_iter().next().into())
}

/// What indexes of a kind can do, as tools ask before they offer it.
fn method_property(method: &Value, property: &str) -> Option<bool> {
    let btree = match method.int()? {
        403 => true,
        405 => false,
        _ => return None,
    };
    Some(match property.to_lowercase().as_str() {
        "can_order" | "can_unique" | "can_multi_col" | "can_include" => btree,
        "can_exclude" => true,
        _ => return None,
    })
}
