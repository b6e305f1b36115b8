//! What a statement can change of its own session: settings, advisory locks.

use super::identity::entries;
use super::{Entry, Returns, Value};
use crate::error::{Error, Result, SqlState};
use crate::system::own::{LockKey, Wish};
use crate::system::scope::Scope;
use crate::system::settings::{ROLE, canonical, check_over, known, unrecognized, values_of};

pub(super) const ALL: &[Entry] = entries! {
    "set_config" (3, 3) Text set_config;
    "pg_notify" (2, 2) Void |s, v| {
        let (channel, payload) = (v[0].text(), v[1].text());
        s.surroundings.own.pending.lock().say(channel, payload)?;
        Ok(Value::Null)
    };
    // As a list, which its rows are made of.
    "__listening_channels" (0, 0) Texts |s, _| {
        let channels = s.surroundings.own.channels.of(s.backend_pid);
        Ok(Value::Texts(channels.iter().map(|channel| channel.to_string()).collect()))
    };
    "pg_notification_queue_usage" (0, 0) Float8 |s, _| Ok(Value::Float(s.surroundings.own.channels.filling()));
    "pg_advisory_lock" (1, 2) Void |s, v| lock(s, v, false, false);
    "pg_advisory_lock_shared" (1, 2) Void |s, v| lock(s, v, true, false);
    "pg_advisory_xact_lock" (1, 2) Void |s, v| lock(s, v, false, true);
    "pg_advisory_xact_lock_shared" (1, 2) Void |s, v| lock(s, v, true, true);
    "pg_try_advisory_lock" (1, 2) Bool |s, v| try_lock(s, v, false, false);
    "pg_try_advisory_lock_shared" (1, 2) Bool |s, v| try_lock(s, v, true, false);
    "pg_try_advisory_xact_lock" (1, 2) Bool |s, v| try_lock(s, v, false, true);
    "pg_try_advisory_xact_lock_shared" (1, 2) Bool |s, v| try_lock(s, v, true, true);
    "pg_advisory_unlock" (1, 2) Bool |s, v| unlock(s, v, false);
    "pg_advisory_unlock_shared" (1, 2) Bool |s, v| unlock(s, v, true);
    "pg_advisory_unlock_all" (0, 0) Void |s, _| {
        s.surroundings.own.locks.release_session(s.backend_pid);
        Ok(Value::Null)
    };
};

/// As SET, for the session or with `true` for the transaction; the session takes it on when the statement is done.
fn set_config(scope: &Scope, values: &[Value]) -> Result<Value> {
    let [Value::Text(name), value, local] = values else {
        return Err(Error::new(SqlState::NULL_VALUE_NOT_ALLOWED, "SET requires parameter name"));
    };
    let name = canonical(name);
    let local = local.bool();
    let value = match value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    };
    let shown = match (&*name, &value) {
        (ROLE, Some(role)) => {
            may_become(scope, role)?;
            role.clone()
        }
        (ROLE, None) => "none".to_owned(),
        (_, Some(text)) => {
            let wished = scope.surroundings.own.wished(&name).flatten();
            let now = wished.or_else(|| scope.settings.get(&name).cloned()).unwrap_or_default();
            check_over(&name, &values_of(&name, text), &now)?
        }
        (_, None) => {
            let initial = scope.origins.initial.get(&name);
            match (initial, known(&name)) {
                (Some(initial), _) => initial.clone(),
                (None, _) => return Err(unrecognized(&name)),
            }
        }
    };
    let value = value.map(|_| shown.clone());
    scope.surroundings.own.wish(Wish { name, value, local });
    Ok(shown.into())
}

fn may_become(scope: &Scope, role: &str) -> Result<()> {
    if role == "none" {
        return Ok(());
    }
    let found = scope.snapshot.role_named(role);
    let found =
        found.ok_or_else(|| Error::invalid_parameter(format!("role \"{role}\" does not exist")))?;
    match scope.snapshot.is_member(scope.session_role, found.id) {
        true => Ok(()),
        false => Err(Error::not_allowed(format!("permission denied to set role \"{role}\""))),
    }
}

fn key(values: &[Value]) -> Result<LockKey> {
    let int = |value: &Value| value.int().ok_or_else(|| Error::internal("a key is no number"));
    match values {
        [one] => Ok((false, int(one)?)),
        [high, low] => Ok((true, int(high)? << 32 | int(low)? & 0xffff_ffff)),
        _ => Err(Error::internal("a key of no numbers")),
    }
}

fn try_lock(scope: &Scope, values: &[Value], shared: bool, transaction: bool) -> Result<Value> {
    let locks = &scope.surroundings.own.locks;
    let got = locks.try_lock(scope.backend_pid, key(values)?, shared, transaction);
    got.map(Value::Bool).ok_or_else(|| {
        Error::new(SqlState::CONFIGURATION_LIMIT_EXCEEDED, "there are too many advisory locks")
    })
}

/// Statements wait for nothing: a lock that another session holds is an error at once.
fn lock(scope: &Scope, values: &[Value], shared: bool, transaction: bool) -> Result<Value> {
    match try_lock(scope, values, shared, transaction)? {
        Value::Bool(true) => Ok(Value::Null),
        _ => Err(Error::new(
            SqlState::LOCK_NOT_AVAILABLE,
            "could not obtain the advisory lock, which another session holds",
        )
        .hint("lakewire does not wait for locks; pg_try_advisory_lock asks without an error.")),
    }
}

fn unlock(scope: &Scope, values: &[Value], shared: bool) -> Result<Value> {
    Ok(scope.surroundings.own.locks.unlock(scope.backend_pid, key(values)?, shared).into())
}
