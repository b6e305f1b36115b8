//! LOCK TABLE; LISTEN, UNLISTEN and NOTIFY.

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
    let channel = match reader.token(&Token::Mul) {
        true => None,
        false => Some(reader.ident()?.name),
    };
    Ok(Kind::Unlisten { channel })
}

pub(super) fn listen(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["LISTEN"])?;
    Ok(Kind::Listen { channel: reader.ident()?.name })
}

pub(super) fn notify(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["NOTIFY"])?;
    let channel = reader.ident()?.name;
    let payload = if reader.comma() { reader.string()? } else { String::new() };
    Ok(Kind::Notify { channel, payload })
}
