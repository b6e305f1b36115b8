"""Apache Superset, installed from PyPI and started for real: database, dataset, chart and SQL Lab by its REST API, then
the chart looked at in a browser.
"""
# needs: superset chromium

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import requests
from steps import DATABASE, ENGINE, HOST, PASSWORD, PORT, SCRATCH, USER, equal, step

HOME = Path(SCRATCH)
SUPERSET = Path(sys.executable).parent / "superset"
# Superset's own database takes half a minute to make; the next run takes it from here.
MADE = Path(sys.prefix) / f"metadata-{version('apache-superset')}.db"
URI = f"postgresql+psycopg2://{USER}:{PASSWORD}@{HOST}:{PORT}/{DATABASE}"
PICTURE = os.environ.get("SUPERSET_PICTURE", str(HOME / "chart.png"))

(HOME / "superset_config.py").write_text(f"""
SECRET_KEY = "only for this test, and longer than forty-two characters"
SQLALCHEMY_DATABASE_URI = "sqlite:///{HOME}/superset.db?check_same_thread=false"
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
RATELIMIT_ENABLED = False
PREVENT_UNSAFE_DB_CONNECTIONS = False
SQLLAB_TIMEOUT = 60
""")
ENVIRONMENT = {**os.environ, "SUPERSET_CONFIG_PATH": str(HOME / "superset_config.py"), "FLASK_APP": "superset",
               "SUPERSET_HOME": str(HOME), "HOME": str(HOME)}
session = requests.Session()
here = {}


def command(*words):
    log = (HOME / "superset.log").open("a")
    done = subprocess.run([SUPERSET, *words], env=ENVIRONMENT, cwd=HOME, stdout=log, stderr=log)
    assert done.returncode == 0, (HOME / "superset.log").read_text()[-3000:]


def call(method, path, **given):
    answer = session.request(method, here["url"] + path, timeout=120, **given)
    assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:2000]}"
    return answer.json()


def rison(**given):
    import prison

    return {"q": prison.dumps(given)}


@step(f"version {version('apache-superset')}: started, logged in")
def _():
    if not MADE.exists():
        command("db", "upgrade")
        command("fab", "create-admin", "--username", "admin", "--firstname", "a", "--lastname", "b", "--email", "a@b.c",
                "--password", "admin")
        command("init")
        shutil.copy(HOME / "superset.db", MADE.with_suffix(".part"))
        MADE.with_suffix(".part").rename(MADE)
    shutil.copy(MADE, HOME / "superset.db")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    here["url"] = f"http://127.0.0.1:{port}"
    log = (HOME / "server.log").open("w")
    here["server"] = subprocess.Popen([SUPERSET, "run", "-h", "127.0.0.1", "-p", str(port), "--with-threads"],
                                      env=ENVIRONMENT, cwd=HOME, stdout=log, stderr=log)
    import atexit

    atexit.register(here["server"].kill)
    for _ in range(240):
        assert here["server"].poll() is None, (HOME / "server.log").read_text()[-3000:]
        try:
            if session.get(here["url"] + "/health", timeout=5).ok:
                break
        except requests.ConnectionError:
            pass
        time.sleep(0.5)
    token = call("POST", "/api/v1/security/login",
                 json={"username": "admin", "password": "admin", "provider": "db", "refresh": True})
    session.headers["Authorization"] = f"Bearer {token['access_token']}"


@step("the connection is tested and the database added")
def _():
    given = {"database_name": "lake", "sqlalchemy_uri": URI}
    call("POST", "/api/v1/database/test_connection/", json=given)
    allowed = {"expose_in_sqllab": True, "allow_ctas": True, "allow_cvas": True, "allow_dml": True}
    here["database"] = call("POST", "/api/v1/database/", json={**given, **allowed})["id"]


@step("a wrong password is told in Superset's words")
def _():
    given = {"database_name": "no", "sqlalchemy_uri": URI.replace(PASSWORD, "wrong", 1)}
    answer = session.post(here["url"] + "/api/v1/database/test_connection/", json=given, timeout=60)
    if ENGINE == "lakewire":  # the PostgreSQL beside it trusts everybody
        assert not answer.ok and "password" in answer.text.lower(), answer.text


@step("schemas, tables and views, columns", waits_for="reflection: ANY over an array of varchar")
def _():
    path = f"/api/v1/database/{here['database']}"
    assert {"curated", "public"} <= set(call("GET", f"{path}/schemas/")["result"])
    tables = call("GET", f"{path}/tables/", params=rison(schema_name="curated", force=True))["result"]
    kinds = {table["value"]: table["type"] for table in tables}
    assert kinds["flights"] == "table" and kinds["storms"] == ("view" if ENGINE == "lakewire" else "table"), kinds
    about = call("GET", f"{path}/table_metadata/", params={"name": "flights", "schema": "curated"})
    columns = {column["name"]: column["type"] for column in about["columns"]}
    equal((columns["day"], columns["cancelled"], columns["scheduled_departure"]), ("DATE", "BOOLEAN", "TIMESTAMP"))
    if ENGINE == "lakewire":
        equal(about["comment"], "Every departure of 2013 with names; one folder per month.")


@step("a dataset over the flights", waits_for="reflection: ANY over an array of varchar")
def _():
    here["dataset"] = call("POST", "/api/v1/dataset/", json={
        "database": here["database"], "schema": "curated", "table_name": "flights"})["id"]
    found = call("GET", f"/api/v1/dataset/{here['dataset']}")["result"]
    columns = {column["column_name"]: column for column in found["columns"]}
    assert columns["day"]["is_dttm"] and columns["origin"]["groupby"], columns["day"]
    call("PUT", f"/api/v1/dataset/{here['dataset']}", json={"main_dttm_col": "day", "metrics": [
        {"metric_name": "late", "expression": "100.0 * count(*) FILTER (WHERE dep_delay_min > 15) / count(*)"}]})


def ask(**query):
    given = {"datasource": {"id": here["dataset"], "type": "table"}, "force": True, "result_format": "json",
             "result_type": "full", "queries": [{"row_limit": 1000, "orderby": [], **query}]}
    result = call("POST", "/api/v1/chart/data", json=given)["result"][0]
    assert not result["error"], result["error"]
    return result["data"]


COUNT = {"expressionType": "SQL", "sqlExpression": "count(*)", "label": "flights"}


@step("chart data: aggregates by category, sorted", waits_for="reflection: ANY over an array of varchar")
def _():
    rows = ask(columns=["origin"], metrics=[COUNT, {"expressionType": "SIMPLE", "aggregate": "AVG", "label": "delay",
               "column": {"column_name": "dep_delay_min"}}], orderby=[[COUNT, False]])
    equal([(row["origin"], row["flights"]) for row in rows], [("EWR", 120835), ("JFK", 111279), ("LGA", 104662)])
    assert abs(rows[0]["delay"] - 15.1) < 0.1, rows


@step("chart data: each time grain, with a range and filters", waits_for="reflection: ANY over an array of varchar")
def _():
    for grain, wanted in [("P1D", 59), ("P1W", 9), ("P1M", 2), ("P3M", 1), ("P1Y", 1)]:
        rows = ask(columns=[{"timeGrain": grain, "columnType": "BASE_AXIS", "sqlExpression": "day", "label": "day",
                             "expressionType": "SQL"}],
                   metrics=[COUNT], time_range="2013-01-01 : 2013-03-01", granularity="day",
                   filters=[{"col": "origin", "op": "IN", "val": ["JFK", "LGA"]}, {"col": "cancelled", "op": "IS FALSE"},
                            {"col": "dest", "op": "ILIKE", "val": "%a%"}], extras={"time_grain_sqla": grain})
        equal(len(rows), wanted)
    rows = ask(columns=[{"timeGrain": "PT1H", "columnType": "BASE_AXIS", "sqlExpression": "scheduled_departure",
                         "label": "hour", "expressionType": "SQL"}],
               metrics=[COUNT], granularity="scheduled_departure", time_range="2013-01-01T05:00:00 : 2013-01-01T09:00:00")
    equal(len(rows), 4)


@step("chart data: raw rows, a metric of one's own, HAVING, series limit", waits_for="reflection: ANY over an array of varchar")
def _():
    rows = ask(columns=["day", "flight", "origin"], filters=[{"col": "flight", "op": "==", "val": 1545}], row_limit=5)
    equal(len(rows), 5)
    rows = ask(columns=["dest"], metrics=["late", COUNT], extras={"having": "count(*) > 10000", "where": "(origin <> 'LGA')"})
    assert rows and all(row["flights"] > 10000 for row in rows), rows
    rows = ask(columns=["carrier", "origin"], metrics=[COUNT], series_limit=3, series_columns=["carrier"],
               series_limit_metric=COUNT)
    equal(len({row["carrier"] for row in rows}), 3)


DAY = {"timeGrain": "P1D", "columnType": "BASE_AXIS", "sqlExpression": "day", "label": "day", "expressionType": "SQL"}
WEEK = {**DAY, "timeGrain": "P1W"}
FEBRUARY = {"granularity": "day", "time_range": "2013-02-01 : 2013-03-01"}


@step("chart data: a rolling mean, cumulated, against the month before")
def _():
    rows = ask(columns=[DAY], metrics=[COUNT], **FEBRUARY, extras={"time_grain_sqla": "P1D"}, post_processing=[
        {"operation": "pivot", "options": {"index": ["day"], "columns": [], "drop_missing_columns": False,
                                           "aggregates": {"flights": {"operator": "mean"}}}},
        {"operation": "rolling", "options": {"rolling_type": "mean", "window": 7, "min_periods": 7,
                                             "columns": {"flights": "flights"}}},
        {"operation": "flatten"}])
    equal(len(rows), 22)
    rows = ask(columns=[DAY], metrics=[COUNT], **FEBRUARY, extras={"time_grain_sqla": "P1D"}, time_offsets=["28 days ago"])
    assert len(rows) == 28 and all(row["flights__28 days ago"] for row in rows), rows[:2]


@step("chart data: a pivot table, a big number with its trend, a histogram, a table by time and place")
def _():
    rows = ask(columns=["carrier", "origin"], metrics=[COUNT, "late"], orderby=[["late", False]], row_limit=10000)
    equal((len(rows), sum(row["flights"] for row in rows)), (35, 336776))
    rows = ask(columns=[WEEK], metrics=[COUNT], time_range="No filter", extras={"time_grain_sqla": "P1W"})
    equal((len(rows), sum(row["flights"] for row in rows)), (53, 336776))
    rows = ask(columns=["dep_delay_min"], filters=[{"col": "dep_delay_min", "op": "IS NOT NULL"}, {
        "col": "dep_delay_min", "op": ">", "val": 600}], row_limit=10000)
    assert rows and all(row["dep_delay_min"] > 600 for row in rows), rows[:3]
    bucket = {"expressionType": "SQL", "label": "bucket", "sqlExpression": "width_bucket(dep_delay_min, 0, 120, 6)"}
    rows = ask(columns=[bucket], metrics=[COUNT], filters=[{"col": "dep_delay_min", "op": ">=", "val": 0}])
    equal(sorted(row["bucket"] for row in rows), [1, 2, 3, 4, 5, 6, 7])
    percentiles = [{"expressionType": "SQL", "label": f"p{n}", "sqlExpression":
                    f"percentile_cont(0.{n}) WITHIN GROUP (ORDER BY dep_delay_min)"} for n in (50, 95)]
    equal([row["p50"] for row in ask(columns=["origin"], metrics=percentiles, orderby=[])], [-1.0, -1.0, -3.0])


@step("chart data: filters of every kind, total and count of rows")
def _():
    def count(*filters, **more):
        return ask(metrics=[COUNT], columns=[], filters=list(filters), **more)[0]["flights"]

    equal(count({"col": "carrier", "op": "NOT IN", "val": ["UA", "B6"]}), 223476)
    equal(count({"col": "dest", "op": "LIKE", "val": "S%O"}) > 0, True)
    equal(count({"col": "dep_delay_min", "op": "IS NULL"}), 8255)
    equal(count({"col": "cancelled", "op": "IS TRUE"}) + count({"col": "cancelled", "op": "IS FALSE"}), 336776)
    equal(count({"col": "day", "op": "TEMPORAL_RANGE", "val": "2013-12-25 : 2013-12-26"}), 719)
    equal(count({"col": "origin", "op": "!=", "val": "JFK"}, {"col": "flight", "op": "<=", "val": 100},
                extras={"where": "(extract(dow FROM day) IN (0, 6))"}) > 0, True)
    given = {"datasource": {"id": here["dataset"], "type": "table"}, "result_format": "json", "result_type": "full",
             "force": True, "queries": [{"columns": ["dest"], "metrics": [COUNT], "row_limit": 10, "is_rowcount": True}]}
    equal(call("POST", "/api/v1/chart/data", json=given)["result"][0]["data"], [{"rowcount": 10}])


@step("samples, drill to detail, the values of a filter, results as CSV, the query shown")
def _():
    where = {"datasource_type": "table", "datasource_id": here["dataset"]}
    rows = call("POST", "/datasource/samples", params={**where, "per_page": 20, "page": 1}, json={})["result"]
    equal((len(rows["data"]), rows["total_count"]), (20, 336776))
    detail = {"filters": [{"col": "origin", "op": "==", "val": "JFK"}, {
        "col": "day", "op": "TEMPORAL_RANGE", "val": "2013-05-05 : 2013-05-06"}]}
    rows = call("POST", "/datasource/samples", params={**where, "per_page": 50, "page": 2}, json=detail)["result"]
    assert rows["total_count"] > 50 and {row["origin"] for row in rows["data"]} == {"JFK"}, rows["total_count"]
    values = call("GET", f"/api/v1/datasource/table/{here['dataset']}/column/origin/values/")["result"]
    equal(sorted(values), ["EWR", "JFK", "LGA"])
    given = {"datasource": {"id": here["dataset"], "type": "table"}, "force": True,
             "queries": [{"columns": ["origin"], "metrics": [COUNT], "orderby": [["origin", True]]}]}
    answer = session.post(here["url"] + "/api/v1/chart/data", timeout=120,
                          json={**given, "result_format": "csv", "result_type": "full"})
    equal(answer.text.splitlines()[:2], ["origin,flights", "EWR,120835"])
    shown = call("POST", "/api/v1/chart/data", json={**given, "result_format": "json", "result_type": "query"})
    assert "GROUP BY" in shown["result"][0]["query"], shown


@step("a virtual dataset, its columns synchronised, explored")
def _():
    text = "SELECT origin, day, count(*) AS departures, avg(dep_delay_min) AS delay FROM curated.flights GROUP BY origin, day"
    made = call("POST", "/api/v1/dataset/", json={"database": here["database"], "schema": "curated", "sql": text,
                                                  "table_name": "by day"})
    columns = {column["column_name"]: column["type"] for column in made["data"]["columns"]}
    equal((columns["origin"], columns["day"], columns["departures"]), ("STRING", "DATE", "LONGINTEGER"))
    call("PUT", f"/api/v1/dataset/{made['id']}", json={"sql": text.replace("AS delay", "AS delay, max(dest) AS farthest")})
    call("PUT", f"/api/v1/dataset/{made['id']}/refresh")
    found = call("GET", f"/api/v1/dataset/{made['id']}")["result"]["columns"]
    equal({column["column_name"] for column in found}, {"origin", "day", "departures", "delay", "farthest"})
    flights, here["dataset"] = here["dataset"], made["id"]
    rows = ask(columns=["origin"], metrics=[{"expressionType": "SIMPLE", "aggregate": "SUM", "label": "all",
               "column": {"column_name": "departures"}}], filters=[{"col": "farthest", "op": "IS NOT NULL"}])
    here["dataset"] = flights
    equal(sum(row["all"] for row in rows), 336776)
    call("PUT", f"/api/v1/dataset/{flights}/refresh")


@step("a chart is saved", waits_for="reflection: ANY over an array of varchar")
def _():
    here["chart"] = call("POST", "/api/v1/chart/", json={
        "slice_name": "Departures a week", "viz_type": "echarts_timeseries_line", "datasource_id": here["dataset"],
        "datasource_type": "table", "params": json.dumps({
            "datasource": f"{here['dataset']}__table", "viz_type": "echarts_timeseries_line", "x_axis": "day",
            "time_grain_sqla": "P1W", "metrics": [COUNT], "groupby": ["origin"], "row_limit": 10000,
            "adhoc_filters": [], "show_legend": True, "x_axis_sort_asc": True, "truncate_metric": True,
            "rich_tooltip": True, "time_range": "No filter"})})["id"]


def lab(text, **more):
    answer = call("POST", "/api/v1/sqllab/execute/", json={
        "database_id": here["database"], "sql": text, "schema": "curated", "runAsync": False,
        "queryLimit": 1000, "client_id": os.urandom(5).hex(), **more})
    equal(answer["status"], "success")
    return answer


@step("SQL Lab: queries, a schema on the path, CTAS, several statements")
def _():
    answer = lab("SELECT origin, count(*) AS n FROM flights GROUP BY origin ORDER BY origin")
    equal([row["n"] for row in answer["data"]], [120835, 111279, 104662])
    equal([(column["name"], column["type"]) for column in answer["columns"]], [("origin", "STRING"), ("n", "LONGINTEGER")])
    lab("CREATE SCHEMA IF NOT EXISTS superset")
    lab("DROP TABLE IF EXISTS superset.picked")
    lab("CREATE TABLE superset.picked AS SELECT * FROM curated.flights WHERE month = 1")
    equal(lab("SELECT 1 AS a; SELECT count(*) AS n FROM superset.picked")["data"], [{"n": 27004}])
    answer = session.post(here["url"] + "/api/v1/sqllab/execute/", timeout=60, json={
        "database_id": here["database"], "sql": "SELECT nothing FROM flights", "schema": "curated", "runAsync": False,
        "client_id": os.urandom(5).hex()})
    # It knows the server's message by its wording.
    assert "COLUMN_DOES_NOT_EXIST_ERROR" in answer.text, answer.text[:500]


@step("SQL Lab: a cost estimate from EXPLAIN")
def _():
    given = call("GET", f"/api/v1/database/{here['database']}")["result"]
    call("PUT", f"/api/v1/database/{here['database']}", json={
        "extra": json.dumps({**json.loads(given.get("extra") or "{}"), "cost_estimate_enabled": True})})
    answer = call("POST", "/api/v1/sqllab/estimate/", json={
        "database_id": here["database"], "sql": "SELECT * FROM curated.flights", "schema": "curated", "catalog": None})
    assert "Start-up cost" in answer["result"][0], answer


@step("the chart in a browser", waits_for="reflection: ANY over an array of varchar")
def _():
    from selenium import webdriver
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
                 "--disable-background-networking", "--disable-component-update", "--window-size=1400,900",
                 "--disable-dev-shm-usage", f"--user-data-dir={HOME}/browser"):
        options.add_argument(word)
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
    try:
        browser.set_page_load_timeout(120)
        browser.get(here["url"] + "/login/")
        wait = WebDriverWait(browser, 90)
        wait.until(lambda b: b.find_elements(By.CSS_SELECTOR, "input[type=password]"))
        browser.find_element(By.CSS_SELECTOR, "input[name=username], input#username").send_keys("admin")
        browser.find_element(By.CSS_SELECTOR, "input[type=password]").send_keys("admin\n")
        wait.until(lambda b: "/login" not in b.current_url)
        browser.get(f"{here['url']}/explore/?slice_id={here['chart']}")
        wait.until(lambda b: b.find_elements(By.CSS_SELECTOR, ".slice_container canvas, [data-test=chart-container] canvas"))
        time.sleep(3)
        browser.save_screenshot(PICTURE)
        said = browser.find_element(By.TAG_NAME, "body").text
        assert "159 rows" in said and "Unexpected error" not in said, said[:2000]
    except Exception:
        browser.save_screenshot(PICTURE)
        raise
    finally:
        browser.quit()
