//! SQL text to classified statements, and nothing else: no catalog, no types.
//!
//! Queries and expressions are sqlparser's, in its PostgreSQL dialect; the statements that PostgreSQL has and
//! sqlparser lacks or reads too loosely (roles, grants, foreign tables, settings) are read here, token by token,
//! with its tokenizer.

mod classify;
mod copy;
mod cursors;
mod depth;
mod explain;
mod grammar;
mod indexes;
mod locks;
mod protection;
mod reader;
mod relations;
mod renamed;
mod roles;
mod settings;
pub mod statement;
mod tables;
#[cfg(test)]
mod tests;
mod transactions;
mod wording;

pub use classify::parse;
pub use reader::{ROWS_FROM, fold_ident as folded, position};
pub use renamed::{mentions, renamed};
pub use sqlparser::ast;
pub use statement::Statement;
pub use wording::{VARIADIC, excluded};

use datafusion::sql::sqlparser;
