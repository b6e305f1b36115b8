//! `generate_series` over instants: by months and days of the calendar, as far as the bounds reach.

use std::sync::Arc;

use arrow::array::{ArrayRef, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::config::ConfigOptions;
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use futures::stream;

use super::function::fail;
use super::kinds::{Choice, Kind, argument, choose};
use super::read::Setting;
use super::span::{Span, shifted, shifted_days};
use super::values::{Column, Value, to_instant, to_local};
use crate::error::{Error, Result};
use crate::functions::session;

const NAME: &str = "generate_series";
const ROWS: usize = 8_192;

const TAKES: [&[Kind]; 2] = [
    &[Kind::Timestamp, Kind::Timestamp, Kind::Interval],
    &[Kind::Timestamptz, Kind::Timestamptz, Kind::Interval],
];

/// From, to and by how much; none where one of them is NULL.
#[derive(Clone, Copy, Debug)]
pub struct Steps {
    next: i64,
    end: i64,
    step: Span,
    setting: Setting,
    zoned: bool,
    done: bool,
}

impl Steps {
    fn new(values: &[ScalarValue], which: usize, setting: Setting) -> Result<Option<Steps>> {
        let mut found = Vec::new();
        for (value, wanted) in values.iter().zip(TAKES[which]) {
            let internal = |e| Error::internal("a bound of a series").because(e);
            let array = value.to_array().map_err(internal)?;
            let field: FieldRef = Arc::new(Field::new("", value.data_type(), true));
            let given = argument(&field, Some(value));
            let column = Column::new(&array, given, *wanted, true).map_err(internal)?;
            match column.get(0, &setting)? {
                Some(value) => found.push(value),
                None => return Ok(None),
            }
        }
        let zoned = which == 1;
        let (next, end, step) = match found.as_slice() {
            [Value::Timestamp(a), Value::Timestamp(b), Value::Interval(step)]
            | [Value::Timestamptz(a), Value::Timestamptz(b), Value::Interval(step)] => {
                (*a, *b, *step)
            }
            _ => return Err(Error::internal("the bounds of a series")),
        };
        Steps::between((next, end), step, setting, zoned).map(Some)
    }

    /// From one instant or time to another.
    pub fn between(bounds: (i64, i64), step: Span, setting: Setting, zoned: bool) -> Result<Steps> {
        if step.key() == 0 {
            return Err(Error::invalid_parameter("step size cannot equal zero"));
        }
        let (next, end) = bounds;
        Ok(Steps { next, end, step, setting, zoned, done: false })
    }

    fn advance(&mut self) -> Result<()> {
        if self.next == i64::MAX || self.next == i64::MIN {
            return Ok(());
        }
        self.next = match self.zoned {
            false => shifted(self.next, self.step)?,
            true => {
                let mut at = self.next;
                // Hours pass as they do, also where the clock is turned back.
                if self.step.months != 0 || self.step.days != 0 {
                    let local = shifted_days(to_local(at, &self.setting)?, self.step)?;
                    at = to_instant(local, &self.setting)?;
                }
                super::calendar::instant(at.checked_add(self.step.micros))?
            }
        };
        Ok(())
    }

    /// Up to so many values; none when there are no more.
    pub fn some(&mut self, most: usize) -> Result<Option<Vec<i64>>> {
        let mut values = Vec::new();
        let forward = self.step.key() > 0;
        while values.len() < most && !self.done {
            let inside = if forward { self.next <= self.end } else { self.next >= self.end };
            if !inside {
                self.done = true;
                break;
            }
            values.push(self.next);
            self.advance()?;
        }
        Ok((!values.is_empty()).then_some(values))
    }
}

fn data_type(which: usize) -> DataType {
    TAKES[which][0].sql_type().arrow()
}

/// Which of the two the arguments mean, if they mean instants at all.
pub fn which(kinds: &[Option<Kind>]) -> Option<usize> {
    if !kinds.iter().flatten().any(|k| k.is_temporal()) {
        return None;
    }
    match choose(kinds, &TAKES, false) {
        Choice::One(which) => Some(which),
        _ => None,
    }
}

/// The table, if the arguments are instants.
pub fn table(
    values: &[ScalarValue],
    options: &ConfigOptions,
) -> Option<Result<Arc<dyn TableProvider>>> {
    let kinds: Vec<Option<Kind>> = values
        .iter()
        .map(|v| argument(&Arc::new(Field::new("", v.data_type(), true)), Some(v)))
        .collect();
    let which = which(&kinds)?;
    let steps = Steps::new(values, which, session::setting(options));
    Some(steps.map(|steps| {
        let schema = Arc::new(Schema::new(vec![Field::new(NAME, data_type(which), true)]));
        Arc::new(Instants { steps, schema }) as Arc<dyn TableProvider>
    }))
}

#[derive(Clone, Debug)]
pub struct Instants {
    steps: Option<Steps>,
    schema: SchemaRef,
}

#[async_trait]
impl TableProvider for Instants {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        limit: Option<usize>,
    ) -> DfResult<Arc<dyn ExecutionPlan>> {
        let schema = Arc::clone(&self.schema);
        let partition: Arc<dyn PartitionStream> = Arc::new(self.clone());
        let exec = StreamingTableExec::try_new(
            schema,
            vec![partition],
            projection,
            Vec::new(),
            false,
            limit,
        )?;
        Ok(Arc::new(exec))
    }
}

impl PartitionStream for Instants {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (mut steps, schema) = (self.steps, Arc::clone(&self.schema));
        let made = std::iter::from_fn(move || {
            let found = steps.as_mut()?.some(ROWS).map_err(fail).transpose()?;
            Some(found.and_then(|values| {
                let array = TimestampMicrosecondArray::from(values);
                let array = array.with_data_type(schema.field(0).data_type().clone());
                Ok(RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(array) as ArrayRef])?)
            }))
        });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), stream::iter(made)))
    }
}
