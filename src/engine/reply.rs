//! What a statement is run with and what it answers.

use std::sync::Arc;
use std::time::Instant;

use arrow::array::RecordBatch;
use arrow::datatypes::FieldRef;
use datafusion::common::ScalarValue;
use futures::stream::BoxStream;
use tokio_util::sync::CancellationToken;

use super::meter::Meter;
pub use super::receiving::{Received, Receiving};
use crate::error::{Result, SqlState};
use crate::patience::Patience;
use crate::planner::plan::CopyFormat;
use crate::system::scope::Scope;

/// Batches, one after the other; an error ends them.
pub type Rows = BoxStream<'static, Result<RecordBatch>>;

/// The answer to one statement.
pub enum Reply {
    /// `tag` is completed with the number of rows by whoever sends them.
    Rows {
        fields: Vec<FieldRef>,
        rows: Rows,
        tag: &'static str,
    },
    Done {
        tag: String,
    },
    /// Rows in the form that COPY asked for; whoever sends them counts them.
    CopyOut {
        fields: Vec<FieldRef>,
        rows: Rows,
        format: CopyFormat,
    },
    /// The client is to send rows.
    CopyIn(Box<Receiving>),
    /// The statement held nothing.
    Empty,
}

impl Reply {
    pub fn done(tag: impl Into<String>) -> Reply {
        Reply::Done { tag: tag.into() }
    }
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Reply::Rows { fields, .. } => write!(f, "Rows({} columns)", fields.len()),
            Reply::Done { tag } => write!(f, "Done({tag})"),
            Reply::CopyOut { fields, .. } => write!(f, "CopyOut({} columns)", fields.len()),
            Reply::CopyIn(receiving) => write!(f, "CopyIn({} columns)", receiving.fields.len()),
            Reply::Empty => f.write_str("Empty"),
        }
    }
}

/// What the engine knows of who asks.
#[derive(Clone)]
pub struct Context {
    pub scope: Arc<Scope>,
    /// Values of `$1`, `$2`…, in the types that the plan gives them.
    pub parameters: Vec<ScalarValue>,
    pub cancel: CancellationToken,
    /// When `statement_timeout` ends the statement.
    pub deadline: Option<Instant>,
    /// What it touches of storage.
    pub meter: Arc<Meter>,
}

impl Context {
    pub fn patience(&self) -> Patience {
        Patience { cancel: self.cancel.clone(), deadline: self.deadline }
    }

    /// Fails once the client or the time-out has ended the statement.
    pub fn wanted(&self) -> Result<()> {
        self.patience().check()
    }

    /// Waits for `work`, but no longer than the client, the time-out and the server allow.
    pub async fn guard<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        self.patience().wait(work).await
    }
}

/// Something a client is told beside the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// `NOTICE` or `WARNING`.
    pub severity: &'static str,
    pub state: SqlState,
    pub message: String,
    pub detail: Option<String>,
}

impl Notice {
    pub fn info(message: impl Into<String>, detail: Option<String>) -> Notice {
        let state = SqlState::SUCCESSFUL_COMPLETION;
        Notice { severity: "NOTICE", state, message: message.into(), detail }
    }

    pub fn warning(state: SqlState, message: impl Into<String>) -> Notice {
        Notice { severity: "WARNING", state, message: message.into(), detail: None }
    }
}
