//! `b <> 0 AND 1 / b > 0`: what stands on the right and can fail is not evaluated where the left has decided.
//!
//! PostgreSQL evaluates conditions in the order they are written, row by row; the engine evaluates them over whole
//! batches and in an order of its own. The left side stays as it is, so that files are still pruned by it.

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::expr::{Case, Cast};
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};

/// `a AND b` as `a AND CASE WHEN a IS NOT FALSE THEN b END`, where b can fail; OR alike.
pub(super) fn guarded(binary: BinaryExpr) -> Transformed<Expr> {
    let BinaryExpr { left, op, right } = binary;
    if !fallible(&right) {
        return Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op, right }));
    }
    let Some(decides) = deciding(&left, op) else {
        return Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op, right }));
    };
    let open = match op {
        Operator::And => Expr::IsNotFalse(Box::new(decides)),
        _ => Expr::IsNotTrue(Box::new(decides)),
    };
    let guarded =
        Case { expr: None, when_then_expr: vec![(Box::new(open), right)], else_expr: None };
    let right = Box::new(closed(guarded));
    Transformed::yes(Expr::BinaryExpr(BinaryExpr { left, op, right }))
}

/// A CASE of truth values that stays one: as whole numbers, or the optimizer would take it apart into AND and OR.
pub(super) fn closed(mut case: Case) -> Expr {
    let number = |e: &mut Box<Expr>| {
        let inner = std::mem::replace(&mut **e, Expr::Literal(ScalarValue::Null, None));
        **e = Expr::Cast(Cast::new(Box::new(inner), DataType::Int32));
    };
    case.when_then_expr.iter_mut().for_each(|(_, then)| number(then));
    case.else_expr.iter_mut().for_each(number);
    Expr::Cast(Cast::new(Box::new(Expr::Case(case)), DataType::Boolean))
}

/// Whether a branch of it must not be evaluated for every row.
pub(super) fn must_stay(case: &Case) -> bool {
    let branches = case.when_then_expr.iter().map(|(_, then)| then);
    branches.chain(case.else_expr.iter()).any(|branch| fallible(branch))
}

/// Conditions before a guarded one are evaluated once more for it. Of those that are guarded themselves only a few
/// are, or each would double the whole.
const GUARDED_MOST: usize = 2;

fn deciding(left: &Expr, op: Operator) -> Option<Expr> {
    let mut parts = Vec::new();
    flatten(left, op, &mut parts);
    let guards = parts.iter().filter(|part| is_guarded(part)).count();
    let kept = parts.into_iter().filter(|p| guards <= GUARDED_MOST || !is_guarded(p));
    let join = |l: Expr, r: &Expr| {
        Expr::BinaryExpr(BinaryExpr { left: Box::new(l), op, right: Box::new(r.clone()) })
    };
    let mut kept = kept;
    let first = kept.next()?.clone();
    Some(kept.fold(first, join))
}

fn is_guarded(e: &Expr) -> bool {
    matches!(e, Expr::Cast(cast) if matches!(&*cast.expr, Expr::Case(_)))
}

fn flatten<'e>(e: &'e Expr, op: Operator, parts: &mut Vec<&'e Expr>) {
    match e {
        Expr::BinaryExpr(binary) if binary.op == op => {
            flatten(&binary.left, op, parts);
            flatten(&binary.right, op, parts);
        }
        other => parts.push(other),
    }
}

/// Functions that fail for some values of the right type; additions hardly ever do and are left alone.
const FALLIBLE: &[&str] = &[
    "__int_divide",
    "__int_modulo",
    "__numeric_divide",
    "__quotient",
    "__float_over",
    "mod",
    "div",
    "sqrt",
    "__sqrt",
    "ln",
    "log",
    "log10",
    "power",
    "pow",
    "__power",
    "__int2_in",
    "__int4_in",
    "__int8_in",
    "__float4_in",
    "__float8_in",
    "__bool_in",
    "__numeric_in",
    "__uuid_in",
    "__timestamp_in",
    "__timestamptz_in",
    "to_date",
    "to_timestamp",
    "to_number",
    "decode",
    "convert_from",
    "split_part",
    "substring",
    "substr",
    "factorial",
    "width_bucket",
];

fn fallible(e: &Expr) -> bool {
    let mut found = false;
    let walked = e.apply(|e| {
        match e {
            Expr::ScalarFunction(call) => {
                let constant = call.args.iter().all(|a| matches!(a, Expr::Literal(..)));
                found |= FALLIBLE.contains(&call.name()) && !constant;
            }
            Expr::BinaryExpr(binary) => {
                let divides = matches!(binary.op, Operator::Divide | Operator::Modulo);
                let by_constant = matches!(&*binary.right, Expr::Literal(..));
                found |= divides && !by_constant;
            }
            _ => {}
        }
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    found || walked.is_err()
}
