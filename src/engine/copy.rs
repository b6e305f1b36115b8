//! COPY: a query's rows in a form of their own, and rows that a client sends into a table.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::datasource::provider_as_source;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::receiving::{self, Item, Received, Receiving};
use super::reply::{Context, Reply};
use super::runtime::Engine;
use super::staged::Staged;
use super::{query, write};
use crate::error::{Error, Result, SqlState};
use crate::planner::failure::OrFail;
use crate::planner::plan::{CopyIn, CopyOut};
use crate::planner::sources::{Kind, Source};

pub(super) async fn out(
    engine: &Arc<Engine>,
    copy: CopyOut,
    context: &Context,
    staged: &mut Staged,
) -> Result<Reply> {
    match query::run(engine, copy.query, context, staged).await? {
        Reply::Rows { fields, rows, .. } => {
            Ok(Reply::CopyOut { fields, rows, format: copy.format })
        }
        _ => Err(Error::internal("a query gave no rows")),
    }
}

/// Begins to write what is to come, in a task that ends with what is sent.
pub(super) async fn receive(
    engine: &Arc<Engine>,
    copy: CopyIn,
    context: &Context,
    staged: &mut Staged,
) -> Result<Reply> {
    if copy.secured {
        return Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            "COPY FROM not supported with row-level security",
        )
        .hint("Use INSERT statements instead."));
    }
    let CopyIn { mut insert, fields, format, .. } = copy;
    let (tx, rx) = receiving::channel();
    let name = insert.relation.name.clone();
    insert.input = received(insert.input, rx)?;
    let writing = write::Writing::of(engine, insert, context)?;
    let (engine, context) = (Arc::clone(engine), context.clone());
    let mut own = staged.apart();
    let work = tokio::spawn(async move {
        let (relation, location) = (Arc::clone(&writing.relation), writing.location.clone());
        // It computes as fast as a client sends, so it takes no turn from statements that have all they need.
        let files = writing.run(&engine, None, &context, &mut own).await?;
        Ok(Received { relation, location, files })
    });
    Ok(Reply::CopyIn(Box::new(Receiving::new(fields, format, &name, tx, work))))
}

/// Puts the stream of what is sent where the plan has its leaf for it.
fn received(plan: LogicalPlan, rx: mpsc::Receiver<Item>) -> Result<LogicalPlan> {
    let mut rx = Some(rx);
    let replaced = plan.transform_up(|node| match &node {
        LogicalPlan::TableScan(scan)
            if Source::of(scan).is_some_and(|s| matches!(s.kind, Kind::Received)) =>
        {
            let schema = Arc::clone(&scan.source.schema());
            let stream = Sent { schema: Arc::clone(&schema), rx: Mutex::new(rx.take()) };
            let table = StreamingTable::try_new(schema, vec![Arc::new(stream)])?;
            let source = provider_as_source(Arc::new(table));
            let scan = LogicalPlanBuilder::scan(scan.table_name.clone(), source, None)?;
            scan.build().map(Transformed::yes)
        }
        _ => Ok(Transformed::no(node)),
    });
    replaced.map(|t| t.data).or_fail()
}

/// The one partition of what is sent; can be read once.
struct Sent {
    schema: SchemaRef,
    rx: Mutex<Option<mpsc::Receiver<Item>>>,
}

impl std::fmt::Debug for Sent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sent")
    }
}

impl PartitionStream for Sent {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        // Without a sender the stream fails at once.
        let rx = self.rx.lock().take().unwrap_or_else(|| receiving::channel().1);
        let stream = receiving::stream(rx);
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), stream))
    }
}
