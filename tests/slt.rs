//! One test per script under `tests/slt`: what a statement answers, over the wire, with its SQLSTATE.
//!
//! `cargo test --test slt grants/` runs a part. `SLT_ALL=1` shows all differences of a script, not only the
//! first. `SLT_REWRITE=1` writes what came back into the scripts;
//! `SLT_STORE=s3` puts each lake on the in-process S3 server; `SLT_POSTGRES=HOST:PORT` runs the scripts
//! under `pg/` on a real PostgreSQL 15 instead (`tests/checks/slt_on_postgres.sh`).

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on says where, and shows its seed"
)]

mod support;

use std::path::{Path, PathBuf};

use sqllogictest::harness::{Arguments, Failed, Trial};
use support::server::{Server, Store};
use support::slt::{self, Target};

fn main() {
    let mut arguments = Arguments::from_args();
    let postgres = std::env::var("SLT_POSTGRES").ok();
    if postgres.is_some() {
        // Roles belong to the whole cluster there, so one script at a time.
        arguments.test_threads = Some(1);
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slt");
    let trials: Vec<Trial> = scripts(&root)
        .into_iter()
        .filter(|script| postgres.is_none() || proven_by_postgres(script))
        .map(|script| trial(&root, script, postgres.clone()))
        .collect();
    assert!(!trials.is_empty(), "no scripts under {}", root.display());
    sqllogictest::harness::run(&arguments, trials).exit();
}

fn trial(root: &Path, script: PathBuf, postgres: Option<String>) -> Trial {
    let name = script.strip_prefix(root).unwrap_or(&script).display().to_string();
    Trial::test(name, move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .thread_stack_size(8 << 20)
            .build()?;
        runtime.block_on(async {
            match postgres {
                Some(address) => on_postgres(&address, &script).await,
                None => on_lakewire(&script).await,
            }
        })
    })
}

async fn on_lakewire(script: &Path) -> Result<(), Failed> {
    let store = match std::env::var("SLT_STORE").as_deref() {
        Ok("s3") => Store::s3().await,
        _ => Store::folder(),
    };
    store.put_folder("landing", &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slt/files"));
    let server = Server::start(store).await;
    let outcome = check(&server.target(), script).await;
    server.stop().await;
    outcome
}

/// A fresh database, and none of the roles of the script before.
async fn on_postgres(address: &str, script: &Path) -> Result<(), Failed> {
    let (host, port) = address.split_once(':').ok_or("SLT_POSTGRES must read HOST:PORT")?;
    let mut target = Target {
        host: host.to_owned(),
        port: port.parse()?,
        database: "postgres".into(),
        superuser: "postgres".into(),
        password: "postgres".into(),
        engine: "postgres".into(),
        variables: Vec::new(),
    };
    let client = target.connect(None).await?;
    client.batch_execute("DROP DATABASE IF EXISTS lake WITH (FORCE)").await?;
    let roles = "SELECT rolname FROM pg_roles WHERE oid >= 16384";
    for role in client.query(roles, &[]).await? {
        client.batch_execute(&format!("DROP ROLE \"{}\"", role.get::<_, String>(0))).await?;
    }
    client.batch_execute("CREATE DATABASE lake").await?;
    target.database = "lake".into();
    check(&target, script).await
}

async fn check(target: &Target, script: &Path) -> Result<(), Failed> {
    let outcome = if std::env::var_os("SLT_REWRITE").is_some() {
        slt::rewrite(target, script).await
    } else {
        slt::run(target, script, std::env::var_os("SLT_ALL").is_some()).await
    };
    outcome.map_err(Failed::from)
}

fn scripts(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder of scripts exists");
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.expect("a folder entry can be read").path();
        if path.is_dir() {
            found.extend(scripts(&path));
        } else if path.extension().is_some_and(|extension| extension == "slt") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn proven_by_postgres(script: &Path) -> bool {
    script.components().any(|part| part.as_os_str() == "pg")
}
