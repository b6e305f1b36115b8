//! What else goes with what is dropped, in PostgreSQL's order (`findDependentObjects`,
//! `reportDependentObjects`): what was made last goes first, and is told of last.

use super::plan::{Blocked, Drop};
use crate::catalog::name::{Object, RelationId};
use crate::catalog::snapshot::Snapshot;
use crate::system::scope::Scope;

/// One object that goes, and what it goes because of.
struct Doomed {
    object: Object,
    because_of: Option<Object>,
}

/// Fills in what goes with the named objects: told of with CASCADE, a reason to refuse without.
pub(super) fn finish(scope: &Scope, mut plan: Drop, cascade: bool) -> Drop {
    let mut doomed = Vec::new();
    for object in &plan.named {
        visit(&scope.snapshot, *object, None, &mut doomed);
    }
    let extra: Vec<&Doomed> =
        doomed.iter().rev().filter(|d| !plan.named.contains(&d.object)).collect();
    if !extra.is_empty() {
        match cascade {
            true => plan.notices.push(cascades(scope, &extra)),
            false => plan.blocked = Some(blocked(scope, &plan.named, &extra)),
        }
    }
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

fn cascades(scope: &Scope, extra: &[&Doomed]) -> (String, Option<String>) {
    let lines: Vec<String> =
        extra.iter().map(|d| format!("drop cascades to {}", describe(scope, d.object))).collect();
    match lines.as_slice() {
        [one] => (one.clone(), None),
        many => (format!("drop cascades to {} other objects", many.len()), Some(many.join("\n"))),
    }
}

fn blocked(scope: &Scope, named: &[Object], extra: &[&Doomed]) -> Blocked {
    let message = match named {
        [one] => {
            format!("cannot drop {} because other objects depend on it", describe(scope, *one))
        }
        _ => "cannot drop desired object(s) because other objects depend on them".to_owned(),
    };
    let lines: Vec<String> = extra
        .iter()
        .map(|d| {
            let on = d.because_of.map(|o| describe(scope, o)).unwrap_or_default();
            format!("{} depends on {on}", describe(scope, d.object))
        })
        .collect();
    Blocked { message, detail: lines.join("\n") }
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
