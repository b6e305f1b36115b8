//! Forms of PostgreSQL's that the grammar behind does not have, said in ones that it has; token by token.

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};

use super::ast::Ident;
use super::reader::{fold_word, position};
use crate::error::{Error, Result};

/// What the grammar behind has no place for and PostgreSQL has: said by name.
pub(super) fn refuse(source: &str, tokens: &[TokenWithSpan]) -> Result<()> {
    for (i, token) in tokens.iter().enumerate() {
        let at = || position(source, token.span.start);
        if let Some(what) = junk_behind(source, token, tokens.get(i + 1)) {
            let whole = source.chars().skip(at().unwrap_or(1) - 1);
            let shown: String =
                whole.take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '$')).collect();
            let message = format!("trailing junk after {what} at or near \"{shown}\"");
            return Err(Error::syntax(message).at(at()));
        }
        if let Token::SingleQuotedByteStringLiteral(_) | Token::HexStringLiteral(_) = token.token {
            return Err(Error::unsupported("a bit string").at(at()));
        }
        if is(&token.token, "exclude")
            && bounded(&tokens[..i])
            && let Some(wrong) = misread(tokens, i).and_then(|at| tokens.get(at))
        {
            let message = format!("syntax error at or near \"{}\"", wrong.token);
            return Err(Error::syntax(message).at(position(source, wrong.span.start)));
        }
    }
    Ok(())
}

/// Letters right behind a number, as in `123abc`, `0x1F` and `1_000`.
fn junk_behind(
    source: &str,
    token: &TokenWithSpan,
    next: Option<&TokenWithSpan>,
) -> Option<&'static str> {
    let follows = || next.filter(|next| next.span.start == token.span.end).map(|next| &next.token);
    let start = || position(source, token.span.start).map(|at| at - 1);
    match &token.token {
        Token::Number(digits, _) => {
            let word = matches!(follows(), Some(Token::Word(w)) if w.quote_style.is_none());
            (word || digits.contains('_')).then_some("numeric literal")
        }
        Token::HexStringLiteral(_) => {
            source.chars().nth(start()?).filter(|c| *c == '0').map(|_| "numeric literal")
        }
        Token::Placeholder(name) => {
            let name = name.strip_prefix('$')?;
            let junk = name.starts_with(|c: char| c.is_ascii_digit())
                && name.contains(|c: char| !c.is_ascii_digit());
            junk.then_some("parameter")
        }
        _ => None,
    }
}

/// The same tokens, respelled.
pub(super) fn respelled(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut all: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    // For each parenthesis that is open, whether it is one of `substring(x SIMILAR …`.
    let mut similar: Vec<bool> = Vec::new();
    // And how many are open where `ANY (VALUES …)` ends.
    let mut rows: Vec<usize> = Vec::new();
    // How many parentheses `VARIADIC array` still has to close, for each that is open.
    let mut owed: Vec<usize> = Vec::new();
    // Where they stand.
    let mut open: Vec<usize> = Vec::new();
    let first = tokens.iter().find(|t| !matches!(t.token, Token::Whitespace(_)));
    let defines = first.is_some_and(|t| is(&t.token, "create") || is(&t.token, "alter"));
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
                owed.push(0);
                open.push(all.len());
                all.push(token.clone());
                if compares_rows(&tokens, i) {
                    for word in ["SELECT", "*", "FROM", "("] {
                        put(
                            &mut all,
                            match word {
                                "*" => Token::Mul,
                                "(" => Token::LParen,
                                word => Token::make_keyword(word),
                            },
                        );
                    }
                    rows.push(similar.len());
                }
            }
            Token::RParen => {
                if rows.last() == Some(&similar.len()) {
                    rows.pop();
                    all.push(token.clone());
                    put(&mut all, Token::make_word("__values", Some('"')));
                }
                similar.pop();
                open.pop();
                for _ in 0..owed.pop().unwrap_or(0) {
                    put(&mut all, Token::RParen);
                }
                all.push(token.clone());
            }
            // `f(a, VARIADIC list)` as `f(a, __variadic(list))`.
            t if is(t, "variadic")
                && matches!(before(&all), Some(Token::LParen | Token::Comma))
                && !owed.is_empty() =>
            {
                put(&mut all, Token::make_word(VARIADIC, None));
                put(&mut all, Token::LParen);
                if let Some(owed) = owed.last_mut() {
                    *owed += 1;
                }
            }
            // `f(name := value)`
            Token::Assignment if !owed.is_empty() => put(&mut all, Token::RArrow),
            // `name 'text'`, which the grammar reads for its own types only.
            Token::Word(word)
                if !defines
                    && LITERALS.iter().any(|name| is(&token.token, name))
                    && matches!(next, Some(Token::SingleQuotedString(_)))
                    && before(&all) != Some(&Token::Period) =>
            {
                let value = next.cloned().expect("it is a literal");
                let parts = [
                    Token::make_keyword("CAST"),
                    Token::LParen,
                    value,
                    Token::make_keyword("AS"),
                    Token::Word(word.clone()),
                    Token::RParen,
                ];
                parts.into_iter().for_each(|part| put(&mut all, part));
                i = after;
            }
            t if is(t, "interval") && !defines && precise(&tokens, i).is_some() => {
                let (digits, value, end) = precise(&tokens, i).expect("it was just found");
                let parts = [
                    Token::make_keyword("CAST"),
                    Token::LParen,
                    Token::SingleQuotedString(value),
                    Token::make_keyword("AS"),
                    Token::make_keyword("INTERVAL"),
                    Token::LParen,
                    digits,
                    Token::RParen,
                    Token::RParen,
                ];
                parts.into_iter().for_each(|part| put(&mut all, part));
                i = end;
            }
            // Literals on lines of their own are one.
            Token::SingleQuotedString(text) => {
                let mut text = text.clone();
                while let Some((more, end)) = continued(&tokens, i) {
                    text.push_str(more);
                    i = end;
                }
                // A frame's bound is read as far as its literal: `'1 day'::interval PRECEDING`.
                if let Some(end) = frame_bound(&tokens, i) {
                    put(&mut all, Token::make_keyword("INTERVAL"));
                    i = end;
                }
                put(&mut all, Token::SingleQuotedString(text));
            }
            // The operators of a type's own order.
            t if is(t, "using") && matches!(next, Some(Token::Lt | Token::Gt)) => {
                let ascending = matches!(next, Some(Token::Lt));
                put(&mut all, Token::make_keyword(if ascending { "ASC" } else { "DESC" }));
                i = after;
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
            t if is(t, "exclude") && before(&all).is_some_and(ends_frame) => {
                match exclusion(&tokens, i) {
                    Some((kind, end)) => {
                        if let (Some(kind), Some(open)) = (kind, open.last()) {
                            mark_window(&mut all, *open, kind);
                        }
                        i = end;
                    }
                    None => all.push(token.clone()),
                }
            }
            // `'1 day'::interval PRECEDING`: a frame's bound is an interval anyway.
            Token::DoubleColon if is_frame_bound(&tokens, i) => i = after,
            // `INTERVAL(0) '1.7 sec'`: the grammar behind loses the precision.
            t if is(t, "interval") && precise_literal(&tokens, i).is_some() => {
                let Some((digits, text, end)) = precise_literal(&tokens, i) else { break };
                let text = Token::SingleQuotedString(text.to_owned());
                let number = Token::Number(digits.to_owned(), false);
                put(&mut all, Token::make_keyword("CAST"));
                put(&mut all, Token::LParen);
                put(&mut all, text);
                put(&mut all, Token::make_keyword("AS"));
                all.push(token.clone());
                for t in [Token::LParen, number, Token::RParen, Token::RParen] {
                    put(&mut all, t);
                }
                i = end;
            }
            // The grammar reads its own form of this function behind the schema too, and stumbles.
            t if is(t, "pg_catalog") && is_substring(&tokens, i) => i = after,
            // There is no inheritance here: a table is only itself.
            t if is(t, "only") && holds_tables(&all) && opens_name(next) => {}
            t if is(t, "operator") => match quantified(&tokens, i) {
                Some((sign, end)) => {
                    put(&mut all, sign);
                    i = end;
                }
                None => all.push(token.clone()),
            },
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

/// A window whose name begins so leaves something out of its frames.
const EXCLUDE: &str = "__exclude ";

/// What a window's frames leave out, and the name that the window has beside the mark.
pub fn excluded(window: &Ident) -> Option<(String, Option<String>)> {
    let marked = window.value.strip_prefix(EXCLUDE)?;
    Some(match marked.split_once(' ') {
        Some((kind, name)) => (kind.to_owned(), Some(name.to_owned())),
        None => (marked.to_owned(), None),
    })
}

/// Whether the tokens end with a frame's bound.
fn bounded(tokens: &[TokenWithSpan]) -> bool {
    let mut back = tokens.iter().rev().map(|t| &t.token);
    let mut back = back.by_ref().filter(|t| !matches!(t, Token::Whitespace(_)));
    let (Some(last), Some(offset)) = (back.next(), back.next()) else { return false };
    let counted = matches!(offset, Token::Number(..) | Token::SingleQuotedString(_));
    match is(last, "row") {
        true => is(offset, "current"),
        false => ends_frame(last) && (counted || is(offset, "unbounded")),
    }
}

/// Where EXCLUDE goes on otherwise than it must.
fn misread(tokens: &[TokenWithSpan], i: usize) -> Option<usize> {
    let (Some(first), at) = following(tokens, i) else { return None };
    let (second, end) = following(tokens, at);
    let last = match () {
        () if is(first, "group") || is(first, "ties") => at,
        () if is(first, "current") && second.is_some_and(|t| is(t, "row")) => end,
        () if is(first, "no") && second.is_some_and(|t| is(t, "others")) => end,
        () if is(first, "current") || is(first, "no") => return Some(end),
        () => return Some(at),
    };
    let (next, behind) = following(tokens, last);
    (next != Some(&Token::RParen)).then_some(behind)
}

/// Whether a frame's last bound ends with this word.
fn ends_frame(token: &Token) -> bool {
    ["preceding", "following", "row"].iter().any(|word| is(token, word))
}

/// `EXCLUDE TIES` at the end of a frame: what it leaves out, if anything, and where it ends.
fn exclusion(tokens: &[TokenWithSpan], i: usize) -> Option<(Option<&'static str>, usize)> {
    let (first, at) = following(tokens, i);
    let (second, end) = following(tokens, at);
    let (kind, end) = match first? {
        t if is(t, "group") => (Some("group"), at),
        t if is(t, "ties") => (Some("ties"), at),
        t if is(t, "current") && is(second?, "row") => (Some("current"), end),
        t if is(t, "no") && is(second?, "others") => (None, end),
        _ => return None,
    };
    (following(tokens, end).0 == Some(&Token::RParen)).then_some((kind, end))
}

/// The grammar behind has no place for it but the name of a window.
fn mark_window(all: &mut Vec<TokenWithSpan>, open: usize, kind: &str) {
    let first = (open + 1..all.len()).find(|i| !matches!(all[*i].token, Token::Whitespace(_)));
    let name = first.and_then(|i| match &all[i].token {
        Token::Word(word) if word.quote_style.is_some() || word.keyword == Keyword::NoKeyword => {
            Some((i, fold_word(word)))
        }
        _ => None,
    });
    let marked = name.as_ref().map_or_else(String::new, |(_, name)| format!(" {name}"));
    let token = Token::make_word(&format!("{EXCLUDE}{kind}{marked}"), Some('"'));
    match name {
        Some((i, _)) => all[i].token = token,
        None => {
            let span = all[open].span;
            all.insert(open + 1, TokenWithSpan { token, span });
        }
    }
}

/// The name that the planner knows `VARIADIC` by.
pub const VARIADIC: &str = "__variadic";

/// Types of PostgreSQL's that the grammar behind has no name for.
const LITERALS: &[&str] = &["bpchar", "name", "oid", "xid"];

/// The last token that says something.
fn before(all: &[TokenWithSpan]) -> Option<&Token> {
    all.iter().rev().map(|t| &t.token).find(|t| !matches!(t, Token::Whitespace(_)))
}

/// `interval(2) 'text'`: its digits, the text, and where it ends.
fn precise(tokens: &[TokenWithSpan], i: usize) -> Option<(Token, String, usize)> {
    let (Some(Token::LParen), at) = following(tokens, i) else { return None };
    let (Some(digits @ Token::Number(..)), at) = following(tokens, at) else { return None };
    let (Some(Token::RParen), at) = following(tokens, at) else { return None };
    let (Some(Token::SingleQuotedString(value)), end) = following(tokens, at) else { return None };
    Some((digits.clone(), value.clone(), end))
}

fn is(token: &Token, word: &str) -> bool {
    matches!(token, Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
}

/// Whether `.substring(` stands behind the schema.
fn is_substring(tokens: &[TokenWithSpan], i: usize) -> bool {
    let (period, at) = following(tokens, i);
    let (name, end) = following(tokens, at);
    period == Some(&Token::Period)
        && name.is_some_and(|t| is(t, "substring"))
        && following(tokens, end).0 == Some(&Token::LParen)
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

/// The digits and the text of `INTERVAL (digits) 'text'`, and where it ends.
fn precise_literal(tokens: &[TokenWithSpan], i: usize) -> Option<(&str, &str, usize)> {
    let (Some(Token::LParen), open) = following(tokens, i) else { return None };
    let (Some(Token::Number(digits, _)), at) = following(tokens, open) else { return None };
    let (Some(Token::RParen), close) = following(tokens, at) else { return None };
    match following(tokens, close) {
        (Some(Token::SingleQuotedString(text)), end) => Some((digits, text, end)),
        _ => None,
    }
}

/// Whether the tokens so far end where a table's name is next.
fn holds_tables(before: &[TokenWithSpan]) -> bool {
    let last = before.iter().rev().find(|t| !matches!(t.token, Token::Whitespace(_)));
    last.is_some_and(|t| {
        t.token == Token::Comma || ["from", "join", "update"].iter().any(|word| is(&t.token, word))
    })
}

fn opens_name(next: Option<&Token>) -> bool {
    matches!(next, Some(Token::Word(_) | Token::LParen))
}

/// `OPERATOR(pg_catalog.=)` before ANY or ALL, where the grammar takes bare signs alone: the sign, and where its
/// parenthesis closes.
fn quantified(tokens: &[TokenWithSpan], i: usize) -> Option<(Token, usize)> {
    let (Some(Token::LParen), open) = following(tokens, i) else { return None };
    let (mut sign, mut at) = following(tokens, open);
    if sign.is_some_and(|t| is(t, "pg_catalog")) {
        let (Some(Token::Period), period) = following(tokens, at) else { return None };
        (sign, at) = following(tokens, period);
    }
    let (Some(Token::RParen), close) = following(tokens, at) else { return None };
    let (after, _) = following(tokens, close);
    let many = after.is_some_and(|t| ["any", "all", "some"].iter().any(|word| is(t, word)));
    sign.filter(|_| many).map(|sign| (sign.clone(), close))
}

/// The next token that says something, and where it stands.
fn following(tokens: &[TokenWithSpan], i: usize) -> (Option<&Token>, usize) {
    let found = tokens.iter().enumerate().skip(i + 1);
    match found.into_iter().find(|(_, t)| !matches!(t.token, Token::Whitespace(_))) {
        Some((at, token)) => (Some(&token.token), at),
        None => (None, tokens.len()),
    }
}

/// `ANY (VALUES …` and its like: the grammar knows of lists there, and of queries that begin with SELECT.
fn compares_rows(tokens: &[TokenWithSpan], i: usize) -> bool {
    let mut before = tokens[..i].iter().rev().filter(|t| !matches!(t.token, Token::Whitespace(_)));
    let quantified =
        before.next().is_some_and(|t| ["any", "all", "some"].iter().any(|word| is(&t.token, word)));
    quantified && following(tokens, i).0.is_some_and(|t| is(t, "values"))
}

/// Where `::interval` ends behind this literal, if a frame's bound comes to its end there.
fn frame_bound(tokens: &[TokenWithSpan], i: usize) -> Option<usize> {
    let (Some(Token::DoubleColon), at) = following(tokens, i) else { return None };
    let (Some(name), end) = following(tokens, at) else { return None };
    let (Some(behind), _) = following(tokens, end) else { return None };
    let bound = is(behind, "preceding") || is(behind, "following");
    (is(name, "interval") && bound).then_some(end)
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
