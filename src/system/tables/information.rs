//! `information_schema`, true for the role that asks: it shows what the role may use and nothing else.

use super::{Definition, info, row};
use crate::catalog::acl::Privileges;
use crate::catalog::name::{Object, PUBLIC, RoleId, SUPERUSER};
use crate::catalog::relation::{Column, Relation, RelationKind};
use crate::catalog::role::{DATABASE_OWNER, Membership};
use crate::catalog::types::SqlType;
use crate::system::cells::Cell;
use crate::system::scope::Scope;
use crate::system::tables::objects::view_definition;

pub(super) const ALL: &[Definition] = &[
    info("information_schema_catalog_name", |s| vec![row![&*s.database]]),
    info("schemata", schemata),
    info("tables", tables),
    info("columns", columns),
    info("views", views),
    info("table_privileges", |s| table_privileges(s, true)),
    info("role_table_grants", |s| table_privileges(s, false)),
    info("column_privileges", |s| column_privileges(s, true)),
    info("role_column_grants", |s| column_privileges(s, false)),
    info("enabled_roles", |s| {
        enabled(s).into_iter().map(|id| row![s.snapshot.role_name(id)]).collect()
    }),
    info("applicable_roles", applicable_roles),
    info("administrable_role_authorizations", administrable_roles),
];

pub(super) fn yes(on: bool) -> &'static str {
    if on { "YES" } else { "NO" }
}

/// The roles whose rights count: those the role has, or all for a superuser.
fn enabled(scope: &Scope) -> Vec<RoleId> {
    match scope.snapshot.is_superuser(scope.role) {
        true => scope.snapshot.roles().map(|r| r.id).collect(),
        false => scope.snapshot.roles_of(scope.role, true).into_iter().collect(),
    }
}

fn schemata(scope: &Scope) -> Vec<Vec<Cell>> {
    scope
        .snapshot
        .schemas()
        .filter(|s| {
            scope.snapshot.has_role(scope.role, s.owner) || {
                let held = scope.snapshot.held(scope.role, Object::Schema(s.id));
                held.intersects(Privileges::ALL_SCHEMA)
            }
        })
        .map(|s| row![&*scope.database, s.name.as_str(), scope.snapshot.role_name(s.owner)])
        .collect()
}

/// Relations on which the role holds anything, whole or by column.
pub(super) fn seen(scope: &Scope) -> impl Iterator<Item = (&Relation, String)> {
    let snapshot = &scope.snapshot;
    snapshot
        .relations()
        .filter(|r| {
            snapshot.has_role(scope.role, r.owner)
                || snapshot
                    .held(scope.role, Object::Relation(r.id))
                    .intersects(Privileges::ALL_RELATION)
                || r.columns.iter().any(|c| column_seen(scope, r, c))
        })
        .map(|r| (&**r, snapshot.schema(r.schema).map(|s| s.name.clone()).unwrap_or_default()))
}

pub(super) fn column_seen(scope: &Scope, r: &Relation, c: &Column) -> bool {
    let snapshot = &scope.snapshot;
    let whole = snapshot.held(scope.role, Object::Relation(r.id)) & Privileges::ALL_COLUMN;
    let own = snapshot.held(scope.role, Object::Column(r.id, c.number)) & Privileges::ALL_COLUMN;
    snapshot.has_role(scope.role, r.owner) || !(whole | own).is_empty()
}

fn tables(scope: &Scope) -> Vec<Vec<Cell>> {
    let stored = seen(scope).map(|(r, schema)| {
        let (kind, insertable) = match r.kind {
            RelationKind::Table { .. } if r.is_temporary() => ("LOCAL TEMPORARY", true),
            RelationKind::Table { .. } => ("BASE TABLE", true),
            RelationKind::Foreign(_) => ("FOREIGN", false),
            RelationKind::View(_) => ("VIEW", false),
        };
        table(scope, &schema, &r.name, kind, insertable)
    });
    let system = super::tables().map(|t| {
        let kind = if t.kind() == 'r' { "BASE TABLE" } else { "VIEW" };
        table(scope, t.schema(), t.name(), kind, false)
    });
    stored.chain(system).collect()
}

fn table(scope: &Scope, schema: &str, name: &str, kind: &str, insertable: bool) -> Vec<Cell> {
    row![
        &*scope.database,
        schema,
        name,
        kind,
        Cell::Null,
        Cell::Null,
        Cell::Null,
        Cell::Null,
        Cell::Null,
        yes(insertable),
        "NO",
    ]
}

fn columns(scope: &Scope) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    for (r, schema) in seen(scope) {
        let updatable = matches!(r.kind, RelationKind::Table { .. });
        for c in r.columns.iter().filter(|c| column_seen(scope, r, c)) {
            rows.push(column(scope, &schema, &r.name, c, updatable));
        }
    }
    for t in super::tables() {
        for (i, declared) in t.columns().iter().enumerate() {
            let sql_type = declared.sql_type.clone();
            let c = Column::new(i as i16 + 1, declared.name, sql_type, !declared.not_null);
            rows.push(column(scope, t.schema(), t.name(), &c, false));
        }
    }
    rows
}

/// The type's name without its modifier.
pub(super) fn data_type(t: &SqlType) -> String {
    match t {
        SqlType::Array(_) => "ARRAY".to_owned(),
        SqlType::Numeric(_) => "numeric".to_owned(),
        SqlType::Varchar(_) => "character varying".to_owned(),
        SqlType::Bpchar(_) => "character".to_owned(),
        other => other.to_string(),
    }
}

fn column(scope: &Scope, schema: &str, table: &str, c: &Column, updatable: bool) -> Vec<Cell> {
    let t = &c.sql_type;
    let data_type = data_type(t);
    let length = match t {
        SqlType::Varchar(Some(n)) | SqlType::Bpchar(Some(n)) => Some(*n as i32),
        _ => None,
    };
    let octets = match t {
        SqlType::Text | SqlType::Varchar(None) => Some(1_073_741_824),
        _ => length.map(|n| n * 4),
    };
    let (precision, radix, scale) = match t {
        SqlType::Int2 => (Some(16), Some(2), Some(0)),
        SqlType::Int4 => (Some(32), Some(2), Some(0)),
        SqlType::Int8 => (Some(64), Some(2), Some(0)),
        SqlType::Float4 => (Some(24), Some(2), None),
        SqlType::Float8 => (Some(53), Some(2), None),
        SqlType::Numeric(Some((p, s))) => (Some(i32::from(*p)), Some(10), Some(i32::from(*s))),
        SqlType::Numeric(None) => (None, Some(10), None),
        _ => (None, None, None),
    };
    let datetime = match t {
        SqlType::Date => Some(0),
        SqlType::Time | SqlType::Timestamp | SqlType::Timestamptz | SqlType::Interval => Some(6),
        _ => None,
    };
    row![
        &*scope.database,
        schema,
        table,
        c.name.as_str(),
        c.number,
        c.default.as_deref(),
        yes(c.nullable),
        data_type,
        length,
        octets,
        precision,
        radix,
        scale,
        datetime,
        Cell::Null,
        Cell::Null,
        Cell::Null,
        Cell::Null,
        Cell::Null,
        Cell::Null,
        Cell::Null,
        Cell::Null,
        Cell::Null,
        Cell::Null,
        Cell::Null,
        &*scope.database,
        "pg_catalog",
        t.catalog_name(),
        Cell::Null,
        Cell::Null,
        Cell::Null,
        Cell::Null,
        c.number.to_string(),
        "NO",
        "NO",
        Cell::Null,
        Cell::Null,
        Cell::Null,
        Cell::Null,
        Cell::Null,
        "NO",
        "NEVER",
        Cell::Null,
        yes(updatable),
    ]
}

fn views(scope: &Scope) -> Vec<Vec<Cell>> {
    seen(scope)
        .filter_map(|(r, schema)| match &r.kind {
            RelationKind::View(_) => {
                // The text is for those who may act as its owner.
                let own = scope.snapshot.has_role(scope.role, r.owner);
                let text = own.then(|| view_definition(scope, r));
                Some(row![
                    &*scope.database,
                    schema,
                    r.name.as_str(),
                    text,
                    "NONE",
                    "NO",
                    "NO",
                    "NO",
                    "NO",
                    "NO",
                ])
            }
            RelationKind::Table { .. } | RelationKind::Foreign(_) => None,
        })
        .collect()
}

/// One grant on an object as the views show it: each privilege a row. `role_…_grants` leave out what
/// concerns the role only as one of everybody.
fn each_grant(
    scope: &Scope,
    object: Object,
    with_public: bool,
    legal: Privileges,
    mut row: impl FnMut(RoleId, RoleId, Privileges, bool),
) {
    let enabled = enabled(scope);
    let owner = scope.snapshot.owner(object);
    let acl = scope.snapshot.acl(object).unwrap_or_default();
    for item in acl.items() {
        let concerned = enabled.contains(&item.grantor)
            || enabled.contains(&item.grantee)
            || (with_public && item.grantee == PUBLIC);
        if !concerned {
            continue;
        }
        // The owner, and who has the owner's rights, may always grant on.
        let owns = owner.is_some_and(|owner| scope.snapshot.has_role(item.grantee, owner));
        for privilege in (item.privileges & legal).each() {
            let grantable = item.options.contains(privilege) || owns;
            row(item.grantor, item.grantee, privilege, grantable);
        }
    }
}

fn grantee_name(scope: &Scope, id: RoleId) -> String {
    if id == PUBLIC { "PUBLIC".to_owned() } else { scope.snapshot.role_name(id) }
}

fn schema_of(scope: &Scope, r: &Relation) -> String {
    scope.snapshot.schema(r.schema).map(|s| s.name.clone()).unwrap_or_default()
}

fn table_privileges(scope: &Scope, with_public: bool) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    for r in scope.snapshot.relations() {
        let schema = schema_of(scope, r);
        let all = Privileges::ALL_RELATION;
        each_grant(
            scope,
            Object::Relation(r.id),
            with_public,
            all,
            |grantor, grantee, p, grantable| {
                rows.push(row![
                    scope.snapshot.role_name(grantor),
                    grantee_name(scope, grantee),
                    &*scope.database,
                    schema.as_str(),
                    r.name.as_str(),
                    p.words(),
                    yes(grantable),
                    yes(p == Privileges::SELECT),
                ]);
            },
        );
    }
    rows
}

fn column_privileges(scope: &Scope, with_public: bool) -> Vec<Vec<Cell>> {
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for r in scope.snapshot.relations() {
        let schema = schema_of(scope, r);
        for c in &r.columns {
            for object in [Object::Relation(r.id), Object::Column(r.id, c.number)] {
                let legal = Privileges::ALL_COLUMN;
                each_grant(scope, object, with_public, legal, |grantor, grantee, p, grantable| {
                    let row = row![
                        scope.snapshot.role_name(grantor),
                        grantee_name(scope, grantee),
                        &*scope.database,
                        schema.as_str(),
                        r.name.as_str(),
                        c.name.as_str(),
                        p.words(),
                        yes(grantable),
                    ];
                    if !rows.contains(&row) {
                        rows.push(row);
                    }
                });
            }
        }
    }
    rows
}

/// Memberships of the roles whose rights count.
fn applicable_roles(scope: &Scope) -> Vec<Vec<Cell>> {
    memberships(scope, |_| true)
}

/// Those of them that may be granted on.
fn administrable_roles(scope: &Scope) -> Vec<Vec<Cell>> {
    memberships(scope, |m| m.admin)
}

fn memberships(scope: &Scope, wanted: impl Fn(&Membership) -> bool) -> Vec<Vec<Cell>> {
    let (role, member) = (DATABASE_OWNER, SUPERUSER);
    let implied = Membership { role, member, grantor: SUPERUSER, admin: false };
    let mine = enabled(scope);
    let all = scope.snapshot.memberships().iter().chain(std::iter::once(&implied));
    all.filter(|m| mine.contains(&m.member) && wanted(m))
        .map(|m| {
            row![scope.snapshot.role_name(m.member), scope.snapshot.role_name(m.role), yes(m.admin)]
        })
        .collect()
}
