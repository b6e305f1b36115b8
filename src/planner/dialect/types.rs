//! Type names in SQL to SQL types, and those to Arrow for DataFusion's planner.

use std::sync::Arc;

use arrow::datatypes::FieldRef;
use datafusion::common::Result as DfResult;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::planner::TypePlanner;

use crate::catalog::types::SqlType;
use crate::error::{Error, Result, SqlState};
use crate::parser::ast::{
    self, ArrayElemTypeDef, CharacterLength, DataType, ExactNumberInfo, TimezoneInfo,
};

/// The name of the field of a cast that is not DataFusion's own.
pub(super) const WRITTEN: &str = "cast";

#[derive(Debug)]
struct Types;

impl TypePlanner for Types {
    fn plan_type_field(&self, data_type: &DataType) -> DfResult<Option<FieldRef>> {
        let sql_type = sql_type(data_type).map_err(|e| DataFusionError::External(Box::new(e)))?;
        // With a name it is all that the cast makes: without, DataFusion keeps the source's own SQL type on it.
        // A cast to plain numeric keeps the scale of what is cast; the plan pass sees the bare type.
        Ok(Some(sql_type.field(WRITTEN, true)))
    }
}

pub fn type_planner() -> Arc<dyn TypePlanner> {
    Arc::new(Types)
}

/// The SQL type that a type name stands for.
pub fn sql_type(data_type: &DataType) -> Result<SqlType> {
    Ok(match data_type {
        DataType::Boolean | DataType::Bool => SqlType::Bool,
        DataType::SmallInt(None) | DataType::Int2(None) => SqlType::Int2,
        DataType::Int(None) | DataType::Integer(None) | DataType::Int4(None) => SqlType::Int4,
        DataType::BigInt(None) | DataType::Int8(None) => SqlType::Int8,
        DataType::Real | DataType::Float4 => SqlType::Float4,
        DataType::Float(ExactNumberInfo::Precision(p)) if (1..=24).contains(p) => SqlType::Float4,
        DataType::Float(ExactNumberInfo::None | ExactNumberInfo::Precision(25..=53))
        | DataType::DoublePrecision
        | DataType::Float8 => SqlType::Float8,
        DataType::Numeric(info) | DataType::Decimal(info) | DataType::Dec(info) => numeric(info)?,
        DataType::Text => SqlType::Text,
        DataType::Varchar(length)
        | DataType::CharacterVarying(length)
        | DataType::CharVarying(length) => {
            SqlType::Varchar(characters(length.as_ref(), "varchar")?)
        }
        DataType::Char(length) | DataType::Character(length) => {
            SqlType::Bpchar(Some(characters(length.as_ref(), "char")?.unwrap_or(1)))
        }
        DataType::String(None) => SqlType::Text,
        DataType::Bytea => SqlType::Bytea,
        DataType::Date => SqlType::Date,
        DataType::Time(precision, TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => {
            microseconds(*precision)?;
            SqlType::Time
        }
        DataType::Time(precision, TimezoneInfo::WithTimeZone | TimezoneInfo::Tz) => {
            microseconds(*precision)?;
            SqlType::Timetz
        }
        DataType::Timestamp(precision, zone) => {
            microseconds(*precision)?;
            match zone {
                TimezoneInfo::None | TimezoneInfo::WithoutTimeZone => SqlType::Timestamp,
                TimezoneInfo::WithTimeZone | TimezoneInfo::Tz => SqlType::Timestamptz,
            }
        }
        DataType::Interval { fields: None, precision: None } => SqlType::Interval,
        DataType::Uuid => SqlType::Uuid,
        DataType::JSON => SqlType::Json,
        DataType::JSONB => SqlType::Jsonb,
        DataType::Regclass => SqlType::Regclass,
        DataType::Array(ArrayElemTypeDef::SquareBracket(element, _)) => {
            SqlType::array(sql_type(element)?)
        }
        DataType::Custom(name, modifiers) => custom(name, modifiers)?,
        other => return Err(unsupported(other)),
    })
}

fn numeric(info: &ExactNumberInfo) -> Result<SqlType> {
    let (precision, scale) = match info {
        ExactNumberInfo::None => return Ok(SqlType::Numeric(None)),
        ExactNumberInfo::Precision(p) => (*p, 0),
        ExactNumberInfo::PrecisionAndScale(p, s) => (*p, *s),
    };
    match (u8::try_from(precision), i8::try_from(scale)) {
        (Ok(p), Ok(s)) if (1..=76).contains(&p) && s >= 0 && i64::from(s) <= i64::from(p) => {
            Ok(SqlType::Numeric(Some((p, s))))
        }
        _ if !(1..=1000).contains(&precision) => Err(Error::invalid_parameter(format!(
            "NUMERIC precision {precision} must be between 1 and 1000"
        ))),
        _ => Err(Error::unsupported(format!("numeric({precision},{scale})"))
            .hint("Numbers have at most 76 digits, and a scale from 0 to that.")),
    }
}

fn characters(length: Option<&CharacterLength>, name: &str) -> Result<Option<u32>> {
    match length {
        None => Ok(None),
        Some(CharacterLength::IntegerLength { length, .. }) => match u32::try_from(*length) {
            Ok(n) if (1..=10_485_760).contains(&n) => Ok(Some(n)),
            Ok(0) | Err(_) => {
                Err(Error::invalid_parameter(format!("length for type {name} must be at least 1")))
            }
            Ok(_) => Err(Error::invalid_parameter(format!(
                "length for type {name} cannot exceed 10485760"
            ))),
        },
        Some(CharacterLength::Max) => Err(Error::unsupported("varchar(max)")),
    }
}

/// Times are kept in microseconds; a coarser precision would have to round.
fn microseconds(precision: Option<u64>) -> Result<()> {
    match precision {
        None | Some(6) => Ok(()),
        // What is read from others' files is not rounded.
        Some(other) => Err(Error::unsupported(format!("a time precision of {other}"))),
    }
}

fn custom(name: &ast::ObjectName, modifiers: &[String]) -> Result<SqlType> {
    let parts: Vec<String> = name
        .0
        .iter()
        .filter_map(|part| part.as_ident())
        .map(|ident| match ident.quote_style {
            Some(_) => ident.value.clone(),
            None => ident.value.to_lowercase(),
        })
        .collect();
    let bare = match parts.as_slice() {
        [schema, bare] if schema == "pg_catalog" => bare,
        [bare] => bare,
        _ => return Err(missing(&parts.join("."))),
    };
    let quoted_char =
        name.0.first().and_then(|p| p.as_ident()).is_some_and(|i| i.quote_style.is_some());
    let lookup = if quoted_char && bare == "char" { "\"char\"" } else { bare };
    let found = SqlType::from_name(lookup).filter(|found| !found.is_catalogs_own());
    let found = found.ok_or_else(|| missing(bare))?;
    match (found, modifiers) {
        (found, []) => Ok(found),
        (SqlType::Numeric(_), [p]) => numeric(&ExactNumberInfo::Precision(parse(p)?)),
        (SqlType::Numeric(_), [p, s]) => {
            numeric(&ExactNumberInfo::PrecisionAndScale(parse(p)?, parse(s)? as i64))
        }
        (SqlType::Varchar(_), [n]) => Ok(SqlType::Varchar(Some(parse(n)? as u32))),
        (SqlType::Bpchar(_), [n]) => Ok(SqlType::Bpchar(Some(parse(n)? as u32))),
        _ => Err(Error::syntax(format!("type modifier is not allowed for type \"{bare}\""))),
    }
}

fn parse(text: &str) -> Result<u64> {
    text.parse().map_err(|_| Error::syntax("type modifiers must be simple constants"))
}

fn missing(name: &str) -> Error {
    match name {
        "money" | "inet" | "pg_lsn" | "xid8" | "cid" | "cidr" | "macaddr" | "xml" | "point"
        | "bit" | "varbit" => Error::unsupported(format!("the type {name}")),
        _ => Error::new(SqlState::UNDEFINED_OBJECT, format!("type \"{name}\" does not exist")),
    }
}

/// Types of other databases are no types here; PostgreSQL's that we lack are said to be so.
fn unsupported(data_type: &DataType) -> Error {
    let name = data_type.to_string().to_lowercase();
    match data_type {
        DataType::Interval { .. }
        | DataType::Time(..)
        | DataType::Bit(_)
        | DataType::BitVarying(_)
        | DataType::VarBit(_)
        | DataType::GeometricType(_)
        | DataType::TsVector
        | DataType::TsQuery => Error::unsupported(format!("the type {name}")),
        _ => missing(&name),
    }
}
