//! The names of output columns as PostgreSQL gives them (`FigureColname` in `parse_target.c`).
//!
//! DataFusion wants every output of a query to have its own name and PostgreSQL does not. What would come
//! twice gets a mark behind its name, which [`shown`] takes off for the client.

use super::arguments;
use std::collections::HashMap;

use crate::parser::ast::{self, Expr, FunctionArguments, SelectItem, SetExpr};

/// Never part of a name that a user can type: names come from text without control characters.
pub(super) const MARK: char = '\u{1}';
const NO_NAME: &str = "?column?";

/// A column's name as the client sees it.
pub fn shown(name: &str) -> &str {
    name.split(MARK).next().unwrap_or(name)
}

/// A name that comes twice, so that it does not.
pub fn marked(name: &str, i: usize) -> String {
    format!("{name}{MARK}{i}")
}

/// Gives every item of a select list its PostgreSQL name, and no name twice.
pub(super) fn label(select: &mut ast::Select) {
    let has_wildcard = select
        .projection
        .iter()
        .any(|item| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..)));
    let qualifiers = qualifiers(select);
    let own = |e: &Expr| match (e, &qualifiers) {
        (_, None) => true,
        (Expr::CompoundIdentifier(parts), Some(known)) => {
            let qualifier = parts.len().checked_sub(2).map(|at| folded(&parts[at]));
            qualifier.is_none_or(|q| known.contains(&q))
        }
        (_, Some(known)) => !known.is_empty(),
    };
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (i, item) in select.projection.iter_mut().enumerate() {
        let (expr, name) = match item {
            SelectItem::UnnamedExpr(expr) => {
                let name = name_of(expr).unwrap_or_else(|| NO_NAME.to_owned());
                (expr.clone(), name)
            }
            SelectItem::ExprWithAlias { expr, alias } => {
                let name = match alias.quote_style {
                    Some(_) => alias.value.clone(),
                    None => alias.value.to_lowercase(),
                };
                (expr.clone(), name)
            }
            _ => continue,
        };
        let count = seen.entry(name.clone()).or_default();
        *count += 1;
        // A bare column beside a star would come twice under its own name.
        let bare = matches!(item, SelectItem::UnnamedExpr(_)) && is_column(&expr);
        let twice = *count > 1 || (has_wildcard && bare);
        // A column of the query around has no name of its own here.
        let plain = is_column(&expr) && matches!(item, SelectItem::UnnamedExpr(_)) && own(&expr);
        if plain && !twice {
            continue;
        }
        let unique = if twice { marked(&name, i) } else { name };
        *item = SelectItem::ExprWithAlias { expr, alias: ast::Ident::with_quote('"', unique) };
    }
}

/// `ORDER BY name` where the name's column bears a mark: the key gets it too.
pub(super) fn follow(query: &mut ast::Query) {
    let SetExpr::Select(select) = &*query.body else { return };
    let Some(ast::OrderBy { kind: ast::OrderByKind::Expressions(keys), .. }) = &mut query.order_by
    else {
        return;
    };
    let names: Vec<&str> = select
        .projection
        .iter()
        .filter_map(|item| match item {
            SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.as_str()),
            _ => None,
        })
        .collect();
    for key in keys {
        let Expr::Identifier(ident) = &key.expr else { continue };
        let wanted = folded(ident);
        let mut meant = names.iter().filter(|name| shown(name) == wanted);
        if let (Some(name), None) = (meant.next(), meant.next())
            && name.contains(MARK)
        {
            key.expr = Expr::Identifier(ast::Ident::with_quote('"', *name));
        }
    }
}

/// The names that a select's columns may be qualified with.
fn qualifiers(select: &ast::Select) -> Option<Vec<String>> {
    let mut all = Vec::new();
    for table in &select.from {
        let joined = table.joins.iter().map(|join| &join.relation);
        for factor in std::iter::once(&table.relation).chain(joined) {
            match factor {
                ast::TableFactor::Table { alias: Some(alias), .. }
                | ast::TableFactor::Function { alias: Some(alias), .. }
                | ast::TableFactor::Derived { alias: Some(alias), .. } => {
                    all.push(folded(&alias.name));
                }
                ast::TableFactor::Table { name, .. } => {
                    all.extend(name.0.last().and_then(|part| part.as_ident()).map(folded));
                }
                _ => return None,
            }
        }
    }
    Some(all)
}

fn is_column(expr: &Expr) -> bool {
    match expr {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => true,
        Expr::Nested(inner) => is_column(inner),
        _ => false,
    }
}

fn folded(ident: &ast::Ident) -> String {
    match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_lowercase(),
    }
}

/// The name an expression gives its column; None where PostgreSQL says `?column?`.
pub fn name_of(expr: &Expr) -> Option<String> {
    let fixed = |name: &str| Some(name.to_owned());
    match expr {
        Expr::Identifier(ident) => Some(folded(ident)),
        Expr::CompoundIdentifier(parts) => parts.last().map(folded),
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => name_of(inner),
        Expr::Function(function) => match &function.args {
            FunctionArguments::Subquery(_) => fixed("array"),
            _ if is_array_of_query(function) => fixed("array"),
            _ if cast_name(function).is_some() => {
                let inner = cast_inner(function).filter(|e| !is_weak(e)).and_then(name_of);
                inner.or_else(|| cast_name(function))
            }
            _ => {
                let name = function.name.0.last().and_then(|part| part.as_ident()).map(folded)?;
                let before = before_rewriting(function, &name);
                if let Some(before) = before.or_else(|| super::ordered::name_of(function)) {
                    return Some(before);
                }
                match name.strip_prefix("__") {
                    Some(ours) => name_of_form(ours, function),
                    None => Some(name),
                }
            }
        },
        Expr::Cast { expr, .. } if is_bare_array(expr) => fixed("array"),
        Expr::Cast { expr, data_type, .. } => {
            let own = || {
                let name = super::sql_type(data_type).ok()?.catalog_name();
                Some(name.trim_start_matches('_').to_owned())
            };
            name_of(expr).filter(|_| !is_weak(expr)).or_else(own)
        }
        Expr::TypedString(typed) => {
            super::sql_type(&typed.data_type).ok().map(|t| t.catalog_name())
        }
        Expr::Case { else_result, .. } => {
            let strong = else_result.as_deref().filter(|e| !is_weak(e));
            strong.and_then(name_of).or_else(|| fixed("case"))
        }
        Expr::Exists { .. } => fixed("exists"),
        Expr::Subquery(query) => subquery_name(query),
        Expr::Extract { .. } => fixed("extract"),
        Expr::Ceil { .. } => fixed("ceil"),
        Expr::Floor { .. } => fixed("floor"),
        Expr::Position { .. } => fixed("position"),
        Expr::Substring { shorthand: true, .. } => fixed("substr"),
        Expr::Substring { .. } => fixed("substring"),
        Expr::CompoundFieldAccess { root, access_chain } => {
            access_chain.last().and_then(super::field_of).or_else(|| name_of(root))
        }
        Expr::Overlay { .. } => fixed("overlay"),
        Expr::Trim { trim_where, .. } => fixed(match trim_where {
            Some(ast::TrimWhereField::Leading) => "ltrim",
            Some(ast::TrimWhereField::Trailing) => "rtrim",
            _ => "btrim",
        }),
        Expr::AtTimeZone { .. } => fixed("timezone"),
        Expr::Array(_) => fixed("array"),
        Expr::Tuple(_) => fixed("row"),
        Expr::Interval(_) => fixed("interval"),
        _ => None,
    }
}

/// `ARRAY[]`, of which only its cast says what it is of.
fn is_bare_array(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value)
        if matches!(&value.value, ast::Value::EscapedStringLiteral(text) if text == "{}"))
}

/// `ARRAY(SELECT …)`, which has become `coalesce(…, make_array())`.
fn is_array_of_query(function: &ast::Function) -> bool {
    let FunctionArguments::List(list) = &function.args else { return false };
    let [
        ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(
            Expr::Subquery(_) | Expr::Function(_),
        )),
        ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(Expr::Function(empty))),
    ] = list.args.as_slice()
    else {
        return false;
    };
    empty.name.to_string() == "make_array"
}

/// The name of a form that has become a call of ours; operators have none.
fn name_of_form(name: &str, function: &ast::Function) -> Option<String> {
    Some(match name {
        "element" | "inner" | "slice" => {
            let FunctionArguments::List(list) = &function.args else { return None };
            let Some(ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(root))) =
                list.args.first()
            else {
                return None;
            };
            return name_of(root);
        }
        "array" | "position" | "btrim" | "ltrim" | "rtrim" | "substring" | "overlay"
        | "is_normalized" => name.to_owned(),
        _ => return None,
    })
}

/// The name of a type or of CASE gives way to any other around it.
fn is_weak(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => is_weak(inner),
        Expr::Cast { expr, .. } => name_of(expr).is_none() || is_weak(expr),
        Expr::TypedString(_) => true,
        Expr::Function(function) if cast_name(function).is_some() => {
            cast_inner(function).is_none_or(|e| name_of(e).is_none() || is_weak(e))
        }
        Expr::Case { else_result, .. } => {
            else_result.as_deref().is_none_or(|e| name_of(e).is_none() || is_weak(e))
        }
        _ => false,
    }
}

/// `timestamp` for `__to_timestamp`, which a cast with a precision has become.
fn cast_name(function: &ast::Function) -> Option<String> {
    let name = &function.name.0.last()?.as_ident()?.value;
    let name = name.strip_prefix("__to_")?;
    ["time", "timetz", "timestamp", "timestamptz", "interval"]
        .contains(&name)
        .then(|| name.to_owned())
}

/// What is cast.
fn cast_inner(function: &ast::Function) -> Option<&Expr> {
    let FunctionArguments::List(list) = &function.args else { return None };
    match list.args.first()? {
        ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(inner)) => Some(inner),
        _ => None,
    }
}

/// What a call that the syntax pass has put there stands for.
fn before_rewriting(function: &ast::Function, name: &str) -> Option<String> {
    let fixed = match name {
        "__json_of_items" | "__json_of_values" => "json_agg",
        "__jsonb_of_items" | "__jsonb_of_values" => "jsonb_agg",
        "__json_of_pairs" => "json_object_agg",
        "__jsonb_of_pairs" => "jsonb_object_agg",
        name if arguments::name_of_list(name).is_some() => arguments::name_of_list(name)?,
        "__record" | "__record_found" => "row",
        "__series" => "generate_series",
        "__listening_channels" => "pg_listening_channels",
        "__subscript_list" => "generate_subscripts",
        "__json_keys" => "json_object_keys",
        "__jsonb_keys" => "jsonb_object_keys",
        "__json_elements" => "json_array_elements",
        "__jsonb_elements" => "jsonb_array_elements",
        "__json_elements_text" => "json_array_elements_text",
        "__json_each" => "json_each",
        "__jsonb_each" => "jsonb_each",
        "__json_each_text" => "json_each_text",
        "__jsonb_each_text" => "jsonb_each_text",
        "__jsonb_elements_text" => "jsonb_array_elements_text",
        "__field" => {
            let FunctionArguments::List(list) = &function.args else { return None };
            let Some(ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(Expr::Value(field)))) =
                list.args.get(1)
            else {
                return None;
            };
            return field.value.clone().into_string();
        }
        "unnest" | "__as_json" | "__as_jsonb" => {
            let FunctionArguments::List(list) = &function.args else { return None };
            let Some(ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(inner))) =
                list.args.first()
            else {
                return None;
            };
            let Expr::Function(inner) = inner else { return None };
            let name = inner.name.0.last()?.as_ident()?.value.as_str();
            return before_rewriting(inner, name);
        }
        _ => return None,
    };
    Some(fixed.to_owned())
}

fn subquery_name(query: &ast::Query) -> Option<String> {
    let SetExpr::Select(select) = &*query.body else { return None };
    match select.projection.first()? {
        SelectItem::UnnamedExpr(expr) => name_of(expr),
        SelectItem::ExprWithAlias { alias, .. } => Some(folded(alias)),
        _ => None,
    }
}
