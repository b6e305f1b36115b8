//! Makes a transaction visible: whole, or not at all.
//!
//! A catalog commit is one object and a table's commit is one object. A transaction that writes to one table and
//! alters nothing else is therefore one commit of that table. Tables that it made itself lie where nothing refers to
//! yet: their rows go there first, and the catalog's commit shows them.
//!
//! Any other transaction is committed by the catalog: its version holds an [`Intent`], which says what is to be
//! done to each table. From then on the transaction has happened, whatever becomes of this server; every reader of
//! a table sees to it that what its snapshot knows is in the table first (see [`super::tables`]). A crash
//!
//! - before the catalog's commit leaves files that nothing names,
//! - after it leaves the intent, which the next reader, or within seconds any server, finishes,
//! - after the last table leaves an intent that has nothing to do, which a later commit clears away.
//!
//! What cannot be committed is found out before the catalog's commit, or by it: files to remove must be there
//! still, and no other transaction may have taken rows from the same table since this one began; the catalog
//! puts the two in order, so that of two who try at once one is told 40001. Rows are only added by others in between,
//! which excludes nobody.

use futures::future::join_all;

use super::reply::Notice;
use super::runtime::Engine;
use super::staged::{Staged, TableWrite};
use super::tables;
use super::write::new_table;
use crate::catalog::change::Change;
use crate::catalog::intent::{Goal, Intent, Works};
use crate::catalog::relation::RelationKind;
use crate::catalog::snapshot::Snapshot;
use crate::error::{Error, Result, SqlState};
use crate::storage::commits::{Work, files_to_remove};
use crate::storage::location::Location;

/// Longer intents lie beside the log, so that not every snapshot carries them.
const WORKS_BYTES_MAX: usize = 32 << 10;
/// How often a table's commit is tried before others are left to make it.
const TRIES: u32 = 3;

pub(super) async fn commit(engine: &Engine, staged: &Staged, by: &str) -> Result<Vec<Notice>> {
    engine.catalog.check_writable()?;
    let there = |write: &TableWrite| staged.snapshot().relation(write.relation).is_some();
    let writes = staged.writes().filter(|(_, write)| there(write));
    let (made, old): (Vec<_>, Vec<_>) = writes.partition(|(place, _)| staged.has_made(place));
    if let ([(place, write)], []) = (old.as_slice(), staged.changes()) {
        alone(engine, staged, place, write).await?;
        return Ok(Vec::new());
    }
    let mut changes = staged.changes().to_vec();
    let newest = engine.catalog.snapshot();
    let works = works(engine, staged, &newest, &old).await?;
    // Nobody can see these before the catalog names them.
    for (place, write) in made {
        if let Some(relation) =
            staged.snapshot().relation(write.relation).filter(|_| write.reshaped)
        {
            engine.deltas.reshape(place, &new_table(relation)?).await?;
        }
        alone(engine, staged, place, write).await?;
    }
    let aside = if old.is_empty() {
        None
    } else {
        let works = kept(engine, works).await?;
        let aside = match &works {
            Works::Aside(name) => Some(name.clone()),
            Works::Here(_) => None,
        };
        let tables = goals(staged, &old)?;
        changes.push(Change::PutIntent(Intent { number: 0, tables, works }));
        aside
    };
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let done = tables::done(engine, &newest);
    changes.extend(done.iter().cloned());
    let committed = engine.catalog.commit(staged.base(), by, changes).await;
    if let (Err(e), Some(name)) = (&committed, &aside)
        && e.retryable()
    {
        engine.catalog.drop_aside(name).await;
    }
    let snapshot = committed?;
    tables::forget(engine, &newest, &done).await;
    match old.is_empty() {
        true => Ok(Vec::new()),
        false => Ok(everywhere(engine, &snapshot, &old).await),
    }
}

/// One commit of one table.
async fn alone(
    engine: &Engine,
    staged: &Staged,
    place: &Location,
    write: &TableWrite,
) -> Result<()> {
    if !staged.has_made(place) {
        // What is to be in the table already must not turn up behind its emptying.
        let newest = engine.catalog.snapshot();
        tables::settled(engine, &newest, write.relation, place).await?;
    }
    let committed = match write.emptied {
        false => engine.deltas.append(place, &write.files).await?,
        true => {
            let seen = staged.pinned(place);
            engine.deltas.replace(place, seen.as_deref(), &write.files).await?
        }
    };
    // Who commits on top of a transaction sees it from then on.
    if committed.transaction > engine.catalog.snapshot().version()
        && let Err(e) = engine.catalog.refresh().await
    {
        tracing::warn!(error = %e, "could not read the catalog behind a commit");
    }
    Ok(())
}

/// What is to be done to each table, as far as nothing stands against it.
async fn works(
    engine: &Engine,
    staged: &Staged,
    newest: &Snapshot,
    old: &[(&Location, &TableWrite)],
) -> Result<Vec<Work>> {
    let mut works = Vec::new();
    for (place, write) in old {
        let table = tables::settled(engine, newest, write.relation, place).await?;
        tables::catch_up(engine, place, &table).await?;
        let removed = match write.emptied {
            true => {
                let table = engine.deltas.refreshed(place).await?;
                files_to_remove(&table, staged.pinned(place).as_deref())?
            }
            false => Vec::new(),
        };
        let relation = staged.snapshot().relation(write.relation);
        let shape = match relation.filter(|_| write.reshaped) {
            Some(relation) => Some(engine.deltas.shape(place, &new_table(relation)?).await?),
            None => None,
        };
        works.push(Work { removed, added: write.files.clone(), shape });
    }
    Ok(works)
}

fn goals(staged: &Staged, old: &[(&Location, &TableWrite)]) -> Result<Vec<Goal>> {
    let goal = |(_, write): &(&Location, &TableWrite)| {
        let relation = staged.snapshot().relation(write.relation);
        let Some(RelationKind::Table { location, .. }) = relation.map(|r| &r.kind) else {
            return Err(Error::internal("rows for no table"));
        };
        let location = location.clone();
        Ok(Goal { relation: write.relation, location, removes: write.emptied })
    };
    old.iter().map(goal).collect()
}

async fn kept(engine: &Engine, works: Vec<Work>) -> Result<Works> {
    let encoded = serde_json::to_vec(&works);
    let encoded = encoded.map_err(|e| Error::internal("an intent does not encode").because(e))?;
    match encoded.len() > WORKS_BYTES_MAX {
        true => engine.catalog.put_aside(works).await.map(Works::Aside),
        false => Ok(Works::Here(works)),
    }
}

/// After the catalog's commit: each table's own. What fails here is made up for by whoever opens the table.
async fn everywhere(
    engine: &Engine,
    snapshot: &Snapshot,
    old: &[(&Location, &TableWrite)],
) -> Vec<Notice> {
    let each = old.iter().map(|(place, write)| async move {
        let mut outcome = Ok(());
        for attempt in 0..TRIES {
            outcome = tables::fulfil(engine, snapshot, write.relation, place).await;
            match outcome {
                Ok(()) => break,
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50 << attempt)).await,
            }
        }
        outcome.err()
    });
    let failures: Vec<Error> = join_all(each).await.into_iter().flatten().collect();
    let Some(first) = failures.first() else {
        engine.applied.lock().insert(snapshot.version());
        return Vec::new();
    };
    tracing::warn!(error = %first, number = snapshot.version(), "a transaction is not in all its tables yet");
    let text =
        "the transaction is committed, but not all of its tables could be brought up to date";
    let warning = Notice::warning(SqlState::WARNING, text);
    let detail = Some("This happens when they are read next.".to_owned());
    vec![Notice { detail, ..warning }]
}
