//! Encodings of text that a client may have: UTF8, and PostgreSQL's single-byte ones by its own tables.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use crate::error::{Error, Result, SqlState};

/// How a client's text lies in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    #[default]
    Utf8,
    /// Bytes as they are, which here must be UTF8.
    Ascii,
    One(&'static Table),
}

/// An encoding of one byte a character, like ASCII in its lower half.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    name: &'static str,
    others: Vec<&'static str>,
    upper: Vec<Option<char>>,
    bytes: HashMap<char, u8>,
}

static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| {
    let text = include_str!("../../sql/system/charsets.tsv");
    text.lines().filter(|line| !line.starts_with('#')).filter_map(table).collect()
});

/// PostgreSQL's encodings of several bytes a character, as it spells them.
const OTHERS: [&str; 14] = [
    "BIG5",
    "EUC_CN",
    "EUC_JIS_2004",
    "EUC_JP",
    "EUC_KR",
    "EUC_TW",
    "GB18030",
    "GBK",
    "JOHAB",
    "MULE_INTERNAL",
    "SHIFT_JIS_2004",
    "SJIS",
    "UHC",
    "SHIFTJIS",
];

fn table(line: &'static str) -> Option<Table> {
    let mut fields = line.split('\t');
    let (name, others, codes) = (fields.next()?, fields.next()?, fields.next()?);
    let mut upper = Vec::with_capacity(128);
    for run in codes.split(' ') {
        let (first, count) = run.split_once('*').unwrap_or((run, "1"));
        let first = u32::from_str_radix(first, 16).ok();
        for i in 0..count.parse().ok()? {
            upper.push(first.and_then(|first| char::from_u32(first + i)));
        }
    }
    let place = |(i, c): (usize, &Option<char>)| Some(((*c)?, u8::try_from(i + 128).ok()?));
    let bytes = upper.iter().enumerate().filter_map(place).collect();
    Some(Table { name, others: others.split(',').collect(), upper, bytes })
}

/// What a name stands for.
pub enum Named {
    Known(Charset),
    /// PostgreSQL has it; with its name there.
    Lacking(&'static str),
    Unknown,
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

impl Charset {
    pub fn named(name: &str) -> Named {
        let wanted = plain(name);
        match wanted.as_str() {
            "utf8" | "unicode" => return Named::Known(Charset::Utf8),
            "sqlascii" => return Named::Known(Charset::Ascii),
            _ => {}
        }
        let is = |t: &&Table| plain(t.name) == wanted || t.others.contains(&wanted.as_str());
        if let Some(table) = TABLES.iter().find(is) {
            return Named::Known(Charset::One(table));
        }
        match OTHERS.iter().find(|other| plain(other) == wanted) {
            Some(other) => Named::Lacking(other),
            None => Named::Unknown,
        }
    }

    /// As PostgreSQL spells it.
    pub fn name(self) -> &'static str {
        match self {
            Charset::Utf8 => "UTF8",
            Charset::Ascii => "SQL_ASCII",
            Charset::One(table) => table.name,
        }
    }

    pub fn is_utf8(self) -> bool {
        !matches!(self, Charset::One(_))
    }

    /// What a client has sent.
    pub fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>> {
        let table = match self {
            Charset::Utf8 | Charset::Ascii => return utf8(bytes).map(Cow::Borrowed),
            Charset::One(table) => table,
        };
        if bytes.is_ascii() {
            return utf8(bytes).map(Cow::Borrowed);
        }
        let mut text = String::with_capacity(bytes.len() + bytes.len() / 2);
        for byte in bytes {
            match byte.checked_sub(128) {
                None => text.push(char::from(*byte)),
                Some(upper) => {
                    let found = table.upper.get(usize::from(upper)).copied().flatten();
                    text.push(found.ok_or_else(|| missing(&[*byte], table.name, "UTF8"))?);
                }
            }
        }
        Ok(Cow::Owned(text))
    }

    /// What a client is sent.
    pub fn encode(self, text: &str) -> Result<Cow<'_, [u8]>> {
        let Charset::One(table) = self else { return Ok(Cow::Borrowed(text.as_bytes())) };
        if text.is_ascii() {
            return Ok(Cow::Borrowed(text.as_bytes()));
        }
        let mut bytes = Vec::with_capacity(text.len());
        for c in text.chars() {
            bytes.push(table.byte(c).ok_or_else(|| {
                let mut buffer = [0; 4];
                missing(c.encode_utf8(&mut buffer).as_bytes(), "UTF8", table.name)
            })?);
        }
        Ok(Cow::Owned(bytes))
    }

    /// The same for messages and names, in which a question mark stands for what the client does not know.
    pub fn encode_lossy(self, text: &str) -> Cow<'_, [u8]> {
        let Charset::One(table) = self else { return Cow::Borrowed(text.as_bytes()) };
        match text.is_ascii() {
            true => Cow::Borrowed(text.as_bytes()),
            false => text.chars().map(|c| table.byte(c).unwrap_or(b'?')).collect::<Vec<_>>().into(),
        }
    }
}

impl Table {
    fn byte(&self, c: char) -> Option<u8> {
        match u8::try_from(c).ok().filter(u8::is_ascii) {
            Some(byte) => Some(byte),
            None => self.bytes.get(&c).copied(),
        }
    }
}

fn missing(bytes: &[u8], from: &str, to: &str) -> Error {
    let shown: Vec<String> = bytes.iter().map(|b| format!("0x{b:02x}")).collect();
    let message = format!(
        "character with byte sequence {} in encoding \"{from}\" has no equivalent in encoding \"{to}\"",
        shown.join(" ")
    );
    Error::new(SqlState::UNTRANSLATABLE_CHARACTER, message)
}

/// Text as it is kept here. The error shows the bytes of the character that is none.
pub fn utf8(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let promised = match bytes[at] {
            0xc0..0xe0 => 2,
            0xe0..0xf0 => 3,
            0xf0..0xf8 => 4,
            _ => 1,
        };
        let shown: Vec<String> =
            bytes[at..].iter().take(promised).map(|b| format!("0x{b:02x}")).collect();
        Error::new(
            SqlState::CHARACTER_NOT_IN_REPERTOIRE,
            format!("invalid byte sequence for encoding \"UTF8\": {}", shown.join(" ")),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(name: &str) -> Charset {
        match Charset::named(name) {
            Named::Known(charset) => charset,
            _ => panic!("{name}"),
        }
    }

    #[test]
    fn every_table_has_both_halves_and_comes_back() {
        assert!(TABLES.len() > 20);
        for table in TABLES.iter() {
            assert_eq!(table.upper.len(), 128, "{}", table.name);
            for c in table.upper.iter().flatten() {
                let charset = Charset::One(table);
                let text = c.to_string();
                let there = charset.encode(&text).unwrap();
                assert_eq!(charset.decode(&there).unwrap(), text, "{}", table.name);
            }
        }
    }

    #[test]
    fn what_an_encoding_lacks_is_an_error() {
        let latin1 = known("iso-8859-1");
        assert_eq!(latin1.decode(b"caf\xe9").unwrap(), "café");
        assert_eq!(&*latin1.encode("café").unwrap(), b"caf\xe9");
        assert_eq!(latin1.encode("€").unwrap_err().state.code(), "22P05");
        assert_eq!(&*latin1.encode_lossy("€"), b"?");
        assert_eq!(known("WIN1252").decode(b"\x81").unwrap_err().state.code(), "22P05");
        assert_eq!(&*known("win1252").encode("€").unwrap(), b"\x80");
        assert_eq!(Charset::Utf8.decode(b"\xe9a").unwrap_err().state.code(), "22021");
        assert!(matches!(Charset::named("sjis"), Named::Lacking("SJIS")));
        assert!(matches!(Charset::named("klingon"), Named::Unknown));
    }
}
