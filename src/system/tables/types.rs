//! `pg_type`: every type there is, and the array over each.

use super::{Definition, row};
use crate::catalog::name::{PG_CATALOG, SUPERUSER};
use crate::catalog::types::SqlType;
use crate::system::cells::Cell;
use crate::system::scope::Scope;

pub(super) const ALL: &[Definition] = &[
    Definition {
        schema: "pg_catalog",
        name: "pg_type",
        oid: 1247,
        columns: "oid oid, typname name, typnamespace oid, typowner oid, typlen smallint, typbyval boolean, typtype \"char\", typcategory \"char\", typispreferred boolean, typisdefined boolean, typdelim \"char\", typrelid oid, typsubscript regproc, typelem oid, typarray oid, typinput regproc, typoutput regproc, typreceive regproc, typsend regproc, typmodin regproc, typmodout regproc, typanalyze regproc, typalign \"char\", typstorage \"char\", typnotnull boolean, typbasetype oid, typtypmod integer, typndims integer, typcollation oid, typdefaultbin pg_node_tree, typdefault text, typacl aclitem[]",
        rows: types,
    },
    Definition {
        schema: "pg_catalog",
        name: "pg_collation",
        oid: 3456,
        columns: "oid oid, collname name, collnamespace oid, collowner oid, collprovider \"char\", collisdeterministic boolean, collencoding integer, collcollate text, collctype text, colliculocale text, collversion text",
        rows: collations,
    },
    Definition {
        schema: "pg_catalog",
        name: "pg_language",
        oid: 2612,
        columns: "oid oid, lanname name, lanowner oid, lanispl boolean, lanpltrusted boolean, lanplcallfoid oid, laninline oid, lanvalidator oid, lanacl aclitem[]",
        rows: |_| vec![row![12u32, "internal", SUPERUSER.0, false, false, 0u32, 0u32, 0u32]],
    },
];

const DEFAULT_COLLATION: u32 = 100;

fn types(_: &Scope) -> Vec<Vec<Cell>> {
    SqlType::all().flat_map(|t| std::iter::once(scalar(t)).chain(array(t))).collect()
}

fn scalar(t: &SqlType) -> Vec<Cell> {
    let (length, kind) = (t.length(), if t.category() == 'P' { 'p' } else { 'b' });
    let element = match t {
        SqlType::Int2Vector => SqlType::Int2.oid(),
        SqlType::OidVector => SqlType::Oid.oid(),
        SqlType::Name => SqlType::Char.oid(),
        _ => 0,
    };
    let preferred = matches!(
        t,
        SqlType::Bool | SqlType::Float8 | SqlType::Text | SqlType::Timestamptz | SqlType::Oid
    );
    row(
        t.oid(),
        &t.catalog_name(),
        length,
        kind,
        t.category(),
        preferred,
        element,
        t.array_oid(),
        t,
    )
}

fn array(t: &SqlType) -> Option<Vec<Cell>> {
    let oid = t.array_oid();
    let array = SqlType::array(t.clone());
    (oid != 0).then(|| row(oid, &array.catalog_name(), -1, 'b', 'A', false, t.oid(), 0, t))
}

#[expect(clippy::too_many_arguments, reason = "one row of a wide table")]
fn row(
    oid: u32,
    name: &str,
    length: i16,
    kind: char,
    category: char,
    preferred: bool,
    element: u32,
    array: u32,
    base: &SqlType,
) -> Vec<Cell> {
    let by_value = (1..=8).contains(&length) && category != 'P';
    let collation = if matches!(base, SqlType::Text | SqlType::Varchar(_) | SqlType::Bpchar(_)) {
        DEFAULT_COLLATION
    } else {
        0
    };
    row![
        oid,
        name,
        PG_CATALOG.0,
        SUPERUSER.0,
        length,
        by_value,
        kind,
        category,
        preferred,
        true,
        ',',
        0u32,
        0i64,
        element,
        array,
        0i64,
        0i64,
        0i64,
        0i64,
        0i64,
        0i64,
        0i64,
        if length == 8 { 'd' } else { 'i' },
        if length < 0 { 'x' } else { 'p' },
        false,
        0u32,
        -1i32,
        0i32,
        collation,
    ]
}

fn collations(_: &Scope) -> Vec<Vec<Cell>> {
    [(DEFAULT_COLLATION, "default", 'd'), (950, "C", 'c'), (951, "POSIX", 'c')]
        .map(|(oid, name, provider)| {
            row![
                oid,
                name,
                PG_CATALOG.0,
                SUPERUSER.0,
                provider,
                true,
                -1i32,
                Cell::Null,
                Cell::Null
            ]
        })
        .to_vec()
}
