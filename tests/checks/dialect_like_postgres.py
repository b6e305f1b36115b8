"""Statements answered as PostgreSQL 15 answers them: the scripts in tests/dialect, one by one, on both.

Each script runs in a schema of its own named after it, first on the search path. Nothing is expected beforehand:
PostgreSQL says what is right. A statement goes by the simple protocol; a query again by the extended one with binary
results, where each has its own values (a query that holds random(), now() or the like belongs to a comparison that is
stable). Compared are the columns' names and types, the rows in text and in binary (in order only where the statement
orders them), the command's tag and every notice; of an error SQLSTATE and message. How many errors also have the same
position and hint is told, and judged only with --strict.

`\\load TABLE FILE EVERY` copies each EVERYth row of a file of data/nycflights13 into a table on both.

`-- departs: why` before a statement lets one difference pass, and demands that there is one. Its reason is printed.
"""
# ci:

import argparse
import csv
import gzip
import io
import shutil
import tempfile
import time

from support import packages

packages.ensure()

from psycopg import pq

from support.differential import FIELD, SUPERUSER, Tally, named, read, text_of
from support.lakewire import PASSWORD, Lakewire
from support.postgres import Postgres

SCRIPTS = packages.ROOT / "tests" / "dialect"
ROWS = packages.ROOT / "data" / "nycflights13"
TEXT, BINARY = 0, 1


class Side:
    """One server and the one session on it."""

    def __init__(self, port):
        self.port, self.connection, self.notices = port, None, []

    def open(self, schema):
        given = f"host=127.0.0.1 port={self.port} user={SUPERUSER} password={PASSWORD} dbname=lake client_encoding=utf8"
        self.connection = pq.PGconn.connect(given.encode())
        if self.connection.status != pq.ConnStatus.OK:
            raise SystemExit(self.connection.error_message.decode())
        self.connection.notice_handler = lambda notice: self.notices.append(told(notice))
        for text in (f"CREATE SCHEMA {schema}", f"SET search_path = {schema}, public", "SET TimeZone = 'UTC'"):
            result = self.connection.exec_(text.encode())
            if result.status != pq.ExecStatus.COMMAND_OK:
                raise SystemExit(f"{text}: {result.error_message.decode()}")

    def run(self, text, form):
        """What a client learns from the statement, in a form that can be compared, and an error's place and hint."""
        self.notices.clear()
        sent = text.encode()
        if form == BINARY:
            result = self.connection.exec_params(sent, [], result_format=BINARY)
        else:
            result = self.connection.exec_(sent)
        if self.connection.status != pq.ConnStatus.OK:
            return {"connection": "lost"}, None
        outcome, place = answer(result, text, form)
        return {**outcome, "notices": list(self.notices)}, place

    def load(self, table, name, every):
        """Rows of a file into a table: the same ones whenever it is asked for."""
        with (gzip.open if name.endswith(".gz") else open)(ROWS / name, "rt", newline="") as file:
            rows = list(csv.reader(file))[1:]
        text = io.StringIO()
        csv.writer(text).writerows(rows[:: int(every)])
        self.connection.exec_(f"COPY {table} FROM STDIN (FORMAT csv, NULL 'NA')".encode())
        self.connection.put_copy_data(text.getvalue().encode())
        self.connection.put_copy_end()
        result = self.connection.get_result()
        if result.status != pq.ExecStatus.COMMAND_OK:
            raise SystemExit(f"{table}: {result.error_message.decode()}")
        while self.connection.get_result():
            pass


def told(notice):
    return (text_of(notice, FIELD.SEVERITY), text_of(notice, FIELD.SQLSTATE), text_of(notice, FIELD.MESSAGE_PRIMARY))


def answer(result, text, form):
    if result.status == pq.ExecStatus.FATAL_ERROR:
        state, message = (text_of(result, which) for which in (FIELD.SQLSTATE, FIELD.MESSAGE_PRIMARY))
        place = tuple(text_of(result, which) for which in (FIELD.STATEMENT_POSITION, FIELD.MESSAGE_HINT))
        return {"error": f"{state}: {message}"}, place
    if result.status == pq.ExecStatus.TUPLES_OK:
        columns = [f"{result.fname(i).decode()} ({result.ftype(i)})" for i in range(result.nfields)]
        rows = [tuple(shown(result.get_value(r, c), form) for c in range(result.nfields)) for r in range(result.ntuples)]
        if "order by" not in text.lower():
            rows.sort()
        return {"columns": columns, "rows": rows, "tag": result.command_status.decode()}, None
    return {"tag": (result.command_status or b"").decode()}, None


def shown(value, form):
    if value is None:
        return "NULL"
    return value.hex() if form == BINARY else value.decode()


def forms(text):
    """A query that changes nothing is read in binary too."""
    query = text.split(maxsplit=1)[0].upper().rstrip(";") in ("SELECT", "WITH", "TABLE", "VALUES")
    return (TEXT, BINARY) if query and " into " not in text.lower() else (TEXT,)


class Places:
    """Errors that agree: how many have the same position and hint too."""

    def __init__(self):
        self.agreed, self.apart = 0, []

    def note(self, where, theirs, ours):
        if theirs == ours:
            self.agreed += 1
        else:
            self.apart.append(f"{where}\n    PostgreSQL position {theirs[0]}, hint {theirs[1]}\n    lakewire   position {ours[0]}, hint {ours[1]}")

    def end(self):
        print(f"{self.agreed} of {self.agreed + len(self.apart)} equal errors have the same position and hint too")


def play(path, lakewire, postgres, tally, places, arguments):
    for step in read(path, lambda line: (None, line)):
        if step.text.startswith("\\load"):
            for side in (lakewire, postgres):
                side.load(*step.text.split()[1:])
            continue
        apart = False
        for form in forms(step.text):
            theirs, their_place = postgres.run(step.text, form)
            ours, our_place = lakewire.run(step.text, form)
            where = f"{path.name}:{step.line}{', binary' if form == BINARY else ''}: {' '.join(step.text.split())}"
            if "connection" in ours:
                raise SystemExit(f"{where}\n    the connection was lost")
            if step.departs and ours == theirs:
                # One way of reading may agree where the other does not.
                last = form == forms(step.text)[-1]
                if apart or not last:
                    continue
            apart = apart or ours != theirs
            tally.judge(where, step.departs, theirs, ours, arguments.verbose)
            if form == TEXT and ours == theirs and their_place:
                places.note(where, their_place, our_place)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="scripts whose name holds one of these; all by default")
    parser.add_argument("--verbose", action="store_true", help="print every step")
    parser.add_argument("--strict", action="store_true", help="an error's position and hint must be the same too")
    arguments = parser.parse_args()
    began, total, places = time.perf_counter(), Tally(), Places()
    folder = tempfile.mkdtemp(prefix="lake")
    with Postgres() as postgres, Lakewire(folder) as server:
        with postgres.connect() as connection:
            connection.execute("CREATE DATABASE lake")
        for path in named(SCRIPTS, arguments.names):
            sides, tally = (Side(server.port), Side(postgres.port)), Tally()
            for side in sides:
                side.open(path.stem)
            try:
                play(path, *sides, tally, places, arguments)
            finally:
                for side in sides:
                    side.connection.finish()
            tally.told(path.name)
            total.add(tally)
    shutil.rmtree(folder, ignore_errors=True)
    places.end()
    if arguments.strict:
        total.differences += places.apart
        for apart in places.apart:
            print(f"APART   {apart}")
    total.end(began)


if __name__ == "__main__":
    main()
