"""Kills lakewire with SIGKILL at random moments and looks what is left: each acknowledged row once, no half commit,
of a transaction over several tables all or nothing.

    tests/checks/crash.py --rounds 100 --store local
    tests/checks/crash.py --rounds 20 --store s3

Each round starts two servers on the same lake and lets clients of both insert, create tables from queries, alter the
catalog, write several tables in one transaction and move rows from one table to another, while others look for halves.
After a random while it kills the first server, or both, looks at what the other sees, starts them again and
counts on both. The seed is printed.
"""
# ci: --rounds 4
# ci: --rounds 2 --store s3

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
        self.together = set()
        self.fed = set()
        self.halves = []

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


def together(connection, truth):
    """Rows in two tables, and now and then a role and a table of its own."""
    id = truth.number()
    truth.asked.add(id)
    with connection.transaction():
        connection.execute(f"INSERT INTO left_side VALUES ({id}, 0), ({id}, 1)")
        if id % 3 == 0:
            connection.execute(f"CREATE TABLE side{id} AS SELECT {id} AS id")
        if id % 5 == 0:
            with connection.transaction():
                connection.execute(f"INSERT INTO left_side VALUES ({id}, 2)")
                raise psycopg.Rollback
        connection.execute(f"INSERT INTO right_side VALUES ({id}, 0), ({id}, 1)")
    truth.together.add(id)


def feed(connection, truth):
    id = truth.number()
    truth.asked.add(id)
    connection.execute(f"INSERT INTO queue VALUES ({id})")
    truth.fed.add(id)


def move(connection, truth):
    """What is in the queue goes to the archive, once, whoever else moves."""
    try:
        with connection.transaction():
            connection.execute("INSERT INTO archive SELECT id FROM queue")
            connection.execute("TRUNCATE queue")
    except psycopg.errors.SerializationFailure:
        pass  # Another mover was first.


def look(connection, truth):
    truth.halves += halves(connection)


def halves(connection):
    """Transactions of which one table shows more than another, in one statement and in one transaction."""
    found = connection.execute(
        "SELECT l.id, r.id, l.n, r.n FROM (SELECT id, count(*) AS n FROM left_side GROUP BY id) AS l "
        "FULL JOIN (SELECT id, count(*) AS n FROM right_side GROUP BY id) AS r ON l.id = r.id "
        "WHERE (l.n IS DISTINCT FROM 2) OR (r.n IS DISTINCT FROM 2)"
    ).fetchall()
    wrong = [f"half of a transaction: left {left}, {rows} rows; right {right}, {others} rows"
             for left, right, rows, others in found]
    with connection.transaction():
        left = {id for (id,) in connection.execute("SELECT DISTINCT id FROM left_side").fetchall()}
        right = {id for (id,) in connection.execute("SELECT DISTINCT id FROM right_side").fetchall()}
    wrong += [f"half of {id} within one transaction" for id in left ^ right]
    twice = connection.execute(
        "SELECT id, count(*) FROM (SELECT id FROM queue UNION ALL SELECT id FROM archive) AS q "
        "GROUP BY id HAVING count(*) > 1"
    ).fetchall()
    return wrong + [f"{id} was moved and is there {times} times" for id, times in twice]


def client(lakewire, truth, work, seed):
    chance = random.Random(seed)
    try:
        with lakewire.connect() as connection:
            while True:
                work(connection, truth)
                time.sleep(chance.random() * 0.02)
    except (psycopg.OperationalError, psycopg.Rollback):
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
        wrong += halves(connection) + truth.halves
        truth.halves = []
        there = {id for (id,) in connection.execute("SELECT id FROM left_side").fetchall()}
        wrong += [f"transaction {id} was acknowledged and is missing" for id in truth.together - there]
        wrong += [f"transaction {id} was never asked for" for id in there - truth.asked]
        sides = "SELECT relname FROM pg_class WHERE relname LIKE 'side%'"
        sides = {int(name.removeprefix("side")) for (name,) in connection.execute(sides).fetchall()}
        wrong += [f"the table of {id} and its rows are not there together"
                  for id in sides ^ {id for id in there if id % 3 == 0}]
        fed = "SELECT id FROM queue UNION ALL SELECT id FROM archive"
        fed = {id for (id,) in connection.execute(fed).fetchall()}
        wrong += [f"{id} was fed, acknowledged and is missing" for id in truth.fed - fed]
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
            failed = run(f"s3://{BUCKET}/lake", seaweed.environment(), arguments.rounds)
    else:
        folder = tempfile.mkdtemp(prefix="lake")
        failed = run(folder, None, arguments.rounds)
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{arguments.rounds - failed} passed, {failed} failed")
    raise SystemExit(failed > 0)


def run(lake, environment, rounds):
    first, second = Lakewire(lake, environment), Lakewire(lake, environment)
    truth = Truth()
    first.start()
    with first.connect() as connection:
        connection.execute("CREATE TABLE t (id bigint, part bigint)")
        connection.execute("CREATE TABLE probe (a int)")
        for table in ("left_side", "right_side"):
            connection.execute(f"CREATE TABLE {table} (id bigint, part bigint)")
        for table in ("queue", "archive"):
            connection.execute(f"CREATE TABLE {table} (id bigint)")
    first.stop()
    failed = 0
    for round in range(rounds):
        took = first.start() + second.start()
        wait = random.random() * 2
        works = [(first, work) for work in (insert, create_table_as, define, together, together, move)]
        works += [(second, work) for work in (together, feed, move, look)]
        threads = [
            threading.Thread(target=client, args=(server, truth, work, random.random()), daemon=True)
            for server, work in works
        ]
        for thread in threads:
            thread.start()
        time.sleep(wait)
        first.kill()
        both = random.random() < 0.5
        wrong = []
        if both:
            second.kill()
        else:
            # The one that stays finishes what the other left.
            with second.connect() as connection:
                wrong += halves(connection)
            time.sleep(random.random())
            second.stop()
        for thread in threads:
            thread.join(30)
        first.start()
        second.start()
        wrong += verify(first, truth)
        with second.connect() as connection:
            wrong += halves(connection)
        second.stop()
        first.stop()
        failed += bool(wrong)
        done = f"{len(truth.inserted)} inserts, {len(truth.roles)} roles, {len(truth.together)} over several tables"
        killed = "both" if both else "one"
        print(f"round {round}: {killed} killed after {wait:.2f} s, started in {took:.2f} s; {done}", flush=True)
        for line in wrong[:20]:
            print("   ", line)
    return failed


if __name__ == "__main__":
    main()
