//! Tables whose commits each say something of the one before: a chain over the Delta log itself.
//!
//! The log of a table is totally ordered, since each version is put only if absent. Whoever loses the race for a
//! version is given the winner's commit and seals its own anew on top of it; the data file stays as it is.

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use serde_json::{Value, json};

use super::delta::{Deltas, Put, add, back_off, commit_info, encode};
use super::location::Location;
use super::stores::failure;
use super::writer::DataFile;
use crate::error::{Error, Result, SqlState};

/// Each lost race is another's success; the caller comes back after so many.
const RACES_MAX: usize = 1_000;

/// The newest commit of a table, as it lies there.
#[derive(Clone, Debug)]
pub struct Head {
    pub version: u64,
    pub commit: Bytes,
}

/// A file with its bytes, and the id of the commit that adds it: the same at every try, so that a commit whose
/// reply was lost is found again rather than made twice.
pub struct Batch {
    pub id: String,
    pub file: DataFile,
    pub bytes: Bytes,
    /// Files whose rows are all in this one, path and size: they leave the table and stay where they lie.
    pub replaces: Vec<(String, u64)>,
}

impl Deltas {
    /// The newest commit, asked of the store; none where there is no table.
    pub async fn head(&self, location: &Location) -> Result<Option<Head>> {
        let log = self.log(location)?;
        // The last checkpoint says how far the log goes at least, so that a long one is not listed whole.
        let checkpoint = async { log.store.get(&log.folder().join("_last_checkpoint")).await };
        let from = match checkpoint.await {
            Ok(found) => {
                let found: Option<Value> =
                    found.bytes().await.ok().and_then(|b| serde_json::from_slice(&b).ok());
                found.and_then(|c| c.get("version").and_then(Value::as_u64)).unwrap_or(0)
            }
            Err(_) => 0,
        };
        let mut newest = self.versions(location, from).await?.into_iter().max();
        if newest.is_none() && from > 0 {
            newest = self.versions(location, 0).await?.into_iter().max();
        }
        let Some(version) = newest else { return Ok(None) };
        Ok(self.commit(location, version).await?.map(|commit| Head { version, commit }))
    }

    /// The versions from one on whose commits lie in the log.
    pub async fn versions(&self, location: &Location, from: u64) -> Result<Vec<u64>> {
        let log = self.log(location)?;
        let folder = log.folder();
        let mut listing = match from.checked_sub(1) {
            Some(before) => log.store.list_with_offset(Some(&folder), &log.path(before)),
            None => log.store.list(Some(&folder)),
        };
        let mut versions = Vec::new();
        while let Some(object) = listing.try_next().await.map_err(|e| failure(location, e))? {
            let name = object.location.filename().and_then(|name| name.strip_suffix(".json"));
            versions.extend(name.and_then(|name| name.parse::<u64>().ok()));
        }
        Ok(versions)
    }

    /// A commit's bytes; none if it is not there.
    pub async fn commit(&self, location: &Location, version: u64) -> Result<Option<Bytes>> {
        self.log(location)?.read(version).await
    }

    /// A data file's bytes; none if it is not there.
    pub async fn file(&self, location: &Location, path: &str) -> Result<Option<Bytes>> {
        let log = self.log(location)?;
        let path = path.split('/').fold(location.path().clone(), |p, part| p.join(part));
        let found = async { log.store.get(&path).await?.bytes().await };
        match found.await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(e) => Err(failure(location, e)),
        }
    }

    /// Puts a batch's file where no commit names it yet. Once is enough, twice does no harm.
    pub async fn put_file(&self, location: &Location, batch: &Batch) -> Result<()> {
        let log = self.log(location)?;
        let path = location.path().clone().join(batch.file.path.as_str());
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        let payload = PutPayload::from_bytes(batch.bytes.clone());
        match log.store.put_opts(&path, payload, options).await {
            Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Ok(()),
            // The reply may have been lost; what lies there decides.
            Err(e) => match log.store.head(&path).await {
                Ok(meta) if meta.size == batch.file.size => Ok(()),
                _ => Err(failure(location, e)),
            },
        }
    }

    /// Commits a batch on top of `head`, or on top of whatever came meanwhile; `seal` says what the commit carries
    /// beside its file. Gives the new head. After an error the same call may be made again.
    pub async fn append_sealed(
        &self,
        location: &Location,
        head: &Head,
        batch: &Batch,
        seal: impl Fn(&Head) -> (&'static str, Value),
    ) -> Result<Head> {
        let turn = self.turn(location);
        let _turn = turn.lock().await;
        let log = self.log(location)?;
        let mut head = head.clone();
        for attempt in 0..RACES_MAX {
            let (key, sealed) = seal(&head);
            let body = encode(&lines(batch, key, sealed));
            let version = head.version + 1;
            match log.put(version, &batch.id, body).await? {
                Put::Ours(commit) => {
                    self.committed(location, version, 0).await;
                    return Ok(Head { version, commit });
                }
                Put::Rival(commit) => {
                    head = Head { version, commit };
                    back_off(attempt).await;
                }
            }
        }
        Err(Error::new(SqlState::SERIALIZATION_FAILURE, "too many concurrent writers"))
    }
}

fn lines(batch: &Batch, key: &str, sealed: Value) -> Vec<Value> {
    let merges = !batch.replaces.is_empty();
    let mut info = commit_info(&batch.id, if merges { "OPTIMIZE" } else { "WRITE" }, &[]);
    info["commitInfo"][key] = sealed;
    let mut added = add(&batch.file);
    added["add"]["dataChange"] = json!(!merges);
    let time = added["add"]["modificationTime"].clone();
    let removed = batch.replaces.iter().map(|(path, size)| {
        json!({ "remove": {
            "path": path,
            "deletionTimestamp": time,
            "dataChange": false,
            "extendedFileMetadata": true,
            "partitionValues": {},
            "size": size,
        }})
    });
    [info, added].into_iter().chain(removed).collect()
}
