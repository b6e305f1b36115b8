//! A real server in the test process, on a port of its own, over a folder or over the S3 server.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use lakewire::config::{Config, Location, S3};
use lakewire::error::Result;
use tokio::net::TcpListener;
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;

use super::s3::{ACCESS_KEY_ID, BUCKET, S3Server, SECRET_ACCESS_KEY};
use super::slt::Target;

pub const PASSWORD: &str = "postgres";

/// Where the lake lies. It ends with the last one who holds it, so a server can be started on it again.
#[derive(Clone)]
pub enum Store {
    Folder(Arc<tempfile::TempDir>),
    S3(Arc<S3Server>),
}

impl Store {
    pub fn folder() -> Store {
        Store::Folder(Arc::new(tempfile::tempdir().expect("a temporary folder can be made")))
    }

    pub async fn s3() -> Store {
        Store::S3(Arc::new(S3Server::start().await))
    }

    /// As `server.lake` names it.
    pub fn url(&self) -> String {
        match self {
            Store::Folder(folder) => folder.path().join("lake").display().to_string(),
            Store::S3(_) => format!("s3://{BUCKET}/lake"),
        }
    }

    /// Puts a file into the lake behind the server's back, as another program would.
    pub fn put(&self, path: &str, body: &[u8]) {
        match self {
            Store::Folder(folder) => {
                let file = folder.path().join("lake").join(path);
                std::fs::create_dir_all(file.parent().expect("below the lake")).expect("a folder");
                std::fs::write(file, body).expect("the temporary folder can be written");
            }
            Store::S3(server) => server.put(&format!("lake/{path}"), body.to_vec()),
        }
    }

    /// Puts each file below a folder into the lake, under `prefix`.
    pub fn put_folder(&self, prefix: &str, folder: &Path) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries {
            let path = entry.expect("a folder entry can be read").path();
            let name = path.file_name().expect("it has a name").to_string_lossy().into_owned();
            let below = format!("{prefix}/{name}");
            if path.is_dir() {
                self.put_folder(&below, &path);
            } else {
                self.put(&below, &std::fs::read(&path).expect("a file of the repository"));
            }
        }
    }

    /// A config for one server on this store: small, quick to notice changes, one thread.
    pub fn config(&self) -> Config {
        let mut config = Config::default();
        config.server.lake = self.url();
        config.server.listen = "127.0.0.1:0".to_owned();
        config.server.drain_ms = 1_000;
        config.catalog.poll_ms = 100;
        config.storage.refresh_ms = 100;
        config.engine.memory_bytes = 512 << 20;
        config.engine.threads = 2;
        config.locations.push(Location { url: data().display().to_string(), s3: S3::default() });
        if let Store::S3(server) = self {
            config.storage.s3 = credentials(server);
        }
        config
    }
}

pub fn credentials(server: &S3Server) -> S3 {
    S3 {
        endpoint: server.endpoint(),
        region: "us-east-1".to_owned(),
        access_key_id: ACCESS_KEY_ID.to_owned(),
        secret_access_key: SECRET_ACCESS_KEY.to_owned(),
        path_style: true,
        allow_http: true,
        ..S3::default()
    }
}

/// The repository's data folder.
pub fn data() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// Runs a test on threads with stacks like the program's own.
pub fn block_on<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(8 << 20)
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(test)
}

/// A running server. Dropped without `stop`, it ends with the test's runtime.
pub struct Server {
    pub address: SocketAddr,
    pub store: Store,
    stop: CancellationToken,
    served: tokio::task::JoinHandle<Result<()>>,
}

impl Server {
    pub async fn start(store: Store) -> Server {
        Server::start_with(store, |_| {}).await
    }

    /// Starts a server with a config of the test's own making.
    pub async fn start_with(store: Store, change: impl FnOnce(&mut Config)) -> Server {
        Server::try_start(store, change).await.expect("the server starts")
    }

    pub async fn try_start(store: Store, change: impl FnOnce(&mut Config)) -> Result<Server> {
        // The second installation in one process is refused, and that is fine.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        start_log();
        let mut config = store.config();
        change(&mut config);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let opened = lakewire::server::Server::open(config, Some(PASSWORD.to_owned()));
        let server = Box::pin(opened).await?;
        let stop = CancellationToken::new();
        let told = stop.clone();
        let served = tokio::spawn(async move { Box::pin(server.serve(listener, told)).await });
        Ok(Server { address, store, stop, served })
    }

    /// Drains, as after a stop signal.
    pub async fn stop(self) {
        self.stop.cancel();
        let served = tokio::time::timeout(std::time::Duration::from_secs(20), self.served).await;
        served.expect("the server drains in time").expect("no panic").expect("no error");
    }

    /// How serving ended, where it ends by itself.
    pub async fn outcome(self) -> Result<()> {
        let served = tokio::time::timeout(std::time::Duration::from_secs(10), self.served).await;
        served.expect("it ends by itself").expect("no panic")
    }

    /// Ends at once and tells nobody: open statements are simply gone.
    pub async fn kill(self) {
        self.served.abort();
        let _ = self.served.await;
    }

    pub fn target(&self) -> Target {
        let data = data().display().to_string();
        Target {
            host: self.address.ip().to_string(),
            port: self.address.port(),
            database: "lake".to_owned(),
            superuser: "postgres".to_owned(),
            password: PASSWORD.to_owned(),
            engine: "lakewire".to_owned(),
            variables: vec![("lake".to_owned(), self.store.url()), ("data".to_owned(), data)],
        }
    }

    pub async fn superuser(&self) -> Client {
        self.target().connect(None).await.expect("the superuser may log in")
    }

    /// A session of a role whose password is its name.
    pub async fn as_role(&self, name: &str) -> Client {
        self.target().connect(Some(name)).await.expect("the role may log in")
    }
}

/// `LAKEWIRE_TEST_LOG=debug cargo test …` shows what the servers say.
pub fn start_log() {
    if let Ok(level) = std::env::var("LAKEWIRE_TEST_LOG") {
        let _ = tracing_subscriber::fmt()
            .with_env_filter(level)
            .with_writer(std::io::stderr)
            .try_init();
    }
}

/// The SQLSTATE that a statement failed with.
pub fn state<T>(outcome: Result<T, tokio_postgres::Error>) -> String {
    match outcome {
        Ok(_) => "00000".to_owned(),
        Err(error) => match error.code() {
            Some(code) => code.code().to_owned(),
            None => format!("connection: {error:?}"),
        },
    }
}

/// The first column of each row, as text.
pub async fn column(client: &Client, sql: &str) -> Vec<String> {
    first_column(client.simple_query(sql).await.unwrap_or_else(|e| panic!("{sql}: {e:?}")))
}

/// The first column of the rows among a simple query's messages.
pub fn first_column(messages: Vec<tokio_postgres::SimpleQueryMessage>) -> Vec<String> {
    messages
        .into_iter()
        .filter_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => {
                Some(row.get(0).unwrap_or("NULL").to_owned())
            }
            _ => None,
        })
        .collect()
}

/// The one value that a query answers with, as text.
pub async fn value(client: &Client, sql: &str) -> String {
    let mut rows = column(client, sql).await;
    assert_eq!(rows.len(), 1, "{sql} answers one row");
    rows.remove(0)
}
