//! Policies, masks, labels and tags: new ones get their OIDs, and all become changes to the catalog.

use super::staged::Staged;
use crate::catalog::change::Change;
use crate::catalog::protection::{Mask, Policy};
use crate::planner::plan::Protected;

pub(super) fn changes(to: Protected, staged: &Staged) -> Vec<Change> {
    let mut next = staged.next_oid();
    match to {
        Protected::Relation(mut relation) => {
            number(&mut relation.protection.policies, &mut relation.protection.masks, &mut next);
            vec![Change::PutRelation(*relation)]
        }
        Protected::Tags(tags) => tags
            .into_iter()
            .map(|mut tag| {
                number(&mut tag.policies, &mut tag.masks, &mut next);
                Change::PutTag(tag)
            })
            .collect(),
    }
}

fn number(policies: &mut [Policy], masks: &mut [Mask], next: &mut u32) {
    let ids = policies.iter_mut().map(|p| &mut p.id).chain(masks.iter_mut().map(|m| &mut m.id));
    for id in ids.filter(|id| **id == 0) {
        *id = *next;
        *next += 1;
    }
}
