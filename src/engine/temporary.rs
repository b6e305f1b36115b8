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
use crate::catalog::name::{
    FIRST_TEMPORARY_OID, RelationId, SUPERUSER, SchemaId, TEMPORARY_SCHEMA,
};
use crate::catalog::relation::{OnCommit, Relation, RelationKind, Schema};
use crate::catalog::snapshot::Snapshot;
use crate::error::Result;
use crate::storage::location::Location;
use crate::storage::temporary::SessionFolder;
use crate::storage::writer::{self, DataFile};

/// The temporary objects of one session, as its last committed transaction left them.
#[derive(Debug)]
pub struct Temporary {
    folder: Arc<SessionFolder>,
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
    pub fn none(engine: &Engine) -> Arc<Temporary> {
        Arc::new(Temporary::empty(Arc::new(engine.stores.temporary().session())))
    }

    fn empty(folder: Arc<SessionFolder>) -> Temporary {
        Temporary {
            folder,
            schema: None,
            relations: BTreeMap::new(),
            files: BTreeMap::new(),
            over: Mutex::new(None),
        }
    }

    /// The snapshot with these objects in it.
    pub fn over(&self, snapshot: &Arc<Snapshot>) -> Arc<Snapshot> {
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

    pub fn files(&self, location: &Location) -> &[DataFile] {
        self.files.get(location).map(Vec::as_slice).unwrap_or_default()
    }

    /// The place of a new table.
    pub fn place(&self, oid: u32) -> String {
        self.folder.place(oid)
    }

    pub fn is_empty(&self) -> bool {
        self.relations.is_empty()
    }

    /// What they are after a transaction that ends with this snapshot and has written these files.
    pub(super) fn after(
        &self,
        snapshot: &Snapshot,
        writes: &BTreeMap<Location, TableWrite>,
        engine: &Engine,
    ) -> Result<Temporary> {
        let mut after = Temporary::empty(Arc::clone(&self.folder));
        after.schema = snapshot.schema(TEMPORARY_SCHEMA).map(Arc::clone);
        let kept = snapshot.relations_in(TEMPORARY_SCHEMA);
        let kept = kept.filter(|r| r.on_commit != OnCommit::Drop);
        after.relations = kept.map(|r| (r.id, Arc::clone(r))).collect();
        while let Some(id) = dangling_among(&after.relations) {
            after.relations.remove(&id);
        }
        for relation in after.relations.values() {
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
            after.files.insert(location, files);
        }
        Ok(after)
    }

    /// Removes the files, of these objects and of a transaction's writes, that `after` does not have any more.
    pub(super) async fn remove_unwanted(
        &self,
        after: &Temporary,
        writes: &BTreeMap<Location, TableWrite>,
        engine: &Engine,
    ) {
        let written = writes.iter().map(|(location, write)| (location, &write.files));
        let written = written.filter(|(location, _)| location.is_temporary());
        for (location, files) in self.files.iter().chain(written) {
            let kept = after.files(location);
            let gone = files.iter().filter(|f| !kept.iter().any(|k| k.path == f.path));
            discard(engine, location, &gone.cloned().collect::<Vec<_>>()).await;
        }
    }

    /// All gone, as after DISCARD TEMP outside of a transaction.
    pub async fn cleared(&self, engine: &Engine) -> Arc<Temporary> {
        let mut cleared = Temporary::empty(Arc::clone(&self.folder));
        cleared.schema.clone_from(&self.schema);
        self.remove_unwanted(&cleared, &BTreeMap::new(), engine).await;
        Arc::new(cleared)
    }
}

/// The schema that the first temporary object is made in. As in PostgreSQL it is the superuser's, and what may be
/// done in it hangs on the database (`InitTempTableNamespace`).
pub(super) fn schema(pid: i32) -> Change {
    Change::PutSchema(Schema {
        id: TEMPORARY_SCHEMA,
        name: format!("pg_temp_{pid}"),
        owner: SUPERUSER,
        location: None,
        acl: None,
        comment: None,
        revision: 0,
    })
}

/// The changes that drop all of it.
pub(super) fn discard_all(snapshot: &Snapshot) -> Vec<Change> {
    snapshot.relations_in(TEMPORARY_SCHEMA).map(|r| Change::DropRelation(r.id)).collect()
}

pub(super) fn is_temporary(schema: SchemaId) -> bool {
    schema == TEMPORARY_SCHEMA
}

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
