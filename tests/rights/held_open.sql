-- What was opened as one role and is read as another: cursors, prepared statements, savepoints, roles of a transaction.
CREATE ROLE alice LOGIN PASSWORD 'alice';
CREATE ROLE bob LOGIN PASSWORD 'bob';
CREATE ROLE staff;
GRANT staff TO alice;
CREATE TABLE t (a int, b text);
INSERT INTO t VALUES (1, 'alice'), (2, 'bob'), (3, 'staff'), (4, 'postgres');
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON t USING (b = current_user);
GRANT SELECT, INSERT ON t TO alice, bob, staff;
CREATE TABLE s (a int, b int);
INSERT INTO s VALUES (1, 2);
GRANT SELECT ON s TO staff;
\c alice
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM t;
SET LOCAL ROLE staff;
-- departs: a cursor reads as the role that declared it
FETCH ALL FROM c;
DECLARE d CURSOR FOR SELECT * FROM t;
RESET ROLE;
-- departs: a cursor reads as the role that declared it
FETCH ALL FROM d;
COMMIT;
BEGIN;
DECLARE c CURSOR WITH HOLD FOR SELECT * FROM t;
SET ROLE staff;
COMMIT;
-- departs: a cursor reads as the role that declared it
FETCH ALL FROM c;
CLOSE c;
RESET ROLE;
PREPARE p AS SELECT * FROM t;
EXECUTE p;
SET ROLE staff;
EXECUTE p;
RESET ROLE;
EXECUTE p;
PREPARE i (int, text) AS INSERT INTO t VALUES ($1, $2);
EXECUTE i (5, 'alice');
EXECUTE i (5, 'staff');
SET ROLE staff;
EXECUTE i (5, 'alice');
EXECUTE i (6, 'staff');
SELECT * FROM t ORDER BY a;
RESET ROLE;
SELECT * FROM t ORDER BY a;
PREPARE q AS SELECT * FROM s;
SET ROLE staff;
EXECUTE q;
RESET ROLE;
REVOKE staff FROM alice;
-- Savepoints carry the role with them.
BEGIN;
SAVEPOINT one;
SET LOCAL ROLE staff;
SELECT current_user, a FROM t ORDER BY a;
ROLLBACK TO one;
SELECT current_user, a FROM t ORDER BY a;
SET ROLE staff;
SELECT current_user, a FROM t ORDER BY a;
ROLLBACK;
SELECT current_user, a FROM t ORDER BY a;
BEGIN;
SET ROLE staff;
SAVEPOINT one;
RESET ROLE;
SELECT current_user;
RELEASE one;
SELECT current_user;
COMMIT;
SELECT current_user;
SET SESSION AUTHORIZATION bob;
BEGIN;
SET SESSION AUTHORIZATION alice;
SET LOCAL SESSION AUTHORIZATION DEFAULT;
COMMIT;
-- Several statements in one message.
SET ROLE staff; SELECT a FROM t ORDER BY a; RESET ROLE; SELECT a FROM t ORDER BY a;
SELECT current_user;
BEGIN; SET LOCAL ROLE staff; SELECT count(*) FROM t; COMMIT; SELECT count(*) FROM t;
SELECT current_user;
-- A setting that a policy asks for can be given by whoever asks.
\c -
CREATE TABLE m (tenant text, v int);
INSERT INTO m VALUES ('a', 1), ('b', 2);
ALTER TABLE m ENABLE ROW LEVEL SECURITY;
CREATE POLICY by_setting ON m USING (tenant = current_setting('app.tenant', true));
GRANT SELECT ON m TO alice;
\c alice
SELECT v FROM m;
SELECT set_config('app.tenant', 'a', false);
SELECT v FROM m;
BEGIN;
DECLARE c CURSOR FOR SELECT v FROM m;
SET LOCAL app.tenant = 'b';
-- departs: a cursor reads by the settings it was declared under
FETCH ALL FROM c;
SELECT v FROM m;
COMMIT;
SELECT v FROM m;
PREPARE r AS SELECT v FROM m;
EXECUTE r;
SET app.tenant = 'b';
EXECUTE r;
BEGIN;
SAVEPOINT one;
SET app.tenant = 'a';
SELECT v FROM m;
ROLLBACK TO one;
SELECT v FROM m;
ROLLBACK;
-- What is revoked while it is open.
BEGIN;
DECLARE c CURSOR WITH HOLD FOR SELECT a FROM t;
COMMIT;
PREPARE x AS SELECT a FROM t;
EXECUTE x;
\c -
REVOKE SELECT ON t FROM alice;
\c alice
EXECUTE x;
SELECT a FROM t;
FETCH ALL FROM c;
CLOSE c;
\c -
GRANT SELECT (a) ON t TO alice;
\c alice
EXECUTE x;
EXECUTE p;
BEGIN;
\c -
DROP POLICY own ON t;
\c alice
-- departs: a transaction reads the catalog as it was at BEGIN
SELECT a FROM t;
ROLLBACK;
SELECT a FROM t;
\c -
ALTER TABLE t DISABLE ROW LEVEL SECURITY;
\c alice
SELECT a FROM t ORDER BY a;
EXECUTE x;
\c -
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON t USING (b = session_user);
\c alice
EXECUTE x;
-- Grants and policies of a transaction that is rolled back, and as a role that it made.
\c -
BEGIN;
SAVEPOINT one;
GRANT SELECT ON s TO bob;
SELECT has_table_privilege('bob', 's', 'SELECT');
ROLLBACK TO one;
SELECT has_table_privilege('bob', 's', 'SELECT');
CREATE ROLE nora;
GRANT SELECT (b) ON s TO nora;
SET LOCAL ROLE nora;
SELECT b FROM s;
RESET ROLE;
SAVEPOINT two;
SET LOCAL ROLE nora;
SELECT a FROM s;
ROLLBACK TO two;
SELECT current_user;
ROLLBACK;
SELECT has_column_privilege('bob', 's', 'b', 'SELECT');
BEGIN;
CREATE POLICY mine ON s USING (a > 100);
ALTER TABLE s ENABLE ROW LEVEL SECURITY;
SET LOCAL ROLE staff;
SELECT * FROM s;
ROLLBACK;
SET ROLE staff;
SELECT * FROM s;
RESET ROLE;
BEGIN;
DROP ROLE bob;
DROP OWNED BY bob;
DROP ROLE bob;
SELECT count(*) FROM pg_roles WHERE rolname = 'bob';
ROLLBACK;
\c bob
SELECT a FROM t;
DISCARD ALL;
SELECT a FROM t;
