//! The audit log over a socket: what is written down of whom, that nothing is lost, and that the chain proves it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lakewire::audit::{chain, verify};
use parking_lot::Mutex;
use tokio::task::JoinSet;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use crate::support::program::Program;
use crate::support::s3::Faults;
use crate::support::server::{Server, Store, block_on, column, state, value};

async fn start(store: Store) -> Server {
    Server::start_with(store, |config| config.audit.flush_ms = 20).await
}

/// Each row as one line.
async fn rows(client: &Client, sql: &str) -> Vec<String> {
    let messages = client.simple_query(sql).await.unwrap_or_else(|e| panic!("{sql}: {e:?}"));
    messages
        .into_iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                let cells: Vec<_> = (0..row.len()).map(|i| row.get(i).unwrap_or("-")).collect();
                Some(cells.join(" | "))
            }
            _ => None,
        })
        .collect()
}

/// Asks until the answer is the one wanted: events are written a little later.
async fn soon(client: &Client, sql: &str, wanted: &str) {
    let began = Instant::now();
    loop {
        let answer = rows(client, sql).await.join("\n");
        if answer == wanted {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{sql}:\n{answer}\nnot\n{wanted}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

/// One line for each event of a role's statements, its own look at the log aside.
fn lines(columns: &str, condition: &str) -> String {
    format!("SELECT {columns} FROM lake_audit.events WHERE {condition} ORDER BY number")
}

#[test]
fn what_was_asked_and_what_came_of_it() {
    block_on(async {
        let server = start(Store::folder()).await;
        let root = server.superuser().await;
        root.batch_execute(
            "CREATE TABLE t AS SELECT x, x * 2 AS y FROM generate_series(1, 100) AS g (x); \
             CREATE VIEW v AS SELECT y FROM t; CREATE ROLE alice LOGIN PASSWORD 'alice'; \
             GRANT SELECT (x) ON t TO alice; GRANT SELECT ON v TO alice",
        )
        .await
        .unwrap();
        let alice = server.as_role("alice").await;
        value(&alice, "SELECT sum(x) FROM t WHERE x > 98").await;
        alice.query("SELECT x FROM t WHERE x < $1", &[&4i32]).await.unwrap();
        column(&alice, "SELECT * FROM v").await;
        assert_eq!(state(alice.simple_query("SELECT y FROM t WHERE x = 7").await), "42501");
        assert_eq!(state(alice.simple_query("SELECT 1 / (x - 1) FROM t").await), "22012");
        assert_eq!(state(alice.simple_query("SELEC 'secret'").await), "42601");
        assert_eq!(state(alice.prepare("SELECT nope FROM t").await), "42703");
        assert_eq!(state(alice.simple_query("UPDATE t SET x = 0").await), "0A000");
        let asked = lines(
            "decision, sqlstate, command, rows, relations, columns_read, versions_read, statement",
            "login_role = 'alice' AND kind = 'statement'",
        );
        let wanted = [
            "allowed | 00000 | SELECT | 1 | {public.t} | {public.t.x} | {public.t@0} | SELECT sum(x) FROM t WHERE x > ?",
            "allowed | 00000 | SELECT | 3 | {public.t} | {public.t.x} | {public.t@0} | SELECT x FROM t WHERE x < $1",
            "allowed | 00000 | SELECT | 100 | {public.t,public.v} | {public.t.y,public.v.y} | {public.t@0} | SELECT * FROM v",
            "denied | 42501 | SELECT | - | {public.t} | {public.t.x,public.t.y} | {} | SELECT y FROM t WHERE x = ?",
            "failed | 22012 | SELECT | 0 | {public.t} | {public.t.x} | {public.t@0} | SELECT ? / (x - ?) FROM t",
            "failed | 42601 |  | - | {} | {} | {} | SELEC ?",
            "failed | 42703 |  | - | {} | {} | {} | SELECT nope FROM t",
            "failed | 0A000 |  | - | {} | {} | {} | UPDATE t SET x = ?",
        ];
        soon(&root, &asked, &wanted.join("\n")).await;
        let measured = "SELECT bool_and(bytes_scanned > 0 AND duration_us > 0) FROM lake_audit.events \
                        WHERE login_role = 'alice' AND decision = 'allowed' AND kind = 'statement'";
        assert_eq!(value(&root, measured).await, "t");
        let clients = "SELECT DISTINCT client_address FROM lake_audit.events";
        assert_eq!(column(&root, clients).await, ["127.0.0.1"]);
        server.stop().await;
    });
}

#[test]
fn roles_transactions_and_writes() {
    block_on(async {
        let server = start(Store::folder()).await;
        let root = server.superuser().await;
        root.batch_execute(
            "CREATE TABLE t (a int, b text); CREATE ROLE worker; GRANT INSERT ON t TO worker",
        )
        .await
        .unwrap();
        let other = server.superuser().await;
        other.batch_execute("SET application_name = 'night job'; SET ROLE worker").await.unwrap();
        other.batch_execute("INSERT INTO t (a) VALUES (1), (2)").await.unwrap();
        other.batch_execute("PREPARE p (int) AS INSERT INTO t (a) VALUES ($1)").await.unwrap();
        other.batch_execute("EXECUTE p (7)").await.unwrap();
        // The first of the two is undone by the second.
        let both = "INSERT INTO t (a) VALUES (3); SELECT a FROM t";
        assert_eq!(state(other.batch_execute(both).await), "42501");
        other.batch_execute("BEGIN; INSERT INTO t (b) VALUES ('x'); ROLLBACK").await.unwrap();
        let asked = lines(
            "login_role, effective_role, decision, sqlstate, command, rows, columns_written",
            "application_name = 'night job' AND effective_role = 'worker'",
        );
        let wanted = [
            "postgres | worker | allowed | 00000 | INSERT | 2 | {public.t.a}",
            "postgres | worker | allowed | 00000 | PREPARE | - | {}",
            "postgres | worker | allowed | 00000 | INSERT | 1 | {public.t.a}",
            "postgres | worker | denied | 42501 | SELECT | - | {}",
            "postgres | worker | failed | 40000 | INSERT | 1 | {public.t.a}",
            "postgres | worker | allowed | 00000 | BEGIN | - | {}",
            "postgres | worker | allowed | 00000 | INSERT | 1 | {public.t.b}",
            "postgres | worker | allowed | 00000 | ROLLBACK | - | {}",
        ];
        soon(&root, &asked, &wanted.join("\n")).await;
        let executed = lines("statement", "statement LIKE 'EXECUTE%'");
        let text = "EXECUTE p (?)\nINSERT INTO t (a) VALUES ($1)";
        assert_eq!(rows(&root, &executed).await, [text]);
        server.stop().await;
    });
}

#[test]
fn policies_and_masks_that_decide_are_named() {
    block_on(async {
        let server = start(Store::folder()).await;
        let root = server.superuser().await;
        root.batch_execute(
            "CREATE TABLE people (name text, region text); \
             CREATE ROLE alice LOGIN PASSWORD 'alice'; GRANT SELECT ON people TO alice; \
             CREATE POLICY near ON people USING (region = 'north'); \
             ALTER TABLE people ENABLE ROW LEVEL SECURITY; \
             CREATE MASK hidden ON people (name) USING (mask_null(name))",
        )
        .await
        .unwrap();
        let alice = server.as_role("alice").await;
        column(&alice, "SELECT name FROM people").await;
        column(&root, "SELECT name FROM people").await;
        let asked = lines("login_role, applied", "statement = 'SELECT name FROM people'");
        let shown = "SELECT cardinality(applied) FROM lake_audit.events \
                     WHERE statement = 'SELECT name FROM people' ORDER BY number";
        soon(&root, shown, "2\n0").await;
        let applied = rows(&root, &asked).await;
        assert!(applied[0].contains("near") && applied[0].contains("hidden"), "{applied:?}");
        server.stop().await;
    });
}

#[test]
fn logins_that_fail_and_that_do_not() {
    block_on(async {
        let server = start(Store::folder()).await;
        let root = server.superuser().await;
        root.batch_execute(
            "CREATE ROLE alice LOGIN PASSWORD 'alice'; CREATE ROLE nologin PASSWORD 'nologin'",
        )
        .await
        .unwrap();
        server.as_role("alice").await;
        for (user, password, database) in [
            ("alice", "wrong", "lake"),
            ("nobody", "nobody", "lake"),
            ("nologin", "nologin", "lake"),
            ("alice", "alice", "elsewhere"),
        ] {
            let mut config = tokio_postgres::Config::new();
            config.host("127.0.0.1").port(server.address.port()).user(user).password(password);
            config.dbname(database).application_name("guess");
            assert!(config.connect(NoTls).await.is_err(), "{user}");
        }
        let asked = lines(
            "login_role, application_name, decision, sqlstate",
            "kind = 'login' AND number > 1",
        );
        let wanted = [
            "alice |  | allowed | 00000",
            "alice | guess | denied | 28P01",
            "nobody | guess | denied | 28P01",
            "nologin | guess | denied | 28000",
            "alice | guess | failed | 3D000",
        ];
        soon(&root, &asked, &wanted.join("\n")).await;
        server.stop().await;
    });
}

#[test]
fn literals_are_kept_where_wanted_but_for_passwords() {
    block_on(async {
        let server = Server::start_with(Store::folder(), |config| {
            config.audit.flush_ms = 20;
            config.audit.literals = lakewire::config::Literals::Keep;
        })
        .await;
        let root = server.superuser().await;
        root.batch_execute("CREATE ROLE alice LOGIN PASSWORD 'alice'").await.unwrap();
        root.query("SELECT 'x' || $1::text", &[&"seven"]).await.unwrap();
        let asked = lines("statement, parameters", "kind = 'statement' AND number < 4");
        let wanted = "CREATE ROLE alice LOGIN PASSWORD ? | -\nSELECT 'x' || $1::text | {seven}";
        soon(&root, &asked, wanted).await;
        server.stop().await;
    });
}

#[test]
fn a_flush_is_one_commit_and_an_idle_server_makes_none() {
    block_on(async {
        let store = Store::folder();
        let server = Server::start_with(store.clone(), |c| c.audit.flush_ms = 300).await;
        let root = server.superuser().await;
        let began = Instant::now();
        for _ in 0..50 {
            value(&root, "SELECT 1").await;
        }
        let flushes = began.elapsed().as_millis() / 300;
        tokio::time::sleep(Duration::from_millis(900)).await;
        let commits = files(&store, "json").len();
        assert!((2..=4 + flushes as usize).contains(&commits), "{commits} commits");
        tokio::time::sleep(Duration::from_millis(900)).await;
        assert_eq!(files(&store, "json").len(), commits, "an idle server commits nothing");
        // The log does not grow by its server's stopping twice.
        drop(root);
        server.stop().await;
        assert_eq!(files(&store, "json").len(), commits);
        let server = start(store.clone()).await;
        let count = "SELECT count(*) FROM lake_audit.events WHERE statement = 'SELECT ?'";
        assert_eq!(value(&server.superuser().await, count).await, "50");
        server.stop().await;
    });
}

#[test]
fn what_was_open_when_the_server_stopped_is_there() {
    block_on(async {
        let store = Store::folder();
        let server = Server::start(store.clone()).await;
        let root = server.superuser().await;
        root.batch_execute("CREATE TABLE t AS SELECT x FROM generate_series(1, 1000) AS g (x)")
            .await
            .unwrap();
        let mut reader = server.superuser().await;
        let transaction = reader.transaction().await.unwrap();
        let portal = transaction.bind("SELECT x FROM t", &[]).await.unwrap();
        assert_eq!(transaction.query_portal(&portal, 10).await.unwrap().len(), 10);
        server.stop().await;
        let server = start(store).await;
        let root = server.superuser().await;
        let asked = lines("command, decision, columns_read", "statement = 'SELECT x FROM t'");
        assert_eq!(rows(&root, &asked).await, ["SELECT | allowed | {public.t.x}"]);
        server.stop().await;
    });
}

#[test]
fn statements_wait_rather_than_events_be_lost() {
    block_on(async {
        let store = Store::s3().await;
        let Store::S3(s3) = store.clone() else { unreachable!("it was made so") };
        let server = Server::start_with(store.clone(), |config| {
            config.audit.flush_ms = 20;
            config.audit.queue_events_max = 10;
            config.storage.retries = 0;
            config.storage.retry_ms = 100;
        })
        .await;
        let root = server.superuser().await;
        let hasty = server.superuser().await;
        hasty.batch_execute("SET statement_timeout = 200").await.unwrap();
        value(&root, "SELECT 'before'").await;
        s3.set_down(true);
        let done = std::sync::Arc::new(Mutex::new(0));
        let counted = std::sync::Arc::clone(&done);
        let work = tokio::spawn(async move {
            for _ in 0..40 {
                value(&root, "SELECT 'during'").await;
                *counted.lock() += 1;
            }
            root
        });
        tokio::time::sleep(Duration::from_millis(1500)).await;
        let stuck = *done.lock();
        assert!(stuck < 30, "{stuck} of 40 went through while nothing could be written");
        // Whoever waits for room may give up; that is an event as well.
        assert_eq!(state(hasty.simple_query("SELECT 1, 'too late'").await), "57014");
        let given_up = hasty.cancel_token();
        hasty.batch_execute("SET statement_timeout = 0").await.unwrap_err();
        let waits = tokio::spawn(async move { hasty.simple_query("SELECT 2, 'gives up'").await });
        tokio::time::sleep(Duration::from_millis(100)).await;
        given_up.cancel_query(NoTls).await.unwrap();
        assert_eq!(state(waits.await.unwrap()), "57014");
        s3.set_down(false);
        let root = tokio::time::timeout(Duration::from_secs(30), work).await.unwrap().unwrap();
        assert_eq!(*done.lock(), 40);
        let count =
            "SELECT count(*) FROM lake_audit.events WHERE statement = 'SELECT ?' AND rows = 1";
        soon(&root, count, "41").await;
        let late =
            "SELECT decision, sqlstate FROM lake_audit.events WHERE statement = 'SELECT ?, ?'";
        assert_eq!(rows(&root, late).await, ["failed | 57014"; 2]);
        server.stop().await;
        assert!(whole(&store).await);
    });
}

/// Replies that are lost, requests that fail before or after they were done: each event is there once.
#[test]
fn a_rough_store_loses_none_and_doubles_none() {
    block_on(async {
        let store = Store::s3().await;
        let Store::S3(s3) = store.clone() else { unreachable!("it was made so") };
        let server = Server::start_with(store.clone(), |config| {
            config.audit.synchronous = true;
            config.audit.merge_batches = 8;
        })
        .await;
        let root = server.superuser().await;
        let seed = 7;
        s3.set_faults(Faults::rough(seed));
        for _ in 0..40 {
            value(&root, "SELECT 'rough'").await;
        }
        s3.set_faults(Faults::default());
        assert!(s3.struck() > 0, "seed {seed} strikes");
        let done = "SELECT count(*) FROM lake_audit.events \
                    WHERE statement = 'SELECT ?' AND phase = 'done'";
        assert_eq!(value(&root, done).await, "40");
        let twice = "SELECT number FROM lake_audit.events GROUP BY number HAVING count(*) > 1";
        assert_eq!(column(&root, twice).await, Vec::<String>::new());
        drop(root);
        server.stop().await;
        assert!(whole(&store).await);
    });
}

#[test]
fn servers_of_one_lake_write_one_chain() {
    block_on(async {
        let store = Store::s3().await;
        let synchronous = |config: &mut lakewire::config::Config| {
            config.audit.flush_ms = 20;
            config.audit.synchronous = true;
        };
        let servers = [
            Server::start_with(store.clone(), synchronous).await,
            Server::start_with(store.clone(), synchronous).await,
        ];
        let mut clients = JoinSet::new();
        for server in &servers {
            for _ in 0..3 {
                let client = server.superuser().await;
                clients.spawn(async move {
                    for _ in 0..10 {
                        value(&client, "SELECT 'together'").await;
                    }
                });
            }
        }
        while let Some(ended) = clients.join_next().await {
            ended.unwrap();
        }
        for server in servers {
            server.stop().await;
        }
        let server = start(store.clone()).await;
        let root = server.superuser().await;
        let count = "SELECT count(*), count(DISTINCT server) FROM lake_audit.events \
                     WHERE statement = 'SELECT ?' AND phase = 'done'";
        let row = root.query_one(count, &[]).await.unwrap();
        assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (60, 2));
        server.stop().await;
        assert!(whole(&store).await);
    });
}

// The chain.

async fn whole(store: &Store) -> bool {
    judged(store, None).await.0
}

/// The verdict, and what was said.
async fn judged(store: &Store, head: Option<&str>) -> (bool, Vec<String>) {
    let said = Mutex::new(Vec::new());
    let config = store.config();
    let verdict = verify::run(&config, head, |line| said.lock().push(line.to_owned())).await;
    let verdict = verdict.unwrap_or_else(|e| panic!("{e}"));
    (verdict, said.into_inner())
}

fn folder(store: &Store) -> PathBuf {
    Path::new(&store.url()).join("lake_audit/events")
}

/// Files of the table or of its log, by extension, oldest first.
fn files(store: &Store, extension: &str) -> Vec<PathBuf> {
    let folder = folder(store);
    let folder = if extension == "json" { folder.join("_delta_log") } else { folder };
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect();
    found.sort();
    found
}

async fn three_batches() -> Store {
    let store = Store::folder();
    let server = start(store.clone()).await;
    let root = server.superuser().await;
    while files(&store, "json").len() < 4 {
        value(&root, "SELECT 1").await;
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    drop(root);
    server.stop().await;
    store
}

/// Damages a file, looks whether it shows, and mends it again.
async fn shows(
    store: &Store,
    file: &Path,
    damage: impl FnOnce(&[u8]) -> Option<Vec<u8>>,
    word: &str,
) {
    let before = std::fs::read(file).unwrap();
    match damage(&before) {
        Some(bytes) => std::fs::write(file, bytes).unwrap(),
        None => std::fs::remove_file(file).unwrap(),
    }
    let (whole, said) = judged(store, None).await;
    assert!(!whole, "{} was damaged and nobody saw it", file.display());
    assert!(said.iter().any(|line| line.contains(word)), "{word}: {said:?}");
    std::fs::write(file, before).unwrap();
}

fn one_bit(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = bytes.to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    Some(bytes)
}

fn another_role(bytes: &[u8]) -> Option<Vec<u8>> {
    Some(String::from_utf8(bytes.to_vec()).unwrap().replace("postgres", "nobodyxx").into_bytes())
}

#[test]
fn whatever_is_altered_or_removed_shows() {
    block_on(async {
        let store = three_batches().await;
        let (verdict, said) = judged(&store, None).await;
        assert!(verdict, "{said:?}");
        let head = said.iter().find_map(|line| line.strip_prefix("head  ")).unwrap().to_owned();
        assert!(judged(&store, Some(&head)).await.0);
        let parquet = files(&store, "parquet");
        let commits = files(&store, "json");
        shows(&store, &parquet[0], one_bit, "was altered").await;
        shows(&store, &parquet[1], |_| None, "is missing").await;
        shows(&store, &commits[2], |_| None, "batch 2 is missing").await;
        shows(&store, &commits[2], another_role, "batch 2").await;
        let newest = commits.last().unwrap();
        shows(&store, newest, another_role, "is not the one").await;
        shows(&store, newest, |_| None, "is missing").await;
        // Whoever removes what the servers noted as well is still seen by those who kept a head.
        assert!(judged(&store, None).await.0, "all is mended");
        std::fs::remove_file(newest).unwrap();
        std::fs::remove_dir_all(Path::new(&store.url()).join("_lakewire/audit")).unwrap();
        assert!(!judged(&store, Some(&head)).await.0);
    });
}

// Merging.

/// A lake whose newest batch is one that merges others.
async fn merged() -> Store {
    let store = Store::folder();
    let server = Server::start_with(store.clone(), |config| {
        config.audit.synchronous = true;
        config.audit.merge_batches = 4;
    })
    .await;
    let root = server.superuser().await;
    while !files(&store, "json").iter().any(|file| merges(file)) {
        value(&root, "SELECT 1").await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (all, files) = ("SELECT count(*) FROM lake_audit.events", files(&store, "parquet").len());
    assert!(files > 4, "{files}");
    let count: u64 = value(&root, all).await.parse().unwrap();
    let distinct = "SELECT count(DISTINCT number), max(number) FROM lake_audit.events";
    let row = rows(&root, distinct).await.remove(0);
    let (distinct, most) = row.split_once(" | ").unwrap();
    assert_eq!(distinct, most, "each event is there once");
    assert!(count <= most.parse().unwrap());
    server.kill().await;
    store
}

fn merges(commit: &Path) -> bool {
    std::fs::read_to_string(commit).unwrap().contains("OPTIMIZE")
}

#[test]
fn merged_files_are_proven_by_those_they_replace() {
    block_on(async {
        let store = merged().await;
        let (verdict, said) = judged(&store, None).await;
        assert!(verdict, "{said:?}");
        // Somebody who knows all about seals, but cannot make two files of one digest, drops the last event of a
        // merged file and mends the chain behind it.
        let commits = files(&store, "json");
        let at = commits.iter().position(|file| merges(file)).unwrap();
        commits[at + 1..].iter().for_each(|file| std::fs::remove_file(file).unwrap());
        std::fs::remove_dir_all(Path::new(&store.url()).join("_lakewire/audit")).unwrap();
        let commit = std::fs::read_to_string(&commits[at]).unwrap();
        let added = commit.lines().find(|line| line.starts_with("{\"add\"")).unwrap();
        let name = added.split("\"path\":\"").nth(1).unwrap().split('"').next().unwrap();
        let file = folder(&store).join(name);
        let before = std::fs::read(&file).unwrap();
        let after = without_last_row(&before);
        std::fs::write(&file, &after).unwrap();
        let sizes = |bytes: &[u8]| format!("\"size\":{}", bytes.len());
        let forged = commit
            .replace(&chain::digest(&before), &chain::digest(&after))
            .replace(&sizes(&before), &sizes(&after));
        assert_ne!(forged, commit);
        std::fs::write(&commits[at], forged).unwrap();
        let (verdict, said) = judged(&store, None).await;
        assert!(!verdict && said[0].contains("other rows than it replaces"), "{said:?}");
    });
}

fn without_last_row(file: &[u8]) -> Vec<u8> {
    use parquet::arrow::ArrowWriter;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    let bytes = bytes::Bytes::copy_from_slice(file);
    let mut reader = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap().build().unwrap();
    let batch = reader.next().unwrap().unwrap();
    let mut out = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut out, batch.schema(), None).unwrap();
    writer.write(&batch.slice(0, batch.num_rows() - 1)).unwrap();
    writer.close().unwrap();
    out
}

// The program itself.

fn verify_exits_with(store: &Store) -> Option<i32> {
    let mut verify = Command::new(env!("CARGO_BIN_EXE_lakewire"));
    verify.args(["audit", "verify", "--lake", &store.url()]).stdout(Stdio::null());
    verify.status().unwrap().code()
}

#[test]
fn synchronous_events_survive_a_kill() {
    block_on(async {
        let store = Store::folder();
        let slow = [("LAKEWIRE_AUDIT_SYNCHRONOUS", "true"), ("LAKEWIRE_AUDIT_FLUSH_MS", "3600000")];
        let program = Program::start(&store, &slow);
        let root = program.connect().await;
        root.batch_execute("CREATE TABLE t (a int)").await.unwrap();
        for a in 0..5 {
            root.batch_execute(&format!("INSERT INTO t VALUES ({a})")).await.unwrap();
        }
        assert_eq!(value(&root, "SELECT count(*) FROM t").await, "5");
        assert_eq!(state(root.batch_execute("SELECT nope FROM t").await), "42703");
        program.kill();
        assert_eq!(verify_exits_with(&store), Some(0));
        let server = start(store.clone()).await;
        let root = server.superuser().await;
        let asked = "SELECT concat_ws(' ', count(*), command, phase, sqlstate) FROM lake_audit.events \
                     WHERE statement LIKE '% t%' GROUP BY command, phase, sqlstate ORDER BY 1";
        let wanted = [
            "1 CREATE TABLE begun 00000",
            "1 CREATE TABLE done 00000",
            "1 SELECT begun 00000",
            "1 SELECT done 00000",
            "1 SELECT done 42703",
            "5 INSERT begun 00000",
            "5 INSERT done 00000",
        ];
        assert_eq!(column(&root, asked).await, wanted);
        server.stop().await;
        let newest = files(&store, "parquet").pop().unwrap();
        std::fs::remove_file(newest).unwrap();
        assert_eq!(verify_exits_with(&store), Some(1));
    });
}

#[test]
fn a_kill_loses_only_what_was_not_flushed() {
    block_on(async {
        let store = Store::folder();
        let program = Program::start(&store, &[("LAKEWIRE_AUDIT_FLUSH_MS", "50")]);
        let root = program.connect().await;
        value(&root, "SELECT 'early'").await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        value(&root, "SELECT 'late'").await;
        program.kill();
        assert_eq!(verify_exits_with(&store), Some(0));
        let server = start(store).await;
        let count = "SELECT count(*) FROM lake_audit.events WHERE kind = 'statement'";
        let there = value(&server.superuser().await, count).await;
        assert!(["1", "2"].contains(&there.as_str()), "{there}");
        server.stop().await;
    });
}
