//! DataFusion's and Arrow's prose, read for what a user did: their messages become PostgreSQL's, with its state.

use super::failure::{first_line, missing_from_entry};
use crate::error::{Error, SqlState};
use crate::functions::undefined;

const NO_OPERATOR: &str = "No operator matches the given name and argument types. You might need to add explicit type casts.";

/// Plan errors come as prose; the ones a user meets are told apart by it.
pub(super) fn from_plan_message(message: &str) -> Error {
    let text = first_line(message);
    let lower = text.to_lowercase();
    let quoted = || text.split(['\'', '"']).nth(1).unwrap_or(&text).to_owned();
    let has = |part: &str| lower.contains(part);
    match () {
        // A whole plan, files and policies in it, that a last check of the engine's own refused.
        () if text.starts_with("Plan: [") => {
            Error::internal("the engine refused its own plan").because(text)
        }
        // Only a window function outside of a window is still unknown here.
        () if has("invalid function") => Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("window function {} requires an OVER clause", quoted()),
        ),
        () if has("expression windowfunction(") => {
            Error::new(SqlState::WINDOWING_ERROR, "window functions are not allowed in WHERE")
        }
        () if has("array_has does not support") => Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            "op ANY/ALL (array) requires array on right side",
        ),
        () if has("for select distinct, order by expressions") => Error::new(
            SqlState::INVALID_COLUMN_REFERENCE,
            "for SELECT DISTINCT, ORDER BY expressions must appear in select list",
        ),
        () if lower.starts_with("the window ") && has("is not defined") => {
            let name = text.split(' ').nth(2).unwrap_or_default();
            Error::new(SqlState::UNDEFINED_OBJECT, format!("window \"{name}\" does not exist"))
        }
        () if has("inconsistent data length across values") => {
            Error::syntax("VALUES lists must all be the same length")
        }
        () if has("intersect/except query must have") => {
            Error::syntax("each INTERSECT query must have the same number of columns")
        }
        () if has("aggregate function calls cannot contain window") => Error::new(
            SqlState::GROUPING_ERROR,
            "aggregate function calls cannot contain window function calls",
        ),
        () if has("join condition must be boolean") => not_boolean("JOIN/ON", &text, ", but got "),
        () if has("common type to coerce") && has("in like expression") => {
            let types = text.split("coerce ").nth(1).and_then(|t| t.split(" in LIKE").next());
            let (left, right) = types.and_then(|t| t.split_once(" and ")).unwrap_or(("", ""));
            let message =
                format!("operator does not exist: {} ~~ {}", type_name(left), type_name(right));
            Error::new(SqlState::UNDEFINED_FUNCTION, message).hint(NO_OPERATOR)
        }
        () if has("start bound cannot be unbounded following") => {
            Error::new(SqlState::WINDOWING_ERROR, "frame start cannot be UNBOUNDED FOLLOWING")
        }
        () if has("range requires exactly one order by") => Error::new(
            SqlState::WINDOWING_ERROR,
            "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column",
        ),
        () if has("groups requires an order by clause") => {
            Error::new(SqlState::WINDOWING_ERROR, "GROUPS mode requires an ORDER BY clause")
        }
        () if lower.starts_with("the window ") && has("is defined multiple times") => {
            let name = text.split(' ').nth(2).unwrap_or_default();
            Error::new(SqlState::WINDOWING_ERROR, format!("window \"{name}\" is already defined"))
        }
        () if has("to grouping function is not in grouping columns") => Error::new(
            SqlState::GROUPING_ERROR,
            "arguments to GROUPING must be grouping expressions of the associated query level",
        ),
        () if has("unnest should be rewritten") => Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            "set-returning functions are not allowed in WHERE",
        ),
        () if has("select distinct on expressions must match") => {
            Error::new(SqlState::INVALID_COLUMN_REFERENCE, text)
        }
        () if has("with query name") => Error::new(SqlState::DUPLICATE_ALIAS, text),
        () if has("substring without for/from") => undefined("substring", &["unknown".to_owned()]),
        () if has("must appear in the group by")
            || has("could not be resolved from available columns") =>
        {
            Error::new(SqlState::GROUPING_ERROR, grouping_message(&text))
        }
        () if has("calls cannot be nested") => {
            Error::new(SqlState::GROUPING_ERROR, "aggregate function calls cannot be nested")
        }
        () if has("aggregate") && (has("where") || has("not allowed")) => {
            Error::new(SqlState::GROUPING_ERROR, "aggregate functions are not allowed in WHERE")
        }
        () if has("non-boolean predicate") => not_boolean("WHERE", &text, " returning "),
        () if has("requires a boolean expression") => not_boolean("NOT", &text, ", got "),
        () if has("failed to coerce") || has("no function matches") || has("does not support") => {
            Error::new(SqlState::UNDEFINED_FUNCTION, text)
                .hint("You might need to add explicit type casts.")
        }
        () if has("cannot infer common") || has("cannot coerce") => operator(&text),
        () if has("projections require unique expression names") => {
            Error::new(SqlState::DUPLICATE_COLUMN, text)
        }
        () if has("number of columns") || has("same number of columns") || has("equal number") => {
            Error::syntax("each UNION query must have the same number of columns")
        }
        () if has("too many columns! the subquery") => {
            Error::syntax("subquery must return only one column")
        }
        () if has("order by column out of bounds") => position("ORDER BY", &text),
        () if has("cannot find column with position") => position("GROUP BY", &text),
        () if has("invalid qualifier") => {
            missing_from_entry(text.rsplit(' ').next().unwrap_or_default())
        }
        () if has("names given as column alias") => column_aliases(&text),
        () if has("cannot access field") => Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            "column notation applied to a value that is not of a composite type",
        ),
        () if has("placeholder") => Error::new(SqlState::INDETERMINATE_DATATYPE, text),
        () if has("divide by zero") => Error::new(SqlState::DIVISION_BY_ZERO, "division by zero"),
        () if has("limit to be an integer") => {
            Error::new(SqlState::DATATYPE_MISMATCH, "argument of LIMIT must be type bigint")
        }
        () if has("limit") && has("negative") || has("limit must be >= 0") => {
            Error::new(SqlState::INVALID_LIMIT, "LIMIT must not be negative")
        }
        () if has("offset must be >=0") => {
            Error::new(SqlState::INVALID_OFFSET, "OFFSET must not be negative")
        }
        () if has("unsupported") || has("not supported") || has("not implemented") => {
            Error::new(SqlState::FEATURE_NOT_SUPPORTED, text)
        }
        () => Error::new(SqlState::SYNTAX_ERROR, text),
    }
}

/// `Int64` as a user wrote or declared it. What is quoted is Utf8 until it meets a type.
fn type_name(arrow: &str) -> String {
    let bare = arrow.split('(').next().unwrap_or(arrow).trim();
    match bare {
        "Null" | "Utf8" => "unknown",
        "Utf8View" | "LargeUtf8" => "text",
        "Boolean" => "boolean",
        "Int8" | "Int16" => "smallint",
        "Int32" => "integer",
        "Int64" | "UInt64" => "bigint",
        "Float32" => "real",
        "Float64" => "double precision",
        "Decimal32" | "Decimal64" | "Decimal128" | "Decimal256" => "numeric",
        "Date32" | "Date64" => "date",
        "Time32" | "Time64" => "time without time zone",
        "Interval" | "Duration" => "interval",
        "Binary" | "BinaryView" => "bytea",
        "Timestamp" if arrow.contains(',') => "timestamp with time zone",
        "Timestamp" => "timestamp without time zone",
        other => other,
    }
    .to_owned()
}

fn not_boolean(of: &str, text: &str, before: &str) -> Error {
    let (head, arrow) = text.rsplit_once(before).unwrap_or((text, "Utf8"));
    // A number that was written there, as PostgreSQL types it.
    let name = match head.contains("'Int64(") || (of == "NOT" && arrow == "Int64") {
        true => "integer".to_owned(),
        false => type_name(arrow),
    };
    Error::new(
        SqlState::DATATYPE_MISMATCH,
        format!("argument of {of} must be type boolean, not type {name}"),
    )
}

fn grouping_message(text: &str) -> String {
    let column = match text.strip_prefix("HAVING clause references: ") {
        Some(rest) => rest.split(|c: char| !(c.is_alphanumeric() || "._".contains(c))).next(),
        None => text.split('"').nth(1),
    };
    match column {
        Some(column) => format!(
            "column \"{column}\" must appear in the GROUP BY clause or be used in an aggregate function"
        ),
        None => text.to_owned(),
    }
}

/// `Cannot infer common argument type for comparison operation Int64 = Boolean`, and the like.
fn operator(text: &str) -> Error {
    let operation = text
        .rsplit_once("operation ")
        .map(|(_, operation)| operation)
        .or_else(|| Some(text.split_once("expression ")?.1.split_once(" to valid")?.0));
    let Some((left, sign, right)) = operation.and_then(operands) else {
        return Error::new(SqlState::UNDEFINED_FUNCTION, text).hint(NO_OPERATOR);
    };
    let (left, right) = (type_name(left), type_name(right));
    if let "AND" | "OR" = sign {
        let wrong = if left == "boolean" { right } else { left };
        return Error::new(
            SqlState::DATATYPE_MISMATCH,
            format!("argument of {sign} must be type boolean, not type {wrong}"),
        );
    }
    Error::new(
        SqlState::UNDEFINED_FUNCTION,
        format!("operator does not exist: {left} {sign} {right}"),
    )
    .hint(NO_OPERATOR)
}

/// `Decimal128(2, 1) + Utf8` at its operator: types have letters, operators have none.
fn operands(operation: &str) -> Option<(&str, &str, &str)> {
    operation.match_indices(' ').find_map(|(at, _)| {
        let (sign, right) = operation[at + 1..].split_once(' ')?;
        let is_sign = matches!(sign, "AND" | "OR") || !sign.contains(char::is_alphanumeric);
        (is_sign && !sign.contains(')')).then_some((&operation[..at], sign, right))
    })
}

/// `ORDER BY position 5 is not in select list`.
fn position(clause: &str, text: &str) -> Error {
    let number = text.split(|c: char| !c.is_ascii_digit()).find(|n| !n.is_empty());
    Error::new(
        SqlState::INVALID_COLUMN_REFERENCE,
        format!("{clause} position {} is not in select list", number.unwrap_or("?")),
    )
}

/// `Source table contains 5 columns but only 7 names given as column alias`
fn column_aliases(text: &str) -> Error {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|n| !n.is_empty());
    let (there, given) = (numbers.next().unwrap_or("?"), numbers.next().unwrap_or("?"));
    Error::new(
        SqlState::INVALID_COLUMN_REFERENCE,
        format!("table has {there} columns available but {given} columns specified"),
    )
}

pub(super) fn from_execution_message(message: &str) -> Error {
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
        () if has("unsupported date_trunc granularity") || lower.starts_with("date part") => {
            let unit = text.split('\'').nth(1).unwrap_or_default();
            Error::invalid_parameter(format!("unit \"{unit}\" not recognized"))
        }
        () if has("cannot access field") => from_plan_message(&text),
        () if has("error parsing timestamp") || has("could not parse") => moment(&text),
        () if has("regular expression") || has("regex") => {
            Error::new(SqlState::INVALID_REGULAR_EXPRESSION, text)
        }
        () if has("not implemented") || has("not supported") || has("unsupported") => {
            Error::new(SqlState::FEATURE_NOT_SUPPORTED, text)
        }
        () => Error::new(SqlState::DATA_EXCEPTION, text),
    }
}

/// `Error parsing timestamp from '2024-01-01 10': error parsing time`
pub(super) fn moment(text: &str) -> Error {
    match text.split('\'').nth(1) {
        Some(given) => date_error("timestamp", given),
        None => Error::new(SqlState::INVALID_DATETIME_FORMAT, text),
    }
}

/// Digits in the right places, and a month or a minute that is none: out of range. All else is no date.
fn date_error(type_name: &str, given: &str) -> Error {
    let plausible = given.chars().all(|c| c.is_ascii_digit() || "-: .+TZ".contains(c))
        && given.contains(['-', ':'])
        && given.starts_with(|c: char| c.is_ascii_digit());
    let cut = given.ends_with(['-', ':', ' ']);
    if plausible && !cut && out_of_range(given) {
        return Error::new(
            SqlState::DATETIME_OVERFLOW,
            format!("date/time field value out of range: \"{given}\""),
        );
    }
    Error::new(
        SqlState::INVALID_DATETIME_FORMAT,
        format!("invalid input syntax for type {type_name}: \"{given}\""),
    )
}

/// Whether a month, day, hour, minute or second of `2024-13-45 25:61:61` is more than there are.
fn out_of_range(given: &str) -> bool {
    let (date, time) = match given.split_once([' ', 'T']) {
        Some((date, time)) => (date, time),
        None if given.contains(':') => ("", given),
        None => (given, ""),
    };
    let numbers = |text: &str, sign: char| -> Vec<u32> {
        text.split(sign).map(|part| part.parse().unwrap_or(0)).collect()
    };
    let date = numbers(date, '-');
    let time = numbers(time, ':');
    let over = |all: &[u32], i: usize, most: u32| all.get(i).is_some_and(|n| *n > most);
    let days = match date.as_slice() {
        [_, 4 | 6 | 9 | 11, ..] => 30,
        [year, 2, ..] if year % 4 == 0 => 29,
        [_, 2, ..] => 28,
        _ => 31,
    };
    let zero = date.len() == 3 && date[1..].contains(&0);
    let seconds = over(&time, 1, 59) || over(&time, 2, 60);
    zero || over(&date, 1, 12) || over(&date, 2, days) || over(&time, 0, 24) || seconds
}

/// `Cannot cast string 'x' to value of Int32 type`, `Can't cast value 7 to type Int8`
pub(super) fn from_cast_message(message: &str) -> Error {
    let parts = ["Cannot cast string '", "Cannot cast value '"]
        .iter()
        .find_map(|head| message.strip_prefix(head))
        .and_then(|rest| rest.rsplit_once("' to value of "))
        .and_then(|(text, rest)| Some((text, rest.strip_suffix(" type")?)));
    if let Some((text, arrow)) = parts {
        return invalid_input(text, arrow);
    }
    if let Some((_, arrow)) = message.rsplit_once(" to type ")
        && message.contains("Can't cast value")
    {
        return Error::new(
            SqlState::NUMERIC_OUT_OF_RANGE,
            format!("{} out of range", type_name(arrow)),
        );
    }
    if let Some((precision, scale)) = message
        .strip_prefix("Cannot cast to Decimal")
        .and_then(|rest| rest.split_once('('))
        .and_then(|(_, rest)| rest.split_once(')'))
        .and_then(|(digits, _)| digits.split_once(", "))
        .and_then(|(p, s)| Some((p.parse().ok()?, s.parse().ok()?)))
    {
        return field_overflow(precision, scale);
    }
    let state = match message.contains("overflow") {
        true => SqlState::NUMERIC_OUT_OF_RANGE,
        false => SqlState::INVALID_TEXT,
    };
    Error::new(state, message)
}

/// `… is too large to store in a Decimal128 of precision 10. Max is 99999999.99`: the most tells the digits.
pub(super) fn too_large(message: &str) -> Error {
    let most = message.rsplit_once("Max is ").map(|(_, most)| most.trim().trim_end_matches('.'));
    let Some(most) = most else {
        return Error::new(SqlState::NUMERIC_OUT_OF_RANGE, "numeric field overflow");
    };
    let scale = most.split_once('.').map_or(0, |(_, digits)| digits.len() as i32);
    let precision = most.chars().filter(char::is_ascii_digit).count() as i32;
    field_overflow(precision, scale)
}

fn field_overflow(precision: i32, scale: i32) -> Error {
    let most = match precision - scale {
        0 => "1".to_owned(),
        digits => format!("10^{digits}"),
    };
    Error::new(SqlState::NUMERIC_OUT_OF_RANGE, "numeric field overflow").detail(format!(
        "A field with precision {precision}, scale {scale} must round to an absolute value less than {most}."
    ))
}

fn invalid_input(text: &str, arrow: &str) -> Error {
    match arrow {
        "Date32" | "Date64" => return date_error("date", text),
        t if t.starts_with("Timestamp") => return date_error("timestamp", text),
        t if t.starts_with("Time") => return date_error("time", text),
        _ => {}
    }
    let name = type_name(arrow);
    // All digits, and too many of them.
    let whole = ["smallint", "integer", "bigint"].contains(&name.as_str());
    let digits = text.trim().trim_start_matches(['-', '+']);
    if whole && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        return Error::new(
            SqlState::NUMERIC_OUT_OF_RANGE,
            format!("value \"{text}\" is out of range for type {name}"),
        );
    }
    Error::new(SqlState::INVALID_TEXT, format!("invalid input syntax for type {name}: \"{text}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(error: Error, state: SqlState, message: &str) {
        assert_eq!((error.message.as_str(), error.state), (message, state));
    }

    #[test]
    fn operators_are_named_with_their_types() {
        let none = SqlState::UNDEFINED_FUNCTION;
        let text = "Cannot coerce arithmetic expression Int32 + Utf8View to valid types";
        check(from_plan_message(text), none, "operator does not exist: integer + text");
        let text = "Cannot infer common argument type for comparison operation Date32 = Boolean";
        check(from_plan_message(text), none, "operator does not exist: date = boolean");
        let text =
            "Cannot infer common argument type for logical boolean operation Int32 AND Boolean";
        let mismatch = SqlState::DATATYPE_MISMATCH;
        check(
            from_plan_message(text),
            mismatch,
            "argument of AND must be type boolean, not type integer",
        );
    }

    #[test]
    fn types_with_modifiers_are_taken_whole() {
        let text = "Cannot coerce arithmetic expression Decimal128(2, 1) + Utf8 to valid types";
        let none = SqlState::UNDEFINED_FUNCTION;
        check(from_plan_message(text), none, "operator does not exist: numeric + unknown");
    }

    #[test]
    fn casts_name_the_type_and_the_text() {
        let cast = |text: &str, to: &str| {
            from_cast_message(&format!("Cannot cast string '{text}' to value of {to} type"))
        };
        let invalid = SqlState::INVALID_TEXT;
        check(cast("x", "Int32"), invalid, "invalid input syntax for type integer: \"x\"");
        check(cast("", "Decimal128(5, 2)"), invalid, "invalid input syntax for type numeric: \"\"");
        let range = SqlState::NUMERIC_OUT_OF_RANGE;
        check(
            cast("3000000000", "Int32"),
            range,
            "value \"3000000000\" is out of range for type integer",
        );
        let value = "Can't cast value 3000000000 to type Int32";
        check(from_cast_message(value), range, "integer out of range");
        let field = SqlState::DATETIME_OVERFLOW;
        for wrong in ["2024-13-01", "2023-02-29", "2024-01-00"] {
            let message = format!("date/time field value out of range: \"{wrong}\"");
            check(cast(wrong, "Date32"), field, &message);
        }
        let format = SqlState::INVALID_DATETIME_FORMAT;
        check(cast("soon", "Date32"), format, "invalid input syntax for type date: \"soon\"");
        check(cast("12:99", "Time64(µs)"), field, "date/time field value out of range: \"12:99\"");
    }
}
