//! Window frames: the bounds of RANGE as the engine takes them, and bounds that make no frame.

use super::excluding;
use crate::error::{Error, Result, SqlState};
use crate::functions::style::IntervalForm;
use crate::functions::time::read_span::{Fields, interval};
use crate::parser::ast::{
    self, DataType, Expr, UnaryOperator, Value, WindowFrame, WindowFrameBound, WindowFrameUnits,
    WindowSpec,
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
