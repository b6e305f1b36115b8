//! Aggregates of an outer level: `SELECT (SELECT max(o.a)) FROM o` groups `o`, since an aggregate belongs to the
//! innermost query whose columns it names. Such a query is written as one over its own groups, of which the aggregate
//! is a column.

use std::ops::ControlFlow;

use super::shapes::{Probe, column, name_of};
use crate::error::{Error, Result, SqlState};
use crate::parser::ast::{
    self, Expr, Function, GroupByExpr, Ident, Query, Select, SelectItem, SetExpr, TableFactor,
    TableWithJoins, VisitMut, VisitorMut,
};
use crate::parser::folded;

/// The name of the groups as a relation.
const GROUPS: &str = "__groups";

/// Takes the aggregates that belong to this query out of the subqueries in it.
pub(super) fn write_out(
    probe: &mut Probe<'_, '_>,
    select: &mut Select,
    keys: &mut [&mut Expr],
) -> Result<()> {
    let here = Level::of(&select.from);
    let misplaced = |where_from: &str| {
        let message = format!("aggregate functions are not allowed in {where_from}");
        Err(Error::new(SqlState::GROUPING_ERROR, message))
    };
    if let Some(condition) = &select.selection
        && !found_in(probe, &here, &mut condition.clone()).is_empty()
    {
        return misplaced("WHERE");
    }
    let mut found: Vec<Expr> = Vec::new();
    for e in selected(select, keys) {
        for aggregate in found_in(probe, &here, &mut e.clone()) {
            if !found.contains(&aggregate) {
                found.push(aggregate);
            }
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    over_groups(probe, select, keys, found)
}

/// What is evaluated once per group.
fn selected<'s>(select: &'s mut Select, keys: &'s mut [&mut Expr]) -> Vec<&'s mut Expr> {
    let mut all: Vec<&mut Expr> = Vec::new();
    for item in &mut select.projection {
        if let SelectItem::UnnamedExpr(e) | SelectItem::ExprWithAlias { expr: e, .. } = item {
            all.push(e);
        }
    }
    all.extend(select.having.as_mut());
    all.extend(keys.iter_mut().map(|key| &mut **key));
    all
}

/// What a query's FROM gives names to.
#[derive(Clone)]
struct Level {
    from: Vec<TableWithJoins>,
    names: Vec<String>,
}

impl Level {
    fn of(from: &[TableWithJoins]) -> Level {
        let mut names = Vec::new();
        from.iter().for_each(|table| named_in(table, &mut names));
        Level { from: from.to_vec(), names }
    }

    /// Whether a reference means this level; None where its columns cannot be known.
    fn has(&self, probe: &Probe<'_, '_>, reference: &[Ident]) -> Option<bool> {
        match reference {
            [name] => {
                if self.from.is_empty() {
                    return Some(false);
                }
                Some(probe.columns(&self.from, None)?.contains(&folded(name)))
            }
            [.., relation, _] => Some(self.names.contains(&folded(relation))),
            [] => None,
        }
    }
}

fn named_in(table: &TableWithJoins, names: &mut Vec<String>) {
    let joined = table.joins.iter().map(|join| &join.relation);
    for factor in std::iter::once(&table.relation).chain(joined) {
        match factor {
            TableFactor::NestedJoin { table_with_joins, alias: None } => {
                named_in(table_with_joins, names);
            }
            other => names.extend(name_of(other)),
        }
    }
}

/// The aggregates in an expression's subqueries that belong to this level.
fn found_in(probe: &mut Probe<'_, '_>, here: &Level, e: &mut Expr) -> Vec<Expr> {
    if !super::dialect::calls_below(e, is_aggregate) {
        return Vec::new();
    }
    let mut search = Search { probe, here, inner: Vec::new(), found: Vec::new() };
    // The walk breaks off nowhere.
    let _: ControlFlow<()> = e.visit(&mut search);
    search.found
}

/// Aggregates, and GROUPING, which belongs to a level as they do.
pub(super) fn is_aggregate(function: &Function) -> bool {
    let name = function.name.0.last().and_then(|part| part.as_ident()).map(folded);
    let known = name.is_some_and(|n| n == "grouping" || super::dialect::is_aggregate(&n));
    function.over.is_none() && (known || !function.within_group.is_empty())
}

struct Search<'s, 'a, 'b> {
    probe: &'s mut Probe<'a, 'b>,
    here: &'s Level,
    /// The queries between this level and what is looked at, outermost first.
    inner: Vec<Level>,
    found: Vec<Expr>,
}

fn level_of(query: &Query) -> Level {
    match &*query.body {
        SetExpr::Select(select) => Level::of(&select.from),
        _ => Level { from: Vec::new(), names: Vec::new() },
    }
}

impl VisitorMut for Search<'_, '_, '_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        self.inner.push(level_of(query));
        self.probe.withs.push(query.with.clone());
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.inner.pop();
        self.probe.withs.pop();
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, e: &mut Expr) -> ControlFlow<()> {
        if let Expr::Function(function) = &*e
            && !self.inner.is_empty()
            && is_aggregate(function)
            && self.belongs_here(e)
        {
            self.found.push(e.clone());
        }
        ControlFlow::Continue(())
    }
}

impl Search<'_, '_, '_> {
    fn belongs_here(&mut self, aggregate: &Expr) -> bool {
        let mut free = Free { probe: self.probe, own: Vec::new(), named: Vec::new() };
        let _: ControlFlow<()> = aggregate.clone().visit(&mut free);
        let named = free.named;
        let mut here = false;
        for reference in &named {
            for level in self.inner.iter().rev() {
                // One that names a query in between belongs to that.
                if level.has(self.probe, reference) != Some(false) {
                    return false;
                }
            }
            here |= self.here.has(self.probe, reference) == Some(true);
        }
        here
    }
}

/// The columns that an aggregate names outside of subqueries of its own.
struct Free<'s, 'a, 'b> {
    probe: &'s mut Probe<'a, 'b>,
    own: Vec<Level>,
    named: Vec<Vec<Ident>>,
}

impl VisitorMut for Free<'_, '_, '_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        self.own.push(level_of(query));
        self.probe.withs.push(query.with.clone());
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.own.pop();
        self.probe.withs.pop();
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, e: &mut Expr) -> ControlFlow<()> {
        let reference = match e {
            Expr::Identifier(name) => vec![name.clone()],
            Expr::CompoundIdentifier(parts) => parts.clone(),
            _ => return ControlFlow::Continue(()),
        };
        let own = self.own.iter().any(|level| level.has(self.probe, &reference) != Some(false));
        if !own {
            self.named.push(reference);
        }
        ControlFlow::Continue(())
    }
}

/// `SELECT … FROM (SELECT groups, aggregates FROM … GROUP BY …)`: what was evaluated per group is per row then.
fn over_groups(
    probe: &mut Probe<'_, '_>,
    select: &mut Select,
    keys: &mut [&mut Expr],
    mut aggregates: Vec<Expr>,
) -> Result<()> {
    let refused = || {
        let what = "an aggregate of an outer query in a subquery of this form";
        Err(Error::unsupported(what))
    };
    let starred = select
        .projection
        .iter()
        .any(|item| !matches!(item, SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. }));
    if starred || matches!(select.distinct, Some(ast::Distinct::On(_))) {
        return refused();
    }
    name_items(select);
    let columns = probe.columns(&select.from, None).unwrap_or_default();
    let Some(groups) = groups(select, &columns)? else { return refused() };
    for e in selected(select, keys) {
        let mut own = Own::default();
        let _: ControlFlow<()> = e.visit(&mut own);
        aggregates.extend(own.found);
    }
    let mut parts: Vec<(Expr, String)> = Vec::new();
    for (what, all) in [("group", groups), ("aggregate", aggregates)] {
        for e in all {
            if !parts.iter().any(|(known, _)| *known == e) {
                let name = format!("__{what}{}", parts.len());
                parts.push((e, name));
            }
        }
    }
    let here = Level::of(&select.from);
    for e in selected(select, keys) {
        let mut change =
            Change { probe: &mut *probe, here: &here, parts: &parts, inner: Vec::new() };
        let _: ControlFlow<()> = e.visit(&mut change);
    }
    let items = parts.into_iter().map(|(expr, name)| {
        let alias = Ident::with_quote('"', name);
        SelectItem::ExprWithAlias { expr, alias }
    });
    let mut inner = super::dialect::select(items.collect());
    if let SetExpr::Select(below) = &mut *inner.body {
        below.from = std::mem::take(&mut select.from);
        below.selection = select.selection.take();
        let none = GroupByExpr::Expressions(Vec::new(), Vec::new());
        below.group_by = std::mem::replace(&mut select.group_by, none);
    }
    select.selection = select.having.take();
    select.from = vec![super::dialect::derived(GROUPS, inner)];
    Ok(())
}

/// Items keep the names that they have as they are written.
fn name_items(select: &mut Select) {
    for item in &mut select.projection {
        if let SelectItem::UnnamedExpr(e) = item {
            let name = super::dialect::name_of(e).unwrap_or_else(|| "?column?".to_owned());
            let alias = Ident::with_quote('"', name);
            *item = SelectItem::ExprWithAlias { expr: e.clone(), alias };
        }
    }
}

/// What a query groups by, sets taken apart; positions and names of outputs are put as what they stand for.
fn groups(select: &mut Select, columns: &[String]) -> Result<Option<Vec<Expr>>> {
    let items: Vec<(Expr, String)> = select
        .projection
        .iter()
        .filter_map(|item| match item {
            SelectItem::ExprWithAlias { expr, alias } => Some((expr.clone(), folded(alias))),
            _ => None,
        })
        .collect();
    let GroupByExpr::Expressions(all, modifiers) = &mut select.group_by else { return Ok(None) };
    if !modifiers.is_empty() {
        return Ok(None);
    }
    let mut leaves = Vec::new();
    for group in all.iter_mut() {
        let mut parts: Vec<&mut Expr> = match group {
            Expr::GroupingSets(sets) | Expr::Rollup(sets) | Expr::Cube(sets) => {
                sets.iter_mut().flatten().collect()
            }
            Expr::Tuple(parts) => parts.iter_mut().collect(),
            one => vec![one],
        };
        for part in &mut parts {
            let place = match &**part {
                Expr::Value(value) => match &value.value {
                    ast::Value::Number(n, _) => n.parse::<usize>().ok(),
                    _ => None,
                },
                _ => None,
            };
            if let Some((e, _)) = place.and_then(|n| items.get(n.checked_sub(1)?)) {
                **part = e.clone();
            } else if let Expr::Identifier(name) = &**part
                && !columns.contains(&folded(name))
                && let Some((e, _)) = items.iter().find(|(_, alias)| *alias == folded(name))
            {
                **part = e.clone();
            }
            leaves.push(part.clone());
        }
    }
    Ok(Some(leaves))
}

/// Aggregates of the query itself.
#[derive(Default)]
struct Own {
    below: usize,
    found: Vec<Expr>,
}

impl VisitorMut for Own {
    type Break = ();

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.below += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.below -= 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, e: &mut Expr) -> ControlFlow<()> {
        if let Expr::Function(function) = &*e
            && self.below == 0
            && is_aggregate(function)
        {
            self.found.push(e.clone());
        }
        ControlFlow::Continue(())
    }
}

/// Puts columns of the groups in place of what they hold.
struct Change<'s, 'a, 'b> {
    probe: &'s mut Probe<'a, 'b>,
    here: &'s Level,
    parts: &'s [(Expr, String)],
    inner: Vec<Level>,
}

impl VisitorMut for Change<'_, '_, '_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        self.inner.push(level_of(query));
        self.probe.withs.push(query.with.clone());
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.inner.pop();
        self.probe.withs.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, e: &mut Expr) -> ControlFlow<()> {
        let known = self.parts.iter().find(|(part, _)| same(part, e));
        if let Some((_, name)) = known
            && self.means_here(e)
        {
            *e = column(GROUPS, name);
        }
        ControlFlow::Continue(())
    }
}

impl Change<'_, '_, '_> {
    /// In a subquery the same words may speak of its own columns.
    fn means_here(&mut self, e: &Expr) -> bool {
        if self.inner.is_empty() {
            return true;
        }
        let mut free = Free { probe: self.probe, own: Vec::new(), named: Vec::new() };
        let _: ControlFlow<()> = e.clone().visit(&mut free);
        let named = free.named;
        named.iter().all(|reference| {
            let mut levels = self.inner.iter();
            self.here.has(self.probe, reference) == Some(true)
                && levels.all(|level| level.has(self.probe, reference) == Some(false))
        })
    }
}

/// The same expression, or the same column with and without its relation's name.
pub(super) fn same(a: &Expr, b: &Expr) -> bool {
    match (a, b) {
        (Expr::Identifier(name), Expr::CompoundIdentifier(parts))
        | (Expr::CompoundIdentifier(parts), Expr::Identifier(name)) => {
            parts.last().is_some_and(|last| folded(last) == folded(name))
        }
        (Expr::Nested(inner), other) | (other, Expr::Nested(inner)) => same(inner, other),
        (Expr::CompoundIdentifier(a), Expr::CompoundIdentifier(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| folded(a) == folded(b))
        }
        (Expr::Identifier(a), Expr::Identifier(b)) => folded(a) == folded(b),
        _ => a == b,
    }
}
