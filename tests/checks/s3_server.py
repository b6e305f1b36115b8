"""The main path on a production S3 server, SeaweedFS: a zone, files as they came, CTAS, INSERT, grants and a
refusal, a restart that finds all of it, a second server that follows, and what a wrong key is told.

    tests/checks/s3_server.py
"""
# ci:

import os
import subprocess
import time

from support import packages

packages.ensure()

import deltalake
import psycopg

from support.lakewire import Lakewire, program
from support.seaweed import BUCKET, KEY, SECRET, Seaweed

ROWS = 200_000
SETUP = f"""
    CREATE SCHEMA raw;
    CREATE SCHEMA curated WITH (location = 'zones/curated');
    CREATE TABLE raw.readings (id bigint NOT NULL, sensor text, value numeric(10,2) CHECK (value >= 0));
    INSERT INTO raw.readings VALUES (1, 'a', 1.25), (2, 'b', 2.50), (3, NULL, NULL);
    CREATE TABLE curated.facts WITH (partition_by = 'part') AS
    SELECT x AS id, x % 7 AS part, 'sensor ' || (x % 100) AS sensor FROM generate_series(1, {ROWS}) AS g (x);
    INSERT INTO curated.facts SELECT {ROWS} + id, 9, sensor FROM raw.readings;
    CREATE VIEW curated.by_part AS SELECT part, count(*) AS facts FROM curated.facts GROUP BY part;
    CREATE ROLE ana LOGIN PASSWORD 'ana';
    GRANT USAGE ON SCHEMA curated TO ana;
    GRANT SELECT (id, part) ON curated.facts TO ana;
    GRANT SELECT ON curated.by_part TO ana;
    CREATE FOREIGN TABLE raw.orders () SERVER lake OPTIONS (location 'landing/orders', format 'csv', header 'true');
"""


class Checks:
    def __init__(self):
        self.outcomes = []

    def __call__(self, name, fine, shown=""):
        self.outcomes.append(bool(fine))
        print(f"{'ok' if fine else 'FAILED':7} {name} {'' if fine else shown}", flush=True)

    def ask(self, connection, sql, wanted):
        rows = connection.execute(sql).fetchall()
        self(sql, rows == wanted, rows)

    def refused(self, connection, sql, state):
        try:
            connection.execute(sql)
            self(f"refused: {sql}", False, "it ran")
        except psycopg.Error as error:
            self(f"refused: {sql}", error.sqlstate == state, error)


def as_ana(lakewire):
    return psycopg.connect(
        host="127.0.0.1", port=lakewire.port, user="ana", password="ana", dbname="lake", autocommit=True
    )


def what_is_there(check, lakewire):
    with lakewire.connect() as root:
        check.ask(root, "SELECT id, sensor, value::text FROM raw.readings ORDER BY id",
                  [(1, "a", "1.25"), (2, "b", "2.50"), (3, None, None)])
        check.ask(root, "SELECT count(*), count(DISTINCT id) FROM curated.facts", [(ROWS + 3, ROWS + 3)])
        check.ask(root, "SELECT count(*) FROM curated.facts WHERE part = 9", [(3,)])
        check.ask(root, "SELECT facts FROM curated.by_part WHERE part = 0", [(ROWS // 7,)])
        check.ask(root, "SELECT item FROM raw.orders WHERE day = '2024-05-02'", [("pear",)])
        check.refused(root, "INSERT INTO raw.readings VALUES (4, 'c', -1)", "23514")
        check.refused(root, "INSERT INTO raw.readings VALUES (NULL, 'c', 1)", "23502")
    with as_ana(lakewire) as ana:
        check.ask(ana, "SELECT max(id) FROM curated.facts", [(ROWS + 3,)])
        check.ask(ana, "SELECT count(*) FROM curated.by_part", [(8,)])
        check.refused(ana, "SELECT sensor FROM curated.facts", "42501")
        check.refused(ana, "SELECT * FROM raw.readings", "42501")


def put(seaweed, key, text):
    """A file from another program: written with another client of S3."""
    from pyarrow import fs

    store = fs.S3FileSystem(
        access_key=KEY, secret_key=SECRET, endpoint_override=f"127.0.0.1:{seaweed.port}",
        scheme="http", region="us-east-1",
    )
    with store.open_output_stream(f"{BUCKET}/{key}") as stream:
        stream.write(text.encode())


def report(seaweed, **changes):
    """`lakewire check`: its exit code and what it says."""
    environment = {**os.environ, **seaweed.environment(), **changes}
    began = time.perf_counter()
    run = subprocess.run(
        [program(), "check", "--lake", f"s3://{BUCKET}/lake"], env=environment, capture_output=True, text=True
    )
    return run.returncode, run.stdout + run.stderr, time.perf_counter() - began


def main():
    check = Checks()
    with Seaweed() as seaweed:
        put(seaweed, "lake/landing/orders/day=2024-05-01/a.csv", "id,item\n1,apple\n")
        put(seaweed, "lake/landing/orders/day=2024-05-02/b.csv", "id,item\n2,pear\n")
        lake = f"s3://{BUCKET}/lake"
        first = Lakewire(lake, seaweed.environment())
        with first:
            with first.connect() as root:
                for statement in SETUP.split(";\n"):
                    if statement.strip():
                        root.execute(statement)
            what_is_there(check, first)
            # A second server on the same lake follows the first.
            with Lakewire(lake, seaweed.environment()) as second:
                what_is_there(check, second)
                with first.connect() as root:
                    root.execute("CREATE TABLE raw.late AS SELECT 1 AS a")
                    root.execute("REVOKE SELECT ON curated.by_part FROM ana")
                time.sleep(3)
                with second.connect() as root:
                    check.ask(root, "SELECT a FROM raw.late", [(1,)])
                with as_ana(second) as ana:
                    check.refused(ana, "SELECT * FROM curated.by_part", "42501")
                with first.connect() as root:
                    root.execute("GRANT SELECT ON curated.by_part TO ana")
            # An answer that was given is kept through SIGKILL.
            with first.connect() as root:
                root.execute("INSERT INTO raw.late VALUES (2)")
            first.kill()
        with first:
            what_is_there(check, first)
            with first.connect() as root:
                check.ask(root, "SELECT a FROM raw.late ORDER BY a", [(1,), (2,)])
        options = {
            "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{seaweed.port}", "AWS_ALLOW_HTTP": "true",
        }
        facts = deltalake.DeltaTable(located(options, "facts"), storage_options=options)
        rows = facts.to_pyarrow_table().num_rows
        check("delta-rs reads the same number of rows", rows == ROWS + 3, rows)
        code, said, _ = report(seaweed)
        check("lakewire check finds all of it good", code == 0 and "FAIL" not in said, said)
        code, said, took = report(seaweed, LAKEWIRE_STORAGE_S3_SECRET_ACCESS_KEY="wrong")
        check("a wrong key is said, with the location", code != 0 and lake in said and took < 20, (took, said))
        code, said, took = report(seaweed, LAKEWIRE_STORAGE_S3_ENDPOINT="http://127.0.0.1:1")
        check("nobody there is said, within seconds", code != 0 and lake in said and took < 30, (took, said))
    failed = check.outcomes.count(False)
    print(f"{len(check.outcomes) - failed} passed, {failed} failed")
    raise SystemExit(failed > 0)


def located(options, name):
    """Where a table's folder lies: its name may carry a mark behind it."""
    from pyarrow import fs

    endpoint = options["AWS_ENDPOINT_URL"].removeprefix("http://")
    store = fs.S3FileSystem(
        access_key=KEY, secret_key=SECRET, endpoint_override=endpoint, scheme="http", region="us-east-1"
    )
    for found in store.get_file_info(fs.FileSelector(f"{BUCKET}/lake", recursive=True)):
        parts = found.path.split("/")
        if "_delta_log" in parts and parts[parts.index("_delta_log") - 1].startswith(name):
            return "s3://" + "/".join(parts[: parts.index("_delta_log")])
    raise RuntimeError(f"no folder of {name}")


if __name__ == "__main__":
    main()
