//! `EXCLUDE` in window frames, which the engine's have none of: the parser leaves a mark on the window's name, which is
//! handed on as a mark among its partitions until types are known, and then becomes another function over the window.

use std::sync::Arc;

use datafusion::common::Result as DfResult;
use datafusion::logical_expr::expr::{ScalarFunction, WindowFunction};
use datafusion::logical_expr::{Expr as Bound, Window, WindowFunctionDefinition};

use super::meaning::external;
use super::syntax::call;
use crate::error::Error;
use crate::functions::excluding::{self, Excluded, MARK};
use crate::parser::ast::{self, Expr, Ident, WindowSpec};
use crate::parser::excluded;

/// Takes the parser's mark off a window's name.
pub(super) fn taken(spec: &mut WindowSpec) -> Option<String> {
    let (kind, name) = excluded(spec.window_name.as_ref()?)?;
    spec.window_name = name.map(|name| Ident::with_quote('"', name));
    Some(kind)
}

/// Puts the mark among the partitions: they are equal in it.
pub(super) fn put(spec: &mut WindowSpec, kind: Option<String>) {
    if let Some(kind) = kind {
        let kind = Expr::Value(ast::Value::SingleQuotedString(kind).into());
        spec.partition_by.push(call(MARK, vec![kind]));
    }
}

/// Whether a bound window leaves something out.
pub(super) fn is_marked(window: &WindowFunction) -> bool {
    window.params.partition_by.iter().any(|e| marked(e).is_some())
}

/// The functions of a node that are over such windows, as those that know how.
pub(super) fn in_node(node: Window) -> DfResult<Window> {
    let over = |e: &Bound| match e {
        Bound::WindowFunction(window) => is_marked(window),
        _ => false,
    };
    if !node.window_expr.iter().any(|e| over(&e.clone().unalias())) {
        return Ok(node);
    }
    let passed = node.input.schema().fields().len();
    let mut all = Vec::with_capacity(node.window_expr.len());
    for (i, e) in node.window_expr.into_iter().enumerate() {
        all.push(match e.clone().unalias() {
            Bound::WindowFunction(window) if is_marked(&window) => {
                let name = node.schema.field(passed + i).name().clone();
                Bound::WindowFunction(Box::new(settled(*window)?)).alias(name)
            }
            _ => e,
        });
    }
    Window::try_new(all, node.input)
}

fn marked(e: &Bound) -> Option<&ScalarFunction> {
    match e {
        Bound::ScalarFunction(call) if call.name() == MARK => Some(call),
        Bound::Alias(alias) => marked(&alias.expr),
        _ => None,
    }
}

fn settled(mut window: WindowFunction) -> DfResult<WindowFunction> {
    let kind = window.params.partition_by.iter().find_map(marked).and_then(|mark| {
        match mark.args.first()? {
            Bound::Literal(kind, _) => kind.try_as_str()?.map(str::to_owned),
            _ => None,
        }
    });
    let excluded = match kind.as_deref() {
        Some("current") => Excluded::CurrentRow,
        Some("group") => Excluded::Group,
        Some("ties") => Excluded::Ties,
        _ => return Err(external(Error::internal("a frame leaves out what is unknown"))),
    };
    window.params.partition_by.retain(|e| marked(e).is_none());
    let function = match &window.fun {
        WindowFunctionDefinition::AggregateUDF(function) => {
            let filter = window.params.filter.take();
            let filtered = filter.is_some();
            window.params.args.extend(filter.map(|filter| *filter));
            Some(excluding::aggregate(Arc::clone(function), excluded, filtered))
        }
        // What looks at no frame misses nothing in it.
        WindowFunctionDefinition::WindowUDF(function) => excluding::placed(function, excluded),
    };
    if let Some(function) = function {
        window.fun = WindowFunctionDefinition::WindowUDF(Arc::new(function));
    }
    Ok(window)
}
