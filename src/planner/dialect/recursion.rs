//! What a recursive query may say of itself (PostgreSQL's `checkWellFormedRecursion`): the engine would read the other
//! forms in a way of its own.

use std::ops::ControlFlow;

use crate::error::{Error, Result, SqlState};
use crate::parser::ast::{
    self, Cte, JoinOperator, LimitClause, Query, Select, SetExpr, SetOperator, TableFactor,
    TableWithJoins, Visit,
};
use crate::parser::folded;

/// Checks the WITH queries of one query.
pub(super) fn check(query: &Query) -> Result<()> {
    match &query.with {
        Some(with) if with.recursive => with.cte_tables.iter().try_for_each(one),
        _ => Ok(()),
    }
}

/// Under RECURSIVE a query may name those behind it: they are put before it.
pub(super) fn in_order(query: &mut Query) -> Result<()> {
    let Some(with) = &mut query.with else { return Ok(()) };
    if !with.recursive || with.cte_tables.len() < 2 {
        return Ok(());
    }
    let mut left = std::mem::take(&mut with.cte_tables);
    while !left.is_empty() {
        let names: Vec<String> = left.iter().map(|cte| folded(&cte.alias.name)).collect();
        let free = left.iter().position(|cte| {
            let own = folded(&cte.alias.name);
            names.iter().all(|name| *name == own || !named_in(&*cte.query, name))
        });
        let Some(free) = free else {
            let message = "mutual recursion between WITH items is not implemented";
            return Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message));
        };
        with.cte_tables.push(left.remove(free));
    }
    Ok(())
}

fn one(cte: &Cte) -> Result<()> {
    let name = folded(&cte.alias.name);
    if !named_in(&*cte.query, &name) {
        return Ok(());
    }
    let wrong = |what: &str| {
        Error::new(SqlState::INVALID_RECURSION, format!("recursive query \"{name}\" {what}"))
    };
    let mut body = &*cte.query.body;
    while let SetExpr::Query(inner) = body {
        body = &inner.body;
    }
    let SetExpr::SetOperation { op: SetOperator::Union, left, right, .. } = body else {
        let form = "does not have the form non-recursive-term UNION [ALL] recursive-term";
        return Err(wrong(form));
    };
    let mut term = Term { name: &name, times: 0 };
    if named_in(&**left, &name) {
        return Err(term.misplaced("within its non-recursive term"));
    }
    if let Some(with) = &cte.query.with
        && with.cte_tables.iter().any(|inner| named_in(inner, &name))
    {
        return Err(term.misplaced("within a subquery"));
    }
    let clause = match &cte.query.limit_clause {
        _ if cte.query.order_by.is_some() => Some("ORDER BY"),
        Some(LimitClause::LimitOffset { offset: Some(_), .. }) => Some("OFFSET"),
        Some(_) => Some("LIMIT"),
        None if cte.query.fetch.is_some() => Some("LIMIT"),
        None => None,
    };
    if let Some(clause) = clause {
        let message = format!("{clause} in a recursive query is not implemented");
        return Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message));
    }
    term.set(right, None)
}

/// Whether a relation of this name is read in it.
fn named_in(node: &impl Visit, name: &str) -> bool {
    let flow = ast::visit_relations(node, |relation| match relation.0.as_slice() {
        [part] if part.as_ident().is_some_and(|ident| folded(ident) == name) => {
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    });
    flow.is_break()
}

struct Term<'n> {
    name: &'n str,
    times: usize,
}

impl Term<'_> {
    fn misplaced(&self, place: &str) -> Error {
        let message =
            format!("recursive reference to query \"{}\" must not appear {place}", self.name);
        Error::new(SqlState::INVALID_RECURSION, message)
    }

    /// `place` is where a reference would be one too many.
    fn set(&mut self, body: &SetExpr, place: Option<&str>) -> Result<()> {
        match body {
            SetExpr::Select(select) => self.select(select, place),
            SetExpr::Query(query) => self.query(query, place),
            SetExpr::SetOperation { op, left, right, .. } => match op {
                SetOperator::Except => {
                    self.set(left, place)?;
                    self.set(right, Some("within EXCEPT"))
                }
                SetOperator::Intersect => {
                    self.set(left, Some("within INTERSECT"))?;
                    self.set(right, Some("within INTERSECT"))
                }
                _ => {
                    self.set(left, place)?;
                    self.set(right, place)
                }
            },
            _ => Ok(()),
        }
    }

    fn query(&mut self, query: &Query, place: Option<&str>) -> Result<()> {
        if let Some(with) = &query.with {
            for cte in &with.cte_tables {
                // It hides the one around it.
                if folded(&cte.alias.name) == self.name {
                    return Ok(());
                }
                self.query(&cte.query, place)?;
            }
        }
        self.set(&query.body, place)
    }

    fn select(&mut self, select: &Select, place: Option<&str>) -> Result<()> {
        select.from.iter().try_for_each(|table| self.table(table, place))?;
        let mut others = select.clone();
        others.from.clear();
        match named_in(&others, self.name) {
            true => Err(self.misplaced("within a subquery")),
            false => Ok(()),
        }
    }

    fn table(&mut self, table: &TableWithJoins, place: Option<&str>) -> Result<()> {
        const OUTER: Option<&str> = Some("within an outer join");
        let left = |join: &ast::Join| {
            matches!(
                join.join_operator,
                JoinOperator::Right(_) | JoinOperator::RightOuter(_) | JoinOperator::FullOuter(_)
            )
        };
        let mut here = if table.joins.iter().any(left) { OUTER } else { place };
        self.factor(&table.relation, here)?;
        for (i, join) in table.joins.iter().enumerate() {
            here = if table.joins[i + 1..].iter().any(left) { OUTER } else { place };
            let right = match join.join_operator {
                JoinOperator::Left(_) | JoinOperator::LeftOuter(_) | JoinOperator::FullOuter(_) => {
                    OUTER
                }
                _ => here,
            };
            self.factor(&join.relation, right)?;
        }
        Ok(())
    }

    fn factor(&mut self, factor: &TableFactor, place: Option<&str>) -> Result<()> {
        match factor {
            TableFactor::Table { name, args: None, .. } if name.0.len() == 1 => {
                let named = name.0[0].as_ident().is_some_and(|n| folded(n) == self.name);
                if !named {
                    return Ok(());
                }
                self.times += 1;
                match place {
                    Some(place) => Err(self.misplaced(place)),
                    None if self.times > 1 => Err(self.misplaced("more than once")),
                    None => Ok(()),
                }
            }
            TableFactor::Derived { subquery, .. } => self.query(subquery, place),
            TableFactor::NestedJoin { table_with_joins, .. } => self.table(table_with_joins, place),
            _ => Ok(()),
        }
    }
}
