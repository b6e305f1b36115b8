//! The spine: roles, relations, grants, types, as immutable snapshots.

pub mod types;
