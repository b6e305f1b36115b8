//! Columns of times that keep fewer digits of a second than microseconds, and of intervals that keep some fields:
//! what is written into them is rounded.

use datafusion::logical_expr::{Expr, lit};

use super::temporal::call;
use super::temporal_syntax::modified;
use super::types::sql_type;
use crate::catalog::relation::Column;
use crate::catalog::types::SqlType;
use crate::error::Result;
use crate::functions::time::casts::{modifier_of, packed_of};
use crate::parser::ast::{DataType, TimezoneInfo};
use crate::planner::failure::from_datafusion;

/// A column's type, and `atttypmod` where the type as such has none.
pub fn column_type(data_type: &DataType) -> Result<(SqlType, Option<i32>)> {
    let bare = match data_type {
        DataType::Timestamp(Some(_), zone) => DataType::Timestamp(None, *zone),
        DataType::Time(Some(_), zone) => DataType::Time(None, *zone),
        DataType::Interval { .. } => DataType::Interval { fields: None, precision: None },
        other => other.clone(),
    };
    let sql_type = sql_type(&bare)?;
    let modifier = modified(data_type).map(|(_, modifier)| match sql_type {
        SqlType::Interval => modifier_of(modifier),
        _ => modifier as i32,
    });
    Ok((sql_type, modifier))
}

/// A value as precise as its column.
pub fn precise(value: Expr, column: &Column) -> Result<Expr> {
    let Some(precision) = column.precision else { return Ok(value) };
    let none = TimezoneInfo::None;
    let (data_type, modifier) = match column.sql_type {
        SqlType::Timestamp => (DataType::Timestamp(Some(6), none), i64::from(precision)),
        SqlType::Timestamptz => {
            (DataType::Timestamp(Some(6), TimezoneInfo::Tz), i64::from(precision))
        }
        SqlType::Time => (DataType::Time(Some(6), none), i64::from(precision)),
        SqlType::Timetz => (DataType::Time(Some(6), TimezoneInfo::Tz), i64::from(precision)),
        SqlType::Interval => {
            let data_type = DataType::Interval { fields: None, precision: Some(6) };
            (data_type, packed_of(precision))
        }
        _ => return Ok(value),
    };
    match modified(&data_type) {
        Some((name, _)) => call(name, vec![value, lit(modifier as i32)]).map_err(from_datafusion),
        None => Ok(value),
    }
}
