//! What a transaction has done and nobody else sees yet; committing makes it visible whole.
//!
//! Work is kept in the order in which it was done, so that a savepoint is a mark in it: making one costs
//! nothing, and going back to one forgets what came after.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::commit;
use super::reply::Notice;
use super::runtime::Engine;
use super::temporary::Temporary;
use crate::audit;
use crate::catalog::change::{Change, apply};
use crate::catalog::name::{FIRST_OID, RelationId};
use crate::catalog::relation::Relation;
use crate::catalog::snapshot::Snapshot;
use crate::error::{Error, Result};
use crate::storage::delta::TableVersion;
use crate::storage::location::Location;
use crate::storage::pins::Pins;
use crate::storage::writer::{self, DataFile};
use crate::system::exports::View;

/// What is to become of one table.
#[derive(Clone, Debug)]
pub struct TableWrite {
    pub relation: RelationId,
    pub emptied: bool,
    /// Its own description of itself alters.
    pub reshaped: bool,
    pub files: Vec<DataFile>,
}

/// One transaction's view and work.
#[derive(Debug)]
pub struct Staged {
    base: Arc<Snapshot>,
    current: Arc<Snapshot>,
    changes: Vec<Change>,
    steps: Vec<Step>,
    /// What the steps come to.
    writes: BTreeMap<Location, TableWrite>,
    /// Each table is read at one version throughout.
    pinned: Arc<Pins>,
    /// Tables made here, whose first commit lies in the lake already.
    made: Vec<(RelationId, Location)>,
    temporary: Arc<Temporary>,
    /// Nothing has been read yet, so that the transaction may as well begin on a newer snapshot.
    pub movable: bool,
}

/// Something done to a table.
#[derive(Debug)]
enum Step {
    Appended(RelationId, Location, Vec<DataFile>),
    Emptied(RelationId, Location),
    Reshaped(RelationId, Location),
}

/// A point to which a transaction can go back.
#[derive(Clone, Debug)]
pub struct Mark {
    current: Arc<Snapshot>,
    changes: usize,
    steps: usize,
    made: usize,
}

impl Staged {
    pub fn new(snapshot: Arc<Snapshot>, temporary: Arc<Temporary>) -> Staged {
        Staged {
            current: temporary.over(&snapshot),
            base: snapshot,
            changes: Vec::new(),
            steps: Vec::new(),
            writes: BTreeMap::new(),
            pinned: Arc::default(),
            made: Vec::new(),
            temporary,
            movable: false,
        }
    }

    /// A transaction that sees what another one does, but for what that one does itself.
    pub fn beside(view: View, temporary: Arc<Temporary>) -> Staged {
        Staged { pinned: view.pins, ..Staged::new(view.snapshot, temporary) }
    }

    /// What it reads, as others may read it.
    pub fn view(&self) -> View {
        View { snapshot: Arc::clone(&self.base), pins: Arc::clone(&self.pinned) }
    }

    /// The catalog as this transaction sees it.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.current
    }

    /// The catalog as it was when this transaction began.
    pub(super) fn base(&self) -> &Arc<Snapshot> {
        &self.base
    }

    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.steps.is_empty()
    }

    /// Whether nothing is to last beyond the session.
    fn is_fleeting(&self) -> bool {
        self.changes.is_empty() && self.writes().next().is_none()
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
        let mut next = apply(&self.current, &changes)?.contents().clone();
        // Versions count commits, and this is not one yet.
        next.version = self.base.version();
        self.current = Arc::new(Snapshot::new(next));
        self.changes.extend(lasting);
        Ok(())
    }

    pub(super) fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The version that counts from now on.
    pub fn pin(&mut self, location: &Location, version: Arc<TableVersion>) -> Arc<TableVersion> {
        self.pinned.pin(location, version)
    }

    pub fn pinned(&self, location: &Location) -> Option<Arc<TableVersion>> {
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

    /// To tables of the lake; those to temporary tables are the session's own.
    pub(super) fn writes(&self) -> impl Iterator<Item = (&Location, &TableWrite)> {
        self.writes.iter().filter(|(location, _)| !location.is_temporary())
    }

    pub fn made(&mut self, relation: RelationId, location: Location) {
        self.made.push((relation, location));
    }

    pub(super) fn has_made(&self, location: &Location) -> bool {
        self.made.iter().any(|(_, made)| made == location)
    }

    pub fn append(&mut self, relation: &Relation, location: &Location, files: Vec<DataFile>) {
        self.step(Step::Appended(relation.id, location.clone(), files));
    }

    pub fn empty(&mut self, relation: &Relation, location: &Location) {
        self.step(Step::Emptied(relation.id, location.clone()));
    }

    pub fn reshape(&mut self, relation: &Relation, location: &Location) {
        self.step(Step::Reshaped(relation.id, location.clone()));
    }

    fn step(&mut self, step: Step) {
        step.apply(&mut self.writes);
        self.steps.push(step);
    }

    /// A transaction with nothing done, that sees what this one sees.
    pub(super) fn apart(&self) -> Staged {
        Staged::new(Arc::clone(&self.current), Arc::clone(&self.temporary))
    }

    /// Where the transaction is now.
    pub fn mark(&self) -> Mark {
        Mark {
            current: Arc::clone(&self.current),
            changes: self.changes.len(),
            steps: self.steps.len(),
            made: self.made.len(),
        }
    }

    /// Forgets what came after a mark, its files as far as possible. Tables stay pinned: a transaction reads one
    /// version of each.
    pub async fn roll_back_to(&mut self, mark: &Mark, engine: &Engine) {
        self.current = Arc::clone(&mark.current);
        self.changes.truncate(mark.changes);
        let unwanted = self.steps.split_off(mark.steps.min(self.steps.len()));
        let unmade = self.made.split_off(mark.made.min(self.made.len()));
        if !unwanted.is_empty() {
            self.writes.clear();
            self.steps.iter().for_each(|step| step.apply(&mut self.writes));
        }
        for step in &unwanted {
            if let Step::Appended(_, location, files) = step
                && !unmade.iter().any(|(_, made)| made == location)
            {
                discard(engine, location, files).await;
            }
        }
        for (_, location) in &unmade {
            self.pinned.remove(location);
            engine.deltas.remove(location).await;
        }
    }

    /// Makes all of it visible. What the client should know beside that is given.
    pub async fn commit(self, engine: &Engine, by: &str) -> Result<Vec<Notice>> {
        let after = self.temporary.current().after(&self.current, &self.writes, engine)?;
        let outcome = match self.is_fleeting() {
            true => Ok(Vec::new()),
            false => commit::commit(engine, &self, by).await,
        };
        match outcome {
            Ok(notices) => {
                self.discard_emptied(engine).await;
                self.temporary.settle(after, &self.current, &self.writes, engine).await;
                Ok(notices)
            }
            Err(e) => {
                // After a lost reply the files may be part of a commit: they stay unless we know better.
                if e.retryable() {
                    self.rollback(engine).await;
                }
                Err(e)
            }
        }
    }

    /// Forgets everything; files that were written are removed as far as possible.
    pub async fn rollback(mut self, engine: &Engine) {
        let start = Mark { current: Arc::clone(&self.base), changes: 0, steps: 0, made: 0 };
        self.roll_back_to(&start, engine).await;
    }

    /// Removes files and tables that a later TRUNCATE or DROP TABLE of the same transaction has made pointless.
    async fn discard_emptied(&self, engine: &Engine) {
        let there = |id: RelationId| self.current.relation(id).is_some();
        let kept: HashSet<&str> = self
            .writes
            .values()
            .filter(|write| there(write.relation))
            .flat_map(|write| write.files.iter().map(|file| file.path.as_str()))
            .collect();
        for step in &self.steps {
            if let Step::Appended(_, location, files) = step {
                let pointless = files.iter().filter(|f| !kept.contains(f.path.as_str())).cloned();
                discard(engine, location, &pointless.collect::<Vec<_>>()).await;
            }
        }
        for (_, location) in self.made.iter().filter(|(relation, _)| !there(*relation)) {
            engine.deltas.remove(location).await;
        }
    }
}

impl Step {
    fn apply(&self, writes: &mut BTreeMap<Location, TableWrite>) {
        let (Step::Appended(relation, location, _)
        | Step::Emptied(relation, location)
        | Step::Reshaped(relation, location)) = self;
        let untouched = || TableWrite {
            relation: *relation,
            emptied: false,
            reshaped: false,
            files: Vec::new(),
        };
        let write = writes.entry(location.clone()).or_insert_with(untouched);
        match self {
            Step::Appended(_, _, files) => write.files.extend_from_slice(files),
            Step::Reshaped(..) => write.reshaped = true,
            Step::Emptied(..) => {
                write.emptied = true;
                write.files.clear();
            }
        }
    }
}

async fn discard(engine: &Engine, location: &Location, files: &[DataFile]) {
    let schema = Arc::new(arrow::datatypes::Schema::empty());
    if let Ok(target) = engine.deltas.target(location, schema, &[]) {
        writer::discard(&target, files).await;
    }
}
