//! Functions and operators of regular expressions.

use super::given::{Arguments, fail, fits, invalid};
use super::pattern::{Compiled, Found, Pattern, similar, similar_part};
use super::tables::{Row, run};
use crate::error::Error;
use arrow::array::ArrayRef;
use datafusion::common::Result;

pub(super) fn rows() -> Vec<Row> {
    vec![
        run("__matches", "text,text", "bool", |a| matches(a, "", true)),
        run("__matches_not", "text,text", "bool", |a| matches(a, "", false)),
        run("__imatches", "text,text", "bool", |a| matches(a, "i", true)),
        run("__imatches_not", "text,text", "bool", |a| matches(a, "i", false)),
        run("similar_to_escape", "text", "text", |a| {
            a.texts(|r| similar(a.text(0).value(r), None).map(Some))
        }),
        run("similar_to_escape", "text,text", "text", |a| {
            a.texts(|r| similar(a.text(0).value(r), Some(a.text(1).value(r))).map(Some))
        }),
        run("substring", "text,text", "text", |a| {
            let mut compiled = Compiled::default();
            a.texts(|r| part(compiled.get(a.text(1).value(r), "")?, a.text(0).value(r)))
        }),
        run("substring", "text,text,text", "text", |a| {
            a.texts(|r| {
                let regex = similar_part(a.text(1).value(r), Some(a.text(2).value(r)))?;
                part(&regex, a.text(0).value(r))
            })
        }),
        run("regexp_like", "text,text", "bool", |a| matches(a, "", true)),
        run("regexp_like", "text,text,text", "bool", |a| matches(a, "", true)),
        run("regexp_replace", "text,text,text", "text", |a| replace(a, "")),
        run("regexp_replace", "text,text,text,text", "text", |a| {
            let mut compiled = Compiled::default();
            a.texts(|r| {
                let flags = a.text(3).value(r);
                if flags.starts_with(|c: char| c.is_ascii_digit()) {
                    return invalid(format!(
                        "invalid regular expression option: \"{}\"",
                        &flags[..1]
                    ));
                }
                let regex = compiled.get(a.text(1).value(r), flags)?;
                let nth = if flags.contains('g') { 0 } else { 1 };
                replaced(regex, a.text(0).value(r), a.text(2).value(r), 1, nth).map(Some)
            })
        }),
        run("regexp_replace", "text,text,text,int4", "text", replace_from),
        run("regexp_replace", "text,text,text,int4,int4", "text", replace_from),
        run("regexp_replace", "text,text,text,int4,int4,text", "text", replace_from),
        run("regexp_match", "text,text", "text[]", first_match),
        run("regexp_match", "text,text,text", "text[]", first_match),
        run("__first_match", "text,text", "text[]", first_match),
        run("regexp_split_to_array", "text,text", "text[]", split),
        run("regexp_split_to_array", "text,text,text", "text[]", split),
        run("regexp_count", "text,text", "int4", count),
        run("regexp_count", "text,text,int4", "int4", count),
        run("regexp_count", "text,text,int4,text", "int4", count),
        run("regexp_instr", "text,text", "int4", place),
        run("regexp_instr", "text,text,int4", "int4", place),
        run("regexp_instr", "text,text,int4,int4", "int4", place),
        run("regexp_instr", "text,text,int4,int4,int4", "int4", place),
        run("regexp_instr", "text,text,int4,int4,int4,text", "int4", place),
        run("regexp_instr", "text,text,int4,int4,int4,text,int4", "int4", place),
        run("regexp_substr", "text,text", "text", substr),
        run("regexp_substr", "text,text,int4", "text", substr),
        run("regexp_substr", "text,text,int4,int4", "text", substr),
        run("regexp_substr", "text,text,int4,int4,text", "text", substr),
        run("regexp_substr", "text,text,int4,int4,text,int4", "text", substr),
    ]
}

fn matches(a: &Arguments, flags: &str, wanted: bool) -> Result<ArrayRef> {
    let mut compiled = Compiled::default();
    a.truths(|r| {
        let flags = without_global(a.text_or(2, r, flags), "regexp_like")?;
        let regex = compiled.get(a.text(1).value(r), flags)?;
        Ok(Some(regex.is_match(a.text(0).value(r))? == wanted))
    })
}

fn without_global<'f>(flags: &'f str, of: &str) -> Result<&'f str> {
    match flags.contains('g') {
        true => Err(fail(Error::invalid_parameter(format!(
            "{of}() does not support the \"global\" option"
        )))),
        false => Ok(flags),
    }
}

/// The first parenthesized part, or the whole match.
fn part(regex: &Pattern, text: &str) -> Result<Option<String>> {
    let found = regex.first(text)?;
    let group = regex.groups().min(1);
    Ok(found.and_then(|f| f.text(group, text).map(str::to_owned)))
}

fn replace(a: &Arguments, flags: &str) -> Result<ArrayRef> {
    let mut compiled = Compiled::default();
    a.texts(|r| {
        let regex = compiled.get(a.text(1).value(r), flags)?;
        replaced(regex, a.text(0).value(r), a.text(2).value(r), 1, 1).map(Some)
    })
}

fn replace_from(a: &Arguments) -> Result<ArrayRef> {
    let mut compiled = Compiled::default();
    a.texts(|r| {
        let start = positive(a.int(3).value(r), "start")?;
        let nth = a.int_or(4, r, 1);
        if nth < 0 {
            return parameter("n", nth);
        }
        let flags = a.text_or(5, r, "");
        // Given a count, "g" says nothing more.
        let nth = if a.count() < 5 && flags.contains('g') { 0 } else { nth };
        let regex = compiled.get(a.text(1).value(r), flags)?;
        replaced(regex, a.text(0).value(r), a.text(2).value(r), start, nth).map(Some)
    })
}

fn parameter<T>(name: &str, value: i32) -> Result<T> {
    invalid(format!("invalid value for parameter \"{name}\": {value}"))
}

fn positive(value: i32, name: &str) -> Result<i32> {
    if value > 0 { Ok(value) } else { parameter(name, value) }
}

/// Where the nth character begins.
fn byte_of(text: &str, character: i32) -> usize {
    let nth = usize::try_from(character - 1).unwrap_or(0);
    text.char_indices().nth(nth).map_or(text.len(), |(at, _)| at)
}

/// With the nth match replaced, or with 0 all of them.
fn replaced(regex: &Pattern, text: &str, with: &str, start: i32, nth: i32) -> Result<String> {
    let most = usize::try_from(nth).ok().filter(|nth| *nth > 0).unwrap_or(usize::MAX);
    let found = regex.all(text, byte_of(text, start), most)?;
    let (mut out, mut last) = (String::new(), 0);
    // Of those before the nth nothing changes.
    let skipped = if nth > 0 { most - 1 } else { 0 };
    for found in found.iter().skip(skipped) {
        let (start, end) = found.whole();
        out.push_str(&text[last..start]);
        expand(found, text, with, &mut out);
        fits(out.len())?;
        last = end;
    }
    out.push_str(&text[last..]);
    Ok(out)
}

/// `\1` and `\&` stand for what was found.
fn expand(found: &Found, text: &str, with: &str, out: &mut String) {
    let mut chars = with.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some(d @ '1'..='9') => {
                out.push_str(found.text(d as usize - '0' as usize, text).unwrap_or_default());
            }
            Some('&') => out.push_str(found.text(0, text).unwrap_or_default()),
            Some('\\') => out.push('\\'),
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
            None => out.push('\\'),
        }
    }
}

/// The groups of a match, or the match itself if there are none.
pub(crate) fn groups(regex: &Pattern, found: &Found, text: &str) -> Vec<Option<String>> {
    let from = regex.groups().min(1);
    (from..=regex.groups()).map(|i| found.text(i, text).map(str::to_owned)).collect()
}

fn first_match(a: &Arguments) -> Result<ArrayRef> {
    let mut compiled = Compiled::default();
    a.text_lists(|r| {
        let flags = a.text_or(2, r, "");
        if flags.contains('g') {
            return Err(fail(
                Error::invalid_parameter("regexp_match() does not support the \"global\" option")
                    .hint("Use the regexp_matches function instead."),
            ));
        }
        let regex = compiled.get(a.text(1).value(r), flags)?;
        let text = a.text(0).value(r);
        Ok(regex.first(text)?.map(|found| groups(regex, &found, text)))
    })
}

fn split(a: &Arguments) -> Result<ArrayRef> {
    let mut compiled = Compiled::default();
    a.text_lists(|r| {
        let flags = without_global(a.text_or(2, r, ""), "regexp_split_to_array")?;
        let regex = compiled.get(a.text(1).value(r), flags)?;
        Ok(Some(pieces(regex, a.text(0).value(r))?.into_iter().map(Some).collect()))
    })
}

/// What stands between the matches; those of nothing at the ends, or right behind another, part nothing.
pub(crate) fn pieces(regex: &Pattern, text: &str) -> Result<Vec<String>> {
    let (mut out, mut last, mut before) = (Vec::new(), 0, 0);
    for found in regex.all(text, 0, usize::MAX)? {
        let (start, end) = found.whole();
        let parts = start < text.len() && end > before;
        before = end;
        if parts {
            out.push(text[last..start].to_owned());
            last = end;
        }
    }
    out.push(text[last..].to_owned());
    Ok(out)
}

fn count(a: &Arguments) -> Result<ArrayRef> {
    let mut compiled = Compiled::default();
    a.ints(|r| {
        let start = positive(a.int_or(2, r, 1), "start")?;
        let flags = without_global(a.text_or(3, r, ""), "regexp_count")?;
        let regex = compiled.get(a.text(1).value(r), flags)?;
        let text = a.text(0).value(r);
        Ok(i32::try_from(regex.all(text, byte_of(text, start), usize::MAX)?.len()).ok())
    })
}

fn place(a: &Arguments) -> Result<ArrayRef> {
    let mut compiled = Compiled::default();
    a.ints(|r| {
        let start = positive(a.int_or(2, r, 1), "start")?;
        let nth = positive(a.int_or(3, r, 1), "n")?;
        let behind = a.int_or(4, r, 0);
        if !(0..=1).contains(&behind) {
            return parameter("endoption", behind);
        }
        let flags = without_global(a.text_or(5, r, ""), "regexp_instr")?;
        let group = a.int_or(6, r, 0);
        if group < 0 {
            return parameter("subexpr", group);
        }
        let regex = compiled.get(a.text(1).value(r), flags)?;
        let text = a.text(0).value(r);
        let from = byte_of(text, start);
        let found = nth_of(regex, text, from, nth)?;
        let found = found.and_then(|f| f.span(group as usize));
        Ok(Some(found.map_or(0, |(start, end)| {
            let at = if behind == 1 { end } else { start };
            i32::try_from(text[..at].chars().count() + 1).unwrap_or(i32::MAX)
        })))
    })
}

fn substr(a: &Arguments) -> Result<ArrayRef> {
    let mut compiled = Compiled::default();
    a.texts(|r| {
        let start = positive(a.int_or(2, r, 1), "start")?;
        let nth = positive(a.int_or(3, r, 1), "n")?;
        let flags = without_global(a.text_or(4, r, ""), "regexp_substr")?;
        let group = a.int_or(5, r, 0);
        if group < 0 {
            return parameter("subexpr", group);
        }
        let regex = compiled.get(a.text(1).value(r), flags)?;
        let text = a.text(0).value(r);
        let found = nth_of(regex, text, byte_of(text, start), nth)?;
        Ok(found.and_then(|f| f.text(group as usize, text).map(str::to_owned)))
    })
}

fn nth_of(regex: &Pattern, text: &str, from: usize, nth: i32) -> Result<Option<Found>> {
    let most = nth as usize;
    let mut all = regex.all(text, from, most)?;
    Ok(if all.len() == most { all.pop() } else { None })
}
