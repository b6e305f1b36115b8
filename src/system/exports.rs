//! Snapshots that transactions lend to others of their role by name, until they end (`pg_export_snapshot`).

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::catalog::name::RoleId;
use crate::catalog::snapshot::Snapshot;
use crate::storage::pins::Pins;

/// So many a server keeps.
const LENT_MAX: usize = 10_000;

/// What a transaction sees: the catalog, and each table at one version.
#[derive(Clone, Debug)]
pub struct View {
    pub snapshot: Arc<Snapshot>,
    pub pins: Arc<Pins>,
}

/// One server's; another one knows none of them.
#[derive(Debug, Default)]
pub struct Exports(Mutex<Lent>);

#[derive(Debug, Default)]
struct Lent {
    count: u64,
    /// By name, with the session that lends and who logged in there.
    views: BTreeMap<String, (i32, RoleId, View)>,
}

impl Exports {
    /// The name under which others find it; None where too many are lent.
    pub fn lend(&self, pid: i32, role: RoleId, view: View) -> Option<String> {
        let mut lent = self.0.lock();
        if lent.views.len() >= LENT_MAX {
            return None;
        }
        lent.count += 1;
        let name = format!("{pid:08X}-{:08X}-1", lent.count);
        lent.views.insert(name.clone(), (pid, role, view));
        Some(name)
    }

    /// What a role's other session has lent under a name.
    pub fn lent(&self, name: &str, role: RoleId) -> Option<View> {
        let lent = self.0.lock();
        lent.views.get(name).filter(|(_, by, _)| *by == role).map(|(_, _, view)| view.clone())
    }

    /// A session's transaction has ended.
    pub fn end(&self, pid: i32) {
        self.0.lock().views.retain(|_, (by, _, _)| *by != pid);
    }
}
