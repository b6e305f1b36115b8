//! What stands in FROM beside relations: functions, whose rows become those of a query of their own, and subqueries,
//! which need an alias.

use std::sync::LazyLock;

use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;

use super::records;
use super::syntax::call;
use crate::error::{Error, Result, SqlState};
use crate::functions::{self, sets};
use crate::parser::ast::{
    self, Expr, FunctionArg, FunctionArgExpr, Ident, JoinConstraint, JoinOperator, Query,
    SelectItem, SetExpr, TableAlias, TableFactor,
};
use crate::parser::{ROWS_FROM, folded};
use crate::system::functions::{is_acting, is_scalar};

const ORDINALITY: &str = "ordinality";

/// Rewrites one thing in FROM.
pub(super) fn rewrite(factor: &mut TableFactor) -> Result<()> {
    if let TableFactor::Derived { alias: None, subquery, .. } = factor {
        return Err(nameless(subquery));
    }
    let Some(called) = Called::of(factor) else { return Ok(()) };
    if let Some(record) = records::derived(&called)? {
        *factor = record;
        return Ok(());
    }
    if called.stays() {
        return Ok(());
    }
    *factor = called.derived()?;
    Ok(())
}

fn nameless(subquery: &Query) -> Error {
    let values = matches!(&*subquery.body, SetExpr::Values(_));
    let (what, example) = match values {
        true => ("VALUES", "VALUES"),
        false => ("subquery", "SELECT"),
    };
    Error::syntax(format!("{what} in FROM must have an alias"))
        .hint(format!("For example, FROM ({example} ...) [AS] foo."))
}

/// One function of a call in FROM.
pub(super) struct Function {
    pub name: Ident,
    pub args: Vec<Expr>,
}

pub(super) struct Called {
    pub functions: Vec<Function>,
    pub alias: Option<TableAlias>,
    ordinality: bool,
}

fn plain(args: &[FunctionArg]) -> Option<Vec<Expr>> {
    let plain = args.iter().map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(e)) => Some(e.clone()),
        _ => None,
    });
    plain.collect()
}

impl Called {
    fn of(factor: &TableFactor) -> Option<Called> {
        let (name, args, alias, ordinality) = match factor {
            TableFactor::Table { name, args: Some(args), alias, with_ordinality, .. }
                if name.0.len() == 1 =>
            {
                (name.0.last()?.as_ident()?.clone(), plain(&args.args)?, alias, *with_ordinality)
            }
            TableFactor::Function { name, args, alias, with_ordinality, .. }
                if name.0.len() == 1 =>
            {
                (name.0.last()?.as_ident()?.clone(), plain(args)?, alias, *with_ordinality)
            }
            TableFactor::UNNEST { alias, array_exprs, with_ordinality, .. } => {
                (Ident::new("unnest"), array_exprs.clone(), alias, *with_ordinality)
            }
            _ => return None,
        };
        let functions = match folded(&name).as_str() {
            ROWS_FROM => args.into_iter().map(Function::read).collect::<Option<Vec<_>>>()?,
            _ => vec![Function { name, args }],
        };
        Some(Called { functions, alias: alias.clone(), ordinality })
    }

    /// Whether the engine has a table for it: one of constants has no list to be built.
    fn stays(&self) -> bool {
        let [function] = self.functions.as_slice() else { return false };
        let name = folded(&function.name);
        match name.as_str() {
            "generate_series" => {
                let settled = |e: &Expr| constant(e) && !fractional(e) && !asks_session(e);
                !self.ordinality && function.args.iter().all(settled)
            }
            "unnest" => false,
            other => {
                sets::rows_of(other).is_none()
                    && functions::scalar(other).is_none()
                    && !is_scalar(other)
            }
        }
    }

    fn derived(self) -> Result<TableFactor> {
        let first = self.functions[0].name.clone();
        let alone = self.functions.len() == 1 && self.functions[0].args.len() <= 1
            || self.functions.len() == 1 && folded(&first) != "unnest";
        let lists: Vec<List> = self.functions.iter().flat_map(Function::lists).collect();
        let lateral = !self.functions.iter().flat_map(|f| &f.args).all(constant);
        let mut alias = self.alias.unwrap_or_else(|| TableAlias {
            explicit: true,
            name: first,
            columns: Vec::new(),
            at: None,
        });
        let mut names: Vec<Ident> =
            lists.iter().flat_map(|list| list.names(&alias, alone)).collect();
        if self.ordinality {
            names.push(Ident::new(ORDINALITY));
        }
        let given = std::mem::take(&mut alias.columns);
        if given.len() > names.len() {
            let (table, there, given) = (folded(&alias.name), names.len(), given.len());
            let message = format!(
                "table \"{table}\" has {there} columns available but {given} columns specified"
            );
            return Err(Error::new(SqlState::INVALID_COLUMN_REFERENCE, message));
        }
        for (name, column) in names.iter_mut().zip(&given) {
            *name = column.name.clone();
        }
        let subquery = Box::new(query(lists, names, self.ordinality));
        Ok(TableFactor::Derived { lateral, subquery, alias: Some(alias), sample: None })
    }
}

/// A function's rows as a list, and its columns where they have names of their own.
struct List {
    list: Expr,
    function: Ident,
    columns: &'static [&'static str],
    typed: Option<&'static str>,
}

impl List {
    /// The value in the type that the list does not tell.
    fn as_typed(&self, value: Expr) -> Expr {
        match self.typed {
            Some(function) => call(function, vec![value]),
            None => value,
        }
    }

    fn names(&self, alias: &TableAlias, alone: bool) -> Vec<Ident> {
        match self.columns {
            [] if alone => vec![alias.name.clone()],
            [] => vec![self.function.clone()],
            columns => columns.iter().map(|name| Ident::new(*name)).collect(),
        }
    }

    /// Rows of several columns come as one value each.
    fn is_composite(&self) -> bool {
        self.columns.len() > 1
    }
}

impl Function {
    fn read(e: Expr) -> Option<Function> {
        let Expr::Function(function) = e else { return None };
        let name = function.name.0.last()?.as_ident()?.clone();
        match &function.args {
            ast::FunctionArguments::None => Some(Function { name, args: Vec::new() }),
            ast::FunctionArguments::List(list) => Some(Function { name, args: plain(&list.args)? }),
            ast::FunctionArguments::Subquery(_) => None,
        }
    }

    fn lists(&self) -> Vec<List> {
        let name = folded(&self.name);
        let list =
            |list: Expr| List { list, function: self.name.clone(), columns: &[], typed: None };
        if name == "unnest" {
            return self.args.iter().cloned().map(list).collect();
        }
        match sets::rows_of(&name) {
            Some(rows) => {
                let made = list(call(rows.list, self.args.clone()));
                vec![List { columns: rows.columns, typed: rows.typed, ..made }]
            }
            // A function of one value is one row.
            None => vec![list(call("make_array", vec![call(&name, self.args.clone())]))],
        }
    }
}

/// Whether a number behind a point is in it: the engine's own table has whole ones.
fn fractional(e: &Expr) -> bool {
    let flow = ast::visit_expressions(e, |e| match e {
        Expr::Value(value) => match &value.value {
            ast::Value::Number(n, _) if n.contains('.') => std::ops::ControlFlow::Break(()),
            _ => std::ops::ControlFlow::Continue(()),
        },
        Expr::Cast { data_type: ast::DataType::Numeric(_), .. } => std::ops::ControlFlow::Break(()),
        _ => std::ops::ControlFlow::Continue(()),
    });
    flow.is_break()
}

/// Whether it has to be asked anew each time, so that no bound is known while binding.
fn asks_session(e: &Expr) -> bool {
    let flow = ast::visit_expressions(e, |e| match e {
        Expr::Function(function) => {
            let name = function.name.0.last().and_then(|part| part.as_ident()).map(folded);
            match name.is_some_and(|name| is_acting(&name)) {
                true => std::ops::ControlFlow::Break(()),
                false => std::ops::ControlFlow::Continue(()),
            }
        }
        _ => std::ops::ControlFlow::Continue(()),
    });
    flow.is_break()
}

/// Whether an expression names nothing around it.
pub(super) fn constant(e: &Expr) -> bool {
    let flow = ast::visit_expressions(e, |e| match e {
        Expr::Identifier(_)
        | Expr::CompoundIdentifier(_)
        | Expr::Subquery(_)
        | Expr::Exists { .. }
        | Expr::InSubquery { .. } => std::ops::ControlFlow::Break(()),
        Expr::Value(value) if matches!(value.value, ast::Value::Placeholder(_)) => {
            std::ops::ControlFlow::Break(())
        }
        _ => std::ops::ControlFlow::Continue(()),
    });
    flow.is_continue()
}

/// The lists unnested side by side, numbered if wanted, and composite rows taken apart.
fn query(lists: Vec<List>, names: Vec<Ident>, ordinality: bool) -> Query {
    let composite = lists.iter().any(List::is_composite);
    let mut inner = Vec::new();
    let mut outer = Vec::new();
    let mut names = names.into_iter();
    let all: Vec<Expr> = lists.iter().map(|list| list.list.clone()).collect();
    for (i, list) in lists.into_iter().enumerate() {
        let rows = call("unnest", vec![list.list.clone()]);
        if !composite {
            inner.extend(names.next().map(|name| item(list.as_typed(rows), name)));
            continue;
        }
        let place = Ident::with_quote('"', format!("__rows{i}"));
        inner.push(item(rows, place.clone()));
        let place = Expr::Identifier(place);
        if !list.is_composite() {
            outer.extend(names.next().map(|name| item(place, name)));
            continue;
        }
        for field in list.columns {
            let text = Expr::Value(ast::Value::SingleQuotedString((*field).to_owned()).into());
            let value = call("__field", vec![place.clone(), text]);
            let value = if *field == "value" { list.as_typed(value) } else { value };
            outer.extend(names.next().map(|name| item(value, name)));
        }
    }
    if ordinality {
        let numbers = call("unnest", vec![call("__ordinals", all)]);
        let place = Ident::with_quote('"', "__ordinality");
        match names.next() {
            Some(name) if !composite => inner.push(item(numbers, name)),
            Some(name) => {
                inner.push(item(numbers, place.clone()));
                outer.push(item(Expr::Identifier(place), name));
            }
            None => {}
        }
    }
    let mut query = select(inner);
    if composite {
        let mut above = select(outer);
        if let SetExpr::Select(select) = &mut *above.body {
            select.from = vec![derived("__rows", query)];
        }
        query = above;
    }
    query
}

/// `(query) AS "name"`, as it stands in FROM.
pub fn derived(name: &str, query: Query) -> ast::TableWithJoins {
    let name = Ident::with_quote('"', name);
    let alias = TableAlias { explicit: true, name, columns: Vec::new(), at: None };
    let relation = TableFactor::Derived {
        lateral: false,
        subquery: Box::new(query),
        alias: Some(alias),
        sample: None,
    };
    ast::TableWithJoins { relation, joins: Vec::new() }
}

/// ON or USING of a join that may have one.
pub fn constraint(operator: &JoinOperator) -> Option<&JoinConstraint> {
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

pub(super) fn item(expr: Expr, alias: Ident) -> SelectItem {
    SelectItem::ExprWithAlias { expr, alias }
}

/// `SELECT items`.
pub fn select(items: Vec<SelectItem>) -> Query {
    static TEMPLATE: LazyLock<Query> = LazyLock::new(|| {
        let parsed = Parser::parse_sql(&PostgreSqlDialect {}, "SELECT 1");
        match parsed.ok().and_then(|mut all| all.pop()) {
            Some(ast::Statement::Query(query)) => *query,
            _ => super::syntax::empty_query(),
        }
    });
    let mut query = TEMPLATE.clone();
    if let SetExpr::Select(select) = &mut *query.body {
        select.projection = items;
    }
    query
}
