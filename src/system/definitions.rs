//! Keys and indexes as SQL: what `pg_get_indexdef` and `pg_get_constraintdef` answer.

use crate::catalog::keys::{Action, ForeignKey, Index, IndexOf};
use crate::catalog::name::quote_ident;
use crate::catalog::relation::Relation;

/// `pg_get_indexdef`; `on` is the table's name, with its schema.
pub(super) fn index(index: &Index, relation: &Relation, on: &str) -> String {
    let entries: Vec<String> = (0..index.entries.len())
        .map(|i| {
            let order = match (index.entries[i].descending, index.entries[i].nulls_first) {
                (false, false) => "",
                (false, true) => " NULLS FIRST",
                (true, true) => " DESC",
                (true, false) => " DESC NULLS LAST",
            };
            format!("{}{order}", index_entry(index, relation, i))
        })
        .collect();
    let unique = if index.unique { "UNIQUE " } else { "" };
    let included = match index.included.as_slice() {
        [] => String::new(),
        columns => format!(" INCLUDE ({})", names(relation, columns)),
    };
    let predicate = index.predicate.as_ref().map(|p| format!(" WHERE ({p})"));
    format!(
        "CREATE {unique}INDEX {} ON {on} USING {} ({}){included}{}",
        quote_ident(&index.name),
        index.method,
        entries.join(", "),
        predicate.unwrap_or_default()
    )
}

/// One of its columns or expressions, counted from 0.
pub(super) fn index_entry(index: &Index, relation: &Relation, i: usize) -> String {
    match index.entries.get(i).map(|entry| &entry.of) {
        Some(IndexOf::Column(number)) => names(relation, &[*number]),
        Some(IndexOf::Expression(text)) if is_call(text) => text.clone(),
        Some(IndexOf::Expression(text)) => format!("({text})"),
        None => {
            let place = i - index.entries.len();
            index.included.get(place).map(|n| names(relation, &[*n])).unwrap_or_default()
        }
    }
}

/// `pg_get_constraintdef`, if it stands for a constraint.
pub(super) fn key(index: &Index, relation: &Relation) -> String {
    let what = if index.is_primary() { "PRIMARY KEY" } else { "UNIQUE" };
    let columns: Vec<i16> = index.columns().collect();
    let included = match index.included.as_slice() {
        [] => String::new(),
        columns => format!(" INCLUDE ({})", names(relation, columns)),
    };
    format!("{what} ({}){included}", names(relation, &columns))
}

/// `pg_get_constraintdef`; `to` is the other table and its name as a query would write it.
pub(super) fn foreign_key(
    key: &ForeignKey,
    relation: &Relation,
    to: &Relation,
    to_name: &str,
) -> String {
    let mut text = format!(
        "FOREIGN KEY ({}) REFERENCES {to_name}({})",
        names(relation, &key.columns),
        names(to, &key.referenced)
    );
    for (action, when) in [(key.on_update, "UPDATE"), (key.on_delete, "DELETE")] {
        if action != Action::NoAction {
            text.push_str(&format!(" ON {when} {}", action.words()));
        }
    }
    text
}

fn names(relation: &Relation, numbers: &[i16]) -> String {
    let columns = numbers.iter().filter_map(|n| relation.column_by_number(*n));
    columns.map(|c| quote_ident(&c.name)).collect::<Vec<_>>().join(", ")
}

/// A function's call stands in an index's definition without parentheses of its own.
fn is_call(text: &str) -> bool {
    let name = text.split('(').next().unwrap_or_default();
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_.".contains(c));
    plain && text.len() > name.len() && closes_at_end(&text[name.len()..])
}

fn closes_at_end(text: &str) -> bool {
    let mut depth = 0usize;
    for (i, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return i + c.len_utf8() == text.len();
        }
    }
    false
}
