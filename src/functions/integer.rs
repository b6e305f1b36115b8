//! Arithmetic of whole numbers that fails instead of wrapping around, and the series of them.

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, Datum};
use arrow::compute::cast;
use arrow::compute::kernels::numeric::{add, div, mul, sub};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use datafusion::common::{Result, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::catalog::types::SqlType;
use crate::error::{Error, SqlState};
use crate::functions::naming;

type Kernel = fn(&dyn Datum, &dyn Datum) -> Result<ArrayRef, ArrowError>;

static FUNCTIONS: LazyLock<Vec<Arc<ScalarUDF>>> = LazyLock::new(|| {
    let all: [(&'static str, Kernel); 4] =
        [("__int_plus", add), ("__int_minus", sub), ("__int_times", mul), ("__int_divide", div)];
    let signature = Signature::any(2, Volatility::Immutable);
    all.map(|(name, kernel)| Checked { name, kernel, signature: signature.clone() })
        .map(|function| Arc::new(ScalarUDF::from(function)))
        .into()
});

pub(super) fn function(name: &str) -> Option<Arc<ScalarUDF>> {
    FUNCTIONS.iter().find(|f| f.name() == name).map(Arc::clone)
}

#[derive(Debug)]
struct Checked {
    name: &'static str,
    kernel: Kernel,
    signature: Signature,
}

/// The name says which of the four it is.
impl PartialEq for Checked {
    fn eq(&self, other: &Checked) -> bool {
        self.name == other.name
    }
}

impl Eq for Checked {}

impl std::hash::Hash for Checked {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Checked {
    fn name(&self) -> &str {
        self.name
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        naming::of_call(self.name(), args)
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The wider of the two.
    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        let width = |t: &DataType| t.primitive_width().unwrap_or(8);
        let widest = types.iter().map(width).max().unwrap_or(8);
        Ok(match widest {
            8 => DataType::Int64,
            4 => DataType::Int32,
            _ => DataType::Int16,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let to = args.return_type();
        let scalars = args.args.iter().all(|a| matches!(a, ColumnarValue::Scalar(_)));
        let side = |value: &ColumnarValue| -> Result<Box<dyn Datum>> {
            Ok(match value {
                ColumnarValue::Scalar(scalar) => Box::new(scalar.cast_to(to)?.to_scalar()?),
                ColumnarValue::Array(array) if array.data_type() == to => {
                    Box::new(Arc::clone(array))
                }
                ColumnarValue::Array(array) => Box::new(cast(array, to)?),
            })
        };
        let (left, right) = (side(&args.args[0])?, side(&args.args[1])?);
        let result = (self.kernel)(&*left, &*right).map_err(|e| failure(e, to))?;
        Ok(match scalars {
            true => ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?),
            false => ColumnarValue::Array(result),
        })
    }
}

fn failure(e: ArrowError, to: &DataType) -> DataFusionError {
    let ours = match e {
        ArrowError::DivideByZero => Error::new(SqlState::DIVISION_BY_ZERO, "division by zero"),
        ArrowError::ArithmeticOverflow(_) => out_of_range(to),
        other => return other.into(),
    };
    DataFusionError::External(Box::new(ours))
}

/// `integer out of range`.
pub fn out_of_range(to: &DataType) -> Error {
    let name = SqlType::from_arrow(to);
    Error::new(SqlState::NUMERIC_OUT_OF_RANGE, format!("{name} out of range"))
}
