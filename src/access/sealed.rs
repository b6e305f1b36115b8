//! The audit log may be read and nothing else, by anybody: no privilege, ownership or superuser helps.

use super::needs::Need;
use crate::audit::table::{EVENTS, SCHEMA, is_sealed};
use crate::catalog::acl::Privileges;
use crate::catalog::name::{AUDIT_SCHEMA, Object, RoleId};
use crate::catalog::role;
use crate::catalog::snapshot::{Snapshot, is_audit_log};
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
pub(super) fn check_need(need: &Need, snapshot: &Snapshot) -> Result<()> {
    match need {
        Need::Hold { object, privilege, role } => reads(*object, *privilege, *role, snapshot),
        Need::Columns { relation, privilege, role, .. } => {
            reads(Object::Relation(*relation), *privilege, *role, snapshot)
        }
        Need::HoldAny { object, privileges, role } => reads(*object, *privileges, *role, snapshot),
        Need::Own { object } => untouched(*object),
        Need::OwnIndex { relation, .. } => untouched(Object::Relation(*relation)),
        // About no object.
        Need::MakeTemporary
        | Need::Superuser { .. }
        | Need::CreateRole { .. }
        | Need::MemberOf { .. }
        | Need::HasRole { .. }
        | Need::Admin { .. } => Ok(()),
    }
}

fn reads(object: Object, privilege: Privileges, role: RoleId, snapshot: &Snapshot) -> Result<()> {
    if !is_audit_log(object) {
        return Ok(());
    }
    if privilege != Privileges::SELECT && privilege != Privileges::USAGE {
        return untouched(object);
    }
    // Rights to read everything, such as pg_read_all_data gives, do not reach what is written about their holders.
    let may = snapshot.has_role(role, role::MONITOR);
    match (may, object) {
        (true, _) => Ok(()),
        (false, Object::Schema(_)) => Err(Error::denied("schema", SCHEMA)),
        (false, _) => Err(Error::denied("table", EVENTS)),
    }
}

fn untouched(object: Object) -> Result<()> {
    if !is_audit_log(object) {
        return Ok(());
    }
    Err(is_sealed(if object == Object::Schema(AUDIT_SCHEMA) { SCHEMA } else { EVENTS }))
}
