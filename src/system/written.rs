//! The texts of views and policies as they are shown: as written, but for the names of relations, which stand with their
//! schemas where the reader's search path does not find them, and stars, which stand for what they meant.

use std::collections::HashSet;
use std::ops::ControlFlow;

use super::scope::Scope;
use crate::catalog::name::{RelationId, quote_ident};
use crate::catalog::protection::Expression;
use crate::catalog::relation::{Column, Relation, RelationKind};
use crate::parser::ast::{
    self, ObjectName, Query, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, TableFactor,
    Visit, Visitor,
};
use crate::parser::statement::Kind;
use crate::parser::{folded, position};

/// A view's query; nothing for what is no view.
pub(super) fn view(scope: &Scope, relation: &Relation) -> String {
    let RelationKind::View(view) = &relation.kind else { return String::new() };
    shown(scope, &view.sql, &view.reads, Some(&relation.columns))
}

/// A policy's or mask's expression.
pub(super) fn expression(scope: &Scope, expression: &Expression) -> String {
    const BEFORE: &str = "SELECT ";
    if expression.reads.is_empty() {
        return expression.sql.clone();
    }
    let text = shown(scope, &format!("{BEFORE}{}", expression.sql), &expression.reads, None);
    text[BEFORE.len()..].to_owned()
}

fn shown(
    scope: &Scope,
    sql: &str,
    reads: &[(String, RelationId)],
    columns: Option<&[Column]>,
) -> String {
    // It was read when it was made; if it cannot be now, it is shown as it is.
    let parsed = crate::parser::parse(sql).ok().and_then(|mut all| all.pop());
    let Some(Kind::Query(query)) = parsed.map(|statement| statement.kind) else {
        return sql.to_owned();
    };
    let mut found = Found { scope, sql, reads, queries: HashSet::new(), edits: Vec::new() };
    // The walk breaks off nowhere.
    let _: ControlFlow<()> = query.visit(&mut found);
    let mut edits = found.edits;
    edits.extend(columns.and_then(|columns| star(sql, &query, columns)));
    edited(sql, edits)
}

/// Characters from one place to another, counted from 0, and what stands there instead.
struct Edit {
    from: usize,
    to: usize,
    text: String,
}

fn edited(sql: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| edit.from);
    let letters: Vec<char> = sql.chars().collect();
    let (mut text, mut at) = (String::new(), 0);
    for edit in edits {
        if edit.from < at || edit.to > letters.len() || edit.from > edit.to {
            continue;
        }
        text.extend(&letters[at..edit.from]);
        text.push_str(&edit.text);
        at = edit.to;
    }
    text.extend(&letters[at..]);
    text
}

struct Found<'a> {
    scope: &'a Scope,
    sql: &'a str,
    reads: &'a [(String, RelationId)],
    /// Names of WITH queries, which may hide relations.
    queries: HashSet<String>,
    edits: Vec<Edit>,
}

impl Visitor for Found<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if let Some(with) = &query.with {
            self.queries.extend(with.cte_tables.iter().map(|cte| folded(&cte.alias.name)));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, alias, args: None, .. } = factor {
            self.edits.extend(self.edit(name, alias.is_some()));
        }
        ControlFlow::Continue(())
    }
}

impl Found<'_> {
    /// What a relation is to be called here, if not as it is written.
    fn edit(&self, name: &ObjectName, aliased: bool) -> Option<Edit> {
        let idents: Option<Vec<_>> = name.0.iter().map(|part| part.as_ident()).collect();
        let idents = idents?;
        let written: Vec<String> = idents.iter().map(|ident| folded(ident)).collect();
        let bare = written.len() == 1;
        if bare && self.queries.contains(&written[0]) {
            return None;
        }
        let joined = written.join(".");
        let (_, id) = self.reads.iter().find(|(read, _)| *read == joined)?;
        let relation = self.scope.snapshot.relation(*id)?;
        let schema = &self.scope.snapshot.schema(relation.schema)?.name;
        let last = written.last()?;
        let same = *last == relation.name;
        let there = match written.as_slice() {
            [_] => self.scope.is_visible(*id),
            [within, _] => within == schema,
            _ => false,
        };
        if same && there || relation.is_temporary() {
            return None;
        }
        let mut text = format!("{}.{}", quote_ident(schema), quote_ident(&relation.name));
        if !same && !aliased {
            text = format!("{text} {}", quote_ident(last));
        }
        let from = position(self.sql, idents.first()?.span.start)?;
        let to = position(self.sql, idents.last()?.span.end)?;
        Some(Edit { from: from - 1, to: to - 1, text })
    }
}

/// The one star of a select list as the columns that it stood for.
fn star(sql: &str, query: &Query, columns: &[Column]) -> Option<Edit> {
    let SetExpr::Select(select) = &*query.body else { return None };
    let items = &select.projection;
    let is_star = |item: &&SelectItem| {
        matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..))
    };
    let mut stars = items.iter().enumerate().filter(|(_, item)| is_star(item));
    let ((at, item), None) = (stars.next()?, stars.next()) else { return None };
    let (before, options) = match item {
        SelectItem::Wildcard(options) => (None, options),
        SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), o) => {
            (Some(name), o)
        }
        _ => return None,
    };
    let count = (columns.len() + 1).checked_sub(items.len()).filter(|count| *count > 0)?;
    let meant = columns.get(at..at + count)?;
    let qualifier = before.map(|name| format!("{name}.")).unwrap_or_default();
    let names = meant.iter().map(|column| format!("{qualifier}{}", quote_ident(&column.name)));
    let span = options.wildcard_token.0.span;
    let end = position(sql, span.end)?;
    let first = before.and_then(|name| match name.0.first() {
        Some(ast::ObjectNamePart::Identifier(ident)) => Some(ident.span.start),
        _ => None,
    });
    let start = position(sql, first.unwrap_or(span.start))?;
    let text = names.collect::<Vec<_>>().join(", ");
    Some(Edit { from: start - 1, to: end - 1, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_edits_stays() {
        let edit = |from, to, text: &str| Edit { from, to, text: text.to_owned() };
        let edits = vec![edit(14, 15, "s.t"), edit(7, 8, "é, b")];
        assert_eq!(edited("SELECT * FROM t WHERE a", edits), "SELECT é, b FROM s.t WHERE a");
    }
}
