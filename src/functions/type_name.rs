//! `pg_typeof`: the name of its argument's type, whatever the value.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};

use super::missing::argument_name;
use crate::catalog::types::SqlType;

static FUNCTION: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| {
    // Not immutable: folded with its argument, it would answer for what the optimizer has made of that.
    let signature = Signature::any(1, Volatility::Stable);
    Arc::new(ScalarUDF::from(TypeOf { signature }))
});

pub(super) fn function(name: &str) -> Option<Arc<ScalarUDF>> {
    (name == FUNCTION.name()).then(|| Arc::clone(&FUNCTION))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct TypeOf {
    signature: Signature,
}

impl ScalarUDFImpl for TypeOf {
    fn name(&self) -> &str {
        "pg_typeof"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(SqlType::Regtype.arrow())
    }

    fn return_field_from_args(&self, _: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        Ok(SqlType::Regtype.field("pg_typeof", true))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let literal = match &args.args[0] {
            ColumnarValue::Scalar(value @ (ScalarValue::Utf8(_) | ScalarValue::Null)) => {
                Some(value)
            }
            _ => None,
        };
        let name = argument_name(&args.arg_fields[0], literal);
        let oid = SqlType::parse(&name).map_or(0, |t| t.oid());
        Ok(ColumnarValue::Scalar(ScalarValue::Int64(Some(oid.into()))))
    }
}
