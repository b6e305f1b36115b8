//! Batches to Parquet files: streamed, of bounded memory, with the statistics that a Delta log keeps.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::{Array, RecordBatch};
use arrow::compute::{CastOptions, cast_with_options, partition};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use bytes::Bytes;
use datafusion::common::ScalarValue;
use datafusion::error::DataFusionError;
use futures::{Stream, StreamExt};
use object_store::buffered::BufWriter;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::arrow::{ArrowWriter, AsyncArrowWriter};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::properties::WriterProperties;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::location::Location;
use super::temporary::Budget;
use crate::config;
use crate::error::{Error, Result, SqlState};

/// A file that was written and is in no commit yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataFile {
    /// Relative to the table's location; plain ASCII, so that no reader needs to decode it.
    pub path: String,
    pub size: u64,
    /// Partition columns with their values as the log writes them.
    pub partition: Vec<(String, Option<String>)>,
    pub rows: u64,
    /// Delta's statistics, as JSON.
    pub stats: Option<String>,
}

impl DataFile {
    /// Without the folders of its partition.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// A name no other file has; those of one server sort as they were made, so that rows come back as they went in.
fn new_name() -> String {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = now.map_or(0, |since| since.as_micros() as u64);
    let next = |last: u64| now.max(last + 1);
    let last = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)));
    let moment = next(last.unwrap_or_default());
    format!("part-{moment:014x}-{}.zstd.parquet", uuid::Uuid::new_v4())
}

/// Where rows go and how files are cut.
#[derive(Clone)]
pub struct Target {
    pub store: Arc<dyn ObjectStore>,
    pub location: Location,
    /// All columns of the table.
    pub columns: SchemaRef,
    pub partition_by: Vec<String>,
    pub settings: config::Write,
    /// Of temporary tables.
    pub budget: Option<Arc<Budget>>,
}

/// Writes one stream. Rows of one partition must come together (the engine sorts by the partition columns), so
/// that only one file is open at a time. On an error what was written is removed again.
pub async fn write(
    target: &Target,
    mut input: impl Stream<Item = std::result::Result<RecordBatch, DataFusionError>> + Unpin,
    fail: impl Fn(DataFusionError) -> Error,
) -> Result<Vec<DataFile>> {
    let mut writer = Writer::new(target)?;
    let outcome = async {
        while let Some(batch) = input.next().await {
            writer.batch(&batch.map_err(&fail)?).await?;
        }
        writer.close().await
    };
    match outcome.await {
        Ok(()) => Ok(writer.files),
        Err(e) => {
            discard(target, &writer.files).await;
            Err(e)
        }
    }
}

/// One batch as one file, made in memory: for whoever must know the very bytes that are stored.
pub fn write_whole(target: &Target, batch: &RecordBatch) -> Result<(DataFile, Bytes)> {
    let writer = Writer::new(target)?;
    let rows = writer.stored(batch)?;
    let properties = Some(properties(&target.settings)?);
    let mut bytes = Vec::new();
    let schema = Arc::clone(&writer.file_schema);
    let mut file = ArrowWriter::try_new(&mut bytes, schema, properties).map_err(internal)?;
    file.write(&rows).map_err(internal)?;
    let metadata = file.close().map_err(internal)?;
    let count = rows.num_rows() as u64;
    let stats = statistics(&metadata, &writer.file_schema, count).to_string();
    let path = new_name();
    let size = bytes.len() as u64;
    let file = DataFile { path, size, partition: Vec::new(), rows: count, stats: Some(stats) };
    Ok((file, Bytes::from(bytes)))
}

/// Best effort: files without a commit are invisible to every reader.
pub async fn discard(target: &Target, files: &[DataFile]) {
    for file in files {
        let path =
            file.path.split('/').fold(target.location.path().clone(), |p, part| p.join(part));
        match target.store.delete(&path).await {
            Ok(()) => target.budget.iter().for_each(|budget| budget.give_back(file.size)),
            Err(e) => {
                tracing::warn!(error = %e, path = %path, "could not remove a file of a failed write");
            }
        }
    }
}

type Key = Vec<ScalarValue>;

struct Open {
    key: Key,
    path: String,
    rows: u64,
    writer: AsyncArrowWriter<BufWriter>,
}

struct Writer<'t> {
    target: &'t Target,
    /// The columns that are in the files: all but the partitions'.
    file_schema: SchemaRef,
    file_columns: Vec<usize>,
    partition_columns: Vec<usize>,
    open: Option<Open>,
    seen: usize,
    files: Vec<DataFile>,
}

impl<'t> Writer<'t> {
    fn new(target: &'t Target) -> Result<Writer<'t>> {
        let is_partition = |name: &str| target.partition_by.iter().any(|p| p == name);
        let fields = target.columns.fields();
        let file_columns: Vec<usize> =
            (0..fields.len()).filter(|i| !is_partition(fields[*i].name())).collect();
        let partition_columns = target
            .partition_by
            .iter()
            .map(|name| {
                target
                    .columns
                    .index_of(name)
                    .map_err(|_| Error::internal("no such partition column"))
            })
            .collect::<Result<_>>()?;
        let file_fields: Vec<Field> =
            file_columns.iter().map(|i| stored_field(&fields[*i])).collect();
        let file_schema = Arc::new(Schema::new(file_fields));
        let (open, seen, files) = (None, 0, Vec::new());
        Ok(Writer { target, file_schema, file_columns, partition_columns, open, seen, files })
    }

    async fn batch(&mut self, batch: &RecordBatch) -> Result<()> {
        if self.partition_columns.is_empty() {
            return self.rows(Vec::new(), batch).await;
        }
        let keys: Vec<_> =
            self.partition_columns.iter().map(|i| Arc::clone(batch.column(*i))).collect();
        let runs = partition(&keys).map_err(internal)?;
        for run in runs.ranges() {
            let key = keys
                .iter()
                .map(|column| ScalarValue::try_from_array(column, run.start))
                .collect::<std::result::Result<Key, _>>()
                .map_err(internal)?;
            self.rows(key, &batch.slice(run.start, run.len())).await?;
        }
        Ok(())
    }

    /// Rows of one partition.
    async fn rows(&mut self, key: Key, rows: &RecordBatch) -> Result<()> {
        if rows.num_rows() == 0 {
            return Ok(());
        }
        if self.open.as_ref().is_some_and(|open| open.key != key) {
            self.close().await?;
        }
        if self.open.is_none() {
            self.open = Some(self.start(key)?);
        }
        let batch = self.stored(rows)?;
        let file_bytes = self.target.settings.file_bytes;
        let Some(open) = &mut self.open else { return Err(Error::internal("no open file")) };
        open.rows += rows.num_rows() as u64;
        open.writer.write(&batch).await.map_err(|e| failed(self.target, e))?;
        let size = open.writer.bytes_written() + open.writer.in_progress_size();
        if let Some(budget) = &self.target.budget {
            budget.check(size as u64)?;
        }
        if size >= file_bytes { self.close().await } else { Ok(()) }
    }

    /// The columns as they go into a file: views as plain strings, which every reader knows.
    fn stored(&self, rows: &RecordBatch) -> Result<RecordBatch> {
        let columns = self
            .file_columns
            .iter()
            .zip(self.file_schema.fields())
            .map(|(i, field)| {
                // What a file cannot hold is an error, never NULL.
                let strict = CastOptions { safe: false, ..CastOptions::default() };
                cast_with_options(rows.column(*i), field.data_type(), &strict).map_err(internal)
            })
            .collect::<Result<_>>()?;
        RecordBatch::try_new(Arc::clone(&self.file_schema), columns).map_err(internal)
    }

    fn start(&mut self, key: Key) -> Result<Open> {
        if self.files.last().is_none_or(|_| true) && !key.is_empty() {
            let same = self
                .files
                .last()
                .is_some_and(|f| f.partition == self.texts(&key).unwrap_or_default());
            self.seen += usize::from(!same);
        }
        let most = self.target.settings.partitions;
        if self.seen > most {
            return Err(Error::new(
                SqlState::PROGRAM_LIMIT_EXCEEDED,
                format!("the statement writes more than {most} partitions"),
            )
            .hint("Partition by fewer distinct values, or raise write.partitions."));
        }
        let mut path = String::new();
        for (name, value) in self.texts(&key)? {
            path.push_str(&folder(&name, value.as_deref()));
        }
        path.push_str(&new_name());
        let full =
            path.split('/').fold(self.target.location.path().clone(), |p, part| p.join(part));
        let upload = BufWriter::new(Arc::clone(&self.target.store), full);
        let properties = properties(&self.target.settings)?;
        let writer =
            AsyncArrowWriter::try_new(upload, Arc::clone(&self.file_schema), Some(properties))
                .map_err(internal)?;
        Ok(Open { key, path, rows: 0, writer })
    }

    fn texts(&self, key: &Key) -> Result<Vec<(String, Option<String>)>> {
        self.target
            .partition_by
            .iter()
            .zip(key)
            .map(|(name, value)| Ok((name.clone(), partition_text(name, value)?)))
            .collect()
    }

    async fn close(&mut self) -> Result<()> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let partition = self.texts(&open.key)?;
        let Open { path, rows, mut writer, .. } = open;
        let metadata = writer.finish().await.map_err(|e| failed(self.target, e))?;
        let size = writer.bytes_written() as u64;
        let stats = Some(statistics(&metadata, &self.file_schema, rows).to_string());
        if let Some(budget) = &self.target.budget {
            budget.take(size);
        }
        self.files.push(DataFile { path, size, partition, rows, stats });
        Ok(())
    }
}

fn properties(settings: &config::Write) -> Result<WriterProperties> {
    let level = ZstdLevel::try_new(settings.zstd_level).map_err(internal)?;
    Ok(WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(settings.row_group_rows))
        .build())
}

fn internal(e: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::internal("writing failed").because(e)
}

fn failed(target: &Target, e: parquet::errors::ParquetError) -> Error {
    Error::storage(format!("could not write to {}", target.location))
        .detail(e.to_string().lines().next().unwrap_or_default().to_owned())
        .because(e)
}

fn stored_field(field: &Field) -> Field {
    let data_type = match field.data_type() {
        DataType::Utf8View => DataType::Utf8,
        DataType::BinaryView => DataType::Binary,
        DataType::List(item) => DataType::List(Arc::new(stored_field(item))),
        other => other.clone(),
    };
    field.clone().with_data_type(data_type)
}

/// `name=value/` where both read well in a path, else a folder that says nothing: the log holds the value.
fn folder(name: &str, value: Option<&str>) -> String {
    let plain = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.:".contains(c))
    };
    match value {
        Some(value) if plain(name) && plain(value) && !value.contains(':') => {
            format!("{name}={value}/")
        }
        None if plain(name) => format!("{name}=__HIVE_DEFAULT_PARTITION__/"),
        _ => String::new(),
    }
}

/// A partition's value as Delta writes it (protocol, "Partition Value Serialization").
fn partition_text(name: &str, value: &ScalarValue) -> Result<Option<String>> {
    if value.is_null() {
        return Ok(None);
    }
    let text = match value {
        ScalarValue::TimestampMicrosecond(Some(v), zone) => {
            timestamp_text(*v, ' ', zone.is_some())?
        }
        ScalarValue::Float32(_)
        | ScalarValue::Float64(_)
        | ScalarValue::Binary(_)
        | ScalarValue::BinaryView(_) => {
            return Err(Error::unsupported(format!(
                "partitioning by \"{name}\", a column of type {},",
                value.data_type()
            )));
        }
        other => other.to_string(),
    };
    match text.is_empty() {
        // Delta reads an empty string back as NULL; better refused than changed.
        true => {
            Err(Error::unsupported(format!("an empty string in the partition column \"{name}\"")))
        }
        false => Ok(Some(text)),
    }
}

fn timestamp_text(micros: i64, separator: char, zoned: bool) -> Result<String> {
    let time = chrono::DateTime::from_timestamp_micros(micros)
        .ok_or_else(|| Error::new(SqlState::DATETIME_OVERFLOW, "timestamp out of range"))?;
    let zone = if zoned && separator == 'T' { "Z" } else { "" };
    Ok(format!("{}{separator}{}{zone}", time.format("%Y-%m-%d"), time.format("%H:%M:%S%.6f")))
}

/// Delta's statistics of a file, from its own footer. A bound that might not hold is left out.
fn statistics(metadata: &ParquetMetaData, schema: &Schema, rows: u64) -> Value {
    let (mut min, mut max, mut nulls) = (Map::new(), Map::new(), Map::new());
    let parquet_schema = metadata.file_metadata().schema_descr();
    for field in schema.fields() {
        let Ok(converter) = StatisticsConverter::try_new(field.name(), schema, parquet_schema)
        else {
            continue;
        };
        let groups = metadata.row_groups();
        if let Ok(counts) = converter.row_group_null_counts(groups)
            && counts.null_count() == 0
        {
            nulls.insert(field.name().clone(), json!(counts.values().iter().sum::<u64>()));
        }
        let low = converter.row_group_mins(groups).ok().and_then(|a| extreme(&a, true));
        let high = converter.row_group_maxes(groups).ok().and_then(|a| extreme(&a, false));
        if let (Some(low), Some(high)) = (low, high) {
            min.insert(field.name().clone(), low);
            max.insert(field.name().clone(), high);
        }
    }
    json!({ "numRecords": rows, "minValues": min, "maxValues": max, "nullCount": nulls })
}

/// The least or greatest of the row groups' bounds as JSON.
fn extreme(bounds: &dyn Array, least: bool) -> Option<Value> {
    let mut best: Option<ScalarValue> = None;
    for i in 0..bounds.len() {
        let value = ScalarValue::try_from_array(bounds, i).ok()?;
        // A row group of NULLs alone has no bound and widens nothing.
        if value.is_null() {
            continue;
        }
        let wider = match &best {
            None => true,
            Some(best) => {
                let order = value.partial_cmp(best)?;
                if least { order.is_lt() } else { order.is_gt() }
            }
        };
        if wider {
            best = Some(value);
        }
    }
    bound_json(&best?)
}

fn bound_json(value: &ScalarValue) -> Option<Value> {
    /// Parquet cuts longer strings in its footer; a cut bound is no bound.
    const TEXT_BYTES_MAX: usize = 63;
    match value {
        ScalarValue::Int8(Some(v)) => Some(json!(v)),
        ScalarValue::Int16(Some(v)) => Some(json!(v)),
        ScalarValue::Int32(Some(v)) => Some(json!(v)),
        ScalarValue::Int64(Some(v)) => Some(json!(v)),
        ScalarValue::Utf8(Some(v)) if v.len() <= TEXT_BYTES_MAX => Some(json!(v)),
        ScalarValue::Date32(Some(_)) => Some(json!(value.to_string())),
        ScalarValue::TimestampMicrosecond(Some(v), zone) => {
            timestamp_text(*v, 'T', zone.is_some()).ok().map(Value::String)
        }
        // JSON numbers are doubles to most readers: 15 digits go through unharmed.
        ScalarValue::Decimal128(Some(v), precision, scale) if *precision <= 15 => {
            let number = *v as f64 / 10f64.powi(i32::from(*scale));
            Some(json!(number))
        }
        _ => None,
    }
}
