"""TPC-H through the wire, over registered Parquet and over managed tables, beside DuckDB on the same files.

    tests/checks/tpch.py --scale 1 --hot 3

Answers must equal DuckDB's. Times are hot: the best of some runs after one that is not counted. The
Parquet files are made once, by tpchgen-cli, under target/tpch.
"""
# ci: --scale 0.1 --hot 1

import argparse
import datetime
import decimal
import math
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from support import packages

packages.ensure()

import duckdb

from support.lakewire import Lakewire
from support.packages import ROOT, TARGET

TABLES = ["region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem"]


def files(scale):
    """The folder of Parquet files at this scale; one folder a table."""
    place = TARGET / "tpch" / f"sf{scale}"
    if not (place / "lineitem" / "lineitem.parquet").exists():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        tool = Path(sys.prefix) / "bin" / "tpchgen-cli"
        subprocess.run([tool, "parquet", "-s", str(scale), f"--output-dir={place}"], check=True)
        for table in TABLES:
            (place / table).mkdir()
            (place / f"{table}.parquet").rename(place / table / f"{table}.parquet")
    return place


def queries():
    return {path.stem: path.read_text().strip().rstrip(";") for path in sorted((ROOT / "benches/tpch").glob("q*.sql"))}


def same(one, other):
    """Equal, where a fraction may differ in how far it was worked out."""
    if isinstance(one, (int, float, decimal.Decimal)) and isinstance(other, (int, float, decimal.Decimal)):
        return math.isclose(float(one), float(other), rel_tol=1e-6, abs_tol=1e-6)
    if isinstance(one, datetime.datetime) != isinstance(other, datetime.datetime):
        return str(one)[:10] == str(other)[:10]
    if isinstance(one, str) and isinstance(other, str):
        return one.rstrip() == other.rstrip()
    return one == other


def answers_equal(ours, theirs):
    return len(ours) == len(theirs) and all(
        len(a) == len(b) and all(same(x, y) for x, y in zip(a, b)) for a, b in zip(ours, theirs)
    )


def hot(run, times):
    """The first answer, and the best time of the runs after it."""
    answer = run()
    best = math.inf
    for _ in range(times):
        began = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - began)
    return answer, best


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", default="1")
    parser.add_argument("--hot", type=int, default=3)
    arguments = parser.parse_args()
    place = files(arguments.scale)
    folder = tempfile.mkdtemp(prefix="lake")
    # Files outside of the lake must be allowed; that is done in a config file.
    allowed = Path(folder) / "config.toml"
    allowed.write_text(f'[[locations]]\nurl = "{place}"\n')
    duck = duckdb.connect()
    for table in TABLES:
        duck.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{place}/{table}/*.parquet')")
    outcomes, sums = [], {"duckdb": 0.0, "registered": 0.0, "managed": 0.0}
    lakewire = Lakewire(Path(folder) / "lake", {"LAKEWIRE_CONFIG": str(allowed)})
    with lakewire, lakewire.connect(prepare_threshold=None) as connection:
        connection.execute("CREATE SCHEMA registered")
        connection.execute("CREATE SCHEMA managed")
        for table in TABLES:
            location = f"{place}/{table}/"
            connection.execute(
                f"CREATE FOREIGN TABLE registered.{table} () SERVER lake OPTIONS (location '{location}', format 'parquet')"
            )
            began = time.perf_counter()
            connection.execute(f"CREATE TABLE managed.{table} AS SELECT * FROM registered.{table}")
            print(f"managed.{table}: {time.perf_counter() - began:.1f} s", flush=True)
        print(f"{'query':8}{'duckdb':>10}{'registered':>12}{'ratio':>7}{'managed':>10}{'ratio':>7}")
        for name, sql in queries().items():
            theirs, base = hot(lambda: duck.execute(sql).fetchall(), arguments.hot)
            sums["duckdb"] += base
            line = f"{name:8}{base * 1000:8.0f}ms"
            for schema in ("registered", "managed"):
                connection.execute(f"SET search_path = {schema}")
                try:
                    ours, took = hot(lambda: connection.execute(sql).fetchall(), arguments.hot)
                    fine = answers_equal(ours, theirs)
                    complaint = f"{len(ours)} rows against {len(theirs)}: {ours[:2]} against {theirs[:2]}"
                except Exception as error:
                    fine, took, complaint = False, math.nan, str(error).splitlines()[0]
                outcomes.append(fine)
                sums[schema] += took
                line += f"{took * 1000:8.0f}ms{took / base:7.2f}"
                if not fine:
                    line += f"\n    FAILED {schema}: {complaint}\n"
            print(line, flush=True)
        print(
            f"{'sum':8}{sums['duckdb'] * 1000:8.0f}ms{sums['registered'] * 1000:8.0f}ms"
            f"{sums['registered'] / sums['duckdb']:7.2f}{sums['managed'] * 1000:8.0f}ms"
            f"{sums['managed'] / sums['duckdb']:7.2f}"
        )
        print(f"peak memory of lakewire: {lakewire.memory_kib('VmHWM') / 1024:.0f} MiB")
    shutil.rmtree(folder, ignore_errors=True)
    print(f"{sum(outcomes)} passed, {len(outcomes) - sum(outcomes)} failed")
    raise SystemExit(not all(outcomes))


if __name__ == "__main__":
    main()
