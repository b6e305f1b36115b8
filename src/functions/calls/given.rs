//! The arguments of one call as bodies of functions read them, row by row, and the results they make.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryViewArray, BinaryViewBuilder, BooleanArray, Float64Array,
    Int32Array, Int64Array, ListBuilder, StringViewArray, StringViewBuilder,
};
use arrow::datatypes::{DataType, Float64Type, Int32Type, Int64Type};
use datafusion::common::Result;
use datafusion::error::DataFusionError;

use crate::error::{Error, SqlState};
use crate::functions::style::Style;

/// Arguments in the Arrow types that the overload names, all of the same length.
pub(crate) struct Arguments {
    pub(crate) arrays: Vec<ArrayRef>,
    pub(crate) rows: usize,
    pub(crate) result: DataType,
    pub(crate) style: Style,
}

impl Arguments {
    pub(crate) fn text(&self, i: usize) -> &StringViewArray {
        self.arrays[i].as_string_view()
    }

    pub(crate) fn bytes(&self, i: usize) -> &BinaryViewArray {
        self.arrays[i].as_binary_view()
    }

    pub(crate) fn int(&self, i: usize) -> &Int32Array {
        self.arrays[i].as_primitive::<Int32Type>()
    }

    pub(crate) fn long(&self, i: usize) -> &Int64Array {
        self.arrays[i].as_primitive::<Int64Type>()
    }

    pub(crate) fn double(&self, i: usize) -> &Float64Array {
        self.arrays[i].as_primitive::<Float64Type>()
    }

    pub(crate) fn truth(&self, i: usize) -> &BooleanArray {
        self.arrays[i].as_boolean()
    }

    pub(crate) fn count(&self) -> usize {
        self.arrays.len()
    }

    pub(crate) fn is_null(&self, i: usize, row: usize) -> bool {
        self.arrays[i].is_null(row)
    }

    /// Whether an argument is NULL in this row, as strict functions ask.
    fn lacks(&self, row: usize) -> bool {
        self.arrays.iter().any(|array| array.is_null(row))
    }

    /// The text of an argument that may be left out.
    pub(crate) fn text_or<'s>(&'s self, i: usize, row: usize, without: &'s str) -> &'s str {
        if i < self.count() { self.text(i).value(row) } else { without }
    }

    pub(crate) fn int_or(&self, i: usize, row: usize, without: i32) -> i32 {
        if i < self.count() { self.int(i).value(row) } else { without }
    }

    /// One result a row; NULL where an argument is.
    fn each<T>(
        &self,
        mut make: impl FnMut(usize) -> Result<Option<T>>,
        mut push: impl FnMut(Option<T>),
    ) -> Result<()> {
        for row in 0..self.rows {
            push(if self.lacks(row) { None } else { make(row)? });
        }
        Ok(())
    }

    pub(crate) fn texts(
        &self,
        make: impl FnMut(usize) -> Result<Option<String>>,
    ) -> Result<ArrayRef> {
        let mut out = StringViewBuilder::with_capacity(self.rows);
        let mut make = make;
        let fitting = |row| match make(row)? {
            Some(text) => fits(text.len()).map(|()| Some(text)),
            None => Ok(None),
        };
        self.each(fitting, |text| out.append_option(text))?;
        Ok(Arc::new(out.finish()))
    }

    pub(crate) fn blobs(
        &self,
        make: impl FnMut(usize) -> Result<Option<Vec<u8>>>,
    ) -> Result<ArrayRef> {
        let mut out = BinaryViewBuilder::with_capacity(self.rows);
        let mut make = make;
        let fitting = |row| match make(row)? {
            Some(bytes) => fits(bytes.len()).map(|()| Some(bytes)),
            None => Ok(None),
        };
        self.each(fitting, |bytes| out.append_option(bytes))?;
        Ok(Arc::new(out.finish()))
    }

    pub(crate) fn ints(&self, make: impl FnMut(usize) -> Result<Option<i32>>) -> Result<ArrayRef> {
        let mut out = Vec::with_capacity(self.rows);
        self.each(make, |n| out.push(n))?;
        Ok(Arc::new(Int32Array::from(out)))
    }

    pub(crate) fn doubles(
        &self,
        make: impl FnMut(usize) -> Result<Option<f64>>,
    ) -> Result<ArrayRef> {
        let mut out = Vec::with_capacity(self.rows);
        self.each(make, |n| out.push(n))?;
        Ok(Arc::new(Float64Array::from(out)))
    }

    pub(crate) fn truths(
        &self,
        make: impl FnMut(usize) -> Result<Option<bool>>,
    ) -> Result<ArrayRef> {
        let mut out = Vec::with_capacity(self.rows);
        self.each(make, |b| out.push(b))?;
        Ok(Arc::new(BooleanArray::from(out)))
    }

    /// Lists of text.
    pub(crate) fn text_lists(
        &self,
        make: impl FnMut(usize) -> Result<Option<Vec<Option<String>>>>,
    ) -> Result<ArrayRef> {
        let mut out = text_list_builder();
        self.each(make, |items| out.append_option(items))?;
        Ok(Arc::new(out.finish()))
    }
}

pub(crate) fn text_list_builder() -> ListBuilder<StringViewBuilder> {
    let item = crate::catalog::types::SqlType::Text.field("item", true);
    ListBuilder::new(StringViewBuilder::new()).with_field(item)
}

pub(crate) fn fail(e: Error) -> DataFusionError {
    DataFusionError::External(Box::new(e))
}

/// The most bytes that a value may have.
pub(crate) const LONGEST: usize = 0x3fff_ffff;

/// Whether a value may have so many bytes. To be asked before it is made, where it can be much longer than what
/// it is made of.
pub(crate) fn fits(bytes: usize) -> Result<()> {
    match bytes > LONGEST {
        true => refuse(SqlState::PROGRAM_LIMIT_EXCEEDED, "requested length too large"),
        false => Ok(()),
    }
}

/// An error of this state, as a result.
pub(crate) fn refuse<T>(state: SqlState, message: impl Into<String>) -> Result<T> {
    Err(fail(Error::new(state, message.into())))
}

pub(crate) fn invalid<T>(message: impl Into<String>) -> Result<T> {
    refuse(SqlState::INVALID_PARAMETER_VALUE, message)
}
