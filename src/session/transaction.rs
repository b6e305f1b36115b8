//! Idle, open, failed: which transaction a session is in, what it has staged, and what begins and ends it.

use chrono::Utc;

use super::execute::Session;
use crate::engine::reply::{Notice, Reply};
use crate::engine::staged::Staged;
use crate::error::{Error, Result, SqlState};
use crate::parser::statement::TransactionMode;

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

impl Session {
    /// Ends the implicit transaction, if there is one: at the end of a simple query's message and at Sync.
    pub async fn finish(&mut self) -> Result<()> {
        if self.transaction.status() != Status::Open {
            self.store.close_portals();
        }
        if let Transaction::Implicit(_) = self.transaction {
            self.trail.before_commit().await?;
            let outcome = self.commit_implicit().await;
            self.trail.committed(outcome.as_ref().err()).await?;
            return outcome;
        }
        Ok(())
    }

    /// An error was sent: an implicit transaction is undone, an open one is failed until it is ended.
    pub async fn fail(&mut self) {
        self.ran.clear();
        let open = matches!(self.transaction, Transaction::Open(_) | Transaction::Failed);
        if let Some(staged) = self.transaction.take() {
            staged.rollback(&self.engine).await;
        }
        match open {
            true => self.transaction = Transaction::Failed,
            false => self.restore(true),
        }
        self.store.close_portals();
        let timeout = self.settings.statement_timeout_ms();
        self.trail.undone(&self.cancel, timeout).await;
    }

    /// A transaction begins with the first statement that needs one, on the newest snapshot.
    pub(super) async fn ensure_transaction(&mut self) {
        if matches!(self.transaction, Transaction::Idle) {
            self.begin_saved();
            self.transaction = Transaction::Implicit(Box::new(self.new_staged()));
        }
    }

    fn begin_saved(&mut self) {
        self.asked = false;
        self.saved = Some((self.settings.clone(), (self.session_role, self.role)));
        self.transaction_started_at = Utc::now();
    }

    fn new_staged(&self) -> Staged {
        Staged::new(self.engine.catalog.snapshot())
    }

    /// Commits; a statement that only lost a race for the catalog is run again on the newest version.
    async fn commit_implicit(&mut self) -> Result<()> {
        let tries = self.engine.config.catalog.retries;
        let ran = std::mem::take(&mut self.ran);
        for attempt in 0..=tries {
            let Some(staged) = self.transaction.take() else { return Ok(()) };
            let by = self.by();
            let outcome = staged.commit(&self.engine, &by).await;
            match outcome {
                Ok(()) => {
                    self.end(false);
                    return Ok(());
                }
                Err(e) if !e.retryable() || ran.len() != 1 || attempt == tries => {
                    self.end(true);
                    return Err(e);
                }
                Err(_) => {}
            }
            self.engine.catalog.refresh().await?;
            self.transaction = Transaction::Implicit(Box::new(self.new_staged()));
            let (statement, values) = &ran[0];
            if let Err(e) = self.bind_and_run(statement, values.clone(), &[]).await {
                self.trail.committed(Some(&e)).await?;
                self.fail().await;
                return Err(e);
            }
        }
        Ok(())
    }

    /// After a transaction: SET LOCAL ends, and with a rollback all of SET.
    pub(super) fn end(&mut self, rolled_back: bool) {
        self.transaction = Transaction::Idle;
        self.ran.clear();
        self.restore(rolled_back);
    }

    pub(super) fn restore(&mut self, rolled_back: bool) {
        let saved = self.saved.take();
        let local_roles = self.local_roles.take();
        match saved.filter(|_| rolled_back) {
            Some((settings, roles)) => {
                self.settings = settings;
                (self.session_role, self.role) = roles;
            }
            None => {
                self.settings.end_local();
                if let Some(roles) = local_roles {
                    (self.session_role, self.role) = roles;
                }
            }
        }
        self.apply_transaction_defaults();
    }

    pub(super) fn apply_transaction_defaults(&mut self) {
        for name in ["transaction_read_only", "transaction_isolation"] {
            let default = self.settings.get(&format!("default_{name}")).map(str::to_owned);
            if let Ok(default) = default {
                // The value was checked when it became the default.
                let _ = self.settings.set(name, &[default]);
            }
        }
    }

    pub(super) fn begin(&mut self, modes: &[TransactionMode]) -> Result<Reply> {
        match std::mem::take(&mut self.transaction) {
            Transaction::Idle => {
                self.begin_saved();
                self.transaction = Transaction::Open(Box::new(self.new_staged()));
            }
            // What the message has done so far becomes part of the block.
            Transaction::Implicit(staged) => {
                self.ran.clear();
                self.transaction = Transaction::Open(staged);
            }
            open => {
                self.transaction = open;
                let state = SqlState::ACTIVE_TRANSACTION;
                self.notices.push_back(Notice::warning(
                    state,
                    "there is already a transaction in progress",
                ));
            }
        }
        self.apply_modes(modes, "transaction")?;
        Ok(Reply::done("BEGIN"))
    }

    pub(super) fn apply_modes(&mut self, modes: &[TransactionMode], prefix: &str) -> Result<()> {
        use crate::parser::statement::Isolation;
        for mode in modes {
            let (name, value) = match mode {
                TransactionMode::Isolation(level) => (
                    "isolation",
                    match level {
                        Isolation::ReadUncommitted => "read uncommitted",
                        Isolation::ReadCommitted => "read committed",
                        Isolation::RepeatableRead => "repeatable read",
                        Isolation::Serializable => "serializable",
                    },
                ),
                TransactionMode::ReadOnly(on) => ("read_only", if *on { "on" } else { "off" }),
                TransactionMode::Deferrable(on) => ("deferrable", if *on { "on" } else { "off" }),
            };
            self.settings.set(&format!("{prefix}_{name}"), &[value.to_owned()])?;
        }
        Ok(())
    }

    pub(super) async fn commit(&mut self) -> Result<Reply> {
        match self.transaction.status() {
            Status::Failed => {
                self.end(true);
                Ok(Reply::done("ROLLBACK"))
            }
            Status::Idle if self.transaction.staged().is_none() => {
                self.no_transaction();
                Ok(Reply::done("COMMIT"))
            }
            Status::Idle | Status::Open => {
                let by = self.by();
                let Some(staged) = self.transaction.take() else {
                    return Ok(Reply::done("COMMIT"));
                };
                let outcome = staged.commit(&self.engine, &by).await;
                self.end(outcome.is_err());
                self.store.close_portals();
                outcome.map(|()| Reply::done("COMMIT"))
            }
        }
    }

    pub(super) async fn roll_back(&mut self) -> Reply {
        match self.transaction.status() {
            Status::Idle if self.transaction.staged().is_none() => self.no_transaction(),
            _ => {
                if let Some(staged) = self.transaction.take() {
                    staged.rollback(&self.engine).await;
                }
                self.end(true);
                self.store.close_portals();
            }
        }
        Reply::done("ROLLBACK")
    }

    fn no_transaction(&mut self) {
        let state = SqlState::NO_ACTIVE_TRANSACTION;
        self.notices.push_back(Notice::warning(state, "there is no transaction in progress"));
    }

    pub(super) fn in_block(&self) -> bool {
        matches!(self.transaction, Transaction::Open(_) | Transaction::Implicit(_))
    }

    pub(super) fn set_transaction(
        &mut self,
        modes: &[TransactionMode],
        session: bool,
    ) -> Result<Reply> {
        let prefix = if session { "default_transaction" } else { "transaction" };
        if !session && !self.in_block() {
            let state = SqlState::NO_ACTIVE_TRANSACTION;
            let text = "SET TRANSACTION can only be used in transaction blocks";
            self.notices.push_back(Notice::warning(state, text));
        }
        let isolates = modes.iter().any(|m| matches!(m, TransactionMode::Isolation(_)));
        if isolates && !session && self.in_block() && self.asked {
            return Err(Error::new(
                SqlState::ACTIVE_TRANSACTION,
                "SET TRANSACTION ISOLATION LEVEL must be called before any query",
            ));
        }
        self.apply_modes(modes, prefix)?;
        if session && !self.in_block() {
            self.apply_modes(modes, "transaction")?;
        }
        Ok(Reply::done("SET"))
    }
}
