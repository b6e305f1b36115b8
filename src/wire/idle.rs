//! How long a client may be silent before it is sent home.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::{Error, SqlState};

/// From now on, while the next message is waited for.
pub(super) struct IdleLimit {
    deadline: Option<Instant>,
    state: SqlState,
    what: &'static str,
}

impl IdleLimit {
    pub(super) fn none() -> IdleLimit {
        IdleLimit::new(0, SqlState::IDLE_SESSION_TIMEOUT, "session")
    }

    /// 0 is no limit.
    pub(super) fn new(ms: u64, state: SqlState, what: &'static str) -> IdleLimit {
        let deadline = (ms > 0).then(|| Instant::now() + Duration::from_millis(ms));
        IdleLimit { deadline, state, what }
    }

    /// Returns when the client has been silent too long.
    pub(super) async fn passed(&self) -> Error {
        match self.deadline {
            Some(deadline) => tokio::time::sleep_until(deadline).await,
            None => std::future::pending().await,
        }
        let message = format!("terminating connection due to idle-{} timeout", self.what);
        Error::new(self.state, message)
    }
}
