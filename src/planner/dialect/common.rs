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
        if *next == common {
            continue;
        }
        let (Some(a), Some(b)) = (rank(&common), rank(next)) else { return Ok(None) };
        if a.0 != b.0 {
            return Err(Error::new(
                SqlState::DATATYPE_MISMATCH,
                format!("{context} types {} and {} cannot be matched", bare(&common), bare(next)),
            ));
        }
        common = match (&common, next) {
            (SqlType::Numeric(_), _) | (_, SqlType::Numeric(_)) if b.1.max(a.1) == 3 => {
                wider_numeric(&common, next)
            }
            _ if b.1 > a.1 => next.clone(),
            // Of two lengths neither fits the other.
            (SqlType::Varchar(_), SqlType::Varchar(_)) => SqlType::Varchar(None),
            _ => common,
        };
    }
    Ok(Some(common))
}

pub(super) use crate::functions::bare;

/// A category, and a place in it: a type is turned into those after it by itself.
fn rank(sql_type: &SqlType) -> Option<(char, u8)> {
    Some(match sql_type {
        SqlType::Bool => ('B', 0),
        SqlType::Int2 => ('N', 0),
        SqlType::Int4 => ('N', 1),
        SqlType::Int8 => ('N', 2),
        SqlType::Numeric(_) => ('N', 3),
        SqlType::Float4 => ('N', 4),
        SqlType::Float8 => ('N', 5),
        SqlType::Bpchar(_) => ('S', 0),
        SqlType::Varchar(_) => ('S', 1),
        SqlType::Text => ('S', 2),
        SqlType::Date => ('D', 0),
        SqlType::Timestamp => ('D', 1),
        SqlType::Timestamptz => ('D', 2),
        SqlType::Time => ('t', 0),
        SqlType::Timetz => ('t', 1),
        SqlType::Interval => ('T', 0),
        SqlType::Bytea => ('U', 0),
        _ => return None,
    })
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
        check(&["character varying(3)", "text"], "text");
        check(&["date", "timestamp without time zone"], "timestamp without time zone");
        check(&["integer", "text"], "UNION types integer and text cannot be matched");
        check(&["numeric(5,2)", "date"], "UNION types numeric and date cannot be matched");
        check(&["boolean", "integer"], "UNION types boolean and integer cannot be matched");
    }
}
