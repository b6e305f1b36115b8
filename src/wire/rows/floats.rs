//! Columns of floats, in text with as many digits as the session wants.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float16Type, Float32Type, Float64Type};

use crate::catalog::types::SqlType;
use crate::functions::float_text::{put_f32, put_f64};

use super::put::Put;
use super::style::Format;

pub(super) fn float(array: &ArrayRef, sql: &SqlType, format: Format, extra: i32) -> Option<Put> {
    macro_rules! from {
        ($type:ty, $wide:ty, $write:ident) => {{
            let values = array.as_primitive::<$type>().values().clone();
            match format {
                Format::Text => Box::new(move |row, out: &mut Vec<u8>| {
                    $write(out, <$wide>::from(values[row]), extra);
                    Ok(())
                }),
                Format::Binary => Box::new(move |row, out: &mut Vec<u8>| {
                    out.extend_from_slice(&<$wide>::from(values[row]).to_be_bytes());
                    Ok(())
                }),
            }
        }};
    }
    Some(match (array.data_type(), sql) {
        (DataType::Float16, SqlType::Float4) => from!(Float16Type, f32, put_f32),
        (DataType::Float32, SqlType::Float4) => from!(Float32Type, f32, put_f32),
        (DataType::Float16, SqlType::Float8) => from!(Float16Type, f64, put_f64),
        (DataType::Float32, SqlType::Float8) => from!(Float32Type, f64, put_f64),
        (DataType::Float64, SqlType::Float8) => from!(Float64Type, f64, put_f64),
        _ => return None,
    })
}
