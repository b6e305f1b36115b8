//! Text as PostgreSQL reads it into instants and bytes, and text that must fit its column.

use std::sync::{Arc, LazyLock};

use arrow::array::timezone::Tz;
use arrow::array::{Array, ArrayRef, AsArray, BinaryViewBuilder, StringViewBuilder};
use arrow::array::{StringViewArray, TimestampMicrosecondArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Utc};
use datafusion::common::{Result, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::error::{Error, SqlState};

static FUNCTIONS: LazyLock<Vec<Arc<ScalarUDF>>> = LazyLock::new(|| {
    // An instant without an offset is one of the session's zone.
    let all = [
        ("__timestamp_in", Input::Timestamp, 1, Volatility::Immutable),
        ("__timestamptz_in", Input::Timestamptz, 1, Volatility::Stable),
        ("__bytea_in", Input::Bytea, 1, Volatility::Immutable),
        ("__bytea_out", Input::BytesAsText, 1, Volatility::Immutable),
        ("__fit", Input::Fitting, 2, Volatility::Immutable),
    ];
    all.map(|(name, input, count, volatility)| {
        let signature = Signature::any(count, volatility);
        Arc::new(ScalarUDF::from(Read { name, input, signature }))
    })
    .into()
});

pub(super) fn function(name: &str) -> Option<Arc<ScalarUDF>> {
    FUNCTIONS.iter().find(|f| f.name() == name).map(Arc::clone)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Input {
    Timestamp,
    Timestamptz,
    Bytea,
    BytesAsText,
    /// Assigned to `varchar(n)`: only blanks may be cut.
    Fitting,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Read {
    name: &'static str,
    input: Input,
    signature: Signature,
}

impl ScalarUDFImpl for Read {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match self.input {
            Input::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            Input::Timestamptz => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Input::Bytea => DataType::BinaryView,
            Input::BytesAsText | Input::Fitting => DataType::Utf8View,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let scalars = args.args.iter().all(|a| matches!(a, ColumnarValue::Scalar(_)));
        let rows = if scalars { 1 } else { args.number_rows };
        let given = args.args[0].to_array(rows)?;
        let result = match self.input {
            Input::BytesAsText => bytes_as_text(&given)?,
            _ => {
                let given = cast(&given, &DataType::Utf8View)?;
                let texts = given.as_string_view();
                match self.input {
                    Input::Timestamp => instants(texts, None)?,
                    Input::Timestamptz => {
                        let zone = args.config_options.execution.time_zone.as_deref();
                        instants(texts, Some(zone.unwrap_or("UTC")))?
                    }
                    Input::Bytea => bytes(texts)?,
                    _ => fitting(texts, length(args.args.get(1))?)?,
                }
            }
        };
        Ok(match scalars {
            true => ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?),
            false => ColumnarValue::Array(result),
        })
    }
}

fn fail(e: Error) -> DataFusionError {
    DataFusionError::External(Box::new(e))
}

fn length(argument: Option<&ColumnarValue>) -> Result<usize> {
    let number = match argument {
        Some(ColumnarValue::Scalar(n)) => n.cast_to(&DataType::Int64)?,
        _ => ScalarValue::Null,
    };
    match number {
        ScalarValue::Int64(Some(n)) => Ok(usize::try_from(n).unwrap_or(0)),
        _ => Err(fail(Error::internal("a length that varies"))),
    }
}

fn fitting(texts: &StringViewArray, most: usize) -> Result<ArrayRef> {
    let mut out = StringViewBuilder::with_capacity(texts.len());
    for text in texts {
        let cut = text.and_then(|t| t.char_indices().nth(most)).map(|(end, _)| end);
        let fits = match (text, cut) {
            (Some(text), Some(end)) if text[end..].chars().all(|c| c == ' ') => Some(&text[..end]),
            (_, Some(_)) => {
                return Err(fail(Error::new(
                    SqlState::STRING_TOO_LONG,
                    format!("value too long for type character varying({most})"),
                )));
            }
            (text, None) => text,
        };
        out.append_option(fits);
    }
    Ok(Arc::new(out.finish()))
}

/// `\x00ff`, or text whose backslashes escape.
fn bytes(texts: &StringViewArray) -> Result<ArrayRef> {
    let mut out = BinaryViewBuilder::with_capacity(texts.len());
    for text in texts {
        match text {
            Some(text) => out.append_value(one_bytes(text)?),
            None => out.append_null(),
        }
    }
    Ok(Arc::new(out.finish()))
}

pub(super) fn one_bytes(text: &str) -> Result<Vec<u8>> {
    let wrong = |state, message: String| fail(Error::new(state, message));
    if let Some(digits) = text.strip_prefix("\\x") {
        let digits: Vec<char> = digits.chars().filter(|c| !c.is_whitespace()).collect();
        if let Some(c) = digits.iter().find(|c| !c.is_ascii_hexdigit()) {
            let message = format!("invalid hexadecimal digit: \"{c}\"");
            return Err(wrong(SqlState::INVALID_PARAMETER_VALUE, message));
        }
        if digits.len() % 2 == 1 {
            let message = "invalid hexadecimal data: odd number of digits".to_owned();
            return Err(wrong(SqlState::INVALID_PARAMETER_VALUE, message));
        }
        let value = |c: char| c.to_digit(16).unwrap_or(0) as u8;
        return Ok(digits.chunks(2).map(|pair| value(pair[0]) << 4 | value(pair[1])).collect());
    }
    let (given, mut out, mut i) = (text.as_bytes(), Vec::new(), 0);
    while i < given.len() {
        let octal = |n: usize| given.get(i + n).filter(|b| (b'0'..=b'7').contains(*b));
        match (given[i], given.get(i + 1)) {
            (b'\\', Some(b'\\')) => {
                out.push(b'\\');
                i += 2;
            }
            (b'\\', Some(b'0'..=b'3')) if octal(2).is_some() && octal(3).is_some() => {
                let digit = |n: usize| given[i + n] - b'0';
                out.push(digit(1) << 6 | digit(2) << 3 | digit(3));
                i += 4;
            }
            (b'\\', _) => {
                let message = "invalid input syntax for type bytea".to_owned();
                return Err(wrong(SqlState::INVALID_TEXT, message));
            }
            (byte, _) => {
                out.push(byte);
                i += 1;
            }
        }
    }
    Ok(out)
}

pub(super) fn bytes_as_text(array: &ArrayRef) -> Result<ArrayRef> {
    let array = cast(array, &DataType::BinaryView)?;
    let mut out = StringViewBuilder::with_capacity(array.len());
    for bytes in array.as_binary_view() {
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        out.append_option(bytes.map(|bytes| format!("\\x{}", hex(bytes))));
    }
    Ok(Arc::new(out.finish()))
}

/// With a zone, instants: an offset counts, and where there is none the zone does. Without, an offset is ignored.
fn instants(texts: &StringViewArray, zone: Option<&str>) -> Result<ArrayRef> {
    let tz = zone.map(str::parse::<Tz>).transpose()?;
    let mut micros = Vec::with_capacity(texts.len());
    for text in texts {
        let Some(text) = text else {
            micros.push(None);
            continue;
        };
        let (local, offset) = moment(text).map_err(|out| not_a_moment(text, zone, out))?;
        let shift = match (&tz, offset) {
            (None, _) => 0,
            (Some(_), Some(seconds)) => seconds,
            (Some(tz), None) => offset_in(tz, &local),
        };
        let at = local.and_utc().timestamp_micros() - i64::from(shift) * 1_000_000;
        micros.push(Some(at));
    }
    let array = TimestampMicrosecondArray::from(micros);
    Ok(Arc::new(array.with_timezone_opt(zone.map(|_| "UTC"))))
}

/// Seconds east of Greenwich. An hour that the clocks skip counts as before the change, as in PostgreSQL.
pub(super) fn offset_in(tz: &Tz, local: &NaiveDateTime) -> i32 {
    let found = tz.offset_from_local_datetime(local);
    let found = found.latest().or_else(|| {
        let before = *local - chrono::TimeDelta::hours(1);
        tz.offset_from_local_datetime(&before).latest()
    });
    found.map_or(0, |offset| offset.fix().local_minus_utc())
}

fn not_a_moment(text: &str, zone: Option<&str>, out_of_range: bool) -> DataFusionError {
    let name = if zone.is_some() { "timestamp with time zone" } else { "timestamp" };
    fail(match out_of_range {
        true => Error::new(
            SqlState::DATETIME_OVERFLOW,
            format!("date/time field value out of range: \"{text}\""),
        ),
        false => Error::new(
            SqlState::INVALID_DATETIME_FORMAT,
            format!("invalid input syntax for type {name}: \"{text}\""),
        ),
    })
}

/// `2024-02-29`, `2024-02-29 12:34`, `2024-02-29T12:34:56.789+02:00`, `epoch`. The error says whether only a number
/// was too large.
fn moment(text: &str) -> Result<(NaiveDateTime, Option<i32>), bool> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("epoch") {
        return Ok((Utc.timestamp_nanos(0).naive_utc(), Some(0)));
    }
    let (date, rest) = match text.find([' ', 'T', 't']) {
        Some(at) => (&text[..at], text[at + 1..].trim_start()),
        None => (text, ""),
    };
    let mut parts = date.splitn(3, '-');
    let mut number = || parts.next().and_then(digits).ok_or(false);
    let (year, month, day) = (number()?, number()?, number()?);
    let date = i32::try_from(year).ok().and_then(|y| NaiveDate::from_ymd_opt(y, month, day));
    let date = date.ok_or(true)?;
    if rest.is_empty() {
        return Ok((date.and_time(NaiveTime::MIN), None));
    }
    let end = rest.find(['+', '-', 'Z', 'z', ' ', 'U', 'u']).unwrap_or(rest.len());
    let (date, time) = clock(date, &rest[..end])?;
    Ok((date.and_time(time), offset(rest[end..].trim())?))
}

fn digits(text: &str) -> Option<u32> {
    let all = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}

/// 24:00 and a fraction that rounds up to it belong to the next day.
fn clock(date: NaiveDate, text: &str) -> Result<(NaiveDate, NaiveTime), bool> {
    let mut parts = text.splitn(3, ':');
    let hour = parts.next().and_then(digits).ok_or(false)?;
    let minute = parts.next().and_then(digits).ok_or(false)?;
    let (second, fraction) = match parts.next() {
        None => (0, 0),
        Some(seconds) => {
            let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
            (digits(whole).ok_or(false)?, micros(fraction)?)
        }
    };
    if minute > 59 || second > 60 || hour > 24 || (hour == 24 && minute + second + fraction > 0) {
        return Err(true);
    }
    let total = u64::from(hour * 3600 + minute * 60 + second) * 1_000_000 + u64::from(fraction);
    let (days, within) = (total / 86_400_000_000, total % 86_400_000_000);
    let date = date.checked_add_days(chrono::Days::new(days)).ok_or(true)?;
    let seconds = u32::try_from(within / 1_000_000).map_err(|_| true)?;
    let nanos = u32::try_from(within % 1_000_000).map_err(|_| true)? * 1000;
    let time = NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanos).ok_or(true)?;
    Ok((date, time))
}

/// The seventh digit rounds.
fn micros(fraction: &str) -> Result<u32, bool> {
    if fraction.is_empty() {
        return Ok(0);
    }
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return Err(false);
    }
    let padded = format!("{fraction:0<7}");
    let tenths: u32 = padded[..7].parse().map_err(|_| false)?;
    Ok((tenths + 5) / 10)
}

/// `+02`, `-0530`, `+05:30:00`, `Z`, `UTC`; nothing where there is none. A name is no offset.
fn offset(text: &str) -> Result<Option<i32>, bool> {
    let (sign, rest) = match text.as_bytes().first() {
        None => return Ok(None),
        Some(b'+') => (1, &text[1..]),
        Some(b'-') => (-1, &text[1..]),
        Some(_) => {
            let zero = ["z", "utc"].iter().any(|z| text.eq_ignore_ascii_case(z));
            return if zero { Ok(Some(0)) } else { Err(false) };
        }
    };
    let digits: String = rest.chars().filter(|c| *c != ':').collect();
    if !digits.bytes().all(|b| b.is_ascii_digit()) || !(1..=6).contains(&digits.len()) {
        return Err(false);
    }
    let digits = if digits.len() % 2 == 1 { format!("0{digits}") } else { digits };
    let part = |i: usize| digits.get(i..i + 2).and_then(|p| p.parse::<i32>().ok()).unwrap_or(0);
    let (hours, minutes, seconds) = (part(0), part(2), part(4));
    match hours <= 15 && minutes < 60 && seconds < 60 {
        true => Ok(Some(sign * (hours * 3600 + minutes * 60 + seconds))),
        false => Err(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_postgres_reads_them() {
        for (text, local, offset) in [
            ("2024-02-29", "2024-02-29 00:00:00", None),
            ("2024-02-29 12:34", "2024-02-29 12:34:00", None),
            ("2024-2-9 1:02:03", "2024-02-09 01:02:03", None),
            ("2024-02-29T12:34:56.789Z", "2024-02-29 12:34:56.789", Some(0)),
            ("2024-02-29 12:34:56+02", "2024-02-29 12:34:56", Some(7200)),
            ("2024-02-29 12:34:56 -05:30", "2024-02-29 12:34:56", Some(-19800)),
            ("2024-02-29 23:59:59.9999996", "2024-03-01 00:00:00", None),
            ("2024-02-29 24:00:00", "2024-03-01 00:00:00", None),
            ("2024-02-29 12:00 UTC", "2024-02-29 12:00:00", Some(0)),
            ("epoch", "1970-01-01 00:00:00", Some(0)),
        ] {
            let (found, shift) = moment(text).unwrap_or_else(|_| panic!("{text}"));
            assert_eq!((found.to_string().as_str(), shift), (local, offset), "{text}");
        }
        for (text, out_of_range) in [
            ("soon", false),
            ("2024-02", false),
            ("2024-02-30", true),
            ("2024-02-29 25:00", true),
            ("2024-02-29 12:60", true),
            ("2024-02-29 12:00 Mars", false),
            ("2024-02-29 noon", false),
        ] {
            assert_eq!(moment(text).unwrap_err(), out_of_range, "{text}");
        }
    }

    #[test]
    fn bytes_are_read_in_both_forms() {
        assert_eq!(one_bytes("\\x00fF10").unwrap(), [0, 255, 16]);
        assert_eq!(one_bytes("\\x").unwrap(), [0u8; 0]);
        assert_eq!(one_bytes("a\\\\b\\001é").unwrap(), b"a\\b\x01\xc3\xa9");
        assert!(one_bytes("\\x0").is_err() && one_bytes("\\xzz").is_err());
        assert!(one_bytes("a\\b").is_err());
    }
}
