//! The one type of several: what the branches of UNION, VALUES and CASE come to (PostgreSQL's
//! `select_common_type`), or that they cannot be matched.

use std::sync::Arc;

use arrow::datatypes::Field;
use datafusion::common::{DFSchema, Result as DfResult};
use datafusion::logical_expr::{Expr, ExprSchemable};

use crate::catalog::types::{SqlType, UNCONSTRAINED_NUMERIC};
use crate::error::{Error, Result, SqlState};

/// The field of an expression. For each of a chain of operators DataFusion would put together its name, and within that
/// the name of each operand: a hundred of them would take seconds.
pub(super) fn field_of(e: &Expr, schema: &DFSchema) -> DfResult<Arc<Field>> {
    match e {
        Expr::BinaryExpr(_) => Ok(Arc::new(Field::new("", e.get_type(schema)?, true))),
        e => Ok(e.to_field(schema)?.1),
    }
}

/// The type that all come to; None stands for a literal in quotes or NULL, which takes any. Gives None where
/// nothing is known, or where a type is met that has no rank here and must stay as it is.
pub(super) fn common_type(context: &str, types: &[Option<SqlType>]) -> Result<Option<SqlType>> {
    let mut known = types.iter().flatten();
    let Some(first) = known.next() else { return Ok(None) };
    let mut common = first.clone();
    for next in known {
        // Of the kinds of OIDs, each becomes the other by itself: the first stays.
        if *next == common || is_oid(&common) && is_oid(next) {
            continue;
        }
        if !ranked(&common) || !ranked(next) {
            return Ok(None);
        }
        if kind(&common) != kind(next) {
            return Err(Error::new(
                SqlState::DATATYPE_MISMATCH,
                format!("{context} types {} and {} cannot be matched", bare(&common), bare(next)),
            ));
        }
        common = match (&common, next) {
            (SqlType::Numeric(_), n) | (n, SqlType::Numeric(_)) if exact(n) => {
                wider_numeric(&common, next)
            }
            // Of two lengths neither fits the other.
            (SqlType::Varchar(_), SqlType::Varchar(_)) => SqlType::Varchar(None),
            (SqlType::Bpchar(_), SqlType::Bpchar(_)) => SqlType::Bpchar(None),
            // The first stays where each becomes the other by itself.
            (a, b) if !is_preferred(a) && becomes(a, b) && !becomes(b, a) => next.clone(),
            _ => common,
        };
    }
    // The length of one is not that of the others, nor of a literal.
    if types.iter().any(|t| t.as_ref() != Some(&common)) {
        common = match common {
            SqlType::Varchar(_) => SqlType::Varchar(None),
            SqlType::Bpchar(_) => SqlType::Bpchar(None),
            other => other,
        };
    }
    match types.iter().flatten().find(|t| !becomes(t, &common)) {
        Some(other) => Err(unconvertible(context, other, &common)),
        None => Ok(Some(common)),
    }
}

fn unconvertible(context: &str, from: &SqlType, to: &SqlType) -> Error {
    let context = if context == "CASE" { "CASE/WHEN" } else { context };
    let message = format!("{context} could not convert type {} to {}", bare(from), bare(to));
    Error::new(SqlState::CANNOT_COERCE, message)
}

fn is_oid(t: &SqlType) -> bool {
    *t == SqlType::Oid || t.is_registered()
}

pub(super) use crate::functions::bare;

/// Whether it is known what such a type becomes by itself.
fn ranked(t: &SqlType) -> bool {
    use SqlType::{
        Bool, Bpchar, Bytea, Char, Date, Interval, Name, Oid, Text, Time, Timestamp, Timestamptz,
        Timetz, Varchar,
    };
    t.is_number()
        || t.is_registered()
        || matches!(
            t,
            Bool | Bpchar(_)
                | Varchar(_)
                | Text
                | Name
                | Char
                | Oid
                | Date
                | Timestamp
                | Timestamptz
                | Time
                | Timetz
                | Interval
                | Bytea
        )
}

/// Only types of one kind come together: `pg_type.typcategory`, and arrays by what they hold.
fn kind(t: &SqlType) -> char {
    match t {
        SqlType::Array(_) => 'A',
        scalar => scalar.category(),
    }
}

fn exact(t: &SqlType) -> bool {
    matches!(t, SqlType::Int2 | SqlType::Int4 | SqlType::Int8 | SqlType::Numeric(_))
}

/// `pg_type.typispreferred`.
fn is_preferred(t: &SqlType) -> bool {
    use SqlType::{Bool, Float8, Interval, Oid, Text, Timestamptz};
    matches!(t, Bool | Float8 | Interval | Oid | Text | Timestamptz)
}

/// Among numbers a type becomes those after it by itself.
fn breadth(t: &SqlType) -> Option<u8> {
    Some(match t {
        SqlType::Int2 => 0,
        SqlType::Int4 => 1,
        SqlType::Int8 => 2,
        SqlType::Numeric(_) => 3,
        SqlType::Float4 => 4,
        SqlType::Float8 => 5,
        _ => return None,
    })
}

/// Whether values of one type become another's by themselves (`pg_cast` with context `i`).
fn becomes(from: &SqlType, to: &SqlType) -> bool {
    use SqlType::{
        Bpchar, Date, Int2, Int4, Int8, Name, Oid, Text, Time, Timestamp, Timestamptz, Timetz,
        Varchar,
    };
    if from.oid() == to.oid() {
        return true;
    }
    if let (Some(from), Some(to)) = (breadth(from), breadth(to)) {
        return from < to;
    }
    match (from, to) {
        (Int2 | Int4 | Int8, to) => *to == Oid || to.is_registered(),
        (from, Oid) => from.is_registered(),
        (Oid, to) => to.is_registered(),
        (Text | Bpchar(_) | Varchar(_), Text | Bpchar(_) | Varchar(_) | Name) | (Name, Text) => {
            true
        }
        (Date, Timestamp | Timestamptz) | (Timestamp, Timestamptz) | (Time, Timetz) => true,
        _ => false,
    }
}

/// Room for both: PostgreSQL keeps a scale per value, a column here has one.
fn wider_numeric(a: &SqlType, b: &SqlType) -> SqlType {
    let digits = |t: &SqlType| match t {
        SqlType::Int2 => (5, 0),
        SqlType::Int4 => (10, 0),
        SqlType::Int8 => (19, 0),
        SqlType::Numeric(Some(modifier)) => *modifier,
        _ => UNCONSTRAINED_NUMERIC,
    };
    let ((ap, ascale), (bp, bscale)) = (digits(a), digits(b));
    let free = [a, b].contains(&&SqlType::Numeric(None));
    if free && ascale.max(bscale) == UNCONSTRAINED_NUMERIC.1 && ap.max(bp) <= 38 {
        return SqlType::Numeric(None);
    }
    let scale = ascale.max(bscale);
    let whole = (i16::from(ap) - i16::from(ascale)).max(i16::from(bp) - i16::from(bscale));
    // What fits in 128 bits stays there, at the price of digits that nobody has.
    let most = if ap <= 38 && bp <= 38 { 38 } else { 76 };
    let precision = (whole + i16::from(scale)).clamp(1, most);
    SqlType::Numeric(Some((u8::try_from(precision).unwrap_or(38), scale)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(types: &[&str], wanted: &str) {
        let types: Vec<_> =
            types.iter().map(|t| (*t != "unknown").then(|| SqlType::parse(t).unwrap())).collect();
        let found = match common_type("UNION", &types) {
            Ok(found) => found.map_or("unknown".to_owned(), |t| t.to_string()),
            Err(e) => e.message.clone(),
        };
        assert_eq!(found, wanted);
    }

    #[test]
    fn branches_come_to_one_type() {
        check(&["integer", "bigint"], "bigint");
        check(&["bigint", "integer"], "bigint");
        check(&["unknown", "integer", "unknown"], "integer");
        check(&["unknown", "unknown"], "unknown");
        check(&["integer", "numeric(5,2)"], "numeric(12,2)");
        check(&["numeric(10,0)", "numeric(5,5)"], "numeric(15,5)");
        check(&["numeric(38,0)", "numeric(38,16)"], "numeric(38,16)");
        check(&["real", "numeric(5,2)"], "real");
        check(&["integer", "double precision"], "double precision");
        check(&["character varying(3)", "text"], "character varying");
        check(&["text", "character varying(3)"], "text");
        check(&["name", "text"], "name");
        check(&["text", "name"], "text");
        check(&["character varying", "name"], "name");
        check(&["unknown", "character varying(3)"], "character varying");
        check(&["unknown", "\"char\""], "\"char\"");
        check(&["integer", "oid"], "oid");
        check(&["regclass", "oid"], "regclass");
        check(&["oid", "regclass"], "oid");
        check(
            &["date", "time without time zone"],
            "UNION could not convert type time without time zone to date",
        );
        check(&["text", "\"char\""], "UNION types text and \"char\" cannot be matched");
        check(&["date", "timestamp without time zone"], "timestamp without time zone");
        check(&["integer", "text"], "UNION types integer and text cannot be matched");
        check(&["numeric(5,2)", "date"], "UNION types numeric and date cannot be matched");
        check(&["boolean", "integer"], "UNION types boolean and integer cannot be matched");
    }
}
