//! The whole catalog at one version, immutable: every question about names and rights is answered here.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::acl::{Acl, Privileges};
use super::name::{FIRST_OID, Object, PUBLIC, RelationId, RoleId, SchemaId};
use super::protection::{self, Command, Mask, Policy};
use super::relation::{Relation, RelationKind, Schema};
use super::role::{Membership, Role};
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
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, Arc<Tag>>,
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
            tags: BTreeMap::new(),
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
}

impl Snapshot {
    pub fn new(contents: Contents) -> Snapshot {
        let roles_by_name = contents.roles.values().map(|r| (r.name.clone(), r.id)).collect();
        let schemas_by_name = contents.schemas.values().map(|s| (s.name.clone(), s.id)).collect();
        let relations_by_name =
            contents.relations.values().map(|r| ((r.schema, r.name.clone()), r.id)).collect();
        Snapshot { contents, roles_by_name, schemas_by_name, relations_by_name }
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

    /// Every role of which `member` is one, itself included. With `inherited`, only those whose rights it
    /// has without SET ROLE: the way stops at a role that is NOINHERIT.
    pub fn roles_of(&self, member: RoleId, inherited: bool) -> BTreeSet<RoleId> {
        let mut found = BTreeSet::from([member]);
        let mut open = vec![member];
        while let Some(at) = open.pop() {
            if inherited && self.role(at).is_some_and(|r| !r.inherit) {
                continue;
            }
            for membership in self.memberships().iter().filter(|m| m.member == at) {
                if found.insert(membership.role) {
                    open.push(membership.role);
                }
            }
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

    /// May `role` grant membership in `other` (`is_admin_of_role`)?
    pub fn is_admin(&self, role: RoleId, other: RoleId) -> bool {
        let members = self.roles_of(role, false);
        self.is_superuser(role)
            || self
                .memberships()
                .iter()
                .any(|m| m.admin && m.role == other && members.contains(&m.member))
    }

    pub fn owner(&self, object: Object) -> Option<RoleId> {
        match object {
            Object::Database => Some(super::name::SUPERUSER),
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
                let owner = super::name::SUPERUSER;
                let mut acl = Acl::owned(owner, Privileges::ALL_DATABASE);
                let open = Privileges::CONNECT | Privileges::TEMPORARY;
                acl.grant(PUBLIC, owner, open, Privileges::NONE);
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
            return !Privileges::NONE;
        }
        let roles = self.roles_of(role, true);
        let holds = |r| roles.contains(&r);
        let mut held = acl.held(holds);
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

    /// As whom `role` grants on `object`, and which privileges it may grant (`select_best_grantor`).
    pub fn grantor(
        &self,
        role: RoleId,
        object: Object,
        wanted: Privileges,
    ) -> (RoleId, Privileges) {
        let Some(owner) = self.owner(object) else { return (role, Privileges::NONE) };
        if self.has_role(role, owner) {
            return (owner, !Privileges::NONE);
        }
        let acl = self.acl(object).unwrap_or_default();
        let mut best = (role, acl.options_of(role, owner) & wanted);
        for other in self.roles_of(role, true) {
            let options = acl.options_of(other, owner) & wanted;
            if options.count() > best.1.count() {
                best = (other, options);
            }
        }
        best
    }
}
