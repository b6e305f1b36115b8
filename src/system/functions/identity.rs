//! Who and where: roles, schemas, settings, the server itself.

use super::{Entry, Returns, Value};
use crate::catalog::name::{
    PG_CATALOG, TEMPORARY_ALIAS, TEMPORARY_SCHEMA, quote_ident, quote_literal,
};
use crate::error::{Error, Result, SqlState};
use crate::system::scope::Scope;

macro_rules! entries {
    ($($name:literal ($least:literal, $most:literal) $returns:ident $body:expr;)*) => {
        &[$(Entry {
            name: $name, arguments: ($least, $most), returns: Returns::$returns, body: $body,
        },)*]
    };
}
pub(super) use entries;

pub(super) const ALL: &[Entry] = entries! {
    "current_user" (0, 0) Name |s, _| Ok(s.snapshot.role_name(s.role).into());
    "current_role" (0, 0) Name |s, _| Ok(s.snapshot.role_name(s.role).into());
    "user" (0, 0) Name |s, _| Ok(s.snapshot.role_name(s.role).into());
    "session_user" (0, 0) Name |s, _| Ok(s.snapshot.role_name(s.session_role).into());
    "current_database" (0, 0) Name |s, _| Ok((&*s.database).into());
    "current_catalog" (0, 0) Name |s, _| Ok((&*s.database).into());
    "current_schema" (0, 0) Name |s, _| Ok(current_schema(s).into());
    "current_schemas" (1, 1) Names current_schemas;
    "version" (0, 0) Text |s, _| Ok(version(s).into());
    "current_setting" (1, 2) Text current_setting;
    "pg_backend_pid" (0, 0) Int4 |s, _| Ok(i64::from(s.backend_pid).into());
    "pg_is_in_recovery" (0, 0) Bool |_, _| Ok(false.into());
    "pg_postmaster_start_time" (0, 0) Timestamp |s, _| Ok(s.server_started_at.timestamp_micros().into());
    "pg_conf_load_time" (0, 0) Timestamp |s, _| Ok(s.server_started_at.timestamp_micros().into());
    "txid_current" (0, 0) Int8 |s, _| Ok((s.snapshot.version() as i64).into());
    "pg_my_temp_schema" (0, 0) Oid |s, _| Ok(s.snapshot.schema(TEMPORARY_SCHEMA).map_or(0, |s| i64::from(s.id.0)).into());
    // No session sees the schema of another.
    "pg_is_other_temp_schema" (1, 1) Bool |_, _| Ok(false.into());
    "inet_client_addr" (0, 0) Inet |s, _| Ok(s.client_address.as_deref().into());
    "pg_encoding_to_char" (1, 1) Name |_, v| Ok(if v[0].int() == Some(6) { "UTF8" } else { "" }.into());
    "pg_client_encoding" (0, 0) Name |_, _| Ok("UTF8".into());
    "quote_ident" (1, 1) Text |_, v| Ok(quote_ident(v[0].text()).into());
    "quote_literal" (1, 1) Text |_, v| Ok(quote_literal(v[0].text()).into());
};

fn current_schema(scope: &Scope) -> Option<String> {
    let id = scope.current_schema()?;
    scope.snapshot.schema(id).map(|s| s.name.clone())
}

/// With implicit ones, pg_catalog comes first where the path does not name it.
fn current_schemas(scope: &Scope, values: &[Value]) -> Result<Value> {
    let implicit = values[0].bool();
    let named = scope.search_path.iter().any(|n| n == "pg_catalog");
    let path_names_temporary = scope.search_path.iter().any(|n| n.starts_with(TEMPORARY_ALIAS));
    let names = scope
        .path()
        .into_iter()
        .filter(|id| implicit || named || *id != PG_CATALOG)
        .filter(|id| implicit || path_names_temporary || *id != TEMPORARY_SCHEMA)
        .filter_map(|id| scope.snapshot.schema(id).map(|s| s.name.clone()))
        .collect();
    Ok(Value::Texts(names))
}

/// The words that clients take the version from.
fn version(scope: &Scope) -> String {
    let number = scope.settings.get("server_version").map_or("15", String::as_str);
    format!("PostgreSQL {number} (lakewire {})", env!("CARGO_PKG_VERSION"))
}

fn current_setting(scope: &Scope, values: &[Value]) -> Result<Value> {
    let name = values[0].text().to_lowercase();
    let role_name = |id| Ok(scope.snapshot.role_name(id).into());
    match name.as_str() {
        "role" if scope.role == scope.session_role => return Ok("none".into()),
        "role" => return role_name(scope.role),
        "session_authorization" => return role_name(scope.session_role),
        "is_superuser" => {
            let on = scope.snapshot.is_superuser(scope.role);
            return Ok(if on { "on" } else { "off" }.into());
        }
        _ => {}
    }
    match scope.settings.get(&name) {
        Some(value) => Ok(value.as_str().into()),
        None if values.get(1).is_some_and(Value::bool) => Ok(Value::Null),
        None => Err(Error::new(
            SqlState::UNDEFINED_OBJECT,
            format!("unrecognized configuration parameter \"{name}\""),
        )),
    }
}
