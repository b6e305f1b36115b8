//! GRANT and REVOKE as changes: as which grantor, of what may be granted, with PostgreSQL's warnings
//! (`aclchk.c`, `ExecGrant_*`; `user.c`, `AddRoleMems`).

use std::collections::BTreeMap;

use super::reply::{Context, Notice};
use super::staged::Staged;
use crate::catalog::acl::{Acl, DependentGrants, Privileges};
use crate::catalog::change::Change;
use crate::catalog::name::{Object, RelationId, RoleId};
use crate::catalog::relation::{Relation, Schema};
use crate::catalog::role::Membership;
use crate::catalog::snapshot::Snapshot;
use crate::error::{Error, Result, SqlState};
use crate::planner::plan::{Grant, GrantObject, GrantRole};

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
                let mut acl = snapshot.acl(object.object).unwrap_or_default();
                let name = schema.name.clone();
                work.on(object, object.privileges, &mut acl, schema.owner, ("schema", &name))?;
                schema.acl = Some(acl);
                changes.push(Change::PutSchema(schema));
            }
            Object::Database => {
                let mut database = snapshot.contents().database.clone();
                let mut acl = snapshot.acl(Object::Database).unwrap_or_default();
                let owner = snapshot.owner(Object::Database).ok_or_else(gone)?;
                let name = ("database", &*context.scope.database);
                work.on(object, object.privileges, &mut acl, owner, name)?;
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

struct Work<'w> {
    grant: &'w Grant,
    role: RoleId,
    snapshot: &'w Snapshot,
    notices: &'w mut Vec<Notice>,
}

impl Work<'_> {
    fn on_relation(&mut self, object: &GrantObject, relation: &mut Relation) -> Result<()> {
        let owner = relation.owner;
        let (kind, name) = (relation.kind_name(), relation.name.clone());
        if !object.privileges.is_empty() {
            let mut acl =
                relation.acl.clone().unwrap_or_else(|| Acl::owned(owner, Privileges::ALL_RELATION));
            self.on(object, object.privileges, &mut acl, owner, (kind, &name))?;
            relation.acl = Some(acl);
        }
        // Taking a privilege from the whole table takes it from each column too.
        let mut columns = object.columns.clone();
        if self.grant.revoke {
            let all = object.privileges & Privileges::ALL_COLUMN;
            for column in relation.columns.iter().filter(|c| !all.is_empty() && !c.acl.is_empty()) {
                *columns.entry(column.number).or_default() |= all;
            }
        }
        for (number, privileges) in columns {
            let explicit = object.columns.contains_key(&number);
            let Some(column) = relation.columns.iter_mut().find(|c| c.number == number) else {
                return Err(gone());
            };
            let target =
                GrantObject { object: Object::Column(relation.id, number), ..object.clone() };
            let before = self.notices.len();
            self.on(&target, privileges, &mut column.acl, owner, ("column", &column.name))?;
            if !explicit {
                // Nobody asked about the column; the table's warning has been given.
                self.notices.truncate(before);
            }
        }
        Ok(())
    }

    /// Grants to, or revokes from, every grantee on one ACL.
    fn on(
        &mut self,
        object: &GrantObject,
        wanted: Privileges,
        acl: &mut Acl,
        owner: RoleId,
        (kind, name): (&str, &str),
    ) -> Result<()> {
        let (grantor, options) = self.grantor(object.object, wanted);
        let given = wanted & options;
        if given.is_empty() {
            let held = self.held(object.object);
            if (held & wanted).is_empty() && !self.holds_anything(object.object) {
                return Err(Error::denied(kind, name));
            }
        }
        self.warn(wanted, given, object.all, name);
        let options = if self.grant.option { given } else { Privileges::NONE };
        for grantee in &self.grant.grantees {
            if !self.grant.revoke {
                acl.grant(*grantee, grantor, given, options);
                continue;
            }
            let only = self.grant.option;
            acl.revoke(*grantee, grantor, owner, given, only, self.grant.cascade).map_err(
                |DependentGrants| {
                    Error::new(SqlState::DEPENDENT_OBJECTS_EXIST, "dependent privileges exist")
                        .hint("Use CASCADE to revoke them too.")
                },
            )?;
        }
        Ok(())
    }

    /// A column may be granted on by who may grant the whole relation on.
    fn grantor(&self, object: Object, wanted: Privileges) -> (RoleId, Privileges) {
        let own = self.snapshot.grantor(self.role, object, wanted);
        match object {
            Object::Column(relation, _) => {
                let whole = self.snapshot.grantor(self.role, Object::Relation(relation), wanted);
                if whole.1.count() > own.1.count() { whole } else { own }
            }
            _ => own,
        }
    }

    fn held(&self, object: Object) -> Privileges {
        self.snapshot.held(self.role, object)
    }

    fn holds_anything(&self, object: Object) -> bool {
        let whole = match object {
            Object::Column(relation, _) => self.held(Object::Relation(relation)),
            _ => Privileges::NONE,
        };
        !(self.held(object) | whole).is_empty()
    }

    fn warn(&mut self, wanted: Privileges, given: Privileges, all: bool, name: &str) {
        let (state, none, some) = match self.grant.revoke {
            false => (
                SqlState::PRIVILEGE_NOT_GRANTED,
                "no privileges were granted",
                "not all privileges were granted",
            ),
            true => (
                SqlState::PRIVILEGE_NOT_REVOKED,
                "no privileges could be revoked",
                "not all privileges could be revoked",
            ),
        };
        let text = match () {
            () if given.is_empty() && !wanted.is_empty() => none,
            () if given != wanted && !all => some,
            () => return,
        };
        self.notices.push(Notice::warning(state, format!("{text} for \"{name}\"")));
    }
}

pub(super) fn grant_role(
    grant: &GrantRole,
    context: &Context,
    staged: &Staged,
    notices: &mut Vec<Notice>,
) -> Result<Vec<Change>> {
    let snapshot = staged.snapshot();
    let mut changes = Vec::new();
    for role in &grant.roles {
        for member in &grant.members {
            let (role, member) = (*role, *member);
            let name = |id| snapshot.role_name(id);
            let held = snapshot.memberships().iter().find(|m| (m.role, m.member) == (role, member));
            if grant.revoke {
                match held {
                    None => notices.push(Notice::warning(
                        SqlState::WARNING,
                        format!(
                            "role \"{}\" is not a member of role \"{}\"",
                            name(member),
                            name(role)
                        ),
                    )),
                    Some(held) if grant.admin => {
                        changes.push(Change::PutMembership(Membership { admin: false, ..*held }));
                    }
                    Some(_) => changes.push(Change::DropMembership { role, member }),
                }
                continue;
            }
            if role == member || snapshot.roles_of(role, false).contains(&member) {
                return Err(Error::new(
                    SqlState::INVALID_GRANT_OPERATION,
                    format!("role \"{}\" is a member of role \"{}\"", name(role), name(member)),
                ));
            }
            match held {
                Some(held) if held.admin || !grant.admin => {
                    notices.push(Notice::info(
                        format!(
                            "role \"{}\" is already a member of role \"{}\"",
                            name(member),
                            name(role)
                        ),
                        None,
                    ));
                }
                _ => changes.push(Change::PutMembership(Membership {
                    role,
                    member,
                    grantor: context.scope.role,
                    admin: grant.admin,
                })),
            }
        }
    }
    Ok(changes)
}
