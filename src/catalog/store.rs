//! The durable log of changes: one object per version under `_lakewire/catalog/`, put only if absent.
//!
//! One object is one transaction, so a batch is there whole or not at all, after a crash at any
//! byte too. Whoever loses the race for a version reads the winner's batch and tries the next. A compacted
//! snapshot is written every so many versions; the log itself stays, it is the audit trail of the metadata.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::change::{Change, apply, rebase};
use super::snapshot::{Contents, Snapshot};
use crate::config;
use crate::error::{Error, Result, SqlState};

/// The newest format that this program reads and the one it writes. Since 2 there are intents: whoever does not
/// know them would show half of a transaction.
const FORMAT: u32 = 2;

/// One version as it lies in the log.
#[derive(Serialize, Deserialize)]
struct Entry {
    /// Tells our own write from a rival's when a reply was lost.
    id: uuid::Uuid,
    /// Who asked for it, for people who read the log.
    by: String,
    at: chrono::DateTime<chrono::Utc>,
    changes: Vec<Change>,
}

/// Read before anything else of an object, so that a newer format is named rather than misread.
#[derive(Serialize, Deserialize)]
struct Envelope<T> {
    format: u32,
    program: String,
    body: T,
}

#[derive(Deserialize)]
struct Header {
    format: u32,
    #[serde(default)]
    program: String,
}

#[derive(Serialize, Deserialize)]
struct Compacted {
    snapshot: Contents,
}

/// The newest snapshot this server knows, and the log it came from.
pub struct Catalog {
    store: Arc<dyn ObjectStore>,
    root: Path,
    settings: config::Catalog,
    /// False where the store was found to lose races: then nothing may be written.
    writable: bool,
    current: RwLock<Arc<Snapshot>>,
    /// One commit and one refresh at a time in this process; others' commits are met at the store.
    turn: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Catalog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Catalog").field("root", &self.root).finish_non_exhaustive()
    }
}

impl Catalog {
    /// Reads the log under `root`. An empty log gives the empty snapshot at version 0.
    pub async fn open(
        store: Arc<dyn ObjectStore>,
        root: Path,
        settings: config::Catalog,
        writable: bool,
    ) -> Result<Catalog> {
        let catalog = Catalog {
            store,
            root,
            settings,
            writable,
            current: RwLock::new(Arc::new(Snapshot::default())),
            turn: tokio::sync::Mutex::new(()),
        };
        if let Some(contents) = catalog.newest_compacted().await? {
            *catalog.current.write() = Arc::new(Snapshot::new(contents));
        }
        catalog.refresh().await?;
        Ok(catalog)
    }

    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.current.read())
    }

    /// Fails where the store cannot be trusted with commits, those of tables included.
    pub fn check_writable(&self) -> Result<()> {
        if self.writable { Ok(()) } else { Err(read_only()) }
    }

    /// Reads what others have committed since.
    pub async fn refresh(&self) -> Result<Arc<Snapshot>> {
        let _turn = self.turn.lock().await;
        self.catch_up().await
    }

    async fn catch_up(&self) -> Result<Arc<Snapshot>> {
        let mut snapshot = self.snapshot();
        while let Some(entry) = self.read(snapshot.version() + 1).await? {
            snapshot = self.advance(&snapshot, &entry.changes)?;
        }
        Ok(snapshot)
    }

    fn advance(&self, from: &Snapshot, changes: &[Change]) -> Result<Arc<Snapshot>> {
        let next = Arc::new(apply(from, changes).map_err(|e| {
            Error::new(
                SqlState::DATA_CORRUPTED,
                format!("the catalog's version {} cannot be applied: {e}", from.version() + 1),
            )
        })?);
        *self.current.write() = Arc::clone(&next);
        Ok(next)
    }

    /// Makes `changes`, worked out on `base`, the next version. On a newer catalog they are moved there if
    /// nobody has touched the same things, else 40001.
    pub async fn commit(
        &self,
        base: &Snapshot,
        by: &str,
        changes: Vec<Change>,
    ) -> Result<Arc<Snapshot>> {
        if changes.is_empty() {
            return Ok(self.snapshot());
        }
        self.check_writable()?;
        let _turn = self.turn.lock().await;
        for _ in 0..=self.settings.retries {
            let newest = self.catch_up().await?;
            let moved = match newest.version() == base.version() {
                true => changes.clone(),
                false => rebase(base, &newest, &changes)?,
            };
            let next = apply(&newest, &moved)?;
            let entry = Entry {
                id: uuid::Uuid::new_v4(),
                by: by.to_owned(),
                at: chrono::Utc::now(),
                changes: moved,
            };
            if self.put(next.version(), entry).await? {
                let next = Arc::new(next);
                *self.current.write() = Arc::clone(&next);
                self.compact(&next).await;
                return Ok(next);
            }
        }
        Err(Error::serialization("could not commit to the catalog: too many concurrent changes"))
    }

    /// True if `entry` is now this version; false if a rival's is.
    async fn put(&self, version: u64, entry: Entry) -> Result<bool> {
        let id = entry.id;
        let bytes = encode(entry)?;
        let mut failures = 0;
        loop {
            let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
            let payload = PutPayload::from_bytes(bytes.clone());
            let put = self.store.put_opts(&self.path(version), payload, options).await;
            let Err(failure) = put else { return Ok(true) };
            // After AlreadyExists the winner may be our own first attempt, whose reply was lost; after any
            // other failure the outcome is unknown. Both are settled by reading the version back.
            match self.read(version).await {
                Ok(Some(found)) => return Ok(found.id == id),
                Ok(None) if failures < self.settings.retries => failures += 1,
                Ok(None) => return Err(self.broken(failure)),
                Err(_) => return Err(self.unknown(failure)),
            }
            tokio::time::sleep(Duration::from_millis(20 << failures.min(6))).await;
        }
    }

    async fn read(&self, version: u64) -> Result<Option<Entry>> {
        match self.fetch(&self.path(version)).await? {
            Some(bytes) => decode(&bytes, &format!("version {version}")).map(Some),
            None => Ok(None),
        }
    }

    async fn fetch(&self, path: &Path) -> Result<Option<Bytes>> {
        let found = async { self.store.get(path).await?.bytes().await };
        match found.await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(e) => Err(self.broken(e)),
        }
    }

    /// Puts what is too long for the log beside it; gives its name.
    pub async fn put_aside<T: Serialize>(&self, body: T) -> Result<String> {
        let name = uuid::Uuid::new_v4().simple().to_string();
        let bytes = encode(body)?;
        let payload = PutPayload::from_bytes(bytes);
        self.store.put(&self.aside(&name), payload).await.map_err(|e| self.broken(e))?;
        Ok(name)
    }

    /// None where it is gone: then nobody needs it any more.
    pub async fn get_aside<T: for<'de> Deserialize<'de>>(&self, name: &str) -> Result<Option<T>> {
        match self.fetch(&self.aside(name)).await? {
            Some(bytes) => decode(&bytes, &format!("object {name}")).map(Some),
            None => Ok(None),
        }
    }

    /// Best effort: an object that nothing names does no harm.
    pub async fn drop_aside(&self, name: &str) {
        if let Err(e) = self.store.delete(&self.aside(name)).await {
            tracing::warn!(error = %e, name, "could not remove an object beside the catalog's log");
        }
    }

    fn aside(&self, name: &str) -> Path {
        self.root.clone().join("aside").join(format!("{name}.json"))
    }

    async fn newest_compacted(&self) -> Result<Option<Contents>> {
        let folder = self.root.clone().join("snapshots");
        let found: Vec<_> = self
            .store
            .list(Some(&folder))
            .map_ok(|meta| meta.location)
            .try_collect()
            .await
            .map_err(|e| self.broken(e))?;
        let Some(newest) = found.into_iter().max() else { return Ok(None) };
        let Some(bytes) = self.fetch(&newest).await? else { return Ok(None) };
        let body: Compacted = decode(&bytes, &format!("snapshot {newest}"))?;
        Ok(Some(body.snapshot))
    }

    /// Best effort: without it a start reads more of the log, nothing else.
    async fn compact(&self, snapshot: &Snapshot) {
        if !snapshot.version().is_multiple_of(self.settings.snapshot_every) {
            return;
        }
        let path = self.root.clone().join("snapshots").join(file_name(snapshot.version()));
        let body = Compacted { snapshot: snapshot.contents().clone() };
        let outcome = match encode(body) {
            Ok(bytes) => self.store.put(&path, bytes.into()).await.map_err(|e| self.broken(e)),
            Err(e) => Err(e),
        };
        if let Err(e) = outcome {
            tracing::warn!(error = %e, "could not write a compacted catalog snapshot");
        }
    }

    /// Follows other servers' changes until stopped. A failing store is logged once per failure streak.
    pub async fn follow(self: Arc<Self>, stop: CancellationToken) {
        let mut failing = false;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(Duration::from_millis(self.settings.poll_ms)) => {}
            }
            let outcome = self.refresh().await;
            if let Err(e) = &outcome
                && !failing
            {
                tracing::error!(error = %e, "could not read the catalog; serving the last version known");
            }
            failing = outcome.is_err();
        }
    }

    fn path(&self, version: u64) -> Path {
        self.root.clone().join(file_name(version))
    }

    fn broken(&self, source: object_store::Error) -> Error {
        Error::storage(format!("could not reach the catalog in the lake: {source}"))
            .hint("Check the lake's location, its credentials and the network with \"lakewire check\".")
            .because(source)
    }

    fn unknown(&self, source: object_store::Error) -> Error {
        Error::storage(
            "the catalog's store did not answer; the change may or may not have been made",
        )
        .hint("Look before you run the statement again.")
        .because(source)
    }
}

fn read_only() -> Error {
    Error::new(
        SqlState::READ_ONLY_TRANSACTION,
        "cannot change anything: the lake is served read-only",
    )
    .detail("Its store lets several writers create the same object, so a commit could be lost.")
    .hint("Use a store with conditional put; \"lakewire check\" shows what was seen.")
}

/// Zero-padded, so that names sort as versions do.
fn file_name(version: u64) -> String {
    format!("{version:020}.json")
}

fn encode<T: Serialize>(body: T) -> Result<Bytes> {
    let program = format!("lakewire {}", env!("CARGO_PKG_VERSION"));
    let envelope = Envelope { format: FORMAT, program, body };
    serde_json::to_vec(&envelope)
        .map(Bytes::from)
        .map_err(|e| Error::internal("the catalog does not encode").because(e))
}

fn decode<T: for<'de> Deserialize<'de>>(bytes: &[u8], what: &str) -> Result<T> {
    let corrupted = |e: serde_json::Error| {
        Error::new(SqlState::DATA_CORRUPTED, format!("the catalog's {what} is damaged: {e}"))
    };
    let header: Header = serde_json::from_slice(bytes).map_err(corrupted)?;
    if header.format > FORMAT {
        return Err(Error::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!(
                "the catalog is in format {}, written by {}; this is lakewire {} and reads up to format {FORMAT}",
                header.format,
                if header.program.is_empty() { "a newer program" } else { &header.program },
                env!("CARGO_PKG_VERSION"),
            ),
        )
        .hint("Use a newer lakewire."));
    }
    let envelope: Envelope<T> = serde_json::from_slice(bytes).map_err(corrupted)?;
    Ok(envelope.body)
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::super::role::Role;
    use super::*;

    async fn open(store: &Arc<dyn ObjectStore>) -> Catalog {
        let settings = config::Catalog { snapshot_every: 3, ..config::Catalog::default() };
        Catalog::open(Arc::clone(store), Path::from("c"), settings, true).await.unwrap()
    }

    fn role(base: &Snapshot, name: &str) -> Vec<Change> {
        let id = super::super::name::RoleId(base.contents().next_oid);
        vec![Change::PutRole(Role::new(id, name))]
    }

    #[tokio::test]
    async fn two_servers_lose_no_update_and_a_third_reads_all() {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let (one, two) = (open(&store).await, open(&store).await);
        for i in 0..10 {
            for (server, letter) in [(&one, 'a'), (&two, 'b')] {
                let base = server.snapshot();
                let changes = role(&base, &format!("{letter}{i}"));
                server.commit(&base, "test", changes).await.unwrap();
            }
        }
        let three = open(&store).await.snapshot();
        assert_eq!((three.version(), three.roles().count()), (20, 20));
        let mut ids: Vec<_> = three.roles().map(|r| r.id).collect();
        ids.dedup();
        assert_eq!(ids.len(), 20);
    }

    #[tokio::test]
    async fn a_newer_format_is_refused_by_name() {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let bytes = r#"{"format": 7, "program": "lakewire 9.9.9", "new": true}"#;
        store.put(&Path::from("c").join(file_name(1)), bytes.into()).await.unwrap();
        let settings = config::Catalog::default();
        let refused = Catalog::open(store, Path::from("c"), settings, true).await.unwrap_err();
        assert!(refused.message.contains("format 7, written by lakewire 9.9.9"));
    }
}
