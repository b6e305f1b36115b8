//! What a session has of its own that its statements ask for and change: settings that a query sets, open cursors,
//! prepared statements, advisory locks, channels.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;

use super::channels::{Channels, Mailbox, Pending};
use super::exports::View;

/// One session's.
#[derive(Debug, Default)]
pub struct Own {
    /// What `set_config` has asked for and the session has not taken on yet.
    wishes: Mutex<Vec<Wish>>,
    cursors: Mutex<Arc<[OpenCursor]>>,
    statements: Mutex<BTreeMap<String, HeldStatement>>,
    /// What its transaction sees now.
    view: Mutex<Option<View>>,
    pub locks: Arc<Locks>,
    pub channels: Arc<Channels>,
    pub mailbox: Arc<Mailbox>,
    /// What its transaction has for the channels.
    pub pending: Mutex<Pending>,
}

/// A setting to be: without a value, what RESET would make of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub name: String,
    pub value: Option<String>,
    pub local: bool,
}

/// A row of `pg_cursors`.
#[derive(Clone, Debug)]
pub struct OpenCursor {
    pub name: String,
    pub statement: String,
    pub hold: bool,
    pub binary: bool,
    pub scroll: bool,
    pub made_at: DateTime<Utc>,
}

/// A row of `pg_prepared_statements`, but for its name.
#[derive(Clone, Debug)]
pub struct HeldStatement {
    pub statement: Arc<str>,
    /// OIDs of types.
    pub parameters: Vec<u32>,
    /// By PREPARE, not by a message of the protocol.
    pub from_sql: bool,
    pub made_at: DateTime<Utc>,
    /// It is planned anew each time it is run.
    pub plans: Arc<AtomicI64>,
}

impl Own {
    pub fn new(locks: Arc<Locks>, channels: Arc<Channels>) -> Own {
        Own { locks, channels, ..Own::default() }
    }

    pub fn wish(&self, wish: Wish) {
        self.wishes.lock().push(wish);
    }

    /// The last that was wished for a setting: `Some(None)` is its reset.
    pub fn wished(&self, name: &str) -> Option<Option<String>> {
        let wishes = self.wishes.lock();
        wishes.iter().rev().find(|wish| wish.name == name).map(|wish| wish.value.clone())
    }

    pub fn take_wishes(&self) -> Vec<Wish> {
        std::mem::take(&mut *self.wishes.lock())
    }

    pub fn cursors(&self) -> Arc<[OpenCursor]> {
        Arc::clone(&self.cursors.lock())
    }

    pub fn sees(&self, view: Option<View>) {
        *self.view.lock() = view;
    }

    pub fn view(&self) -> Option<View> {
        self.view.lock().clone()
    }

    pub fn hold_statement(&self, name: &str, held: HeldStatement) {
        self.statements.lock().insert(name.to_owned(), held);
    }

    /// None stands for all.
    pub fn drop_statement(&self, name: Option<&str>) {
        let mut statements = self.statements.lock();
        match name {
            Some(name) => drop(statements.remove(name)),
            None => statements.clear(),
        }
    }

    pub fn statements(&self) -> BTreeMap<String, HeldStatement> {
        self.statements.lock().clone()
    }

    pub fn show_cursors(&self, cursors: Vec<OpenCursor>) {
        *self.cursors.lock() = cursors.into();
    }
}

/// A number, or two of half its size, which are another key.
pub type LockKey = (bool, i64);

/// So many advisory locks a server keeps.
const LOCKS_MAX: usize = 100_000;

/// Advisory locks of one server's sessions. They hold against each other here and nowhere else.
#[derive(Debug, Default)]
pub struct Locks {
    held: Mutex<BTreeMap<LockKey, Vec<Hold>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hold {
    pid: i32,
    shared: bool,
    /// Until its transaction ends.
    transaction: bool,
    times: u32,
}

impl Locks {
    /// Whether the lock could be had; None if there are too many.
    pub fn try_lock(
        &self,
        pid: i32,
        key: LockKey,
        shared: bool,
        transaction: bool,
    ) -> Option<bool> {
        let mut held = self.held.lock();
        let full = held.len() >= LOCKS_MAX;
        if full && !held.contains_key(&key) {
            return None;
        }
        let holds = held.entry(key).or_default();
        if holds.iter().any(|hold| hold.pid != pid && !(hold.shared && shared)) {
            return Some(false);
        }
        let same = |hold: &&mut Hold| {
            (hold.pid, hold.shared, hold.transaction) == (pid, shared, transaction)
        };
        match holds.iter_mut().find(same) {
            Some(hold) => hold.times += 1,
            None if full => return None,
            None => holds.push(Hold { pid, shared, transaction, times: 1 }),
        }
        Some(true)
    }

    /// False where the session does not hold it so.
    pub fn unlock(&self, pid: i32, key: LockKey, shared: bool) -> bool {
        let mut held = self.held.lock();
        let Some(holds) = held.get_mut(&key) else { return false };
        let found =
            holds.iter().position(|h| (h.pid, h.shared, h.transaction) == (pid, shared, false));
        let Some(place) = found else { return false };
        holds[place].times -= 1;
        if holds[place].times == 0 {
            holds.remove(place);
        }
        if holds.is_empty() {
            held.remove(&key);
        }
        true
    }

    /// All that a session holds, or only what ends with its transaction.
    pub fn release(&self, pid: i32, transaction_only: bool) {
        self.held.lock().retain(|_, holds| {
            holds.retain(|hold| hold.pid != pid || transaction_only && !hold.transaction);
            !holds.is_empty()
        });
    }

    /// What a session holds until it lets go of it.
    pub fn release_session(&self, pid: i32) {
        self.held.lock().retain(|_, holds| {
            holds.retain(|hold| hold.pid != pid || hold.transaction);
            !holds.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_hold_against_others_and_are_counted() {
        let locks = Locks::default();
        let key = (false, 7);
        assert_eq!(locks.try_lock(1, key, false, false), Some(true));
        assert_eq!(locks.try_lock(1, key, false, false), Some(true));
        assert_eq!(locks.try_lock(2, key, true, false), Some(false));
        assert!(locks.unlock(1, key, false) && !locks.unlock(2, key, false));
        assert_eq!(locks.try_lock(2, key, false, false), Some(false), "it was taken twice");
        assert!(locks.unlock(1, key, false) && !locks.unlock(1, key, false));
        assert_eq!(locks.try_lock(2, key, true, true), Some(true));
        assert_eq!(locks.try_lock(3, key, true, false), Some(true));
        assert!(!locks.unlock(2, key, true), "that one ends with its transaction");
        locks.release(2, true);
        locks.release(3, false);
        assert!(locks.held.lock().is_empty());
    }
}
