//! Arrays as text, `{1,NULL,"a b"}`: taken apart as PostgreSQL's `array_in` does.

use crate::error::{Error, Result, SqlState};

/// An element: a value, NULL, or an array of one dimension less.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    Value(Option<String>),
    Inner(Vec<Item>),
}

/// The elements of an array.
pub fn items(text: &str) -> Result<Vec<Item>> {
    let malformed =
        || Error::new(SqlState::INVALID_TEXT, format!("malformed array literal: \"{text}\""));
    if text.trim_start().starts_with('[') && text.contains("]=") {
        return Err(Error::unsupported("an array literal with bounds"));
    }
    let mut reader = Reader { chars: text.trim().chars().peekable(), depth: 0 };
    if reader.chars.next() != Some('{') {
        return Err(malformed());
    }
    let Some(items) = reader.rest() else {
        return Err(if reader.depth > DIMENSIONS_MAX { too_deep() } else { malformed() });
    };
    match reader.chars.next() {
        None => Ok(items),
        Some(_) => Err(malformed()),
    }
}

/// As many as PostgreSQL has.
const DIMENSIONS_MAX: usize = 6;

fn too_deep() -> Error {
    let (found, most) = (DIMENSIONS_MAX + 1, DIMENSIONS_MAX);
    let message =
        format!("number of array dimensions ({found}) exceeds the maximum allowed ({most})");
    Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, message)
}

struct Reader<'t> {
    chars: std::iter::Peekable<std::str::Chars<'t>>,
    /// Braces that are open.
    depth: usize,
}

impl Reader<'_> {
    /// What stands behind an opening brace, up to the one that closes it. None if it is malformed.
    fn rest(&mut self) -> Option<Vec<Item>> {
        self.depth += 1;
        if self.depth > DIMENSIONS_MAX {
            return None;
        }
        let items = self.all()?;
        self.depth -= 1;
        Some(items)
    }

    fn all(&mut self) -> Option<Vec<Item>> {
        let mut items = Vec::new();
        self.blanks();
        if self.chars.next_if_eq(&'}').is_some() {
            return Some(items);
        }
        loop {
            items.push(self.item()?);
            self.blanks();
            match self.chars.next()? {
                ',' => {}
                '}' => break,
                _ => return None,
            }
        }
        // All have as many dimensions, and the inner ones as many elements.
        let length = |item: &Item| match item {
            Item::Value(_) => None,
            Item::Inner(items) => Some(items.len()),
        };
        let first = length(&items[0]);
        items.iter().all(|item| length(item) == first).then_some(items)
    }

    fn item(&mut self) -> Option<Item> {
        self.blanks();
        match self.chars.peek()? {
            '{' => {
                self.chars.next();
                self.rest().map(Item::Inner)
            }
            '"' => {
                self.chars.next();
                let mut value = String::new();
                loop {
                    match self.chars.next()? {
                        '"' => return Some(Item::Value(Some(value))),
                        '\\' => value.push(self.chars.next()?),
                        c => value.push(c),
                    }
                }
            }
            _ => {
                let (mut value, mut escaped) = (String::new(), false);
                while let Some(c) = self.chars.next_if(|c| !",{}\"".contains(*c)) {
                    match c {
                        '\\' => {
                            value.push(self.chars.next()?);
                            escaped = true;
                        }
                        c => value.push(c),
                    }
                }
                let value = value.trim_end().to_owned();
                let null = !escaped && value.eq_ignore_ascii_case("null");
                (!value.is_empty()).then_some(Item::Value((!null).then_some(value)))
            }
        }
    }

    fn blanks(&mut self) {
        while self.chars.next_if(|c| c.is_ascii_whitespace()).is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_taken_apart() {
        let value = |text: &str| Item::Value(Some(text.to_owned()));
        let wanted = vec![value("1"), Item::Value(None), value("a b"), value("NULL")];
        assert_eq!(items("{1, null ,\"a b\",\"NULL\"}").unwrap(), wanted);
        let inner = |one: &str, two: &str| Item::Inner(vec![value(one), value(two)]);
        assert_eq!(items("{{1,2},{3,4}}").unwrap(), vec![inner("1", "2"), inner("3", "4")]);
        assert_eq!(items(" {} ").unwrap(), vec![]);
        let nested = |depth: usize| items(&format!("{}1{}", "{".repeat(depth), "}".repeat(depth)));
        assert!(nested(6).is_ok());
        for depth in [7, 100_000] {
            assert_eq!(nested(depth).unwrap_err().state, SqlState::PROGRAM_LIMIT_EXCEEDED);
        }
        for wrong in ["", "1,2", "{1,,2}", "{1,2", "{1,2}x", "{{1},2}", "{\"a\"b}", "{a\"b\"}"] {
            assert_eq!(items(wrong).unwrap_err().state, SqlState::INVALID_TEXT, "{wrong}");
        }
    }
}
