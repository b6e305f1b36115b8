//! Windows that build on a named one, `OVER (w ORDER BY k)`: its partitions and its order are written out.

use std::ops::ControlFlow;

use super::frames;
use crate::error::Result;
use crate::parser::ast::{
    self, Expr, NamedWindowDefinition, NamedWindowExpr, OrderBy, OrderByKind, Query, Select,
    SelectItem, SetExpr, WindowSpec, WindowType,
};
use crate::parser::folded;

/// Writes out the windows of one select.
pub(super) fn write_out(select: &mut Select) -> Result<()> {
    if select.named_window.is_empty() {
        return Ok(());
    }
    let mut known: Vec<(String, WindowSpec)> = Vec::new();
    for NamedWindowDefinition(name, window) in &mut select.named_window {
        if let NamedWindowExpr::WindowSpec(spec) = window {
            frames::write_out(spec)?;
            build_on(spec, &known);
            known.push((folded(name), spec.clone()));
        }
    }
    for item in &mut select.projection {
        let (SelectItem::UnnamedExpr(e) | SelectItem::ExprWithAlias { expr: e, .. }) = item else {
            continue;
        };
        // The walk breaks off nowhere.
        let _: ControlFlow<()> = ast::visit_expressions_mut(e, |e| {
            if let Expr::Function(function) = e
                && let Some(WindowType::WindowSpec(spec)) = &mut function.over
            {
                build_on(spec, &known);
            }
            ControlFlow::Continue(())
        });
    }
    Ok(())
}

/// `ORDER BY rank() OVER w`: the engine's planner looks for `w` in the select list only.
pub(super) fn write_out_keys(query: &mut Query) {
    let SetExpr::Select(select) = &mut *query.body else { return };
    let Some(OrderBy { kind: OrderByKind::Expressions(keys), .. }) = &mut query.order_by else {
        return;
    };
    if select.named_window.is_empty() {
        return;
    }
    let mut known: Vec<(String, WindowSpec)> = Vec::new();
    for NamedWindowDefinition(name, window) in &select.named_window {
        if let NamedWindowExpr::WindowSpec(spec) = window {
            let mut spec = spec.clone();
            build_on(&mut spec, &known);
            known.push((folded(name), spec));
        }
    }
    for key in keys {
        let _: ControlFlow<()> = ast::visit_expressions_mut(&mut key.expr, |e| {
            if let Expr::Function(function) = e {
                match &mut function.over {
                    Some(WindowType::WindowSpec(spec)) => build_on(spec, &known),
                    Some(WindowType::NamedWindow(name)) => {
                        let named = known.iter().find(|(known, _)| *known == folded(name));
                        if let Some((_, spec)) = named {
                            function.over = Some(WindowType::WindowSpec(spec.clone()));
                        }
                    }
                    None => {}
                }
            }
            ControlFlow::Continue(())
        });
    }
}

fn build_on(spec: &mut WindowSpec, known: &[(String, WindowSpec)]) {
    let Some(name) = &spec.window_name else { return };
    let Some((_, base)) = known.iter().find(|(known, _)| *known == folded(name)) else { return };
    if spec.partition_by.is_empty() {
        spec.partition_by.clone_from(&base.partition_by);
    }
    if spec.order_by.is_empty() {
        spec.order_by.clone_from(&base.order_by);
    }
    spec.window_name = None;
}
