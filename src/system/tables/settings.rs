//! `pg_settings`: every setting with its kind, its bounds and where its value came from.

use super::row;
use crate::system::cells::Cell;
use crate::system::scope::Scope;
use crate::system::settings::{Known, Rule, known, spelling};

pub(super) fn rows(scope: &Scope) -> Vec<Vec<Cell>> {
    let all = scope.settings.iter();
    all.map(|(name, value)| match known(name) {
        Some(known) => row_of(scope, known, value),
        None => custom(scope, name, value),
    })
    .collect()
}

fn row_of(scope: &Scope, known: &Known, value: &str) -> Vec<Cell> {
    let (rule, initial) = (known.rule, scope.origins.initial.get(known.name));
    let (least, most) = match rule.range() {
        Some((least, most)) => (least.to_string().into(), most.to_string().into()),
        None => (Cell::Null, Cell::Null),
    };
    let allowed = match rule {
        Rule::OneOf(all) => Cell::Texts(all.iter().map(|value| (*value).to_owned()).collect()),
        _ => Cell::Null,
    };
    let (category, context) = match rule {
        Rule::Fixed => ("Preset Options", "internal"),
        _ => ("Client Connection Defaults", "user"),
    };
    row![
        spelling(known.name),
        in_base_units(rule, value),
        rule.units().base(),
        category,
        known.about,
        Cell::Null,
        context,
        known.type_name(),
        source(scope, known.name),
        least,
        most,
        allowed,
        in_base_units(rule, known.default),
        initial.map(|value| in_base_units(rule, value)).as_deref(),
        Cell::Null,
        Cell::Null,
        false,
    ]
}

/// One that somebody made up.
fn custom(scope: &Scope, name: &str, value: &str) -> Vec<Cell> {
    row![
        name,
        value,
        Cell::Null,
        "Customized Options",
        "",
        Cell::Null,
        "user",
        "string",
        source(scope, name),
        Cell::Null,
        Cell::Null,
        Cell::Null,
        Cell::Null,
        scope.origins.initial.get(name).map(String::as_str),
        Cell::Null,
        Cell::Null,
        false,
    ]
}

fn source(scope: &Scope, name: &str) -> &'static str {
    // Each transaction sets its own.
    if name.starts_with("transaction_") {
        return "override";
    }
    scope.origins.sources.get(name).map_or("default", |source| source.name())
}

/// SHOW says `5s` where this relation says 5000.
fn in_base_units(rule: Rule, value: &str) -> String {
    match (rule.units().base(), rule.units().read(value)) {
        (Some(_), Ok(number)) => number.to_string(),
        _ => value.to_owned(),
    }
}
