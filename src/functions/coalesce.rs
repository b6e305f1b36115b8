//! COALESCE as it is bound, before a literal in quotes has the type of what it stands beside: DataFusion's has no type
//! for an array and a text.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};

use crate::error::Error;
use crate::functions::naming;

const NAME: &str = "coalesce";

static FUNCTION: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| {
    let signature = Signature::user_defined(Volatility::Immutable);
    Arc::new(ScalarUDF::from(Coalesce { signature }))
});

pub(super) fn function(name: &str) -> Option<Arc<ScalarUDF>> {
    (name == NAME).then(|| Arc::clone(&FUNCTION))
}

/// DataFusion's, once its arguments have one type; None where the function is another.
pub(crate) fn settled(function: &ScalarUDF) -> Option<Arc<ScalarUDF>> {
    let open = function.inner().downcast_ref::<Coalesce>().is_some();
    open.then(datafusion::functions::core::coalesce)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Coalesce {
    signature: Signature,
}

impl ScalarUDFImpl for Coalesce {
    fn name(&self) -> &str {
        NAME
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        naming::of_call(self.name(), args)
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let coerced = datafusion::functions::core::coalesce().inner().coerce_types(types);
        Ok(coerced.unwrap_or_else(|_| types.to_vec()))
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(types.first().cloned().unwrap_or(DataType::Null))
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let literal =
            |value: &Option<&ScalarValue>| value.is_some_and(|v| v.try_as_str().is_some());
        let pairs = args.arg_fields.iter().zip(args.scalar_arguments);
        let known = pairs.filter(|(field, value)| !field.data_type().is_null() && !literal(value));
        let first = known.map(|(field, _)| field).next().or(args.arg_fields.first());
        let data_type = first.map_or(DataType::Null, |field| field.data_type().clone());
        let nullable = args.arg_fields.iter().all(|field| field.is_nullable());
        Ok(Arc::new(Field::new(NAME, data_type, nullable)))
    }

    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Err(datafusion::error::DataFusionError::External(Box::new(Error::internal(
            "COALESCE was not replaced",
        ))))
    }
}
