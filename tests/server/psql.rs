//! What people see in psql: its own commands, run by the real program, kept under `tests/server/psql/`.
//!
//! `PSQL_REWRITE=1` writes what came back; the difference is what gets reviewed.

use std::path::Path;
use std::process::Output;

use crate::support::server::{PASSWORD, Server, Store, block_on};

/// psql, pointed at a server.
pub struct Psql {
    port: u16,
}

impl Psql {
    pub fn new(server: &Server) -> Psql {
        Psql { port: server.address.port() }
    }

    /// One command with further connection settings: its unaligned answer, or what psql complained of.
    pub async fn ask(&self, settings: &str, command: &str) -> Result<String, String> {
        self.ask_as(("postgres", PASSWORD), settings, command).await
    }

    /// The same as another role, with its password.
    pub async fn ask_as(
        &self,
        (role, password): (&str, &str),
        settings: &str,
        command: &str,
    ) -> Result<String, String> {
        let output = self.run(role, password, settings, &["-A", "-t", "-c", command]).await;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    async fn run(&self, role: &str, password: &str, settings: &str, arguments: &[&str]) -> Output {
        let host = if settings.contains("host=") { "" } else { "host=127.0.0.1" };
        let port = self.port;
        let connection =
            format!("{host} hostaddr=127.0.0.1 port={port} dbname=lake user={role} {settings}");
        let run = tokio::process::Command::new("psql")
            .arg("-X")
            .args(arguments)
            .arg(connection)
            .env("PGPASSWORD", password)
            .env("PGCONNECT_TIMEOUT", "20")
            .env("PGCLIENTENCODING", "UTF8")
            .env_remove("PSQLRC")
            .env("LC_ALL", "C")
            .kill_on_drop(true)
            .output()
            .await;
        run.unwrap_or_else(|e| panic!("psql is needed: apt-get install postgresql-client ({e})"))
    }

    /// What a person would see: standard output and errors.
    async fn screen(&self, role: &str, password: &str, command: &str) -> String {
        let output = self.run(role, password, "", &["-c", command]).await;
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        let lines = text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        format!("{}\n", lines.trim_end())
    }
}

const SETUP: &str = "
    CREATE ROLE alice LOGIN PASSWORD 'alice';
    CREATE ROLE analysts;
    GRANT analysts TO alice;
    CREATE SCHEMA curated AUTHORIZATION alice;
    CREATE TABLE flights (
        id int NOT NULL,
        carrier varchar(2),
        price numeric(10,2) CHECK (price > 0),
        departed timestamptz,
        tailnum text
    );
    COMMENT ON TABLE flights IS 'one row per departure';
    COMMENT ON COLUMN flights.tailnum IS 'who may see it is decided by grants';
    CREATE VIEW carriers AS SELECT DISTINCT carrier FROM flights;
    CREATE TABLE curated.daily (day date, flights bigint);
    GRANT SELECT (id, carrier) ON flights TO alice;
    GRANT SELECT ON carriers TO PUBLIC;
    GRANT SELECT, INSERT ON curated.daily TO analysts WITH GRANT OPTION;
    ALTER ROLE alice SET search_path = curated, public;
    ALTER ROLE alice IN DATABASE lake SET statement_timeout = '5min';
    ALTER DATABASE lake SET extra_float_digits = 0;
    ALTER ROLE ALL SET idle_session_timeout = '1h';
";

const COMMANDS: [(&str, &str); 15] = [
    ("l", "\\l"),
    ("dn", "\\dn"),
    ("dn_plus", "\\dn+"),
    ("d", "\\d"),
    ("dt", "\\dt"),
    ("dt_all", "\\dt curated.*"),
    ("dv", "\\dv"),
    ("d_table", "\\d flights"),
    ("d_table_plus", "\\d+ flights"),
    ("d_view", "\\d carriers"),
    ("d_view_plus", "\\d+ carriers"),
    ("d_nosuch", "\\d nosuch"),
    ("du", "\\du"),
    ("dp", "\\dp"),
    ("drds", "\\drds"),
];

#[test]
fn psql_shows_what_is_there() {
    block_on(async {
        let server = Server::start(Store::folder()).await;
        server.superuser().await.batch_execute(SETUP).await.expect("the set-up runs");
        let psql = Psql::new(&server);
        let mut wrong = Vec::new();
        for (name, command) in COMMANDS {
            let screen = psql.screen("postgres", PASSWORD, command).await;
            wrong.extend(compare(name, command, &screen));
        }
        for (name, command) in [("alice_dt", "\\dt curated.*"), ("alice_du", "\\du alice")] {
            let screen = psql.screen("alice", "alice", command).await;
            wrong.extend(compare(name, command, &screen));
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        server.stop().await;
    });
}

/// None if the screen is the one kept.
fn compare(name: &str, command: &str, screen: &str) -> Option<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/server/psql/{name}.out"));
    if std::env::var_os("PSQL_REWRITE").is_some() {
        std::fs::write(&file, screen).expect("the folder of screens can be written");
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    (kept != screen).then(|| format!("{command}: expected\n{kept}\nbut saw\n{screen}"))
}

#[test]
fn errors_look_as_they_do_in_postgres() {
    block_on(async {
        let server = Server::start(Store::folder()).await;
        let psql = Psql::new(&server);
        let screen = psql.screen("postgres", PASSWORD, "SELECT nosuch FROM pg_class").await;
        let expected = "ERROR:  column \"nosuch\" does not exist\n\
                        LINE 1: SELECT nosuch FROM pg_class\n               ^";
        assert!(screen.starts_with(expected), "{screen}");
        let wrong = psql.screen("postgres", "wrong", "SELECT 1").await;
        assert!(wrong.contains("password authentication failed for user \"postgres\""), "{wrong}");
        server.stop().await;
    });
}

/// Commands that do more than describe, each with what psql prints of it.
const DOINGS: &[(&str, &str)] = &[
    ("SELECT 6 * 7 AS answer \\gset\n\\echo :answer", "42"),
    ("SELECT 1 AS a, 2 AS b \\gset my_\n\\echo :my_a :my_b", "1 2"),
    ("SELECT 'SELECT ' || x FROM generate_series(1, 2) AS g (x) \\gexec", "1\n2"),
    ("SELECT 1 AS a, 2 AS b \\gx", "a|1\nb|2"),
    ("VALUES ('x', 'p', 1), ('x', 'q', 2), ('y', 'p', 3) \\crosstabview", "x|1|2\ny|3|"),
    // It runs until it fails, which the third time it does.
    (
        "SELECT set_config('my.n', '3', false);\nSELECT 12 / (set_config('my.n', \
         (current_setting('my.n')::int - 1)::text, false))::int AS n \\watch 0.01",
        "6\n12\nERROR:  division by zero",
    ),
    ("SELECT nosuch;\n\\errverbose", "ERROR:  42703: column \"nosuch\" does not exist"),
    ("\\timing on\nSELECT 1", "Time: "),
    ("\\set FETCH_COUNT 7\nSELECT x FROM generate_series(1, 20) AS g (x)", "7\n8\n9\n10"),
    (
        "\\set ON_ERROR_STOP on\nSELECT nosuch;\nSELECT 'on' || 'wards'",
        "column \"nosuch\" does not exist",
    ),
    ("SELECT 1 AS x \\gdesc", "x|integer"),
    ("\\copy (SELECT 1, 'a') TO STDOUT CSV", "1,a"),
    (
        "CREATE TABLE c (a int, b text);\n\\copy c FROM STDIN\n1\tx\n2\t\\N\n\\.\nSELECT * FROM c ORDER BY a",
        "COPY 2\n1|x\n2|",
    ),
    ("COPY c TO STDOUT (FORMAT csv, HEADER);", "a,b\n1,x\n2,"),
    ("\\encoding", "UTF8"),
    ("PREPARE p AS SELECT $1::int + 1;\nEXECUTE p(1);", "2"),
    (
        "BEGIN;\nDECLARE c CURSOR FOR SELECT x FROM generate_series(1, 5) AS g (x);\nFETCH 2 FROM c;\nCOMMIT;",
        "1\n2",
    ),
];

#[test]
fn psql_does_what_it_can_do_with_rows() {
    block_on(async {
        let server = Server::start(Store::folder()).await;
        let psql = Psql::new(&server);
        let folder = tempfile::tempdir().expect("a folder for scripts");
        let mut wrong = Vec::new();
        for (script, wanted) in DOINGS {
            let file = folder.path().join("script.sql");
            std::fs::write(&file, format!("{script}\n")).expect("the script can be written");
            let path = file.to_string_lossy().into_owned();
            let output = psql.run("postgres", PASSWORD, "", &["-A", "-t", "-f", &path]).await;
            let seen =
                String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            let plain = seen.replace(&format!("psql:{path}:"), "");
            let held = wanted.lines().all(|line| plain.contains(line));
            // Behind ON_ERROR_STOP nothing runs.
            if !held || seen.contains("onwards") {
                wrong.push(format!("{script}\n  wanted {wanted:?}\n  saw {seen:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        server.stop().await;
    });
}
