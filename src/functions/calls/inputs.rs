//! Text as PostgreSQL reads it into numbers, truth values and uuids.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float32Array};
use arrow::datatypes::{DataType, Float32Type};
use datafusion::common::{Result, ScalarValue};

use super::given::{Arguments, fail, refuse};
use super::numerics::{Exact, Number, column, filled, scale_of, with_scale};
use super::specials;
use super::tables::{Row, exact, run};
use crate::catalog::types::SqlType;
use crate::error::{Error, SqlState};
use crate::functions::special::{self, Special};
use crate::storage::tid;

pub(super) fn rows() -> Vec<Row> {
    vec![
        run("__int2_in", "text", "int2", |a| {
            whole(a, "smallint", i64::from(i16::MIN), i64::from(i16::MAX))
        }),
        run("__int4_in", "text", "int4", |a| {
            whole(a, "integer", i64::from(i32::MIN), i64::from(i32::MAX))
        }),
        run("__int8_in", "text", "int8", |a| whole(a, "bigint", i64::MIN, i64::MAX)),
        run("__float8_in", "text", "float8", |a| {
            a.doubles(|r| double(a.text(0).value(r), "double precision").map(Some))
        }),
        run("__float4_in", "text", "float4", reals),
        run("__bool_in", "text", "bool", |a| a.truths(|r| truth(a.text(0).value(r)).map(Some))),
        run("__uuid_in", "text", "uuid", |a| a.texts(|r| uuid(a.text(0).value(r)).map(Some))),
        run("__tid_in", "text", "tid", |a| {
            let read = |text: &str| match tid::read(text) {
                Some(place) => Ok(place),
                None => wrong("tid", text),
            };
            let made = a.text(0).iter().map(|text| text.map(read).transpose());
            Ok(Arc::new(made.collect::<Result<arrow::array::Int64Array>>()?))
        }),
        run("__tid_out", "tid", "text", |a| a.texts(|r| Ok(Some(tid::show(a.long(0).value(r)))))),
        exact("__numeric_in", "text", digits_of, |a| {
            let texts = a.text(0);
            let made = texts.iter().map(|t| t.map(|t| of_column(numeric(t)?, a)).transpose());
            filled(made.collect::<Result<Vec<_>>>()?, &a.result)
        }),
        exact(
            "__float_numeric",
            "float4",
            |_, _| (38, 16),
            |a| {
                let values = a.arrays[0].as_primitive::<Float32Type>();
                of_floats(values.iter().map(|v| v.map(f64::from)), 6, a)
            },
        ),
        exact(
            "__float_numeric",
            "float8",
            |_, _| (38, 16),
            |a| of_floats(a.double(0).iter(), 15, a),
        ),
        run("__to_int2", "int8", "int2", |a| narrowed(a, i64::from(i16::MIN), i64::from(i16::MAX))),
        run("__to_int2", "numeric", "int2", |a| of_numeric(&a.arrays[0], &a.result)),
        run("__to_int2", "float8", "int2", |a| {
            of_double(a, i64::from(i16::MIN), i64::from(i16::MAX))
        }),
        run("__to_float4", "float8", "float4", |a| {
            let made = a.double(0).iter().map(|x| match x {
                None => Ok(None),
                Some(x) if x.is_finite() && (x as f32).is_infinite() => {
                    refuse(SqlState::NUMERIC_OUT_OF_RANGE, "value out of range: overflow")
                }
                Some(x) if x != 0.0 && x as f32 == 0.0 => {
                    refuse(SqlState::NUMERIC_OUT_OF_RANGE, "value out of range: underflow")
                }
                Some(x) => Ok(Some(x as f32)),
            });
            Ok(Arc::new(made.collect::<Result<Float32Array>>()?))
        }),
        run("__to_int4", "int8", "int4", |a| narrowed(a, i64::from(i32::MIN), i64::from(i32::MAX))),
        run("__to_int4", "numeric", "int4", |a| of_numeric(&a.arrays[0], &a.result)),
        run("__to_int4", "float8", "int4", |a| {
            of_double(a, i64::from(i32::MIN), i64::from(i32::MAX))
        }),
        run("__to_int8", "numeric", "int8", |a| of_numeric(&a.arrays[0], &a.result)),
        run("__to_int8", "float8", "int8", |a| of_double(a, i64::MIN, i64::MAX)),
        run("__as_text", "any", "text", |a| special::texts(&a.arrays[0])),
        run("__strip", "text", "text", |a| {
            a.texts(|r| Ok(Some(a.text(0).value(r).trim_end_matches(' ').to_owned())))
        }),
        run("__fit_blank", "text,int4", "text", |a| {
            a.texts(|r| {
                let (text, most) = (a.text(0).value(r).trim_end_matches(' '), a.int(1).value(r));
                match text.chars().count() <= most as usize {
                    true => Ok(Some(text.to_owned())),
                    false => refuse(
                        SqlState::STRING_TOO_LONG,
                        format!("value too long for type character({most})"),
                    ),
                }
            })
        }),
    ]
}

fn wrong<T>(kind: &str, text: &str) -> Result<T> {
    refuse(SqlState::INVALID_TEXT, format!("invalid input syntax for type {kind}: \"{text}\""))
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\u{b}')
}

fn whole(a: &Arguments, kind: &str, least: i64, most: i64) -> Result<ArrayRef> {
    let made = a.text(0).iter().map(|t| t.map(|t| one_whole(t, kind, least, most)).transpose());
    Ok(Arc::new(made.collect::<Result<arrow::array::Int64Array>>()?))
}

fn one_whole(text: &str, kind: &str, least: i64, most: i64) -> Result<i64> {
    let bare = trimmed(text);
    let digits = bare.strip_prefix(['-', '+']).unwrap_or(bare);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return wrong(kind, text);
    }
    match bare.parse::<i64>().ok().filter(|n| (least..=most).contains(n)) {
        Some(n) => Ok(n),
        None => refuse(
            SqlState::NUMERIC_OUT_OF_RANGE,
            format!("value \"{text}\" is out of range for type {kind}"),
        ),
    }
}

/// A literal in quotes as a constant, read when the statement is bound, as PostgreSQL reads it.
pub(crate) fn constant(wanted: &SqlType, text: &str) -> Option<Result<ScalarValue>> {
    let whole = |kind, least: i64, most: i64| one_whole(text, kind, least, most);
    let made = match wanted {
        SqlType::Int2 => whole("smallint", i64::from(i16::MIN), i64::from(i16::MAX))
            .map(|n| ScalarValue::Int16(i16::try_from(n).ok())),
        SqlType::Int4 => whole("integer", i64::from(i32::MIN), i64::from(i32::MAX))
            .map(|n| ScalarValue::Int32(i32::try_from(n).ok())),
        SqlType::Int8 => whole("bigint", i64::MIN, i64::MAX).map(|n| ScalarValue::Int64(Some(n))),
        SqlType::Float4 => real(text).map(|x| ScalarValue::Float32(Some(x))),
        SqlType::Float8 => double(text, "double precision").map(|x| ScalarValue::Float64(Some(x))),
        SqlType::Bool => truth(text).map(|b| ScalarValue::Boolean(Some(b))),
        SqlType::Numeric(_) => Special::read(trimmed(text)).map(|s| Ok(s.literal()))?,
        _ => return None,
    };
    Some(made)
}

type Whole = Result<arrow::array::Int64Array>;

fn out_of(a: &Arguments) -> datafusion::error::DataFusionError {
    fail(crate::functions::integer::out_of_range(&a.result))
}

fn narrowed(a: &Arguments, least: i64, most: i64) -> Result<ArrayRef> {
    let made = a.long(0).iter().map(|n| match n {
        Some(n) if !(least..=most).contains(&n) => Err(out_of(a)),
        n => Ok(n),
    });
    Ok(Arc::new(made.collect::<Whole>()?))
}

/// Numerics as whole numbers of a type.
pub(crate) fn of_numeric(values: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    let (least, most) = match to {
        DataType::Int16 => (i64::from(i16::MIN), i64::from(i16::MAX)),
        DataType::Int32 => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    };
    Ok(arrow::compute::cast(&rounded(values, to, least, most)?, to)?)
}

/// Half goes away from zero.
fn rounded(values: &ArrayRef, to: &DataType, least: i64, most: i64) -> Result<ArrayRef> {
    if special::carries(values.data_type())
        && let Some(special) = (0..values.len()).find_map(|row| special::at(values, row))
    {
        let what = if special == Special::NaN { "NaN" } else { "infinity" };
        let message = format!("cannot convert {what} to {}", SqlType::from_arrow(to));
        return refuse(SqlState::FEATURE_NOT_SUPPORTED, message);
    }
    let rounded = super::numerics::rounded_i128(values)?;
    let out = || fail(crate::functions::integer::out_of_range(to));
    let made = rounded.into_iter().map(|n| match n {
        None => Ok(None),
        Some(n) => match n.and_then(|n| i64::try_from(n).ok()) {
            Some(n) if (least..=most).contains(&n) => Ok(Some(n)),
            _ => Err(out()),
        },
    });
    Ok(Arc::new(made.collect::<Whole>()?))
}

/// Half goes to the even one.
fn of_double(a: &Arguments, least: i64, most: i64) -> Result<ArrayRef> {
    let made = a.double(0).iter().map(|x| {
        let Some(x) = x.map(f64::round_ties_even) else { return Ok(None) };
        // The greatest bigint is no double: the next one is one too many.
        match x >= least as f64 && x < most as f64 + 1.0 {
            true => Ok(Some(x as i64)),
            false => Err(out_of(a)),
        }
    });
    Ok(Arc::new(made.collect::<Whole>()?))
}

/// Digits, a point, an exponent; or a name of what is no number.
fn double(text: &str, kind: &str) -> Result<f64> {
    let bare = trimmed(text);
    let (sign, name) = match bare.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, bare.strip_prefix('+').unwrap_or(bare)),
    };
    match name.to_ascii_lowercase().as_str() {
        "nan" => return Ok(f64::NAN),
        "inf" | "infinity" => return Ok(sign * f64::INFINITY),
        _ => {}
    }
    let plain = name.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let Some(value) = plain.then(|| name.parse::<f64>().ok()).flatten() else {
        return wrong(kind, text);
    };
    let mantissa = name.split(['e', 'E']).next().unwrap_or_default();
    let nothing = !mantissa.contains(|c: char| ('1'..='9').contains(&c));
    match value.is_infinite() || (value == 0.0 && !nothing) {
        true => refuse(
            SqlState::NUMERIC_OUT_OF_RANGE,
            format!("\"{bare}\" is out of range for type {kind}"),
        ),
        false => Ok(sign * value),
    }
}

fn reals(a: &Arguments) -> Result<ArrayRef> {
    let made = a.text(0).iter().map(|text| text.map(real).transpose());
    Ok(Arc::new(made.collect::<Result<Float32Array>>()?))
}

fn real(text: &str) -> Result<f32> {
    let wide = double(text, "real")?;
    let value = trimmed(text).parse::<f32>().unwrap_or(wide as f32);
    match (value.is_infinite() && wide.is_finite()) || (value == 0.0 && wide != 0.0) {
        true => refuse(
            SqlState::NUMERIC_OUT_OF_RANGE,
            format!("\"{}\" is out of range for type real", trimmed(text)),
        ),
        false => Ok(value),
    }
}

/// Any beginning of a word that says which (`parse_bool_with_len`).
fn truth(text: &str) -> Result<bool> {
    let word = trimmed(text).to_ascii_lowercase();
    let begins = |whole: &str| !word.is_empty() && whole.starts_with(&word);
    match word.as_str() {
        "1" | "on" => Ok(true),
        "0" | "of" | "off" => Ok(false),
        "o" => wrong("boolean", text),
        _ if begins("true") || begins("yes") => Ok(true),
        _ if begins("false") || begins("no") => Ok(false),
        _ => wrong("boolean", text),
    }
}

/// Digits in pairs of bytes, with or without hyphens behind each, braces around all.
fn uuid(text: &str) -> Result<String> {
    let bare = match text.strip_prefix('{') {
        Some(inner) => inner.strip_suffix('}'),
        None => Some(text),
    };
    let mut out = String::with_capacity(36);
    let (mut digits, mut hyphen) = (0, false);
    for c in bare.unwrap_or("?").chars() {
        match c {
            '-' if digits > 0 && digits % 4 == 0 && digits < 32 && !hyphen => hyphen = true,
            c if c.is_ascii_hexdigit() && digits < 32 => {
                if [8, 12, 16, 20].contains(&digits) {
                    out.push('-');
                }
                out.push(c.to_ascii_lowercase());
                digits += 1;
                hyphen = false;
            }
            _ => return wrong("uuid", text),
        }
    }
    if digits == 32 && !hyphen { Ok(out) } else { wrong("uuid", text) }
}

/// A number, or the name of what is none.
fn numeric(text: &str) -> Result<Number> {
    match Special::read(trimmed(text)) {
        Some(special) => Ok(Number::Special(special)),
        None => exact_numeric(text).map(Number::Finite),
    }
}

/// A column of ordinary numerics has no room for a special; a constant tells in time that it is one.
fn of_column(value: Number, a: &Arguments) -> Result<Number> {
    match value {
        Number::Special(special) if !special::carries(&a.result) => {
            Err(specials::refused(special, "of a column"))
        }
        other => Ok(other),
    }
}

/// `-12.50e3`
pub(crate) fn exact_numeric(text: &str) -> Result<Exact> {
    let bare = trimmed(text);
    let (sign, rest) = match bare.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", bare.strip_prefix('+').unwrap_or(bare)),
    };
    let (mantissa, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let Ok(exponent) = exponent.parse::<i32>() else { return wrong("numeric", text) };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return wrong("numeric", text);
    }
    let scale = fraction.len() as i64 - i64::from(exponent);
    if !(-1000..=2000).contains(&scale) {
        return refuse(SqlState::NUMERIC_OUT_OF_RANGE, "value overflows numeric format");
    }
    let Ok(value) = format!("{sign}{digits}").parse() else { return wrong("numeric", text) };
    let read = Exact { digits: value, scale: scale as i32 };
    Ok(if read.scale < 0 { read.at(0) } else { read })
}

/// A constant has its own digits, a column those of one for all.
fn digits_of(_: &[DataType], constants: &[Option<ScalarValue>]) -> (u8, i8) {
    let known = constants.first().and_then(Option::as_ref);
    let known = known.and_then(|v| v.try_as_str().flatten()).and_then(|t| numeric(t).ok());
    match known {
        Some(Number::Special(_)) => (76, 0),
        Some(Number::Finite(value)) => {
            let length = value.digits.magnitude().to_string().len() as i32;
            let (most, scale) = with_scale(value.scale);
            (if length > 38 || scale > 38 { 76 } else { most.min(38) }, scale)
        }
        None => (38, 16),
    }
}

/// `double precision` as `numeric` has it: so many significant digits.
pub(crate) fn of_float(value: f64, significant: usize) -> Option<Exact> {
    if !value.is_finite() {
        return None;
    }
    let text = format!("{value:.*e}", significant - 1);
    let mut read = exact_numeric(&text).ok()?;
    while read.scale > 0 && (&read.digits % 10u8) == num_bigint::BigInt::ZERO {
        read.digits /= 10;
        read.scale -= 1;
    }
    Some(read)
}

/// A double as a constant numeric.
pub(crate) fn numeric_of(value: f64, significant: usize) -> Option<ScalarValue> {
    match Special::of_double(value) {
        Some(special) => Some(special.literal()),
        None => literal(&of_float(value, significant)?),
    }
}

/// A number as a constant of the plan.
fn literal(value: &Exact) -> Option<ScalarValue> {
    let length = value.digits.magnitude().to_string().len() as i32;
    let scale = i8::try_from(value.scale).ok()?;
    let precision = if length.max(value.scale) <= 38 { 38 } else { 76 };
    let to = match precision {
        38 => DataType::Decimal128(38, scale),
        _ => DataType::Decimal256(76, scale),
    };
    let made = column(vec![Some(value.clone())], &to).ok()?;
    debug_assert_eq!(scale_of(made.data_type()), i32::from(scale));
    ScalarValue::try_from_array(&made, 0).ok()
}

fn of_floats(
    values: impl Iterator<Item = Option<f64>>,
    significant: usize,
    a: &Arguments,
) -> Result<ArrayRef> {
    let made = values.map(|value| match value {
        None => Ok(None),
        Some(value) => match (of_float(value, significant), Special::of_double(value)) {
            (Some(exact), _) => Ok(Some(exact)),
            (None, Some(special)) => Err(specials::refused(special, "of a column")),
            (None, None) => Err(fail(Error::internal("a double's digits"))),
        },
    });
    column(made.collect::<Result<_>>()?, &a.result)
}

/// Whether a column of doubles holds something.
pub(crate) fn float_of(value: &ScalarValue) -> Option<(f64, usize)> {
    match value {
        ScalarValue::Float64(Some(v)) => Some((*v, 15)),
        ScalarValue::Float32(Some(v)) => Some((f64::from(*v), 6)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_truth() {
        for (word, wanted) in
            [("yes", true), (" tr", true), ("of", false), ("0", false), ("N", false)]
        {
            assert_eq!(truth(word).unwrap(), wanted);
        }
        for word in ["", "o", "maybe", "2", "yess"] {
            assert!(truth(word).is_err());
        }
    }

    #[test]
    fn uuids_in_any_dress() {
        let plain = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
        for given in
            [plain, "{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}", "a0ee-bc99-9c0b4ef8bb6d6bb9bd380a11"]
        {
            assert_eq!(uuid(given).unwrap(), plain);
        }
        assert!(uuid("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1").is_err());
    }

    #[test]
    fn numbers_keep_their_digits() {
        let read = exact_numeric(" 1.50e1 ").unwrap();
        assert_eq!((read.digits.to_string().as_str(), read.scale), ("150", 1));
        assert_eq!(numeric(" -INF ").unwrap(), Number::Special(Special::NegativeInfinity));
        assert!(exact_numeric("NaN").is_err());
        assert!(numeric("1.2.3").is_err());
    }
}
