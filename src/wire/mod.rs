//! The Postgres protocol on one socket: messages in, a session's replies out.
//!
//! [`serve`] is one connection from its first byte to its last.

mod backend;
mod cancel;
mod conversation;
mod copy;
mod copying;
mod failure;
mod frames;
mod greeting;
mod idle;
mod outcome;
mod parameters;
mod pending;
mod pump;
pub mod rows;
mod scram;
mod socket;
mod startup;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use conversation::Conversation;
use socket::{Socket, Stream, Transport};
use startup::Startup;

pub use startup::Shared;
pub use tls::tls;

/// Serves one client, which called at `local`. `admitted` is false if the server has no place for it, which it is told. `stop` sends a
/// waiting client home, `kill` any client.
pub async fn serve<S: Stream>(
    socket: S,
    peer: SocketAddr,
    local: Option<SocketAddr>,
    shared: Arc<Shared>,
    admitted: bool,
    stop: CancellationToken,
    kill: CancellationToken,
) {
    // What ends this client alone, and any client.
    let kill = kill.child_token();
    let waiting = shared.pending.enter(peer.ip());
    let admitted = admitted && waiting.is_some();
    let socket = Socket::new(Transport::Plain(socket), kill.clone());
    let startup = Startup {
        socket,
        shared: &shared,
        peer,
        local,
        admitted,
        kill: kill.clone(),
        attempt: None,
    };
    let entered = Box::pin(startup.run(&stop)).await;
    drop(waiting);
    let Some(entered) = entered else { return };
    let message_bytes = shared.limits.message_bytes;
    Box::pin(Conversation::new(entered, message_bytes, stop, kill).run()).await;
}
