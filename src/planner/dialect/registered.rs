//! `regclass` and its kin in a bound plan: inside a query they are OIDs, to who reads them names. Texts cast to one are
//! looked up, one cast to text is named, and those that go to the client take their names along.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result as DfResult};
use datafusion::logical_expr::expr::{Cast, InList, ScalarFunction};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{BinaryExpr, Expr, LogicalPlan, LogicalPlanBuilder, Operator};

use super::branches::{in_own_schema, with_schema};
use super::common::field_of;
use super::meaning::{external, merged_input_schema};
use crate::catalog::types::SqlType;
use crate::error::{Error, Result};
use crate::planner::failure::from_datafusion;
use crate::system::functions::registered::{namer, reader, shown};
use crate::system::functions::scalar;
use crate::system::scope::Scope;

/// Gives a bound query's `reg…` expressions their meaning.
pub fn look_up(plan: LogicalPlan, scope: &Arc<Scope>) -> Result<LogicalPlan> {
    if !concerned(&plan) {
        return Ok(plan);
    }
    plan.transform_up_with_subqueries(|node| in_node(node, scope).map(Transformed::yes))
        .map(|t| t.data)
        .map_err(from_datafusion)
}

/// The same for an expression over known columns.
pub fn look_up_in(expression: Expr, schema: &DFSchema, scope: &Arc<Scope>) -> Result<Expr> {
    expression
        .transform_up(|e| in_expression(e, schema, scope))
        .map(|t| t.data)
        .map_err(from_datafusion)
}

/// The plan with the names of its `reg…` columns, as it goes to a client.
pub fn show(plan: LogicalPlan, scope: &Arc<Scope>) -> Result<LogicalPlan> {
    let fields = plan.schema().fields();
    if !fields.iter().any(|f| registered(&SqlType::of(f)).is_some()) {
        return Ok(plan);
    }
    let columns = plan.schema().columns().into_iter().zip(fields.iter());
    let columns = columns.map(|(column, field)| {
        let name = column.name.clone();
        match registered(&SqlType::of(field)) {
            Some(of) => Ok(call(&shown(of), Expr::Column(column), scope)?.alias(name)),
            None => Ok(Expr::Column(column)),
        }
    });
    columns
        .collect::<DfResult<Vec<_>>>()
        .and_then(|columns| LogicalPlanBuilder::from(plan).project(columns)?.build())
        .map_err(from_datafusion)
}

/// The type itself, or an array's.
fn registered(sql_type: &SqlType) -> Option<&SqlType> {
    match sql_type {
        SqlType::Array(element) => registered(element),
        scalar => scalar.is_registered().then_some(scalar),
    }
}

/// Most queries hold nothing of the kind.
fn concerned(plan: &LogicalPlan) -> bool {
    let mut found = false;
    let special = |of: &SqlType| {
        registered(of).is_some() || is_oid(of) || is_vector(of) || *of == SqlType::Tid
    };
    let walked = plan.apply_with_subqueries(|node| {
        found |= node.schema().fields().iter().any(|f| special(&SqlType::of(f)));
        node.apply_expressions(|e| {
            e.apply(|e| {
                found |= match e {
                    Expr::Cast(cast) => special(&SqlType::of(&cast.field)),
                    Expr::ScalarFunction(call) => {
                        ["pg_typeof", "age"].contains(&call.name())
                            || call.name().starts_with("to_reg")
                    }
                    _ => false,
                };
                Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
            })
        })
    });
    debug_assert!(walked.is_ok(), "the walk itself never fails");
    found
}

fn in_node(node: LogicalPlan, scope: &Arc<Scope>) -> DfResult<LogicalPlan> {
    if matches!(node, LogicalPlan::TableScan(_) | LogicalPlan::Limit(_)) {
        return Ok(node);
    }
    let node = in_own_schema(node)?;
    let schema = merged_input_schema(&node)?;
    let names = NamePreserver::new(&node);
    let node = node.map_expressions(|e| {
        let name = names.save(&e);
        let rewritten = e.transform_up(|e| in_expression(e, &schema, scope))?;
        Ok(rewritten.update_data(|e| name.restore(e)))
    })?;
    with_schema(node.data)
}

fn call(name: &str, argument: Expr, scope: &Arc<Scope>) -> DfResult<Expr> {
    let function =
        scalar(name, scope).ok_or_else(|| external(Error::internal("no such registry")))?;
    Ok(Expr::ScalarFunction(ScalarFunction::new_udf(function, vec![argument])))
}

fn type_of(e: &Expr, schema: &DFSchema) -> Option<SqlType> {
    field_of(e, schema).ok().map(|field| SqlType::of(&field))
}

/// A literal in quotes, which takes the other side's type.
fn is_text_literal(e: &Expr) -> bool {
    matches!(e, Expr::Literal(value, _) if value.try_as_str().flatten().is_some())
}

fn in_expression(e: Expr, schema: &DFSchema, scope: &Arc<Scope>) -> DfResult<Transformed<Expr>> {
    match e {
        Expr::Cast(cast) => in_cast(cast, schema, scope),
        Expr::BinaryExpr(binary) => in_binary(binary, schema, scope),
        Expr::InList(InList { expr, list, negated }) => {
            let number = type_of(&expr, schema).is_some_and(|of| is_oid(&of));
            let list = list.into_iter().map(|item| match number && is_text_literal(&item) {
                true => call("__oid_in", item, scope),
                false => Ok(item),
            });
            let list = list.collect::<DfResult<_>>()?;
            Ok(Transformed::yes(Expr::InList(InList { expr, list, negated })))
        }
        Expr::ScalarFunction(mut function) if NAMING.contains(&function.name()) => {
            for argument in &mut function.args {
                name_in_place(argument, schema, scope)?;
            }
            Ok(Transformed::yes(Expr::ScalarFunction(function)))
        }
        Expr::ScalarFunction(mut function) if function.name() == "age" => {
            match function.args.as_slice() {
                [xid] if type_of(xid, schema) == Some(SqlType::Xid) => {
                    call("__age", function.args.swap_remove(0), scope).map(Transformed::yes)
                }
                _ => Ok(Transformed::no(Expr::ScalarFunction(function))),
            }
        }
        other => Ok(Transformed::no(other)),
    }
}

/// Functions that take anything and write it as text.
const NAMING: &[&str] = &[
    "array_to_json",
    "array_to_string",
    "concat",
    "concat_ws",
    "format",
    "quote_literal",
    "quote_nullable",
    "json_build_array",
    "json_build_object",
    "jsonb_build_array",
    "jsonb_build_object",
    "to_json",
    "to_jsonb",
    "row_to_json",
    "__json_item",
    "__json_pair",
];

fn name_in_place(e: &mut Expr, schema: &DFSchema, scope: &Arc<Scope>) -> DfResult<()> {
    if let Expr::ScalarFunction(row) = e
        && row.name().starts_with("__record")
    {
        return row.args.iter_mut().try_for_each(|field| name_in_place(field, schema, scope));
    }
    match type_of(e, schema) {
        Some(of) if registered(&of).is_some() => {
            let of = registered(&of).cloned().unwrap_or(of);
            *e = call(&namer(&of), std::mem::take(e), scope)?;
        }
        Some(SqlType::Tid) => {
            *e = super::meaning::cast(std::mem::take(e), &SqlType::Text);
        }
        _ => {}
    }
    Ok(())
}

fn is_oid(of: &SqlType) -> bool {
    *of == SqlType::Oid || *of == SqlType::Xid || of.is_registered()
}

/// Numbers with blanks between, where an array has braces and commas.
fn is_vector(of: &SqlType) -> bool {
    matches!(of, SqlType::Int2Vector | SqlType::OidVector)
}

fn in_cast(cast: Cast, schema: &DFSchema, scope: &Arc<Scope>) -> DfResult<Transformed<Expr>> {
    let to = SqlType::of(&cast.field);
    let Some(from) = type_of(&cast.expr, schema) else {
        return Ok(Transformed::no(Expr::Cast(cast)));
    };
    let null = matches!(&*cast.expr, Expr::Literal(value, _) if value.is_null());
    let known = matches!(from, SqlType::Int2 | SqlType::Int4 | SqlType::Int8 | SqlType::Oid)
        || from.is_registered()
        || from.is_string();
    if to.is_registered() && known && !null {
        if from == to {
            return Ok(Transformed::yes(*cast.expr));
        }
        return call(&reader(&to), *cast.expr, scope).map(Transformed::yes);
    }
    if to == SqlType::Oid && from.is_string() && !null {
        return call("__oid_in", *cast.expr, scope).map(Transformed::yes);
    }
    if to == SqlType::Oid && from == SqlType::Int8 && !null {
        return call("__oid_of", *cast.expr, scope).map(Transformed::yes);
    }
    if to.is_string() && is_vector(&from) {
        let named = call("__vector_out", *cast.expr, scope)?;
        return Ok(Transformed::yes(Expr::Cast(Cast { expr: Box::new(named), field: cast.field })));
    }
    if to.is_string() && from.is_registered() {
        let named = call(&namer(&from), *cast.expr, scope)?;
        return Ok(Transformed::yes(Expr::Cast(Cast { expr: Box::new(named), field: cast.field })));
    }
    let texts = match &to {
        SqlType::Array(element) => element.is_string(),
        other => other.is_string(),
    };
    if let SqlType::Array(of) = &from
        && texts
        && of.is_registered()
    {
        let named = call(&namer(of), *cast.expr, scope)?;
        return Ok(Transformed::yes(Expr::Cast(Cast { expr: Box::new(named), field: cast.field })));
    }
    Ok(Transformed::no(Expr::Cast(cast)))
}

fn in_binary(
    mut binary: BinaryExpr,
    schema: &DFSchema,
    scope: &Arc<Scope>,
) -> DfResult<Transformed<Expr>> {
    let types = [&binary.left, &binary.right].map(|e| type_of(e, schema));
    if !types.iter().flatten().any(is_oid) {
        return Ok(Transformed::no(Expr::BinaryExpr(binary)));
    }
    if binary.op == Operator::StringConcat {
        name_in_place(&mut binary.left, schema, scope)?;
        name_in_place(&mut binary.right, schema, scope)?;
        return Ok(Transformed::yes(Expr::BinaryExpr(binary)));
    }
    // To the operators these types are `oid`, and so is a literal beside one.
    for side in [&mut binary.left, &mut binary.right] {
        if is_text_literal(side) {
            **side = call("__oid_in", std::mem::take(&mut **side), scope)?;
        }
    }
    Ok(Transformed::yes(Expr::BinaryExpr(binary)))
}
