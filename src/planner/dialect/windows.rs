//! Windows that build on a named one, `OVER (w ORDER BY k)`: its partitions and its order are written out.

use std::ops::ControlFlow;

use super::{excluding, frames};
use crate::error::{Error, Result, SqlState};
use crate::parser::ast::{
    Expr, Ident, NamedWindowDefinition, NamedWindowExpr, OrderBy, OrderByKind, Query, Select,
    SelectItem, SetExpr, VisitMut, VisitorMut, WindowSpec, WindowType,
};
use crate::parser::folded;

/// Writes out the windows of one select.
pub(super) fn write_out(select: &mut Select) -> Result<()> {
    let mut known = Named::default();
    for NamedWindowDefinition(name, window) in &mut select.named_window {
        if let NamedWindowExpr::WindowSpec(spec) = window {
            frames::write_out(spec)?;
            known.build_on(spec)?;
            known.windows.push((folded(name), spec.clone()));
        }
    }
    for item in &mut select.projection {
        let (SelectItem::UnnamedExpr(e) | SelectItem::ExprWithAlias { expr: e, .. }) = item else {
            continue;
        };
        known.in_expression(e)?;
    }
    Ok(())
}

/// `ORDER BY rank() OVER w`: the engine's planner looks for `w` in the select list only.
pub(super) fn write_out_keys(query: &mut Query) -> Result<()> {
    let SetExpr::Select(select) = &mut *query.body else { return Ok(()) };
    let Some(OrderBy { kind: OrderByKind::Expressions(keys), .. }) = &mut query.order_by else {
        return Ok(());
    };
    let mut known = Named { by_name: true, ..Named::default() };
    for NamedWindowDefinition(name, window) in &select.named_window {
        if let NamedWindowExpr::WindowSpec(spec) = window {
            let mut spec = spec.clone();
            known.build_on(&mut spec)?;
            known.windows.push((folded(name), spec));
        }
    }
    keys.iter_mut().try_for_each(|key| known.in_expression(&mut key.expr))
}

/// The windows that WINDOW names, in their order.
#[derive(Default)]
struct Named {
    windows: Vec<(String, WindowSpec)>,
    /// Whether `OVER w` is written out as well.
    by_name: bool,
    /// Queries around what is looked at: they have windows of their own.
    below: usize,
}

impl Named {
    fn in_expression(&mut self, e: &mut Expr) -> Result<()> {
        match e.visit(self) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(e) => Err(e),
        }
    }

    fn find(&self, name: &Ident) -> Result<&WindowSpec> {
        let name = folded(name);
        let found = self.windows.iter().find(|(known, _)| *known == name);
        found.map(|(_, spec)| spec).ok_or_else(|| {
            let message = format!("window \"{name}\" does not exist");
            Error::new(SqlState::UNDEFINED_OBJECT, message)
        })
    }

    fn build_on(&self, spec: &mut WindowSpec) -> Result<()> {
        let excluded = excluding::taken(spec);
        self.copy(spec)?;
        excluding::put(spec, excluded);
        Ok(())
    }

    /// As in PostgreSQL nothing of the named window may be said again, and it may have no frame.
    fn copy(&self, spec: &mut WindowSpec) -> Result<()> {
        let Some(name) = spec.window_name.take() else { return Ok(()) };
        let base = self.find(&name)?;
        let name = folded(&name);
        let wrong = |message: String| Error::new(SqlState::WINDOWING_ERROR, message);
        if !spec.partition_by.is_empty() {
            return Err(wrong(format!("cannot override PARTITION BY clause of window \"{name}\"")));
        }
        if !spec.order_by.is_empty() && !base.order_by.is_empty() {
            return Err(wrong(format!("cannot override ORDER BY clause of window \"{name}\"")));
        }
        if base.window_frame.is_some() {
            let message = format!("cannot copy window \"{name}\" because it has a frame clause");
            let bare = spec.order_by.is_empty() && spec.window_frame.is_none();
            return Err(match bare {
                true => wrong(message).hint("Omit the parentheses in this OVER clause."),
                false => wrong(message),
            });
        }
        spec.partition_by.clone_from(&base.partition_by);
        if spec.order_by.is_empty() {
            spec.order_by.clone_from(&base.order_by);
        }
        Ok(())
    }

    fn in_window(&self, over: &mut WindowType) -> Result<()> {
        match over {
            WindowType::WindowSpec(spec) => self.build_on(spec),
            WindowType::NamedWindow(name) if self.by_name => {
                *over = WindowType::WindowSpec(self.find(name)?.clone());
                Ok(())
            }
            WindowType::NamedWindow(_) => Ok(()),
        }
    }
}

impl VisitorMut for Named {
    type Break = Error;

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<Error> {
        self.below += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<Error> {
        self.below -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, e: &mut Expr) -> ControlFlow<Error> {
        if let Expr::Function(function) = e
            && let Some(over) = &mut function.over
            && self.below == 0
            && let Err(e) = self.in_window(over)
        {
            return ControlFlow::Break(e);
        }
        ControlFlow::Continue(())
    }
}
