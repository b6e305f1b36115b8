//! One parameter's bytes as an Arrow scalar of its SQL type.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ListArray, new_empty_array};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::DataType;
use bytes::Bytes;
use datafusion::common::ScalarValue;

use crate::catalog::types::{SqlType, UNCONSTRAINED_NUMERIC};
use crate::error::{Error, Result, SqlState};
use crate::functions::time::values::pack;
use crate::wire::rows::{Format, Style, is_oid};

use super::reader::{bad_binary, bad_text, fixed, too_large};
use super::{array, decimal, moment};

/// 2000-01-01 in days, and in microseconds, since 1970.
const EPOCH_DAYS: i32 = 10_957;
const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// The values of a Bind, in the types that the statement wants.
pub(in crate::wire) fn decode_all(
    types: &[SqlType],
    formats: &[i16],
    values: &[Option<Bytes>],
    style: &Style,
) -> Result<Vec<ScalarValue>> {
    if formats.len() > 1 && formats.len() != values.len() {
        return Err(Error::protocol(format!(
            "bind message has {} parameter formats but {} parameters",
            formats.len(),
            values.len()
        )));
    }
    let formats = Format::for_columns(formats, values.len())?;
    let all = types.iter().zip(formats).zip(values);
    all.map(|((sql, format), value)| decode(sql, format, value.as_deref(), style)).collect()
}

pub(in crate::wire) fn decode(
    sql: &SqlType,
    format: Format,
    value: Option<&[u8]>,
    style: &Style,
) -> Result<ScalarValue> {
    let Some(bytes) = value else {
        return ScalarValue::try_from(&sql.arrow())
            .map_err(|error| unsupported(sql).because(error));
    };
    match format {
        Format::Text => from_text(sql, &style.charset.decode(bytes)?, style),
        Format::Binary => from_binary(sql, bytes, style),
    }
}

fn from_text(sql: &SqlType, text: &str, style: &Style) -> Result<ScalarValue> {
    use SqlType::*;
    let trimmed = text.trim();
    Ok(match sql {
        Bool => ScalarValue::Boolean(Some(boolean(trimmed).ok_or_else(|| bad_text(sql, text))?)),
        Int2 => ScalarValue::Int16(Some(integer(sql, text)?)),
        Int4 => ScalarValue::Int32(Some(integer(sql, text)?)),
        Int8 => ScalarValue::Int64(Some(integer(sql, text)?)),
        oid if is_oid(oid) => ScalarValue::Int64(Some(i64::from(integer::<u32>(sql, text)?))),
        Float4 => ScalarValue::Float32(Some(float(sql, text)?)),
        Float8 => ScalarValue::Float64(Some(float(sql, text)?)),
        Numeric(modifier) => {
            let (precision, scale) = modifier.unwrap_or(UNCONSTRAINED_NUMERIC);
            decimal::from_text(sql, precision, scale, text)?
        }
        Text | Varchar(_) | Bpchar(_) | Name | Char | Unknown | Aclitem | PgNodeTree => {
            string(text)?
        }
        Uuid => uuid_text(uuid::Uuid::try_parse(trimmed).map_err(|_| bad_text(sql, text))?),
        Json | Jsonb => json(sql, text)?,
        Bytea => ScalarValue::BinaryView(Some(bytea(text).ok_or_else(|| bad_text(sql, text))?)),
        Date => ScalarValue::Date32(Some(moment::date(text, style)?)),
        Time => ScalarValue::Time64Microsecond(Some(moment::time(text, style)?)),
        Timetz => ScalarValue::DurationSecond(Some(moment::timetz(text, style)?)),
        Timestamp => ScalarValue::TimestampMicrosecond(Some(moment::timestamp(text, style)?), None),
        Timestamptz => timestamptz(moment::timestamptz(text, style)?),
        Interval => ScalarValue::IntervalMonthDayNano(Some(moment::interval(text, style)?)),
        Array(element) => {
            let elements = array::split_text(sql, text)?;
            let decoded = elements.iter().map(|text| match text {
                Some(text) => from_text(element, text, style),
                None => decode(element, Format::Text, None, style),
            });
            list(sql, decoded.collect::<Result<_>>()?)?
        }
        Int2Vector | OidVector => {
            let element = if *sql == Int2Vector { Int2 } else { Oid };
            let decoded =
                text.split_ascii_whitespace().map(|word| from_text(&element, word, style));
            list(sql, decoded.collect::<Result<_>>()?)?
        }
        _ => return Err(unsupported(sql)),
    })
}

fn from_binary(sql: &SqlType, bytes: &[u8], style: &Style) -> Result<ScalarValue> {
    use SqlType::*;
    Ok(match sql {
        Bool => ScalarValue::Boolean(Some(fixed::<1>(bytes)?[0] != 0)),
        Int2 => ScalarValue::Int16(Some(i16::from_be_bytes(fixed(bytes)?))),
        Int4 => ScalarValue::Int32(Some(i32::from_be_bytes(fixed(bytes)?))),
        Int8 => ScalarValue::Int64(Some(i64::from_be_bytes(fixed(bytes)?))),
        oid if is_oid(oid) => {
            ScalarValue::Int64(Some(i64::from(u32::from_be_bytes(fixed(bytes)?))))
        }
        Float4 => ScalarValue::Float32(Some(f32::from_be_bytes(fixed(bytes)?))),
        Float8 => ScalarValue::Float64(Some(f64::from_be_bytes(fixed(bytes)?))),
        Numeric(modifier) => {
            let (precision, scale) = modifier.unwrap_or(UNCONSTRAINED_NUMERIC);
            decimal::from_binary(sql, precision, scale, bytes)?
        }
        Text | Varchar(_) | Bpchar(_) | Name | Char | Unknown | Aclitem | PgNodeTree => {
            string(&style.charset.decode(bytes)?)?
        }
        Uuid => uuid_text(uuid::Uuid::from_bytes(fixed(bytes)?)),
        Json => json(sql, &style.charset.decode(bytes)?)?,
        // A byte for the version stands first.
        Jsonb => match bytes.split_first() {
            Some((1, text)) => json(sql, &style.charset.decode(text)?)?,
            _ => return Err(bad_binary()),
        },
        Bytea => ScalarValue::BinaryView(Some(bytes.to_vec())),
        Date => ScalarValue::Date32(Some(match i32::from_be_bytes(fixed(bytes)?) {
            edge @ (i32::MAX | i32::MIN) => edge,
            days => days.checked_add(EPOCH_DAYS).ok_or_else(bad_binary)?,
        })),
        Time => {
            let micros = i64::from_be_bytes(fixed(bytes)?);
            if !(0..=86_400_000_000).contains(&micros) {
                return Err(Error::new(SqlState::DATETIME_OVERFLOW, "time out of range"));
            }
            ScalarValue::Time64Microsecond(Some(micros))
        }
        Timetz => {
            let [micros @ .., a, b, c, d] = fixed::<12>(bytes)?;
            let (micros, west) = (i64::from_be_bytes(micros), i32::from_be_bytes([a, b, c, d]));
            if !(0..=86_400_000_000).contains(&micros) {
                return Err(Error::new(SqlState::DATETIME_OVERFLOW, "time out of range"));
            }
            if !(-57_600 < west && west < 57_600) {
                let message = "time zone displacement out of range";
                return Err(Error::new(SqlState::INVALID_TIME_ZONE_DISPLACEMENT, message));
            }
            ScalarValue::DurationSecond(Some(pack(micros, -west)))
        }
        Timestamp => ScalarValue::TimestampMicrosecond(Some(since_1970(bytes)?), None),
        Timestamptz => timestamptz(since_1970(bytes)?),
        Interval => {
            let [micros @ .., d0, d1, d2, d3, m0, m1, m2, m3] = fixed::<16>(bytes)?;
            let days = i32::from_be_bytes([d0, d1, d2, d3]);
            let months = i32::from_be_bytes([m0, m1, m2, m3]);
            let span = moment::interval_parts(i64::from_be_bytes(micros), days, months)?;
            ScalarValue::IntervalMonthDayNano(Some(span))
        }
        Array(element) => {
            let elements = array::split_binary(bytes, element.oid())?;
            let decoded =
                elements.into_iter().map(|bytes| decode(element, Format::Binary, bytes, style));
            list(sql, decoded.collect::<Result<_>>()?)?
        }
        Int2Vector | OidVector => {
            let element = if *sql == Int2Vector { Int2 } else { Oid };
            let elements = array::split_binary(bytes, element.oid())?;
            let decoded =
                elements.into_iter().map(|bytes| decode(&element, Format::Binary, bytes, style));
            list(sql, decoded.collect::<Result<_>>()?)?
        }
        _ => return Err(unsupported(sql)),
    })
}

fn unsupported(sql: &SqlType) -> Error {
    Error::unsupported(format!("a parameter of type {sql}"))
}

fn string(text: &str) -> Result<ScalarValue> {
    if text.contains('\0') {
        return Err(Error::new(
            SqlState::CHARACTER_NOT_IN_REPERTOIRE,
            "invalid byte sequence for encoding \"UTF8\": 0x00",
        ));
    }
    Ok(ScalarValue::Utf8View(Some(text.to_owned())))
}

fn uuid_text(uuid: uuid::Uuid) -> ScalarValue {
    ScalarValue::Utf8View(Some(uuid.hyphenated().to_string()))
}

fn json(sql: &SqlType, text: &str) -> Result<ScalarValue> {
    serde_json::from_str::<serde::de::IgnoredAny>(text)
        .map_err(|error| bad_text(sql, text).detail(format!("It is no JSON: {error}.")))?;
    string(text)
}

fn timestamptz(micros: i64) -> ScalarValue {
    ScalarValue::TimestampMicrosecond(Some(micros), Some(Arc::from("UTC")))
}

fn since_1970(bytes: &[u8]) -> Result<i64> {
    match i64::from_be_bytes(fixed(bytes)?) {
        edge @ (i64::MAX | i64::MIN) => Ok(edge),
        micros => micros
            .checked_add(EPOCH_MICROS)
            .ok_or_else(|| Error::new(SqlState::DATETIME_OVERFLOW, "timestamp out of range")),
    }
}

/// `true` and `false` by any prefix, and the other words PostgreSQL knows.
fn boolean(text: &str) -> Option<bool> {
    let text = text.to_ascii_lowercase();
    let is = |word: &str, shortest: usize| text.len() >= shortest && word.starts_with(&text);
    if is("true", 1) || is("yes", 1) || text == "on" || text == "1" {
        Some(true)
    } else if is("false", 1) || is("no", 1) || is("off", 2) || text == "0" {
        Some(false)
    } else {
        None
    }
}

fn integer<T: std::str::FromStr>(sql: &SqlType, text: &str) -> Result<T> {
    let trimmed = text.trim();
    trimmed.parse().map_err(|_| {
        let digits = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
        match !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()) {
            true => too_large(sql, text),
            false => bad_text(sql, text),
        }
    })
}

fn float<T: std::str::FromStr>(sql: &SqlType, text: &str) -> Result<T> {
    text.trim().parse().map_err(|_| bad_text(sql, text))
}

/// `\x` and hexadecimal digits, or text with octal escapes.
fn bytea(text: &str) -> Option<Vec<u8>> {
    if let Some(digits) = text.strip_prefix("\\x") {
        let digits: Vec<u8> = digits
            .bytes()
            .filter(|byte| !byte.is_ascii_whitespace())
            .map(|byte| char::from(byte).to_digit(16).map(|digit| digit as u8))
            .collect::<Option<_>>()?;
        let pairs = digits.chunks_exact(2);
        return pairs.remainder().is_empty().then(|| pairs.map(|p| p[0] << 4 | p[1]).collect());
    }
    let (mut out, mut bytes) = (Vec::with_capacity(text.len()), text.bytes());
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match bytes.next()? {
            b'\\' => out.push(b'\\'),
            high @ b'0'..=b'3' => {
                let mut octal =
                    || bytes.next().filter(|b| (b'0'..=b'7').contains(b)).map(|b| b - b'0');
                let (middle, low) = (octal()?, octal()?);
                out.push((high - b'0') << 6 | middle << 3 | low);
            }
            _ => return None,
        }
    }
    Some(out)
}

fn list(sql: &SqlType, elements: Vec<ScalarValue>) -> Result<ScalarValue> {
    let DataType::List(item) = sql.arrow() else { return Err(unsupported(sql)) };
    let values: ArrayRef = match elements.is_empty() {
        true => new_empty_array(item.data_type()),
        false => ScalarValue::iter_to_array(elements)
            .map_err(|error| Error::internal("array parameter").because(error))?,
    };
    let offsets = OffsetBuffer::from_lengths([values.len()]);
    Ok(ScalarValue::List(Arc::new(ListArray::new(item, offsets, values, None))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::rows::RowEncoder;
    use arrow::array::RecordBatch;
    use arrow::datatypes::Schema;

    /// What a value of this type looks like when it is sent back.
    fn round(sql: &SqlType, format: Format, bytes: &[u8]) -> Result<Vec<u8>> {
        let style = Style::default();
        let scalar = decode(sql, format, Some(bytes), &style)?;
        assert_eq!(scalar.data_type(), sql.arrow());
        let field = sql.field("c", true);
        let schema = Arc::new(Schema::new(vec![Arc::clone(&field)]));
        let batch = RecordBatch::try_new(schema, vec![scalar.to_array().unwrap()]).unwrap();
        let mut encoder = RowEncoder::new(&[field], &[format], &style)?;
        let mut out = Vec::new();
        encoder.open(&batch)?.write(1, usize::MAX, &mut out)?;
        Ok(out.split_off(11))
    }

    #[test]
    fn values_come_back_as_they_were_sent() {
        use SqlType::*;
        let cases: &[(SqlType, &str)] = &[
            (Bool, "t"),
            (Int2, "-32768"),
            (Int4, "7"),
            (Int8, "9223372036854775807"),
            (Oid, "4294967295"),
            (Float4, "1.5"),
            (Float8, "-Infinity"),
            (Numeric(Some((12, 2))), "-1234.50"),
            (
                Numeric(Some((76, 10))),
                "12345678901234567890123456789012345678901234567890.0000000001",
            ),
            (Numeric(None), "0.1"),
            (Text, "{a: ünï}"),
            (Varchar(Some(3)), "abc"),
            (Uuid, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
            (Json, "{\"a\": [1]}"),
            (Jsonb, "{\"a\": [1]}"),
            (Bytea, "\\xdeadbeef"),
            (Date, "0044-03-15 BC"),
            (Date, "infinity"),
            (Time, "24:00:00"),
            (Timetz, "10:11:12.5+05:30"),
            (Timestamp, "2024-02-29 12:34:56.789"),
            (Timestamptz, "2024-02-29 12:34:56.789+00"),
            (Interval, "1 year 2 mons -3 days +04:05:06.7"),
            (SqlType::array(Int4), "{1,NULL,3}"),
            (SqlType::array(Text), "{}"),
            (SqlType::array(Text), "{a,\"b c\",NULL,\"null\"}"),
            (SqlType::array(Numeric(None)), "{1.5,2}"),
            (Int2Vector, "1 2 3"),
        ];
        for (sql, text) in cases {
            let back = round(sql, Format::Text, text.as_bytes()).unwrap();
            assert_eq!(String::from_utf8(back).unwrap(), *text, "{sql}");
            // And through the binary form.
            let scalar =
                decode(sql, Format::Text, Some(text.as_bytes()), &Style::default()).unwrap();
            let binary = sent(sql, &scalar);
            assert_eq!(round(sql, Format::Binary, &binary).unwrap(), binary, "{sql}");
            let again = decode(sql, Format::Binary, Some(&binary), &Style::default()).unwrap();
            assert_eq!(again, scalar, "{sql}");
        }
    }

    fn sent(sql: &SqlType, scalar: &ScalarValue) -> Vec<u8> {
        let field = sql.field("c", true);
        let schema = Arc::new(Schema::new(vec![Arc::clone(&field)]));
        let batch = RecordBatch::try_new(schema, vec![scalar.to_array().unwrap()]).unwrap();
        let mut encoder = RowEncoder::new(&[field], &[Format::Binary], &Style::default()).unwrap();
        let mut out = Vec::new();
        encoder.open(&batch).unwrap().write(1, usize::MAX, &mut out).unwrap();
        out.split_off(11)
    }

    #[test]
    fn null_is_null_of_its_type_and_shifts_nothing() {
        let types = [SqlType::Int4, SqlType::Text, SqlType::array(SqlType::Date)];
        let values = [None, Some(Bytes::from_static(b"b")), None];
        let got = decode_all(&types, &[], &values, &Style::default()).unwrap();
        assert!(got[0].is_null() && got[2].is_null());
        assert_eq!(got[1], ScalarValue::Utf8View(Some("b".into())));
    }

    #[test]
    fn what_is_no_value_is_refused_with_its_state() {
        use SqlType::*;
        let state = |sql: SqlType, format, bytes: &[u8]| {
            decode(&sql, format, Some(bytes), &Style::default()).unwrap_err().state.code()
        };
        assert_eq!(state(Int4, Format::Text, b"x"), "22P02");
        assert_eq!(state(Int4, Format::Text, b"3000000000"), "22003");
        assert_eq!(state(Int4, Format::Binary, b"123"), "22P03");
        assert_eq!(state(Bool, Format::Text, b"maybe"), "22P02");
        assert_eq!(state(Bool, Format::Text, b"o"), "22P02");
        assert_eq!(state(Uuid, Format::Text, b"x"), "22P02");
        assert_eq!(state(Json, Format::Text, b"{"), "22P02");
        assert_eq!(state(Jsonb, Format::Binary, b"\x02{}"), "22P03");
        assert_eq!(state(Text, Format::Text, b"\xff"), "22021");
        assert_eq!(state(Text, Format::Binary, b"a\0"), "22021");
        assert_eq!(state(Bytea, Format::Text, b"\\x1"), "22P02");
        assert_eq!(state(Record, Format::Text, b"(1)"), "0A000");
        assert_eq!(state(Time, Format::Binary, &(-1i64).to_be_bytes()), "22008");
        assert_eq!(state(Timestamp, Format::Binary, &(i64::MAX - 1).to_be_bytes()), "22008");
        let one = [Some(Bytes::from_static(b"1"))];
        assert!(decode_all(&[Int4], &[0, 0], &one, &Style::default()).is_err());
        assert!(decode_all(&[Int4], &[7], &one, &Style::default()).is_err());
    }

    #[test]
    fn escaped_bytes_are_read() {
        assert_eq!(bytea("a\\\\\\001b").unwrap(), b"a\\\x01b");
        assert_eq!(bytea("\\400"), None);
        assert_eq!(bytea("\\"), None);
    }
}
