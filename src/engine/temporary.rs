//! Temporary tables and views: what one session keeps beside the catalog, seen by nobody else and by no log.
//!
//! They lie over each snapshot that the session reads, in a schema of their own. A transaction alters them in its
//! own snapshot and writes files for them as for any table; what they are when it is committed is read off there,
//! so that a rollback has nothing to undo.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use parking_lot::Mutex;

use super::runtime::Engine;
use super::staged::TableWrite;
use crate::catalog::change::Change;
use crate::catalog::name::{FIRST_TEMPORARY_OID, RelationId, SUPERUSER, TEMPORARY_SCHEMA};
use crate::catalog::relation::{OnCommit, Relation, RelationKind, Schema};
use crate::catalog::snapshot::Snapshot;
use crate::error::Result;
use crate::storage::location::Location;
use crate::storage::temporary::SessionFolder;
use crate::storage::writer::{self, DataFile};

/// The temporary objects of one session.
#[derive(Debug)]
pub struct Temporary {
    pid: i32,
    folder: SessionFolder,
    /// As the last committed transaction left them.
    current: Mutex<Arc<Objects>>,
}

#[derive(Debug, Default)]
pub(super) struct Objects {
    /// `pg_temp_…`, once there has been anything in it.
    schema: Option<Arc<Schema>>,
    relations: BTreeMap<RelationId, Arc<Relation>>,
    files: BTreeMap<Location, Vec<DataFile>>,
    /// The last snapshot they were laid over, and what came of it.
    over: Mutex<Option<(Arc<Snapshot>, Arc<Snapshot>)>>,
}

/// OIDs of temporary objects; no two sessions of a server use the same at a time.
#[derive(Debug)]
pub struct Oids(AtomicU32);

impl Default for Oids {
    fn default() -> Oids {
        Oids(AtomicU32::new(0))
    }
}

impl Oids {
    pub fn next(&self) -> u32 {
        const MOST: u32 = 0x007F_0000;
        FIRST_TEMPORARY_OID + 1 + self.0.fetch_add(1, Ordering::Relaxed) % MOST
    }
}

impl Temporary {
    /// Of a session that has made nothing yet.
    pub fn new(engine: &Engine, pid: i32) -> Arc<Temporary> {
        let folder = engine.stores.temporary().session();
        Arc::new(Temporary { pid, folder, current: Mutex::default() })
    }

    pub(super) fn current(&self) -> Arc<Objects> {
        Arc::clone(&self.current.lock())
    }

    /// The snapshot with these objects in it.
    pub fn over(&self, snapshot: &Arc<Snapshot>) -> Arc<Snapshot> {
        self.current().over(snapshot)
    }

    /// The place of a new table.
    pub(super) fn place(&self, oid: u32) -> String {
        self.folder.place(oid)
    }

    /// The schema that the first temporary object is made in. As in PostgreSQL it is the superuser's, and what may
    /// be done in it hangs on the database (`InitTempTableNamespace`).
    pub(super) fn schema(&self) -> Change {
        Change::PutSchema(Schema {
            id: TEMPORARY_SCHEMA,
            name: format!("pg_temp_{}", self.pid),
            owner: SUPERUSER,
            location: None,
            acl: None,
            comment: None,
            revision: 0,
        })
    }

    /// A transaction that wrote these files is committed; what nobody needs any more is removed.
    pub(super) async fn settle(
        &self,
        after: Objects,
        snapshot: &Snapshot,
        writes: &Writes,
        engine: &Engine,
    ) {
        let after = Arc::new(after);
        let before = std::mem::replace(&mut *self.current.lock(), Arc::clone(&after));
        // Rows of what the transaction made and dropped again are gone already.
        let there = |write: &TableWrite| snapshot.relation(write.relation).is_some();
        let written = writes.iter().filter(|(at, write)| at.is_temporary() && there(write));
        let written = written.map(|(location, write)| (location, &write.files));
        for (location, files) in before.files.iter().chain(written) {
            let kept = after.files(location);
            let gone = files.iter().filter(|f| !kept.iter().any(|k| k.path == f.path));
            discard(engine, location, &gone.cloned().collect::<Vec<_>>()).await;
        }
    }

    /// DISCARD ALL, which no transaction is around.
    pub async fn clear(&self, engine: &Engine) {
        let schema = self.current().schema.clone();
        let cleared = Objects { schema, ..Objects::default() };
        self.settle(cleared, &Snapshot::default(), &Writes::new(), engine).await;
    }
}

impl Objects {
    fn over(&self, snapshot: &Arc<Snapshot>) -> Arc<Snapshot> {
        let Some(schema) = &self.schema else { return Arc::clone(snapshot) };
        let mut last = self.over.lock();
        if let Some((below, over)) = &*last
            && Arc::ptr_eq(below, snapshot)
        {
            return Arc::clone(over);
        }
        let mut contents = snapshot.contents().clone();
        contents.schemas.insert(schema.id, Arc::clone(schema));
        contents.relations.extend(self.relations.iter().map(|(id, r)| (*id, Arc::clone(r))));
        // What others dropped takes the views that read it along, as DROP … CASCADE would.
        while let Some(id) = dangling(&contents.relations) {
            contents.relations.remove(&id);
        }
        let over = Arc::new(Snapshot::new(contents));
        *last = Some((Arc::clone(snapshot), Arc::clone(&over)));
        over
    }

    pub(super) fn files(&self, location: &Location) -> &[DataFile] {
        self.files.get(location).map(Vec::as_slice).unwrap_or_default()
    }

    /// What they are after a transaction that ends with this snapshot and has written these files.
    pub(super) fn after(
        &self,
        snapshot: &Snapshot,
        writes: &Writes,
        engine: &Engine,
    ) -> Result<Objects> {
        let schema = snapshot.schema(TEMPORARY_SCHEMA).map(Arc::clone);
        let kept = snapshot.relations_in(TEMPORARY_SCHEMA);
        let kept = kept.filter(|r| r.on_commit != OnCommit::Drop);
        let mut relations: Relations = kept.map(|r| (r.id, Arc::clone(r))).collect();
        while let Some(id) = dangling_among(&relations) {
            relations.remove(&id);
        }
        let mut all = BTreeMap::new();
        for relation in relations.values() {
            let RelationKind::Table { location, .. } = &relation.kind else { continue };
            if relation.on_commit == OnCommit::DeleteRows {
                continue;
            }
            let location = engine.stores.place(location)?;
            let write = writes.get(&location);
            let old = match write.is_some_and(|w| w.emptied) {
                true => &[],
                false => self.files(&location),
            };
            let new = write.map(|w| w.files.as_slice()).unwrap_or_default();
            let files: Vec<DataFile> = old.iter().chain(new).cloned().collect();
            all.insert(location, files);
        }
        Ok(Objects { schema, relations, files: all, over: Mutex::default() })
    }
}

/// The changes that drop all of it.
pub fn discard_all(snapshot: &Snapshot) -> Vec<Change> {
    snapshot.relations_in(TEMPORARY_SCHEMA).map(|r| Change::DropRelation(r.id)).collect()
}

type Writes = BTreeMap<Location, TableWrite>;

async fn discard(engine: &Engine, location: &Location, files: &[DataFile]) {
    if files.is_empty() {
        return;
    }
    let columns = Arc::new(arrow::datatypes::Schema::empty());
    if let Ok(target) = engine.deltas.target(location, columns, &[]) {
        writer::discard(&target, files).await;
    }
}

type Relations = BTreeMap<RelationId, Arc<Relation>>;

/// A temporary view that reads, or a key that refers to, what is not there.
fn dangling(relations: &Relations) -> Option<RelationId> {
    let temporary = relations.values().filter(|r| r.is_temporary());
    first_broken(temporary, |id| relations.contains_key(&id))
}

/// The same where only the temporary ones are known.
fn dangling_among(relations: &Relations) -> Option<RelationId> {
    first_broken(relations.values(), |id| !id.is_temporary() || relations.contains_key(&id))
}

fn first_broken<'r>(
    mut relations: impl Iterator<Item = &'r Arc<Relation>>,
    is_there: impl Fn(RelationId) -> bool,
) -> Option<RelationId> {
    let broken = |r: &&Arc<Relation>| match &r.kind {
        RelationKind::View(view) => !view.reads.iter().all(|(_, id)| is_there(*id)),
        RelationKind::Table { .. } | RelationKind::Foreign(_) => false,
    };
    relations.find(broken).map(|r| r.id)
}
