//! `Perhaps you meant to reference the column "t.name".`: the column that was meant, as PostgreSQL guesses it
//! (`searchRangeTableForCol`, `updateFuzzyAttrMatchState`). Nobody learns of a column that he may not read.

use datafusion::common::{Column, SchemaError};
use datafusion::error::DataFusionError;

use super::names::distance;
use crate::catalog::acl::Privileges;
use crate::catalog::name::{Object, RelationId, RoleId};
use crate::catalog::snapshot::Snapshot;

/// Names that differ by more are no slips.
const DISTANCE_MAX: usize = 3;

/// The hint for a column that was not found, if the engine's error is about one.
pub(super) fn hint(e: &DataFusionError) -> Option<String> {
    let (wanted, there) = not_found(e)?;
    let mut best = Best { distance: DISTANCE_MAX + 1, found: Vec::new() };
    let mut alias: Option<&str> = None;
    for column in there {
        let Some(relation) = column.relation.as_ref().map(|r| r.table()) else { continue };
        if relation.starts_with("__") || column.name.starts_with("__") {
            continue;
        }
        if alias != Some(relation) {
            best.next_relation();
            alias = Some(relation);
        }
        let penalty = wanted.relation.as_ref().map_or(0, |given| distance(given.table(), relation));
        best.take(relation, &column.name, &wanted.name, penalty);
    }
    let names = best.found.iter().map(|f| format!("the column \"{}.{}\"", f.relation, f.name));
    let names: Vec<String> = names.collect();
    (!names.is_empty()).then(|| format!("Perhaps you meant to reference {}.", names.join(" or ")))
}

/// Whether the role may read all there is in these relations, so that no name is a secret.
pub(super) fn reads_all(snapshot: &Snapshot, role: RoleId, relations: &[RelationId]) -> bool {
    relations.iter().all(|id| {
        snapshot.relation(*id).is_some_and(|relation| {
            let mut columns = relation.columns.iter();
            columns.all(|c| snapshot.holds(role, Object::Column(*id, c.number), Privileges::SELECT))
        })
    })
}

fn not_found(e: &DataFusionError) -> Option<(&Column, &[Column])> {
    match e {
        DataFusionError::SchemaError(inner, _) => match &**inner {
            SchemaError::FieldNotFound { field, valid_fields } => Some((field, valid_fields)),
            _ => None,
        },
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => {
            not_found(inner)
        }
        DataFusionError::Collection(errors) => not_found(errors.first()?),
        DataFusionError::Shared(inner) => not_found(inner),
        _ => None,
    }
}

struct Found {
    relation: String,
    name: String,
    /// Whether it is of the relation that is looked at.
    here: bool,
}

/// The nearest so far; two that are equally near are both told, of more none.
struct Best {
    distance: usize,
    found: Vec<Found>,
}

impl Best {
    fn next_relation(&mut self) {
        self.found.iter_mut().for_each(|found| found.here = false);
    }

    fn take(&mut self, relation: &str, name: &str, wanted: &str, penalty: usize) {
        if penalty > self.distance {
            return;
        }
        let far = distance(name, wanted);
        // More than half of it is otherwise.
        if far > wanted.len() / 2 {
            return;
        }
        let far = far + penalty;
        let found = Found { relation: relation.to_owned(), name: name.to_owned(), here: true };
        if far < self.distance {
            self.distance = far;
            self.found = vec![found];
        } else if far == self.distance && self.found.iter().all(|f| f.name != name || !f.here) {
            match self.found.len() {
                2.. => {
                    self.found.clear();
                    // It was too low a bar.
                    self.distance = far.saturating_sub(1);
                }
                0 if self.distance > DISTANCE_MAX => {}
                _ => self.found.push(found),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(wanted: &str, there: &[&str], hint_wanted: Option<&str>) {
        let field = Box::new(Column::from_qualified_name(wanted));
        let valid_fields = there.iter().map(|name| Column::from_qualified_name(*name)).collect();
        let inner = SchemaError::FieldNotFound { field, valid_fields };
        let e = DataFusionError::SchemaError(Box::new(inner), Box::new(None));
        assert_eq!(hint(&e).as_deref(), hint_wanted);
    }

    #[test]
    fn slips_are_recognised() {
        let one = Some("Perhaps you meant to reference the column \"t.full_name\".");
        check("fullname", &["t.id", "t.full_name"], one);
        check("t.full_nam", &["t.id", "t.full_name"], one);
        check("salary", &["t.id", "t.full_name"], None);
        let two = "Perhaps you meant to reference the column \"t.aab\" or the column \"u.aac\".";
        check("aaa", &["t.aab", "t.x", "u.aac"], Some(two));
        check("aaa", &["t.aab", "t.aac", "t.aad"], None);
        check("aaa", &["aab", "t.__aab"], None);
    }
}
