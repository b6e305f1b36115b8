//! Values to text as PostgreSQL writes them, and text cut to a length.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray, StringViewBuilder};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Float32Type, Float64Type, IntervalMonthDayNanoType,
    Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
};
use arrow::temporal_conversions::timestamp_us_to_datetime;
use datafusion::common::Result;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::time;
use crate::error::Error;

static FUNCTIONS: LazyLock<Vec<Arc<ScalarUDF>>> = LazyLock::new(|| {
    vec![
        Arc::new(ScalarUDF::from(ToText { signature: Signature::any(1, Volatility::Stable) })),
        Arc::new(ScalarUDF::from(Cut { signature: Signature::any(2, Volatility::Immutable) })),
    ]
});

pub(super) fn function(name: &str) -> Option<Arc<ScalarUDF>> {
    FUNCTIONS.iter().find(|f| f.name() == name).map(Arc::clone)
}

/// Times, doubles and intervals as text.
#[derive(Debug, PartialEq, Eq, Hash)]
struct ToText {
    signature: Signature,
}

impl ScalarUDFImpl for ToText {
    fn name(&self) -> &str {
        "__to_text"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let array = args.args[0].to_array(args.number_rows)?;
        let zone = args.config_options.execution.time_zone.clone();
        texts(&array, zone.as_deref().unwrap_or("UTC")).map(ColumnarValue::Array)
    }
}

/// Values of any type as PostgreSQL writes them; Arrow's own cast where that is the same.
pub(super) fn shown(array: &ArrayRef, zone: &str) -> Result<ArrayRef> {
    match array.data_type() {
        DataType::Timestamp(..)
        | DataType::Float64
        | DataType::Float32
        | DataType::Time64(_)
        | DataType::Interval(_)
        | DataType::Date32
        | DataType::List(_) => texts(array, zone),
        _ => Ok(cast(array, &DataType::Utf8View)?),
    }
}

pub(super) fn texts(array: &ArrayRef, zone: &str) -> Result<ArrayRef> {
    let made: StringViewArray = match array.data_type() {
        DataType::Timestamp(_, with_zone) => {
            let micros =
                cast(array, &DataType::Timestamp(TimeUnit::Microsecond, with_zone.clone()))?;
            let micros = micros.as_primitive::<TimestampMicrosecondType>();
            match with_zone {
                Some(_) => micros
                    .iter()
                    .map(|v| v.map(|v| zoned(v, zone)).transpose())
                    .collect::<Result<_>>()?,
                None => micros.iter().map(|v| v.map(plain).transpose()).collect::<Result<_>>()?,
            }
        }
        DataType::Date32 => {
            let days = array.as_primitive::<Date32Type>().iter();
            days.map(|v| v.map(time::show::date)).collect()
        }
        DataType::Float64 => {
            array.as_primitive::<Float64Type>().iter().map(|v| v.map(double)).collect()
        }
        DataType::Float32 => {
            array.as_primitive::<Float32Type>().iter().map(|v| v.map(real)).collect()
        }
        DataType::Time64(_) => {
            let micros = cast(array, &DataType::Time64(TimeUnit::Microsecond))?;
            let micros = micros.as_primitive::<Time64MicrosecondType>();
            micros.iter().map(|v| v.map(clock)).collect()
        }
        DataType::Interval(arrow::datatypes::IntervalUnit::MonthDayNano) => {
            let all = array.as_primitive::<IntervalMonthDayNanoType>();
            all.iter()
                .map(|v| v.map(|v| interval(v.months, v.days, v.nanoseconds / 1_000)))
                .collect()
        }
        DataType::List(_) => {
            let lists = array.as_list::<i32>();
            lists
                .iter()
                .map(|list| list.map(|list| list_text(&list, zone)).transpose())
                .collect::<Result<_>>()?
        }
        other => {
            return Err(DataFusionError::External(Box::new(Error::unsupported(format!(
                "casting {other} to text"
            )))));
        }
    };
    Ok(Arc::new(made))
}

/// `{1,NULL,"a b"}`
fn list_text(elements: &ArrayRef, zone: &str) -> Result<String> {
    let shown = match elements.data_type() {
        DataType::Boolean => cast(elements, &DataType::Int8)?,
        _ => Arc::clone(elements),
    };
    let plain = shown.data_type().is_integer()
        || matches!(
            shown.data_type(),
            DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 | DataType::Date32
        )
        || shown.data_type().is_decimal();
    let nested = matches!(elements.data_type(), DataType::List(_));
    let truth = matches!(elements.data_type(), DataType::Boolean);
    let made = if plain { cast(&shown, &DataType::Utf8View)? } else { texts(&shown, zone)? };
    let items = made.as_string_view().iter().map(|text| match text {
        None => "NULL".to_owned(),
        Some(text) if truth => if text == "1" { "t" } else { "f" }.to_owned(),
        Some(text) if nested || !needs_quotes(text) => text.to_owned(),
        Some(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
    });
    Ok(format!("{{{}}}", items.collect::<Vec<_>>().join(",")))
}

/// Whether an element would be read as something else inside `{…}`.
fn needs_quotes(text: &str) -> bool {
    text.is_empty()
        || text.eq_ignore_ascii_case("null")
        || text.contains(|c: char| "{},\"\\".contains(c) || c.is_ascii_whitespace())
}

fn out_of_range() -> DataFusionError {
    let state = crate::error::SqlState::DATETIME_OVERFLOW;
    DataFusionError::External(Box::new(Error::new(state, "timestamp out of range")))
}

/// `2013-01-01 05:15:00.5`
fn plain(micros: i64) -> Result<String> {
    if let i64::MIN | i64::MAX = micros {
        return Ok(time::show::timestamp(micros, None));
    }
    let time = timestamp_us_to_datetime(micros).ok_or_else(out_of_range)?;
    Ok(format!("{}{}", time.format("%Y-%m-%d %H:%M:%S"), fraction(micros.rem_euclid(1_000_000))))
}

/// The same in a zone, with its offset: `+00`, `+05:30`.
fn zoned(micros: i64, zone: &str) -> Result<String> {
    if let i64::MIN | i64::MAX = micros {
        return plain(micros);
    }
    let zone: arrow::array::timezone::Tz = zone.parse()?;
    let time = arrow::temporal_conversions::as_datetime_with_timezone::<TimestampMicrosecondType>(
        micros, zone,
    )
    .ok_or_else(out_of_range)?;
    let offset = time.format("%:z").to_string();
    let offset = offset.strip_suffix(":00").unwrap_or(&offset);
    let fraction = fraction(micros.rem_euclid(1_000_000));
    Ok(format!("{}{fraction}{offset}", time.format("%Y-%m-%d %H:%M:%S")))
}

fn fraction(micros: i64) -> String {
    match micros {
        0 => String::new(),
        micros => format!(".{micros:06}").trim_end_matches('0').to_owned(),
    }
}

fn clock(micros: i64) -> String {
    let seconds = micros / 1_000_000;
    let (h, m, s) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{h:02}:{m:02}:{s:02}{}", fraction(micros % 1_000_000))
}

/// `1 year 2 mons -3 days 04:05:06.7`
fn interval(months: i32, days: i32, micros: i64) -> String {
    let mut parts = Vec::new();
    let mut part = |n: i32, one: &str, many: &str| {
        if n != 0 {
            parts.push(format!("{n} {}", if n == 1 { one } else { many }));
        }
    };
    part(months / 12, "year", "years");
    part(months % 12, "mon", "mons");
    part(days, "day", "days");
    if micros != 0 || parts.is_empty() {
        let sign = if micros < 0 { "-" } else { "" };
        let size = micros.unsigned_abs();
        let (seconds, rest) = (size / 1_000_000, (size % 1_000_000) as i64);
        let (h, m, s) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        parts.push(format!("{sign}{h:02}:{m:02}:{s:02}{}", fraction(rest)));
    }
    parts.join(" ")
}

fn double(v: f64) -> String {
    layout(
        v.is_nan(),
        v.is_infinite(),
        v < 0.0,
        v == 0.0,
        v.is_sign_negative(),
        ryu::Buffer::new().format(v),
    )
}

fn real(v: f32) -> String {
    layout(
        v.is_nan(),
        v.is_infinite(),
        v < 0.0,
        v == 0.0,
        v.is_sign_negative(),
        ryu::Buffer::new().format(v),
    )
}

/// The shortest digits laid out as C's `%g` does: an exponent below -4 and from 15 digits on.
fn layout(
    nan: bool,
    infinite: bool,
    negative: bool,
    zero: bool,
    signed: bool,
    shortest: &str,
) -> String {
    if nan {
        return "NaN".to_owned();
    }
    if infinite {
        return if negative { "-Infinity" } else { "Infinity" }.to_owned();
    }
    if zero {
        return if signed { "-0" } else { "0" }.to_owned();
    }
    let unsigned = shortest.trim_start_matches('-');
    let (mantissa, exponent) = unsigned.split_once('e').unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = if fraction == "0" { "" } else { fraction };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let all = format!("{whole}{fraction}");
    let leading = all.len() - all.trim_start_matches('0').len();
    let digits = all.trim_start_matches('0').trim_end_matches('0');
    // Where the point stands, counted from the first digit.
    let point = whole.len() as i32 + exponent - leading as i32;
    let sign = if negative { "-" } else { "" };
    let power = point - 1;
    if !(-4..15).contains(&power) {
        let (first, rest) = digits.split_at(1);
        let rest = if rest.is_empty() { String::new() } else { format!(".{rest}") };
        let mark = if power < 0 { '-' } else { '+' };
        return format!("{sign}{first}{rest}e{mark}{:02}", power.abs());
    }
    let body = match point {
        p if p <= 0 => format!("0.{}{digits}", "0".repeat(p.unsigned_abs() as usize)),
        p if p as usize >= digits.len() => {
            format!("{digits}{}", "0".repeat(p as usize - digits.len()))
        }
        p => format!("{}.{}", &digits[..p as usize], &digits[p as usize..]),
    };
    format!("{sign}{body}")
}

/// Text cut to a number of characters, as an explicit cast to varchar(n) cuts it.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Cut {
    signature: Signature,
}

impl ScalarUDFImpl for Cut {
    fn name(&self) -> &str {
        "__cut"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let array = cast(&args.args[0].to_array(args.number_rows)?, &DataType::Utf8View)?;
        let most = match &args.args[1] {
            ColumnarValue::Scalar(datafusion::common::ScalarValue::Int64(Some(n))) => *n as usize,
            ColumnarValue::Scalar(datafusion::common::ScalarValue::Int32(Some(n))) => *n as usize,
            _ => {
                return Err(DataFusionError::External(Box::new(Error::internal(
                    "a length that varies",
                ))));
            }
        };
        let mut out = StringViewBuilder::with_capacity(array.len());
        for text in array.as_string_view().iter() {
            out.append_option(text.map(|text| match text.char_indices().nth(most) {
                Some((end, _)) => &text[..end],
                None => text,
            }));
        }
        Ok(ColumnarValue::Array(Arc::new(out.finish())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_as_postgres_writes_them() {
        for (value, text) in [
            (1.0, "1"),
            (100.0, "100"),
            (1e20, "1e+20"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (-1.5, "-1.5"),
            (123456.789, "123456.789"),
            (1e15, "1e+15"),
            (123_456_789_012_345.0, "123456789012345"),
            (0.1, "0.1"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
            (-0.0, "-0"),
        ] {
            assert_eq!(double(value), text);
        }
    }

    #[test]
    fn times_and_intervals() {
        assert_eq!(plain(1_357_017_300_500_000).unwrap(), "2013-01-01 05:15:00.5");
        assert_eq!(
            zoned(1_357_017_300_000_000, "Asia/Kolkata").unwrap(),
            "2013-01-01 10:45:00+05:30"
        );
        assert_eq!(interval(14, -3, 14_706_700_000), "1 year 2 mons -3 days 04:05:06.7");
        assert_eq!(interval(0, 0, 0), "00:00:00");
    }
}
