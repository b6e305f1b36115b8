//! A table's own description, for a commit that alters it: columns that are new or may be NULL, constraints.
//!
//! Nothing is written anew, so only what leaves the files as they are can be said: a column more, of which they
//! hold nothing, or another rule for rows to come. All else that the log says of the table stays.

use deltalake::DeltaTable;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::commits::too_many;
use super::delta::{
    Deltas, NewTable, Put, back_off, commit_info, encode, lines_id, metadata, protocol,
};
use super::location::Location;
use crate::error::{Error, Result};

const CONSTRAINT: &str = "delta.constraints.";

/// The `metaData` and `protocol` actions of a commit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    metadata: Value,
    protocol: Value,
}

impl Shape {
    pub(super) fn actions(&self) -> Vec<Value> {
        vec![self.protocol.clone(), self.metadata.clone()]
    }
}

impl Deltas {
    /// What a commit must say for the table to be as `new`.
    pub async fn shape(&self, location: &Location, new: &NewTable) -> Result<Shape> {
        let mut table = DeltaTable::new(self.log_store(location)?);
        let unreadable =
            |e| Error::storage(format!("the table at {location} cannot be read")).because(e);
        table.load().await.map_err(unreadable)?;
        let state = table.snapshot().map_err(unreadable)?;
        let encode = |e: serde_json::Error| Error::internal("a table's description").because(e);
        let old = serde_json::to_value(state.metadata()).map_err(encode)?;
        let was = serde_json::to_value(state.protocol()).map_err(encode)?;
        Ok(Shape { metadata: merged(old, metadata(new)?), protocol: raised(was, protocol(new)) })
    }

    /// A commit that says nothing else.
    pub async fn reshape(&self, location: &Location, new: &NewTable) -> Result<()> {
        let turn = self.turn(location);
        let _turn = turn.lock().await;
        let log = self.log(location)?;
        for attempt in 0..=self.config.write.retries {
            let base = self.refreshed(location).await?.version();
            let shape = self.shape(location, new).await?;
            let id = lines_id();
            let mut lines = vec![commit_info(&id, "CHANGE COLUMN", &[])];
            lines.extend(shape.actions());
            match log.put(base + 1, &id, encode(&lines)).await? {
                Put::Ours(_) => {
                    self.committed(location, base + 1, 0).await;
                    return Ok(());
                }
                Put::Rival(_) => back_off(attempt).await,
            }
        }
        Err(too_many())
    }
}

/// The new columns and constraints in the old description.
fn merged(old: Value, new: Value) -> Value {
    let new = new.get("metaData").cloned().unwrap_or_default();
    let mut all = match old {
        Value::Object(all) => all,
        _ => Map::new(),
    };
    let kept = all.get("configuration").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut configuration: Map<String, Value> =
        kept.into_iter().filter(|(name, _)| !name.starts_with(CONSTRAINT)).collect();
    if let Some(more) = new.get("configuration").and_then(Value::as_object) {
        configuration.extend(more.clone());
    }
    if let Some(schema) = new.get("schemaString") {
        all.insert("schemaString".to_owned(), schema.clone());
    }
    all.insert("configuration".to_owned(), Value::Object(configuration));
    json!({ "metaData": all })
}

/// The old protocol with what the new description takes beside it.
fn raised(was: Value, wanted: Value) -> Value {
    let wanted = wanted.get("protocol").cloned().unwrap_or_default();
    let number = |of: &Value, name: &str| of.get(name).and_then(Value::as_u64).unwrap_or(0);
    let features = |of: &Value, name: &str| -> Vec<String> {
        let all = of.get(name).and_then(Value::as_array).into_iter().flatten();
        all.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let reader = number(&was, "minReaderVersion").max(number(&wanted, "minReaderVersion"));
    let writer = number(&was, "minWriterVersion").max(number(&wanted, "minWriterVersion"));
    let mut protocol = json!({ "minReaderVersion": reader, "minWriterVersion": writer });
    let both = |name: &str, own: &[&str]| {
        let mut all = features(&was, name);
        all.extend(features(&wanted, name));
        all.extend(own.iter().map(|f| (*f).to_owned()));
        all.sort();
        all.dedup();
        all
    };
    if reader >= 3 {
        protocol["readerFeatures"] = json!(both("readerFeatures", &[]));
    }
    if writer >= 7 {
        // What the older numbers stood for is named one by one from here on.
        let older = number(&was, "minWriterVersion").min(number(&wanted, "minWriterVersion"));
        let highest = number(&was, "minWriterVersion").max(number(&wanted, "minWriterVersion"));
        let checks = (3..7).contains(&older) && highest >= 7;
        let implied: &[&str] = if checks { &["checkConstraints"] } else { &[] };
        protocol["writerFeatures"] = json!(both("writerFeatures", implied));
    }
    json!({ "protocol": protocol })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_said_of_the_table_stays() {
        let old = json!({ "id": "x", "configuration": { "delta.appendOnly": "true", "delta.constraints.a": "a > 0" } });
        let new = json!({ "metaData": { "id": "y", "schemaString": "s", "configuration": { "delta.constraints.b": "b > 0" } } });
        let merged = merged(old, new);
        assert_eq!(merged.pointer("/metaData/id"), Some(&json!("x")));
        assert_eq!(merged.pointer("/metaData/schemaString"), Some(&json!("s")));
        let configuration = merged.pointer("/metaData/configuration").unwrap();
        assert_eq!(
            configuration,
            &json!({ "delta.appendOnly": "true", "delta.constraints.b": "b > 0" })
        );
    }

    #[test]
    fn a_protocol_only_grows() {
        let two = json!({ "minReaderVersion": 1, "minWriterVersion": 2 });
        let three = json!({ "protocol": { "minReaderVersion": 1, "minWriterVersion": 3 } });
        assert_eq!(raised(two.clone(), three.clone()), three);
        let seven = json!({
            "minReaderVersion": 3, "minWriterVersion": 7,
            "readerFeatures": ["timestampNtz"], "writerFeatures": ["timestampNtz"],
        });
        let raised = raised(seven, three);
        assert_eq!(
            raised.pointer("/protocol/writerFeatures"),
            Some(&json!(["checkConstraints", "timestampNtz"]))
        );
    }
}
