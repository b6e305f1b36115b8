//! Grouping sets over more than plain columns: expressions, positions and names of outputs become columns of a row
//! beside each row, and sets within sets are multiplied out.

use std::ops::ControlFlow;

use super::levels::same;
use super::shapes::{Probe, column};
use crate::error::{Error, Result, SqlState};
use crate::parser::ast::{
    self, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Ident,
    Select, SelectItem, TableAlias, TableFactor, TableWithJoins,
};
use crate::parser::folded;

/// The name of the row beside.
const KEYS: &str = "__keys";
const SETS_MAX: usize = 4096;

type Sets = Vec<Vec<Expr>>;

/// Writes out the grouping sets of one select.
pub(super) fn write_out(
    probe: &Probe<'_, '_>,
    select: &mut Select,
    keys: &mut [&mut Expr],
) -> Result<()> {
    let GroupByExpr::Expressions(all, _) = &mut select.group_by else { return Ok(()) };
    let sets = |e: &Expr| matches!(e, Expr::GroupingSets(_) | Expr::Rollup(_) | Expr::Cube(_));
    if !all.iter().any(sets) {
        return Ok(());
    }
    for group in std::mem::take(all) {
        match group {
            Expr::Tuple(parts) => all.extend(parts),
            other if sets(&other) => all.push(multiplied(other)?),
            other => all.push(other),
        }
    }
    refuse_hypothetical(select)?;
    let starred = select.projection.iter().any(|item| matches!(item, SelectItem::Wildcard(_)));
    if starred || select.from.is_empty() {
        return Ok(());
    }
    let Some(columns) = probe.columns(&select.from, None) else { return Ok(()) };
    beside(select, keys, &columns)
}

/// ROLLUP and CUBE over lists, and those within GROUPING SETS, as plain sets.
fn multiplied(group: Expr) -> Result<Expr> {
    let plain = |sets: &Sets| sets.iter().all(|set| set.len() == 1 && !nested(&set[0]));
    Ok(match group {
        Expr::Rollup(sets) if !plain(&sets) => Expr::GroupingSets(rolled_up(flat(sets))),
        Expr::Cube(sets) if !plain(&sets) => Expr::GroupingSets(cubed(flat(sets))?),
        Expr::GroupingSets(sets) => {
            let mut all = Sets::new();
            for set in sets {
                match within(&set) {
                    Some(("rollup", parts)) => all.extend(rolled_up(flat(parts))),
                    Some((_, parts)) => all.extend(cubed(flat(parts))?),
                    None => all.extend(flat(vec![set])),
                }
            }
            Expr::GroupingSets(all)
        }
        other => other,
    })
}

fn nested(e: &Expr) -> bool {
    matches!(e, Expr::Tuple(_))
}

/// `(a, (a, b))` is `(a, a, b)`.
fn flat(sets: Sets) -> Sets {
    fn into(e: Expr, all: &mut Vec<Expr>) {
        match e {
            Expr::Tuple(parts) => parts.into_iter().for_each(|part| into(part, all)),
            Expr::Nested(inner) => into(*inner, all),
            other if all.contains(&other) => {}
            other => all.push(other),
        }
    }
    let each = sets.into_iter().map(|set| {
        let mut all = Vec::new();
        set.into_iter().for_each(|e| into(e, &mut all));
        all
    });
    each.collect()
}

/// `ROLLUP (…)` inside of sets, which the grammar takes for a call.
fn within(set: &[Expr]) -> Option<(&'static str, Sets)> {
    let [Expr::Function(function)] = set else { return None };
    let name = match folded(function.name.0.last()?.as_ident()?).as_str() {
        "rollup" => "rollup",
        "cube" => "cube",
        _ => return None,
    };
    let FunctionArguments::List(list) = &function.args else { return None };
    let parts = list.args.iter().map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(e)) => Some(vec![e.clone()]),
        _ => None,
    });
    Some((name, parts.collect::<Option<_>>()?))
}

fn union_of(sets: &[Vec<Expr>]) -> Vec<Expr> {
    let mut all: Vec<Expr> = Vec::new();
    for e in sets.iter().flatten() {
        if !all.contains(e) {
            all.push(e.clone());
        }
    }
    all
}

fn rolled_up(sets: Sets) -> Sets {
    (0..=sets.len()).rev().map(|n| union_of(&sets[..n])).collect()
}

fn cubed(sets: Sets) -> Result<Sets> {
    let width = u32::try_from(sets.len()).unwrap_or(u32::MAX);
    let count = 1usize.checked_shl(width).filter(|count| *count <= SETS_MAX);
    let Some(count) = count else {
        let message = "CUBE is limited to 12 elements";
        return Err(Error::new(SqlState::TOO_MANY_COLUMNS, message));
    };
    let chosen = (0..count).rev().map(|bits| {
        let last = sets.len() - 1;
        let kept = sets.iter().enumerate().filter(|(i, _)| bits >> (last - i) & 1 == 1);
        union_of(&kept.map(|(_, set)| set.clone()).collect::<Vec<_>>())
    });
    Ok(chosen.collect())
}

/// A hypothetical value out of the groups is NULL in a set without it; here it would be a row's own.
fn refuse_hypothetical(select: &mut Select) -> Result<()> {
    let hypothetical = |function: &Function| {
        let name = function.name.0.last().and_then(|part| part.as_ident()).map(folded);
        let ranks = ["rank", "dense_rank", "percent_rank", "cume_dist"];
        let ranks = name.is_some_and(|name| ranks.contains(&name.as_str()));
        let FunctionArguments::List(list) = &function.args else { return false };
        ranks
            && !function.within_group.is_empty()
            && list.args.iter().any(|arg| {
                let flow = ast::visit_expressions(arg, |e| match e {
                    Expr::Identifier(_) | Expr::CompoundIdentifier(_) => ControlFlow::Break(()),
                    _ => ControlFlow::Continue(()),
                });
                flow.is_break()
            })
    };
    let flow = ast::visit_expressions(&select.projection, |e| match e {
        Expr::Function(function) if hypothetical(function) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    match flow.is_break() {
        true => Err(Error::unsupported(
            "a hypothetical value that is a column of the groups, with grouping sets,",
        )),
        false => Ok(()),
    }
}

/// Puts what is no column of FROM beside its rows.
fn beside(select: &mut Select, keys: &mut [&mut Expr], columns: &[String]) -> Result<()> {
    for item in &mut select.projection {
        if let SelectItem::UnnamedExpr(e) = item {
            let name = super::dialect::name_of(e).unwrap_or_else(|| "?column?".to_owned());
            let alias = Ident::with_quote('"', name);
            *item = SelectItem::ExprWithAlias { expr: e.clone(), alias };
        }
    }
    let mut made: Vec<(Expr, Option<usize>)> = Vec::new();
    let GroupByExpr::Expressions(all, _) = &mut select.group_by else { return Ok(()) };
    for leaf in all.iter_mut().flat_map(leaves) {
        let Some((e, item)) = key_of(leaf, &select.projection, columns)? else { continue };
        let at = made.iter().position(|known| *known == (e.clone(), item));
        let at = at.unwrap_or_else(|| {
            made.push((e, item));
            made.len() - 1
        });
        *leaf = key(at);
    }
    if made.is_empty() {
        return Ok(());
    }
    for (at, (e, item)) in made.iter().enumerate() {
        if let Some(SelectItem::ExprWithAlias { expr, .. }) =
            item.and_then(|i| select.projection.get_mut(i))
        {
            *expr = key(at);
            continue;
        }
        let items = select.projection.iter_mut().filter_map(|item| match item {
            SelectItem::ExprWithAlias { expr, .. } => Some(expr),
            _ => None,
        });
        let others = select.having.iter_mut().chain(keys.iter_mut().map(|key| &mut **key));
        for place in items.chain(others) {
            let mut put = Put { wanted: e, key: key(at) };
            // The walk breaks off nowhere.
            let _: ControlFlow<()> = ast::VisitMut::visit(place, &mut put);
        }
    }
    let apart = |e: Expr| match plain_or_constant(&e) {
        true => super::dialect::call("__apart", vec![e]),
        false => e,
    };
    let items = made.into_iter().enumerate().map(|(at, (e, _))| SelectItem::ExprWithAlias {
        expr: apart(e),
        alias: Ident::with_quote('"', name(at)),
    });
    let alias = TableAlias {
        explicit: true,
        name: Ident::with_quote('"', KEYS),
        columns: Vec::new(),
        at: None,
    };
    let relation = TableFactor::Derived {
        lateral: true,
        subquery: Box::new(super::dialect::select(items.collect())),
        alias: Some(alias),
        sample: None,
    };
    select.from.push(TableWithJoins { relation, joins: Vec::new() });
    Ok(())
}

/// A column under another name, or what is the same in every row.
fn plain_or_constant(e: &Expr) -> bool {
    if let Expr::Identifier(_) | Expr::CompoundIdentifier(_) = e {
        return true;
    }
    let flow = ast::visit_expressions(e, |e| match e {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Subquery(_) => {
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    });
    flow.is_continue()
}

struct Put<'e> {
    wanted: &'e Expr,
    key: Expr,
}

impl ast::VisitorMut for Put<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, e: &mut Expr) -> ControlFlow<()> {
        if same(self.wanted, e) {
            *e = self.key.clone();
        }
        ControlFlow::Continue(())
    }
}

fn name(at: usize) -> String {
    format!("__key{at}")
}

fn key(at: usize) -> Expr {
    column(KEYS, &name(at))
}

fn leaves(group: &mut Expr) -> Vec<&mut Expr> {
    match group {
        Expr::GroupingSets(sets) | Expr::Rollup(sets) | Expr::Cube(sets) => {
            sets.iter_mut().flatten().collect()
        }
        one => vec![one],
    }
}

/// What stands beside for a leaf, and the item that it names; None for a column of FROM.
fn key_of(
    leaf: &Expr,
    items: &[SelectItem],
    columns: &[String],
) -> Result<Option<(Expr, Option<usize>)>> {
    let item = |i: usize| match items.get(i) {
        Some(SelectItem::ExprWithAlias { expr, .. }) => Some(expr.clone()),
        _ => None,
    };
    match leaf {
        Expr::CompoundIdentifier(_) => Ok(None),
        Expr::Identifier(ident) if columns.contains(&folded(ident)) => Ok(None),
        Expr::Identifier(ident) => {
            let named = |item: &SelectItem| match item {
                SelectItem::ExprWithAlias { alias, .. } => folded(alias) == folded(ident),
                _ => false,
            };
            let at = items.iter().position(named);
            Ok(at.and_then(|at| Some((item(at)?, Some(at)))))
        }
        Expr::Value(value) => match &value.value {
            ast::Value::Number(n, _) => {
                let at = n.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
                match at.and_then(|at| Some((item(at)?, at))) {
                    Some((e, at)) => Ok(Some((e, Some(at)))),
                    None => Err(Error::new(
                        SqlState::INVALID_COLUMN_REFERENCE,
                        format!("GROUP BY position {n} is not in select list"),
                    )),
                }
            }
            _ => Ok(None),
        },
        other => Ok(Some((other.clone(), None))),
    }
}
