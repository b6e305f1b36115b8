//! The leaves of a bound query: relations by id, not yet opened.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::logical_expr::{LogicalPlan, TableScan, TableSource};

use crate::catalog::relation::Relation;
use crate::system::tables::SystemTable;

/// What a scan in a bound plan reads.
#[derive(Clone)]
pub enum Kind {
    /// A table or foreign table; the engine opens it.
    Relation(Arc<Relation>),
    /// A view with its bound body. Below it the rights of its owner count; the engine puts the body in its
    /// place after the statement was authorised.
    View { relation: Arc<Relation>, body: Arc<LogicalPlan> },
    /// A base relation of the system catalog.
    System(SystemTable),
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

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Relation(relation) => write!(f, "Relation({})", relation.name),
            Kind::View { relation, .. } => write!(f, "View({})", relation.name),
            Kind::System(table) => write!(f, "System({})", table.name()),
            Kind::SystemView { name, .. } => write!(f, "SystemView({name})"),
        }
    }
}

impl TableSource for Source {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.arrow_schema)
    }
}
