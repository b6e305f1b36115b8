-- NaN and the infinities of numeric: written, reckoned with, compared, shown, refused where they are stored.

SELECT 'NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric;
SELECT 'nan'::numeric, 'INF'::numeric, '-inf'::numeric, '+Infinity'::numeric, '+inf'::numeric;
SELECT ' NaN '::numeric, E'\t-Infinity\n'::numeric, numeric 'NaN', decimal 'inf', CAST('NaN' AS numeric);
SELECT '+nan'::numeric;
SELECT '-nan'::numeric;
SELECT 'NaN x'::numeric;
SELECT 'infinit'::numeric;
SELECT '--inf'::numeric;
SELECT 'NaN'::text::numeric;
SELECT 'NaN'::numeric(10,2), 'nan'::numeric(5), 'NaN'::numeric::numeric(12,4);
SELECT 'Infinity'::numeric(10,2);
SELECT '-Infinity'::numeric(5);
SELECT 'inf'::numeric::numeric(12,4);
SELECT pg_typeof('NaN'::numeric), pg_typeof('inf'::numeric + 1);
SELECT 'NaN'::float8::numeric, 'inf'::float8::numeric, '-inf'::float8::numeric;
SELECT 'NaN'::float4::numeric, 'inf'::real::numeric, '-inf'::real::numeric;
SELECT 'inf'::float8::numeric(10,2);
SELECT 'NaN'::float8::numeric(10,2);

SELECT 'NaN'::numeric::float8, 'inf'::numeric::float8, '-inf'::numeric::float8;
SELECT 'NaN'::numeric::float4, 'inf'::numeric::float4, '-inf'::numeric::real;
SELECT 'NaN'::numeric::text, 'inf'::numeric::text, '-inf'::numeric::varchar, 'inf'::numeric::varchar(3);
SELECT 'NaN'::numeric::char(3), 'inf'::numeric::char(4);
SELECT 'NaN'::numeric::int;
SELECT 'inf'::numeric::int;
SELECT '-inf'::numeric::bigint;
SELECT 'NaN'::numeric::smallint;
SELECT 'inf'::numeric::int2;
SELECT 'NaN'::numeric::boolean;
SELECT 'NaN'::numeric || 'x', 'x' || '-inf'::numeric;
SELECT format('%s|%10s|%L', 'NaN'::numeric, 'inf'::numeric, '-inf'::numeric);
SELECT concat('NaN'::numeric, 1, '-inf'::numeric), concat_ws(',', 'inf'::numeric, 'NaN'::numeric);
SELECT length('Infinity'::numeric::text), upper('NaN'::numeric::text), quote_literal('inf'::numeric), quote_nullable('NaN'::numeric);

SELECT a, b, a + b FROM (VALUES ('NaN'::numeric), ('inf'), ('-inf'), (0), (2)) x(a), (VALUES ('NaN'::numeric), ('inf'), ('-inf'), (0), (-3)) y(b) ORDER BY 1, 2;
SELECT a, b, a - b FROM (VALUES ('NaN'::numeric), ('inf'), ('-inf'), (0), (2)) x(a), (VALUES ('NaN'::numeric), ('inf'), ('-inf'), (0), (-3)) y(b) ORDER BY 1, 2;
SELECT a, b, a * b FROM (VALUES ('NaN'::numeric), ('inf'), ('-inf'), (0), (2)) x(a), (VALUES ('NaN'::numeric), ('inf'), ('-inf'), (0), (-3)) y(b) ORDER BY 1, 2;
-- departs: a column of quotients has one number of digits
SELECT a, b, a / b FROM (VALUES ('NaN'::numeric), ('inf'), ('-inf'), (0), (2)) x(a), (VALUES ('NaN'::numeric), ('inf'), ('-inf'), (-3)) y(b) ORDER BY 1, 2;
SELECT a, b, (a / b)::text IN ('NaN', 'Infinity', '-Infinity') FROM (VALUES ('NaN'::numeric), ('inf'), ('-inf'), (0), (2)) x(a), (VALUES ('NaN'::numeric), ('inf'), ('-inf'), (-3)) y(b) ORDER BY 1, 2;
SELECT a, b, round(a / b, 2) FROM (VALUES ('NaN'::numeric), ('inf'), ('-inf'), (2)) x(a), (VALUES ('NaN'::numeric), (3)) y(b) ORDER BY 1, 2;
SELECT a, b, a % b FROM (VALUES ('NaN'::numeric), ('inf'), ('-inf'), (0), (7)) x(a), (VALUES ('NaN'::numeric), ('inf'), ('-inf'), (-3)) y(b) ORDER BY 1, 2;
SELECT a, b, mod(a, b), div(a, b) FROM (VALUES ('NaN'::numeric), ('inf'), ('-inf'), (0), (7)) x(a), (VALUES ('NaN'::numeric), ('inf'), ('-inf'), (-3)) y(b) ORDER BY 1, 2;
SELECT a, -a, +a, abs(a), @ a, sign(a) FROM (VALUES ('NaN'::numeric), ('inf'), ('-inf'), (0), (-2)) x(a) ORDER BY 1;
SELECT 'NaN'::numeric + 1, 1 + 'NaN'::numeric, 'inf'::numeric - 1.5, 1.5 - 'inf'::numeric, 'inf'::numeric + 2::bigint;
SELECT 'inf'::numeric * 2, 2 * '-inf'::numeric, -1.5 * 'inf'::numeric, 0 * 'inf'::numeric, 0.0 * '-inf'::numeric;
SELECT 'inf'::numeric / 2, 'inf'::numeric / -2, '-inf'::numeric / 0.5, 'inf'::numeric / 'inf';
SELECT 'NaN'::numeric / 0, 0 / 'NaN'::numeric;
SELECT 5 / 'inf'::numeric, -5 / 'inf'::numeric, 0 / '-inf'::numeric;
SELECT 'inf'::numeric / 0;
SELECT '-inf'::numeric / 0.0;
SELECT 'inf'::numeric % 0;
SELECT 'NaN'::numeric % 0, 5 % 'inf'::numeric, -5.5 % '-inf'::numeric, 'inf'::numeric % 5;
SELECT div('inf'::numeric, 0);
SELECT mod('-inf'::numeric, 0);
SELECT - 'NaN'::numeric, - 'inf'::numeric, - '-inf'::numeric, -(-('inf'::numeric));
SELECT 'inf'::numeric + 1.5::float8, 'NaN'::numeric * 2::float8, '-inf'::numeric - 1::real;
SELECT 'inf'::numeric * 0::float8;
SELECT 1 + 2 * 'inf'::numeric - 3.25 AS a, ('inf'::numeric - 'inf'::numeric) + 1 AS b;
SELECT 'inf'::numeric + NULL, NULL::numeric * 'NaN'::numeric, 'NaN'::numeric / NULL;

SELECT a, b, a = b, a <> b, a < b, a <= b, a > b, a >= b FROM (VALUES ('NaN'::numeric), ('inf'), ('-inf'), (0)) x(a), (VALUES ('NaN'::numeric), ('inf'), ('-inf'), (2)) y(b) ORDER BY 1, 2;
SELECT 'NaN'::numeric = 'NaN'::numeric, 'NaN'::numeric > 'inf'::numeric, 'inf'::numeric > 1e30, '-inf'::numeric < -1e30;
SELECT 'NaN'::numeric = 1.5, 1.5 < 'NaN'::numeric, 'inf'::numeric > 9223372036854775807, -1 > '-inf'::numeric, 2 = 'inf'::numeric;
SELECT 'NaN'::numeric = 'NaN'::float8, 'inf'::numeric = 'inf'::float8, 'NaN'::numeric > 'inf'::float8, 'inf'::numeric > 1e300::float8, '-inf'::numeric < 0::real;
SELECT 'NaN'::numeric = 'NaN', 'Infinity' > 'inf'::numeric, 1.5 = 'NaN', 1.50 < 'Infinity', 2 < 'NaN'::numeric;
SELECT 'NaN'::numeric IS DISTINCT FROM 'NaN'::numeric, 'NaN'::numeric IS NOT DISTINCT FROM 1.5, 'inf'::numeric IS DISTINCT FROM NULL;
SELECT 'NaN'::numeric BETWEEN 1 AND 2, 5 BETWEEN '-inf'::numeric AND 'inf'::numeric, 'inf'::numeric BETWEEN 1 AND 'NaN'::numeric, 2.5 BETWEEN '-Infinity' AND 'Infinity';
SELECT 'NaN'::numeric IN (1, 2.5, 'NaN'), 'inf'::numeric IN (1, 2), 1.50 IN ('NaN'::numeric, 1.5), 3 NOT IN ('inf'::numeric, 'NaN');
SELECT 'NaN'::numeric = ANY (ARRAY[1, 'NaN'::numeric]), 1.5 = ANY (ARRAY['inf'::numeric, 1.5]), 'inf'::numeric > ALL (ARRAY[1, 2.5]), 2 = ANY (ARRAY['NaN'::numeric]);
SELECT 'NaN'::numeric IN (SELECT 'NaN'::numeric), 1.5 IN (SELECT 'NaN'::numeric), 'inf'::numeric IN (SELECT 1.5), 1.50 IN (SELECT 1.5 UNION SELECT 'inf'::numeric);
SELECT 'NaN'::numeric = (SELECT 'NaN'::numeric), 1.5 < (SELECT 'inf'::numeric), (SELECT 1.5) < 'inf'::numeric;
SELECT greatest(1.5, 'NaN'::numeric), greatest('inf'::numeric, 2.5), least('-inf'::numeric, 1.5), least(1.5, 'NaN'::numeric), greatest('inf'::numeric, 'NaN'), least('inf', 1.5);
SELECT greatest('inf'::numeric, NULL), least(NULL, 'NaN'::numeric), greatest(1, 2, '-inf'::numeric);
SELECT coalesce(NULL, 'NaN'::numeric), coalesce('inf'::numeric, 1.5), coalesce(1.5, 'NaN'::numeric), coalesce(NULL::numeric, 'NaN');
SELECT nullif('NaN'::numeric, 'NaN'::numeric), nullif('inf'::numeric, 1.5), nullif(1.5, 'inf'::numeric), nullif(2, 'NaN'::numeric), nullif('NaN'::numeric, 'NaN');
SELECT CASE WHEN true THEN 'NaN'::numeric ELSE 1.5 END, CASE WHEN false THEN 'NaN'::numeric ELSE 1.5 END, CASE 'NaN'::numeric WHEN 1.5 THEN 'a' WHEN 'NaN' THEN 'b' END, CASE 1.5 WHEN 'inf'::numeric THEN 1 ELSE 2 END;
SELECT CASE WHEN x > 1 THEN 'inf'::numeric ELSE 0 END FROM (VALUES (1), (2)) t(x) ORDER BY 1;
SELECT ('NaN'::numeric, 1) = ('NaN'::numeric, 1), ('inf'::numeric, 1) < ('NaN'::numeric, 0), ROW('NaN'::numeric) IS NULL;
SELECT 'NaN'::numeric IS NULL, 'inf'::numeric IS NOT NULL;

VALUES ('NaN'::numeric), ('inf'), ('-inf'), (1), (NULL) ORDER BY 1;
VALUES ('NaN'::numeric), ('inf'), ('-inf'), (1), (NULL) ORDER BY 1 DESC;
VALUES (1.5), ('NaN'::numeric);
-- departs: a column of numerics has one number of digits
VALUES (1), ('inf'::numeric), (2.5) ORDER BY 1 LIMIT 1;
SELECT x FROM (VALUES ('NaN'::numeric), ('inf'), ('-inf'), (1), (NULL)) v(x) ORDER BY x NULLS FIRST;
SELECT DISTINCT x FROM (VALUES ('NaN'::numeric), ('nan'), ('inf'), (1), (1), ('Infinity')) v(x) ORDER BY x;
SELECT x, count(*) FROM (VALUES ('NaN'::numeric), ('nan'), ('inf'), (1), (1), ('-inf')) v(x) GROUP BY x ORDER BY x;
SELECT min(x), max(x), count(x), count(DISTINCT x) FROM (VALUES ('NaN'::numeric), ('nan'), ('inf'), (1), ('-inf'), (NULL)) v(x);
SELECT min(x), max(x) FROM (VALUES (1.5), (2.5), ('inf'::numeric)) v(x);
SELECT 'NaN'::numeric UNION SELECT 'NaN'::numeric UNION SELECT 1 ORDER BY 1;
SELECT 1.5 UNION ALL SELECT 'inf'::numeric ORDER BY 1;
SELECT 1 UNION ALL SELECT 'NaN'::numeric ORDER BY 1;
SELECT 1.5 UNION ALL SELECT 'NaN' ORDER BY 1;
SELECT 'inf' UNION ALL SELECT 2.5 UNION ALL SELECT NULL ORDER BY 1;
SELECT 1.5 UNION ALL SELECT '2.5'::numeric ORDER BY 1;
-- departs: a column of numerics has one number of digits
SELECT '2.5'::numeric UNION ALL SELECT '3'::numeric ORDER BY 1;
SELECT 'inf'::numeric UNION ALL SELECT 2.5::numeric UNION ALL SELECT 'NaN'::numeric ORDER BY 1;
SELECT x FROM (SELECT 1 AS x UNION SELECT 2.5 UNION SELECT '-inf'::numeric) t ORDER BY 1 LIMIT 1;
SELECT 'NaN'::numeric UNION ALL SELECT 1.5::float8 ORDER BY 1;
SELECT x FROM (VALUES ('NaN'::numeric), (1)) v(x) INTERSECT SELECT 'NaN'::numeric;
SELECT x FROM (VALUES ('NaN'::numeric), (1)) v(x) EXCEPT SELECT 1;
SELECT a.x, b.y FROM (VALUES ('NaN'::numeric), ('inf'), (1)) a(x) JOIN (VALUES ('NaN'::numeric), ('-inf'), (1)) b(y) ON a.x = b.y ORDER BY 1;
SELECT a.x, b.y FROM (VALUES ('NaN'::numeric), (1)) a(x) JOIN (VALUES (1.00), (2.50)) b(y) ON a.x = b.y;
SELECT a.x, b.y FROM (VALUES ('NaN'::numeric), (1)) a(x) LEFT JOIN (VALUES (1), (2)) b(y) ON a.x = b.y ORDER BY 1;
SELECT x, y FROM (VALUES ('NaN'::numeric), (1)) a(x) LEFT JOIN (VALUES (1.5), (1.0)) b(y) ON x > y ORDER BY 1, 2;
SELECT * FROM (VALUES ('NaN'::numeric, 'a'), (1, 'b')) a(x, s) JOIN (VALUES (1, 'c')) b(x, t) USING (x);
SELECT x FROM (VALUES ('NaN'::numeric), ('inf'), (1)) v(x) WHERE x > 1 ORDER BY x;
SELECT x FROM (VALUES ('NaN'::numeric), ('inf'), (1)) v(x) WHERE x < 'NaN' ORDER BY x;
SELECT x FROM (VALUES ('NaN'::numeric), ('inf'), (1)) v(x) WHERE x = 'NaN' OR x = 1 ORDER BY x;
SELECT x FROM (VALUES ('NaN'::numeric), ('inf'), (1)) v(x) WHERE x <> 'inf' ORDER BY x;
SELECT x FROM (VALUES (1.5), (2.5)) v(x) WHERE x < 'Infinity' ORDER BY x;
SELECT x FROM (VALUES (1.5), (2.5)) v(x) WHERE x = 'NaN' OR x > '-Infinity'::numeric ORDER BY x;
SELECT x FROM (VALUES (1), (2)) v(x) WHERE x < 'Infinity'::numeric AND x > 1 ORDER BY x;

SELECT sum(x), avg(x) FROM (VALUES ('NaN'::numeric), (1), (2)) v(x);
SELECT sum(x), avg(x) FROM (VALUES ('inf'::numeric), (1), (2)) v(x);
SELECT sum(x), avg(x) FROM (VALUES ('-inf'::numeric), (1), (2)) v(x);
SELECT sum(x), avg(x) FROM (VALUES ('inf'::numeric), ('-inf'), (2)) v(x);
SELECT sum(x), avg(x) FROM (VALUES ('inf'::numeric), ('inf'), ('NaN')) v(x);
SELECT sum(x) FROM (VALUES ('NaN'::numeric), (1), (2.5)) v(x) WHERE x < 10;
SELECT sum(x), avg(x), stddev(x) FROM (VALUES ('NaN'::numeric), (1)) v(x) WHERE x > 'NaN';
SELECT stddev(x), stddev_samp(x), stddev_pop(x), variance(x), var_samp(x), var_pop(x) FROM (VALUES ('NaN'::numeric), (1)) v(x);
SELECT stddev(x), stddev_pop(x), variance(x), var_pop(x) FROM (VALUES ('inf'::numeric), (1)) v(x);
SELECT stddev(x), stddev_pop(x), variance(x), var_pop(x) FROM (VALUES ('inf'::numeric)) v(x);
SELECT round(variance(x), 4), round(stddev_pop(x), 4), round(avg(x), 4) FROM (VALUES ('NaN'::numeric), (1), (4), (9)) v(x) WHERE x <> 'NaN';
SELECT sum(x) FILTER (WHERE x < 'inf'), sum(x) FILTER (WHERE x = 'inf') FROM (VALUES ('inf'::numeric), (1), (2)) v(x);
SELECT sum(DISTINCT x), count(DISTINCT x) FROM (VALUES ('inf'::numeric), ('inf'), (2), (2)) v(x);
SELECT k, sum(x) FROM (VALUES (1, 'inf'::numeric), (1, 2), (2, 5), (2, 6)) v(k, x) GROUP BY k ORDER BY k;
SELECT k, sum(x) FROM (VALUES (1, 'inf'::numeric), (1, 2), (2, 5)) v(k, x) GROUP BY ROLLUP (k) ORDER BY k;
SELECT sum(x + 1), max(x * 2), min(-x) FROM (VALUES ('inf'::numeric), (1)) v(x);
SELECT array_agg(x ORDER BY x) FROM (VALUES ('NaN'::numeric), ('inf'), (1), (NULL)) v(x);
SELECT string_agg(x::text, ',' ORDER BY x) FROM (VALUES ('NaN'::numeric), ('-inf'), (1)) v(x);
SELECT mode() WITHIN GROUP (ORDER BY x), percentile_disc(0.5) WITHIN GROUP (ORDER BY x) FROM (VALUES ('NaN'::numeric), ('NaN'), (1)) v(x);
SELECT bool_or(x = 'NaN'), every(x > 0) FROM (VALUES ('NaN'::numeric), (1)) v(x);
SELECT corr(x, 1.5), regr_count(x, x) FROM (VALUES ('NaN'::numeric), (1)) v(x);
SELECT x, sum(x) OVER (ORDER BY x ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM (VALUES ('NaN'::numeric), ('inf'), ('-inf'), (1), (2)) v(x) ORDER BY x;
SELECT o, sum(x) OVER (ORDER BY o ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM (VALUES (1, 1::numeric), (2, 'inf'), (3, 3), (4, 4), (5, 'NaN'), (6, 6), (7, 7)) v(o, x) ORDER BY o;
SELECT o, round(avg(x) OVER (ORDER BY o ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), 2) FROM (VALUES (1, 1::numeric), (2, 'inf'), (3, 3), (4, 4), (5, '-inf'), (6, 6)) v(o, x) ORDER BY o;
SELECT o, round(var_pop(x) OVER (ORDER BY o ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), 2) FROM (VALUES (1, 1::numeric), (2, 'NaN'), (3, 3), (4, 4)) v(o, x) ORDER BY o;
SELECT x, rank() OVER (ORDER BY x), lag(x) OVER (ORDER BY x), lead(x, 1, 0) OVER (ORDER BY x), first_value(x) OVER (ORDER BY x DESC) FROM (VALUES ('NaN'::numeric), ('NaN'), ('inf'), (1)) v(x) ORDER BY 1, 3;
SELECT x, max(x) OVER (), min(x) OVER (PARTITION BY x), count(*) OVER (PARTITION BY x) FROM (VALUES ('NaN'::numeric), ('NaN'), ('inf'), (1)) v(x) ORDER BY 1;

SELECT x, round(x), round(x, 2), trunc(x), trunc(x, 1), ceil(x), ceiling(x), floor(x) FROM (VALUES ('NaN'::numeric), ('inf'), ('-inf')) v(x) ORDER BY 1;
SELECT round('NaN'::numeric, -2), round('inf'::numeric, NULL), ceil('-inf'::numeric), trim_scale('NaN'::numeric);
SELECT sqrt('NaN'::numeric), sqrt('inf'::numeric), exp('NaN'::numeric), exp('inf'::numeric), exp('-inf'::numeric), ln('NaN'::numeric), ln('inf'::numeric), log('inf'::numeric), log10('NaN'::numeric);
SELECT sqrt('-inf'::numeric);
SELECT ln('-inf'::numeric);
SELECT log('-inf'::numeric);
SELECT log('NaN'::numeric, 2), log(2, 'NaN'::numeric), log(2, 'inf'::numeric), log('inf'::numeric, 2), log('inf'::numeric, 'inf'::numeric);
SELECT log(0, 'inf'::numeric);
SELECT log('inf'::numeric, -1);
SELECT log('inf'::numeric, '-inf'::numeric);
SELECT power('NaN'::numeric, 0), power(1, 'NaN'::numeric), power('NaN'::numeric, 2), power(2, 'NaN'::numeric), power('NaN'::numeric, 'NaN'::numeric), power('NaN'::numeric, 'inf'::numeric);
SELECT power('inf'::numeric, 2), power('inf'::numeric, -2), power('inf'::numeric, 0), power('inf'::numeric, 0.5), power('inf'::numeric, 'inf'::numeric), power('inf'::numeric, '-inf'::numeric);
SELECT power('-inf'::numeric, 2), power('-inf'::numeric, 3), power('-inf'::numeric, -2), power('-inf'::numeric, -3), power('-inf'::numeric, 0), power('-inf'::numeric, 'inf'::numeric), power('-inf'::numeric, '-inf'::numeric);
SELECT power(2, 'inf'::numeric), power(2, '-inf'::numeric), power(0.5, 'inf'::numeric), power(0.5, '-inf'::numeric), power(-2, 'inf'::numeric), power(-0.5, '-inf'::numeric), power(-1, 'inf'::numeric), power(0, 'inf'::numeric), power(1, '-inf'::numeric);
SELECT 'inf'::numeric ^ 2, 2 ^ 'inf'::numeric, 'NaN'::numeric ^ 0;
SELECT power(0, '-inf'::numeric);
SELECT power('-inf'::numeric, 0.5);
SELECT power('-inf'::numeric, -1.5);
SELECT gcd('NaN'::numeric, 2), gcd('inf'::numeric, 0), lcm('inf'::numeric, 2), lcm(2, 'NaN'::numeric);
SELECT scale('NaN'::numeric), scale('inf'::numeric), min_scale('-inf'::numeric), scale(1.50);
SELECT width_bucket('inf'::numeric, 1, 10, 3), width_bucket('-inf'::numeric, 1, 10, 3), width_bucket('inf'::numeric, 10, 1, 3), width_bucket('-inf'::numeric, 10, 1, 3);
SELECT width_bucket('NaN'::numeric, 1, 10, 3);
SELECT width_bucket(5, 'NaN'::numeric, 10, 3);
SELECT width_bucket(5, 1, 'inf'::numeric, 3);
SELECT width_bucket(5, '-inf'::numeric, 10, 3);
SELECT sin('NaN'::numeric), cbrt('inf'::numeric), degrees('-inf'::numeric);
SELECT sin('inf'::numeric);
SELECT interval '1 day' * 'NaN'::numeric;
SELECT round(1.5, 'NaN'::numeric);

SELECT to_char('NaN'::numeric, '999'), to_char('NaN'::numeric, 'FM999.99'), to_char('NaN'::numeric, '9');
SELECT to_char('inf'::numeric, '999.99'), to_char('-inf'::numeric, 'S999'), to_char('inf'::numeric, 'FM999');
SELECT to_char('NaN'::numeric, '9.99EEEE'), to_char('inf'::numeric, '9.99EEEE');
SELECT to_char('-inf'::numeric, '999'), to_char('-inf'::numeric, 'MI999'), to_char('-inf'::numeric, '999PR'), to_char('inf'::numeric, '$999,999.9');
SELECT to_char(x, '999.9') FROM (VALUES ('NaN'::numeric), (1.5), ('inf')) v(x) ORDER BY x;

SELECT to_json('NaN'::numeric), to_json('inf'::numeric), to_jsonb('-inf'::numeric), to_jsonb('NaN'::numeric);
SELECT to_json(ARRAY['-inf'::numeric, 1]), to_jsonb(ARRAY['NaN'::numeric]), array_to_json(ARRAY['inf'::numeric]);
SELECT json_build_object('a', 'NaN'::numeric, 'b', 1.5), jsonb_build_array('inf'::numeric, 2), json_build_array('NaN'::numeric);
SELECT row_to_json(v) FROM (VALUES ('NaN'::numeric, 1), ('inf', 2)) v(x, y) ORDER BY y;
SELECT json_agg(x ORDER BY x), jsonb_agg(x ORDER BY x) FROM (VALUES ('NaN'::numeric), ('inf'), (1)) v(x);
SELECT jsonb_object_agg(k, x) FROM (VALUES ('a', 'NaN'::numeric), ('b', 2)) v(k, x);

SELECT ARRAY['NaN'::numeric, 'inf', '-inf', 1], ARRAY[1.5, 'NaN'::numeric], ARRAY['NaN'::numeric, NULL];
SELECT ARRAY['NaN'::numeric, 1]::text[], ARRAY['inf'::numeric]::float8[], ARRAY['NaN'::numeric, 1]::text, ARRAY['-inf'::numeric]::varchar[];
SELECT ARRAY['NaN'::numeric, 1]::int[];
SELECT ARRAY['inf'::numeric, 1]::numeric(10,2)[];
SELECT ARRAY['NaN'::numeric, 1]::numeric(10,2)[];
SELECT '{NaN,1,inf,NULL}'::numeric[];
SELECT ARRAY['NaN'::numeric, 1] = ARRAY['NaN'::numeric, 1], ARRAY['inf'::numeric] < ARRAY['NaN'::numeric], ARRAY[1.5] < ARRAY['inf'::numeric];
SELECT array_position(ARRAY[1, 'NaN'::numeric, 'inf'], 'NaN'), array_length(ARRAY['NaN'::numeric], 1), array_to_string(ARRAY['NaN'::numeric, '-inf'], ','), array_append(ARRAY[1.5], 'NaN'::numeric), array_remove(ARRAY[1, 'NaN'::numeric], 'NaN');
SELECT unnest(ARRAY['NaN'::numeric, 1, 'inf']) AS x ORDER BY x;
SELECT (ARRAY['NaN'::numeric, 1])[1], (ARRAY['NaN'::numeric, 1, 'inf'])[2:3], cardinality(ARRAY['inf'::numeric]);
SELECT ARRAY['NaN'::numeric] @> ARRAY['NaN'::numeric], ARRAY[1, 'inf'::numeric] && ARRAY['inf'::numeric], 'NaN'::numeric = ANY ('{1,NaN}');
SELECT ROW('NaN'::numeric, 'inf'::numeric)::text;

SELECT * FROM generate_series('NaN'::numeric, 3);
SELECT * FROM generate_series(1, 'inf'::numeric);
SELECT * FROM generate_series(1, 3, 'NaN'::numeric);
-- departs: a series says so of bounds that have a type
SELECT * FROM generate_series(1, 3::numeric, 'NaN');
SELECT * FROM generate_series('-inf'::numeric, 3);
-- departs: a series says so of bounds that have a type
SELECT * FROM generate_series(1, 3::numeric, 'inf');
SELECT generate_series(1, 'NaN'::numeric);

SELECT extract(epoch FROM timestamp 'infinity'), extract(year FROM timestamp '-infinity'), extract(epoch FROM date 'infinity'), extract(julian FROM timestamptz 'infinity');
SELECT extract(month FROM timestamp 'infinity'), extract(hour FROM timestamptz '-infinity'), extract(century FROM 'infinity'::timestamp), extract(isoyear FROM '-infinity'::date);
SELECT extract(year FROM timestamp 'infinity') > 2024, extract(epoch FROM 'infinity'::timestamptz)::float8, extract(epoch FROM timestamp 'infinity')::text;
SELECT extract(foo FROM timestamp 'infinity');

WITH t AS (SELECT 'NaN'::numeric AS x UNION ALL SELECT 2.5) SELECT x, x * 2, x > 2 FROM t ORDER BY x;
WITH RECURSIVE t(n, x) AS (SELECT 1, 'inf'::numeric UNION ALL SELECT n + 1, x - 1 FROM t WHERE n < 3) SELECT * FROM t ORDER BY n;
SELECT x FROM (SELECT 'NaN'::numeric AS x) t WHERE x = x;
SELECT (SELECT max(x) FROM (VALUES ('inf'::numeric), (1)) v(x)), EXISTS (SELECT 1 WHERE 'NaN'::numeric > 1);
SELECT x, (SELECT count(*) FROM (VALUES ('inf'::numeric), (1)) w(y) WHERE y >= v.x) FROM (VALUES ('NaN'::numeric), ('inf'), (1)) v(x) ORDER BY x;
SELECT x FROM (VALUES ('NaN'::numeric), (1)) v(x), LATERAL (SELECT v.x + 1 AS y) l ORDER BY y;
CREATE VIEW special_view AS SELECT 'NaN'::numeric AS x, 1.5 AS y UNION ALL SELECT 'inf', 2.5;
SELECT x, y, x > y FROM special_view ORDER BY x;

PREPARE special_text(numeric) AS SELECT $1, $1 + 1, $1 > 5, $1::text;
EXECUTE special_text('NaN');
EXECUTE special_text('-inf');
EXECUTE special_text(7.5);
COPY (SELECT x FROM (VALUES ('NaN'::numeric), ('inf'), ('-inf'), (1)) v(x) ORDER BY x) TO STDOUT;
COPY (SELECT x, 'a,b' FROM (VALUES ('NaN'::numeric), ('inf'), ('-inf')) v(x) ORDER BY x) TO STDOUT (FORMAT csv, HEADER);

CREATE TABLE plain (n numeric, p numeric(10,2), i int, d float8);
INSERT INTO plain VALUES (1.5, 2.25, 1, 'NaN'), (3, 4.50, 2, 'inf'), (NULL, NULL, NULL, NULL);
SELECT p FROM plain WHERE p < 'Infinity' ORDER BY p;
SELECT p FROM plain WHERE p = 'NaN' OR p > '-Infinity' ORDER BY p;
SELECT p FROM plain WHERE p BETWEEN '-Infinity' AND 'Infinity' ORDER BY p;
SELECT count(*) FROM plain WHERE i < 'Infinity'::numeric;
SELECT coalesce(p, 'NaN'), greatest(p, 'NaN'::numeric), nullif(p, 'NaN'::numeric) FROM plain ORDER BY i;
SELECT sum(coalesce(p, 'NaN')), max(coalesce(p, 'Infinity')) FROM plain;
SELECT p + 'inf'::numeric, p * 'NaN'::numeric, i - 'inf'::numeric FROM plain ORDER BY i;
SELECT d > 'NaN'::numeric, d = 'inf'::numeric, d < 'NaN'::numeric FROM plain ORDER BY i;
SELECT CASE WHEN d = 'NaN' THEN 'NaN'::numeric ELSE p END FROM plain ORDER BY i;
SELECT a.p, b.x FROM plain a JOIN (VALUES ('NaN'::numeric), (2.25)) b(x) ON a.p = b.x;
SELECT p FROM plain WHERE p IN (SELECT x FROM (VALUES ('NaN'::numeric), (4.5)) v(x));
SELECT p FROM plain WHERE p NOT IN (2.25, 'NaN') ORDER BY 1;
-- departs: a column of doubles makes ordinary numerics, which are finite
SELECT d::numeric FROM plain WHERE d = 'NaN';
-- departs: stored numerics are finite
INSERT INTO plain (n) VALUES ('NaN');
-- departs: stored numerics are finite
INSERT INTO plain (p) VALUES ('NaN'::numeric);
-- departs: stored numerics are finite
INSERT INTO plain (p) VALUES ('Infinity');
-- departs: stored numerics are finite
INSERT INTO plain (n) SELECT 'inf'::numeric;
-- departs: stored numerics are finite
CREATE TABLE made AS SELECT 'NaN'::numeric AS x;
