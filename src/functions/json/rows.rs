//! Lists of what is in a document, for the functions that give rows.

use super::access::{as_text, shown};
use super::value::{Json, Kind};
use super::write::kept;
use crate::error::{Error, Result};

fn wrong(message: String) -> Error {
    Error::invalid_parameter(message)
}

/// The elements of an array, for `json_array_elements` and its like.
pub(super) fn elements<'v, 't>(value: &'v Json<'t>, jsonb: bool) -> Result<&'v [Json<'t>]> {
    let name = if jsonb { "jsonb_array_elements" } else { "json_array_elements" };
    match (&value.kind, jsonb) {
        (Kind::Array(elements), _) => Ok(elements),
        (Kind::Object(_), true) => Err(wrong("cannot extract elements from an object".to_owned())),
        (_, true) => Err(wrong("cannot extract elements from a scalar".to_owned())),
        (Kind::Object(_), false) => Err(wrong(format!("cannot call {name} on a non-array"))),
        (_, false) => Err(wrong(format!("cannot call {name} on a scalar"))),
    }
}

/// Keys with their values.
pub(super) fn fields<'v, 't>(
    value: &'v Json<'t>,
    jsonb: bool,
    function: &str,
) -> Result<Vec<&'v (String, Json<'t>)>> {
    match (&value.kind, jsonb) {
        (Kind::Object(fields), true) => Ok(kept(fields)),
        (Kind::Object(fields), false) => Ok(fields.iter().collect()),
        (_, true) => Err(wrong(format!("cannot call {function} on a non-object"))),
        (Kind::Array(_), false) => {
            Err(wrong("cannot deconstruct an array as an object".to_owned()))
        }
        (_, false) => Err(wrong("cannot deconstruct a scalar".to_owned())),
    }
}

/// A value as the function gives it.
pub(super) fn given(value: &Json<'_>, jsonb: bool, text: bool) -> Option<String> {
    if text { as_text(value, jsonb) } else { Some(shown(value, jsonb)) }
}
