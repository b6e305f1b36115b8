//! `lake_audit.events`: its columns, its making, and events as its rows.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Int32Array, Int64Array, ListBuilder, RecordBatch, StringArray, StringBuilder,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{Schema as ArrowSchema, SchemaRef};

use super::record::{Decision, Event, Kind, Phase};
use super::redact::redact;
use crate::catalog::acl::{Acl, Privileges};
use crate::catalog::change::Change;
use crate::catalog::name::{AUDIT_EVENTS, AUDIT_SCHEMA, SUPERUSER};
use crate::catalog::relation::{Column, Relation, RelationKind, Schema};
use crate::catalog::role;
use crate::catalog::snapshot::Snapshot;
use crate::catalog::store::Catalog;
use crate::catalog::types::SqlType;
use crate::config::Literals;
use crate::error::{Error, Result, SqlState};
use crate::storage::delta::{Deltas, NewTable};
use crate::storage::location::Location;

pub const SCHEMA: &str = "lake_audit";
pub const EVENTS: &str = "events";
/// Where the table lies in the lake.
const FOLDER: &str = "lake_audit/events";
/// How often the entry in the catalog is tried while others alter the catalog.
const TRIES: usize = 20;

pub fn location(lake: &Location) -> Result<Location> {
    lake.join(FOLDER)
}

fn columns() -> Vec<Column> {
    use SqlType::{Int4, Int8, Text, Timestamptz};
    let texts = || SqlType::array(Text);
    let columns = [
        ("time", Timestamptz, "when it began"),
        ("kind", Text, "statement or login"),
        ("phase", Text, "begun or done; begun only with audit.synchronous"),
        ("server", Text, "which server process wrote the event"),
        ("number", Int8, "counts the events of that server"),
        ("pid", Int4, "the session, as pg_backend_pid() says"),
        ("statement_number", Int8, "counts the statements of the session"),
        ("login_role", Text, "session_user"),
        ("effective_role", Text, "current_user"),
        ("client_address", Text, "where the client connects from"),
        ("client_port", Int4, "the port it connects from"),
        ("application_name", Text, "what the client calls itself"),
        ("statement", Text, "its text; literals as audit.literals says"),
        ("parameters", texts(), "values of $1, $2 where literals are kept"),
        ("command", Text, "the command tag"),
        ("relations", texts(), "what it touches, made relations included"),
        ("columns_read", texts(), "columns it refers to, of views and what lies below them"),
        ("columns_written", texts(), "columns it writes"),
        ("applied", texts(), "row policies and masks that were applied"),
        ("decision", Text, "allowed, denied or failed"),
        ("sqlstate", Text, "00000 unless it was refused or went wrong"),
        ("rows", Int8, "rows returned or written"),
        ("bytes_scanned", Int8, "bytes read of Parquet files; of other files their whole size"),
        ("duration_us", Int8, "from its start to its last row"),
        ("versions_read", texts(), "Delta tables read, each with its version"),
    ];
    (1..)
        .zip(columns)
        .map(|(number, (name, sql_type, comment))| {
            let mut column = Column::new(number, name, sql_type, true);
            column.comment = Some(comment.to_owned());
            column
        })
        .collect()
}

/// The columns as they are stored.
pub fn storage_schema() -> SchemaRef {
    let fields: Vec<_> = columns().iter().map(|c| c.sql_type.field(&c.name, c.nullable)).collect();
    Arc::new(ArrowSchema::new(fields))
}

/// Whether a change would alter the audit log: no statement may, whoever runs it.
pub fn is_altered_by(change: &Change) -> bool {
    match change {
        Change::PutSchema(schema) => schema.id == AUDIT_SCHEMA,
        Change::DropSchema(id) => *id == AUDIT_SCHEMA,
        Change::PutRelation(relation) => {
            relation.id == AUDIT_EVENTS || relation.schema == AUDIT_SCHEMA
        }
        Change::DropRelation(id) => *id == AUDIT_EVENTS,
        _ => false,
    }
}

/// What whoever tries is told; `name` is the schema or the table.
pub fn is_sealed(name: &str) -> Error {
    Error::not_allowed(format!("permission denied: \"{name}\" is the audit log"))
        .detail("Nobody may alter it, superusers included; members of pg_monitor may read it.")
}

/// Makes the table and its entry in the catalog where they are not there yet; several servers may do so at once.
pub async fn ensure(catalog: &Catalog, deltas: &Deltas, lake: &Location) -> Result<Location> {
    let place = location(lake)?;
    for _ in 0..TRIES {
        let snapshot = catalog.snapshot();
        let changes = missing(&snapshot)?;
        if changes.is_empty() {
            return Ok(place);
        }
        if snapshot.relation(AUDIT_EVENTS).is_none() {
            make(deltas, &place).await?;
        }
        match catalog.commit(&snapshot, "audit", changes).await {
            Ok(_) => return Ok(place),
            Err(e) if e.retryable() => catalog.refresh().await?,
            Err(e) => return Err(e),
        };
    }
    Err(Error::serialization("could not enter the audit log in the catalog"))
}

async fn make(deltas: &Deltas, place: &Location) -> Result<()> {
    let new = NewTable {
        name: EVENTS.to_owned(),
        columns: storage_schema(),
        partition_by: Vec::new(),
        checks: Vec::new(),
        // What other engines must know to leave the chain whole.
        properties: [
            ("delta.appendOnly", "true"),
            ("delta.enableExpiredLogCleanup", "false"),
            ("delta.logRetentionDuration", "interval 36500 days"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec(),
    };
    match deltas.create(place, &new, &[]).await {
        // Another server was first, or the server was stopped between the two steps.
        Err(e) if e.state == SqlState::DUPLICATE_TABLE => Ok(()),
        other => other.map(|_| ()),
    }
}

/// What the catalog lacks of the audit log, grants to pg_monitor included.
fn missing(snapshot: &Snapshot) -> Result<Vec<Change>> {
    let named = snapshot.schema_named(SCHEMA);
    if named.is_some_and(|schema| schema.id != AUDIT_SCHEMA) {
        return Err(Error::config(format!(
            "the lake has a schema \"{SCHEMA}\" that is not the audit log's"
        ))
        .hint("Rename that schema with audit.enabled = false, then start again."));
    }
    let mut changes = Vec::new();
    let acl = readers(Privileges::USAGE);
    if snapshot.schema(AUDIT_SCHEMA).is_none_or(|schema| schema.acl.as_ref() != Some(&acl)) {
        changes.push(Change::PutSchema(Schema {
            id: AUDIT_SCHEMA,
            name: SCHEMA.to_owned(),
            owner: SUPERUSER,
            location: None,
            acl: Some(acl),
            comment: Some("append-only audit log".into()),
            revision: 0,
        }));
    }
    let acl = readers(Privileges::SELECT);
    if snapshot.relation(AUDIT_EVENTS).is_none_or(|events| events.acl.as_ref() != Some(&acl)) {
        changes.push(Change::PutRelation(Relation {
            id: AUDIT_EVENTS,
            schema: AUDIT_SCHEMA,
            name: EVENTS.to_owned(),
            owner: SUPERUSER,
            kind: RelationKind::Table {
                location: FOLDER.to_owned(),
                partition_by: Vec::new(),
                checks: Vec::new(),
            },
            columns: columns(),
            acl: Some(acl),
            comment: Some("what was asked, by whom, and what came of it".into()),
            protection: Default::default(),
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            on_commit: Default::default(),
            revision: 0,
        }));
    }
    Ok(changes)
}

fn readers(privilege: Privileges) -> Acl {
    let mut acl = Acl::owned(SUPERUSER, privilege);
    acl.grant(role::MONITOR, SUPERUSER, privilege, Privileges::NONE);
    acl
}

/// Events as rows; their names are looked up and their literals taken out here, off the statements' way.
pub fn rows(events: &[Event], server: &str, first: u64, literals: Literals) -> Result<RecordBatch> {
    let text = |of: &dyn Fn(&Event) -> Option<String>| -> ArrayRef {
        Arc::new(events.iter().map(of).collect::<StringArray>())
    };
    let number = |of: &dyn Fn(&Event) -> Option<i64>| -> ArrayRef {
        Arc::new(events.iter().map(of).collect::<Int64Array>())
    };
    let integer = |of: &dyn Fn(&Event) -> Option<i32>| -> ArrayRef {
        Arc::new(events.iter().map(of).collect::<Int32Array>())
    };
    let texts = |of: &dyn Fn(&Event) -> Option<Vec<String>>| -> ArrayRef {
        let mut list = ListBuilder::new(StringBuilder::new());
        for event in events {
            let values = of(event);
            let valid = values.is_some();
            values.into_iter().flatten().for_each(|value| list.values().append_value(value));
            list.append(valid);
        }
        Arc::new(list.finish())
    };
    let time =
        TimestampMicrosecondArray::from_iter_values(events.iter().map(|e| e.at.timestamp_micros()));
    let numbers = (first..).take(events.len()).map(|n| n as i64);
    let of_statement = |e: &Event| (e.kind == Kind::Statement).then_some(e.statement_number as i64);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(time.with_timezone("UTC")),
        text(&|e| Some(kind(e.kind).into())),
        text(&|e| Some(phase(e.phase).into())),
        text(&|_| Some(server.to_owned())),
        Arc::new(Int64Array::from_iter_values(numbers)),
        integer(&|e| Some(e.client.pid)),
        number(&of_statement),
        text(&|e| Some(e.login_role.clone())),
        text(&|e| Some(e.effective_role.clone())),
        text(&|e| e.client.address.map(|a| a.ip().to_string())),
        integer(&|e| e.client.address.map(|a| i32::from(a.port()))),
        text(&|e| Some(e.client.application.clone())),
        text(&|e| e.statement.as_deref().map(|s| redact(s, literals))),
        texts(&|e| e.parameters.clone()),
        text(&|e| Some(e.command.clone())),
        texts(&|e| Some(e.relations())),
        texts(&|e| Some(e.columns_read())),
        texts(&|e| Some(e.columns_written())),
        texts(&|e| Some(e.applied.clone())),
        text(&|e| Some(decision(e.decision).into())),
        text(&|e| Some(e.state.unwrap_or(SqlState::SUCCESSFUL_COMPLETION).code().into())),
        number(&|e| e.rows.map(|n| n as i64)),
        number(&|e| e.bytes_scanned.map(|n| n as i64)),
        number(&|e| (e.phase == Phase::Done).then_some(e.duration.as_micros() as i64)),
        texts(&|e| Some(e.versions_read())),
    ];
    let fields: Vec<_> = storage_schema()
        .fields()
        .iter()
        .zip(&columns)
        .map(|(field, column)| {
            arrow::datatypes::Field::new(field.name(), column.data_type().clone(), true)
        })
        .collect();
    RecordBatch::try_new(Arc::new(ArrowSchema::new(fields)), columns)
        .map_err(|e| Error::internal("events do not fit their table").because(e))
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Statement => "statement",
        Kind::Login => "login",
    }
}

fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Begun => "begun",
        Phase::Done => "done",
    }
}

fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Allowed => "allowed",
        Decision::Denied => "denied",
        Decision::Failed => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_its_rows() {
        let events =
            [Event::default(), Event { statement: Some("SELECT 1".into()), ..Event::default() }];
        let rows = rows(&events, "s", 7, Literals::Redact).unwrap();
        assert_eq!((rows.num_columns(), rows.num_rows()), (columns().len(), 2));
        for (field, found) in storage_schema().fields().iter().zip(rows.columns()) {
            assert!(
                arrow::compute::can_cast_types(found.data_type(), field.data_type()),
                "{}: {} is no {}",
                field.name(),
                found.data_type(),
                field.data_type()
            );
        }
    }
}
