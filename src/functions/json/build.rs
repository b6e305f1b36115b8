//! Values of any type as JSON, as `to_json` makes it: a column at once, each row a text.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field};
use datafusion::common::Result;

use super::super::style::Style;
use super::super::text;
use super::super::zeros::without_zeros;
use super::write::quoted;
use crate::catalog::types::SqlType;

/// None for SQL's NULL.
pub(super) type Texts = Vec<Option<String>>;

/// Each row as JSON.
pub(super) fn texts(array: &ArrayRef, field: &Field, style: &Style) -> Result<Texts> {
    let sql_type = SqlType::of(field);
    match array.data_type() {
        DataType::Null => return Ok(vec![None; array.len()]),
        DataType::Struct(fields) => {
            let parts = array.as_struct().columns().iter().zip(fields);
            let parts = parts
                .map(|(column, field)| Ok((name(field.name()), texts(column, field, style)?)))
                .collect::<Result<Vec<_>>>()?;
            return Ok((0..array.len()).map(|row| object(array, &parts, row)).collect());
        }
        DataType::List(item) => return lists(array, item, style),
        DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            let list = cast(array, &DataType::List(std::sync::Arc::clone(item)))?;
            return lists(&list, item, style);
        }
        DataType::Map(entries, _) => {
            let DataType::Struct(pair) = entries.data_type() else { return Ok(Vec::new()) };
            let map = array.as_map();
            let keys = text::shown(map.keys(), style)?;
            let keys = keys.as_string_view();
            let values = texts(map.values(), &pair[1], style)?;
            let row = |row: usize| {
                let range =
                    map.value_offsets()[row] as usize..map.value_offsets()[row + 1] as usize;
                let fields = range.map(|i| {
                    let value = values[i].as_deref().unwrap_or("null");
                    format!("{}:{value}", name(keys.value(i)))
                });
                map.is_valid(row).then(|| format!("{{{}}}", fields.collect::<Vec<_>>().join(",")))
            };
            return Ok((0..array.len()).map(row).collect());
        }
        DataType::Dictionary(_, value) => return texts(&cast(array, value)?, field, style),
        DataType::Boolean => {
            let all = array.as_boolean().iter();
            let word = |b: bool| if b { "true" } else { "false" }.to_owned();
            return Ok(all.map(|b| b.map(word)).collect());
        }
        _ => {}
    }
    let shown = text::shown(array, style)?;
    let shown = shown.as_string_view();
    let one = |text: &str| match &sql_type {
        SqlType::Numeric(None) => without_zeros(text).to_owned(),
        SqlType::Bpchar(Some(most)) => name(&format!("{text:<0$}", *most as usize)),
        SqlType::Json | SqlType::Jsonb => text.to_owned(),
        t if t.is_number() && !matches!(text, "NaN" | "Infinity" | "-Infinity") => text.to_owned(),
        SqlType::Timestamp => name(&text.replacen(' ', "T", 1)),
        SqlType::Timestamptz => name(&with_minutes(&text.replacen(' ', "T", 1))),
        _ => name(text),
    };
    Ok(shown.iter().map(|text| text.map(one)).collect())
}

/// `+00` is `+00:00` in JSON.
fn with_minutes(text: &str) -> String {
    let (moment, era) = text.strip_suffix(" BC").map_or((text, ""), |moment| (moment, " BC"));
    let bytes = moment.as_bytes();
    let short = bytes.len() > 3 && matches!(bytes[bytes.len() - 3], b'+' | b'-');
    if short { format!("{moment}:00{era}") } else { text.to_owned() }
}

fn name(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    quoted(text, &mut out);
    out
}

fn object(array: &ArrayRef, parts: &[(String, Texts)], row: usize) -> Option<String> {
    let fields = parts
        .iter()
        .map(|(name, values)| format!("{name}:{}", values[row].as_deref().unwrap_or("null")));
    array.is_valid(row).then(|| format!("{{{}}}", fields.collect::<Vec<_>>().join(",")))
}

fn lists(array: &ArrayRef, item: &Field, style: &Style) -> Result<Texts> {
    let list = array.as_list::<i32>();
    let elements = texts(list.values(), item, style)?;
    let row = |row: usize| {
        let range = list.value_offsets()[row] as usize..list.value_offsets()[row + 1] as usize;
        let elements = elements[range].iter().map(|e| e.as_deref().unwrap_or("null"));
        list.is_valid(row).then(|| format!("[{}]", elements.collect::<Vec<_>>().join(",")))
    };
    Ok((0..array.len()).map(row).collect())
}

/// Whether rows of this type stand on a line of their own in `json_agg`.
pub(super) fn is_structured(field: &Field) -> bool {
    matches!(
        field.data_type(),
        DataType::Struct(_)
            | DataType::List(_)
            | DataType::LargeList(_)
            | DataType::FixedSizeList(..)
    )
}
