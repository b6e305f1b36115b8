//! Schemas, relations, views, constraints, comments, the database itself.

use super::{Definition, acl_cell, pg, row, tables};
use crate::catalog::name::{DATABASE_OID, INFORMATION_SCHEMA, LAKE_SCHEMA, PG_CATALOG, SUPERUSER};
use crate::catalog::relation::{Relation, RelationKind};
use crate::system::cells::Cell;
use crate::system::scope::Scope;
use crate::system::views;
use crate::system::written;

pub(super) const ALL: &[Definition] = &[
    pg("pg_namespace", namespaces),
    pg("pg_class", classes),
    pg("pg_database", databases),
    pg("pg_tablespace", |_| {
        vec![row![1663u32, "pg_default", SUPERUSER.0], row![1664u32, "pg_global", SUPERUSER.0]]
    }),
    pg("pg_description", descriptions),
    pg("pg_shdescription", shared_descriptions),
    pg("pg_constraint", constraints),
    pg("pg_foreign_server", |_| vec![row![SERVER_OID, SERVER_NAME, SUPERUSER.0, WRAPPER_OID]]),
    pg("pg_foreign_data_wrapper", |_| {
        vec![row![WRAPPER_OID, WRAPPER_NAME, SUPERUSER.0, 0u32, 0u32]]
    }),
    pg("pg_foreign_table", foreign_tables),
    pg("pg_views", views_rows),
    pg("pg_tables", tables_rows),
    pg("pg_settings", super::settings::rows),
];

pub(in crate::system) const SERVER_OID: u32 = 16;
pub(super) const WRAPPER_OID: u32 = 15;
pub(in crate::system) const SERVER_NAME: &str = "lake";
pub(in crate::system) const WRAPPER_NAME: &str = "files";

fn namespaces(scope: &Scope) -> Vec<Vec<Cell>> {
    scope
        .snapshot
        .schemas()
        .map(|s| row![s.id.0, s.name.as_str(), s.owner.0, acl_cell(scope, s.acl.as_ref())])
        .collect()
}

fn classes(scope: &Scope) -> Vec<Vec<Cell>> {
    let stored = scope.snapshot.relations().map(|r| class(scope, r));
    let system =
        tables().map(|t| system_class(t.oid(), t.name(), t.schema(), t.kind(), t.columns().len()));
    let system_views =
        views::views().map(|v| system_class(v.oid(), v.name(), v.schema(), 'v', v.columns().len()));
    stored.chain(super::keys::classes(scope)).chain(system).chain(system_views).collect()
}

fn class(scope: &Scope, r: &Relation) -> Vec<Cell> {
    let checks = match &r.kind {
        RelationKind::Table { checks, .. } => checks.len(),
        RelationKind::Foreign(_) | RelationKind::View(_) => 0,
    };
    let is_table = matches!(r.kind, RelationKind::Table { .. });
    let size = scope.size(r);
    let options = match &r.kind {
        RelationKind::Table { partition_by, .. } if !partition_by.is_empty() => {
            Cell::Texts(vec![format!("partition_by={}", partition_by.join(","))])
        }
        RelationKind::View(view) => {
            let options = [
                ("security_invoker=true", view.security_invoker),
                ("security_barrier=true", view.security_barrier),
            ];
            match options.iter().filter(|(_, on)| *on).map(|(text, _)| (*text).to_owned()).collect()
            {
                none if Vec::is_empty(&none) => Cell::Null,
                some => Cell::Texts(some),
            }
        }
        _ => Cell::Null,
    };
    row![
        r.id.0,
        r.name.as_str(),
        r.schema.0,
        0u32,
        0u32,
        r.owner.0,
        if is_table { 2u32 } else { 0 },
        if is_table { r.id.0 } else { 0 },
        0u32,
        size.map_or(0, |size| size.pages()),
        size.and_then(|size| size.rows).map_or(-1.0, |rows| rows as f64),
        0i32,
        0u32,
        !r.indexes.is_empty(),
        false,
        if r.is_temporary() { 't' } else { 'p' },
        r.kind_letter(),
        r.columns.len() as i32,
        checks as i32,
        matches!(r.kind, RelationKind::View(_)),
        // PostgreSQL keeps foreign keys with triggers, and psql looks for keys only where there are some.
        !r.foreign_keys.is_empty() || scope.snapshot.referring(r.id).next().is_some(),
        false,
        r.protection.enabled,
        r.protection.forced,
        true,
        if is_table { 'd' } else { 'n' },
        false,
        0u32,
        0u32,
        0u32,
        acl_cell(scope, r.acl.as_ref()),
        options,
    ]
}

fn system_class(oid: u32, name: &str, schema: &str, kind: char, columns: usize) -> Vec<Cell> {
    let namespace = match schema {
        "pg_catalog" => PG_CATALOG,
        "information_schema" => INFORMATION_SCHEMA,
        _ => LAKE_SCHEMA,
    };
    // Everybody may look: as PostgreSQL's own catalogs are granted.
    let acl = Cell::Texts(vec!["postgres=arwdDxt/postgres".into(), "=r/postgres".into()]);
    row![
        oid,
        name,
        namespace.0,
        0u32,
        0u32,
        SUPERUSER.0,
        0u32,
        0u32,
        0u32,
        0i32,
        -1i32,
        0i32,
        0u32,
        false,
        false,
        'p',
        kind,
        columns as i32,
        0i32,
        kind == 'v',
        false,
        false,
        false,
        false,
        true,
        'n',
        false,
        0u32,
        0u32,
        0u32,
        acl,
    ]
}

fn databases(scope: &Scope) -> Vec<Vec<Cell>> {
    let acl = scope.snapshot.contents().database.acl.as_ref();
    vec![row![
        DATABASE_OID,
        &*scope.database,
        SUPERUSER.0,
        6i32,
        'c',
        false,
        true,
        -1i32,
        0u32,
        0u32,
        1663u32,
        "C",
        "C.UTF-8",
        Cell::Null,
        Cell::Null,
        acl_cell(scope, acl),
    ]]
}

const CLASS: u32 = 1259;
const NAMESPACE: u32 = 2615;

fn descriptions(scope: &Scope) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    rows.extend_from_slice(super::procs::descriptions());
    for schema in scope.snapshot.schemas() {
        if let Some(text) = &schema.comment {
            rows.push(row![schema.id.0, NAMESPACE, 0i32, text.as_str()]);
        }
    }
    for relation in scope.snapshot.relations() {
        if let Some(text) = &relation.comment {
            rows.push(row![relation.id.0, CLASS, 0i32, text.as_str()]);
        }
        for column in &relation.columns {
            if let Some(text) = &column.comment {
                rows.push(row![relation.id.0, CLASS, column.number, text.as_str()]);
            }
        }
    }
    rows
}

fn shared_descriptions(scope: &Scope) -> Vec<Vec<Cell>> {
    let roles = scope
        .snapshot
        .roles()
        .filter_map(|r| r.comment.as_ref().map(|text| row![r.id.0, 1260u32, text.as_str()]));
    let database = scope.snapshot.contents().database.comment.as_ref();
    roles.chain(database.map(|text| row![DATABASE_OID, 1262u32, text.as_str()])).collect()
}

/// CHECKs have no OID of their own in the catalog; theirs is made of the table's and their place.
pub(in crate::system) fn check_oid(relation: &Relation, i: usize) -> u32 {
    0x4000_0000 | (relation.id.0 << 8) | i as u32
}

pub(super) fn constraints(scope: &Scope) -> Vec<Vec<Cell>> {
    let mut rows: Vec<Vec<Cell>> = super::keys::constraints(scope).collect();
    for relation in scope.snapshot.relations() {
        let RelationKind::Table { checks, .. } = &relation.kind else { continue };
        for (i, check) in checks.iter().enumerate() {
            rows.push(row![
                check_oid(relation, i),
                check.name.as_str(),
                relation.schema.0,
                'c',
                false,
                false,
                true,
                relation.id.0,
                0u32,
                0u32,
                0u32,
                0u32,
                ' ',
                ' ',
                ' ',
                true,
                0i32,
                false,
                Cell::Null,
                Cell::Null,
                Cell::Null,
                Cell::Null,
                Cell::Null,
                Cell::Null,
                Cell::Null,
                check.expression.as_str(),
            ]);
        }
    }
    rows
}

fn foreign_tables(scope: &Scope) -> Vec<Vec<Cell>> {
    let foreign = scope.snapshot.relations().filter(|r| r.kind_letter() == 'f');
    foreign.map(|r| row![r.id.0, SERVER_OID, Cell::Texts(foreign_options(r))]).collect()
}

/// `key=value` of a foreign table.
pub(super) fn foreign_options(r: &Relation) -> Vec<String> {
    let RelationKind::Foreign(foreign) = &r.kind else { return Vec::new() };
    let mut options =
        vec![format!("location={}", foreign.location), format!("format={}", foreign.format)];
    options.extend(foreign.options.iter().map(|(k, v)| format!("{k}={v}")));
    options
}

fn schema_name(scope: &Scope, r: &Relation) -> String {
    scope.snapshot.schema(r.schema).map(|s| s.name.clone()).unwrap_or_default()
}

fn views_rows(scope: &Scope) -> Vec<Vec<Cell>> {
    scope
        .snapshot
        .relations()
        .filter_map(|r| match &r.kind {
            RelationKind::View(_) => Some(row![
                schema_name(scope, r),
                r.name.as_str(),
                scope.snapshot.role_name(r.owner),
                view_definition(scope, r),
            ]),
            RelationKind::Table { .. } | RelationKind::Foreign(_) => None,
        })
        .collect()
}

/// A view's text as PostgreSQL shows it: a space before, a semicolon behind.
pub(in crate::system) fn view_definition(scope: &Scope, relation: &Relation) -> String {
    let text = written::view(scope, relation);
    format!(" {};", text.trim_end_matches(';').trim_end())
}

fn tables_rows(scope: &Scope) -> Vec<Vec<Cell>> {
    let stored = scope.snapshot.relations().filter_map(|r| match r.kind {
        RelationKind::Table { .. } => Some(row![
            schema_name(scope, r),
            r.name.as_str(),
            scope.snapshot.role_name(r.owner),
            Cell::Null,
            !r.indexes.is_empty(),
            false,
            false,
            r.protection.enabled,
        ]),
        RelationKind::Foreign(_) | RelationKind::View(_) => None,
    });
    let system = tables()
        .filter(|t| t.schema() == "pg_catalog")
        .map(|t| row![t.schema(), t.name(), "postgres", Cell::Null, false, false, false, false]);
    stored.chain(system).collect()
}
