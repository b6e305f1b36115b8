"""Rights answered as PostgreSQL 15 answers them: the scripts in tests/rights, statement by statement, on both.

A script starts as the superuser. `\\c alice` goes on in alice's session, `\\c alice bob` runs what follows as each of them,
`\\c alice/2` is a second session of hers, `\\c -` is the superuser again; a role's password is its name. `\\psql \\dp` runs
psql. Queries are run by the extended protocol as well. Nothing is expected beforehand: PostgreSQL says what is right. Compared are the rows and their columns' names,
or SQLSTATE and message (and DETAIL, unless the state is 42501, where lakewire's says more), the command's tag, and
every notice. Rows are compared in order only where the statement orders them.

`-- departs: why` before a statement lets one difference pass, and demands that there is one. Its reason is printed.
"""
# ci:

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time

from support import packages

packages.ensure()

from psycopg import pq

from support.differential import FIELD, SUPERUSER, Tally, named, read, text_of
from support.lakewire import PASSWORD, Lakewire
from support.postgres import Postgres

SCRIPTS = packages.ROOT / "tests" / "rights"


def directive(line):
    """`\\c` changes the sessions, which is a step of its own: it may be refused. `\\psql` is a step as it stands."""
    command, *words = line.split()
    if command == "\\c":
        return tuple(SUPERUSER if name == "-" else name for name in words), ""
    if command == "\\psql":
        return None, line
    raise SystemExit(f"no such directive: {line}")


class Side:
    """One server and the sessions open on it."""

    def __init__(self, port):
        self.port, self.sessions = port, {}

    def environment(self, role):
        return {"PGPASSWORD": PASSWORD if role == SUPERUSER else role}

    def session(self, name):
        """Opens it on first use; an error is what the server said."""
        if name in self.sessions and self.sessions[name].status == pq.ConnStatus.OK:
            return self.sessions[name], None
        role = name.split("/")[0]
        password = self.environment(role)["PGPASSWORD"]
        given = f"host=127.0.0.1 port={self.port} user={role} dbname=lake connect_timeout=20 client_encoding=utf8"
        connection = pq.PGconn.connect(f"{given} password={password}".encode())
        if connection.status != pq.ConnStatus.OK:
            said = connection.error_message.decode()
            return None, said.split("FATAL:", 1)[-1].strip()
        self.sessions[name] = connection
        return connection, None

    def close(self):
        for connection in self.sessions.values():
            connection.finish()
        self.sessions.clear()

    def run(self, session, text, extended=False):
        """What a client learns from the step, in a form that can be compared."""
        if text.startswith("\\psql "):
            return self.psql(session, text.removeprefix("\\psql "))
        connection, refused = self.session(session)
        if refused is not None or not text:
            return {"login": refused or "welcome"}
        notices = []
        connection.notice_handler = lambda notice: notices.append(told(notice))
        sent = text.encode()
        result = connection.exec_params(sent, []) if extended else connection.exec_(sent)
        return {**answer(result, text), "notices": [n for n in notices if not of_system_column(n)]}

    def psql(self, session, command):
        role = session.split("/")[0]
        reach = ["-h", "127.0.0.1", "-p", str(self.port), "-U", role, "-d", "lake"]
        environment = {**os.environ, **self.environment(role), "PGCLIENTENCODING": "UTF8"}
        done = subprocess.run(
            ["psql", "-X", *reach, "-c", command], env=environment, capture_output=True, text=True
        )
        return {"psql": (done.stdout + done.stderr).rstrip()}


def told(notice):
    """A notice as it is compared. PostgreSQL warns of system columns too, which lakewire does not have."""
    return (text_of(notice, FIELD.SEVERITY), text_of(notice, FIELD.SQLSTATE), text_of(notice, FIELD.MESSAGE_PRIMARY))


SYSTEM_COLUMNS = ("tableoid", "cmax", "xmax", "cmin", "xmin", "ctid")


def of_system_column(notice):
    return any(f'for column "{name}" of relation' in notice[2] for name in SYSTEM_COLUMNS)


def answer(result, text):
    if result.status == pq.ExecStatus.FATAL_ERROR:
        state = text_of(result, FIELD.SQLSTATE)
        said = {"error": f"{state}: {text_of(result, FIELD.MESSAGE_PRIMARY)}"}
        # lakewire's DETAIL names the columns that were lacking; PostgreSQL gives none.
        detail = text_of(result, FIELD.MESSAGE_DETAIL)
        if detail and state != "42501":
            said["detail"] = detail
        return said
    if result.status == pq.ExecStatus.TUPLES_OK:
        names = [result.fname(i).decode() for i in range(result.nfields)]
        rows = [
            tuple(shown(result.get_value(r, c)) for c in range(result.nfields)) for r in range(result.ntuples)
        ]
        if "order by" not in text.lower():
            rows.sort()
        return {"columns": names, "rows": rows}
    return {"tag": (result.command_status or b"").decode()}


def shown(value):
    return "NULL" if value is None else value.decode()


def ways(text):
    """The simple protocol; a query that changes nothing goes by the extended protocol too."""
    query = text.split(maxsplit=1)[:1] in (["SELECT"], ["WITH"], ["TABLE"], ["VALUES"])
    return (False, True) if query else (False,)


def play(path, lakewire, postgres, tally, verbose):
    for step in read(path, directive):
        for session in step.sessions:
            for extended in ways(step.text):
                theirs = postgres.run(session, step.text, extended)
                ours = lakewire.run(session, step.text, extended)
                text = " ".join(step.text.split()) or "log in"
                where = f"{path.name}:{step.line} {session}{', extended' if extended else ''}: {text}"
                tally.judge(where, step.departs, theirs, ours, verbose)


def ask_for_passwords(postgres):
    """As lakewire does, of everybody but the superuser."""
    rules = ["local all all trust", "host all postgres 127.0.0.1/32 trust", "host all all 127.0.0.1/32 scram-sha-256"]
    (postgres.folder / "db" / "pg_hba.conf").write_text("\n".join(rules) + "\n")
    with postgres.connect() as connection:
        connection.execute("SELECT pg_reload_conf()")


def clean(postgres):
    """A database of the lake's name and no roles but its own, as a new lake has them."""
    with postgres.connect() as connection:
        connection.execute("DROP DATABASE IF EXISTS lake WITH (FORCE)")
        for (name,) in connection.execute("SELECT rolname FROM pg_roles WHERE oid >= 16384").fetchall():
            connection.execute(f'DROP ROLE "{name}"')
        connection.execute("CREATE DATABASE lake")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="scripts whose name holds one of these; all by default")
    parser.add_argument("--verbose", action="store_true", help="print every step")
    arguments = parser.parse_args()
    began, total = time.perf_counter(), Tally()
    with Postgres() as postgres:
        ask_for_passwords(postgres)
        for path in named(SCRIPTS, arguments.names):
            clean(postgres)
            folder, tally = tempfile.mkdtemp(prefix="lake"), Tally()
            with Lakewire(folder) as server:
                sides = Side(server.port), Side(postgres.port)
                try:
                    play(path, *sides, tally, arguments.verbose)
                finally:
                    for side in sides:
                        side.close()
            shutil.rmtree(folder, ignore_errors=True)
            tally.told(path.name)
            total.add(tally)
    total.end(began)


if __name__ == "__main__":
    main()
