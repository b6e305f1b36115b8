//! PostgreSQL's functions, casts and operators over Arrow arrays.
