//! Plan to needs: which privileges, on what, as which role. No catch-all: a new plan does not compile until
//! someone decides what it needs.

use crate::catalog::acl::Privileges;
use crate::catalog::name::{Object, RelationId, RoleId, SUPERUSER};
use crate::error::Result;
use crate::planner::Plan;
use crate::planner::plan::{
    AlterRole, AlterSettings, CommentTarget, CreateRole, CreateTable, GrantRole, Insert, Protected,
    RoleChanges, SettingChange,
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
    Own {
        object: Object,
    },
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
    /// May grant that role, or alter it.
    Admin {
        role: RoleId,
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
        Plan::CreateTableAs(create) => {
            let mut needs = create_needs(&create.table, role);
            needs.extend(reads::needs(&create.input, role)?);
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
        Plan::CreateTable(create) => create_needs(create, role),
        Plan::CreateView(create) => {
            let mut needs = vec![hold(Object::Schema(create.schema), Privileges::CREATE)];
            needs.extend(create.replaces.map(|id| own(Object::Relation(id))));
            needs.extend(reads::needs(&create.body, role)?);
            needs
        }
        Plan::CreateForeign(create) => vec![
            hold(Object::Schema(create.schema), Privileges::CREATE),
            // Who can name a location reads what lies there, whatever tables stand on the same files.
            Need::Superuser { message: "must be superuser to register files".into() },
        ],
        Plan::Rename { object, .. } => {
            let mut needs = vec![own(*object)];
            needs.push(match container(*object, scope) {
                Some(schema) => hold(schema, Privileges::CREATE),
                None => hold(Object::Database, Privileges::CREATE),
            });
            needs
        }
        Plan::ChangeOwner { object, to } => {
            let mut needs = vec![own(*object), Need::MemberOf { role: *to }];
            // The new owner must be able to have made it there (`ATExecChangeOwner`); superusers decide freely.
            if !scope.snapshot.is_superuser(role) {
                let place = container(*object, scope).unwrap_or(Object::Database);
                let privilege = Privileges::CREATE;
                needs.push(Need::Hold { object: place, privilege, role: *to });
            }
            needs
        }
        Plan::SetSchema { relation, to } => {
            vec![own(Object::Relation(*relation)), hold(Object::Schema(*to), Privileges::CREATE)]
        }
        Plan::Comment { on, .. } => vec![match on {
            CommentTarget::Object(object) => own(*object),
            CommentTarget::Role(role) => Need::Admin { role: *role },
        }],
        Plan::Drop(drop) => {
            drop.named.iter().map(|object| own_or_container(*object, scope)).collect()
        }
        Plan::CreateRole(create) => create_role_needs(create),
        Plan::AlterRole(alter) => alter_role_needs(alter, scope),
        Plan::RenameRole { role, .. } => vec![
            Need::CreateRole { message: "permission denied to rename role".into() },
            Need::Admin { role: *role },
        ],
        Plan::AlterSettings(alter) => settings_needs(alter, scope),
        Plan::DropRoles(roles) => {
            let mut needs =
                vec![Need::CreateRole { message: "permission denied to drop role".into() }];
            needs.extend(roles.iter().map(|role| superuser_only_for_superusers(*role, scope)));
            needs
        }
        // Who may grant what is worked out per privilege and ends in warnings as well as in errors, so it is
        // part of making the change; the engine refuses what the grantor does not hold.
        Plan::Grant(_) => Vec::new(),
        Plan::GrantRole(GrantRole { roles, .. }) => {
            roles.iter().map(|role| Need::Admin { role: *role }).collect()
        }
        Plan::Protect(protect) => vec![match &protect.to {
            Protected::Relation(relation) => own(Object::Relation(relation.id)),
            Protected::Tags(_) => {
                Need::Superuser { message: "must be superuser to decide about tags".into() }
            }
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

fn create_needs(create: &CreateTable, role: RoleId) -> Vec<Need> {
    let object = Object::Schema(create.schema);
    let mut needs = vec![Need::Hold { object, privilege: Privileges::CREATE, role }];
    if create.location.is_some() {
        needs.push(location_need());
    }
    needs
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

fn create_role_needs(create: &CreateRole) -> Vec<Need> {
    let mut needs = vec![Need::CreateRole { message: "permission denied to create role".into() }];
    needs.extend(elevated(&create.changes, "create"));
    needs.extend(create.member_of.iter().map(|role| Need::Admin { role: *role }));
    needs
}

/// Attributes only a superuser may give.
fn elevated(changes: &RoleChanges, verb: &str) -> Vec<Need> {
    [
        (changes.superuser == Some(true), "superusers"),
        (changes.replication == Some(true), "replication users"),
        (changes.bypassrls == Some(true), "bypassrls users"),
    ]
    .into_iter()
    .filter(|(given, _)| *given)
    .map(|(_, what)| Need::Superuser { message: format!("must be superuser to {verb} {what}") })
    .collect()
}

fn alter_role_needs(alter: &AlterRole, scope: &Scope) -> Vec<Need> {
    // Everybody may set their own password, and nothing else.
    let own_password =
        RoleChanges { verifier: alter.changes.verifier.clone(), ..RoleChanges::default() };
    if alter.role == scope.role && alter.changes == own_password {
        return Vec::new();
    }
    let mut needs = vec![
        Need::CreateRole { message: "permission denied".into() },
        superuser_only_for_superusers(alter.role, scope),
    ];
    let changes = &alter.changes;
    for (set, what) in [
        (changes.superuser.is_some(), "superuser attribute"),
        (changes.replication.is_some(), "replication attribute"),
        (changes.bypassrls.is_some(), "bypassrls attribute"),
    ] {
        if set {
            needs.push(Need::Superuser { message: format!("must be superuser to change {what}") });
        }
    }
    if alter.role == SUPERUSER && changes.superuser == Some(false) {
        // The bootstrap superuser must stay one, else nobody could ever repair the catalog.
        needs.push(Need::Superuser {
            message: "the bootstrap superuser must stay superuser".into(),
        });
    }
    needs
}

/// As `AlterRoleSet` asks: one's own settings, others' with CREATEROLE, a superuser's as one, those of the
/// database as its owner.
fn settings_needs(alter: &AlterSettings, scope: &Scope) -> Vec<Need> {
    let mut needs = match (alter.role, alter.in_database) {
        (Some(role), _) if role == scope.role && !scope.snapshot.is_superuser(role) => Vec::new(),
        (Some(role), _) => vec![superuser_only_for_superusers(role, scope)],
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

fn superuser_only_for_superusers(role: RoleId, scope: &Scope) -> Need {
    match scope.snapshot.is_superuser(role) {
        true => Need::Superuser { message: "must be superuser to alter superusers".into() },
        false => Need::CreateRole { message: "permission denied".into() },
    }
}
