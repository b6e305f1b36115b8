//! The plainest forms of the commonest types, read without detours. None sends the text to the full reader, which
//! knows the other forms and the words for what is none.

use crate::wire::rows::days_from_civil;

pub(super) fn boolean(text: &[u8]) -> Option<bool> {
    match text {
        b"t" | b"true" => Some(true),
        b"f" | b"false" => Some(false),
        _ => None,
    }
}

pub(super) fn integer(text: &[u8]) -> Option<i64> {
    // 18 digits are never too many.
    let (negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        _ => (false, text),
    };
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let mut value = 0i64;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(if negative { -value } else { value })
}

pub(super) fn float(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// Digits and perhaps a point, with no more digits behind it than the scale has.
pub(super) fn decimal(text: &[u8], precision: u8, scale: i8) -> Option<i128> {
    let (negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        _ => (false, text),
    };
    let (mut value, mut seen, mut behind) = (0i128, 0u8, None::<i8>);
    for byte in digits {
        match byte {
            b'0'..=b'9' => {
                seen += 1;
                if seen > 36 {
                    return None;
                }
                value = value * 10 + i128::from(byte - b'0');
                behind = behind.map(|n| n + 1);
            }
            b'.' if behind.is_none() => behind = Some(0),
            _ => return None,
        }
    }
    let missing = u32::try_from(scale - behind.unwrap_or(0)).ok()?;
    let value = value.checked_mul(10i128.checked_pow(missing)?)?;
    let fits = seen > 0 && value < 10i128.checked_pow(u32::from(precision))?;
    fits.then_some(if negative { -value } else { value })
}

fn number(text: &[u8]) -> Option<u32> {
    let mut value = 0;
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u32::from(digit);
    }
    Some(value)
}

/// `2024-02-29`, in days since 1970.
pub(super) fn date(text: &[u8]) -> Option<i32> {
    let [y @ .., b'-', m1, m2, b'-', d1, d2] = text else { return None };
    if y.len() != 4 {
        return None;
    }
    let (year, month, day) = (number(y)? as i32, number(&[*m1, *m2])?, number(&[*d1, *d2])?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if year == 0 || !(1..=last).contains(&day) {
        return None;
    }
    i32::try_from(days_from_civil(i64::from(year), month, day)).ok()
}

/// `2024-02-29 12:34:56.789`, in microseconds since 1970.
pub(super) fn timestamp(text: &[u8]) -> Option<i64> {
    if text.len() < 19 || !matches!(text[10], b' ' | b'T') {
        return None;
    }
    let days = i64::from(date(&text[..10])?);
    let [h1, h2, b':', m1, m2, b':', s1, s2, rest @ ..] = &text[11..] else { return None };
    let (hour, minute, second) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?, number(&[*s1, *s2])?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let micros = match rest {
        [] => 0,
        [b'.', digits @ ..] if (1..=6).contains(&digits.len()) => {
            number(digits)? * 10u32.pow(6 - digits.len() as u32)
        }
        _ => return None,
    };
    let seconds = i64::from(hour * 3600 + minute * 60 + second);
    Some((days * 86_400 + seconds) * 1_000_000 + i64::from(micros))
}

/// The same with `Z`, `+02` or `-05:30` behind it.
pub(super) fn timestamptz(text: &[u8]) -> Option<i64> {
    let (moment, sign, hours, minutes) = match text {
        [moment @ .., b'Z'] => (moment, 1, 0, 0),
        [moment @ .., sign @ (b'+' | b'-'), h1, h2] => {
            (moment, if *sign == b'-' { -1 } else { 1 }, number(&[*h1, *h2])?, 0)
        }
        [moment @ .., sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let minutes = number(&[*m1, *m2])?;
            (moment, if *sign == b'-' { -1 } else { 1 }, number(&[*h1, *h2])?, minutes)
        }
        _ => return None,
    };
    if hours > 15 || minutes > 59 {
        return None;
    }
    let offset = sign * i64::from(hours * 3600 + minutes * 60) * 1_000_000;
    timestamp(moment).map(|local| local - offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_forms_are_read_and_all_others_left_to_the_full_reader() {
        assert_eq!(integer(b"-42"), Some(-42));
        assert_eq!(integer(b"999999999999999999"), Some(999_999_999_999_999_999));
        for text in [&b""[..], b"-", b"+1", b" 1", b"1.0", b"9999999999999999999"] {
            assert_eq!(integer(text), None);
        }
        assert_eq!(decimal(b"-12.5", 5, 2), Some(-1250));
        assert_eq!(decimal(b".5", 5, 2), Some(50));
        for text in [&b"1.234"[..], b"1234.5", b"1e3", b"NaN", b"", b"-", b"."] {
            assert_eq!(decimal(text, 5, 2), None);
        }
        assert_eq!(date(b"1970-01-02"), Some(1));
        assert_eq!(date(b"2024-02-29"), Some(19_782));
        for text in [&b"2023-02-29"[..], b"2024-2-9", b"0000-01-01", b"12024-01-01", b"infinity"] {
            assert_eq!(date(text), None);
        }
        assert_eq!(timestamp(b"1970-01-01 00:00:01.5"), Some(1_500_000));
        assert_eq!(timestamp(b"1970-01-01 24:00:00"), None);
        assert_eq!(timestamptz(b"1970-01-01 01:30:00+01:30"), Some(0));
        assert_eq!(timestamptz(b"1969-12-31T22:00:00-02"), Some(0));
        assert_eq!(timestamptz(b"1970-01-01 00:00:00"), None, "the session's zone counts");
    }
}
