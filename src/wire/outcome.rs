//! How an answer can go wrong, and the waiting that notices a client or a server that goes.

use std::io;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::error::{Error, Result};
use crate::patience::by_request;

use super::socket::{Socket, Stream};
use super::startup::shutting_down;

/// How long a cancelled statement may take to say so itself.
const CANCEL_GRACE: Duration = Duration::from_secs(1);
/// How long a statement whose client or server is going may take to end.
const END_GRACE: Duration = Duration::from_secs(3);

/// Why the connection ends.
#[derive(Debug)]
pub(super) enum End {
    /// The client said good-bye or has gone.
    Gone,
    /// The client is told why.
    Fatal(Error),
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        End::Gone
    }
}

/// What went wrong while a message was answered.
pub(super) enum Trouble {
    /// The client is told and the conversation goes on.
    Failed(Error),
    End(End),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Trouble::Failed(error)
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Trouble::End(error.into())
    }
}

pub(super) type Answer<T = ()> = Result<T, Trouble>;

pub(super) fn canceled() -> Error {
    by_request()
}

/// Waits for rows that a cancelled statement should end of itself, but not for ever: what computes them may
/// be deep in a loop. Only for reading, where nothing is cut off half-way.
pub(super) async fn or_canceled<T>(
    token: &CancellationToken,
    work: impl Future<Output = T>,
) -> Result<T> {
    let mut work = std::pin::pin!(work);
    tokio::select! {
        biased;
        outcome = &mut work => return Ok(outcome),
        () = token.cancelled() => {}
    }
    tokio::time::timeout(CANCEL_GRACE, work).await.map_err(|_| canceled())
}

/// Waits for `work` while watching the client and the server: if the one leaves or the other stops for
/// good, the work is cancelled and, so that nothing is cut off half-way, waited for.
pub(super) async fn watch<S: Stream, T>(
    socket: &mut Socket<S>,
    token: &CancellationToken,
    kill: &CancellationToken,
    work: impl Future<Output = T>,
) -> Answer<T> {
    let mut work = std::pin::pin!(work);
    let end = tokio::select! {
        biased;
        outcome = &mut work => return Ok(outcome),
        () = socket.gone() => End::Gone,
        () = kill.cancelled() => End::Fatal(shutting_down()),
    };
    token.cancel();
    let _ = tokio::time::timeout(END_GRACE, work).await;
    Err(Trouble::End(end))
}
