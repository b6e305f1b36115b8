//! Window frames: the bounds of RANGE as the engine takes them, and bounds that make no frame.

use super::excluding;
use crate::error::{Error, Result, SqlState};
use crate::functions::style::IntervalForm;
use crate::functions::time::read_span::{Fields, interval};
use crate::parser::ast::{
    self, BinaryOperator, DataType, Expr, UnaryOperator, Value, WindowFrame, WindowFrameBound,
    WindowFrameUnits, WindowSpec,
};

/// Writes out the frame of one window; before what stands in it is rewritten.
pub(super) fn write_out(spec: &mut WindowSpec) -> Result<()> {
    let excluded = excluding::taken(spec);
    excluding::put(spec, excluded);
    let Some(frame) = &mut spec.window_frame else { return Ok(()) };
    in_order(frame)?;
    let range = frame.units == WindowFrameUnits::Range;
    let ends = [("starting", Some(&mut frame.start_bound)), ("ending", frame.end_bound.as_mut())];
    for (end, bound) in ends {
        let Some(
            WindowFrameBound::Preceding(Some(offset)) | WindowFrameBound::Following(Some(offset)),
        ) = bound
        else {
            continue;
        };
        match range {
            true => {}
            false => count(offset, end, frame.units)?,
        }
        if is_negative(offset) {
            let message = match range {
                true => "invalid preceding or following size in window function".to_owned(),
                false => format!("frame {end} offset must not be negative"),
            };
            return Err(Error::new(SqlState::INVALID_FRAME_SIZE, message));
        }
        if let Some(text) = span_of(offset).filter(|_| range) {
            // The engine takes a bound's text as it stands in a number.
            **offset = Expr::Value(Value::Number(whole_units(text)?, false).into());
        }
    }
    Ok(())
}

/// PostgreSQL's own order of the bounds, each with its words for the wrong one.
fn in_order(frame: &WindowFrame) -> Result<()> {
    let end = frame.end_bound.as_ref().unwrap_or(&WindowFrameBound::CurrentRow);
    let message = match (&frame.start_bound, end) {
        (WindowFrameBound::Following(None), _) => "frame start cannot be UNBOUNDED FOLLOWING",
        (_, WindowFrameBound::Preceding(None)) => "frame end cannot be UNBOUNDED PRECEDING",
        (WindowFrameBound::CurrentRow, WindowFrameBound::Preceding(_)) => {
            "frame starting from current row cannot have preceding rows"
        }
        (WindowFrameBound::Following(_), WindowFrameBound::Preceding(_))
        | (WindowFrameBound::Following(_), WindowFrameBound::CurrentRow) => {
            "frame starting from following row cannot have preceding rows"
        }
        _ => return Ok(()),
    };
    Err(Error::new(SqlState::WINDOWING_ERROR, message))
}

/// How many rows or groups: the engine takes a number, PostgreSQL what becomes one without a row.
fn count(offset: &mut Expr, end: &str, units: WindowFrameUnits) -> Result<()> {
    if is_null(offset) {
        let message = format!("frame {end} offset must not be null");
        return Err(Error::new(SqlState::NULL_VALUE_NOT_ALLOWED, message));
    }
    if let Expr::Identifier(_) | Expr::CompoundIdentifier(_) = offset {
        let message = format!("argument of {units} must not contain variables");
        return Err(Error::new(SqlState::INVALID_COLUMN_REFERENCE, message));
    }
    let Some(n) = whole(offset) else {
        return Err(Error::unsupported(format!("an offset of {units} that is not a number")));
    };
    let digits = Expr::Value(Value::Number(n.unsigned_abs().to_string(), false).into());
    *offset = match n < 0 {
        true => Expr::UnaryOp { op: UnaryOperator::Minus, expr: Box::new(digits) },
        false => digits,
    };
    Ok(())
}

fn is_null(e: &Expr) -> bool {
    match e {
        Expr::Value(value) => value.value == Value::Null,
        Expr::Cast { expr, .. } | Expr::Nested(expr) => is_null(expr),
        _ => false,
    }
}

/// What a number, or a sum of such, comes to.
fn whole(e: &Expr) -> Option<i64> {
    match e {
        Expr::Value(value) => match &value.value {
            Value::Number(n, _) if !n.contains(['.', 'e', 'E']) => n.parse().ok(),
            // It is rounded, the half away from zero.
            Value::Number(n, _) => {
                let near = n.parse::<f64>().ok()?.round();
                (near.abs() < 1e15).then_some(near as i64)
            }
            Value::SingleQuotedString(text) => text.trim().parse().ok(),
            _ => None,
        },
        Expr::Interval(ast::Interval { value, leading_field: None, last_field: None, .. }) => {
            whole(value)
        }
        Expr::Nested(inner) => whole(inner),
        Expr::Cast {
            expr,
            data_type:
                DataType::SmallInt(_)
                | DataType::Int(_)
                | DataType::Integer(_)
                | DataType::BigInt(_)
                | DataType::Int2(_)
                | DataType::Int4(_)
                | DataType::Int8(_),
            ..
        } => whole(expr),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => whole(expr)?.checked_neg(),
        Expr::UnaryOp { op: UnaryOperator::Plus, expr } => whole(expr),
        Expr::BinaryOp { left, op, right } => {
            let exact = |e: &Expr| !matches!(e, Expr::Value(v) if matches!(&v.value, Value::Number(n, _) if n.contains('.')));
            let (a, b) = (whole(left)?, whole(right)?);
            match op {
                _ if !exact(left) || !exact(right) => None,
                BinaryOperator::Plus => a.checked_add(b),
                BinaryOperator::Minus => a.checked_sub(b),
                BinaryOperator::Multiply => a.checked_mul(b),
                _ => None,
            }
        }
        _ => None,
    }
}

fn is_negative(offset: &Expr) -> bool {
    matches!(offset, Expr::UnaryOp { op: UnaryOperator::Minus, expr }
        if matches!(&**expr, Expr::Value(value) if matches!(value.value, Value::Number(..))))
}

/// The text of an interval, with the unit that stands behind it.
fn span_of(offset: &Expr) -> Option<String> {
    let text = |e: &Expr| match e {
        Expr::Value(value) => value.value.clone().into_string(),
        _ => None,
    };
    match offset {
        Expr::Interval(ast::Interval { value, leading_field, last_field: None, .. }) => {
            let unit = leading_field.as_ref().map(|unit| format!(" {unit}"));
            Some(text(value)? + unit.as_deref().unwrap_or_default())
        }
        Expr::Cast { expr, data_type: DataType::Interval { fields: None, .. }, .. } => text(expr),
        Expr::TypedString(typed)
            if matches!(typed.data_type, DataType::Interval { fields: None, .. }) =>
        {
            typed.value.value.clone().into_string()
        }
        Expr::Nested(inner) => span_of(inner),
        _ => None,
    }
}

fn whole_units(text: String) -> Result<String> {
    let span = interval(&text, Fields::default(), IntervalForm::default())?;
    if span.months < 0 || span.days < 0 || span.micros < 0 {
        let message = "invalid preceding or following size in window function";
        return Err(Error::new(SqlState::INVALID_FRAME_SIZE, message));
    }
    Ok(format!("{} months {} days {} microseconds", span.months, span.days, span.micros))
}
