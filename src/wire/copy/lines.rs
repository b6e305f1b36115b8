//! Text and CSV: lines, and the fields in them, as `CopyReadLine` and its neighbours read them.

use crate::error::{Error, Result, SqlState};
use crate::functions::charset::utf8;
use crate::planner::plan::{CopyFormat, CopyHeader, CopyKind};

use super::columns::Columns;
use super::reader::Step;

/// How the first line ended; the others must end so too.
#[derive(Clone, Copy, PartialEq)]
enum Ending {
    Unknown,
    Newline,
    Both,
}

/// Where the search for the end of a line was broken off for want of bytes.
#[derive(Default)]
struct Search {
    at: usize,
    quoted: bool,
    escaped: bool,
}

pub(super) struct Lines {
    format: CopyFormat,
    csv: bool,
    ending: Ending,
    header: CopyHeader,
    search: Search,
    /// The data have said that they end; what follows is not looked at.
    over: bool,
    /// A field as it is once its escapes are undone.
    value: Vec<u8>,
}

impl Lines {
    pub(super) fn new(format: CopyFormat) -> Lines {
        Lines {
            csv: format.kind == CopyKind::Csv,
            ending: Ending::Unknown,
            header: format.header,
            search: Search::default(),
            over: false,
            value: Vec::new(),
            format,
        }
    }

    pub(super) fn step(&mut self, bytes: &[u8], last: bool, columns: &mut Columns) -> Result<Step> {
        if self.over {
            return Ok(Step::End);
        }
        if bytes.is_empty() {
            return Ok(Step::More);
        }
        let found = match self.csv {
            true => self.csv_end(bytes),
            false => self.text_end(bytes),
        };
        let (line, read) = match found {
            Some(end) => (&bytes[..end], end + 1),
            None if last => (bytes, bytes.len()),
            None => return Ok(Step::More),
        };
        self.search = Search::default();
        columns.line += 1;
        let line = self.ended(line, found.is_some(), columns)?;
        if line == b"\\." {
            self.over = true;
            return Ok(Step::End);
        }
        let text = utf8(line).map_err(|e| columns.at_line(e))?;
        match std::mem::replace(&mut self.header, CopyHeader::No) {
            CopyHeader::No => {}
            CopyHeader::Yes => return Ok(Step::Read(read)),
            CopyHeader::Match => {
                self.compare_names(text, columns).map_err(|e| columns.in_line(e, line))?;
                return Ok(Step::Read(read));
            }
        }
        let outcome =
            if self.csv { self.csv_row(text, columns) } else { self.text_row(text, columns) };
        match outcome {
            Ok(()) => {
                columns.rows += 1;
                Ok(Step::Read(read))
            }
            Err(e) if e.context.is_some() => Err(e),
            Err(e) => Err(columns.in_line(e, line)),
        }
    }

    /// The newline that is not escaped.
    fn text_end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut from = self.search.at;
        while let Some(found) = memchr::memchr(b'\n', &bytes[from..]) {
            let end = from + found;
            let slashes = bytes[..end].iter().rev().take_while(|b| **b == b'\\').count();
            if slashes % 2 == 0 {
                return Some(end);
            }
            from = end + 1;
        }
        self.search.at = bytes.len();
        None
    }

    /// The newline that is not quoted.
    fn csv_end(&mut self, bytes: &[u8]) -> Option<usize> {
        let quote = self.format.quote;
        // Where a quote escapes itself, two of them leave things as they were.
        let escape = (self.format.escape != quote).then_some(self.format.escape);
        let Search { at, quoted, escaped } = &mut self.search;
        while *at < bytes.len() {
            if !*escaped {
                let rest = &bytes[*at..];
                let next = memchr::memchr3(b'\n', quote, escape.unwrap_or(quote), rest);
                match next {
                    Some(found) => *at += found,
                    None => {
                        *at = bytes.len();
                        return None;
                    }
                }
            }
            let byte = bytes[*at];
            if *quoted && Some(byte) == escape {
                *escaped = !*escaped;
            }
            if byte == quote && !*escaped {
                *quoted = !*quoted;
            }
            if Some(byte) != escape {
                *escaped = false;
            }
            if byte == b'\n' && !*quoted {
                return Some(*at);
            }
            *at += 1;
        }
        None
    }

    /// The line without what ends it; a carriage return elsewhere is refused.
    fn ended<'b>(&mut self, line: &'b [u8], complete: bool, columns: &Columns) -> Result<&'b [u8]> {
        let stripped = line.strip_suffix(b"\r").filter(|_| complete && !self.escapes_end(line));
        if complete && self.ending == Ending::Unknown {
            self.ending = if stripped.is_some() { Ending::Both } else { Ending::Newline };
        }
        let line = match (self.ending, stripped) {
            (Ending::Both, Some(stripped)) => stripped,
            (Ending::Both, None) if complete => {
                return Err(columns.at_line(self.literal("newline", "\\n")));
            }
            _ => line,
        };
        if memchr::memchr(b'\r', line).is_some() && self.has_bare_return(line) {
            return Err(columns.at_line(self.literal("carriage return", "\\r")));
        }
        Ok(line)
    }

    /// Whether the last character stands behind a backslash.
    fn escapes_end(&self, line: &[u8]) -> bool {
        let before = &line[..line.len() - 1];
        !self.csv && before.iter().rev().take_while(|b| **b == b'\\').count() % 2 == 1
    }

    fn has_bare_return(&self, line: &[u8]) -> bool {
        let (mut quoted, mut escaped) = (false, false);
        let escapes_itself = self.format.escape == self.format.quote;
        line.iter().any(|byte| {
            let bare = *byte == b'\r' && !quoted && !escaped;
            if self.csv {
                if quoted && !escapes_itself && *byte == self.format.escape {
                    escaped = !escaped;
                } else {
                    quoted ^= *byte == self.format.quote && !escaped;
                    escaped = false;
                }
            } else {
                escaped = *byte == b'\\' && !escaped;
            }
            bare
        })
    }

    fn literal(&self, what: &str, written: &str) -> Error {
        match self.csv {
            false => bad(format!("literal {what} found in data"))
                .hint(format!("Use \"{written}\" to represent {what}.")),
            true => bad(format!("unquoted {what} found in data"))
                .hint(format!("Use quoted CSV field to represent {what}.")),
        }
    }

    fn text_row(&mut self, line: &str, columns: &mut Columns) -> Result<()> {
        let count = columns.builders.len();
        let mut rest = Some(line);
        for column in 0..count {
            let Some(from) = rest else { return Err(missing(columns, column)) };
            let (field, escaped, after) = self.text_field(from);
            rest = after;
            if field == self.format.null {
                columns.put_null(column);
            } else if escaped {
                self.unescape(field.as_bytes());
                let value = std::mem::take(&mut self.value);
                if value.contains(&0) {
                    return Err(zero());
                }
                columns.put_text(column, utf8(&value)?)?;
                self.value = value;
            } else {
                columns.put_text(column, field)?;
            }
        }
        match rest {
            None => Ok(()),
            // A table without columns has empty lines.
            Some("") if count == 0 => Ok(()),
            Some(_) => Err(bad("extra data after last expected column")),
        }
    }

    /// The next field, whether it has escapes, and what follows its delimiter.
    #[inline]
    fn text_field<'t>(&self, text: &'t str) -> (&'t str, bool, Option<&'t str>) {
        let bytes = text.as_bytes();
        let (mut at, mut escaped) = (0, false);
        while let Some(found) = memchr::memchr2(self.format.delimiter, b'\\', &bytes[at..]) {
            at += found;
            if bytes[at] == self.format.delimiter {
                return (&text[..at], escaped, Some(&text[at + 1..]));
            }
            escaped = true;
            // What stands behind a backslash ends nothing; a character of several bytes has no byte that could.
            at = (at + 2).min(bytes.len());
        }
        (text, escaped, None)
    }

    /// Undoes backslashes into `value`.
    fn unescape(&mut self, field: &[u8]) {
        let out = &mut self.value;
        out.clear();
        let mut at = 0;
        let octal =
            |i: usize| field.get(i).filter(|b| (b'0'..=b'7').contains(*b)).map(|b| b - b'0');
        let hex =
            |i: usize| field.get(i).and_then(|b| char::from(*b).to_digit(16)).map(|d| d as u8);
        while let Some(&byte) = field.get(at) {
            at += 1;
            if byte != b'\\' || at == field.len() {
                out.push(byte);
                continue;
            }
            let next = field[at];
            at += 1;
            out.push(match next {
                b'b' => 8,
                b'f' => 12,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'v' => 11,
                b'0'..=b'7' => {
                    let mut value = next - b'0';
                    for _ in 0..2 {
                        let Some(digit) = octal(at) else { break };
                        value = value.wrapping_shl(3) | digit;
                        at += 1;
                    }
                    value
                }
                b'x' if hex(at).is_some() => {
                    let mut value = 0;
                    for _ in 0..2 {
                        let Some(digit) = hex(at) else { break };
                        value = value << 4 | digit;
                        at += 1;
                    }
                    value
                }
                other => other,
            });
        }
    }

    fn csv_row(&mut self, line: &str, columns: &mut Columns) -> Result<()> {
        let count = columns.builders.len();
        let mut rest = Some(line);
        for column in 0..count {
            let Some(from) = rest else { return Err(missing(columns, column)) };
            let (plain, quoted, after) = self.csv_field(from)?;
            rest = after;
            let value = std::mem::take(&mut self.value);
            let text = match plain {
                Some(text) => text,
                None => utf8(&value)?,
            };
            let is_null = text == self.format.null;
            let taken = match quoted {
                true => self.format.force_null[column],
                false => !self.format.force_not_null[column],
            };
            if is_null && taken {
                columns.put_null(column);
            } else {
                columns.put_text(column, text)?;
            }
            self.value = value;
        }
        match rest {
            None => Ok(()),
            Some("") if count == 0 => Ok(()),
            Some(_) => Err(bad("extra data after last expected column")),
        }
    }

    /// The next field, plain or put together in `value`; whether it was quoted; what follows its delimiter.
    fn csv_field<'t>(&mut self, text: &'t str) -> Result<(Option<&'t str>, bool, Option<&'t str>)> {
        let (delimiter, quote, escape) =
            (self.format.delimiter, self.format.quote, self.format.escape);
        let bytes = text.as_bytes();
        match memchr::memchr2(delimiter, quote, bytes) {
            None => return Ok((Some(text), false, None)),
            Some(at) if bytes[at] == delimiter => {
                return Ok((Some(&text[..at]), false, Some(&text[at + 1..])));
            }
            Some(_) => {}
        }
        self.value.clear();
        let (mut at, mut quoted) = (0, false);
        while let Some(&byte) = bytes.get(at) {
            at += 1;
            if !quoted {
                match byte {
                    _ if byte == delimiter => return Ok((None, true, Some(&text[at..]))),
                    _ if byte == quote => quoted = true,
                    _ => self.value.push(byte),
                }
                continue;
            }
            let next = bytes.get(at).copied();
            if byte == escape && next.is_some_and(|next| next == escape || next == quote) {
                self.value.extend(next);
                at += 1;
            } else if byte == quote {
                quoted = false;
            } else {
                self.value.push(byte);
            }
        }
        match quoted {
            true => Err(bad("unterminated CSV quoted field")),
            false => Ok((None, true, None)),
        }
    }

    /// HEADER MATCH.
    fn compare_names(&mut self, line: &str, columns: &Columns) -> Result<()> {
        let mut found: Vec<Option<String>> = Vec::new();
        let mut rest = Some(line);
        while let Some(from) = rest {
            let (value, quoted, after) = match self.csv {
                true => {
                    let (plain, quoted, after) = self.csv_field(from)?;
                    let own = String::from_utf8_lossy(&self.value).into_owned();
                    (plain.map_or(own, str::to_owned), quoted, after)
                }
                false => {
                    let (field, _, after) = self.text_field(from);
                    self.unescape(field.as_bytes());
                    let null = field == self.format.null;
                    let own = String::from_utf8_lossy(&self.value).into_owned();
                    (if null { field.to_owned() } else { own }, false, after)
                }
            };
            rest = after;
            found.push(Some(value).filter(|value| quoted || *value != self.format.null));
        }
        if found.len() != columns.builders.len() {
            return Err(bad(format!(
                "wrong number of fields in header line: got {}, expected {}",
                found.len(),
                columns.builders.len()
            )));
        }
        for (i, (found, column)) in found.iter().zip(&columns.builders).enumerate() {
            let (at, null, wanted) = (i + 1, &self.format.null, &column.name);
            match found {
                Some(name) if name == wanted => {}
                Some(name) => {
                    return Err(bad(format!(
                        "column name mismatch in header line field {at}: got \"{name}\", \
                         expected \"{wanted}\""
                    )));
                }
                None => {
                    return Err(bad(format!(
                        "column name mismatch in header line field {at}: got null value \
                         (\"{null}\"), expected \"{wanted}\""
                    )));
                }
            }
        }
        Ok(())
    }
}

pub(super) fn bad(text: impl Into<String>) -> Error {
    Error::new(SqlState::BAD_COPY_FORMAT, text)
}

fn zero() -> Error {
    Error::new(
        SqlState::CHARACTER_NOT_IN_REPERTOIRE,
        "invalid byte sequence for encoding \"UTF8\": 0x00",
    )
}

fn missing(columns: &Columns, column: usize) -> Error {
    bad(format!("missing data for column \"{}\"", columns.builders[column].name))
}
