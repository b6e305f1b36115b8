//! Arrays whose elements are written as text, and the name of the elements' type where an aggregate has forgotten it.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StringViewArray};
use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};

use arrow::compute::cast;

use super::session;
use super::special;
use super::style::Style;
use crate::catalog::types::SqlType;
use crate::error::Error;
use crate::functions::naming;

/// What becomes of the elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum How {
    /// They are what they were, under the type's name.
    Named,
    /// Values are written as text.
    Shown,
}

/// The expression as an array of this type.
pub fn array_of(element: &SqlType, how: How, value: Expr) -> Expr {
    let signature = Signature::any(1, Volatility::Stable);
    let function = ArrayOf { element: element.clone(), how, signature };
    ScalarUDF::from(function).call(vec![value])
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
        }
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        naming::of_call(self.name(), args)
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
        let style = session::style(&args.config_options);
        let item = self.element.field("item", true);
        let Some(list) = given.as_list_opt::<i32>() else {
            return Err(fail(Error::internal("an array that is none")));
        };
        let values = match self.how {
            How::Shown => shown(list.values(), &style)?,
            How::Named => Arc::clone(list.values()),
        };
        let values = cast(&values, item.data_type())?;
        let (offsets, nulls) = (list.offsets().clone(), list.nulls().cloned());
        let made = ListArray::try_new(item, offsets, values, nulls)?;
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
fn shown(values: &ArrayRef, style: &Style) -> Result<ArrayRef> {
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
        | DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::Float32
        | DataType::Float64 => super::text::texts(values, style)?,
        t if t.is_decimal() || t.is_integer() || t.is_string() || t.is_null() => {
            special::texts(values)?
        }
        other => {
            let what = format!("casting an array of {} to text[]", SqlType::from_arrow(other));
            return Err(fail(Error::unsupported(what)));
        }
    })
}
