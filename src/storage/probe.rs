//! Is the store honest? Commits rest on "create only if absent" letting exactly one racing writer win; a
//! store that answers two puts in a row rightly may still let several win a race, so the probe races.

use std::fmt;
use std::sync::Arc;

use futures::future::join_all;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};

use super::location::Location;
use super::stores::failure;
use crate::error::Result;

const ROUNDS: usize = 3;
const WRITERS: usize = 24;

/// What the races gave: how many writers won in each round.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub winners: Vec<usize>,
}

impl Report {
    /// Exactly one in each round.
    pub fn is_honest(&self) -> bool {
        self.winners.iter().all(|n| *n == 1)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let winners: Vec<_> = self.winners.iter().map(usize::to_string).collect();
        write!(
            f,
            "{WRITERS} writers raced to create one object, {} times; winners: {}",
            self.winners.len(),
            winners.join(", ")
        )
    }
}

/// Races on scratch keys below `location` and removes them again.
pub async fn run(store: &Arc<dyn ObjectStore>, location: &Location) -> Result<Report> {
    // All rounds at once, each on a key of its own: a store that makes rivals wait does so for one round's time.
    let rounds = (0..ROUNDS).map(|_| async {
        let name = format!("probe-{}", uuid::Uuid::new_v4());
        let path = location.path().clone().join("_lakewire").join(name);
        let won = race(store, &path, location).await;
        // Left-over scratch objects are harmless.
        let _ = store.delete(&path).await;
        won
    });
    let winners = join_all(rounds).await.into_iter().collect::<Result<_>>()?;
    Ok(Report { winners })
}

async fn race(store: &Arc<dyn ObjectStore>, path: &Path, location: &Location) -> Result<usize> {
    let puts = (0..WRITERS).map(|n| {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        store.put_opts(path, PutPayload::from(n.to_string().into_bytes()), options)
    });
    let mut winners = 0;
    for outcome in join_all(puts).await {
        match outcome {
            Ok(_) => winners += 1,
            Err(object_store::Error::AlreadyExists { .. }) => {}
            Err(e) => return Err(failure(location, e)),
        }
    }
    // A lost reply makes a winner look like a loser; the object's being there shows that somebody won.
    if winners == 0 && store.head(path).await.is_ok() {
        winners = 1;
    }
    Ok(winners)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_local_folder_is_honest() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::parse(folder.path().to_str().unwrap()).unwrap();
        let store: Arc<dyn ObjectStore> = Arc::new(object_store::local::LocalFileSystem::new());
        let report = run(&store, &location).await.unwrap();
        assert!(report.is_honest(), "{report}");
        assert!(!Report { winners: vec![1, 2, 1] }.is_honest());
    }
}
