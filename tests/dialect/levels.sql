-- Aggregates of an outer level, grouping sets over more than columns, keys that others depend on.

CREATE TABLE o (a int, b int, k text);
INSERT INTO o VALUES (1, 10, 'x'), (2, 20, 'x'), (3, 30, 'y');
-- departs: keys are not enforced, and a notice says so
CREATE TABLE p (id int PRIMARY KEY, title text, n int);
INSERT INTO p VALUES (1, 'a', 5), (2, 'b', 6);

SELECT (SELECT max(o.a)) FROM o;
SELECT k, (SELECT max(o.a)) FROM o GROUP BY k ORDER BY k;
SELECT (SELECT max(o.a) FROM (VALUES (1)) v(q)) FROM o;
SELECT (SELECT count(*) FILTER (WHERE o.a <> 0) FROM (VALUES (1)) t(c)) FROM o;
SELECT (SELECT sum(o.a + q) FROM (VALUES (1), (2)) v(q)) FROM o ORDER BY 1;
SELECT k, sum(a) FROM o GROUP BY k HAVING EXISTS (SELECT 1 FROM (VALUES (3)) v(q) WHERE q = sum(o.a)) ORDER BY k;
SELECT a FROM o WHERE b > (SELECT max(o.b));
SELECT k, (SELECT sum(a) FROM (VALUES (1)) v(q)) s, count(*) FROM o GROUP BY k ORDER BY s, k;
SELECT k AS kk, (SELECT max(b) FROM (VALUES (1)) v(q)) FROM o GROUP BY kk ORDER BY kk;
SELECT (SELECT grouping(o.k) FROM (VALUES (1)) v(q)) g, k, count(*) FROM o GROUP BY ROLLUP (k) ORDER BY 1, 2;
SELECT max((SELECT q.b FROM o q WHERE q.a = o.a)) FROM o;
SELECT (SELECT max((SELECT i.b FROM o i WHERE i.a = o.a))) FROM o;
SELECT (SELECT count(i.a) FROM o i WHERE i.k = o.k) FROM o ORDER BY 1;
SELECT k, (SELECT count(*) FROM o i WHERE i.k = o.k) FROM o GROUP BY k ORDER BY k;
SELECT 1 AS one FROM o HAVING 1 < 2;
SELECT 1 AS one FROM o HAVING 1 > 2;

SELECT a AS x, a AS y FROM o GROUP BY x, ROLLUP (y) ORDER BY 1, 2;
SELECT a, b, grouping(a, b), sum(a), count(*) FROM o GROUP BY GROUPING SETS ((a, b), (a + 1, b + 1), (a + 2, b + 2)) ORDER BY 1, 2, 3, 4;
SELECT (a + b) * 1, sum(a) FROM o GROUP BY GROUPING SETS (a + b, a) ORDER BY 1, 2;
SELECT a + b, a, grouping(a + b), sum(a) FROM o GROUP BY ROLLUP (a + b, a) ORDER BY 1, 2;
-- departs: PostgreSQL takes the constant for one above the sets as well, and leaves it out of the sort
SELECT 1 AS x, k, sum(a) FROM o GROUP BY GROUPING SETS (1, 2) ORDER BY 1, 2;
SELECT k, a, sum(b) FROM o GROUP BY ROLLUP ((k, a), (a, b)) ORDER BY 1, 2, 3;
SELECT k, a, sum(b) FROM o GROUP BY GROUPING SETS (ROLLUP (k, a), a) ORDER BY 1, 2, 3;
SELECT k, a, sum(b) FROM o GROUP BY GROUPING SETS ((k, (k, a)), CUBE (a)) ORDER BY 1, 2, 3;
SELECT upper(k) u, count(*) FROM o GROUP BY ROLLUP (u) ORDER BY 1;
SELECT upper(k), count(*) FROM o GROUP BY ROLLUP (1) ORDER BY 1;
SELECT upper(k), count(*) FROM o GROUP BY CUBE (upper(k)) HAVING grouping(upper(k)) = 1 ORDER BY upper(k);
SELECT o.k, p.k, count(*) FROM o, o p GROUP BY ROLLUP (o.k, lower(p.k)), p.k ORDER BY 1, 2, 3;
SELECT k, count(*) FROM o GROUP BY ROLLUP (k, 'all'::text) ORDER BY 1, 2;

SELECT id, title, count(*) FROM p GROUP BY id ORDER BY id;
SELECT p.*, count(*) FROM p JOIN o ON o.a = p.id GROUP BY p.id ORDER BY id;
SELECT * FROM p GROUP BY id ORDER BY id;
SELECT p.title, sum(o.b) * p.n AS s FROM p LEFT JOIN o ON o.a = p.id GROUP BY p.id HAVING p.n > 1 ORDER BY p.title;
SELECT title FROM p GROUP BY n;
SELECT id, title, (SELECT count(*) FROM o WHERE o.a = p.n - 4) FROM p GROUP BY 1 ORDER BY 1;
SELECT title, count(*) FROM p GROUP BY title ORDER BY title;
