//! Identifiers: ids that cannot be mixed up, and names quoted as PostgreSQL quotes them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The first OID that is not PostgreSQL's own (`FirstNormalObjectId`).
pub const FIRST_OID: u32 = 16_384;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u32);
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// A role's OID. Kept when the role is renamed, never given again.
    RoleId;
    /// A schema's OID.
    SchemaId;
    /// A relation's OID.
    RelationId;
    /// The OID of an entry of `pg_default_acl`.
    DefaultAclId;
}

/// The role that the first start creates (PostgreSQL's `BOOTSTRAP_SUPERUSERID`).
pub const SUPERUSER: RoleId = RoleId(10);
/// Stands for every role in a grant (`ACL_ID_PUBLIC`).
pub const PUBLIC: RoleId = RoleId(0);
pub const PG_CATALOG: SchemaId = SchemaId(11);
pub const PUBLIC_SCHEMA: SchemaId = SchemaId(2200);
/// The schema of what lakewire shows of itself beyond PostgreSQL.
pub const LAKE_SCHEMA: SchemaId = SchemaId(13_500);
pub const INFORMATION_SCHEMA: SchemaId = SchemaId(13_000);
/// The audit log's schema and its one table.
pub const AUDIT_SCHEMA: SchemaId = SchemaId(13_001);
pub const AUDIT_EVENTS: RelationId = RelationId(13_002);
/// The one database of a lake: above those that PostgreSQL's own have, which clients hide, and far from those that
/// are given out.
pub const DATABASE_OID: u32 = 0x1000_0000;

/// What one session makes for itself has OIDs from here up, which the catalog's log never holds.
pub const FIRST_TEMPORARY_OID: u32 = 0x7080_0000;
/// Each session's own `pg_temp_…`; no session sees another's.
pub const TEMPORARY_SCHEMA: SchemaId = SchemaId(FIRST_TEMPORARY_OID);
/// By this name a session calls its own.
pub const TEMPORARY_ALIAS: &str = "pg_temp";

impl RelationId {
    pub fn is_temporary(self) -> bool {
        self.0 >= FIRST_TEMPORARY_OID
    }
}

/// What a grant can stand on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Object {
    Database,
    Schema(SchemaId),
    Relation(RelationId),
    /// A column by its number, counted from 1.
    Column(RelationId, i16),
}

/// Longest identifier in bytes (`NAMEDATALEN - 1`); longer ones are cut, as PostgreSQL does.
pub const NAME_BYTES_MAX: usize = 63;

/// Cuts a name to the longest that PostgreSQL keeps, at a character boundary.
pub fn truncate(name: &str) -> &str {
    if name.len() <= NAME_BYTES_MAX {
        return name;
    }
    let end = (0..=NAME_BYTES_MAX).rev().find(|&i| name.is_char_boundary(i)).unwrap_or(0);
    &name[..end]
}

/// `quote_ident`: as is where that reads back the same, else in double quotes.
pub fn quote_ident(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '$')
        && !is_reserved(name);
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// `quote_literal`: in single quotes; with `E''` where it holds a backslash.
pub fn quote_literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if text.contains('\\') {
        format!("E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}

/// Words that cannot stand as a bare column or table name (PostgreSQL manual, appendix C: reserved,
/// and non-reserved that cannot be function or type).
pub const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

fn is_reserved(name: &str) -> bool {
    RESERVED.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_as_postgres() {
        assert!(RESERVED.is_sorted());
        assert_eq!(quote_ident("orders"), "orders");
        assert_eq!(quote_ident("Orders"), "\"Orders\"");
        assert_eq!(quote_ident("user"), "\"user\"");
        assert_eq!(quote_ident("1a"), "\"1a\"");
        assert_eq!(quote_ident("a\"b"), "\"a\"\"b\"");
        assert_eq!(quote_literal("it's"), "'it''s'");
        assert_eq!(truncate(&"é".repeat(40)).len(), 62);
    }
}
