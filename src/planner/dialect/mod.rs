//! SQL that means what PostgreSQL means, on DataFusion: two passes around its planner.
//!
//! [`rewrite_query`] works on the syntax tree, before names are resolved: output names, forms that DataFusion reads
//! otherwise. [`rewrite_plan`] works on the bound plan, where types are known: arithmetic, casts, averages.

mod branches;
mod calls;
mod casts;
mod common;
mod forms;
mod guards;
mod hidden;
mod integers;
mod labels;
mod meaning;
mod operators;
mod registered;
mod spans;
mod syntax;
mod temporal;
mod temporal_syntax;
mod types;

pub use integers::{type_integers, type_integers_in};
pub use labels::shown;
pub use meaning::{assigned, cast, handed_through, rewrite_expression, rewrite_plan};
pub use operators::expr_planners;
pub use registered::{look_up, look_up_in, show};
pub use syntax::rewrite_query;
pub use types::{sql_type, type_planner};
