//! Messages to the client, appended to a buffer.
//!
//! Lengths are set when a message is complete, so that none can be announced wrongly, and a zero byte
//! cannot end a text early. Rows have their own writers in `rows`.

use std::borrow::Cow;
use std::ops::{Deref, DerefMut};

use arrow::datatypes::{Field, FieldRef};
use bytes::{BufMut, BytesMut};

use crate::catalog::types::{PRECISION_KEY, SqlType};
use crate::functions::charset::Charset;
use crate::session::transaction::Status;

use super::rows::Format;

/// Metadata of a result's field: the OID of the relation that a column comes from.
const TABLE_KEY: &str = "lakewire.table";
/// Metadata of a result's field: the number of the column in that relation.
const COLUMN_KEY: &str = "lakewire.column";

/// Where messages wait to be sent.
pub(super) trait Backend {
    fn message(&mut self, kind: u8, body: impl FnOnce(&mut BytesMut));

    /// A text as the client reads it.
    fn encode<'t>(&self, text: &'t str) -> Cow<'t, [u8]> {
        Cow::Borrowed(text.as_bytes())
    }

    fn authentication(&mut self, code: i32, data: &[u8]) {
        self.message(b'R', |out| {
            out.put_i32(code);
            out.put_slice(data);
        });
    }

    fn negotiate_version(&mut self, newest: i32, unknown: &[String]) {
        self.message(b'v', |out| {
            out.put_i32(newest);
            out.put_i32(unknown.len() as i32);
            unknown.iter().for_each(|name| put_text(out, name.as_bytes()));
        });
    }

    fn parameter_status(&mut self, name: &str, value: &str) {
        let value = self.encode(value);
        self.message(b'S', |out| {
            put_text(out, name.as_bytes());
            put_text(out, &value);
        });
    }

    fn backend_key(&mut self, pid: i32, secret: &[u8]) {
        self.message(b'K', |out| {
            out.put_i32(pid);
            out.put_slice(secret);
        });
    }

    fn ready(&mut self, status: Status) {
        let letter = match status {
            Status::Idle => b'I',
            Status::Open => b'T',
            Status::Failed => b'E',
        };
        self.message(b'Z', |out| out.put_u8(letter));
    }

    fn notification(&mut self, from: i32, channel: &str, payload: &str) {
        let (channel, payload) = (self.encode(channel), self.encode(payload));
        self.message(b'A', |out| {
            out.put_i32(from);
            put_text(out, &channel);
            put_text(out, &payload);
        });
    }

    fn command_complete(&mut self, tag: &str) {
        self.message(b'C', |out| put_text(out, tag.as_bytes()));
    }

    /// ParseComplete, BindComplete and the like: a letter alone.
    fn bare(&mut self, kind: u8) {
        self.message(kind, |_| {});
    }

    fn parameter_description(&mut self, types: &[SqlType]) {
        self.message(b't', |out| {
            out.put_u16(types.len() as u16);
            types.iter().for_each(|sql| out.put_u32(sql.oid()));
        });
    }

    fn row_description(&mut self, fields: &[FieldRef], formats: &[Format]) {
        let names: Vec<_> = fields.iter().map(|field| self.encode(field.name())).collect();
        self.message(b'T', |out| {
            out.put_u16(fields.len() as u16);
            for ((field, format), name) in fields.iter().zip(formats).zip(names) {
                let sql = SqlType::of(field);
                put_text(out, &name);
                out.put_u32(number(field, TABLE_KEY));
                out.put_i16(number(field, COLUMN_KEY));
                out.put_u32(sql.oid());
                out.put_i16(sql.length());
                let precision = field.metadata().get(PRECISION_KEY).and_then(|m| m.parse().ok());
                out.put_i32(precision.unwrap_or_else(|| sql.modifier()));
                out.put_i16(format.code());
            }
        });
    }

    /// CopyInResponse and CopyOutResponse.
    fn copy_response(&mut self, kind: u8, format: Format, columns: usize) {
        self.message(kind, |out| {
            out.put_u8(format.code() as u8);
            out.put_u16(columns as u16);
            (0..columns).for_each(|_| out.put_i16(format.code()));
        });
    }

    /// ErrorResponse and NoticeResponse: letters with texts.
    fn fields(&mut self, kind: u8, fields: &[(u8, &str)]) {
        let texts: Vec<_> = fields.iter().map(|(_, text)| self.encode(text)).collect();
        self.message(kind, |out| {
            for ((letter, _), text) in fields.iter().zip(texts) {
                out.put_u8(*letter);
                put_text(out, &text);
            }
            out.put_u8(0);
        });
    }
}

impl Backend for BytesMut {
    fn message(&mut self, kind: u8, body: impl FnOnce(&mut BytesMut)) {
        self.put_u8(kind);
        let at = self.len();
        self.put_i32(0);
        body(self);
        let length = (self.len() - at) as i32;
        self[at..at + 4].copy_from_slice(&length.to_be_bytes());
    }
}

/// Messages for a client with an encoding of its own.
#[derive(Debug, Default)]
pub(super) struct Output {
    bytes: BytesMut,
    pub(super) charset: Charset,
}

impl Backend for Output {
    fn message(&mut self, kind: u8, body: impl FnOnce(&mut BytesMut)) {
        self.bytes.message(kind, body);
    }

    // A message must arrive, whatever a client can read of it.
    fn encode<'t>(&self, text: &'t str) -> Cow<'t, [u8]> {
        self.charset.encode_lossy(text)
    }
}

impl Deref for Output {
    type Target = BytesMut;

    fn deref(&self) -> &BytesMut {
        &self.bytes
    }
}

impl DerefMut for Output {
    fn deref_mut(&mut self) -> &mut BytesMut {
        &mut self.bytes
    }
}

fn put_text(out: &mut BytesMut, text: &[u8]) {
    out.put_slice(text.split(|byte| *byte == 0).next().unwrap_or_default());
    out.put_u8(0);
}

fn number<T: std::str::FromStr + Default>(field: &Field, key: &str) -> T {
    field.metadata().get(key).and_then(|text| text.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_with_a_zero_byte_does_not_shift_what_follows() {
        let mut out = BytesMut::new();
        out.parameter_status("a\0b", "c");
        assert_eq!(&out[..], b"S\0\0\0\x08a\0c\0");
    }

    #[test]
    fn columns_are_described_with_their_origin() {
        let mut out = BytesMut::new();
        let field = SqlType::Numeric(Some((12, 2))).field("n", true);
        let mut metadata = field.metadata().clone();
        metadata.insert(TABLE_KEY.into(), "4000000000".into());
        metadata.insert(COLUMN_KEY.into(), "3".into());
        let field = FieldRef::new(field.as_ref().clone().with_metadata(metadata));
        out.row_description(&[field], &[Format::Binary]);
        let rest = &out[7..];
        assert_eq!(&rest[..2], b"n\0");
        assert_eq!(rest[2..6], 4_000_000_000u32.to_be_bytes());
        assert_eq!(rest[6..8], 3i16.to_be_bytes());
        assert_eq!(rest[8..12], 1700u32.to_be_bytes());
        assert_eq!(rest[14..18], 786_438i32.to_be_bytes());
    }
}
