//! Grouped expressions that differ in a cast only, which the engine knows by one name: told apart.

use std::ops::ControlFlow;

use super::aggregates::without_casts;
use super::labels;
use super::syntax::{call, null};
use super::tables::item;
use crate::parser::ast::{self, Expr, GroupByExpr, Ident, Query, SelectItem, SetExpr, Value};

/// `SELECT day::timestamp, day … GROUP BY 1, 2`; before anything in it is rewritten.
pub(super) fn tell_apart(query: &mut Query) {
    let SetExpr::Select(select) = &mut *query.body else { return };
    let GroupByExpr::Expressions(groups, _) = &select.group_by else { return };
    let grouped: Vec<Expr> = groups
        .iter()
        .filter_map(|group| match group {
            Expr::Value(value) => match &value.value {
                Value::Number(n, _) => {
                    let at = n.parse::<usize>().ok()?.checked_sub(1)?;
                    match select.projection.get(at)? {
                        SelectItem::UnnamedExpr(e) | SelectItem::ExprWithAlias { expr: e, .. } => {
                            Some(e.clone())
                        }
                        _ => None,
                    }
                }
                _ => None,
            },
            e => Some(e.clone()),
        })
        .collect();
    let bare: Vec<String> = grouped.iter().map(without_casts).collect();
    let twice: Vec<&Expr> = grouped
        .iter()
        .enumerate()
        .filter(|(i, e)| {
            let same = |j: &usize| bare[*j] == bare[*i] && grouped[*j] != **e;
            matches!(e, Expr::Cast { .. }) && (0..grouped.len()).any(|j| same(&j))
        })
        .map(|(_, e)| e)
        .collect();
    if twice.is_empty() {
        return;
    }
    for given in &mut select.projection {
        if let SelectItem::UnnamedExpr(e) = given
            && let Some(name) = labels::name_of(e)
        {
            *given = item(e.clone(), Ident::with_quote('"', name));
        }
    }
    let mut wrap = |e: &mut Expr| {
        if let Some(depth) = twice.iter().position(|other| *other == e) {
            // Of one value it is that value, under another name.
            for _ in 0..=depth {
                let inner = std::mem::replace(e, null());
                *e = call("coalesce", vec![inner]);
            }
        }
        ControlFlow::<()>::Continue(())
    };
    // The walks break off nowhere.
    let _ = ast::visit_expressions_mut(&mut select.projection, &mut wrap);
    let _ = ast::visit_expressions_mut(&mut select.group_by, &mut wrap);
    let _ = ast::visit_expressions_mut(&mut select.having, &mut wrap);
    let _ = ast::visit_expressions_mut(&mut query.order_by, &mut wrap);
}
