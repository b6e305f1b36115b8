//! Rows as values: made of names and values, and written as text.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, StringViewBuilder, StructArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, FieldRef, Fields};
use datafusion::common::{Result, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};

use super::style::Style;
use super::{session, text};
use crate::catalog::types::SqlType;
use crate::error::{Error, SqlState};

static FUNCTIONS: LazyLock<[Arc<ScalarUDF>; 4]> = LazyLock::new(|| {
    ["__record", "__record_found", "__record_text", "__field"].map(|name| {
        let signature = Signature::user_defined(Volatility::Stable);
        Arc::new(ScalarUDF::from(Record { name, signature }))
    })
});

pub(super) fn function(name: &str) -> Option<Arc<ScalarUDF>> {
    FUNCTIONS.iter().find(|f| f.name() == name).map(Arc::clone)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Record {
    name: &'static str,
    signature: Signature,
}

impl ScalarUDFImpl for Record {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(types.to_vec())
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        match self.name {
            "__record_text" => Ok(DataType::Utf8View),
            _ => Err(fail("a row without names")),
        }
    }

    /// The fields keep what is known of their types beside Arrow's.
    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        if self.name == "__record_text" {
            return Ok(Arc::new(Field::new(self.name, DataType::Utf8View, true)));
        }
        if self.name == "__field" {
            return field(&args);
        }
        let names = args.scalar_arguments.iter().step_by(2);
        let values = args.arg_fields.iter().skip(1).step_by(2);
        let fields = names.zip(values).map(|(name, value)| {
            let name = name.and_then(|n| n.try_as_str().flatten());
            let name = name.ok_or_else(|| fail("a row without names"))?;
            Ok(Arc::new(value.as_ref().clone().with_name(name).with_nullable(true)))
        });
        let fields = fields.collect::<Result<Vec<FieldRef>>>()?;
        Ok(Arc::new(Field::new(self.name, DataType::Struct(Fields::from(fields)), true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let scalars = args.args.iter().all(|a| matches!(a, ColumnarValue::Scalar(_)));
        let rows = if scalars { 1 } else { args.number_rows };
        let arrays = args.args.iter().map(|a| a.to_array(rows)).collect::<Result<Vec<_>>>()?;
        let made: ArrayRef = match args.return_field.data_type() {
            _ if self.name == "__field" => taken(&arrays[0], args.return_field.name())?,
            DataType::Struct(fields) => {
                let values: Vec<ArrayRef> = arrays.into_iter().skip(1).step_by(2).collect();
                // Of an outer join that found none there is no row, rather than one of NULLs.
                let found = (self.name == "__record_found").then(|| {
                    let some = |row: usize| values.iter().any(|value| value.is_valid(row));
                    NullBuffer::from_iter((0..rows).map(some))
                });
                Arc::new(StructArray::try_new_with_length(fields.clone(), values, found, rows)?)
            }
            _ => {
                let texts = texts(&arrays[0], &session::style(&args.config_options))?;
                let mut out = StringViewBuilder::with_capacity(rows);
                texts.into_iter().for_each(|text| out.append_option(text));
                Arc::new(out.finish())
            }
        };
        Ok(match scalars {
            true => ColumnarValue::Scalar(ScalarValue::try_from_array(&made, 0)?),
            false => ColumnarValue::Array(made),
        })
    }
}

/// `(value).name`: of a row its field, of a document its key.
fn field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let name = args.scalar_arguments[1].and_then(|n| n.try_as_str().flatten()).unwrap_or_default();
    let value = &args.arg_fields[0];
    if let DataType::Struct(fields) = value.data_type()
        && let Some((_, found)) = fields.find(name)
    {
        return Ok(Arc::new(found.as_ref().clone().with_nullable(true)));
    }
    let sql_type = SqlType::of(value);
    let (state, message) = match sql_type {
        SqlType::Jsonb => return Ok(SqlType::Jsonb.field(name, true)),
        SqlType::Record => {
            let message = format!("could not identify column \"{name}\" in record data type");
            (SqlState::UNDEFINED_COLUMN, message)
        }
        other => {
            let message = format!(
                "column notation .{name} applied to type {other}, which is not a composite type"
            );
            (SqlState::WRONG_OBJECT_TYPE, message)
        }
    };
    Err(DataFusionError::External(Box::new(Error::new(state, message))))
}

fn taken(array: &ArrayRef, name: &str) -> Result<ArrayRef> {
    if let Some(rows) = array.as_struct_opt() {
        let values = rows.column_by_name(name).ok_or_else(|| fail("a row lost a field"))?;
        let nulls = rows.nulls().map(|n| arrow::array::BooleanArray::new(!n.inner(), None));
        return Ok(match nulls {
            Some(hidden) => arrow::compute::nullif(values, &hidden)?,
            None => Arc::clone(values),
        });
    }
    let texts = arrow::compute::cast(array, &DataType::Utf8View)?;
    let mut out = StringViewBuilder::with_capacity(array.len());
    for text in texts.as_string_view() {
        let found = text.map(|text| super::json::key(text, name)).transpose();
        out.append_option(found.map_err(|e| DataFusionError::External(Box::new(e)))?.flatten());
    }
    Ok(Arc::new(out.finish()))
}

fn fail(cause: &str) -> DataFusionError {
    DataFusionError::External(Box::new(Error::internal(cause)))
}

/// `(1,"a b",)`.
fn texts(array: &ArrayRef, style: &Style) -> Result<Vec<Option<String>>> {
    let Some(rows) = array.as_struct_opt() else {
        return Err(fail("a row of no fields"));
    };
    let columns = rows.columns().iter().map(|column| match column.data_type() {
        DataType::Struct(_) => texts(column, style),
        DataType::Boolean => {
            let word = |b: bool| if b { "t" } else { "f" }.to_owned();
            Ok(column.as_boolean().iter().map(|b| b.map(word)).collect())
        }
        _ => {
            let shown = text::shown(column, style)?;
            Ok(shown.as_string_view().iter().map(|t| t.map(str::to_owned)).collect())
        }
    });
    let columns = columns.collect::<Result<Vec<Vec<Option<String>>>>>()?;
    let row = |row: usize| {
        let fields = columns.iter().map(|column| match &column[row] {
            Some(text) => quoted(text),
            None => String::new(),
        });
        rows.is_valid(row).then(|| format!("({})", fields.collect::<Vec<_>>().join(",")))
    };
    Ok((0..array.len()).map(row).collect())
}

fn quoted(text: &str) -> String {
    let special = |c: char| c.is_whitespace() || "(),\"\\".contains(c);
    if !text.is_empty() && !text.contains(special) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\"\""))
}
