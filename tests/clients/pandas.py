"""pandas both ways: read_sql into typed frames, to_sql by single rows, by many at once, by COPY."""
# needs: drivers

import csv
import io

import numpy as np
import pandas as pd
import sqlalchemy as sa
from steps import DATABASE, FLIGHTS, HOST, PASSWORD, PORT, USER, equal, step

engine = sa.create_engine(f"postgresql+psycopg2://{USER}:{PASSWORD}@{HOST}:{PORT}/{DATABASE}")
S = "pandas"
frame = pd.DataFrame({
    "id": np.arange(1, 201, dtype="int64"),
    "name": [f"name {n}" if n % 7 else None for n in range(1, 201)],
    "price": np.arange(200) / 8,
    "small": np.arange(200, dtype="int32"),
    "yes": [n % 2 == 0 for n in range(200)],
    "at": pd.date_range("2024-01-01", periods=200, freq="h"),
    "zoned": pd.date_range("2024-01-01", periods=200, freq="h", tz="UTC"),
})


def back(table):
    return pd.read_sql(f"SELECT * FROM {S}.{table} ORDER BY id", engine)


def same(found, wanted=frame):
    pd.testing.assert_frame_equal(found[list(wanted.columns)], wanted, check_dtype=False)


@step(f"version {pd.__version__}: read_sql over the flights, typed")
def _():
    with engine.begin() as connection:
        connection.execute(sa.schema.DropSchema(S, cascade=True, if_exists=True))
        connection.execute(sa.schema.CreateSchema(S))
    found = pd.read_sql("SELECT * FROM curated.daily_delays ORDER BY origin, day", engine, parse_dates=["day"])
    equal(len(found), 1095)
    equal(str(found["flights"].dtype), "int64")
    equal(str(found["day"].dtype)[:10], "datetime64")
    equal(found["flights"].sum(), FLIGHTS)


@step("read_sql with parameters and in chunks")
def _():
    text = sa.text("SELECT origin, dep_delay_min FROM curated.flights WHERE month = :month")
    found = pd.read_sql(text, engine, params={"month": 6})
    equal(len(found), 28243)
    assert found["dep_delay_min"].isna().any()
    parts = pd.read_sql(text, engine, params={"month": 6}, chunksize=10000)
    equal([len(part) for part in parts], [10000, 10000, 8243])


@step("read_sql_table reflects the table")
def _():
    found = pd.read_sql_table("daily_delays", engine, schema="curated", columns=["origin", "day", "flights"])
    equal(list(found.columns), ["origin", "day", "flights"])
    equal(len(found), 1095)


@step("to_sql, a row at a time")
def _():
    frame.to_sql("plain", engine, schema=S, index=False)
    same(back("plain"))


@step("to_sql with method=multi, in chunks, appended")
def _():
    frame.to_sql("multi", engine, schema=S, index=False, method="multi", chunksize=100)
    same(back("multi"))
    frame.to_sql("multi", engine, schema=S, index=False, method="multi", if_exists="append")
    equal(len(back("multi")), 400)


@step("to_sql with if_exists=replace and chosen types")
def _():
    frame.to_sql("multi", engine, schema=S, index=False, method="multi", if_exists="replace",
                 dtype={"price": sa.Numeric(12, 3), "name": sa.String(20)})
    found = sa.inspect(engine).get_columns("multi", schema=S)
    kinds = {c["name"]: str(c["type"]) for c in found}
    equal((kinds["price"], kinds["name"]), ("NUMERIC(12, 3)", "VARCHAR(20)"))
    equal(len(back("multi")), 200)


@step("to_sql with an index")
def _():
    frame.set_index("id").to_sql("indexed", engine, schema=S, method="multi")
    same(back("indexed"))


@step("to_sql by COPY, as the manual shows")
def _():
    def by_copy(table, connection, keys, rows):
        buffer = io.StringIO()
        csv.writer(buffer).writerows(rows)
        buffer.seek(0)
        columns = ", ".join(f'"{key}"' for key in keys)
        with connection.connection.cursor() as cursor:
            cursor.copy_expert(f"COPY {table.schema}.{table.name} ({columns}) FROM STDIN WITH CSV", buffer)

    frame.to_sql("copied", engine, schema=S, index=False, method=by_copy)
    same(back("copied"))
