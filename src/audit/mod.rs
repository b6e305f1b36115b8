//! The audit log: who asked for what, and what came of it, in an append-only Delta table that proves itself whole.
//!
//! A session makes a [`record::Event`] for each statement and hands it to its [`Recorder`]; one task per server
//! writes them in batches to `lake_audit.events`, off the way of the statements. Each batch carries the digest of
//! the one before it, and [`verify::run`] walks the chain.

pub mod chain;
mod heads;
mod merge;
pub mod record;
pub mod redact;
pub mod table;
pub mod verify;
mod writer;

use std::sync::Arc;

use crate::catalog::store::Catalog;
use crate::config;
use crate::error::{Error, Result};
use crate::storage::delta::Deltas;
use crate::storage::stores::Stores;

pub use writer::{Receipt, Recorder};

/// Opens the audit log of a lake and starts its writer, on the threads of the caller's runtime.
pub async fn open(
    settings: &config::Audit,
    catalog: &Catalog,
    stores: &Stores,
    deltas: &Arc<Deltas>,
) -> Result<Recorder> {
    if !settings.enabled {
        return Ok(Recorder::off());
    }
    if catalog.check_writable().is_err() {
        if settings.synchronous {
            return Err(Error::config("audit.synchronous needs a lake that can be written").hint(
                "Use a store with conditional put; \"lakewire check\" shows what was seen.",
            ));
        }
        tracing::error!("the lake is served read-only: no audit log is kept");
        return Ok(Recorder::off());
    }
    let lake = stores.lake();
    let location = table::ensure(catalog, deltas, lake).await?;
    let head = deltas.head(&location).await?.ok_or_else(|| {
        Error::config(format!("the audit log at {location} is gone"))
            .detail("The catalog names it, but no commit of it is there.")
            .hint("Bring it back from a backup; \"lakewire audit verify\" says what is missing.")
    })?;
    let heads = heads::Heads::new(stores.open(lake)?, lake);
    Ok(writer::start(settings, Arc::clone(deltas), location, head, heads))
}
