{{ config(materialized='view') }}
WITH totals AS (
    SELECT alliance,
           sum(flights) AS flights
    FROM {{ ref('carrier_month') }}
    WHERE alliance IS NOT NULL
    GROUP BY alliance
)
SELECT alliance,
       flights,
       rank() OVER (ORDER BY flights DESC) AS place
FROM totals
