//! What `->`, `#>` and their like find, as text.

use super::value::{Json, Kind};
use super::write;

/// As the operator gives it: json as it was written, jsonb in its own form.
pub(super) fn shown(value: &Json<'_>, jsonb: bool) -> String {
    match jsonb || value.text.is_empty() {
        true => write::jsonb(value),
        false => value.text.to_owned(),
    }
}

/// As text: without quotes, and NULL for null.
pub(super) fn as_text(value: &Json<'_>, jsonb: bool) -> Option<String> {
    match &value.kind {
        Kind::Null => None,
        Kind::String(text) => Some(text.clone()),
        _ => Some(shown(value, jsonb)),
    }
}

/// `#>`.
pub(super) fn at_path<'v, 't>(value: &'v Json<'t>, path: &[String]) -> Option<&'v Json<'t>> {
    path.iter().try_fold(value, |at, step| at.step(step))
}
