//! How large tables are and how they are used, as far as that is known: row counts are the tables' own, what PostgreSQL
//! counts beyond them is not counted here.

use super::{Definition, pg, row, tables};
use crate::catalog::relation::Relation;
use crate::system::cells::Cell;
use crate::system::scope::Scope;

pub(super) const ALL: &[Definition] = &[
    pg("pg_stat_all_tables", |s| used(s, true, true)),
    pg("pg_stat_user_tables", |s| used(s, true, false)),
    pg("pg_stat_sys_tables", |s| used(s, false, true)),
    pg("pg_stat_xact_all_tables", |s| counted(s, true, true, 8)),
    pg("pg_stat_xact_user_tables", |s| counted(s, true, false, 8)),
    pg("pg_stat_xact_sys_tables", |s| counted(s, false, true, 8)),
    pg("pg_statio_all_tables", |s| counted(s, true, true, 8)),
    pg("pg_statio_user_tables", |s| counted(s, true, false, 8)),
    pg("pg_statio_sys_tables", |s| counted(s, false, true, 8)),
];

/// OID, schema and name of each table, and the table if it is stored.
fn each(scope: &Scope, user: bool, system: bool) -> Vec<(Vec<Cell>, Option<&Relation>)> {
    let stored = scope.snapshot.relations().filter(|r| user && r.kind_letter() == 'r');
    let stored = stored.map(|r| {
        let schema = scope.snapshot.schema(r.schema).map(|s| s.name.clone()).unwrap_or_default();
        (row![r.id.0, schema, r.name.as_str()], Some(&**r))
    });
    let own = tables().filter(|t| system && t.kind() == 'r');
    let own = own.map(|t| (row![t.oid(), t.schema(), t.name()], None));
    stored.chain(own).collect()
}

fn used(scope: &Scope, user: bool, system: bool) -> Vec<Vec<Cell>> {
    let rows = each(scope, user, system).into_iter().map(|(mut row, relation)| {
        let live = relation.and_then(|r| scope.size(r)).and_then(|size| size.rows);
        // Scans by sequence and by index; then what was written.
        row.extend(vec![Cell::Int(0); 2]);
        row.extend([Cell::Null, Cell::Null]);
        row.extend(vec![Cell::Int(0); 4]);
        row.push(Cell::Int(live.map_or(0, |rows| rows as i64)));
        row.extend(vec![Cell::Int(0); 3]);
        // When it was last vacuumed and analyzed, and how often.
        row.extend(vec![Cell::Null; 4]);
        row.extend(vec![Cell::Int(0); 4]);
        row
    });
    rows.collect()
}

fn counted(scope: &Scope, user: bool, system: bool, counters: usize) -> Vec<Vec<Cell>> {
    let rows = each(scope, user, system).into_iter().map(|(mut row, _)| {
        row.extend(vec![Cell::Int(0); counters]);
        row
    });
    rows.collect()
}
