"""dbt-postgres over the flights: seed, run, test, incremental, snapshot, docs, and all of it a second time."""
# needs: dbt

import json
import os
import shutil
from importlib.metadata import version
from pathlib import Path

import psycopg2
from dbt.cli.main import dbtRunner
from steps import SCRATCH, equal, step

PROJECT = Path(SCRATCH) / "project"
shutil.copytree(Path(__file__).parent / "dbt", PROJECT)
os.chdir(PROJECT)
os.environ.update(DBT_PROFILES_DIR=str(PROJECT), DBT_LOG_PATH=str(PROJECT / "logs"), DBT_SEND_ANONYMOUS_USAGE_STATS="false",
                  DBT_VERSION_CHECK="false", HOME=SCRATCH, DBT_QUIET="true")
runner = dbtRunner()


def dbt(*words):
    """Gives what each node came to; a failure shows dbt's own message."""
    outcome = runner.invoke(list(words))
    if outcome.exception:
        raise outcome.exception
    results = getattr(outcome.result, "results", [])
    bad = [f"{r.node.name}: {r.message}" for r in results if r.status not in ("success", "pass")]
    assert outcome.success and not bad, "\n".join(bad) or log()[-3000:]
    return {r.node.name: r for r in results if getattr(r, "node", None)}


def log():
    return (PROJECT / "logs/dbt.log").read_text()


def one(text):
    connection = psycopg2.connect("")
    try:
        with connection.cursor() as cursor:
            cursor.execute(text)
            return cursor.fetchone()[0]
    finally:
        connection.close()


@step(f"version {version('dbt-postgres')}, core {version('dbt-core')}: debug finds the connection")
def _():
    connection = psycopg2.connect("")
    connection.autocommit = True
    for schema in ("dbt", "dbt_snapshots"):
        connection.cursor().execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    connection.close()
    dbt("debug", "--connection")


@step("seed")
def _():
    equal(set(dbt("seed")), {"airline_groups"})
    equal(one("SELECT count(*) FROM dbt.airline_groups WHERE alliance IS NULL"), 1)
    equal(str(one("SELECT since FROM dbt.airline_groups WHERE code = 'DL'")), "2000-06-22")


@step("run: views, tables, an incremental model begun")
def _():
    equal(set(dbt("run")), {"stg_flights", "carrier_month", "by_day", "alliances"})
    equal(one("SELECT sum(flights)::int FROM dbt.carrier_month"), 336776)
    equal(one("SELECT count(*) FROM dbt.by_day"), 31)


@step("descriptions became comments")
def _():
    equal(one("SELECT obj_description('dbt.carrier_month'::regclass)"), "One row per carrier and month.")


@step("test: not_null, unique, accepted_values, relationships, one of our own")
def _():
    equal(len(dbt("test")), 9)


@step("run a second time: tables replaced, the incremental model appended to")
def _():
    dbt("run")
    equal(one("SELECT sum(flights)::int FROM dbt.carrier_month"), 336776)
    equal(one("SELECT count(*) FROM dbt.by_day"), 61)
    dbt("run", "--select", "by_day", "--vars", "{days: 10}")
    equal(one("SELECT count(*) FROM dbt.by_day"), 70)
    equal(one("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'dbt' AND table_name LIKE '%\\_\\_dbt\\_%'"), 0)


@step("seed and run with --full-refresh, then test")
def _():
    dbt("seed", "--full-refresh")
    dbt("run", "--full-refresh")
    equal(one("SELECT count(*) FROM dbt.by_day"), 31)
    dbt("test")


@step("a snapshot is begun")
def _():
    dbt("snapshot")
    equal(one("SELECT count(*) FROM dbt_snapshots.groups WHERE dbt_valid_to IS NULL"), 6)


@step("docs generate: the catalog has each table, column and comment")
def _():
    dbt("docs", "generate")
    catalog = json.loads((PROJECT / "target/catalog.json").read_text())
    equal(catalog["errors"], None)
    node = catalog["nodes"]["model.flights.carrier_month"]
    equal((node["metadata"]["type"], node["metadata"]["owner"], node["metadata"]["comment"]),
          ("BASE TABLE", "postgres", "One row per carrier and month."))
    equal([(c["name"], c["type"]) for c in node["columns"].values()][:3],
          [("month", "date"), ("carrier", "text"), ("airline", "text")])
    assert "source.flights.curated.flights" in catalog["sources"]


@step("show, compile, list, and build as one")
def _():
    dbt("compile")
    dbt("show", "--select", "alliances", "--limit", "2")
    dbt("build", "--exclude", "resource_type:snapshot")


@step("its log holds no warning of the server's")
def _():
    said = [line for line in log().splitlines() if "Postgres error" in line or "Database Error" in line]
    equal(said, [])
