-- What a sorted subquery, CTE or view gives keeps its order where nothing above it asks for another: tools wrap the
-- statements of their users so.
CREATE TABLE s (k int, name text, at date, pay numeric(8,2));
INSERT INTO s VALUES (3, 'c', '2024-01-03', 3.5), (1, 'a', '2024-01-01', 1.5), (2, NULL, '2024-01-02', 2.5);
INSERT INTO s VALUES (5, 'e', '2024-01-05', NULL), (4, 'b', NULL, 4.5), (6, 'a', '2024-01-06', 6.5);
SELECT * FROM (SELECT k, name FROM s ORDER BY k DESC) AS t;
SELECT * FROM (SELECT k, name FROM s ORDER BY k DESC) AS t LIMIT 2;
SELECT name FROM (SELECT k, name FROM s ORDER BY pay, k) AS virtual_table LIMIT 3 OFFSET 1;
SELECT k + 1 AS n FROM (SELECT k FROM s ORDER BY name NULLS FIRST, k) AS t WHERE k > 1;
WITH w AS (SELECT k, at FROM s ORDER BY at DESC NULLS LAST) SELECT k FROM w LIMIT 3;
CREATE VIEW v AS SELECT k, name FROM s ORDER BY k DESC;
SELECT * FROM v;
SELECT * FROM v WHERE k < 4 LIMIT 2;
SELECT a.k FROM (SELECT x.k FROM (SELECT k FROM s ORDER BY k DESC) AS x) AS a LIMIT 4;
SELECT array_agg(k) FROM (SELECT k FROM s ORDER BY k DESC) AS t;
SELECT array_agg(name), string_agg(name, '-') FROM (SELECT name, k FROM s ORDER BY k) AS t;
SELECT name, array_agg(k) FROM (SELECT name, k FROM s ORDER BY k DESC) AS t GROUP BY name ORDER BY name;
SELECT json_agg(k), jsonb_agg(t) FROM (SELECT k FROM s ORDER BY k DESC) AS t;
SELECT array_agg(k) FROM (SELECT k FROM s WHERE k > 1 ORDER BY k LIMIT 3) AS t /* order by */;
SELECT ARRAY(SELECT k FROM s ORDER BY k DESC);
SELECT array_agg(DISTINCT name) /* order by */ FROM s;
SELECT array_agg(DISTINCT pay), array_agg(DISTINCT k % 3), count(DISTINCT name) /* order by */ FROM s;
SELECT string_agg(DISTINCT name, ',') /* order by */ FROM s;
SELECT array_agg(DISTINCT k % 2 ORDER BY k % 2 DESC) FROM s;
SELECT k % 2 AS odd, array_agg(DISTINCT name) FILTER (WHERE k > 1) FROM s GROUP BY k % 2 ORDER BY 1;
