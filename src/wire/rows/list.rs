//! Lists of any depth as arrays: `{a,"b c",NULL}`, and the vectors of the system catalog.

use std::ops::Range;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::DataType;

use crate::error::{Error, Result, SqlState};

use super::put::{Column, Put};
use super::quoting::{element_needs_quotes, quote};
use super::style::Format;

/// Where the elements of each row lie in the values.
pub(super) type Spans = Box<dyn Fn(usize) -> Range<usize> + Send>;

/// The values of a list column of any kind, and where each row's lie.
pub(super) fn open(array: &ArrayRef) -> Option<(ArrayRef, Spans)> {
    macro_rules! offsets {
        ($list:expr) => {{
            let list = $list;
            let offsets = list.offsets().clone();
            let spans = move |row: usize| offsets[row] as usize..offsets[row + 1] as usize;
            (ArrayRef::clone(list.values()), Box::new(spans) as Spans)
        }};
    }
    macro_rules! views {
        ($list:expr) => {{
            let list = $list;
            let (offsets, sizes) = (list.offsets().clone(), list.sizes().clone());
            let spans = move |row: usize| {
                let start = offsets[row] as usize;
                start..start + sizes[row] as usize
            };
            (ArrayRef::clone(list.values()), Box::new(spans) as Spans)
        }};
    }
    Some(match array.data_type() {
        DataType::List(_) => offsets!(array.as_list::<i32>()),
        DataType::LargeList(_) => offsets!(array.as_list::<i64>()),
        DataType::ListView(_) => views!(array.as_list_view::<i32>()),
        DataType::LargeListView(_) => views!(array.as_list_view::<i64>()),
        DataType::FixedSizeList(_, size) => {
            let size = *size as usize;
            let list = array.as_fixed_size_list();
            (ArrayRef::clone(list.values()), Box::new(move |row| row * size..(row + 1) * size))
        }
        _ => return None,
    })
}

/// One level of nesting: which rows are null, and where their elements lie.
pub(super) struct Level {
    pub(super) nulls: Option<NullBuffer>,
    pub(super) spans: Spans,
}

impl Level {
    fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }
}

/// Lists within lists around elements that are none. PostgreSQL's arrays are rectangular.
pub(super) struct Nest {
    pub(super) levels: Vec<Level>,
    pub(super) elements: Column,
    pub(super) element_oid: u32,
}

impl Nest {
    pub(super) fn into_put(self, format: Format) -> Put {
        match format {
            Format::Text => Box::new(move |row, out| match self.is_empty(0, row) {
                // Whatever its depth, an array without elements has no dimensions.
                true => {
                    out.extend_from_slice(b"{}");
                    Ok(())
                }
                false => self.put_text(0, row, out),
            }),
            Format::Binary => Box::new(move |row, out| self.put_binary(row, 1, out)),
        }
    }

    /// `int2vector` and `oidvector`: numbers between spaces, or an array counted from 0.
    pub(super) fn into_vector(self, format: Format) -> Put {
        match format {
            Format::Binary => Box::new(move |row, out| {
                if self.is_empty(0, row) {
                    // A vector has its one dimension even with nothing in it.
                    let (dimensions, nulls, length, bound) = (1, 0, 0, 0);
                    let element = self.element_oid as i32;
                    for part in [dimensions, nulls, element, length, bound] {
                        out.extend_from_slice(&i32::to_be_bytes(part));
                    }
                    return Ok(());
                }
                self.put_binary(row, 0, out)
            }),
            Format::Text => Box::new(move |row, out| {
                for (at, element) in (self.levels[0].spans)(row).enumerate() {
                    if at > 0 {
                        out.push(b' ');
                    }
                    (self.elements.put)(element, out)?;
                }
                Ok(())
            }),
        }
    }

    /// Whether there is not one element, at whatever depth.
    fn is_empty(&self, level: usize, row: usize) -> bool {
        (self.levels[level].spans)(row).all(|element| match self.levels.get(level + 1) {
            Some(inner) => !inner.is_null(element) && self.is_empty(level + 1, element),
            None => false,
        })
    }

    fn put_text(&self, level: usize, row: usize, out: &mut Vec<u8>) -> Result<()> {
        out.push(b'{');
        for (at, element) in (self.levels[level].spans)(row).enumerate() {
            if at > 0 {
                out.push(b',');
            }
            match self.levels.get(level + 1) {
                Some(inner) if inner.is_null(element) => out.extend_from_slice(b"NULL"),
                Some(_) => self.put_text(level + 1, element, out)?,
                None if self.elements.is_null(element) => out.extend_from_slice(b"NULL"),
                None => {
                    let start = out.len();
                    (self.elements.put)(element, out)?;
                    if element_needs_quotes(&out[start..]) {
                        quote(out, start, false);
                    }
                }
            }
        }
        out.push(b'}');
        Ok(())
    }

    /// Dimensions, whether there are nulls, the element type, then length and value of each element.
    fn put_binary(&self, row: usize, lower_bound: i32, out: &mut Vec<u8>) -> Result<()> {
        let dimensions = if self.is_empty(0, row) { Vec::new() } else { self.dimensions(row)? };
        out.extend_from_slice(&(dimensions.len() as i32).to_be_bytes());
        let has_nulls = out.len();
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&self.element_oid.to_be_bytes());
        for length in &dimensions {
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(&lower_bound.to_be_bytes());
        }
        if dimensions.is_empty() {
            return Ok(());
        }
        if self.put_elements(0, row, &dimensions, out)? {
            out[has_nulls + 3] = 1;
        }
        Ok(())
    }

    fn dimensions(&self, row: usize) -> Result<Vec<i32>> {
        let (mut row, mut dimensions) = (row, Vec::with_capacity(self.levels.len()));
        for level in &self.levels {
            if level.is_null(row) {
                return Err(ragged());
            }
            let span = (level.spans)(row);
            if span.is_empty() {
                return Err(ragged());
            }
            dimensions.push(i32::try_from(span.len()).map_err(|_| ragged())?);
            row = span.start;
        }
        Ok(dimensions)
    }

    /// Whether there was a null among them.
    fn put_elements(
        &self,
        level: usize,
        row: usize,
        dimensions: &[i32],
        out: &mut Vec<u8>,
    ) -> Result<bool> {
        let span = (self.levels[level].spans)(row);
        if self.levels[level].is_null(row) || span.len() != dimensions[level] as usize {
            return Err(ragged());
        }
        let mut nulls = false;
        for element in span {
            if level + 1 < self.levels.len() {
                nulls |= self.put_elements(level + 1, element, dimensions, out)?;
            } else {
                nulls |= self.elements.is_null(element);
                self.elements.put_field(element, out)?;
            }
        }
        Ok(nulls)
    }
}

fn ragged() -> Error {
    Error::new(
        SqlState::DATA_EXCEPTION,
        "multidimensional arrays must have array expressions with matching dimensions",
    )
    .hint("Ask for this column as text.")
}
