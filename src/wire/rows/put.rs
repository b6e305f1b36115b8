//! A writer of one column's cells, and the field around a cell.

use arrow::buffer::NullBuffer;

use crate::error::{Error, Result, SqlState};

/// Appends the value at a row, which is not null, without its length.
pub(super) type Put = Box<dyn Fn(usize, &mut Vec<u8>) -> Result<()> + Send>;

/// One column of one batch, ready to be written.
pub(super) struct Column {
    pub(super) nulls: Option<NullBuffer>,
    pub(super) put: Put,
}

impl Column {
    pub(super) fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }

    /// The length, or -1 for null, then the value: the shape of a field wherever one is counted.
    #[inline]
    pub(super) fn put_field(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        if self.is_null(row) {
            out.extend_from_slice(&(-1i32).to_be_bytes());
            return Ok(());
        }
        let at = out.len();
        out.extend_from_slice(&[0; 4]);
        (self.put)(row, out)?;
        let length = out.len() - at - 4;
        set_length(out, at, length)
    }
}

/// Writes a length into the four bytes kept free for it.
#[inline]
pub(super) fn set_length(out: &mut [u8], at: usize, length: usize) -> Result<()> {
    let length = i32::try_from(length).map_err(|_| too_long())?;
    out[at..at + 4].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

fn too_long() -> Error {
    Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, "a value is too long for one message")
}

/// The digits of 0 to 99.
#[inline]
pub(super) fn two(value: u32) -> [u8; 2] {
    [b'0' + (value / 10 % 10) as u8, b'0' + (value % 10) as u8]
}

#[inline]
pub(super) fn put_two(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&two(value));
}

/// A fraction of a second in microseconds, without trailing zeros; nothing for a whole second.
pub(super) fn put_fraction(out: &mut Vec<u8>, micros: u32) {
    if micros == 0 {
        return;
    }
    let mut digits = [b'.'; 7];
    let mut rest = micros;
    for slot in digits[1..].iter_mut().rev() {
        *slot = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let zeros = digits.iter().rev().take_while(|digit| **digit == b'0').count();
    out.extend_from_slice(&digits[..7 - zeros]);
}

/// Any integer in decimal.
#[inline]
pub(super) fn put_integer(out: &mut Vec<u8>, value: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}
