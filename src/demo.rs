//! `lakewire demo`: real flights from raw files to a curated zone with grants, in SQL, through the same door as
//! everybody's. Running it again finds its work done.

use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use futures::StreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use object_store::ObjectStoreExt;

use tokio_util::sync::CancellationToken;

use crate::engine::reply::Reply;
use crate::error::Result;
use crate::server::Server;
use crate::session::Session;
use crate::session::login::Greeting;
use crate::storage::stores::failure;

macro_rules! data {
    ($($name:literal),*) => {
        &[$(($name, include_bytes!(concat!("../data/nycflights13/", $name)))),*]
    };
}

/// The files as their source publishes them; see data/nycflights13/README.md.
static FILES: &[(&str, &[u8])] =
    data!("airlines.csv", "airports.csv", "flights.csv.gz", "planes.csv", "weather.csv.gz");

/// What is done, in order; the roles only while they are missing, since CREATE ROLE has no IF NOT EXISTS.
static STEPS: &[(&str, &str)] = &[
    ("raw: register the files", include_str!("../sql/demo/01_raw.sql")),
    ("cleaned: types, NULLs, times", include_str!("../sql/demo/02_cleaned.sql")),
    ("curated: facts, days, views", include_str!("../sql/demo/03_curated.sql")),
    ("roles: an analyst", include_str!("../sql/demo/04_roles.sql")),
    ("grants: all but tail numbers", include_str!("../sql/demo/05_grants.sql")),
];
const ROLES: &str = "roles";
const ROLE: &str = "analyst";

/// Builds the demo in an opened lake; `say` is told of each step and what it took.
pub async fn build(server: &Server, say: impl Fn(&str)) -> Result<()> {
    let began = Instant::now();
    put_files(server).await?;
    say(&step_line("the files, into the lake", began.elapsed()));
    for (title, sql) in STEPS {
        let engine = server.gate().engine();
        let known = engine.catalog.snapshot().role_named(ROLE).is_some();
        if title.starts_with(ROLES) && known {
            continue;
        }
        let began = Instant::now();
        run(server, title, sql).await?;
        say(&step_line(title, began.elapsed()));
    }
    Ok(())
}

fn step_line(title: &str, took: Duration) -> String {
    format!("  {title:<34} {:>8.2} s", took.as_secs_f64())
}

async fn put_files(server: &Server) -> Result<()> {
    let stores = &server.gate().engine().stores;
    let folder = stores.lake().join("raw/nycflights13")?;
    let store = stores.open(&folder)?;
    for (name, bytes) in FILES {
        let path = folder.path().clone().join(*name);
        let there = store.head(&path).await.is_ok_and(|meta| meta.size == bytes.len() as u64);
        if !there {
            let payload = bytes::Bytes::from_static(bytes).into();
            store.put(&path, payload).await.map_err(|e| failure(&folder, e))?;
        }
    }
    Ok(())
}

/// Every statement of a file, in a session of the superuser.
async fn run(server: &Server, title: &str, sql: &str) -> Result<()> {
    let mut session = superuser(server)?;
    let statements = session.parse(sql).await?;
    let bar = ProgressBar::new(statements.len() as u64);
    let style = ProgressStyle::with_template("  {msg:<34} {wide_bar} {pos}/{len}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_message(title.to_owned());
    bar.enable_steady_tick(Duration::from_millis(100));
    for statement in &statements {
        let outcome = async {
            finish(session.run(statement).await?).await?;
            session.finish().await
        };
        if let Err(e) = outcome.await {
            session.fail().await;
            bar.abandon();
            return Err(e);
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}

fn superuser(server: &Server) -> Result<Session> {
    let engine = server.gate().engine();
    let greeting = Greeting {
        role: "postgres".to_owned(),
        database: Some(engine.config.server.database.clone()),
        settings: Default::default(),
        peer: None,
    };
    server.gate().enter(&greeting, 0, CancellationToken::new())
}

/// Rows are read to their end, as a client would.
async fn finish(reply: Reply) -> Result<Vec<RecordBatch>> {
    let mut batches = Vec::new();
    if let Reply::Rows { mut rows, .. } = reply {
        while let Some(batch) = rows.next().await {
            batches.push(batch?);
        }
    }
    Ok(batches)
}
