//! Other names for the columns in an expression's text, as CHECK constraints are kept.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::ast::{Expr, Ident, visit_expressions_mut};
use super::reader::{Reader, fold_ident};
use crate::error::Result;

/// The text with each column called what `name` answers for it; one it does not know stays.
pub fn renamed(text: &str, name: impl Fn(&str) -> Option<String>) -> Result<String> {
    let mut reader = Reader::new(&Arc::from(text))?;
    let mut expression = reader.parse(|p| p.parse_expr())?;
    let rename = |ident: &mut Ident| {
        if let Some(to) = name(&fold_ident(ident)) {
            *ident = Ident::with_quote('"', to);
        }
    };
    let _ = visit_expressions_mut(&mut expression, |e| {
        match e {
            Expr::Identifier(ident) => rename(ident),
            Expr::CompoundIdentifier(parts) => parts.last_mut().into_iter().for_each(rename),
            _ => {}
        }
        ControlFlow::<()>::Continue(())
    });
    Ok(expression.to_string())
}

/// Whether an expression's text speaks of a column of this name.
pub fn mentions(text: &str, column: &str) -> bool {
    let found = std::cell::Cell::new(false);
    let outcome = renamed(text, |name| {
        found.set(found.get() || name == column);
        None
    });
    // What cannot be read might.
    outcome.is_err() || found.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_renamed_wherever_they_stand() {
        let to = |name: &str| (name == "a").then(|| "b c".to_owned());
        let text = renamed("a > 1 AND (t.A < upper('a')::int OR \"A\" IS NULL)", to).unwrap();
        let wanted = "\"b c\" > 1 AND (t.\"b c\" < upper('a')::INT OR \"A\" IS NULL)";
        assert_eq!(text, wanted);
        assert!(mentions("x + a", "a") && !mentions("x + 'a'", "a"));
    }
}
