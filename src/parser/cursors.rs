//! DECLARE, FETCH, MOVE, CLOSE.

use datafusion::sql::sqlparser::tokenizer::Token;

use super::classify;
use super::reader::Reader;
use super::statement::{Declare, Fetch, Kind, Towards};
use crate::error::{Error, Result, SqlState};

pub(super) fn declare(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["DECLARE"])?;
    let name = reader.ident()?.name;
    let (mut binary, mut scroll, mut no_scroll) = (false, false, false);
    let (mut insensitive, mut asensitive) = (false, false);
    loop {
        match () {
            () if reader.word("BINARY") => binary = true,
            () if reader.take(&["NO", "SCROLL"]) => no_scroll = true,
            () if reader.word("SCROLL") => scroll = true,
            () if reader.word("INSENSITIVE") => insensitive = true,
            () if reader.word("ASENSITIVE") => asensitive = true,
            () => break,
        }
    }
    reader.expect(&["CURSOR"])?;
    let hold = reader.take(&["WITH", "HOLD"]);
    if !hold {
        reader.take(&["WITHOUT", "HOLD"]);
    }
    reader.expect(&["FOR"])?;
    let misplaced = reader.unexpected();
    let statement = classify::statement(reader)?;
    if !matches!(statement.kind, Kind::Query(_)) {
        return Err(misplaced);
    }
    let both = match () {
        () if scroll && no_scroll => Some("SCROLL and NO SCROLL"),
        () if insensitive && asensitive => Some("INSENSITIVE and ASENSITIVE"),
        () => None,
    };
    if let Some(both) = both {
        let text = format!("cannot specify both {both}");
        return Err(Error::new(SqlState::INVALID_CURSOR_DEFINITION, text));
    }
    Ok(Kind::Declare(Declare { name, binary, scroll, hold, statement: Box::new(statement) }))
}

/// FETCH, and MOVE, which gives no rows.
pub(super) fn fetch(reader: &mut Reader) -> Result<Kind> {
    let moves = reader.word("MOVE");
    if !moves {
        reader.expect(&["FETCH"])?;
    }
    let towards = towards(reader)?;
    if !reader.word("FROM") {
        reader.word("IN");
    }
    let cursor = reader.ident()?.name;
    Ok(Kind::Fetch(Fetch { moves, towards, cursor }))
}

fn towards(reader: &mut Reader) -> Result<Towards> {
    // Any of these words may as well be the cursor's name.
    let alone = matches!(reader.parser.peek_nth_token_ref(1).token, Token::EOF | Token::SemiColon);
    if alone {
        return Ok(Towards::Forward(Some(1)));
    }
    Ok(match () {
        () if reader.word("NEXT") => Towards::Forward(Some(1)),
        () if reader.word("PRIOR") => Towards::Backward(Some(1)),
        () if reader.word("FIRST") => Towards::Absolute(1),
        () if reader.word("LAST") => Towards::Absolute(-1),
        () if reader.word("ALL") => Towards::Forward(None),
        () if reader.word("ABSOLUTE") => {
            Towards::Absolute(count(reader)?.ok_or_else(|| reader.unexpected())?)
        }
        () if reader.word("RELATIVE") => {
            Towards::Relative(count(reader)?.ok_or_else(|| reader.unexpected())?)
        }
        () if reader.word("FORWARD") => forward(some(reader)?),
        () if reader.word("BACKWARD") => match some(reader)? {
            Some(n) if n < 0 => Towards::Forward(n.checked_neg()),
            some => Towards::Backward(some),
        },
        () => match count(reader)? {
            Some(n) => forward(Some(n)),
            None => Towards::Forward(Some(1)),
        },
    })
}

/// Fewer than none go back.
fn forward(count: Option<i64>) -> Towards {
    match count {
        Some(n) if n < 0 => Towards::Backward(n.checked_neg()),
        some => Towards::Forward(some),
    }
}

/// Behind FORWARD and BACKWARD: how many, all, or one.
fn some(reader: &mut Reader) -> Result<Option<i64>> {
    if reader.word("ALL") {
        return Ok(None);
    }
    Ok(Some(count(reader)?.unwrap_or(1)))
}

fn count(reader: &mut Reader) -> Result<Option<i64>> {
    let signed = matches!(reader.parser.peek_token_ref().token, Token::Minus | Token::Plus);
    let negative = reader.token(&Token::Minus);
    if !negative {
        reader.token(&Token::Plus);
    }
    let Token::Number(digits, _) = &reader.parser.peek_token_ref().token else {
        return if signed { Err(reader.unexpected()) } else { Ok(None) };
    };
    // PostgreSQL's grammar takes numbers of four bytes here.
    let Some(number) = digits.parse::<i32>().ok() else { return Err(reader.unexpected()) };
    reader.parser.advance_token();
    Ok(Some(i64::from(if negative { -number } else { number })))
}

pub(super) fn close(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["CLOSE"])?;
    let cursor = if reader.word("ALL") { None } else { Some(reader.ident()?.name) };
    Ok(Kind::Close { cursor })
}
