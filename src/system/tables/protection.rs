//! Policies, masks, labels and tags: PostgreSQL's relations of them, and `lake`'s own for what PostgreSQL lacks.

use super::{Definition, Rows, pg, row};
use crate::catalog::acl::Acl;
use crate::catalog::name::{Object, RoleId};
use crate::catalog::protection::{Expression, Mask, Policy};
use crate::catalog::relation::Relation;
use crate::catalog::tag;
use crate::system::cells::Cell;
use crate::system::scope::Scope;
use crate::system::written;

const fn lake(name: &'static str, oid: u32, columns: &'static str, rows: Rows) -> Definition {
    Definition { schema: "lake", name, rows, own: Some((oid, columns)), fixed: false }
}

pub(super) const ALL: &[Definition] = &[
    pg("pg_policy", policies),
    pg("pg_policies", policies_shown),
    pg("pg_seclabel", |scope| {
        labels(scope, |r, number, _, label| row![r.id.0, CLASS, number, "lake", label])
    }),
    pg("pg_seclabels", |scope| {
        labels(scope, |r, number, name, label| {
            let kind = if number == 0 { r.kind_name() } else { "column" };
            row![r.id.0, CLASS, number, kind, r.schema.0, name, "lake", label]
        })
    }),
    lake(
        "masks",
        13_901,
        "schema_name name, table_name name, column_name name, mask_name name, tag text, roles name[], expression text",
        masks,
    ),
    lake(
        "tags",
        13_902,
        "tag text, object_type text, schema_name name, table_name name, column_name name",
        tags,
    ),
    lake(
        "tag_privileges",
        13_903,
        "tag text, grantee name, privilege text, denied boolean, grantor name",
        tag_privileges,
    ),
    lake(
        "tag_policies",
        13_904,
        "tag text, policy_name name, permissive text, roles name[], cmd text, qual text, with_check text",
        tag_policies,
    ),
];

/// `pg_class`, as the catalog that labels' objects are in.
const CLASS: u32 = 1259;

fn role_names(scope: &Scope, roles: &[RoleId]) -> Cell {
    Cell::Texts(roles.iter().map(|role| scope.snapshot.role_name(*role)).collect())
}

/// An expression may hold what its readers must not know: it is for those who could alter it.
fn shown(scope: &Scope, relation: Option<&Relation>, expression: &Expression) -> Cell {
    let snapshot = &scope.snapshot;
    let may = match relation {
        Some(relation) => snapshot.owns(scope.role, Object::Relation(relation.id)),
        None => snapshot.is_superuser(scope.role),
    };
    if may { format!("({})", written::expression(scope, expression)).into() } else { Cell::Null }
}

fn texts(scope: &Scope, relation: Option<&Relation>, policy: &Policy) -> (Cell, Cell) {
    let text = |e: &Option<Expression>| match e {
        Some(e) => shown(scope, relation, e),
        None => Cell::Null,
    };
    (text(&policy.using), text(&policy.check))
}

fn policies(scope: &Scope) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    for relation in scope.snapshot.relations() {
        for policy in &relation.protection.policies {
            let (using, check) = texts(scope, Some(relation), policy);
            let roles = Cell::Ints(policy.roles.iter().map(|role| role.0.into()).collect());
            rows.push(row![
                policy.id,
                policy.name.as_str(),
                relation.id.0,
                policy.command.letter(),
                policy.permissive,
                roles,
                using,
                check,
            ]);
        }
    }
    rows
}

/// A policy in words, from its name on, as `pg_policies` has it.
fn told(scope: &Scope, relation: Option<&Relation>, policy: &Policy) -> Vec<Cell> {
    let (using, check) = texts(scope, relation, policy);
    row![
        policy.name.as_str(),
        if policy.permissive { "PERMISSIVE" } else { "RESTRICTIVE" },
        role_names(scope, &policy.roles),
        policy.command.word(),
        using,
        check,
    ]
}

fn policies_shown(scope: &Scope) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    for relation in scope.snapshot.relations() {
        let schema = scope.snapshot.schema(relation.schema).map(|s| s.name.clone());
        for policy in &relation.protection.policies {
            let mut row = row![schema.clone().unwrap_or_default(), relation.name.as_str()];
            row.extend(told(scope, Some(relation), policy));
            rows.push(row);
        }
    }
    rows
}

/// One row for each labelled relation (number 0) and column.
fn labels(
    scope: &Scope,
    row: impl Fn(&Relation, i32, String, String) -> Vec<Cell>,
) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    for relation in scope.snapshot.relations() {
        if !relation.protection.tags.is_empty() {
            let label = tag::label(&relation.protection.tags);
            rows.push(row(relation, 0, relation.name.clone(), label));
        }
        for column in relation.columns.iter().filter(|c| !c.tags.is_empty()) {
            let name = format!("{}.{}", relation.name, column.name);
            rows.push(row(relation, column.number.into(), name, tag::label(&column.tags)));
        }
    }
    rows
}

fn masks(scope: &Scope) -> Vec<Vec<Cell>> {
    let snapshot = &scope.snapshot;
    let mut rows = Vec::new();
    for relation in snapshot.relations() {
        let schema = snapshot.schema(relation.schema).map(|s| s.name.clone()).unwrap_or_default();
        for mask in &relation.protection.masks {
            let column = relation.column_by_number(mask.column).map(|c| c.name.clone());
            rows.push(row![
                schema.clone(),
                relation.name.as_str(),
                column.unwrap_or_default(),
                mask.name.as_str(),
                Cell::Null,
                role_names(scope, &mask.roles),
                shown(scope, Some(relation), &mask.using),
            ]);
        }
    }
    let on_tag = |tag: &str, mask: &Mask| {
        let roles = role_names(scope, &mask.roles);
        let expression = shown(scope, None, &mask.using);
        row![Cell::Null, Cell::Null, Cell::Null, mask.name.as_str(), tag, roles, expression]
    };
    for tag in snapshot.contents().tags.values() {
        rows.extend(tag.masks.iter().map(|mask| on_tag(&tag.name, mask)));
    }
    rows
}

fn tags(scope: &Scope) -> Vec<Vec<Cell>> {
    let snapshot = &scope.snapshot;
    let mut rows = Vec::new();
    for relation in snapshot.relations() {
        let schema = snapshot.schema(relation.schema).map(|s| s.name.clone()).unwrap_or_default();
        for tag in &relation.protection.tags {
            let (kind, name) = (relation.kind_name(), relation.name.as_str());
            rows.push(row![tag.as_str(), kind, schema.clone(), name, Cell::Null]);
        }
        for column in &relation.columns {
            rows.extend(column.tags.iter().map(|tag| {
                let name = relation.name.as_str();
                row![tag.as_str(), "column", schema.clone(), name, column.name.as_str()]
            }));
        }
    }
    rows
}

fn tag_privileges(scope: &Scope) -> Vec<Vec<Cell>> {
    let snapshot = &scope.snapshot;
    let mut rows = Vec::new();
    let mut list = |tag: &str, acl: &Acl, denied: bool| {
        for item in acl.items() {
            for privilege in item.privileges.each() {
                rows.push(row![
                    tag,
                    snapshot.role_name(item.grantee),
                    privilege.words(),
                    denied,
                    snapshot.role_name(item.grantor),
                ]);
            }
        }
    };
    for tag in snapshot.contents().tags.values() {
        list(&tag.name, &tag.acl, false);
        list(&tag.name, &tag.denied, true);
    }
    rows
}

fn tag_policies(scope: &Scope) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    for tag in scope.snapshot.contents().tags.values() {
        for policy in &tag.policies {
            let mut row = row![tag.name.as_str()];
            row.extend(told(scope, None, policy));
            rows.push(row);
        }
    }
    rows
}
