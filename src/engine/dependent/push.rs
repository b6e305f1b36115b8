//! A dependent plan computed for all values of its domain at once: node by node, the domain goes down to where it is
//! no longer named.

use std::sync::Arc;

use arrow::datatypes::Field;
use datafusion::common::{Column, DFSchema, Result, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::functions::core::expr_fn::coalesce;
use datafusion::functions_window::row_number::row_number_udwf;
use datafusion::logical_expr::Operator;
use datafusion::logical_expr::expr::{AggregateFunction, Sort, WindowFunction};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::logical_plan::RecursiveQuery;
use datafusion::logical_expr::{
    Aggregate, Distinct, DistinctOn, Expr, ExprSchemable, FetchType, Filter, Join, JoinType, Limit,
    LogicalPlan, LogicalPlanBuilder, Projection, SkipType, Union, Unnest, Values, Window,
    WindowFunctionDefinition, binary_expr, lit,
};

use super::domain::{Carried, Domain, all_columns, fresh, in_order, join_on_values};
use crate::error::Error;

/// `plan` for each value of the domain: its own columns as they were, then the domain's.
pub(super) fn push(plan: LogicalPlan, domain: &Domain) -> Result<Carried> {
    if !domain.is_named_in(&plan)? {
        let Carried { plan: values, keys } = domain.relation()?;
        let own = Arc::clone(plan.schema());
        let one = matches!(&plan, LogicalPlan::EmptyRelation(e) if e.produce_one_row);
        let crossed = match (keys.is_empty(), one && own.fields().is_empty()) {
            (true, _) => plan,
            (false, true) => values,
            (false, false) => LogicalPlanBuilder::from(plan).cross_join(values)?.build()?,
        };
        return Ok(Carried { plan: in_order(crossed, &own, &keys)?, keys });
    }
    match plan {
        LogicalPlan::Projection(projection) => projected(projection, domain),
        LogicalPlan::Filter(filter) => filtered(filter, domain),
        LogicalPlan::SubqueryAlias(alias) => {
            let inner = push(Arc::unwrap_or_clone(alias.input), domain)?;
            let plan = LogicalPlanBuilder::from(inner.plan).alias(alias.alias.clone())?.build()?;
            let keys = inner.keys.iter();
            let keys = keys.map(|key| Column::new(Some(alias.alias.clone()), key.name.clone()));
            Ok(Carried { plan, keys: keys.collect() })
        }
        LogicalPlan::Subquery(subquery) => push(Arc::unwrap_or_clone(subquery.subquery), domain),
        LogicalPlan::Aggregate(aggregate) => aggregated(aggregate, domain),
        LogicalPlan::Window(window) => windowed(window, domain),
        // Rows come in the order of the join around, and a limit has taken the order with it.
        LogicalPlan::Sort(sort) if sort.fetch.is_none() => {
            push(Arc::unwrap_or_clone(sort.input), domain)
        }
        LogicalPlan::Limit(limit) => limited(limit, domain),
        LogicalPlan::Distinct(Distinct::All(input)) => {
            let inner = push(Arc::unwrap_or_clone(input), domain)?;
            let plan = LogicalPlanBuilder::from(inner.plan).distinct()?.build()?;
            Ok(Carried { plan, keys: inner.keys })
        }
        LogicalPlan::Distinct(Distinct::On(on)) => first_of_each(on, domain),
        LogicalPlan::Join(join) => joined(join, domain),
        LogicalPlan::Union(union) => united(union, domain),
        LogicalPlan::Values(values) => listed(values, domain),
        LogicalPlan::Unnest(unnest) => unnested(unnest, domain),
        LogicalPlan::RecursiveQuery(query) => recursive(query, domain),
        LogicalPlan::TableScan(scan) => match domain.carried_in(&scan)? {
            Some(carried) if scan.projection.is_none() => Ok(carried),
            _ => Err(refuse("a working table in a subquery of this form")),
        },
        other => Err(refuse(&format!("a subquery of this form ({})", other.display()))),
    }
}

pub(super) fn refuse(what: &str) -> DataFusionError {
    DataFusionError::External(Box::new(Error::unsupported(what)))
}

/// An expression with the domain's columns put in, under the name it had.
fn rebound(e: Expr, domain: &Domain, keys: &[Column], names: &NamePreserver) -> Result<Expr> {
    let name = names.save(&e);
    Ok(name.restore(domain.bound(e, keys)?))
}

fn key_columns(keys: &[Column]) -> impl Iterator<Item = Expr> + '_ {
    keys.iter().cloned().map(Expr::Column)
}

fn projected(projection: Projection, domain: &Domain) -> Result<Carried> {
    let schema = Arc::clone(&projection.schema);
    let inner = push(Arc::unwrap_or_clone(projection.input), domain)?;
    let own = projection.expr.into_iter().enumerate().map(|(i, e)| {
        let (qualifier, field) = schema.qualified_field(i);
        let bound = domain.bound(e, &inner.keys)?;
        Ok(match bound.qualified_name() {
            (q, name) if q.as_ref() == qualifier && name == *field.name() => bound,
            _ => bound.unalias().alias_qualified(qualifier.cloned(), field.name()),
        })
    });
    let mut all = own.collect::<Result<Vec<_>>>()?;
    let keys: Vec<String> = inner.keys.iter().map(|_| fresh("outer")).collect();
    all.extend(key_columns(&inner.keys).zip(&keys).map(|(key, name)| key.alias(name)));
    let plan = LogicalPlanBuilder::from(inner.plan).project(all)?.build()?;
    Ok(Carried { plan, keys: keys.into_iter().map(Column::new_unqualified).collect() })
}

fn filtered(filter: Filter, domain: &Domain) -> Result<Carried> {
    let inner = push(Arc::unwrap_or_clone(filter.input), domain)?;
    let predicate = domain.bound(filter.predicate, &inner.keys)?;
    let plan = LogicalPlanBuilder::from(inner.plan).filter(predicate)?.build()?;
    Ok(Carried { plan, keys: inner.keys })
}

/// Grouped by the domain too. Without groups of its own an aggregate has a row where there is no input: then the
/// domain is joined to it, and what it counts is none.
fn aggregated(aggregate: Aggregate, domain: &Domain) -> Result<Carried> {
    if aggregate.group_expr.iter().any(|e| matches!(e, Expr::GroupingSet(_))) {
        return Err(refuse(
            "grouping sets in a subquery that names columns of the query around it",
        ));
    }
    let own = Arc::clone(&aggregate.schema);
    let alone = aggregate.group_expr.is_empty();
    let names = NamePreserver::new_for_projection();
    let inner = push(Arc::unwrap_or_clone(aggregate.input), domain)?;
    let rebind = |e: Expr| rebound(e, domain, &inner.keys, &names);
    let mut groups = aggregate.group_expr.into_iter().map(rebind).collect::<Result<Vec<_>>>()?;
    groups.extend(key_columns(&inner.keys));
    let defaults = aggregate.aggr_expr.iter().map(default_value).collect::<Vec<_>>();
    let aggregates = aggregate.aggr_expr.into_iter().map(rebind).collect::<Result<Vec<_>>>()?;
    let made =
        LogicalPlanBuilder::from(inner.plan.clone()).aggregate(groups, aggregates)?.build()?;
    let carried = Carried { plan: in_order(made, &own, &inner.keys)?, keys: inner.keys };
    if !alone {
        return Ok(carried);
    }
    let values = domain.relation()?;
    let joined = join_on_values(
        values.plan,
        carried.plan,
        JoinType::Left,
        &values.keys,
        &carried.keys,
        None,
    )?;
    let columns = own.columns().into_iter().zip(defaults);
    let columns = columns.map(|(column, default)| match default {
        Some(default) => {
            let (relation, name) = (column.relation.clone(), column.name.clone());
            let filled = coalesce(vec![Expr::Column(column), Expr::Literal(default, None)]);
            filled.alias_qualified(relation, name)
        }
        None => Expr::Column(column),
    });
    let mut all: Vec<Expr> = columns.collect();
    all.extend(key_columns(&values.keys));
    let plan = LogicalPlanBuilder::from(joined).project(all)?.build()?;
    Ok(Carried { plan, keys: values.keys })
}

/// What an aggregate says of no rows, where it is not NULL.
fn default_value(e: &Expr) -> Option<ScalarValue> {
    let e = match e {
        Expr::Alias(alias) => &alias.expr,
        other => other,
    };
    let Expr::AggregateFunction(AggregateFunction { func, .. }) = e else { return None };
    if !func.name().contains("count") {
        return None;
    }
    Some(ScalarValue::Int64(Some(0)))
}

fn windowed(window: Window, domain: &Domain) -> Result<Carried> {
    let own = Arc::clone(&window.schema);
    let inner = push(Arc::unwrap_or_clone(window.input), domain)?;
    let names = NamePreserver::new_for_projection();
    let within = |e: Expr| -> Result<Expr> {
        let name = names.save(&e);
        let bound = domain.bound(e, &inner.keys)?;
        Ok(name.restore(partitioned(bound, &inner.keys)))
    };
    let functions = window.window_expr.into_iter().map(within).collect::<Result<Vec<_>>>()?;
    let made = LogicalPlanBuilder::from(inner.plan).window(functions)?.build()?;
    Ok(Carried { plan: in_order(made, &own, &inner.keys)?, keys: inner.keys })
}

fn partitioned(e: Expr, keys: &[Column]) -> Expr {
    match e {
        Expr::Alias(mut alias) => {
            *alias.expr = partitioned(*alias.expr, keys);
            Expr::Alias(alias)
        }
        Expr::WindowFunction(mut function) => {
            function.params.partition_by.extend(key_columns(keys));
            Expr::WindowFunction(function)
        }
        other => other,
    }
}

/// So many rows of each value of the domain, by their number in its order.
fn limited(limit: Limit, domain: &Domain) -> Result<Carried> {
    let count = |e: &Option<Box<Expr>>| e.as_deref().cloned();
    let skip = match limit.get_skip_type() {
        Ok(SkipType::Literal(0)) => None,
        _ => count(&limit.skip),
    };
    let fetch = match limit.get_fetch_type() {
        Ok(FetchType::Literal(None)) => None,
        _ => count(&limit.fetch),
    };
    // Columns that are only sorted by are taken off above the sort; the limit holds below that as well.
    if let LogicalPlan::Projection(projection) = &*limit.input
        && matches!(&*projection.input, LogicalPlan::Sort(_))
    {
        let mut projection = projection.clone();
        let below = Limit { input: projection.input, ..limit };
        projection.input = Arc::new(LogicalPlan::Limit(below));
        return projected(projection, domain);
    }
    let (input, order) = match Arc::unwrap_or_clone(limit.input) {
        LogicalPlan::Sort(sort) if sort.fetch.is_none() => {
            (Arc::unwrap_or_clone(sort.input), sort.expr)
        }
        other => (other, Vec::new()),
    };
    let own = Arc::clone(input.schema());
    let inner = push(input, domain)?;
    let order =
        order.into_iter().map(|key| Ok(Sort { expr: domain.bound(key.expr, &inner.keys)?, ..key }));
    let number = fresh("number");
    let mut function =
        WindowFunction::new(WindowFunctionDefinition::WindowUDF(row_number_udwf()), Vec::new());
    function.params.partition_by = key_columns(&inner.keys).collect();
    function.params.order_by = order.collect::<Result<Vec<_>>>()?;
    let function = Expr::WindowFunction(Box::new(function)).alias(&number);
    let numbered = LogicalPlanBuilder::from(inner.plan).window(vec![function])?;
    let at = || as_bigint(Expr::Column(Column::new_unqualified(&number)));
    let bind = |e: Expr| domain.bound(e, &inner.keys).map(as_bigint);
    let skip = skip.map(bind).transpose()?;
    let mut tests = skip.clone().map(|skip| at().gt(skip)).into_iter().collect::<Vec<_>>();
    if let Some(fetch) = fetch.map(bind).transpose()? {
        // LIMIT NULL is no limit.
        let end = match skip {
            Some(skip) => binary_expr(skip, Operator::Plus, fetch.clone()),
            None => fetch.clone(),
        };
        tests.push(at().lt_eq(end).or(fetch.is_null()));
    }
    let test = tests.into_iter().reduce(Expr::and).unwrap_or_else(|| lit(true));
    let plan = numbered.filter(test)?.build()?;
    Ok(Carried { plan: in_order(plan, &own, &inner.keys)?, keys: inner.keys })
}

fn as_bigint(e: Expr) -> Expr {
    datafusion::logical_expr::cast(e, arrow::datatypes::DataType::Int64)
}

fn first_of_each(on: DistinctOn, domain: &Domain) -> Result<Carried> {
    let inner = push(Arc::unwrap_or_clone(on.input), domain)?;
    let names = NamePreserver::new_for_projection();
    let rebind = |e: Expr| rebound(e, domain, &inner.keys, &names);
    let mut on_exprs: Vec<Expr> = key_columns(&inner.keys).collect();
    for e in on.on_expr {
        on_exprs.push(domain.bound(e, &inner.keys)?);
    }
    let mut select = on.select_expr.into_iter().map(rebind).collect::<Result<Vec<_>>>()?;
    select.extend(key_columns(&inner.keys));
    let sort = match on.sort_expr {
        None => None,
        Some(keys) => {
            let mut all: Vec<Sort> =
                key_columns(&inner.keys).map(|k| k.sort(true, false)).collect();
            for key in keys {
                all.push(Sort { expr: domain.bound(key.expr, &inner.keys)?, ..key });
            }
            Some(all)
        }
    };
    let plan = DistinctOn::try_new(on_exprs, select, sort, Arc::new(inner.plan))?;
    Ok(Carried { plan: LogicalPlan::Distinct(Distinct::On(plan)), keys: inner.keys })
}

/// The domain goes to the side that names it; to both if both do, or if the side that keeps its rows does not.
fn joined(join: Join, domain: &Domain) -> Result<Carried> {
    let own = Arc::clone(&join.schema);
    let (left, right) = (Arc::unwrap_or_clone(join.left), Arc::unwrap_or_clone(join.right));
    let in_right = domain.is_named_in(&right)?;
    let in_left = domain.is_named_in(&left)?;
    let (to_left, to_right) = match join.join_type {
        JoinType::Full => (true, true),
        JoinType::Right | JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => {
            (in_left, true)
        }
        JoinType::Left | JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => {
            (true, in_right)
        }
        JoinType::Inner => (in_left || !in_right, in_right),
    };
    let side = |plan: LogicalPlan, to: bool| match to {
        true => push(plan, domain),
        false => Ok(Carried { plan, keys: Vec::new() }),
    };
    let (left, right) = (side(left, to_left)?, side(right, to_right)?);
    let keys = if to_left { left.keys.clone() } else { right.keys.clone() };
    let mut filter = join.filter.map(|e| domain.bound(e, &keys)).transpose()?;
    if to_left && to_right {
        for (l, r) in left.keys.iter().zip(&right.keys) {
            let same = binary_expr(
                Expr::Column(l.clone()),
                Operator::IsNotDistinctFrom,
                Expr::Column(r.clone()),
            );
            filter = Some(match filter {
                Some(filter) => filter.and(same),
                None => same,
            });
        }
    }
    let on = join
        .on
        .into_iter()
        .map(|(l, r)| Ok((domain.bound(l, &left.keys)?, domain.bound(r, &right.keys)?)));
    let made = LogicalPlan::Join(Join::try_new(
        Arc::new(left.plan),
        Arc::new(right.plan),
        on.collect::<Result<Vec<_>>>()?,
        filter,
        join.join_type,
        join.join_constraint,
        join.null_equality,
        join.null_aware,
    )?);
    if join.join_type != JoinType::Full {
        return Ok(Carried { plan: in_order(made, &own, &keys)?, keys });
    }
    let mut all = all_columns(&own);
    let names: Vec<String> = keys.iter().map(|_| fresh("outer")).collect();
    for ((l, r), name) in left.keys.iter().zip(&right.keys).zip(&names) {
        let either = coalesce(vec![Expr::Column(l.clone()), Expr::Column(r.clone())]);
        all.push(either.alias(name));
    }
    let plan = LogicalPlanBuilder::from(made).project(all)?.build()?;
    Ok(Carried { plan, keys: names.into_iter().map(Column::new_unqualified).collect() })
}

fn united(union: Union, domain: &Domain) -> Result<Carried> {
    let own = Arc::clone(&union.schema);
    let mut names: Vec<String> = Vec::new();
    let mut inputs = Vec::new();
    for input in union.inputs {
        let carried = push(Arc::unwrap_or_clone(input), domain)?;
        if names.is_empty() {
            names = carried.keys.iter().map(|_| fresh("outer")).collect();
        }
        let columns = carried.plan.schema().columns();
        let columns = columns.into_iter().enumerate().map(|(i, column)| {
            match own.fields().len().checked_sub(i + 1) {
                Some(_) => Expr::Column(column).alias(own.field(i).name()),
                None => Expr::Column(column).alias(&names[i - own.fields().len()]),
            }
        });
        let columns = columns.collect::<Vec<_>>();
        inputs.push(Arc::new(LogicalPlanBuilder::from(carried.plan).project(columns)?.build()?));
    }
    let made = LogicalPlan::Union(Union::try_new_with_loose_types(inputs)?);
    let keys: Vec<Column> = names.into_iter().map(Column::new_unqualified).collect();
    requalified(made, &own, keys)
}

/// Columns by their place, under the names that what stands above knows them by.
fn requalified(made: LogicalPlan, own: &DFSchema, keys: Vec<Column>) -> Result<Carried> {
    let columns = made.schema().columns();
    let columns = columns.into_iter().enumerate().map(|(i, column)| match i < own.fields().len() {
        true => {
            let (qualifier, field) = own.qualified_field(i);
            Expr::Column(column).alias_qualified(qualifier.cloned(), field.name())
        }
        false => Expr::Column(column),
    });
    let columns = columns.collect::<Vec<_>>();
    let plan = LogicalPlanBuilder::from(made).project(columns)?.build()?;
    Ok(Carried { plan, keys })
}

/// Each row a projection of the domain.
fn listed(values: Values, domain: &Domain) -> Result<Carried> {
    let own = Arc::clone(&values.schema);
    let mut all: Option<LogicalPlanBuilder> = None;
    for row in values.values {
        let carried = domain.relation()?;
        let columns = row.into_iter().zip(own.fields()).map(|(e, field)| {
            let bound = domain.bound(e, &carried.keys)?;
            let typed = bound.cast_to(field.data_type(), carried.plan.schema())?;
            Ok(typed.alias(field.name()))
        });
        let mut columns = columns.collect::<Result<Vec<_>>>()?;
        let names = carried.keys.iter().enumerate();
        columns.extend(names.map(|(i, key)| Expr::Column(key.clone()).alias(format!("__key{i}"))));
        let one = LogicalPlanBuilder::from(carried.plan).project(columns)?.build()?;
        all = Some(match all {
            None => LogicalPlanBuilder::from(one),
            Some(above) => above.union(one)?,
        });
    }
    let Some(all) = all else { return Err(refuse("VALUES without a row")) };
    let all = all.build()?;
    let width = own.fields().len();
    let names: Vec<String> =
        all.schema().fields().iter().skip(width).map(|_| fresh("outer")).collect();
    let columns = all.schema().columns().into_iter().enumerate().map(|(i, column)| {
        match i.checked_sub(width) {
            None => Expr::Column(column),
            Some(i) => Expr::Column(column).alias(&names[i]),
        }
    });
    let columns = columns.collect::<Vec<_>>();
    let made = LogicalPlanBuilder::from(all).project(columns)?.build()?;
    requalified(made, &own, names.into_iter().map(Column::new_unqualified).collect())
}

/// All values of the domain go through the recursion together: each row of the working table says of which it is.
fn recursive(query: RecursiveQuery, domain: &Domain) -> Result<Carried> {
    let first = push(Arc::unwrap_or_clone(query.static_term), domain)?;
    let width = first.plan.schema().fields().len() - first.keys.len();
    let fields = first.plan.schema().fields().iter().skip(width);
    let keys = fields.map(|key| Arc::new(Field::clone(key).with_nullable(true))).collect();
    let within = domain.within(&query.name, keys);
    let next = push(Arc::unwrap_or_clone(query.recursive_term), &within)?;
    let made = RecursiveQuery::try_new(
        query.name,
        Arc::new(first.plan),
        Arc::new(next.plan),
        query.is_distinct,
    )?;
    Ok(Carried { plan: LogicalPlan::RecursiveQuery(made), keys: first.keys })
}

fn unnested(unnest: Unnest, domain: &Domain) -> Result<Carried> {
    let own = Arc::clone(&unnest.schema);
    let inner = push(Arc::unwrap_or_clone(unnest.input), domain)?;
    let made = LogicalPlanBuilder::from(inner.plan)
        .unnest_columns_with_options(unnest.exec_columns, unnest.options)?
        .build()?;
    Ok(Carried { plan: in_order(made, &own, &inner.keys)?, keys: inner.keys })
}
