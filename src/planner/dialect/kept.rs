//! Dates and intervals in expressions that are kept: views, policies, masks, defaults, checks. PostgreSQL reads their
//! literals when they are made; here their text is kept, and so it is read as by a session with the default DateStyle
//! and IntervalStyle, whatever the session that uses them has. One that makes them may not mean something else.

use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::Result as DfResult;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::logical_expr::{
    ColumnarValue, Expr, LogicalPlan, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature,
};

use super::meaning::external;
use super::temporal::call;
use crate::catalog::types::SqlType;
use crate::error::{Error, Result};
use crate::functions::session::Asked;
use crate::functions::style::{IntervalForm, Style};
use crate::functions::time;
use crate::functions::time::casts::cast_to;
use crate::functions::time::kinds::Kind;
use crate::functions::time::read::{self, Order, Setting};
use crate::functions::time::read_span::{self, Fields};
use crate::planner::failure::from_datafusion;
use crate::system::scope::Scope;

/// What is kept, with its literals read as every session reads them.
pub fn as_kept(plan: LogicalPlan, scope: &Scope) -> Result<LogicalPlan> {
    if reads_alike(scope) {
        return Ok(plan);
    }
    let read = plan.transform_up_with_subqueries(|node| node.map_expressions(kept));
    read.map(|t| t.data).map_err(from_datafusion)
}

/// The same of one expression.
pub fn expression_as_kept(expression: Expr, scope: &Scope) -> Result<Expr> {
    if reads_alike(scope) {
        return Ok(expression);
    }
    kept(expression).map(|t| t.data).map_err(from_datafusion)
}

/// What is to be kept must not mean another day to those who will use it.
pub fn refuse_ambiguous(plan: &LogicalPlan, scope: &Scope) -> Result<()> {
    if reads_alike(scope) {
        return Ok(());
    }
    let style = style(scope);
    let looked = plan.clone().transform_up_with_subqueries(|node| {
        node.map_expressions(|e| e.transform_up(|e| refused(e, &style)))
    });
    looked.map(drop).map_err(from_datafusion)
}

/// The same of one expression.
pub fn refuse_ambiguous_expression(expression: &Expr, scope: &Scope) -> Result<()> {
    if reads_alike(scope) {
        return Ok(());
    }
    let style = style(scope);
    expression.clone().transform_up(|e| refused(e, &style)).map(drop).map_err(from_datafusion)
}

fn reads_alike(scope: &Scope) -> bool {
    let style = style(scope);
    style.order == Order::MonthFirst && style.intervals != IntervalForm::Sql
}

fn style(scope: &Scope) -> Style {
    let setting = |name: &str| scope.settings.get(name).map(String::as_str);
    Style::of(&scope.time_zone, setting).unwrap_or_default()
}

fn refused(e: Expr, here: &Style) -> DfResult<Transformed<Expr>> {
    match literals(&e).into_iter().find(|text| reads_otherwise(text, here)) {
        None => Ok(Transformed::no(e)),
        Some(text) => Err(external(
            Error::unsupported(format!(
                "keeping '{text}', which other settings of DateStyle and IntervalStyle read otherwise,"
            ))
            .hint("Write dates as 2024-02-01, and intervals with a sign for each part."),
        )),
    }
}

/// Literals that are or may be read as a date, a time or an interval.
fn literals(e: &Expr) -> Vec<&str> {
    fn text(e: &Expr) -> Option<&str> {
        match e {
            Expr::Literal(value, _) => value.try_as_str().flatten(),
            _ => None,
        }
    }
    // These read by a pattern.
    const BY_PATTERN: [&str; 3] = ["to_date", "to_timestamp", "to_char"];
    match e {
        Expr::ScalarFunction(call) if BY_PATTERN.contains(&call.name()) => Vec::new(),
        Expr::ScalarFunction(call) if time::is_ours(call.name()) => {
            call.args.iter().filter_map(text).collect()
        }
        Expr::Cast(cast) if Kind::of(&SqlType::of(&cast.field)).is_temporal() => {
            text(&cast.expr).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn reads_otherwise(text: &str, here: &Style) -> bool {
    let (here, plain) = (Setting::of(here, 0), Setting { zone: here.zone, ..Setting::PLAIN });
    let moment = |setting: &Setting| read::timestamp(text, setting).ok();
    let span =
        |setting: &Setting| read_span::interval(text, Fields::default(), setting.intervals).ok();
    moment(&here) != moment(&plain) || span(&here) != span(&plain)
}

fn kept(e: Expr) -> DfResult<Transformed<Expr>> {
    e.transform_up(|e| {
        if literals(&e).is_empty() {
            return Ok(Transformed::no(e));
        }
        let e = match e {
            // A cast becomes this call in the end.
            Expr::Cast(cast) => {
                let to = Kind::of(&SqlType::of(&cast.field));
                match cast_to(to, None) {
                    Some((name, _)) => call(name, vec![*cast.expr])?,
                    None => Expr::Cast(cast),
                }
            }
            other => other,
        };
        Ok(match e {
            Expr::ScalarFunction(mut call) => {
                let kept = Kept { inner: Arc::clone(&call.func) };
                call.func = Arc::new(ScalarUDF::from(kept));
                Transformed::yes(Expr::ScalarFunction(call))
            }
            other => Transformed::no(other),
        })
    })
}

/// A function that reads its arguments as with the default settings.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Kept {
    inner: Arc<ScalarUDF>,
}

impl ScalarUDFImpl for Kept {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn coerce_types(&self, types: &[DataType]) -> DfResult<Vec<DataType>> {
        self.inner.coerce_types(types)
    }

    fn return_type(&self, types: &[DataType]) -> DfResult<DataType> {
        self.inner.return_type(types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> DfResult<FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn invoke_with_args(&self, mut args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        args.config_options = plain(&args.config_options);
        self.inner.invoke_with_args(args)
    }
}

/// The same options, as if DateStyle and IntervalStyle had their defaults for what is read.
fn plain(options: &ConfigOptions) -> Arc<ConfigOptions> {
    let mut options = options.clone();
    let asked = Asked::of(&options);
    let style =
        Style { order: Order::MonthFirst, intervals: IntervalForm::Postgres, ..asked.style };
    options.extensions.insert(Asked { style, ..asked });
    Arc::new(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_another_session_would_read_otherwise_is_refused() {
        let german = Style { order: Order::DayFirst, ..Style::default() };
        assert!(reads_otherwise("01/02/2024", &german));
        assert!(reads_otherwise("31/12/2024", &german));
        assert!(!reads_otherwise("2024-02-01", &german));
        assert!(!reads_otherwise("1 day", &german));
        let sql = Style { intervals: IntervalForm::Sql, ..Style::default() };
        assert!(reads_otherwise("-1 2:03:04", &sql));
    }
}
