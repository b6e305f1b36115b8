//! A WITH query that is named more than once is computed once: `WITH q AS (SELECT random()) …` gives one number. The
//! engine's planner puts its plan at each place; a mark in it says that these are the same rows.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use super::syntax::call;
use super::tables::select;
use crate::parser::ast::{
    self, Cte, Expr, Ident, ObjectName, Query, SelectItem, SetExpr, TableAlias, TableFactor,
    TableWithJoins,
};
use crate::parser::folded;

/// A condition that holds always, with a number that tells one WITH query from another.
pub(super) const ONCE: &str = "__once";

/// Numbers are never given twice, so that no view's WITH query is taken for another's.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Marks the WITH queries of one query.
pub(super) fn mark(query: &mut Query) {
    let Some(with) = &query.with else { return };
    let twice: Vec<bool> = with
        .cte_tables
        .iter()
        .map(|cte| times_named(query, &folded(&cte.alias.name)) > 1)
        .collect();
    let Some(with) = &mut query.with else { return };
    for (cte, twice) in with.cte_tables.iter_mut().zip(twice) {
        let own = folded(&cte.alias.name);
        if twice && times_named(&cte.query, &own) == 0 && is_read(&cte.query) {
            put_mark(cte);
        }
    }
}

fn is_read(query: &Query) -> bool {
    matches!(&*query.body, SetExpr::Select(_) | SetExpr::SetOperation { .. } | SetExpr::Query(_))
}

/// How often a relation of this name is read, shadowed or not: a mark too many costs nothing.
fn times_named(query: &Query, name: &str) -> usize {
    let mut times = 0;
    // The walk breaks off nowhere.
    let _: ControlFlow<()> = ast::visit_relations(query, |relation: &ObjectName| {
        if let [part] = relation.0.as_slice()
            && part.as_ident().is_some_and(|ident| folded(ident) == name)
        {
            times += 1;
        }
        ControlFlow::Continue(())
    });
    times
}

/// `SELECT * FROM (…) WHERE __once(n)`.
fn put_mark(cte: &mut Cte) {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut marked = select(vec![SelectItem::Wildcard(Default::default())]);
    let SetExpr::Select(around) = &mut *marked.body else { return };
    let number = Expr::Value(ast::Value::Number(number.to_string(), false).into());
    around.selection = Some(call(ONCE, vec![number]));
    let subquery = std::mem::replace(&mut cte.query, Box::new(super::syntax::empty_query()));
    let alias = TableAlias {
        explicit: true,
        name: Ident::with_quote('"', "__with"),
        columns: Vec::new(),
        at: None,
    };
    let relation =
        TableFactor::Derived { lateral: false, subquery, alias: Some(alias), sample: None };
    around.from = vec![TableWithJoins { relation, joins: Vec::new() }];
    *cte.query = marked;
}
