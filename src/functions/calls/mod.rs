//! PostgreSQL's functions with their overloads: which one a call means, and what it does.
//!
//! A statement is bound with [`call::Open`] functions; the pass over its plan, which knows the types, puts the chosen
//! overload and the casts of its arguments in their place ([`call::chosen`]).

mod bits;
mod bytes;
pub(crate) mod call;
pub(crate) mod floats;
mod format;
pub(crate) mod given;
pub(crate) mod inputs;
mod lists;
mod maths;
pub(crate) mod numerics;
pub(crate) mod pattern;
mod patterns;
pub(crate) mod resolve;
mod rows;
mod search;
mod series;
pub(crate) mod specials;
mod strings;
mod tables;
mod trig;

pub use call::{ambiguous_operator, no_operator};
pub use rows::many;
pub use tables::function;

/// A pattern of LIKE with another escape than the backslash, as one with it.
pub fn like_escape(pattern: &str, escape: &str) -> crate::error::Result<String> {
    strings::like_escape(pattern, escape).map_err(|e| match e {
        datafusion::error::DataFusionError::External(inner) => match inner.downcast() {
            Ok(ours) => *ours,
            Err(_) => crate::error::Error::internal("an escape that fails"),
        },
        _ => crate::error::Error::internal("an escape that fails"),
    })
}
