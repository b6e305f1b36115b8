//! Filters and limits go down a plan only where they mean the same below. DataFusion's rules, kept from where they
//! do not.
//!
//! Some of what follows is wrong answers of DataFusion 55 that no error would tell of: each has a query in
//! tests/slt/select/pg/filters_stay.slt.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{NullEquality, Result};
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Aggregate, Expr, Join, LogicalPlan};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::physical_plan::{ExecutionPlan, replace_children_if_necessary};

use super::grouping::Sets;
use super::sorted::Sorted;

type Logical = Arc<dyn OptimizerRule + Send + Sync>;
type Physical = Arc<dyn PhysicalOptimizerRule + Send + Sync>;

pub(super) fn logical_rules(rules: Vec<Logical>) -> Vec<Logical> {
    let kept = |rule: Logical| -> Logical {
        let stays = match rule.name() {
            "push_down_filter" => stays_above,
            "extract_equijoin_predicate" => stays_a_filter,
            "eliminate_cross_join" => return Arc::new(Apart(rule)),
            _ => return rule,
        };
        Arc::new(Kept { rule, stays })
    };
    rules.into_iter().map(kept).collect()
}

pub(super) fn physical_rules() -> Vec<Physical> {
    let kept = |rule: Physical| -> Physical {
        match rule.name().starts_with("FilterPushdown") {
            true => Arc::new(Unambiguous(rule)),
            false => rule,
        }
    };
    // Of several windows it looks at one: rows that another must see would be cut off.
    let fewer = |rule: &Physical| rule.name() == "LimitPushPastWindows";
    let rules = PhysicalOptimizer::new().rules.into_iter().filter(|rule| !fewer(rule)).map(kept);
    let mut rules: Vec<Physical> = rules.collect();
    let checks = rules.iter().position(|rule| rule.name() == "SanityCheckPlan");
    rules.insert(checks.unwrap_or(rules.len()), Arc::new(Sorted));
    rules.insert(0, Arc::new(Sets));
    rules
}

/// A rule that passes over some nodes.
#[derive(Debug)]
struct Kept {
    rule: Logical,
    stays: fn(&LogicalPlan) -> bool,
}

impl OptimizerRule for Kept {
    fn name(&self) -> &str {
        self.rule.name()
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.rule.apply_order()
    }

    fn rewrite(
        &self,
        plan: LogicalPlan,
        config: &dyn OptimizerConfig,
    ) -> Result<Transformed<LogicalPlan>> {
        match (self.stays)(&plan) {
            true => Ok(Transformed::no(plan)),
            false => self.rule.rewrite(plan, config),
        }
    }
}

/// An aggregate over no rows still has a row, that of the empty grouping set: a filter that names none of its columns
/// is not one of its input.
fn stays_above(plan: &LogicalPlan) -> bool {
    let LogicalPlan::Filter(filter) = plan else { return false };
    match &*filter.input {
        LogicalPlan::Aggregate(aggregate) if has_empty_set(aggregate) => {
            split_conjunction(&filter.predicate).iter().any(|e| e.column_refs().is_empty())
        }
        _ => false,
    }
}

/// A join's keys may take NULL for NULL, which an equality that came from elsewhere does not.
fn stays_a_filter(plan: &LogicalPlan) -> bool {
    matches!(plan, LogicalPlan::Join(join) if takes_nulls(join) && join.filter.is_some())
}

fn has_empty_set(aggregate: &Aggregate) -> bool {
    aggregate.group_expr.is_empty()
        || aggregate.group_expr.iter().any(|e| matches!(e, Expr::GroupingSet(_)))
}

fn takes_nulls(join: &Join) -> bool {
    join.null_equality == NullEquality::NullEqualsNull && !join.on.is_empty()
}

/// Joins that are taken apart and put together anew all get one of their ways to compare NULLs. Those that take NULL
/// for NULL stay as they are.
#[derive(Debug)]
struct Apart(Logical);

impl OptimizerRule for Apart {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn rewrite(
        &self,
        plan: LogicalPlan,
        config: &dyn OptimizerConfig,
    ) -> Result<Transformed<LogicalPlan>> {
        // It takes all joins apart, for each of them again, to find keys for those that have none.
        if !crosses(&plan)? {
            return Ok(Transformed::no(plan));
        }
        let any = plan.exists(|node| Ok(matches!(node, LogicalPlan::Join(j) if takes_nulls(j))))?;
        match any {
            true => plan.map_children(|child| self.rewrite(child, config)),
            false => self.0.rewrite(plan, config),
        }
    }
}

fn crosses(plan: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        found |= matches!(node, LogicalPlan::Join(join) if join.on.is_empty());
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}

/// DataFusion hands a filter to the operator below by its columns' names. Where two columns have one name, as those
/// of joined tables often have, it may end at the wrong one. Above such a place filters stay where they are.
#[derive(Debug)]
struct Unambiguous(Physical);

impl PhysicalOptimizerRule for Unambiguous {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if !plan.children().into_iter().any(holds_twins) {
            return self.0.optimize(plan, config);
        }
        let children = plan.children().into_iter().map(|c| self.optimize(Arc::clone(c), config));
        let children = children.collect::<Result<Vec<_>>>()?;
        replace_children_if_necessary(plan, children)
    }

    fn name(&self) -> &str {
        self.0.name()
    }

    fn schema_check(&self) -> bool {
        self.0.schema_check()
    }
}

/// Whether it, or anything below it, has two columns of one name.
fn holds_twins(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let schema = plan.schema();
    let mut seen = HashSet::new();
    schema.fields().iter().any(|field| !seen.insert(field.name()))
        || plan.children().into_iter().any(holds_twins)
}
