//! Ordered-set and hypothetical-set aggregates, `WITHIN GROUP (ORDER BY …)`, as functions of the sorted values.

use super::syntax::call;
use crate::error::{Error, Result, SqlState};
use crate::parser::ast::{
    self, BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause,
    FunctionArguments, Ident,
};

/// What the call becomes; None for all other functions.
pub(super) fn rewritten(function: &Function) -> Result<Option<Expr>> {
    let Some(name) = function.name.0.last().and_then(|part| part.as_ident()) else {
        return Ok(None);
    };
    let name = name.value.to_lowercase();
    let ordered = matches!(name.as_str(), "percentile_cont" | "percentile_disc" | "mode");
    let [key] = function.within_group.as_slice() else {
        if ordered && function.within_group.is_empty() {
            let message = format!("WITHIN GROUP is required for ordered-set aggregate {name}");
            return Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message));
        }
        return Ok(None);
    };
    if function.over.is_some() {
        let message = format!("OVER is not supported for ordered-set aggregate {name}");
        return Err(Error::unsupported(message));
    }
    let args = arguments(function);
    Ok(match (name.as_str(), args.as_slice()) {
        ("mode", []) => Some(call("__mode", vec![sorted(function, key)])),
        ("percentile_cont" | "percentile_disc", [fraction]) => {
            let values = sorted(function, key);
            Some(call(&format!("__{name}"), vec![fraction.clone(), values]))
        }
        ("rank" | "dense_rank" | "percent_rank" | "cume_dist", [value]) => {
            let place = hypothetical(&name, function, key, value);
            Some(call(&format!("__{name}"), vec![place]))
        }
        _ => None,
    })
}

fn arguments(function: &Function) -> Vec<Expr> {
    let FunctionArguments::List(list) = &function.args else { return Vec::new() };
    let args = list.args.iter().filter_map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(e)) => Some(e.clone()),
        _ => None,
    });
    args.collect()
}

fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::Nested(Box::new(Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }))
}

/// The condition beside the call's own FILTER.
fn filtered(function: &Function, condition: Expr) -> Option<Box<Expr>> {
    Some(Box::new(match &function.filter {
        Some(filter) => binary((**filter).clone(), BinaryOperator::And, condition),
        None => condition,
    }))
}

fn aggregate(name: &str, args: Vec<Expr>, filter: Option<Box<Expr>>) -> Function {
    let Expr::Function(mut function) = call(name, args) else {
        unreachable!("a call is a function")
    };
    function.filter = filter;
    function
}

/// The values of the key in order, without NULL.
fn sorted(function: &Function, key: &ast::OrderByExpr) -> Expr {
    let present = Expr::IsNotNull(Box::new(key.expr.clone()));
    let filter = filtered(function, present);
    let mut collected = aggregate("array_agg", vec![key.expr.clone()], filter);
    if let FunctionArguments::List(list) = &mut collected.args {
        list.clauses.push(FunctionArgumentClause::OrderBy(vec![key.clone()]));
    }
    Expr::Function(collected)
}

/// Where a row of this value would stand, by how many stand before it.
fn hypothetical(name: &str, function: &Function, key: &ast::OrderByExpr, value: &Expr) -> Expr {
    let descending = key.options.asc == Some(false);
    let nulls_first = key.options.nulls_first.unwrap_or(descending);
    let before = |op: BinaryOperator| {
        let test = binary(key.expr.clone(), op, value.clone());
        match nulls_first {
            true => {
                let null = Expr::IsNull(Box::new(key.expr.clone()));
                binary(test, BinaryOperator::Or, null)
            }
            false => test,
        }
    };
    let (strict, weak) = match descending {
        true => (BinaryOperator::Gt, BinaryOperator::GtEq),
        false => (BinaryOperator::Lt, BinaryOperator::LtEq),
    };
    let number = |n: &str| Expr::Value(ast::Value::Number(n.into(), false).into());
    let star = || FunctionArg::Unnamed(FunctionArgExpr::Wildcard);
    let counted = |filter: Option<Box<Expr>>| {
        let mut count = aggregate("count", Vec::new(), filter);
        if let FunctionArguments::List(list) = &mut count.args {
            list.args = vec![star()];
        }
        Expr::Function(count)
    };
    let double = |e: Expr| Expr::Cast {
        kind: ast::CastKind::DoubleColon,
        expr: Box::new(e),
        data_type: ast::DataType::DoublePrecision,
        array: false,
        format: None,
    };
    let one_more = |e: Expr| binary(e, BinaryOperator::Plus, number("1"));
    let all = || counted(function.filter.clone());
    match name {
        "rank" => one_more(counted(filtered(function, before(strict)))),
        "dense_rank" => {
            let mut count =
                aggregate("count", vec![key.expr.clone()], filtered(function, before(strict)));
            if let FunctionArguments::List(list) = &mut count.args {
                list.duplicate_treatment = Some(ast::DuplicateTreatment::Distinct);
            }
            one_more(Expr::Function(count))
        }
        "percent_rank" => {
            let none = call("nullif", vec![all(), number("0")]);
            let share = binary(
                double(counted(filtered(function, before(strict)))),
                BinaryOperator::Divide,
                double(none),
            );
            call("coalesce", vec![share, double(number("0"))])
        }
        _ => binary(
            double(one_more(counted(filtered(function, before(weak))))),
            BinaryOperator::Divide,
            double(one_more(all())),
        ),
    }
}

const NAMED: &[&str] = &[
    "__mode",
    "__percentile_cont",
    "__percentile_disc",
    "__rank",
    "__dense_rank",
    "__percent_rank",
    "__cume_dist",
    "__string_to_table",
    "__regexp_split_to_table",
    "__regexp_matches",
];

/// The name that such a call gives its column.
pub(super) fn name_of(function: &Function) -> Option<String> {
    let name = function.name.0.last().and_then(|part| part.as_ident()).map(|i: &Ident| &i.value)?;
    NAMED.contains(&name.as_str()).then(|| name.trim_start_matches('_').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parser::ast::ObjectName;

    #[test]
    fn other_functions_stay() {
        let Expr::Function(function) = call("lower", Vec::new()) else { panic!("no function") };
        assert!(rewritten(&function).unwrap().is_none());
        let name = ObjectName::from(vec![Ident::new("__mode")]);
        assert_eq!(name_of(&Function { name, ..function }), Some("mode".to_owned()));
    }
}
