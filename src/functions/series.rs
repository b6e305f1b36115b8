//! `generate_series` as a table: whole numbers in the type of their bounds, instants in microseconds.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{Result, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::functions_table::generate_series::{GenSeriesArgs, GenerateSeriesTable};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_expr::expressions::{CastExpr, Column};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::projection::ProjectionExec;

use super::missing::undefined;
use crate::catalog::types::SqlType;
use crate::error::Error;

/// The name of the function and, without an alias, of its column.
const NAME: &str = "generate_series";

/// DataFusion's series, cast to the type that PostgreSQL gives it.
#[derive(Debug)]
pub(super) struct Series {
    inner: GenerateSeriesTable,
    schema: SchemaRef,
}

/// The table for these arguments, which are literals by now.
pub(super) fn table(arguments: &[Expr]) -> Result<Arc<dyn TableProvider>> {
    let mut values = Vec::new();
    for argument in arguments {
        match argument {
            Expr::Literal(value, _) => values.push(value.clone()),
            _ => return Err(fail(Error::unsupported("generate_series over columns in FROM"))),
        }
    }
    let (made, wanted, args) = match shape(&values) {
        Some(Shape::Whole(to)) => (DataType::Int64, to, whole(&values)?),
        Some(Shape::Instants(tz)) => {
            let made = DataType::Timestamp(TimeUnit::Nanosecond, tz.clone());
            let wanted = DataType::Timestamp(TimeUnit::Microsecond, tz.clone());
            (made, wanted, instants(&values, tz)?)
        }
        None => return Err(fail(missing(&values))),
    };
    let column = |t: DataType| Arc::new(Schema::new(vec![Field::new(NAME, t, false)]));
    let inner = GenerateSeriesTable::new(column(made), args);
    Ok(Arc::new(Series { inner, schema: column(wanted) }))
}

enum Shape {
    Whole(DataType),
    Instants(Option<Arc<str>>),
}

/// What the bounds say; two or three arguments of one kind.
fn shape(values: &[ScalarValue]) -> Option<Shape> {
    if !(2..=3).contains(&values.len()) {
        return None;
    }
    let types: Vec<DataType> = values.iter().map(ScalarValue::data_type).collect();
    let unknown = |t: &DataType| t.is_null() || t.is_string();
    if types.iter().all(|t| t.is_signed_integer() || t.is_null()) {
        let narrow = |(v, t): (&ScalarValue, &DataType)| {
            let n = v.cast_to(&DataType::Int64).ok();
            let fits = |n: ScalarValue| matches!(n, ScalarValue::Int64(Some(n)) if i32::try_from(n).is_ok());
            t.is_null() || (!matches!(t, DataType::Int64) && n.is_some_and(fits))
        };
        let small = values.iter().zip(&types).all(narrow);
        return Some(Shape::Whole(if small { DataType::Int32 } else { DataType::Int64 }));
    }
    let (bounds, step) = types.split_at(2);
    let stepped = step.iter().all(|t| matches!(t, DataType::Interval(_)) || unknown(t));
    let zone = |t: &DataType| match t {
        DataType::Timestamp(_, tz) => Some(tz.clone()),
        // As PostgreSQL prefers it: a date becomes an instant.
        DataType::Date32 => Some(Some(Arc::from("UTC"))),
        _ => None,
    };
    let known = bounds.iter().find_map(zone)?;
    let fits = bounds.iter().all(|t| zone(t).is_some() || unknown(t));
    (fits && stepped && !step.is_empty()).then_some(Shape::Instants(known))
}

fn whole(values: &[ScalarValue]) -> Result<GenSeriesArgs> {
    let mut numbers = Vec::new();
    for value in values {
        match value.cast_to(&DataType::Int64)? {
            ScalarValue::Int64(Some(n)) => numbers.push(n),
            _ => return Ok(GenSeriesArgs::ContainsNull { name: NAME }),
        }
    }
    let step = numbers.get(2).copied().unwrap_or(1);
    if step == 0 {
        return Err(fail(no_step()));
    }
    let (start, end) = (numbers[0], numbers[1]);
    Ok(GenSeriesArgs::Int64Args { start, end, step, include_end: true, name: NAME })
}

fn instants(values: &[ScalarValue], tz: Option<Arc<str>>) -> Result<GenSeriesArgs> {
    let nothing = Ok(GenSeriesArgs::ContainsNull { name: NAME });
    let instant = |value: &ScalarValue| -> Result<Option<i64>> {
        let to = DataType::Timestamp(TimeUnit::Nanosecond, tz.clone());
        match value.cast_to(&to)? {
            ScalarValue::TimestampNanosecond(at, _) => Ok(at),
            _ => Ok(None),
        }
    };
    let (start, end) = (instant(&values[0])?, instant(&values[1])?);
    let interval = DataType::Interval(arrow::datatypes::IntervalUnit::MonthDayNano);
    let step = match values[2].cast_to(&interval)? {
        ScalarValue::IntervalMonthDayNano(step) => step,
        _ => None,
    };
    let (Some(start), Some(end), Some(step)) = (start, end, step) else { return nothing };
    if step.months == 0 && step.days == 0 && step.nanoseconds == 0 {
        return Err(fail(no_step()));
    }
    Ok(GenSeriesArgs::TimestampArgs { start, end, step, tz, include_end: true, name: NAME })
}

fn no_step() -> Error {
    Error::invalid_parameter("step size cannot equal zero")
}

fn missing(values: &[ScalarValue]) -> Error {
    let name = |v: &ScalarValue| match v {
        ScalarValue::Utf8(_) | ScalarValue::Null => "unknown".to_owned(),
        v => SqlType::from_arrow(&v.data_type()).to_string(),
    };
    let types: Vec<String> = values.iter().map(name).collect();
    undefined(NAME, &types)
}

fn fail(e: Error) -> DataFusionError {
    DataFusionError::External(Box::new(e))
}

#[async_trait]
impl TableProvider for Series {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let inner = self.inner.scan(state, None, filters, limit).await?;
        let columns = projection.map_or(1, Vec::len);
        let to = self.schema.field(0).data_type();
        let column = Arc::new(Column::new(NAME, 0));
        let cast = CastExpr::new(column, to.clone(), None);
        let expressions = (0..columns).map(|_| (Arc::new(cast.clone()) as _, NAME.to_owned()));
        Ok(Arc::new(ProjectionExec::try_new(expressions.collect::<Vec<_>>(), inner)?))
    }
}
