-- Shapes of queries: subqueries in every place, LATERAL, set-returning functions, set operations, joins, mistakes.

CREATE TABLE t (a int, b text, c numeric(10,2));
INSERT INTO t VALUES (1, 'one', 1.50), (2, 'two', 2.50), (3, 'three', NULL), (4, NULL, 4.00);
CREATE TABLE u (id int, a int, n int);
INSERT INTO u VALUES (10, 1, 5), (11, 1, 7), (12, 2, 3), (13, NULL, 9), (14, 9, 1);
CREATE TABLE arr (k int, xs int[], ts text[]);
INSERT INTO arr VALUES (1, ARRAY[1, 2, 3], ARRAY['a', 'b']), (2, ARRAY[]::int[], ARRAY[]::text[]), (3, NULL, NULL), (4, ARRAY[4, NULL], ARRAY['c']);
CREATE TABLE empty_one (x int);

-- Correlated scalar subqueries.
SELECT a, (SELECT max(n) FROM u WHERE u.a = t.a) FROM t ORDER BY a;
SELECT a, (SELECT count(*) FROM u WHERE u.a = t.a) FROM t ORDER BY a;
SELECT a, (SELECT count(*) FROM u WHERE u.a < t.a) FROM t ORDER BY a;
SELECT a, (SELECT sum(n) FROM u WHERE u.a <= t.a) AS s FROM t ORDER BY a;
SELECT a, (SELECT n FROM u WHERE u.a = t.a ORDER BY n DESC LIMIT 1) AS best FROM t ORDER BY a;
SELECT a, (SELECT n FROM u WHERE u.a = t.a ORDER BY n LIMIT 1 OFFSET 1) AS second FROM t ORDER BY a;
SELECT a, (SELECT id FROM u WHERE u.id = 12) FROM t ORDER BY a;
SELECT a, (SELECT n FROM u WHERE u.a = t.a AND u.id = 12) FROM t ORDER BY a;
SELECT a, (SELECT n FROM u WHERE u.a = t.a) FROM t ORDER BY a;
SELECT a, (SELECT n FROM u WHERE u.a = t.a) FROM t WHERE a > 1 ORDER BY a;
SELECT a, (SELECT t.a + 1) AS next FROM t ORDER BY a;
SELECT a, (SELECT b) FROM t ORDER BY a;
SELECT a, (SELECT t.a + max(n) FROM u) FROM t ORDER BY a;
SELECT a, (SELECT string_agg(n::text, ',' ORDER BY n) FROM u WHERE u.a = t.a) AS ns FROM t ORDER BY a;
SELECT a, (SELECT array_agg(n ORDER BY n) FROM u WHERE u.a >= t.a) AS ns FROM t ORDER BY a;
SELECT a, ARRAY(SELECT n FROM u WHERE u.a = t.a ORDER BY n) AS ns FROM t ORDER BY a;
SELECT a, coalesce((SELECT sum(n) FROM u WHERE u.a = t.a), 0) AS s FROM t ORDER BY a;
SELECT a FROM t WHERE (SELECT count(*) FROM u WHERE u.a = t.a) > 1 ORDER BY a;
SELECT a FROM t WHERE (SELECT count(*) FROM u WHERE u.a > t.a) = 2 ORDER BY a;
SELECT a FROM t WHERE a = (SELECT u.a FROM u WHERE u.a = t.a LIMIT 1) ORDER BY a;
SELECT a FROM t WHERE a > (SELECT avg(a) FROM t) ORDER BY a;
SELECT a FROM t ORDER BY (SELECT count(*) FROM u WHERE u.a = t.a) DESC, a;
SELECT a FROM t ORDER BY (SELECT max(n) FROM u WHERE u.a > t.a) DESC NULLS LAST, a;
SELECT (SELECT count(*) FROM u WHERE u.a = t.a) AS k, count(*) FROM t GROUP BY 1 ORDER BY 1;
SELECT (SELECT count(*) FROM u WHERE u.a = t.a) AS k, count(*) FROM t GROUP BY (SELECT count(*) FROM u WHERE u.a = t.a) ORDER BY 1;
SELECT b, sum(a) FROM t GROUP BY b HAVING sum(a) > (SELECT min(n) FROM u) ORDER BY b;
SELECT a, count(*) FROM t GROUP BY a HAVING count(*) >= (SELECT count(*) FROM u WHERE u.a = t.a) ORDER BY a;
SELECT a, (SELECT max(n) FROM u WHERE u.a = t.a) + 1 AS m FROM t WHERE b IS NOT NULL ORDER BY m NULLS FIRST;
SELECT a, CASE WHEN (SELECT count(*) FROM u WHERE u.a = t.a) > 0 THEN 'has' ELSE 'none' END AS h FROM t ORDER BY a;
SELECT a, (SELECT count(*) FROM u u1 WHERE u1.n > (SELECT min(n) FROM u u2 WHERE u2.a = t.a)) AS c FROM t ORDER BY a;
SELECT a, (SELECT max(u.n) FROM u WHERE u.a = (SELECT max(x.a) FROM t x WHERE x.a <= t.a)) AS m FROM t ORDER BY a;
SELECT a, (SELECT DISTINCT u.a FROM u WHERE u.a = t.a) AS d FROM t ORDER BY a;
SELECT a, (SELECT n FROM u WHERE u.a = t.a UNION ALL SELECT 100 WHERE t.a = 3) AS d FROM t WHERE a > 1 ORDER BY a;
SELECT a, (SELECT max(n) OVER () FROM u WHERE u.a = t.a LIMIT 1) AS w FROM t ORDER BY a;
SELECT a, (SELECT count(*) FROM (SELECT 1 FROM u WHERE u.a = t.a LIMIT 1) s) AS c FROM t ORDER BY a;
SELECT (SELECT sum(x) FROM (VALUES (t.a), (t.a * 10)) v(x)) AS s FROM t ORDER BY s;
SELECT a, (SELECT count(*) FROM u JOIN t t2 ON u.a = t2.a WHERE t2.a >= t.a) AS c FROM t ORDER BY a;
SELECT a, (SELECT count(*) FROM u LEFT JOIN t t2 ON u.a = t2.a AND t2.a = t.a WHERE t2.a IS NULL) AS c FROM t ORDER BY a;
SELECT a, (SELECT sum(k) FROM (SELECT u.a, count(*) AS k FROM u WHERE u.n > t.a GROUP BY u.a) s) AS c FROM t ORDER BY a;
SELECT a, (SELECT 1 FROM empty_one) AS e FROM t ORDER BY a;
SELECT (SELECT n FROM u);
SELECT (SELECT a, b FROM t);
SELECT a FROM t WHERE a = (SELECT a, id FROM u);
SELECT (SELECT count(*) FROM t), (SELECT max(a) FROM t) + 1 AS next;
SELECT (SELECT n FROM u WHERE id = 99);

-- EXISTS, IN, ANY, ALL.
SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a = t.a) ORDER BY a;
SELECT a FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.a = t.a) ORDER BY a;
SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a > t.a) ORDER BY a;
SELECT a FROM t WHERE NOT EXISTS (SELECT * FROM u WHERE u.n < t.a) ORDER BY a;
SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a = t.a LIMIT 1) ORDER BY a;
SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a = t.a OFFSET 1) ORDER BY a;
SELECT a FROM t WHERE EXISTS (SELECT count(*) FROM u WHERE u.a = t.a) ORDER BY a;
SELECT a FROM t WHERE EXISTS (SELECT u.a FROM u WHERE u.a = t.a GROUP BY u.a HAVING count(*) > 1) ORDER BY a;
SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a = t.a) OR a = 4 ORDER BY a;
SELECT a, EXISTS (SELECT 1 FROM u WHERE u.a = t.a) AS e FROM t ORDER BY a;
SELECT a, NOT EXISTS (SELECT 1 FROM u WHERE u.a > t.a) AS e FROM t ORDER BY a;
SELECT a FROM t WHERE a IN (SELECT a FROM u) ORDER BY a;
SELECT a FROM t WHERE a NOT IN (SELECT a FROM u) ORDER BY a;
SELECT a FROM t WHERE a NOT IN (SELECT a FROM u WHERE a IS NOT NULL) ORDER BY a;
SELECT a FROM t WHERE a NOT IN (SELECT x FROM empty_one) ORDER BY a;
SELECT a FROM t WHERE a IN (SELECT u.a FROM u WHERE u.n > t.a) ORDER BY a;
SELECT a FROM t WHERE a NOT IN (SELECT u.a FROM u WHERE u.n < t.a) ORDER BY a;
SELECT a, a IN (SELECT a FROM u) AS i, a NOT IN (SELECT a FROM u) AS ni FROM t ORDER BY a;
SELECT a, a IN (SELECT u.a FROM u WHERE u.n > t.a) AS i FROM t ORDER BY a;
SELECT a FROM t WHERE a = ANY (SELECT a FROM u) ORDER BY a;
SELECT a FROM t WHERE a > ANY (SELECT a FROM u) ORDER BY a;
SELECT a FROM t WHERE a <> ALL (SELECT a FROM u WHERE a IS NOT NULL) ORDER BY a;
SELECT a FROM t WHERE a >= ALL (SELECT x.a FROM t x) ORDER BY a;
SELECT a FROM t WHERE a > ALL (SELECT u.a FROM u WHERE u.a < t.a) ORDER BY a;
SELECT a FROM t WHERE a < SOME (SELECT u.n FROM u WHERE u.a = t.a) ORDER BY a;
SELECT a, a > ALL (SELECT a FROM u) AS x, a < ANY (SELECT n FROM u) AS y FROM t ORDER BY a;
SELECT a, a = ALL (SELECT x FROM empty_one) AS x, a = ANY (SELECT x FROM empty_one) AS y FROM t ORDER BY a;
SELECT a FROM t WHERE (a, a) IN (SELECT a, a FROM u) ORDER BY a;
SELECT a FROM t WHERE (a, b) IN ((1, 'one'), (2, 'x')) ORDER BY a;
SELECT a FROM t WHERE (a, b) = (1, 'one');
SELECT a FROM t WHERE (a, b) < (2, 'z') ORDER BY a;
SELECT a FROM t WHERE (SELECT true) ORDER BY a;
SELECT count(*) FILTER (WHERE EXISTS (SELECT 1 FROM u WHERE u.a = t.a)) FROM t;
SELECT sum((SELECT count(*) FROM u WHERE u.a = t.a)) FROM t;
SELECT max(a) FROM t WHERE a IN (SELECT a FROM u) GROUP BY b IS NULL;
SELECT 1 WHERE EXISTS (SELECT 1 FROM t) AND NOT EXISTS (SELECT 1 FROM empty_one);
SELECT CASE WHEN EXISTS (SELECT 1 FROM u WHERE u.a = t.a AND u.n > 5) THEN a END AS x FROM t ORDER BY a;

-- LATERAL.
SELECT t.a, s.n FROM t, LATERAL (SELECT n FROM u WHERE u.a = t.a) s ORDER BY 1, 2;
SELECT t.a, s.n FROM t CROSS JOIN LATERAL (SELECT n FROM u WHERE u.a = t.a ORDER BY n DESC LIMIT 1) s ORDER BY 1;
SELECT t.a, s.n FROM t LEFT JOIN LATERAL (SELECT n FROM u WHERE u.a = t.a ORDER BY n DESC LIMIT 1) s ON true ORDER BY 1;
SELECT t.a, s.n FROM t LEFT JOIN LATERAL (SELECT n FROM u WHERE u.a < t.a) s ON s.n > 4 ORDER BY 1, 2;
SELECT t.a, s.* FROM t JOIN LATERAL (SELECT count(*) AS c, max(n) AS m FROM u WHERE u.a = t.a) s ON true ORDER BY 1;
SELECT t.a, s.c FROM t JOIN LATERAL (SELECT count(*) AS c FROM u WHERE u.a > t.a) s ON s.c > 0 ORDER BY 1;
SELECT t.a, x FROM t, LATERAL (SELECT t.a * 2 AS x) s ORDER BY 1;
SELECT t.a, x, y FROM t, LATERAL (SELECT t.a * 2 AS x) s, LATERAL (SELECT s.x + t.a AS y) r ORDER BY 1;
SELECT t.a, v.* FROM t, LATERAL (VALUES (t.a, 'x'), (t.a + 10, t.b)) v(p, q) ORDER BY 1, 2;
SELECT t.a, g FROM t, generate_series(1, t.a) AS g ORDER BY 1, 2;
SELECT t.a, g FROM t CROSS JOIN LATERAL generate_series(1, t.a) AS g ORDER BY 1, 2;
SELECT t.a, g.i FROM t LEFT JOIN generate_series(3, t.a) AS g(i) ON true ORDER BY 1, 2;
SELECT t.a, g.i FROM t LEFT JOIN LATERAL generate_series(t.a, 3) g(i) ON g.i > 1 ORDER BY 1, 2;
SELECT k, x FROM arr, unnest(xs) AS x ORDER BY 1, 2;
SELECT k, x FROM arr, unnest(arr.xs) x ORDER BY 1, 2;
SELECT k, x FROM arr LEFT JOIN unnest(xs) AS x ON true ORDER BY 1, 2;
SELECT k, x, o FROM arr, unnest(xs) WITH ORDINALITY AS u(x, o) ORDER BY 1, 3;
SELECT k, x, o FROM arr LEFT JOIN LATERAL unnest(xs) WITH ORDINALITY AS u(x, o) ON true ORDER BY 1, 3;
SELECT k, x, y FROM arr, unnest(xs, ts) AS u(x, y) ORDER BY 1, 2, 3;
SELECT t.a, s.a2, s.n FROM t, LATERAL (SELECT u.a AS a2, n, rank() OVER (ORDER BY n) AS r FROM u WHERE u.a <= t.a) s WHERE s.r = 1 ORDER BY 1;
SELECT t.a, s.x FROM t, LATERAL (SELECT DISTINCT u.a AS x FROM u WHERE u.a <= t.a) s ORDER BY 1, 2;
SELECT t.a, s.x FROM t, LATERAL (SELECT u.n AS x FROM u WHERE u.a = t.a UNION SELECT t.a) s ORDER BY 1, 2;
SELECT t.a, s.x FROM t, LATERAL (SELECT u.n AS x FROM u WHERE u.a = t.a EXCEPT SELECT 5) s ORDER BY 1, 2;
SELECT t.a, s.g, s.c FROM t, LATERAL (SELECT u.a AS g, count(*) AS c FROM u WHERE u.n > t.a GROUP BY u.a) s ORDER BY 1, 2;
SELECT t.a, s.x FROM t, LATERAL (SELECT q.x FROM (SELECT u.n + t.a AS x FROM u) q WHERE q.x > 10) s ORDER BY 1, 2;
SELECT t.a, s.n, w.m FROM t LEFT JOIN LATERAL (SELECT n FROM u WHERE u.a = t.a) s ON true LEFT JOIN LATERAL (SELECT s.n * 2 AS m) w ON true ORDER BY 1, 2;
SELECT * FROM t, LATERAL (SELECT a) s ORDER BY 1;
SELECT x.a, y.a FROM t x JOIN t y ON x.a = y.a - 1, LATERAL (SELECT x.a + y.a AS z) l WHERE z > 3 ORDER BY 1;
SELECT * FROM (SELECT 1 AS p) q, LATERAL (SELECT p + 1 AS r) s, LATERAL (SELECT r + 1 AS v) w;
SELECT t.a FROM t, (SELECT t.a) s;
-- departs: the message says that the engine has no such join
SELECT t.a, s.x FROM t RIGHT JOIN LATERAL (SELECT t.a AS x) s ON true;
SELECT sum(g) FROM generate_series(1, 10) g, LATERAL generate_series(1, g) h;
SELECT t.a, (SELECT max(g) FROM generate_series(1, t.a) g) AS m FROM t ORDER BY 1;
SELECT k, (SELECT sum(x) FROM unnest(arr.xs) AS x) AS s FROM arr ORDER BY k;
SELECT k, (SELECT count(*) FROM unnest(xs)) AS s FROM arr ORDER BY k;
SELECT k FROM arr WHERE EXISTS (SELECT 1 FROM unnest(xs) x WHERE x > 2) ORDER BY k;
SELECT k, ARRAY(SELECT x * 2 FROM unnest(xs) x) AS d FROM arr ORDER BY k;
SELECT k, (SELECT string_agg(t, '-' ORDER BY o DESC) FROM unnest(ts) WITH ORDINALITY AS q(t, o)) AS s FROM arr ORDER BY k;

-- Set-returning functions.
SELECT generate_series(1, 3);
SELECT generate_series(1, 3) AS g, 'x' AS x;
SELECT generate_series(1, 3), generate_series(1, 2);
SELECT generate_series(1, 3) + 1 AS g;
SELECT generate_series(3, 1);
SELECT generate_series(3, 1, -1);
SELECT generate_series(1, 10, 4);
SELECT generate_series(1, 2, 0);
SELECT generate_series(NULL, 3);
SELECT generate_series(1, 3000000000, 1500000000);
SELECT generate_series(1.5, 4);
-- departs: a column of numerics has one scale
SELECT generate_series(0, 1, 0.25);
SELECT * FROM generate_series(1.0, 2.5, 0.5);
SELECT * FROM generate_series(1, 3) AS g(x);
SELECT x FROM generate_series(1, 3) x WHERE x > 1;
SELECT * FROM generate_series(1, 3) WITH ORDINALITY;
SELECT * FROM generate_series(5, 7) WITH ORDINALITY AS g(v, n);
-- departs: the message takes the name for a field of the value
SELECT g.generate_series FROM generate_series(1, 2) g;
SELECT generate_series FROM generate_series(1, 2);
SELECT unnest('{1,2,3}'::int[]);
SELECT unnest(ARRAY['a', 'b', NULL]);
SELECT unnest(ARRAY[1, 2]), unnest(ARRAY['x', 'y', 'z']);
SELECT unnest('{}'::int[]);
SELECT unnest(NULL::int[]);
SELECT k, unnest(xs) FROM arr ORDER BY k, 2;
SELECT * FROM unnest(ARRAY[1, 2], ARRAY['a', 'b', 'c']);
SELECT * FROM unnest(ARRAY[1, 2], ARRAY['a', 'b', 'c']) AS u(n, s) ORDER BY s;
SELECT * FROM unnest(ARRAY['x', 'y']) WITH ORDINALITY;
SELECT * FROM unnest(ARRAY['x', 'y']) WITH ORDINALITY AS w(word, place) WHERE place = 2;
SELECT * FROM unnest(ARRAY[1, 2], ARRAY['a', 'b', 'c']) WITH ORDINALITY AS w(a, b, c) ORDER BY c;
SELECT generate_subscripts('{a,b,c}'::text[], 1);
SELECT s, (ARRAY['a', 'b', 'c'])[s] FROM generate_subscripts(ARRAY['a', 'b', 'c'], 1) AS s ORDER BY s;
SELECT generate_subscripts(ARRAY['a', 'b', 'c'], 1, true);
SELECT generate_subscripts('{}'::int[], 1);
SELECT generate_subscripts(ARRAY[1, 2], 2);
SELECT k, generate_subscripts(xs, 1) AS s FROM arr ORDER BY 1, 2;
SELECT * FROM ROWS FROM (generate_series(1, 3), unnest(ARRAY['a', 'b'])) AS r(n, s) ORDER BY n;
SELECT * FROM ROWS FROM (generate_series(1, 2), generate_series(5, 7)) WITH ORDINALITY AS r(x, y, o) ORDER BY o;
SELECT count(*) FROM generate_series(1, 100000);
SELECT sum(x) FROM generate_series(1, 100000) AS x;
SELECT DISTINCT generate_series(1, 3) % 2 AS p ORDER BY p;
SELECT generate_series(1, 3) ORDER BY 1 DESC LIMIT 2;
SELECT a, generate_series(1, a) AS g FROM t WHERE a < 4 ORDER BY a, g;
SELECT count(*) FROM (SELECT generate_series(1, a) FROM t) s;
-- departs: the engine's words for rows in WHERE
SELECT * FROM t WHERE generate_series(1, 2) = a;
SELECT sum(generate_series(1, 3));
SELECT 1 ORDER BY generate_series(1, 2);
SELECT string_to_table('a,b', ',');

-- LIMIT, FETCH, OFFSET.
SELECT a FROM t ORDER BY a LIMIT 2;
SELECT a FROM t ORDER BY a LIMIT 2 OFFSET 1;
SELECT a FROM t ORDER BY a OFFSET 2;
SELECT a FROM t ORDER BY a OFFSET 1 LIMIT 2;
SELECT a FROM t ORDER BY a OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY;
SELECT a FROM t ORDER BY a FETCH FIRST ROW ONLY;
SELECT a FROM t ORDER BY a FETCH FIRST 2 ROWS ONLY;
-- departs: the grammar lacks this form
SELECT a FROM t ORDER BY a FETCH NEXT (1 + 1) ROWS ONLY;
-- departs: the grammar lacks this form
SELECT a FROM t ORDER BY a FETCH FIRST 2 ROWS ONLY OFFSET 1;
SELECT u.a FROM u ORDER BY u.a FETCH FIRST 1 ROWS WITH TIES;
SELECT a FROM u ORDER BY a FETCH FIRST 1 ROW WITH TIES;
SELECT a, n FROM u ORDER BY a FETCH FIRST 3 ROWS WITH TIES;
SELECT a FROM u ORDER BY a OFFSET 1 FETCH FIRST 1 ROWS WITH TIES;
SELECT a FROM u FETCH FIRST 1 ROWS WITH TIES;
SELECT a FROM t ORDER BY a LIMIT ALL;
SELECT a FROM t ORDER BY a LIMIT NULL;
SELECT a FROM t ORDER BY a LIMIT 0;
SELECT a FROM t ORDER BY a LIMIT -1;
SELECT a FROM t ORDER BY a OFFSET -1;
-- departs: a subquery in LIMIT is refused by name
SELECT a FROM t ORDER BY a LIMIT (SELECT 2);
SELECT a FROM t ORDER BY a LIMIT 1 + 1;
SELECT a FROM t LIMIT a;
SELECT a FROM t LIMIT 'x';
SELECT a FROM t ORDER BY a LIMIT '2';
SELECT a FROM t ORDER BY a LIMIT 2.4;

-- TABLESAMPLE.
SELECT count(*) FROM t TABLESAMPLE BERNOULLI (100);
SELECT count(*) FROM t TABLESAMPLE BERNOULLI (0);
SELECT count(*) FROM t TABLESAMPLE SYSTEM (100);
-- departs: rows have no place that a seed could choose them by
SELECT count(*) FROM t TABLESAMPLE SYSTEM (100) REPEATABLE (7);
-- departs: rows have no place that a seed could choose them by
SELECT count(*) FROM t AS x TABLESAMPLE BERNOULLI (100) REPEATABLE (1.5);
SELECT count(*) FROM t TABLESAMPLE BERNOULLI (101);
SELECT count(*) FROM t TABLESAMPLE BERNOULLI (-1);
SELECT count(*) FROM t TABLESAMPLE NOSUCH (10);
SELECT count(*) BETWEEN 0 AND 4 FROM t TABLESAMPLE BERNOULLI (50);

-- FROM.
SELECT * FROM (SELECT 1);
SELECT * FROM (SELECT 1) AS s;
SELECT * FROM (VALUES (1, 'a'));
SELECT * FROM (VALUES (1, 'a')) v;
SELECT * FROM (VALUES (1, 'a')) AS v(x, y);
-- departs: the message does not name the relation
SELECT * FROM (VALUES (1, 'a')) AS v(x, y, z);
SELECT column1, column2 FROM (VALUES (1, 'a'), (2, 'b')) v ORDER BY column1;
SELECT * FROM t, t;
SELECT * FROM t x, u x;
SELECT * FROM t JOIN t ON true;
SELECT count(*) FROM t, t AS t2;
SELECT * FROM t AS x(p, q) ORDER BY p;
-- departs: the message does not name the relation
SELECT * FROM t AS x(p, q, r, s);
SELECT t.a FROM t AS x;
SELECT x.a FROM t;
SELECT nosuch.a FROM t;
TABLE empty_one;
TABLE t ORDER BY a LIMIT 1;
TABLE nosuch;
-- departs: the grammar lacks this form
SELECT;
SELECT FROM t;
-- departs: a select list of nothing needs FROM here
SELECT WHERE true;
SELECT count(*) FROM (SELECT FROM t) s;
VALUES (1);
VALUES (1, 'x'), (2, NULL);
VALUES (1), (2, 3);
VALUES (1), ('x');
-- departs: a column of numerics has one scale
VALUES (1), (2.5);
VALUES (3), (1), (2) ORDER BY 1;
VALUES (3), (1), (2) ORDER BY column1 DESC LIMIT 1;
SELECT * FROM t WHERE a IN (VALUES (1), (3)) ORDER BY a;
-- departs: VALUES as a value loses its column's name
SELECT (VALUES (5));
WITH v AS (VALUES (1), (2)) SELECT * FROM v ORDER BY 1;
WITH v(x) AS (VALUES (1), (2)) SELECT x FROM v ORDER BY x;

-- Joins.
SELECT * FROM t JOIN u USING (a) ORDER BY a, id;
SELECT * FROM t LEFT JOIN u USING (a) ORDER BY a, id;
SELECT * FROM t RIGHT JOIN u USING (a) ORDER BY a, id;
SELECT * FROM t FULL JOIN u USING (a) ORDER BY a, id;
-- departs: a merged column may be sorted by beside its parts
SELECT a, t.a, u.a FROM t FULL JOIN u USING (a) ORDER BY a, id;
SELECT a FROM t FULL JOIN u USING (a) ORDER BY a;
SELECT * FROM t NATURAL JOIN u ORDER BY a, id;
SELECT * FROM u NATURAL JOIN t ORDER BY a, id;
SELECT * FROM t NATURAL LEFT JOIN u ORDER BY a, id;
SELECT t.*, u.id FROM t NATURAL JOIN u ORDER BY a, id;
SELECT * FROM t x JOIN t y USING (a, b) ORDER BY a;
SELECT * FROM t JOIN u ON t.a = u.a ORDER BY t.a, id;
-- departs: FULL JOIN takes any condition here
SELECT t.a, u.n FROM t FULL JOIN u ON t.a > u.a ORDER BY 1, 2;
SELECT t.a, u.n FROM t FULL JOIN u ON t.a = u.a AND u.n > 5 ORDER BY 1, 2;
SELECT t.a, u.n FROM t LEFT JOIN u ON t.a < u.a ORDER BY 1, 2;
SELECT t.a, u.n FROM t RIGHT JOIN u ON t.a = u.a AND t.b = 'one' ORDER BY 1, 2;
SELECT x.a, y.a FROM t x JOIN t y ON x.a < y.a ORDER BY 1, 2;
SELECT count(*) FROM t CROSS JOIN u;
SELECT count(*) FROM t, u WHERE t.a = u.a;
SELECT a FROM t JOIN u ON t.a = u.a;
SELECT * FROM t JOIN u USING (nosuch);
SELECT * FROM t JOIN u USING (b);
-- departs: the message says that a condition is missing
SELECT * FROM t JOIN u;
SELECT * FROM t JOIN u ON t.a;
SELECT * FROM (t JOIN u USING (a)) AS j ORDER BY a, id;
SELECT * FROM (t JOIN u USING (a)) ORDER BY a, id;
SELECT j.id FROM (t JOIN u USING (a)) AS j(x) ORDER BY id;
SELECT t.a FROM t JOIN u ON t.a = u.a JOIN arr ON arr.k = u.a ORDER BY 1;
SELECT * FROM t LEFT JOIN (u JOIN arr ON arr.k = u.a) ON t.a = u.a ORDER BY t.a, id;
SELECT * FROM t JOIN u USING (a) JOIN (SELECT 1 AS a, 'z' AS z) q USING (a) ORDER BY id;

-- ORDER BY, GROUP BY, DISTINCT.
SELECT a AS x, b FROM t ORDER BY x DESC;
SELECT a AS x FROM t ORDER BY -x;
SELECT a AS b FROM t ORDER BY b;
SELECT -a AS a FROM t ORDER BY a;
SELECT a FROM t ORDER BY 2;
SELECT a FROM t ORDER BY 0;
SELECT a FROM t ORDER BY 'x';
SELECT a FROM t ORDER BY 1.5;
SELECT a, b FROM t ORDER BY b NULLS FIRST, a;
SELECT a, b FROM t ORDER BY b DESC NULLS LAST;
SELECT a FROM t ORDER BY nosuch;
SELECT a FROM t ORDER BY a USING >;
SELECT DISTINCT a % 2 AS p FROM t ORDER BY p;
SELECT DISTINCT a % 2 FROM t ORDER BY a % 2;
SELECT DISTINCT b FROM t ORDER BY a;
SELECT DISTINCT ON (a) a, n FROM u ORDER BY a, n DESC;
SELECT DISTINCT ON (a % 2) a, b FROM t ORDER BY a % 2, a DESC;
SELECT DISTINCT ON (a) a, n FROM u ORDER BY n;
SELECT DISTINCT ON (1) a, n FROM u ORDER BY a, n;
SELECT DISTINCT ON (x) a AS x, n FROM u ORDER BY x, n;
SELECT DISTINCT ON (nosuch) a FROM u;
SELECT b FROM t GROUP BY a;
SELECT t.b FROM t GROUP BY t.a;
SELECT a, sum(c) FROM t;
SELECT t.a, count(*) FROM t;
SELECT a + 1, count(*) FROM t GROUP BY a + 1 ORDER BY 1;
SELECT a + 1, count(*) FROM t GROUP BY a ORDER BY 1;
SELECT a + 2, count(*) FROM t GROUP BY a + 1;
SELECT a % 2 AS p, count(*) FROM t GROUP BY p ORDER BY p;
SELECT a % 2 AS p, count(*) FROM t GROUP BY 1 ORDER BY 1;
SELECT a FROM t GROUP BY 2;
SELECT a FROM t GROUP BY 0;
SELECT count(*) FROM t GROUP BY 1;
SELECT a AS b, count(*) FROM t GROUP BY b;
SELECT count(*) FROM t GROUP BY ();
SELECT a FROM t GROUP BY a HAVING b = 'x';
SELECT a FROM t HAVING a > 1;
SELECT 1 FROM t HAVING count(*) > 1;
SELECT count(*) FROM t HAVING count(*) > 10;
SELECT * FROM t GROUP BY a;
SELECT a FROM t GROUP BY a ORDER BY b;
SELECT DISTINCT count(*) FROM t GROUP BY b IS NULL ORDER BY 1;
SELECT a, b FROM t GROUP BY a, b ORDER BY a;
SELECT b, b FROM t GROUP BY b ORDER BY 1;

-- Duplicate names and expressions.
SELECT a, a FROM t ORDER BY a;
SELECT a AS x, b AS x FROM t ORDER BY a;
SELECT 1, 1, 'a', 'a';
SELECT a + 1, a + 1 FROM t ORDER BY 1;
SELECT sum(1), sum(1::smallint);
SELECT sum(a), sum(a::bigint), sum(a::numeric) FROM t;
SELECT count(*), count(*) FROM t;
-- departs: two stars of one relation are refused by the engine
SELECT *, * FROM empty_one;
SELECT *, a FROM t ORDER BY a;
SELECT t.*, t.a AS a2 FROM t ORDER BY a2;
SELECT x FROM (SELECT 1 AS x, 2 AS x) s;
SELECT * FROM (SELECT 1 AS x, 2 AS x) s;
SELECT 1::int, 1::bigint, 1::text;
SELECT max(a), max(a) + 1, max(a) FROM t;
SELECT lower(b), lower(b) AS l, b FROM t ORDER BY 3;

-- Set operations.
SELECT 1 UNION SELECT 2 ORDER BY 1;
SELECT 1 AS x UNION ALL SELECT 1;
SELECT a FROM t UNION SELECT a FROM u ORDER BY a;
SELECT a FROM t UNION ALL SELECT a FROM u ORDER BY 1;
SELECT a FROM t INTERSECT SELECT a FROM u ORDER BY 1;
SELECT a FROM u INTERSECT ALL SELECT a FROM u ORDER BY 1;
SELECT a FROM t EXCEPT SELECT a FROM u ORDER BY 1;
SELECT a FROM u EXCEPT ALL SELECT a FROM t ORDER BY 1;
SELECT 1 UNION SELECT 2 INTERSECT SELECT 2 ORDER BY 1;
(SELECT 1 UNION SELECT 2) INTERSECT SELECT 2;
SELECT 1 EXCEPT SELECT 2 UNION SELECT 3 ORDER BY 1;
(SELECT a FROM t ORDER BY a LIMIT 1) UNION ALL (SELECT a FROM u ORDER BY a DESC NULLS LAST LIMIT 1) ORDER BY 1;
SELECT a, b FROM t UNION SELECT a FROM u;
SELECT a FROM t INTERSECT SELECT a, n FROM u;
SELECT a FROM t EXCEPT SELECT a, n FROM u;
SELECT a FROM t UNION SELECT b FROM t;
-- departs: the message is that of DISTINCT
SELECT a FROM t UNION SELECT a FROM u ORDER BY b;
-- departs: an expression over a UNION may be sorted by
SELECT a FROM t UNION SELECT a FROM u ORDER BY a + 1;
SELECT a AS x FROM t UNION SELECT a FROM u ORDER BY x DESC NULLS LAST LIMIT 2;
SELECT 1 UNION SELECT 'x';
SELECT 1 UNION SELECT '2' ORDER BY 1;
-- departs: a column of numerics has one scale
SELECT 1 UNION SELECT 1.5 ORDER BY 1;
SELECT NULL UNION SELECT 1 ORDER BY 1;
SELECT NULL UNION SELECT NULL;
SELECT 'a' UNION SELECT 'b' ORDER BY 1;
SELECT 1, 'a' EXCEPT SELECT 1, 'b';
SELECT a, count(*) FROM (SELECT a FROM t UNION ALL SELECT a FROM u) s GROUP BY a ORDER BY a;
SELECT a FROM t UNION SELECT a FROM u LIMIT 0;

-- WITH.
WITH x AS (SELECT a FROM t) SELECT * FROM x ORDER BY a;
WITH x AS MATERIALIZED (SELECT a FROM t) SELECT count(*) FROM x;
WITH x AS NOT MATERIALIZED (SELECT a FROM t) SELECT count(*) FROM x;
WITH x(p, q) AS (SELECT a, b FROM t) SELECT q FROM x WHERE p = 1;
-- departs: the message does not name the query
WITH x(p, q, r, s) AS (SELECT a, b FROM t) SELECT * FROM x;
WITH x(p) AS (SELECT a, b FROM t) SELECT * FROM x ORDER BY p;
WITH x AS (SELECT 1), x AS (SELECT 2) SELECT * FROM x;
WITH t AS (SELECT 99 AS a) SELECT a FROM t;
WITH x AS (SELECT 1 AS v), y AS (SELECT v + 1 AS w FROM x) SELECT w FROM y;
WITH y AS (SELECT v FROM x), x AS (SELECT 1 AS v) SELECT * FROM y;
-- departs: a statement that writes in WITH is not supported
WITH x AS (INSERT INTO empty_one VALUES (1) RETURNING x) SELECT * FROM x;
SELECT * FROM (WITH x AS (SELECT 1 AS v) SELECT v FROM x) s;
SELECT a FROM t WHERE a IN (WITH x AS (SELECT a FROM u) SELECT a FROM x) ORDER BY a;
SELECT a, (WITH x AS (SELECT n FROM u WHERE u.a = t.a) SELECT max(n) FROM x) AS m FROM t ORDER BY a;
WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r ORDER BY n;
WITH RECURSIVE r(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM r WHERE n < 100) SELECT sum(n) FROM r;
WITH RECURSIVE r(n) AS (SELECT 1 UNION SELECT (n + 1) % 4 FROM r) SELECT n FROM r ORDER BY n;
WITH RECURSIVE r(n, s) AS (SELECT 1, 'a'::text UNION ALL SELECT n + 1, s || 'b' FROM r WHERE n < 4) SELECT * FROM r ORDER BY n;
WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT r.n + u.n FROM r JOIN u ON u.a = r.n WHERE r.n < 10) SELECT * FROM r ORDER BY n;
WITH RECURSIVE fib(a, b) AS (SELECT 0, 1 UNION ALL SELECT b, a + b FROM fib WHERE b < 50) SELECT a FROM fib ORDER BY a;
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r LIMIT 3;
WITH RECURSIVE r(n) AS (SELECT n FROM r) SELECT * FROM r;
-- departs: the first term is a bigint until its literals are typed
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT 'x' FROM r) SELECT * FROM r;
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3), s AS (SELECT n * 2 AS m FROM r) SELECT * FROM s ORDER BY m;
-- departs: SEARCH and CYCLE are not supported
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3) SEARCH DEPTH FIRST BY n SET o SELECT n FROM r ORDER BY o;
-- departs: SEARCH and CYCLE are not supported
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n % 3 + 1 FROM r) CYCLE n SET c USING p SELECT n, c FROM r ORDER BY n, c;

-- FOR UPDATE.
-- departs: rows of a lake are not locked
SELECT a FROM t WHERE a = 1 FOR UPDATE;
-- departs: rows of a lake are not locked
SELECT a FROM t WHERE a = 1 FOR SHARE;
-- departs: rows of a lake are not locked
SELECT a FROM t WHERE a = 1 FOR UPDATE OF t NOWAIT;
-- departs: rows of a lake are not locked
SELECT count(*) FROM t FOR UPDATE;
-- departs: rows of a lake are not locked
SELECT 1 FOR UPDATE;

-- Whole rows.
-- departs: a row has the type record, since relations have no row types of their own
SELECT t FROM t ORDER BY a;
-- departs: a row has the type record, since relations have no row types of their own
SELECT x FROM t AS x WHERE a = 1;
SELECT (t).a, (t).b FROM t ORDER BY a;
SELECT (t.*).a FROM t ORDER BY a;
SELECT count(t) FROM t;
SELECT count(t.*) FROM t;
SELECT t IS NULL, t IS NOT NULL FROM t ORDER BY a;
SELECT row_to_json(t) FROM t ORDER BY a;
SELECT to_json(t) FROM t ORDER BY a;
SELECT row_to_json(s) FROM (SELECT a, b FROM t) s ORDER BY a;
SELECT ROW(1, 'a'::text);
SELECT ROW(a, b) FROM t ORDER BY a;
SELECT (1, 'a'::text, NULL::int);
SELECT ROW(1, ROW(2, 'x y'::text));
SELECT ROW();
SELECT ROW(1, NULL) IS NULL, ROW(NULL, NULL) IS NULL, ROW(1, NULL) IS NOT NULL, ROW(1, 2) IS NOT NULL;
SELECT (1, 2) = (1, 2), (1, 2) < (1, 3), (1, NULL) = (1, 2), (1, NULL) = (2, 2);
SELECT ROW(1, 2) = ROW(1);
SELECT ROW(1, 2) IS DISTINCT FROM ROW(1, 2), (1, NULL) IS NOT DISTINCT FROM (1, NULL);
SELECT t::text FROM t ORDER BY a;
-- departs: a row has the type record, since relations have no row types of their own
SELECT array_agg(t) FROM t WHERE a < 3;
SELECT s FROM (SELECT 1 AS x, 'y z' AS y) s;
SELECT (s).x FROM (SELECT 1 AS x, 'y z' AS y) s;
SELECT (s).nosuch FROM (SELECT 1 AS x) s;
-- departs: a row has the type record, since relations have no row types of their own
SELECT u FROM t JOIN u USING (a) ORDER BY id;
SELECT a FROM t WHERE t IS NOT NULL ORDER BY a;
-- departs: a row has the type record, since relations have no row types of their own
SELECT t FROM t ORDER BY t;
SELECT g FROM generate_series(1, 2) g;

-- Mistakes.
SELECT nosuch FROM t;
SELECT t.nosuch FROM t;
SELECT a, bb FROM t;
SELECT t.aa FROM t;
SELECT a AS x FROM t WHERE x = 1;
SELECT a AS x FROM t GROUP BY a HAVING x = 1;
SELECT a FROM t WHERE u.a = 1;
SELECT a FROM t WHERE sum(a) > 1;
SELECT a FROM t WHERE row_number() OVER () = 1;
SELECT a FROM t GROUP BY sum(a);
SELECT sum(sum(a)) FROM t;
SELECT sum(row_number() OVER ()) FROM t;
SELECT nosuch(a) FROM t;
SELECT lower(a, b) FROM t;
SELECT count() FROM t;
SELECT a b c FROM t;
SELECT a, FROM t;
SELECT a FROM t WHERE;
SELECT a FROM t WHERE (a = 1;
SELECT a FROM t WHERE a = 1);
-- departs: the message is about the token behind
SELECT a FROM WHERE a = 1;
SELECT FROM;
SELECT a FROM t ORDER a;
SELECT a FROM t GROUP a;
SELECT a FRM t;
SELECT * FROM t JOIN;
SELECT 'unterminated;
SELECT a FROM t LIMIT;
SELECT a FROM t WHERE a IN ();
SELECT a FROM t WHERE a = = 1;
SELECT a FROM t WHERE NOT a;
SELECT a FROM t WHERE a AND true;
SELECT a FROM t WHERE b;
SELECT a FROM t WHERE a = 'x';
SELECT a FROM t WHERE a LIKE 'x';
SELECT a || 1 FROM t;
SELECT a + b FROM t;
-- departs: the engine's words for a minus before a text
SELECT -b FROM t;
SELECT a.b FROM t;
SELECT nosuch.* FROM t;
SELECT * FROM nosuch;
SELECT * FROM nosuch.t;
SELECT * FROM t WHERE nosuch = 1 AND alsono = 2;
SELECT * FROM t x WHERE t.a = 1;
SELECT "A" FROM t;
SELECT CASE WHEN a THEN 1 END FROM t;
SELECT CASE a WHEN 'x' THEN 1 END FROM t;
SELECT a FROM t UNION;
SELECT cast(a AS nosuch) FROM t;
SELECT a::nosuch FROM t;
SELECT DISTINCT FROM t;
SELECT 1 AS "select", 2 AS from;
SELECT 1 AS select;
-- departs: the grammar lacks this form
SELECT 1 select;
SELECT max(*) FROM t;
SELECT a FROM t ORDER BY sum(a);
-- departs: several columns of count are refused by the engine
SELECT count(DISTINCT a, b) FROM t;
SELECT count(*) OVER w FROM t;
SELECT (SELECT a FROM t WHERE nosuch = 1);
SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.nosuch = t.a);
