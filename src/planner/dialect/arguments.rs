//! Arguments that are not simply one after the other: by name (`strict => false`), and a list of them in one array
//! (`VARIADIC array`).

use super::syntax::call;
use crate::error::{Error, Result, SqlState};
use crate::parser::VARIADIC;
use crate::parser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Value};

/// The call with its arguments in their places.
pub(super) fn rewrite(function: &mut Function) -> Result<Option<Expr>> {
    in_places(function)?;
    spread(function)
}

/// Functions whose arguments are called by names, and what stands for those that are left out.
const NAMES: &[(&str, &[&str], &[&str])] = &[
    ("make_date", &["year", "month", "day"], &[]),
    ("make_time", &["hour", "min", "sec"], &[]),
    ("make_timestamp", &["year", "month", "mday", "hour", "min", "sec"], &[]),
    ("make_timestamptz", &["year", "month", "mday", "hour", "min", "sec"], &[]),
    ("make_timestamptz", &["year", "month", "mday", "hour", "min", "sec", "timezone"], &[]),
    (
        "make_interval",
        &["years", "months", "weeks", "days", "hours", "mins", "secs"],
        &["0", "0", "0", "0", "0", "0", "0"],
    ),
    ("parse_ident", &["str", "strict"], &["true"]),
    ("jsonb_set", &["jsonb_in", "path", "replacement", "create_if_missing"], &["true"]),
    (
        "jsonb_set_lax",
        &["jsonb_in", "path", "replacement", "create_if_missing", "null_value_treatment"],
        &["true", "use_json_null"],
    ),
    ("jsonb_insert", &["jsonb_in", "path", "replacement", "insert_after"], &["false"]),
];

fn in_places(function: &mut Function) -> Result<()> {
    let Some(name) = function.name.0.last().and_then(|part| part.as_ident()) else { return Ok(()) };
    let FunctionArguments::List(list) = &mut function.args else { return Ok(()) };
    let given = list.args.len();
    let fits = |(known, names, _): &&(&str, &[&str], &[&str])| {
        name.value.eq_ignore_ascii_case(known) && given <= names.len()
    };
    let Some((_, names, defaults)) = NAMES.iter().find(fits) else { return Ok(()) };
    let first_default = names.len() - defaults.len();
    let by_name = |arg: &FunctionArg| {
        matches!(arg, FunctionArg::Named { .. } | FunctionArg::ExprNamed { .. })
    };
    let complete = given < first_default || given == names.len();
    if complete && !list.args.iter().any(by_name) {
        return Ok(());
    }
    let undefined = || crate::functions::undefined(&name.value.to_lowercase(), &[]);
    let mut places: Vec<Option<Expr>> = vec![None; names.len()];
    for (at, argument) in list.args.iter().enumerate() {
        let (place, value) = match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => (at, value),
            FunctionArg::Named { name, arg: FunctionArgExpr::Expr(value), .. }
            | FunctionArg::ExprNamed {
                name: Expr::Identifier(name),
                arg: FunctionArgExpr::Expr(value),
                ..
            } => {
                let place = names.iter().position(|n| name.value.eq_ignore_ascii_case(n));
                (place.ok_or_else(undefined)?, value)
            }
            _ => return Err(undefined()),
        };
        if places[place].replace(value.clone()).is_some() {
            let message = format!("argument name \"{}\" used more than once", names[place]);
            return Err(Error::syntax(message));
        }
    }
    let filled = places.into_iter().enumerate().map(|(at, value)| match value {
        Some(value) => Ok(value),
        None => {
            let default = at.checked_sub(first_default).and_then(|i| defaults.get(i));
            default.map(|text| constant(text)).ok_or_else(undefined)
        }
    });
    let filled = filled.collect::<Result<Vec<_>>>()?;
    let plain = |e: Expr| FunctionArg::Unnamed(FunctionArgExpr::Expr(e));
    list.args = filled.into_iter().map(plain).collect();
    Ok(())
}

fn constant(text: &str) -> Expr {
    Expr::Value(
        match text {
            "0" => Value::Number("0".to_owned(), false),
            "true" => Value::Boolean(true),
            "false" => Value::Boolean(false),
            text => Value::SingleQuotedString(text.to_owned()),
        }
        .into(),
    )
}

/// Functions of any number of arguments, how many stand before those, and the function of an array in their place.
const LISTS: &[(&str, usize, &str)] = &[
    ("concat", 0, "__concat_list"),
    ("concat_ws", 1, "__concat_ws_list"),
    ("format", 1, "__format_list"),
    ("num_nulls", 0, "__nulls_in"),
    ("num_nonnulls", 0, "__values_in"),
    ("json_build_array", 0, "__json_array_of_list"),
    ("jsonb_build_array", 0, "__jsonb_array_of_list"),
    ("json_build_object", 0, "__json_object_of_list"),
    ("jsonb_build_object", 0, "__jsonb_object_of_list"),
    ("json_extract_path", 1, "json_extract_path"),
    ("jsonb_extract_path", 1, "jsonb_extract_path"),
    ("json_extract_path_text", 1, "json_extract_path_text"),
    ("jsonb_extract_path_text", 1, "jsonb_extract_path_text"),
];

/// The function whose list a call of ours takes, as its column is named.
pub(super) fn name_of_list(function: &str) -> Option<&'static str> {
    let found = LISTS.iter().find(|(_, _, list)| *list == function);
    found.map(|(name, ..)| *name)
}

/// What `f(a, VARIADIC list)` becomes; None for other calls.
fn spread(function: &Function) -> Result<Option<Expr>> {
    let FunctionArguments::List(list) = &function.args else { return Ok(None) };
    let args = list.args.iter().map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(e)) => Some(e.clone()),
        _ => None,
    });
    let Some(mut args) = args.collect::<Option<Vec<_>>>() else { return Ok(None) };
    let Some(value) = args.last().and_then(marked) else { return Ok(None) };
    args.pop();
    let name = function.name.0.last().and_then(|part| part.as_ident());
    let name = name.map(|ident| ident.value.to_lowercase()).unwrap_or_default();
    let Some((_, before, of_list)) = LISTS.iter().find(|(known, ..)| *known == name) else {
        return Err(Error::unsupported(format!("VARIADIC in a call of {name}")));
    };
    if args.len() != *before {
        return Err(crate::functions::undefined(&name, &[]));
    }
    if let Expr::Value(literal) = &value
        && !matches!(literal.value, Value::Null | Value::Placeholder(_))
    {
        let message = "VARIADIC argument must be an array";
        return Err(Error::new(SqlState::DATATYPE_MISMATCH, message));
    }
    args.push(value);
    Ok(Some(match *of_list {
        // Texts of the elements, one behind the other.
        "__concat_list" => {
            args.push(Expr::Value(Value::SingleQuotedString(String::new()).into()));
            call("__concat_list", args)
        }
        "__concat_ws_list" => {
            args.reverse();
            call("__concat_ws_list", args)
        }
        function => call(function, args),
    }))
}

/// The array of `VARIADIC array`, which the parser has put in a call.
fn marked(e: &Expr) -> Option<Expr> {
    let Expr::Function(function) = e else { return None };
    let FunctionArguments::List(list) = &function.args else { return None };
    match list.args.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(value))]
            if super::syntax::named(function.name.0.last(), VARIADIC) =>
        {
            Some(value.clone())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_of_a_list_is_named_once() {
        for (name, ..) in LISTS {
            assert_eq!(LISTS.iter().filter(|(other, ..)| other == name).count(), 1);
        }
    }
}
