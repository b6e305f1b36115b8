-- A row taken as one value needs each of its columns, by whichever way it is taken.
CREATE ROLE alice LOGIN PASSWORD 'alice';
CREATE TABLE t (a int, b int, c text);
INSERT INTO t VALUES (1, 2, 'x'), (2, 3, 'y');
GRANT SELECT (a, c) ON t TO alice;
\c alice
SELECT t FROM t;
SELECT t::text FROM t;
-- departs: the grammar does not read it
SELECT t.*::text FROM t;
-- departs: one field of a row needs the right on that column alone
SELECT (t).a FROM t;
SELECT (t).b FROM t;
-- departs: the grammar does not read it
SELECT (t).* FROM t;
SELECT count(t) FROM t;
SELECT count(t.*) FROM t;
SELECT count(*) FROM t;
SELECT row_to_json(t) FROM t;
SELECT to_json(t) FROM t;
SELECT to_jsonb(t) FROM t;
SELECT to_jsonb(t) - 'b' FROM t;
SELECT json_agg(t) FROM t;
SELECT jsonb_agg(t.*) FROM t;
SELECT row_to_json(x) FROM (SELECT a, c FROM t) x ORDER BY a;
SELECT row_to_json(x) FROM (SELECT * FROM t) x;
SELECT a FROM t WHERE t IS NOT NULL;
SELECT a FROM t WHERE t = t;
SELECT a FROM t ORDER BY t;
SELECT DISTINCT t FROM t;
SELECT a FROM t GROUP BY a, t;
SELECT ROW(t.*) FROM t;
SELECT ROW(t) FROM t;
SELECT a FROM t x WHERE EXISTS (SELECT 1 FROM t y WHERE y = x);
SELECT a FROM t x WHERE EXISTS (SELECT x.b);
SELECT a FROM t x WHERE EXISTS (SELECT x);
SELECT (SELECT x.b) FROM t x;
SELECT (SELECT x.a) FROM t x ORDER BY 1;
SELECT l.v FROM t x, LATERAL (SELECT x.b AS v) l;
-- departs: a row of an outer query is refused by name
SELECT l.v FROM t x, LATERAL (SELECT x AS v) l;
SELECT l.v FROM t x, LATERAL (SELECT x.a AS v) l ORDER BY 1;
SELECT l.v FROM t x, LATERAL (VALUES (x.b)) l(v);
SELECT l.v FROM t x, LATERAL (VALUES (x.a), (x.a + 10)) l(v) ORDER BY 1;
SELECT l.v FROM t x, LATERAL generate_series(1, x.b) l(v);
SELECT l.v FROM t x, LATERAL generate_series(1, x.a) l(v) ORDER BY 1;
-- departs: a row of an outer query is refused by name
SELECT l.* FROM t x, LATERAL jsonb_each_text(to_jsonb(x)) l;
SELECT array_agg(t) FROM t;
SELECT ARRAY(SELECT t FROM t);
SELECT ARRAY(SELECT b FROM t);
SELECT 1 = ANY (SELECT b FROM t);
SELECT 1 = ANY (SELECT a FROM t);
SELECT 5 > ALL (SELECT b FROM t);
SELECT coalesce(t) FROM t;
SELECT CASE WHEN true THEN t END FROM t;
SELECT a FROM t JOIN (VALUES (1, 2)) v(a, b) USING (a, b);
SELECT a FROM t JOIN (VALUES (1, 'x')) v(a, c) USING (a, c);
SELECT 1 FROM t NATURAL JOIN (VALUES (1)) v(a);
SELECT 1 FROM t NATURAL JOIN (VALUES (1)) v(b);
SELECT 1 FROM t NATURAL JOIN (VALUES (1)) v(z);
SELECT j FROM (t CROSS JOIN (VALUES (1)) v(z)) j;
-- departs: columns named anew need the right on all of them
SELECT j.a FROM (t CROSS JOIN (VALUES (1)) v(z)) j ORDER BY 1;
SELECT j.b FROM (t CROSS JOIN (VALUES (1)) v(z)) j;
SELECT string_agg(c, ',' ORDER BY b) FROM t;
SELECT string_agg(c, ',' ORDER BY a) FROM t;
SELECT count(*) FILTER (WHERE b > 1) FROM t;
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY b) FROM t;
SELECT mode() WITHIN GROUP (ORDER BY a) FROM t;
SELECT rank(1) WITHIN GROUP (ORDER BY b) FROM t;
SELECT grouping(b) FROM t GROUP BY ROLLUP (b);
SELECT sum(a) OVER (ORDER BY b) FROM t;
SELECT sum(a) OVER w FROM t WINDOW w AS (PARTITION BY b);
-- departs: a window that nobody uses asks for no right
SELECT sum(a) OVER () FROM t WINDOW w AS (PARTITION BY b);
SELECT a FROM t ORDER BY b FETCH FIRST 1 ROW WITH TIES;
SELECT a FROM t ORDER BY a FETCH FIRST 1 ROW WITH TIES;
SELECT DISTINCT ON (b) a FROM t;
SELECT a FROM t TABLESAMPLE BERNOULLI (100) ORDER BY a;
SELECT b FROM t TABLESAMPLE SYSTEM (100);
SELECT a FROM t LIMIT (SELECT max(b) FROM t);
-- departs: a subquery in LIMIT is refused by name
SELECT a FROM t ORDER BY a LIMIT (SELECT max(a) FROM t);
WITH x AS (SELECT b FROM t) SELECT 1;
WITH x AS (SELECT a FROM t) SELECT 1;
TABLE t;
SELECT * FROM t AS t(p, q, r);
-- departs: columns named anew need the right on all of them
SELECT p FROM t AS t(p, q, r) ORDER BY p;
SELECT q FROM t AS t(p, q, r);
VALUES ((SELECT max(b) FROM t));
SELECT has_column_privilege('t', 'b', 'SELECT');
\c -
CREATE VIEW v AS SELECT * FROM t;
GRANT SELECT (a) ON v TO alice;
\c alice
SELECT v FROM v;
SELECT a FROM v ORDER BY a;
-- departs: one field of a row needs the right on that column alone
SELECT (v).a FROM v;
SELECT row_to_json(v) FROM v;
SELECT b FROM v;
EXPLAIN SELECT b FROM v;
EXPLAIN SELECT t FROM t;
CREATE VIEW mine AS SELECT t FROM t;
CREATE TABLE mine AS SELECT t FROM t;
CREATE TEMP TABLE mine AS SELECT t::text FROM t;
SELECT t INTO TEMP mine FROM t;
COPY (SELECT t FROM t) TO STDOUT;
PREPARE p AS SELECT t FROM t;
BEGIN;
DECLARE c CURSOR FOR SELECT t FROM t;
ROLLBACK;
