//! Numerics, from digits to an unscaled integer: exact, or an error.

use arrow::datatypes::{DataType, i256};
use datafusion::common::ScalarValue;

use crate::catalog::types::SqlType;
use crate::error::{Error, Result, SqlState};
use crate::functions::special::{Special, carries};

use super::reader::{bad_binary, bad_text, cut_i16, too_large};

/// No column has more digits; what is longer need not be looked at.
const DIGITS_MAX: usize = 2_000;

/// `digits * 10^exponent`.
struct Number {
    negative: bool,
    digits: String,
    exponent: i32,
}

pub(super) fn from_text(
    sql: &SqlType,
    precision: u8,
    scale: i8,
    text: &str,
) -> Result<ScalarValue> {
    let trimmed = text.trim();
    if let Some(special) = Special::read(trimmed) {
        return with_declared(special, sql, precision, scale);
    }
    let number = parse(trimmed).ok_or_else(|| bad_text(sql, text))?;
    number.into_scalar(sql, precision, scale)
}

/// A special where values have so many digits: only the type of the most digits has room for one.
fn with_declared(special: Special, sql: &SqlType, precision: u8, scale: i8) -> Result<ScalarValue> {
    if carries(&DataType::Decimal256(precision, scale)) {
        return Ok(ScalarValue::Decimal256(Some(special.code()), precision, scale));
    }
    Err(Error::unsupported(format!("{} as a value of type {sql}", special.word())).hint(
        "Stored numerics, and elements of arrays of them, are finite. A double precision may be NaN or infinite.",
    ))
}

/// A number with as many decimal places as it is written with.
pub(super) fn of_its_own(text: &str) -> Result<ScalarValue> {
    let sql = &SqlType::Numeric(None);
    if let Some(special) = Special::read(text.trim()) {
        return Ok(special.literal());
    }
    match parse(text.trim()) {
        Some(number) => {
            let places = number.exponent.min(0).unsigned_abs();
            number.with_places(sql, places)
        }
        // Of what is none the error is the same.
        None => from_text(sql, 38, 0, text),
    }
}

pub(super) fn of_its_own_binary(bytes: &[u8]) -> Result<ScalarValue> {
    let sql = &SqlType::Numeric(None);
    if let Some(special) = binary_special(bytes) {
        return Ok(special.literal());
    }
    let (number, places) = binary(sql, bytes)?;
    number.with_places(sql, places.into())
}

fn parse(text: &str) -> Option<Number> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i16>().ok()?),
        None => (rest, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let fine = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    (fine && digits.len() <= DIGITS_MAX).then(|| Number {
        negative,
        exponent: i32::from(exponent) - fraction.len() as i32,
        digits,
    })
}

/// PostgreSQL's groups of four digits.
pub(super) fn from_binary(
    sql: &SqlType,
    precision: u8,
    scale: i8,
    bytes: &[u8],
) -> Result<ScalarValue> {
    if let Some(special) = binary_special(bytes) {
        return with_declared(special, sql, precision, scale);
    }
    binary(sql, bytes)?.0.into_scalar(sql, precision, scale)
}

/// A sign that is none says what the value is; there are no digits.
fn binary_special(bytes: &[u8]) -> Option<Special> {
    match bytes {
        [0, 0, _, _, a, b, _, _] => Special::of_wire(u16::from_be_bytes([*a, *b])),
        _ => None,
    }
}

/// The number, and with how many decimal places it is to be shown.
fn binary(sql: &SqlType, mut bytes: &[u8]) -> Result<(Number, u16)> {
    let groups = cut_i16(&mut bytes)?;
    let weight = cut_i16(&mut bytes)?;
    let sign = cut_i16(&mut bytes)? as u16;
    let places = cut_i16(&mut bytes)? as u16;
    let groups = usize::try_from(groups).map_err(|_| bad_binary())?;
    if bytes.len() != groups * 2 {
        return Err(bad_binary());
    }
    if !matches!(sign, 0 | 0x4000) {
        return Err(bad_binary());
    }
    if groups * 4 > DIGITS_MAX {
        return Err(too_large(sql, "a number of very many digits"));
    }
    let mut digits = String::with_capacity(groups * 4 + 1);
    for _ in 0..groups {
        let group = cut_i16(&mut bytes)?;
        if !(0..10_000).contains(&group) {
            return Err(bad_binary());
        }
        digits.push_str(&format!("{group:04}"));
    }
    let exponent = (i32::from(weight) + 1 - groups as i32) * 4;
    Ok((Number { negative: sign == 0x4000, digits, exponent }, places))
}

impl Number {
    fn with_places(self, sql: &SqlType, places: u32) -> Result<ScalarValue> {
        let whole = self.digits.trim_start_matches('0').len() as i64 + i64::from(self.exponent);
        let digits = whole.max(0) + i64::from(places);
        let most = if digits <= 38 { 38 } else { 76 };
        match i8::try_from(places) {
            Ok(scale) if i64::from(scale) <= i64::from(most) => self.into_scalar(sql, most, scale),
            _ => Err(too_large(sql, &format!("{}e{}", self.digits, self.exponent))),
        }
    }

    fn into_scalar(self, sql: &SqlType, precision: u8, scale: i8) -> Result<ScalarValue> {
        let shown = || {
            let sign = if self.negative { "-" } else { "" };
            format!("{sign}{}e{}", self.digits, self.exponent)
        };
        let digits = self.digits.trim_start_matches('0');
        let zeros = self.exponent + i32::from(scale);
        let unscaled = if digits.is_empty() {
            "0".to_owned()
        } else if zeros >= 0 {
            if digits.len() + zeros as usize > usize::from(precision) {
                return Err(too_large(sql, &shown()));
            }
            format!("{digits}{}", "0".repeat(zeros as usize))
        } else {
            let kept = digits.len().saturating_sub(zeros.unsigned_abs() as usize);
            if digits.bytes().skip(kept).any(|digit| digit != b'0') {
                return Err(too_fine(sql, &shown()));
            }
            if kept > usize::from(precision) {
                return Err(too_large(sql, &shown()));
            }
            if kept == 0 { "0".to_owned() } else { digits[..kept].to_owned() }
        };
        let text = if self.negative { format!("-{unscaled}") } else { unscaled };
        if precision <= 38 {
            let value = text.parse().map_err(|_| too_large(sql, &text))?;
            Ok(ScalarValue::Decimal128(Some(value), precision, scale))
        } else {
            let value = i256::from_string(&text).ok_or_else(|| too_large(sql, &text))?;
            Ok(ScalarValue::Decimal256(Some(value), precision, scale))
        }
    }
}

/// To round it could change which rows a comparison finds.
fn too_fine(sql: &SqlType, text: &str) -> Error {
    Error::new(
        SqlState::NUMERIC_OUT_OF_RANGE,
        format!("parameter value {text} has more decimal places than type {sql} keeps"),
    )
    .hint("Round the value, or cast the parameter to a numeric with a larger scale.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, precision: u8, scale: i8) -> Result<i128> {
        let sql = SqlType::Numeric(Some((precision, scale)));
        match from_text(&sql, precision, scale, text)? {
            ScalarValue::Decimal128(Some(value), _, _) => Ok(value),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn numbers_are_exact_or_refused() {
        assert_eq!(read("1.5", 12, 2).unwrap(), 150);
        assert_eq!(read(" -0.05 ", 12, 2).unwrap(), -5);
        assert_eq!(read("1e3", 12, 2).unwrap(), 100_000);
        assert_eq!(read("1.230", 12, 2).unwrap(), 123);
        assert_eq!(read("0.000", 12, 2).unwrap(), 0);
        assert_eq!(read(".5", 12, 2).unwrap(), 50);
        let huge = read("1e20", 38, 18).unwrap_err();
        assert_eq!(huge.state, SqlState::NUMERIC_OUT_OF_RANGE);
        assert!(read("1.239", 12, 2).is_err());
        assert!(read("NaN", 12, 2).is_err());
        assert!(read("1e32767", 12, 2).is_err());
        assert!(read("1e-32768", 12, 2).is_err());
        for bad in ["", ".", "-", "1e", "e5", "1.2.3", "0x10", "1 2"] {
            assert_eq!(read(bad, 12, 2).unwrap_err().state, SqlState::INVALID_TEXT, "{bad}");
        }
    }

    #[test]
    fn specials_are_read() {
        assert_eq!(of_its_own(" nan ").unwrap(), Special::NaN.literal());
        let binary = |sign: u8, places: u8| of_its_own_binary(&[0, 0, 0, 0, sign, 0, 0, places]);
        assert_eq!(binary(0xc0, 0).unwrap(), Special::NaN.literal());
        assert_eq!(binary(0xd0, 0x20).unwrap(), Special::Infinity.literal());
        assert_eq!(binary(0xf0, 0).unwrap(), Special::NegativeInfinity.literal());
        assert!(binary(0xe0, 0).is_err());
        let refused = read("Infinity", 12, 2).unwrap_err();
        assert_eq!(refused.state, SqlState::FEATURE_NOT_SUPPORTED);
    }

    #[test]
    fn binary_groups_are_read() {
        let groups = |parts: &[i16]| parts.iter().flat_map(|p| p.to_be_bytes()).collect::<Vec<_>>();
        let read = |parts: &[i16]| {
            let sql = SqlType::Numeric(None);
            from_binary(&sql, 20, 4, &groups(parts)).map(|value| value.to_string())
        };
        assert_eq!(read(&[2, 0, 0, 1, 1, 5000]).unwrap(), "1.5000");
        assert_eq!(read(&[1, -1, 0x4000, 2, 500]).unwrap(), "-0.0500");
        assert_eq!(read(&[1, 2, 0, 0, 1]).unwrap(), "100000000.0000");
        assert_eq!(read(&[0, 0, 0, 2]).unwrap(), "0.0000");
        assert!(read(&[1, 0, -0x4000, 0]).is_err());
        assert!(read(&[2, 0, 0, 0, 1]).is_err());
        assert!(read(&[1, 0, 0, 0, 10_000]).is_err());
        assert!(read(&[1, 32_767, 0, 0, 1]).is_err());
    }
}
