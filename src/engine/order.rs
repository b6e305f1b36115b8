//! What is made rather than read keeps its order: `generate_series`, `VALUES` and `unnest` come back as they were
//! made, as everybody who uses them expects, though SQL promises nothing without ORDER BY.
//!
//! DataFusion deals the batches of one stream out to all cores. For files that is worth it; rows that are made in
//! memory are few, or cheap.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result;
use datafusion::physical_plan::placeholder_row::PlaceholderRowExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::{ExecutionPlan, Partitioning};

/// The plan without the dealing out of what is made.
pub(super) fn kept(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let kept = plan.transform_up(|node| {
        let dealt = node.downcast_ref::<RepartitionExec>();
        Ok(match dealt {
            Some(dealt)
                if matches!(dealt.partitioning(), Partitioning::RoundRobinBatch(_))
                    && made(dealt.input()) =>
            {
                Transformed::yes(Arc::clone(dealt.input()))
            }
            _ => Transformed::no(node),
        })
    });
    kept.map(|kept| kept.data)
}

/// Whether all that the plan stands on is made.
fn made(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let inputs = plan.children();
    match inputs.is_empty() {
        false => inputs.into_iter().all(made),
        true => {
            plan.is::<PlaceholderRowExec>()
                || plan.name() == "LazyMemoryExec"
                || plan
                    .downcast_ref::<DataSourceExec>()
                    .is_some_and(|source| source.data_source().is::<MemorySourceConfig>())
        }
    }
}
