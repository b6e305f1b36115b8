//! SAVEPOINT, RELEASE, ROLLBACK TO: points within a block to which it can go back, also after it has failed.
//!
//! Many a client sets one around every statement. It is a mark in what is staged and a clone of the settings, both
//! cheap.

use super::execute::{Roles, Session};
use super::settings::Settings;
use super::transaction::{Transaction, needs_block};
use crate::engine::reply::Reply;
use crate::engine::staged::{Mark, Staged};
use crate::error::{Error, Result, SqlState};
use crate::system::channels;

/// So many may be open at once.
const SAVEPOINTS_MAX: usize = 10_000;

/// A point in a block.
#[derive(Debug)]
pub(super) struct Savepoint {
    name: String,
    pub(super) mark: Mark,
    /// What had been said on channels.
    said: channels::Mark,
    settings: Settings,
    roles: Roles,
    local_roles: Option<Roles>,
    /// Portals of this number or a later one were opened after it.
    number: u64,
}

impl Session {
    pub(super) fn savepoint(&mut self, name: &str) -> Result<Reply> {
        let Transaction::Open(staged) = &self.transaction else {
            return Err(needs_block("SAVEPOINT"));
        };
        if self.savepoints.len() >= SAVEPOINTS_MAX {
            let text = format!("a transaction may hold at most {SAVEPOINTS_MAX} savepoints");
            return Err(Error::new(SqlState::CONFIGURATION_LIMIT_EXCEEDED, text));
        }
        let mark = staged.mark();
        self.savepoints.push(Savepoint {
            name: name.to_owned(),
            mark,
            said: self.surroundings.own.pending.lock().mark(),
            settings: self.settings.clone(),
            roles: (self.session_role, self.role),
            local_roles: self.local_roles,
            number: self.store.begin_level(),
        });
        Ok(Reply::done("SAVEPOINT"))
    }

    /// Forgets a savepoint and those after it; what was done since stays.
    pub(super) fn release(&mut self, name: &str) -> Result<Reply> {
        if !matches!(self.transaction, Transaction::Open(_)) {
            return Err(needs_block("RELEASE SAVEPOINT"));
        }
        let place = self.find_savepoint(name)?;
        let released = self.savepoints.drain(place..).next();
        // Read only is said for the rest of the subtransaction, not of the block.
        if let Some(first) = released {
            let read_only = first.settings.get("transaction_read_only").unwrap_or("off").to_owned();
            self.settings.set("transaction_read_only", &[read_only])?;
        }
        Ok(Reply::done("RELEASE"))
    }

    /// Undoes what was done since a savepoint, which stays; a block that has failed goes on from there.
    pub(super) async fn roll_back_to(&mut self, name: &str) -> Result<Reply> {
        if !matches!(self.transaction, Transaction::Open(_) | Transaction::Failed(_)) {
            return Err(needs_block("ROLLBACK TO SAVEPOINT"));
        }
        let place = self.find_savepoint(name)?;
        self.savepoints.truncate(place + 1);
        let Some(mut staged) = self.transaction.take() else {
            return Err(Error::internal("a savepoint without a transaction"));
        };
        let savepoint = &self.savepoints[place];
        staged.roll_back_to(&savepoint.mark, &self.engine).await;
        self.surroundings.own.pending.lock().back_to(savepoint.said);
        self.transaction = Transaction::Open(staged);
        self.settings = savepoint.settings.clone();
        (self.session_role, self.role) = savepoint.roles;
        self.local_roles = savepoint.local_roles;
        self.store.close_portals_from(savepoint.number);
        Ok(Reply::done("ROLLBACK"))
    }

    /// An error in a block: what came after its last savepoint is lost, the rest waits for ROLLBACK TO.
    pub(super) async fn fail_open(&mut self, mut staged: Box<Staged>) {
        match self.savepoints.last() {
            Some(last) => {
                staged.roll_back_to(&last.mark, &self.engine).await;
                self.surroundings.own.pending.lock().back_to(last.said);
                self.store.close_portals_from(last.number);
                self.transaction = Transaction::Failed(Some(staged));
            }
            None => {
                staged.rollback(&self.engine).await;
                *self.surroundings.own.pending.lock() = Default::default();
                self.store.close_portals();
                self.transaction = Transaction::Failed(None);
            }
        }
    }

    /// The latest of a name.
    fn find_savepoint(&self, name: &str) -> Result<usize> {
        self.savepoints.iter().rposition(|savepoint| savepoint.name == name).ok_or_else(|| {
            let text = format!("savepoint \"{name}\" does not exist");
            Error::new(SqlState::INVALID_SAVEPOINT, text)
        })
    }
}
