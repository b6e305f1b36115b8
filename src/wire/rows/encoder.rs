//! Rows of a result into DataRow messages, a chunk at a time.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::FieldRef;

use crate::catalog::types::SqlType;
use crate::error::{Error, Result, SqlState};
use crate::planner::plan::{CopyFormat, CopyKind};

use super::column::column;
use super::copied::Copied;
use super::put::{Column, set_length};
use super::style::{Format, Style};

/// Writes the rows of one result. Made once a result; [`RowEncoder::open`] once a batch.
pub struct RowEncoder {
    columns: Vec<(SqlType, Format)>,
    style: Style,
    /// Rows of a COPY have a form of their own.
    copied: Option<Arc<Copied>>,
    /// What stands in the first row's message before it.
    head: Vec<u8>,
}

impl RowEncoder {
    /// `formats` has one entry per field.
    pub fn new(fields: &[FieldRef], formats: &[Format], style: &Style) -> Result<RowEncoder> {
        if fields.len() != formats.len() {
            return Err(Error::internal("as many formats as columns are needed"));
        }
        if i16::try_from(fields.len()).is_err() {
            return Err(Error::new(
                SqlState::PROGRAM_LIMIT_EXCEEDED,
                "a result can have at most 32767 columns",
            ));
        }
        let columns =
            fields.iter().zip(formats).map(|(field, format)| (SqlType::of(field), *format));
        let (copied, head) = (None, Vec::new());
        Ok(RowEncoder { columns: columns.collect(), style: *style, copied, head })
    }

    /// For the rows of a COPY TO.
    pub fn copying(fields: &[FieldRef], format: &CopyFormat, style: &Style) -> Result<RowEncoder> {
        let cells = match format.kind {
            CopyKind::Binary => Format::Binary,
            CopyKind::Text | CopyKind::Csv => Format::Text,
        };
        let plain = RowEncoder::new(fields, &vec![cells; fields.len()], style)?;
        let copied = Arc::new(Copied::new(format, fields, style.charset)?);
        Ok(RowEncoder { head: copied.head(), copied: Some(copied), ..plain })
    }

    /// Behind the last row; and before the first one if there was none.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<()> {
        match self.copied.take() {
            Some(copied) => copied.put_end(&std::mem::take(&mut self.head), out),
            None => Ok(()),
        }
    }

    pub fn open(&mut self, batch: &RecordBatch) -> Result<BatchRows> {
        if batch.num_columns() != self.columns.len() {
            return Err(Error::internal(format!(
                "a batch of {} columns came for a result of {}",
                batch.num_columns(),
                self.columns.len()
            )));
        }
        let columns =
            self.columns.iter().zip(batch.columns()).map(|((sql, format), array)| {
                column(&Arc::clone(array), sql, *format, &self.style)
            });
        let columns = columns.collect::<Result<_>>()?;
        let head = if batch.num_rows() > 0 { std::mem::take(&mut self.head) } else { Vec::new() };
        let copied = self.copied.clone();
        Ok(BatchRows { columns, rows: batch.num_rows(), next: 0, copied, head })
    }
}

/// A batch being written; remembers how far.
pub struct BatchRows {
    columns: Vec<Column>,
    rows: usize,
    next: usize,
    copied: Option<Arc<Copied>>,
    head: Vec<u8>,
}

impl BatchRows {
    /// Appends rows until the batch ends, `rows` are written or `out` holds `bytes`; tells how many.
    /// Bytes are looked at after each row, because rows can be wide. After an error `out` ends with
    /// the last whole row.
    pub fn write(&mut self, rows: usize, bytes: usize, out: &mut Vec<u8>) -> Result<usize> {
        let first = self.next;
        let end = self.rows.min(first.saturating_add(rows));
        while self.next < end && out.len() < bytes {
            let at = out.len();
            let outcome = match &self.copied {
                None => self.put_row(self.next, out),
                Some(copied) => copied.put_row(&self.head, &self.columns, self.next, out),
            };
            if let Err(error) = outcome {
                out.truncate(at);
                return Err(error);
            }
            if !self.head.is_empty() {
                self.head.clear();
            }
            self.next += 1;
        }
        Ok(self.next - first)
    }

    /// The first row that is not written yet.
    pub fn position(&self) -> usize {
        self.next
    }

    pub fn is_done(&self) -> bool {
        self.next == self.rows
    }

    #[inline]
    fn put_row(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        let at = out.len();
        let count = (self.columns.len() as u16).to_be_bytes();
        out.extend_from_slice(&[b'D', 0, 0, 0, 0, count[0], count[1]]);
        for column in &self.columns {
            column.put_field(row, out)?;
        }
        let length = out.len() - at - 1;
        set_length(out, at + 1, length)
    }
}
