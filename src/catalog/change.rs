//! The only way anything in the catalog alters: a [`Change`], applied to a snapshot, gives the next one.
//!
//! Changes say what an object is to be, whole. Applying checks that the result holds together: names
//! are free, owners and grantees exist, what views read is there. A batch made on an older version can be moved
//! to a newer one if nothing it touches has changed since; see [`rebase`].

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::acl::Acl;
use super::default_acl::DefaultAcl;
use super::intent::Intent;
use super::name::{
    DefaultAclId, FIRST_TEMPORARY_OID, PUBLIC, RelationId, RoleId, SchemaId, TEMPORARY_SCHEMA,
};
use super::protection;
use super::relation::{Column, Relation, RelationKind, Schema};
use super::role::{Membership, Role};
use super::settings::StoredSettings;
use super::snapshot::{Contents, Database, Snapshot};
use super::tag::Tag;
use crate::error::{Error, Result, SqlState};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "changes are few, and most are of relations")]
pub enum Change {
    PutDatabase(Database),
    PutRole(Role),
    DropRole(RoleId),
    PutMembership(Membership),
    DropMembership { role: RoleId, member: RoleId },
    PutSettings(StoredSettings),
    PutSchema(Schema),
    DropSchema(SchemaId),
    PutRelation(Relation),
    DropRelation(RelationId),
    PutDefaultAcl(DefaultAcl),
    DropDefaultAcl(DefaultAclId),
    PutTag(Tag),
    DropTag(String),
    PutIntent(Intent),
    DropIntent(u64),
}

use Change::*;

/// The next snapshot, or why the changes do not fit this one.
pub fn apply(snapshot: &Snapshot, changes: &[Change]) -> Result<Snapshot> {
    let mut contents = snapshot.contents().clone();
    contents.version += 1;
    for change in changes {
        put(&mut contents, change);
    }
    let next = Snapshot::new(contents);
    verify(&next, changes)?;
    Ok(next)
}

fn put(contents: &mut Contents, change: &Change) {
    let revision = contents.version;
    let mut seen = |oid: u32| {
        if oid < FIRST_TEMPORARY_OID {
            contents.next_oid = contents.next_oid.max(oid + 1);
        }
    };
    match change {
        PutDatabase(database) => contents.database = Database { revision, ..database.clone() },
        PutRole(role) => {
            seen(role.id.0);
            contents.roles.insert(role.id, Arc::new(Role { revision, ..role.clone() }));
        }
        DropRole(id) => {
            contents.roles.remove(id);
            contents.memberships.retain(|m| m.member != *id && m.role != *id);
            contents.settings.retain(|s| s.role != Some(*id));
        }
        PutMembership(new) => {
            contents.memberships.retain(|m| (m.role, m.member) != (new.role, new.member));
            contents.memberships.push(*new);
        }
        DropMembership { role, member } => {
            contents.memberships.retain(|m| (m.role, m.member) != (*role, *member));
        }
        PutSettings(new) => {
            contents.settings.retain(|s| !s.is_for(new.role, new.in_database));
            if !new.values.is_empty() {
                contents.settings.push(new.clone());
            }
        }
        PutSchema(schema) => {
            seen(schema.id.0);
            contents.schemas.insert(schema.id, Arc::new(Schema { revision, ..schema.clone() }));
        }
        DropSchema(id) => {
            contents.schemas.remove(id);
            // What was to be granted in it has no place any more.
            contents.default_acls.retain(|_, d| d.schema != Some(*id));
        }
        PutRelation(relation) => {
            seen(relation.id.0);
            relation.protection.policies.iter().for_each(|p| seen(p.id));
            relation.protection.masks.iter().for_each(|m| seen(m.id));
            for index in &relation.indexes {
                seen(index.oid);
                index.constraint.iter().for_each(|c| seen(c.oid));
            }
            relation.foreign_keys.iter().for_each(|key| seen(key.oid));
            let relation = Arc::new(Relation { revision, ..relation.clone() });
            contents.relations.insert(relation.id, relation);
        }
        DropRelation(id) => {
            contents.relations.remove(id);
            contents.written.remove(id);
        }
        PutDefaultAcl(default) => {
            seen(default.id.0);
            let default = Arc::new(DefaultAcl { revision, ..default.clone() });
            contents.default_acls.insert(default.id, default);
        }
        DropDefaultAcl(id) => {
            contents.default_acls.remove(id);
        }
        PutTag(tag) => {
            tag.policies.iter().for_each(|p| seen(p.id));
            tag.masks.iter().for_each(|m| seen(m.id));
            let tag = Tag { revision, ..tag.clone() };
            contents.tags.insert(tag.name.clone(), Arc::new(tag));
        }
        DropTag(name) => {
            contents.tags.remove(name);
        }
        PutIntent(intent) => {
            for goal in &intent.tables {
                let written = contents.written.entry(goal.relation).or_default();
                written.newest = revision;
                if goal.removes {
                    written.removed = revision;
                }
            }
            let intent = Intent { number: revision, ..intent.clone() };
            contents.intents.insert(revision, Arc::new(intent));
        }
        DropIntent(number) => {
            contents.intents.remove(number);
        }
    }
}

/// What must hold after a batch. Only what the batch touched is looked at.
fn verify(next: &Snapshot, changes: &[Change]) -> Result<()> {
    for change in changes {
        match change {
            PutDatabase(database) => verify_acl(next, database.acl.as_ref())?,
            PutRole(role) => {
                if next.roles().any(|r| r.name == role.name && r.id != role.id) {
                    return Err(Error::new(
                        SqlState::DUPLICATE_OBJECT,
                        format!("role \"{}\" already exists", role.name),
                    ));
                }
            }
            PutMembership(m) => {
                verify_role(next, m.role)?;
                verify_role(next, m.member)?;
            }
            PutSettings(settings) => {
                settings.role.map_or(Ok(()), |role| verify_role(next, role))?;
            }
            PutSchema(schema) => {
                if next.schemas().any(|s| s.name == schema.name && s.id != schema.id) {
                    return Err(Error::new(
                        SqlState::DUPLICATE_SCHEMA,
                        format!("schema \"{}\" already exists", schema.name),
                    ));
                }
                verify_role(next, schema.owner)?;
                verify_acl(next, schema.acl.as_ref())?;
            }
            PutRelation(relation) => verify_relation(next, relation)?,
            DropSchema(id) => {
                if next.relations_in(*id).next().is_some() {
                    return Err(moved());
                }
            }
            DropRelation(id) => {
                if next.readers(*id).next().is_some() || next.referring(*id).next().is_some() {
                    return Err(moved());
                }
            }
            DropRole(id) => verify_role_unused(next, *id)?,
            PutDefaultAcl(default) => verify_default(next, default)?,
            DropMembership { .. } | DropDefaultAcl(_) | DropTag(_) | DropIntent(_) => {}
            PutIntent(intent) => {
                if intent.tables.iter().any(|goal| next.relation(goal.relation).is_none()) {
                    return Err(moved());
                }
            }
            PutTag(tag) => {
                verify_acl(next, Some(&tag.acl))?;
                verify_acl(next, Some(&tag.denied))?;
                verify_protection(next, &tag.policies, &tag.masks)?;
            }
        }
    }
    Ok(())
}

fn verify_relation(next: &Snapshot, relation: &Relation) -> Result<()> {
    // The relation may have been dropped again by a later change of the same batch.
    if next.relation(relation.id).is_none() {
        return Ok(());
    }
    let twin = |r: &Arc<Relation>| r.name == relation.name && r.id != relation.id;
    if next.relations_in(relation.schema).any(twin) {
        return Err(Error::duplicate_table(&relation.name));
    }
    verify_indexes(next, relation)?;
    if next.schema(relation.schema).is_none() {
        return Err(moved());
    }
    verify_role(next, relation.owner)?;
    verify_acl(next, relation.acl.as_ref())?;
    for column in &relation.columns {
        verify_acl(next, Some(&column.acl))?;
    }
    let protection = &relation.protection;
    verify_protection(next, &protection.policies, &protection.masks)?;
    match &relation.kind {
        RelationKind::View(view)
            if view.reads.iter().any(|(_, id)| next.relation(*id).is_none()) =>
        {
            Err(moved())
        }
        _ => Ok(()),
    }
}

/// Names are free, in the namespace that relations and indexes share; what foreign keys refer to is there.
fn verify_indexes(next: &Snapshot, relation: &Relation) -> Result<()> {
    let others = || next.relations_in(relation.schema).filter(|r| r.id != relation.id);
    if let Some((_, index)) = next.index_named(relation.schema, &relation.name) {
        return Err(Error::duplicate_table(&index.name));
    }
    for (i, index) in relation.indexes.iter().enumerate() {
        let taken = relation.name == index.name
            || relation.indexes[..i].iter().any(|other| other.name == index.name)
            || others().any(|r| {
                r.name == index.name || r.indexes.iter().any(|other| other.name == index.name)
            });
        if taken {
            return Err(Error::duplicate_table(&index.name));
        }
    }
    match relation.foreign_keys.iter().all(|key| next.relation(key.references).is_some()) {
        true => Ok(()),
        false => Err(moved()),
    }
}

fn verify_default(next: &Snapshot, default: &DefaultAcl) -> Result<()> {
    // It may have been dropped again by a later change of the same batch.
    if !next.contents().default_acls.contains_key(&default.id) {
        return Ok(());
    }
    let same = |d: &&Arc<DefaultAcl>| {
        (d.role, d.schema, d.on) == (default.role, default.schema, default.on)
    };
    if next.default_acls().filter(same).count() > 1
        || default.schema.is_some_and(|schema| next.schema(schema).is_none())
    {
        return Err(moved());
    }
    verify_role(next, default.role)?;
    verify_acl(next, Some(&default.acl))
}

/// The roles and relations that policies and masks name are there.
fn verify_protection(
    next: &Snapshot,
    policies: &[protection::Policy],
    masks: &[protection::Mask],
) -> Result<()> {
    let roles = policies.iter().map(|p| &p.roles).chain(masks.iter().map(|m| &m.roles)).flatten();
    roles.filter(|role| **role != PUBLIC).try_for_each(|role| verify_role(next, *role))?;
    let mut reads = protection::expressions(policies, masks).flat_map(|e| &e.reads);
    match reads.all(|(_, id)| next.relation(*id).is_some()) {
        true => Ok(()),
        false => Err(moved()),
    }
}

fn verify_role(next: &Snapshot, id: RoleId) -> Result<()> {
    match next.role(id) {
        Some(_) => Ok(()),
        None => Err(moved()),
    }
}

fn verify_acl(next: &Snapshot, acl: Option<&Acl>) -> Result<()> {
    let items = acl.map(Acl::items).unwrap_or_default();
    items.iter().try_for_each(|item| {
        if item.grantee != PUBLIC {
            verify_role(next, item.grantee)?;
        }
        verify_role(next, item.grantor)
    })
}

/// A role may go only when nothing names it any more.
fn verify_role_unused(next: &Snapshot, id: RoleId) -> Result<()> {
    let named = |acl: Option<&Acl>| acl.is_some_and(|acl| acl.mentions(id));
    let used = named(next.contents().database.acl.as_ref())
        || next.schemas().any(|s| s.owner == id || named(s.acl.as_ref()))
        || next.relations().any(|r| {
            r.owner == id
                || named(r.acl.as_ref())
                || r.columns.iter().any(|c| c.acl.mentions(id))
                || r.protection.mentions(id)
        })
        || next.default_acls().any(|d| d.role == id || d.acl.mentions(id))
        || next.contents().tags.values().any(|tag| tag.mentions(id));
    if used { Err(moved()) } else { Ok(()) }
}

/// Somebody else's change came first.
fn moved() -> Error {
    Error::serialization("could not serialize access due to concurrent update of the catalog")
}

/// Moves a batch made on `base` onto `newest`: refused with 40001 if `newest` has altered anything the
/// batch touches; ids that the batch gave out are given out anew.
pub fn rebase(base: &Snapshot, newest: &Snapshot, changes: &[Change]) -> Result<Vec<Change>> {
    if changes.iter().any(|change| touched_since(base, newest, change)) {
        return Err(moved());
    }
    let first = base.contents().next_oid;
    let shift = newest.contents().next_oid - first;
    let mut changes = changes.to_vec();
    changes.iter_mut().for_each(|change| renumber(change, first, shift));
    Ok(changes)
}

impl Change {
    /// Whether it is about what one session keeps for itself, and so is nothing for the log.
    pub fn is_temporary(&self) -> bool {
        match self {
            PutRelation(Relation { id, .. }) | DropRelation(id) => id.is_temporary(),
            PutSchema(Schema { id, .. }) | DropSchema(id) => *id == TEMPORARY_SCHEMA,
            PutDatabase(_)
            | PutRole(_)
            | DropRole(_)
            | PutMembership(_)
            | DropMembership { .. }
            | PutSettings(_)
            | PutDefaultAcl(_)
            | DropDefaultAcl(_)
            | PutTag(_)
            | DropTag(_)
            | PutIntent(_)
            | DropIntent(_) => false,
        }
    }

    /// Whether something that stays would name something that goes with a session.
    pub fn leans_on_temporary(&self) -> bool {
        let temporary = |id: &RelationId| id.is_temporary();
        let guarded = |policies: &[protection::Policy], masks: &[protection::Mask]| {
            protection::expressions(policies, masks)
                .flat_map(|e| &e.reads)
                .any(|(_, id)| temporary(id))
        };
        match self {
            PutRelation(relation) => {
                let reads = match &relation.kind {
                    RelationKind::View(view) => view.reads.as_slice(),
                    RelationKind::Table { .. } | RelationKind::Foreign(_) => &[],
                };
                reads.iter().any(|(_, id)| temporary(id))
                    || relation.schema == TEMPORARY_SCHEMA
                    || relation.foreign_keys.iter().any(|key| temporary(&key.references))
                    || guarded(&relation.protection.policies, &relation.protection.masks)
            }
            PutTag(tag) => guarded(&tag.policies, &tag.masks),
            PutDefaultAcl(default) => default.schema == Some(TEMPORARY_SCHEMA),
            PutDatabase(_)
            | PutRole(_)
            | DropRole(_)
            | PutMembership(_)
            | DropMembership { .. }
            | PutSettings(_)
            | PutSchema(_)
            | DropSchema(_)
            | DropRelation(_)
            | DropDefaultAcl(_)
            | DropTag(_)
            | PutIntent(_)
            | DropIntent(_) => false,
        }
    }
}

fn touched_since(base: &Snapshot, newest: &Snapshot, change: &Change) -> bool {
    let version = base.version();
    let first = base.contents().next_oid;
    // An object that the batch itself made cannot have been touched by others.
    let altered = |oid: u32, revision: Option<u64>| {
        oid < first && revision.is_none_or(|revision| revision > version)
    };
    match change {
        PutDatabase(_) => newest.contents().database.revision > version,
        PutRole(Role { id, .. }) | DropRole(id) => {
            altered(id.0, newest.role(*id).map(|r| r.revision))
        }
        PutMembership(Membership { role, member, .. }) | DropMembership { role, member } => {
            let find = |s: &Snapshot| {
                s.memberships().iter().find(|m| (m.role, m.member) == (*role, *member)).copied()
            };
            find(base) != find(newest)
        }
        PutSettings(StoredSettings { role, in_database, .. }) => {
            base.stored_settings(*role, *in_database) != newest.stored_settings(*role, *in_database)
        }
        PutSchema(Schema { id, .. }) | DropSchema(id) => {
            altered(id.0, newest.schema(*id).map(|s| s.revision))
        }
        PutRelation(Relation { id, .. }) | DropRelation(id) => {
            altered(id.0, newest.relation(*id).map(|r| r.revision))
        }
        PutDefaultAcl(DefaultAcl { id, .. }) | DropDefaultAcl(id) => {
            altered(id.0, newest.contents().default_acls.get(id).map(|d| d.revision))
        }
        PutTag(Tag { name, .. }) | DropTag(name) => {
            newest.contents().tags.get(name).map_or(0, |t| t.revision)
                > base.contents().tags.get(name).map_or(0, |t| t.revision)
        }
        PutIntent(intent) => intent.tables.iter().any(|goal| {
            let id = goal.relation;
            // Two that take rows from one table may have taken the same.
            let taken = goal.removes && newest.written(id).removed > version;
            taken || reshaped(base.relation(id), newest.relation(id))
        }),
        DropIntent(_) => false,
    }
}

/// Whether rows that were written for a relation may not fit it any more. Grants in between do not matter.
fn reshaped(then: Option<&Arc<Relation>>, now: Option<&Arc<Relation>>) -> bool {
    let (Some(then), Some(now)) = (then, now) else { return true };
    let shape = |r: &Relation| {
        let column = |c: &Column| (c.number, c.name.clone(), c.sql_type.clone(), c.nullable);
        r.columns.iter().map(column).collect::<Vec<_>>()
    };
    then.kind != now.kind || shape(then) != shape(now)
}

fn renumber(change: &mut Change, first: u32, shift: u32) {
    let new = |oid: &mut u32| {
        if *oid >= first {
            *oid += shift;
        }
    };
    let acl = |acl: Option<&mut Acl>| {
        if let Some(acl) = acl {
            acl.ids_mut().for_each(|id| new(&mut id.0));
        }
    };
    match change {
        PutDatabase(database) => acl(database.acl.as_mut()),
        PutRole(Role { id, .. }) | DropRole(id) => new(&mut id.0),
        PutMembership(m) => {
            [&mut m.role, &mut m.member, &mut m.grantor].into_iter().for_each(|id| new(&mut id.0));
        }
        DropMembership { role, member } => {
            new(&mut role.0);
            new(&mut member.0);
        }
        PutSettings(settings) => settings.role.iter_mut().for_each(|id| new(&mut id.0)),
        PutSchema(schema) => {
            new(&mut schema.id.0);
            new(&mut schema.owner.0);
            acl(schema.acl.as_mut());
        }
        DropSchema(id) => new(&mut id.0),
        PutRelation(relation) => {
            new(&mut relation.id.0);
            new(&mut relation.schema.0);
            new(&mut relation.owner.0);
            acl(relation.acl.as_mut());
            relation.columns.iter_mut().for_each(|c| acl(Some(&mut c.acl)));
            if let RelationKind::View(view) = &mut relation.kind {
                view.reads.iter_mut().for_each(|(_, id)| new(&mut id.0));
            }
            for index in &mut relation.indexes {
                new(&mut index.oid);
                index.constraint.iter_mut().for_each(|c| new(&mut c.oid));
            }
            for key in &mut relation.foreign_keys {
                new(&mut key.oid);
                new(&mut key.references.0);
            }
            let protection = &mut relation.protection;
            protection::renumber(&mut protection.policies, &mut protection.masks, &new);
        }
        DropRelation(id) => new(&mut id.0),
        PutDefaultAcl(default) => {
            new(&mut default.id.0);
            new(&mut default.role.0);
            if let Some(schema) = &mut default.schema {
                new(&mut schema.0);
            }
            acl(Some(&mut default.acl));
        }
        DropDefaultAcl(id) => new(&mut id.0),
        PutTag(tag) => {
            acl(Some(&mut tag.acl));
            acl(Some(&mut tag.denied));
            protection::renumber(&mut tag.policies, &mut tag.masks, &new);
        }
        // An intent names tables that were there before.
        DropTag(_) | PutIntent(_) | DropIntent(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::name::SUPERUSER;
    use super::*;

    fn start() -> Snapshot {
        let role = Role::bootstrap("v".into());
        apply(&Snapshot::default(), &[PutRole(role), PutSchema(schema(2200, "public"))]).unwrap()
    }

    fn schema(id: u32, name: &str) -> Schema {
        Schema {
            id: SchemaId(id),
            name: name.into(),
            owner: SUPERUSER,
            location: None,
            acl: None,
            comment: None,
            revision: 0,
        }
    }

    #[test]
    fn two_servers_make_different_schemas_and_both_stay() {
        let base = start();
        let first = base.contents().next_oid;
        let other = apply(&base, &[PutSchema(schema(first, "theirs"))]).unwrap();
        let mine = rebase(&base, &other, &[PutSchema(schema(first, "mine"))]).unwrap();
        let both = apply(&other, &mine).unwrap();
        assert_ne!(both.schema_named("mine").unwrap().id, both.schema_named("theirs").unwrap().id);
    }

    #[test]
    fn the_same_name_twice_or_the_same_object_twice_is_refused() {
        let base = start();
        let first = base.contents().next_oid;
        let other = apply(&base, &[PutSchema(schema(first, "s"))]).unwrap();
        let mine = rebase(&base, &other, &[PutSchema(schema(first, "s"))]).unwrap();
        assert_eq!(apply(&other, &mine).unwrap_err().state, SqlState::DUPLICATE_SCHEMA);

        let renamed = [PutSchema(schema(2200, "a"))];
        let other = apply(&base, &renamed).unwrap();
        let lost = rebase(&base, &other, &[PutSchema(schema(2200, "b"))]).unwrap_err();
        assert_eq!(lost.state, SqlState::SERIALIZATION_FAILURE);
    }
}
