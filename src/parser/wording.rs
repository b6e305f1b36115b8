//! Forms of PostgreSQL's that the grammar behind does not have, said in ones that it has; token by token.

use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};

use super::reader::position;
use crate::error::{Error, Result};

/// What the grammar behind has no place for and PostgreSQL has: said by name.
pub(super) fn refuse(source: &str, tokens: &[TokenWithSpan]) -> Result<()> {
    for (i, token) in tokens.iter().enumerate() {
        let at = || position(source, token.span.start);
        if let Token::SingleQuotedByteStringLiteral(_) | Token::HexStringLiteral(_) = token.token {
            return Err(Error::unsupported("a bit string").at(at()));
        }
        if !is(&token.token, "exclude") {
            continue;
        }
        let (next, after) = following(tokens, i);
        let Some(next) = next else { continue };
        let within = match following(tokens, after).0 {
            Some(Token::RParen) => is(next, "ties") || is(next, "group"),
            Some(last) => is(next, "current") && is(last, "row"),
            None => false,
        };
        if within {
            return Err(Error::unsupported("EXCLUDE in a window frame").at(at()));
        }
    }
    Ok(())
}

/// The same tokens, respelled.
pub(super) fn respelled(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut all: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    // For each parenthesis that is open, whether it is one of `substring(x SIMILAR …`.
    let mut similar: Vec<bool> = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        let token = &tokens[i];
        let put = |all: &mut Vec<TokenWithSpan>, t: Token| {
            all.push(TokenWithSpan { token: t, span: token.span });
        };
        let (next, after) = following(&tokens, i);
        match &token.token {
            Token::LParen => {
                similar.push(false);
                all.push(token.clone());
            }
            Token::RParen => {
                similar.pop();
                all.push(token.clone());
            }
            // Literals on lines of their own are one.
            Token::SingleQuotedString(text) => {
                let mut text = text.clone();
                while let Some((more, end)) = continued(&tokens, i) {
                    text.push_str(more);
                    i = end;
                }
                put(&mut all, Token::SingleQuotedString(text));
            }
            Token::UnicodeStringLiteral(text) if next.is_some_and(|t| is(t, "uescape")) => {
                match following(&tokens, after) {
                    (Some(Token::SingleQuotedString(escape)), end) => {
                        put(&mut all, Token::SingleQuotedString(unescaped(text, escape)));
                        i = end;
                    }
                    _ => all.push(token.clone()),
                }
            }
            Token::UnicodeStringLiteral(text) => {
                put(&mut all, Token::SingleQuotedString(text.clone()));
            }
            // A frame excludes nothing by itself.
            t if is(t, "exclude") && next.is_some_and(|t| is(t, "no")) => {
                match following(&tokens, after) {
                    (Some(others), end) if is(others, "others") => i = end,
                    _ => all.push(token.clone()),
                }
            }
            // `'1 day'::interval PRECEDING`: a frame's bound is an interval anyway.
            Token::DoubleColon if is_frame_bound(&tokens, i) => i = after,
            t if is(t, "isnull") && !matches!(next, Some(Token::LParen)) => {
                put(&mut all, Token::make_keyword("IS"));
                put(&mut all, Token::make_keyword("NULL"));
            }
            t if is(t, "between") && next.is_some_and(|t| is(t, "symmetric")) => {
                all.push(token.clone());
                // A mark in front of the lower bound; nothing else here has that operator.
                put(&mut all, Token::AtDashAt);
                i = after;
            }
            t if is(t, "between") && next.is_some_and(|t| is(t, "asymmetric")) => {
                all.push(token.clone());
                i = after;
            }
            t if ["leading", "trailing", "both"].iter().any(|w| is(t, w))
                && next.is_some_and(|t| is(t, "from")) =>
            {
                all.push(token.clone());
                put(&mut all, Token::SingleQuotedString(" ".to_owned()));
            }
            t if is(t, "similar") && !similar.is_empty() && !next.is_some_and(|t| is(t, "to")) => {
                if let Some(open) = similar.last_mut() {
                    *open = true;
                }
                put(&mut all, Token::make_keyword("FROM"));
            }
            t if is(t, "escape") && similar.last() == Some(&true) => {
                put(&mut all, Token::make_keyword("FOR"));
            }
            _ => all.push(token.clone()),
        }
        i += 1;
    }
    all
}

fn is(token: &Token, word: &str) -> bool {
    matches!(token, Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
}

/// Whether an interval's type stands here behind a frame's bound.
fn is_frame_bound(tokens: &[TokenWithSpan], i: usize) -> bool {
    let before = tokens[..i].iter().rev();
    let before = before.map(|t| &t.token).find(|t| !matches!(t, Token::Whitespace(_)));
    let (next, after) = following(tokens, i);
    let end = following(tokens, after).0;
    matches!(before, Some(Token::SingleQuotedString(_)))
        && next.is_some_and(|t| is(t, "interval"))
        && end.is_some_and(|t| is(t, "preceding") || is(t, "following"))
}

/// The next token that says something, and where it stands.
fn following(tokens: &[TokenWithSpan], i: usize) -> (Option<&Token>, usize) {
    let found = tokens.iter().enumerate().skip(i + 1);
    match found.into_iter().find(|(_, t)| !matches!(t.token, Token::Whitespace(_))) {
        Some((at, token)) => (Some(&token.token), at),
        None => (None, tokens.len()),
    }
}

/// A literal behind this one, on another line.
fn continued(tokens: &[TokenWithSpan], i: usize) -> Option<(&str, usize)> {
    let (next, at) = following(tokens, i);
    let Some(Token::SingleQuotedString(text)) = next else { return None };
    let line = |t: &TokenWithSpan| matches!(t.token, Token::Whitespace(Whitespace::Newline));
    tokens[i + 1..at].iter().any(line).then_some((text.as_str(), at))
}

/// `!0041` and `!+000041` with the escape `!`.
fn unescaped(text: &str, escape: &str) -> String {
    let Some(mark) = escape.chars().next() else { return text.to_owned() };
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(mark) {
        out.push_str(&rest[..at]);
        rest = &rest[at + mark.len_utf8()..];
        if let Some(after) = rest.strip_prefix(mark) {
            out.push(mark);
            rest = after;
            continue;
        }
        let (skip, length) = if rest.starts_with('+') { (1, 6) } else { (0, 4) };
        let code = rest.get(skip..skip + length).and_then(|d| u32::from_str_radix(d, 16).ok());
        match code.and_then(char::from_u32) {
            Some(c) => {
                out.push(c);
                rest = &rest[skip + length..];
            }
            None => out.push(mark),
        }
    }
    out + rest
}
