//! The last commit that each server saw, kept beside the log: if the log's end is cut off, they tell.

use std::sync::Arc;

use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::storage::location::Location;
use crate::storage::stores::failure;

/// A commit by its version and digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    pub(super) server: String,
    pub(super) version: u64,
    pub(super) digest: String,
}

/// `_lakewire/audit/heads/`: one object per server process, so that no two write the same.
pub(super) struct Heads {
    store: Arc<dyn ObjectStore>,
    lake: Location,
    folder: Path,
}

impl Heads {
    pub(super) fn new(store: Arc<dyn ObjectStore>, lake: &Location) -> Heads {
        let folder = lake.path().clone().join("_lakewire").join("audit").join("heads");
        Heads { store, lake: lake.clone(), folder }
    }

    pub(super) async fn put(&self, seen: &Seen) -> Result<()> {
        let path = self.folder.clone().join(format!("{}.json", seen.server));
        let body = serde_json::to_vec(seen)
            .map_err(|e| Error::internal("a head does not encode").because(e))?;
        self.store.put(&path, body.into()).await.map_err(|e| failure(&self.lake, e))?;
        Ok(())
    }

    pub(super) async fn all(&self) -> Result<Vec<Seen>> {
        let fail = |e| failure(&self.lake, e);
        let listing = self.store.list(Some(&self.folder));
        let paths: Vec<Path> = listing.map_ok(|o| o.location).try_collect().await.map_err(fail)?;
        let mut all = Vec::new();
        for path in paths {
            let bytes = self.store.get(&path).await.map_err(fail)?.bytes().await.map_err(fail)?;
            // One that is damaged vouches for nothing; the others still do.
            all.extend(serde_json::from_slice::<Seen>(&bytes).ok());
        }
        Ok(all)
    }
}
