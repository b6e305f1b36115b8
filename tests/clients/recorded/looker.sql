-- Looker: no log of a session is public. The queries are written here after the forms that Looker's documentation shows
-- for PostgreSQL (dimension groups as TO_CHAR and DATE_TRUNC, symmetric aggregates, yes/no dimensions, derived tables as
-- CTEs, row limits); the statements before them, of a connection test and a schema browser, and the last two, are what
-- such a tool asks, not what Looker was seen to ask. No version is claimed.

SET application_name = 'Looker';

SET TIME ZONE 'UTC';

SELECT 1;

SELECT current_user, current_database(), version() LIKE 'PostgreSQL%' AS postgres;

SELECT table_schema, table_name, table_type
FROM information_schema.tables
WHERE table_schema = 'recorded'
ORDER BY 1, 2;

SELECT c.table_schema, c.table_name, c.column_name, c.data_type, c.ordinal_position, c.is_nullable
FROM information_schema.columns c
WHERE c.table_schema = 'recorded'
ORDER BY c.table_schema, c.table_name, c.ordinal_position;

SELECT tc.constraint_name, tc.constraint_type, kcu.column_name
FROM information_schema.table_constraints tc
JOIN information_schema.key_column_usage kcu ON kcu.constraint_name = tc.constraint_name AND kcu.table_schema = tc.table_schema
WHERE tc.table_schema = 'recorded' AND tc.constraint_type IN ('PRIMARY KEY', 'FOREIGN KEY');

-- departs: numerics have one scale a column, not one a value: 0.00 stands for 0
SELECT
    (TO_CHAR(DATE_TRUNC('month', item.at ), 'YYYY-MM')) AS "item.at_month",
    COUNT(*) AS "item.count",
    COALESCE(SUM(item.price), 0) AS "item.total_price"
FROM recorded.item AS item
WHERE ((( item.at ) >= (TIMESTAMP '2024-01-01') AND ( item.at ) < (TIMESTAMP '2025-01-01')))
GROUP BY
    (DATE_TRUNC('month', item.at ))
ORDER BY
    1 DESC
FETCH NEXT 500 ROWS ONLY;

SELECT
    (DATE(item.seen AT TIME ZONE 'UTC' AT TIME ZONE 'America/Los_Angeles')) AS "item.seen_date",
    (EXTRACT(DOW FROM item.seen )::integer) AS "item.seen_day_of_week_index",
    COUNT(DISTINCT item.id ) AS "item.count"
FROM recorded.item AS item
GROUP BY
    1,
    2
ORDER BY
    1 DESC
LIMIT 500;

SELECT
    CASE WHEN item.sold THEN 'Yes' ELSE 'No' END AS "item.sold",
    AVG(item.price) AS "item.average_price",
    COUNT(CASE WHEN (item.price > 1) THEN 1 ELSE NULL END) AS "item.count_dear"
FROM recorded.item AS item
WHERE (item.name ILIKE '%o%' OR item.name IS NULL)
GROUP BY
    1
HAVING (COUNT(*) > 0)
ORDER BY
    1
LIMIT 500;

WITH by_day AS (
    SELECT item.day, SUM(item.price) AS total
    FROM recorded.item AS item
    GROUP BY 1
)
SELECT
    (TO_CHAR(by_day.day, 'YYYY-MM-DD')) AS "by_day.day",
    COALESCE(COALESCE(CAST( ( SUM(DISTINCT (CAST(FLOOR(COALESCE( by_day.total , 0)*(1000000*1.0)) AS DECIMAL(65,0))) ) ) AS DOUBLE PRECISION) / CAST((1000000*1.0) AS DOUBLE PRECISION), 0), 0) AS "by_day.total"
FROM by_day
GROUP BY 1
ORDER BY 1;

SELECT ((item.at )::timestamp - INTERVAL '1 day') AS "item.before",
    (date_trunc('week', item.at)) AS "item.at_week",
    (CEIL((EXTRACT(EPOCH FROM item.seen::timestamp)-EXTRACT(EPOCH FROM item.at::timestamp))/86400))::bigint AS "item.days"
FROM recorded.item AS item
ORDER BY 1;

-- columns only: plans are each engine's own
EXPLAIN SELECT COUNT(*) FROM recorded.item AS item WHERE item.id = 1;

SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = -1;
