//! `ctid` and `tableoid` of stored tables: columns that every table has and no star shows.
//!
//! A select that names `ctid` reads its table under a name that no statement can write, and that name has the column.
//! `tableoid` is a constant. PostgreSQL has more of them (`xmin`, `cmax`…); what they would tell, a lake does not know.

use std::collections::HashSet;
use std::ops::ControlFlow;

use datafusion::common::TableReference;

use super::names::{self, Found};
use super::query::Binder;
use crate::catalog::relation::RelationKind;
use crate::error::{Error, Result, SqlState};
use crate::parser::ast::{
    self, ExcludeSelectItem, Expr, Ident, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart,
    Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, TableAlias, TableFactor,
    VisitMut, VisitorMut, WildcardAdditionalOptions,
};
use crate::parser::folded;
use crate::parser::statement::Name;
use crate::storage::tid::POSITION;

/// In front of a table's name: with its rows' places.
const MARK: &str = "\u{1}placed\u{1}";

/// The table that a marked name stands for.
pub(super) fn marked(reference: &TableReference) -> Option<TableReference> {
    let name = reference.table().strip_prefix(MARK)?;
    Some(match reference {
        TableReference::Bare { .. } => TableReference::bare(name),
        TableReference::Partial { schema, .. } => TableReference::partial(&**schema, name),
        TableReference::Full { catalog, schema, .. } => {
            TableReference::full(&**catalog, &**schema, name)
        }
    })
}

/// Puts such columns into a query and all within it, the innermost first.
pub(super) fn write_out(binder: &Binder<'_>, query: &mut Query) -> Result<()> {
    let mut mentioned = Mentioned;
    if query.visit(&mut mentioned).is_continue() {
        return Ok(());
    }
    let mut pass = Pass { binder, ctes: HashSet::new() };
    match query.visit(&mut pass) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(e) => Err(e),
    }
}

/// Breaks off where such a column may be meant: most queries name none.
struct Mentioned;

impl VisitorMut for Mentioned {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match named(expr) {
            Some(_) => ControlFlow::Break(()),
            None => ControlFlow::Continue(()),
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Column {
    Ctid,
    Tableoid,
}

impl Column {
    fn name(self) -> &'static str {
        match self {
            Column::Ctid => "ctid",
            Column::Tableoid => "tableoid",
        }
    }
}

/// Such a column and what it is qualified with, outermost first.
fn named(expr: &Expr) -> Option<(Vec<String>, Column)> {
    let (qualifiers, last) = match expr {
        Expr::Identifier(ident) => (Vec::new(), ident),
        Expr::CompoundIdentifier(parts) => {
            let (last, before) = parts.split_last()?;
            (before.iter().map(folded).collect(), last)
        }
        _ => return None,
    };
    let column = match folded(last).as_str() {
        "ctid" => Column::Ctid,
        "tableoid" => Column::Tableoid,
        _ => return None,
    };
    Some((qualifiers, column))
}

struct Pass<'a, 'b> {
    binder: &'a Binder<'b>,
    /// Names of WITH queries: they hide tables of the same name.
    ctes: HashSet<String>,
}

impl VisitorMut for Pass<'_, '_> {
    type Break = Error;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        if let Some(with) = &query.with {
            self.ctes.extend(with.cte_tables.iter().map(|cte| folded(&cte.alias.name)));
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        let mut keys: Vec<&mut Expr> = match &mut query.order_by {
            Some(ast::OrderBy { kind: ast::OrderByKind::Expressions(keys), .. }) => {
                keys.iter_mut().map(|key| &mut key.expr).collect()
            }
            _ => Vec::new(),
        };
        match self.body(&mut query.body, &mut keys) {
            Ok(()) => ControlFlow::Continue(()),
            Err(e) => ControlFlow::Break(e),
        }
    }
}

impl Pass<'_, '_> {
    fn body(&self, body: &mut SetExpr, keys: &mut [&mut Expr]) -> Result<()> {
        match body {
            SetExpr::Select(select) => self.select(select, keys),
            SetExpr::SetOperation { left, right, .. } => {
                self.body(left, &mut [])?;
                self.body(right, &mut [])
            }
            _ => Ok(()),
        }
    }

    fn select(&self, select: &mut Select, keys: &mut [&mut Expr]) -> Result<()> {
        let parts: Vec<Part> = factors(select).filter_map(|factor| self.part(factor)).collect();
        if parts.is_empty() {
            return Ok(());
        }
        let mut put = Put { parts, depth: 0, failed: None };
        for item in &mut select.projection {
            put.label(item);
        }
        // It breaks off nowhere.
        let _: ControlFlow<()> = select.visit(&mut put);
        for key in keys {
            let _: ControlFlow<()> = key.visit(&mut put);
        }
        if let Some(e) = put.failed {
            return Err(e);
        }
        let wanted: Vec<Part> = put.parts.into_iter().filter(|part| part.wanted).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        without_it(select, &wanted)?;
        for table in &mut select.from {
            let joined = table.joins.iter_mut().map(|join| &mut join.relation);
            std::iter::once(&mut table.relation).chain(joined).for_each(|f| mark(f, &wanted));
        }
        Ok(())
    }

    /// A stored table in FROM.
    fn part(&self, factor: &TableFactor) -> Option<Part> {
        let TableFactor::Table { name, alias, args: None, .. } = factor else { return None };
        if alias.as_ref().is_some_and(|alias| !alias.columns.is_empty()) {
            return None;
        }
        let path: Vec<String> =
            name.0.iter().filter_map(|part| part.as_ident()).map(folded).collect();
        let (bare, schema) = match path.as_slice() {
            [bare] if self.ctes.contains(bare) => return None,
            [bare] => (bare, None),
            [.., schema, bare] => (bare, Some(schema)),
            [] => return None,
        };
        let written = Name { schema: schema.cloned(), name: bare.clone(), position: None };
        let relation = match self.binder.bound_name(&written.to_string()) {
            Some(id) => self.binder.scope.snapshot.relation(id).cloned()?,
            None => match names::find(self.binder.scope, &written).ok()?? {
                Found::Relation(relation) => relation,
                _ => return None,
            },
        };
        let taken = |name: &str| relation.columns.iter().any(|c| c.name == name);
        if !matches!(relation.kind, RelationKind::Table { .. })
            || taken("ctid")
            || taken("tableoid")
        {
            return None;
        }
        let alias = alias.as_ref().map(|alias| folded(&alias.name));
        Some(Part { path, alias, oid: relation.id.0, wanted: false })
    }
}

fn factors(select: &Select) -> impl Iterator<Item = &TableFactor> {
    select.from.iter().flat_map(|table| {
        std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation))
    })
}

/// A table in FROM: its name as written, what it is called there, and whether its rows' places are asked for.
struct Part {
    path: Vec<String>,
    alias: Option<String>,
    oid: u32,
    wanted: bool,
}

impl Part {
    fn called(&self) -> &str {
        self.alias.as_deref().or(self.path.last().map(String::as_str)).unwrap_or_default()
    }

    fn is(&self, qualifiers: &[String]) -> bool {
        match (&self.alias, qualifiers) {
            (_, []) => true,
            (Some(alias), [one]) => alias == one,
            (Some(_), _) => false,
            (None, qualifiers) => self.path.ends_with(qualifiers),
        }
    }
}

/// Puts what the columns stand for in their places.
struct Put {
    parts: Vec<Part>,
    /// How many queries within the select. There only a qualified name means a table of the select.
    depth: usize,
    failed: Option<Error>,
}

impl Put {
    /// An output keeps the name it would have.
    fn label(&self, item: &mut SelectItem) {
        let mut mentioned = Mentioned;
        if let SelectItem::UnnamedExpr(expr) = item
            && expr.visit(&mut mentioned).is_break()
            && let Some(name) = super::dialect::name_of(expr)
        {
            let alias = Ident::with_quote('"', name);
            *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias };
        }
    }

    fn meaning(&mut self, expr: &Expr) -> Option<Expr> {
        let (qualifiers, column) = named(expr)?;
        if self.depth > 0 && qualifiers.is_empty() {
            return None;
        }
        let mut fitting = self.parts.iter_mut().filter(|part| part.is(&qualifiers));
        let part = fitting.next()?;
        if fitting.next().is_some() {
            let message = format!("column reference \"{}\" is ambiguous", column.name());
            self.failed = Some(Error::new(SqlState::AMBIGUOUS_COLUMN, message));
            return None;
        }
        Some(match column {
            Column::Ctid => {
                part.wanted = true;
                super::shapes::column(part.called(), POSITION)
            }
            Column::Tableoid => oid(part.oid),
        })
    }
}

impl VisitorMut for Put {
    type Break = ();

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Some(meaning) = self.meaning(expr) {
            *expr = meaning;
        } else if let Expr::CompoundIdentifier(names) = expr {
            // `schema.table.column`, where the table gets another name below.
            let folded: Vec<String> = names.iter().map(folded).collect();
            let long = |part: &&Part| {
                part.wanted && part.alias.is_none() && names.len() == part.path.len() + 1
            };
            let fits = |part: &&Part| folded.starts_with(&part.path);
            if names.len() > 2 && self.parts.iter().filter(long).any(|part| fits(&part)) {
                names.drain(..names.len() - 2);
            }
        }
        ControlFlow::Continue(())
    }
}

fn oid(number: u32) -> Expr {
    Expr::Cast {
        kind: ast::CastKind::DoubleColon,
        expr: Box::new(Expr::Value(ast::Value::Number(number.to_string(), false).into())),
        data_type: ast::DataType::Custom(ObjectName::from(vec![Ident::new("oid")]), Vec::new()),
        array: false,
        format: None,
    }
}

/// Reads the table with its rows' places.
fn mark(factor: &mut TableFactor, wanted: &[Part]) {
    let TableFactor::Table { name, alias, args: None, .. } = factor else { return };
    let path: Vec<String> = name.0.iter().filter_map(|part| part.as_ident()).map(folded).collect();
    let called = alias.as_ref().map(|alias| folded(&alias.name));
    if !wanted.iter().any(|part| part.path == path && part.alias == called) {
        return;
    }
    let Some(ObjectNamePart::Identifier(last)) = name.0.last_mut() else { return };
    let bare = folded(last);
    *last = Ident::with_quote('"', format!("{MARK}{bare}"));
    if alias.is_none() {
        *alias = Some(TableAlias {
            explicit: true,
            name: Ident::with_quote('"', bare),
            columns: Vec::new(),
            at: None,
        });
    }
}

/// Stars do not show it.
fn without_it(select: &mut Select, wanted: &[Part]) -> Result<()> {
    let star = |item: &SelectItem| {
        matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..))
    };
    let merges = |join: &ast::Join| {
        let (JoinOperator::Join(on)
        | JoinOperator::Inner(on)
        | JoinOperator::Left(on)
        | JoinOperator::LeftOuter(on)
        | JoinOperator::Right(on)
        | JoinOperator::RightOuter(on)
        | JoinOperator::FullOuter(on)) = &join.join_operator
        else {
            return false;
        };
        matches!(on, JoinConstraint::Natural)
            || matches!(on, JoinConstraint::Using(_)) && select.projection.iter().any(star)
    };
    if select.from.iter().any(|table| table.joins.iter().any(merges)) {
        return Err(Error::unsupported("ctid beside a join that merges columns"));
    }
    if !select.projection.iter().any(star) {
        return Ok(());
    }
    let names: Option<Vec<String>> = factors(select).map(super::shapes::name_of).collect();
    let names = names.ok_or_else(|| Error::unsupported("ctid beside * over this form of FROM"))?;
    let of = |name: &str| wanted.iter().any(|part| part.called() == name);
    let items = std::mem::take(&mut select.projection);
    select.projection = items
        .into_iter()
        .flat_map(|item| match item {
            SelectItem::Wildcard(_) => names.iter().map(|name| star_of(name, of(name))).collect(),
            SelectItem::QualifiedWildcard(
                SelectItemQualifiedWildcardKind::ObjectName(name),
                options,
            ) => {
                let last = name.0.iter().filter_map(|p| p.as_ident()).map(folded).next_back();
                match last.filter(|name| of(name)) {
                    Some(name) => vec![star_of(&name, true)],
                    None => {
                        let kind = SelectItemQualifiedWildcardKind::ObjectName(name);
                        vec![SelectItem::QualifiedWildcard(kind, options)]
                    }
                }
            }
            other => vec![other],
        })
        .collect();
    Ok(())
}

fn star_of(name: &str, placed: bool) -> SelectItem {
    let quoted =
        |name: &str| ObjectName(vec![ObjectNamePart::Identifier(Ident::with_quote('"', name))]);
    let opt_exclude = placed.then(|| ExcludeSelectItem::Multiple(vec![quoted(POSITION)]));
    let options = WildcardAdditionalOptions { opt_exclude, ..Default::default() };
    SelectItem::QualifiedWildcard(
        SelectItemQualifiedWildcardKind::ObjectName(quoted(name)),
        options,
    )
}
