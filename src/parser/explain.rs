//! EXPLAIN and its options.

use datafusion::sql::sqlparser::tokenizer::Token;

use super::classify;
use super::reader::Reader;
use super::statement::{ExplainForm, ExplainFormat, Kind};
use crate::error::{Error, Result};

/// As they were written.
#[derive(Default)]
struct Given {
    analyze: bool,
    verbose: bool,
    format: ExplainFormat,
    costs: Option<bool>,
    timing: Option<bool>,
    summary: Option<bool>,
    buffers: bool,
    settings: bool,
    wal: bool,
}

pub(super) fn explain(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["EXPLAIN"])?;
    let mut given = Given::default();
    // A parenthesis may as well begin a query.
    let query = matches!(&reader.parser.peek_nth_token_ref(1).token,
        Token::Word(w) if ["select", "with", "values", "table"].iter().any(|k| w.value.eq_ignore_ascii_case(k)));
    let nested = reader.parser.peek_nth_token_ref(1).token == Token::LParen;
    if !query && !nested && reader.token(&Token::LParen) {
        reader.list(|r| option(r, &mut given))?;
        reader.expect_token(&Token::RParen)?;
    } else {
        given.analyze = reader.word("ANALYZE") || reader.word("ANALYSE");
        given.verbose = reader.word("VERBOSE");
    }
    let form = form(&given)?;
    let misplaced = reader.unexpected();
    let inner = classify::kind(reader)?;
    let inner = match inner {
        Kind::Query(_) | Kind::Insert(_) => inner,
        Kind::CreateTable(ref table) if table.query.is_some() => inner,
        // Of a cursor, the plan of its query.
        Kind::Declare(declare) => declare.statement.kind,
        _ => return Err(misplaced),
    };
    let Given { analyze, verbose, .. } = given;
    Ok(Kind::Explain { analyze, verbose, form, statement: Box::new(inner) })
}

fn form(given: &Given) -> Result<ExplainForm> {
    for (set, name) in [(given.wal, "WAL"), (given.timing == Some(true), "TIMING")] {
        if set && !given.analyze {
            let text = format!("EXPLAIN option {name} requires ANALYZE");
            return Err(Error::invalid_parameter(text));
        }
    }
    Ok(ExplainForm {
        format: given.format,
        costs: given.costs.unwrap_or(true),
        timing: given.timing.unwrap_or(given.analyze),
        summary: given.summary.unwrap_or(given.analyze),
        buffers: given.buffers,
        settings: given.settings,
    })
}

fn option(reader: &mut Reader, given: &mut Given) -> Result<()> {
    let option = reader.ident()?;
    let name = option.name.as_str();
    let value = match reader.parser.peek_token_ref().token.clone() {
        Token::Comma | Token::RParen => None,
        _ if reader.word("ON") => Some("on".to_owned()),
        _ => Some(reader.scalar()?.to_lowercase()),
    };
    if name == "format" {
        given.format = match value.as_deref() {
            Some("text") => ExplainFormat::Text,
            Some("json") => ExplainFormat::Json,
            Some("xml") => ExplainFormat::Xml,
            Some("yaml") => ExplainFormat::Yaml,
            Some(other) => {
                let text = format!("unrecognized value for EXPLAIN option \"format\": \"{other}\"");
                return Err(Error::invalid_parameter(text).at(option.position));
            }
            None => return Err(Error::syntax("format requires a parameter")),
        };
        return Ok(());
    }
    let known = ["analyze", "verbose", "costs", "buffers", "settings", "wal", "timing", "summary"];
    if !known.contains(&name) {
        let text = format!("unrecognized EXPLAIN option \"{name}\"");
        return Err(Error::syntax(text).at(option.position));
    }
    let on = match value.as_deref() {
        None | Some("true" | "on" | "1") => true,
        Some("false" | "off" | "0") => false,
        Some(_) => return Err(Error::syntax(format!("{name} requires a Boolean value"))),
    };
    match name {
        "analyze" => given.analyze = on,
        "verbose" => given.verbose = on,
        "costs" => given.costs = Some(on),
        "buffers" => given.buffers = on,
        "settings" => given.settings = on,
        "wal" => given.wal = on,
        "timing" => given.timing = Some(on),
        _ => given.summary = Some(on),
    }
    Ok(())
}
