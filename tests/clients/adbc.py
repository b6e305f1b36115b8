"""ADBC for PostgreSQL: Arrow there and back by binary COPY, the catalog, ingestion."""
# needs: drivers

import datetime as dt
import decimal

import adbc_driver_postgresql
import adbc_driver_postgresql.dbapi as dbapi
import pyarrow as pa
from steps import DATABASE, FLIGHTS, HOST, PASSWORD, PORT, USER, equal, step

URI = f"postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{DATABASE}"
connection = None


@step(f"version {adbc_driver_postgresql.__version__}: connected")
def _():
    global connection
    connection = dbapi.connect(URI, autocommit=True)
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS adbc CASCADE")
        cursor.execute("CREATE SCHEMA adbc")
    assert connection.adbc_get_info()["vendor_version"].startswith("15"), connection.adbc_get_info()


@step("the flights as Arrow")
def _():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM curated.flights")
        equal(cursor.fetchone(), (FLIGHTS,))
        cursor.execute("SELECT day, origin, dep_delay_min, cancelled, scheduled_departure, time_hour FROM curated.flights WHERE month = $1", (2,))
        table = cursor.fetch_arrow_table()
    equal(table.num_rows, 24951)
    equal([str(f.type) for f in table.schema], ["date32[day]", "string", "int32", "bool", "timestamp[us]", "timestamp[us, tz=UTC]"])


@step("each type read")
def _():
    with connection.cursor() as cursor:
        cursor.execute("SELECT true, 1::int2, 2::int4, 3::int8, 0.5::real, 1e300::float8, 'ü'::text, '\\x00ff'::bytea, "
                       "'2024-02-29'::date, '2024-02-29 12:00:00.000001'::timestamp, ARRAY[1, NULL, 3], NULL::int, 12.50::numeric(10,2)")
        row = cursor.fetchone()
    equal(row, (True, 1, 2, 3, 0.5, 1e300, "ü", b"\x00\xff", dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 12, 0, 0, 1),
                [1, None, 3], None, "12.50"))


@step("a table written from Arrow, appended, read back")
def _():
    table = pa.table({"id": pa.array(range(5000), pa.int32()), "name": [f"n{n}" if n % 3 else None for n in range(5000)],
                      "x": pa.array([n / 4 for n in range(5000)]), "d": pa.array([dt.date(2024, 1, 1)] * 5000)})
    with connection.cursor() as cursor:
        equal(cursor.adbc_ingest("item", table, mode="create", db_schema_name="adbc"), 5000)
        equal(cursor.adbc_ingest("item", table, mode="append", db_schema_name="adbc"), 5000)
        cursor.execute("SELECT * FROM adbc.item ORDER BY id LIMIT 5000 OFFSET 5000")
        equal(cursor.fetch_arrow_table().num_rows, 5000)
        cursor.executemany("INSERT INTO adbc.item (id, name) VALUES ($1, $2)", [(-1, "a"), (-2, "b")])
        cursor.execute("SELECT name FROM adbc.item WHERE id < 0 ORDER BY id")
        equal(cursor.fetchall(), [("b",), ("a",)])


@step("the catalog as ADBC asks for it")
def _():
    schema = connection.adbc_get_table_schema("flights", db_schema_filter="curated")
    equal(str(schema.field("day").type), "date32[day]")
    tree = connection.adbc_get_objects(depth="columns", db_schema_filter="curated", table_name_filter="flights").read_all().to_pylist()
    here = next(one for one in tree if one["catalog_name"] == "lake")
    columns = here["catalog_db_schemas"][0]["db_schema_tables"][0]["table_columns"]
    assert "tailnum" in [c["column_name"] for c in columns]
    assert "TABLE" in str(connection.adbc_get_table_types()).upper() or connection.adbc_get_table_types()


@step("transactions and errors")
def _():
    with dbapi.connect(URI) as other:
        with other.cursor() as cursor:
            cursor.execute("INSERT INTO adbc.item (id) VALUES (-100)")
            other.rollback()
            cursor.execute("SELECT count(*) FROM adbc.item WHERE id = -100")
            equal(cursor.fetchone(), (0,))
            try:
                cursor.execute("SELECT * FROM nowhere")
                raise AssertionError("not refused")
            except dbapi.Error as e:
                equal(e.sqlstate, "42P01")
