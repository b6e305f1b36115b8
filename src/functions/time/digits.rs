//! The digits of a number as text: the point moved, rounded, with an exponent, in Roman letters.

pub(super) fn signed(value: &str) -> (bool, &str) {
    match value.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, value),
    }
}

/// The point moved to the right.
pub(super) fn shift(digits: &str, places: usize) -> String {
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let padded = format!("{part:0<places$}");
    let all = format!("{whole}{}.{}", &padded[..places], &padded[places..]);
    let trimmed = all.trim_start_matches('0');
    match trimmed.starts_with('.') || trimmed.is_empty() {
        true => format!("0{trimmed}"),
        false => trimmed.to_owned(),
    }
}

/// To so many digits behind the point, half away from zero.
pub(super) fn rounded(digits: &str, after: usize) -> String {
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let kept = format!("{part:0<after$}");
    let up = kept.as_bytes().get(after).is_some_and(|b| *b >= b'5');
    let mut all: Vec<u8> = format!("{whole}{}", &kept[..after]).into_bytes();
    if up {
        let mut carry = true;
        for digit in all.iter_mut().rev() {
            if !carry {
                break;
            }
            (*digit, carry) = if *digit == b'9' { (b'0', true) } else { (*digit + 1, false) };
        }
        if carry {
            all.insert(0, b'1');
        }
    }
    let all = String::from_utf8_lossy(&all).into_owned();
    let (whole, part) = all.split_at(all.len() - after);
    match after {
        0 => whole.to_owned(),
        _ => format!("{whole}.{part}"),
    }
}

/// ` 1.23e+04`
pub(super) fn scientific(digits: &str, negative: bool, after: usize) -> String {
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{part}");
    let first = all.find(|c: char| c != '0');
    let (mantissa, mut exponent) = match first {
        None => ("0".to_owned(), 0),
        Some(at) => {
            let exponent = whole.len() as i64 - 1 - at as i64;
            (format!("{}.{}", &all[at..=at], &all[at + 1..]), exponent)
        }
    };
    let mut mantissa = rounded(&mantissa, after);
    if mantissa.starts_with("10") {
        exponent += 1;
        let rest = if after > 0 { format!(".{}", "0".repeat(after)) } else { String::new() };
        mantissa = format!("1{rest}");
    }
    with_exponent(negative, &mantissa, exponent)
}

fn with_exponent(negative: bool, mantissa: &str, exponent: i64) -> String {
    let sign = if negative { '-' } else { ' ' };
    let e = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{mantissa}e{e}{:02}", exponent.abs())
}

pub(super) fn exponent_of(value: f64, after: usize) -> String {
    let text = format!("{:.after$e}", value.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    with_exponent(value < 0.0, mantissa, exponent.parse().unwrap_or(0))
}

pub(super) fn roman_number(digits: &str, negative: bool) -> String {
    const ONES: [(u32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    let mut rest = match digits.parse::<u32>() {
        Ok(n) if !negative && (1..=3999).contains(&n) => n,
        _ => return "#".repeat(15),
    };
    let mut out = String::new();
    for (value, letters) in ONES {
        while rest >= value {
            out.push_str(letters);
            rest -= value;
        }
    }
    out
}
