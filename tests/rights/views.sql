-- A view reads as its owner; its reader needs a right on the view only.
CREATE ROLE alice LOGIN PASSWORD 'alice';
CREATE ROLE bob LOGIN PASSWORD 'bob';
CREATE ROLE carol LOGIN PASSWORD 'carol';
CREATE TABLE emp (id int, name text, salary int);
INSERT INTO emp VALUES (1, 'ann', 100), (2, 'bea', 200);
CREATE VIEW v AS SELECT id, salary FROM emp;
GRANT SELECT ON v TO bob;
GRANT CREATE ON SCHEMA public TO alice, bob;
GRANT SELECT (id, name) ON emp TO alice;
\c bob
SELECT * FROM v ORDER BY id;
SELECT * FROM emp;
SELECT id FROM v WHERE salary > 100;
CREATE VIEW on_v AS SELECT id FROM v;
SELECT * FROM on_v ORDER BY id;
GRANT SELECT ON on_v TO carol;
CREATE VIEW on_emp AS SELECT name FROM emp;
SELECT * FROM on_emp;
GRANT SELECT ON on_emp TO carol;
GRANT SELECT ON v TO carol;
\c carol
SELECT * FROM on_v ORDER BY id;
SELECT * FROM on_emp;
SELECT * FROM v;
\c -
GRANT SELECT ON emp TO carol;
\c carol
SELECT * FROM on_emp;
SELECT name FROM emp ORDER BY id;
\c -
GRANT SELECT (name) ON emp TO bob;
\c carol bob
SELECT * FROM on_emp ORDER BY name;
\c -
REVOKE SELECT (name) ON emp FROM bob;
REVOKE SELECT ON v FROM bob;
\c carol bob
SELECT * FROM on_emp;
SELECT * FROM on_v;
SELECT count(*) FROM on_v;
SELECT 1 FROM on_v;
-- Rights on columns of a view.
\c -
GRANT SELECT (id) ON v TO alice;
\c alice
SELECT id FROM v ORDER BY id;
SELECT salary FROM v;
SELECT * FROM v;
SELECT count(*) FROM v;
SELECT id FROM v WHERE salary = 1;
SELECT e.name FROM emp e JOIN v ON v.id = e.id ORDER BY 1;
SELECT e.name FROM emp e JOIN v ON v.salary = e.id;
CREATE VIEW star AS SELECT * FROM emp;
SELECT * FROM star;
SELECT id FROM star;
CREATE VIEW some_of AS SELECT id, name FROM emp;
SELECT * FROM some_of ORDER BY id;
GRANT SELECT ON some_of TO carol, bob;
CREATE VIEW counted AS SELECT count(*) AS n FROM emp;
SELECT * FROM counted;
CREATE OR REPLACE VIEW v AS SELECT id, salary FROM emp;
DROP VIEW v;
ALTER VIEW v RENAME TO w;
ALTER VIEW some_of OWNER TO bob;
\c bob
SELECT * FROM some_of ORDER BY id;
SELECT name FROM some_of WHERE id = 1;
-- A view of another owner reads as that owner.
\c -
ALTER VIEW some_of OWNER TO bob;
\c bob alice
SELECT * FROM some_of;
\c -
ALTER VIEW some_of OWNER TO postgres;
\c bob alice carol
SELECT * FROM some_of ORDER BY id;
\c -
\psql \dp
REVOKE SELECT (id, name) ON emp FROM alice;
\c alice
SELECT * FROM some_of ORDER BY id;
SELECT * FROM star;
SELECT * FROM counted;
-- No right on the view, all rights on its table.
\c -
CREATE VIEW closed AS SELECT id FROM emp;
\c carol
SELECT * FROM closed;
SELECT id FROM emp ORDER BY id;
-- The reader needs no USAGE on the schema of the table behind a view.
\c -
CREATE SCHEMA inner_s;
CREATE TABLE inner_s.t (a int);
INSERT INTO inner_s.t VALUES (7);
CREATE VIEW public.outside AS SELECT a FROM inner_s.t;
GRANT SELECT ON public.outside TO carol;
\c carol
SELECT * FROM outside;
SELECT * FROM inner_s.t;
-- Functions in a view see the reader.
\c -
CREATE VIEW who AS SELECT current_user AS c, session_user AS s;
GRANT SELECT ON who TO carol;
\c carol
SELECT * FROM who;
\c -
SELECT viewname, viewowner FROM pg_views WHERE schemaname = 'public' ORDER BY 1;
SELECT table_name, view_definition IS NULL FROM information_schema.views WHERE table_schema = 'public' ORDER BY 1;
\c carol bob
SELECT table_name, view_definition IS NULL FROM information_schema.views WHERE table_schema = 'public' ORDER BY 1;
SELECT table_name, table_type FROM information_schema.tables WHERE table_schema IN ('public', 'inner_s') ORDER BY 1;
