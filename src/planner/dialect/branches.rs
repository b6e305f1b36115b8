//! Nodes whose rows come from several places: UNION, VALUES and recursive queries in one type per column.

use std::sync::Arc;

use datafusion::common::{Column, Result as DfResult};
use datafusion::logical_expr::logical_plan::RecursiveQuery;
use datafusion::logical_expr::{
    Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, Projection, Union, Values,
};

use super::common::common_type;
use super::meaning::{cast, external};
use crate::catalog::types::SqlType;

/// A node's schema after its inputs have changed. That of a recursive query stays, for its work table was made
/// by it.
pub(super) fn in_own_schema(node: LogicalPlan) -> DfResult<LogicalPlan> {
    match node {
        LogicalPlan::RecursiveQuery(query) => keep_work_table(query),
        other => other.recompute_schema(),
    }
}

/// A node of several inputs in types that PostgreSQL would give it; others as they are.
pub(super) fn match_branches(node: LogicalPlan) -> DfResult<LogicalPlan> {
    match node {
        LogicalPlan::Union(union) => match_union(union),
        LogicalPlan::Values(values) => match_values(values),
        other => Ok(other),
    }
}

fn match_union(union: Union) -> DfResult<LogicalPlan> {
    let width = union.schema.fields().len();
    if union.inputs.iter().any(|input| input.schema().fields().len() != width) {
        return Ok(LogicalPlan::Union(union));
    }
    let mut wanted = Vec::with_capacity(width);
    for i in 0..width {
        let types: Vec<_> = union.inputs.iter().map(|input| output_type(input, i)).collect();
        let common = common_type("UNION", &types).map_err(external)?;
        let all_unknown = types.iter().all(Option::is_none);
        wanted.push(common.or_else(|| all_unknown.then_some(SqlType::Text)));
    }
    let inputs =
        union.inputs.into_iter().map(|input| in_types(input, &wanted)).collect::<DfResult<_>>()?;
    Ok(LogicalPlan::Union(Union::try_new_with_loose_types(inputs)?))
}

/// None for a column of nothing but a literal in quotes or NULL.
fn output_type(plan: &LogicalPlan, i: usize) -> Option<SqlType> {
    if let LogicalPlan::Projection(projection) = plan
        && projection.expr.get(i).is_some_and(is_unknown)
    {
        return None;
    }
    let field = plan.schema().field(i);
    (!field.data_type().is_null()).then(|| SqlType::of(field))
}

/// A literal without a type: quoted, or NULL.
pub(super) fn is_unknown(e: &Expr) -> bool {
    match e {
        Expr::Alias(alias) => is_unknown(&alias.expr),
        Expr::Literal(value, _) => value.is_null() || value.try_as_str().is_some(),
        Expr::Placeholder(placeholder) => placeholder.field.is_none(),
        _ => false,
    }
}

fn in_types(input: Arc<LogicalPlan>, wanted: &[Option<SqlType>]) -> DfResult<Arc<LogicalPlan>> {
    let schema = Arc::clone(input.schema());
    let differs = |i: usize, t: &SqlType| {
        let field = schema.field(i);
        SqlType::of(field) != *t || *field.data_type() != t.arrow()
    };
    let same = wanted.iter().enumerate().all(|(i, t)| t.as_ref().is_none_or(|t| !differs(i, t)));
    if same {
        return Ok(input);
    }
    let expressions = wanted
        .iter()
        .enumerate()
        .map(|(i, t)| {
            let (qualifier, field) = schema.qualified_field(i);
            let column = Expr::Column(Column::from((qualifier, field)));
            match t {
                Some(t) if differs(i, t) => {
                    cast(column, t).alias_qualified(qualifier.cloned(), field.name())
                }
                _ => column,
            }
        })
        .collect();
    Ok(Arc::new(LogicalPlan::Projection(Projection::try_new(expressions, input)?)))
}

fn match_values(values: Values) -> DfResult<LogicalPlan> {
    let Values { schema, values: mut rows } = values;
    for i in 0..schema.fields().len() {
        let types = rows
            .iter()
            .map(|row| match is_unknown(&row[i]) {
                true => Ok(None),
                false => Ok(Some(SqlType::of(&row[i].to_field(&schema)?.1))),
            })
            .collect::<DfResult<Vec<_>>>()?;
        let Some(common) = common_type("VALUES", &types).map_err(external)? else { continue };
        for (row, found) in rows.iter_mut().zip(&types) {
            if found.as_ref() != Some(&common) {
                let value = std::mem::take(&mut row[i]);
                row[i] = cast(value, &common);
            }
        }
    }
    LogicalPlanBuilder::values(rows)?.build()
}

/// Both terms in the types that the work table was given before they were looked at.
fn keep_work_table(query: RecursiveQuery) -> DfResult<LogicalPlan> {
    let RecursiveQuery { name, static_term, recursive_term, is_distinct, schema } = query;
    let wanted: Vec<_> = schema.fields().iter().map(|f| Some(SqlType::of(f))).collect();
    Ok(LogicalPlan::RecursiveQuery(RecursiveQuery {
        name,
        static_term: in_types(static_term, &wanted)?,
        recursive_term: in_types(recursive_term, &wanted)?,
        is_distinct,
        schema,
    }))
}
