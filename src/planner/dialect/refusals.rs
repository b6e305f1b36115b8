//! What PostgreSQL refuses by a statement's form and the engine would answer: DISTINCT, FILTER and OVER where they mean
//! nothing, aggregates where none may stand, joins without a condition.

use super::syntax::named;
use super::tables::constraint;
use super::within::calls_itself;
use crate::error::{Error, Result, SqlState};
use crate::functions;
use crate::parser::ast::{
    self, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments,
    GroupByExpr, JoinConstraint, JoinOperator, Select, SelectItem, UnaryOperator, Value,
};

/// A call as it was written.
pub(super) fn in_call(function: &Function) -> Result<()> {
    let Some(name) = function.name.0.last().and_then(|part| part.as_ident()) else {
        return Ok(());
    };
    let name = name.value.to_lowercase();
    let list = match &function.args {
        FunctionArguments::List(list) => Some(list),
        _ => None,
    };
    let distinct =
        list.is_some_and(|l| l.duplicate_treatment == Some(DuplicateTreatment::Distinct));
    let starred = list.is_some_and(|l| {
        l.args.iter().any(|a| matches!(a, FunctionArg::Unnamed(FunctionArgExpr::Wildcard)))
    });
    if distinct && starred {
        return Err(Error::syntax("syntax error at or near \"*\""));
    }
    if distinct && function.over.is_some() {
        let message = "DISTINCT is not implemented for window functions";
        return Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message));
    }
    let plain = !name.starts_with("__")
        && functions::scalar(&name).is_some()
        && !is_aggregate(&name)
        && functions::aggregate(&name).is_none();
    if plain {
        let wrong = |what: &str, kind: &str| {
            let message = format!("{what} specified, but {name} is not {kind}");
            Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message))
        };
        if distinct {
            return wrong("DISTINCT", "an aggregate function");
        }
        if !function.within_group.is_empty() {
            return wrong("WITHIN GROUP", "an aggregate function");
        }
        if function.filter.is_some() {
            return wrong("FILTER", "an aggregate function");
        }
        if function.over.is_some() {
            return wrong("OVER", "a window function nor an aggregate function");
        }
    }
    if let Some(filter) = &function.filter
        && calls_itself(filter, |f| f.over.is_none() && called(f).is_some_and(|n| is_aggregate(&n)))
    {
        return Err(grouping("aggregate functions are not allowed in FILTER"));
    }
    // The engine has it and PostgreSQL not yet.
    if function.over.is_some() && function.null_treatment.is_some() {
        return Err(Error::syntax("syntax error at or near \"NULLS\""));
    }
    if function.filter.is_some() && function.over.is_some() && WINDOWED.contains(&name.as_str()) {
        let message = "FILTER is not implemented for non-aggregate window functions";
        return Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message));
    }
    if function.over.is_some() && nested_window(function) {
        let message = "window function calls cannot be nested";
        return Err(Error::new(SqlState::WINDOWING_ERROR, message));
    }
    places(&name, list)
}

/// `ntile(0)` and `nth_value(x, 0)`.
fn places(name: &str, list: Option<&ast::FunctionArgumentList>) -> Result<()> {
    let (at, state) = match name {
        "ntile" => (0, SqlState::INVALID_NTILE),
        "nth_value" => (1, SqlState::INVALID_NTH_VALUE),
        _ => return Ok(()),
    };
    let argument = list.and_then(|l| match l.args.get(at) {
        Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(e))) => Some(e),
        _ => None,
    });
    match argument.is_some_and(not_positive) {
        true => Err(Error::new(state, format!("argument of {name} must be greater than zero"))),
        false => Ok(()),
    }
}

fn not_positive(e: &Expr) -> bool {
    match e {
        Expr::Value(value) => matches!(&value.value, Value::Number(n, _) if n == "0"),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => {
            matches!(&**expr, Expr::Value(value) if matches!(value.value, Value::Number(..)))
        }
        _ => false,
    }
}

/// A select as it was written.
pub(super) fn in_select(select: &Select) -> Result<()> {
    if select.distinct.is_some() && select.projection.is_empty() {
        return Err(Error::syntax("syntax error at or near \"FROM\""));
    }
    let joins = select.from.iter().flat_map(|t| &t.joins);
    if joins.into_iter().any(|join| lacks_condition(&join.join_operator)) {
        return Err(Error::syntax("a JOIN needs ON or USING")
            .hint("Write CROSS JOIN for all pairs of rows."));
    }
    let aggregate = |f: &Function| f.over.is_none() && called(f).is_some_and(|n| is_aggregate(&n));
    let window = |f: &Function| f.over.is_some();
    if let GroupByExpr::Expressions(groups, _) = &select.group_by {
        for group in groups {
            let group = by_position(group, &select.projection).unwrap_or(group);
            if calls_itself(group, aggregate) {
                return Err(grouping("aggregate functions are not allowed in GROUP BY"));
            }
            if calls_itself(group, window) {
                return Err(windowing("window functions are not allowed in GROUP BY"));
            }
        }
    }
    if select.having.as_ref().is_some_and(|having| calls_itself(having, window)) {
        return Err(windowing("window functions are not allowed in HAVING"));
    }
    if select.selection.as_ref().is_some_and(|condition| calls_itself(condition, window)) {
        return Err(windowing("window functions are not allowed in WHERE"));
    }
    Ok(())
}

fn lacks_condition(operator: &JoinOperator) -> bool {
    matches!(constraint(operator), Some(JoinConstraint::None))
}

/// `GROUP BY 2` is the second item.
fn by_position<'s>(group: &Expr, items: &'s [SelectItem]) -> Option<&'s Expr> {
    let Expr::Value(value) = group else { return None };
    let Value::Number(n, _) = &value.value else { return None };
    match items.get(n.parse::<usize>().ok()?.checked_sub(1)?)? {
        SelectItem::UnnamedExpr(e) | SelectItem::ExprWithAlias { expr: e, .. } => Some(e),
        _ => None,
    }
}

fn grouping(message: &str) -> Error {
    Error::new(SqlState::GROUPING_ERROR, message)
}

fn windowing(message: &str) -> Error {
    Error::new(SqlState::WINDOWING_ERROR, message)
}

fn nested_window(function: &Function) -> bool {
    let FunctionArguments::List(list) = &function.args else { return false };
    list.args.iter().any(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(e)) => calls_itself(e, |f| f.over.is_some()),
        _ => false,
    })
}

fn called(function: &Function) -> Option<String> {
    match function.name.0.as_slice() {
        [part] => part.as_ident().map(|name| name.value.to_lowercase()),
        [schema, part] if named(Some(schema), "pg_catalog") => {
            part.as_ident().map(|name| name.value.to_lowercase())
        }
        _ => None,
    }
}

pub(in crate::planner) fn is_aggregate(name: &str) -> bool {
    AGGREGATES.contains(&name)
}

/// Functions of windows alone.
const WINDOWED: &[&str] = &[
    "cume_dist",
    "dense_rank",
    "first_value",
    "lag",
    "last_value",
    "lead",
    "nth_value",
    "ntile",
    "percent_rank",
    "rank",
    "row_number",
];

/// Aggregates under PostgreSQL's names.
const AGGREGATES: &[&str] = &[
    "any_value",
    "array_agg",
    "avg",
    "bit_and",
    "bit_or",
    "bit_xor",
    "bool_and",
    "bool_or",
    "corr",
    "count",
    "covar_pop",
    "covar_samp",
    "every",
    "json_agg",
    "json_object_agg",
    "jsonb_agg",
    "jsonb_object_agg",
    "max",
    "min",
    "mode",
    "percentile_cont",
    "percentile_disc",
    "regr_avgx",
    "regr_avgy",
    "regr_count",
    "regr_intercept",
    "regr_r2",
    "regr_slope",
    "regr_sxx",
    "regr_sxy",
    "regr_syy",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "string_agg",
    "sum",
    "var_pop",
    "var_samp",
    "variance",
];
