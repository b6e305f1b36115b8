//! Struct columns as composite values: `(a,"b c",)`.

use super::put::{Column, Put};
use super::quoting::{field_needs_quotes, quote};
use super::style::Format;

/// `fields` are the columns within, each with the OID that the binary form names.
pub(super) fn record(fields: Vec<(u32, Column)>, format: Format) -> Put {
    match format {
        Format::Text => Box::new(move |row, out| {
            out.push(b'(');
            for (at, (_, field)) in fields.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                if field.is_null(row) {
                    continue;
                }
                let start = out.len();
                (field.put)(row, out)?;
                if field_needs_quotes(&out[start..]) {
                    quote(out, start, true);
                }
            }
            out.push(b')');
            Ok(())
        }),
        Format::Binary => Box::new(move |row, out| {
            out.extend_from_slice(&(fields.len() as i32).to_be_bytes());
            for (oid, field) in &fields {
                out.extend_from_slice(&oid.to_be_bytes());
                field.put_field(row, out)?;
            }
            Ok(())
        }),
    }
}
