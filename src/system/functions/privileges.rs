//! The `has_…_privilege` family, in all its overloads: `[role,] object, privilege`.

use super::identity::entries;
use super::{Entry, Returns, Value};
use crate::catalog::acl::Privileges;
use crate::catalog::name::{Object, PUBLIC, RelationId, RoleId, SchemaId};
use crate::catalog::protection::Command;
use crate::catalog::snapshot::Exposure;
use crate::catalog::types::SqlType;
use crate::error::{Error, Result, SqlState};
use crate::system::scope::Scope;
use crate::system::tables::{self, SERVER_NAME, WRAPPER_NAME};

pub(super) const ALL: &[Entry] = entries! {
    "has_table_privilege" (2, 3) Bool |s, v| table(s, v, false);
    "has_any_column_privilege" (2, 3) Bool |s, v| table(s, v, true);
    "has_column_privilege" (3, 4) Bool column;
    "has_schema_privilege" (2, 3) Bool schema;
    "has_database_privilege" (2, 3) Bool database;
    "pg_has_role" (2, 3) Bool has_role;
    "has_function_privilege" (2, 3) Bool function;
    "has_type_privilege" (2, 3) Bool a_type;
    "has_language_privilege" (2, 3) Bool language;
    "has_tablespace_privilege" (2, 3) Bool tablespace;
    "has_server_privilege" (2, 3) Bool |s, v| foreign(s, v, "server", SERVER_NAME);
    "has_foreign_data_wrapper_privilege" (2, 3) Bool |s, v| foreign(s, v, "foreign-data wrapper", WRAPPER_NAME);
    "has_parameter_privilege" (2, 3) Bool parameter;
    "has_sequence_privilege" (2, 3) Bool sequence;
    "row_security_active" (1, 1) Bool row_security_active;
};

/// Whether policies stand between the one who asks and a table.
fn row_security_active(scope: &Scope, values: &[Value]) -> Result<Value> {
    let id = relation(scope, &values[0])?.map(RelationId);
    let Some(relation) = id.and_then(|id| scope.snapshot.relation(id)) else {
        return Ok(false.into());
    };
    let exposed = scope.snapshot.exposure(scope.role, relation) == Exposure::Protected;
    let bound = scope.snapshot.policies_for(scope.role, relation, Command::Select);
    Ok((exposed && bound.is_some()).into())
}

/// The role asked about and the arguments behind it.
fn subject<'v>(
    scope: &Scope,
    values: &'v [Value],
    without: usize,
) -> Result<(RoleId, &'v [Value])> {
    if values.len() == without {
        return Ok((scope.role, values));
    }
    let role = role(scope, &values[0])?;
    Ok((role, &values[1..]))
}

fn role(scope: &Scope, value: &Value) -> Result<RoleId> {
    match value {
        Value::Int(oid) => Ok(RoleId(u32::try_from(*oid).unwrap_or(0))),
        other if other.text() == "public" => Ok(PUBLIC),
        other => scope
            .snapshot
            .role_named(other.text())
            .map(|r| r.id)
            .ok_or_else(|| Error::undefined_role(other.text())),
    }
}

/// `SELECT, INSERT WITH GRANT OPTION`: true if any of them is held. What cannot stand on the object is
/// unknown here, except RULE, which once could.
fn wanted(text: &str, legal: Privileges) -> Result<Vec<(Privileges, bool)>> {
    text.split(',')
        .map(|word| {
            let upper = word.trim().to_uppercase();
            let (word, option) = match upper.strip_suffix(" WITH GRANT OPTION") {
                Some(word) => (word, true),
                None => (upper.as_str(), false),
            };
            let found = Privileges::from_word(word).filter(|p| legal.contains(*p));
            match found {
                Some(privilege) => Ok(vec![(privilege, option)]),
                None if word == "RULE" && legal == Privileges::ALL_RELATION => Ok(Vec::new()),
                None => Err(unrecognized(text)),
            }
        })
        .collect::<Result<Vec<_>>>()
        .map(|all| all.concat())
}

fn unrecognized(text: &str) -> Error {
    Error::invalid_parameter(format!("unrecognized privilege type: \"{}\"", text.trim()))
}

fn holds(
    scope: &Scope,
    role: RoleId,
    object: Object,
    (privilege, option): (Privileges, bool),
) -> bool {
    if role == PUBLIC {
        let acl = scope.snapshot.acl(object).unwrap_or_default();
        return !option && acl.held(|_| false).contains(privilege);
    }
    match option {
        false => scope.snapshot.holds(role, object, privilege),
        true => scope.snapshot.may_grant(role, object, privilege),
    }
}

/// NULL for an OID of nothing; an error for a name of nothing, or in a schema that may not be looked into.
fn relation(scope: &Scope, value: &Value) -> Result<Option<u32>> {
    if let Value::Int(oid) = value {
        return Ok(u32::try_from(*oid).ok());
    }
    let name = value.text();
    if let [schema, _] = super::names::parts(name).as_slice() {
        let found = scope.snapshot.schema_named(schema);
        let id = found.ok_or_else(|| Error::undefined_schema(schema))?.id;
        if !scope.snapshot.holds(scope.role, Object::Schema(id), Privileges::USAGE) {
            return Err(Error::denied("schema", schema));
        }
    }
    let found = super::scalar_class(scope, name);
    found.map(Some).ok_or_else(|| Error::undefined_table(name))
}

/// What is held on a system relation: everybody reads most of them, superusers hold all.
fn system(scope: &Scope, role: RoleId, oid: u32, wanted: &[(Privileges, bool)]) -> Option<Value> {
    let table = tables::tables().find(|t| t.oid() == oid)?;
    let all = scope.snapshot.is_superuser(role);
    let reads = |(p, option): &(Privileges, bool)| {
        *p == Privileges::SELECT && !option && !table.is_secret()
    };
    Some(wanted.iter().any(|want| all || reads(want)).into())
}

fn table(scope: &Scope, values: &[Value], any_column: bool) -> Result<Value> {
    let (role, rest) = subject(scope, values, 2)?;
    let Some(oid) = relation(scope, &rest[0])? else { return Ok(Value::Null) };
    let legal = if any_column { Privileges::ALL_COLUMN } else { Privileges::ALL_RELATION };
    let wanted = wanted(rest[1].text(), legal)?;
    if let Some(answer) = system(scope, role, oid, &wanted) {
        return Ok(answer);
    }
    let id = RelationId(oid);
    if scope.snapshot.relation(id).is_none() {
        return Ok(Value::Null);
    }
    let held = wanted.into_iter().any(|want| {
        holds(scope, role, Object::Relation(id), want)
            || (any_column && scope.snapshot.holds_any_column(role, id, want.0))
    });
    Ok(held.into())
}

fn column(scope: &Scope, values: &[Value]) -> Result<Value> {
    let (role, rest) = subject(scope, values, 3)?;
    let Some(oid) = relation(scope, &rest[0])? else { return Ok(Value::Null) };
    let wanted = wanted(rest[2].text(), Privileges::ALL_COLUMN)?;
    if let Some(answer) = system(scope, role, oid, &wanted) {
        return Ok(answer);
    }
    let id = RelationId(oid);
    let Some(found) = scope.snapshot.relation(id) else { return Ok(Value::Null) };
    let column = match &rest[1] {
        Value::Int(number) => found.columns.iter().find(|c| i64::from(c.number) == *number),
        name => found.column(name.text()),
    };
    let Some(column) = column else {
        return match &rest[1] {
            Value::Int(_) => Ok(Value::Null),
            name => Err(Error::new(
                SqlState::UNDEFINED_COLUMN,
                format!("column \"{}\" of relation \"{}\" does not exist", name.text(), found.name),
            )),
        };
    };
    let object = Object::Column(id, column.number);
    let whole = Object::Relation(id);
    let held = wanted.into_iter().any(|want| {
        let denied = scope.snapshot.denied_columns(role, id, want.0);
        let held = holds(scope, role, object, want) || holds(scope, role, whole, want);
        held && !denied.contains(&column.number)
    });
    Ok(held.into())
}

fn schema(scope: &Scope, values: &[Value]) -> Result<Value> {
    let (role, rest) = subject(scope, values, 2)?;
    let id = match &rest[0] {
        Value::Int(oid) => SchemaId(u32::try_from(*oid).unwrap_or(0)),
        name => {
            let found = scope.snapshot.schema_named(name.text());
            found.ok_or_else(|| Error::undefined_schema(name.text()))?.id
        }
    };
    if scope.snapshot.schema(id).is_none() {
        return Ok(Value::Null);
    }
    let wanted = wanted(rest[1].text(), Privileges::ALL_SCHEMA)?;
    Ok(wanted.into_iter().any(|want| holds(scope, role, Object::Schema(id), want)).into())
}

fn database(scope: &Scope, values: &[Value]) -> Result<Value> {
    let (role, rest) = subject(scope, values, 2)?;
    if let Value::Text(name) = &rest[0]
        && *name != *scope.database
    {
        return Err(Error::new(
            SqlState::INVALID_CATALOG_NAME,
            format!("database \"{name}\" does not exist"),
        ));
    }
    let wanted = wanted(rest[1].text(), Privileges::ALL_DATABASE)?;
    Ok(wanted.into_iter().any(|want| holds(scope, role, Object::Database, want)).into())
}

/// `pg_has_role([user,] role, 'MEMBER' | 'USAGE')`, or several of them: any will do.
fn has_role(scope: &Scope, values: &[Value]) -> Result<Value> {
    let (member, rest) = subject(scope, values, 2)?;
    let of = role(scope, &rest[0])?;
    let text = rest[1].text();
    let held = text.split(',').map(|word| match word.trim().to_uppercase().as_str() {
        "MEMBER" => Ok(scope.snapshot.is_member(member, of)),
        "USAGE" => Ok(scope.snapshot.has_role(member, of)),
        "MEMBER WITH GRANT OPTION"
        | "MEMBER WITH ADMIN OPTION"
        | "USAGE WITH GRANT OPTION"
        | "USAGE WITH ADMIN OPTION" => Ok(scope.snapshot.is_admin(member, of)),
        _ => Err(unrecognized(text)),
    });
    let held = held.collect::<Result<Vec<bool>>>()?;
    Ok(held.contains(&true).into())
}

/// Everybody may use what PostgreSQL has built in; nobody but a superuser grants it on.
fn by_everybody(scope: &Scope, role: RoleId, text: &str, legal: Privileges) -> Result<Value> {
    let wanted = wanted(text, legal)?;
    let all = role != PUBLIC && scope.snapshot.is_superuser(role);
    Ok(wanted.into_iter().any(|(_, option)| all || !option).into())
}

fn registered(scope: &Scope, of: &SqlType, value: &Value) -> Result<Option<u32>> {
    let read = super::registered::read(scope, of, value, true)?;
    Ok(read.int().and_then(|oid| u32::try_from(oid).ok()))
}

fn function(scope: &Scope, values: &[Value]) -> Result<Value> {
    let (role, rest) = subject(scope, values, 2)?;
    let name = rest[0].text();
    if rest[0].int().is_none() && !name.contains('(') {
        return Err(Error::new(SqlState::INVALID_TEXT, "expected a left parenthesis"));
    }
    let found = registered(scope, &SqlType::Regprocedure, &rest[0])?;
    match found.and_then(crate::system::facts::proc) {
        Some(_) => by_everybody(scope, role, rest[1].text(), Privileges::EXECUTE),
        None => Ok(Value::Null),
    }
}

fn a_type(scope: &Scope, values: &[Value]) -> Result<Value> {
    let (role, rest) = subject(scope, values, 2)?;
    let found = registered(scope, &SqlType::Regtype, &rest[0])?;
    match found.and_then(crate::system::facts::type_of) {
        Some(_) => by_everybody(scope, role, rest[1].text(), Privileges::USAGE),
        None => Ok(Value::Null),
    }
}

fn language(scope: &Scope, values: &[Value]) -> Result<Value> {
    let (role, rest) = subject(scope, values, 2)?;
    match (&rest[0], rest[0].text()) {
        (Value::Int(12 | 13), _) | (_, "internal" | "c") => {
            Ok(scope.snapshot.is_superuser(role).into())
        }
        (Value::Int(14), _) | (_, "sql") => {
            by_everybody(scope, role, rest[1].text(), Privileges::USAGE)
        }
        (Value::Int(_), _) => Ok(Value::Null),
        (_, name) => Err(nothing("language", name)),
    }
}

/// Of the tablespaces only superusers make use.
fn tablespace(scope: &Scope, values: &[Value]) -> Result<Value> {
    let (role, rest) = subject(scope, values, 2)?;
    wanted(rest[1].text(), Privileges::CREATE)?;
    match (&rest[0], rest[0].text()) {
        (Value::Int(1663 | 1664), _) | (_, "pg_default" | "pg_global") => {
            Ok(scope.snapshot.is_superuser(role).into())
        }
        (Value::Int(_), _) => Ok(Value::Null),
        (_, name) => Err(nothing("tablespace", name)),
    }
}

fn foreign(scope: &Scope, values: &[Value], kind: &str, only: &str) -> Result<Value> {
    let (role, rest) = subject(scope, values, 2)?;
    wanted(rest[1].text(), Privileges::USAGE)?;
    match &rest[0] {
        Value::Text(name) if name != only => Err(nothing(kind, name)),
        _ => Ok(scope.snapshot.is_superuser(role).into()),
    }
}

fn nothing(kind: &str, name: &str) -> Error {
    Error::new(SqlState::UNDEFINED_OBJECT, format!("{kind} \"{name}\" does not exist"))
}

/// Settings that need a superuser are those of the config.
fn parameter(scope: &Scope, values: &[Value]) -> Result<Value> {
    let (role, rest) = subject(scope, values, 2)?;
    wanted(rest[1].text(), Privileges::SET | Privileges::ALTER_SYSTEM)?;
    Ok(scope.snapshot.is_superuser(role).into())
}

/// There are no sequences.
fn sequence(scope: &Scope, values: &[Value]) -> Result<Value> {
    let (_, rest) = subject(scope, values, 2)?;
    let Some(oid) = relation(scope, &rest[0])? else { return Ok(Value::Null) };
    let known = scope.snapshot.relation(RelationId(oid)).is_some() || tables::by_oid(oid).is_some();
    match (known, &rest[0]) {
        (true, Value::Text(name)) => {
            Err(Error::new(SqlState::WRONG_OBJECT_TYPE, format!("\"{name}\" is not a sequence")))
        }
        _ => Ok(Value::Null),
    }
}
