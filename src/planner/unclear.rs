//! Names that the engine would find and PostgreSQL does not: one of the select list in HAVING, and one that a subquery
//! in FROM gives to two of its columns.

use std::ops::ControlFlow;

use super::shapes::{Probe, name_of};
use crate::error::{Error, Result, SqlState};
use crate::parser::ast::{
    self, Expr, Query, Select, SelectItem, SetExpr, TableFactor, Visit, Visitor,
};
use crate::parser::folded;

pub(super) fn refuse(probe: &Probe<'_, '_>, select: &Select) -> Result<()> {
    given_names_in_having(probe, select)?;
    names_of_two(probe, select)
}

/// What a select list names is not there yet when groups are chosen.
fn given_names_in_having(probe: &Probe<'_, '_>, select: &Select) -> Result<()> {
    let Some(having) = &select.having else { return Ok(()) };
    let given = select.projection.iter().filter_map(|item| match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(folded(alias)),
        _ => None,
    });
    let given: Vec<String> = given.collect();
    let wanted = |e: &Expr| match e {
        Expr::Identifier(name) => Some(folded(name)).filter(|name| given.contains(name)),
        _ => None,
    };
    let Some(name) = found(having, wanted) else { return Ok(()) };
    let Some(columns) = probe.columns(&select.from, None) else { return Ok(()) };
    match columns.contains(&name) {
        true => Ok(()),
        false => {
            let message = format!("column \"{name}\" does not exist");
            Err(Error::new(SqlState::UNDEFINED_COLUMN, message))
        }
    }
}

fn names_of_two(probe: &Probe<'_, '_>, select: &Select) -> Result<()> {
    let mut doubtful: Vec<(String, Vec<String>)> = Vec::new();
    for table in &select.from {
        let joined = table.joins.iter().map(|join| &join.relation);
        for factor in std::iter::once(&table.relation).chain(joined) {
            let Some(name) = name_of(factor).filter(|_| may_repeat(probe, factor)) else {
                continue;
            };
            let Some(columns) = probe.columns(&select.from, Some(&name)) else { continue };
            let again = |(i, column): (usize, &String)| columns[..i].contains(column);
            let twice = columns.iter().enumerate().filter(|c| again(*c)).map(|(_, c)| c.clone());
            doubtful.push((name, twice.collect()));
        }
    }
    if doubtful.iter().all(|(_, columns)| columns.is_empty()) {
        return Ok(());
    }
    let unclear = |e: &Expr| match e {
        Expr::Identifier(column) => {
            let column = folded(column);
            doubtful.iter().any(|(_, columns)| columns.contains(&column)).then_some(column)
        }
        Expr::CompoundIdentifier(parts) => {
            let [table, column] = parts.as_slice() else { return None };
            let (table, column) = (folded(table), folded(column));
            let known = |(name, columns): &(String, Vec<String>)| {
                *name == table && columns.contains(&column)
            };
            doubtful.iter().any(known).then_some(column)
        }
        _ => None,
    };
    let items = select.projection.iter().filter_map(|item| match item {
        SelectItem::UnnamedExpr(e) | SelectItem::ExprWithAlias { expr: e, .. } => Some(e),
        _ => None,
    });
    let joins = select.from.iter().flat_map(|table| &table.joins);
    let conditions =
        joins.filter_map(|join| match super::dialect::constraint(&join.join_operator) {
            Some(ast::JoinConstraint::On(e)) => Some(e),
            _ => None,
        });
    let mut read = items.chain(&select.selection).chain(&select.having).chain(conditions);
    match read.find_map(|e| found(e, unclear)) {
        Some(name) => {
            let message = format!("column reference \"{name}\" is ambiguous");
            Err(Error::new(SqlState::AMBIGUOUS_COLUMN, message))
        }
        None => Ok(()),
    }
}

/// Whether a name may come twice, as the form of the query says.
fn may_repeat(probe: &Probe<'_, '_>, factor: &TableFactor) -> bool {
    match factor {
        TableFactor::Derived { subquery, alias, .. } => {
            alias.as_ref().is_none_or(|alias| alias.columns.is_empty()) && repeats(subquery)
        }
        TableFactor::Table { name, alias, args: None, .. } => {
            let [part] = name.0.as_slice() else { return false };
            let Some(name) = part.as_ident().map(folded) else { return false };
            let renamed = alias.as_ref().is_some_and(|alias| !alias.columns.is_empty());
            let mut queries = probe.withs.iter().rev().flatten().flat_map(|with| &with.cte_tables);
            let found = queries.find(|cte| folded(&cte.alias.name) == name);
            found.is_some_and(|cte| !renamed && cte.alias.columns.is_empty() && repeats(&cte.query))
        }
        _ => false,
    }
}

fn repeats(query: &Query) -> bool {
    let SetExpr::Select(select) = &*query.body else { return false };
    let mut names: Vec<String> = Vec::new();
    for item in &select.projection {
        let name = match item {
            SelectItem::UnnamedExpr(e) => super::dialect::name_of(e),
            SelectItem::ExprWithAlias { alias, .. } => Some(folded(alias)),
            _ => {
                let joined =
                    select.from.len() > 1 || !select.from.iter().all(|t| t.joins.is_empty());
                if joined || select.projection.len() > 1 {
                    return true;
                }
                continue;
            }
        };
        let name = name.unwrap_or_else(|| "?column?".to_owned());
        if names.contains(&name) {
            return true;
        }
        names.push(name);
    }
    false
}

/// The first name that an expression reads itself, not in a query within it.
fn found(e: &Expr, wanted: impl Fn(&Expr) -> Option<String>) -> Option<String> {
    let mut search = Search { wanted, below: 0 };
    match e.visit(&mut search) {
        ControlFlow::Break(name) => Some(name),
        ControlFlow::Continue(()) => None,
    }
}

struct Search<F> {
    wanted: F,
    below: usize,
}

impl<F: Fn(&Expr) -> Option<String>> Visitor for Search<F> {
    type Break = String;

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<String> {
        self.below += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<String> {
        self.below -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, e: &Expr) -> ControlFlow<String> {
        match (self.wanted)(e).filter(|_| self.below == 0) {
            Some(name) => ControlFlow::Break(name),
            None => ControlFlow::Continue(()),
        }
    }
}
