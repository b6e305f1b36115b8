//! The pass over the bound plan, where types are known: arithmetic, casts and aggregates get PostgreSQL's meaning.
//!
//! Nodes keep the names of their outputs, so that what stands above still finds them; their types may change, and
//! schemas are made anew from the bottom up.

use std::sync::Arc;

use arrow::datatypes::{DECIMAL256_MAX_PRECISION, DataType, Field};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, DFSchemaRef, Result as DfResult, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::functions_aggregate::count::count_udaf;
use datafusion::functions_aggregate::sum::sum_udaf;
use datafusion::logical_expr::expr::{
    AggregateFunction, AggregateFunctionParams, Case, Cast, ScalarFunction, WindowFunction,
};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{
    Aggregate, AggregateUDF, BinaryExpr, Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder,
    Operator, Window, WindowFunctionDefinition,
};

use super::branches::{in_own_schema, is_unknown, match_branches};
use super::common::{bare, common_type, field_of};
use super::types::WRITTEN;
use super::walk::bottom_up;
use super::{calls, casts, cells, doubles, excluding, guards, json, spans, specials, temporal};
use crate::catalog::types::{SqlType, TYPE_KEY, UNCONSTRAINED_NUMERIC};
use crate::error::{Error, Result, SqlState};
use crate::functions;
use crate::functions::array_text::{self, Item};
use crate::functions::arrays::{self, How};
use crate::functions::special::{Special, carrier};
use crate::patience;
use crate::planner::failure::from_datafusion;

/// Gives a bound query PostgreSQL's meaning.
pub fn rewrite_plan(plan: LogicalPlan) -> Result<LogicalPlan> {
    bottom_up(plan, &node_meaning).map_err(from_datafusion)
}

/// The same for an expression over known columns.
pub fn rewrite_expression(expression: Expr, schema: &DFSchema) -> Result<Expr> {
    expression
        .transform_up(|e| expression_meaning(e, schema))
        .map(|t| t.data)
        .map_err(from_datafusion)
}

/// Put into a column: as a cast, but a text that is too long is not cut.
pub fn assigned(expression: Expr, sql_type: &SqlType) -> Expr {
    let most = match sql_type {
        SqlType::Varchar(Some(n)) | SqlType::Bpchar(Some(n)) => i64::from(*n),
        // A column has no room for NaN, whatever the cast has.
        SqlType::Numeric(_) | SqlType::Array(_) if of_numerics(sql_type) => {
            let declared = match sql_type {
                SqlType::Numeric(Some(digits)) if *digits != UNCONSTRAINED_NUMERIC => Some(*digits),
                _ => None,
            };
            return functions::stored(cast(expression, sql_type), sql_type.arrow(), declared);
        }
        _ => return cast(expression, sql_type),
    };
    let text = cast(expression, &SqlType::Text);
    let function = match sql_type {
        SqlType::Bpchar(_) => "__fit_blank",
        _ => "__fit",
    };
    match functions::scalar(function) {
        Some(fit) => {
            let most = i32::try_from(most).unwrap_or(i32::MAX);
            let arguments = vec![text, datafusion::logical_expr::lit(most)];
            Expr::ScalarFunction(ScalarFunction::new_udf(fit, arguments))
        }
        None => cast(text, sql_type),
    }
}

fn of_numerics(sql_type: &SqlType) -> bool {
    match sql_type {
        SqlType::Array(element) => of_numerics(element),
        other => matches!(other, SqlType::Numeric(_)),
    }
}

/// A cast as assignment makes it, to exactly this type.
pub fn cast(expression: Expr, sql_type: &SqlType) -> Expr {
    Expr::Cast(Cast::new_from_field(Box::new(expression), sql_type.field(WRITTEN, true)))
}

fn node_meaning(node: LogicalPlan) -> DfResult<LogicalPlan> {
    patience::check().map_err(external)?;
    let node = in_own_schema(cells::taken_up(node))?;
    let node = match &node {
        // A leaf's own filters do not exist yet, and LIMIT wants its literals as they are.
        LogicalPlan::TableScan(_) | LogicalPlan::Limit(_) => return Ok(node),
        _ => match_branches(expressions_meaning(node)?)?,
    };
    match spans::in_node(node, averages)? {
        LogicalPlan::Window(window) => windows_by_keys(window),
        LogicalPlan::Join(join) => doubles::in_join(join).map(LogicalPlan::Join),
        other => Ok(other),
    }
}

pub(super) fn expressions_meaning(node: LogicalPlan) -> DfResult<LogicalPlan> {
    let schema = merged_input_schema(&node)?;
    let names = NamePreserver::new(&node);
    let changed = node.map_expressions(|e| {
        let name = names.save(&e);
        let rewritten = e.transform_up(|e| expression_meaning(e, &schema))?;
        Ok(rewritten.update_data(|e| name.restore(e)))
    })?;
    match changed.transformed {
        true => changed.data.recompute_schema(),
        false => Ok(changed.data),
    }
}

pub(super) fn merged_input_schema(node: &LogicalPlan) -> DfResult<DFSchemaRef> {
    let inputs = node.inputs();
    match inputs.as_slice() {
        [] => Ok(Arc::clone(node.schema())),
        [one] => Ok(Arc::clone(one.schema())),
        [first, rest @ ..] => {
            let mut schema = DFSchema::clone(first.schema());
            rest.iter().for_each(|input| schema.merge(input.schema()));
            Ok(Arc::new(schema))
        }
    }
}

pub(super) fn expression_meaning(e: Expr, schema: &DFSchema) -> DfResult<Transformed<Expr>> {
    patience::check().map_err(external)?;
    let free = match &e {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            matches!(op, Operator::Plus | Operator::Minus | Operator::Multiply | Operator::Modulo)
                && (casts::is_free(left, schema) || casts::is_free(right, schema))
        }
        Expr::Negative(inner) => casts::is_free(inner, schema),
        Expr::ScalarFunction(call) if ["abs", "__abs"].contains(&call.name()) => {
            call.args.iter().any(|inner| casts::is_free(inner, schema))
        }
        _ => false,
    };
    let made = meaning(e, schema)?;
    Ok(if free { Transformed::yes(casts::free(made.data, schema)) } else { made })
}

fn meaning(e: Expr, schema: &DFSchema) -> DfResult<Transformed<Expr>> {
    match e {
        Expr::BinaryExpr(binary) => binary_meaning(binary, schema),
        Expr::Cast(cast) => cast_meaning(nested(cast, schema)?, schema),
        // What reads its value is told again that it is a document.
        Expr::ScalarSubquery(subquery) => {
            let value = Expr::ScalarSubquery(subquery);
            let among = [value.clone()];
            let value = json::labelled(value, &among, schema)?;
            Ok(Transformed::yes(match calls::type_of(&among[0], schema)? {
                Some(SqlType::Array(element)) if forgotten(&element) => {
                    arrays::array_of(&element, How::Named, value)
                }
                _ => value,
            }))
        }
        Expr::Negative(inner) => match temporal::negative(&inner, schema)? {
            Some(negative) => Ok(Transformed::yes(negative)),
            None => negative_meaning(*inner, schema),
        },
        Expr::AggregateFunction(mut call) => {
            of_its_own_query(&call)?;
            let changed = spans::aggregate(&mut call, schema)?;
            let call = Expr::AggregateFunction(call);
            Ok(if changed { Transformed::yes(call) } else { Transformed::no(call) })
        }
        Expr::WindowFunction(mut call) => {
            let mut changed = spans::window(&mut call, schema)?;
            changed |= neighbours(&mut call, schema)?;
            let call = Expr::WindowFunction(call);
            Ok(if changed { Transformed::yes(call) } else { Transformed::no(call) })
        }
        Expr::Case(case) => case_meaning(temporal::case(case, schema)?, schema),
        Expr::ScalarFunction(call) if call.name() == "extract" => {
            Ok(match specials::extracted(&call) {
                Some(special) => Transformed::yes(special),
                None => Transformed::no(Expr::ScalarFunction(call)),
            })
        }
        Expr::ScalarFunction(mut call) if functions::open_of(&call.func).is_some() => {
            if OF_OUTPUT.contains(&call.name()) {
                let filled = |e: Expr| calls::filled(e, schema);
                call.args = call.args.into_iter().map(filled).collect::<DfResult<_>>()?;
            }
            calls::call_meaning(call, schema).map(Transformed::yes)
        }
        Expr::ScalarFunction(call) if call.name() == "nullif" => {
            let first: Vec<Expr> = call.args.first().cloned().into_iter().collect();
            let made = calls::nullif(call, schema)?;
            let (made, named) = typed_result(made.data, &first, schema)?;
            Ok(if named { Transformed::yes(made) } else { Transformed::no(made) })
        }
        Expr::InList(list) => match temporal::in_list(&list, schema)? {
            Some(found) => Ok(Transformed::yes(found)),
            None => calls::in_list(list, schema),
        },
        Expr::Between(between) => match temporal::between(&between, schema)? {
            Some(both) => Ok(Transformed::yes(both)),
            None => calls::between(between, schema),
        },
        Expr::InSubquery(mut search) => {
            calls::member(&search.expr, &search.subquery, "=", schema)?;
            doubles::member(&mut search.expr, &mut search.subquery, schema)?;
            Ok(Transformed::yes(Expr::InSubquery(search)))
        }
        Expr::SetComparison(mut search) => {
            let sign = search.op.to_string();
            calls::member(&search.expr, &search.subquery, &sign, schema)?;
            doubles::member(&mut search.expr, &mut search.subquery, schema)?;
            Ok(Transformed::yes(Expr::SetComparison(search)))
        }
        Expr::Like(like) => calls::like(like, schema),
        Expr::IsTrue(inner) => tested(*inner, "IS TRUE", Expr::IsTrue, schema),
        Expr::IsFalse(inner) => tested(*inner, "IS FALSE", Expr::IsFalse, schema),
        Expr::IsNotTrue(inner) => tested(*inner, "IS NOT TRUE", Expr::IsNotTrue, schema),
        Expr::IsNotFalse(inner) => tested(*inner, "IS NOT FALSE", Expr::IsNotFalse, schema),
        Expr::IsUnknown(inner) => tested(*inner, "IS UNKNOWN", Expr::IsUnknown, schema),
        Expr::IsNotUnknown(inner) => tested(*inner, "IS NOT UNKNOWN", Expr::IsNotUnknown, schema),
        Expr::ScalarFunction(mut call) if call.name() == "__series" && call.args.len() == 3 => {
            let changed = series_of_moments(&mut call.args, schema)?;
            let call = Expr::ScalarFunction(call);
            Ok(if changed { Transformed::yes(call) } else { Transformed::no(call) })
        }
        Expr::ScalarFunction(mut call) if MATCHED.contains(&call.name()) => {
            let context = call.name().to_uppercase();
            let mut changed = matched(&context, call.args.iter_mut().collect(), schema)?;
            if let Some(settled) = functions::coalesce::settled(&call.func) {
                one_type(&context, &settled, &call.args, schema)?;
                (call.func, changed) = (settled, true);
            }
            let among = call.args.clone();
            let (call, named) = typed_result(Expr::ScalarFunction(call), &among, schema)?;
            Ok(if changed || named { Transformed::yes(call) } else { Transformed::no(call) })
        }
        other => Ok(Transformed::no(other)),
    }
}

/// `generate_series` from one moment to another: a date or a literal among them is a moment by the session's clock.
fn series_of_moments(args: &mut [Expr], schema: &DFSchema) -> DfResult<bool> {
    let [from, to, step] = args else { return Ok(false) };
    let known = [&*from, &*to].map(|e| calls::type_of(e, schema));
    let known = known.into_iter().collect::<DfResult<Vec<_>>>()?;
    let any = |wanted: &SqlType| known.iter().flatten().any(|t| t == wanted);
    let wanted = match () {
        () if any(&SqlType::Timestamptz) => SqlType::Timestamptz,
        () if any(&SqlType::Timestamp) => SqlType::Timestamp,
        () if any(&SqlType::Date) => SqlType::Timestamptz,
        () => return Ok(false),
    };
    for (e, found) in [from, to].into_iter().zip(&known) {
        if found.as_ref() != Some(&wanted) {
            *e = expression_meaning(cast(std::mem::take(e), &wanted), schema)?.data;
        }
    }
    if calls::type_of(step, schema)?.is_none() {
        let span = cast(std::mem::take(step), &SqlType::Interval);
        *step = expression_meaning(span, schema)?.data;
    }
    Ok(true)
}

/// `lag(value, offset, default)`: value and default come to one type.
fn neighbours(call: &mut WindowFunction, schema: &DFSchema) -> DfResult<bool> {
    let WindowFunctionDefinition::WindowUDF(function) = &call.fun else { return Ok(false) };
    let name = function.name().to_uppercase();
    match (name.as_str(), call.params.args.as_mut_slice()) {
        ("LEAD" | "LAG", [value, _, default]) => matched(&name, vec![value, default], schema),
        _ => Ok(false),
    }
}

fn tested(
    inner: Expr,
    of: &str,
    make: fn(Box<Expr>) -> Expr,
    schema: &DFSchema,
) -> DfResult<Transformed<Expr>> {
    require_boolean(&inner, of, schema)?;
    Ok(Transformed::no(make(Box::new(inner))))
}

/// Functions that take values as they are written out.
const OF_OUTPUT: &[&str] = &[
    "concat",
    "concat_ws",
    "format",
    "octet_length",
    "__format_list",
    "__concat_list",
    "__matches",
    "__matches_not",
    "__imatches",
    "__imatches_not",
];

/// Functions whose arguments come to one type, which is theirs.
const MATCHED: &[&str] = &["coalesce", "greatest", "least"];

pub(super) fn external(e: Error) -> DataFusionError {
    DataFusionError::External(Box::new(e))
}

fn binary_meaning(mut binary: BinaryExpr, schema: &DFSchema) -> DfResult<Transformed<Expr>> {
    if doubles::compares(binary.op)
        && doubles::level([&mut *binary.left, &mut *binary.right], schema)?
    {
        return Ok(Transformed::yes(Expr::BinaryExpr(binary)));
    }
    if let Some(compared) = temporal::distinct(&binary, schema)? {
        return Ok(Transformed::yes(compared));
    }
    let (Ok(left), Ok(right)) = (binary.left.get_type(schema), binary.right.get_type(schema))
    else {
        return Ok(Transformed::no(Expr::BinaryExpr(binary)));
    };
    if let Operator::And | Operator::Or = binary.op {
        let of = binary.op.to_string();
        require_boolean(&binary.left, &of, schema)?;
        require_boolean(&binary.right, &of, schema)?;
        return Ok(guards::guarded(binary));
    }
    if binary.op == Operator::Modulo && (left.is_floating() || right.is_floating()) {
        let of = |e: &Expr| -> DfResult<SqlType> { Ok(SqlType::of(&e.to_field(schema)?.1)) };
        let (left, right) = (of(&binary.left)?, of(&binary.right)?);
        return Err(external(calls::incomparable(&left, &right, "%")));
    }
    if let Some(name) = checked(binary.op, &left, &right) {
        let function =
            functions::scalar(name).ok_or_else(|| external(Error::internal("no arithmetic")))?;
        let arguments = vec![*binary.left, *binary.right];
        let call = ScalarFunction::new_udf(function, arguments);
        return calls::call_meaning(call, schema).map(Transformed::yes);
    }
    if let Some(name) = specials::operator(binary.op, &left, &right) {
        let BinaryExpr { left, right, .. } = binary;
        return calls::of_ours(name, vec![*left, *right], schema).map(Transformed::yes);
    }
    if let (Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq, DataType::List(_)) =
        (binary.op, &left)
        && left == right
    {
        let BinaryExpr { left, op, right } = binary;
        let order = calls::of_ours("__array_order", vec![*left, *right], schema)?;
        let zero = Box::new(datafusion::logical_expr::lit(0i32));
        return Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr::new(Box::new(order), op, zero))));
    }
    let decimal = |t: &DataType| matches!(t, DataType::Decimal128(..) | DataType::Decimal256(..));
    let exact = |t: &DataType| decimal(t) || t.is_integer();
    match binary.op {
        Operator::Divide
            if (decimal(&left) || decimal(&right))
                && exact(&left)
                && exact(&right)
                && (is_wide(&left) || is_wide(&right) || of_constants(&binary)) =>
        {
            let BinaryExpr { left, right, .. } = binary;
            calls::of_ours("__quotient", vec![*left, *right], schema).map(Transformed::yes)
        }
        // A quotient of numerics has at least 16 digits behind the point, not four more than its parts.
        Operator::Divide
            if (decimal(&left) || decimal(&right)) && exact(&left) && exact(&right) =>
        {
            let BinaryExpr { left, right, .. } = binary;
            Ok(Transformed::yes(divide(*left, *right)))
        }
        Operator::Eq
        | Operator::NotEq
        | Operator::Lt
        | Operator::LtEq
        | Operator::Gt
        | Operator::GtEq => match (&left, &right) {
            (DataType::Float64, right) if right.is_decimal() => {
                let BinaryExpr { left, op, right } = binary;
                let right = Box::new(nearest_double(*right, schema)?);
                Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr { left, op, right })))
            }
            (left, DataType::Float64) if left.is_decimal() => {
                let BinaryExpr { left, op, right } = binary;
                let left = Box::new(nearest_double(*left, schema)?);
                Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr { left, op, right })))
            }
            _ => compare(binary, &left, &right, schema),
        },
        _ => Ok(Transformed::no(Expr::BinaryExpr(binary))),
    }
}

/// A quotient of numerics of very many digits is reckoned with all of them.
fn is_wide(t: &DataType) -> bool {
    matches!(t, DataType::Decimal256(..))
}

fn of_constants(binary: &BinaryExpr) -> bool {
    [&binary.left, &binary.right].into_iter().all(|e| functions::literal_of(e).is_some())
}

fn nearest_double(e: Expr, schema: &DFSchema) -> DfResult<Expr> {
    Ok(expression_meaning(cast(e, &SqlType::Float8), schema)?.data)
}

/// Numbers do not wrap around: the function that says so.
fn checked(op: Operator, left: &DataType, right: &DataType) -> Option<&'static str> {
    let number = |t: &DataType| t.is_integer() || t.is_floating() || t.is_decimal();
    if (left.is_floating() || right.is_floating()) && number(left) && number(right) {
        // Doubles fail rather than become infinite.
        return match op {
            Operator::Plus => Some("__float_plus"),
            Operator::Minus => Some("__float_minus"),
            Operator::Multiply => Some("__float_times"),
            Operator::Divide => Some("__float_over"),
            _ => None,
        };
    }
    if !(left.is_signed_integer() && right.is_signed_integer()) {
        return None;
    }
    match op {
        Operator::Modulo => Some("__int_modulo"),
        Operator::Plus => Some("__int_plus"),
        Operator::Minus => Some("__int_minus"),
        Operator::Multiply => Some("__int_times"),
        Operator::Divide => Some("__int_divide"),
        _ => None,
    }
}

/// The least of all whole numbers has no opposite.
fn negative_meaning(inner: Expr, schema: &DFSchema) -> DfResult<Transformed<Expr>> {
    if let Some(negative) = specials::negative(&inner, schema)? {
        return Ok(Transformed::yes(negative));
    }
    let zero = match inner.get_type(schema) {
        Ok(DataType::Int16) => ScalarValue::Int16(Some(0)),
        Ok(DataType::Int32) => ScalarValue::Int32(Some(0)),
        Ok(DataType::Int64) => ScalarValue::Int64(Some(0)),
        _ => return Ok(Transformed::no(Expr::Negative(Box::new(inner)))),
    };
    let function = functions::scalar("__int_minus")
        .ok_or_else(|| external(Error::internal("no arithmetic")))?;
    let call = ScalarFunction::new_udf(function, vec![Expr::Literal(zero, None), inner]);
    Ok(Transformed::yes(Expr::ScalarFunction(call)))
}

/// What follows WHEN is boolean, and what follows THEN and ELSE comes to one type.
fn case_meaning(mut case: Case, schema: &DFSchema) -> DfResult<Transformed<Expr>> {
    if case.expr.is_none() {
        let conditions = case.when_then_expr.iter().map(|(when, _)| when);
        conditions.into_iter().try_for_each(|when| require_boolean(when, "CASE/WHEN", schema))?;
    }
    if let Some(of) = &mut case.expr {
        let whens = case.when_then_expr.iter_mut().map(|(when, _)| &mut **when);
        calls::compared_with(of, whens.collect(), schema)?;
    }
    // As in PostgreSQL, ELSE is looked at first.
    let mut results: Vec<&mut Expr> = case.else_expr.as_deref_mut().into_iter().collect();
    results.extend(case.when_then_expr.iter_mut().map(|(_, then)| &mut **then));
    let changed = matched("CASE", results, schema)?;
    let truth = case
        .when_then_expr
        .iter()
        .any(|(_, then)| then.get_type(schema).is_ok_and(|t| t == DataType::Boolean));
    if truth && guards::must_stay(&case) {
        return Ok(Transformed::yes(guards::closed(case)));
    }
    let among = case.when_then_expr.iter().map(|(_, then)| Expr::clone(then));
    let among: Vec<Expr> = among.chain(case.else_expr.as_deref().cloned()).collect();
    let (case, named) = typed_result(Expr::Case(case), &among, schema)?;
    Ok(if changed || named { Transformed::yes(case) } else { Transformed::no(case) })
}

/// DataFusion gives the result of a choice its Arrow type: ours where Arrow does not say it, and whether it had to be
/// said.
fn typed_result(made: Expr, among: &[Expr], schema: &DFSchema) -> DfResult<(Expr, bool)> {
    let known = |e: &Expr| match is_unknown(e) {
        true => None,
        false => e.to_field(schema).ok().map(|(_, field)| SqlType::of(&field)),
    };
    match among.iter().find_map(known) {
        Some(SqlType::Json | SqlType::Jsonb) => Ok((json::labelled(made, among, schema)?, true)),
        Some(of) if among.iter().filter_map(known).all(|t| t == of) && is_unsaid(&of) => {
            Ok((cast(made, &of), true))
        }
        Some(_) if among.iter().any(|e| casts::is_free(e, schema)) => {
            Ok((casts::free(made, schema), true))
        }
        _ => Ok((json::labelled(made, among, schema)?, false)),
    }
}

/// Whether Arrow has no type for it alone.
fn is_unsaid(of: &SqlType) -> bool {
    (of.is_string() || is_oid_like(of)) && SqlType::from_arrow(&of.arrow()) != *of
}

fn is_oid_like(of: &SqlType) -> bool {
    of.is_registered() || matches!(of, SqlType::Oid | SqlType::Xid | SqlType::Cid)
}

/// What has no common type here may have one to the function itself, or none.
fn one_type(
    context: &str,
    function: &datafusion::logical_expr::ScalarUDF,
    args: &[Expr],
    schema: &DFSchema,
) -> DfResult<()> {
    let fields = args.iter().map(|e| Ok(e.to_field(schema)?.1)).collect::<DfResult<Vec<_>>>()?;
    let types: Vec<DataType> = fields.iter().map(|f| f.data_type().clone()).collect();
    if function.inner().coerce_types(&types).is_ok() {
        return Ok(());
    }
    let mut names = fields.iter().map(|f| bare(&SqlType::of(f)));
    let first = names.next().unwrap_or_default();
    let other = names.find(|name| *name != first).unwrap_or_else(|| first.clone());
    Err(external(Error::new(
        SqlState::DATATYPE_MISMATCH,
        format!("{context} types {first} and {other} cannot be matched"),
    )))
}

/// Brings all to their common type; false if there is nothing to say.
fn matched(context: &str, results: Vec<&mut Expr>, schema: &DFSchema) -> DfResult<bool> {
    let type_of = |e: &Expr| -> DfResult<Option<SqlType>> {
        Ok(if is_unknown(e) { None } else { Some(SqlType::of(&*field_of(e, schema)?)) })
    };
    let mut results = results;
    let mut types = results.iter().map(|e| type_of(e)).collect::<DfResult<Vec<_>>>()?;
    let Some(mut common) = common_type(context, &types).map_err(external)? else {
        return Ok(false);
    };
    if let SqlType::Numeric(_) = common {
        for (result, found) in results.iter_mut().zip(&mut types).filter(|(_, t)| t.is_none()) {
            if let Some(special) = specials::said(result) {
                **result = Expr::Literal(special.literal(), None);
                *found = type_of(result)?;
            }
        }
        common = common_type(context, &types).map_err(external)?.unwrap_or(common);
    }
    for (result, found) in results.into_iter().zip(&types) {
        if found.as_ref() != Some(&common) {
            *result = expression_meaning(cast(std::mem::take(result), &common), schema)?.data;
        }
    }
    Ok(true)
}

fn require_boolean(e: &Expr, of: &str, schema: &DFSchema) -> DfResult<()> {
    let Ok(field) = field_of(e, schema) else { return Ok(()) };
    let found = SqlType::of(&field);
    if is_unknown(e) || found == SqlType::Bool {
        return Ok(());
    }
    Err(external(Error::new(
        SqlState::DATATYPE_MISMATCH,
        format!("argument of {of} must be type boolean, not type {}", bare(&found)),
    )))
}

fn divide(left: Expr, right: Expr) -> Expr {
    match functions::scalar("__numeric_divide") {
        Some(function) => {
            Expr::ScalarFunction(ScalarFunction::new_udf(function, vec![left, right]))
        }
        None => left / right,
    }
}

/// `integer = text` has no operator, and what is `char(n)` is compared without its blanks. A literal in quotes takes
/// the other side's type.
fn compare(
    binary: BinaryExpr,
    left: &DataType,
    right: &DataType,
    schema: &DFSchema,
) -> DfResult<Transformed<Expr>> {
    let text =
        |t: &DataType| matches!(t, DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8);
    let other = match (text(left), text(right)) {
        (true, false) => right,
        (false, true) => left,
        _ => return Ok(Transformed::no(Expr::BinaryExpr(binary))),
    };
    if matches!(other, DataType::Null) || matches!(other, DataType::Dictionary(..)) {
        return Ok(Transformed::no(Expr::BinaryExpr(binary)));
    }
    let BinaryExpr { left: l, op, right: r } = binary;
    let typed_like = |text: Expr, model: &Expr| -> DfResult<Expr> {
        let (_, field) = model.to_field(schema)?;
        let cast_to = SqlType::of(&field);
        let e = cast(text, &cast_to);
        Ok(expression_meaning(e, schema)?.data)
    };
    let is_unknown = |e: &Expr| matches!(e, Expr::Literal(..) | Expr::Placeholder(_));
    match (text(left), is_unknown(&l), is_unknown(&r)) {
        (true, true, _) => {
            let l = typed_like(*l, &r)?;
            Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr::new(Box::new(l), op, r))))
        }
        (false, _, true) => {
            let r = typed_like(*r, &l)?;
            Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr::new(l, op, Box::new(r)))))
        }
        _ => {
            let name = |e: &Expr| -> DfResult<SqlType> { Ok(SqlType::of(&e.to_field(schema)?.1)) };
            Err(external(
                Error::new(
                    SqlState::UNDEFINED_FUNCTION,
                    format!("operator does not exist: {} {op} {}", name(&l)?, name(&r)?),
                )
                .hint("No operator matches the given name and argument types. You might need to add explicit type casts."),
            ))
        }
    }
}

/// An array of several dimensions keeps them in a cast: `integer[]` is the name of all of them.
fn nested(cast: Cast, schema: &DFSchema) -> DfResult<Cast> {
    let SqlType::Array(element) = SqlType::of(&cast.field) else { return Ok(cast) };
    let Ok((_, from)) = cast.expr.to_field(schema) else { return Ok(cast) };
    let (mut depth, mut within) = (0, from.data_type());
    while let DataType::List(item) = within {
        (depth, within) = (depth + 1, item.data_type());
    }
    if depth < 2 {
        return Ok(cast);
    }
    let plain = within.is_integer() || within.is_string();
    if element.is_string() && !plain {
        let what = format!("casting an array of several dimensions to {element}[]");
        return Err(external(Error::unsupported(what)));
    }
    let mut field = element.field("item", true);
    for _ in 0..depth {
        field = Arc::new(Field::new("item", DataType::List(field), true));
    }
    Ok(Cast::new_from_field(cast.expr, field))
}

fn cast_meaning(cast: Cast, schema: &DFSchema) -> DfResult<Transformed<Expr>> {
    let Ok((_, from)) = cast.expr.to_field(schema) else {
        return Ok(Transformed::no(Expr::Cast(cast)));
    };
    let cast = match casts::read(cast, &from, schema)? {
        Ok(done) => return Ok(Transformed::yes(done)),
        Err(cast) => cast,
    };
    let wanted = SqlType::of(&cast.field);
    if is_of_branches(&cast, from.data_type()) {
        return Ok(Transformed::yes(*cast.expr));
    }
    let bare_numeric = wanted == SqlType::Numeric(None)
        && cast.field.metadata().get(TYPE_KEY).is_some_and(|t| t == "numeric");
    let source = from.data_type();
    if let Some(made) = json::cast_of(&cast.expr, &SqlType::of(&from), &wanted) {
        return expression_meaning(made?, schema).map(|made| Transformed::yes(made.data));
    }
    let call = |name: &str, arguments: Vec<Expr>| {
        functions::scalar(name)
            .map(|f| Expr::ScalarFunction(ScalarFunction::new_udf(f, arguments)))
            .ok_or_else(|| external(Error::internal("a cast is missing")))
    };
    if let Some(made) = temporal::cast(&cast.expr, &SqlType::of(&from), &wanted, schema)? {
        return Ok(Transformed::yes(of_text_kind(made, &wanted, schema)));
    }
    if bare_numeric {
        return plain_numeric(cast, source, schema);
    }
    if let Some(made) = specials::cast(&cast, source) {
        return Ok(Transformed::yes(made));
    }
    if let (SqlType::Numeric(Some(_)), Expr::Literal(value, _)) = (&wanted, &*cast.expr)
        && let Some((value, _)) = functions::inputs::float_of(value)
        && let Some(special) = Special::of_double(value)
    {
        let known = Expr::Literal(special.literal(), None);
        return Ok(Transformed::yes(specials::declared(known, &cast)));
    }
    let nearest = match &wanted {
        SqlType::Float8 if source.is_decimal() => Some("__double"),
        SqlType::Float4 if source.is_decimal() => Some("__real"),
        _ => None,
    };
    if let Some(function) = nearest {
        return calls::of_ours(function, vec![*cast.expr], schema).map(Transformed::yes);
    }
    if wanted == SqlType::Float4 && *source == DataType::Float64 {
        return calls::of_ours("__to_float4", vec![*cast.expr], schema).map(Transformed::yes);
    }
    if let (SqlType::Array(element), DataType::List(item)) = (&wanted, source)
        && matches!(**element, SqlType::Int2 | SqlType::Int4 | SqlType::Int8)
    {
        match item.data_type() {
            // Through numerics without a fraction, to which the engine rounds.
            DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) if *scale > 0 => {
                let whole = Field::new_list_field(DataType::Decimal128(38, 0), true);
                let rounded = Cast::new(cast.expr, DataType::List(Arc::new(whole)));
                let made = Cast::new_from_field(Box::new(Expr::Cast(rounded)), cast.field);
                return Ok(Transformed::yes(Expr::Cast(made)));
            }
            DataType::Float32 | DataType::Float64 => {
                let what = "a cast from an array of doubles to one of whole numbers";
                return Err(external(Error::unsupported(what)));
            }
            _ => {}
        }
    }
    let rounds = source.is_floating()
        || matches!(source, DataType::Decimal128(_, s) | DataType::Decimal256(_, s) if *s > 0);
    let narrows = match (&wanted, source) {
        (SqlType::Int2, DataType::Int32 | DataType::Int64) | (SqlType::Int4, DataType::Int64) => {
            true
        }
        (SqlType::Int2 | SqlType::Int4 | SqlType::Int8, source) => rounds || source.is_decimal(),
        _ => false,
    };
    if narrows {
        // DataFusion cuts the fraction off; PostgreSQL rounds.
        let name = match wanted {
            SqlType::Int2 => "__to_int2",
            SqlType::Int4 => "__to_int4",
            _ => "__to_int8",
        };
        return calls::of_ours(name, vec![*cast.expr], schema).map(Transformed::yes);
    }
    if let (SqlType::Array(element), Expr::Literal(value, _)) = (&wanted, &*cast.expr)
        && let Some(Some(text)) = value.try_as_str()
    {
        let list = array_literal(text, element)?;
        return Ok(Transformed::yes(Expr::Literal(list, None)));
    }
    if let (SqlType::Int2Vector | SqlType::OidVector, Expr::Literal(value, _)) =
        (&wanted, &*cast.expr)
        && let Some(Some(text)) = value.try_as_str()
    {
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let element = if wanted == SqlType::Int2Vector { SqlType::Int2 } else { SqlType::Oid };
        let list = array_literal(&format!("{{{}}}", words.join(",")), &element)?;
        let list = Box::new(Expr::Literal(list, None));
        return Ok(Transformed::yes(Expr::Cast(Cast::new_from_field(list, cast.field))));
    }
    if let (SqlType::Array(element), DataType::List(item)) = (&wanted, source)
        && matches!(**element, SqlType::Text | SqlType::Varchar(None))
        && !item.data_type().is_nested()
        && !item.data_type().is_string()
        && !item.data_type().is_integer()
    {
        let made = arrays::array_of(element, How::Shown, *cast.expr);
        return Ok(Transformed::yes(made));
    }
    if let SqlType::Array(element) = &wanted
        && matches!(source, DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8)
        && !source_is_null(&cast.expr)
    {
        let texts = calls::of_ours("__array_in", vec![*cast.expr], schema)?;
        if matches!(**element, SqlType::Text | SqlType::Varchar(None)) {
            return Ok(Transformed::yes(texts));
        }
        return cast_meaning(Cast::new_from_field(Box::new(texts), cast.field), schema)
            .map(|made| Transformed::yes(made.data));
    }
    let is_text = wanted.is_string();
    if is_text && matches!(source, DataType::Struct(_)) {
        let made = call("__record_text", vec![*cast.expr])?;
        return Ok(Transformed::yes(of_text_kind(made, &wanted, schema)));
    }
    let from_text = matches!(source, DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8);
    let reader = match &wanted {
        SqlType::Bytea if from_text => Some("__bytea_in"),
        _ if is_text && SqlType::from_arrow(source) == SqlType::Bytea => Some("__bytea_out"),
        _ => None,
    };
    if let Some(reader) = reader {
        let made = call(reader, vec![*cast.expr])?;
        return Ok(Transformed::yes(of_text_kind(made, &wanted, schema)));
    }
    if is_text && casts::is_free(&cast.expr, schema) {
        let text = Expr::Cast(Cast::new(cast.expr, DataType::Utf8View));
        let made = call("__without_zeros", vec![text])?;
        return Ok(Transformed::yes(of_text_kind(made, &wanted, schema)));
    }
    let shown = matches!(source, DataType::Float32 | DataType::Float64 | DataType::List(_));
    if is_text && shown {
        let made = call("__to_text", vec![*cast.expr])?;
        return Ok(Transformed::yes(of_text_kind(made, &wanted, schema)));
    }
    Ok(Transformed::no(Expr::Cast(cast)))
}

/// Beside a numeric without digits DataFusion's planner brings the other branches of UNION and VALUES to as many as
/// such a one has room for; with how few they all can do is seen once they are known. Casts that are written have a
/// name.
fn is_of_branches(cast: &Cast, source: &DataType) -> bool {
    let (precision, scale) = UNCONSTRAINED_NUMERIC;
    let exact = source.is_integer() || source.is_decimal();
    exact
        && cast.field.name() != WRITTEN
        && cast.field.metadata().is_empty()
        && *cast.field.data_type() == DataType::Decimal128(precision, scale)
}

/// A text that one of ours has made, as the kind of text that was asked for.
fn of_text_kind(made: Expr, wanted: &SqlType, schema: &DFSchema) -> Expr {
    let found = made.to_field(schema).map(|(_, field)| SqlType::of(&field));
    match found {
        Ok(SqlType::Text) if wanted.is_string() && *wanted != SqlType::Text => cast(made, wanted),
        _ => made,
    }
}

fn source_is_null(e: &Expr) -> bool {
    matches!(e, Expr::Literal(value, _) if value.is_null())
}

/// `::numeric` keeps the scale that a value has; Arrow keeps one scale for a column.
fn plain_numeric(cast: Cast, source: &DataType, schema: &DFSchema) -> DfResult<Transformed<Expr>> {
    if let Some((value, digits)) =
        functions::literal_of(&cast.expr).as_ref().and_then(functions::inputs::float_of)
        && let Some(known) = functions::inputs::numeric_of(value, digits)
    {
        return Ok(Transformed::yes(Expr::Literal(known, None)));
    }
    let to = match source {
        DataType::Decimal128(..) | DataType::Decimal256(..) => {
            return Ok(Transformed::yes(*cast.expr));
        }
        // As many digits as a double is sure of, or a real.
        DataType::Float64 | DataType::Float32 => {
            return calls::of_ours("__float_numeric", vec![*cast.expr], schema)
                .map(|made| Transformed::yes(casts::free(made, schema)));
        }
        t if t.is_integer() => DataType::Decimal128(38, 0),
        DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 => {
            DataType::Decimal128(38, literal_scale(&cast.expr).unwrap_or(16))
        }
        _ => DataType::Decimal128(38, 16),
    };
    Ok(Transformed::yes(Expr::Cast(Cast::new(cast.expr, to))))
}

/// `'{1,2,NULL}'` as a list, of lists where it has several dimensions.
fn array_literal(text: &str, element: &SqlType) -> DfResult<ScalarValue> {
    let items = array_text::items(text).map_err(external)?;
    if let SqlType::Numeric(_) = element
        && let Some(scale) = scale_with_specials(&items)
    {
        return list_of(items, &SqlType::Numeric(Some((DECIMAL256_MAX_PRECISION, scale))));
    }
    list_of(items, element)
}

/// How many digits numerics among elements have behind the point, if one of them is NaN or infinite.
fn scale_with_specials(items: &[Item]) -> Option<i8> {
    let (mut special, mut scale) = (false, 0);
    let mut note = |of: (bool, i8)| (special, scale) = (special | of.0, scale.max(of.1));
    for item in items {
        match item {
            Item::Inner(items) => {
                note(scale_with_specials(items).map_or((false, 0), |s| (true, s)))
            }
            Item::Value(Some(text)) if Special::read(text.trim()).is_some() => note((true, 0)),
            Item::Value(Some(text)) => {
                let digits = functions::inputs::exact_numeric(text).ok().map_or(0, |x| x.scale);
                note((false, digits.clamp(0, 38) as i8));
            }
            Item::Value(None) => {}
        }
    }
    special.then_some(scale)
}

fn list_of(items: Vec<Item>, element: &SqlType) -> DfResult<ScalarValue> {
    let values = items.into_iter().map(|item| match item {
        Item::Inner(items) => list_of(items, element),
        Item::Value(value) => {
            match (element, value.as_deref().map(str::trim).and_then(Special::read)) {
                (SqlType::Numeric(Some((precision, scale))), Some(special))
                    if carrier(*scale) == element.arrow() =>
                {
                    Ok(ScalarValue::Decimal256(Some(special.code()), *precision, *scale))
                }
                _ => ScalarValue::Utf8View(value).cast_to(&element.arrow()),
            }
        }
    });
    let values = values.collect::<DfResult<Vec<_>>>()?;
    let kind = values.first().map_or_else(|| element.arrow(), ScalarValue::data_type);
    Ok(ScalarValue::List(ScalarValue::new_list(&values, &kind, true)))
}

fn literal_scale(e: &Expr) -> Option<i8> {
    let Expr::Literal(value, _) = e else { return None };
    let text = value.try_as_str()??;
    let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
    i8::try_from(fraction.trim().len()).ok().filter(|s| *s <= 37)
}

/// An average is a sum divided by a count, as numerics: `avg` over integers and numerics is taken apart, and
/// sums of bigint are kept from wrapping by adding them as numerics.
fn averages(aggregate: Aggregate) -> DfResult<LogicalPlan> {
    let schema = Arc::clone(aggregate.input.schema());
    let mut parts = Parts::default();
    let mut outputs = Vec::new();
    let groups = aggregate.group_expr.clone();
    let group_count = aggregate.schema.fields().len() - aggregate.aggr_expr.len();
    for i in 0..group_count {
        let (qualifier, field) = aggregate.schema.qualified_field(i);
        // The engine's own number of the grouping set: it is gone once grouping() has been made of it.
        if field.name() != Aggregate::INTERNAL_GROUPING_ID {
            outputs.push(Expr::Column(Column::from((qualifier, field))));
        }
    }
    let mut changed = false;
    for (i, e) in aggregate.aggr_expr.iter().enumerate() {
        let name = aggregate.schema.qualified_field(group_count + i).1.name().clone();
        let (inner, _) = unaliased(e);
        let replacement = match inner {
            Expr::AggregateFunction(call) => exact(call, &schema)?,
            _ => None,
        };
        match replacement {
            Some(exact) => {
                changed = true;
                outputs.push(parts.exact(exact).alias(name));
            }
            None => {
                let kept = parts.keep(e.clone(), &name);
                outputs.push(match known_again(inner, &schema)? {
                    Some(of) => {
                        changed = true;
                        cast(unaliased(&kept).0.clone(), &of).alias(name)
                    }
                    None => kept,
                });
            }
        }
    }
    if !changed {
        return Ok(LogicalPlan::Aggregate(aggregate));
    }
    let inner = Aggregate::try_new(aggregate.input, groups, parts.expressions)?;
    LogicalPlanBuilder::from(LogicalPlan::Aggregate(inner)).project(outputs)?.build()
}

/// What has other keys than before may not stand in one node with the rest.
fn windows_by_keys(window: Window) -> DfResult<LogicalPlan> {
    let mut groups: Vec<(String, Vec<Expr>)> = Vec::new();
    for e in &window.window_expr {
        let Expr::WindowFunction(call) = unaliased(e).0 else { return window_averages(window) };
        let keys = format!("{:?} {:?}", call.params.partition_by, call.params.order_by);
        match groups.iter_mut().find(|(known, _)| *known == keys) {
            Some((_, group)) => group.push(e.clone()),
            None => groups.push((keys, vec![e.clone()])),
        }
    }
    if groups.len() < 2 {
        return window_averages(window);
    }
    let outputs: Vec<Expr> = window.schema.columns().into_iter().map(Expr::Column).collect();
    let mut plan = Arc::unwrap_or_clone(window.input);
    for (_, group) in groups {
        plan = window_averages(Window::try_new(group, Arc::new(plan))?)?;
    }
    LogicalPlanBuilder::from(plan).project(outputs)?.build()
}

/// The SQL type of what DataFusion's aggregate gives under the Arrow type alone: elements of an array, and OIDs.
fn known_again(e: &Expr, schema: &DFSchema) -> DfResult<Option<SqlType>> {
    let Expr::AggregateFunction(call) = e else { return Ok(None) };
    let Some(argument) = call.params.args.first() else { return Ok(None) };
    let of = SqlType::of(&argument.to_field(schema)?.1);
    let plain = |t: &SqlType| SqlType::from_arrow(&t.arrow()) == *t;
    Ok(match call.func.name() {
        "array_agg" if matches!(of, SqlType::Varchar(_)) => Some(SqlType::array(of)),
        "array_agg" if !plain(&of) && !json::is_as_it_lies(&of) => Some(SqlType::array(of)),
        "array_agg" if of == SqlType::Numeric(None) => Some(SqlType::array(of)),
        "sum" | "min" | "max" if of == SqlType::Numeric(None) => Some(of),
        "min" | "max" if matches!(of, SqlType::Oid | SqlType::Tid | SqlType::Bpchar(_)) => Some(of),
        _ => None,
    })
}

fn window_averages(window: Window) -> DfResult<LogicalPlan> {
    let schema = Arc::clone(window.input.schema());
    let mut parts = Parts::default();
    let passed = schema.fields().len();
    let mut outputs: Vec<Expr> =
        (0..passed).map(|i| passed_on(Column::from(schema.qualified_field(i)))).collect();
    let mut changed = false;
    for (i, e) in window.window_expr.iter().enumerate() {
        let name = window.schema.qualified_field(passed + i).1.name().clone();
        let (inner, _) = unaliased(e);
        let replacement = match inner {
            Expr::WindowFunction(call) => exact_window(call, &schema)?,
            _ => None,
        };
        match replacement {
            Some(exact) => {
                changed = true;
                outputs.push(parts.exact(exact).alias(name));
            }
            None => {
                let kept = parts.keep(e.clone(), &name);
                outputs.push(match ranks(inner) {
                    // Ranks are unsigned to DataFusion and bigint to PostgreSQL.
                    true => {
                        changed = true;
                        let to = if is_ntile(inner) { DataType::Int32 } else { DataType::Int64 };
                        Expr::Cast(Cast::new(Box::new(kept), to)).alias(name)
                    }
                    false if hands_on(inner, &schema) => {
                        changed = true;
                        cast(kept, &SqlType::Numeric(None)).alias(name)
                    }
                    false => kept,
                });
            }
        }
    }
    if !changed {
        return excluding::in_node(window).map(LogicalPlan::Window);
    }
    let inner = excluding::in_node(Window::try_new(parts.expressions, window.input)?)?;
    LogicalPlanBuilder::from(LogicalPlan::Window(inner)).project(outputs)?.build()
}

/// A column that a projection of ours hands through whether or not it is wanted: under its own full name, which
/// no SELECT gives, so that it counts as read only where something above reads it.
fn passed_on(column: Column) -> Expr {
    let (relation, name) = (column.relation.clone(), column.name.clone());
    match relation {
        Some(relation) => Expr::Column(column).alias_qualified(Some(relation), name),
        None => Expr::Column(column),
    }
}

/// The column, if `e` is one that is only handed through.
pub fn handed_through(e: &Expr) -> Option<&Column> {
    let Expr::Alias(alias) = e else { return None };
    let Expr::Column(column) = &*alias.expr else { return None };
    let same =
        alias.relation.is_some() && alias.relation == column.relation && alias.name == column.name;
    same.then_some(column)
}

/// Whether a window gives values of a numeric without declared digits, or their sum.
fn hands_on(e: &Expr, schema: &DFSchema) -> bool {
    const OF_ITS_ARGUMENT: &[&str] =
        &["sum", "min", "max", "first_value", "last_value", "nth_value", "lag", "lead"];
    let Expr::WindowFunction(call) = e else { return false };
    OF_ITS_ARGUMENT.contains(&call.fun.name())
        && call.params.args.first().is_some_and(|argument| casts::is_free(argument, schema))
}

fn is_ntile(e: &Expr) -> bool {
    matches!(e, Expr::WindowFunction(call) if call.fun.name() == "ntile")
}

fn ranks(e: &Expr) -> bool {
    let Expr::WindowFunction(call) = e else { return false };
    ["row_number", "rank", "dense_rank", "ntile"].contains(&call.fun.name())
}

/// The aggregates that stay below, each once.
#[derive(Default)]
struct Parts {
    expressions: Vec<Expr>,
    seen: Vec<(Expr, String)>,
}

impl Parts {
    /// What an average or a sum becomes over the parts it is taken apart into.
    fn exact(&mut self, exact: Exact) -> Expr {
        match exact {
            Exact::Average(sum, count) => {
                let (sum, count) = (self.add(*sum), self.add(*count));
                divide(sum, as_numeric(count))
            }
            Exact::Sum(sum) => self.add(*sum),
            Exact::Collected(e, element) => arrays::array_of(&element, How::Named, self.add(*e)),
            Exact::As(e, to) => Expr::Cast(Cast::new(Box::new(self.add(*e)), to)),
            Exact::Spread { sum, squares, count, sample, root } => {
                let parts = [*sum, *squares, *count].map(|part| self.add(part));
                let name = if root { "__numeric_deviation" } else { "__numeric_variance" };
                let mut arguments = parts.to_vec();
                arguments.push(datafusion::logical_expr::lit(sample));
                match functions::scalar(name) {
                    Some(f) => Expr::ScalarFunction(ScalarFunction::new_udf(f, arguments)),
                    None => arguments.swap_remove(0),
                }
            }
        }
    }

    fn add(&mut self, e: Expr) -> Expr {
        if let Some((_, name)) = self.seen.iter().find(|(known, _)| *known == e) {
            return Expr::Column(Column::new_unqualified(name.clone()));
        }
        let name = format!("__part{}", self.expressions.len());
        self.expressions.push(e.clone().alias(name.clone()));
        self.seen.push((e, name.clone()));
        Expr::Column(Column::new_unqualified(name))
    }

    fn keep(&mut self, e: Expr, name: &str) -> Expr {
        // What an average is made of may be asked for itself.
        let bare = unaliased(&e).0;
        if let Some((_, part)) = self.seen.iter().find(|(known, _)| known == bare) {
            return Expr::Column(Column::new_unqualified(part.clone())).alias(name);
        }
        self.seen.push((bare.clone(), name.to_owned()));
        self.expressions.push(e);
        Expr::Column(Column::new_unqualified(name))
    }
}

enum Exact {
    /// An aggregate whose result is another type to PostgreSQL.
    As(Box<Expr>, DataType),
    /// An array whose elements have a type of this name.
    Collected(Box<Expr>, SqlType),
    Average(Box<Expr>, Box<Expr>),
    Sum(Box<Expr>),
    /// A variance or its root, from the sum, the sum of squares and the count; of a sample or of all.
    Spread {
        sum: Box<Expr>,
        squares: Box<Expr>,
        count: Box<Expr>,
        sample: bool,
        root: bool,
    },
}

/// Aggregates of whole numbers and numerics that PostgreSQL computes exactly: of a sample or not, the root of it or not.
const SPREADS: &[(&str, bool, bool)] = &[
    ("var", true, false),
    ("var_samp", true, false),
    ("variance", true, false),
    ("var_pop", false, false),
    ("stddev", true, true),
    ("stddev_samp", true, true),
    ("stddev_pop", false, true),
];

/// Types of elements that an array does not tell once it has been through an aggregate or a subquery.
fn forgotten(element: &SqlType) -> bool {
    matches!(element, SqlType::Json | SqlType::Jsonb | SqlType::Uuid | SqlType::Varchar(None))
}

/// What PostgreSQL has no such aggregate for, and what it gives another type.
fn typed_otherwise(call: &AggregateFunction, schema: &DFSchema) -> DfResult<Option<Exact>> {
    let kept = || Box::new(Expr::AggregateFunction(call.clone()));
    let Some(argument) = call.params.args.first() else { return Ok(None) };
    let found = calls::type_of(argument, schema)?;
    match (call.func.name(), &found) {
        ("array_agg", Some(element)) if forgotten(element) => {
            Ok(Some(Exact::Collected(kept(), element.clone())))
        }
        ("regr_count", _) => Ok(Some(Exact::As(kept(), DataType::Int64))),
        ("sum", Some(SqlType::Float4)) => Ok(Some(Exact::As(kept(), DataType::Float32))),
        (
            name @ ("max" | "min"),
            Some(SqlType::Bool | SqlType::Uuid | SqlType::Json | SqlType::Jsonb),
        )
        | (
            name @ "string_agg",
            Some(
                SqlType::Bool
                | SqlType::Int2
                | SqlType::Int4
                | SqlType::Int8
                | SqlType::Numeric(_)
                | SqlType::Float4
                | SqlType::Float8
                | SqlType::Date
                | SqlType::Timestamp,
            ),
        ) => {
            let types = call.params.args.iter().map(|e| calls::type_of(e, schema));
            let names = types.map(|t| t.map(|t| super::operators::name(&t)));
            Err(external(functions::undefined(name, &names.collect::<DfResult<Vec<_>>>()?)))
        }
        _ => spread(call, schema),
    }
}

fn spread(call: &AggregateFunction, schema: &DFSchema) -> DfResult<Option<Exact>> {
    exact_spread(call.func.name(), &call.params.args, schema, |func, args| {
        Expr::AggregateFunction(AggregateFunction {
            func,
            params: AggregateFunctionParams { args, ..call.params.clone() },
        })
    })
}

fn exact_spread(
    name: &str,
    arguments: &[Expr],
    schema: &DFSchema,
    part: impl Fn(Arc<AggregateUDF>, Vec<Expr>) -> Expr,
) -> DfResult<Option<Exact>> {
    let found = SPREADS.iter().find(|(known, ..)| *known == name);
    let (Some((_, sample, root)), [argument]) = (found, arguments) else {
        return Ok(None);
    };
    let value = match argument.get_type(schema)? {
        t if t.is_integer() => as_numeric(argument.clone()),
        DataType::Decimal128(..) | DataType::Decimal256(..) => argument.clone(),
        _ => return Ok(None),
    };
    let scale = match value.get_type(schema)? {
        DataType::Decimal128(_, s) | DataType::Decimal256(_, s) => s,
        _ => 0,
    };
    // Squares are long.
    let wide = Expr::Cast(Cast::new(Box::new(value.clone()), DataType::Decimal256(38, scale)));
    let with = |func, args| Box::new(part(func, args));
    Ok(Some(Exact::Spread {
        sum: with(sum_udaf(), vec![value]),
        squares: with(sum_udaf(), vec![wide.clone() * wide]),
        count: with(count_udaf(), vec![argument.clone()]),
        sample: *sample,
        root: *root,
    }))
}

fn unaliased(e: &Expr) -> (&Expr, bool) {
    match e {
        Expr::Alias(alias) => (&alias.expr, true),
        other => (other, false),
    }
}

pub(super) fn as_numeric(e: Expr) -> Expr {
    Expr::Cast(Cast::new(Box::new(e), DataType::Decimal128(38, 0)))
}

/// To SQL, an aggregate of nothing but an outer query's columns is an aggregate of that query; the engine would
/// reckon it in the subquery.
fn of_its_own_query(call: &AggregateFunction) -> DfResult<()> {
    let AggregateFunctionParams { args, filter, order_by, .. } = &call.params;
    let (mut outer, mut own) = (false, false);
    let parts = args.iter().chain(filter.as_deref()).chain(order_by.iter().map(|key| &key.expr));
    for part in parts {
        part.apply(|e| {
            outer |= matches!(e, Expr::OuterReferenceColumn(..));
            own |= matches!(e, Expr::Column(_)) || !e.column_refs().is_empty();
            Ok(TreeNodeRecursion::Continue)
        })?;
    }
    match outer && !own {
        true => Err(external(Error::unsupported("an aggregate of an outer query in a subquery"))),
        false => Ok(()),
    }
}

/// What to add up, as a numeric where PostgreSQL's result is one.
fn summand(argument: &Expr, schema: &DFSchema, average: bool) -> DfResult<Option<Expr>> {
    Ok(match argument.get_type(schema)? {
        DataType::Int64 => Some(as_numeric(argument.clone())),
        t if t.is_integer() && average => Some(as_numeric(argument.clone())),
        DataType::Decimal128(..) if average => Some(argument.clone()),
        _ => None,
    })
}

fn exact(call: &AggregateFunction, schema: &DFSchema) -> DfResult<Option<Exact>> {
    if let Some(summed) = specials::summed(call, schema) {
        return Ok(Some(Exact::Sum(Box::new(summed))));
    }
    let average = call.func.name() == "avg";
    if !average && call.func.name() != "sum" {
        return typed_otherwise(call, schema);
    }
    let Some(argument) = call.params.args.first() else { return Ok(None) };
    let Some(what) = summand(argument, schema, average)? else {
        return typed_otherwise(call, schema);
    };
    let with = |func, args| {
        Expr::AggregateFunction(AggregateFunction {
            func,
            params: AggregateFunctionParams { args, ..call.params.clone() },
        })
    };
    let sum = Box::new(with(sum_udaf(), vec![what]));
    Ok(Some(match average {
        true => Exact::Average(sum, Box::new(with(count_udaf(), vec![argument.clone()]))),
        false => Exact::Sum(sum),
    }))
}

fn exact_window(call: &WindowFunction, schema: &DFSchema) -> DfResult<Option<Exact>> {
    if let Some(sums) = specials::sums(call.fun.name(), &call.params.args, schema) {
        let mut window = call.clone();
        window.fun = WindowFunctionDefinition::AggregateUDF(sums);
        return Ok(Some(Exact::Sum(Box::new(Expr::WindowFunction(Box::new(window))))));
    }
    let average = call.fun.name() == "avg";
    let Some(argument) = call.params.args.first() else { return Ok(None) };
    let kept = || Box::new(Expr::WindowFunction(Box::new(call.clone())));
    match (call.fun.name(), calls::type_of(argument, schema)?) {
        ("sum", Some(SqlType::Float4)) => return Ok(Some(Exact::As(kept(), DataType::Float32))),
        ("array_agg", Some(element)) if forgotten(&element) => {
            return Ok(Some(Exact::Collected(kept(), element)));
        }
        ("sum" | "avg", _) => {}
        (name, _) => {
            return exact_spread(name, &call.params.args, schema, |func, args| {
                let mut window = call.clone();
                window.fun = WindowFunctionDefinition::AggregateUDF(func);
                window.params.args = args;
                Expr::WindowFunction(Box::new(window))
            });
        }
    }
    let Some(what) = summand(argument, schema, average)? else { return Ok(None) };
    let with = |func, arg: Expr| {
        let mut window = call.clone();
        window.fun = WindowFunctionDefinition::AggregateUDF(func);
        window.params.args = vec![arg];
        Expr::WindowFunction(Box::new(window))
    };
    let sum = Box::new(with(sum_udaf(), what));
    Ok(Some(match average {
        true => Exact::Average(sum, Box::new(with(count_udaf(), argument.clone()))),
        false => Exact::Sum(sum),
    }))
}
