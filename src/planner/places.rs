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

/// `LIKE` and `IN` stand for operators.
pub(super) fn at_word_of_operator(error: Error, source: &str) -> Error {
    let signs = error.message.strip_prefix("operator does not exist: ").and_then(taken_apart);
    let word = match signs.as_ref().map(|(_, sign, _)| sign.as_str()) {
        Some("~~" | "!~~") => "like",
        Some("~~*" | "!~~*") => "ilike",
        Some("=") => "in",
        _ => return error,
    };
    let Ok(tokens) = Tokenizer::new(&PostgreSqlDialect {}, source).tokenize_with_location() else {
        return error;
    };
    let words = Words { source, tokens: tokens.into_iter().filter(|t| says(&t.token)).collect() };
    let Some(i) = words.only(|t| is(t, word)) else { return error };
    let denied = i > 0 && is(&words.tokens[i - 1].token, "not");
    let at = words.at(if denied { i - 1 } else { i });
    error.at(at)
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

/// The same for what went wrong as the statement ran: a literal that is cast where it stands would have been read before,
/// as PostgreSQL does it.
pub fn at_literal(error: Error, source: &str) -> Error {
    let quoted = [
        SqlState::INVALID_TEXT,
        SqlState::INVALID_DATETIME_FORMAT,
        SqlState::DATETIME_OVERFLOW,
        SqlState::NUMERIC_OUT_OF_RANGE,
    ];
    // What says less of the text, or more than it.
    let told = [
        SqlState::INVALID_TEXT,
        SqlState::UNDEFINED_TABLE,
        SqlState::UNDEFINED_OBJECT,
        SqlState::UNDEFINED_FUNCTION,
        SqlState::INVALID_SCHEMA_NAME,
        SqlState::INVALID_NAME,
        SqlState::AMBIGUOUS_FUNCTION,
        SqlState::UNTRANSLATABLE_CHARACTER,
    ];
    let known = quoted.contains(&error.state) || told.contains(&error.state);
    if error.position.is_some() || !known {
        return error;
    }
    let Ok(tokens) = Tokenizer::new(&PostgreSqlDialect {}, source).tokenize_with_location() else {
        return error;
    };
    let words = Words { source, tokens: tokens.into_iter().filter(|t| says(&t.token)).collect() };
    let text = error.message.split_once('"').and_then(|(_, rest)| rest.rsplit_once('"'));
    let at = text
        .filter(|_| quoted.contains(&error.state))
        .and_then(|(text, _)| words.cast(|literal| literal == text));
    let at = at.or_else(|| words.cast(|_| true).filter(|_| told.contains(&error.state)));
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
            SqlState::WINDOWING_ERROR
                if ["GROUPS mode", "RANGE with offset", "cannot override", "cannot copy"]
                    .iter()
                    .any(|begin| message.starts_with(begin)) =>
            {
                self.only_window()
            }
            SqlState::GROUPING_ERROR | SqlState::WINDOWING_ERROR => self.in_clause(message),
            SqlState::SYNTAX_ERROR => match message {
                "INSERT has more target columns than expressions" => self.too_many(true),
                "INSERT has more expressions than target columns" => self.too_many(false),
                "non-integer constant in ORDER BY" => self.only_key(),
                _ => {
                    let operator = message.strip_prefix("each ")?.split_once(" query must have")?;
                    self.at(self.second_select(operator.0)?)
                }
            },
            SqlState::WRONG_OBJECT_TYPE => match message.split_once(" specified, but ") {
                Some((_, rest)) => self.call(rest.split(' ').next()?),
                None if message.starts_with("count(*) must be used") => self.call("count"),
                None => None,
            },
            SqlState::DATATYPE_MISMATCH if message.contains(" cannot be matched") => {
                self.unmatched(message.split_once(" types ")?.0)
            }
            SqlState::INVALID_COLUMN_REFERENCE if message.starts_with("for SELECT DISTINCT") => {
                self.only_key()
            }
            SqlState::INVALID_COLUMN_REFERENCE
                if message.contains("must not contain variables") =>
            {
                let clause = message.strip_prefix("argument of ")?.split(' ').next()?;
                self.behind(&clause.to_lowercase())
            }
            SqlState::INVALID_COLUMN_REFERENCE => self.position_in_list(message),
            SqlState::DATATYPE_MISMATCH if message.starts_with("column ") => {
                self.put_into(quoted()?.0.split('"').next()?)
            }
            SqlState::DATATYPE_MISMATCH => {
                let of = message.strip_prefix("argument of ")?.split(" must be").next()?;
                let word = ["WHERE", "HAVING", "CASE/WHEN", "JOIN/ON", "NOT"].contains(&of);
                self.behind(&of.rsplit('/').next().filter(|_| word)?.to_lowercase())
            }
            SqlState::UNDEFINED_TABLE if message.contains("FROM-clause entry for table") => {
                let name = quoted()?.0.to_owned();
                let named = |i: &usize| {
                    is(&self.tokens[*i].token, &name)
                        && self.tokens.get(i + 1).is_some_and(|t| t.token == Token::Period)
                        && (*i == 0 || self.tokens[i - 1].token != Token::Period)
                };
                self.at((0..self.tokens.len()).find(named)?)
            }
            SqlState::UNDEFINED_OBJECT if message.starts_with("window ") => {
                self.window(quoted()?.0)
            }
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

    /// What stands behind the only word of this kind, within whatever parentheses.
    fn behind(&self, word: &str) -> Option<usize> {
        let at = self.only(|t| is(t, word))?;
        let open = |i: &usize| self.tokens[*i].token != Token::LParen;
        self.at((at + 1..self.tokens.len()).find(open)?)
    }

    /// The key of an ORDER BY that has one.
    fn only_key(&self) -> Option<usize> {
        let at = self.only(|t| is(t, "order"))? + 2;
        let single = self.parts(at, self.tokens.len()).len() == 1;
        self.at(at).filter(|_| single)
    }

    /// `OVER name`, `OVER (name …` and `WINDOW w AS (name …`.
    fn window(&self, name: &str) -> Option<usize> {
        let over = |i: usize| is(&self.tokens[i].token, "over") || is(&self.tokens[i].token, "as");
        let named = |i: usize| match is(&self.tokens[i].token, name) {
            true if over(i - 1) => Some(i),
            true if i > 1 && self.tokens[i - 1].token == Token::LParen && over(i - 2) => {
                Some(i - 1)
            }
            _ => None,
        };
        self.at((1..self.tokens.len()).find_map(named)?)
    }

    /// The value that an INSERT puts into this column first.
    fn put_into(&self, column: &str) -> Option<usize> {
        let open = (0..self.tokens.len()).find(|i| self.tokens[*i].token == Token::LParen)?;
        let inserts = is(&self.tokens.first()?.token, "insert");
        let close = self.closing(open).filter(|_| inserts)?;
        let columns = self.parts(open + 1, close);
        let place = columns.iter().position(|i| is(&self.tokens[*i].token, column))?;
        let next = &self.tokens.get(close + 1)?.token;
        let values = match () {
            () if is(next, "values") => self.parts(close + 3, self.closing(close + 2)?),
            () if is(next, "select") => {
                let end = (close..self.tokens.len()).find(|i| is(&self.tokens[*i].token, "from"));
                self.parts(close + 2, end.unwrap_or(self.tokens.len()))
            }
            () => return None,
        };
        self.at(*values.get(place)?)
    }

    /// Where the parts of a list begin.
    fn parts(&self, from: usize, to: usize) -> Vec<usize> {
        let (mut depth, mut begins) = (0i32, vec![from]);
        for i in from..to {
            match self.tokens[i].token {
                Token::LParen | Token::LBracket => depth += 1,
                Token::RParen | Token::RBracket => depth -= 1,
                Token::Comma if depth == 0 => begins.push(i + 1),
                _ => {}
            }
        }
        begins
    }

    /// A literal that is cast where it stands, if there is but one of this kind.
    fn cast(&self, test: impl Fn(&str) -> bool) -> Option<usize> {
        let i = self.only(|t| literal(t).is_some_and(&test))?;
        let token = |i: usize| self.tokens.get(i).map(|t| &t.token);
        let before = i.checked_sub(1).and_then(token);
        let next = token(i + 1)?;
        // A text is read by the cast behind it, if at all, and then as the statement runs.
        let text = ["text", "varchar", "bpchar", "char", "name"];
        let kept = token(i + 2).is_some_and(|t| text.iter().any(|name| is(t, name)));
        let cast = *next == Token::DoubleColon || is(next, "as") && before == Some(&Token::LParen);
        let types = ["date", "time", "timestamp", "timestamptz", "timetz", "interval", "bigint"];
        let typed = before.is_some_and(|t| types.iter().any(|name| is(t, name)));
        (cast && !kept || typed).then(|| self.at(i)).flatten()
    }

    /// `COALESCE types integer and text cannot be matched`: of two the second, of CASE what it is compared with, which
    /// is what stands in front of ELSE.
    fn unmatched(&self, context: &str) -> Option<usize> {
        let open = match context {
            "COALESCE" | "GREATEST" | "LEAST" | "ARRAY" => self.only(|t| is(t, context))? + 1,
            "CASE" => {
                let single = self.only(|t| is(t, "when")).is_some();
                return self.behind("then").filter(|_| single);
            }
            "UNION" | "INTERSECT" | "EXCEPT" => {
                let first = self.second_select(context)?;
                let end = (first..self.tokens.len()).find(|i| is(&self.tokens[*i].token, "from"));
                let end = end.unwrap_or(self.tokens.len());
                return self.at(first).filter(|_| self.parts(first, end).len() == 1);
            }
            _ => return None,
        };
        let parts = self.parts(open + 1, self.closing(open)?);
        let [_, second] = parts.as_slice() else { return None };
        self.at(*second)
    }

    /// The first item of the select behind the only UNION.
    fn second_select(&self, operator: &str) -> Option<usize> {
        let at = self.only(|t| is(t, operator))? + 1;
        let word = |i: usize, name: &str| self.tokens.get(i).is_some_and(|t| is(&t.token, name));
        let at = if word(at, "all") || word(at, "distinct") { at + 1 } else { at };
        word(at, "select").then_some(at + 1)
    }

    /// More of one than of the other in `INSERT INTO t (a, b) VALUES (1)`: the first that is too much.
    fn too_many(&self, columns_wanted: bool) -> Option<usize> {
        let open = (0..self.tokens.len()).find(|i| self.tokens[*i].token == Token::LParen)?;
        let close = self.closing(open)?;
        let row = close + 2;
        let values = is(&self.tokens.get(close + 1)?.token, "values");
        let values = self.parts(row + 1, self.closing(row).filter(|_| values)?);
        let columns = self.parts(open + 1, close);
        let (more, fewer) = if columns_wanted { (columns, values) } else { (values, columns) };
        self.at(*more.get(fewer.len())?)
    }

    /// The parenthesis of the only window.
    fn only_window(&self) -> Option<usize> {
        let at = self.only(|t| is(t, "over"))? + 1;
        self.at(at).filter(|_| self.tokens[at].token == Token::LParen)
    }

    /// A function that is called once.
    fn call(&self, name: &str) -> Option<usize> {
        let at = self.only(|t| is(t, name))?;
        let called = self.tokens.get(at + 1).is_some_and(|t| t.token == Token::LParen);
        self.at(at).filter(|_| called)
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
                Token::LParen | Token::LBracket => depth += 1,
                Token::RParen | Token::RBracket => depth = depth.saturating_sub(1),
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
