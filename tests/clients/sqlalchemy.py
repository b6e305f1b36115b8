"""SQLAlchemy 2 over psycopg 2 and 3: tables made and reflected, the inspector, types, streams, savepoints."""
# needs: drivers

import datetime as dt
import decimal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from steps import DATABASE, FLIGHTS, HOST, PASSWORD, PORT, USER, equal, step

AT = f"{USER}:{PASSWORD}@{HOST}:{PORT}/{DATABASE}"
engine = sa.create_engine(f"postgresql+psycopg://{AT}")
older = sa.create_engine(f"postgresql+psycopg2://{AT}")
S = "sqlalchemy"
metadata = sa.MetaData(schema=S)
every = sa.Table(
    "every", metadata,
    sa.Column("id", sa.Integer, nullable=False, comment="counts"),
    sa.Column("b", sa.Boolean), sa.Column("i2", sa.SmallInteger), sa.Column("i8", sa.BigInteger),
    sa.Column("f4", sa.REAL), sa.Column("f8", sa.Double), sa.Column("n", sa.Numeric(12, 2)), sa.Column("s", sa.Text),
    sa.Column("v", sa.String(10)), sa.Column("d", sa.Date), sa.Column("ts", sa.DateTime),
    sa.Column("tz", sa.DateTime(timezone=True)), sa.Column("bin", sa.LargeBinary),
    comment="one column of each type",
)
ROW = dict(id=1, b=True, i2=-1, i8=2**40, f4=0.5, f8=1e100, n=decimal.Decimal("12.34"), s="ü'", v="short",
           d=dt.date(2024, 2, 29), ts=dt.datetime(2024, 2, 29, 1, 2, 3, 4),
           tz=dt.datetime(2024, 2, 29, 1, 2, 3, tzinfo=dt.timezone.utc), bin=b"\x00\xff")


@step(f"version {sa.__version__}: connected over psycopg 3 and psycopg 2")
def _():
    for one in (engine, older):
        with one.connect() as connection:
            equal(connection.dialect.server_version_info[0], 15)
            equal(connection.dialect.default_schema_name, "public")
            equal(connection.get_isolation_level(), "READ COMMITTED")
    with engine.begin() as connection:
        connection.execute(sa.schema.DropSchema(S, cascade=True, if_exists=True))
        connection.execute(sa.schema.CreateSchema(S))


@step("tables are created once and found there the second time")
def _():
    metadata.create_all(engine)
    metadata.create_all(engine)
    assert sa.inspect(engine).has_table("every", schema=S)
    assert not sa.inspect(engine).has_table("never", schema=S)


@step("each type there and back, over both drivers")
def _():
    for one in (engine, older):
        with one.begin() as connection:
            connection.execute(every.insert(), [ROW, {**ROW, "id": 2}])
            row = connection.execute(sa.select(every).where(every.c.id == 1)).mappings().first()
            equal({**row, "bin": bytes(row["bin"])}, ROW)
            connection.rollback()
    with engine.begin() as connection:
        connection.execute(every.insert(), [{**ROW, "id": n} for n in range(1, 101)])


@step("the inspector: schemas, tables, views, comments")
def _():
    inspector = sa.inspect(engine)
    assert {"curated", S, "public", "information_schema"} <= set(inspector.get_schema_names())
    equal(inspector.get_table_names(schema=S), ["every"])
    with engine.begin() as connection:
        connection.execute(sa.text(f"CREATE VIEW {S}.seen AS SELECT id, s FROM {S}.every WHERE id > 50"))
    inspector = sa.inspect(engine)
    equal(inspector.get_view_names(schema=S), ["seen"])
    assert "every" in inspector.get_view_definition("seen", schema=S)
    equal(inspector.get_table_comment("every", schema=S), {"text": "one column of each type"})
    equal(inspector.get_materialized_view_names(schema=S), [])
    equal(inspector.get_sequence_names(schema=S), [])
    equal(inspector.get_enums(schema=S), [])


@step("the inspector: columns with type, nullability and comment")
def _():
    columns = {c["name"]: c for c in sa.inspect(engine).get_columns("every", schema=S)}
    equal(list(columns), [c.name for c in every.columns])
    equal((columns["id"]["nullable"], columns["s"]["nullable"]), (False, True))
    equal(columns["id"]["comment"], "counts")
    for name, wanted in dict(id=sa.INTEGER, b=sa.BOOLEAN, i2=sa.SMALLINT, i8=sa.BIGINT, f4=sa.REAL,
                             f8=sa.DOUBLE_PRECISION, n=sa.NUMERIC, s=sa.TEXT, v=sa.VARCHAR, d=sa.DATE,
                             ts=pg.TIMESTAMP, tz=pg.TIMESTAMP, bin=pg.BYTEA).items():
        assert isinstance(columns[name]["type"], wanted), f"{name}: {columns[name]['type']!r}"
    equal((columns["n"]["type"].precision, columns["n"]["type"].scale), (12, 2))
    equal(columns["v"]["type"].length, 10)
    equal((columns["ts"]["type"].timezone, columns["tz"]["type"].timezone), (False, True))


@step("the inspector: keys and indexes of a table without any")
def _():
    inspector = sa.inspect(engine)
    equal(inspector.get_pk_constraint("every", schema=S)["constrained_columns"], [])
    equal(inspector.get_foreign_keys("every", schema=S), [])
    equal(inspector.get_indexes("every", schema=S), [])
    equal(inspector.get_unique_constraints("every", schema=S), [])
    equal(inspector.get_check_constraints("every", schema=S), [])


@step("keys declared, reflected, never enforced")
def _():
    keyed = sa.MetaData(schema=S)
    sa.Table("parent", keyed, sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
             sa.Column("code", sa.Text, unique=True))
    sa.Table("child", keyed, sa.Column("a", sa.Integer, primary_key=True, autoincrement=False),
             sa.Column("b", sa.Text, primary_key=True),
             sa.Column("parent", sa.Integer, sa.ForeignKey(f"{S}.parent.id")),
             sa.CheckConstraint("a > 0", name="positive"))
    keyed.create_all(engine)
    inspector = sa.inspect(engine)
    equal(inspector.get_pk_constraint("child", schema=S)["constrained_columns"], ["a", "b"])
    key, = inspector.get_foreign_keys("child", schema=S)
    equal((key["constrained_columns"], key["referred_schema"], key["referred_table"], key["referred_columns"]),
          (["parent"], S, "parent", ["id"]))
    equal([c["column_names"] for c in inspector.get_unique_constraints("parent", schema=S)], [["code"]])
    equal([c["name"] for c in inspector.get_check_constraints("child", schema=S)], ["positive"])
    reflected = sa.MetaData()
    child = sa.Table("child", reflected, schema=S, autoload_with=engine)
    equal([c.name for c in child.primary_key], ["a", "b"])
    equal(next(iter(child.c.parent.foreign_keys)).column.name, "id")
    keyed.drop_all(engine)


@step("all tables of the flights reflected at once")
def _():
    reflected = sa.MetaData()
    reflected.reflect(engine, schema="curated", views=True)
    flights = reflected.tables["curated.flights"]
    assert {"curated.daily_delays", "curated.storms", "curated.worst_routes"} <= set(reflected.tables)
    assert isinstance(flights.c.day.type, sa.DATE) and isinstance(flights.c.cancelled.type, sa.BOOLEAN)
    with engine.connect() as connection:
        equal(connection.scalar(sa.select(sa.func.count()).select_from(flights)), FLIGHTS)
        rows = connection.execute(
            sa.select(flights.c.origin, sa.func.avg(flights.c.dep_delay_min).label("late"))
            .where(flights.c.day.between(dt.date(2013, 1, 1), dt.date(2013, 1, 31)))
            .group_by(flights.c.origin).order_by(sa.desc("late")).limit(3)
        ).all()
    equal([row.origin for row in rows], ["EWR", "LGA", "JFK"] if rows[1].origin == "LGA" else ["EWR", "JFK", "LGA"])


@step("the same over psycopg 2")
def _():
    reflected = sa.MetaData()
    reflected.reflect(older, schema=S, views=True)
    equal(sorted(reflected.tables), [f"{S}.every", f"{S}.seen"])


@step("mapped classes: written by a Session, read back")
def _():
    class Base(DeclarativeBase):
        pass

    class Plane(Base):
        __tablename__ = "plane"
        __table_args__ = {"schema": S}
        tail: Mapped[str] = mapped_column(primary_key=True)
        seats: Mapped[int | None]

    with engine.begin() as connection:
        connection.execute(sa.text(f"CREATE TABLE {S}.plane (tail text NOT NULL, seats integer)"))
    with Session(engine) as session:
        session.add_all([Plane(tail="N1", seats=10), Plane(tail="N2", seats=None)])
        session.commit()
        equal(session.get(Plane, "N1").seats, 10)
        equal(session.scalars(sa.select(Plane.tail).order_by(Plane.tail)).all(), ["N1", "N2"])


@step("many rows by a stream")
def _():
    with engine.connect().execution_options(stream_results=True, max_row_buffer=5000) as connection:
        rows = connection.execute(sa.text("SELECT flight, origin FROM curated.flights WHERE month = 4"))
        equal(sum(len(part) for part in rows.partitions(5000)), 28330)
    with older.connect().execution_options(stream_results=True) as connection:
        rows = connection.execute(sa.text("SELECT flight FROM curated.flights WHERE month = 4"))
        equal(sum(1 for _ in rows), 28330)


@step("savepoints by begin_nested")
def _():
    with engine.begin() as connection:
        connection.execute(every.insert(), {**ROW, "id": 500})
        with connection.begin_nested() as inner:
            connection.execute(every.insert(), {**ROW, "id": 501})
            inner.rollback()
        equal(connection.scalar(sa.select(sa.func.max(every.c.id))), 500)


@step("errors arrive in SQLAlchemy's classes")
def _():
    for text, kind in [("SELECT * FROM nowhere", sa.exc.ProgrammingError), ("SELECT 1/0", sa.exc.DataError)]:
        for one in (engine, older):
            with one.connect() as connection:
                try:
                    connection.execute(sa.text(text))
                    raise AssertionError("not refused")
                except kind:
                    pass


@step("expressions: case, window, CTE, string and date functions, arrays")
def _():
    flights = sa.table("flights", sa.column("origin"), sa.column("day", sa.Date), sa.column("dep_delay_min"), schema="curated")
    monthly = (
        sa.select(sa.func.date_trunc(sa.literal_column("'month'"), flights.c.day).label("begun"), flights.c.origin,
                  sa.func.count().label("n"), sa.func.sum(sa.case((flights.c.dep_delay_min > 15, 1), else_=0)).label("late"))
        .group_by("begun", flights.c.origin).cte("monthly")
    )
    ranked = sa.select(monthly, sa.func.rank().over(partition_by=monthly.c.begun, order_by=monthly.c.late.desc()).label("r"))
    with engine.connect() as connection:
        equal(len(connection.execute(ranked).all()), 36)
        equal(connection.scalar(sa.select(sa.cast("3", sa.Integer) + 4)), 7)
        equal(connection.scalar(sa.select(sa.func.extract("year", sa.cast("2024-02-29", sa.Date)))), 2024)
        equal(connection.scalar(sa.select(sa.literal("abc").ilike("A%"))), True)
        equal(connection.scalar(sa.select(sa.literal("a/b").contains("/", autoescape=True))), True)
        equal(connection.scalar(sa.select(sa.func.count()).where(sa.literal(2).in_([1, 2, 3]))), 1)
        equal(connection.scalar(sa.select(pg.array([1, 2])[1])), 1)
