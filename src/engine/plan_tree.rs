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
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};

use super::plan_shown::kind;
use super::secured::Barrier;

/// What is guessed of a relation of which nothing is known, as PostgreSQL does.
const ROWS_UNKNOWN: u64 = 1000;
/// In units of one page read in order, as PostgreSQL counts costs.
const ROW_COST: f64 = 0.01;
const PAGE_BYTES: f64 = 8192.0;

#[derive(Debug)]
pub(super) struct Node {
    /// PostgreSQL's name of such a step.
    pub kind: String,
    /// What stands at the head of its line.
    pub name: String,
    /// The engine's name of the operator and what it works on in the engine's words, with VERBOSE.
    pub operator: Option<(String, String)>,
    pub properties: Vec<(&'static str, Property)>,
    pub startup: f64,
    pub total: f64,
    pub rows: u64,
    pub width: u64,
    pub actual: Option<Actual>,
    pub children: Vec<Node>,
}

/// What is told of a step beside numbers.
#[derive(Clone, Debug)]
pub(super) enum Property {
    Text(String),
    List(Vec<String>),
    Count(u64),
    /// Only in forms that programs read.
    Unsaid(String),
}

/// What running an operator came to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Actual {
    pub ms: f64,
    pub rows: u64,
}

impl Node {
    /// The engine's own operators, one by one.
    pub(super) fn of(plan: &Arc<dyn ExecutionPlan>, estimates: Estimates) -> Node {
        // Where a statement lets go of its thread is nothing to read about.
        if let (true, [input]) = (plan.is::<CooperativeExec>(), plan.children().as_slice()) {
            return Node::of(input, estimates);
        }
        let children = plan.children().into_iter().map(|c| Node::of(c, estimates)).collect();
        let text = displayable(&**plan).indent(true).to_string();
        let line = text.lines().next().unwrap_or_default();
        let (name, detail) = line.split_once(": ").unwrap_or((line, ""));
        let mut node = estimates.node(plan, kind(name.trim()), children);
        node.name = name.trim().to_owned();
        node.operator = Some((node.name.clone(), detail.trim().to_owned()));
        node
    }

    pub(super) fn with(mut self, key: &'static str, value: Property) -> Node {
        self.properties.push((key, value));
        self
    }

    pub(super) fn counted(&mut self, rows: u64) {
        let ms = self.actual.map_or(0.0, |a| a.ms);
        self.actual = Some(Actual { ms, rows });
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.properties.iter().any(|(known, _)| *known == key)
    }

    /// A step that hands on the same rows.
    pub(super) fn above(self, kind: &str) -> Node {
        Node {
            kind: kind.to_owned(),
            name: kind.to_owned(),
            operator: None,
            properties: Vec::new(),
            startup: self.total,
            total: self.total,
            rows: self.rows,
            width: self.width,
            actual: self.actual,
            children: vec![self],
        }
    }
}

/// What is known of a plan's steps in numbers.
#[derive(Clone, Copy)]
pub(super) struct Estimates {
    walled: bool,
    analyzed: bool,
}

impl Estimates {
    pub(super) fn of(plan: &Arc<dyn ExecutionPlan>, analyzed: bool) -> Estimates {
        Estimates { walled: has_wall(plan), analyzed }
    }

    /// A step with its children.
    pub(super) fn node(
        self,
        plan: &Arc<dyn ExecutionPlan>,
        kind: &str,
        children: Vec<Node>,
    ) -> Node {
        let (rows, bytes) = estimate(plan, &children, self.walled);
        let below: f64 = children.iter().map(|c| c.total).sum();
        let read = if children.is_empty() { bytes / PAGE_BYTES } else { 0.0 };
        // What must see all its input before its first row.
        let blocks = ["Sort", "Aggregate", "Hash Join"].contains(&kind);
        let startup = match (blocks, children.first()) {
            (true, Some(first)) => first.total,
            (false, Some(first)) => first.startup,
            (_, None) => 0.0,
        };
        let below_ms: f64 = children.iter().filter_map(|c| c.actual).map(|a| a.ms).sum();
        Node {
            kind: kind.to_owned(),
            name: kind.to_owned(),
            operator: None,
            properties: Vec::new(),
            startup,
            total: below + read + rows as f64 * ROW_COST,
            rows,
            width: width(plan),
            actual: self.ran(plan, below_ms),
            children,
        }
    }

    /// The node below with what a step does that is told as part of it.
    pub(super) fn passed(self, plan: &Arc<dyn ExecutionPlan>, below: Node) -> Node {
        let children = [below];
        let (rows, _) = estimate(plan, &children, self.walled);
        let [mut node] = children;
        // However many cores rows are dealt to, a plan costs the same.
        if plan.is::<FilterExec>() || plan.is::<ProjectionExec>() {
            node.total += rows as f64 * ROW_COST;
        }
        (node.rows, node.width) = (rows, width(plan));
        // Some steps do not count what they hand on.
        if let Some(now) = self.ran(plan, node.actual.map_or(0.0, |a| a.ms)) {
            let counted = plan.metrics().is_some_and(|m| m.output_rows().is_some());
            let rows = if counted { Some(now.rows) } else { node.actual.map(|a| a.rows) };
            node.actual = rows.map(|rows| Actual { ms: now.ms, rows });
        }
        node
    }

    /// None where nothing was counted.
    fn ran(self, plan: &Arc<dyn ExecutionPlan>, below_ms: f64) -> Option<Actual> {
        let metrics = plan.metrics().filter(|_| self.analyzed)?;
        let rows = metrics.output_rows().unwrap_or(0) as u64;
        let own = metrics.elapsed_compute().unwrap_or(0);
        Some(Actual { ms: below_ms + own as f64 / 1e6, rows })
    }
}

fn has_wall(plan: &Arc<dyn ExecutionPlan>) -> bool {
    plan.downcast_ref::<Barrier>().is_some() || plan.children().into_iter().any(has_wall)
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
