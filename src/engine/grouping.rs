//! Of what grouping sets give, nothing is told of constants and of equal columns: one that a filter makes constant
//! (`WHERE year = 2013 GROUP BY ROLLUP (year, month)`) is NULL in the sets that leave it out. DataFusion takes it for
//! constant above them too and leaves it out of sorts.

use std::fmt;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::Statistics;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PlanProperties,
};

type Physical = Arc<dyn ExecutionPlan>;

/// Stands before the rules that look for orders.
#[derive(Debug)]
pub(super) struct Sets;

impl PhysicalOptimizerRule for Sets {
    fn optimize(&self, plan: Physical, _: &ConfigOptions) -> Result<Physical> {
        let changed = plan.transform_up(|node| {
            let sets = node
                .downcast_ref::<AggregateExec>()
                .is_some_and(|aggregate| !aggregate.group_expr().is_single());
            Ok(match sets {
                true => Transformed::yes(Arc::new(Untold::new(node)) as Physical),
                false => Transformed::no(node),
            })
        });
        changed.map(|changed| changed.data)
    }

    fn name(&self) -> &str {
        "grouping_sets"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The rows of its input, of whose order and constants nothing is said.
#[derive(Debug)]
pub(super) struct Untold {
    input: Physical,
    properties: Arc<PlanProperties>,
}

impl Untold {
    fn new(input: Physical) -> Untold {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(input.schema()),
            input.output_partitioning().clone(),
            input.pipeline_behavior(),
            input.boundedness(),
        );
        Untold { input, properties: Arc::new(properties) }
    }
}

impl DisplayAs for Untold {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UntoldExec")
    }
}

impl ExecutionPlan for Untold {
    fn name(&self) -> &'static str {
        "UntoldExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Physical> {
        vec![&self.input]
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Physical>) -> Result<Physical> {
        let input = children.into_iter().next().unwrap_or_else(|| Arc::clone(&self.input));
        Ok(Arc::new(Untold::new(input)))
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        self.input.execute(partition, context)
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn statistics_from_inputs(
        &self,
        inputs: &[Arc<Statistics>],
        _: &StatisticsArgs,
    ) -> Result<Arc<Statistics>> {
        Ok(match inputs {
            [only] => Arc::clone(only),
            _ => Arc::new(Statistics::new_unknown(&self.schema())),
        })
    }
}
