//! What psql and BI tools ask for: pg_catalog and information_schema over a snapshot.
