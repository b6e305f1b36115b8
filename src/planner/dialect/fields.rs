//! Fields of composite values: `(value).field`, `(value).*`, and subscripts along the way.

use super::forms;
use super::syntax::{call, named};
use super::tables;
use crate::functions::sets;
use crate::parser::ast::{
    self, AccessExpr, Expr, Ident, Select, SelectItem, SelectItemQualifiedWildcardKind,
};
use crate::parser::folded;

/// The field that an access names.
pub fn field_of(access: &AccessExpr) -> Option<String> {
    match access {
        AccessExpr::Dot(Expr::Identifier(field)) => Some(folded(field)),
        AccessExpr::Dot(Expr::Value(value)) => match &value.value {
            ast::Value::SingleQuotedString(field) => Some(field.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// `t.list[1]`, whose first part is a column's whole name, and the names of fields as texts: an identifier would be
/// looked for in FROM.
pub fn name_fields(e: &mut Expr) {
    let Expr::CompoundFieldAccess { root, access_chain } = e else { return };
    let mut parts = match &**root {
        Expr::Identifier(ident) => vec![ident.clone()],
        Expr::CompoundIdentifier(parts) => parts.clone(),
        _ => Vec::new(),
    };
    if !parts.is_empty() {
        let dots = access_chain.iter().map_while(|access| match access {
            AccessExpr::Dot(Expr::Identifier(part)) => Some(part.clone()),
            _ => None,
        });
        let dots: Vec<Ident> = dots.collect();
        access_chain.drain(..dots.len());
        parts.extend(dots);
        if parts.len() > 1 {
            **root = Expr::CompoundIdentifier(parts);
        }
    }
    for access in access_chain.iter_mut() {
        if let Some(field) = field_of(access) {
            *access = AccessExpr::Dot(Expr::Value(ast::Value::SingleQuotedString(field).into()));
        }
    }
    if access_chain.is_empty() {
        let root = std::mem::replace(&mut **root, super::syntax::null());
        *e = root;
    }
}

/// Calls in the place of fields and subscripts, if there is a field among them.
pub(super) fn taken(e: &mut Expr) {
    name_fields(e);
    let Expr::CompoundFieldAccess { root, access_chain } = e else { return };
    if access_chain.iter().all(|access| field_of(access).is_none()) {
        return;
    }
    let mut found = std::mem::replace(&mut **root, super::syntax::null());
    let mut subscripts = Vec::new();
    for access in std::mem::take(access_chain) {
        let Some(field) = field_of(&access) else {
            subscripts.push(access);
            continue;
        };
        found = forms::subscripts(found, std::mem::take(&mut subscripts));
        let field = Expr::Value(ast::Value::SingleQuotedString(field).into());
        found = call("__field", vec![found, field]);
    }
    *e = forms::subscripts(found, subscripts);
}

/// `(f(x)).*`, where the columns are known of the function.
pub(super) fn spread(select: &mut Select) {
    let starred = |item: &SelectItem| match item {
        SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(e), _) => {
            columns_of(e).is_some()
        }
        _ => false,
    };
    if !select.projection.iter().any(starred) {
        return;
    }
    let items = std::mem::take(&mut select.projection);
    for item in items {
        let columns = match &item {
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(e), _) => {
                columns_of(e).map(|columns| (e.clone(), columns))
            }
            _ => None,
        };
        let Some((value, columns)) = columns else {
            select.projection.push(item);
            continue;
        };
        select.projection.extend(columns.iter().map(|column| {
            let field = Expr::Value(ast::Value::SingleQuotedString((*column).to_owned()).into());
            let access_chain = vec![AccessExpr::Dot(field)];
            let e = Expr::CompoundFieldAccess { root: Box::new(value.clone()), access_chain };
            tables::item(e, Ident::with_quote('"', *column))
        }));
    }
}

fn columns_of(e: &Expr) -> Option<&'static [&'static str]> {
    match e {
        Expr::Nested(inner) => columns_of(inner),
        Expr::Function(function) => {
            let name = function.name.0.last()?.as_ident()?;
            let plain = function.name.0.len() == 1
                || named(function.name.0.first(), "pg_catalog")
                || named(function.name.0.first(), "information_schema");
            let rows =
                sets::rows_of(&folded(name)).filter(|rows| plain && rows.columns.len() > 1)?;
            Some(rows.columns)
        }
        _ => None,
    }
}
