//! Other sessions: what they do, and how one stops another.

use super::identity::entries;
use super::{Entry, Returns, Value};
use crate::catalog::name::RoleId;
use crate::error::{Error, Result, SqlState};
use crate::system::activity::Doing;
use crate::system::scope::Scope;

pub(super) const ALL: &[Entry] = entries! {
    "pg_cancel_backend" (1, 1) Bool |s, v| signal(s, &v[0], "cancel", Doing::cancel);
    "pg_terminate_backend" (1, 2) Bool |s, v| signal(s, &v[0], "terminate", Doing::terminate);
    // Nothing waits for a lock.
    "pg_blocking_pids" (1, 1) Ints |_, _| Ok(Value::Ints(Vec::new()));
    "pg_safe_snapshot_blocking_pids" (1, 1) Ints |_, _| Ok(Value::Ints(Vec::new()));
    "pg_stat_get_backend_pid" (1, 1) Int4 |s, v| Ok(doing(s, &v[0]).map(|d| i64::from(d.pid)).into());
    "pg_stat_get_backend_userid" (1, 1) Oid |s, v| Ok(doing(s, &v[0]).map(|d| i64::from(d.role.0)).into());
    "pg_stat_get_backend_activity" (1, 1) Text |s, v| Ok(doing(s, &v[0]).map(|d| seen(s, &d, d.query.clone())).into());
};

/// `pg_signal_backend`, whose members may stop anybody but superusers.
const SIGNAL: RoleId = RoleId(4200);
const READ_ALL_STATS: RoleId = RoleId(3375);

fn doing(scope: &Scope, pid: &Value) -> Option<Doing> {
    let pid = pid.int().and_then(|pid| i32::try_from(pid).ok())?;
    scope.surroundings.activity.of(pid)
}

/// Whether the one who asks may see what a session does.
pub(in crate::system) fn may_see(scope: &Scope, doing: &Doing) -> bool {
    scope.snapshot.has_role(scope.role, doing.role)
        || scope.snapshot.has_role(scope.role, READ_ALL_STATS)
}

fn seen(scope: &Scope, doing: &Doing, text: String) -> String {
    if may_see(scope, doing) { text } else { "<insufficient privilege>".to_owned() }
}

/// False where there is no such session. As in PostgreSQL for its role's members and `pg_signal_backend`'s; a
/// superuser's sessions for superusers.
fn signal(scope: &Scope, pid: &Value, what: &str, act: fn(&Doing)) -> Result<Value> {
    let Some(doing) = doing(scope, pid) else { return Ok(false.into()) };
    let snapshot = &scope.snapshot;
    if !snapshot.is_superuser(scope.role) {
        let ing = if what == "cancel" {
            "query is being canceled"
        } else {
            "process is being terminated"
        };
        let refused = |message: String| Error::new(SqlState::INSUFFICIENT_PRIVILEGE, message);
        if snapshot.is_superuser(doing.role) {
            let object = if what == "cancel" { "query" } else { "process" };
            return Err(refused(format!("must be a superuser to {what} superuser {object}")));
        }
        let may =
            snapshot.has_role(scope.role, doing.role) || snapshot.has_role(scope.role, SIGNAL);
        if !may {
            return Err(refused(format!(
                "must be a member of the role whose {ing} or member of pg_signal_backend"
            )));
        }
    }
    act(&doing);
    Ok(true.into())
}
