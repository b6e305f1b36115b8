//! Functions of rows in ORDER BY and beside DISTINCT ON: the rows are made in a query of their own, which is then sorted.
//! Where PostgreSQL allows none, they are refused in its words.

use super::labels::name_of;
use super::syntax::call;
use super::tables::{derived, item, select};
use super::within;
use crate::error::{Error, Result, SqlState};
use crate::functions::sets;
use crate::parser::ast::{
    self, Expr, Function, Ident, OrderBy, OrderByKind, Query, SelectItem, SetExpr,
};
use crate::parser::folded;

const ROWS: &str = "__spread";

fn gives_rows(function: &Function) -> bool {
    let name = function.name.0.last().and_then(|part| part.as_ident()).map(folded);
    name.is_some_and(|name| name == "unnest" || sets::rows_of(&name).is_some())
}

/// Whether an expression gives rows; those of a subquery in it are its own.
fn spreads(e: &Expr) -> bool {
    within::calls_itself(e, gives_rows)
}

/// Sorts the rows of a query in one around it, where a key gives rows itself or DISTINCT ON looks at such.
pub(super) fn sort_apart(query: &mut Query) {
    let SetExpr::Select(inner) = &*query.body else { return };
    let keys: &[ast::OrderByExpr] = match &query.order_by {
        Some(OrderBy { kind: OrderByKind::Expressions(keys), .. }) => keys,
        Some(_) => return,
        None => &[],
    };
    let items: Vec<(Expr, String)> = inner.projection.iter().filter_map(named).collect();
    if items.len() != inner.projection.len() {
        return;
    }
    let on = match &inner.distinct {
        Some(ast::Distinct::On(on)) => on.clone(),
        Some(_) => return,
        None => Vec::new(),
    };
    let in_keys = keys.iter().any(|key| spreads(&key.expr)) || on.iter().any(spreads);
    let beside_on = !on.is_empty() && items.iter().any(|(e, _)| spreads(e));
    // The rows that one row gives stay in their order where they are sorted by something else.
    let place_of = match keys.is_empty() || in_keys || inner.distinct.is_some() {
        true => None,
        false => places(&items),
    };
    if !in_keys && !beside_on && place_of.is_none() {
        return;
    }
    let mut made = Made { items: &items, hidden: Vec::new() };
    let on: Vec<Expr> = on.iter().map(|e| made.column_of(e)).collect();
    let mut order_by = query.order_by.clone();
    if let Some(OrderBy { kind: OrderByKind::Expressions(keys), .. }) = &mut order_by {
        keys.iter_mut().for_each(|key| key.expr = made.column_of(&key.expr));
        keys.extend(place_of.map(|place| super::json::in_order(&made.column_of(&place))));
    }
    let hidden = made.hidden;
    let mut inner = inner.clone();
    inner.distinct = None;
    let places = items.iter().map(|(e, _)| e).chain(&hidden).cloned().enumerate();
    inner.projection = places.map(|(i, e)| item(e, place(i))).collect();
    let shown = items.iter().enumerate();
    let shown =
        shown.map(|(i, (_, name))| item(column(i), Ident::with_quote('"', name.clone()))).collect();
    let mut around = select(shown);
    let mut below = select(Vec::new());
    *below.body = SetExpr::Select(inner);
    if let SetExpr::Select(around) = &mut *around.body {
        if !on.is_empty() {
            around.distinct = Some(ast::Distinct::On(on));
        }
        around.from = vec![derived(ROWS, below)];
    }
    query.body = around.body;
    query.order_by = order_by;
}

/// Which row of a row each one is; none where no item gives any, or one gives them from those of another.
fn places(items: &[(Expr, String)]) -> Option<Expr> {
    let mut lists = Vec::new();
    for (item, _) in items.iter().filter(|(item, _)| spreads(item)) {
        let mut nested = false;
        // The walk breaks off nowhere.
        let _: std::ops::ControlFlow<()> = ast::visit_expressions(item, |e| {
            if let Expr::Function(function) = e
                && gives_rows(function)
            {
                match list_of(function) {
                    Some(list) => lists.push(list),
                    None => nested = true,
                }
            }
            std::ops::ControlFlow::Continue(())
        });
        if nested {
            return None;
        }
    }
    (!lists.is_empty()).then(|| call("unnest", vec![call("__ordinals", lists)]))
}

/// The list whose elements a function gives as rows.
fn list_of(function: &Function) -> Option<Expr> {
    let ast::FunctionArguments::List(list) = &function.args else { return None };
    let arguments = list.args.iter().map(|argument| match argument {
        ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(e)) => Some(e.clone()),
        _ => None,
    });
    let mut arguments = arguments.collect::<Option<Vec<Expr>>>()?;
    if arguments.iter().any(spreads) {
        return None;
    }
    let name = function.name.0.last().and_then(|part| part.as_ident()).map(folded)?;
    match sets::rows_of(&name) {
        Some(rows) => Some(call(rows.list, arguments)),
        None if arguments.len() == 1 => arguments.pop(),
        None => None,
    }
}

/// An item with the name that it has.
fn named(item: &SelectItem) -> Option<(Expr, String)> {
    match item {
        SelectItem::UnnamedExpr(e) => {
            Some((e.clone(), name_of(e).unwrap_or_else(|| "?column?".to_owned())))
        }
        SelectItem::ExprWithAlias { expr, alias } => Some((expr.clone(), folded(alias))),
        _ => None,
    }
}

fn place(i: usize) -> Ident {
    Ident::with_quote('"', format!("__place{i}"))
}

fn column(i: usize) -> Expr {
    Expr::CompoundIdentifier(vec![Ident::with_quote('"', ROWS), place(i)])
}

struct Made<'i> {
    items: &'i [(Expr, String)],
    /// What is only sorted by.
    hidden: Vec<Expr>,
}

impl Made<'_> {
    /// A key by position, by name, as an item says it, or as a column of its own.
    fn column_of(&mut self, key: &Expr) -> Expr {
        let at = match key {
            Expr::Value(value) => match &value.value {
                ast::Value::Number(n, _) => n.parse::<usize>().ok().and_then(|n| n.checked_sub(1)),
                _ => None,
            },
            Expr::Identifier(name) => {
                let name = folded(name);
                self.items.iter().position(|(_, alias)| *alias == name)
            }
            _ => None,
        };
        let same = || self.items.iter().position(|(e, _)| e == key);
        if let Some(at) = at.filter(|at| *at < self.items.len()).or_else(same) {
            return column(at);
        }
        self.hidden.push(key.clone());
        column(self.items.len() + self.hidden.len() - 1)
    }
}

/// Refuses functions of rows where PostgreSQL does.
pub(super) fn refuse_misplaced(e: &Expr) -> Result<()> {
    let refused = |what: String| {
        let hint = "You might be able to move the set-returning function into a LATERAL FROM item.";
        Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, what).hint(hint))
    };
    let not_in = |place: &str| {
        let message = format!("set-returning functions are not allowed in {place}");
        let hint = "You might be able to move the set-returning function into a LATERAL FROM item.";
        Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message).hint(hint))
    };
    match e {
        Expr::Case { operand, conditions, else_result, .. } => {
            let whens = conditions.iter().flat_map(|when| [&when.condition, &when.result]);
            let mut all = whens.chain(operand.as_deref()).chain(else_result.as_deref());
            if all.any(spreads) { not_in("CASE") } else { Ok(()) }
        }
        Expr::Function(function) => {
            let Some(name) = function.name.0.last().and_then(|p| p.as_ident()).map(folded) else {
                return Ok(());
            };
            if function.over.is_some() && gives_rows(function) {
                let message = format!(
                    "OVER specified, but {name} is not a window function nor an aggregate function"
                );
                return Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message));
            }
            let ast::FunctionArguments::List(list) = &function.args else { return Ok(()) };
            let arguments = list.args.iter().filter_map(|argument| match argument {
                ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(e)) => Some(e),
                _ => None,
            });
            let within = || arguments.clone().any(spreads);
            let aggregate = ["min", "max", "sum", "avg", "count", "array_agg", "string_agg"];
            match name.as_str() {
                "coalesce" if within() => not_in("COALESCE"),
                _ if function.over.is_some() && within() => refused(
                    "window function calls cannot contain set-returning function calls".to_owned(),
                ),
                other if aggregate.contains(&other) && within() => refused(
                    "aggregate function calls cannot contain set-returning function calls"
                        .to_owned(),
                ),
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}
