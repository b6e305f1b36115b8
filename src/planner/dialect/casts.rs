//! Casts that PostgreSQL has not, and those from text, which it reads by rules of its own.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field};
use datafusion::common::{DFSchema, Result as DfResult};
use datafusion::logical_expr::expr::{Cast, ScalarFunction};
use datafusion::logical_expr::{Expr, ExprSchemable, lit};

use super::branches::is_unknown;
use super::calls::of_ours;
use super::common::bare;
use super::meaning::external;
use super::specials;
use crate::catalog::types::SqlType;
use crate::error::{Error, SqlState};
use crate::functions;
use crate::functions::special::carries;

/// The cast in our own functions; `Err` hands it back to be done otherwise.
pub(super) fn read(cast: Cast, from: &Field, schema: &DFSchema) -> DfResult<Result<Expr, Cast>> {
    let wanted = SqlType::of(&cast.field);
    let unknown = is_unknown(&cast.expr);
    let source = SqlType::of(from);
    let parameter = matches!(&*cast.expr, Expr::Placeholder(_));
    // A parameter comes in the type that the cast names, but as long as the client sends it.
    if parameter && matches!(wanted, SqlType::Varchar(Some(_)) | SqlType::Bpchar(Some(_))) {
        return cut(cast, &wanted, schema).map(Ok);
    }
    if parameter || from.data_type().is_null() {
        return Ok(Err(cast));
    }
    if !unknown && !allowed(flat(&source), flat(&wanted)) {
        let message = format!("cannot cast type {} to {}", bare(&source), bare(&wanted));
        return Err(external(Error::new(SqlState::CANNOT_COERCE, message)));
    }
    if let SqlType::Varchar(Some(_)) | SqlType::Bpchar(_) | SqlType::Name = wanted
        && source != SqlType::Name
    {
        return cut(cast, &wanted, schema).map(Ok);
    }
    if let Some(made) = letter(&cast, &source, &wanted, schema)? {
        return Ok(Ok(made));
    }
    if source == SqlType::Uuid && is_text(&wanted) {
        // A cast between two that lie alike would keep the first one's name.
        return of_ours("__as_text", vec![*cast.expr], schema).map(Ok);
    }
    if source == SqlType::Tid && is_text(&wanted) {
        return of_ours("__tid_out", vec![*cast.expr], schema).map(Ok);
    }
    if source == SqlType::array(SqlType::Tid) && is_text(&wanted) {
        return Err(external(Error::unsupported("casting tid[] to text")));
    }
    let text =
        matches!(from.data_type(), DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8);
    let null = matches!(&*cast.expr, Expr::Literal(value, _) if value.is_null());
    if !text || null || !(unknown || is_text(&source)) {
        return Ok(Err(cast));
    }
    if unknown
        && let Expr::Literal(value, _) = &*cast.expr
        && let Some(Some(text)) = value.try_as_str()
        && let Some(read) = functions::inputs::constant(&wanted, text)
    {
        let known = Expr::Literal(read?, None);
        return Ok(Ok(match wanted {
            SqlType::Numeric(_) => specials::declared(known, &cast),
            _ => known,
        }));
    }
    let reader = match &wanted {
        SqlType::Int2 => "__int2_in",
        SqlType::Int4 => "__int4_in",
        SqlType::Int8 => "__int8_in",
        SqlType::Float4 => "__float4_in",
        SqlType::Float8 => "__float8_in",
        SqlType::Bool => "__bool_in",
        SqlType::Uuid => "__uuid_in",
        SqlType::Tid => "__tid_in",
        SqlType::Numeric(_) => "__numeric_in",
        _ => return Ok(Err(cast)),
    };
    let digits = matches!(&wanted, SqlType::Numeric(Some(_))) && !is_bare(&cast);
    let read = of_ours(reader, vec![Expr::clone(&cast.expr)], schema)?;
    let special = digits && carries(&read.get_type(schema)?);
    Ok(Ok(match digits {
        true if special => specials::declared(read, &cast),
        true => Expr::Cast(Cast::new_from_field(Box::new(read), cast.field)),
        false if matches!(&wanted, SqlType::Numeric(_)) => free(read, schema),
        false => read,
    }))
}

/// A numeric whose values have digits of their own, which a column of it does not tell: shown without zeros behind.
pub(super) fn free(e: Expr, schema: &DFSchema) -> Expr {
    let numeric = SqlType::Numeric(None);
    let fits =
        |t| matches!(t, DataType::Decimal128(p, s) if s <= 16 && i16::from(p) - i16::from(s) <= 22);
    let of_column = e.get_type(schema).is_ok_and(fits);
    if of_column && !matches!(e, Expr::Literal(..)) { super::meaning::cast(e, &numeric) } else { e }
}

/// Whether it is such a one.
pub(super) fn is_free(e: &Expr, schema: &DFSchema) -> bool {
    let numeric = SqlType::Numeric(None);
    e.to_field(schema).is_ok_and(|(_, field)| SqlType::of(&field) == numeric)
}

/// An array of arrays is one of several dimensions.
fn flat(sql_type: &SqlType) -> &SqlType {
    match sql_type {
        SqlType::Array(inner) if matches!(**inner, SqlType::Array(_)) => flat(inner),
        other => other,
    }
}

/// `numeric` without digits.
fn is_bare(cast: &Cast) -> bool {
    let key = crate::catalog::types::TYPE_KEY;
    cast.field.metadata().get(key).is_some_and(|t| t == "numeric")
}

fn is_text(t: &SqlType) -> bool {
    matches!(t, SqlType::Text | SqlType::Varchar(_) | SqlType::Bpchar(_) | SqlType::Name)
}

/// To the one-byte `"char"`, of a number or the first of a text, and back to a number.
fn letter(
    cast: &Cast,
    source: &SqlType,
    wanted: &SqlType,
    schema: &DFSchema,
) -> DfResult<Option<Expr>> {
    let e = || Expr::clone(&cast.expr);
    let made = match (source, wanted) {
        (SqlType::Int4, SqlType::Char) => of_ours("chr", vec![e()], schema)?,
        (SqlType::Char, SqlType::Int4) => of_ours("ascii", vec![e()], schema)?,
        (_, SqlType::Char) => match &*cast.expr {
            Expr::Literal(value, _) => match value.try_as_str() {
                Some(Some(text)) if text.len() > 1 => {
                    lit(text.chars().next().map(String::from).unwrap_or_default())
                }
                _ => return Ok(None),
            },
            _ => return Ok(None),
        },
        _ => return Ok(None),
    };
    Ok(Some(match wanted {
        SqlType::Char => Expr::Cast(Cast::new_from_field(Box::new(made), Arc::clone(&cast.field))),
        _ => made,
    }))
}

/// How long a name may be.
const NAME_MOST: u32 = 63;

/// To `varchar(n)` and `char(n)`, where an explicit cast cuts what is too long. The blanks that fill a `char(n)` are
/// not kept: whoever reads it gets them back.
fn cut(cast: Cast, wanted: &SqlType, schema: &DFSchema) -> DfResult<Expr> {
    let text = super::meaning::cast(*cast.expr, &SqlType::Text);
    let mut made = super::meaning::expression_meaning(text, schema)?.data;
    let most = match wanted {
        SqlType::Varchar(Some(n)) | SqlType::Bpchar(Some(n)) => Some(*n),
        SqlType::Name => Some(NAME_MOST),
        _ => None,
    };
    if let Some(n) = most {
        let function = functions::scalar("__cut")
            .ok_or_else(|| external(Error::internal("a cast is missing")))?;
        let arguments = vec![made, lit(i64::from(n))];
        made = Expr::ScalarFunction(ScalarFunction::new_udf(function, arguments));
    }
    if matches!(wanted, SqlType::Bpchar(_)) {
        made = of_ours("__strip", vec![made], schema)?;
    }
    Ok(Expr::Cast(Cast::new_from_field(Box::new(made), cast.field)))
}

/// Whether there is an explicit cast. What is not spoken of here is not refused here.
fn allowed(from: &SqlType, to: &SqlType) -> bool {
    use SqlType::{
        Array, Bool, Bytea, Date, Float4, Float8, Int2, Int4, Int8, Interval, Numeric, Tid, Time,
        Timestamp, Timestamptz, Uuid,
    };
    let number = |t: &SqlType| matches!(t, Int2 | Int4 | Int8 | Float4 | Float8 | Numeric(_));
    let time = |t: &SqlType| matches!(t, Date | Time | Timestamp | Timestamptz | Interval);
    let spoken =
        |t: &SqlType| number(t) || time(t) || matches!(t, Bool | Bytea | Uuid | Tid | Array(_));
    if !spoken(from) || !spoken(to) || from.oid() == to.oid() {
        return true;
    }
    match (from, to) {
        (Bool, Int4) | (Int4, Bool) => true,
        (Array(from), Array(to)) => allowed(from, to),
        (from, to) if number(from) && number(to) => true,
        (from, to) => time(from) && time(to),
    }
}
