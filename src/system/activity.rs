//! Who is connected and what each does: `pg_stat_activity`, and how one session stops another.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::channels::Channels;
use super::own::Locks;
use crate::catalog::name::RoleId;

/// Longest text of a statement that is kept (`track_activity_query_size`).
const QUERY_BYTES_MAX: usize = 1024;

/// All sessions of this server.
#[derive(Debug, Default)]
pub struct Activity {
    seats: Mutex<BTreeMap<i32, Doing>>,
    /// What they hold against each other.
    pub locks: Arc<Locks>,
    /// What they tell each other.
    pub channels: Arc<Channels>,
}

/// What one session does.
#[derive(Clone, Debug)]
pub struct Doing {
    pub pid: i32,
    /// Who logged in.
    pub role: RoleId,
    pub application: String,
    pub peer: Option<SocketAddr>,
    pub began_at: DateTime<Utc>,
    pub transaction_at: Option<DateTime<Utc>>,
    pub asked_at: Option<DateTime<Utc>>,
    pub changed_at: DateTime<Utc>,
    /// As `pg_stat_activity.state` names it.
    pub state: &'static str,
    pub query: String,
    /// Over TLS.
    pub secure: bool,
    /// Ends the statement that runs.
    cancel: Option<CancellationToken>,
    /// Ends the session.
    terminate: CancellationToken,
}

/// One session's place among them; given back when dropped.
#[derive(Debug)]
pub struct Seat {
    activity: Arc<Activity>,
    pid: i32,
}

impl Activity {
    pub fn enter(
        self: &Arc<Self>,
        pid: i32,
        role: RoleId,
        peer: Option<SocketAddr>,
        terminate: CancellationToken,
    ) -> Seat {
        let now = Utc::now();
        let doing = Doing {
            pid,
            role,
            application: String::new(),
            peer,
            began_at: now,
            transaction_at: None,
            asked_at: None,
            changed_at: now,
            state: "idle",
            query: String::new(),
            secure: false,
            cancel: None,
            terminate,
        };
        self.seats.lock().insert(pid, doing);
        Seat { activity: Arc::clone(self), pid }
    }

    pub fn all(&self) -> Vec<Doing> {
        self.seats.lock().values().cloned().collect()
    }

    pub fn of(&self, pid: i32) -> Option<Doing> {
        self.seats.lock().get(&pid).cloned()
    }
}

impl Doing {
    /// Ends what runs; between statements that is nothing.
    pub fn cancel(&self) {
        if let Some(token) = &self.cancel {
            token.cancel();
        }
    }

    pub fn terminate(&self) {
        self.terminate.cancel();
    }
}

impl Seat {
    pub fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }

    fn change(&self, change: impl FnOnce(&mut Doing)) {
        if let Some(doing) = self.activity.seats.lock().get_mut(&self.pid) {
            change(doing);
        }
    }

    pub fn is_secure(&self, secure: bool) {
        self.change(|doing| doing.secure = secure);
    }

    pub fn armed(&self, token: CancellationToken) {
        self.change(|doing| doing.cancel = Some(token));
    }

    /// A statement begins.
    pub fn asks(&self, text: &str, application: &str, transaction_at: DateTime<Utc>) {
        let end = (0..=text.len().min(QUERY_BYTES_MAX)).rev().find(|i| text.is_char_boundary(*i));
        let query = text[..end.unwrap_or(0)].to_owned();
        let now = Utc::now();
        self.change(|doing| {
            doing.query = query;
            if doing.application != application {
                doing.application = application.to_owned();
            }
            (doing.asked_at, doing.changed_at) = (Some(now), now);
            doing.transaction_at = Some(transaction_at);
            doing.state = "active";
        });
    }

    /// The session waits for its client, in a transaction or not.
    pub fn rests(&self, state: &'static str, application: &str) {
        self.change(|doing| {
            doing.cancel = None;
            if doing.application != application {
                doing.application = application.to_owned();
            }
            if doing.state != state {
                doing.changed_at = Utc::now();
                doing.state = state;
            }
            if state == "idle" {
                doing.transaction_at = None;
            }
        });
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.activity.seats.lock().remove(&self.pid);
    }
}
