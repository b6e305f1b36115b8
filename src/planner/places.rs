//! Where in a statement's text stands what an error speaks of but did not locate.

use crate::error::{Error, SqlState};

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
