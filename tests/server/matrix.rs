//! Each kind of protection against each way to read: the answer is that of a table which holds only what the
//! role may see, and where that table lacks what is asked, 42501 and not a row.
//!
//! The cells are made from the lists below. The ways to read are tied to the parser's list of statements by
//! a match without a catch-all: a statement that is added and not classified here does not compile.
//! `LAKEWIRE_MATRIX=all` runs every shape in every cell instead of some in turn.

use std::collections::HashMap;

use futures::TryStreamExt;
use lakewire::parser;
use lakewire::parser::statement::{CreateTable, Kind};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error, Row, SimpleQueryMessage, Statement};

use crate::support::server::{Server, Store, block_on, state};

// ---- what stands between the role and the rows

struct Protection {
    name: &'static str,
    /// Run by the superuser for table `{t}`, which `alice` has no right on.
    made: &'static str,
    /// What alice may see of the table, read from `base`; None if nothing.
    seen: Option<&'static str>,
    /// Whether columns are missing in it.
    narrow: bool,
}

const COLUMNS: &str = "id, who, dept, pay, card";

const PROTECTIONS: &[Protection] = &[
    Protection { name: "no_right", made: "", seen: None, narrow: true },
    Protection {
        name: "right",
        made: "GRANT SELECT ON {t} TO alice",
        seen: Some("SELECT * FROM base"),
        narrow: false,
    },
    Protection {
        name: "column_right",
        made: "GRANT SELECT (id, who, dept) ON {t} TO staff",
        seen: Some("SELECT id, who, dept FROM base"),
        narrow: true,
    },
    Protection {
        name: "tag_right",
        made: "SECURITY LABEL FOR lake ON COLUMN {t}.id IS 'open_{t}'; \
               SECURITY LABEL FOR lake ON COLUMN {t}.dept IS 'open_{t}'; \
               SECURITY LABEL FOR lake ON COLUMN {t}.pay IS 'open_{t}'; \
               GRANT SELECT ON TAG 'open_{t}' TO staff",
        seen: Some("SELECT id, dept, pay FROM base"),
        narrow: true,
    },
    Protection {
        name: "tag_denial",
        made: "GRANT SELECT ON {t} TO alice; GRANT SELECT (pay) ON {t} TO staff; \
               SECURITY LABEL FOR lake ON COLUMN {t}.pay IS 'secret_{t}'; \
               SECURITY LABEL FOR lake ON COLUMN {t}.card IS 'secret_{t}, other'; \
               DENY SELECT ON TAG 'secret_{t}' TO staff",
        seen: Some("SELECT id, who, dept FROM base"),
        narrow: true,
    },
    Protection {
        name: "rows_permissive",
        made: "GRANT SELECT ON {t} TO alice; ALTER TABLE {t} ENABLE ROW LEVEL SECURITY; \
               CREATE POLICY a ON {t} USING (dept = 'a'); \
               CREATE POLICY own ON {t} FOR SELECT TO staff USING (who = current_user); \
               CREATE POLICY write ON {t} WITH CHECK (true)",
        seen: Some("SELECT * FROM base WHERE dept = 'a' OR who = 'alice'"),
        narrow: false,
    },
    Protection {
        name: "rows_restrictive",
        made: "GRANT SELECT ON {t} TO alice; ALTER TABLE {t} ENABLE ROW LEVEL SECURITY; \
               CREATE POLICY every ON {t} USING (true); \
               CREATE POLICY low ON {t} AS RESTRICTIVE USING (pay < 35); \
               CREATE POLICY above ON {t} AS RESTRICTIVE TO other USING (false)",
        seen: Some("SELECT * FROM base WHERE pay < 35"),
        narrow: false,
    },
    Protection {
        name: "rows_for_others",
        made: "GRANT SELECT ON {t} TO alice; ALTER TABLE {t} ENABLE ROW LEVEL SECURITY; \
               CREATE POLICY theirs ON {t} TO other USING (true); \
               CREATE POLICY writing ON {t} FOR INSERT WITH CHECK (true)",
        seen: Some("SELECT * FROM base WHERE false"),
        narrow: false,
    },
    Protection {
        name: "rows_by_subquery",
        made: "GRANT SELECT ON {t} TO alice; ALTER TABLE {t} ENABLE ROW LEVEL SECURITY; \
               CREATE POLICY theirs ON {t} USING (EXISTS (SELECT 1 FROM members m \
               WHERE m.dept = {t}.dept AND m.who = current_user))",
        seen: Some("SELECT * FROM base WHERE dept = 'b'"),
        narrow: false,
    },
    Protection {
        name: "rows_by_tag",
        made: "GRANT SELECT ON {t} TO alice; \
               SECURITY LABEL FOR lake ON TABLE {t} IS 'rows_{t}'; \
               CREATE POLICY a ON TAG 'rows_{t}' TO staff USING (dept = 'a' AND pay IS NOT NULL)",
        seen: Some("SELECT * FROM base WHERE dept = 'a' AND pay IS NOT NULL"),
        narrow: false,
    },
    Protection {
        name: "mask",
        made: "GRANT SELECT ON {t} TO alice; \
               CREATE MASK pay ON {t} (pay) TO staff USING (mask_null()); \
               CREATE MASK card ON {t} (card) USING (mask_last(2))",
        seen: Some(
            "SELECT id, who, dept, CAST(NULL AS int) AS pay, mask_last(card, 2) AS card FROM base",
        ),
        narrow: false,
    },
    Protection {
        name: "mask_by_tag",
        made: "GRANT SELECT ON {t} TO alice; \
               SECURITY LABEL FOR lake ON COLUMN {t}.who IS 'pii_{t}'; \
               SECURITY LABEL FOR lake ON COLUMN {t}.card IS 'pii_{t}'; \
               CREATE MASK pii ON TAG 'pii_{t}' USING (mask_hash()); \
               CREATE MASK others ON {t} (pay) TO other USING (NULL)",
        seen: Some(
            "SELECT id, mask_hash(who) AS who, dept, pay, mask_hash(card) AS card FROM base",
        ),
        narrow: false,
    },
    Protection {
        name: "rows_mask_column",
        made: "GRANT SELECT (id, dept, card) ON {t} TO alice; \
               ALTER TABLE {t} ENABLE ROW LEVEL SECURITY; \
               CREATE POLICY a ON {t} USING (pay > 10 AND who <> 'dan'); \
               CREATE MASK card ON {t} (card) USING (CASE WHEN pay = 20 THEN card ELSE 'x' END)",
        seen: Some(
            "SELECT id, dept, CASE WHEN pay = 20 THEN card ELSE 'x' END AS card FROM base \
             WHERE pay > 10 AND who <> 'dan'",
        ),
        narrow: true,
    },
    Protection {
        name: "mask_that_fails_for_hidden_rows",
        made: "GRANT SELECT ON {t} TO alice; ALTER TABLE {t} ENABLE ROW LEVEL SECURITY; \
               CREATE POLICY p ON {t} USING (pay <> 40); \
               CREATE MASK m ON {t} (pay) USING (1000 / (pay - 40) + id)",
        seen: Some(
            "SELECT id, who, dept, 1000 / (pay - 40) + id AS pay, card FROM base WHERE pay <> 40",
        ),
        narrow: false,
    },
];

/// Values that only hidden rows and columns hold, where protection hides something at all.
const ROWS: &[&str] = &[
    "1,ann,a,10,4111-22",
    "2,bob,a,20,4222-33",
    "3,alice,b,30,5333-44",
    "4,zed,b,40,none",
    "5,dan,c,50,6555-66",
    "6,eve,a,NA,NA",
    "7,fay,NA,20,7777-88",
];

// ---- what is asked: `{t} AS` is whatever stands for the table; outputs have names of their own

struct Shape {
    sql: &'static str,
    /// Whether it refers to every column there is.
    whole: bool,
}

const fn some(sql: &'static str) -> Shape {
    Shape { sql, whole: false }
}

const fn whole(sql: &'static str) -> Shape {
    Shape { sql, whole: true }
}

const SHAPES: &[Shape] = &[
    some("SELECT id, who FROM {t} AS t"),
    whole("SELECT * FROM {t} AS t"),
    whole("SELECT t.* FROM {t} AS t WHERE t.id > 1"),
    some("SELECT 1 AS one FROM {t} AS t"),
    some("SELECT id FROM {t} AS t WHERE pay > 10"),
    some("SELECT id FROM {t} AS t WHERE pay = pay"),
    some("SELECT id FROM {t} AS t WHERE card LIKE '4%' OR card LIKE '%x%'"),
    some("SELECT id FROM {t} AS t WHERE dept = 'b'"),
    some("SELECT id FROM {t} AS t WHERE dept IN ('a', 'c', NULL) AND pay IS NOT NULL"),
    some("SELECT id FROM {t} AS t WHERE NOT (dept = 'a' OR who = 'bob')"),
    some("SELECT id FROM {t} AS t WHERE dept NOT IN ('a', 'x') AND id BETWEEN 2 AND 5"),
    some("SELECT a.id, b.id AS other FROM {t} AS a JOIN {t} AS b ON a.dept = b.dept"),
    some("SELECT a.id FROM {t} AS a JOIN {t} AS b ON a.id < b.id AND a.pay = b.pay"),
    some("SELECT id, a.dept FROM {t} AS a JOIN {t} AS b USING (id)"),
    some("SELECT a.id FROM {t} AS a JOIN {t} AS b USING (card)"),
    whole("SELECT count(*) AS n FROM {t} AS a NATURAL JOIN {t} AS b"),
    some("SELECT t.id, d.boss FROM {t} AS t LEFT JOIN depts AS d ON d.dept = t.dept"),
    some(
        "SELECT t.id, d.boss FROM {t} AS t RIGHT JOIN depts AS d ON d.dept = t.dept AND t.pay > 15",
    ),
    some("SELECT t.id, d.boss FROM {t} AS t FULL JOIN depts AS d ON d.dept = t.dept"),
    some("SELECT count(*) AS n FROM {t} AS a CROSS JOIN {t} AS b"),
    some("SELECT count(*) AS n FROM {t} AS t"),
    some("SELECT count(*) AS n FROM {t} AS t WHERE dept = 'b'"),
    some("SELECT min(id) AS low, max(id) AS high FROM {t} AS t"),
    some("SELECT min(card) AS low, max(pay) AS high, count(pay) AS n FROM {t} AS t"),
    some("SELECT dept, count(*) AS n, sum(pay) AS s FROM {t} AS t GROUP BY dept"),
    some("SELECT count(*) AS n FROM {t} AS t GROUP BY pay"),
    some("SELECT dept FROM {t} AS t GROUP BY dept HAVING max(pay) > 15"),
    some("SELECT dept, id, count(*) AS n FROM {t} AS t GROUP BY GROUPING SETS ((dept), (id), ())"),
    some("SELECT dept, who, count(*) AS n FROM {t} AS t GROUP BY ROLLUP (dept, who)"),
    some("SELECT id FROM {t} AS t ORDER BY pay DESC NULLS LAST, id LIMIT 2"),
    some("SELECT id FROM {t} AS t ORDER BY id DESC LIMIT 2"),
    some("SELECT id FROM {t} AS t ORDER BY card, id OFFSET 2"),
    some("SELECT id, row_number() OVER (PARTITION BY dept ORDER BY id) AS r FROM {t} AS t"),
    some("SELECT id, sum(pay) OVER (ORDER BY id) AS s FROM {t} AS t"),
    some("SELECT id, count(*) OVER w AS n FROM {t} AS t WINDOW w AS (PARTITION BY card)"),
    some(
        "SELECT count(*) FILTER (WHERE pay > 10) AS n, count(*) FILTER (WHERE dept = 'a') AS m FROM {t} AS t",
    ),
    some("SELECT DISTINCT dept FROM {t} AS t"),
    some("SELECT DISTINCT ON (dept) dept, id FROM {t} AS t ORDER BY dept, id"),
    some("SELECT DISTINCT ON (dept) id FROM {t} AS t ORDER BY dept, pay, id"),
    some("SELECT (SELECT max(pay) FROM {t} AS t) AS m"),
    some("SELECT id, (SELECT count(*) FROM {t} AS u WHERE u.dept = t.dept) AS n FROM {t} AS t"),
    some(
        "SELECT d.dept FROM depts AS d WHERE EXISTS (SELECT 1 FROM {t} AS t WHERE t.dept = d.dept)",
    ),
    some(
        "SELECT d.dept FROM depts AS d WHERE NOT EXISTS (SELECT card FROM {t} AS t WHERE t.dept = d.dept)",
    ),
    some(
        "SELECT d.dept FROM depts AS d WHERE d.dept IN (SELECT t.dept FROM {t} AS t WHERE t.pay > 15)",
    ),
    some("SELECT d.dept FROM depts AS d WHERE d.dept NOT IN (SELECT t.who FROM {t} AS t)"),
    some("WITH c AS (SELECT id, pay FROM {t} AS t) SELECT id FROM c"),
    some(
        "WITH c AS (SELECT id, dept FROM {t} AS t) SELECT a.id FROM c AS a JOIN c AS b ON a.id = b.id",
    ),
    some(
        "WITH RECURSIVE r AS (SELECT id FROM {t} AS t WHERE id = 1 UNION ALL \
          SELECT t.id FROM {t} AS t JOIN r ON t.id = r.id + 1) SELECT id FROM r",
    ),
    some(
        "SELECT d.dept, l.n FROM depts AS d, LATERAL (SELECT count(*) AS n FROM {t} AS t WHERE t.dept = d.dept) AS l",
    ),
    some("SELECT dept FROM depts EXCEPT SELECT dept FROM {t} AS t"),
    some("SELECT dept FROM depts INTERSECT SELECT dept FROM {t} AS t WHERE id < 4"),
    some("SELECT id, card FROM {t} AS t UNION SELECT 0, 'none'"),
    some("SELECT id FROM {t} AS t UNION ALL SELECT id FROM {t} AS t WHERE who > 'c'"),
    some(
        "SELECT id, CASE WHEN pay > 15 THEN 'more' WHEN dept = 'a' THEN 'a' ELSE 'less' END AS c FROM {t} AS t",
    ),
    some("SELECT id, coalesce(pay, -1) AS p, pay IS NULL AS missing FROM {t} AS t"),
    some("SELECT string_agg(dept, ',' ORDER BY id) AS s FROM {t} AS t"),
    some(
        "SELECT t.id, s.n FROM {t} AS t LEFT JOIN LATERAL \
          (SELECT u.card AS n FROM {t} AS u WHERE u.pay < t.pay ORDER BY u.id LIMIT 1) AS s ON true",
    ),
    some("SELECT t.id, (SELECT u.card FROM {t} AS u WHERE u.id = t.id) AS c FROM {t} AS t"),
    some("SELECT id FROM {t} AS t WHERE NOT EXISTS (SELECT 1 FROM {t} AS u WHERE u.pay > t.pay)"),
    some("SELECT id FROM {t} AS t WHERE pay NOT IN (SELECT u.pay FROM {t} AS u WHERE u.id > t.id)"),
    some("SELECT id FROM {t} AS t WHERE (id, pay) IN (SELECT u.id, u.pay FROM {t} AS u)"),
    some("SELECT t.id, g FROM {t} AS t, generate_series(1, t.id) AS g"),
    some("SELECT a.pay, id FROM {t} AS a RIGHT JOIN {t} AS b USING (id)"),
    some("SELECT id, a.who FROM {t} AS a FULL JOIN {t} AS b USING (id) WHERE a.id < 3"),
    some("SELECT a.pay, b.card FROM {t} AS a FULL JOIN {t} AS b USING (id) WHERE a.id < 3"),
    whole("SELECT count(t) AS n FROM {t} AS t"),
    whole("SELECT row_to_json(t)::text AS j FROM {t} AS t"),
    whole("SELECT id FROM {t} AS t WHERE t IS NOT NULL"),
    some("SELECT (t).pay AS p FROM {t} AS t"),
    some("SELECT pay FROM {t} AS t EXCEPT ALL SELECT pay FROM {t} AS t WHERE id > 3"),
    some("SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY card) AS m FROM {t} AS t"),
    some("SELECT json_agg(pay ORDER BY id)::text AS j FROM {t} AS t"),
    some("SELECT id, jsonb_build_object('k', card)::text AS j FROM {t} AS t"),
    some("SELECT dept FROM {t} AS t ORDER BY dept FETCH FIRST 1 ROW WITH TIES"),
    // What fails for rows that some protections hide.
    some("SELECT id FROM {t} AS t WHERE (SELECT 100 / (t.id - 4)) > 0"),
    some("SELECT t.id, (SELECT u.id FROM {t} AS u WHERE u.dept = t.dept) AS one FROM {t} AS t"),
    some("SELECT id FROM {t} AS t WHERE 100 / (id - 4) > 0"),
    some("SELECT 100 / (pay - 40) AS q FROM {t} AS t"),
    some("SELECT id FROM {t} AS t WHERE CAST(left(card, 4) AS int) > 0"),
    some("SELECT max(100 / (id - 4)) AS q FROM {t} AS t GROUP BY dept"),
    some("SELECT id FROM {t} AS t ORDER BY 100 / (id - 5), id"),
    some("SELECT a.id FROM {t} AS a JOIN depts AS d ON 100 / (a.id - 5) > length(d.boss)"),
    some("SELECT id FROM {t} AS t WHERE CASE WHEN dept = 'c' THEN 1 / (id - 5) ELSE 1 END = 1"),
];

// ---- where the table is asked for it

#[derive(Clone, Copy, PartialEq, Debug)]
enum Sight {
    /// As the role: what it may see; a column it may not is refused.
    Own,
    /// As the role, and what is in the way names each column it has a right on: another does not exist.
    Narrowed,
    /// As the role, and what is in the way refers to all columns.
    Whole,
    /// As the superuser.
    All,
}

struct Path {
    name: &'static str,
    /// What stands for the table, over `{t}` and the columns `{c}` that the role has a right on.
    place: &'static str,
    /// By the superuser, or by alice herself.
    made: Option<(bool, &'static str)>,
    sight: Sight,
}

const PATHS: &[Path] = &[
    Path { name: "direct", place: "{t}", made: None, sight: Sight::Own },
    Path { name: "qualified", place: "public.{t}", made: None, sight: Sight::Own },
    Path { name: "subquery", place: "(SELECT {c} FROM {t})", made: None, sight: Sight::Narrowed },
    Path { name: "star", place: "(SELECT * FROM {t})", made: None, sight: Sight::Whole },
    Path {
        name: "cte",
        place: "(WITH c AS (SELECT {c} FROM {t}) SELECT * FROM c)",
        made: None,
        sight: Sight::Narrowed,
    },
    Path {
        name: "own_view",
        place: "own_{t}",
        made: Some((false, "CREATE VIEW own_{t} AS SELECT {c} FROM {t}")),
        sight: Sight::Narrowed,
    },
    Path {
        name: "own_view_on_view",
        place: "own2_{t}",
        made: Some((false, "CREATE VIEW own2_{t} AS SELECT * FROM own_{t}")),
        sight: Sight::Narrowed,
    },
    Path {
        name: "own_barrier",
        place: "wall_{t}",
        made: Some((
            false,
            "CREATE VIEW wall_{t} WITH (security_barrier = true) AS SELECT {c} FROM {t}",
        )),
        sight: Sight::Narrowed,
    },
    Path {
        name: "owners_view",
        place: "open_{t}",
        made: Some((
            true,
            "CREATE VIEW open_{t} AS SELECT * FROM {t}; GRANT SELECT ON open_{t} TO alice",
        )),
        sight: Sight::All,
    },
    Path {
        name: "invoker_view",
        place: "mine_{t}",
        made: Some((
            true,
            "CREATE VIEW mine_{t} WITH (security_invoker = true) AS SELECT * FROM {t}; \
             GRANT SELECT ON mine_{t} TO alice",
        )),
        sight: Sight::Whole,
    },
    Path {
        name: "invoker_view_on_invoker_view",
        place: "mine2_{t}",
        made: Some((
            true,
            "CREATE VIEW mine1_{t} WITH (security_invoker = true) AS SELECT {c} FROM {t}; \
             CREATE VIEW mine2_{t} WITH (security_invoker = true) AS SELECT * FROM mine1_{t}; \
             GRANT SELECT ON mine1_{t}, mine2_{t} TO alice",
        )),
        sight: Sight::Narrowed,
    },
    Path {
        name: "owners_view_on_invoker_view",
        place: "open2_{t}",
        made: Some((
            true,
            "CREATE VIEW mine3_{t} WITH (security_invoker = true) AS SELECT * FROM {t}; \
             CREATE VIEW open2_{t} AS SELECT * FROM mine3_{t}; \
             GRANT SELECT ON open2_{t} TO alice",
        )),
        // PostgreSQL asks the one who runs the statement, whoever owns the views above.
        sight: Sight::Whole,
    },
];

// ---- how it is asked

#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
enum Way {
    Query,
    Explain,
    ExplainAnalyze,
    Insert,
    Copy,
    Cursor,
    CreateTableAs,
    CreateView,
    Execute,
}

/// Whether a statement reads relations, and the way that stands for it in the matrix.
fn way(kind: &Kind) -> Option<Way> {
    match kind {
        Kind::Query(_) => Some(Way::Query),
        Kind::Insert(_) => Some(Way::Insert),
        // A table as a whole goes out as the query that reads it; rows that come in are not a relation's.
        Kind::Copy(_) => Some(Way::Copy),
        Kind::Declare(_) | Kind::Fetch(_) => Some(Way::Cursor),
        Kind::Explain { analyze: false, .. } => Some(Way::Explain),
        Kind::Explain { analyze: true, .. } => Some(Way::ExplainAnalyze),
        Kind::CreateTable(CreateTable { query: Some(_), .. }) => Some(Way::CreateTableAs),
        Kind::CreateTable(CreateTable { execute: Some(_), .. }) => Some(Way::Execute),
        Kind::CreateView(_) => Some(Way::CreateView),
        Kind::Prepare { .. } | Kind::Execute { .. } => Some(Way::Execute),
        // No rows of a relation come out of these.
        Kind::CreateSchema(_)
        | Kind::CreateTable(_)
        | Kind::CreateForeign(_)
        | Kind::CreateIndex(_)
        | Kind::Maintain(_)
        | Kind::DiscardTemp
        | Kind::Alter(_)
        | Kind::Comment { .. }
        | Kind::Drop(_)
        | Kind::Truncate { .. }
        | Kind::CreateRole { .. }
        | Kind::AlterRole { .. }
        | Kind::RenameRole { .. }
        | Kind::DropRole { .. }
        | Kind::Grant(_)
        | Kind::GrantRole(_)
        | Kind::CreatePolicy(_)
        | Kind::AlterSettings(_)
        | Kind::DefaultPrivileges(_)
        | Kind::ReassignOwned { .. }
        | Kind::DropOwned { .. }
        | Kind::AlterPolicy(_)
        | Kind::CreateMask(_)
        | Kind::DropProtection(_)
        | Kind::SecurityLabel { .. }
        | Kind::GrantTag(_)
        | Kind::Set { .. }
        | Kind::Show { .. }
        | Kind::Reset { .. }
        | Kind::SetRole { .. }
        | Kind::SetSessionAuthorization { .. }
        | Kind::SetTransaction { .. }
        | Kind::Begin { .. }
        | Kind::SetSnapshot { .. }
        | Kind::Commit { .. }
        | Kind::Rollback { .. }
        | Kind::Savepoint { .. }
        | Kind::Release { .. }
        | Kind::RollbackTo { .. }
        | Kind::PrepareTransaction
        | Kind::EndPrepared { .. }
        | Kind::Deallocate { .. }
        | Kind::Close { .. }
        | Kind::Lock(_)
        | Kind::Listen { .. }
        | Kind::Unlisten { .. }
        | Kind::Notify { .. }
        | Kind::DiscardAll
        | Kind::DiscardPart { .. } => None,
    }
}

const WAYS: &[(Way, &str)] = &[
    (Way::Query, "{q}"),
    (Way::Explain, "EXPLAIN {q}"),
    (Way::ExplainAnalyze, "EXPLAIN ANALYZE {q}"),
    (Way::Copy, "COPY ({q}) TO STDOUT"),
    (Way::Cursor, "DECLARE c CURSOR FOR {q}"),
    (Way::Cursor, "FETCH ALL FROM c"),
    (Way::Insert, "INSERT INTO sink {q}"),
    (Way::CreateTableAs, "CREATE TABLE made AS {q}"),
    (Way::CreateView, "CREATE VIEW made_view AS {q}"),
    (Way::Execute, "PREPARE made_ready AS {q}"),
    (Way::Execute, "EXECUTE made_ready"),
];

/// Rows in an order of their own, or the SQLSTATE.
type Answer = Result<Vec<Vec<String>>, String>;

#[derive(Default)]
struct Count {
    cells: usize,
    refused: usize,
    failed: usize,
    by_way: HashMap<String, usize>,
    wrong: Vec<String>,
}

impl Count {
    fn cell(&mut self, way: &str, what: &str, got: &Answer, wanted: &Answer) {
        self.cells += 1;
        *self.by_way.entry(way.to_owned()).or_default() += 1;
        match wanted {
            Err(state) if state == "42501" => self.refused += 1,
            Err(_) => self.failed += 1,
            Ok(_) => {}
        }
        if got != wanted {
            self.wrong.push(format!("{way}: {what}\n    got    {got:?}\n    wanted {wanted:?}"));
        }
    }
}

/// The matrix and what it runs against.
struct Matrix {
    server: Server,
    superuser: Client,
    alice: Client,
    all: bool,
    /// Answers of the tables that hold only what may be seen.
    known: HashMap<(String, usize), Answer>,
    count: Count,
}

/// One protected table.
struct Table {
    name: String,
    protection: &'static Protection,
    /// A number of its own, by which shapes are taken in turn.
    turn: usize,
    prepared: Vec<(usize, Statement)>,
}

#[test]
fn every_statement_that_reads_is_in_the_matrix() {
    for (wanted, text) in WAYS {
        let sql = text.replace("{q}", "SELECT 1 AS a");
        let parsed = parser::parse(&sql).unwrap();
        assert_eq!(way(&parsed[0].kind), Some(*wanted), "{sql}");
    }
    // Statements that read and are not known yet: known ones have a kind of their own above.
    for sql in [
        "UPDATE t SET a = 1",
        "DELETE FROM t",
        "MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE",
        "CREATE MATERIALIZED VIEW v AS SELECT 1",
        "REFRESH MATERIALIZED VIEW v",
        "INSERT INTO t VALUES (1) RETURNING a",
        "INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING",
    ] {
        let error = parser::parse(sql).map(|s| s[0].kind.name()).expect_err(sql);
        assert_eq!(error.state.code(), "0A000", "{sql}: {error}");
    }
}

#[test]
fn what_is_protected_answers_like_a_table_that_holds_only_what_may_be_seen() {
    block_on(Box::pin(async {
        let mut matrix = Matrix::start().await;
        let mut tables = matrix.tables().await;
        for table in &mut tables {
            matrix.prepare(table).await;
        }
        for table in &tables {
            matrix.protect(table).await;
        }
        for table in &tables {
            matrix.paths(table).await;
            matrix.protocols(table).await;
            matrix.writes(table).await;
        }
        let count = &matrix.count;
        let mut ways: Vec<_> = count.by_way.iter().collect();
        ways.sort();
        eprintln!(
            "matrix: {} cells over {} protected tables, {} shapes, {} paths: {} refused, {} failed by their own \
             expression, {} wrong; {ways:?}",
            count.cells,
            tables.len(),
            SHAPES.len(),
            PATHS.len(),
            count.refused,
            count.failed,
            count.wrong.len(),
        );
        for wrong in count.wrong.iter().take(40) {
            eprintln!("{wrong}");
        }
        assert!(count.wrong.is_empty(), "{} cells are wrong", count.wrong.len());
        assert!(count.cells > 2_000 && count.refused > 300 && count.failed > 50);
    }));
}

impl Matrix {
    async fn start() -> Matrix {
        let store = Store::folder();
        let csv = format!("id,who,dept,pay,card\n{}\n", ROWS.join("\n"));
        store.put("landing/csv/all.csv", csv.as_bytes());
        let server = Server::start(store.clone()).await;
        let superuser = server.superuser().await;
        superuser
            .batch_execute(
                "CREATE ROLE staff; CREATE ROLE other; \
                 CREATE ROLE alice LOGIN PASSWORD 'alice' IN ROLE staff; \
                 GRANT CREATE ON SCHEMA public TO alice; \
                 CREATE TABLE depts (dept text, boss text); \
                 CREATE TABLE members (dept text, who text); \
                 CREATE TABLE sink (id int, dept text); \
                 CREATE FOREIGN TABLE base (id int, who text, dept text, pay int, card text) \
                 SERVER lake OPTIONS (location 'landing/csv', format 'csv', header 'true', \"null\" 'NA'); \
                 GRANT SELECT ON depts, members TO alice; GRANT SELECT, INSERT ON sink TO alice",
            )
            .await
            .unwrap();
        for sql in [
            "INSERT INTO depts VALUES ('a', 'amy'), ('b', 'ben'), ('d', 'dora')",
            "INSERT INTO members VALUES ('b', 'alice'), ('c', 'bob')",
        ] {
            superuser.batch_execute(sql).await.unwrap();
        }
        // A way to write that the parser takes for a query: it needs what CREATE TABLE AS needs.
        let unseen = "CREATE ROLE nobody; SET ROLE nobody; SELECT * INTO another FROM depts";
        assert_eq!(state(superuser.batch_execute(unseen).await), "42501");
        superuser.batch_execute("RESET ROLE").await.unwrap();
        let alice = server.as_role("alice").await;
        let all = std::env::var("LAKEWIRE_MATRIX").is_ok_and(|v| v == "all");
        let (known, count) = (HashMap::new(), Count::default());
        Matrix { server, superuser, alice, all, known, count }
    }

    /// A managed and a registered table for each protection, open to alice, and what she is to see of them.
    async fn tables(&mut self) -> Vec<Table> {
        self.superuser
            .batch_execute("CREATE TABLE seed AS SELECT * FROM base ORDER BY id")
            .await
            .unwrap();
        self.register_parquet();
        let mut tables = Vec::new();
        let mut ddl = String::new();
        for (i, protection) in PROTECTIONS.iter().enumerate() {
            let own = protection.name;
            let format = if i % 2 == 0 {
                "format 'csv', header 'true', \"null\" 'NA'"
            } else {
                "format 'parquet'"
            };
            let folder = if i % 2 == 0 { "csv" } else { "parquet" };
            ddl += &format!(
                "CREATE TABLE m_{own} AS SELECT * FROM base; \
                 CREATE FOREIGN TABLE f_{own} (id int, who text, dept text, pay int, card text) \
                 SERVER lake OPTIONS (location 'landing/{folder}', {format}); \
                 GRANT SELECT ON m_{own}, f_{own} TO alice;"
            );
            if let Some(seen) = protection.seen {
                ddl += &format!("CREATE TABLE seen_{own} AS {seen};");
            }
            for kind in ["m", "f"] {
                let turn = tables.len();
                let name = format!("{kind}_{own}");
                tables.push(Table { name, protection, turn, prepared: Vec::new() });
            }
        }
        self.superuser.batch_execute(&ddl).await.unwrap();
        tables
    }

    /// The managed table's own files, as another program's.
    fn register_parquet(&self) {
        let Store::Folder(folder) = &self.server.store else { unreachable!("it was made so") };
        let public = folder.path().join("lake/public");
        let mut found = 0;
        for table in std::fs::read_dir(public).unwrap().flatten() {
            if !table.file_name().to_string_lossy().starts_with("seed-") {
                continue;
            }
            for file in std::fs::read_dir(table.path()).unwrap().flatten() {
                if file.path().extension().is_some_and(|e| e == "parquet") {
                    let body = std::fs::read(file.path()).unwrap();
                    self.server.store.put(&format!("landing/parquet/{found}.parquet"), &body);
                    found += 1;
                }
            }
        }
        assert!(found > 0, "the table has files");
    }

    /// Some of the shapes, others for each table; all of them if asked for.
    fn turns(&self, table: &Table, offset: usize, count: usize) -> Vec<usize> {
        if self.all || count >= SHAPES.len() {
            return (0..SHAPES.len()).collect();
        }
        let first = table.turn * 5 + offset * 11;
        // A stride that meets all of them, for their number is no multiple of it.
        (0..count).map(|i| (first + i * 13) % SHAPES.len()).collect()
    }

    /// While alice may read everything.
    async fn prepare(&mut self, table: &mut Table) {
        for shape in self.turns(table, 7, 10) {
            let sql = asked(shape, &table.name);
            table.prepared.push((shape, self.alice.prepare(&sql).await.unwrap()));
            let name = ready(table, shape);
            self.alice.batch_execute(&format!("PREPARE {name} AS {sql}")).await.unwrap();
        }
    }

    async fn protect(&mut self, table: &Table) {
        let made = table.protection.made.replace("{t}", &table.name);
        let sql = format!("REVOKE SELECT ON {} FROM alice; {made}", table.name);
        self.superuser.batch_execute(&sql).await.unwrap_or_else(|e| panic!("{sql}: {e:?}"));
        for path in PATHS {
            let Some((by_superuser, made)) = path.made else { continue };
            let sql = self.placed(made, table).await;
            let client = if by_superuser { &self.superuser } else { &self.alice };
            let got = answer(client.simple_query(&sql).await.map(|_| Vec::new()));
            // PostgreSQL asks the rights of a view's owner when the view is read, not when it is made.
            let wanted = Ok(Vec::new());
            self.count.cell("create view", &sql, &got, &wanted);
        }
    }

    async fn placed(&self, text: &str, table: &Table) -> String {
        let columns = match table.protection.seen {
            Some(_) => self.columns(table).await,
            None => COLUMNS.to_owned(),
        };
        text.replace("{t}", &table.name).replace("{c}", &columns)
    }

    async fn columns(&self, table: &Table) -> String {
        let sql = format!("SELECT * FROM seen_{} LIMIT 0", table.protection.name);
        let statement = self.superuser.prepare(&sql).await.unwrap();
        let names: Vec<_> = statement.columns().iter().map(|c| c.name().to_owned()).collect();
        names.join(", ")
    }

    /// What the table that holds only what may be seen answers; the whole table's answer for None.
    async fn known(&mut self, protection: Option<&Protection>, shape: usize) -> Answer {
        let name = protection.map_or("base".to_owned(), |p| format!("seen_{}", p.name));
        if let Some(known) = self.known.get(&(name.clone(), shape)) {
            return known.clone();
        }
        let known = simple(&self.superuser, &asked(shape, &name)).await;
        self.known.insert((name, shape), known.clone());
        known
    }

    async fn wanted(&mut self, table: &Table, sight: Sight, shape: usize) -> Answer {
        let protection = table.protection;
        let refused = || Err("42501".to_owned());
        if sight == Sight::All {
            return self.known(None, shape).await;
        }
        if protection.seen.is_none() {
            return refused();
        }
        let asks_all = SHAPES[shape].whole && sight == Sight::Own || sight == Sight::Whole;
        if protection.narrow && asks_all {
            return refused();
        }
        match self.known(Some(protection), shape).await {
            Err(state) if state == "42703" && sight == Sight::Own => refused(),
            other => other,
        }
    }

    async fn paths(&mut self, table: &Table) {
        for (i, path) in PATHS.iter().enumerate() {
            let count = if path.name == "direct" { SHAPES.len() } else { 5 };
            let place = self.placed(path.place, table).await;
            for shape in self.turns(table, i, count) {
                let sql = asked(shape, &place);
                let wanted = self.wanted(table, path.sight, shape).await;
                let got = simple(&self.alice, &sql).await;
                self.count.cell(path.name, &sql, &got, &wanted);
            }
        }
    }

    async fn protocols(&mut self, table: &Table) {
        for (shape, statement) in &table.prepared {
            let sql = asked(*shape, &table.name);
            let wanted = self.wanted(table, Sight::Own, *shape).await;
            let got = answer(self.alice.query(statement, &[]).await.map(texts));
            self.count.cell("prepared before", &sql, &got, &wanted);
            let got = simple(&self.alice, &format!("EXECUTE {}", ready(table, *shape))).await;
            self.count.cell("EXECUTE after", &sql, &got, &wanted);
        }
        for shape in self.turns(table, 3, 8) {
            let sql = asked(shape, &table.name);
            let wanted = self.wanted(table, Sight::Own, shape).await;
            let got = answer(self.alice.query(sql.as_str(), &[]).await.map(texts));
            self.count.cell("extended", &sql, &got, &wanted);
        }
        for shape in self.turns(table, 1, 6) {
            let sql = format!("COPY ({}) TO STDOUT", asked(shape, &table.name));
            let wanted = self.wanted(table, Sight::Own, shape).await;
            let got = copied(&self.alice, &sql).await;
            self.count.cell("COPY TO", &sql, &got, &wanted);
        }
        for shape in self.turns(table, 2, 6) {
            let query = asked(shape, &table.name);
            let wanted = self.wanted(table, Sight::Own, shape).await;
            let sql = format!("BEGIN; DECLARE c CURSOR FOR {query}; FETCH ALL FROM c; COMMIT");
            let got = simple(&self.alice, &sql).await;
            self.alice.batch_execute("ROLLBACK").await.unwrap();
            self.count.cell("DECLARE", &query, &got, &wanted);
        }
        if table.name.starts_with("m_") {
            let whole = "SELECT * FROM {t} AS t";
            let shape = SHAPES.iter().position(|s| s.sql == whole).expect("it is among the shapes");
            let sql = format!("COPY {} TO STDOUT", table.name);
            let wanted = self.wanted(table, Sight::Own, shape).await;
            let got = copied(&self.alice, &sql).await;
            self.count.cell("COPY TO", &sql, &got, &wanted);
        }
        for shape in self.turns(table, 5, 5) {
            self.explain(table, shape).await;
        }
    }

    /// A plan is shown to whom the rows would be, and tells nothing of what lies behind a wall.
    async fn explain(&mut self, table: &Table, shape: usize) {
        let sql = asked(shape, &table.name);
        let wanted = self.wanted(table, Sight::Own, shape).await;
        let walled =
            table.protection.made.contains("POLICY") || table.protection.made.contains("MASK");
        for (analyze, text) in
            // Costs are numbers among which any could be found.
            [
                (false, "EXPLAIN (COSTS off)"),
                (true, "EXPLAIN ANALYZE"),
                (false, "EXPLAIN (VERBOSE, COSTS off)"),
            ]
        {
            let got = lines(&self.alice, &format!("{text} {sql}")).await;
            let outcome = got.as_ref().map(|_| Vec::new()).map_err(String::clone);
            // A plan can be shown where only running it fails.
            let state = match &wanted {
                Err(state) if state == "42501" || analyze => Err(state.clone()),
                _ => Ok(Vec::new()),
            };
            self.count.cell(text, &sql, &outcome, &state);
            let (Ok(got), true) = (got, walled) else { continue };
            let plan = got.join("\n");
            // Columns of our own are numbered as they come.
            let ends = |c: char| !(c.is_alphanumeric() || c == '_');
            let words = plan.split_inclusive(ends).filter(|word| !word.starts_with("__"));
            let plan: String = words.collect();
            let told = [".parquet", ".csv", "landing", "file_groups", "members", "40", "zed"];
            let told: Vec<_> =
                told.iter().filter(|w| plan.contains(**w) && !sql.contains(**w)).collect();
            let outside = plan.contains("DataSourceExec") && !sql.contains("depts");
            let fair = told.is_empty() || sql.contains("depts") || analyze;
            if !fair || outside {
                self.count.wrong.push(format!("{text} {sql} tells {told:?}:\n{plan}"));
            }
            if let (true, Ok(rows)) = (analyze, &wanted) {
                let said = format!("rows={} loops=1)", rows.len());
                if !got[0].ends_with(&said) {
                    self.count.wrong.push(format!("{text} {sql}: not {said}\n{plan}"));
                }
            }
        }
    }

    /// What alice copies is what she sees.
    async fn writes(&mut self, table: &Table) {
        let name = &table.name;
        for shape in self.turns(table, 9, 3) {
            let sql = asked(shape, name);
            let wanted = self.wanted(table, Sight::Own, shape).await;
            let made = format!("made_{name}_{shape}");
            let create = format!("CREATE TABLE {made} AS {sql}");
            let got = self.then_read(&create, &made).await;
            self.count.cell("CREATE TABLE AS", &create, &got, &wanted);
            let view = format!("view_{name}_{shape}");
            let create = format!("CREATE VIEW {view} AS {sql}");
            let got = self.then_read(&create, &view).await;
            self.count.cell("CREATE VIEW", &create, &got, &wanted);
        }
        for shape in INSERTED {
            let sql = shape.replace("{t}", name);
            let known = match table.protection.seen {
                Some(_) => {
                    let seen = shape.replace("{t}", &format!("seen_{}", table.protection.name));
                    simple(&self.superuser, &seen).await
                }
                None => Err("42501".to_owned()),
            };
            let wanted = known.map_err(|e| if e == "42703" { "42501".to_owned() } else { e });
            self.superuser.batch_execute("TRUNCATE sink").await.unwrap();
            let insert = format!("INSERT INTO sink {sql}");
            let got = self.then_read(&insert, "sink").await;
            self.count.cell("INSERT", &insert, &got, &wanted);
        }
    }

    async fn then_read(&self, statement: &str, relation: &str) -> Answer {
        match self.alice.simple_query(statement).await {
            Err(error) => Err(state::<()>(Err(error))),
            Ok(_) => simple(&self.alice, &format!("SELECT * FROM {relation}")).await,
        }
    }
}

const INSERTED: [&str; 3] = [
    "SELECT id, dept FROM {t} AS t",
    "SELECT max(pay), min(card) FROM {t} AS t",
    "SELECT 100 / (id - 4), dept FROM {t} AS t",
];

fn asked(shape: usize, place: &str) -> String {
    SHAPES[shape].sql.replace("{t}", place)
}

fn ready(table: &Table, shape: usize) -> String {
    format!("ready_{}_{shape}", table.turn)
}

fn answer(outcome: Result<Vec<Vec<String>>, Error>) -> Answer {
    match outcome {
        Ok(mut rows) => {
            rows.sort();
            Ok(rows)
        }
        Err(error) => Err(state::<()>(Err(error))),
    }
}

async fn simple(client: &Client, sql: &str) -> Answer {
    let messages = client.simple_query(sql).await;
    answer(messages.map(|messages| {
        let rows = messages.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(
                (0..row.len()).map(|i| row.get(i).unwrap_or("NULL").to_owned()).collect::<Vec<_>>(),
            ),
            _ => None,
        });
        rows.collect()
    }))
}

/// What COPY TO sends, as [`simple`] shows it.
async fn copied(client: &Client, sql: &str) -> Answer {
    let stream = match client.copy_out(sql).await {
        Ok(stream) => stream,
        Err(error) => return Err(state::<()>(Err(error))),
    };
    let parts: Result<Vec<_>, Error> = stream.try_collect().await;
    answer(parts.map(|parts| {
        let lines = parts.iter().map(|part| String::from_utf8_lossy(part).into_owned());
        let rows = lines.map(|line| {
            let fields = line.trim_end_matches('\n').split('\t');
            fields.map(|f| if f == "\\N" { "NULL".to_owned() } else { f.to_owned() }).collect()
        });
        rows.collect()
    }))
}

/// As [`simple`], of one column and in order.
async fn lines(client: &Client, sql: &str) -> Result<Vec<String>, String> {
    let messages = client.simple_query(sql).await.map_err(|e| state::<()>(Err(e)))?;
    let rows = messages.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
        _ => None,
    });
    Ok(rows.collect())
}

/// Binary rows as the simple protocol writes them.
fn texts(rows: Vec<Row>) -> Vec<Vec<String>> {
    rows.iter().map(|row| (0..row.len()).map(|i| cell(row, i)).collect()).collect()
}

fn cell(row: &Row, i: usize) -> String {
    let text = match *row.columns()[i].type_() {
        Type::INT4 => row.get::<_, Option<i32>>(i).map(|v| v.to_string()),
        Type::INT8 => row.get::<_, Option<i64>>(i).map(|v| v.to_string()),
        Type::BOOL => row.get::<_, Option<bool>>(i).map(|v| if v { "t" } else { "f" }.to_owned()),
        _ => row.get::<_, Option<String>>(i),
    };
    text.unwrap_or_else(|| "NULL".to_owned())
}
