//! Quotes around an element of an array or a field of a record, once its text stands in the buffer.

/// Whether the text of an element would be read as something else inside `{…}`.
pub(super) fn element_needs_quotes(text: &[u8]) -> bool {
    text.is_empty()
        || text.eq_ignore_ascii_case(b"null")
        || text
            .iter()
            .any(|byte| matches!(byte, b'{' | b'}' | b',' | b'"' | b'\\') || is_space(*byte))
}

/// Whether the text of a field would be read as something else inside `(…)`. Empty means null there.
pub(super) fn field_needs_quotes(text: &[u8]) -> bool {
    text.is_empty()
        || text
            .iter()
            .any(|byte| matches!(byte, b'(' | b')' | b',' | b'"' | b'\\') || is_space(*byte))
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// Quotes what stands from `start` on. Arrays escape with a backslash, records double the character.
pub(super) fn quote(out: &mut Vec<u8>, start: usize, in_record: bool) {
    let text = out.split_off(start);
    out.push(b'"');
    for byte in text {
        match byte {
            b'"' | b'\\' if in_record => out.push(byte),
            b'"' | b'\\' => out.push(b'\\'),
            _ => {}
        }
        out.push(byte);
    }
    out.push(b'"');
}
