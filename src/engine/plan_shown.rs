//! A physical plan in PostgreSQL's words, as EXPLAIN tells it: what a step works out is part of it and no step of its
//! own, a grouping in two halves is one, and how rows are dealt to the cores is not told. VERBOSE tells the engine's own
//! operators instead (`plan_tree`).

use std::sync::Arc;

use datafusion::common::JoinType;
use datafusion::datasource::physical_plan::FileScanConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_expr::PhysicalExprRef;
use datafusion::physical_expr::{LexOrdering, PhysicalExpr};
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::utils::JoinFilter;
use datafusion::physical_plan::joins::{
    CrossJoinExec, HashJoinExec, NestedLoopJoinExec, SortMergeJoinExec,
};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::{ExecutionPlan, InputOrderMode};

use super::grouping::Untold;
use super::plan_tree::{Estimates, Node, Property};
use super::plan_words::{condition, words};
use super::secured::Barrier;

/// Where relations lie, by which a scan of files is known for that of a relation.
pub(super) struct Places(Vec<Place>);

pub(super) struct Place {
    pub folder: String,
    pub name: String,
    pub foreign: bool,
}

impl Places {
    pub(super) fn new(mut all: Vec<Place>) -> Places {
        // The innermost folder is the relation's own.
        all.sort_by_key(|place| std::cmp::Reverse(place.folder.len()));
        Places(all)
    }

    fn of(&self, path: &str) -> Option<&Place> {
        self.0.iter().find(|place| path.starts_with(&place.folder))
    }
}

type Physical = Arc<dyn ExecutionPlan>;

pub(super) struct Shown<'a> {
    pub places: &'a Places,
    pub estimates: Estimates,
}

impl Shown<'_> {
    pub(super) fn node(&self, plan: &Physical) -> Node {
        if let Some(input) = unseen(plan) {
            return self.estimates.passed(plan, self.node(input));
        }
        if let Some(filter) = plan.downcast_ref::<FilterExec>() {
            return self.filtered(plan, filter);
        }
        if let Some(aggregate) = plan.downcast_ref::<AggregateExec>() {
            return self.aggregate(plan, aggregate);
        }
        if let Some(sort) = plan.downcast_ref::<SortExec>() {
            let children = vec![self.node(sort.input())];
            let keys = Property::List(sort_keys(sort.expr()));
            let node = self.estimates.node(plan, "Sort", children).with("Sort Key", keys);
            return match sort.fetch() {
                Some(_) => self.estimates.node(plan, "Limit", vec![node]),
                None => node,
            };
        }
        if let Some(scan) = plan.downcast_ref::<DataSourceExec>() {
            return self.scan(plan, scan);
        }
        if let Some(wall) = plan.downcast_ref::<Barrier>() {
            return self.relation(plan, "Seq Scan", wall.relation());
        }
        if let Some(node) = self.join(plan) {
            return node;
        }
        let children: Vec<Node> = plan.children().into_iter().map(|c| self.node(c)).collect();
        let kind = kind(plan.name());
        // Steps that bound the rows one after the other are one bound.
        match children.as_slice() {
            [only] if kind == "Limit" && only.kind == "Limit" => {
                self.estimates.passed(plan, children.into_iter().next().expect("there is one"))
            }
            _ => self.estimates.node(plan, kind, children),
        }
    }

    fn filtered(&self, plan: &Physical, filter: &FilterExec) -> Node {
        let child = self.node(filter.input());
        let before = child.actual.map(|a| a.rows);
        let bounds = ["Limit", "Sort", "Append", "WindowAgg", "Recursive Union"];
        let taken = child.has("Filter") || bounds.contains(&child.kind.as_str());
        let node = match taken {
            true => self.estimates.node(plan, "Subquery Scan", vec![child]),
            false => self.estimates.passed(plan, child),
        };
        let node = node.with("Filter", Property::Text(words(filter.predicate(), None)));
        match (before, node.actual) {
            (Some(before), Some(now)) if before > now.rows => {
                let removed = before - now.rows;
                node.with("Rows Removed by Filter", Property::Count(removed))
            }
            _ => node,
        }
    }

    /// The half that puts groups together stands for both.
    fn aggregate(&self, plan: &Physical, aggregate: &AggregateExec) -> Node {
        let mut first = aggregate;
        if matches!(aggregate.mode(), AggregateMode::Final | AggregateMode::FinalPartitioned) {
            let mut below = aggregate.input();
            while let Some(input) = unseen(below) {
                below = input;
            }
            if let Some(partial) = below.downcast_ref::<AggregateExec>() {
                first = partial;
            }
        }
        let groups = first.group_expr().expr();
        let keys: Vec<String> = groups.iter().map(|(e, _)| words(e, None)).collect();
        let sorted = matches!(first.input_order_mode(), InputOrderMode::Sorted);
        let (name, strategy) = match (keys.is_empty(), sorted) {
            (true, _) => ("Aggregate", "Plain"),
            (false, true) => ("GroupAggregate", "Sorted"),
            (false, false) => ("HashAggregate", "Hashed"),
        };
        let children = vec![self.node(first.input())];
        let mut node = self.estimates.node(plan, "Aggregate", children);
        node.name = name.to_owned();
        node = node.with("Strategy", Property::Unsaid(strategy.to_owned()));
        match keys.is_empty() {
            true => node,
            false => node.with("Group Key", Property::List(keys)),
        }
    }

    fn scan(&self, plan: &Physical, scan: &DataSourceExec) -> Node {
        let Some(files) = scan.data_source().downcast_ref::<FileScanConfig>() else {
            return self.estimates.node(plan, "Values Scan", Vec::new());
        };
        let mut paths = files.file_groups.iter().flat_map(|group| group.iter());
        let place = paths.next().and_then(|f| self.places.of(f.object_meta.location.as_ref()));
        // A relation without rows has no file by which to know it.
        let place = place.or(match self.places.0.as_slice() {
            [only] => Some(only),
            _ => None,
        });
        match place {
            Some(Place { name, foreign: true, .. }) => self.relation(plan, "Foreign Scan", name),
            Some(place) => self.relation(plan, "Seq Scan", &place.name),
            None => self.estimates.node(plan, "Seq Scan", Vec::new()),
        }
    }

    fn relation(&self, plan: &Physical, kind: &'static str, name: &str) -> Node {
        let mut node = self.estimates.node(plan, kind, Vec::new());
        node.name = format!("{kind} on {name}");
        node.with("Relation Name", Property::Unsaid(name.to_owned()))
            .with("Alias", Property::Unsaid(name.to_owned()))
    }

    fn join(&self, plan: &Physical) -> Option<Node> {
        if let Some(join) = plan.downcast_ref::<HashJoinExec>() {
            // PostgreSQL tells the side that is hashed second.
            let (hashed, outer) = (self.node(join.left()), self.node(join.right()));
            let (left, right) = (relation_of(&hashed), relation_of(&outer));
            let on: Vec<String> = join
                .on()
                .iter()
                .map(|(l, r)| format!("({} = {})", words(r, right), words(l, left)))
                .collect();
            let hash = hashed.above("Hash");
            let children = vec![outer, hash];
            let mut node = self.joined(plan, "Hash", join.join_type().swap(), children);
            node = node.with("Hash Cond", Property::Text(all_of(on)));
            return Some(with_filter(node, join.filter()));
        }
        if let Some(join) = plan.downcast_ref::<SortMergeJoinExec>() {
            let children = vec![self.node(join.left()), self.node(join.right())];
            let on = pairs(join.on(), &children);
            let node = self.joined(plan, "Merge", join.join_type(), children);
            let node = node.with("Merge Cond", Property::Text(all_of(on)));
            return Some(with_filter(node, join.filter().as_ref()));
        }
        if let Some(join) = plan.downcast_ref::<NestedLoopJoinExec>() {
            let children = vec![self.node(join.right()), self.node(join.left())];
            let node = self.joined(plan, "Nested Loop", join.join_type().swap(), children);
            return Some(with_filter(node, join.filter()));
        }
        if let Some(join) = plan.downcast_ref::<CrossJoinExec>() {
            let children = vec![self.node(join.left()), self.node(join.right())];
            return Some(self.joined(plan, "Nested Loop", JoinType::Inner, children));
        }
        None
    }

    fn joined(&self, plan: &Physical, way: &str, kind: JoinType, children: Vec<Node>) -> Node {
        let (words, kind) = match kind {
            JoinType::Inner => ("", "Inner"),
            JoinType::Left => ("Left ", "Left"),
            JoinType::Right => ("Right ", "Right"),
            JoinType::Full => ("Full ", "Full"),
            JoinType::LeftSemi | JoinType::RightSemi => ("Semi ", "Semi"),
            JoinType::LeftAnti | JoinType::RightAnti => ("Anti ", "Anti"),
            JoinType::LeftMark | JoinType::RightMark => ("Mark ", "Mark"),
        };
        let (name, node_type) = match way {
            "Nested Loop" if words.is_empty() => (way.to_owned(), way.to_owned()),
            "Nested Loop" => (format!("{way} {words}Join"), way.to_owned()),
            way => (format!("{way} {words}Join"), format!("{way} Join")),
        };
        let mut node = self.estimates.node(plan, &node_type, children);
        node.name = name;
        node.with("Join Type", Property::Unsaid(kind.to_owned()))
    }
}

/// What a step reads that only hands rows on, or works out what the next one shows.
fn unseen(plan: &Physical) -> Option<&Physical> {
    let passes = plan.is::<CooperativeExec>()
        || plan.is::<CoalescePartitionsExec>()
        || plan.is::<RepartitionExec>()
        || plan.is::<SortPreservingMergeExec>()
        || plan.is::<ProjectionExec>()
        || plan.is::<Untold>();
    match plan.children().as_slice() {
        // A bound that is not its input's own is told.
        [input] if passes && (plan.fetch().is_none() || unbounded_like(plan, input)) => {
            Some(*input)
        }
        _ => None,
    }
}

/// Whether the steps below bound the rows alike: each stream for itself, and then all of them.
fn unbounded_like(plan: &Physical, input: &Physical) -> bool {
    let mut below = input;
    loop {
        if below.fetch() == plan.fetch() {
            return true;
        }
        match unseen(below) {
            Some(next) => below = next,
            None => return false,
        }
    }
}

fn with_filter(node: Node, filter: Option<&JoinFilter>) -> Node {
    match filter {
        Some(filter) => node.with("Join Filter", Property::Text(condition(filter))),
        None => node,
    }
}

fn pairs(on: &[(PhysicalExprRef, PhysicalExprRef)], children: &[Node]) -> Vec<String> {
    let (left, right) = (relation_of(&children[0]), relation_of(&children[1]));
    on.iter().map(|(l, r)| format!("({} = {})", words(l, left), words(r, right))).collect()
}

fn all_of(conditions: Vec<String>) -> String {
    match conditions.as_slice() {
        [one] => one.clone(),
        all => format!("({})", all.join(" AND ")),
    }
}

/// The relation that all columns of a node are of.
fn relation_of(node: &Node) -> Option<&str> {
    match (node.children.as_slice(), node.properties.iter().find(|(key, _)| *key == "Alias")) {
        ([], Some((_, Property::Unsaid(name)))) => Some(name),
        ([only], _) if node.kind != "Aggregate" => relation_of(only),
        _ => None,
    }
}

fn sort_keys(keys: &LexOrdering) -> Vec<String> {
    let one = |key: &datafusion::physical_expr::PhysicalSortExpr| {
        let e: &Arc<dyn PhysicalExpr> = &key.expr;
        let order = match (key.options.descending, key.options.nulls_first) {
            (false, false) => "",
            (false, true) => " NULLS FIRST",
            (true, true) => " DESC",
            (true, false) => " DESC NULLS LAST",
        };
        format!("{}{order}", words(e, None))
    };
    keys.iter().map(one).collect()
}

/// The nearest of PostgreSQL's names for an operator.
pub(super) fn kind(operator: &str) -> &str {
    match operator {
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
        "UnnestExec" => "ProjectSet",
        "WindowAggExec" | "BoundedWindowAggExec" => "WindowAgg",
        "WorkTableExec" => "WorkTable Scan",
        other => other.strip_suffix("Exec").unwrap_or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_is_of_the_innermost_folder() {
        let place = |folder: &str| Place {
            folder: folder.to_owned(),
            name: folder.to_owned(),
            foreign: false,
        };
        let places = Places::new(vec![place("raw/"), place("raw/flights/")]);
        let found = |path: &str| places.of(path).map(|p| p.name.as_str());
        assert_eq!(found("raw/flights/1.csv"), Some("raw/flights/"));
        assert_eq!(found("raw/planes.csv"), Some("raw/"));
        assert_eq!(found("other/planes.csv"), None);
    }
}
