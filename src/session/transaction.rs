//! Idle, open, failed: which transaction a session is in, and what it has staged.

use crate::engine::staged::Staged;
use crate::error::{Error, SqlState};

/// As ReadyForQuery reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Idle,
    Open,
    Failed,
}

#[derive(Debug, Default)]
pub(super) enum Transaction {
    #[default]
    Idle,
    /// Around the statements of one message, or up to Sync.
    Implicit(Box<Staged>),
    /// After BEGIN.
    Open(Box<Staged>),
    /// After an error inside BEGIN; only its end helps.
    Failed,
}

impl Transaction {
    pub fn status(&self) -> Status {
        match self {
            Transaction::Idle | Transaction::Implicit(_) => Status::Idle,
            Transaction::Open(_) => Status::Open,
            Transaction::Failed => Status::Failed,
        }
    }

    pub fn staged(&mut self) -> Option<&mut Staged> {
        match self {
            Transaction::Implicit(staged) | Transaction::Open(staged) => Some(staged),
            Transaction::Idle | Transaction::Failed => None,
        }
    }

    pub fn take(&mut self) -> Option<Box<Staged>> {
        match std::mem::take(self) {
            Transaction::Implicit(staged) | Transaction::Open(staged) => Some(staged),
            Transaction::Idle | Transaction::Failed => None,
        }
    }
}

pub(super) fn aborted() -> Error {
    Error::new(
        SqlState::IN_FAILED_TRANSACTION,
        "current transaction is aborted, commands ignored until end of transaction block",
    )
}
