//! Calls of one aggregate that differ in a cast only, which the engine knows by one name: told apart.

use std::ops::ControlFlow;

use super::syntax::call;
use crate::parser::ast::{
    self, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Select, SelectItem,
};

/// `sum(a), sum(a::bigint)` in one select list.
pub(super) fn tell_apart(select: &mut Select) {
    let mut seen: Vec<(String, Vec<String>)> = Vec::new();
    for item in &mut select.projection {
        let (SelectItem::UnnamedExpr(e) | SelectItem::ExprWithAlias { expr: e, .. }) = item else {
            continue;
        };
        // The walk breaks off nowhere.
        let _: ControlFlow<()> = ast::visit_expressions_mut(e, |e| {
            if let Expr::Function(function) = e {
                in_call(function, &mut seen);
            }
            ControlFlow::Continue(())
        });
    }
}

fn in_call(function: &mut Function, seen: &mut Vec<(String, Vec<String>)>) {
    if function.to_string().starts_with("__") {
        return;
    }
    let (name, written) = (without_casts(function), function.to_string());
    let Some((_, known)) = seen.iter_mut().find(|(other, _)| *other == name) else {
        seen.push((name, vec![written]));
        return;
    };
    let at = known.iter().position(|other| *other == written).unwrap_or_else(|| {
        known.push(written);
        known.len() - 1
    });
    if at == 0 {
        return;
    }
    let FunctionArguments::List(list) = &mut function.args else { return };
    if let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(first))) = list.args.first_mut() {
        // Of one value it is that value, under another name.
        for _ in 0..at {
            let inner = std::mem::replace(first, super::syntax::null());
            *first = call("coalesce", vec![inner]);
        }
    }
}

fn without_casts(function: &Function) -> String {
    let mut bare = Expr::Function(function.clone());
    let _: ControlFlow<()> = ast::visit_expressions_mut(&mut bare, |e| {
        while let Expr::Cast { expr, .. } | Expr::Nested(expr) = e {
            let inner = std::mem::replace(&mut **expr, super::syntax::null());
            *e = inner;
        }
        ControlFlow::Continue(())
    });
    bare.to_string()
}
