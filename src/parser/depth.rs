//! How deep would this text nest? Refuses, before anything recursive looks at it, what would exhaust the stack:
//! a chain of operators is a tree as deep as it is long.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use super::ast::{BinaryOperator, Expr, Query, Value, VisitMut, VisitorMut};
use crate::error::{Error, Result, SqlState};

/// Operators one below the other; parentheses and sets of SELECTs count as well.
const LINKS_MAX: usize = 400;
/// AND and OR: those are put into balance, so there may be many.
const CONDITIONS_MAX: usize = 20_000;

/// What stands between two parentheses.
#[derive(Default)]
struct Group {
    /// Operators in the current item of a list.
    links: usize,
    /// The deepest parenthesis in it.
    inner: usize,
    /// The deepest item so far.
    deepest: usize,
    /// UNION, JOIN and the like: one below the other too.
    sets: usize,
}

impl Group {
    fn next_item(&mut self) {
        self.deepest = self.deepest.max(self.links + self.inner);
        (self.links, self.inner) = (0, 0);
    }

    fn depth(&self) -> usize {
        self.deepest.max(self.links + self.inner) + self.sets
    }
}

pub(super) fn check(tokens: &[TokenWithSpan]) -> Result<()> {
    let mut open = vec![Group::default()];
    let mut conditions = 0;
    for token in tokens {
        let nested = open.len() > 1;
        let Some(group) = open.last_mut() else { break };
        match &token.token {
            Token::LParen | Token::LBracket => open.push(Group::default()),
            Token::RParen | Token::RBracket if nested => {
                let closed = open.pop().unwrap_or_default().depth() + 1;
                if let Some(outer) = open.last_mut() {
                    outer.inner = outer.inner.max(closed);
                    // `a[1][2]` is a chain of its own.
                    outer.links += usize::from(token.token == Token::RBracket);
                }
            }
            Token::SemiColon => {
                open.truncate(1);
                open[0] = Group::default();
            }
            Token::Comma => group.next_item(),
            Token::Word(word) if word.quote_style.is_none() => {
                match word.value.to_ascii_uppercase().as_str() {
                    "AND" | "OR" => {
                        conditions += 1;
                        group.next_item();
                    }
                    "UNION" | "INTERSECT" | "EXCEPT" | "JOIN" => {
                        group.next_item();
                        group.sets += 1;
                    }
                    clause if CLAUSES.contains(&clause) => group.next_item(),
                    link if LINKS.contains(&link) => group.links += 1,
                    _ => {}
                }
            }
            Token::Whitespace(_) | Token::Number(..) | Token::SingleQuotedString(_) => {}
            Token::Word(_) | Token::RParen | Token::RBracket | Token::EOF | Token::Period => {}
            // Whatever else there is, is an operator or as rare as one.
            _ => group.links += 1,
        }
        let chained = open.len() == 1 && open[0].depth() > LINKS_MAX;
        if chained || open.len() > LINKS_MAX || conditions > CONDITIONS_MAX {
            return Err(too_deep());
        }
    }
    let depth = open.iter().map(Group::depth).sum::<usize>();
    if depth > LINKS_MAX { Err(too_deep()) } else { Ok(()) }
}

pub(super) fn too_deep() -> Error {
    Error::new(SqlState::STATEMENT_TOO_COMPLEX, "the statement is nested too deeply")
}

/// Words behind which an expression begins anew.
const CLAUSES: &[&str] = &[
    "SELECT", "FROM", "WHERE", "ON", "USING", "GROUP", "HAVING", "ORDER", "BY", "LIMIT", "OFFSET",
    "VALUES", "WHEN", "THEN", "ELSE", "CASE", "WITH", "SET", "FILTER", "OVER",
];

/// Operators that are words.
const LINKS: &[&str] = &[
    "IS", "IN", "LIKE", "ILIKE", "SIMILAR", "BETWEEN", "NOT", "ISNULL", "NOTNULL", "COLLATE", "AT",
    "ANY", "ALL", "OPERATOR",
];

/// Puts chains of AND and of OR into balance: as deep as the logarithm of their length.
pub(super) fn balance(query: &mut Query) {
    let _ = query.visit(&mut Balance);
}

struct Balance;

impl VisitorMut for Balance {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::BinaryOp { op: op @ (BinaryOperator::And | BinaryOperator::Or), left, .. } =
            expr
            && matches!(&**left, Expr::BinaryOp { op: inner, .. } if inner == op)
        {
            let op = op.clone();
            let whole = std::mem::replace(expr, Expr::Value(Value::Null.into()));
            *expr = tree(&mut parts(whole, &op), &op);
        }
        ControlFlow::Continue(())
    }
}

/// The operands of a chain that leans to the left, last first.
fn parts(mut whole: Expr, op: &BinaryOperator) -> Vec<Expr> {
    let mut all = Vec::new();
    loop {
        match whole {
            Expr::BinaryOp { left, op: inner, right } if inner == *op => {
                all.push(*right);
                whole = *left;
            }
            first => {
                all.push(first);
                return all;
            }
        }
    }
}

/// Takes operands from the end, where the first one is.
fn tree(parts: &mut Vec<Expr>, op: &BinaryOperator) -> Expr {
    fn of(count: usize, parts: &mut Vec<Expr>, op: &BinaryOperator) -> Expr {
        if count <= 1 {
            return parts.pop().unwrap_or_else(|| Expr::Value(Value::Null.into()));
        }
        let left = Box::new(of(count / 2, parts, op));
        let right = Box::new(of(count - count / 2, parts, op));
        Expr::BinaryOp { left, op: op.clone(), right }
    }
    of(parts.len(), parts, op)
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use crate::error::SqlState;

    fn state(sql: &str) -> Option<SqlState> {
        parse(sql).err().map(|e| e.state)
    }

    #[test]
    fn long_chains_are_refused_and_long_lists_are_not() {
        let deep = Some(SqlState::STATEMENT_TOO_COMPLEX);
        assert_eq!(state(&format!("SELECT 1{}", " + 1".repeat(300))), None);
        assert_eq!(state(&format!("SELECT 1{}", " + 1".repeat(3_000))), deep);
        assert_eq!(state(&format!("SELECT 1{}", "::int".repeat(100_000))), deep);
        assert_eq!(state(&format!("SELECT {}1", "- ".repeat(100_000))), deep);
        assert_eq!(state(&format!("SELECT a{} FROM t", "[1]".repeat(100_000))), deep);
        assert_eq!(state(&format!("SELECT {}1", "NOT ".repeat(100_000))), deep);
        assert_eq!(state(&format!("{}SELECT 1", "(".repeat(100_000))), deep);
        assert_eq!(state(&format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(5_000))), deep);
        assert_eq!(state(&format!("SELECT 1{}", " + (1".repeat(100_000))), deep);
        let nested =
            format!("SELECT {}1{}", "(".repeat(40), " + 1 + 1 + 1 + 1 + 1 + 1)".repeat(40));
        assert_eq!(state(&nested), None);
        let nested =
            format!("SELECT {}1{}", "(".repeat(90), " + 1 + 1 + 1 + 1 + 1 + 1)".repeat(90));
        assert_eq!(state(&nested), deep);
        assert_eq!(state(&format!("SELECT 1{}", ", 1 + 1".repeat(5_000))), None);
        assert_eq!(state(&format!("SELECT 1 IN (1{})", ", -1".repeat(5_000))), None);
        let cases = " WHEN a = 1 THEN 2".repeat(1_000);
        assert_eq!(state(&format!("SELECT CASE{cases} END FROM t")), None);
    }

    #[test]
    fn conditions_may_be_many() {
        let sql = format!("SELECT 1 WHERE a = 0{}", " AND a <> 1 OR b = 2".repeat(5_000));
        assert_eq!(state(&sql), None);
        let sql = format!("SELECT 1 WHERE a = 0{}", " AND a <> 1".repeat(30_000));
        assert_eq!(state(&sql), Some(SqlState::STATEMENT_TOO_COMPLEX));
    }
}
