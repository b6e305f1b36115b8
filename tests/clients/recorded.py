"""What tools ask when they connect and look around, as public sources show it, replayed on lakewire and on PostgreSQL.

One file a tool in recorded/. A statement ends with a semicolon and an empty line; several that a tool sends in one
message stand together. Both servers have the same schema, from recorded/setup.sql. Compared are the columns' names and
types, the rows (as a set: numbers from 12000 up are OIDs given when a server was made, or sizes, and theirs alone), the command's tag; of an error
SQLSTATE and message. Lines before a statement say more of it:

    -- given: {schema}, 0          its parameters, $1 and $2, as bigint; {schema} and {table} are OIDs there
    -- columns only: why           its rows are each server's own affair
    -- departs: why                it differs, and must: a reviewed difference

`-- waits for: what` in a file's head says what has to come before all of it can be answered.
"""
# needs: drivers

import os
import re
import sys
from pathlib import Path

from psycopg import pq
from steps import ENGINE, PASSWORD, SCRATCH, USER, step

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "checks"))

from support.lakewire import Lakewire  # noqa: E402
from support.postgres import Postgres  # noqa: E402

INT8, OID_FROM = 20, 12000
# xid, and what changes from one moment to the next.
MASKED_TYPES = {28}
LINE = re.compile(r"^-- (given|columns only|departs|waits for): *(.*)$", re.MULTILINE)
NAMES = {"schema": "SELECT 'recorded'::regnamespace::oid", "table": "SELECT 'recorded.item'::regclass::oid",
         "view": "SELECT 'recorded.dear'::regclass::oid"}


class Side:
    def __init__(self, port):
        given = f"host=127.0.0.1 port={port} user={USER} password={PASSWORD} dbname=lake client_encoding=utf8"
        self.connection = pq.PGconn.connect(given.encode())
        assert self.connection.status == pq.ConnStatus.OK, self.connection.error_message.decode()
        self.connection.notice_handler = None
        self.values = {}

    def set_up(self, text):
        for statement in split(text):
            result = self.connection.exec_(statement.encode())
            assert result.error_message == b"", f"{statement}\n{result.error_message.decode()}"
        for name, question in NAMES.items():
            self.values[name] = self.connection.exec_(question.encode()).get_value(0, 0).decode()

    def fill(self, text):
        return re.sub(r"\{(schema|table|view)\}", lambda found: self.values[found.group(1)], text)

    def run(self, text, given):
        """What the client learns: names and types, rows, tag, or the error."""
        if given is None and ";\n" in text:
            self.connection.send_query(self.fill(text).encode())
            results = iter(self.connection.get_result, None)
            return [answer(result) for result in results]
        values = [self.fill(value).encode() for value in given or []]
        result = self.connection.exec_params(self.fill(text).encode(), values, param_types=[INT8] * len(values))
        return [answer(result)]


def answer(result):
    if result.status == pq.ExecStatus.FATAL_ERROR:
        field = lambda code: (result.error_field(code) or b"").decode()  # noqa: E731
        return {"error": (field(pq.DiagnosticField.SQLSTATE), field(pq.DiagnosticField.MESSAGE_PRIMARY))}
    columns = [(result.fname(c).decode(), result.ftype(c)) for c in range(result.nfields)]
    rows = [tuple(cell(result, r, c) for c in range(result.nfields)) for r in range(result.ntuples)]
    # The tag of a query counts its rows, which `rows` compares or leaves.
    tag = None if columns else result.command_status.decode()
    return {"columns": columns, "rows": sorted(rows, key=repr), "tag": tag}


def cell(result, r, c):
    value = result.get_value(r, c)
    if value is None:
        return None
    if result.ftype(c) in MASKED_TYPES:
        return "#"
    return re.sub(r"\b\d{5,}\b", lambda number: "#" if int(number.group()) >= OID_FROM else number.group(), value.decode())


def split(text):
    return [part.strip() for part in re.split(r";[ \t]*\n(?:[ \t]*\n|$)", text + "\n\n") if part.strip()]


def statements(path):
    """Each with what the lines before it say; the file's head, up to the first empty line, is for people."""
    for part in split(path.read_text().split("\n\n", 1)[1]):
        said, lines = {}, part.splitlines()
        while lines and (not lines[0].strip() or lines[0].startswith("--")):
            found = LINE.match(lines.pop(0))
            if found:
                said[found.group(1)] = found.group(2)
        if lines:
            yield "\n".join(lines), said


def difference(text, said, lakewire, postgres):
    given = [value.strip() for value in said["given"].split(",")] if "given" in said else None
    found, wanted = lakewire.run(text, given), postgres.run(text, given)
    if "columns only" in said:
        for one in (*found, *wanted):
            one.pop("rows", None)
    if found == wanted:
        return None
    if len(found) != len(wanted):
        return f"{len(found)} results for {len(wanted)}: {found[-1]}"
    for here, there in zip(found, wanted):
        if "error" in here or "error" in there:
            if here != there:
                return f"found  {shown(here)}\n  wanted {shown(there)}"
        elif here["columns"] != there["columns"]:
            return f"columns found  {here['columns']}\n  columns wanted {there['columns']}"
        elif "rows" in here and here != there:
            less = [row for row in there.get("rows", []) if row not in here["rows"]]
            more = [row for row in here.get("rows", []) if row not in there["rows"]]
            return f"rows of {[name for name, _ in here['columns']]}\n  missing {less[:3]} ({len(less)})\n  more    {more[:3]} ({len(more)})"
    return "the order of results"


def shown(outcome):
    return outcome.get("error") or f"{len(outcome.get('rows', []))} rows"


def main():
    # A lake of its own: what tools list is to be the same on both sides.
    with Lakewire(Path(SCRATCH) / "lake") as own, Postgres() as real:
        lakewire = Side(own.port)
        admin = pq.PGconn.connect(f"host=127.0.0.1 port={real.port} user=postgres dbname=postgres".encode())
        admin.exec_(b"CREATE DATABASE lake")
        postgres = Side(real.port)
        for side in (lakewire, postgres):
            side.set_up((HERE / "recorded/setup.sql").read_text())
        only = os.environ.get("RECORDED")
        for path in sorted((HERE / "recorded").glob("*.sql")):
            if path.stem == "setup" or (only and path.stem not in only.split(",")):
                continue
            tool(path, lakewire, postgres)


def tool(path, lakewire, postgres):
    asked = list(statements(path))
    departing = sum("departs" in said for _, said in asked)
    waits_for = LINE.search(path.read_text().split("\n\n", 1)[0])

    @step(
        f"{path.stem}: {len(asked)} statements answered as PostgreSQL answers them" + f", {departing} depart" * (departing > 0),
        waits_for=waits_for and waits_for.group(2),
    )
    def _():
        bad = []
        for text, said in asked:
            found = difference(text, said, lakewire, postgres)
            if found and "departs" not in said:
                bad.append(f"{text}\n  {found}")
            if not found and "departs" in said:
                bad.append(f"{text}\n  does not depart any more: {said['departs']}")
        assert not bad, f"{len(bad)} differ:\n" + "\n\n".join(bad)


if ENGINE == "lakewire":
    main()
