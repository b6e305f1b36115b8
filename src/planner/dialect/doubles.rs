//! Where a double meets a numeric, both are doubles: the engine would make numerics of them, which hold neither very
//! great nor very small ones.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::{Column, DFSchema, Result as DfResult};
use datafusion::logical_expr::{
    Expr, ExprSchemable, Join, LogicalPlan, LogicalPlanBuilder, Operator, Subquery, cast, lit,
};

use super::specials;
use crate::functions::special::Special;

/// Values that are compared with one another; tells whether anything was to do.
pub(super) fn level<'e>(
    all: impl IntoIterator<Item = &'e mut Expr>,
    schema: &DFSchema,
) -> DfResult<bool> {
    let all: Vec<&mut Expr> = all.into_iter().collect();
    let mut double = false;
    for e in &all {
        double |= e.get_type(schema).is_ok_and(|t| t.is_floating());
    }
    if !double {
        return specials::level(all, schema);
    }
    let mut changed = false;
    for e in all {
        if e.get_type(schema).is_ok_and(|t| t.is_decimal()) {
            *e = double_of(std::mem::take(e));
            changed = true;
        }
    }
    Ok(changed)
}

/// Whether an operator compares.
pub(super) fn compares(op: Operator) -> bool {
    use Operator::{Eq, Gt, GtEq, IsDistinctFrom, IsNotDistinctFrom, Lt, LtEq, NotEq};
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq | IsDistinctFrom | IsNotDistinctFrom)
}

/// A literal as it is read, so that files are still pruned by it.
fn double_of(e: Expr) -> Expr {
    if let Expr::Literal(value, _) = &e
        && let Some(special) = Special::in_constant(value)
    {
        return lit(special.double());
    }
    if let Expr::Literal(value, _) = &e
        && let Some(number) = value.to_string().parse::<f64>().ok().filter(|_| !value.is_null())
    {
        return lit(number);
    }
    cast(e, DataType::Float64)
}

/// A value that is looked for among a subquery's rows.
pub(super) fn member(
    value: &mut Expr,
    subquery: &mut Subquery,
    schema: &DFSchema,
) -> DfResult<bool> {
    let Ok(of) = value.get_type(schema) else { return Ok(false) };
    let rows = subquery.subquery.schema();
    if rows.fields().len() != 1 {
        return Ok(false);
    }
    let among = rows.field(0).data_type().clone();
    if of.is_decimal() && among.is_floating() {
        *value = double_of(std::mem::take(value));
        return Ok(true);
    }
    let item = || Expr::Column(Column::from(rows.qualified_field(0)));
    let made = match of.is_floating() && among.is_decimal() {
        true => cast(item(), DataType::Float64),
        false => {
            let mut made = item();
            specials::level_keys((value, of), (&mut made, among));
            if made == item() {
                return Ok(false);
            }
            made
        }
    };
    let plan = LogicalPlanBuilder::from(LogicalPlan::clone(&subquery.subquery));
    subquery.subquery = Arc::new(plan.project(vec![made.alias("__level")])?.build()?);
    Ok(true)
}

/// Keys that a join holds equal.
pub(super) fn in_join(mut join: Join) -> DfResult<Join> {
    for (left, right) in &mut join.on {
        let (Ok(l), Ok(r)) =
            (left.get_type(join.left.schema()), right.get_type(join.right.schema()))
        else {
            continue;
        };
        match (l, r) {
            (l, r) if l.is_decimal() && r.is_floating() => {
                *left = double_of(std::mem::take(left));
            }
            (l, r) if l.is_floating() && r.is_decimal() => {
                *right = double_of(std::mem::take(right));
            }
            (l, r) => specials::level_keys((left, l), (right, r)),
        }
    }
    Ok(join)
}

#[cfg(test)]
mod tests {
    use datafusion::common::ScalarValue;

    use super::*;

    #[test]
    fn a_numeric_beside_a_double_is_one() {
        let schema = DFSchema::empty();
        let numeric = || lit(ScalarValue::Decimal128(Some(15), 2, 1));
        let (mut a, mut b) = (numeric(), lit(2.0f64));
        assert!(level([&mut a, &mut b], &schema).unwrap());
        assert_eq!((a, b), (lit(1.5f64), lit(2.0f64)));
        let (mut a, mut b) = (numeric(), lit(2i32));
        assert!(!level([&mut a, &mut b], &schema).unwrap());
        assert_eq!(a, numeric());
    }
}
