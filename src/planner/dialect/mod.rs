//! SQL that means what PostgreSQL means, on DataFusion: two passes around its planner.
//!
//! [`rewrite_query`] works on the syntax tree, before names are resolved: output names, forms that DataFusion reads
//! otherwise. [`rewrite_plan`] works on the bound plan, where types are known: arithmetic, casts, averages.

mod arguments;
mod branches;
mod calls;
mod casts;
mod common;
mod copies;
mod forms;
mod guards;
mod hidden;
mod integers;
mod json;
mod labels;
mod meaning;
mod operators;
mod ordered;
mod records;
mod registered;
mod sorted;
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
pub use labels::{name_of, shown};
pub use meaning::{assigned, cast, handed_through, rewrite_expression, rewrite_plan};
pub use operators::expr_planners;
pub use registered::{look_up, look_up_in, show};
pub use sorted::collect_in_order;
pub use sorts::keep_for_sorting;
pub use syntax::{call, rewrite_query};
pub use tables::select;
pub use ties::let_ties_through;
pub use types::{sql_type, type_planner};
