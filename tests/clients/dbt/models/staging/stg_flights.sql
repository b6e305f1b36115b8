{# The flights as the marts need them. #}
SELECT day,
       carrier,
       airline,
       flight,
       origin,
       dest,
       cancelled,
       dep_delay_min,
       coalesce(dep_delay_min > 15, false) AS late
FROM {{ source('curated', 'flights') }}
