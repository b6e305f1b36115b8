"""The same statements on lakewire and on a PostgreSQL 15: scripts, what is compared, and how the outcome is told.

A script holds statements, each ended by a semicolon at the end of a line. `-- departs: why` before a statement lets
one difference pass, and demands that there is one. Its reason is printed.
"""

import sys
import time
from dataclasses import dataclass, field

from psycopg import pq

SUPERUSER = "postgres"
FIELD = pq.DiagnosticField


@dataclass
class Step:
    """One statement, as which roles it runs, and why it may differ."""

    line: int
    sessions: tuple
    text: str
    departs: str | None = None


@dataclass
class Tally:
    compared: int = 0
    departures: list = field(default_factory=list)
    differences: list = field(default_factory=list)

    def judge(self, where, departs, theirs, ours, verbose=False):
        if departs and ours != theirs:
            self.departures.append((where, departs))
            return
        self.compared += 1
        if departs:
            self.differences.append(f"{where}\n    departs no more: {departs}")
        elif ours != theirs:
            self.differences.append(f"{where}\n    PostgreSQL\n{show(theirs)}\n    lakewire\n{show(ours)}")
        elif verbose:
            print(f"ok      {where}\n{show(ours)}", flush=True)

    def told(self, name):
        """One script's outcome, in lines of its own."""
        state = "ok" if not self.differences else "FAILED"
        print(f"{state:7} {name}: {self.compared} steps compared, {len(self.differences)} differ", flush=True)
        for difference in self.differences:
            print(f"DIFFERS {difference}", flush=True)

    def add(self, other):
        self.compared += other.compared
        self.departures += other.departures
        self.differences += other.differences

    def end(self, began):
        """Every reason with its count, then the exit code."""
        reasons = {}
        for _, reason in self.departures:
            reasons[reason] = reasons.get(reason, 0) + 1
        for reason, count in sorted(reasons.items()):
            print(f"departs {count:3} times: {reason}")
        print(
            f"{self.compared} steps compared with PostgreSQL 15 in {time.perf_counter() - began:.0f} s: "
            f"{len(self.differences)} differences, {len(self.departures)} written departures"
        )
        sys.exit(1 if self.differences else 0)


def read(path, directive=None):
    """A script as steps. Lines that start with a backslash are given to `directive`, which answers with the
    sessions that follow and a step's text, either None."""
    sessions, departs, held, steps = (SUPERUSER,), None, [], []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        bare = line.strip()
        if not held and bare.startswith("-- departs:"):
            departs = bare.removeprefix("-- departs:").strip()
        elif not held and (not bare or bare.startswith("--")):
            continue
        elif not held and directive and bare.startswith("\\"):
            now, text = directive(bare)
            sessions = now or sessions
            steps.append(Step(number, sessions, text, departs))
            departs = None
        else:
            held.append(line)
            if bare.endswith(";"):
                steps.append(Step(number, sessions, "\n".join(held), departs))
                held, departs = [], None
    if held:
        raise SystemExit(f"{path}: the last statement has no end")
    return steps


def named(folder, names):
    """The scripts of a folder whose name holds one of these; all without any."""
    scripts = sorted(folder.glob("*.sql"))
    return [path for path in scripts if not names or any(name in path.name for name in names)]


def text_of(result, which):
    value = result.error_field(which)
    return value.decode() if value is not None else None


def show(outcome):
    """One outcome for a reader."""
    lines = []
    for key, value in outcome.items():
        if key == "rows":
            lines += [f"| {' | '.join(row)}" for row in value] or ["| no rows"]
        elif key == "notices":
            lines += [f"{severity} {state}: {message}" for severity, state, message in value]
        elif key == "psql":
            lines += value.splitlines()
        elif key == "columns":
            lines.append(f"  {' | '.join(value)}")
        else:
            lines.append(f"{key}: {value}")
    return "\n".join(f"        {line}" for line in lines)
