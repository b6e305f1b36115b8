//! Sessions and what they do, for those who may see it.

use std::sync::atomic::Ordering;

use chrono::{DateTime, Utc};

use super::{Definition, pg, row};
use crate::catalog::name::DATABASE_OID;
use crate::system::activity::Doing;
use crate::system::cells::Cell;
use crate::system::functions::may_see;
use crate::system::own::{HeldStatement, OpenCursor};
use crate::system::scope::Scope;

pub(super) const ALL: &[Definition] = &[
    pg("pg_cursors", |scope| {
        let cursors = scope.surroundings.own.cursors();
        let row = |c: &OpenCursor| {
            row![c.name.as_str(), c.statement.as_str(), c.hold, c.binary, c.scroll, at(c.made_at)]
        };
        cursors.iter().map(row).collect()
    }),
    pg("pg_prepared_statements", |scope| {
        let held = scope.surroundings.own.statements();
        held.iter().map(|(name, statement)| prepared(name, statement)).collect()
    }),
    pg("pg_stat_activity", sessions),
    pg("pg_stat_ssl", encryption),
    pg("pg_stat_gssapi", |scope| {
        let all = scope.surroundings.activity.all().into_iter();
        all.map(|d| row![d.pid, false, Cell::Null, false]).collect()
    }),
    pg("pg_stat_database", databases),
    pg("pg_stat_bgwriter", |scope| {
        let mut counters = vec![Cell::Int(0); 10];
        counters.push(at(scope.server_started_at));
        vec![counters]
    }),
    pg("pg_stat_archiver", |scope| {
        let none = Cell::Null;
        let reset = at(scope.server_started_at);
        vec![row![0i64, none.clone(), none.clone(), 0i64, none.clone(), none, reset]]
    }),
    pg("pg_stat_wal", |scope| {
        let mut counters = vec![Cell::Int(0); 8];
        counters.push(at(scope.server_started_at));
        vec![counters]
    }),
];

fn at(when: DateTime<Utc>) -> Cell {
    Cell::Int(when.timestamp_micros())
}

fn prepared(name: &str, held: &HeldStatement) -> Vec<Cell> {
    let types = held.parameters.iter().map(|oid| i64::from(*oid)).collect();
    row![
        name,
        &*held.statement,
        at(held.made_at),
        Cell::Ints(types),
        held.from_sql,
        0i64,
        held.plans.load(Ordering::Relaxed),
    ]
}

/// What one does is for itself, those who have its role, and `pg_read_all_stats`.
fn sessions(scope: &Scope) -> Vec<Vec<Cell>> {
    scope.surroundings.activity.all().iter().map(|doing| session(scope, doing)).collect()
}

fn session(scope: &Scope, doing: &Doing) -> Vec<Cell> {
    let seen = may_see(scope, doing);
    let shown = |cell: Cell| if seen { cell } else { Cell::Null };
    let when = |time: Option<DateTime<Utc>>| shown(time.map_or(Cell::Null, at));
    let address = doing.peer.map(|peer| peer.ip().to_canonical().to_string());
    let waits = seen && doing.state != "active";
    row![
        DATABASE_OID,
        &*scope.database,
        doing.pid,
        Cell::Null,
        doing.role.0,
        scope.snapshot.role_name(doing.role),
        doing.application.as_str(),
        shown(address.into()),
        Cell::Null,
        shown(doing.peer.map(|peer| i32::from(peer.port())).into()),
        when(Some(doing.began_at)),
        when(doing.transaction_at),
        when(doing.asked_at),
        when(Some(doing.changed_at)),
        waits.then_some("Client"),
        waits.then_some("ClientRead"),
        shown(doing.state.into()),
        Cell::Null,
        Cell::Null,
        Cell::Null,
        if seen { doing.query.as_str() } else { "<insufficient privilege>" },
        shown("client backend".into()),
    ]
}

fn encryption(scope: &Scope) -> Vec<Vec<Cell>> {
    let all = scope.surroundings.activity.all().into_iter();
    all.map(|doing| match may_see(scope, &doing) {
        true => row![doing.pid, doing.secure],
        false => row![doing.pid],
    })
    .collect()
}

/// Nothing is counted by PostgreSQL's measures but who is here.
fn databases(scope: &Scope) -> Vec<Vec<Cell>> {
    let sessions = scope.surroundings.activity.all().len() as i64;
    let mut row = row![DATABASE_OID, &*scope.database, sessions];
    row.extend(vec![Cell::Int(0); 13]);
    // Checksums are not PostgreSQL's.
    row.extend([Cell::Null, Cell::Null]);
    row.extend(vec![Cell::Int(0); 9]);
    row.push(at(scope.server_started_at));
    vec![row]
}
