-- Raw: the files as they lie in the lake. Nothing is copied; each table is a name, a shape and a
-- location. `NA` is how these files write NULL. Times stay text here: their meaning is given in cleaned.

CREATE SCHEMA IF NOT EXISTS raw;
COMMENT ON SCHEMA raw IS 'Files as they came. Nothing is changed here.';

CREATE FOREIGN TABLE IF NOT EXISTS raw.flights (
    year integer,
    month integer,
    day integer,
    dep_time integer,
    sched_dep_time integer,
    dep_delay integer,
    arr_time integer,
    sched_arr_time integer,
    arr_delay integer,
    carrier text,
    flight integer,
    tailnum text,
    origin text,
    dest text,
    air_time integer,
    distance integer,
    hour integer,
    minute integer,
    time_hour text
)
SERVER lake
OPTIONS (location 'raw/nycflights13/flights.csv.gz', format 'csv', header 'true', "null" 'NA');

CREATE FOREIGN TABLE IF NOT EXISTS raw.weather (
    origin text,
    year integer,
    month integer,
    day integer,
    hour integer,
    temp double precision,
    dewp double precision,
    humid double precision,
    wind_dir integer,
    wind_speed double precision,
    wind_gust double precision,
    precip double precision,
    pressure double precision,
    visib double precision,
    time_hour text
)
SERVER lake
OPTIONS (location 'raw/nycflights13/weather.csv.gz', format 'csv', header 'true', "null" 'NA');

CREATE FOREIGN TABLE IF NOT EXISTS raw.planes (
    tailnum text,
    year integer,
    type text,
    manufacturer text,
    model text,
    engines integer,
    seats integer,
    speed integer,
    engine text
)
SERVER lake
OPTIONS (location 'raw/nycflights13/planes.csv', format 'csv', header 'true', "null" 'NA');

CREATE FOREIGN TABLE IF NOT EXISTS raw.airports (
    faa text,
    name text,
    lat double precision,
    lon double precision,
    alt integer,
    tz integer,
    dst text,
    tzone text
)
SERVER lake
OPTIONS (location 'raw/nycflights13/airports.csv', format 'csv', header 'true', "null" 'NA');

CREATE FOREIGN TABLE IF NOT EXISTS raw.airlines (
    carrier text,
    name text
)
SERVER lake
OPTIONS (location 'raw/nycflights13/airlines.csv', format 'csv', header 'true', "null" 'NA');

COMMENT ON FOREIGN TABLE raw.flights IS 'Every flight that left New York (JFK, LGA, EWR) in 2013.';
COMMENT ON COLUMN raw.flights.dep_time IS 'Local time as hhmm, so 517 is 05:17. NULL: cancelled.';
COMMENT ON COLUMN raw.flights.time_hour IS 'The scheduled hour of departure in UTC.';
COMMENT ON FOREIGN TABLE raw.weather IS 'Hourly weather at the three airports.';
