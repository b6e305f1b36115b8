//! Builds the parts; accepts, limits and drains connections.
