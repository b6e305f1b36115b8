"""Tab completion in the real psql, by a terminal of its own: the same keys on lakewire and on PostgreSQL 15 with the same
objects; what psql completes is compared. It asks the system catalog behind the user's back, in statements that no user sees.
"""
# ci:

import os
import pty
import re
import select
import shutil
import tempfile
import time

from support import packages

packages.ensure()

from psql_like_postgres import prepare
from support.lakewire import PASSWORD, Lakewire
from support.postgres import Postgres

# What is typed before the tab, and what must then stand on the line or below it.
CASES = [
    ("SELECT * FROM fl", "flights"),
    ("SELECT * FROM curated.", "curated.daily"),
    ("TABLE ca", "carriers"),
    ("INSERT INTO fl", "flights"),
    ("INSERT INTO flights ", "OVERRIDING"),
    ("COPY fl", "flights"),
    ("ALTER TABLE fl", "flights"),
    ("ALTER TABLE flights ALTER COLUMN pr", "price"),
    ("ALTER TABLE flights RENAME COLUMN pr", "price"),
    ("DROP TABLE fl", "flights"),
    ("DROP VIEW ca", "carriers"),
    ("DROP SCHEMA cu", "curated"),
    ("DROP ROLE al", "alice"),
    ("DROP POLICY mi", "mine"),
    ("GRANT SELECT ON fl", "flights"),
    ("GRANT SELECT ON flights TO al", "alice"),
    ("GRANT an", "analysts"),
    ("REVOKE ALL ON flights FROM al", "alice"),
    ("COMMENT ON TABLE fl", "flights"),
    ("CREATE INDEX ON fl", "flights"),
    ("CREATE POLICY p ON fl", "flights"),
    ("CREATE POLICY p ON flights TO al", "alice"),
    ("EXPLAIN SELECT * FROM fl", "flights"),
    ("ANALYZE fl", "flights"),
    ("LOCK TABLE fl", "flights"),
    ("TRUNCATE fl", "flights"),
    ("SET ROLE al", "alice"),
    ("SET search_pa", "search_path"),
    ("SHOW search_pa", "search_path"),
    ("RESET search_pa", "search_path"),
    ("ALTER ROLE al", "alice"),
    ("ALTER ROLE alice SET search_pa", "search_path"),
    ("ALTER DATABASE la", "lake"),
    (r"\d fl", "flights"),
    (r"\dt curated.", "curated.daily"),
    (r"\dn cu", "curated"),
    (r"\du al", "alice"),
    (r"\dv ca", "carriers"),
    (r"\df pg_get_viewd", "pg_get_viewdef"),
    (r"\sv ca", "carriers"),
    (r"\l la", "lake"),
    (r"\z fl", "flights"),
    (r"\encoding LATIN", "LATIN"),
]

PATIENCE = 60

class Terminal:
    def __init__(self, port):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(
                PGPASSWORD=PASSWORD, TERM="dumb", PAGER="cat", INPUTRC="/dev/null", LC_ALL="C.UTF-8", PSQL_HISTORY="/dev/null"
            )
            os.execvp("psql", ["psql", "-X", f"host=127.0.0.1 port={port} user=postgres dbname=lake"])
        self.until(r"lake=# ")

    def until(self, pattern):
        """Reads until the pattern is there, however slow the machine is; None when it never comes."""
        read, end = "", time.time() + PATIENCE
        while time.time() < end:
            if select.select([self.fd], [], [], 0.2)[0]:
                read += re.sub(r"\x07|\x1b\[[0-9;?]*[a-zA-Z]", "", os.read(self.fd, 65536).decode(errors="replace"))
            if re.search(pattern, read):
                return read
        return None

    def complete(self, text, wanted):
        typed = text.split(" ")[-1]
        os.write(self.fd, text.encode() + b"\t\t")
        found = self.until(rf"(?s){re.escape(text[: len(text) - len(typed)])}.*{re.escape(wanted)}")
        # The line is taken back, and a word of ours shows that psql has come so far.
        os.write(self.fd, b"\x15\\echo so-far\r")
        self.until(r"\nso-far\r?\n.*lake=# ")
        return found is not None

def main():
    folder, wrong = tempfile.mkdtemp(prefix="lake"), 0
    with Postgres() as postgres, Lakewire(folder) as server:
        prepare(postgres, server)
        theirs, ours = Terminal(postgres.port), Terminal(server.port)
        for text, wanted in CASES:
            there = theirs.complete(text, wanted)
            here = ours.complete(text, wanted)
            if here != there or not here:
                wrong += 1
                print(f"WRONG    {text}: PostgreSQL {there}, lakewire {here}")
        said = server.said()
        if "internal error" in said or "panicked" in said:
            wrong += 1
            print(f"the server's log:\n{said}")
    shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(CASES)} completions, {wrong} wrong")
    if wrong:
        raise SystemExit(1)

if __name__ == "__main__":
    main()
