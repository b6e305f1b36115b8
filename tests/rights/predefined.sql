-- The predefined roles.
CREATE ROLE reader LOGIN PASSWORD 'reader';
CREATE ROLE writer LOGIN PASSWORD 'writer';
CREATE ROLE watcher LOGIN PASSWORD 'watcher';
CREATE ROLE plain LOGIN PASSWORD 'plain';
CREATE SCHEMA s;
CREATE TABLE s.t (a int, b int);
CREATE VIEW s.v AS SELECT a FROM s.t;
INSERT INTO s.t VALUES (1, 2);
GRANT pg_read_all_data TO reader;
GRANT pg_write_all_data TO writer;
GRANT pg_monitor TO watcher;
\psql \du
\psql \duS
\c reader writer watcher plain
SELECT * FROM s.t;
SELECT a FROM s.v;
SELECT count(*) FROM s.t;
INSERT INTO s.t VALUES (3, 4);
INSERT INTO s.t (a) VALUES (3);
TRUNCATE s.t;
CREATE TABLE s.mine (a int);
DROP TABLE s.t;
GRANT SELECT ON s.t TO plain;
GRANT INSERT ON s.t TO plain;
GRANT SELECT (a) ON s.t TO plain;
GRANT USAGE ON SCHEMA s TO plain;
SELECT has_table_privilege('s.t', 'SELECT'), has_table_privilege('s.t', 'INSERT'), has_table_privilege('s.t', 'UPDATE'), has_table_privilege('s.t', 'DELETE'), has_table_privilege('s.t', 'TRUNCATE'), has_table_privilege('s.t', 'SELECT WITH GRANT OPTION');
SELECT has_column_privilege('s.t', 'a', 'SELECT'), has_column_privilege('s.t', 'b', 'INSERT'), has_any_column_privilege('s.t', 'UPDATE');
SELECT has_schema_privilege('s', 'USAGE'), has_schema_privilege('s', 'CREATE');
SELECT pg_has_role('pg_read_all_data', 'USAGE'), pg_has_role('pg_write_all_data', 'MEMBER'), pg_has_role('pg_monitor', 'USAGE'), pg_has_role('pg_read_all_settings', 'USAGE'), pg_has_role('pg_read_all_stats', 'USAGE');
SET ROLE pg_read_all_data;
RESET ROLE;
SELECT table_name, privilege_type FROM information_schema.table_privileges WHERE table_schema = 's';
SELECT table_name FROM information_schema.tables WHERE table_schema = 's' ORDER BY 1;
SELECT column_name FROM information_schema.columns WHERE table_schema = 's' ORDER BY 1;
\c -
ALTER ROLE reader NOINHERIT;
\c reader
SELECT * FROM s.t;
SET ROLE pg_read_all_data;
SELECT * FROM s.t;
RESET ROLE;
\c -
CREATE ROLE pg_more;
ALTER ROLE pg_monitor LOGIN;
ALTER ROLE pg_monitor NOLOGIN;
DROP ROLE pg_read_all_data;
ALTER ROLE pg_read_all_data RENAME TO everything;
GRANT reader TO pg_read_all_data;
-- departs: XX000 stands for bugs in lakewire, so this is 0LP01
GRANT pg_database_owner TO plain;
-- departs: XX000 stands for bugs in lakewire, so this is 0LP01
GRANT plain TO pg_database_owner;
GRANT plain TO pg_monitor;
REVOKE plain FROM pg_monitor;
SELECT oid, rolname, rolsuper, rolinherit, rolcanlogin FROM pg_roles WHERE rolname ~ '^pg_' ORDER BY oid;
SELECT pg_has_role('postgres', 'pg_database_owner', 'MEMBER'), pg_has_role('plain', 'pg_database_owner', 'MEMBER');
SELECT nspname, pg_get_userbyid(nspowner), nspacl FROM pg_namespace WHERE nspname = 'public';
\psql \dn+ [^lpi]*|public
CREATE ROLE maker CREATEROLE LOGIN PASSWORD 'maker';
\c maker
GRANT pg_read_all_data TO plain;
REVOKE pg_read_all_data FROM plain;
ALTER ROLE pg_monitor LOGIN;
-- The owner of the database owns what pg_database_owner owns.
\c -
GRANT CREATE ON SCHEMA public TO plain;
\psql \dn+ public
REVOKE CREATE ON SCHEMA public FROM plain;
\psql \dn+ public
\c plain
CREATE TABLE public.x (a int);
