//! Decimals of any width, up to 76 digits, from integer digits alone: no float and no rounding.

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::*;

use super::put::Put;
use super::style::Format;
use crate::functions::special::{self, Special};

/// `trim` drops zeros at the end of the fraction. It is for `numeric` without a scale: memory gives
/// all its values the scale of the column, where PostgreSQL would keep one per value.
pub(super) fn decimal(array: &ArrayRef, format: Format, trim: bool) -> Option<Put> {
    macro_rules! from {
        ($type:ty, $scale:expr) => {
            typed(array.as_primitive::<$type>().values().clone(), $scale, format, trim)
        };
    }
    Some(match array.data_type() {
        DataType::Decimal32(_, scale) => from!(Decimal32Type, *scale),
        DataType::Decimal64(_, scale) => from!(Decimal64Type, *scale),
        DataType::Decimal128(_, scale) => from!(Decimal128Type, *scale),
        of @ DataType::Decimal256(_, scale) => {
            let put = from!(Decimal256Type, *scale);
            if special::carries(of) { known(array.as_primitive(), format, put) } else { put }
        }
        DataType::Int8 => from!(Int8Type, 0),
        DataType::Int16 => from!(Int16Type, 0),
        DataType::Int32 => from!(Int32Type, 0),
        DataType::Int64 => from!(Int64Type, 0),
        DataType::UInt8 => from!(UInt8Type, 0),
        DataType::UInt16 => from!(UInt16Type, 0),
        DataType::UInt32 => from!(UInt32Type, 0),
        DataType::UInt64 => from!(UInt64Type, 0),
        _ => return None,
    })
}

/// Numerics that may be NaN or infinite; the finite ones as others.
fn known(values: &PrimitiveArray<Decimal256Type>, format: Format, finite: Put) -> Put {
    let values = values.values().clone();
    Box::new(move |row, out| match (Special::of(values[row]), format) {
        (None, _) => finite(row, out),
        (Some(special), Format::Text) => {
            out.extend_from_slice(special.word().as_bytes());
            Ok(())
        }
        (Some(special), Format::Binary) => {
            let (sign, places) = special.wire();
            out.extend_from_slice(&[0; 4]);
            out.extend_from_slice(&sign.to_be_bytes());
            out.extend_from_slice(&places.to_be_bytes());
            Ok(())
        }
    })
}

fn typed<T: ArrowNativeType + Unscaled>(
    values: ScalarBuffer<T>,
    scale: i8,
    format: Format,
    trim: bool,
) -> Put {
    match format {
        Format::Text => Box::new(move |row, out| {
            values[row].with_digits(|digits| digits.scaled(scale, trim).put_text(out));
            Ok(())
        }),
        Format::Binary => Box::new(move |row, out| {
            match values[row].small().filter(|_| !trim) {
                Some(small) if (0..=16).contains(&scale) => {
                    put_small_binary(small, scale as u8, out)
                }
                _ => values[row].with_digits(|digits| digits.scaled(scale, trim).put_binary(out)),
            }
            Ok(())
        }),
    }
}

/// The same groups as [`Number::put_binary`] writes, by division of whole words.
fn put_small_binary(unscaled: i64, scale: u8, out: &mut Vec<u8>) {
    let unit = 10u64.pow(u32::from(scale));
    let (mut whole, fraction) = (unscaled.unsigned_abs() / unit, unscaled.unsigned_abs() % unit);
    // Five groups hold 64 bits before the point, four hold 16 digits behind it.
    let mut groups = [0u16; 9];
    let mut first = 5;
    while whole > 0 {
        first -= 1;
        groups[first] = (whole % 10_000) as u16;
        whole /= 10_000;
    }
    // Digits behind the point fill up whole groups; 16 of them at most, so that this fits 64 bits.
    let behind = scale.div_ceil(4);
    let mut rest = fraction * 10u64.pow(u32::from(behind * 4 - scale));
    let mut end = 5 + usize::from(behind);
    for at in (5..end).rev() {
        groups[at] = (rest % 10_000) as u16;
        rest /= 10_000;
    }
    while first < end && groups[first] == 0 {
        first += 1;
    }
    while first < end && groups[end - 1] == 0 {
        end -= 1;
    }
    let count = (end - first) as u16;
    let weight = if count == 0 { 0 } else { 4 - first as i16 };
    let sign = if unscaled < 0 { 0x4000u16 } else { 0 };
    let [c, d] = count.to_be_bytes();
    let [w, x] = weight.to_be_bytes();
    let [s, t] = sign.to_be_bytes();
    out.extend_from_slice(&[c, d, w, x, s, t, 0, scale]);
    for group in &groups[first..end] {
        out.extend_from_slice(&group.to_be_bytes());
    }
}

/// An integer that counts units of the last decimal place.
trait Unscaled: Copy {
    /// As 64 bits, if it fits.
    fn small(self) -> Option<i64>;
    fn with_digits<R>(self, take: impl FnOnce(Digits<'_>) -> R) -> R;
}

macro_rules! unscaled {
    ($($type:ty)*) => {$(
        impl Unscaled for $type {
            #[inline]
            fn small(self) -> Option<i64> {
                i64::try_from(self).ok()
            }

            #[inline]
            fn with_digits<R>(self, take: impl FnOnce(Digits<'_>) -> R) -> R {
                take(Digits::read(itoa::Buffer::new().format(self)))
            }
        }
    )*};
}
unscaled!(i8 i16 i32 i64 u8 u16 u32 u64);

impl Unscaled for i128 {
    #[inline]
    fn small(self) -> Option<i64> {
        i64::try_from(self).ok()
    }

    #[inline]
    fn with_digits<R>(self, take: impl FnOnce(Digits<'_>) -> R) -> R {
        // Division of 64 bits is many times faster, and most decimals fit.
        match i64::try_from(self) {
            Ok(small) => small.with_digits(take),
            Err(_) => take(Digits::read(itoa::Buffer::new().format(self))),
        }
    }
}

impl Unscaled for i256 {
    fn small(self) -> Option<i64> {
        self.to_i128().and_then(|value| i64::try_from(value).ok())
    }

    fn with_digits<R>(self, take: impl FnOnce(Digits<'_>) -> R) -> R {
        match self.to_i128() {
            Some(small) => small.with_digits(take),
            // Rare enough to pay for a string.
            None => take(Digits::read(&self.to_string())),
        }
    }
}

/// A sign and the digits of an integer, without zeros before them.
struct Digits<'a> {
    negative: bool,
    digits: &'a [u8],
}

impl<'a> Digits<'a> {
    fn read(text: &'a str) -> Self {
        match text.strip_prefix('-') {
            Some(digits) => Digits { negative: true, digits: digits.as_bytes() },
            None => Digits { negative: false, digits: text.as_bytes() },
        }
    }

    fn scaled(self, scale: i8, trim: bool) -> Number<'a> {
        let mut number = Number {
            negative: self.negative,
            digits: if self.digits == b"0" { b"" } else { self.digits },
            zeros: usize::from(scale.min(0).unsigned_abs()),
            scale: usize::from(scale.max(0).unsigned_abs()),
        };
        while trim && number.scale > 0 && matches!(number.digits.last(), None | Some(b'0')) {
            number.digits = &number.digits[..number.digits.len().saturating_sub(1)];
            number.scale -= 1;
        }
        number
    }
}

/// A decimal number: digits, zeros behind them, and how many digits stand behind the point.
struct Number<'a> {
    negative: bool,
    digits: &'a [u8],
    zeros: usize,
    scale: usize,
}

impl Number<'_> {
    #[inline]
    fn put_text(&self, out: &mut Vec<u8>) {
        if self.negative {
            out.push(b'-');
        }
        let whole = self.digits.len().saturating_sub(self.scale);
        if whole > 0 && self.scale > 0 {
            // Most numbers: all digits at once, then those behind the point moved by one.
            out.extend_from_slice(self.digits);
            out.push(0);
            let point = out.len() - self.scale - 1;
            out[point..].rotate_right(1);
            out[point] = b'.';
            return;
        }
        if whole == 0 {
            out.push(b'0');
        }
        out.extend_from_slice(&self.digits[..whole]);
        if !self.digits.is_empty() {
            out.extend(std::iter::repeat_n(b'0', self.zeros));
        }
        if self.scale > 0 {
            out.push(b'.');
            out.extend(std::iter::repeat_n(b'0', self.scale.saturating_sub(self.digits.len())));
            out.extend_from_slice(&self.digits[whole..]);
        }
    }

    /// Count, weight, sign and display scale, then groups of four digits, the point between groups.
    fn put_binary(&self, out: &mut Vec<u8>) {
        // Digit i, counted from the left, stands for 10^(places - 1 - i).
        let places = (self.digits.len() + self.zeros) as i64 - self.scale as i64;
        let top = (places - 1).div_euclid(4);
        let at = out.len();
        out.extend_from_slice(&[0; 8]);
        let (mut groups, mut kept) = (0i16, out.len());
        let end = if self.digits.is_empty() { top + 1 } else { self.lowest_group(places) };
        for group in (end..=top).rev() {
            let value = self.group(group, places);
            out.extend_from_slice(&value.to_be_bytes());
            if value != 0 {
                kept = out.len();
                groups = ((kept - at - 8) / 2) as i16;
            }
        }
        out.truncate(kept);
        let weight = if groups == 0 { 0 } else { top as i16 };
        let sign: u16 = if self.negative { 0x4000 } else { 0 };
        out[at..at + 2].copy_from_slice(&groups.to_be_bytes());
        out[at + 2..at + 4].copy_from_slice(&weight.to_be_bytes());
        out[at + 4..at + 6].copy_from_slice(&sign.to_be_bytes());
        out[at + 6..at + 8].copy_from_slice(&(self.scale as u16).to_be_bytes());
    }

    /// The group of the last digit that is written out.
    fn lowest_group(&self, places: i64) -> i64 {
        (places - self.digits.len() as i64).div_euclid(4)
    }

    /// The four digits that count 10000^group.
    fn group(&self, group: i64, places: i64) -> u16 {
        (0..4).rev().fold(0, |value, place| {
            let index = places - 1 - (group * 4 + place);
            let digit = usize::try_from(index).ok().and_then(|i| self.digits.get(i));
            value * 10 + digit.map_or(0, |digit| u16::from(digit - b'0'))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text<T: Unscaled>(value: T, scale: i8, trim: bool) -> String {
        let mut out = Vec::new();
        value.with_digits(|digits| digits.scaled(scale, trim).put_text(&mut out));
        String::from_utf8(out).unwrap()
    }

    fn binary<T: Unscaled>(value: T, scale: i8) -> Vec<i16> {
        let mut out = Vec::new();
        value.with_digits(|digits| digits.scaled(scale, false).put_binary(&mut out));
        out.chunks(2).map(|pair| i16::from_be_bytes([pair[0], pair[1]])).collect()
    }

    #[test]
    fn the_point_is_set_among_digits() {
        assert_eq!(text(12345i128, 2, false), "123.45");
        assert_eq!(text(-5i128, 2, false), "-0.05");
        assert_eq!(text(0i64, 2, false), "0.00");
        assert_eq!(text(0i64, 0, false), "0");
        assert_eq!(text(12i32, -3, false), "12000");
        assert_eq!(text(0i32, -3, false), "0");
        assert_eq!(text(15_000i128, 4, true), "1.5");
        assert_eq!(text(20_000i128, 4, true), "2");
        assert_eq!(text(0i128, 4, true), "0");
        assert_eq!(text(i128::MIN, 38, false), "-1.70141183460469231731687303715884105728");
        let wide = i256::from_string(&"9".repeat(76)).unwrap();
        assert_eq!(text(wide, 70, false), format!("999999.{}", "9".repeat(70)));
    }

    #[test]
    fn binary_groups_are_postgres_own() {
        // What numeric_send of PostgreSQL 15 gave.
        assert_eq!(binary(12345i128, 2), [2, 0, 0, 2, 123, 4500]);
        assert_eq!(binary(-5i128, 2), [1, -1, 0x4000, 2, 500]);
        assert_eq!(binary(0i128, 2), [0, 0, 0, 2]);
        assert_eq!(binary(100_000_000i128, 0), [1, 2, 0, 0, 1]);
        assert_eq!(binary(12i128, -7), [2, 2, 0, 0, 1, 2000]);
        assert_eq!(binary(1i128, 9), [1, -3, 0, 9, 1000]);
        assert_eq!(binary(10_001i128, 4), [2, 0, 0, 4, 1, 1]);
    }

    #[test]
    fn specials_have_signs_of_their_own() {
        let values: PrimitiveArray<Decimal256Type> =
            Special::ALL.map(|s| Some(s.code())).into_iter().collect();
        let values: ArrayRef = std::sync::Arc::new(values.with_data_type(special::carrier(16)));
        let write = |format, row| {
            let mut out = Vec::new();
            decimal(&values, format, false).unwrap()(row, &mut out).unwrap();
            out
        };
        assert_eq!(write(Format::Text, 0), b"-Infinity");
        assert_eq!(write(Format::Text, 2), b"NaN");
        // What numeric_send of PostgreSQL 15 gave.
        assert_eq!(write(Format::Binary, 0), [0, 0, 0, 0, 0xf0, 0, 0, 0x20]);
        assert_eq!(write(Format::Binary, 1), [0, 0, 0, 0, 0xd0, 0, 0, 0x20]);
        assert_eq!(write(Format::Binary, 2), [0, 0, 0, 0, 0xc0, 0, 0, 0]);
    }

    /// Reads groups back into an unscaled integer.
    fn decode(parts: &[i16], scale: i8) -> i128 {
        let (weight, negative) = (i32::from(parts[1]), parts[2] == 0x4000);
        let mut value = 0i128;
        for (i, group) in parts[4..].iter().enumerate() {
            let exponent = 4 * (weight - i as i32) + i32::from(scale);
            let group = i128::from(*group);
            value += match exponent {
                0.. => group * 10i128.pow(exponent as u32),
                _ => group / 10i128.pow(exponent.unsigned_abs()),
            };
        }
        if negative { -value } else { value }
    }

    proptest! {
        #[test]
        fn binary_reads_back(value in -(10i128.pow(37))..10i128.pow(37), scale in 0i8..38) {
            prop_assert_eq!(decode(&binary(value, scale), scale), value);
        }

        #[test]
        fn small_numbers_take_no_other_form(value in any::<i64>(), scale in 0u8..=16, shift in 0u32..60) {
            let value = value >> shift;
            let (mut small, mut large) = (Vec::new(), Vec::new());
            put_small_binary(value, scale, &mut small);
            value.with_digits(|d| d.scaled(scale as i8, false).put_binary(&mut large));
            prop_assert_eq!(small, large);
        }

        #[test]
        fn text_reads_back(value in any::<i64>(), scale in 0i8..30) {
            let digits: String = text(value, scale, false).chars().filter(|c| *c != '.').collect();
            prop_assert_eq!(digits.parse::<i64>().unwrap(), value);
        }
    }
}
