//! `format()`: text with `%s`, `%I` and `%L` in it.

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray};
use datafusion::common::Result;

use super::given::{Arguments, fail, fits, invalid, refuse};
use super::lists::shown_values;
use super::strings::quote_literal;
use super::tables::{Row, run};
use crate::catalog::name::quote_ident;
use crate::error::{Error, SqlState};

pub(super) fn rows() -> Vec<Row> {
    vec![
        run("format", "text", "text", formatted),
        run("format", "text,variadic any", "text", formatted),
        run("__format_list", "text,anyarray", "text", formatted_list),
    ]
}

fn formatted(a: &Arguments) -> Result<ArrayRef> {
    let values = a.arrays.iter().map(|array| shown_values(array, &a.style));
    let values = values.collect::<Result<Vec<_>>>()?;
    let made = (0..a.rows)
        .map(|row| match values[0].is_null(row) {
            true => Ok(None),
            false => {
                Formatter { values: &values, row, next: 1 }.all(values[0].value(row)).map(Some)
            }
        })
        .collect::<Result<StringViewArray>>()?;
    Ok(std::sync::Arc::new(made))
}

/// `format(text, VARIADIC array)`: each element is an argument. NULL in the array's place is none.
fn formatted_list(a: &Arguments) -> Result<ArrayRef> {
    let texts = shown_values(&a.arrays[0], &a.style)?;
    let lists = a.arrays[1].as_list::<i32>();
    let made = (0..a.rows)
        .map(|row| {
            if texts.is_null(row) {
                return Ok(None);
            }
            let mut values = vec![texts.slice(row, 1)];
            if !lists.is_null(row) {
                let elements = shown_values(&lists.value(row), &a.style)?;
                values.extend((0..elements.len()).map(|i| elements.slice(i, 1)));
            }
            Formatter { values: &values, row: 0, next: 1 }.all(texts.value(row)).map(Some)
        })
        .collect::<Result<StringViewArray>>()?;
    Ok(std::sync::Arc::new(made))
}

struct Formatter<'v> {
    values: &'v [StringViewArray],
    row: usize,
    next: usize,
}

type Letters<'t> = std::iter::Peekable<std::str::Chars<'t>>;

impl Formatter<'_> {
    fn all(mut self, text: &str) -> Result<String> {
        let mut out = String::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            if c != '%' {
                out.push(c);
            } else if chars.next_if_eq(&'%').is_some() {
                out.push('%');
            } else {
                self.one(&mut chars, &mut out)?;
            }
        }
        Ok(out)
    }

    /// One specifier: `[position$][-][width]type`.
    fn one(&mut self, chars: &mut Letters<'_>, out: &mut String) -> Result<()> {
        let mut position = None;
        let mut width = number(chars);
        if width.is_some() && chars.next_if_eq(&'$').is_some() {
            position = width.take();
            if position == Some(0) {
                return invalid("format specifies argument 0, but arguments are numbered from 1");
            }
        }
        let mut left = false;
        if width.is_none() {
            while chars.next_if_eq(&'-').is_some() {
                left = true;
            }
            width = match chars.next_if_eq(&'*') {
                Some(_) => {
                    let at = number(chars).filter(|_| chars.next_if_eq(&'$').is_some());
                    let given = self.argument(at)?.unwrap_or("0").to_owned();
                    let given: i64 = given.parse().map_err(|_| {
                        let message = format!("invalid input syntax for type integer: \"{given}\"");
                        fail(Error::new(SqlState::INVALID_TEXT, message))
                    })?;
                    left |= given < 0;
                    Some(given.unsigned_abs() as usize)
                }
                None => number(chars),
            };
        }
        let Some(kind) = chars.next() else {
            return Err(fail(
                Error::invalid_parameter("unterminated format() type specifier")
                    .hint("For a single \"%\" use \"%%\"."),
            ));
        };
        if !matches!(kind, 's' | 'I' | 'L') {
            return Err(fail(
                Error::invalid_parameter(format!(
                    "unrecognized format() type specifier \"{kind}\""
                ))
                .hint("For a single \"%\" use \"%%\"."),
            ));
        }
        let value = self.argument(position)?;
        let text = match (kind, value) {
            ('s', value) => value.unwrap_or_default().to_owned(),
            ('I', Some(name)) => quote_ident(name),
            ('I', None) => {
                return refuse(
                    SqlState::NULL_VALUE_NOT_ALLOWED,
                    "null values cannot be formatted as an SQL identifier",
                );
            }
            (_, Some(text)) => quote_literal(text),
            (_, None) => "NULL".to_owned(),
        };
        let missing = width.unwrap_or(0).saturating_sub(text.chars().count());
        fits(out.len() + missing)?;
        let blanks = " ".repeat(missing);
        out.push_str(&if left { text + &blanks } else { blanks + &text });
        Ok(())
    }

    /// The argument at this place, or the next one.
    fn argument(&mut self, position: Option<usize>) -> Result<Option<&str>> {
        let at = position.unwrap_or(self.next);
        self.next = at + 1;
        match self.values.get(at) {
            None => invalid("too few arguments for format()"),
            Some(values) if values.is_null(self.row) => Ok(None),
            Some(values) => Ok(Some(values.value(self.row))),
        }
    }
}

fn number(chars: &mut Letters<'_>) -> Option<usize> {
    let mut found: Option<usize> = None;
    while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
        found = Some(found.unwrap_or(0).saturating_mul(10).saturating_add(digit as usize));
        chars.next();
    }
    found
}
