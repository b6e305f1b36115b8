-- What drivers and libraries ask: catalogs compared with lists of text, names in quotes, recursion in a subquery.
CREATE TABLE item (id int NOT NULL, "Name" varchar(10), price numeric(10,2), tags text[]);
INSERT INTO item VALUES (1, 'a', 1.24, '{x,y}'), (2, NULL, 12.50, NULL);

SELECT relname FROM pg_class WHERE relkind = ANY (ARRAY['r'::varchar, 'v'::varchar]) AND relname = 'item';
SELECT 'x'::name = ANY (ARRAY['x'::varchar]), 'x'::varchar = ANY (ARRAY['x'::name]), 'x'::text <> ALL (ARRAY['y'::varchar]);
SELECT ARRAY['x'::varchar], pg_typeof(ARRAY['x'::varchar])::text, ARRAY['x'::varchar]::text[];
SELECT 'r'::"char" = ANY (ARRAY[1, 2]);

SELECT '"catalog" . item'::regclass IS NULL;
SELECT ' pg_catalog . "pg_class" '::regclass;
SELECT 'item "x"'::regclass;
SELECT 'item"x'::regclass;
SELECT 'pg_catalog.'::regclass;
SELECT '.item'::regclass;
SELECT ''::regclass;
SELECT '"item'::regclass;
SELECT '""'::regclass;
SELECT 'a b'::regclass;
SELECT 'a.b.c.d'::regclass;
SELECT to_regclass('a b');
SELECT to_regclass('nowhere.item') IS NULL;
SELECT 'a b'::regrole;
SELECT 'a.b'::regnamespace;

SELECT t.typname, (WITH RECURSIVE b(oid, depth) AS (SELECT t2.typelem, 0 FROM pg_type t2 WHERE t2.oid = t.oid UNION ALL SELECT t2.typelem, b.depth + 1 FROM pg_type t2, b WHERE b.oid = t2.oid AND t2.typelem <> 0) SELECT oid FROM b ORDER BY depth DESC LIMIT 1) AS last FROM pg_type t WHERE t.oid IN (16, 1007, 1009, 1034) ORDER BY t.oid;
SELECT a, (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < a) SELECT sum(n) FROM c) FROM generate_series(0, 4) AS g(a) ORDER BY a;
SELECT a, (WITH RECURSIVE c(n) AS (SELECT a UNION SELECT (n * 2) % 7 FROM c) SELECT string_agg(n::text, ',' ORDER BY n) FROM c) FROM generate_series(1, 3) AS g(a) ORDER BY a;
SELECT a, EXISTS (WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + a FROM c WHERE n < 5) SELECT 1 FROM c WHERE n = 5) FROM generate_series(1, 3) AS g(a) ORDER BY a;

SELECT pg_typeof(max(oid))::text, pg_typeof(min(oid))::text, pg_typeof(array_agg(oid))::text, pg_typeof(array_agg(relname))::text, pg_typeof(array_agg(relkind))::text FROM pg_class;
SELECT array_agg(oid ORDER BY oid), array_agg(typname ORDER BY oid) FROM pg_type WHERE oid IN (16, 17);
SELECT pg_typeof(ARRAY(SELECT oid FROM pg_type))::text, ARRAY(SELECT oid FROM pg_type WHERE oid < 18 ORDER BY oid);
SELECT pg_typeof(coalesce(r.rngsubtype, t.oid))::text, pg_typeof(CASE WHEN true THEN t.oid END)::text, pg_typeof(CASE WHEN false THEN NULL ELSE t.typname END)::text FROM pg_type t LEFT JOIN pg_range r ON r.rngtypid = t.oid WHERE t.oid = 16;
SELECT coalesce(NULL::uuid, '00000000-0000-0000-0000-000000000001'::uuid);
SELECT id, coalesce(tags, '{}'), coalesce(tags, '{a,b}'), coalesce(NULL, tags, ARRAY['z']) FROM item ORDER BY id;
SELECT (coalesce(NULL::int[], '{1,2}'))[2], pg_typeof(coalesce(NULL::date, '2024-01-01'))::text;
SELECT coalesce(tags, 1) FROM item;
SELECT coalesce(1.0, 2.5), coalesce(NULL, NULL) IS NULL, coalesce('a', 'b');

SELECT 1e+100::float8, 1e100 = 1e100::float8, 1.5e300::float8, 2.2250738585072014e-308::float8, 1.7976931348623157e308::float8;
SELECT f = 1e100, f = 0.1234567890123456789 FROM (VALUES (1e100::float8), (0.1234567890123456789::float8)) AS v (f);
SELECT 0.12345678901234567890::float8, 1234567890123456789.123::float8, 12345678.12345678::real, 1e22::numeric::float8, 123.456::numeric(10,3)::float8;
SELECT 1e39::real;
SELECT 1e40 + 1, 1e3 * 2, 1e-5, 1.25e2, 0e50, 1e75;

PREPARE by_price(numeric) AS SELECT id FROM item WHERE price = $1;
EXECUTE by_price(1.239);
EXECUTE by_price(1.24);
PREPARE scaled AS SELECT $1::numeric, $1::numeric(10,1), $1::numeric * 1.50;
EXECUTE scaled('12.340');
EXECUTE scaled(2);
SELECT name, statement, parameter_types, from_sql FROM pg_prepared_statements ORDER BY name;
DEALLOCATE scaled;
SELECT name, generic_plans + custom_plans > 0 FROM pg_prepared_statements;
DEALLOCATE ALL;
SELECT count(*) FROM pg_prepared_statements;

SELECT '(1,2)'::tid, '( 7, 65535)'::tid, '(-1,1)'::tid, ' (3,4)x'::tid, '(1,2)'::tid < '(2,0)', '(1,2)'::tid::text;
SELECT '(1,65536)'::tid;
SELECT '(1 ,2)'::tid;
SELECT 'x'::tid;
SELECT 5::tid;
SELECT '(1,2)'::tid::int;
SELECT '(1,2)'::tid = 5;
SELECT concat('(1,2)'::tid, '!'), to_json('(1,2)'::tid), '(1,2)'::tid || 'x';
SELECT ctid, id FROM item ORDER BY ctid;
SELECT min(ctid), max(ctid), pg_typeof(max(ctid))::text FROM item;
SELECT id FROM item WHERE ctid BETWEEN '(0,0)'::tid AND '(4294967295,0)'::tid ORDER BY id;
SELECT id FROM item WHERE ctid = ANY (ARRAY['(0,2)', '(0,9)']::tid[]);
SELECT *, ctid FROM item AS i WHERE i.ctid = '(0,2)';
SELECT DISTINCT tableoid::regclass::text FROM item;
SELECT ctid FROM (SELECT id FROM item) AS q;

BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT length(pg_export_snapshot()) > 10;
SET TRANSACTION SNAPSHOT '00000000-00000000-1';
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SET TRANSACTION SNAPSHOT '00000000-00000000-1';
ROLLBACK;
BEGIN;
SET TRANSACTION SNAPSHOT '00000000-00000000-1';
ROLLBACK;
