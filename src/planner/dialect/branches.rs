//! Nodes whose rows come from several places: UNION, VALUES and recursive queries in one type per column.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::catalog::cte_worktable::CteWorkTable;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{Column, Result as DfResult};
use datafusion::datasource::{DefaultTableSource, provider_as_source};
use datafusion::logical_expr::expr::Cast;
use datafusion::logical_expr::logical_plan::RecursiveQuery;
use datafusion::logical_expr::{
    Distinct, Expr, ExprSchemable, Join, JoinType, LogicalPlan, LogicalPlanBuilder, Projection,
    TableScan, Union, Values,
};

use super::common::{bare, common_type};
use super::meaning::{expressions_meaning, external};
use super::specials;
use crate::catalog::types::SqlType;
use crate::error::{Error, SqlState};
use crate::functions::special::carries;

/// A node's schema after its inputs have changed.
pub(super) fn in_own_schema(node: LogicalPlan) -> DfResult<LogicalPlan> {
    match node {
        LogicalPlan::RecursiveQuery(query) => retype_recursion(query),
        other => other.recompute_schema(),
    }
}

/// A node of several inputs in types that PostgreSQL would give it; others as they are.
pub(super) fn match_branches(node: LogicalPlan) -> DfResult<LogicalPlan> {
    match node {
        LogicalPlan::Union(union) => match_union(union),
        LogicalPlan::Values(values) => match_values(values),
        LogicalPlan::Join(join)
            if matches!(join.join_type, JoinType::LeftSemi | JoinType::LeftAnti) =>
        {
            match_sets(join)
        }
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
        let mut types: Vec<_> = union.inputs.iter().map(|input| output_type(input, i)).collect();
        if types.iter().flatten().any(|t| matches!(t, SqlType::Numeric(_))) {
            for (input, found) in union.inputs.iter().zip(&mut types) {
                *found = found.take().or_else(|| said(input, i));
            }
        }
        with_digits(&union.inputs, i, &mut types);
        let common = common_type("UNION", &types).map_err(external)?;
        let all_unknown = types.iter().all(Option::is_none);
        wanted.push(common.or_else(|| all_unknown.then_some(SqlType::Text)));
    }
    let inputs =
        union.inputs.into_iter().map(|input| in_types(with_specials(input, &wanted)?, &wanted));
    let inputs = inputs.collect::<DfResult<_>>()?;
    Ok(LogicalPlan::Union(Union::try_new_with_loose_types(inputs)?))
}

/// A numeric without digits beside others: those that its values lie in. Where all are without, each has its own.
fn with_digits(inputs: &[Arc<LogicalPlan>], i: usize, types: &mut [Option<SqlType>]) {
    let arrow = |input: &Arc<LogicalPlan>| input.schema().field(i).data_type().clone();
    let bare = |t: &SqlType| *t == SqlType::Numeric(None);
    if types.iter().flatten().all(bare) && !inputs.iter().any(|input| carries(&arrow(input))) {
        return;
    }
    for (input, found) in inputs.iter().zip(types) {
        if let Some(of) = found.as_mut().filter(|t| bare(t)) {
            *of = SqlType::from_arrow(&arrow(input));
        }
    }
}

/// INTERSECT and EXCEPT, which the engine has as joins over all columns.
fn match_sets(mut join: Join) -> DfResult<LogicalPlan> {
    let width = join.left.schema().fields().len();
    if join.on.len() != width || join.right.schema().fields().len() != width {
        return Ok(LogicalPlan::Join(join));
    }
    let word = if join.join_type == JoinType::LeftSemi { "INTERSECT" } else { "EXCEPT" };
    let mut wanted = Vec::with_capacity(width);
    for i in 0..width {
        let types = [output_type(&join.left, i), output_type(&join.right, i)];
        wanted.push(common_type(word, &types).map_err(external)?);
    }
    join.left = in_types(join.left, &wanted)?;
    join.right = in_types(join.right, &wanted)?;
    let made = LogicalPlan::Join(join);
    made.recompute_schema()
}

/// None for a column of nothing but a literal in quotes or NULL.
fn output_type(plan: &LogicalPlan, i: usize) -> Option<SqlType> {
    match plan {
        LogicalPlan::Distinct(Distinct::All(input)) => return output_type(input, i),
        LogicalPlan::SubqueryAlias(alias) => return output_type(&alias.input, i),
        _ => {}
    }
    if let LogicalPlan::Projection(projection) = plan
        && projection.expr.get(i).is_some_and(is_unknown)
    {
        return None;
    }
    let field = plan.schema().field(i);
    (!field.data_type().is_null()).then(|| SqlType::of(field))
}

/// The same rows, where a literal in quotes stands for a special numeric.
fn with_specials(
    input: Arc<LogicalPlan>,
    wanted: &[Option<SqlType>],
) -> DfResult<Arc<LogicalPlan>> {
    let LogicalPlan::Projection(projection) = &*input else { return Ok(input) };
    let numeric = |i: usize| matches!(wanted.get(i), Some(Some(SqlType::Numeric(_))));
    let special = |i: usize, e: &Expr| specials::said(e).filter(|_| numeric(i));
    let mut given = projection.expr.iter().enumerate();
    if !given.any(|(i, e)| special(i, e).is_some()) {
        return Ok(input);
    }
    let known = |(i, e): (usize, &Expr)| match special(i, e) {
        Some(special) => {
            Expr::Literal(special.literal(), None).alias(input.schema().field(i).name())
        }
        None => e.clone(),
    };
    let expressions = projection.expr.iter().enumerate().map(known).collect();
    let below = Arc::clone(&projection.input);
    Ok(Arc::new(LogicalPlan::Projection(Projection::try_new(expressions, below)?)))
}

/// The numeric that a literal in quotes says, if it is NaN or infinite.
fn said(plan: &LogicalPlan, i: usize) -> Option<SqlType> {
    let LogicalPlan::Projection(projection) = plan else { return None };
    specials::said(projection.expr.get(i)?).map(|s| SqlType::from_arrow(&s.literal().data_type()))
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

/// A cast that none has written: it is looked at again once the digits of its numerics are known.
fn brought(e: Expr, to: &SqlType) -> Expr {
    Expr::Cast(Cast::new_from_field(Box::new(e), to.field("branch", true)))
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
                    brought(column, t).alias_qualified(qualifier.cloned(), field.name())
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
            .map(|row| match is_unknown(&row[i]) || is_cast_null(&row[i]) {
                true => Ok(None),
                false => Ok(Some(SqlType::of(&row[i].to_field(&schema)?.1))),
            })
            .collect::<DfResult<Vec<_>>>()?;
        let Some(common) = common_type("VALUES", &types).map_err(external)? else { continue };
        for (row, found) in rows.iter_mut().zip(&types) {
            if found.as_ref() != Some(&common) {
                let value = std::mem::take(&mut row[i]);
                row[i] = brought(value, &common);
            }
        }
    }
    LogicalPlanBuilder::values(rows)?.build()
}

/// `NULL::numeric`: a value that has no digits.
fn is_cast_null(e: &Expr) -> bool {
    matches!(e, Expr::Cast(cast) if cast.field.data_type().is_decimal() && is_null(&cast.expr))
}

fn is_null(e: &Expr) -> bool {
    match e {
        Expr::Literal(value, _) => value.is_null(),
        other => is_cast_null(other),
    }
}

/// A recursive query has the types of its first term, and so has the work table that the other reads.
fn retype_recursion(query: RecursiveQuery) -> DfResult<LogicalPlan> {
    let RecursiveQuery { name, static_term, recursive_term, is_distinct, .. } = query;
    refuse_cut_fractions(&name, &static_term, &recursive_term)?;
    let wanted: Vec<_> =
        static_term.schema().fields().iter().map(|f| Some(SqlType::of(f))).collect();
    let static_term = in_types(static_term, &wanted)?;
    let table: SchemaRef = Arc::new(static_term.schema().as_arrow().clone());
    let recursive_term = Arc::unwrap_or_clone(recursive_term)
        .transform_up_with_subqueries(|node| match node {
            LogicalPlan::TableScan(scan) if is_work_table(&scan, &name) => {
                let source = Arc::new(CteWorkTable::new(&name, work_schema(&scan, &table)));
                let scan = LogicalPlanBuilder::scan(
                    scan.table_name,
                    provider_as_source(source),
                    scan.projection,
                );
                scan?.build().map(Transformed::yes)
            }
            other => in_its_types(other).map(Transformed::yes),
        })?
        .data;
    let recursive_term = in_types(Arc::new(recursive_term), &wanted)?;
    RecursiveQuery::try_new(name, static_term, recursive_term, is_distinct)
        .map(LogicalPlan::RecursiveQuery)
}

/// The planner brings what the second term gives to the types of the first, fractions to whole numbers too. PostgreSQL
/// refuses those; numerics of more digits, which it would keep, have no room here.
fn refuse_cut_fractions(name: &str, first: &LogicalPlan, next: &LogicalPlan) -> DfResult<()> {
    let LogicalPlan::Projection(projection) = next else { return Ok(()) };
    for (i, e) in projection.expr.iter().enumerate() {
        let e = match e {
            Expr::Alias(alias) => &*alias.expr,
            other => other,
        };
        // One that a statement asks for bears this name.
        let Expr::Cast(cast) = e else { continue };
        if cast.field.name() == "cast" || i >= first.schema().fields().len() {
            continue;
        }
        let (_, given) = cast.expr.to_field(projection.input.schema())?;
        let (wanted, found) = (SqlType::of(first.schema().field(i)), SqlType::of(&given));
        let scale = |t: &SqlType| match t {
            SqlType::Numeric(digits) => digits.map_or(16, |(_, scale)| scale),
            _ => 0,
        };
        let doubles = matches!(found, SqlType::Float4 | SqlType::Float8);
        let whole = matches!(wanted, SqlType::Int2 | SqlType::Int4 | SqlType::Int8);
        let numeric = matches!(wanted, SqlType::Numeric(_));
        if doubles && (whole || numeric) || whole && scale(&found) > 0 {
            let message = format!(
                "recursive query \"{name}\" column {} has type {} in non-recursive term but type {} overall",
                i + 1,
                bare(&wanted),
                bare(&found)
            );
            let hint = "Cast the output of the non-recursive term to the correct type.";
            return Err(external(Error::new(SqlState::DATATYPE_MISMATCH, message).hint(hint)));
        }
        if numeric && scale(&found) > scale(&wanted) && scale(&wanted) < 16 {
            let what = "a recursive query whose second term has more digits than its first";
            let hint = "Cast both terms to one type, such as numeric(38, 10).";
            return Err(external(Error::unsupported(what).hint(hint)));
        }
    }
    Ok(())
}

/// Operators are chosen once more where a numeric has become one that may be special.
fn in_its_types(node: LogicalPlan) -> DfResult<LogicalPlan> {
    match specials::meets(&node)? {
        true => match_branches(expressions_meaning(node)?.recompute_schema()?),
        false => match_branches(in_own_schema(node)?),
    }
}

fn is_work_table(scan: &TableScan, name: &str) -> bool {
    let source = scan.source.downcast_ref::<DefaultTableSource>();
    let table = source.and_then(|s| s.table_provider.downcast_ref::<CteWorkTable>());
    table.is_some_and(|table| table.name() == name)
}

/// The names that the work table had, in the types of the first term.
fn work_schema(scan: &TableScan, typed: &SchemaRef) -> SchemaRef {
    let names = scan.source.schema();
    let fields = names.fields().iter().zip(typed.fields());
    let fields = fields.map(|(name, field)| {
        Arc::new(Field::clone(field).with_name(name.name()).with_nullable(true))
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}
