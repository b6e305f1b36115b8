//! Names become ids: a statement and a snapshot become a Plan, or an error.
