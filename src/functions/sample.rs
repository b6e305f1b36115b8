//! Chance for TABLESAMPLE, and the mark of a limit that lets ties through.

use std::sync::{Arc, LazyLock};

use arrow::array::{AsArray, BooleanArray};
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::{Result, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use rand::Rng;

use crate::error::{Error, SqlState};

/// Functions that give what they are given: marks, and names for what has no other.
const SAME: &[&str] = &[
    "__ties",
    "__rank",
    "__dense_rank",
    "__percent_rank",
    "__cume_dist",
    "__string_to_table",
    "__regexp_split_to_table",
    "__regexp_matches",
];

static FUNCTIONS: LazyLock<Vec<Arc<ScalarUDF>>> = LazyLock::new(|| {
    let chance = Signature::exact(vec![DataType::Float64], Volatility::Volatile);
    let same = SAME.iter().map(|name| (*name, Signature::any(1, Volatility::Immutable)));
    std::iter::once(("__sample", chance))
        .chain(same)
        .map(|(name, signature)| Arc::new(ScalarUDF::from(Chosen { name, signature })))
        .collect()
});

pub(super) fn function(name: &str) -> Option<Arc<ScalarUDF>> {
    FUNCTIONS.iter().find(|f| f.name() == name).map(Arc::clone)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Chosen {
    name: &'static str,
    signature: Signature,
}

impl ScalarUDFImpl for Chosen {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(match self.name {
            "__sample" => DataType::Boolean,
            _ => types[0].clone(),
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        if self.name != "__sample" {
            return Ok(args.args[0].clone());
        }
        let percent = match &args.args[0] {
            ColumnarValue::Scalar(ScalarValue::Float64(percent)) => *percent,
            ColumnarValue::Scalar(_) => None,
            ColumnarValue::Array(array) => {
                array.as_primitive::<Float64Type>().iter().next().flatten()
            }
        };
        let wrong = |message: &str| {
            let error = Error::new(SqlState::INVALID_TABLESAMPLE_ARGUMENT, message);
            DataFusionError::External(Box::new(error))
        };
        let percent = percent.ok_or_else(|| wrong("TABLESAMPLE parameter cannot be null"))?;
        if !(0.0..=100.0).contains(&percent) {
            return Err(wrong("sample percentage must be between 0 and 100"));
        }
        let mut chance = rand::rng();
        let kept = (0..args.number_rows).map(|_| chance.random_bool(percent / 100.0));
        let kept: BooleanArray = kept.map(Some).collect();
        Ok(ColumnarValue::Array(Arc::new(kept)))
    }
}
