//! Columns that every PostgreSQL relation has and no star shows, on system relations: `tableoid` is the catalog's own OID,
//! `xmin` the catalog's version, which is the last that can have changed the row.

use std::ops::ControlFlow;

use super::labels::name_of;
use crate::parser::ast::{
    self, Expr, Function, FunctionArguments, Ident, ObjectName, Select, SelectItem, TableFactor,
    VisitMut, VisitorMut,
};
use crate::parser::folded;
use crate::system::{tables, views};

/// A system relation in FROM: its alias or name, and its OID.
struct Part {
    alias: String,
    oid: u32,
}

/// Puts in place of such columns what they stand for. Stands where the selects inside are done.
pub(super) fn resolve(select: &mut Select) {
    let parts: Vec<Part> = select
        .from
        .iter()
        .flat_map(|t| std::iter::once(&t.relation).chain(t.joins.iter().map(|j| &j.relation)))
        .filter_map(part)
        .collect();
    if parts.is_empty() {
        return;
    }
    for item in &mut select.projection {
        if let SelectItem::UnnamedExpr(expr) = item
            && meaning(expr, &parts).is_some()
        {
            let alias = Ident::with_quote('"', name_of(expr).unwrap_or_default());
            *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias };
        }
    }
    // The pass breaks off nowhere.
    let _: ControlFlow<()> = select.visit(&mut Pass { parts });
}

fn part(factor: &TableFactor) -> Option<Part> {
    let TableFactor::Table { name, alias, args: None, .. } = factor else { return None };
    let names: Vec<String> = name.0.iter().filter_map(|p| p.as_ident()).map(folded).collect();
    let (schema, name) = match names.as_slice() {
        [name] if name.starts_with("pg_") => ("pg_catalog", name),
        [schema, name] => (schema.as_str(), name),
        _ => return None,
    };
    let oid = tables::table(schema, name)
        .map(|t| t.oid())
        .or_else(|| views::view(schema, name).map(|v| v.oid()))?;
    let alias = alias.as_ref().map_or_else(|| name.clone(), |alias| folded(&alias.name));
    Some(Part { alias, oid })
}

struct Pass {
    parts: Vec<Part>,
}

impl VisitorMut for Pass {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Some(meaning) = meaning(expr, &self.parts) {
            *expr = meaning;
        }
        ControlFlow::Continue(())
    }
}

fn meaning(expr: &Expr, parts: &[Part]) -> Option<Expr> {
    let (part, column) = match expr {
        Expr::Identifier(ident) => (parts.first()?, folded(ident)),
        Expr::CompoundIdentifier(names) => {
            let (column, qualifier) = names.split_last()?;
            let alias = folded(qualifier.last()?);
            (parts.iter().find(|part| part.alias == alias)?, folded(column))
        }
        _ => return None,
    };
    match column.as_str() {
        "tableoid" => Some(Expr::Cast {
            kind: ast::CastKind::DoubleColon,
            expr: Box::new(Expr::Value(ast::Value::Number(part.oid.to_string(), false).into())),
            data_type: ast::DataType::Custom(ObjectName::from(vec![Ident::new("oid")]), Vec::new()),
            array: false,
            format: None,
        }),
        "xmin" => Some(Expr::Function(Function {
            name: ObjectName::from(vec![Ident::new("__xmin")]),
            uses_odbc_syntax: false,
            parameters: FunctionArguments::None,
            args: FunctionArguments::List(ast::FunctionArgumentList {
                duplicate_treatment: None,
                args: Vec::new(),
                clauses: Vec::new(),
            }),
            filter: None,
            null_treatment: None,
            over: None,
            within_group: Vec::new(),
        })),
        _ => None,
    }
}
