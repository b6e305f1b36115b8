//! Where in a statement's text stands what an error speaks of but did not locate.

use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use crate::error::{Error, SqlState};
use crate::parser::position;

/// `operator does not exist: text + bigint` points at its operator, if there is but one; a number beside it that is
/// written out is an integer, as PostgreSQL types it.
pub(super) fn at_operator(error: Error, source: &str) -> Error {
    let Some(operation) = error.message.strip_prefix("operator does not exist: ") else {
        return error;
    };
    let Some((left, sign, right)) = taken_apart(operation) else { return error };
    let Some((at, before, after)) = only_place(source, &sign) else { return error };
    let whole = |name: String, beside: &str| match name.as_str() {
        "bigint" if beside.parse::<i32>().is_ok() => "integer".to_owned(),
        _ => name,
    };
    let (left, right) = (whole(left, &before), whole(right, &after));
    let operation = format!("{left} {sign} {right}");
    let message = format!("operator does not exist: {}", operation.trim_start());
    let mut located = Error::new(SqlState::UNDEFINED_FUNCTION, message);
    if let Some(hint) = &error.hint {
        located = located.hint(hint.clone());
    }
    located.at(Some(at))
}

/// Types have words, operators have none.
fn taken_apart(operation: &str) -> Option<(String, String, String)> {
    let words: Vec<&str> = operation.split(' ').collect();
    let i = words.iter().position(|w| !w.contains(|c: char| c.is_alphanumeric()))?;
    Some((words[..i].join(" "), words[i].to_owned(), words[i + 1..].join(" ")))
}

/// The operator's place in characters from 1, and the words beside it; None if it stands there more than once.
fn only_place(source: &str, sign: &str) -> Option<(usize, String, String)> {
    let is_sign = |c: char| "+-*/<>=~!@#%^&|`?".contains(c);
    let (mut quote, mut found) = (None, None);
    for (at, c) in source.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => continue,
            None if c == '\'' || c == '"' => quote = Some(c),
            None => {}
        }
        let alone = source[at..].starts_with(sign)
            && !source[..at].ends_with(is_sign)
            && !source[at + sign.len()..].starts_with(is_sign);
        if quote.is_none() && alone && found.replace(at).is_some() {
            return None;
        }
    }
    let at = found?;
    let end = |c: char| c.is_whitespace() || c == '(' || c == ')' || c == ',' || c == ';';
    let before = source[..at].trim_end().rsplit(end).next().unwrap_or_default();
    let after = source[at + sign.len()..].trim_start().split(end).next().unwrap_or_default();
    Some((source[..at].chars().count() + 1, before.to_owned(), after.to_owned()))
}

/// A value, a type or a call that an error speaks of, found by its text if that stands there once.
pub(super) fn at_words(error: Error, source: &str) -> Error {
    if error.position.is_some() {
        return error;
    }
    let Ok(tokens) = Tokenizer::new(&PostgreSqlDialect {}, source).tokenize_with_location() else {
        return error;
    };
    let words = Words { source, tokens: tokens.into_iter().filter(|t| says(&t.token)).collect() };
    let at = words.place(&error);
    error.at(at)
}

fn says(token: &Token) -> bool {
    !matches!(token, Token::Whitespace(_) | Token::EOF)
}

/// A statement's tokens.
struct Words<'s> {
    source: &'s str,
    tokens: Vec<TokenWithSpan>,
}

impl Words<'_> {
    fn place(&self, error: &Error) -> Option<usize> {
        let message = error.message.as_str();
        let quoted = || message.split_once('"').and_then(|(_, rest)| rest.rsplit_once('"'));
        match error.state {
            SqlState::CANNOT_COERCE => self.at(self.only(|t| *t == Token::DoubleColon)?),
            SqlState::UNDEFINED_OBJECT if message.starts_with("type ") => {
                let name = quoted()?.0.to_lowercase();
                self.at(self.only(|t| is(t, &name))?)
            }
            SqlState::GROUPING_ERROR | SqlState::WINDOWING_ERROR => self.in_clause(message),
            SqlState::INVALID_COLUMN_REFERENCE => self.position_in_list(message),
            SqlState::DATATYPE_MISMATCH if message.contains("cannot be matched") => None,
            SqlState::INVALID_TEXT
            | SqlState::INVALID_DATETIME_FORMAT
            | SqlState::DATETIME_OVERFLOW
            | SqlState::NUMERIC_OUT_OF_RANGE
            | SqlState::UNDEFINED_TABLE
            | SqlState::INVALID_SCHEMA_NAME
            | SqlState::UNDEFINED_OBJECT => {
                let Some((text, _)) = quoted() else { return self.only_literal(message) };
                self.at(self.only(|t| literal(t) == Some(text))?)
            }
            _ => None,
        }
    }

    fn at(&self, i: usize) -> Option<usize> {
        position(self.source, self.tokens.get(i)?.span.start)
    }

    /// The one token of which this is true.
    fn only(&self, test: impl Fn(&Token) -> bool) -> Option<usize> {
        let mut found = (0..self.tokens.len()).filter(|i| test(&self.tokens[*i].token));
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    /// An error that does not repeat the text: about the only literal there is.
    fn only_literal(&self, message: &str) -> Option<usize> {
        if !message.starts_with("invalid input syntax for type json") {
            return None;
        }
        self.at(self.only(|t| literal(t).is_some())?)
    }

    /// `aggregate functions are not allowed in WHERE`: the first call of one behind the word.
    fn in_clause(&self, message: &str) -> Option<usize> {
        let (what, clause) = message.split_once(" are not allowed in ")?;
        let first = clause.split(' ').next()?.to_lowercase();
        let from = self.tokens.iter().position(|t| is(&t.token, &first))?;
        let window = what.starts_with("window");
        (from..self.tokens.len()).find(|i| self.calls(*i, window)).and_then(|i| self.at(i))
    }

    /// Whether an aggregate is called here, or a function over a window.
    fn calls(&self, i: usize, window: bool) -> bool {
        let Token::Word(word) = &self.tokens[i].token else { return false };
        if self.tokens.get(i + 1).map(|t| &t.token) != Some(&Token::LParen) {
            return false;
        }
        let Some(end) = self.closing(i + 1) else { return false };
        let over = self.tokens.get(end + 1).is_some_and(|t| is(&t.token, "over"));
        match window {
            true => over,
            false => !over && super::dialect::is_aggregate(&word.value.to_lowercase()),
        }
    }

    fn closing(&self, open: usize) -> Option<usize> {
        let mut depth = 0usize;
        (open..self.tokens.len()).find(|i| {
            match self.tokens[*i].token {
                Token::LParen => depth += 1,
                Token::RParen => depth -= 1,
                _ => {}
            }
            depth == 0
        })
    }

    /// `ORDER BY position 2 is not in select list`.
    fn position_in_list(&self, message: &str) -> Option<usize> {
        let (clause, rest) = message.split_once(" position ")?;
        let number = rest.split(' ').next()?;
        let last = clause.rsplit(' ').next()?.to_lowercase();
        let from = self.tokens.iter().rposition(|t| is(&t.token, &last))?;
        let wanted =
            |i: &usize| matches!(&self.tokens[*i].token, Token::Number(n, _) if n == number);
        (from..self.tokens.len()).find(wanted).and_then(|i| self.at(i))
    }
}

fn is(token: &Token, name: &str) -> bool {
    matches!(token, Token::Word(word) if word.value.eq_ignore_ascii_case(name))
}

fn literal(token: &Token) -> Option<&str> {
    match token {
        Token::SingleQuotedString(text) | Token::EscapedStringLiteral(text) => Some(text),
        Token::DollarQuotedString(text) => Some(&text.value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, message: &str, wanted: &str, position: Option<usize>) {
        let error = Error::new(SqlState::UNDEFINED_FUNCTION, message);
        let error = at_operator(error, source);
        assert_eq!((error.message.as_str(), error.position), (wanted, position));
    }

    #[test]
    fn a_literal_is_pointed_at_where_it_stands_once() {
        let message = "invalid input syntax for type integer: \"x\"";
        let place = |source: &str| at_words(Error::new(SqlState::INVALID_TEXT, message), source);
        assert_eq!(place("SELECT 1 + 'x'").position, Some(12));
        assert_eq!(place("SELECT 'x', 1 + 'x'").position, None);
        assert_eq!(place("SELECT \"x\"").position, None);
    }

    #[test]
    fn an_operator_is_pointed_at() {
        let message = "operator does not exist: text + bigint";
        let wanted = "operator does not exist: text + integer";
        check("SELECT b + 1 FROM t", message, wanted, Some(10));
        check("SELECT '+', b + c FROM t", message, message, Some(15));
        check("SELECT a + 2, b + 1 FROM t", message, message, None);
        let message = "operator does not exist: timestamp with time zone = integer";
        check("SELECT é = 5", message, message, Some(10));
    }
}
