-- Doubles beside numerics, VALUES of several types, rows, windows, subqueries that look two levels out.

CREATE TABLE f (x float8);
INSERT INTO f VALUES ('1e200'), (3), ('1e-200');
CREATE TABLE o (a int, b int, k text);
INSERT INTO o VALUES (1, 10, 'x'), (2, 20, 'x'), (3, 30, 'y');

SELECT x FROM f WHERE x BETWEEN -1e6 AND 1e6 ORDER BY x;
SELECT x FROM f WHERE x > -1e6 AND x < 2.5;
SELECT x FROM f WHERE x IN (3, 2.5);
SELECT x = ANY (ARRAY[3, 2.5]) FROM f ORDER BY 1;
SELECT x FROM f WHERE x = 0.0;
SELECT x FROM f WHERE x < 1e-100;
SELECT x FROM f WHERE x > 1e100;
SELECT x FROM f UNION ALL SELECT 4.5 ORDER BY 1;
SELECT CASE WHEN x > 5 THEN 1.5 ELSE x END FROM f ORDER BY 1;
SELECT x FROM f WHERE x NOT IN (SELECT 3.0) ORDER BY 1;
SELECT 3.0 IN (SELECT x FROM f), 0.0 IN (SELECT x FROM f);
SELECT coalesce(null, 2.5, x), greatest(2.5, x), nullif(x, 3.0), least(x, 1) FROM f ORDER BY x;
SELECT x FROM f WHERE x IS DISTINCT FROM 3.0 ORDER BY 1;
SELECT x FROM f WHERE x = ANY (SELECT 3.0);
SELECT a.x FROM f a JOIN (SELECT 3.0 AS y) b ON a.x = b.y;
SELECT a.x FROM f a JOIN (SELECT 0.0 AS y) b ON a.x = b.y;
SELECT x FROM f INTERSECT SELECT 3.0 ORDER BY 1;
SELECT x FROM f EXCEPT SELECT 3.0 ORDER BY 1;
SELECT count(*) FILTER (WHERE x < 1e100) FROM f;
SELECT CASE x WHEN 3.0 THEN 'three' WHEN 0.0 THEN 'none' END FROM f ORDER BY x;

VALUES (0::float8), (0.1);
VALUES ('2020-01-01'::date), ('2020-01-02') ORDER BY 1;
VALUES (1, 'a'::varchar(5)), (2, 'b') ORDER BY 1;
-- departs: a function of a double beside a literal makes a numeric
VALUES (1.5), (sqrt(4)) ORDER BY 1;
VALUES (1), (2::bigint) ORDER BY 1;
VALUES (interval '1 day'), ('2 days') ORDER BY 1;
VALUES (1::smallint), ('5') ORDER BY 1;
VALUES (true), ('f'::bool) ORDER BY 1;
VALUES (1), ('x'::text);
CREATE TABLE ins (a numeric(5,2), b text, c timestamp, d float8);
INSERT INTO ins VALUES (1::numeric, 'a', now()::date, 1), (2, 'b', '2020-01-01', 2.5), (default, lower('X'), null, default);
SELECT a, b, d FROM ins ORDER BY b;

SELECT lag(a, 1, 0) OVER (ORDER BY a), lead(k, 1, 'none') OVER (ORDER BY a) FROM o;
SELECT lag(a::bigint, 1, 0) OVER (ORDER BY a) FROM o;
SELECT lead(a, 1, 1.5::float8) OVER (ORDER BY a) FROM o;
SELECT nth_value(a, 0) OVER (ORDER BY a) FROM o;
SELECT ntile(0) OVER (ORDER BY a) FROM o;
SELECT a, rank() OVER w FROM o WINDOW w AS (ORDER BY b) ORDER BY rank() OVER w;
SELECT i, bool_and(b) OVER w, bool_or(b) OVER w FROM (VALUES (1, true), (2, true), (3, false), (4, null)) v(i, b) WINDOW w AS (ORDER BY i ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) ORDER BY i;
SELECT sum(b) OVER (ORDER BY d RANGE BETWEEN '1 day'::interval PRECEDING AND '1 day'::interval FOLLOWING) FROM (SELECT b, timestamp '2020-01-01' + a * interval '1 day' AS d FROM o) s ORDER BY 1;

SELECT row(b, o.*) FROM o ORDER BY a;
SELECT row(o.*) FROM o ORDER BY a;
SELECT a FROM o ORDER BY a USING >;
SELECT a FROM o ORDER BY k USING <, a USING >;
SELECT a FROM o WHERE a <> ALL (VALUES (1), (2));
SELECT a FROM o WHERE a = ANY (VALUES (1), (a - 1), (3)) ORDER BY a;
SELECT count(*) FROM o TABLESAMPLE bernoulli (50 + 50);
-- departs: refused by name
SELECT * FROM (VALUES (0), (100)) v(pct), LATERAL (SELECT count(*) FROM o TABLESAMPLE bernoulli (pct)) s;

SELECT count(*) FROM o x, o y JOIN LATERAL (VALUES (x.a)) s(z) ON y.a = s.z;
SELECT count(*) FROM o x, o y JOIN LATERAL (VALUES (x.a), (-1)) s(z) ON y.a = s.z;
SELECT * FROM o x, o y LEFT JOIN LATERAL (SELECT x.a FROM o) s(z) ON y.b = s.z * 10 ORDER BY 1, 2, 3, 4, 5, 6, 7;
SELECT x.a, (SELECT count(*) FROM o y JOIN LATERAL (VALUES (x.a + y.a)) s(z) ON y.a < s.z) FROM o x ORDER BY 1;
SELECT x.a, s.c FROM o x, LATERAL (SELECT count(*) c FROM o y JOIN LATERAL (VALUES (x.a + y.a)) t(z) ON y.a < t.z) s ORDER BY 1;
SELECT * FROM (VALUES (0, 2), (1, 3)) v(id, x), LATERAL (SELECT a FROM o WHERE a = ANY (SELECT a FROM o WHERE b / 10 = v.x OFFSET 0)) s ORDER BY 1;
SELECT * FROM o WHERE (CASE WHEN a IN (SELECT a FROM o q) THEN a END) IN (SELECT b / 10 FROM o) ORDER BY a;
SELECT * FROM o WHERE (CASE WHEN EXISTS (SELECT 1 FROM o q WHERE q.a = o.a AND q.b > 10) THEN a END) = ANY (SELECT b / 10 FROM o) ORDER BY a;
SELECT s.x, count(*) FROM o i CROSS JOIN LATERAL (SELECT (SELECT i.a) AS x) s GROUP BY s.x ORDER BY 1;
