//! Functions of bytes, of digests and of encodings.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringViewArray};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use datafusion::common::Result;

use super::given::{Arguments, fail, invalid, refuse};
use super::strings::window;
use super::tables::{Row, engine, run};
use crate::error::{Error, SqlState};
use crate::functions::charset::{Charset, Named};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = vec![
        run("length", "bytea", "int4", length),
        run("octet_length", "text", "int4", |a| {
            a.ints(|r| Ok(i32::try_from(a.text(0).value(r).len()).ok()))
        }),
        run("octet_length", "bytea", "int4", length),
        run("bit_length", "bytea", "int4", |a| {
            a.ints(|r| Ok(i32::try_from(a.bytes(0).value(r).len() * 8).ok()))
        }),
        engine("md5", "text", "text", "md5"),
        engine("md5", "bytea", "text", "md5"),
        run("encode", "bytea,text", "text", |a| {
            a.texts(|r| encoded(a.bytes(0).value(r), a.text(1).value(r)).map(Some))
        }),
        run("decode", "text,text", "bytea", |a| {
            a.blobs(|r| decoded(a.text(0).value(r), a.text(1).value(r)).map(Some))
        }),
        run("convert_from", "bytea,text", "text", |a| {
            a.texts(|r| from_encoding(a.bytes(0).value(r), a.text(1).value(r)).map(Some))
        }),
        run("convert_to", "text,text", "bytea", |a| {
            a.blobs(|r| to_encoding(a.text(0).value(r), a.text(1).value(r)).map(Some))
        }),
        run("get_byte", "bytea,int4", "int4", |a| {
            a.ints(|r| {
                let bytes = a.bytes(0).value(r);
                Ok(Some(i32::from(bytes[inside(i64::from(a.int(1).value(r)), bytes.len())?])))
            })
        }),
        run("set_byte", "bytea,int4,int4", "bytea", |a| {
            a.blobs(|r| {
                let mut bytes = a.bytes(0).value(r).to_vec();
                let at = inside(i64::from(a.int(1).value(r)), bytes.len())?;
                bytes[at] = a.int(2).value(r) as u8;
                Ok(Some(bytes))
            })
        }),
        run("get_bit", "bytea,int8", "int4", |a| {
            a.ints(|r| {
                let bytes = a.bytes(0).value(r);
                let at = inside(a.long(1).value(r), bytes.len() * 8)?;
                Ok(Some(i32::from(bytes[at / 8] >> (at % 8) & 1)))
            })
        }),
        run("set_bit", "bytea,int8,int4", "bytea", |a| {
            a.blobs(|r| {
                let mut bytes = a.bytes(0).value(r).to_vec();
                let at = inside(a.long(1).value(r), bytes.len() * 8)?;
                match a.int(2).value(r) {
                    0 => bytes[at / 8] &= !(1 << (at % 8)),
                    1 => bytes[at / 8] |= 1 << (at % 8),
                    _ => return invalid("new bit must be 0 or 1"),
                }
                Ok(Some(bytes))
            })
        }),
        run("position", "bytea,bytea", "int4", |a| {
            a.ints(|r| {
                let (all, part) = (a.bytes(0).value(r), a.bytes(1).value(r));
                let found = match part.len() {
                    0 => Some(0),
                    n => all.windows(n).position(|w| w == part),
                };
                Ok(Some(found.map_or(0, |at| at as i32 + 1)))
            })
        }),
        run("overlay", "bytea,bytea,int4", "bytea", overlay),
        run("overlay", "bytea,bytea,int4,int4", "bytea", overlay),
        run("btrim", "bytea,bytea", "bytea", |a| trimmed(a, true, true)),
        run("ltrim", "bytea,bytea", "bytea", |a| trimmed(a, true, false)),
        run("rtrim", "bytea,bytea", "bytea", |a| trimmed(a, false, true)),
        run("__concat", "bytea,bytea", "bytea", |a| {
            a.blobs(|r| Ok(Some([a.bytes(0).value(r), a.bytes(1).value(r)].concat())))
        }),
        run("gen_random_uuid", "", "uuid", |a| {
            let made = (0..a.rows).map(|_| Some(uuid::Uuid::new_v4().to_string()));
            Ok(Arc::new(made.collect::<StringViewArray>()))
        }),
    ];
    for name in ["sha224", "sha256", "sha384", "sha512"] {
        rows.push(engine(name, "bytea", "bytea", name));
    }
    for name in ["substring", "substr"] {
        rows.push(run(name, "bytea,int4", "bytea", substring));
        rows.push(run(name, "bytea,int4,int4", "bytea", substring));
    }
    rows
}

fn length(a: &Arguments) -> Result<ArrayRef> {
    a.ints(|r| Ok(i32::try_from(a.bytes(0).value(r).len()).ok()))
}

fn inside(at: i64, length: usize) -> Result<usize> {
    match usize::try_from(at) {
        Ok(at) if at < length => Ok(at),
        _ => refuse(
            SqlState::ARRAY_SUBSCRIPT_ERROR,
            format!("index {at} out of valid range, 0..{}", length as i64 - 1),
        ),
    }
}

fn substring(a: &Arguments) -> Result<ArrayRef> {
    a.blobs(|r| {
        let count = (a.count() > 2).then(|| a.int(2).value(r));
        let (from, count) = window(a.int(1).value(r), count)?;
        Ok(Some(a.bytes(0).value(r).iter().skip(from).take(count).copied().collect()))
    })
}

fn overlay(a: &Arguments) -> Result<ArrayRef> {
    a.blobs(|r| {
        let (all, with, from) = (a.bytes(0).value(r), a.bytes(1).value(r), a.int(2).value(r));
        if from <= 0 {
            return refuse(SqlState::SUBSTRING_ERROR, "negative substring length not allowed");
        }
        let count = a.int_or(3, r, with.len() as i32);
        let before = all.iter().take(from as usize - 1);
        let behind = (i64::from(from) - 1 + i64::from(count)).max(0) as usize;
        Ok(Some(before.chain(with).chain(all.iter().skip(behind)).copied().collect()))
    })
}

fn trimmed(a: &Arguments, front: bool, back: bool) -> Result<ArrayRef> {
    a.blobs(|r| {
        let set = a.bytes(1).value(r);
        let mut bytes = a.bytes(0).value(r);
        while front && bytes.first().is_some_and(|b| set.contains(b)) {
            bytes = &bytes[1..];
        }
        while back && bytes.last().is_some_and(|b| set.contains(b)) {
            bytes = &bytes[..bytes.len() - 1];
        }
        Ok(Some(bytes.to_vec()))
    })
}

fn unknown_encoding<T>(name: &str) -> Result<T> {
    Err(fail(Error::invalid_parameter(format!("unrecognized encoding: \"{name}\""))))
}

fn encoded(bytes: &[u8], form: &str) -> Result<String> {
    Ok(match form.to_ascii_lowercase().as_str() {
        "hex" => bytes.iter().map(|b| format!("{b:02x}")).collect(),
        "base64" => {
            // Lines of 76 characters, as in mail.
            let all = STANDARD.encode(bytes);
            let lines: Vec<&str> = all
                .as_bytes()
                .chunks(76)
                .map(|line| std::str::from_utf8(line).unwrap_or_default())
                .collect();
            lines.join("\n")
        }
        "escape" => bytes
            .iter()
            .map(|b| match b {
                0 | 0x80.. => format!("\\{b:03o}"),
                b'\\' => "\\\\".to_owned(),
                b => char::from(*b).to_string(),
            })
            .collect(),
        _ => return unknown_encoding(form),
    })
}

fn decoded(text: &str, form: &str) -> Result<Vec<u8>> {
    match form.to_ascii_lowercase().as_str() {
        "hex" => hex(text),
        "base64" => base64(text),
        "escape" => match text.strip_prefix("\\x") {
            // Only input of type bytea reads that as hexadecimal.
            Some(_) => invalid_bytea(),
            None => crate::functions::input::one_bytes(text),
        },
        _ => unknown_encoding(form),
    }
}

fn invalid_bytea<T>() -> Result<T> {
    refuse(SqlState::INVALID_TEXT, "invalid input syntax for type bytea")
}

fn hex(text: &str) -> Result<Vec<u8>> {
    let digits: Vec<char> = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    if let Some(c) = digits.iter().find(|c| !c.is_ascii_hexdigit()) {
        return invalid(format!("invalid hexadecimal digit: \"{c}\""));
    }
    if digits.len() % 2 == 1 {
        return invalid("invalid hexadecimal data: odd number of digits");
    }
    let value = |c: char| c.to_digit(16).unwrap_or(0) as u8;
    Ok(digits.chunks(2).map(|pair| value(pair[0]) << 4 | value(pair[1])).collect())
}

fn base64(text: &str) -> Result<Vec<u8>> {
    let letters: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let wrong = letters.chars().find(|c| !(c.is_ascii_alphanumeric() || "+/=".contains(*c)));
    if let Some(c) = wrong {
        return invalid(format!("invalid symbol \"{c}\" found while decoding base64 sequence"));
    }
    STANDARD.decode(&letters).map_err(|_| {
        fail(
            Error::invalid_parameter("invalid base64 end sequence")
                .hint("Input data is missing padding, is truncated, or is otherwise corrupted."),
        )
    })
}

fn encoding(name: &str, verb: &str) -> Result<Charset> {
    match Charset::named(name) {
        Named::Known(charset) => Ok(charset),
        Named::Lacking(known) => Err(fail(Error::unsupported(format!("the encoding {known}")))),
        Named::Unknown => invalid(format!("invalid {verb} encoding name \"{name}\"")),
    }
}

fn from_encoding(bytes: &[u8], name: &str) -> Result<String> {
    let charset = encoding(name, "source")?;
    let text = charset.decode(bytes).map_err(fail)?;
    match text.contains('\0') {
        false => Ok(text.into_owned()),
        true => refuse(
            SqlState::CHARACTER_NOT_IN_REPERTOIRE,
            format!("invalid byte sequence for encoding \"{}\": 0x00", charset.name()),
        ),
    }
}

fn to_encoding(text: &str, name: &str) -> Result<Vec<u8>> {
    let charset = encoding(name, "destination")?;
    charset.encode(text).map(std::borrow::Cow::into_owned).map_err(fail)
}
