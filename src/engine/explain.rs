//! EXPLAIN: plans, with ANALYZE runs, and tells of it.

use std::sync::Arc;
use std::time::Instant;

use arrow::array::{ArrayRef, RecordBatch, StringViewArray};
use arrow::datatypes::Schema;
use datafusion::logical_expr::{LogicalPlan, Projection};
use datafusion::physical_plan::execute_stream;
use futures::{StreamExt, stream};

use super::plan_shown::{Place, Places, Shown};
use super::plan_text::{self, Told};
use super::plan_tree::{Estimates, Node};
use super::query;
use super::reply::{Context, Reply};
use super::runtime::Engine;
use super::staged::Staged;
use crate::catalog::relation::RelationKind;
use crate::error::{Error, Result};
use crate::parser::statement::ExplainForm;
use crate::planner::Plan;
use crate::planner::failure::OrFail;

pub(super) async fn run(
    engine: &Arc<Engine>,
    plan: Plan,
    analyze: bool,
    verbose: bool,
    form: ExplainForm,
    context: &Context,
    staged: &mut Staged,
) -> Result<Reply> {
    let (head, logical) = match plan {
        Plan::Query(query) => (None, query.plan),
        Plan::Insert(insert) => {
            let name = format!("Insert on {}", insert.relation.name);
            (Some(name), without_checks(insert.input, insert.policies.len())?)
        }
        Plan::CreateTableAs(create) => {
            (Some(format!("Create {}", create.table.name)), create.input)
        }
        _ => return Err(Error::unsupported("EXPLAIN of this statement")),
    };
    if analyze && head.is_some() {
        return Err(Error::unsupported("EXPLAIN ANALYZE of a statement that writes"));
    }
    let places = places(engine, &logical)?;
    let began = Instant::now();
    let (state, logical) = query::open(engine, logical, context, staged).await?;
    let physical = query::physical(engine, &state, logical, context).await?;
    let planned = began.elapsed();
    let mut ran = None;
    if analyze {
        let mut rows = 0;
        let task_context = state.task_ctx();
        let plan = Arc::clone(&physical);
        let work = engine.cpu.spawn(async move {
            let mut stream = execute_stream(plan, task_context).or_fail()?;
            while let Some(batch) = stream.next().await {
                rows += batch.or_fail()?.num_rows() as u64;
            }
            Ok(rows)
        });
        let abort = work.abort_handle();
        let rows = context.guard(async { work.await.map_err(|e| query::joined(&e))? }).await;
        abort.abort();
        let run = began.elapsed().saturating_sub(planned);
        ran = Some((run.as_secs_f64() * 1e3, rows?));
    }
    let estimates = Estimates::of(&physical, analyze);
    let mut tree = match verbose {
        true => Node::of(&physical, estimates),
        false => Shown { places: &places, estimates }.node(&physical),
    };
    // Not every step counts what it hands on: of the whole it is known.
    if let Some((_, rows)) = ran {
        tree.counted(rows);
    }
    let told = Told { head, planning_ms: planned.as_secs_f64() * 1e3, ran };
    let lines = plan_text::lines(&tree, &told, form);
    let field = crate::planner::plan::explained(form.format);
    let column: ArrayRef = Arc::new(StringViewArray::from(lines));
    let schema = Arc::new(Schema::new(vec![Arc::clone(&field)]));
    let batch = RecordBatch::try_new(schema, vec![column]).or_fail()?;
    Ok(Reply::Rows { fields: vec![field], rows: stream::iter([Ok(batch)]).boxed(), tag: "EXPLAIN" })
}

/// Where the relations lie that a plan reads.
fn places(engine: &Engine, plan: &LogicalPlan) -> Result<Places> {
    let mut places = Vec::new();
    for relation in query::relations(plan)? {
        let (location, foreign) = match &relation.kind {
            RelationKind::Table { location, .. } => (engine.stores.place(location)?, false),
            RelationKind::Foreign(files) => (engine.stores.lake().resolve(&files.location)?, true),
            RelationKind::View(_) => continue,
        };
        // Of files in a folder, or of one file.
        let folder = match (location.path().as_ref(), foreign) {
            (path, false) => format!("{path}/"),
            (path, true) => path.to_owned(),
        };
        places.push(Place { folder, name: relation.name.clone(), foreign });
    }
    Ok(Places::new(places))
}

/// What policies ask of new rows is not told: the columns behind the table's own, one for each answer of theirs.
fn without_checks(input: LogicalPlan, checks: usize) -> Result<LogicalPlan> {
    match input {
        input if checks == 0 => Ok(input),
        LogicalPlan::Projection(Projection { mut expr, input, .. }) => {
            expr.truncate(expr.len().saturating_sub(checks));
            Ok(LogicalPlan::Projection(Projection::try_new(expr, input).or_fail()?))
        }
        _ => Err(Error::unsupported("EXPLAIN of this statement")),
    }
}
