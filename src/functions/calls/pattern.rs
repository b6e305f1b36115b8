//! PostgreSQL's regular expressions ("advanced" ones) and SIMILAR TO, translated for the regex crate.
//!
//! Whether and where there is a match that crate says; what it cannot do (looking around, back references) and how long
//! a match is, where the two may differ, is worked out next door.

use std::iter::Peekable;
use std::str::Chars;

use datafusion::common::Result;
use regex::Regex;

use super::given::{fail, invalid, refuse};
use super::search::{Look, Search, Spans, Tree};
use crate::error::{Error, SqlState};

/// Parentheses in parentheses: what looks at a pattern goes down into each of them.
const DEPTH_MAX: usize = 100;

/// Compiled patterns are kept while they do not change from row to row.
#[derive(Default)]
pub(crate) struct Compiled {
    last: Option<(String, String, Pattern)>,
}

impl Compiled {
    pub(crate) fn get(&mut self, pattern: &str, flags: &str) -> Result<&Pattern> {
        let known = self.last.as_ref().is_some_and(|(p, f, _)| p == pattern && f == flags);
        if !known {
            let compiled = compile(pattern, flags)?;
            self.last = Some((pattern.to_owned(), flags.to_owned(), compiled));
        }
        Ok(&self.last.as_ref().expect("it has just been put there").2)
    }
}

/// A pattern ready to be searched for.
pub(crate) struct Pattern {
    /// None where that crate cannot have it.
    plain: Option<Regex>,
    /// None where that crate finds just what PostgreSQL does.
    tree: Option<Tree>,
    groups: usize,
}

/// A match: the bytes of the whole, then of each group that took part.
pub(crate) struct Found(Spans);

impl Found {
    pub(crate) fn span(&self, group: usize) -> Option<(usize, usize)> {
        self.0.get(group).copied().flatten()
    }

    pub(crate) fn whole(&self) -> (usize, usize) {
        self.span(0).expect("group 0 is the match")
    }

    pub(crate) fn text<'t>(&self, group: usize, text: &'t str) -> Option<&'t str> {
        self.span(group).map(|(start, end)| &text[start..end])
    }
}

impl Pattern {
    fn of_regex(regex: Regex) -> Pattern {
        Pattern { groups: regex.captures_len() - 1, plain: Some(regex), tree: None }
    }

    /// How many groups it has beside the whole.
    pub(crate) fn groups(&self) -> usize {
        self.groups
    }

    pub(crate) fn is_match(&self, text: &str) -> Result<bool> {
        match (&self.plain, &self.tree) {
            (Some(plain), _) => Ok(plain.is_match(text)),
            (None, Some(tree)) => Ok(Search::new(tree, text).from(0)?.is_some()),
            (None, None) => Ok(false),
        }
    }

    pub(crate) fn first(&self, text: &str) -> Result<Option<Found>> {
        Ok(self.all(text, 0, 1)?.pop())
    }

    /// The matches from a byte on, at most so many. One of nothing may follow right behind another.
    pub(crate) fn all(&self, text: &str, from: usize, most: usize) -> Result<Vec<Found>> {
        let mut search = self.tree.as_ref().map(|tree| Search::new(tree, text));
        let (mut all, mut from) = (Vec::new(), from);
        while all.len() < most {
            let Some(found) = self.next(&mut search, text, from)? else { break };
            let (start, end) = found.whole();
            all.push(found);
            from = end;
            if start == end {
                match text[end..].chars().next() {
                    Some(c) => from += c.len_utf8(),
                    None => break,
                }
            }
        }
        Ok(all)
    }

    fn next(
        &self,
        search: &mut Option<Search<'_>>,
        text: &str,
        from: usize,
    ) -> Result<Option<Found>> {
        let spans = match (search, &self.plain) {
            (Some(search), Some(plain)) => match plain.find_at(text, from) {
                Some(found) => search.at(found.start())?,
                None => None,
            },
            (Some(search), None) => search.from(from)?,
            (None, Some(plain)) => plain.captures_at(text, from).map(|found| {
                (0..found.len()).map(|i| found.get(i).map(|m| (m.start(), m.end()))).collect()
            }),
            (None, None) => None,
        };
        Ok(spans.map(Found))
    }
}

/// A pattern and the letters of its options.
pub(crate) fn compile(pattern: &str, flags: &str) -> Result<Pattern> {
    let (pieces, set) = read(pattern, flags)?;
    let tree = Tree::new(&pieces, &set)?;
    let groups = tree.groups;
    let plain = match spelled(&pieces, &set) {
        None => None,
        Some(text) => {
            let built = regex::RegexBuilder::new(&text).size_limit(16 << 20).build();
            Some(built.map_err(|e| match e {
                regex::Error::CompiledTooBig(_) => wrong("regular expression is too complex"),
                _ => wrong("regular expression failed"),
            })?)
        }
    };
    let tree = (!tree.agrees || plain.is_none()).then_some(tree);
    Ok(Pattern { plain, tree, groups })
}

/// What a pattern consists of.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    Char(char),
    /// One of several characters, in the regex crate's syntax.
    Class(String),
    Look(Look, &'static str),
    Or,
    Open {
        captures: bool,
    },
    Around {
        ahead: bool,
        wanted: bool,
    },
    Close,
    /// `fixed` is a single count, which has no wish of its own to match more or less.
    Times {
        least: u32,
        most: Option<u32>,
        greedy: bool,
        fixed: bool,
    },
    Back(usize),
}

/// The pattern in the regex crate's syntax, if it has all of it.
fn spelled(pieces: &[Piece], set: &str) -> Option<String> {
    let mut out = String::new();
    if !set.is_empty() {
        out = format!("(?{set})");
    }
    for piece in pieces {
        match piece {
            Piece::Char(c) => out.push_str(&regex::escape(&c.to_string())),
            Piece::Class(text) => out.push_str(text),
            Piece::Look(_, text) => out.push_str(text),
            Piece::Or => out.push('|'),
            Piece::Open { captures } => out.push_str(if *captures { "(" } else { "(?:" }),
            Piece::Close => out.push(')'),
            Piece::Times { least, most, greedy, .. } => {
                match (least, most) {
                    (0, None) => out.push('*'),
                    (1, None) => out.push('+'),
                    (0, Some(1)) => out.push('?'),
                    (least, None) => out.push_str(&format!("{{{least},}}")),
                    (least, Some(most)) if least == most => out.push_str(&format!("{{{least}}}")),
                    (least, Some(most)) => out.push_str(&format!("{{{least},{most}}}")),
                }
                if !greedy {
                    out.push('?');
                }
            }
            Piece::Around { .. } | Piece::Back(_) => return None,
        }
    }
    Some(out)
}

pub(super) fn wrong(what: &str) -> datafusion::error::DataFusionError {
    let message = format!("invalid regular expression: {what}");
    fail(Error::new(SqlState::INVALID_REGULAR_EXPRESSION, message))
}

#[derive(Default)]
struct Options {
    insensitive: bool,
    lines: bool,
    dot_stops: bool,
    expanded: bool,
    literal: bool,
}

impl Options {
    fn read(&mut self, letters: &str) -> Result<()> {
        for letter in letters.chars() {
            match letter {
                'i' => self.insensitive = true,
                'c' => self.insensitive = false,
                'n' | 'm' => (self.lines, self.dot_stops) = (true, true),
                's' => (self.lines, self.dot_stops) = (false, false),
                'p' => (self.lines, self.dot_stops) = (false, true),
                'w' => (self.lines, self.dot_stops) = (true, false),
                'x' => self.expanded = true,
                't' => self.expanded = false,
                'q' => self.literal = true,
                'e' | 'b' | 'g' => {}
                other => {
                    return invalid(format!("invalid regular expression option: \"{other}\""));
                }
            }
        }
        Ok(())
    }
}

/// A pattern's pieces, and the regex crate's letters for its options.
fn read(pattern: &str, flags: &str) -> Result<(Vec<Piece>, String)> {
    let mut options = Options::default();
    options.read(flags)?;
    let mut rest = pattern;
    if let Some(literal) = rest.strip_prefix("***=") {
        options.literal = true;
        rest = literal;
    } else if let Some(advanced) = rest.strip_prefix("***:") {
        rest = advanced;
    }
    if !options.literal
        && let Some(inner) = rest.strip_prefix("(?")
        && inner.starts_with(|c: char| c.is_ascii_lowercase())
        && let Some((letters, after)) = inner.split_once(')')
    {
        options.read(letters)?;
        rest = after;
    }
    let pieces = match options.literal {
        true => rest.chars().map(Piece::Char).collect(),
        false => Translator::new(rest, &options).all()?,
    };
    let mut set = String::new();
    if options.insensitive {
        set.push('i');
    }
    if options.lines {
        set.push('m');
    }
    let any = |piece: &Piece| matches!(piece, Piece::Class(text) if text == ".");
    if !options.dot_stops && pieces.iter().any(any) {
        set.push('s');
    }
    Ok((pieces, set))
}

/// The same pattern in the regex crate's syntax.
pub(crate) fn translate(pattern: &str, flags: &str) -> Result<String> {
    let (pieces, set) = read(pattern, flags)?;
    spelled(&pieces, &set).ok_or_else(|| {
        let what = "looking around and back references in this place";
        fail(Error::unsupported(format!("{what} of a regular expression")))
    })
}

struct Translator<'p> {
    chars: Peekable<Chars<'p>>,
    options: &'p Options,
    pieces: Vec<Piece>,
    depth: usize,
    /// Whether there is something a quantifier can stand behind.
    atom: bool,
}

impl<'p> Translator<'p> {
    fn new(pattern: &'p str, options: &'p Options) -> Translator<'p> {
        Translator {
            chars: pattern.chars().peekable(),
            options,
            pieces: Vec::new(),
            depth: 0,
            atom: false,
        }
    }

    fn all(mut self) -> Result<Vec<Piece>> {
        while let Some(c) = self.chars.next() {
            self.one(c)?;
        }
        match self.depth {
            0 => Ok(self.pieces),
            _ => Err(wrong("parentheses () not balanced")),
        }
    }

    fn one(&mut self, c: char) -> Result<()> {
        match c {
            '(' => self.open(),
            ')' if self.depth == 0 => Err(wrong("parentheses () not balanced")),
            ')' => {
                self.depth -= 1;
                self.plain(Piece::Close)
            }
            '|' => self.bare(Piece::Or),
            '^' => self.bare(Piece::Look(Look::LineStart, "^")),
            '$' => self.bare(Piece::Look(Look::LineEnd, "$")),
            '*' => self.quantifier(0, None, false),
            '+' => self.quantifier(1, None, false),
            '?' => self.quantifier(0, Some(1), false),
            '{' if self.chars.peek().is_some_and(char::is_ascii_digit) => self.bound(),
            '[' => self.bracket(),
            '\\' => self.escape(),
            '.' => self.plain(Piece::Class(".".to_owned())),
            c if self.options.expanded && c.is_whitespace() => Ok(()),
            '#' if self.options.expanded => {
                self.chars.by_ref().take_while(|c| *c != '\n').for_each(drop);
                Ok(())
            }
            c => self.plain(Piece::Char(c)),
        }
    }

    fn plain(&mut self, piece: Piece) -> Result<()> {
        self.pieces.push(piece);
        self.atom = true;
        Ok(())
    }

    /// What no quantifier can stand behind.
    fn bare(&mut self, piece: Piece) -> Result<()> {
        self.pieces.push(piece);
        self.atom = false;
        Ok(())
    }

    fn open(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(wrong("regular expression is too complex"));
        }
        if self.chars.next_if_eq(&'?').is_none() {
            return self.bare(Piece::Open { captures: true });
        }
        let around = |ahead: bool, sign: Option<char>| match sign {
            Some('=') => Ok(Piece::Around { ahead, wanted: true }),
            Some('!') => Ok(Piece::Around { ahead, wanted: false }),
            _ => Err(wrong("quantifier operand invalid")),
        };
        let piece = match self.chars.next() {
            Some(':') => Piece::Open { captures: false },
            Some('<') => around(false, self.chars.next())?,
            other => around(true, other)?,
        };
        self.bare(piece)
    }

    fn quantifier(&mut self, least: u32, most: Option<u32>, fixed: bool) -> Result<()> {
        if !self.atom {
            return Err(wrong("quantifier operand invalid"));
        }
        let greedy = self.chars.next_if_eq(&'?').is_none();
        self.bare(Piece::Times { least, most, greedy, fixed })
    }

    fn bound(&mut self) -> Result<()> {
        let mut text = String::new();
        loop {
            match self.chars.next() {
                Some('}') => break,
                Some(c) if c.is_ascii_digit() || c == ',' => text.push(c),
                Some(_) => return Err(wrong("invalid repetition count(s)")),
                None => return Err(wrong("braces {} not balanced")),
            }
        }
        let counts: Vec<Option<u32>> = text.split(',').map(|n| n.parse().ok()).collect();
        let (least, most) = match counts.as_slice() {
            [Some(n)] if *n <= 255 => (*n, Some(*n)),
            [Some(n), Some(m)] if n <= m && *m <= 255 => (*n, Some(*m)),
            [Some(n), None] if *n <= 255 && text.ends_with(',') => (*n, None),
            _ => return Err(wrong("invalid repetition count(s)")),
        };
        self.quantifier(least, most, counts.len() == 1)
    }

    fn escape(&mut self) -> Result<()> {
        let Some(c) = self.chars.next() else { return Err(wrong("invalid escape \\ sequence")) };
        let boundary = match c {
            'm' => Some((Look::WordStart, r"\b{start}")),
            'M' => Some((Look::WordEnd, r"\b{end}")),
            'y' => Some((Look::WordEdge, r"\b")),
            'Y' => Some((Look::WithinWord, r"\B")),
            'A' => Some((Look::TextStart, r"\A")),
            'Z' => Some((Look::TextEnd, r"\z")),
            _ => None,
        };
        if let Some((look, text)) = boundary {
            return self.bare(Piece::Look(look, text));
        }
        match c {
            'd' | 'D' | 'w' | 'W' | 's' | 'S' => self.plain(Piece::Class(format!("\\{c}"))),
            '1'..='9' => {
                let mut number = c as usize - '0' as usize;
                while let Some(digit) = self.chars.peek().and_then(|c| c.to_digit(10)) {
                    number = number.saturating_mul(10).saturating_add(digit as usize);
                    self.chars.next();
                }
                self.plain(Piece::Back(number))
            }
            c => {
                let c = self.escaped(c)?;
                self.plain(Piece::Char(c))
            }
        }
    }

    /// One character written with a backslash.
    fn escaped(&mut self, c: char) -> Result<char> {
        let code = |value: Option<u32>| {
            value.and_then(char::from_u32).ok_or_else(|| wrong("invalid escape \\ sequence"))
        };
        Ok(match c {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'B' => '\\',
            'e' => '\u{1b}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            '0' => '\0',
            'u' => code(self.digits(4))?,
            'U' => code(self.digits(8))?,
            'x' => {
                let mut value = None;
                while let Some(digit) = self.chars.peek().and_then(|c| c.to_digit(16)) {
                    value = Some((value.unwrap_or(0u32) << 4) | digit);
                    self.chars.next();
                }
                code(value)?
            }
            c if c.is_ascii_alphanumeric() => return Err(wrong("invalid escape \\ sequence")),
            c => c,
        })
    }

    fn digits(&mut self, count: usize) -> Option<u32> {
        (0..count).try_fold(0, |value, _| Some((value << 4) | self.chars.next()?.to_digit(16)?))
    }

    fn bracket(&mut self) -> Result<()> {
        let unbalanced = || wrong("brackets [] not balanced");
        let mut out = String::from("[");
        if self.chars.next_if_eq(&'^').is_some() {
            out.push('^');
            if self.options.dot_stops {
                out.push_str("\\n");
            }
        }
        let mut first = true;
        loop {
            let c = self.chars.next().ok_or_else(unbalanced)?;
            match c {
                ']' if !first => break,
                '[' if matches!(self.chars.peek(), Some(':' | '.' | '=')) => {
                    let kind = self.chars.next().ok_or_else(unbalanced)?;
                    let mut name = String::new();
                    loop {
                        match self.chars.next().ok_or_else(unbalanced)? {
                            c if c == kind && self.chars.next_if_eq(&']').is_some() => break,
                            c => name.push(c),
                        }
                    }
                    match kind {
                        ':' => match CLASSES.contains(&name.as_str()) {
                            true => out.push_str(&format!("[:{name}:]")),
                            false => return Err(wrong("invalid character class")),
                        },
                        _ => match name.chars().count() {
                            1 => out.push_str(&regex::escape(&name)),
                            _ => return Err(wrong("invalid collating element")),
                        },
                    }
                }
                '\\' => {
                    let c = self.chars.next().ok_or_else(unbalanced)?;
                    match c {
                        'd' | 'w' | 's' | 'D' | 'W' | 'S' => {
                            out.push('\\');
                            out.push(c);
                        }
                        c => {
                            let c = self.escaped(c)?;
                            member(&mut out, c);
                        }
                    }
                }
                '-' if !first && self.chars.peek().is_some_and(|c| *c != ']') => out.push('-'),
                c => member(&mut out, c),
            }
            first = false;
        }
        out.push(']');
        self.plain(Piece::Class(out))
    }
}

fn member(out: &mut String, c: char) {
    if "[]&~-^\\".contains(c) {
        out.push('\\');
    }
    out.push(c);
}

const CLASSES: &[&str] = &[
    "alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "xdigit", "word",
];

/// A pattern of SIMILAR TO as a regular expression of PostgreSQL's (`similar_escape_internal` in `regexp.c`).
pub(crate) fn similar(pattern: &str, escape: Option<&str>) -> Result<String> {
    let escape = match escape {
        None => Some('\\'),
        Some("") => None,
        Some(text) => {
            let mut chars = text.chars();
            match (chars.next(), chars.next()) {
                (Some(c), None) => Some(c),
                _ => {
                    return Err(fail(
                        Error::new(SqlState::INVALID_ESCAPE_SEQUENCE, "invalid escape string")
                            .hint("Escape string must be empty or one character."),
                    ));
                }
            }
        }
    };
    let mut out = String::from("^(?:");
    let (mut after_escape, mut in_bracket, mut quotes) = (false, false, 0);
    for c in pattern.chars() {
        if after_escape {
            if c == '"' && !in_bracket {
                match quotes {
                    0 => out.push_str("){1,1}?("),
                    1 => out.push_str("){1,1}(?:"),
                    _ => {
                        return refuse(
                            SqlState::INVALID_USE_OF_ESCAPE,
                            "SQL regular expression may not contain more than two escape-double-quote separators",
                        );
                    }
                }
                quotes += 1;
            } else {
                out.push('\\');
                out.push(c);
            }
            after_escape = false;
        } else if Some(c) == escape {
            after_escape = true;
        } else if in_bracket {
            if c == '\\' {
                out.push('\\');
            }
            out.push(c);
            in_bracket = c != ']';
        } else {
            match c {
                '[' => {
                    in_bracket = true;
                    out.push('[');
                }
                '%' => out.push_str(".*"),
                '_' => out.push('.'),
                '(' => out.push_str("(?:"),
                '\\' | '.' | '^' | '$' => {
                    out.push('\\');
                    out.push(c);
                }
                c => out.push(c),
            }
        }
    }
    out.push_str(")$");
    Ok(out)
}

/// `substring(x SIMILAR p ESCAPE e)`: the three parts of the pattern, the first as short as can be.
pub(crate) fn similar_part(pattern: &str, escape: Option<&str>) -> Result<Pattern> {
    let whole = similar(pattern, escape)?;
    let parts = whole.split_once("){1,1}?(").and_then(|(before, rest)| {
        let (middle, after) = rest.split_once("){1,1}(?:")?;
        Some((before.strip_prefix("^(?:")?, middle, after.strip_suffix(")$")?))
    });
    let Some((before, middle, after)) = parts else { return compile(&whole, "") };
    let [before, middle, after] = [before, middle, after].map(|part| translate(part, ""));
    let text = format!("^(?sU:{})((?s){})(?:(?s){})$", before?, middle?, after?);
    let regex = Regex::new(&text).map_err(|_| wrong("regular expression failed"))?;
    Ok(Pattern::of_regex(regex))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, wanted: &str) {
        let found = match translate(pattern, "") {
            Ok(text) => text,
            Err(e) => e.to_string(),
        };
        assert!(found.contains(wanted), "{found}");
        assert!(wanted.contains(' ') || found == wanted, "{found}");
    }

    #[test]
    fn a_pattern_does_not_nest_without_end() {
        let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
        assert!(compile(&nested(DEPTH_MAX), "").unwrap().is_match("a").unwrap());
        for depth in [DEPTH_MAX + 1, 100_000] {
            let refused = compile(&nested(depth), "").err().map(|e| e.to_string());
            assert!(refused.unwrap().contains("regular expression is too complex"), "{depth}");
        }
    }

    #[test]
    fn patterns_of_postgres() {
        check("^ab+$", "^ab+$");
        check("a.c", "(?s)a.c");
        check(r"\mfoo\M", r"\b{start}foo\b{end}");
        check("[]a]", r"[\]a]");
        check("[a&&b]", r"[a\&\&b]");
        check("[a-z-]", r"[a-z\-]");
        check("x{2,3}", "x{2,3}");
        check("x{y", r"x\{y");
        check("(", "parentheses () not balanced");
        check("[", "brackets [] not balanced");
        check("a**", "quantifier operand invalid");
        check("***=a.b", r"a\.b");
        check("(?i)ab", "(?i)ab");
    }

    /// The groups of the first match, or the whole where there are none.
    #[track_caller]
    fn finds(pattern: &str, text: &str, wanted: &[&str]) {
        let compiled = compile(pattern, "").unwrap();
        let found = compiled.first(text).unwrap().expect("it matches");
        let from = usize::from(compiled.groups() > 0);
        let parts = (from..=compiled.groups()).map(|i| found.text(i, text).unwrap_or("-"));
        assert_eq!(parts.collect::<Vec<_>>(), wanted, "{pattern}");
    }

    /// As PostgreSQL 15 answers.
    #[test]
    fn the_longest_match_and_the_shortest() {
        finds("o|oo", "foobar", &["oo"]);
        finds("(a|ab)(c|bcd)(d*)", "abcd", &["ab", "c", "d"]);
        finds("(.*?)([0-9]+)(.*)", "abc01234xyz", &["abc", "0", ""]);
        finds("(?:(.*?)([0-9]+)(.*)){1,1}", "abc01234xyz", &["abc", "01234", "xyz"]);
        finds("Y*([0-9]{1,3})", "XY1234Z", &["123"]);
        finds("Y*?([0-9]{1,3})", "XY1234Z", &["1"]);
        finds("a?(ab)?", "ab", &["ab"]);
        finds("([0-9])(?=([0-9]{3})+$)", "1234567", &["1"]);
        finds("(?<==).*", "key=value", &["value"]);
        finds(r"(.)\1", "abbc", &["b"]);
        finds(r"(\w+)\s+(\w+)", "one two three", &["one", "two"]);
        finds("(a|b)*", "abab", &["b"]);
    }

    #[test]
    fn similar_to() {
        assert_eq!(similar("a%_(b|c).", None).unwrap(), r"^(?:a.*.(?:b|c)\.)$");
    }
}
