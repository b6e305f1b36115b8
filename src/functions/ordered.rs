//! Percentiles and the mode of values that were sorted before.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, PrimitiveArray, new_null_array};
use arrow::compute::{cast, concat, interleave};
use arrow::datatypes::{
    DataType, Field, FieldRef, Float64Type, IntervalMonthDayNano, IntervalMonthDayNanoType,
};
use datafusion::common::{Result, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};

use super::missing::undefined;
use super::time::span::Span;
use crate::catalog::types::SqlType;
use crate::error::{Error, SqlState};

static FUNCTIONS: LazyLock<[Arc<ScalarUDF>; 3]> = LazyLock::new(|| {
    ["__mode", "__percentile_cont", "__percentile_disc"].map(|name| {
        let signature = Signature::user_defined(Volatility::Immutable);
        Arc::new(ScalarUDF::from(Sorted { name, signature }))
    })
});

pub(super) fn function(name: &str) -> Option<Arc<ScalarUDF>> {
    FUNCTIONS.iter().find(|f| f.name() == name).map(Arc::clone)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Sorted {
    name: &'static str,
    signature: Signature,
}

fn fail(e: Error) -> DataFusionError {
    DataFusionError::External(Box::new(e))
}

fn item(list: &DataType) -> Result<FieldRef> {
    match list {
        DataType::List(item) => Ok(Arc::clone(item)),
        _ => Err(fail(Error::internal("values that were not collected"))),
    }
}

impl ScalarUDFImpl for Sorted {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        if self.name == "__mode" {
            return Ok(types.to_vec());
        }
        let fraction = match &types[0] {
            DataType::List(_) => {
                DataType::List(Arc::new(Field::new_list_field(DataType::Float64, true)))
            }
            _ => DataType::Float64,
        };
        let mut values = types[1].clone();
        if self.name == "__percentile_cont" {
            let given = item(&values)?;
            let number = given.data_type().is_numeric() || given.data_type().is_null();
            if matches!(given.data_type(), DataType::Interval(_)) {
                return Ok(vec![fraction, values]);
            }
            if !number {
                let names = ["double precision".to_owned(), SqlType::of(&given).to_string()];
                return Err(fail(undefined("percentile_cont", &names)));
            }
            values = DataType::List(Arc::new(Field::new_list_field(DataType::Float64, true)));
        }
        Ok(vec![fraction, values])
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        let values = types.last().map(item).transpose()?;
        let value = values.map_or(DataType::Null, |item| item.data_type().clone());
        Ok(match (self.name, &types[0]) {
            ("__mode", _) => value,
            (_, DataType::List(_)) => DataType::List(Arc::new(Field::new_list_field(value, true))),
            _ => value,
        })
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let types: Vec<DataType> =
            args.arg_fields.iter().map(|field| field.data_type().clone()).collect();
        Ok(Arc::new(Field::new(self.name, self.return_type(&types)?, true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let arrays = args.args.iter().map(|a| a.to_array(rows)).collect::<Result<Vec<_>>>()?;
        let to = args.return_field.data_type();
        let made = (0..rows).map(|row| self.one(&arrays, row, to)).collect::<Result<Vec<_>>>()?;
        let parts: Vec<&dyn Array> = made.iter().map(AsRef::as_ref).collect();
        Ok(ColumnarValue::Array(match parts.is_empty() {
            true => new_null_array(to, 0),
            false => concat(&parts)?,
        }))
    }
}

impl Sorted {
    /// One row's answer, as an array of one.
    fn one(&self, arrays: &[ArrayRef], row: usize, to: &DataType) -> Result<ArrayRef> {
        let lists = arrays[arrays.len() - 1].as_list::<i32>();
        if lists.is_null(row) || lists.value(row).is_empty() {
            return Ok(new_null_array(to, 1));
        }
        let values = lists.value(row);
        if self.name == "__mode" {
            return Ok(values.slice(most_frequent(&values)?, 1));
        }
        let fractions = match arrays[0].as_list_opt::<i32>() {
            Some(lists) if lists.is_null(row) => return Ok(new_null_array(to, 1)),
            Some(lists) => lists.value(row),
            None => arrays[0].slice(row, 1),
        };
        let fractions = fractions.as_primitive::<Float64Type>().iter();
        let made = match self.name {
            "__percentile_cont" => continuous(&values, fractions.collect())?,
            _ => discrete(&values, fractions.collect())?,
        };
        match to {
            DataType::List(_) => {
                let list = ScalarValue::List(Arc::new(arrow::array::ListArray::try_new(
                    Arc::new(Field::new_list_field(made.data_type().clone(), true)),
                    arrow::buffer::OffsetBuffer::from_lengths([made.len()]),
                    made,
                    None,
                )?));
                Ok(list.to_array()?)
            }
            _ => Ok(made),
        }
    }
}

/// The first of the values that come most often, in their order.
fn most_frequent(values: &ArrayRef) -> Result<usize> {
    let (mut best, mut most, mut start) = (0, 0, 0);
    let parts = arrow::compute::partition(&[Arc::clone(values)])?;
    for range in parts.ranges() {
        if range.len() > most {
            (best, most) = (range.start, range.len());
        }
        start = range.end;
    }
    debug_assert_eq!(start, values.len(), "every value is in a range");
    Ok(best)
}

fn checked(fraction: f64) -> Result<f64> {
    match (0.0..=1.0).contains(&fraction) {
        true => Ok(fraction),
        false => Err(fail(Error::new(
            SqlState::NUMERIC_OUT_OF_RANGE,
            format!("percentile value {fraction} is not between 0 and 1"),
        ))),
    }
}

/// Between the two values beside the place.
fn continuous(values: &ArrayRef, fractions: Vec<Option<f64>>) -> Result<ArrayRef> {
    if let Some(spans) = values.as_primitive_opt::<IntervalMonthDayNanoType>() {
        return spans_between(spans, fractions);
    }
    let values = cast(values, &DataType::Float64)?;
    let values = values.as_primitive::<Float64Type>();
    let at = |fraction: f64| -> Result<f64> {
        let place = checked(fraction)? * (values.len() - 1) as f64;
        let (low, high) = (place.floor() as usize, place.ceil() as usize);
        let (a, b) = (values.value(low), values.value(high));
        Ok(if low == high { a } else { a + (b - a) * (place - low as f64) })
    };
    let made = fractions.into_iter().map(|f| f.map(at).transpose());
    Ok(Arc::new(made.collect::<Result<Float64Array>>()?))
}

/// The same of spans of time: months, days and the rest of it each by themselves.
fn spans_between(
    spans: &PrimitiveArray<IntervalMonthDayNanoType>,
    fractions: Vec<Option<f64>>,
) -> Result<ArrayRef> {
    let span = |i: usize| {
        let value = spans.value(i);
        Span::new(value.months, value.days, value.nanoseconds / 1000)
    };
    let at = |fraction: f64| -> Result<IntervalMonthDayNano> {
        let place = checked(fraction)? * (spans.len() - 1) as f64;
        let (low, high) = (span(place.floor() as usize), span(place.ceil() as usize));
        let apart =
            Span::new(high.months - low.months, high.days - low.days, high.micros - low.micros);
        let part = apart.times(place - place.floor()).map_err(fail)?;
        let (months, days) = (low.months + part.months, low.days + part.days);
        Ok(IntervalMonthDayNano::new(months, days, (low.micros + part.micros) * 1000))
    };
    let made = fractions.into_iter().map(|f| f.map(at).transpose());
    let made = made.collect::<Result<PrimitiveArray<IntervalMonthDayNanoType>>>()?;
    Ok(Arc::new(made))
}

/// The first value whose share reaches the fraction.
fn discrete(values: &ArrayRef, fractions: Vec<Option<f64>>) -> Result<ArrayRef> {
    let none = new_null_array(values.data_type(), 1);
    let mut places = Vec::new();
    for fraction in fractions {
        places.push(match fraction {
            None => (1, 0),
            Some(fraction) => {
                let place = (checked(fraction)? * values.len() as f64).ceil() as usize;
                (0, place.saturating_sub(1))
            }
        });
    }
    Ok(interleave(&[values.as_ref(), none.as_ref()], &places)?)
}
