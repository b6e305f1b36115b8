-- Rights on schemas and on the database.
CREATE ROLE alice LOGIN PASSWORD 'alice';
CREATE ROLE bob LOGIN PASSWORD 'bob';
CREATE SCHEMA s;
CREATE TABLE s.t (a int);
GRANT SELECT ON s.t TO alice;
\c alice
SELECT * FROM s.t;
SELECT * FROM s.nosuch;
SELECT * FROM nosuch.t;
CREATE TABLE s.mine (a int);
CREATE TABLE nosuch.mine (a int);
CREATE TABLE mine (a int);
CREATE TABLE public.mine (a int);
CREATE VIEW s.v AS SELECT 1 AS a;
CREATE VIEW v AS SELECT 1 AS a;
CREATE TABLE s.c AS SELECT 1 AS a;
CREATE SCHEMA mine;
CREATE SCHEMA AUTHORIZATION alice;
CREATE SCHEMA pg_mine;
CREATE SCHEMA public;
CREATE SCHEMA IF NOT EXISTS public;
DROP SCHEMA s;
DROP SCHEMA nosuch;
DROP SCHEMA IF EXISTS nosuch;
ALTER SCHEMA s RENAME TO z;
ALTER SCHEMA s OWNER TO alice;
COMMENT ON SCHEMA s IS 'mine';
GRANT USAGE ON SCHEMA s TO alice;
GRANT ALL ON SCHEMA public TO alice;
GRANT USAGE ON SCHEMA public TO bob;
GRANT USAGE ON SCHEMA nosuch TO bob;
SELECT has_schema_privilege('s', 'USAGE'), has_schema_privilege('s', 'CREATE'), has_schema_privilege('public', 'USAGE'), has_schema_privilege('public', 'CREATE');
SELECT has_table_privilege('s.t', 'SELECT');
SET search_path = s, public;
SELECT * FROM t;
CREATE TABLE mine (a int);
SHOW search_path;
RESET search_path;
\c -
GRANT USAGE ON SCHEMA s TO alice;
\c alice
SELECT * FROM s.t;
SELECT * FROM s.nosuch;
CREATE TABLE s.mine (a int);
SET search_path = s, public;
SELECT * FROM t;
CREATE TABLE mine (a int);
RESET search_path;
DROP TABLE s.t;
GRANT USAGE ON SCHEMA s TO bob;
GRANT CREATE ON SCHEMA s TO bob;
REVOKE USAGE ON SCHEMA s FROM bob;
\c -
REVOKE USAGE ON SCHEMA s FROM alice;
GRANT CREATE ON SCHEMA s TO alice;
\c alice
SELECT * FROM s.t;
CREATE TABLE s.mine (a int);
SELECT * FROM s.mine;
\c -
GRANT USAGE, CREATE ON SCHEMA s TO alice WITH GRANT OPTION;
\psql \dn+ s
\c alice
CREATE TABLE s.mine (a int);
CREATE TABLE s.mine2 (a int);
INSERT INTO s.mine VALUES (1);
GRANT USAGE ON SCHEMA s TO bob;
GRANT SELECT ON s.mine TO bob;
ALTER TABLE s.mine2 RENAME TO mine3;
ALTER TABLE s.mine3 SET SCHEMA public;
DROP TABLE s.t;
DROP SCHEMA s;
DROP SCHEMA s CASCADE;
\c bob
SELECT * FROM s.mine;
SELECT * FROM s.t;
CREATE TABLE s.bobs (a int);
DROP TABLE s.mine;
\c -
\psql \dn+ s
REVOKE CREATE ON SCHEMA s FROM alice;
REVOKE ALL ON SCHEMA s FROM alice;
REVOKE ALL ON SCHEMA s FROM alice CASCADE;
\psql \dn+ s
\c alice
DROP TABLE s.mine;
SELECT * FROM s.mine;
-- Renaming needs CREATE in the schema still.
\c -
GRANT USAGE ON SCHEMA s TO alice;
\c alice
ALTER TABLE s.mine3 RENAME TO mine4;
DROP TABLE s.mine3;
-- What is no right on a schema.
\c -
GRANT SELECT ON SCHEMA s TO alice;
GRANT CONNECT ON SCHEMA s TO alice;
GRANT USAGE (a) ON SCHEMA s TO alice;
GRANT FLYING ON SCHEMA s TO alice;
GRANT ALL ON SCHEMA s, public TO alice;
GRANT USAGE ON SCHEMA s, nosuch TO alice;
REVOKE ALL ON SCHEMA s, public FROM alice;
REVOKE USAGE ON SCHEMA public FROM PUBLIC;
\c alice
CREATE TABLE public.x (a int);
SELECT current_schema();
SELECT current_schemas(false);
CREATE TABLE x (a int);
\c -
GRANT USAGE ON SCHEMA public TO PUBLIC;
-- A schema of one's own.
CREATE SCHEMA own AUTHORIZATION alice;
CREATE SCHEMA AUTHORIZATION bob;
CREATE SCHEMA x AUTHORIZATION nosuch;
CREATE SCHEMA own;
CREATE SCHEMA IF NOT EXISTS own AUTHORIZATION bob;
\c alice
CREATE TABLE own.t (a int);
CREATE VIEW own.v AS SELECT * FROM own.t;
GRANT USAGE, CREATE ON SCHEMA own TO bob;
ALTER SCHEMA own RENAME TO mine;
ALTER SCHEMA own OWNER TO bob;
\c bob
CREATE TABLE own.bobs (a int);
\c alice
SELECT * FROM own.bobs;
ALTER TABLE own.bobs RENAME TO alices;
DROP TABLE own.bobs;
DROP TABLE own.t;
DROP SCHEMA own;
DROP SCHEMA own CASCADE;
-- The database.
\c -
CREATE SCHEMA again AUTHORIZATION alice;
\c alice bob
SELECT has_database_privilege('lake', 'CREATE'), has_database_privilege('lake', 'CONNECT'), has_database_privilege('lake', 'TEMP'), has_database_privilege('lake', 'TEMPORARY');
CREATE SCHEMA more;
ALTER SCHEMA again RENAME TO anew;
GRANT CREATE ON DATABASE lake TO alice;
GRANT CONNECT ON DATABASE lake TO alice;
GRANT ALL ON DATABASE lake TO alice;
GRANT CONNECT ON DATABASE nosuch TO alice;
REVOKE CONNECT ON DATABASE lake FROM PUBLIC;
\c -
SELECT datacl FROM pg_database WHERE datname = 'lake';
GRANT CREATE ON DATABASE lake TO alice WITH GRANT OPTION;
SELECT datacl FROM pg_database WHERE datname = 'lake';
GRANT SELECT ON DATABASE lake TO alice;
GRANT USAGE ON DATABASE lake TO alice;
GRANT FLYING ON DATABASE lake TO alice;
GRANT CREATE (a) ON DATABASE lake TO alice;
GRANT CONNECT ON DATABASE nosuch TO alice;
\c alice
CREATE SCHEMA more;
ALTER SCHEMA again RENAME TO anew;
CREATE SCHEMA for_bob AUTHORIZATION bob;
GRANT CREATE, CONNECT ON DATABASE lake TO bob;
GRANT CREATE ON DATABASE lake TO bob;
COMMENT ON DATABASE lake IS 'mine';
\c bob
CREATE SCHEMA bobs;
\c -
SELECT datacl FROM pg_database WHERE datname = 'lake';
REVOKE CREATE ON DATABASE lake FROM alice;
REVOKE CREATE ON DATABASE lake FROM alice CASCADE;
REVOKE TEMP ON DATABASE lake FROM PUBLIC;
REVOKE CONNECT ON DATABASE lake FROM PUBLIC;
SELECT datacl FROM pg_database WHERE datname = 'lake';
\c alice
CREATE SCHEMA further;
SELECT has_database_privilege('lake', 'CREATE'), has_database_privilege('lake', 'CONNECT'), has_database_privilege('lake', 'TEMP'), has_database_privilege('public', 'lake', 'CONNECT');
\c alice/2
\c -
GRANT CONNECT ON DATABASE lake TO alice;
\c alice/3
SELECT 1;
\c bob/2
\c -
REVOKE ALL ON DATABASE lake FROM alice, bob, PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE lake TO PUBLIC;
SELECT datacl FROM pg_database WHERE datname = 'lake';
SELECT schema_name, schema_owner FROM information_schema.schemata WHERE schema_name !~ '^(pg_|lake)' ORDER BY 1;
\c alice bob
SELECT schema_name, schema_owner FROM information_schema.schemata WHERE schema_name !~ '^(pg_|lake)' ORDER BY 1;
\psql \dn [^lpi]*|public
\psql \dn+ [^lpi]*|public
