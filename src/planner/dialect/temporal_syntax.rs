//! Dates, times and intervals in the syntax tree: literals with fields or a precision, `extract`, OVERLAPS, arguments by
//! name. What depends on types is left to the plan.

use super::syntax::{call, null};
use crate::catalog::types::SqlType;
use crate::error::{Error, Result};
use crate::functions::time::casts::packed;
use crate::functions::time::read_span::Fields;
use crate::functions::time::words::Unit;
use crate::parser::ast::{self, DataType, DateTimeField, Expr, IntervalFields, TimezoneInfo};

/// Rewrites what belongs here.
pub(super) fn rewrite(expr: &mut Expr) -> Result<()> {
    match expr {
        Expr::Interval(interval) => {
            let within = Fields {
                first: interval.leading_field.as_ref().map(unit).transpose()?,
                last: interval.last_field.as_ref().map(unit).transpose()?,
                precision: precision(
                    interval.fractional_seconds_precision.or(interval.leading_precision),
                ),
            };
            let value = take(&mut interval.value);
            *expr = precise(value, "__to_interval", packed(within));
        }
        Expr::Cast { expr: inner, data_type, .. } => {
            if let Some((name, modifier)) = modified(data_type) {
                let inner = take(inner);
                *expr = precise(inner, name, modifier);
            }
        }
        Expr::TypedString(typed) => {
            if let Some((name, modifier)) = modified(&typed.data_type) {
                let value = Expr::Value(typed.value.clone());
                *expr = precise(value, name, modifier);
            }
        }
        Expr::Extract { field, expr: inner, .. } => {
            let name = Expr::Value(ast::Value::SingleQuotedString(field_name(field)).into());
            let inner = take(inner);
            *expr = call("extract", vec![name, inner]);
        }
        Expr::Array(array) => like_each_other(array.elem.iter_mut().collect()),
        _ => {}
    }
    Ok(())
}

/// Literals in quotes in a column of VALUES are of the type that another row names in it.
pub(super) fn type_values(values: &mut ast::Values) {
    let mut rows: Vec<&mut Vec<Expr>> =
        values.rows.iter_mut().map(|row| &mut row.content).collect();
    let width = rows.iter().map(|row| row.len()).min().unwrap_or(0);
    for i in 0..width {
        as_another(rows.iter_mut().map(|row| &mut row[i]).collect());
        like_each_other(rows.iter_mut().map(|row| &mut row[i]).collect());
        like_numbers(rows.iter_mut().map(|row| &mut row[i]).collect());
    }
}

/// Literals beside a value of a type that Arrow has no own one for: DataFusion asks that all rows say that name.
fn as_another(mut all: Vec<&mut Expr>) {
    const NAMED: &[&str] = &["json", "jsonb", "name", "numeric", "oid", "uuid"];
    let cast_to = |e: &Expr| match e {
        Expr::Cast { data_type, .. } => Some(data_type.clone()),
        Expr::TypedString(typed) => Some(typed.data_type.clone()),
        _ => None,
    };
    let wanted = all.iter().find_map(|e| {
        cast_to(e).filter(|t| NAMED.contains(&t.to_string().to_lowercase().as_str()))
    });
    let Some(wanted) = wanted else { return };
    let numeric = wanted.to_string().eq_ignore_ascii_case("numeric");
    for e in &mut all {
        let literal = match &**e {
            Expr::Value(value) => match &value.value {
                ast::Value::SingleQuotedString(_) | ast::Value::Null => true,
                ast::Value::Number(..) => numeric,
                _ => false,
            },
            Expr::UnaryOp { op: ast::UnaryOperator::Minus, expr } => {
                let number = |v: &ast::ValueWithSpan| matches!(v.value, ast::Value::Number(..));
                numeric && matches!(&**expr, Expr::Value(value) if number(value))
            }
            _ => false,
        };
        if literal {
            let expr = Box::new(std::mem::replace(*e, null()));
            let (kind, data_type) = (ast::CastKind::Cast, wanted.clone());
            **e = Expr::Cast { kind, expr, data_type, array: false, format: None };
        }
    }
}

fn like_each_other(mut all: Vec<&mut Expr>) {
    let mut named = all.iter().filter_map(|e| named_type(e));
    let Some(first) = named.next() else { return };
    if !named.all(|other| other == first) {
        return;
    }
    for e in &mut all {
        let literal = |value: &ast::Value| {
            matches!(value, ast::Value::SingleQuotedString(_) | ast::Value::Null)
        };
        if matches!(e, Expr::Value(value) if literal(&value.value)) {
            let inner = Box::new(std::mem::replace(*e, null()));
            **e = Expr::Cast {
                kind: ast::CastKind::Cast,
                expr: inner,
                data_type: first.clone(),
                array: false,
                format: None,
            };
        }
    }
}

/// Literals in quotes beside whole numbers are whole numbers.
fn like_numbers(all: Vec<&mut Expr>) {
    let whole = |e: &Expr| match e {
        Expr::Value(value) => match &value.value {
            ast::Value::Number(n, _) => n.parse::<i64>().ok(),
            _ => None,
        },
        _ => None,
    };
    let quoted = |e: &Expr| matches!(e, Expr::Value(value) if matches!(value.value, ast::Value::SingleQuotedString(_)));
    let null = |e: &Expr| matches!(e, Expr::Value(value) if value.value == ast::Value::Null);
    let known = all.iter().all(|e| whole(e).is_some() || quoted(e) || null(e));
    let most = all.iter().filter_map(|e| whole(e)).max();
    let (true, true, Some(most)) = (known, all.iter().any(|e| quoted(e)), most) else { return };
    let data_type = match i32::try_from(most) {
        Ok(_) => DataType::Int4(None),
        Err(_) => DataType::Int8(None),
    };
    for e in all.into_iter().filter(|e| !null(e)) {
        let inner = Box::new(std::mem::replace(e, self::null()));
        *e = Expr::Cast {
            kind: ast::CastKind::Cast,
            expr: inner,
            data_type: data_type.clone(),
            array: false,
            format: None,
        };
    }
}

/// The type that an expression says it has: a date or time, or one that Arrow has no type of its own for.
fn named_type(e: &Expr) -> Option<DataType> {
    let data_type = match e {
        Expr::Nested(inner) => return named_type(inner),
        Expr::TypedString(typed) => typed.data_type.clone(),
        Expr::Cast { data_type, .. } => data_type.clone(),
        Expr::Interval(_) => DataType::Interval { fields: None, precision: None },
        _ => return None,
    };
    let is_temporal = matches!(
        data_type,
        DataType::Date | DataType::Time(..) | DataType::Timestamp(..) | DataType::Interval { .. }
    ) || data_type.to_string().eq_ignore_ascii_case("timetz");
    let unsaid = || {
        super::sql_type(&data_type).is_ok_and(|t| {
            let beside_arrow = t.is_string() && t != SqlType::Text;
            (beside_arrow || t.is_registered() || t == SqlType::Oid) && t.modifier() < 0
        })
    };
    (is_temporal || unsaid()).then_some(data_type)
}

fn take(expr: &mut Expr) -> Expr {
    std::mem::replace(expr, null())
}

fn number(n: i64) -> Expr {
    Expr::Value(ast::Value::Number(n.to_string(), false).into())
}

/// A cast by its function, which has the modifier as second argument.
fn precise(value: Expr, name: &str, modifier: i64) -> Expr {
    match modifier {
        // No field and no precision.
        7 if name == "__to_interval" => Expr::Cast {
            kind: ast::CastKind::Cast,
            expr: Box::new(value),
            data_type: DataType::Interval { fields: None, precision: None },
            array: false,
            format: None,
        },
        modifier => call(name, vec![value, number(modifier)]),
    }
}

fn precision(digits: Option<u64>) -> Option<u32> {
    digits.map(|d| u32::try_from(d.min(6)).unwrap_or(6))
}

/// The cast's function and its modifier, if the type has one.
pub(super) fn modified(data_type: &DataType) -> Option<(&'static str, i64)> {
    match data_type {
        DataType::Timestamp(Some(digits), zone) => {
            let name = match zone {
                TimezoneInfo::None | TimezoneInfo::WithoutTimeZone => "__to_timestamp",
                TimezoneInfo::WithTimeZone | TimezoneInfo::Tz => "__to_timestamptz",
            };
            Some((name, (*digits).min(6) as i64))
        }
        DataType::Time(Some(digits), zone) => {
            let name = match zone {
                TimezoneInfo::None | TimezoneInfo::WithoutTimeZone => "__to_time",
                TimezoneInfo::WithTimeZone | TimezoneInfo::Tz => "__to_timetz",
            };
            Some((name, (*digits).min(6) as i64))
        }
        DataType::Interval { fields: None, precision: None } => None,
        DataType::Interval { fields, precision: digits } => {
            let (first, last) = fields.as_ref().map_or((None, None), bounds);
            let within = Fields { first, last, precision: precision(*digits) };
            Some(("__to_interval", packed(within)))
        }
        _ => None,
    }
}

fn bounds(fields: &IntervalFields) -> (Option<Unit>, Option<Unit>) {
    use Unit::*;
    let (first, last) = match fields {
        IntervalFields::Year => (Year, None),
        IntervalFields::Month => (Month, None),
        IntervalFields::Day => (Day, None),
        IntervalFields::Hour => (Hour, None),
        IntervalFields::Minute => (Minute, None),
        IntervalFields::Second => (Second, None),
        IntervalFields::YearToMonth => (Year, Some(Month)),
        IntervalFields::DayToHour => (Day, Some(Hour)),
        IntervalFields::DayToMinute => (Day, Some(Minute)),
        IntervalFields::DayToSecond => (Day, Some(Second)),
        IntervalFields::HourToMinute => (Hour, Some(Minute)),
        IntervalFields::HourToSecond => (Hour, Some(Second)),
        IntervalFields::MinuteToSecond => (Minute, Some(Second)),
    };
    (Some(first), last)
}

fn unit(field: &DateTimeField) -> Result<Unit> {
    Ok(match field {
        DateTimeField::Year => Unit::Year,
        DateTimeField::Month => Unit::Month,
        DateTimeField::Day => Unit::Day,
        DateTimeField::Hour => Unit::Hour,
        DateTimeField::Minute => Unit::Minute,
        DateTimeField::Second => Unit::Second,
        other => {
            let name = other.to_string().to_lowercase();
            return Err(Error::syntax(format!("syntax error at or near \"{name}\"")));
        }
    })
}

/// As it was written: the parser knows units of other databases too.
fn field_name(field: &DateTimeField) -> String {
    match field {
        DateTimeField::Custom(name) => match name.quote_style {
            Some(_) => name.value.clone(),
            None => name.value.to_lowercase(),
        },
        other => other.to_string().to_lowercase(),
    }
}
