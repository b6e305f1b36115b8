//! Bytes in object stores: managed Delta tables, and folders of files that others wrote.
//!
//! Only this room names a bucket. Nothing here knows roles or relations.

pub mod commits;
mod csv;
pub mod delta;
pub mod files;
pub mod index;
pub mod location;
pub mod nested;
pub mod pins;
pub mod probe;
pub mod sealed;
pub mod shape;
pub mod stores;
pub mod table;
pub mod temporary;
pub mod tid;
pub mod writer;
