//! The one value of a subquery: how many rows there were, and the first of them.

use std::sync::{Arc, LazyLock};

use arrow::array::AsArray;
use arrow::datatypes::{DataType, FieldRef, Int64Type};
use datafusion::common::Result;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};

use crate::error::{Error, SqlState};

const NAME: &str = "__only";

static FUNCTION: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| {
    // Not one that may be worked out beforehand: it fails only where its row is read.
    let signature = Signature::any(2, Volatility::Volatile);
    Arc::new(ScalarUDF::from(Only { signature }))
});

pub(super) fn function(name: &str) -> Option<Arc<ScalarUDF>> {
    (name == NAME).then(|| Arc::clone(&FUNCTION))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Only {
    signature: Signature,
}

impl ScalarUDFImpl for Only {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(types[1].clone())
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let value = args.arg_fields[1].as_ref().clone();
        Ok(Arc::new(value.with_name(NAME).with_nullable(true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let counts = args.args[0].to_array(args.number_rows)?;
        let several = counts.as_primitive::<Int64Type>().iter().flatten().any(|n| n > 1);
        match several {
            true => Err(DataFusionError::External(Box::new(Error::new(
                SqlState::CARDINALITY_VIOLATION,
                "more than one row returned by a subquery used as an expression",
            )))),
            false => Ok(args.args[1].clone()),
        }
    }
}
