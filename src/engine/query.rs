//! A bound query to a stream of batches: opens what it reads, puts views' bodies in place, plans, runs.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{ParamValues, ScalarValue, Statistics, TableReference};
use datafusion::datasource::{MemTable, provider_as_source, source_as_provider};
use datafusion::error::{DataFusionError, Result as DfResult};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    Expr, LogicalPlan, LogicalPlanBuilder, TableScan, WindowFunctionDefinition,
};
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures::{StreamExt, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::reply::{Context, Reply, Rows};
use super::runtime::Engine;
use super::secured::Secured;
use super::staged::Staged;
use super::{dependent, sizes, tables};
use crate::catalog::relation::{Foreign, Relation, RelationKind};
use crate::catalog::types::SqlType;
use crate::error::{Error, Result, SqlState};
use crate::functions;
use crate::patience::Patience;
use crate::planner::dialect;
use crate::planner::failure::OrFail;
use crate::planner::plan::Query;
use crate::planner::sources::{Kind, Source};
use crate::storage::files::{CsvOptions, FileSpec, Format};
use crate::storage::nested::is_nested;
use crate::storage::table::LakeTable;
use crate::storage::tid::POSITION;

/// So long a batch waits for its reader before its statement gives up its turn.
const READER_PATIENCE: Duration = Duration::from_millis(100);
/// Subqueries in expressions, each in the next one's.
const SUBQUERY_DEPTH_MAX: usize = 12;
/// How long a statement whose time is up may take to say so itself.
const TIMEOUT_GRACE: Duration = Duration::from_secs(1);
/// Batches waiting between the threads that compute and the one that sends.
const BATCHES_WAITING: usize = 2;

pub(super) async fn run(
    engine: &Arc<Engine>,
    query: Query,
    context: &Context,
    staged: &mut Staged,
) -> Result<Reply> {
    let (state, plan) = open(engine, query.plan, context, staged).await?;
    let rows = start(engine, state, plan, context).await?;
    Ok(Reply::Rows { fields: query.fields, rows, tag: "SELECT" })
}

/// A plan whose leaves are tables to read, with values for its parameters, and the state to run it in.
pub(super) async fn open(
    engine: &Arc<Engine>,
    plan: LogicalPlan,
    context: &Context,
    staged: &mut Staged,
) -> Result<(SessionState, LogicalPlan)> {
    sizes::load(engine, &plan, context).await;
    let mut state = engine.state(&context.scope);
    let mut leaves = Leaves::default();
    leaves.collect(&plan)?;
    let mut opened = HashMap::new();
    for relation in leaves.relations.into_values() {
        let provider = context.guard(provider(engine, &relation, &state, staged, context)).await?;
        opened.insert(relation.id.0, (relation, provider));
    }
    let own = context.clone();
    let plan = context.patience().compute(move || resolve(plan, &opened, &own)).await?;
    let values = ParamValues::List(context.parameters.iter().map(|v| v.clone().into()).collect());
    let plan = if context.parameters.is_empty() {
        plan
    } else {
        plan.with_param_values(values).or_fail()?
    };
    if sorts_by_expressions(&plan).or_fail()? {
        state.config_mut().options_mut().optimizer.enable_topk_dynamic_filter_pushdown = false;
    }
    Ok((state, plan))
}

/// What the first rows of a sort tell the files is rewritten wrongly by DataFusion 55 where one key is part of
/// another (`ORDER BY abs(a), a LIMIT 1`): a scan then looks at columns that are not there.
fn sorts_by_expressions(plan: &LogicalPlan) -> DfResult<bool> {
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        match node {
            LogicalPlan::Sort(sort) => {
                found |= sort.expr.iter().any(|key| !matches!(key.expr, Expr::Column(_)));
            }
            LogicalPlan::TableScan(scan) => {
                if let Some(secured) = source_as_provider(&scan.source)
                    .ok()
                    .as_ref()
                    .and_then(|provider| provider.downcast_ref::<Secured>())
                {
                    found |= sorts_by_expressions(secured.body())?;
                }
            }
            _ => {}
        }
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}

/// The stored relations that a plan reads, views' bodies included.
pub(super) fn relations(plan: &LogicalPlan) -> Result<Vec<Arc<Relation>>> {
    let mut leaves = Leaves::default();
    leaves.collect(plan)?;
    Ok(leaves.relations.into_values().collect())
}

#[derive(Default)]
struct Leaves {
    relations: HashMap<u32, Arc<Relation>>,
}

impl Leaves {
    fn collect(&mut self, plan: &LogicalPlan) -> Result<()> {
        let mut bodies = Vec::new();
        plan.apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node
                && let Some(source) = Source::of(scan)
            {
                match &source.kind {
                    Kind::Relation(relation) => {
                        self.relations.insert(relation.id.0, Arc::clone(relation));
                    }
                    Kind::Unsecured(relation) => {
                        self.relations.insert(relation.id.0, Arc::clone(relation));
                    }
                    Kind::View { body, .. }
                    | Kind::SystemView { body, .. }
                    | Kind::Filtered { body, .. }
                    | Kind::Secured { body, .. } => {
                        bodies.push(Arc::clone(body));
                    }
                    Kind::System(_) | Kind::Computed { .. } | Kind::Received => {}
                }
            }
            Ok(TreeNodeRecursion::Continue)
        })
        .or_fail()?;
        bodies.iter().try_for_each(|body| self.collect(body))
    }
}

/// A relation at the version that the transaction reads.
pub(super) async fn provider(
    engine: &Arc<Engine>,
    relation: &Relation,
    state: &SessionState,
    staged: &mut Staged,
    context: &Context,
) -> Result<Arc<dyn TableProvider>> {
    match &relation.kind {
        RelationKind::Table { location, partition_by, .. } => {
            let location = engine.stores.place(location)?;
            engine.stores.register(&location, state.runtime_env())?;
            if location.is_temporary() {
                let files = staged.temporary_files(&location);
                let columns = relation.stored_schema();
                let partition_by = relation.stored_names(partition_by);
                return engine.deltas.provider_of_files(&location, columns, &partition_by, &files);
            }
            let version = tables::open(engine, relation, &location, staged).await?;
            context.meter.read(relation.id, version.version());
            let write = staged.write(&location);
            let files = write.map(|w| w.files.as_slice()).unwrap_or_default();
            let columns = write.filter(|w| w.reshaped).map(|_| relation.stored_schema());
            engine.deltas.provider(&version, columns, files, write.is_some_and(|w| w.emptied))
        }
        RelationKind::Foreign(foreign) => {
            let mut spec = file_spec(engine, foreign)?;
            spec.columns = Some(relation.file_schema());
            engine.files.provider(&spec, state).await
        }
        RelationKind::View(_) => Err(Error::internal("a view is opened as a table")),
    }
}

/// The catalog's words for registered files as storage wants them.
pub(super) fn file_spec(engine: &Engine, foreign: &Foreign) -> Result<FileSpec> {
    let location = engine.stores.lake().resolve(&foreign.location)?;
    let format = match foreign.format.as_str() {
        "parquet" => Format::Parquet,
        _ => Format::Csv(csv_options(foreign)?),
    };
    Ok(FileSpec { location, format, columns: None, partition_by: foreign.partition_by.clone() })
}

fn csv_options(foreign: &Foreign) -> Result<CsvOptions> {
    let mut csv = CsvOptions::default();
    let byte = |name: &str, value: &str| {
        let value = if value == "\\t" { "\t" } else { value };
        match value.as_bytes() {
            [byte] => Ok(*byte),
            _ => {
                Err(Error::invalid_parameter(format!("{name} must be a single one-byte character")))
            }
        }
    };
    for (name, value) in &foreign.options {
        match name.as_str() {
            "header" => {
                csv.header = match value.to_lowercase().as_str() {
                    "true" | "on" | "1" | "yes" => true,
                    "false" | "off" | "0" | "no" => false,
                    _ => {
                        return Err(Error::invalid_parameter("header requires a Boolean value"));
                    }
                }
            }
            "delimiter" => csv.delimiter = byte(name, value)?,
            "quote" => csv.quote = byte(name, value)?,
            "escape" => csv.escape = Some(byte(name, value)?),
            "null" => csv.null.clone_from(value),
            // The files' names say it.
            "compression" => {}
            other => {
                return Err(Error::new(
                    SqlState::FDW_INVALID_OPTION_NAME,
                    format!("invalid option \"{other}\""),
                ));
            }
        }
    }
    Ok(csv)
}

type Opened = HashMap<u32, (Arc<Relation>, Arc<dyn TableProvider>)>;

/// Replaces leaves by what they stand for, from the bottom up, subqueries included.
fn resolve(plan: LogicalPlan, opened: &Opened, context: &Context) -> Result<LogicalPlan> {
    let mut once = dependent::Once::default();
    let replaced = plan.transform_up_with_subqueries(|node| match &node {
        LogicalPlan::TableScan(scan) => match Source::of(scan) {
            Some(source) => leaf(scan, source, opened, context).map(Transformed::yes),
            None => Ok(Transformed::no(node)),
        },
        // What a leaf turned into may be nullable where the leaf was not.
        _ => {
            let node = dependent::rewrite(once.unmarked(node)?)?;
            wanted(node, context)?.recompute_schema().map(Transformed::yes)
        }
    });
    replaced.map(|t| t.data).or_fail()
}

fn leaf(
    scan: &TableScan,
    source: &Source,
    opened: &Opened,
    context: &Context,
) -> DfResult<LogicalPlan> {
    let external = |e: Error| DataFusionError::External(Box::new(e));
    let name = &scan.table_name;
    match &source.kind {
        Kind::Relation(relation) | Kind::Unsecured(relation) => {
            let (_, provider) = opened
                .get(&relation.id.0)
                .ok_or_else(|| external(Error::internal("a relation was not opened")))?;
            match source.arrow_schema.field_with_name(POSITION) {
                Ok(_) => stored(name, relation, placed(relation, provider).map_err(external)?),
                Err(_) => stored(name, relation, Arc::clone(provider)),
            }
        }
        Kind::Secured { relation, body, masked, .. } => {
            let body = resolve(LogicalPlan::clone(body), opened, context).map_err(external)?;
            let masked = relation.columns.iter().filter(|c| masked.contains(&c.number));
            let computed = masked.map(|c| c.name.clone()).collect();
            let size = opened.get(&relation.id.0).and_then(|(_, provider)| provider.statistics());
            walled(name, relation, body, computed, size)
        }
        Kind::Filtered { relation, body } => {
            let body = resolve(LogicalPlan::clone(body), opened, context).map_err(external)?;
            walled(name, relation, body, BTreeSet::new(), None)
        }
        Kind::View { relation, body } if is_barrier(relation) => {
            let body = resolve(LogicalPlan::clone(body), opened, context).map_err(external)?;
            // What a view computes is not known here: nothing goes down.
            let computed = relation.columns.iter().map(|c| c.name.clone()).collect();
            walled(name, relation, body, computed, None)
        }
        Kind::View { body, .. } | Kind::SystemView { body, .. } => {
            let body = resolve(LogicalPlan::clone(body), opened, context).map_err(external)?;
            LogicalPlanBuilder::from(body).alias(name.clone())?.build()
        }
        Kind::Received => Err(external(Error::internal("rows to be received are read"))),
        Kind::Computed { batch, .. } => {
            let provider = MemTable::try_new(batch.schema(), vec![vec![batch.clone()]])?;
            LogicalPlanBuilder::scan(name.clone(), provider_as_source(Arc::new(provider)), None)?
                .build()
        }
        Kind::System(table) => {
            let batch = table.batch(&context.scope).map_err(external)?;
            let provider = MemTable::try_new(batch.schema(), vec![vec![batch]])?;
            LogicalPlanBuilder::scan(name.clone(), provider_as_source(Arc::new(provider)), None)?
                .build()
        }
    }
}

/// Functions over windows that may be long at it without letting go of their thread ask whether they still should.
fn wanted(node: LogicalPlan, context: &Context) -> DfResult<LogicalPlan> {
    let LogicalPlan::Window(_) = &node else { return Ok(node) };
    let asking = |e: Expr| {
        e.transform_up(|e| {
            let Expr::WindowFunction(mut call) = e else { return Ok(Transformed::no(e)) };
            if let WindowFunctionDefinition::WindowUDF(function) = &call.fun
                && let Some(function) = functions::excluding::wanted_while(function, {
                    let context = context.clone();
                    move || context.wanted()
                })
            {
                call.fun = WindowFunctionDefinition::WindowUDF(Arc::new(function));
            }
            Ok(Transformed::yes(Expr::WindowFunction(call)))
        })
    };
    node.map_expressions(asking).map(|t| t.data)
}

fn is_barrier(relation: &Relation) -> bool {
    matches!(&relation.kind, RelationKind::View(view) if view.security_barrier)
}

/// A body that the query around it cannot look into.
fn walled(
    name: &TableReference,
    relation: &Relation,
    body: LogicalPlan,
    computed: BTreeSet<String>,
    size: Option<Statistics>,
) -> DfResult<LogicalPlan> {
    let body = of_types(relation, body, &computed)?;
    let provider = Secured::new(&relation.name, body, computed, size);
    LogicalPlanBuilder::scan(name.clone(), provider_as_source(Arc::new(provider)), None)?.build()
}

/// What is computed gets its column's type in so many words: of `CASE … ELSE 1` the type is settled only when
/// the body is planned, and the query around it has seen its columns by then.
fn of_types(
    relation: &Relation,
    body: LogicalPlan,
    computed: &BTreeSet<String>,
) -> DfResult<LogicalPlan> {
    if computed.is_empty() {
        return Ok(body);
    }
    let outputs = body.schema().columns().into_iter().zip(&relation.columns);
    let columns = outputs.map(|(output, column)| {
        let output = Expr::Column(output);
        match computed.contains(&column.name) {
            true => dialect::cast(output, &column.sql_type).alias(&column.name),
            false => output,
        }
    });
    let columns = columns.collect::<Vec<_>>();
    LogicalPlanBuilder::from(body).project(columns)?.build()
}

/// The relation's rows with their places.
fn placed(
    relation: &Relation,
    provider: &Arc<dyn TableProvider>,
) -> Result<Arc<dyn TableProvider>> {
    let table = provider.downcast_ref::<LakeTable>().and_then(LakeTable::placed);
    let table = table.ok_or_else(|| {
        let message = format!("ctid of the table \"{}\"", relation.name);
        Error::unsupported(message).detail("Its files do not say how many rows they hold.")
    })?;
    Ok(Arc::new(table))
}

/// A scan whose columns are those that the catalog holds, whatever the files have.
pub(super) fn stored(
    name: &TableReference,
    relation: &Relation,
    provider: Arc<dyn TableProvider>,
) -> DfResult<LogicalPlan> {
    let found = provider.schema();
    let wanted = relation.storage_schema();
    let position = found.field_with_name(POSITION).is_ok();
    let same = found.fields().len() == wanted.fields().len() + usize::from(position)
        && found.fields().iter().zip(wanted.fields()).all(|(a, b)| {
            a.name() == b.name() && a.data_type() == b.data_type() && a.metadata() == b.metadata()
        });
    let scan = LogicalPlanBuilder::scan(name.clone(), provider_as_source(provider), None)?;
    if same {
        return scan.build();
    }
    let columns = relation
        .columns
        .iter()
        .map(|column| match found.field_with_name(column.stored_name()) {
            Ok(field) => {
                let input = Expr::Column(datafusion::common::Column::new(
                    Some(name.clone()),
                    column.stored_name(),
                ));
                let wanted = column.sql_type.field(&column.name, column.nullable);
                match field.data_type() == wanted.data_type()
                    && field.metadata() == wanted.metadata()
                {
                    true => input,
                    false if is_nested(field.data_type()) => document(input, &column.sql_type),
                    false => dialect::cast(input, &column.sql_type),
                }
            }
            // A column that the table's own log does not have (yet) is NULL.
            Err(_) => dialect::cast(Expr::Literal(ScalarValue::Null, None), &column.sql_type),
        })
        .zip(&relation.columns)
        .map(|(expression, column)| expression.alias(&column.name));
    let position = position
        .then(|| datafusion::common::Column::new(Some(name.clone()), POSITION))
        .map(Expr::Column);
    let columns = columns.chain(position).collect::<Vec<_>>();
    scan.project(columns)?.alias(name.clone())?.build()
}

/// What a file has as a struct, a map or lists in lists, as JSON.
fn document(input: Expr, sql_type: &SqlType) -> Expr {
    let name = if *sql_type == SqlType::Json { "to_json" } else { "to_jsonb" };
    let made = match functions::scalar(name) {
        Some(function) => Expr::ScalarFunction(ScalarFunction::new_udf(function, vec![input])),
        None => input,
    };
    match sql_type {
        SqlType::Json | SqlType::Jsonb => made,
        other => dialect::cast(made, other),
    }
}

/// Optimises and plans, beside the threads that compute.
pub(super) async fn physical(
    engine: &Arc<Engine>,
    state: &SessionState,
    plan: LogicalPlan,
    context: &Context,
) -> Result<Arc<dyn ExecutionPlan>> {
    let (state, cpu, patience) = (state.clone(), engine.cpu.clone(), context.patience());
    let own = context.patience();
    let outcome = own.compute(move || {
        refuse_deep_subqueries(&plan, 0)?;
        let plan = state.optimize(&plan).or_fail()?;
        let planner = Arc::clone(state.query_planner());
        // Registered folders are listed now, which waits.
        let planned = async { planner.create_physical_plan(&plan, &state).await.or_fail() };
        cpu.block_on(patience.wait(planned))
    });
    outcome.await.inspect(|plan| context.meter.watch(plan))
}

/// DataFusion looks at a subquery twice for each subquery that it lies in.
fn refuse_deep_subqueries(plan: &LogicalPlan, depth: usize) -> Result<()> {
    if depth > SUBQUERY_DEPTH_MAX {
        let message = "subqueries are nested too deeply";
        return Err(Error::new(SqlState::STATEMENT_TOO_COMPLEX, message));
    }
    let mut below = Vec::new();
    plan.apply(|node| {
        node.apply_subqueries(|inner| {
            below.push(inner.clone());
            Ok(TreeNodeRecursion::Continue)
        })
    })
    .or_fail()?;
    below.iter().try_for_each(|inner| refuse_deep_subqueries(inner, depth + 1))
}

pub(super) fn joined(e: &tokio::task::JoinError) -> Error {
    Error::internal("a statement's task ended").because(e.to_string())
}

/// Runs a plan; its batches come through a short queue, so that a client who stops reading stops the work.
async fn start(
    engine: &Arc<Engine>,
    state: SessionState,
    plan: LogicalPlan,
    context: &Context,
) -> Result<Rows> {
    let turn = context
        .guard(async {
            let turn = Arc::clone(&engine.turns).acquire_owned().await;
            turn.map_err(|_| Error::new(SqlState::ADMIN_SHUTDOWN, "the server is shutting down"))
        })
        .await?;
    let physical = physical(engine, &state, plan, context).await?;
    let (tx, rx) = mpsc::channel::<Result<RecordBatch>>(BATCHES_WAITING);
    let task_context = state.task_ctx();
    let guard = context.clone();
    let turns = Arc::clone(&engine.turns);
    let work = engine.cpu.spawn(async move {
        let outcome = guard.guard(pump(physical, task_context, &tx, turns, turn)).await;
        if let Err(e) = outcome {
            // Nobody is left to tell when the receiver is gone.
            let _ = tx.send(Err(e)).await;
        }
    });
    let state = Some((rx, AbortOnDrop(work), context.patience()));
    let rows = stream::unfold(state, |open| async move {
        let (mut rx, mut work, patience) = open?;
        let received = match in_time(&patience, rx.recv()).await {
            Ok(received) => received,
            Err(e) => return Some((Err(e), None)),
        };
        match received {
            Some(batch) => Some((batch, Some((rx, work, patience)))),
            // No more rows is only an answer if the work came to its end.
            None => match (&mut work.0).await {
                Ok(()) => None,
                Err(e) => Some((Err(joined(&e)), None)),
            },
        }
    });
    Ok(rows.boxed())
}

/// A statement ends itself when its time is up, unless it is deep in a loop then.
async fn in_time<T>(patience: &Patience, work: impl Future<Output = T>) -> Result<T> {
    let deadline = patience.deadline.and_then(|deadline| deadline.checked_add(TIMEOUT_GRACE));
    let late = Patience { cancel: CancellationToken::new(), deadline };
    late.wait(async { Ok(work.await) }).await
}

async fn pump(
    plan: Arc<dyn ExecutionPlan>,
    task_context: Arc<datafusion::execution::TaskContext>,
    tx: &mpsc::Sender<Result<RecordBatch>>,
    turns: Arc<Semaphore>,
    turn: OwnedSemaphorePermit,
) -> Result<()> {
    let mut turn = Some(turn);
    let mut stream: SendableRecordBatchStream = execute_stream(plan, task_context).or_fail()?;
    while let Some(batch) = stream.next().await {
        let batch = batch.or_fail()?;
        let place = match tokio::time::timeout(READER_PATIENCE, tx.reserve()).await {
            Ok(place) => place,
            // Nobody reads now, as of a cursor between two FETCHes: others may compute meanwhile.
            Err(_) => {
                drop(turn.take());
                let place = tx.reserve().await;
                turn = Arc::clone(&turns).acquire_owned().await.ok();
                place
            }
        };
        let Ok(place) = place else { break };
        place.send(Ok(batch));
    }
    drop(turn);
    Ok(())
}

/// Whoever drops the rows ends the work.
struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
