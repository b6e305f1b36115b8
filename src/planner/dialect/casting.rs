//! Casts, where the types on both sides are known: what PostgreSQL's give, and which it has none of.

use std::sync::Arc;

use arrow::datatypes::{DECIMAL256_MAX_PRECISION, DataType, Field};
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, Result as DfResult, ScalarValue};
use datafusion::logical_expr::expr::{Cast, ScalarFunction};
use datafusion::logical_expr::{Expr, ExprSchemable};

use super::meaning::{cast, expression_meaning, external};
use super::types::WRITTEN;
use super::{calls, casts, json, specials, temporal};
use crate::catalog::types::{SqlType, TYPE_KEY, UNCONSTRAINED_NUMERIC};
use crate::error::Error;
use crate::functions;
use crate::functions::array_text::{self, Item};
use crate::functions::arrays::{self, How};
use crate::functions::special::{Special, carrier};

/// An array of several dimensions keeps them in a cast: `integer[]` is the name of all of them.
pub(super) fn nested(cast: Cast, schema: &DFSchema) -> DfResult<Cast> {
    let SqlType::Array(element) = SqlType::of(&cast.field) else { return Ok(cast) };
    let Ok((_, from)) = cast.expr.to_field(schema) else { return Ok(cast) };
    let (mut depth, mut within) = (0, from.data_type());
    while let DataType::List(item) = within {
        (depth, within) = (depth + 1, item.data_type());
    }
    if depth < 2 {
        return Ok(cast);
    }
    let plain = within.is_integer() || within.is_string();
    if element.is_string() && !plain {
        let what = format!("casting an array of several dimensions to {element}[]");
        return Err(external(Error::unsupported(what)));
    }
    let mut field = element.field("item", true);
    for _ in 0..depth {
        field = Arc::new(Field::new("item", DataType::List(field), true));
    }
    Ok(Cast::new_from_field(cast.expr, field))
}

pub(super) fn cast_meaning(cast: Cast, schema: &DFSchema) -> DfResult<Transformed<Expr>> {
    let Ok((_, from)) = cast.expr.to_field(schema) else {
        return Ok(Transformed::no(Expr::Cast(cast)));
    };
    let cast = match casts::read(cast, &from, schema)? {
        Ok(done) => return Ok(Transformed::yes(done)),
        Err(cast) => cast,
    };
    let wanted = SqlType::of(&cast.field);
    if is_of_branches(&cast, from.data_type()) {
        return Ok(Transformed::yes(*cast.expr));
    }
    let bare_numeric = wanted == SqlType::Numeric(None)
        && cast.field.metadata().get(TYPE_KEY).is_some_and(|t| t == "numeric");
    let source = from.data_type();
    if let Some(made) = json::cast_of(&cast.expr, &SqlType::of(&from), &wanted) {
        return expression_meaning(made?, schema).map(|made| Transformed::yes(made.data));
    }
    let call = |name: &str, arguments: Vec<Expr>| {
        functions::scalar(name)
            .map(|f| Expr::ScalarFunction(ScalarFunction::new_udf(f, arguments)))
            .ok_or_else(|| external(Error::internal("a cast is missing")))
    };
    if let Some(made) = temporal::cast(&cast.expr, &SqlType::of(&from), &wanted, schema)? {
        return Ok(Transformed::yes(of_text_kind(made, &wanted, schema)));
    }
    if bare_numeric {
        return plain_numeric(cast, source, schema);
    }
    if let Some(made) = specials::cast(&cast, source) {
        return Ok(Transformed::yes(made));
    }
    if let (SqlType::Numeric(Some(_)), Expr::Literal(value, _)) = (&wanted, &*cast.expr)
        && let Some((value, _)) = functions::inputs::float_of(value)
        && let Some(special) = Special::of_double(value)
    {
        let known = Expr::Literal(special.literal(), None);
        return Ok(Transformed::yes(specials::declared(known, &cast)));
    }
    let nearest = match &wanted {
        SqlType::Float8 if source.is_decimal() => Some("__double"),
        SqlType::Float4 if source.is_decimal() => Some("__real"),
        _ => None,
    };
    if let Some(function) = nearest {
        return calls::of_ours(function, vec![*cast.expr], schema).map(Transformed::yes);
    }
    if wanted == SqlType::Float4 && *source == DataType::Float64 {
        return calls::of_ours("__to_float4", vec![*cast.expr], schema).map(Transformed::yes);
    }
    if let (SqlType::Array(element), DataType::List(item)) = (&wanted, source)
        && matches!(**element, SqlType::Int2 | SqlType::Int4 | SqlType::Int8)
    {
        match item.data_type() {
            // Through numerics without a fraction, to which the engine rounds.
            DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) if *scale > 0 => {
                let whole = Field::new_list_field(DataType::Decimal128(38, 0), true);
                let rounded = Cast::new(cast.expr, DataType::List(Arc::new(whole)));
                let made = Cast::new_from_field(Box::new(Expr::Cast(rounded)), cast.field);
                return Ok(Transformed::yes(Expr::Cast(made)));
            }
            DataType::Float32 | DataType::Float64 => {
                let what = "a cast from an array of doubles to one of whole numbers";
                return Err(external(Error::unsupported(what)));
            }
            _ => {}
        }
    }
    let rounds = source.is_floating()
        || matches!(source, DataType::Decimal128(_, s) | DataType::Decimal256(_, s) if *s > 0);
    let narrows = match (&wanted, source) {
        (SqlType::Int2, DataType::Int32 | DataType::Int64) | (SqlType::Int4, DataType::Int64) => {
            true
        }
        (SqlType::Int2 | SqlType::Int4 | SqlType::Int8, source) => rounds || source.is_decimal(),
        _ => false,
    };
    if narrows {
        // DataFusion cuts the fraction off; PostgreSQL rounds.
        let name = match wanted {
            SqlType::Int2 => "__to_int2",
            SqlType::Int4 => "__to_int4",
            _ => "__to_int8",
        };
        return calls::of_ours(name, vec![*cast.expr], schema).map(Transformed::yes);
    }
    if let (SqlType::Array(element), Expr::Literal(value, _)) = (&wanted, &*cast.expr)
        && let Some(Some(text)) = value.try_as_str()
    {
        let list = array_literal(text, element)?;
        return Ok(Transformed::yes(Expr::Literal(list, None)));
    }
    if let (SqlType::Int2Vector | SqlType::OidVector, Expr::Literal(value, _)) =
        (&wanted, &*cast.expr)
        && let Some(Some(text)) = value.try_as_str()
    {
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let element = if wanted == SqlType::Int2Vector { SqlType::Int2 } else { SqlType::Oid };
        let list = array_literal(&format!("{{{}}}", words.join(",")), &element)?;
        let list = Box::new(Expr::Literal(list, None));
        return Ok(Transformed::yes(Expr::Cast(Cast::new_from_field(list, cast.field))));
    }
    if let (SqlType::Array(element), DataType::List(item)) = (&wanted, source)
        && matches!(**element, SqlType::Text | SqlType::Varchar(None))
        && !item.data_type().is_nested()
        && !item.data_type().is_string()
        && !item.data_type().is_integer()
    {
        let made = arrays::array_of(element, How::Shown, *cast.expr);
        return Ok(Transformed::yes(made));
    }
    if let SqlType::Array(element) = &wanted
        && matches!(source, DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8)
        && !source_is_null(&cast.expr)
    {
        let texts = calls::of_ours("__array_in", vec![*cast.expr], schema)?;
        if matches!(**element, SqlType::Text | SqlType::Varchar(None)) {
            return Ok(Transformed::yes(texts));
        }
        return cast_meaning(Cast::new_from_field(Box::new(texts), cast.field), schema)
            .map(|made| Transformed::yes(made.data));
    }
    let is_text = wanted.is_string();
    if is_text && matches!(source, DataType::Struct(_)) {
        let made = call("__record_text", vec![*cast.expr])?;
        return Ok(Transformed::yes(of_text_kind(made, &wanted, schema)));
    }
    let from_text = matches!(source, DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8);
    let reader = match &wanted {
        SqlType::Bytea if from_text => Some("__bytea_in"),
        _ if is_text && SqlType::from_arrow(source) == SqlType::Bytea => Some("__bytea_out"),
        _ => None,
    };
    if let Some(reader) = reader {
        let made = call(reader, vec![*cast.expr])?;
        return Ok(Transformed::yes(of_text_kind(made, &wanted, schema)));
    }
    if is_text && casts::is_free(&cast.expr, schema) {
        let text = Expr::Cast(Cast::new(cast.expr, DataType::Utf8View));
        let made = call("__without_zeros", vec![text])?;
        return Ok(Transformed::yes(of_text_kind(made, &wanted, schema)));
    }
    let shown = matches!(source, DataType::Float32 | DataType::Float64 | DataType::List(_));
    if is_text && shown {
        let made = call("__to_text", vec![*cast.expr])?;
        return Ok(Transformed::yes(of_text_kind(made, &wanted, schema)));
    }
    Ok(Transformed::no(Expr::Cast(cast)))
}

/// Beside a numeric without digits DataFusion's planner brings the other branches of UNION and VALUES to as many as
/// such a one has room for; with how few they all can do is seen once they are known. Casts that are written have a
/// name.
fn is_of_branches(cast: &Cast, source: &DataType) -> bool {
    let (precision, scale) = UNCONSTRAINED_NUMERIC;
    let exact = source.is_integer() || source.is_decimal();
    exact
        && cast.field.name() != WRITTEN
        && cast.field.metadata().is_empty()
        && *cast.field.data_type() == DataType::Decimal128(precision, scale)
}

/// A text that one of ours has made, as the kind of text that was asked for.
fn of_text_kind(made: Expr, wanted: &SqlType, schema: &DFSchema) -> Expr {
    let found = made.to_field(schema).map(|(_, field)| SqlType::of(&field));
    match found {
        Ok(SqlType::Text) if wanted.is_string() && *wanted != SqlType::Text => cast(made, wanted),
        _ => made,
    }
}

fn source_is_null(e: &Expr) -> bool {
    matches!(e, Expr::Literal(value, _) if value.is_null())
}

/// `::numeric` keeps the scale that a value has; Arrow keeps one scale for a column.
fn plain_numeric(cast: Cast, source: &DataType, schema: &DFSchema) -> DfResult<Transformed<Expr>> {
    if let Some((value, digits)) =
        functions::literal_of(&cast.expr).as_ref().and_then(functions::inputs::float_of)
        && let Some(known) = functions::inputs::numeric_of(value, digits)
    {
        return Ok(Transformed::yes(Expr::Literal(known, None)));
    }
    let to = match source {
        DataType::Decimal128(..) | DataType::Decimal256(..) => {
            return Ok(Transformed::yes(*cast.expr));
        }
        // As many digits as a double is sure of, or a real.
        DataType::Float64 | DataType::Float32 => {
            return calls::of_ours("__float_numeric", vec![*cast.expr], schema)
                .map(|made| Transformed::yes(casts::free(made, schema)));
        }
        t if t.is_integer() => DataType::Decimal128(38, 0),
        DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 => {
            DataType::Decimal128(38, literal_scale(&cast.expr).unwrap_or(16))
        }
        _ => DataType::Decimal128(38, 16),
    };
    Ok(Transformed::yes(Expr::Cast(Cast::new(cast.expr, to))))
}

/// `'{1,2,NULL}'` as a list, of lists where it has several dimensions.
fn array_literal(text: &str, element: &SqlType) -> DfResult<ScalarValue> {
    let items = array_text::items(text).map_err(external)?;
    if let SqlType::Numeric(_) = element
        && let Some(scale) = scale_with_specials(&items)
    {
        return list_of(items, &SqlType::Numeric(Some((DECIMAL256_MAX_PRECISION, scale))));
    }
    list_of(items, element)
}

/// How many digits numerics among elements have behind the point, if one of them is NaN or infinite.
fn scale_with_specials(items: &[Item]) -> Option<i8> {
    let (mut special, mut scale) = (false, 0);
    let mut note = |of: (bool, i8)| (special, scale) = (special | of.0, scale.max(of.1));
    for item in items {
        match item {
            Item::Inner(items) => {
                note(scale_with_specials(items).map_or((false, 0), |s| (true, s)))
            }
            Item::Value(Some(text)) if Special::read(text.trim()).is_some() => note((true, 0)),
            Item::Value(Some(text)) => {
                let digits = functions::inputs::exact_numeric(text).ok().map_or(0, |x| x.scale);
                note((false, digits.clamp(0, 38) as i8));
            }
            Item::Value(None) => {}
        }
    }
    special.then_some(scale)
}

fn list_of(items: Vec<Item>, element: &SqlType) -> DfResult<ScalarValue> {
    let values = items.into_iter().map(|item| match item {
        Item::Inner(items) => list_of(items, element),
        Item::Value(value) => {
            match (element, value.as_deref().map(str::trim).and_then(Special::read)) {
                (SqlType::Numeric(Some((precision, scale))), Some(special))
                    if carrier(*scale) == element.arrow() =>
                {
                    Ok(ScalarValue::Decimal256(Some(special.code()), *precision, *scale))
                }
                _ => ScalarValue::Utf8View(value).cast_to(&element.arrow()),
            }
        }
    });
    let values = values.collect::<DfResult<Vec<_>>>()?;
    let kind = values.first().map_or_else(|| element.arrow(), ScalarValue::data_type);
    Ok(ScalarValue::List(ScalarValue::new_list(&values, &kind, true)))
}

fn literal_scale(e: &Expr) -> Option<i8> {
    let Expr::Literal(value, _) = e else { return None };
    let text = value.try_as_str()??;
    let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
    i8::try_from(fraction.trim().len()).ok().filter(|s| *s <= 37)
}
