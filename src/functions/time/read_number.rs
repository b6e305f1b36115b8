//! Numbers read by a pattern, piece by piece: `to_number`.

use super::number_pattern::{Anchor, NumberPattern, Piece};
use crate::error::{Error, Result, SqlState};

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
