//! Text as PostgreSQL reads it into bytes, and text that must fit its column.

use std::sync::{Arc, LazyLock};

use arrow::array::StringViewArray;
use arrow::array::{Array, ArrayRef, AsArray, BinaryViewBuilder, StringViewBuilder};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::session;
use super::style::{Style, put_bytes};
use crate::error::{Error, SqlState};
use crate::functions::naming;

static FUNCTIONS: LazyLock<Vec<Arc<ScalarUDF>>> = LazyLock::new(|| {
    let all = [
        ("__bytea_in", Input::Bytea, 1, Volatility::Immutable),
        ("__bytea_out", Input::BytesAsText, 1, Volatility::Stable),
        ("__fit", Input::Fitting, 2, Volatility::Immutable),
    ];
    all.map(|(name, input, count, volatility)| {
        let signature = Signature::any(count, volatility);
        Arc::new(ScalarUDF::from(Read { name, input, signature }))
    })
    .into()
});

pub(super) fn function(name: &str) -> Option<Arc<ScalarUDF>> {
    FUNCTIONS.iter().find(|f| f.name() == name).map(Arc::clone)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Input {
    Bytea,
    BytesAsText,
    /// Assigned to `varchar(n)`: only blanks may be cut.
    Fitting,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Read {
    name: &'static str,
    input: Input,
    signature: Signature,
}

impl ScalarUDFImpl for Read {
    fn name(&self) -> &str {
        self.name
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        naming::of_call(self.name(), args)
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match self.input {
            Input::Bytea => DataType::BinaryView,
            Input::BytesAsText | Input::Fitting => DataType::Utf8View,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let scalars = args.args.iter().all(|a| matches!(a, ColumnarValue::Scalar(_)));
        let rows = if scalars { 1 } else { args.number_rows };
        let given = args.args[0].to_array(rows)?;
        let result = match self.input {
            Input::BytesAsText => bytes_as_text(&given, &session::style(&args.config_options))?,
            _ => {
                let given = cast(&given, &DataType::Utf8View)?;
                let texts = given.as_string_view();
                match self.input {
                    Input::Bytea => bytes(texts)?,
                    _ => fitting(texts, length(args.args.get(1))?)?,
                }
            }
        };
        Ok(match scalars {
            true => ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?),
            false => ColumnarValue::Array(result),
        })
    }
}

fn fail(e: Error) -> DataFusionError {
    DataFusionError::External(Box::new(e))
}

fn length(argument: Option<&ColumnarValue>) -> Result<usize> {
    let number = match argument {
        Some(ColumnarValue::Scalar(n)) => n.cast_to(&DataType::Int64)?,
        _ => ScalarValue::Null,
    };
    match number {
        ScalarValue::Int64(Some(n)) => Ok(usize::try_from(n).unwrap_or(0)),
        _ => Err(fail(Error::internal("a length that varies"))),
    }
}

fn fitting(texts: &StringViewArray, most: usize) -> Result<ArrayRef> {
    let mut out = StringViewBuilder::with_capacity(texts.len());
    for text in texts {
        let cut = text.and_then(|t| t.char_indices().nth(most)).map(|(end, _)| end);
        let fits = match (text, cut) {
            (Some(text), Some(end)) if text[end..].chars().all(|c| c == ' ') => Some(&text[..end]),
            (_, Some(_)) => {
                return Err(fail(Error::new(
                    SqlState::STRING_TOO_LONG,
                    format!("value too long for type character varying({most})"),
                )));
            }
            (text, None) => text,
        };
        out.append_option(fits);
    }
    Ok(Arc::new(out.finish()))
}

/// `\x00ff`, or text whose backslashes escape.
fn bytes(texts: &StringViewArray) -> Result<ArrayRef> {
    let mut out = BinaryViewBuilder::with_capacity(texts.len());
    for text in texts {
        match text {
            Some(text) => out.append_value(one_bytes(text)?),
            None => out.append_null(),
        }
    }
    Ok(Arc::new(out.finish()))
}

pub(super) fn one_bytes(text: &str) -> Result<Vec<u8>> {
    let wrong = |state, message: String| fail(Error::new(state, message));
    if let Some(digits) = text.strip_prefix("\\x") {
        let digits: Vec<char> = digits.chars().filter(|c| !c.is_whitespace()).collect();
        if let Some(c) = digits.iter().find(|c| !c.is_ascii_hexdigit()) {
            let message = format!("invalid hexadecimal digit: \"{c}\"");
            return Err(wrong(SqlState::INVALID_PARAMETER_VALUE, message));
        }
        if digits.len() % 2 == 1 {
            let message = "invalid hexadecimal data: odd number of digits".to_owned();
            return Err(wrong(SqlState::INVALID_PARAMETER_VALUE, message));
        }
        let value = |c: char| c.to_digit(16).unwrap_or(0) as u8;
        return Ok(digits.chunks(2).map(|pair| value(pair[0]) << 4 | value(pair[1])).collect());
    }
    let (given, mut out, mut i) = (text.as_bytes(), Vec::new(), 0);
    while i < given.len() {
        let octal = |n: usize| given.get(i + n).filter(|b| (b'0'..=b'7').contains(*b));
        match (given[i], given.get(i + 1)) {
            (b'\\', Some(b'\\')) => {
                out.push(b'\\');
                i += 2;
            }
            (b'\\', Some(b'0'..=b'3')) if octal(2).is_some() && octal(3).is_some() => {
                let digit = |n: usize| given[i + n] - b'0';
                out.push(digit(1) << 6 | digit(2) << 3 | digit(3));
                i += 4;
            }
            (b'\\', _) => {
                let message = "invalid input syntax for type bytea".to_owned();
                return Err(wrong(SqlState::INVALID_TEXT, message));
            }
            (byte, _) => {
                out.push(byte);
                i += 1;
            }
        }
    }
    Ok(out)
}

pub(super) fn bytes_as_text(array: &ArrayRef, style: &Style) -> Result<ArrayRef> {
    let array = cast(array, &DataType::BinaryView)?;
    let mut out = StringViewBuilder::with_capacity(array.len());
    let mut shown = Vec::new();
    for bytes in array.as_binary_view() {
        shown.clear();
        if let Some(bytes) = bytes {
            put_bytes(bytes, style, &mut shown);
        }
        out.append_option(bytes.map(|_| String::from_utf8_lossy(&shown)));
    }
    Ok(Arc::new(out.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_in_both_forms() {
        assert_eq!(one_bytes("\\x00fF10").unwrap(), [0, 255, 16]);
        assert_eq!(one_bytes("\\x").unwrap(), [0u8; 0]);
        assert_eq!(one_bytes("a\\\\b\\001é").unwrap(), b"a\\b\x01\xc3\xa9");
        assert!(one_bytes("\\x0").is_err() && one_bytes("\\xzz").is_err());
        assert!(one_bytes("a\\b").is_err());
    }
}
