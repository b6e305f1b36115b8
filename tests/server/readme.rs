//! README's SQL does what README says: each statement of "Three minutes" runs, or fails with the error shown.

use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;

use crate::support::server::{Server, Store, block_on};

/// An order file as a shop might leave it; its day is in the folder's name.
fn orders() -> Vec<u8> {
    let total = Decimal128Array::from(vec![1250, 399]).with_precision_and_scale(12, 2);
    let columns: [(&str, ArrayRef); 3] = [
        ("id", Arc::new(Int64Array::from(vec![1, 2]))),
        ("total", Arc::new(total.expect("it fits"))),
        ("customer_email", Arc::new(StringArray::from(vec!["a@example.org", "b@example.org"]))),
    ];
    write(&RecordBatch::try_from_iter(columns).expect("columns of one length"))
}

fn returns() -> Vec<u8> {
    let columns: [(&str, ArrayRef); 2] = [
        ("id", Arc::new(Int64Array::from(vec![2]))),
        ("reason", Arc::new(StringArray::from(vec!["too small"]))),
    ];
    write(&RecordBatch::try_from_iter(columns).expect("columns of one length"))
}

fn write(batch: &RecordBatch) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).expect("a writer");
    writer.write(batch).expect("it is written");
    writer.close().expect("it is closed");
    bytes
}

/// The statements of a section's SQL blocks, each with the error that README shows below it.
fn statements(section: &str) -> Vec<(String, Option<String>)> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));
    let text = text.expect("README.md can be read");
    let section = text.split(&format!("## {section}\n")).nth(1).expect("the section is there");
    let section = section.split("\n## ").next().unwrap_or_default();
    let mut all: Vec<(String, Option<String>)> = Vec::new();
    for block in section.split("```sql\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        let mut open = String::new();
        for line in block.lines() {
            if let Some(error) = line.strip_prefix("-- ERROR:  ") {
                all.last_mut().expect("an error follows a statement").1 = Some(error.to_owned());
            } else if !line.starts_with("--") {
                open.push_str(line);
                open.push('\n');
                if line.ends_with(';') {
                    all.push((std::mem::take(&mut open), None));
                }
            }
        }
        assert!(open.trim().is_empty(), "README leaves a statement open: {open}");
    }
    all
}

#[test]
fn three_minutes_are_as_told() {
    block_on(async {
        let store = Store::folder();
        store.put("landing/orders/day=2024-05-01/a.parquet", &orders());
        store.put("landing/orders/day=2024-05-02/a.parquet", &orders());
        store.put("landing/returns/day=2024-05-02/a.parquet", &returns());
        let server = Server::start(store).await;
        let client = server.superuser().await;
        let told = statements("Three minutes with your own data");
        assert!(told.len() > 10, "{} statements", told.len());
        for (sql, error) in told {
            let outcome = client.simple_query(&sql).await;
            let failure =
                outcome.err().and_then(|e| e.as_db_error().map(|e| e.message().to_owned()));
            assert_eq!(failure, error, "{sql}");
        }
        server.stop().await;
    });
}
