//! Tables in a new shape: columns, constraints, keys and indexes.

use std::sync::Arc;

use datafusion::common::{Column, TableReference};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};
use datafusion::physical_plan::collect;

use super::query;
use super::reply::{Context, Notice, Reply};
use super::runtime::Engine;
use super::staged::Staged;
use crate::catalog::change::Change;
use crate::catalog::name::RelationId;
use crate::catalog::relation::{Relation, RelationKind};
use crate::catalog::stored::name_stored;
use crate::error::{Error, Result, SqlState};
use crate::planner::failure::OrFail;
use crate::planner::plan::{AlterTables, Altered};

pub(super) async fn alter(
    engine: &Arc<Engine>,
    alter: AlterTables,
    context: &Context,
    staged: &mut Staged,
    notices: &mut Vec<Notice>,
) -> Result<Reply> {
    if let Some(blocked) = &alter.blocked {
        let error = Error::new(SqlState::DEPENDENT_OBJECTS_EXIST, blocked.message.clone());
        let error = error.hint(blocked.hint.clone());
        return Err(match blocked.detail.is_empty() {
            true => error,
            false => error.detail(blocked.detail.clone()),
        });
    }
    let told = alter.notices.into_iter();
    notices.extend(
        told.map(|(state, message, detail)| Notice { state, ..Notice::info(message, detail) }),
    );
    for altered in alter.tables {
        one(engine, altered, context, staged).await?;
    }
    Ok(Reply::done(alter.tag))
}

async fn one(
    engine: &Arc<Engine>,
    altered: Altered,
    context: &Context,
    staged: &mut Staged,
) -> Result<()> {
    let Altered { mut relation, reshaped, not_null, checks, .. } = altered;
    let before = staged.snapshot().relation(relation.id).map(Arc::clone);
    let before = before.ok_or_else(|| Error::serialization("the table was dropped meanwhile"))?;
    if *before == relation {
        return Ok(());
    }
    for number in &not_null {
        let Some(column) = relation.column_by_number(*number) else { continue };
        let name = column.name.clone();
        let empty = match before.column(&name) {
            Some(_) => Expr::Column(Column::from_name(&name)).is_null(),
            // In a column that was not there every row has NULL.
            None => datafusion::logical_expr::lit(true),
        };
        if any_row(engine, &before, empty, context, staged).await? {
            return Err(Error::new(
                SqlState::NOT_NULL_VIOLATION,
                format!("column \"{name}\" of relation \"{}\" contains null values", relation.name),
            ));
        }
    }
    for (name, check) in checks {
        // Over a column that is new, every row has NULL there, and NULL breaks no check that is about it alone.
        let known = check.column_refs().iter().all(|c| before.column(&c.name).is_some());
        if known && any_row(engine, &before, check.is_false(), context, staged).await? {
            return Err(Error::new(
                SqlState::CHECK_VIOLATION,
                format!(
                    "check constraint \"{name}\" of relation \"{}\" is violated by some row",
                    relation.name
                ),
            ));
        }
    }
    name_stored(&mut relation.columns);
    number_keys(&mut relation, staged.next_oid());
    if reshaped && let RelationKind::Table { location, .. } = &relation.kind {
        // What Delta cannot keep is refused now rather than at COMMIT.
        let location = engine.stores.place(location)?;
        if !location.is_temporary() {
            engine.deltas.shape(&location, &super::write::new_table(&relation)?).await?;
            staged.reshape(&relation, &location);
        }
    }
    staged.change(vec![Change::PutRelation(relation)])
}

/// Whether some row of a table is so. Its owner is told no more than that.
async fn any_row(
    engine: &Arc<Engine>,
    relation: &Relation,
    so: Expr,
    context: &Context,
    staged: &mut Staged,
) -> Result<bool> {
    let state = engine.state(&context.scope);
    let work = query::provider(engine, relation, &state, staged, context);
    let provider = context.guard(work).await?;
    let scan = query::stored(&TableReference::bare("t"), relation, provider).or_fail()?;
    let plan = LogicalPlanBuilder::from(scan).filter(so).or_fail()?;
    let plan = plan.limit(0, Some(1)).or_fail()?.build().or_fail()?;
    let physical = query::physical(engine, &state, plan, context).await?;
    let task = state.task_ctx();
    let work = engine.cpu.spawn(collect(physical, task));
    let found =
        context.guard(async { work.await.map_err(|e| query::joined(&e))?.or_fail() }).await?;
    Ok(found.iter().any(|batch| batch.num_rows() > 0))
}

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
