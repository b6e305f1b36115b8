//! Calls and comparisons over several arguments, once their types are known: overloads are chosen, and literals in
//! quotes take the types of what they stand beside.

use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, Result as DfResult};
use datafusion::functions_nested::make_array::make_array_udf;
use datafusion::logical_expr::expr::{Between, Case, InList, Like, ScalarFunction};
use datafusion::logical_expr::{Expr, ExprSchemable, Subquery, lit};

use super::branches::is_unknown;
use super::common::{bare, common_type, field_of};
use super::doubles;
use super::meaning::{cast, expression_meaning, external};
use super::operators::{comparable, name, plain, typed};
use crate::catalog::types::SqlType;
use crate::error::{Error, SqlState};
use crate::functions::{self, no_operator};

type Known = Option<SqlType>;

pub(super) fn type_of(e: &Expr, schema: &DFSchema) -> DfResult<Known> {
    if is_unknown(e) {
        return Ok(None);
    }
    let field = field_of(e, schema)?;
    Ok((!field.data_type().is_null()).then(|| SqlType::of(&field)))
}

/// A call of ours with its overload chosen; one that is chosen already stays.
pub(super) fn call_meaning(call: ScalarFunction, schema: &DFSchema) -> DfResult<Expr> {
    let Some(function) = functions::open_of(&call.func) else {
        return Ok(Expr::ScalarFunction(call));
    };
    let given = call.args.iter().map(|e| type_of(e, schema)).collect::<DfResult<Vec<_>>>()?;
    if let "__element" | "__inner" = function.name
        && given.first() == Some(&Some(SqlType::Jsonb))
    {
        let number = given.get(1).cloned().flatten().is_some_and(|t| t == SqlType::Int4);
        return subscripted(call.args, number, schema);
    }
    if function.name == "__array" {
        if given.is_empty() {
            return Err(external(
                Error::new(
                    SqlState::INDETERMINATE_DATATYPE,
                    "cannot determine type of empty array",
                )
                .hint("Explicitly cast to the desired type, for example ARRAY[]::integer[]."),
            ));
        }
        common_type("ARRAY", &given).map_err(external)?;
    }
    functions::bound(
        function,
        call.args,
        &given,
        |e| e.get_type(schema),
        |e, to| converted(e, to, schema),
    )
}

/// `doc['a']`, `doc[0]`, and `doc['0']`, which is an array's first too.
fn subscripted(mut args: Vec<Expr>, number: bool, schema: &DFSchema) -> DfResult<Expr> {
    let name = if number { "__json_get" } else { "__json_path" };
    if !number && let Some(key) = args.pop() {
        let key = vec![cast(key, &SqlType::Text)];
        let path = ScalarFunction::new_udf(make_array_udf(), key);
        args.push(Expr::ScalarFunction(path));
    }
    let function =
        functions::scalar(name).ok_or_else(|| external(Error::internal("no json operator")))?;
    let call = Expr::ScalarFunction(ScalarFunction::new_udf(function, args));
    Ok(expression_meaning(call, schema)?.data)
}

/// An argument in the type that its function takes.
fn converted(e: Expr, to: &SqlType, schema: &DFSchema) -> DfResult<Expr> {
    match e {
        Expr::Placeholder(_) => Ok(typed(e, &Some(to.clone()))),
        e => Ok(expression_meaning(cast(e, to), schema)?.data),
    }
}

/// A function of ours over these arguments.
pub(super) fn of_ours(name: &str, args: Vec<Expr>, schema: &DFSchema) -> DfResult<Expr> {
    let function = functions::scalar(name)
        .ok_or_else(|| external(Error::internal(format!("{name} is missing"))))?;
    call_meaning(ScalarFunction::new_udf(function, args), schema)
}

/// The literal in the other's type, cast as the plan pass casts.
fn like_other(e: Expr, other: &Known, schema: &DFSchema) -> DfResult<Expr> {
    Ok(expression_meaning(typed(e, other), schema)?.data)
}

fn like_cast(e: Expr, to: &SqlType, schema: &DFSchema) -> DfResult<Expr> {
    Ok(expression_meaning(cast(e, to), schema)?.data)
}

fn differ(sign: &str, left: &Known, right: &Known) -> datafusion::error::DataFusionError {
    external(no_operator(sign, &[name(left), name(right)]))
}

/// The result has the type of the first argument, though both are compared in another.
pub(super) fn nullif(mut call: ScalarFunction, schema: &DFSchema) -> DfResult<Transformed<Expr>> {
    let [first, second] = call.args.as_mut_slice() else {
        return Ok(Transformed::no(Expr::ScalarFunction(call)));
    };
    let (left, right) = (type_of(first, schema)?, type_of(second, schema)?);
    match (&left, &right) {
        (None, None) => {
            for e in [first, second] {
                *e = like_other(std::mem::take(e), &Some(SqlType::Text), schema)?;
            }
        }
        (None, Some(_)) => *first = like_other(std::mem::take(first), &right, schema)?,
        (Some(_), None) => *second = like_other(std::mem::take(second), &left, schema)?,
        (Some(l), Some(r)) if plain(&left) && plain(&right) => {
            if !comparable(l, r) {
                return Err(differ("=", &left, &right));
            }
            if l != r && l.is_number() {
                // As the left side of the comparison is typed: `integer = numeric` has two numerics.
                let types = [left.clone(), right.clone()];
                let common = common_type("NULLIF", &types).map_err(external)?;
                let whole =
                    |t: &SqlType| matches!(t, SqlType::Int2 | SqlType::Int4 | SqlType::Int8);
                let result = match common {
                    Some(common) if !(whole(l) && whole(r)) => common,
                    _ => l.clone(),
                };
                let mut compared = first.clone();
                doubles::level([&mut compared, &mut *second], schema)?;
                let same = compared.eq(std::mem::take(second));
                let null = cast(lit(datafusion::common::ScalarValue::Null), &result);
                if *l != result {
                    *first = like_cast(std::mem::take(first), &result, schema)?;
                }
                let case = Case {
                    expr: None,
                    when_then_expr: vec![(Box::new(same), Box::new(null))],
                    else_expr: Some(Box::new(std::mem::take(first))),
                };
                return Ok(Transformed::yes(Expr::Case(case)));
            }
        }
        _ => return Ok(Transformed::no(Expr::ScalarFunction(call))),
    }
    Ok(Transformed::yes(Expr::ScalarFunction(call)))
}

pub(super) fn in_list(mut list: InList, schema: &DFSchema) -> DfResult<Transformed<Expr>> {
    let of = type_of(&list.expr, schema)?;
    let types = list.list.iter().map(|e| type_of(e, schema)).collect::<DfResult<Vec<_>>>()?;
    // What stands before IN may be the literal.
    let of = match of {
        None => {
            let first = types.iter().flatten().next().cloned();
            if first.is_some() && plain(&first) {
                *list.expr = like_other(std::mem::take(&mut *list.expr), &first, schema)?;
            }
            first
        }
        known => known,
    };
    if of.is_none() || !plain(&of) {
        return Ok(Transformed::no(Expr::InList(list)));
    }
    // Of numbers a literal in quotes is the one that all come to.
    let number = |t: &Known| t.as_ref().is_none_or(SqlType::is_number);
    let all: Vec<Known> = std::iter::once(of.clone()).chain(types.iter().cloned()).collect();
    let common = match all.iter().all(number) {
        true => common_type("IN", &all).map_err(external)?.or_else(|| of.clone()),
        false => of.clone(),
    };
    for (e, found) in list.list.iter_mut().zip(&types) {
        match (&of, found) {
            (_, None) => *e = like_other(std::mem::take(e), &common, schema)?,
            (Some(l), Some(r)) if plain(found) && !comparable(l, r) => {
                return Err(differ(if list.negated { "<>" } else { "=" }, &of, found));
            }
            _ => {}
        }
    }
    doubles::level(std::iter::once(&mut *list.expr).chain(&mut list.list), schema)?;
    Ok(Transformed::yes(Expr::InList(list)))
}

pub(super) fn between(mut between: Between, schema: &DFSchema) -> DfResult<Transformed<Expr>> {
    let of = type_of(&between.expr, schema)?;
    if !plain(&of) {
        return Ok(Transformed::no(Expr::Between(between)));
    }
    let (low, high) = (type_of(&between.low, schema)?, type_of(&between.high, schema)?);
    if of.is_none() {
        let known = low.clone().or(high.clone());
        if known.is_some() && plain(&known) {
            let e = std::mem::take(&mut *between.expr);
            *between.expr = like_other(e, &known, schema)?;
        }
        return Ok(Transformed::yes(Expr::Between(between)));
    }
    let signs = if between.negated { ["<", ">"] } else { [">=", "<="] };
    let bounds = [(&mut between.low, low, signs[0]), (&mut between.high, high, signs[1])];
    for (bound, found, sign) in bounds {
        match (&of, &found) {
            (_, None) => **bound = like_other(std::mem::take(&mut **bound), &of, schema)?,
            (Some(l), Some(r)) if plain(&found) && !comparable(l, r) => {
                return Err(differ(sign, &of, &found));
            }
            _ => {}
        }
    }
    doubles::level([&mut *between.expr, &mut *between.low, &mut *between.high], schema)?;
    Ok(Transformed::yes(Expr::Between(between)))
}

/// `CASE x WHEN a WHEN b`: each is compared with the first.
pub(super) fn compared_with(
    of: &mut Expr,
    with: Vec<&mut Expr>,
    schema: &DFSchema,
) -> DfResult<()> {
    let mut known = type_of(of, schema)?;
    let mut with = with;
    for e in &mut with {
        let found = type_of(e, schema)?;
        match (&known, &found) {
            (Some(_), None) if plain(&known) => {
                **e = like_other(std::mem::take(*e), &known, schema)?;
            }
            (None, Some(_)) if plain(&found) => {
                *of = like_other(std::mem::take(of), &found, schema)?;
                known = found;
            }
            (Some(l), Some(r)) if plain(&known) && plain(&found) && !comparable(l, r) => {
                return Err(differ("=", &known, &found));
            }
            _ => {}
        }
    }
    doubles::level(std::iter::once(of).chain(with), schema)?;
    Ok(())
}

/// Both sides are text.
pub(super) fn like(like: Like, schema: &DFSchema) -> DfResult<Transformed<Expr>> {
    let (left, right) = (type_of(&like.expr, schema)?, type_of(&like.pattern, schema)?);
    let text = |t: &Known| t.as_ref().is_none_or(|t| t.is_string() && *t != SqlType::Uuid);
    if text(&left) && text(&right) {
        let of_length = matches!(left, Some(SqlType::Bpchar(Some(_))));
        if of_length && !matches!(right, Some(SqlType::Bpchar(_))) {
            let expr = Box::new(filled(*like.expr, schema)?);
            return Ok(Transformed::yes(Expr::Like(Like { expr, ..like })));
        }
        return Ok(Transformed::no(Expr::Like(like)));
    }
    let sign = match (like.case_insensitive, like.negated) {
        (false, false) => "~~",
        (false, true) => "!~~",
        (true, false) => "~~*",
        (true, true) => "!~~*",
    };
    Err(differ(sign, &left, &right))
}

/// A value is looked for among values that it can be compared with.
pub(super) fn member(
    value: &Expr,
    subquery: &Subquery,
    sign: &str,
    schema: &DFSchema,
) -> DfResult<()> {
    let [field] = subquery.subquery.schema().fields().iter().as_slice() else { return Ok(()) };
    let left = type_of(value, schema)?;
    let right = (!field.data_type().is_null()).then(|| SqlType::of(field));
    match (&left, &right) {
        (Some(l), Some(r)) if plain(&left) && plain(&right) && !comparable(l, r) => {
            Err(differ(sign, &left, &right))
        }
        _ => Ok(()),
    }
}

/// A value as it is written out: a `char(n)` with the blanks that fill it, which most of what reads it never sees, a
/// numeric without the zeros that only its column has.
pub(super) fn filled(e: Expr, schema: &DFSchema) -> DfResult<Expr> {
    let most = match type_of(&e, schema)? {
        Some(SqlType::Bpchar(Some(most))) => most,
        Some(SqlType::Numeric(None)) => return like_cast(e, &SqlType::Text, schema),
        _ => return Ok(e),
    };
    let most = lit(i32::try_from(most).unwrap_or(i32::MAX));
    of_ours("rpad", vec![cast(e, &SqlType::Text), most], schema)
}

/// `operator does not exist: text = integer`, for two that are known.
pub(super) fn incomparable(left: &SqlType, right: &SqlType, sign: &str) -> Error {
    no_operator(sign, &[bare(left), bare(right)])
}
