//! Managed tables: Delta logs read by delta-rs, commits put only if absent.
//!
//! A commit is one object, so it is there whole or not at all. After a failed put the version is read back, since
//! the put may have landed although its reply did not.
//!
//! delta-rs's own commit loop lists the log on every try and has no back-off, so the put is ours; its actions, its
//! reading and its checkpoints are delta-rs's.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use bytes::Bytes;
use datafusion::catalog::TableProvider;
use deltalake::kernel::StructType;
use deltalake::kernel::engine::arrow_conversion::{TryIntoArrow, TryIntoKernel};
use deltalake::logstore::{LogStoreRef, StorageConfig, default_logstore};
use deltalake::{DeltaTable, DeltaTableError};
use futures::StreamExt;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::commits::{APPLICATION, transaction_of};
use super::index::Index;
use super::location::Location;
use super::stores::{Stores, failure};
use super::table::LakeTable;
use super::writer::{DataFile, Target};
use crate::config::Config;
use crate::error::{Error, Result, SqlState};

/// A checkpoint is written every so many versions, so that readers need not read the whole log.
const CHECKPOINT_EVERY: u64 = 100;

/// What a new table is to be.
#[derive(Clone, Debug)]
pub struct NewTable {
    pub name: String,
    pub columns: SchemaRef,
    pub partition_by: Vec<String>,
    /// Name and SQL of CHECK constraints; other engines enforce them too.
    pub checks: Vec<(String, String)>,
    /// Delta's own table properties, such as `delta.appendOnly`.
    pub properties: Vec<(String, String)>,
}

/// A table at a version: enough to read it and to commit on top.
#[derive(Debug)]
pub struct TableVersion {
    pub(super) location: Location,
    pub(super) version: u64,
    /// The newest transaction over several tables that is in it; 0 for none. Looking for it costs requests that few
    /// tables need, so it is not known at first.
    pub(super) transaction: OnceLock<u64>,
    pub(super) index: Arc<Index>,
}

impl TableVersion {
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The newest transaction over several tables that is in it, 0 for none; None where nobody has looked.
    pub fn transaction(&self) -> Option<u64> {
        self.transaction.get().copied()
    }

    /// Somebody who knows all transactions says that there is none in it.
    pub fn is_without_transactions(&self) {
        self.transaction.get_or_init(|| 0);
    }

    pub fn columns(&self) -> SchemaRef {
        Arc::clone(&self.index.columns)
    }

    pub fn partition_by(&self) -> &[String] {
        &self.index.partition_by
    }

    pub fn files(&self) -> usize {
        self.index.files.len()
    }

    /// Where the files lie, relative to the table.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.index.files.iter().map(|f| f.path.as_str())
    }

    pub fn rows(&self) -> Option<u64> {
        self.index.files.iter().map(|f| f.rows).sum()
    }

    pub fn bytes(&self) -> u64 {
        self.index.files.iter().map(|f| f.size).sum()
    }
}

/// One table's newest known state. Its lock makes askers wait for one probe rather than each send their own.
#[derive(Default)]
struct Slot {
    table: Option<DeltaTable>,
    current: Option<Arc<TableVersion>>,
    asked: Option<Instant>,
    /// Versions that this server has put since, with the transactions they carry: they need not be asked for.
    own: VecDeque<(u64, u64)>,
}

/// More own commits than this are read again rather than remembered.
const OWN_MAX: usize = 64;
/// Behind so many new commits a transaction is looked for anew rather than in each of them.
const COMMITS_LOOKED_AT_MAX: u64 = 16;

/// All managed tables that this server has met.
pub struct Deltas {
    stores: Arc<Stores>,
    pub(super) config: Arc<Config>,
    slots: Mutex<HashMap<Location, Arc<tokio::sync::Mutex<Slot>>>>,
    /// Commits of this process to one table wait for each other instead of racing.
    turns: Mutex<HashMap<Location, Arc<tokio::sync::Mutex<()>>>>,
}

impl std::fmt::Debug for Deltas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deltas").finish_non_exhaustive()
    }
}

impl Deltas {
    pub fn new(stores: Arc<Stores>, config: Arc<Config>) -> Arc<Deltas> {
        Arc::new(Deltas { stores, config, slots: Mutex::default(), turns: Mutex::default() })
    }

    /// Makes a table with its first rows: protocol, metadata and files in the one commit of version 0.
    pub async fn create(
        &self,
        location: &Location,
        new: &NewTable,
        files: &[DataFile],
    ) -> Result<u64> {
        let mut lines = vec![protocol(new), metadata(new)?];
        lines.extend(files.iter().map(add));
        let log = self.log(location)?;
        let id = lines_id();
        lines.insert(0, commit_info(&id, "CREATE TABLE AS SELECT", new.partition_by.as_slice()));
        match log.put(0, &id, encode(&lines)).await? {
            Put::Ours(_) => Ok(0),
            Put::Rival(_) => Err(Error::new(
                SqlState::DUPLICATE_TABLE,
                format!("there is a table at {location} already"),
            )),
        }
    }

    /// The newest version, or one that was the newest less than `storage.refresh_ms` ago.
    pub async fn latest(&self, location: &Location) -> Result<Arc<TableVersion>> {
        let slot = self.slot(location);
        let mut slot = slot.lock().await;
        let fresh = Duration::from_millis(self.config.storage.refresh_ms);
        if let (Some(current), Some(asked)) = (&slot.current, slot.asked)
            && asked.elapsed() < fresh
        {
            return Ok(Arc::clone(current));
        }
        self.update(&mut slot, location).await
    }

    /// The newest version that this server has met, without asking the store; None while it is being asked.
    pub fn known(&self, location: &Location) -> Option<Arc<TableVersion>> {
        let slot = self.slots.lock().get(location).cloned()?;
        slot.try_lock().ok()?.current.clone()
    }

    /// Whether the newest version has not been asked for within this time, or since a commit of ours.
    pub fn is_older_than(&self, location: &Location, age: Duration) -> bool {
        let slot = self.slots.lock().get(location).cloned();
        slot.is_none_or(|slot| match slot.try_lock() {
            Ok(slot) => slot.asked.is_none_or(|asked| asked.elapsed() > age),
            Err(_) => false,
        })
    }

    /// The newest version, asked of the store now.
    pub async fn refreshed(&self, location: &Location) -> Result<Arc<TableVersion>> {
        let slot = self.slot(location);
        let mut slot = slot.lock().await;
        self.update(&mut slot, location).await
    }

    async fn update(&self, slot: &mut Slot, location: &Location) -> Result<Arc<TableVersion>> {
        let log = self.log(location)?;
        let mut carried = 0;
        if let Some(current) = &slot.current {
            match self.carried(slot, &log, current.version + 1).await? {
                Some(transaction) => carried = transaction,
                None => {
                    slot.asked = Some(Instant::now());
                    return Ok(Arc::clone(current));
                }
            }
        }
        let asked = Instant::now();
        let mut table = match slot.table.take() {
            Some(table) => table,
            None => DeltaTable::new(self.log_store(location)?),
        };
        table.update_incremental(None).await.map_err(|e| broken(location, e))?;
        let newest = table.version().unwrap_or_default();
        let transaction = match &slot.current {
            Some(before) if newest <= before.version + COMMITS_LOOKED_AT_MAX => {
                for version in before.version + 2..=newest {
                    let found = self.carried(slot, &log, version).await?;
                    carried = carried.max(found.unwrap_or_default());
                }
                before.transaction().map(|known| known.max(carried))
            }
            _ => None,
        };
        let current = Arc::new(read(&table, location, transaction)?);
        slot.own.retain(|(version, _)| *version > current.version);
        slot.table = Some(table);
        slot.current = Some(Arc::clone(&current));
        slot.asked = Some(asked);
        Ok(current)
    }

    /// The transaction that a commit carries, 0 for none; None where there is no such commit (yet).
    async fn carried(&self, slot: &Slot, log: &Log, version: u64) -> Result<Option<u64>> {
        if let Some((_, transaction)) = slot.own.iter().find(|(own, _)| *own == version) {
            return Ok(Some(*transaction));
        }
        Ok(log.read(version).await?.map(|commit| transaction_of(&commit)))
    }

    /// A table as it was at an earlier version.
    pub(super) async fn at(
        &self,
        location: &Location,
        version: u64,
        transaction: u64,
    ) -> Result<Arc<TableVersion>> {
        let mut table = DeltaTable::new(self.log_store(location)?);
        table.load_version(version).await.map_err(|e| broken(location, e))?;
        Ok(Arc::new(read(&table, location, Some(transaction))?))
    }

    /// The newest transaction in a table's state, from its checkpoint and all commits behind it.
    pub(super) async fn transaction_at(&self, location: &Location, version: u64) -> Result<u64> {
        let log_store = self.log_store(location)?;
        let mut table = DeltaTable::new(Arc::clone(&log_store));
        table.load_version(version).await.map_err(|e| broken(location, e))?;
        let state = table.snapshot().map_err(|e| broken(location, e))?;
        let found = state.transaction_version(log_store.as_ref(), APPLICATION).await;
        let found = found.map_err(|e| broken(location, e))?;
        Ok(found.and_then(|number| u64::try_from(number).ok()).unwrap_or_default())
    }

    /// What our own commit changed is seen at once; every so often it is also checkpointed.
    pub(super) async fn committed(&self, location: &Location, version: u64, transaction: u64) {
        let slot = self.slot(location);
        let mut slot = slot.lock().await;
        slot.asked = None;
        slot.own.push_back((version, transaction));
        if slot.own.len() > OWN_MAX {
            slot.own.pop_front();
        }
        drop(slot);
        if !version.is_multiple_of(CHECKPOINT_EVERY) {
            return;
        }
        let Ok(log_store) = self.log_store(location) else { return };
        let location = location.clone();
        tokio::spawn(async move {
            let mut table = DeltaTable::new(log_store);
            let outcome = async {
                table.load().await?;
                deltalake::protocol::checkpoints::create_checkpoint(&table, None).await
            };
            if let Err(e) = outcome.await {
                tracing::warn!(error = %e, %location, "could not write a checkpoint");
            }
        });
    }

    /// A scan over a version, with files that are staged but not committed, and without its own where the
    /// transaction has emptied the table. With `columns`, those that the transaction has given it.
    pub fn provider(
        &self,
        table: &TableVersion,
        columns: Option<SchemaRef>,
        staged: &[DataFile],
        emptied: bool,
    ) -> Result<Arc<dyn TableProvider>> {
        let index = match staged {
            [] if !emptied && columns.is_none() => Arc::clone(&table.index),
            staged => {
                let base = &table.index;
                // In the transaction that adds a column, what it wrote since has that column already.
                let base = &columns
                    .map_or_else(|| Arc::clone(base), |columns| Arc::new(base.widened(columns)));
                let more = Index::new(Arc::clone(&base.columns), base.partition_by.clone(), staged);
                let more = more.map_err(|e| Error::internal("staged files").because(e))?;
                let kept = base.files.iter().filter(|_| !emptied).cloned();
                let files = kept.chain(more.files).collect();
                Arc::new(Index { files, ..more_columns(base) })
            }
        };
        Ok(Arc::new(LakeTable::new(table.location.clone(), index)))
    }

    /// A scan over files that no log speaks of.
    pub fn provider_of_files(
        &self,
        location: &Location,
        columns: SchemaRef,
        partition_by: &[String],
        files: &[DataFile],
    ) -> Result<Arc<dyn TableProvider>> {
        let index = Index::new(columns, partition_by.to_vec(), files);
        let index = index.map_err(|e| Error::internal("staged files").because(e))?;
        Ok(Arc::new(LakeTable::new(location.clone(), Arc::new(index))))
    }

    /// Where files of a table are written.
    pub fn target(
        &self,
        location: &Location,
        columns: SchemaRef,
        partition_by: &[String],
    ) -> Result<Target> {
        Ok(Target {
            store: self.stores.open(location)?,
            location: location.clone(),
            columns,
            partition_by: partition_by.to_vec(),
            settings: self.config.write.clone(),
            budget: location.is_temporary().then(|| self.stores.temporary().budget()),
        })
    }

    fn slot(&self, location: &Location) -> Arc<tokio::sync::Mutex<Slot>> {
        Arc::clone(self.slots.lock().entry(location.clone()).or_default())
    }

    pub(super) fn turn(&self, location: &Location) -> Arc<tokio::sync::Mutex<()>> {
        Arc::clone(self.turns.lock().entry(location.clone()).or_default())
    }

    /// Removes a table that never became visible, best effort.
    pub async fn remove(&self, location: &Location) {
        self.forget(location);
        let Ok(store) = self.stores.open(location) else { return };
        let mut listing = store.list(Some(location.path()));
        while let Some(Ok(meta)) = listing.next().await {
            if let Err(e) = store.delete(&meta.location).await {
                tracing::warn!(error = %e, "could not remove a file of a table that was rolled back");
            }
        }
    }

    /// Forgets a table that was dropped.
    pub fn forget(&self, location: &Location) {
        self.slots.lock().remove(location);
        self.turns.lock().remove(location);
    }

    pub(super) fn log_store(&self, location: &Location) -> Result<LogStoreRef> {
        let root = self.stores.open(location)?;
        let prefixed = Arc::new(PrefixStore::new(Arc::clone(&root), location.path().clone()));
        Ok(default_logstore(prefixed, root, &location.url(), &StorageConfig::default()))
    }

    pub(super) fn log(&self, location: &Location) -> Result<Log> {
        Ok(Log { store: self.stores.open(location)?, location: location.clone() })
    }
}

fn more_columns(base: &Index) -> Index {
    Index {
        columns: Arc::clone(&base.columns),
        partition_by: base.partition_by.clone(),
        files: Vec::new(),
        layout: None,
    }
}

/// Who won a version.
pub(super) enum Put {
    /// The commit as it lies there.
    Ours(Bytes),
    Rival(Bytes),
}

/// The `_delta_log` of one table.
pub(super) struct Log {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) location: Location,
}

impl Log {
    pub(super) fn folder(&self) -> Path {
        self.location.path().clone().join("_delta_log")
    }

    pub(super) fn path(&self, version: u64) -> Path {
        self.folder().join(format!("{version:020}.json"))
    }

    pub(super) async fn read(&self, version: u64) -> Result<Option<Bytes>> {
        let found = async { self.store.get(&self.path(version)).await?.bytes().await };
        match found.await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(e) => Err(failure(&self.location, e)),
        }
    }

    pub(super) async fn put(&self, version: u64, id: &str, body: Bytes) -> Result<Put> {
        const TRIES: usize = 5;
        let mut last = None;
        for attempt in 0..TRIES {
            let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
            let payload = PutPayload::from_bytes(body.clone());
            match self.store.put_opts(&self.path(version), payload, options).await {
                Ok(_) => return Ok(Put::Ours(body)),
                Err(e) => last = Some(e),
            }
            // Whatever the reply was: what lies there now decides.
            match self.read(version).await {
                Ok(Some(found)) if is_ours(&found, id) => return Ok(Put::Ours(found)),
                Ok(Some(found)) => return Ok(Put::Rival(found)),
                Ok(None) | Err(_) => back_off(attempt).await,
            }
        }
        let cause = last.map(|e| failure(&self.location, e));
        Err(cause.unwrap_or_else(|| Error::internal("a put without an outcome")))
    }
}

fn is_ours(commit: &Bytes, id: &str) -> bool {
    actions(commit).any(|action| {
        action.pointer("/commitInfo/lakewireOpId").and_then(Value::as_str) == Some(id)
    })
}

/// Whether a commit did more than add and remove files.
pub(super) fn alters_table(commit: &Bytes) -> bool {
    actions(commit)
        .any(|action| action.get("metaData").is_some() || action.get("protocol").is_some())
}

fn actions(commit: &Bytes) -> impl Iterator<Item = Value> + '_ {
    commit.split(|b| *b == b'\n').filter_map(|line| serde_json::from_slice(line).ok())
}

pub(super) async fn back_off(attempt: usize) {
    let most = 5u64 << attempt.min(6);
    let wait = rand::random_range(1..=most);
    tokio::time::sleep(Duration::from_millis(wait)).await;
}

pub(super) fn lines_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

pub(super) fn now_ms() -> i64 {
    chrono::Utc::now().timestamp_millis()
}

pub(super) fn encode(lines: &[Value]) -> Bytes {
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    Bytes::from(lines.join("\n") + "\n")
}

pub(super) fn commit_info(id: &str, operation: &str, partition_by: &[String]) -> Value {
    json!({ "commitInfo": {
        "timestamp": now_ms(),
        "operation": operation,
        "operationParameters": { "mode": "Append", "partitionBy": json!(partition_by).to_string() },
        "isBlindAppend": operation == "WRITE",
        "engineInfo": concat!("lakewire/", env!("CARGO_PKG_VERSION")),
        "lakewireOpId": id,
    }})
}

pub(super) fn add(file: &DataFile) -> Value {
    let partition: serde_json::Map<String, Value> =
        file.partition.iter().map(|(k, v)| (k.clone(), json!(v))).collect();
    json!({ "add": {
        "path": file.path,
        "partitionValues": partition,
        "size": file.size,
        "modificationTime": now_ms(),
        "dataChange": true,
        "stats": file.stats,
    }})
}

pub(super) fn remove(file: &super::index::File) -> Value {
    let partition: serde_json::Map<String, Value> =
        file.partition_text.iter().map(|(k, v)| (k.clone(), json!(v))).collect();
    json!({ "remove": {
        "path": file.path,
        "deletionTimestamp": now_ms(),
        "dataChange": true,
        "extendedFileMetadata": true,
        "partitionValues": partition,
        "size": file.size,
    }})
}

/// The oldest protocol that says all that the table needs (Delta protocol, "Valid Feature Names").
pub(super) fn protocol(new: &NewTable) -> Value {
    let ntz = new.columns.fields().iter().any(|f| holds_ntz(f.data_type()));
    if ntz {
        let mut writer = vec!["timestampNtz", "appendOnly", "invariants"];
        if !new.checks.is_empty() {
            writer.push("checkConstraints");
        }
        return json!({ "protocol": {
            "minReaderVersion": 3, "minWriterVersion": 7,
            "readerFeatures": ["timestampNtz"], "writerFeatures": writer,
        }});
    }
    let writer = if new.checks.is_empty() { 2 } else { 3 };
    json!({ "protocol": { "minReaderVersion": 1, "minWriterVersion": writer } })
}

fn holds_ntz(data_type: &DataType) -> bool {
    match data_type {
        DataType::Timestamp(_, None) => true,
        DataType::List(item) => holds_ntz(item.data_type()),
        _ => false,
    }
}

pub(super) fn metadata(new: &NewTable) -> Result<Value> {
    let fields = new
        .columns
        .fields()
        .iter()
        .map(|field| delta_field(field, field.name()))
        .collect::<Result<Vec<_>>>()?;
    let schema: StructType = (&Schema::new(fields))
        .try_into_kernel()
        .map_err(|e| Error::unsupported(format!("a column's type in a table ({e})")))?;
    let schema = serde_json::to_string(&schema)
        .map_err(|e| Error::internal("the schema does not encode").because(e))?;
    let configuration: serde_json::Map<String, Value> = new
        .checks
        .iter()
        .map(|(name, sql)| (format!("delta.constraints.{name}"), json!(sql)))
        .chain(new.properties.iter().map(|(name, value)| (name.clone(), json!(value))))
        .collect();
    Ok(json!({ "metaData": {
        "id": uuid::Uuid::new_v4(),
        "name": new.name,
        "format": { "provider": "parquet", "options": {} },
        "schemaString": schema,
        "partitionColumns": new.partition_by,
        "configuration": configuration,
        "createdTime": now_ms(),
    }}))
}

/// A column as Delta can store it, or why it cannot.
fn delta_field(field: &Field, column: &str) -> Result<Field> {
    let data_type = match field.data_type() {
        DataType::Utf8View => DataType::Utf8,
        DataType::BinaryView => DataType::Binary,
        DataType::List(item) => DataType::List(Arc::new(delta_field(item, column)?)),
        DataType::Time64(_)
        | DataType::Duration(_)
        | DataType::Interval(_)
        | DataType::Decimal256(..)
        | DataType::Null => {
            let name = field.metadata().get("lakewire.type").cloned();
            let name = name.unwrap_or_else(|| field.data_type().to_string());
            return Err(Error::unsupported(format!("storing column \"{column}\" of type {name}"))
                .hint("Delta tables have no such type; cast the column to text."));
        }
        other => other.clone(),
    };
    Ok(field.clone().with_data_type(data_type))
}

/// The state that delta-rs read as our index.
fn read(table: &DeltaTable, location: &Location, transaction: Option<u64>) -> Result<TableVersion> {
    let state = table.snapshot().map_err(|e| broken(location, e))?;
    let schema: Schema = state.schema().as_ref().try_into_arrow().map_err(|e| {
        Error::new(
            SqlState::DATA_CORRUPTED,
            format!("the columns of {location} are not readable: {e}"),
        )
    })?;
    let columns =
        Arc::new(Schema::new(schema.fields().iter().map(|f| memory_field(f)).collect::<Vec<_>>()));
    let mapping = state.metadata().configuration().get("delta.columnMapping.mode");
    if mapping.is_some_and(|mode| mode != "none") {
        return Err(Error::unsupported(format!(
            "column mapping, as the Delta table at {location} has it,"
        )));
    }
    let partition_by = state.metadata().partition_columns().to_vec();
    let mut files = Vec::new();
    let mut seen = HashSet::new();
    for view in state.log_data().iter() {
        if view.deletion_vector_descriptor().is_some() {
            return Err(Error::unsupported(format!(
                "deletion vectors, as the Delta table at {location} has them,"
            )));
        }
        let path = view.object_store_path().to_string();
        if !seen.insert(path.clone()) {
            continue;
        }
        let file = DataFile {
            path,
            size: u64::try_from(view.size()).unwrap_or_default(),
            partition: view.partition_values_map().into_iter().collect(),
            rows: view.num_records().unwrap_or_default() as u64,
            stats: view.stats(),
        };
        files.push((view.modification_time(), file));
    }
    // As they were written; the log tells the newest first. Names of one moment tell their own order.
    files.sort_by(|(at, file), (other_at, other)| (at, file.name()).cmp(&(other_at, other.name())));
    let files: Vec<_> = files.into_iter().map(|(_, file)| file).collect();
    let index = Index::new(columns, partition_by, &files).map_err(|e| {
        Error::new(SqlState::DATA_CORRUPTED, format!("the log of {location} is not readable: {e}"))
    })?;
    Ok(TableVersion {
        location: location.clone(),
        version: state.version(),
        transaction: transaction.map(OnceLock::from).unwrap_or_default(),
        index: Arc::new(index),
    })
}

/// A stored column as it lies in memory.
fn memory_field(field: &Field) -> Field {
    let data_type = match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
        DataType::Binary | DataType::LargeBinary => DataType::BinaryView,
        DataType::Timestamp(_, Some(_)) => {
            DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
        }
        DataType::List(item) => DataType::List(Arc::new(memory_field(item).with_name("item"))),
        other => other.clone(),
    };
    field.clone().with_data_type(data_type)
}

fn broken(location: &Location, e: DeltaTableError) -> Error {
    match e {
        DeltaTableError::ObjectStore { source } => failure(location, source),
        DeltaTableError::NotATable(_) => {
            Error::new(SqlState::UNDEFINED_FILE, format!("there is no Delta table at {location}"))
                .hint("Its files may have been removed by hand.")
        }
        other => Error::storage(format!("could not read the Delta table at {location}"))
            .detail(other.to_string())
            .because(other),
    }
}
