//! LISTEN and NOTIFY among the sessions of one server: who listens to what, and what waits for whom.
//!
//! A transaction's wishes are kept with its session until it commits; then they go to the mailboxes of those who
//! listen, in one piece. Sessions of other servers hear nothing of them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::error::{Error, Result, SqlState};

/// PostgreSQL's bounds, in bytes.
const CHANNEL_BYTES: usize = 64;
const PAYLOAD_BYTES: usize = 8_000;
/// What may wait for one listener.
const MAILBOX_BYTES: usize = 16 << 20;
/// So many channels one session may listen to.
const CHANNELS_MAX: usize = 10_000;

/// A word to those who listen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Word {
    pub channel: Arc<str>,
    pub payload: Arc<str>,
}

/// One that has arrived, with the session that sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub from: i32,
    pub word: Word,
}

/// What a transaction wants of channels.
#[derive(Clone, Debug)]
pub enum Wanted {
    Listen(Arc<str>),
    Unlisten(Arc<str>),
    UnlistenAll,
}

/// Where letters wait for one session.
#[derive(Debug, Default)]
pub struct Mailbox {
    waiting: Mutex<(VecDeque<Letter>, usize)>,
    news: Notify,
}

impl Mailbox {
    pub fn take(&self) -> Vec<Letter> {
        let mut waiting = self.waiting.lock();
        waiting.1 = 0;
        waiting.0.drain(..).collect()
    }

    /// Comes back when there may be letters.
    pub async fn news(&self) {
        let news = self.news.notified();
        if self.waiting.lock().0.is_empty() {
            news.await;
        }
    }

    fn put(&self, letters: impl Iterator<Item = Letter>) {
        let mut waiting = self.waiting.lock();
        for letter in letters {
            waiting.1 += size(&letter.word);
            waiting.0.push_back(letter);
        }
        drop(waiting);
        self.news.notify_one();
    }

    fn filling(&self) -> usize {
        self.waiting.lock().1
    }
}

fn size(word: &Word) -> usize {
    word.channel.len() + word.payload.len() + 64
}

/// All channels of a server.
#[derive(Debug, Default)]
pub struct Channels {
    listeners: Mutex<BTreeMap<i32, Listener>>,
}

#[derive(Debug, Default)]
struct Listener {
    channels: BTreeSet<Arc<str>>,
    mailbox: Arc<Mailbox>,
}

impl Channels {
    /// What a session listens to.
    pub fn of(&self, pid: i32) -> Vec<Arc<str>> {
        let listeners = self.listeners.lock();
        listeners.get(&pid).map(|l| l.channels.iter().cloned().collect()).unwrap_or_default()
    }

    /// How full the fullest mailbox is.
    pub fn filling(&self) -> f64 {
        let listeners = self.listeners.lock();
        let most = listeners.values().map(|l| l.mailbox.filling()).max().unwrap_or(0);
        most as f64 / MAILBOX_BYTES as f64
    }

    pub fn leave(&self, pid: i32) {
        self.listeners.lock().remove(&pid);
    }

    fn change(&self, pid: i32, mailbox: &Arc<Mailbox>, wanted: &[Wanted]) {
        let mut listeners = self.listeners.lock();
        for want in wanted {
            match want {
                Wanted::Listen(channel) => {
                    let listener = listeners.entry(pid).or_insert_with(|| Listener {
                        mailbox: Arc::clone(mailbox),
                        ..Listener::default()
                    });
                    listener.channels.insert(Arc::clone(channel));
                }
                Wanted::Unlisten(channel) => {
                    if let Some(listener) = listeners.get_mut(&pid) {
                        listener.channels.remove(channel);
                    }
                }
                Wanted::UnlistenAll => {
                    listeners.remove(&pid);
                }
            }
        }
    }

    fn publish(&self, from: i32, words: &[Word]) {
        for listener in self.listeners.lock().values() {
            let heard = words.iter().filter(|word| listener.channels.contains(&word.channel));
            let letters: Vec<_> = heard.map(|word| Letter { from, word: word.clone() }).collect();
            if !letters.is_empty() {
                listener.mailbox.put(letters.into_iter());
            }
        }
    }

    fn has_room(&self, words: &[Word]) -> bool {
        self.listeners.lock().values().all(|listener| {
            let heard = words.iter().filter(|word| listener.channels.contains(&word.channel));
            let more: usize = heard.map(size).sum();
            more == 0 || listener.mailbox.filling() + more <= MAILBOX_BYTES
        })
    }
}

/// What a session's transaction has said and wants to hear, in the order of its statements.
#[derive(Debug, Default)]
pub struct Pending {
    words: Vec<Word>,
    known: BTreeSet<Word>,
    wanted: Vec<Wanted>,
    bytes: usize,
}

/// How much of it there was.
pub type Mark = (usize, usize);

impl Pending {
    pub fn mark(&self) -> Mark {
        (self.words.len(), self.wanted.len())
    }

    /// Forgets what came after a savepoint.
    pub fn back_to(&mut self, (words, wanted): Mark) {
        for word in self.words.drain(words.min(self.words.len())..) {
            self.known.remove(&word);
            self.bytes -= size(&word);
        }
        self.wanted.truncate(wanted);
    }

    /// Says a word, once a transaction.
    pub fn say(&mut self, channel: &str, payload: &str) -> Result<()> {
        let refused = |message: &str| Err(Error::invalid_parameter(message));
        if channel.is_empty() {
            return refused("channel name cannot be empty");
        }
        if channel.len() >= CHANNEL_BYTES {
            return refused("channel name too long");
        }
        if payload.len() >= PAYLOAD_BYTES {
            return refused("payload string too long");
        }
        let word = Word { channel: channel.into(), payload: payload.into() };
        if self.bytes + size(&word) > MAILBOX_BYTES {
            return Err(full());
        }
        if self.known.insert(word.clone()) {
            self.bytes += size(&word);
            self.words.push(word);
        }
        Ok(())
    }

    pub fn want(&mut self, wanted: Wanted) -> Result<()> {
        if self.wanted.len() >= CHANNELS_MAX {
            let message = format!("a session may listen to at most {CHANNELS_MAX} channels");
            return Err(Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, message));
        }
        self.wanted.push(wanted);
        Ok(())
    }

    /// Before the commit: an error once a listener has stopped to read.
    pub fn check(&self, pid: i32, channels: &Channels) -> Result<()> {
        let listened = channels.of(pid).len();
        if listened + self.wanted.len() > 2 * CHANNELS_MAX {
            let message = format!("a session may listen to at most {CHANNELS_MAX} channels");
            return Err(Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, message));
        }
        match self.words.is_empty() || channels.has_room(&self.words) {
            true => Ok(()),
            false => Err(full()),
        }
    }

    /// The transaction has committed. Who begins to listen in it hears what it says.
    pub fn publish(&mut self, pid: i32, mailbox: &Arc<Mailbox>, channels: &Channels) {
        let Pending { words, wanted, .. } = std::mem::take(self);
        if !wanted.is_empty() {
            channels.change(pid, mailbox, &wanted);
        }
        if !words.is_empty() {
            channels.publish(pid, &words);
        }
    }
}

fn full() -> Error {
    Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, "too many notifications in the NOTIFY queue")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_heard_once_a_transaction_by_those_who_listen() {
        let (channels, here, there) = (Channels::default(), Arc::default(), Arc::default());
        let mut pending = Pending::default();
        pending.want(Wanted::Listen("a".into())).unwrap();
        pending.publish(1, &here, &channels);
        pending.want(Wanted::Listen("b".into())).unwrap();
        pending.publish(2, &there, &channels);
        pending.say("a", "x").unwrap();
        let mark = pending.mark();
        pending.say("a", "lost").unwrap();
        pending.back_to(mark);
        pending.say("a", "x").unwrap();
        pending.say("a", "").unwrap();
        pending.publish(2, &there, &channels);
        let heard: Vec<_> = here.take().into_iter().map(|l| (l.from, l.word.payload)).collect();
        assert_eq!(heard, [(2, "x".into()), (2, "".into())]);
        assert!(there.take().is_empty());
        assert_eq!(pending.say("", "x").unwrap_err().state.code(), "22023");
        assert_eq!(pending.say("a", &"x".repeat(8_000)).unwrap_err().state.code(), "22023");
        channels.leave(1);
        assert!(channels.of(1).is_empty());
    }
}
