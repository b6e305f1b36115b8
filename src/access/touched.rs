//! What a plan touches, for the audit log: the relations and columns that its needs name, and what it makes.

use super::needs::Need;
use crate::audit::record::{Made, Touch, Touched};
use crate::catalog::acl::Privileges;
use crate::catalog::name::{Object, RelationId};
use crate::planner::plan::{CreateTable, CreateView, Drop, Grant};
use crate::planner::{Plan, sources};

pub(super) fn of(plan: &Plan, needs: &[Need]) -> Touched {
    let mut relations: Vec<Touch> = needs.iter().filter_map(by_need).collect();
    relations.extend(unneeded(plan));
    Touched { relations, made: made(plan) }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "other needs are about no relation")]
fn by_need(need: &Need) -> Option<Touch> {
    match need {
        Need::Columns { relation, privilege, columns, .. } => {
            let mut columns = columns.clone();
            columns.sort_unstable();
            Some(Touch { relation: *relation, privilege: *privilege, columns })
        }
        Need::Hold { object, privilege, .. } => touch(*object, *privilege),
        Need::Own { object } => touch(*object, Privileges::NONE),
        _ => None,
    }
}

/// What plans touch beside their needs: grants are judged elsewhere, and a schema's owner drops what is in it.
#[expect(clippy::wildcard_enum_match_arm, reason = "the needs of other plans name all they touch")]
fn unneeded(plan: &Plan) -> Vec<Touch> {
    match plan {
        Plan::Drop(Drop { relations, .. }) => relations.iter().map(|id| whole(*id)).collect(),
        Plan::Grant(Grant { objects, .. }) => {
            objects.iter().filter_map(|o| touch(o.object, Privileges::NONE)).collect()
        }
        Plan::DropOwned(owned) => {
            let revoked = owned.revokes.iter().flat_map(|grant| &grant.objects);
            let revoked = revoked.filter_map(|o| touch(o.object, Privileges::NONE));
            revoked.chain(owned.drop.relations.iter().map(|id| whole(*id))).collect()
        }
        Plan::ReassignOwned { relations, .. } => relations.iter().map(|id| whole(*id)).collect(),
        Plan::Explain { plan, .. } => unneeded(plan),
        _ => Vec::new(),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "objects of other kinds are no relations")]
fn touch(object: Object, privilege: Privileges) -> Option<Touch> {
    match object {
        Object::Relation(relation) => Some(Touch { relation, privilege, columns: Vec::new() }),
        Object::Column(relation, number) => {
            Some(Touch { relation, privilege, columns: vec![number] })
        }
        _ => None,
    }
}

fn whole(relation: RelationId) -> Touch {
    Touch { relation, privilege: Privileges::NONE, columns: Vec::new() }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "other plans make no relation")]
fn made(plan: &Plan) -> Option<Made> {
    match plan {
        Plan::CreateTable(create) => Some(table(create)),
        // Only here does making a table fill it.
        Plan::CreateTableAs(create) => Some(Made {
            columns: create.table.columns.iter().map(|c| c.name.clone()).collect(),
            ..table(&create.table)
        }),
        Plan::CreateView(CreateView { schema, name, .. }) => {
            Some(Made { schema: *schema, name: name.clone(), columns: Vec::new() })
        }
        Plan::CreateForeign(create) => {
            Some(Made { schema: create.schema, name: create.name.clone(), columns: Vec::new() })
        }
        _ => None,
    }
}

fn table(create: &CreateTable) -> Made {
    Made { schema: create.schema, name: create.name.clone(), columns: Vec::new() }
}

/// The row policies and masks that stand in what a plan reads, and those its new rows must pass.
#[expect(clippy::wildcard_enum_match_arm, reason = "what reads no rows passes by no policy")]
pub(super) fn applied(plan: &Plan) -> Vec<String> {
    let read = |input| sources::applied(input).into_iter();
    match plan {
        Plan::Query(query) => read(&query.plan).collect(),
        Plan::Explain { plan, .. } => applied(plan),
        Plan::CopyOut(copy) => read(&copy.query.plan).collect(),
        Plan::CreateTableAs(create) => read(&create.input).collect(),
        Plan::Insert(insert) => {
            let on = &insert.relation.name;
            let checks = insert.policies.iter().map(|policy| match policy {
                Some(policy) => format!("check of policy {policy} on {on}"),
                None => format!("check of permissive policies on {on}"),
            });
            read(&insert.input).chain(checks).collect()
        }
        _ => Vec::new(),
    }
}
