//! DEFAULT of a column: what may stand there, and the text that is kept of it and shown.

use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{FieldRef, Schema};
use datafusion::common::DFSchema;
use datafusion::common::config::ConfigOptions;
use datafusion::logical_expr::execution_props::ExecutionProps;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::physical_expr::create_physical_expr;

use super::failure::OrFail;
use super::query::Binder;
use super::write::{castable, is_untyped};
use crate::catalog::name::quote_literal;
use crate::catalog::relation::Column;
use crate::catalog::types::SqlType;
use crate::error::{Error, Result, SqlState};
use crate::parser::ast;
use crate::parser::statement::Kind;

/// The text to keep, once it is known to hold; none where the default is NULL anyway.
pub(super) fn text(
    binder: &Binder<'_>,
    column: &Column,
    expression: &ast::Expr,
) -> Result<Option<String>> {
    if matches!(expression, ast::Expr::Value(v) if matches!(v.value, ast::Value::Null)) {
        return Ok(None);
    }
    refuse_parts(expression)?;
    let (bound, field) = bind(binder, expression)?;
    super::dialect::refuse_ambiguous_expression(&bound, binder.scope)?;
    let (from, to) = (SqlType::of(&field), &column.sql_type);
    if !is_untyped(&bound) && !castable(&from, to) {
        let message = format!(
            "column \"{}\" is of type {to} but default expression is of type {from}",
            column.name
        );
        return Err(Error::new(SqlState::DATATYPE_MISMATCH, message)
            .hint("You will need to rewrite or cast the expression."));
    }
    check_literal(binder, &bound, to)?;
    Ok(Some(shown(expression, to)))
}

/// A text in quotes must be one of the column's type, also before there is a row.
fn check_literal(binder: &Binder<'_>, bound: &Expr, to: &SqlType) -> Result<()> {
    if !matches!(bound, Expr::Literal(value, _) if !value.is_null()) || !is_untyped(bound) {
        return Ok(());
    }
    let nothing = DFSchema::empty();
    let wanted = super::dialect::cast(bound.clone(), &to.without_modifier());
    let wanted = super::dialect::rewrite_expression(wanted, &nothing)?;
    let mut options = ConfigOptions::new();
    binder.scope.put_into(&mut options);
    let mut props = ExecutionProps::new();
    props.mark_start_execution(Arc::new(options));
    let one_row = RecordBatchOptions::new().with_row_count(Some(1));
    let one_row =
        RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &one_row)
            .map_err(|e| Error::internal("a row of nothing").because(e))?;
    let read = create_physical_expr(&wanted, &nothing, &props, &PhysicalPlanningContext::default())
        .or_fail()?;
    read.evaluate(&one_row).or_fail()?;
    Ok(())
}

/// Bound as if it were selected by itself. Its meaning is PostgreSQL's only once the plan that it is put into is
/// rewritten.
pub(super) fn bind(binder: &Binder<'_>, expression: &ast::Expr) -> Result<(Expr, FieldRef)> {
    let mut parsed = crate::parser::parse(&format!("SELECT {expression}"))?;
    let Some(Kind::Query(query)) = parsed.pop().map(|s| s.kind) else {
        return Err(Error::internal("a default does not parse"));
    };
    let plan = binder.bind(&query, &[])?.plan;
    let LogicalPlan::Projection(projection) = &plan else { return Err(no_such("these")) };
    if !matches!(&*projection.input, LogicalPlan::EmptyRelation(_)) {
        let aggregates = matches!(&*projection.input, LogicalPlan::Aggregate(_));
        return Err(no_such(if aggregates { "aggregate" } else { "set-returning" }));
    }
    let field = plan.schema().fields().first().cloned();
    match (projection.expr.first().cloned(), field) {
        (Some(expression), Some(field)) => Ok((expression.unalias(), field)),
        _ => Err(Error::internal("a default without a value")),
    }
}

fn no_such(kind: &str) -> Error {
    let state = match kind {
        "aggregate" => SqlState::GROUPING_ERROR,
        _ => SqlState::FEATURE_NOT_SUPPORTED,
    };
    Error::new(state, format!("{kind} functions are not allowed in DEFAULT expressions"))
}

fn refuse_parts(expression: &ast::Expr) -> Result<()> {
    let mut refused = None;
    let _ = ast::visit_expressions(expression, |e| {
        refused = match e {
            ast::Expr::Identifier(_) | ast::Expr::CompoundIdentifier(_) => Some("column reference"),
            ast::Expr::Subquery(_) | ast::Expr::Exists { .. } | ast::Expr::InSubquery { .. } => {
                Some("subquery")
            }
            _ => None,
        };
        if refused.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    match refused {
        Some(what) => Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!("cannot use {what} in DEFAULT expression"),
        )),
        None => Ok(()),
    }
}

/// As `pg_get_expr` shows it.
fn shown(expression: &ast::Expr, to: &SqlType) -> String {
    match expression {
        ast::Expr::Nested(inner) => shown(inner, to),
        ast::Expr::Value(value) => match &value.value {
            ast::Value::SingleQuotedString(text) | ast::Value::EscapedStringLiteral(text) => {
                literal(text, to)
            }
            ast::Value::Boolean(on) => on.to_string(),
            other => other.to_string(),
        },
        ast::Expr::UnaryOp { op: ast::UnaryOperator::Minus, expr } => match &**expr {
            ast::Expr::Value(value) => match &value.value {
                ast::Value::Number(digits, _) => {
                    let whole = digits.chars().all(|c| c.is_ascii_digit());
                    let of = if whole { "integer" } else { "numeric" };
                    format!("'-{digits}'::{of}")
                }
                _ => expression.to_string(),
            },
            _ => expression.to_string(),
        },
        ast::Expr::Function(function) => {
            let name = function.name.to_string();
            let text = expression.to_string();
            let keyword = matches!(function.args, ast::FunctionArguments::None);
            match keyword {
                true => name.to_uppercase(),
                false => format!("{}{}", name.to_lowercase(), &text[name.len()..]),
            }
        }
        other => other.to_string(),
    }
}

/// A text in quotes as the column's type reads it.
fn literal(text: &str, to: &SqlType) -> String {
    let whole = text.parse::<i64>().is_ok();
    match to {
        SqlType::Int2 | SqlType::Int4 | SqlType::Int8 if whole => {
            if text.starts_with('-') {
                format!("'{text}'::{to}")
            } else {
                text.to_owned()
            }
        }
        SqlType::Bool => match text.to_lowercase().as_str() {
            "t" | "true" | "yes" | "on" | "1" => "true".to_owned(),
            _ => "false".to_owned(),
        },
        SqlType::Varchar(_) => format!("{}::character varying", quote_literal(text)),
        SqlType::Bpchar(_) => format!("{}::bpchar", quote_literal(text)),
        SqlType::Numeric(_) => format!("{}::numeric", quote_literal(text)),
        other => format!("{}::{other}", quote_literal(text)),
    }
}
