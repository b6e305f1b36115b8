//! What lakewire has beside PostgreSQL's own, as an extension would bring it: clients that dump or show a database leave
//! out what belongs to one, and what was granted from the start.

use super::objects::{SERVER_OID, WRAPPER_OID};
use super::{Definition, acl_cell, pg, row, tables};
use crate::catalog::name::{
    AUDIT_EVENTS, AUDIT_SCHEMA, INFORMATION_SCHEMA, LAKE_SCHEMA, PG_CATALOG, PUBLIC_SCHEMA,
    SUPERUSER,
};
use crate::system::cells::Cell;
use crate::system::scope::Scope;
use crate::system::views;

pub(super) const ALL: &[Definition] = &[
    pg("pg_extension", |_| vec![row![OID, NAME, SUPERUSER.0, LAKE_SCHEMA.0, false, VERSION]]),
    pg("pg_available_extensions", |_| vec![row![NAME, VERSION, VERSION, COMMENT]]),
    pg("pg_available_extension_versions", |_| {
        let none = Cell::Null;
        vec![row![NAME, VERSION, true, true, false, false, "lake", none, COMMENT]]
    }),
    pg("pg_init_privs", initial),
];

/// Below those of users' objects, as of what a server has from the start.
const OID: u32 = 13_950;
const NAME: &str = "lakewire";
const VERSION: &str = env!("CARGO_PKG_VERSION");
const COMMENT: &str = "your data lake, as a Postgres";

const CLASS: u32 = 1259;
const NAMESPACE: u32 = 2615;
const EXTENSION: u32 = 3079;

/// Its members, as `pg_depend` has them.
pub(super) fn members() -> Vec<Vec<Cell>> {
    let schemas = [LAKE_SCHEMA.0, AUDIT_SCHEMA.0].map(|oid| (NAMESPACE, oid));
    let own = tables().filter(|t| t.schema() == "lake").map(|t| (CLASS, t.oid()));
    let others = [(CLASS, AUDIT_EVENTS.0), (SERVER, SERVER_OID), (WRAPPER, WRAPPER_OID)];
    let all = schemas.into_iter().chain(own).chain(others);
    all.map(|(class, oid)| row![class, oid, 0i32, EXTENSION, OID, 0i32, 'e']).collect()
}

const SERVER: u32 = 1417;
const WRAPPER: u32 = 2328;

fn initial(scope: &Scope) -> Vec<Vec<Cell>> {
    let all = || Cell::Texts(vec!["postgres=arwdDxt/postgres".into(), "=r/postgres".into()]);
    let system = tables().map(|t| t.oid()).chain(views::views().map(|v| v.oid()));
    let mut rows: Vec<Vec<Cell>> = system.map(|oid| row![oid, CLASS, 0i32, 'i', all()]).collect();
    let schemas = [PG_CATALOG, INFORMATION_SCHEMA, PUBLIC_SCHEMA, LAKE_SCHEMA, AUDIT_SCHEMA];
    for schema in schemas.iter().filter_map(|id| scope.snapshot.schema(*id)) {
        // Who may use the schema of all roles is for the database's owner to say.
        let acl = match schema.id == PUBLIC_SCHEMA {
            true => Cell::Texts(vec![
                "pg_database_owner=UC/pg_database_owner".into(),
                "=U/pg_database_owner".into(),
            ]),
            false => acl_cell(scope, schema.acl.as_ref()),
        };
        rows.push(row![schema.id.0, NAMESPACE, 0i32, 'i', acl]);
    }
    let events = scope.snapshot.relation(AUDIT_EVENTS);
    rows.extend(events.map(|r| row![r.id.0, CLASS, 0i32, 'e', acl_cell(scope, r.acl.as_ref())]));
    rows
}
