//! Rows out of bytes, a batch at a time, with the line and column of what is wrong.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};

use crate::engine::reply::Receiving;
use crate::error::{Error, Result};
use crate::planner::plan::CopyKind;
use crate::wire::rows::Style;

use super::binary::Binary;
use super::columns::{Builder, Columns};
use super::lines::Lines;

/// Rows in a batch, and about how many bytes of them.
const BATCH_ROWS: usize = 8192;
const BATCH_BYTES: usize = 1 << 20;

/// Reads the rows of one COPY FROM.
pub(in crate::wire) struct Reader {
    form: Form,
    columns: Columns,
    schema: SchemaRef,
    /// What has come and is not read yet.
    buffer: Vec<u8>,
    /// How much of the buffer is read.
    at: usize,
    /// A row may be this long.
    row_bytes: usize,
}

enum Form {
    Lines(Box<Lines>),
    Binary(Binary),
}

/// What an attempt to read a row came to.
pub(super) enum Step {
    /// So many bytes were a row, or something between rows.
    Read(usize),
    /// There is not yet enough for one.
    More,
    /// The data said that it ends here; what follows is not read.
    End,
}

impl Reader {
    pub(in crate::wire) fn new(receiving: &Receiving, style: Style, row_bytes: usize) -> Reader {
        let format = &receiving.format;
        let fields = &receiving.fields;
        let columns = Columns {
            relation: Arc::clone(&receiving.relation),
            builders: fields.iter().map(|f| Builder::new(f)).collect(),
            style,
            line: 0,
            rows: 0,
            bytes: 0,
        };
        let form = match format.kind {
            CopyKind::Binary => Form::Binary(Binary::default()),
            CopyKind::Text | CopyKind::Csv => Form::Lines(Box::new(Lines::new(format.clone()))),
        };
        let schema = Arc::new(Schema::new(fields.clone()));
        Reader { form, columns, schema, buffer: Vec::new(), at: 0, row_bytes }
    }

    pub(in crate::wire) fn take_in(&mut self, bytes: &[u8]) {
        if self.at > 0 {
            self.buffer.drain(..self.at);
            self.at = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// A batch, if there are rows enough for one; None means that more bytes are wanted.
    pub(in crate::wire) fn next(&mut self) -> Result<Option<RecordBatch>> {
        while !self.is_full() {
            match self.step(false)? {
                Step::Read(bytes) => self.at += bytes,
                Step::End => {
                    self.at = self.buffer.len();
                    break;
                }
                Step::More if self.buffer.len() - self.at > self.row_bytes => {
                    return Err(self.columns.at_line(Error::new(
                        crate::error::SqlState::PROGRAM_LIMIT_EXCEEDED,
                        format!("a row of more than {} bytes", self.row_bytes),
                    )));
                }
                Step::More => break,
            }
        }
        if self.is_full() { self.batch().map(Some) } else { Ok(None) }
    }

    /// The rows that are left, when no more bytes come; None when there are none.
    pub(in crate::wire) fn finish(&mut self) -> Result<Option<RecordBatch>> {
        while !self.is_full() {
            match self.step(true)? {
                Step::Read(bytes) => self.at += bytes,
                Step::End | Step::More => break,
            }
        }
        if self.columns.rows == 0 {
            return Ok(None);
        }
        self.batch().map(Some)
    }

    fn step(&mut self, last: bool) -> Result<Step> {
        let bytes = &self.buffer[self.at..];
        match &mut self.form {
            Form::Lines(lines) => lines.step(bytes, last, &mut self.columns),
            Form::Binary(binary) => binary.step(bytes, last, &mut self.columns),
        }
    }

    fn is_full(&self) -> bool {
        self.columns.rows >= BATCH_ROWS || self.columns.bytes >= BATCH_BYTES
    }

    fn batch(&mut self) -> Result<RecordBatch> {
        let arrays = self.columns.builders.iter_mut().map(Builder::finish);
        let arrays = arrays.collect::<Result<Vec<_>>>()?;
        (self.columns.rows, self.columns.bytes) = (0, 0);
        RecordBatch::try_new(Arc::clone(&self.schema), arrays)
            .map_err(|e| Error::internal("rows that were copied").because(e))
    }
}
