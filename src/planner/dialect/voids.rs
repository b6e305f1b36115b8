//! Arguments of type void: pgjdbc writes a parameter for what a function gives back, and PostgreSQL takes it away again.

use std::ops::ControlFlow;

use crate::catalog::types::SqlType;
use crate::parser::ast::{
    self, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Query, TableFactor, VisitMut,
    VisitorMut,
};

/// Takes parameters of type void out of the calls that have them.
pub fn drop_voids(query: &mut Query, parameters: &[Option<SqlType>]) {
    if !parameters.contains(&Some(SqlType::Void)) {
        return;
    }
    // The walk breaks off nowhere.
    let _: ControlFlow<()> = query.visit(&mut Pass { parameters });
}

struct Pass<'p> {
    parameters: &'p [Option<SqlType>],
}

impl Pass<'_> {
    fn clean(&self, args: &mut Vec<FunctionArg>) {
        args.retain(|arg| {
            let FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value))) = arg else {
                return true;
            };
            let ast::Value::Placeholder(name) = &value.value else { return true };
            let number = name.strip_prefix('$').and_then(|n| n.parse::<usize>().ok());
            let of = number.and_then(|n| self.parameters.get(n.checked_sub(1)?));
            of != Some(&Some(SqlType::Void))
        });
    }
}

impl VisitorMut for Pass<'_> {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        match factor {
            TableFactor::Table { args: Some(args), .. } => self.clean(&mut args.args),
            TableFactor::Function { args, .. } => self.clean(args),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, e: &mut Expr) -> ControlFlow<()> {
        if let Expr::Function(function) = e
            && let FunctionArguments::List(list) = &mut function.args
        {
            self.clean(&mut list.args);
        }
        ControlFlow::Continue(())
    }
}
