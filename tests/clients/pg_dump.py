"""pg_dump: what it writes makes the same again in another lakewire, and, where it is PostgreSQL's, in a PostgreSQL."""
# needs: drivers

import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
from steps import SCRATCH, equal, step

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "checks"))
from support.lakewire import PASSWORD as PASSWORD_THERE  # noqa: E402
from support.lakewire import Lakewire  # noqa: E402
from support.postgres import Postgres  # noqa: E402

S = "dumped"


def dump(*options):
    out = subprocess.run(["pg_dump", *options], capture_output=True, text=True, timeout=120)
    assert out.returncode == 0, out.stderr[:1500]
    return out.stdout


def restored(text, port, database):
    """Runs a dump elsewhere, where no statement of it may fail, and gives a connection to look at what came of it."""
    file = Path(SCRATCH) / "dump.sql"
    file.write_text(text)
    there = {**os.environ, "PGHOST": "127.0.0.1", "PGPORT": str(port), "PGUSER": "postgres",
             "PGPASSWORD": PASSWORD_THERE, "PGDATABASE": database}
    psql = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"]
    role = "SELECT 'CREATE ROLE dump_reader' WHERE to_regrole('dump_reader') IS NULL\n\\gexec\n"
    for given in (role, None):
        arguments = ["-f", file] if given is None else []
        out = subprocess.run([*psql, *arguments], input=given, capture_output=True, text=True, timeout=120, env=there)
        assert out.returncode == 0, out.stderr[-1500:]
    return psycopg.connect(host="127.0.0.1", port=port, user="postgres", password=PASSWORD_THERE, dbname=database,
                           autocommit=True)


def looked_at(connection):
    questions = (
        f"SELECT id, name, price, at, tags, doc FROM {S}.item ORDER BY id",
        f"SELECT * FROM {S}.dear ORDER BY 1",
        f"SELECT b FROM {S}.renamed ORDER BY a",
        f"SELECT obj_description('{S}.item'::regclass), polname, relrowsecurity FROM pg_class c "
        f"JOIN pg_policy p ON p.polrelid = c.oid WHERE c.oid = '{S}.item'::regclass",
        f"SELECT conname, contype FROM pg_constraint WHERE connamespace = '{S}'::regnamespace ORDER BY 1",
        f"SELECT has_table_privilege('dump_reader', '{S}.kind', 'SELECT'), "
        f"has_table_privilege('dump_reader', '{S}.kind', 'INSERT')",
    )
    with connection:
        return [connection.execute(text).fetchall() for text in questions]


def here():
    return psycopg.connect(autocommit=True)


@step("a schema with tables, views, keys, comments, grants and a policy")
def _():
    with here() as connection:
        for text in (
            f"DROP SCHEMA IF EXISTS {S} CASCADE", f"CREATE SCHEMA {S}", "DROP ROLE IF EXISTS dump_reader",
            "CREATE ROLE dump_reader", f"SET search_path = {S}",
            "CREATE TABLE kind (id integer PRIMARY KEY, name text DEFAULT 'x')",
            "CREATE TABLE item (id integer NOT NULL, name varchar(20), price numeric(10,2), at timestamptz, tags text[], "
            "doc jsonb, kind integer REFERENCES kind (id), CHECK (id > 0), UNIQUE (id, kind))",
            "CREATE INDEX item_at ON item (at DESC)",
            # By its name it comes before what it reads.
            "CREATE VIEW dear AS SELECT * FROM item WHERE price > 100",
            "CREATE VIEW renamed (a, b) AS SELECT id, name FROM item",
            "COMMENT ON TABLE item IS 'what is sold, ''dear'''", "COMMENT ON COLUMN item.price IS 'in euros'",
            "INSERT INTO kind VALUES (1, 'one')",
            "INSERT INTO item VALUES (1, E'tab\tand \\\\', 250.5, '2024-02-29 12:00+00', ARRAY['a', 'b c'], '{\"k\": 1}', 1)",
            "INSERT INTO item (id) VALUES (2)",
            "GRANT SELECT ON item TO PUBLIC", "GRANT SELECT ON kind TO dump_reader",
            "ALTER TABLE item ENABLE ROW LEVEL SECURITY",
            "CREATE POLICY mine ON item USING (kind IN (SELECT id FROM kind))",
        ):
            connection.execute(text)


@step("it is dumped")
def _():
    text = dump("--schema-only", f"--schema={S}")
    for wanted in (rf"CREATE SCHEMA {S};", rf"CREATE TABLE {S}\.item \(\s+id integer NOT NULL,\s+name character varying\(20\),\s+"
                   r"price numeric\(10,2\),\s+at timestamp with time zone", rf"CREATE VIEW {S}\.dear AS",
                   rf"COMMENT ON COLUMN {S}\.item\.price IS 'in euros';", rf"GRANT SELECT ON TABLE {S}\.item TO PUBLIC;",
                   rf"CREATE POLICY mine ON {S}\.item", rf"FOREIGN KEY \(kind\) REFERENCES {S}\.kind\(id\)"):
        assert re.search(wanted, text), f"{wanted} is not in\n{text}"


@step("the whole database, without what it has from the start")
def _():
    text = dump("--schema-only", "--no-owner", "--exclude-schema=curated", "--exclude-schema=c*")
    assert f"CREATE TABLE {S}.item" in text
    for own in ("lake.masks", "lake_audit", "CREATE SERVER", "CREATE EXTENSION", "pg_catalog.pg_class"):
        assert own not in text, own


@step("tables alone, rows alone, as INSERT, and in pg_dump's own form")
def _():
    text = dump("--inserts", f"--table={S}.item")
    assert f"INSERT INTO {S}.item VALUES (2, NULL" in text and "dear AS" not in text, text
    equal(dump("--data-only", f"--schema={S}").count("COPY "), 2)
    file = f"{SCRATCH}/dump.custom"
    dump("--format=custom", f"--schema={S}", f"--file={file}")
    out = subprocess.run(["pg_restore", "--list", file], capture_output=True, text=True, timeout=60)
    assert out.returncode == 0 and f"TABLE DATA {S} item" in out.stdout, out.stdout + out.stderr


@step("it makes the same in another lakewire")
def _():
    wanted = looked_at(here())
    other = Lakewire(f"{SCRATCH}/other")
    other.start()
    try:
        equal(looked_at(restored(dump(f"--schema={S}"), other.port, "lake")), wanted)
        # Over what is there already.
        text = dump(f"--schema={S}", "--clean", "--if-exists", "--column-inserts")
        equal(looked_at(restored(text, other.port, "lake")), wanted)
    finally:
        other.process.terminate()
        other.process.wait(30)


@step("and in a PostgreSQL, as it is")
def _():
    wanted = looked_at(here())
    with Postgres() as postgres:
        equal(looked_at(restored(dump(f"--schema={S}"), postgres.port, "postgres")), wanted)
