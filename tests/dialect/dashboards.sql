-- The SQL that dashboards write: time grains, filters, quoted names and derived tables as Superset, Metabase,
-- Grafana, Tableau, Looker and Power BI have them in their public sources and documents.

CREATE TABLE "Sales" (id int, sold_at timestamp, seen_at timestamptz, day date, region text, "Unit Price" double precision, amount numeric(12,2), qty integer, paid boolean, note text);
INSERT INTO "Sales" VALUES
  (1, '2024-01-31 10:11:12.5', '2024-01-31 10:11:12.5+00', '2024-01-31', 'north', 1.5, 10.25, 3, true, 'first'),
  (2, '2024-02-29 23:59:59', '2024-02-29 23:59:59+02', '2024-02-29', 'south', 2.25, 20.50, 5, false, NULL),
  (3, '2024-03-10 00:00:00', '2024-03-10 00:00:00+00', '2024-03-10', 'north', 0.1, 0.99, 1, true, 'it''s'),
  (4, '2024-03-31 12:30:00', '2024-03-31 12:30:00-05', '2024-03-31', NULL, NULL, 100.00, NULL, NULL, ''),
  (5, '2023-12-25 08:00:00', '2023-12-25 08:00:00+00', '2023-12-25', 'east', 99.999, 5.00, 12, true, '100%');

-- Superset: grains, filters, samples, row limits, series.
SELECT DATE_TRUNC('day', sold_at) AS __timestamp, sum(amount) AS "SUM(amount)" FROM "Sales" GROUP BY DATE_TRUNC('day', sold_at) ORDER BY __timestamp LIMIT 1000;
SELECT DATE_TRUNC('hour', sold_at) AS sold_at, COUNT(*) AS count FROM "Sales" WHERE sold_at >= TO_TIMESTAMP('2024-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') AND sold_at < TO_TIMESTAMP('2024-04-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') GROUP BY DATE_TRUNC('hour', sold_at) ORDER BY count DESC, sold_at LIMIT 10000;
SELECT region AS region, count(*) AS count FROM "Sales" WHERE day >= TO_DATE('2024-01-01', 'YYYY-MM-DD') AND day < TO_DATE('2024-12-31', 'YYYY-MM-DD') GROUP BY region ORDER BY count DESC, region LIMIT 100;
SELECT DATE_TRUNC('week', sold_at) AS w FROM "Sales" ORDER BY 1;
SELECT DATE_TRUNC('week', DATE_TRUNC('day', sold_at) + INTERVAL '1 day') + INTERVAL '-1 day' AS w FROM "Sales" ORDER BY id;
SELECT DATE_TRUNC('minute', sold_at) + 15 * FLOOR(EXTRACT(MINUTE FROM sold_at) / 15) * INTERVAL '1 minute' AS q FROM "Sales" ORDER BY id;
SELECT DATE_TRUNC('minute', sold_at) + INTERVAL '5 minutes' * FLOOR(EXTRACT(MINUTE FROM sold_at) / 5) AS q FROM "Sales" ORDER BY id;
SELECT DATE_TRUNC('quarter', day) AS q, DATE_TRUNC('year', day) AS y, DATE_TRUNC('month', seen_at) AS m FROM "Sales" ORDER BY id;
SELECT timestamp 'epoch' + id * interval '1 second' AS t FROM "Sales" ORDER BY id;
SELECT (timestamp 'epoch' + (id / 1000) * interval '1 second') AS t FROM "Sales" ORDER BY id;
SELECT COUNT(DISTINCT region) AS "COUNT_DISTINCT(region)", AVG(qty) AS "AVG(qty)", MAX("Unit Price") AS "MAX(Unit Price)", MIN(day) AS "MIN(day)" FROM "Sales" LIMIT 50000;
SELECT * FROM (SELECT id, region FROM "Sales") AS virtual_table ORDER BY id LIMIT 2 OFFSET 1;
SELECT region, sum(amount) AS s FROM "Sales" JOIN (SELECT region AS region__, sum(amount) AS mme_inner__ FROM "Sales" GROUP BY region ORDER BY mme_inner__ DESC LIMIT 2) AS anon_1 ON region = region__ GROUP BY region ORDER BY s DESC;
SELECT COUNT(*) AS rowcount FROM (SELECT region AS region FROM "Sales" GROUP BY region LIMIT 1001) AS rowcount_qry;
-- departs: not yet as PostgreSQL answers
SELECT sum(CASE WHEN paid THEN amount ELSE 0 END) / nullif(sum(amount), 0) AS ratio FROM "Sales";
SELECT region FROM "Sales" WHERE region IN ('north', 'south') AND note ILIKE '%S%' ORDER BY 1;
SELECT region FROM "Sales" WHERE region NOT IN ('north') OR region IS NULL ORDER BY 1;
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY amount) AS median FROM "Sales";
SELECT width_bucket(amount, 0, 100, 5) AS bucket, count(*) FROM "Sales" GROUP BY 1 ORDER BY 1;
SELECT sold_at AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Vienna' AS local FROM "Sales" ORDER BY id;
SELECT DATE_TRUNC('day', sold_at) AS d, region, SUM(SUM(amount)) OVER (PARTITION BY region ORDER BY DATE_TRUNC('day', sold_at)) AS running FROM "Sales" GROUP BY 1, 2 ORDER BY 2, 1;

-- Metabase: casts of grains, quoted names, relative dates, bins.
SELECT CAST("Sales"."sold_at" AS date) AS "sold_at", COUNT(*) AS "count" FROM "Sales" GROUP BY CAST("Sales"."sold_at" AS date) ORDER BY CAST("Sales"."sold_at" AS date) ASC;
SELECT DATE_TRUNC('month', "Sales"."sold_at") AS "sold_at", SUM("Sales"."amount") AS "sum" FROM "Sales" GROUP BY DATE_TRUNC('month', "Sales"."sold_at") ORDER BY DATE_TRUNC('month', "Sales"."sold_at") ASC;
SELECT (DATE_TRUNC('week', ("Sales"."sold_at" + INTERVAL '1 day')) + INTERVAL '-1 day') AS "sold_at", COUNT(*) AS "count" FROM "Sales" GROUP BY (DATE_TRUNC('week', ("Sales"."sold_at" + INTERVAL '1 day')) + INTERVAL '-1 day') ORDER BY 1 ASC;
SELECT CAST(extract(dow from "Sales"."sold_at") AS integer) + 1 AS "dow", COUNT(*) AS "count" FROM "Sales" GROUP BY CAST(extract(dow from "Sales"."sold_at") AS integer) + 1 ORDER BY 1;
SELECT CAST(extract(hour from "Sales"."sold_at") AS integer) AS "h", CAST(extract(quarter from "Sales"."sold_at") AS integer) AS "q", CAST(extract(isodow from "Sales"."sold_at") AS integer) AS "d", CAST(extract(doy from "Sales"."sold_at") AS integer) AS "y", CAST(extract(week from "Sales"."sold_at") AS integer) AS "w" FROM "Sales" ORDER BY "Sales"."id";
SELECT ((FLOOR((("Sales"."Unit Price" - 0.0) / 12.5)) * 12.5) + 0.0) AS "Unit Price", COUNT(*) AS "count" FROM "Sales" GROUP BY ((FLOOR((("Sales"."Unit Price" - 0.0) / 12.5)) * 12.5) + 0.0) ORDER BY 1;
SELECT "source"."region" AS "region", "source"."avg" AS "avg" FROM (SELECT "Sales"."region" AS "region", AVG("Sales"."amount") AS "avg" FROM "Sales" GROUP BY "Sales"."region" ORDER BY "Sales"."region" ASC) AS "source" WHERE "source"."avg" > 1 ORDER BY 1 LIMIT 1048575;
SELECT COUNT(*) AS "count" FROM "Sales" WHERE ("Sales"."sold_at" >= CAST('2024-01-01' AS date)) AND ("Sales"."sold_at" < CAST('2024-04-01' AS date));
SELECT COUNT(*) AS "count" FROM "Sales" WHERE "Sales"."seen_at" >= timestamp with time zone '2024-01-31 00:00:00.000Z' AND "Sales"."seen_at" < timestamp with time zone '2024-03-01 00:00:00.000Z';
SELECT COUNT(*) AS "count" FROM "Sales" WHERE "Sales"."sold_at" >= DATE_TRUNC('month', (timestamp '2024-03-15 10:00:00' + INTERVAL '-1 month')) AND "Sales"."sold_at" < DATE_TRUNC('month', timestamp '2024-03-15 10:00:00');
SELECT (CAST("Sales"."qty" AS float) / CASE WHEN "Sales"."id" = 0 THEN NULL ELSE "Sales"."id" END) AS "each" FROM "Sales" ORDER BY id;
-- departs: not yet as PostgreSQL answers
SELECT COALESCE("Sales"."region", 'none') AS r, SUM(CASE WHEN "Sales"."qty" > 2 THEN 1 ELSE 0.0 END) AS "count-where" FROM "Sales" GROUP BY COALESCE("Sales"."region", 'none') ORDER BY 1;
SELECT SUM(COUNT(*)) OVER (ORDER BY "Sales"."region" ASC ROWS UNBOUNDED PRECEDING) AS "cum" FROM "Sales" GROUP BY "Sales"."region" ORDER BY "Sales"."region";
SELECT STDDEV_POP("Sales"."amount") AS s, VAR_POP("Sales"."qty") AS v FROM "Sales";
SELECT substring("Sales"."note" FROM 1 FOR 3) AS s, length("Sales"."note"), regexp_replace("Sales"."note", '[aeiou]', '*', 'g') FROM "Sales" ORDER BY id;
SELECT date_part('year', "Sales"."day"), extract(epoch from "Sales"."sold_at") FROM "Sales" ORDER BY id;
SELECT TRUE AS "_" FROM "Sales" WHERE 1 <> 1 LIMIT 0;
SELECT CAST("Sales"."note" AS text) AS n, concat("Sales"."region", '-', "Sales"."id") AS c FROM "Sales" ORDER BY id;
SELECT "Sales"."sold_at" - INTERVAL '3' DAY AS a, "Sales"."day" + 7 AS b, "Sales"."day" - date '2024-01-01' AS c FROM "Sales" ORDER BY id;
SELECT (EXTRACT(EPOCH FROM "Sales"."seen_at" AT TIME ZONE 'UTC'))::bigint FROM "Sales" ORDER BY id;

-- Grafana: macros expanded.
SELECT floor(extract(epoch from sold_at)/86400)*86400 AS "time", sum(amount) AS "total" FROM "Sales" WHERE sold_at BETWEEN '2024-01-01T00:00:00Z' AND '2024-12-31T23:59:59Z' GROUP BY 1 ORDER BY 1;
SELECT extract(epoch from seen_at) AS "time", qty FROM "Sales" WHERE seen_at >= '2024-01-01T00:00:00Z' AND seen_at <= '2024-06-30T00:00:00.123Z' ORDER BY 1;
SELECT date_trunc('day', seen_at) AS time, region AS metric, avg("Unit Price") AS value FROM "Sales" WHERE seen_at >= to_timestamp(1704067200) AND seen_at < to_timestamp(1719705600) GROUP BY time, metric ORDER BY time, metric;
SELECT date_bin('6 hours', sold_at, timestamp '2000-01-01') AS bin, count(*) FROM "Sales" GROUP BY bin ORDER BY bin;
SELECT id AS __value, region AS __text FROM "Sales" WHERE region ~ '^(north|south)$' ORDER BY 1;
SELECT quote_ident(table_name) FROM information_schema.tables WHERE quote_ident(table_schema) NOT IN ('information_schema', 'pg_catalog') AND table_name = 'Sales';
SELECT column_name AS text FROM information_schema.columns WHERE table_name = 'Sales' AND data_type IN ('timestamp without time zone', 'timestamp with time zone', 'bigint', 'integer', 'double precision', 'real') ORDER BY ordinal_position;

-- Tableau: casts and trunc, double-quoted everything, HAVING (COUNT(1) > 0).
SELECT CAST(TRUNC(EXTRACT(YEAR FROM "Sales"."sold_at")) AS INTEGER) AS "yr:sold_at:ok", SUM("Sales"."amount") AS "sum:amount:ok" FROM "Sales" "Sales" GROUP BY 1 ORDER BY 1;
SELECT CAST(DATE_TRUNC('MONTH', CAST("Sales"."sold_at" AS TIMESTAMP)) AS DATE) AS "tmn:sold_at:ok" FROM "Sales" "Sales" GROUP BY 1 ORDER BY 1;
SELECT DATE_TRUNC( 'QUARTER', CAST("Sales"."day" AS TIMESTAMP) ) AS "tqr" FROM "Sales" "Sales" GROUP BY 1 HAVING (COUNT(1) > 0) ORDER BY 1;
SELECT (CAST("Sales"."day" AS DATE) + 1 * INTERVAL '1 DAY') AS "next" FROM "Sales" "Sales" ORDER BY "Sales"."id";
SELECT CAST((DATE_PART('DOW', "Sales"."day") + 1) AS INTEGER) AS "wd" FROM "Sales" "Sales" ORDER BY "Sales"."id";
SELECT "Sales"."region" AS "region", COUNT(DISTINCT "Sales"."id") AS "ctd:id:ok" FROM "Sales" "Sales" WHERE ((CAST(TRUNC(EXTRACT(YEAR FROM "Sales"."day")) AS INTEGER) = 2024) AND (("Sales"."region" IN ('north', 'south')) OR ("Sales"."region" IS NULL))) GROUP BY "Sales"."region" ORDER BY 1;
SELECT SUM(1) AS "cnt" FROM "Sales" "Sales" HAVING (COUNT(1) > 0);
SELECT "Sales"."region" AS r, (CASE WHEN ("Sales"."qty" >= 3) THEN 'many' WHEN NOT ("Sales"."qty" >= 3) THEN 'few' ELSE NULL END) AS "how" FROM "Sales" "Sales" ORDER BY "Sales"."id";
SELECT STRPOS("Sales"."note", 's') AS p, LTRIM(RTRIM(' x ')) AS t, UPPER("Sales"."region") AS u FROM "Sales" "Sales" ORDER BY "Sales"."id";
-- departs: not yet as PostgreSQL answers
SELECT AVG(CAST("Sales"."qty" AS DOUBLE PRECISION)) AS a, STDDEV_SAMP("Sales"."qty") AS s, CAST(SUM("Sales"."amount") AS DOUBLE PRECISION) AS f FROM "Sales" "Sales";
SELECT "t0"."x" FROM (SELECT MAX("Sales"."day") AS "x", 1 AS "k" FROM "Sales" "Sales" GROUP BY 2) "t0";
SELECT ((CAST('2024-03-31' AS DATE)) - (CAST('2024-01-31' AS DATE))) AS n, ROUND(CAST(2.5 AS NUMERIC), 0) AS r, ROUND(CAST(2.345 AS NUMERIC), 2) AS s, CAST(2.5 AS INTEGER) AS i, CAST(3.5::float8 AS INTEGER) AS j;

-- Looker: to_char, date arithmetic, derived CTEs, symmetric keys.
SELECT TO_CHAR(DATE_TRUNC('month', "Sales"."sold_at" ), 'YYYY-MM') AS "m", COALESCE(SUM("Sales"."amount" ), 0) AS "t" FROM "Sales" GROUP BY (DATE_TRUNC('month', "Sales"."sold_at" )) ORDER BY 1 DESC FETCH NEXT 500 ROWS ONLY;
SELECT (DATE("Sales"."sold_at" )) AS d, (TO_CHAR("Sales"."sold_at", 'YYYY-MM-DD HH24:MI:SS')) AS s, (EXTRACT(DAY FROM "Sales"."sold_at")::integer) AS x, TO_CHAR("Sales"."sold_at", 'Day') AS w FROM "Sales" ORDER BY id;
SELECT * FROM (SELECT *, DENSE_RANK() OVER (ORDER BY z___min_rank) AS z___pivot_row_rank, RANK() OVER (PARTITION BY z__pivot_col_rank ORDER BY z___min_rank) AS z__pivot_col_ordering FROM (SELECT *, MIN(z___rank) OVER (PARTITION BY "region") AS z___min_rank FROM (SELECT *, RANK() OVER (ORDER BY "t" DESC, "region") AS z___rank FROM (SELECT region, DENSE_RANK() OVER (ORDER BY paid) AS z__pivot_col_rank, SUM(amount) AS t FROM "Sales" GROUP BY region, paid) ww) bb) aa) xx ORDER BY z___pivot_row_rank, region;
SELECT COALESCE(COALESCE(CAST((SUM(DISTINCT (CAST(FLOOR(COALESCE("Sales"."qty", 0)*(1000000*1.0)) AS DECIMAL(38,0))))) AS DOUBLE PRECISION) / CAST((1000000*1.0) AS DOUBLE PRECISION), 0), 0) AS s FROM "Sales";
SELECT COUNT(*) FROM "Sales" WHERE ((( "Sales"."sold_at" ) >= ((DATE_TRUNC('day', TIMESTAMP '2024-03-31 15:00:00') + (-29 || ' day')::INTERVAL)) AND ( "Sales"."sold_at" ) < ((DATE_TRUNC('day', TIMESTAMP '2024-03-31 15:00:00') + (1 || ' day')::INTERVAL))));
SELECT 1 AS k, CASE WHEN COUNT(*) <= 10000 THEN (ARRAY_AGG(region ORDER BY region))[1] END AS f FROM "Sales";
SELECT MD5(region) AS h FROM "Sales" ORDER BY id;
SELECT (CASE WHEN paid THEN 'Yes' ELSE 'No' END) AS paid, COUNT(CASE WHEN qty > 1 THEN 1 ELSE NULL END) AS c FROM "Sales" GROUP BY 1 ORDER BY 1;
-- departs: not yet as PostgreSQL answers
WITH s AS (SELECT region, SUM(qty) AS q FROM "Sales" GROUP BY 1) SELECT s.region, s.q, 1.0 * s.q / NULLIF(SUM(s.q) OVER (), 0) AS share FROM s ORDER BY 1;

-- Power BI: derived tables all the way down, "_" and "$Table" as names, limit 1000001.
select "_"."region", "_"."a0" from (select "rows"."region" as "region", sum("rows"."amount") as "a0" from (select "_"."region", "_"."amount" from "Sales" "_" where "_"."paid" = true) "rows" group by "region") "_" where not "_"."a0" is null order by 1 limit 1000001;
select count(distinct("region")) + max(case when "region" is null then 1 else 0 end) as "a0" from "Sales" "$Table";
select "$Ordered"."id", "$Ordered"."region" from (select "_"."id", "_"."region" from "Sales" "_") "$Ordered" order by "$Ordered"."region", "$Ordered"."id" limit 4096;
select cast(date_part('year', "_"."sold_at") as int) as "y", cast("_"."amount" as numeric(19, 4)) as "c", "_"."qty"::bigint as "q" from "Sales" "_" order by "_"."id";
select "rows"."t0" from (select case when "_"."qty" > 2 then cast(1 as smallint) else null end as "t0" from "Sales" "_") "rows" order by 1;

-- Spreadsheets and people.
-- departs: not yet as PostgreSQL answers
SELECT 1 AS a UNION ALL SELECT 2.5 ORDER BY a;
SELECT region, qty, rank() OVER (ORDER BY qty DESC NULLS LAST), lag(qty) OVER (ORDER BY id), ntile(2) OVER (ORDER BY id), first_value(qty) OVER (PARTITION BY region ORDER BY id) FROM "Sales" ORDER BY id;
SELECT string_agg(DISTINCT region, ', ' ORDER BY region) AS all_regions, array_agg(id ORDER BY id DESC) AS ids, bool_and(paid), bool_or(paid), count(*) FILTER (WHERE paid) AS paid FROM "Sales";
SELECT region, paid, sum(amount), grouping(region), grouping(region, paid) FROM "Sales" GROUP BY ROLLUP (region, paid) ORDER BY 1, 2, 3;
SELECT DISTINCT ON (region) region, id, amount FROM "Sales" ORDER BY region, amount DESC;
SELECT to_char(amount, 'FM999,990.00') AS money, to_char(qty, '000') AS q, to_char(0.5, '99%') AS p FROM "Sales" ORDER BY id;
SELECT age(timestamp '2024-03-31', timestamp '2024-01-15'), now() - now() AS none, justify_days(interval '45 days');
SELECT greatest(qty, 2), least("Unit Price", 1), coalesce(note, 'none'), nullif(note, '') FROM "Sales" ORDER BY id;
-- departs: not yet as PostgreSQL answers
SELECT round(amount / 3, 2) AS r, amount / 3 AS d, amount * 0.2 AS v, amount % 7 AS m, -amount AS n FROM "Sales" ORDER BY id;
SELECT avg(amount) AS a, avg(qty) AS b, avg("Unit Price") AS c, sum(qty) AS d, sum(amount) AS e, sum("Unit Price") AS f FROM "Sales";
SELECT day, generate_series(1, 2) AS n FROM "Sales" ORDER BY day, n LIMIT 3;
SELECT d::date FROM generate_series('2024-01-01'::timestamp, '2024-01-03', '1 day') AS d;
SELECT s.day, count(x.id) FROM (SELECT generate_series(date '2024-03-09', date '2024-03-11', interval '1 day')::date AS day) AS s LEFT JOIN "Sales" AS x ON x.day = s.day GROUP BY s.day ORDER BY s.day;
SELECT * FROM "Sales" WHERE id = '3';
SELECT id FROM "Sales" WHERE qty BETWEEN '1' AND '5' ORDER BY id;
SELECT id FROM "Sales" WHERE "Unit Price" > '1' ORDER BY id;
SELECT id FROM "Sales" WHERE paid = 'true' ORDER BY id;
SELECT id FROM "Sales" WHERE day = '2024-02-29';
SELECT id FROM "Sales" WHERE day > 'yesterday';
SELECT id FROM Sales;
SELECT Id FROM "Sales" ORDER BY ID;
SELECT "ID" FROM "Sales";
SELECT sum(region) FROM "Sales";
SELECT region, count(*) FROM "Sales";
SELECT id FROM "Sales" WHERE region = 5;
SELECT id FROM "Sales" WHERE sum(qty) > 5;
SELECT id AS x FROM "Sales" WHERE x = 1;
SELECT id FROM "Sales" ORDER BY 2;
SELECT id FROM "Sales" LIMIT -1;
SELECT id / 0 FROM "Sales";
SELECT amount::date FROM "Sales";
SELECT 'x'::int;
SELECT '2024-13-01'::date;
SELECT '2024-02-30'::date;
SELECT to_date('2024-02-30', 'YYYY-MM-DD');
SELECT nosuch(id) FROM "Sales";
SELECT id, FROM "Sales";
SELECT count(*) FROM "Sales" GROUP BY;
