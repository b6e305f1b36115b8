//! The rows of a reply as encoded chunks, beside the statement that makes them and the socket that takes them.

use arrow::array::RecordBatch;
use arrow::datatypes::FieldRef;
use futures::{FutureExt, StreamExt, stream};
use tokio::sync::mpsc;

use crate::engine::reply::Rows;
use crate::error::{Error, Result};

use super::rows::{BatchRows, Format, RowEncoder, Style};

/// A chunk is handed on once it holds this much.
const CHUNK_BYTES: usize = 256 << 10;
/// Chunks that wait for the socket; a client that stops reading holds these and the engine's batches.
const CHUNKS_WAITING: usize = 2;

/// Whole DataRow messages.
pub(super) struct Chunk {
    pub(super) bytes: Vec<u8>,
    pub(super) rows: usize,
}

/// Encodes one reply's rows.
pub(super) struct Pump {
    encoder: RowEncoder,
    rows: Rows,
    current: Option<(RecordBatch, BatchRows)>,
}

impl Pump {
    pub(super) fn new(
        fields: &[FieldRef],
        formats: &[Format],
        style: &Style,
        rows: Rows,
    ) -> Result<Pump> {
        Ok(Pump { encoder: RowEncoder::new(fields, formats, style)?, rows, current: None })
    }

    /// Goes on with what an earlier reader left of a batch.
    pub(super) fn start_with(&mut self, batch: RecordBatch) -> Result<()> {
        let open = self.encoder.open(&batch)?;
        self.current = Some((batch, open));
        Ok(())
    }

    /// The next chunk of at most `limit` rows; None at the end. An error comes after the rows before it.
    pub(super) async fn next(&mut self, limit: usize) -> Option<(Chunk, Option<Error>)> {
        let mut chunk = Chunk { bytes: Vec::with_capacity(CHUNK_BYTES + 4096), rows: 0 };
        while chunk.rows < limit && chunk.bytes.len() < CHUNK_BYTES {
            match self.fill(&mut chunk, limit).await {
                Ok(true) => {}
                Ok(false) if chunk.rows == 0 => return None,
                Ok(false) => break,
                Err(error) => return Some((chunk, Some(error))),
            }
        }
        Some((chunk, None))
    }

    /// False at the end of all rows.
    async fn fill(&mut self, chunk: &mut Chunk, limit: usize) -> Result<bool> {
        if let Some((_, open)) = &mut self.current {
            let before = open.position();
            let outcome = open.write(limit - chunk.rows, CHUNK_BYTES, &mut chunk.bytes);
            chunk.rows += open.position() - before;
            outcome?;
            if open.is_done() {
                self.current = None;
            }
            return Ok(true);
        }
        let Some(batch) = self.next_batch(chunk).await? else { return Ok(false) };
        self.start_with(batch)?;
        Ok(true)
    }

    /// Waits for a batch only while there is nothing to send: the first rows go out as soon as they are there.
    async fn next_batch(&mut self, chunk: &Chunk) -> Result<Option<RecordBatch>> {
        let next = match chunk.rows {
            0 => self.rows.next().await,
            _ => match self.rows.next().now_or_never() {
                Some(next) => next,
                None => return Ok(None),
            },
        };
        if next.is_none() {
            // A stream must not be asked again after its end.
            self.rows = stream::empty().boxed();
        }
        next.transpose()
    }

    /// What is left after a row limit: the rest of a batch, and the batches behind it.
    pub(super) fn into_rest(self) -> (Option<RecordBatch>, Rows) {
        let rest = self.current.map(|(batch, open)| {
            batch.slice(open.position(), batch.num_rows() - open.position())
        });
        (rest, self.rows)
    }

    /// Encodes beside the caller, a few chunks ahead.
    pub(super) fn spawn(mut self) -> mpsc::Receiver<(Chunk, Option<Error>)> {
        let (tx, rx) = mpsc::channel(CHUNKS_WAITING);
        tokio::spawn(async move {
            while let Some((chunk, error)) = self.next(usize::MAX).await {
                let last = error.is_some();
                if tx.send((chunk, error)).await.is_err() || last {
                    return;
                }
            }
        });
        rx
    }
}
