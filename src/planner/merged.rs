//! USING and NATURAL joins: each pair of columns becomes one, first in `*`, and never NULL where either side is not.

use std::ops::ControlFlow;

use super::dialect::constraint;
use super::shapes::{Probe, column, expressions, name_of};
use crate::error::{Error, Result, SqlState};
use crate::parser::ast::{
    self, BinaryOperator, Expr, Ident, JoinConstraint, JoinOperator, Select, SelectItem,
    TableFactor, TableWithJoins,
};
use crate::parser::folded;

/// Turns the joins into ones with ON, and writes out the columns that they merge.
pub(super) fn write_out(
    probe: &Probe<'_, '_>,
    select: &mut Select,
    keys: &mut [&mut Expr],
) -> Result<()> {
    let merges = |table: &TableWithJoins| {
        table.joins.iter().any(|join| {
            matches!(
                constraint(&join.join_operator),
                Some(JoinConstraint::Using(_) | JoinConstraint::Natural)
            )
        })
    };
    if !select.from.iter().any(merges) {
        return Ok(());
    }
    let mut visible = Vec::new();
    for table in &mut select.from {
        match Side::of(probe, table)? {
            Some(side) => visible.extend(side.columns),
            None => return Ok(()),
        }
    }
    let output: Vec<String> = select.projection.iter().filter_map(output_name).collect();
    spread_stars(select, &visible);
    let merged: Vec<&Visible> = visible.iter().filter(|c| c.merged).collect();
    for item in &mut select.projection {
        if let SelectItem::UnnamedExpr(Expr::Identifier(ident)) = item
            && merged.iter().any(|c| c.name == folded(ident))
        {
            let (expr, alias) = (Expr::Identifier(ident.clone()), ident.clone());
            *item = SelectItem::ExprWithAlias { expr, alias };
        }
    }
    let sorted = keys.len();
    let mut all = expressions(select, keys);
    let first_key = all.len() - sorted;
    for (i, e) in all.iter_mut().enumerate() {
        // What stands alone in ORDER BY is an output column, if there is one.
        if i >= first_key
            && let Expr::Identifier(ident) = &**e
            && (output.contains(&folded(ident)) || output.iter().any(|name| name == "*"))
        {
            continue;
        }
        let _: ControlFlow<()> = ast::visit_expressions_mut(*e, |e| {
            if let Expr::Identifier(ident) = e
                && let Some(column) = merged.iter().find(|c| c.name == folded(ident))
            {
                *e = column.value.clone();
            }
            ControlFlow::Continue(())
        });
    }
    Ok(())
}

fn output_name(item: &SelectItem) -> Option<String> {
    match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(folded(alias)),
        SelectItem::UnnamedExpr(Expr::Identifier(ident)) => Some(folded(ident)),
        SelectItem::Wildcard(_) => Some("*".to_owned()),
        _ => None,
    }
}

fn spread_stars(select: &mut Select, visible: &[Visible]) {
    let items = std::mem::take(&mut select.projection);
    for item in items {
        match item {
            SelectItem::Wildcard(options) if options.opt_exclude.is_none() => {
                select.projection.extend(visible.iter().map(|c| SelectItem::ExprWithAlias {
                    expr: c.value.clone(),
                    alias: Ident::with_quote('"', c.name.clone()),
                }));
            }
            other => select.projection.push(other),
        }
    }
}

/// A column that a bare name may mean.
#[derive(Clone)]
struct Visible {
    name: String,
    value: Expr,
    merged: bool,
}

/// What some joined relations show.
struct Side {
    columns: Vec<Visible>,
}

fn constraint_mut(operator: &mut JoinOperator) -> Option<&mut JoinConstraint> {
    match operator {
        JoinOperator::Join(c)
        | JoinOperator::Inner(c)
        | JoinOperator::Left(c)
        | JoinOperator::LeftOuter(c)
        | JoinOperator::Right(c)
        | JoinOperator::RightOuter(c)
        | JoinOperator::FullOuter(c) => Some(c),
        _ => None,
    }
}

impl Side {
    /// None where the columns of something cannot be known by themselves.
    fn of(probe: &Probe<'_, '_>, table: &mut TableWithJoins) -> Result<Option<Side>> {
        let Some(mut left) = Side::factor(probe, &table.relation) else { return Ok(None) };
        let mut joins = table.joins.clone();
        for join in &mut joins {
            let Some(right) = Side::factor(probe, &join.relation) else { return Ok(None) };
            left = left.joined(right, &mut join.join_operator)?;
        }
        table.joins = joins;
        Ok(Some(left))
    }

    fn factor(probe: &Probe<'_, '_>, factor: &TableFactor) -> Option<Side> {
        let from = [TableWithJoins { relation: factor.clone(), joins: Vec::new() }];
        let name = name_of(factor)?;
        let columns = probe.columns(&from, None)?.into_iter().map(|c| Visible {
            value: column(&name, &c),
            name: c,
            merged: false,
        });
        Some(Side { columns: columns.collect() })
    }

    fn joined(mut self, mut right: Side, operator: &mut JoinOperator) -> Result<Side> {
        let names = match constraint(operator) {
            Some(JoinConstraint::Using(names)) => {
                let names = names.iter().filter_map(|n| n.0.last()?.as_ident().map(folded));
                names.collect()
            }
            Some(JoinConstraint::Natural) => {
                let common = self.columns.iter().map(|c| &c.name);
                let common = common.filter(|n| right.columns.iter().any(|c| c.name == **n));
                common.cloned().collect::<Vec<_>>()
            }
            _ => {
                self.columns.append(&mut right.columns);
                return Ok(self);
            }
        };
        let mut merged = Vec::new();
        let mut condition: Option<Expr> = None;
        for name in names {
            let (l, r) = (self.take(&name, "left")?, right.take(&name, "right")?);
            let equal = binary(l.value.clone(), BinaryOperator::Eq, r.value.clone());
            condition = Some(match condition {
                Some(condition) => binary(condition, BinaryOperator::And, equal),
                None => equal,
            });
            let value = match operator {
                JoinOperator::Right(_) | JoinOperator::RightOuter(_) => r.value,
                JoinOperator::FullOuter(_) => {
                    super::dialect::call("coalesce", vec![l.value, r.value])
                }
                _ => l.value,
            };
            merged.push(Visible { name, value, merged: true });
        }
        if let Some(constraint) = constraint_mut(operator) {
            let always = || Expr::Value(ast::Value::Boolean(true).into());
            *constraint = JoinConstraint::On(condition.unwrap_or_else(always));
        }
        merged.append(&mut self.columns);
        merged.append(&mut right.columns);
        Ok(Side { columns: merged })
    }

    fn take(&mut self, name: &str, side: &str) -> Result<Visible> {
        let mut found = (0..self.columns.len()).filter(|i| self.columns[*i].name == name);
        match (found.next(), found.next()) {
            (Some(at), None) => Ok(self.columns.remove(at)),
            (None, _) => Err(Error::new(
                SqlState::UNDEFINED_COLUMN,
                format!(
                    "column \"{name}\" specified in USING clause does not exist in {side} table"
                ),
            )),
            (Some(_), Some(_)) => Err(Error::new(
                SqlState::AMBIGUOUS_COLUMN,
                format!("common column name \"{name}\" appears more than once in {side} table"),
            )),
        }
    }
}

fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }
}
