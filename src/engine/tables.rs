//! Opens tables so that a transaction over several is seen in all of them or in none.
//!
//! Such a transaction commits as one version of the catalog, which is its number, and then once in each table;
//! those commits carry the number. A reader's snapshot says which is the newest transaction that each table must hold
//! ([`Snapshot::written`]). If the table does not hold it yet, its server has died or is not done, and the reader
//! makes the commit itself: whoever does it first, it is made once ([`Deltas::fulfil`]). If the table holds a newer
//! one than the snapshot knows, the reader moves to the newest snapshot, or, once it has read anything, reads
//! the table as it was before. Tables that no such transaction has touched cost nothing more.
//!
//! [`Deltas::fulfil`]: crate::storage::delta::Deltas::fulfil

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::runtime::Engine;
use super::staged::Staged;
use crate::catalog::change::Change;
use crate::catalog::intent::{Intent, Works};
use crate::catalog::name::RelationId;
use crate::catalog::relation::Relation;
use crate::catalog::snapshot::Snapshot;
use crate::error::{Error, Result, SqlState};
use crate::storage::commits::Work;
use crate::storage::delta::TableVersion;
use crate::storage::location::Location;

/// Who is found dead is cleaned up after within two of these.
const SWEEP: Duration = Duration::from_secs(5);

/// A table at the version that the transaction reads throughout.
pub(super) async fn open(
    engine: &Engine,
    relation: &Relation,
    location: &Location,
    staged: &mut Staged,
) -> Result<Arc<TableVersion>> {
    if let Some(version) = staged.pinned(location) {
        return Ok(version);
    }
    let snapshot = Arc::clone(staged.base());
    if staged.has_made(location) {
        let table = engine.deltas.latest(location).await?;
        return Ok(staged.pin(location, table));
    }
    let mut table = settled(engine, &snapshot, relation.id, location).await?;
    if transaction(engine, relation.id, location, &table).await? > snapshot.version() {
        catch_up(engine, location, &table).await?;
        if staged.movable {
            return Err(Error::snapshot_too_old());
        }
        table = engine.deltas.before(location, &table, snapshot.version()).await?;
    }
    Ok(staged.pin(location, table))
}

/// A table with all the transactions in it that the snapshot knows.
pub(super) async fn settled(
    engine: &Engine,
    snapshot: &Snapshot,
    relation: RelationId,
    location: &Location,
) -> Result<Arc<TableVersion>> {
    let wanted = snapshot.written(relation).newest;
    let table = engine.deltas.latest(location).await?;
    if transaction(engine, relation, location, &table).await? >= wanted {
        return Ok(table);
    }
    let table = engine.deltas.refreshed(location).await?;
    if transaction(engine, relation, location, &table).await? >= wanted {
        return Ok(table);
    }
    fulfil(engine, snapshot, relation, location).await?;
    let table = engine.deltas.refreshed(location).await?;
    let found = transaction(engine, relation, location, &table).await?;
    if found < wanted {
        // Its log was put back to an older state by hand, or another program has let the number expire.
        tracing::warn!(%location, wanted, found, "a table misses a transaction");
    }
    Ok(table)
}

/// The newest transaction over several tables that is in a table.
async fn transaction(
    engine: &Engine,
    relation: RelationId,
    location: &Location,
    table: &TableVersion,
) -> Result<u64> {
    if let Some(known) = table.transaction() {
        return Ok(known);
    }
    // A table's commit comes after the catalog's: what the catalog has not heard of by now is not in the table.
    // One question there saves reading the table's log.
    let newest = engine.catalog.refresh().await?;
    if newest.relation(relation).is_some() && newest.written(relation).newest == 0 {
        table.is_without_transactions();
    }
    engine.deltas.transaction(location, table).await
}

/// Sees to it that the catalog this server knows is not behind a table.
pub(super) async fn catch_up(
    engine: &Engine,
    location: &Location,
    table: &TableVersion,
) -> Result<()> {
    let number = engine.deltas.transaction(location, table).await?;
    if number <= engine.catalog.snapshot().version() {
        return Ok(());
    }
    // The catalog's commit comes before the tables'.
    let newest = engine.catalog.refresh().await?;
    match number <= newest.version() {
        true => Ok(()),
        false => Err(Error::new(
            SqlState::DATA_CORRUPTED,
            format!(
                "the table at {location} holds transaction {number}, but the catalog ends at {}",
                newest.version()
            ),
        )
        .hint("The catalog may have been put back to an older state; the table must be, too.")),
    }
}

/// Makes a table's commits of all transactions that the snapshot holds intents of, in their order.
pub(super) async fn fulfil(
    engine: &Engine,
    snapshot: &Snapshot,
    relation: RelationId,
    location: &Location,
) -> Result<()> {
    engine.catalog.check_writable()?;
    for intent in snapshot.intents() {
        let Some(place) = intent.tables.iter().position(|goal| goal.relation == relation) else {
            continue;
        };
        let known = engine.deltas.latest(location).await?.transaction();
        if known.is_some_and(|known| known >= intent.number) {
            continue;
        }
        // An intent's files are removed when it is done.
        let Some(work) = work(engine, intent, place).await? else { continue };
        engine.deltas.fulfil(location, intent.number, &work).await?;
    }
    Ok(())
}

async fn work(engine: &Engine, intent: &Intent, place: usize) -> Result<Option<Work>> {
    let works = match &intent.works {
        Works::Here(works) => works.clone(),
        Works::Aside(name) => match engine.catalog.get_aside::<Vec<Work>>(name).await? {
            Some(works) => works,
            None => return Ok(None),
        },
    };
    let work = works.into_iter().nth(place);
    work.map(Some).ok_or_else(|| {
        let what = format!("transaction {} does not say what it does", intent.number);
        Error::new(SqlState::DATA_CORRUPTED, what)
    })
}

/// Finishes what servers that died have left, and clears away what is done, until stopped. Nobody waits for it:
/// readers finish what they need themselves.
pub async fn sweep(engine: Arc<Engine>, stop: CancellationToken) {
    let (mut seen, mut failing) = (BTreeSet::new(), BTreeSet::new());
    while engine.catalog.check_writable().is_ok() {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(SWEEP + SWEEP.mul_f64(rand::random::<f64>() / 2.0)) => {}
        }
        let snapshot = engine.catalog.snapshot();
        // What came a moment ago is still being worked on.
        for intent in snapshot.intents().filter(|intent| seen.contains(&intent.number)) {
            if let Err(e) = finish(&engine, &snapshot, intent).await
                && failing.insert(intent.number)
            {
                tracing::warn!(error = %e, number = intent.number, "could not finish a transaction");
            }
        }
        if let Err(e) = clear(&engine, &snapshot, &seen).await {
            tracing::warn!(error = %e, "could not clear finished transactions away");
        }
        seen = snapshot.intents().map(|intent| intent.number).collect();
        failing.retain(|number| seen.contains(number));
    }
}

/// Clears away what is done, if some of it has been lying there for a while.
async fn clear(engine: &Engine, snapshot: &Snapshot, seen: &BTreeSet<u64>) -> Result<()> {
    let old = |change: &Change| matches!(change, Change::DropIntent(n) if seen.contains(n));
    let changes = done(engine, snapshot);
    if !changes.iter().any(old) {
        return Ok(());
    }
    engine.catalog.commit(snapshot, "lakewire", changes.clone()).await?;
    forget(engine, snapshot, &changes).await;
    Ok(())
}

async fn finish(engine: &Engine, snapshot: &Snapshot, intent: &Intent) -> Result<()> {
    if engine.applied.lock().contains(&intent.number) {
        return Ok(());
    }
    finish_one(engine, snapshot, intent).await?;
    engine.applied.lock().insert(intent.number);
    Ok(())
}

async fn finish_one(engine: &Engine, snapshot: &Snapshot, intent: &Intent) -> Result<()> {
    for goal in &intent.tables {
        let location = engine.stores.lake().resolve(&goal.location)?;
        match fulfil(engine, snapshot, goal.relation, &location).await {
            // A table that was dropped since and whose files are gone needs nothing more.
            Err(_) if snapshot.relation(goal.relation).is_none() => {}
            outcome => outcome?,
        }
    }
    Ok(())
}

/// The intents that are in all their tables, as changes that clear them away.
pub(super) fn done(engine: &Engine, snapshot: &Snapshot) -> Vec<Change> {
    let mut applied = engine.applied.lock();
    applied.retain(|number| {
        snapshot.contents().intents.contains_key(number) || *number > snapshot.version()
    });
    let numbers = applied.iter().filter(|n| snapshot.contents().intents.contains_key(n));
    numbers.map(|number| Change::DropIntent(*number)).collect()
}

/// After the commit that cleared intents away: what lay beside the log for them.
pub(super) async fn forget(engine: &Engine, before: &Snapshot, changes: &[Change]) {
    for change in changes {
        let Change::DropIntent(number) = change else { continue };
        engine.applied.lock().remove(number);
        let intent = before.contents().intents.get(number);
        if let Some(Works::Aside(name)) = intent.map(|intent| &intent.works) {
            engine.catalog.drop_aside(name).await;
        }
    }
}
