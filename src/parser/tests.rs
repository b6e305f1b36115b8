//! What is read, what is refused by name, and where errors point.

use super::parse;
use super::statement::{Grant, GrantPrivileges, GrantTarget, Kind};
use crate::error::SqlState;

fn kinds(sql: &str) -> Vec<&'static str> {
    parse(sql).unwrap().iter().map(|s| s.kind.name()).collect()
}

#[track_caller]
fn fails(sql: &str, state: SqlState, message: &str, position: Option<usize>) {
    let e = parse(sql).unwrap_err();
    assert_eq!((e.state, e.message.as_str(), e.position), (state, message, position), "{sql}");
}

#[test]
fn several_statements_keep_their_own_text() {
    let all = parse("select 1 ; ; show all;\n  create user x login").unwrap();
    let texts: Vec<_> = all.iter().map(|s| &*s.text).collect();
    assert_eq!(texts, ["select 1", "show all", "create user x login"]);
    assert!(kinds(" -- nothing\n ;").is_empty());
}

#[test]
fn every_statement_of_the_house() {
    for (sql, name) in [
        ("(SELECT 1) UNION SELECT 2", "SELECT"),
        ("INSERT INTO s.t (a, b) VALUES (1, 2)", "INSERT"),
        ("INSERT INTO t (SELECT 1)", "INSERT"),
        ("EXPLAIN (ANALYZE, COSTS off) SELECT 1", "EXPLAIN"),
        ("CREATE SCHEMA IF NOT EXISTS z WITH (location = 's3://b/z')", "CREATE SCHEMA"),
        ("CREATE TABLE t (a int NOT NULL CHECK (a > 0), b numeric(12,2))", "CREATE TABLE"),
        (
            "CREATE TABLE t (a, b) WITH (partition_by = ARRAY['a']) AS SELECT 1, 2",
            "CREATE TABLE AS",
        ),
        ("CREATE OR REPLACE VIEW v (x) AS SELECT 1", "CREATE VIEW"),
        (
            "CREATE FOREIGN TABLE f (a int) SERVER lake OPTIONS (format 'csv', \"null\" 'NA')",
            "CREATE FOREIGN TABLE",
        ),
        (
            "CREATE EXTERNAL TABLE f STORED AS PARQUET LOCATION 'x' PARTITIONED BY (d date)",
            "CREATE FOREIGN TABLE",
        ),
        ("ALTER VIEW v OWNER TO CURRENT_USER", "ALTER VIEW"),
        ("COMMENT ON COLUMN s.t.c IS 'x'", "COMMENT"),
        ("DROP TABLE IF EXISTS a, b CASCADE", "DROP TABLE"),
        ("TRUNCATE t", "TRUNCATE TABLE"),
        ("GRANT a, b TO c WITH ADMIN OPTION", "GRANT ROLE"),
        ("REVOKE GRANT OPTION FOR ALL ON t FROM PUBLIC CASCADE", "REVOKE"),
        ("SET LOCAL search_path TO a, \"B\"", "SET"),
        ("SET TIME ZONE INTERVAL '+00:00' HOUR TO MINUTE", "SET"),
        ("START TRANSACTION READ ONLY, ISOLATION LEVEL SERIALIZABLE", "START TRANSACTION"),
        ("PREPARE p (int) AS SELECT $1", "PREPARE"),
    ] {
        assert_eq!(kinds(sql), [name], "{sql}");
    }
}

#[test]
fn column_grants() {
    let all = parse("GRANT SELECT (a, \"B\"), INSERT ON TABLE s.t TO x, PUBLIC").unwrap();
    let Kind::Grant(Grant { privileges: GrantPrivileges::Some(list), on, grantees, .. }) =
        &all[0].kind
    else {
        panic!("not a grant")
    };
    assert_eq!(list[0].1.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["a", "B"]);
    assert!(matches!(on, GrantTarget::Relations(names) if names[0].to_string() == "s.t"));
    assert_eq!(grantees.len(), 2);
}

#[test]
fn what_we_lack_is_refused_by_name() {
    let state = SqlState::FEATURE_NOT_SUPPORTED;
    fails("UPDATE t SET a = 1", state, "UPDATE is not supported", None);
    fails(
        "MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE",
        state,
        "MERGE is not supported",
        None,
    );
    fails("CLUSTER a", state, "CLUSTER is not supported", None);
    fails("SELECT a FROM t FOR UPDATE", state, "SELECT FOR UPDATE is not supported", None);
    fails("INSERT INTO t VALUES (1) RETURNING a", state, "RETURNING is not supported", None);
}

#[test]
fn syntax_errors_point_at_the_word() {
    let state = SqlState::SYNTAX_ERROR;
    fails("SELEC 1", state, "syntax error at or near \"SELEC\"", Some(1));
    fails("SELECT 1;\nSELECT é FROM )", state, "syntax error at or near \")\"", Some(25));
    fails("SELECT (1", state, "syntax error at end of input", Some(10));
    fails("DROP TABLE t t2", state, "syntax error at or near \"t2\"", Some(14));
    fails("SELECT 'a", state, "unterminated quoted string at or near \"'a\"", Some(8));
}

#[test]
fn a_table_command_is_a_query() {
    for sql in [
        "TABLE t",
        "TABLE s.t ORDER BY 1",
        "(TABLE t)",
        "TABLE t UNION ALL TABLE u",
        "WITH w AS (TABLE t) TABLE w",
        "EXPLAIN TABLE t",
    ] {
        assert_eq!(kinds(sql).len(), 1, "{sql}");
    }
    assert_eq!(kinds("INSERT INTO t TABLE u; TRUNCATE TABLE t"), ["INSERT", "TRUNCATE TABLE"]);
    assert_eq!(kinds("CREATE VIEW v AS TABLE t"), ["CREATE VIEW"]);
    assert_eq!(kinds("SELECT a AS table FROM t"), ["SELECT"]);
}

#[test]
fn errors_point_where_postgres_points() {
    let syntax = SqlState::SYNTAX_ERROR;
    let near = |what: &str| format!("syntax error at or near \"{what}\"");
    fails("SELECT * FORM t", syntax, &near("FORM"), Some(10));
    fails("SELECT a, FROM t", syntax, &near("FROM"), Some(11));
    fails("EXPLAIN DROP TABLE t", syntax, &near("DROP"), Some(9));
    fails("SELECT \"\"", syntax, "zero-length delimited identifier at or near \"\"\"\"", Some(8));
    fails("SELECT 'a", syntax, "unterminated quoted string at or near \"'a\"", Some(8));
}
