//! BEGIN, COMMIT, ROLLBACK, savepoints and what a transaction is told to be.

use super::reader::Reader;
use super::statement::{Isolation, Kind, TransactionMode};
use crate::error::Result;

pub(super) fn begin(reader: &mut Reader) -> Result<Kind> {
    let tag = match reader.word("START") {
        true => {
            reader.expect(&["TRANSACTION"])?;
            "START TRANSACTION"
        }
        false => {
            reader.expect(&["BEGIN"])?;
            noise(reader);
            "BEGIN"
        }
    };
    let modes = if reader.at_end() { Vec::new() } else { modes(reader)? };
    Ok(Kind::Begin { modes, tag })
}

pub(super) fn commit(reader: &mut Reader) -> Result<Kind> {
    if reader.take(&["COMMIT", "PREPARED"]) {
        return Ok(Kind::EndPrepared { tag: "COMMIT PREPARED", id: reader.string()? });
    }
    if !reader.word("END") {
        reader.expect(&["COMMIT"])?;
    }
    noise(reader);
    Ok(Kind::Commit { chain: chain(reader)? })
}

pub(super) fn roll_back(reader: &mut Reader) -> Result<Kind> {
    if reader.take(&["ROLLBACK", "PREPARED"]) {
        return Ok(Kind::EndPrepared { tag: "ROLLBACK PREPARED", id: reader.string()? });
    }
    if reader.word("ABORT") {
        noise(reader);
        return Ok(Kind::Rollback { chain: chain(reader)? });
    }
    reader.expect(&["ROLLBACK"])?;
    noise(reader);
    if reader.word("TO") {
        return Ok(Kind::RollbackTo { name: savepoint_name(reader)? });
    }
    Ok(Kind::Rollback { chain: chain(reader)? })
}

pub(super) fn savepoint(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["SAVEPOINT"])?;
    Ok(Kind::Savepoint { name: reader.ident()?.name })
}

pub(super) fn release(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["RELEASE"])?;
    Ok(Kind::Release { name: savepoint_name(reader)? })
}

pub(super) fn prepare(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["PREPARE", "TRANSACTION"])?;
    reader.string()?;
    Ok(Kind::PrepareTransaction)
}

/// SET TRANSACTION, behind these words.
pub(super) fn set(reader: &mut Reader) -> Result<Kind> {
    if reader.word("SNAPSHOT") {
        return Ok(Kind::SetSnapshot { id: reader.string()? });
    }
    Ok(Kind::SetTransaction { modes: modes(reader)?, session: false })
}

/// The words that mean nothing.
fn noise(reader: &mut Reader) {
    if !reader.word("WORK") {
        reader.word("TRANSACTION");
    }
}

fn chain(reader: &mut Reader) -> Result<bool> {
    if !reader.word("AND") {
        return Ok(false);
    }
    let chain = !reader.word("NO");
    reader.expect(&["CHAIN"])?;
    Ok(chain)
}

/// SAVEPOINT may stand before the name, and be one.
fn savepoint_name(reader: &mut Reader) -> Result<String> {
    let first = reader.ident()?;
    match first.name == "savepoint" && !reader.at_end() {
        true => Ok(reader.ident()?.name),
        false => Ok(first.name),
    }
}

/// At least one; commas between them may be left out.
pub(super) fn modes(reader: &mut Reader) -> Result<Vec<TransactionMode>> {
    let mut modes = vec![mode(reader)?];
    loop {
        let more = reader.comma();
        if !more && reader.at_end() {
            return Ok(modes);
        }
        modes.push(mode(reader)?);
    }
}

fn mode(reader: &mut Reader) -> Result<TransactionMode> {
    Ok(match () {
        () if reader.take(&["ISOLATION", "LEVEL"]) => {
            TransactionMode::Isolation(isolation(reader)?)
        }
        () if reader.take(&["READ", "ONLY"]) => TransactionMode::ReadOnly(true),
        () if reader.take(&["READ", "WRITE"]) => TransactionMode::ReadOnly(false),
        () if reader.word("DEFERRABLE") => TransactionMode::Deferrable(true),
        () if reader.take(&["NOT", "DEFERRABLE"]) => TransactionMode::Deferrable(false),
        () => return Err(reader.unexpected()),
    })
}

fn isolation(reader: &mut Reader) -> Result<Isolation> {
    if reader.word("SERIALIZABLE") {
        return Ok(Isolation::Serializable);
    }
    if reader.take(&["REPEATABLE", "READ"]) {
        return Ok(Isolation::RepeatableRead);
    }
    reader.expect(&["READ"])?;
    match () {
        () if reader.word("UNCOMMITTED") => Ok(Isolation::ReadUncommitted),
        () if reader.word("COMMITTED") => Ok(Isolation::ReadCommitted),
        () => Err(reader.unexpected()),
    }
}
