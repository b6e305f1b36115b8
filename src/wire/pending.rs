//! Connections that are not logged in yet, counted by where they come from: one address must not take every place
//! there is with clients that never say who they are.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;

/// Bounded by the connections there are: an address with none is not kept.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
    most: usize,
}

/// Gives its place back when it is dropped: with the login, or with the connection.
#[derive(Debug)]
pub(super) struct Waiting {
    address: IpAddr,
    pending: Pending,
}

impl Pending {
    pub(super) fn new(most: usize) -> Pending {
        Pending { counts: Arc::default(), most }
    }

    /// None if this address has its share already.
    pub(super) fn enter(&self, address: IpAddr) -> Option<Waiting> {
        let address = address.to_canonical();
        let mut counts = self.counts.lock();
        let count = counts.entry(address).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Waiting { address, pending: self.clone() })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut counts = self.pending.counts.lock();
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_its_share_and_gives_it_back() {
        let pending = Pending::new(2);
        let (here, there): (IpAddr, IpAddr) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let first = pending.enter(here).unwrap();
        let _second = pending.enter("::ffff:10.0.0.1".parse().unwrap()).unwrap();
        assert!(pending.enter(here).is_none());
        drop(pending.enter(there).unwrap());
        drop(first);
        let again = pending.enter(here);
        assert!(again.is_some());
        assert_eq!(pending.counts.lock().len(), 1, "who has none is forgotten");
    }
}
