//! Reads tokens one by one over sqlparser's parser; every error says where and what was found.

use std::sync::Arc;

use datafusion::sql::sqlparser::parser::{Parser, ParserError, ParserOptions};
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer, Word};

use super::grammar::{self, Grammar};
use super::statement::{Ident, Name, RoleRef};
use super::{ast, depth, wording};
use crate::error::{Error, Result};

static DIALECT: Grammar = Grammar;

/// Statements in one text nested deeper than this are refused (54001).
const DEPTH_MAX: usize = 128;

pub(super) struct Reader {
    pub parser: Parser<'static>,
    pub source: Arc<str>,
}

impl Reader {
    pub fn new(source: &Arc<str>) -> Result<Reader> {
        let tokens = Tokenizer::new(&DIALECT, source).tokenize_with_location().map_err(|e| {
            let at = position(source, e.location);
            let rest = || source.chars().skip(at.unwrap_or(1) - 1).collect::<String>();
            let message = match e.message.to_lowercase() {
                m if m.contains("unterminated") && m.contains("string") => {
                    format!("unterminated quoted string at or near \"{}\"", rest())
                }
                m => m,
            };
            Error::syntax(message).at(at)
        })?;
        refuse_tokens(source, &tokens)?;
        depth::check(&tokens)?;
        let tokens = rows_from(wording::respelled(selects_of_tables(tokens)));
        grammar::begin(tokens.len());
        let options = ParserOptions::new().with_trailing_commas(false);
        let parser = Parser::new(&DIALECT)
            .with_options(options)
            .with_recursion_limit(DEPTH_MAX)
            .with_tokens_with_locations(tokens);
        Ok(Reader { parser, source: Arc::clone(source) })
    }

    pub fn at_end(&self) -> bool {
        matches!(self.parser.peek_token_ref().token, Token::EOF | Token::SemiColon)
    }

    /// Where the next token starts.
    pub fn position(&self) -> Option<usize> {
        position(&self.source, self.parser.peek_token_ref().span.start)
    }

    /// `syntax error at or near "x"`, at the next token.
    pub fn unexpected(&self) -> Error {
        let next = self.parser.peek_token_ref();
        match self.token_at(next.span.start) {
            Some(i) => syntax_error_at(&self.source, self.parser.token_at(self.first_wrong(i))),
            None => syntax_error_at(&self.source, next),
        }
    }

    /// Turns sqlparser's error into PostgreSQL's.
    pub fn error(&self, e: ParserError) -> Error {
        match e {
            ParserError::RecursionLimitExceeded => Error::new(
                crate::error::SqlState::STATEMENT_TOO_COMPLEX,
                "the statement is nested too deeply",
            ),
            ParserError::TokenizerError(message) => Error::syntax(message),
            ParserError::ParserError(message) => match location_in(&message) {
                Some(location) => match self.token_at(location) {
                    Some(i) => {
                        syntax_error_at(&self.source, self.parser.token_at(self.first_wrong(i)))
                    }
                    None => self.unexpected(),
                },
                None => self.unexpected(),
            },
        }
    }

    /// The index of the token that starts there.
    fn token_at(&self, location: Location) -> Option<usize> {
        // The parser has stopped at or a little before the token it complains about.
        let start = self.parser.index().saturating_sub(4);
        (start..start + 16).find(|i| self.parser.token_at(*i).span.start == location)
    }

    /// The grammar takes `* word` and `, FROM` for names and stumbles over what follows; PostgreSQL stops there.
    fn first_wrong(&self, at: usize) -> usize {
        let significant = |i: &usize| !is_space(self.parser.token_at(*i));
        // `ORDER a`: it is BY that is missing.
        if let Token::Word(word) = &self.parser.token_at(at).token
            && ["order", "group"].iter().any(|name| word.value.eq_ignore_ascii_case(name))
            && let Some(next) = (at + 1..at + 8).find(significant)
            && !matches!(&self.parser.token_at(next).token, Token::Word(by) if by.value.eq_ignore_ascii_case("by"))
        {
            return next;
        }
        let mut before = (0..at).rev().filter(significant);
        let (Some(last), Some(second)) = (before.next(), before.next()) else { return at };
        let Token::Word(word) = &self.parser.token_at(last).token else { return at };
        let third = before.next().map(|i| &self.parser.token_at(i).token);
        let bare = |token: &Token, all: &[&str]| {
            matches!(token, Token::Word(w) if w.quote_style.is_none()
                && all.iter().any(|name| w.value.eq_ignore_ascii_case(name)))
        };
        // `FROM WHERE`: a reserved word is no table's name.
        let asks = bare(&self.parser.token_at(second).token, &["from", "join", "update", "into"]);
        if asks && bare(&self.parser.token_at(last).token, STOPPERS) {
            return last;
        }
        let star = match third {
            Some(Token::Comma) => true,
            Some(Token::Word(select)) => select.value.eq_ignore_ascii_case("select"),
            _ => false,
        };
        match &self.parser.token_at(second).token {
            Token::Comma if word.value.eq_ignore_ascii_case("from") => last,
            Token::Mul if star && !STOPPERS.contains(&fold_word(word).as_str()) => last,
            _ => at,
        }
    }

    /// Runs one of sqlparser's own rules.
    pub fn parse<T>(
        &mut self,
        rule: impl FnOnce(&mut Parser<'static>) -> Result<T, ParserError>,
    ) -> Result<T> {
        rule(&mut self.parser).map_err(|e| self.error(e))
    }

    fn bare_word(&self) -> Option<&Word> {
        match &self.parser.peek_token_ref().token {
            Token::Word(word) if word.quote_style.is_none() => Some(word),
            _ => None,
        }
    }

    /// Whether the next tokens are these words (upper case here, any case there).
    pub fn sees(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(n, word)| match &self.parser.peek_nth_token_ref(n).token {
            Token::Word(w) => w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word),
            _ => false,
        })
    }

    /// Takes these words if they come next.
    pub fn take(&mut self, words: &[&str]) -> bool {
        let seen = self.sees(words);
        if seen {
            words.iter().for_each(|_| {
                self.parser.advance_token();
            });
        }
        seen
    }

    pub fn word(&mut self, word: &str) -> bool {
        self.take(&[word])
    }

    pub fn expect(&mut self, words: &[&str]) -> Result<()> {
        for word in words {
            if !self.word(word) {
                return Err(self.unexpected());
            }
        }
        Ok(())
    }

    pub fn token(&mut self, token: &Token) -> bool {
        self.parser.consume_token(token)
    }

    pub fn expect_token(&mut self, token: &Token) -> Result<()> {
        if self.token(token) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub fn comma(&mut self) -> bool {
        self.token(&Token::Comma)
    }

    /// One or more, with commas between.
    pub fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut all = vec![item(self)?];
        while self.comma() {
            all.push(item(self)?);
        }
        Ok(all)
    }

    /// `(a, b)`.
    pub fn parenthesized<T>(&mut self, item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        self.expect_token(&Token::LParen)?;
        let all = self.list(item)?;
        self.expect_token(&Token::RParen)?;
        Ok(all)
    }

    pub fn if_exists(&mut self) -> bool {
        self.take(&["IF", "EXISTS"])
    }

    pub fn if_not_exists(&mut self) -> bool {
        self.take(&["IF", "NOT", "EXISTS"])
    }

    /// CASCADE or RESTRICT or neither; true for CASCADE.
    pub fn cascade(&mut self) -> bool {
        let cascade = self.word("CASCADE");
        if !cascade {
            self.word("RESTRICT");
        }
        cascade
    }

    pub fn ident(&mut self) -> Result<Ident> {
        let position = self.position();
        let Token::Word(word) = &self.parser.peek_token_ref().token else {
            return Err(self.unexpected());
        };
        let name = fold_word(word);
        let reserved = word.quote_style.is_none() && STOPPERS.contains(&name.as_str());
        if reserved || name.is_empty() {
            return Err(self.unexpected());
        }
        self.parser.advance_token();
        Ok(Ident { name, position })
    }

    /// `name` or `schema.name`; a database before it must be refused by whoever knows its name.
    pub fn name(&mut self) -> Result<Name> {
        let first = self.ident()?;
        if !self.token(&Token::Period) {
            return Ok(Name { schema: None, name: first.name, position: first.position });
        }
        let second = self.ident()?;
        if !self.token(&Token::Period) {
            let (schema, position) = (Some(first.name), first.position);
            return Ok(Name { schema, name: second.name, position });
        }
        let third = self.ident()?;
        Ok(Name { schema: Some(second.name), name: third.name, position: first.position })
    }

    pub fn role(&mut self) -> Result<RoleRef> {
        // GRANT … TO GROUP name is the old spelling.
        if self.sees(&["GROUP"]) && !matches!(self.parser.peek_nth_token_ref(1).token, Token::EOF) {
            self.word("GROUP");
        }
        Ok(match () {
            () if self.word("CURRENT_USER") || self.word("CURRENT_ROLE") => RoleRef::CurrentUser,
            () if self.word("SESSION_USER") => RoleRef::SessionUser,
            () if self.word("PUBLIC") => RoleRef::Public,
            () => RoleRef::Named(self.ident()?),
        })
    }

    pub fn string(&mut self) -> Result<String> {
        match self.parser.peek_token_ref().token.clone() {
            Token::SingleQuotedString(text) | Token::EscapedStringLiteral(text) => {
                self.parser.advance_token();
                Ok(text)
            }
            Token::DollarQuotedString(quoted) => {
                self.parser.advance_token();
                Ok(quoted.value)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// A word that may be reserved, as the names of options are.
    pub fn ident_or_keyword(&mut self) -> Result<String> {
        let Token::Word(word) = &self.parser.peek_token_ref().token else {
            return Err(self.unexpected());
        };
        let name = fold_word(word);
        self.parser.advance_token();
        Ok(name)
    }

    /// Of a statement that is known, something that is PostgreSQL's and not ours, by its first words.
    pub fn unexpected_action(&self, within: &str) -> Error {
        match self.next_word() {
            Some(word) => Error::unsupported(format!("{within} … {word}")),
            None => self.unexpected(),
        }
    }

    /// A word, string or number as text: the right side of an option or setting.
    pub fn scalar(&mut self) -> Result<String> {
        let negative = self.token(&Token::Minus);
        let text = match self.parser.peek_token_ref().token.clone() {
            Token::Number(text, _) => text,
            Token::Word(word) if !negative => fold_word(&word),
            _ if !negative => return self.string(),
            _ => return Err(self.unexpected()),
        };
        self.parser.advance_token();
        Ok(if negative { format!("-{text}") } else { text })
    }

    /// The first word of what comes next, upper case, for messages.
    pub fn next_word(&self) -> Option<String> {
        self.bare_word().map(|w| w.value.to_uppercase())
    }
}

fn is_space(token: &TokenWithSpan) -> bool {
    matches!(token.token, Token::Whitespace(_))
}

/// What the tokenizer takes and no PostgreSQL does.
fn refuse_tokens(source: &str, tokens: &[TokenWithSpan]) -> Result<()> {
    let nameless = |t: &&TokenWithSpan| matches!(&t.token, Token::Word(w) if w.quote_style.is_some() && w.value.is_empty());
    if let Some(token) = tokens.iter().find(nameless) {
        let message = "zero-length delimited identifier at or near \"\"\"\"";
        return Err(Error::syntax(message).at(position(source, token.span.start)));
    }
    wording::refuse(source, tokens)
}

/// `TABLE name` where a query may stand is `SELECT * FROM name`; the grammar behind reads no more than that.
fn selects_of_tables(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    // Behind these a query may begin; behind INSERT INTO name, too.
    const BEFORE: &[&str] =
        &["all", "analyze", "as", "distinct", "except", "explain", "intersect", "union", "verbose"];
    let bare = |token: &Token| match token {
        Token::Word(word) if word.quote_style.is_none() => Some(word.value.to_lowercase()),
        _ => None,
    };
    let mut all: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let (mut before, mut inserts) = (None, false);
    for (i, token) in tokens.iter().enumerate() {
        if is_space(token) {
            all.push(token.clone());
            continue;
        }
        let begins = match &before {
            None | Some(Token::SemiColon | Token::LParen | Token::RParen) => true,
            Some(last) => bare(last).is_some_and(|word| inserts || BEFORE.contains(&word.as_str())),
        };
        let mut behind = tokens[i + 1..].iter().filter(|t| !is_space(t)).map(|t| &t.token);
        let next = behind.next();
        let named = matches!(next, Some(Token::Word(word))
            if word.quote_style.is_some() || !STOPPERS.contains(&fold_word(word).as_str()));
        let word = bare(&token.token);
        if word.as_deref() == Some("table") && begins && named {
            for part in [Token::make_keyword("SELECT"), Token::Mul, Token::make_keyword("FROM")] {
                all.push(TokenWithSpan { token: part, span: token.span });
            }
        } else {
            all.push(token.clone());
        }
        inserts = match token.token {
            Token::SemiColon => false,
            _ if word.as_deref() == Some("insert") => {
                next.and_then(bare).as_deref() == Some("into")
            }
            _ => inserts,
        };
        before = Some(token.token.clone());
    }
    all
}

/// `ROWS FROM (f(), g())` as a call of one function, which the grammar has no other place for.
fn rows_from(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let is = |token: &TokenWithSpan, wanted: &str| {
        matches!(&token.token, Token::Word(word)
            if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(wanted))
    };
    let places: Vec<usize> = (0..tokens.len()).filter(|i| !is_space(&tokens[*i])).collect();
    for three in places.windows(3).rev() {
        let [rows, from, open] = [three[0], three[1], three[2]];
        if is(&tokens[rows], "rows")
            && is(&tokens[from], "from")
            && tokens[open].token == Token::LParen
        {
            let span = tokens[rows].span;
            tokens[rows] = TokenWithSpan { token: Token::make_word(ROWS_FROM, None), span };
            tokens.drain(rows + 1..open);
        }
    }
    tokens
}

/// The name that the planner knows such a call by.
pub const ROWS_FROM: &str = "__rows_from";

/// Reserved words that no unquoted name may be; the grammar's own keywords would be swallowed else.
const STOPPERS: &[&str] = &[
    "all",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "case",
    "cast",
    "check",
    "column",
    "constraint",
    "create",
    "default",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "fetch",
    "for",
    "foreign",
    "from",
    "grant",
    "group",
    "having",
    "in",
    "intersect",
    "into",
    "limit",
    "not",
    "null",
    "offset",
    "on",
    "or",
    "order",
    "primary",
    "references",
    "returning",
    "select",
    "table",
    "then",
    "to",
    "union",
    "unique",
    "using",
    "when",
    "where",
    "window",
    "with",
];

/// Unquoted names fold to lower case; all are cut to the longest PostgreSQL keeps.
pub(super) fn fold_word(word: &Word) -> String {
    fold(&word.value, word.quote_style.is_some())
}

pub(super) fn fold(value: &str, quoted: bool) -> String {
    const BYTES_MAX: usize = 63;
    let mut name = if quoted { value.to_owned() } else { value.to_lowercase() };
    if name.len() > BYTES_MAX {
        let end = (0..=BYTES_MAX).rev().find(|&i| name.is_char_boundary(i)).unwrap_or(0);
        name.truncate(end);
    }
    name
}

/// A name as PostgreSQL keeps it.
pub fn fold_ident(ident: &ast::Ident) -> String {
    fold(&ident.value, ident.quote_style.is_some())
}

/// Line and column to characters from 1.
pub fn position(source: &str, location: Location) -> Option<usize> {
    if location.line == 0 {
        return None;
    }
    let before: usize = source
        .split_inclusive('\n')
        .take(location.line as usize - 1)
        .map(|line| line.chars().count())
        .sum();
    Some(before + location.column as usize)
}

fn syntax_error_at(source: &str, token: &TokenWithSpan) -> Error {
    match &token.token {
        Token::EOF => {
            Error::syntax("syntax error at end of input").at(Some(source.chars().count() + 1))
        }
        found => Error::syntax(format!("syntax error at or near \"{found}\""))
            .at(position(source, token.span.start)),
    }
}

/// `… at Line: 1, Column: 8`
fn location_in(message: &str) -> Option<Location> {
    let (_, tail) = message.rsplit_once(" at Line: ")?;
    let (line, column) = tail.split_once(", Column: ")?;
    Some(Location { line: line.parse().ok()?, column: column.trim().parse().ok()? })
}
