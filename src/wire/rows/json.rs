//! Maps and structs as JSON text, for columns that PostgreSQL has no other type for.

use arrow::buffer::NullBuffer;

use crate::error::Result;

use super::list::Spans;
use super::put::{Column, Put};

/// A column read as JSON.
pub(super) enum Node {
    /// Numbers and json: as they are.
    Raw(Column),
    /// Booleans, which SQL writes as one letter.
    Boolean(Column),
    Text(Column),
    /// Timestamps, with a `T` between day and time.
    Moment(Column),
    List {
        nulls: Option<NullBuffer>,
        spans: Spans,
        items: Box<Node>,
    },
    Map {
        nulls: Option<NullBuffer>,
        spans: Spans,
        keys: Box<Node>,
        values: Box<Node>,
    },
    Object {
        nulls: Option<NullBuffer>,
        fields: Vec<(String, Node)>,
    },
}

impl Node {
    /// `version` is the byte before the text in jsonb's binary form.
    pub(super) fn into_put(self, version: Option<u8>) -> Put {
        Box::new(move |row, out| {
            out.extend(version);
            self.put(row, out)
        })
    }

    fn is_null(&self, row: usize) -> bool {
        match self {
            Node::Raw(column)
            | Node::Boolean(column)
            | Node::Text(column)
            | Node::Moment(column) => column.is_null(row),
            Node::List { nulls, .. } | Node::Map { nulls, .. } | Node::Object { nulls, .. } => {
                nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
            }
        }
    }

    fn put(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        if self.is_null(row) {
            out.extend_from_slice(b"null");
            return Ok(());
        }
        match self {
            Node::Raw(column) => put_raw(column, row, out),
            Node::Boolean(column) => put_boolean(column, row, out),
            Node::Text(column) => put_text(column, row, out, false),
            Node::Moment(column) => put_text(column, row, out, true),
            Node::List { spans, items, .. } => {
                let spans = spans(row);
                put_all(b"[]", spans, out, |item, out| items.put(item, out))
            }
            Node::Map { spans, keys, values, .. } => {
                put_all(b"{}", spans(row), out, |entry, out| {
                    keys.put(entry, out)?;
                    out.push(b':');
                    values.put(entry, out)
                })
            }
            Node::Object { fields, .. } => put_all(b"{}", 0..fields.len(), out, |field, out| {
                let (name, node) = &fields[field];
                put_string(name.as_bytes(), out);
                out.push(b':');
                node.put(row, out)
            }),
        }
    }
}

fn put_all(
    brackets: &[u8; 2],
    items: std::ops::Range<usize>,
    out: &mut Vec<u8>,
    put: impl Fn(usize, &mut Vec<u8>) -> Result<()>,
) -> Result<()> {
    out.push(brackets[0]);
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        put(item, out)?;
    }
    out.push(brackets[1]);
    Ok(())
}

/// JSON has no words for infinity and not-a-number; they become strings, as `to_json` makes them.
fn put_raw(column: &Column, row: usize, out: &mut Vec<u8>) -> Result<()> {
    let start = out.len();
    (column.put)(row, out)?;
    if matches!(&out[start..], b"NaN" | b"Infinity" | b"-Infinity") {
        out.insert(start, b'"');
        out.push(b'"');
    }
    Ok(())
}

fn put_boolean(column: &Column, row: usize, out: &mut Vec<u8>) -> Result<()> {
    (column.put)(row, out)?;
    let word: &[u8] = if out.pop() == Some(b't') { b"true" } else { b"false" };
    out.extend_from_slice(word);
    Ok(())
}

fn put_text(column: &Column, row: usize, out: &mut Vec<u8>, moment: bool) -> Result<()> {
    let start = out.len();
    (column.put)(row, out)?;
    let mut text = out.split_off(start);
    if moment && let Some(space) = text.iter_mut().find(|byte| **byte == b' ') {
        *space = b'T';
    }
    put_string(&text, out);
    Ok(())
}

fn put_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            control @ 0..0x20 => out.extend_from_slice(format!("\\u{control:04x}").as_bytes()),
            other => out.push(*other),
        }
    }
    out.push(b'"');
}
