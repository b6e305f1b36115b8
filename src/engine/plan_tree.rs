//! A physical plan as a tree of what EXPLAIN tells: operators, estimates, what running them came to.
//!
//! Estimates are DataFusion's own statistics where it has any, and PostgreSQL's kind of guess where it has none.
//! Above a wall none are used: how many rows lie behind one would tell of rows that may not be seen.

use std::sync::Arc;

use datafusion::common::Statistics;
use datafusion::common::stats::Precision;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::displayable;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};

use super::secured::Barrier;

/// What is guessed of a relation of which nothing is known, as PostgreSQL does.
const ROWS_UNKNOWN: u64 = 1000;
/// In units of one page read in order, as PostgreSQL counts costs.
const ROW_COST: f64 = 0.01;
const PAGE_BYTES: f64 = 8192.0;

#[derive(Debug)]
pub(super) struct Node {
    /// DataFusion's name of the operator.
    pub name: String,
    /// What it works on, in DataFusion's words.
    pub detail: String,
    pub startup: f64,
    pub total: f64,
    pub rows: u64,
    pub width: u64,
    pub actual: Option<Actual>,
    pub children: Vec<Node>,
}

/// What running an operator came to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Actual {
    pub ms: f64,
    pub rows: u64,
}

impl Node {
    pub(super) fn of(plan: &Arc<dyn ExecutionPlan>, verbose: bool, analyzed: bool) -> Node {
        let walled = has_wall(plan);
        node(plan, verbose, analyzed, walled)
    }

    /// The nearest of PostgreSQL's names for the operator.
    pub(super) fn kind(&self) -> &str {
        match self.name.as_str() {
            "AggregateExec" => "Aggregate",
            "CoalescePartitionsExec" | "RepartitionExec" => "Gather",
            "CrossJoinExec" | "NestedLoopJoinExec" => "Nested Loop",
            "DataSourceExec" | "SecuredScan" => "Seq Scan",
            "GlobalLimitExec" | "LocalLimitExec" => "Limit",
            "HashJoinExec" | "SymmetricHashJoinExec" => "Hash Join",
            "InterleaveExec" | "UnionExec" => "Append",
            "ProjectionExec" | "PlaceholderRowExec" | "FilterExec" | "EmptyExec" => "Result",
            "RecursiveQueryExec" => "Recursive Union",
            "SortExec" | "PartialSortExec" => "Sort",
            "SortMergeJoinExec" => "Merge Join",
            "SortPreservingMergeExec" => "Gather Merge",
            "StreamingTableExec" | "LazyMemoryExec" => "Function Scan",
            "WindowAggExec" | "BoundedWindowAggExec" => "WindowAgg",
            "WorkTableExec" => "WorkTable Scan",
            other => other.strip_suffix("Exec").unwrap_or(other),
        }
    }
}

fn has_wall(plan: &Arc<dyn ExecutionPlan>) -> bool {
    plan.downcast_ref::<Barrier>().is_some() || plan.children().into_iter().any(has_wall)
}

fn node(plan: &Arc<dyn ExecutionPlan>, verbose: bool, analyzed: bool, walled: bool) -> Node {
    // Where a statement lets go of its thread is nothing to read about.
    if let (true, [input]) = (plan.is::<CooperativeExec>(), plan.children().as_slice()) {
        return node(input, verbose, analyzed, walled);
    }
    let children: Vec<Node> =
        plan.children().into_iter().map(|child| node(child, verbose, analyzed, walled)).collect();
    let text = match verbose {
        true => displayable(&**plan).indent(true).to_string(),
        false => displayable(&**plan).one_line().to_string(),
    };
    let line = text.lines().next().unwrap_or_default();
    let (name, detail) = line.split_once(": ").unwrap_or((line, ""));
    let (rows, bytes) = estimate(plan, &children, walled);
    let width = width(plan);
    let below: f64 = children.iter().map(|c| c.total).sum();
    let read = if children.is_empty() { bytes / PAGE_BYTES } else { 0.0 };
    let total = below + read + rows as f64 * ROW_COST;
    // What must see all its input before its first row.
    let blocks = ["SortExec", "AggregateExec", "HashJoinExec"].contains(&name);
    let startup = match (blocks, children.first()) {
        (true, Some(first)) => first.total,
        (false, Some(first)) => first.startup,
        (_, None) => 0.0,
    };
    let below_ms: f64 = children.iter().filter_map(|c| c.actual).map(|a| a.ms).sum();
    let actual = analyzed.then(|| {
        let metrics = plan.metrics();
        let rows = metrics.as_ref().and_then(|m| m.output_rows()).unwrap_or(0) as u64;
        let own = metrics.as_ref().and_then(|m| m.elapsed_compute()).unwrap_or(0);
        Actual { ms: below_ms + own as f64 / 1e6, rows }
    });
    let (name, detail) = (name.trim().to_owned(), detail.trim().to_owned());
    Node { name, detail, startup, total, rows, width, actual, children }
}

fn statistics(plan: &Arc<dyn ExecutionPlan>) -> Option<Arc<Statistics>> {
    StatisticsContext::new().compute(&**plan, &StatisticsArgs::new()).ok()
}

/// Rows that come out, and bytes.
fn estimate(plan: &Arc<dyn ExecutionPlan>, children: &[Node], walled: bool) -> (u64, f64) {
    let statistics = if walled { None } else { statistics(plan) };
    let known = |value: Precision<usize>| value.get_value().map(|v| *v as u64);
    let rows = statistics.as_ref().and_then(|s| known(s.num_rows));
    let bytes = statistics.as_ref().and_then(|s| known(s.total_byte_size));
    let rows = rows.unwrap_or_else(|| match children.iter().map(|c| c.rows).max() {
        Some(most) => most,
        None => ROWS_UNKNOWN,
    });
    let bytes = bytes.map_or(rows as f64 * width(plan) as f64, |bytes| bytes as f64);
    (rows, bytes)
}

/// Bytes of a row: what types of fixed size take, and 32 for the others, as PostgreSQL guesses.
fn width(plan: &Arc<dyn ExecutionPlan>) -> u64 {
    let schema = plan.schema();
    schema.fields().iter().map(|f| f.data_type().primitive_width().unwrap_or(32) as u64).sum()
}
