"""pgAdmin 4, installed from PyPI and started as a desktop program: a server added by its API, its tree opened down to
columns, the SQL and properties it shows, the query tool, a plan, the rows of a table, the dashboard.
"""
# needs: pgadmin

import os
import random
import shutil
import socket
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import psycopg
import requests
from steps import DATABASE, HOST, PASSWORD, PORT, SCRATCH, USER, equal, step

HOME = Path(SCRATCH)
# Its own database takes a while to make; the next run takes it from here.
MADE = Path(sys.prefix) / f"metadata-{version('pgadmin4')}.db"
PROGRAM = next(Path(sys.prefix).glob("lib/python3*/site-packages/pgadmin4/pgAdmin4.py"))
(HOME / "config_local.py").write_text(f"""
DATA_DIR = "{HOME}/data"
LOG_FILE = "{HOME}/pgadmin.log"
SQLITE_PATH = "{HOME}/data/pgadmin4.db"
SESSION_DB_PATH = "{HOME}/data/sessions"
STORAGE_DIR = "{HOME}/data/storage"
AZURE_CREDENTIAL_CACHE_DIR = "{HOME}/data/azure"
KERBEROS_CCACHE_DIR = "{HOME}/data/kerberos"
TEST_SQLITE_PATH = "{HOME}/data/test.db"
SERVER_MODE = False
MASTER_PASSWORD_REQUIRED = False
USE_OS_SECRET_STORAGE = False
UPGRADE_CHECK_ENABLED = False
WTF_CSRF_ENABLED = False
WTF_CSRF_CHECK_DEFAULT = False
""")
session = requests.Session()
here = {"transaction": random.randint(1, 10**7)}


def call(method, path, **given):
    answer = session.request(method, here["url"] + path, timeout=120, **given)
    assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:2000]}"
    found = answer.json()
    assert not (isinstance(found, dict) and found.get("success") == 0), f"{method} {path}: {answer.text[:2000]}"
    return found


def nodes(kind, *place):
    """What stands under a node of the tree, by name; in pages of pgAdmin's own making."""
    found = call("GET", f"/browser/{kind}/nodes/1/{here['server']}/" + "".join(f"{one}/" for one in place))["data"]
    return {one["label"]: one["_id"] for one in found}


@step(f"version {version('pgadmin4')}: started")
def _():
    (HOME / "data").mkdir()
    if MADE.exists():
        shutil.copy(MADE, HOME / "data/pgadmin4.db")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    here["url"] = f"http://127.0.0.1:{port}"
    log = (HOME / "server.log").open("w")
    environment = {**os.environ, "HOME": str(HOME), "PYTHONPATH": str(HOME), "PGADMIN_INT_PORT": str(port), "PGADMIN_INT_KEY": "key"}
    environment.pop("PYTHONSAFEPATH")
    server = subprocess.Popen([sys.executable, PROGRAM], env=environment, cwd=HOME, stdout=log, stderr=log)
    import atexit

    atexit.register(server.kill)
    for _ in range(240):
        assert server.poll() is None, (HOME / "server.log").read_text()[-3000:]
        try:
            if session.get(here["url"] + "/?key=key", timeout=30).ok:
                break
        except requests.ConnectionError:
            pass
        time.sleep(0.5)
    if not MADE.exists():
        shutil.copy(HOME / "data/pgadmin4.db", MADE)
    assert session.get(here["url"] + "/browser/?key=key", timeout=60).ok


@step("the server is added and connected")
def _():
    found = call("POST", "/browser/server/obj/1/", json={
        "name": "lake", "host": HOST, "port": PORT, "db": DATABASE, "username": USER, "password": PASSWORD,
        "save_password": False, "connect_now": True, "sslmode": "prefer", "connection_params": [
            {"name": "sslmode", "value": "prefer", "keyword": "sslmode"}]})
    here["server"] = found["node"]["_id"]
    if not found["node"].get("connected"):
        call("POST", f"/browser/server/connect/1/{here['server']}", data={"password": PASSWORD})


@step("its databases, roles and tablespaces")
def _():
    here["database"] = nodes("database")[DATABASE]
    call("POST", f"/browser/database/connect/1/{here['server']}/{here['database']}")
    assert "postgres" in nodes("role")
    nodes("tablespace")
    call("GET", f"/browser/database/obj/1/{here['server']}/{here['database']}")
    call("GET", f"/browser/server/obj/1/{here['server']}")


@step("schemas, tables, views, columns")
def _():
    base = here["database"]
    schemas = nodes("schema", base)
    assert {"curated", "public"} <= set(schemas), schemas
    here["schema"] = schemas["curated"]
    tables = nodes("table", base, here["schema"])
    assert "flights" in tables, tables
    here["table"] = tables["flights"]
    columns = nodes("column", base, here["schema"], here["table"])
    assert {"day", "origin", "tailnum"} <= set(columns), columns
    nodes("view", base, here["schema"])
    for kind in ("index", "foreign_key", "primary_key", "unique_constraint", "trigger", "rule", "row_security_policy"):
        nodes(kind, base, here["schema"], here["table"])
    for kind in ("sequence", "function", "type", "foreign_table", "mview", "domain", "collation"):
        nodes(kind, base, here["schema"])
    for kind in ("extension", "cast", "language", "event_trigger", "foreign_data_wrapper", "publication"):
        nodes(kind, base)


@step("properties, SQL, statistics, dependents of a table")
def _():
    place = f"1/{here['server']}/{here['database']}/{here['schema']}/{here['table']}"
    about = call("GET", f"/browser/table/obj/{place}")
    equal((about["name"], about["relowner"]), ("flights", "postgres"))
    text = session.get(f"{here['url']}/browser/table/sql/{place}", timeout=60).json()
    assert "CREATE TABLE IF NOT EXISTS curated.flights" in text and "day date" in text, text
    call("GET", f"/browser/table/stats/{place}")
    session.get(f"{here['url']}/browser/table/dependent/{place}", timeout=60).raise_for_status()
    session.get(f"{here['url']}/browser/table/dependency/{place}", timeout=60).raise_for_status()


def answered(kind, tab, *place):
    """What one tab shows of a node; statistics and dependencies have their own form, so only the status counts."""
    path = f"/browser/{kind}/{tab}/1/{here['server']}/" + "/".join(str(one) for one in place)
    answer = session.get(here["url"] + path, timeout=120)
    assert answer.ok, f"GET {path}: {answer.status_code} {answer.text[:2000]}"
    return answer.json()


@step("every tab of every kind of node")
def _():
    with psycopg.connect(f"host={HOST} port={PORT} dbname={DATABASE} user={USER} password={PASSWORD}", autocommit=True) as c:
        for text in (
            "DROP SCHEMA IF EXISTS pgadmin CASCADE", "CREATE SCHEMA pgadmin",
            "CREATE TABLE pgadmin.parent (id integer PRIMARY KEY, code text UNIQUE)",
            "CREATE TABLE pgadmin.child (a bigint CHECK (a > 0), parent integer REFERENCES pgadmin.parent (id), price numeric(10,2))",
            "CREATE INDEX child_at ON pgadmin.child (a)", "COMMENT ON TABLE pgadmin.child IS 'kids'",
            "CREATE VIEW pgadmin.dear AS SELECT a, price FROM pgadmin.child WHERE price > 100",
            "ALTER TABLE pgadmin.child ENABLE ROW LEVEL SECURITY", "CREATE POLICY mine ON pgadmin.child USING (a < 10)",
            "GRANT SELECT ON pgadmin.child TO PUBLIC",
        ):
            c.execute(text)
    base = here["database"]
    schema = nodes("schema", base)["pgadmin"]
    tabs = ("obj", "sql", "dependency", "dependent")
    for tab in tabs:
        answered("database", tab, base)
        answered("schema", tab, base, schema)
    for kind, wanted in (("table", {"parent", "child"}), ("view", {"dear"})):
        found = nodes(kind, base, schema)
        equal(set(found), wanted)
        for place in found.values():
            for tab in (*tabs, "stats") if kind == "table" else tabs:
                shown = answered(kind, tab, base, schema, place)
                if (kind, tab) == ("view", "sql"):
                    assert "CREATE OR REPLACE VIEW pgadmin.dear" in shown and "pgadmin.child" in shown, shown
    child, parent = (nodes("table", base, schema)[name] for name in ("child", "parent"))
    sql = answered("table", "sql", base, schema, child)
    for part in ("child_parent_fkey", "REFERENCES pgadmin.parent (id)", "ENABLE ROW LEVEL SECURITY", "COMMENT ON TABLE",
                 "GRANT SELECT ON TABLE pgadmin.child TO PUBLIC"):
        assert part in sql, sql
    below = [("column", child), ("index", child), ("foreign_key", child), ("check_constraint", child),
             ("row_security_policy", child), ("primary_key", parent), ("unique_constraint", parent)]
    for kind, table in below:
        found = nodes(kind, base, schema, table)
        assert found, kind
        for place in found.values():
            for tab in tabs:
                answered(kind, tab, base, schema, table, str(place).split(".")[-1])
    role = nodes("role")[USER]
    for tab in tabs:
        answered("role", tab, role)
    for kind in ("schema", "extension"):
        assert nodes(kind, base) is not None


def query(text, plan=None):
    call("POST", f"/sqleditor/query_tool/start/{here['transaction']}", json={"sql": text, "explain_plan": plan})
    for _ in range(100):
        answer = session.get(f"{here['url']}/sqleditor/poll/{here['transaction']}", timeout=60)
        if not answer.ok:
            return {"status": "Error", "result": answer.json()["errormsg"]}
        found = answer.json()["data"]
        if found["status"] in ("Success", "NotInitialised", "Error", "Cancel"):
            break
        time.sleep(0.2)
    return found


@step("the query tool: rows, an error, a transaction")
def _():
    call("POST", f"/sqleditor/initialize/sqleditor/{here['transaction']}/1/{here['server']}/{here['database']}",
         json={"user": USER, "password": PASSWORD, "dbname": DATABASE})
    found = query("SELECT origin, count(*) FROM curated.flights GROUP BY origin ORDER BY origin")
    equal((found["status"], found["result"]), ("Success", [["EWR", "120835"], ["JFK", "111279"], ["LGA", "104662"]]))
    equal([column["name"] for column in found["colinfo"]], ["origin", "count"])
    found = query("SELECT * FROM nowhere")
    assert 'relation "nowhere" does not exist' in str(found["result"]), found
    equal(query("SELECT 1 AS one")["result"], [[1]])


@step("the query tool: a plan, as it asks for it")
def _():
    plan = {"format": "json", "analyze": False, "verbose": False, "buffers": False, "costs": False, "timing": False,
            "summary": False, "settings": False, "wal": False}
    found = query("SELECT * FROM curated.flights WHERE month = 1", plan)
    equal(found["status"], "Success")
    assert "Plan" in str(found["result"]), found["result"]
    found = query("SELECT count(*) FROM curated.flights", {**plan, "analyze": True, "buffers": True, "costs": True, "timing": True})
    assert "Actual Rows" in str(found["result"]), found["result"]


@step("the rows of a table in its grid")
def _():
    transaction = here["transaction"] + 1
    call("POST", f"/sqleditor/initialize/viewdata/{transaction}/3/table/1/{here['server']}/{here['database']}/{here['table']}",
         json={})
    call("GET", f"/sqleditor/view_data/start/{transaction}")
    for _ in range(100):
        found = call("GET", f"/sqleditor/poll/{transaction}")["data"]
        if found["status"] == "Success":
            break
        time.sleep(0.2)
    assert len(found["result"]) > 50, found["status"]


@step("the dashboard: sessions, locks, settings")
def _():
    place = f"{here['server']}/{here['database']}"
    found = call("GET", f"/dashboard/activity/{place}")
    call("GET", f"/dashboard/config/{here['server']}")
    charts = "session_stats,tps_stats,ti_stats,to_stats,bio_stats"
    call("GET", f"/dashboard/dashboard_stats/{place}?chart_names={charts}")
    assert found is not None


@step("its log tells of no failed statement but the one meant to fail")
def _():
    said = (HOME / "pgadmin.log").read_text()
    failed = [line for line in said.splitlines() if "Failed to execute" in line]
    assert len(failed) == 1, said[-6000:]
