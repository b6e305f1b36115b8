//! A Delta table at a pinned version as a plain Parquet scan: pruned by its index, with full statistics, and
//! in a plan that could travel to another machine.

use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DFSchema, Result};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;
use datafusion::physical_plan::ExecutionPlan;

use super::index::{File, Index};
use super::location::Location;

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

    /// The columns in files first, those of the partitions behind them: the order in which a scan has them.
    fn scan_schema(&self) -> TableSchema {
        let partition_by = &self.index.partition_by;
        let (partition, file): (Vec<_>, Vec<_>) = self
            .index
            .columns
            .fields()
            .iter()
            .map(Arc::clone)
            .partition(|field| partition_by.contains(field.name()));
        let partition = partition_by
            .iter()
            .filter_map(|name| partition.iter().find(|f| f.name() == name).map(Arc::clone))
            .collect::<Vec<_>>();
        TableSchema::builder(Arc::new(Schema::new(file)))
            .with_table_partition_cols(partition)
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
        PartitionedFile::new(path, file.size)
            .with_partition_values(file.partition.clone())
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
        .filter_map(|field| from.index_of(field.name()).ok())
        .map(|i| statistics.column_statistics[i].clone())
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
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
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
        let projected = projection.map(|p| {
            let names = p.iter().map(|i| self.index.columns.field(*i).name());
            names.filter_map(|name| columns.index_of(name).ok()).collect::<Vec<_>>()
        });
        // Without a projection every column is read, in the table's order rather than the scan's.
        let projected = projected.unwrap_or_else(|| {
            let fields = self.index.columns.fields().iter();
            fields.filter_map(|field| columns.index_of(field.name()).ok()).collect()
        });
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
        Ok(DataSourceExec::from_data_source(config))
    }
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
