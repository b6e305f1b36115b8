-- What a role makes for itself takes nobody else in: temporary names, paths, roles and savepoints.
CREATE ROLE alice LOGIN PASSWORD 'alice';
CREATE ROLE bob LOGIN PASSWORD 'bob';
CREATE ROLE staff;
GRANT staff TO alice;
CREATE TABLE t (a int, b text);
INSERT INTO t VALUES (1, 'one');
CREATE TABLE rates (a int);
INSERT INTO rates VALUES (100);
CREATE VIEW v AS SELECT t.a, rates.a AS r FROM t, rates;
GRANT SELECT ON v TO alice;
\c alice
CREATE TEMP TABLE rates (a int);
INSERT INTO rates VALUES (7);
CREATE TEMP TABLE t (a int, b text);
SELECT * FROM v;
SELECT * FROM rates;
SELECT * FROM t;
SELECT * FROM public.t;
SET search_path = public, pg_temp;
SELECT * FROM rates;
SELECT * FROM t;
RESET search_path;
CREATE TEMP VIEW pg_class AS SELECT 1 AS oid;
SELECT count(*) > 1 FROM pg_class;
SELECT * FROM pg_temp.pg_class;
SET search_path = pg_temp, pg_catalog;
SELECT * FROM pg_class;
SELECT current_schema() LIKE 'pg_temp%';
RESET search_path;
DROP VIEW pg_temp.pg_class;
CREATE TEMP TABLE information (a int);
\c bob
SELECT * FROM pg_temp.rates;
SELECT * FROM rates;
-- departs: temporary tables of others are not shown
SELECT relname FROM pg_class WHERE relname = 'information';
SELECT * FROM v;
\c -
CREATE TEMP TABLE rates (a int);
SELECT * FROM v;
SET SESSION AUTHORIZATION alice;
SELECT * FROM rates;
SELECT * FROM public.rates;
SELECT * FROM pg_temp.rates;
RESET SESSION AUTHORIZATION;
DROP TABLE pg_temp.rates;
GRANT CREATE ON SCHEMA public TO alice;
\c alice
-- A view over a temporary table is itself temporary.
CREATE VIEW w AS SELECT * FROM pg_temp.rates;
SELECT * FROM w;
SELECT relpersistence FROM pg_class WHERE relname = 'w';
DROP VIEW w;
CREATE VIEW x AS SELECT * FROM public.rates;
SELECT * FROM x;
DROP VIEW x;
ALTER TABLE rates SET SCHEMA public;
ALTER TABLE rates RENAME TO rates2;
ALTER TABLE rates2 OWNER TO staff;
SELECT * FROM rates2;
\c -
DROP TABLE t CASCADE;
