//! Text and bytes, and the types that lie in memory as text: uuid, json, names.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::DataType;

use crate::catalog::types::SqlType;
use crate::error::{Error, Result, SqlState};
use crate::functions::style::put_bytes as put_shown;

use super::put::Put;
use super::style::{Format, Style};

/// A column of text as `sql`.
pub(super) fn text(array: &ArrayRef, sql: &SqlType, format: Format) -> Option<Put> {
    match (format, sql) {
        (Format::Binary, SqlType::Uuid) => strings(array, put_uuid_binary),
        (Format::Binary, SqlType::Jsonb) => strings(array, |value, out| {
            // The version of jsonb's text form.
            out.push(1);
            put_checked(value, out)
        }),
        (Format::Binary, SqlType::Inet) => strings(array, put_inet_binary),
        (Format::Binary, SqlType::Xid8) => strings(array, |value, out| {
            let number: u64 = value.parse().unwrap_or_default();
            out.extend_from_slice(&number.to_be_bytes());
            Ok(())
        }),
        // One byte, also where there is no letter.
        (Format::Binary, SqlType::Char) => strings(array, |value, out| {
            match value {
                "" => out.push(0),
                letter => put_checked(letter, out)?,
            }
            Ok(())
        }),
        (_, SqlType::Bpchar(Some(length))) => {
            let length = *length as usize;
            strings(array, move |value, out| {
                put_checked(value, out)?;
                let missing = length.saturating_sub(value.chars().count());
                out.extend(std::iter::repeat_n(b' ', missing));
                Ok(())
            })
        }
        (Format::Binary, sql) if !binary_is_text(sql) => None,
        _ => strings(array, put_checked),
    }
}

fn strings<F>(array: &ArrayRef, put: F) -> Option<Put>
where
    F: Fn(&str, &mut Vec<u8>) -> Result<()> + Send + 'static,
{
    macro_rules! each {
        ($values:expr) => {{
            let values = $values.clone();
            Box::new(move |row, out: &mut Vec<u8>| put(values.value(row), out))
        }};
    }
    Some(match array.data_type() {
        DataType::Utf8 => each!(array.as_string::<i32>()),
        DataType::LargeUtf8 => each!(array.as_string::<i64>()),
        DataType::Utf8View => each!(array.as_string_view()),
        _ => return None,
    })
}

/// Family, bits, whether it is a cidr, how many bytes, and these (`inet_send`).
fn put_inet_binary(value: &str, out: &mut Vec<u8>) -> Result<()> {
    let address: std::net::IpAddr = value
        .split('/')
        .next()
        .and_then(|address| address.parse().ok())
        .ok_or_else(|| Error::internal("an address that is none"))?;
    let (family, bytes) = match address {
        std::net::IpAddr::V4(v4) => (2, v4.octets().to_vec()),
        std::net::IpAddr::V6(v6) => (3, v6.octets().to_vec()),
    };
    let bits = value.split_once('/').and_then(|(_, bits)| bits.parse().ok());
    let bits = bits.unwrap_or(bytes.len() as u8 * 8);
    out.extend_from_slice(&[family, bits, 0, bytes.len() as u8]);
    out.extend_from_slice(&bytes);
    Ok(())
}

pub(super) fn binary_is_text(sql: &SqlType) -> bool {
    use SqlType::*;
    matches!(sql, Text | Varchar(_) | Bpchar(_) | Name | Char | Json | Unknown | PgNodeTree)
}

/// PostgreSQL's text holds no zero byte, and its clients stop reading at one.
#[inline]
pub(super) fn put_checked(value: &str, out: &mut Vec<u8>) -> Result<()> {
    if has_zero(value.as_bytes()) {
        return Err(Error::new(
            SqlState::CHARACTER_NOT_IN_REPERTOIRE,
            "invalid byte sequence for encoding \"UTF8\": 0x00",
        ));
    }
    out.extend_from_slice(value.as_bytes());
    Ok(())
}

/// Eight bytes at a time: most texts are too short for the standard search to get going.
#[inline]
fn has_zero(bytes: &[u8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let zero_in = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7) != 0;
    let (words, rest) = bytes.as_chunks::<8>();
    words.iter().any(|word| zero_in(u64::from_ne_bytes(*word))) || rest.contains(&0)
}

fn put_uuid_binary(value: &str, out: &mut Vec<u8>) -> Result<()> {
    let parsed = uuid::Uuid::try_parse(value).map_err(|_| {
        Error::new(
            SqlState::INVALID_TEXT,
            format!("invalid input syntax for type uuid: \"{value}\""),
        )
    })?;
    out.extend_from_slice(parsed.as_bytes());
    Ok(())
}

/// A column of bytes as `bytea`, or as `uuid` where they are sixteen.
pub(super) fn bytes(array: &ArrayRef, sql: &SqlType, format: Format, style: &Style) -> Option<Put> {
    match (sql, format) {
        (SqlType::Bytea, Format::Text) => {
            let style = *style;
            blobs(array, move |value, out| put_shown(value, &style, out))
        }
        (SqlType::Uuid, Format::Text) if is_sixteen(array) => blobs(array, put_uuid_text),
        (SqlType::Bytea, Format::Binary) => blobs(array, put_bytes),
        (SqlType::Uuid, Format::Binary) if is_sixteen(array) => blobs(array, put_bytes),
        _ => None,
    }
}

fn is_sixteen(array: &ArrayRef) -> bool {
    matches!(array.data_type(), DataType::FixedSizeBinary(16))
}

fn put_bytes(value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(value);
}

fn blobs<F>(array: &ArrayRef, put: F) -> Option<Put>
where
    F: Fn(&[u8], &mut Vec<u8>) + Send + 'static,
{
    macro_rules! each {
        ($values:expr) => {{
            let values = $values.clone();
            Box::new(move |row, out: &mut Vec<u8>| {
                put(values.value(row), out);
                Ok(())
            })
        }};
    }
    Some(match array.data_type() {
        DataType::Binary => each!(array.as_binary::<i32>()),
        DataType::LargeBinary => each!(array.as_binary::<i64>()),
        DataType::BinaryView => each!(array.as_binary_view()),
        DataType::FixedSizeBinary(_) => each!(array.as_fixed_size_binary()),
        _ => return None,
    })
}

const HEX: &[u8; 16] = b"0123456789abcdef";

fn put_hex_digits(value: &[u8], out: &mut Vec<u8>) {
    out.reserve(value.len() * 2);
    for byte in value {
        out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
    }
}

fn put_uuid_text(value: &[u8], out: &mut Vec<u8>) {
    for (at, range) in [0..4, 4..6, 6..8, 8..10, 10..16].into_iter().enumerate() {
        if at > 0 {
            out.push(b'-');
        }
        put_hex_digits(&value[range], out);
    }
}
