-- Tableau: what it does on connecting is quoted in cube-js/cube #10721 (Tableau Desktop 2025.3 over pgjdbc 42.2: the
-- temporary table it tries, GROUP BY 2), crate/crate #10213 (2020: the two checks of temporary tables) and
-- risingwavelabs/risingwave #10459 (Tableau Desktop 2023.2.1: settings). The worksheets, the list of tables and the cursor
-- are written here after the forms of its PostgreSQL dialect (tableau/connector-plugin-sdk: its dialect's functions, the
-- SELECT ... INTO of #1185); no log of them is public.

SET client_min_messages = 'error';

SET DateStyle = 'ISO';

SET extra_float_digits = 2;

show transaction_isolation;

SET application_name = 'Tableau';

CREATE LOCAL TEMPORARY TABLE "#Tableau_1_AAAA_1_Connect_Check" ("COL" INTEGER) ON COMMIT PRESERVE ROWS;

SELECT "SUBCOL" AS "COL" FROM (SELECT 1 AS "SUBCOL") "SUBQUERY" GROUP BY 1;

SELECT "SUBCOL" AS "COL" FROM (SELECT 1 AS "SUBCOL") "SUBQUERY" GROUP BY 2;

DROP TABLE "#Tableau_1_AAAA_1_Connect_Check";

CREATE LOCAL TEMPORARY TABLE "#Tableau_1_2_Connect_CheckCreateTempTableCap" (
    "COL" INTEGER
    ) ON COMMIT PRESERVE ROWS;

DROP TABLE "#Tableau_1_2_Connect_CheckCreateTempTableCap";

SELECT *
INTO TEMPORARY TABLE "#Tableau_1_1_Connect_CheckSelectIntoCap"
FROM (SELECT 1 AS COL) AS CHECKTEMP;

DROP TABLE "#Tableau_1_1_Connect_CheckSelectIntoCap";

SELECT "item"."name" AS "name", SUM("item"."price") AS "z__alias__0"
INTO TEMPORARY TABLE "#Tableau_1_AAAA_3_TempTable"
FROM "recorded"."item" "item"
GROUP BY 1
ORDER BY 2 DESC NULLS LAST
LIMIT 2;

SELECT "t"."name", "t"."z__alias__0" FROM "#Tableau_1_AAAA_3_TempTable" "t" ORDER BY 1;

DROP TABLE "#Tableau_1_AAAA_3_TempTable";

SELECT 'lake' AS "TABLE_CAT", n.nspname AS "TABLE_SCHEM", c.relname AS "TABLE_NAME"
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'recorded' AND c.relkind IN ('r', 'v', 'm', 'f', 'p')
ORDER BY 2, 3;

SELECT * FROM (SELECT * FROM "recorded"."item") "TableauSQL" LIMIT 0;

SELECT "item"."name" AS "name",
  SUM("item"."price") AS "sum:price:ok",
  COUNT(DISTINCT "item"."id") AS "ctd:id:ok",
  CAST("item"."seen" AS DATE) AS "day"
FROM "recorded"."item" "item"
GROUP BY 1, 4
ORDER BY 1 ASC NULLS FIRST;

SELECT DATE_TRUNC( 'MONTH', CAST("item"."at" AS DATE) ) AS "tmn:at:ok",
  SUM("item"."ratio") AS "sum:ratio:ok"
FROM "recorded"."item" "item"
WHERE (("item"."at" >= (TIMESTAMP '2024-01-01 00:00:00.000')) AND ("item"."at" <= (TIMESTAMP '2024-12-31 00:00:00.000')))
GROUP BY 1;

SELECT CAST(TRUNC(EXTRACT(YEAR FROM "item"."day")) AS INTEGER) AS "yr:day:ok",
  CAST(TRUNC(EXTRACT(QUARTER FROM "item"."day")) AS INTEGER) AS "qr:day:ok",
  CAST(TRUNC(EXTRACT(DOW FROM "item"."day")) AS INTEGER) + 1 AS "wd:day:ok",
  COUNT(1) AS "cnt"
FROM "recorded"."item" "item"
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3;

SELECT CAST("item"."day" AS DATE) + 1 * INTERVAL '1 DAY' AS "next",
  (CAST("item"."day" AS TIMESTAMP) + 3 * INTERVAL '1 MONTH') AS "later",
  (DATE '2024-12-31' - CAST("item"."day" AS DATE)) AS "days"
FROM "recorded"."item" "item"
ORDER BY 1;

SELECT (CASE WHEN "item"."price" > 1 THEN 'dear' ELSE 'cheap' END) AS "Calculation_1",
  MIN("item"."price") AS "min", MAX("item"."ratio") AS "max", STDDEV_SAMP("item"."ratio") AS "dev"
FROM "recorded"."item" "item"
WHERE ((NOT ("item"."name" IS NULL)) AND (STRPOS(LOWER("item"."name"), 'o') > 0))
GROUP BY 1
HAVING (COUNT(1) > 0)
ORDER BY 1;

SELECT "t0"."name" AS "name", "t0"."top" AS "top"
FROM (
  SELECT "item"."name" AS "name", SUM("item"."id") AS "top"
  FROM "recorded"."item" "item"
  GROUP BY 1
  ORDER BY 2 DESC NULLS LAST, 1 ASC
  LIMIT 10
) "t0"
INNER JOIN "recorded"."item" "item" ON (NOT ("item"."name" IS DISTINCT FROM "t0"."name"))
ORDER BY 1;

begin;

declare "SQL_CUR0x1" cursor with hold for SELECT "id" FROM "recorded"."item" ORDER BY 1;

fetch 1 in "SQL_CUR0x1";

commit;

fetch 100 in "SQL_CUR0x1";

close "SQL_CUR0x1";
