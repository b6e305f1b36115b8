//! Tables in a new shape: columns, constraints, keys and indexes.

use crate::catalog::name::RelationId;
use crate::catalog::relation::Relation;

/// Gives what is new its OIDs, and the table itself to keys that refer to it.
pub(super) fn number_keys(relation: &mut Relation, first: u32) {
    let mut next = first;
    let mut number = |oid: &mut u32| {
        if *oid == 0 {
            *oid = next;
            next += 1;
        }
    };
    for index in &mut relation.indexes {
        number(&mut index.oid);
        index.constraint.iter_mut().for_each(|c| number(&mut c.oid));
    }
    for key in &mut relation.foreign_keys {
        number(&mut key.oid);
        if key.references == RelationId(0) {
            key.references = relation.id;
        }
    }
}
