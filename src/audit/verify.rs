//! `lakewire audit verify`: walks the audit log from its first batch and proves the chain, or says where it breaks.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::RecordBatch;
use futures::{StreamExt, TryStreamExt, stream};

use super::chain::{Merge, SealedFile, Walk, digest};
use super::heads::Heads;
use super::merge::{rows, together};
use super::table;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::storage::delta::Deltas;
use crate::storage::location::Location;
use crate::storage::stores::Stores;

/// Requests under way at once.
const REQUESTS: usize = 16;
/// Faults that are told one by one.
const FAULTS_TOLD: usize = 100;

/// True if the log is whole. `known` is a head that an earlier run printed, as `VERSION:DIGEST`: kept elsewhere, it
/// shows that nothing was cut off since, whoever can write to the store.
pub async fn run(config: &Config, known: Option<&str>, say: impl Fn(&str)) -> Result<bool> {
    let known = known.map(parse_head).transpose()?;
    let stores = Stores::new(config)?;
    let lake = stores.lake().clone();
    let location = table::location(&lake)?;
    let heads = Heads::new(stores.open(&lake)?, &lake);
    let deltas = Deltas::new(stores, Arc::new(config.clone()));
    // Before the log: what is written meanwhile makes it longer than any head asks for.
    let seen = heads.all().await?;
    let versions = deltas.versions(&location, 0).await?;
    let Some(last) = versions.into_iter().max() else {
        return Err(Error::config(format!("there is no audit log at {location}"))
            .hint("The first start of a server with audit.enabled makes it."));
    };
    let (mut walk, files) = walk(&deltas, &location, last).await?;
    for seen in &seen {
        walk.holds(seen.version, &seen.digest, &format!("server {}", seen.server));
    }
    if let Some((version, digest)) = &known {
        walk.holds(*version, digest, "the head you gave");
    }
    let faults = check_files(&deltas, &location, &files).await?;
    walk.faults.extend(faults);
    let faults = check_merges(&deltas, &location, &walk.merges).await?;
    walk.faults.extend(faults);
    let shown: BTreeSet<&str> = files.iter().map(|f| f.path.as_str()).collect();
    let shown = shown.into_iter().filter(|path| !walk.superseded.contains(*path)).collect();
    let faults = hidden(&deltas, &location, last, &shown).await;
    walk.faults.extend(faults);
    for fault in walk.faults.iter().take(FAULTS_TOLD) {
        say(&format!("FAIL  {fault}"));
    }
    if walk.faults.len() > FAULTS_TOLD {
        say(&format!("FAIL  and {} more", walk.faults.len() - FAULTS_TOLD));
    }
    let (batches, events) = (walk.batches, walk.events);
    match (walk.faults.len(), walk.head()) {
        (0, Some((version, digest))) => {
            say(&format!("ok    {batches} batches, {events} events: the chain holds"));
            say(&format!("head  {version}:{digest}"));
            Ok(true)
        }
        (faults, _) => {
            say(&format!("FAIL  {faults} faults in {batches} batches, {events} events"));
            Ok(false)
        }
    }
}

fn parse_head(text: &str) -> Result<(u64, String)> {
    let parts = text.split_once(':').and_then(|(v, d)| Some((v.parse().ok()?, d.to_owned())));
    parts
        .ok_or_else(|| Error::config(format!("\"{text}\" is no head; it must read VERSION:DIGEST")))
}

async fn walk(deltas: &Deltas, location: &Location, last: u64) -> Result<(Walk, Vec<SealedFile>)> {
    let mut walk = Walk::default();
    let mut files = Vec::new();
    let mut commits =
        stream::iter(0..=last).map(|version| deltas.commit(location, version)).buffered(REQUESTS);
    while let Some(commit) = commits.try_next().await? {
        files.extend(walk.commit(commit.as_deref()));
    }
    Ok((walk, files))
}

async fn check_files(
    deltas: &Deltas,
    location: &Location,
    files: &[SealedFile],
) -> Result<Vec<String>> {
    let checks = stream::iter(files).map(|file| check_file(deltas, location, file));
    let faults: Vec<Option<String>> = checks.buffered(REQUESTS).try_collect().await?;
    Ok(faults.into_iter().flatten().collect())
}

async fn check_file(
    deltas: &Deltas,
    location: &Location,
    file: &SealedFile,
) -> Result<Option<String>> {
    let SealedFile { version, path, .. } = file;
    Ok(match deltas.file(location, path).await? {
        None => Some(format!("batch {version}: its file {path} is missing")),
        Some(bytes) if digest(&bytes) != file.digest || bytes.len() as u64 != file.size => {
            Some(format!("batch {version}: its file {path} was altered"))
        }
        Some(_) => None,
    })
}

/// What was merged must be what was there before, row by row.
async fn check_merges(
    deltas: &Deltas,
    location: &Location,
    merges: &[Merge],
) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for Merge { version, into, from } in merges {
        let reads = from.iter().map(|path| read(deltas, location, path));
        let before: Result<Vec<_>> = stream::iter(reads).buffered(REQUESTS).try_collect().await;
        let after = read(deltas, location, into).await;
        // Files that are missing or damaged were told of above.
        let (Ok(before), Ok(after)) = (before, after) else { continue };
        let same = matches!(
            (together(&before), together(&[after])),
            (Ok(before), Ok(after)) if before == after
        );
        if !same {
            faults
                .push(format!("batch {version}: its file {into} has other rows than it replaces"));
        }
    }
    Ok(faults)
}

async fn read(deltas: &Deltas, location: &Location, path: &str) -> Result<Vec<RecordBatch>> {
    let bytes = deltas.file(location, path).await?;
    rows(bytes.ok_or_else(|| Error::storage(format!("{path} is missing")))?)
}

/// Readers take a checkpoint's word for the batches before it, so it must name the same files.
async fn hidden(
    deltas: &Deltas,
    location: &Location,
    last: u64,
    sealed: &BTreeSet<&str>,
) -> Vec<String> {
    let table = match deltas.refreshed(location).await {
        Ok(table) => table,
        Err(e) => return vec![format!("the table cannot be read: {e}")],
    };
    if table.version() != last {
        // A server is writing; its new batches are not judged in this run.
        return Vec::new();
    }
    let shown: BTreeSet<&str> = table.paths().collect();
    let missing = sealed.difference(&shown).map(|p| format!("readers are not shown the file {p}"));
    let extra = shown.difference(sealed).map(|p| format!("readers are shown the foreign file {p}"));
    missing.chain(extra).collect()
}
