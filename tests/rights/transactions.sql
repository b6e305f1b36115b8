-- Rights and roles within transactions, several objects at once, and the words of IF [NOT] EXISTS.
CREATE ROLE alice LOGIN PASSWORD 'alice';
CREATE ROLE bob LOGIN PASSWORD 'bob';
CREATE TABLE t (a int);
CREATE TABLE u (a int);
BEGIN;
CREATE ROLE dan LOGIN PASSWORD 'dan';
CREATE SCHEMA s AUTHORIZATION dan;
CREATE TABLE s.t (a int);
GRANT SELECT ON s.t TO alice;
GRANT dan TO bob;
SELECT has_table_privilege('alice', 's.t', 'SELECT'), pg_has_role('bob', 'dan', 'MEMBER');
COMMIT;
SELECT has_table_privilege('alice', 's.t', 'SELECT'), pg_has_role('bob', 'dan', 'MEMBER');
\psql \dp s.*
BEGIN;
GRANT SELECT ON t TO alice;
REVOKE SELECT ON t FROM alice;
GRANT INSERT ON t, u TO alice, bob;
ALTER TABLE t RENAME TO t2;
GRANT SELECT ON t TO bob;
ROLLBACK;
\psql \dp
BEGIN;
GRANT SELECT ON t TO alice;
GRANT SELECT ON nosuch TO alice;
SELECT 1;
GRANT SELECT ON u TO alice;
COMMIT;
SELECT has_table_privilege('alice', 't', 'SELECT');
BEGIN;
GRANT SELECT ON t TO alice;
DROP ROLE bob;
CREATE ROLE bob LOGIN PASSWORD 'bob';
GRANT SELECT ON t TO bob;
COMMIT;
\psql \dp
SELECT pg_has_role('bob', 'dan', 'MEMBER');
BEGIN;
GRANT SELECT ON u TO alice;
DROP TABLE u;
CREATE TABLE u (a int);
COMMIT;
SELECT has_table_privilege('alice', 'u', 'SELECT');
BEGIN;
DROP ROLE alice;
ROLLBACK;
BEGIN;
REVOKE ALL ON t FROM alice;
DROP ROLE alice;
SELECT has_table_privilege('alice', 't', 'SELECT');
ROLLBACK;
SELECT has_table_privilege('alice', 't', 'SELECT');
-- A statement that fails half way has done nothing.
GRANT SELECT ON u, nosuch TO alice;
SELECT has_table_privilege('alice', 'u', 'SELECT');
\c alice
GRANT SELECT ON t, u TO bob;
\c -
GRANT SELECT ON t TO alice WITH GRANT OPTION;
\c alice
GRANT SELECT ON t, u TO bob;
\c -
SELECT has_table_privilege('bob', 'u', 'SELECT');
\psql \dp
-- Words.
CREATE TABLE IF NOT EXISTS t (a int);
CREATE SCHEMA IF NOT EXISTS s;
CREATE SCHEMA s;
CREATE TABLE t (a int);
CREATE VIEW t AS SELECT 1;
DROP TABLE IF EXISTS nosuch, nosuch2;
DROP TABLE IF EXISTS nosuch.t;
DROP VIEW IF EXISTS nosuch;
DROP SCHEMA IF EXISTS nosuch;
DROP ROLE IF EXISTS nosuch, nosuch2;
DROP VIEW t;
DROP TABLE nosuch;
ALTER TABLE IF EXISTS nosuch RENAME TO other;
ALTER TABLE nosuch RENAME TO other;
ALTER SCHEMA nosuch RENAME TO other;
ALTER SCHEMA s RENAME TO public;
ALTER SCHEMA s OWNER TO nosuch;
ALTER TABLE t OWNER TO nosuch;
ALTER TABLE t OWNER TO public;
ALTER TABLE t OWNER TO alice;
\psql \dp
\c alice
ALTER TABLE t OWNER TO bob;
ALTER TABLE t OWNER TO alice;
ALTER TABLE u OWNER TO alice;
ALTER SCHEMA s OWNER TO alice;
\c bob
ALTER SCHEMA s OWNER TO bob;
ALTER TABLE s.t OWNER TO bob;
\c dan
ALTER SCHEMA s OWNER TO bob;
GRANT USAGE ON SCHEMA s TO bob;
\c bob
SELECT * FROM s.t;
SET ROLE dan;
SELECT * FROM s.t;
DROP TABLE s.t;
DROP SCHEMA s;
\c -
-- Per-database and per-role settings: none yet.
\psql \drds
SELECT count(*) FROM pg_db_role_setting;
-- A comment shows with the role.
COMMENT ON ROLE alice IS 'reads';
\psql \du+ alice
COMMENT ON ROLE alice IS NULL;
\psql \du+ alice
\psql \dg alice
-- Odd names.
CREATE ROLE "Odd ""Role""" LOGIN;
CREATE ROLE "select";
GRANT SELECT ON u TO "Odd ""Role""", "select";
\psql \dp u
\psql \du
GRANT "select" TO "Odd ""Role""";
REVOKE "select" FROM "Odd ""Role""";
DROP ROLE "Odd ""Role""";
DROP OWNED BY "Odd ""Role""", "select";
DROP ROLE "Odd ""Role""", "select";
-- departs: names are cut without a notice
CREATE ROLE aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;
SELECT rolname FROM pg_roles WHERE rolname LIKE 'aaa%';
