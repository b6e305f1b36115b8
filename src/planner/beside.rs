//! `SELECT a AS b, * FROM t`: the engine wants no name twice in a row, so an output called as one of the star's columns
//! gets a mark behind its name. All others keep theirs, by which the query around knows them.

use super::shapes::Probe;
use crate::parser::ast::{Expr, Ident, Select, SelectItem, SelectItemQualifiedWildcardKind};
use crate::parser::folded;

/// Marks the names that come twice.
pub(super) fn write_out(probe: &Probe<'_, '_>, select: &mut Select) {
    // `a::text` and `a[1]` are called as `a` is. A bare column is seen to elsewhere.
    let column = |e: &Expr| matches!(e, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
    let named = |item: &SelectItem| match item {
        SelectItem::ExprWithAlias { .. } => true,
        SelectItem::UnnamedExpr(e) => !column(e) && super::dialect::name_of(e).is_some(),
        _ => false,
    };
    if !select.projection.iter().any(named) {
        return;
    }
    let mut stars: Vec<Option<String>> = Vec::new();
    for item in &select.projection {
        match item {
            SelectItem::Wildcard(_) => stars.push(None),
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                stars.push(name.0.last().and_then(|part| part.as_ident()).map(folded));
            }
            _ => {}
        }
    }
    if stars.is_empty() {
        return;
    }
    let columns: Option<Vec<String>> = stars
        .iter()
        .map(|of| probe.columns(&select.from, of.as_deref()))
        .collect::<Option<Vec<_>>>()
        .map(|all| all.concat());
    for (i, item) in select.projection.iter_mut().enumerate() {
        let (expr, name) = match &*item {
            SelectItem::ExprWithAlias { expr, alias } => (expr, folded(alias)),
            SelectItem::UnnamedExpr(e) if !column(e) => match super::dialect::name_of(e) {
                Some(name) => (e, name),
                None => continue,
            },
            _ => continue,
        };
        let twice = match &columns {
            Some(columns) => columns.contains(&name),
            // What the star holds is not known: a column is most likely to be in it.
            None => column(expr),
        };
        if twice {
            let alias = Ident::with_quote('"', super::dialect::marked(&name, i));
            *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias };
        }
    }
}
