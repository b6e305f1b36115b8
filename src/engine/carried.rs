//! Numerics that may be NaN or infinite are reckoned with by functions of ours alone.
//!
//! The pass over a bound plan has given them what they need; DataFusion's analyzer then casts once more what does not
//! fit, and a function may take a numeric that knows nothing of specials. Here the last casts become ours, and what
//! would make a finite number of a special is refused by its name. Plans without such numerics are left as they are.

use arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::expr::{AggregateFunction, Cast, ScalarFunction, WindowFunction};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{
    BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator, WindowFrameBound, WindowFrameUnits,
};
use datafusion::optimizer::AnalyzerRule;

use crate::error::Error;
use crate::functions;
use crate::functions::special::carries_within;

#[derive(Debug)]
pub(super) struct Carried;

impl AnalyzerRule for Carried {
    fn name(&self) -> &str {
        "carried_numerics"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        if !anywhere(&plan)? {
            return Ok(plan);
        }
        plan.transform_up_with_subqueries(in_node).map(|t| t.data)
    }
}

/// Whether a numeric of a plan may be special: such come from constants, casts, functions of ours, and leaves.
fn anywhere(plan: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        found |= node.schema().fields().iter().any(|f| carries_within(f.data_type()));
        node.apply_expressions(|e| {
            e.apply(|e| {
                found |= match e {
                    Expr::Literal(value, _) => carries_within(&value.data_type()),
                    Expr::Cast(cast) => carries_within(cast.field.data_type()),
                    Expr::ScalarFunction(call) => {
                        functions::is_recast(&call.func)
                            || functions::result_of(&call.func).is_some_and(|t| carries_within(&t))
                    }
                    _ => false,
                };
                Ok(ends(found))
            })
        })?;
        Ok(ends(found))
    })?;
    Ok(found)
}

fn ends(found: bool) -> TreeNodeRecursion {
    if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue }
}

fn in_node(node: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    if let LogicalPlan::TableScan(_) = node {
        return Ok(Transformed::no(node));
    }
    let mut schema = DFSchema::empty();
    match node.inputs().as_slice() {
        [] => schema.merge(node.schema()),
        inputs => inputs.iter().for_each(|input| schema.merge(input.schema())),
    }
    let names = NamePreserver::new(&node);
    node.map_expressions(|e| {
        let name = names.save(&e);
        let known = e.transform_up(|e| in_expression(e, &schema))?;
        Ok(known.update_data(|e| name.restore(e)))
    })
}

fn in_expression(e: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    match e {
        Expr::Cast(cast) => in_cast(cast, schema),
        Expr::TryCast(cast) if carried(&cast.expr, schema) => Err(refused("a cast")),
        Expr::Negative(inner) if carried(&inner, schema) => Err(refused("a sign")),
        Expr::BinaryExpr(binary) => {
            in_operator(&binary, schema).map(|()| Transformed::no(Expr::BinaryExpr(binary)))
        }
        Expr::Like(like) if carried(&like.expr, schema) => Err(refused("LIKE")),
        Expr::ScalarFunction(call) => {
            in_call(&call, schema).map(|()| Transformed::no(Expr::ScalarFunction(call)))
        }
        Expr::AggregateFunction(call) => {
            in_aggregate(&call, schema).map(|()| Transformed::no(Expr::AggregateFunction(call)))
        }
        Expr::WindowFunction(call) => {
            in_window(&call, schema).map(|()| Transformed::no(Expr::WindowFunction(call)))
        }
        other => Ok(Transformed::no(other)),
    }
}

fn refused(what: &str) -> DataFusionError {
    let error = Error::unsupported(format!("{what} of a numeric that may be NaN or infinite"));
    DataFusionError::External(Box::new(error.hint("A cast to double precision can be.")))
}

fn carried(e: &Expr, schema: &DFSchema) -> bool {
    e.get_type(schema).is_ok_and(|t| carries_within(&t))
}

fn in_cast(cast: Cast, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let from = cast.expr.get_type(schema)?;
    let to = cast.field.data_type().clone();
    if !carries_within(&from) || from == to {
        return Ok(Transformed::no(Expr::Cast(cast)));
    }
    let Cast { expr, field } = cast;
    // Squares are added up in the type that may carry specials, and are none.
    if is_product(&expr, schema) {
        return Ok(Transformed::no(Expr::Cast(Cast { expr, field })));
    }
    let made = functions::recast(*expr, to, None);
    Ok(Transformed::yes(match field.metadata().is_empty() {
        true => made,
        false => Expr::Cast(Cast { expr: Box::new(made), field }),
    }))
}

fn in_operator(binary: &BinaryExpr, schema: &DFSchema) -> Result<()> {
    use Operator::{Eq, Gt, GtEq, IsDistinctFrom, IsNotDistinctFrom, Lt, LtEq, NotEq};
    let compares = matches!(
        binary.op,
        Eq | NotEq | Lt | LtEq | Gt | GtEq | IsDistinctFrom | IsNotDistinctFrom
    );
    let of = |e: &Expr| e.get_type(schema).unwrap_or(DataType::Null);
    let (left, right) = (of(&binary.left), of(&binary.right));
    if !carries_within(&left) && !carries_within(&right) {
        return Ok(());
    }
    match compares && (left == right || left.is_null() || right.is_null()) {
        true => Ok(()),
        false => Err(refused(&format!("the operator {}", binary.op))),
    }
}

/// Functions of the engine's to which a value is a value.
const HANDED_ON: &[&str] = &[
    "array_append",
    "array_concat",
    "array_element",
    "array_prepend",
    "array_slice",
    "arrow_typeof",
    "cardinality",
    "array_length",
    "array_ndims",
    "array_dims",
    "coalesce",
    "get_field",
    "greatest",
    "least",
    "make_array",
    "named_struct",
    "nullif",
    "nvl",
    "struct",
    "unnest",
    "row",
];

fn in_call(call: &ScalarFunction, schema: &DFSchema) -> Result<()> {
    let name = call.name();
    let ours = functions::is_recast(&call.func)
        || functions::result_of(&call.func).is_some()
        || functions::scalar(name).is_some_and(|known| known == call.func)
        || name.starts_with("__array");
    match ours || HANDED_ON.contains(&name) || !call.args.iter().any(|e| carried(e, schema)) {
        true => Ok(()),
        false => Err(refused(&format!("the function {name}"))),
    }
}

/// Aggregates and window functions that compare values at most.
const COMPARING: &[&str] = &[
    "array_agg",
    "count",
    "cume_dist",
    "dense_rank",
    "first_value",
    "lag",
    "last_value",
    "lead",
    "max",
    "min",
    "mode",
    "nth_value",
    "ntile",
    "percent_rank",
    "percentile_disc",
    "rank",
    "row_number",
];

fn knows(name: &str) -> bool {
    COMPARING.contains(&name) || name.starts_with("__")
}

fn in_aggregate(call: &AggregateFunction, schema: &DFSchema) -> Result<()> {
    let name = call.func.name();
    let special = |e: &Expr| carried(e, schema) && !is_product(e, schema);
    match knows(name) || !call.params.args.iter().any(special) {
        true => Ok(()),
        false => Err(refused(&format!("the aggregate {name}"))),
    }
}

fn in_window(call: &WindowFunction, schema: &DFSchema) -> Result<()> {
    let (name, frame) = (call.fun.name(), &call.params.window_frame);
    let offset = |bound: &WindowFrameBound| match bound {
        WindowFrameBound::Preceding(by) | WindowFrameBound::Following(by) => !by.is_null(),
        WindowFrameBound::CurrentRow => false,
    };
    let ranges = frame.units == WindowFrameUnits::Range
        && (offset(&frame.start_bound) || offset(&frame.end_bound));
    if ranges && call.params.order_by.iter().any(|key| carried(&key.expr, schema)) {
        return Err(refused("a frame of RANGE with an offset, in the order"));
    }
    let special = |e: &Expr| carried(e, schema) && !is_product(e, schema);
    match knows(name) || !call.params.args.iter().any(special) {
        true => Ok(()),
        false => Err(refused(&format!("the window function {name}"))),
    }
}

/// A product of what carries none, though its own type could.
fn is_product(e: &Expr, schema: &DFSchema) -> bool {
    match e {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Multiply, right }) => {
            !carried(left, schema) && !carried(right, schema)
        }
        _ => false,
    }
}
