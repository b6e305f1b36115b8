//! DataFusion's errors turned into ours, here at the border where they arise.

use arrow::error::ArrowError;
use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;

use crate::error::{Error, Result, SqlState};

/// Turns what the engine says into what PostgreSQL would say. What is not recognised is a bug of ours and is
/// shown as such, its cause going to the log.
pub fn from_datafusion(e: DataFusionError) -> Error {
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
        DataFusionError::NotImplemented(message) => {
            Error::new(SqlState::FEATURE_NOT_SUPPORTED, first_line(&message))
        }
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
            Error::canceled("canceling statement due to user request")
        }
        other => unknown(other.to_string()),
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
        ArrowError::ParseError(message) | ArrowError::CsvError(message) => {
            Error::new(SqlState::INVALID_TEXT, first_line(message))
        }
        ArrowError::InvalidArgumentError(message) if message.contains("too large to store") => {
            Error::new(SqlState::NUMERIC_OUT_OF_RANGE, "numeric field overflow")
                .detail(first_line(message))
        }
        ArrowError::ComputeError(message) => from_execution_message(message),
        other => unknown(other.to_string()),
    }
}

/// `Cannot cast string 'x' to value of Int32 type`
fn from_cast_message(message: &str) -> Error {
    let parts = message
        .strip_prefix("Cannot cast string '")
        .and_then(|rest| rest.rsplit_once("' to value of "))
        .and_then(|(text, rest)| Some((text, rest.strip_suffix(" type")?)));
    let Some((text, arrow)) = parts else {
        let state = match message.contains("overflow") || message.contains("Can't cast value") {
            true => SqlState::NUMERIC_OUT_OF_RANGE,
            false => SqlState::INVALID_TEXT,
        };
        return Error::new(state, message);
    };
    let (name, state) = match arrow {
        "Int8" | "Int16" => ("smallint", SqlState::INVALID_TEXT),
        "Int32" => ("integer", SqlState::INVALID_TEXT),
        "Int64" => ("bigint", SqlState::INVALID_TEXT),
        "Float32" => ("real", SqlState::INVALID_TEXT),
        "Float64" => ("double precision", SqlState::INVALID_TEXT),
        "Boolean" => ("boolean", SqlState::INVALID_TEXT),
        "Date32" | "Date64" => ("date", SqlState::INVALID_DATETIME_FORMAT),
        t if t.starts_with("Decimal") => ("numeric", SqlState::INVALID_TEXT),
        t if t.starts_with("Timestamp") => ("timestamp", SqlState::INVALID_DATETIME_FORMAT),
        t if t.starts_with("Time") => ("time", SqlState::INVALID_DATETIME_FORMAT),
        other => (other, SqlState::INVALID_TEXT),
    };
    Error::new(state, format!("invalid input syntax for type {name}: \"{text}\""))
}

fn from_schema(e: SchemaError) -> Error {
    match e {
        SchemaError::FieldNotFound { field, .. } => match &field.relation {
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

/// Plan errors come as prose; the ones a user meets are told apart by it.
fn from_plan_message(message: &str) -> Error {
    let text = first_line(message);
    let lower = text.to_lowercase();
    let quoted = || text.split(['\'', '"']).nth(1).unwrap_or(&text).to_owned();
    let has = |part: &str| lower.contains(part);
    match () {
        () if has("invalid function") => Error::new(
            SqlState::UNDEFINED_FUNCTION,
            format!("function {}() does not exist", quoted()),
        )
        .hint("No function matches the given name. You might need to add explicit type casts."),
        () if has("must appear in the group by") || has("could not be resolved from available columns") => {
            Error::new(SqlState::GROUPING_ERROR, grouping_message(&text))
        }
        () if has("aggregate") && (has("where") || has("not allowed")) => {
            Error::new(SqlState::GROUPING_ERROR, "aggregate functions are not allowed in WHERE")
        }
        () if has("failed to coerce") || has("no function matches") || has("does not support") => {
            Error::new(SqlState::UNDEFINED_FUNCTION, text)
                .hint("You might need to add explicit type casts.")
        }
        () if has("cannot infer common argument type") || has("cannot coerce") => {
            Error::new(SqlState::UNDEFINED_FUNCTION, operator_message(&text)).hint(
                "No operator matches the given name and argument types. You might need to add explicit type casts.",
            )
        }
        () if has("projections require unique expression names") => {
            Error::new(SqlState::DUPLICATE_COLUMN, text)
        }
        () if has("number of columns") || has("same number of columns") || has("equal number") => {
            Error::syntax("each query must have the same number of columns")
        }
        () if has("placeholder") => Error::new(SqlState::INDETERMINATE_DATATYPE, text),
        () if has("divide by zero") => Error::new(SqlState::DIVISION_BY_ZERO, "division by zero"),
        () if has("unsupported") || has("not supported") || has("not implemented") => {
            Error::new(SqlState::FEATURE_NOT_SUPPORTED, text)
        }
        () if has("limit") && has("negative") || has("limit must be >= 0") => {
            Error::new(SqlState::INVALID_LIMIT, "LIMIT must not be negative")
        }
        () if has("offset must be >=0") => {
            Error::new(SqlState::INVALID_OFFSET, "OFFSET must not be negative")
        }
        () => Error::new(SqlState::SYNTAX_ERROR, text),
    }
}

fn grouping_message(text: &str) -> String {
    match text.split('"').nth(1) {
        Some(column) => format!(
            "column \"{column}\" must appear in the GROUP BY clause or be used in an aggregate function"
        ),
        None => text.to_owned(),
    }
}

/// `Cannot infer common argument type for comparison operation Int64 = Boolean`
fn operator_message(text: &str) -> String {
    match text.rsplit_once("operation ") {
        Some((_, operation)) => format!("operator does not exist: {operation}"),
        None => text.to_owned(),
    }
}

fn from_execution_message(message: &str) -> Error {
    let text = first_line(message);
    let lower = text.to_lowercase();
    let has = |part: &str| lower.contains(part);
    match () {
        () if has("divide by zero") || has("division by zero") => {
            Error::new(SqlState::DIVISION_BY_ZERO, "division by zero")
        }
        () if has("overflow") => Error::new(SqlState::NUMERIC_OUT_OF_RANGE, "value out of range"),
        () if has("more than one row") => Error::new(
            SqlState::CARDINALITY_VIOLATION,
            "more than one row returned by a subquery used as an expression",
        ),
        () if has("error parsing timestamp") || has("could not parse") => {
            Error::new(SqlState::INVALID_DATETIME_FORMAT, text)
        }
        () if has("regular expression") || has("regex") => {
            Error::new(SqlState::INVALID_REGULAR_EXPRESSION, text)
        }
        () if has("not implemented") || has("not supported") || has("unsupported") => {
            Error::new(SqlState::FEATURE_NOT_SUPPORTED, text)
        }
        () => Error::new(SqlState::DATA_EXCEPTION, text),
    }
}

/// Back traces and advice to file a bug stay out of messages.
fn first_line(message: &str) -> String {
    let message = message.split("\n\nbacktrace").next().unwrap_or(message);
    message.lines().next().unwrap_or_default().trim().trim_end_matches('.').to_owned()
}

fn unknown(cause: String) -> Error {
    Error::internal("the engine failed").because(cause)
}
