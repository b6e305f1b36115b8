//! One column of one batch as a writer: chooses the family by SQL type and by what lies in memory.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RunArray};
use arrow::datatypes::{DataType, Int16Type, Int32Type, Int64Type, RunEndIndexType};

use crate::catalog::types::SqlType;
use crate::error::{Error, Result, SqlState};
use crate::functions::charset::{Charset, utf8};

use super::json::Node;
use super::list::{self, Level, Nest};
use super::put::{Column, Put};
use super::style::{Format, Style};
use super::{datetime, decimal, floats, integers, interval, record, text};

/// A column as the client reads it: what is text to it is in its encoding.
pub(super) fn column(
    array: &ArrayRef,
    sql: &SqlType,
    format: Format,
    style: &Style,
) -> Result<Column> {
    match (format, style.charset.is_utf8()) {
        // The whole of it at once, whatever it is made of.
        (Format::Text, false) => {
            plain(array, sql, format, style).map(|column| encoded(column, style.charset))
        }
        _ => nested(array, sql, format, style),
    }
}

/// A part of a column; in binary its texts are in the client's encoding one by one.
fn nested(array: &ArrayRef, sql: &SqlType, format: Format, style: &Style) -> Result<Column> {
    let column = plain(array, sql, format, style)?;
    let is_text = format == Format::Binary && (text::binary_is_text(sql) || *sql == SqlType::Jsonb);
    Ok(match is_text && !style.charset.is_utf8() && !is_wrapper(array) {
        true => encoded(column, style.charset),
        false => column,
    })
}

/// Whether its values are those of another array, which is written as [`nested`].
fn is_wrapper(array: &ArrayRef) -> bool {
    matches!(array.data_type(), DataType::Dictionary(..) | DataType::RunEndEncoded(..))
}

fn encoded(column: Column, charset: Charset) -> Column {
    let Column { nulls, put } = column;
    let put: Put = Box::new(move |row, out| {
        let at = out.len();
        put(row, out)?;
        if out[at..].is_ascii() {
            return Ok(());
        }
        let cell = utf8(&out[at..])?.to_owned();
        out.truncate(at);
        out.extend_from_slice(&charset.encode(&cell)?);
        Ok(())
    });
    Column { nulls, put }
}

/// Every Arrow type that files can bring is written as `sql`; where memory differs from what the SQL
/// type implies and no family knows the pair, Arrow's own cast goes between.
fn plain(array: &ArrayRef, sql: &SqlType, format: Format, style: &Style) -> Result<Column> {
    match array.data_type() {
        DataType::Dictionary(_, _) => return dictionary(array, sql, format, style),
        DataType::RunEndEncoded(_, _) => return runs(array, sql, format, style),
        // A function that returns nothing gives an empty text.
        DataType::Null if *sql == SqlType::Void => {
            return Ok(Column { nulls: None, put: Box::new(|_, _| Ok(())) });
        }
        _ if *sql == SqlType::Void => {
            return Ok(Column { nulls: array.logical_nulls(), put: Box::new(|_, _| Ok(())) });
        }
        DataType::Null => {
            return Ok(Column { nulls: array.logical_nulls(), put: Box::new(|_, _| Ok(())) });
        }
        _ => {}
    }
    let put = match family(array, sql, format, style)? {
        Some(put) => put,
        None => family(&converted(array, sql)?, sql, format, style)?
            .ok_or_else(|| no_writer(array, sql, format))?,
    };
    Ok(Column { nulls: array.nulls().cloned(), put })
}

fn family(array: &ArrayRef, sql: &SqlType, format: Format, style: &Style) -> Result<Option<Put>> {
    use SqlType::*;
    if let Some(pair) = array.as_struct_opt().filter(|_| sql.is_registered()) {
        // What stands for something goes out as its OID in binary, by its name in text.
        return match format {
            Format::Binary => family(pair.column(0), &Oid, format, style),
            Format::Text => family(pair.column(1), &Text, format, style),
        };
    }
    Ok(match sql {
        Bool => integers::boolean(array, format),
        Int2 | Int4 | Int8 => integers::integer(array, sql, format),
        oid if integers::is_oid(oid) => {
            let number = integers::integer(array, sql, format);
            number.or_else(|| text::text(array, sql, format))
        }
        Float4 | Float8 => floats::float(array, sql, format, style.extra_float_digits),
        Numeric(modifier) => decimal::decimal(array, format, modifier.is_none()),
        Text | Varchar(_) | Bpchar(_) | Name | Char | Unknown | Aclitem | PgNodeTree | Tid
        | Xid8 | PgLsn | Inet | Anyarray | PgNdistinct | PgDependencies | PgMcvList => {
            text::text(array, sql, format)
        }
        Bytea => text::bytes(array, sql, format, style),
        Uuid => text::text(array, sql, format).or_else(|| text::bytes(array, sql, format, style)),
        Json | Jsonb => match text::text(array, sql, format) {
            Some(put) => Some(put),
            None => {
                let version = (*sql == Jsonb && format == Format::Binary).then_some(1);
                Some(json(array, &style.for_json())?.into_put(version))
            }
        },
        Date => datetime::date(array, format, style),
        Time => datetime::time(array, format),
        Timetz => datetime::timetz(array, format),
        Timestamp => datetime::timestamp(array, false, format, style),
        Timestamptz => datetime::timestamp(array, true, format, style),
        Interval => interval::interval(array, format, style),
        Array(_) => nest(array, sql, format, style)?.map(|nest| nest.into_put(format)),
        Int2Vector | OidVector => {
            nest(array, sql, format, style)?.map(|nest| nest.into_vector(format))
        }
        Record => match array.data_type() {
            DataType::Struct(_) => Some(composite(array, format, style)?),
            _ => text::text(array, sql, format),
        },
        _ => None,
    })
}

fn converted(array: &ArrayRef, sql: &SqlType) -> Result<ArrayRef> {
    let target = sql.arrow();
    arrow::compute::cast(array, &target)
        .map_err(|error| no_writer(array, sql, Format::Text).because(error))
}

fn no_writer(array: &ArrayRef, sql: &SqlType, format: Format) -> Error {
    if (format, sql) == (Format::Binary, &SqlType::Aclitem) {
        let message = format!("no binary output function available for type {sql}");
        return Error::new(SqlState::UNDEFINED_FUNCTION, message);
    }
    let format = match format {
        Format::Text => "text",
        Format::Binary => "binary",
    };
    let message =
        format!("values of Arrow type {} cannot be sent as {sql} in {format}", array.data_type());
    Error::new(SqlState::FEATURE_NOT_SUPPORTED, message)
}

/// Dictionaries repeat: each value is written once a batch, then copied.
fn dictionary(array: &ArrayRef, sql: &SqlType, format: Format, style: &Style) -> Result<Column> {
    let dictionary = array.as_any_dictionary();
    let nulls = array.logical_nulls();
    if dictionary.values().is_empty() {
        return Ok(Column { nulls, put: Box::new(|_, _| Ok(())) });
    }
    let values = nested(dictionary.values(), sql, format, style)?;
    let keys = dictionary.normalized_keys();
    let worth_it = dictionary.values().len() <= array.len();
    let put: Put = match worth_it.then(|| rendered(&values, dictionary.values().len())).flatten() {
        Some((bytes, ends)) => Box::new(move |row, out| {
            let key = keys[row];
            out.extend_from_slice(&bytes[ends[key]..ends[key + 1]]);
            Ok(())
        }),
        None => Box::new(move |row, out| (values.put)(keys[row], out)),
    };
    Ok(Column { nulls, put })
}

/// All values one after the other and where each ends; none if one of them cannot be written, for
/// perhaps no row uses it.
fn rendered(values: &Column, count: usize) -> Option<(Vec<u8>, Vec<usize>)> {
    let (mut bytes, mut ends) = (Vec::new(), Vec::with_capacity(count + 1));
    ends.push(0);
    for value in 0..count {
        if !values.is_null(value) {
            (values.put)(value, &mut bytes).ok()?;
        }
        ends.push(bytes.len());
    }
    Some((bytes, ends))
}

fn runs(array: &ArrayRef, sql: &SqlType, format: Format, style: &Style) -> Result<Column> {
    fn typed<R: RunEndIndexType>(
        array: &ArrayRef,
        write: impl Fn(&ArrayRef) -> Result<Column>,
    ) -> Result<Column> {
        let runs: RunArray<R> = array.as_run::<R>().clone();
        let values = write(runs.values())?;
        let put: Put = Box::new(move |row, out| (values.put)(runs.get_physical_index(row), out));
        Ok(Column { nulls: array.logical_nulls(), put })
    }
    let write = |values: &ArrayRef| nested(values, sql, format, style);
    match array.data_type() {
        DataType::RunEndEncoded(ends, _) if *ends.data_type() == DataType::Int16 => {
            typed::<Int16Type>(array, write)
        }
        DataType::RunEndEncoded(ends, _) if *ends.data_type() == DataType::Int64 => {
            typed::<Int64Type>(array, write)
        }
        _ => typed::<Int32Type>(array, write),
    }
}

/// Opens list after list until elements are reached.
fn nest(array: &ArrayRef, sql: &SqlType, format: Format, style: &Style) -> Result<Option<Nest>> {
    let mut element = match sql {
        SqlType::Int2Vector => &SqlType::Int2,
        SqlType::OidVector => &SqlType::Oid,
        other => other,
    };
    while let SqlType::Array(inner) = element {
        element = inner;
    }
    let (mut levels, mut values) = (Vec::new(), Arc::clone(array));
    while let Some((inner, spans)) = list::open(&values) {
        levels.push(Level { nulls: values.nulls().cloned(), spans });
        values = inner;
    }
    if levels.is_empty() {
        return Ok(None);
    }
    let elements = nested(&values, element, format, style)?;
    Ok(Some(Nest { levels, elements, element_oid: element.oid() }))
}

fn composite(array: &ArrayRef, format: Format, style: &Style) -> Result<Put> {
    let array = array.as_struct();
    let fields = array.fields().iter().zip(array.columns()).map(|(field, values)| {
        let sql = SqlType::of(field);
        Ok((sql.oid(), nested(values, &sql, format, style)?))
    });
    Ok(record::record(fields.collect::<Result<_>>()?, format))
}

/// Any column as JSON, by what lies in memory.
fn json(array: &ArrayRef, style: &Style) -> Result<Node> {
    let nulls = array.nulls().cloned();
    match array.data_type() {
        DataType::Map(_, _) => {
            let map = array.as_map();
            let offsets = map.offsets().clone();
            return Ok(Node::Map {
                nulls,
                spans: Box::new(move |row| offsets[row] as usize..offsets[row + 1] as usize),
                keys: Box::new(Node::Text(as_text(map.keys(), style)?)),
                values: Box::new(json(map.values(), style)?),
            });
        }
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            let fields = fields.iter().zip(columns).map(|(field, values)| {
                Ok((field.name().clone(), json_field(values, &SqlType::of(field), style)?))
            });
            return Ok(Node::Object { nulls, fields: fields.collect::<Result<_>>()? });
        }
        _ => {}
    }
    if let Some((values, spans)) = list::open(array) {
        return Ok(Node::List { nulls, spans, items: Box::new(json(&values, style)?) });
    }
    json_field(array, &SqlType::from_arrow(array.data_type()), style)
}

fn json_field(array: &ArrayRef, sql: &SqlType, style: &Style) -> Result<Node> {
    use SqlType::*;
    if array.data_type().is_nested() && !matches!(array.data_type(), DataType::RunEndEncoded(_, _))
    {
        return json(array, style);
    }
    let column = nested(array, sql, Format::Text, style)?;
    Ok(match sql {
        Bool => Node::Boolean(column),
        Timestamp | Timestamptz => Node::Moment(column),
        number if number.is_number() => Node::Raw(column),
        Json | Jsonb | Oid => Node::Raw(column),
        _ => Node::Text(column),
    })
}

fn as_text(array: &ArrayRef, style: &Style) -> Result<Column> {
    nested(array, &SqlType::from_arrow(array.data_type()), Format::Text, style)
}
