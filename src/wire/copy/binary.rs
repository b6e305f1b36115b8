//! The binary form: a header, rows of counted fields, a mark at the end.

use crate::error::{Error, Result};
use crate::wire::rows::SIGNATURE;

use super::columns::Columns;
use super::lines::bad;
use super::reader::Step;

#[derive(Default)]
pub(super) struct Binary {
    /// The header has been read.
    begun: bool,
    ended: bool,
}

impl Binary {
    pub(super) fn step(&mut self, bytes: &[u8], last: bool, columns: &mut Columns) -> Result<Step> {
        if self.ended {
            return match bytes.is_empty() {
                true => Ok(Step::More),
                false => Err(columns.at_line(bad("received copy data after EOF marker"))),
            };
        }
        if !self.begun {
            return self.header(bytes, last);
        }
        if bytes.is_empty() {
            return Ok(Step::More);
        }
        let Some(count) = bytes.get(..2) else {
            return or_more(last, "unexpected EOF in COPY data");
        };
        let count = i16::from_be_bytes([count[0], count[1]]);
        if count == -1 {
            columns.line += 1;
            self.ended = true;
            return Ok(Step::Read(2));
        }
        let wanted = columns.builders.len();
        if usize::try_from(count).ok() != Some(wanted) {
            columns.line += 1;
            let text = format!("row field count is {count}, expected {wanted}");
            return Err(columns.at_line(bad(text)));
        }
        // A row is put into the columns only when all of it is there.
        let length = match row_length(bytes, wanted) {
            Ok(length) => length,
            Err((_, None)) if !last => return Ok(Step::More),
            Err((column, error)) => {
                columns.line += 1;
                let error = error.unwrap_or_else(|| bad("unexpected EOF in COPY data"));
                return Err(columns.in_field(error, column));
            }
        };
        columns.line += 1;
        let mut at = 2;
        for column in 0..wanted {
            let size = size_at(bytes, at);
            at += 4;
            match usize::try_from(size) {
                Ok(size) => {
                    columns.put_binary(column, &bytes[at..at + size])?;
                    at += size;
                }
                Err(_) => columns.put_null(column),
            }
        }
        columns.rows += 1;
        Ok(Step::Read(length))
    }

    fn header(&mut self, bytes: &[u8], last: bool) -> Result<Step> {
        let (signature, flags, extension) =
            (SIGNATURE.len(), SIGNATURE.len() + 4, SIGNATURE.len() + 8);
        let seen = bytes.len().min(signature);
        if bytes[..seen] != SIGNATURE[..seen] || last && seen < signature {
            return Err(bad("COPY file signature not recognized"));
        }
        if bytes.len() < flags {
            return or_more(last, "invalid COPY file header (missing flags)");
        }
        let set = size_at(bytes, signature);
        if set & (1 << 16) != 0 {
            return Err(bad("invalid COPY file header (WITH OIDS)"));
        }
        if set >> 16 != 0 {
            return Err(bad("unrecognized critical flags in COPY file header"));
        }
        if bytes.len() < extension {
            return or_more(last, "invalid COPY file header (missing length)");
        }
        let Ok(more) = usize::try_from(size_at(bytes, flags)) else {
            return Err(bad("invalid COPY file header (missing length)"));
        };
        if bytes.len() - extension < more {
            return or_more(last, "invalid COPY file header (wrong length)");
        }
        self.begun = true;
        Ok(Step::Read(extension + more))
    }
}

fn or_more(last: bool, text: &str) -> Result<Step> {
    if last { Err(bad(text)) } else { Ok(Step::More) }
}

/// Four bytes that are known to be there.
fn size_at(bytes: &[u8], at: usize) -> i32 {
    let mut size = [0; 4];
    size.copy_from_slice(&bytes[at..at + 4]);
    i32::from_be_bytes(size)
}

/// How long the row is; else the field that is cut off, with an error if more bytes would not help.
fn row_length(bytes: &[u8], fields: usize) -> Result<usize, (usize, Option<Error>)> {
    let mut at = 2;
    for field in 0..fields {
        if bytes.len() < at + 4 {
            return Err((field, None));
        }
        let size = size_at(bytes, at);
        at += 4;
        match usize::try_from(size) {
            Ok(size) => at += size,
            Err(_) if size == -1 => {}
            Err(_) => return Err((field, Some(bad("invalid field size")))),
        }
        if bytes.len() < at {
            return Err((field, None));
        }
    }
    Ok(at)
}
