//! Location to object store: one client per bucket, with its credentials, retries and time-outs.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use datafusion::execution::runtime_env::RuntimeEnv;
use futures::StreamExt;
use object_store::aws::AmazonS3Builder;
use object_store::limit::LimitStore;
use object_store::local::LocalFileSystem;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};
use parking_lot::Mutex;

use super::location::Location;
use super::temporary::Temporary;
use crate::config::{Config, S3, Storage};
use crate::error::{Error, Result, SqlState};

/// The stores of the lake and of the locations allowed beside it.
pub struct Stores {
    lake: Location,
    allowed: Vec<(Location, S3)>,
    settings: Storage,
    temporary: Arc<Temporary>,
    /// By bucket and access key; the empty bucket is the local file system.
    open: Mutex<HashMap<(String, String), Arc<dyn ObjectStore>>>,
}

impl std::fmt::Debug for Stores {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stores").field("lake", &self.lake).finish_non_exhaustive()
    }
}

impl Stores {
    pub fn new(config: &Config) -> Result<Arc<Stores>> {
        let lake = Location::parse(&config.server.lake)?;
        let mut allowed = vec![(lake.clone(), config.storage.s3.clone())];
        for location in &config.locations {
            allowed.push((Location::parse(&location.url)?, location.s3.clone()));
        }
        if lake.is_local() {
            std::fs::create_dir_all(format!("/{}", lake.path())).map_err(|e| {
                Error::storage(format!("could not create the lake's folder {lake}: {e}"))
                    .hint("Choose another folder with --lake, or change its permissions.")
            })?;
        }
        let settings = config.storage.clone();
        let temporary = Arc::new(Temporary::open(config));
        Ok(Arc::new(Stores { lake, allowed, settings, temporary, open: Mutex::default() }))
    }

    pub fn lake(&self) -> &Location {
        &self.lake
    }

    pub fn temporary(&self) -> &Arc<Temporary> {
        &self.temporary
    }

    /// Where a relation of the catalog says that its rows lie.
    pub fn place(&self, text: &str) -> Result<Location> {
        match text.strip_prefix(Location::TEMPORARY) {
            Some(below) => Location::temporary(below),
            None => self.lake.resolve(text),
        }
    }

    /// Whether tables may lie there: inside the lake or a location of the config.
    pub fn is_allowed(&self, location: &Location) -> bool {
        self.allowed.iter().any(|(allowed, _)| allowed.contains(location))
    }

    /// The client for a location, rooted at its bucket (or at `/`).
    pub fn open(&self, location: &Location) -> Result<Arc<dyn ObjectStore>> {
        if location.is_temporary() {
            return self.temporary.store();
        }
        let credentials = self.credentials(location)?;
        let key = (location.bucket().to_owned(), credentials.access_key_id.clone());
        if let Some(store) = self.open.lock().get(&key) {
            return Ok(Arc::clone(store));
        }
        let store: Arc<dyn ObjectStore> = match location.is_local() {
            true => Arc::new(LocalFileSystem::new()),
            false => self.s3(location, credentials)?,
        };
        self.open.lock().insert(key, Arc::clone(&store));
        Ok(store)
    }

    /// The most exact prefix decides.
    fn credentials(&self, location: &Location) -> Result<&S3> {
        self.allowed
            .iter()
            .filter(|(allowed, _)| allowed.contains(location))
            .max_by_key(|(allowed, _)| allowed.path().parts().count())
            .map(|(_, credentials)| credentials)
            .ok_or_else(|| {
                Error::not_allowed(format!("location \"{location}\" is outside of the lake"))
                    .detail(format!("The lake is at {}.", self.lake))
                    .hint("A location elsewhere must be listed under [[locations]] in the config.")
            })
    }

    fn s3(&self, location: &Location, s3: &S3) -> Result<Arc<dyn ObjectStore>> {
        let settings = &self.settings;
        let retry = RetryConfig {
            max_retries: settings.retries,
            retry_timeout: Duration::from_millis(settings.retry_ms),
            backoff: BackoffConfig::default(),
        };
        let client = ClientOptions::new()
            .with_timeout(Duration::from_millis(settings.request_ms))
            .with_connect_timeout(Duration::from_millis(settings.connect_ms))
            .with_allow_http(s3.allow_http);
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(location.bucket())
            .with_retry(retry)
            .with_client_options(client)
            .with_virtual_hosted_style_request(!s3.path_style && s3.endpoint.is_empty());
        if !s3.endpoint.is_empty() {
            builder = builder.with_endpoint(&s3.endpoint);
        }
        if !s3.region.is_empty() {
            builder = builder.with_region(&s3.region);
        }
        if !s3.access_key_id.is_empty() {
            builder = builder
                .with_access_key_id(&s3.access_key_id)
                .with_secret_access_key(&s3.secret_access_key);
        }
        if !s3.session_token.is_empty() {
            builder = builder.with_token(&s3.session_token);
        }
        if s3.unsigned {
            builder = builder.with_skip_signature(true);
        }
        let store = builder.build().map_err(|e| failure(location, e))?;
        Ok(Arc::new(LimitStore::new(store, settings.requests)))
    }

    /// Makes a location's store known to the engine. No other store is reachable from there.
    pub fn register(&self, location: &Location, runtime: &RuntimeEnv) -> Result<()> {
        runtime.register_object_store(&location.root_url(), self.open(location)?);
        Ok(())
    }

    /// One cheap request: is it there, may we read it?
    pub async fn check(&self, location: &Location) -> Result<()> {
        let store = self.open(location)?;
        match store.list(Some(location.path())).next().await {
            None | Some(Ok(_) | Err(object_store::Error::NotFound { .. })) => Ok(()),
            Some(Err(e)) => Err(failure(location, e)),
        }
    }
}

/// What went wrong at a location, and what to do about it.
pub fn failure(location: &Location, e: object_store::Error) -> Error {
    use object_store::Error as Store;
    let text = e.to_string();
    let refused = ["InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "403", "401"];
    let (message, hint) = match &e {
        _ if text.contains("NoSuchBucket") => (
            format!("bucket \"{}\" does not exist", location.bucket()),
            "Create the bucket, or correct the location.",
        ),
        Store::PermissionDenied { .. } | Store::Unauthenticated { .. } => (
            format!("the store refused access to {location}"),
            "Check the access key, its secret and its rights on the bucket.",
        ),
        _ if refused.iter().any(|word| text.contains(word)) => (
            format!("the store refused access to {location}"),
            "Check the access key, its secret and its rights on the bucket.",
        ),
        Store::NotFound { .. } => {
            (format!("{location} does not exist"), "Check the location; names are case-sensitive.")
        }
        _ if text.contains("error sending request") || text.contains("HTTP error") => (
            format!("could not reach the store of {location}"),
            "Check the endpoint, the region and the network.",
        ),
        _ => (format!("the store of {location} failed"), "The cause is in the detail."),
    };
    let state = match &e {
        Store::NotFound { .. } => SqlState::UNDEFINED_FILE,
        _ => SqlState::IO_ERROR,
    };
    // The whole chain of causes may name request headers; its first line does not.
    let detail = text.lines().next().unwrap_or_default().to_owned();
    Error::new(state, message).detail(detail).hint(hint).because(e)
}
