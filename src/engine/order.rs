//! What is made rather than read keeps its order, and so do the rows of small tables: `generate_series`, `VALUES` and
//! three rows typed one after the other come back as they were given, as everybody expects, though SQL promises nothing
//! without ORDER BY.
//!
//! DataFusion deals the batches of one stream out to all cores. For large files that is worth it; other rows are few, or
//! cheap.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfig};
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::placeholder_row::PlaceholderRowExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::unnest::UnnestExec;
use datafusion::physical_plan::{ExecutionPlan, Partitioning};

use crate::storage::table::ONE_STREAM_BYTES;

/// The plan without the dealing out of what is little. Dealing out was also where a statement let go of its thread, to be
/// cancelled if need be: operators that make many rows of few do so by themselves.
pub(super) fn kept(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let kept = plan.transform_up(|node| {
        if let Some(dealt) = node.downcast_ref::<RepartitionExec>()
            && matches!(dealt.partitioning(), Partitioning::RoundRobinBatch(_))
            && little(dealt.input())
        {
            return Ok(Transformed::yes(Arc::clone(dealt.input())));
        }
        if multiplies(&node) {
            return Ok(Transformed::yes(Arc::new(CooperativeExec::new(node))));
        }
        Ok(Transformed::no(node))
    });
    kept.map(|kept| kept.data)
}

fn multiplies(plan: &Arc<dyn ExecutionPlan>) -> bool {
    plan.is::<CrossJoinExec>()
        || plan.is::<NestedLoopJoinExec>()
        || plan.is::<HashJoinExec>()
        || plan.is::<UnnestExec>()
}

/// Whether all that the plan stands on is made, or read from little.
fn little(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let inputs = plan.children();
    match inputs.is_empty() {
        false => inputs.into_iter().all(little),
        true => {
            plan.is::<PlaceholderRowExec>()
                || ["LazyMemoryExec", "WorkTableExec"].contains(&plan.name())
                || plan.downcast_ref::<DataSourceExec>().is_some_and(little_source)
        }
    }
}

fn little_source(source: &DataSourceExec) -> bool {
    let source = source.data_source();
    let bytes = |groups: &[FileGroup]| -> u64 {
        groups.iter().flat_map(FileGroup::iter).map(|file| file.object_meta.size).sum()
    };
    source.is::<MemorySourceConfig>()
        || source.downcast_ref::<FileScanConfig>().is_some_and(|scan| {
            scan.file_groups.len() <= 1 && bytes(&scan.file_groups) <= ONE_STREAM_BYTES
        })
}
