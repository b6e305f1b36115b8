"""pgcli: what it asks to complete names, statements and backslash commands of its own making."""
# needs: drivers

import os
import re
import subprocess
import sys
from importlib.metadata import version

from steps import SCRATCH, equal, step

os.environ.update(HOME=SCRATCH, XDG_CONFIG_HOME=SCRATCH, PAGER="cat", TERM="xterm", LESS="")
PROGRAM = os.path.join(os.path.dirname(sys.executable), "pgcli")


@step(f"version {version('pgcli')}: the databases listed")
def _():
    out = subprocess.run([PROGRAM, "--list"], capture_output=True, text=True, timeout=60)
    assert out.returncode == 0, out.stdout + out.stderr
    assert "lake" in out.stdout, out.stdout


@step("everything its completer asks for")
def _():
    from pgcli.pgexecute import PGExecute

    env = os.environ
    asked = PGExecute(env["PGDATABASE"], env["PGUSER"], env["PGPASSWORD"], env["PGHOST"], env["PGPORT"], None)
    assert {"curated", "public", "pg_catalog"} <= set(asked.schemata())
    assert ("curated", "flights") in set(asked.tables())
    assert ("curated", "storms") in set(asked.views()) | set(asked.tables())
    columns = [c for c in asked.table_columns() if c[:2] == ("curated", "flights")]
    equal(columns[1][2:4], ("day", "date"))
    list(asked.view_columns())
    list(asked.foreignkeys())
    assert "lake" in asked.databases()
    assert any(f.func_name == "upper" for f in asked.functions())
    list(asked.datatypes())
    list(asked.casing())
    equal(asked.search_path()[-1], "public")


@step("statements, \\d, \\dt and an error, as typed at its prompt")
def _():
    for typed, wanted in [
        ("SELECT origin, count(*) FROM curated.flights GROUP BY origin ORDER BY origin", r"EWR[^\n]*120835"),
        ("\\d curated.daily_delays", r"dep_delay_min[^\n]*numeric\(7,1\)"),
        ("\\dt curated.*", r"flights"),
        ("\\dn+", r"curated"),
        ("\\du", r"postgres"),
        ("SELECT * FROM nowhere", r'relation "nowhere" does not exist'),
    ]:
        out = subprocess.run([PROGRAM, "-c", typed], capture_output=True, text=True, timeout=60)
        said = out.stdout + out.stderr
        assert re.search(wanted, said), f"{typed}\n{said[-1500:]}"
