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
    (Privileges::USAGE, 'U', "USAGE"),
    (Privileges::CREATE, 'C', "CREATE"),
    (Privileges::TEMPORARY, 'T', "TEMPORARY"),
    (Privileges::CONNECT, 'c', "CONNECT"),
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

/// A revoke that would leave grants without their grantor's option.
#[derive(Debug, PartialEq, Eq)]
pub struct DependentGrants;

impl Acl {
    /// What an object has before anything was granted: its owner holds all. An owner's grant options
    /// are implied by ownership and not listed (`acldefault`).
    pub fn owned(owner: RoleId, all: Privileges) -> Acl {
        Acl(vec![AclItem {
            grantee: owner,
            grantor: owner,
            privileges: all,
            options: Privileges::NONE,
        }])
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

    /// Takes back what `grantor` gave `grantee`. Grants that rested on an option that is now gone go
    /// too with `cascade`, else they are the reason to refuse (`recursive_revoke`).
    pub fn revoke(
        &mut self,
        grantee: RoleId,
        grantor: RoleId,
        owner: RoleId,
        privileges: Privileges,
        options_only: bool,
        cascade: bool,
    ) -> Result<(), DependentGrants> {
        let Some(item) = self.0.iter_mut().find(|i| i.grantee == grantee && i.grantor == grantor)
        else {
            return Ok(());
        };
        let options_before = item.options;
        item.options = item.options & !privileges;
        if !options_only {
            item.privileges = item.privileges & !privileges;
        }
        let lost = options_before & privileges;
        self.0.retain(|i| !i.privileges.is_empty());
        if lost.is_empty() || grantee == owner {
            return Ok(());
        }
        self.revoke_dependents(grantee, owner, lost, cascade)
    }

    /// `role` has lost options: unless it still holds them from another grantor, its own grants fall.
    fn revoke_dependents(
        &mut self,
        role: RoleId,
        owner: RoleId,
        lost: Privileges,
        cascade: bool,
    ) -> Result<(), DependentGrants> {
        let lost = lost & !self.options_of(role, owner);
        if lost.is_empty() {
            return Ok(());
        }
        let dependents: Vec<RoleId> = self
            .0
            .iter()
            .filter(|i| i.grantor == role && i.privileges.intersects(lost))
            .map(|i| i.grantee)
            .collect();
        if !dependents.is_empty() && !cascade {
            return Err(DependentGrants);
        }
        for grantee in dependents {
            self.revoke(grantee, role, owner, lost, false, true)?;
        }
        Ok(())
    }

    /// The grant options `role` holds itself, not through membership.
    pub fn options_of(&self, role: RoleId, owner: RoleId) -> Privileges {
        if role == owner {
            return !Privileges::NONE;
        }
        self.0.iter().filter(|i| i.grantee == role).fold(Privileges::NONE, |set, i| set | i.options)
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

    fn chain() -> Acl {
        let mut acl = Acl::owned(OWNER, Privileges::ALL_RELATION);
        acl.grant(ALICE, OWNER, READ, READ);
        acl.grant(BOB, ALICE, READ, Privileges::NONE);
        acl
    }

    #[test]
    fn a_revoked_option_takes_its_grants_along_or_refuses() {
        let mut acl = chain();
        let refused = acl.clone().revoke(ALICE, OWNER, OWNER, READ, false, false);
        assert_eq!(refused, Err(DependentGrants));
        acl.revoke(ALICE, OWNER, OWNER, READ, false, true).unwrap();
        assert_eq!(acl, Acl::owned(OWNER, Privileges::ALL_RELATION));
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
