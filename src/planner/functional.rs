//! `SELECT id, title … GROUP BY id` where `id` is a table's primary key: the other columns that are shown depend on it,
//! and are grouped by as well. Keys are not enforced: where rows share one, each of their values is a group.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::levels::{is_aggregate, same};
use super::names::{self, Found};
use super::query::Binder;
use super::shapes::{column, name_of};
use crate::catalog::keys::Index;
use crate::catalog::relation::Relation;
use crate::parser::ast::{
    self, Expr, GroupByExpr, Query, Select, SelectItem, TableFactor, TableWithJoins,
};
use crate::parser::folded;
use crate::parser::statement::Name;

/// A table in FROM with its primary key.
struct Keyed {
    name: String,
    columns: Vec<String>,
    key: Vec<String>,
}

/// Groups by what depends on what is grouped by.
pub(super) fn write_out(
    binder: &Binder<'_>,
    with: &[String],
    select: &mut Select,
    keys: &mut [&mut Expr],
) {
    let GroupByExpr::Expressions(groups, _) = &select.group_by else { return };
    let sets = |e: &Expr| matches!(e, Expr::GroupingSets(_) | Expr::Rollup(_) | Expr::Cube(_));
    if groups.is_empty() || groups.iter().any(sets) {
        return;
    }
    let mut tables = Vec::new();
    select.from.iter().for_each(|table| keyed(binder, with, table, &mut tables));
    if tables.is_empty() {
        return;
    }
    let groups: Vec<Expr> = groups.iter().map(|e| written_out(e, &select.projection)).collect();
    for table in tables {
        let covered = |name: &String| {
            let column = column(&table.name, name);
            groups.iter().any(|group| same(&column, group))
        };
        if !table.key.iter().all(covered) {
            continue;
        }
        let mut shown =
            Shown { table: &table, groups: &groups, hidden: 0, below: 0, found: vec![] };
        for item in &select.projection {
            match item {
                SelectItem::Wildcard(_) => shown.found.clone_from(&table.columns),
                SelectItem::QualifiedWildcard(
                    ast::SelectItemQualifiedWildcardKind::ObjectName(name),
                    _,
                ) => {
                    let last = name.0.last().and_then(|part| part.as_ident()).map(folded);
                    if last.as_ref() == Some(&table.name) {
                        shown.found.clone_from(&table.columns);
                    }
                }
                _ => {}
            }
            // The walk breaks off nowhere.
            let _: ControlFlow<()> = ast::Visit::visit(item, &mut shown);
        }
        // A word alone in ORDER BY is an output, if there is one of that name.
        let output = |e: &Expr| {
            match e {
            Expr::Identifier(name) => select.projection.iter().any(|item| {
                matches!(item, SelectItem::ExprWithAlias { alias, .. } if folded(alias) == folded(name))
            }),
            _ => false,
        }
        };
        let sorted = keys.iter().map(|key| &**key).filter(|key| !output(key));
        let others = select.having.iter().chain(sorted);
        for e in others {
            let _: ControlFlow<()> = ast::Visit::visit(e, &mut shown);
        }
        let found = shown.found;
        if let GroupByExpr::Expressions(all, _) = &mut select.group_by {
            let missing = found.into_iter().map(|name| column(&table.name, &name));
            let missing = missing.filter(|c| !groups.iter().any(|group| same(c, group)));
            all.extend(missing.collect::<Vec<_>>());
        }
    }
}

/// `GROUP BY 1` says what stands there.
fn written_out(group: &Expr, items: &[SelectItem]) -> Expr {
    let Expr::Value(value) = group else { return group.clone() };
    let ast::Value::Number(n, _) = &value.value else { return group.clone() };
    let at = n.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
    match at.and_then(|at| items.get(at)) {
        Some(SelectItem::UnnamedExpr(e) | SelectItem::ExprWithAlias { expr: e, .. }) => e.clone(),
        _ => group.clone(),
    }
}

fn keyed(binder: &Binder<'_>, with: &[String], table: &TableWithJoins, all: &mut Vec<Keyed>) {
    let joined = table.joins.iter().map(|join| &join.relation);
    for factor in std::iter::once(&table.relation).chain(joined) {
        match factor {
            TableFactor::Table { name, args: None, alias, .. } => {
                // Columns under other names are not looked for.
                if alias.as_ref().is_some_and(|alias| !alias.columns.is_empty()) {
                    continue;
                }
                let (Some(called), Some(relation)) =
                    (name_of(factor), relation(binder, with, name))
                else {
                    continue;
                };
                let named = |number: i16| {
                    let column = relation.columns.iter().find(|c| c.number == number);
                    column.map(|c| c.name.clone())
                };
                let primary = relation.indexes.iter().find(|index| Index::is_primary(index));
                let key = primary.and_then(|index| index.columns().map(named).collect());
                if let Some(key) = key {
                    let columns = relation.columns.iter().map(|c| c.name.clone()).collect();
                    all.push(Keyed { name: called, columns, key });
                }
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => {
                keyed(binder, with, table_with_joins, all);
            }
            _ => {}
        }
    }
}

fn relation(binder: &Binder<'_>, with: &[String], name: &ast::ObjectName) -> Option<Arc<Relation>> {
    let parts: Vec<String> =
        name.0.iter().map(|part| part.as_ident().map(folded)).collect::<Option<_>>()?;
    let (schema, last) = match parts.as_slice() {
        [last] if !with.contains(last) => (None, last.clone()),
        [schema, last] => (Some(schema.clone()), last.clone()),
        _ => return None,
    };
    let name = Name { schema, name: last, position: None };
    if let Some(id) = binder.bound_name(&name.to_string()) {
        return binder.scope.snapshot.relation(id).cloned();
    }
    match names::find(binder.scope, &name) {
        Ok(Some(Found::Relation(relation))) => Some(relation),
        _ => None,
    }
}

/// Columns of a table that are shown and neither counted nor part of a group.
struct Shown<'t> {
    table: &'t Keyed,
    groups: &'t [Expr],
    hidden: usize,
    below: usize,
    found: Vec<String>,
}

impl Shown<'_> {
    fn hides(&self, e: &Expr) -> bool {
        matches!(e, Expr::Function(function) if is_aggregate(function))
            || self.groups.iter().any(|group| same(group, e))
    }
}

impl ast::Visitor for Shown<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.below += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.below -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, e: &Expr) -> ControlFlow<()> {
        if self.hides(e) {
            self.hidden += 1;
            return ControlFlow::Continue(());
        }
        let named = match e {
            Expr::Identifier(name) if self.below == 0 => Some(folded(name)),
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [.., relation, name] if folded(relation) == self.table.name => Some(folded(name)),
                _ => None,
            },
            _ => None,
        };
        if let Some(name) = named
            && self.hidden == 0
            && self.table.columns.contains(&name)
            && !self.found.contains(&name)
        {
            self.found.push(name);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, e: &Expr) -> ControlFlow<()> {
        if self.hides(e) {
            self.hidden -= 1;
        }
        ControlFlow::Continue(())
    }
}
