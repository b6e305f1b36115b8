"""What psql describes: each of its backslash commands, on lakewire and on PostgreSQL 15 with the same objects, by the real
program; the screens are compared. Those that may differ are in the list below, each with its reason, and must.
"""
# ci:

import argparse
import difflib
import os
import re
import shutil
import subprocess
import tempfile

from support import packages

packages.ensure()

from support.lakewire import PASSWORD, Lakewire
from support.postgres import Postgres

SETUP = """
    CREATE ROLE alice LOGIN;
    CREATE ROLE analysts;
    GRANT analysts TO alice;
    CREATE SCHEMA curated AUTHORIZATION alice;
    CREATE TABLE flights (
        id int NOT NULL,
        carrier varchar(2),
        price numeric(10,2),
        departed timestamptz,
        "TailNumber" text,
        tags text[],
        day date
    );
    COMMENT ON TABLE flights IS 'one row per departure';
    COMMENT ON COLUMN flights.carrier IS 'two letters';
    COMMENT ON SCHEMA curated IS 'ready to read';
    COMMENT ON ROLE analysts IS 'who read';
    INSERT INTO flights (id, carrier) VALUES (1, 'AA'), (2, 'BB');
    CREATE TABLE curated.daily (day date, flights bigint);
    CREATE VIEW carriers AS SELECT flights.carrier FROM flights;
    GRANT SELECT (id, carrier) ON flights TO alice;
    GRANT SELECT ON carriers TO PUBLIC;
    GRANT SELECT, INSERT ON curated.daily TO analysts WITH GRANT OPTION;
    GRANT USAGE ON SCHEMA curated TO analysts;
    ALTER DEFAULT PRIVILEGES IN SCHEMA curated GRANT SELECT ON TABLES TO analysts;
    ALTER ROLE alice SET search_path = curated, public;
    ALTER TABLE flights ENABLE ROW LEVEL SECURITY;
    CREATE POLICY mine ON flights FOR SELECT TO analysts USING (carrier = 'AA');
"""

COMMANDS = r"""
\d
\d+
\dS pg_am
\d flights
\d curated.daily
\d carriers
\d+ carriers
\d pg_class
\d pg_stat_activity
\d nosuch
\dt
\dt+ curated.*
\dt *.daily
\dtS pg_a*
\dv
\dv+
\dvS pg_st*
\dm
\dm+
\di
\di+ nosuch*
\ds
\ds+
\dn
\dn+
\dnS
\dp
\dp curated.*
\z flights
\ddp
\du
\du+
\du alice
\duS pg_read*
\dg analysts
\drds
\drds alice
\l
\l lake
\db
\db pg_g*
\dx
\dx+
\dy
\dy+
\dRp
\dRp+
\dRs
\dRs+
\dX
\dX+
\dP
\dPt+
\dPi
\dE
\dE+
\det
\det+
\deu
\deu+
\dD
\dD+
\dT
\dT+
\dTS int*
\dTS+ numeric
\dTS _int4
\df
\df+
\dfS pg_get_viewdef
\dfS+ quote_ident
\dfS lower
\dfnS lower
\dfaS count
\dfwS row_number
\dftS
\dfpS
\daS
\da
\daS count
\daS+ count
\dC
\dC regclass
\dC+ regtype
\do
\doS ~~
\doS+ ~~
\doS || text text
\dO
\dO+
\dOS C
\dOS+ POSIX
\dc
\dcS utf8_to_nosuch
\dL
\dLS sql
\dLS+ internal
\dA
\dA btree
\dA+ hash
\dAc btree int4
\dAc btree integer
\dAf btree integer
\dAo btree uuid_ops
\dAp nosuch
\dF
\dFd
\dFp
\dFt
\dd
\dd flights
\dl
\lo_list
\dconfig search_path
\dconfig nosuch
\sf quote_ident
\sf+ lower
\sv carriers
\sv+ carriers
\dew
\dew+
\des
\des+
\ef quote_ident
\ev carriers
\encoding
\conninfo
"""

# Commands whose screens differ, and why.
OWN = "a view's and a policy's text is the one that was given"
LAKE = "lakewire's own schemas stand beside"
FOREIGN = "files are read through a server that is always there"
SEARCH = "there is no text search"
PART = "only what lakewire answers is listed"
DEPARTURES = {
    r"\l": "one database; PostgreSQL's templates are not there",
    r"\l lake": "the collation is by bytes, and its name tells so",
    r"\dL": "plpgsql is not there",
    r"\dAf btree integer": "the types come in another order, which the query leaves open",
    r"\dx": "plpgsql is not there",
    r"\dx+": "plpgsql is not there",
    r"\d+": "sizes are those of files",
    r"\dS pg_am": "the system catalog has no indexes",
    r"\d pg_class": "the system catalog has no indexes",
    r"\d flights": OWN,
    r"\d+ carriers": OWN,
    r"\sv carriers": OWN,
    r"\sv+ carriers": OWN,
    r"\dp": OWN,
    r"\z flights": OWN,
    r"\dn": LAKE,
    r"\dn+": LAKE,
    r"\dnS": LAKE,
    r"\dPt+": "pg_partition_tree is not there, for there are no partitioned tables",
    r"\dfS lower": PART,
    r"\dfnS lower": PART,
    r"\dftS": PART,
    r"\daS": PART,
    r"\dC": PART,
    r"\dC regclass": PART,
    r"\dC+ regtype": PART,
    r"\dA": PART,
    r"\dF": SEARCH,
    r"\dFd": SEARCH,
    r"\dFp": SEARCH,
    r"\dFt": SEARCH,
    r"\dew": FOREIGN,
    r"\dew+": FOREIGN,
    r"\des": FOREIGN,
    r"\des+": FOREIGN,
}


def screen(command, port, role="postgres"):
    """What a person sees, but for the port."""
    given = f"host=127.0.0.1 port={port} dbname=lake user={role}"
    environment = {**os.environ, "PGPASSWORD": PASSWORD, "PGCLIENTENCODING": "UTF8", "LC_ALL": "C", "PSQL_EDITOR": "cat"}
    run = subprocess.run(["psql", "-X", "-c", command, given], capture_output=True, text=True, timeout=120, env=environment)
    text = run.stdout + run.stderr
    return "\n".join(line.rstrip() for line in re.sub(rf"\b{port}\b", "PORT", text).rstrip().splitlines())


def prepare(postgres, server):
    """The same objects on both sides."""
    with postgres.connect() as connection:
        connection.execute("CREATE DATABASE lake")
    for port in (postgres.port, server.port):
        for statement in SETUP.split(";\n"):
            said = screen(statement, port) if statement.strip() else ""
            if "ERROR" in said:
                raise SystemExit(f"{statement}\n{said}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", help="commands that begin with one of these; all by default")
    parser.add_argument("--verbose", action="store_true", help="print every screen of lakewire's")
    arguments = parser.parse_args()
    commands = [line for line in COMMANDS.splitlines() if line]
    if arguments.words:
        commands = [c for c in commands if any(c.startswith(w) for w in arguments.words)]
    folder = tempfile.mkdtemp(prefix="lake")
    wrong = equal = departed = 0
    with Postgres() as postgres, Lakewire(folder) as server:
        prepare(postgres, server)
        for command in commands:
            theirs, ours = (screen(command, port) for port in (postgres.port, server.port))
            if arguments.verbose:
                print(f"== {command}\n{ours}")
            if theirs == ours:
                if command in DEPARTURES:
                    wrong += 1
                    print(f"AGREES   {command}, which was to differ: {DEPARTURES[command]}")
                equal += 1
            elif command in DEPARTURES:
                departed += 1
                print(f"departs  {command}: {DEPARTURES[command]}")
            else:
                wrong += 1
                lines = difflib.unified_diff(theirs.splitlines(), ours.splitlines(), "PostgreSQL", "lakewire", lineterm="", n=1)
                print(f"DIFFERS  {command}\n" + "\n".join(f"    {line}" for line in lines))
    shutil.rmtree(folder, ignore_errors=True)
    print(f"{equal} screens equal, {departed} reviewed differences, {wrong} wrong")
    if wrong:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
