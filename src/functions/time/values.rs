//! Single values out of Arrow arrays and back, in the types of this area.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanBuilder, Date32Builder, Decimal128Builder,
    DurationSecondBuilder, Float64Builder, Int32Builder, Int64Builder, IntervalMonthDayNanoBuilder,
    StringViewBuilder, Time64MicrosecondBuilder, TimestampMicrosecondBuilder,
};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, DurationSecondType, Float64Type, Int64Type, IntervalMonthDayNanoType,
    Time64MicrosecondType, TimestampMicrosecondType,
};
use datafusion::common::Result;

use super::calendar::{self, DAY, SECOND};
use super::kinds::Kind;
use super::read::{self, Setting};
use super::read_span;
use super::span::Span;
use crate::catalog::types::SqlType;
use crate::error::{Error, Result as OurResult};
use crate::functions::special;

/// One value; a numeric as its digits.
#[derive(Clone, Debug)]
pub enum Value {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Numeric(String),
    /// Digits and how many of them stand behind the point.
    Decimal(i128, u8),
    Date(i32),
    Time(i64),
    /// Microseconds since midnight, seconds to the east.
    Timetz(i64, i32),
    Timestamp(i64),
    Timestamptz(i64),
    Interval(Span),
}

/// A time with its zone in one number: by the instant first, then from east to west, as PostgreSQL orders them.
pub fn pack(micros: i64, east: i32) -> i64 {
    let instant = micros - i64::from(east) * SECOND;
    instant << 17 | i64::from(65_536 - east)
}

pub fn unpack(packed: i64) -> (i64, i32) {
    let east = 65_536 - (packed & 0x1_FFFF) as i32;
    ((packed >> 17) + i64::from(east) * SECOND, east)
}

/// The values of one argument, in the type that the function takes.
pub struct Column {
    array: ArrayRef,
    given: Option<Kind>,
    wanted: Kind,
    scalar: bool,
}

impl Column {
    /// Of a constant one row is looked at.
    pub fn new(
        array: &ArrayRef,
        given: Option<Kind>,
        wanted: Kind,
        scalar: bool,
    ) -> Result<Column> {
        let to = match given {
            None => DataType::Utf8View,
            Some(Kind::Int2 | Kind::Int4 | Kind::Int8) => DataType::Int64,
            Some(Kind::Float4 | Kind::Float8) => DataType::Float64,
            Some(Kind::Numeric) => array.data_type().clone(),
            Some(kind) => kind.sql_type().arrow(),
        };
        let array = match *array.data_type() == to {
            true => Arc::clone(array),
            false => match (array.data_type(), &to) {
                // The instants stay, whatever zone they were labelled with.
                (DataType::Timestamp(_, from), DataType::Timestamp(unit, _)) => {
                    let same = DataType::Timestamp(*unit, from.clone());
                    cast(array, &same)?
                }
                _ => cast(array, &to)?,
            },
        };
        Ok(Column { array, given, wanted, scalar })
    }

    pub fn is_scalar(&self) -> bool {
        self.scalar
    }

    pub fn get(&self, row: usize, setting: &Setting) -> OurResult<Option<Value>> {
        let row = if self.scalar { 0 } else { row };
        let array = &self.array;
        if array.is_null(row) {
            return Ok(None);
        }
        let value = match self.given {
            None => Value::Text(array.as_string_view().value(row).to_owned()),
            Some(Kind::Bool) => Value::Bool(array.as_boolean().value(row)),
            Some(Kind::Text) => Value::Text(array.as_string_view().value(row).to_owned()),
            Some(Kind::Int2 | Kind::Int4 | Kind::Int8) => {
                Value::Int(array.as_primitive::<Int64Type>().value(row))
            }
            Some(kind @ (Kind::Float4 | Kind::Float8)) => {
                let value = array.as_primitive::<Float64Type>().value(row);
                // A real's own digits, not those that a double makes of it.
                let _ = kind;
                Value::Float(value)
            }
            Some(Kind::Numeric) => Value::Numeric(match special::at(array, row) {
                Some(special) => special.word().to_owned(),
                None => arrow::util::display::array_value_to_string(array, row)
                    .map_err(|e| Error::internal("a numeric's digits").because(e))?,
            }),
            Some(Kind::Date) => Value::Date(array.as_primitive::<Date32Type>().value(row)),
            Some(Kind::Time) => {
                Value::Time(array.as_primitive::<Time64MicrosecondType>().value(row))
            }
            Some(Kind::Timetz) => {
                let (micros, east) = unpack(array.as_primitive::<DurationSecondType>().value(row));
                Value::Timetz(micros, east)
            }
            Some(Kind::Timestamp) => {
                Value::Timestamp(array.as_primitive::<TimestampMicrosecondType>().value(row))
            }
            Some(Kind::Timestamptz) => {
                Value::Timestamptz(array.as_primitive::<TimestampMicrosecondType>().value(row))
            }
            Some(Kind::Interval) => Value::Interval(Span::of_arrow(
                array.as_primitive::<IntervalMonthDayNanoType>().value(row),
            )),
            Some(Kind::Xid | Kind::Other) => {
                return Err(Error::internal("an argument of no known type"));
            }
        };
        match self.given == Some(self.wanted) {
            true => Ok(Some(value)),
            false => converted(value, self.wanted, setting).map(Some),
        }
    }
}

/// A value in the type that is wanted: text is read, the rest as PostgreSQL turns it by itself.
pub fn converted(value: Value, wanted: Kind, setting: &Setting) -> OurResult<Value> {
    Ok(match (value, wanted) {
        (Value::Text(text), wanted) => of_text(text, wanted, setting)?,
        (Value::Date(days), Kind::Timestamp) => Value::Timestamp(date_to_timestamp(days)?),
        (Value::Date(days), Kind::Timestamptz) => {
            Value::Timestamptz(to_instant(date_to_timestamp(days)?, setting)?)
        }
        (Value::Timestamp(at), Kind::Timestamptz) => Value::Timestamptz(to_instant(at, setting)?),
        (Value::Time(micros), Kind::Interval) => Value::Interval(Span::new(0, 0, micros)),
        (Value::Time(micros), Kind::Timetz) => {
            let local = setting.zone.to_local(setting.now).unwrap_or(setting.now);
            let local = local.div_euclid(DAY) * DAY + micros;
            let instant = setting.zone.to_instant(local).unwrap_or(local);
            Value::Timetz(micros, ((local - instant) / SECOND) as i32)
        }
        (Value::Int(n), Kind::Float4 | Kind::Float8) => Value::Float(n as f64),
        (Value::Int(n), Kind::Numeric) => Value::Numeric(n.to_string()),
        (Value::Numeric(digits), Kind::Float4 | Kind::Float8) => {
            Value::Float(digits.parse().map_err(|e| Error::internal("a numeric").because(e))?)
        }
        (value, _) => value,
    })
}

fn of_text(text: String, wanted: Kind, setting: &Setting) -> OurResult<Value> {
    let number = |name: &str| {
        let message = format!("invalid input syntax for type {name}: \"{text}\"");
        Error::new(crate::error::SqlState::INVALID_TEXT, message)
    };
    Ok(match wanted {
        Kind::Date => Value::Date(read::date(&text, setting)?),
        Kind::Time => Value::Time(read::time(&text, setting)?),
        Kind::Timetz => {
            let (micros, east) = read::timetz(&text, setting)?;
            Value::Timetz(micros, east)
        }
        Kind::Timestamp => Value::Timestamp(read::timestamp(&text, setting)?),
        Kind::Timestamptz => Value::Timestamptz(read::timestamptz(&text, setting)?),
        Kind::Interval => Value::Interval(read_span::interval(
            &text,
            read_span::Fields::default(),
            setting.intervals,
        )?),
        Kind::Int2 | Kind::Int4 | Kind::Int8 => {
            Value::Int(text.trim().parse().map_err(|_| number("integer"))?)
        }
        Kind::Float4 | Kind::Float8 => {
            Value::Float(text.trim().parse().map_err(|_| number("double precision"))?)
        }
        Kind::Numeric => {
            let parsed: std::result::Result<f64, _> = text.trim().parse();
            parsed.map_err(|_| number("numeric"))?;
            Value::Numeric(text.trim().to_owned())
        }
        _ => Value::Text(text),
    })
}

pub fn date_to_timestamp(days: i32) -> OurResult<i64> {
    match days {
        i32::MAX => Ok(i64::MAX),
        i32::MIN => Ok(i64::MIN),
        days => i64::from(days)
            .checked_mul(DAY)
            .filter(|at| calendar::in_range(*at))
            .ok_or_else(|| calendar::overflow("date out of range for timestamp")),
    }
}

pub fn to_instant(local: i64, setting: &Setting) -> OurResult<i64> {
    match local {
        i64::MAX | i64::MIN => Ok(local),
        local => calendar::instant(setting.zone.to_instant(local)),
    }
}

pub fn to_local(instant: i64, setting: &Setting) -> OurResult<i64> {
    match instant {
        i64::MAX | i64::MIN => Ok(instant),
        instant => calendar::instant(setting.zone.to_local(instant)),
    }
}

pub fn timestamp_to_date(local: i64) -> OurResult<i32> {
    match local {
        i64::MAX => Ok(i32::MAX),
        i64::MIN => Ok(i32::MIN),
        local => calendar::date(local.div_euclid(DAY)),
    }
}

/// Results on their way into an array.
pub enum Builder {
    Bool(BooleanBuilder),
    Int4(Int32Builder),
    Int8(Int64Builder),
    Float(Float64Builder),
    Text(StringViewBuilder),
    Decimal(Decimal128Builder, u8),
    Date(Date32Builder),
    Time(Time64MicrosecondBuilder),
    Timetz(DurationSecondBuilder),
    Timestamp(TimestampMicrosecondBuilder),
    Interval(IntervalMonthDayNanoBuilder),
}

impl Builder {
    pub fn new(data_type: &DataType, rows: usize) -> OurResult<Builder> {
        Ok(match data_type {
            DataType::Boolean => Builder::Bool(BooleanBuilder::with_capacity(rows)),
            DataType::Int32 => Builder::Int4(Int32Builder::with_capacity(rows)),
            DataType::Int64 => Builder::Int8(Int64Builder::with_capacity(rows)),
            DataType::Float64 => Builder::Float(Float64Builder::with_capacity(rows)),
            DataType::Utf8View => Builder::Text(StringViewBuilder::with_capacity(rows)),
            DataType::Decimal128(_, scale) => Builder::Decimal(
                Decimal128Builder::with_capacity(rows).with_data_type(data_type.clone()),
                u8::try_from(*scale).unwrap_or(0),
            ),
            DataType::Date32 => Builder::Date(Date32Builder::with_capacity(rows)),
            DataType::Time64(_) => Builder::Time(Time64MicrosecondBuilder::with_capacity(rows)),
            DataType::Duration(_) => Builder::Timetz(DurationSecondBuilder::with_capacity(rows)),
            DataType::Timestamp(..) => Builder::Timestamp(
                TimestampMicrosecondBuilder::with_capacity(rows).with_data_type(data_type.clone()),
            ),
            DataType::Interval(_) => {
                Builder::Interval(IntervalMonthDayNanoBuilder::with_capacity(rows))
            }
            other => return Err(Error::internal(format!("a result of type {other}"))),
        })
    }

    pub fn push(&mut self, value: Option<Value>) -> OurResult<()> {
        match (self, value) {
            (Builder::Bool(b), Some(Value::Bool(v))) => b.append_value(v),
            (Builder::Int4(b), Some(Value::Int(v))) => {
                let out = || {
                    Error::new(crate::error::SqlState::NUMERIC_OUT_OF_RANGE, "integer out of range")
                };
                b.append_value(i32::try_from(v).map_err(|_| out())?);
            }
            (Builder::Int8(b), Some(Value::Int(v))) => b.append_value(v),
            (Builder::Float(b), Some(Value::Float(v))) => b.append_value(v),
            (Builder::Text(b), Some(Value::Text(v))) => b.append_value(v),
            (Builder::Decimal(b, scale), Some(Value::Decimal(v, has))) => {
                b.append_value(rescaled(v, has, *scale)?);
            }
            (Builder::Date(b), Some(Value::Date(v))) => b.append_value(v),
            (Builder::Time(b), Some(Value::Time(v))) => b.append_value(v),
            (Builder::Timetz(b), Some(Value::Timetz(v, east))) => b.append_value(pack(v, east)),
            (Builder::Timestamp(b), Some(Value::Timestamp(v) | Value::Timestamptz(v))) => {
                b.append_value(v);
            }
            (Builder::Interval(b), Some(Value::Interval(v))) => b.append_value(v.arrow()?),
            (builder, None) => builder.null(),
            _ => return Err(Error::internal("a function gave another type than it said")),
        }
        Ok(())
    }

    fn null(&mut self) {
        match self {
            Builder::Bool(b) => b.append_null(),
            Builder::Int4(b) => b.append_null(),
            Builder::Int8(b) => b.append_null(),
            Builder::Float(b) => b.append_null(),
            Builder::Text(b) => b.append_null(),
            Builder::Decimal(b, _) => b.append_null(),
            Builder::Date(b) => b.append_null(),
            Builder::Time(b) => b.append_null(),
            Builder::Timetz(b) => b.append_null(),
            Builder::Timestamp(b) => b.append_null(),
            Builder::Interval(b) => b.append_null(),
        }
    }

    pub fn finish(self) -> ArrayRef {
        match self {
            Builder::Bool(mut b) => Arc::new(b.finish()),
            Builder::Int4(mut b) => Arc::new(b.finish()),
            Builder::Int8(mut b) => Arc::new(b.finish()),
            Builder::Float(mut b) => Arc::new(b.finish()),
            Builder::Text(mut b) => Arc::new(b.finish()),
            Builder::Decimal(mut b, _) => Arc::new(b.finish()),
            Builder::Date(mut b) => Arc::new(b.finish()),
            Builder::Time(mut b) => Arc::new(b.finish()),
            Builder::Timetz(mut b) => Arc::new(b.finish()),
            Builder::Timestamp(mut b) => Arc::new(b.finish()),
            Builder::Interval(mut b) => Arc::new(b.finish()),
        }
    }
}

fn rescaled(v: i128, has: u8, scale: u8) -> OurResult<i128> {
    let out = || {
        Error::new(crate::error::SqlState::NUMERIC_OUT_OF_RANGE, "value overflows numeric format")
    };
    match has <= scale {
        true => 10i128
            .checked_pow(u32::from(scale - has))
            .and_then(|f| v.checked_mul(f))
            .ok_or_else(out),
        false => {
            let by = 10i128.pow(u32::from(has - scale));
            Ok((v.abs() + by / 2) / by * v.signum())
        }
    }
}

/// The Arrow type of a kind.
pub fn arrow_type(kind: Kind) -> DataType {
    match kind {
        Kind::Timestamptz => SqlType::Timestamptz.arrow(),
        other => other.sql_type().arrow(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_with_its_zone_fits_in_one_number() {
        for (micros, east) in [(0, 0), (86_400_000_000, -57_599), (5, 57_599), (1, -1)] {
            assert_eq!(unpack(pack(micros, east)), (micros, east));
        }
        assert!(pack(0, 3_600) < pack(0, 0));
        assert!(pack(3_600_000_000, 3_600) < pack(0, 0), "the same instant: east first");
    }
}
