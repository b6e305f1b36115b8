//! ANALYZE, VACUUM, REINDEX, CHECKPOINT: what they name must be there; there is little for them to do.

use super::alter::find_index;
use super::names;
use super::plan::{Maintain, Plan};
use crate::catalog::name::Object;
use crate::error::{Error, Result, SqlState};
use crate::parser::statement::{self, Maintenance};
use crate::system::scope::Scope;

pub(super) fn maintain(scope: &Scope, statement: &statement::Maintain) -> Result<Plan> {
    let (mut relations, mut index) = (Vec::new(), None);
    for target in &statement.tables {
        let relation = names::altered(scope, &target.table).map_err(Error::nowhere)?;
        // What is another's is passed over, whatever columns of it are named.
        let owns = |object| scope.snapshot.owns(scope.role, object);
        let passed_over = matches!(statement.what, Maintenance::Analyze | Maintenance::Vacuum)
            && !owns(Object::Relation(relation.id))
            && !owns(Object::Database);
        if !passed_over
            && let Some(missing) =
                target.columns.iter().find(|c| relation.column(&c.name).is_none())
        {
            return Err(Error::new(
                SqlState::UNDEFINED_COLUMN,
                format!(
                    "column \"{}\" of relation \"{}\" does not exist",
                    missing.name, relation.name
                ),
            ));
        }
        relations.push(relation.id);
    }
    if let Some(name) = &statement.index {
        let (relation, found) =
            find_index(scope, name)?.ok_or_else(|| Error::undefined_table(name))?;
        relations.push(relation.id);
        index = Some(found.name);
    }
    Ok(Plan::Maintain(Maintain { what: statement.what, relations, index }))
}
