//! PostgreSQL's functions, casts and operators over Arrow arrays, where DataFusion's mean something else.

mod allowed;
mod array_order;
pub mod array_text;
pub mod arrays;
mod calls;
pub mod charset;
pub(crate) mod coalesce;
mod collected;
pub mod excluding;
pub mod float_text;
mod input;
mod integer;
mod json;
pub(crate) mod labelled;
mod mask;
mod missing;
mod numeric;
mod only;
mod ordered;
mod recast;
mod record;
mod sample;
mod series;
pub mod session;
pub mod sets;
pub mod special;
pub mod spread;
pub mod style;
mod sums;
pub mod text;
pub mod time;
mod type_name;
mod zeros;

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::logical_expr::{AggregateUDF, Expr, ScalarUDF, WindowUDF};

pub use allowed::allowed_builtin;
pub(crate) use calls::call::{bound, literal_of, open_of, result_of};
pub(crate) use calls::inputs;
pub use calls::{ambiguous_operator, like_escape, many, no_operator};
pub use missing::{argument_name, bare, missing, undefined};
pub use recast::{is_recast, recast, stored};
pub use sums::sums;

/// A function of ours by name. Names with two underscores in front cannot be typed unquoted; casts and
/// operators stand behind them.
pub fn scalar(name: &str) -> Option<Arc<ScalarUDF>> {
    calls::function(name)
        .or_else(|| integer::function(name))
        .or_else(|| numeric::function(name))
        .or_else(|| type_name::function(name))
        .or_else(|| input::function(name))
        .or_else(|| time::function(name))
        .or_else(|| text::function(name))
        .or_else(|| mask::function(name))
        .or_else(|| only::function(name))
        .or_else(|| sets::function(name))
        .or_else(|| json::function(name))
        .or_else(|| record::function(name))
        .or_else(|| ordered::function(name))
        .or_else(|| sample::function(name))
        .or_else(|| coalesce::function(name))
        .or_else(|| excluding::function(name))
        .or_else(|| array_order::function(name))
        .or_else(|| zeros::function(name))
}

/// DataFusion's aggregates under the other names that PostgreSQL has for them.
pub fn aggregate(name: &str) -> Option<Arc<AggregateUDF>> {
    Some(match name {
        "every" => datafusion::functions_aggregate::bool_and_or::bool_and_udaf(),
        other => {
            return spread::aggregate(other)
                .or_else(|| collected::aggregate(other))
                .or_else(|| time::aggregates::either(other));
        }
    })
}

pub fn window(_name: &str) -> Option<Arc<WindowUDF>> {
    None
}

/// Whether a statement may call a function of this name, ours or DataFusion's.
pub fn is_known(name: &str) -> bool {
    allowed_builtin(name)
        || scalar(name).is_some()
        || aggregate(name).is_some()
        || window(name).is_some()
}

/// A table function of ours.
pub fn table(
    name: &str,
    args: &[Expr],
    options: &ConfigOptions,
) -> Option<Result<Arc<dyn TableProvider>>> {
    (name == "generate_series").then(|| series::table(args, options))
}

/// Whether a leaf of a plan is made by a table function, and so reads nothing stored.
pub fn is_table_function(provider: &dyn TableProvider) -> bool {
    provider.is::<series::Series>() || provider.is::<time::series::Instants>()
}
