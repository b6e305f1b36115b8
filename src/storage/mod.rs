//! Bytes in object stores: managed Delta tables, and folders of files that others wrote.
//!
//! Only this room names a bucket. Nothing here knows roles or relations.

pub mod location;
pub mod stores;
pub mod probe;
pub mod delta;
pub mod index;
pub mod table;
pub mod writer;
pub mod files;
mod csv;
