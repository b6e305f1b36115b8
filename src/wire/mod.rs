//! The Postgres protocol on one socket.
