//! The audit log may be read and nothing else, by anybody: no privilege, ownership or superuser helps.

use super::needs::Need;
use crate::catalog::acl::Privileges;
use crate::catalog::name::{AUDIT_EVENTS, AUDIT_SCHEMA, Object, PG_MONITOR, RoleId, SUPERUSER};
use crate::catalog::snapshot::Snapshot;
use crate::error::{Error, Result};
use crate::planner::Plan;
use crate::planner::plan::{Drop, Grant};

/// Refuses a plan that would alter the audit log, or let others read it, in a way that needs do not show.
#[expect(clippy::wildcard_enum_match_arm, reason = "other plans show all they do in their needs")]
pub(super) fn check_plan(plan: &Plan) -> Result<()> {
    match plan {
        Plan::Grant(grant) => granted(grant),
        Plan::Drop(drop) => dropped(drop),
        Plan::DropOwned(owned) => {
            owned.revokes.iter().try_for_each(granted)?;
            dropped(&owned.drop)
        }
        _ => Ok(()),
    }
}

fn granted(grant: &Grant) -> Result<()> {
    grant.objects.iter().try_for_each(|o| untouched(o.object))
}

fn dropped(drop: &Drop) -> Result<()> {
    let schemas = drop.schemas.iter().map(|id| Object::Schema(*id));
    let relations = drop.relations.iter().map(|id| Object::Relation(*id));
    schemas.chain(relations).try_for_each(untouched)
}

/// Refuses a need that nobody can meet on the audit log.
#[expect(clippy::wildcard_enum_match_arm, reason = "other needs are about no object")]
pub(super) fn check_need(need: &Need, snapshot: &Snapshot) -> Result<()> {
    match need {
        Need::Hold { object, privilege, role } => reads(*object, *privilege, *role, snapshot),
        Need::Columns { relation, privilege, role, .. } => {
            reads(Object::Relation(*relation), *privilege, *role, snapshot)
        }
        Need::Own { object } => untouched(*object),
        _ => Ok(()),
    }
}

fn reads(object: Object, privilege: Privileges, role: RoleId, snapshot: &Snapshot) -> Result<()> {
    if !is_log(object) {
        return Ok(());
    }
    if privilege != Privileges::SELECT && privilege != Privileges::USAGE {
        return untouched(object);
    }
    // Rights to read everything, such as pg_read_all_data gives, do not reach what is written about their holders.
    let may =
        role == SUPERUSER || snapshot.is_superuser(role) || snapshot.has_role(role, PG_MONITOR);
    match (may, object) {
        (true, _) => Ok(()),
        (false, Object::Schema(_)) => Err(Error::denied("schema", "lake_audit")),
        (false, _) => Err(Error::denied("table", "events")),
    }
}

fn untouched(object: Object) -> Result<()> {
    if !is_log(object) {
        return Ok(());
    }
    let name = if object == Object::Schema(AUDIT_SCHEMA) { "lake_audit" } else { "events" };
    Err(Error::not_allowed(format!("permission denied: \"{name}\" is the audit log"))
        .detail("Nobody may alter it, superusers included; members of pg_monitor may read it."))
}

fn is_log(object: Object) -> bool {
    match object {
        Object::Schema(id) => id == AUDIT_SCHEMA,
        Object::Relation(id) | Object::Column(id, _) => id == AUDIT_EVENTS,
        _ => false,
    }
}
