{{ config(materialized='incremental', incremental_strategy='append') }}
SELECT day,
       count(*) AS flights,
       {{ dbt.current_timestamp() }} AS loaded_at
FROM {{ ref('stg_flights') }}
{% if is_incremental() %}
WHERE day > (SELECT max(day) FROM {{ this }})
  AND day < (SELECT max(day) FROM {{ this }}) + {{ var('days', 31) }}
{% else %}
WHERE day < DATE '2013-02-01'
{% endif %}
GROUP BY day
