"""Facts from PostgreSQL 15's own catalog, as the tab-separated files in sql/system that lakewire is built with.

`python tests/checks/catalog_like_postgres.py --write` makes them anew. Left out is what hangs on types that lakewire
does not have; of functions, operators and casts lakewire lists at run time only those that it answers.
"""

from .packages import ROOT

FOLDER = ROOT / "sql" / "system"

# Types whose functions, operators and casts are of no use here.
FOREIGN = """point lseg path box polygon line circle tsvector tsquery gtsvector macaddr macaddr8 bit varbit money xml
    pg_brin_bloom_summary pg_brin_minmax_multi_summary pg_ddl_command refcursor txid_snapshot pg_snapshot
    table_am_handler index_am_handler tsm_handler fdw_handler event_trigger trigger language_handler"""

IN_AND_OUT = """p.oid IN (SELECT unnest(ARRAY[typinput, typoutput, typreceive, typsend, typmodin, typmodout, typanalyze, typsubscript])
        FROM pg_type)"""

PROC_KEPT = f"""
    ({IN_AND_OUT} OR p.oid IN (SELECT amhandler FROM pg_am) OR NOT EXISTS (
        SELECT FROM pg_type t
        WHERE t.typname = ANY (regexp_split_to_array('{" ".join(FOREIGN.split())}', ' '))
            AND (t.oid = p.prorettype OR t.oid = ANY (p.proargtypes) OR t.oid = ANY (p.proallargtypes)
                OR t.typarray = p.prorettype OR t.typarray = ANY (p.proargtypes))
    ) AND NOT (2281 = ANY (p.proargtypes) OR p.prorettype = 2281))
    AND p.pronamespace = 11
"""

TYPE_KEPT = "t.typtype <> 'c' AND NOT EXISTS (SELECT FROM pg_type e WHERE e.oid = t.typelem AND e.typtype = 'c')"

FILES = {
    "relations": """
        SELECT n.nspname, c.relname, c.oid, c.relkind,
            (SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
                || CASE WHEN a.attcollation = 950 AND t.typcollation <> 950 THEN '~' ELSE '' END || CASE WHEN a.attnotnull THEN '!' ELSE '' END, ', ' ORDER BY a.attnum)
             FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = c.oid AND a.attnum > 0)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname IN ('pg_catalog', 'information_schema') AND c.relkind IN ('r', 'v')
        ORDER BY n.nspname DESC, c.relname
    """,
    "types": f"""
        SELECT t.oid, t.typname, CASE t.typnamespace WHEN 11 THEN '' ELSE 'information_schema' END, t.typlen, t.typbyval, t.typtype, t.typcategory,
            t.typispreferred, t.typdelim, t.typsubscript::oid, t.typelem, t.typarray, t.typinput::oid, t.typoutput::oid, t.typreceive::oid, t.typsend::oid,
            t.typmodin::oid, t.typmodout::oid, t.typanalyze::oid, t.typalign, t.typstorage, t.typnotnull, t.typbasetype, t.typtypmod, t.typndims, t.typcollation,
            obj_description(t.oid, 'pg_type')
        FROM pg_type t
        WHERE {TYPE_KEPT}
        ORDER BY t.oid
    """,
    "procs": f"""
        SELECT p.oid, p.proname, p.prolang, p.procost, p.prorows, p.provariadic, p.prosupport::oid, p.prokind, p.proleakproof, p.proisstrict, p.proretset,
            p.provolatile, p.proparallel, p.pronargs, p.pronargdefaults, p.prorettype, p.proargtypes, p.proallargtypes, p.proargmodes, p.proargnames,
            pg_get_expr(p.proargdefaults, 0), p.prosrc,
            obj_description(p.oid, 'pg_proc'), (SELECT count(*) FROM pg_proc o WHERE o.proname = p.proname)
        FROM pg_proc p
        WHERE {PROC_KEPT}
        ORDER BY p.oid
    """,
    "aggregates": f"""
        SELECT a.aggfnoid::oid, a.aggkind, a.aggnumdirectargs, a.aggsortop, a.aggtranstype, a.agginitval
        FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid
        WHERE {PROC_KEPT}
        ORDER BY 1
    """,
    "operators": f"""
        SELECT o.oid, o.oprname, o.oprkind, o.oprcanmerge, o.oprcanhash, o.oprleft, o.oprright, o.oprresult, o.oprcom, o.oprnegate, o.oprcode::oid, o.oprrest::oid,
            o.oprjoin::oid, obj_description(o.oid, 'pg_operator')
        FROM pg_operator o JOIN pg_proc p ON p.oid = o.oprcode
        WHERE {PROC_KEPT}
        ORDER BY 1
    """,
    "casts": """
        SELECT c.oid, c.castsource, c.casttarget, c.castfunc, c.castcontext, c.castmethod
        FROM pg_cast c
        ORDER BY 1
    """,
    "opclasses": """
        SELECT o.oid, o.opcmethod, o.opcname, o.opcfamily, o.opcintype, o.opcdefault, o.opckeytype, f.opfname
        FROM pg_opclass o JOIN pg_opfamily f ON f.oid = o.opcfamily
        WHERE o.opcmethod IN (403, 405)
        ORDER BY 1
    """,
    "amops": """
        SELECT oid, amopfamily, amoplefttype, amoprighttype, amopstrategy, amoppurpose, amopopr, amopmethod, amopsortfamily
        FROM pg_amop WHERE amopmethod IN (403, 405) ORDER BY 1
    """,
    "ranges": "SELECT rngtypid, rngsubtype, rngmultitypid, rngcollation, rngsubopc, rngcanonical::oid, rngsubdiff::oid FROM pg_range ORDER BY 1",
    "keywords": "SELECT word, catcode, barelabel, catdesc, baredesc FROM pg_get_keywords() ORDER BY 1",
    "abbreviations": "SELECT abbrev, extract(epoch FROM utc_offset)::int, is_dst FROM pg_timezone_abbrevs ORDER BY 1",
}


def write(connection):
    """Each file anew: NULL is \\N, as COPY writes it."""
    for name, query in FILES.items():
        with connection.cursor().copy(f"COPY ({query}) TO STDOUT") as copy:
            text = b"".join(bytes(block) for block in copy).decode()
        path = FOLDER / f"{name}.tsv"
        path.write_text(text)
        print(f"{path.relative_to(ROOT)}: {len(text.splitlines())} lines, {len(text) // 1024} KiB")
