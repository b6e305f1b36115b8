SELECT month
FROM {{ ref('carrier_month') }}
GROUP BY month
HAVING sum(flights) < 20000
