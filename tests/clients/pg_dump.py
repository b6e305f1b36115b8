"""pg_dump --schema-only: what it writes makes the same schema in a PostgreSQL, and in lakewire again."""
# needs: drivers

import re
import subprocess

import psycopg
from steps import equal, step

S = "dumped"


def dump(*options):
    out = subprocess.run(["pg_dump", "--schema-only", *options], capture_output=True, text=True, timeout=120)
    assert out.returncode == 0, out.stderr[:1500]
    return out.stdout


@step("a schema with tables, a view, comments and grants")
def _():
    with psycopg.connect(autocommit=True) as connection:
        for text in (
            f"DROP SCHEMA IF EXISTS {S} CASCADE", f"CREATE SCHEMA {S}",
            f"CREATE TABLE {S}.item (id integer NOT NULL, name varchar(20), price numeric(10,2), at timestamptz, CHECK (id > 0))",
            f"CREATE VIEW {S}.dear AS SELECT id, name FROM {S}.item WHERE price > 100",
            f"COMMENT ON TABLE {S}.item IS 'what is sold'", f"COMMENT ON COLUMN {S}.item.price IS 'in euros'",
            f"GRANT SELECT ON {S}.item TO PUBLIC",
        ):
            connection.execute(text)


@step("it is dumped")
def _():
    global text
    text = dump(f"--schema={S}")
    for wanted in (rf"CREATE SCHEMA {S};", rf"CREATE TABLE {S}\.item \(\s+id integer NOT NULL,\s+name character varying\(20\),\s+"
                   r"price numeric\(10,2\),\s+at timestamp with time zone", rf"CREATE VIEW {S}\.dear AS",
                   rf"COMMENT ON COLUMN {S}\.item\.price IS 'in euros';", rf"GRANT SELECT ON TABLE {S}\.item TO PUBLIC;"):
        assert re.search(wanted, text), f"{wanted} is not in\n{text}"


@step("the whole database")
def _():
    text = dump("--no-owner", "--exclude-schema=curated", "--exclude-schema=c*")
    assert f"CREATE TABLE {S}.item" in text
