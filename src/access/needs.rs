//! Plan to needs: which privileges, on what, as which role. No catch-all: a new plan does not compile until
//! someone decides what it needs.

use std::sync::Arc;

use crate::catalog::acl::Privileges;
use crate::catalog::keys::ForeignKey;
use crate::catalog::name::{Object, RelationId, RoleId, SchemaId, TEMPORARY_SCHEMA};
use crate::error::Result;
use crate::parser::statement::Maintenance;
use crate::planner::Plan;
use crate::planner::plan::{
    AlterRole, AlterSettings, Altered, CommentTarget, CreateRole, CreateTable, GrantRole, Insert,
    Maintain, Ownership, Protected, RoleChanges, SettingChange, Withheld,
};
use crate::system::scope::Scope;
use crate::system::settings::is_custom;

use super::reads;

/// One thing a plan requires.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Need {
    Hold {
        object: Object,
        privilege: Privileges,
        role: RoleId,
    },
    /// The privilege on each of the columns, or on the whole relation; on no column in particular where
    /// the list is empty.
    Columns {
        relation: RelationId,
        privilege: Privileges,
        columns: Vec<i16>,
        role: RoleId,
    },
    /// One of the privileges is enough.
    HoldAny {
        object: Object,
        privileges: Privileges,
        role: RoleId,
    },
    Own {
        object: Object,
    },
    /// Owns the table that this index is of.
    OwnIndex {
        relation: RelationId,
        index: String,
    },
    /// May make the first temporary object of a session.
    MakeTemporary,
    Superuser {
        message: String,
    },
    CreateRole {
        message: String,
    },
    /// May act as that role.
    MemberOf {
        role: RoleId,
    },
    /// Has that role's privileges now.
    HasRole {
        role: RoleId,
        message: String,
    },
    /// May grant that role on, or take it back, in the name of `by`.
    Admin {
        role: RoleId,
        by: RoleId,
    },
}

pub(super) fn of(plan: &Plan, scope: &Scope) -> Result<Vec<Need>> {
    let role = scope.role;
    let hold = |object, privilege| Need::Hold { object, privilege, role };
    let own = |object| Need::Own { object };
    Ok(match plan {
        Plan::Query(query) => reads::needs(&query.plan, role)?,
        Plan::Explain { plan, .. } => of(plan, scope)?,
        Plan::Insert(insert) => insert_needs(insert, role)?,
        Plan::Lock(lock) => {
            let any = |relation: &Arc<crate::catalog::relation::Relation>| Need::HoldAny {
                object: Object::Relation(relation.id),
                privileges: lock.privileges,
                role,
            };
            lock.relations.iter().map(any).collect()
        }
        Plan::CopyOut(copy) => reads::needs(&copy.query.plan, role)?,
        Plan::CopyIn(copy) => insert_needs(&copy.insert, role)?,
        Plan::CreateTableAs(create) => {
            let mut needs = reads::needs(&create.input, role)?;
            needs.extend(create_needs(&create.table, scope));
            needs
        }
        Plan::Truncate(tables) => tables
            .iter()
            .map(|table| hold(Object::Relation(table.id), Privileges::TRUNCATE))
            .collect(),
        Plan::CreateSchema(create) => {
            let mut needs = vec![hold(Object::Database, Privileges::CREATE)];
            needs.push(Need::MemberOf { role: create.owner });
            if create.location.is_some() {
                needs.push(location_need());
            }
            needs
        }
        Plan::CreateTable(create) => create_needs(create, scope),
        // Its maker needs no right on what it reads: whoever reads it asks for its owner's, at that time.
        Plan::CreateView(create) => {
            let mut needs = vec![make_in(create.schema, scope)];
            needs.extend(create.replaces.map(|id| own(Object::Relation(id))));
            needs
        }
        Plan::CreateForeign(create) => vec![
            hold(Object::Schema(create.schema), Privileges::CREATE),
            // Who can name a location reads what lies there, whatever tables stand on the same files.
            Need::Superuser { message: "must be superuser to register files".into() },
        ],
        Plan::Rename { object: Object::Column(relation, _), .. } => {
            vec![own(Object::Relation(*relation))]
        }
        Plan::Rename { object, .. } => {
            let mut needs = vec![own(*object)];
            needs.push(match container(*object, scope) {
                Some(schema) => hold(schema, Privileges::CREATE),
                None => hold(Object::Database, Privileges::CREATE),
            });
            needs
        }
        Plan::ChangeOwner { object, to } => change_owner_needs(*object, *to, scope),
        Plan::SetSchema { relation, to } => {
            vec![own(Object::Relation(*relation)), hold(Object::Schema(*to), Privileges::CREATE)]
        }
        Plan::AlterTables(alter) => {
            alter.tables.iter().flat_map(|altered| alter_needs(altered, scope)).collect()
        }
        Plan::Maintain(maintain) => maintain_needs(maintain),
        Plan::Comment { on, .. } => vec![match on {
            CommentTarget::Object(object) => own(*object),
            CommentTarget::Role(role) => {
                create_roles(*role, scope, "must have CREATEROLE privilege", "must be superuser")
            }
        }],
        Plan::Drop(drop) => {
            drop.named.iter().map(|object| own_or_container(*object, scope)).collect()
        }
        Plan::DropOwned(drop) => has_roles(&drop.roles, "permission denied to drop objects"),
        Plan::ReassignOwned { from, to, .. } => {
            let mut roles = from.clone();
            roles.push(*to);
            has_roles(&roles, "permission denied to reassign objects")
        }
        Plan::CreateRole(create) => create_role_needs(create, role),
        Plan::AlterRole(alter) => alter_role_needs(alter, scope),
        Plan::AlterSettings(alter) => settings_needs(alter, scope),
        Plan::RenameRole { role, .. } => vec![create_roles(
            *role,
            scope,
            "permission denied to rename role",
            "must be superuser to rename superusers",
        )],
        // That superusers are dropped by superusers only is the engine's to see: whether each role is there
        // comes before it.
        Plan::DropRoles { .. } => {
            vec![Need::CreateRole { message: "permission denied to drop role".into() }]
        }
        // Who may grant what is worked out per privilege and ends in warnings as well as in errors, so it is
        // part of making the change; the engine refuses what the grantor does not hold.
        Plan::Grant(_) => Vec::new(),
        Plan::GrantRole(grant) => grant_role_needs(grant, role),
        Plan::DefaultPrivileges(grant) => {
            grant.roles.iter().map(|role| Need::MemberOf { role: *role }).collect()
        }
        Plan::Withheld(withheld) => vec![match withheld {
            Withheld::FromOwner(object) => own(*object),
            Withheld::FromMaker(schema) => hold(Object::Schema(*schema), Privileges::CREATE),
            Withheld::FromSuperuser => decides_about_tags(),
        }],
        Plan::Protect(protect) => vec![match &protect.to {
            // As of its columns, PostgreSQL does not say here what kind of relation it is.
            Protected::Relation(relation) if protect.tag == "DROP POLICY" => {
                own(Object::Column(relation.id, 0))
            }
            Protected::Relation(relation) => own(Object::Relation(relation.id)),
            Protected::Tags(_) => decides_about_tags(),
        }],
        Plan::Nothing { .. } => Vec::new(),
    })
}

fn insert_needs(insert: &Insert, role: RoleId) -> Result<Vec<Need>> {
    let mut needs = vec![Need::Columns {
        relation: insert.relation.id,
        privilege: Privileges::INSERT,
        columns: insert.columns.clone(),
        role,
    }];
    needs.extend(reads::needs(&insert.input, role)?);
    Ok(needs)
}

fn decides_about_tags() -> Need {
    Need::Superuser { message: "must be superuser to decide about tags".into() }
}

/// A session's own schema is there with the first object in it; to make that, the database is asked.
fn make_in(schema: SchemaId, scope: &Scope) -> Need {
    let (object, privilege, role) = (Object::Schema(schema), Privileges::CREATE, scope.role);
    match scope.snapshot.schema(schema) {
        None if schema == TEMPORARY_SCHEMA => Need::MakeTemporary,
        _ => Need::Hold { object, privilege, role },
    }
}

fn create_needs(create: &CreateTable, scope: &Scope) -> Vec<Need> {
    let role = scope.role;
    let mut needs = vec![make_in(create.schema, scope)];
    for id in &create.likes {
        let object = Object::Relation(*id);
        needs.push(Need::Hold { object, privilege: Privileges::SELECT, role });
    }
    needs.extend(reference_needs(&create.foreign_keys, role));
    if create.location.is_some() {
        needs.push(location_need());
    }
    needs
}

fn alter_needs(altered: &Altered, scope: &Scope) -> Vec<Need> {
    let relation = &altered.relation;
    let object = Object::Relation(relation.id);
    let mut needs = match &altered.own {
        Ownership::Table => vec![Need::Own { object }],
        Ownership::NewIndex => vec![Need::Own { object }, make_in(relation.schema, scope)],
        Ownership::Index(index) => {
            vec![Need::OwnIndex { relation: relation.id, index: index.clone() }]
        }
        Ownership::Dependent => Vec::new(),
    };
    let new =
        relation.foreign_keys.iter().filter(|key| key.oid == 0 && key.references != relation.id);
    let new: Vec<ForeignKey> = new.cloned().collect();
    needs.extend(reference_needs(&new, scope.role));
    needs
}

/// ANALYZE and VACUUM pass over what is another's with a warning; the engine gives that.
fn maintain_needs(maintain: &Maintain) -> Vec<Need> {
    match maintain.what {
        Maintenance::Analyze | Maintenance::Vacuum => Vec::new(),
        Maintenance::Reindex => {
            let own = |relation: &RelationId| match &maintain.index {
                Some(index) => Need::OwnIndex { relation: *relation, index: index.clone() },
                None => Need::Own { object: Object::Relation(*relation) },
            };
            maintain.relations.iter().map(own).collect()
        }
        Maintenance::Checkpoint => vec![Need::Superuser {
            message: "must be superuser or have privileges of pg_checkpoint to do CHECKPOINT"
                .into(),
        }],
    }
}

/// Who refers to a column could tell from failures what is in it, where that is enforced.
fn reference_needs(keys: &[ForeignKey], role: RoleId) -> impl Iterator<Item = Need> {
    let privilege = Privileges::REFERENCES;
    keys.iter().filter(|key| key.references.0 != 0).map(move |key| Need::Columns {
        relation: key.references,
        privilege,
        columns: key.referenced.clone(),
        role,
    })
}

/// A location of one's own choice could be another table's.
fn location_need() -> Need {
    Need::Superuser { message: "must be superuser to choose a location".into() }
}

fn container(object: Object, scope: &Scope) -> Option<Object> {
    match object {
        Object::Relation(id) | Object::Column(id, _) => {
            scope.snapshot.relation(id).map(|r| Object::Schema(r.schema))
        }
        Object::Schema(_) | Object::Database => None,
    }
}

/// The owner of a schema may drop what is in it.
fn own_or_container(object: Object, scope: &Scope) -> Need {
    match container(object, scope) {
        Some(schema) if scope.snapshot.owns(scope.role, schema) => Need::Own { object: schema },
        _ => Need::Own { object },
    }
}

fn change_owner_needs(object: Object, to: RoleId, scope: &Scope) -> Vec<Need> {
    let unchanged = scope.snapshot.owner(object) == Some(to);
    let needs = match object {
        // Of a schema that stays whose it is nobody asks anything (`AlterSchemaOwner_internal`).
        Object::Schema(_) if unchanged => Vec::new(),
        Object::Schema(_) | Object::Relation(_) | Object::Column(..) | Object::Database => {
            vec![Need::Own { object }]
        }
    };
    if unchanged {
        return needs;
    }
    let mut needs = [needs, vec![Need::MemberOf { role: to }]].concat();
    // The new owner must be able to have made it there (`ATExecChangeOwner`); superusers decide freely.
    if !scope.snapshot.is_superuser(scope.role) {
        let privilege = Privileges::CREATE;
        needs.push(match container(object, scope) {
            Some(place) => Need::Hold { object: place, privilege, role: to },
            // Whoever gives a schema away must be able to make one (`AlterSchemaOwner_internal`).
            None => Need::Hold { object: Object::Database, privilege, role: scope.role },
        });
    }
    needs
}

fn has_roles(roles: &[RoleId], message: &str) -> Vec<Need> {
    roles.iter().map(|role| Need::HasRole { role: *role, message: message.to_owned() }).collect()
}

/// As `AlterRoleSet` asks: one's own settings, others' with CREATEROLE, a superuser's as one, those of the
/// database as its owner.
fn settings_needs(alter: &AlterSettings, scope: &Scope) -> Vec<Need> {
    let mut needs = match (alter.role, alter.in_database) {
        (Some(role), _) if role == scope.role && !scope.snapshot.is_superuser(role) => Vec::new(),
        (Some(role), _) => vec![create_roles(
            role,
            scope,
            "permission denied",
            "must be superuser to alter superusers",
        )],
        (None, true) => vec![Need::Own { object: Object::Database }],
        (None, false) => {
            vec![Need::Superuser { message: "must be superuser to alter settings globally".into() }]
        }
    };
    // Nobody knows what a name with a strange prefix will once mean.
    if let SettingChange::Put { name, .. } | SettingChange::Remove(name) = &alter.change
        && is_custom(name)
    {
        let message = format!("permission denied to set parameter \"{name}\"");
        needs.push(Need::Superuser { message });
    }
    needs
}

/// Superusers are for superusers, all others for those who may make roles.
fn create_roles(role: RoleId, scope: &Scope, message: &str, of_superusers: &str) -> Need {
    match scope.snapshot.is_superuser(role) {
        true => Need::Superuser { message: of_superusers.to_owned() },
        false => Need::CreateRole { message: message.to_owned() },
    }
}

fn grant_role_needs(grant: &GrantRole, role: RoleId) -> Vec<Need> {
    // A grant is judged by its grantor, a revoke by who asks.
    let by = if grant.revoke { role } else { grant.grantor };
    let mut needs: Vec<Need> =
        grant.roles.iter().map(|role| Need::Admin { role: *role, by }).collect();
    if !grant.revoke && grant.grantor != role {
        needs.push(Need::Superuser { message: "must be superuser to set grantor".into() });
    }
    needs
}

/// Only the first of these is asked for, as PostgreSQL does (`CreateRole`).
fn create_role_needs(create: &CreateRole, role: RoleId) -> Vec<Need> {
    let superuser =
        |what: &str| Need::Superuser { message: format!("must be superuser to create {what}") };
    let given = &create.changes;
    let mut needs = vec![match () {
        () if given.superuser == Some(true) => superuser("superusers"),
        () if given.replication == Some(true) => superuser("replication users"),
        () if given.bypassrls == Some(true) => superuser("bypassrls users"),
        () => Need::CreateRole { message: "permission denied to create role".into() },
    }];
    needs.extend(create.member_of.iter().map(|group| Need::Admin { role: *group, by: role }));
    needs
}

/// Superusers and replication are for superusers; who may not make roles may set their own password
/// (`AlterRole`).
fn alter_role_needs(alter: &AlterRole, scope: &Scope) -> Vec<Need> {
    let (snapshot, changes) = (&scope.snapshot, &alter.changes);
    let of = snapshot.role(alter.role);
    let superuser =
        |what: &str| vec![Need::Superuser { message: format!("must be superuser to {what}") }];
    if of.is_some_and(|r| r.superuser) || changes.superuser.is_some() {
        return superuser("alter superuser roles or change superuser attribute");
    }
    if of.is_some_and(|r| r.replication) || changes.replication.is_some() {
        return superuser("alter replication roles or change replication attribute");
    }
    if changes.bypassrls.is_some() {
        return superuser("change bypassrls attribute");
    }
    let verifier = changes.verifier.clone();
    let password_only = RoleChanges { verifier, ..RoleChanges::default() };
    let own_password =
        alter.role == scope.role && changes.verifier.is_some() && *changes == password_only;
    match own_password {
        true => Vec::new(),
        false => vec![Need::CreateRole { message: "permission denied".into() }],
    }
}
