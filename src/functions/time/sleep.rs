//! `pg_sleep`: a statement waits without holding a thread, and so can be cancelled.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use arrow::array::{ArrayRef, StringViewArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef};
use async_trait::async_trait;
use datafusion::common::Result;
use datafusion::logical_expr::async_udf::{AsyncScalarUDF, AsyncScalarUDFImpl};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};

use super::function::fail;
use super::kinds::{Kind, argument};
use super::values::{Column, Value};
use crate::error::Error;
use crate::functions::{argument_name, session, undefined};

/// Longer than any statement is let run.
const SECONDS_MAX: f64 = 1e9;

static FUNCTIONS: LazyLock<Vec<Arc<ScalarUDF>>> = LazyLock::new(|| {
    let all = [("pg_sleep", Kind::Float8), ("pg_sleep_for", Kind::Interval)];
    all.map(|(name, takes)| {
        let signature = Signature::any(1, Volatility::Volatile);
        let sleep: Arc<dyn AsyncScalarUDFImpl> = Arc::new(Sleep { name, takes, signature });
        Arc::new(AsyncScalarUDF::new(sleep).into_scalar_udf())
    })
    .into()
});

pub(super) fn function(name: &str) -> Option<Arc<ScalarUDF>> {
    FUNCTIONS.iter().find(|f| f.name() == name).map(Arc::clone)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Sleep {
    name: &'static str,
    takes: Kind,
    signature: Signature,
}

impl ScalarUDFImpl for Sleep {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let given = argument(&args.arg_fields[0], args.scalar_arguments[0]);
        let fits = match given {
            None => true,
            Some(Kind::Interval) => self.takes == Kind::Interval,
            Some(
                Kind::Int2 | Kind::Int4 | Kind::Int8 | Kind::Numeric | Kind::Float4 | Kind::Float8,
            ) => self.takes == Kind::Float8,
            Some(_) => false,
        };
        if !fits {
            let name = argument_name(&args.arg_fields[0], args.scalar_arguments[0]);
            return Err(fail(undefined(self.name, &[name])));
        }
        let field = Field::new("", DataType::Utf8View, true);
        let metadata = [(crate::catalog::types::TYPE_KEY.to_owned(), "void".to_owned())];
        Ok(Arc::new(field.with_metadata(metadata.into())))
    }

    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Err(fail(Error::internal("a sleep that is not waited for")))
    }
}

#[async_trait]
impl AsyncScalarUDFImpl for Sleep {
    async fn invoke_async_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let given = match args.arg_fields[0].data_type() {
            DataType::Utf8 | DataType::Null => None,
            _ => argument(&args.arg_fields[0], None),
        };
        let array = args.args[0].to_array(args.number_rows)?;
        let setting = session::setting(&args.config_options);
        let array: ArrayRef = match self.takes {
            Kind::Float8 if given.is_some() => cast(&array, &DataType::Float64)?,
            _ => array,
        };
        let given = if self.takes == Kind::Float8 { given.map(|_| Kind::Float8) } else { given };
        let column = Column::new(&array, given, self.takes, false)?;
        let mut slept: Vec<Option<&str>> = Vec::with_capacity(args.number_rows);
        for row in 0..args.number_rows {
            let seconds = match column.get(row, &setting).map_err(fail)? {
                Some(Value::Float(seconds)) => Some(seconds),
                Some(Value::Interval(span)) => Some(span.key() as f64 / 1e6),
                _ => None,
            };
            if let Some(seconds) = seconds {
                // Nothing and less than nothing is no time at all.
                let seconds = if seconds > 0.0 { seconds.min(SECONDS_MAX) } else { 0.0 };
                tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
            }
            slept.push(seconds.map(|_| ""));
        }
        Ok(ColumnarValue::Array(Arc::new(StringViewArray::from(slept))))
    }
}
