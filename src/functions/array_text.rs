//! `{1,NULL,"a b",{…}}`: an array as PostgreSQL reads it from text, its items still text.

use crate::error::{Error, Result, SqlState};

/// An item, or an array of the next dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// None for NULL.
    Text(Option<String>),
    List(Vec<Item>),
}

/// The items of the outermost dimension. All arrays within one are as long as each other.
pub fn read(text: &str) -> Result<Vec<Item>> {
    let malformed = || {
        let message = format!("malformed array literal: \"{text}\"");
        Error::new(SqlState::INVALID_TEXT, message)
    };
    let mut rest = text.trim_start();
    if rest.starts_with('[') {
        let (bounds, after) = rest.split_once('=').ok_or_else(malformed)?;
        if !from_one(bounds.trim_end()) {
            return Err(Error::unsupported("an array that does not begin at 1"));
        }
        rest = after.trim_start();
    }
    let mut reader = Reader { rest };
    let items = reader.list(0).ok_or_else(malformed)?;
    match reader.rest.trim().is_empty() && even(&items) {
        true => Ok(items),
        false => Err(malformed()),
    }
}

/// `[1:3][1:2]`
fn from_one(bounds: &str) -> bool {
    let inner = bounds.strip_prefix('[').and_then(|b| b.strip_suffix(']'));
    inner.is_some_and(|inner| {
        inner.split("][").all(|one| one.split_once(':').is_none_or(|(from, _)| from == "1"))
    })
}

/// Whether every dimension is as long in every place.
fn even(items: &[Item]) -> bool {
    let lengths = |item: &Item| match item {
        Item::Text(_) => None,
        Item::List(inner) => Some(inner.len()),
    };
    let Some(first) = items.first() else { return true };
    items.iter().all(|item| lengths(item) == lengths(first))
        && items.iter().all(|item| match item {
            Item::Text(_) => true,
            Item::List(inner) => !inner.is_empty() && even(inner),
        })
}

/// Dimensions that an array may have.
const DEPTH_MAX: usize = 6;

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn take(&mut self, wanted: char) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(wanted) {
            Some(after) => {
                self.rest = after;
                true
            }
            None => false,
        }
    }

    fn list(&mut self, depth: usize) -> Option<Vec<Item>> {
        if depth >= DEPTH_MAX || !self.take('{') {
            return None;
        }
        let mut items = Vec::new();
        if self.take('}') {
            return Some(items);
        }
        loop {
            self.rest = self.rest.trim_start();
            items.push(match self.rest.starts_with('{') {
                true => Item::List(self.list(depth + 1)?),
                false => Item::Text(self.item()?),
            });
            if self.take('}') {
                return Some(items);
            }
            if !self.take(',') {
                return None;
            }
        }
    }

    /// One item in quotes or without. The outer None: it is none.
    #[allow(clippy::option_option, reason = "no item, or the item NULL")]
    fn item(&mut self) -> Option<Option<String>> {
        let mut out = String::new();
        let mut chars = self.rest.char_indices();
        if self.rest.starts_with('"') {
            chars.next();
            while let Some((at, c)) = chars.next() {
                match c {
                    '"' => {
                        self.rest = &self.rest[at + 1..];
                        return Some(Some(out));
                    }
                    '\\' => out.push(chars.next()?.1),
                    c => out.push(c),
                }
            }
            return None;
        }
        // Blanks at its end do not count, unless they are escaped.
        let (mut kept, mut escaped) = (0, false);
        while let Some((at, c)) = chars.next() {
            match c {
                ',' | '}' => {
                    self.rest = &self.rest[at..];
                    out.truncate(kept);
                    let null = !escaped && out.eq_ignore_ascii_case("null");
                    return (kept > 0).then_some((!null).then_some(out));
                }
                '"' | '{' => return None,
                '\\' => {
                    out.push(chars.next()?.1);
                    (kept, escaped) = (out.len(), true);
                }
                c => {
                    out.push(c);
                    if !c.is_whitespace() {
                        kept = out.len();
                    }
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, wanted: &str) {
        fn shown(items: &[Item]) -> String {
            let one = |item: &Item| match item {
                Item::Text(text) => text.as_deref().unwrap_or("-").to_owned(),
                Item::List(items) => shown(items),
            };
            format!("[{}]", items.iter().map(one).collect::<Vec<_>>().join("|"))
        }
        let found = read(text).map_or_else(|e| e.message.clone(), |items| shown(&items));
        assert!(found.starts_with(wanted), "{found}");
    }

    #[test]
    fn arrays_of_one_dimension_and_of_more() {
        check("{1, 2 ,NULL}", "[1|2|-]");
        check(r#" {"a b","",a\,b,"nu\"ll", x y } "#, "[a b||a,b|nu\"ll|x y]");
        check("{{1,2},{3,4}}", "[[1|2]|[3|4]]");
        check("[1:2]={1,2}", "[1|2]");
        check("{}", "[]");
    }

    #[test]
    fn what_is_none() {
        for text in
            ["", "{", "1", "{}}", "{1,}", "{,1}", "{1}x", "{\"a\"b}", "{{1},{2,3}}", "{{1},2}"]
        {
            check(text, "malformed array literal");
        }
        check("[0:1]={1,2}", "an array that does not begin at 1");
    }
}
