//! The fields of CSV files as text, and NULL where the NULL text stands.
//!
//! DataFusion's own scan reads every empty field as NULL and no other text, whatever it is told; PostgreSQL
//! reads NULL from the one text that the option `null` names. What a field's text means is for the reader
//! above, who casts as PostgreSQL does.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{Column, DFSchema, Result, ScalarValue};
use datafusion::datasource::listing::ListingTable;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType, lit, when};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::projection::ProjectionExec;

/// A scan of CSV files whose columns are all text, those of the partitions apart.
#[derive(Debug)]
pub(super) struct CsvTable {
    texts: ListingTable,
    /// How many columns come from the files; those of the partitions stand behind them.
    columns: usize,
    null: String,
}

/// The columns of the files as the scan must read them.
pub(super) fn as_text(columns: &[Field]) -> Schema {
    let text = |field: &Field| Field::new(field.name(), DataType::Utf8View, true);
    Schema::new(columns.iter().map(text).collect::<Vec<_>>())
}

impl CsvTable {
    pub(super) fn new(texts: ListingTable, columns: usize, null: &str) -> CsvTable {
        CsvTable { texts, columns, null: null.to_owned() }
    }

    /// A field's value. The scan below has made empty fields NULL; unless empty is the NULL text, they are
    /// texts without signs.
    fn value(&self, column: Expr) -> Result<Expr> {
        if self.null.is_empty() {
            return Ok(column);
        }
        let text = |text: Option<&str>| lit(ScalarValue::Utf8View(text.map(str::to_owned)));
        when(column.clone().is_null(), text(Some("")))
            .when(column.clone().eq(text(Some(&self.null))), text(None))
            .otherwise(column)
    }
}

#[async_trait]
impl TableProvider for CsvTable {
    fn schema(&self) -> SchemaRef {
        self.texts.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// Files are chosen by their folders; a condition on a field is for the reader above.
    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        let below = self.texts.supports_filters_pushdown(filters)?;
        let exact = |below| match below {
            TableProviderFilterPushDown::Exact => TableProviderFilterPushDown::Exact,
            _ => TableProviderFilterPushDown::Unsupported,
        };
        Ok(below.into_iter().map(exact).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let texts = self.texts.scan(state, projection, filters, limit).await?;
        let all: Vec<usize> = (0..self.schema().fields().len()).collect();
        let projection = projection.unwrap_or(&all);
        if self.null.is_empty() || projection.is_empty() {
            return Ok(texts);
        }
        let schema = DFSchema::try_from(texts.schema())?;
        let values = projection
            .iter()
            .zip(texts.schema().fields())
            .map(|(index, field)| {
                let column = Expr::Column(Column::from_name(field.name()));
                let value = if *index < self.columns { self.value(column)? } else { column };
                Ok((state.create_physical_expr(value, &schema)?, field.name().clone()))
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Arc::new(ProjectionExec::try_new(values, texts)?))
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::util::pretty::pretty_format_batches;
    use datafusion::datasource::file_format::csv::CsvFormat;
    use datafusion::datasource::listing::{ListingOptions, ListingTableConfig, ListingTableUrl};
    use datafusion::prelude::SessionContext;

    use super::*;

    async fn read(null: &str, query: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, "a,b\n1,NA\nNA,\nNAN,x\n").unwrap();
        let columns =
            [Field::new("a", DataType::Int32, true), Field::new("b", DataType::Utf8View, false)];
        let format = Arc::new(CsvFormat::default().with_has_header(true));
        let config =
            ListingTableConfig::new(ListingTableUrl::parse(path.to_str().unwrap()).unwrap())
                .with_listing_options(ListingOptions::new(format))
                .with_schema(Arc::new(as_text(&columns)));
        let table = CsvTable::new(ListingTable::try_new(config).unwrap(), 2, null);
        let context = SessionContext::new();
        context.register_table("t", Arc::new(table)).unwrap();
        let batches = context.sql(query).await.unwrap().collect().await.unwrap();
        pretty_format_batches(&batches).unwrap().to_string().lines().skip(3).collect()
    }

    #[tokio::test]
    async fn only_the_null_text_is_null() {
        let query = "SELECT coalesce(a, '-') AS a, coalesce(b, '-') AS b FROM t";
        assert_eq!(read("NA", query).await, "| 1   | - || -   |   || NAN | x |+-----+---+");
        assert_eq!(read("", query).await, "| 1   | NA || NA  | -  || NAN | x  |+-----+----+");
    }

    #[tokio::test]
    async fn any_columns_and_none_can_be_read() {
        assert_eq!(read("NA", "SELECT count(*) AS n FROM t").await, "| 3 |+---+");
        assert_eq!(read("NA", "SELECT count(a) AS n FROM t WHERE b = 'x'").await, "| 1 |+---+");
    }
}
