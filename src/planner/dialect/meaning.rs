//! The pass over the bound plan, where types are known: arithmetic, casts and aggregates get PostgreSQL's meaning.
//!
//! Nodes keep the names of their outputs, so that what stands above still finds them; their types may change, and
//! schemas are made anew from the bottom up.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, DFSchemaRef, Result as DfResult};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::expr::{Case, Cast, ScalarFunction, WindowFunction};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{
    BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator, WindowFunctionDefinition,
};

use super::arithmetic::{binary_meaning, negative_meaning};
use super::averages::{averages, forgotten, of_its_own_query, windows_by_keys};
use super::branches::{in_own_schema, is_unknown, match_branches};
use super::casting::{cast_meaning, nested};
use super::common::{bare, common_type, field_of};
use super::types::WRITTEN;
use super::walk::bottom_up;
use super::{calls, casts, cells, doubles, guards, json, spans, specials, temporal};
use crate::catalog::types::{SqlType, UNCONSTRAINED_NUMERIC};
use crate::error::{Error, Result, SqlState};
use crate::functions;
use crate::functions::arrays::{self, How};
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

pub(super) fn require_boolean(e: &Expr, of: &str, schema: &DFSchema) -> DfResult<()> {
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
