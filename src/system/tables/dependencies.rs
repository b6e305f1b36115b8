//! What hangs on what: views on the relations that they read, constraints and policies on their tables, everything on its
//! owner and on those who were granted something.

use std::collections::BTreeSet;

use super::{Definition, check_oid, pg, row};
use crate::catalog::acl::Acl;
use crate::catalog::name::{DATABASE_OID, FIRST_OID, PUBLIC, RoleId};
use crate::catalog::relation::{Relation, RelationKind};
use crate::system::cells::Cell;
use crate::system::scope::Scope;

pub(super) const ALL: &[Definition] =
    &[pg("pg_rewrite", rules), pg("pg_depend", dependencies), pg("pg_shdepend", shared)];

const CLASS: u32 = 1259;
const CONSTRAINT: u32 = 2606;
const REWRITE: u32 = 2618;
const NAMESPACE: u32 = 2615;
const POLICY: u32 = 3256;
const AUTHID: u32 = 1260;
const DATABASE: u32 = 1262;
const SERVER: u32 = 1417;

/// A view's rule has no OID of its own in the catalog; it is made of the view's.
const RULE: u32 = 0x2000_0000;

fn rule_oid(view: &Relation) -> u32 {
    RULE | view.id.0
}

/// The view whose rule this is.
pub(in crate::system) fn rule_view(oid: u32) -> Option<u32> {
    (oid & RULE != 0 && oid & !RULE >= FIRST_OID).then_some(oid & !RULE)
}

fn rules(scope: &Scope) -> Vec<Vec<Cell>> {
    let views = scope.snapshot.relations().filter(|r| matches!(r.kind, RelationKind::View(_)));
    views.map(|r| row![rule_oid(r), "_RETURN", r.id.0, '1', 'O', true, "<>", "<>"]).collect()
}

fn dependencies(scope: &Scope) -> Vec<Vec<Cell>> {
    let mut rows = super::extension::members();
    for relation in scope.snapshot.relations() {
        let id = relation.id.0;
        rows.push(row![CLASS, id, 0i32, NAMESPACE, relation.schema.0, 0i32, 'n']);
        match &relation.kind {
            RelationKind::View(view) => {
                let rule = rule_oid(relation);
                // As in PostgreSQL its rule speaks of the view too.
                let kinds = ['i', 'n'];
                rows.extend(kinds.map(|kind| row![REWRITE, rule, 0i32, CLASS, id, 0i32, kind]));
                let read: BTreeSet<u32> = view.reads.iter().map(|(_, read)| read.0).collect();
                let reads = read.into_iter();
                rows.extend(reads.map(|r| row![REWRITE, rule, 0i32, CLASS, r, 0i32, 'n']));
            }
            RelationKind::Table { checks, .. } => {
                rows.extend(
                    (0..checks.len()).map(|i| {
                        row![CONSTRAINT, check_oid(relation, i), 0i32, CLASS, id, 0i32, 'a']
                    }),
                );
            }
            RelationKind::Foreign(_) => {
                rows.push(row![CLASS, id, 0i32, SERVER, super::SERVER_OID, 0i32, 'n']);
            }
        }
        for policy in &relation.protection.policies {
            rows.push(row![POLICY, policy.id, 0i32, CLASS, id, 0i32, 'a']);
        }
        on_columns(scope, relation, &mut rows);
    }
    rows
}

/// Indexes and keys: an index of a constraint hangs on that, and what else there is on the columns.
fn on_columns(scope: &Scope, relation: &Relation, rows: &mut Vec<Vec<Cell>>) {
    let id = relation.id.0;
    for index in &relation.indexes {
        let (class, oid) = match &index.constraint {
            Some(constraint) => {
                rows.push(row![CLASS, index.oid, 0i32, CONSTRAINT, constraint.oid, 0i32, 'i']);
                (CONSTRAINT, constraint.oid)
            }
            None => (CLASS, index.oid),
        };
        let columns = index.columns();
        rows.extend(columns.map(|c| row![class, oid, 0i32, CLASS, id, i32::from(c), 'a']));
    }
    for key in &relation.foreign_keys {
        let of = |table: u32, column: i16, kind: char| {
            row![CONSTRAINT, key.oid, 0i32, CLASS, table, i32::from(column), kind]
        };
        rows.extend(key.columns.iter().map(|c| of(id, *c, 'a')));
        rows.extend(key.referenced.iter().map(|c| of(key.references.0, *c, 'n')));
        match super::keys::referenced_index(scope, key) {
            0 => {}
            index => rows.push(of(index, 0, 'n')),
        }
    }
}

/// What the first superuser owns hangs on nothing: that role cannot be dropped.
fn shared(scope: &Scope) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    let mut on_roles =
        |classid: u32, oid: u32, number: i32, owner: Option<RoleId>, acl: Option<&Acl>| {
            let database = if classid == DATABASE { 0 } else { DATABASE_OID };
            let mut depends = |role: RoleId, kind: char| {
                if role.0 >= FIRST_OID {
                    rows.push(row![database, classid, oid, number, AUTHID, role.0, kind]);
                }
            };
            if let Some(owner) = owner {
                depends(owner, 'o');
            }
            let items = acl.map(Acl::items).unwrap_or_default().iter();
            let named: BTreeSet<RoleId> = items.flat_map(|i| [i.grantee, i.grantor]).collect();
            for role in named.into_iter().filter(|r| *r != PUBLIC && Some(*r) != owner) {
                depends(role, 'a');
            }
        };
    for schema in scope.snapshot.schemas() {
        on_roles(NAMESPACE, schema.id.0, 0, Some(schema.owner), schema.acl.as_ref());
    }
    for relation in scope.snapshot.relations() {
        on_roles(CLASS, relation.id.0, 0, Some(relation.owner), relation.acl.as_ref());
        for column in relation.columns.iter().filter(|c| !c.acl.is_empty()) {
            on_roles(CLASS, relation.id.0, column.number.into(), None, Some(&column.acl));
        }
    }
    on_roles(DATABASE, DATABASE_OID, 0, None, scope.snapshot.contents().database.acl.as_ref());
    for relation in scope.snapshot.relations() {
        for policy in &relation.protection.policies {
            for role in policy.roles.iter().filter(|r| r.0 >= FIRST_OID) {
                rows.push(row![DATABASE_OID, POLICY, policy.id, 0i32, AUTHID, role.0, 'r']);
            }
        }
    }
    rows
}
