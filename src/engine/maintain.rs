//! ANALYZE, VACUUM, REINDEX, CHECKPOINT: PostgreSQL's housekeeping, of which next to nothing is left to do.

use super::reply::{Context, Notice, Reply};
use crate::catalog::name::{Object, RelationId};
use crate::error::SqlState;
use crate::parser::statement::Maintenance;
use crate::planner::plan::Maintain;

pub(super) fn run(maintain: &Maintain, context: &Context, notices: &mut Vec<Notice>) -> Reply {
    let (snapshot, role) = (&context.scope.snapshot, context.scope.role);
    let done = |message: &str, detail: &str| Notice::info(message, Some(detail.to_owned()));
    let owns = |id: &RelationId| {
        snapshot.owns(role, Object::Relation(*id)) || snapshot.owns(role, Object::Database)
    };
    match maintain.what {
        Maintenance::Vacuum
            if !maintain.relations.is_empty() && !maintain.relations.iter().any(owns) => {}
        // Statistics are written with the rows; every commit is in the store when it is told of.
        Maintenance::Analyze | Maintenance::Checkpoint => {}
        Maintenance::Vacuum => notices.push(done(
            "VACUUM has removed no files",
            "What no version of a table needs any more is not cleared away yet; older versions stay readable.",
        )),
        Maintenance::Reindex => {
            notices.push(done("there is nothing to rebuild", "Indexes are kept by name only."));
        }
    }
    let passes_over = match maintain.what {
        Maintenance::Analyze => "analyze",
        Maintenance::Vacuum => "vacuum",
        Maintenance::Reindex | Maintenance::Checkpoint => return Reply::done(maintain.what.name()),
    };
    for id in &maintain.relations {
        if let Some(relation) = snapshot.relation(*id).filter(|_| !owns(id)) {
            let message = format!(
                "skipping \"{}\" --- only table or database owner can {passes_over} it",
                relation.name
            );
            notices.push(Notice::warning(SqlState::WARNING, message));
        }
    }
    Reply::done(maintain.what.name())
}
