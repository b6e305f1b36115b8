//! Numbers written by a pattern, piece by piece (`NUM_processor` of `formatting.c`).

use super::digits::{exponent_of, roman_number, rounded, scientific, shift, signed};
use super::number_pattern::{Anchor, NumberPattern, Piece};
use super::pattern::{Case, ordinal};
use crate::error::{Error, Result, SqlState};

impl NumberPattern {
    /// A numeric, given as `-123.45`.
    pub fn decimal(&self, value: &str) -> Result<String> {
        let (negative, digits) = signed(value);
        let is_number = digits.starts_with(|c: char| c.is_ascii_digit());
        if self.roman {
            return Ok(self.put(roman_number(&rounded(digits, 0), negative), false));
        }
        if self.scientific {
            return Ok(match is_number {
                true => scientific(digits, negative, self.after),
                false => self.hashes_with_exponent(),
            });
        }
        let digits = match (is_number, self.shifted) {
            (true, true) => rounded(&shift(digits, self.multiply), self.after),
            (true, false) => rounded(digits, self.after),
            (false, _) => digits.to_owned(),
        };
        let zero = is_number && digits.bytes().all(|b| b == b'0' || b == b'.');
        Ok(self.put(digits, negative && !zero))
    }

    pub fn integer(&self, value: i64, narrow: bool) -> Result<String> {
        if self.roman {
            if i32::try_from(value).is_err() {
                return Err(Error::new(SqlState::NUMERIC_OUT_OF_RANGE, "integer out of range"));
            }
            let digits = value.unsigned_abs().to_string();
            return Ok(self.put(roman_number(&digits, value < 0), false));
        }
        if self.scientific {
            return Ok(exponent_of(value as f64, self.after));
        }
        let mut value = i128::from(value);
        if self.shifted {
            let out = |name: &str| {
                Error::new(SqlState::NUMERIC_OUT_OF_RANGE, format!("{name} out of range"))
            };
            let factor = 10i128.checked_pow(self.multiply as u32);
            let made = factor.and_then(|f| value.checked_mul(f));
            value = match (made, narrow) {
                (Some(v), true) if i32::try_from(v).is_ok() => v,
                (Some(v), false) if i64::try_from(v).is_ok() => v,
                (_, true) => return Err(out("integer")),
                (_, false) => return Err(out("bigint")),
            };
        }
        let mut digits = value.unsigned_abs().to_string();
        if self.after > 0 {
            digits.push('.');
            digits.push_str(&"0".repeat(self.after));
        }
        Ok(self.put(digits, value < 0))
    }

    /// A double has 15 digits that count, a real 6.
    pub fn float(&self, value: f64, significant: usize) -> Result<String> {
        if self.roman {
            let whole = value.round_ties_even();
            if !(1.0..=3999.0).contains(&whole) {
                return Ok(self.put("#".repeat(15), false));
            }
            return Ok(self.put(roman_number(&format!("{whole:.0}"), false), false));
        }
        if self.scientific {
            return Ok(match value.is_finite() {
                true => exponent_of(value, self.after),
                false => self.hashes_with_exponent(),
            });
        }
        let value = match self.shifted {
            true => value * 10f64.powi(self.multiply as i32),
            false => value,
        };
        let size = value.abs();
        if !value.is_finite() {
            let name = if value.is_nan() { "NaN" } else { "Infinity" };
            return Ok(self.put(name.to_owned(), value < 0.0));
        }
        let whole = format!("{size:.0}").len();
        let after = match whole >= significant {
            true => 0,
            false => self.after.min(significant - whole),
        };
        let digits = format!("{size:.after$}");
        let pattern = NumberPattern { after, ..self.clone() };
        Ok(pattern.put(digits, value.is_sign_negative() && value < 0.0))
    }

    fn hashes_with_exponent(&self) -> String {
        let mut out = format!(" {}.{}", "#".repeat(self.before), "#".repeat(self.after));
        out.push_str("####");
        out
    }

    /// Digits into places.
    fn put(&self, mut digits: String, negative: bool) -> String {
        let before = self.before + self.multiply;
        let mut blank = 0;
        if !self.roman {
            let whole = digits.find('.').unwrap_or(digits.len());
            if whole < before {
                blank = before - whole;
            } else if whole > before {
                digits = format!("{}.{}", "#".repeat(before), "#".repeat(self.after));
            }
        }
        let mut to = Writer::new(self, &digits, negative, blank, before);
        for piece in &self.pieces {
            to.piece(piece);
        }
        to.out
    }
}

struct Writer<'p> {
    pattern: &'p NumberPattern,
    digits: &'p [u8],
    /// The place in `digits`, and in the pattern's places.
    at: usize,
    place: usize,
    places: usize,
    blank: usize,
    negative: bool,
    bracket: bool,
    anchor: Anchor,
    sign_written: bool,
    in_number: bool,
    /// The last digit that is not a needless zero.
    last: Option<usize>,
    out: String,
}

impl<'p> Writer<'p> {
    fn new(
        pattern: &'p NumberPattern,
        digits: &'p str,
        negative: bool,
        blank: usize,
        before: usize,
    ) -> Writer<'p> {
        let bytes = digits.as_bytes();
        let free = pattern.plus || pattern.minus;
        let sign_written = match free {
            true => !pattern.plus || pattern.minus,
            false => !negative && pattern.fill && !pattern.sign,
        };
        let bracket = pattern.bracket && (negative || !pattern.fill || free);
        let anchor = match pattern.anchor {
            Anchor::Before if !free && before == pattern.digits_before_sign => Anchor::After,
            other => other,
        };
        let mut last = None;
        if pattern.fill && pattern.point {
            last = last_relevant(bytes);
            if let Some(found) = last
                && pattern.zero_end > blank
            {
                let zeros = (bytes.len() - 1).min(pattern.zero_end - blank);
                last = Some(found.max(zeros));
            }
        }
        let mut places = (pattern.after + before).wrapping_sub(1);
        if !sign_written && blank == 0 {
            places = places.wrapping_add(1);
        }
        Writer {
            pattern,
            digits: bytes,
            at: 0,
            place: 0,
            places,
            blank,
            negative,
            bracket,
            anchor,
            sign_written,
            in_number: false,
            last,
            out: String::new(),
        }
    }

    fn piece(&mut self, piece: &Piece) {
        let fill = self.pattern.fill;
        let sign = if self.negative { '-' } else { '+' };
        match piece {
            Piece::Nine | Piece::Zero | Piece::Point => {
                if !self.pattern.roman {
                    self.digit(*piece == Piece::Zero);
                }
            }
            Piece::Comma | Piece::Group => match (self.in_number, fill) {
                (true, _) => self.out.push(','),
                (false, true) => {}
                (false, false) => self.out.push(' '),
            },
            // The locale is C, which has no sign for money.
            Piece::Currency => self.out.push(' '),
            Piece::Minus if self.negative => self.out.push('-'),
            Piece::Plus if !self.negative => self.out.push('+'),
            Piece::Minus | Piece::Plus if fill => {}
            Piece::Minus | Piece::Plus => self.out.push(' '),
            Piece::Sign => self.out.push(sign),
            Piece::Ordinal(case) => {
                let hashes = self.digits.get(self.at.min(self.digits.len().saturating_sub(1)));
                let none = self.pattern.roman
                    || self.digits.first() == Some(&b'#')
                    || hashes == Some(&b'#')
                    || self.negative
                    || self.pattern.point;
                if !none {
                    let digits = String::from_utf8_lossy(self.digits);
                    self.out.push_str(ordinal(&digits, *case));
                }
            }
            Piece::Roman(case) => {
                let text = String::from_utf8_lossy(self.digits).into_owned();
                let text = if *case == Case::Lower { text.to_lowercase() } else { text };
                self.out.push_str(&if fill { text } else { format!("{text:>15}") });
            }
            Piece::Literal(c) => self.out.push(*c),
            Piece::Silent => {}
        }
    }

    /// A zero alone before the point is left out where a 9 asks for it.
    fn is_bare_zero(&self) -> bool {
        let p = self.pattern;
        !p.zero && self.at == 0 && self.digits.first() == Some(&b'0') && p.after != 0
    }

    fn last_is_point(&self) -> bool {
        self.last.is_some_and(|at| self.digits.get(at) == Some(&b'.'))
    }

    fn digit(&mut self, zero: bool) {
        let p = self.pattern;
        self.in_number = false;
        let zero_start = p.zero_start.saturating_sub(1);
        let in_zeros = p.zero && zero_start <= self.place;
        let begins = self.place >= self.blank || p.zero && zero_start == self.place;
        if !self.sign_written && begins && (!self.is_bare_zero() || self.last_is_point()) {
            self.sign();
        }
        if self.place < self.blank {
            if in_zeros {
                self.out.push('0');
                self.in_number = true;
            } else if !p.fill {
                self.out.push(' ');
            }
        } else {
            self.one(zero);
        }
        let mut end = self.places.wrapping_add(usize::from(self.blank > 0) + usize::from(p.point));
        if self.last.is_some_and(|last| last == self.at) {
            end = self.place;
        }
        if self.place + 1 == end {
            if self.sign_written && self.bracket {
                self.out.push(if self.negative { '>' } else { ' ' });
            } else if p.sign && self.anchor == Anchor::After {
                self.out.push(if self.negative { '-' } else { '+' });
            }
        }
        self.place += 1;
    }

    fn sign(&mut self) {
        if self.pattern.sign {
            if self.anchor == Anchor::Before {
                self.out.push(if self.negative { '-' } else { '+' });
                self.sign_written = true;
            }
        } else {
            match (self.negative, self.bracket) {
                (true, true) => self.out.push('<'),
                (true, false) => self.out.push('-'),
                (false, true) => self.out.push(' '),
                (false, false) if !self.pattern.fill => self.out.push(' '),
                (false, false) => {}
            }
            self.sign_written = true;
        }
    }

    fn one(&mut self, zero: bool) {
        let Some(&digit) = self.digits.get(self.at) else {
            // The digits are at an end; what is left is written as nothing.
            return;
        };
        if digit == b'.' {
            if self.last.is_none() || !self.last_is_point() || self.pattern.fill {
                self.out.push('.');
            }
        } else if self.last.is_some_and(|last| self.at > last) && !zero {
        } else if self.is_bare_zero() {
            if !self.pattern.fill {
                self.out.push(' ');
            } else if self.last_is_point() {
                self.out.push('0');
            }
        } else {
            self.out.push(char::from(digit));
            self.in_number = true;
        }
        self.at += 1;
    }
}

/// Of `12.500` the 5, of `12.000` the point.
fn last_relevant(digits: &[u8]) -> Option<usize> {
    let point = digits.iter().position(|b| *b == b'.')?;
    let after = digits[point + 1..].iter().rposition(|b| *b != b'0');
    Some(after.map_or(point, |at| point + 1 + at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, pattern: &str, wanted: &str) {
        assert_eq!(
            NumberPattern::new(pattern).unwrap().decimal(value).unwrap(),
            wanted,
            "{pattern}"
        );
    }

    #[test]
    fn numbers_fill_their_places() {
        check("1234.5", "9G999D99", " 1,234.50");
        check("-1234.5", "FM9,999.99", "-1,234.5");
        check("0.1", "9.9", "  .1");
        check("0.1", "FM0.99", "0.1");
        check("12", "0000", " 0012");
        check("-12", "99PR", "<12>");
        check("12345", "999", " ###");
        check("12", "99MI", "12 ");
        check("-12", "S99", "-12");
        check("-12", "99S", "12-");
        check("1482", "999th", " ###");
        check("482", "999th", " 482nd");
        check("485", "RN", "        CDLXXXV");
        check("12.4", "99V999", " 12400");
        check("0.0004859", "9.99EEEE", " 4.86e-04");
    }

    #[test]
    fn numbers_are_read_back() {
        let read = |text: &str, pattern: &str| {
            NumberPattern::new(pattern).unwrap().read(text).unwrap().digits
        };
        assert_eq!(read("12,454.8-", "99G999D9S"), "-12454.8");
        assert_eq!(read("-34,338,492", "99G999G999"), "-34338492");
        assert_eq!(read("5.01-", "FM9.999999MI"), "-5.01");
    }
}
