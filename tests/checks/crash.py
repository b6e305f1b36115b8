"""Kills lakewire with SIGKILL at random moments and looks what is left: each acknowledged row once, no half commit.

    tests/checks/crash.py --rounds 100 --store local
    tests/checks/crash.py --rounds 20 --store s3

Each round starts the server on the same lake, lets three clients insert, create tables from queries and
alter the catalog, kills it after a random while, starts it again and counts. The seed is printed.
"""
# ci: --rounds 5
# ci: --rounds 3 --store s3

import argparse
import random
import shutil
import tempfile
import threading
import time

from support import packages

packages.ensure()

import psycopg

from support.lakewire import Lakewire
from support.seaweed import BUCKET, Seaweed

ROWS = 3


class Truth:
    """What clients were told, and what they asked without hearing back."""

    def __init__(self):
        self.lock = threading.Lock()
        self.next = 0
        self.inserted = set()
        self.tables = {}
        self.roles = set()
        self.asked = set()

    def number(self):
        with self.lock:
            self.next += 1
            return self.next


def insert(connection, truth):
    id = truth.number()
    truth.asked.add(id)
    connection.execute(f"INSERT INTO t VALUES ({id}, 0), ({id}, 1), ({id}, 2)")
    truth.inserted.add(id)


def create_table_as(connection, truth):
    id = truth.number()
    rows = random.randint(1, 200_000)
    connection.execute(
        f"CREATE TABLE made{id} WITH (partition_by = 'p') AS "
        f"SELECT x, x % 5 AS p FROM generate_series(1, {rows}) AS g (x)"
    )
    truth.tables[f"made{id}"] = rows


def define(connection, truth):
    id = truth.number()
    connection.execute(f"CREATE ROLE r{id}; GRANT SELECT ON t TO r{id}")
    truth.roles.add(f"r{id}")


def client(lakewire, truth, work, seed):
    chance = random.Random(seed)
    try:
        with lakewire.connect() as connection:
            while True:
                work(connection, truth)
                time.sleep(chance.random() * 0.02)
    except psycopg.OperationalError:
        pass  # The server is gone, as it should be.


def verify(lakewire, truth):
    """A list of what is wrong."""
    wrong = []
    with lakewire.connect() as connection:
        counts = dict(connection.execute("SELECT id, count(*) FROM t GROUP BY id").fetchall())
        for id in truth.inserted:
            if counts.get(id) != ROWS:
                wrong.append(f"insert {id} was acknowledged; {counts.get(id, 0)} rows of {ROWS} are there")
        for id, count in counts.items():
            if count != ROWS:
                wrong.append(f"insert {id} is there with {count} rows of {ROWS}")
            if id not in truth.asked:
                wrong.append(f"insert {id} was never asked for")
        for table, rows in truth.tables.items():
            found = connection.execute(f"SELECT count(*), count(DISTINCT x) FROM {table}").fetchone()
            if found != (rows, rows):
                wrong.append(f"{table} was acknowledged with {rows} rows; {found} are there")
        roles = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles").fetchall()}
        for role in truth.roles - roles:
            wrong.append(f"role {role} was acknowledged and is missing")
        for role in roles & truth.roles:
            granted = connection.execute(f"SELECT has_table_privilege('{role}', 't', 'SELECT')").fetchone()[0]
            if not granted:
                wrong.append(f"{role} is there without its grant, which was made in the same message")
        # Half-made tables are not visible, and the lake can still be written.
        connection.execute("INSERT INTO probe VALUES (1)")
        # Checked tables need not be checked again.
        for table in list(truth.tables):
            connection.execute(f"DROP TABLE {table}")
            del truth.tables[table]
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--store", choices=["local", "s3"], default="local")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    random.seed(arguments.seed)
    if arguments.store == "s3":
        with Seaweed() as seaweed:
            failed = run(Lakewire(f"s3://{BUCKET}/lake", seaweed.environment()), arguments.rounds)
    else:
        folder = tempfile.mkdtemp(prefix="lake")
        failed = run(Lakewire(folder), arguments.rounds)
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{arguments.rounds - failed} passed, {failed} failed")
    raise SystemExit(failed > 0)


def run(lakewire, rounds):
    truth = Truth()
    lakewire.start()
    with lakewire.connect() as connection:
        connection.execute("CREATE TABLE t (id bigint, part bigint)")
        connection.execute("CREATE TABLE probe (a int)")
    lakewire.stop()
    failed = 0
    for round in range(rounds):
        took = lakewire.start()
        works = [insert, create_table_as, define]
        threads = [
            threading.Thread(target=client, args=(lakewire, truth, work, random.random()), daemon=True)
            for work in works
        ]
        for thread in threads:
            thread.start()
        wait = random.random() * 2
        time.sleep(wait)
        lakewire.kill()
        for thread in threads:
            thread.join(30)
        lakewire.start()
        wrong = verify(lakewire, truth)
        lakewire.stop()
        failed += bool(wrong)
        acknowledged = f"{len(truth.inserted)} inserts, {len(truth.roles)} roles"
        print(f"round {round}: killed after {wait:.2f} s, started in {took:.2f} s; {acknowledged}", flush=True)
        for line in wrong[:20]:
            print("   ", line)
    return failed


if __name__ == "__main__":
    main()
