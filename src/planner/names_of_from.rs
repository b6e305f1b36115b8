//! Errors about names that stand before a point: whether there is such a relation in FROM after all, and how it is
//! called there.

use std::ops::ControlFlow;

use crate::error::{Error, SqlState};
use crate::parser::ast::{self, Expr, SetOperator, TableFactor};
use crate::parser::folded;

/// The error in the words that PostgreSQL has for what the statement says.
pub(super) fn explained(error: Error, statement: &ast::Statement) -> Error {
    let mut seen = Seen::default();
    // The walk breaks off nowhere.
    let _: ControlFlow<()> = ast::Visit::visit(statement, &mut seen);
    match error.state {
        SqlState::UNDEFINED_TABLE => hidden(error, &seen),
        SqlState::WRONG_OBJECT_TYPE if error.message.starts_with("column notation") => {
            no_relation(error, &seen)
        }
        SqlState::SYNTAX_ERROR if error.message.starts_with("each UNION query") => {
            match seen.operators.as_slice() {
                [SetOperator::Intersect] => renamed(error, "INTERSECT"),
                [SetOperator::Except] => renamed(error, "EXCEPT"),
                _ => error,
            }
        }
        _ => error,
    }
}

fn renamed(error: Error, operator: &str) -> Error {
    let message = error.message.replace("UNION", operator);
    Error::new(error.state, message).at(error.position)
}

/// `SELECT t.a FROM t AS x`
fn hidden(error: Error, seen: &Seen) -> Error {
    let missing = error.message.strip_prefix("missing FROM-clause entry for table ");
    let Some(name) = missing.map(|name| name.trim_matches('"')) else { return error };
    let Some((_, alias)) = seen.relations.iter().find(|(known, _)| known == name) else {
        return error;
    };
    let message = format!("invalid reference to FROM-clause entry for table \"{name}\"");
    let better = Error::new(error.state, message).at(error.position);
    match alias {
        Some(alias) => {
            better.hint(format!("Perhaps you meant to reference the table alias \"{alias}\"."))
        }
        None => better.hint(format!(
            "There is an entry for table \"{name}\", but it cannot be referenced from this part of the query."
        )),
    }
}

/// `a.b` where `a` is a column: PostgreSQL looks for a relation.
fn no_relation(error: Error, seen: &Seen) -> Error {
    let is_relation = |name: &String| {
        seen.relations.iter().any(|(known, alias)| alias.as_ref().unwrap_or(known) == name)
    };
    match seen.qualifiers.iter().find(|name| !is_relation(name)) {
        Some(name) => super::failure::missing_from_entry(name).at(error.position),
        None => error,
    }
}

#[derive(Default)]
struct Seen {
    /// Names in FROM, and what they are called there.
    relations: Vec<(String, Option<String>)>,
    qualifiers: Vec<String>,
    operators: Vec<SetOperator>,
}

impl ast::Visitor for Seen {
    type Break = ();

    fn pre_visit_query(&mut self, query: &ast::Query) -> ControlFlow<()> {
        let mut bodies = vec![&*query.body];
        while let Some(body) = bodies.pop() {
            if let ast::SetExpr::SetOperation { op, left, right, .. } = body {
                self.operators.push(*op);
                bodies.extend([&**left, &**right]);
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        match factor {
            TableFactor::Table { name, alias, args: None, .. } => {
                if let Some(last) = name.0.last().and_then(|part| part.as_ident()) {
                    let alias = alias.as_ref().map(|alias| folded(&alias.name));
                    self.relations.push((folded(last), alias));
                }
            }
            TableFactor::Derived { alias: Some(alias), .. } => {
                self.relations.push((folded(&alias.name), None));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, e: &Expr) -> ControlFlow<()> {
        if let Expr::CompoundIdentifier(parts) = e
            && let [first, _] = parts.as_slice()
        {
            self.qualifiers.push(folded(first));
        }
        ControlFlow::Continue(())
    }
}
