//! Values of parameters, text and binary, as Arrow scalars of the type the statement wants.
//!
//! A value is taken as it is or refused; none is rounded, shifted or guessed at.

mod array;
mod decimal;
mod moment;
mod reader;
mod value;

pub(super) use value::{decode, decode_all};
