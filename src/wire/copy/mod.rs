//! What a client sends for COPY FROM: bytes to batches.
//!
//! A [`Reader`] takes in bytes as they come, cuts them into rows by their form (text, CSV, binary) and puts each
//! value into the builder of its column; it gives a batch whenever enough rows are there.

mod binary;
mod columns;
mod lines;
mod reader;
mod values;

pub(super) use reader::Reader;
