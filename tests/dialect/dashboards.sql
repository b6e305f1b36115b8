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
-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
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
-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
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
-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
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
-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
WITH s AS (SELECT region, SUM(qty) AS q FROM "Sales" GROUP BY 1) SELECT s.region, s.q, 1.0 * s.q / NULLIF(SUM(s.q) OVER (), 0) AS share FROM s ORDER BY 1;

-- Power BI: derived tables all the way down, "_" and "$Table" as names, limit 1000001.
select "_"."region", "_"."a0" from (select "rows"."region" as "region", sum("rows"."amount") as "a0" from (select "_"."region", "_"."amount" from "Sales" "_" where "_"."paid" = true) "rows" group by "region") "_" where not "_"."a0" is null order by 1 limit 1000001;
select count(distinct("region")) + max(case when "region" is null then 1 else 0 end) as "a0" from "Sales" "$Table";
select "$Ordered"."id", "$Ordered"."region" from (select "_"."id", "_"."region" from "Sales" "_") "$Ordered" order by "$Ordered"."region", "$Ordered"."id" limit 4096;
select cast(date_part('year', "_"."sold_at") as int) as "y", cast("_"."amount" as numeric(19, 4)) as "c", "_"."qty"::bigint as "q" from "Sales" "_" order by "_"."id";
select "rows"."t0" from (select case when "_"."qty" > 2 then cast(1 as smallint) else null end as "t0" from "Sales" "_") "rows" order by 1;

-- Spreadsheets and people.
-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
SELECT 1 AS a UNION ALL SELECT 2.5 ORDER BY a;
SELECT region, qty, rank() OVER (ORDER BY qty DESC NULLS LAST), lag(qty) OVER (ORDER BY id), ntile(2) OVER (ORDER BY id), first_value(qty) OVER (PARTITION BY region ORDER BY id) FROM "Sales" ORDER BY id;
SELECT string_agg(DISTINCT region, ', ' ORDER BY region) AS all_regions, array_agg(id ORDER BY id DESC) AS ids, bool_and(paid), bool_or(paid), count(*) FILTER (WHERE paid) AS paid FROM "Sales";
SELECT region, paid, sum(amount), grouping(region), grouping(region, paid) FROM "Sales" GROUP BY ROLLUP (region, paid) ORDER BY 1, 2, 3;
SELECT DISTINCT ON (region) region, id, amount FROM "Sales" ORDER BY region, amount DESC;
SELECT to_char(amount, 'FM999,990.00') AS money, to_char(qty, '000') AS q, to_char(0.5, '99%') AS p FROM "Sales" ORDER BY id;
SELECT age(timestamp '2024-03-31', timestamp '2024-01-15'), now() - now() AS none, justify_days(interval '45 days');
SELECT greatest(qty, 2), least("Unit Price", 1), coalesce(note, 'none'), nullif(note, '') FROM "Sales" ORDER BY id;
-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
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

-- Metabase: questions over questions, bins, weeks that begin on Sunday and the zone of a report (the forms are those of
-- its PostgreSQL driver as cube-js/cube #7010 and #8157 and metabase/metabase #42255 quote them).
SELECT (CAST(DATE_TRUNC('week', ("Sales"."sold_at" + INTERVAL '1 day')) AS TIMESTAMP) + INTERVAL '-1 day') AS "sold_at", SUM("Sales"."amount") AS "sum" FROM "Sales" GROUP BY (CAST(DATE_TRUNC('week', ("Sales"."sold_at" + INTERVAL '1 day')) AS TIMESTAMP) + INTERVAL '-1 day') ORDER BY (CAST(DATE_TRUNC('week', ("Sales"."sold_at" + INTERVAL '1 day')) AS TIMESTAMP) + INTERVAL '-1 day') ASC;
SELECT CAST((CAST(DATE_TRUNC('week', "Sales"."sold_at" + INTERVAL '1 day') AS DATE) + INTERVAL '-1 day') AS DATE) AS "sold_at", COUNT(*) AS "count" FROM "Sales" GROUP BY CAST((CAST(DATE_TRUNC('week', "Sales"."sold_at" + INTERVAL '1 day') AS DATE) + INTERVAL '-1 day') AS DATE) ORDER BY 1;
SELECT DATE_TRUNC('day', ("Sales"."seen_at" AT TIME ZONE 'America/New_York')) AS "seen_at", COUNT(*) AS "count" FROM "Sales" GROUP BY DATE_TRUNC('day', ("Sales"."seen_at" AT TIME ZONE 'America/New_York')) ORDER BY 1;
SELECT timezone('Europe/Vienna', "Sales"."seen_at") AS "local", CAST(timezone('Europe/Vienna', "Sales"."seen_at") AS date) AS "day" FROM "Sales" ORDER BY "Sales"."id";
SELECT "source"."sold_at" AS "sold_at", COUNT(*) AS "count" FROM (SELECT "source"."sold_at" AS "sold_at", "source"."sum" AS "sum" FROM (SELECT DATE_TRUNC('month', "Sales"."sold_at") AS "sold_at", SUM("Sales"."amount") AS "sum" FROM "Sales" GROUP BY DATE_TRUNC('month', "Sales"."sold_at")) AS "source" WHERE "source"."sum" > 5) AS "source" GROUP BY "source"."sold_at" ORDER BY "source"."sold_at" ASC;
SELECT "source"."id" AS "id", "source"."double" AS "double" FROM (SELECT "Sales"."id" AS "id", "Sales"."qty" AS "qty", ("Sales"."qty" * 2) AS "double" FROM "Sales") AS "source" WHERE "source"."double" > 4 ORDER BY "source"."id" LIMIT 2000;
SELECT "source"."region" AS "region", "Other"."region" AS "Other__region", COUNT(*) AS "count" FROM (SELECT "Sales"."region" AS "region", "Sales"."id" AS "id" FROM "Sales") AS "source" LEFT JOIN "Sales" AS "Other" ON "source"."id" = "Other"."id" WHERE (NOT ("source"."region" LIKE '%st') OR ("source"."region" IS NULL)) GROUP BY "source"."region", "Other"."region" ORDER BY "source"."region" ASC, "Other"."region" ASC;
SELECT COUNT(*) AS "count", COUNT(DISTINCT "Sales"."region") AS "distinct", SUM(CASE WHEN "Sales"."paid" = TRUE THEN 1 ELSE 0 END) AS "paid" FROM "Sales" WHERE (LOWER("Sales"."region") LIKE '%or%') AND ("Sales"."qty" IS NOT NULL);
SELECT PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY "Sales"."qty") AS "p90", PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY "Sales"."Unit Price") AS "median" FROM "Sales";
SELECT CAST(EXTRACT(year FROM "Sales"."day") AS integer) AS "y", CAST(EXTRACT(month FROM "Sales"."day") AS integer) AS "m", CAST(EXTRACT(day FROM "Sales"."day") AS integer) AS "d", CAST(EXTRACT(minute FROM "Sales"."sold_at") AS integer) AS "mi" FROM "Sales" ORDER BY "Sales"."id";
SELECT (MOD(CAST(EXTRACT(dow FROM "Sales"."sold_at") AS integer) + 1 - 1, 7) + 1) AS "dow" FROM "Sales" ORDER BY "Sales"."id";
SELECT COUNT(*) FROM "Sales" WHERE "Sales"."sold_at" >= DATE_TRUNC('week', (CAST('2024-03-15 10:00:00' AS timestamp) + INTERVAL '1 day')) + INTERVAL '-1 day';
SELECT CAST("Sales"."amount" AS double precision) / NULLIF(CAST("Sales"."qty" AS double precision), 0) AS "per" FROM "Sales" ORDER BY "Sales"."id";
SELECT CEIL("Sales"."Unit Price") AS c, FLOOR("Sales"."Unit Price") AS f, ROUND(CAST("Sales"."Unit Price" AS numeric), 1) AS r, ABS(-"Sales"."Unit Price") AS a, POWER("Sales"."Unit Price", 2) AS p, SQRT("Sales"."Unit Price") AS s FROM "Sales" ORDER BY "Sales"."id";

-- Grafana: what its macros become (grafana/grafana, pkg/tsdb/grafana-postgresql-datasource/macros.go), with time zones,
-- fills and nanoseconds.
-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
SELECT floor(extract(epoch from sold_at)/300)*300 AS "time", avg(qty) AS "qty" FROM "Sales" WHERE sold_at BETWEEN '2024-01-01T00:00:00Z' AND '2024-12-31T23:59:59.999Z' GROUP BY 1 ORDER BY 1;
SELECT floor(extract(epoch from seen_at)/604800)*604800 AS "time", region AS metric, count(*) AS "value" FROM "Sales" WHERE seen_at BETWEEN '2023-12-01T00:00:00.123456789Z' AND '2024-12-31T23:59:59Z' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT floor((id)/2)*2 AS "time", sum(amount) FROM "Sales" WHERE id >= 1 AND id <= 1735689600 GROUP BY 1 ORDER BY 1;
SELECT id AS "time", qty FROM "Sales" WHERE id * 1000000000 >= 1000000000 AND id * 1000000000 <= 3494410783152415214 ORDER BY 1;
SELECT sold_at AS "time", qty FROM "Sales" WHERE sold_at BETWEEN '2024-02-01T00:00:00Z' AND '2024-03-31T23:59:59Z' ORDER BY 1;
SELECT extract(epoch from day) as "time", qty FROM "Sales" WHERE day BETWEEN '2024-01-01T00:00:00Z' AND '2024-12-31T23:59:59Z' ORDER BY 1;
SELECT $$2024-01-01T00:00:00Z$$::timestamptz AS from_, '2024-12-31T23:59:59Z'::timestamptz - '2024-01-01T00:00:00Z'::timestamptz AS span;
-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
SELECT sold_at AS "time", avg(qty) OVER (ORDER BY sold_at ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS "moving" FROM "Sales" ORDER BY 1;
SELECT date_trunc('hour', seen_at, 'Europe/Vienna') AS "time", count(*) FROM "Sales" GROUP BY 1 ORDER BY 1;
SELECT to_timestamp(floor(extract(epoch from seen_at) / 86400) * 86400) AT TIME ZONE 'UTC' AS "time", count(*) FROM "Sales" GROUP BY 1 ORDER BY 1;
SELECT DISTINCT region FROM "Sales" WHERE region IN ('north','south') OR 'all' IN ('north') ORDER BY region;
SELECT count(*) FROM "Sales" WHERE region = ANY(ARRAY['north','south']);
SELECT count(*) FROM "Sales" WHERE region = ANY(string_to_array('north,east', ','));

-- Filters that may be empty, as dashboards with parameters write them.
SELECT count(*) FROM "Sales" WHERE (NULL::text IS NULL OR region = NULL::text);
SELECT count(*) FROM "Sales" WHERE ('north'::text IS NULL OR region = 'north'::text) AND (NULL::date IS NULL OR day >= NULL::date);
SELECT count(*) FROM "Sales" WHERE region = COALESCE(NULLIF('', ''), region);
SELECT count(*) FROM "Sales" WHERE day BETWEEN COALESCE(NULL::date, '-infinity'::date) AND COALESCE(NULL::date, 'infinity'::date);
SELECT count(*) FROM "Sales" WHERE (1 = 1) AND 1 = 0;
PREPARE filtered(text, date, int) AS SELECT id FROM "Sales" WHERE ($1::text IS NULL OR region = $1) AND ($2::date IS NULL OR day >= $2) ORDER BY id LIMIT $3 OFFSET 0;
EXECUTE filtered('north', NULL, 10);
EXECUTE filtered(NULL, '2024-03-01', 1);
EXECUTE filtered(NULL, NULL, NULL);
PREPARE grouped(text, int) AS SELECT date_trunc($1, sold_at) AS t, sum(qty + $2) FROM "Sales" GROUP BY date_trunc($1, sold_at) ORDER BY 1;
EXECUTE grouped('month', 1);
EXECUTE grouped('year', 0);
DEALLOCATE ALL;

-- Ranks, shares, buckets and running sums.
SELECT id, percent_rank() OVER (ORDER BY amount) AS pr, cume_dist() OVER (ORDER BY amount) AS cd, ntile(3) OVER (ORDER BY amount) AS third FROM "Sales" ORDER BY id;
SELECT id, row_number() OVER (PARTITION BY region ORDER BY amount DESC) AS n, amount - lag(amount, 1, 0.0) OVER (ORDER BY sold_at) AS change FROM "Sales" ORDER BY id;
SELECT width_bucket("Unit Price", 0, 100, 4) AS b, count(*), min("Unit Price"), max("Unit Price") FROM "Sales" GROUP BY b ORDER BY b;
SELECT width_bucket(qty, ARRAY[2, 4, 8]) AS b, count(*) FROM "Sales" GROUP BY b ORDER BY b;
SELECT mode() WITHIN GROUP (ORDER BY region) AS m, percentile_disc(0.5) WITHIN GROUP (ORDER BY qty) AS d, corr(qty, "Unit Price") IS NULL AS c FROM "Sales";
SELECT region, qty, sum(qty) OVER w AS running, avg(qty) OVER w AS mean, last_value(qty) OVER w AS last FROM "Sales" WHERE qty IS NOT NULL WINDOW w AS (ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) ORDER BY day;
SELECT day, count(*) OVER (ORDER BY day RANGE BETWEEN INTERVAL '30 days' PRECEDING AND CURRENT ROW) AS month FROM "Sales" ORDER BY day;
SELECT to_char(sold_at, 'IYYY-"W"IW') AS week, to_char(sold_at, 'Mon DD, YYYY') AS label, to_char(sold_at, 'HH12:MI AM') AS clock FROM "Sales" ORDER BY id;
SELECT extract(dow FROM sold_at) AS dow, extract(isodow FROM sold_at) AS isodow, extract(week FROM sold_at) AS week, extract(epoch FROM seen_at)::bigint AS epoch FROM "Sales" ORDER BY id;
SELECT to_timestamp(1706695872.5) AT TIME ZONE 'UTC' AS t, to_timestamp('31.01.2024 10:11', 'DD.MM.YYYY HH24:MI')::timestamp AS u;

-- In the shapes that Lightdash, Redash, Cube, Evidence and Hex generate; written after them, not taken from them.
WITH "lightdash_query" AS (SELECT DATE_TRUNC('MONTH', "Sales".sold_at) AS "sales_sold_at_month", SUM("Sales".amount) AS "sales_total" FROM "Sales" GROUP BY 1) SELECT *, "sales_total" / NULLIF(MAX("sales_total") OVER (), 0) > 0.5 AS "half" FROM "lightdash_query" ORDER BY "sales_sold_at_month" DESC LIMIT 500;
SELECT * FROM (SELECT region, amount FROM "Sales") AS metabase_like LIMIT 0;
SELECT count(*) AS count FROM (SELECT * FROM "Sales") AS redash_like;
SELECT "sales".region "sales__region", date_trunc('day', ("sales".sold_at::timestamptz AT TIME ZONE 'UTC')) "sales__sold_at_day", count(*) "sales__count", sum("sales".amount) "sales__total" FROM "Sales" AS "sales" WHERE ("sales".sold_at >= '2024-01-01T00:00:00.000Z'::timestamptz AND "sales".sold_at <= '2024-12-31T23:59:59.999Z'::timestamptz) GROUP BY 1, 2 ORDER BY 2 ASC, 1 LIMIT 10000;
SELECT q_0."sales__region", "sales__count" "sales__count", "sales__total" "sales__total" FROM (SELECT "main__sales".region "sales__region", count(*) "sales__count" FROM "Sales" AS "main__sales" GROUP BY 1) AS q_0 INNER JOIN (SELECT "keys".region "sales__region", sum("keys".amount) "sales__total" FROM "Sales" AS "keys" GROUP BY 1) AS q_1 ON (q_0."sales__region" = q_1."sales__region" OR (q_0."sales__region" IS NULL AND q_1."sales__region" IS NULL)) ORDER BY 2 DESC, 1 LIMIT 10000;
-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
SELECT series.day, coalesce(sum(amount), 0) AS total FROM generate_series('2024-03-09'::date, '2024-03-11'::date, '1 day'::interval) AS series(day) LEFT JOIN "Sales" s ON s.day = series.day::date GROUP BY series.day ORDER BY series.day;
SELECT region, count(*) AS n, round(100.0 * count(*) / sum(count(*)) OVER (), 1) AS pct FROM "Sales" GROUP BY region ORDER BY n DESC, region;
SELECT * FROM (VALUES ('north', 1), ('south', 2)) AS targets(region, goal) JOIN "Sales" USING (region) ORDER BY id;
SELECT jsonb_agg(jsonb_build_object('region', region, 'qty', qty) ORDER BY id) AS rows FROM "Sales" WHERE id < 3;
SELECT CASE GROUPING(region) WHEN 1 THEN 'all' ELSE coalesce(region, 'none') END AS region, sum(amount) FROM "Sales" GROUP BY ROLLUP (region) ORDER BY GROUPING(region), 1;

-- Names stay names, and texts their lengths, through what tools put around them.
SELECT CASE WHEN relkind = 'r' THEN 'a' ELSE relkind END AS k, CASE WHEN true THEN relname ELSE 'x' END AS n, coalesce(relname, 'x') AS c, nullif(relkind, 'x') AS u FROM pg_class WHERE relname = 'pg_class';
SELECT current_user AS a, session_user AS b, current_schema() AS c, current_database() = current_catalog AS d, pg_typeof(current_user), pg_typeof(user), pg_typeof(current_role);
SELECT CASE WHEN oid = 0 THEN 0 ELSE oid END AS o, CASE WHEN true THEN oid::regclass ELSE oid END AS r, CASE WHEN true THEN oid ELSE oid::regclass END AS s, coalesce(oid::regclass::varchar, 'none') AS v FROM pg_class WHERE relname = 'pg_class';
SELECT 'a'::varchar AS x UNION ALL SELECT 'b'::text;
SELECT 'b'::text AS x UNION ALL SELECT 'a'::varchar;
SELECT 'b'::text AS x UNION ALL SELECT 'a'::name;
SELECT 'b'::varchar AS x UNION ALL SELECT 'a'::name;
SELECT 'b'::text AS x UNION ALL SELECT 'a'::"char";
SELECT coalesce('abc'::varchar(3), 'longer') AS x, CASE WHEN false THEN 'abc'::varchar(3) ELSE 'longer' END AS y, CASE WHEN false THEN 'abc'::char(3) ELSE 'longer' END AS z;
SELECT CASE WHEN true THEN 'a'::text ELSE 'b'::varchar END AS x, CASE WHEN true THEN 'a'::varchar ELSE 'b'::text END AS y, greatest('a'::varchar, 'b'::text) AS g, least('a'::name, 'b') AS l;
SELECT CASE WHEN true THEN 'a'::text ELSE 'b'::"char" END;
SELECT CASE WHEN true THEN date '2024-01-01' ELSE time '10:00' END;
SELECT (SELECT relname FROM pg_class WHERE relname = 'pg_class') AS n, (SELECT relkind FROM pg_class WHERE relname = 'pg_class') AS k;
SELECT n, k, count(*) FROM (SELECT relname AS n, relkind AS k FROM pg_class) s WHERE n = 'pg_class' GROUP BY n, k;
SELECT x.u = current_user AS same, x.u FROM (SELECT current_user AS u) AS x WHERE x.u = current_user AND x.u = 'postgres';
SELECT count(*) FROM pg_namespace WHERE nspname = current_schema() AND nspname = 'public';
SELECT count(*) FROM pg_namespace WHERE nspname = 'public' AND nspname = current_schema()::text AND nspname IN ('public', 'x') AND nspname IN (current_schema(), 'y');
SELECT count(*) FROM (SELECT *, current_schema() AS u FROM pg_namespace) s WHERE nspname = u AND nspname = 'public' AND u = 'public';
SELECT count(*) FROM pg_namespace WHERE nspname = 'public'::name AND nspname = 'public'::varchar AND nspname = 'public'::text;
SELECT count(*) FROM pg_namespace WHERE nspname <> 'public'::name AND nspname = 'public';
SELECT count(*) FROM "Sales" WHERE region = 'north'::varchar AND region = 'north'::name AND region = 'north' AND region IN ('north'::varchar, 'south') AND region IN ('north', 'east');
SELECT count(*) FROM "Sales" WHERE coalesce('north'::varchar, region) = region AND region = 'north';
SELECT c.relname AS tabrelname, n.*, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname IN ('pg_class', 'pg_type') ORDER BY tabrelname, c.relname;
SELECT (SELECT array_agg(inhparent::bigint ORDER BY inhseqno)::varchar FROM pg_inherits WHERE t.oid = inhrelid) AS ancestors, (SELECT array_agg(inhrelid::bigint ORDER BY inhrelid)::varchar FROM pg_inherits WHERE t.oid = inhparent) AS successors FROM pg_class t WHERE relname = 'pg_class';
SELECT i FROM generate_series(1, array_upper(string_to_array(current_setting('search_path'), ','), 1)) AS i, string_to_array(current_setting('search_path'), ',') s WHERE trim(s[i]) <> '"$user"';
SELECT x, pg_typeof(x) FROM (VALUES ('a'::varchar), ('b'), (NULL)) AS t(x);
SELECT x, pg_typeof(x) FROM (VALUES ('a'::name), ('b'::name)) AS t(x);

-- A constant may stand on either side of what it is compared with, and be written in many ways.
SELECT count(*) FROM "Sales" WHERE 'north' = region AND region = 'north';
SELECT count(*) FROM "Sales" WHERE lower('NORTH') = region AND region = 'north';
SELECT count(*) FROM "Sales" WHERE region = 'north' AND concat('no', 'rth') = region AND region IN ('north', 'south') AND 'north' = region;
SELECT count(*) FROM "Sales" WHERE id >= 3 AND 3 < id;
SELECT count(*) FROM "Sales" WHERE 3 < id AND id >= 3;
SELECT count(*) FROM "Sales" WHERE 3 > id AND id <= 3 AND 1 <= id;
SELECT count(*) FROM (SELECT id, region, lower('NORTH') AS u FROM "Sales") x WHERE u = region AND region = 'north';
SELECT count(*) FROM (SELECT id, region, 'north' AS u FROM "Sales") x WHERE u = region AND 'north' = region AND u = 'north';
SELECT count(*) FROM "Sales" a JOIN (SELECT upper('x') AS k, lower('NORTH') AS u) b ON b.u = a.region AND 'north' = a.region WHERE a.region = 'north' AND b.u = 'north';
SELECT count(*) FROM "Sales" a LEFT JOIN "Sales" b ON a.id = b.id AND 'north' = b.region AND b.region = 'north';
SELECT count(*) FROM "Sales" WHERE 'x' = region AND region = 'north';
