//! Numbers as JSON writes them, as PostgreSQL's numeric writes them, and compared.

use std::cmp::Ordering;

use crate::error::{Error, Result, SqlState};

/// Digits before and behind the point that a numeric holds.
const DIGITS_MAX: i64 = 131_072;
const SCALE_MAX: i64 = 16_383;

/// `-12.5e+3`.
pub(super) fn is_json(text: &str) -> bool {
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((m, e)) => (m, Some(e)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((w, f)) => (w, Some(f)),
        None => (mantissa, None),
    };
    let no_zero_before = whole == "0" || !whole.starts_with('0');
    let exponent = exponent.map(|e| e.strip_prefix(['+', '-']).unwrap_or(e));
    digits(whole) && no_zero_before && fraction.is_none_or(digits) && exponent.is_none_or(digits)
}

/// Written out without an exponent.
pub(super) fn numeric(text: &str) -> Result<String> {
    let overflow = || Error::new(SqlState::NUMERIC_OUT_OF_RANGE, "value overflows numeric format");
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((m, e)) => (m, e.trim_start_matches('+').parse::<i64>().map_err(|_| overflow())?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let point = whole.len() as i64 + exponent;
    let scale = (fraction.len() as i64 - exponent).max(0);
    if point > DIGITS_MAX || scale > SCALE_MAX {
        return Err(overflow());
    }
    let (before, behind) = match usize::try_from(point) {
        Ok(point) if point >= digits.len() => (format!("{digits:0<point$}"), String::new()),
        Ok(point) => (digits[..point].to_owned(), digits[point..].to_owned()),
        Err(_) => {
            let zeros = "0".repeat(point.unsigned_abs() as usize);
            (String::new(), format!("{zeros}{digits}"))
        }
    };
    let before = before.trim_start_matches('0');
    let before = if before.is_empty() { "0" } else { before };
    let zero = before == "0" && behind.bytes().all(|b| b == b'0');
    let sign = if negative && !zero { "-" } else { "" };
    Ok(match behind.is_empty() {
        true => format!("{sign}{before}"),
        false => format!("{sign}{before}.{behind}"),
    })
}

/// Two numerics by their value, whatever zeros are behind their points.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let parts = |text: &str| {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest.to_owned()),
            None => (false, text.to_owned()),
        };
        let (whole, fraction) = rest.split_once('.').unwrap_or((&rest, ""));
        (negative, whole.to_owned(), fraction.trim_end_matches('0').to_owned())
    };
    let ((an, aw, af), (bn, bw, bf)) = (parts(a), parts(b));
    let size = aw.len().cmp(&bw.len()).then_with(|| aw.cmp(&bw)).then_with(|| af.cmp(&bf));
    match (an, bn) {
        (false, false) => size,
        (true, true) => size.reverse(),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_out() {
        for (text, wanted) in [
            ("1e2", "100"),
            ("1.50", "1.50"),
            ("-0", "0"),
            ("1E-3", "0.001"),
            ("12.345e1", "123.45"),
            ("0.10e3", "100"),
            ("-1.5", "-1.5"),
            ("1.0e0", "1.0"),
        ] {
            assert_eq!(numeric(text).unwrap(), wanted, "{text}");
        }
        assert!(numeric("1e1000000").is_err());
        assert!(is_json("-0.5e+10") && !is_json("01") && !is_json("1.") && !is_json("-"));
    }

    #[test]
    fn numbers_are_compared_by_value() {
        assert_eq!(compare("1.0", "1"), Ordering::Equal);
        assert_eq!(compare("-2", "1"), Ordering::Less);
        assert_eq!(compare("10", "9.5"), Ordering::Greater);
        assert_eq!(compare("-10", "-9.5"), Ordering::Less);
        assert_eq!(compare("0.25", "0.3"), Ordering::Less);
    }
}
