-- A role has what the roles it is a member of have, if it inherits; SET ROLE takes one on.
CREATE ROLE analysts;
CREATE ROLE readers;
CREATE ROLE alice LOGIN PASSWORD 'alice';
CREATE ROLE bob LOGIN PASSWORD 'bob';
CREATE ROLE ned LOGIN NOINHERIT PASSWORD 'ned';
CREATE ROLE other;
CREATE ROLE super SUPERUSER;
CREATE TABLE t (a int);
CREATE TABLE u (a int);
GRANT SELECT ON t TO readers;
GRANT INSERT ON t TO analysts;
GRANT readers TO analysts;
\c alice ned
SELECT * FROM t;
\c -
GRANT analysts TO alice, ned;
GRANT analysts TO alice;
GRANT analysts TO alice, bob;
\c alice ned bob
SELECT * FROM t;
INSERT INTO t VALUES (1);
SELECT * FROM u;
SELECT current_user, session_user;
SET ROLE analysts;
SELECT current_user, session_user;
SELECT * FROM t;
SHOW role;
SET ROLE readers;
INSERT INTO t VALUES (1);
SET ROLE alice;
SET ROLE other;
SET ROLE nosuch;
SELECT current_user;
SET ROLE postgres;
SET ROLE super;
SET ROLE none;
SELECT current_user, session_user;
SHOW role;
SET ROLE 'readers';
RESET ROLE;
SELECT current_user;
SELECT pg_has_role('analysts', 'USAGE'), pg_has_role('analysts', 'MEMBER'), pg_has_role('readers', 'USAGE'), pg_has_role('readers', 'MEMBER'), pg_has_role('other', 'MEMBER'), pg_has_role('analysts', 'MEMBER WITH ADMIN OPTION');
GRANT analysts TO other;
REVOKE analysts FROM bob;
GRANT readers TO other;
SELECT role_name FROM information_schema.enabled_roles ORDER BY role_name;
SELECT grantee, role_name, is_grantable FROM information_schema.applicable_roles ORDER BY grantee, role_name;
SELECT grantee, role_name, is_grantable FROM information_schema.administrable_role_authorizations ORDER BY grantee, role_name;
\c -
GRANT analysts TO alice WITH ADMIN OPTION;
GRANT analysts TO alice WITH ADMIN OPTION;
GRANT analysts TO alice;
\psql \du
\c alice
SELECT pg_has_role('analysts', 'MEMBER WITH ADMIN OPTION'), pg_has_role('analysts', 'USAGE WITH GRANT OPTION'), pg_has_role('readers', 'MEMBER WITH ADMIN OPTION'), pg_has_role('alice', 'MEMBER WITH ADMIN OPTION');
GRANT analysts TO other;
GRANT analysts TO other WITH ADMIN OPTION;
REVOKE ADMIN OPTION FOR analysts FROM other;
REVOKE analysts FROM other;
REVOKE analysts FROM other;
GRANT readers TO other;
GRANT analysts TO alice GRANTED BY alice;
GRANT analysts TO other GRANTED BY alice;
GRANT analysts TO other GRANTED BY bob;
GRANT analysts TO other GRANTED BY postgres;
GRANT analysts TO other GRANTED BY current_user;
REVOKE analysts FROM other GRANTED BY alice;
GRANT super TO other;
GRANT alice TO other;
GRANT alice TO bob;
SELECT grantee, role_name, is_grantable FROM information_schema.administrable_role_authorizations ORDER BY grantee, role_name;
SELECT grantee, role_name, is_grantable FROM information_schema.applicable_roles ORDER BY grantee, role_name;
\c -
GRANT analysts TO other GRANTED BY alice;
GRANT readers TO other GRANTED BY bob;
GRANT readers TO other GRANTED BY nosuch;
SELECT r.rolname, m.rolname, g.rolname, admin_option FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member JOIN pg_roles g ON g.oid = a.grantor;
-- No circles.
GRANT other TO ned;
GRANT ned TO other;
GRANT analysts TO readers;
GRANT alice TO readers;
GRANT alice TO alice;
GRANT readers TO analysts;
GRANT analysts TO nosuch;
GRANT nosuch TO alice;
GRANT analysts TO public;
GRANT public TO alice;
GRANT analysts, readers TO bob, other;
GRANT analysts (a) TO alice;
GRANT ALL TO alice;
REVOKE analysts, readers FROM bob, other;
REVOKE ned FROM other;
REVOKE nosuch FROM alice;
REVOKE analysts FROM nosuch;
REVOKE ADMIN OPTION FOR analysts FROM alice;
REVOKE ADMIN OPTION FOR analysts FROM ned CASCADE;
REVOKE analysts FROM alice RESTRICT;
\c alice bob ned
SELECT * FROM t;
SET ROLE analysts;
INSERT INTO t VALUES (1);
-- A superuser's membership gives no superuser's rights, SET ROLE does.
\c -
GRANT super TO alice;
\c alice/2
SELECT * FROM u;
CREATE ROLE by_alice;
SHOW is_superuser;
SET ROLE super;
SHOW is_superuser;
SELECT * FROM u;
CREATE ROLE by_alice;
RESET ROLE;
DROP ROLE by_alice;
SHOW is_superuser;
-- Attributes are not inherited either.
\c -
CREATE ROLE maker CREATEROLE;
GRANT maker TO bob;
\c bob
CREATE ROLE made;
SET ROLE maker;
CREATE ROLE made;
DROP ROLE made;
RESET ROLE;
-- Membership along a NOINHERIT role in the middle.
\c -
CREATE ROLE low LOGIN PASSWORD 'low';
CREATE ROLE middle NOINHERIT;
CREATE ROLE top;
GRANT top TO middle;
GRANT middle TO low;
GRANT SELECT ON u TO top;
\c low
SELECT * FROM u;
SELECT pg_has_role('middle', 'USAGE'), pg_has_role('top', 'USAGE'), pg_has_role('top', 'MEMBER');
SET ROLE middle;
SELECT * FROM u;
SET ROLE top;
SELECT * FROM u;
RESET ROLE;
\c -
ALTER ROLE middle INHERIT;
\c low
SELECT * FROM u;
\c -
ALTER ROLE low NOINHERIT;
\c low
SELECT * FROM u;
\c -
DROP ROLE middle;
\c low
SET ROLE top;
SELECT pg_has_role('top', 'MEMBER');
\c -
GRANT SELECT ON u TO CURRENT_USER, SESSION_USER, CURRENT_ROLE;
SELECT pg_get_userbyid(10);
