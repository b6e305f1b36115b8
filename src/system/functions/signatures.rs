//! How a function is declared: `pg_get_function_arguments`, its result, the whole of it as SQL.

use super::identity::entries;
use super::type_names::type_name;
use super::{Entry, Returns, Value};
use crate::catalog::name::quote_ident;
use crate::error::Result;
use crate::system::facts::{self, Proc};
use crate::system::scope::Scope;

pub(super) const ALL: &[Entry] = entries! {
    "pg_get_function_arguments" (1, 1) Text |_, v| Ok(found(&v[0]).map(|p| arguments(p, true)).into());
    "pg_get_function_identity_arguments" (1, 1) Text |_, v| Ok(found(&v[0]).map(|p| arguments(p, false)).into());
    "pg_get_function_result" (1, 1) Text |_, v| Ok(found(&v[0]).map(result).into());
    "pg_get_function_arg_default" (2, 2) Text argument_default;
    "pg_get_function_sqlbody" (1, 1) Text |_, _| Ok(Value::Null);
    "pg_get_functiondef" (1, 1) Text |_, v| Ok(found(&v[0]).map(definition).into());
};

fn found(value: &Value) -> Option<&'static Proc> {
    value.int().and_then(|v| u32::try_from(v).ok()).and_then(facts::proc)
}

/// An argument: how it is passed, its name if it has one, its type.
struct Argument {
    mode: String,
    name: Option<String>,
    type_oid: u32,
}

fn list_of(field: &'static str) -> Option<Vec<&'static str>> {
    let inner = field.strip_prefix('{')?.strip_suffix('}')?;
    Some(inner.split(',').map(|item| item.trim_matches('"')).collect())
}

fn all_arguments(proc: &Proc) -> Vec<Argument> {
    let all = list_of(proc.fields[17]);
    let types: Vec<u32> = match &all {
        Some(all) => all.iter().map(|oid| facts::number(oid)).collect(),
        None => proc.arguments.clone(),
    };
    let (modes, names) = (list_of(proc.fields[18]), list_of(proc.fields[19]));
    let at = |list: &Option<Vec<&'static str>>, i: usize| {
        list.as_ref().and_then(|list| list.get(i)).map(|item| (*item).to_owned())
    };
    let each = types.into_iter().enumerate().map(|(i, type_oid)| Argument {
        mode: at(&modes, i).unwrap_or_else(|| "i".to_owned()),
        name: at(&names, i).filter(|name| !name.is_empty()),
        type_oid,
    });
    each.collect()
}

/// The defaults of its last arguments, outermost commas apart.
fn defaults(proc: &Proc) -> Vec<String> {
    let Some(text) = facts::text(proc.fields[20]) else { return Vec::new() };
    text.split(", ").map(str::to_owned).collect()
}

fn arguments(proc: &Proc, with_defaults: bool) -> String {
    let all = all_arguments(proc);
    let defaults = if with_defaults { defaults(proc) } else { Vec::new() };
    let inputs = all.iter().filter(|a| is_input(a)).count();
    let ordered = ordered_from(proc);
    let (mut text, mut input) = (String::new(), 0);
    for (i, argument) in all.iter().filter(|a| a.mode != "t").enumerate() {
        if Some(i) == ordered {
            text.push_str(if i == 0 { "ORDER BY " } else { " ORDER BY " });
        } else if i > 0 {
            text.push_str(", ");
        }
        text.push_str(&shown(argument));
        if is_input(argument) {
            let from_end = inputs - input;
            if from_end <= defaults.len() {
                text.push_str(&format!(" DEFAULT {}", defaults[defaults.len() - from_end]));
            }
            input += 1;
        }
    }
    // One VARIADIC argument stands for both the direct and the ordered ones.
    if ordered == Some(all.len()) && proc.fields[5] != "0" {
        let last = all.last().map(shown).unwrap_or_default();
        text.push_str(&format!(" ORDER BY {last}"));
    }
    text
}

fn is_input(argument: &Argument) -> bool {
    matches!(argument.mode.as_str(), "i" | "b" | "v")
}

fn shown(argument: &Argument) -> String {
    let mode = match argument.mode.as_str() {
        "o" => "OUT ",
        "b" => "INOUT ",
        "v" => "VARIADIC ",
        _ => "",
    };
    let name = argument.name.as_ref().map(|n| format!("{} ", quote_ident(n))).unwrap_or_default();
    format!("{mode}{name}{}", type_name(argument.type_oid).unwrap_or_default())
}

/// How many direct arguments an ordered-set aggregate takes: what follows stands behind ORDER BY.
fn ordered_from(proc: &Proc) -> Option<usize> {
    let mut aggregates = facts::lines(include_str!("../../../sql/system/aggregates.tsv"));
    let oid = proc.oid.to_string();
    let found = (proc.fields[7] == "a").then(|| aggregates.find(|f| f[0] == oid)).flatten()?;
    (found[1] != "n").then(|| facts::number(found[2]) as usize)
}

fn result(proc: &Proc) -> String {
    let table: Vec<String> =
        all_arguments(proc).iter().filter(|a| a.mode == "t").map(shown).collect();
    if !table.is_empty() {
        return format!("TABLE({})", table.join(", "));
    }
    let set = if proc.fields[10] == "t" { "SETOF " } else { "" };
    format!("{set}{}", type_name(proc.result).unwrap_or_default())
}

fn argument_default(_: &Scope, values: &[Value]) -> Result<Value> {
    let (Some(proc), Some(place)) = (found(&values[0]), values[1].int()) else {
        return Ok(Value::Null);
    };
    let all = all_arguments(proc);
    let place = usize::try_from(place).unwrap_or(0);
    let inputs = all.iter().filter(|a| is_input(a)).count();
    let before = all.iter().take(place.saturating_sub(1)).filter(|a| is_input(a)).count();
    let defaults = defaults(proc);
    let at = (before + defaults.len()).checked_sub(inputs);
    let found = all.get(place.wrapping_sub(1)).filter(|a| is_input(a)).and(at);
    Ok(found.and_then(|at| defaults.get(at).cloned()).into())
}

/// As PostgreSQL prints one of its own.
fn definition(proc: &Proc) -> String {
    let language = match proc.fields[2] {
        "12" => "internal",
        "13" => "c",
        _ => "sql",
    };
    let mut traits = Vec::new();
    if proc.fields[7] == "w" {
        traits.push("WINDOW".to_owned());
    }
    match proc.fields[11] {
        "i" => traits.push("IMMUTABLE".to_owned()),
        "s" => traits.push("STABLE".to_owned()),
        _ => {}
    }
    match proc.fields[12] {
        "s" => traits.push("PARALLEL SAFE".to_owned()),
        "r" => traits.push("PARALLEL RESTRICTED".to_owned()),
        _ => {}
    }
    if proc.fields[9] == "t" {
        traits.push("STRICT".to_owned());
    }
    if proc.fields[8] == "t" {
        traits.push("LEAKPROOF".to_owned());
    }
    let cost = if language == "internal" || language == "c" { "1" } else { "100" };
    if proc.fields[3] != cost {
        traits.push(format!("COST {}", proc.fields[3]));
    }
    let rows = if proc.fields[10] == "t" { "1000" } else { "0" };
    if proc.fields[4] != rows {
        traits.push(format!("ROWS {}", proc.fields[4]));
    }
    let traits = match traits.is_empty() {
        true => String::new(),
        false => format!(" {}\n", traits.join(" ")),
    };
    let source = facts::text(proc.fields[21]).unwrap_or_default();
    format!(
        "CREATE OR REPLACE FUNCTION pg_catalog.{}({})\n RETURNS {}\n LANGUAGE {language}\n{traits}AS $function${source}$function$\n",
        quote_ident(proc.name),
        arguments(proc, true),
        result(proc)
    )
}
