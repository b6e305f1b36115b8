//! The whole catalog at one version, immutable: every question about names and rights is answered here.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::acl::{Acl, Ground, Privileges};
use super::default_acl::{self, DefaultAcl};
use super::intent::{Intent, Written};
use super::keys::{ForeignKey, Index};
use super::name::{
    AUDIT_EVENTS, AUDIT_SCHEMA, DefaultAclId, FIRST_OID, Object, PUBLIC, RelationId, RoleId,
    SUPERUSER, SchemaId, TEMPORARY_ALIAS, TEMPORARY_SCHEMA,
};
use super::protection::{self, Command, Mask, Policy};
use super::relation::{Relation, RelationKind, Schema};
use super::role::{self, Membership, Role};
use super::settings::StoredSettings;
use super::tag::Tag;

/// What is written down of a snapshot; the indexes over it are made anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contents {
    pub version: u64,
    /// The next OID to give; only ever grows, so that none is given twice.
    pub next_oid: u32,
    pub database: Database,
    pub roles: BTreeMap<RoleId, Arc<Role>>,
    pub memberships: Vec<Membership>,
    #[serde(default)]
    pub settings: Vec<StoredSettings>,
    pub schemas: BTreeMap<SchemaId, Arc<Schema>>,
    pub relations: BTreeMap<RelationId, Arc<Relation>>,
    #[serde(default)]
    pub default_acls: BTreeMap<DefaultAclId, Arc<DefaultAcl>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, Arc<Tag>>,
    /// Transactions over several tables that may not be in all of them yet, by number.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub intents: BTreeMap<u64, Arc<Intent>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub written: BTreeMap<RelationId, Written>,
}

/// The one database of the lake. Its name is a setting; its owner is the first superuser.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Database {
    /// None means the default: everybody may connect.
    pub acl: Option<Acl>,
    pub comment: Option<String>,
    #[serde(default)]
    pub revision: u64,
}

impl Default for Contents {
    fn default() -> Self {
        Contents {
            version: 0,
            next_oid: FIRST_OID,
            database: Database::default(),
            roles: BTreeMap::new(),
            memberships: Vec::new(),
            settings: Vec::new(),
            schemas: BTreeMap::new(),
            relations: BTreeMap::new(),
            default_acls: BTreeMap::new(),
            tags: BTreeMap::new(),
            intents: BTreeMap::new(),
            written: BTreeMap::new(),
        }
    }
}

/// Whether a relation's policies and masks stand between it and a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    Open,
    Protected,
}

/// [`Contents`] with indexes by name.
#[derive(Debug, Default)]
pub struct Snapshot {
    contents: Contents,
    roles_by_name: HashMap<String, RoleId>,
    schemas_by_name: HashMap<String, SchemaId>,
    relations_by_name: HashMap<(SchemaId, String), RelationId>,
    /// Indexes share their names with relations.
    indexes_by_name: HashMap<(SchemaId, String), RelationId>,
}

impl Snapshot {
    pub fn new(mut contents: Contents) -> Snapshot {
        add_predefined(&mut contents);
        let roles_by_name = contents.roles.values().map(|r| (r.name.clone(), r.id)).collect();
        let mut schemas_by_name: HashMap<_, _> =
            contents.schemas.values().map(|s| (s.name.clone(), s.id)).collect();
        if contents.schemas.contains_key(&TEMPORARY_SCHEMA) {
            schemas_by_name.insert(TEMPORARY_ALIAS.to_owned(), TEMPORARY_SCHEMA);
        }
        let relations_by_name =
            contents.relations.values().map(|r| ((r.schema, r.name.clone()), r.id)).collect();
        let indexes = |r: &Arc<Relation>| {
            let (schema, id) = (r.schema, r.id);
            let names: Vec<String> = r.indexes.iter().map(|index| index.name.clone()).collect();
            names.into_iter().map(move |name| ((schema, name), id))
        };
        let indexes_by_name = contents.relations.values().flat_map(indexes).collect();
        Snapshot { contents, roles_by_name, schemas_by_name, relations_by_name, indexes_by_name }
    }

    pub fn version(&self) -> u64 {
        self.contents.version
    }

    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    // Names to things.

    pub fn role(&self, id: RoleId) -> Option<&Arc<Role>> {
        self.contents.roles.get(&id)
    }

    pub fn role_named(&self, name: &str) -> Option<&Arc<Role>> {
        self.role(*self.roles_by_name.get(name)?)
    }

    /// A role's name for messages and ACLs; a dropped role shows its number, as in PostgreSQL.
    pub fn role_name(&self, id: RoleId) -> String {
        match self.role(id) {
            Some(role) => role.name.clone(),
            None if id == PUBLIC => "public".to_owned(),
            None => id.to_string(),
        }
    }

    pub fn roles(&self) -> impl Iterator<Item = &Arc<Role>> {
        self.contents.roles.values()
    }

    pub fn memberships(&self) -> &[Membership] {
        &self.contents.memberships
    }

    /// What was stored for a role or everybody, in the database or in any.
    pub fn stored_settings(
        &self,
        role: Option<RoleId>,
        in_database: bool,
    ) -> Option<&StoredSettings> {
        self.contents.settings.iter().find(|s| s.is_for(role, in_database))
    }

    pub fn schema(&self, id: SchemaId) -> Option<&Arc<Schema>> {
        self.contents.schemas.get(&id)
    }

    pub fn schema_named(&self, name: &str) -> Option<&Arc<Schema>> {
        self.schema(*self.schemas_by_name.get(name)?)
    }

    pub fn schemas(&self) -> impl Iterator<Item = &Arc<Schema>> {
        self.contents.schemas.values()
    }

    pub fn relation(&self, id: RelationId) -> Option<&Arc<Relation>> {
        self.contents.relations.get(&id)
    }

    pub fn relation_named(&self, schema: SchemaId, name: &str) -> Option<&Arc<Relation>> {
        // The owned key is the price of a plain map; names are short.
        self.relation(*self.relations_by_name.get(&(schema, name.to_owned()))?)
    }

    /// The index of this name and its table.
    pub fn index_named(&self, schema: SchemaId, name: &str) -> Option<(&Arc<Relation>, &Index)> {
        let on = self.relation(*self.indexes_by_name.get(&(schema, name.to_owned()))?)?;
        on.indexes.iter().find(|index| index.name == name).map(|index| (on, index))
    }

    pub fn index(&self, oid: u32) -> Option<(&Arc<Relation>, &Index)> {
        self.relations().find_map(|r| r.indexes.iter().find(|i| i.oid == oid).map(|i| (r, i)))
    }

    /// Whether a relation or an index has this name.
    pub fn is_taken(&self, schema: SchemaId, name: &str) -> bool {
        self.relation_named(schema, name).is_some() || self.index_named(schema, name).is_some()
    }

    /// Foreign keys of other tables that refer to this one.
    pub fn referring(&self, id: RelationId) -> impl Iterator<Item = (&Arc<Relation>, &ForeignKey)> {
        let others = self.relations().filter(move |r| r.id != id);
        others.flat_map(move |r| {
            r.foreign_keys.iter().filter(move |key| key.references == id).map(move |key| (r, key))
        })
    }

    pub fn relations(&self) -> impl Iterator<Item = &Arc<Relation>> {
        self.contents.relations.values()
    }

    pub fn relations_in(&self, schema: SchemaId) -> impl Iterator<Item = &Arc<Relation>> {
        self.relations().filter(move |r| r.schema == schema)
    }

    pub fn tag(&self, name: &str) -> Option<&Arc<Tag>> {
        self.contents.tags.get(name)
    }

    /// What is said of the tags that a relation bears as a whole.
    fn relation_tags<'a>(&'a self, relation: &'a Relation) -> impl Iterator<Item = &'a Arc<Tag>> {
        relation.protection.tags.iter().filter_map(|name| self.tag(name))
    }

    /// The transactions over several tables that a relation holds at this version.
    pub fn written(&self, id: RelationId) -> Written {
        self.contents.written.get(&id).copied().unwrap_or_default()
    }

    pub fn intents(&self) -> impl Iterator<Item = &Arc<Intent>> {
        self.contents.intents.values()
    }

    /// Views that read `id` directly.
    pub fn readers(&self, id: RelationId) -> impl Iterator<Item = &Arc<Relation>> {
        self.relations().filter(move |r| match &r.kind {
            RelationKind::View(view) => view.reads.iter().any(|(_, read)| *read == id),
            RelationKind::Table { .. } | RelationKind::Foreign(_) => false,
        })
    }

    // Rights.

    /// Whether `role` is a superuser itself; that is not inherited.
    pub fn is_superuser(&self, role: RoleId) -> bool {
        self.role(role).is_some_and(|r| r.superuser)
    }

    /// Every role of which `member` is one, itself included and first, the nearest before the farther.
    /// With `inherited`, only those whose rights it has without SET ROLE: the way stops at a role that is
    /// NOINHERIT (`roles_is_member_of`).
    pub fn roles_of(&self, member: RoleId, inherited: bool) -> Vec<RoleId> {
        let mut found = vec![member];
        let mut seen = BTreeSet::from([member]);
        let mut next = 0;
        while let Some(at) = found.get(next).copied() {
            next += 1;
            if inherited && self.role(at).is_some_and(|r| !r.inherit) {
                continue;
            }
            let mut joined: Vec<RoleId> =
                self.memberships().iter().filter(|m| m.member == at).map(|m| m.role).collect();
            joined.sort_unstable();
            // The database's owner has this one without being told so.
            joined.extend((at == SUPERUSER).then_some(role::DATABASE_OWNER));
            found.extend(joined.into_iter().filter(|role| seen.insert(*role)));
        }
        found
    }

    /// May `role` act with the rights of `other` right now (`has_privs_of_role`)?
    pub fn has_role(&self, role: RoleId, other: RoleId) -> bool {
        role == other || self.is_superuser(role) || self.roles_of(role, true).contains(&other)
    }

    /// May `role` SET ROLE to `other` (`is_member_of_role`)?
    pub fn is_member(&self, role: RoleId, other: RoleId) -> bool {
        role == other || self.is_superuser(role) || self.roles_of(role, false).contains(&other)
    }

    /// May `role` grant membership in `other` (`is_admin_of_role`)? Nobody in themselves.
    pub fn is_admin(&self, role: RoleId, other: RoleId) -> bool {
        if self.is_superuser(role) {
            return true;
        }
        let members = self.roles_of(role, false);
        let given = |m: &Membership| m.admin && m.role == other && members.contains(&m.member);
        role != other && self.memberships().iter().any(given)
    }

    /// May it make and alter roles?
    pub fn may_create_roles(&self, role: RoleId) -> bool {
        self.role(role).is_some_and(|r| r.superuser || r.createrole)
    }

    pub fn default_acls(&self) -> impl Iterator<Item = &Arc<DefaultAcl>> {
        self.contents.default_acls.values()
    }

    /// What ALTER DEFAULT PRIVILEGES says of what `owner` makes (there); no schema means everywhere.
    pub fn default_acl(
        &self,
        owner: RoleId,
        schema: Option<SchemaId>,
        on: default_acl::On,
    ) -> Option<&Arc<DefaultAcl>> {
        self.default_acls().find(|d| (d.role, d.schema, d.on) == (owner, schema, on))
    }

    /// The grants that an object gets when it is made; None where nothing but the default was said
    /// (`get_user_default_acl`).
    pub fn initial_acl(
        &self,
        owner: RoleId,
        schema: Option<SchemaId>,
        on: default_acl::On,
    ) -> Option<Acl> {
        let everywhere = self.default_acl(owner, None, on);
        let there = schema.and_then(|schema| self.default_acl(owner, Some(schema), on));
        let plain = Acl::owned(owner, on.all());
        let mut acl = everywhere.map_or_else(|| plain.clone(), |d| d.acl.clone());
        if let Some(there) = there {
            acl.merge(&there.acl);
        }
        let acl = acl.sorted();
        // Defaults that leave nothing, not even to the owner, are passed over (`aclmerge`).
        (acl != plain && !acl.is_empty()).then_some(acl)
    }

    pub fn owner(&self, object: Object) -> Option<RoleId> {
        match object {
            Object::Database => Some(SUPERUSER),
            Object::Schema(id) => self.schema(id).map(|s| s.owner),
            Object::Relation(id) | Object::Column(id, _) => self.relation(id).map(|r| r.owner),
        }
    }

    pub fn owns(&self, role: RoleId, object: Object) -> bool {
        self.owner(object).is_some_and(|owner| self.has_role(role, owner))
    }

    /// The grants of an object, the default put in where nothing was granted. None if it is gone.
    pub fn acl(&self, object: Object) -> Option<Acl> {
        match object {
            Object::Database => Some(self.contents.database.acl.clone().unwrap_or_else(|| {
                let mut acl = Acl::default();
                let open = Privileges::CONNECT | Privileges::TEMPORARY;
                acl.grant(PUBLIC, SUPERUSER, open, Privileges::NONE);
                acl.grant(SUPERUSER, SUPERUSER, Privileges::ALL_DATABASE, Privileges::NONE);
                acl
            })),
            Object::Schema(id) => self.schema(id).map(|s| {
                s.acl.clone().unwrap_or_else(|| Acl::owned(s.owner, Privileges::ALL_SCHEMA))
            }),
            Object::Relation(id) => self.relation(id).map(|r| {
                r.acl.clone().unwrap_or_else(|| Acl::owned(r.owner, Privileges::ALL_RELATION))
            }),
            Object::Column(id, number) => {
                self.relation(id)?.column_by_number(number).map(|c| c.acl.clone())
            }
        }
    }

    /// All that `role` holds on an object: by grant, by membership, by ownership of it, as PUBLIC, as
    /// superuser. A column's answer is about the column's own grants; ask for the relation too.
    pub fn held(&self, role: RoleId, object: Object) -> Privileges {
        let Some(acl) = self.acl(object) else { return Privileges::NONE };
        if self.is_superuser(role) {
            return most(object);
        }
        // Who may make temporary objects may do all in their schema, others may look (`pg_namespace_aclmask`).
        if object == Object::Schema(TEMPORARY_SCHEMA) {
            return match self.held(role, Object::Database).contains(Privileges::TEMPORARY) {
                true => Privileges::ALL_SCHEMA,
                false => Privileges::USAGE,
            };
        }
        let roles = self.roles_of(role, true);
        let holds = |r| roles.contains(&r);
        let mut held = acl.held(holds) | predefined_rights(&roles, object);
        for tag in self.tags_on(object) {
            held |= tag.acl.held(holds);
        }
        held
    }

    /// What is said of the tags that an object bears; a column bears its relation's too.
    fn tags_on(&self, object: Object) -> impl Iterator<Item = &Arc<Tag>> {
        let (id, number) = match object {
            Object::Relation(id) => (Some(id), None),
            Object::Column(id, number) => (Some(id), Some(number)),
            Object::Database | Object::Schema(_) => (None, None),
        };
        let relation = id.and_then(|id| self.relation(id));
        let column = relation.and_then(|r| r.column_by_number(number?));
        let names = relation.into_iter().flat_map(|r| &r.protection.tags);
        names.chain(column.into_iter().flat_map(|c| &c.tags)).filter_map(|name| self.tag(name))
    }

    /// What is denied to `role` on an object by the tags it bears. The owner and superusers are denied
    /// nothing: they could take the tag off.
    fn denied(&self, role: RoleId, object: Object) -> Privileges {
        if self.contents.tags.is_empty() || self.is_superuser(role) {
            return Privileges::NONE;
        }
        let mut denied = Privileges::NONE;
        let mut roles = None;
        for tag in self.tags_on(object).filter(|tag| !tag.denied.is_empty()) {
            let roles = roles.get_or_insert_with(|| self.roles_of(role, true));
            denied |= tag.denied.held(|r| roles.contains(&r));
        }
        if denied != Privileges::NONE && self.owns(role, object) {
            return Privileges::NONE;
        }
        denied
    }

    /// Whether a tag that a column bears denies `privilege` on it, so that a right on the whole relation is
    /// not enough.
    pub fn denied_columns(&self, role: RoleId, id: RelationId, privilege: Privileges) -> Vec<i16> {
        if self.contents.tags.is_empty() {
            return Vec::new();
        }
        let columns = self.relation(id).map(|r| r.columns.as_slice()).unwrap_or_default();
        let numbers = columns.iter().map(|c| c.number);
        numbers
            .filter(|n| !(self.denied(role, Object::Column(id, *n)) & privilege).is_empty())
            .collect()
    }

    /// Whether `role` holds all of `privileges` on `object`; on a column also through its relation.
    pub fn holds(&self, role: RoleId, object: Object, privileges: Privileges) -> bool {
        let held = match object {
            Object::Column(relation, _) => {
                self.held(role, object) | self.held(role, Object::Relation(relation))
            }
            other => self.held(role, other),
        };
        held.contains(privileges) && (self.denied(role, object) & privileges).is_empty()
    }

    /// Whether `role` holds `privilege` on at least one column, or on the whole relation.
    pub fn holds_any_column(&self, role: RoleId, id: RelationId, privilege: Privileges) -> bool {
        self.holds(role, Object::Relation(id), privilege)
            || self.relation(id).is_some_and(|r| {
                r.columns.iter().any(|c| self.holds(role, Object::Column(id, c.number), privilege))
            })
    }

    /// Whether policies and masks of a relation touch `role` (`check_enable_rls`).
    pub fn exposure(&self, role: RoleId, relation: &Relation) -> Exposure {
        let protection = &relation.protection;
        let tagged = |tag: &Arc<Tag>| !tag.policies.is_empty() || !tag.masks.is_empty();
        let protected = protection.enabled
            || !protection.masks.is_empty()
            || self.relation_tags(relation).any(tagged)
            || relation
                .columns
                .iter()
                .flat_map(|c| &c.tags)
                .filter_map(|name| self.tag(name))
                .any(|tag| !tag.masks.is_empty());
        let above = self.role(role).is_some_and(|r| r.superuser || r.bypassrls);
        let owner = self.owns(role, Object::Relation(relation.id)) && !protection.forced;
        if protected && !above && !owner { Exposure::Protected } else { Exposure::Open }
    }

    /// The policies that bind `role` when it runs `command`; None where no row security is on.
    pub fn policies_for<'a>(
        &'a self,
        role: RoleId,
        relation: &'a Relation,
        command: Command,
    ) -> Option<Vec<&'a Policy>> {
        let tagged: Vec<&'a Policy> =
            self.relation_tags(relation).flat_map(|tag| &tag.policies).collect();
        if !relation.protection.enabled && tagged.is_empty() {
            return None;
        }
        let own = relation.protection.policies.iter().filter(|_| relation.protection.enabled);
        let roles = self.roles_of(role, true);
        let bound = |p: &&Policy| protection::about(&p.roles, |r| roles.contains(&r));
        Some(own.chain(tagged).filter(|p| p.command.covers(command)).filter(bound).collect())
    }

    /// The mask through which `role` reads a column: one on the column before one on a tag, then by name.
    pub fn mask_for<'a>(
        &'a self,
        role: RoleId,
        relation: &'a Relation,
        number: i16,
    ) -> Option<&'a Mask> {
        let column = relation.column_by_number(number)?;
        let roles = self.roles_of(role, true);
        let bound = |m: &&Mask| protection::about(&m.roles, |r| roles.contains(&r));
        let own = relation.protection.masks.iter().filter(|m| m.column == number).filter(bound);
        let tags = column.tags.iter().chain(&relation.protection.tags);
        let tagged = tags.filter_map(|name| self.tag(name)).flat_map(|t| &t.masks).filter(bound);
        own.min_by(|a, b| a.name.cmp(&b.name)).or_else(|| tagged.min_by(|a, b| a.name.cmp(&b.name)))
    }

    /// As whom `role` grants by this ACL, and which of `wanted` it may grant (`select_best_grantor`).
    pub fn best_grantor(
        &self,
        role: RoleId,
        acl: &Acl,
        owner: RoleId,
        wanted: Privileges,
    ) -> (RoleId, Privileges) {
        if role == owner || self.is_superuser(role) {
            return (owner, wanted);
        }
        let mut best = (role, Privileges::NONE);
        for other in self.roles_of(role, true) {
            let options = acl.options_of(other, owner) & wanted;
            if options == wanted {
                return (other, options);
            }
            if options.count() > best.1.count() {
                best = (other, options);
            }
        }
        best
    }

    /// Whether `role` may grant `privilege` on `object` (`aclmask` over grant options).
    pub fn may_grant(&self, role: RoleId, object: Object, privilege: Privileges) -> bool {
        let (Some(owner), Some(acl)) = (self.owner(object), self.acl(object)) else { return false };
        let has_role = |a, b| self.has_role(a, b);
        acl.options(role, Ground { owner, has_role: &has_role }).contains(privilege)
    }
}

/// The roles that every catalog has come from the program, not from the log: a catalog made before
/// they were known has them too.
fn add_predefined(contents: &mut Contents) {
    if !contents.roles.contains_key(&SUPERUSER) {
        // Nothing is in it yet.
        return;
    }
    let (roles, memberships) = role::predefined();
    for role in roles {
        contents.roles.entry(role.id).or_insert_with(|| Arc::new(role));
    }
    for one in memberships {
        if !contents.memberships.iter().any(|m| (m.role, m.member) == (one.role, one.member)) {
            contents.memberships.push(one);
        }
    }
}

/// The most that anybody holds on an object, superusers included: the audit log is read and nothing else.
fn most(object: Object) -> Privileges {
    match is_audit_log(object) {
        true => Privileges::SELECT | Privileges::USAGE,
        false => !Privileges::NONE,
    }
}

pub fn is_audit_log(object: Object) -> bool {
    match object {
        Object::Database => false,
        Object::Schema(id) => id == AUDIT_SCHEMA,
        Object::Relation(id) | Object::Column(id, _) => id == AUDIT_EVENTS,
    }
}

/// What `pg_read_all_data` and `pg_write_all_data` give beside the grants.
fn predefined_rights(roles: &[RoleId], object: Object) -> Privileges {
    if is_audit_log(object) {
        // Rights to read everything do not reach what is written about their holders.
        return Privileges::NONE;
    }
    let writes = Privileges::INSERT | Privileges::UPDATE | Privileges::DELETE;
    let (read, write) = match object {
        Object::Relation(_) => (Privileges::SELECT, writes),
        Object::Schema(_) => (Privileges::USAGE, Privileges::USAGE),
        // A column's own grants say nothing of it; its relation does.
        Object::Column(..) | Object::Database => (Privileges::NONE, Privileges::NONE),
    };
    let given = |role, privileges| {
        if roles.contains(&role) { privileges } else { Privileges::NONE }
    };
    given(role::READ_ALL, read) | given(role::WRITE_ALL, write)
}
