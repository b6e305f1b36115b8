//! The rest of `information_schema`: constraints and what they are on, what views read, foreign tables, character sets.

use super::information::{column_seen, seen, yes};
use super::{Definition, SERVER_NAME, WRAPPER_NAME, info, row};
use crate::catalog::acl::Privileges;
use crate::catalog::name::{Object, RelationId};
use crate::catalog::relation::{Relation, RelationKind};
use crate::catalog::types::SqlType;
use crate::system::cells::Cell;
use crate::system::scope::Scope;

pub(super) const ALL: &[Definition] = &[
    info("table_constraints", table_constraints),
    info("check_constraints", check_constraints),
    info("key_column_usage", key_columns),
    info("constraint_column_usage", constraint_columns),
    info("constraint_table_usage", constraint_tables),
    info("referential_constraints", references),
    info("view_table_usage", view_tables),
    info("foreign_tables", foreign_tables),
    info("foreign_table_options", foreign_options),
    info("foreign_servers", |s| {
        let owner = s.snapshot.role_name(crate::catalog::name::SUPERUSER);
        let (database, null) = (&*s.database, Cell::Null);
        vec![row![database, SERVER_NAME, database, WRAPPER_NAME, null.clone(), null, owner]]
    }),
    info("foreign_data_wrappers", |s| {
        let owner = s.snapshot.role_name(crate::catalog::name::SUPERUSER);
        vec![row![&*s.database, WRAPPER_NAME, owner, Cell::Null, "c"]]
    }),
    info("character_sets", |s| {
        let (database, none) = (&*s.database, Cell::Null);
        vec![row![none.clone(), none, "UTF8", "UCS", "UTF8", database, "pg_catalog", "ucs_basic"]]
    }),
    info("collations", |s| {
        let all = ["C", "POSIX", "default", "ucs_basic"];
        all.map(|name| row![&*s.database, "pg_catalog", name, "NO PAD"]).to_vec()
    }),
    info("collation_character_set_applicability", |s| {
        let of =
            |name: &str| row![&*s.database, "pg_catalog", name, Cell::Null, Cell::Null, "UTF8"];
        ["C", "POSIX", "default", "ucs_basic"].map(of).to_vec()
    }),
    info("column_udt_usage", |s| {
        each_column(s, |schema, r, c| {
            let udt = c.sql_type.catalog_name();
            let database = &*s.database;
            row![database, "pg_catalog", udt, database, schema, r.name.as_str(), c.name.as_str()]
        })
    }),
    info("data_type_privileges", |s| {
        each_column(s, |schema, r, c| {
            row![&*s.database, schema, r.name.as_str(), "TABLE", c.number.to_string()]
        })
    }),
    info("element_types", elements),
];

fn each_column(
    scope: &Scope,
    make: impl Fn(&str, &Relation, &crate::catalog::relation::Column) -> Vec<Cell>,
) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    for (r, schema) in seen(scope) {
        let columns = r.columns.iter().filter(|c| column_seen(scope, r, c));
        rows.extend(columns.map(|c| make(&schema, r, c)));
    }
    rows
}

fn elements(scope: &Scope) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    for (r, schema) in seen(scope) {
        for c in r.columns.iter().filter(|c| column_seen(scope, r, c)) {
            let SqlType::Array(element) = &c.sql_type else { continue };
            let number = c.number.to_string();
            let database = &*scope.database;
            let mut row = row![database, schema.as_str(), r.name.as_str(), "TABLE", number.clone()];
            row.push(super::information::data_type(element).into());
            row.extend(vec![Cell::Null; 15]);
            row.extend(row![database, "pg_catalog", element.catalog_name()]);
            row.extend(vec![Cell::Null; 4]);
            row.push(format!("a{number}").into());
            rows.push(row);
        }
    }
    rows
}

/// A row of `pg_constraint` and the table that it is on.
struct Constraint<'s> {
    cells: Vec<Cell>,
    table: &'s Relation,
    schema: String,
}

impl Constraint<'_> {
    fn text(&self, i: usize) -> &str {
        match &self.cells[i] {
            Cell::Text(text) => text,
            _ => "",
        }
    }

    fn name(&self) -> &str {
        self.text(1)
    }

    fn kind(&self) -> &str {
        self.text(3)
    }

    fn yes(&self, i: usize) -> bool {
        self.cells[i] == Cell::Bool(true)
    }

    fn id(&self, i: usize) -> u32 {
        match self.cells[i] {
            Cell::Int(id) => u32::try_from(id).unwrap_or(0),
            _ => 0,
        }
    }

    /// Its columns (18), or those referred to (19).
    fn columns(&self, i: usize) -> &[i64] {
        match &self.cells[i] {
            Cell::Ints(all) => all,
            _ => &[],
        }
    }
}

fn constraints(scope: &Scope) -> Vec<Constraint<'_>> {
    let rows = super::objects::constraints(scope).into_iter();
    rows.filter_map(|cells| {
        let Cell::Int(id) = cells[7] else { return None };
        let table = scope.snapshot.relation(RelationId(u32::try_from(id).ok()?))?;
        let schema = scope.snapshot.schema(table.schema)?.name.clone();
        Some(Constraint { cells, table, schema })
    })
    .collect()
}

fn owns(scope: &Scope, r: &Relation) -> bool {
    scope.snapshot.has_role(scope.role, r.owner)
}

/// More than reading: as the standard has it, who may only read learns nothing of constraints.
fn writes(scope: &Scope, r: &Relation) -> bool {
    let beyond = Privileges::ALL_RELATION & !Privileges::SELECT;
    let held = scope.snapshot.held(scope.role, Object::Relation(r.id));
    let by_column = |c: &crate::catalog::relation::Column| {
        let held = scope.snapshot.held(scope.role, Object::Column(r.id, c.number));
        held.intersects(Privileges::ALL_COLUMN & !Privileges::SELECT)
    };
    owns(scope, r) || held.intersects(beyond) || r.columns.iter().any(by_column)
}

/// Columns that may not be NULL are constraints of their own here, as PostgreSQL names them.
fn not_null(r: &Relation) -> impl Iterator<Item = (String, &str)> {
    let columns = r.columns.iter().filter(|c| !c.nullable);
    columns.map(|c| (format!("{}_{}_{}_not_null", r.schema.0, r.id.0, c.number), c.name.as_str()))
}

fn table_constraints(scope: &Scope) -> Vec<Vec<Cell>> {
    let database = &*scope.database;
    let mut rows = Vec::new();
    for c in constraints(scope).iter().filter(|c| writes(scope, c.table)) {
        let kind = match c.kind() {
            "c" => "CHECK",
            "f" => "FOREIGN KEY",
            "p" => "PRIMARY KEY",
            _ => "UNIQUE",
        };
        let distinct = (c.kind() == "u").then_some("YES");
        rows.push(row![
            database,
            c.schema.as_str(),
            c.name(),
            database,
            c.schema.as_str(),
            c.table.name.as_str(),
            kind,
            yes(c.yes(4)),
            yes(c.yes(5)),
            "YES",
            distinct,
        ]);
    }
    for r in scope.snapshot.relations().filter(|r| r.kind_letter() == 'r' && writes(scope, r)) {
        let schema = scope.snapshot.schema(r.schema).map(|s| s.name.clone()).unwrap_or_default();
        for (name, _) in not_null(r) {
            let (schema, table) = (schema.as_str(), r.name.as_str());
            rows.push(row![
                database, schema, name, database, schema, table, "CHECK", "NO", "NO", "YES",
            ]);
        }
    }
    rows
}

fn check_constraints(scope: &Scope) -> Vec<Vec<Cell>> {
    let database = &*scope.database;
    let mut rows = Vec::new();
    for c in constraints(scope).iter().filter(|c| c.kind() == "c" && owns(scope, c.table)) {
        let clause = format!("(({}))", c.text(25));
        rows.push(row![database, c.schema.as_str(), c.name(), clause]);
    }
    for r in scope.snapshot.relations().filter(|r| r.kind_letter() == 'r' && owns(scope, r)) {
        let schema = scope.snapshot.schema(r.schema).map(|s| s.name.clone()).unwrap_or_default();
        for (name, column) in not_null(r) {
            let clause = format!("{column} IS NOT NULL");
            rows.push(row![database, schema.as_str(), name, clause]);
        }
    }
    rows
}

fn key_columns(scope: &Scope) -> Vec<Vec<Cell>> {
    let database = &*scope.database;
    let mut rows = Vec::new();
    for c in constraints(scope).iter().filter(|c| ["p", "u", "f"].contains(&c.kind())) {
        for (i, number) in c.columns(18).iter().enumerate() {
            let Some(column) = c.table.column_by_number(*number as i16) else { continue };
            if !column_seen(scope, c.table, column) {
                continue;
            }
            let place = (c.kind() == "f").then_some(i as i64 + 1);
            rows.push(row![
                database,
                c.schema.as_str(),
                c.name(),
                database,
                c.schema.as_str(),
                c.table.name.as_str(),
                column.name.as_str(),
                i as i64 + 1,
                place,
            ]);
        }
    }
    rows
}

/// The columns that a constraint is about: a foreign key's are those that it refers to.
fn constraint_columns(scope: &Scope) -> Vec<Vec<Cell>> {
    let database = &*scope.database;
    let mut rows = Vec::new();
    for c in constraints(scope) {
        let foreign = c.kind() == "f";
        let about = match foreign {
            true => scope.snapshot.relation(RelationId(c.id(11))).map(|r| &**r),
            false => Some(c.table),
        };
        let Some(about) = about.filter(|r| owns(scope, r)) else { continue };
        let schema = scope.snapshot.schema(about.schema).map(|s| s.name.clone());
        let schema = schema.unwrap_or_default();
        for number in c.columns(if foreign { 19 } else { 18 }) {
            let Some(column) = about.column_by_number(*number as i16) else { continue };
            rows.push(row![
                database,
                schema.as_str(),
                about.name.as_str(),
                column.name.as_str(),
                database,
                c.schema.as_str(),
                c.name(),
            ]);
        }
    }
    rows
}

fn constraint_tables(scope: &Scope) -> Vec<Vec<Cell>> {
    let database = &*scope.database;
    let mut rows = Vec::new();
    for c in constraints(scope).iter().filter(|c| ["p", "u", "f"].contains(&c.kind())) {
        let about = match c.kind() {
            "f" => scope.snapshot.relation(RelationId(c.id(11))).map(|r| &**r),
            _ => Some(c.table),
        };
        let Some(about) = about.filter(|r| owns(scope, r)) else { continue };
        let schema = scope.snapshot.schema(about.schema).map(|s| s.name.clone());
        let (constraint, name) = (c.schema.as_str(), c.name());
        rows.push(row![database, schema, about.name.as_str(), database, constraint, name]);
    }
    rows
}

fn references(scope: &Scope) -> Vec<Vec<Cell>> {
    let database = &*scope.database;
    let rule = |letter: &str| match letter {
        "c" => "CASCADE",
        "n" => "SET NULL",
        "d" => "SET DEFAULT",
        "r" => "RESTRICT",
        _ => "NO ACTION",
    };
    let all = constraints(scope);
    let mut rows = Vec::new();
    for c in all.iter().filter(|c| c.kind() == "f" && writes(scope, c.table)) {
        // The key that it refers to is the one with the same columns.
        let target = all.iter().find(|other| {
            ["p", "u"].contains(&other.kind())
                && other.table.id.0 == c.id(11)
                && other.columns(18) == c.columns(19)
        });
        rows.push(row![
            database,
            c.schema.as_str(),
            c.name(),
            target.map(|_| database),
            target.map(|t| t.schema.as_str()),
            target.map(|t| t.name()),
            "NONE",
            rule(c.text(12)),
            rule(c.text(13)),
        ]);
    }
    rows
}

fn view_tables(scope: &Scope) -> Vec<Vec<Cell>> {
    let (snapshot, database) = (&scope.snapshot, &*scope.database);
    let schema_of = |r: &Relation| snapshot.schema(r.schema).map(|s| s.name.clone());
    let mut rows = Vec::new();
    for view in snapshot.relations() {
        let RelationKind::View(definition) = &view.kind else { continue };
        let read: std::collections::BTreeSet<_> =
            definition.reads.iter().map(|(_, id)| *id).collect();
        for read in read.into_iter().filter_map(|id| snapshot.relation(id)) {
            if owns(scope, read) {
                let (own, other) = (view.name.as_str(), read.name.as_str());
                let (at, from) = (schema_of(view), schema_of(read));
                rows.push(row![database, at, own, database, from, other]);
            }
        }
    }
    rows
}

fn foreign_tables(scope: &Scope) -> Vec<Vec<Cell>> {
    let database = &*scope.database;
    let foreign = seen(scope).filter(|(r, _)| r.kind_letter() == 'f');
    foreign
        .map(|(r, schema)| row![database, schema, r.name.as_str(), database, SERVER_NAME])
        .collect()
}

fn foreign_options(scope: &Scope) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    for (r, schema) in seen(scope) {
        for option in super::objects::foreign_options(r) {
            if let Some((name, value)) = option.split_once('=') {
                let (database, schema) = (&*scope.database, schema.as_str());
                rows.push(row![database, schema, r.name.as_str(), name, value]);
            }
        }
    }
    rows
}
