//! Row constructors: compared field by field, tested field by field, and otherwise records of `f1`, `f2`…

use super::syntax::call;
use super::tables::{item, select};
use crate::error::{Error, Result};
use crate::parser::ast::{
    self, BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, Query,
    SetExpr, TableAlias, TableFactor, TableWithJoins,
};

/// Rewrites a comparison or a test of rows; before its parts are, so that they are still rows.
pub(super) fn rewrite(expr: &mut Expr) -> Result<()> {
    let replaced = match &*expr {
        Expr::BinaryOp { left, op: BinaryOperator::Overlaps, right } => {
            Some(overlapping(fields(left), fields(right))?)
        }
        Expr::BinaryOp { left, op, right } => match (fields(left), fields(right)) {
            (Some(left), Some(right)) => compared(&left, op, &right)?,
            (Some(left), None) => match values_of(right, left.len())? {
                Some(right) => compared(&left, op, &right)?,
                None => None,
            },
            (None, Some(right)) => match values_of(left, right.len())? {
                Some(left) => compared(&left, op, &right)?,
                None => None,
            },
            _ => None,
        },
        Expr::IsNull(inner) => fields(inner).map(|all| each(all, Expr::IsNull)),
        Expr::IsNotNull(inner) => fields(inner).map(|all| each(all, Expr::IsNotNull)),
        Expr::IsDistinctFrom(left, right) => distinct(left, right)?.map(not),
        Expr::IsNotDistinctFrom(left, right) => distinct(left, right)?,
        Expr::InList { expr, list, negated } => match fields(expr) {
            Some(left) => Some(in_list(&left, list, *negated)?),
            None => None,
        },
        Expr::InSubquery { expr, subquery, negated } => {
            let left = fields(expr);
            if left.is_none() && width(subquery).is_some_and(|width| width > 1) {
                return Err(Error::syntax("subquery has too many columns"));
            }
            left.map(|left| in_subquery(&left, subquery, *negated))
        }
        Expr::Tuple(all) => Some(record(all)),
        Expr::Function(function) if is_row(function) => fields(expr).map(|all| record(&all)),
        _ => None,
    };
    if let Some(replaced) = replaced {
        *expr = replaced;
    }
    Ok(())
}

/// How many columns a query has, where its form says so.
fn width(query: &Query) -> Option<usize> {
    let SetExpr::Select(select) = &*query.body else { return None };
    let plain = |item: &ast::SelectItem| {
        matches!(item, ast::SelectItem::UnnamedExpr(_) | ast::SelectItem::ExprWithAlias { .. })
    };
    select.projection.iter().all(plain).then_some(select.projection.len())
}

/// The one row of a subquery, as a subquery for each of its values.
fn values_of(e: &Expr, wanted: usize) -> Result<Option<Vec<Expr>>> {
    let query = match e {
        Expr::Subquery(query) => query,
        Expr::Nested(inner) => return values_of(inner, wanted),
        _ => return Ok(None),
    };
    let Some(width) = width(query) else { return Ok(None) };
    if width != wanted {
        let much = if width > wanted { "many" } else { "few" };
        return Err(Error::syntax(format!("subquery has too {much} columns")));
    }
    let name = |i: usize| Ident::with_quote('"', format!("__field{i}"));
    let value = |i: usize| {
        let mut one = select(vec![item(Expr::Identifier(name(i)), name(i))]);
        if let SetExpr::Select(select) = &mut *one.body {
            select.from = vec![rows_under(query, (0..width).map(name).collect())];
        }
        Expr::Subquery(Box::new(one))
    };
    Ok(Some((0..width).map(value).collect()))
}

/// A subquery in FROM, its columns under these names.
fn rows_under(query: &Query, names: Vec<Ident>) -> TableWithJoins {
    let columns =
        names.into_iter().map(|name| ast::TableAliasColumnDef { name, data_type: None }).collect();
    let name = Ident::with_quote('"', "__fields");
    let relation = TableFactor::Derived {
        lateral: false,
        subquery: Box::new(query.clone()),
        alias: Some(TableAlias { explicit: true, name, columns, at: None }),
        sample: None,
    };
    TableWithJoins { relation, joins: Vec::new() }
}

/// Two spans of time, each by its two ends or by one and a length.
fn overlapping(left: Option<Vec<Expr>>, right: Option<Vec<Expr>>) -> Result<Expr> {
    let side = |side: &str, all: Option<Vec<Expr>>| match all {
        Some(all) if all.len() == 2 => Ok(all),
        _ => Err(Error::syntax(format!(
            "wrong number of parameters on {side} side of OVERLAPS expression"
        ))),
    };
    let (mut all, mut right) = (side("left", left)?, side("right", right)?);
    all.append(&mut right);
    Ok(call("overlaps", all))
}

fn is_row(function: &ast::Function) -> bool {
    let name = function.name.0.last().and_then(|part| part.as_ident());
    name.is_some_and(|n| n.quote_style.is_none() && n.value.eq_ignore_ascii_case("row"))
}

/// The fields of `(a, b)` and `ROW(a, b)`.
fn fields(e: &Expr) -> Option<Vec<Expr>> {
    match e {
        Expr::Tuple(all) => Some(all.clone()),
        Expr::Nested(inner) => fields(inner),
        Expr::Function(function) if is_row(function) => match &function.args {
            FunctionArguments::List(list) => {
                let args = list.args.iter().map(|arg| match arg {
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(e)) => Some(e.clone()),
                    _ => None,
                });
                args.collect()
            }
            _ => None,
        },
        _ => None,
    }
}

fn record(all: &[Expr]) -> Expr {
    let pairs = all.iter().enumerate().flat_map(|(i, e)| {
        let name = ast::Value::SingleQuotedString(format!("f{}", i + 1));
        [Expr::Value(name.into()), e.clone()]
    });
    call("__record", pairs.collect())
}

fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    let (left, right) = (Box::new(left), Box::new(right));
    Expr::Nested(Box::new(Expr::BinaryOp { left, op, right }))
}

fn not(e: Expr) -> Expr {
    Expr::Nested(Box::new(Expr::UnaryOp { op: ast::UnaryOperator::Not, expr: Box::new(e) }))
}

fn always(value: bool) -> Expr {
    Expr::Value(ast::Value::Boolean(value).into())
}

fn joined(all: impl Iterator<Item = Expr>, op: &BinaryOperator) -> Expr {
    let none = always(matches!(op, BinaryOperator::And));
    all.reduce(|left, right| binary(left, op.clone(), right)).unwrap_or(none)
}

fn each(all: Vec<Expr>, test: fn(Box<Expr>) -> Expr) -> Expr {
    let tests = all.into_iter().map(|e| test(Box::new(e)));
    Expr::Nested(Box::new(joined(tests, &BinaryOperator::And)))
}

fn same_length(left: &[Expr], right: &[Expr]) -> Result<()> {
    match left.len() == right.len() {
        true => Ok(()),
        false => Err(Error::syntax("unequal number of entries in row expressions")),
    }
}

/// PostgreSQL manual, 9.24.5: equal if all are; ordered by the first pair that is not equal.
fn compared(left: &[Expr], op: &BinaryOperator, right: &[Expr]) -> Result<Option<Expr>> {
    let pairs = |op: &BinaryOperator| {
        let op = op.clone();
        left.iter().zip(right).map(move |(l, r)| binary(l.clone(), op.clone(), r.clone()))
    };
    let made = match op {
        BinaryOperator::Eq => joined(pairs(op), &BinaryOperator::And),
        BinaryOperator::NotEq => joined(pairs(op), &BinaryOperator::Or),
        BinaryOperator::Lt | BinaryOperator::LtEq => ordered(left, BinaryOperator::Lt, op, right),
        BinaryOperator::Gt | BinaryOperator::GtEq => ordered(left, BinaryOperator::Gt, op, right),
        _ => return Ok(None),
    };
    same_length(left, right)?;
    Ok(Some(made))
}

/// `a < x OR (a = x AND b < y)`, the last pair by the operator itself.
fn ordered(left: &[Expr], strict: BinaryOperator, op: &BinaryOperator, right: &[Expr]) -> Expr {
    let mut pairs = left.iter().zip(right).rev();
    let Some((l, r)) = pairs.next() else { return always(true) };
    pairs.fold(binary(l.clone(), op.clone(), r.clone()), |rest, (l, r)| {
        let equal = binary(l.clone(), BinaryOperator::Eq, r.clone());
        let first = binary(l.clone(), strict.clone(), r.clone());
        binary(first, BinaryOperator::Or, binary(equal, BinaryOperator::And, rest))
    })
}

/// Whether two rows are not distinct.
fn distinct(left: &Expr, right: &Expr) -> Result<Option<Expr>> {
    let (Some(left), Some(right)) = (fields(left), fields(right)) else { return Ok(None) };
    same_length(&left, &right)?;
    let pairs = left.into_iter().zip(right);
    let tests = pairs.map(|(l, r)| Expr::IsNotDistinctFrom(Box::new(l), Box::new(r)));
    Ok(Some(Expr::Nested(Box::new(joined(tests, &BinaryOperator::And)))))
}

fn in_list(left: &[Expr], list: &[Expr], negated: bool) -> Result<Expr> {
    let mut tests = Vec::new();
    for row in list {
        let Some(right) = fields(row) else {
            return Err(Error::syntax("unequal number of entries in row expressions"));
        };
        tests.extend(compared(left, &BinaryOperator::Eq, &right)?);
    }
    let any = joined(tests.into_iter(), &BinaryOperator::Or);
    Ok(if negated { not(any) } else { any })
}

/// True where a row equals, NULL where one may, by EXISTS over the rows under names that nobody else has.
fn in_subquery(left: &[Expr], subquery: &Query, negated: bool) -> Expr {
    let name = |i: usize| Ident::with_quote('"', format!("__field{i}"));
    let pairs = left.iter().enumerate();
    let pairs =
        pairs.map(|(i, l)| binary(l.clone(), BinaryOperator::Eq, Expr::Identifier(name(i))));
    let equal = joined(pairs, &BinaryOperator::And);
    let exists = |test: Expr| {
        let mut query = select(vec![item(always(true), Ident::new("found"))]);
        if let SetExpr::Select(select) = &mut *query.body {
            select.from = vec![rows_under(subquery, (0..left.len()).map(name).collect())];
            select.selection = Some(test);
        }
        Expr::Exists { subquery: Box::new(query), negated: false }
    };
    let unknown = exists(Expr::IsNull(Box::new(equal.clone())));
    let found = exists(equal);
    let branch = |condition: Expr, result: Expr| ast::CaseWhen { condition, result };
    let null = Expr::Value(ast::Value::Null.into());
    let case = Expr::Case {
        case_token: ast::helpers::attached_token::AttachedToken::empty(),
        end_token: ast::helpers::attached_token::AttachedToken::empty(),
        operand: None,
        conditions: vec![branch(found, always(true)), branch(unknown, null)],
        else_result: Some(Box::new(always(false))),
    };
    if negated { not(case) } else { case }
}
