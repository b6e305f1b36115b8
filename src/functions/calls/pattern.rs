//! PostgreSQL's regular expressions ("advanced" ones) and SIMILAR TO, translated for the regex crate.
//!
//! What that crate cannot do (looking around, back references) is refused by name. Among alternatives that match at one
//! place it takes the first and PostgreSQL the longest: that stays a difference.

use std::iter::Peekable;
use std::str::Chars;

use datafusion::common::Result;
use regex::Regex;

use super::given::{fail, invalid, refuse};
use crate::error::{Error, SqlState};

/// Compiled patterns are kept while they do not change from row to row.
#[derive(Default)]
pub(crate) struct Compiled {
    last: Option<(String, String, Regex)>,
}

impl Compiled {
    pub(crate) fn get(&mut self, pattern: &str, flags: &str) -> Result<&Regex> {
        let known = self.last.as_ref().is_some_and(|(p, f, _)| p == pattern && f == flags);
        if !known {
            let regex = compile(pattern, flags)?;
            self.last = Some((pattern.to_owned(), flags.to_owned(), regex));
        }
        Ok(&self.last.as_ref().expect("it has just been put there").2)
    }
}

/// A pattern and the letters of its options.
pub(crate) fn compile(pattern: &str, flags: &str) -> Result<Regex> {
    let translated = translate(pattern, flags)?;
    let built = regex::RegexBuilder::new(&translated).size_limit(16 << 20).build();
    built.map_err(|e| match e {
        regex::Error::CompiledTooBig(_) => wrong("regular expression is too complex"),
        _ => wrong("regular expression failed"),
    })
}

fn wrong(what: &str) -> datafusion::error::DataFusionError {
    let message = format!("invalid regular expression: {what}");
    fail(Error::new(SqlState::INVALID_REGULAR_EXPRESSION, message))
}

fn unsupported<T>(what: &str) -> Result<T> {
    Err(fail(Error::unsupported(format!("{what} in a regular expression"))))
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

/// The same pattern in the regex crate's syntax.
pub(crate) fn translate(pattern: &str, flags: &str) -> Result<String> {
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
    let body = match options.literal {
        true => regex::escape(rest),
        false => Translator::new(rest, &options).all()?,
    };
    let mut set = String::new();
    if options.insensitive {
        set.push('i');
    }
    if options.lines {
        set.push('m');
    }
    if !options.dot_stops && body.contains('.') {
        set.push('s');
    }
    Ok(if set.is_empty() { body } else { format!("(?{set}){body}") })
}

struct Translator<'p> {
    chars: Peekable<Chars<'p>>,
    options: &'p Options,
    out: String,
    depth: usize,
    /// Whether there is something a quantifier can stand behind.
    atom: bool,
}

impl<'p> Translator<'p> {
    fn new(pattern: &'p str, options: &'p Options) -> Translator<'p> {
        Translator {
            chars: pattern.chars().peekable(),
            options,
            out: String::new(),
            depth: 0,
            atom: false,
        }
    }

    fn all(mut self) -> Result<String> {
        while let Some(c) = self.chars.next() {
            self.one(c)?;
        }
        match self.depth {
            0 => Ok(self.out),
            _ => Err(wrong("parentheses () not balanced")),
        }
    }

    fn one(&mut self, c: char) -> Result<()> {
        match c {
            '(' => self.open(),
            ')' if self.depth == 0 => Err(wrong("parentheses () not balanced")),
            ')' => {
                self.depth -= 1;
                self.plain(")")
            }
            '|' | '^' => {
                self.out.push(c);
                self.atom = false;
                Ok(())
            }
            '$' => {
                self.out.push('$');
                self.atom = false;
                Ok(())
            }
            '*' | '+' | '?' => self.quantifier(&c.to_string()),
            '{' if self.chars.peek().is_some_and(char::is_ascii_digit) => self.bound(),
            '[' => self.bracket(),
            '\\' => self.escape(),
            '.' => self.plain("."),
            c if self.options.expanded && c.is_whitespace() => Ok(()),
            '#' if self.options.expanded => {
                self.chars.by_ref().take_while(|c| *c != '\n').for_each(drop);
                Ok(())
            }
            c => {
                let literal = regex::escape(&c.to_string());
                self.plain(&literal)
            }
        }
    }

    fn plain(&mut self, text: &str) -> Result<()> {
        self.out.push_str(text);
        self.atom = true;
        Ok(())
    }

    fn open(&mut self) -> Result<()> {
        self.depth += 1;
        self.atom = false;
        if self.chars.peek() != Some(&'?') {
            self.out.push('(');
            return Ok(());
        }
        self.chars.next();
        match self.chars.next() {
            Some(':') => {
                self.out.push_str("(?:");
                Ok(())
            }
            Some('=' | '!' | '<') => unsupported("looking around"),
            _ => Err(wrong("quantifier operand invalid")),
        }
    }

    fn quantifier(&mut self, text: &str) -> Result<()> {
        if !self.atom {
            return Err(wrong("quantifier operand invalid"));
        }
        self.atom = false;
        self.out.push_str(text);
        if self.chars.next_if_eq(&'?').is_some() {
            self.out.push('?');
        }
        Ok(())
    }

    fn bound(&mut self) -> Result<()> {
        let mut text = String::from("{");
        loop {
            match self.chars.next() {
                Some('}') => break,
                Some(c) if c.is_ascii_digit() || c == ',' => text.push(c),
                Some(_) => return Err(wrong("invalid repetition count(s)")),
                None => return Err(wrong("braces {} not balanced")),
            }
        }
        let counts: Vec<Option<u32>> = text[1..].split(',').map(|n| n.parse().ok()).collect();
        let fits = match counts.as_slice() {
            [Some(n)] => *n <= 255,
            [Some(n), Some(m)] => n <= m && *m <= 255,
            [Some(n), None] => *n <= 255 && text.ends_with(','),
            _ => false,
        };
        if !fits {
            return Err(wrong("invalid repetition count(s)"));
        }
        text.push('}');
        self.quantifier(&text)
    }

    fn escape(&mut self) -> Result<()> {
        let Some(c) = self.chars.next() else { return Err(wrong("invalid escape \\ sequence")) };
        let boundary = match c {
            'm' => Some(r"\b{start}"),
            'M' => Some(r"\b{end}"),
            'y' => Some(r"\b"),
            'Y' => Some(r"\B"),
            'A' => Some(r"\A"),
            'Z' => Some(r"\z"),
            _ => None,
        };
        if let Some(boundary) = boundary {
            self.out.push_str(boundary);
            self.atom = false;
            return Ok(());
        }
        match c {
            'd' | 'D' | 'w' | 'W' | 's' | 'S' => self.plain(&format!("\\{c}")),
            '1'..='9' => unsupported("a back reference"),
            c => {
                let c = self.escaped(c)?;
                self.plain(&regex::escape(&c.to_string()))
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
        self.out.push('[');
        if self.chars.next_if_eq(&'^').is_some() {
            self.out.push('^');
            if self.options.dot_stops {
                self.out.push_str("\\n");
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
                            true => self.out.push_str(&format!("[:{name}:]")),
                            false => return Err(wrong("invalid character class")),
                        },
                        _ => match name.chars().count() {
                            1 => self.out.push_str(&regex::escape(&name)),
                            _ => return Err(wrong("invalid collating element")),
                        },
                    }
                }
                '\\' => {
                    let c = self.chars.next().ok_or_else(unbalanced)?;
                    match c {
                        'd' | 'w' | 's' | 'D' | 'W' | 'S' => {
                            self.out.push('\\');
                            self.out.push(c);
                        }
                        c => {
                            let c = self.escaped(c)?;
                            self.member(c);
                        }
                    }
                }
                '-' if !first && self.chars.peek().is_some_and(|c| *c != ']') => self.out.push('-'),
                c => self.member(c),
            }
            first = false;
        }
        self.out.push(']');
        self.atom = true;
        Ok(())
    }

    fn member(&mut self, c: char) {
        if "[]&~-^\\".contains(c) {
            self.out.push('\\');
        }
        self.out.push(c);
    }
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
pub(crate) fn similar_part(pattern: &str, escape: Option<&str>) -> Result<Regex> {
    let whole = similar(pattern, escape)?;
    let parts = whole.split_once("){1,1}?(").and_then(|(before, rest)| {
        let (middle, after) = rest.split_once("){1,1}(?:")?;
        Some((before.strip_prefix("^(?:")?, middle, after.strip_suffix(")$")?))
    });
    let Some((before, middle, after)) = parts else { return compile(&whole, "") };
    let [before, middle, after] = [before, middle, after].map(|part| translate(part, ""));
    let text = format!("^(?sU:{})((?s){})(?:(?s){})$", before?, middle?, after?);
    Regex::new(&text).map_err(|_| wrong("regular expression failed"))
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
        check(r"(a)\1", "a back reference in a regular expression is not supported");
        check("(?=a)", "looking around in a regular expression is not supported");
        check("***=a.b", r"(?s)a\.b");
        check("(?i)ab", "(?i)ab");
    }

    #[test]
    fn similar_to() {
        assert_eq!(similar("a%_(b|c).", None).unwrap(), r"^(?:a.*.(?:b|c)\.)$");
    }
}
