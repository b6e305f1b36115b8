//! Casts of arrays that Arrow has not, or does otherwise: to text and from it, and the name of the elements' type where
//! an aggregate has forgotten it.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StringViewArray, new_empty_array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::cast;
use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};

use super::array_text::{self, Item};
use super::calls::inputs;
use crate::catalog::types::SqlType;
use crate::error::Error;

/// What becomes of the elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum How {
    /// They are what they were, under the type's name.
    Named,
    /// Values are written as text.
    Shown,
    /// The whole array is read from a text.
    Read,
}

/// The expression as an array of this type.
pub fn array_of(element: &SqlType, how: How, value: Expr) -> Expr {
    let signature = Signature::any(1, Volatility::Stable);
    let function = ArrayOf { element: element.clone(), how, signature };
    ScalarUDF::from(function).call(vec![value])
}

/// Whether text can be read as an array of these.
pub fn readable(element: &SqlType) -> bool {
    use SqlType::{Bool, Date, Float4, Float8, Int2, Int4, Int8, Text, Timestamp, Uuid, Varchar};
    matches!(element, Bool | Date | Float4 | Float8 | Int2 | Int4 | Int8 | Text | Timestamp | Uuid)
        || *element == Varchar(None)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct ArrayOf {
    element: SqlType,
    how: How,
    signature: Signature,
}

impl ScalarUDFImpl for ArrayOf {
    fn name(&self) -> &str {
        match self.how {
            How::Named => "__array_of",
            How::Shown => "__array_shown",
            How::Read => "__array_in",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(SqlType::array(self.element.clone()).arrow())
    }

    fn return_field_from_args(&self, _: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        Ok(SqlType::array(self.element.clone()).field(self.name(), true))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant = matches!(args.args[0], ColumnarValue::Scalar(_));
        let given = args.args[0].to_array(if constant { 1 } else { args.number_rows })?;
        let zone = args.config_options.execution.time_zone.clone();
        let zone = zone.as_deref().unwrap_or("UTC");
        let item = self.element.field("item", true);
        let made = match self.how {
            How::Read => read(&given, &self.element, item)?,
            How::Named | How::Shown => {
                let list = match given.as_list_opt::<i32>() {
                    Some(list) => list.clone(),
                    None => return Err(fail(Error::internal("an array that is none"))),
                };
                let values = match self.how {
                    How::Shown => shown(list.values(), zone)?,
                    _ => Arc::clone(list.values()),
                };
                let values = cast(&values, item.data_type())?;
                let nulls = list.nulls().cloned();
                ListArray::try_new(item, list.offsets().clone(), values, nulls)?
            }
        };
        Ok(match constant {
            true => ColumnarValue::Scalar(ScalarValue::List(Arc::new(made))),
            false => ColumnarValue::Array(Arc::new(made)),
        })
    }
}

fn fail(e: Error) -> DataFusionError {
    DataFusionError::External(Box::new(e))
}

/// As a cast to text writes each.
fn shown(values: &ArrayRef, zone: &str) -> Result<ArrayRef> {
    Ok(match values.data_type() {
        DataType::Boolean => {
            let word = |b: bool| if b { "true" } else { "false" };
            let texts = values.as_boolean().iter().map(|b| b.map(word));
            Arc::new(texts.collect::<StringViewArray>())
        }
        DataType::Timestamp(..)
        | DataType::Date32
        | DataType::Time64(_)
        | DataType::Interval(_)
        | DataType::Float32
        | DataType::Float64 => super::text::texts(values, zone)?,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
            super::input::bytes_as_text(values)?
        }
        t if t.is_decimal() || t.is_integer() || t.is_string() || t.is_null() => {
            cast(values, &DataType::Utf8View)?
        }
        other => {
            let what = format!("casting an array of {} to text[]", SqlType::from_arrow(other));
            return Err(fail(Error::unsupported(what)));
        }
    })
}

fn read(given: &ArrayRef, element: &SqlType, item: FieldRef) -> Result<ListArray> {
    let given = cast(given, &DataType::Utf8View)?;
    let texts = given.as_string_view();
    let mut values = Vec::new();
    let mut lengths = Vec::with_capacity(texts.len());
    for text in texts {
        let items = text.map(array_text::read).transpose().map_err(fail)?.unwrap_or_default();
        lengths.push(items.len());
        for one in items {
            match one {
                Item::Text(text) => values.push(value(text, element)?),
                Item::List(_) => {
                    let what = "reading an array of several dimensions from a text";
                    return Err(fail(Error::unsupported(what)));
                }
            }
        }
    }
    let values = match values.is_empty() {
        true => new_empty_array(item.data_type()),
        false => cast(&ScalarValue::iter_to_array(values)?, item.data_type())?,
    };
    let nulls: NullBuffer = texts.iter().map(|t| t.is_some()).collect();
    let offsets = OffsetBuffer::<i32>::from_lengths(lengths);
    Ok(ListArray::try_new(item, offsets, values, Some(nulls))?)
}

fn value(text: Option<String>, element: &SqlType) -> Result<ScalarValue> {
    let wanted = element.arrow();
    match &text {
        None => ScalarValue::try_new_null(&wanted),
        Some(known) => match inputs::constant(element, known) {
            Some(value) => value,
            None => ScalarValue::Utf8View(text).cast_to(&wanted),
        },
    }
}
