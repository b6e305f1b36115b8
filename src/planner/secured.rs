//! Row policies and masks: what stands between a relation and a role that is not above them.
//!
//! A protected relation is bound as a leaf with a body of its own: the relation beneath its policies, filtered by
//! them, its columns put through their masks. Nothing a reader writes gets into that body
//! (`engine::secured` keeps it so while the query is optimised). PostgreSQL manual, 5.8 and CREATE POLICY, say
//! which policies bind whom; masks follow the same rules.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field};
use datafusion::common::TableReference;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};

use super::dialect;
use super::failure::OrFail;
use super::query::{Binder, Bound, conform};
use super::sources::{Kind, Source};
use super::write::castable;
use crate::catalog::name::{RelationId, quote_ident};
use crate::catalog::protection::{Command, Expression, Policy};
use crate::catalog::relation::Relation;
use crate::catalog::snapshot::Exposure;
use crate::catalog::types::SqlType;
use crate::error::{Error, Result, SqlState};
use crate::parser::ast;
use crate::parser::statement::Kind as Parsed;

/// The name under which an expression's own relation stands in the query that is made of it. No statement can
/// hold it: the parser refuses the character.
pub(super) const ROW: &str = "\u{1}row";

/// A relation being protected, and those further out whose policies led here.
#[derive(Clone)]
pub(super) struct Guarding {
    pub relation: Arc<Relation>,
    pub outer: Vec<RelationId>,
}

/// What a role sees of a protected relation; None if nothing stands between them.
pub(super) fn body(binder: &Binder<'_>, relation: &Arc<Relation>) -> Result<Option<Kind>> {
    let snapshot = &binder.scope.snapshot;
    if snapshot.exposure(binder.role, relation) == Exposure::Open {
        return Ok(None);
    }
    let policies = snapshot.policies_for(binder.role, relation, Command::Select);
    let mut masks = BTreeMap::new();
    for column in &relation.columns {
        if let Some(mask) = snapshot.mask_for(binder.role, relation, column.number) {
            masks.insert(column.number, mask);
        }
    }
    if policies.is_none() && masks.is_empty() {
        return Ok(None);
    }
    refuse_if_off(binder, relation)?;
    let guarding = guard(binder, relation)?;
    let mut applied = Vec::new();
    let mut plan = row(relation)?;
    if let Some(policies) = &policies {
        applied.extend(policies.iter().map(|p| format!("policy {}", p.name)));
        let filter = combined(binder, &guarding, policies, |p| p.using.as_ref())?;
        plan = LogicalPlanBuilder::from(plan).filter(filter).or_fail()?.build().or_fail()?;
        if !masks.is_empty() {
            plan = apart(binder, relation, plan)?;
        }
    }
    let mut columns = Vec::new();
    for column in &relation.columns {
        let own = Expr::Column(datafusion::common::Column::new(
            Some(reference(relation)),
            column.name.as_str(),
        ));
        columns.push(match masks.get(&column.number) {
            Some(mask) => {
                applied.push(format!("mask {}", mask.name));
                masked(binder, &guarding, &mask.using, &column.name)?.alias(&column.name)
            }
            None => own,
        });
    }
    let plan = LogicalPlanBuilder::from(plan).project(columns).or_fail()?.build().or_fail()?;
    let plan = binder.rewrite(plan)?;
    let types: Vec<_> = relation.columns.iter().map(|c| (&*c.name, &c.sql_type)).collect();
    let body = Arc::new(conform(plan, &types).or_fail()?);
    let masked = masks.into_keys().collect();
    Ok(Some(Kind::Secured { relation: Arc::clone(relation), body, masked, applied }))
}

/// `row_security = off` promises an answer that no policy has touched, or none.
fn refuse_if_off(binder: &Binder<'_>, relation: &Relation) -> Result<()> {
    match binder.scope.settings.get("row_security").map(String::as_str) {
        Some("off") => Err(Error::not_allowed(format!(
            "query would be affected by row-level security policy for table \"{}\"",
            relation.name
        ))),
        _ => Ok(()),
    }
}

fn guard(binder: &Binder<'_>, relation: &Arc<Relation>) -> Result<Guarding> {
    let mut outer = binder.guarded.to_vec();
    if outer.contains(&relation.id) {
        return Err(Error::new(
            SqlState::INVALID_OBJECT_DEFINITION,
            format!("infinite recursion detected in policy for relation \"{}\"", relation.name),
        ));
    }
    outer.push(relation.id);
    Ok(Guarding { relation: Arc::clone(relation), outer })
}

/// The relation beneath its policies, under its own name.
fn row(relation: &Arc<Relation>) -> Result<LogicalPlan> {
    let kind = Kind::Unsecured(Arc::clone(relation));
    let source = Arc::new(Source { kind, arrow_schema: relation.storage_schema() });
    let scan = LogicalPlanBuilder::scan(ROW, source, None).or_fail()?;
    scan.alias(reference(relation)).or_fail()?.build().or_fail()
}

/// The rows that policies let through, as a leaf of their own: a mask is worked out for these and no other,
/// wherever the optimiser would rather put it.
fn apart(binder: &Binder<'_>, relation: &Arc<Relation>, rows: LogicalPlan) -> Result<LogicalPlan> {
    let body = Arc::new(binder.rewrite(rows)?);
    let kind = Kind::Filtered { relation: Arc::clone(relation), body };
    let source = Arc::new(Source { kind, arrow_schema: relation.storage_schema() });
    LogicalPlanBuilder::scan(reference(relation), source, None).or_fail()?.build().or_fail()
}

/// A relation's name as it is, whatever characters it has.
fn reference(relation: &Relation) -> TableReference {
    TableReference::bare(relation.name.as_str())
}

/// Rows pass if one permissive policy and all restrictive ones say so; with no permissive one, none do.
fn combined<'p>(
    binder: &Binder<'_>,
    guarding: &Guarding,
    policies: &[&'p Policy],
    expression: impl Fn(&'p Policy) -> Option<&'p Expression>,
) -> Result<Expr> {
    let (mut any, mut all) = (None, None);
    for policy in policies {
        // A policy without an expression says nothing: a permissive one permits no row, a restrictive one
        // refuses none.
        let Some(expression) = expression(policy) else { continue };
        let e = predicate(binder, guarding, expression)?;
        let joined = if policy.permissive { &mut any } else { &mut all };
        *joined = Some(match joined.take() {
            None => e,
            Some(others) if policy.permissive => Expr::or(others, e),
            Some(others) => Expr::and(others, e),
        });
    }
    let permitted = any.unwrap_or_else(|| lit(false));
    Ok(match all {
        Some(all) => permitted.and(all),
        None => permitted,
    })
}

/// An expression that needs more than one row: what it was bound to says which kind it is.
fn shape(plan: &LogicalPlan, what: &str) -> Error {
    let mut at = plan;
    let kind = loop {
        match at {
            LogicalPlan::Window(_) => break "window",
            LogicalPlan::Aggregate(_) => break "aggregate",
            other => match other.inputs().first() {
                Some(input) => at = input,
                None => break "set-returning",
            },
        }
    };
    let state = match kind {
        "window" => SqlState::WINDOWING_ERROR,
        "aggregate" => SqlState::GROUPING_ERROR,
        _ => SqlState::FEATURE_NOT_SUPPORTED,
    };
    Error::new(state, format!("{kind} functions are not allowed in {what} expressions"))
}

/// Whether an expression was bound over the row itself and nothing in between.
fn of_one_row(plan: &LogicalPlan) -> bool {
    matches!(plan, LogicalPlan::Projection(p) if matches!(*p.input, LogicalPlan::SubqueryAlias(_)))
}

/// A policy's expression over [`row`].
pub(super) fn predicate(
    binder: &Binder<'_>,
    guarding: &Guarding,
    expression: &Expression,
) -> Result<Expr> {
    let sql =
        format!("SELECT * FROM {} AS {} WHERE ({}\n)", place(), name(guarding), expression.sql);
    let bound = bind(binder, guarding, &sql, expression, |_| Ok(()))?;
    let LogicalPlan::Projection(projection) = &bound.plan else {
        return Err(shape(&bound.plan, "policy"));
    };
    match &*projection.input {
        LogicalPlan::Filter(filter) => {
            dialect::expression_as_kept(filter.predicate.clone(), binder.scope)
        }
        _ => Err(shape(&bound.plan, "policy")),
    }
}

/// A mask's expression over [`row`], for one column.
pub(super) fn masked(
    binder: &Binder<'_>,
    guarding: &Guarding,
    expression: &Expression,
    column: &str,
) -> Result<Expr> {
    let sql = format!("SELECT ({}\n) FROM {} AS {}", expression.sql, place(), name(guarding));
    let relation = Arc::clone(&guarding.relation);
    let bound = bind(binder, guarding, &sql, expression, |query| {
        name_the_column(query, &relation, column)
    })?;
    match bound.plan {
        LogicalPlan::Projection(mut projection)
            if projection.expr.len() == 1
                && matches!(*projection.input, LogicalPlan::SubqueryAlias(_)) =>
        {
            dialect::expression_as_kept(projection.expr.remove(0).unalias(), binder.scope)
        }
        _ => Err(shape(&bound.plan, "mask")),
    }
}

fn place() -> String {
    format!("\"{ROW}\"")
}

fn name(guarding: &Guarding) -> String {
    quote_ident(&guarding.relation.name)
}

fn bind(
    binder: &Binder<'_>,
    guarding: &Guarding,
    sql: &str,
    expression: &Expression,
    rewrite: impl FnOnce(&mut ast::Query) -> Result<()>,
) -> Result<Bound> {
    let mut parsed = crate::parser::parse(sql)?;
    let Some(Parsed::Query(mut query)) = parsed.pop().map(|s| s.kind) else {
        return Err(Error::internal("a policy's text is no expression"));
    };
    rewrite(&mut query)?;
    binder.guarded(guarding, expression, |inner| inner.bind(&query, &[]))
}

/// `value` stands for the masked column, and a ready-made mask that is given no column takes it.
fn name_the_column(query: &mut ast::Query, relation: &Relation, column: &str) -> Result<()> {
    let ident = ast::Expr::Identifier(ast::Ident::with_quote('"', column));
    let has = |name: &str| relation.column(name).is_some();
    let flow = ast::visit_expressions_mut(query, |e| {
        match e {
            ast::Expr::Identifier(found) if found.quote_style.is_none() => {
                let word = found.value.to_lowercase();
                if word == "value" && !has("value") {
                    *e = ident.clone();
                }
            }
            ast::Expr::Function(function) => fill_in(function, &ident),
            _ => {}
        }
        ControlFlow::<()>::Continue(())
    });
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Error::internal("the walk over a mask stopped")),
    }
}

/// `mask_hash()` is `mask_hash(column)`, `mask_last(4)` is `mask_last(column, 4)`.
fn fill_in(function: &mut ast::Function, column: &ast::Expr) {
    let wanted = match function.name.to_string().to_lowercase().as_str() {
        "mask_hash" | "mask_null" | "mask_year" => 1,
        "mask_last" => 2,
        _ => return,
    };
    if let ast::FunctionArguments::List(list) = &mut function.args
        && list.args.len() + 1 == wanted
    {
        let argument = ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(column.clone()));
        list.args.insert(0, argument);
    }
}

/// Rows to be inserted, with a column of their own for each thing that policies ask of them: its name is
/// [`super::plan::Insert::policies`]'s.
pub(super) fn checked(
    binder: &Binder<'_>,
    relation: &Arc<Relation>,
    input: LogicalPlan,
) -> Result<(LogicalPlan, Vec<Option<String>>)> {
    let snapshot = &binder.scope.snapshot;
    let policies = match snapshot.exposure(binder.role, relation) {
        Exposure::Open => None,
        Exposure::Protected => snapshot.policies_for(binder.role, relation, Command::Insert),
    };
    let Some(policies) = policies else { return Ok((input, Vec::new())) };
    refuse_if_off(binder, relation)?;
    let guarding = guard(binder, relation)?;
    let check = |p: &Policy| p.check.as_ref().or(p.using.as_ref()).cloned();
    let (permissive, restrictive): (Vec<&Policy>, Vec<&Policy>) =
        policies.into_iter().partition(|p| p.permissive);
    let mut names = vec![None];
    let some = combined(binder, &guarding, &permissive, |p| p.check.as_ref().or(p.using.as_ref()))?;
    let mut tests = vec![some];
    for policy in restrictive {
        if let Some(expression) = check(policy) {
            names.push(Some(policy.name.clone()));
            tests.push(predicate(binder, &guarding, &expression)?);
        }
    }
    // The new rows stand where the table's own would.
    let aliased =
        LogicalPlanBuilder::from(input).alias(reference(relation)).or_fail()?.build().or_fail()?;
    let columns = aliased.schema().columns().into_iter().map(Expr::Column);
    let tests = tests.into_iter().enumerate().map(|(i, e)| e.alias(format!("\u{1}check{i}")));
    let all: Vec<Expr> = columns.chain(tests).collect();
    let plan = LogicalPlanBuilder::from(aliased).project(all).or_fail()?.build().or_fail()?;
    Ok((plan, names))
}

/// Binds an expression that is about to be kept, for what it reads and whether it holds together: a policy's,
/// or a mask's for one column.
pub(super) fn keep(
    binder: &Binder<'_>,
    relation: &Arc<Relation>,
    sql: &str,
    mask: Option<&str>,
) -> Result<Expression> {
    let search_path = binder.scope.search_path.to_vec();
    let mut expression = Expression { sql: sql.to_owned(), reads: Vec::new(), search_path };
    // Whether it reads its own relation is found out when it is read, as in PostgreSQL.
    let guarding = Guarding { relation: Arc::clone(relation), outer: Vec::new() };
    let text = format!("SELECT ({sql}\n) FROM {} AS {}", place(), name(&guarding));
    let bound = bind(binder, &guarding, &text, &expression, |query| match mask {
        Some(column) => name_the_column(query, relation, column),
        None => Ok(()),
    })?;
    dialect::refuse_ambiguous(&bound.plan, binder.scope)?;
    expression.reads = bound.reads;
    let made = bound.plan.schema().field(0);
    match mask {
        None => {
            if !of_one_row(&bound.plan) {
                return Err(shape(&bound.plan, "policy"));
            }
            if !matches!(made.data_type(), DataType::Boolean | DataType::Null) {
                let found = SqlType::of(made);
                let message = format!("argument of POLICY must be type boolean, not type {found}");
                return Err(Error::new(SqlState::DATATYPE_MISMATCH, message));
            }
            predicate(binder, &guarding, &expression)?;
        }
        Some(column) => {
            if !of_one_row(&bound.plan) {
                return Err(shape(&bound.plan, "mask"));
            }
            fits(relation, column, made)?;
            masked(binder, &guarding, &expression, column)?;
        }
    }
    Ok(expression)
}

/// The mask's value goes into its column's place.
fn fits(relation: &Relation, column: &str, made: &Field) -> Result<()> {
    let Some(target) = relation.column(column) else { return Err(Error::undefined_column(column)) };
    let from = SqlType::of(made);
    match made.data_type() == &DataType::Null || castable(&from, &target.sql_type) {
        true => Ok(()),
        false => Err(Error::new(
            SqlState::DATATYPE_MISMATCH,
            format!(
                "column \"{column}\" is of type {} but the mask is of type {from}",
                target.sql_type
            ),
        )
        .hint("You will need to rewrite or cast the expression.")),
    }
}
