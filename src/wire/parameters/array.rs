//! Arrays of one dimension, text and binary, taken apart into their elements.

use crate::catalog::types::SqlType;
use crate::error::{Error, Result};

use super::reader::{bad_binary, bad_text, cut, cut_i32};

/// Elements of `{a,"b c",NULL}`.
pub(super) fn split_text(sql: &SqlType, text: &str) -> Result<Vec<Option<String>>> {
    let bad = || bad_text(sql, text).detail("An array looks like {1,2,NULL}.");
    let trimmed = text.trim();
    // Bounds before the braces, as in `[0:1]={1,2}`.
    let body = match trimmed.strip_prefix('[') {
        Some(_) => trimmed.split_once('=').map_or(trimmed, |(_, body)| body),
        None => trimmed,
    };
    let inner = body.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).ok_or_else(bad)?;
    if inner.trim().is_empty() {
        return Ok(Vec::new());
    }
    let (mut elements, mut letters) = (Vec::new(), inner.chars().peekable());
    loop {
        while letters.next_if(|letter| letter.is_ascii_whitespace()).is_some() {}
        let (element, quoted) = match letters.next_if_eq(&'"') {
            Some(_) => (quoted_element(&mut letters).ok_or_else(bad)?, true),
            None => (bare_element(&mut letters), false),
        };
        if element.contains('{') && !quoted {
            return Err(Error::unsupported("a parameter with an array of several dimensions"));
        }
        if !quoted && (element.is_empty() || element.contains(['"', '}'])) {
            return Err(bad());
        }
        let null = !quoted && element.eq_ignore_ascii_case("null");
        elements.push((!null).then_some(element));
        while letters.next_if(|letter| letter.is_ascii_whitespace()).is_some() {}
        match letters.next() {
            Some(',') => {}
            None => return Ok(elements),
            Some(_) => return Err(bad()),
        }
    }
}

type Letters<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn quoted_element(letters: &mut Letters<'_>) -> Option<String> {
    let mut element = String::new();
    loop {
        match letters.next()? {
            '"' => return Some(element),
            '\\' => element.push(letters.next()?),
            letter => element.push(letter),
        }
    }
}

fn bare_element(letters: &mut Letters<'_>) -> String {
    let mut element = String::new();
    while let Some(letter) = letters.next_if(|letter| *letter != ',') {
        match letter {
            '\\' => element.extend(letters.next()),
            letter => element.push(letter),
        }
    }
    element.trim_end().to_owned()
}

/// Elements of the binary form.
pub(super) fn split_binary(mut bytes: &[u8], element_oid: u32) -> Result<Vec<Option<&[u8]>>> {
    let dimensions = cut_i32(&mut bytes)?;
    let _has_nulls = cut_i32(&mut bytes)?;
    let oid = cut_i32(&mut bytes)? as u32;
    if oid != element_oid {
        return Err(bad_binary().detail(format!(
            "The array's elements are of the type with OID {oid}, not {element_oid}."
        )));
    }
    let count = match dimensions {
        0 => 0,
        1 => {
            let count = cut_i32(&mut bytes)?;
            let _lower_bound = cut_i32(&mut bytes)?;
            usize::try_from(count).map_err(|_| bad_binary())?
        }
        2..=6 => {
            return Err(Error::unsupported("a parameter with an array of several dimensions"));
        }
        _ => return Err(bad_binary()),
    };
    // Each element has a length at least, so a count that lies cannot make us reserve much.
    if count > bytes.len() / 4 {
        return Err(bad_binary());
    }
    let mut elements = Vec::with_capacity(count);
    for _ in 0..count {
        elements.push(match cut_i32(&mut bytes)? {
            -1 => None,
            length => {
                let length = usize::try_from(length).map_err(|_| bad_binary())?;
                Some(cut(&mut bytes, length)?)
            }
        });
    }
    if bytes.is_empty() { Ok(elements) } else { Err(bad_binary()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Option<Vec<Option<String>>> {
        split_text(&SqlType::array(SqlType::Text), text).ok()
    }

    #[test]
    fn elements_come_apart() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(split("{}").unwrap(), []);
        assert_eq!(
            split("{a, \"b \\\"c\" ,NULL,\"null\",\"\",d\\,e}").unwrap(),
            [some("a"), some("b \"c"), None, some("null"), some(""), some("d,e")]
        );
        for bad in ["", "a", "{a", "{a,}", "{,a}", "{\"a}", "{\"a\"b}", "{{1},{2}}", "{a}}"] {
            assert_eq!(split(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_binary_array_that_lies_is_refused() {
        let bytes = |parts: &[i32]| parts.iter().flat_map(|p| p.to_be_bytes()).collect::<Vec<_>>();
        let good = bytes(&[1, 1, 23, 2, 1, 4, 7, -1]);
        assert_eq!(split_binary(&good, 23).unwrap(), [Some(&[0, 0, 0, 7][..]), None]);
        assert!(split_binary(&good, 25).is_err());
        assert!(split_binary(&bytes(&[1, 0, 23, i32::MAX, 1]), 23).is_err());
        assert!(split_binary(&bytes(&[1, 0, 23, -1, 1]), 23).is_err());
        assert!(split_binary(&bytes(&[2, 0, 23, 1, 1, 1, 1]), 23).is_err());
        assert!(split_binary(&bytes(&[1, 0, 23, 1, 1, 400]), 23).is_err());
        assert!(split_binary(&[], 23).is_err());
    }
}
