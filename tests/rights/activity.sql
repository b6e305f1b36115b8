-- What a role learns of other sessions and of system relations, and what it may do to them.
CREATE ROLE alice LOGIN PASSWORD 'alice';
CREATE ROLE bob LOGIN PASSWORD 'bob';
CREATE ROLE watcher LOGIN PASSWORD 'watcher';
CREATE ROLE signaller LOGIN PASSWORD 'signaller';
CREATE ROLE staff;
GRANT pg_read_all_stats TO watcher;
GRANT pg_signal_backend TO signaller;
SET application_name = 'the superuser';
\c bob
SET application_name = 'bobs';
PREPARE secret AS SELECT 'bob';
BEGIN;
DECLARE secret CURSOR FOR SELECT 'bob';
SELECT name, statement FROM pg_prepared_statements;
SELECT name, statement FROM pg_cursors;
\c alice watcher signaller
SELECT name, statement FROM pg_prepared_statements;
SELECT name, statement FROM pg_cursors;
SELECT usename, application_name, state, query FROM pg_stat_activity WHERE usename = 'bob';
SELECT usename, application_name, state IS NULL, query FROM pg_stat_activity WHERE usename = 'postgres';
SELECT count(*) FROM pg_stat_activity WHERE usename = current_user AND query LIKE 'SELECT count%';
SELECT client_addr IS NULL, backend_start IS NULL, xact_start IS NULL, wait_event IS NULL FROM pg_stat_activity WHERE usename = 'bob';
SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres' AND application_name = 'the superuser';
SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = 'bob';
\c alice watcher
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'bob';
\c alice
SELECT pg_cancel_backend(2147483647);
SELECT pg_terminate_backend(2147483647);
SELECT * FROM pg_authid;
SELECT * FROM pg_shadow;
SELECT * FROM pg_statistic;
SELECT * FROM pg_statistic_ext_data;
SELECT * FROM pg_user_mapping;
SELECT * FROM pg_subscription;
SELECT * FROM pg_hba_file_rules;
SELECT * FROM pg_file_settings;
SELECT * FROM pg_config;
SELECT * FROM pg_backend_memory_contexts;
SELECT * FROM pg_shmem_allocations;
SELECT * FROM pg_largeobject;
SELECT count(*) FROM pg_stats;
SELECT rolname, rolpassword FROM pg_roles WHERE rolname = 'bob';
SELECT usename, passwd FROM pg_user WHERE usename = 'bob';
SELECT has_table_privilege('pg_authid', 'SELECT'), has_table_privilege('pg_class', 'SELECT'), has_table_privilege('pg_class', 'INSERT');
SELECT has_table_privilege('information_schema.columns', 'SELECT'), has_column_privilege('pg_authid', 'rolname', 'SELECT'), has_column_privilege('pg_statistic', 'starelid', 'SELECT');
SELECT has_table_privilege('watcher', 'pg_stat_activity', 'SELECT'), has_any_column_privilege('pg_shadow', 'SELECT'), has_schema_privilege('pg_catalog', 'USAGE'), has_schema_privilege('pg_catalog', 'CREATE');
SELECT has_table_privilege('pg_settings', 'UPDATE'), has_schema_privilege('information_schema', 'USAGE'), has_database_privilege('lake', 'TEMP'), has_tablespace_privilege('pg_default', 'CREATE');
SELECT has_function_privilege('pg_cancel_backend(int)', 'EXECUTE'), has_function_privilege('pg_reload_conf()', 'EXECUTE'), has_language_privilege('sql', 'USAGE'), has_type_privilege('int4', 'USAGE');
SELECT pg_has_role('staff', 'MEMBER'), pg_has_role('alice', 'staff', 'USAGE'), pg_has_role('watcher', 'pg_read_all_stats', 'USAGE');
SELECT pg_reload_conf();
SELECT pg_stat_reset();
INSERT INTO pg_class (relname) VALUES ('x');
TRUNCATE pg_class;
DROP TABLE pg_class;
ALTER TABLE pg_class RENAME TO x;
ALTER TABLE pg_class ADD COLUMN x int;
CREATE INDEX ON pg_class (relname);
COMMENT ON TABLE pg_class IS 'x';
GRANT SELECT ON pg_class TO bob;
CREATE TABLE pg_catalog.x (a int);
CREATE VIEW information_schema.x AS SELECT 1;
CREATE POLICY p ON pg_class USING (true);
COPY pg_class FROM STDIN;
COPY pg_authid TO STDOUT;
COPY (SELECT * FROM pg_shadow) TO STDOUT;
LOCK TABLE pg_class IN ACCESS SHARE MODE;
VACUUM pg_class;
CREATE TEMP TABLE shaped (LIKE pg_authid);
CREATE TEMP TABLE taken AS SELECT * FROM pg_authid;
\c bob
SELECT 1;
ROLLBACK;
\c signaller
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'bob';
\c alice
SELECT pg_cancel_backend(pg_backend_pid());
SELECT 1;
