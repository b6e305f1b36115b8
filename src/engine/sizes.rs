//! Statistics of tables that a statement is about to ask for, loaded beforehand: sizes and row counts in the system catalog
//! come from what the server knows, and a table that nobody has read yet would have none.

use std::sync::Arc;
use std::time::Duration;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, LogicalPlan};
use futures::{StreamExt, stream};

use super::reply::Context;
use super::runtime::Engine;
use crate::planner::sources::{Kind, Source};
use crate::storage::location::Location;

/// How long a statement waits. What takes longer goes on behind it and is there for the next.
const PATIENCE: Duration = Duration::from_millis(500);
/// How old a count may be: other servers may have written since.
const AGE: Duration = Duration::from_secs(30);
/// Tables asked for one statement, and at a time.
const TABLES_MAX: usize = 2_000;
const AT_ONCE: usize = 16;

/// Columns and functions that tell sizes.
const COLUMNS: &[&str] = &["reltuples", "relpages"];
const RELATIONS: &[&str] = &[
    "pg_stat_all_tables",
    "pg_stat_user_tables",
    "pg_statio_all_tables",
    "pg_statio_user_tables",
    "pg_stats",
];

pub(super) async fn load(engine: &Arc<Engine>, plan: &LogicalPlan, context: &Context) {
    if !concerned(plan) {
        return;
    }
    let Some(sizes) = context.scope.surroundings.sizes.as_ref() else { return };
    let tables = context.scope.snapshot.relations().filter_map(|r| sizes.location(r));
    let old: Vec<Location> =
        tables.filter(|l| engine.deltas.is_older_than(l, AGE)).take(TABLES_MAX).collect();
    if old.is_empty() {
        return;
    }
    let deltas = Arc::clone(&engine.deltas);
    let loading = tokio::spawn(async move {
        let each = old.into_iter().map(|location| {
            let deltas = Arc::clone(&deltas);
            async move { deltas.latest(&location).await.is_ok() }
        });
        let mut each = stream::iter(each).buffer_unordered(AT_ONCE);
        // A table that cannot be read says so to those who read it.
        while each.next().await.is_some() {}
    });
    let _ = tokio::time::timeout(PATIENCE, loading).await;
}

fn concerned(plan: &LogicalPlan) -> bool {
    let mut found = false;
    let walked = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && let Some(source) = Source::of(scan)
        {
            match &source.kind {
                Kind::System(table) => found |= RELATIONS.contains(&table.name()),
                Kind::View { body, .. } | Kind::SystemView { body, .. } => found |= concerned(body),
                _ => {}
            }
        }
        node.apply_expressions(|e| {
            e.apply(|e| {
                found |= match e {
                    Expr::Column(column) => COLUMNS.contains(&column.name.as_str()),
                    Expr::ScalarFunction(call) => {
                        let name = call.name();
                        name.starts_with("pg_")
                            && (name.ends_with("_size") || name == "pg_stat_get_live_tuples")
                    }
                    _ => false,
                };
                Ok(TreeNodeRecursion::Continue)
            })
        })?;
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    debug_assert!(walked.is_ok(), "the walk itself never fails");
    found
}
