"""The system catalog as PostgreSQL 15 has it: every relation of pg_catalog and information_schema under its OID, with its
columns, their order and types, and every built-in type; what differs is in the list below, each with its reason.

`--write` takes the facts that lakewire is built with from the PostgreSQL at hand: the files in sql/system.
"""
# ci:

import argparse
import shutil
import tempfile

from support import packages

packages.ensure()

import psycopg

from support import postgres_facts
from support.lakewire import Lakewire
from support.postgres import Postgres

RELATIONS = """
    SELECT n.nspname || '.' || c.relname, c.oid, c.relkind::text
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('pg_catalog', 'information_schema') AND c.relkind IN ('r', 'v')
"""
COLUMNS = """
    SELECT n.nspname || '.' || c.relname || '.' || a.attname, a.attnum, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attlen
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
    WHERE n.nspname IN ('pg_catalog', 'information_schema') AND c.relkind IN ('r', 'v') AND a.attnum > 0
"""
TYPES = """
    SELECT t.typname, t.oid, t.typlen, t.typbyval, t.typtype::text, t.typcategory::text, t.typispreferred, t.typdelim::text, t.typelem, t.typarray,
        t.typinput::text, t.typoutput::text, t.typreceive::text, t.typsend::text, t.typalign::text, t.typstorage::text, t.typbasetype, t.typtypmod, t.typcollation
    FROM pg_catalog.pg_type t
    WHERE t.typrelid = 0 AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.oid = t.typelem AND e.typrelid <> 0)
"""
# Listed only as far as lakewire answers them; what is listed must be as PostgreSQL has it.
PARTS = {
    "pg_proc": """SELECT oid, proname, prokind::text, proisstrict, proretset, provolatile::text, pronargs, pronargdefaults, prorettype, proargtypes::text,
        provariadic, pg_get_function_identity_arguments(oid), pg_get_function_arguments(oid), pg_get_function_result(oid) FROM pg_catalog.pg_proc""",
    "pg_operator": "SELECT oid, oprname, oprkind::text, oprleft, oprright, oprresult, oprcom, oprnegate, oprcode::text FROM pg_catalog.pg_operator",
    "pg_cast": "SELECT oid, castsource, casttarget, castfunc, castcontext::text, castmethod::text FROM pg_catalog.pg_cast",
    "pg_opclass": "SELECT oid, opcname, opcmethod, opcfamily, opcintype, opcdefault FROM pg_catalog.pg_opclass",
    "pg_am": "SELECT oid, amname, amtype::text, amhandler::text FROM pg_catalog.pg_am",
    "pg_collation": "SELECT oid, collname, collprovider::text, collencoding, collcollate, collctype FROM pg_catalog.pg_collation",
    "pg_language": "SELECT oid, lanname, lanispl, lanpltrusted FROM pg_catalog.pg_language",
    "pg_aggregate": "SELECT aggfnoid::oid, aggkind::text, aggnumdirectargs FROM pg_catalog.pg_aggregate",
}

# What may differ: a name (a relation, column or type) and why.
DEPARTURES = {
    "pg_catalog.pg_statistic_ext_data.stxdexpr": "the row types of relations are no types here",
}


class Found:
    def __init__(self):
        self.differences = []

    def compare(self, what, ours, theirs, subset=False):
        ours, theirs = ({row[0]: row[1:] for row in rows} for rows in (ours, theirs))
        for name in sorted(set(ours) | set(theirs), key=str):
            if name in DEPARTURES or (subset and name not in ours) or ours.get(name) == theirs.get(name):
                continue
            self.differences.append(f"{what} {name}: lakewire {ours.get(name)}, PostgreSQL {theirs.get(name)}")
        print(f"{what}: {len(ours)} here, {len(theirs)} in PostgreSQL")


def compare(lakewire, postgres):
    found = Found()
    both = lambda query: [side.execute(query).fetchall() for side in (lakewire, postgres)]
    found.compare("relation", *both(RELATIONS))
    found.compare("column", *both(COLUMNS))
    found.compare("type", *both(TYPES))
    for name, query in PARTS.items():
        found.compare(name, *both(query), subset=True)
    described(lakewire, postgres, found)
    return found.differences


def described(lakewire, postgres, found):
    """Each relation can be read whole, and says of its columns what PostgreSQL says."""
    names = [row[0] for row in postgres.execute(RELATIONS + " ORDER BY 1").fetchall()]
    for name in names:
        answers = []
        for side in (lakewire, postgres):
            try:
                cursor = side.execute(f"SELECT * FROM {name} WHERE NOT true")
                side.execute(f"SELECT count(*) FROM {name}")
                answers.append([(column.name, column.type_code) for column in cursor.description])
            except psycopg.Error as e:
                answers.append(str(e))
        if answers[0] != answers[1]:
            apart = [pair for pair in zip(*answers) if pair[0] != pair[1]] if isinstance(answers[0], list) else answers
            if apart and all(f"{name}.{pair[0][0]}" in DEPARTURES for pair in apart):
                continue
            found.differences.append(f"reading {name}: {apart}")


OBJECTS = (
    "CREATE ROLE reader",
    "CREATE SCHEMA kept",
    "CREATE TABLE kept.t (a int CHECK (a > 0), b text)",
    "CREATE VIEW kept.v AS SELECT a FROM kept.t",
    "ALTER TABLE kept.t ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY p ON kept.t USING (a = 1)",
)
NAMED = {
    "pg_class": "relname",
    "pg_namespace": "nspname",
    "pg_roles": "rolname",
    "pg_database": "datname",
    "pg_constraint": "conname",
    "pg_policy": "polname",
    "pg_rewrite": "ev_class",
    "pg_type": "typname",
    "pg_proc": "oid::regprocedure::text",
}


def oids(connection):
    """The OID of everything that has one."""
    found = {}
    for relation, name in NAMED.items():
        rows = connection.execute(f"SELECT {name}, oid FROM {relation}").fetchall()
        found[relation] = sorted((str(name), oid) for name, oid in rows)
    return found


def moved(before, after, where):
    print(f"OIDs on {where}: {sum(map(len, after.values()))}")
    return [f"OIDs of {name} on {where} are not those of before" for name in before if before[name] != after[name]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write sql/system/*.tsv from PostgreSQL")
    arguments = parser.parse_args()
    with Postgres() as postgres:
        with postgres.connect() as connection:
            if arguments.write:
                return postgres_facts.write(connection)
            folder = tempfile.mkdtemp(prefix="lake")
            with Lakewire(folder) as server, server.connect() as ours:
                differences = compare(ours, connection)
                for statement in OBJECTS:
                    ours.execute(statement)
                before = oids(ours)
                # Another server on the same lake, then the same one started again.
                with Lakewire(folder) as other, other.connect() as theirs:
                    differences += moved(before, oids(theirs), "another server")
            with Lakewire(folder) as server, server.connect() as ours:
                differences += moved(before, oids(ours), "the server started again")
            shutil.rmtree(folder, ignore_errors=True)
    for difference in differences:
        print(f"DIFFERS {difference}")
    if differences:
        raise SystemExit(f"{len(differences)} differences")


if __name__ == "__main__":
    main()
