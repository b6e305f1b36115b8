//! What a session leaves in the audit log: the event of the statement that runs, and of those whose commit is to come.
//!
//! An event is begun with its statement and ends with it: with an error, with a reply, with the last row of one, or
//! with the commit of the implicit transaction around it. Whatever way it ends, it is handed over once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use chrono::Utc;
use datafusion::common::ScalarValue;
use futures::{StreamExt, stream};
use tokio_util::sync::CancellationToken;

use crate::audit::record::{Client, Event, Kind, Phase, Touched};
use crate::audit::{Receipt, Recorder};
use crate::catalog::snapshot::Snapshot;
use crate::engine::meter::Meter;
use crate::engine::reply::{Reply, Rows};
use crate::error::{Error, Result, SqlState};

/// Longer statements are cut: what they read and write is in the event all the same.
const STATEMENT_BYTES_MAX: usize = 1 << 20;

/// One session's.
pub(super) struct Trail {
    recorder: Recorder,
    /// Of statements so far.
    number: u64,
    open: Option<Open>,
    /// Done, but for the commit of the implicit transaction.
    uncommitted: Vec<Open>,
    /// Of events that answers wait for.
    receipts: Vec<Receipt>,
    /// An event was queued without waiting for room; that is made up for before its error is told.
    owes: bool,
}

/// The event of a statement that is under way.
struct Open {
    event: Event,
    began: Instant,
    meter: Arc<Meter>,
}

impl Open {
    /// The event as it stands now.
    fn end(mut self, error: Option<&Error>) -> Event {
        self.event.duration = self.began.elapsed();
        self.event.versions = self.meter.versions();
        self.event.bytes_scanned = self.meter.bytes_scanned().or(self.event.bytes_scanned);
        if let Some(error) = error {
            self.event.fail(error);
        }
        self.event
    }
}

/// Who asks, when a statement begins.
pub(super) struct Asking {
    pub(super) client: Client,
    pub(super) login_role: String,
    pub(super) effective_role: String,
}

impl Trail {
    pub(super) fn new(recorder: Recorder) -> Trail {
        let (open, uncommitted, receipts) = (None, Vec::new(), Vec::new());
        Trail { recorder, number: 0, open, uncommitted, receipts, owes: false }
    }

    pub(super) fn is_on(&self) -> bool {
        self.recorder.is_on()
    }

    /// Waits until the log has room for one more; a statement that is cancelled or whose time is over waits no
    /// longer.
    pub(super) async fn room(&self, cancel: &CancellationToken, timeout_ms: u64) -> Result<()> {
        let timeout = async {
            match timeout_ms {
                0 => std::future::pending().await,
                ms => tokio::time::sleep(Duration::from_millis(ms)).await,
            }
        };
        tokio::select! {
            biased;
            outcome = self.recorder.room() => outcome,
            () = cancel.cancelled() => {
                Err(Error::canceled("canceling statement due to user request"))
            }
            () = timeout => Err(Error::canceled("canceling statement due to statement timeout")),
        }
    }

    pub(super) fn begin(
        &mut self,
        asking: Asking,
        text: &Arc<str>,
        command: &str,
        values: &[ScalarValue],
    ) {
        self.number += 1;
        let keep = self.recorder.keeps_literals() && !values.is_empty();
        let event = Event {
            at: Utc::now(),
            kind: Kind::Statement,
            client: asking.client,
            statement_number: self.number,
            login_role: asking.login_role,
            effective_role: asking.effective_role,
            statement: Some(shortened(text)),
            parameters: keep.then(|| values.iter().map(ToString::to_string).collect()),
            command: command.to_owned(),
            ..Event::default()
        };
        self.open = Some(Open { event, began: Instant::now(), meter: Arc::default() });
    }

    /// EXECUTE stands for a statement that was prepared earlier.
    pub(super) fn stands_for(&mut self, text: &str) {
        if let Some(Open { event, .. }) = &mut self.open {
            let outer = event.statement.take().unwrap_or_default();
            event.statement = Some(shortened(&Arc::from(format!("{outer}\n{text}"))));
        }
    }

    pub(super) fn touched(&mut self, touched: Touched, snapshot: &Arc<Snapshot>) {
        if let Some(Open { event, .. }) = self.current() {
            event.touched.relations.extend(touched.relations);
            event.touched.made = touched.made.or(event.touched.made.take());
            event.snapshot = Some(Arc::clone(snapshot));
        }
    }

    /// What the statement that runs has touched, to be told again of what follows from it.
    pub(super) fn touched_so_far(&mut self) -> Option<(Touched, Arc<Snapshot>)> {
        let event = &self.current()?.event;
        Some((event.touched.clone(), event.snapshot.clone()?))
    }

    pub(super) fn applied(&mut self, applied: &[String]) {
        if let Some(Open { event, .. }) = self.current() {
            event.applied.extend_from_slice(applied);
        }
    }

    pub(super) fn meter(&mut self) -> Arc<Meter> {
        self.current().map(|open| Arc::clone(&open.meter)).unwrap_or_default()
    }

    /// A statement that is run again to be committed is the last of those that wait.
    fn current(&mut self) -> Option<&mut Open> {
        self.open.as_mut().or(self.uncommitted.last_mut())
    }

    /// Ends the statement's event, or hands it on to the reply's last row or to the commit to come.
    pub(super) async fn answered(
        &mut self,
        outcome: Result<Reply>,
        implicit: bool,
    ) -> Result<Reply> {
        let Some(mut open) = self.open.take() else { return outcome };
        if !self.is_on() {
            return outcome;
        }
        match outcome {
            Err(e) => {
                self.push(open.end(Some(&e)));
                self.settled().await?;
                Err(e)
            }
            Ok(Reply::Rows { fields, rows, tag }) => {
                tag.clone_into(&mut open.event.command);
                self.announce(&open);
                self.settled().await?;
                let rows =
                    Watched { rows, seen: 0, open: Some(open), recorder: self.recorder.clone() };
                Ok(Reply::Rows { fields, rows: rows.stream(), tag })
            }
            Ok(Reply::CopyOut { fields, rows, format }) => {
                "COPY".clone_into(&mut open.event.command);
                self.announce(&open);
                self.settled().await?;
                let rows =
                    Watched { rows, seen: 0, open: Some(open), recorder: self.recorder.clone() };
                Ok(Reply::CopyOut { fields, rows: rows.stream(), format })
            }
            // Its end is told when the client has sent all.
            Ok(Reply::CopyIn(receiving)) => {
                self.open = Some(open);
                Ok(Reply::CopyIn(receiving))
            }
            Ok(Reply::Done { tag }) => {
                // `INSERT 0 5`: the last word is how many.
                let rows = tag.rsplit(' ').next().and_then(|n| n.parse().ok());
                open.event.rows = rows;
                open.event.bytes_scanned = open.meter.bytes_scanned();
                let command = tag.trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ');
                command.clone_into(&mut open.event.command);
                match implicit {
                    true => self.uncommitted.push(open),
                    false => self.push(open.end(None)),
                }
                self.settled().await?;
                Ok(Reply::Done { tag })
            }
            Ok(Reply::Empty) => Ok(Reply::Empty),
        }
    }

    /// Before an implicit commit: nothing becomes visible that is not written down, where nothing may be lost.
    pub(super) async fn before_commit(&mut self) -> Result<()> {
        let begun = std::mem::take(&mut self.uncommitted);
        begun.iter().for_each(|open| self.announce(open));
        self.uncommitted = begun;
        self.settled().await
    }

    /// After it.
    pub(super) async fn committed(&mut self, error: Option<&Error>) -> Result<()> {
        for open in std::mem::take(&mut self.uncommitted) {
            self.push(open.end(error));
        }
        self.settled().await
    }

    /// What was done in an implicit transaction is undone by an error after it.
    pub(super) async fn undone(&mut self, cancel: &CancellationToken, timeout_ms: u64) {
        self.undo();
        // The error is told in any case, and a log that takes no more is told with the next statement.
        let _ = self.settled().await;
        if std::mem::take(&mut self.owes) {
            let _ = self.room(cancel, timeout_ms).await;
        }
    }

    fn undo(&mut self) {
        // Its client went, or it broke off in a way of its own.
        if let Some(open) = self.open.take() {
            let broken = Error::canceled("broken off");
            self.push(open.end(Some(&broken)));
        }
        if !self.uncommitted.is_empty() {
            let undone = Error::new(SqlState::TRANSACTION_ROLLBACK, "rolled back");
            for open in std::mem::take(&mut self.uncommitted) {
                self.push(open.end(Some(&undone)));
            }
        }
    }

    /// A text that did not become a statement that could be run.
    pub(super) fn refused(&mut self, asking: Asking, text: &str, error: &Error) {
        self.owes = true;
        self.begin(asking, &Arc::from(text), "", &[]);
        if let Some(open) = self.open.take() {
            self.push(open.end(Some(error)));
        }
    }

    /// With `audit.synchronous`, the event in its first phase.
    fn announce(&mut self, open: &Open) {
        if self.recorder.synchronous() {
            self.push(Event { phase: Phase::Begun, ..open.event.clone() });
        }
    }

    fn push(&mut self, event: Event) {
        self.receipts.extend(self.recorder.push(event));
    }

    /// Waits for the events that answers wait for.
    async fn settled(&mut self) -> Result<()> {
        for receipt in std::mem::take(&mut self.receipts) {
            receipt.committed().await?;
        }
        Ok(())
    }
}

/// A session that ends in the middle of a transaction has undone it.
impl Drop for Trail {
    fn drop(&mut self) {
        self.undo();
    }
}

fn shortened(text: &Arc<str>) -> Arc<str> {
    if text.len() <= STATEMENT_BYTES_MAX {
        return Arc::clone(text);
    }
    let end = (0..=STATEMENT_BYTES_MAX).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    Arc::from(&text[..end])
}

/// Rows on their way to the client; their end, or their reader's, is the statement's.
struct Watched {
    rows: Rows,
    seen: u64,
    open: Option<Open>,
    recorder: Recorder,
}

impl Watched {
    fn stream(self) -> Rows {
        stream::unfold(self, |mut watched| async move {
            let next = match watched.rows.next().await {
                Some(next) => watched.passed(next).await,
                None => watched.done(None).await.err().map(Err),
            };
            next.map(|next| (next, watched))
        })
        .boxed()
    }

    async fn passed(&mut self, next: Result<RecordBatch>) -> Option<Result<RecordBatch>> {
        match next {
            Ok(batch) => {
                self.seen += batch.num_rows() as u64;
                Some(Ok(batch))
            }
            Err(e) => {
                let safe = self.done(Some(&e)).await;
                Some(Err(safe.err().unwrap_or(e)))
            }
        }
    }

    async fn done(&mut self, error: Option<&Error>) -> Result<()> {
        match self.end(error) {
            Some(receipt) => receipt.committed().await,
            None => Ok(()),
        }
    }

    fn end(&mut self, error: Option<&Error>) -> Option<Receipt> {
        let mut open = self.open.take()?;
        open.event.rows = Some(self.seen);
        self.recorder.push(open.end(error))
    }
}

/// A portal that is closed, or a client that goes, before the last row.
impl Drop for Watched {
    fn drop(&mut self) {
        // Nobody waits any more.
        drop(self.end(None));
    }
}
