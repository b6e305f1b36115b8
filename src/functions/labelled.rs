//! A value under a SQL type that lies in memory as it does: what Arrow alone would not tell.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};

use crate::catalog::types::SqlType;
use crate::functions::naming;

const NAME: &str = "__labelled";

/// The function that gives its argument this type.
pub(crate) fn labelled(sql_type: &SqlType) -> Arc<ScalarUDF> {
    let signature = Signature::any(1, Volatility::Immutable);
    Arc::new(ScalarUDF::from(Labelled { sql_type: sql_type.clone(), signature }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Labelled {
    sql_type: SqlType,
    signature: Signature,
}

impl ScalarUDFImpl for Labelled {
    fn name(&self) -> &str {
        NAME
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        naming::of_call(self.name(), args)
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.sql_type.arrow())
    }

    fn return_field_from_args(&self, _: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        Ok(self.sql_type.field(NAME, true))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let wanted = self.sql_type.arrow();
        let typed = |array: &ArrayRef| -> Result<ArrayRef> {
            Ok(if *array.data_type() == wanted { Arc::clone(array) } else { cast(array, &wanted)? })
        };
        match &args.args[0] {
            ColumnarValue::Array(array) => Ok(ColumnarValue::Array(typed(array)?)),
            ColumnarValue::Scalar(value) => {
                let array = typed(&value.to_array()?)?;
                let value = match array.as_list_opt::<i32>() {
                    // By itself DataFusion would forget what the elements are.
                    Some(list) => ScalarValue::List(Arc::new(list.clone())),
                    None => ScalarValue::try_from_array(&array, 0)?,
                };
                Ok(ColumnarValue::Scalar(value))
            }
        }
    }
}
