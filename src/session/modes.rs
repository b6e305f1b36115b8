//! Isolation level, read only, deferrable: what a transaction is told to be, and until when it may be told.

use super::execute::Session;
use crate::engine::reply::{Notice, Reply};
use crate::error::{Error, Result, SqlState};
use crate::parser::statement::{Isolation, SetValue, TransactionMode};

/// The settings of the transaction that runs begin so; those of later ones with `default_` before it.
pub(super) const PREFIX: &str = "transaction";

const NAMES: [&str; 3] =
    ["transaction_isolation", "transaction_read_only", "transaction_deferrable"];

impl Session {
    /// SET TRANSACTION, or SET SESSION CHARACTERISTICS.
    pub(super) fn set_transaction(
        &mut self,
        modes: &[TransactionMode],
        session: bool,
    ) -> Result<Reply> {
        if session {
            self.apply_modes(modes, "default_transaction")?;
            if !self.in_block() {
                self.apply_modes(modes, PREFIX)?;
            }
            return Ok(Reply::done("SET"));
        }
        if !self.in_block() {
            self.no_block_for_modes();
        }
        self.check_modes(modes)?;
        if self.in_block() {
            self.apply_modes(modes, PREFIX)?;
        }
        Ok(Reply::done("SET"))
    }

    /// Takes on the snapshot that a transaction of the same role has exported.
    pub(super) fn set_snapshot(&mut self, id: &str) -> Result<Reply> {
        if !self.in_block() {
            self.no_block_for_modes();
        }
        let isolation = self.settings.get("transaction_isolation").unwrap_or_default();
        match isolation {
            "repeatable read" | "serializable" if self.in_block() && self.asked => {
                let message = "SET TRANSACTION SNAPSHOT must be called before any query";
                Err(Error::new(SqlState::ACTIVE_TRANSACTION, message))
            }
            "repeatable read" | "serializable" => {
                let exports = &self.surroundings.activity.exports;
                let view = exports.lent(id, self.session_role).ok_or_else(|| {
                    Error::invalid_parameter(format!("invalid snapshot identifier: \"{id}\""))
                })?;
                if self.in_block() {
                    self.see(view);
                }
                Ok(Reply::done("SET"))
            }
            _ => Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                "a snapshot-importing transaction must have isolation level SERIALIZABLE or REPEATABLE READ",
            )),
        }
    }

    fn no_block_for_modes(&mut self) {
        let state = SqlState::NO_ACTIVE_TRANSACTION;
        let text = "SET TRANSACTION can only be used in transaction blocks";
        self.notices.push_back(Notice::warning(state, text));
    }

    /// SET of one of the transaction's own settings: None for other settings. Outside a block it sets the
    /// statement's own transaction, which is over then.
    pub(super) fn set_mode(&mut self, name: &str, value: &SetValue) -> Option<Result<Reply>> {
        let name = NAMES.into_iter().find(|known| *known == name)?;
        Some(self.try_set_mode(name, value).map(|()| Reply::done("SET")))
    }

    fn try_set_mode(&mut self, name: &str, value: &SetValue) -> Result<()> {
        let default = self.settings.get(&format!("default_{name}"))?.to_owned();
        let values = match value {
            SetValue::Default => vec![default],
            SetValue::Values(values) => values.clone(),
        };
        let mut wanted = self.settings.clone();
        wanted.set(name, &values)?;
        let mode = match name {
            "transaction_isolation" => TransactionMode::Isolation(isolation(wanted.get(name)?)),
            "transaction_read_only" => TransactionMode::ReadOnly(wanted.is_on(name)),
            _ => TransactionMode::Deferrable(wanted.is_on(name)),
        };
        self.check_modes(&[mode])?;
        if self.in_block() { self.apply_modes(&[mode], PREFIX) } else { Ok(()) }
    }

    /// Whether it is not too late: a transaction that has asked something stays what it is, but may be made read
    /// only (`check_XactIsoLevel` and its like).
    pub(super) fn check_modes(&self, modes: &[TransactionMode]) -> Result<()> {
        let asked = self.in_block() && self.asked;
        let nested = !self.savepoints.is_empty();
        for mode in modes {
            let late = match mode {
                TransactionMode::Isolation(level) if *level != self.isolation() => match () {
                    () if asked => {
                        "SET TRANSACTION ISOLATION LEVEL must be called before any query"
                    }
                    () if nested => {
                        "SET TRANSACTION ISOLATION LEVEL must not be called in a subtransaction"
                    }
                    () => continue,
                },
                TransactionMode::ReadOnly(false) if self.settings.is_on(NAMES[1]) => match () {
                    () if nested => {
                        "cannot set transaction read-write mode inside a read-only transaction"
                    }
                    () if asked => "transaction read-write mode must be set before any query",
                    () => continue,
                },
                TransactionMode::Deferrable(_) => match () {
                    () if nested => {
                        "SET TRANSACTION [NOT] DEFERRABLE cannot be called within a subtransaction"
                    }
                    () if asked => {
                        "SET TRANSACTION [NOT] DEFERRABLE must be called before any query"
                    }
                    () => continue,
                },
                TransactionMode::Isolation(_) | TransactionMode::ReadOnly(_) => continue,
            };
            return Err(Error::new(SqlState::ACTIVE_TRANSACTION, late));
        }
        Ok(())
    }

    pub(super) fn apply_modes(&mut self, modes: &[TransactionMode], prefix: &str) -> Result<()> {
        let switch = |on: bool| if on { "on" } else { "off" };
        for mode in modes {
            let (name, value) = match mode {
                TransactionMode::Isolation(level) => ("isolation", words(*level)),
                TransactionMode::ReadOnly(on) => ("read_only", switch(*on)),
                TransactionMode::Deferrable(on) => ("deferrable", switch(*on)),
            };
            self.settings.set(&format!("{prefix}_{name}"), &[value.to_owned()])?;
        }
        Ok(())
    }

    /// What the transaction that runs was told to be.
    pub(super) fn modes(&self) -> Vec<TransactionMode> {
        vec![
            TransactionMode::Isolation(self.isolation()),
            TransactionMode::ReadOnly(self.settings.is_on(NAMES[1])),
            TransactionMode::Deferrable(self.settings.is_on(NAMES[2])),
        ]
    }

    fn isolation(&self) -> Isolation {
        isolation(self.settings.get(NAMES[0]).unwrap_or_default())
    }

    /// Outside a block the next transaction is what defaults say, also those just set.
    pub(super) fn settle_modes(&mut self) {
        if !self.in_block() {
            self.apply_transaction_defaults();
        }
    }

    pub(super) fn apply_transaction_defaults(&mut self) {
        for name in NAMES {
            let default = self.settings.get(&format!("default_{name}")).map(str::to_owned);
            if let Ok(default) = default {
                // The value was checked when it became the default.
                let _ = self.settings.set(name, &[default]);
            }
        }
    }
}

fn words(level: Isolation) -> &'static str {
    match level {
        Isolation::ReadUncommitted => "read uncommitted",
        Isolation::ReadCommitted => "read committed",
        Isolation::RepeatableRead => "repeatable read",
        Isolation::Serializable => "serializable",
    }
}

fn isolation(words: &str) -> Isolation {
    match words {
        "read uncommitted" => Isolation::ReadUncommitted,
        "repeatable read" => Isolation::RepeatableRead,
        "serializable" => Isolation::Serializable,
        _ => Isolation::ReadCommitted,
    }
}
