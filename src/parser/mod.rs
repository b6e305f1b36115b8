//! SQL text to classified statements, and nothing else: no catalog, no types.
//!
//! Queries and expressions are sqlparser's, in its PostgreSQL dialect; the statements that PostgreSQL has and
//! sqlparser lacks or reads too loosely (roles, grants, foreign tables, settings) are read here, token by token,
//! with its tokenizer.

mod classify;
mod depth;
mod protection;
mod reader;
mod indexes;
mod relations;
mod roles;
mod settings;
mod tables;
pub mod statement;
#[cfg(test)]
mod tests;
mod transactions;

pub use classify::parse;
pub use reader::{ROWS_FROM, fold_ident as folded, position};
pub use sqlparser::ast;
pub use statement::Statement;

use datafusion::sql::sqlparser;
