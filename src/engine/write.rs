//! CREATE TABLE, CREATE TABLE AS, INSERT, TRUNCATE: rows to files, files to one commit.

use std::sync::Arc;

use arrow::array::{Array, BooleanArray, RecordBatch};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::SchemaRef;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::common::DFSchema;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::{
    ExecutionPlanProperties, execute_stream, execute_stream_partitioned,
};
use futures::StreamExt;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinSet;

use super::alter;
use super::query;
use super::reply::{Context, Notice, Reply};
use super::runtime::Engine;
use super::staged::Staged;
use crate::catalog::acl::Privileges;
use crate::catalog::change::Change;
use crate::catalog::name::{Object, RelationId, TEMPORARY_SCHEMA};
use crate::catalog::protection::Command;
use crate::catalog::relation::{Check, Relation, RelationKind};
use crate::catalog::snapshot::Exposure;
use crate::catalog::stored::name_stored;
use crate::error::{Error, Result, SqlState};
use crate::parser;
use crate::planner::failure::{OrFail, from_datafusion};
use crate::planner::plan::{CreateTable, CreateTableAs, Insert};
use crate::storage::delta::NewTable;
use crate::storage::location::Location;
use crate::storage::writer::{self, DataFile, Target};

pub(super) async fn insert(
    engine: &Arc<Engine>,
    insert: Insert,
    context: &Context,
    staged: &mut Staged,
) -> Result<Reply> {
    let writing = Writing::of(engine, insert, context)?;
    let (relation, location) = (Arc::clone(&writing.relation), writing.location.clone());
    let turn = turn(engine).await?;
    let files = writing.run(engine, Some(turn), context, staged).await?;
    let count: u64 = files.iter().map(|f| f.rows).sum();
    if !files.is_empty() {
        staged.append(&relation, &location, files);
    }
    Ok(Reply::done(format!("INSERT 0 {count}")))
}

/// An INSERT that may go to work.
pub(super) struct Writing {
    pub relation: Arc<Relation>,
    pub location: Location,
    input: LogicalPlan,
    rules: Rules,
    target: Target,
}

impl Writing {
    pub(super) fn of(engine: &Arc<Engine>, insert: Insert, context: &Context) -> Result<Writing> {
        let relation = &insert.relation;
        let RelationKind::Table { location, partition_by, .. } = &relation.kind else {
            return Err(Error::internal("an insert into no table"));
        };
        let location = engine.stores.place(location)?;
        let target = target(engine, relation, &location, partition_by)?;
        let rules = Rules {
            policies: insert.policies,
            shown: shown(relation, &insert.columns, context),
            ..Rules::new(relation, &insert.checks, engine, context)?
        };
        let relation = Arc::clone(relation);
        Ok(Writing { relation, location, input: insert.input, rules, target })
    }

    /// Writes the rows to files that are in no commit yet.
    pub(super) async fn run(
        self,
        engine: &Arc<Engine>,
        turn: Option<OwnedSemaphorePermit>,
        context: &Context,
        staged: &mut Staged,
    ) -> Result<Vec<DataFile>> {
        let outcome = rows(engine, self.input, self.rules, &self.target, context, staged).await;
        drop(turn);
        outcome
    }
}

/// Leave to compute, when it is this statement's turn.
async fn turn(engine: &Engine) -> Result<OwnedSemaphorePermit> {
    let turn = Arc::clone(&engine.turns).acquire_owned().await;
    turn.map_err(|_| Error::new(SqlState::ADMIN_SHUTDOWN, "the server is shutting down"))
}

pub(super) async fn create(
    engine: &Arc<Engine>,
    create: CreateTable,
    context: &Context,
    staged: &mut Staged,
    notices: &mut Vec<Notice>,
) -> Result<Reply> {
    const TAG: &str = "CREATE TABLE";
    if staged.snapshot().is_taken(create.schema, &create.name) {
        let error = Error::duplicate_table(&create.name);
        if !create.if_not_exists {
            return Err(error);
        }
        let told = Notice::info(format!("{}, skipping", error.message), None);
        notices.push(Notice { state: error.state, ..told });
        return Ok(Reply::done(TAG));
    }
    let told = create.notices.clone();
    let relation = relation(engine, &create, context, staged)?;
    make(engine, relation, Vec::new(), staged).await?;
    notices.extend(told.into_iter().map(|(message, detail)| Notice::info(message, detail)));
    Ok(Reply::done(TAG))
}

pub(super) async fn create_as(
    engine: &Arc<Engine>,
    create: CreateTableAs,
    context: &Context,
    staged: &mut Staged,
) -> Result<Reply> {
    let relation = relation(engine, &create.table, context, staged)?;
    let RelationKind::Table { location, partition_by, .. } = &relation.kind else {
        return Err(Error::internal("no table was made"));
    };
    let files = match create.with_data {
        true => {
            let location = engine.stores.place(location)?;
            let target = target(engine, &relation, &location, partition_by)?;
            let rules = Rules::new(&relation, &[], engine, context)?;
            let _turn = turn(engine).await?;
            rows(engine, create.input, rules, &target, context, staged).await?
        }
        false => Vec::new(),
    };
    let count: u64 = files.iter().map(|f| f.rows).sum();
    make(engine, relation, files, staged).await?;
    let tag = if create.with_data { format!("SELECT {count}") } else { "CREATE TABLE AS".into() };
    Ok(Reply::done(tag))
}

fn target(
    engine: &Engine,
    relation: &Relation,
    location: &Location,
    partition_by: &[String],
) -> Result<Target> {
    let partition_by = relation.stored_names(partition_by);
    engine.deltas.target(location, relation.stored_schema(), &partition_by)
}

/// The relation that is to be, with its place in the lake.
fn relation(
    engine: &Engine,
    create: &CreateTable,
    context: &Context,
    staged: &Staged,
) -> Result<Relation> {
    if create.schema == TEMPORARY_SCHEMA {
        let oid = engine.temporary_oids.next();
        return Ok(shaped(create, oid, staged.temporary().place(oid), context, staged));
    }
    let snapshot = staged.snapshot();
    let schema = snapshot
        .schema(create.schema)
        .ok_or_else(|| Error::serialization("the schema was dropped meanwhile"))?;
    let lake = engine.stores.lake();
    let location = match &create.location {
        Some(own) => own.clone(),
        None => {
            // A folder no other table has had: a name may be dropped and made again.
            let suffix = uuid::Uuid::new_v4().simple().to_string();
            let zone = schema.location.as_deref().unwrap_or(&schema.name);
            format!("{}/{}-{}", zone.trim_end_matches('/'), folder(&create.name), &suffix[..12])
        }
    };
    let place = lake.resolve(&location)?;
    if !engine.stores.is_allowed(&place) {
        // Opening it gives the error that says what to do.
        engine.stores.open(&place)?;
    }
    if snapshot.relations().any(|r| clashes(r, &place, lake)) {
        return Err(Error::new(
            SqlState::OBJECT_IN_USE,
            format!("location \"{place}\" overlaps with another table's"),
        ));
    }
    Ok(shaped(create, staged.next_oid(), location, context, staged))
}

fn shaped(
    create: &CreateTable,
    oid: u32,
    location: String,
    context: &Context,
    staged: &Staged,
) -> Relation {
    let mut columns = create.columns.clone();
    name_stored(&mut columns);
    let mut relation = Relation {
        id: RelationId(oid),
        schema: create.schema,
        name: create.name.clone(),
        owner: context.scope.role,
        kind: RelationKind::Table {
            location,
            partition_by: create.partition_by.clone(),
            checks: create.checks.clone(),
        },
        columns,
        acl: super::define::initial_acl(staged, context.scope.role, Some(create.schema)),
        comment: None,
        protection: Default::default(),
        indexes: create.indexes.clone(),
        foreign_keys: create.foreign_keys.clone(),
        on_commit: create.on_commit,
        revision: 0,
    };
    alter::number_keys(&mut relation, staged.next_oid().max(oid + 1));
    relation
}

/// Names may hold what a path may not.
fn folder(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect()
}

fn clashes(relation: &Relation, place: &Location, lake: &Location) -> bool {
    let RelationKind::Table { location, .. } = &relation.kind else { return false };
    lake.resolve(location).is_ok_and(|other| other.contains(place) || place.contains(&other))
}

/// The table's first commit, then its entry in the catalog: nobody sees the one without the other.
async fn make(
    engine: &Engine,
    relation: Relation,
    files: Vec<DataFile>,
    staged: &mut Staged,
) -> Result<()> {
    let RelationKind::Table { location, .. } = &relation.kind else {
        return Err(Error::internal("no table was made"));
    };
    let place = engine.stores.place(location)?;
    if place.is_temporary() {
        if staged.snapshot().schema(TEMPORARY_SCHEMA).is_none() {
            let schema = staged.temporary().schema();
            staged.change(vec![schema])?;
        }
        staged.append(&relation, &place, files);
        return staged.change(vec![Change::PutRelation(relation)]);
    }
    engine.deltas.create(&place, &new_table(&relation)?, &files).await?;
    staged.made(relation.id, place);
    staged.change(vec![Change::PutRelation(relation)])
}

/// What a table's own log says of it.
pub(super) fn new_table(relation: &Relation) -> Result<NewTable> {
    let (partition_by, checks) = match &relation.kind {
        RelationKind::Table { partition_by, checks, .. } => {
            (relation.stored_names(partition_by), stored_checks(relation, checks)?)
        }
        RelationKind::Foreign(_) | RelationKind::View(_) => Default::default(),
    };
    Ok(NewTable {
        name: relation.name.clone(),
        columns: relation.stored_schema(),
        partition_by,
        checks,
        properties: Vec::new(),
    })
}

/// CHECK constraints as other engines read them, by the names that columns have in the files.
fn stored_checks(relation: &Relation, checks: &[Check]) -> Result<Vec<(String, String)>> {
    let stored = |name: &str| relation.column(name)?.stored.clone();
    if relation.columns.iter().all(|c| c.stored.is_none()) {
        return Ok(checks.iter().map(|c| (c.name.clone(), c.expression.clone())).collect());
    }
    let text = |check: &Check| parser::renamed(&check.expression, stored);
    checks.iter().map(|c| Ok((c.name.clone(), text(c)?))).collect()
}

pub(super) fn truncate(
    engine: &Arc<Engine>,
    tables: &[Arc<Relation>],
    staged: &mut Staged,
) -> Result<Reply> {
    for relation in tables {
        let RelationKind::Table { location, .. } = &relation.kind else {
            return Err(Error::internal("truncating no table"));
        };
        let location = engine.stores.place(location)?;
        staged.empty(relation, &location);
    }
    Ok(Reply::done("TRUNCATE TABLE"))
}

/// What every row of a table must satisfy.
#[derive(Clone)]
struct Rules {
    relation: Arc<str>,
    not_null: Vec<(usize, String)>,
    checks: Vec<(String, Arc<dyn PhysicalExpr>)>,
    /// The table's columns in their own types, in which checks see them.
    columns: SchemaRef,
    /// The partition columns; the input has the table's names, not the files'.
    partition_by: Vec<String>,
    /// What the columns behind the table's own say, each the answer of row policies.
    policies: Vec<Option<String>>,
    shown: Shown,
}

/// What an error tells of the row that caused it (`ExecBuildSlotValueDescription`).
#[derive(Clone)]
enum Shown {
    Whole,
    /// Columns the role may read or has given itself, by place, with their names.
    Columns(Vec<(usize, String)>),
    /// Where row security applies, the role might not see the row once it is there.
    Nothing,
}

fn shown(relation: &Relation, given: &[i16], context: &Context) -> Shown {
    let (snapshot, role) = (&context.scope.snapshot, context.scope.role);
    if snapshot.exposure(role, relation) == Exposure::Protected
        && snapshot.policies_for(role, relation, Command::Insert).is_some()
    {
        return Shown::Nothing;
    }
    let (table, select) = (Object::Relation(relation.id), Privileges::SELECT);
    let denied = snapshot.denied_columns(role, relation.id, select);
    if denied.is_empty() && snapshot.holds(role, table, select) {
        return Shown::Whole;
    }
    let may = |n: i16| snapshot.holds(role, Object::Column(relation.id, n), select);
    let columns = relation.columns.iter().enumerate();
    let columns = columns.filter(|(_, c)| given.contains(&c.number) || may(c.number));
    match columns.map(|(i, c)| (i, c.name.clone())).collect::<Vec<_>>() {
        none if none.is_empty() => Shown::Nothing,
        some => Shown::Columns(some),
    }
}

impl Rules {
    fn new(
        relation: &Relation,
        checks: &[(String, Expr)],
        engine: &Engine,
        context: &Context,
    ) -> Result<Rules> {
        let schema = DFSchema::try_from(relation.storage_schema()).or_fail()?;
        let state = engine.state(&context.scope);
        let checks = checks
            .iter()
            .map(|(name, e)| {
                Ok((name.clone(), state.create_physical_expr(e.clone(), &schema).or_fail()?))
            })
            .collect::<Result<_>>()?;
        let columns = relation.columns.iter().enumerate();
        let not_null =
            columns.filter(|(_, c)| !c.nullable).map(|(i, c)| (i, c.name.clone())).collect();
        let name = Arc::from(relation.name.as_str());
        let partition_by = match &relation.kind {
            RelationKind::Table { partition_by, .. } => partition_by.clone(),
            RelationKind::Foreign(_) | RelationKind::View(_) => Vec::new(),
        };
        Ok(Rules {
            relation: name,
            not_null,
            checks,
            columns: relation.storage_schema(),
            partition_by,
            policies: Vec::new(),
            shown: Shown::Whole,
        })
    }

    /// Row policies; NULL is a violation. The row is not shown: it may come from where the role sees less.
    fn check_policies(&self, batch: &RecordBatch) -> Result<()> {
        let first = batch.num_columns().saturating_sub(self.policies.len());
        for (policy, column) in self.policies.iter().zip(&batch.columns()[first..]) {
            let held = column.as_any().downcast_ref::<BooleanArray>();
            let held = held.ok_or_else(|| Error::internal("a policy is not boolean"))?;
            if held.true_count() < held.len() {
                let which = policy.as_ref().map(|p| format!("\"{p}\" ")).unwrap_or_default();
                return Err(Error::not_allowed(format!(
                    "new row violates row-level security policy {which}for table \"{}\"",
                    self.relation
                )));
            }
        }
        Ok(())
    }

    fn check(&self, batch: &RecordBatch) -> Result<()> {
        for (i, name) in &self.not_null {
            let column = batch.column(*i);
            if let Some(row) = (0..column.len()).find(|row| column.is_null(*row)) {
                let message = format!(
                    "null value in column \"{name}\" of relation \"{}\" violates not-null constraint",
                    self.relation
                );
                let error = Error::new(SqlState::NOT_NULL_VIOLATION, message);
                return Err(self.telling(error, batch, row));
            }
        }
        for (name, check) in &self.checks {
            let held =
                check.evaluate(batch).and_then(|v| v.into_array(batch.num_rows())).or_fail()?;
            let held = held.as_any().downcast_ref::<BooleanArray>();
            let held = held.ok_or_else(|| Error::internal("a CHECK is not boolean"))?;
            // NULL is no violation.
            if let Some(row) = (0..held.len()).find(|row| held.is_valid(*row) && !held.value(*row))
            {
                let message = format!(
                    "new row for relation \"{}\" violates check constraint \"{name}\"",
                    self.relation
                );
                let error = Error::new(SqlState::CHECK_VIOLATION, message);
                return Err(self.telling(error, batch, row));
            }
        }
        Ok(())
    }

    fn telling(&self, error: Error, batch: &RecordBatch, row: usize) -> Error {
        let all = 0..batch.num_columns();
        match &self.shown {
            Shown::Nothing => error,
            Shown::Whole => error.detail(format!(
                "Failing row contains ({}).",
                failing(batch, row, &all.collect::<Vec<_>>())
            )),
            Shown::Columns(columns) => {
                let (places, names): (Vec<usize>, Vec<&str>) =
                    columns.iter().map(|(i, name)| (*i, name.as_str())).unzip();
                error.detail(format!(
                    "Failing row contains ({}) = ({}).",
                    names.join(", "),
                    failing(batch, row, &places)
                ))
            }
        }
    }
}

/// Values of a row as PostgreSQL shows them; long ones are cut.
fn failing(batch: &RecordBatch, row: usize, places: &[usize]) -> String {
    const VALUE_CHARS_MAX: usize = 64;
    let options = FormatOptions::default().with_null("null");
    let values: Vec<String> = places
        .iter()
        .filter_map(|i| batch.columns().get(*i))
        .map(|column| {
            let text = ArrayFormatter::try_new(column, &options)
                .map(|f| f.value(row).to_string())
                .unwrap_or_default();
            match text.chars().count() > VALUE_CHARS_MAX {
                true => text.chars().take(VALUE_CHARS_MAX).collect::<String>() + "...",
                false => text,
            }
        })
        .collect();
    values.join(", ")
}

/// Runs the input and writes what comes, a file at a time. Partitions are sorted first, so that one is open at a
/// time however many there are; else each stream of the plan writes files of its own.
async fn rows(
    engine: &Arc<Engine>,
    input: LogicalPlan,
    rules: Rules,
    target: &Target,
    context: &Context,
    staged: &mut Staged,
) -> Result<Vec<DataFile>> {
    let sorted = !target.partition_by.is_empty();
    let input = if sorted { by_partition(input, &rules.partition_by)? } else { input };
    let (state, plan) = query::open(engine, input, context, staged).await?;
    let physical = query::physical(engine, &state, plan, context).await?;
    let single = sorted || physical.output_partitioning().partition_count() == 1;
    let streams = match single {
        true => vec![execute_on(engine, Arc::clone(&physical), &state).await?],
        false => {
            let (plan, task) = (Arc::clone(&physical), state.task_ctx());
            let made = engine.cpu.spawn(async move { execute_stream_partitioned(plan, task) });
            made.await.map_err(|e| query::joined(&e))?.or_fail()?
        }
    };
    let mut tasks = JoinSet::new();
    for stream in streams {
        let (target, rules) = (target.clone(), rules.clone());
        let columns = Arc::clone(&target.columns);
        let checked = stream.map(move |batch| {
            let batch = batch?;
            let external = |e| datafusion::error::DataFusionError::External(Box::new(e));
            rules.check_policies(&batch).map_err(external)?;
            let batch = typed(&batch, &rules.columns)?;
            rules.check(&batch).map_err(external)?;
            typed(&batch, &columns)
        });
        tasks.spawn_on(
            async move { writer::write(&target, Box::pin(checked), from_datafusion).await },
            &engine.cpu,
        );
    }
    collect(tasks, target, context).await
}

async fn execute_on(
    engine: &Engine,
    plan: Arc<dyn datafusion::physical_plan::ExecutionPlan>,
    state: &datafusion::execution::session_state::SessionState,
) -> Result<datafusion::execution::SendableRecordBatchStream> {
    let task = state.task_ctx();
    let made = engine.cpu.spawn(async move { execute_stream(plan, task) });
    made.await.map_err(|e| query::joined(&e))?.or_fail()
}

/// All writers' files, or none: when one fails the others stop and what was written goes.
async fn collect(
    mut tasks: JoinSet<Result<Vec<DataFile>>>,
    target: &Target,
    context: &Context,
) -> Result<Vec<DataFile>> {
    let mut files = Vec::new();
    let outcome = context
        .guard(async {
            while let Some(done) = tasks.join_next().await {
                files.extend(done.map_err(|e| query::joined(&e))??);
            }
            Ok(())
        })
        .await;
    if let Err(e) = outcome {
        tasks.shutdown().await;
        writer::discard(target, &files).await;
        return Err(e);
    }
    Ok(files)
}

fn by_partition(input: LogicalPlan, partition_by: &[String]) -> Result<LogicalPlan> {
    let keys = partition_by.iter().map(|name| {
        let column = datafusion::common::Column::from_name(name);
        Expr::Column(column).sort(true, true)
    });
    LogicalPlanBuilder::from(input).sort(keys.collect::<Vec<_>>()).or_fail()?.build().or_fail()
}

/// What a column cannot hold is an error, never NULL.
const STRICT: CastOptions<'static> =
    CastOptions { safe: false, format_options: FormatOptions::new() };

/// A batch under the table's own fields.
fn typed(
    batch: &RecordBatch,
    columns: &SchemaRef,
) -> Result<RecordBatch, datafusion::error::DataFusionError> {
    let arrays = batch
        .columns()
        .iter()
        .zip(columns.fields())
        .map(|(array, field)| match array.data_type() == field.data_type() {
            true => Ok(Arc::clone(array)),
            false => cast_with_options(array, field.data_type(), &STRICT),
        })
        .collect::<Result<Vec<_>, _>>()?;
    // Rows that break NOT NULL are told apart by the rules; the schema would only say "invalid".
    let fields: Vec<_> = columns
        .fields()
        .iter()
        .map(|f| arrow::datatypes::Field::clone(f).with_nullable(true))
        .collect();
    let schema = Arc::new(arrow::datatypes::Schema::new(fields));
    Ok(RecordBatch::try_new(schema, arrays)?)
}
