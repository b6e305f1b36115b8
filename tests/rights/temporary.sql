-- Temporary tables, LIKE, keys and indexes: what each takes.
CREATE ROLE alice LOGIN PASSWORD 'alice';
-- departs: a key says that it is not enforced
CREATE TABLE t (a int PRIMARY KEY, b text);
INSERT INTO t VALUES (1, 'one');
-- departs: an index says that it is not used
CREATE INDEX ti ON t (b);
REVOKE TEMP ON DATABASE lake FROM PUBLIC;
\c alice
CREATE TEMP TABLE x (a int);
CREATE TEMP VIEW x AS SELECT 1 AS a;
CREATE TABLE pg_temp.x (a int);
SELECT 1 AS a INTO TEMP x;
\c -
GRANT TEMP ON DATABASE lake TO alice;
\c alice
CREATE TEMP TABLE x (a int);
INSERT INTO x VALUES (1);
SELECT * FROM x;
CREATE TEMP TABLE y AS SELECT * FROM t;
CREATE TEMP TABLE y AS SELECT a FROM t;
CREATE TEMP TABLE y (LIKE t);
CREATE TEMP VIEW seen AS SELECT * FROM t;
SELECT * FROM seen;
SELECT a, b INTO TEMP y FROM t;
CREATE TABLE y (a int);
CREATE INDEX ON t (a);
DROP INDEX ti;
ALTER INDEX ti RENAME TO tj;
ALTER TABLE t ADD COLUMN c int;
ALTER TABLE t ALTER COLUMN b SET DEFAULT 'x';
ALTER TABLE t ALTER COLUMN b SET NOT NULL;
ALTER TABLE t ADD UNIQUE (b);
ALTER TABLE t DROP CONSTRAINT t_pkey;
ALTER TABLE t RENAME CONSTRAINT t_pkey TO k;
REINDEX TABLE t;
CHECKPOINT;
-- departs: a key says that it is not enforced
CREATE TEMP TABLE z (a int PRIMARY KEY);
ALTER TABLE z ADD COLUMN b int;
-- departs: an index says that it is not used
CREATE INDEX ON z (b);
DROP TABLE z;
\c -
GRANT SELECT (a) ON t TO alice;
\c alice
CREATE TEMP TABLE part AS SELECT a FROM t;
CREATE TEMP TABLE shaped (LIKE t);
CREATE TEMP TABLE whole AS SELECT * FROM t;
SELECT * FROM part;
\c -
GRANT SELECT ON t TO alice;
\c alice
CREATE TEMP TABLE shaped (LIKE t);
SELECT * FROM shaped;
