//! PostgreSQL's functions, casts and operators over Arrow arrays, where DataFusion's mean something else.

mod allowed;
mod mask;
mod numeric;
mod text;

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::common::Result;
use datafusion::functions_table::generate_series::GenerateSeriesTable;
use datafusion::logical_expr::{AggregateUDF, Expr, ScalarUDF, WindowUDF};

pub use allowed::allowed_builtin;

/// A function of ours by name. Names with two underscores in front cannot be typed unquoted; casts and
/// operators stand behind them.
pub fn scalar(name: &str) -> Option<Arc<ScalarUDF>> {
    numeric::function(name).or_else(|| text::function(name)).or_else(|| mask::function(name))
}

pub fn aggregate(_name: &str) -> Option<Arc<AggregateUDF>> {
    None
}

pub fn window(_name: &str) -> Option<Arc<WindowUDF>> {
    None
}

/// A table function of ours; none so far.
pub fn table(_name: &str, _args: &[Expr]) -> Option<Result<Arc<dyn TableProvider>>> {
    None
}

/// Whether a leaf of a plan is made by a table function, and so reads nothing stored.
pub fn is_table_function(provider: &dyn TableProvider) -> bool {
    provider.is::<GenerateSeriesTable>()
}
