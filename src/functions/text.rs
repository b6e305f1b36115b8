//! Values to text as PostgreSQL writes them, and text cut to a length.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray, StringViewBuilder};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, DurationSecondType, Float32Type, Float64Type, IntervalMonthDayNanoType,
    IntervalUnit, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
};
use datafusion::common::Result;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::float_text::{put_f32, put_f64};
use super::input::bytes_as_text;
use super::session;
use super::special;
use super::style::Style;
use super::time::show;
use super::time::span::Span;
use super::time::values::unpack;
use crate::error::Error;

static FUNCTIONS: LazyLock<Vec<Arc<ScalarUDF>>> = LazyLock::new(|| {
    vec![
        Arc::new(ScalarUDF::from(ToText { signature: Signature::any(1, Volatility::Stable) })),
        Arc::new(ScalarUDF::from(Cut { signature: Signature::any(2, Volatility::Immutable) })),
    ]
});

pub(super) fn function(name: &str) -> Option<Arc<ScalarUDF>> {
    FUNCTIONS.iter().find(|f| f.name() == name).map(Arc::clone)
}

/// Times, doubles and intervals as text.
#[derive(Debug, PartialEq, Eq, Hash)]
struct ToText {
    signature: Signature,
}

impl ScalarUDFImpl for ToText {
    fn name(&self) -> &str {
        "__to_text"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let array = args.args[0].to_array(args.number_rows)?;
        texts(&array, &session::style(&args.config_options)).map(ColumnarValue::Array)
    }
}

/// Values of any type as PostgreSQL writes them; Arrow's own cast where that is the same.
pub fn shown(array: &ArrayRef, style: &Style) -> Result<ArrayRef> {
    match array.data_type() {
        DataType::Timestamp(..)
        | DataType::Date32
        | DataType::Float64
        | DataType::Float32
        | DataType::Time64(_)
        | DataType::Duration(TimeUnit::Second)
        | DataType::Interval(_)
        | DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::List(_) => texts(array, style),
        _ => special::texts(array),
    }
}

pub(super) fn texts(array: &ArrayRef, style: &Style) -> Result<ArrayRef> {
    let made: StringViewArray = match array.data_type() {
        DataType::Timestamp(_, with_zone) => {
            let micros =
                cast(array, &DataType::Timestamp(TimeUnit::Microsecond, with_zone.clone()))?;
            let micros = micros.as_primitive::<TimestampMicrosecondType>().iter();
            match with_zone {
                Some(_) => micros.map(|v| v.map(|v| show::timestamptz(v, style))).collect(),
                None => micros.map(|v| v.map(|v| show::timestamp(v, style))).collect(),
            }
        }
        DataType::Date32 => {
            let days = array.as_primitive::<Date32Type>().iter();
            days.map(|v| v.map(|v| show::date(v, style))).collect()
        }
        DataType::Float64 => {
            let all = array.as_primitive::<Float64Type>().iter();
            all.map(|v| v.map(|v| double(v, style))).collect()
        }
        DataType::Float32 => {
            let all = array.as_primitive::<Float32Type>().iter();
            all.map(|v| v.map(|v| real(v, style))).collect()
        }
        DataType::Time64(_) => {
            let micros = cast(array, &DataType::Time64(TimeUnit::Microsecond))?;
            let micros = micros.as_primitive::<Time64MicrosecondType>();
            micros.iter().map(|v| v.map(show::time)).collect()
        }
        // A time with its zone, packed into one number.
        DataType::Duration(TimeUnit::Second) => {
            let packed = array.as_primitive::<DurationSecondType>().iter().map(|v| v.map(unpack));
            packed.map(|v| v.map(|(micros, east)| show::timetz(micros, east))).collect()
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            let all = array.as_primitive::<IntervalMonthDayNanoType>().iter();
            all.map(|v| v.map(|v| show::interval(Span::of_arrow(v), style))).collect()
        }
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
            return bytes_as_text(array, style);
        }
        DataType::List(_) => {
            let lists = array.as_list::<i32>();
            lists
                .iter()
                .map(|list| list.map(|list| list_text(&list, style)).transpose())
                .collect::<Result<_>>()?
        }
        other => {
            return Err(DataFusionError::External(Box::new(Error::unsupported(format!(
                "casting {other} to text"
            )))));
        }
    };
    Ok(Arc::new(made))
}

/// `{1,NULL,"a b"}`
fn list_text(elements: &ArrayRef, style: &Style) -> Result<String> {
    let shown = match elements.data_type() {
        DataType::Boolean => cast(elements, &DataType::Int8)?,
        _ => Arc::clone(elements),
    };
    let plain = shown.data_type().is_integer()
        || matches!(shown.data_type(), DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8)
        || shown.data_type().is_decimal();
    let nested = matches!(elements.data_type(), DataType::List(_));
    let truth = matches!(elements.data_type(), DataType::Boolean);
    let made = if plain { special::texts(&shown)? } else { texts(&shown, style)? };
    let items = made.as_string_view().iter().map(|text| match text {
        None => "NULL".to_owned(),
        Some(text) if truth => if text == "1" { "t" } else { "f" }.to_owned(),
        Some(text) if nested || !needs_quotes(text) => text.to_owned(),
        Some(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
    });
    Ok(format!("{{{}}}", items.collect::<Vec<_>>().join(",")))
}

/// Whether an element would be read as something else inside `{…}`.
fn needs_quotes(text: &str) -> bool {
    text.is_empty()
        || text.eq_ignore_ascii_case("null")
        || text.contains(|c: char| "{},\"\\".contains(c) || c.is_ascii_whitespace())
}

fn double(v: f64, style: &Style) -> String {
    let mut out = Vec::new();
    put_f64(&mut out, v, style.extra_float_digits);
    ascii(out)
}

fn real(v: f32, style: &Style) -> String {
    let mut out = Vec::new();
    put_f32(&mut out, v, style.extra_float_digits);
    ascii(out)
}

fn ascii(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("digits and signs")
}

/// Text cut to a number of characters, as an explicit cast to varchar(n) cuts it.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Cut {
    signature: Signature,
}

impl ScalarUDFImpl for Cut {
    fn name(&self) -> &str {
        "__cut"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let array = cast(&args.args[0].to_array(args.number_rows)?, &DataType::Utf8View)?;
        let most = match &args.args[1] {
            ColumnarValue::Scalar(datafusion::common::ScalarValue::Int64(Some(n))) => *n as usize,
            ColumnarValue::Scalar(datafusion::common::ScalarValue::Int32(Some(n))) => *n as usize,
            _ => {
                return Err(DataFusionError::External(Box::new(Error::internal(
                    "a length that varies",
                ))));
            }
        };
        let mut out = StringViewBuilder::with_capacity(array.len());
        for text in array.as_string_view().iter() {
            out.append_option(text.map(|text| match text.char_indices().nth(most) {
                Some((end, _)) => &text[..end],
                None => text,
            }));
        }
        Ok(ColumnarValue::Array(Arc::new(out.finish())))
    }
}
