//! Which of two arrays comes first: by their elements, of which NULL comes last, as PostgreSQL compares them.

use std::cmp::Ordering;
use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, Int32Array, make_comparator};
use arrow::compute::SortOptions;
use arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

const NAME: &str = "__array_order";

static FUNCTION: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| {
    let signature = Signature::any(2, Volatility::Immutable);
    Arc::new(ScalarUDF::from(ArrayOrder { signature }))
});

pub(super) fn function(name: &str) -> Option<Arc<ScalarUDF>> {
    (name == NAME).then(|| Arc::clone(&FUNCTION))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct ArrayOrder {
    signature: Signature,
}

impl ScalarUDFImpl for ArrayOrder {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int32)
    }

    /// Less than nothing where the first comes before, more where it comes behind.
    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let arrays = args.args.iter().map(|a| a.to_array(rows)).collect::<Result<Vec<_>>>()?;
        let (left, right): (&ArrayRef, &ArrayRef) = (&arrays[0], &arrays[1]);
        let order = make_comparator(left, right, SortOptions::new(false, false))?;
        let sign = |row: usize| {
            let known = left.is_valid(row) && right.is_valid(row);
            known.then(|| match order(row, row) {
                Ordering::Less => -1,
                Ordering::Equal => 0,
                Ordering::Greater => 1,
            })
        };
        Ok(ColumnarValue::Array(Arc::new((0..rows).map(sign).collect::<Int32Array>())))
    }
}
