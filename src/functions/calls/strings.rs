//! Functions of text.

use arrow::array::{Array, ArrayRef};
use datafusion::common::Result;
use unicode_normalization::UnicodeNormalization;

use super::given::{Arguments, LONGEST, fail, fits, invalid, refuse};
use super::lists::shown_values;
use super::tables::{Row, engine, run};
use crate::error::{Error, SqlState};

pub(super) fn rows() -> Vec<Row> {
    vec![
        engine("length", "text", "int4", "character_length"),
        engine("char_length", "text", "int4", "character_length"),
        engine("character_length", "text", "int4", "character_length"),
        engine("upper", "text", "text", "upper"),
        engine("lower", "text", "text", "lower"),
        run("initcap", "text", "text", |a| a.texts(|r| Ok(Some(initcap(a.text(0).value(r)))))),
        engine("bit_length", "text", "int4", "bit_length"),
        run("ascii", "text", "int4", |a| {
            a.ints(|r| Ok(Some(a.text(0).value(r).chars().next().map_or(0, |c| c as i32))))
        }),
        run("chr", "int4", "text", |a| a.texts(|r| character(a.int(0).value(r)).map(Some))),
        run("substring", "text,int4", "text", substring),
        run("substring", "text,int4,int4", "text", substring),
        run("substr", "text,int4", "text", substring),
        run("substr", "text,int4,int4", "text", substring),
        run("left", "text,int4", "text", |a| {
            a.texts(|r| Ok(Some(left(a.text(0).value(r), a.int(1).value(r)))))
        }),
        run("right", "text,int4", "text", |a| {
            a.texts(|r| Ok(Some(right(a.text(0).value(r), a.int(1).value(r)))))
        }),
        run("strpos", "text,text", "int4", place),
        run("position", "text,text", "int4", place),
        run("overlay", "text,text,int4", "text", overlay),
        run("overlay", "text,text,int4,int4", "text", overlay),
        run("btrim", "text", "text", |a| trimmed(a, true, true)),
        run("btrim", "text,text", "text", |a| trimmed(a, true, true)),
        run("ltrim", "text", "text", |a| trimmed(a, true, false)),
        run("ltrim", "text,text", "text", |a| trimmed(a, true, false)),
        run("rtrim", "text", "text", |a| trimmed(a, false, true)),
        run("rtrim", "text,text", "text", |a| trimmed(a, false, true)),
        run("lpad", "text,int4", "text", |a| padded(a, true)),
        run("lpad", "text,int4,text", "text", |a| padded(a, true)),
        run("rpad", "text,int4", "text", |a| padded(a, false)),
        run("rpad", "text,int4,text", "text", |a| padded(a, false)),
        run("repeat", "text,int4", "text", repeat),
        run("reverse", "text", "text", |a| {
            a.texts(|r| Ok(Some(a.text(0).value(r).chars().rev().collect())))
        }),
        run("replace", "text,text,text", "text", |a| {
            a.texts(|r| {
                let (text, from) = (a.text(0).value(r), a.text(1).value(r));
                Ok(Some(match from {
                    "" => text.to_owned(),
                    from => {
                        let with = a.text(2).value(r);
                        if with.len() > from.len() {
                            let more = text.matches(from).count();
                            fits(
                                text.len()
                                    .saturating_add(more.saturating_mul(with.len() - from.len())),
                            )?;
                        }
                        text.replace(from, with)
                    }
                }))
            })
        }),
        run("translate", "text,text,text", "text", translate),
        run("split_part", "text,text,int4", "text", split_part),
        engine("starts_with", "text,text", "bool", "starts_with"),
        engine("__starts", "text,text", "bool", "starts_with"),
        run("quote_nullable", "text", "text", quoted_or_null),
        run("quote_nullable", "any", "text", quoted_or_null),
        run("quote_literal", "text", "text", |a| {
            a.texts(|r| Ok(Some(quote_literal(a.text(0).value(r)))))
        }),
        run("quote_literal", "any", "text", |a| {
            let shown = shown_values(&a.arrays[0], &a.style)?;
            a.texts(|r| Ok(Some(quote_literal(shown.value(r)))))
        }),
        run("concat", "variadic any", "text", |a| joined(a, None)),
        run("concat_ws", "text,variadic any", "text", |a| joined(a, Some(()))),
        run("__concat", "text,text", "text", |a| {
            a.texts(|r| {
                let parts = [a.text(0).value(r), a.text(1).value(r)];
                fits(parts[0].len() + parts[1].len())?;
                Ok(Some(parts.concat()))
            })
        }),
        run("__like", "text,text", "bool", |a| like(a, false, true)),
        run("__like_not", "text,text", "bool", |a| like(a, false, false)),
        run("__ilike", "text,text", "bool", |a| like(a, true, true)),
        run("__ilike_not", "text,text", "bool", |a| like(a, true, false)),
        run("__any_like", "text,text[]", "bool", |a| like_of_many(a, false, false, true)),
        run("__any_like_not", "text,text[]", "bool", |a| like_of_many(a, false, false, false)),
        run("__any_ilike", "text,text[]", "bool", |a| like_of_many(a, false, true, true)),
        run("__any_ilike_not", "text,text[]", "bool", |a| like_of_many(a, false, true, false)),
        run("__all_like", "text,text[]", "bool", |a| like_of_many(a, true, false, true)),
        run("__all_like_not", "text,text[]", "bool", |a| like_of_many(a, true, false, false)),
        run("__all_ilike", "text,text[]", "bool", |a| like_of_many(a, true, true, true)),
        run("__all_ilike_not", "text,text[]", "bool", |a| like_of_many(a, true, true, false)),
        run("like_escape", "text,text", "text", |a| {
            a.texts(|r| like_escape(a.text(0).value(r), a.text(1).value(r)).map(Some))
        }),
        run("string_to_array", "text,text", "text[]", to_array),
        run("string_to_array", "text,text,text", "text[]", to_array),
        run("unistr", "text", "text", |a| a.texts(|r| unistr(a.text(0).value(r)).map(Some))),
        run("normalize", "text", "text", |a| {
            a.texts(|r| Ok(Some(a.text(0).value(r).nfc().collect())))
        }),
        run("normalize", "text,text", "text", |a| {
            a.texts(|r| normalized(a.text(0).value(r), a.text(1).value(r)).map(Some))
        }),
        run("__is_normalized", "text,text", "bool", |a| {
            a.truths(|r| {
                let text = a.text(0).value(r);
                Ok(Some(normalized(text, a.text(1).value(r))? == text))
            })
        }),
        run("__nulls_in", "anyarray", "int4", |a| nulls_in(a, true)),
        run("__values_in", "anyarray", "int4", |a| nulls_in(a, false)),
        run("num_nulls", "variadic any", "int4", |a| nulls(a, true)),
        run("num_nonnulls", "variadic any", "int4", |a| nulls(a, false)),
        run("to_hex", "int4", "text", |a| {
            a.texts(|r| Ok(Some(format!("{:x}", a.int(0).value(r)))))
        }),
        run("to_hex", "int8", "text", |a| {
            a.texts(|r| Ok(Some(format!("{:x}", a.long(0).value(r)))))
        }),
    ]
}

fn initcap(text: &str) -> String {
    let mut inside = false;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match inside {
            true => out.extend(c.to_lowercase()),
            false => out.extend(c.to_uppercase()),
        }
        inside = c.is_alphanumeric();
    }
    out
}

fn character(code: i32) -> Result<String> {
    if code == 0 {
        return refuse(SqlState::PROGRAM_LIMIT_EXCEEDED, "null character not permitted");
    }
    let Ok(positive) = u32::try_from(code) else {
        return invalid("character number must be positive");
    };
    match char::from_u32(positive) {
        Some(c) => Ok(c.to_string()),
        None if positive > 0x10_FFFF => refuse(
            SqlState::PROGRAM_LIMIT_EXCEEDED,
            format!("requested character too large for encoding: {code}"),
        ),
        None => refuse(
            SqlState::PROGRAM_LIMIT_EXCEEDED,
            format!("requested character not valid for encoding: {code}"),
        ),
    }
}

/// From a place that may lie before the text, so many characters; the place counts as if the text began at 1.
pub(super) fn window(start: i32, count: Option<i32>) -> Result<(usize, usize)> {
    let start = i64::from(start);
    let end = match count {
        None => i64::MAX,
        Some(count) if count < 0 => {
            return refuse(SqlState::SUBSTRING_ERROR, "negative substring length not allowed");
        }
        Some(count) => start + i64::from(count),
    };
    let from = (start - 1).max(0);
    let to = (end - 1).max(from);
    Ok((from as usize, (to - from) as usize))
}

fn substring(a: &Arguments) -> Result<ArrayRef> {
    a.texts(|r| {
        let count = (a.count() > 2).then(|| a.int(2).value(r));
        let (from, count) = window(a.int(1).value(r), count)?;
        let text = a.text(0).value(r);
        if text.is_ascii() {
            let from = from.min(text.len());
            return Ok(Some(text[from..from.saturating_add(count).min(text.len())].to_owned()));
        }
        Ok(Some(text.chars().skip(from).take(count).collect()))
    })
}

fn left(text: &str, count: i32) -> String {
    let wanted = match usize::try_from(count) {
        Ok(count) => count,
        Err(_) => text.chars().count().saturating_sub(count.unsigned_abs() as usize),
    };
    text.chars().take(wanted).collect()
}

fn right(text: &str, count: i32) -> String {
    let skip = match usize::try_from(count) {
        Ok(count) => text.chars().count().saturating_sub(count),
        Err(_) => count.unsigned_abs() as usize,
    };
    text.chars().skip(skip).collect()
}

fn place(a: &Arguments) -> Result<ArrayRef> {
    a.ints(|r| {
        let text = a.text(0).value(r);
        let found = text.find(a.text(1).value(r));
        Ok(Some(found.map_or(0, |at| text[..at].chars().count() as i32 + 1)))
    })
}

fn overlay(a: &Arguments) -> Result<ArrayRef> {
    a.texts(|r| {
        let (text, with, from) = (a.text(0).value(r), a.text(1).value(r), a.int(2).value(r));
        if from <= 0 {
            return refuse(SqlState::SUBSTRING_ERROR, "negative substring length not allowed");
        }
        let count = a.int_or(3, r, with.chars().count() as i32);
        let before: String = text.chars().take(from as usize - 1).collect();
        let behind = (i64::from(from) - 1 + i64::from(count)).max(0) as usize;
        let after: String = text.chars().skip(behind).collect();
        Ok(Some(format!("{before}{with}{after}")))
    })
}

fn trimmed(a: &Arguments, front: bool, back: bool) -> Result<ArrayRef> {
    a.texts(|r| {
        let set = a.text_or(1, r, " ");
        let mut text = a.text(0).value(r);
        if front {
            text = text.trim_start_matches(|c| set.contains(c));
        }
        if back {
            text = text.trim_end_matches(|c| set.contains(c));
        }
        Ok(Some(text.to_owned()))
    })
}

fn too_long<T>() -> Result<T> {
    refuse(SqlState::PROGRAM_LIMIT_EXCEEDED, "requested length too large")
}

fn padded(a: &Arguments, front: bool) -> Result<ArrayRef> {
    a.texts(|r| {
        let (text, with) = (a.text(0).value(r), a.text_or(2, r, " "));
        let length = usize::try_from(a.int(1).value(r)).unwrap_or(0);
        if length > LONGEST / 4 {
            return too_long();
        }
        let has = text.chars().count();
        if has >= length || with.is_empty() {
            return Ok(Some(text.chars().take(length).collect()));
        }
        let fill: String = with.chars().cycle().take(length - has).collect();
        Ok(Some(if front { fill + text } else { format!("{text}{fill}") }))
    })
}

fn repeat(a: &Arguments) -> Result<ArrayRef> {
    a.texts(|r| {
        let text = a.text(0).value(r);
        let times = usize::try_from(a.int(1).value(r)).unwrap_or(0);
        match text.len().checked_mul(times) {
            Some(length) if length <= LONGEST => Ok(Some(text.repeat(times))),
            _ => too_long(),
        }
    })
}

fn translate(a: &Arguments) -> Result<ArrayRef> {
    a.texts(|r| {
        let from: Vec<char> = a.text(1).value(r).chars().collect();
        let to: Vec<char> = a.text(2).value(r).chars().collect();
        let turned =
            a.text(0).value(r).chars().filter_map(|c| match from.iter().position(|f| *f == c) {
                Some(i) => to.get(i).copied(),
                None => Some(c),
            });
        Ok(Some(turned.collect()))
    })
}

fn split_part(a: &Arguments) -> Result<ArrayRef> {
    a.texts(|r| {
        let (text, by, nth) = (a.text(0).value(r), a.text(1).value(r), a.int(2).value(r));
        if nth == 0 {
            return invalid("field position must not be zero");
        }
        let parts: Vec<&str> = if by.is_empty() { vec![text] } else { text.split(by).collect() };
        let at = match usize::try_from(nth) {
            Ok(nth) => Some(nth - 1),
            Err(_) => parts.len().checked_sub(nth.unsigned_abs() as usize),
        };
        Ok(Some(at.and_then(|i| parts.get(i)).copied().unwrap_or_default().to_owned()))
    })
}

pub(super) fn quote_literal(text: &str) -> String {
    let mark = if text.contains('\\') { "E" } else { "" };
    format!("{mark}'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

fn quoted_or_null(a: &Arguments) -> Result<ArrayRef> {
    let shown = shown_values(&a.arrays[0], &a.style)?;
    let made = (0..a.rows).map(|r| match shown.is_null(r) {
        true => Some("NULL".to_owned()),
        false => Some(quote_literal(shown.value(r))),
    });
    Ok(std::sync::Arc::new(made.collect::<arrow::array::StringViewArray>()))
}

/// All arguments that are not NULL, the first between them if it is a separator.
fn joined(a: &Arguments, separated: Option<()>) -> Result<ArrayRef> {
    let shown = a.arrays.iter().map(|array| shown_values(array, &a.style));
    let shown = shown.collect::<Result<Vec<_>>>()?;
    let first = usize::from(separated.is_some());
    let made = (0..a.rows).map(|r| {
        if separated.is_some() && shown[0].is_null(r) {
            return Ok(None);
        }
        let by = if separated.is_some() { shown[0].value(r) } else { "" };
        let parts = shown[first..].iter().filter(|s| !s.is_null(r)).map(|s| s.value(r));
        let parts: Vec<&str> = parts.collect();
        fits(parts.iter().map(|part| part.len().saturating_add(by.len())).sum())?;
        Ok(Some(parts.join(by)))
    });
    let made = made.collect::<Result<Vec<_>>>()?;
    Ok(std::sync::Arc::new(made.into_iter().collect::<arrow::array::StringViewArray>()))
}

fn nulls(a: &Arguments, wanted: bool) -> Result<ArrayRef> {
    let nulls: Vec<_> = a.arrays.iter().map(|array| array.logical_nulls()).collect();
    let is_null = |i: usize, r: usize| nulls[i].as_ref().is_some_and(|n| n.is_null(r));
    let made = (0..a.rows)
        .map(|r| (0..a.count()).filter(|i| is_null(*i, r) == wanted).count() as i32)
        .collect::<Vec<_>>();
    Ok(std::sync::Arc::new(arrow::array::Int32Array::from(made)))
}

/// How many elements of a list are NULL, or are not.
fn nulls_in(a: &Arguments, wanted: bool) -> Result<ArrayRef> {
    let lists = arrow::array::AsArray::as_list::<i32>(&a.arrays[0]);
    a.ints(|r| {
        let list = lists.value(r);
        let nulls = list.logical_null_count();
        Ok(i32::try_from(if wanted { nulls } else { list.len() - nulls }).ok())
    })
}

/// LIKE over a pattern that varies from row to row.
fn like(a: &Arguments, insensitive: bool, wanted: bool) -> Result<ArrayRef> {
    a.truths(|r| {
        let (text, pattern) = (a.text(0).value(r), a.text(1).value(r));
        let found = match insensitive {
            true => is_like(&text.to_lowercase(), &pattern.to_lowercase())?,
            false => is_like(text, pattern)?,
        };
        Ok(Some(found == wanted))
    })
}

/// `x LIKE ANY (array)`
/// LIKE ANY and LIKE ALL: the first pattern that settles it does, and one that is NULL leaves the rest unknown.
fn like_of_many(a: &Arguments, all: bool, insensitive: bool, wanted: bool) -> Result<ArrayRef> {
    let lists = arrow::array::AsArray::as_list::<i32>(&a.arrays[1]);
    a.truths(|r| {
        let patterns =
            arrow::compute::cast(&lists.value(r), &arrow::datatypes::DataType::Utf8View)?;
        let patterns = arrow::array::AsArray::as_string_view(&patterns);
        let fold = |t: &str| if insensitive { t.to_lowercase() } else { t.to_owned() };
        let text = fold(a.text(0).value(r));
        let mut unknown = false;
        for pattern in patterns {
            match pattern {
                Some(pattern) if (is_like(&text, &fold(pattern))? == wanted) != all => {
                    return Ok(Some(!all));
                }
                Some(_) => {}
                None => unknown = true,
            }
        }
        Ok((!unknown).then_some(all))
    })
}

fn is_like(text: &str, pattern: &str) -> Result<bool> {
    let (text, pattern): (Vec<char>, Vec<char>) =
        (text.chars().collect(), pattern.chars().collect());
    let (mut t, mut p, mut star) = (0, 0, None);
    loop {
        let step = match pattern.get(p) {
            Some('%') => {
                star = Some((p, t));
                p += 1;
                continue;
            }
            Some('_') if t < text.len() => Some(1),
            Some('\\') => match pattern.get(p + 1) {
                None => {
                    return refuse(
                        SqlState::INVALID_ESCAPE_SEQUENCE,
                        "LIKE pattern must not end with escape character",
                    );
                }
                Some(c) => (text.get(t) == Some(c)).then_some(2),
            },
            Some(c) => (text.get(t) == Some(c)).then_some(1),
            None if t == text.len() => return Ok(true),
            None => None,
        };
        match (step, star) {
            (Some(n), _) => {
                p += n;
                t += 1;
            }
            (None, Some((at, from))) if from < text.len() => {
                star = Some((at, from + 1));
                (p, t) = (at + 1, from + 1);
            }
            _ => return Ok(false),
        }
    }
}

/// The pattern with a backslash as its escape, where another was meant.
pub(crate) fn like_escape(pattern: &str, escape: &str) -> Result<String> {
    let mut given = escape.chars();
    let escape = match (given.next(), given.next()) {
        (None, _) => return Ok(pattern.replace('\\', "\\\\")),
        (Some(c), None) => c,
        _ => {
            return Err(fail(
                Error::new(SqlState::INVALID_ESCAPE_SEQUENCE, "invalid escape string")
                    .hint("Escape string must be empty or one character."),
            ));
        }
    };
    if escape == '\\' {
        return Ok(pattern.to_owned());
    }
    let mut out = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            c if c == escape => {
                out.push('\\');
                out.extend(chars.next());
            }
            '\\' => out.push_str("\\\\"),
            c => out.push(c),
        }
    }
    Ok(out)
}

/// NULL as separator parts characters; what equals the third argument becomes NULL.
fn to_array(a: &Arguments) -> Result<ArrayRef> {
    let mut out = super::given::text_list_builder();
    for r in 0..a.rows {
        if a.is_null(0, r) {
            out.append_null();
            continue;
        }
        let text = a.text(0).value(r);
        let null = (a.count() > 2 && !a.is_null(2, r)).then(|| a.text(2).value(r));
        let by = (!a.is_null(1, r)).then(|| a.text(1).value(r));
        for item in items(text, by) {
            match Some(item.as_str()) == null {
                true => out.values().append_null(),
                false => out.values().append_value(item),
            }
        }
        out.append(true);
    }
    Ok(std::sync::Arc::new(out.finish()))
}

pub(super) fn items(text: &str, by: Option<&str>) -> Vec<String> {
    match by {
        _ if text.is_empty() => Vec::new(),
        None => text.chars().map(String::from).collect(),
        Some("") => vec![text.to_owned()],
        Some(by) => text.split(by).map(str::to_owned).collect(),
    }
}

fn unistr(text: &str) -> Result<String> {
    let wrong = || {
        fail(
            Error::new(SqlState::SYNTAX_ERROR, "invalid Unicode escape")
                .hint("Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX."),
        )
    };
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('\\') {
            out.push('\\');
            rest = after;
            continue;
        }
        let (skip, digits) = match rest.chars().next() {
            Some('+') => (1, 6),
            Some('u') => (1, 4),
            Some('U') => (1, 8),
            _ => (0, 4),
        };
        let code = rest.get(skip..skip + digits).ok_or_else(wrong)?;
        let code = u32::from_str_radix(code, 16).map_err(|_| wrong())?;
        let c = char::from_u32(code).ok_or_else(|| {
            fail(Error::new(SqlState::SYNTAX_ERROR, "invalid Unicode code point"))
        })?;
        out.push(c);
        rest = &rest[skip + digits..];
    }
    out.push_str(rest);
    Ok(out)
}

fn normalized(text: &str, form: &str) -> Result<String> {
    Ok(match form.to_ascii_uppercase().as_str() {
        "NFC" => text.nfc().collect(),
        "NFD" => text.nfd().collect(),
        "NFKC" => text.nfkc().collect(),
        "NFKD" => text.nfkd().collect(),
        _ => return invalid(format!("invalid normalization form: {form}")),
    })
}
