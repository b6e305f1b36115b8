//! lakewire: your data lake, as a Postgres.
//!
//! A SQL statement comes in at the top, falls through the rooms one floor at a time, and its rows rise
//! by return value. No room knows the one above it.
//!
//! ```text
//!              main -> server                 builds every component, once
//!           wire          etl                 a client with a socket | a client with a schedule
//!                session                      who is asking, what is open
//!                engine                       does what was authorised
//!                access                       may this role do this?
//!                planner                      names become ids; a Plan, or an error
//!                system                       pg_catalog as relations over the snapshot
//!                functions                    PostgreSQL's functions over Arrow arrays
//!                audit                        what was asked and what came of it, written down
//!                catalog                      the spine: roles, relations, grants
//!                storage                      bytes in object stores: Delta, Parquet
//!      parser, config, patience, error        the ground
//! ```
//!
//! **Life of a statement**: `parser::parse` turns text into statements; `planner::bind` a statement and a
//! snapshot into a plan; `access::authorize` a plan and a role into an authorised plan; `engine::run`
//! that into a reply; `wire` the reply into messages. `session` calls the first four in that
//! order for both query protocols: one path, so one check.

pub mod access;
pub mod audit;
pub mod catalog;
pub mod check;
pub mod config;
pub mod demo;
pub mod engine;
pub mod error;
pub mod functions;
pub mod observe;
pub mod parser;
pub mod patience;
pub mod planner;
pub mod server;
pub mod session;
pub mod storage;
pub mod system;
pub mod wire;
