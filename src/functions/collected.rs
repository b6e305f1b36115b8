//! `array_agg` and `string_agg`, each in an order of its own: the engine would sort the rows once, for the first of
//! several that ask for one, and those that ask for none would be handed that order.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::functions_aggregate::array_agg::array_agg_udaf;
use datafusion::functions_aggregate::string_agg::string_agg_udaf;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, GroupsAccumulator, Signature,
};

use crate::catalog::types::SqlType;
use crate::error::{Error, SqlState};

static ALL: LazyLock<[Arc<AggregateUDF>; 2]> = LazyLock::new(|| {
    [array_agg_udaf(), string_agg_udaf()]
        .map(|engines| Arc::new(AggregateUDF::from(Collected { engines })))
});

/// The aggregate of this name, if it is one of them.
pub(super) fn aggregate(name: &str) -> Option<Arc<AggregateUDF>> {
    ALL.iter().find(|f| f.name() == name).map(Arc::clone)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Collected {
    engines: Arc<AggregateUDF>,
}

impl AggregateUDFImpl for Collected {
    fn name(&self) -> &str {
        self.engines.name()
    }

    fn signature(&self) -> &Signature {
        self.engines.signature()
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.engines.return_type(types)
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        self.engines.state_fields(args)
    }

    /// It sorts by itself what does not come sorted.
    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Beneficial
    }

    fn with_beneficial_ordering(
        self: Arc<Self>,
        sorted: bool,
    ) -> Result<Option<Arc<dyn AggregateUDFImpl>>> {
        if self.name() != "array_agg" {
            return Ok(Some(self));
        }
        let engines = Arc::clone(self.engines.inner()).with_beneficial_ordering(sorted)?;
        let engines = engines.map(|made| Arc::new(AggregateUDF::new_from_shared_impl(made)));
        Ok(engines.map(|engines| Arc::new(Collected { engines }) as Arc<dyn AggregateUDFImpl>))
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let arrays = is_array(&args);
        let engines = self.engines.accumulator(args)?;
        Ok(if arrays { Box::new(OfArrays(engines)) } else { engines })
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        !is_array(&args) && self.engines.groups_accumulator_supported(args)
    }

    fn create_groups_accumulator(
        &self,
        args: AccumulatorArgs<'_>,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        self.engines.create_groups_accumulator(args)
    }

    fn supports_null_handling_clause(&self) -> bool {
        self.engines.supports_null_handling_clause()
    }
}

fn is_array(args: &AccumulatorArgs<'_>) -> bool {
    args.expr_fields.first().is_some_and(|field| matches!(SqlType::of(field), SqlType::Array(_)))
}

/// Arrays make one of a dimension more, so that all must be of one shape.
#[derive(Debug)]
struct OfArrays(Box<dyn Accumulator>);

impl Accumulator for OfArrays {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.0.update_batch(values)
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.0.merge_batch(states)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.0.state()
    }

    fn size(&self) -> usize {
        self.0.size()
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let made = self.0.evaluate()?;
        if let ScalarValue::List(list) = &made
            && list.is_valid(0)
        {
            of_one_shape(&list.value(0)).map_err(|e| DataFusionError::External(Box::new(e)))?;
        }
        Ok(made)
    }
}

fn of_one_shape(arrays: &ArrayRef) -> crate::error::Result<()> {
    let Some(arrays) = arrays.as_list_opt::<i32>() else { return Ok(()) };
    let fail = |state, what: &str| Err(Error::new(state, format!("cannot accumulate {what}")));
    for i in 0..arrays.len() {
        if arrays.is_null(i) {
            return fail(SqlState::NULL_VALUE_NOT_ALLOWED, "null arrays");
        }
        if i == 0 && arrays.value_length(i) == 0 {
            return fail(SqlState::ARRAY_SUBSCRIPT_ERROR, "empty arrays");
        }
        if arrays.value_length(i) != arrays.value_length(0) {
            let what = "arrays of different dimensionality";
            return fail(SqlState::ARRAY_SUBSCRIPT_ERROR, what);
        }
    }
    Ok(())
}
