//! Subqueries that depend on the row around them, taken apart into joins.
//!
//! What a subquery takes from outside is made a relation of its own, its domain: the distinct values there are. The
//! subquery is computed for all of them at once, its domain's columns carried along, and joined back (Neumann and
//! Kemper, "Unnesting Arbitrary Queries", BTW 2015). Done after a plan was authorised, since what a subquery selects is
//! a reference that rights are asked for.

mod domain;
mod elimination;
mod lateral;
mod left;
mod push;
mod rows;
mod shared;

pub(super) use elimination::rewrite;
pub(super) use shared::{Once, SharedPlanner};
