//! Who and where: roles, schemas, settings, the server itself.

use super::{Entry, Returns, Value};
use crate::catalog::name::{PG_CATALOG, TEMPORARY_ALIAS, TEMPORARY_SCHEMA, quote_ident};
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
    "pg_current_xact_id" (0, 0) Xid8 |s, _| Ok(s.snapshot.version().to_string().into());
    "pg_current_xact_id_if_assigned" (0, 0) Xid8 |_, _| Ok(Value::Null);
    "txid_current_if_assigned" (0, 0) Int8 |_, _| Ok(Value::Null);
    "txid_current" (0, 0) Int8 |s, _| Ok((s.snapshot.version() as i64).into());
    "pg_my_temp_schema" (0, 0) Oid |s, _| Ok(s.snapshot.schema(TEMPORARY_SCHEMA).map_or(0, |s| i64::from(s.id.0)).into());
    // No session sees the schema of another.
    "pg_is_other_temp_schema" (1, 1) Bool |_, _| Ok(false.into());
    "inet_client_addr" (0, 0) Inet |s, _| Ok(s.client_address.as_deref().into());
    "pg_encoding_to_char" (1, 1) Name |_, v| Ok(encoding_name(&v[0]).into());
    "pg_char_to_encoding" (1, 1) Int4 |_, v| Ok(encoding_number(v[0].text()).into());
    "pg_client_encoding" (0, 0) Name |s, _| Ok(s.settings.get("client_encoding").map_or("UTF8", String::as_str).into());
    "__age" (1, 1) Int4 |s, v| Ok(age(s, v[0].int()).into());
    "__xmin" (0, 0) Xid |s, _| Ok((s.snapshot.version() as i64 & 0xffff_ffff).into());
    "getdatabaseencoding" (0, 0) Name |_, _| Ok("UTF8".into());
    "pg_encoding_max_length" (1, 1) Int4 |_, v| Ok((v[0].int() == Some(6)).then_some(4i64).into());
    "inet_client_port" (0, 0) Int4 |s, _| Ok(s.surroundings.peer.map(|a| i64::from(a.port())).into());
    "inet_server_addr" (0, 0) Inet |s, _| Ok(s.surroundings.local.map(|a| a.ip().to_canonical().to_string()).into());
    "inet_server_port" (0, 0) Int4 |s, _| Ok(s.surroundings.local.map(|a| i64::from(a.port())).into());
    "pg_jit_available" (0, 0) Bool |_, _| Ok(false.into());
    "pg_trigger_depth" (0, 0) Int4 |_, _| Ok(0.into());
    "pg_last_wal_receive_lsn" (0, 0) Text |_, _| Ok(Value::Null);
    "pg_last_wal_replay_lsn" (0, 0) Text |_, _| Ok(Value::Null);
    "pg_last_xact_replay_timestamp" (0, 0) Timestamp |_, _| Ok(Value::Null);
    "parse_ident" (1, 2) Texts parse_ident;
    "quote_ident" (1, 1) Text |_, v| Ok(quote_ident(v[0].text()).into());
};

fn current_schema(scope: &Scope) -> Option<String> {
    let id = scope.current_schema()?;
    scope.snapshot.schema(id).map(|s| s.name.clone())
}

/// How many transactions ago; those without a number are as old as can be.
fn age(scope: &Scope, xid: Option<i64>) -> Option<i64> {
    const FIRST: i64 = 3;
    let now = scope.snapshot.version() as i64 & 0xffff_ffff;
    xid.map(|xid| if xid < FIRST { i64::from(i32::MAX) } else { i64::from((now - xid) as i32) })
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
    if let Some(wished) = scope.surroundings.own.wished(&name) {
        let initial = || scope.origins.initial.get(&name).cloned();
        return Ok(wished.or_else(initial).into());
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

/// PostgreSQL's encodings by their numbers.
const ENCODINGS: &[&str] = &[
    "SQL_ASCII",
    "EUC_JP",
    "EUC_CN",
    "EUC_KR",
    "EUC_TW",
    "EUC_JIS_2004",
    "UTF8",
    "MULE_INTERNAL",
    "LATIN1",
    "LATIN2",
    "LATIN3",
    "LATIN4",
    "LATIN5",
    "LATIN6",
    "LATIN7",
    "LATIN8",
    "LATIN9",
    "LATIN10",
    "WIN1256",
    "WIN1258",
    "WIN866",
    "WIN874",
    "KOI8R",
    "WIN1251",
    "WIN1252",
    "ISO_8859_5",
    "ISO_8859_6",
    "ISO_8859_7",
    "ISO_8859_8",
    "WIN1250",
    "WIN1253",
    "WIN1254",
    "WIN1255",
    "WIN1257",
    "KOI8U",
    "SJIS",
    "BIG5",
    "GBK",
    "UHC",
    "GB18030",
    "JOHAB",
    "SHIFT_JIS_2004",
];

fn encoding_name(value: &Value) -> &'static str {
    let number = value.int().and_then(|n| usize::try_from(n).ok());
    number.and_then(|n| ENCODINGS.get(n)).copied().unwrap_or_default()
}

fn encoding_number(name: &str) -> i64 {
    let plain = |name: &str| -> String {
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
    };
    let wanted = match plain(name).as_str() {
        "unicode" => "utf8".to_owned(),
        other => other.to_owned(),
    };
    let found = ENCODINGS.iter().position(|encoding| plain(encoding) == wanted);
    found.map_or(-1, |at| at as i64)
}

/// `parse_ident('schema."Name"')`: its parts as the catalog has them.
fn parse_ident(_: &Scope, values: &[Value]) -> Result<Value> {
    let text = values[0].text();
    let strict = values.get(1).is_none_or(Value::bool);
    let invalid =
        || Error::invalid_parameter(format!("string is not a valid identifier: \"{text}\""));
    let mut parts = Vec::new();
    let mut rest = text.trim_start();
    loop {
        let (part, behind) = one_identifier(rest).ok_or_else(invalid)?;
        parts.push(part);
        rest = behind.trim_start();
        match rest.strip_prefix('.') {
            Some(next) => rest = next.trim_start(),
            None if rest.is_empty() || !strict => return Ok(Value::Texts(parts)),
            None => return Err(invalid()),
        }
    }
}

fn one_identifier(text: &str) -> Option<(String, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        let (mut part, mut chars) = (String::new(), quoted.char_indices().peekable());
        while let Some((at, c)) = chars.next() {
            match c {
                '"' if chars.peek().is_some_and(|(_, next)| *next == '"') => {
                    chars.next();
                    part.push('"');
                }
                '"' => return (!part.is_empty()).then(|| (part, &quoted[at + 1..])),
                c => part.push(c),
            }
        }
        return None;
    }
    let begins = |c: char| c.is_alphabetic() || c == '_';
    let goes_on = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let end = text.find(|c| !goes_on(c)).unwrap_or(text.len());
    text.starts_with(begins).then(|| (text[..end].to_lowercase(), &text[end..]))
}
