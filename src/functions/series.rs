//! `generate_series` as a table: whole numbers in the type of their bounds; instants have their own.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::config::ConfigOptions;
use datafusion::common::{Result, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::functions_table::generate_series::{GenSeriesArgs, GenerateSeriesTable};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_expr::expressions::{CastExpr, Column};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::projection::ProjectionExec;

use super::missing::undefined;
use super::time;
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
pub(super) fn table(arguments: &[Expr], options: &ConfigOptions) -> Result<Arc<dyn TableProvider>> {
    let mut values = Vec::new();
    for argument in arguments {
        match argument {
            Expr::Literal(value, _) => values.push(value.clone()),
            _ => return Err(fail(Error::unsupported("generate_series over columns in FROM"))),
        }
    }
    if let Some(instants) = time::series::table(&values, options) {
        return instants.map_err(fail);
    }
    let (made, wanted, args) = match shape(&values) {
        Some(to) => (DataType::Int64, to, whole(&values)?),
        None => return Err(fail(missing(&values))),
    };
    let column = |t: DataType| Arc::new(Schema::new(vec![Field::new(NAME, t, false)]));
    let inner = GenerateSeriesTable::new(column(made), args);
    Ok(Arc::new(Series { inner, schema: column(wanted) }))
}

/// What the bounds say; two or three arguments of one kind.
fn shape(values: &[ScalarValue]) -> Option<DataType> {
    if !(2..=3).contains(&values.len()) {
        return None;
    }
    let types: Vec<DataType> = values.iter().map(ScalarValue::data_type).collect();
    if !types.iter().all(|t| t.is_signed_integer() || t.is_null()) {
        return None;
    }
    let narrow = |(v, t): (&ScalarValue, &DataType)| {
        let n = v.cast_to(&DataType::Int64).ok();
        let fits =
            |n: ScalarValue| matches!(n, ScalarValue::Int64(Some(n)) if i32::try_from(n).is_ok());
        t.is_null() || (!matches!(t, DataType::Int64) && n.is_some_and(fits))
    };
    let small = values.iter().zip(&types).all(narrow);
    Some(if small { DataType::Int32 } else { DataType::Int64 })
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
