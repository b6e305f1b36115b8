//! The protocol: what drivers do, what no driver does, and the faults that a server must not have.

use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt, pin_mut};
use tokio_postgres::types::Type;
use tokio_postgres::{NoTls, SimpleQueryMessage};

use crate::raw::{
    Raw, SSL_REQUEST, VERSION_3_0, VERSION_3_2, bind, close, describe, execute, kinds, message,
    parse, query, startup, sync,
};
use crate::support::program::Program;
use crate::support::server::{PASSWORD, Server, Store, block_on, state, value};

/// Runs a test against one server over a folder.
fn with_server<F: Future<Output = ()>>(test: impl FnOnce(&'static Server) -> F) {
    block_on(async {
        // Tests are short-lived; the server ends with the runtime.
        let server: &'static Server = Box::leak(Box::new(Server::start(Store::folder()).await));
        test(server).await;
    });
}

const MANY: &str = "SELECT x, 'a row that is long enough to fill buffers quickly, number ' || x \
                    FROM generate_series(1, 2000000) AS g (x)";
const ENDLESS: &str = "SELECT x, repeat('y', 200) FROM generate_series(1, 2000000000) AS g (x)";

// ---- what drivers do

#[test]
fn prepared_statements_take_and_give_binary_values() {
    with_server(async |server| {
        let client = server.superuser().await;
        let row = client
            .query_one(
                "SELECT $1::int4, $2::text || '!', $3::bool, $4::int8, $5::float8, $6::date",
                &[
                    &41i32,
                    &"hi",
                    &true,
                    &i64::MAX,
                    &1.5f64,
                    &chrono::NaiveDate::from_ymd_opt(2024, 2, 29),
                ],
            )
            .await
            .unwrap();
        assert_eq!(row.get::<_, i32>(0), 41);
        assert_eq!(row.get::<_, &str>(1), "hi!");
        assert!(row.get::<_, bool>(2));
        assert_eq!(row.get::<_, i64>(3), i64::MAX);
        assert_eq!(row.get::<_, f64>(4), 1.5);
        assert_eq!(row.get::<_, chrono::NaiveDate>(5).to_string(), "2024-02-29");
        let nothing = client.query_one("SELECT $1::int4", &[&None::<i32>]).await.unwrap();
        assert_eq!(nothing.get::<_, Option<i32>>(0), None);
    });
}

#[test]
fn parameter_types_are_inferred() {
    with_server(async |server| {
        let client = server.superuser().await;
        client.batch_execute("CREATE TABLE t (a int, b text, d date)").await.unwrap();
        let statement = client.prepare("SELECT b FROM t WHERE a = $1 AND d > $2").await.unwrap();
        assert_eq!(statement.params(), [Type::INT4, Type::DATE]);
        assert_eq!(statement.columns()[0].name(), "b");
        assert_eq!(*statement.columns()[0].type_(), Type::TEXT);
        let insert = client.prepare("INSERT INTO t (a, b) VALUES ($1, $2)").await.unwrap();
        assert_eq!(insert.params(), [Type::INT4, Type::TEXT]);
        assert_eq!(client.execute(&insert, &[&7i32, &"seven"]).await.unwrap(), 1);
        assert_eq!(value(&client, "SELECT b FROM t WHERE a = 7").await, "seven");
        assert_eq!(state(client.prepare("SELECT nosuch FROM t").await), "42703");
        // A statement may have one command only.
        assert_eq!(state(client.prepare("SELECT 1; SELECT 2").await), "42601");
    });
}

#[test]
fn a_column_says_of_which_relation_it_is() {
    with_server(async |server| {
        let client = server.superuser().await;
        let made = "CREATE TABLE t (a int, b text); CREATE VIEW v AS SELECT b AS c FROM t";
        client.batch_execute(made).await.unwrap();
        let oid = async |name: &str| {
            let oid = value(&client, &format!("SELECT '{name}'::regclass::oid::text")).await;
            oid.parse::<u32>().ok()
        };
        let (table, view) = (oid("t").await, oid("v").await);
        type Origin = (Option<u32>, Option<i16>);
        let expected: &[(&str, &[Origin])] = &[
            (
                "SELECT b AS other, a + 1, a FROM t",
                &[(table, Some(2)), (None, None), (table, Some(1))],
            ),
            ("SELECT c FROM v", &[(view, Some(1))]),
            (
                "SELECT x.b, count(*) FROM t x GROUP BY b ORDER BY b",
                &[(table, Some(2)), (None, None)],
            ),
            (
                "SELECT q.b, v.c FROM (SELECT b FROM t) q JOIN v ON v.c = q.b LIMIT 1",
                &[(table, Some(2)), (view, Some(1))],
            ),
            ("SELECT a FROM t UNION SELECT a FROM t", &[(None, None)]),
        ];
        for (text, origins) in expected {
            let statement = client.prepare(text).await.unwrap();
            let columns = statement.columns().iter();
            let found: Vec<_> = columns.map(|c| (c.table_oid(), c.column_id())).collect();
            assert_eq!(found, *origins, "{text}");
        }
    });
}

#[test]
fn portals_stop_at_the_row_limit_and_go_on() {
    with_server(async |server| {
        let mut client = server.superuser().await;
        let transaction = client.transaction().await.unwrap();
        let portal = transaction
            .bind("SELECT x::int8 FROM generate_series(1, 10) AS g (x)", &[])
            .await
            .unwrap();
        let mut seen = Vec::new();
        loop {
            let rows = transaction.query_portal(&portal, 4).await.unwrap();
            if rows.is_empty() {
                break;
            }
            assert!(rows.len() <= 4);
            seen.extend(rows.iter().map(|row| row.get::<_, i64>(0)));
        }
        assert_eq!(seen, (1..=10).collect::<Vec<i64>>());
        transaction.commit().await.unwrap();
    });
}

#[test]
fn a_failed_transaction_answers_nothing_until_it_ends() {
    with_server(async |server| {
        let client = server.superuser().await;
        client.batch_execute("CREATE TABLE t (a int)").await.unwrap();
        client.batch_execute("BEGIN; INSERT INTO t VALUES (1)").await.unwrap();
        assert_eq!(state(client.query("SELECT nosuch", &[]).await), "42703");
        assert_eq!(state(client.query("SELECT 1", &[]).await), "25P02");
        assert_eq!(state(client.simple_query("SELECT 1").await), "25P02");
        client.batch_execute("COMMIT").await.unwrap();
        assert_eq!(value(&client, "SELECT count(*) FROM t").await, "0");
    });
}

#[test]
fn several_statements_in_one_message_are_one_transaction() {
    with_server(async |server| {
        let client = server.superuser().await;
        client.batch_execute("CREATE TABLE t (a int)").await.unwrap();
        let failed = client
            .simple_query("INSERT INTO t VALUES (1); SELECT 1/0; INSERT INTO t VALUES (2)")
            .await;
        assert_eq!(state(failed), "22012");
        assert_eq!(value(&client, "SELECT count(*) FROM t").await, "0");
        let answers =
            client.simple_query("INSERT INTO t VALUES (1); SELECT a FROM t; ;").await.unwrap();
        let rows = answers.iter().filter(|m| matches!(m, SimpleQueryMessage::Row(_))).count();
        assert_eq!(rows, 1);
        // An explicit COMMIT inside ends one and begins another.
        let failed = client
            .simple_query("INSERT INTO t VALUES (2); COMMIT; INSERT INTO t VALUES (3); SELECT 1/0");
        assert_eq!(state(failed.await), "22012");
        let _ = client.simple_query("ROLLBACK").await;
        assert_eq!(value(&client, "SELECT count(*) FROM t").await, "2");
    });
}

#[test]
fn a_revoke_holds_from_the_next_execution_of_a_prepared_statement() {
    with_server(async |server| {
        let root = server.superuser().await;
        root.batch_execute(
            "CREATE ROLE alice LOGIN PASSWORD 'alice'; CREATE TABLE t (a int); \
             INSERT INTO t VALUES (1); GRANT SELECT ON t TO alice",
        )
        .await
        .unwrap();
        let alice = server.as_role("alice").await;
        let read = alice.prepare("SELECT a FROM t").await.unwrap();
        assert_eq!(alice.query(&read, &[]).await.unwrap().len(), 1);
        root.batch_execute("REVOKE SELECT ON t FROM alice").await.unwrap();
        assert_eq!(state(alice.query(&read, &[]).await), "42501");
        root.batch_execute("GRANT SELECT ON t TO alice").await.unwrap();
        assert_eq!(alice.query(&read, &[]).await.unwrap().len(), 1);
        root.batch_execute("INSERT INTO t VALUES (2)").await.unwrap();
        assert_eq!(alice.query(&read, &[]).await.unwrap().len(), 2, "it reads the newest version");
    });
}

#[test]
fn statement_timeout_cancels_and_the_session_goes_on() {
    with_server(async |server| {
        let client = server.superuser().await;
        client.batch_execute("SET statement_timeout = '300ms'").await.unwrap();
        let began = Instant::now();
        let failed = client.query(&format!("SELECT count(*) FROM ({ENDLESS}) AS e"), &[]).await;
        let error = failed.unwrap_err();
        let error = error.as_db_error().expect("an answer of the server");
        assert_eq!(error.code().code(), "57014");
        assert!(error.message().contains("statement timeout"), "{error}");
        assert!(began.elapsed() < Duration::from_secs(20));
        client.batch_execute("RESET statement_timeout").await.unwrap();
        assert_eq!(value(&client, "SELECT 1").await, "1");
    });
}

#[test]
fn statement_timeout_stops_rows_that_already_flow() {
    with_server(async |server| {
        let client = server.superuser().await;
        client.batch_execute("SET statement_timeout = '700ms'").await.unwrap();
        let messages = client.simple_query_raw(ENDLESS).await.unwrap();
        pin_mut!(messages);
        let mut rows = 0;
        let error = loop {
            match messages.try_next().await {
                Ok(Some(SimpleQueryMessage::Row(_))) => rows += 1,
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert!(rows > 0, "they did not flow yet");
        assert_eq!(error.code().map(|state| state.code()), Some("57014"), "{error}");
        client.batch_execute("RESET statement_timeout").await.unwrap();
        assert_eq!(value(&client, "SELECT 1").await, "1");
        // The limit of the config holds for who sets none.
        let limited = Server::start_with(Store::folder(), |config| {
            config.limits.statement_timeout_ms = 300;
        })
        .await;
        let client = limited.superuser().await;
        assert_eq!(value(&client, "SHOW statement_timeout").await, "300ms");
        let endless = format!("SELECT count(*) FROM ({ENDLESS}) AS e");
        assert_eq!(state(client.simple_query(&endless).await), "57014");
        limited.stop().await;
    });
}

#[test]
fn a_stopping_server_lets_statements_finish_and_then_cancels_them() {
    block_on(async {
        let server =
            Server::start_with(Store::folder(), |config| config.server.drain_ms = 3_000).await;
        let mut idle = Raw::superuser(server.address).await;
        let (short, endless) = (server.superuser().await, server.superuser().await);
        let short = tokio::spawn(async move {
            let sql = "SELECT count(*) FROM generate_series(1, 300000) AS g (x)";
            value(&short, sql).await
        });
        let endless = tokio::spawn(async move {
            let sql = format!("SELECT count(*) FROM ({ENDLESS}) AS e");
            state(endless.simple_query(&sql).await)
        });
        tokio::time::sleep(Duration::from_millis(200)).await;
        let address = server.address;
        let began = Instant::now();
        server.stop().await;
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
        assert_eq!(short.await.expect("no panic"), "300000");
        let cancelled = endless.await.expect("no panic");
        assert!(["57014", "57P01"].contains(&cancelled.as_str()), "{cancelled}");
        // Who was idle is told why the connection ends, and nobody new gets in.
        let told = idle.read().await.expect("a last word");
        assert_eq!((told.state().as_str(), told.severity().as_str()), ("57P01", "FATAL"));
        assert!(tokio::net::TcpStream::connect(address).await.is_err());
    });
}

#[test]
fn parameter_status_tells_what_drivers_rely_on() {
    with_server(async |server| {
        let config = server.target();
        let mut client = tokio_postgres::Config::new();
        client.host(&config.host).port(config.port).dbname("postgres").user("postgres");
        client.password(PASSWORD).application_name("a test");
        let (client, mut connection) = client.connect(NoTls).await.unwrap();
        assert_eq!(connection.parameter("server_encoding"), Some("UTF8"));
        assert_eq!(connection.parameter("client_encoding"), Some("UTF8"));
        assert_eq!(connection.parameter("standard_conforming_strings"), Some("on"));
        assert_eq!(connection.parameter("integer_datetimes"), Some("on"));
        assert!(connection.parameter("server_version").is_some_and(|v| v.starts_with("15")));
        assert!(connection.parameter("DateStyle").is_some_and(|v| v.starts_with("ISO")));
        tokio::spawn(async move {
            while std::future::poll_fn(|cx| connection.poll_message(cx)).await.is_some() {}
        });
        assert_eq!(value(&client, "SHOW application_name").await, "a test");
        // A client that asks for `postgres` reaches the one database there is.
        assert_eq!(value(&client, "SELECT current_database()").await, "lake");
    });
}

#[test]
fn errors_point_into_the_statement() {
    with_server(async |server| {
        let client = server.superuser().await;
        let error = client.simple_query("SELECT 1,\n  nosuch").await.unwrap_err();
        let error = error.as_db_error().expect("an answer of the server");
        assert_eq!(error.code().code(), "42703");
        let position = match error.position() {
            Some(tokio_postgres::error::ErrorPosition::Original(position)) => *position,
            other => panic!("no position: {other:?}"),
        };
        assert_eq!(position, 13);
    });
}

// ---- logging in

#[test]
fn who_may_not_enter_is_told_the_same_as_elsewhere() {
    with_server(async |server| {
        let root = server.superuser().await;
        root.batch_execute(
            "CREATE ROLE nologin PASSWORD 'nologin'; \
             CREATE ROLE late LOGIN PASSWORD 'late' VALID UNTIL '2001-01-01'; \
             CREATE ROLE one LOGIN PASSWORD 'one' CONNECTION LIMIT 1; \
             CREATE ROLE bare LOGIN",
        )
        .await
        .unwrap();
        let target = server.target();
        assert_eq!(state(target.connect(Some("nologin")).await), "28000");
        assert_eq!(state(target.connect(Some("late")).await), "28P01");
        assert_eq!(state(target.connect(Some("nosuch")).await), "28P01");
        assert_eq!(state(target.connect(Some("bare")).await), "28P01");
        let first = target.connect(Some("one")).await.unwrap();
        assert_eq!(state(target.connect(Some("one")).await), "53300");
        drop(first);
        let mut wrong = target.clone();
        wrong.password = "wrong".into();
        assert_eq!(state(wrong.connect(None).await), "28P01");
        let mut elsewhere = target.clone();
        elsewhere.database = "nosuch".into();
        assert_eq!(state(elsewhere.connect(None).await), "3D000");
    });
}

#[test]
fn one_connection_too_many_is_told_so() {
    block_on(async {
        let server =
            Server::start_with(Store::folder(), |config| config.limits.connections = 2).await;
        let target = server.target();
        let first = target.connect(None).await.unwrap();
        let second = target.connect(None).await.unwrap();
        assert_eq!(state(target.connect(None).await), "53300");
        drop(second);
        let mut again = target.connect(None).await;
        for _ in 0..50 {
            if again.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            again = target.connect(None).await;
        }
        assert_eq!(value(&again.unwrap(), "SELECT 1").await, "1");
        assert_eq!(value(&first, "SELECT 1").await, "1");
        server.stop().await;
    });
}

#[test]
fn who_does_not_log_in_in_time_is_cut_off() {
    block_on(async {
        let server = Server::start_with(Store::folder(), |c| c.limits.login_ms = 300).await;
        let mut silent = Raw::connect(server.address).await;
        let (_, closed) = silent.drain(Duration::from_secs(10)).await;
        assert!(closed, "a silent client holds a connection for ever");
        assert_eq!(value(&server.superuser().await, "SELECT 1").await, "1");
        server.stop().await;
    });
}

#[test]
fn newer_protocols_are_negotiated_down() {
    with_server(async |server| {
        let who = [("user", "postgres"), ("database", "lake")];
        let mut raw = Raw::connect(server.address).await;
        raw.send(&startup(VERSION_3_2, &who)).await;
        let answers = raw.login(PASSWORD).await;
        let key = answers.iter().find(|m| m.kind == b'K').expect("a key to cancel with");
        assert!(key.body.len() > 8, "3.2 has longer keys: {}", key.body.len());

        let mut raw = Raw::connect(server.address).await;
        let asks = [who[0], who[1], ("_pq_.nosuch", "1")];
        raw.send(&startup(0x0003_0009, &asks)).await;
        let answer = raw.read().await.expect("an answer");
        assert_eq!(answer.kind, b'v', "{answer:?}");
        assert_eq!(answer.body[..4], VERSION_3_2.to_be_bytes());
        assert!(String::from_utf8_lossy(&answer.body).contains("_pq_.nosuch"));

        let mut raw = Raw::connect(server.address).await;
        raw.send(&startup(0x0004_0000, &who)).await;
        let answer = raw.read().await.expect("an answer");
        assert_eq!((answer.kind, answer.severity().as_str()), (b'E', "FATAL"));
        assert_eq!(answer.state(), "0A000");
        assert_eq!(raw.read().await, None);
    });
}

// ---- the extended protocol, message by message

#[test]
fn an_error_skips_to_the_next_sync() {
    with_server(async |server| {
        let mut raw = Raw::superuser(server.address).await;
        let batch = [
            parse("", "SELECT nosuch", &[]),
            bind("", "", &[], &[]),
            execute("", 0),
            query("SELECT 1"),
            sync(),
            parse("", "SELECT 2", &[]),
            bind("", "", &[], &[]),
            execute("", 0),
            sync(),
        ];
        raw.send(&batch.concat()).await;
        assert_eq!(kinds(&raw.answers().await), "EZ");
        assert_eq!(kinds(&raw.answers().await), "12DCZ");
    });
}

#[test]
fn a_batch_is_one_transaction() {
    with_server(async |server| {
        let client = server.superuser().await;
        client.batch_execute("CREATE TABLE t (a int)").await.unwrap();
        let mut raw = Raw::superuser(server.address).await;
        let insert = |n: u32| {
            [
                parse("", &format!("INSERT INTO t VALUES ({n})"), &[]),
                bind("", "", &[], &[]),
                execute("", 0),
            ]
            .concat()
        };
        let broken = [
            insert(1),
            parse("", "SELECT 1/0", &[]),
            bind("", "", &[], &[]),
            execute("", 0),
            sync(),
        ];
        raw.send(&broken.concat()).await;
        assert!(kinds(&raw.answers().await).ends_with("EZ"));
        assert_eq!(value(&client, "SELECT count(*) FROM t").await, "0");
        raw.send(&[insert(1), insert(2), sync()].concat()).await;
        assert_eq!(kinds(&raw.answers().await), "12C12CZ");
        assert_eq!(value(&client, "SELECT count(*) FROM t").await, "2");
    });
}

#[test]
fn statements_and_portals_are_described_closed_and_missed() {
    with_server(async |server| {
        let mut raw = Raw::superuser(server.address).await;
        raw.send(&[parse("s", "SELECT $1::int4 AS a", &[]), describe(b'S', "s"), sync()].concat())
            .await;
        let answers = raw.answers().await;
        assert_eq!(kinds(&answers), "1tTZ");
        assert_eq!(answers[1].body, [0, 1, 0, 0, 0, 23]);
        // A name in use is refused; the nameless one is replaced.
        raw.send(&[parse("s", "SELECT 2", &[]), sync()].concat()).await;
        assert_eq!(raw.answers().await[0].state(), "42P05");
        raw.send(
            &[bind("p", "s", &[Some("5")], &[]), describe(b'P', "p"), execute("p", 0), sync()]
                .concat(),
        )
        .await;
        assert_eq!(kinds(&raw.answers().await), "2TDCZ");
        // Portals end with their transaction.
        raw.send(&[execute("p", 0), sync()].concat()).await;
        assert_eq!(raw.answers().await[0].state(), "34000");
        raw.send(&[close(b'S', "s"), close(b'P', "never"), sync()].concat()).await;
        assert_eq!(kinds(&raw.answers().await), "33Z");
        raw.send(&[bind("", "s", &[], &[]), sync()].concat()).await;
        assert_eq!(raw.answers().await[0].state(), "26000");
        raw.send(&[parse("", "", &[]), bind("", "", &[], &[]), execute("", 0), sync()].concat())
            .await;
        assert_eq!(kinds(&raw.answers().await), "12IZ");
        raw.send(
            &[parse("", "SET search_path = public", &[]), describe(b'S', ""), sync()].concat(),
        )
        .await;
        assert_eq!(kinds(&raw.answers().await), "1tnZ");
    });
}

// ---- faults that servers built on a bundled loop have had

#[test]
fn nothing_runs_after_a_failed_password() {
    with_server(async |server| {
        let client = server.superuser().await;
        let mut raw = Raw::connect(server.address).await;
        raw.send(&startup(VERSION_3_0, &[("user", "postgres"), ("database", "lake")])).await;
        let answers = raw.login_with("wrong", &query("CREATE TABLE intruder (a int)")).await;
        assert_eq!(kinds(&answers), "E", "{answers:?}");
        assert_eq!(
            (answers[0].state().as_str(), answers[0].severity().as_str()),
            ("28P01", "FATAL")
        );
        let tables = "SELECT count(*) FROM pg_class WHERE relname = 'intruder'";
        assert_eq!(value(&client, tables).await, "0");
    });
}

#[test]
fn an_error_before_login_ends_the_connection() {
    with_server(async |server| {
        // Each of these is wrong in another way, with a query behind it.
        let who = startup(VERSION_3_0, &[("user", "postgres"), ("database", "lake")]);
        let nobody = startup(VERSION_3_0, &[("database", "lake")]);
        let nowhere = startup(VERSION_3_0, &[("user", "postgres"), ("database", "nosuch")]);
        let cases = [
            ("a query instead of a password", [who.clone(), query("SELECT 1")].concat()),
            ("no user", [nobody, query("SELECT 1")].concat()),
            ("no such database", [nowhere, query("SELECT 1")].concat()),
            ("a broken SASL answer", [who.clone(), message(b'p', b"SCRAM-SHA-256\0\0\0")].concat()),
            ("an unknown mechanism", [who.clone(), message(b'p', b"PLAIN\0\0\0\0\0")].concat()),
            ("a message that is none", [who, message(b'?', b"")].concat()),
        ];
        for (name, bytes) in cases {
            let mut raw = Raw::connect(server.address).await;
            raw.send(&bytes).await;
            let answers = raw.answers().await;
            let kinds = kinds(&answers);
            assert!(kinds == "RE" || kinds == "E", "{name}: {answers:?}");
            let last = answers.last().expect("an error");
            assert_eq!(last.severity(), "FATAL", "{name}");
        }
    });
}

#[test]
fn bytes_glued_behind_the_tls_request_are_refused() {
    block_on(async {
        let keys = crate::tls::Keys::new();
        let server = Server::start_with(Store::folder(), |c| keys.serve(c)).await;
        let mut raw = Raw::connect(server.address).await;
        let glued = startup(VERSION_3_0, &[("user", "postgres"), ("database", "lake")]);
        raw.send(&[&SSL_REQUEST[..], &glued].concat()).await;
        let (answer, closed) = raw.drain(Duration::from_secs(20)).await;
        assert!(closed, "the connection goes on: {answer:?}");
        assert!(!answer.contains(&b'R'), "a login began in clear: {answer:?}");
        server.stop().await;
    });
}

#[test]
fn row_limits_reserve_nothing() {
    with_server(async |server| {
        let mut raw = Raw::superuser(server.address).await;
        for limit in [i32::MAX, -1, i32::MIN] {
            let sql = "SELECT x FROM generate_series(1, 3) AS g (x)";
            raw.send(
                &[parse("", sql, &[]), bind("", "", &[], &[]), execute("", limit), sync()].concat(),
            )
            .await;
            assert_eq!(kinds(&raw.answers().await), "12DDDCZ", "limit {limit}");
        }
    });
}

#[test]
fn extended_results_stream_like_simple_ones() {
    block_on(async {
        let store = Store::folder();
        let program = Program::start(&store, &[]);
        let client = program.connect().await;
        // The first run pays for what is built once.
        let _ = value(&client, "SELECT count(*) FROM generate_series(1, 10)").await;
        let began = Instant::now();
        let simple = client.simple_query_raw(MANY).await.unwrap();
        pin_mut!(simple);
        while !matches!(simple.next().await, Some(Ok(SimpleQueryMessage::Row(_)))) {}
        let simple_first = began.elapsed();
        let other = program.connect().await;
        let began = Instant::now();
        let rows = other.query_raw(MANY, std::iter::empty::<i32>()).await.unwrap();
        pin_mut!(rows);
        rows.try_next().await.unwrap().expect("a row");
        let extended_first = began.elapsed();
        let bound = simple_first * 3 + Duration::from_secs(1);
        assert!(extended_first < bound, "{extended_first:?} against {simple_first:?}");
        // The rest comes through without being held.
        let before = program.resident_kib();
        let (mut count, mut most) = (1, before);
        while rows.try_next().await.unwrap().is_some() {
            count += 1;
            if count % 100_000 == 0 {
                most = most.max(program.resident_kib());
            }
        }
        assert_eq!(count, 2_000_000);
        let grown = most - before;
        assert!(grown < 150 << 10, "{grown} KiB more while 2 million rows went through");
    });
}

/// Takes seconds to plan, and no time to run.
fn long_to_plan() -> String {
    format!("SELECT 'a'{}", " || 'b'".repeat(390))
}

#[test]
fn planning_ends_with_its_time_and_when_it_is_cancelled() {
    with_server(async |server| {
        let client = server.superuser().await;
        client.batch_execute("SET statement_timeout = '100ms'").await.unwrap();
        assert_eq!(state(client.simple_query(&long_to_plan()).await), "57014");
        assert_eq!(state(client.prepare(&long_to_plan()).await), "57014");
        client.batch_execute("RESET statement_timeout").await.unwrap();
        for extended in [false, true] {
            let cancel = client.cancel_token();
            // Again and again, since the first request may come before the statement.
            let asking = tokio::spawn(async move {
                loop {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    let _ = cancel.cancel_query(NoTls).await;
                }
            });
            let found = match extended {
                true => state(client.prepare(&long_to_plan()).await),
                false => state(client.simple_query(&long_to_plan()).await),
            };
            asking.abort();
            let _ = asking.await;
            assert_eq!(found, "57014", "extended: {extended}");
        }
        // One that was on its way may still hit what comes next.
        let _ = client.simple_query("SELECT 1").await;
        assert_eq!(value(&client, "SELECT 1").await, "1");
    });
}

#[test]
fn a_join_that_finds_nothing_ends_with_its_time() {
    with_server(async |server| {
        let client = server.superuser().await;
        client.batch_execute("SET statement_timeout = '300ms'").await.unwrap();
        let endless = "SELECT count(*) FROM generate_series(1, 20000) AS a (a), generate_series(1, 20000) AS b (b), \
                       generate_series(1, 20000) AS c (c) WHERE a::text || b::text || c::text = 'x'";
        // Once for each thread that computes, which must all be free again.
        for _ in 0..8 {
            assert_eq!(state(client.simple_query(endless).await), "57014");
        }
        client.batch_execute("RESET statement_timeout").await.unwrap();
        let counted = value(&client, "SELECT count(*) FROM generate_series(1, 100000)").await;
        assert_eq!(counted, "100000");
    });
}

#[test]
fn cancel_stops_rows_that_already_flow() {
    with_server(async |server| {
        for extended in [false, true] {
            let client = server.superuser().await;
            let cancel = client.cancel_token();
            let error = if extended {
                let rows = client.query_raw(ENDLESS, std::iter::empty::<i32>()).await.unwrap();
                pin_mut!(rows);
                rows.try_next().await.unwrap().expect("a row");
                cancel.cancel_query(NoTls).await.unwrap();
                loop {
                    if let Err(error) = rows.try_next().await {
                        break error;
                    }
                }
            } else {
                let messages = client.simple_query_raw(ENDLESS).await.unwrap();
                pin_mut!(messages);
                while !matches!(
                    messages.try_next().await.unwrap(),
                    Some(SimpleQueryMessage::Row(_))
                ) {}
                cancel.cancel_query(NoTls).await.unwrap();
                loop {
                    if let Err(error) = messages.try_next().await {
                        break error;
                    }
                }
            };
            let error = error.as_db_error().expect("an answer of the server");
            assert_eq!(error.code().code(), "57014", "{error}");
            assert!(error.message().contains("user request"), "{error}");
            assert_eq!(value(&client, "SELECT 1").await, "1", "the session goes on");
        }
    });
}

#[test]
fn a_wrong_cancel_key_cancels_nothing() {
    with_server(async |server| {
        let mut raw = Raw::connect(server.address).await;
        raw.send(&[0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 0, 1, 0, 0, 0, 1]).await;
        let (answer, closed) = raw.drain(Duration::from_secs(20)).await;
        assert!(closed && answer.is_empty(), "{answer:?}");
        assert_eq!(value(&server.superuser().await, "SELECT 1").await, "1");
    });
}

#[test]
fn little_is_taken_in_before_login() {
    with_server(async |server| {
        let who = startup(VERSION_3_0, &[("user", "postgres"), ("database", "lake")]);
        // A length alone must be enough to be refused; nobody waits for a gigabyte.
        let mut raw = Raw::connect(server.address).await;
        raw.send(&[who, vec![b'p'], (1u32 << 30).to_be_bytes().to_vec()].concat()).await;
        let answers = raw.answers().await;
        assert_eq!(kinds(&answers), "RE", "{answers:?}");
        let mut raw = Raw::connect(server.address).await;
        raw.send(&(1u32 << 20).to_be_bytes()).await;
        raw.send(&VERSION_3_0.to_be_bytes()).await;
        let (_, closed) = raw.drain(Duration::from_secs(20)).await;
        assert!(closed, "a start-up message of a megabyte is waited for");
    });
}

#[test]
fn a_message_beyond_the_limit_is_refused() {
    block_on(async {
        let server =
            Server::start_with(Store::folder(), |c| c.limits.message_bytes = 64 << 10).await;
        let mut raw = Raw::superuser(server.address).await;
        raw.send(&[vec![b'Q'], (100u32 << 20).to_be_bytes().to_vec()].concat()).await;
        let answer = raw.read().await.expect("an error");
        assert_eq!((answer.kind, answer.state().as_str()), (b'E', "08P01"));
        assert_eq!(value(&server.superuser().await, "SELECT 1").await, "1");
        server.stop().await;
    });
}

#[test]
fn a_malformed_bind_is_an_error_and_the_session_goes_on() {
    with_server(async |server| {
        let mut raw = Raw::superuser(server.address).await;
        let bodies: [&[u8]; 6] = [
            b"",
            b"\0",
            b"\0\0",
            b"\0\0\0\0\xff\xff",
            // A value longer than its message.
            b"\0\0\0\0\0\x01\x7f\xff\xff\xff",
            b"\0\0\0\0\0\x01\xff\xff\xff\xfe\0\0",
        ];
        for body in bodies {
            raw.send(&[parse("", "SELECT 1", &[]), message(b'B', body), sync()].concat()).await;
            let answers = raw.answers().await;
            assert_eq!(kinds(&answers), "1EZ", "{body:?}: {answers:?}");
            assert_eq!(answers[1].state(), "08P01", "{body:?}");
        }
        raw.send(&query("SELECT 1")).await;
        assert_eq!(kinds(&raw.answers().await), "TDCZ");
    });
}

#[test]
fn format_codes_are_counted() {
    with_server(async |server| {
        let mut raw = Raw::superuser(server.address).await;
        let three = parse("", "SELECT 1, 2, 3", &[]);
        raw.send(&[three.clone(), bind("", "", &[], &[0, 1]), execute("", 0), sync()].concat())
            .await;
        let answers = raw.answers().await;
        assert_eq!((kinds(&answers).as_str(), answers[1].state().as_str()), ("1EZ", "08P01"));
        raw.send(&[three.clone(), bind("", "", &[], &[9]), execute("", 0), sync()].concat()).await;
        assert_eq!(kinds(&raw.answers().await), "1EZ");
        raw.send(&[three, bind("", "", &[Some("1")], &[]), execute("", 0), sync()].concat()).await;
        let answers = raw.answers().await;
        assert_eq!(answers[1].state(), "08P01", "a parameter too many: {answers:?}");
    });
}

#[test]
fn announced_parameter_types_are_the_ones_decoded() {
    with_server(async |server| {
        let mut raw = Raw::superuser(server.address).await;
        // The client says int8 for a parameter that would be inferred as int4.
        raw.send(&[parse("", "SELECT $1 + 1", &[20]), describe(b'S', ""), sync()].concat()).await;
        let answers = raw.answers().await;
        assert_eq!(answers[1].body, [0, 1, 0, 0, 0, 20], "{answers:?}");
        raw.send(
            &[bind("", "", &[Some("9223372036854775806")], &[]), execute("", 0), sync()].concat(),
        )
        .await;
        let answers = raw.answers().await;
        assert!(answers[1].body.ends_with(b"9223372036854775807"), "{answers:?}");
    });
}

#[test]
fn unknown_messages_are_answered_before_the_door_shuts() {
    with_server(async |server| {
        for bytes in [message(b'!', b""), message(b'F', b"\0\0\0\0"), vec![b'Q', 0, 0, 0, 1]] {
            let mut raw = Raw::superuser(server.address).await;
            raw.send(&bytes).await;
            let answer = raw.read().await.expect("an error, not silence");
            assert_eq!(answer.kind, b'E', "{answer:?}");
            assert!(["08P01", "0A000"].contains(&answer.state().as_str()), "{answer:?}");
        }
    });
}

#[test]
fn a_client_that_stops_reading_holds_little() {
    block_on(async {
        let store = Store::folder();
        let program = Program::start(&store, &[]);
        // Two clients ask for endless rows and read nothing; a third is served all the same.
        let mut idle = Vec::new();
        for _ in 0..2 {
            let mut raw = Raw::superuser(program.address).await;
            raw.send(&query(ENDLESS)).await;
            assert_eq!(raw.read().await.map(|m| m.kind), Some(b'T'));
            idle.push(raw);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        let before = program.resident_kib();
        tokio::time::sleep(Duration::from_secs(2)).await;
        let grown = program.resident_kib().saturating_sub(before);
        assert!(grown < 200 << 10, "{grown} KiB more for clients that do not read");
        assert_eq!(value(&program.connect().await, "SELECT 1").await, "1");
    });
}

#[test]
fn who_listens_hears_what_is_committed_and_at_once() {
    with_server(async |server| {
        let speaker = server.superuser().await;
        let login = format!(
            "host=127.0.0.1 port={} user=postgres password={PASSWORD} dbname=lake",
            server.address.port()
        );
        let (listener, mut connection) = tokio_postgres::connect(&login, NoTls).await.unwrap();
        let (tx, mut heard) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut messages = futures::stream::poll_fn(move |cx| connection.poll_message(cx));
            while let Some(Ok(message)) = messages.next().await {
                if let tokio_postgres::AsyncMessage::Notification(said) = message {
                    let _ = tx.send((said.channel().to_owned(), said.payload().to_owned()));
                }
            }
        });
        listener.batch_execute("LISTEN a; LISTEN \"B c\"").await.unwrap();
        speaker.batch_execute("BEGIN; NOTIFY a, 'lost'; ROLLBACK").await.unwrap();
        speaker
            .batch_execute(
                "BEGIN; NOTIFY a, '1'; NOTIFY a, '1'; SELECT pg_notify('a', '2'); COMMIT",
            )
            .await
            .unwrap();
        speaker.batch_execute("NOTIFY elsewhere; NOTIFY \"B c\"").await.unwrap();
        // The listener asks nothing more: it hears while it is idle.
        for wanted in [("a", "1"), ("a", "2"), ("B c", "")] {
            let (channel, payload) = heard.recv().await.unwrap();
            assert_eq!((channel.as_str(), payload.as_str()), wanted);
        }
        // In a transaction it hears when that is over.
        listener.batch_execute("BEGIN").await.unwrap();
        speaker.batch_execute("NOTIFY a, 'later'").await.unwrap();
        listener.batch_execute("SELECT 1").await.unwrap();
        assert!(heard.try_recv().is_err());
        listener.batch_execute("COMMIT").await.unwrap();
        assert_eq!(heard.recv().await.unwrap().1, "later");
    });
}

#[test]
fn a_clients_encoding_holds_for_all_it_says_and_hears() {
    with_server(async |server| {
        let mut raw = Raw::superuser(server.address).await;
        raw.send(&query("SET client_encoding = latin1")).await;
        raw.answers().await;
        raw.send(&message(b'Q', b"SELECT 'caf\xe9' AS \"\xe9\", length('\xe9')\0")).await;
        let answer: Vec<u8> = raw.answers().await.into_iter().flat_map(|m| m.body).collect();
        let has = |wanted: &[u8]| answer.windows(wanted.len()).any(|part| part == wanted);
        assert!(has(b"caf\xe9") && has(b"\xe9\0") && !has(b"\xc3"));
    });
}
