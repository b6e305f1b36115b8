//! Booleans, integers and the types of the system catalog that are integers.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::*;

use crate::catalog::types::SqlType;
use crate::error::{Error, Result, SqlState};
use crate::storage::tid;

use super::put::{Put, put_integer};
use super::style::Format;

pub(super) fn boolean(array: &ArrayRef, format: Format) -> Option<Put> {
    let values = array.as_boolean_opt()?.values().clone();
    Some(match format {
        Format::Text => Box::new(move |row, out| {
            out.push(if values.value(row) { b't' } else { b'f' });
            Ok(())
        }),
        Format::Binary => Box::new(move |row, out| {
            out.push(u8::from(values.value(row)));
            Ok(())
        }),
    })
}

/// Any Arrow integer as `sql`, which is an integer type or one of the oid types.
pub(super) fn integer(array: &ArrayRef, sql: &SqlType, format: Format) -> Option<Put> {
    macro_rules! from {
        ($type:ty) => {
            typed(array.as_primitive::<$type>().values().clone(), sql, format)
        };
    }
    match array.data_type() {
        DataType::Int8 => from!(Int8Type),
        DataType::Int16 => from!(Int16Type),
        DataType::Int32 => from!(Int32Type),
        DataType::Int64 => from!(Int64Type),
        DataType::UInt8 => from!(UInt8Type),
        DataType::UInt16 => from!(UInt16Type),
        DataType::UInt32 => from!(UInt32Type),
        DataType::UInt64 => from!(UInt64Type),
        _ => None,
    }
}

fn typed<T>(values: ScalarBuffer<T>, sql: &SqlType, format: Format) -> Option<Put>
where
    T: ArrowNativeType + TryInto<i64>,
{
    macro_rules! binary {
        ($width:ty) => {
            Box::new(move |row, out| {
                let wide = wide(values[row])?;
                let narrow = <$width>::try_from(wide).map_err(|_| out_of_range())?;
                out.extend_from_slice(&narrow.to_be_bytes());
                Ok(())
            })
        };
    }
    Some(match (format, sql) {
        (Format::Text, _) => Box::new(move |row, out| {
            put_integer(out, wide(values[row])?);
            Ok(())
        }),
        (Format::Binary, SqlType::Int2) => binary!(i16),
        (Format::Binary, SqlType::Int4) => binary!(i32),
        (Format::Binary, SqlType::Int8) => binary!(i64),
        (Format::Binary, sql) if is_oid(sql) => binary!(u32),
        _ => return None,
    })
}

/// A `tid`: `(7,2)`, or four bytes and two.
pub(super) fn place(array: &ArrayRef, format: Format) -> Option<Put> {
    let values = array.as_primitive_opt::<Int64Type>()?.values().clone();
    Some(match format {
        Format::Text => Box::new(move |row, out| {
            let (block, offset) = tid::parts(values[row]);
            out.push(b'(');
            put_integer(out, i64::from(block));
            out.push(b',');
            put_integer(out, i64::from(offset));
            out.push(b')');
            Ok(())
        }),
        Format::Binary => Box::new(move |row, out| {
            let (block, offset) = tid::parts(values[row]);
            out.extend_from_slice(&block.to_be_bytes());
            out.extend_from_slice(&offset.to_be_bytes());
            Ok(())
        }),
    })
}

#[inline]
fn wide<T: TryInto<i64>>(value: T) -> Result<i64> {
    value.try_into().map_err(|_| out_of_range())
}

fn out_of_range() -> Error {
    Error::new(SqlState::NUMERIC_OUT_OF_RANGE, "integer out of range")
}

/// The types that are four unsigned bytes on the wire.
pub(in crate::wire) fn is_oid(sql: &SqlType) -> bool {
    use SqlType::*;
    matches!(sql, Oid | Xid | Cid) || sql.is_registered()
}
