//! DataFusion's errors turned into ours, here at the border where they arise.

use arrow::error::ArrowError;
use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;

use super::prose::{from_cast_message, from_execution_message, from_plan_message};
use crate::error::{Error, Result, SqlState};

/// Turns what the engine says into what PostgreSQL would say. What is not recognised is a bug of ours and is
/// shown as such, its cause going to the log.
pub fn from_datafusion(e: DataFusionError) -> Error {
    let mut error = turned(e);
    if has_tree(&error.message) {
        // What DataFusion prints of its own syntax tree says nothing to the person at psql.
        let about = error.message.split(':').next().filter(|words| !has_tree(words));
        let about = about.map_or_else(|| "this form of expression".to_owned(), str::to_owned);
        let message = format!("{} is not supported", about.trim_end_matches(" not supported"));
        error = Error::new(SqlState::FEATURE_NOT_SUPPORTED, message).because(error.message.clone());
    }
    error
}

/// Whether a message shows nodes of a syntax tree or a plan.
fn has_tree(message: &str) -> bool {
    const NODES: &[&str] =
        &["Ident {", "Identifier(Ident", "ValueWithSpan", "Span(Location", "ObjectName(["];
    NODES.iter().any(|node| message.contains(node))
}

fn turned(e: DataFusionError) -> Error {
    match e {
        DataFusionError::External(inner) => match inner.downcast::<Error>() {
            Ok(ours) => *ours,
            Err(other) => match other.downcast::<DataFusionError>() {
                Ok(nested) => from_datafusion(*nested),
                Err(other) => match other.downcast::<ArrowError>() {
                    Ok(arrow) => from_arrow(*arrow),
                    Err(other) => unknown(other.to_string()),
                },
            },
        },
        DataFusionError::Context(_, inner) => from_datafusion(*inner),
        DataFusionError::Diagnostic(diagnostic, inner) => {
            let mut error = from_datafusion(*inner);
            if error.state == SqlState::INTERNAL_ERROR {
                error = from_plan_message(&diagnostic.message);
            }
            error
        }
        DataFusionError::Collection(errors) => match errors.into_iter().next() {
            Some(first) => from_datafusion(first),
            None => Error::internal("an error without a cause"),
        },
        DataFusionError::Shared(inner) => from_shared(&inner),
        DataFusionError::ArrowError(inner, _) => from_arrow(*inner),
        DataFusionError::SchemaError(inner, _) => from_schema(*inner),
        DataFusionError::Plan(message) => from_plan_message(&message),
        DataFusionError::NotImplemented(message) => not_implemented(&message),
        DataFusionError::Execution(message) => from_execution_message(&message),
        DataFusionError::ResourcesExhausted(message) => {
            Error::new(SqlState::OUT_OF_MEMORY, "out of memory for this statement")
                .detail(first_line(&message))
                .hint("Raise engine.memory_bytes, or read less at a time.")
        }
        DataFusionError::ObjectStore(inner) => Error::storage(first_line(&inner.to_string())),
        DataFusionError::ParquetError(inner) => {
            Error::new(SqlState::DATA_CORRUPTED, format!("could not read a Parquet file: {inner}"))
        }
        DataFusionError::IoError(inner) => Error::storage(inner.to_string()),
        DataFusionError::SQL(inner, _) => Error::syntax(inner.to_string()),
        DataFusionError::ExecutionJoin(inner) if inner.is_cancelled() => {
            crate::patience::by_request()
        }
        other => unknown(other.to_string()),
    }
}

/// What the engine says of itself, and what a user has written.
const NOT_IMPLEMENTED: &[(&str, &str)] = &[
    ("OuterReferenceColumn", "a subquery that names columns of the query around it in this place"),
    ("Unnest should be rewritten", "a set-returning function in this place"),
    ("support Literal types for field", "an offset of lag or lead that is not a constant"),
    ("`retract_batch` is not implemented", "this aggregate over a frame that moves along"),
    ("Unsupported LIMIT expression", "an expression of this form in LIMIT"),
    ("Unsupported OFFSET expression", "an expression of this form in OFFSET"),
    ("Only a single ordering expression", "WITHIN GROUP over several columns"),
    ("Tuple expressions are not supported", "grouping sets of this form"),
    (
        "Multiple recursive references",
        "a recursive query that is read more than once by way of WITH",
    ),
    ("is not supported for FULL OUTER and RIGHT", "LATERAL on this side of a RIGHT or FULL JOIN"),
];

fn not_implemented(message: &str) -> Error {
    if message.contains("expression WindowFunction(") {
        return from_plan_message(message);
    }
    match NOT_IMPLEMENTED.iter().find(|(said, _)| message.contains(said)) {
        Some((_, meant)) => Error::unsupported(*meant).because(first_line(message)),
        None => Error::new(SqlState::FEATURE_NOT_SUPPORTED, first_line(message)),
    }
}

/// `?` over a DataFusion result in a function that returns ours.
pub trait OrFail<T> {
    fn or_fail(self) -> Result<T>;
}

impl<T> OrFail<T> for std::result::Result<T, DataFusionError> {
    fn or_fail(self) -> Result<T> {
        self.map_err(from_datafusion)
    }
}

impl<T> OrFail<T> for std::result::Result<T, ArrowError> {
    fn or_fail(self) -> Result<T> {
        self.map_err(from_arrow)
    }
}

/// An error that several readers share cannot be taken apart; ours is copied, others are read by their text.
fn from_shared(e: &DataFusionError) -> Error {
    match e {
        DataFusionError::External(inner) => match inner.downcast_ref::<Error>() {
            Some(ours) => {
                let mut copy = Error::new(ours.state, ours.message.clone());
                if let Some(detail) = &ours.detail {
                    copy = copy.detail(detail.clone());
                }
                if let Some(hint) = &ours.hint {
                    copy = copy.hint(hint.clone());
                }
                copy.at(ours.position)
            }
            None => unknown(inner.to_string()),
        },
        DataFusionError::Shared(inner) => from_shared(inner),
        DataFusionError::Context(_, inner) => from_shared(inner),
        DataFusionError::ArrowError(inner, _) => from_arrow_text(inner),
        DataFusionError::Execution(message) => from_execution_message(message),
        DataFusionError::ResourcesExhausted(message) => {
            from_datafusion(DataFusionError::ResourcesExhausted(message.clone()))
        }
        other => unknown(other.to_string()),
    }
}

fn from_arrow(e: ArrowError) -> Error {
    match e {
        ArrowError::ExternalError(inner) => match inner.downcast::<Error>() {
            Ok(ours) => *ours,
            Err(other) => match other.downcast::<DataFusionError>() {
                Ok(nested) => from_datafusion(*nested),
                Err(other) => unknown(other.to_string()),
            },
        },
        other => from_arrow_text(&other),
    }
}

fn from_arrow_text(e: &ArrowError) -> Error {
    match e {
        ArrowError::DivideByZero => Error::new(SqlState::DIVISION_BY_ZERO, "division by zero"),
        ArrowError::ArithmeticOverflow(_) => {
            Error::new(SqlState::NUMERIC_OUT_OF_RANGE, "value out of range")
        }
        ArrowError::CastError(message) => from_cast_message(&first_line(message)),
        ArrowError::ParseError(message) if message.starts_with("Error parsing timestamp") => {
            super::prose::moment(&first_line(message))
        }
        ArrowError::ParseError(message) if message.starts_with("Invalid timezone") => {
            let zone = message.split('"').nth(1).unwrap_or_default();
            Error::invalid_parameter(format!("time zone \"{zone}\" not recognized"))
        }
        ArrowError::ParseError(message)
            if message.starts_with("Invalid input syntax for type interval") =>
        {
            let given = message.split('"').nth(1).unwrap_or_default();
            Error::new(
                SqlState::INVALID_DATETIME_FORMAT,
                format!("invalid input syntax for type interval: \"{given}\""),
            )
        }
        ArrowError::ParseError(message) | ArrowError::CsvError(message) => {
            Error::new(SqlState::INVALID_TEXT, first_line(message))
        }
        ArrowError::InvalidArgumentError(message) if message.contains("too large to store") => {
            super::prose::too_large(message)
        }
        ArrowError::ComputeError(message) => from_execution_message(message),
        other => unknown(other.to_string()),
    }
}

fn from_schema(e: SchemaError) -> Error {
    match e {
        SchemaError::FieldNotFound { field, valid_fields } => match &field.relation {
            Some(relation)
                if !valid_fields.iter().any(|f| f.relation.as_ref() == Some(relation)) =>
            {
                missing_from_entry(relation.table())
            }
            Some(relation) => Error::new(
                SqlState::UNDEFINED_COLUMN,
                format!("column {}.{} does not exist", relation.table(), field.name),
            ),
            None => Error::undefined_column(&field.name),
        },
        SchemaError::AmbiguousReference { field } => Error::new(
            SqlState::AMBIGUOUS_COLUMN,
            format!("column reference \"{}\" is ambiguous", field.name),
        ),
        SchemaError::DuplicateQualifiedField { qualifier, .. } => Error::new(
            SqlState::DUPLICATE_ALIAS,
            format!("table name \"{}\" specified more than once", qualifier.table()),
        ),
        SchemaError::DuplicateUnqualifiedField { name } => Error::new(
            SqlState::DUPLICATE_COLUMN,
            format!("column \"{name}\" specified more than once"),
        ),
    }
}

pub(super) fn missing_from_entry(table: &str) -> Error {
    Error::new(
        SqlState::UNDEFINED_TABLE,
        format!("missing FROM-clause entry for table \"{table}\""),
    )
}

/// The function that a call did not fit, if that is what went wrong.
pub(super) fn mismatched_function(e: &DataFusionError) -> Option<String> {
    let text = e.to_string();
    let signature = ["No function matches the given name", "failed to match any signature"];
    if !signature.iter().any(|part| text.contains(part)) {
        return None;
    }
    // `'lower(Int64)'`, else the first name in quotes: `Function 'sum' failed …`.
    let called = text.split_once("argument types '").and_then(|(_, rest)| rest.split('(').next());
    let quoted = || text.split('\'').nth(1);
    called.or_else(quoted).map(|name| name.to_lowercase())
}

/// Back traces and advice to file a bug stay out of messages.
pub(super) fn first_line(message: &str) -> String {
    let message = message.split("\n\nbacktrace").next().unwrap_or(message);
    message.lines().next().unwrap_or_default().trim().trim_end_matches('.').to_owned()
}

fn unknown(cause: String) -> Error {
    Error::internal("the engine failed").because(cause)
}
