//! The files of a table at a version: partition values, rows, bounds. What prunes and what estimates.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringArray};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::util::display::FormatOptions;
use datafusion::common::pruning::PrunableStatistics;
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, Result, ScalarValue, Statistics};
use serde_json::Value;

use super::tid::{self, POSITION};
use super::writer::DataFile;

/// One data file.
#[derive(Clone, Debug)]
pub struct File {
    /// Relative to the table's location.
    pub path: String,
    pub size: u64,
    /// In the order of [`Index::partition_by`].
    pub partition: Vec<ScalarValue>,
    /// As the log has them, for a commit that removes the file.
    pub partition_text: Vec<(String, Option<String>)>,
    pub rows: Option<u64>,
    /// Rows of the files before it, where rows have places.
    pub rows_before: u64,
    /// Bounds that hold, for pruning; in the order of the table's columns.
    bounds: Arc<Statistics>,
}

/// All files of a table at one version.
#[derive(Debug)]
pub struct Index {
    pub columns: SchemaRef,
    pub partition_by: Vec<String>,
    pub files: Vec<File>,
    /// Where rows lie, if the columns say it.
    pub layout: Option<Layout>,
}

/// PostgreSQL's blocks, by which sizes are told, and the most places that one has.
const BLOCK_BYTES: u64 = 8192;
const PLACES_MOST: u64 = u16::MAX as u64;

/// How rows lie in blocks.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    pub rows_per_block: u64,
}

impl Layout {
    /// The place of a row by its number in the whole table, which was seen to have no more blocks than there are.
    fn place(self, row: u64) -> i64 {
        let block = u32::try_from(row / self.rows_per_block).unwrap_or(u32::MAX);
        let offset = u16::try_from(row % self.rows_per_block + 1).unwrap_or(u16::MAX);
        tid::of(block, offset)
    }
}

impl Index {
    pub fn new(columns: SchemaRef, partition_by: Vec<String>, files: &[DataFile]) -> Result<Index> {
        let files =
            files.iter().map(|file| entry(&columns, &partition_by, file)).collect::<Result<_>>()?;
        Ok(Index { columns, partition_by, files, layout: None })
    }

    /// The same files as a table sees them that has more columns, behind those they have.
    pub fn widened(&self, columns: SchemaRef) -> Index {
        let files = self.files.iter().map(|file| {
            let mut bounds = Statistics::clone(&file.bounds);
            let count = columns.fields().len();
            bounds.column_statistics.resize(count, ColumnStatistics::new_unknown());
            File { bounds: Arc::new(bounds), ..file.clone() }
        });
        let (files, partition_by) = (files.collect(), self.partition_by.clone());
        Index { files, partition_by, columns, layout: None }
    }

    /// The same files with a column more that says where each row lies: as if all rows, in the order of the files, lay
    /// evenly in blocks of PostgreSQL's size. None where a file does not say how many rows it has.
    pub fn placed(&self) -> Option<Index> {
        let rows = self.files.iter().map(|file| file.rows).sum::<Option<u64>>()?;
        let bytes: u64 = self.files.iter().map(|file| file.size).sum();
        let blocks = bytes.div_ceil(BLOCK_BYTES).max(1);
        let layout = Layout { rows_per_block: rows.div_ceil(blocks).clamp(1, PLACES_MOST) };
        let mut before = 0;
        let files = self.files.iter().map(|file| {
            let rows = file.rows.unwrap_or(0);
            let mut column = ColumnStatistics::new_unknown();
            column.null_count = Precision::Exact(0);
            if rows > 0 {
                let at = |row| Precision::Exact(ScalarValue::Int64(Some(layout.place(row))));
                (column.min_value, column.max_value) = (at(before), at(before + rows - 1));
            }
            let mut bounds = Statistics::clone(&file.bounds);
            bounds.column_statistics.push(column);
            let placed = File { bounds: Arc::new(bounds), rows_before: before, ..file.clone() };
            before += rows;
            placed
        });
        let files = files.collect();
        if before.div_ceil(layout.rows_per_block) > u64::from(u32::MAX) {
            return None;
        }
        let mut fields = self.columns.fields().to_vec();
        let named = HashMap::from([("lakewire.type".to_owned(), "tid".to_owned())]);
        let field = Field::new(POSITION, DataType::Int64, false).with_metadata(named);
        fields.push(Arc::new(field));
        let columns = Arc::new(Schema::new(fields));
        let partition_by = self.partition_by.clone();
        Some(Index { columns, partition_by, files, layout: Some(layout) })
    }

    /// Bytes this takes in memory, roughly.
    pub fn bytes(&self) -> usize {
        self.files.len() * (300 + self.columns.fields().len() * 200)
    }

    /// Bounds of the files, in their order.
    pub fn prunable(&self) -> PrunableStatistics {
        let bounds = self.files.iter().map(|f| Arc::clone(&f.bounds)).collect();
        PrunableStatistics::new(bounds, Arc::clone(&self.columns))
    }

    /// What the optimizer may count on, for the files chosen.
    pub fn statistics(&self, files: &[&File]) -> Statistics {
        let mut total = Statistics::new_unknown(&self.columns);
        total.num_rows =
            files.iter().fold(Precision::Exact(0), |sum, f| sum.add(&f.bounds.num_rows));
        total.total_byte_size =
            files.iter().fold(Precision::Inexact(0), |sum, f| sum.add(&f.bounds.total_byte_size));
        for (i, field) in self.columns.fields().iter().enumerate() {
            total.column_statistics[i] = merged(files, i, field);
        }
        total
    }
}

impl File {
    /// What a reader of this file alone may count on.
    pub fn statistics(&self, columns: &Schema) -> Arc<Statistics> {
        let mut statistics = Statistics::clone(&self.bounds);
        for (column, field) in statistics.column_statistics.iter_mut().zip(columns.fields()) {
            if !bounds_are_exact(field.data_type()) {
                column.min_value = column.min_value.clone().to_inexact();
                column.max_value = column.max_value.clone().to_inexact();
            }
        }
        Arc::new(statistics)
    }
}

/// Delta lets writers cut strings and round timestamps in their bounds.
fn bounds_are_exact(data_type: &DataType) -> bool {
    data_type.is_integer() || matches!(data_type, DataType::Date32 | DataType::Boolean)
}

fn merged(files: &[&File], i: usize, field: &Field) -> ColumnStatistics {
    let each = || files.iter().map(|f| &f.bounds.column_statistics[i]);
    let Some(first) = each().next() else { return ColumnStatistics::new_unknown() };
    let mut all = each().skip(1).fold(first.clone(), |mut all, next| {
        all.null_count = all.null_count.add(&next.null_count);
        all.min_value = all.min_value.min(&next.min_value);
        all.max_value = all.max_value.max(&next.max_value);
        all
    });
    if !bounds_are_exact(field.data_type()) {
        all.min_value = all.min_value.to_inexact();
        all.max_value = all.max_value.to_inexact();
    }
    all
}

fn entry(columns: &SchemaRef, partition_by: &[String], file: &DataFile) -> Result<File> {
    let stats: Value = file
        .stats
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or(Value::Null);
    let rows = stats.get("numRecords").and_then(Value::as_u64);
    let mut bounds = Statistics::new_unknown(columns);
    bounds.num_rows = rows.map_or(Precision::Absent, |n| Precision::Exact(n as usize));
    bounds.total_byte_size = Precision::Inexact(file.size as usize);
    for (i, field) in columns.fields().iter().enumerate() {
        if !partition_by.contains(field.name()) {
            bounds.column_statistics[i] = column_bounds(&stats, field);
        }
    }
    let mut partition = Vec::new();
    for name in partition_by {
        let (i, field) = columns.fields().find(name).ok_or_else(|| {
            datafusion::common::plan_datafusion_err!("partition column {name} is not in the table")
        })?;
        let text = file.partition.iter().find(|(n, _)| n == name).and_then(|(_, v)| v.as_deref());
        let value = parse(text, field.data_type())?;
        bounds.column_statistics[i] = constant(&value, rows);
        partition.push(value);
    }
    Ok(File {
        path: file.path.clone(),
        size: file.size,
        partition,
        partition_text: file.partition.clone(),
        rows,
        rows_before: 0,
        bounds: Arc::new(bounds),
    })
}

fn constant(value: &ScalarValue, rows: Option<u64>) -> ColumnStatistics {
    let mut statistics = ColumnStatistics::new_unknown();
    let nulls = if value.is_null() { rows } else { Some(0) };
    statistics.null_count = nulls.map_or(Precision::Absent, |n| Precision::Exact(n as usize));
    if !value.is_null() {
        statistics.min_value = Precision::Exact(value.clone());
        statistics.max_value = Precision::Exact(value.clone());
    }
    statistics
}

fn column_bounds(stats: &Value, field: &Field) -> ColumnStatistics {
    let mut column = ColumnStatistics::new_unknown();
    let part = |name: &str| stats.get(name).and_then(|all| all.get(field.name()));
    if let Some(nulls) = part("nullCount").and_then(Value::as_u64) {
        column.null_count = Precision::Exact(nulls as usize);
    }
    let bound = |name: &str| part(name).and_then(|v| bound(v, field.data_type()));
    if let Some(min) = bound("minValues") {
        column.min_value = Precision::Exact(min);
    }
    if let Some(max) = bound("maxValues") {
        column.max_value = Precision::Exact(later(max));
    }
    column
}

/// A bound as the column's type; types whose bounds cannot be trusted have none.
fn bound(value: &Value, data_type: &DataType) -> Option<ScalarValue> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(bool) => bool.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    match data_type {
        // NaN is above all other values and in no writer's bounds.
        DataType::Float16 | DataType::Float32 | DataType::Float64 => None,
        // Beyond 15 digits a bound has gone through a double and may be off.
        DataType::Decimal128(precision, _) | DataType::Decimal256(precision, _)
            if *precision > 15 =>
        {
            None
        }
        _ => parse(Some(&text), data_type).ok().filter(|v| !v.is_null()),
    }
}

/// Timestamps are cut to milliseconds by some writers: what was cut off lies above.
fn later(max: ScalarValue) -> ScalarValue {
    match max {
        ScalarValue::TimestampMicrosecond(Some(v), zone) => {
            ScalarValue::TimestampMicrosecond(Some(v.saturating_add(999)), zone)
        }
        other => other,
    }
}

/// A value written as text in the log.
fn parse(text: Option<&str>, data_type: &DataType) -> Result<ScalarValue> {
    // An empty string is how Delta writes NULL into a partition's name.
    let text = text.filter(|t| !t.is_empty());
    let array: ArrayRef = Arc::new(StringArray::from(vec![text]));
    let options = CastOptions { safe: false, format_options: FormatOptions::default() };
    let through = match data_type {
        DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => data_type.clone(),
        other => other.clone(),
    };
    let cast = cast_with_options(&array, &through, &options)?;
    debug_assert_eq!(cast.len(), 1);
    ScalarValue::try_from_array(&cast, 0)
}
