//! Functions, operators, casts and what indexes are built on, under PostgreSQL's OIDs. Only what lakewire answers is
//! listed: a tool that sees a function may call it.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::{Definition, fixed, row};
use crate::catalog::name::{PG_CATALOG, SUPERUSER};
use crate::catalog::types::SqlType;
use crate::system::cells::Cell;
use crate::system::facts::{self, Proc};
use crate::system::functions;
use crate::system::scope::Scope;

pub(super) const ALL: &[Definition] = &[
    fixed("pg_proc", procs),
    fixed("pg_aggregate", aggregates),
    fixed("pg_operator", operators),
    fixed("pg_cast", casts),
    fixed("pg_opclass", operator_classes),
    fixed("pg_opfamily", operator_families),
    fixed("pg_amop", operators_of_families),
];

/// Pseudo-types that a function of ours may be declared with.
const PSEUDO: &[u32] =
    &[269, 325, 2275, 2276, 2277, 2278, 2279, 2280, 2281, 2283, 2776, 5077, 5078, 5079, 2249, 2287];

/// Whether values of a type of this OID come up in lakewire.
fn is_known_type(oid: u32) -> bool {
    SqlType::from_oid(oid).is_some() || PSEUDO.contains(&oid)
}

/// Whether lakewire answers the function: it knows the name and every type in its declaration. The functions that read
/// and write a type's values are there as the type is.
pub(in crate::system) fn is_answered(proc: &Proc) -> bool {
    let types = || proc.arguments.iter().chain(std::iter::once(&proc.result));
    let named = functions::is_known(proc.name) && !types().any(|t| *t == 2281);
    (named || HANDLERS.contains(&proc.oid) || IN_AND_OUT.contains(&proc.oid))
        && types().all(|t| is_known_type(*t))
}

/// Of the access methods in `pg_am`, and what checks the functions of the languages in `pg_language`.
const HANDLERS: &[u32] = &[3, 330, 331, 2246, 2247, 2248];

/// `int4in`, `array_recv`… of the types that lakewire has.
static IN_AND_OUT: LazyLock<HashSet<u32>> = LazyLock::new(|| {
    let ours = facts::types().iter().filter(|t| is_known_type(t.oid));
    ours.flat_map(|t| t.fields[12..=18].iter().map(|field| facts::number(field))).collect()
});

fn procs(_: &Scope) -> Vec<Vec<Cell>> {
    facts::procs().iter().filter(|p| is_answered(p)).map(proc_row).collect()
}

fn proc_row(p: &Proc) -> Vec<Cell> {
    let f = &p.fields;
    let int = |i: usize| facts::cell(f[i], &SqlType::Int8);
    let real = |i: usize| facts::cell(f[i], &SqlType::Float4);
    let yes = |i: usize| f[i] == "t";
    let list = |i: usize, of: SqlType| facts::cell(f[i], &SqlType::array(of));
    row![
        p.oid,
        p.name,
        PG_CATALOG.0,
        SUPERUSER.0,
        int(2),
        real(3),
        real(4),
        int(5),
        int(6),
        f[7],
        false,
        yes(8),
        yes(9),
        yes(10),
        f[11],
        f[12],
        int(13),
        int(14),
        int(15),
        Cell::Ints(p.arguments.iter().map(|t| i64::from(*t)).collect()),
        list(17, SqlType::Oid),
        list(18, SqlType::Char),
        list(19, SqlType::Text),
        facts::cell(f[20], &SqlType::PgNodeTree),
        Cell::Null,
        facts::cell(f[21], &SqlType::Text),
    ]
}

/// How PostgreSQL would compute them is not how it is done here: only what an aggregate means to its caller is told.
fn aggregates(_: &Scope) -> Vec<Vec<Cell>> {
    let lines = facts::lines(include_str!("../../../sql/system/aggregates.tsv"));
    lines
        .filter(|f| facts::proc(facts::number(f[0])).is_some_and(is_answered))
        .map(|f| {
            let int = |i: usize| facts::cell(f[i], &SqlType::Int8);
            let none = || Cell::Int(0);
            row![
                int(0),
                f[1],
                int(2),
                none(),
                none(),
                none(),
                none(),
                none(),
                none(),
                none(),
                none(),
                false,
                false,
                'r',
                'r',
                int(3),
                int(4),
                none(),
                none(),
                none(),
                facts::cell(f[5], &SqlType::Text),
            ]
        })
        .collect()
}

/// The operators that lakewire binds; the rest of PostgreSQL's does not exist here.
const OPERATORS: &[&str] = &[
    "=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "^", "||", "~", "~*", "!~", "!~*",
    "~~", "~~*", "!~~", "!~~*", "&&", "@>", "<@", "&", "|", "#", "<<", ">>", "->", "->>", "#>",
    "#>>", "?", "?|", "?&", "@", "|/", "||/", "#-", "@?", "@@",
];

fn operators(_: &Scope) -> Vec<Vec<Cell>> {
    facts::operators()
        .iter()
        .filter(|o| OPERATORS.contains(&o.name))
        .filter(|o| [o.left, o.right].iter().all(|t| *t == 0 || is_known_type(*t)))
        .map(|o| {
            let f = &o.fields;
            let int = |i: usize| facts::cell(f[i], &SqlType::Int8);
            row![
                o.oid,
                o.name,
                PG_CATALOG.0,
                SUPERUSER.0,
                f[2],
                f[3] == "t",
                f[4] == "t",
                o.left,
                o.right,
                int(7),
                int(8),
                int(9),
                int(10),
                int(11),
                int(12),
            ]
        })
        .collect()
}

fn casts(_: &Scope) -> Vec<Vec<Cell>> {
    let types =
        [SqlType::Oid, SqlType::Oid, SqlType::Oid, SqlType::Oid, SqlType::Char, SqlType::Char];
    facts::lines(include_str!("../../../sql/system/casts.tsv"))
        .filter(|f| [f[1], f[2]].iter().all(|t| SqlType::from_oid(facts::number(t)).is_some()))
        .map(|f| f.iter().zip(&types).map(|(field, of)| facts::cell(field, of)).collect())
        .collect()
}

fn classes() -> impl Iterator<Item = Vec<&'static str>> {
    let lines = facts::lines(include_str!("../../../sql/system/opclasses.tsv"));
    lines.filter(|f| is_known_type(facts::number(f[4])))
}

fn operator_classes(_: &Scope) -> Vec<Vec<Cell>> {
    classes()
        .map(|f| {
            let int = |i: usize| facts::cell(f[i], &SqlType::Int8);
            let (family, of, key) = (int(3), int(4), int(6));
            row![int(0), int(1), f[2], PG_CATALOG.0, SUPERUSER.0, family, of, f[5] == "t", key]
        })
        .collect()
}

fn families() -> HashSet<u32> {
    classes().map(|f| facts::number(f[3])).collect()
}

fn operator_families(_: &Scope) -> Vec<Vec<Cell>> {
    let mut seen = HashSet::new();
    classes()
        .filter(|f| seen.insert(f[3]))
        .map(|f| {
            let int = |i: usize| facts::cell(f[i], &SqlType::Int8);
            row![int(3), int(1), f[7], PG_CATALOG.0, SUPERUSER.0]
        })
        .collect()
}

fn operators_of_families(_: &Scope) -> Vec<Vec<Cell>> {
    let families = families();
    facts::lines(include_str!("../../../sql/system/amops.tsv"))
        .filter(|f| families.contains(&facts::number(f[1])))
        .map(|f| {
            let int = |i: usize| facts::cell(f[i], &SqlType::Int8);
            row![int(0), int(1), int(2), int(3), int(4), f[5], int(6), int(7), int(8)]
        })
        .collect()
}

/// What PostgreSQL says of the objects that are listed: rows of `pg_description`.
pub(super) fn descriptions() -> &'static [Vec<Cell>] {
    static ROWS: LazyLock<Vec<Vec<Cell>>> = LazyLock::new(|| {
        let said = |oid: u32, catalog: u32, field: &'static str| {
            facts::text(field).map(|text| row![oid, catalog, 0i32, text.into_owned()])
        };
        let types = facts::types().iter().filter_map(|t| said(t.oid, 1247, t.fields[26]));
        let procs = facts::procs().iter().filter(|p| is_answered(p));
        let procs = procs.filter_map(|p| said(p.oid, 1255, p.fields[22]));
        let operators = facts::operators().iter().filter(|o| OPERATORS.contains(&o.name));
        let operators = operators.filter_map(|o| said(o.oid, 2617, o.fields[13]));
        let others = OTHERS.iter().filter_map(|(oid, catalog, text)| said(*oid, *catalog, text));
        types.chain(procs).chain(operators).chain(others).collect()
    });
    &ROWS
}

/// Access methods, languages, collations.
const OTHERS: &[(u32, u32, &str)] = &[
    (2, 2601, "heap table access method"),
    (403, 2601, "b-tree index access method"),
    (405, 2601, "hash index access method"),
    (12, 2612, "built-in functions"),
    (13, 2612, "dynamically-loaded C functions"),
    (14, 2612, "SQL-language functions"),
    (100, 3456, "database's default collation"),
    (950, 3456, "standard C collation"),
    (951, 3456, "standard POSIX collation"),
];
