//! Aggregates over intervals: the least, the greatest, the sum and the average.

use std::any::Any;
use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Field, FieldRef, Int64Type, IntervalMonthDayNanoType, IntervalUnit,
};
use datafusion::common::{Result, ScalarValue};
use datafusion::functions_aggregate::average::avg_udaf;
use datafusion::functions_aggregate::sum::sum_udaf;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility,
};

use super::function::fail;
use super::span::Span;

const INTERVAL: DataType = DataType::Interval(IntervalUnit::MonthDayNano);

static OVER_INTERVALS: LazyLock<Vec<Arc<AggregateUDF>>> = LazyLock::new(|| {
    let all = [
        ("__interval_min", What::Least),
        ("__interval_max", What::Greatest),
        ("__interval_sum", What::Sum),
        ("__interval_avg", What::Average),
    ];
    all.map(|(name, what)| {
        let signature = Signature::exact(vec![INTERVAL], Volatility::Immutable);
        Arc::new(AggregateUDF::from(OfIntervals { name, what, signature }))
    })
    .into()
});

/// The aggregate over intervals behind a name.
pub fn over_intervals(name: &str) -> Option<Arc<AggregateUDF>> {
    let name = format!("__interval_{name}");
    OVER_INTERVALS.iter().find(|f| f.name() == name).map(Arc::clone)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum What {
    Least,
    Greatest,
    Sum,
    Average,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct OfIntervals {
    name: &'static str,
    what: What,
    signature: Signature,
}

impl AggregateUDFImpl for OfIntervals {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(INTERVAL)
    }

    fn state_fields(&self, _: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        Ok(vec![
            Arc::new(Field::new("span", INTERVAL, true)),
            Arc::new(Field::new("count", DataType::Int64, false)),
        ])
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let distinct = args.is_distinct.then(Vec::new);
        Ok(Box::new(Spans { what: self.what, span: None, count: 0, distinct }))
    }

    fn create_sliding_accumulator(
        &self,
        args: AccumulatorArgs<'_>,
    ) -> Result<Box<dyn Accumulator>> {
        self.accumulator(args)
    }
}

#[derive(Debug)]
struct Spans {
    what: What,
    span: Option<Span>,
    count: i64,
    /// Keys that were added already, of a sum over distinct ones.
    distinct: Option<Vec<i128>>,
}

impl Spans {
    fn add(&mut self, span: Span, count: i64) -> Result<()> {
        if let Some(seen) = &mut self.distinct {
            match seen.binary_search(&span.key()) {
                Ok(_) => return Ok(()),
                Err(at) => seen.insert(at, span.key()),
            }
        }
        self.count += count;
        self.span = Some(match (self.span, self.what) {
            (None, _) => span,
            (Some(known), What::Least) if span.key() < known.key() => span,
            (Some(known), What::Greatest) if span.key() > known.key() => span,
            (Some(known), What::Least | What::Greatest) => known,
            (Some(known), What::Sum | What::Average) => known.plus(span).map_err(fail)?,
        });
        Ok(())
    }
}

impl Accumulator for Spans {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let values = values[0].as_primitive::<IntervalMonthDayNanoType>();
        values.iter().flatten().try_for_each(|v| self.add(Span::of_arrow(v), 1))
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let spans = states[0].as_primitive::<IntervalMonthDayNanoType>();
        let counts = states[1].as_primitive::<Int64Type>();
        for row in 0..spans.len() {
            if !spans.is_null(row) {
                self.add(Span::of_arrow(spans.value(row)), counts.value(row))?;
            }
        }
        Ok(())
    }

    /// Of a moving frame; the least and the greatest are computed anew for each.
    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let values = values[0].as_primitive::<IntervalMonthDayNanoType>();
        for v in values.iter().flatten() {
            self.count -= 1;
            self.span = match self.span {
                Some(known) if self.count > 0 => {
                    Some(known.minus(Span::of_arrow(v)).map_err(fail)?)
                }
                _ => None,
            };
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        matches!(self.what, What::Sum | What::Average) && self.distinct.is_none()
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let span = match (self.span, self.what) {
            (Some(sum), What::Average) => Some(sum.over(self.count as f64).map_err(fail)?),
            (span, _) => span,
        };
        let arrow = span.map(Span::arrow).transpose().map_err(fail)?;
        Ok(ScalarValue::IntervalMonthDayNano(arrow))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let arrow = self.span.map(Span::arrow).transpose().map_err(fail)?;
        let span = ScalarValue::IntervalMonthDayNano(arrow);
        Ok(vec![span, ScalarValue::Int64(Some(self.count))])
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.distinct.as_ref().map_or(0, |d| d.capacity() * 16)
    }
}

/// `sum` and `avg` as they are bound, before it is known which they mean: DataFusion's refuse intervals.
static EITHER: LazyLock<Vec<Arc<AggregateUDF>>> = LazyLock::new(|| {
    [sum_udaf(), avg_udaf()]
        .map(|inner| {
            let signature = Signature::user_defined(Volatility::Immutable);
            Arc::new(AggregateUDF::from(Either { inner, signature }))
        })
        .into()
});

pub fn either(name: &str) -> Option<Arc<AggregateUDF>> {
    EITHER.iter().find(|f| f.name() == name).map(Arc::clone)
}

/// What such a placeholder stands for.
pub fn settled(function: &AggregateUDF, argument: &DataType) -> Option<Arc<AggregateUDF>> {
    let interval = matches!(argument, DataType::Interval(_));
    let either = (&**function.inner() as &dyn Any).downcast_ref::<Either>();
    match (either, interval) {
        (_, true) => over_intervals(function.name()),
        (Some(either), false) => Some(Arc::clone(&either.inner)),
        (None, false) => None,
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Either {
    inner: Arc<AggregateUDF>,
    signature: Signature,
}

impl AggregateUDFImpl for Either {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        if let [DataType::Interval(_)] = types {
            return Ok(vec![INTERVAL]);
        }
        let fields: Vec<FieldRef> =
            types.iter().map(|t| Arc::new(Field::new("", t.clone(), true))).collect();
        let coerced = datafusion::logical_expr::type_coercion::functions::fields_with_udf(
            &fields,
            &*self.inner,
        )?;
        Ok(coerced.iter().map(|f| f.data_type().clone()).collect())
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types {
            [DataType::Interval(_)] => Ok(INTERVAL),
            _ => self.inner.return_type(types),
        }
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        self.inner.accumulator(args)
    }
}
