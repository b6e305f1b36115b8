//! Rows of system relations, cell by cell, to Arrow columns.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float32Array, Float64Array, Int16Array, Int32Array, Int64Array,
    IntervalMonthDayNanoArray, ListBuilder, RecordBatch, StringViewArray, StringViewBuilder,
    TimestampMicrosecondArray, new_null_array,
};
use arrow::array::{Int16Builder, Int64Builder};
use arrow::datatypes::{IntervalMonthDayNano, SchemaRef};

use crate::catalog::types::SqlType;
use crate::error::{Error, Result};

/// One value of a system relation.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Texts(Vec<String>),
    Ints(Vec<i64>),
}

impl From<bool> for Cell {
    fn from(v: bool) -> Cell {
        Cell::Bool(v)
    }
}

impl From<f64> for Cell {
    fn from(v: f64) -> Cell {
        Cell::Float(v)
    }
}

impl From<u32> for Cell {
    fn from(v: u32) -> Cell {
        Cell::Int(v.into())
    }
}

impl From<i32> for Cell {
    fn from(v: i32) -> Cell {
        Cell::Int(v.into())
    }
}

impl From<i64> for Cell {
    fn from(v: i64) -> Cell {
        Cell::Int(v)
    }
}

impl From<i16> for Cell {
    fn from(v: i16) -> Cell {
        Cell::Int(v.into())
    }
}

impl From<char> for Cell {
    fn from(v: char) -> Cell {
        Cell::Text(v.to_string())
    }
}

impl From<&str> for Cell {
    fn from(v: &str) -> Cell {
        Cell::Text(v.to_owned())
    }
}

impl From<String> for Cell {
    fn from(v: String) -> Cell {
        Cell::Text(v)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(v: Option<T>) -> Cell {
        v.map_or(Cell::Null, Into::into)
    }
}

/// The rows as one batch. A row shorter than the schema ends in NULLs.
pub(super) fn batch(
    schema: &SchemaRef,
    types: &[SqlType],
    rows: &[Vec<Cell>],
) -> Result<RecordBatch> {
    let columns = types
        .iter()
        .enumerate()
        .map(|(i, sql_type)| {
            column(sql_type, rows.iter().map(|row| row.get(i).unwrap_or(&Cell::Null)))
        })
        .collect::<Result<Vec<_>>>()?;
    RecordBatch::try_new(Arc::clone(schema), columns)
        .map_err(|e| Error::internal("a system relation does not fit its columns").because(e))
}

fn int(cell: &Cell) -> Option<i64> {
    match cell {
        Cell::Int(v) => Some(*v),
        _ => None,
    }
}

fn float(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Float(v) => Some(*v),
        other => int(other).map(|v| v as f64),
    }
}

fn text(cell: &Cell) -> Option<&str> {
    match cell {
        Cell::Text(v) => Some(v),
        _ => None,
    }
}

fn column<'c>(sql_type: &SqlType, cells: impl Iterator<Item = &'c Cell>) -> Result<ArrayRef> {
    Ok(match sql_type {
        SqlType::Bool => Arc::new(
            cells
                .map(|c| if let Cell::Bool(v) = c { Some(*v) } else { None })
                .collect::<BooleanArray>(),
        ),
        SqlType::Int2 => Arc::new(cells.map(|c| int(c).map(|v| v as i16)).collect::<Int16Array>()),
        SqlType::Int4 => Arc::new(cells.map(|c| int(c).map(|v| v as i32)).collect::<Int32Array>()),
        SqlType::Float4 => {
            Arc::new(cells.map(|c| float(c).map(|v| v as f32)).collect::<Float32Array>())
        }
        SqlType::Float8 => Arc::new(cells.map(float).collect::<Float64Array>()),
        // Whole microseconds.
        SqlType::Interval => {
            let spans = cells.map(|c| int(c).map(|v| IntervalMonthDayNano::new(0, 0, v * 1_000)));
            Arc::new(spans.collect::<IntervalMonthDayNanoArray>())
        }
        SqlType::Timestamptz => {
            Arc::new(cells.map(int).collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
        }
        SqlType::Array(element) if element.is_string() => {
            let mut list =
                ListBuilder::new(StringViewBuilder::new()).with_field(element.field("item", true));
            for cell in cells {
                match cell {
                    Cell::Texts(all) => list.append_value(all.iter().map(Some)),
                    _ => list.append_null(),
                }
            }
            Arc::new(list.finish())
        }
        SqlType::Int2Vector | SqlType::Array(_) if element_is(sql_type, &SqlType::Int2) => {
            let field = SqlType::Int2.field("item", true);
            let mut list = ListBuilder::new(Int16Builder::new()).with_field(field);
            for cell in cells {
                match cell {
                    Cell::Ints(all) => list.append_value(all.iter().map(|v| Some(*v as i16))),
                    _ => list.append_null(),
                }
            }
            Arc::new(list.finish())
        }
        SqlType::OidVector | SqlType::Array(_) if element_is_oid(sql_type) => {
            let field = match sql_type {
                SqlType::Array(element) => element.field("item", true),
                _ => SqlType::Oid.field("item", true),
            };
            let mut list = ListBuilder::new(Int64Builder::new()).with_field(field);
            for cell in cells {
                match cell {
                    Cell::Ints(all) => list.append_value(all.iter().map(|v| Some(*v))),
                    _ => list.append_null(),
                }
            }
            Arc::new(list.finish())
        }
        other if other.is_string() => Arc::new(cells.map(text).collect::<StringViewArray>()),
        other if other.arrow() == arrow::datatypes::DataType::Int64 => {
            Arc::new(cells.map(int).collect::<Int64Array>())
        }
        other => {
            let count = cells.count();
            new_null_array(&other.arrow(), count)
        }
    })
}

fn element_is_oid(sql_type: &SqlType) -> bool {
    let registered = |inner: &SqlType| *inner == SqlType::Oid || inner.is_registered();
    match sql_type {
        SqlType::Array(inner) => registered(inner),
        other => *other == SqlType::OidVector,
    }
}

fn element_is(sql_type: &SqlType, element: &SqlType) -> bool {
    match sql_type {
        SqlType::Int2Vector => *element == SqlType::Int2,
        SqlType::OidVector => *element == SqlType::Oid,
        SqlType::Array(inner) => **inner == *element,
        _ => false,
    }
}
