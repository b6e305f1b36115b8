//! COPY, in the syntax of today and in the two older ones.

use datafusion::sql::sqlparser::tokenizer::Token;

use super::classify;
use super::reader::Reader;
use super::statement::{Copy, CopyArgument, CopyOption, CopyPlace, CopySubject, Kind};
use crate::error::{Error, Result};

pub(super) fn copy(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["COPY"])?;
    if reader.token(&Token::LParen) {
        let query = Box::new(classify::kind(reader)?);
        reader.expect_token(&Token::RParen)?;
        reader.expect(&["TO"])?;
        let place = place(reader)?;
        reader.word("WITH");
        let options = options(reader)?;
        let subject = CopySubject::Query(query);
        return Ok(Kind::Copy(Copy { subject, from: false, place, options, filter: None }));
    }
    let mut all = Vec::new();
    if reader.sees(&["BINARY"]) {
        all.push(old(reader, "format", CopyArgument::Text("binary".into())));
        reader.word("BINARY");
    }
    let name = reader.name()?;
    let columns = match reader.parser.peek_token_ref().token {
        Token::LParen => Some(reader.parenthesized(Reader::ident)?),
        _ => None,
    };
    let from = reader.word("FROM");
    if !from {
        reader.expect(&["TO"])?;
    }
    let place = place(reader)?;
    if reader.sees(&["USING", "DELIMITERS"]) || reader.sees(&["DELIMITERS"]) {
        reader.word("USING");
        let mut option = old(reader, "delimiter", CopyArgument::None);
        reader.word("DELIMITERS");
        option.argument = CopyArgument::Text(reader.string()?);
        all.push(option);
    }
    reader.word("WITH");
    all.extend(options(reader)?);
    let at = reader.position();
    let filter = match reader.word("WHERE") {
        true if !from => {
            return Err(Error::syntax("WHERE clause not allowed with COPY TO").at(at));
        }
        true => Some(Box::new(reader.parse(|p| p.parse_expr())?)),
        false => None,
    };
    let subject = CopySubject::Table { name, columns };
    Ok(Kind::Copy(Copy { subject, from, place, options: all, filter }))
}

/// STDIN and STDOUT both mean the client, whichever way the rows go.
fn place(reader: &mut Reader) -> Result<CopyPlace> {
    if reader.word("STDIN") || reader.word("STDOUT") {
        return Ok(CopyPlace::Client);
    }
    if reader.word("PROGRAM") {
        if reader.sees(&["STDIN"]) || reader.sees(&["STDOUT"]) {
            let at = reader.position();
            return Err(Error::syntax("STDIN/STDOUT not allowed with PROGRAM").at(at));
        }
        reader.string()?;
        return Ok(CopyPlace::Program);
    }
    reader.string().map(|_| CopyPlace::File)
}

fn options(reader: &mut Reader) -> Result<Vec<CopyOption>> {
    if reader.parser.peek_token_ref().token == Token::LParen {
        return reader.parenthesized(option);
    }
    let mut all = Vec::new();
    while let Some(option) = old_option(reader)? {
        all.push(option);
    }
    Ok(all)
}

/// `name [argument]`, in parentheses.
fn option(reader: &mut Reader) -> Result<CopyOption> {
    let position = reader.position();
    // NULL is a name here and reserved elsewhere.
    let name = match reader.word("NULL") {
        true => "null".to_owned(),
        false => reader.ident()?.name,
    };
    let argument = match reader.parser.peek_token_ref().token.clone() {
        Token::Comma | Token::RParen => CopyArgument::None,
        Token::Mul => {
            reader.token(&Token::Mul);
            CopyArgument::Star
        }
        Token::LParen => CopyArgument::List(
            reader.parenthesized(Reader::ident)?.into_iter().map(|i| i.name).collect(),
        ),
        _ if reader.word("ON") => CopyArgument::Text("on".into()),
        _ => {
            reader.token(&Token::Plus);
            CopyArgument::Text(reader.scalar()?)
        }
    };
    Ok(CopyOption { name, argument, position })
}

/// As they were before 9.0: words one after the other.
fn old_option(reader: &mut Reader) -> Result<Option<CopyOption>> {
    let mut option = old(reader, "", CopyArgument::None);
    let text = |reader: &mut Reader| {
        reader.word("AS");
        reader.string().map(CopyArgument::Text)
    };
    let columns = |reader: &mut Reader| {
        let all = reader.list(Reader::ident)?;
        Ok::<_, Error>(CopyArgument::List(all.into_iter().map(|i| i.name).collect()))
    };
    (option.name, option.argument) = match () {
        () if reader.word("BINARY") => ("format".into(), CopyArgument::Text("binary".into())),
        () if reader.word("CSV") => ("format".into(), CopyArgument::Text("csv".into())),
        () if reader.word("FREEZE") => ("freeze".into(), CopyArgument::None),
        () if reader.word("HEADER") => ("header".into(), CopyArgument::None),
        () if reader.word("DELIMITER") => ("delimiter".into(), text(reader)?),
        () if reader.word("NULL") => ("null".into(), text(reader)?),
        () if reader.word("QUOTE") => ("quote".into(), text(reader)?),
        () if reader.word("ESCAPE") => ("escape".into(), text(reader)?),
        () if reader.word("ENCODING") => ("encoding".into(), CopyArgument::Text(reader.string()?)),
        () if reader.take(&["FORCE", "NOT", "NULL"]) => ("force_not_null".into(), columns(reader)?),
        () if reader.take(&["FORCE", "NULL"]) => ("force_null".into(), columns(reader)?),
        () if reader.take(&["FORCE", "QUOTE"]) => match reader.token(&Token::Mul) {
            true => ("force_quote".into(), CopyArgument::Star),
            false => ("force_quote".into(), columns(reader)?),
        },
        () => return Ok(None),
    };
    Ok(Some(option))
}

fn old(reader: &Reader, name: &str, argument: CopyArgument) -> CopyOption {
    CopyOption { name: name.to_owned(), argument, position: reader.position() }
}
