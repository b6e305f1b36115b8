//! LOCK TABLE and UNLISTEN.

use datafusion::sql::sqlparser::tokenizer::Token;

use super::reader::Reader;
use super::statement::{Kind, Lock, LockMode};
use crate::error::Result;

pub(super) fn lock(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["LOCK"])?;
    reader.word("TABLE");
    let tables = reader.list(|reader| {
        reader.word("ONLY");
        let name = reader.name()?;
        reader.token(&Token::Mul);
        Ok(name)
    })?;
    let mode = match reader.word("IN") {
        true => mode(reader)?,
        false => LockMode::AccessExclusive,
    };
    // Nothing waits for a lock.
    reader.word("NOWAIT");
    Ok(Kind::Lock(Lock { tables, mode }))
}

fn mode(reader: &mut Reader) -> Result<LockMode> {
    for (mode, name) in LockMode::ALL {
        let words: Vec<&str> = name.split(' ').chain(["MODE"]).collect();
        if reader.take(&words) {
            return Ok(mode);
        }
    }
    Err(reader.unexpected())
}

pub(super) fn unlisten(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["UNLISTEN"])?;
    if !reader.token(&Token::Mul) {
        reader.ident()?;
    }
    Ok(Kind::Unlisten)
}
