"""Copies the curated flights from a lakewire to a PostgreSQL, so that a client's steps can be put to the test there."""

import subprocess
import sys

import psycopg

COLUMNS = """
    SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)
    FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0
"""
TABLES = ["flights", "daily_delays", "worst_routes", "airlines_by_month", "storms"]


def main(lakewire, postgres):
    with psycopg.connect(port=postgres, dbname="postgres", autocommit=True) as admin:
        admin.execute("CREATE DATABASE lake")
    source = psycopg.connect(port=lakewire, autocommit=True)
    target = psycopg.connect(port=postgres, dbname="lake", autocommit=True)
    target.execute("CREATE SCHEMA curated")
    for table in TABLES:
        name = f"curated.{table}"
        columns = source.execute(COLUMNS, (name,)).fetchone()[0]
        target.execute(f"CREATE TABLE {name} ({columns})")
        with target.cursor().copy(f"COPY {name} FROM STDIN") as copy:
            for row in source.execute(f"SELECT * FROM {name}"):
                copy.write_row(row)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
