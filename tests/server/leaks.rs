//! A search for leaks: random tables, policies and masks, and queries that fail on some values. What is
//! hidden changes nothing: the rows, or the SQLSTATE, are those of a table from which it is gone.
//!
//! Each table has a copy that holds only what the role may see, itself behind a policy that lets everything through
//! and masks that change nothing. The superuser reads the copy as it is: rows must equal its rows. Where a
//! query fails, whether a failing expression is reached for a row that another one drops depends on the plan;
//! there the role's own answer over the copy decides, for which the same plan is made. Which of several failures is
//! met first depends on the order of files as well; then the one that was met must be that of a row in the copy.
//!
//! `LAKEWIRE_CASES=10000` searches longer, `LAKEWIRE_SEED=7` elsewhere; both are printed.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::support::server::{Server, Store, block_on, state};

const CASES: u64 = 150;
const SEED: u64 = 20_261;
/// Queries asked of one table.
const QUERIES: u64 = 15;

fn setting(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is a number")),
        Err(_) => default,
    }
}

type Answer = Result<Vec<Vec<String>>, String>;

#[test]
fn what_is_hidden_changes_no_answer_and_no_error() {
    block_on(Box::pin(async {
        let (cases, seed) = (setting("LAKEWIRE_CASES", CASES), setting("LAKEWIRE_SEED", SEED));
        eprintln!("LAKEWIRE_SEED={seed} LAKEWIRE_CASES={cases}");
        // One stream: else two race to fail first.
        let single = |config: &mut lakewire::config::Config| config.engine.threads = 1;
        let server = Server::start_with(Store::folder(), single).await;
        let superuser = server.superuser().await;
        superuser
            .batch_execute(
                "CREATE ROLE alice LOGIN PASSWORD 'alice'; CREATE TABLE side (k int, v text)",
            )
            .await
            .unwrap();
        superuser
            .batch_execute("INSERT INTO side VALUES (1, 'x'), (2, '12'), (5, NULL), (0, 'abc')")
            .await
            .unwrap();
        superuser.batch_execute("GRANT SELECT ON side TO alice").await.unwrap();
        let alice = server.as_role("alice").await;
        let mut found = Found::default();
        let mut asked = 0;
        // Each table has a seed of its own: that of a failure finds it again.
        for own in seed.. {
            if asked >= cases {
                break;
            }
            asked += one(own, &superuser, &alice, (cases - asked).min(QUERIES), &mut found).await;
        }
        eprintln!(
            "leak search: {asked} cases, {} with rows, {} failed, {} decided over the walled copy, {} row by \
             row, {} leaks; {:?}",
            found.rows,
            found.failures,
            found.walled,
            found.ordered,
            found.leaks.len(),
            found.states
        );
        assert!(found.leaks.is_empty(), "{}", found.leaks.join("\n"));
        assert!(found.rows * 5 > asked && found.failures * 10 > asked, "both outcomes are met");
    }));
}

/// As PostgreSQL 15 words it.
#[test]
fn a_failing_row_is_shown_as_far_as_its_inserter_may_see_it() {
    block_on(Box::pin(async {
        let server = Server::start(Store::folder()).await;
        let superuser = server.superuser().await;
        superuser
            .batch_execute(
                "CREATE ROLE alice LOGIN PASSWORD 'alice'; \
                 CREATE TABLE c (a int NOT NULL, b int CHECK (b < 10), c text, d text)",
            )
            .await
            .unwrap();
        let alice = server.as_role("alice").await;
        let check = "INSERT INTO c (b, a) VALUES (11, 2)";
        let null = "INSERT INTO c (b) VALUES (2)";
        for (rule, sql, wanted) in [
            ("GRANT INSERT (a, b) ON c TO alice", check, Some("(a, b) = (2, 11)")),
            ("", null, Some("(b) = (2)")),
            ("GRANT SELECT (c), INSERT ON c TO alice", check, Some("(a, b, c) = (2, 11, null)")),
            ("", "INSERT INTO c VALUES (1, 11)", Some("(a, b, c) = (1, 11, null)")),
            ("GRANT SELECT ON c TO alice", check, Some("(2, 11, null, null)")),
            (
                "ALTER TABLE c ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON c USING (true)",
                check,
                None,
            ),
            ("", null, None),
        ] {
            superuser.batch_execute(rule).await.unwrap();
            let error = alice.batch_execute(sql).await.expect_err(sql);
            let error = error.as_db_error().expect("an answer of the server");
            let wanted = wanted.map(|row| format!("Failing row contains {row}."));
            assert_eq!(error.detail(), wanted.as_deref(), "{rule}; {sql}");
        }
        server.stop().await;
    }));
}

/// A hint names the column that was meant, and none to a role that may not read all of what it asks.
#[test]
fn a_hint_names_no_column_that_may_not_be_read() {
    block_on(Box::pin(async {
        let server = Server::start(Store::folder()).await;
        let superuser = server.superuser().await;
        superuser
            .batch_execute(
                "CREATE ROLE alice LOGIN PASSWORD 'alice'; \
                 CREATE TABLE pay (who text, salary int); CREATE TABLE open (salary_band int); \
                 CREATE VIEW shown AS SELECT who, salary FROM pay; \
                 GRANT SELECT (who) ON pay TO alice; GRANT SELECT (who) ON shown TO alice; \
                 GRANT SELECT ON open TO alice",
            )
            .await
            .unwrap();
        let alice = server.as_role("alice").await;
        let asked = [
            "SELECT salry FROM pay",
            "SELECT p.salry FROM pay p",
            "SELECT who FROM pay WHERE salry > 1",
            "SELECT salry FROM shown",
            "SELECT who FROM pay UNION SELECT salry FROM pay",
            "WITH c AS (SELECT salry FROM pay) SELECT * FROM c",
            "SELECT salry FROM open, pay",
            "INSERT INTO open SELECT salry FROM pay",
        ];
        for sql in asked {
            let error = superuser.batch_execute(sql).await.expect_err(sql);
            let hint = error.as_db_error().and_then(|e| e.hint());
            assert!(hint.is_some_and(|hint| hint.contains(".salary\"")), "{sql}: {hint:?}");
            let error = alice.batch_execute(sql).await.expect_err(sql);
            let told = error.as_db_error().expect("an answer of the server");
            let all = format!("{} {:?} {:?}", told.message(), told.detail(), told.hint());
            assert!(!all.contains("salary"), "{sql}: {all}");
        }
        server.stop().await;
    }));
}

#[derive(Default)]
struct Found {
    rows: u64,
    failures: u64,
    walled: u64,
    ordered: u64,
    states: BTreeMap<String, u64>,
    leaks: Vec<String>,
}

/// One table with its copy, and some queries.
async fn one(
    seed: u64,
    superuser: &Client,
    alice: &Client,
    queries: u64,
    found: &mut Found,
) -> u64 {
    let mut random = Random(StdRng::seed_from_u64(seed));
    let table = random.table();
    for sql in table.made(seed) {
        let outcome = superuser.batch_execute(&sql).await;
        outcome.unwrap_or_else(|e| panic!("LAKEWIRE_SEED={seed}: {sql}: {e:?}"));
    }
    for _ in 0..queries {
        let query = random.query(&table);
        let of = |name: &str| query.replace("{t}", &format!("{name}{seed}"));
        let got = answer(alice, &of("t")).await;
        let plain = answer(superuser, &of("seen")).await;
        let mut same = got == plain;
        if !same && (got.is_err() || plain.is_err()) {
            found.walled += 1;
            let walled = answer(alice, &of("seen")).await;
            same = got == walled;
            if let (false, Err(state), Err(_)) = (same, &got, &walled) {
                found.ordered += 1;
                same = fails_for_a_row(seed, alice, &query, &table, state).await;
            }
        }
        if let Err(state) = &got
            && ["XX000", "42601"].contains(&state.as_str())
        {
            eprintln!("LAKEWIRE_SEED={seed}: {state}, the engine's own: {}", of("t"));
        }
        match &got {
            Ok(_) => found.rows += 1,
            Err(state) => {
                found.failures += 1;
                *found.states.entry(state.clone()).or_default() += 1;
            }
        }
        if !same {
            found.leaks.push(format!(
                "LAKEWIRE_SEED={seed}\n{}\n{}\n  got    {got:?}\n  wanted {plain:?}",
                table.made(seed).join(";\n"),
                of("t")
            ));
        }
    }
    superuser.batch_execute(&format!("DROP TABLE t{seed}, rows{seed}, seen{seed}")).await.unwrap();
    queries
}

/// Whether some row that may be seen makes the query fail in this way by itself.
async fn fails_for_a_row(
    seed: u64,
    alice: &Client,
    query: &str,
    table: &Table,
    state: &str,
) -> bool {
    for id in 0..table.rows.len() {
        let alone = format!("(SELECT * FROM seen{seed} WHERE id = {id})");
        if answer(alice, &query.replace("{t}", &alone)).await == Err(state.to_owned()) {
            return true;
        }
    }
    false
}

async fn answer(client: &Client, sql: &str) -> Answer {
    let messages = match client.simple_query(sql).await {
        Ok(messages) => messages,
        Err(error) => return Err(state::<()>(Err(error))),
    };
    let rows = messages.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(
            (0..row.len()).map(|i| row.get(i).unwrap_or("NULL").to_owned()).collect::<Vec<_>>(),
        ),
        _ => None,
    });
    let mut rows: Vec<_> = rows.collect();
    rows.sort();
    Ok(rows)
}

// ---- tables

#[derive(Clone, Copy, PartialEq, Debug)]
enum Of {
    Int,
    Bigint,
    Text,
    Date,
    Numeric,
}

impl Of {
    fn word(self) -> &'static str {
        match self {
            Of::Int => "int",
            Of::Bigint => "bigint",
            Of::Text => "text",
            Of::Date => "date",
            Of::Numeric => "numeric(12, 2)",
        }
    }
}

struct Column {
    name: String,
    of: Of,
    /// What the role sees in its stead.
    mask: Option<String>,
}

struct Table {
    columns: Vec<Column>,
    partition_by: Option<String>,
    rows: Vec<String>,
    permissive: Vec<String>,
    restrictive: Vec<String>,
    /// Whether row security is on.
    secured: bool,
}

impl Table {
    fn made(&self, n: u64) -> Vec<String> {
        let columns: Vec<_> =
            self.columns.iter().map(|c| format!("{} {}", c.name, c.of.word())).collect();
        let with = match &self.partition_by {
            Some(column) => format!(" WITH (partition_by = '{column}')"),
            None => String::new(),
        };
        let mut made = vec![format!("CREATE TABLE t{n} ({}){with}", columns.join(", "))];
        let half = self.rows.len().div_ceil(2);
        made.extend(
            self.rows
                .chunks(half)
                .map(|some| format!("INSERT INTO t{n} VALUES {}", some.join(", "))),
        );
        // Rows first, then masks: the masks of hidden rows might fail.
        made.push(format!("CREATE TABLE rows{n} AS SELECT * FROM t{n} WHERE {}", self.shown()));
        made.push(format!("CREATE TABLE seen{n} ({}){with}", columns.join(", ")));
        let seen = self.columns.iter().map(|c| match &c.mask {
            Some(mask) => format!("CAST({mask} AS {}) AS {}", c.of.word(), c.name),
            None => c.name.clone(),
        });
        let seen = seen.collect::<Vec<_>>().join(", ");
        // In the same files, so that the same rows are computed together.
        for of in ["<", ">="] {
            made.push(format!(
                "INSERT INTO seen{n} SELECT {seen} FROM rows{n} WHERE id {of} {half}"
            ));
        }
        let mut rules = format!("GRANT SELECT ON t{n}, seen{n} TO alice");
        if self.secured {
            rules += &format!(
                "; ALTER TABLE t{n} ENABLE ROW LEVEL SECURITY; ALTER TABLE seen{n} ENABLE ROW LEVEL \
                 SECURITY; CREATE POLICY p ON seen{n} USING (id >= 0)"
            );
        }
        let permissive = self.permissive.iter().map(|p| ("PERMISSIVE", p));
        let restrictive = self.restrictive.iter().map(|p| ("RESTRICTIVE", p));
        for (i, (kind, p)) in permissive.chain(restrictive).enumerate() {
            rules += &format!("; CREATE POLICY p{i} ON t{n} AS {kind} USING ({p})");
        }
        for c in &self.columns {
            if let Some(mask) = &c.mask {
                let name = &c.name;
                rules += &format!(
                    "; CREATE MASK {name} ON t{n} ({name}) USING ({mask}); \
                     CREATE MASK {name} ON seen{n} ({name}) USING (value)"
                );
            }
        }
        made.push(rules);
        made
    }

    fn shown(&self) -> String {
        if !self.secured {
            return "true".to_owned();
        }
        let all = self.restrictive.iter().map(|p| format!(" AND ({p})"));
        let any: Vec<_> = self.permissive.iter().map(|p| format!("({p})")).collect();
        let any = if any.is_empty() { "false".to_owned() } else { any.join(" OR ") };
        format!("({any}){}", all.collect::<String>())
    }

    fn named(&self, of: Of) -> Vec<&str> {
        self.columns.iter().filter(|c| c.of == of).map(|c| c.name.as_str()).collect()
    }
}

// ---- chance

struct Random(StdRng);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0.random_range(0..n)
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from.choose(&mut self.0).expect("there is something to choose from")
    }

    fn table(&mut self) -> Table {
        let kinds = [Of::Int, Of::Text, Of::Date, Of::Bigint, Of::Numeric, Of::Int, Of::Text];
        let mut columns = vec![
            Column { name: "id".into(), of: Of::Int, mask: None },
            Column { name: "n".into(), of: Of::Int, mask: None },
            Column { name: "s".into(), of: Of::Text, mask: None },
            // Never masked: it says which file a row is in.
            Column { name: "part".into(), of: Of::Int, mask: None },
        ];
        for i in 0..self.below(4) {
            let of = kinds[self.below(kinds.len())];
            columns.push(Column { name: format!("c{i}"), of, mask: None });
        }
        let count = 3 + self.below(12);
        let rows = (0..count)
            .map(|id| {
                let values: Vec<_> = columns[1..].iter().map(|c| self.value(c.of)).collect();
                format!("({id}, {})", values.join(", "))
            })
            .collect();
        let mut table = Table {
            columns,
            partition_by: None,
            rows,
            permissive: Vec::new(),
            restrictive: Vec::new(),
            secured: !self.one_in(5),
        };
        if self.one_in(3) {
            table.partition_by = Some("part".into());
        }
        if table.secured {
            for _ in 0..1 + self.below(2) {
                let p = self.safe(&table, 2);
                table.permissive.push(p);
            }
            for _ in 0..self.below(2) {
                let p = self.safe(&table, 1);
                table.restrictive.push(p);
            }
        }
        self.mask(&mut table);
        table
    }

    fn mask(&mut self, table: &mut Table) {
        let masks = if table.secured { self.below(3) } else { 1 + self.below(3) };
        for _ in 0..masks {
            let at = 1 + self.below(table.columns.len() - 1);
            if table.columns[at].name == "part" {
                continue;
            }
            let (name, of) = (table.columns[at].name.clone(), table.columns[at].of);
            let mask = match of {
                Of::Text => match self.below(4) {
                    0 => format!("mask_hash({name})"),
                    1 => format!("mask_last({name}, 1)"),
                    2 => format!("CASE WHEN {} THEN {name} ELSE '0' END", self.simple(table)),
                    _ => "'12'".to_owned(),
                },
                Of::Int | Of::Bigint if table.secured && self.one_in(2) => {
                    // It fails for rows that this hides.
                    table.restrictive.push("n <> 0".to_owned());
                    format!("(100 / n + {name} % 7)")
                }
                Of::Int | Of::Bigint => {
                    format!("CASE WHEN {} THEN {name} ELSE 1 END", self.simple(table))
                }
                Of::Date => format!("mask_year({name})"),
                Of::Numeric => "NULL".to_owned(),
            };
            table.columns[at].mask = Some(mask);
        }
    }

    fn value(&mut self, of: Of) -> String {
        if self.one_in(8) {
            return "NULL".to_owned();
        }
        match of {
            Of::Int => self.pick(&["0", "1", "2", "3", "-1", "5", "40", "50000", "2000000000"]),
            Of::Bigint => self.pick(&["0", "1", "-7", "9000000000", "9223372036854775807"]),
            Of::Text => self.pick(&[
                "'12'",
                "'0'",
                "'abc'",
                "''",
                "'-3'",
                "'2024-05-01'",
                "'2024-02-30'",
                "'a\\'",
                "'('",
                "'99999999999'",
                "'x'",
                "'1.5'",
            ]),
            Of::Date => {
                self.pick(&["'2024-05-01'", "'1999-12-31'", "'0001-01-01'", "'2024-05-02'"])
            }
            Of::Numeric => self.pick(&["0", "1.50", "-2", "1234567890.12", "99"]),
        }
        .to_owned()
    }

    // ---- expressions: safe ones fail for no value

    fn safe(&mut self, table: &Table, depth: usize) -> String {
        if depth > 0 && self.one_in(3) {
            let (a, b) = (self.safe(table, depth - 1), self.safe(table, depth - 1));
            return match self.below(3) {
                0 => format!("({a} AND {b})"),
                1 => format!("({a} OR {b})"),
                _ => format!("NOT ({a})"),
            };
        }
        let column = &table.columns[self.below(table.columns.len())];
        let (name, of) = (column.name.clone(), column.of);
        match self.below(7) {
            0 => format!("{name} IS NOT NULL"),
            1 => format!("{name} IS NULL"),
            2 => "id % 2 = 0".to_owned(),
            3 => "id IN (SELECT k FROM side)".to_owned(),
            _ => {
                let value = self.literal(of);
                let op = self.pick(&["=", "<>", "<", "<=", ">", ">="]);
                format!("{name} {op} {value}")
            }
        }
    }

    /// Without a subquery, which stands in no CASE.
    fn simple(&mut self, table: &Table) -> String {
        loop {
            let test = self.safe(table, 1);
            if !test.contains("SELECT") {
                return test;
            }
        }
    }

    fn literal(&mut self, of: Of) -> String {
        loop {
            let value = self.value(of);
            match (value.as_str(), of) {
                ("NULL", _) => {}
                (_, Of::Date) => return format!("DATE {value}"),
                _ => return value,
            }
        }
    }

    fn int(&mut self, table: &Table, depth: usize) -> String {
        let names = table.named(Of::Int);
        let name = self.pick(&names).to_owned();
        if depth == 0 || self.one_in(4) {
            return name;
        }
        let (a, b) = (self.int(table, depth - 1), self.int(table, depth - 1));
        let s = self.text(table, depth - 1);
        match self.below(12) {
            0 => format!("(100 / {a})"),
            1 => format!("({a} / ({b} - 1))"),
            2 => format!("({a} % {b})"),
            3 => format!("CAST({s} AS int)"),
            4 => format!("({a} * 100000)"),
            5 => format!("CAST(CAST({a} AS smallint) AS int)"),
            6 => format!("length({s})"),
            7 => format!("CASE WHEN {} THEN {a} ELSE {b} END", self.test(table, depth - 1)),
            8 => format!("coalesce({a}, {b})"),
            9 => format!("abs({a})"),
            10 => format!("CAST(sqrt({a}) AS int)"),
            _ => format!("({a} + {b})"),
        }
    }

    fn text(&mut self, table: &Table, depth: usize) -> String {
        let names = table.named(Of::Text);
        let name = self.pick(&names).to_owned();
        if depth == 0 || self.one_in(4) {
            return name;
        }
        let (a, n) = (self.text(table, depth - 1), self.int(table, depth - 1));
        match self.below(7) {
            0 => format!("substr({a}, 1, {n})"),
            1 => format!("left({a}, {n})"),
            2 => format!("({a} || {name})"),
            3 => format!("CAST({n} AS text)"),
            4 => format!("upper({a})"),
            5 => format!("CAST(CAST({a} AS date) AS text)"),
            _ => format!("replace({a}, '1', '0')"),
        }
    }

    fn test(&mut self, table: &Table, depth: usize) -> String {
        if depth > 0 && self.one_in(3) {
            let (a, b) = (self.test(table, depth - 1), self.test(table, depth - 1));
            return match self.below(4) {
                0 | 1 => format!("({a} AND {b})"),
                2 => format!("({a} OR {b})"),
                _ => format!("NOT ({a})"),
            };
        }
        let (n, s) = (self.int(table, depth), self.text(table, depth));
        match self.below(10) {
            0 => format!("{s} LIKE {}", self.pick(&["'1%'", "s", "'%a%'", "'_'", "'a\\'"])),
            1 => format!("{s} ~ {}", self.pick(&["'^[0-9]'", "s", "'a|b'"])),
            2 => format!("CAST({s} AS date) > DATE '2000-01-01'"),
            3 => format!("{n} IN ({}, 1, NULL)", self.int(table, 0)),
            4 => format!("{n} BETWEEN 0 AND {}", self.int(table, 1)),
            5 => format!("{n} IN (SELECT k FROM side WHERE k >= 0)"),
            6 | 7 => self.safe(table, 1),
            _ => format!("{n} {} {}", self.pick(&["=", "<>", "<", ">"]), self.int(table, 0)),
        }
    }

    fn query(&mut self, table: &Table) -> String {
        let (n, s) = (self.int(table, 2), self.text(table, 2));
        let (test, other) = (self.test(table, 2), self.test(table, 1));
        let all: Vec<_> = table.columns.iter().map(|c| c.name.as_str()).collect();
        let column = self.pick(&all);
        match self.below(20) {
            0 => format!("SELECT * FROM {{t}} AS t WHERE {test}"),
            1 => format!("SELECT id, {n} AS a, {s} AS b FROM {{t}} AS t"),
            2 => format!("SELECT id FROM {{t}} AS t WHERE {test} AND {other}"),
            3 => format!(
                "SELECT count(*), min({column}), max({column}) FROM {{t}} AS t WHERE {test}"
            ),
            4 => format!("SELECT {column}, count(*), max({n}) FROM {{t}} AS t GROUP BY {column}"),
            5 => format!(
                "SELECT {n} AS k, count(*) FROM {{t}} AS t GROUP BY {n} HAVING count(*) < 9"
            ),
            6 => format!("SELECT id, {column} FROM {{t}} AS t ORDER BY {n}, id LIMIT 3"),
            7 => {
                format!(
                    "SELECT id, {column} FROM {{t}} AS t WHERE {test} ORDER BY {column}, id LIMIT 2"
                )
            }
            8 => format!("SELECT DISTINCT {s} FROM {{t}} AS t WHERE {other}"),
            9 => format!("SELECT count(*) FILTER (WHERE {test}), count({column}) FROM {{t}} AS t"),
            10 => format!(
                "SELECT id, rank() OVER (PARTITION BY {column} ORDER BY {n}, id) AS r FROM {{t}} AS t"
            ),
            11 => {
                format!("SELECT k FROM side WHERE k IN (SELECT {n} FROM {{t}} AS t WHERE {test})")
            }
            12 => format!(
                "SELECT k FROM side WHERE EXISTS (SELECT 1 FROM {{t}} AS t WHERE n = k AND {other})"
            ),
            13 => "SELECT a.id, b.id FROM {t} AS a JOIN {t} AS b ON a.id = b.id + 1 AND 10 / a.n < b.n"
                .to_owned(),
            14 => {
                format!("SELECT k, v FROM side UNION SELECT {n}, {s} FROM {{t}} AS t WHERE {other}")
            }
            15 => format!(
                "SELECT id, (SELECT max(v) FROM side WHERE k < {n}) AS m FROM {{t}} AS t WHERE {other}"
            ),
            16 => format!(
                "SELECT t.id, l.k FROM {{t}} AS t LEFT JOIN LATERAL \
                 (SELECT k FROM side WHERE k <= {n} ORDER BY k DESC LIMIT 1) AS l ON true"
            ),
            17 => format!("SELECT id FROM {{t}} AS t WHERE {n} NOT IN (SELECT k FROM side WHERE k > id)"),
            18 => "SELECT row_to_json(t)::text AS j, t IS NOT NULL AS n FROM {t} AS t".to_owned(),
            _ => format!(
                "WITH c AS (SELECT id, {n} AS k FROM {{t}} AS t WHERE {other}) SELECT * FROM c WHERE k > 0"
            ),
        }
    }
}
