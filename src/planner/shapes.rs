//! Forms of SELECT that need the columns of what stands in FROM: merged columns of USING and NATURAL joins, and whole
//! rows under their relation's name. Both are written out before the query is planned.

use std::ops::ControlFlow;

use super::beside;
use super::functional;
use super::grouping;
use super::levels;
use super::merged;
use super::query::Binder;
use super::unclear;
use super::whole;
use crate::error::{Error, Result};
use crate::parser::ast::{
    self, Expr, Ident, Query, Select, SelectItem, SetExpr, TableFactor, TableWithJoins, VisitMut,
    VisitorMut, With,
};
use crate::parser::folded;

/// Writes out a query and all within it, the innermost first.
pub(super) fn write_out(binder: &Binder<'_>, query: &mut Query) -> Result<()> {
    let mut pass = Pass { probe: Probe { binder, withs: Vec::new() } };
    match query.visit(&mut pass) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(e) => Err(e),
    }
}

struct Pass<'a, 'b> {
    probe: Probe<'a, 'b>,
}

impl VisitorMut for Pass<'_, '_> {
    type Break = Error;

    /// `(a JOIN b USING (k)) AS j` shows what a query of it would.
    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Error> {
        if let TableFactor::NestedJoin { table_with_joins, alias: Some(alias) } = factor {
            let star = SelectItem::Wildcard(Default::default());
            let mut subquery = super::dialect::select(vec![star]);
            if let SetExpr::Select(select) = &mut *subquery.body {
                select.from = vec![TableWithJoins::clone(table_with_joins)];
            }
            *factor = TableFactor::Derived {
                lateral: false,
                subquery: Box::new(subquery),
                alias: Some(alias.clone()),
                sample: None,
            };
        }
        ControlFlow::Continue(())
    }

    /// The name of a field is no expression, and none of what stands in FROM.
    fn pre_visit_expr(&mut self, e: &mut Expr) -> ControlFlow<Error> {
        super::dialect::name_fields(e);
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        self.name_with_columns(query);
        self.probe.withs.push(query.with.clone());
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        let outcome = self.query(query);
        self.probe.withs.pop();
        match outcome {
            Ok(()) => ControlFlow::Continue(()),
            Err(e) => ControlFlow::Break(e),
        }
    }
}

impl Pass<'_, '_> {
    fn query(&mut self, query: &mut Query) -> Result<()> {
        let mut keys: Vec<&mut Expr> = match &mut query.order_by {
            Some(ast::OrderBy { kind: ast::OrderByKind::Expressions(keys), .. }) => {
                keys.iter_mut().map(|key| &mut key.expr).collect()
            }
            _ => Vec::new(),
        };
        match &mut *query.body {
            SetExpr::Select(select) => self.select(select, &mut keys),
            body => self.branches(body),
        }
    }

    /// An alias may name fewer columns than there are; the others keep their names.
    fn name_all_columns(&self, factor: &mut TableFactor) {
        let mut plain = factor.clone();
        let given = match &mut plain {
            TableFactor::Table { args: None, alias: Some(alias), .. }
            | TableFactor::Derived { lateral: false, alias: Some(alias), .. } => {
                std::mem::take(&mut alias.columns)
            }
            _ => return,
        };
        if given.is_empty() {
            return;
        }
        let from = [TableWithJoins { relation: plain, joins: Vec::new() }];
        let Some(found) = self.probe.columns(&from, None) else { return };
        if let TableFactor::Table { alias: Some(alias), .. }
        | TableFactor::Derived { alias: Some(alias), .. } = factor
        {
            let rest = found.into_iter().skip(given.len());
            alias.columns.extend(rest.map(|name| ast::TableAliasColumnDef {
                name: Ident::with_quote('"', name),
                data_type: None,
            }));
        }
    }

    /// So may the list of names behind one in WITH.
    fn name_with_columns(&mut self, query: &mut Query) {
        let Some(with) = &mut query.with else { return };
        if with.recursive || with.cte_tables.iter().all(|cte| cte.alias.columns.is_empty()) {
            return;
        }
        for i in 0..with.cte_tables.len() {
            let given = with.cte_tables[i].alias.columns.len();
            if given == 0 {
                continue;
            }
            let mut before = with.clone();
            before.cte_tables.truncate(i);
            self.probe.withs.push((i > 0).then_some(before));
            let found = self.probe.columns_of(&with.cte_tables[i].query);
            self.probe.withs.pop();
            let rest = found.into_iter().flatten().skip(given);
            with.cte_tables[i].alias.columns.extend(rest.map(|name| ast::TableAliasColumnDef {
                name: Ident::with_quote('"', name),
                data_type: None,
            }));
        }
    }

    fn branches(&mut self, body: &mut SetExpr) -> Result<()> {
        match body {
            SetExpr::Select(select) => self.select(select, &mut []),
            SetExpr::SetOperation { left, right, .. } => {
                self.branches(left)?;
                self.branches(right)
            }
            _ => Ok(()),
        }
    }

    fn select(&mut self, select: &mut Select, keys: &mut [&mut Expr]) -> Result<()> {
        for table in &mut select.from {
            self.name_all_columns(&mut table.relation);
            table.joins.iter_mut().for_each(|join| self.name_all_columns(&mut join.relation));
        }
        unclear::refuse(&self.probe, select)?;
        functional::write_out(self.probe.binder, &self.probe.with_names(), select, keys);
        whole::write_out(&self.probe, select, keys)?;
        merged::write_out(&self.probe, select, keys)?;
        grouping::write_out(&self.probe, select, keys)?;
        levels::write_out(&mut self.probe, select, keys)?;
        beside::write_out(&self.probe, select);
        Ok(())
    }
}

/// Asks what columns something in FROM has.
pub(super) struct Probe<'a, 'b> {
    binder: &'a Binder<'b>,
    /// The WITH clauses around, outermost first.
    pub withs: Vec<Option<With>>,
}

impl Probe<'_, '_> {
    /// The columns of a FROM clause in order, or those of one thing in it; None where they cannot be known by
    /// themselves.
    pub fn columns(&self, from: &[TableWithJoins], of: Option<&str>) -> Option<Vec<String>> {
        let star = match of {
            None => SelectItem::Wildcard(Default::default()),
            Some(name) => SelectItem::QualifiedWildcard(
                ast::SelectItemQualifiedWildcardKind::ObjectName(ast::ObjectName::from(vec![
                    Ident::with_quote('"', name),
                ])),
                Default::default(),
            ),
        };
        let mut query = super::dialect::select(vec![star]);
        let SetExpr::Select(select) = &mut *query.body else { return None };
        select.from = from.to_vec();
        query.with = self.with();
        self.binder.columns_of(query)
    }

    /// The names that WITH queries have here.
    fn with_names(&self) -> Vec<String> {
        let queries = self.withs.iter().flatten().flat_map(|with| &with.cte_tables);
        queries.map(|cte| folded(&cte.alias.name)).collect()
    }

    fn columns_of(&self, query: &Query) -> Option<Vec<String>> {
        if query.with.is_some() {
            return None;
        }
        let mut query = query.clone();
        query.with = self.with();
        self.binder.columns_of(query)
    }

    /// All WITH queries in scope as one clause; inner ones stand behind outer ones and hide them.
    fn with(&self) -> Option<With> {
        let mut all: Option<With> = None;
        for with in self.withs.iter().flatten() {
            match &mut all {
                None => all = Some(with.clone()),
                Some(all) => {
                    let names: Vec<String> =
                        with.cte_tables.iter().map(|cte| folded(&cte.alias.name)).collect();
                    all.cte_tables.retain(|cte| !names.contains(&folded(&cte.alias.name)));
                    all.cte_tables.extend(with.cte_tables.iter().cloned());
                    all.recursive |= with.recursive;
                }
            }
        }
        all
    }
}

/// What something in FROM is called.
pub(super) fn name_of(factor: &TableFactor) -> Option<String> {
    match factor {
        TableFactor::Table { alias: Some(alias), .. }
        | TableFactor::Derived { alias: Some(alias), .. }
        | TableFactor::Function { alias: Some(alias), .. }
        | TableFactor::UNNEST { alias: Some(alias), .. }
        | TableFactor::NestedJoin { alias: Some(alias), .. } => Some(folded(&alias.name)),
        TableFactor::Table { name, .. } | TableFactor::Function { name, .. } => {
            name.0.last().and_then(|part| part.as_ident()).map(folded)
        }
        _ => None,
    }
}

/// Every expression of a select outside of FROM, and the keys that its rows are sorted by.
pub(super) fn expressions<'s>(
    select: &'s mut Select,
    keys: &'s mut [&mut Expr],
) -> Vec<&'s mut Expr> {
    let mut all: Vec<&mut Expr> = Vec::new();
    for item in &mut select.projection {
        if let SelectItem::UnnamedExpr(e) | SelectItem::ExprWithAlias { expr: e, .. } = item {
            all.push(e);
        }
    }
    all.extend(select.selection.as_mut());
    all.extend(select.having.as_mut());
    if let ast::GroupByExpr::Expressions(groups, _) = &mut select.group_by {
        all.extend(groups.iter_mut());
    }
    if let Some(ast::Distinct::On(on)) = &mut select.distinct {
        all.extend(on.iter_mut());
    }
    all.extend(keys.iter_mut().map(|key| &mut **key));
    all
}

pub(super) fn column(qualifier: &str, name: &str) -> Expr {
    let quoted = |name: &str| Ident::with_quote('"', name);
    Expr::CompoundIdentifier(vec![quoted(qualifier), quoted(name)])
}
