//! The versions at which a transaction reads its tables: whoever opens one first says which. Transactions that read the
//! same snapshot have them in common.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::delta::TableVersion;
use super::location::Location;

#[derive(Debug, Default)]
pub struct Pins(Mutex<HashMap<Location, Arc<TableVersion>>>);

impl Pins {
    pub fn get(&self, location: &Location) -> Option<Arc<TableVersion>> {
        self.0.lock().get(location).cloned()
    }

    /// The version that counts: this one, if there is none yet.
    pub fn pin(&self, location: &Location, version: Arc<TableVersion>) -> Arc<TableVersion> {
        Arc::clone(self.0.lock().entry(location.clone()).or_insert(version))
    }

    pub fn remove(&self, location: &Location) {
        self.0.lock().remove(location);
    }
}
