//! SQL that means what PostgreSQL means, on DataFusion: two passes around its planner.
//!
//! [`rewrite_query`] works on the syntax tree, before names are resolved: output names, forms that DataFusion reads
//! otherwise. [`rewrite_plan`] works on the bound plan, where types are known: arithmetic, casts, averages.

mod aggregates;
mod branches;
mod calls;
mod casts;
mod common;
mod copies;
mod forms;
mod frames;
mod guards;
mod hidden;
mod integers;
mod json;
mod kept;
mod labels;
mod meaning;
mod operators;
mod ordered;
mod precision;
mod records;
mod refusals;
mod registered;
mod sort_keys;
mod sorts;
mod spans;
mod syntax;
mod tables;
mod temporal;
mod temporal_syntax;
mod ties;
mod tuples;
mod types;
mod walk;
mod windows;

pub use copies::number_copies;
pub use integers::{type_integers, type_integers_in};
pub use kept::{as_kept, expression_as_kept, refuse_ambiguous, refuse_ambiguous_expression};
pub use labels::{name_of, shown};
pub use meaning::{assigned, cast, handed_through, rewrite_expression, rewrite_plan};
pub use operators::expr_planners;
pub use precision::{column_type, precise};
pub(super) use refusals::is_aggregate;
pub use registered::{look_up, look_up_in, show};
pub use sorts::keep_for_sorting;
pub use syntax::{call, rewrite_query};
pub use tables::select;
pub use ties::let_ties_through;
pub use types::{sql_type, type_planner};
