//! Patterns of numbers: `to_char(1234.5, '9G999D99')` and back with `to_number`.

use super::pattern::Case;
use crate::error::{Error, Result};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
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
pub(super) enum Anchor {
    None,
    Before,
    After,
}

/// A pattern of a number, taken apart.
#[derive(Clone, Debug)]
pub struct NumberPattern {
    pub(super) pieces: Vec<Piece>,
    pub(super) before: usize,
    pub(super) after: usize,
    pub(super) multiply: usize,
    pub(super) point: bool,
    pub(super) fill: bool,
    pub(super) zero: bool,
    pub(super) zero_start: usize,
    pub(super) zero_end: usize,
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) sign: bool,
    pub(super) anchor: Anchor,
    pub(super) digits_before_sign: usize,
    pub(super) bracket: bool,
    pub(super) roman: bool,
    pub(super) shifted: bool,
    pub(super) scientific: bool,
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
}
