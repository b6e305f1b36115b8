//! What ends when nobody waits for its statement any more: DataFusion's passes over a plan, between two nodes, and joins
//! that compare each row with each other and find little.

use std::fmt::{Display, Formatter};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, FieldRef, Schema};
use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::ColumnarValue;
use datafusion::logical_expr::LogicalPlan;
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::joins::NestedLoopJoinExec;
use datafusion::physical_plan::joins::utils::JoinFilter;

use crate::patience::{self, Patience};

type Logical = Arc<dyn OptimizerRule + Send + Sync>;
type Physical = Arc<dyn PhysicalOptimizerRule + Send + Sync>;

pub(super) fn logical(rules: Vec<Logical>) -> Vec<Logical> {
    rules.into_iter().map(|rule| Arc::new(Patient(rule)) as Logical).collect()
}

pub(super) fn physical(rules: Vec<Physical>) -> Vec<Physical> {
    let rules = rules.into_iter().map(|rule| Arc::new(Patient(rule)) as Physical);
    rules.chain([Arc::new(Loops) as Physical]).collect()
}

#[derive(Debug)]
struct Patient<T>(T);

fn check() -> Result<()> {
    patience::check().map_err(|e| DataFusionError::External(Box::new(e)))
}

impl OptimizerRule for Patient<Logical> {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.0.apply_order()
    }

    fn rewrite(
        &self,
        plan: LogicalPlan,
        config: &dyn OptimizerConfig,
    ) -> Result<Transformed<LogicalPlan>> {
        check()?;
        self.0.rewrite(plan, config)
    }
}

impl PhysicalOptimizerRule for Patient<Physical> {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        check()?;
        self.0.optimize(plan, config)
    }

    fn name(&self) -> &str {
        self.0.name()
    }

    fn schema_check(&self) -> bool {
        self.0.schema_check()
    }
}

/// A join without keys goes on until a batch is full, however long that takes; its condition is asked in between.
#[derive(Debug)]
struct Loops;

impl PhysicalOptimizerRule for Loops {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(patience) = patience::own() else { return Ok(plan) };
        let changed = plan.transform_up(|node| {
            let Some(join) = node.downcast_ref::<NestedLoopJoinExec>() else {
                return Ok(Transformed::no(node));
            };
            let Some(filter) = join.filter() else { return Ok(Transformed::no(node)) };
            let inner = Arc::clone(filter.expression());
            let asked = Arc::new(Asked { inner, patience: patience.clone() });
            let columns = filter.column_indices().to_vec();
            let filter = JoinFilter::new(asked, columns, Arc::clone(filter.schema()));
            let (left, right) = (Arc::clone(join.left()), Arc::clone(join.right()));
            let projection = join.projection().as_ref().map(|columns| columns.to_vec());
            let kind = join.join_type();
            let join = NestedLoopJoinExec::try_new(left, right, Some(filter), kind, projection)?;
            Ok(Transformed::yes(Arc::new(join) as Arc<dyn ExecutionPlan>))
        });
        changed.map(|changed| changed.data)
    }

    fn name(&self) -> &str {
        "patient_loops"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// A condition that fails once its statement is not waited for.
#[derive(Debug)]
pub(super) struct Asked {
    inner: Arc<dyn PhysicalExpr>,
    patience: Patience,
}

impl Asked {
    pub(super) fn inner(&self) -> &Arc<dyn PhysicalExpr> {
        &self.inner
    }
}

impl PartialEq for Asked {
    fn eq(&self, other: &Asked) -> bool {
        self.inner.as_ref() == other.inner.as_ref()
    }
}

impl Eq for Asked {}

impl Hash for Asked {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.inner.hash(state);
    }
}

impl Display for Asked {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        self.inner.fmt(f)
    }
}

impl PhysicalExpr for Asked {
    fn data_type(&self, input: &Schema) -> Result<DataType> {
        self.inner.data_type(input)
    }

    fn nullable(&self, input: &Schema) -> Result<bool> {
        self.inner.nullable(input)
    }

    fn return_field(&self, input: &Schema) -> Result<FieldRef> {
        self.inner.return_field(input)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        self.patience.check().map_err(|e| DataFusionError::External(Box::new(e)))?;
        self.inner.evaluate(batch)
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.inner]
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn PhysicalExpr>>,
    ) -> Result<Arc<dyn PhysicalExpr>> {
        let inner = children.into_iter().next().unwrap_or_else(|| Arc::clone(&self.inner));
        Ok(Arc::new(Asked { inner, patience: self.patience.clone() }))
    }

    fn fmt_sql(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        self.inner.fmt_sql(f)
    }
}
