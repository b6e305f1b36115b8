//! What running a statement touched of storage: which versions it read, and how many bytes.

use std::sync::Arc;

use datafusion::datasource::physical_plan::FileScanConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_plan::ExecutionPlan;
use parking_lot::Mutex;

use super::secured::Barrier;
use crate::catalog::name::RelationId;

/// Filled while a statement runs, read when it is done.
#[derive(Debug, Default)]
pub struct Meter {
    plans: Mutex<Vec<Arc<dyn ExecutionPlan>>>,
    versions: Mutex<Vec<(RelationId, u64)>>,
}

impl Meter {
    pub(super) fn watch(&self, plan: &Arc<dyn ExecutionPlan>) {
        self.plans.lock().push(Arc::clone(plan));
    }

    pub(super) fn read(&self, relation: RelationId, version: u64) {
        self.versions.lock().push((relation, version));
    }

    pub fn versions(&self) -> Vec<(RelationId, u64)> {
        self.versions.lock().clone()
    }

    /// Bytes asked of Parquet files; of other files, which are read whole, their size. None where nothing was run.
    /// The plans are let go.
    pub fn bytes_scanned(&self) -> Option<u64> {
        let plans = std::mem::take(&mut *self.plans.lock());
        (!plans.is_empty()).then(|| plans.iter().map(|plan| scanned(&**plan)).sum())
    }
}

fn scanned(plan: &dyn ExecutionPlan) -> u64 {
    let own = match plan.downcast_ref::<DataSourceExec>() {
        Some(scan) => match plan.metrics() {
            // What was planned and never run has counted nothing.
            Some(metrics) if metrics.output_rows().is_some() => metrics
                .sum_by_name("bytes_scanned")
                .map_or_else(|| sizes(scan), |count| count.as_usize() as u64),
            _ => 0,
        },
        None => 0,
    };
    // Behind its wall a secured relation reads files like any other; only its readers may not know.
    let walled = plan.downcast_ref::<Barrier>().map_or(0, |barrier| scanned(barrier.inner()));
    own + walled + plan.children().into_iter().map(|child| scanned(&**child)).sum::<u64>()
}

fn sizes(scan: &DataSourceExec) -> u64 {
    let Some(config) = scan.data_source().downcast_ref::<FileScanConfig>() else { return 0 };
    config.file_groups.iter().flat_map(|group| group.iter()).map(|file| file.object_meta.size).sum()
}
