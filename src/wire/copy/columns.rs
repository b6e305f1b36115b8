//! The columns of a COPY FROM, each with the builder of its values.

use std::sync::Arc;

use arrow::array::{
    ArrayBuilder, ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Float64Builder,
    Int16Builder, Int32Builder, Int64Builder, StringViewBuilder, TimestampMicrosecondBuilder,
    new_empty_array,
};
use arrow::datatypes::{DataType, Field, i256};
use datafusion::common::ScalarValue;

use crate::catalog::types::SqlType;
use crate::error::{Error, Result, SqlState};
use crate::functions::special::Special;
use crate::wire::parameters::decode;
use crate::wire::rows::{Format, Style};

use super::values;

/// All columns of a COPY FROM and where in the data they are.
pub(super) struct Columns {
    pub(super) relation: Arc<str>,
    pub(super) builders: Vec<Builder>,
    pub(super) style: Style,
    /// From 1; for binary data, rows.
    pub(super) line: u64,
    /// In the batch that is being built.
    pub(super) rows: usize,
    pub(super) bytes: usize,
}

impl Columns {
    /// Says in which line it went wrong.
    pub(super) fn at_line(&self, error: Error) -> Error {
        error.context(format!("COPY {}, line {}", self.relation, self.line))
    }

    /// The same with the line itself.
    pub(super) fn in_line(&self, error: Error, line: &[u8]) -> Error {
        let shown = shortened(&String::from_utf8_lossy(line));
        error.context(format!("COPY {}, line {}: \"{shown}\"", self.relation, self.line))
    }

    #[inline]
    pub(super) fn put_text(&mut self, column: usize, text: &str) -> Result<()> {
        self.bytes += text.len() + 8;
        match self.builders[column].put_text(text, &self.style) {
            Ok(()) => Ok(()),
            Err(error) => Err(self.in_column(error, column, text)),
        }
    }

    fn in_column(&self, error: Error, column: usize, text: &str) -> Error {
        let (relation, line, name) = (&self.relation, self.line, &self.builders[column].name);
        let shown = shortened(text);
        error.context(format!("COPY {relation}, line {line}, column {name}: \"{shown}\""))
    }

    pub(super) fn put_binary(&mut self, column: usize, bytes: &[u8]) -> Result<()> {
        self.bytes += bytes.len() + 8;
        self.builders[column].put_binary(bytes, &self.style).map_err(|error| {
            // The same words serve parameters, where they say so.
            let error = match error.state {
                SqlState::INVALID_BINARY => {
                    Error::new(SqlState::INVALID_BINARY, "incorrect binary data format")
                }
                _ => error,
            };
            self.in_field(error, column)
        })
    }

    /// Says in which column of which row it went wrong.
    pub(super) fn in_field(&self, error: Error, column: usize) -> Error {
        let (relation, line, name) = (&self.relation, self.line, &self.builders[column].name);
        error.context(format!("COPY {relation}, line {line}, column {name}"))
    }

    #[inline]
    pub(super) fn put_null(&mut self, column: usize) {
        self.builders[column].put_null();
    }
}

/// A number with more digits behind the point than its column keeps is rounded, as when it is assigned.
fn rounded(
    precision: u8,
    scale: i8,
    format: Format,
    bytes: &[u8],
    style: &Style,
) -> Result<ScalarValue> {
    const WIDE: (u8, i8) = (76, 38);
    let wide = decode(&SqlType::Numeric(Some(WIDE)), format, Some(bytes), style);
    let wide = wide.map_err(|e| match e.state {
        SqlState::NUMERIC_OUT_OF_RANGE => overflow(precision, scale),
        _ => match decode(&SqlType::Numeric(None), format, Some(bytes), style) {
            Err(plain) => plain,
            Ok(_) => e,
        },
    })?;
    if let Some(special) = Special::in_constant(&wide) {
        return Err(in_column(special, precision, scale));
    }
    let ScalarValue::Decimal256(Some(wide), ..) = wide else {
        return Err(Error::internal("a number was read as something else"));
    };
    let power = u32::try_from(WIDE.1 - scale).unwrap_or(0);
    let unit = i256::from_i128(10).checked_pow(power).unwrap_or(i256::ONE);
    let half = unit.wrapping_div(i256::from_i128(2));
    let away = if wide.is_negative() { wide.wrapping_sub(half) } else { wide.wrapping_add(half) };
    let value = away.wrapping_div(unit).to_i128();
    let limit = 10i128.checked_pow(u32::from(precision)).unwrap_or(i128::MAX);
    match value.filter(|value| value.unsigned_abs() < limit.unsigned_abs()) {
        Some(value) => Ok(ScalarValue::Decimal128(Some(value), precision, scale)),
        None => Err(overflow(precision, scale)),
    }
}

/// Files keep no numeric that is NaN or infinite.
fn in_column(special: Special, precision: u8, scale: i8) -> Error {
    let column = SqlType::Numeric(Some((precision, scale)));
    Error::unsupported(format!("{} in a column of type {column}", special.word()))
        .hint("A column of type double precision can hold it.")
}

fn overflow(precision: u8, scale: i8) -> Error {
    let whole = i32::from(precision) - i32::from(scale);
    let most = if whole == 0 { "1".to_owned() } else { format!("10^{whole}") };
    Error::new(SqlState::NUMERIC_OUT_OF_RANGE, "numeric field overflow").detail(format!(
        "A field with precision {precision}, scale {scale} must round to an absolute value less \
         than {most}."
    ))
}

fn shortened(text: &str) -> String {
    const CHARS_MAX: usize = 100;
    match text.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// One column's values.
pub(super) struct Builder {
    pub(super) name: String,
    sql: SqlType,
    values: Values,
}

/// The types that most data are made of have builders of their own.
enum Values {
    Bool(BooleanBuilder),
    Int2(Int16Builder),
    Int4(Int32Builder),
    Int8(Int64Builder),
    Float8(Float64Builder),
    Decimal(Decimal128Builder, u8, i8),
    Text(StringViewBuilder),
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder),
    Timestamptz(TimestampMicrosecondBuilder),
    Other(Vec<ScalarValue>, ScalarValue),
}

impl Builder {
    pub(super) fn new(field: &Field) -> Builder {
        let sql = SqlType::of(field);
        let arrow = field.data_type();
        let values = match (&sql, arrow) {
            (SqlType::Bool, _) => Values::Bool(BooleanBuilder::new()),
            (SqlType::Int2, _) => Values::Int2(Int16Builder::new()),
            (SqlType::Int4, _) => Values::Int4(Int32Builder::new()),
            (SqlType::Int8, _) => Values::Int8(Int64Builder::new()),
            (SqlType::Float8, _) => Values::Float8(Float64Builder::new()),
            (SqlType::Numeric(Some(_)), DataType::Decimal128(p, s)) if *s >= 0 => {
                let builder = Decimal128Builder::new().with_data_type(arrow.clone());
                Values::Decimal(builder, *p, *s)
            }
            (SqlType::Text | SqlType::Varchar(None), DataType::Utf8View) => {
                Values::Text(StringViewBuilder::new())
            }
            (SqlType::Date, _) => Values::Date(Date32Builder::new()),
            (SqlType::Timestamp, _) => Values::Timestamp(TimestampMicrosecondBuilder::new()),
            (SqlType::Timestamptz, _) => {
                let builder = TimestampMicrosecondBuilder::new().with_data_type(arrow.clone());
                Values::Timestamptz(builder)
            }
            _ => {
                let null = ScalarValue::try_from(arrow).unwrap_or(ScalarValue::Null);
                Values::Other(Vec::new(), null)
            }
        };
        Builder { name: field.name().clone(), sql, values }
    }

    fn put_text(&mut self, text: &str, style: &Style) -> Result<()> {
        let bytes = text.as_bytes();
        let taken = match &mut self.values {
            Values::Bool(b) => values::boolean(bytes).map(|v| b.append_value(v)),
            Values::Int2(b) => values::integer(bytes)
                .and_then(|v| i16::try_from(v).ok())
                .map(|v| b.append_value(v)),
            Values::Int4(b) => values::integer(bytes)
                .and_then(|v| i32::try_from(v).ok())
                .map(|v| b.append_value(v)),
            Values::Int8(b) => values::integer(bytes).map(|v| b.append_value(v)),
            Values::Float8(b) => values::float(text).map(|v| b.append_value(v)),
            Values::Decimal(b, p, s) => values::decimal(bytes, *p, *s).map(|v| b.append_value(v)),
            Values::Text(b) if !bytes.contains(&0) => {
                b.append_value(text);
                Some(())
            }
            Values::Date(b) => values::date(bytes).map(|v| b.append_value(v)),
            Values::Timestamp(b) => values::timestamp(bytes).map(|v| b.append_value(v)),
            Values::Timestamptz(b) => values::timestamptz(bytes).map(|v| b.append_value(v)),
            Values::Text(_) | Values::Other(..) => None,
        };
        match taken {
            Some(()) => Ok(()),
            // Whatever is not in its plainest form is read as a parameter's text would be.
            None => self.put_read(Format::Text, bytes, style),
        }
    }

    /// By the full reader, which knows every form.
    fn put_read(&mut self, format: Format, bytes: &[u8], style: &Style) -> Result<()> {
        let scalar = match &self.values {
            Values::Decimal(_, precision, scale) => {
                rounded(*precision, *scale, format, bytes, style)?
            }
            _ => decode(&self.sql, format, Some(bytes), style)?,
        };
        self.put(scalar)
    }

    fn put_binary(&mut self, bytes: &[u8], style: &Style) -> Result<()> {
        let taken = match (&mut self.values, bytes.len()) {
            (Values::Int2(b), 2) => {
                bytes.try_into().ok().map(|v| b.append_value(i16::from_be_bytes(v)))
            }
            (Values::Int4(b), 4) => {
                bytes.try_into().ok().map(|v| b.append_value(i32::from_be_bytes(v)))
            }
            (Values::Int8(b), 8) => {
                bytes.try_into().ok().map(|v| b.append_value(i64::from_be_bytes(v)))
            }
            (Values::Float8(b), 8) => {
                bytes.try_into().ok().map(|v| b.append_value(f64::from_be_bytes(v)))
            }
            (Values::Text(b), _) if style.charset.is_utf8() && !bytes.contains(&0) => {
                std::str::from_utf8(bytes).ok().map(|text| b.append_value(text))
            }
            _ => None,
        };
        match taken {
            Some(()) => Ok(()),
            None => self.put_read(Format::Binary, bytes, style),
        }
    }

    fn put(&mut self, scalar: ScalarValue) -> Result<()> {
        let wrong = || Error::internal("a value of another type was read");
        match (&mut self.values, scalar) {
            (Values::Bool(b), ScalarValue::Boolean(v)) => b.append_option(v),
            (Values::Int2(b), ScalarValue::Int16(v)) => b.append_option(v),
            (Values::Int4(b), ScalarValue::Int32(v)) => b.append_option(v),
            (Values::Int8(b), ScalarValue::Int64(v)) => b.append_option(v),
            (Values::Float8(b), ScalarValue::Float64(v)) => b.append_option(v),
            (Values::Decimal(b, ..), ScalarValue::Decimal128(v, ..)) => b.append_option(v),
            (Values::Text(b), ScalarValue::Utf8View(v)) => b.append_option(v),
            (Values::Date(b), ScalarValue::Date32(v)) => b.append_option(v),
            (
                Values::Timestamp(b) | Values::Timestamptz(b),
                ScalarValue::TimestampMicrosecond(v, _),
            ) => b.append_option(v),
            (Values::Other(all, _), scalar) => all.push(scalar),
            _ => return Err(wrong()),
        }
        Ok(())
    }

    fn put_null(&mut self) {
        match &mut self.values {
            Values::Bool(b) => b.append_null(),
            Values::Int2(b) => b.append_null(),
            Values::Int4(b) => b.append_null(),
            Values::Int8(b) => b.append_null(),
            Values::Float8(b) => b.append_null(),
            Values::Decimal(b, ..) => b.append_null(),
            Values::Text(b) => b.append_null(),
            Values::Date(b) => b.append_null(),
            Values::Timestamp(b) | Values::Timestamptz(b) => b.append_null(),
            Values::Other(all, null) => all.push(null.clone()),
        }
    }

    pub(super) fn finish(&mut self) -> Result<ArrayRef> {
        Ok(match &mut self.values {
            Values::Bool(b) => ArrayBuilder::finish(b),
            Values::Int2(b) => ArrayBuilder::finish(b),
            Values::Int4(b) => ArrayBuilder::finish(b),
            Values::Int8(b) => ArrayBuilder::finish(b),
            Values::Float8(b) => ArrayBuilder::finish(b),
            Values::Decimal(b, ..) => ArrayBuilder::finish(b),
            Values::Text(b) => ArrayBuilder::finish(b),
            Values::Date(b) => ArrayBuilder::finish(b),
            Values::Timestamp(b) | Values::Timestamptz(b) => ArrayBuilder::finish(b),
            Values::Other(all, null) => match all.is_empty() {
                true => new_empty_array(&null.data_type()),
                false => ScalarValue::iter_to_array(std::mem::take(all))
                    .map_err(|e| Error::internal("a column that was copied").because(e))?,
            },
        })
    }
}
