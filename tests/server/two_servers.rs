//! Two servers on one lake: nothing is lost, nothing is doubled, and each follows the other.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio_postgres::Client;

use crate::support::server::{Server, Store, block_on, column, first_column, state, value};

const WRITERS: i64 = 8;
const INSERTS: i64 = 25;

async fn pair(store: Store) -> (Server, Server) {
    let first = Server::start(store.clone()).await;
    let second = Server::start(store).await;
    (first, second)
}

/// Asks until the answer is the one wanted; a server follows within its period.
async fn soon(client: &Client, sql: &str, wanted: &str) {
    let began = Instant::now();
    loop {
        // Asked once: between two answers the server may follow to what comes after.
        let answer = match client.simple_query(sql).await {
            Ok(messages) => {
                let rows = first_column(messages);
                rows.into_iter().next().unwrap_or_else(|| "no row".to_owned())
            }
            Err(error) => state::<()>(Err(error)),
        };
        if answer == wanted {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{sql}: {answer}, not {wanted}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Each writer has its own session and inserts its own numbers; no insert may fail.
async fn write_together(store: Store) {
    let (first, second) = pair(store).await;
    let root = first.superuser().await;
    root.batch_execute("CREATE TABLE t (writer bigint, n bigint)").await.expect("a table");
    soon(&second.superuser().await, "SELECT count(*) FROM t", "0").await;
    let mut writers = JoinSet::new();
    for (place, server) in [&first, &second].into_iter().enumerate() {
        for writer in 0..WRITERS {
            let client = server.superuser().await;
            let name = place as i64 * WRITERS + writer;
            writers.spawn(async move {
                for n in 0..INSERTS {
                    let sql = format!("INSERT INTO t VALUES ({name}, {n})");
                    let written = client.simple_query(&sql).await;
                    written.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
                }
            });
        }
    }
    while let Some(ended) = writers.join_next().await {
        ended.expect("no writer fails");
    }
    let all = (2 * WRITERS * INSERTS).to_string();
    for server in [&first, &second] {
        let client = server.superuser().await;
        soon(&client, "SELECT count(*) FROM t", &all).await;
        let distinct = "SELECT count(*) FROM (SELECT DISTINCT writer, n FROM t) AS d";
        assert_eq!(value(&client, distinct).await, all);
    }
    first.stop().await;
    second.stop().await;
}

#[test]
fn sixteen_writers_on_a_folder() {
    block_on(write_together(Store::folder()));
}

#[test]
fn sixteen_writers_on_s3() {
    block_on(async { write_together(Store::s3().await).await });
}

#[test]
fn the_second_server_follows_definitions_and_grants() {
    block_on(async {
        let (first, second) = pair(Store::folder()).await;
        let here = first.superuser().await;
        here.batch_execute(
            "CREATE ROLE alice LOGIN PASSWORD 'alice'; CREATE SCHEMA s; \
             CREATE TABLE s.t AS SELECT 7 AS a; CREATE VIEW s.v AS SELECT a FROM s.t; \
             GRANT USAGE ON SCHEMA s TO alice; GRANT SELECT ON s.v TO alice",
        )
        .await
        .expect("all of it");
        let there = second.superuser().await;
        soon(&there, "SELECT a FROM s.v", "7").await;
        let alice = second.as_role("alice").await;
        assert_eq!(value(&alice, "SELECT a FROM s.v").await, "7");
        assert_eq!(state(alice.simple_query("SELECT a FROM s.t").await), "42501");
        here.batch_execute("REVOKE SELECT ON s.v FROM alice").await.expect("a revoke");
        soon(&alice, "SELECT a FROM s.v", "42501").await;
        there.batch_execute("INSERT INTO s.t VALUES (8)").await.expect("an insert");
        soon(&here, "SELECT count(*) FROM s.t", "2").await;
        there.batch_execute("DROP SCHEMA s CASCADE").await.expect("a drop");
        soon(&here, "SELECT count(*) FROM pg_namespace WHERE nspname = 's'", "0").await;
        first.stop().await;
        second.stop().await;
    });
}

#[test]
fn conflicting_definitions_are_won_once_or_can_be_retried() {
    block_on(async {
        let (first, second) = pair(Store::folder()).await;
        let (a, b) = (first.superuser().await, second.superuser().await);
        for round in 0..10 {
            let create = format!("CREATE TABLE t{round} (a int)");
            let (one, two) = tokio::join!(a.simple_query(&create), b.simple_query(&create));
            let states = [state(one), state(two)];
            let won = states.iter().filter(|state| *state == "00000").count();
            assert_eq!(won, 1, "round {round}: {states:?}");
            let lost = states.iter().find(|state| *state != "00000").expect("one lost");
            assert!(["40001", "42P07"].contains(&lost.as_str()), "round {round}: {states:?}");
        }
        // What does not conflict is never lost, whichever server it is said to.
        for round in 0..10 {
            let (one, two) = (format!("CREATE ROLE a{round}"), format!("CREATE ROLE b{round}"));
            let (one, two) = tokio::join!(a.simple_query(&one), b.simple_query(&two));
            for (client, name, outcome) in [(&a, "a", state(one)), (&b, "b", state(two))] {
                assert!(["00000", "40001"].contains(&outcome.as_str()), "{outcome}");
                if outcome == "40001" {
                    let again = client.simple_query(&format!("CREATE ROLE {name}{round}")).await;
                    assert_eq!(state(again), "00000", "a retry goes through");
                }
            }
        }
        let names = "SELECT rolname FROM pg_roles WHERE oid >= 16384";
        soon(&a, &format!("SELECT count(*) FROM ({names}) AS n"), "20").await;
        soon(&b, &format!("SELECT count(*) FROM ({names}) AS n"), "20").await;
        assert_eq!(column(&a, names).await.len(), 20);
        first.stop().await;
        second.stop().await;
    });
}
