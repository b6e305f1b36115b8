//! Orders that an operator counts on are there: where DataFusion's rules have left one out, it is made.
//!
//! A column that is constant in one branch of a UNION ALL is dropped from the sort of that branch, and the union above
//! knows then of one key less than what merges its rows asks for.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::physical_expr::LexOrdering;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::{
    ExecutionPlan, ExecutionPlanProperties, replace_children_if_necessary,
};

#[derive(Debug)]
pub(super) struct Sorted;

impl PhysicalOptimizerRule for Sorted {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(in_order).map(|t| t.data)
    }

    fn name(&self) -> &str {
        "Sorted"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn in_order(node: Arc<dyn ExecutionPlan>) -> Result<Transformed<Arc<dyn ExecutionPlan>>> {
    let mut changed = false;
    let mut children = Vec::new();
    for (child, wanted) in node.children().into_iter().zip(node.required_input_ordering()) {
        let mut child = Arc::clone(child);
        if let Some(wanted) = wanted {
            let wanted = wanted.into_single();
            if !child.equivalence_properties().ordering_satisfy_requirement(wanted.clone())? {
                let several = child.output_partitioning().partition_count() > 1;
                let sort = SortExec::new(LexOrdering::from(wanted), child);
                child = Arc::new(sort.with_preserve_partitioning(several));
                changed = true;
            }
        }
        children.push(child);
    }
    match changed {
        true => replace_children_if_necessary(node, children).map(Transformed::yes),
        false => Ok(Transformed::no(node)),
    }
}
