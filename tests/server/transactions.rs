//! Transactions over several tables: every server sees all of one or nothing of it, whatever fails in between.

use tokio_postgres::Client;

use crate::support::s3::S3Server;
use crate::support::server::{Server, Store, block_on, column, state, value};

const BOTH: &str = "SELECT (SELECT count(*) FROM t) || ' ' || (SELECT count(*) FROM u)";
const WRITE_BOTH: &str = "BEGIN; INSERT INTO t VALUES (1); INSERT INTO u VALUES (1), (2); COMMIT";

/// A server that does not wait long for a store that fails, and does not look around by itself.
async fn deaf(store: &Store) -> Server {
    Server::start_with(store.clone(), |config| {
        config.storage.retries = 0;
        config.catalog.poll_ms = 3_600_000;
        config.catalog.retries = 2;
        config.storage.refresh_ms = 3_600_000;
    })
    .await
}

async fn tables(server: &Server) -> Client {
    let client = server.superuser().await;
    client.batch_execute("CREATE TABLE t (a int); CREATE TABLE u (a int)").await.unwrap();
    client
}

fn bucket(store: &Store) -> &S3Server {
    let Store::S3(bucket) = store else { unreachable!("it was made so") };
    bucket
}

#[test]
fn another_server_finishes_what_a_dead_one_has_committed() {
    block_on(async {
        let store = Store::s3().await;
        let first = deaf(&store).await;
        let client = tables(&first).await;
        let second = deaf(&store).await;
        // One of the two tables cannot be written.
        bucket(&store).set_closed(Some("/u-"));
        let write = "BEGIN; INSERT INTO t VALUES (1); INSERT INTO u SELECT a FROM t; COMMIT";
        assert_eq!(
            state(client.batch_execute(write).await),
            "58030",
            "its rows have nowhere to go yet"
        );
        client.batch_execute("ROLLBACK").await.unwrap();
        bucket(&store).set_closed(None);
        assert_eq!(value(&client, BOTH).await, "0 0", "nothing was committed");

        client
            .batch_execute("BEGIN; INSERT INTO t VALUES (1); INSERT INTO u VALUES (1), (2)")
            .await
            .unwrap();
        let log_of_u = log_of(bucket(&store), "/u-");
        bucket(&store).set_closed(Some(&log_of_u));
        client.batch_execute("COMMIT").await.expect("it is committed, with a warning");
        let there = second.superuser().await;
        for reader in [&client, &there] {
            assert_eq!(state(reader.simple_query(BOTH).await), "58030", "all or nothing");
            assert_eq!(value(reader, "SELECT 1").await, "1");
        }
        first.kill().await;
        bucket(&store).set_closed(None);
        assert_eq!(value(&there, BOTH).await, "1 2");
        assert_eq!(value(&there, BOTH).await, "1 2", "it is done once");
        let third = deaf(&store).await;
        assert_eq!(value(&third.superuser().await, BOTH).await, "1 2");
        second.stop().await;
        third.stop().await;
    });
}

fn log_of(bucket: &S3Server, table: &str) -> String {
    let keys = bucket.keys();
    let log = keys.iter().find(|key| key.contains(table) && key.contains("_delta_log"));
    let log = log.expect("the table has a log");
    log[..log.find("_delta_log").expect("it is one") + "_delta_log".len()].to_owned()
}

#[test]
fn nothing_is_committed_when_the_catalog_cannot_be_written() {
    block_on(async {
        let store = Store::s3().await;
        let server = deaf(&store).await;
        let client = tables(&server).await;
        bucket(&store).set_closed(Some("_lakewire/catalog"));
        let outcome = state(client.batch_execute(WRITE_BOTH).await);
        assert_eq!(outcome, "58030");
        bucket(&store).set_closed(None);
        assert_eq!(value(&client, BOTH).await, "0 0");
        client.batch_execute(WRITE_BOTH).await.unwrap();
        assert_eq!(value(&client, BOTH).await, "1 2");
        server.stop().await;
    });
}

/// A transaction that began before another one reads both tables as they were; one that has read nothing yet
/// moves on.
#[test]
fn who_began_earlier_sees_nothing_of_it() {
    block_on(async {
        let store = Store::folder();
        let (first, second) = (deaf(&store).await, Server::start(store.clone()).await);
        let here = tables(&first).await;
        here.batch_execute("CREATE TABLE other (a int); INSERT INTO t VALUES (0)").await.unwrap();
        let fresh = Server::start(store.clone()).await;
        let (same, there) = (first.superuser().await, fresh.superuser().await);
        for reader in [&same, &there] {
            reader.batch_execute("BEGIN").await.unwrap();
            assert_eq!(value(reader, "SELECT count(*) FROM other").await, "0");
        }
        here.batch_execute(WRITE_BOTH).await.unwrap();
        here.batch_execute("INSERT INTO t VALUES (5)").await.unwrap();
        here.batch_execute(WRITE_BOTH).await.unwrap();
        for reader in [&same, &there] {
            assert_eq!(value(reader, "SELECT count(*) FROM u").await, "0");
            assert_eq!(value(reader, "SELECT count(*) FROM t").await, "1");
            reader.batch_execute("COMMIT; BEGIN").await.unwrap();
            assert_eq!(value(reader, "SELECT count(*) FROM t").await, "4", "nothing was read yet");
            assert_eq!(value(reader, "SELECT count(*) FROM u").await, "4");
            reader.batch_execute("COMMIT").await.unwrap();
        }
        for server in [first, second, fresh] {
            server.stop().await;
        }
    });
}

/// A server that does not follow writes on top of what it has not heard of, and sees it from then on.
#[test]
fn who_writes_on_top_of_it_sees_it() {
    block_on(async {
        let store = Store::folder();
        let first = deaf(&store).await;
        let here = tables(&first).await;
        let second = deaf(&store).await;
        let there = second.superuser().await;
        assert_eq!(value(&there, BOTH).await, "0 0");
        here.batch_execute(WRITE_BOTH).await.unwrap();
        assert_eq!(value(&there, BOTH).await, "0 0", "it has not looked");
        there.batch_execute("INSERT INTO t VALUES (7)").await.unwrap();
        assert_eq!(value(&there, BOTH).await, "2 2");
        there.batch_execute("TRUNCATE u").await.unwrap();
        assert_eq!(value(&there, BOTH).await, "2 0");
        let third = deaf(&store).await;
        assert_eq!(value(&third.superuser().await, BOTH).await, "2 0");
        for server in [first, second, third] {
            server.stop().await;
        }
    });
}

/// Two servers that each take the rows of one table to another: they are taken once.
#[test]
fn rows_are_taken_by_one_of_two() {
    block_on(async {
        let store = Store::folder();
        let (first, second) = (deaf(&store).await, deaf(&store).await);
        let here = tables(&first).await;
        here.batch_execute("INSERT INTO t VALUES (1), (2), (3)").await.unwrap();
        let third = deaf(&store).await;
        let there = third.superuser().await;
        let take = "BEGIN; INSERT INTO u SELECT a FROM t; TRUNCATE t";
        here.batch_execute(take).await.unwrap();
        there.batch_execute(take).await.unwrap();
        // Rows that come meanwhile belong to nobody's taking.
        second.superuser().await.batch_execute("SELECT 1").await.unwrap();
        here.batch_execute("COMMIT").await.unwrap();
        assert_eq!(state(there.batch_execute("COMMIT").await), "40001");
        assert_eq!(value(&there, "SELECT count(*) FROM u").await, "3");
        assert_eq!(value(&there, BOTH).await, "0 3");
        assert_eq!(value(&here, BOTH).await, "0 3");
        for server in [first, second, third] {
            server.stop().await;
        }
    });
}

/// Rows that somebody adds between a transaction's reading and its emptying are not lost.
#[test]
fn rows_that_came_meanwhile_stay() {
    block_on(async {
        let store = Store::folder();
        let server = Server::start(store).await;
        let (mover, feeder) = (tables(&server).await, server.superuser().await);
        feeder.batch_execute("INSERT INTO t VALUES (1), (2)").await.unwrap();
        mover.batch_execute("BEGIN; INSERT INTO u SELECT a FROM t; TRUNCATE t").await.unwrap();
        feeder.batch_execute("INSERT INTO t VALUES (3)").await.unwrap();
        mover.batch_execute("COMMIT").await.unwrap();
        assert_eq!(column(&feeder, "SELECT a FROM t").await, ["3"]);
        assert_eq!(column(&feeder, "SELECT a FROM u ORDER BY a").await, ["1", "2"]);
        server.stop().await;
    });
}

/// More files than the catalog's log should carry.
#[test]
fn a_transaction_of_many_files_lies_beside_the_log() {
    block_on(async {
        let store = Store::s3().await;
        let server = deaf(&store).await;
        let client = server.superuser().await;
        client
            .batch_execute(
                "CREATE TABLE t (a bigint, p bigint) WITH (partition_by = 'p'); CREATE TABLE u (a bigint)",
            )
            .await
            .unwrap();
        let write = "BEGIN; INSERT INTO t SELECT x, x % 150 FROM generate_series(1, 300) AS g (x); \
                     INSERT INTO u SELECT a FROM t; COMMIT";
        client.batch_execute(write).await.unwrap();
        assert_eq!(value(&client, BOTH).await, "300 300");
        let aside = |keys: Vec<String>| keys.iter().any(|key| key.contains("/catalog/aside/"));
        assert!(aside(bucket(&store).keys()), "the list of files");
        // The next commit of the catalog clears it away.
        client.batch_execute("CREATE ROLE somebody").await.unwrap();
        assert!(!aside(bucket(&store).keys()), "it is done");
        let other = deaf(&store).await;
        assert_eq!(value(&other.superuser().await, BOTH).await, "300 300");
        server.stop().await;
        other.stop().await;
    });
}

/// One table alone is one commit of that table: the catalog is not asked.
#[test]
fn one_table_alone_needs_no_catalog() {
    block_on(async {
        let store = Store::s3().await;
        let server = deaf(&store).await;
        let client = tables(&server).await;
        let catalog = |bucket: &S3Server| {
            bucket.keys().iter().filter(|key| key.contains("_lakewire/catalog/0")).count()
        };
        client.batch_execute("INSERT INTO t VALUES (0)").await.unwrap();
        let before = (catalog(bucket(&store)), bucket(&store).requests());
        client
            .batch_execute("BEGIN; INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); COMMIT")
            .await
            .unwrap();
        let requests = bucket(&store).requests() - before.1;
        assert_eq!(catalog(bucket(&store)), before.0, "no version of the catalog");
        // Two files, one commit, and a look whether somebody else has committed.
        assert!(requests <= 6, "{requests} requests");
        client.batch_execute(WRITE_BOTH).await.unwrap();
        assert_eq!(catalog(bucket(&store)), before.0 + 1, "one version for both");
        server.stop().await;
    });
}

/// What a transaction sees can be lent: the other one sees no more and no less, until it ends.
#[test]
fn a_snapshot_is_lent_to_sessions_of_the_same_role() {
    block_on(async {
        let server = Server::start(Store::folder()).await;
        let lender = server.superuser().await;
        let setup = "CREATE TABLE t (a int); CREATE TABLE u (a int); INSERT INTO t VALUES (1); INSERT INTO u VALUES (1);
            CREATE ROLE alice LOGIN PASSWORD 'alice'; GRANT SELECT ON t, u TO alice";
        lender.batch_execute(setup).await.unwrap();
        lender.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ").await.unwrap();
        let name = value(&lender, "SELECT pg_export_snapshot()").await;
        let take = format!("SET TRANSACTION SNAPSHOT '{name}'");
        assert_eq!(value(&lender, "SELECT count(*)::text FROM t").await, "1");

        let other = server.superuser().await;
        other
            .batch_execute(
                "INSERT INTO t VALUES (2); INSERT INTO u VALUES (2); CREATE TABLE later (a int)",
            )
            .await
            .unwrap();
        other.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ").await.unwrap();
        other.batch_execute(&take).await.unwrap();
        assert_eq!(
            value(&other, "SELECT count(*)::text FROM t").await,
            "1",
            "read by the lender before"
        );
        assert_eq!(
            value(&other, "SELECT count(*)::text FROM u").await,
            "1",
            "read by nobody before"
        );
        assert_eq!(value(&lender, "SELECT count(*)::text FROM u").await, "1");
        assert_eq!(state(other.batch_execute("SELECT * FROM later").await), "42P01");
        other.batch_execute("ROLLBACK").await.unwrap();

        // Not after a question, not below repeatable read, not for another role.
        other.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1").await.unwrap();
        assert_eq!(state(other.batch_execute(&take).await), "25001");
        other.batch_execute("ROLLBACK; BEGIN").await.unwrap();
        assert_eq!(state(other.batch_execute(&take).await), "0A000");
        other.batch_execute("ROLLBACK").await.unwrap();
        let alice = server.as_role("alice").await;
        alice.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ").await.unwrap();
        assert_eq!(state(alice.batch_execute(&take).await), "22023");

        lender.batch_execute("COMMIT").await.unwrap();
        other.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ").await.unwrap();
        assert_eq!(state(other.batch_execute(&take).await), "22023", "it has ended");
    });
}
