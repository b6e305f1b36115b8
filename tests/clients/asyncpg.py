"""asyncpg: everything binary, prepared by name, introspected types, COPY, a pool that resets its connections."""
# needs: drivers

import asyncio
import datetime as dt
import decimal
import io
import uuid

import asyncpg
from steps import DATABASE, FLIGHTS, HOST, PASSWORD, PORT, USER, equal, step

loop = asyncio.new_event_loop()
GIVEN = dict(host=HOST, port=PORT, user=USER, password=PASSWORD, database=DATABASE, ssl=False)
connection = loop.run_until_complete(asyncpg.connect(**GIVEN))


def on_loop(body):
    """One event loop for the whole test: the connection belongs to it."""
    def run():
        loop.run_until_complete(body())
    return run


async def refused_later(state, awaited):
    try:
        await awaited
    except asyncpg.PostgresError as e:
        equal(e.sqlstate, state)
        return e
    raise AssertionError(f"not refused; wanted {state}")


@step(f"version {asyncpg.__version__}: connected")
@on_loop
async def _():
    equal(connection.get_server_version().major, 15)
    await connection.execute("DROP SCHEMA IF EXISTS asyncpg CASCADE; CREATE SCHEMA asyncpg")
    await connection.execute("SET search_path = asyncpg, public")


@step("the flights: fetch, fetchrow, fetchval")
@on_loop
async def _():
    equal(await connection.fetchval("SELECT count(*) FROM curated.flights"), FLIGHTS)
    rows = await connection.fetch(
        "SELECT origin, count(*) AS n, avg(dep_delay_min) AS late FROM curated.flights "
        "WHERE day BETWEEN $1 AND $2 GROUP BY origin ORDER BY origin", dt.date(2013, 1, 1), dt.date(2013, 1, 31))
    equal([row["origin"] for row in rows], ["EWR", "JFK", "LGA"])
    equal(sum(row["n"] for row in rows), 27004)
    row = await connection.fetchrow("SELECT * FROM curated.worst_routes WHERE place = $1", 1)
    equal((row["origin"], row["dest"]), ("EWR", "CAE"))


@step("each type there and back")
@on_loop
async def _():
    for declared, value in [
        ("boolean", True), ("smallint", -5), ("integer", 2**31 - 1), ("bigint", -(2**63)), ("real", 0.5),
        ("double precision", 1e-9), ("numeric", decimal.Decimal("1234567890.0987654321")), ("text", "ü\t'"),
        ("varchar(3)", "abc"), ("bytea", b"\x00\xff"), ("date", dt.date(1, 1, 1)),
        ("timestamp", dt.datetime(2024, 2, 29, 12, 0, 0, 1)),
        ("timestamptz", dt.datetime(2024, 2, 29, 12, tzinfo=dt.timezone.utc)), ("time", dt.time(1, 2, 3, 4)),
        ("interval", dt.timedelta(days=1, seconds=2)), ("uuid", uuid.UUID(int=1)), ("oid", 4294967295),
        ("integer[]", [1, None, 2]), ("text[]", ["a", None, ""]), ("date[]", [dt.date(2020, 1, 1)]),
        ("numeric[]", [decimal.Decimal("1.10")]), ("name", "some_name"),
    ]:
        found = await connection.fetchval(f"SELECT $1::{declared}", value)
        assert found == value, f"{declared}: {found!r}, wanted {value!r}"
        equal(await connection.fetchval(f"SELECT $1::{declared}", None), None)


@step("numerics that are no numbers")
@on_loop
async def _():
    for word in ("NaN", "Infinity", "-Infinity"):
        value = decimal.Decimal(word)
        found = await connection.fetchval("SELECT $1::numeric", value)
        equal(str(found), word)
        equal(await connection.fetchval("SELECT $1::numeric::text", value), word)
    rows = await connection.fetch("SELECT x FROM (VALUES ($1::numeric), (1), ('NaN')) v(x) ORDER BY x", decimal.Decimal("-Infinity"))
    equal([str(row["x"]) for row in rows], ["-Infinity", "1", "NaN"])


@step("json with a codec of one's own")
@on_loop
async def _():
    import json

    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
        equal(await connection.fetchval(f"SELECT $1::{name}", {"a": [1, None]}), {"a": [1, None]})
    equal(await connection.fetchval("SELECT '{\"a\": {\"b\": 3}}'::jsonb #> '{a,b}'"), 3)


@step("numeric with a codec of one's own")
@on_loop
async def _():
    await connection.set_type_codec("numeric", encoder=str, decoder=float, schema="pg_catalog", format="text")
    equal(await connection.fetchval("SELECT $1::numeric * 2", 1.25), 2.5)
    await connection.reset_type_codec("numeric", schema="pg_catalog")


@step("prepared statements: parameters, columns, plan kept")
@on_loop
async def _():
    statement = await connection.prepare("SELECT $1::int AS a, upper($2) AS b")
    equal([t.name for t in statement.get_parameters()], ["int4", "text"])
    equal([(a.name, a.type.name) for a in statement.get_attributes()], [("a", "int4"), ("b", "text")])
    for n in range(5):
        equal(tuple(await statement.fetchrow(n, "x")), (n, "X"))
    equal(await statement.fetch(7, "y"), [(7, "Y")])
    equal(statement.get_statusmsg(), "SELECT 1")


@step("executemany and what a failed one leaves")
@on_loop
async def _():
    await connection.execute("CREATE TABLE item (id integer, name text, at timestamptz)")
    now = dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc)
    await connection.executemany("INSERT INTO item VALUES ($1, $2, $3)", [(n, f"n{n}", now) for n in range(20)])
    equal(await connection.fetchval("SELECT count(*) FROM item"), 20)
    equal(await connection.execute("INSERT INTO item VALUES (20, 'n20', NULL)"), "INSERT 0 1")


@step("types of the catalog, looked up by the driver")
@on_loop
async def _():
    rows = await connection.fetch("SELECT relname, relacl, reloptions FROM pg_class WHERE relname = 'item'")
    equal(rows[0]["relname"], "item")
    equal(await connection.fetchval("SELECT 'pg_class'::regclass::oid"), 1259)


@step("a cursor by portal, in a transaction")
@on_loop
async def _():
    async with connection.transaction():
        cursor = await connection.cursor("SELECT id FROM item ORDER BY id")
        equal([row["id"] for row in await cursor.fetch(5)], [0, 1, 2, 3, 4])
        await cursor.forward(5)
        equal((await cursor.fetchrow())["id"], 10)
        total = 0
        async for row in connection.cursor("SELECT flight FROM curated.flights WHERE month = $1", 2, prefetch=2000):
            total += 1
        equal(total, 24951)


@step("nested transactions")
@on_loop
async def _():
    async with connection.transaction():
        await connection.execute("INSERT INTO item VALUES (100, 'kept', NULL)")
        try:
            async with connection.transaction():
                await connection.execute("INSERT INTO item VALUES (101, 'gone', NULL)")
                await connection.execute("SELECT 1/0")
        except asyncpg.DivisionByZeroError:
            pass
    equal(await connection.fetchval("SELECT max(id) FROM item"), 100)


@step("isolation and read only")
@on_loop
async def _():
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        equal(await connection.fetchval("SHOW transaction_isolation"), "repeatable read")
        await refused_later("25006", connection.execute("CREATE TABLE asyncpg.no (a int)"))


@step("errors carry table, place and class")
@on_loop
async def _():
    error = await refused_later("42P01", connection.fetch("SELECT * FROM nowhere"))
    assert isinstance(error, asyncpg.UndefinedTableError) and error.position == "15"
    await refused_later("22P02", connection.fetch("SELECT 'x'::int"))
    try:
        await connection.fetch("SELECT $1::int", "not a number")
        raise AssertionError("not refused")
    except asyncpg.DataError:
        pass


@step("copy_records_to_table, copy_to_table, copy_from_query")
@on_loop
async def _():
    records = [(n, f"name {n}", dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc)) for n in range(1000, 3000)]
    equal(await connection.copy_records_to_table("item", records=records), "COPY 2000")
    equal(await connection.copy_to_table("item", source=io.BytesIO(b"5000,five\n"), columns=["id", "name"], format="csv"), "COPY 1")
    out = io.BytesIO()
    equal(await connection.copy_from_query("SELECT id, name FROM item WHERE id >= $1 ORDER BY id", 2998, output=out), "COPY 3")
    equal(out.getvalue(), b"2998\tname 2998\n2999\tname 2999\n5000\tfive\n")
    out = io.BytesIO()
    await connection.copy_from_table("item", schema_name="asyncpg", columns=["id"], output=out, format="csv", header=True)
    equal(out.getvalue().splitlines()[0], b"id")


@step("a statement that takes too long")
@on_loop
async def _():
    slow = ("SELECT count(*) FROM generate_series(1, 100000) AS a, generate_series(1, 10000000) AS b WHERE a % 7 = b % 11")
    try:
        await connection.fetch(slow, timeout=1.0)
        raise AssertionError("it came to an end")
    except asyncio.TimeoutError:
        pass
    equal(await connection.fetchval("SELECT 1"), 1)


@step("a pool: connections come back clean")
@on_loop
async def _():
    async with asyncpg.create_pool(min_size=2, max_size=4, **GIVEN) as pool:
        async def ask(month):
            async with pool.acquire() as other:
                await other.execute(f"SET application_name = 'month {month}'")
                return await other.fetchval("SELECT count(*) FROM curated.flights WHERE month = $1", month)
        equal(sum(await asyncio.gather(*(ask(month) for month in range(1, 13)))), FLIGHTS)
        async with pool.acquire() as other:
            assert not (await other.fetchval("SHOW application_name")).startswith("month")


@step("closed")
@on_loop
async def _():
    await connection.close()
