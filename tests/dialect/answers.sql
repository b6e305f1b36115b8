-- What once was answered otherwise than PostgreSQL answers it, without a word.

CREATE TABLE t (id int, tags text[], d date, ts timestamp, n numeric, c char(5), v varchar(5), k bigint, f float8);
INSERT INTO t VALUES (1, '{a,b,c}', '2024-01-31', '2024-01-31 10:00', 1.5, 'ab', 'ab', 10, 0), (2, '{z}', '2024-02-28', NULL, 100, 'x', 'x ', 9, '-0'), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'NaN');

-- A numeric without declared digits, wherever it goes.
SELECT n, n * 4 > 5, sum(n) OVER (), n::text, -n, abs(n), n + 1, coalesce(n, 0), greatest(n, 2), n % 2, n || '!', concat(n, '!') FROM t ORDER BY id;
SELECT sum(n), max(n), min(n), max(n) * 2, sum(n)::text, array_agg(n ORDER BY id), json_agg(n ORDER BY id), string_agg(n::text, ',' ORDER BY id) FROM t;
SELECT to_json(n), jsonb_build_object('n', n), row_to_json(r) FROM (SELECT n FROM t WHERE id < 3) r ORDER BY 1::text;
-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
SELECT n FROM t UNION ALL SELECT 2.25 ORDER BY 1;
-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
SELECT n FROM t UNION ALL SELECT 5 ORDER BY 1;
SELECT CASE WHEN id = 1 THEN n ELSE 0 END FROM t ORDER BY id;
SELECT x::numeric, ('{"a": 2.5}'::jsonb -> 'a')::numeric, 0.1::real::numeric FROM (VALUES ('1.5'), ('10'), ('2.25')) v(x);
SELECT sum(n) OVER (ORDER BY id), avg(n) OVER (ORDER BY id) > 1 FROM t ORDER BY id;
SELECT sum(n), avg(n) > 50, sum(n) > 100, avg(n) > 50 FROM t;
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1.5 FROM r WHERE n < 4) SELECT * FROM r;
-- departs: the types of the first term are those of all, and cut what has more digits
WITH RECURSIVE r(n) AS (SELECT 1::numeric UNION ALL SELECT n + 1.5 FROM r WHERE n < 5) SELECT n FROM r ORDER BY n;
WITH RECURSIVE r(n) AS (SELECT 1::numeric(9, 2) UNION ALL SELECT (n + 1.5)::numeric(9, 2) FROM r WHERE n < 5) SELECT n FROM r ORDER BY n;
WITH RECURSIVE r(n, s) AS (SELECT 1, 'a'::text UNION ALL SELECT n + 1, s || 'b' FROM r WHERE n < 4) SELECT * FROM r;
SELECT 3 = ANY (ARRAY[0.5, 3]), cardinality(ARRAY[0, 0.5, 10]), 10 = ALL (ARRAY[0.5, 10]), array_position(ARRAY[0.5, 10], 10), (ARRAY[0.5, 10])[2] = 10;
SELECT percentile_cont(ARRAY[0, 0.5, 1]) WITHIN GROUP (ORDER BY id), percentile_disc(ARRAY[0, 0.5, 1]) WITHIN GROUP (ORDER BY id) FROM t;
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY i), percentile_cont(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY i) FROM (VALUES (interval '1 hour'), (interval '3 days'), (interval '2 months')) v(i);

-- Rows that an outer join does not find.
SELECT count(u.*), count(*), json_agg(u.*), count(u) FROM t LEFT JOIN (SELECT id + 5 AS id, v FROM t) u ON u.id = t.id;
SELECT u, u IS NULL, u.* FROM t LEFT JOIN (SELECT id + 1 AS id, v FROM t) u ON u.id = t.id ORDER BY t.id;
SELECT json_agg(u ORDER BY t.id) FROM t LEFT JOIN (SELECT id + 1 AS id, v FROM t) u ON u.id = t.id;
SELECT count(a.*), count(b.*) FROM (SELECT 1 AS x) a FULL JOIN (SELECT 2 AS x) b ON a.x = b.x;
SELECT count(a.*), count(b.*) FROM (SELECT 1 AS x) a RIGHT JOIN (SELECT 2 AS x) b ON a.x = b.x;

-- Each aggregate in its own order.
SELECT array_agg(DISTINCT k), array_agg(k), array_agg(k ORDER BY k DESC NULLS LAST), string_agg(v, ',' ORDER BY id DESC), string_agg(DISTINCT v, ';'), array_agg(id ORDER BY k), json_agg(v ORDER BY v DESC) FROM t;
SELECT json_agg(DISTINCT k), jsonb_agg(DISTINCT k), json_agg(DISTINCT k ORDER BY k DESC), jsonb_agg(DISTINCT v), json_object_agg(DISTINCT id, k) FROM t;
SELECT array_agg(x) FROM (VALUES ('{1,2}'::int[]), ('{3}')) v(x);
SELECT array_agg(x) FROM (VALUES (NULL::int[]), ('{3}')) v(x);
SELECT array_agg(x) FROM (VALUES ('{}'::int[]), ('{3}')) v(x);
SELECT array_agg(x) FROM (VALUES ('{1,2}'::int[]), ('{3,4}')) v(x);

-- Rows of a row stay in their order.
SELECT id, generate_series(1, 30) FROM t ORDER BY id LIMIT 35;
SELECT id, unnest(tags) FROM t ORDER BY d DESC NULLS LAST;
SELECT unnest(tags), generate_series(1, 2) FROM t ORDER BY id DESC LIMIT 3;
SELECT regexp_matches(v, '(\w)') FROM t ORDER BY id;
SELECT unnest(tags) AS tag FROM t ORDER BY tag DESC;

-- Series by the session's clock.
SET TimeZone = 'America/New_York';
SELECT generate_series('2024-03-09'::timestamptz, '2024-03-11', '1 day');
SELECT generate_series('2024-11-03 00:00'::timestamptz, '2024-11-03 03:00', '1 hour');
SELECT g FROM generate_series('2024-11-03 00:00'::timestamptz, '2024-11-03 03:00', '1 hour') g;
SELECT generate_series(d, d + 40, '1 month') FROM t ORDER BY id;
SELECT generate_series(s, s + interval '2 days', '1 day') FROM (VALUES ('2024-03-09 12:00'::timestamptz)) v(s);
SELECT generate_series(s, s + interval '3 months', '1 month') FROM (VALUES ('2024-01-31 12:00'::timestamptz)) v(s);
SELECT generate_series('2024-03-09'::timestamp, '2024-03-11', '1 day');
SELECT generate_series('2024-03-09'::date, '2024-03-11', '1 day');
RESET TimeZone;
SET TimeZone = 'UTC';

-- Names.
SELECT id AS x, k FROM t GROUP BY id, k HAVING x = 1;
SELECT max(k) AS k FROM t GROUP BY id HAVING max(k) > 9;
SELECT x FROM (SELECT 1 AS x, 2 AS x) s;
SELECT s.x FROM (SELECT 1 AS x, 2 AS x) s;
SELECT * FROM (SELECT 1 AS x, 2 AS x) s;
WITH s AS (SELECT a.id, b.id FROM t a JOIN t b USING (id)) SELECT id FROM s;
WITH s(p, q) AS (SELECT a.id, b.id FROM t a JOIN t b USING (id)) SELECT p FROM s ORDER BY p;
SELECT *, v::text, tags[1], n::int FROM t WHERE id = 1;
SELECT t.*, t.d::text, upper(v) AS v FROM t WHERE id = 1;

-- Comparisons.
SELECT ARRAY[1, NULL] < ARRAY[1, 2], ARRAY[NULL]::int[] > ARRAY[1], ARRAY[1, NULL] = ARRAY[1, NULL], ARRAY[NULL, 1] < ARRAY[NULL, 2], ARRAY[1, 2] < NULL, ARRAY['b'] >= ARRAY['a', NULL];
SELECT count(*) FROM t WHERE (id, v) = (SELECT id, v FROM t WHERE id = 1);
SELECT id FROM t WHERE (id, k) > (SELECT id, k FROM t WHERE id = 1) ORDER BY id;
SELECT count(*) FROM t WHERE (id, v) = (SELECT id, v FROM t);
SELECT count(*) FROM t WHERE (id, v) = (SELECT id, v, k FROM t WHERE id = 1);
SELECT (1, 2) = (SELECT 1);
SELECT k FROM t WHERE k IN (SELECT v FROM t);
SELECT k FROM t WHERE k = ANY (SELECT v FROM t);
SELECT count(DISTINCT f), count(DISTINCT f::real) FROM t;
SELECT id, rank() OVER (ORDER BY f), count(*) OVER (PARTITION BY f) FROM t ORDER BY id;
SELECT 1 INTERSECT SELECT 1::bigint;
SELECT 1::int2 INTERSECT SELECT 1::int8;
SELECT 2 EXCEPT SELECT '1';
SELECT 1 INTERSECT SELECT 'a'::text;
SELECT d FROM t EXCEPT SELECT true;
SELECT p, q, pg_typeof(p) FROM t, LATERAL (VALUES (t.id, 'x'), (t.id + 10, t.v)) v(p, q) ORDER BY 1, 2;

-- A char(n) where its blanks count.
SELECT '[' || c || ']', concat('[', c, ']'), length(c), octet_length(c), c LIKE 'ab', c LIKE 'ab%', c = 'ab ', format('[%s]', c), to_json(c), c::text || '!', upper(c), c ~ 'b$', replace(c, ' ', '_') FROM t WHERE id = 1;
SELECT max(c), min(c) FROM t;

-- Names in documents and arrays, and numbers that are none.
SELECT row_to_json(r) FROM (SELECT relkind, oid::regclass AS name, 'int4'::regtype AS t, oid FROM pg_class WHERE relname = 'pg_class') r;
SELECT to_json('int4'::regtype), jsonb_build_object('a', 'pg_class'::regclass), json_agg('pg_class'::regclass), ARRAY['int4'::regtype]::text[], ARRAY['pg_class'::regclass]::text, array_to_string(ARRAY['int4'::regtype], ',');
SELECT k::oid FROM t ORDER BY id;
SELECT 123456789012::int8::oid;
SELECT '23:59:60.01'::time;
SELECT '23:59:60'::time;
SELECT pg_get_viewdef('nothing');
SELECT ''::"char", 'a'::"char";

-- A view is what it was when it was made.
CREATE VIEW v1 AS SELECT *, 7 AS one FROM t;
CREATE VIEW v2 AS SELECT t.*, u.id AS other FROM t JOIN t u USING (id);
CREATE VIEW v3 AS SELECT id, v FROM t;
CREATE VIEW v4 AS SELECT *, upper(v) AS up FROM v3;
CREATE OR REPLACE VIEW v3 AS SELECT id, v, id + 1 AS more FROM t;
ALTER TABLE t ADD COLUMN extra int;
SELECT * FROM v1 ORDER BY id;
SELECT * FROM v2 ORDER BY id;
SELECT * FROM v4 ORDER BY id;
SELECT * FROM v3 ORDER BY id;
SELECT extra FROM v1;
CREATE TABLE m (a text[]);
-- departs: an array of several dimensions is not kept in a table
INSERT INTO m VALUES ('{{a,b},{c,d}}');
-- departs: an array of several dimensions is not kept in a table
INSERT INTO m SELECT ARRAY[['x', 'y']];
-- departs: an array of several dimensions is not kept in a table
SELECT a FROM m WHERE array_length(a, 1) = 1 AND a::text LIKE '%x%';
-- departs: an array of several dimensions is not kept in a table
CREATE TABLE m2 AS SELECT ARRAY[['x', 'y']] AS a;
DROP VIEW v4, v3, v2, v1;
DROP TABLE m, t;
