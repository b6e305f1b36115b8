//! Variance and standard deviation of doubles as PostgreSQL computes them (float.c: Youngs and Cramer, "Some Results
//! Relevant to Choice of Sum and Sum-of-Product Algorithms", Technometrics 13, 1971), and sums of doubles over frames
//! that move: taking a value back out of a sum does not leave the sum of the others.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};

use crate::error::{Error, SqlState};

static SPREADS: LazyLock<[Arc<AggregateUDF>; 4]> = LazyLock::new(|| {
    let of = |name, alias: &[&str], sample, root| {
        let signature = Signature::exact(vec![DataType::Float64], Volatility::Immutable);
        let aliases = alias.iter().map(|&alias| alias.to_owned()).collect();
        let kind = Kind { sample, root };
        Arc::new(AggregateUDF::from(Spread { name, aliases, kind, signature }))
    };
    [
        of("variance", &["var_samp"], true, false),
        of("var_pop", &[], false, false),
        of("stddev", &["stddev_samp"], true, true),
        of("stddev_pop", &[], false, true),
    ]
});

/// A variance or standard deviation by any of its names.
pub fn aggregate(name: &str) -> Option<Arc<AggregateUDF>> {
    let known = |f: &&Arc<AggregateUDF>| f.name() == name || f.aliases().iter().any(|a| a == name);
    SPREADS.iter().find(known).map(Arc::clone)
}

static MOVING: LazyLock<[Arc<AggregateUDF>; 2]> = LazyLock::new(|| {
    ["sum", "avg"].map(|name| {
        let signature = Signature::exact(vec![DataType::Float64], Volatility::Immutable);
        Arc::new(AggregateUDF::from(Moving { name, signature }))
    })
});

/// The sum or average of such values over a frame whose start moves; none where what is taken back leaves the rest
/// exact.
pub fn moving(name: &str, of: &DataType) -> Option<Arc<AggregateUDF>> {
    let inexact = matches!(of, DataType::Float64 | DataType::Float32);
    MOVING.iter().find(|f| inexact && f.name() == name).map(Arc::clone)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Kind {
    sample: bool,
    root: bool,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Spread {
    name: &'static str,
    aliases: Vec<String>,
    kind: Kind,
    signature: Signature,
}

impl AggregateUDFImpl for Spread {
    fn name(&self) -> &str {
        self.name
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        if args.is_distinct {
            let values = DataType::new_list(DataType::Float64, true);
            return Ok(vec![Arc::new(Field::new("values", values, false))]);
        }
        let field = |name| Arc::new(Field::new(name, DataType::Float64, false));
        Ok(vec![field("n"), field("sx"), field("sxx")])
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        if args.is_distinct {
            return Ok(Box::new(OfDistinct { kind: self.kind, values: BTreeSet::new() }));
        }
        Ok(Box::new(OfAll { kind: self.kind, moments: Moments::default() }))
    }

    fn create_sliding_accumulator(
        &self,
        args: AccumulatorArgs<'_>,
    ) -> Result<Box<dyn Accumulator>> {
        if args.is_distinct {
            return self.accumulator(args);
        }
        let kind = self.kind;
        let evaluate = move |values: &VecDeque<f64>| {
            Moments::of(values.iter().copied()).map(|m| m.spread(kind))
        };
        Ok(Box::new(Frame { values: VecDeque::new(), evaluate }))
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        !args.is_distinct
    }

    fn create_groups_accumulator(
        &self,
        _: AccumulatorArgs<'_>,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(OfGroups { kind: self.kind, groups: Vec::new() }))
    }
}

/// How many values there were, their sum, and the sum of squares of their distances from the mean.
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    n: f64,
    sx: f64,
    sxx: f64,
}

impl Moments {
    fn of(values: impl IntoIterator<Item = f64>) -> Result<Moments> {
        let mut moments = Moments::default();
        values.into_iter().try_for_each(|x| moments.add(x))?;
        Ok(moments)
    }

    fn add(&mut self, x: f64) -> Result<()> {
        let before = *self;
        self.n += 1.0;
        self.sx += x;
        if before.n == 0.0 {
            // Of one value that is no number there is no spread.
            if !x.is_finite() {
                self.sxx = f64::NAN;
            }
            return Ok(());
        }
        let distance = x * self.n - self.sx;
        self.sxx += distance * distance / (self.n * before.n);
        if self.sx.is_infinite() || self.sxx.is_infinite() {
            if before.sx.is_finite() && x.is_finite() {
                return Err(overflow());
            }
            self.sxx = f64::NAN;
        }
        Ok(())
    }

    fn merge(&mut self, other: Moments) -> Result<()> {
        if other.n == 0.0 {
            return Ok(());
        }
        if self.n == 0.0 {
            *self = other;
            return Ok(());
        }
        let n = self.n + other.n;
        let distance = self.sx / self.n - other.sx / other.n;
        let sxx = self.sxx + other.sxx + self.n * other.n * distance * distance / n;
        if sxx.is_infinite() && self.sxx.is_finite() && other.sxx.is_finite() {
            return Err(overflow());
        }
        *self = Moments { n, sx: self.sx + other.sx, sxx };
        Ok(())
    }

    fn spread(self, kind: Kind) -> Option<f64> {
        let over = if kind.sample { self.n - 1.0 } else { self.n };
        let variance = (over > 0.0).then_some(self.sxx / over)?;
        Some(if kind.root { variance.sqrt() } else { variance })
    }
}

fn overflow() -> datafusion::error::DataFusionError {
    let overflow = Error::new(SqlState::NUMERIC_OUT_OF_RANGE, "value out of range: overflow");
    datafusion::error::DataFusionError::External(Box::new(overflow))
}

fn doubles(values: &ArrayRef) -> Result<Float64Array> {
    Ok(cast(values, &DataType::Float64)?.as_primitive::<Float64Type>().clone())
}

/// The moments of one row of states.
fn stored(states: &[ArrayRef]) -> impl Fn(usize) -> Moments + '_ {
    let at = |i: usize, row: usize| states[i].as_primitive::<Float64Type>().value(row);
    move |row| Moments { n: at(0, row), sx: at(1, row), sxx: at(2, row) }
}

fn columns(rows: &[Moments]) -> Vec<ArrayRef> {
    let column = |of: fn(&Moments) -> f64| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(rows.iter().map(of)))
    };
    vec![column(|m| m.n), column(|m| m.sx), column(|m| m.sxx)]
}

#[derive(Debug)]
struct OfAll {
    kind: Kind,
    moments: Moments,
}

impl Accumulator for OfAll {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        doubles(&values[0])?.iter().flatten().try_for_each(|x| self.moments.add(x))
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let stored = stored(states);
        (0..states[0].len()).try_for_each(|row| self.moments.merge(stored(row)))
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Float64(self.moments.spread(self.kind)))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let Moments { n, sx, sxx } = self.moments;
        Ok([n, sx, sxx].map(|x| ScalarValue::Float64(Some(x))).into())
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}

/// The values of DISTINCT; in their order, since the last digit depends on it.
#[derive(Debug)]
struct OfDistinct {
    kind: Kind,
    values: BTreeSet<OrderedFloat>,
}

impl OfDistinct {
    fn take(&mut self, values: &ArrayRef) -> Result<()> {
        self.values.extend(doubles(values)?.iter().flatten().map(OrderedFloat::of));
        Ok(())
    }
}

impl Accumulator for OfDistinct {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.take(&values[0])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let lists = states[0].as_list::<i32>();
        lists.iter().flatten().try_for_each(|values| self.take(&values))
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let moments = Moments::of(self.values.iter().map(|x| x.0))?;
        Ok(ScalarValue::Float64(moments.spread(self.kind)))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let values = self.values.iter().map(|x| ScalarValue::Float64(Some(x.0)));
        let values =
            ScalarValue::new_list_nullable(&values.collect::<Vec<_>>(), &DataType::Float64);
        Ok(vec![ScalarValue::List(values)])
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.values.len() * 2 * size_of::<f64>()
    }
}

/// A double as PostgreSQL orders and equals them: the zeros are one, NaN is one and the greatest.
#[derive(Clone, Copy, Debug)]
struct OrderedFloat(f64);

impl OrderedFloat {
    fn of(x: f64) -> OrderedFloat {
        OrderedFloat(if x.is_nan() { f64::NAN } else { x + 0.0 })
    }
}

impl Ord for OrderedFloat {
    fn cmp(&self, other: &OrderedFloat) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for OrderedFloat {
    fn partial_cmp(&self, other: &OrderedFloat) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for OrderedFloat {
    fn eq(&self, other: &OrderedFloat) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for OrderedFloat {}

struct OfGroups {
    kind: Kind,
    groups: Vec<Moments>,
}

impl OfGroups {
    fn grow(&mut self, total: usize) {
        self.groups.resize(total, Moments::default());
    }
}

impl GroupsAccumulator for OfGroups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        self.grow(total);
        let values = doubles(&values[0])?;
        for (row, group) in groups.iter().enumerate() {
            let passes = filter.is_none_or(|f| f.is_valid(row) && f.value(row));
            if passes && values.is_valid(row) {
                self.groups[*group].add(values.value(row))?;
            }
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        self.grow(total);
        let stored = stored(states);
        groups
            .iter()
            .enumerate()
            .try_for_each(|(row, group)| self.groups[*group].merge(stored(row)))
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let groups = emit_to.take_needed(&mut self.groups);
        let spreads = groups.into_iter().map(|moments| moments.spread(self.kind));
        Ok(Arc::new(spreads.collect::<Float64Array>()))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(columns(&emit_to.take_needed(&mut self.groups)))
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let values = doubles(&values[0])?;
        let mut rows = vec![Moments::default(); values.len()];
        for (row, moments) in rows.iter_mut().enumerate() {
            let passes = filter.is_none_or(|f| f.is_valid(row) && f.value(row));
            if passes && values.is_valid(row) {
                moments.add(values.value(row))?;
            }
        }
        Ok(columns(&rows))
    }

    fn size(&self) -> usize {
        self.groups.capacity() * size_of::<Moments>()
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Moving {
    name: &'static str,
    signature: Signature,
}

impl AggregateUDFImpl for Moving {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn state_fields(&self, _: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new("value", DataType::Float64, true))])
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let average = self.name == "avg";
        let evaluate = move |values: &VecDeque<f64>| {
            let sum = values.iter().copied().reduce(|sum, x| sum + x);
            if sum.is_some_and(f64::is_infinite) && values.iter().all(|x| x.is_finite()) {
                return Err(overflow());
            }
            Ok(sum.map(|sum| if average { sum / values.len() as f64 } else { sum }))
        };
        Ok(Box::new(Frame { values: VecDeque::new(), evaluate }))
    }
}

/// The values of a frame, computed anew wherever it stands, as PostgreSQL does for doubles.
struct Frame<F> {
    values: VecDeque<f64>,
    evaluate: F,
}

impl<F> std::fmt::Debug for Frame<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frame").finish_non_exhaustive()
    }
}

impl<F> Accumulator for Frame<F>
where
    F: Fn(&VecDeque<f64>) -> Result<Option<f64>> + Send + Sync + 'static,
{
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.values.extend(doubles(&values[0])?.iter().flatten());
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let gone = values[0].len() - values[0].null_count();
        self.values.drain(..gone.min(self.values.len()));
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn merge_batch(&mut self, _: &[ArrayRef]) -> Result<()> {
        Err(datafusion::error::DataFusionError::Internal("a frame is not merged".to_owned()))
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Float64((self.evaluate)(&self.values)?))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn size(&self) -> usize {
        self.values.capacity() * size_of::<f64>()
    }
}
