//! Raw settings to checked [`Config`], once: defaults, then the file, then `LAKEWIRE_…` from the
//! environment, then flags. Plain data; `config/lakewire.toml` shows every setting with its default.

pub mod login;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use login::Login;

use crate::error::{Error, Result};

/// Everything a server is told before it starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub server: Server,
    pub tls: Tls,
    pub login: Login,
    pub limits: Limits,
    pub catalog: Catalog,
    pub storage: Storage,
    pub engine: Engine,
    pub write: Write,
    pub audit: Audit,
    pub log: Log,
    /// Locations outside the lake, each with its own credentials.
    pub locations: Vec<Location>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// A folder or `s3://bucket/prefix`.
    pub lake: String,
    pub listen: String,
    pub database: String,
    /// Take the next free port if the one in `listen` is taken.
    pub next_free_port: bool,
    /// How long running statements may go on after a stop signal.
    pub drain_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// PEM file with the certificate chain; empty means no TLS.
    pub certificate: String,
    /// PEM file with the private key.
    pub key: String,
    /// Refuse clients that do not use TLS.
    pub required: bool,
    /// PEM file with the authorities whose client certificates count; empty means that none is asked for.
    pub client_ca: String,
    /// PEM file with the certificates that they have revoked; empty means none.
    pub client_crl: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    pub connections: usize,
    pub login_ms: u64,
    /// Bytes of one message before login.
    pub login_message_bytes: usize,
    /// Bytes of one message after login.
    pub message_bytes: usize,
    /// Prepared statements, and portals, of one connection.
    pub prepared_statements: usize,
    /// 0 means none. A session may set its own `statement_timeout`.
    pub statement_timeout_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Catalog {
    /// How often a server looks for changes made by others.
    pub poll_ms: u64,
    /// A compacted snapshot is written every so many versions.
    pub snapshot_every: u64,
    /// How often a conflicting change is tried again on the newest version.
    pub retries: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Storage {
    /// Credentials and endpoint of the store that holds the lake, where it is `s3://`.
    pub s3: S3,
    pub retries: usize,
    /// All tries of one request together.
    pub retry_ms: u64,
    pub request_ms: u64,
    pub connect_ms: u64,
    /// Requests under way at once to one store.
    pub requests: usize,
    /// How long a table's newest known version is trusted before the store is asked again.
    pub refresh_ms: u64,
    /// Memory for table indexes.
    pub index_bytes: usize,
    /// Memory for Parquet footers.
    pub footer_bytes: usize,
}

/// How to reach an S3-compatible store. Empty fields are taken from the `AWS_…` environment,
/// web identity and instance metadata included.
#[derive(Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct S3 {
    pub endpoint: String,
    pub region: String,
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
    /// `http://endpoint/bucket/key` rather than `http://bucket.endpoint/key`.
    pub path_style: bool,
    pub allow_http: bool,
    /// For public buckets: send requests without a signature.
    pub unsigned: bool,
}

/// Secrets stay out of logs.
impl std::fmt::Debug for S3 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("S3")
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .field("access_key_id", &self.access_key_id)
            .field("path_style", &self.path_style)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Location {
    /// The prefix: a folder or `s3://bucket/prefix`.
    pub url: String,
    pub s3: S3,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Engine {
    /// Memory for all running statements together; 0 means 70 % of what the machine has.
    pub memory_bytes: usize,
    /// Memory for one statement before it spills; 0 means all of it.
    pub statement_memory_bytes: usize,
    /// Where operators spill; empty means the system's temporary folder.
    pub spill_dir: String,
    pub spill_bytes_max: u64,
    /// Where the rows of temporary tables lie; empty means the system's temporary folder.
    pub temporary_dir: String,
    /// All temporary tables of a server together.
    pub temporary_bytes_max: u64,
    /// Threads that compute; 0 means one a core.
    pub threads: usize,
    /// Statements that compute at once; 0 means four a core.
    pub statements: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Write {
    /// Size at which a data file is closed and the next one begun.
    pub file_bytes: usize,
    pub row_group_rows: usize,
    /// Partitions one statement may write.
    pub partitions: usize,
    /// zstd level, 1 to 22.
    pub zstd_level: i32,
    /// How often a commit that lost a race is tried again.
    pub retries: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Audit {
    pub enabled: bool,
    /// An event waits no longer before it is written.
    pub flush_ms: u64,
    /// Answers wait until their events are committed.
    pub synchronous: bool,
    pub literals: Literals,
    /// Events that may wait to be written before statements wait; a long text counts as several.
    pub queue_events_max: usize,
    /// The files of so many batches are merged into one; 0 never merges.
    pub merge_batches: u64,
}

/// What the audit log keeps of the literals in a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Literals {
    Keep,
    Redact,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `tracing` directives, such as `warn` or `lakewire=debug,warn`.
    pub level: String,
    /// `text` or `json`.
    pub format: String,
}

impl Default for Server {
    fn default() -> Self {
        Server {
            lake: "./lake".into(),
            listen: "127.0.0.1:5432".into(),
            database: "lake".into(),
            next_free_port: true,
            drain_ms: 10_000,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 200,
            login_ms: 30_000,
            login_message_bytes: 16 << 10,
            message_bytes: 64 << 20,
            prepared_statements: 10_000,
            statement_timeout_ms: 0,
        }
    }
}

impl Default for Catalog {
    fn default() -> Self {
        Catalog { poll_ms: 1_000, snapshot_every: 100, retries: 20 }
    }
}

impl Default for Storage {
    fn default() -> Self {
        Storage {
            s3: S3::default(),
            retries: 5,
            retry_ms: 15_000,
            request_ms: 30_000,
            connect_ms: 5_000,
            requests: 128,
            refresh_ms: 1_000,
            index_bytes: 256 << 20,
            footer_bytes: 256 << 20,
        }
    }
}

impl Default for Engine {
    fn default() -> Self {
        Engine {
            memory_bytes: 0,
            statement_memory_bytes: 0,
            spill_dir: String::new(),
            spill_bytes_max: 100 << 30,
            temporary_dir: String::new(),
            temporary_bytes_max: 100 << 30,
            threads: 0,
            statements: 0,
        }
    }
}

impl Default for Write {
    fn default() -> Self {
        Write {
            file_bytes: 128 << 20,
            row_group_rows: 128 << 10,
            partitions: 10_000,
            zstd_level: 3,
            retries: 100,
        }
    }
}

impl Default for Audit {
    fn default() -> Self {
        Audit {
            enabled: true,
            flush_ms: 10_000,
            synchronous: false,
            literals: Literals::Redact,
            queue_events_max: 10_000,
            merge_batches: 256,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Log { level: "lakewire=info,warn".into(), format: "text".into() }
    }
}

/// What the command line may say; each wins over file and environment.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    pub config: Option<PathBuf>,
    pub lake: Option<String>,
    pub listen: Option<String>,
}

impl Config {
    /// Reads file, environment and flags. `environment` is an argument, so that tests bring their own.
    pub fn load(
        flags: &Flags,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Config> {
        let mut table = defaults();
        if let Some(path) = &flags.config {
            merge(&mut table, read_file(path)?);
        }
        for (name, value) in environment {
            apply_variable(&mut table, &name, &value)?;
        }
        let mut config: Config =
            table.try_into().map_err(|e: toml::de::Error| Error::config(e.message().to_owned()))?;
        if let Some(lake) = &flags.lake {
            config.server.lake.clone_from(lake);
        }
        if let Some(listen) = &flags.listen {
            config.server.listen.clone_from(listen);
            config.server.next_free_port = false;
        }
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        if self.tls.certificate.is_empty() != self.tls.key.is_empty() {
            return Err(Error::config("tls.certificate and tls.key must be given together"));
        }
        if self.tls.required && self.tls.key.is_empty() {
            return Err(Error::config("tls.required needs tls.certificate and tls.key"));
        }
        if !self.tls.client_ca.is_empty() && self.tls.key.is_empty() {
            return Err(Error::config("tls.client_ca needs tls.certificate and tls.key"));
        }
        if !self.tls.client_crl.is_empty() && self.tls.client_ca.is_empty() {
            return Err(Error::config("tls.client_crl needs tls.client_ca"));
        }
        self.login.check(&self.tls)?;
        if !["text", "json"].contains(&self.log.format.as_str()) {
            return Err(Error::config(format!(
                "log.format is \"{}\"; it must be \"text\" or \"json\"",
                self.log.format
            )));
        }
        if !(1..=22).contains(&self.write.zstd_level) {
            return Err(Error::config("write.zstd_level must be between 1 and 22"));
        }
        if self.server.lake.is_empty() || self.server.database.is_empty() {
            return Err(Error::config("server.lake and server.database must not be empty"));
        }
        let zero = [
            ("limits.connections", self.limits.connections),
            ("limits.login_message_bytes", self.limits.login_message_bytes),
            ("limits.message_bytes", self.limits.message_bytes),
            ("write.row_group_rows", self.write.row_group_rows),
            ("write.file_bytes", self.write.file_bytes),
            ("write.partitions", self.write.partitions),
            ("storage.requests", self.storage.requests),
            ("catalog.snapshot_every", self.catalog.snapshot_every as usize),
            ("catalog.poll_ms", self.catalog.poll_ms as usize),
            ("audit.flush_ms", self.audit.flush_ms as usize),
            ("audit.queue_events_max", self.audit.queue_events_max),
        ]
        .into_iter()
        .find(|(_, value)| *value == 0);
        match zero {
            Some((name, _)) => Err(Error::config(format!("{name} must be greater than 0"))),
            None => Ok(()),
        }
    }

    /// The listener's address; a name such as `localhost` is looked up.
    pub fn listen_address(&self) -> Result<SocketAddr> {
        use std::net::ToSocketAddrs;
        let text = &self.server.listen;
        text.to_socket_addrs().ok().and_then(|mut all| all.next()).ok_or_else(|| {
            Error::config(format!("server.listen is \"{text}\"; it must read HOST:PORT"))
        })
    }
}

fn defaults() -> toml::Table {
    toml::Table::try_from(Config::default()).expect("the defaults are a table")
}

fn read_file(path: &Path) -> Result<toml::Table> {
    let text = std::fs::read_to_string(path).map_err(|e| {
        Error::config(format!("could not read config file {}: {e}", path.display()))
    })?;
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| {
        Error::config(format!("{}: {}", path.display(), e.to_string().trim()))
    })?;
    // Names are checked against the struct here, where the file can still be named.
    if let Err(e) = table.clone().try_into::<Config>() {
        return Err(Error::config(format!("{}: {}", path.display(), e.message())));
    }
    Ok(table)
}

fn merge(into: &mut toml::Table, from: toml::Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(toml::Value::Table(inner)), toml::Value::Table(outer)) => merge(inner, outer),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

/// `LAKEWIRE_STORAGE_S3_ENDPOINT` is `storage.s3.endpoint`. The two that people type most have short
/// forms: `LAKEWIRE_LAKE`, `LAKEWIRE_LISTEN`. An unknown name is an error, so that a typo is seen.
fn apply_variable(table: &mut toml::Table, name: &str, value: &str) -> Result<()> {
    let Some(path) = name.strip_prefix("LAKEWIRE_") else { return Ok(()) };
    let path = match path {
        // Read where they are used: a secret for the first start, and the file's own name.
        "SUPERUSER_PASSWORD" | "CONFIG" => return Ok(()),
        "LAKE" => "SERVER_LAKE",
        "LISTEN" => "SERVER_LISTEN",
        other => other,
    };
    match set_path(table, &path.to_lowercase(), value) {
        Some(outcome) => outcome.map_err(|e| Error::config(format!("{name}: {e}"))),
        None => Err(Error::config(format!("{name} is not a setting of lakewire"))),
    }
}

fn set_path(table: &mut toml::Table, path: &str, text: &str) -> Option<Result<(), String>> {
    if let Some(slot) = table.get_mut(path) {
        return Some(parse_like(slot, text).map(|value| *slot = value));
    }
    table.iter_mut().find_map(|(key, value)| {
        let rest = path.strip_prefix(key.as_str())?.strip_prefix('_')?;
        set_path(value.as_table_mut()?, rest, text)
    })
}

fn parse_like(slot: &toml::Value, text: &str) -> Result<toml::Value, String> {
    match slot {
        toml::Value::Integer(_) => {
            text.parse().map(toml::Value::Integer).map_err(|_| format!("\"{text}\" is no number"))
        }
        toml::Value::Boolean(_) => text
            .parse()
            .map(toml::Value::Boolean)
            .map_err(|_| format!("\"{text}\" is neither true nor false")),
        toml::Value::String(_) => Ok(toml::Value::String(text.to_owned())),
        _ => Err("it can be set in the config file only".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(variables: &[(&str, &str)]) -> Result<Config> {
        let variables = variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Config::load(&Flags::default(), variables)
    }

    #[test]
    fn environment_reaches_every_depth_and_refuses_typos() {
        let config = load(&[
            ("LAKEWIRE_LAKE", "s3://b/x"),
            ("LAKEWIRE_STORAGE_S3_PATH_STYLE", "true"),
            ("LAKEWIRE_LIMITS_LOGIN_MS", "5"),
            ("PATH", "/bin"),
        ])
        .unwrap();
        assert_eq!(config.server.lake, "s3://b/x");
        assert!(config.storage.s3.path_style);
        assert_eq!(config.limits.login_ms, 5);
        assert!(load(&[("LAKEWIRE_LIMITS_LOGINMS", "5")]).is_err());
        assert!(load(&[("LAKEWIRE_LIMITS_LOGIN_MS", "soon")]).is_err());
    }

    #[test]
    fn flags_win() {
        let flags = Flags { lake: Some("here".into()), ..Flags::default() };
        let env = [("LAKEWIRE_LAKE".to_owned(), "there".to_owned())];
        assert_eq!(Config::load(&flags, env.into_iter()).unwrap().server.lake, "here");
    }

    /// Settings and all: a setting that the file leaves out fails here too.
    #[test]
    fn the_shipped_file_is_the_defaults() {
        let shipped: toml::Table = include_str!("../config/lakewire.toml").parse().unwrap();
        assert_eq!(shipped, defaults());
        assert_eq!(shipped.try_into::<Config>().unwrap(), Config::default());
    }

    #[test]
    fn the_file_for_developers_is_accepted() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/dev.toml");
        let flags = Flags { config: Some(path), ..Flags::default() };
        let config = Config::load(&flags, std::iter::empty()).unwrap();
        assert_ne!(config, Config::default());
    }
}
