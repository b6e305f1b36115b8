-- Making, altering, renaming and dropping roles, and who may.
CREATE ROLE alice LOGIN PASSWORD 'alice';
CREATE USER chief CREATEROLE PASSWORD 'chief';
CREATE ROLE group1;
CREATE GROUP group2;
CREATE ROLE alice;
CREATE ROLE public;
CREATE ROLE none;
CREATE ROLE "none";
CREATE ROLE pg_mine;
CREATE ROLE "Mixed Case" NOINHERIT;
CREATE ROLE all_of_it SUPERUSER CREATEDB CREATEROLE INHERIT LOGIN REPLICATION BYPASSRLS CONNECTION LIMIT 5;
CREATE ROLE twice LOGIN LOGIN;
CREATE ROLE twice LOGIN NOLOGIN;
CREATE ROLE twice SUPERUSER NOSUPERUSER;
CREATE ROLE nonsense FLYING;
CREATE ROLE limit1 CONNECTION LIMIT -2;
CREATE ROLE until VALID UNTIL '2031-01-01 00:00:00+00';
CREATE ROLE until2 VALID UNTIL 'infinity';
CREATE ROLE until3 VALID UNTIL 'soon';
SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolconnlimit, rolbypassrls, rolvaliduntil FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY rolname;
\psql \du
\c alice
CREATE ROLE another;
CREATE ROLE another SUPERUSER;
DROP ROLE group1;
ALTER ROLE group1 LOGIN;
ALTER ROLE alice CREATEROLE;
ALTER ROLE alice PASSWORD 'alice';
ALTER ROLE alice VALID UNTIL 'infinity';
ALTER ROLE group1 RENAME TO group3;
ALTER ROLE postgres PASSWORD 'mine';
ALTER ROLE postgres RENAME TO mine;
ALTER ROLE alice BYPASSRLS;
ALTER ROLE alice SUPERUSER;
ALTER ROLE alice REPLICATION;
GRANT group1 TO alice;
COMMENT ON ROLE group1 IS 'a group';
COMMENT ON ROLE alice IS 'me';
\c chief
CREATE ROLE another LOGIN PASSWORD 'another';
CREATE ROLE god SUPERUSER;
CREATE ROLE god REPLICATION;
CREATE ROLE god BYPASSRLS;
CREATE ROLE maker CREATEROLE CREATEDB;
ALTER ROLE another SUPERUSER;
ALTER ROLE another NOSUPERUSER;
ALTER ROLE another REPLICATION;
ALTER ROLE another BYPASSRLS;
ALTER ROLE another NOBYPASSRLS;
ALTER ROLE another CREATEDB;
ALTER ROLE all_of_it NOLOGIN;
ALTER ROLE all_of_it PASSWORD 'x';
ALTER ROLE postgres NOLOGIN;
DROP ROLE all_of_it;
ALTER ROLE all_of_it RENAME TO most_of_it;
GRANT group1 TO alice;
GRANT all_of_it TO alice;
GRANT postgres TO alice;
REVOKE all_of_it FROM alice;
REVOKE group1 FROM alice;
COMMENT ON ROLE group1 IS 'a group';
COMMENT ON ROLE all_of_it IS 'too much';
CREATE ROLE joined IN ROLE group1 ROLE another ADMIN maker;
CREATE ROLE joined2 IN ROLE all_of_it;
CREATE ROLE joined3 IN ROLE nosuch;
CREATE ROLE joined3 ROLE nosuch;
SELECT r.rolname, m.rolname, g.rolname, admin_option FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member JOIN pg_roles g ON g.oid = a.grantor WHERE r.rolname !~ '^pg_' AND m.rolname !~ '^pg_';
ALTER ROLE chief RENAME TO boss;
ALTER ROLE group2 RENAME TO group1;
ALTER ROLE group2 RENAME TO pg_group;
ALTER ROLE pg_monitor RENAME TO monitor;
ALTER ROLE nosuch RENAME TO other;
ALTER ROLE nosuch LOGIN;
ALTER ROLE group2 RENAME TO group3;
DROP ROLE group3, joined;
DROP ROLE chief;
DROP ROLE nosuch;
DROP ROLE IF EXISTS nosuch;
DROP ROLE IF EXISTS nosuch, another;
DROP USER maker;
DROP ROLE current_user;
\c another
SELECT 1;
\c -
CREATE ROLE another LOGIN PASSWORD 'another';
\c another
SELECT current_user, session_user, current_role;
\c -
ALTER ROLE another NOLOGIN;
\c another/2
\c -
ALTER ROLE another LOGIN CONNECTION LIMIT 0;
\c another/3
\c -
ALTER ROLE another CONNECTION LIMIT -1;
\c another/4
SELECT 1;
\c -
DROP ROLE postgres;
ALTER ROLE postgres RENAME TO root;
ALTER ROLE current_user CONNECTION LIMIT -1;
ALTER ROLE session_user CONNECTION LIMIT -1;
ALTER ROLE public LOGIN;
DROP ROLE public;
DROP ROLE pg_monitor;
DROP ROLE all_of_it, "Mixed Case", until, until2, group1, alice;
SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY rolname;
\psql \du
\psql \du+
-- A dropped role is gone from its groups.
CREATE ROLE g;
CREATE ROLE m IN ROLE g;
DROP ROLE g;
CREATE ROLE g;
SELECT pg_has_role('m', 'g', 'MEMBER');
SELECT rolname FROM pg_roles WHERE rolcanlogin AND rolsuper;
SELECT usename, usesuper, usecreatedb, userepl, usebypassrls FROM pg_user ORDER BY usename;
SELECT groname FROM pg_group WHERE groname !~ '^pg_' ORDER BY groname;
\c another
SELECT rolname FROM pg_authid;
SELECT count(*) > 0 FROM pg_shadow;
SELECT rolpassword FROM pg_roles WHERE rolname = 'chief';
