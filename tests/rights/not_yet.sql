-- Statements that lakewire does not have yet are refused with 0A000 whoever asks; one that comes later departs no
-- more, which ends the check until its steps stand in the other scripts.
CREATE ROLE alice LOGIN PASSWORD 'alice';
CREATE TABLE t (a int, b int);
INSERT INTO t VALUES (1, 2);
GRANT SELECT (a), INSERT, UPDATE (a) ON t TO alice;
\c alice
-- departs: UPDATE is not there yet
UPDATE t SET a = 1;
-- departs: UPDATE is not there yet
UPDATE t SET a = b;
-- departs: DELETE is not there yet
DELETE FROM t;
-- departs: DELETE is not there yet
DELETE FROM t WHERE b = 1;
-- departs: MERGE is not there yet
MERGE INTO t USING t u ON t.a = u.b WHEN MATCHED THEN DELETE;
-- departs: RETURNING is not there yet
INSERT INTO t VALUES (1, 2) RETURNING b;
-- departs: ON CONFLICT is not there yet
INSERT INTO t VALUES (1, 2) ON CONFLICT DO NOTHING;
-- departs: row locks are not there
SELECT a FROM t FOR UPDATE;
-- departs: materialized views are not there yet
CREATE MATERIALIZED VIEW m AS SELECT b FROM t;
\c -
-- departs: there are no functions to grant on
GRANT EXECUTE ON FUNCTION pg_backend_pid() TO alice;
-- departs: there are no sequences
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO alice;
-- departs: there are no functions to grant on
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
-- departs: there are no types to grant on
ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC;
-- departs: there is one database, of one owner
ALTER DATABASE lake OWNER TO alice;
