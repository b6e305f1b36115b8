//! Floats as text: the shortest digits that read back to the same value, laid out as PostgreSQL does, or as many
//! digits as `extra_float_digits` leaves.

/// Beyond these many digits before the point, and four zeros after it, PostgreSQL writes exponents.
const DIGITS_F64: i32 = 15;
const DIGITS_F32: i32 = 6;

pub fn put_f64(out: &mut Vec<u8>, value: f64, extra: i32) {
    if put_special(out, value) {
        return;
    }
    if extra <= 0 {
        return put_rounded(out, value, (DIGITS_F64 + extra).max(1));
    }
    let mut buffer = ryu::Buffer::new();
    let mut digits = Digits::read(buffer.format_finite(value));
    let bits = value.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let mantissa = if bits >> 52 & 0x7ff == 0 { fraction } else { fraction | 1 << 52 };
    if digits.on_edge(mantissa) {
        digits = inside(digits, mantissa, |precision| {
            let text = format!("{:.*e}", precision, value.abs());
            let same = text.parse::<f64>() == Ok(value.abs());
            (text, same)
        });
    }
    digits.put(out, value.is_sign_negative(), DIGITS_F64);
}

pub fn put_f32(out: &mut Vec<u8>, value: f32, extra: i32) {
    if put_special(out, f64::from(value)) {
        return;
    }
    if extra <= 0 {
        return put_rounded(out, f64::from(value), (DIGITS_F32 + extra).max(1));
    }
    let mut buffer = ryu::Buffer::new();
    let mut digits = Digits::read(buffer.format_finite(value));
    let bits = value.to_bits();
    let fraction = u64::from(bits & ((1 << 23) - 1));
    let mantissa = if bits >> 23 & 0xff == 0 { fraction } else { fraction | 1 << 23 };
    if digits.on_edge(mantissa) {
        digits = inside(digits, mantissa, |precision| {
            let text = format!("{:.*e}", precision, value.abs());
            let same = text.parse::<f32>() == Ok(value.abs());
            (text, same)
        });
    }
    digits.put(out, value.is_sign_negative(), DIGITS_F32);
}

fn put_special(out: &mut Vec<u8>, value: f64) -> bool {
    let text: &[u8] = if value.is_nan() {
        b"NaN"
    } else if value == f64::INFINITY {
        b"Infinity"
    } else if value == f64::NEG_INFINITY {
        b"-Infinity"
    } else if value == 0.0 {
        if value.is_sign_negative() { b"-0" } else { b"0" }
    } else {
        return false;
    };
    out.extend_from_slice(text);
    true
}

/// As C's `%.*g`, which is what `extra_float_digits` of 0 and below ask for.
fn put_rounded(out: &mut Vec<u8>, value: f64, precision: i32) {
    let text = format!("{:.*e}", precision as usize - 1, value.abs());
    Digits::read(&text).put(out, value.is_sign_negative(), precision);
}

/// `digits * 10^exponent`, the digits without zeros at their end.
struct Digits {
    digits: u64,
    exponent: i32,
}

impl Digits {
    /// Reads `1.5`, `-12e-7`, `1.0`, `3e20`; the sign is the caller's.
    fn read(text: &str) -> Digits {
        let (mut digits, mut exponent, mut point) = (0u64, 0i32, false);
        let bytes = text.as_bytes();
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'0'..=b'9' => {
                    digits = digits * 10 + u64::from(byte - b'0');
                    exponent -= i32::from(point);
                }
                b'.' => point = true,
                b'e' => {
                    exponent += text[at + 1..].parse::<i32>().unwrap_or(0);
                    break;
                }
                _ => {}
            }
        }
        while digits != 0 && digits.is_multiple_of(10) {
            digits /= 10;
            exponent += 1;
        }
        Digits { digits, exponent }
    }

    /// Whether this lies exactly half-way between the float with this mantissa and a neighbour. The
    /// shortest digits may lie there for even mantissas; PostgreSQL's never do (1e23 is
    /// `9.999999999999999e+22` there).
    fn on_edge(&self, mantissa: u64) -> bool {
        if !mantissa.is_multiple_of(2) {
            return false;
        }
        let odd = if self.exponent >= 0 {
            // Five to the 28th has 66 bits already: no half-way point has so many.
            let Some(power) = 5u128.checked_pow(self.exponent as u32) else { return false };
            match u128::from(self.digits).checked_mul(power) {
                Some(product) => product >> product.trailing_zeros(),
                None => return false,
            }
        } else {
            let Some(power) = 5u64.checked_pow(self.exponent.unsigned_abs()) else { return false };
            if !self.digits.is_multiple_of(power) {
                return false;
            }
            let quotient = self.digits / power;
            u128::from(quotient >> quotient.trailing_zeros())
        };
        odd == u128::from(2 * mantissa + 1) || odd + 1 == u128::from(2 * mantissa)
    }

    fn put(&self, out: &mut Vec<u8>, negative: bool, fixed_below: i32) {
        if negative {
            out.push(b'-');
        }
        let mut buffer = itoa::Buffer::new();
        let digits = buffer.format(self.digits).as_bytes();
        let count = digits.len() as i32;
        let scientific = self.exponent + count - 1;
        if !(-4..fixed_below).contains(&scientific) {
            return put_scientific(out, digits, scientific);
        }
        let before = scientific + 1;
        if before <= 0 {
            out.extend_from_slice(b"0.");
            out.extend(std::iter::repeat_n(b'0', before.unsigned_abs() as usize));
            out.extend_from_slice(digits);
        } else if before >= count {
            out.extend_from_slice(digits);
            out.extend(std::iter::repeat_n(b'0', (before - count) as usize));
        } else {
            out.extend_from_slice(&digits[..before as usize]);
            out.push(b'.');
            out.extend_from_slice(&digits[before as usize..]);
        }
    }
}

fn put_scientific(out: &mut Vec<u8>, digits: &[u8], exponent: i32) {
    out.push(digits[0]);
    if digits.len() > 1 {
        out.push(b'.');
        out.extend_from_slice(&digits[1..]);
    }
    out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
    if exponent.unsigned_abs() < 10 {
        out.push(b'0');
    }
    let mut buffer = itoa::Buffer::new();
    out.extend_from_slice(buffer.format(exponent.unsigned_abs()).as_bytes());
}

/// The shortest digits that read back and are on no edge.
fn inside(edge: Digits, mantissa: u64, print: impl Fn(usize) -> (String, bool)) -> Digits {
    (0..17)
        .map(print)
        .filter(|(_, same)| *same)
        .map(|(text, _)| Digits::read(&text))
        .find(|digits| !digits.on_edge(mantissa))
        .unwrap_or(edge)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn double(value: f64, extra: i32) -> String {
        let mut out = Vec::new();
        put_f64(&mut out, value, extra);
        String::from_utf8(out).unwrap()
    }

    fn single(value: f32) -> String {
        let mut out = Vec::new();
        put_f32(&mut out, value, 1);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn doubles_read_as_in_postgres() {
        for (value, text) in [
            (1.0, "1"),
            (100.0, "100"),
            (-0.0, "-0"),
            (1e14, "100000000000000"),
            (1e15, "1e+15"),
            (1e20, "1e+20"),
            (1e23, "9.999999999999999e+22"),
            (1e100, "1e+100"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (0.1 + 0.2, "0.30000000000000004"),
            (-1234.5, "-1234.5"),
            (5e-324, "5e-324"),
            (9007199254740993.0, "9.007199254740992e+15"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(double(value, 1), text);
        }
    }

    #[test]
    fn fewer_digits_round() {
        assert_eq!(double(0.1 + 0.2, 0), "0.3");
        assert_eq!(double(1e15, 0), "1e+15");
        assert_eq!(double(123456.789, -10), "1.2346e+05");
        assert_eq!(double(3.0, -15), "3");
    }

    #[test]
    fn singles_read_as_in_postgres() {
        for (value, text) in [
            (1e5, "100000"),
            (1e6, "1e+06"),
            (123456.7, "123456.7"),
            (1.1754944e-38, "1.1754944e-38"),
        ] {
            assert_eq!(single(value), text);
        }
    }
}
