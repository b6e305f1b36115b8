//! Idle, open, failed: which transaction a session is in, what it has staged, and what begins and ends it.

use std::sync::Arc;

use chrono::Utc;

use super::execute::Session;
use super::modes;
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
    /// After an error inside BEGIN; only its end helps, or going back to a savepoint, at the last of which this
    /// is.
    Failed(Option<Box<Staged>>),
}

impl Transaction {
    pub fn status(&self) -> Status {
        match self {
            Transaction::Idle | Transaction::Implicit(_) => Status::Idle,
            Transaction::Open(_) => Status::Open,
            Transaction::Failed(_) => Status::Failed,
        }
    }

    /// What statements read and write through; none in a transaction that has failed.
    pub fn staged(&mut self) -> Option<&mut Staged> {
        match self {
            Transaction::Implicit(staged) | Transaction::Open(staged) => Some(staged),
            Transaction::Idle | Transaction::Failed(_) => None,
        }
    }

    pub fn take(&mut self) -> Option<Box<Staged>> {
        match std::mem::take(self) {
            Transaction::Implicit(staged) | Transaction::Open(staged) => Some(staged),
            Transaction::Failed(staged) => staged,
            Transaction::Idle => None,
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
        self.take_on_wishes()?;
        if self.transaction.status() != Status::Idle {
            return Ok(());
        }
        if let Transaction::Implicit(_) = self.transaction {
            self.trail.before_commit().await?;
            let outcome = self.commit_implicit().await;
            self.trail.committed(outcome.as_ref().err()).await?;
            outcome?;
        }
        self.store.hold_portals();
        Ok(())
    }

    /// An error was sent: an implicit transaction is undone, an open one is failed until it is ended or goes back
    /// to a savepoint.
    pub async fn fail(&mut self) {
        self.ran.clear();
        drop(self.surroundings.own.take_wishes());
        match std::mem::take(&mut self.transaction) {
            Transaction::Open(staged) => self.fail_open(staged).await,
            failed @ Transaction::Failed(_) => self.transaction = failed,
            Transaction::Implicit(staged) => {
                staged.rollback(&self.engine).await;
                self.end(true);
                self.store.close_portals();
            }
            Transaction::Idle => {
                *self.surroundings.own.pending.lock() = Default::default();
                self.restore(true);
                self.store.close_portals();
            }
        }
        let timeout = self.settings.statement_timeout_ms();
        self.trail.undone(&self.cancel, timeout).await;
    }

    /// The client has gone: nothing is left open.
    pub async fn abandon(&mut self) {
        self.surroundings.own.locks.release(self.pid, false);
        self.surroundings.own.channels.leave(self.pid);
        self.fail().await;
        if let Some(staged) = self.transaction.take() {
            staged.rollback(&self.engine).await;
        }
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
        self.apply_transaction_defaults();
        self.saved = Some((self.settings.clone(), (self.session_role, self.role)));
        self.transaction_started_at = Utc::now();
    }

    fn new_staged(&self) -> Staged {
        Staged::new(self.engine.catalog.snapshot(), Arc::clone(&self.temporary))
    }

    /// Begins anew on the newest snapshot what has read nothing and done nothing yet.
    pub(super) async fn move_on(&mut self) -> Result<()> {
        self.engine.catalog.refresh().await?;
        let newest = self.new_staged();
        self.savepoints.iter_mut().for_each(|savepoint| savepoint.mark = newest.mark());
        if let Some(staged) = self.transaction.staged() {
            *staged = newest;
        }
        Ok(())
    }

    /// Commits; a statement that only lost a race for the catalog is run again on the newest version.
    async fn commit_implicit(&mut self) -> Result<()> {
        let tries = self.engine.config.catalog.retries;
        let ran = std::mem::take(&mut self.ran);
        for attempt in 0..=tries {
            let Some(staged) = self.transaction.take() else { return Ok(()) };
            let by = self.by();
            let outcome = match self.check_channels() {
                Ok(()) => staged.commit(&self.engine, &by).await,
                Err(e) => {
                    staged.rollback(&self.engine).await;
                    Err(e)
                }
            };
            match outcome {
                Ok(notices) => {
                    self.notices.extend(notices);
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
            self.asked = false;
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
    fn end(&mut self, rolled_back: bool) {
        self.transaction = Transaction::Idle;
        match rolled_back {
            true => *self.surroundings.own.pending.lock() = Default::default(),
            false => self.publish(),
        }
        self.surroundings.own.locks.release(self.pid, true);
        self.savepoints.clear();
        self.ran.clear();
        self.restore(rolled_back);
    }

    fn restore(&mut self, rolled_back: bool) {
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

    pub(super) fn begin(&mut self, modes: &[TransactionMode], tag: &str) -> Result<Reply> {
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
        self.check_modes(modes)?;
        self.apply_modes(modes, modes::PREFIX)?;
        Ok(Reply::done(tag))
    }

    pub(super) async fn commit(&mut self, chain: bool) -> Result<Reply> {
        self.check_chain(chain, "COMMIT AND CHAIN")?;
        if self.status() == Status::Failed {
            return self.roll_back(chain).await;
        }
        if self.status() == Status::Idle {
            self.no_transaction();
        }
        let Some(staged) = self.transaction.take() else { return Ok(Reply::done("COMMIT")) };
        let by = self.by();
        let outcome = match self.check_channels() {
            Ok(()) => staged.commit(&self.engine, &by).await,
            Err(e) => {
                staged.rollback(&self.engine).await;
                Err(e)
            }
        };
        let modes = self.modes();
        self.end(outcome.is_err());
        match &outcome {
            Ok(_) => self.store.hold_portals(),
            Err(_) => self.store.close_portals(),
        }
        self.notices.extend(outcome?);
        if chain {
            self.chain(&modes)?;
        }
        Ok(Reply::done("COMMIT"))
    }

    pub(super) async fn roll_back(&mut self, chain: bool) -> Result<Reply> {
        self.check_chain(chain, "ROLLBACK AND CHAIN")?;
        let status = self.status();
        if status == Status::Idle {
            self.no_transaction();
        }
        if status != Status::Idle || self.transaction.staged().is_some() {
            // What has failed has forgotten how it was to be.
            let modes = if status == Status::Failed { Vec::new() } else { self.modes() };
            if let Some(staged) = self.transaction.take() {
                staged.rollback(&self.engine).await;
            }
            self.end(true);
            self.store.close_portals();
            if chain {
                self.chain(&modes)?;
            }
        }
        Ok(Reply::done("ROLLBACK"))
    }

    /// PREPARE TRANSACTION, of which PostgreSQL has none either as it comes; the transaction is over all the same.
    pub(super) async fn prepare_transaction(&mut self) -> Result<Reply> {
        if self.status() != Status::Open {
            return self.roll_back(false).await;
        }
        self.roll_back(false).await?;
        Err(Error::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            "prepared transactions are disabled",
        ))
    }

    /// COMMIT PREPARED or ROLLBACK PREPARED.
    pub(super) fn end_prepared(&self, tag: &str, id: &str) -> Result<Reply> {
        if self.in_block() {
            return Err(Error::new(
                SqlState::ACTIVE_TRANSACTION,
                format!("{tag} cannot run inside a transaction block"),
            ));
        }
        Err(Error::new(
            SqlState::UNDEFINED_OBJECT,
            format!("prepared transaction with identifier \"{id}\" does not exist"),
        ))
    }

    /// A new block at once, of the same kind as the one before.
    fn chain(&mut self, modes: &[TransactionMode]) -> Result<()> {
        self.begin_saved();
        self.transaction = Transaction::Open(Box::new(self.new_staged()));
        self.apply_modes(modes, modes::PREFIX)
    }

    fn check_chain(&self, chain: bool, what: &str) -> Result<()> {
        match chain && self.status() == Status::Idle {
            true => Err(needs_block(what)),
            false => Ok(()),
        }
    }

    fn no_transaction(&mut self) {
        let state = SqlState::NO_ACTIVE_TRANSACTION;
        self.notices.push_back(Notice::warning(state, "there is no transaction in progress"));
    }

    pub(super) fn in_block(&self) -> bool {
        matches!(self.transaction, Transaction::Open(_) | Transaction::Implicit(_))
    }
}

pub(super) fn needs_block(what: &str) -> Error {
    let text = format!("{what} can only be used in transaction blocks");
    Error::new(SqlState::NO_ACTIVE_TRANSACTION, text)
}
