//! Folders of Parquet and CSV that others write, read in place.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::csv::CsvFormat;
use datafusion::datasource::file_format::file_compression_type::FileCompressionType;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{
    ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl,
};
use datafusion::error::DataFusionError;
use futures::StreamExt;
use object_store::{ObjectMeta, ObjectStoreExt};

use super::csv::{self, CsvTable};
use super::location::Location;
use super::nested::is_nested;
use super::stores::{Stores, failure};
use crate::error::{Error, Result, SqlState};

/// Which files, and how they are to be read.
#[derive(Clone, Debug, PartialEq)]
pub struct FileSpec {
    pub location: Location,
    pub format: Format,
    /// All columns, those of the partitions included; None until they are inferred.
    pub columns: Option<SchemaRef>,
    /// Columns that come from `k=v` folders.
    pub partition_by: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Format {
    Parquet,
    Csv(CsvOptions),
}

/// Named and with the defaults of COPY and file_fdw.
#[derive(Clone, Debug, PartialEq)]
pub struct CsvOptions {
    pub header: bool,
    pub delimiter: u8,
    pub quote: u8,
    pub escape: Option<u8>,
    /// The text that stands for NULL.
    pub null: String,
}

impl Default for CsvOptions {
    fn default() -> Self {
        CsvOptions {
            header: false,
            delimiter: b',',
            quote: b'"',
            escape: None,
            null: String::new(),
        }
    }
}

/// The files found at a location.
struct Found {
    first: ObjectMeta,
    /// Such as `gz`, from the first file's name.
    compression: FileCompressionType,
    /// The part of file names that all have: `.csv.gz`, or nothing for a single file.
    extension: String,
    /// Names in `k=v` folders above the first file.
    partition_by: Vec<String>,
}

/// Reads registered files through the stores.
#[derive(Debug)]
pub struct Files {
    stores: Arc<Stores>,
}

impl Files {
    pub fn new(stores: Arc<Stores>) -> Arc<Files> {
        Arc::new(Files { stores })
    }

    /// Completes a spec from the files themselves: columns, and partition columns from folders. Data files
    /// are looked into, so this is for registering only.
    pub async fn infer(&self, spec: &FileSpec, state: &dyn Session) -> Result<FileSpec> {
        let found = self.find(&spec.location, &spec.format).await?;
        let mut spec = spec.clone();
        if spec.partition_by.is_empty() && spec.columns.is_none() {
            spec.partition_by.clone_from(&found.partition_by);
        }
        if spec.columns.is_some() {
            return Ok(spec);
        }
        let store = self.stores.open(&spec.location)?;
        let format = format(&spec.format, found.compression);
        let files = [found.first];
        let schema = format
            .infer_schema(state, &store, &files)
            .await
            .map_err(|e| unreadable(&spec.location, &e))?;
        let mut fields: Vec<Field> = schema.fields().iter().map(|f| Field::clone(f)).collect();
        for name in &spec.partition_by {
            if !fields.iter().any(|f| f.name() == name) {
                fields.push(Field::new(name, DataType::Utf8View, true));
            }
        }
        spec.columns = Some(Arc::new(Schema::new(fields)));
        Ok(spec)
    }

    /// A scan over the files as they are now. Of CSV the columns are text, to be cast as they are wanted.
    pub async fn provider(
        &self,
        spec: &FileSpec,
        state: &dyn Session,
    ) -> Result<Arc<dyn TableProvider>> {
        let found = self.find(&spec.location, &spec.format).await?;
        self.stores.register(&spec.location, state.runtime_env())?;
        let columns = spec.columns.as_ref().ok_or_else(|| Error::internal("columns unknown"))?;
        let is_partition = |field: &Field| spec.partition_by.contains(field.name());
        let mut file: Vec<Field> =
            columns.fields().iter().filter(|f| !is_partition(f)).map(|f| Field::clone(f)).collect();
        if matches!(spec.format, Format::Parquet) && file.iter().any(is_document) {
            self.as_stored(spec, state, &mut file).await?;
        }
        let partition: Vec<(String, DataType)> = spec
            .partition_by
            .iter()
            .filter_map(|name| {
                let field = columns.field_with_name(name).ok()?;
                Some((name.clone(), partition_type(field.data_type())))
            })
            .collect();
        let single = found.first.location == *spec.location.path();
        let extension = if single { "" } else { &found.extension };
        let options = ListingOptions::new(format(&spec.format, found.compression))
            .with_file_extension(extension)
            .with_table_partition_cols(partition);
        let url = match single {
            true => spec.location.url().as_str().trim_end_matches('/').to_owned(),
            false => spec.location.url().as_str().to_owned(),
        };
        let url = ListingTableUrl::parse(url).map_err(|e| unreadable(&spec.location, &e))?;
        let count = file.len();
        let schema = match &spec.format {
            Format::Parquet => Schema::new(file),
            Format::Csv(_) => csv::as_text(&file),
        };
        let config = ListingTableConfig::new(url)
            .with_listing_options(options)
            .with_schema(Arc::new(schema));
        let table = ListingTable::try_new(config).map_err(|e| unreadable(&spec.location, &e))?;
        let cache = state.runtime_env().cache_manager.get_file_statistic_cache();
        let table = table.with_cache(cache);
        Ok(match &spec.format {
            Format::Parquet => Arc::new(table),
            Format::Csv(options) => Arc::new(CsvTable::new(table, count, &options.null)),
        })
    }

    /// Documents are read as the structs, maps and lists that the files hold; what makes JSON of them stands above
    /// the scan.
    async fn as_stored(
        &self,
        spec: &FileSpec,
        state: &dyn Session,
        columns: &mut [Field],
    ) -> Result<()> {
        let found = self.infer(&FileSpec { columns: None, ..spec.clone() }, state).await?;
        let Some(found) = found.columns else { return Ok(()) };
        for column in columns.iter_mut().filter(|column| is_document(column)) {
            if let Ok(field) = found.field_with_name(column.name())
                && is_nested(field.data_type())
            {
                *column = field.clone().with_nullable(true);
            }
        }
        Ok(())
    }

    async fn find(&self, location: &Location, format: &Format) -> Result<Found> {
        let store = self.stores.open(location)?;
        let single = store.head(location.path()).await.ok();
        let first = match single {
            Some(meta) => meta,
            None => {
                let mut listing = store.list(Some(location.path()));
                loop {
                    match listing.next().await {
                        Some(Ok(meta)) if hidden(location, &meta) || meta.size == 0 => {}
                        Some(Ok(meta)) if fits(format, &meta) => break meta,
                        Some(Ok(_)) => {}
                        Some(Err(e)) => return Err(failure(location, e)),
                        None => return Err(nothing_there(location, format)),
                    }
                }
            }
        };
        let name = first.location.filename().unwrap_or_default().to_lowercase();
        let (compression, suffix) = match () {
            () if name.ends_with(".gz") => (FileCompressionType::GZIP, ".gz"),
            () if name.ends_with(".zst") => (FileCompressionType::ZSTD, ".zst"),
            () if name.ends_with(".bz2") => (FileCompressionType::BZIP2, ".bz2"),
            () if name.ends_with(".xz") => (FileCompressionType::XZ, ".xz"),
            () => (FileCompressionType::UNCOMPRESSED, ""),
        };
        let stem = name.strip_suffix(suffix).unwrap_or(&name);
        let own = stem.rfind('.').map_or("", |dot| &stem[dot..]);
        let extension = format!("{own}{suffix}");
        let partition_by = folders(location, &first);
        Ok(Found { first, compression, extension, partition_by })
    }
}

fn is_document(field: &Field) -> bool {
    // As columns say their SQL type, where Arrow's does not.
    field.metadata().get("lakewire.type").is_some_and(|name| name == "json" || name == "jsonb")
}

/// Names that begin with `_` or `.` are markers and temporary files, as in Hive and Spark.
fn hidden(location: &Location, meta: &ObjectMeta) -> bool {
    let Some(below) = meta.location.prefix_match(location.path()) else { return true };
    below.into_iter().any(|part| {
        let name = part.as_ref();
        name.starts_with('.') || (name.starts_with('_') && !name.contains('='))
    })
}

fn fits(format: &Format, meta: &ObjectMeta) -> bool {
    let name = meta.location.filename().unwrap_or_default().to_lowercase();
    match format {
        Format::Parquet => {
            [".parquet", ".parq", ".pq"].iter().any(|e| name.ends_with(e)) || !name.contains('.')
        }
        Format::Csv(_) => !name.ends_with(".parquet"),
    }
}

fn folders(location: &Location, meta: &ObjectMeta) -> Vec<String> {
    let Some(below) = meta.location.prefix_match(location.path()) else { return Vec::new() };
    let parts: Vec<String> = below.map(|part| part.as_ref().to_owned()).collect();
    let above = parts.split_last().map(|(_, above)| above).unwrap_or_default();
    above.iter().filter_map(|part| part.split_once('=')).map(|(name, _)| name.to_owned()).collect()
}

/// Values in folder names are parsed, not decoded from files.
fn partition_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Utf8View => DataType::Utf8,
        other => other.clone(),
    }
}

fn format(format: &Format, compression: FileCompressionType) -> Arc<dyn FileFormat> {
    match format {
        Format::Parquet => Arc::new(ParquetFormat::default()),
        Format::Csv(csv) => {
            let mut format = CsvFormat::default()
                .with_has_header(csv.header)
                .with_delimiter(csv.delimiter)
                .with_quote(csv.quote)
                .with_newlines_in_values(true)
                .with_null_regex(Some(null_pattern(&csv.null)))
                .with_file_compression_type(compression);
            if let Some(escape) = csv.escape.filter(|e| *e != csv.quote) {
                format = format.with_escape(Some(escape));
            }
            Arc::new(format)
        }
    }
}

/// Exactly the NULL text, whatever signs are in it.
fn null_pattern(null: &str) -> String {
    let escaped: String = null
        .chars()
        .map(|c| if c.is_alphanumeric() { c.to_string() } else { format!("\\x{{{:x}}}", c as u32) })
        .collect();
    format!("^{escaped}$")
}

fn nothing_there(location: &Location, format: &Format) -> Error {
    let what = match format {
        Format::Parquet => "Parquet",
        Format::Csv(_) => "CSV",
    };
    Error::new(SqlState::UNDEFINED_FILE, format!("there are no {what} files at {location}"))
        .hint("Check the location; names are case-sensitive.")
}

fn unreadable(location: &Location, e: &DataFusionError) -> Error {
    let text = e.to_string();
    Error::new(SqlState::FOREIGN_DATA_ERROR, format!("could not read the files at {location}"))
        .detail(text.lines().next().unwrap_or_default().to_owned())
}
