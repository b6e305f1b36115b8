//! Reads of a Delta table in a local folder: all of it, some columns, and what pruning leaves.

#[path = "lake/mod.rs"]
#[allow(dead_code, reason = "each bench uses its own part")]
mod lake;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lake::Lake;

const ROWS: u64 = 1_000_000;

const READS: [(&str, &str); 5] = [
    ("every row", "SELECT * FROM facts"),
    ("one column", "SELECT sum(amount) FROM facts"),
    ("a group by", "SELECT kind, count(*), sum(amount) FROM facts GROUP BY kind"),
    ("one partition of twelve", "SELECT sum(amount) FROM facts WHERE part = 3"),
    ("a row by statistics", "SELECT amount FROM facts WHERE id = 777777"),
];

fn scan(c: &mut Criterion) {
    let lake = Lake::new(&format!(
        "CREATE TABLE facts WITH (partition_by = 'part') AS
         SELECT x AS id,
                x % 12 AS part,
                (x * 7919 % 100000)::numeric(12,2) AS amount,
                'kind ' || (x % 31) AS kind,
                date '2020-01-01' + (x % 1500)::int AS day
         FROM generate_series(1, {ROWS}) AS g (x)"
    ));
    let mut group = c.benchmark_group("delta in a folder, 1 million rows");
    group.sample_size(10).throughput(Throughput::Elements(ROWS));
    for (name, sql) in READS {
        // The first read pays for the table's index.
        assert!(lake.run(sql) > 0, "{name}");
        group.bench_function(name, |b| b.iter(|| lake.run(sql)));
    }
    group.finish();
}

criterion_group!(benches, scan);
criterion_main!(benches);
