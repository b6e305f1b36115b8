//! CREATE TABLE and CREATE TABLE AS: what a table is to be.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};

use super::failure::OrFail;
use super::keys::Keys;
use super::plan::{CreateTable, CreateTableAs, Plan};
use super::query::{Binder, conform};
use super::write::bind_check;
use super::{defaults, dialect, names, write};
use crate::catalog::keys::Index;
use crate::catalog::name::{RelationId, SchemaId, TEMPORARY_SCHEMA};
use crate::catalog::relation::{Check, Column, OnCommit, Relation, RelationKind};
use crate::catalog::types::SqlType;
use crate::error::{Error, Result, SqlState};
use crate::functions::special;
use crate::parser::ast;
use crate::parser::statement::{self, CheckSpec, ColumnSpec, Setting};

pub(super) fn create_table(binder: &Binder<'_>, create: &statement::CreateTable) -> Result<Plan> {
    let schema = names::creation_place(binder.scope, &create.name, create.temporary)?;
    if create.on_commit.is_some() && schema != TEMPORARY_SCHEMA {
        return Err(Error::new(
            SqlState::INVALID_TABLE_DEFINITION,
            "ON COMMIT can only be used on temporary tables",
        ));
    }
    let Some(query) = &create.query else {
        return plain(binder, create, schema);
    };
    // Of a plain table this is told only to those who may make it there; the engine sees to that.
    if binder.scope.snapshot.is_taken(schema, &create.name.name) {
        let error = Error::duplicate_table(&create.name.name);
        return match create.if_not_exists {
            true => Ok(Plan::skipping("CREATE TABLE AS", &error)),
            false => Err(error),
        };
    }
    let bound = binder.bind(query, binder.parameters())?;
    let mut names = bound.names;
    if create.names.len() > names.len() {
        return Err(Error::syntax("too many column names were specified"));
    }
    names.iter_mut().zip(&create.names).for_each(|(name, given)| name.clone_from(&given.name));
    let plan = binder.rewrite(bound.plan)?;
    write::refuse_dimensions(&plan)?;
    let columns = output_columns(&plan, &names)?;
    let conformed: Vec<_> = columns.iter().map(|c| (&*c.name, &c.sql_type)).collect();
    let input = finite(conform(plan, &conformed).or_fail()?, &columns)?;
    let parameters = binder.parameter_types(&input)?;
    let table = table(create, schema, columns, Vec::new())?;
    Ok(Plan::CreateTableAs(CreateTableAs { table, input, with_data: create.with_data, parameters }))
}

/// What is stored is neither NaN nor infinite.
fn finite(input: LogicalPlan, columns: &[Column]) -> Result<LogicalPlan> {
    let may_be_special = |c: &Column| special::carries_within(&c.sql_type.arrow());
    if !columns.iter().any(may_be_special) {
        return Ok(input);
    }
    let outputs = input.schema().columns().into_iter().zip(columns);
    let checked: Vec<Expr> = outputs
        .map(|(output, column)| write::finite(Expr::Column(output), column).alias(&column.name))
        .collect();
    LogicalPlanBuilder::from(input).project(checked).or_fail()?.build().or_fail()
}

/// Columns one by one, those of LIKE among them; then what is said of them all.
fn plain(binder: &Binder<'_>, create: &statement::CreateTable, schema: SchemaId) -> Result<Plan> {
    let scope = binder.scope;
    let name = &create.name.name;
    let mut all = Parts::default();
    for (i, spec) in create.columns.iter().enumerate() {
        likes_before(binder, create, i, &mut all)?;
        all.columns.push(column(binder, spec)?);
    }
    likes_before(binder, create, create.columns.len(), &mut all)?;
    number_columns(&mut all.columns)?;
    for spec in &create.checks {
        all.checks.push(check(binder, name, &all.columns, spec)?);
    }
    let mut keys = Keys::new(scope, schema, name, &all.columns);
    for (source, index) in &all.indexes {
        keys.add_copy(source, index)?;
    }
    for spec in &create.keys {
        keys.add(binder, spec, None)?;
    }
    let Keys { indexes, foreign_keys, notices, not_null, .. } = keys;
    for column in all.columns.iter_mut().filter(|c| not_null.contains(&c.number)) {
        column.nullable = false;
    }
    let table = table(create, schema, all.columns, unique_names(all.checks))?;
    let likes = all.likes;
    Ok(Plan::CreateTable(CreateTable { indexes, foreign_keys, notices, likes, ..table }))
}

/// What columns and LIKE give a table that is to be.
#[derive(Default)]
struct Parts {
    columns: Vec<Column>,
    checks: Vec<Check>,
    indexes: Vec<(Arc<Relation>, Index)>,
    likes: Vec<RelationId>,
}

fn likes_before(
    binder: &Binder<'_>,
    create: &statement::CreateTable,
    place: usize,
    all: &mut Parts,
) -> Result<()> {
    for like in create.likes.iter().filter(|like| like.before == place) {
        let source = names::stored(binder.scope, &like.table)?;
        all.likes.push(source.id);
        for column in &source.columns {
            let mut copy = Column::new(0, &column.name, column.sql_type.clone(), column.nullable);
            copy.default = column.default.clone().filter(|_| like.defaults);
            copy.comment = column.comment.clone().filter(|_| like.comments);
            all.columns.push(copy);
        }
        if let RelationKind::Table { checks, .. } = &source.kind
            && like.constraints
        {
            all.checks.extend(checks.iter().cloned());
        }
        if like.indexes {
            all.indexes.extend(source.indexes.iter().map(|i| (Arc::clone(&source), i.clone())));
        }
    }
    Ok(())
}

fn number_columns(columns: &mut [Column]) -> Result<()> {
    let mut seen = BTreeSet::new();
    for (i, column) in columns.iter_mut().enumerate() {
        if !seen.insert(column.name.clone()) {
            return Err(Error::new(
                SqlState::DUPLICATE_COLUMN,
                format!("column \"{}\" specified more than once", column.name),
            ));
        }
        column.number = number(i)?;
    }
    Ok(())
}

/// A column as it is written, its default checked; it has no number yet.
pub(super) fn column(binder: &Binder<'_>, spec: &ColumnSpec) -> Result<Column> {
    let (sql_type, precision) = dialect::column_type(&spec.data_type)?;
    let mut column = Column::new(0, &spec.name.name, sql_type, spec.nullable);
    column.precision = precision;
    if let Some(default) = &spec.default {
        column.default = defaults::text(binder, &column, default)?;
    }
    Ok(column)
}

/// The columns of a query as columns of a relation to be.
pub(super) fn output_columns(plan: &LogicalPlan, names: &[String]) -> Result<Vec<Column>> {
    let mut seen = BTreeSet::new();
    plan.schema()
        .fields()
        .iter()
        .enumerate()
        .map(|(i, field)| {
            let name = names.get(i).map_or(field.name().as_str(), String::as_str);
            if !seen.insert(name) {
                return Err(Error::new(
                    SqlState::DUPLICATE_COLUMN,
                    format!("column \"{name}\" specified more than once"),
                ));
            }
            let sql_type = match SqlType::of(field) {
                SqlType::Unknown | SqlType::Void => SqlType::Text,
                other => other,
            };
            Ok(Column::new(number(i)?, name, sql_type, true))
        })
        .collect()
}

/// PostgreSQL's limit on columns, which keeps numbers in 16 bits.
pub(super) fn number(i: usize) -> Result<i16> {
    const COLUMNS_MAX: usize = 1_600;
    if i >= COLUMNS_MAX {
        return Err(Error::new(
            SqlState::PROGRAM_LIMIT_EXCEEDED,
            format!("tables can have at most {COLUMNS_MAX} columns"),
        ));
    }
    Ok(i as i16 + 1)
}

pub(super) fn columns(specs: &[ColumnSpec]) -> Result<Vec<Column>> {
    let mut seen = BTreeSet::new();
    specs
        .iter()
        .enumerate()
        .map(|(i, spec)| {
            if !seen.insert(&spec.name.name) {
                return Err(Error::new(
                    SqlState::DUPLICATE_COLUMN,
                    format!("column \"{}\" specified more than once", spec.name.name),
                )
                .at(spec.name.position));
            }
            let sql_type = dialect::sql_type(&spec.data_type)?;
            Ok(Column::new(number(i)?, &spec.name.name, sql_type, spec.nullable))
        })
        .collect()
}

pub(super) fn check(
    binder: &Binder<'_>,
    table: &str,
    columns: &[Column],
    spec: &CheckSpec,
) -> Result<Check> {
    let mut subquery = false;
    let _ = ast::visit_expressions(&*spec.expression, |e| {
        subquery |= matches!(
            e,
            ast::Expr::Subquery(_) | ast::Expr::Exists { .. } | ast::Expr::InSubquery { .. }
        );
        ControlFlow::<()>::Continue(())
    });
    if subquery {
        return Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            "cannot use subquery in check constraint",
        ));
    }
    let expression = spec.expression.to_string();
    let bound = bind_check(binder, columns, &expression)?;
    dialect::refuse_ambiguous_expression(&bound, binder.scope)?;
    let name = spec.name.clone().unwrap_or_else(|| {
        // Of one column alone it bears that one's name (`AddRelationNewConstraints`).
        let mut of = bound.column_refs().into_iter();
        let middle = match (of.next(), of.next()) {
            (Some(column), None) => format!("_{}", column.name),
            _ => String::new(),
        };
        format!("{table}{middle}_check")
    });
    Ok(Check { name, expression })
}

/// `t_check`, `t_check1`, `t_check2`, as PostgreSQL numbers them.
pub(super) fn unique_names(mut checks: Vec<Check>) -> Vec<Check> {
    let mut seen = BTreeSet::new();
    for check in &mut checks {
        let base = check.name.clone();
        let free = (0..).map(|n| if n == 0 { base.clone() } else { format!("{base}{n}") });
        check.name = free.into_iter().find(|name| !seen.contains(name)).unwrap_or(base);
        seen.insert(check.name.clone());
    }
    checks
}

fn table(
    create: &statement::CreateTable,
    schema: SchemaId,
    columns: Vec<Column>,
    checks: Vec<Check>,
) -> Result<CreateTable> {
    let (mut partition_by, mut location) = (Vec::new(), None);
    for option in &create.options {
        match option.name.as_str() {
            "partition_by" => partition_by = names_in(option),
            "location" if schema == TEMPORARY_SCHEMA => {
                return Err(Error::unsupported("a location of a temporary table"));
            }
            "location" => location = one(option)?,
            other => {
                return Err(Error::invalid_parameter(format!(
                    "unrecognized parameter \"{other}\""
                ))
                .at(option.position)
                .hint("A table takes partition_by and location."));
            }
        }
    }
    for name in &partition_by {
        if !columns.iter().any(|c| c.name == *name) {
            return Err(Error::new(
                SqlState::UNDEFINED_COLUMN,
                format!("column \"{name}\" named in partition_by does not exist"),
            ));
        }
    }
    if !columns.is_empty() && partition_by.len() == columns.len() {
        return Err(Error::new(
            SqlState::INVALID_TABLE_DEFINITION,
            "at least one column must not be a partition column",
        ));
    }
    let name = create.name.name.clone();
    let if_not_exists = create.if_not_exists;
    let on_commit = match create.on_commit {
        None | Some(statement::OnCommit::PreserveRows) => OnCommit::PreserveRows,
        Some(statement::OnCommit::DeleteRows) => OnCommit::DeleteRows,
        Some(statement::OnCommit::Drop) => OnCommit::Drop,
    };
    Ok(CreateTable {
        schema,
        name,
        if_not_exists,
        columns,
        partition_by,
        location,
        checks,
        on_commit,
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        likes: Vec::new(),
        notices: Vec::new(),
    })
}

/// `'a, b'` and `ARRAY['a', 'b']` are the same list.
fn names_in(option: &Setting) -> Vec<String> {
    option
        .values
        .iter()
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().trim_matches('"').to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

pub(super) fn one(option: &Setting) -> Result<Option<String>> {
    match option.values.as_slice() {
        [value] => Ok(Some(value.clone())),
        _ => Err(Error::invalid_parameter(format!("{} takes one value", option.name))
            .at(option.position)),
    }
}
