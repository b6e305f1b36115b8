//! The rows of a reply as encoded chunks, beside the statement that makes them and the socket that takes them.

use arrow::array::RecordBatch;
use arrow::datatypes::FieldRef;
use futures::{FutureExt, StreamExt, stream};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

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

/// What an attempt to fill a chunk came to.
enum Filled {
    More,
    /// The next rows are not there yet.
    Waiting,
    End,
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
        Ok(Pump::of(RowEncoder::new(fields, formats, style)?, rows))
    }

    pub(super) fn of(encoder: RowEncoder, rows: Rows) -> Pump {
        Pump { encoder, rows, current: None }
    }

    fn start_with(&mut self, batch: RecordBatch) -> Result<()> {
        let open = self.encoder.open(&batch)?;
        self.current = Some((batch, open));
        Ok(())
    }

    /// The next chunk of at most `limit` rows; None at the end. An error comes after the rows before it.
    pub(super) async fn next(&mut self, limit: usize) -> Option<(Chunk, Option<Error>)> {
        let mut chunk = Chunk { bytes: Vec::with_capacity(CHUNK_BYTES + 4096), rows: 0 };
        while chunk.rows < limit && chunk.bytes.len() < CHUNK_BYTES {
            match self.fill(&mut chunk, limit).await {
                Ok(Filled::More) => {}
                Ok(Filled::Waiting) => break,
                Ok(Filled::End) => match self.encoder.finish(&mut chunk.bytes) {
                    Ok(()) if chunk.bytes.is_empty() => return None,
                    Ok(()) => break,
                    Err(error) => return Some((chunk, Some(error))),
                },
                Err(error) => return Some((chunk, Some(error))),
            }
        }
        Some((chunk, None))
    }

    async fn fill(&mut self, chunk: &mut Chunk, limit: usize) -> Result<Filled> {
        if let Some((_, open)) = &mut self.current {
            let before = open.position();
            let outcome = open.write(limit - chunk.rows, CHUNK_BYTES, &mut chunk.bytes);
            chunk.rows += open.position() - before;
            outcome?;
            if open.is_done() {
                self.current = None;
            }
            return Ok(Filled::More);
        }
        // It waits for a batch only while there is nothing to send: the first rows go out as soon as they are there.
        let next = match chunk.rows {
            0 => self.rows.next().await,
            _ => match self.rows.next().now_or_never() {
                Some(next) => next,
                None => return Ok(Filled::Waiting),
            },
        };
        match next {
            Some(batch) => {
                self.start_with(batch?)?;
                Ok(Filled::More)
            }
            None => {
                // A stream must not be asked again after its end.
                self.rows = stream::empty().boxed();
                Ok(Filled::End)
            }
        }
    }

    /// What a row limit has left of a batch. The batches behind it are let go with the pump.
    pub(super) fn into_rest(self) -> Option<RecordBatch> {
        let (batch, open) = self.current?;
        Some(batch.slice(open.position(), batch.num_rows() - open.position()))
    }

    /// Encodes beside the caller, a few chunks ahead.
    pub(super) fn spawn(mut self) -> Chunks {
        let (tx, rx) = mpsc::channel(CHUNKS_WAITING);
        let task = tokio::spawn(async move {
            while let Some((chunk, error)) = self.next(usize::MAX).await {
                let last = error.is_some();
                if tx.send((chunk, error)).await.is_err() || last {
                    return;
                }
            }
        });
        Chunks { rx, task: AbortOnDropHandle::new(task) }
    }
}

/// Chunks from a task that ends with whoever reads them.
pub(super) struct Chunks {
    rx: mpsc::Receiver<(Chunk, Option<Error>)>,
    task: AbortOnDropHandle<()>,
}

impl Chunks {
    /// The next chunk; None at the end. A task that broke off is an error, not an end.
    pub(super) async fn next(&mut self) -> Result<Option<(Chunk, Option<Error>)>> {
        if let Some(chunk) = self.rx.recv().await {
            return Ok(Some(chunk));
        }
        let ended = (&mut self.task).await;
        ended.map_err(|error| Error::internal("encoding broke off").because(error))?;
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array};

    fn batch(from: i64, to: i64) -> Result<RecordBatch> {
        let array: ArrayRef = Arc::new(Int64Array::from_iter_values(from..to));
        Ok(RecordBatch::try_from_iter([("c", array)]).unwrap())
    }

    fn pump(batches: Vec<Result<RecordBatch>>) -> Pump {
        let fields = batch(0, 0).unwrap().schema().fields().to_vec();
        let rows = stream::iter(batches).boxed();
        Pump::new(&fields, &[Format::Text], &Style::default(), rows).unwrap()
    }

    #[tokio::test]
    async fn a_limit_cuts_through_a_batch_and_the_rest_goes_on() {
        let mut first = pump(vec![batch(0, 5), batch(5, 8)]);
        let (chunk, error) = first.next(3).await.unwrap();
        assert!(chunk.rows == 3 && error.is_none());
        let rows = std::mem::replace(&mut first.rows, stream::empty().boxed());
        let rest = first.into_rest().unwrap();
        assert_eq!(rest.num_rows(), 2);
        let mut second = pump(Vec::new());
        second.rows = rows;
        second.start_with(rest).unwrap();
        let (chunk, _) = second.next(100).await.unwrap();
        assert_eq!(chunk.rows, 5);
        assert!(second.next(100).await.is_none());
        assert!(second.next(100).await.is_none(), "asked again after the end");
    }

    #[tokio::test]
    async fn an_error_comes_after_the_rows_before_it() {
        let mut chunks = pump(vec![batch(0, 5), Err(Error::internal("x"))]).spawn();
        let (chunk, error) = chunks.next().await.unwrap().unwrap();
        assert!(chunk.rows == 5 && error.is_some());
        assert!(chunks.next().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_task_that_breaks_off_is_no_end() {
        let mut broken = pump(Vec::new());
        broken.rows = stream::poll_fn(|_| panic!("as a kernel might")).boxed();
        assert!(broken.spawn().next().await.is_err());
    }
}
