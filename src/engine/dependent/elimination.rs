//! Subqueries in a node's expressions become columns of what the node reads, joined to it.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, Result, ScalarValue};
use datafusion::functions_aggregate::count::count_all;
use datafusion::functions_aggregate::first_last::first_value_udaf;
use datafusion::logical_expr::expr::{
    AggregateFunction, AggregateFunctionParams, Exists, InSubquery, ScalarFunction, SetComparison,
    SetQuantifier,
};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::{conjunction, split_conjunction_owned};
use datafusion::logical_expr::{
    Distinct, Expr, FetchType, Filter, Join, JoinType, LogicalPlan, LogicalPlanBuilder, SkipType,
    Sort, Subquery, binary_expr, lit, not, when,
};

use super::domain::{Domain, fresh, only, outer_columns};
use super::left::{holds_subquery, keyed_aggregate, semi_join};
use super::push::{push, refuse};
use super::{lateral, rows, shared};
use crate::error::Error;
use crate::functions;

/// One node's subqueries; those below it, and those inside of its own, were seen to before.
pub(in crate::engine) fn rewrite(node: LogicalPlan) -> Result<LogicalPlan> {
    match node {
        LogicalPlan::Join(join) if lateral::is(&join)? => lateral::apart(join),
        LogicalPlan::Values(values) if values.values.iter().flatten().any(holds_subquery) => {
            rows::apart(values)
        }
        node if !node.expressions().iter().any(holds_subquery) => Ok(node),
        LogicalPlan::Filter(filter) => filtered(filter),
        LogicalPlan::Join(join) => joined(join),
        LogicalPlan::Limit(_) => Err(refuse("a subquery in LIMIT or OFFSET")),
        LogicalPlan::Sort(sort) => sorted(sort),
        node => of_one_input(node),
    }
}

/// What a filter leaves to the planner stays a condition on the rows themselves.
fn filtered(filter: Filter) -> Result<LogicalPlan> {
    let conditions = split_conjunction_owned(filter.predicate.clone());
    let (mut kept, mut done) = (Vec::new(), Vec::new());
    for condition in conditions {
        match !holds_subquery(&condition) || semi_join(&condition, &filter)? {
            true => kept.push(condition),
            false => done.push(condition),
        }
    }
    let mut input = Arc::unwrap_or_clone(filter.input);
    let schema = Arc::clone(input.schema());
    if let Some(kept) = conjunction(kept) {
        input = LogicalPlanBuilder::from(input).filter(kept)?.build()?;
    }
    if done.is_empty() {
        return Ok(input);
    }
    let mut elimination = Elimination::over(input, &done)?;
    elimination.aggregates_stay = true;
    let done = done.into_iter().map(|e| elimination.condition(e)).collect::<Result<Vec<_>>>()?;
    let mut plan = LogicalPlanBuilder::from(elimination.rows);
    if let Some(done) = conjunction(done) {
        plan = plan.filter(done)?;
    }
    only(plan.build()?, &schema)
}

fn of_one_input(node: LogicalPlan) -> Result<LogicalPlan> {
    let [input] = node.inputs()[..] else {
        return Err(refuse("a subquery at this place"));
    };
    let mut elimination = Elimination::over(input.clone(), &node.expressions())?;
    elimination.aggregates_stay = matches!(node, LogicalPlan::Projection(_));
    let names = NamePreserver::new_for_projection();
    let mut expressions = Vec::new();
    for e in node.expressions() {
        let name = names.save(&e);
        expressions.push(name.restore(elimination.without(e)?));
    }
    let schema = Arc::clone(node.schema());
    let plan = node.with_new_exprs(expressions, vec![elimination.rows])?.recompute_schema()?;
    // Some nodes hand on what they read, and now there is more of it.
    only(plan, &schema)
}

fn sorted(mut sort: Sort) -> Result<LogicalPlan> {
    let schema = Arc::clone(sort.input.schema());
    let keys: Vec<Expr> = sort.expr.iter().map(|key| key.expr.clone()).collect();
    let mut elimination = Elimination::over(Arc::unwrap_or_clone(sort.input), &keys)?;
    for key in &mut sort.expr {
        key.expr = elimination.without(std::mem::take(&mut key.expr))?;
    }
    sort.input = Arc::new(elimination.rows);
    only(LogicalPlan::Sort(sort), &schema)
}

/// The outer columns of the subqueries in an expression.
fn named_by_subqueries(e: &Expr) -> Result<Vec<Column>> {
    let mut found = Vec::new();
    e.apply(|e| {
        if let Some(subquery) = subquery_of(e) {
            for column in outer_columns(&subquery.subquery)? {
                if !found.contains(&column) {
                    found.push(column);
                }
            }
        }
        Ok(datafusion::common::tree_node::TreeNodeRecursion::Continue)
    })?;
    Ok(found)
}

/// Whether an expression looks for a value of its own among a subquery's rows.
fn holds_member(e: &Expr) -> bool {
    e.exists(|e| Ok(matches!(e, Expr::InSubquery(_) | Expr::SetComparison(_)))).unwrap_or(true)
}

fn subquery_of(e: &Expr) -> Option<&Subquery> {
    match e {
        Expr::ScalarSubquery(subquery)
        | Expr::Exists(Exists { subquery, .. })
        | Expr::InSubquery(InSubquery { subquery, .. })
        | Expr::SetComparison(SetComparison { subquery, .. }) => Some(subquery),
        _ => None,
    }
}

/// Subqueries in a join's condition: an inner join filters what it made, another joins them to the side they look at.
fn joined(mut join: Join) -> Result<LogicalPlan> {
    let Some(condition) = join.filter.take() else { return Ok(LogicalPlan::Join(join)) };
    if join.join_type == JoinType::Inner {
        let join = Arc::new(LogicalPlan::Join(join));
        return filtered(Filter::try_new(condition, join)?);
    }
    let schema = Arc::clone(&join.schema);
    let named = named_by_subqueries(&condition)?;
    let has = |plan: &LogicalPlan, c: &Column| plan.schema().maybe_index_of_column(c).is_some();
    let from_left = named.iter().any(|c| has(&join.left, c));
    let from_right = named.iter().any(|c| !has(&join.left, c) && has(&join.right, c));
    if from_left && from_right {
        return Err(refuse("a subquery that looks at both sides of an outer join"));
    }
    let side = if from_left { &mut join.left } else { &mut join.right };
    let conditions = std::slice::from_ref(&condition);
    let mut elimination = Elimination::over(LogicalPlan::clone(side), conditions)?;
    join.filter = Some(elimination.without(condition)?);
    *side = Arc::new(elimination.rows);
    only(LogicalPlan::Join(join).recompute_schema()?, &schema)
}

/// The rows that a node reads, and what they have grown by.
pub(super) struct Elimination {
    around: Arc<LogicalPlan>,
    pub rows: LogicalPlan,
    /// Aggregates that the planner joins itself are left to it.
    pub aggregates_stay: bool,
    /// What stands for a subquery that was met before.
    known: Vec<(Expr, Expr)>,
}

impl Elimination {
    /// `named` are the expressions whose subqueries will be looked at.
    pub fn over(rows: LogicalPlan, named: &[Expr]) -> Result<Elimination> {
        let mut twice = false;
        for e in named {
            twice |= !named_by_subqueries(e)?.is_empty() || holds_member(e);
        }
        let rows = if twice { shared::held(rows)? } else { rows };
        let around = Arc::new(rows.clone());
        Ok(Elimination { around, rows, aggregates_stay: false, known: Vec::new() })
    }

    /// An expression without subqueries but those that are left to the planner.
    pub fn without(&mut self, e: Expr) -> Result<Expr> {
        e.transform_up(|e| match subquery_of(&e) {
            Some(_) => self.replaced(e).map(Transformed::yes),
            None => Ok(Transformed::no(e)),
        })
        .map(|t| t.data)
    }

    /// A condition of WHERE: NULL is as good as false.
    fn condition(&mut self, e: Expr) -> Result<Expr> {
        match e {
            Expr::InSubquery(InSubquery { expr, subquery, negated: false }) => {
                let expr = self.without(*expr)?;
                let found = matching(&subquery, |item| Ok(item.eq(outer(&expr)?)))?;
                self.exists(found, false)
            }
            other => self.without(other),
        }
    }

    fn replaced(&mut self, e: Expr) -> Result<Expr> {
        if let Some((_, known)) = self.known.iter().find(|(met, _)| *met == e) {
            return Ok(known.clone());
        }
        let met = e.clone();
        let made = match e {
            Expr::ScalarSubquery(subquery) => self.scalar(subquery)?,
            Expr::Exists(Exists { subquery, negated }) => {
                self.exists(LogicalPlan::clone(&subquery.subquery), negated)?
            }
            Expr::InSubquery(search) => self.member(search)?,
            Expr::SetComparison(comparison) => self.compared(comparison)?,
            other => other,
        };
        self.known.push((met, made.clone()));
        Ok(made)
    }

    fn scalar(&mut self, subquery: Subquery) -> Result<Expr> {
        let plan = &*subquery.subquery;
        // One that stands alone is computed once, before anything else. Of a value that cannot be NULL the planner
        // forgets that there may be no row.
        let alone = outer_columns(plan)?.is_empty() && plan.schema().field(0).is_nullable();
        if alone || self.aggregates_stay && keyed_aggregate(plan, &self.around)? {
            return Ok(Expr::ScalarSubquery(subquery));
        }
        let plan = LogicalPlan::clone(plan);
        let single = gives_one_row(&plan);
        let domain = Domain::of(&self.around, &plan)?;
        let mut carried = push(plan, &domain)?;
        let value = Expr::Column(Column::from(carried.plan.schema().qualified_field(0)));
        let name = fresh("value");
        let keys: Vec<Expr> = carried.keys.iter().cloned().map(Expr::Column).collect();
        let replacement = match single {
            true => {
                let all = [vec![value.alias(&name)], keys].concat();
                carried.plan = LogicalPlanBuilder::from(carried.plan).project(all)?.build()?;
                Expr::Column(Column::new_unqualified(&name))
            }
            false => {
                let count = fresh("count");
                let first = Expr::AggregateFunction(AggregateFunction {
                    func: first_value_udaf(),
                    params: AggregateFunctionParams {
                        args: vec![value],
                        distinct: false,
                        filter: None,
                        order_by: Vec::new(),
                        null_treatment: None,
                    },
                });
                let made = vec![first.alias(&name), count_all().alias(&count)];
                carried.plan =
                    LogicalPlanBuilder::from(carried.plan).aggregate(keys, made)?.build()?;
                let one = functions::scalar("__only")
                    .ok_or_else(|| external(Error::internal("no check of single rows")))?;
                let arguments =
                    [count, name].map(|n| Expr::Column(Column::new_unqualified(n))).to_vec();
                Expr::ScalarFunction(ScalarFunction::new_udf(one, arguments))
            }
        };
        self.grow(&domain, carried)?;
        Ok(replacement)
    }

    fn exists(&mut self, plan: LogicalPlan, negated: bool) -> Result<Expr> {
        let plan = some_rows(plan);
        let domain = Domain::of(&self.around, &plan)?;
        let mut carried = push(plan, &domain)?;
        let name = fresh("found");
        let mut all = vec![lit(true).alias(&name)];
        all.extend(carried.keys.iter().cloned().map(Expr::Column));
        let marked = LogicalPlanBuilder::from(carried.plan).project(all)?;
        carried.plan = marked.distinct()?.build()?;
        self.grow(&domain, carried)?;
        let found = Expr::Column(Column::new_unqualified(name));
        Ok(if negated { found.is_null() } else { found.is_not_null() })
    }

    /// PostgreSQL manual, 9.23.2: NULL where nothing equals and something is NULL.
    fn member(&mut self, search: InSubquery) -> Result<Expr> {
        let InSubquery { expr, subquery, negated } = search;
        let answer = self.any(*expr, &subquery, |item, wanted| item.eq(wanted))?;
        Ok(if negated { not(answer) } else { answer })
    }

    fn compared(&mut self, comparison: SetComparison) -> Result<Expr> {
        let SetComparison { expr, subquery, op, quantifier } = comparison;
        match quantifier {
            SetQuantifier::Any => {
                self.any(*expr, &subquery, |item, wanted| binary_expr(wanted, op, item))
            }
            // True of all where false of none.
            SetQuantifier::All => {
                let some =
                    self.any(*expr, &subquery, |item, wanted| not(binary_expr(wanted, op, item)));
                some.map(not)
            }
        }
    }

    fn any(
        &mut self,
        expr: Expr,
        subquery: &Subquery,
        test: impl Fn(Expr, Expr) -> Expr,
    ) -> Result<Expr> {
        let wanted = outer(&expr)?;
        let found = matching(subquery, |item| Ok(test(item, wanted.clone())))?;
        let unknown = matching(subquery, |item| Ok(test(item, wanted.clone()).is_null()))?;
        let (found, unknown) = (self.exists(found, false)?, self.exists(unknown, false)?);
        let null = lit(ScalarValue::Boolean(None));
        when(found, lit(true)).when(unknown, null).otherwise(lit(false))
    }

    fn grow(&mut self, domain: &Domain, carried: super::domain::Carried) -> Result<()> {
        let rows = std::mem::take(&mut self.rows);
        self.rows = domain.join(rows, carried, JoinType::Left, None)?;
        Ok(())
    }
}

fn external(e: Error) -> datafusion::error::DataFusionError {
    datafusion::error::DataFusionError::External(Box::new(e))
}

/// The rows of a subquery for which a test of its one column holds.
fn matching(subquery: &Subquery, test: impl Fn(Expr) -> Result<Expr>) -> Result<LogicalPlan> {
    let plan = LogicalPlan::clone(&subquery.subquery);
    let item = Expr::Column(Column::from(plan.schema().qualified_field(0)));
    LogicalPlanBuilder::from(plan).filter(test(item)?)?.build()
}

/// An expression of the query around, as the subquery names it.
fn outer(e: &Expr) -> Result<Expr> {
    let field = |column: &Column| {
        // Only its name counts once it is bound.
        Arc::new(arrow::datatypes::Field::new(&column.name, arrow::datatypes::DataType::Null, true))
    };
    let moved = e.clone().transform_up(|e| {
        Ok(match e {
            Expr::Column(column) => {
                Transformed::yes(Expr::OuterReferenceColumn(field(&column), column))
            }
            other => Transformed::no(other),
        })
    });
    moved.map(|t| t.data)
}

/// Without what makes no difference to whether there is a row.
fn some_rows(plan: LogicalPlan) -> LogicalPlan {
    match plan {
        LogicalPlan::Limit(limit) => {
            let first = matches!(limit.get_skip_type(), Ok(SkipType::Literal(0)));
            let some = matches!(limit.get_fetch_type(), Ok(FetchType::Literal(Some(n))) if n > 0);
            match first && some {
                true => some_rows(Arc::unwrap_or_clone(limit.input)),
                false => LogicalPlan::Limit(limit),
            }
        }
        LogicalPlan::Sort(sort) if sort.fetch.is_none() => {
            some_rows(Arc::unwrap_or_clone(sort.input))
        }
        LogicalPlan::Projection(projection) => some_rows(Arc::unwrap_or_clone(projection.input)),
        LogicalPlan::Distinct(Distinct::All(input)) => some_rows(Arc::unwrap_or_clone(input)),
        LogicalPlan::SubqueryAlias(alias) => some_rows(Arc::unwrap_or_clone(alias.input)),
        other => other,
    }
}

/// Whether there is never more than one row, so that none need be counted.
fn gives_one_row(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Projection(p) => gives_one_row(&p.input),
        LogicalPlan::Filter(filter) => gives_one_row(&filter.input),
        LogicalPlan::SubqueryAlias(alias) => gives_one_row(&alias.input),
        LogicalPlan::Sort(sort) => gives_one_row(&sort.input),
        LogicalPlan::Aggregate(aggregate) => aggregate.group_expr.is_empty(),
        LogicalPlan::EmptyRelation(_) => true,
        LogicalPlan::Values(values) => values.values.len() == 1,
        LogicalPlan::Limit(limit) => {
            matches!(limit.get_fetch_type(), Ok(FetchType::Literal(Some(n))) if n <= 1)
        }
        _ => false,
    }
}
