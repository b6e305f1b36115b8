//! A store that fails, delays and hides its answers, by seed: acknowledged rows are found once, others
//! whole or not at all.
//!
//! `LAKEWIRE_SEED=7` runs one seed; the seed of a failure is printed.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::support::s3::Faults;
use crate::support::server::{Server, Store, block_on, column, first_column, state, value};

const SEEDS: [u64; 3] = [1, 2, 3];
const WRITERS: u64 = 4;
const INSERTS: u64 = 8;
const ROWS: usize = 3;
const TRANSACTIONS: u64 = 4;

fn seeds() -> Vec<u64> {
    match std::env::var("LAKEWIRE_SEED") {
        Ok(seed) => vec![seed.parse().expect("LAKEWIRE_SEED is a number")],
        Err(_) => SEEDS.to_vec(),
    }
}

#[test]
fn acknowledged_rows_are_found_once_and_no_commit_is_half() {
    block_on(async {
        for seed in seeds() {
            // Shown if the test fails.
            eprintln!("LAKEWIRE_SEED={seed}");
            one(seed).await;
        }
    });
}

async fn one(seed: u64) {
    let store = Store::s3().await;
    let Store::S3(bucket) = &store else { unreachable!("it was made so") };
    let server = Server::start(store.clone()).await;
    server
        .superuser()
        .await
        .batch_execute("CREATE TABLE t (id bigint, part bigint)")
        .await
        .unwrap();
    bucket.set_faults(Faults::rough(seed));
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let client = server.superuser().await;
        writers.spawn(async move {
            let mut acknowledged = Vec::new();
            for n in 0..INSERTS {
                let id = writer * 1000 + n;
                let sql = format!("INSERT INTO t VALUES ({id}, 0), ({id}, 1), ({id}, 2)");
                if client.simple_query(&sql).await.is_ok() {
                    acknowledged.push(id.to_string());
                }
            }
            acknowledged
        });
    }
    let acknowledged = writers.join_all().await.concat();
    assert!(bucket.struck() > 0, "seed {seed}: nothing went wrong, so nothing was tested");
    // Definitions under the same weather: each is there or is not.
    let client = server.superuser().await;
    let mut made = Vec::new();
    for n in 0..5 {
        let sql = format!("CREATE TABLE made{n} AS SELECT x FROM generate_series(1, 10) AS g (x)");
        if client.simple_query(&sql).await.is_ok() {
            made.push(n);
        }
    }
    bucket.set_faults(Faults::default());
    drop(client);
    server.kill().await;

    // A server that has seen none of it.
    let fresh = Server::start(store.clone()).await;
    let client = fresh.superuser().await;
    let found = column(&client, "SELECT id FROM t ORDER BY id").await;
    for id in &acknowledged {
        let times = found.iter().filter(|other| *other == id).count();
        assert_eq!(times, ROWS, "seed {seed}: {id} was acknowledged and is there {times} times");
    }
    for id in &found {
        let times = found.iter().filter(|other| *other == id).count();
        assert_eq!(times, ROWS, "seed {seed}: {id} is there {times} times");
    }
    for n in made {
        let count = value(&client, &format!("SELECT count(*) FROM made{n}")).await;
        assert_eq!(count, "10", "seed {seed}: made{n} was acknowledged");
    }
    fresh.stop().await;
}

/// Transactions over two tables, by two servers, under the same weather: readers of either server never see the
/// one table's rows without the other's, and what was acknowledged is there.
#[test]
fn no_transaction_over_two_tables_is_half() {
    block_on(async {
        for seed in seeds() {
            eprintln!("LAKEWIRE_SEED={seed}");
            two_tables(seed).await;
        }
    });
}

const HALVES: &str = "SELECT count(*) FROM (SELECT id FROM a UNION ALL SELECT id FROM b) AS ids \
                      GROUP BY id HAVING count(*) <> 2";

async fn two_tables(seed: u64) {
    let store = Store::s3().await;
    let Store::S3(bucket) = &store else { unreachable!("it was made so") };
    let first = Server::start(store.clone()).await;
    let tables = "CREATE TABLE a (id bigint); CREATE TABLE b (id bigint)";
    first.superuser().await.batch_execute(tables).await.unwrap();
    let second = Server::start(store.clone()).await;
    bucket.set_faults(Faults::rough(seed));
    let mut writers = JoinSet::new();
    for (place, server) in [&first, &second].into_iter().enumerate() {
        for writer in 0..2 {
            let client = server.superuser().await;
            writers.spawn(async move {
                let mut acknowledged = Vec::new();
                for n in 0..TRANSACTIONS {
                    let id = (place as u64 * 10 + writer) * 1000 + n;
                    let sql = format!(
                        "BEGIN; INSERT INTO a VALUES ({id}); INSERT INTO b VALUES ({id}); COMMIT"
                    );
                    match client.simple_query(&sql).await {
                        Ok(_) => acknowledged.push(id.to_string()),
                        Err(_) => drop(client.simple_query("ROLLBACK").await),
                    }
                }
                (acknowledged, Vec::new())
            });
        }
        let reader = server.superuser().await;
        writers.spawn(async move {
            let mut seen = Vec::new();
            for _ in 0..2 * TRANSACTIONS {
                // What cannot be read now is said; what is read is whole.
                if let Ok(messages) = reader.simple_query(HALVES).await {
                    seen.extend(first_column(messages));
                }
            }
            (Vec::new(), seen)
        });
    }
    let (acknowledged, halves): (Vec<_>, Vec<_>) = writers.join_all().await.into_iter().unzip();
    assert_eq!(halves.concat(), Vec::<String>::new(), "seed {seed}: halves were seen");
    assert!(bucket.struck() > 0, "seed {seed}: nothing went wrong, so nothing was tested");
    bucket.set_faults(Faults::default());
    first.kill().await;
    second.kill().await;

    let fresh = Server::start(store.clone()).await;
    let client = fresh.superuser().await;
    assert_eq!(column(&client, HALVES).await, Vec::<String>::new(), "seed {seed}");
    let found = column(&client, "SELECT id FROM a").await;
    for id in acknowledged.concat() {
        assert!(found.contains(&id), "seed {seed}: {id} was acknowledged");
    }
    fresh.stop().await;
}

#[test]
fn a_store_that_is_down_is_said_within_seconds_and_the_server_stays_up() {
    block_on(async {
        let store = Store::s3().await;
        let Store::S3(bucket) = &store else { unreachable!("it was made so") };
        let server = Server::start_with(store.clone(), |config| {
            config.storage.retries = 2;
            config.storage.retry_ms = 2_000;
        })
        .await;
        let client = server.superuser().await;
        client.batch_execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1)").await.unwrap();
        bucket.set_down(true);
        let began = Instant::now();
        let outcome = state(client.simple_query("INSERT INTO t VALUES (2)").await);
        assert!(["58030", "08006"].contains(&outcome.as_str()), "{outcome}");
        assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
        assert_eq!(value(&client, "SELECT 1").await, "1", "the server stays up");
        bucket.set_down(false);
        client.batch_execute("INSERT INTO t VALUES (3)").await.unwrap();
        assert_eq!(column(&client, "SELECT a FROM t ORDER BY a").await, ["1", "3"]);
        server.stop().await;
    });
}
