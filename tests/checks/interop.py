"""Reads what lakewire wrote with two other engines, delta-rs and DuckDB: the same rows, each type, each partition."""
# ci:

import shutil
import tempfile
from pathlib import Path

from support import packages

packages.ensure()

import deltalake
import duckdb

from support.lakewire import Lakewire

COLUMNS = """
    id int NOT NULL, b boolean, i2 smallint, i4 int, i8 bigint, f4 real, f8 double precision,
    n numeric(12,2), big numeric(38,10), s text, v varchar(10), d date, ts timestamp, tz timestamptz,
    bin bytea, p text
"""
ROWS = """
    (1, true, -32768, -2147483648, -9223372036854775808, 1.5, '1e300', 1234567890.12,
     1234567890123456789012345678.0123456789, 'plain', 'ten chars!', '0001-01-01', '2024-02-29 12:34:56.789012',
     '2024-02-29 12:34:56.789012+02', '\\x00ff10', 'a'),
    (2, false, 32767, 2147483647, 9223372036854775807, -0.25, '-1e-300', -0.01, -0.0000000001, 'ünïcödé 🛩', '',
     '9999-12-31', '1900-01-01 00:00:00', '1969-12-31 23:59:59.999999+00', '\\x', 'b c/d=e%f'),
    (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
"""
MORE = "SELECT id + 3, b, i2, i4, i8, f4, f8, n, big, s || '!', v, d, ts, tz, bin, 'z' FROM every WHERE id < 3"
FIELDS = ["id", "b", "i2", "i4", "i8", "f4", "f8", "n", "big", "s", "v", "d", "ts", "tz", "bin", "p"]


def plain(row):
    """Two engines may give an instant in different zones and bytes in different wrappings."""
    def one(value):
        if isinstance(value, (bytearray, memoryview)):
            return bytes(value)
        if getattr(value, "tzinfo", None) is not None:
            return value.timestamp()
        return value
    return tuple(one(value) for value in row)


def main():
    folder = Path(tempfile.mkdtemp(prefix="lake"))
    outcomes = []

    def check(name, fine, shown=""):
        outcomes.append(bool(fine))
        print(f"{'ok' if fine else 'FAILED':7} {name} {'' if fine else shown}", flush=True)

    with Lakewire(folder) as lakewire, lakewire.connect() as connection:
        connection.execute(f"CREATE TABLE every ({COLUMNS})")
        connection.execute(f"INSERT INTO every VALUES {ROWS}")
        connection.execute("CREATE TABLE parts WITH (partition_by = 'p') AS SELECT * FROM every")
        connection.execute(f"INSERT INTO parts {MORE}")
        connection.execute("CREATE TABLE days WITH (partition_by = 'd') AS SELECT * FROM every WHERE id < 3")
        connection.execute("CREATE TABLE emptied AS SELECT * FROM every")
        connection.execute("TRUNCATE emptied")
        names = ", ".join(FIELDS)
        tables = {}
        for table in ("every", "parts", "days", "emptied"):
            rows = connection.execute(f"SELECT {names} FROM {table} ORDER BY id").fetchall()
            tables[table] = [plain(row) for row in rows]
        check("lakewire itself", [len(rows) for rows in tables.values()] == [3, 5, 2, 0], tables)

        found = {log.parent: log for log in folder.rglob("_delta_log")}
        by_version = {}
        for place in found:
            table = deltalake.DeltaTable(str(place))
            by_version[place] = table
        for name, wanted in tables.items():
            place = locate(by_version, name)
            check(f"{name}: its folder is found", place is not None, list(found))
            if place is None:
                continue
            table = by_version[place]
            dataset = table.to_pyarrow_table().select(FIELDS).sort_by("id")
            rows = [plain(tuple(row[field] for field in FIELDS)) for row in dataset.to_pylist()]
            check(f"{name}: delta-rs reads the same", rows == wanted, f"\n{rows}\n{wanted}")
            duck = duckdb.connect()
            duck.execute("SET TimeZone = 'UTC'")
            duck.register("arrow_table", table.to_pyarrow_table())
            answer = duck.sql(f"SELECT {names} FROM arrow_table ORDER BY id").to_arrow_table()
            rows = [plain(tuple(row[field] for field in FIELDS)) for row in answer.to_pylist()]
            check(f"{name}: DuckDB reads the same", rows == wanted, f"\n{rows}\n{wanted}")
            files = table.file_uris()
            if files:
                # The bare files, without the log: counts agree, and the columns that are in them.
                count = duck.execute("SELECT count(*) FROM read_parquet(?)", [files]).fetchone()[0]
                check(f"{name}: DuckDB counts the files' rows", count == len(wanted), count)
            actions = table.get_add_actions(flatten=True)
            records = sum(actions.column("num_records").to_pylist()) if actions.num_rows else 0
            check(f"{name}: statistics count the rows", records == len(wanted), records)
        parts = by_version.get(locate(by_version, "parts"))
        if parts:
            check("parts: partitioned by p", parts.metadata().partition_columns == ["p"])
            check("parts: one commit a statement", parts.version() in (1, 2), parts.version())
            # Another writer's rows are read by lakewire.
            deltalake.write_deltalake(parts, parts.to_pyarrow_table().slice(0, 1), mode="append")
            import time

            time.sleep(2)
            count = connection.execute("SELECT count(*) FROM parts").fetchone()[0]
            check("parts: lakewire sees another writer's rows", count == 6, count)
    shutil.rmtree(folder, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix="lake"))
    transactions(check, folder)
    shutil.rmtree(folder, ignore_errors=True)
    print(f"{sum(outcomes)} passed, {len(outcomes) - sum(outcomes)} failed")
    raise SystemExit(not all(outcomes))


def transactions(check, folder):
    """What carries a transaction over several tables is Delta's own `txn` action: others keep it and write around it."""
    write = "BEGIN; INSERT INTO one VALUES (1); INSERT INTO two VALUES (1); COMMIT"
    counts = "SELECT (SELECT count(*) FROM one), (SELECT count(*) FROM two)"
    with Lakewire(folder) as lakewire, lakewire.connect() as connection:
        connection.execute("CREATE TABLE one (a int); CREATE TABLE two (a int)")
        connection.execute(write)
        places = {log.parent: None for log in folder.rglob("_delta_log")}
        one, two = (deltalake.DeltaTable(str(locate(places, name))) for name in ("one", "two"))
        numbers = [table.transaction_version("lakewire") for table in (one, two)]
        check("transactions: delta-rs reads the number", numbers[0] and numbers[0] == numbers[1], numbers)
        deltalake.write_deltalake(one, one.to_pyarrow_table(), mode="append")
        one.update_incremental()
        one.create_checkpoint()
        connection.execute(write)
        count = connection.execute(counts).fetchone()
        check("transactions: another writer's rows stay", count == (3, 2), count)
        one.update_incremental()
        two.update_incremental()
        later = [table.transaction_version("lakewire") for table in (one, two)]
        check("transactions: the next number", later[0] > numbers[0] and later[0] == later[1], later)
        one.create_checkpoint()
        one.cleanup_metadata()
    with Lakewire(folder) as lakewire, lakewire.connect() as connection:
        connection.execute(write)
        count = connection.execute(counts).fetchone()
        check("transactions: a server that starts on a checkpoint goes on", count == (4, 3), count)


def locate(tables, name):
    """Folders may carry more than the table's name."""
    for place in tables:
        if place.name == name or place.name.startswith((f"{name}-", f"{name}_", f"{name}.")):
            return place
    return None


if __name__ == "__main__":
    main()
