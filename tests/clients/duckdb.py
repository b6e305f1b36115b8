"""DuckDB's postgres extension: a lakewire attached as a database, scanned in parallel by binary COPY, joined, written."""
# needs: drivers

from pathlib import Path

import duckdb
import duckdb_extension_postgres_scanner as carried
from steps import FLIGHTS, equal, step

# PyPI carries the file as DuckDB built and signed it; LOAD checks the signature.
EXTENSION = next(Path(carried.__file__).parent.rglob("postgres_scanner.duckdb_extension"))
here = duckdb.connect()
ATTACH = "ATTACH '' AS lake (TYPE postgres)"


def ask(text):
    return here.execute(text).fetchall()


@step(f"version {duckdb.__version__}: attached")
def _():
    here.execute(f"LOAD '{EXTENSION}'")
    here.execute(ATTACH)
    here.execute("CALL postgres_execute('lake', 'DROP SCHEMA IF EXISTS duckdb CASCADE')")
    here.execute("CREATE SCHEMA lake.duckdb")


@step("the tables and their columns")
def _():
    found = ask("SELECT table_name FROM information_schema.tables WHERE table_catalog = 'lake' AND table_schema = 'curated' ORDER BY 1")
    equal(found, [("airlines_by_month",), ("daily_delays",), ("flights",), ("storms",), ("worst_routes",)])
    kinds = dict(row[:2] for row in ask("DESCRIBE lake.curated.flights"))
    equal((kinds["day"], kinds["cancelled"], kinds["scheduled_departure"]), ("DATE", "BOOLEAN", "TIMESTAMP"))


@step("a whole scan, a filter pushed down, a join with a local table")
def _():
    equal(ask("SELECT count(*) FROM lake.curated.flights"), [(FLIGHTS,)])
    equal(ask("SELECT count(*) FROM lake.curated.flights WHERE month = 2 AND origin = 'JFK'"), [(8421,)])
    here.execute("CREATE TABLE names AS SELECT * FROM (VALUES ('JFK', 'Kennedy'), ('LGA', 'LaGuardia')) AS t (origin, name)")
    equal(ask("SELECT name, count(*) FROM lake.curated.flights JOIN names USING (origin) GROUP BY name ORDER BY name"),
          [("Kennedy", 111279), ("LaGuardia", 104662)])
    equal(ask("SELECT * FROM postgres_query('lake', 'SELECT 1 AS a, ''x'' AS b')"), [(1, "x")])


@step("over several connections, by ranges of blocks: each row once")
def _():
    here.execute("SET pg_pages_per_task = 50")
    equal(ask("SELECT count(*), sum(distance_mi), count(DISTINCT (day, carrier, flight, origin, scheduled_departure)) "
              "FROM lake.curated.flights"), [(FLIGHTS, 350217607, FLIGHTS)])
    here.execute("RESET pg_pages_per_task")


@step("a table made and filled from DuckDB")
def _():
    here.execute("CREATE TABLE lake.duckdb.item (id integer, name varchar, price double, d date)")
    here.execute("INSERT INTO lake.duckdb.item SELECT i, 'name ' || i, i / 4, DATE '2024-01-01' + i::integer FROM range(2000) AS t(i)")
    equal(ask("SELECT count(*), max(d) FROM lake.duckdb.item")[0][0], 2000)
    here.execute("BEGIN")
    here.execute("INSERT INTO lake.duckdb.item VALUES (-1, 'gone', 0, NULL)")
    here.execute("ROLLBACK")
    equal(ask("SELECT count(*) FROM lake.duckdb.item"), [(2000,)])
