-- Each right on a table allows what it names and nothing else.
CREATE ROLE alice LOGIN PASSWORD 'alice';
CREATE ROLE bob LOGIN PASSWORD 'bob';
CREATE TABLE t (a int, b text);
INSERT INTO t VALUES (1, 'one'), (2, 'two');
CREATE VIEW v AS SELECT a FROM t;
\c alice
SELECT * FROM t;
TABLE t;
SELECT 1 FROM t;
SELECT count(*) FROM t;
SELECT nosuch FROM t;
SELECT * FROM nosuch;
SELECT * FROM v;
INSERT INTO t VALUES (3, 'three');
INSERT INTO t (nosuch) VALUES (3);
INSERT INTO t SELECT * FROM t;
TRUNCATE t;
TRUNCATE nosuch;
DROP TABLE t;
DROP TABLE nosuch;
DROP VIEW v;
ALTER TABLE t RENAME TO t2;
ALTER TABLE t OWNER TO alice;
ALTER TABLE t SET SCHEMA public;
ALTER TABLE t RENAME TO v;
ALTER TABLE nosuch.t RENAME TO v;
TRUNCATE nosuch.t;
COMMENT ON TABLE nosuch.t IS 'x';
DROP TABLE nosuch.t;
INSERT INTO nosuch.t VALUES (1);
COMMENT ON TABLE t IS 'mine';
COMMENT ON COLUMN t.a IS 'mine';
COMMENT ON VIEW v IS 'mine';
CREATE VIEW w AS SELECT * FROM t;
CREATE TABLE c AS SELECT * FROM t;
EXPLAIN SELECT * FROM t;
EXPLAIN INSERT INTO t VALUES (1, 'x');
PREPARE p AS SELECT * FROM t;
EXECUTE p;
GRANT SELECT ON t TO alice;
GRANT SELECT ON t TO bob;
GRANT ALL ON t TO public;
REVOKE SELECT ON t FROM alice;
REVOKE ALL ON t FROM postgres;
\c -
GRANT SELECT ON t TO alice;
\c alice
SELECT * FROM t ORDER BY a;
SELECT count(*) FROM t;
EXECUTE p;
INSERT INTO t VALUES (3, 'three');
TRUNCATE t;
SELECT * FROM v;
GRANT SELECT ON t TO bob;
GRANT SELECT ON t TO bob WITH GRANT OPTION;
GRANT INSERT ON t TO bob;
GRANT ALL ON t TO bob;
REVOKE SELECT ON t FROM bob;
REVOKE SELECT ON t FROM alice;
REVOKE ALL ON t FROM alice;
\c -
REVOKE SELECT ON t FROM alice;
GRANT INSERT ON t TO alice;
\c alice
SELECT * FROM t;
INSERT INTO t VALUES (3, 'three');
INSERT INTO t (a) VALUES (4);
INSERT INTO t SELECT 5, 'five';
INSERT INTO t SELECT * FROM t;
TRUNCATE t;
\c -
REVOKE INSERT ON t FROM alice;
GRANT TRUNCATE ON t TO alice;
\c alice
INSERT INTO t VALUES (3, 'three');
SELECT * FROM t;
TRUNCATE t;
TRUNCATE TABLE t;
TRUNCATE t, nosuch;
\c -
SELECT * FROM t;
REVOKE TRUNCATE ON t FROM alice;
-- Every right by its name.
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON t TO alice;
SELECT grantee, privilege_type, is_grantable, with_hierarchy FROM information_schema.table_privileges WHERE table_name = 't' ORDER BY grantee, privilege_type;
\psql \dp
REVOKE ALL ON t FROM alice;
\psql \dp t
GRANT ALL PRIVILEGES ON TABLE t TO alice;
\psql \dp t
REVOKE ALL PRIVILEGES ON TABLE t FROM alice;
GRANT SELECT, SELECT ON t TO alice, alice, bob;
\psql \dp t
GRANT USAGE ON t TO alice;
GRANT CREATE ON t TO alice;
GRANT EXECUTE ON t TO alice;
GRANT FLYING ON t TO alice;
GRANT CONNECT ON t TO alice;
GRANT SELECT ON nosuch TO alice;
GRANT SELECT ON nosuch.t TO alice;
GRANT SELECT ON t TO nosuch;
GRANT SELECT ON t, nosuch TO alice;
GRANT SELECT ON TABLE t, v TO alice;
GRANT SELECT ON t TO public WITH GRANT OPTION;
GRANT SELECT ON t TO alice GRANTED BY postgres;
GRANT SELECT ON t TO alice GRANTED BY current_user;
GRANT SELECT ON t TO alice GRANTED BY alice;
GRANT SELECT ON t TO alice GRANTED BY nosuch;
REVOKE SELECT ON t FROM alice GRANTED BY alice;
REVOKE SELECT ON t FROM alice GRANTED BY postgres;
REVOKE SELECT ON t, v FROM alice, bob;
REVOKE SELECT ON t FROM nosuch;
REVOKE SELECT ON nosuch FROM alice;
REVOKE FLYING ON t FROM alice;
REVOKE SELECT ON t FROM alice;
\psql \dp
-- PUBLIC.
GRANT SELECT ON t TO PUBLIC;
\c alice bob
SELECT * FROM t;
SELECT has_table_privilege('t', 'SELECT'), has_table_privilege('public', 't', 'SELECT');
INSERT INTO t VALUES (1, 'x');
\c -
REVOKE SELECT ON t FROM alice;
\c alice
SELECT * FROM t;
\c -
REVOKE ALL ON t FROM PUBLIC;
\c alice
SELECT * FROM t;
-- ALL TABLES IN SCHEMA covers what is there now.
\c -
CREATE SCHEMA s;
CREATE TABLE s.one (a int);
CREATE TABLE s.two (a int);
CREATE VIEW s.both AS SELECT a FROM s.one UNION ALL SELECT a FROM s.two;
GRANT SELECT ON ALL TABLES IN SCHEMA s TO alice;
GRANT USAGE ON SCHEMA s TO alice;
CREATE TABLE s.three (a int);
\c alice
SELECT * FROM s.one;
SELECT * FROM s.both;
SELECT * FROM s.three;
GRANT SELECT ON ALL TABLES IN SCHEMA s TO bob;
\c -
REVOKE SELECT ON ALL TABLES IN SCHEMA s FROM alice;
GRANT SELECT ON ALL TABLES IN SCHEMA nosuch TO alice;
GRANT USAGE ON ALL TABLES IN SCHEMA s TO alice;
GRANT SELECT (a) ON ALL TABLES IN SCHEMA s TO alice;
GRANT SELECT ON ALL TABLES IN SCHEMA s, public TO alice;
\c alice
SELECT * FROM s.one;
SELECT * FROM s.three;
SELECT * FROM v;
-- An owner may take its own rights away and still grant.
\c -
CREATE SCHEMA AUTHORIZATION alice;
\c alice
CREATE TABLE alice.own (a int);
INSERT INTO own VALUES (1);
REVOKE ALL ON own FROM alice;
SELECT * FROM own;
INSERT INTO own VALUES (2);
GRANT SELECT ON own TO bob;
GRANT SELECT ON own TO alice;
SELECT * FROM own;
\psql \dp alice.*
TRUNCATE own;
DROP TABLE own;
-- A table that is made again under its name has no grants.
\c -
CREATE TABLE again (a int);
GRANT SELECT ON again TO alice;
DROP TABLE again;
CREATE TABLE again (a int);
\c alice
SELECT * FROM again;
-- Renamed tables keep theirs.
\c -
GRANT SELECT ON again TO alice;
ALTER TABLE again RENAME TO renamed;
\c alice
SELECT * FROM renamed;
SELECT * FROM again;
-- Quoted names in messages.
\c -
CREATE TABLE "Mixed Case" ("Column_One" int);
\c alice
SELECT * FROM "Mixed Case";
SELECT * FROM "mixed case";
DROP TABLE "Mixed Case";
\c -
GRANT SELECT ("Column_One") ON "Mixed Case" TO alice;
\c alice
SELECT * FROM "Mixed Case";
SELECT "Column_One" FROM "Mixed Case";
SELECT "column_one" FROM "Mixed Case";
\psql \dp
-- System relations.
SELECT count(*) > 0 FROM pg_class;
DROP TABLE pg_class;
\c -
ALTER TABLE t SET SCHEMA public;
ALTER TABLE t RENAME TO v;
ALTER TABLE t RENAME TO t;
CREATE SCHEMA away;
CREATE TABLE away.t (a int);
ALTER TABLE t SET SCHEMA away;
DROP TABLE t;
DROP TABLE t, away.t;
DROP TABLE t CASCADE;
DROP SCHEMA away;
DROP SCHEMA away, s;
DROP SCHEMA away, s CASCADE;
-- Names that are taken, for those who may not make anything there.
CREATE TABLE taken (a int);
\c alice postgres
CREATE TABLE taken (a int);
CREATE TABLE IF NOT EXISTS taken (a int);
CREATE TABLE taken AS SELECT 1 AS a;
CREATE TABLE IF NOT EXISTS taken AS SELECT 1 AS a;
CREATE VIEW taken AS SELECT 1 AS a;
CREATE TABLE untaken AS SELECT * FROM taken;
CREATE OR REPLACE VIEW taken AS SELECT 1 AS a;
CREATE OR REPLACE VIEW new_view AS SELECT * FROM taken;
CREATE OR REPLACE VIEW new_view AS SELECT a FROM taken;
