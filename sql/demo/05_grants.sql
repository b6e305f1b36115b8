-- What the analyst may do: read curated, except the numbers that name an aircraft. Nothing is granted on
-- raw and cleaned, so those stay closed. The views read flights with their owner's rights.

GRANT USAGE ON SCHEMA curated TO analyst;

GRANT SELECT ON curated.daily_delays, curated.worst_routes, curated.airlines_by_month, curated.storms
TO analyst;

GRANT SELECT (
    month,
    day,
    scheduled_departure,
    time_hour,
    carrier,
    airline,
    flight,
    origin,
    origin_name,
    dest,
    dest_name,
    dest_lat,
    dest_lon,
    manufacturer,
    model,
    seats,
    built,
    cancelled,
    dep_delay_min,
    arr_delay_min,
    air_time_min,
    distance_mi
) ON curated.flights
TO analyst;
