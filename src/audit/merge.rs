//! Many small files become a large one, so that reading the log stays quick however often it is flushed.
//!
//! The rows are in the log once, and their proof twice: the small files stay where they lie, under the digests of
//! their own batches, and whoever verifies compares their rows with the large file's.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::chain::{self, Merged, Seal, SealedFile, Walk, digest};
use super::table;
use crate::error::{Error, Result, SqlState};
use crate::storage::delta::Deltas;
use crate::storage::location::Location;
use crate::storage::sealed::{Batch, Head};
use crate::storage::writer::write_whole;

/// Larger files are left as they are, and no more than this is merged at once.
const FILE_BYTES_MAX: u64 = 1 << 20;
const BYTES_MAX: u64 = 32 << 20;
const REQUESTS: usize = 8;

/// Merges the files of the last `batches` batches up to `head`.
pub(super) async fn run(
    deltas: Arc<Deltas>,
    location: Location,
    head: Head,
    batches: u64,
    server: String,
) -> Result<()> {
    let small = small_files(&deltas, &location, &head, batches).await?;
    if small.len() < 2 {
        return Ok(());
    }
    let reads = small.clone().into_iter().map(|file| sealed_rows(&deltas, &location, file));
    let rows: Vec<Vec<RecordBatch>> = stream::iter(reads).buffered(REQUESTS).try_collect().await?;
    let target = deltas.target(&location, table::storage_schema(), &[])?;
    let made = tokio::task::spawn_blocking(move || write_whole(&target, &together(&rows)?));
    let (file, bytes) =
        made.await.map_err(|e| Error::internal("merging broke off").because(e))??;
    let replaces = small.iter().map(|f| (f.path.clone(), f.size)).collect();
    let merges = small.into_iter().map(|f| Merged { path: f.path, digest: f.digest }).collect();
    let seal = Seal::merging(&file.path, &bytes, &server, merges);
    let batch = Batch { id: uuid::Uuid::new_v4().to_string(), file, bytes, replaces };
    deltas.put_file(&location, &batch).await?;
    let seal = |head: &Head| (chain::KEY, seal.after(&head.commit).to_json());
    deltas.append_sealed(&location, &head, &batch, seal).await?;
    Ok(())
}

/// Of the newest batches, the files that are small and were not merged themselves.
async fn small_files(
    deltas: &Deltas,
    location: &Location,
    head: &Head,
    batches: u64,
) -> Result<Vec<SealedFile>> {
    let first = (head.version + 1).saturating_sub(batches).max(1);
    let commits = stream::iter(first..=head.version)
        .map(|version| async move { Ok((version, deltas.commit(location, version).await?)) });
    let mut commits = commits.buffered(REQUESTS);
    let mut small: Vec<SealedFile> = Vec::new();
    let mut bytes = 0;
    while let Some((version, commit)) = commits.try_next().await? {
        let commit = commit.ok_or_else(|| damaged(&format!("batch {version} is missing")))?;
        for file in Walk::batch(version, &commit).map_err(|fault| damaged(&fault))? {
            bytes += file.size;
            if file.size <= FILE_BYTES_MAX && bytes <= BYTES_MAX {
                small.push(file);
            }
        }
    }
    Ok(small)
}

async fn sealed_rows(
    deltas: &Deltas,
    location: &Location,
    file: SealedFile,
) -> Result<Vec<RecordBatch>> {
    let SealedFile { version, path, .. } = &file;
    match deltas.file(location, path).await? {
        Some(bytes) if digest(&bytes) == file.digest => rows(bytes),
        Some(_) => Err(damaged(&format!("batch {version}: its file {path} was altered"))),
        None => Err(damaged(&format!("batch {version}: its file {path} is missing"))),
    }
}

fn damaged(fault: &str) -> Error {
    Error::new(SqlState::DATA_CORRUPTED, format!("the audit log is damaged: {fault}"))
}

/// The rows of a data file.
pub(super) fn rows(bytes: Bytes) -> Result<Vec<RecordBatch>> {
    let unreadable = |e: String| damaged(&format!("a file cannot be read: {e}"));
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes)
        .and_then(ParquetRecordBatchReaderBuilder::build)
        .map_err(|e| unreadable(e.to_string()))?;
    reader.collect::<std::result::Result<_, _>>().map_err(|e| unreadable(e.to_string()))
}

/// All rows as one batch.
pub(super) fn together(rows: &[Vec<RecordBatch>]) -> Result<RecordBatch> {
    let mut batches = rows.iter().flatten().peekable();
    let first = batches.peek().ok_or_else(|| damaged("there are no rows"))?;
    concat_batches(&first.schema(), batches)
        .map_err(|e| damaged(&format!("files do not go together: {e}")))
}
