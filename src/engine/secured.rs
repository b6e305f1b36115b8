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

use arrow::datatypes::{Schema, SchemaRef};
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
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};
use datafusion::physical_plan::stream::{EmptyRecordBatchStream, RecordBatchStreamAdapter};
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning,
    PlanProperties,
};
use futures::StreamExt;

use crate::error::Error;
use crate::planner::failure::from_datafusion;

/// A relation (or a view with `security_barrier`) with the plan of what may be seen of it.
pub(super) struct Secured {
    name: Arc<str>,
    body: LogicalPlan,
    schema: SchemaRef,
    /// Columns that are computed from others: nothing said of them goes down.
    computed: BTreeSet<String>,
    /// Of the whole relation, hidden rows included.
    size: Option<Statistics>,
}

impl Secured {
    pub fn new(
        name: &str,
        body: LogicalPlan,
        computed: BTreeSet<String>,
        size: Option<Statistics>,
    ) -> Secured {
        // Whether a mask can be NULL is not known alike before and after it is planned.
        let fields = body.schema().fields().iter();
        let fields = fields.map(|field| field.as_ref().clone().with_nullable(true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        Secured { name: Arc::from(name), body, schema, computed, size }
    }

    pub fn body(&self) -> &LogicalPlan {
        &self.body
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
            // Of an empty list nothing says that its expression is a column.
            Expr::InList(list) => {
                plain(&list.expr).is_some()
                    && list.list.iter().all(|item| constant(item, &list.expr))
            }
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
        let filter = conjunction(harmless);
        let filtered = filter.is_some();
        if let Some(filter) = filter {
            plan = plan.filter(filter)?;
        }
        if let Some(projection) = projection {
            let columns = projection.iter().map(|i| {
                Expr::Column(Column::new(Some(reference.clone()), self.schema.field(*i).name()))
            });
            plan = plan.project(columns.collect::<Vec<_>>())?;
        }
        let inner = state.create_physical_plan(&plan.build()?).await;
        let inner = inner.map_err(|e| discreet(&self.name, e))?;
        let size = self.size(&inner, filtered)?;
        let inner = within(inner, state.config().target_partitions())?;
        let partitions = state.config().target_partitions();
        let schema = match projection {
            Some(projection) => Arc::new(self.schema.project(projection)?),
            None => Arc::clone(&self.schema),
        };
        Ok(Arc::new(Barrier::new(&self.name, inner, schema, size, partitions)))
    }
}

impl Secured {
    /// What may be known of how much there is. Once a reader's filter has gone down the estimate would answer
    /// it for hidden rows too, by the joins that are chosen: then only the whole relation's size counts.
    fn size(&self, inner: &Arc<dyn ExecutionPlan>, filtered: bool) -> DfResult<Statistics> {
        let schema = inner.schema();
        Ok(match (&self.size, filtered) {
            (Some(size), _) => vague(size, &schema),
            (None, true) => Statistics::new_unknown(&schema),
            (None, false) => {
                let known = StatisticsContext::new().compute(&**inner, &StatisticsArgs::new())?;
                vague(&known, &schema)
            }
        })
    }
}

/// The same rows in at most `partitions` streams.
fn within(inner: Arc<dyn ExecutionPlan>, partitions: usize) -> DfResult<Arc<dyn ExecutionPlan>> {
    match inner.output_partitioning().partition_count() > partitions {
        true => {
            let spread = Partitioning::RoundRobinBatch(partitions);
            Ok(Arc::new(RepartitionExec::try_new(inner, spread)?))
        }
        false => Ok(inner),
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
    /// The wall has as many streams as it is told, however many are behind it: their number would tell how
    /// many files there are, and which a filter leaves.
    fn new(
        name: &Arc<str>,
        inner: Arc<dyn ExecutionPlan>,
        schema: SchemaRef,
        size: Statistics,
        partitions: usize,
    ) -> Barrier {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(partitions),
            inner.pipeline_behavior(),
            inner.boundedness(),
        );
        let (name, properties) = (Arc::clone(name), Arc::new(properties));
        Barrier { name, inner, properties, statistics: Arc::new(size) }
    }

    pub fn relation(&self) -> &str {
        &self.name
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
        if partition >= self.inner.output_partitioning().partition_count() {
            return Ok(Box::pin(EmptyRecordBatchStream::new(self.schema())));
        }
        let name = Arc::clone(&self.name);
        let stream = self.inner.execute(partition, context)?;
        let schema = self.schema();
        let own = Arc::clone(&schema);
        let told = stream.map(move |batch| match batch {
            Ok(batch) => Ok(batch.with_schema(Arc::clone(&own))?),
            Err(e) => Err(discreet(&name, e)),
        });
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
        Ok(Arc::new(Barrier {
            name: Arc::clone(&self.name),
            inner,
            properties: Arc::clone(&self.properties),
            statistics: Arc::clone(&self.statistics),
        }))
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

/// Enough to choose a side of a join, nothing that answers a count: powers of two.
fn vague(known: &Statistics, schema: &SchemaRef) -> Statistics {
    let rounded = |count: Precision<usize>| match count {
        Precision::Exact(n) | Precision::Inexact(n) if n > 0 => {
            n.checked_next_power_of_two().map_or(Precision::Absent, Precision::Inexact)
        }
        // Nothing may be left out of a plan because nothing is there.
        _ => Precision::Absent,
    };
    let mut statistics = Statistics::new_unknown(schema);
    statistics.num_rows = rounded(known.num_rows);
    statistics.total_byte_size = rounded(known.total_byte_size);
    statistics
}

/// A failure of a policy's or mask's own expression names no value, for it may be of a row that is hidden, nor the
/// expression, which is its owner's to read. What is about the machine stays as it is.
fn discreet(name: &str, e: DataFusionError) -> DataFusionError {
    const MACHINE: [&str; 5] = ["40", "53", "57", "58", "XX"];
    let error = from_datafusion(e);
    if MACHINE.iter().any(|class| error.state.code().starts_with(class)) {
        return DataFusionError::External(Box::new(error));
    }
    let message = format!("a row policy or mask of relation \"{name}\" failed");
    DataFusionError::External(Box::new(Error::new(error.state, message)))
}
