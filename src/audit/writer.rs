//! One task per server writes events in batches; sessions only put them into its queue.
//!
//! The queue holds no more than `audit.queue_events_max`: before a statement begins it waits for room, so that
//! when storage is slow the statements are, and no event is lost. What is running when the queue fills up still gets
//! in. An idle server writes nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::Instant;

use super::chain::{self, Seal};
use super::heads::{Heads, Seen};
use super::merge;
use super::record::Event;
use super::table;
use crate::config;
use crate::error::{Error, Result, SqlState};
use crate::storage::delta::Deltas;
use crate::storage::location::Location;
use crate::storage::sealed::{Batch, Head};
use crate::storage::writer::write_whole;

/// Waits between tries while storage does not take a batch.
const RETRY: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));

/// Where sessions leave their events. Cheap to clone; off, it takes none.
#[derive(Clone, Default)]
pub struct Recorder(Option<Arc<Queue>>);

struct Queue {
    tx: mpsc::UnboundedSender<Item>,
    backlog: Arc<Backlog>,
    settings: config::Audit,
}

/// What is queued or being written.
#[derive(Default)]
struct Backlog {
    weight: AtomicUsize,
    room: Notify,
    closed: AtomicBool,
}

enum Item {
    Event(Box<Event>, Option<oneshot::Sender<()>>),
    Close(oneshot::Sender<()>),
}

/// Says when an event is committed.
#[must_use = "the event is not safe before it is awaited"]
pub struct Receipt(oneshot::Receiver<()>);

impl Receipt {
    pub async fn committed(self) -> Result<()> {
        self.0.await.map_err(|_| closed())
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Recorder({})", if self.0.is_some() { "on" } else { "off" })
    }
}

impl Recorder {
    pub fn off() -> Recorder {
        Recorder(None)
    }

    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Whether answers wait for their events.
    pub fn synchronous(&self) -> bool {
        self.0.as_ref().is_some_and(|queue| queue.settings.synchronous)
    }

    pub fn keeps_literals(&self) -> bool {
        self.0.as_ref().is_some_and(|q| q.settings.literals == config::Literals::Keep)
    }

    /// Waits until the queue has room. Fails when nothing will be written any more: then nothing may be done.
    pub async fn room(&self) -> Result<()> {
        let Some(queue) = &self.0 else { return Ok(()) };
        let most = queue.settings.queue_events_max;
        let backlog = &queue.backlog;
        loop {
            let freed = backlog.room.notified();
            if backlog.closed.load(Ordering::Acquire) {
                return Err(closed());
            }
            if backlog.weight.load(Ordering::Acquire) < most {
                return Ok(());
            }
            freed.await;
        }
    }

    /// Puts an event into the queue, at once and whatever its length. Gives a receipt if answers must wait.
    pub fn push(&self, event: Event) -> Option<Receipt> {
        let queue = self.0.as_ref()?;
        queue.backlog.weight.fetch_add(event.weight(), Ordering::AcqRel);
        let (tx, rx) = match queue.settings.synchronous {
            true => {
                let (tx, rx) = oneshot::channel();
                (Some(tx), Some(Receipt(rx)))
            }
            false => (None, None),
        };
        if queue.tx.send(Item::Event(Box::new(event), tx)).is_err() {
            tracing::error!("an event came after the audit log was closed");
        }
        rx
    }

    /// Writes what is queued and ends the writer; waits no longer than `limit`.
    pub async fn close(&self, limit: Duration) {
        let Some(queue) = &self.0 else { return };
        let (tx, rx) = oneshot::channel();
        let sent = queue.tx.send(Item::Close(tx)).is_ok();
        if sent && tokio::time::timeout(limit, rx).await.is_err() {
            let weight = queue.backlog.weight.load(Ordering::Acquire);
            tracing::error!(
                about = weight,
                "events could not be written before the server stopped"
            );
        }
        queue.backlog.close();
    }
}

impl Backlog {
    fn release(&self, weight: usize) {
        self.weight.fetch_sub(weight, Ordering::AcqRel);
        self.room.notify_waiters();
    }

    fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.room.notify_waiters();
    }
}

fn closed() -> Error {
    Error::new(SqlState::IO_ERROR, "the audit log takes no more events")
        .detail("What cannot be written down is not done.")
}

pub(super) fn start(
    settings: &config::Audit,
    deltas: Arc<Deltas>,
    location: Location,
    head: Head,
    heads: Heads,
) -> Recorder {
    let (tx, rx) = mpsc::unbounded_channel();
    let backlog = Arc::new(Backlog::default());
    let server = uuid::Uuid::new_v4().to_string();
    tracing::info!(server, version = head.version, "the audit log is open");
    let writer = Writer {
        rx,
        backlog: Arc::clone(&backlog),
        settings: settings.clone(),
        deltas,
        location,
        head,
        heads,
        server,
        next: 1,
    };
    tokio::spawn(writer.run());
    Recorder(Some(Arc::new(Queue { tx, backlog, settings: settings.clone() })))
}

struct Writer {
    rx: mpsc::UnboundedReceiver<Item>,
    backlog: Arc<Backlog>,
    settings: config::Audit,
    deltas: Arc<Deltas>,
    location: Location,
    head: Head,
    heads: Heads,
    server: String,
    /// The number of the next event.
    next: u64,
}

/// Events of one commit, and who waits for it.
#[derive(Default)]
struct Gathered {
    events: Vec<Event>,
    weight: usize,
    receipts: Vec<oneshot::Sender<()>>,
    close: Option<oneshot::Sender<()>>,
    /// Nobody is left to send more.
    ended: bool,
}

impl Gathered {
    fn take(&mut self, item: Option<Item>) {
        match item {
            Some(Item::Event(event, receipt)) => {
                self.weight += event.weight();
                self.events.push(*event);
                self.receipts.extend(receipt);
            }
            Some(Item::Close(close)) => self.close = Some(close),
            None => self.ended = true,
        }
    }

    fn is_last(&self) -> bool {
        self.ended || self.close.is_some()
    }
}

/// Sessions learn when the writer has gone, however it went.
impl Drop for Writer {
    fn drop(&mut self) {
        self.backlog.close();
    }
}

impl Writer {
    async fn run(mut self) {
        loop {
            let mut gathered = self.gather().await;
            let last = gathered.is_last();
            if !gathered.events.is_empty() {
                let events = std::mem::take(&mut gathered.events);
                self.write(events).await;
                self.backlog.release(gathered.weight);
                for receipt in gathered.receipts {
                    // A client that has gone waits no longer.
                    let _ = receipt.send(());
                }
                self.remember().await;
                self.merge();
            }
            if let Some(close) = gathered.close {
                let _ = close.send(());
            }
            if last {
                return;
            }
        }
    }

    /// From the first event until the flush period is over, somebody waits, or it is much.
    async fn gather(&mut self) -> Gathered {
        let enough = (self.settings.queue_events_max / 2).max(1);
        let mut gathered = Gathered::default();
        gathered.take(self.rx.recv().await);
        let deadline = Instant::now() + Duration::from_millis(self.settings.flush_ms);
        while !gathered.is_last() && gathered.receipts.is_empty() && gathered.weight < enough {
            match tokio::time::timeout_at(deadline, self.rx.recv()).await {
                Ok(item) => gathered.take(item),
                Err(_) => break,
            }
        }
        // Whatever came meanwhile goes with it.
        while !gathered.is_last() && gathered.weight < enough {
            match self.rx.try_recv() {
                Ok(item) => gathered.take(Some(item)),
                Err(_) => break,
            }
        }
        gathered
    }

    /// Comes back when the events are committed: storage that fails is asked again until it does not.
    async fn write(&mut self, events: Vec<Event>) {
        let (first, count) = (self.next, events.len() as u64);
        self.next += count;
        let batch = match self.batch(events, first).await {
            Ok(batch) => batch,
            Err(e) => {
                // A bug. The numbers have a gap from here on, which verifying shows.
                tracing::error!(error = %e, count, "events could not be put into the audit log's form");
                return;
            }
        };
        let seal = Seal::new(&[], &batch.file.path, &batch.bytes, &self.server, (first, count));
        let mut wait = RETRY.0;
        let mut failing = false;
        loop {
            match self.commit(&batch, &seal).await {
                Ok(head) => {
                    if failing {
                        tracing::info!("the audit log is written again");
                    }
                    self.head = head;
                    return;
                }
                Err(e) if !failing => {
                    tracing::error!(error = %e, "the audit log cannot be written; statements will wait");
                    failing = true;
                }
                Err(_) => {}
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(RETRY.1);
        }
    }

    async fn batch(&self, events: Vec<Event>, first: u64) -> Result<Batch> {
        let target = self.deltas.target(&self.location, table::storage_schema(), &[])?;
        let (server, literals) = (self.server.clone(), self.settings.literals);
        let made = tokio::task::spawn_blocking(move || {
            let rows = table::rows(&events, &server, first, literals)?;
            write_whole(&target, &rows)
        });
        let (file, bytes) =
            made.await.map_err(|e| Error::internal("making a batch broke off").because(e))??;
        Ok(Batch { id: uuid::Uuid::new_v4().to_string(), file, bytes, replaces: Vec::new() })
    }

    async fn commit(&self, batch: &Batch, seal: &Seal) -> Result<Head> {
        self.deltas.put_file(&self.location, batch).await?;
        let seal = |head: &Head| (chain::KEY, seal.after(&head.commit).to_json());
        self.deltas.append_sealed(&self.location, &self.head, batch, seal).await
    }

    /// Every so many batches whoever wrote the last of them merges them. Without it reading is slower, nothing else.
    fn merge(&self) {
        let batches = self.settings.merge_batches;
        if batches == 0 || !self.head.version.is_multiple_of(batches) {
            return;
        }
        let (deltas, location) = (Arc::clone(&self.deltas), self.location.clone());
        let merged = merge::run(deltas, location, self.head.clone(), batches, self.server.clone());
        tokio::spawn(async move {
            if let Err(e) = merged.await {
                tracing::error!(error = %e, "could not merge the audit log's small files");
            }
        });
    }

    /// Best effort: the chain holds without it, only its end is less sure.
    async fn remember(&self) {
        let seen = Seen {
            server: self.server.clone(),
            version: self.head.version,
            digest: chain::digest(&self.head.commit),
        };
        if let Err(e) = self.heads.put(&seen).await {
            tracing::warn!(error = %e, "could not note the audit log's newest batch");
        }
    }
}
