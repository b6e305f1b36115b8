//! Everything about a server that no SQL script can ask: the protocol byte by byte, psql, two servers on
//! one lake, stores that fail, and the tidiness of the house.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on says where, and shows its seed"
)]

#[path = "../support/mod.rs"]
mod support;

mod audit;
mod bytes;
mod copy;
mod demo;
mod faults;
mod leaks;
mod login;
mod matrix;
mod program;
mod properties;
mod pruning;
mod psql;
mod raw;
mod readme;
mod s3;
mod tidy;
mod tls;
mod transactions;
mod two_servers;
mod wire;
