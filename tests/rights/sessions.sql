-- SET ROLE and SET SESSION AUTHORIZATION, and what each asks.
CREATE ROLE alice LOGIN PASSWORD 'alice';
CREATE ROLE bob LOGIN PASSWORD 'bob';
CREATE ROLE team;
CREATE ROLE boss SUPERUSER LOGIN PASSWORD 'boss';
GRANT team TO alice;
CREATE TABLE t (a int);
GRANT SELECT ON t TO team;
CREATE TABLE u (a int);
SET SESSION AUTHORIZATION alice;
SELECT session_user, current_user;
SHOW session_authorization;
SHOW role;
SHOW is_superuser;
SELECT * FROM t;
SELECT * FROM u;
CREATE ROLE mine;
SET ROLE team;
SELECT session_user, current_user;
SET ROLE bob;
SET ROLE postgres;
SET SESSION AUTHORIZATION bob;
SELECT session_user, current_user;
SHOW role;
SET ROLE team;
SET SESSION AUTHORIZATION nosuch;
SET SESSION AUTHORIZATION DEFAULT;
SELECT session_user, current_user;
SET SESSION AUTHORIZATION 'alice';
SELECT session_user, current_user;
RESET SESSION AUTHORIZATION;
SELECT session_user, current_user;
SHOW is_superuser;
SET ROLE alice;
SELECT session_user, current_user;
SET SESSION AUTHORIZATION postgres;
SELECT session_user, current_user;
SET ROLE alice;
RESET SESSION AUTHORIZATION;
SELECT session_user, current_user;
SET ROLE alice;
SELECT * FROM u;
DROP ROLE alice;
DROP ROLE postgres;
ALTER ROLE alice RENAME TO anna;
ALTER ROLE postgres RENAME TO pat;
RESET ALL;
SELECT session_user, current_user;
DISCARD ALL;
SELECT session_user, current_user;
-- In a transaction.
BEGIN;
SET LOCAL SESSION AUTHORIZATION alice;
SELECT session_user, current_user;
COMMIT;
SELECT session_user, current_user;
BEGIN;
SET SESSION AUTHORIZATION alice;
SELECT session_user, current_user;
ROLLBACK;
SELECT session_user, current_user;
BEGIN;
SET LOCAL ROLE alice;
SELECT session_user, current_user;
SELECT * FROM u;
ROLLBACK;
SELECT session_user, current_user;
BEGIN;
SET ROLE alice;
COMMIT;
SELECT session_user, current_user;
BEGIN;
RESET ROLE;
SELECT session_user, current_user;
ROLLBACK;
SELECT session_user, current_user;
SET ROLE NONE;
SET LOCAL ROLE alice;
SELECT session_user, current_user;
SET LOCAL SESSION AUTHORIZATION alice;
SELECT session_user, current_user;
-- Who is no superuser may become nobody else.
\c alice
SET SESSION AUTHORIZATION bob;
SET SESSION AUTHORIZATION postgres;
SET SESSION AUTHORIZATION nosuch;
SET SESSION AUTHORIZATION alice;
SET SESSION AUTHORIZATION DEFAULT;
RESET SESSION AUTHORIZATION;
SET ROLE team;
SET SESSION AUTHORIZATION alice;
SELECT session_user, current_user;
SELECT pg_has_role(session_user, 'team', 'MEMBER'), pg_has_role(current_user, 'team', 'USAGE');
-- Superuser at login counts for the session's life.
\c boss
SET SESSION AUTHORIZATION bob;
SELECT session_user, current_user;
\c -
ALTER ROLE boss NOSUPERUSER;
\c boss
SET SESSION AUTHORIZATION alice;
RESET SESSION AUTHORIZATION;
SELECT session_user, current_user;
-- departs: lakewire asks the catalog, PostgreSQL remembers what was true at login
SHOW is_superuser;
SELECT * FROM u;
SET SESSION AUTHORIZATION alice;
-- A revoked membership ends at once.
\c alice
RESET SESSION AUTHORIZATION;
SET ROLE team;
SELECT * FROM t;
\c -
REVOKE team FROM alice;
\c alice
SELECT current_user;
SELECT * FROM t;
RESET ROLE;
SET ROLE team;
SELECT * FROM t;
-- Prepared statements are asked again each time.
\c -
GRANT SELECT ON t TO alice;
\c alice
PREPARE p AS SELECT * FROM t;
EXECUTE p;
\c -
REVOKE SELECT ON t FROM alice;
\c alice
EXECUTE p;
-- In a transaction that is open the catalog is the one it began with, except in PostgreSQL.
\c -
BEGIN;
GRANT SELECT ON t TO bob;
SELECT has_table_privilege('bob', 't', 'SELECT');
ROLLBACK;
SELECT has_table_privilege('bob', 't', 'SELECT');
