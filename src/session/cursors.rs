//! DECLARE, FETCH, MOVE, CLOSE. A cursor is a portal with a name in SQL; those that clients open by protocol are
//! among them and can be fetched from as well.

use std::sync::Arc;

use arrow::datatypes::FieldRef;
use chrono::{DateTime, Utc};
use datafusion::common::ScalarValue;
use futures::{StreamExt, stream};

use super::execute::Session;
use super::portals::{Portal, Prepared, types_of};
use super::reading::{self, Reading, Shared, forward_only};
use super::transaction::{Transaction, needs_block};
use crate::audit::record::Touched;
use crate::catalog::snapshot::Snapshot;
use crate::catalog::types::SqlType;
use crate::engine::reply::{Reply, Rows};
use crate::error::{Error, Result, SqlState};
use crate::parser::statement::{Declare, Fetch, Scope as SetScope, SetValue, Statement, Towards};
use crate::patience::Patience;
use crate::system::own::{OpenCursor, Wish};
use crate::system::settings::{ROLE, values_of};

/// What a portal that DECLARE made has beside its rows.
#[derive(Clone)]
pub(super) struct Cursor {
    pub text: Arc<str>,
    pub binary: bool,
    pub scroll: bool,
    pub hold: bool,
    /// Its transaction was committed, and it lives on until it is closed.
    pub held: bool,
    pub made_at: DateTime<Utc>,
    /// What its query reads, which each FETCH is written down with.
    pub touched: Option<(Touched, Arc<Snapshot>)>,
}

impl Session {
    /// Its rights are asked now, and not again: a cursor that is open stays open, as PostgreSQL's does.
    pub(super) async fn declare(
        &mut self,
        declare: &Declare,
        statement: &Statement,
        values: Vec<ScalarValue>,
        types: &[Option<SqlType>],
    ) -> Result<Reply> {
        let block = matches!(self.transaction, Transaction::Open(_)) || self.together;
        if !block && !declare.hold {
            return Err(needs_block("DECLARE CURSOR"));
        }
        self.store.new_portal(&declare.name)?;
        self.ensure_transaction().await;
        self.lasting = true;
        let reply = self.bind_and_run(&declare.statement, values.clone(), types).await;
        self.lasting = false;
        let Reply::Rows { fields, rows, tag } = reply? else {
            return Err(Error::internal("a cursor's query gave no rows"));
        };
        // Nothing is run again for a cursor's sake, which has begun to read.
        self.ran.clear();
        let cursor = Cursor {
            text: Arc::clone(&statement.source),
            binary: declare.binary,
            scroll: declare.scroll,
            hold: declare.hold,
            held: false,
            made_at: Utc::now(),
            touched: self.trail.touched_so_far(),
        };
        let inner = Statement::clone(&declare.statement);
        let parameters = Vec::new();
        let prepared = Prepared {
            statement: Some(inner),
            parameters,
            fields: Some(fields),
            plans: Arc::default(),
        };
        let formats = if declare.binary { vec![1] } else { Vec::new() };
        let portal = Portal {
            reading: Some(Reading::new(rows, declare.scroll)),
            tag,
            finished: true,
            cursor: Some(cursor),
            ..Portal::new(prepared, values, formats)
        };
        self.store.put_portal(&declare.name, portal)?;
        Ok(Reply::done("DECLARE CURSOR"))
    }

    pub(super) async fn fetch(&mut self, fetch: &Fetch) -> Result<Reply> {
        let (fields, reading) = self.opened(&fetch.cursor).await?;
        if let Some((touched, snapshot)) = self.store.portal(&fetch.cursor)?.touched() {
            self.trail.touched(touched, &snapshot);
        }
        let patience = self.patience();
        let fetched = walk(&reading, fetch.towards, &patience, fetch.moves).await?;
        match fetched {
            Fetched::Moved(rows) => Ok(Reply::done(format!("MOVE {rows}"))),
            Fetched::Rows(rows) => Ok(Reply::Rows { fields, rows, tag: "FETCH" }),
        }
    }

    /// A cursor's rows. A portal that a client has bound and not run yet is run for them.
    async fn opened(&mut self, name: &str) -> Result<(Vec<FieldRef>, Shared)> {
        let missing = |_| {
            let text = format!("cursor \"{name}\" does not exist");
            Error::new(SqlState::INVALID_CURSOR_NAME, text)
        };
        let portal = self.store.portal(name).map_err(missing)?;
        let Some(fields) = portal.prepared.fields.clone() else {
            let text = format!("cursor \"{name}\" is not a query");
            return Err(Error::new(SqlState::INVALID_CURSOR_STATE, text));
        };
        if portal.reading.is_none() {
            if portal.finished {
                let text = format!("portal \"{name}\" cannot be run");
                return Err(Error::new(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, text));
            }
            let Some(statement) = portal.prepared.statement.clone() else {
                return Err(missing(Error::internal("an empty portal")));
            };
            let values = portal.values.clone();
            let types = types_of(&portal.prepared, &values);
            portal.finished = true;
            self.lasting = true;
            let reply = self.bind_and_run(&statement, values, &types).await;
            self.lasting = false;
            let Reply::Rows { rows, tag, .. } = reply? else {
                let text = format!("cursor \"{name}\" is not a query");
                return Err(Error::new(SqlState::INVALID_CURSOR_STATE, text));
            };
            let portal = self.store.portal(name)?;
            (portal.reading, portal.tag) = (Some(Reading::new(rows, false)), tag);
        }
        let reading = self.store.portal(name)?.reading.clone();
        Ok((fields, reading.ok_or_else(|| Error::internal("a portal has no rows"))?))
    }

    /// The columns of what FETCH gives, if there is such a cursor now.
    pub(super) fn fetched_fields(&mut self, fetch: &Fetch) -> Option<Vec<FieldRef>> {
        if fetch.moves {
            return None;
        }
        self.store.portal(&fetch.cursor).ok()?.prepared.fields.clone()
    }

    pub(super) fn close(&mut self, cursor: Option<&str>) -> Result<Reply> {
        let Some(name) = cursor else {
            self.store.close_all_portals();
            return Ok(Reply::done("CLOSE CURSOR ALL"));
        };
        if !self.store.has_portal(name) {
            let text = format!("cursor \"{name}\" does not exist");
            return Err(Error::new(SqlState::INVALID_CURSOR_NAME, text));
        }
        self.store.close_portal(name);
        Ok(Reply::done("CLOSE CURSOR"))
    }

    /// What the session has open, as `pg_cursors` is to show it.
    pub(super) fn show_cursors(&self) {
        let shown = self.store.portals().filter_map(|(name, portal)| {
            let text = portal.prepared.statement.as_ref()?.source.to_string();
            let cursor = portal.cursor.as_ref();
            Some(OpenCursor {
                name: name.clone(),
                statement: cursor.map_or(text, |c| c.text.to_string()),
                hold: cursor.is_some_and(|c| c.hold),
                binary: cursor.is_some_and(|c| c.binary),
                scroll: cursor.is_some_and(|c| c.scroll),
                made_at: cursor.map_or(self.transaction_started_at, |c| c.made_at),
            })
        });
        self.surroundings.own.show_cursors(shown.collect());
    }

    /// Takes on what `set_config` has said in the statement before.
    pub(super) fn take_on_wishes(&mut self) -> Result<()> {
        for Wish { name, value, local } in self.surroundings.own.take_wishes() {
            let scope = if local { SetScope::Local } else { SetScope::Session };
            let value = match value {
                Some(text) if name == ROLE => {
                    self.set_role(scope, Some(text.as_str()).filter(|role| *role != "none"))?;
                    continue;
                }
                Some(text) => SetValue::Values(values_of(&name, &text)),
                None => SetValue::Default,
            };
            self.set(scope, &name, &value)?;
        }
        Ok(())
    }

    /// Whether the simple protocol is to give this statement's rows in binary: FETCH from a binary cursor.
    pub fn gives_binary(&mut self, statement: &Statement) -> bool {
        let crate::parser::statement::Kind::Fetch(fetch) = &statement.kind else { return false };
        let portal = self.store.portal(&fetch.cursor).ok();
        portal.is_some_and(|p| p.cursor.as_ref().is_some_and(|c| c.binary))
    }

    /// How long the statement that begins now may go on.
    pub(super) fn patience(&self) -> Patience {
        Patience::new(self.cancel.clone(), self.settings.statement_timeout_ms())
    }
}

/// What a FETCH or MOVE came to.
enum Fetched {
    Rows(Rows),
    Moved(u64),
}

/// `DoPortalRunFetch`: every direction as steps forward, and backward where the cursor scrolls.
async fn walk(
    reading: &Shared,
    towards: Towards,
    patience: &Patience,
    moves: bool,
) -> Result<Fetched> {
    match towards {
        Towards::Forward(Some(0)) | Towards::Relative(0) | Towards::Backward(Some(0)) => {
            stay(reading, patience, moves).await
        }
        Towards::Forward(count) => forward(reading, count, patience, moves).await,
        Towards::Backward(count) => backward(reading, count, moves).await,
        Towards::Relative(count) if count > 0 => {
            reading.lock().await.skip(Some(count.unsigned_abs() - 1), patience).await?;
            forward(reading, Some(1), patience, moves).await
        }
        Towards::Relative(count) => {
            let back = count.unsigned_abs();
            if back > 1 {
                reading.lock().await.backward(Some(back - 1))?;
            }
            backward(reading, Some(1), moves).await
        }
        Towards::Absolute(count) if count > 0 => {
            reach(reading, count.unsigned_abs(), patience).await?;
            forward(reading, Some(1), patience, moves).await
        }
        Towards::Absolute(0) => {
            reading.lock().await.rewind()?;
            Ok(nothing(moves))
        }
        Towards::Absolute(count) => {
            let mut rows = reading.lock().await;
            if !rows.scrolls() {
                return Err(forward_only());
            }
            rows.skip(None, patience).await?;
            let back = count.unsigned_abs();
            if back > 1 {
                rows.backward(Some(back - 1))?;
            }
            drop(rows);
            backward(reading, Some(1), moves).await
        }
    }
}

fn nothing(moves: bool) -> Fetched {
    match moves {
        true => Fetched::Moved(0),
        false => Fetched::Rows(stream::empty().boxed()),
    }
}

async fn forward(
    reading: &Shared,
    count: Option<i64>,
    patience: &Patience,
    moves: bool,
) -> Result<Fetched> {
    let count = count.map(i64::unsigned_abs);
    Ok(match moves {
        true => Fetched::Moved(reading.lock().await.skip(count, patience).await?),
        false => Fetched::Rows(reading::ahead(Arc::clone(reading), count, patience.clone())),
    })
}

async fn backward(reading: &Shared, count: Option<i64>, moves: bool) -> Result<Fetched> {
    let batches = reading.lock().await.backward(count.map(i64::unsigned_abs))?;
    Ok(match moves {
        true => Fetched::Moved(batches.iter().map(|b| b.num_rows() as u64).sum()),
        false => Fetched::Rows(stream::iter(batches.into_iter().map(Ok)).boxed()),
    })
}

/// The row it stands on once more.
async fn stay(reading: &Shared, patience: &Patience, moves: bool) -> Result<Fetched> {
    let mut rows = reading.lock().await;
    let on_row = rows.on_row();
    match (moves, on_row) {
        (true, _) => Ok(Fetched::Moved(u64::from(on_row))),
        (false, false) => Ok(nothing(false)),
        (false, true) => {
            rows.backward(Some(1))?;
            drop(rows);
            forward(reading, Some(1), patience, false).await
        }
    }
}

/// To before the row of this number.
async fn reach(reading: &Shared, number: u64, patience: &Patience) -> Result<()> {
    let mut rows = reading.lock().await;
    let at = rows.at();
    if number > at {
        rows.skip(Some(number - at - 1), patience).await?;
        return Ok(());
    }
    if !rows.scrolls() {
        return Err(forward_only());
    }
    rows.rewind()?;
    rows.skip(Some(number - 1), patience).await?;
    Ok(())
}
