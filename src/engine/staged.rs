//! What a transaction has done and nobody else sees yet; committing makes it visible whole.
//!
//! A catalog commit is one object and a table's commit is one object. A transaction may therefore hold catalog
//! changes with any number of tables it made itself (their files lie where nothing refers to yet), or writes to
//! one table that was there before. More than that would need an intent log, and is refused by name.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::runtime::Engine;
use super::temporary::Temporary;
use crate::audit;
use crate::catalog::change::{Change, apply};
use crate::catalog::name::FIRST_OID;
use crate::catalog::snapshot::Snapshot;
use crate::error::{Error, Result};
use crate::storage::delta::TableVersion;
use crate::storage::location::Location;
use crate::storage::writer::{self, DataFile};

/// Files for one table.
#[derive(Clone, Debug, Default)]
pub struct TableWrite {
    pub emptied: bool,
    pub files: Vec<DataFile>,
}

/// One transaction's view and work.
#[derive(Debug)]
pub struct Staged {
    base: Arc<Snapshot>,
    current: Arc<Snapshot>,
    changes: Vec<Change>,
    writes: BTreeMap<Location, TableWrite>,
    /// Each table is read at one version throughout.
    pinned: HashMap<Location, Arc<TableVersion>>,
    /// Tables made here, whose first commit lies in the lake already.
    made: Vec<Location>,
    temporary: Arc<Temporary>,
    pub read_only: bool,
}

impl Staged {
    pub fn new(snapshot: Arc<Snapshot>, temporary: Arc<Temporary>) -> Staged {
        Staged {
            current: temporary.over(&snapshot),
            base: snapshot,
            changes: Vec::new(),
            writes: BTreeMap::new(),
            pinned: HashMap::new(),
            made: Vec::new(),
            temporary,
            read_only: false,
        }
    }

    /// The catalog as this transaction sees it.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.current
    }

    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.lasting_writes().next().is_none()
    }

    /// Writes to tables of the lake: those to temporary tables are the session's own.
    fn lasting_writes(&self) -> impl Iterator<Item = (&Location, &TableWrite)> {
        self.writes.iter().filter(|(location, _)| !location.is_temporary())
    }

    pub(super) fn temporary(&self) -> &Temporary {
        &self.temporary
    }

    /// The OID the next new object gets.
    pub fn next_oid(&self) -> u32 {
        self.current.contents().next_oid.max(FIRST_OID)
    }

    pub fn change(&mut self, changes: Vec<Change>) -> Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        // Rights say so before; this holds for statements that come later as well.
        if changes.iter().any(audit::table::is_altered_by) {
            return Err(audit::table::is_sealed(audit::table::SCHEMA));
        }
        let lasting: Vec<Change> = changes.iter().filter(|c| !c.is_temporary()).cloned().collect();
        if lasting.iter().any(Change::leans_on_temporary) {
            return Err(Error::unsupported("what stays and needs what is temporary"));
        }
        self.refuse_mix(None, !lasting.is_empty())?;
        let mut next = apply(&self.current, &changes)?.contents().clone();
        // Versions count commits, and this is not one yet.
        next.version = self.base.version();
        self.current = Arc::new(Snapshot::new(next));
        self.changes.extend(lasting);
        Ok(())
    }

    pub fn pin(&mut self, location: &Location, version: Arc<TableVersion>) {
        self.pinned.insert(location.clone(), version);
    }

    pub fn pinned(&self, location: &Location) -> Option<&Arc<TableVersion>> {
        self.pinned.get(location)
    }

    pub fn write(&self, location: &Location) -> Option<&TableWrite> {
        self.writes.get(location)
    }

    /// All files of a temporary table, as this transaction sees it.
    pub(super) fn temporary_files(&self, location: &Location) -> Vec<DataFile> {
        let write = self.writes.get(location);
        let kept = self.temporary.current();
        let old = if write.is_some_and(|w| w.emptied) { &[] } else { kept.files(location) };
        old.iter().chain(write.iter().flat_map(|w| &w.files)).cloned().collect()
    }

    pub fn made(&mut self, location: Location) {
        self.made.push(location);
    }

    /// Refuses before any work is done what could not be committed as one.
    pub fn may_write(&self, location: &Location) -> Result<()> {
        self.refuse_mix(Some(location), false)
    }

    pub fn append(&mut self, location: &Location, files: Vec<DataFile>) -> Result<()> {
        self.may_write(location)?;
        self.writes.entry(location.clone()).or_default().files.extend(files);
        Ok(())
    }

    /// Returns files that were staged and are wanted no more.
    pub fn empty(&mut self, location: &Location) -> Result<Vec<DataFile>> {
        self.may_write(location)?;
        let write = self.writes.entry(location.clone()).or_default();
        write.emptied = true;
        Ok(std::mem::take(&mut write.files))
    }

    fn refuse_mix(&self, adding: Option<&Location>, changing: bool) -> Result<()> {
        let mut old: Vec<&Location> =
            self.lasting_writes().map(|(l, _)| l).filter(|l| !self.made.contains(l)).collect();
        let adding = adding.filter(|l| !l.is_temporary());
        old.extend(adding.filter(|l| !self.made.contains(l) && !self.writes.contains_key(*l)));
        let changes = changing || !self.changes.is_empty();
        match old.len() {
            0 => Ok(()),
            1 if !changes => Ok(()),
            1 => Err(Error::unsupported(
                "writing to a table and altering the catalog in one transaction",
            )
            .hint("Commit the one before the other.")),
            _ => Err(Error::unsupported("writing to several tables in one transaction")
                .hint("Commit each table's rows on their own.")),
        }
    }

    /// Makes all of it visible.
    pub async fn commit(self, engine: &Engine, by: &str) -> Result<()> {
        let after = self.temporary.current().after(&self.current, &self.writes, engine)?;
        if self.is_empty() {
            self.temporary.settle(after, &self.writes, engine).await;
            return Ok(());
        }
        match self.try_commit(engine, by).await {
            Ok(()) => {
                self.temporary.settle(after, &self.writes, engine).await;
                Ok(())
            }
            Err(e) => {
                // After a lost reply the files may be part of a commit: they stay unless we know better.
                if e.retryable() {
                    self.discard(engine).await;
                }
                Err(e)
            }
        }
    }

    async fn try_commit(&self, engine: &Engine, by: &str) -> Result<()> {
        engine.catalog.check_writable()?;
        // Tables made here first: nobody can see them before the catalog names them.
        for (location, write) in self.lasting_writes() {
            match write.emptied {
                true => engine.deltas.replace(location, &write.files).await?,
                false => engine.deltas.append(location, &write.files).await?,
            };
        }
        if !self.changes.is_empty() {
            engine.catalog.commit(&self.base, by, self.changes.clone()).await?;
        }
        Ok(())
    }

    /// Forgets everything; files that were written are removed as far as possible.
    pub async fn rollback(self, engine: &Engine) {
        self.discard(engine).await;
    }

    async fn discard(&self, engine: &Engine) {
        for (location, write) in &self.writes {
            let schema = Arc::new(arrow::datatypes::Schema::empty());
            if let Ok(target) = engine.deltas.target(location, schema, &[]) {
                writer::discard(&target, &write.files).await;
            }
        }
        for location in &self.made {
            engine.deltas.remove(location).await;
        }
    }
}
