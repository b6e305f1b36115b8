//! How large tables are, by their own logs: rows, bytes and files as each version's statistics have them. Nothing is read
//! to answer; what no statement has opened yet is loaded by the engine beforehand, for a short time.

use std::sync::Arc;

use super::scope::Scope;
use crate::catalog::relation::{Relation, RelationKind};
use crate::catalog::snapshot::Exposure;
use crate::storage::delta::Deltas;
use crate::storage::location::Location;
use crate::storage::stores::Stores;

/// PostgreSQL counts in blocks of this many bytes.
const BLOCK_BYTES: u64 = 8192;

/// Where the statistics of tables are.
#[derive(Clone, Debug)]
pub struct Sizes {
    pub stores: Arc<Stores>,
    pub deltas: Arc<Deltas>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// None where a file does not say how many it holds.
    pub rows: Option<u64>,
    pub bytes: u64,
}

impl Size {
    pub fn pages(&self) -> i32 {
        i32::try_from(self.bytes.div_ceil(BLOCK_BYTES)).unwrap_or(i32::MAX)
    }
}

impl Sizes {
    pub fn location(&self, relation: &Relation) -> Option<Location> {
        let RelationKind::Table { location, .. } = &relation.kind else { return None };
        self.stores.lake().resolve(location).ok()
    }
}

impl Scope {
    /// The size of a table, if it is known and the role may know it: behind policies or masks, how many rows there are is
    /// a secret too.
    pub fn size(&self, relation: &Relation) -> Option<Size> {
        if self.snapshot.exposure(self.role, relation) == Exposure::Protected {
            return None;
        }
        let sizes = self.surroundings.sizes.as_ref()?;
        let version = sizes.deltas.known(&sizes.location(relation)?)?;
        Some(Size { rows: version.rows(), bytes: version.bytes() })
    }
}
