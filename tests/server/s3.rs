//! A lake behaves alike on a folder and on S3, and says which location does not work and why.

use std::time::{Duration, Instant};

use lakewire::config::{Location, S3};

use crate::support::server::{Server, Store, block_on, column, credentials, state, value};

/// Everything that touches the store once, then a restart.
async fn lake(store: Store) {
    store.put("landing/csv/a.csv", b"id,name\n1,Ann\n2,NA\n");
    store.put("landing/csv/b.csv", b"id,name\n3,Cid\n");
    let server = Server::start(store.clone()).await;
    let client = server.superuser().await;
    client
        .batch_execute(
            "CREATE SCHEMA s; CREATE TABLE s.t (a int NOT NULL, b text); \
             INSERT INTO s.t VALUES (1, 'x'), (2, NULL); \
             CREATE TABLE s.copied AS SELECT * FROM s.t; \
             CREATE TABLE s.parts WITH (partition_by = 'p') AS \
             SELECT x, x % 3 AS p FROM generate_series(1, 30) AS g (x); \
             INSERT INTO s.parts SELECT 31, 7; \
             CREATE TABLE s.gone (a int); DROP TABLE s.gone; \
             CREATE TABLE s.emptied AS SELECT 1 AS a; TRUNCATE s.emptied; \
             CREATE FOREIGN TABLE s.people (id int, name text) SERVER lake \
             OPTIONS (location 'landing/csv', format 'csv', header 'true', \"null\" 'NA')",
        )
        .await
        .expect("each statement runs");
    assert_eq!(state(client.simple_query("INSERT INTO s.t VALUES (NULL, 'x')").await), "23502");
    check(&server).await;
    server.stop().await;
    // Nothing was kept in the server.
    let again = Server::start(store).await;
    check(&again).await;
    again.stop().await;
}

async fn check(server: &Server) {
    let client = server.superuser().await;
    assert_eq!(column(&client, "SELECT b FROM s.t ORDER BY a").await, ["x", "NULL"]);
    assert_eq!(value(&client, "SELECT count(*) FROM s.copied").await, "2");
    assert_eq!(value(&client, "SELECT sum(x) FROM s.parts WHERE p = 1").await, "145");
    assert_eq!(value(&client, "SELECT x FROM s.parts WHERE p = 7").await, "31");
    assert_eq!(state(client.simple_query("SELECT * FROM s.gone").await), "42P01");
    assert_eq!(value(&client, "SELECT count(*) FROM s.emptied").await, "0");
    assert_eq!(
        column(&client, "SELECT name FROM s.people ORDER BY id").await,
        ["Ann", "NULL", "Cid"]
    );
}

#[test]
fn on_a_folder() {
    block_on(lake(Store::folder()));
}

#[test]
fn on_s3() {
    block_on(async { lake(Store::s3().await).await });
}

#[test]
fn a_lake_that_cannot_be_reached_is_named_at_the_start() {
    block_on(async {
        let store = Store::s3().await;
        let began = Instant::now();
        let missing = Server::try_start(store.clone(), |config| {
            config.server.lake = "s3://no-such-bucket/lake".into();
        });
        let error = missing.await.err().expect("there is no such bucket");
        assert!(error.to_string().contains("no-such-bucket"), "{error}");
        let wrong = Server::try_start(store.clone(), |config| {
            config.storage.s3.secret_access_key = "wrong".into();
        });
        let error = wrong.await.err().expect("the key is wrong");
        assert!(error.to_string().contains("s3://lake"), "{error}");
        let unreachable = Server::try_start(store, |config| {
            // A port that nobody listens on.
            config.storage.s3.endpoint = "http://127.0.0.1:1".into();
            config.storage.retries = 1;
        });
        let error = unreachable.await.err().expect("nobody is there");
        assert!(error.to_string().contains("s3://lake"), "{error}");
        assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    });
}

#[test]
fn a_location_that_cannot_be_reached_is_named_and_the_server_stays_up() {
    block_on(async {
        let store = Store::s3().await;
        let Store::S3(bucket) = &store else { unreachable!("it was made so") };
        let good = credentials(bucket);
        let server = Server::start_with(store.clone(), |config| {
            config.storage.retries = 1;
            config.storage.retry_ms = 2_000;
            let wrong = S3 { secret_access_key: "wrong".into(), ..good.clone() };
            let nobody = S3 { endpoint: "http://127.0.0.1:1".into(), ..good.clone() };
            for (url, s3) in [
                ("s3://no-such-bucket/x", good.clone()),
                ("s3://lake/elsewhere", wrong),
                ("s3://far-away/x", nobody),
            ] {
                config.locations.push(Location { url: url.into(), s3 });
            }
        })
        .await;
        let client = server.superuser().await;
        for (url, named) in [
            ("s3://no-such-bucket/x/", "no-such-bucket"),
            ("s3://lake/elsewhere/", "s3://lake/elsewhere"),
            ("s3://far-away/x/", "s3://far-away/x"),
        ] {
            let began = Instant::now();
            let sql = format!(
                "CREATE FOREIGN TABLE f () SERVER lake OPTIONS (location '{url}', format 'parquet')"
            );
            let error = client.simple_query(&sql).await.expect_err("it cannot be read");
            let error = error.as_db_error().expect("an answer of the server");
            assert_ne!(error.code().code(), "XX000", "{url}: {error}");
            assert!(error.message().contains(named), "{url}: {error}");
            assert!(began.elapsed() < Duration::from_secs(15), "{url}: {:?}", began.elapsed());
            assert_eq!(value(&client, "SELECT 1").await, "1");
        }
        // A place that the superuser has not allowed is refused whatever lies there.
        let outside = "CREATE FOREIGN TABLE f () SERVER lake \
                       OPTIONS (location '/etc/', format 'csv')";
        let outcome = state(client.simple_query(outside).await);
        assert!(["42501", "22023"].contains(&outcome.as_str()), "{outcome}");
        server.stop().await;
    });
}

#[test]
fn a_store_that_lets_several_win_is_served_read_only() {
    block_on(async {
        let store = Store::s3().await;
        let Store::S3(bucket) = &store else { unreachable!("it was made so") };
        let server = Server::start(store.clone()).await;
        let client = server.superuser().await;
        client.batch_execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1)").await.unwrap();
        server.stop().await;
        bucket.set_careless(true);
        let before = bucket.keys();
        let server = Server::start(store.clone()).await;
        let client = server.superuser().await;
        assert_eq!(value(&client, "SELECT a FROM t").await, "1");
        for sql in [
            "INSERT INTO t VALUES (2)",
            "CREATE TABLE u (a int)",
            "CREATE TABLE u AS SELECT 1 AS a",
            "TRUNCATE t",
            "DROP TABLE t",
            "CREATE ROLE r",
            "GRANT SELECT ON t TO PUBLIC",
            "EXPLAIN ANALYZE INSERT INTO t VALUES (2)",
        ] {
            let error = client.simple_query(sql).await.expect_err(sql);
            let error = error.as_db_error().expect("an answer of the server");
            assert_eq!(error.code().code(), "25006", "{sql}: {error}");
            assert!(error.message().contains("read-only"), "{sql}: {error}");
            assert!(error.hint().is_some_and(|hint| hint.contains("lakewire check")), "{sql}");
        }
        assert_eq!(value(&client, "SELECT a FROM t").await, "1");
        server.stop().await;
        assert_eq!(bucket.keys(), before, "nothing was written");
        // The report says what was seen; a lake that is not there yet cannot be made.
        let said = std::sync::Mutex::new(Vec::new());
        let say = |line: &str| said.lock().expect("no panic").push(line.to_owned());
        assert!(!lakewire::check::run(&store.config(), say).await);
        let said = said.into_inner().expect("no panic").join("\n");
        assert!(said.contains("FAIL  conditional put"), "{said}");
        let elsewhere = Server::try_start(store.clone(), |config| {
            config.server.lake = "s3://lake/another".into();
        });
        let error = elsewhere.await.err().expect("a new lake cannot be made there");
        assert!(error.to_string().contains("read-only"), "{error}");
    });
}
