//! Reads that fail in PostgreSQL's words.

use crate::catalog::types::SqlType;
use crate::error::{Error, SqlState};

/// Text that is no value of its type.
pub(super) fn bad_text(sql: &SqlType, text: &str) -> Error {
    let shown: String = text.chars().take(100).collect();
    let state = match sql {
        SqlType::Date
        | SqlType::Time
        | SqlType::Timestamp
        | SqlType::Timestamptz
        | SqlType::Interval => SqlState::INVALID_DATETIME_FORMAT,
        _ => SqlState::INVALID_TEXT,
    };
    Error::new(state, format!("invalid input syntax for type {sql}: \"{shown}\""))
}

/// Text that looks right but says too much.
pub(super) fn too_large(sql: &SqlType, text: &str) -> Error {
    let shown: String = text.chars().take(100).collect();
    Error::new(
        SqlState::NUMERIC_OUT_OF_RANGE,
        format!("value \"{shown}\" is out of range for type {sql}"),
    )
}

pub(super) fn bad_binary() -> Error {
    Error::new(SqlState::INVALID_BINARY, "incorrect binary data format in bind parameter")
}

/// Exactly so many bytes.
pub(super) fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Error> {
    bytes.try_into().map_err(|_| bad_binary())
}

/// Cuts so many bytes off the front.
pub(super) fn cut<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8], Error> {
    if bytes.len() < length {
        return Err(bad_binary());
    }
    let (head, tail) = bytes.split_at(length);
    *bytes = tail;
    Ok(head)
}

pub(super) fn cut_i32(bytes: &mut &[u8]) -> Result<i32, Error> {
    Ok(i32::from_be_bytes(fixed(cut(bytes, 4)?)?))
}

pub(super) fn cut_i16(bytes: &mut &[u8]) -> Result<i16, Error> {
    Ok(i16::from_be_bytes(fixed(cut(bytes, 2)?)?))
}
