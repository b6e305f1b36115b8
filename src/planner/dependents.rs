//! What else goes with what is dropped, in PostgreSQL's order (`findDependentObjects`,
//! `reportDependentObjects`): what was made last goes first, and is told of last.

use super::plan::{Blocked, Drop};
use crate::catalog::name::{Object, RelationId};
use crate::catalog::protection::Expression;
use crate::catalog::snapshot::Snapshot;
use crate::system::scope::Scope;

/// One object that goes, and what it goes because of.
struct Doomed {
    object: Object,
    because_of: Option<Object>,
}

/// A policy or mask of something that stays, which reads something that goes.
struct Guard {
    described: String,
    because_of: RelationId,
    /// None for a mask and for what stands on a tag.
    policy: Option<(RelationId, u32)>,
}

/// Fills in what goes with the named objects: told of with CASCADE, a reason to refuse without.
pub(super) fn finish(scope: &Scope, mut plan: Drop, cascade: bool) -> Drop {
    let mut doomed = Vec::new();
    for object in &plan.named {
        visit(&scope.snapshot, *object, None, &mut doomed);
    }
    let going: Vec<RelationId> = doomed.iter().filter_map(|d| relation(d.object)).collect();
    let extra = doomed.iter().rev().filter(|d| !plan.named.contains(&d.object));
    let mut others: Vec<(String, Object)> =
        extra.filter_map(|d| d.because_of.map(|on| (describe(scope, d.object), on))).collect();
    let guards = guards(scope, &going);
    let of = |guard: &Guard| (guard.described.clone(), Object::Relation(guard.because_of));
    others.extend(guards.iter().map(of));
    others.extend(referring(scope, &going, &mut plan));
    // A policy goes as it does in PostgreSQL; what a mask hides must not come out that way.
    let mask = guards.iter().find(|guard| guard.policy.is_none());
    match mask {
        Some(mask) if cascade => {
            let hint = "A mask is never dropped by CASCADE: drop it first.";
            plan.blocked = Some(blocked(scope, &plan.named, &[of(mask)], hint));
        }
        _ if others.is_empty() => {}
        _ if cascade => plan.notices.push(cascades(&others)),
        _ => {
            let hint = "Use DROP ... CASCADE to drop the dependent objects too.";
            plan.blocked = Some(blocked(scope, &plan.named, &others, hint));
        }
    }
    plan.policies = guards.into_iter().filter_map(|guard| guard.policy).collect();
    for Doomed { object, .. } in &doomed {
        match object {
            Object::Relation(id) => plan.relations.push(*id),
            Object::Schema(id) => plan.schemas.push(*id),
            Object::Database | Object::Column(..) => {}
        }
    }
    plan
}

/// Dependents before what they depend on.
fn visit(
    snapshot: &Snapshot,
    object: Object,
    because_of: Option<Object>,
    doomed: &mut Vec<Doomed>,
) {
    if doomed.iter().any(|d| d.object == object) {
        return;
    }
    let mut dependents: Vec<RelationId> = match object {
        Object::Relation(id) => snapshot.readers(id).map(|r| r.id).collect(),
        Object::Schema(id) => snapshot.relations_in(id).map(|r| r.id).collect(),
        Object::Database | Object::Column(..) => Vec::new(),
    };
    dependents.sort_unstable_by(|a, b| b.cmp(a));
    for id in dependents {
        visit(snapshot, Object::Relation(id), Some(object), doomed);
    }
    doomed.push(Doomed { object, because_of });
}

fn relation(object: Object) -> Option<RelationId> {
    match object {
        Object::Relation(id) => Some(id),
        Object::Database | Object::Schema(_) | Object::Column(..) => None,
    }
}

/// Foreign keys of tables that stay; the tables without them go into the plan.
fn referring(scope: &Scope, going: &[RelationId], plan: &mut Drop) -> Vec<(String, Object)> {
    let mut others: Vec<(String, Object)> = Vec::new();
    for id in going {
        for (relation, key) in scope.snapshot.referring(*id) {
            if going.contains(&relation.id) {
                continue;
            }
            let on = scope.describe_relation(relation.id);
            others.push((format!("constraint {} on {on}", key.name), Object::Relation(*id)));
            plan.foreign_keys.push((relation.id, key.oid));
        }
    }
    others
}

fn guards(scope: &Scope, doomed: &[RelationId]) -> Vec<Guard> {
    let snapshot = &scope.snapshot;
    let read = |e: &Expression| e.reads.iter().map(|(_, id)| *id).find(|id| doomed.contains(id));
    let mut found = Vec::new();
    let mut note = |on: &str, named: String, read: Option<RelationId>, policy| {
        if let Some(because_of) = read {
            found.push(Guard { described: format!("{named} on {on}"), because_of, policy });
        }
    };
    for relation in snapshot.relations().filter(|r| !doomed.contains(&r.id)) {
        let on = scope.describe_relation(relation.id);
        for p in &relation.protection.policies {
            let read = p.using.iter().chain(&p.check).find_map(read);
            note(&on, format!("policy {}", p.name), read, Some((relation.id, p.id)));
        }
        for m in &relation.protection.masks {
            note(&on, format!("mask {}", m.name), read(&m.using), None);
        }
    }
    for tag in snapshot.contents().tags.values() {
        let on = format!("tag '{}'", tag.name);
        for p in &tag.policies {
            let read = p.using.iter().chain(&p.check).find_map(read);
            note(&on, format!("policy {}", p.name), read, None);
        }
        for m in &tag.masks {
            note(&on, format!("mask {}", m.name), read(&m.using), None);
        }
    }
    found
}

fn cascades(others: &[(String, Object)]) -> (String, Option<String>) {
    let lines: Vec<String> =
        others.iter().map(|(other, _)| format!("drop cascades to {other}")).collect();
    match lines.as_slice() {
        [one] => (one.clone(), None),
        many => (format!("drop cascades to {} other objects", many.len()), Some(many.join("\n"))),
    }
}

fn blocked(scope: &Scope, named: &[Object], others: &[(String, Object)], hint: &str) -> Blocked {
    let message = match named {
        [one] => {
            format!("cannot drop {} because other objects depend on it", describe(scope, *one))
        }
        _ => "cannot drop desired object(s) because other objects depend on them".to_owned(),
    };
    let lines: Vec<String> = others
        .iter()
        .map(|(other, on)| format!("{other} depends on {}", describe(scope, *on)))
        .collect();
    Blocked { message, detail: lines.join("\n"), hint: hint.to_owned() }
}

/// `view s.v`: with its schema where a bare name would not find it (`getObjectDescription`).
fn describe(scope: &Scope, object: Object) -> String {
    match object {
        Object::Relation(id) | Object::Column(id, _) => scope.describe_relation(id),
        Object::Schema(id) => {
            let name = scope.snapshot.schema(id).map_or("?", |s| s.name.as_str());
            format!("schema {name}")
        }
        Object::Database => format!("database {}", scope.database),
    }
}
