//! CREATE INDEX, and the statements that PostgreSQL keeps itself in order with: ANALYZE, VACUUM, REINDEX, CHECKPOINT.

use datafusion::sql::sqlparser::tokenizer::Token;

use super::ast;
use super::reader::Reader;
use super::statement::{CreateIndex, IndexElement, Kind, Maintain, MaintainTarget, Maintenance};
use crate::error::{Error, Result};

/// Behind `CREATE [UNIQUE] INDEX`.
pub(super) fn create(reader: &mut Reader, unique: bool) -> Result<Kind> {
    reader.word("CONCURRENTLY");
    let if_not_exists = reader.if_not_exists();
    let name = if reader.sees(&["ON"]) { None } else { Some(reader.ident()?) };
    if if_not_exists && name.is_none() {
        return Err(reader.unexpected());
    }
    reader.expect(&["ON"])?;
    reader.word("ONLY");
    let table = reader.name()?;
    let method = match reader.word("USING") {
        true => reader.ident()?.name,
        false => "btree".to_owned(),
    };
    let elements = reader.parenthesized(element)?;
    let included = match reader.word("INCLUDE") {
        true => reader.parenthesized(Reader::ident)?,
        false => Vec::new(),
    };
    reader.take(&["NULLS", "DISTINCT"]);
    if reader.sees(&["NULLS"]) {
        return Err(Error::unsupported("NULLS NOT DISTINCT"));
    }
    if reader.word("WITH") {
        reader.parenthesized(|r| {
            r.ident()?;
            if r.token(&Token::Eq) { r.scalar().map(drop) } else { Ok(()) }
        })?;
    }
    if reader.word("TABLESPACE") {
        reader.ident()?;
    }
    let predicate = match reader.word("WHERE") {
        true => Some(Box::new(reader.parse(|p| p.parse_expr())?)),
        false => None,
    };
    let index =
        CreateIndex { name, unique, if_not_exists, table, method, elements, included, predicate };
    Ok(Kind::CreateIndex(index))
}

/// `column [COLLATE …] [opclass] [ASC | DESC] [NULLS FIRST | LAST]`; an expression in parentheses, a call without.
fn element(reader: &mut Reader) -> Result<IndexElement> {
    let expression: ast::Expr = match reader.parser.peek_token_ref().token {
        Token::LParen => {
            reader.expect_token(&Token::LParen)?;
            let expression = reader.parse(|p| p.parse_expr())?;
            reader.expect_token(&Token::RParen)?;
            expression
        }
        _ => reader.parse(|p| p.parse_prefix())?,
    };
    if reader.word("COLLATE") {
        reader.name()?;
    }
    // An operator class says how PostgreSQL would compare.
    let ends = |r: &Reader| {
        matches!(r.parser.peek_token_ref().token, Token::Comma | Token::RParen)
            || ["ASC", "DESC", "NULLS"].iter().any(|word| r.sees(&[word]))
    };
    if !ends(reader) {
        reader.name()?;
    }
    let descending = reader.word("DESC");
    if !descending {
        reader.word("ASC");
    }
    let nulls_first = match () {
        () if reader.take(&["NULLS", "FIRST"]) => true,
        () if reader.take(&["NULLS", "LAST"]) => false,
        () => descending,
    };
    Ok(IndexElement { expression: Box::new(expression), descending, nulls_first })
}

/// `ANALYZE [VERBOSE] [t [(columns)], …]` and `VACUUM …`; options in parentheses too.
pub(super) fn maintain(reader: &mut Reader, what: Maintenance) -> Result<Kind> {
    reader.parser.advance_token();
    if reader.token(&Token::LParen) {
        reader.list(|r| {
            r.ident_or_keyword()?;
            match r.parser.peek_token_ref().token {
                Token::Comma | Token::RParen => Ok(()),
                _ => r.scalar().map(drop),
            }
        })?;
        reader.expect_token(&Token::RParen)?;
    } else {
        let words: &[&str] = match what {
            Maintenance::Vacuum => &["FULL", "FREEZE", "VERBOSE", "ANALYZE", "ANALYSE"],
            Maintenance::Analyze => &["VERBOSE"],
            Maintenance::Reindex | Maintenance::Checkpoint => &[],
        };
        for word in words {
            reader.word(word);
        }
    }
    let tables = match reader.at_end() {
        true => Vec::new(),
        false => reader.list(|r| {
            let table = r.name()?;
            let columns = match r.parser.peek_token_ref().token {
                Token::LParen => r.parenthesized(Reader::ident)?,
                _ => Vec::new(),
            };
            Ok(MaintainTarget { table, columns })
        })?,
    };
    Ok(Kind::Maintain(Maintain { what, tables, index: None }))
}

/// `REINDEX [(…)] TABLE | INDEX | SCHEMA | DATABASE | SYSTEM [CONCURRENTLY] name`.
pub(super) fn reindex(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["REINDEX"])?;
    if reader.token(&Token::LParen) {
        while !reader.token(&Token::RParen) {
            if reader.at_end() {
                return Err(reader.unexpected());
            }
            reader.parser.advance_token();
        }
    }
    let Some(word) = reader.next_word() else { return Err(reader.unexpected()) };
    let mut maintain = Maintain { what: Maintenance::Reindex, tables: Vec::new(), index: None };
    reader.parser.advance_token();
    reader.word("CONCURRENTLY");
    match word.as_str() {
        "TABLE" => {
            maintain.tables.push(MaintainTarget { table: reader.name()?, columns: Vec::new() })
        }
        "INDEX" => maintain.index = Some(reader.name()?),
        "SCHEMA" | "DATABASE" | "SYSTEM" => {
            return Err(Error::unsupported(format!("REINDEX {word}")));
        }
        _ => return Err(reader.unexpected()),
    }
    Ok(Kind::Maintain(maintain))
}
