//! Privileges, grant options, grantors: pure algebra, after PostgreSQL's `acl.c`.
//!
//! An ACL holds at most one item per grantee and grantor. Who holds what through membership is asked of the
//! snapshot, which knows the roles.

use std::fmt;
use std::ops::{BitAnd, BitOr, BitOrAssign, Not};

use serde::{Deserialize, Serialize};

use super::name::{PUBLIC, RoleId};

/// A set of privileges.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Privileges(u16);

/// (privilege, letter in an ACL, word in GRANT); in the order in which PostgreSQL prints them.
const TABLE: &[(Privileges, char, &str)] = &[
    (Privileges::INSERT, 'a', "INSERT"),
    (Privileges::SELECT, 'r', "SELECT"),
    (Privileges::UPDATE, 'w', "UPDATE"),
    (Privileges::DELETE, 'd', "DELETE"),
    (Privileges::TRUNCATE, 'D', "TRUNCATE"),
    (Privileges::REFERENCES, 'x', "REFERENCES"),
    (Privileges::TRIGGER, 't', "TRIGGER"),
    (Privileges::EXECUTE, 'X', "EXECUTE"),
    (Privileges::USAGE, 'U', "USAGE"),
    (Privileges::CREATE, 'C', "CREATE"),
    (Privileges::TEMPORARY, 'T', "TEMPORARY"),
    (Privileges::CONNECT, 'c', "CONNECT"),
    (Privileges::SET, 's', "SET"),
    (Privileges::ALTER_SYSTEM, 'A', "ALTER SYSTEM"),
];

impl Privileges {
    pub const NONE: Privileges = Privileges(0);
    pub const INSERT: Privileges = Privileges(1);
    pub const SELECT: Privileges = Privileges(1 << 1);
    pub const UPDATE: Privileges = Privileges(1 << 2);
    pub const DELETE: Privileges = Privileges(1 << 3);
    pub const TRUNCATE: Privileges = Privileges(1 << 4);
    pub const REFERENCES: Privileges = Privileges(1 << 5);
    pub const TRIGGER: Privileges = Privileges(1 << 6);
    pub const USAGE: Privileges = Privileges(1 << 7);
    pub const CREATE: Privileges = Privileges(1 << 8);
    pub const TEMPORARY: Privileges = Privileges(1 << 9);
    pub const CONNECT: Privileges = Privileges(1 << 10);
    // Known by name, and legal on nothing that lakewire has.
    pub const EXECUTE: Privileges = Privileges(1 << 11);
    pub const SET: Privileges = Privileges(1 << 12);
    pub const ALTER_SYSTEM: Privileges = Privileges(1 << 13);

    /// What ALL means on a table or view.
    pub const ALL_RELATION: Privileges = Privileges(0b111_1111);
    /// What ALL means on a column.
    pub const ALL_COLUMN: Privileges =
        Privileges(Self::INSERT.0 | Self::SELECT.0 | Self::UPDATE.0 | Self::REFERENCES.0);
    pub const ALL_SCHEMA: Privileges = Privileges(Self::USAGE.0 | Self::CREATE.0);
    pub const ALL_DATABASE: Privileges =
        Privileges(Self::CREATE.0 | Self::TEMPORARY.0 | Self::CONNECT.0);

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn contains(self, other: Privileges) -> bool {
        self.0 & other.0 == other.0
    }

    pub fn intersects(self, other: Privileges) -> bool {
        self.0 & other.0 != 0
    }

    pub fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// The single privileges of the set, in printing order.
    pub fn each(self) -> impl Iterator<Item = Privileges> {
        TABLE.iter().map(|row| row.0).filter(move |p| self.contains(*p))
    }

    /// From the word in GRANT or in `has_table_privilege`, any case.
    pub fn from_word(word: &str) -> Option<Privileges> {
        let word = word.to_ascii_uppercase();
        let word = if word == "TEMP" { "TEMPORARY" } else { &word };
        TABLE.iter().find(|row| row.2 == word).map(|row| row.0)
    }

    /// The words, `SELECT` or `INSERT, SELECT`.
    pub fn words(self) -> String {
        let words: Vec<_> =
            TABLE.iter().filter(|row| self.contains(row.0)).map(|row| row.2).collect();
        words.join(", ")
    }
}

impl BitOr for Privileges {
    type Output = Privileges;
    fn bitor(self, other: Privileges) -> Privileges {
        Privileges(self.0 | other.0)
    }
}

impl BitOrAssign for Privileges {
    fn bitor_assign(&mut self, other: Privileges) {
        self.0 |= other.0;
    }
}

impl BitAnd for Privileges {
    type Output = Privileges;
    fn bitand(self, other: Privileges) -> Privileges {
        Privileges(self.0 & other.0)
    }
}

impl Not for Privileges {
    type Output = Privileges;
    fn not(self) -> Privileges {
        Privileges(!self.0)
    }
}

impl fmt::Debug for Privileges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words())
    }
}

/// In the catalog's log as letters, so that a person can read it.
impl Serialize for Privileges {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let letters: String =
            TABLE.iter().filter(|row| self.contains(row.0)).map(|row| row.1).collect();
        serializer.serialize_str(&letters)
    }
}

impl<'de> Deserialize<'de> for Privileges {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let letters = String::deserialize(deserializer)?;
        letters.chars().try_fold(Privileges::NONE, |set, letter| {
            let row = TABLE.iter().find(|row| row.1 == letter);
            let row = row.ok_or_else(|| {
                serde::de::Error::custom(format!("unknown privilege letter '{letter}'"))
            })?;
            Ok(set | row.0)
        })
    }
}

/// What one role gave another on one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AclItem {
    /// [`PUBLIC`] for everybody.
    pub grantee: RoleId,
    pub grantor: RoleId,
    pub privileges: Privileges,
    /// Those of `privileges` that may be granted on.
    pub options: Privileges,
}

/// The grants of one object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Acl(Vec<AclItem>);

/// Why an ACL does not take a change.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A revoke that would leave grants without their grantor's option.
    DependentGrants,
    /// A grant option that would come back to where it came from: revoking could then never end it.
    OwnGrantor,
}

/// What grants on one object are judged by.
#[derive(Clone, Copy)]
pub struct Ground<'g> {
    pub owner: RoleId,
    /// Whether the first role has the privileges of the second (`has_privs_of_role`).
    pub has_role: &'g dyn Fn(RoleId, RoleId) -> bool,
}

impl fmt::Debug for Ground<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ground").field("owner", &self.owner).finish_non_exhaustive()
    }
}

/// One revoke: what, and how far it reaches.
#[derive(Clone, Copy, Debug)]
pub struct Revoke {
    pub grantee: RoleId,
    pub grantor: RoleId,
    pub privileges: Privileges,
    /// GRANT OPTION FOR: the privileges themselves stay.
    pub options_only: bool,
    pub cascade: bool,
}

impl Acl {
    /// What an object has before anything was granted: its owner holds all. An owner's grant options
    /// are implied by ownership and not listed (`acldefault`).
    pub fn owned(owner: RoleId, all: Privileges) -> Acl {
        let mut acl = Acl::default();
        acl.grant(owner, owner, all, Privileges::NONE);
        acl
    }

    pub fn items(&self) -> &[AclItem] {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds to what `grantor` has given `grantee`.
    pub fn grant(
        &mut self,
        grantee: RoleId,
        grantor: RoleId,
        privileges: Privileges,
        options: Privileges,
    ) {
        if privileges.is_empty() {
            return;
        }
        match self.0.iter_mut().find(|i| i.grantee == grantee && i.grantor == grantor) {
            Some(item) => {
                item.privileges |= privileges;
                item.options |= options;
            }
            None => self.0.push(AclItem { grantee, grantor, privileges, options }),
        }
    }

    /// Takes back what anybody gave `grantee`.
    pub fn take(&mut self, grantee: RoleId, privileges: Privileges) {
        for item in self.0.iter_mut().filter(|i| i.grantee == grantee) {
            item.privileges = item.privileges & !privileges;
            item.options = item.options & !privileges;
        }
        self.0.retain(|i| !i.privileges.is_empty());
    }

    /// The same, unless the options would come back to their own grantor (`check_circularity`).
    pub fn grant_on(
        &mut self,
        grantee: RoleId,
        grantor: RoleId,
        privileges: Privileges,
        options: Privileges,
        ground: Ground<'_>,
    ) -> Result<(), Refusal> {
        if !options.is_empty() && grantor != ground.owner {
            let own = self.without_options_of(grantee, ground).options(grantor, ground);
            if !own.contains(options) {
                return Err(Refusal::OwnGrantor);
            }
        }
        self.grant(grantee, grantor, privileges, options);
        Ok(())
    }

    /// As it would be had `role` never been given an option, nor used one.
    fn without_options_of(&self, role: RoleId, ground: Ground<'_>) -> Acl {
        let mut acl = self.clone();
        while let Some(item) =
            acl.0.iter().find(|i| i.grantee == role && !i.options.is_empty()).copied()
        {
            let (grantee, grantor, privileges) = (role, item.grantor, item.options);
            let revoke =
                Revoke { grantee, grantor, privileges, options_only: false, cascade: true };
            if acl.revoke(revoke, ground).is_err() {
                return Acl::default();
            }
        }
        acl
    }

    /// Takes back what `grantor` gave `grantee`. Grants that rested on an option that is now gone go
    /// too with `cascade`, else they are the reason to refuse (`recursive_revoke`).
    pub fn revoke(&mut self, revoke: Revoke, ground: Ground<'_>) -> Result<(), Refusal> {
        let Revoke { grantee, grantor, privileges, options_only, cascade } = revoke;
        let found = self.0.iter_mut().find(|i| i.grantee == grantee && i.grantor == grantor);
        let Some(item) = found else { return Ok(()) };
        let lost = item.options & privileges;
        item.options = item.options & !privileges;
        if !options_only {
            item.privileges = item.privileges & !privileges;
        }
        self.0.retain(|i| !i.privileges.is_empty());
        // The owner can never lose the options.
        if lost.is_empty() || grantee == ground.owner {
            return Ok(());
        }
        self.revoke_dependents(grantee, lost, cascade, ground)
    }

    /// `role` has lost options: unless it still has them from elsewhere, its own grants fall.
    fn revoke_dependents(
        &mut self,
        role: RoleId,
        lost: Privileges,
        cascade: bool,
        ground: Ground<'_>,
    ) -> Result<(), Refusal> {
        let lost = lost & !self.options(role, ground);
        while let Some(item) =
            self.0.iter().find(|i| i.grantor == role && i.privileges.intersects(lost)).copied()
        {
            if !cascade {
                return Err(Refusal::DependentGrants);
            }
            let (grantee, grantor, privileges) = (item.grantee, role, lost);
            self.revoke(
                Revoke { grantee, grantor, privileges, options_only: false, cascade },
                ground,
            )?;
        }
        Ok(())
    }

    /// The grant options `role` has, by its own name or through roles whose privileges it has (`aclmask`).
    pub fn options(&self, role: RoleId, ground: Ground<'_>) -> Privileges {
        if (ground.has_role)(role, ground.owner) {
            return !Privileges::NONE;
        }
        self.0
            .iter()
            .filter(|i| i.grantee == PUBLIC || (ground.has_role)(role, i.grantee))
            .fold(Privileges::NONE, |set, i| set | i.options)
    }

    /// The grant options given to `role` by name (`aclmask_direct`).
    pub fn options_of(&self, role: RoleId, owner: RoleId) -> Privileges {
        if role == owner {
            return !Privileges::NONE;
        }
        self.0.iter().filter(|i| i.grantee == role).fold(Privileges::NONE, |set, i| set | i.options)
    }

    /// Both lists, one after the other: a column's rights together with its relation's.
    pub fn concat(&self, other: &Acl) -> Acl {
        Acl(self.0.iter().chain(&other.0).copied().collect())
    }

    /// All of `other` added, as when per-schema defaults are put on global ones (`aclmerge`).
    pub fn merge(&mut self, other: &Acl) {
        for item in &other.0 {
            self.grant(item.grantee, item.grantor, item.privileges, item.options);
        }
    }

    /// By grantee, then grantor, as PostgreSQL keeps defaults (`aclitemsort`).
    pub fn sorted(mut self) -> Acl {
        self.0.sort_by_key(|i| (i.grantee, i.grantor, i.privileges, i.options));
        self
    }

    /// What a role holds for which `has_role(r)` says that it may act as `r`. PUBLIC counts for all.
    pub fn held(&self, has_role: impl Fn(RoleId) -> bool) -> Privileges {
        self.0
            .iter()
            .filter(|i| i.grantee == PUBLIC || has_role(i.grantee))
            .fold(Privileges::NONE, |set, i| set | i.privileges)
    }

    /// Whether `role` gave or was given anything here.
    pub fn mentions(&self, role: RoleId) -> bool {
        self.0.iter().any(|i| i.grantee == role || i.grantor == role)
    }

    /// A new owner takes the place of the old in every item (`aclnewowner`).
    pub fn change_owner(&mut self, from: RoleId, to: RoleId) {
        let old = std::mem::take(&mut self.0);
        let swap = |role| if role == from { to } else { role };
        for item in old {
            self.grant(swap(item.grantee), swap(item.grantor), item.privileges, item.options);
        }
    }

    /// Ids inside, for renumbering.
    pub fn ids_mut(&mut self) -> impl Iterator<Item = &mut RoleId> {
        self.0.iter_mut().flat_map(|i| [&mut i.grantee, &mut i.grantor])
    }
}

impl AclItem {
    /// `alice=r*w/postgres`; names come from the caller, quoted where needed.
    pub fn text(&self, name_of: impl Fn(RoleId) -> String) -> String {
        let grantee = if self.grantee == PUBLIC { String::new() } else { name_of(self.grantee) };
        let mut letters = String::new();
        for (privilege, letter, _) in TABLE {
            if self.privileges.contains(*privilege) {
                letters.push(*letter);
                if self.options.contains(*privilege) {
                    letters.push('*');
                }
            }
        }
        format!("{grantee}={letters}/{}", name_of(self.grantor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: RoleId = RoleId(1);
    const ALICE: RoleId = RoleId(2);
    const BOB: RoleId = RoleId(3);
    const READ: Privileges = Privileges::SELECT;

    const GROUND: Ground<'static> = Ground { owner: OWNER, has_role: &|a, b| a == b };

    fn revoke(acl: &mut Acl, cascade: bool) -> Result<(), Refusal> {
        let (grantee, grantor, privileges) = (ALICE, OWNER, READ);
        acl.revoke(Revoke { grantee, grantor, privileges, options_only: false, cascade }, GROUND)
    }

    fn chain() -> Acl {
        let mut acl = Acl::owned(OWNER, Privileges::ALL_RELATION);
        acl.grant(ALICE, OWNER, READ, READ);
        acl.grant(BOB, ALICE, READ, READ);
        acl
    }

    #[test]
    fn a_revoked_option_takes_its_grants_along_or_refuses() {
        let mut acl = chain();
        assert_eq!(revoke(&mut acl.clone(), false), Err(Refusal::DependentGrants));
        revoke(&mut acl, true).unwrap();
        assert_eq!(acl, Acl::owned(OWNER, Privileges::ALL_RELATION));
    }

    #[test]
    fn no_option_comes_back_to_its_own_grantor() {
        let mut acl = chain();
        let back = acl.grant_on(ALICE, BOB, READ, READ, GROUND);
        assert_eq!(back, Err(Refusal::OwnGrantor));
        acl.grant_on(ALICE, BOB, READ, Privileges::NONE, GROUND).unwrap();
    }

    #[test]
    fn who_has_the_option_through_a_group_keeps_its_grants() {
        let group = RoleId(9);
        let ground =
            Ground { owner: OWNER, has_role: &|a, b| a == b || (a == ALICE && b == group) };
        let mut acl = chain();
        acl.grant(group, OWNER, READ, READ);
        let (grantee, grantor, privileges) = (ALICE, OWNER, READ);
        let revoke = Revoke { grantee, grantor, privileges, options_only: false, cascade: false };
        acl.revoke(revoke, ground).unwrap();
        assert_eq!(acl.held(|r| r == BOB), READ);
    }

    #[test]
    fn public_is_everybody() {
        let mut acl = Acl::default();
        acl.grant(PUBLIC, OWNER, READ, Privileges::NONE);
        assert_eq!(acl.held(|_| false), READ);
        assert_eq!(chain().held(|r| r == BOB), READ);
        assert!(chain().held(|_| false).is_empty());
    }

    #[test]
    fn text_as_in_dp() {
        let name = |r: RoleId| if r == OWNER { "own".to_owned() } else { "alice".to_owned() };
        let acl = chain();
        assert_eq!(acl.items()[0].text(name), "own=arwdDxt/own");
        assert_eq!(acl.items()[1].text(name), "alice=r*/own");
    }
}
