//! A Delta table at a pinned version as a plain Parquet scan: pruned by its index, with full statistics, and
//! in a plan that could travel to another machine.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{ColumnStatistics, DFSchema, Result, ScalarValue};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{
    BinaryExpr, Expr, Operator, TableProviderFilterPushDown, TableType,
};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{Column, Literal, binary};
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::projection::ProjectionExec;
use parquet::arrow::RowNumber;

use super::index::{File, Index, Layout};
use super::location::Location;
use super::tid::POSITION;

/// Columns of a scan that tells places: the rows of the files before, and a row's number in its own.
const BEFORE: &str = "\u{1}before";
const ROW: &str = "\u{1}row number";

/// Up to this size of its files a scan is one stream.
pub const ONE_STREAM_BYTES: u64 = 1 << 20;

/// A table at one version, together with files a transaction has written and not yet committed.
#[derive(Debug)]
pub struct LakeTable {
    location: Location,
    index: Arc<Index>,
}

impl LakeTable {
    pub fn new(location: Location, index: Arc<Index>) -> LakeTable {
        LakeTable { location, index }
    }

    /// The same rows with their places; None where these cannot be told.
    pub fn placed(&self) -> Option<LakeTable> {
        let index = Arc::new(self.index.placed()?);
        Some(LakeTable { location: self.location.clone(), index })
    }

    /// The columns in files first, those of the partitions behind them: the order in which a scan has them.
    fn scan_schema(&self) -> TableSchema {
        let partition_by = &self.index.partition_by;
        let (partition, file): (Vec<_>, Vec<_>) = self
            .index
            .columns
            .fields()
            .iter()
            .filter(|field| field.name() != POSITION)
            .map(Arc::clone)
            .partition(|field| partition_by.contains(field.name()));
        let mut partition = partition_by
            .iter()
            .filter_map(|name| partition.iter().find(|f| f.name() == name).map(Arc::clone))
            .collect::<Vec<_>>();
        let mut made = Vec::new();
        if self.index.layout.is_some() {
            partition.push(Arc::new(Field::new(BEFORE, DataType::Int64, false)));
            let row = Field::new(ROW, DataType::Int64, false).with_extension_type(RowNumber);
            made.push(Arc::new(row));
        }
        TableSchema::builder(Arc::new(Schema::new(file)))
            .with_table_partition_cols(partition)
            .with_virtual_columns(made)
            .build()
    }

    /// The files that may hold rows for which all filters are true.
    fn pruned(&self, state: &dyn Session, filters: &[Expr]) -> Result<Vec<&File>> {
        let all = || self.index.files.iter().collect();
        let Some(filter) = conjunction(filters.iter().cloned()) else { return Ok(all()) };
        let schema = DFSchema::try_from(Arc::clone(&self.index.columns))?;
        let predicate = state.create_physical_expr(filter, &schema)?;
        let Ok(pruning) = PruningPredicateBuilder::new()
            .with_file_schema(Arc::clone(&self.index.columns))
            .try_build(predicate)
        else {
            return Ok(all());
        };
        if pruning.always_true() || self.index.files.is_empty() {
            return Ok(all());
        }
        let keep = pruning.prune(&self.index.prunable())?;
        Ok(self.index.files.iter().zip(keep).filter(|(_, keep)| *keep).map(|(f, _)| f).collect())
    }

    fn partitioned_file(&self, file: &File, columns: &Schema) -> PartitionedFile {
        let path = match self.location.path().as_ref() {
            "" => file.path.clone(),
            prefix => format!("{prefix}/{}", file.path),
        };
        let statistics =
            reordered(&file.statistics(&self.index.columns), &self.index.columns, columns);
        let mut partition = file.partition.clone();
        if self.index.layout.is_some() {
            partition.push(ScalarValue::Int64(i64::try_from(file.rows_before).ok()));
        }
        PartitionedFile::new(path, file.size)
            .with_partition_values(partition)
            .with_statistics(Arc::new(statistics))
    }
}

/// Statistics of the table's columns in the order of a scan's.
fn reordered(
    statistics: &datafusion::common::Statistics,
    from: &Schema,
    to: &Schema,
) -> datafusion::common::Statistics {
    let column_statistics = to
        .fields()
        .iter()
        .map(|field| match from.index_of(field.name()) {
            Ok(i) => statistics.column_statistics[i].clone(),
            Err(_) => ColumnStatistics::new_unknown(),
        })
        .collect();
    datafusion::common::Statistics {
        num_rows: statistics.num_rows,
        total_byte_size: statistics.total_byte_size,
        column_statistics,
    }
}

/// Files in as many groups as there are cores, of about one size each; a few small ones in one group, in their
/// order: more streams would not be sooner done, and whoever filled the table sees the rows as they went in.
fn groups(files: Vec<PartitionedFile>, count: usize) -> Vec<FileGroup> {
    let size = |files: &[PartitionedFile]| files.iter().map(|f| f.object_meta.size).sum::<u64>();
    let count = if size(&files) <= ONE_STREAM_BYTES { 1 } else { count };
    let mut by_size: Vec<_> = files.into_iter().enumerate().collect();
    by_size.sort_by_key(|(_, file)| std::cmp::Reverse(file.object_meta.size));
    let mut groups: Vec<(u64, Vec<(usize, PartitionedFile)>)> =
        (0..count.clamp(1, by_size.len().max(1))).map(|_| (0, Vec::new())).collect();
    for (place, file) in by_size {
        let smallest = groups.iter_mut().min_by_key(|(size, _)| *size);
        let Some((size, group)) = smallest else { continue };
        *size += file.object_meta.size;
        group.push((place, file));
    }
    let ordered = groups.into_iter().map(|(_, mut files)| {
        files.sort_by_key(|(place, _)| *place);
        FileGroup::new(files.into_iter().map(|(_, file)| file).collect())
    });
    ordered.collect()
}

#[async_trait]
impl TableProvider for LakeTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.index.columns)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        let answer = |filter: &&Expr| match self.holds_for_all(filter) {
            true => TableProviderFilterPushDown::Exact,
            false => TableProviderFilterPushDown::Inexact,
        };
        Ok(filters.iter().map(answer).collect())
    }

    fn statistics(&self) -> Option<datafusion::common::Statistics> {
        Some(self.index.statistics(&self.index.files.iter().collect::<Vec<_>>()))
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut files = self.pruned(state, filters)?;
        if let Some(limit) = limit.filter(|_| filters.is_empty()) {
            files = enough(files, limit);
        }
        let schema = self.scan_schema();
        let columns = schema.table_schema();
        let statistics = reordered(&self.index.statistics(&files), &self.index.columns, columns);
        let partitioned: Vec<_> =
            files.iter().map(|file| self.partitioned_file(file, columns)).collect();
        // Without a projection every column is read, in the table's order rather than the scan's.
        let all = || (0..self.index.columns.fields().len()).collect();
        let wanted: Vec<usize> = projection.cloned().unwrap_or_else(all);
        let names: Vec<&str> =
            wanted.iter().map(|i| self.index.columns.field(*i).name().as_str()).collect();
        let placed = names.contains(&POSITION);
        let read = names.iter().filter(|name| **name != POSITION);
        let read = read.chain(if placed { [BEFORE, ROW].iter() } else { [].iter() });
        let projected = read.filter_map(|name| columns.index_of(name).ok()).collect();
        let options = state.default_table_options().parquet;
        let hint = options.global.metadata_size_hint;
        let mut source = ParquetSource::new(schema).with_table_parquet_options(options);
        if let Some(hint) = hint {
            source = source.with_metadata_size_hint(hint);
        }
        let url = ObjectStoreUrl::parse(self.location.root_url().as_str())?;
        let reader =
            datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory::new(
                state.runtime_env().object_store(&url)?,
                state.runtime_env().cache_manager.get_file_metadata_cache(),
            );
        let source = source.with_parquet_file_reader_factory(Arc::new(reader));
        let config = FileScanConfigBuilder::new(url, Arc::new(source))
            .with_file_groups(groups(partitioned, state.config().target_partitions()))
            .with_statistics(statistics)
            .with_projection_indices(Some(projected))?
            .with_limit(limit)
            .build();
        let scan = DataSourceExec::from_data_source(config);
        match self.index.layout.filter(|_| placed) {
            Some(layout) => with_places(scan, &names, layout),
            None => Ok(scan),
        }
    }
}

impl LakeTable {
    /// Whether a filter asks only for places between which all rows lie.
    fn holds_for_all(&self, filter: &Expr) -> bool {
        if self.index.layout.is_none() {
            return false;
        }
        let place = |e: &Expr| matches!(e, Expr::Column(column) if column.name == POSITION);
        let number = |e: &Expr| match e {
            Expr::Literal(ScalarValue::Int64(Some(n)), _) => Some(*n),
            _ => None,
        };
        let beyond = |op: Operator, bound: i64| match op {
            Operator::GtEq => self.places().is_some_and(|(first, _)| first >= bound),
            Operator::Gt => self.places().is_some_and(|(first, _)| first > bound),
            Operator::LtEq => self.places().is_some_and(|(_, last)| last <= bound),
            Operator::Lt => self.places().is_some_and(|(_, last)| last < bound),
            _ => false,
        };
        match filter {
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
                self.holds_for_all(left) && self.holds_for_all(right)
            }
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
                match (number(left), number(right)) {
                    (None, Some(bound)) if place(left) => beyond(*op, bound),
                    (Some(bound), None) if place(right) => {
                        op.swap().is_some_and(|op| beyond(op, bound))
                    }
                    _ => false,
                }
            }
            Expr::Between(between) if !between.negated && place(&between.expr) => {
                match (number(&between.low), number(&between.high)) {
                    (Some(low), Some(high)) => {
                        beyond(Operator::GtEq, low) && beyond(Operator::LtEq, high)
                    }
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// The first place of a row and the last.
    fn places(&self) -> Option<(i64, i64)> {
        let files = self.index.files.iter().collect::<Vec<_>>();
        let known = self.index.statistics(&files);
        let column = known.column_statistics.last()?;
        let number = |v: Option<&ScalarValue>| match v {
            Some(ScalarValue::Int64(Some(n))) => Some(*n),
            _ => None,
        };
        Some((number(column.min_value.get_value())?, number(column.max_value.get_value())?))
    }
}

/// The columns by name, the place of a row put in where it belongs: the rows before its file and its number there,
/// counted off in blocks.
fn with_places(
    scan: Arc<dyn ExecutionPlan>,
    names: &[&str],
    layout: Layout,
) -> Result<Arc<dyn ExecutionPlan>> {
    let schema = scan.schema();
    let column = |name: &str| -> Result<Arc<dyn PhysicalExpr>> {
        Ok(Arc::new(Column::new(name, schema.index_of(name)?)))
    };
    let number = |n: u64| -> Arc<dyn PhysicalExpr> {
        Arc::new(Literal::new(ScalarValue::Int64(i64::try_from(n).ok())))
    };
    let of = |left: Arc<dyn PhysicalExpr>, op, right: Arc<dyn PhysicalExpr>| {
        binary(left, op, right, &schema)
    };
    let expressions = names.iter().map(|name| {
        if *name != POSITION {
            return Ok((column(name)?, (*name).to_owned()));
        }
        let row = of(column(BEFORE)?, Operator::Plus, column(ROW)?)?;
        let per_block = number(layout.rows_per_block);
        let block = of(Arc::clone(&row), Operator::Divide, Arc::clone(&per_block))?;
        let offset = of(of(row, Operator::Modulo, per_block)?, Operator::Plus, number(1))?;
        let block = of(block, Operator::Multiply, number(1 << 16))?;
        Ok((of(block, Operator::Plus, offset)?, (*name).to_owned()))
    });
    let made = ProjectionExec::try_new(expressions.collect::<Result<Vec<_>>>()?, scan)?;
    Ok(Arc::new(made))
}

/// As many files as surely hold `limit` rows.
fn enough(files: Vec<&File>, limit: usize) -> Vec<&File> {
    let mut rows = 0;
    files
        .into_iter()
        .take_while(|file| {
            let more = rows < limit as u64;
            rows += file.rows.unwrap_or(0);
            more
        })
        .collect()
}
