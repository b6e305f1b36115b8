//! The leaves of a bound query: relations by id, not yet opened.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::logical_expr::{LogicalPlan, TableScan, TableSource};

use crate::catalog::relation::Relation;
use crate::system::tables::SystemTable;

/// What a scan in a bound plan reads.
#[derive(Clone)]
pub enum Kind {
    /// A table or foreign table; the engine opens it.
    Relation(Arc<Relation>),
    /// A table or foreign table behind policies or masks, with what the role may see of it.
    Secured {
        relation: Arc<Relation>,
        body: Arc<LogicalPlan>,
        /// Numbers of the columns that are not shown as they are.
        masked: BTreeSet<i16>,
        /// The policies and masks by name, for the audit.
        applied: Vec<String>,
    },
    /// A relation beneath its policies: stands only in the body of a secured one, which answers for the
    /// rights on it.
    Unsecured(Arc<Relation>),
    /// The rows of a relation that its policies let through, not yet masked. As [`Kind::Unsecured`], but for
    /// what the policies read, which its body asks rights on.
    Filtered { relation: Arc<Relation>, body: Arc<LogicalPlan> },
    /// A view with its bound body. Below it the rights of its owner count; the engine puts the body in its
    /// place after the statement was authorised.
    View { relation: Arc<Relation>, body: Arc<LogicalPlan> },
    /// A base relation of the system catalog.
    System(SystemTable),
    /// Rows worked out while binding, from the catalog alone.
    Computed { name: &'static str, batch: RecordBatch },
    /// Rows that a client is about to send; the engine puts their stream in its place.
    Received,
    /// A view of the system catalog: readable by all, its body needs no rights.
    SystemView { name: &'static str, body: Arc<LogicalPlan> },
}

/// A leaf of a bound plan.
pub struct Source {
    pub kind: Kind,
    pub arrow_schema: SchemaRef,
}

impl Source {
    /// What a scan of a bound plan reads; None for leaves of the engine's own, such as a recursive
    /// query's work table.
    pub fn of(scan: &TableScan) -> Option<&Source> {
        scan.source.downcast_ref::<Source>()
    }
}

/// The policies and masks in a plan, `policy p on t`, through views too, each once.
pub fn applied(plan: &LogicalPlan) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let walked = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && let Some(source) = Source::of(scan)
        {
            match &source.kind {
                Kind::Secured { relation, body, applied: here, .. } => {
                    found.extend(here.iter().map(|what| format!("{what} on {}", relation.name)));
                    found.extend(applied(body));
                }
                Kind::View { body, .. } | Kind::Filtered { body, .. } => {
                    found.extend(applied(body));
                }
                Kind::Relation(_)
                | Kind::Unsecured(_)
                | Kind::System(_)
                | Kind::Computed { .. }
                | Kind::Received
                | Kind::SystemView { .. } => {}
            }
        }
        Ok(TreeNodeRecursion::Continue)
    });
    debug_assert!(walked.is_ok(), "the walk itself never fails");
    found
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Relation(relation) => write!(f, "Relation({})", relation.name),
            Kind::Secured { relation, .. } => write!(f, "Secured({})", relation.name),
            Kind::Unsecured(relation) => write!(f, "Unsecured({})", relation.name),
            Kind::Filtered { relation, .. } => write!(f, "Filtered({})", relation.name),
            Kind::View { relation, .. } => write!(f, "View({})", relation.name),
            Kind::System(table) => write!(f, "System({})", table.name()),
            Kind::Computed { name, .. } => write!(f, "Computed({name})"),
            Kind::Received => f.write_str("Received"),
            Kind::SystemView { name, .. } => write!(f, "SystemView({name})"),
        }
    }
}

impl TableSource for Source {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.arrow_schema)
    }
}
