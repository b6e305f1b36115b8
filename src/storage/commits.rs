//! Commits to a table: rows added, all rows replaced, and what a transaction over several tables does to one.
//!
//! Whoever loses the race for a version looks at the winner's actions: an append goes on to the next version,
//! unless the table itself was altered.
//!
//! The commit of a transaction over several tables carries Delta's own `txn` action with the transaction's
//! number, which grows from one such commit of a table to the next. A number that a table has reached is therefore
//! not committed to it again, whichever server tries: [`Deltas::fulfil`] may be called any number of times.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::delta::{
    Deltas, Log, Put, TableVersion, add, alters_table, back_off, commit_info, encode, lines_id,
    now_ms, remove,
};
use super::index::Index;
use super::location::Location;
use super::shape::Shape;
use super::writer::DataFile;
use crate::error::{Error, Result};

/// Under this name the `txn` actions are ours.
pub(super) const APPLICATION: &str = "lakewire";

/// How far back in a table's log a transaction is looked for, and how many commits are read at once.
const COMMITS_BACK_MAX: u64 = 10_000;
const COMMITS_AT_ONCE: usize = 16;
/// Behind so many commits without one, the table's whole state is asked for its newest transaction.
const COMMITS_LOOKED_AT: u64 = 31;

/// A commit that was made.
#[derive(Clone, Copy, Debug)]
pub struct Committed {
    pub version: u64,
    /// The newest transaction over several tables that came before it, as far as was seen.
    pub transaction: u64,
}

/// What a transaction does to the files of one table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// Paths of files that go. Those that others have removed meanwhile are gone already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<DataFile>,
    /// The table's description anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<Shape>,
}

impl Deltas {
    /// Adds files. Others' appends in between are no conflict; an altered table is.
    pub async fn append(&self, location: &Location, files: &[DataFile]) -> Result<Committed> {
        let turn = self.turn(location);
        let _turn = turn.lock().await;
        let base = self.latest(location).await?;
        let mut transaction = base.transaction().unwrap_or_default();
        let id = lines_id();
        let mut lines = vec![commit_info(&id, "WRITE", &[])];
        lines.extend(files.iter().map(add));
        let body = encode(&lines);
        let log = self.log(location)?;
        let mut version = base.version + 1;
        for attempt in 0..=self.config.write.retries {
            match log.put(version, &id, body.clone()).await? {
                Put::Ours(_) => {
                    self.committed(location, version, 0).await;
                    return Ok(Committed { version, transaction });
                }
                Put::Rival(winner) => {
                    if alters_table(&winner) {
                        return Err(Error::serialization(
                            "could not serialize access due to a concurrent change of the table",
                        ));
                    }
                    transaction = transaction.max(transaction_of(&winner));
                    version += 1;
                    back_off(attempt).await;
                }
            }
        }
        Err(too_many())
    }

    /// Removes all files and puts others in their place, in one commit. Rows that came after the version that
    /// was `seen` stay, as they would behind PostgreSQL's lock; if any that were seen are gone, somebody else
    /// has taken them (40001).
    pub async fn replace(
        &self,
        location: &Location,
        seen: Option<&TableVersion>,
        files: &[DataFile],
    ) -> Result<Committed> {
        let turn = self.turn(location);
        let _turn = turn.lock().await;
        let log = self.log(location)?;
        for attempt in 0..=self.config.write.retries {
            let base = self.refreshed(location).await?;
            let transaction = base.transaction().unwrap_or_default();
            let removed = files_to_remove(&base, seen)?;
            if removed.is_empty() && files.is_empty() {
                return Ok(Committed { version: base.version, transaction });
            }
            let id = lines_id();
            let mut lines = vec![commit_info(&id, "TRUNCATE", &[])];
            lines.extend(removals(&base.index, &removed.iter().map(String::as_str).collect()));
            lines.extend(files.iter().map(add));
            let version = base.version + 1;
            match log.put(version, &id, encode(&lines)).await? {
                Put::Ours(_) => {
                    self.committed(location, version, 0).await;
                    return Ok(Committed { version, transaction });
                }
                Put::Rival(_) => back_off(attempt).await,
            }
        }
        Err(too_many())
    }

    /// Makes a table's commit of the transaction `number`, unless somebody has made it. The transactions before it
    /// must be in the table already.
    pub async fn fulfil(&self, location: &Location, number: u64, work: &Work) -> Result<()> {
        let turn = self.turn(location);
        let _turn = turn.lock().await;
        let log = self.log(location)?;
        let removed: HashSet<&str> = work.removed.iter().map(String::as_str).collect();
        for attempt in 0..=self.config.write.retries {
            let base = self.refreshed(location).await?;
            if self.transaction(location, &base).await? >= number {
                return Ok(());
            }
            let id = lines_id();
            let operation = match () {
                () if work.shape.is_some() => "CHANGE COLUMN",
                () if removed.is_empty() => "WRITE",
                () => "TRUNCATE",
            };
            let mut lines = vec![commit_info(&id, operation, &[]), transaction_action(number)];
            lines.extend(work.shape.iter().flat_map(Shape::actions));
            let gone = removals(&base.index, &removed);
            if gone.len() < removed.len() {
                // Another program has rewritten the table since this was committed; its files stay.
                tracing::warn!(%location, number, "files to remove were gone already");
            }
            lines.extend(gone);
            lines.extend(work.added.iter().map(add));
            let version = base.version + 1;
            match log.put(version, &id, encode(&lines)).await? {
                Put::Ours(_) => {
                    self.committed(location, version, number).await;
                    return Ok(());
                }
                // It may be this very transaction's, from another server; the next look says.
                Put::Rival(_) => back_off(attempt).await,
            }
        }
        Err(too_many())
    }

    /// The newest transaction over several tables that is in a table; looked for in its log where nobody has.
    pub async fn transaction(&self, location: &Location, table: &TableVersion) -> Result<u64> {
        if let Some(known) = table.transaction() {
            return Ok(known);
        }
        let log = self.log(location)?;
        let from = table.version.saturating_sub(COMMITS_LOOKED_AT);
        let mut commits = stream::iter((from..=table.version).rev())
            .map(|version| carried(&log, version))
            .buffered(COMMITS_AT_ONCE);
        let mut found = None;
        while let Some((version, transaction)) = commits.try_next().await? {
            match transaction {
                Some(0) if version > 0 => {}
                Some(number) => found = Some(number),
                None => {}
            }
            if found.is_some() || transaction.is_none() {
                break;
            }
        }
        drop(commits);
        let number = match found {
            Some(number) => number,
            None => self.transaction_at(location, table.version).await?,
        };
        Ok(*table.transaction.get_or_init(|| number))
    }

    /// The newest version of a table that holds no transaction later than `last`.
    pub async fn before(
        &self,
        location: &Location,
        newest: &TableVersion,
        last: u64,
    ) -> Result<Arc<TableVersion>> {
        let log = self.log(location)?;
        let mut first = newest.version + 1;
        let mut known = 0;
        let mut looked_at = 0;
        let from = newest.version.saturating_sub(COMMITS_BACK_MAX);
        let mut commits = stream::iter((from..=newest.version).rev())
            .map(|version| carried(&log, version))
            .buffered(COMMITS_AT_ONCE);
        while let Some((version, transaction)) = commits.try_next().await? {
            looked_at += 1;
            match transaction {
                Some(0) if looked_at > COMMITS_BACK_MAX => {
                    return Err(Error::serialization(
                        "could not serialize access: the table has changed too often since the transaction began",
                    ));
                }
                Some(0) => {}
                Some(number) if number > last => first = version,
                // Transactions are in order: what lies before is older still.
                Some(number) => {
                    known = number;
                    break;
                }
                None => break,
            }
        }
        drop(commits);
        match first.checked_sub(1) {
            Some(version) => self.at(location, version, known).await,
            None => Err(Error::internal("a table began within a transaction over several")),
        }
    }
}

/// The paths that emptying a table removes.
pub fn files_to_remove(base: &TableVersion, seen: Option<&TableVersion>) -> Result<Vec<String>> {
    let Some(seen) = seen else { return Ok(base.paths().map(str::to_owned).collect()) };
    let there: HashSet<&str> = base.paths().collect();
    match seen.paths().all(|path| there.contains(path)) {
        true => Ok(seen.paths().map(str::to_owned).collect()),
        false => Err(Error::serialization("could not serialize access due to concurrent delete")),
    }
}

fn removals(index: &Index, removed: &HashSet<&str>) -> Vec<Value> {
    let gone = index.files.iter().filter(|file| removed.contains(file.path.as_str()));
    gone.map(remove).collect()
}

async fn carried(log: &Log, version: u64) -> Result<(u64, Option<u64>)> {
    Ok((version, log.read(version).await?.map(|commit| transaction_of(&commit))))
}

/// The transaction over several tables that a commit carries; 0 for none.
pub(super) fn transaction_of(commit: &Bytes) -> u64 {
    // Commits of many files are long; few of their lines are looked at.
    let lines = commit.split(|b| *b == b'\n').filter(|line| line.starts_with(b"{\"txn\""));
    lines
        .filter_map(|line| serde_json::from_slice::<Value>(line).ok())
        .filter_map(|action| {
            let txn = action.get("txn")?;
            let ours = txn.get("appId").and_then(Value::as_str) == Some(APPLICATION);
            txn.get("version").and_then(Value::as_u64).filter(|_| ours)
        })
        .max()
        .unwrap_or_default()
}

fn transaction_action(number: u64) -> Value {
    json!({ "txn": { "appId": APPLICATION, "version": number, "lastUpdated": now_ms() } })
}

pub(super) fn too_many() -> Error {
    Error::serialization("could not commit: too many concurrent writers")
}
