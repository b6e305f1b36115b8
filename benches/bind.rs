//! Text to an authorised plan: what each statement costs before it reads a byte, in a catalog of two sizes.

#[path = "lake/mod.rs"]
#[allow(dead_code, reason = "each bench uses its own part")]
mod lake;

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use lake::Lake;
use lakewire::system::scope::Scope;
use lakewire::{access, parser, planner};

const TABLES: &str = "
    CREATE TABLE orders (
        id bigint NOT NULL, customer int, day date, total numeric(12,2), note text
    );
    CREATE TABLE customers (id int NOT NULL, name text, country varchar(2), email text);
    CREATE VIEW spenders AS
    SELECT c.name, sum(o.total) AS spent
    FROM orders AS o
    JOIN customers AS c ON c.id = o.customer
    GROUP BY c.name;
    CREATE ROLE ana LOGIN;
    GRANT SELECT (id, customer, day, total) ON orders TO ana;
    GRANT SELECT (id, name, country) ON customers TO ana;
    GRANT SELECT ON spenders TO ana;
";

const STATEMENTS: [(&str, &str); 4] = [
    ("one column", "SELECT total FROM orders WHERE id = 7"),
    ("through a view", "SELECT name, spent FROM spenders ORDER BY spent DESC LIMIT 10"),
    (
        "a dashboard's",
        "WITH monthly AS (
             SELECT date_trunc('month', o.day) AS month, c.country, sum(o.total) AS total
             FROM orders AS o
             JOIN customers AS c ON c.id = o.customer
             WHERE o.day >= '2024-01-01' AND c.country IN ('DE', 'FR', 'IT')
             GROUP BY 1, 2
         )
         SELECT month, country, total, sum(total) OVER (PARTITION BY country ORDER BY month) AS so_far
         FROM monthly
         ORDER BY month, country",
    ),
    (
        "what psql's \\dt asks",
        "SELECT n.nspname, c.relname, c.relkind, pg_catalog.pg_get_userbyid(c.relowner)
         FROM pg_catalog.pg_class AS c
         LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p', '') AND pg_catalog.pg_table_is_visible(c.oid)
         ORDER BY 1, 2",
    ),
];

/// The three calls, in order.
fn authorised(sql: &str, scope: &Arc<Scope>) {
    for statement in parser::parse(sql).expect("SQL") {
        let plan = planner::bind(&statement, scope, &[]).expect("it binds");
        black_box(access::authorize(plan, scope).expect("it is allowed"));
    }
}

fn bind(c: &mut Criterion) {
    let lake = Lake::new(TABLES);
    measure(c, "bind", &lake.scope("ana"));
    // A catalog of some size: names are looked up, not searched for.
    let more: String =
        (0..2_000).map(|n| format!("CREATE VIEW more{n} AS SELECT {n} AS a;")).collect();
    lake.run(&format!("BEGIN; {more} COMMIT"));
    measure(c, "bind among 2,000 relations", &lake.scope("ana"));
}

fn measure(c: &mut Criterion, title: &str, scope: &Arc<Scope>) {
    let mut group = c.benchmark_group(title);
    for (name, sql) in STATEMENTS {
        group.bench_function(name, |b| b.iter(|| authorised(black_box(sql), scope)));
    }
    group.finish();
}

criterion_group!(benches, bind);
criterion_main!(benches);
