-- What analysts and their tools ask of a year of flights, from plain to hard. Each hundredth flight of the data is
-- in the table, each hour of weather at one airport, and all airlines, airports and planes.

CREATE TABLE flights (year int, month int, day int, dep_time int, sched_dep_time int, dep_delay int, arr_time int, sched_arr_time int, arr_delay int, carrier text, flight int, tailnum text, origin text, dest text, air_time int, distance int, hour int, minute int, time_hour timestamptz);
CREATE TABLE airlines (carrier text, name text);
CREATE TABLE airports (faa text, name text, lat double precision, lon double precision, alt int, tz int, dst text, tzone text);
CREATE TABLE planes (tailnum text, year int, type text, manufacturer text, model text, engines int, seats int, speed int, engine text);
CREATE TABLE weather (origin text, year int, month int, day int, hour int, temp double precision, dewp double precision, humid double precision, wind_dir int, wind_speed double precision, wind_gust double precision, precip double precision, pressure double precision, visib double precision, time_hour timestamptz);
\load flights flights.csv.gz 100
\load airlines airlines.csv 1
\load airports airports.csv 1
\load planes planes.csv 1
\load weather weather.csv.gz 20

-- Counts, sums and means.
SELECT count(*), count(dep_delay), count(DISTINCT carrier), count(DISTINCT (origin, dest)), min(time_hour), max(time_hour) FROM flights;
SELECT origin, count(*) AS flights, round(avg(dep_delay), 2) AS mean, max(dep_delay) AS worst, min(dep_delay) AS best, sum(distance) AS miles FROM flights GROUP BY origin ORDER BY origin;
SELECT carrier, count(*) FILTER (WHERE dep_delay > 15) AS late, count(*) FILTER (WHERE dep_delay IS NULL) AS cancelled, round(100.0 * count(*) FILTER (WHERE dep_delay > 15) / count(dep_delay), 1) AS percent FROM flights GROUP BY carrier ORDER BY percent DESC, carrier;
SELECT month, sum(CASE WHEN origin = 'EWR' THEN 1 ELSE 0 END) AS ewr, sum(CASE WHEN origin = 'JFK' THEN 1 ELSE 0 END) AS jfk, sum(CASE WHEN origin = 'LGA' THEN 1 ELSE 0 END) AS lga, count(*) AS all_of_them FROM flights GROUP BY 1 ORDER BY 1;
SELECT a.name, count(*) AS n, avg(f.arr_delay)::numeric(8, 2) AS mean FROM flights f JOIN airlines a USING (carrier) GROUP BY a.name HAVING count(*) > 50 ORDER BY mean DESC NULLS LAST;
SELECT dest, count(*) FROM flights GROUP BY dest ORDER BY count(*) DESC, dest LIMIT 10;
SELECT hour, round(avg(dep_delay), 1), stddev_samp(dep_delay)::numeric(10, 3), variance(dep_delay)::numeric(12, 3) FROM flights WHERE dep_delay IS NOT NULL GROUP BY hour HAVING count(*) > 1 ORDER BY hour;
SELECT DISTINCT origin, month FROM flights WHERE month < 3 ORDER BY month, origin DESC;
SELECT count(*) FROM flights WHERE dep_delay BETWEEN 10 AND 20 AND carrier IN ('UA', 'AA') AND tailnum LIKE 'N%A_' AND dest NOT IN ('ORD', 'SFO');
SELECT width_bucket(dep_delay, -20, 100, 6) AS bucket, count(*), min(dep_delay), max(dep_delay) FROM flights WHERE dep_delay IS NOT NULL GROUP BY 1 ORDER BY 1;
SELECT floor(distance / 500.0) * 500 AS from_miles, count(*), round(avg(air_time), 1) AS minutes FROM flights GROUP BY 1 ORDER BY 1;
SELECT (distance / 500) * 500 AS bin, count(*) FROM flights GROUP BY (distance / 500) * 500 ORDER BY bin;
SELECT carrier, round(sum(distance)::numeric / nullif(sum(air_time), 0) * 60, 2) AS mph FROM flights GROUP BY carrier ORDER BY mph DESC NULLS LAST;
SELECT carrier, bool_or(dep_delay > 200), bool_and(distance > 100), every(air_time IS NOT NULL) FROM flights GROUP BY carrier ORDER BY 1;
SELECT origin, string_agg(DISTINCT carrier, ', ' ORDER BY carrier) AS carriers FROM flights GROUP BY origin ORDER BY origin;
SELECT origin, array_agg(DISTINCT month ORDER BY month DESC) FROM flights WHERE carrier = 'HA' OR carrier = 'F9' GROUP BY origin ORDER BY origin;
SELECT count(*), sum(dep_delay), avg(dep_delay) FROM flights WHERE false;
SELECT carrier, count(*) * 100 / sum(count(*)) OVER () > 10 AS big FROM flights GROUP BY carrier ORDER BY carrier;
SELECT carrier, count(*) AS n, round(count(*) * 100.0 / sum(count(*)) OVER (), 2) AS share, sum(count(*)) OVER (ORDER BY count(*) DESC, carrier) AS running FROM flights GROUP BY carrier ORDER BY n DESC, carrier;

-- Period over period.
SELECT month, count(*) AS n, lag(count(*)) OVER (ORDER BY month) AS before, count(*) - lag(count(*)) OVER (ORDER BY month) AS change, round(100.0 * (count(*) - lag(count(*)) OVER (ORDER BY month)) / lag(count(*)) OVER (ORDER BY month), 1) AS percent FROM flights GROUP BY month ORDER BY month;
WITH monthly AS (SELECT date_trunc('month', time_hour) AS month, origin, count(*) AS n FROM flights GROUP BY 1, 2) SELECT month, origin, n, n - lag(n) OVER w AS change, first_value(n) OVER w AS first, sum(n) OVER w AS so_far FROM monthly WINDOW w AS (PARTITION BY origin ORDER BY month) ORDER BY origin, month;
WITH q AS (SELECT extract(quarter FROM time_hour) AS quarter, carrier, count(*) AS n FROM flights GROUP BY 1, 2) SELECT now.carrier, now.quarter, now.n, before.n AS n_before, now.n - coalesce(before.n, 0) AS change FROM q now LEFT JOIN q before ON before.carrier = now.carrier AND before.quarter = now.quarter - 1 ORDER BY 1, 2;
SELECT date_trunc('week', time_hour)::date AS week, count(*) AS n, round(avg(count(*)) OVER (ORDER BY date_trunc('week', time_hour) ROWS BETWEEN 3 PRECEDING AND CURRENT ROW), 2) AS rolling FROM flights GROUP BY date_trunc('week', time_hour) ORDER BY 1;
SELECT to_char(time_hour, 'YYYY-MM') AS month, count(*), sum(count(*)) OVER (ORDER BY to_char(time_hour, 'YYYY-MM')) AS year_to_date FROM flights GROUP BY 1 ORDER BY 1;
SELECT month, carrier, n, rank() OVER (PARTITION BY month ORDER BY n DESC) AS place, rank() OVER (PARTITION BY month ORDER BY n DESC) - lag(rank_before) OVER (PARTITION BY carrier ORDER BY month) AS moved FROM (SELECT month, carrier, count(*) AS n, rank() OVER (PARTITION BY month ORDER BY count(*) DESC) AS rank_before FROM flights GROUP BY month, carrier) m WHERE month <= 3 ORDER BY month, place, carrier;
SELECT d::date AS day, coalesce(n, 0) AS n FROM generate_series('2013-02-01'::date, '2013-02-28', '1 day') d LEFT JOIN (SELECT make_date(year, month, day) AS day, count(*) AS n FROM flights GROUP BY 1) f ON f.day = d ORDER BY 1;
SELECT cal.month::date, o.origin, count(f.flight) FROM generate_series('2013-01-01'::timestamp, '2013-12-01', interval '1 month') AS cal(month) CROSS JOIN (SELECT DISTINCT origin FROM flights) o LEFT JOIN flights f ON f.origin = o.origin AND make_date(f.year, f.month, 1) = cal.month AND f.carrier = 'VX' GROUP BY 1, 2 ORDER BY 1, 2;
WITH d AS (SELECT make_date(year, month, day) AS day, count(*) AS n FROM flights GROUP BY 1) SELECT day, n, sum(n) OVER (ORDER BY day RANGE BETWEEN interval '6 days' PRECEDING AND CURRENT ROW) AS seven FROM d WHERE day < '2013-02-01' ORDER BY day;
WITH d AS (SELECT make_date(year, month, day) AS day, count(*) AS n FROM flights GROUP BY 1) SELECT to_char(day, 'Dy') AS weekday, extract(isodow FROM day) AS n_of_week, round(avg(n), 3) AS mean, max(n) FROM d GROUP BY 1, 2 ORDER BY 2;
SELECT date_part('dow', time_hour) AS dow, count(*), pg_typeof(date_part('dow', time_hour))::text FROM flights GROUP BY 1 ORDER BY 1;

-- Top so many of each group.
SELECT * FROM (SELECT origin, dest, count(*) AS n, row_number() OVER (PARTITION BY origin ORDER BY count(*) DESC, dest) AS place FROM flights GROUP BY origin, dest) t WHERE place <= 3 ORDER BY origin, place;
SELECT o.origin, t.dest, t.n FROM (SELECT DISTINCT origin FROM flights) o CROSS JOIN LATERAL (SELECT dest, count(*) AS n FROM flights f WHERE f.origin = o.origin GROUP BY dest ORDER BY n DESC, dest LIMIT 2) t ORDER BY 1, 3 DESC, 2;
SELECT a.carrier, l.tailnum, l.dep_delay FROM airlines a LEFT JOIN LATERAL (SELECT tailnum, dep_delay FROM flights f WHERE f.carrier = a.carrier AND dep_delay > 100 ORDER BY dep_delay DESC, tailnum LIMIT 1) l ON true ORDER BY 1;
SELECT DISTINCT ON (carrier) carrier, flight, dep_delay, time_hour FROM flights WHERE dep_delay IS NOT NULL ORDER BY carrier, dep_delay DESC, time_hour;
SELECT DISTINCT ON (origin, month) origin, month, dest, air_time FROM flights WHERE air_time IS NOT NULL ORDER BY origin, month, air_time DESC, dest;
SELECT carrier, (array_agg(dest ORDER BY distance DESC, dest))[1] AS farthest, (array_agg(dest ORDER BY distance, dest))[1:2] AS nearest FROM flights GROUP BY carrier ORDER BY carrier;
SELECT carrier, n FROM (SELECT carrier, count(*) AS n FROM flights GROUP BY carrier) t ORDER BY n DESC FETCH FIRST 3 ROWS WITH TIES;
SELECT month, n, ntile(4) OVER (ORDER BY n DESC, month), percent_rank() OVER (ORDER BY n), cume_dist() OVER (ORDER BY n), dense_rank() OVER (ORDER BY n) FROM (SELECT month, count(*) AS n FROM flights GROUP BY month) t ORDER BY month;
SELECT carrier, flight, dep_delay FROM (SELECT *, max(dep_delay) OVER (PARTITION BY carrier) AS most FROM flights) f WHERE dep_delay = most ORDER BY carrier, flight;
SELECT origin, nth_value(dest, 2) OVER w AS second, last_value(dest) OVER w AS last FROM (SELECT origin, dest, count(*) AS n FROM flights GROUP BY 1, 2) t WINDOW w AS (PARTITION BY origin ORDER BY n DESC, dest ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) ORDER BY 1, 2, 3 LIMIT 5;

-- Percentiles, regressions, spread.
SELECT origin, percentile_cont(0.5) WITHIN GROUP (ORDER BY dep_delay) AS median, percentile_cont(0.95) WITHIN GROUP (ORDER BY dep_delay) AS p95, percentile_disc(0.5) WITHIN GROUP (ORDER BY dep_delay) AS disc FROM flights GROUP BY origin ORDER BY origin;
SELECT percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY arr_delay) FROM flights;
SELECT percentile_disc(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY arr_delay) FROM flights;
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY dest), percentile_disc(0.9) WITHIN GROUP (ORDER BY time_hour) FROM flights;
SELECT origin, mode() WITHIN GROUP (ORDER BY carrier), mode() WITHIN GROUP (ORDER BY hour DESC) FROM flights GROUP BY origin ORDER BY origin;
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY make_interval(mins => dep_delay)) FROM flights WHERE dep_delay IS NOT NULL;
SELECT round(corr(dep_delay, arr_delay)::numeric, 6), round(regr_slope(arr_delay, dep_delay)::numeric, 6), round(regr_intercept(arr_delay, dep_delay)::numeric, 6), regr_count(arr_delay, dep_delay), round(regr_r2(arr_delay, dep_delay)::numeric, 6) FROM flights;
SELECT carrier, round(stddev_pop(arr_delay), 4), round(var_samp(arr_delay), 4), round(covar_pop(arr_delay, distance)::numeric, 3) FROM flights GROUP BY carrier HAVING count(arr_delay) > 10 ORDER BY 1;
SELECT rank(0) WITHIN GROUP (ORDER BY dep_delay), dense_rank(0) WITHIN GROUP (ORDER BY dep_delay), percent_rank(0) WITHIN GROUP (ORDER BY dep_delay), cume_dist(0) WITHIN GROUP (ORDER BY dep_delay) FROM flights WHERE dep_delay IS NOT NULL;
WITH s AS (SELECT avg(dep_delay) AS m, stddev(dep_delay) AS sd FROM flights) SELECT f.carrier, f.flight, round((f.dep_delay - s.m) / s.sd, 3) AS z FROM flights f, s WHERE (f.dep_delay - s.m) / s.sd > 6 ORDER BY z DESC, carrier;

-- Pivots and grouping sets.
SELECT carrier, max(n) FILTER (WHERE origin = 'EWR') AS ewr, max(n) FILTER (WHERE origin = 'JFK') AS jfk, max(n) FILTER (WHERE origin = 'LGA') AS lga FROM (SELECT carrier, origin, count(*) AS n FROM flights GROUP BY 1, 2) t GROUP BY carrier ORDER BY carrier;
SELECT origin, carrier, count(*), grouping(origin), grouping(carrier), grouping(origin, carrier) FROM flights GROUP BY GROUPING SETS ((origin, carrier), (origin), ()) ORDER BY origin NULLS LAST, carrier NULLS LAST;
SELECT coalesce(origin, 'all') AS origin, coalesce(month::text, 'year') AS month, count(*), sum(distance) FROM flights WHERE month <= 3 GROUP BY ROLLUP (origin, month) ORDER BY grouping(origin), flights.origin, grouping(flights.month), flights.month;
SELECT origin, month > 6 AS second_half, count(*) FROM flights GROUP BY CUBE (origin, month > 6) ORDER BY 1 NULLS FIRST, 2 NULLS FIRST;
SELECT CASE WHEN grouping(carrier) = 1 THEN 'total' ELSE carrier END AS carrier, count(*), round(avg(dep_delay), 2) FROM flights GROUP BY ROLLUP (carrier) HAVING grouping(carrier) = 1 OR count(*) > 200 ORDER BY grouping(carrier), 1;
SELECT origin, hour, count(*) FROM flights GROUP BY origin, GROUPING SETS ((hour), ()) HAVING count(*) > 100 ORDER BY 1, 2;
SELECT g.quarter, g.origin, g.n, round(g.n * 100.0 / sum(g.n) OVER (PARTITION BY g.quarter), 1) AS share FROM (SELECT to_char(time_hour, '"Q"Q') AS quarter, origin, count(*) AS n FROM flights GROUP BY 1, 2) g ORDER BY 1, 2;
SELECT origin, json_object_agg(month, n ORDER BY month) FROM (SELECT origin, month, count(*) AS n FROM flights WHERE month < 4 GROUP BY 1, 2) t GROUP BY origin ORDER BY origin;
SELECT origin, jsonb_object_agg(carrier, n) FROM (SELECT origin, carrier, count(*) AS n FROM flights GROUP BY 1, 2) t GROUP BY origin ORDER BY origin;

-- Sessions, gaps and islands.
WITH f AS (SELECT tailnum, time_hour, lag(time_hour) OVER (PARTITION BY tailnum ORDER BY time_hour, flight) AS before FROM flights WHERE tailnum IS NOT NULL), s AS (SELECT *, CASE WHEN before IS NULL OR time_hour - before > interval '30 days' THEN 1 ELSE 0 END AS starts FROM f), n AS (SELECT *, sum(starts) OVER (PARTITION BY tailnum ORDER BY time_hour) AS session FROM s) SELECT tailnum, session, count(*), min(time_hour), max(time_hour), max(time_hour) - min(time_hour) AS length FROM n GROUP BY 1, 2 HAVING count(*) > 4 ORDER BY count(*) DESC, 1, 2 LIMIT 20;
WITH days AS (SELECT DISTINCT make_date(year, month, day) AS day FROM flights WHERE carrier = 'US'), runs AS (SELECT day, day - (row_number() OVER (ORDER BY day))::int AS run FROM days) SELECT min(day), max(day), count(*) FROM runs GROUP BY run HAVING count(*) >= 3 ORDER BY 1;
WITH days AS (SELECT DISTINCT make_date(year, month, day) AS day FROM flights WHERE carrier = 'FL') SELECT day AS last_seen, next AS seen_again, next - day - 1 AS missing FROM (SELECT day, lead(day) OVER (ORDER BY day) AS next FROM days) d WHERE next - day > 10 ORDER BY missing DESC, day LIMIT 10;
SELECT make_date(2013, month, 1) + day - 1 AS date, count(*) FROM flights GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5;
WITH late AS (SELECT time_hour, dep_delay > 30 AS late, row_number() OVER (ORDER BY time_hour, flight, carrier) - row_number() OVER (PARTITION BY dep_delay > 30 ORDER BY time_hour, flight, carrier) AS island FROM flights WHERE origin = 'LGA' AND dep_delay IS NOT NULL) SELECT late, island, count(*) AS n, min(time_hour) AS since FROM late GROUP BY 1, 2 HAVING count(*) > 20 ORDER BY n DESC, since;
SELECT tailnum, time_hour, age(time_hour, lag(time_hour) OVER (PARTITION BY tailnum ORDER BY time_hour)) AS since FROM flights WHERE tailnum IN ('N725MQ', 'N711MQ') ORDER BY 1, 2;
SELECT tailnum, avg(gap) AS mean_gap, sum(gap) FROM (SELECT tailnum, time_hour - lag(time_hour) OVER (PARTITION BY tailnum ORDER BY time_hour) AS gap FROM flights) g WHERE gap IS NOT NULL GROUP BY tailnum HAVING count(*) > 5 ORDER BY 1;
SELECT day, n, max(n) OVER (ORDER BY day ROWS 2 PRECEDING) AS most3, min(n) OVER (ORDER BY day ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS least FROM (SELECT make_date(year, month, day) AS day, count(*) AS n FROM flights WHERE month = 3 GROUP BY 1) t ORDER BY day;
SELECT hour, n, sum(n) OVER (ORDER BY hour GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS near, sum(n) OVER (ORDER BY hour RANGE BETWEEN 2 PRECEDING AND 2 FOLLOWING) AS within FROM (SELECT hour, count(*) AS n FROM flights GROUP BY hour) t ORDER BY hour;

-- Cohorts.
WITH first AS (SELECT tailnum, min(date_trunc('month', time_hour)) AS cohort FROM flights WHERE tailnum IS NOT NULL GROUP BY tailnum), seen AS (SELECT DISTINCT f.tailnum, first.cohort, date_trunc('month', f.time_hour) AS month FROM flights f JOIN first USING (tailnum)) SELECT to_char(cohort, 'Mon') AS cohort, (extract(year FROM age(month, cohort)) * 12 + extract(month FROM age(month, cohort)))::int AS months_on, count(*) AS planes FROM seen WHERE cohort < '2013-04-01' GROUP BY seen.cohort, 2 ORDER BY seen.cohort, 2;
WITH first AS (SELECT tailnum, min(month) AS cohort FROM flights GROUP BY tailnum), size AS (SELECT cohort, count(*) AS planes FROM first GROUP BY cohort), back AS (SELECT c.cohort, f.month - c.cohort AS later, count(DISTINCT f.tailnum) AS n FROM flights f JOIN first c ON c.tailnum = f.tailnum GROUP BY 1, 2) SELECT b.cohort, b.later, b.n, round(b.n::numeric / s.planes, 3) AS kept FROM back b JOIN size s USING (cohort) WHERE b.later BETWEEN 1 AND 3 ORDER BY 1, 2;
SELECT p.year / 10 * 10 AS decade, count(DISTINCT p.tailnum) AS planes, count(*) AS flights, round(avg(f.dep_delay), 1) FROM flights f JOIN planes p ON p.tailnum = f.tailnum GROUP BY 1 ORDER BY 1 NULLS FIRST;
SELECT 2013 - p.year AS age, count(*), round(avg(arr_delay), 2) FROM planes p JOIN flights f USING (tailnum) WHERE p.year IS NOT NULL GROUP BY 2013 - p.year HAVING count(*) > 20 ORDER BY age;

-- Joins of every kind.
SELECT count(*) FROM flights f LEFT JOIN planes p ON p.tailnum = f.tailnum WHERE p.tailnum IS NULL;
SELECT f.carrier, count(*) FROM flights f WHERE NOT EXISTS (SELECT 1 FROM planes p WHERE p.tailnum = f.tailnum) GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM planes WHERE tailnum NOT IN (SELECT tailnum FROM flights);
SELECT count(*) FROM planes WHERE tailnum NOT IN (SELECT tailnum FROM flights WHERE tailnum IS NOT NULL);
SELECT count(*) FROM planes WHERE tailnum IN (SELECT tailnum FROM flights);
SELECT count(*) FROM airports a FULL JOIN (SELECT DISTINCT dest FROM flights) d ON d.dest = a.faa WHERE a.faa IS NULL OR d.dest IS NULL;
SELECT d.dest, a.name FROM (SELECT DISTINCT dest FROM flights) d LEFT JOIN airports a ON a.faa = d.dest WHERE a.faa IS NULL ORDER BY 1;
SELECT w.origin, CASE WHEN w.visib < 5 THEN 'poor' WHEN w.visib < 10 THEN 'fair' ELSE 'good' END AS sight, count(*), round(avg(f.dep_delay), 2) FROM flights f JOIN weather w ON w.origin = f.origin AND w.time_hour = f.time_hour GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*) FROM flights JOIN weather USING (origin, year, month, day, hour);
SELECT origin, month, n, temp FROM (SELECT origin, month, count(*) AS n FROM flights GROUP BY 1, 2) f NATURAL JOIN (SELECT origin, month, round(avg(temp)::numeric, 2) AS temp FROM weather GROUP BY 1, 2) w ORDER BY 1, 2;
SELECT a.carrier AS one, b.carrier AS other, count(*) FROM (SELECT DISTINCT carrier, dest FROM flights) a JOIN (SELECT DISTINCT carrier, dest FROM flights) b ON a.dest = b.dest AND a.carrier < b.carrier GROUP BY 1, 2 HAVING count(*) > 8 ORDER BY 3 DESC, 1, 2;
SELECT f.tailnum, f.time_hour, g.time_hour AS next, g.origin FROM flights f JOIN flights g ON g.tailnum = f.tailnum AND g.time_hour > f.time_hour AND g.time_hour < f.time_hour + interval '12 hours' ORDER BY 2, 1, 3 LIMIT 10;
SELECT o.name AS from_airport, d.name AS to_airport, count(*) FROM flights f JOIN airports o ON o.faa = f.origin JOIN airports d ON d.faa = f.dest WHERE d.tzone = 'America/Denver' GROUP BY o.name, d.name ORDER BY 3 DESC, 1, 2 LIMIT 8;
SELECT a.tzone, count(DISTINCT f.dest) FROM airports a LEFT JOIN flights f ON f.dest = a.faa GROUP BY a.tzone ORDER BY 2 DESC, 1;
SELECT l.carrier, coalesce(r.n, 0) FROM airlines l LEFT JOIN (SELECT carrier, count(*) AS n FROM flights WHERE dest = 'HNL' GROUP BY carrier) r ON l.carrier = r.carrier ORDER BY 2 DESC, 1;
SELECT count(*) FROM flights f, airports a WHERE f.dest = a.faa AND a.alt > 4000;
SELECT count(*) FROM airlines a CROSS JOIN (VALUES ('EWR'), ('JFK'), ('LGA')) o(origin) WHERE NOT EXISTS (SELECT FROM flights f WHERE f.carrier = a.carrier AND f.origin = o.origin);
SELECT a.carrier FROM airlines a WHERE NOT EXISTS (SELECT 1 FROM (VALUES ('EWR'), ('JFK'), ('LGA')) o(origin) WHERE NOT EXISTS (SELECT 1 FROM flights f WHERE f.carrier = a.carrier AND f.origin = o.origin)) ORDER BY 1;

-- Subqueries that look outside.
SELECT carrier, flight, dep_delay FROM flights f WHERE dep_delay > 10 * (SELECT avg(dep_delay) FROM flights g WHERE g.carrier = f.carrier) AND dep_delay > 250 ORDER BY 1, 2, 3;
SELECT name, (SELECT count(*) FROM flights f WHERE f.carrier = a.carrier) AS n, (SELECT max(dest) FROM flights f WHERE f.carrier = a.carrier) AS last FROM airlines a ORDER BY name;
SELECT carrier FROM flights f GROUP BY carrier HAVING avg(dep_delay) > (SELECT avg(dep_delay) FROM flights) ORDER BY carrier;
-- departs: an aggregate of the groups around is not known in a subquery of HAVING
SELECT carrier FROM flights f GROUP BY carrier HAVING count(*) > (SELECT count(*) FROM flights g WHERE g.carrier = 'AA' AND g.origin = min(f.origin)) ORDER BY 1;
SELECT month, (SELECT dest FROM flights g WHERE g.month = m.month GROUP BY dest ORDER BY count(*) DESC, dest LIMIT 1) AS favourite FROM (SELECT DISTINCT month FROM flights) m ORDER BY month;
SELECT dest, distance FROM flights WHERE distance >= ALL (SELECT distance FROM flights) GROUP BY 1, 2;
SELECT DISTINCT carrier FROM flights WHERE distance > ANY (SELECT distance FROM flights WHERE carrier = 'HA') ORDER BY 1;
SELECT DISTINCT carrier FROM flights WHERE (origin, dest) IN (SELECT origin, dest FROM flights WHERE carrier = 'VX') ORDER BY carrier;
SELECT count(*) FROM flights WHERE (carrier, dep_delay) = (SELECT carrier, max(dep_delay) FROM flights WHERE carrier = 'B6' GROUP BY carrier);
SELECT (SELECT count(*) FROM flights WHERE dep_delay IS NULL) * 100.0 / (SELECT count(*) FROM flights) > 2 AS over_two;
SELECT ARRAY(SELECT DISTINCT carrier FROM flights WHERE dest = 'SFO' ORDER BY 1) AS to_sfo, EXISTS (SELECT FROM flights WHERE dest = 'XXX') AS any_to_nowhere;
SELECT a.name, s.* FROM airlines a, LATERAL (SELECT count(*) AS n, round(avg(distance)) AS mean FROM flights f WHERE f.carrier = a.carrier) s ORDER BY s.n DESC, a.name LIMIT 4;
SELECT CASE WHEN EXISTS (SELECT 1 FROM flights WHERE carrier = a.carrier AND dest = 'LAX') THEN 'yes' ELSE 'no' END AS lax, count(*) FROM airlines a GROUP BY 1 ORDER BY 1;

-- Set operations.
SELECT dest FROM flights WHERE origin = 'EWR' EXCEPT SELECT dest FROM flights WHERE origin IN ('JFK', 'LGA') ORDER BY dest;
SELECT dest FROM flights WHERE origin = 'EWR' INTERSECT SELECT dest FROM flights WHERE origin = 'JFK' INTERSECT SELECT dest FROM flights WHERE origin = 'LGA' ORDER BY 1 DESC LIMIT 5;
SELECT carrier, 'early' AS kind, count(*) FROM flights WHERE dep_delay < 0 GROUP BY carrier UNION ALL SELECT carrier, 'late', count(*) FROM flights WHERE dep_delay > 0 GROUP BY carrier ORDER BY carrier, kind;
-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
SELECT 'all' AS what, count(*)::numeric AS n FROM flights UNION SELECT origin, round(avg(distance), 2) FROM flights GROUP BY origin ORDER BY 2 DESC;
(SELECT carrier, dep_delay FROM flights WHERE dep_delay IS NOT NULL ORDER BY dep_delay DESC, carrier LIMIT 3) UNION ALL (SELECT carrier, dep_delay FROM flights WHERE dep_delay IS NOT NULL ORDER BY dep_delay, carrier LIMIT 3) ORDER BY 2, 1;
SELECT origin FROM flights EXCEPT ALL SELECT DISTINCT origin FROM flights ORDER BY 1 LIMIT 1;
SELECT month, count(*) FROM (SELECT month, dest FROM flights WHERE origin = 'JFK' INTERSECT ALL SELECT month, dest FROM flights WHERE origin = 'LGA') t GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM (SELECT tailnum FROM flights UNION SELECT tailnum FROM planes) t;
SELECT 1 AS a, NULL AS b UNION ALL SELECT month, origin FROM flights WHERE flight = 1141 ORDER BY a, b;

-- Recursion over routes.
WITH RECURSIVE routes AS (SELECT DISTINCT origin, dest FROM flights), reach(airport, hops) AS (SELECT 'EWR', 0 UNION SELECT r.dest, hops + 1 FROM reach JOIN routes r ON r.origin = reach.airport WHERE hops < 2) SELECT hops, count(*), min(airport), max(airport) FROM reach GROUP BY hops ORDER BY hops;
WITH RECURSIVE legs AS (SELECT DISTINCT origin AS a, dest AS b, distance FROM flights UNION SELECT DISTINCT dest, origin, distance FROM flights), path AS (SELECT a, b, distance, ARRAY[a, b] AS stops FROM legs WHERE a = 'ALB' UNION ALL SELECT path.a, legs.b, path.distance + legs.distance, stops || legs.b FROM path JOIN legs ON legs.a = path.b WHERE legs.b <> ALL (stops) AND cardinality(stops) < 4) SELECT array_to_string(stops, ' > ') AS trip, distance FROM path WHERE b IN ('BOS', 'SFO', 'HNL') ORDER BY distance, trip LIMIT 8;
WITH RECURSIVE months(m) AS (SELECT date '2013-01-01' UNION ALL SELECT (m + interval '1 month')::date FROM months WHERE m < '2013-12-01') SELECT to_char(m, 'FMMonth') AS month, (SELECT count(*) FROM flights f WHERE make_date(f.year, f.month, 1) = m) AS n FROM months ORDER BY m;
WITH RECURSIVE t(n, f) AS (VALUES (1, 1::numeric) UNION ALL SELECT n + 1, f * (n + 1) FROM t WHERE n < 20) SELECT n, f FROM t WHERE n % 5 = 0 ORDER BY n;
-- departs: a recursive query is read once by itself, and not by LATERAL
WITH RECURSIVE chain AS (SELECT flight, carrier, time_hour, 1 AS step FROM flights WHERE tailnum = 'N725MQ' AND time_hour = (SELECT min(time_hour) FROM flights WHERE tailnum = 'N725MQ') UNION ALL SELECT n.flight, n.carrier, n.time_hour, step + 1 FROM chain c JOIN LATERAL (SELECT * FROM flights f WHERE f.tailnum = 'N725MQ' AND f.time_hour > c.time_hour ORDER BY f.time_hour LIMIT 1) n ON true) SELECT * FROM chain ORDER BY step;
WITH a AS (SELECT carrier, count(*) AS n FROM flights GROUP BY carrier), b AS (SELECT * FROM a WHERE n > 100), c AS MATERIALIZED (SELECT max(n) AS most FROM b) SELECT b.carrier, round(b.n::numeric / c.most, 3) FROM b, c ORDER BY 2 DESC, 1;

-- Cleaning text.
SELECT manufacturer, count(*) FROM planes GROUP BY manufacturer ORDER BY 2 DESC, 1 LIMIT 12;
SELECT initcap(lower(regexp_replace(manufacturer, '\s+(INC|CO|CORP|INDUSTRIE|AIRCRAFT CO)$', '', 'i'))) AS maker, count(*) FROM planes GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 12;
SELECT substring(model FROM '^[A-Z]*[0-9]+') AS family, count(*) FROM planes GROUP BY 1 ORDER BY 2 DESC, 1 NULLS LAST LIMIT 10;
SELECT split_part(name, ' ', 1) AS first, split_part(name, ' ', -1) AS last, length(name), reverse(left(name, 3)) FROM airlines ORDER BY name;
SELECT regexp_matches(name, '(\w+) (Airlines|Airways|Air Lines)') AS parts FROM airlines ORDER BY name;
SELECT name, regexp_split_to_array(name, '\s+'), array_length(regexp_split_to_array(name, '\s+'), 1) FROM airlines ORDER BY 3 DESC, 1 LIMIT 6;
SELECT word, count(*) FROM airlines, regexp_split_to_table(lower(name), '[^a-z]+') AS word WHERE word <> '' GROUP BY word ORDER BY 2 DESC, 1;
SELECT upper(substr(tailnum, 1, 1)) AS letter, count(*), count(*) FILTER (WHERE tailnum ~ '^N\d{3}[A-Z]{2}$') AS usual FROM flights GROUP BY 1 ORDER BY 1 NULLS LAST;
SELECT tailnum, translate(tailnum, '0123456789', '##########') AS shape, lpad(ltrim(tailnum, 'N'), 8, '0'), position('M' IN tailnum), overlay(tailnum PLACING 'X' FROM 1 FOR 1) FROM flights WHERE tailnum LIKE '%MQ' ORDER BY 1 LIMIT 5;
SELECT regexp_count(name, 'a', 1, 'i'), regexp_instr(name, '[aeiou]', 1, 2), regexp_substr(name, '[A-Z][a-z]+', 1, 2), name FROM airlines ORDER BY name;
SELECT concat_ws(' / ', origin, dest, nullif(carrier, 'AA')) AS route, count(*) FROM flights WHERE dest IN ('ORD', 'MIA') GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 6;
SELECT format('%s flies %s times from %I (%L)', carrier, count(*), origin, max(dest)) FROM flights WHERE carrier IN ('HA', 'VX') GROUP BY carrier, origin ORDER BY 1;
SELECT name FROM airports WHERE name ILIKE '%international%' AND name !~* '^[a-m]' AND name SIMILAR TO '(S|T)%' ORDER BY name LIMIT 7;
SELECT btrim(name, 'A. '), strpos(name, 'Air'), starts_with(name, 'A'), ascii(name), md5(name) FROM airlines ORDER BY carrier;
SELECT carrier || '-' || lpad(flight::text, 4, '0') AS code, to_char(sched_dep_time, 'FM00:00') AS at, to_char(distance, '9,999') AS miles FROM flights WHERE origin = 'JFK' AND dest = 'HNL' ORDER BY time_hour LIMIT 5;

-- Time: zones, daylight saving, every field.
SELECT time_hour, time_hour AT TIME ZONE 'America/New_York' AS local, extract(hour FROM time_hour AT TIME ZONE 'America/New_York') AS hour_there, hour FROM flights WHERE (month, day) IN ((3, 9), (3, 10), (11, 2), (11, 3)) ORDER BY 1, 4 LIMIT 20;
SELECT (time_hour AT TIME ZONE 'America/New_York')::date AS day, count(*), min(time_hour AT TIME ZONE 'America/New_York'), max(time_hour AT TIME ZONE 'America/New_York') FROM flights WHERE month = 11 AND day < 6 GROUP BY 1 ORDER BY 1;
SELECT t, t AT TIME ZONE 'America/New_York' AS local, (t AT TIME ZONE 'America/New_York') AT TIME ZONE 'America/New_York' = t AS same FROM generate_series('2013-11-03 04:00+00'::timestamptz, '2013-11-03 08:00+00', '30 minutes') t ORDER BY t;
SELECT l, l AT TIME ZONE 'America/New_York' AS instant FROM generate_series('2013-03-10 01:00'::timestamp, '2013-03-10 04:00', '30 minutes') l ORDER BY l;
SELECT date_trunc('day', time_hour, 'America/New_York') AS day, count(*) FROM flights WHERE month = 3 AND day BETWEEN 8 AND 12 GROUP BY 1 ORDER BY 1;
SET TimeZone = 'America/New_York';
SELECT time_hour, date_trunc('day', time_hour), time_hour::date, extract(timezone_hour FROM time_hour), time_hour + interval '1 day', time_hour + interval '24 hours' FROM flights WHERE month = 3 AND day IN (9, 10) ORDER BY 1, flight LIMIT 8;
SELECT date_trunc('day', time_hour) AS d, count(*), max(time_hour) - min(time_hour) FROM flights WHERE month = 11 AND day BETWEEN 1 AND 5 GROUP BY 1 ORDER BY 1;
SELECT '2013-11-04'::timestamptz - '2013-11-03'::timestamptz AS long_day, '2013-03-11'::timestamptz - '2013-03-10'::timestamptz AS short_day, age('2013-11-04'::timestamptz, '2013-03-10'::timestamptz), '2013-03-10 02:30'::timestamptz AS missing, '2013-11-03 01:30'::timestamptz AS twice;
SELECT g FROM generate_series('2013-03-09 12:00'::timestamptz, '2013-03-12 12:00', '1 day') g ORDER BY g;
SELECT g, to_char(g, 'HH24:MI TZ OF') FROM generate_series('2013-11-03 00:00'::timestamptz, '2013-11-03 03:00', '1 hour') g ORDER BY g;
SELECT time_hour::text, to_char(time_hour, 'Dy DD Mon YYYY HH12:MI AM TZ') FROM flights WHERE flight = 1141 ORDER BY time_hour LIMIT 4;
SET TimeZone = 'UTC';
SELECT extract(century FROM t), extract(day FROM t), extract(decade FROM t), extract(dow FROM t), extract(doy FROM t), extract(epoch FROM t), extract(hour FROM t), extract(isodow FROM t), extract(isoyear FROM t), extract(julian FROM t) FROM (SELECT min(time_hour) AS t FROM flights) f;
SELECT extract(microseconds FROM t), extract(millennium FROM t), extract(milliseconds FROM t), extract(minute FROM t), extract(month FROM t), extract(quarter FROM t), extract(second FROM t), extract(timezone FROM t), extract(timezone_minute FROM t), extract(week FROM t), extract(year FROM t) FROM (SELECT max(time_hour) + interval '1.25 seconds' AS t FROM flights) f;
SELECT extract(epoch FROM i), extract(day FROM i), extract(hour FROM i), extract(minute FROM i), extract(second FROM i), extract(month FROM i), i, justify_hours(i), justify_interval(i * 30) FROM (SELECT make_interval(mins => sum(dep_delay)::int) AS i FROM flights) f;
SELECT isoyear, week, count(*) FROM (SELECT extract(isoyear FROM time_hour) AS isoyear, extract(week FROM time_hour) AS week FROM flights) f GROUP BY 1, 2 HAVING min(week) > 50 OR max(week) < 3 ORDER BY 1, 2;
SELECT date_bin('15 minutes', dep, '2013-01-01') AS bin, count(*) FROM (SELECT make_timestamp(year, month, day, hour, minute, 0) AS dep FROM flights WHERE month = 1 AND day < 4) f GROUP BY 1 ORDER BY 1;
SELECT make_time(dep_time / 100 % 24, dep_time % 100, 0) AS at, count(*) FROM flights WHERE dep_time IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5;
SELECT to_timestamp(format('%s-%s-%s %s', year, month, day, lpad(sched_dep_time::text, 4, '0')), 'YYYY-MM-DD HH24MI') AS planned, time_hour FROM flights ORDER BY time_hour, flight LIMIT 5;
SELECT to_date(year || lpad(month::text, 2, '0') || lpad(day::text, 2, '0'), 'YYYYMMDD') AS d, count(*) FROM flights GROUP BY 1 ORDER BY 1 LIMIT 3;
SELECT date_trunc('quarter', time_hour)::date AS q, (date_trunc('quarter', time_hour) + interval '3 months - 1 day')::date AS ends, count(*) FROM flights GROUP BY 1, 2 ORDER BY 1;
SELECT count(*) FROM flights WHERE (time_hour, time_hour + interval '1 hour') OVERLAPS (timestamptz '2013-07-04 00:00+00', interval '1 day');
SELECT count(*) FROM flights WHERE time_hour >= '2013-07-01' AND time_hour < '2013-07-01'::date + interval '1 month';
SELECT count(*) FROM flights WHERE time_hour::date = '2013-12-25' OR time_hour::time BETWEEN '22:00' AND '23:59';
SELECT make_interval(mins => max(air_time)), max(air_time) * interval '1 minute', interval '1 hour' * 2.5, justify_days(interval '65 days'), interval '1 month' + interval '40 days' FROM flights;
SELECT to_char(sum(make_interval(mins => air_time)), 'HH24:MI') AS flown, sum(make_interval(mins => air_time)) AS total, avg(make_interval(mins => air_time)) AS mean FROM flights WHERE dest = 'BOS';

-- Reports for people.
SELECT to_char(time_hour, 'FMMonth YYYY') AS month, to_char(count(*), 'FM999,999') AS n, to_char(avg(dep_delay), 'FM990.00') AS mean, to_char(sum(distance), '999G999G999') AS miles FROM flights GROUP BY 1, extract(month FROM time_hour) ORDER BY extract(month FROM time_hour);
SELECT to_char(day, 'IYYY-"W"IW') AS week, to_char(min(day), 'DD.MM.') || ' to ' || to_char(max(day), 'DD.MM.YYYY') AS days, count(*) FROM (SELECT make_date(year, month, day) AS day FROM flights) f GROUP BY 1 ORDER BY 1 LIMIT 6;
SELECT to_char(100.0 * count(*) FILTER (WHERE arr_delay <= 0) / count(arr_delay), 'FM990.0"%"') AS on_time, carrier FROM flights GROUP BY carrier HAVING count(arr_delay) > 0 ORDER BY count(*) FILTER (WHERE arr_delay <= 0)::float / count(arr_delay) DESC, carrier;
SELECT repeat('#', (count(*) / 10)::int) AS bar, hour FROM flights GROUP BY hour ORDER BY hour;
SELECT CASE WHEN dep_delay IS NULL THEN 'cancelled' WHEN dep_delay <= 0 THEN 'on time' WHEN dep_delay < 60 THEN 'late' ELSE 'very late' END AS status, count(*), to_char(count(*) * 100.0 / sum(count(*)) OVER (), '990D9%') AS share FROM flights GROUP BY 1 ORDER BY 2 DESC;
SELECT row_number() OVER (ORDER BY avg(arr_delay) DESC NULLS LAST, dest) AS place, dest, to_char(avg(arr_delay), 'S990.9') AS mean FROM flights GROUP BY dest HAVING count(*) > 20 ORDER BY 1 LIMIT 10;

-- Documents.
SELECT json_agg(t ORDER BY t.n DESC, t.origin) FROM (SELECT origin, count(*) AS n FROM flights GROUP BY origin) t;
SELECT jsonb_build_object('origin', origin, 'flights', count(*), 'carriers', jsonb_agg(DISTINCT carrier)) FROM flights WHERE month = 1 GROUP BY origin ORDER BY origin;
SELECT row_to_json(t) FROM (SELECT carrier, max(dep_delay) AS worst, min(time_hour) AS since FROM flights GROUP BY carrier ORDER BY carrier LIMIT 3) t;
SELECT to_jsonb(a) FROM airlines a ORDER BY carrier LIMIT 2;
SELECT json_build_object('carrier', a.carrier, 'top', (SELECT json_agg(json_build_object('dest', d.dest, 'n', d.n)) FROM (SELECT dest, count(*) AS n FROM flights f WHERE f.carrier = a.carrier GROUP BY dest ORDER BY n DESC, dest LIMIT 2) d)) FROM airlines a ORDER BY a.carrier LIMIT 4;
SELECT e.key, e.value, jsonb_typeof(e.value) FROM jsonb_each((SELECT jsonb_object_agg(origin, n) FROM (SELECT origin, count(*) AS n FROM flights GROUP BY origin) t)) e ORDER BY 1;
SELECT x.origin, x.n, x.mean FROM jsonb_to_recordset((SELECT jsonb_agg(t) FROM (SELECT origin, count(*) AS n, round(avg(dep_delay), 1) AS mean FROM flights GROUP BY origin) t)) AS x(origin text, n int, mean numeric) ORDER BY 1;
SELECT d ->> 'carrier' AS carrier, (d -> 'n')::int AS n, d #>> '{at,first}' AS first FROM (SELECT jsonb_build_object('carrier', carrier, 'n', count(*), 'at', jsonb_build_object('first', min(month))) AS d FROM flights GROUP BY carrier) t WHERE (d ->> 'n')::int > 200 ORDER BY 1;
SELECT v FROM json_array_elements_text((SELECT json_agg(DISTINCT origin ORDER BY origin) FROM flights)) v;
SELECT jsonb_pretty(jsonb_agg(jsonb_build_object('m', month, 'n', n) ORDER BY month)) FROM (SELECT month, count(*) AS n FROM flights WHERE month < 3 GROUP BY month) t;

-- Arrays there and back.
SELECT carrier, months FROM (SELECT carrier, array_agg(DISTINCT month ORDER BY month) AS months FROM flights GROUP BY carrier) t WHERE cardinality(months) < 12 ORDER BY 1;
SELECT carrier, m FROM (SELECT carrier, array_agg(DISTINCT month ORDER BY month) AS months FROM flights WHERE carrier = 'HA' GROUP BY carrier) t, unnest(months) AS m ORDER BY m;
SELECT g.month FROM generate_series(1, 12) AS g(month) WHERE g.month <> ALL (SELECT unnest(array_agg(DISTINCT month)) FROM flights WHERE carrier = 'OO') ORDER BY 1;
SELECT carrier, array_position(dests, 'SFO') AS place, dests[1:3] AS first FROM (SELECT carrier, array_agg(dest ORDER BY n DESC, dest) AS dests FROM (SELECT carrier, dest, count(*) AS n FROM flights GROUP BY 1, 2) c GROUP BY carrier) t ORDER BY carrier;
SELECT dest, o, n FROM (SELECT array_agg(dest ORDER BY n DESC, dest) AS dests, array_agg(n ORDER BY n DESC, dest) AS ns FROM (SELECT dest, count(*) AS n FROM flights GROUP BY dest) c) t, unnest(dests, ns) WITH ORDINALITY AS u(dest, n, o) WHERE o <= 5 ORDER BY o;
-- departs: an aggregate of the groups around is not known in FROM of a subquery
SELECT origin, array_agg(n ORDER BY month) AS by_month, (SELECT sum(x) FROM unnest(array_agg(n ORDER BY month)) x) AS total FROM (SELECT origin, month, count(*) AS n FROM flights GROUP BY 1, 2) t GROUP BY origin ORDER BY origin;
SELECT string_to_array(string_agg(DISTINCT origin, ',' ORDER BY origin), ',') @> ARRAY['JFK'], array_to_string(array_agg(DISTINCT origin ORDER BY origin), '|', '*') FROM flights;
SELECT array_remove(array_agg(DISTINCT tailnum ORDER BY tailnum), NULL) FROM flights WHERE origin = 'LGA' AND month = 2 AND carrier = 'FL';

-- Filters as tools write them.
SELECT "t0"."carrier" AS "carrier", COUNT(1) AS "cnt", SUM(CAST("t0"."distance" AS DOUBLE PRECISION)) AS "sum:distance:ok" FROM "flights" "t0" WHERE (("t0"."origin" = 'JFK') AND ("t0"."dep_delay" >= 0)) GROUP BY 1 HAVING (COUNT(1) > 0) ORDER BY 3 DESC NULLS LAST, 1;
SELECT CAST(EXTRACT(YEAR FROM "flights"."time_hour") AS INTEGER) AS "yr:time_hour:ok", CAST(DATE_TRUNC('MONTH', CAST("flights"."time_hour" AS DATE)) AS DATE) AS "tmn:time_hour:ok", SUM(1) AS "sum:one:ok" FROM "flights" GROUP BY 1, 2 ORDER BY 1, 2;
SELECT "source"."carrier" AS "carrier", "source"."late" AS "late", COUNT(*) AS "count" FROM (SELECT "flights"."carrier" AS "carrier", CASE WHEN "flights"."dep_delay" > 15 THEN 'late' ELSE 'fine' END AS "late" FROM "flights") AS "source" WHERE "source"."carrier" IN ('AA', 'DL') GROUP BY "source"."carrier", "source"."late" ORDER BY "source"."carrier" ASC, "source"."late" ASC;
SELECT floor(extract(epoch FROM time_hour) / 2592000) * 2592000 AS time, origin AS metric, count(*) AS value FROM flights WHERE time_hour BETWEEN '2013-01-01T00:00:00Z' AND '2013-04-01T00:00:00Z' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT COALESCE("carrier", '(empty)') AS "c", AVG("dep_delay"::float8) AS "a" FROM flights WHERE "origin" = 'LGA' AND "carrier" IN ('YV', 'F9') GROUP BY 1 ORDER BY 1;
SELECT COUNT(*) FROM (SELECT carrier FROM flights GROUP BY carrier HAVING SUM(distance) > 100000) q;
SELECT * FROM (SELECT carrier, origin, count(*) AS n FROM flights GROUP BY carrier, origin) q ORDER BY n DESC, carrier, origin LIMIT 3 OFFSET 2;
SELECT carrier, dest, dep_delay FROM flights WHERE lower(dest) LIKE lower('%A%') AND (dep_delay IS NULL OR dep_delay > 300) ORDER BY dep_delay DESC NULLS LAST, dest, carrier;
SELECT count(*) FROM flights WHERE dep_delay IS DISTINCT FROM arr_delay AND (arr_delay IS NULL) IS NOT TRUE;
SELECT min(a), max(a), count(*) FROM (SELECT nullif(arr_delay, 0) AS a FROM flights) t WHERE a % 2 = 0;
SELECT greatest(max(dep_delay), max(arr_delay)), least(min(dep_delay), min(arr_delay), 0), sign(avg(dep_delay) - avg(arr_delay)) FROM flights;
SELECT sum(dep_delay) / count(*) AS whole, sum(dep_delay)::float / count(*) AS real, round(sum(dep_delay) * 1.0 / count(*), 4) AS exact, sum(dep_delay) % 60 AS rest, div(sum(dep_delay), 60) AS hours FROM flights;
SELECT round(6371 * 2 * asin(sqrt(power(sin(radians(d.lat - o.lat) / 2), 2) + cos(radians(o.lat)) * cos(radians(d.lat)) * power(sin(radians(d.lon - o.lon) / 2), 2)))) AS km, o.faa, d.faa FROM airports o JOIN airports d ON d.faa IN ('LAX', 'HNL', 'BOS') WHERE o.faa = 'JFK' ORDER BY 1;
SELECT count(*), sum(n), max(n) FROM (SELECT tailnum, count(*) AS n, row_number() OVER (ORDER BY count(*) DESC, tailnum NULLS LAST) AS r FROM flights GROUP BY tailnum) t WHERE r <= 100;
SELECT sum(hashed % 7) FROM (SELECT ('x' || substr(md5(tailnum), 1, 7))::text AS h, length(md5(tailnum)) AS hashed FROM flights WHERE tailnum IS NOT NULL) t;
SELECT carrier, count(*) FROM flights TABLESAMPLE BERNOULLI (100) GROUP BY carrier ORDER BY 1 LIMIT 2;

-- Mistakes.
SELECT carrier, origin, count(*) FROM flights GROUP BY carrier;
SELECT carrier FROM flights WHERE count(*) > 1 GROUP BY carrier;
SELECT carrier, avg(dep_delay) AS mean FROM flights GROUP BY carrier HAVING mean > 10;
SELECT dest AS place FROM flights WHERE place = 'ORD';
SELECT carrier FROM flights JOIN airlines ON flights.carrier = airlines.carrier;
SELECT avg(tailnum) FROM flights;
SELECT dep_delay || 5 FROM flights WHERE dep_delay > 'much';
SELECT time_hour - 5 FROM flights;
SELECT DISTINCT carrier FROM flights ORDER BY dest;
SELECT origin FROM flights UNION SELECT month FROM flights;
SELECT 100 / (dep_delay - dep_delay) FROM flights WHERE dep_delay = 5;
SELECT tailnum::int FROM flights WHERE tailnum = 'N725MQ';
SELECT rank() FROM flights;
SELECT carrier, row_number() OVER (ORDER BY dep_delay) FROM flights WHERE row_number() OVER (ORDER BY dep_delay) = 1;
SELECT flight, (SELECT dest FROM flights) FROM airlines;
