//! json and jsonb: values are text in memory; json as it was written, jsonb in PostgreSQL's one form of it.

mod access;
mod build;
mod call;
mod change;
mod compare;
mod number;
mod parse;
mod rows;
mod value;
mod write;

use std::sync::Arc;

use datafusion::logical_expr::ScalarUDF;

/// A function over json by name; those with underscores in front stand behind operators and casts.
pub(super) fn function(name: &str) -> Option<Arc<ScalarUDF>> {
    call::function(name)
}

/// `document -> key`, of jsonb.
pub(super) fn key(text: &str, key: &str) -> crate::error::Result<Option<String>> {
    Ok(parse::parse(text, true)?.field(key).map(|value| access::shown(value, true)))
}
