"""Rows a second of SELECT * over TPC-H lineitem, in text and in binary, beside PostgreSQL 15 in the same run;
peak and idle memory; time from start to the first answer.

    tests/checks/throughput.py --scale 1 --runs 3
"""
# ci: --scale 0.01 --runs 1

import argparse
import shutil
import tempfile
import time
from pathlib import Path

from support import packages

packages.ensure()

import duckdb

from support.lakewire import PASSWORD, Lakewire
from support.postgres import Postgres
from support.reader import Reader
from tpch import files

COLUMNS = """
    l_orderkey bigint, l_partkey bigint, l_suppkey bigint, l_linenumber int, l_quantity numeric(15,2),
    l_extendedprice numeric(15,2), l_discount numeric(15,2), l_tax numeric(15,2), l_returnflag text,
    l_linestatus text, l_shipdate date, l_commitdate date, l_receiptdate date, l_shipinstruct text,
    l_shipmode text, l_comment text
"""


def fill(postgres, parquet):
    """The same rows in PostgreSQL, by way of CSV."""
    with tempfile.TemporaryDirectory() as folder, postgres.connect() as connection:
        csv = Path(folder) / "lineitem.csv"
        duckdb.execute(f"COPY (SELECT * FROM read_parquet('{parquet}/*.parquet')) TO '{csv}' (HEADER false)")
        connection.execute(f"CREATE TABLE lineitem ({COLUMNS})")
        with csv.open("rb") as source, connection.cursor().copy("COPY lineitem FROM STDIN (FORMAT csv)") as copy:
            while piece := source.read(1 << 20):
                copy.write(piece)
        connection.execute("VACUUM (ANALYZE) lineitem")


def measure(name, reader, table, binary, runs):
    best = min((reader.read(f"SELECT * FROM {table}", binary) for _ in range(runs)), key=lambda run: run[2])
    rows, size, took, first = best
    form = "binary" if binary else "text"
    print(
        f"{name:24}{form:8}{rows / took / 1e6:8.2f} M rows/s{size / took / 1e6:9.0f} MB/s"
        f"{took:8.2f} s{first * 1000:9.1f} ms to the first",
        flush=True,
    )
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", default="1")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    parquet = files(arguments.scale) / "lineitem"
    folder = Path(tempfile.mkdtemp(prefix="lake"))
    (folder / "config.toml").write_text(f'[[locations]]\nurl = "{parquet}"\n')
    lakewire = Lakewire(folder / "lake", {"LAKEWIRE_CONFIG": str(folder / "config.toml")})
    counts = []
    # The second start is on a lake that is there.
    lakewire.start()
    with lakewire.connect() as connection:
        connection.execute(
            f"CREATE FOREIGN TABLE registered () SERVER lake OPTIONS (location '{parquet}/', format 'parquet')"
        )
        connection.execute("CREATE TABLE managed AS SELECT * FROM registered")
    lakewire.stop()
    began = time.perf_counter()
    lakewire.start()
    with lakewire.connect() as connection:
        connection.execute("SELECT 1")
        print(f"start to the first answer: {(time.perf_counter() - began) * 1000:.0f} ms")
    time.sleep(2)
    idle = lakewire.memory_kib()
    print(f"memory when idle: {idle / 1024:.0f} MiB")
    for binary in (False, True):
        for table in ("registered", "managed"):
            reader = Reader(lakewire.port, "postgres", PASSWORD, "lake")
            counts.append(measure(f"lakewire {table}", reader, table, binary, arguments.runs))
    print(f"peak memory: {lakewire.memory_kib('VmHWM') / 1024:.0f} MiB")
    lakewire.stop()
    with Postgres() as postgres:
        fill(postgres, parquet)
        for binary in (False, True):
            reader = Reader(postgres.port, "postgres", "", "postgres")
            counts.append(measure("PostgreSQL 15", reader, "lineitem", binary, arguments.runs))
    shutil.rmtree(folder, ignore_errors=True)
    passed = counts.count(counts[-1])
    print(f"{passed} passed, {len(counts) - passed} failed")
    raise SystemExit(passed != len(counts))


if __name__ == "__main__":
    main()
