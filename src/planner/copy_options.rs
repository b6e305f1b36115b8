//! What may be said of the form of a copy, and PostgreSQL's complaints about it (`ProcessCopyOptions`).

use super::plan::{CopyFormat, CopyHeader, CopyKind};
use crate::error::{Error, Result, SqlState};
use crate::functions::charset::{Charset, Named};
use crate::parser::statement::{Copy, CopyArgument, CopyOption};

/// As they were written, each at most once.
#[derive(Default)]
struct Given<'c> {
    kind: Option<CopyKind>,
    header: Option<CopyHeader>,
    freeze: bool,
    encoding: Option<Charset>,
    delimiter: Option<&'c str>,
    null: Option<&'c str>,
    quote: Option<&'c str>,
    escape: Option<&'c str>,
    force_quote: Option<&'c CopyArgument>,
    force_not_null: Option<&'c CopyArgument>,
    force_null: Option<&'c CopyArgument>,
}

/// `copied` are the columns in order, `all` those of the relation, named if it is one.
pub(super) fn format(
    copy: &Copy,
    copied: &[&str],
    all: &[&str],
    relation: Option<&str>,
) -> Result<CopyFormat> {
    let given = given(copy)?;
    let kind = given.kind.unwrap_or_default();
    if kind == CopyKind::Binary {
        for (name, set) in [("DELIMITER", given.delimiter), ("NULL", given.null)] {
            if set.is_some() {
                return Err(Error::syntax(format!("cannot specify {name} in BINARY mode")));
            }
        }
    }
    let csv = kind == CopyKind::Csv;
    let delimiter = given.delimiter.unwrap_or(if csv { "," } else { "\t" });
    let null = given.null.unwrap_or(if csv { "" } else { "\\N" });
    let header = given.header.unwrap_or_default();
    let format = CopyFormat {
        kind,
        delimiter: delimiter_byte(delimiter, null, csv)?,
        null: null.to_owned(),
        header,
        quote: b'"',
        escape: b'"',
        force_quote: Vec::new(),
        force_not_null: Vec::new(),
        force_null: Vec::new(),
        charset: given.encoding,
    };
    if kind == CopyKind::Binary && header != CopyHeader::No {
        return Err(refused("cannot specify HEADER in BINARY mode"));
    }
    let format = quoting(format, &given, csv)?;
    forced(&given, csv, copy.from)?;
    if null.as_bytes().contains(&format.delimiter) {
        return Err(refused("COPY delimiter must not appear in the NULL specification"));
    }
    if csv && null.as_bytes().contains(&format.quote) {
        return Err(refused("CSV quote character must not appear in the NULL specification"));
    }
    let columns =
        |name: &str, argument: Option<&CopyArgument>| listed(name, argument, copied, all, relation);
    Ok(CopyFormat {
        force_quote: columns("FORCE_QUOTE", given.force_quote)?,
        force_not_null: columns("FORCE_NOT_NULL", given.force_not_null)?,
        force_null: columns("FORCE_NULL", given.force_null)?,
        ..format
    })
}

fn refused(text: impl Into<String>) -> Error {
    Error::new(SqlState::FEATURE_NOT_SUPPORTED, text)
}

fn given(copy: &Copy) -> Result<Given<'_>> {
    let mut given = Given::default();
    for option in &copy.options {
        let fresh = match option.name.as_str() {
            "format" => given.kind.replace(kind(option)?).is_none(),
            "freeze" => {
                boolean(option)?;
                !std::mem::replace(&mut given.freeze, true)
            }
            "header" => given.header.replace(header(option, copy.from)?).is_none(),
            "delimiter" => given.delimiter.replace(text(option)?).is_none(),
            "null" => given.null.replace(text(option)?).is_none(),
            "quote" => given.quote.replace(text(option)?).is_none(),
            "escape" => given.escape.replace(text(option)?).is_none(),
            "encoding" => given.encoding.replace(encoding(option)?).is_none(),
            "force_quote" => given.force_quote.replace(columns(option, true)?).is_none(),
            "force_not_null" => given.force_not_null.replace(columns(option, false)?).is_none(),
            "force_null" => given.force_null.replace(columns(option, false)?).is_none(),
            other => {
                let text = format!("option \"{other}\" not recognized");
                return Err(Error::syntax(text).at(option.position));
            }
        };
        if !fresh {
            return Err(Error::syntax("conflicting or redundant options").at(option.position));
        }
    }
    Ok(given)
}

fn text(option: &CopyOption) -> Result<&str> {
    match &option.argument {
        CopyArgument::Text(text) => Ok(text),
        CopyArgument::None => Err(Error::syntax(format!("{} requires a parameter", option.name))),
        CopyArgument::Star => Ok("*"),
        CopyArgument::List(_) => {
            Err(Error::syntax(format!("{} requires a parameter", option.name)))
        }
    }
}

fn kind(option: &CopyOption) -> Result<CopyKind> {
    match text(option)? {
        "text" => Ok(CopyKind::Text),
        "csv" => Ok(CopyKind::Csv),
        "binary" => Ok(CopyKind::Binary),
        other => Err(Error::invalid_parameter(format!("COPY format \"{other}\" not recognized"))
            .at(option.position)),
    }
}

fn truth(argument: &CopyArgument) -> Option<bool> {
    match argument {
        CopyArgument::None => Some(true),
        CopyArgument::Text(text) => match text.to_lowercase().as_str() {
            "true" | "on" | "1" => Some(true),
            "false" | "off" | "0" => Some(false),
            _ => None,
        },
        CopyArgument::List(_) | CopyArgument::Star => None,
    }
}

fn boolean(option: &CopyOption) -> Result<bool> {
    truth(&option.argument)
        .ok_or_else(|| Error::syntax(format!("{} requires a Boolean value", option.name)))
}

fn header(option: &CopyOption, from: bool) -> Result<CopyHeader> {
    match (truth(&option.argument), &option.argument) {
        (Some(true), _) => Ok(CopyHeader::Yes),
        (Some(false), _) => Ok(CopyHeader::No),
        (None, CopyArgument::Text(text)) if text.eq_ignore_ascii_case("match") => match from {
            true => Ok(CopyHeader::Match),
            false => Err(refused(format!("cannot use \"{text}\" with HEADER in COPY TO"))),
        },
        _ => Err(Error::syntax(format!("{} requires a Boolean value or \"match\"", option.name))),
    }
}

fn encoding(option: &CopyOption) -> Result<Charset> {
    let name = text(option)?;
    match Charset::named(name) {
        Named::Known(charset) => Ok(charset),
        Named::Lacking(known) => Err(Error::unsupported(format!("COPY with the encoding {known}"))),
        Named::Unknown => Err(Error::invalid_parameter(
            "argument to option \"encoding\" must be a valid encoding name",
        )
        .at(option.position)),
    }
}

fn columns(option: &CopyOption, star: bool) -> Result<&CopyArgument> {
    match &option.argument {
        CopyArgument::List(_) => Ok(&option.argument),
        CopyArgument::Star if star => Ok(&option.argument),
        _ => Err(Error::invalid_parameter(format!(
            "argument to option \"{}\" must be a list of column names",
            option.name
        ))
        .at(option.position)),
    }
}

fn delimiter_byte(delimiter: &str, null: &str, csv: bool) -> Result<u8> {
    let [byte] = delimiter.as_bytes() else {
        return Err(refused("COPY delimiter must be a single one-byte character"));
    };
    if matches!(byte, b'\r' | b'\n') {
        let text = "COPY delimiter cannot be newline or carriage return";
        return Err(Error::invalid_parameter(text));
    }
    if null.contains(['\r', '\n']) {
        let text = "COPY null representation cannot use newline or carriage return";
        return Err(Error::invalid_parameter(text));
    }
    // They would be read as an escape or as a part of one.
    if !csv && (matches!(byte, b'\\' | b'.' | b'0'..=b'9') || byte.is_ascii_lowercase()) {
        return Err(Error::invalid_parameter(format!("COPY delimiter cannot be \"{delimiter}\"")));
    }
    Ok(*byte)
}

fn quoting(format: CopyFormat, given: &Given<'_>, csv: bool) -> Result<CopyFormat> {
    let single = |name: &str, value: Option<&str>| match value {
        Some(_) if !csv => Err(refused(format!("COPY {name} available only in CSV mode"))),
        Some(value) => match value.as_bytes() {
            [byte] => Ok(Some(*byte)),
            _ => Err(refused(format!("COPY {name} must be a single one-byte character"))),
        },
        None => Ok(None),
    };
    let quote = single("quote", given.quote)?.unwrap_or(b'"');
    if csv && quote == format.delimiter {
        return Err(Error::invalid_parameter("COPY delimiter and quote must be different"));
    }
    let escape = single("escape", given.escape)?.unwrap_or(quote);
    Ok(CopyFormat { quote, escape, ..format })
}

fn forced(given: &Given<'_>, csv: bool, from: bool) -> Result<()> {
    for (name, set, of_from) in [
        ("quote", given.force_quote, false),
        ("not null", given.force_not_null, true),
        ("null", given.force_null, true),
    ] {
        if set.is_none() {
            continue;
        }
        if !csv {
            return Err(refused(format!("COPY force {name} available only in CSV mode")));
        }
        if from != of_from {
            let way = if of_from { "FROM" } else { "TO" };
            return Err(refused(format!("COPY force {name} only available using COPY {way}")));
        }
    }
    Ok(())
}

/// For each copied column whether it is among those named.
fn listed(
    option: &str,
    argument: Option<&CopyArgument>,
    copied: &[&str],
    all: &[&str],
    relation: Option<&str>,
) -> Result<Vec<bool>> {
    let names = match argument {
        None => return Ok(vec![false; copied.len()]),
        Some(CopyArgument::List(names)) => names,
        Some(_) => return Ok(vec![true; copied.len()]),
    };
    for name in names {
        if !all.contains(&name.as_str()) {
            return Err(match relation {
                Some(relation) => Error::new(
                    SqlState::UNDEFINED_COLUMN,
                    format!("column \"{name}\" of relation \"{relation}\" does not exist"),
                ),
                None => Error::undefined_column(name),
            });
        }
        if !copied.contains(&name.as_str()) {
            return Err(Error::new(
                SqlState::INVALID_COLUMN_REFERENCE,
                format!("{option} column \"{name}\" not referenced by COPY"),
            ));
        }
    }
    Ok(copied.iter().map(|column| names.iter().any(|name| name == column)).collect())
}
