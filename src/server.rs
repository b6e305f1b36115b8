//! Builds the parts, once; accepts, limits and drains connections. Listener and stop signal are arguments.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::audit;
use crate::catalog::acl::{Acl, Privileges};
use crate::catalog::change::Change;
use crate::catalog::name::{
    INFORMATION_SCHEMA, LAKE_SCHEMA, PG_CATALOG, PUBLIC, PUBLIC_SCHEMA, RoleId, SUPERUSER, SchemaId,
};
use crate::catalog::relation::Schema;
use crate::catalog::role::{DATABASE_OWNER, Role};
use crate::catalog::snapshot::Snapshot;
use crate::catalog::store::Catalog;
use crate::catalog::verifier;
use crate::config::Config;
use crate::engine::{Engine, tables};
use crate::error::{Error, Result, SqlState};
use crate::session::Gate;
use crate::storage::probe;
use crate::storage::stores::Stores;
use crate::wire;

/// Where the password of the first superuser is taken from.
pub const PASSWORD_VARIABLE: &str = "LAKEWIRE_SUPERUSER_PASSWORD";
/// How many ports after the wanted one are tried.
const PORTS_TRIED: u16 = 50;

/// The audit log gets at least this long for its last batch.
const AUDIT_CLOSE_MIN: Duration = Duration::from_secs(5);

/// A server that is ready to accept.
pub struct Server {
    gate: Arc<Gate>,
    engine: Arc<Engine>,
    catalog: Arc<Catalog>,
    config: Arc<Config>,
    /// The password made for the first superuser; shown once and kept nowhere.
    pub generated_password: Option<String>,
    compute: Option<tokio::runtime::Runtime>,
}

/// The computing threads must not be waited for where nothing may block.
impl Drop for Server {
    fn drop(&mut self) {
        if let Some(compute) = self.compute.take() {
            compute.shutdown_background();
        }
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("config", &self.config.server).finish_non_exhaustive()
    }
}

impl Server {
    /// Opens the lake; the first start makes the superuser, with `password` or one of its own making.
    pub async fn open(config: Config, password: Option<String>) -> Result<Server> {
        let config = Arc::new(config);
        let stores = Stores::new(&config)?;
        let lake = stores.lake().clone();
        stores.check(&lake).await?;
        let store = stores.open(&lake)?;
        let report = probe::run(&store, &lake).await?;
        if !report.is_honest() {
            tracing::error!(%lake, %report, "the store lets several writers create one object; serving read-only");
        }
        let root = lake.path().clone().join("_lakewire").join("catalog");
        let catalog =
            Catalog::open(store, root, config.catalog.clone(), report.is_honest()).await?;
        let catalog = Arc::new(catalog);
        let generated_password = first_start(&catalog, password).await?;
        let compute = compute_threads(&config)?;
        let handle = compute.handle().clone();
        let engine = Arc::new(Engine::new(&config, Arc::clone(&catalog), stores, handle)?);
        let recorder = audit::open(&config.audit, &catalog, &engine.stores, &engine.deltas).await?;
        let gate = Arc::new(Gate::new(Arc::clone(&engine), recorder));
        Ok(Server { gate, engine, catalog, config, generated_password, compute: Some(compute) })
    }

    pub fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// Serves until `stop`, then lets running statements finish within the limit and cancels the rest.
    pub async fn serve(&self, listener: TcpListener, stop: CancellationToken) -> Result<()> {
        self.config.login.check_listener(address_of(&listener)?.ip())?;
        let shared = Arc::new(wire::Shared::new(&self.config, Arc::clone(&self.gate))?);
        let follower = tokio::spawn(Arc::clone(&self.catalog).follow(stop.clone()));
        let sweeper = tokio::spawn(tables::sweep(Arc::clone(&self.engine), stop.clone()));
        let tracker = TaskTracker::new();
        let kill = CancellationToken::new();
        let places = Arc::new(tokio::sync::Semaphore::new(self.config.limits.connections));
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = listener.accept() => accepted,
            };
            let (socket, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(e) => {
                    // Out of file handles, most likely: others must end before it can be better.
                    tracing::warn!(error = %e, "could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let place = Arc::clone(&places).try_acquire_owned().ok();
            let (shared, stop, kill) = (Arc::clone(&shared), stop.clone(), kill.clone());
            tracker.spawn(async move {
                // A reply that waits for more to send costs tens of milliseconds each time.
                let _ = socket.set_nodelay(true);
                let (local, admitted) = (socket.local_addr().ok(), place.is_some());
                Box::pin(wire::serve(socket, peer, local, shared, admitted, stop, kill)).await;
                drop(place);
            });
        }
        drop(listener);
        tracker.close();
        let limit = Duration::from_millis(self.config.server.drain_ms);
        if tokio::time::timeout(limit, tracker.wait()).await.is_err() {
            tracing::warn!("cancelling statements that did not finish in time");
            kill.cancel();
            let _ = tokio::time::timeout(Duration::from_secs(5), tracker.wait()).await;
        }
        self.gate.recorder().close(limit.max(AUDIT_CLOSE_MIN)).await;
        follower.abort();
        sweeper.abort();
        Ok(())
    }
}

/// Opens the lake and serves it: what tests and simple callers need.
pub async fn run(config: Config, listener: TcpListener, stop: CancellationToken) -> Result<()> {
    let server = Server::open(config, std::env::var(PASSWORD_VARIABLE).ok()).await?;
    server.serve(listener, stop).await
}

/// The wanted address, or with `next_free_port` the next that is free.
pub async fn listen(config: &Config) -> Result<TcpListener> {
    let wanted = config.listen_address()?;
    config.login.check_listener(wanted.ip())?;
    let tried = if config.server.next_free_port { PORTS_TRIED } else { 0 };
    let mut last = None;
    for offset in 0..=tried {
        let Some(port) = wanted.port().checked_add(offset) else { break };
        match TcpListener::bind(SocketAddr::new(wanted.ip(), port)).await {
            Ok(listener) => return Ok(listener),
            Err(e) if e.kind() == std::io::ErrorKind::AddrInUse => last = Some(e),
            Err(e) => {
                last = Some(e);
                break;
            }
        }
    }
    let cause = last.map(|e| e.to_string()).unwrap_or_default();
    Err(Error::new(SqlState::CANNOT_CONNECT_NOW, format!("could not listen on {wanted}: {cause}"))
        .hint("Choose another address with --listen HOST:PORT."))
}

fn address_of(listener: &TcpListener) -> Result<SocketAddr> {
    listener.local_addr().map_err(|e| Error::config(format!("the listener has no address: {e}")))
}

fn compute_threads(config: &Config) -> Result<tokio::runtime::Runtime> {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = if config.engine.threads == 0 { cores } else { config.engine.threads };
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .thread_name("compute")
        // Plans nest deeply in debug builds.
        .thread_stack_size(16 << 20)
        .enable_all()
        .build()
        .map_err(|e| Error::config(format!("could not start threads: {e}")))
}

/// On an empty catalog: the superuser and the schemas that every database has. Gives the password if it made one.
async fn first_start(catalog: &Catalog, password: Option<String>) -> Result<Option<String>> {
    let snapshot = catalog.snapshot();
    if snapshot.version() > 0 {
        return Ok(None);
    }
    let generated = match &password {
        Some(_) => None,
        None => Some(new_password()),
    };
    let chosen = password.as_deref().or(generated.as_deref()).unwrap_or_default();
    let changes = bootstrap(&verifier::make(chosen)?);
    match catalog.commit(&snapshot, "first start", changes).await {
        Ok(_) => Ok(generated),
        // Another server was first; its superuser is the one.
        Err(e) if e.retryable() => Ok(None),
        Err(e) => Err(e),
    }
}

fn new_password() -> String {
    const LETTERS: &[u8] = b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    (0..20).map(|_| char::from(LETTERS[rand::random_range(0..LETTERS.len())])).collect()
}

/// What PostgreSQL's `initdb` leaves: in `public` everybody may look, nobody but its owner may create.
fn bootstrap(verifier: &str) -> Vec<Change> {
    let schema = |id: SchemaId, name: &str, owner: RoleId, comment: &str| {
        let mut acl = Acl::owned(owner, Privileges::ALL_SCHEMA);
        acl.grant(PUBLIC, owner, Privileges::USAGE, Privileges::NONE);
        Change::PutSchema(Schema {
            id,
            name: name.to_owned(),
            owner,
            location: None,
            acl: Some(acl),
            comment: (!comment.is_empty()).then(|| comment.to_owned()),
            revision: 0,
        })
    };
    debug_assert_eq!(Snapshot::default().version(), 0);
    vec![
        Change::PutRole(Role::bootstrap(verifier.to_owned())),
        schema(PG_CATALOG, "pg_catalog", SUPERUSER, "system catalog schema"),
        schema(INFORMATION_SCHEMA, "information_schema", SUPERUSER, ""),
        schema(LAKE_SCHEMA, "lake", SUPERUSER, "what lakewire shows of itself"),
        schema(PUBLIC_SCHEMA, "public", DATABASE_OWNER, "standard public schema"),
    ]
}

/// Is a lakewire, or anything that speaks the protocol, answering there? For health checks.
pub async fn ping(address: &str) -> Result<()> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    const TIMEOUT: Duration = Duration::from_secs(2);
    /// SSLRequest: every server answers it with one byte before anything else.
    const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
    let ask = async {
        let mut socket = TcpStream::connect(address).await?;
        socket.write_all(&SSL_REQUEST).await?;
        socket.read_u8().await
    };
    match tokio::time::timeout(TIMEOUT, ask).await {
        Ok(Ok(b'S' | b'N')) => Ok(()),
        Ok(Ok(_)) => Err(Error::protocol(format!("{address} does not speak the protocol"))),
        Ok(Err(e)) => Err(Error::new(SqlState::CONNECTION_FAILURE, format!("{address}: {e}"))),
        Err(_) => Err(Error::new(SqlState::CONNECTION_FAILURE, format!("{address}: no answer"))),
    }
}
