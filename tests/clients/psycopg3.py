"""psycopg 3: plain and async, text and binary, prepared, pipelined, cursors on the server, COPY, nested transactions."""
# needs: drivers

import datetime as dt
import decimal
import uuid

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types import TypeInfo
from psycopg.types.composite import CompositeInfo
from psycopg.types.enum import EnumInfo
from psycopg.types.range import RangeInfo
from steps import FLIGHTS, equal, refused, step

connection = psycopg.connect(autocommit=True)
ROWS = [(n, f"name {n}", n / 4) for n in range(1, 5001)]
UTC = dt.timezone.utc


def one(text, given=None, **how):
    return connection.execute(text, given, **how).fetchone()[0]


@step(f"version {psycopg.__version__}, libpq {psycopg.pq.version()}: connected")
def _():
    assert connection.info.server_version // 10000 == 15, connection.info.server_version
    equal(connection.info.parameter_status("standard_conforming_strings"), "on")
    equal(connection.info.parameter_status("server_encoding"), "UTF8")
    connection.execute("DROP SCHEMA IF EXISTS psycopg3 CASCADE")
    connection.execute("CREATE SCHEMA psycopg3")
    connection.execute("SET search_path = psycopg3, public")


@step("the flights")
def _():
    equal(one("SELECT count(*) FROM curated.flights"), FLIGHTS)
    rows = connection.execute(
        "SELECT origin, count(*) FROM curated.flights WHERE month = %s GROUP BY origin ORDER BY origin", (1,)
    ).fetchall()
    equal([row[0] for row in rows], ["EWR", "JFK", "LGA"])
    equal(sum(row[1] for row in rows), 27004)


VALUES = [
    ("boolean", True),
    ("smallint", -32768),
    ("integer", 2147483647),
    ("bigint", -(2**63)),
    ("numeric", decimal.Decimal("12345678901234567890.0123456789")),
    ("numeric(12,2)", decimal.Decimal("-0.05")),
    ("real", 1.5),
    ("double precision", 1e-300),
    ("text", "ünï 'quoted' \\ 🛩"),
    ("varchar(10)", "ten chars!"),
    ("bytea", b"\x00\xff'\\"),
    ("date", dt.date(2024, 2, 29)),
    ("timestamp", dt.datetime(2024, 2, 29, 12, 34, 56, 789012)),
    ("timestamptz", dt.datetime(2024, 2, 29, 12, 34, 56, 789012, tzinfo=UTC)),
    ("time", dt.time(23, 59, 59, 999999)),
    ("interval", dt.timedelta(days=3, seconds=4, microseconds=5)),
    ("uuid", uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")),
    ("integer[]", [1, None, 3]),
    ("text[]", ["a b", "c,d", '"', None, ""]),
]


@step("each type there and back, as text and as binary")
def _():
    connection.execute("SET TimeZone = 'UTC'")
    for binary in (False, True):
        cursor = connection.cursor(binary=binary)
        for declared, value in VALUES:
            for placeholder in ("%s", "%b", "%t"):
                cursor.execute(f"SELECT {placeholder}::{declared}", (value,))
                found = cursor.fetchone()[0]
                assert found == value, f"{declared} {placeholder} binary={binary}: {found!r}, wanted {value!r}"
            cursor.execute(f"SELECT %s::{declared}", (None,))
            equal(cursor.fetchone()[0], None)


@step("numerics that are no numbers, as text and as binary")
def _():
    for binary in (False, True):
        cursor = connection.cursor(binary=binary)
        for word in ("NaN", "Infinity", "-Infinity"):
            for placeholder in ("%s", "%b", "%t"):
                cursor.execute(f"SELECT {placeholder}::numeric, {placeholder}::numeric::text", (decimal.Decimal(word),) * 2)
                found, text = cursor.fetchone()
                equal((str(found), text), (word, word))
        cursor.execute("SELECT 'NaN'::numeric, '{NaN,1}'::numeric[]")
        equal(str(cursor.fetchone()), "(Decimal('NaN'), [Decimal('NaN'), Decimal('1')])")
    with connection.cursor().copy("COPY (SELECT 'NaN'::numeric, 2.50) TO STDOUT (FORMAT binary)") as copy:
        copy.set_types(["numeric", "numeric"])
        equal([[str(value) for value in row] for row in copy.rows()], [["NaN", "2.50"]])


@step("json and jsonb there and back")
def _():
    from psycopg.types.json import Json, Jsonb

    document = {"a": [1, 2.5, None], "b": {"c": "ü"}}
    equal(one("SELECT %s::json", (Json(document),)), document)
    equal(one("SELECT %s::jsonb", (Jsonb(document),)), document)
    equal(one("SELECT %s::jsonb -> 'b' ->> 'c'", (Jsonb(document),)), "ü")


@step("column names, types and scale")
def _():
    cursor = connection.execute("SELECT 1 AS a, 'x'::text AS b, 1.50::numeric(12,2) AS c, now() AS d")
    equal([column.name for column in cursor.description], ["a", "b", "c", "d"])
    equal([column.type_code for column in cursor.description], [23, 25, 1700, 1184])
    equal((cursor.description[2].precision, cursor.description[2].scale), (12, 2))


@step("rows by executemany, as dictionaries, by stream")
def _():
    connection.execute("CREATE TABLE item (id integer, name text, price double precision)")
    with connection.cursor() as cursor, connection.transaction():
        cursor.executemany("INSERT INTO item VALUES (%s, %s, %s)", ROWS[:50])
        equal(cursor.rowcount, 50)
    equal(one("SELECT count(*) FROM item"), 50)
    row = connection.cursor(row_factory=dict_row).execute("SELECT * FROM item WHERE id = 7").fetchone()
    equal(row, {"id": 7, "name": "name 7", "price": 1.75})
    streamed = connection.cursor().stream("SELECT id FROM item ORDER BY id")
    equal([row[0] for row in streamed], list(range(1, 51)))


@step("prepared on the server")
def _():
    for number in range(12):
        equal(one("SELECT %s::int + 1", (number,), prepare=True), number + 1)
    for number in range(12):
        equal(one("SELECT name FROM item WHERE id = %s", (number + 1,)), f"name {number + 1}")
    names = connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone()
    assert names[0] >= 2, names
    shown = connection.execute("SELECT statement, parameter_types[1]::text, from_sql FROM pg_prepared_statements "
                               "WHERE statement LIKE 'SELECT $1::int + 1%'").fetchone()
    equal(shown, ("SELECT $1::int + 1", "smallint", False))


@step("a pipeline, and an error in it")
def _():
    with connection.pipeline():
        cursors = [connection.execute("SELECT %s::int", (n,)) for n in range(20)]
    equal([cursor.fetchone()[0] for cursor in cursors], list(range(20)))
    try:
        with connection.pipeline() as pipeline:
            connection.execute("SELECT 1")
            connection.execute("SELECT 1 / 0")
            connection.execute("SELECT 2")
            pipeline.sync()
        raise AssertionError("the error did not show")
    except psycopg.errors.DivisionByZero:
        pass
    equal(one("SELECT 3"), 3)


@step("errors with their class, table and place")
def _():
    error = refused("42P01", lambda: connection.execute("SELECT * FROM nowhere"))
    assert isinstance(error, psycopg.errors.UndefinedTable)
    equal(error.diag.statement_position, "15")
    refused("42703", lambda: connection.execute("SELECT nothing FROM item"))
    refused("22P02", lambda: connection.execute("SELECT 'x'::int"))
    refused("42601", lambda: connection.execute("SELEC 1"))


@step("a transaction rolled back, and one that failed")
def _():
    with psycopg.connect(autocommit=False) as other:
        other.execute("SET search_path = psycopg3")
        other.execute("INSERT INTO item VALUES (1000, 'gone', 0)")
        equal(other.execute("SELECT count(*) FROM item").fetchone()[0], 51)
        other.rollback()
        refused("22012", lambda: other.execute("SELECT 1 / 0"))
        refused("25P02", lambda: other.execute("SELECT 1"))
        other.rollback()
        equal(other.execute("SELECT count(*) FROM psycopg3.item").fetchone()[0], 50)


@step("transactions inside a transaction")
def _():
    with connection.transaction():
        connection.execute("INSERT INTO item VALUES (2000, 'kept', 0)")
        with connection.transaction(force_rollback=True):
            connection.execute("INSERT INTO item VALUES (2001, 'gone', 0)")
        try:
            with connection.transaction():
                connection.execute("INSERT INTO item VALUES (2002, 'gone too', 0)")
                connection.execute("SELECT 1 / 0")
        except psycopg.errors.DivisionByZero:
            pass
        equal(one("SELECT count(*) FROM item WHERE id >= 2000"), 1)
    equal(one("SELECT max(id) FROM item"), 2000)


@step("a cursor on the server reads in pieces")
def _():
    with connection.transaction():
        with connection.cursor(name="pieces") as cursor:
            cursor.itersize = 10000
            cursor.execute("SELECT origin, dep_delay_min FROM curated.flights WHERE month = %s", (2,))
            equal(sum(1 for _ in cursor), 24951)
        with connection.cursor(name="some") as cursor:
            cursor.execute("SELECT generate_series(1, 10)")
            equal(cursor.fetchmany(3), [(1,), (2,), (3,)])
            equal(cursor.fetchone(), (4,))
            equal(len(cursor.fetchall()), 6)


@step("a cursor that scrolls and one that outlives its transaction")
def _():
    with connection.transaction():
        with connection.cursor(name="back", scrollable=True) as cursor:
            cursor.execute("SELECT id FROM item ORDER BY id")
            cursor.scroll(10)
            equal(cursor.fetchone(), (11,))
            cursor.scroll(-5)
            equal(cursor.fetchone(), (7,))
    with connection.cursor(name="held", withhold=True) as cursor:
        cursor.execute("SELECT generate_series(1, 5)")
        equal(len(cursor.fetchall()), 5)


@step("COPY in and out, as text, csv and binary")
def _():
    connection.execute("CREATE TABLE copied (id integer, name text, price double precision)")
    with connection.cursor() as cursor:
        with cursor.copy("COPY copied FROM STDIN") as copy:
            for row in ROWS:
                copy.write_row(row)
        equal(cursor.rowcount, len(ROWS))
        with cursor.copy("COPY copied (id, name) FROM STDIN (FORMAT csv, HEADER)") as copy:
            copy.write("id,name\n-1,\"with, comma and \"\"quotes\"\"\"\n-2,\n")
        with cursor.copy("COPY copied FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(["int4", "text", "float8"])
            copy.write_row((-3, "binary", None))
        equal(cursor.execute("SELECT name FROM copied WHERE id < 0 ORDER BY id DESC").fetchall(),
              [('with, comma and "quotes"',), (None,), ("binary",)])
        with cursor.copy("COPY (SELECT * FROM copied WHERE id > 0 ORDER BY id) TO STDOUT") as copy:
            copy.set_types(["int4", "text", "float8"])
            equal(list(copy.rows()), ROWS)
        with cursor.copy("COPY (SELECT * FROM copied WHERE id > 0 ORDER BY id) TO STDOUT (FORMAT binary)") as copy:
            copy.set_types(["int4", "text", "float8"])
            equal(list(copy.rows()), ROWS)
        with cursor.copy("COPY copied TO STDOUT (FORMAT csv, HEADER)") as copy:
            text = b"".join(copy).decode()
        equal(text.splitlines()[0], "id,name,price")
        equal(text.count("\n"), len(ROWS) + 4)


@step("a COPY that fails leaves nothing")
def _():
    def broken():
        with connection.cursor().copy("COPY copied FROM STDIN") as copy:
            copy.write("1\tfine\t1\nnot a number\tx\t1\n")

    before = one("SELECT count(*) FROM copied")
    refused("22P02", broken)
    equal(one("SELECT count(*) FROM copied"), before)


@step("types and names looked up and composed")
def _():
    equal(TypeInfo.fetch(connection, "text").oid, 25)
    equal(TypeInfo.fetch(connection, "numeric").array_oid, 1231)
    equal(TypeInfo.fetch(connection, "no_such_type"), None)
    equal(CompositeInfo.fetch(connection, "no_such_type"), None)
    equal(EnumInfo.fetch(connection, "no_such_type"), None)
    equal(RangeInfo.fetch(connection, "int4range").subtype_oid, 23)
    text = sql.SQL("SELECT {} FROM {} WHERE {} = {}").format(
        sql.Identifier("name"), sql.Identifier("psycopg3", "item"), sql.Identifier("id"), sql.Literal(3)
    )
    equal(one(text), "name 3")


@step("notices are heard")
def _():
    heard = []
    connection.add_notice_handler(lambda diagnostic: heard.append((diagnostic.severity, diagnostic.message_primary)))
    connection.execute("DROP TABLE IF EXISTS never_was")
    equal(heard, [("NOTICE", 'table "never_was" does not exist, skipping')])


@step("a running statement is cancelled")
def _():
    import threading

    threading.Timer(1.0, connection.cancel_safe).start()
    refused("57014", lambda: connection.execute(
        "SELECT count(*) FROM generate_series(1, 100000) AS a, generate_series(1, 10000000) AS b WHERE a % 7 = b % 11"
    ))
    equal(one("SELECT 1"), 1)


@step("async: queries, a pipeline, many connections at once")
async def _():
    import asyncio

    async def ask(number):
        async with await psycopg.AsyncConnection.connect(autocommit=True) as other:
            cursor = await other.execute("SELECT count(*) FROM curated.flights WHERE month = %s", (number,))
            return (await cursor.fetchone())[0]

    counts = await asyncio.gather(*(ask(month) for month in range(1, 13)))
    equal(sum(counts), FLIGHTS)
    async with await psycopg.AsyncConnection.connect(autocommit=True) as other:
        async with other.pipeline():
            cursors = [await other.execute("SELECT %s::int", (n,)) for n in range(5)]
        equal([(await cursor.fetchone())[0] for cursor in cursors], [0, 1, 2, 3, 4])


@step("async: COPY and a cursor on the server")
async def _():
    async with await psycopg.AsyncConnection.connect() as other:
        cursor = other.cursor()
        async with cursor.copy("COPY psycopg3.copied FROM STDIN") as copy:
            for number in range(10):
                await copy.write_row((9000 + number, "async", 0.5))
        async with other.cursor(name="pieces") as pieces:
            await pieces.execute("SELECT id FROM psycopg3.copied WHERE name = 'async' ORDER BY id")
            equal([row[0] async for row in pieces], list(range(9000, 9010)))
