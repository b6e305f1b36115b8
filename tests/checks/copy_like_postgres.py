"""COPY answered as PostgreSQL 15 answers it: bytes out, bytes in, errors with their context, by both protocols.

Each step of tests/copy/*.txt runs on both servers: statements one a line; behind a COPY FROM the data follows up to a
line `<end>`, with Python's escapes (so that carriage returns, bytes and missing newlines can be written). Compared are
the data that come out, message by message, the command's tag, of an error SQLSTATE, message, hint and context, and
what the tables hold afterwards. `# departs: why` before a statement lets one difference pass and demands that there
is one.
"""
# ci:

import argparse
import codecs
import sys
import tempfile

from support import packages

packages.ensure()

from psycopg import pq

from support.differential import FIELD, SUPERUSER, text_of
from support.lakewire import PASSWORD, Lakewire
from support.postgres import Postgres

SCRIPTS = packages.ROOT / "tests" / "copy"


def steps(path):
    """(line, statement, data or None, reason to depart or None)"""
    lines = iter(enumerate(path.read_text().splitlines(), 1))
    departs = None
    for number, line in lines:
        if line.startswith("# departs:"):
            departs = line.removeprefix("# departs:").strip()
            continue
        if not line.strip() or line.startswith("#"):
            continue
        data = None
        if " from stdin" in line.lower():
            data = []
            for _, row in lines:
                if row.startswith("<end>"):
                    break
                # `<fail>` breaks off; `<cut>` joins what stands on two lines.
                data.append(row)
            text = "\n".join(data) + ("\n" if data else "")
            text = text.replace("<cut>\n", "")
            data = codecs.escape_decode(text.encode())[0]
        yield number, line.strip(), data, departs
        departs = None


def run(connection, text, data, extended):
    result = connection.exec_params(text.encode(), []) if extended else connection.exec_(text.encode())
    out = []
    if result.status == pq.ExecStatus.COPY_OUT:
        out.append(("format", result.binary_tuples, result.nfields))
        while True:
            size, chunk = connection.get_copy_data(0)
            if size < 0:
                break
            out.append(bytes(chunk))
        result = drain(connection)
    elif result.status == pq.ExecStatus.COPY_IN:
        out.append(("format", result.binary_tuples, result.nfields))
        if data is not None and data.startswith(b"<fail>"):
            connection.put_copy_data(b"1\n")
            connection.put_copy_end(b"the client thought better of it")
        else:
            # In pieces, so that rows are cut in the middle.
            for at in range(0, len(data or b""), 7):
                connection.put_copy_data(data[at : at + 7])
            connection.put_copy_end()
        result = drain(connection)
    if result.status == pq.ExecStatus.FATAL_ERROR:
        fields = (FIELD.SQLSTATE, FIELD.MESSAGE_PRIMARY, FIELD.MESSAGE_HINT, FIELD.CONTEXT)
        return [out, *(text_of(result, field) for field in fields)]
    rows = [tuple(result.get_value(r, c) for c in range(result.nfields)) for r in range(result.ntuples)]
    return [out, rows, (result.command_status or b"").decode()]


def drain(connection):
    last = None
    while (result := connection.get_result()) is not None:
        last = result
    return last


def connect(port):
    given = f"host=127.0.0.1 port={port} user={SUPERUSER} password={PASSWORD} dbname=lake client_encoding=utf8"
    connection = pq.PGconn.connect(given.encode())
    if connection.status != pq.ConnStatus.OK:
        raise SystemExit(connection.error_message.decode())
    connection.notice_handler = lambda _: None
    return connection


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scripts", nargs="*")
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    wrong, compared, departures = [], 0, 0
    with Postgres() as postgres, tempfile.TemporaryDirectory() as lake:
        with postgres.connect() as setup:
            setup.execute("CREATE DATABASE lake TEMPLATE template0")
        server = Lakewire(lake)
        server.start()
        try:
            for path in sorted(SCRIPTS.glob("*.txt")):
                if arguments.scripts and path.stem not in arguments.scripts:
                    continue
                for extended in (False, True):
                    sides = [connect(postgres.port), connect(server.port)]
                    schema = f"{path.stem}_{'extended' if extended else 'simple'}"
                    for side in sides:
                        for text in (f"CREATE SCHEMA {schema}", f"SET search_path = {schema}"):
                            side.exec_(text.encode())
                    for number, text, data, departs in steps(path):
                        if arguments.verbose:
                            print(number, text, flush=True)
                        theirs, ours = (run(side, text, data, extended) for side in sides)
                        compared += 1
                        departures += departs is not None
                        if (theirs != ours) != (departs is not None):
                            how = "extended" if extended else "simple"
                            wrong.append(f"{path.name}:{number} ({how}): {text}\n    PostgreSQL {theirs}\n    lakewire   {ours}")
                    for side in sides:
                        side.finish()
        finally:
            server.stop()
    print("\n".join(wrong))
    print(f"{compared} steps compared, {departures} of them depart with a reason, {len(wrong)} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
