//! A tree as text: jsonb's one form, and the form that `jsonb_pretty` gives.

use std::cmp::Ordering;

use super::value::{Json, Kind};

/// jsonb as PostgreSQL writes it: keys by length and bytes, the last of equal ones, a blank behind `:` and `,`.
pub(super) fn jsonb(value: &Json<'_>) -> String {
    let mut out = String::new();
    put(value, &mut out);
    out
}

/// The fields of an object as jsonb keeps them.
pub(super) fn kept<'v, 't>(fields: &'v [(String, Json<'t>)]) -> Vec<&'v (String, Json<'t>)> {
    let mut last: Vec<&(String, Json<'t>)> = Vec::with_capacity(fields.len());
    let mut order: Vec<usize> = (0..fields.len()).collect();
    order.sort_by(|a, b| by_key(&fields[*a].0, &fields[*b].0).then(b.cmp(a)));
    for at in order {
        if last.last().is_none_or(|field| field.0 != fields[at].0) {
            last.push(&fields[at]);
        }
    }
    last
}

pub(super) fn by_key(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.as_bytes().cmp(b.as_bytes()))
}

fn put(value: &Json<'_>, out: &mut String) {
    match &value.kind {
        Kind::Null => out.push_str("null"),
        Kind::Boolean(b) => out.push_str(if *b { "true" } else { "false" }),
        Kind::Number(number) => out.push_str(number),
        Kind::String(text) => quoted(text, out),
        Kind::Array(elements) => {
            out.push('[');
            for (i, element) in elements.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                put(element, out);
            }
            out.push(']');
        }
        Kind::Object(fields) => {
            out.push('{');
            for (i, (key, value)) in kept(fields).into_iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                quoted(key, out);
                out.push_str(": ");
                put(value, out);
            }
            out.push('}');
        }
    }
}

/// A text as a JSON string.
pub(super) fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Four blanks a level, each value on a line of its own.
pub(super) fn pretty(value: &Json<'_>) -> String {
    let mut out = String::new();
    put_pretty(value, 0, &mut out);
    out
}

fn put_pretty(value: &Json<'_>, level: usize, out: &mut String) {
    let line = |level: usize, out: &mut String| {
        out.push('\n');
        out.push_str(&" ".repeat(4 * level));
    };
    match &value.kind {
        Kind::Array(elements) => {
            out.push('[');
            for (i, element) in elements.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                line(level + 1, out);
                put_pretty(element, level + 1, out);
            }
            line(level, out);
            out.push(']');
        }
        Kind::Object(fields) => {
            out.push('{');
            for (i, (key, value)) in kept(fields).into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                line(level + 1, out);
                quoted(key, out);
                out.push_str(": ");
                put_pretty(value, level + 1, out);
            }
            line(level, out);
            out.push('}');
        }
        _ => put(value, out),
    }
}
