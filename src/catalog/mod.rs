//! The spine: roles, schemas, relations and grants as immutable snapshots, altered only by changes.
//!
//! A [`snapshot::Snapshot`] is the whole catalog at one version. [`store::Catalog`] keeps the newest one
//! and the durable log of changes behind it. Nothing here knows SQL plans.

pub mod acl;
pub mod change;
pub mod default_acl;
pub mod intent;
pub mod keys;
pub mod name;
pub mod protection;
pub mod relation;
pub mod role;
pub mod settings;
pub mod snapshot;
pub mod store;
pub mod stored;
pub mod tag;
pub mod types;
pub mod verifier;
