//! `ARRAY(SELECT x …)` is a scalar subquery over `array_agg(x)`: of the query's own rows where it only filters, else of
//! its rows as a relation.

use std::ops::ControlFlow;

use super::syntax::call;
use super::tables::{item, select};
use crate::error::{Error, Result};
use crate::functions;
use crate::parser::ast::{
    self, Expr, Function, FunctionArgumentClause, FunctionArguments, GroupByExpr, Ident, OrderBy,
    OrderByExpr, OrderByKind, Query, Select, SelectItem, SetExpr, TableAlias, TableAliasColumnDef,
    TableFactor, TableWithJoins,
};
use crate::parser::folded;
use crate::planner::levels::is_aggregate;

/// The one column, and what only sorts.
const ITEM: &str = "__item";

/// What `ARRAY(query)` becomes. No row makes an empty array, where the aggregate makes NULL.
pub(super) fn array_of(mut query: Query) -> Result<Expr> {
    let keys = match query.order_by.clone() {
        None => Vec::new(),
        Some(OrderBy { kind: OrderByKind::Expressions(keys), .. }) => keys,
        Some(_) => return Err(Error::unsupported("ORDER BY ALL")),
    };
    let limited = query.limit_clause.is_some() || query.fetch.is_some();
    let query = match &mut *query.body {
        SetExpr::Select(inner) => {
            let (value, name) = only_item(inner)?;
            let own = |key: &Expr| is_item(key, &name) || *key == value;
            let each = || std::iter::once(&value).chain(keys.iter().map(|key| &key.expr));
            if !limited && only_filters(inner) && !each().any(changes_rows) {
                let keys = keys.into_iter().map(|mut key| {
                    if own(&key.expr) {
                        key.expr = value.clone();
                    }
                    key
                });
                let aggregated = collected(value.clone(), keys.collect());
                inner.projection = vec![item(aggregated, Ident::with_quote('"', "array"))];
                query.order_by = None;
                query
            } else {
                let mut items = vec![item(value.clone(), Ident::with_quote('"', ITEM))];
                let mut sorted = Vec::new();
                for (i, key) in keys.into_iter().enumerate() {
                    let name = if own(&key.expr) { ITEM.to_owned() } else { format!("__by{i}") };
                    let place = Ident::with_quote('"', name.clone());
                    if name != ITEM {
                        items.push(item(key.expr.clone(), place.clone()));
                    }
                    sorted.push(OrderByExpr { expr: Expr::Identifier(place), ..key });
                }
                inner.projection = items;
                if let Some(order_by) = &mut query.order_by {
                    order_by.kind = OrderByKind::Expressions(sorted.clone());
                }
                over(query, Vec::new(), sorted)
            }
        }
        _ => {
            let place = Ident::with_quote('"', ITEM);
            let keys = keys.into_iter().map(|mut key| {
                key.expr = Expr::Identifier(place.clone());
                key
            });
            let keys = keys.collect();
            let column = TableAliasColumnDef { name: place.clone(), data_type: None };
            over(query, vec![column], keys)
        }
    };
    Ok(call("coalesce", vec![Expr::Subquery(Box::new(query)), call("make_array", Vec::new())]))
}

fn only_item(select: &Select) -> Result<(Expr, Option<String>)> {
    match select.projection.as_slice() {
        [SelectItem::UnnamedExpr(e)] => Ok((e.clone(), super::labels::name_of(e))),
        [SelectItem::ExprWithAlias { expr, alias }] => Ok((expr.clone(), Some(folded(alias)))),
        [_] => Err(Error::unsupported("ARRAY over *")),
        _ => Err(Error::syntax("subquery must return only one column")),
    }
}

/// By its position or its name.
fn is_item(key: &Expr, name: &Option<String>) -> bool {
    match key {
        Expr::Value(value) => matches!(&value.value, ast::Value::Number(n, _) if n == "1"),
        Expr::Identifier(ident) => Some(folded(ident)) == *name,
        _ => false,
    }
}

fn only_filters(select: &Select) -> bool {
    let grouped = match &select.group_by {
        GroupByExpr::Expressions(groups, _) => !groups.is_empty(),
        GroupByExpr::All(_) => true,
    };
    select.distinct.is_none() && !grouped && select.having.is_none()
}

/// Whether an expression makes of rows more, fewer, or what they are only together.
fn changes_rows(e: &Expr) -> bool {
    let changes = |function: &Function| {
        let name = function.name.0.last().and_then(|part| part.as_ident()).map(folded);
        let name = name.unwrap_or_default();
        function.over.is_some()
            || is_aggregate(function)
            || name == "unnest"
            || functions::aggregate(&name).is_some()
    };
    let flow = ast::visit_expressions(e, |e| match e {
        Expr::Function(function) if changes(function) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    flow.is_break()
}

fn collected(value: Expr, keys: Vec<OrderByExpr>) -> Expr {
    let mut aggregated = call("array_agg", vec![value]);
    if let Expr::Function(Function { args: FunctionArguments::List(list), .. }) = &mut aggregated
        && !keys.is_empty()
    {
        list.clauses.push(FunctionArgumentClause::OrderBy(keys));
    }
    aggregated
}

/// Gathers the rows of a query.
fn over(query: Query, columns: Vec<TableAliasColumnDef>, keys: Vec<OrderByExpr>) -> Query {
    let value = Expr::Identifier(Ident::with_quote('"', ITEM));
    let mut around = select(vec![item(collected(value, keys), Ident::with_quote('"', "array"))]);
    if let SetExpr::Select(around) = &mut *around.body {
        let alias = TableAlias {
            explicit: true,
            name: Ident::with_quote('"', "__rows"),
            columns,
            at: None,
        };
        let relation = TableFactor::Derived {
            lateral: false,
            subquery: Box::new(query),
            alias: Some(alias),
            sample: None,
        };
        around.from = vec![TableWithJoins { relation, joins: Vec::new() }];
    }
    around
}
