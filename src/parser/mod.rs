//! SQL text to classified statements.
