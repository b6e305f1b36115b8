//! GRANT and REVOKE as changes: as which grantor, of what may be granted, with PostgreSQL's warnings
//! (`aclchk.c`, `ExecGrant_*`, `SetDefaultACL`; `user.c`, `AddRoleMems`).

use std::collections::BTreeMap;

use super::reply::{Context, Notice};
use super::staged::Staged;
use crate::catalog::acl::{Acl, Ground, Privileges, Refusal, Revoke};
use crate::catalog::change::Change;
use crate::catalog::default_acl::DefaultAcl;
use crate::catalog::name::{DefaultAclId, Object, RelationId, RoleId};
use crate::catalog::relation::{Relation, Schema};
use crate::catalog::role::{DATABASE_OWNER, Membership};
use crate::catalog::snapshot::Snapshot;
use crate::error::{Error, Result, SqlState};
use crate::planner::plan::{DefaultPrivileges, Grant, GrantObject, GrantRole};

pub(super) fn grant(
    grant: &Grant,
    context: &Context,
    staged: &Staged,
    notices: &mut Vec<Notice>,
) -> Result<Vec<Change>> {
    // One object may be named twice; each sees what the one before has done.
    let mut relations: BTreeMap<RelationId, Relation> = BTreeMap::new();
    let mut changes = Vec::new();
    let snapshot = staged.snapshot();
    let mut work = Work { grant, role: context.scope.role, snapshot, notices };
    for object in &grant.objects {
        match object.object {
            Object::Relation(id) | Object::Column(id, _) => {
                let found = relations.remove(&id);
                let found = found.or_else(|| snapshot.relation(id).map(|r| Relation::clone(r)));
                let mut relation = found.ok_or_else(gone)?;
                work.on_relation(object, &mut relation)?;
                relations.insert(id, relation);
            }
            Object::Schema(id) => {
                let mut schema: Schema =
                    snapshot.schema(id).map(|s| Schema::clone(s)).ok_or_else(gone)?;
                let acl = snapshot.acl(object.object).unwrap_or_default();
                let target = Target {
                    object: object.object,
                    kind: "schema",
                    name: &schema.name,
                    column: None,
                    owner: schema.owner,
                };
                let acl = work.on(&target, object.privileges, object.all, &acl, acl.clone())?;
                schema.acl = Some(acl);
                changes.push(Change::PutSchema(schema));
            }
            Object::Database => {
                let mut database = snapshot.contents().database.clone();
                let acl = snapshot.acl(Object::Database).unwrap_or_default();
                let target = Target {
                    object: Object::Database,
                    kind: "database",
                    name: &context.scope.database,
                    column: None,
                    owner: snapshot.owner(Object::Database).ok_or_else(gone)?,
                };
                let acl = work.on(&target, object.privileges, object.all, &acl, acl.clone())?;
                database.acl = Some(acl);
                changes.push(Change::PutDatabase(database));
            }
        }
    }
    changes.extend(relations.into_values().map(Change::PutRelation));
    Ok(changes)
}

fn gone() -> Error {
    Error::serialization("the object was dropped by a concurrent transaction")
}

fn refused(refusal: Refusal) -> Error {
    match refusal {
        Refusal::DependentGrants => {
            Error::new(SqlState::DEPENDENT_OBJECTS_EXIST, "dependent privileges exist")
                .hint("Use CASCADE to revoke them too.")
        }
        Refusal::OwnGrantor => Error::new(
            SqlState::INVALID_GRANT_OPERATION,
            "grant options cannot be granted back to your own grantor",
        ),
    }
}

/// What one ACL stands on, for judging and for messages.
struct Target<'t> {
    object: Object,
    kind: &'t str,
    /// The relation's, for a column.
    name: &'t str,
    column: Option<&'t str>,
    owner: RoleId,
}

struct Work<'w> {
    grant: &'w Grant,
    role: RoleId,
    snapshot: &'w Snapshot,
    notices: &'w mut Vec<Notice>,
}

impl Work<'_> {
    fn on_relation(&mut self, object: &GrantObject, relation: &mut Relation) -> Result<()> {
        let (owner, kind, name) = (relation.owner, relation.kind_name(), relation.name.clone());
        let default = || Acl::owned(owner, Privileges::ALL_RELATION);
        // Columns are judged by the relation's grants as they were before this statement.
        let whole = relation.acl.clone().unwrap_or_else(default);
        let id = Object::Relation(relation.id);
        if !object.privileges.is_empty() {
            let target = Target { object: id, kind, name: &name, column: None, owner };
            let acl = self.on(&target, object.privileges, object.all, &whole, whole.clone())?;
            relation.acl = Some(acl);
        }
        // Taking a privilege from the whole table takes it from each column too.
        let mut columns = object.columns.clone();
        let taken = object.privileges & Privileges::ALL_COLUMN;
        if self.grant.revoke && !taken.is_empty() {
            relation.columns.iter().for_each(|c| *columns.entry(c.number).or_default() |= taken);
        }
        for (number, privileges) in columns {
            let column = relation.columns.iter_mut().find(|c| c.number == number);
            let column = column.ok_or_else(gone)?;
            let target = Target {
                object: Object::Column(relation.id, number),
                kind,
                name: &name,
                column: Some(&column.name),
                owner,
            };
            // Whether ALL was said is not known any more; it looks so.
            let all = privileges == Privileges::ALL_COLUMN;
            let judged = whole.concat(&column.acl);
            column.acl = self.on(&target, privileges, all, &judged, column.acl.clone())?;
        }
        Ok(())
    }

    /// `acl` with the grants to, or revokes from, every grantee; `judged` says who may grant.
    fn on(
        &mut self,
        target: &Target<'_>,
        wanted: Privileges,
        all: bool,
        judged: &Acl,
        mut acl: Acl,
    ) -> Result<Acl> {
        let (grantor, given) = self.snapshot.best_grantor(self.role, judged, target.owner, wanted);
        // Who holds anything at all on the object is only warned.
        if given.is_empty() && !self.holds_anything(grantor, target.object) {
            return Err(match target.column {
                Some(column) => Error::not_allowed(format!(
                    "permission denied for column \"{column}\" of relation \"{}\"",
                    target.name
                )),
                None => Error::denied(target.kind, target.name),
            });
        }
        self.warn(target, wanted, given, all);
        let has_role = |a, b| self.snapshot.has_role(a, b);
        let ground = Ground { owner: target.owner, has_role: &has_role };
        change(&mut acl, self.grant.into(), grantor, given, ground)?;
        Ok(acl)
    }

    fn holds_anything(&self, role: RoleId, object: Object) -> bool {
        let (legal, whole) = match object {
            Object::Column(id, _) => {
                (Privileges::ALL_COLUMN, self.snapshot.held(role, Object::Relation(id)))
            }
            Object::Relation(_) => (Privileges::ALL_RELATION, Privileges::NONE),
            Object::Schema(_) => (Privileges::ALL_SCHEMA, Privileges::NONE),
            Object::Database => (Privileges::ALL_DATABASE, Privileges::NONE),
        };
        (self.snapshot.held(role, object) | whole).intersects(legal)
    }

    fn warn(&mut self, target: &Target<'_>, wanted: Privileges, given: Privileges, all: bool) {
        let (state, verb) = match self.grant.revoke {
            false => (SqlState::PRIVILEGE_NOT_GRANTED, "were granted"),
            true => (SqlState::PRIVILEGE_NOT_REVOKED, "could be revoked"),
        };
        let amount = match () {
            () if given.is_empty() => "no",
            () if given != wanted && !all => "not all",
            () => return,
        };
        let on = match target.column {
            Some(column) => format!("column \"{column}\" of relation \"{}\"", target.name),
            None => format!("\"{}\"", target.name),
        };
        self.notices.push(Notice::warning(state, format!("{amount} privileges {verb} for {on}")));
    }
}

/// What is the same in GRANT, REVOKE and their default forms.
#[derive(Clone, Copy)]
struct Asked<'a> {
    revoke: bool,
    option: bool,
    cascade: bool,
    grantees: &'a [RoleId],
}

impl<'a> From<&'a Grant> for Asked<'a> {
    fn from(grant: &'a Grant) -> Asked<'a> {
        let Grant { revoke, option, cascade, grantees, .. } = grant;
        Asked { revoke: *revoke, option: *option, cascade: *cascade, grantees }
    }
}

/// One ACL for every grantee (`merge_acl_with_grant`).
fn change(
    acl: &mut Acl,
    asked: Asked<'_>,
    grantor: RoleId,
    privileges: Privileges,
    ground: Ground<'_>,
) -> Result<()> {
    let options = if asked.option { privileges } else { Privileges::NONE };
    asked
        .grantees
        .iter()
        .try_for_each(|grantee| match asked.revoke {
            false => acl.grant_on(*grantee, grantor, privileges, options, ground),
            true => {
                let revoke = Revoke {
                    grantee: *grantee,
                    grantor,
                    privileges,
                    options_only: asked.option,
                    cascade: asked.cascade,
                };
                acl.revoke(revoke, ground)
            }
        })
        .map_err(refused)
}

/// ALTER DEFAULT PRIVILEGES; the grantor is always the role whose objects they will be.
pub(super) fn default_privileges(
    grant: &DefaultPrivileges,
    staged: &Staged,
) -> Result<Vec<Change>> {
    let snapshot = staged.snapshot();
    let has_role = |a, b| snapshot.has_role(a, b);
    let mut next_oid = staged.next_oid();
    let mut changes = Vec::new();
    let mut keys: Vec<(RoleId, Option<crate::catalog::name::SchemaId>)> = grant
        .roles
        .iter()
        .flat_map(|role| grant.schemas.iter().map(|schema| (*role, *schema)))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    for (role, schema) in keys {
        let plain = match schema {
            None => Acl::owned(role, grant.on.all()),
            Some(_) => Acl::default(),
        };
        let old = snapshot.default_acl(role, schema, grant.on);
        let mut acl = old.map_or_else(|| plain.clone(), |d| d.acl.clone());
        let asked = Asked {
            revoke: grant.revoke,
            option: grant.option,
            cascade: grant.cascade,
            grantees: &grant.grantees,
        };
        let ground = Ground { owner: role, has_role: &has_role };
        change(&mut acl, asked, role, grant.privileges, ground)?;
        let acl = acl.sorted();
        match old {
            Some(old) if acl == plain => changes.push(Change::DropDefaultAcl(old.id)),
            None if acl == plain => {}
            _ => {
                let id = old.map_or(DefaultAclId(next_oid), |d| d.id);
                next_oid += 1;
                let default = DefaultAcl { id, role, schema, on: grant.on, acl, revision: 0 };
                changes.push(Change::PutDefaultAcl(default));
            }
        }
    }
    Ok(changes)
}

pub(super) fn grant_role(
    grant: &GrantRole,
    staged: &Staged,
    notices: &mut Vec<Notice>,
) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    for role in &grant.roles {
        for member in &grant.members {
            let one = match grant.revoke {
                true => revoke_membership(grant, *role, *member, staged.snapshot(), notices),
                false => grant_membership(grant, *role, *member, staged.snapshot(), notices)?,
            };
            changes.extend(one);
        }
    }
    Ok(changes)
}

fn revoke_membership(
    grant: &GrantRole,
    role: RoleId,
    member: RoleId,
    snapshot: &Snapshot,
    notices: &mut Vec<Notice>,
) -> Option<Change> {
    let held = snapshot.memberships().iter().find(|m| (m.role, m.member) == (role, member));
    let Some(held) = held else {
        let (member, role) = (snapshot.role_name(member), snapshot.role_name(role));
        let message = format!("role \"{member}\" is not a member of role \"{role}\"");
        notices.push(Notice::warning(SqlState::WARNING, message));
        return None;
    };
    Some(match grant.admin {
        true => Change::PutMembership(Membership { admin: false, ..*held }),
        false => Change::DropMembership { role, member },
    })
}

fn grant_membership(
    grant: &GrantRole,
    role: RoleId,
    member: RoleId,
    snapshot: &Snapshot,
    notices: &mut Vec<Notice>,
) -> Result<Option<Change>> {
    let (role_name, member_name) = (snapshot.role_name(role), snapshot.role_name(member));
    let never = |role: &str, what: &str| {
        let message = format!("role \"{role}\" cannot {what}");
        Err(Error::new(SqlState::INVALID_GRANT_OPERATION, message))
    };
    // Whose member it is follows from the database's owner and from nothing else.
    if role == DATABASE_OWNER {
        return never(&role_name, "have explicit members");
    }
    if member == DATABASE_OWNER {
        return never(&member_name, "be a member of any role");
    }
    if snapshot.roles_of(role, false).contains(&member) {
        return Err(Error::new(
            SqlState::INVALID_GRANT_OPERATION,
            format!("role \"{role_name}\" is a member of role \"{member_name}\""),
        ));
    }
    let held = snapshot.memberships().iter().find(|m| (m.role, m.member) == (role, member));
    if held.is_some_and(|held| held.admin || !grant.admin) {
        let message = format!("role \"{member_name}\" is already a member of role \"{role_name}\"");
        notices.push(Notice::info(message, None));
        return Ok(None);
    }
    let (grantor, admin) = (grant.grantor, grant.admin);
    Ok(Some(Change::PutMembership(Membership { role, member, grantor, admin })))
}
