"""psycopg 2: what SQLAlchemy, dbt, Superset and a thousand scripts stand on."""
# needs: drivers

import datetime as dt
import decimal
import io

import psycopg2
import psycopg2.errors
import psycopg2.extensions
import psycopg2.extras
from steps import FLIGHTS, equal, refused, step

connection = psycopg2.connect("")
cursor = connection.cursor()


def fresh():
    """Each step begins outside a transaction, its own schema first on the path."""
    connection.rollback()
    cursor.execute("SET search_path = psycopg2, public")
    connection.commit()


def ask(text, given=None):
    cursor.execute(text, given)
    return cursor.fetchall()


@step(f"version {psycopg2.__version__}: connected")
def _():
    assert connection.server_version // 10000 == 15, connection.server_version
    cursor.execute("DROP SCHEMA IF EXISTS psycopg2 CASCADE")
    cursor.execute("CREATE SCHEMA psycopg2")
    connection.commit()
    cursor.execute("SET search_path = psycopg2, public")
    connection.commit()
    equal(connection.status, psycopg2.extensions.STATUS_READY)


@step("the flights")
def _():
    equal(ask("SELECT count(*) FROM curated.flights"), [(FLIGHTS,)])
    equal(ask("SELECT count(*) FROM curated.flights WHERE origin IN %s AND month = ANY(%s)", (("JFK", "LGA"), [1, 2])),
          [(32955,)])


@step("each type there and back")
def _():
    cursor.execute("SET TimeZone = 'UTC'")
    for declared, value in [
        ("boolean", True), ("bigint", -(2**63) + 1), ("numeric", decimal.Decimal("12.340")), ("double precision", 1e300),
        ("text", "it's \\ ü"), ("date", dt.date(1999, 12, 31)), ("timestamp", dt.datetime(2024, 2, 29, 1, 2, 3, 4)),
        ("timestamptz", dt.datetime(2024, 2, 29, 1, 2, 3, tzinfo=dt.timezone.utc)), ("time", dt.time(1, 2, 3)),
        ("interval", dt.timedelta(days=2, hours=3)), ("integer[]", [1, 2, None]), ("text[]", ["a,b", 'q"']),
        ("double precision", float("inf")),
    ]:
        equal(ask(f"SELECT %s::{declared}", (value,)), [(value,)])
    (found,), = ask("SELECT %s::bytea", (psycopg2.Binary(b"\x00\x01\\'"),))
    equal(bytes(found), b"\x00\x01\\'")
    psycopg2.extras.register_uuid()
    import uuid

    value = uuid.UUID(int=7)
    equal(ask("SELECT %s::uuid", (value,)), [(value,)])


@step("json and jsonb")
def _():
    fresh()
    equal(ask("SELECT %s::json, '{\"a\": [1, null]}'::jsonb", (psycopg2.extras.Json({"k": 1}),)),
          [({"k": 1}, {"a": [1, None]})])


@step("execute_values and execute_batch")
def _():
    fresh()
    cursor.execute("CREATE TABLE item (id integer, name text, price numeric(10,2))")
    rows = [(n, f"name {n}", decimal.Decimal(n) / 4) for n in range(1, 501)]
    psycopg2.extras.execute_values(cursor, "INSERT INTO item (id, name, price) VALUES %s", rows, page_size=200)
    psycopg2.extras.execute_batch(cursor, "INSERT INTO item VALUES (%s, %s, %s)", [(501, "a", 1), (502, "b", 2)])
    connection.commit()
    equal(ask("SELECT count(*), sum(price) FROM item"), [(502, decimal.Decimal("31315.50"))])


@step("rows as dictionaries and named tuples")
def _():
    with connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as named:
        named.execute("SELECT id, price FROM item WHERE id = 2")
        equal(dict(named.fetchone()), {"id": 2, "price": decimal.Decimal("0.50")})
    with connection.cursor(cursor_factory=psycopg2.extras.NamedTupleCursor) as named:
        named.execute("SELECT id, name FROM item WHERE id = 2")
        equal(named.fetchone().name, "name 2")
    cursor.execute("SELECT id, price, name FROM item LIMIT 0")
    equal([(c.name, c.type_code, c.precision, c.scale) for c in cursor.description],
          [("id", 23, None, None), ("price", 1700, 10, 2), ("name", 25, None, None)])


@step("errors by their class; the transaction fails and goes on after ROLLBACK")
def _():
    fresh()
    for state, text in [("42P01", "SELECT * FROM nowhere"), ("42703", "SELECT x FROM item"), ("22012", "SELECT 1/0"),
                        ("42883", "SELECT no_such_function(1)"), ("42601", "SELECT 1 FROM"),
                        ("3F000", "CREATE TABLE nowhere.t (a int)")]:
        error = refused(state, lambda text=text: cursor.execute(text))
        assert type(error) is psycopg2.errors.lookup(state), type(error)
        refused("25P02", lambda: cursor.execute("SELECT 1"))
        connection.rollback()
    equal(ask("SELECT 1"), [(1,)])


@step("isolation levels, read only, autocommit")
def _():
    connection.rollback()
    connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
    equal(ask("SHOW transaction_isolation"), [("repeatable read",)])
    refused("25006", lambda: cursor.execute("INSERT INTO psycopg2.item VALUES (0, 'x', 0)"))
    connection.rollback()
    connection.set_session(isolation_level="DEFAULT", readonly=False)
    connection.autocommit = True
    equal(ask("SELECT 1"), [(1,)])
    equal(connection.get_transaction_status(), psycopg2.extensions.TRANSACTION_STATUS_IDLE)
    connection.autocommit = False


@step("a cursor on the server")
def _():
    fresh()
    with connection.cursor("pieces") as pieces:
        pieces.itersize = 5000
        pieces.execute("SELECT flight FROM curated.flights WHERE month = 3")
        equal(sum(1 for _ in pieces), 28834)
    with connection.cursor("scrolls", scrollable=True) as pieces:
        pieces.execute("SELECT id FROM psycopg2.item ORDER BY id")
        equal(pieces.fetchmany(2), [(1,), (2,)])
        pieces.scroll(-1)
        equal(pieces.fetchone(), (2,))
        pieces.scroll(100, mode="absolute")
        equal(pieces.fetchone(), (101,))
    connection.commit()
    with connection.cursor("held", withhold=True) as pieces:
        pieces.execute("SELECT generate_series(1, 5)")
        connection.commit()
        equal(len(pieces.fetchall()), 5)
    connection.commit()


@step("copy_from, copy_to, copy_expert")
def _():
    fresh()
    cursor.execute("CREATE TABLE copied (id integer, name text)")
    cursor.copy_from(io.StringIO("1\tone\n2\t\\N\n3\ttab\\tin it\n"), "copied")
    equal(cursor.rowcount, 3)
    cursor.copy_expert("COPY copied FROM STDIN WITH (FORMAT csv, NULL '-')", io.StringIO("4,-\n5,five\n"))
    equal(ask("SELECT name FROM copied ORDER BY id"), [("one",), (None,), ("tab\tin it",), (None,), ("five",)])
    out = io.StringIO()
    cursor.copy_to(out, "copied", columns=("id", "name"))
    equal(sorted(out.getvalue().splitlines()), ["1\tone", "2\t\\N", "3\ttab\\tin it", "4\t\\N", "5\tfive"])
    out = io.BytesIO()
    cursor.copy_expert("COPY (SELECT id FROM copied ORDER BY id LIMIT 2) TO STDOUT WITH CSV HEADER", out)
    equal(out.getvalue(), b"id\n1\n2\n")
    connection.commit()


@step("savepoints")
def _():
    fresh()
    cursor.execute("INSERT INTO psycopg2.item VALUES (900, 'kept', 0)")
    cursor.execute("SAVEPOINT a")
    refused("22012", lambda: cursor.execute("SELECT 1/0"))
    cursor.execute("ROLLBACK TO SAVEPOINT a")
    cursor.execute("RELEASE SAVEPOINT a")
    connection.commit()
    equal(ask("SELECT count(*) FROM psycopg2.item WHERE id = 900"), [(1,)])


@step("notices; the backend's number; reset")
def _():
    fresh()
    cursor.execute("DROP TABLE IF EXISTS psycopg2.never_was")
    assert "does not exist, skipping" in connection.notices[-1], connection.notices
    equal(ask("SELECT pg_backend_pid()"), [(connection.get_backend_pid(),)])
    connection.reset()
    equal(ask("SELECT count(*) FROM psycopg2.item WHERE id < 500"), [(499,)])


@step("hstore is looked up and not there")
def _():
    connection.rollback()
    equal(psycopg2.extras.HstoreAdapter.get_oids(connection), ((), ()))
