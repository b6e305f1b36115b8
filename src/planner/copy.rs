//! COPY: out of a relation or query, and into a table.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::{FieldRef, Schema};
use datafusion::common::TableReference;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder};

use super::copy_options;
use super::failure::OrFail;
use super::names::{self, Found};
use super::plan::{CopyIn, CopyOut, Insert, Plan};
use super::query::Binder;
use super::sources::{Kind as SourceKind, Source};
use super::{dialect, write};
use crate::catalog::protection::Command;
use crate::catalog::relation::{Column, Relation, RelationKind};
use crate::catalog::snapshot::Exposure;
use crate::catalog::types::SqlType;
use crate::error::{Error, Result, SqlState};
use crate::parser::ast;
use crate::parser::statement::{Copy, CopyPlace, CopySubject, Ident, Kind, Name};

pub(super) fn copy(binder: &Binder<'_>, copy: &Copy) -> Result<Plan> {
    if copy.place != CopyPlace::Client {
        let way = if copy.place == CopyPlace::File { "a file of the server" } else { "a program" };
        let word = if copy.from { "from" } else { "to" };
        return Err(Error::unsupported(format!("COPY {word} {way}")).hint(
            "Anyone can COPY to stdout or from stdin. psql's \\copy command also works for anyone.",
        ));
    }
    match &copy.subject {
        CopySubject::Table { name, columns } if copy.from => {
            copy_in(binder, copy, name, columns.as_deref())
        }
        CopySubject::Table { name, columns } => table_out(binder, copy, name, columns.as_deref()),
        CopySubject::Query(query) => query_out(binder, copy, query),
    }
}

fn query_out(binder: &Binder<'_>, copy: &Copy, kind: &Kind) -> Result<Plan> {
    let Plan::Query(query) = super::bind_kind(binder, kind)? else {
        return Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            "COPY query must have a RETURNING clause",
        ));
    };
    let names: Vec<&str> = query.fields.iter().map(|f| f.name().as_str()).collect();
    let format = copy_options::format(copy, &names, &names, None)?;
    Ok(Plan::CopyOut(CopyOut { query, format }))
}

/// A relation goes out as the query that reads it, so that rights, policies and masks are those of any query.
fn table_out(
    binder: &Binder<'_>,
    copy: &Copy,
    name: &Name,
    columns: Option<&[Ident]>,
) -> Result<Plan> {
    let found = names::relation(binder.scope, name)?;
    let list = match (&found, columns) {
        (Found::Relation(relation), columns) => {
            let all: Vec<_> = chosen(relation, columns)?.iter().map(|c| quoted(&c.name)).collect();
            all.join(", ")
        }
        (_, None) => "*".to_owned(),
        (_, Some(columns)) => {
            columns.iter().map(|c| quoted(&c.name)).collect::<Vec<_>>().join(", ")
        }
    };
    let schema = name.schema.as_ref().map(|schema| format!("{}.", quoted(schema)));
    let text = format!("SELECT {list} FROM {}{}", schema.unwrap_or_default(), quoted(&name.name));
    let Some(Kind::Query(query)) = crate::parser::parse(&text)?.pop().map(|s| s.kind) else {
        return Err(Error::internal("COPY made no query"));
    };
    let query = binder.query(&query).map_err(Error::nowhere)?;
    if let Found::Relation(relation) = &found {
        refuse_kind(relation, "from")?;
    }
    if let Found::SystemView(_) = &found {
        return Err(of_kind("from", "view", &name.name));
    }
    let copied: Vec<&str> = query.fields.iter().map(|f| f.name().as_str()).collect();
    let all: Vec<&str> = match &found {
        Found::Relation(relation) => relation.columns.iter().map(|c| c.name.as_str()).collect(),
        Found::System(_) | Found::SystemView(_) => copied.clone(),
    };
    let format = copy_options::format(copy, &copied, &all, Some(&name.name))?;
    Ok(Plan::CopyOut(CopyOut { query, format }))
}

fn quoted(name: &str) -> String {
    // Always: a name may be a word that only the grammar behind keeps to itself.
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Views and foreign tables are copied as queries only.
fn refuse_kind(relation: &Relation, word: &str) -> Result<()> {
    match relation.kind {
        RelationKind::Table { .. } => Ok(()),
        RelationKind::Foreign(_) | RelationKind::View(_) => {
            Err(of_kind(word, relation.kind_name(), &relation.name))
        }
    }
}

fn of_kind(word: &str, kind: &str, name: &str) -> Error {
    let error =
        Error::new(SqlState::WRONG_OBJECT_TYPE, format!("cannot copy {word} {kind} \"{name}\""));
    match (word, kind) {
        ("from", _) => error.hint("Try the COPY (SELECT ...) TO variant."),
        (_, "foreign table") => error.hint("Files registered in place are only read."),
        _ => error.hint("To enable copying to a view, provide an INSTEAD OF INSERT trigger."),
    }
}

/// The columns that are named, or all.
fn chosen<'r>(relation: &'r Relation, named: Option<&[Ident]>) -> Result<Vec<&'r Column>> {
    let Some(named) = named else { return Ok(relation.columns.iter().collect()) };
    let mut seen = BTreeSet::new();
    let mut columns = Vec::new();
    for ident in named {
        let column = relation.column(&ident.name).ok_or_else(|| {
            let text = format!(
                "column \"{}\" of relation \"{}\" does not exist",
                ident.name, relation.name
            );
            Error::new(SqlState::UNDEFINED_COLUMN, text)
        })?;
        if !seen.insert(column.number) {
            let text = format!("column \"{}\" specified more than once", ident.name);
            return Err(Error::new(SqlState::DUPLICATE_COLUMN, text));
        }
        columns.push(column);
    }
    Ok(columns)
}

fn copy_in(
    binder: &Binder<'_>,
    copy: &Copy,
    name: &Name,
    columns: Option<&[Ident]>,
) -> Result<Plan> {
    let relation = names::stored(binder.scope, name)?;
    let targets = chosen(&relation, columns)?;
    let fields: Vec<FieldRef> = targets.iter().map(|column| sent_as(column)).collect();
    let kind = SourceKind::Received;
    let source = Arc::new(Source { kind, arrow_schema: Arc::new(Schema::new(fields.clone())) });
    let scan = LogicalPlanBuilder::scan("received", source, None).or_fail()?.build().or_fail()?;
    let filled = write::fill(binder, scan, &relation, &targets)?;
    let input = match &copy.filter {
        Some(filter) => filtered(binder, &relation, filled, filter)?,
        None => filled,
    };
    let input = binder.rewrite(input)?;
    let names: Vec<&str> = targets.iter().map(|c| c.name.as_str()).collect();
    let all: Vec<&str> = relation.columns.iter().map(|c| c.name.as_str()).collect();
    let format = copy_options::format(copy, &names, &all, Some(&relation.name))?;
    refuse_kind(&relation, "to")?;
    let snapshot = &binder.scope.snapshot;
    let secured = snapshot.exposure(binder.role, &relation) == Exposure::Protected
        && snapshot.policies_for(binder.role, &relation, Command::Insert).is_some();
    let insert = Insert {
        columns: targets.iter().map(|c| c.number).collect(),
        checks: write::checks(binder, &relation)?,
        input,
        policies: Vec::new(),
        parameters: Vec::new(),
        relation: Arc::clone(&relation),
    };
    Ok(Plan::CopyIn(CopyIn { insert, fields, format, secured }))
}

/// What a column's values are read as; that they fit its length is asked where they are put into it.
fn sent_as(column: &Column) -> FieldRef {
    match &column.sql_type {
        SqlType::Varchar(Some(_)) | SqlType::Bpchar(Some(_)) => {
            SqlType::Text.field(&column.name, true)
        }
        other => other.field(&column.name, true),
    }
}

/// WHERE sees the row as it is to be, under the table's name.
fn filtered(
    binder: &Binder<'_>,
    relation: &Relation,
    input: LogicalPlan,
    filter: &ast::Expr,
) -> Result<LogicalPlan> {
    let name = TableReference::bare(relation.name.as_str());
    let input = LogicalPlanBuilder::from(input).alias(name).or_fail()?.build().or_fail()?;
    let condition = binder.expression(filter, input.schema())?;
    let mut refused = None;
    condition
        .apply(|e| {
            refused = match e {
                Expr::ScalarSubquery(_)
                | Expr::Exists(_)
                | Expr::InSubquery(_)
                | Expr::SetComparison(_) => Some(Error::new(
                    SqlState::FEATURE_NOT_SUPPORTED,
                    "cannot use subquery in COPY FROM WHERE condition",
                )),
                Expr::AggregateFunction(_) => {
                    Some(not_allowed(SqlState::GROUPING_ERROR, "aggregate"))
                }
                Expr::WindowFunction(_) => Some(not_allowed(SqlState::WINDOWING_ERROR, "window")),
                _ => None,
            };
            let stop = refused.is_some();
            Ok(if stop { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        })
        .or_fail()?;
    if let Some(error) = refused {
        return Err(error);
    }
    let condition = dialect::rewrite_expression(condition, input.schema())?;
    let found = SqlType::of(&condition.to_field(input.schema()).or_fail()?.1);
    if found != SqlType::Bool {
        return Err(Error::new(
            SqlState::DATATYPE_MISMATCH,
            format!("argument of WHERE must be type boolean, not type {found}"),
        ));
    }
    LogicalPlanBuilder::from(input).filter(condition).or_fail()?.build().or_fail()
}

fn not_allowed(state: SqlState, what: &str) -> Error {
    Error::new(state, format!("{what} functions are not allowed in COPY FROM WHERE conditions"))
}
