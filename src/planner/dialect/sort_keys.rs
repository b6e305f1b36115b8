//! ORDER BY: positions, what DISTINCT has kept, names given beside a star, and columns that a name hides.

use std::ops::ControlFlow;

use super::labels;
use super::tables::{derived, item, select};
use crate::error::{Error, Result, SqlState};
use crate::parser::ast::{self, Expr, Ident, Query, SelectItem, SetExpr};
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
    take_columns(query);
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
            for e in on.iter_mut() {
                let Expr::Value(value) = &*e else { continue };
                let ast::Value::Number(n, _) = &value.value else { continue };
                let at = n.parse::<usize>().ok().and_then(|n| items.get(n.checked_sub(1)?));
                match at.and_then(expr_of) {
                    Some(found) => *e = found,
                    None => {
                        let message = format!("DISTINCT ON position {n} is not in select list");
                        return Err(Error::new(SqlState::INVALID_COLUMN_REFERENCE, message));
                    }
                }
            }
            as_sorted(on, keys, items);
        }
        _ => {}
    }
    Ok(())
}

/// The engine wants each expression of DISTINCT ON once and in the order of the keys, PostgreSQL among the first of them.
fn as_sorted(on: &mut Vec<Expr>, keys: &mut Vec<ast::OrderByExpr>, items: &[SelectItem]) {
    let value = |e: &Expr| -> Expr {
        let at = match e {
            Expr::Value(value) => match &value.value {
                ast::Value::Number(n, _) => n.parse::<usize>().ok().and_then(|n| n.checked_sub(1)),
                _ => None,
            },
            Expr::Identifier(name) => items.iter().position(|item| {
                matches!(item, SelectItem::ExprWithAlias { alias, .. } if folded(alias) == folded(name))
            }),
            _ => None,
        };
        match at.and_then(|at| items.get(at)) {
            Some(SelectItem::UnnamedExpr(e) | SelectItem::ExprWithAlias { expr: e, .. }) => {
                e.clone()
            }
            _ => e.clone(),
        }
    };
    let mut seen: Vec<Expr> = Vec::new();
    on.retain(|e| {
        let e = value(e);
        let new = !seen.contains(&e);
        seen.push(e);
        new
    });
    let mut sorted: Vec<Expr> = Vec::new();
    keys.retain(|key| {
        let key = value(&key.expr);
        let new = !sorted.contains(&key);
        sorted.push(key);
        new
    });
    let place = |e: &Expr| {
        let e = value(e);
        sorted.iter().position(|key| *key == e)
    };
    if on.iter().all(|e| place(e).is_some()) {
        on.sort_by_key(place);
    }
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

/// Within an expression a name is a column's and never one that the select list gives: `SELECT -a AS a … ORDER BY a + 1`
/// sorts by the column. Such a key is worked out beside the select list, in a query below.
fn take_columns(query: &mut Query) {
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
        && keys.iter().any(|key| holds_name(&key.expr, &below.projection));
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
        above.from = vec![derived("__ordered", subquery)];
    }
    query.body = above.body;
}

/// Whether a name given in the select list stands within an expression, where PostgreSQL takes it for a column's.
fn holds_name(e: &Expr, items: &[SelectItem]) -> bool {
    if matches!(e, Expr::Identifier(_) | Expr::Value(_)) {
        return false;
    }
    let given = |name: &Ident| {
        items.iter().any(|item| match item {
            SelectItem::ExprWithAlias { expr, alias } if folded(alias) == folded(name) => {
                !matches!(expr, Expr::Identifier(column) if folded(column) == folded(name))
                    && !matches!(expr, Expr::CompoundIdentifier(parts)
                        if parts.last().is_some_and(|last| folded(last) == folded(name)))
            }
            _ => false,
        })
    };
    ast::visit_expressions(e, |e| match e {
        Expr::Identifier(name) if given(name) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    })
    .is_break()
}
