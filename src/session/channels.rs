//! LISTEN, UNLISTEN, NOTIFY: parts of a transaction that come true with its commit.

use std::sync::Arc;

use super::execute::Session;
use crate::engine::reply::Reply;
use crate::error::Result;
use crate::system::channels::{Letter, Mailbox, Wanted};

impl Session {
    pub(super) async fn listen(&mut self, channel: &str) -> Result<Reply> {
        self.ensure_transaction().await;
        self.surroundings.own.pending.lock().want(Wanted::Listen(channel.into()))?;
        Ok(Reply::done("LISTEN"))
    }

    /// Without a channel, all of them.
    pub(super) async fn unlisten(&mut self, channel: Option<&str>) -> Result<Reply> {
        self.ensure_transaction().await;
        let wanted = channel.map_or(Wanted::UnlistenAll, |name| Wanted::Unlisten(name.into()));
        self.surroundings.own.pending.lock().want(wanted)?;
        Ok(Reply::done("UNLISTEN"))
    }

    pub(super) async fn notify(&mut self, channel: &str, payload: &str) -> Result<Reply> {
        self.ensure_transaction().await;
        self.surroundings.own.pending.lock().say(channel, payload)?;
        Ok(Reply::done("NOTIFY"))
    }

    /// Where letters for this session arrive; the client may have them between transactions.
    pub fn mailbox(&self) -> &Arc<Mailbox> {
        &self.surroundings.own.mailbox
    }

    pub fn letters(&self) -> Vec<Letter> {
        self.mailbox().take()
    }

    /// Whether the transaction's words could be delivered now.
    pub(super) fn check_channels(&self) -> Result<()> {
        let own = &self.surroundings.own;
        own.pending.lock().check(self.pid, &own.channels)
    }

    pub(super) fn publish(&self) {
        let own = &self.surroundings.own;
        own.pending.lock().publish(self.pid, &own.mailbox, &own.channels);
    }
}
