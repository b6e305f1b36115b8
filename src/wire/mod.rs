//! The Postgres protocol on one socket: messages in, a session's replies out.

pub mod rows;
