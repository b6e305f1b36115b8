"""psqlodbc through pyodbc: the catalog functions, cursors it declares by itself, parameters, types."""
# needs: drivers odbc

import datetime as dt
import decimal

import pyodbc
from steps import DATABASE, FLIGHTS, HOST, PASSWORD, PORT, USER, equal, step

DRIVER = "/usr/lib/x86_64-linux-gnu/odbc/psqlodbcw.so"
GIVEN = f"Driver={DRIVER};Server={HOST};Port={PORT};Database={DATABASE};Uid={USER};Pwd={PASSWORD}"
connection = pyodbc.connect(GIVEN, autocommit=True)
cursor = connection.cursor()


def ask(text, *given):
    return [tuple(row) for row in cursor.execute(text, *given).fetchall()]


def refused(state, body):
    try:
        body()
    except pyodbc.Error as e:
        equal(e.args[0], state)
        return
    raise AssertionError(f"not refused; wanted {state}")


@step(f"version {connection.getinfo(pyodbc.SQL_DRIVER_VER)}, pyodbc {pyodbc.version}: connected")
def _():
    equal(connection.getinfo(pyodbc.SQL_DBMS_NAME), "PostgreSQL")
    assert connection.getinfo(pyodbc.SQL_DBMS_VER).startswith("15."), connection.getinfo(pyodbc.SQL_DBMS_VER)
    cursor.execute("DROP SCHEMA IF EXISTS odbc CASCADE")
    cursor.execute("CREATE SCHEMA odbc")
    cursor.execute("CREATE TABLE odbc.item (id integer NOT NULL, name varchar(20), price numeric(10,2), at timestamp)")


@step("the flights")
def _():
    equal(ask("SELECT count(*) FROM curated.flights"), [(FLIGHTS,)])
    equal(ask("SELECT origin FROM curated.flights WHERE month = ? GROUP BY origin ORDER BY origin", 1),
          [("EWR",), ("JFK",), ("LGA",)])
    rows = cursor.execute("SELECT * FROM curated.flights WHERE month = ?", 2)
    equal(sum(len(part) for part in iter(lambda: rows.fetchmany(5000), [])), 24951)


@step("each type there and back")
def _():
    for declared, value in [
        ("integer", 5), ("bigint", 2**40), ("double precision", 1.25), ("numeric(12,3)", decimal.Decimal("12.340")),
        ("text", "ü'\\"), ("varchar(10)", "abc"), ("date", dt.date(2024, 2, 29)), ("time", dt.time(1, 2, 3)),
        ("timestamp", dt.datetime(2024, 2, 29, 1, 2, 3, 500000)), ("bytea", b"\x00\xff"), ("text", None),
    ]:
        equal(ask(f"SELECT CAST(? AS {declared})", value), [(value,)])
    equal(ask("SELECT true, 1.5::real, NULL, 'x'::char(3)"), [("1", 1.5, None, "x  ")])
    cursor.execute("SELECT 1::int AS a, 'x'::varchar(10) AS b, 1.5::numeric(12,2) AS c, now()::timestamp AS d")
    equal([(c[0], c[1]) for c in cursor.description],
          [("a", int), ("b", str), ("c", decimal.Decimal), ("d", dt.datetime)])


@step("SQLTables, SQLColumns, SQLPrimaryKeys, SQLStatistics and their like")
def _():
    found = {(row.table_schem, row.table_name, row.table_type) for row in cursor.tables(schema="curated")}
    assert ("curated", "flights", "TABLE") in found and ("curated", "storms", "VIEW" if len(found) > 5 else "VIEW") in found or \
        ("curated", "storms", "TABLE") in found, found
    equal([row.table_name for row in cursor.tables(table="item", schema="odbc", tableType="TABLE")], ["item"])
    columns = cursor.columns(table="item", schema="odbc").fetchall()
    equal([(c.column_name, c.type_name, c.column_size, c.nullable) for c in columns],
          [("id", "int4", 10, 0), ("name", "varchar", 20, 1), ("price", "numeric", 10, 1), ("at", "timestamp", 26, 1)])
    equal(cursor.primaryKeys("item", schema="odbc").fetchall(), [])
    equal(cursor.foreignKeys("item", schema="odbc").fetchall(), [])
    cursor.statistics("item", schema="odbc").fetchall()
    cursor.rowIdColumns("item", schema="odbc").fetchall()
    assert {"int4", "text", "numeric"} <= {row.type_name for row in cursor.getTypeInfo()}
    cursor.procedures(schema="odbc").fetchall()


@step("keys as declared")
def _():
    cursor.execute("CREATE TABLE odbc.parent (id integer PRIMARY KEY)")
    cursor.execute("CREATE TABLE odbc.child (a integer PRIMARY KEY, parent integer REFERENCES odbc.parent (id))")
    equal([row.column_name for row in cursor.primaryKeys("child", schema="odbc")], ["a"])
    keys = cursor.foreignKeys(foreignTable="child", foreignSchema="odbc").fetchall()
    equal([(row.pktable_name, row.fkcolumn_name) for row in keys], [("parent", "parent")])
    keys = cursor.foreignKeys(table="parent", schema="odbc").fetchall()
    equal([(row.fktable_name, row.pkcolumn_name) for row in keys], [("child", "id")])
    cursor.execute("CREATE INDEX child_at ON odbc.child (parent DESC, a)")
    found = cursor.statistics("child", schema="odbc").fetchall()
    equal([(row.index_name, row.ordinal_position, row.column_name) for row in found if row.index_name],
          [("child_pkey", 1, "a"), ("child_at", 1, "parent"), ("child_at", 2, "a")])
    cursor.rowIdColumns("child", schema="odbc").fetchall()
    cursor.rowVerColumns("child", schema="odbc").fetchall()
    assert "lower" in {row.procedure_name for row in cursor.procedures(schema="pg_catalog", procedure="lower")}
    assert cursor.procedureColumns(schema="pg_catalog", procedure="lower").fetchall()
    assert "odbc" in {row.table_schem for row in cursor.tables(catalog="", schema="%", table="")}


@step("rows written, one by one and many")
def _():
    at = dt.datetime(2024, 1, 1, 12)
    cursor.execute("INSERT INTO odbc.item VALUES (?, ?, ?, ?)", 1, "one", decimal.Decimal("1.25"), at)
    equal(cursor.rowcount, 1)
    cursor.executemany("INSERT INTO odbc.item VALUES (?, ?, ?, ?)", [(n, f"n{n}", None, at) for n in range(2, 12)])
    equal(ask("SELECT count(*), sum(price) FROM odbc.item"), [(11, decimal.Decimal("1.25"))])


@step("a transaction: the driver's savepoints around each statement")
def _():
    with pyodbc.connect(GIVEN + ";Protocol=7.4-2") as other:
        inner = other.cursor()
        inner.execute("INSERT INTO odbc.item VALUES (100, 'kept', NULL, NULL)")
        refused("42P01", lambda: inner.execute("SELECT * FROM nowhere"))
        inner.execute("INSERT INTO odbc.item VALUES (101, 'kept too', NULL, NULL)")
        other.commit()
    equal(ask("SELECT count(*) FROM odbc.item WHERE id >= 100"), [(2,)])


@step("rolled back")
def _():
    with pyodbc.connect(GIVEN + ";Protocol=7.4-1") as other:
        other.execute("INSERT INTO odbc.item VALUES (200, 'gone', NULL, NULL)")
        other.rollback()
    equal(ask("SELECT count(*) FROM odbc.item WHERE id = 200"), [(0,)])


@step("UseDeclareFetch: the driver declares cursors of its own")
def _():
    with pyodbc.connect(GIVEN + ";UseDeclareFetch=1;Fetch=1000", autocommit=True) as other:
        rows = other.execute("SELECT flight FROM curated.flights WHERE month = 2")
        equal(sum(1 for _ in rows), 24951)
        equal([tuple(row) for row in other.execute("SELECT id FROM odbc.item WHERE id = ?", 1)], [(1,)])


@step("errors with their state")
def _():
    refused("42P01", lambda: cursor.execute("SELECT * FROM nowhere"))
    refused("22012", lambda: cursor.execute("SELECT 1 / 0"))
    refused("42601", lambda: cursor.execute("SELEC 1"))
