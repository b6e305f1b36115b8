-- Rights on columns, everywhere a column can be read. alice has SELECT on id, name and dept, not on salary.
CREATE ROLE alice LOGIN PASSWORD 'alice';
CREATE ROLE bob LOGIN PASSWORD 'bob';
CREATE TABLE emp (id int, name text, dept int, salary int);
CREATE TABLE dept (id int, title text);
INSERT INTO emp VALUES (1, 'ann', 10, 100), (2, 'bea', 10, 200), (3, 'cid', 20, 300);
INSERT INTO dept VALUES (10, 'sales'), (20, 'search');
GRANT SELECT (id, name, dept) ON emp TO alice;
GRANT SELECT (title) ON dept TO alice;
GRANT SELECT (id, title) ON dept TO bob;
GRANT SELECT ON dept TO alice;
\psql \dp
\c alice
SELECT id, name FROM emp ORDER BY id;
SELECT * FROM emp;
TABLE emp;
SELECT emp.* FROM emp;
SELECT e.* FROM emp e;
SELECT e FROM emp e;
SELECT salary FROM emp;
SELECT emp.salary FROM emp;
SELECT public.emp.salary FROM public.emp;
SELECT count(*) FROM emp;
SELECT count(id) FROM emp;
SELECT count(salary) FROM emp;
SELECT count(e) FROM emp e;
SELECT 1 FROM emp;
SELECT 1 FROM emp WHERE salary > 5;
SELECT id FROM emp WHERE salary = salary;
SELECT id FROM emp WHERE salary IS NULL;
SELECT id FROM emp WHERE id = 1 OR salary = 1;
SELECT id FROM emp WHERE false AND salary = 1;
SELECT id FROM emp ORDER BY salary;
SELECT id FROM emp ORDER BY id;
SELECT id AS salary FROM emp ORDER BY salary;
SELECT dept FROM emp GROUP BY dept ORDER BY dept;
SELECT dept FROM emp GROUP BY dept, salary;
SELECT dept FROM emp GROUP BY dept HAVING max(salary) > 1;
SELECT dept FROM emp GROUP BY dept HAVING max(id) > 1 ORDER BY dept;
SELECT max(salary) FROM emp;
SELECT sum(id) FILTER (WHERE salary > 1) FROM emp;
SELECT sum(id) FILTER (WHERE id > 1) FROM emp;
SELECT id, row_number() OVER (ORDER BY salary) FROM emp;
SELECT id, row_number() OVER (PARTITION BY salary) FROM emp;
SELECT id, row_number() OVER (ORDER BY id) FROM emp ORDER BY id;
SELECT id, sum(salary) OVER () FROM emp;
SELECT id, sum(id) OVER w FROM emp WINDOW w AS (ORDER BY salary);
SELECT id, sum(id) OVER w FROM emp WINDOW w AS (ORDER BY id) ORDER BY id;
-- departs: a window that nothing uses is not looked at, and reads nothing
SELECT id FROM emp WINDOW w AS (ORDER BY salary);
SELECT DISTINCT dept FROM emp ORDER BY dept;
SELECT DISTINCT salary FROM emp;
SELECT DISTINCT ON (dept) dept, id FROM emp ORDER BY dept, id;
SELECT DISTINCT ON (salary) id FROM emp;
SELECT CASE WHEN id = 1 THEN name ELSE 'x' END FROM emp ORDER BY id;
SELECT CASE WHEN id = 1 THEN salary ELSE 0 END FROM emp;
SELECT CASE WHEN true THEN 1 ELSE salary END FROM emp;
SELECT coalesce(1, salary) FROM emp;
SELECT id FROM emp WHERE id IN (1, salary);
SELECT id FROM emp LIMIT 1 OFFSET 5;
SELECT (SELECT salary FROM emp LIMIT 1);
SELECT (SELECT max(id) FROM emp);
SELECT d.title FROM dept d WHERE EXISTS (SELECT 1 FROM emp e WHERE e.dept = d.id) ORDER BY 1;
SELECT d.title FROM dept d WHERE EXISTS (SELECT 1 FROM emp e WHERE e.salary = d.id);
SELECT d.title FROM dept d WHERE EXISTS (SELECT salary FROM emp e WHERE e.dept = d.id);
SELECT d.title FROM dept d WHERE EXISTS (SELECT * FROM emp e WHERE e.dept = d.id);
SELECT d.title FROM dept d WHERE d.id IN (SELECT dept FROM emp) ORDER BY 1;
SELECT d.title FROM dept d WHERE d.id IN (SELECT salary FROM emp);
SELECT d.title FROM dept d WHERE d.id NOT IN (SELECT salary FROM emp);
SELECT id FROM emp e WHERE id = (SELECT max(id) FROM emp i WHERE i.dept = e.dept) ORDER BY id;
SELECT id FROM emp e WHERE id = (SELECT max(id) FROM emp i WHERE i.dept = e.salary);
SELECT id FROM emp e WHERE id = (SELECT max(id) FROM emp i WHERE i.salary = e.dept);
WITH c AS (SELECT id, name FROM emp) SELECT * FROM c ORDER BY id;
WITH c AS (SELECT * FROM emp) SELECT id FROM c;
WITH c AS (SELECT salary FROM emp) SELECT 1;
WITH c AS (SELECT id, salary FROM emp) SELECT id FROM c;
WITH c AS (SELECT id FROM emp), d AS (SELECT salary FROM emp) SELECT id FROM c;
WITH c AS MATERIALIZED (SELECT salary FROM emp) SELECT count(*) FROM c;
WITH RECURSIVE r AS (SELECT id FROM emp WHERE id = 1 UNION ALL SELECT e.id FROM emp e JOIN r ON e.id = r.id + 1) SELECT * FROM r ORDER BY id;
WITH RECURSIVE r AS (SELECT id FROM emp WHERE id = 1 UNION ALL SELECT e.id FROM emp e JOIN r ON e.salary = r.id + 1) SELECT * FROM r ORDER BY id;
SELECT id FROM (SELECT id FROM emp) x ORDER BY id;
SELECT id FROM (SELECT * FROM emp) x;
SELECT id FROM (SELECT id, salary FROM emp) x;
SELECT 1 FROM (SELECT salary FROM emp) x;
SELECT e.name, d.title FROM emp e JOIN dept d ON e.dept = d.id ORDER BY e.id;
SELECT e.name, d.title FROM emp e JOIN dept d ON e.salary = d.id;
SELECT e.name, d.title FROM emp e LEFT JOIN dept d ON e.dept = d.id AND e.salary > 1;
SELECT count(*) FROM emp e CROSS JOIN dept d;
SELECT count(*) FROM emp JOIN dept USING (id);
SELECT count(*) FROM emp NATURAL JOIN dept;
SELECT a.id FROM emp a JOIN emp b USING (id) ORDER BY 1;
SELECT a.id FROM emp a JOIN emp b USING (salary);
SELECT id FROM emp a NATURAL JOIN emp b;
SELECT count(*) FROM emp a JOIN emp b ON a.id = b.salary;
SELECT e.id, l.t FROM emp e, LATERAL (SELECT d.title AS t FROM dept d WHERE d.id = e.dept) l ORDER BY e.id;
SELECT e.id, l.t FROM emp e, LATERAL (SELECT d.title AS t FROM dept d WHERE d.id = e.salary) l;
SELECT e.id, l.s FROM emp e, LATERAL (SELECT e.salary AS s) l;
SELECT id FROM emp UNION SELECT dept FROM emp ORDER BY 1;
SELECT id FROM emp UNION SELECT salary FROM emp;
SELECT id FROM emp UNION ALL SELECT salary FROM emp;
SELECT id FROM emp EXCEPT SELECT salary FROM emp;
SELECT id FROM emp INTERSECT SELECT salary FROM emp;
SELECT id FROM emp INTERSECT SELECT id FROM emp ORDER BY 1;
SELECT nosuch FROM emp;
SELECT salary, nosuch FROM emp;
SELECT emp.nosuch FROM emp;
SELECT x.id FROM emp;
VALUES ((SELECT salary FROM emp LIMIT 1));
VALUES ((SELECT max(id) FROM emp));
EXPLAIN SELECT salary FROM emp;
EXPLAIN SELECT * FROM emp;
PREPARE few AS SELECT id FROM emp WHERE id = $1;
PREPARE every AS SELECT * FROM emp WHERE id = $1;
PREPARE hidden AS SELECT id FROM emp WHERE salary = $1;
EXECUTE few (1);
EXECUTE hidden (100);
EXECUTE every (1);
INSERT INTO emp SELECT * FROM emp;
CREATE VIEW v AS SELECT salary FROM emp;
SELECT ROW(id, salary) FROM emp;
SELECT ARRAY[salary] FROM emp;
SELECT id::text || salary::text FROM emp;
SELECT "salary" FROM emp;
SELECT SALARY FROM EMP;
SELECT "SALARY" FROM emp;
SELECT name FROM emp WHERE name LIKE 'a%';
SELECT has_table_privilege('emp', 'SELECT'), has_any_column_privilege('emp', 'SELECT'), has_column_privilege('emp', 'salary', 'SELECT'), has_column_privilege('emp', 'id', 'SELECT');
SELECT column_name FROM information_schema.columns WHERE table_name = 'emp' ORDER BY ordinal_position;
SELECT attname FROM pg_attribute WHERE attrelid = 'emp'::regclass AND attnum > 0 ORDER BY attnum;
\psql \d emp
-- bob has columns of dept, nothing of emp.
\c bob
SELECT id, title FROM dept ORDER BY id;
SELECT * FROM dept ORDER BY id;
SELECT count(*) FROM dept;
SELECT count(*) FROM emp;
SELECT d.title FROM dept d, emp e;
SELECT title FROM dept WHERE id IN (SELECT dept FROM emp);
WITH c AS (SELECT id FROM emp) SELECT title FROM dept;
-- Whoever has every column may use the star; a column that comes later is not granted.
\c -
GRANT SELECT (salary) ON emp TO alice;
\c alice
SELECT * FROM emp ORDER BY id;
SELECT salary FROM emp ORDER BY salary;
SELECT has_table_privilege('emp', 'SELECT');
\c -
REVOKE SELECT (salary) ON emp FROM alice;
\c alice
SELECT * FROM emp;
EXECUTE every (1);
-- A grant on the table covers columns; taking the table's grant takes the columns' too.
\c -
GRANT SELECT ON emp TO alice;
\c alice
SELECT salary FROM emp ORDER BY 1;
\c -
REVOKE SELECT (salary) ON emp FROM alice;
\c alice
SELECT salary FROM emp ORDER BY 1;
\c -
REVOKE SELECT ON emp FROM alice;
\c alice
SELECT id FROM emp;
SELECT count(*) FROM emp;
\psql \dp
-- Inserting by column.
\c -
GRANT INSERT (id, name) ON emp TO alice;
\c alice
INSERT INTO emp (id, name) VALUES (4, 'dot');
INSERT INTO emp (name, id) SELECT 'eve', 5;
INSERT INTO emp (id) VALUES (6);
INSERT INTO emp (id, salary) VALUES (7, 1);
INSERT INTO emp VALUES (8, 'fay');
INSERT INTO emp VALUES (8, 'fay', 10, 1);
INSERT INTO emp (id, nosuch) VALUES (9, 1);
INSERT INTO emp (id, name) SELECT id, name FROM emp;
INSERT INTO emp (id, id) VALUES (1, 1);
INSERT INTO emp DEFAULT VALUES;
\c -
SELECT id, name, dept, salary FROM emp ORDER BY id;
-- What is no column right, and columns that are not there.
GRANT DELETE (id) ON emp TO alice;
GRANT TRUNCATE (id) ON emp TO alice;
GRANT TRIGGER (id) ON emp TO alice;
GRANT USAGE (id) ON emp TO alice;
GRANT SELECT (nosuch) ON emp TO alice;
GRANT SELECT (id, nosuch) ON emp TO alice;
REVOKE SELECT (nosuch) ON emp FROM alice;
GRANT REFERENCES (id), UPDATE (name, dept), SELECT ON emp TO bob;
GRANT ALL (salary) ON emp TO bob WITH GRANT OPTION;
GRANT ALL PRIVILEGES (id) ON emp TO public;
\psql \dp
SELECT grantor, grantee, column_name, privilege_type, is_grantable FROM information_schema.column_privileges WHERE table_name = 'emp' AND grantee <> 'postgres' ORDER BY grantee, column_name, privilege_type;
SELECT grantor, grantee, column_name, privilege_type, is_grantable FROM information_schema.role_column_grants WHERE table_name = 'emp' AND grantee <> 'postgres' ORDER BY grantee, column_name, privilege_type;
\c bob alice
SELECT grantor, grantee, column_name, privilege_type, is_grantable FROM information_schema.column_privileges WHERE table_name = 'emp' ORDER BY grantee, column_name, privilege_type;
SELECT grantor, grantee, column_name, privilege_type, is_grantable FROM information_schema.role_column_grants WHERE table_name = 'emp' ORDER BY grantee, column_name, privilege_type;
SELECT table_name, privilege_type, grantee FROM information_schema.role_table_grants ORDER BY 1, 2, 3;
SELECT id FROM emp ORDER BY id;
SELECT salary FROM emp ORDER BY id;
GRANT SELECT (salary) ON emp TO alice;
GRANT SELECT (name) ON emp TO alice;
GRANT SELECT (salary, name) ON emp TO alice;
GRANT INSERT (salary) ON emp TO alice;
GRANT SELECT ON emp TO alice;
REVOKE SELECT (salary) ON emp FROM alice;
REVOKE SELECT (salary) ON emp FROM bob;
REVOKE SELECT ON emp FROM alice;
\c -
REVOKE GRANT OPTION FOR ALL (salary) ON emp FROM bob;
REVOKE GRANT OPTION FOR ALL (salary) ON emp FROM bob CASCADE;
REVOKE ALL (salary) ON emp FROM bob CASCADE;
REVOKE ALL ON emp FROM bob, alice, public CASCADE;
\psql \dp
-- A table made again under its name, with the same columns.
GRANT SELECT (id) ON dept TO alice;
DROP TABLE dept;
CREATE TABLE dept (id int, title text);
\c alice bob
SELECT id FROM dept;
-- Quoted and mixed-case columns.
\c -
CREATE TABLE "Q" ("Id" int, "Other" int, "a_b" int);
GRANT SELECT ("Id", "a_b") ON "Q" TO alice;
\c alice
SELECT "Id", "a_b" FROM "Q";
SELECT "Other" FROM "Q";
SELECT Other FROM "Q";
SELECT "Id" FROM "Q" WHERE "Other" = 1;
SELECT * FROM "Q";
\psql \dp "Q"
