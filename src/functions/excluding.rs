//! EXCLUDE in window frames: an aggregate, or a value by its place, over what a frame leaves in.
//!
//! DataFusion's frames are one range of rows. Such a range loses the current row, its peers or both here, which leaves
//! up to three ranges. As in PostgreSQL an aggregate is then computed anew for each row, so that a partition of n rows
//! with frames of n rows costs n² additions; where a row's frame is that of the row before it and more, what is more is
//! added. A statement that nobody waits for any longer stops within a million additions.

use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::compute::{filter, partition, prep_null_mask_filter};
use arrow::datatypes::{DataType, Field, FieldRef, Int64Type, Schema};
use datafusion::common::{Result, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::function::{
    AccumulatorArgs, PartitionEvaluatorArgs, WindowUDFFieldArgs,
};
use datafusion::logical_expr::type_coercion::functions::fields_with_udf;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, ColumnarValue, PartitionEvaluator, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature, Volatility, WindowUDF, WindowUDFImpl,
};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{Column, Literal};

use crate::error::{Error, SqlState};

/// What a frame leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Excluded {
    CurrentRow,
    /// The row and its peers.
    Group,
    /// Its peers without it.
    Ties,
}

/// The function that marks a window whose frames leave something out; it is never called.
pub const MARK: &str = "__exclude";

static MARKS: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| {
    Arc::new(ScalarUDF::from(Mark { signature: Signature::any(1, Volatility::Volatile) }))
});

pub(super) fn function(name: &str) -> Option<Arc<ScalarUDF>> {
    (name == MARK).then(|| Arc::clone(&MARKS))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Mark {
    signature: Signature,
}

impl ScalarUDFImpl for Mark {
    fn name(&self) -> &str {
        MARK
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Err(external(Error::internal("a window's mark was left standing")))
    }
}

/// An aggregate over what is left in; where `filtered`, its last argument says which rows count.
pub fn aggregate(function: Arc<AggregateUDF>, excluded: Excluded, filtered: bool) -> WindowUDF {
    made(Inner::Aggregate(function), excluded, filtered)
}

/// The first, the last or a certain one of the rows that are left in; None for functions that look at no frame.
pub fn placed(function: &Arc<WindowUDF>, excluded: Excluded) -> Option<WindowUDF> {
    let place = match function.name() {
        "first_value" => Place::First,
        "last_value" => Place::Last,
        "nth_value" => Place::Nth,
        _ => return None,
    };
    Some(made(Inner::Placed(place, Arc::clone(function)), excluded, false))
}

/// The same function, which now asks whether somebody still waits for it, or why not.
pub fn wanted_while(
    function: &WindowUDF,
    wanted: impl Fn() -> std::result::Result<(), Error> + Send + Sync + 'static,
) -> Option<WindowUDF> {
    let excluding = function.inner().downcast_ref::<Excluding>()?;
    let wanted = Wanted(Some(Arc::new(wanted)));
    Some(WindowUDF::from(Excluding { wanted, ..excluding.clone() }))
}

fn made(inner: Inner, excluded: Excluded, filtered: bool) -> WindowUDF {
    let volatility = match &inner {
        Inner::Aggregate(function) => function.signature().volatility,
        Inner::Placed(_, function) => function.signature().volatility,
    };
    let signature = Signature::user_defined(volatility);
    WindowUDF::from(Excluding { inner, excluded, filtered, signature, wanted: Wanted(None) })
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Inner {
    Aggregate(Arc<AggregateUDF>),
    Placed(Place, Arc<WindowUDF>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    First,
    Last,
    Nth,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Excluding {
    inner: Inner,
    excluded: Excluded,
    filtered: bool,
    signature: Signature,
    wanted: Wanted,
}

/// Whether somebody waits; this makes no difference to what a function is.
#[derive(Clone)]
struct Wanted(Option<Arc<Asked>>);

type Asked = dyn Fn() -> std::result::Result<(), Error> + Send + Sync;

impl std::fmt::Debug for Wanted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wanted")
    }
}

impl PartialEq for Wanted {
    fn eq(&self, _: &Wanted) -> bool {
        true
    }
}

impl Eq for Wanted {}

impl Hash for Wanted {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

fn external(e: Error) -> DataFusionError {
    DataFusionError::External(Box::new(e))
}

impl Excluding {
    /// How many of so many arguments are the inner function's.
    fn own(&self, arguments: usize) -> usize {
        arguments.saturating_sub(usize::from(self.filtered))
    }
}

impl WindowUDFImpl for Excluding {
    fn name(&self) -> &str {
        match &self.inner {
            Inner::Aggregate(function) => function.name(),
            Inner::Placed(_, function) => function.name(),
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let (own, filter) = types.split_at(self.own(types.len()));
        let field =
            |t: &DataType| -> FieldRef { Arc::new(Field::new("argument", t.clone(), true)) };
        let fields: Vec<FieldRef> = own.iter().map(field).collect();
        let fields = match &self.inner {
            Inner::Aggregate(function) => fields_with_udf(&fields, function.as_ref())?,
            Inner::Placed(_, function) => fields_with_udf(&fields, function.as_ref())?,
        };
        let mut all: Vec<DataType> = fields.iter().map(|f| f.data_type().clone()).collect();
        if let (Inner::Placed(Place::Nth, _), [_, which]) = (&self.inner, all.as_mut_slice()) {
            *which = DataType::Int64;
        }
        all.extend(filter.iter().map(|_| DataType::Boolean));
        Ok(all)
    }

    fn field(&self, args: WindowUDFFieldArgs<'_>) -> Result<FieldRef> {
        let fields = args.input_fields();
        let own = &fields[..self.own(fields.len())];
        let field = match &self.inner {
            Inner::Aggregate(function) => function.return_field(own)?,
            Inner::Placed(_, function) => {
                function.field(WindowUDFFieldArgs::new(own, args.name()))?
            }
        };
        Ok(Arc::new(field.as_ref().clone().with_name(args.name())))
    }

    fn partition_evaluator(
        &self,
        args: PartitionEvaluatorArgs<'_>,
    ) -> Result<Box<dyn PartitionEvaluator>> {
        let own = self.own(args.input_exprs().len());
        let fields = args.input_fields()[..own].to_vec();
        let does = match &self.inner {
            Inner::Aggregate(function) => {
                let given = &args.input_exprs()[..own];
                Does::Aggregate(Box::new(Aggregate::new(function, given, fields)?))
            }
            Inner::Placed(place, _) => Does::Placed(*place),
        };
        Ok(Box::new(Evaluator {
            does,
            excluded: self.excluded,
            own,
            filtered: self.filtered,
            wanted: self.wanted.clone(),
            row: 0,
            partition: None,
            visited: 0,
        }))
    }
}

/// The engine asks it once for each row of a partition, in their order, with the frame of that row.
#[derive(Debug)]
struct Evaluator {
    does: Does,
    excluded: Excluded,
    own: usize,
    filtered: bool,
    wanted: Wanted,
    row: usize,
    partition: Option<Partition>,
    /// Rows looked at since it was last asked whether somebody waits.
    visited: usize,
}

#[derive(Debug)]
enum Does {
    Aggregate(Box<Aggregate>),
    Placed(Place),
}

impl PartitionEvaluator for Evaluator {
    fn uses_window_frame(&self) -> bool {
        true
    }

    /// `values`: the arguments, then the condition of FILTER if there is one, then the window's keys.
    fn evaluate(&mut self, values: &[ArrayRef], frame: &Range<usize>) -> Result<ScalarValue> {
        let row = self.row;
        self.row += 1;
        if self.partition.is_none() {
            self.partition = Some(Partition::of(values, self.own, self.filtered)?);
        }
        let Some(partition) = &mut self.partition else {
            return Err(external(Error::internal("no partition")));
        };
        let peers = partition.peers_of(row);
        let left = left_in(frame, row, &peers, self.excluded);
        match &mut self.does {
            Does::Placed(place) => partition.value_at(nth(*place, values, row, &left)?),
            Does::Aggregate(aggregate) => {
                let left: Vec<Range<usize>> =
                    left.iter().map(|r| partition.counted(r)).filter(|r| !r.is_empty()).collect();
                self.visited += 1 + aggregate.to_visit(&left);
                if self.visited >= VISITS {
                    self.visited = 0;
                    self.wanted.0.as_ref().map_or(Ok(()), |wanted| wanted()).map_err(external)?;
                }
                aggregate.over(&partition.arguments, left)
            }
        }
    }
}

/// So many rows are looked at between two questions whether somebody waits.
const VISITS: usize = 1 << 20;

/// The rows of a frame that are left in, as ranges in their order.
fn left_in(
    frame: &Range<usize>,
    row: usize,
    peers: &Range<usize>,
    excluded: Excluded,
) -> Vec<Range<usize>> {
    let out = match excluded {
        Excluded::CurrentRow => row..row + 1,
        Excluded::Group | Excluded::Ties => peers.clone(),
    };
    let own = match excluded {
        Excluded::Ties => row.max(frame.start)..(row + 1).min(frame.end),
        Excluded::CurrentRow | Excluded::Group => 0..0,
    };
    let before = frame.start..frame.end.min(out.start);
    let behind = frame.start.max(out.end)..frame.end;
    [before, own, behind].into_iter().filter(|range| !range.is_empty()).collect()
}

/// The row that a function of places picks.
fn nth(
    place: Place,
    values: &[ArrayRef],
    row: usize,
    left: &[Range<usize>],
) -> Result<Option<usize>> {
    let mut skip = match place {
        Place::First => return Ok(left.first().map(|range| range.start)),
        Place::Last => return Ok(left.last().map(|range| range.end - 1)),
        Place::Nth => {
            let which = values[1].as_primitive::<Int64Type>();
            if which.is_null(row) {
                return Ok(None);
            }
            usize::try_from(which.value(row) - 1).map_err(|_| {
                let message = "argument of nth_value must be greater than zero";
                external(Error::new(SqlState::INVALID_NTH_VALUE, message))
            })?
        }
    };
    for range in left {
        if skip < range.len() {
            return Ok(Some(range.start + skip));
        }
        skip -= range.len();
    }
    Ok(None)
}

#[derive(Debug)]
struct Partition {
    /// The inner function's, of the rows that pass the filter.
    arguments: Vec<ArrayRef>,
    /// How many rows before each, and in all, pass the filter.
    passing: Option<Vec<usize>>,
    /// Rows whose keys are the same.
    groups: Vec<Range<usize>>,
    /// The group of the last row that was asked for.
    at: usize,
}

impl Partition {
    fn of(values: &[ArrayRef], own: usize, filtered: bool) -> Result<Partition> {
        let rows = values.first().map_or(0, |v| v.len());
        let keys = &values[own + usize::from(filtered)..];
        let whole = 0..rows;
        let groups = if keys.is_empty() { vec![whole] } else { partition(keys)?.ranges() };
        let mut arguments = values[..own].to_vec();
        let mut passing = None;
        if filtered {
            let passes = passes(values[own].as_boolean());
            let mut before = Vec::with_capacity(rows + 1);
            let mut count = 0;
            for row in 0..rows {
                before.push(count);
                count += usize::from(passes.value(row));
            }
            before.push(count);
            passing = Some(before);
            for argument in &mut arguments {
                *argument = filter(argument, &passes)?;
            }
        }
        Ok(Partition { arguments, passing, groups, at: 0 })
    }

    fn peers_of(&mut self, row: usize) -> Range<usize> {
        while self.groups.get(self.at).is_some_and(|group| group.end <= row) {
            self.at += 1;
        }
        self.groups.get(self.at).map_or(row..row + 1, Range::clone)
    }

    /// Where the rows of a range stand among those that pass the filter.
    fn counted(&self, range: &Range<usize>) -> Range<usize> {
        match &self.passing {
            Some(before) => before[range.start]..before[range.end],
            None => range.clone(),
        }
    }

    fn value_at(&self, row: Option<usize>) -> Result<ScalarValue> {
        match row {
            Some(row) => ScalarValue::try_from_array(&self.arguments[0], row),
            None => ScalarValue::try_from(self.arguments[0].data_type()),
        }
    }
}

/// A condition that is not known does not hold.
fn passes(condition: &BooleanArray) -> BooleanArray {
    match condition.null_count() {
        0 => condition.clone(),
        _ => prep_null_mask_filter(condition),
    }
}

/// An aggregate, and what it has seen for the row before.
#[derive(Debug)]
struct Aggregate {
    function: Arc<AggregateUDF>,
    expressions: Vec<Arc<dyn PhysicalExpr>>,
    fields: Vec<FieldRef>,
    schema: Schema,
    return_field: FieldRef,
    last: Option<(Vec<Range<usize>>, ScalarValue)>,
    running: Option<Box<dyn Accumulator>>,
}

/// Aggregates that tell their result and go on.
const GO_ON: &[&str] = &["sum", "count", "min", "max"];

impl Aggregate {
    fn new(
        function: &Arc<AggregateUDF>,
        given: &[Arc<dyn PhysicalExpr>],
        fields: Vec<FieldRef>,
    ) -> Result<Aggregate> {
        // Its arguments come as columns, but for those that it wants to read beforehand.
        let expressions =
            given.iter().zip(&fields).enumerate().map(|(i, (e, field))| match e.is::<Literal>() {
                true => Arc::clone(e),
                false => Arc::new(Column::new(field.name(), i)) as Arc<dyn PhysicalExpr>,
            });
        Ok(Aggregate {
            function: Arc::clone(function),
            expressions: expressions.collect(),
            schema: Schema::new(fields.clone()),
            return_field: function.return_field(&fields)?,
            fields,
            last: None,
            running: None,
        })
    }

    fn fresh(&self) -> Result<Box<dyn Accumulator>> {
        self.function.accumulator(AccumulatorArgs {
            return_field: Arc::clone(&self.return_field),
            schema: &self.schema,
            ignore_nulls: false,
            order_bys: &[],
            is_reversed: false,
            name: self.function.name(),
            is_distinct: false,
            exprs: &self.expressions,
            expr_fields: &self.fields,
        })
    }

    /// What comes new, if what is left in is the same as for the row before and more.
    fn more(&self, left: &[Range<usize>]) -> Option<Range<usize>> {
        let ([before], [now]) = (self.last.as_ref()?.0.as_slice(), left) else { return None };
        let grows = before.start == now.start && before.end <= now.end;
        (self.running.is_some() && grows).then_some(before.end..now.end)
    }

    fn is_same(&self, left: &[Range<usize>]) -> bool {
        self.last.as_ref().is_some_and(|(before, _)| before == left)
    }

    fn to_visit(&self, left: &[Range<usize>]) -> usize {
        match self.more(left) {
            _ if self.is_same(left) => 0,
            Some(more) => more.len(),
            None => left.iter().map(ExactSizeIterator::len).sum(),
        }
    }

    fn over(&mut self, arguments: &[ArrayRef], left: Vec<Range<usize>>) -> Result<ScalarValue> {
        if let Some((before, value)) = &self.last
            && *before == left
        {
            return Ok(value.clone());
        }
        let more = self.more(&left);
        let (mut accumulator, new) = match (more, self.running.take()) {
            (Some(more), Some(running)) => (running, vec![more]),
            _ => (self.fresh()?, left.clone()),
        };
        for range in new {
            let slices = arguments.iter().map(|a| a.slice(range.start, range.len()));
            accumulator.update_batch(&slices.collect::<Vec<_>>())?;
        }
        let value = accumulator.evaluate()?;
        self.last = Some((left, value.clone()));
        self.running = GO_ON.contains(&self.function.name()).then_some(accumulator);
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_in() {
        let left = |frame, excluded| left_in(&frame, 4, &(3..6), excluded);
        assert_eq!(left(0..9, Excluded::CurrentRow), [0..4, 5..9]);
        assert_eq!(left(0..9, Excluded::Group), [0..3, 6..9]);
        assert_eq!(left(0..9, Excluded::Ties), [0..3, 4..5, 6..9]);
        assert!(left(4..5, Excluded::CurrentRow).is_empty());
        let one = |frame, excluded, range| assert_eq!(left(frame, excluded), [range]);
        one(0..3, Excluded::Ties, 0..3);
        one(5..9, Excluded::Group, 6..9);
        one(7..9, Excluded::CurrentRow, 7..9);
    }
}
