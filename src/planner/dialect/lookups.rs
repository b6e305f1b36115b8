//! Look-ups of one row in the system catalog, as clients put them into select lists.

use std::ops::ControlFlow;

use super::labels;
use super::syntax::named;
use crate::parser::ast::{self, Expr, Ident, Query, Select, SelectItem, SetExpr, VisitMut};
use crate::parser::folded;
use crate::system::tables as system_tables;

/// Clients describe columns with subqueries in the select list that look one row up by any condition, which DataFusion
/// cannot take apart. Over the system catalog such a look-up is a LEFT JOIN.
pub(super) fn join(select: &mut Select) {
    let plain = matches!(&select.group_by, ast::GroupByExpr::Expressions(by, _) if by.is_empty());
    let all_catalog = select
        .from
        .iter()
        .all(|t| is_catalog(&t.relation) && t.joins.iter().all(|j| is_catalog(&j.relation)));
    if select.from.len() != 1 || !plain || !all_catalog || select.distinct.is_some() {
        return;
    }
    let mut aliases: Vec<String> = Vec::new();
    let table = &select.from[0];
    let factors = std::iter::once(&table.relation).chain(table.joins.iter().map(|j| &j.relation));
    aliases.extend(factors.filter_map(alias_of));
    // Of each, its columns: what is written without a name before it stays what it is beside others.
    let ours: Vec<Named> = factors_of(table).filter_map(Named::of).collect();
    let mut joined = false;
    let mut items = std::mem::take(&mut select.projection);
    for item in &mut items {
        let (expr, name) = match item {
            SelectItem::UnnamedExpr(expr) => (expr.clone(), labels::name_of(expr)),
            SelectItem::ExprWithAlias { expr, alias } => (expr.clone(), Some(alias.value.clone())),
            _ => continue,
        };
        let Expr::Subquery(query) = expr else { continue };
        let Some((mut value, from, mut condition)) = lookup(&query) else { continue };
        let theirs: Vec<String> = from.iter().filter_map(alias_of).collect();
        if theirs.len() != from.len() || theirs.iter().any(|a| aliases.contains(a)) {
            continue;
        }
        aliases.extend(theirs);
        let known: Vec<Named> = from.iter().filter_map(Named::of).collect();
        for e in [&mut value, &mut condition] {
            qualify(e, &known);
            qualify(e, &ours);
        }
        joined = true;
        let operator = ast::JoinOperator::LeftOuter(ast::JoinConstraint::On(condition));
        let relation = beside_each_other(from);
        select.from[0].joins.push(ast::Join { relation, global: false, join_operator: operator });
        let alias = Ident::with_quote('"', name.unwrap_or_else(|| "?column?".to_owned()));
        *item = SelectItem::ExprWithAlias { expr: value, alias };
    }
    select.projection = items;
    if joined {
        qualify_all(select, &ours);
    }
}

fn factors_of(table: &ast::TableWithJoins) -> impl Iterator<Item = &ast::TableFactor> {
    std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation))
}

/// A relation of the system catalog under the name that a query gives it.
struct Named {
    alias: Ident,
    columns: Vec<String>,
}

impl Named {
    fn of(factor: &ast::TableFactor) -> Option<Named> {
        let ast::TableFactor::Table { name, alias, .. } = factor else { return None };
        if alias.as_ref().is_some_and(|alias| !alias.columns.is_empty()) {
            return None;
        }
        let last = name.0.last()?.as_ident()?;
        let table = system_tables::table("pg_catalog", &folded(last))?;
        let fields = table.arrow_schema();
        let columns = fields.fields().iter().map(|f| f.name().clone()).collect();
        let alias = alias.as_ref().map_or(last, |alias| &alias.name);
        Some(Named { alias: Ident::with_quote('"', folded(alias)), columns })
    }
}

/// Puts the relation's name before each column of one of these; what stands in subqueries has names of its own.
fn qualify(e: &mut Expr, among: &[Named]) {
    let mut pass = Qualify { among, below: 0 };
    // The walk breaks off nowhere.
    let _: ControlFlow<()> = e.visit(&mut pass);
}

fn qualify_all(select: &mut Select, among: &[Named]) {
    for item in &mut select.projection {
        let name = match item {
            SelectItem::UnnamedExpr(e) => labels::name_of(e),
            _ => None,
        };
        match item {
            SelectItem::UnnamedExpr(e) => {
                qualify(e, among);
                if let Some(name) = name {
                    let alias = Ident::with_quote('"', name);
                    *item = SelectItem::ExprWithAlias { expr: e.clone(), alias };
                }
            }
            SelectItem::ExprWithAlias { expr, .. } => qualify(expr, among),
            _ => {}
        }
    }
    if let Some(condition) = &mut select.selection {
        qualify(condition, among);
    }
}

struct Qualify<'n> {
    among: &'n [Named],
    below: usize,
}

impl ast::VisitorMut for Qualify<'_> {
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
        if self.below == 0
            && let Expr::Identifier(ident) = e
        {
            let name = folded(ident);
            let mut having = self.among.iter().filter(|n| n.columns.contains(&name));
            if let (Some(one), None) = (having.next(), having.next()) {
                *e = Expr::CompoundIdentifier(vec![one.alias.clone(), ident.clone()]);
            }
        }
        ControlFlow::Continue(())
    }
}

/// Whether an aggregate is called, outside of any query within.
pub(super) fn aggregates(e: &Expr) -> bool {
    let mut found = Aggregates::default();
    let _: ControlFlow<()> = ast::Visit::visit(e, &mut found);
    found.any
}

#[derive(Default)]
struct Aggregates {
    below: usize,
    any: bool,
}

impl ast::Visitor for Aggregates {
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
        if let Expr::Function(f) = e {
            let aggregate = AGGREGATES.iter().any(|a| named(f.name.0.last(), a));
            self.any |= self.below == 0 && f.over.is_none() && aggregate;
        }
        ControlFlow::Continue(())
    }
}

fn alias_of(factor: &ast::TableFactor) -> Option<String> {
    match factor {
        ast::TableFactor::Table { alias: Some(alias), .. } => Some(alias.name.value.to_lowercase()),
        ast::TableFactor::Table { name, .. } => {
            name.0.last().and_then(|p| p.as_ident()).map(|i| i.value.to_lowercase())
        }
        _ => None,
    }
}

/// `(SELECT value FROM catalog tables WHERE condition)`, taken apart.
fn lookup(query: &Query) -> Option<(Expr, Vec<ast::TableFactor>, Expr)> {
    let SetExpr::Select(select) = &*query.body else { return None };
    let plain = matches!(&select.group_by, ast::GroupByExpr::Expressions(by, _) if by.is_empty());
    let simple = query.with.is_none() && query.order_by.is_none() && query.limit_clause.is_none();
    let from: Option<Vec<ast::TableFactor>> = select
        .from
        .iter()
        .map(|t| (t.joins.is_empty() && is_catalog(&t.relation)).then(|| t.relation.clone()))
        .collect();
    let from = from.filter(|from| !from.is_empty() && plain && simple)?;
    let condition = select.selection.clone()?;
    let [SelectItem::UnnamedExpr(value) | SelectItem::ExprWithAlias { expr: value, .. }] =
        select.projection.as_slice()
    else {
        return None;
    };
    (!aggregates(value)).then(|| (value.clone(), from, condition))
}

fn beside_each_other(mut from: Vec<ast::TableFactor>) -> ast::TableFactor {
    let first = from.remove(0);
    if from.is_empty() {
        return first;
    }
    let joins = from
        .into_iter()
        .map(|relation| ast::Join {
            relation,
            global: false,
            join_operator: ast::JoinOperator::CrossJoin(ast::JoinConstraint::None),
        })
        .collect();
    let table_with_joins = Box::new(ast::TableWithJoins { relation: first, joins });
    ast::TableFactor::NestedJoin { table_with_joins, alias: None }
}

/// Aggregates that clients use in such subqueries; those have one row already.
const AGGREGATES: &[&str] =
    &["array_agg", "avg", "bool_and", "bool_or", "count", "max", "min", "string_agg", "sum"];

pub(super) fn is_catalog(factor: &ast::TableFactor) -> bool {
    match factor {
        ast::TableFactor::Table { name, args: None, .. } => {
            let bare = || name.0.first().and_then(|part| part.as_ident());
            match name.0.len() {
                1 => bare().is_some_and(|i| system_tables::table("pg_catalog", &i.value).is_some()),
                _ => name.0.len() == 2 && named(name.0.first(), "pg_catalog"),
            }
        }
        _ => false,
    }
}

/// All the roles of which one is a member, as clients walk up from it: a recursive query that names the row around it.
pub(super) fn roles_above(query: &Query) -> Option<Expr> {
    let with = query.with.as_ref().filter(|with| with.recursive)?;
    let [cte] = with.cte_tables.as_slice() else { return None };
    let SetExpr::SetOperation { left, .. } = &*cte.query.body else { return None };
    let SetExpr::Select(first) = &**left else { return None };
    let Some(Expr::BinaryOp { right: member, .. }) = &first.selection else { return None };
    let plain = |text: &str| text.to_lowercase().replace(" as ", " ");
    let walk = format!(
        "with recursive cte (select pg_roles.oid, pg_roles.rolname from pg_catalog.pg_roles \
         where pg_roles.oid = {member} union all select m.roleid, pgr.rolname from cte cte_1 \
         join pg_catalog.pg_auth_members m on m.member = cte_1.oid \
         join pg_catalog.pg_roles pgr on pgr.oid = m.roleid) select rolname from cte"
    );
    let walks = plain(&query.to_string()).replace("cte as (", "cte (") == plain(&walk);
    walks.then(|| super::syntax::call("__roles_of", vec![(**member).clone()]))
}
