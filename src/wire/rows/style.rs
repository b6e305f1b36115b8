//! How a client wants its values: text or binary, and what its settings make of text.

use crate::error::{Error, Result};

pub use crate::functions::style::Style;

/// The format of one result column or parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Text,
    Binary,
}

impl Format {
    pub fn from_code(code: i16) -> Result<Format> {
        match code {
            0 => Ok(Format::Text),
            1 => Ok(Format::Binary),
            other => Err(Error::invalid_parameter(format!("unsupported format code: {other}"))),
        }
    }

    pub fn code(self) -> i16 {
        match self {
            Format::Text => 0,
            Format::Binary => 1,
        }
    }

    /// The format of each of `columns`: none named means text, one stands for all, else one each.
    pub fn for_columns(codes: &[i16], columns: usize) -> Result<Vec<Format>> {
        match codes {
            [] => Ok(vec![Format::Text; columns]),
            [one] => Ok(vec![Format::from_code(*one)?; columns]),
            many if many.len() == columns => {
                many.iter().map(|code| Format::from_code(*code)).collect()
            }
            many => Err(Error::protocol(format!(
                "bind message has {} result formats but query has {columns} columns",
                many.len()
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_code_stands_for_all_and_a_wrong_count_is_refused() {
        assert_eq!(Format::for_columns(&[], 2).unwrap(), [Format::Text; 2]);
        assert_eq!(Format::for_columns(&[1], 2).unwrap(), [Format::Binary; 2]);
        assert_eq!(Format::for_columns(&[1, 0], 2).unwrap(), [Format::Binary, Format::Text]);
        assert!(Format::for_columns(&[1, 0], 3).is_err());
        assert!(Format::for_columns(&[2], 1).is_err());
    }
}
