//! Client messages split and decoded within limits.
//!
//! A message is cut out of the stream before anything in it is read, so a decoder can run past its
//! own end into an error but never into the next message.

use bytes::{Buf, Bytes, BytesMut};

use crate::error::{Error, Result};
use crate::functions::charset::Charset;

/// One message: its letter and what follows the length.
#[derive(Debug, PartialEq)]
pub(super) struct Frame {
    pub(super) kind: u8,
    pub(super) body: Bytes,
}

/// Cuts the next message off, if all of it is there. An error means that the stream cannot be read on.
pub(super) fn split(buffer: &mut BytesMut, limit: usize) -> Result<Option<Frame>> {
    let Some(header) = buffer.get(..5) else { return Ok(None) };
    let kind = header[0];
    let length = checked_length(&header[1..5], limit)?;
    if buffer.len() < length + 1 {
        return Ok(None);
    }
    buffer.advance(5);
    Ok(Some(Frame { kind, body: buffer.split_to(length - 4).freeze() }))
}

/// The first packet has no letter.
pub(super) fn split_startup(buffer: &mut BytesMut, limit: usize) -> Result<Option<Bytes>> {
    let Some(header) = buffer.get(..4) else { return Ok(None) };
    let length = checked_length(header, limit)?;
    if length < 8 {
        return Err(Error::protocol("invalid length of startup packet"));
    }
    if buffer.len() < length {
        return Ok(None);
    }
    buffer.advance(4);
    Ok(Some(buffer.split_to(length - 4).freeze()))
}

/// The letter of the message after the next, if it is there already; to see a Sync coming.
pub(super) fn next_kind(buffer: &BytesMut) -> Option<u8> {
    buffer.first().copied()
}

fn checked_length(bytes: &[u8], limit: usize) -> Result<usize> {
    let length = i32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    match usize::try_from(length) {
        Ok(length) if length < 4 => Err(Error::protocol("invalid message length")),
        Ok(length) if length > limit => {
            let message = format!("a message of {length} bytes is longer than the {limit} allowed");
            Err(Error::protocol(message))
        }
        Ok(length) => Ok(length),
        Err(_) => Err(Error::protocol("invalid message length")),
    }
}

/// What Describe and Close speak of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Target {
    Statement,
    Portal,
}

/// A message after login.
#[derive(Debug, PartialEq)]
pub(super) enum Message {
    Query(String),
    Parse {
        name: String,
        sql: String,
        types: Vec<u32>,
    },
    Bind(Bind),
    Describe(Target, String),
    Execute {
        portal: String,
        rows: i32,
    },
    Close(Target, String),
    Flush,
    Sync,
    Terminate,
    FunctionCall,
    /// Data of a COPY that has failed already: to be read past.
    Copy,
}

#[derive(Debug, PartialEq)]
pub(super) struct Bind {
    pub(super) portal: String,
    pub(super) statement: String,
    pub(super) formats: Vec<i16>,
    pub(super) values: Vec<Option<Bytes>>,
    pub(super) result_formats: Vec<i16>,
}

/// Whether this letter begins a message that a client may send after login.
pub(super) fn is_known(kind: u8) -> bool {
    b"QPBDECHSXFdcf".contains(&kind)
}

/// Whether an error in this message is skipped up to Sync.
pub(super) fn is_extended(kind: u8) -> bool {
    b"PBDECH".contains(&kind)
}

pub(super) fn decode(frame: &Frame, charset: Charset) -> Result<Message> {
    let mut fields = Fields { rest: frame.body.clone(), charset };
    let message = match frame.kind {
        b'Q' => Message::Query(fields.text()?),
        b'P' => {
            let (name, sql) = (fields.text()?, fields.text()?);
            let types = fields.list(4, |fields| fields.u32())?;
            Message::Parse { name, sql, types }
        }
        b'B' => Message::Bind(Bind {
            portal: fields.text()?,
            statement: fields.text()?,
            formats: fields.list(2, |fields| fields.i16())?,
            values: fields.list(4, Fields::value)?,
            result_formats: fields.list(2, |fields| fields.i16())?,
        }),
        b'D' => Message::Describe(fields.target()?, fields.text()?),
        b'E' => Message::Execute { portal: fields.text()?, rows: fields.u32()? as i32 },
        b'C' => Message::Close(fields.target()?, fields.text()?),
        b'H' => Message::Flush,
        b'S' => Message::Sync,
        b'X' => Message::Terminate,
        b'F' => return Ok(Message::FunctionCall),
        b'd' | b'c' | b'f' => return Ok(Message::Copy),
        other => {
            return Err(Error::protocol(format!("invalid frontend message type {other}")));
        }
    };
    fields.end()?;
    Ok(message)
}

/// What is left of one message; each read may fail.
pub(super) struct Fields {
    rest: Bytes,
    charset: Charset,
}

impl Fields {
    pub(super) fn new(body: Bytes) -> Fields {
        Fields { rest: body, charset: Charset::Utf8 }
    }

    pub(super) fn take(&mut self, length: usize) -> Result<Bytes> {
        if self.rest.len() < length {
            return Err(malformed());
        }
        Ok(self.rest.split_to(length))
    }

    pub(super) fn u32(&mut self) -> Result<u32> {
        Ok(self.take(4)?.get_u32())
    }

    pub(super) fn i16(&mut self) -> Result<i16> {
        Ok(self.take(2)?.get_i16())
    }

    /// Up to a zero byte.
    pub(super) fn text(&mut self) -> Result<String> {
        let end = self.rest.iter().position(|byte| *byte == 0).ok_or_else(malformed)?;
        let text = self.rest.split_to(end);
        self.rest.advance(1);
        self.charset.decode(&text).map(std::borrow::Cow::into_owned)
    }

    fn target(&mut self) -> Result<Target> {
        match self.take(1)?[0] {
            b'S' => Ok(Target::Statement),
            b'P' => Ok(Target::Portal),
            other => Err(Error::protocol(format!("invalid message subtype {other}"))),
        }
    }

    /// A count, then so many items of at least `size` bytes each.
    fn list<T>(&mut self, size: usize, read: impl Fn(&mut Fields) -> Result<T>) -> Result<Vec<T>> {
        let count = usize::from(self.i16()? as u16);
        if count * size > self.rest.len() {
            return Err(malformed());
        }
        (0..count).map(|_| read(self)).collect()
    }

    /// A length or -1 for null, then the bytes.
    pub(super) fn value(&mut self) -> Result<Option<Bytes>> {
        match self.u32()? as i32 {
            -1 => Ok(None),
            length => {
                let length = usize::try_from(length).map_err(|_| malformed())?;
                self.take(length).map(Some)
            }
        }
    }

    pub(super) fn rest(self) -> Bytes {
        self.rest
    }

    pub(super) fn end(self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(Error::protocol("invalid message format")) }
    }
}

fn malformed() -> Error {
    Error::protocol("insufficient data left in message")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::SqlState;
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    const LIMIT: usize = 1 << 16;

    fn frame(kind: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![kind];
        bytes.extend((body.len() as u32 + 4).to_be_bytes());
        bytes.extend(body);
        bytes
    }

    fn decoded(kind: u8, body: &'static [u8]) -> Result<Message> {
        decode(&Frame { kind, body: Bytes::from_static(body) }, Charset::Utf8)
    }

    #[test]
    fn messages_come_whole_or_not_at_all() {
        let bytes = frame(b'Q', b"SELECT 1\0");
        for cut in 0..bytes.len() {
            assert_eq!(split(&mut BytesMut::from(&bytes[..cut]), LIMIT).unwrap(), None);
        }
        let mut buffer = BytesMut::from(&bytes[..]);
        buffer.extend_from_slice(b"S");
        let got = split(&mut buffer, LIMIT).unwrap().unwrap();
        assert_eq!(decode(&got, Charset::Utf8).unwrap(), Message::Query("SELECT 1".into()));
        assert_eq!(next_kind(&buffer), Some(b'S'));
    }

    #[test]
    fn a_length_beyond_the_limit_is_refused_before_it_is_read() {
        for length in [3, 0, LIMIT as u32 + 1, u32::MAX, i32::MAX as u32] {
            let mut bytes = BytesMut::from(&b"Q"[..]);
            bytes.extend_from_slice(&length.to_be_bytes());
            let refused = split(&mut bytes, LIMIT).unwrap_err();
            assert_eq!(refused.state, SqlState::PROTOCOL_VIOLATION);
        }
    }

    #[test]
    fn a_bind_that_lies_about_its_lengths_is_an_error() {
        // One value that claims more bytes than the message has.
        assert!(decoded(b'B', b"\0\0\0\0\0\x01\0\0\0\x09ab\0\0").is_err());
        assert!(decoded(b'B', b"\0\0\0\0\0\x01\xff\xff\xff\xfeab\0\0").is_err());
        assert!(decoded(b'B', b"\0\0\xff\xff").is_err(), "65535 formats in no bytes");
        assert!(decoded(b'B', b"\0\0\0\0\0\0\0\0x").is_err(), "bytes left over");
        let good =
            decoded(b'B', b"p\0s\0\0\0\0\x02\0\0\0\x01a\xff\xff\xff\xff\0\x01\0\x01").unwrap();
        let Message::Bind(bind) = good else { panic!("a Bind") };
        assert_eq!(bind.values, [Some(Bytes::from_static(b"a")), None]);
        assert_eq!(bind.result_formats, [1]);
    }

    #[test]
    fn text_must_end_and_be_utf8() {
        assert!(decoded(b'Q', b"SELECT 1").is_err());
        let refused = decoded(b'Q', b"\xff\0").unwrap_err();
        assert_eq!(refused.state, SqlState::CHARACTER_NOT_IN_REPERTOIRE);
        assert!(decoded(b'D', b"Xname\0").is_err());
    }

    #[test]
    fn mutated_messages_never_panic() {
        let seeds = [
            frame(b'Q', b"SELECT 1\0"),
            frame(b'P', b"s\0SELECT $1\0\0\x01\0\0\0\x17"),
            frame(b'B', b"p\0s\0\0\x01\0\x01\0\x01\0\0\0\x04\0\0\0\x01\0\x01\0\x01"),
            frame(b'D', b"Ss\0"),
            frame(b'E', b"p\0\0\0\0\x0a"),
            frame(b'C', b"Pp\0"),
        ];
        let mut random = StdRng::seed_from_u64(42);
        for _ in 0..50_000 {
            let mut bytes = seeds[random.random_range(0..seeds.len())].clone();
            for _ in 0..random.random_range(1..4) {
                let at = random.random_range(0..bytes.len());
                match random.random_range(0..3) {
                    0 => bytes[at] = random.random(),
                    1 => bytes.truncate(at + 1),
                    _ => bytes.insert(at, random.random()),
                }
            }
            let mut buffer = BytesMut::from(&bytes[..]);
            while let Ok(Some(frame)) = split(&mut buffer, LIMIT) {
                let _ = decode(&frame, Charset::Utf8);
            }
            let _ = split_startup(&mut BytesMut::from(&bytes[..]), LIMIT);
        }
    }
}
