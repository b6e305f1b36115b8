//! The way in for rows that a client sends: whoever has the socket pushes batches, a task beside it writes them.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::FieldRef;
use datafusion::error::{DataFusionError, Result as DfResult};
use futures::Stream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::staged::Staged;
use crate::catalog::relation::Relation;
use crate::error::{Error, Result};
use crate::planner::plan::CopyFormat;
use crate::storage::location::Location;
use crate::storage::writer::DataFile;

/// Batches waiting for the writer; who pushes more waits.
const BATCHES_WAITING: usize = 2;

/// Only `End` ends the rows well: a client that goes sends none.
pub(super) enum Item {
    Rows(RecordBatch),
    Failed(Error),
    End,
}

/// Rows being received for a table.
pub struct Receiving {
    /// The columns as they are sent.
    pub fields: Vec<FieldRef>,
    pub format: CopyFormat,
    /// The table's name, for messages.
    pub relation: Arc<str>,
    tx: mpsc::Sender<Item>,
    /// None when its outcome was asked for.
    work: Option<JoinHandle<Result<Received>>>,
}

/// What has been written and is in no commit yet.
pub struct Received {
    pub(super) relation: Arc<Relation>,
    pub(super) location: Location,
    pub(super) files: Vec<DataFile>,
}

impl Receiving {
    pub(super) fn new(
        fields: Vec<FieldRef>,
        format: CopyFormat,
        relation: &str,
        tx: mpsc::Sender<Item>,
        work: JoinHandle<Result<Received>>,
    ) -> Receiving {
        Receiving { fields, format, relation: Arc::from(relation), tx, work: Some(work) }
    }

    /// Hands rows to the writer, when it has room for them. An error is the writer's.
    pub async fn push(&mut self, rows: RecordBatch) -> Result<()> {
        match self.tx.send(Item::Rows(rows)).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.broken().await),
        }
    }

    /// Returns when the writer takes no more, with the reason.
    pub async fn broken(&mut self) -> Error {
        self.tx.closed().await;
        // Who waits for this may stop waiting, so the work is let go only when it has ended.
        let ended = match &mut self.work {
            Some(work) => work.await,
            None => return Error::internal("a copy has ended before"),
        };
        self.work = None;
        match ended {
            Ok(Err(e)) => e,
            Ok(Ok(_)) => Error::internal("a copy ended by itself"),
            Err(e) => Error::internal("a copy broke off").because(e),
        }
    }

    /// No more rows: waits for what came to be written.
    pub async fn finish(self) -> Result<Received> {
        // A writer that is gone says why itself.
        let _ = self.tx.send(Item::End).await;
        outcome(self.work).await
    }

    /// Nothing of it is to stay; returns when it is gone.
    pub async fn abandon(self) {
        let told = Error::canceled("the copy was abandoned");
        let _ = self.tx.send(Item::Failed(told)).await;
        drop(self.tx);
        if let Some(work) = self.work {
            // It fails with what it was told.
            let _ = work.await;
        }
    }
}

async fn outcome(work: Option<JoinHandle<Result<Received>>>) -> Result<Received> {
    let work = work.ok_or_else(|| Error::internal("a copy has ended before"))?;
    work.await.map_err(|e| Error::internal("a copy broke off").because(e))?
}

impl Received {
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|f| f.rows).sum()
    }

    /// Makes the rows part of a transaction.
    pub fn stage(self, staged: &mut Staged) {
        if !self.files.is_empty() {
            staged.append(&self.relation, &self.location, self.files);
        }
    }
}

pub(super) fn channel() -> (mpsc::Sender<Item>, mpsc::Receiver<Item>) {
    mpsc::channel(BATCHES_WAITING)
}

/// What is pushed, as a stream that ends as the sender says.
pub(super) fn stream(
    rx: mpsc::Receiver<Item>,
) -> impl Stream<Item = DfResult<RecordBatch>> + Send + 'static {
    futures::stream::unfold(Some(rx), |rx| async move {
        let mut rx = rx?;
        let external = |e: Error| DataFusionError::External(Box::new(e));
        match rx.recv().await {
            Some(Item::Rows(batch)) => Some((Ok(batch), Some(rx))),
            Some(Item::End) => None,
            Some(Item::Failed(e)) => Some((Err(external(e)), None)),
            None => {
                let gone = Error::canceled("COPY from stdin was broken off");
                Some((Err(external(gone)), None))
            }
        }
    })
}
