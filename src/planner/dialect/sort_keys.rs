//! ORDER BY: positions, what DISTINCT has kept, names given beside a star, and subqueries of the row.

use std::ops::ControlFlow;

use super::labels;
use super::tables::{item, select};
use crate::error::{Error, Result, SqlState};
use crate::parser::ast::{
    self, Expr, Ident, Query, SelectItem, SetExpr, TableAlias, TableFactor, TableWithJoins,
};
use crate::parser::folded;

/// What may stand in ORDER BY beside expressions: positions, and what DISTINCT has kept.
pub(super) fn resolve(query: &mut Query) -> Result<()> {
    let Some(ast::OrderBy { kind: ast::OrderByKind::Expressions(keys), .. }) = &mut query.order_by
    else {
        return Ok(());
    };
    for key in keys.iter() {
        let Expr::Value(value) = &key.expr else { continue };
        match &value.value {
            ast::Value::Number(n, _) if n == "0" => {
                return Err(Error::new(
                    SqlState::INVALID_COLUMN_REFERENCE,
                    "ORDER BY position 0 is not in select list",
                ));
            }
            ast::Value::Number(n, _) if !n.contains(['.', 'e', 'E']) => {}
            ast::Value::Null | ast::Value::Placeholder(_) => {}
            _ => return Err(Error::syntax("non-integer constant in ORDER BY")),
        }
    }
    hide_subqueries(query);
    let Some(ast::OrderBy { kind: ast::OrderByKind::Expressions(keys), .. }) = &mut query.order_by
    else {
        return Ok(());
    };
    let SetExpr::Select(select) = &mut *query.body else { return Ok(()) };
    let items = &select.projection;
    let star = |item: &SelectItem| {
        matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..))
    };
    if items.iter().any(star) {
        named_beside_star(items, keys);
        return Ok(());
    }
    let expr_of = |item: &SelectItem| match item {
        SelectItem::UnnamedExpr(e) | SelectItem::ExprWithAlias { expr: e, .. } => Some(e.clone()),
        _ => None,
    };
    match &mut select.distinct {
        Some(ast::Distinct::Distinct) => {
            for key in keys {
                let plain = matches!(key.expr, Expr::Identifier(_) | Expr::Value(_));
                let same = |item: &SelectItem| expr_of(item).as_ref() == Some(&key.expr);
                if let Some(at) = items.iter().position(same).filter(|_| !plain) {
                    key.expr = Expr::Value(ast::Value::Number((at + 1).to_string(), false).into());
                }
            }
        }
        Some(ast::Distinct::On(on)) => {
            for e in on {
                let Expr::Value(value) = &*e else { continue };
                let ast::Value::Number(n, _) = &value.value else { continue };
                let at = n.parse::<usize>().ok().and_then(|n| items.get(n.checked_sub(1)?));
                match at.and_then(expr_of) {
                    Some(found) => *e = found,
                    None => {
                        let message =
                            format!("SELECT DISTINCT ON position {n} is not in select list");
                        return Err(Error::new(SqlState::INVALID_COLUMN_REFERENCE, message));
                    }
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// `SELECT t.*, t.a AS b … ORDER BY b`: beside a star a column has a name of its own only for the client.
fn named_beside_star(items: &[SelectItem], keys: &mut [ast::OrderByExpr]) {
    for key in keys {
        let Expr::Identifier(name) = &key.expr else { continue };
        let name = folded(name);
        let mut given = items.iter().filter_map(|item| match item {
            SelectItem::ExprWithAlias { expr, alias } if folded(alias) == name => Some(expr),
            _ => None,
        });
        if let (Some(column @ (Expr::Identifier(_) | Expr::CompoundIdentifier(_))), None) =
            (given.next(), given.next())
        {
            key.expr = column.clone();
        }
    }
}

/// A subquery of the row is worked out beside the select list, in a query below that gives the same columns.
fn hide_subqueries(query: &mut Query) {
    let Some(ast::OrderBy { kind: ast::OrderByKind::Expressions(keys), .. }) = &mut query.order_by
    else {
        return;
    };
    let SetExpr::Select(below) = &mut *query.body else { return };
    let plain = |item: &SelectItem| {
        matches!(item, SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. })
    };
    let fits = below.distinct.is_none()
        && below.into.is_none()
        && below.projection.iter().all(plain)
        && keys.iter().any(|key| holds_query(&key.expr));
    if !fits {
        return;
    }
    let mut shown = Vec::new();
    let mut names = Vec::new();
    for (i, item_below) in below.projection.iter_mut().enumerate() {
        let (expr, name) = match item_below {
            SelectItem::UnnamedExpr(e) => (e.clone(), labels::name_of(e)),
            SelectItem::ExprWithAlias { expr, alias } => (expr.clone(), Some(folded(alias))),
            _ => continue,
        };
        let name = name.unwrap_or_else(|| "?column?".to_owned());
        let inner = Ident::with_quote('"', format!("__shown{i}"));
        shown.push(item(Expr::Identifier(inner.clone()), Ident::with_quote('"', name.clone())));
        names.push(name);
        *item_below = item(expr, inner);
    }
    for (i, key) in keys.iter_mut().enumerate() {
        let place = match &key.expr {
            Expr::Value(_) => continue,
            Expr::Identifier(name) => names.iter().position(|known| *known == folded(name)),
            _ => None,
        };
        let name = match place {
            Some(at) => Ident::with_quote('"', format!("__shown{at}")),
            None => {
                let name = Ident::with_quote('"', format!("__key{i}"));
                below.projection.push(item(key.expr.clone(), name.clone()));
                name
            }
        };
        key.expr = Expr::Identifier(name);
    }
    let mut above = select(shown);
    if let SetExpr::Select(above) = &mut *above.body {
        let mut subquery = select(Vec::new());
        std::mem::swap(&mut *subquery.body, &mut *query.body);
        let alias = TableAlias {
            explicit: true,
            name: Ident::with_quote('"', "__ordered"),
            columns: Vec::new(),
            at: None,
        };
        let relation = TableFactor::Derived {
            lateral: false,
            subquery: Box::new(subquery),
            alias: Some(alias),
            sample: None,
        };
        above.from = vec![TableWithJoins { relation, joins: Vec::new() }];
    }
    query.body = above.body;
}

fn holds_query(e: &Expr) -> bool {
    ast::visit_expressions(e, |e| match e {
        Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    })
    .is_break()
}
