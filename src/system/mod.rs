//! What psql and BI tools ask for: pg_catalog and information_schema, true for the role that asks.
//!
//! Base relations are built from a [`scope::Scope`] and never open a table; views over them are SQL.

pub mod activity;
mod cells;
pub mod channels;
mod definitions;
pub mod explain_access;
mod facts;
pub mod functions;
pub mod own;
pub mod scope;
pub mod settings;
pub mod sizes;
pub mod tables;
mod units;
pub mod views;
pub mod zones;
