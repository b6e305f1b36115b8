//! Rows as COPY writes them: text, CSV or binary, one message each.

use arrow::datatypes::FieldRef;

use crate::catalog::types::SqlType;
use crate::error::Result;
use crate::functions::charset::Charset;
use crate::planner::plan::{CopyFormat, CopyHeader, CopyKind};

use super::put::{Column, set_length};

/// Before the first row of a binary copy: a signature that text-mode transfers would spoil, and flags.
pub(in crate::wire) const SIGNATURE: &[u8; 11] = b"PGCOPY\n\xff\r\n\0";

/// How the rows of one COPY TO are written.
pub(super) struct Copied {
    format: CopyFormat,
    /// Columns whose text can hold nothing that would have to be escaped or quoted.
    plain: Vec<bool>,
    header: Vec<u8>,
}

impl Copied {
    pub(super) fn new(
        format: &CopyFormat,
        fields: &[FieldRef],
        charset: Charset,
    ) -> Result<Copied> {
        let usual = b"\t,;|".contains(&format.delimiter) && usual_null(&format.null);
        let is_plain = |field: &FieldRef| usual && is_plain(&SqlType::of(field));
        let plain = fields.iter().map(is_plain).collect();
        let mut copied = Copied { format: format.clone(), plain, header: Vec::new() };
        if format.header != CopyHeader::No {
            let names = fields.iter().map(|f| charset.encode(f.name()));
            let names = names.collect::<Result<Vec<_>>>()?;
            copied.header = copied.names(&names.iter().map(AsRef::as_ref).collect::<Vec<_>>());
        }
        Ok(copied)
    }

    /// What stands before the first row: a message of its own, or for binary a part of the row's.
    pub(super) fn head(&self) -> Vec<u8> {
        match self.format.kind {
            CopyKind::Binary => [&SIGNATURE[..], &[0; 8]].concat(),
            CopyKind::Text | CopyKind::Csv => self.header.clone(),
        }
    }

    fn names(&self, names: &[&[u8]]) -> Vec<u8> {
        let mut out = vec![b'd', 0, 0, 0, 0];
        for (i, name) in names.iter().enumerate() {
            if i > 0 {
                out.push(self.format.delimiter);
            }
            let at = out.len();
            out.extend_from_slice(name);
            match self.format.kind {
                CopyKind::Csv => self.quote(&mut out, at, false, names.len() == 1),
                _ => self.escape(&mut out, at),
            }
        }
        out.push(b'\n');
        let length = out.len() - 1;
        // A row of names is no longer than 64 bytes for each of 32767 columns, and twice that when escaped.
        let _ = set_length(&mut out, 1, length);
        out
    }

    #[inline]
    pub(super) fn put_row(
        &self,
        head: &[u8],
        columns: &[Column],
        row: usize,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let at = match self.format.kind {
            CopyKind::Binary => {
                let at = begin(out, head);
                out.extend_from_slice(&(columns.len() as u16).to_be_bytes());
                for column in columns {
                    column.put_field(row, out)?;
                }
                at
            }
            CopyKind::Text => {
                out.extend_from_slice(head);
                let at = begin(out, &[]);
                self.put_text(columns, row, out)?;
                at
            }
            CopyKind::Csv => {
                out.extend_from_slice(head);
                let at = begin(out, &[]);
                self.put_csv(columns, row, out)?;
                at
            }
        };
        let length = out.len() - at;
        set_length(out, at, length)
    }

    /// The mark behind the last row, and what should have stood before the first.
    pub(super) fn put_end(&self, head: &[u8], out: &mut Vec<u8>) -> Result<()> {
        if self.format.kind != CopyKind::Binary {
            out.extend_from_slice(head);
            return Ok(());
        }
        let at = begin(out, head);
        out.extend_from_slice(&(-1i16).to_be_bytes());
        let length = out.len() - at;
        set_length(out, at, length)
    }

    #[inline]
    fn put_text(&self, columns: &[Column], row: usize, out: &mut Vec<u8>) -> Result<()> {
        for (i, column) in columns.iter().enumerate() {
            if i > 0 {
                out.push(self.format.delimiter);
            }
            if column.is_null(row) {
                out.extend_from_slice(self.format.null.as_bytes());
                continue;
            }
            let at = out.len();
            (column.put)(row, out)?;
            if !self.plain[i] {
                self.escape(out, at);
            }
        }
        out.push(b'\n');
        Ok(())
    }

    #[inline]
    fn put_csv(&self, columns: &[Column], row: usize, out: &mut Vec<u8>) -> Result<()> {
        for (i, column) in columns.iter().enumerate() {
            if i > 0 {
                out.push(self.format.delimiter);
            }
            if column.is_null(row) {
                out.extend_from_slice(self.format.null.as_bytes());
                continue;
            }
            let at = out.len();
            (column.put)(row, out)?;
            let force = self.format.force_quote[i];
            if force || !self.plain[i] {
                self.quote(out, at, force, columns.len() == 1);
            }
        }
        out.push(b'\n');
        Ok(())
    }

    /// Puts backslashes into what stands from `at`.
    fn escape(&self, out: &mut Vec<u8>, at: usize) {
        let delimiter = self.format.delimiter;
        let special = |byte: u8| matches!(byte, 8..=13 | b'\\') || byte == delimiter;
        let Some(first) = out[at..].iter().position(|byte| special(*byte)) else { return };
        let rest = out.split_off(at + first);
        for byte in rest {
            let letter = match byte {
                8 => b'b',
                b'\t' => b't',
                b'\n' => b'n',
                11 => b'v',
                12 => b'f',
                b'\r' => b'r',
                other => {
                    if other == b'\\' || other == delimiter {
                        out.push(b'\\');
                    }
                    out.push(other);
                    continue;
                }
            };
            out.extend_from_slice(&[b'\\', letter]);
        }
    }

    /// Puts quotation marks around what stands from `at`, if it needs them.
    fn quote(&self, out: &mut Vec<u8>, at: usize, force: bool, alone: bool) {
        let CopyFormat { delimiter, quote, escape, null, .. } = &self.format;
        let value = &out[at..];
        let needed = force
            || value == null.as_bytes()
            || value.iter().any(|b| b == delimiter || b == quote || matches!(b, b'\n' | b'\r'))
            // It would end the data.
            || (alone && value == b"\\.");
        if !needed {
            return;
        }
        let value = out.split_off(at);
        out.push(*quote);
        for byte in value {
            if byte == *quote || byte == *escape {
                out.push(*escape);
            }
            out.push(byte);
        }
        out.push(*quote);
    }
}

/// The message's letter and room for its length, whose place is given back.
fn begin(out: &mut Vec<u8>, head: &[u8]) -> usize {
    let at = out.len() + 1;
    out.extend_from_slice(&[b'd', 0, 0, 0, 0]);
    out.extend_from_slice(head);
    at
}

/// A null that no number or date can be taken for.
fn usual_null(null: &str) -> bool {
    ["", "\\N", "NULL"].contains(&null)
}

fn is_plain(sql: &SqlType) -> bool {
    use SqlType::*;
    matches!(
        sql,
        Bool | Int2
            | Int4
            | Int8
            | Float4
            | Float8
            | Numeric(_)
            | Date
            | Time
            | Timestamp
            | Timestamptz
            | Uuid
            | Oid
    )
}
