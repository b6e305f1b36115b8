//! The one table of SQL type, OID and Arrow type.
//!
//! wire, system and planner all ask here. OIDs and lengths are PostgreSQL 15's (`pg_type.dat`).
//! Where several SQL types share one Arrow type, the Arrow field carries the SQL name
//! under [`TYPE_KEY`], so that a column keeps its type through storage and plans.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, IntervalUnit, TimeUnit};
use serde::{Deserialize, Serialize};

use crate::storage::nested;

/// The metadata key of an Arrow field under which its SQL type is written.
pub const TYPE_KEY: &str = "lakewire.type";

/// A SQL type as PostgreSQL names it. `Numeric(None)` and `Varchar(None)` are unconstrained.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SqlType {
    Bool,
    Int2,
    Int4,
    Int8,
    Float4,
    Float8,
    /// Precision and scale.
    Numeric(Option<(u8, i8)>),
    Text,
    Varchar(Option<u32>),
    /// Blank-padded `char(n)`.
    Bpchar(Option<u32>),
    /// The 64-byte identifier type of the system catalog.
    Name,
    /// The one-byte `"char"` of the system catalog.
    Char,
    Bytea,
    Date,
    Time,
    /// The time, and how far its zone is.
    Timetz,
    Timestamp,
    Timestamptz,
    Interval,
    Uuid,
    Json,
    Jsonb,
    Oid,
    Regclass,
    Regtype,
    Regproc,
    Regprocedure,
    Regoper,
    Regoperator,
    Regrole,
    Regnamespace,
    Regcollation,
    Regconfig,
    Regdictionary,
    /// Text such as `alice=r/bob`.
    Aclitem,
    /// A node tree, shown as text by `pg_get_expr`.
    PgNodeTree,
    Int2Vector,
    OidVector,
    Xid,
    Cid,
    Tid,
    Xid8,
    PgLsn,
    Inet,
    /// An array of whatever a column's type is, as `pg_stats` shows values.
    Anyarray,
    PgNdistinct,
    PgDependencies,
    PgMcvList,
    /// Rows of a struct column, written as a composite literal.
    Record,
    /// The type of a literal before it meets another; goes to clients as text.
    Unknown,
    Void,
    Array(Box<SqlType>),
}

/// Metadata of a field: how precise its times are, as a type modifier, for they are kept in microseconds all alike.
pub const PRECISION_KEY: &str = "lakewire.precision";

use SqlType::*;

/// (type, OID, OID of its array, length or -1, catalog name, SQL name)
type Row = (SqlType, u32, u32, i16, &'static str, &'static str);

/// Every scalar type without its modifier.
const ROWS: &[Row] = &[
    (Bool, 16, 1000, 1, "bool", "boolean"),
    (Bytea, 17, 1001, -1, "bytea", "bytea"),
    (Char, 18, 1002, 1, "char", "\"char\""),
    (Name, 19, 1003, 64, "name", "name"),
    (Int8, 20, 1016, 8, "int8", "bigint"),
    (Int2, 21, 1005, 2, "int2", "smallint"),
    (Int2Vector, 22, 1006, -1, "int2vector", "int2vector"),
    (Int4, 23, 1007, 4, "int4", "integer"),
    (Regproc, 24, 1008, 4, "regproc", "regproc"),
    (Text, 25, 1009, -1, "text", "text"),
    (Oid, 26, 1028, 4, "oid", "oid"),
    (Tid, 27, 1010, 6, "tid", "tid"),
    (Xid, 28, 1011, 4, "xid", "xid"),
    (Cid, 29, 1012, 4, "cid", "cid"),
    (OidVector, 30, 1013, -1, "oidvector", "oidvector"),
    (Json, 114, 199, -1, "json", "json"),
    (PgNodeTree, 194, 0, -1, "pg_node_tree", "pg_node_tree"),
    (Float4, 700, 1021, 4, "float4", "real"),
    (Float8, 701, 1022, 8, "float8", "double precision"),
    (Unknown, 705, 0, -2, "unknown", "unknown"),
    (Inet, 869, 1041, -1, "inet", "inet"),
    (Aclitem, 1033, 1034, 12, "aclitem", "aclitem"),
    (Bpchar(None), 1042, 1014, -1, "bpchar", "character"),
    (Varchar(None), 1043, 1015, -1, "varchar", "character varying"),
    (Date, 1082, 1182, 4, "date", "date"),
    (Time, 1083, 1183, 8, "time", "time without time zone"),
    (Timestamp, 1114, 1115, 8, "timestamp", "timestamp without time zone"),
    (Timestamptz, 1184, 1185, 8, "timestamptz", "timestamp with time zone"),
    (Interval, 1186, 1187, 16, "interval", "interval"),
    (Timetz, 1266, 1270, 12, "timetz", "time with time zone"),
    (Numeric(None), 1700, 1231, -1, "numeric", "numeric"),
    (Regprocedure, 2202, 2207, 4, "regprocedure", "regprocedure"),
    (Regoper, 2203, 2208, 4, "regoper", "regoper"),
    (Regoperator, 2204, 2209, 4, "regoperator", "regoperator"),
    (Regclass, 2205, 2210, 4, "regclass", "regclass"),
    (Regtype, 2206, 2211, 4, "regtype", "regtype"),
    (Record, 2249, 2287, -1, "record", "record"),
    (Anyarray, 2277, 0, -1, "anyarray", "anyarray"),
    (Void, 2278, 0, 4, "void", "void"),
    (Uuid, 2950, 2951, 16, "uuid", "uuid"),
    (PgLsn, 3220, 3221, 8, "pg_lsn", "pg_lsn"),
    (PgNdistinct, 3361, 0, -1, "pg_ndistinct", "pg_ndistinct"),
    (PgDependencies, 3402, 0, -1, "pg_dependencies", "pg_dependencies"),
    (Regconfig, 3734, 3735, 4, "regconfig", "regconfig"),
    (Regdictionary, 3769, 3770, 4, "regdictionary", "regdictionary"),
    (Jsonb, 3802, 3807, -1, "jsonb", "jsonb"),
    (Regnamespace, 4089, 4090, 4, "regnamespace", "regnamespace"),
    (Regrole, 4096, 4097, 4, "regrole", "regrole"),
    (Regcollation, 4191, 4192, 4, "regcollation", "regcollation"),
    (PgMcvList, 5017, 0, -1, "pg_mcv_list", "pg_mcv_list"),
    (Xid8, 5069, 271, 8, "xid8", "xid8"),
];

/// The scale given to `numeric` without a precision where a fixed one is needed: PostgreSQL keeps a
/// scale per value, Arrow one per column.
pub const UNCONSTRAINED_NUMERIC: (u8, i8) = (38, 16);

impl SqlType {
    /// Every scalar type, without modifiers, in OID order.
    pub fn all() -> impl Iterator<Item = &'static SqlType> {
        ROWS.iter().map(|row| &row.0)
    }

    fn row(&self) -> &'static Row {
        let bare = self.without_modifier();
        ROWS.iter().find(|row| row.0 == bare).expect("every scalar type has a row")
    }

    /// The type without length, precision or scale.
    pub fn without_modifier(&self) -> SqlType {
        match self {
            Numeric(_) => Numeric(None),
            Varchar(_) => Varchar(None),
            Bpchar(_) => Bpchar(None),
            other => other.clone(),
        }
    }

    pub fn array(element: SqlType) -> SqlType {
        Array(Box::new(element))
    }

    pub fn oid(&self) -> u32 {
        match self {
            Array(element) => element.array_oid(),
            scalar => scalar.row().1,
        }
    }

    /// The OID of the array over this type; 0 if it has none.
    pub fn array_oid(&self) -> u32 {
        match self {
            // An array of arrays is one array of more dimensions.
            Array(_) => self.oid(),
            scalar => scalar.row().2,
        }
    }

    /// `pg_type.typlen`: bytes, or -1 where it varies.
    pub fn length(&self) -> i16 {
        match self {
            Array(_) => -1,
            scalar => scalar.row().3,
        }
    }

    /// `pg_type.typname`, such as `int4` or `_text`.
    pub fn catalog_name(&self) -> String {
        match self {
            Array(element) => format!("_{}", element.catalog_name()),
            scalar => scalar.row().4.to_owned(),
        }
    }

    /// `pg_attribute.atttypmod`: -1 where there is none.
    pub fn modifier(&self) -> i32 {
        match self {
            Numeric(Some((p, s))) => ((i32::from(*p) << 16) | (i32::from(*s) & 0x7ff)) + 4,
            Varchar(Some(n)) | Bpchar(Some(n)) => *n as i32 + 4,
            Array(element) => element.modifier(),
            _ => -1,
        }
    }

    pub fn from_oid(oid: u32) -> Option<SqlType> {
        ROWS.iter().find_map(|row| {
            if row.1 == oid {
                Some(row.0.clone())
            } else if row.2 == oid && oid != 0 {
                Some(SqlType::array(row.0.clone()))
            } else {
                None
            }
        })
    }

    /// The type with its modifier applied, as `format_type(oid, typmod)` needs it.
    pub fn with_modifier(self, modifier: i32) -> SqlType {
        match self {
            Numeric(_) if modifier >= 4 => {
                let m = modifier - 4;
                Numeric(Some(((m >> 16) as u8, (m & 0x7ff) as i8)))
            }
            Varchar(_) if modifier >= 4 => Varchar(Some((modifier - 4) as u32)),
            Bpchar(_) if modifier >= 4 => Bpchar(Some((modifier - 4) as u32)),
            Array(element) => SqlType::array(element.with_modifier(modifier)),
            other => other,
        }
    }

    /// By catalog name (`int4`, `_text`) or SQL name (`integer`, `text[]`), without modifier.
    pub fn from_name(name: &str) -> Option<SqlType> {
        if let Some(element) = name.strip_suffix("[]").or_else(|| name.strip_prefix('_')) {
            return SqlType::from_name(element).map(SqlType::array);
        }
        let alias = match name {
            "int" => "int4",
            "decimal" => "numeric",
            "float" => "float8",
            "string" => "text",
            other => other,
        };
        ROWS.iter().find(|row| row.4 == alias || row.5 == alias).map(|row| row.0.clone())
    }

    /// How values of this type lie in memory.
    pub fn arrow(&self) -> DataType {
        match self {
            Bool => DataType::Boolean,
            Int2 => DataType::Int16,
            Int4 => DataType::Int32,
            Int8 | Oid | Xid | Cid | Regclass | Regtype | Regproc | Regprocedure | Regoper
            | Regoperator | Regrole | Regnamespace | Regcollation | Regconfig | Regdictionary => {
                DataType::Int64
            }
            Float4 => DataType::Float32,
            Float8 => DataType::Float64,
            Numeric(modifier) => {
                let (p, s) = modifier.unwrap_or(UNCONSTRAINED_NUMERIC);
                if p <= 38 { DataType::Decimal128(p, s) } else { DataType::Decimal256(p, s) }
            }
            Text | Varchar(_) | Bpchar(_) | Name | Char | Uuid | Json | Jsonb | Aclitem
            | PgNodeTree | Unknown | Record | Tid | Xid8 | PgLsn | Inet | Anyarray
            | PgNdistinct | PgDependencies | PgMcvList => DataType::Utf8View,
            Bytea => DataType::BinaryView,
            Date => DataType::Date32,
            Time => DataType::Time64(TimeUnit::Microsecond),
            // One number, ordered as PostgreSQL orders them, in an Arrow type that stands for nothing else here.
            Timetz => DataType::Duration(TimeUnit::Second),
            Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            Timestamptz => DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC"))),
            Interval => DataType::Interval(IntervalUnit::MonthDayNano),
            Int2Vector => SqlType::array(Int2).arrow(),
            OidVector => SqlType::array(Oid).arrow(),
            Array(element) => DataType::List(element.field("item", true)),
            Void => DataType::Null,
        }
    }

    /// An Arrow field of this type; says the SQL type in its metadata where Arrow alone would not.
    pub fn field(&self, name: &str, nullable: bool) -> FieldRef {
        let arrow = self.arrow();
        let plain = SqlType::from_arrow(&arrow) == *self;
        let field = Field::new(name, arrow, nullable);
        if plain {
            return Arc::new(field);
        }
        Arc::new(field.with_metadata(HashMap::from([(TYPE_KEY.to_owned(), self.to_string())])))
    }

    /// The SQL type of an Arrow field: what its metadata says, else what its Arrow type implies.
    pub fn of(field: &Field) -> SqlType {
        let named = field.metadata().get(TYPE_KEY).and_then(|name| SqlType::parse(name));
        named.unwrap_or_else(|| match field.data_type() {
            DataType::List(item)
            | DataType::LargeList(item)
            | DataType::ListView(item)
            | DataType::FixedSizeList(item, _) => match SqlType::of(item) {
                nested @ Array(_) => nested,
                element => SqlType::array(element),
            },
            other => SqlType::from_arrow(other),
        })
    }

    /// The SQL type under which a column of a file is shown: what has parts of its own is a document.
    pub fn of_file(field: &Field) -> SqlType {
        if nested::is_nested(field.data_type()) { Jsonb } else { SqlType::of(field) }
    }

    /// The SQL type that an Arrow type without metadata stands for. Unsigned and half types go to
    /// the next wider signed type.
    pub fn from_arrow(arrow: &DataType) -> SqlType {
        match arrow {
            DataType::Null => Text,
            DataType::Boolean => Bool,
            DataType::Int8 | DataType::Int16 | DataType::UInt8 => Int2,
            DataType::Int32 | DataType::UInt16 => Int4,
            DataType::Int64 | DataType::UInt32 => Int8,
            DataType::UInt64 => Numeric(Some((20, 0))),
            DataType::Float16 | DataType::Float32 => Float4,
            DataType::Float64 => Float8,
            DataType::Decimal32(p, s)
            | DataType::Decimal64(p, s)
            | DataType::Decimal128(p, s)
            | DataType::Decimal256(p, s) => Numeric(Some((*p, *s))),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Text,
            DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::FixedSizeBinary(_) => Bytea,
            DataType::Date32 | DataType::Date64 => Date,
            DataType::Time32(_) | DataType::Time64(_) => Time,
            DataType::Timestamp(_, None) => Timestamp,
            DataType::Timestamp(_, Some(_)) => Timestamptz,
            DataType::Duration(TimeUnit::Second) => Timetz,
            DataType::Duration(_) | DataType::Interval(_) => Interval,
            DataType::List(item)
            | DataType::LargeList(item)
            | DataType::ListView(item)
            | DataType::LargeListView(item)
            | DataType::FixedSizeList(item, _) => match SqlType::of(item) {
                nested @ Array(_) => nested,
                element => SqlType::array(element),
            },
            DataType::Struct(_) => Record,
            // A map has no PostgreSQL twin; it is read as a JSON object.
            DataType::Map(_, _) | DataType::Union(_, _) => Json,
            DataType::Dictionary(_, value) => SqlType::from_arrow(value),
            DataType::RunEndEncoded(_, value) => SqlType::of(value),
        }
    }

    /// Reads what `Display` writes: `numeric(12,2)`, `character varying(10)`, `text[]`.
    pub fn parse(text: &str) -> Option<SqlType> {
        if let Some(element) = text.strip_suffix("[]") {
            return SqlType::parse(element).map(SqlType::array);
        }
        let Some((name, rest)) = text.split_once('(') else { return SqlType::from_name(text) };
        let args = rest.strip_suffix(')')?;
        match SqlType::from_name(name)? {
            Numeric(_) => {
                let (p, s) = args.split_once(',').unwrap_or((args, "0"));
                Some(Numeric(Some((p.trim().parse().ok()?, s.trim().parse().ok()?))))
            }
            Varchar(_) => Some(Varchar(Some(args.parse().ok()?))),
            Bpchar(_) => Some(Bpchar(Some(args.parse().ok()?))),
            _ => None,
        }
    }

    /// Whether values are text in memory and can be copied to a client as they are.
    pub fn is_string(&self) -> bool {
        self.arrow() == DataType::Utf8View
    }

    /// Whether values are OIDs that are shown as the names of what they stand for.
    pub fn is_registered(&self) -> bool {
        matches!(
            self,
            Regclass
                | Regtype
                | Regproc
                | Regprocedure
                | Regoper
                | Regoperator
                | Regrole
                | Regnamespace
                | Regcollation
                | Regconfig
                | Regdictionary
        )
    }

    /// Whether only system relations have columns of the type: nothing compares, reads or checks its values.
    pub fn is_catalogs_own(&self) -> bool {
        matches!(
            self,
            Tid | Xid8 | PgLsn | Inet | Anyarray | PgNdistinct | PgDependencies | PgMcvList | Cid
        )
    }

    pub fn is_number(&self) -> bool {
        matches!(self, Int2 | Int4 | Int8 | Float4 | Float8 | Numeric(_))
    }

    /// `pg_type.typcategory`.
    pub fn category(&self) -> char {
        match self {
            Bool => 'B',
            Int2 | Int4 | Int8 | Float4 | Float8 | Numeric(_) | Oid | Regclass | Regtype
            | Regproc | Regprocedure | Regoper | Regoperator | Regrole | Regnamespace
            | Regcollation | Regconfig | Regdictionary => 'N',
            Inet => 'I',
            Text | Varchar(_) | Bpchar(_) | Name => 'S',
            Date | Time | Timetz | Timestamp | Timestamptz => 'D',
            Interval => 'T',
            Array(_) | Int2Vector | OidVector => 'A',
            Record | Void | Anyarray => 'P',
            Unknown => 'X',
            Char | PgNodeTree | PgNdistinct | PgDependencies | PgMcvList => 'Z',
            Bytea | Uuid | Json | Jsonb | Aclitem | Xid | Cid | Tid | Xid8 | PgLsn => 'U',
        }
    }
}

/// As `format_type` and `\d` show it.
impl fmt::Display for SqlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Array(element) => write!(f, "{element}[]"),
            Numeric(Some((p, s))) => write!(f, "numeric({p},{s})"),
            Varchar(Some(n)) => write!(f, "character varying({n})"),
            Bpchar(Some(n)) => write!(f, "character({n})"),
            scalar => f.write_str(scalar.row().5),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_survives_its_oid_its_name_and_arrow() {
        for sql in SqlType::all() {
            assert_eq!(SqlType::from_oid(sql.oid()).as_ref(), Some(sql));
            assert_eq!(SqlType::parse(&sql.to_string()).as_ref(), Some(sql));
            if !matches!(sql, Void | Numeric(None)) {
                assert_eq!(&SqlType::of(&sql.field("c", true)), sql);
            }
        }
    }

    #[test]
    fn modifiers_are_postgres_own() {
        assert_eq!(Numeric(Some((12, 2))).modifier(), 786_438);
        assert_eq!(Numeric(None).with_modifier(786_438), Numeric(Some((12, 2))));
        assert_eq!(Varchar(Some(10)).modifier(), 14);
        let nested = SqlType::array(Varchar(Some(10)));
        assert_eq!(SqlType::of(&nested.field("c", true)), nested);
    }
}
