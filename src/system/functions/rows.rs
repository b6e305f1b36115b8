//! Functions of the system catalog that stand in FROM.

use arrow::array::RecordBatch;
use arrow::datatypes::{FieldRef, Schema};
use std::sync::Arc;

use crate::catalog::name::PUBLIC;
use crate::catalog::types::SqlType;
use crate::error::{Error, Result};
use crate::system::cells::{self, Cell};
use crate::system::facts;
use crate::system::scope::Scope;
use crate::system::tables::table;

/// Functions whose rows are those of a relation.
const RELATIONS: &[(&str, &str)] = &[
    ("pg_available_extension_versions", "pg_available_extension_versions"),
    ("pg_available_extensions", "pg_available_extensions"),
    ("pg_config", "pg_config"),
    ("pg_cursor", "pg_cursors"),
    ("pg_hba_file_rules", "pg_hba_file_rules"),
    ("pg_lock_status", "pg_locks"),
    ("pg_prepared_statement", "pg_prepared_statements"),
    ("pg_prepared_xact", "pg_prepared_xacts"),
    ("pg_show_all_file_settings", "pg_file_settings"),
    ("pg_show_all_settings", "pg_settings"),
    ("pg_timezone_abbrevs", "pg_timezone_abbrevs"),
    ("pg_timezone_names", "pg_timezone_names"),
];

const OWN: &[&str] = &[
    "aclexplode",
    "pg_get_keywords",
    "pg_get_publication_tables",
    "pg_identify_object",
    "pg_listening_channels",
    "pg_options_to_table",
];

/// Whether there is such a function, and how `pg_proc` may list it.
pub(super) fn is_known(name: &str) -> bool {
    RELATIONS.iter().any(|(function, _)| *function == name) || OWN.contains(&name)
}

/// An argument worked out while binding.
pub enum Argument {
    Texts(Vec<String>),
    Int(i64),
    Null,
}

/// The rows of a function, or none where there is no such function.
pub fn rows(name: &str, arguments: &[Argument], scope: &Scope) -> Option<Result<RecordBatch>> {
    if let Some((_, relation)) = RELATIONS.iter().find(|(function, _)| *function == name) {
        return table("pg_catalog", relation).map(|t| t.batch(scope));
    }
    let (columns, rows): (&'static str, Result<Vec<Vec<Cell>>>) = match name {
        "pg_get_keywords" => (
            "word text, catcode \"char\", barelabel boolean, catdesc text, baredesc text",
            Ok(keywords()),
        ),
        "pg_options_to_table" => {
            ("option_name text, option_value text", texts(arguments).map(|all| options(&all)))
        }
        "aclexplode" => (
            "grantor oid, grantee oid, privilege_type text, is_grantable boolean",
            texts(arguments).and_then(|all| exploded(scope, &all)),
        ),
        "pg_identify_object" => {
            ("type text, schema text, name text, identity text", identified(scope, arguments))
        }
        "pg_get_publication_tables" => {
            ("relid oid, attrs int2vector, qual pg_node_tree", Ok(Vec::new()))
        }
        _ => return None,
    };
    Some(rows.and_then(|rows| batch(columns, &rows)))
}

fn batch(columns: &'static str, rows: &[Vec<Cell>]) -> Result<RecordBatch> {
    let declared: Vec<_> = columns.split(", ").map(facts::column).collect();
    let types: Vec<SqlType> = declared.iter().map(|c| c.sql_type.clone()).collect();
    let fields: Vec<FieldRef> = declared.iter().map(|c| c.sql_type.field(c.name, true)).collect();
    cells::batch(&Arc::new(Schema::new(fields)), &types, rows)
}

fn texts(arguments: &[Argument]) -> Result<Vec<String>> {
    match arguments {
        [Argument::Texts(all)] => Ok(all.clone()),
        [Argument::Null] => Ok(Vec::new()),
        _ => Err(Error::unsupported("a set-returning function of this argument")),
    }
}

fn keywords() -> Vec<Vec<Cell>> {
    let types = [SqlType::Text, SqlType::Char, SqlType::Bool, SqlType::Text, SqlType::Text];
    facts::lines(include_str!("../../../sql/system/keywords.tsv"))
        .map(|f| f.iter().zip(&types).map(|(field, of)| facts::cell(field, of)).collect())
        .collect()
}

fn options(all: &[String]) -> Vec<Vec<Cell>> {
    all.iter()
        .map(|option| match option.split_once('=') {
            Some((name, value)) => vec![name.into(), value.into()],
            None => vec![option.as_str().into(), Cell::Null],
        })
        .collect()
}

/// Each privilege of each `grantee=letters/grantor` a row.
fn exploded(scope: &Scope, all: &[String]) -> Result<Vec<Vec<Cell>>> {
    let oid = |name: &str| -> Cell {
        let name = name.trim_matches('"').replace("\"\"", "\"");
        match name.is_empty() {
            true => PUBLIC.0.into(),
            false => scope.snapshot.role_named(&name).map_or(PUBLIC.0, |role| role.id.0).into(),
        }
    };
    let mut rows = Vec::new();
    for item in all {
        let parts = item.rsplit_once('/').and_then(|(rest, grantor)| {
            rest.rsplit_once('=').map(|(grantee, letters)| (grantee, letters, grantor))
        });
        let Some((grantee, letters, grantor)) = parts else {
            return Err(Error::invalid_parameter(format!("invalid aclitem: \"{item}\"")));
        };
        let letters: Vec<char> = letters.chars().collect();
        for (i, letter) in letters.iter().enumerate().filter(|(_, letter)| **letter != '*') {
            let word = LETTERS.iter().find(|(known, _)| known == letter).map(|(_, word)| *word);
            let grantable = letters.get(i + 1) == Some(&'*');
            rows.push(vec![oid(grantor), oid(grantee), word.into(), grantable.into()]);
        }
    }
    Ok(rows)
}

const LETTERS: &[(char, &str)] = &[
    ('a', "INSERT"),
    ('r', "SELECT"),
    ('w', "UPDATE"),
    ('d', "DELETE"),
    ('D', "TRUNCATE"),
    ('x', "REFERENCES"),
    ('t', "TRIGGER"),
    ('X', "EXECUTE"),
    ('U', "USAGE"),
    ('C', "CREATE"),
    ('T', "TEMPORARY"),
    ('c', "CONNECT"),
    ('s', "SET"),
    ('A', "ALTER SYSTEM"),
];

fn identified(scope: &Scope, arguments: &[Argument]) -> Result<Vec<Vec<Cell>>> {
    use crate::catalog::name::{RelationId, RoleId, SchemaId, quote_ident};
    let [Argument::Int(class), Argument::Int(oid), Argument::Int(column)] = arguments else {
        return Err(Error::unsupported("pg_identify_object of these arguments"));
    };
    let oid = u32::try_from(*oid).unwrap_or(0);
    let snapshot = &scope.snapshot;
    let schema_name = |id| snapshot.schema(id).map(|s| quote_ident(&s.name));
    let row = match class {
        1259 => snapshot.relation(RelationId(oid)).map(|r| {
            let schema = schema_name(r.schema).unwrap_or_default();
            let mut identity = format!("{schema}.{}", quote_ident(&r.name));
            let found = r.column_by_number(*column as i16);
            let mut kind = r.kind_name().to_owned();
            if let Some(found) = found {
                identity = format!("{identity}.{}", quote_ident(&found.name));
                kind = format!("{kind} column");
            }
            vec![kind.into(), schema.into(), quote_ident(&r.name).into(), identity.into()]
        }),
        2615 => schema_name(SchemaId(oid))
            .map(|name| vec!["schema".into(), Cell::Null, name.clone().into(), name.into()]),
        1260 => snapshot.role(RoleId(oid)).map(|r| {
            let name = quote_ident(&r.name);
            vec!["role".into(), Cell::Null, name.clone().into(), name.into()]
        }),
        _ => None,
    };
    Ok(row.into_iter().collect())
}
