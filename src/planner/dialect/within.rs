//! Whether a call stands in an expression itself, or in a query within it.

use std::ops::ControlFlow;

use crate::parser::ast::{self, Expr, Function, Query};

pub fn calls_itself(e: &Expr, test: impl Fn(&Function) -> bool) -> bool {
    calls(e, |below, function| below == 0 && test(function))
}

pub fn calls_below(e: &Expr, test: impl Fn(&Function) -> bool) -> bool {
    calls(e, |below, function| below > 0 && test(function))
}

fn calls(e: &Expr, test: impl Fn(usize, &Function) -> bool) -> bool {
    ast::Visit::visit(e, &mut Look { test, below: 0 }).is_break()
}

struct Look<F> {
    test: F,
    /// Queries around what is looked at.
    below: usize,
}

impl<F: Fn(usize, &Function) -> bool> ast::Visitor for Look<F> {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.below += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.below -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, e: &Expr) -> ControlFlow<()> {
        match e {
            Expr::Function(function) if (self.test)(self.below, function) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}
