//! A secured relation as a leaf: its body is planned on its own, and the optimiser of the query around it sees
//! a scan and nothing below it.
//!
//! What could carry a reader's expression, limit or guess into the body is cut off here: only comparisons of a
//! column shown as it is with a constant go down (they cannot fail, and they prune files); no statistics of
//! columns and no exact counts come up; failures inside are told without the values that caused them. Research
//! on the leaks this closes: Kabra et al., "Redundancy and Information Leakage in Fine-Grained Access Control",
//! SIGMOD 2006.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Column, Result as DfResult, Statistics, TableReference};
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{
    BinaryExpr, Expr, LogicalPlan, LogicalPlanBuilder, Operator, TableProviderFilterPushDown,
    TableType,
};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::reset_plan_states;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PlanProperties,
};
use futures::TryStreamExt;

use crate::error::Error;
use crate::planner::failure::from_datafusion;

/// A relation (or a view with `security_barrier`) with the plan of what may be seen of it.
pub(super) struct Secured {
    name: Arc<str>,
    body: LogicalPlan,
    schema: SchemaRef,
    /// Columns that are computed from others: nothing said of them goes down.
    computed: BTreeSet<String>,
}

impl Secured {
    pub fn new(name: &str, body: LogicalPlan, computed: BTreeSet<String>) -> Secured {
        let schema = Arc::new(body.schema().as_arrow().clone());
        Secured { name: Arc::from(name), body, schema, computed }
    }

    /// Whether a filter can neither fail nor tell anything of a row that its answer does not tell.
    fn harmless(&self, filter: &Expr) -> bool {
        let plain = |e: &Expr| match e {
            Expr::Column(column) => self
                .schema
                .field_with_name(&column.name)
                .ok()
                .filter(|_| !self.computed.contains(&column.name)),
            _ => None,
        };
        let constant = |e: &Expr, column: &Expr| match (e, plain(column)) {
            (Expr::Literal(value, _), Some(field)) => value.data_type() == *field.data_type(),
            _ => false,
        };
        match filter {
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => match op {
                Operator::Eq
                | Operator::NotEq
                | Operator::Lt
                | Operator::LtEq
                | Operator::Gt
                | Operator::GtEq => constant(left, right) || constant(right, left),
                Operator::And | Operator::Or => self.harmless(left) && self.harmless(right),
                _ => false,
            },
            Expr::IsNull(e) | Expr::IsNotNull(e) => plain(e).is_some(),
            Expr::InList(list) => list.list.iter().all(|item| constant(item, &list.expr)),
            Expr::Between(between) => {
                constant(&between.low, &between.expr) && constant(&between.high, &between.expr)
            }
            Expr::Not(e) => self.harmless(e),
            Expr::Column(_) => plain(filter).is_some(),
            _ => false,
        }
    }
}

impl fmt::Debug for Secured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secured({})", self.name)
    }
}

#[async_trait]
impl TableProvider for Secured {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> DfResult<Vec<TableProviderFilterPushDown>> {
        let answer = |filter: &&Expr| match self.harmless(filter) {
            true => TableProviderFilterPushDown::Inexact,
            false => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(answer).collect())
    }

    /// The limit is not for the body: it would stop at rows that the reader's own filter drops, or tell how
    /// many there are.
    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> DfResult<Arc<dyn ExecutionPlan>> {
        let reference = TableReference::bare(self.name.to_string());
        let mut plan = LogicalPlanBuilder::from(self.body.clone()).alias(reference.clone())?;
        let harmless = filters.iter().filter(|f| self.harmless(f)).cloned();
        let harmless =
            harmless.map(|f| requalified(f, &reference)).collect::<DfResult<Vec<_>>>()?;
        if let Some(filter) = conjunction(harmless) {
            plan = plan.filter(filter)?;
        }
        if let Some(projection) = projection {
            let columns = projection.iter().map(|i| {
                Expr::Column(Column::new(Some(reference.clone()), self.schema.field(*i).name()))
            });
            plan = plan.project(columns.collect::<Vec<_>>())?;
        }
        let inner = state.create_physical_plan(&plan.build()?).await?;
        Ok(Arc::new(Barrier::new(&self.name, inner)?))
    }
}

/// The same filter over the body's own columns.
fn requalified(filter: Expr, reference: &TableReference) -> DfResult<Expr> {
    use datafusion::common::tree_node::{Transformed, TreeNode};
    let moved = filter.transform(|e| {
        Ok(match e {
            Expr::Column(column) => {
                Transformed::yes(Expr::Column(Column::new(Some(reference.clone()), column.name)))
            }
            other => Transformed::no(other),
        })
    });
    moved.map(|t| t.data)
}

/// The wall around a body, to the optimiser a leaf: no filter, limit, projection or sort can be moved
/// through what has no children.
pub(super) struct Barrier {
    name: Arc<str>,
    inner: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
    statistics: Arc<Statistics>,
}

impl Barrier {
    fn new(name: &Arc<str>, inner: Arc<dyn ExecutionPlan>) -> DfResult<Barrier> {
        let known = StatisticsContext::new().compute(&*inner, &StatisticsArgs::new())?;
        let properties = PlanProperties::new(
            EquivalenceProperties::new(inner.schema()),
            datafusion::physical_plan::Partitioning::UnknownPartitioning(
                inner.output_partitioning().partition_count(),
            ),
            inner.pipeline_behavior(),
            inner.boundedness(),
        );
        let statistics = Arc::new(vague(&known, &inner.schema()));
        let (name, properties) = (Arc::clone(name), Arc::new(properties));
        Ok(Barrier { name, inner, properties, statistics })
    }

    /// What the wall hides, for the audit log's count of bytes.
    pub fn inner(&self) -> &dyn ExecutionPlan {
        &*self.inner
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Barrier({})", self.name)
    }
}

impl DisplayAs for Barrier {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecuredScan: {}", self.name)
    }
}

impl ExecutionPlan for Barrier {
    fn name(&self) -> &'static str {
        "SecuredScan"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn with_new_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
    ) -> DfResult<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> DfResult<SendableRecordBatchStream> {
        let name = Arc::clone(&self.name);
        let stream = self.inner.execute(partition, context)?;
        let schema = stream.schema();
        let told = stream.map_err(move |e| discreet(&name, e));
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, told)))
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> DfResult<TreeNodeRecursion>,
    ) -> DfResult<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn reset_state(self: Arc<Self>) -> DfResult<Arc<dyn ExecutionPlan>> {
        let inner = reset_plan_states(Arc::clone(&self.inner))?;
        Ok(Arc::new(Barrier::new(&self.name, inner)?))
    }

    fn statistics_from_inputs(
        &self,
        _: &[Arc<Statistics>],
        args: &StatisticsArgs,
    ) -> DfResult<Arc<Statistics>> {
        Ok(match args.partition() {
            None => Arc::clone(&self.statistics),
            Some(_) => Arc::new(Statistics::new_unknown(&self.schema())),
        })
    }
}

/// Enough to choose a side of a join, nothing that answers a count.
fn vague(known: &Statistics, schema: &SchemaRef) -> Statistics {
    let mut statistics = Statistics::new_unknown(schema);
    statistics.num_rows = match known.num_rows.to_inexact() {
        // Nothing may be left out of a plan because nothing is there.
        Precision::Inexact(0) => Precision::Absent,
        rows => rows,
    };
    statistics.total_byte_size = known.total_byte_size.to_inexact();
    statistics
}

/// A failure of a policy's or mask's own expression names no value: it may be of a row that is hidden.
fn discreet(name: &str, e: DataFusionError) -> DataFusionError {
    let error = from_datafusion(e);
    if !error.state.is_data_exception() {
        return DataFusionError::External(Box::new(error));
    }
    let message = format!("a row policy or mask of relation \"{name}\" failed");
    DataFusionError::External(Box::new(Error::new(error.state, message)))
}
