//! Text to a tree, with PostgreSQL's words for what is wrong.

use super::number;
use super::value::{Json, Kind};
use crate::error::{Error, Result, SqlState};

/// Arrays and objects within each other; deeper ones are refused before they take the stack.
const DEPTH_MAX: usize = 2_000;

/// Reads one document. `numeric` says whether numbers must be ones that a numeric can hold, and texts ones that a text
/// can, as jsonb has them.
pub(super) fn parse(text: &str, numeric: bool) -> Result<Json<'_>> {
    let mut parser = Parser { text, at: 0, depth: 0, numeric };
    let value = parser.value("JSON value")?;
    parser.space();
    match parser.at == text.len() {
        true => Ok(value),
        false => Err(parser.expected("end of input")),
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    numeric: bool,
}

fn invalid(detail: String) -> Error {
    Error::new(SqlState::INVALID_TEXT, "invalid input syntax for type json").detail(detail)
}

impl<'t> Parser<'t> {
    fn space(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')).count();
    }

    fn peek(&mut self) -> Option<u8> {
        self.space();
        self.text.as_bytes().get(self.at).copied()
    }

    /// The token that stands where something else should.
    fn token(&self) -> &'t str {
        let rest = &self.text[self.at..];
        let word = |c: char| c.is_alphanumeric() || c == '_' || !c.is_ascii();
        let end = match rest.chars().next() {
            Some('"') => rest[1..].find('"').map_or(rest.len(), |end| end + 2),
            Some(c) if word(c) || c == '-' => {
                let more = |c: char| !(word(c) || c == '.' || c == '+' || c == '-');
                rest.find(more).unwrap_or(rest.len())
            }
            Some(c) => c.len_utf8(),
            None => 0,
        };
        &rest[..end]
    }

    fn expected(&mut self, what: &str) -> Error {
        self.space();
        match self.token() {
            "" => invalid("The input string ended unexpectedly.".to_owned()),
            token if what == "JSON value" && token.starts_with(|c: char| c.is_alphabetic()) => {
                invalid(format!("Token \"{token}\" is invalid."))
            }
            token => invalid(format!("Expected {what}, but found \"{token}\".")),
        }
    }

    fn value(&mut self, what: &str) -> Result<Json<'t>> {
        let first = self.peek();
        let start = self.at;
        let kind = match first {
            Some(b'{') => self.nested(Parser::object)?,
            Some(b'[') => self.nested(Parser::array)?,
            Some(b'"') => Kind::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') if self.word("true") => Kind::Boolean(true),
            Some(b'f') if self.word("false") => Kind::Boolean(false),
            Some(b'n') if self.word("null") => Kind::Null,
            Some(_) | None => return Err(self.expected(what)),
        };
        Ok(Json { kind, text: &self.text[start..self.at] })
    }

    fn nested(&mut self, read: fn(&mut Parser<'t>) -> Result<Kind<'t>>) -> Result<Kind<'t>> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Error::new(SqlState::STATEMENT_TOO_COMPLEX, "stack depth limit exceeded"));
        }
        let read = stacker::maybe_grow(64 << 10, 1 << 20, || read(self));
        self.depth -= 1;
        read
    }

    fn word(&mut self, word: &str) -> bool {
        let found = self.token() == word;
        if found {
            self.at += word.len();
        }
        found
    }

    fn array(&mut self) -> Result<Kind<'t>> {
        self.at += 1;
        let mut elements = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Kind::Array(elements));
        }
        loop {
            elements.push(self.value("JSON value")?);
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.expected("\",\" or \"]\"")),
            }
        }
        self.at += 1;
        Ok(Kind::Array(elements))
    }

    fn object(&mut self) -> Result<Kind<'t>> {
        self.at += 1;
        let mut fields = Vec::new();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Kind::Object(fields));
        }
        loop {
            if self.peek() != Some(b'"') {
                let what = if fields.is_empty() { "string or \"}\"" } else { "string" };
                return Err(self.expected(what));
            }
            let key = self.string()?;
            if self.peek() != Some(b':') {
                return Err(self.expected("\":\""));
            }
            self.at += 1;
            fields.push((key, self.value("JSON value")?));
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.expected("\",\" or \"}\"")),
            }
        }
        self.at += 1;
        Ok(Kind::Object(fields))
    }

    fn number(&mut self) -> Result<Kind<'t>> {
        let token = self.token();
        if !number::is_json(token) {
            return Err(invalid(format!("Token \"{token}\" is invalid.")));
        }
        self.at += token.len();
        let written = match self.numeric {
            true => number::numeric(token)?,
            false => token.to_owned(),
        };
        Ok(Kind::Number(written))
    }

    fn string(&mut self) -> Result<String> {
        let mut out = String::new();
        self.at += 1;
        loop {
            let rest = &self.text[self.at..];
            let Some(c) = rest.chars().next() else {
                return Err(invalid("The input string ended unexpectedly.".to_owned()));
            };
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(out),
                '\\' => self.escape(&mut out)?,
                c if (c as u32) < 0x20 => {
                    let detail =
                        format!("Character with value 0x{:02x} must be escaped.", c as u32);
                    return Err(invalid(detail));
                }
                c => out.push(c),
            }
        }
    }

    fn escape(&mut self, out: &mut String) -> Result<()> {
        let Some(c) = self.text[self.at..].chars().next() else {
            return Err(invalid("The input string ended unexpectedly.".to_owned()));
        };
        self.at += c.len_utf8();
        let plain = match c {
            '"' | '\\' | '/' => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.unicode(out),
            other => {
                return Err(invalid(format!("Escape sequence \"\\{other}\" is invalid.")));
            }
        };
        out.push(plain);
        Ok(())
    }

    fn unicode(&mut self, out: &mut String) -> Result<()> {
        let first = self.hex()?;
        if first == 0 && self.numeric {
            return Err(Error::new(
                SqlState::UNTRANSLATABLE_CHARACTER,
                "unsupported Unicode escape sequence",
            )
            .detail("\\u0000 cannot be converted to text."));
        }
        let code = match first {
            0xd800..0xdc00 => {
                if !self.text[self.at..].starts_with("\\u") {
                    return Err(surrogate());
                }
                self.at += 2;
                let second = self.hex()?;
                if !(0xdc00..0xe000).contains(&second) {
                    return Err(surrogate());
                }
                0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
            }
            0xdc00..0xe000 => return Err(surrogate()),
            other => other,
        };
        out.extend(char::from_u32(code));
        Ok(())
    }

    fn hex(&mut self) -> Result<u32> {
        let digits = self.text.get(self.at..self.at + 4);
        let code = digits
            .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|d| u32::from_str_radix(d, 16).ok());
        let wrong = || invalid("\"\\u\" must be followed by four hexadecimal digits.".to_owned());
        self.at += 4;
        code.ok_or_else(wrong)
    }
}

fn surrogate() -> Error {
    invalid("Unicode low surrogate must follow a high surrogate.".to_owned())
}
