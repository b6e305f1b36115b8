//! Arrow batches to DataRow messages, text and binary, exactly as PostgreSQL 15 writes them.
//!
//! One family of values per file. A writer is built once per column and batch and then puts cell
//! after cell into the chunk that goes to the socket: nothing is allocated per cell, and rows are
//! written row by row, because interleaving finished columns would copy everything once more.

mod datetime;
mod decimal;
mod floats;
mod integers;
mod interval;
mod json;
mod list;
mod put;
mod record;
mod style;
mod text;
mod zone;

mod column;
mod copied;
mod encoder;
mod quoting;

#[cfg(test)]
mod goldens;

pub(super) use crate::functions::time::calendar::days as days_from_civil;
pub(super) use copied::SIGNATURE;
pub(super) use integers::is_oid;

pub use encoder::{BatchRows, RowEncoder};
pub use style::{Format, Style};
pub use zone::Zone;
