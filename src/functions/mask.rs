//! Ready-made masks: a hash that still joins, the last characters, nothing, the year.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringViewArray, new_null_array};
use arrow::compute::{DatePart, cast, date_part};
use arrow::datatypes::{DataType, Date32Type, Int64Type};
use aws_lc_rs::digest;
use datafusion::common::{Result, plan_err};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::special;
use crate::error::{Error, SqlState};

static FUNCTIONS: LazyLock<Vec<Arc<ScalarUDF>>> = LazyLock::new(|| {
    [Mask::Hash, Mask::Last, Mask::Null, Mask::Year]
        .into_iter()
        .map(|mask| {
            let arguments = if mask == Mask::Last { 2 } else { 1 };
            let signature = Signature::any(arguments, Volatility::Immutable);
            Arc::new(ScalarUDF::from(MaskFunction { mask, signature }))
        })
        .collect()
});

pub(super) fn function(name: &str) -> Option<Arc<ScalarUDF>> {
    FUNCTIONS.iter().find(|f| f.name() == name).map(Arc::clone)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Mask {
    /// Text: SHA-256 in hexadecimal. Integers: an integer of the same type taken from it. Equal values stay
    /// equal, so that joins and counts still work; whoever can guess a value can check the guess.
    Hash,
    /// `mask_last(text, n)`: all but the last n characters become `*`.
    Last,
    /// NULL, of the argument's type.
    Null,
    /// The first moment of the year of a date or timestamp.
    Year,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct MaskFunction {
    mask: Mask,
    signature: Signature,
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null)
}

impl ScalarUDFImpl for MaskFunction {
    fn name(&self) -> &str {
        match self.mask {
            Mask::Hash => "mask_hash",
            Mask::Last => "mask_last",
            Mask::Null => "mask_null",
            Mask::Year => "mask_year",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        let of = &arguments[0];
        match self.mask {
            Mask::Null => Ok(of.clone()),
            Mask::Hash if is_text(of) => Ok(DataType::Utf8View),
            Mask::Hash if of.is_signed_integer() => Ok(of.clone()),
            Mask::Last if is_text(of) && arguments[1].is_integer() => Ok(DataType::Utf8View),
            Mask::Year if matches!(of, DataType::Date32 | DataType::Timestamp(..)) => {
                Ok(of.clone())
            }
            Mask::Hash | Mask::Last | Mask::Year => {
                let sql_type = crate::catalog::types::SqlType::of(&arrow::datatypes::Field::new(
                    "argument",
                    of.clone(),
                    true,
                ));
                let error = Error::new(
                    SqlState::UNDEFINED_FUNCTION,
                    format!("function {}({sql_type}) does not exist", self.name()),
                );
                Err(DataFusionError::External(Box::new(error)))
            }
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let value = args.args[0].to_array(args.number_rows)?;
        let masked = match self.mask {
            Mask::Null => new_null_array(value.data_type(), value.len()),
            Mask::Hash if is_text(value.data_type()) => hashed_text(&value)?,
            Mask::Hash => hashed_integer(&value)?,
            Mask::Last => last(&value, &args.args[1].to_array(args.number_rows)?)?,
            Mask::Year => year(&value)?,
        };
        Ok(ColumnarValue::Array(masked))
    }
}

fn texts(value: &ArrayRef) -> Result<StringViewArray> {
    Ok(special::texts(value)?.as_string_view().clone())
}

fn hashed_text(value: &ArrayRef) -> Result<ArrayRef> {
    let hex = |text: &str| {
        let hash = digest::digest(&digest::SHA256, text.as_bytes());
        hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let made: StringViewArray = texts(value)?.iter().map(|v| v.map(hex)).collect();
    Ok(Arc::new(made))
}

fn hashed_integer(value: &ArrayRef) -> Result<ArrayRef> {
    let wide = cast(value, &DataType::Int64)?;
    // Not negative, and within the narrowest type it may have to fit.
    let bound: i64 = match value.data_type() {
        DataType::Int8 => i64::from(i8::MAX),
        DataType::Int16 => i64::from(i16::MAX),
        DataType::Int32 => i64::from(i32::MAX),
        _ => i64::MAX,
    };
    let taken = |v: i64| {
        let hash = digest::digest(&digest::SHA256, &v.to_be_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&hash.as_ref()[..8]);
        i64::from_be_bytes(first) & bound
    };
    let made: Int64Array = wide.as_primitive::<Int64Type>().iter().map(|v| v.map(taken)).collect();
    Ok(cast(&made, value.data_type())?)
}

fn last(value: &ArrayRef, kept: &ArrayRef) -> Result<ArrayRef> {
    let kept = cast(kept, &DataType::Int64)?;
    let kept = kept.as_primitive::<Int64Type>();
    let starred = |text: &str, kept: i64| {
        let length = text.chars().count();
        let hidden = length.saturating_sub(usize::try_from(kept).unwrap_or(0));
        "*".repeat(hidden) + &text.chars().skip(hidden).collect::<String>()
    };
    let texts = texts(value)?;
    let made: StringViewArray =
        texts.iter().zip(kept.iter()).map(|(text, n)| Some(starred(text?, n?))).collect();
    Ok(Arc::new(made))
}

fn year(value: &ArrayRef) -> Result<ArrayRef> {
    let years = date_part(value, DatePart::Year)?;
    let years = years.as_primitive::<arrow::datatypes::Int32Type>();
    let first =
        |year: i32| chrono::NaiveDate::from_ymd_opt(year, 1, 1).map(Date32Type::from_naive_date);
    let days: arrow::array::Date32Array = years.iter().map(|y| first(y?)).collect();
    if days.null_count() != value.null_count() {
        return plan_err!("a year out of range");
    }
    // Of a zone's year the first moment is taken in UTC: a mask is no place for exactness.
    Ok(cast(&days, value.data_type())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_characters_stay_and_a_short_text_is_its_own() {
        let value: ArrayRef =
            Arc::new(StringViewArray::from(vec![Some("4111-2222"), Some("é1"), None]));
        let kept: ArrayRef = Arc::new(Int64Array::from(vec![4, 4, 4]));
        let masked = last(&value, &kept).unwrap();
        let masked: Vec<_> = masked.as_string_view().iter().collect();
        assert_eq!(masked, [Some("*****2222"), Some("é1"), None]);
        let none: ArrayRef = Arc::new(Int64Array::from(vec![-1, 0, 0]));
        assert_eq!(last(&value, &none).unwrap().as_string_view().value(0), "*********");
    }

    #[test]
    fn hashes_are_equal_for_equal_values_and_fit_their_type() {
        let value: ArrayRef = Arc::new(arrow::array::Int32Array::from(vec![1, 2, 1]));
        let masked = hashed_integer(&value).unwrap();
        let masked = masked.as_primitive::<arrow::datatypes::Int32Type>();
        assert_eq!(masked.value(0), masked.value(2));
        assert_ne!(masked.value(0), masked.value(1));
    }

    #[test]
    fn a_year_is_its_first_day() {
        let day = chrono::NaiveDate::from_ymd_opt(2013, 7, 4).map(Date32Type::from_naive_date);
        let value: ArrayRef = Arc::new(arrow::array::Date32Array::from(vec![day, None]));
        let masked = year(&value).unwrap();
        let first = chrono::NaiveDate::from_ymd_opt(2013, 1, 1).map(Date32Type::from_naive_date);
        assert_eq!(masked.as_primitive::<Date32Type>().iter().collect::<Vec<_>>(), [first, None]);
    }
}
