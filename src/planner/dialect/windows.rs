//! Windows that build on a named one, `OVER (w ORDER BY k)`: its partitions and its order are written out.

use std::ops::ControlFlow;

use super::frames;
use crate::error::Result;
use crate::parser::ast::{
    self, Expr, NamedWindowDefinition, NamedWindowExpr, Select, SelectItem, WindowSpec, WindowType,
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
