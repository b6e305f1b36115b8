//! Rows of a lineitem-like batch to DataRow messages, as text and in binary.

use std::hint::black_box;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, Decimal128Array, Int32Array, Int64Array, RecordBatch, StringViewArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::FieldRef;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lakewire::wire::rows::{Format, RowEncoder, Style};

const ROWS: usize = 8_192;

/// The sixteen columns of TPC-H's largest table, of the widths they have there.
fn lineitem() -> RecordBatch {
    let numbers =
        |step: i64| Int64Array::from_iter_values((0..ROWS as i64).map(|i| i * step % 200_000));
    let money = |scale: i128| {
        let values = (0..ROWS as i128).map(|i| i * 7_919 * scale % 10_000_000);
        let array = Decimal128Array::from_iter_values(values);
        array.with_precision_and_scale(15, 2).expect("it fits")
    };
    let days = |step: i32| {
        Date32Array::from_iter_values((0..ROWS as i32).map(|i| 8_000 + i * step % 2_500))
    };
    let words = |words: &'static [&'static str]| {
        StringViewArray::from_iter_values((0..ROWS).map(|i| words[i % words.len()]))
    };
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("l_orderkey", Arc::new(numbers(31))),
        ("l_partkey", Arc::new(numbers(7_919))),
        ("l_suppkey", Arc::new(numbers(101))),
        ("l_linenumber", Arc::new(Int32Array::from_iter_values((0..ROWS as i32).map(|i| i % 7)))),
        ("l_quantity", Arc::new(money(1))),
        ("l_extendedprice", Arc::new(money(13))),
        ("l_discount", Arc::new(money(3))),
        ("l_tax", Arc::new(money(5))),
        ("l_returnflag", Arc::new(words(&["A", "N", "R"]))),
        ("l_linestatus", Arc::new(words(&["O", "F"]))),
        ("l_shipdate", Arc::new(days(3))),
        ("l_commitdate", Arc::new(days(5))),
        ("l_receiptdate", Arc::new(days(7))),
        ("l_shipinstruct", Arc::new(words(&["DELIVER IN PERSON", "COLLECT COD", "NONE"]))),
        ("l_shipmode", Arc::new(words(&["TRUCK", "REG AIR", "SHIP"]))),
        ("l_comment", Arc::new(words(&["carefully final deposits sleep", "quick, ironic"]))),
    ];
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}

fn moments() -> RecordBatch {
    let instants = (0..ROWS as i64).map(|i| 1_600_000_000_000_000 + i * 7_919_000_000);
    let array = TimestampMicrosecondArray::from_iter_values(instants).with_timezone("UTC");
    RecordBatch::try_from_iter([("at", Arc::new(array) as ArrayRef)]).expect("one column")
}

fn encode(batch: &RecordBatch, format: Format, style: &Style, out: &mut Vec<u8>) {
    let fields: Vec<FieldRef> = batch.schema().fields().to_vec();
    let formats = vec![format; fields.len()];
    let mut encoder = RowEncoder::new(&fields, &formats, style).expect("known types");
    let mut rows = encoder.open(batch).expect("known arrays");
    out.clear();
    rows.write(usize::MAX, usize::MAX, out).expect("values that can be written");
}

fn rows(c: &mut Criterion) {
    let zone = Style::of("Europe/Berlin", |_| None).expect("a zone");
    let mut out = Vec::new();
    for (name, batch) in [("lineitem", lineitem()), ("timestamptz", moments())] {
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Elements(ROWS as u64));
        for (title, format) in [("text", Format::Text), ("binary", Format::Binary)] {
            group.bench_function(title, |b| {
                b.iter(|| encode(black_box(&batch), format, &zone, &mut out));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, rows);
criterion_main!(benches);
