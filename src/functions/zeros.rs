//! A numeric without declared digits as text: PostgreSQL keeps for each value the digits it was written with, a column
//! here has sixteen behind the point for all, and those that say nothing are left out.

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, AsArray, StringViewArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

const NAME: &str = "__without_zeros";

static FUNCTION: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| {
    let signature = Signature::any(1, Volatility::Immutable);
    Arc::new(ScalarUDF::from(WithoutZeros { signature }))
});

pub(super) fn function(name: &str) -> Option<Arc<ScalarUDF>> {
    (name == NAME).then(|| Arc::clone(&FUNCTION))
}

/// `1.50` as `1.5`, `100` as it is.
pub(super) fn without_zeros(number: &str) -> &str {
    match number.contains('.') {
        true => number.trim_end_matches('0').trim_end_matches('.'),
        false => number,
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct WithoutZeros {
    signature: Signature,
}

impl ScalarUDFImpl for WithoutZeros {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let shorter = |texts: &ArrayRef| -> Result<ArrayRef> {
            let texts = cast(texts, &DataType::Utf8View)?;
            let texts = texts.as_string_view().iter().map(|text| text.map(without_zeros));
            Ok(Arc::new(texts.collect::<StringViewArray>()))
        };
        Ok(match &args.args[0] {
            ColumnarValue::Array(texts) => ColumnarValue::Array(shorter(texts)?),
            ColumnarValue::Scalar(value) => {
                let one = shorter(&value.to_array()?)?;
                ColumnarValue::Scalar(ScalarValue::try_from_array(&one, 0)?)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_zeros_behind_the_point_go() {
        for (given, wanted) in [("1.50", "1.5"), ("100", "100"), ("0.00", "0"), ("-2.0", "-2")] {
            assert_eq!(without_zeros(given), wanted);
        }
    }
}
