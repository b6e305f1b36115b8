//! A lake in a temporary folder, made by statements, for the benches that need tables.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::StreamExt;
use lakewire::config::Config;
use lakewire::engine::reply::Reply;
use lakewire::server::Server;
use lakewire::session::Session;
use lakewire::session::login::Greeting;
use lakewire::system::scope::{Origins, Scope};
use tokio::runtime::Runtime;

pub struct Lake {
    pub runtime: Runtime,
    server: Server,
    _folder: tempfile::TempDir,
}

impl Lake {
    /// Made by these statements.
    pub fn new(sql: &str) -> Lake {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .thread_stack_size(8 << 20)
            .build()
            .expect("a runtime");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut config = Config::default();
        config.server.lake = folder.path().join("lake").display().to_string();
        let server = runtime
            .block_on(Box::pin(Server::open(config, Some("bench".to_owned()))))
            .expect("a new lake");
        let lake = Lake { runtime, server, _folder: folder };
        lake.run(sql);
        lake
    }

    fn session(&self) -> Session {
        let greeting = Greeting {
            role: "postgres".to_owned(),
            database: None,
            settings: BTreeMap::new(),
            peer: None,
        };
        self.server
            .gate()
            .enter(&greeting, 1, tokio_util::sync::CancellationToken::new())
            .expect("the superuser may enter")
    }

    /// Runs statements to the end of their rows; how many those were.
    pub fn run(&self, sql: &str) -> usize {
        let mut session = self.session();
        self.runtime.block_on(async {
            let mut count = 0;
            for statement in session.parse(sql).await.expect("SQL") {
                let reply = Box::pin(session.run(&statement)).await.expect("it runs");
                if let Reply::Rows { mut rows, .. } = reply {
                    while let Some(batch) = rows.next().await {
                        count += batch.expect("rows").num_rows();
                    }
                }
                Box::pin(session.finish()).await.expect("it commits");
            }
            count
        })
    }

    /// What a statement of this role sees.
    pub fn scope(&self, role: &str) -> Arc<Scope> {
        let snapshot = self.server.gate().engine().catalog.snapshot();
        let role = snapshot.role_named(role).expect("a role of the lake").id;
        Arc::new(Scope {
            role,
            session_role: role,
            snapshot,
            database: "lake".into(),
            search_path: Arc::from(["public".to_owned()]),
            settings: Arc::default(),
            surroundings: Default::default(),
            star_expansion: lakewire::system::scope::StarExpansion::Postgres,
            backend_pid: 1,
            client_address: None,
            server_started_at: chrono::Utc::now(),
            transaction_started_at: chrono::Utc::now(),
            time_zone: "UTC".into(),
            origins: Origins::default(),
        })
    }
}
