SELECT date_trunc('month', f.day)::date AS month,
       f.carrier,
       max(f.airline) AS airline,
       max(g.alliance) AS alliance,
       count(*) AS flights,
       count(*) FILTER (WHERE f.late) AS late,
       round(avg(f.dep_delay_min), 2) AS dep_delay_min
FROM {{ ref('stg_flights') }} AS f
LEFT JOIN {{ ref('airline_groups') }} AS g ON g.code = f.carrier
GROUP BY 1, 2
