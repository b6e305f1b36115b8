"""What protection costs: TPC-H as a role that holds each column by a grant of its own beside the owner, in turns;
and whether a row policy on a partition column prunes the files that the same filter typed by hand prunes.

    tests/checks/protection_cost.py --scale 1 --hot 5
"""
# ci: --scale 0.01 --hot 1

import argparse
import math
import shutil
import tempfile
import time
from pathlib import Path

from support import packages

packages.ensure()

from support.lakewire import Lakewire
from tpch import TABLES, files, queries


def once(connection, sql):
    began = time.perf_counter()
    rows = connection.execute(sql).fetchall()
    return rows, time.perf_counter() - began


def granted(owner, reader, hot):
    """Each query by the one and by the other, in turns, so that what else the machine does hits both."""
    failures, sums = 0, [0.0, 0.0]
    for name, sql in queries().items():
        best = [math.inf, math.inf]
        for _ in range(hot + 1):
            answers = []
            for i, connection in enumerate((owner, reader)):
                rows, took = once(connection, sql)
                answers.append(rows)
                best[i] = min(best[i], took)
        failures += answers[0] != answers[1]
        sums = [sums[0] + best[0], sums[1] + best[1]]
        print(f"{name:6}{best[0] * 1000:8.0f}ms{best[1] * 1000:8.0f}ms{best[1] / best[0]:7.3f}", flush=True)
    print(f"{'sum':6}{sums[0] * 1000:8.0f}ms{sums[1] * 1000:8.0f}ms{sums[1] / sums[0]:7.3f}")
    return failures


def scanned(owner, mark):
    """Bytes that the statement with this mark read, from the audit log, which is written after the answer."""
    for _ in range(100):
        found = owner.execute(
            "SELECT bytes_scanned FROM lake_audit.events WHERE statement LIKE %s AND bytes_scanned IS NOT NULL",
            [f"SELECT sum(length(l_comment)) AS {mark} %"],
        ).fetchall()
        if found:
            return found[-1][0]
        time.sleep(0.2)
    raise RuntimeError("the audit log has no such statement")


def pruned(owner, reader):
    owner.execute("CREATE TABLE by_mode WITH (partition_by = 'l_shipmode') AS SELECT * FROM lineitem")
    owner.execute("CREATE TABLE open_by_mode WITH (partition_by = 'l_shipmode') AS SELECT * FROM lineitem")
    owner.execute("GRANT SELECT ON by_mode, open_by_mode TO reader")
    owner.execute("ALTER TABLE by_mode ENABLE ROW LEVEL SECURITY")
    owner.execute("CREATE POLICY air ON by_mode USING (l_shipmode = 'AIR')")
    # Names, since literals are not written down.
    count = "SELECT sum(length(l_comment)) AS {} FROM {}"
    answers = [
        reader.execute(count.format("by_policy", "by_mode")).fetchone()[0],
        reader.execute(count.format("typed_by_hand", "open_by_mode") + " WHERE l_shipmode = 'AIR'").fetchone()[0],
        reader.execute(count.format("all_of_them", "open_by_mode")).fetchone()[0],
        reader.execute(count.format("both_of_them", "by_mode") + " WHERE l_shipmode = 'MAIL'").fetchone()[0],
    ]
    policy, typed, whole, both = (scanned(owner, mark) for mark in ("by_policy", "typed_by_hand", "all_of_them", "both_of_them"))
    print(f"sums: policy {answers[0]}, typed {answers[1]}, all {answers[2]}")
    print(f"bytes read: policy {policy}, typed {typed}, all {whole}; policy and another partition typed {both}")
    return sum([answers[0] != answers[1], answers[3] is not None, policy > typed * 1.05, policy > whole / 2, both > policy / 2])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", default="1")
    parser.add_argument("--hot", type=int, default=5)
    arguments = parser.parse_args()
    place = files(arguments.scale)
    folder = Path(tempfile.mkdtemp(prefix="lake"))
    (folder / "config.toml").write_text(f'[[locations]]\nurl = "{place}"\n')
    environment = {"LAKEWIRE_CONFIG": str(folder / "config.toml"), "LAKEWIRE_AUDIT_FLUSH_MS": "200"}
    lakewire = Lakewire(folder / "lake", environment)
    with lakewire, lakewire.connect(prepare_threshold=None) as owner:
        owner.execute("CREATE ROLE reader LOGIN PASSWORD 'check'")
        for table in TABLES:
            owner.execute(
                f"CREATE FOREIGN TABLE raw_{table} () SERVER lake OPTIONS (location '{place}/{table}/', format 'parquet')"
            )
            owner.execute(f"CREATE TABLE {table} AS SELECT * FROM raw_{table}")
            columns = owner.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table]
            ).fetchall()
            names = ", ".join(name for (name,) in columns)
            owner.execute(f"GRANT SELECT ({names}) ON {table} TO reader")
        with lakewire.connect(prepare_threshold=None, as_role="reader") as reader:
            failures = granted(owner, reader, arguments.hot)
            failures += pruned(owner, reader)
    shutil.rmtree(folder, ignore_errors=True)
    print(f"{failures} failed")
    raise SystemExit(failures != 0)


if __name__ == "__main__":
    main()
