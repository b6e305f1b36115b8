//! Takes the literals out of a statement, by the parser's tokens. Pure, and in doubt it keeps nothing.

use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer, Whitespace, Word};

use crate::config::Literals;

/// What stands where a literal stood.
const GONE: &str = "?";

/// The statement as the audit log keeps it. Passwords and keys go whatever the setting says.
pub fn redact(sql: &str, literals: Literals) -> String {
    let keep = literals == Literals::Keep;
    if keep && !may_hold_secret(sql) {
        return sql.to_owned();
    }
    let Ok(tokens) = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize() else {
        // Where a literal begins and ends cannot be told.
        return format!("(unreadable, {} characters)", sql.chars().count());
    };
    let mut out = String::with_capacity(sql.len());
    let mut secret = false;
    for token in &tokens {
        let literal = is_literal(token);
        match token {
            _ if literal && (!keep || secret) => out.push_str(GONE),
            // What a comment holds may be as private as a literal.
            Token::Whitespace(w) if is_comment(w) && !keep => out.push(' '),
            Token::Word(word) => put_word(word, &mut out),
            other => out.push_str(&other.to_string()),
        }
        secret = match token {
            Token::Word(word) => may_hold_secret(&word.value) || (secret && is_filler(word)),
            // `PASSWORD = 'x'`, `password 'x'`: what stands between changes nothing.
            _ => secret && !literal && !matches!(token, Token::Comma | Token::SemiColon),
        };
    }
    out.trim().to_owned()
}

/// Literals are what is neither a name nor a parameter and yet holds letters, digits or quotes: operators and
/// punctuation hold none, and kinds of literals that come later are caught as well.
fn is_literal(token: &Token) -> bool {
    match token {
        Token::Word(_) | Token::Placeholder(_) | Token::Whitespace(_) | Token::EOF => false,
        other => {
            other.to_string().chars().any(|c| c.is_alphanumeric() || matches!(c, '\'' | '"' | '$'))
        }
    }
}

fn is_comment(whitespace: &Whitespace) -> bool {
    match whitespace {
        Whitespace::Space | Whitespace::Newline | Whitespace::Tab => false,
        Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_) => true,
    }
}

fn put_word(word: &Word, out: &mut String) {
    match word.quote_style {
        Some('"') => {
            out.push('"');
            out.push_str(&word.value.replace('"', "\"\""));
            out.push('"');
        }
        _ => out.push_str(&word.to_string()),
    }
}

/// Words that may stand between the name of a secret and its value.
fn is_filler(word: &Word) -> bool {
    ["to", "is", "as"].iter().any(|filler| word.value.eq_ignore_ascii_case(filler))
}

fn may_hold_secret(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["password", "secret", "token", "credential", "access_key"].iter().any(|w| text.contains(w))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_literal_goes_and_names_stay() {
        let check = |sql: &str, want: &str| assert_eq!(redact(sql, Literals::Redact), want);
        check(
            "SELECT a, \"B c\" FROM s.t WHERE ssn = '123-45' AND n = -1.5e3 AND ok = true",
            "SELECT a, \"B c\" FROM s.t WHERE ssn = ? AND n = -? AND ok = true",
        );
        check(
            "SELECT E'a\\'b', $$x$$, $q$y$q$, X'1F', U&'d\\0061', N'z'",
            "SELECT ?, ?, ?, ?, ?, ?",
        );
        check(
            "INSERT INTO t VALUES (1, 'it''s'), ($1, NULL)",
            "INSERT INTO t VALUES (?, ?), ($1, NULL)",
        );
        check("SELECT DATE '2024-01-01' -- ssn 5\n + /* 7 */ 1", "SELECT DATE ?   +   ?");
        check("SELECT \"a\"\"b\", a->>'k', a[3] FROM t", "SELECT \"a\"\"b\", a->>?, a[?] FROM t");
    }

    #[test]
    fn what_cannot_be_read_is_not_kept() {
        let redacted = redact("SELECT 'secret", Literals::Redact);
        assert_eq!(redacted, "(unreadable, 14 characters)");
    }

    #[test]
    fn kept_literals_are_kept_but_for_secrets() {
        let keep = |sql: &str| redact(sql, Literals::Keep);
        assert_eq!(keep("SELECT 'x' -- y"), "SELECT 'x' -- y");
        assert_eq!(
            keep("CREATE ROLE a LOGIN PASSWORD 'p' VALID UNTIL '2030-01-01'"),
            "CREATE ROLE a LOGIN PASSWORD ? VALID UNTIL '2030-01-01'"
        );
        assert_eq!(
            keep("CREATE FOREIGN TABLE t () OPTIONS (secret_access_key 'k', format 'csv')"),
            "CREATE FOREIGN TABLE t () OPTIONS (secret_access_key ?, format 'csv')"
        );
        assert!(!keep("ALTER ROLE a PASSWORD 'p").contains("'p"));
    }
}
