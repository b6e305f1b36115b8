//! Memory, spill, threads and the stores a statement may reach: made once, shared by all.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::context::QueryPlanner;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::optimizer::Optimizer;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_planner::{DefaultPhysicalPlanner, PhysicalPlanner};
use datafusion::prelude::SessionConfig;

use super::carried::Carried;
use super::dependent::SharedPlanner;
use super::plain::PlainConstants;
use super::temporary::Oids;
use super::{filters, patient, sides};
use crate::catalog::store::Catalog;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::storage::delta::Deltas;
use crate::storage::files::Files;
use crate::storage::stores::Stores;
use crate::system::scope::Scope;

/// Of the machine's memory, what statements may take; windows, decoders and the wire need the rest.
const MEMORY_PERCENT: u64 = 70;
/// The least a server works with.
const MEMORY_BYTES_MIN: usize = 64 << 20;

/// Everything needed to run plans.
pub struct Engine {
    pub catalog: Arc<Catalog>,
    pub stores: Arc<Stores>,
    pub deltas: Arc<Deltas>,
    pub files: Arc<Files>,
    pub config: Arc<Config>,
    /// Statements compute on threads of their own, so that sockets stay answered.
    pub cpu: tokio::runtime::Handle,
    /// Transactions over several tables that this server knows to be in all of them.
    pub(super) applied: parking_lot::Mutex<BTreeSet<u64>>,
    /// How many statements compute at once.
    pub turns: Arc<tokio::sync::Semaphore>,
    pub temporary_oids: Oids,
    base: SessionState,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    pub fn new(
        config: &Arc<Config>,
        catalog: Arc<Catalog>,
        stores: Arc<Stores>,
        cpu: tokio::runtime::Handle,
    ) -> Result<Engine> {
        let runtime = runtime_env(config)?;
        stores.register(stores.lake(), &runtime)?;
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let threads = if config.engine.threads == 0 { cores } else { config.engine.threads };
        let statements =
            if config.engine.statements == 0 { 4 * threads } else { config.engine.statements };
        let rules = sides::among(filters::logical_rules(Optimizer::new().rules));
        let mut base = SessionStateBuilder::new_with_default_features()
            .with_config(session_config(threads))
            .with_runtime_env(runtime)
            .with_query_planner(Arc::new(Planning))
            .with_optimizer_rules(patient::logical(rules))
            .with_physical_optimizer_rules(patient::physical(filters::physical_rules()))
            .build();
        base.add_analyzer_rule(Arc::new(PlainConstants));
        base.add_analyzer_rule(Arc::new(Carried));
        Ok(Engine {
            deltas: Deltas::new(Arc::clone(&stores), Arc::clone(config)),
            files: Files::new(Arc::clone(&stores)),
            config: Arc::clone(config),
            applied: parking_lot::Mutex::default(),
            turns: Arc::new(tokio::sync::Semaphore::new(statements)),
            temporary_oids: Oids::default(),
            catalog,
            stores,
            cpu,
            base,
        })
    }

    /// A state for one statement: its clock starts now, its zone is the session's.
    pub fn state(&self, scope: &Scope) -> SessionState {
        let mut state = self.base.clone();
        scope.put_into(state.config_mut().options_mut());
        state.mark_start_execution();
        state
    }
}

/// DataFusion's planner, with what lakewire adds to plans.
#[derive(Debug)]
struct Planning;

#[async_trait]
impl QueryPlanner for Planning {
    async fn create_physical_plan(
        &self,
        plan: &LogicalPlan,
        session: &dyn Session,
    ) -> datafusion::common::Result<Arc<dyn ExecutionPlan>> {
        let planner =
            DefaultPhysicalPlanner::with_extension_planners(vec![Arc::new(SharedPlanner)]);
        super::order::kept(planner.create_physical_plan(plan, session).await?)
    }
}

fn session_config(threads: usize) -> SessionConfig {
    let mut config = SessionConfig::new().with_target_partitions(threads);
    let options = config.options_mut();
    options.sql_parser.parse_float_as_decimal = true;
    options.sql_parser.enable_subquery_sort_elimination = false;
    options.execution.time_zone = Some("UTC".to_owned());
    // Columns from folders may be NULL in one schema and not in the other; nothing else of theirs differs.
    options.execution.skip_physical_aggregate_schema_check = true;
    options.execution.parquet.pushdown_filters = false;
    options.execution.parquet.coerce_int96 = Some("us".to_owned());
    // Sizes are compressed file bytes; small dimensions are better broadcast.
    options.optimizer.hash_join_single_partition_threshold = 16 << 20;
    options.optimizer.hash_join_single_partition_threshold_rows = 1 << 20;
    config
}

fn runtime_env(config: &Config) -> Result<Arc<RuntimeEnv>> {
    let engine = &config.engine;
    let memory = match engine.memory_bytes {
        0 => machine_memory().map_or(1 << 30, |all| (all * MEMORY_PERCENT / 100) as usize),
        bytes => bytes,
    };
    let consumers = NonZeroUsize::new(5).expect("five is not zero");
    let pool = TrackConsumersPool::new(FairSpillPool::new(memory.max(MEMORY_BYTES_MIN)), consumers);
    let mode = match engine.spill_dir.as_str() {
        "" => DiskManagerMode::OsTmpDirectory,
        dir => DiskManagerMode::Directories(vec![PathBuf::from(dir)]),
    };
    let disk = DiskManagerBuilder::default()
        .with_mode(mode)
        .with_max_temp_directory_size(engine.spill_bytes_max);
    let cache = datafusion::execution::cache::cache_manager::CacheManagerConfig {
        metadata_cache_limit: config.storage.footer_bytes,
        // Listings of registered folders must not outlive what others do to them.
        list_files_cache_limit: 0,
        ..Default::default()
    };
    RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(pool))
        .with_disk_manager_builder(disk)
        .with_cache_manager(cache)
        .build_arc()
        .map_err(|e| Error::config(format!("could not set up the engine: {e}")))
}

/// What the machine has, or the container is given, in bytes.
fn machine_memory() -> Option<u64> {
    let total = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
        let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kib * 1024)
    })?;
    let limit = std::fs::read_to_string("/sys/fs/cgroup/memory.max")
        .ok()
        .and_then(|text| text.trim().parse::<u64>().ok());
    Some(limit.map_or(total, |limit| limit.min(total)))
}
