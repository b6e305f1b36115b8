-- Grafana 12: its PostgreSQL data source's test, the query builder's look at schemas, tables and columns, and what its
-- macros $__timeGroup, $__timeFilter and $__unixEpochFilter become.
-- Seen in: datafusion-contrib/datafusion-postgres (the builder's statements), grafana/grafana (postgresql data source).

SELECT current_setting('server_version_num')::int/100 as version;

SELECT 1 FROM pg_extension WHERE extname = 'timescaledb';

SELECT 1;

-- columns only: each server has tables of its own
SELECT
    CASE WHEN
          quote_ident(table_schema) IN (
          SELECT
            CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
          FROM
            generate_series(
              array_lower(string_to_array(current_setting('search_path'),','),1),
              array_upper(string_to_array(current_setting('search_path'),','),1)
            ) as i,
            string_to_array(current_setting('search_path'),',') s
          )
      THEN quote_ident(table_name)
      ELSE quote_ident(table_schema) || '.' || quote_ident(table_name)
    END AS "table"
    FROM information_schema.tables
    WHERE quote_ident(table_schema) NOT IN ('information_schema',
                             'pg_catalog',
                             '_timescaledb_cache',
                             '_timescaledb_catalog',
                             '_timescaledb_internal',
                             '_timescaledb_config',
                             'timescaledb_information',
                             'timescaledb_experimental')
    ORDER BY CASE WHEN
          quote_ident(table_schema) IN (
          SELECT
            CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
          FROM
            generate_series(
              array_lower(string_to_array(current_setting('search_path'),','),1),
              array_upper(string_to_array(current_setting('search_path'),','),1)
            ) as i,
            string_to_array(current_setting('search_path'),',') s
          ) THEN 0 ELSE 1 END, 1;

SELECT quote_ident(column_name) AS "column", data_type AS "type"
    FROM information_schema.columns
    WHERE
      CASE WHEN array_length(parse_ident('recorded.item'),1) = 2
        THEN quote_ident(table_schema) = (parse_ident('recorded.item'))[1]
          AND quote_ident(table_name) = (parse_ident('recorded.item'))[2]
        ELSE quote_ident(table_name) = 'recorded.item'
          AND
          quote_ident(table_schema) IN (
          SELECT
            CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
          FROM
            generate_series(
              array_lower(string_to_array(current_setting('search_path'),','),1),
              array_upper(string_to_array(current_setting('search_path'),','),1)
            ) as i,
            string_to_array(current_setting('search_path'),',') s
          )
      END;

SELECT quote_ident(column_name) AS "column", data_type AS "type"
FROM information_schema.columns
WHERE quote_ident(table_schema) = 'recorded' AND quote_ident(table_name) = 'item' AND data_type IN ('timestamp without time zone','timestamp with time zone','bigint','integer','double precision','real');

SELECT DISTINCT quote_literal(name) FROM recorded.item ORDER BY 1 LIMIT 100;

SELECT
  floor(extract(epoch from seen)/300)*300 AS "time",
  avg(price) AS "price",
  name AS metric
FROM recorded.item
WHERE seen BETWEEN '2024-01-01T00:00:00Z' AND '2024-12-31T23:59:59.999Z'
GROUP BY 1, name
ORDER BY 1;

SELECT seen AS "time", ratio AS value FROM recorded.item WHERE extract(epoch from seen) >= 1704067200 AND extract(epoch from seen) <= 1735689599 ORDER BY 1;

SELECT extract(epoch from date_trunc('hour', seen))::bigint AS "time", count(*) AS n FROM recorded.item WHERE seen >= to_timestamp(1704067200) GROUP BY 1 ORDER BY 1 LIMIT 50;
