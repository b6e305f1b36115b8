//! Relations of things that lakewire does not have: rightly typed and empty.

use super::Definition;

macro_rules! empty {
    ($($name:literal $oid:literal $columns:literal;)*) => {
        &[$(Definition {
            schema: "pg_catalog", name: $name, oid: $oid, columns: $columns, rows: |_| Vec::new(),
        },)*]
    };
}

pub(super) const ALL: &[Definition] = empty! {
    "pg_index" 2610 "indexrelid oid, indrelid oid, indnatts smallint, indnkeyatts smallint, indisunique boolean, indnullsnotdistinct boolean, indisprimary boolean, indisexclusion boolean, indimmediate boolean, indisclustered boolean, indisvalid boolean, indcheckxmin boolean, indisready boolean, indislive boolean, indisreplident boolean, indkey int2vector, indcollation oidvector, indclass oidvector, indoption int2vector, indexprs pg_node_tree, indpred pg_node_tree";
    "pg_attrdef" 2604 "oid oid, adrelid oid, adnum smallint, adbin pg_node_tree";
    "pg_inherits" 2611 "inhrelid oid, inhparent oid, inhseqno integer, inhdetachpending boolean";
    "pg_publication" 6104 "oid oid, pubname name, pubowner oid, puballtables boolean, pubinsert boolean, pubupdate boolean, pubdelete boolean, pubtruncate boolean, pubviaroot boolean";
    "pg_publication_rel" 6106 "oid oid, prpubid oid, prrelid oid, prqual pg_node_tree, prattrs int2vector";
    "pg_publication_namespace" 6237 "oid oid, pnpubid oid, pnnspid oid";
    "pg_rewrite" 2618 "oid oid, rulename name, ev_class oid, ev_type \"char\", ev_enabled \"char\", is_instead boolean, ev_qual pg_node_tree, ev_action pg_node_tree";
    "pg_trigger" 2620 "oid oid, tgrelid oid, tgparentid oid, tgname name, tgfoid oid, tgtype smallint, tgenabled \"char\", tgisinternal boolean, tgconstrrelid oid, tgconstrindid oid, tgconstraint oid, tgdeferrable boolean, tginitdeferred boolean, tgnargs smallint, tgattr int2vector, tgargs bytea, tgqual pg_node_tree, tgoldtable name, tgnewtable name";
    "pg_statistic_ext" 3381 "oid oid, stxrelid oid, stxname name, stxnamespace oid, stxowner oid, stxstattarget integer, stxkeys int2vector, stxkind \"char\"[], stxexprs pg_node_tree";
    "pg_sequence" 2224 "seqrelid oid, seqtypid oid, seqstart bigint, seqincrement bigint, seqmax bigint, seqmin bigint, seqcache bigint, seqcycle boolean";
    "pg_enum" 3501 "oid oid, enumtypid oid, enumsortorder real, enumlabel name";
    "pg_range" 3541 "rngtypid oid, rngsubtype oid, rngmultitypid oid, rngcollation oid, rngsubopc oid, rngcanonical regproc, rngsubdiff regproc";
    "pg_depend" 2608 "classid oid, objid oid, objsubid integer, refclassid oid, refobjid oid, refobjsubid integer, deptype \"char\"";
    "pg_partitioned_table" 3350 "partrelid oid, partstrat \"char\", partnatts smallint, partdefid oid, partattrs int2vector, partclass oidvector, partcollation oidvector, partexprs pg_node_tree";
    "pg_extension" 3079 "oid oid, extname name, extowner oid, extnamespace oid, extrelocatable boolean, extversion text, extconfig oid[], extcondition text[]";
    "pg_proc" 1255 "oid oid, proname name, pronamespace oid, proowner oid, prolang oid, procost real, prorows real, provariadic oid, prosupport regproc, prokind \"char\", prosecdef boolean, proleakproof boolean, proisstrict boolean, proretset boolean, provolatile \"char\", proparallel \"char\", pronargs smallint, pronargdefaults smallint, prorettype oid, proargtypes oidvector, proallargtypes oid[], proargmodes \"char\"[], proargnames text[], proargdefaults pg_node_tree, protrftypes oid[], prosrc text, probin text, prosqlbody pg_node_tree, proconfig text[], proacl aclitem[]";
    "pg_matviews" 12064 "schemaname name, matviewname name, matviewowner name, tablespace name, hasindexes boolean, ispopulated boolean, definition text";
    "pg_locks" 12073 "locktype text, database oid, relation oid, pid integer, mode text, granted boolean";
};
