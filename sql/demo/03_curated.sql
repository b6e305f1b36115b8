-- Curated: what people ask for, in their words. One wide fact table in a folder per month, one table by
-- day with the weather beside it, and views for the questions that come up every week.

CREATE SCHEMA IF NOT EXISTS curated;
COMMENT ON SCHEMA curated IS 'Ready to use: names instead of codes, one table per question.';

CREATE TABLE IF NOT EXISTS curated.flights
WITH (partition_by = 'month')
AS
SELECT extract(month FROM f.day)::integer AS month,
       f.day,
       f.scheduled_departure,
       f.time_hour,
       f.carrier,
       c.name AS airline,
       f.flight,
       f.tailnum,
       f.origin,
       o.name AS origin_name,
       f.dest,
       d.name AS dest_name,
       d.lat AS dest_lat,
       d.lon AS dest_lon,
       p.manufacturer,
       p.model,
       p.seats,
       p.built,
       f.cancelled,
       f.dep_delay_min,
       f.arr_delay_min,
       f.air_time_min,
       f.distance_mi
FROM cleaned.flights AS f
JOIN cleaned.airlines AS c ON c.carrier = f.carrier
JOIN cleaned.airports AS o ON o.faa = f.origin
LEFT JOIN cleaned.airports AS d ON d.faa = f.dest
LEFT JOIN cleaned.planes AS p ON p.tailnum = f.tailnum;

COMMENT ON TABLE curated.flights IS 'Every departure of 2013 with names; one folder per month.';
COMMENT ON COLUMN curated.flights.tailnum IS 'Names one aircraft; not for analysts.';
COMMENT ON COLUMN curated.flights.dest_name IS 'NULL for four airports that the source does not list.';
COMMENT ON COLUMN curated.flights.manufacturer IS 'NULL where the aircraft is not in the register.';

CREATE TABLE IF NOT EXISTS curated.daily_delays AS
SELECT f.origin,
       f.day,
       f.flights,
       f.cancelled,
       f.late,
       f.dep_delay_min,
       f.arr_delay_min,
       w.wind_mph,
       w.precip_in,
       w.visibility_mi
FROM (
    SELECT origin,
           day,
           count(*) AS flights,
           count(*) FILTER (WHERE cancelled) AS cancelled,
           count(*) FILTER (WHERE dep_delay_min > 15) AS late,
           avg(dep_delay_min)::numeric(7, 1) AS dep_delay_min,
           avg(arr_delay_min)::numeric(7, 1) AS arr_delay_min
    FROM cleaned.flights
    GROUP BY origin, day
) AS f
LEFT JOIN (
    SELECT origin,
           day,
           avg(wind_mph)::numeric(5, 1) AS wind_mph,
           sum(precip_in)::numeric(5, 2) AS precip_in,
           avg(visibility_mi)::numeric(4, 1) AS visibility_mi
    FROM cleaned.weather
    GROUP BY origin, day
) AS w ON w.origin = f.origin AND w.day = f.day;

COMMENT ON TABLE curated.daily_delays IS 'One row per airport and day: delays, and the weather of that day.';
COMMENT ON COLUMN curated.daily_delays.late IS 'Departures more than 15 minutes late.';
COMMENT ON COLUMN curated.daily_delays.precip_in IS 'Inches of rain or snow over the whole day.';

CREATE OR REPLACE VIEW curated.worst_routes AS
SELECT origin,
       dest,
       max(dest_name) AS dest_name,
       count(*) AS flights,
       avg(arr_delay_min)::numeric(7, 1) AS arr_delay_min,
       (100.0 * count(*) FILTER (WHERE cancelled) / count(*))::numeric(5, 1) AS cancelled_pct,
       rank() OVER (ORDER BY avg(arr_delay_min) DESC NULLS LAST) AS place
FROM curated.flights
GROUP BY origin, dest
HAVING count(*) >= 100;

COMMENT ON VIEW curated.worst_routes IS 'Routes with at least 100 flights; place 1 arrives latest.';

CREATE OR REPLACE VIEW curated.airlines_by_month AS
SELECT month,
       airline,
       count(*) AS flights,
       (100.0 * count(*) FILTER (WHERE arr_delay_min <= 15) / count(*))::numeric(5, 1) AS on_time_pct,
       avg(dep_delay_min)::numeric(7, 1) AS dep_delay_min
FROM curated.flights
GROUP BY month, airline;

COMMENT ON VIEW curated.airlines_by_month IS 'On time: landed no more than 15 minutes late; cancelled is not.';

CREATE OR REPLACE VIEW curated.storms AS
SELECT day,
       origin,
       precip_in,
       wind_mph,
       visibility_mi,
       flights,
       cancelled,
       dep_delay_min
FROM curated.daily_delays
WHERE precip_in >= 0.5
   OR visibility_mi < 3;

COMMENT ON VIEW curated.storms IS 'Days with much rain or little sight, and what they did to departures.';
