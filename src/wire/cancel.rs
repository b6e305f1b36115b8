//! Backend keys to cancellation tokens: how a second connection stops what a first one runs.

use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

/// The key that protocol 3.0 has room for.
const SHORT: usize = 4;
/// The key of protocol 3.2.
const LONG: usize = 32;

/// All connections of a server that can be cancelled.
#[derive(Default)]
pub(super) struct Keys {
    entries: Mutex<HashMap<i32, Entry>>,
}

struct Entry {
    secret: Vec<u8>,
    /// Of the message that is being worked on; none between messages, so that a request that comes
    /// late does not hit the next one.
    token: Option<CancellationToken>,
}

impl Keys {
    pub(super) fn register(self: &Arc<Self>, pid: i32, long: bool) -> Key {
        let mut secret = vec![0; if long { LONG } else { SHORT }];
        rand::fill(secret.as_mut_slice());
        let entry = Entry { secret: secret.clone(), token: None };
        self.entries.lock().insert(pid, entry);
        Key { keys: Arc::clone(self), pid, secret }
    }

    /// Cancels what runs under this key. A wrong key does nothing and is not told apart.
    pub(super) fn cancel(&self, pid: i32, secret: &[u8]) {
        let entries = self.entries.lock();
        let Some(entry) = entries.get(&pid) else { return };
        if verify_slices_are_equal(&entry.secret, secret).is_ok()
            && let Some(token) = &entry.token
        {
            token.cancel();
        }
    }
}

/// One connection's key; given back when dropped.
pub(super) struct Key {
    keys: Arc<Keys>,
    pub(super) pid: i32,
    pub(super) secret: Vec<u8>,
}

impl Key {
    pub(super) fn set(&self, token: Option<CancellationToken>) {
        if let Some(entry) = self.keys.entries.lock().get_mut(&self.pid) {
            entry.token = token;
        }
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.keys.entries.lock().remove(&self.pid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_key_cancels_and_only_while_something_runs() {
        let keys = Arc::new(Keys::default());
        let key = keys.register(7, false);
        let token = CancellationToken::new();
        keys.cancel(7, &key.secret);
        key.set(Some(token.clone()));
        keys.cancel(7, &[]);
        keys.cancel(8, &key.secret);
        keys.cancel(7, &[key.secret[0] ^ 1, key.secret[1], key.secret[2], key.secret[3]]);
        assert!(!token.is_cancelled());
        keys.cancel(7, &key.secret);
        assert!(token.is_cancelled());
        drop(key);
        assert!(keys.entries.lock().is_empty());
        assert_eq!(keys.register(9, true).secret.len(), LONG);
    }
}
