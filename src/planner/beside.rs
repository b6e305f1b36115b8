//! `SELECT a AS b, * FROM t`: the engine wants no name twice in a row, so an output called as one of the star's columns
//! gets a mark behind its name. All others keep theirs, by which the query around knows them.

use super::shapes::Probe;
use crate::parser::ast::{Expr, Ident, Select, SelectItem, SelectItemQualifiedWildcardKind};
use crate::parser::folded;

/// Marks the names that come twice.
pub(super) fn write_out(probe: &Probe<'_, '_>, select: &mut Select) {
    let named = |item: &SelectItem| matches!(item, SelectItem::ExprWithAlias { .. });
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
        let SelectItem::ExprWithAlias { expr, alias } = item else { continue };
        let name = folded(alias);
        let twice = match &columns {
            Some(columns) => columns.contains(&name),
            // What the star holds is not known: a column is most likely to be in it.
            None => matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_)),
        };
        if twice {
            *alias = Ident::with_quote('"', super::dialect::marked(&name, i));
        }
    }
}
