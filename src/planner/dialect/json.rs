//! Operators, casts and aggregates over json and jsonb.

use arrow::array::Array;
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::planner::{
    ExprPlanner, PlannerResult, RawBinaryExpr, RawFieldAccessExpr,
};
use datafusion::logical_expr::{Expr, ExprSchemable, GetFieldAccess, lit};

use super::common::field_of;
use super::meaning::{cast, external};
use super::syntax::call as called;
use crate::catalog::types::SqlType;
use crate::error::{Error, SqlState};
use crate::functions;
use crate::parser::ast::{self, BinaryOperator, FunctionArguments};

/// Asked about every operator before DataFusion is.
#[derive(Debug)]
pub(super) struct JsonOperators;

impl ExprPlanner for JsonOperators {
    fn plan_binary_op(
        &self,
        expr: RawBinaryExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawBinaryExpr>> {
        let (left, right) = (kind(&expr.left, schema), kind(&expr.right, schema));
        let Some(jsonb) = over(&left, &right, &expr) else {
            return match only_json(&expr.op) {
                true => Err(undefined(&expr, &left, &right)),
                false => Ok(PlannerResult::Original(expr)),
            };
        };
        if matches!(expr.op, BinaryOperator::Arrow | BinaryOperator::LongArrow)
            && matches!(&right, Some(t) if !t.is_string() && !small(t, &expr.right))
        {
            return Err(undefined(&expr, &left, &right));
        }
        match operator(&expr.op, jsonb) {
            Some(function) => planned(function, expr, &left, &right).map(PlannerResult::Planned),
            None => Err(undefined(&expr, &left, &right)),
        }
    }

    /// `document['key']`, `document[0]`.
    fn plan_field_access(
        &self,
        expr: RawFieldAccessExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawFieldAccessExpr>> {
        if kind(&expr.expr, schema) != Some(SqlType::Jsonb) {
            return Ok(PlannerResult::Original(expr));
        }
        let key = match expr.field_access {
            GetFieldAccess::NamedStructField { name } => Expr::Literal(name, None),
            GetFieldAccess::ListIndex { key } => *key,
            GetFieldAccess::ListRange { .. } => {
                let message = "jsonb subscript does not support slices";
                return Err(external(Error::new(SqlState::DATATYPE_MISMATCH, message)));
            }
        };
        scalar("__json_get", vec![expr.expr, key]).map(PlannerResult::Planned)
    }
}

/// What a subscript may be.
fn small(t: &SqlType, e: &Expr) -> bool {
    let literal =
        matches!(e, Expr::Literal(ScalarValue::Int64(Some(n)), _) if i32::try_from(*n).is_ok());
    literal || matches!(t, SqlType::Int2 | SqlType::Int4)
}

fn only_json(op: &BinaryOperator) -> bool {
    matches!(
        op,
        BinaryOperator::Arrow
            | BinaryOperator::LongArrow
            | BinaryOperator::HashArrow
            | BinaryOperator::HashLongArrow
            | BinaryOperator::HashMinus
            | BinaryOperator::Question
            | BinaryOperator::QuestionPipe
            | BinaryOperator::QuestionAnd
    )
}

fn scalar(name: &str, args: Vec<Expr>) -> Result<Expr> {
    let function = functions::scalar(name)
        .ok_or_else(|| external(Error::internal(format!("no function {name}"))))?;
    Ok(Expr::ScalarFunction(ScalarFunction::new_udf(function, args)))
}

/// The type of an operand; None for a literal in quotes and NULL.
fn kind(e: &Expr, schema: &DFSchema) -> Option<SqlType> {
    match e {
        Expr::Literal(value, _) if value.is_null() || value.try_as_str().is_some() => None,
        Expr::Placeholder(placeholder) if placeholder.field.is_none() => None,
        e => field_of(e, schema).ok().map(|field| SqlType::of(&field)),
    }
}

/// Whether the operator is one over json, and if so over jsonb.
fn over(left: &Option<SqlType>, right: &Option<SqlType>, expr: &RawBinaryExpr) -> Option<bool> {
    let own =
        !matches!(expr.op, BinaryOperator::And | BinaryOperator::Or | BinaryOperator::PGLikeMatch);
    match (left, right) {
        (Some(SqlType::Jsonb), _) if own => Some(true),
        (Some(SqlType::Json), _) if own => Some(false),
        // `'{"a": 1}' <@ document`.
        (None, Some(SqlType::Jsonb)) => Some(true),
        _ => None,
    }
}

fn operator(op: &BinaryOperator, jsonb: bool) -> Option<&'static str> {
    Some(match op {
        BinaryOperator::Arrow => "__json_get",
        BinaryOperator::LongArrow => "__json_get_text",
        BinaryOperator::HashArrow => "__json_path",
        BinaryOperator::HashLongArrow => "__json_path_text",
        _ if !jsonb => return None,
        BinaryOperator::AtArrow | BinaryOperator::ArrowAt => "__jsonb_contains",
        BinaryOperator::Question => "__jsonb_exists",
        BinaryOperator::QuestionPipe => "__jsonb_exists_any",
        BinaryOperator::QuestionAnd => "__jsonb_exists_all",
        BinaryOperator::StringConcat => "__jsonb_concat",
        BinaryOperator::Minus => "__jsonb_minus",
        BinaryOperator::HashMinus => "__jsonb_minus_path",
        BinaryOperator::Eq
        | BinaryOperator::NotEq
        | BinaryOperator::Lt
        | BinaryOperator::LtEq
        | BinaryOperator::Gt
        | BinaryOperator::GtEq => "__jsonb_order",
        _ => return None,
    })
}

fn planned(
    function: &str,
    expr: RawBinaryExpr,
    left: &Option<SqlType>,
    right: &Option<SqlType>,
) -> Result<Expr> {
    let RawBinaryExpr { op, left: l, right: r } = expr;
    let documents = matches!(function, "__jsonb_contains" | "__jsonb_concat" | "__jsonb_order");
    let as_document = |e: Expr, found: &Option<SqlType>| match found {
        None if documents => cast(e, &SqlType::Jsonb),
        _ => e,
    };
    if documents && left.is_some() && right.is_some() && left != right {
        let raw = RawBinaryExpr { op, left: l, right: r };
        return Err(undefined(&raw, left, right));
    }
    let (l, r) = (as_document(l, left), as_document(r, right));
    let args = if op == BinaryOperator::ArrowAt { vec![r, l] } else { vec![l, r] };
    let made = scalar(function, args)?;
    let zero = || lit(0i32);
    Ok(match op {
        BinaryOperator::Eq => made.eq(zero()),
        BinaryOperator::NotEq => made.not_eq(zero()),
        BinaryOperator::Lt => made.lt(zero()),
        BinaryOperator::LtEq => made.lt_eq(zero()),
        BinaryOperator::Gt => made.gt(zero()),
        BinaryOperator::GtEq => made.gt_eq(zero()),
        _ => made,
    })
}

fn undefined(
    expr: &RawBinaryExpr,
    left: &Option<SqlType>,
    right: &Option<SqlType>,
) -> datafusion::error::DataFusionError {
    let name = |e: &Expr, found: &Option<SqlType>| match (found, e) {
        (_, Expr::Literal(ScalarValue::Int64(Some(n)), _)) if i32::try_from(*n).is_ok() => {
            SqlType::Int4.to_string()
        }
        (Some(t), _) => t.to_string(),
        (None, _) => SqlType::Unknown.to_string(),
    };
    let (l, r) = (name(&expr.left, left), name(&expr.right, right));
    let message = format!("operator does not exist: {l} {} {r}", expr.op);
    external(Error::new(SqlState::UNDEFINED_FUNCTION, message).hint(
        "No operator matches the given name and argument types. You might need to add explicit type casts.",
    ))
}

/// `json_agg(x)` as what joins the items that `array_agg` collects; the other aggregates likewise.
pub(super) fn aggregated(function: &ast::Function) -> Option<ast::Expr> {
    let name = function.name.0.last()?.as_ident()?.value.to_lowercase();
    let (item, joined) = match name.as_str() {
        "json_agg" => ("__json_item", "__json_of_items"),
        "jsonb_agg" => ("__json_item", "__jsonb_of_items"),
        "json_object_agg" => ("__json_pair", "__json_of_pairs"),
        "jsonb_object_agg" => ("__json_pair", "__jsonb_of_pairs"),
        _ => return None,
    };
    let mut collected = function.clone();
    collected.name = ast::ObjectName::from(vec![ast::Ident::new("array_agg")]);
    let FunctionArguments::List(list) = &mut collected.args else { return None };
    let wanted = if item == "__json_pair" { 2 } else { 1 };
    let args = list.args.iter().map(|arg| match arg {
        ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(e)) => Some(e.clone()),
        _ => None,
    });
    let args = args.collect::<Option<Vec<_>>>().filter(|args| args.len() == wanted)?;
    // Different values come in their own order, not in that of their texts.
    let row = matches!(&args[0], ast::Expr::Function(f) if f.name.to_string().contains("record"));
    if let (true, [value], false) = (list.duplicate_treatment.is_some(), args.as_slice(), row) {
        if list.clauses.is_empty() {
            list.clauses.push(ast::FunctionArgumentClause::OrderBy(vec![in_order(value)]));
        }
        let joined = joined.replace("items", "values");
        return Some(called(&joined, vec![ast::Expr::Function(collected)]));
    }
    let item = called(item, args);
    // What is sorted by must be what is collected, where only distinct values are.
    if list.duplicate_treatment.is_some() {
        if list.clauses.is_empty() {
            list.clauses.push(ast::FunctionArgumentClause::OrderBy(vec![in_order(&item)]));
        }
        for clause in &mut list.clauses {
            if let ast::FunctionArgumentClause::OrderBy(keys) = clause {
                keys.iter_mut().for_each(|key| key.expr = item.clone());
            }
        }
    }
    list.args = vec![ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(item))];
    Some(called(joined, vec![ast::Expr::Function(collected)]))
}

pub(super) fn in_order(value: &ast::Expr) -> ast::OrderByExpr {
    let options = ast::OrderByOptions { asc: None, nulls_first: None };
    ast::OrderByExpr { expr: value.clone(), options, with_fill: None }
}

/// A value that is one of several of which one is json: Arrow has forgotten it.
pub(super) fn labelled(made: Expr, among: &[Expr], schema: &DFSchema) -> Result<Expr> {
    match among.iter().find_map(|e| kind(e, schema).filter(is_json)) {
        Some(SqlType::Json) => scalar("__as_json", vec![made]),
        Some(_) => scalar("__as_jsonb", vec![made]),
        None => of_one_type(made, among, schema),
    }
}

/// Types to which nothing is to be brought: texts of a length would be cut again, numerics have the digits that they
/// have, rows are what their fields are.
pub(super) fn is_as_it_lies(sql_type: &SqlType) -> bool {
    match sql_type {
        SqlType::Array(element) => is_as_it_lies(element),
        SqlType::Varchar(_)
        | SqlType::Bpchar(_)
        | SqlType::Numeric(_)
        | SqlType::Unknown
        | SqlType::Record => true,
        _ => false,
    }
}

/// What stands for `ARRAY(SELECT …)` of no row.
fn is_empty_array(e: &Expr) -> bool {
    match e {
        Expr::Cast(cast) => is_empty_array(&cast.expr),
        Expr::Alias(alias) => is_empty_array(&alias.expr),
        Expr::Literal(ScalarValue::List(list), _) => list.is_valid(0) && list.value(0).is_empty(),
        Expr::ScalarFunction(call) => call.name() == "make_array" && call.args.is_empty(),
        _ => false,
    }
}

/// The same for other types that Arrow does not tell from one another, where all have the same.
fn of_one_type(made: Expr, among: &[Expr], schema: &DFSchema) -> Result<Expr> {
    let mut common: Option<SqlType> = None;
    for e in among {
        if is_empty_array(e) || super::branches::is_unknown(e) {
            continue;
        }
        let field = e.to_field(schema)?.1;
        let found = SqlType::of(&field);
        match &common {
            _ if field.data_type().is_null() => {}
            Some(known) if *known != found => return Ok(made),
            _ => common = Some(found),
        }
    }
    let Some(common) = common else { return Ok(made) };
    let forgotten = SqlType::from_arrow(&common.arrow()) != common;
    if !forgotten || is_as_it_lies(&common) {
        return Ok(made);
    }
    let label = functions::labelled::labelled(&common);
    Ok(Expr::ScalarFunction(ScalarFunction::new_udf(label, vec![made])))
}

fn is_json(t: &SqlType) -> bool {
    matches!(t, SqlType::Json | SqlType::Jsonb)
}

/// `text::jsonb`, `jsonb::integer` and their like; None for casts that have nothing to do with json.
pub(super) fn cast_of(inner: &Expr, from: &SqlType, to: &SqlType) -> Option<Result<Expr>> {
    let call = |name: &str| scalar(name, vec![inner.clone()]);
    Some(match (from, to) {
        (SqlType::Json, SqlType::Json) | (SqlType::Jsonb, SqlType::Jsonb) => return None,
        (SqlType::Jsonb, SqlType::Json) => call("__as_json"),
        (SqlType::Json, SqlType::Jsonb) => call("__jsonb_in"),
        (from, SqlType::Json) if from.is_string() => call("__json_in"),
        (from, SqlType::Jsonb) if from.is_string() => call("__jsonb_in"),
        (SqlType::Jsonb, to) if to.is_number() || *to == SqlType::Bool => {
            let name = super::common::bare(to);
            let text = scalar("__jsonb_scalar", vec![inner.clone(), lit(name)]);
            match to {
                // By way of numeric, which rounds.
                SqlType::Int2 | SqlType::Int4 | SqlType::Int8 => {
                    text.map(|text| cast(cast(text, &SqlType::Numeric(Some((38, 10)))), to))
                }
                _ => text.map(|text| cast(text, to)),
            }
        }
        (SqlType::Json | SqlType::Jsonb, to) if to.is_string() => {
            call("__as_text").map(|text| if *to == SqlType::Text { text } else { cast(text, to) })
        }
        (SqlType::Json | SqlType::Jsonb, _) | (_, SqlType::Json | SqlType::Jsonb) => {
            let message = format!("cannot cast type {from} to {}", super::common::bare(to));
            Err(external(Error::new(SqlState::CANNOT_COERCE, message)))
        }
        _ => return None,
    })
}
