//! What a client holds between messages: settings, transaction, prepared statements, portals.
//!
//! [`Session`] makes the four calls, parse, bind, authorise, run, in that order for both query protocols and for
//! everything else that runs SQL: one path, so one check.

mod channels;
mod cursors;
pub mod execute;
pub mod login;
mod modes;
pub mod portals;
mod reading;
pub mod rules;
mod savepoints;
pub mod settings;
pub mod throttle;
mod trail;
pub mod transaction;

pub use execute::Session;
pub use login::Gate;
