//! What ALTER DEFAULT PRIVILEGES has said: the grants that objects get as they are made (`pg_default_acl`).

use serde::{Deserialize, Serialize};

use super::acl::{Acl, Privileges};
use super::name::{DefaultAclId, RoleId, SchemaId};

/// The kinds of object that defaults can be given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum On {
    Relations,
    Schemas,
}

impl On {
    /// What ALL means.
    pub fn all(self) -> Privileges {
        match self {
            On::Relations => Privileges::ALL_RELATION,
            On::Schemas => Privileges::ALL_SCHEMA,
        }
    }

    /// `defaclobjtype`.
    pub fn letter(self) -> &'static str {
        match self {
            On::Relations => "r",
            On::Schemas => "n",
        }
    }
}

/// The defaults of what one role makes, everywhere or in one schema.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DefaultAcl {
    pub id: DefaultAclId,
    /// Whose objects.
    pub role: RoleId,
    /// None is everywhere; then `acl` stands in place of the built-in default. In a schema it is added.
    pub schema: Option<SchemaId>,
    pub on: On,
    pub acl: Acl,
    /// The catalog version that changed it last.
    #[serde(default)]
    pub revision: u64,
}
