//! What both test binaries stand on: a real server, an S3 server, and the script runner.

#![allow(dead_code, reason = "each test binary uses its own part")]

pub mod program;
pub mod s3;
pub mod server;
pub mod slt;
