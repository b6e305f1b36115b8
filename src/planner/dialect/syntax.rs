//! The pass over the syntax tree: names PostgreSQL gives, forms DataFusion lacks or reads otherwise.

use std::ops::ControlFlow;

use super::{
    aggregates, apart, arguments, arrays, cells, fields, forms, frames, groups, hidden, json,
    labels, once, ordered, recursion, refusals, sort_keys, spread, tables, temporal_syntax, tuples,
    windows,
};
use crate::error::{Error, Result, SqlState};
use crate::functions::sets;
use crate::parser::ast::{
    self, BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, Ident, LimitClause, ObjectName, ObjectNamePart, Query, Select, SelectItem,
    SetExpr, VisitMut, VisitorMut,
};
use crate::system::explain_access;

/// Rewrites a query in place.
pub fn rewrite_query(query: &mut Query) -> Result<()> {
    match query.visit(&mut Pass::default()) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(e) => Err(e),
    }
}

/// Reserved words of PostgreSQL's that are functions and need no parentheses.
const BARE: &[&str] =
    &["current_catalog", "current_role", "current_schema", "current_user", "session_user", "user"];

/// Marks a limit that lets ties through; the plan pass takes it away.
pub(super) const TIES: &str = "__ties";

#[derive(Default)]
struct Pass {
    /// Queries around the one that is visited.
    depth: usize,
}

type Flow = ControlFlow<Error>;

fn refuse(feature: &str) -> Flow {
    ControlFlow::Break(Error::unsupported(feature))
}

impl VisitorMut for Pass {
    type Break = Error;

    fn pre_visit_query(&mut self, query: &mut Query) -> Flow {
        apart::outputs(query, self.depth == 0);
        self.depth += 1;
        if let Some(fetch) = query.fetch.take() {
            if fetch.percent {
                return refuse("FETCH FIRST … PERCENT");
            }
            let one = || Expr::Value(ast::Value::Number("1".into(), false).into());
            let count = fetch.quantity.unwrap_or_else(one);
            let limit = Some(match fetch.with_ties {
                true if query.order_by.is_none() => {
                    let message = "WITH TIES cannot be specified without ORDER BY clause";
                    return ControlFlow::Break(Error::syntax(message));
                }
                true => call(TIES, vec![count]),
                false => count,
            });
            query.limit_clause = Some(match query.limit_clause.take() {
                None => LimitClause::LimitOffset { limit, offset: None, limit_by: Vec::new() },
                Some(LimitClause::LimitOffset { limit: None, offset, limit_by }) => {
                    LimitClause::LimitOffset { limit, offset, limit_by }
                }
                Some(_) => {
                    return ControlFlow::Break(Error::syntax("multiple LIMIT clauses not allowed"));
                }
            });
        }
        if let Err(e) = recursion::in_order(query).and_then(|()| recursion::check(query)) {
            return ControlFlow::Break(e);
        }
        once::mark(query);
        spread::sort_apart(query);
        if let Err(e) = windows::write_out_keys(query) {
            return ControlFlow::Break(e);
        }
        if let SetExpr::Values(values) = &mut *query.body {
            temporal_syntax::type_values(values);
            cells::mark(values);
        }
        if let Some(LimitClause::LimitOffset { limit, offset, .. }) = &mut query.limit_clause {
            let offset = offset.as_mut().map(|offset| &mut offset.value);
            for (name, e) in [("LIMIT", limit.as_mut()), ("OFFSET", offset)] {
                if let Some(Err(e)) = e.map(|e| whole_number(name, e)) {
                    return ControlFlow::Break(e);
                }
            }
        }
        groups::tell_apart(query);
        if let Err(e) = sort_keys::resolve(query) {
            return ControlFlow::Break(e);
        }
        if !query.locks.is_empty() {
            return refuse("SELECT FOR UPDATE");
        }
        match &*query.body {
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                refuse("a statement that writes in WITH")
            }
            _ => ControlFlow::Continue(()),
        }
    }

    fn post_visit_query(&mut self, query: &mut Query) -> Flow {
        self.depth -= 1;
        labels::follow(query);
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> Flow {
        if let Err(e) = refusals::in_select(select).and_then(|()| windows::write_out(select)) {
            return ControlFlow::Break(e);
        }
        fields::spread(select);
        if let ast::GroupByExpr::Expressions(groups, _) = &mut select.group_by
            && matches!(groups.as_slice(), [Expr::Tuple(none)] if none.is_empty())
        {
            *groups = vec![Expr::GroupingSets(vec![Vec::new()])];
        }
        one_group(select);
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, select: &mut Select) -> Flow {
        for item in &select.projection {
            // A text behind a text is no name.
            if let SelectItem::ExprWithAlias { alias, .. } = item
                && alias.quote_style == Some('\'')
            {
                let message = format!("syntax error at or near \"'{}'\"", alias.value);
                return ControlFlow::Break(Error::syntax(message));
            }
        }
        if select.into.is_some() {
            return refuse("SELECT INTO");
        }
        let foreign = select.top.as_ref().map(ToString::to_string).and_then(|t| last_word(&t));
        let foreign = foreign.or(select.qualify.as_ref().and_then(|e| first_word(&e.to_string())));
        if let Some(word) = foreign {
            let message = format!("syntax error at or near \"{word}\"");
            return ControlFlow::Break(Error::syntax(message));
        }
        if select.top.is_some() || select.qualify.is_some() || select.prewhere.is_some() {
            return ControlFlow::Break(Error::syntax("this form of SELECT is not PostgreSQL's"));
        }
        hidden::resolve(select);
        aggregates::tell_apart(select);
        labels::label(select);
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut ast::TableFactor) -> Flow {
        match factor {
            ast::TableFactor::Derived { sample: Some(_), .. } => return refuse("TABLESAMPLE here"),
            ast::TableFactor::Table { version: Some(_), .. } => {
                return refuse("reading an older version");
            }
            ast::TableFactor::Function { name, .. }
            | ast::TableFactor::Table { name, args: Some(_), .. } => strip(name),
            _ => {}
        }
        if let Err(e) = tables::rewrite(factor) {
            return ControlFlow::Break(e);
        }
        if let ast::TableFactor::Function { name, alias, .. }
        | ast::TableFactor::Table { name, args: Some(_), alias, .. } = factor
        {
            name_column(name, alias);
        }
        ControlFlow::Continue(())
    }

    /// What is known by its form, before what stands in it is rewritten.
    fn pre_visit_expr(&mut self, expr: &mut Expr) -> Flow {
        match expr {
            Expr::InList { list, .. } => rows_of_values(list),
            Expr::InSubquery { subquery, .. } => selected(subquery),
            _ => {}
        }
        if let Expr::Function(function) = expr
            && let Err(e) = refusals::in_call(function)
        {
            return ControlFlow::Break(e);
        }
        if let Expr::Function(Function { over: Some(ast::WindowType::WindowSpec(spec)), .. }) = expr
            && let Err(e) = frames::write_out(spec)
        {
            return ControlFlow::Break(e);
        }
        if let Err(e) = spread::refuse_misplaced(expr).and_then(|()| tuples::rewrite(expr)) {
            return ControlFlow::Break(e);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> Flow {
        match rewrite(expr).and_then(|()| forms::form(expr)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(e) => ControlFlow::Break(e),
        }
    }
}

/// HAVING makes one group of all rows, also where nothing is counted.
fn one_group(select: &mut Select) {
    let Some(having) = &select.having else { return };
    let ast::GroupByExpr::Expressions(groups, _) = &mut select.group_by else { return };
    if !groups.is_empty() {
        return;
    }
    let calls = |e: &Expr| {
        let flow = ast::visit_expressions(e, |e| match e {
            Expr::Function(_) | Expr::Subquery(_) | Expr::Exists { .. } => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        });
        flow.is_break()
    };
    let plain = select.projection.iter().all(|item| match item {
        SelectItem::UnnamedExpr(e) | SelectItem::ExprWithAlias { expr: e, .. } => !calls(e),
        _ => false,
    });
    if plain && !calls(having) {
        *groups = vec![Expr::GroupingSets(vec![Vec::new()])];
    }
}

fn last_word(text: &str) -> Option<String> {
    text.rsplit(' ').next().map(str::to_owned)
}

fn first_word(text: &str) -> Option<String> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().map(str::to_owned)
}

/// What LIMIT takes beside a whole number: one in quotes, and one that is rounded.
fn whole_number(clause: &str, e: &mut Expr) -> Result<()> {
    if let Expr::Identifier(_) | Expr::CompoundIdentifier(_) = e {
        return Err(Error::new(
            SqlState::INVALID_COLUMN_REFERENCE,
            format!("argument of {clause} must not contain variables"),
        ));
    }
    let Expr::Value(value) = e else { return Ok(()) };
    let number = match &value.value {
        ast::Value::SingleQuotedString(text) => text.trim().parse::<i64>().map_err(|_| {
            let message = format!("invalid input syntax for type bigint: \"{text}\"");
            Error::new(SqlState::INVALID_TEXT, message)
        })?,
        ast::Value::Number(text, _) if text.contains('.') => match text.parse::<f64>() {
            Ok(number) => number.round() as i64,
            Err(_) => return Ok(()),
        },
        _ => return Ok(()),
    };
    value.value = ast::Value::Number(number.to_string(), false);
    Ok(())
}

/// `IN (VALUES (1), (2))` of several rows is a query over them.
fn selected(query: &mut Query) {
    if !matches!(&*query.body, SetExpr::Values(_)) {
        return;
    }
    let mut above = tables::select(vec![SelectItem::Wildcard(Default::default())]);
    std::mem::swap(query, &mut above);
    if let SetExpr::Select(select) = &mut *query.body {
        let alias = ast::TableAlias {
            explicit: true,
            name: Ident::with_quote('"', "__values"),
            columns: Vec::new(),
            at: None,
        };
        let relation = ast::TableFactor::Derived {
            lateral: false,
            subquery: Box::new(above),
            alias: Some(alias),
            sample: None,
        };
        select.from = vec![ast::TableWithJoins { relation, joins: Vec::new() }];
    }
}

/// `(VALUES (5))` as a value, which the parser takes for a function.
fn only_value(function: &Function) -> Option<Expr> {
    let FunctionArguments::List(list) = &function.args else { return None };
    match list.args.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(value))]
            if named(function.name.0.last(), "values") =>
        {
            Some(value.clone())
        }
        _ => None,
    }
}

/// `IN (VALUES (1), (2))`: the first row comes as a function's arguments.
fn rows_of_values(list: &mut [Expr]) {
    let Some(Expr::Function(function)) = list.first() else { return };
    let FunctionArguments::List(args) = &function.args else { return };
    if !named(function.name.0.last(), "values") {
        return;
    }
    let row: Vec<Expr> = args
        .args
        .iter()
        .filter_map(|arg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(e)) => Some(e.clone()),
            _ => None,
        })
        .collect();
    list[0] = match <[Expr; 1]>::try_from(row) {
        Ok([one]) => one,
        Err(row) => Expr::Tuple(row),
    };
}

/// `generate_series(1, 3)` outside of FROM: the rows of its list.
fn rows_of_list(function: &mut Function) -> Option<Expr> {
    let name = function.name.0.last()?.as_ident()?.value.to_lowercase();
    let rows = sets::rows_of(&name).filter(|_| function.over.is_none())?;
    function.name = ObjectName::from(vec![Ident::new(rows.list)]);
    let values = call("unnest", vec![Expr::Function(function.clone())]);
    Some(match rows.typed.filter(|_| rows.columns.len() < 2) {
        Some(typed) => call(typed, vec![values]),
        None => values,
    })
}

/// The one column of a function in FROM is called as its alias is, and without one as the function.
fn name_column(name: &ObjectName, alias: &mut Option<ast::TableAlias>) {
    let Some(function) = name.0.last().and_then(|part| part.as_ident()) else { return };
    if ONE_COLUMN.iter().any(|f| function.value.eq_ignore_ascii_case(f)) {
        name_column_as(function, alias);
    }
}

fn name_column_as(function: &Ident, alias: &mut Option<ast::TableAlias>) {
    let alias = alias.get_or_insert_with(|| ast::TableAlias {
        explicit: true,
        name: function.clone(),
        columns: Vec::new(),
        at: None,
    });
    if alias.columns.is_empty() {
        let name = alias.name.clone();
        alias.columns.push(ast::TableAliasColumnDef { name, data_type: None });
    }
}

/// Functions in FROM whose rows are single values.
const ONE_COLUMN: &[&str] = &["generate_series"];

/// `pg_catalog.f` is `f`, and so is what lakewire has of its own in the schema `lake`.
fn strip(name: &mut ObjectName) {
    if let [ObjectNamePart::Identifier(schema), ObjectNamePart::Identifier(function)] =
        name.0.as_slice()
        && (schema.value.eq_ignore_ascii_case("pg_catalog")
            || schema.value.eq_ignore_ascii_case("information_schema")
                && function.value.eq_ignore_ascii_case("_pg_expandarray")
            || schema.value.eq_ignore_ascii_case("lake")
                && function.value.eq_ignore_ascii_case(explain_access::NAME))
    {
        name.0.remove(0);
    }
}

fn rewrite(expr: &mut Expr) -> Result<()> {
    temporal_syntax::rewrite(expr)?;
    match expr {
        Expr::Function(function) => {
            strip(&mut function.name);
            refuse_stars(function)?;
            if let Some(of_list) = arguments::rewrite(function)? {
                *expr = of_list;
                return Ok(());
            }
            let called = function.name.to_string().to_lowercase();
            if called.starts_with("jsonb_path_") {
                return Err(Error::unsupported(called));
            }
            if let Some(joined) = json::aggregated(function) {
                *expr = joined;
                return Ok(());
            }
            if let Some(sorted) = ordered::rewritten(function)? {
                *expr = sorted;
                return Ok(());
            }
            if let Some(sorted) = sorted_distinct(function) {
                *expr = sorted;
                return Ok(());
            }
            if let Some(value) = only_value(function) {
                *expr = value;
                return Ok(());
            }
            if let FunctionArguments::Subquery(query) = &mut function.args
                && named(function.name.0.last(), "array")
            {
                let query = std::mem::replace(&mut **query, empty_query());
                *expr = arrays::array_of(query)?;
            } else if let Some(rows) = rows_of_list(function) {
                *expr = rows;
            }
            Ok(())
        }
        Expr::BinaryOp { op, .. } => {
            if let BinaryOperator::PGCustomBinaryOperator(parts) = op {
                *op = operator(parts)?;
            }
            match op {
                BinaryOperator::AtQuestion | BinaryOperator::AtAt => {
                    Err(Error::unsupported(format!("the operator {op}")))
                }
                _ => Ok(()),
            }
        }
        // A name's bytes are counted from 0.
        Expr::CompoundFieldAccess { root, access_chain } if is_type_name(root) => {
            if let [ast::AccessExpr::Subscript(ast::Subscript::Index { index })] =
                access_chain.as_slice()
            {
                let one = || Expr::Value(ast::Value::Number("1".into(), false).into());
                let place = Expr::BinaryOp {
                    left: Box::new(index.clone()),
                    op: BinaryOperator::Plus,
                    right: Box::new(one()),
                };
                *expr = call("substr", vec![(**root).clone(), place, one()]);
            }
            Ok(())
        }
        // Text is ordered and compared by its bytes, which is what "C" says and "default" means here.
        Expr::Collate { expr: inner, collation } => {
            let name =
                collation.0.last().and_then(|p| p.as_ident()).map(|i| i.value.to_lowercase());
            match name.as_deref() {
                Some("default" | "c" | "posix" | "ucs_basic") => {
                    let inner = std::mem::replace(&mut **inner, null());
                    *expr = inner;
                    Ok(())
                }
                _ => Err(Error::unsupported(format!("COLLATE {collation}"))),
            }
        }
        Expr::CompoundFieldAccess { .. } => {
            fields::taken(expr);
            Ok(())
        }
        Expr::Identifier(ident) if ident.quote_style.is_none() => {
            if let Some(name) = BARE.iter().find(|n| ident.value.eq_ignore_ascii_case(n)) {
                *expr = call(name, Vec::new());
                if name.ends_with("user") || *name == "current_role" {
                    *expr = as_name(std::mem::replace(expr, null()));
                }
            }
            Ok(())
        }
        Expr::Value(value) if matches!(&value.value, ast::Value::Placeholder(name) if !name.starts_with('$')) => {
            Err(Error::syntax("syntax error at or near \":\""))
        }
        Expr::AtTimeZone { timestamp, time_zone } => {
            let (at, zone) = (std::mem::replace(&mut **timestamp, null()), time_zone.clone());
            *expr = call("timezone", vec![*zone, at]);
            Ok(())
        }
        _ => Ok(()),
    }
}

fn as_name(expr: Expr) -> Expr {
    let name = ObjectName::from(vec![Ident::new("name")]);
    Expr::Cast {
        kind: ast::CastKind::DoubleColon,
        expr: Box::new(expr),
        data_type: ast::DataType::Custom(name, Vec::new()),
        array: false,
        format: None,
    }
}

/// PostgreSQL finds the different ones by sorting, and gives them so.
fn sorted_distinct(function: &Function) -> Option<Expr> {
    let FunctionArguments::List(list) = &function.args else { return None };
    let distinct = list.duplicate_treatment == Some(ast::DuplicateTreatment::Distinct);
    let plain = list.clauses.is_empty() && function.over.is_none();
    if !distinct || !plain {
        return None;
    }
    let FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) = list.args.first()? else {
        return None;
    };
    let collects = ["array_agg", "string_agg"];
    collects.iter().any(|name| named(function.name.0.last(), name)).then(|| {
        let key = json::in_order(value);
        let mut sorted = function.clone();
        if let FunctionArguments::List(list) = &mut sorted.args {
            list.clauses.push(ast::FunctionArgumentClause::OrderBy(vec![key]));
        }
        Expr::Function(sorted)
    })
}

/// Clients tell array types by the first letter of their names.
fn is_type_name(e: &Expr) -> bool {
    match e {
        Expr::Identifier(ident) => ident.value == "typname",
        Expr::CompoundIdentifier(parts) => parts.last().is_some_and(|i| i.value == "typname"),
        _ => false,
    }
}

/// `count(*)` is the one function of a star, and the one aggregate that must not be called without arguments.
fn refuse_stars(function: &Function) -> Result<()> {
    let FunctionArguments::List(list) = &function.args else { return Ok(()) };
    let star = |a: &FunctionArg| {
        matches!(
            a,
            FunctionArg::Unnamed(FunctionArgExpr::Wildcard | FunctionArgExpr::QualifiedWildcard(_))
        )
    };
    let counts = named(function.name.0.last(), "count");
    if counts && list.args.is_empty() {
        let message = "count(*) must be used to call a parameterless aggregate function";
        return Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message));
    }
    match !counts && list.args.iter().any(star) {
        true => Err(crate::functions::undefined(&function.name.to_string().to_lowercase(), &[])),
        false => Ok(()),
    }
}

pub(super) fn named(part: Option<&ObjectNamePart>, name: &str) -> bool {
    part.and_then(|p| p.as_ident()).is_some_and(|i| i.value.eq_ignore_ascii_case(name))
}

/// `OPERATOR(pg_catalog.~)`.
fn operator(parts: &[String]) -> Result<BinaryOperator> {
    let symbol = parts.last().map_or("", String::as_str);
    Ok(match symbol {
        "=" => BinaryOperator::Eq,
        "<>" | "!=" => BinaryOperator::NotEq,
        "<" => BinaryOperator::Lt,
        "<=" => BinaryOperator::LtEq,
        ">" => BinaryOperator::Gt,
        ">=" => BinaryOperator::GtEq,
        "+" => BinaryOperator::Plus,
        "-" => BinaryOperator::Minus,
        "*" => BinaryOperator::Multiply,
        "/" => BinaryOperator::Divide,
        "||" => BinaryOperator::StringConcat,
        "~" => BinaryOperator::PGRegexMatch,
        "~*" => BinaryOperator::PGRegexIMatch,
        "!~" => BinaryOperator::PGRegexNotMatch,
        "!~*" => BinaryOperator::PGRegexNotIMatch,
        "~~" => BinaryOperator::PGLikeMatch,
        "~~*" => BinaryOperator::PGILikeMatch,
        "!~~" => BinaryOperator::PGNotLikeMatch,
        "!~~*" => BinaryOperator::PGNotILikeMatch,
        other => {
            return Err(Error::new(
                SqlState::UNDEFINED_FUNCTION,
                format!("operator does not exist: {other}"),
            ));
        }
    })
}

pub(super) fn null() -> Expr {
    Expr::Value(ast::Value::Null.into())
}

/// A call of a function.
pub fn call(name: &str, arguments: Vec<Expr>) -> Expr {
    let args =
        arguments.into_iter().map(|a| FunctionArg::Unnamed(FunctionArgExpr::Expr(a))).collect();
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args,
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

pub(super) fn empty_query() -> Query {
    Query {
        with: None,
        body: Box::new(SetExpr::Values(ast::Values {
            explicit_row: false,
            value_keyword: false,
            rows: Vec::new(),
        })),
        order_by: None,
        limit_clause: None,
        fetch: None,
        locks: Vec::new(),
        for_clause: None,
        settings: None,
        format_clause: None,
        pipe_operators: Vec::new(),
    }
}
