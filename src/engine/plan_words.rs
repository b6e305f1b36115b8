//! A physical expression as EXPLAIN tells it: in SQL's words, with PostgreSQL's brackets.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{
    BinaryExpr, CastExpr, Column, InListExpr, IsNotNullExpr, IsNullExpr, LikeExpr, Literal,
    NegativeExpr, NotExpr,
};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_plan::joins::utils::JoinFilter;

use super::patient::Asked;
use crate::catalog::name::quote_literal;
use crate::catalog::types::SqlType;
use crate::functions::style::Style;
use crate::functions::text;

/// Operators that are functions here, by what they are called.
const OPERATORS: &[(&str, &str)] = &[
    ("__float_minus", "-"),
    ("__float_plus", "+"),
    ("__float_times", "*"),
    ("__ilike", "~~*"),
    ("__ilike_not", "!~~*"),
    ("__int_divide", "/"),
    ("__int_minus", "-"),
    ("__int_modulo", "%"),
    ("__int_plus", "+"),
    ("__int_times", "*"),
    ("__like", "~~"),
    ("__like_not", "!~~"),
    ("__minus", "-"),
    ("__numeric_divide", "/"),
    ("__plus", "+"),
    ("__times", "*"),
];

/// The expression; its columns under this relation's name, if one is given.
pub(super) fn words(e: &Arc<dyn PhysicalExpr>, relation: Option<&str>) -> String {
    let of = |e: &Arc<dyn PhysicalExpr>| words(e, relation);
    if let Some(column) = e.downcast_ref::<Column>() {
        // How DataFusion counts rows is its own affair.
        let name = column.name().replace("count(Int64(1))", "count(*)");
        // What a step below has worked out is of no relation.
        return match relation.filter(|_| !name.contains(['(', '.', ' '])) {
            Some(relation) => format!("{relation}.{name}"),
            None => name,
        };
    }
    if let Some(asked) = e.downcast_ref::<Asked>() {
        return of(asked.inner());
    }
    if let Some(value) = e.downcast_ref::<Literal>() {
        return literal(value.value());
    }
    if let Some(binary) = e.downcast_ref::<BinaryExpr>() {
        let (left, right) = (of(binary.left()), of(binary.right()));
        return format!("({left} {} {right})", operator(binary.op()));
    }
    if let Some(cast) = e.downcast_ref::<CastExpr>() {
        let to = SqlType::of(cast.target_field());
        return format!("({})::{to}", of(cast.expr()));
    }
    if let Some(not) = e.downcast_ref::<NotExpr>() {
        return format!("(NOT {})", of(not.arg()));
    }
    if let Some(null) = e.downcast_ref::<IsNullExpr>() {
        return format!("({} IS NULL)", of(null.arg()));
    }
    if let Some(null) = e.downcast_ref::<IsNotNullExpr>() {
        return format!("({} IS NOT NULL)", of(null.arg()));
    }
    if let Some(negative) = e.downcast_ref::<NegativeExpr>() {
        return format!("(- {})", of(negative.arg()));
    }
    if let Some(like) = e.downcast_ref::<LikeExpr>() {
        let not = if like.negated() { "!" } else { "" };
        let fold = if like.case_insensitive() { "*" } else { "" };
        return format!("({} {not}~~{fold} {})", of(like.expr()), of(like.pattern()));
    }
    if let Some(list) = e.downcast_ref::<InListExpr>() {
        let (is, which) = if list.negated() { ("<>", "ALL") } else { ("=", "ANY") };
        let all: Vec<String> = list.list().iter().map(of).collect();
        return format!("({} {is} {which} ({}))", of(list.expr()), all.join(", "));
    }
    if let Some(function) = e.downcast_ref::<ScalarFunctionExpr>() {
        let all: Vec<String> = function.args().iter().map(of).collect();
        let found = OPERATORS.iter().find(|(name, _)| *name == function.name());
        return match (found, all.as_slice()) {
            (Some((_, operator)), [left, right]) => format!("({left} {operator} {right})"),
            _ => format!("{}({})", function.name().trim_start_matches("__"), all.join(", ")),
        };
    }
    datafusion::physical_expr_common::physical_expr::fmt_sql(&**e).to_string()
}

/// What a join asks beside its keys. Its columns are of both sides, each by its name.
pub(super) fn condition(filter: &JoinFilter) -> String {
    words(filter.expression(), None)
}

fn operator(op: &Operator) -> String {
    match op {
        Operator::NotEq => "<>".to_owned(),
        Operator::IsDistinctFrom => "IS DISTINCT FROM".to_owned(),
        Operator::IsNotDistinctFrom => "IS NOT DISTINCT FROM".to_owned(),
        other => other.to_string(),
    }
}

fn literal(value: &ScalarValue) -> String {
    if value.is_null() {
        return format!("NULL::{}", SqlType::from_arrow(&value.data_type()));
    }
    let data_type = value.data_type();
    let text = value.to_array().and_then(|array| text::shown(&array, &Style::default()));
    let text = match &text {
        Ok(texts) => texts.as_string_view().value(0).to_owned(),
        Err(_) => value.to_string(),
    };
    match data_type.is_numeric() || data_type == DataType::Boolean {
        true => text,
        false => format!("{}::{}", quote_literal(&text), SqlType::from_arrow(&data_type)),
    }
}
