//! `SELECT *` as the columns that a role may read, where `lake.star_expansion` is `permitted`.
//!
//! For tools that know no other way to ask: the star becomes the stars of each thing in FROM, without the
//! columns that would be refused. Where nothing is refused, or everything, the star stays as it is.

use std::collections::HashSet;
use std::ops::ControlFlow;

use super::names::{self, Found};
use super::query::Binder;
use crate::catalog::acl::Privileges;
use crate::catalog::name::Object;
use crate::catalog::relation::Relation;
use crate::parser::ast::{
    ExcludeSelectItem, Ident, ObjectName, ObjectNamePart, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, TableFactor, VisitMut, VisitorMut, WildcardAdditionalOptions,
};
use crate::parser::folded;
use crate::parser::statement::Name;

/// Rewrites every star of a query.
pub(super) fn permitted(binder: &Binder<'_>, query: &mut Query) {
    let mut pass = Pass { binder, ctes: HashSet::new() };
    // The pass breaks off nowhere.
    let _: ControlFlow<()> = query.visit(&mut pass);
}

struct Pass<'a, 'b> {
    binder: &'a Binder<'b>,
    /// Names of WITH queries: they hide relations of the same name.
    ctes: HashSet<String>,
}

/// One thing in FROM: what its columns are qualified with, and those that may not be read.
struct Part {
    qualifier: ObjectName,
    denied: Vec<String>,
    columns: usize,
}

impl VisitorMut for Pass<'_, '_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        if let Some(with) = &query.with {
            let aliases = with.cte_tables.iter().map(|cte| folded(&cte.alias.name));
            self.ctes.extend(aliases);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        let star = |item: &SelectItem| {
            matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..))
        };
        if !select.projection.iter().any(star) {
            return ControlFlow::Continue(());
        }
        let mut parts = Vec::new();
        for table in &select.from {
            let factors = std::iter::once(&table.relation);
            for factor in factors.chain(table.joins.iter().map(|join| &join.relation)) {
                match self.part(factor) {
                    Some(part) => parts.push(part),
                    // Something whose columns cannot be named: the star stays.
                    None => return ControlFlow::Continue(()),
                }
            }
        }
        let refused = |part: &Part| !part.denied.is_empty();
        let nothing =
            parts.iter().all(|part| part.columns > 0 && part.denied.len() == part.columns);
        if !parts.iter().any(refused) || nothing {
            return ControlFlow::Continue(());
        }
        let items = std::mem::take(&mut select.projection);
        select.projection = items.into_iter().flat_map(|item| expanded(item, &parts)).collect();
        ControlFlow::Continue(())
    }
}

impl Pass<'_, '_> {
    fn part(&self, factor: &TableFactor) -> Option<Part> {
        match factor {
            TableFactor::Table { name, alias, args: None, .. } => {
                let qualifier = match alias {
                    Some(alias) => ObjectName(vec![ObjectNamePart::Identifier(alias.name.clone())]),
                    None => name.clone(),
                };
                // Columns that an alias renames are other columns to the star.
                if alias.as_ref().is_some_and(|alias| !alias.columns.is_empty()) {
                    return None;
                }
                let relation = self.relation(name);
                let denied = relation.as_deref().map(|r| self.denied(r)).unwrap_or_default();
                let columns = relation.map_or(0, |r| r.columns.len());
                Some(Part { qualifier, denied, columns })
            }
            TableFactor::Derived { alias: Some(alias), .. } => {
                let qualifier = ObjectName(vec![ObjectNamePart::Identifier(alias.name.clone())]);
                Some(Part { qualifier, denied: Vec::new(), columns: 0 })
            }
            _ => None,
        }
    }

    fn relation(&self, name: &ObjectName) -> Option<std::sync::Arc<Relation>> {
        let mut parts: Vec<String> =
            name.0.iter().filter_map(|part| part.as_ident()).map(folded).collect();
        let bare = parts.pop()?;
        let schema = parts.pop();
        if schema.is_none() && self.ctes.contains(&bare) {
            return None;
        }
        let name = Name { schema, name: bare, position: None };
        match names::find(self.binder.scope, &name) {
            Ok(Some(Found::Relation(relation))) => Some(relation),
            _ => None,
        }
    }

    fn denied(&self, relation: &Relation) -> Vec<String> {
        let snapshot = &self.binder.scope.snapshot;
        let tagged = snapshot.denied_columns(self.binder.role, relation.id, Privileges::SELECT);
        let may = |number: i16| {
            let column = Object::Column(relation.id, number);
            snapshot.holds(self.binder.role, column, Privileges::SELECT)
                && !tagged.contains(&number)
        };
        let denied = relation.columns.iter().filter(|column| !may(column.number));
        denied.map(|column| column.name.clone()).collect()
    }
}

fn expanded(item: SelectItem, parts: &[Part]) -> Vec<SelectItem> {
    let some = |part: &&Part| part.columns == 0 || part.denied.len() < part.columns;
    match item {
        SelectItem::Wildcard(_) => parts.iter().filter(some).map(star).collect(),
        SelectItem::QualifiedWildcard(
            SelectItemQualifiedWildcardKind::ObjectName(name),
            options,
        ) => {
            let wanted = name.0.iter().filter_map(|p| p.as_ident()).map(folded).next_back();
            let found = parts.iter().find(|part| {
                let mut own = part.qualifier.0.iter().filter_map(|p| p.as_ident()).map(folded);
                own.next_back() == wanted
            });
            match found.filter(some) {
                Some(part) => vec![star(part)],
                None => {
                    let kind = SelectItemQualifiedWildcardKind::ObjectName(name);
                    vec![SelectItem::QualifiedWildcard(kind, options)]
                }
            }
        }
        other => vec![other],
    }
}

/// `part.* EXCLUDE (denied)`
fn star(part: &Part) -> SelectItem {
    let name = |name: &String| {
        ObjectName(vec![ObjectNamePart::Identifier(Ident::with_quote('"', name.clone()))])
    };
    let opt_exclude = (!part.denied.is_empty())
        .then(|| ExcludeSelectItem::Multiple(part.denied.iter().map(name).collect()));
    let kind = SelectItemQualifiedWildcardKind::ObjectName(part.qualifier.clone());
    let options = WildcardAdditionalOptions { opt_exclude, ..Default::default() };
    SelectItem::QualifiedWildcard(kind, options)
}
