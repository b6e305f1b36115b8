//! Forms of expressions that become calls of our functions, while the statement is still a syntax tree.

use super::syntax::{call, null};
use crate::error::{Error, Result, SqlState};
use crate::functions::ambiguous_operator;
use crate::parser::ast::{
    self, AccessExpr, BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments,
    Subscript, UnaryOperator, Value,
};

fn taken(expr: &mut Expr) -> Expr {
    std::mem::replace(expr, null())
}

pub(super) fn text(value: &str) -> Expr {
    Expr::Value(Value::SingleQuotedString(value.to_owned()).into())
}

fn number(value: &str) -> Expr {
    Expr::Value(Value::Number(value.to_owned(), false).into())
}

/// The text of a literal in quotes.
fn quoted(expr: &Expr) -> Option<&str> {
    let Expr::Value(value) = expr else { return None };
    match &value.value {
        Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) => Some(text),
        _ => None,
    }
}

/// An expression that has been visited below, in PostgreSQL's meaning.
pub(super) fn form(expr: &mut Expr) -> Result<()> {
    match expr {
        Expr::UnaryOp { op, expr: inner } => {
            let function = match op {
                UnaryOperator::PGAbs => "__abs",
                UnaryOperator::PGSquareRoot => "__sqrt",
                UnaryOperator::PGCubeRoot => "__cbrt",
                UnaryOperator::BitwiseNot => "__bit_not",
                UnaryOperator::Minus | UnaryOperator::Plus if quoted(inner).is_some() => {
                    return Err(ambiguous_operator(&op.to_string(), &["unknown".to_owned()]));
                }
                UnaryOperator::Not if quoted(inner).is_some() => {
                    let value = taken(inner);
                    **inner = truth(value);
                    return Ok(());
                }
                UnaryOperator::PGPostfixFactorial | UnaryOperator::PGPrefixFactorial => {
                    return Err(Error::syntax("syntax error at or near \"!\""));
                }
                _ => return Ok(()),
            };
            let inner = taken(inner);
            *expr = call(function, vec![inner]);
        }
        Expr::IsTrue(inner)
        | Expr::IsFalse(inner)
        | Expr::IsNotTrue(inner)
        | Expr::IsNotFalse(inner)
        | Expr::IsUnknown(inner)
        | Expr::IsNotUnknown(inner)
            if quoted(inner).is_some() =>
        {
            let value = taken(inner);
            **inner = truth(value);
        }
        Expr::SimilarTo { negated, expr: inner, pattern, escape_char } => {
            let mut arguments = vec![taken(pattern)];
            arguments.extend(escape_char.take().map(Expr::Value));
            let function = if *negated { "__matches_not" } else { "__matches" };
            let pattern = call("similar_to_escape", arguments);
            let inner = taken(inner);
            *expr = call(function, vec![inner, pattern]);
        }
        Expr::Like { .. } | Expr::ILike { .. } => return like(expr),
        Expr::AnyOp { left, compare_op, right, .. } if !matches!(**right, Expr::Subquery(_)) => {
            let function = quantified("any", compare_op)?;
            let arguments = vec![taken(left), taken(right)];
            *expr = call(&function, arguments);
        }
        Expr::AllOp { left, compare_op, right } if !matches!(**right, Expr::Subquery(_)) => {
            let function = quantified("all", compare_op)?;
            let arguments = vec![taken(left), taken(right)];
            *expr = call(&function, arguments);
        }
        Expr::CompoundFieldAccess { root, access_chain }
            if access_chain.iter().all(|a| matches!(a, AccessExpr::Subscript(_))) =>
        {
            if matches!(&**root, Expr::Value(_)) {
                return Err(Error::syntax("syntax error at or near \"[\""));
            }
            let (root, chain) = (taken(root), std::mem::take(access_chain));
            *expr = subscripts(root, chain);
        }
        Expr::Array(array) => *expr = call("__array", std::mem::take(&mut array.elem)),
        Expr::Cast { expr: inner, .. } if is_empty_array(inner) => **inner = text("{}"),
        Expr::Cast { expr: inner, data_type, .. } if is_float(data_type) => {
            // As a double it has all its digits, and an exponent that no numeric has.
            if let Expr::Value(value) = &**inner
                && let Value::Number(digits, _) = &value.value
            {
                let digits = digits.clone();
                **inner = text(&digits);
            }
        }
        Expr::Position { expr: part, r#in } => {
            let arguments = vec![taken(r#in), taken(part)];
            *expr = call("__position", arguments);
        }
        Expr::Substring { expr: inner, substring_from, substring_for, special, shorthand } => {
            let mut arguments = vec![taken(inner)];
            let from = substring_from.take().map(|e| *e);
            let count = substring_for.take().map(|e| *e);
            if from.is_none() && count.is_none() {
                return Err(crate::functions::undefined("substring", &["unknown".to_owned()]));
            }
            arguments.push(from.unwrap_or_else(|| number("1")));
            arguments.extend(count);
            let function = match (*shorthand, *special) {
                (true, _) => "substr",
                (_, true) => "substring",
                _ => "__substring",
            };
            *expr = call(function, arguments);
        }
        Expr::Trim { expr: inner, trim_where, trim_what, trim_characters } => {
            let function = match trim_where {
                Some(ast::TrimWhereField::Leading) => "__ltrim",
                Some(ast::TrimWhereField::Trailing) => "__rtrim",
                _ => "__btrim",
            };
            let mut arguments = vec![taken(inner)];
            arguments.extend(trim_what.take().map(|e| *e));
            arguments.extend(trim_characters.take().unwrap_or_default());
            *expr = call(function, arguments);
        }
        Expr::Overlay { expr: inner, overlay_what, overlay_from, overlay_for } => {
            let mut arguments = vec![taken(inner), taken(overlay_what), taken(overlay_from)];
            arguments.extend(overlay_for.take().map(|e| *e));
            *expr = call("__overlay", arguments);
        }
        Expr::Ceil { expr: inner, .. } => {
            let inner = taken(inner);
            *expr = call("ceil", vec![inner]);
        }
        Expr::Floor { expr: inner, .. } => {
            let inner = taken(inner);
            *expr = call("floor", vec![inner]);
        }
        Expr::IsNormalized { expr: inner, form, negated } => {
            let form = form.as_ref().map_or("NFC".to_owned(), ToString::to_string);
            let inner = taken(inner);
            let found = call("__is_normalized", vec![inner, text(&form)]);
            *expr = if *negated { not(found) } else { found };
        }
        Expr::Between { .. } => symmetric(expr),
        Expr::Value(value) if matches!(value.value, Value::NationalStringLiteral(_)) => {
            if let Value::NationalStringLiteral(letters) = &value.value {
                let letters = text(letters);
                let name = ast::ObjectName::from(vec![ast::Ident::new("bpchar")]);
                *expr = cast(letters, ast::DataType::Custom(name, Vec::new()));
            }
        }
        Expr::Value(value) if matches!(value.value, Value::Number(..)) => {
            if let Value::Number(digits, _) = &value.value
                && let Some(written) = written_out(digits)
            {
                *expr = written;
            }
        }
        Expr::Function(function) => {
            named_form(function);
            if let Some((value, data_type)) = cast_by_name(function) {
                *expr = cast(value, data_type);
            }
        }
        _ => {}
    }
    rows(expr)
}

/// The most digits that a numeric has.
const DIGITS_MOST: i64 = 76;

/// A number with an exponent: without it where its digits can be written, else a double, as what asks for such numbers
/// writes its doubles.
fn written_out(number: &str) -> Option<Expr> {
    let at = number.find(['e', 'E'])?;
    let (mantissa, exponent) = (&number[..at], number[at + 1..].parse::<i64>().ok()?);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let scale = i64::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    let length = i64::try_from(digits.len()).ok()?;
    if scale > DIGITS_MOST || length.checked_sub(scale.min(0))? > DIGITS_MOST {
        return Some(cast(text(number), ast::DataType::Float8));
    }
    let zeros = usize::try_from(-scale).ok().filter(|zeros| *zeros > 0)?;
    let digits = if digits.is_empty() { "0" } else { digits };
    // A point keeps it from being taken for an integer.
    Some(self::number(&format!("{digits}{}.", "0".repeat(zeros))))
}

fn truth(expr: Expr) -> Expr {
    cast(expr, ast::DataType::Boolean)
}

fn cast(expr: Expr, data_type: ast::DataType) -> Expr {
    Expr::Cast {
        kind: ast::CastKind::DoubleColon,
        expr: Box::new(expr),
        data_type,
        array: false,
        format: None,
    }
}

fn not(expr: Expr) -> Expr {
    Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(Expr::Nested(Box::new(expr))) }
}

/// LIKE with an escape of its own.
fn like(expr: &mut Expr) -> Result<()> {
    let insensitive = matches!(expr, Expr::ILike { .. });
    let (Expr::Like { negated, expr: inner, pattern, escape_char, .. }
    | Expr::ILike { negated, expr: inner, pattern, escape_char, .. }) = expr
    else {
        return Ok(());
    };
    if let Some(escape) = escape_char.take() {
        let escape = match escape.value {
            Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) => text,
            other => return Err(Error::syntax(format!("syntax error at or near \"{other}\""))),
        };
        match quoted(pattern) {
            Some(known) => **pattern = text(&crate::functions::like_escape(known, &escape)?),
            None => {
                let varying = taken(pattern);
                **pattern = call("like_escape", vec![varying, text(&escape)]);
            }
        }
    }
    // What ends in a lone escape is wrong as soon as it is looked at.
    let backslashes = |t: &str| t.chars().rev().take_while(|c| *c == '\\').count();
    if quoted(pattern).is_some_and(|t| backslashes(t) % 2 == 1) {
        let function = match (insensitive, *negated) {
            (false, false) => "__like",
            (false, true) => "__like_not",
            (true, false) => "__ilike",
            (true, true) => "__ilike_not",
        };
        let arguments = vec![taken(inner), taken(pattern)];
        *expr = call(function, arguments);
    }
    Ok(())
}

fn quantified(which: &str, op: &BinaryOperator) -> Result<String> {
    let sign = match op {
        BinaryOperator::Eq => "eq",
        BinaryOperator::NotEq => "ne",
        BinaryOperator::Lt => "lt",
        BinaryOperator::LtEq => "le",
        BinaryOperator::Gt => "gt",
        BinaryOperator::GtEq => "ge",
        BinaryOperator::PGLikeMatch => "like",
        BinaryOperator::PGNotLikeMatch => "like_not",
        BinaryOperator::PGILikeMatch => "ilike",
        BinaryOperator::PGNotILikeMatch => "ilike_not",
        other => return Err(Error::unsupported(format!("{other} with ANY or ALL over an array"))),
    };
    Ok(format!("__{which}_{sign}"))
}

/// `a[1]`, `a[2:3]`, `a[1][2]`: all but the last give arrays of one dimension less.
fn subscripts(root: Expr, chain: Vec<AccessExpr>) -> Expr {
    let last = chain.len().saturating_sub(1);
    let mut found = root;
    for (i, access) in chain.into_iter().enumerate() {
        let AccessExpr::Subscript(subscript) = access else { continue };
        found = match subscript {
            Subscript::Index { index } => {
                call(if i == last { "__element" } else { "__inner" }, vec![found, index])
            }
            Subscript::Slice { lower_bound, upper_bound, .. } => {
                let lower = lower_bound.unwrap_or_else(|| number("1"));
                let upper = upper_bound.unwrap_or_else(|| number("2147483647"));
                call("__slice", vec![found, lower, upper])
            }
        };
    }
    found
}

fn is_float(data_type: &ast::DataType) -> bool {
    use crate::catalog::types::SqlType;
    matches!(super::sql_type(data_type), Ok(SqlType::Float4 | SqlType::Float8))
}

/// `ARRAY[]`, which has a type only by its cast.
fn is_empty_array(expr: &Expr) -> bool {
    let inner = match expr {
        Expr::Nested(inner) => inner,
        other => other,
    };
    let Expr::Function(function) = inner else { return false };
    let name = function.name.0.last().and_then(|p| p.as_ident());
    let none = match &function.args {
        FunctionArguments::List(list) => list.args.is_empty(),
        _ => false,
    };
    none && name.is_some_and(|n| n.value == "__array")
}

/// `int4(x)`: a type's name called like a function is a cast.
fn cast_by_name(function: &ast::Function) -> Option<(Expr, ast::DataType)> {
    const TYPES: &[&str] = &["bool", "float4", "float8", "int2", "int4", "int8", "text"];
    let [part] = function.name.0.as_slice() else { return None };
    let name = part.as_ident()?.value.to_lowercase();
    let FunctionArguments::List(list) = &function.args else { return None };
    let [FunctionArg::Unnamed(FunctionArgExpr::Expr(value))] = list.args.as_slice() else {
        return None;
    };
    let data_type = || {
        let name = ast::ObjectName::from(vec![ast::Ident::new(name.clone())]);
        ast::DataType::Custom(name, Vec::new())
    };
    TYPES.contains(&name.as_str()).then(|| (value.clone(), data_type()))
}

/// `normalize(x, NFD)`
fn named_form(function: &mut ast::Function) {
    let named = function.name.0.last().and_then(|p| p.as_ident());
    if !named.is_some_and(|n| n.value.eq_ignore_ascii_case("normalize")) {
        return;
    }
    let FunctionArguments::List(list) = &mut function.args else { return };
    if let [_, FunctionArg::Unnamed(FunctionArgExpr::Expr(form @ Expr::Identifier(_)))] =
        list.args.as_mut_slice()
    {
        *form = text(&form.to_string().to_uppercase());
    }
}

/// `x BETWEEN SYMMETRIC a AND b`: the mark that the parser has put before the lower bound is taken off.
fn symmetric(expr: &mut Expr) {
    let Expr::Between { expr: inner, negated, low, high } = expr else { return };
    if !unmark(low) {
        return;
    }
    let between = |low: &Expr, high: &Expr| Expr::Between {
        expr: inner.clone(),
        negated: false,
        low: Box::new(low.clone()),
        high: Box::new(high.clone()),
    };
    let either = Expr::Nested(Box::new(Expr::BinaryOp {
        left: Box::new(between(low, high)),
        op: BinaryOperator::Or,
        right: Box::new(between(high, low)),
    }));
    *expr = if *negated { not(either) } else { either };
}

fn unmark(expr: &mut Expr) -> bool {
    match expr {
        Expr::UnaryOp { op: UnaryOperator::AtDashAt, expr: inner } => {
            *expr = taken(inner);
            true
        }
        Expr::BinaryOp { left, .. } => unmark(left),
        Expr::Cast { expr: inner, .. } => unmark(inner),
        _ => false,
    }
}

/// The fields of `(a, b)` or `ROW(a, b)`.
fn fields(expr: &Expr) -> Option<Vec<Expr>> {
    match expr {
        Expr::Tuple(all) => Some(all.clone()),
        Expr::Nested(inner) => fields(inner),
        Expr::Function(function) => {
            let name = function.name.0.last().and_then(|p| p.as_ident())?;
            let FunctionArguments::List(list) = &function.args else { return None };
            let one = |argument: &FunctionArg| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(e)) => Some(e.clone()),
                _ => None,
            };
            let row = name.value.eq_ignore_ascii_case("row") && name.quote_style.is_none();
            row.then(|| list.args.iter().map(one).collect())?
        }
        _ => None,
    }
}

/// Comparisons of rows are those of their fields, from the first on.
fn rows(expr: &mut Expr) -> Result<()> {
    let replaced = match expr {
        Expr::BinaryOp { left, op, right } => match (fields(left), fields(right)) {
            (Some(left), Some(right)) => compared(op, left, right)?,
            _ => None,
        },
        Expr::InList { expr: inner, list, negated } => match fields(inner) {
            Some(left) if list.iter().all(|row| fields(row).is_some()) => {
                let mut any: Option<Expr> = None;
                for row in list.iter().filter_map(fields) {
                    let same = compared(&BinaryOperator::Eq, left.clone(), row)?;
                    any = match (any, same) {
                        (Some(before), Some(same)) => Some(both(before, BinaryOperator::Or, same)),
                        (None, same) => same,
                        (before, None) => before,
                    };
                }
                any.map(|any| if *negated { not(any) } else { any })
            }
            _ => None,
        },
        Expr::IsNull(inner) => fields(inner).map(|all| each(all, |e| Expr::IsNull(Box::new(e)))),
        Expr::IsNotNull(inner) => {
            fields(inner).map(|all| each(all, |e| Expr::IsNotNull(Box::new(e))))
        }
        Expr::IsDistinctFrom(left, right) => match (fields(left), fields(right)) {
            (Some(left), Some(right)) if left.len() == right.len() => {
                let pairs = left.into_iter().zip(right);
                let differ = pairs.map(|(l, r)| Expr::IsDistinctFrom(Box::new(l), Box::new(r)));
                chained(differ, BinaryOperator::Or)
            }
            _ => None,
        },
        Expr::IsNotDistinctFrom(left, right) => match (fields(left), fields(right)) {
            (Some(left), Some(right)) if left.len() == right.len() => {
                let pairs = left.into_iter().zip(right);
                let same = pairs.map(|(l, r)| Expr::IsNotDistinctFrom(Box::new(l), Box::new(r)));
                chained(same, BinaryOperator::And)
            }
            _ => None,
        },
        Expr::Between { expr: inner, negated, low, high } => {
            match (fields(inner), fields(low), fields(high)) {
                (Some(row), Some(low), Some(high)) => {
                    let above = compared(&BinaryOperator::GtEq, row.clone(), low)?;
                    let below = compared(&BinaryOperator::LtEq, row, high)?;
                    let within = above.zip(below).map(|(a, b)| both(a, BinaryOperator::And, b));
                    within.map(|w| if *negated { not(w) } else { w })
                }
                _ => None,
            }
        }
        _ => None,
    };
    if let Some(replaced) = replaced {
        *expr = Expr::Nested(Box::new(replaced));
    }
    Ok(())
}

fn both(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp {
        left: Box::new(Expr::Nested(Box::new(left))),
        op,
        right: Box::new(Expr::Nested(Box::new(right))),
    }
}

fn chained(all: impl Iterator<Item = Expr>, op: BinaryOperator) -> Option<Expr> {
    all.reduce(|before, next| both(before, op.clone(), next))
}

fn each(all: Vec<Expr>, make: impl Fn(Expr) -> Expr) -> Expr {
    let made = chained(all.into_iter().map(make), BinaryOperator::And);
    made.unwrap_or_else(|| Expr::Value(Value::Boolean(true).into()))
}

fn compared(op: &BinaryOperator, left: Vec<Expr>, right: Vec<Expr>) -> Result<Option<Expr>> {
    use BinaryOperator::{And, Eq, Gt, GtEq, Lt, LtEq, NotEq, Or};
    if !matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq) {
        return Ok(None);
    }
    if left.len() != right.len() {
        return Err(Error::syntax("unequal number of entries in row expressions"));
    }
    if left.is_empty() {
        let message = "cannot compare rows of zero length";
        return Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message));
    }
    let plain = |l: Expr, op: &BinaryOperator, r: Expr| both(l, op.clone(), r);
    let pairs: Vec<(Expr, Expr)> = left.into_iter().zip(right).collect();
    Ok(match op {
        Eq => chained(pairs.into_iter().map(|(l, r)| plain(l, &Eq, r)), And),
        NotEq => chained(pairs.into_iter().map(|(l, r)| plain(l, &NotEq, r)), Or),
        op => {
            let strict = if matches!(op, Lt | LtEq) { Lt } else { Gt };
            let mut pairs = pairs.into_iter().rev();
            let last = pairs.next().map(|(l, r)| plain(l, op, r));
            pairs.fold(last, |rest, (l, r)| {
                let before = plain(l.clone(), &strict, r.clone());
                Some(match rest {
                    Some(rest) => both(before, Or, both(plain(l, &Eq, r), And, rest)),
                    None => before,
                })
            })
        }
    })
}
