-- Implicit casts, unknown literals, common types, booleans, NULL, rows.

-- Unknown literals take the other side's type.
SELECT 1 + '2', '2' + 1, 1.5 + '2', '3' * 2, '7' / 2, '7' % 2, 2 - '1', 1::int8 + '5', 1::float8 + '1.5';
SELECT pg_typeof(1 + '2')::text, pg_typeof(1.5 + '2')::text, pg_typeof('a' || 'b')::text, pg_typeof('5')::text, pg_typeof(NULL)::text;
SELECT '1' + '2';
SELECT 1 + 'a';
SELECT 1 + '1.5';
SELECT 1 = '1', '1' = 1, 1 < '2', 1.5 = '1.50', true = 't', 1 <> '1', 5 BETWEEN '1' AND '9', 1 IN ('1', '2'), '1' IN (1, 2), 3 NOT IN ('1', '2');
SELECT 1 = 'a';
SELECT 1 IN ('1', 'a');
SELECT 1 IN ('1'::text, '2');
SELECT 'a' = 'a', 'a' < 'b';
SELECT -'5', +'5';
SELECT NOT 'true', NOT 'f';
SELECT NOT 1;
SELECT true AND 'yes', 'no' OR false;
SELECT true AND 1;
SELECT 1 AND 2;
SELECT 'x' AND true;
SELECT '2024-01-31'::date = '2024-01-31', '2024-01-31'::date > '2024-01-01', '2024-01-31' = '2024-01-31'::date;
SELECT '2024-01-31'::date = 'junk';
-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
SELECT coalesce(NULL, 1, 2), coalesce(1, '2'), coalesce(NULL, 'a'), coalesce(1, 2.5), coalesce(NULL, NULL);
SELECT coalesce(1, 'a');
SELECT coalesce(1, 'a'::text);
-- departs: the same error in other words
SELECT coalesce();
SELECT nullif(1, 1), nullif(1, 2), nullif(1, '1'), nullif('a', 'b'), nullif(NULL, 1), nullif(1.5, 1);
SELECT nullif(1, 'a'::text);
SELECT pg_typeof(nullif(1, 2.5))::text, pg_typeof(coalesce(1, 2.5))::text, pg_typeof(coalesce('a', 'b'))::text, pg_typeof(CASE WHEN true THEN 1 ELSE 2.5 END)::text;
SELECT CASE WHEN true THEN 1 ELSE '2' END, CASE WHEN false THEN 1 ELSE 2.5 END, CASE 1 WHEN '1' THEN 'a' END, CASE WHEN false THEN 1 END;
SELECT CASE WHEN true THEN 1 ELSE 'a' END;
SELECT CASE WHEN true THEN 1 ELSE 'a'::text END;
SELECT CASE WHEN 1 THEN 1 END;
SELECT CASE 1 WHEN 'a' THEN 1 END;
SELECT CASE 'a'::text WHEN 1 THEN 1 END;
SELECT CASE 1 WHEN 1 THEN 1 ELSE 1 / 0 END, CASE WHEN false THEN 1 / 0 ELSE 5 END;
-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
SELECT ARRAY[1, '2'], ARRAY[1, 2.5], ARRAY['a', 'b'], ARRAY[NULL, 1];
SELECT ARRAY[1, 'a'];
SELECT ARRAY[1, 'a'::text];
SELECT ARRAY[1, true];
VALUES (1), ('7');
-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
VALUES (1), (2.5), (NULL);
VALUES (1), ('a');
VALUES (1), ('a'::text);
VALUES (1, 2), (3);
SELECT 1 UNION SELECT '2' ORDER BY 1;
-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
SELECT 1 UNION ALL SELECT 2.5;
SELECT 1 UNION SELECT 'a';
SELECT 1 UNION SELECT 'a'::text;
SELECT 1 UNION SELECT true;
SELECT NULL UNION SELECT 1;
SELECT 'a' UNION SELECT 'b' ORDER BY 1;
SELECT 1 UNION SELECT 1, 2;
SELECT 1 EXCEPT SELECT '1';
-- departs: the first branch names the type of INTERSECT
SELECT 1 INTERSECT SELECT 1.0;
SELECT 1::int2 UNION ALL SELECT 1::int8;
SELECT greatest(1, '2'), least(1.5, '1'), greatest(1, 'a'::text);
SELECT abs('5'), sqrt('4'), round('2.5'), length('abc'), upper('a'), power('2', '3');
SELECT round('2.5', 1), mod('7', '4'), mod(7, '4'), repeat('a', '3'), left('abc', '2'), substring('abc', '2');
-- departs: the same refusal in other words
SELECT sum('5');
SELECT x FROM (VALUES (1), (2)) t(x) WHERE x = '1';
SELECT x || 'a' FROM (VALUES (1), (2)) t(x) ORDER BY 1;
SELECT x FROM (VALUES ('1'), ('2')) t(x) WHERE x = 1;
SELECT x + 1 FROM (VALUES ('1'), ('2')) t(x);
SELECT x FROM (SELECT '1' AS x) t WHERE x = '1';

-- Functions and operators that do not exist.
SELECT length(5);
SELECT lower(5);
SELECT lower();
SELECT lower('a', 'b');
SELECT no_such_function(1);
SELECT no_such_function(1, 'a', NULL, 1.5, true, now());
SELECT abs('a'::text);
SELECT abs(true);
SELECT abs();
SELECT abs(1, 2);
SELECT sqrt(true);
SELECT round('x'::text);
SELECT substring(5, 1);
SELECT left(5, 1);
SELECT left('a', 1.5);
SELECT repeat('a', 1.5);
SELECT power('a'::text, 2);
SELECT trim(5);
SELECT position(1 in 'a');
SELECT replace('a', 1, 'b');
SELECT split_part('a', 'b', 'c'::text);
SELECT 'a'::text - 1;
SELECT true + 1;
SELECT true + true;
SELECT 1 + true;
SELECT true = 1;
SELECT true > false, true = 't', false < true;
-- departs: the same refusal in other words
SELECT -true;
-- departs: the same refusal in other words
SELECT - 'a'::text;
SELECT 1 || 2;
SELECT 1 || true;
SELECT 1 LIKE 1;
SELECT 1 ~ 1;
SELECT true & false;
SELECT 1.5 # 2.5;
SELECT ARRAY[1] + 1;
SELECT ARRAY[1] = 1;
SELECT now() + 1;
SELECT '2024-01-01'::date + '2024-01-01'::date;
SELECT '2024-01-01'::date = 1;
SELECT '2024-01-01'::date * 2;
SELECT 1 = ANY (1);
SELECT 1 = ANY (ARRAY['a']);
SELECT 1 = ANY ('{1,2}');
SELECT sum(true);
SELECT max();
SELECT avg('a'::text);
SELECT @ 'a'::text;
SELECT ~ 1.5;

-- Casts.
SELECT 1::text, 1.50::text, true::text, false::varchar, 1.5::float8::text, 'a'::text::varchar, NULL::int, 1::bool, 0::bool, 5::bool;
SELECT true::int, false::int;
SELECT true::int8;
SELECT true::numeric;
SELECT 1.5::bool;
SELECT 1::date;
SELECT '2024-01-01'::date::int;
SELECT 1::bytea;
SELECT 1::int[];
SELECT ARRAY[1]::int;
SELECT now()::int;
SELECT 'a'::bytea::int;
SELECT 1::json;
SELECT 1::nope;
SELECT CAST(1 AS text), CAST('5' AS int), CAST(2.5 AS int), int '5', text 'a', bool 'yes', int4 '7', CAST(NULL AS text);
SELECT int4(5.5), float8(1), int8('7'), bool('t'), int2(7), float4(2.5);
SELECT text(5);
SELECT '5'::text::int, '5'::varchar::int, '2.5'::text::numeric, 't'::text::bool, '5'::char(3)::int;
SELECT 'abc'::text::int;
-- departs: "char" is a text here
SELECT 65::"char", 'a'::"char", 'abc'::"char", ''::"char";
SELECT 1::oid, '5'::oid, 4294967295::oid;
-- departs: the type is refused by name
SELECT 'a'::money;
-- departs: the type is refused by name
SELECT 'a'::inet;
-- departs: the type is refused by name
SELECT '101'::bit(3);
-- departs: the type is refused by name
SELECT B'101';
-- departs: the type is refused by name
SELECT X'1F';
-- departs: the type is refused by name
SELECT 5::bit(4);
-- departs: the type is refused by name
SELECT '08:00:2b:01:02:03'::macaddr;

-- Booleans.
SELECT 'yes'::bool, 'no'::bool, 'on'::bool, 'off'::bool, '1'::bool, '0'::bool, 't'::bool, 'f'::bool, 'true'::bool, 'FALSE'::bool, ' y '::bool, 'tr'::bool, 'of'::bool, 'ye'::bool;
SELECT 'maybe'::bool;
SELECT 'o'::bool;
SELECT ''::bool;
SELECT '2'::bool;
SELECT true IS TRUE, false IS TRUE, NULL IS TRUE, true IS NOT TRUE, NULL IS NOT TRUE, false IS FALSE, NULL IS FALSE, NULL IS UNKNOWN, true IS UNKNOWN, true IS NOT UNKNOWN, NULL::bool IS NOT FALSE;
SELECT 1 IS TRUE;
SELECT 'x' IS TRUE;
SELECT 't' IS TRUE;
SELECT true AND NULL, false AND NULL, true OR NULL, false OR NULL, NOT NULL, NULL AND NULL;
SELECT NULL = NULL, NULL <> 1, 1 = NULL, NULL + 1, NULL || 'a', NULL IN (1), 1 IN (NULL, 1), 2 IN (NULL, 1), 1 NOT IN (NULL, 2);
SELECT 1 ISNULL, NULL ISNULL, 1 NOTNULL, NULL NOTNULL;
SELECT 5 BETWEEN 1 AND 10, 5 BETWEEN 10 AND 1, 5 BETWEEN SYMMETRIC 10 AND 1, 5 NOT BETWEEN 1 AND 3, 5 NOT BETWEEN SYMMETRIC 10 AND 1, 5 BETWEEN ASYMMETRIC 1 AND 10, NULL BETWEEN 1 AND 2;
SELECT 1 IS DISTINCT FROM 2, 1 IS DISTINCT FROM NULL, 1 IS NOT DISTINCT FROM 1, 1 IS DISTINCT FROM '1', NULL IS NOT DISTINCT FROM NULL;
SELECT bool_and(x), bool_or(x) FROM (VALUES (true), (false), (NULL)) t(x);
SELECT x FROM (VALUES (true), (false), (NULL)) t(x) ORDER BY x;
-- departs: functions behind aggregates do not exist here
SELECT booland_statefunc(true, false), boolor_statefunc(true, false), bool(1), true::text || 'x';

-- Rows.
SELECT (1, 2) < (1, 3), (1, 2) = (1, 2), (1, 2) <> (1, 3), (2, 1) > (1, 9), (1, 2) <= (1, 2), (1, NULL) < (2, 1), (1, NULL) = (1, 2), (1, NULL) = (2, NULL);
SELECT ROW(1, 2) = ROW(1, 2), ROW(1, 'a') = (1, 'a'), ROW(1, 2) <> ROW(1, 3), ROW(1, 2) IS NULL, ROW(NULL, NULL) IS NULL, ROW(1, NULL) IS NOT NULL, ROW(1, NULL) IS NULL;
SELECT (1, 2) IN ((1, 2), (3, 4)), (1, 5) IN ((1, 2), (3, 4)), (1, 2) NOT IN ((1, 3));
SELECT (1, 2) = (1, 2, 3);
SELECT (1, 2) = (1, 'a');
-- departs: in binary a literal in a row is a text, where PostgreSQL says unknown
SELECT ROW(1, 'a'), (1, 2), ROW(), ROW(NULL, 'x y', 1.50, true);
SELECT (1, 2) IS DISTINCT FROM (1, 2), (1, NULL) IS DISTINCT FROM (1, NULL), (1, 2) BETWEEN (1, 1) AND (1, 3);
SELECT x, y FROM (VALUES (1, 'a'), (2, 'b'), (1, 'b')) t(x, y) WHERE (x, y) > (1, 'a') ORDER BY x, y;
SELECT x, y FROM (VALUES (1, 'a'), (2, 'b'), (1, 'b')) t(x, y) WHERE (x, y) IN ((1, 'a'), (2, 'b')) ORDER BY x, y;

-- Assignment.
CREATE TABLE a (i int4, s int2, b bool, t text, n numeric(5, 2), f float8, d date, v varchar(3), arr int[]);
INSERT INTO a (i) VALUES (1), ('2'), (NULL);
INSERT INTO a (i) VALUES (2.5), (3.4);
INSERT INTO a (s) VALUES (40000);
INSERT INTO a (i) VALUES ('a');
INSERT INTO a (i) VALUES ('a'::text);
INSERT INTO a (i, t) VALUES (1, 'x'), (2, 5);
INSERT INTO a (b) VALUES (1);
INSERT INTO a (b) VALUES ('yes');
INSERT INTO a (t) VALUES (true);
INSERT INTO a (n) VALUES (1234.5);
INSERT INTO a (n) VALUES (1.005), ('2.345');
INSERT INTO a (f) VALUES ('1.5'), (2), (2.5);
INSERT INTO a (d) VALUES (5);
INSERT INTO a (d) VALUES ('2024-13-01');
INSERT INTO a (d) VALUES ('2024-12-01');
INSERT INTO a (v) VALUES ('abcd');
INSERT INTO a (v) VALUES (12), (1234);
INSERT INTO a (arr) VALUES ('{1,2}'), (ARRAY[3]), (NULL);
INSERT INTO a (arr) VALUES ('{a}');
INSERT INTO a (arr) VALUES (ARRAY['a']);
INSERT INTO a (i, s) SELECT '7', 8;
INSERT INTO a (i) SELECT 'x'::text;
INSERT INTO a (nope) VALUES (1);
INSERT INTO a (i, i) VALUES (1, 2);
INSERT INTO a (i, s) VALUES (1);
INSERT INTO a (i) VALUES (1, 2);
SELECT * FROM a ORDER BY i, s, t, n, f, d, v, b, arr;
DROP TABLE a;

-- The names of columns.
SELECT 1, 1 + 1, 'a', true, NULL, 1.5, -1, 1::int, '1'::text, CAST(1 AS int8), now() IS NULL, 1 IN (1), 1 BETWEEN 1 AND 2, NOT true, (1), (SELECT 1), (SELECT 1 AS x), EXISTS (SELECT 1), ARRAY[1], ARRAY(SELECT 1), (ARRAY[1])[1], ROW(1), CASE WHEN true THEN 1 END, CASE WHEN true THEN 1 ELSE abs(1) END, coalesce(1), nullif(1, 2), greatest(1), least(1), abs(1), date '2024-01-01', interval '1 day', current_date IS NULL, 1::numeric(5, 2), 'a'::char(3), 'a'::varchar, 1::float8, 1::bool;
SELECT abs(1)::text, upper('a') || 'b', (abs(1)), -abs(1), (1 + 2)::text, 'a'::text::varchar, ((1))::text, CASE WHEN true THEN 1 END::text, coalesce(1, 2)::text, 1 IS NULL, abs(1) IS NULL, count(*), sum(1), max(1) + 1, count(*)::int, true AND false, 'x' = 'y', 1 = ANY (ARRAY[1]), pg_typeof(1)::text, generate_series(1, 1);
SELECT t.x, x, t.x + 1, (t.x), -x, x::text, abs(x), (t).x FROM (SELECT 1 AS x) t;
