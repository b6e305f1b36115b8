//! A relation's name as a value: its whole row, and fields out of it.

use std::ops::ControlFlow;

use super::dialect::field_of;
use super::shapes::{Probe, column, expressions, name_of};
use crate::error::{Error, Result};
use crate::parser::ast::{self, Expr, FunctionArg, FunctionArgExpr, Select, SelectItem};
use crate::parser::folded;

/// Puts rows in place of their relations' names, where no column has that name.
pub(super) fn write_out(
    probe: &Probe<'_, '_>,
    select: &mut Select,
    keys: &mut [&mut Expr],
) -> Result<()> {
    let tables = select.from.iter();
    let factors = tables.flat_map(|t| {
        std::iter::once(&t.relation).chain(t.joins.iter().map(|join| &join.relation))
    });
    let names: Vec<String> = factors.filter_map(name_of).collect();
    let mut wanted: Vec<String> = Vec::new();
    for e in expressions(select, keys) {
        // The walk breaks off nowhere.
        let _: ControlFlow<()> = ast::visit_expressions(e, |e| {
            let found = name_in(e).filter(|name| names.contains(name) && !wanted.contains(name));
            wanted.extend(found);
            ControlFlow::Continue(())
        });
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let Some(all) = probe.columns(&select.from, None) else { return Ok(()) };
    wanted.retain(|name| !all.contains(name));
    for name in wanted {
        let Some(columns) = probe.columns(&select.from, Some(&name)) else { continue };
        let twice = columns.iter().enumerate().any(|(i, name)| columns[..i].contains(name));
        if twice {
            return Err(Error::unsupported(
                "the whole row of a relation with two columns of one name",
            ));
        }
        let scalar = select.from.iter().any(|table| is_function(table, &name));
        let scalar = scalar && columns.len() == 1;
        let optional = select.from.iter().any(|table| may_be_missing(table, &name));
        let row = Row { name: &name, scalar, optional, columns };
        for item in &mut select.projection {
            if let SelectItem::UnnamedExpr(e) = item
                && let Some(shown) = super::dialect::name_of(e)
            {
                let alias = ast::Ident::with_quote('"', shown);
                *item = SelectItem::ExprWithAlias { expr: e.clone(), alias };
            }
        }
        for e in expressions(select, keys) {
            let mut here = Here { row: &row, probe, below: Vec::new() };
            let _: ControlFlow<()> = ast::VisitMut::visit(e, &mut here);
        }
    }
    Ok(())
}

/// Puts a row where its name stands, in this query and in those below it in which the name is no column's and
/// nothing's in FROM.
struct Here<'r, 'n, 'a, 'b> {
    row: &'r Row<'n>,
    probe: &'r Probe<'a, 'b>,
    /// Of each query around, whether the name means another thing in it.
    below: Vec<bool>,
}

impl Here<'_, '_, '_, '_> {
    fn hidden_in(&self, query: &ast::Query) -> bool {
        let ast::SetExpr::Select(select) = &*query.body else { return true };
        if query.with.is_some() {
            return true;
        }
        let factors = select.from.iter().flat_map(|t| {
            std::iter::once(&t.relation).chain(t.joins.iter().map(|join| &join.relation))
        });
        let mut named = factors.map(name_of);
        if named.any(|name| name.is_none_or(|name| name == self.row.name)) {
            return true;
        }
        if select.from.is_empty() {
            return false;
        }
        let columns = self.probe.columns(&select.from, None);
        columns.is_none_or(|all| all.iter().any(|name| name == self.row.name))
    }
}

impl ast::VisitorMut for Here<'_, '_, '_, '_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut ast::Query) -> ControlFlow<()> {
        let hidden = self.below.last() == Some(&true) || self.hidden_in(query);
        self.below.push(hidden);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut ast::Query) -> ControlFlow<()> {
        self.below.pop();
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, e: &mut Expr) -> ControlFlow<()> {
        if self.below.last() != Some(&true) {
            self.row.put_into(e);
        }
        ControlFlow::Continue(())
    }
}

/// The name that an expression gives for a row, in one of the forms that [`Row::put_into`] knows.
fn name_in(e: &Expr) -> Option<String> {
    match e {
        Expr::Identifier(ident) => Some(folded(ident)),
        Expr::CompoundFieldAccess { root, .. } => whole(root).or_else(|| starred(root)),
        Expr::Function(function) => match &function.args {
            ast::FunctionArguments::List(list) => list.args.iter().find_map(|arg| match arg {
                FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(name)) => {
                    name.0.last().and_then(|part| part.as_ident()).map(folded)
                }
                _ => None,
            }),
            _ => None,
        },
        _ => None,
    }
}

fn whole(e: &Expr) -> Option<String> {
    match e {
        Expr::Identifier(ident) => Some(folded(ident)),
        Expr::Nested(inner) => whole(inner),
        _ => None,
    }
}

/// `(t.*)`.
fn starred(e: &Expr) -> Option<String> {
    match e {
        Expr::Nested(inner) => starred(inner),
        Expr::QualifiedWildcard(name, _) => {
            name.0.last().and_then(|part| part.as_ident()).map(folded)
        }
        _ => None,
    }
}

/// Whether rows under this name are a function's, of which one column is the value itself.
fn is_function(table: &ast::TableWithJoins, name: &str) -> bool {
    let joined = table.joins.iter().map(|join| &join.relation);
    std::iter::once(&table.relation).chain(joined).any(|factor| {
        let function = matches!(
            factor,
            ast::TableFactor::Function { .. }
                | ast::TableFactor::UNNEST { .. }
                | ast::TableFactor::Table { args: Some(_), .. }
        );
        function && name_of(factor).as_deref() == Some(name)
    })
}

/// Whether an outer join may find no row under this name.
fn may_be_missing(table: &ast::TableWithJoins, name: &str) -> bool {
    use ast::JoinOperator::{FullOuter, Left, LeftOuter, Right, RightOuter};
    let named = |factor: &ast::TableFactor| name_of(factor).as_deref() == Some(name);
    let mut missing = false;
    let mut seen = named(&table.relation);
    for join in &table.joins {
        missing |= seen && matches!(join.join_operator, Right(_) | RightOuter(_) | FullOuter(_));
        if named(&join.relation) {
            seen = true;
            missing = matches!(join.join_operator, Left(_) | LeftOuter(_) | FullOuter(_));
        }
    }
    missing
}

struct Row<'n> {
    name: &'n str,
    scalar: bool,
    /// Whether there may be none.
    optional: bool,
    columns: Vec<String>,
}

impl Row<'_> {
    fn is(&self, name: Option<String>) -> bool {
        name.as_deref() == Some(self.name)
    }

    /// Whether the row is there already: what is inside comes before what is around it.
    fn stands_in(&self, e: &Expr) -> bool {
        match e {
            Expr::Nested(inner) => self.stands_in(inner),
            other => *other == self.record(),
        }
    }

    fn put_into(&self, e: &mut Expr) {
        let replaced = match &mut *e {
            Expr::Identifier(ident) if self.is(Some(folded(ident))) => Some(self.record()),
            Expr::IsNull(inner) if self.stands_in(inner) => Some(self.each(Expr::IsNull)),
            Expr::IsNotNull(inner) if self.stands_in(inner) => Some(self.each(Expr::IsNotNull)),
            Expr::CompoundFieldAccess { root, access_chain }
                if self.stands_in(root) || self.is(starred(root)) =>
            {
                match access_chain.as_slice() {
                    [access] => field_of(access).map(|field| column(self.name, &field)),
                    _ => None,
                }
            }
            Expr::Function(function) => {
                let row = function.name.to_string().eq_ignore_ascii_case("row");
                if let ast::FunctionArguments::List(list) = &mut function.args {
                    if row {
                        self.spread(&mut list.args);
                    }
                    for arg in &mut list.args {
                        let starred = match arg {
                            FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(name)) => {
                                name.0.last().and_then(|part| part.as_ident()).map(folded)
                            }
                            _ => None,
                        };
                        if self.is(starred) {
                            *arg = FunctionArg::Unnamed(FunctionArgExpr::Expr(self.record()));
                        }
                    }
                }
                None
            }
            _ => None,
        };
        if let Some(replaced) = replaced {
            *e = replaced;
        }
    }

    /// `ROW(1, t.*)` has the columns of `t` as its own.
    fn spread(&self, args: &mut Vec<FunctionArg>) {
        let starred = |arg: &FunctionArg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(name)) => {
                self.is(name.0.last().and_then(|part| part.as_ident()).map(folded))
            }
            _ => false,
        };
        let given = std::mem::take(args);
        for arg in given {
            if !starred(&arg) {
                args.push(arg);
                continue;
            }
            let own = self.columns.iter().map(|name| column(self.name, name));
            args.extend(own.map(|e| FunctionArg::Unnamed(FunctionArgExpr::Expr(e))));
        }
    }

    fn record(&self) -> Expr {
        if let (true, [only]) = (self.scalar, self.columns.as_slice()) {
            return column(self.name, only);
        }
        let text = |name: &String| Expr::Value(ast::Value::SingleQuotedString(name.clone()).into());
        let pairs = self.columns.iter().flat_map(|name| [text(name), column(self.name, name)]);
        let function = if self.optional { "__record_found" } else { "__record" };
        super::dialect::call(function, pairs.collect())
    }

    /// A row is NULL if all of it is, and not NULL if all of it is not.
    fn each(&self, test: fn(Box<Expr>) -> Expr) -> Expr {
        let tests = self.columns.iter().map(|name| test(Box::new(column(self.name, name))));
        let all = tests.reduce(|left, right| Expr::BinaryOp {
            left: Box::new(left),
            op: ast::BinaryOperator::And,
            right: Box::new(right),
        });
        let always = Expr::Value(ast::Value::Boolean(true).into());
        Expr::Nested(Box::new(all.unwrap_or(always)))
    }
}
