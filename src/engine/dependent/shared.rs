//! Rows that a plan reads in two places and that must be the same in both: computed once and kept.
//!
//! A domain is made of the rows around a subquery, and joined to them again. Where these would come out otherwise a
//! second time (a limit without a full order, chance, a sum of doubles) they are held in memory, within its limits.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchemaRef, Result, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{
    Distinct, Expr, Extension, LogicalPlan, UserDefinedLogicalNode, UserDefinedLogicalNodeCore,
    Volatility,
};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, execute_stream,
};
use datafusion::physical_planner::{ExtensionPlanner, PhysicalPlanner};
use futures::{StreamExt, stream};
use tokio::sync::OnceCell;

use super::domain::{fresh, outer_columns};

/// The plan as it is if it gives the same rows every time; else one that computes them once.
pub(super) fn held(plan: LogicalPlan) -> Result<LogicalPlan> {
    if steady(&plan)? {
        return Ok(plan);
    }
    let node = Shared { name: fresh("held"), input: plan, rows: Arc::default() };
    Ok(LogicalPlan::Extension(Extension { node: Arc::new(node) }))
}

/// WITH queries that are named more than once: those that would not give the same rows at each place.
#[derive(Default)]
pub(in crate::engine) struct Once(HashMap<i64, (String, Arc<Rows>)>);

impl Once {
    /// A node without its mark. One that names the rows around it is computed for each of them.
    pub fn unmarked(&mut self, node: LogicalPlan) -> Result<LogicalPlan> {
        let LogicalPlan::Filter(filter) = &node else { return Ok(node) };
        let Expr::ScalarFunction(mark) = &filter.predicate else { return Ok(node) };
        if mark.name() != "__once" {
            return Ok(node);
        }
        let input = LogicalPlan::clone(&filter.input);
        let number = match mark.args.first() {
            Some(Expr::Literal(number, _)) => number.cast_to(&DataType::Int64)?,
            _ => ScalarValue::Null,
        };
        let ScalarValue::Int64(Some(number)) = number else { return Ok(input) };
        if steady(&input)? || !outer_columns(&input)?.is_empty() {
            return Ok(input);
        }
        let (name, rows) =
            self.0.entry(number).or_insert_with(|| (fresh("with"), Arc::default())).clone();
        let node = Shared { name, input, rows };
        Ok(LogicalPlan::Extension(Extension { node: Arc::new(node) }))
    }
}

fn steady(plan: &LogicalPlan) -> Result<bool> {
    let mut steady = true;
    plan.apply_with_subqueries(|node| {
        steady &= !matches!(
            node,
            LogicalPlan::Limit(_)
                | LogicalPlan::Distinct(Distinct::On(_))
                | LogicalPlan::Window(_)
                | LogicalPlan::Extension(_)
        );
        if let LogicalPlan::Aggregate(aggregate) = node {
            steady &= aggregate.aggr_expr.iter().all(exact);
        }
        node.apply_expressions(|e| {
            e.apply(|e| {
                if let Expr::ScalarFunction(call) = e {
                    // The check of single rows is volatile only so that it is not computed beforehand.
                    steady &= call.func.signature().volatility != Volatility::Volatile
                        || call.name() == "__only";
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })?;
        Ok(if steady { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    })?;
    Ok(steady)
}

/// Whether an aggregate comes out the same whatever order its rows come in.
fn exact(e: &Expr) -> bool {
    let e = if let Expr::Alias(alias) = e { &*alias.expr } else { e };
    let Expr::AggregateFunction(call) = e else { return false };
    let numbers = || call.params.args.iter().all(|arg| matches!(arg, Expr::Cast(_)));
    match call.func.name() {
        "count" | "min" | "max" | "bool_and" | "bool_or" | "bit_and" | "bit_or" => true,
        "sum" => numbers(),
        _ => false,
    }
}

type Rows = OnceCell<(Vec<RecordBatch>, MemoryReservation)>;

#[derive(Clone, Debug)]
struct Shared {
    /// Of its own, so that equal means the same rows.
    name: String,
    input: LogicalPlan,
    rows: Arc<Rows>,
}

impl PartialEq for Shared {
    fn eq(&self, other: &Shared) -> bool {
        self.name == other.name && self.input == other.input
    }
}

impl Eq for Shared {}

impl PartialOrd for Shared {
    fn partial_cmp(&self, other: &Shared) -> Option<Ordering> {
        self.name.partial_cmp(&other.name)
    }
}

impl Hash for Shared {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl UserDefinedLogicalNodeCore for Shared {
    fn name(&self) -> &'static str {
        "Shared"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.input]
    }

    fn schema(&self) -> &DFSchemaRef {
        self.input.schema()
    }

    fn expressions(&self) -> Vec<Expr> {
        Vec::new()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shared: {}", self.name)
    }

    fn with_exprs_and_inputs(&self, _: Vec<Expr>, inputs: Vec<LogicalPlan>) -> Result<Shared> {
        let input = inputs.into_iter().next().unwrap_or_else(|| self.input.clone());
        Ok(Shared { input, ..self.clone() })
    }
}

/// Plans what [`held`] has put there.
#[derive(Debug)]
pub(in crate::engine) struct SharedPlanner;

#[async_trait]
impl ExtensionPlanner for SharedPlanner {
    async fn plan_extension(
        &self,
        _: &dyn PhysicalPlanner,
        node: &dyn UserDefinedLogicalNode,
        _: &[&LogicalPlan],
        inputs: &[Arc<dyn ExecutionPlan>],
        _: &dyn Session,
        _: &datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let (Some(shared), [input]) = (node.as_any().downcast_ref::<Shared>(), inputs) else {
            return Ok(None);
        };
        Ok(Some(Arc::new(SharedExec::new(Arc::clone(input), Arc::clone(&shared.rows)))))
    }
}

#[derive(Debug)]
struct SharedExec {
    input: Arc<dyn ExecutionPlan>,
    rows: Arc<Rows>,
    properties: Arc<PlanProperties>,
}

impl SharedExec {
    fn new(input: Arc<dyn ExecutionPlan>, rows: Arc<Rows>) -> SharedExec {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(input.schema()),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Final,
            Boundedness::Bounded,
        );
        SharedExec { input, rows, properties: Arc::new(properties) }
    }
}

impl DisplayAs for SharedExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedExec")
    }
}

async fn computed(
    input: Arc<dyn ExecutionPlan>,
    context: Arc<TaskContext>,
) -> Result<(Vec<RecordBatch>, MemoryReservation)> {
    let held = MemoryConsumer::new("rows read twice").register(context.memory_pool());
    let mut batches = Vec::new();
    let mut stream = execute_stream(input, context)?;
    while let Some(batch) = stream.next().await.transpose()? {
        held.try_grow(batch.get_array_memory_size())?;
        batches.push(batch);
    }
    Ok((batches, held))
}

impl ExecutionPlan for SharedExec {
    fn name(&self) -> &'static str {
        "SharedExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let input = children.into_iter().next().unwrap_or_else(|| Arc::clone(&self.input));
        Ok(Arc::new(SharedExec::new(input, Arc::clone(&self.rows))))
    }

    /// Whoever comes first computes; all others wait and read.
    fn execute(&self, _: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let (input, rows) = (Arc::clone(&self.input), Arc::clone(&self.rows));
        let schema = self.schema();
        let own = Arc::clone(&schema);
        let all = async move {
            let found = rows.get_or_try_init(|| computed(input, context)).await;
            match found {
                Ok((batches, _)) => {
                    let typed = batches.iter().map(|batch| {
                        batch.clone().with_schema(Arc::clone(&own)).map_err(DataFusionError::from)
                    });
                    stream::iter(typed.collect::<Vec<_>>())
                }
                Err(e) => stream::iter(vec![Err(e)]),
            }
        };
        let stream = stream::once(all).flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, stream)))
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }
}
