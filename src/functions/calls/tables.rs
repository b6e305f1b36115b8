//! All functions of several overloads, by name: rows as the files of functions give them, grouped.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{ScalarUDF, Volatility};

use super::call::{Body, Function, Gives, IMMUTABLE, Overload, Run, Shown, open};
use super::resolve::Takes;
use super::{bits, bytes, floats, format, inputs, lists, maths, numerics, patterns, strings};
use crate::catalog::types::SqlType;

/// One overload: name, parameters (`text,int4`, `variadic any`), result, what it does.
pub(super) struct Row {
    name: &'static str,
    takes: &'static str,
    gives: Gives,
    body: Body,
}

/// The result is a type, `anyelement`, `anyarray`, or `=1` for the type of the second argument.
fn gives(text: &str) -> Gives {
    match text {
        "anyelement" => Gives::Element,
        "anyarray" => Gives::Array,
        text => match text.strip_prefix('=') {
            Some(i) => Gives::Same(i.parse().expect("rows are written with a number there")),
            None => Gives::Is(sql(text)),
        },
    }
}

fn sql(name: &str) -> SqlType {
    SqlType::parse(name).expect("rows are written with types that are there")
}

pub(super) fn run(name: &'static str, takes: &'static str, result: &str, body: Run) -> Row {
    Row { name, takes, gives: gives(result), body: Body::Run(body) }
}

/// DataFusion's function, where it answers as PostgreSQL's.
pub(super) fn engine(
    name: &'static str,
    takes: &'static str,
    result: &str,
    engine: &'static str,
) -> Row {
    Row { name, takes, gives: gives(result), body: Body::Engine(engine) }
}

pub(super) type Digits = fn(&[DataType], &[Option<ScalarValue>]) -> (u8, i8);

/// A numeric with as many digits as `digits` says.
pub(super) fn exact(name: &'static str, takes: &'static str, digits: Digits, body: Run) -> Row {
    Row { name, takes, gives: Gives::Digits(digits), body: Body::Run(body) }
}

/// Functions behind operators, and the operators as messages have them.
const OPERATORS: &[(&str, &str)] = &[
    ("__matches", "~"),
    ("__matches_not", "!~"),
    ("__imatches", "~*"),
    ("__imatches_not", "!~*"),
    ("__concat", "||"),
    ("__like", "~~"),
    ("__like_not", "!~~"),
    ("__ilike", "~~*"),
    ("__ilike_not", "!~~*"),
    ("__starts", "^@"),
    ("__abs", "@"),
    ("__sqrt", "|/"),
    ("__cbrt", "||/"),
    ("__bit_not", "~"),
    ("__bit_and", "&"),
    ("__bit_or", "|"),
    ("__bit_xor", "#"),
    ("__shift_left", "<<"),
    ("__shift_right", ">>"),
    ("__power", "^"),
    ("__contains", "@>"),
    ("__contained", "<@"),
    ("__overlaps", "&&"),
    ("__any_like", "~~"),
    ("__any_ilike", "~~*"),
    ("__any_like_not", "!~~"),
    ("__any_ilike_not", "!~~*"),
    ("__all_like", "~~"),
    ("__all_ilike", "~~*"),
    ("__all_like_not", "!~~"),
    ("__all_ilike_not", "!~~*"),
    ("__any_eq", "="),
    ("__any_ne", "<>"),
    ("__any_lt", "<"),
    ("__any_le", "<="),
    ("__any_gt", ">"),
    ("__any_ge", ">="),
    ("__all_eq", "="),
    ("__all_ne", "<>"),
    ("__all_lt", "<"),
    ("__all_le", "<="),
    ("__all_gt", ">"),
    ("__all_ge", ">="),
];

/// Forms of the grammar that call functions, which messages then name with their schema.
const FORMS: &[(&str, &str)] = &[
    ("__position", "position"),
    ("__substring", "substring"),
    ("__overlay", "overlay"),
    ("__btrim", "btrim"),
    ("__ltrim", "ltrim"),
    ("__rtrim", "rtrim"),
];

static FUNCTIONS: LazyLock<BTreeMap<&'static str, Arc<ScalarUDF>>> = LazyLock::new(|| {
    let rows = strings::rows()
        .into_iter()
        .chain(patterns::rows())
        .chain(format::rows())
        .chain(bytes::rows())
        .chain(lists::rows())
        .chain(maths::rows())
        .chain(bits::rows())
        .chain(numerics::rows())
        .chain(floats::rows())
        .chain(inputs::rows());
    let mut functions: BTreeMap<&'static str, Function> = BTreeMap::new();
    for row in rows {
        let function = functions.entry(row.name).or_insert_with(|| Function {
            name: row.name,
            shown: shown(row.name),
            overloads: Vec::new(),
            volatility: volatility(row.name),
        });
        function.overloads.push(overload(row));
    }
    for (form, function) in FORMS {
        let overloads = functions.get(function).map(|f| f.overloads.clone()).unwrap_or_default();
        let shown = Shown::Form(function);
        functions.insert(form, Function { name: form, shown, overloads, volatility: IMMUTABLE });
    }
    functions
        .into_iter()
        // Each lives as long as the program, as what stands in plans refers to it.
        .map(|(name, function)| (name, open(Box::leak(Box::new(function)))))
        .collect()
});

fn shown(name: &str) -> Shown {
    let sign = OPERATORS.iter().find(|(function, _)| *function == name);
    sign.map_or(Shown::Function, |(_, sign)| Shown::Operator(sign))
}

fn volatility(name: &str) -> Volatility {
    match name {
        "gen_random_uuid" | "random" | "setseed" => Volatility::Volatile,
        // What is written out depends on the zone.
        "concat" | "concat_ws" | "format" | "array_to_string" | "__concat" => Volatility::Stable,
        _ => IMMUTABLE,
    }
}

fn overload(row: Row) -> Overload {
    let (list, variadic) = match row.takes.rsplit_once("variadic ") {
        Some((before, last)) => (format!("{before}{last}"), true),
        None => (row.takes.to_owned(), false),
    };
    let takes = list.split(',').filter(|name| !name.is_empty()).map(|name| match name {
        "any" => Takes::Any,
        "anyelement" => Takes::Element,
        "anyarray" => Takes::Array,
        name => Takes::Is(sql(name)),
    });
    Overload { takes: takes.collect(), variadic, gives: row.gives, body: row.body }
}

/// A function by name, its overload open.
pub fn function(name: &str) -> Option<Arc<ScalarUDF>> {
    FUNCTIONS.get(name).map(Arc::clone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_can_be_read() {
        assert!(function("upper").is_some());
        assert!(function("no_such_function").is_none());
    }
}
