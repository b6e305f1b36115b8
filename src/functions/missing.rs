//! A function that is not there: it takes any arguments, and says with which it does not exist.

use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};

use crate::catalog::types::SqlType;
use crate::error::{Error, SqlState};

const HINT: &str = "No function matches the given name and argument types. You might need to add explicit type casts.";

/// Stands for `name` while a statement is bound, and fails as soon as its arguments are known.
pub fn missing(name: &str) -> Arc<ScalarUDF> {
    let signature = Signature::user_defined(Volatility::Volatile);
    Arc::new(ScalarUDF::from(Missing { name: name.to_owned(), signature }))
}

/// `function f(integer, unknown) does not exist`.
pub fn undefined(name: &str, arguments: &[String]) -> Error {
    let list = arguments.join(", ");
    // What stands behind a name of PostgreSQL's goes by that name.
    let name = name.trim_start_matches("__");
    Error::new(SqlState::UNDEFINED_FUNCTION, format!("function {name}({list}) does not exist"))
        .hint(HINT)
}

/// As PostgreSQL names the type of an argument that has just been read.
pub fn argument_name(field: &FieldRef, literal: Option<&ScalarValue>) -> String {
    match literal {
        Some(ScalarValue::Utf8(_)) => return "unknown".to_owned(),
        Some(ScalarValue::Int64(Some(n))) if i32::try_from(*n).is_ok() => {
            return SqlType::Int4.to_string();
        }
        Some(value) if value.is_null() => return "unknown".to_owned(),
        _ => {}
    }
    bare(&SqlType::of(field))
}

/// A type's name without length or digits, as messages have it. An array of arrays is one array.
pub fn bare(sql_type: &SqlType) -> String {
    match sql_type {
        SqlType::Numeric(_) => SqlType::Numeric(None).to_string(),
        SqlType::Varchar(_) => SqlType::Varchar(None).to_string(),
        SqlType::Bpchar(_) => SqlType::Bpchar(None).to_string(),
        SqlType::Array(element) => match &**element {
            nested @ SqlType::Array(_) => bare(nested),
            element => format!("{}[]", bare(element)),
        },
        other => other.to_string(),
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Missing {
    name: String,
    signature: Signature,
}

impl ScalarUDFImpl for Missing {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(types.to_vec())
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Err(DataFusionError::External(Box::new(undefined(&self.name, &[]))))
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let pairs = args.arg_fields.iter().zip(args.scalar_arguments);
        let names: Vec<String> = pairs.map(|(f, literal)| argument_name(f, *literal)).collect();
        Err(DataFusionError::External(Box::new(undefined(&self.name, &names))))
    }

    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Err(DataFusionError::External(Box::new(undefined(&self.name, &[]))))
    }
}
