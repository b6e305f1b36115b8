//! In which order `array_agg` and its like collect where the call says none: that of a sorted subquery below, as
//! PostgreSQL's manual (9.21) tells people to sort; of DISTINCT the order of the values, as PostgreSQL's sort leaves
//! them.

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, Result};
use datafusion::logical_expr::expr::{AggregateFunction, Sort};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Aggregate, Expr, LogicalPlan};

/// The plan; an aggregate with its order written into the calls that keep one.
pub(super) fn in_order(plan: LogicalPlan) -> Result<LogicalPlan> {
    let LogicalPlan::Aggregate(aggregate) = plan else { return Ok(plan) };
    if !aggregate.aggr_expr.iter().any(|e| unordered(e).is_some()) {
        return Ok(LogicalPlan::Aggregate(aggregate));
    }
    let below = order_of(&aggregate.input);
    let names = NamePreserver::new_for_projection();
    let calls = aggregate.aggr_expr.into_iter().map(|e| {
        let name = names.save(&e);
        let ordered = e.transform_up(|e| {
            let Some(call) = unordered(&e) else { return Ok(Transformed::no(e)) };
            let order = match call.params.distinct {
                true => call.params.args.first().map(|value| vec![value.clone().sort(true, false)]),
                false => below.clone(),
            };
            let Some(order) = order else { return Ok(Transformed::no(e)) };
            let mut call = call.clone();
            call.params.order_by = order;
            Ok(Transformed::yes(Expr::AggregateFunction(call)))
        })?;
        Ok(name.restore(ordered.data))
    });
    let calls = calls.collect::<Result<Vec<_>>>()?;
    Aggregate::try_new(aggregate.input, aggregate.group_expr, calls).map(LogicalPlan::Aggregate)
}

fn unordered(e: &Expr) -> Option<&AggregateFunction> {
    let call = match e {
        Expr::AggregateFunction(call) => call,
        Expr::Alias(alias) => return unordered(&alias.expr),
        _ => return None,
    };
    let collects = matches!(call.func.name(), "array_agg" | "string_agg");
    (collects && call.params.order_by.is_empty()).then_some(call)
}

/// The order that the rows of a plan come in, told by its own columns; none where it is not known, or not by them.
fn order_of(plan: &LogicalPlan) -> Option<Vec<Sort>> {
    match plan {
        LogicalPlan::Sort(sort) => Some(sort.expr.clone()),
        LogicalPlan::Filter(filter) => order_of(&filter.input),
        LogicalPlan::Limit(limit) => order_of(&limit.input),
        LogicalPlan::SubqueryAlias(alias) => {
            let inner = order_of(&alias.input)?;
            renamed(inner, |e| match e {
                Expr::Column(column) => Some(Column::new(Some(alias.alias.clone()), &column.name)),
                _ => None,
            })
        }
        LogicalPlan::Projection(projection) => {
            let inner = order_of(&projection.input)?;
            renamed(inner, |e| {
                let same = |shown: &Expr| shown.clone().unalias_nested().data == *e;
                let place = projection.expr.iter().position(same)?;
                Some(Column::from(projection.schema.qualified_field(place)))
            })
        }
        _ => None,
    }
}

fn renamed(order: Vec<Sort>, name: impl Fn(&Expr) -> Option<Column>) -> Option<Vec<Sort>> {
    let renamed = order.into_iter().map(|sort| {
        let expr = Expr::Column(name(&sort.expr)?);
        Some(Sort { expr, ..sort })
    });
    renamed.collect()
}
