//! `SELECT upper(t.a) AS a … ORDER BY t.a`: the key is the column, whatever the select list calls its own.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::labels::{self, MARK};
use super::tables::{derived, item, select};
use crate::parser::ast::{self, Expr, Ident, Query, SelectItem, SetExpr};
use crate::parser::folded;

/// Calls such outputs by names that no key has. A client does not see them; what reads the query by its names, as all
/// but the outermost are read, gets them back.
pub(super) fn outputs(query: &mut Query, outermost: bool) {
    let Some(ast::OrderBy { kind: ast::OrderByKind::Expressions(keys), .. }) = &mut query.order_by
    else {
        return;
    };
    let SetExpr::Select(inner) = &mut *query.body else { return };
    let wanted = qualified(keys);
    let names: Vec<Option<String>> = inner.projection.iter().map(name).collect();
    let hiding = |item: &SelectItem, name: &Option<String>| match item {
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(_)) => false,
        _ => name.as_ref().is_some_and(|name| wanted.contains(name)),
    };
    let known: BTreeSet<&String> = names.iter().flatten().collect();
    if !outermost && (known.len() < names.len()) {
        return;
    }
    let mut changed = false;
    for (i, (output, name)) in inner.projection.iter_mut().zip(&names).enumerate() {
        let (true, Some(name)) = (hiding(output, name), name) else { continue };
        let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = &*output
        else {
            continue;
        };
        let alias = Ident::with_quote('"', format!("{name}{MARK}o{i}"));
        for key in keys.iter_mut() {
            if matches!(&key.expr, Expr::Identifier(ident) if folded(ident) == *name) {
                key.expr = Expr::Identifier(alias.clone());
            }
        }
        *output = item(expr.clone(), alias);
        changed = true;
    }
    if changed && !outermost {
        named_again(query, &names);
    }
}

/// The last parts of the columns that keys name with what they are from.
fn qualified(keys: &[ast::OrderByExpr]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for key in keys {
        // The walk breaks off nowhere.
        let _: ControlFlow<()> = ast::visit_expressions(&key.expr, |e| {
            if let Expr::CompoundIdentifier(parts) = e {
                found.extend(parts.last().map(folded));
            }
            ControlFlow::Continue(())
        });
    }
    found
}

fn name(item: &SelectItem) -> Option<String> {
    match item {
        SelectItem::UnnamedExpr(e) => labels::name_of(e),
        SelectItem::ExprWithAlias { alias, .. } => Some(folded(alias)),
        _ => None,
    }
}

fn named_again(query: &mut Query, names: &[Option<String>]) {
    let SetExpr::Select(inner) = &*query.body else { return };
    let outputs = inner.projection.iter().zip(names).filter_map(|(output, shown)| {
        let column = Ident::with_quote('"', name(output)?);
        Some(item(Expr::Identifier(column), Ident::with_quote('"', shown.clone()?)))
    });
    let mut outer = select(outputs.collect());
    if let SetExpr::Select(select) = &mut *outer.body {
        select.from = vec![derived("__sorted", query.clone())];
    }
    *query = outer;
}
