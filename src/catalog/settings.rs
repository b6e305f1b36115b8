//! Settings that sessions begin with, kept for a role, for the database, for both or for everybody.

use serde::{Deserialize, Serialize};

use super::name::RoleId;

/// What ALTER ROLE … SET and ALTER DATABASE … SET have left; a row of `pg_db_role_setting`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredSettings {
    /// None is everybody.
    pub role: Option<RoleId>,
    /// Only in the lake's database, rather than in any. There is but one; which of the two was written decides
    /// which wins.
    pub in_database: bool,
    /// As written, the oldest first; without any the row is gone.
    pub values: Vec<(String, String)>,
}

impl StoredSettings {
    pub fn none(role: Option<RoleId>, in_database: bool) -> StoredSettings {
        StoredSettings { role, in_database, values: Vec::new() }
    }

    pub fn put(&mut self, name: &str, value: String) {
        match self.values.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => self.values.push((name.to_owned(), value)),
        }
    }

    pub fn remove(&mut self, name: &str) {
        self.values.retain(|(known, _)| known != name);
    }

    pub fn is_for(&self, role: Option<RoleId>, in_database: bool) -> bool {
        (self.role, self.in_database) == (role, in_database)
    }
}
