//! What protection costs in files: a filter on a partition column of a secured table reads the files that it
//! reads without; a policy on one, those of the same filter typed by hand; a refusal, none.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio_postgres::Client;

use crate::support::s3::S3Server;
use crate::support::server::{Server, Store, block_on, state};

/// Type and values of a partition column.
const KINDS: [(&str, [&str; 4]); 4] = [
    ("text", ["'a'", "'b'", "'c'", "'d'"]),
    ("int", ["1", "2", "3", "4"]),
    ("bigint", ["-1", "0", "5", "9000000000"]),
    ("date", ["DATE '2024-05-01'", "DATE '2024-05-02'", "DATE '2024-05-03'", "DATE '2024-06-01'"]),
];

struct Lake {
    bucket: Arc<S3Server>,
    superuser: Client,
    alice: Client,
}

impl Lake {
    /// The data files that answering takes, and the answer's rows.
    async fn files(&self, client: &Client, sql: &str) -> (BTreeSet<String>, usize) {
        self.bucket.take_read();
        let rows = client.query(sql, &[]).await.unwrap_or_else(|e| panic!("{sql}: {e:?}"));
        (self.data(), rows.len())
    }

    fn data(&self) -> BTreeSet<String> {
        let read = self.bucket.take_read();
        read.into_iter()
            .filter(|key| key.ends_with(".parquet") && !key.contains("_delta_log"))
            .collect()
    }

    async fn run(&self, sql: &str) {
        self.superuser.batch_execute(sql).await.unwrap_or_else(|e| panic!("{sql}: {e:?}"));
    }
}

#[test]
fn protection_reads_no_more_files_than_a_filter_by_hand() {
    block_on(Box::pin(async {
        let store = Store::s3().await;
        let Store::S3(bucket) = &store else { unreachable!("it was made so") };
        let bucket = Arc::clone(bucket);
        let server = Server::start(store.clone()).await;
        let superuser = server.superuser().await;
        superuser.batch_execute("CREATE ROLE alice LOGIN PASSWORD 'alice'").await.unwrap();
        let alice = server.as_role("alice").await;
        let lake = Lake { bucket, superuser, alice };
        for (of, values) in KINDS {
            one(&lake, of, values).await;
        }
        server.stop().await;
    }));
}

async fn one(lake: &Lake, of: &str, values: [&str; 4]) {
    let t = format!("t_{of}");
    lake.run(&format!("CREATE TABLE {t} (p {of}, n int, s text) WITH (partition_by = 'p')")).await;
    let rows: Vec<_> =
        values.iter().flat_map(|v| (0..3).map(move |n| format!("({v}, {n}, 's{n}')"))).collect();
    lake.run(&format!("INSERT INTO {t} VALUES {}", rows.join(", "))).await;
    let all = format!("SELECT n, s FROM {t}");
    let filters = [
        format!("p = {}", values[1]),
        format!("p IN ({}, {})", values[0], values[3]),
        format!("p >= {}", values[2]),
        format!("p BETWEEN {} AND {} AND s > 's0'", values[1], values[2]),
        format!("p <> {} AND p <> {}", values[0], values[1]),
        format!("{} < p", values[2]),
    ];
    // As before: nothing stands in the way.
    let (every, _) = lake.files(&lake.superuser, &all).await;
    assert_eq!(every.len(), 4, "a file for each partition of {t}");
    let mut by_hand = Vec::new();
    for filter in &filters {
        let (files, rows) = lake.files(&lake.superuser, &format!("{all} WHERE {filter}")).await;
        assert!(!files.is_empty() && files.len() < 4, "{t} {filter}: {files:?}");
        by_hand.push((files, rows));
    }
    // Refused: not a byte.
    lake.bucket.take_read();
    let refused = lake.alice.query(&format!("{all} WHERE {}", filters[0]), &[]).await;
    assert_eq!(state(refused), "42501");
    assert!(lake.bucket.take_read().is_empty(), "a refused query has read something");
    // A column right costs nothing; nor does a policy, or a mask on another column.
    lake.run(&format!("GRANT SELECT (p, n, s) ON {t} TO alice")).await;
    same(lake, &all, &filters, &by_hand).await;
    lake.run(&format!(
        "ALTER TABLE {t} ENABLE ROW LEVEL SECURITY; CREATE POLICY a ON {t} USING (n + 1 > 0)"
    ))
    .await;
    same(lake, &all, &filters, &by_hand).await;
    lake.run(&format!("CREATE MASK m ON {t} (n) USING (mask_null())")).await;
    same(lake, &all, &filters, &by_hand).await;
    // A policy over the partition column is a filter like any other.
    lake.run(&format!("ALTER POLICY a ON {t} USING ({})", filters[0])).await;
    assert_eq!(lake.files(&lake.alice, &all).await, by_hand[0], "{t}: by the policy alone");
    let outside = format!("{all} WHERE p = {}", values[2]);
    assert_eq!(lake.files(&lake.alice, &outside).await, (BTreeSet::new(), 0), "{t}: {outside}");
    // What is masked is not told to the files.
    lake.run(&format!(
        "ALTER POLICY a ON {t} USING (true); CREATE MASK p ON {t} (p) USING (value)"
    ))
    .await;
    let (files, rows) = lake.files(&lake.alice, &format!("{all} WHERE {}", filters[0])).await;
    assert_eq!((files, rows), (every, by_hand[0].1), "{t}: a masked partition column");
}

async fn same(lake: &Lake, all: &str, filters: &[String], by_hand: &[(BTreeSet<String>, usize)]) {
    for (filter, wanted) in filters.iter().zip(by_hand) {
        let sql = format!("{all} WHERE {filter}");
        assert_eq!(lake.files(&lake.alice, &sql).await, *wanted, "{sql}");
    }
}
