//! The rows of a portal or cursor, read in pieces: where it stands, what was read too far, and for a cursor that
//! scrolls what it has read so far.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::{RecordBatch, UInt64Array};
use arrow::compute::take_record_batch;
use futures::{StreamExt, stream};
use tokio::sync::Mutex;

use crate::engine::reply::Rows;
use crate::error::{Error, Result, SqlState};
use crate::patience::Patience;

/// What a cursor that scrolls may keep of its rows.
const KEPT_BYTES_MAX: usize = 256 << 20;

/// Shared by a portal and whoever reads from it.
pub(super) type Shared = Arc<Mutex<Reading>>;

pub(super) struct Reading {
    rows: Rows,
    /// Read from the stream and not handed out.
    ahead: VecDeque<RecordBatch>,
    /// All rows so far, for a cursor that scrolls.
    kept: Option<Kept>,
    /// The number of the row it stands on; 0 before the first, and one more than there are behind the last.
    at: u64,
    /// How many rows there are, once that is known.
    total: Option<u64>,
}

#[derive(Default)]
struct Kept {
    batches: Vec<RecordBatch>,
    /// How many rows there are up to the end of each batch.
    ends: Vec<u64>,
    bytes: usize,
}

impl Reading {
    pub(super) fn new(rows: Rows, scrolls: bool) -> Shared {
        let kept = scrolls.then(Kept::default);
        let ahead = VecDeque::new();
        Arc::new(Mutex::new(Reading { rows, ahead, kept, at: 0, total: None }))
    }

    pub(super) fn scrolls(&self) -> bool {
        self.kept.is_some()
    }

    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Whether it stands on a row.
    pub(super) fn on_row(&self) -> bool {
        self.at > 0 && self.total.is_none_or(|total| self.at <= total)
    }

    /// What was handed out and not wanted comes back.
    pub(super) fn put_back(&mut self, rest: RecordBatch) {
        self.at -= rest.num_rows() as u64;
        if self.kept.is_none() {
            self.ahead.push_front(rest);
        }
    }

    /// The next rows, at most so many; None at the end, behind which it then stands.
    pub(super) async fn forward(
        &mut self,
        limit: u64,
        patience: &Patience,
    ) -> Option<Result<RecordBatch>> {
        if self.total.is_some_and(|total| self.at > total) {
            return None;
        }
        let batch = match self.kept.as_ref().and_then(|kept| kept.from(self.at)) {
            Some(batch) => batch,
            None => loop {
                let next = match self.ahead.pop_front() {
                    Some(batch) => Some(Ok(batch)),
                    None => self.read(patience).await,
                };
                match next {
                    Some(Ok(batch)) if batch.num_rows() == 0 => {}
                    Some(Ok(batch)) => {
                        if let Some(kept) = &mut self.kept
                            && let Err(e) = kept.push(&batch)
                        {
                            return Some(Err(e));
                        }
                        break batch;
                    }
                    Some(Err(e)) => return Some(Err(e)),
                    None => {
                        self.total = Some(self.at);
                        self.at += 1;
                        return None;
                    }
                }
            },
        };
        let wanted = batch.num_rows().min(usize::try_from(limit).unwrap_or(usize::MAX));
        if wanted < batch.num_rows() && self.kept.is_none() {
            self.ahead.push_front(batch.slice(wanted, batch.num_rows() - wanted));
        }
        self.at += wanted as u64;
        Some(Ok(batch.slice(0, wanted)))
    }

    async fn read(&mut self, patience: &Patience) -> Option<Result<RecordBatch>> {
        let late = async {
            match patience.deadline {
                Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
                None => std::future::pending().await,
            }
        };
        let canceled =
            |why: &str| Some(Err(Error::canceled(format!("canceling statement due to {why}"))));
        tokio::select! {
            biased;
            () = patience.cancel.cancelled() => canceled("user request"),
            next = self.rows.next() => {
                if next.is_none() {
                    // A stream must not be asked again after its end.
                    self.rows = stream::empty().boxed();
                }
                next
            }
            () = late => canceled("statement timeout"),
        }
    }

    /// Passes so many rows by; gives how many there were.
    pub(super) async fn skip(&mut self, count: Option<u64>, patience: &Patience) -> Result<u64> {
        let mut left = count.unwrap_or(u64::MAX);
        let mut passed = 0;
        while left > 0 {
            let Some(batch) = self.forward(left, patience).await else { break };
            let rows = batch?.num_rows() as u64;
            (left, passed) = (left - rows, passed + rows);
        }
        Ok(passed)
    }

    /// Goes back so many rows, all where none are named, and gives those it passes, the nearest first.
    pub(super) fn backward(&mut self, count: Option<u64>) -> Result<Vec<RecordBatch>> {
        let Some(kept) = &self.kept else { return Err(forward_only()) };
        // Of the row it stands on, and those before it, none is given but those before.
        let before = self.at.saturating_sub(1);
        let rows = count.unwrap_or(u64::MAX).min(before);
        let given = kept.back_from(before, rows)?;
        let all = count.is_some_and(|count| count <= before);
        self.at = if all { self.at - rows } else { 0 };
        Ok(given)
    }

    /// To before the first row.
    pub(super) fn rewind(&mut self) -> Result<()> {
        if self.at > 0 && self.kept.is_none() {
            return Err(forward_only());
        }
        self.at = 0;
        Ok(())
    }
}

pub(super) fn forward_only() -> Error {
    Error::new(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, "cursor can only scan forward")
        .hint("Declare it with SCROLL option to enable backward scan.")
}

impl Kept {
    fn push(&mut self, batch: &RecordBatch) -> Result<()> {
        self.bytes += batch.get_array_memory_size();
        if self.bytes > KEPT_BYTES_MAX {
            return Err(Error::new(
                SqlState::CONFIGURATION_LIMIT_EXCEEDED,
                format!("a cursor that scrolls may read at most {} MB", KEPT_BYTES_MAX >> 20),
            )
            .hint("Declare it with NO SCROLL."));
        }
        let rows = batch.num_rows() as u64;
        self.ends.push(self.ends.last().unwrap_or(&0) + rows);
        self.batches.push(batch.clone());
        Ok(())
    }

    /// What is kept behind the row of this number, up to the end of its batch.
    fn from(&self, at: u64) -> Option<RecordBatch> {
        let i = self.ends.partition_point(|end| *end <= at);
        let batch = self.batches.get(i)?;
        let begin = self.ends[i] - batch.num_rows() as u64;
        let offset = (at - begin) as usize;
        Some(batch.slice(offset, batch.num_rows() - offset))
    }

    /// So many rows back from the row of this number, itself included.
    fn back_from(&self, last: u64, mut rows: u64) -> Result<Vec<RecordBatch>> {
        let mut all = Vec::new();
        let mut last = last;
        while rows > 0 {
            let i = self.ends.partition_point(|end| *end < last);
            let Some(batch) = self.batches.get(i) else { break };
            let begin = self.ends[i] - batch.num_rows() as u64;
            let here = (last - begin).min(rows);
            let from = last - begin;
            let indices = UInt64Array::from_iter_values((from - here..from).rev());
            let turned = take_record_batch(batch, &indices)
                .map_err(|e| Error::internal("rows backwards").because(e))?;
            all.push(turned);
            (last, rows) = (last - here, rows - here);
        }
        Ok(all)
    }
}

/// Rows from where it stands, at most so many; it stands behind them when they have been read.
pub(super) fn ahead(reading: Shared, limit: Option<u64>, patience: Patience) -> Rows {
    let state = (reading, limit.unwrap_or(u64::MAX), patience);
    stream::unfold(state, |(reading, left, patience)| async move {
        if left == 0 {
            return None;
        }
        let next = Arc::clone(&reading).lock_owned().await.forward(left, &patience).await?;
        let left = match &next {
            Ok(batch) => left - batch.num_rows() as u64,
            Err(_) => 0,
        };
        Some((next, (reading, left, patience)))
    })
    .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, AsArray, Int64Array};
    use arrow::datatypes::Int64Type;
    use tokio_util::sync::CancellationToken;

    fn batch(from: i64, to: i64) -> Result<RecordBatch> {
        let array: ArrayRef = Arc::new(Int64Array::from_iter_values(from..to));
        Ok(RecordBatch::try_from_iter([("c", array)]).unwrap())
    }

    fn reading(scrolls: bool) -> Reading {
        let rows = stream::iter([batch(1, 4), batch(4, 4), batch(4, 8)]).boxed();
        Arc::try_unwrap(Reading::new(rows, scrolls)).ok().unwrap().into_inner()
    }

    fn patience() -> Patience {
        Patience { cancel: CancellationToken::new(), deadline: None }
    }

    fn values(batches: &[RecordBatch]) -> Vec<i64> {
        batches
            .iter()
            .flat_map(|b| b.column(0).as_primitive::<Int64Type>().values().to_vec())
            .collect()
    }

    async fn next(reading: &mut Reading, count: u64) -> Vec<i64> {
        let mut all = Vec::new();
        let mut left = count;
        while left > 0 {
            let Some(batch) = reading.forward(left, &patience()).await else { break };
            let batch = batch.unwrap();
            left -= batch.num_rows() as u64;
            all.push(batch);
        }
        values(&all)
    }

    #[tokio::test]
    async fn rows_come_in_pieces_and_what_was_too_much_comes_again() {
        let mut reading = reading(false);
        assert_eq!(next(&mut reading, 2).await, [1, 2]);
        assert!(reading.on_row() && reading.at() == 2);
        reading.put_back(batch(2, 3).unwrap());
        assert_eq!(next(&mut reading, 4).await, [2, 3, 4, 5]);
        assert!(reading.backward(Some(1)).is_err());
        assert_eq!(next(&mut reading, 9).await, [6, 7]);
        assert!(!reading.on_row());
        assert!(next(&mut reading, 1).await.is_empty());
    }

    #[tokio::test]
    async fn a_cursor_that_scrolls_goes_back_over_what_it_has_read() {
        let mut reading = reading(true);
        assert_eq!(next(&mut reading, 5).await, [1, 2, 3, 4, 5]);
        assert_eq!(values(&reading.backward(Some(3)).unwrap()), [4, 3, 2]);
        assert_eq!(next(&mut reading, 1).await, [3]);
        assert_eq!(next(&mut reading, 9).await, [4, 5, 6, 7]);
        assert_eq!(values(&reading.backward(Some(2)).unwrap()), [7, 6]);
        assert_eq!(values(&reading.backward(None).unwrap()), [5, 4, 3, 2, 1]);
        assert_eq!(reading.at(), 0);
        assert_eq!(reading.skip(None, &patience()).await.unwrap(), 7);
        reading.rewind().unwrap();
        assert_eq!(next(&mut reading, 1).await, [1]);
    }
}
