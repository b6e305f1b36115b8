//! Patterns of numbers: `to_char(1234.5, '9G999D99')` and back with `to_number`.

use super::pattern::{Case, ordinal};
use crate::error::{Error, Result, SqlState};

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Nine,
    Zero,
    /// A decimal point.
    Point,
    Comma,
    Group,
    Currency,
    Minus,
    Plus,
    Sign,
    Ordinal(Case),
    Roman(Case),
    Literal(char),
    /// Says something and stands for nothing.
    Silent,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Anchor {
    None,
    Before,
    After,
}

/// A pattern of a number, taken apart.
#[derive(Clone, Debug)]
pub struct NumberPattern {
    pieces: Vec<Piece>,
    before: usize,
    after: usize,
    multiply: usize,
    point: bool,
    fill: bool,
    zero: bool,
    zero_start: usize,
    zero_end: usize,
    minus: bool,
    plus: bool,
    sign: bool,
    anchor: Anchor,
    digits_before_sign: usize,
    bracket: bool,
    roman: bool,
    shifted: bool,
    scientific: bool,
}

fn syntax(message: &str) -> Error {
    Error::syntax(message)
}

/// In order of length among those that begin alike.
const KEYWORDS: [&str; 19] = [
    ",", ".", "0", "9", "B", "C", "D", "EEEE", "FM", "G", "L", "MI", "PL", "PR", "RN", "SG", "SP",
    "S", "TH",
];

impl NumberPattern {
    pub fn new(pattern: &str) -> Result<NumberPattern> {
        let mut made = NumberPattern {
            pieces: Vec::new(),
            before: 0,
            after: 0,
            multiply: 0,
            point: false,
            fill: false,
            zero: false,
            zero_start: 0,
            zero_end: 0,
            minus: false,
            plus: false,
            sign: false,
            anchor: Anchor::None,
            digits_before_sign: 0,
            bracket: false,
            roman: false,
            shifted: false,
            scientific: false,
        };
        let mut rest = pattern;
        while !rest.is_empty() {
            let keyword =
                KEYWORDS.iter().copied().chain(["V"]).find(|k| {
                    rest.get(..k.len()).is_some_and(|g| g == *k || g == k.to_lowercase())
                });
            if let Some(keyword) = keyword {
                let lower = rest.starts_with(&keyword.to_lowercase());
                made.keyword(keyword, if lower { Case::Lower } else { Case::Upper })?;
                rest = &rest[keyword.len()..];
                continue;
            }
            let mut chars = rest.chars();
            match chars.next() {
                Some('"') => {
                    rest = chars.as_str();
                    rest = made.quoted(rest);
                    continue;
                }
                Some('\\') if chars.as_str().starts_with('"') => {
                    chars.next();
                    made.pieces.push(Piece::Literal('"'));
                }
                Some(c) => made.pieces.push(Piece::Literal(c)),
                None => break,
            }
            rest = chars.as_str();
        }
        Ok(made)
    }

    fn quoted<'t>(&mut self, text: &'t str) -> &'t str {
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match c {
                '"' => return chars.as_str(),
                '\\' => self.pieces.extend(chars.next().map(Piece::Literal)),
                c => self.pieces.push(Piece::Literal(c)),
            }
        }
        ""
    }

    fn keyword(&mut self, keyword: &str, case: Case) -> Result<()> {
        if self.scientific && keyword != "EEEE" {
            return Err(syntax("\"EEEE\" must be the last pattern used"));
        }
        let piece = match keyword {
            "9" => {
                self.behind_bracket("9")?;
                self.digit();
                Piece::Nine
            }
            "0" => {
                self.behind_bracket("0")?;
                if !self.zero && !self.point {
                    self.zero = true;
                    self.zero_start = self.before + 1;
                }
                if self.point {
                    self.after += 1;
                } else {
                    self.before += 1;
                }
                self.zero_end = self.before + self.after;
                Piece::Zero
            }
            "." | "D" => {
                if self.point {
                    return Err(syntax("multiple decimal points"));
                }
                if self.shifted {
                    return Err(syntax("cannot use \"V\" and decimal point together"));
                }
                self.point = true;
                Piece::Point
            }
            "FM" => {
                self.fill = true;
                Piece::Silent
            }
            "S" => {
                self.anchored_sign()?;
                Piece::Silent
            }
            "MI" | "PL" | "SG" => {
                if self.sign {
                    let message = format!("cannot use \"S\" and \"{keyword}\" together");
                    return Err(syntax(&message));
                }
                self.minus |= keyword != "PL";
                self.plus |= keyword != "MI";
                match keyword {
                    "MI" => Piece::Minus,
                    "PL" => Piece::Plus,
                    _ => Piece::Sign,
                }
            }
            "PR" => {
                if self.sign || self.plus || self.minus {
                    let message = "cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together";
                    return Err(syntax(message));
                }
                self.bracket = true;
                Piece::Silent
            }
            "RN" => {
                self.roman = true;
                Piece::Roman(case)
            }
            "V" => {
                if self.point {
                    return Err(syntax("cannot use \"V\" and decimal point together"));
                }
                self.shifted = true;
                Piece::Silent
            }
            "EEEE" => {
                self.exponent()?;
                Piece::Silent
            }
            "," => Piece::Comma,
            "G" => Piece::Group,
            "L" => Piece::Currency,
            "TH" => Piece::Ordinal(case),
            _ => Piece::Silent,
        };
        self.pieces.push(piece);
        Ok(())
    }

    fn behind_bracket(&self, digit: &str) -> Result<()> {
        match self.bracket {
            true => Err(syntax(&format!("\"{digit}\" must be ahead of \"PR\""))),
            false => Ok(()),
        }
    }

    fn digit(&mut self) {
        if self.shifted {
            self.multiply += 1;
        } else if self.point {
            self.after += 1;
        } else {
            self.before += 1;
        }
    }

    fn anchored_sign(&mut self) -> Result<()> {
        if self.sign {
            return Err(syntax("cannot use \"S\" twice"));
        }
        if self.plus || self.minus || self.bracket {
            let message = "cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together";
            return Err(syntax(message));
        }
        self.sign = true;
        self.anchor = match self.point {
            true => Anchor::After,
            false => {
                self.digits_before_sign = self.before;
                Anchor::Before
            }
        };
        Ok(())
    }

    fn exponent(&mut self) -> Result<()> {
        if self.scientific {
            return Err(syntax("cannot use \"EEEE\" twice"));
        }
        let others = self.fill
            || self.sign
            || self.bracket
            || self.minus
            || self.plus
            || self.roman
            || self.shifted;
        if others {
            return Err(syntax("\"EEEE\" is incompatible with other formats").detail(
                "\"EEEE\" may only be used together with digit and decimal point patterns.",
            ));
        }
        self.scientific = true;
        Ok(())
    }

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

fn signed(value: &str) -> (bool, &str) {
    match value.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, value),
    }
}

/// The point moved to the right.
fn shift(digits: &str, places: usize) -> String {
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
fn rounded(digits: &str, after: usize) -> String {
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
fn scientific(digits: &str, negative: bool, after: usize) -> String {
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

fn exponent_of(value: f64, after: usize) -> String {
    let text = format!("{:.after$e}", value.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    with_exponent(value < 0.0, mantissa, exponent.parse().unwrap_or(0))
}

fn roman_number(digits: &str, negative: bool) -> String {
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

/// What `to_number` finds: the text of a numeric and by how many places the point goes to the left.
pub struct ReadNumber {
    pub digits: String,
    pub scale: usize,
    pub precision: usize,
    pub shifted: usize,
}

impl NumberPattern {
    pub fn read(&self, text: &str) -> Result<ReadNumber> {
        for (is, name) in [(self.roman, "RN"), (self.scientific, "EEEE")] {
            if is {
                let message = format!("\"{name}\" not supported for input");
                return Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message));
            }
        }
        let mut from = Reader {
            pattern: self,
            text: text.as_bytes(),
            at: 0,
            sign: ' ',
            digits: String::new(),
            before: 0,
            after: 0,
            point: false,
            in_number: false,
        };
        for piece in &self.pieces {
            if from.at >= from.text.len() {
                break;
            }
            from.piece(piece);
        }
        let digits = from.digits.strip_suffix('.').unwrap_or(&from.digits);
        Ok(ReadNumber {
            digits: format!("{}{digits}", from.sign),
            scale: from.after,
            precision: self.before + self.multiply + from.after,
            shifted: self.multiply,
        })
    }
}

struct Reader<'t> {
    pattern: &'t NumberPattern,
    text: &'t [u8],
    at: usize,
    sign: char,
    digits: String,
    before: usize,
    after: usize,
    point: bool,
    in_number: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// To the next character, which may have several bytes.
    fn advance(&mut self) {
        self.at += 1;
        while self.peek().is_some_and(|b| b & 0xC0 == 0x80) {
            self.at += 1;
        }
    }

    fn pass_over(&mut self, characters: usize) {
        for _ in 0..characters {
            match self.peek() {
                Some(b) if !b"0123456789.,+-".contains(&b) => self.advance(),
                _ => break,
            }
        }
    }

    fn piece(&mut self, piece: &Piece) {
        match piece {
            Piece::Nine | Piece::Zero | Piece::Point => {
                self.digit(*piece != Piece::Point);
                self.at += 1;
            }
            Piece::Comma | Piece::Group => {
                if (self.in_number || !self.pattern.fill) && self.peek() == Some(b',') {
                    self.at += 1;
                }
            }
            Piece::Currency => self.pass_over(1),
            Piece::Minus | Piece::Plus | Piece::Sign => self.pass_over(1),
            Piece::Ordinal(_) => self.pass_over(2),
            Piece::Literal(_) => self.advance(),
            Piece::Roman(_) | Piece::Silent => {}
        }
    }

    fn digit(&mut self, is_digit: bool) {
        let p = self.pattern;
        if self.peek() == Some(b' ') {
            self.at += 1;
        }
        let none_yet = self.before + self.after == 0;
        if self.sign == ' ' && is_digit && none_yet {
            let found = self.peek();
            let anchored = !p.sign || p.anchor == Anchor::Before;
            match found {
                Some(b'-') if anchored => self.take_sign('-'),
                Some(b'<') if p.bracket => self.take_sign('-'),
                Some(b'+') if anchored => self.take_sign('+'),
                _ => {}
            }
        }
        let Some(byte) = self.peek() else { return };
        let mut taken = false;
        if byte.is_ascii_digit() {
            if self.point && self.after == p.after {
                return;
            }
            self.digits.push(char::from(byte));
            if self.point {
                self.after += 1;
            } else {
                self.before += 1;
            }
            taken = true;
        } else if p.point && !self.point && byte == b'.' {
            self.digits.push('.');
            self.point = true;
            taken = true;
        }
        if self.sign != ' ' || self.before + self.after == 0 {
            return;
        }
        if p.sign && taken {
            // Behind the last digit.
            match self.text.get(self.at + 1) {
                Some(b'-') => (self.sign, self.at) = ('-', self.at + 1),
                Some(b'+') => (self.sign, self.at) = ('+', self.at + 1),
                _ => {}
            }
        } else if !taken && !p.sign && (p.plus || p.minus) && (byte == b'-' || byte == b'+') {
            self.sign = char::from(byte);
        }
    }

    fn take_sign(&mut self, sign: char) {
        self.sign = sign;
        self.at += 1;
    }
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
