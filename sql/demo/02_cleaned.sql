-- Cleaned: the same facts as typed tables. Text is trimmed, times are timestamps, impossible values are
-- NULL, and the keys are checked by a view that anybody may ask again.

CREATE SCHEMA IF NOT EXISTS cleaned;
COMMENT ON SCHEMA cleaned IS 'Typed and checked: one row per thing, NULL where nothing is known.';

CREATE TABLE IF NOT EXISTS cleaned.airlines AS
SELECT trim(carrier) AS carrier,
       trim(name) AS name
FROM raw.airlines;

CREATE TABLE IF NOT EXISTS cleaned.airports AS
SELECT trim(faa) AS faa,
       trim(name) AS name,
       lat,
       lon,
       alt AS altitude_ft,
       trim(tzone) AS time_zone
FROM raw.airports;

CREATE TABLE IF NOT EXISTS cleaned.planes AS
SELECT trim(tailnum) AS tailnum,
       year AS built,
       trim(type) AS type,
       trim(manufacturer) AS manufacturer,
       trim(model) AS model,
       engines,
       seats,
       trim(engine) AS engine
FROM raw.planes;

-- One reading says 1048 mph; the fastest wind ever measured at the ground was 253.
CREATE TABLE IF NOT EXISTS cleaned.weather AS
SELECT trim(origin) AS origin,
       time_hour::timestamptz AS time_hour,
       make_date(year, month, day) AS day,
       hour,
       temp AS temp_f,
       humid AS humidity_pct,
       CASE WHEN wind_speed < 254 THEN wind_speed END AS wind_mph,
       CASE WHEN wind_gust < 254 THEN wind_gust END AS gust_mph,
       precip AS precip_in,
       pressure AS pressure_hpa,
       visib AS visibility_mi
FROM raw.weather;

-- The clock at the airport is a timestamp without zone (New York), the hour of the weather one with.
-- 515 becomes '0515', then '2013-01-01 05:15:00'.
CREATE TABLE IF NOT EXISTS cleaned.flights AS
SELECT make_date(year, month, day) AS day,
       (make_date(year, month, day)::text
           || ' ' || substr(lpad(sched_dep_time::text, 4, '0'), 1, 2)
           || ':' || substr(lpad(sched_dep_time::text, 4, '0'), 3, 2)
           || ':00')::timestamp AS scheduled_departure,
       time_hour::timestamptz AS time_hour,
       trim(carrier) AS carrier,
       flight,
       trim(tailnum) AS tailnum,
       trim(origin) AS origin,
       trim(dest) AS dest,
       dep_time IS NULL AS cancelled,
       dep_delay AS dep_delay_min,
       arr_delay AS arr_delay_min,
       air_time AS air_time_min,
       distance AS distance_mi
FROM raw.flights;

COMMENT ON TABLE cleaned.flights IS 'One row per scheduled departure. Key: time_hour, carrier, flight.';
COMMENT ON COLUMN cleaned.flights.scheduled_departure IS 'The clock at the airport, New York time.';
COMMENT ON COLUMN cleaned.flights.time_hour IS 'The same hour as a moment, to join with the weather.';
COMMENT ON TABLE cleaned.weather IS 'One row per airport and hour. Key: origin, time_hour.';
COMMENT ON TABLE cleaned.planes IS 'One row per aircraft. Key: tailnum.';
COMMENT ON TABLE cleaned.airports IS 'One row per airport. Key: faa.';
COMMENT ON TABLE cleaned.airlines IS 'One row per airline. Key: carrier.';

-- A broken key must read 0. Orphans are known gaps of the source, and curated joins around them.
CREATE OR REPLACE VIEW cleaned.key_checks AS
SELECT 'flights: key is unique' AS rule,
       count(*) AS faults
FROM (
    SELECT time_hour, carrier, flight
    FROM cleaned.flights
    GROUP BY time_hour, carrier, flight
    HAVING count(*) > 1
) AS twice
UNION ALL
SELECT 'weather: key is unique',
       count(*)
FROM (
    SELECT origin, time_hour
    FROM cleaned.weather
    GROUP BY origin, time_hour
    HAVING count(*) > 1
) AS twice
UNION ALL
SELECT 'planes: key is unique',
       count(*)
FROM (
    SELECT tailnum
    FROM cleaned.planes
    GROUP BY tailnum
    HAVING count(*) > 1
) AS twice
UNION ALL
SELECT 'airports: key is unique',
       count(*)
FROM (
    SELECT faa
    FROM cleaned.airports
    GROUP BY faa
    HAVING count(*) > 1
) AS twice
UNION ALL
SELECT 'airlines: key is unique',
       count(*)
FROM (
    SELECT carrier
    FROM cleaned.airlines
    GROUP BY carrier
    HAVING count(*) > 1
) AS twice
UNION ALL
SELECT 'flights: airline is known',
       count(*)
FROM cleaned.flights AS f
WHERE NOT EXISTS (SELECT 1 FROM cleaned.airlines AS a WHERE a.carrier = f.carrier)
UNION ALL
SELECT 'flights: origin is known',
       count(*)
FROM cleaned.flights AS f
WHERE NOT EXISTS (SELECT 1 FROM cleaned.airports AS a WHERE a.faa = f.origin)
UNION ALL
SELECT 'flights: destination is known (gap: airports in the Caribbean)',
       count(*)
FROM cleaned.flights AS f
WHERE NOT EXISTS (SELECT 1 FROM cleaned.airports AS a WHERE a.faa = f.dest)
UNION ALL
SELECT 'flights: plane is known (gap: fleets that report other numbers)',
       count(*)
FROM cleaned.flights AS f
WHERE f.tailnum IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM cleaned.planes AS p WHERE p.tailnum = f.tailnum);

COMMENT ON VIEW cleaned.key_checks IS 'How many rows break each rule; keys must read 0.';
