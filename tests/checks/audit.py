"""Kills lakewire with SIGKILL at random moments and looks whether the audit log tells all that happened.

    tests/checks/audit.py --rounds 30 --store local
    tests/checks/audit.py --rounds 10 --store s3

With audit.synchronous each statement that was answered must be in the log, and each row that is in a table must
have its statement there. After every kill `lakewire audit verify` must pass, with the head of the round before.
The seed is printed.
"""
# ci: --rounds 5

import argparse
import random
import re
import shutil
import subprocess
import tempfile
import threading
import time

from support import packages

packages.ensure()

import psycopg

from support.lakewire import Lakewire, program
from support.seaweed import BUCKET, Seaweed

SETTINGS = {
    "LAKEWIRE_AUDIT_SYNCHRONOUS": "true",
    "LAKEWIRE_AUDIT_LITERALS": "keep",
    "LAKEWIRE_AUDIT_MERGE_BATCHES": "16",
}


class Truth:
    """What clients were answered, by number."""

    def __init__(self):
        self.lock = threading.Lock()
        self.next = 0
        self.answered = set()

    def number(self):
        with self.lock:
            self.next += 1
            return self.next


def insert(connection, truth, n):
    connection.execute(f"INSERT INTO t VALUES ({n})")


def read(connection, truth, n):
    connection.execute(f"SELECT {n} AS n, count(*) FROM t").fetchall()


def fail(connection, truth, n):
    try:
        connection.execute(f"SELECT {n} AS n, nope FROM t")
    except psycopg.errors.UndefinedColumn:
        pass


def client(lakewire, truth, seed):
    chance = random.Random(seed)
    try:
        with lakewire.connect() as connection:
            while True:
                n = truth.number()
                chance.choice([insert, read, fail])(connection, truth, n)
                truth.answered.add(n)
    except psycopg.OperationalError:
        pass  # The server is gone, as it should be.


def verify(lakewire, head):
    """The new head, and what is wrong."""
    command = [program(), "audit", "verify", "--lake", lakewire.lake]
    command += ["--head", head] if head else []
    done = subprocess.run(command, env=lakewire.environment, capture_output=True, text=True)
    found = re.search(r"^head  (\S+)$", done.stdout, re.MULTILINE)
    if done.returncode or not found:
        return head, [f"verify: {line}" for line in (done.stdout + done.stderr).splitlines()]
    return found.group(1), []


def compare(lakewire, truth):
    """A list of what is wrong."""
    wrong = []
    with lakewire.connect() as connection:
        statements = connection.execute(
            "SELECT statement FROM lake_audit.events WHERE statement LIKE '% t%'"
        ).fetchall()
        told = {int(n) for (text,) in statements for n in re.findall(r"\d+", text)[:1]}
        rows = {n for (n,) in connection.execute("SELECT n FROM t").fetchall()}
        twice = connection.execute(
            "SELECT server, number FROM lake_audit.events GROUP BY server, number HAVING count(*) > 1"
        ).fetchall()
    wrong += [f"statement {n} was answered and is not in the log" for n in truth.answered - told]
    wrong += [f"row {n} is there and its statement is not in the log" for n in rows - told]
    wrong += [f"event {number} of {server} is there twice" for server, number in twice]
    return wrong


def run(lakewire, rounds):
    truth, head, failed = Truth(), None, 0
    with lakewire, lakewire.connect() as connection:
        connection.execute("CREATE TABLE t (n bigint)")
    for round in range(rounds):
        lakewire.start()
        threads = [
            threading.Thread(target=client, args=(lakewire, truth, random.random()), daemon=True)
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        wait = random.random() * 2
        time.sleep(wait)
        lakewire.kill()
        for thread in threads:
            thread.join(30)
        head, wrong = verify(lakewire, head)
        with lakewire:
            wrong += compare(lakewire, truth)
        failed += bool(wrong)
        print(f"round {round}: killed after {wait:.2f} s; {len(truth.answered)} answered; head {head[:16]}", flush=True)
        for line in wrong[:20]:
            print("   ", line)
    return failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--store", choices=["local", "s3"], default="local")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    random.seed(arguments.seed)
    if arguments.store == "s3":
        with Seaweed() as seaweed:
            failed = run(Lakewire(f"s3://{BUCKET}/lake", {**seaweed.environment(), **SETTINGS}), arguments.rounds)
    else:
        folder = tempfile.mkdtemp(prefix="lake")
        failed = run(Lakewire(folder, SETTINGS), arguments.rounds)
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{arguments.rounds - failed} passed, {failed} failed")
    raise SystemExit(failed > 0)


if __name__ == "__main__":
    main()
