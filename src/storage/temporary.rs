//! Where the rows of temporary tables lie: a folder of this machine, bounded, gone with the session that made it.
//!
//! Each server has a folder of its own under the configured one, and a lock file beside it that it holds locked
//! while it lives. What a server finds there at its start whose lock nobody holds is left over from a crash.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use parking_lot::Mutex;

use super::location::Location;
use crate::config::Config;
use crate::error::{Error, Result, SqlState};

const PREFIX: &str = "lakewire-temporary-";
const LOCK: &str = ".lock";

/// The temporary folder of one server.
pub struct Temporary {
    parent: PathBuf,
    /// Made with the first table.
    own: Mutex<Option<Own>>,
    sessions: AtomicU64,
    budget: Arc<Budget>,
}

struct Own {
    folder: PathBuf,
    lock_path: PathBuf,
    store: Arc<dyn ObjectStore>,
    /// Locked as long as it is open.
    _lock: File,
}

impl std::fmt::Debug for Temporary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Temporary").field("parent", &self.parent).finish_non_exhaustive()
    }
}

/// How many bytes all temporary tables of a server may take.
#[derive(Debug)]
pub struct Budget {
    used: AtomicU64,
    bytes_max: u64,
}

impl Budget {
    /// Whether so many more bytes still fit.
    pub fn check(&self, more: u64) -> Result<()> {
        if self.used.load(Ordering::Relaxed).saturating_add(more) <= self.bytes_max {
            return Ok(());
        }
        let message = format!("temporary tables take more than {} bytes", self.bytes_max);
        Err(Error::new(SqlState::CONFIGURATION_LIMIT_EXCEEDED, message)
            .hint("Drop some, or raise engine.temporary_bytes_max."))
    }

    pub fn take(&self, bytes: u64) {
        self.used.fetch_add(bytes, Ordering::Relaxed);
    }

    pub fn give_back(&self, bytes: u64) {
        let less = |used: u64| Some(used.saturating_sub(bytes));
        // The closure always gives a value, so there is always one to store.
        let _ = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }
}

impl Temporary {
    /// Removes what servers that no longer run have left.
    pub fn open(config: &Config) -> Temporary {
        let parent = match config.engine.temporary_dir.as_str() {
            "" => std::env::temp_dir(),
            dir => PathBuf::from(dir),
        };
        clean(&parent);
        let bytes_max = config.engine.temporary_bytes_max;
        let budget = Arc::new(Budget { used: AtomicU64::new(0), bytes_max });
        Temporary { parent, own: Mutex::new(None), sessions: AtomicU64::new(0), budget }
    }

    pub fn budget(&self) -> Arc<Budget> {
        Arc::clone(&self.budget)
    }

    /// A folder for one session; it is made when a file is written to it.
    pub fn session(self: &Arc<Self>) -> SessionFolder {
        let number = self.sessions.fetch_add(1, Ordering::Relaxed);
        SessionFolder { number, temporary: Arc::clone(self) }
    }

    pub(super) fn store(&self) -> Result<Arc<dyn ObjectStore>> {
        let mut own = self.own.lock();
        if own.is_none() {
            *own = Some(Own::make(&self.parent).map_err(|e| {
                Error::storage(format!(
                    "could not make a folder for temporary tables in {}",
                    self.parent.display()
                ))
                .hint("Choose another folder with engine.temporary_dir.")
                .because(e)
            })?);
        }
        own.as_ref().map(|own| Arc::clone(&own.store)).ok_or_else(|| Error::internal("no folder"))
    }

    fn folder(&self) -> Option<PathBuf> {
        self.own.lock().as_ref().map(|own| own.folder.clone())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(own) = self.own.lock().take() {
            let _ = fs::remove_dir_all(&own.folder);
            let _ = fs::remove_file(&own.lock_path);
        }
    }
}

impl Own {
    fn make(parent: &Path) -> std::io::Result<Own> {
        fs::create_dir_all(parent)?;
        let name = format!("{PREFIX}{}", uuid::Uuid::new_v4().simple());
        let (folder, lock_path) = (parent.join(&name), parent.join(format!("{name}{LOCK}")));
        // Under its own name the lock file is never seen unlocked, so that no other server takes it for a dead one's.
        let new = parent.join(format!(".{name}"));
        let lock = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        lock.lock()?;
        fs::rename(&new, &lock_path)?;
        // The rows of tables that only some may read can lie here.
        DirBuilder::new().mode(0o700).create(&folder)?;
        let store = LocalFileSystem::new_with_prefix(&folder).map_err(std::io::Error::other)?;
        Ok(Own { folder, lock_path, store: Arc::new(store), _lock: lock })
    }
}

/// Best effort: what cannot be removed now is tried again at the next start.
fn clean(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|n| n.starts_with(PREFIX)) else { continue };
        let Some(folder) = name.strip_suffix(LOCK) else { continue };
        let Ok(lock) = OpenOptions::new().write(true).open(entry.path()) else { continue };
        if lock.try_lock().is_err() {
            continue;
        }
        let folder = parent.join(folder);
        let gone = fs::remove_dir_all(&folder);
        match gone {
            Ok(()) => {
                tracing::info!(folder = %folder.display(), "removed temporary tables left by a crash")
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => {
                tracing::warn!(error = %e, folder = %folder.display(), "could not remove temporary tables left by a crash");
                continue;
            }
        }
        let _ = fs::remove_file(entry.path());
    }
}

/// One session's part of the folder; its end removes it.
#[derive(Debug)]
pub struct SessionFolder {
    number: u64,
    temporary: Arc<Temporary>,
}

impl SessionFolder {
    /// As a relation of the catalog names the place of a new table.
    pub fn place(&self, oid: u32) -> String {
        format!("{}{}/{oid}", Location::TEMPORARY, self.number)
    }
}

impl Drop for SessionFolder {
    fn drop(&mut self) {
        let Some(folder) = self.temporary.folder() else { return };
        let folder = folder.join(self.number.to_string());
        let temporary = Arc::clone(&self.temporary);
        let remove = move || {
            let bytes = size(&folder);
            let _ = fs::remove_dir_all(&folder);
            temporary.budget.give_back(bytes);
        };
        // Removing many files takes a while, and the threads that answer sockets must not wait for it.
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(remove)),
            Err(_) => remove(),
        }
    }
}

fn size(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(found) if found.is_dir() => size(&entry.path()),
            Ok(found) => found.len(),
            Err(_) => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(parent: &Path) -> Vec<String> {
        let entries = fs::read_dir(parent).unwrap().flatten();
        entries.map(|e| e.file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn what_a_crash_left_goes_and_what_a_living_server_has_stays() {
        let parent = std::env::temp_dir().join(format!("clean-{}", uuid::Uuid::new_v4()));
        let living = Own::make(&parent).unwrap();
        let dead = Own::make(&parent).unwrap();
        let (folder, lock_path) = (dead.folder.clone(), dead.lock_path.clone());
        fs::write(folder.join("rows"), "x").unwrap();
        drop(dead);
        fs::write(parent.join("not-ours"), "x").unwrap();
        clean(&parent);
        assert!(!folder.exists() && !lock_path.exists());
        assert!(living.folder.exists() && living.lock_path.exists());
        assert!(names(&parent).contains(&"not-ours".to_owned()));
        drop(living);
        fs::remove_dir_all(&parent).unwrap();
    }
}
