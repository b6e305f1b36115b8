//! INSERT, TRUNCATE: rows brought into the form of the table they go to.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, lit};

use super::failure::OrFail;
use super::plan::Insert;
use super::query::{Binder, any_expression, typed};
use super::{dialect, names, secured};
use crate::catalog::relation::{Column, Relation, RelationKind};
use crate::catalog::types::SqlType;
use crate::error::{Error, Result, SqlState};
use crate::functions::{self, special};
use crate::parser::ast;
use crate::parser::statement::{self, Ident, Name};

pub(super) fn insert(binder: &Binder<'_>, insert: &statement::Insert) -> Result<Insert> {
    let relation = names::stored(binder.scope, &insert.table)?;
    writable(&relation, "insert into")?;
    let targets = targets(&relation, &insert.columns)?;
    let (input, parameters) = match &insert.source {
        Some(query) => rows(binder, &relation, &targets, insert, query)?,
        None => (LogicalPlanBuilder::empty(true).build().or_fail()?, Vec::new()),
    };
    // A right is needed on what is given, which may be less than all.
    let given = insert.source.as_ref().map_or(0, |_| input.schema().fields().len());
    let filled = fill(binder, input, &relation, &targets)?;
    let (input, policies) = secured::checked(binder, &relation, filled)?;
    let input = binder.rewrite(input)?;
    refuse_dimensions(&input)?;
    let parameters = match binder.parameter_types(&input)? {
        inferred if inferred.len() >= parameters.len() => inferred,
        _ => parameters,
    };
    Ok(Insert {
        columns: targets.iter().take(given).map(|c| c.number).collect(),
        checks: checks(binder, &relation)?,
        input,
        policies,
        parameters,
        relation,
    })
}

/// A column's arrays lie as lists of its elements; lists of lists would be kept as texts that look like them.
pub(super) fn refuse_dimensions(input: &LogicalPlan) -> Result<()> {
    let nested = |field: &arrow::datatypes::FieldRef| match field.data_type() {
        DataType::List(item) => matches!(item.data_type(), DataType::List(_)),
        _ => false,
    };
    match input.schema().fields().iter().any(nested) {
        true => Err(several_dimensions()),
        false => Ok(()),
    }
}

fn several_dimensions() -> Error {
    Error::unsupported("an array of several dimensions in a column")
}

fn dimensions(sql_type: &SqlType) -> usize {
    match sql_type {
        SqlType::Array(element) => 1 + dimensions(element),
        _ => 0,
    }
}

/// Only managed tables take rows; PostgreSQL's text for the rest.
fn writable(relation: &Relation, verb: &str) -> Result<()> {
    let (name, kind) = (&relation.name, relation.kind_name());
    match relation.kind {
        RelationKind::Table { .. } => Ok(()),
        RelationKind::Foreign(_) => Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!("cannot {verb} {kind} \"{name}\""),
        )
        .hint(
            "Files registered in place are only read; copy them into a table with CREATE TABLE AS.",
        )),
        RelationKind::View(_) => Err(Error::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!("cannot {verb} {kind} \"{name}\""),
        )
        .detail("Views of lakewire are not updatable.")),
    }
}

/// The columns an INSERT names, or all.
fn targets<'r>(relation: &'r Relation, named: &[Ident]) -> Result<Vec<&'r Column>> {
    if named.is_empty() {
        return Ok(relation.columns.iter().collect());
    }
    let mut seen = BTreeSet::new();
    named
        .iter()
        .map(|ident| {
            let column = relation.column(&ident.name).ok_or_else(|| {
                Error::new(
                    SqlState::UNDEFINED_COLUMN,
                    format!(
                        "column \"{}\" of relation \"{}\" does not exist",
                        ident.name, relation.name
                    ),
                )
                .at(ident.position)
            })?;
            match seen.insert(column.number) {
                true => Ok(column),
                false => Err(Error::new(
                    SqlState::DUPLICATE_COLUMN,
                    format!("column \"{}\" specified more than once", ident.name),
                )
                .at(ident.position)),
            }
        })
        .collect()
}

/// The source query, checked against the columns it is to fill.
fn rows(
    binder: &Binder<'_>,
    relation: &Relation,
    targets: &[&Column],
    insert: &statement::Insert,
    query: &ast::Query,
) -> Result<(LogicalPlan, Vec<SqlType>)> {
    let mut query = query.clone();
    put_defaults(&mut query, targets)?;
    literals_as_columns(&mut query, targets);
    let given = parameters_of_values(&query, targets);
    let plan = binder.bind(&query, &binder.merge_parameters(&given))?.plan;
    let width = plan.schema().fields().len();
    if width > targets.len() {
        return Err(Error::syntax("INSERT has more expressions than target columns"));
    }
    if width < targets.len() && !insert.columns.is_empty() {
        return Err(Error::syntax("INSERT has more target columns than expressions"));
    }
    for (i, column) in targets.iter().enumerate().take(width) {
        assignable(&plan, i, column, relation)?;
    }
    Ok((
        plan,
        binder.merge_parameters(&given).into_iter().map(|p| p.unwrap_or(SqlType::Text)).collect(),
    ))
}

/// DEFAULT in VALUES stands for the expression of the column it goes to, or NULL.
fn put_defaults(query: &mut ast::Query, targets: &[&Column]) -> Result<()> {
    let ast::SetExpr::Values(values) = &mut *query.body else { return Ok(()) };
    for row in &mut values.rows {
        for (expr, column) in row.content.iter_mut().zip(targets) {
            let ast::Expr::Identifier(ident) = &*expr else { continue };
            if ident.quote_style.is_none() && ident.value.eq_ignore_ascii_case("default") {
                *expr = match &column.default {
                    Some(text) => ast::Expr::Nested(Box::new(parse_expression(text)?)),
                    None => ast::Expr::Value(ast::Value::Null.into()),
                };
            }
        }
    }
    Ok(())
}

/// A literal in quotes is read as what its column holds, whatever stands in other rows.
fn literals_as_columns(query: &mut ast::Query, targets: &[&Column]) {
    let ast::SetExpr::Values(values) = &mut *query.body else { return };
    let types: Vec<_> = targets
        .iter()
        .map(|column| match &column.sql_type {
            t if t.is_string() => None,
            // Digits are those of each value.
            SqlType::Numeric(_) => None,
            t => Some(type_name(t)),
        })
        .collect();
    let strings: Vec<bool> = targets
        .iter()
        .map(|column| {
            matches!(column.sql_type, SqlType::Text | SqlType::Varchar(_) | SqlType::Bpchar(_))
        })
        .collect();
    for row in &mut values.rows {
        for (value, _) in row.content.iter_mut().zip(&strings).filter(|(_, is_text)| **is_text) {
            // A number for a column of text is that text.
            if let ast::Expr::Value(number) = value
                && let ast::Value::Number(digits, _) = &number.value
                && !digits.contains(['e', 'E', '_'])
            {
                number.value = ast::Value::SingleQuotedString(digits.clone());
            }
        }
        for (value, data_type) in row.content.iter_mut().zip(&types) {
            let literal = matches!(value, ast::Expr::Value(v) if matches!(v.value, ast::Value::SingleQuotedString(_)));
            if let (true, Some(data_type)) = (literal, data_type) {
                let null = ast::Expr::Value(ast::Value::Null.into());
                let expr = Box::new(std::mem::replace(value, null));
                *value = ast::Expr::Cast {
                    kind: ast::CastKind::DoubleColon,
                    expr,
                    data_type: data_type.clone(),
                    array: false,
                    format: None,
                };
            }
        }
    }
}

/// A type as SQL names it, without its length or digits.
fn type_name(sql_type: &SqlType) -> ast::DataType {
    match sql_type {
        SqlType::Array(element) => ast::DataType::Array(ast::ArrayElemTypeDef::SquareBracket(
            Box::new(type_name(element)),
            None,
        )),
        scalar => {
            let name = ast::Ident::with_quote('"', scalar.catalog_name());
            ast::DataType::Custom(ast::ObjectName::from(vec![name]), Vec::new())
        }
    }
}

/// `VALUES ($1, $2)`: a bare parameter has the type of the column it goes to.
fn parameters_of_values(query: &ast::Query, targets: &[&Column]) -> Vec<Option<SqlType>> {
    let mut types = Vec::new();
    let mut note = |expr: &ast::Expr, i: usize| {
        if let (Some(number), Some(column)) = (placeholder(expr), targets.get(i)) {
            types.resize(types.len().max(number), None);
            types[number - 1].get_or_insert_with(|| column.sql_type.clone());
        }
    };
    match &*query.body {
        ast::SetExpr::Values(values) => {
            for row in &values.rows {
                row.content.iter().enumerate().for_each(|(i, expr)| note(expr, i));
            }
        }
        ast::SetExpr::Select(select) => {
            for (i, item) in select.projection.iter().enumerate() {
                if let ast::SelectItem::UnnamedExpr(expr)
                | ast::SelectItem::ExprWithAlias { expr, .. } = item
                {
                    note(expr, i);
                }
            }
        }
        _ => {}
    }
    types
}

fn placeholder(expr: &ast::Expr) -> Option<usize> {
    let ast::Expr::Value(value) = expr else { return None };
    let ast::Value::Placeholder(text) = &value.value else { return None };
    text.strip_prefix('$')?.parse().ok().filter(|n| (1..=65_535).contains(n))
}

/// Whether an output may be put into a column without being asked (PostgreSQL's assignment casts).
fn assignable(plan: &LogicalPlan, i: usize, column: &Column, relation: &Relation) -> Result<()> {
    let from = SqlType::of(plan.schema().field(i));
    let to = &column.sql_type;
    if dimensions(&from) > 1 {
        // Before its lists are made texts that look like them.
        return Err(several_dimensions());
    }
    if is_unknown(plan, i) || castable(&from, to) {
        return Ok(());
    }
    let _ = relation;
    Err(Error::new(
        SqlState::DATATYPE_MISMATCH,
        format!("column \"{}\" is of type {to} but expression is of type {from}", column.name),
    )
    .hint("You will need to rewrite or cast the expression."))
}

pub(super) fn castable(from: &SqlType, to: &SqlType) -> bool {
    use SqlType::{
        Bpchar, Date, Json, Jsonb, Name, Text, Time, Timestamp, Timestamptz, Unknown, Varchar,
    };
    let is_text = |t: &SqlType| matches!(t, Text | Varchar(_) | Bpchar(_) | Name | Unknown);
    if from.oid() == to.oid() || from.is_number() && to.is_number() {
        return true;
    }
    match (from, to) {
        // Anything can be assigned to text.
        (_, to) if is_text(to) => true,
        (Unknown, _) => true,
        (Date | Timestamp | Timestamptz, Date | Timestamp | Timestamptz) => true,
        (Timestamp | Timestamptz, Time) => true,
        (Json, Jsonb) | (Jsonb, Json) => true,
        (SqlType::Array(from), SqlType::Array(to)) => castable(from, to),
        _ => false,
    }
}

/// A literal in quotes, NULL or a parameter has no type until it meets a column.
fn is_unknown(plan: &LogicalPlan, i: usize) -> bool {
    let untyped = |expr: &Expr| is_untyped(expr);
    match plan {
        LogicalPlan::Values(values) => {
            values.values.iter().all(|row| row.get(i).is_some_and(untyped))
        }
        LogicalPlan::Projection(projection) => match projection.expr.get(i) {
            Some(Expr::Alias(alias)) => match &*alias.expr {
                Expr::Column(column) => through(&projection.input, column),
                other => untyped(other),
            },
            Some(Expr::Column(column)) => through(&projection.input, column),
            Some(other) => untyped(other),
            None => false,
        },
        LogicalPlan::Limit(limit) => is_unknown(&limit.input, i),
        LogicalPlan::SubqueryAlias(alias) => is_unknown(&alias.input, i),
        _ => false,
    }
}

fn through(input: &LogicalPlan, column: &datafusion::common::Column) -> bool {
    input.schema().maybe_index_of_column(column).is_some_and(|i| is_unknown(input, i))
}

pub(super) fn is_untyped(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(ScalarValue::Utf8(_) | ScalarValue::Utf8View(_) | ScalarValue::Null, _)
        | Expr::Placeholder(_) => true,
        Expr::Alias(alias) => is_untyped(&alias.expr),
        // VALUES puts a cast of its own around a literal that shares a column with others.
        Expr::Cast(cast) => matches!(&*cast.expr, Expr::Literal(ScalarValue::Null, _)),
        _ => false,
    }
}

/// One output for each column of the relation, in its type; the default where the statement gives none.
pub(super) fn fill(
    binder: &Binder<'_>,
    input: LogicalPlan,
    relation: &Relation,
    targets: &[&Column],
) -> Result<LogicalPlan> {
    let outputs = input.schema().columns();
    let expressions: Vec<Expr> = relation
        .columns
        .iter()
        .map(|column| {
            let at = targets.iter().position(|t| t.number == column.number);
            let value = match at.and_then(|i| outputs.get(i).map(|output| (i, output))) {
                Some((i, output)) => {
                    let field = input.schema().field(i);
                    let value = Expr::Column(output.clone());
                    match SqlType::of(field) == column.sql_type {
                        true => finite(typed(value, field, &column.sql_type), column),
                        false => dialect::assigned(value, &column.sql_type),
                    }
                }
                None => default(binder, column)?,
            };
            let value = dialect::precise(value, column)?;
            Ok(value.alias(&column.name))
        })
        .collect::<Result<_>>()?;
    LogicalPlanBuilder::from(input).project(expressions).or_fail()?.build().or_fail()
}

/// What a column is where nothing is given, in its type.
pub(super) fn default(binder: &Binder<'_>, column: &Column) -> Result<Expr> {
    let Some(text) = &column.default else {
        return Ok(dialect::cast(lit(ScalarValue::Null), &column.sql_type));
    };
    let (value, field) = super::defaults::bind(binder, &parse_expression(text)?)?;
    let value = dialect::expression_as_kept(value, binder.scope)?;
    Ok(match SqlType::of(&field) == column.sql_type {
        true => finite(typed(value, &field, &column.sql_type), column),
        false => dialect::assigned(value, &column.sql_type),
    })
}

/// A numeric that may be NaN or infinite lies as those of a column of very many digits do, which are neither.
pub(super) fn finite(value: Expr, column: &Column) -> Expr {
    let arrow = column.sql_type.arrow();
    if special::carries_within(&arrow) { functions::stored(value, arrow, None) } else { value }
}

pub(super) fn checks(binder: &Binder<'_>, relation: &Relation) -> Result<Vec<(String, Expr)>> {
    let RelationKind::Table { checks, .. } = &relation.kind else { return Ok(Vec::new()) };
    checks
        .iter()
        .map(|check| {
            let bound = bind_check(binder, &relation.columns, &check.expression)?;
            Ok((check.name.clone(), dialect::expression_as_kept(bound, binder.scope)?))
        })
        .collect()
}

/// A CHECK's expression over the table's columns.
pub(super) fn bind_check(binder: &Binder<'_>, columns: &[Column], text: &str) -> Result<Expr> {
    let (expression, found) = bind_over(binder, columns, text)?;
    match found == SqlType::Bool || is_untyped(&expression) {
        true => Ok(expression),
        false => Err(Error::new(
            SqlState::DATATYPE_MISMATCH,
            format!("argument of CHECK must be type boolean, not type {found}"),
        )),
    }
}

/// An expression over a table's columns, and its type.
pub(super) fn bind_over(
    binder: &Binder<'_>,
    columns: &[Column],
    text: &str,
) -> Result<(Expr, SqlType)> {
    let expression = parse_expression(text)?;
    let fields: Vec<_> = columns.iter().map(|c| c.sql_type.field(&c.name, c.nullable)).collect();
    let schema = arrow::datatypes::Schema::new(fields);
    let schema = DFSchema::try_from(schema).or_fail()?;
    let expression = binder.expression(&expression, &schema)?;
    let expression = dialect::look_up_in(expression, &schema, binder.scope)?;
    let expression = dialect::rewrite_expression(expression, &schema)?;
    let found = SqlType::of(&expression.to_field(&schema).or_fail()?.1);
    Ok((expression, found))
}

pub(super) fn parse_expression(text: &str) -> Result<ast::Expr> {
    let mut parsed = crate::parser::parse(&format!("SELECT {text}"))?;
    if let Some(statement::Kind::Query(query)) = parsed.pop().map(|s| s.kind)
        && let ast::SetExpr::Select(mut select) = *query.body
        && let Some(ast::SelectItem::UnnamedExpr(expression)) = select.projection.pop()
    {
        return Ok(expression);
    }
    Err(Error::internal("a stored expression does not parse"))
}

pub(super) fn truncate(binder: &Binder<'_>, tables: &[Name]) -> Result<Vec<Arc<Relation>>> {
    tables
        .iter()
        .map(|name| {
            let relation = names::altered(binder.scope, name)?;
            match relation.kind {
                RelationKind::Table { .. } => Ok(relation),
                RelationKind::Foreign(_) => {
                    writable(&relation, "truncate")?;
                    Ok(relation)
                }
                RelationKind::View(_) => Err(Error::new(
                    SqlState::WRONG_OBJECT_TYPE,
                    format!("\"{}\" is not a table", relation.name),
                )),
            }
        })
        .collect()
}

/// Nothing that is kept may hold a parameter: there is nobody to bind it later.
pub(super) fn no_parameters(plan: &LogicalPlan) -> Result<()> {
    match any_expression(plan, |e| matches!(e, Expr::Placeholder(_)))? {
        true => Err(Error::new(SqlState::UNDEFINED_PARAMETER, "there is no parameter $1")),
        false => Ok(()),
    }
}

/// Which rights a lock takes (`LockTableAclCheck`).
pub(super) fn lock(binder: &Binder<'_>, lock: &statement::Lock) -> Result<super::plan::Lock> {
    use crate::catalog::acl::Privileges;
    use crate::parser::statement::LockMode;
    let relations = lock.tables.iter().map(|name| names::altered(binder.scope, name));
    let relations = relations.collect::<Result<Vec<_>>>()?;
    let changes = Privileges::UPDATE | Privileges::DELETE | Privileges::TRUNCATE;
    let privileges = match lock.mode {
        LockMode::AccessShare => Privileges::SELECT,
        LockMode::RowExclusive => changes | Privileges::INSERT,
        _ => changes,
    };
    Ok(super::plan::Lock { relations, privileges, mode: lock.mode })
}
