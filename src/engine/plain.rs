//! Constants in comparisons lose the SQL types that they carry beside Arrow's.
//!
//! To DataFusion a literal is its value together with its field's metadata, so that `current_user`, a `name`, and the
//! same word written as text are different constants: what is said to be equal to both is taken to be impossible, and
//! rows go missing. A comparison gives a truth value whatever its sides are called, so its sides are stripped; what a
//! projection gives keeps its type in the projection's own field, from where no constant takes it along.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::Field;
use datafusion::common::config::ConfigOptions;
use datafusion::common::metadata::FieldMetadata;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::expr::{Alias, Cast, ScalarFunction};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, Operator, Projection};
use datafusion::optimizer::AnalyzerRule;

use crate::catalog::types::{SqlType, TYPE_KEY};

#[derive(Debug)]
pub(super) struct PlainConstants;

impl AnalyzerRule for PlainConstants {
    fn name(&self) -> &str {
        "plain_constants"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(in_node).map(|t| t.data)
    }
}

fn in_node(node: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    if matches!(node, LogicalPlan::TableScan(_) | LogicalPlan::Limit(_)) {
        return Ok(Transformed::no(node));
    }
    let mut schema = DFSchema::empty();
    node.inputs().iter().for_each(|input| schema.merge(input.schema()));
    let names = NamePreserver::new(&node);
    let node = node.map_expressions(|e| {
        let name = names.save(&e);
        let plain = e.transform_up(|e| in_expression(e, &schema))?;
        Ok(plain.update_data(|e| name.restore(e)))
    })?;
    match node.data {
        LogicalPlan::Projection(projection) => in_projection(projection, &schema),
        other => Ok(Transformed::new(other, node.transformed, node.tnr)),
    }
}

fn in_expression(e: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    match e {
        Expr::BinaryExpr(mut binary) if compares(binary.op) => {
            let changed = plain(&mut binary.left, schema) | plain(&mut binary.right, schema);
            Ok(Transformed::new_transformed(Expr::BinaryExpr(binary), changed))
        }
        Expr::InList(mut list) => {
            let mut changed = plain(&mut list.expr, schema);
            list.list.iter_mut().for_each(|e| changed |= plain(e, schema));
            Ok(Transformed::new_transformed(Expr::InList(list), changed))
        }
        Expr::Between(mut between) => {
            let changed = plain(&mut between.expr, schema)
                | plain(&mut between.low, schema)
                | plain(&mut between.high, schema);
            Ok(Transformed::new_transformed(Expr::Between(between), changed))
        }
        Expr::Case(mut case) if case.expr.is_some() => {
            let mut changed = case.expr.as_mut().is_some_and(|e| plain(e, schema));
            case.when_then_expr.iter_mut().for_each(|(when, _)| changed |= plain(when, schema));
            Ok(Transformed::new_transformed(Expr::Case(case), changed))
        }
        Expr::ScalarFunction(call) if call.name() == "pg_typeof" => Ok(type_of(call, schema)),
        other => Ok(Transformed::no(other)),
    }
}

fn compares(op: Operator) -> bool {
    op.supports_propagation()
        || matches!(op, Operator::IsDistinctFrom | Operator::IsNotDistinctFrom)
}

/// The SQL type that a value carries beside its Arrow type.
fn carried(e: &Expr, schema: &DFSchema) -> Option<SqlType> {
    let (_, field) = e.to_field(schema).ok()?;
    field.metadata().contains_key(TYPE_KEY).then(|| SqlType::of(&field))
}

/// Takes the SQL type off; false if there is none. Columns are no constants.
fn plain(e: &mut Expr, schema: &DFSchema) -> bool {
    if let Expr::Literal(_, metadata) = e {
        return metadata.take().is_some();
    }
    if matches!(e, Expr::Column(_) | Expr::OuterReferenceColumn(..) | Expr::ScalarSubquery(_))
        || carried(e, schema).is_none()
    {
        return false;
    }
    let Ok(arrow) = e.get_type(schema) else { return false };
    if arrow.is_nested() {
        return false;
    }
    let field = Arc::new(Field::new("plain", arrow, true));
    *e = match std::mem::take(e) {
        Expr::Cast(cast) => Expr::Cast(Cast::new_from_field(cast.expr, field)),
        other => Expr::Cast(Cast::new_from_field(Box::new(other), field)),
    };
    true
}

/// Types that say nothing about how a value reads: who takes a constant without one shows it just the same.
fn reads_alike(of: &SqlType) -> bool {
    matches!(of, SqlType::Name | SqlType::Char | SqlType::Varchar(_))
}

/// What is computed comes plain, under a field that keeps the type.
fn in_projection(projection: Projection, schema: &DFSchema) -> Result<Transformed<LogicalPlan>> {
    let of = |e: &Expr| match e {
        Expr::Column(_) => None,
        Expr::Alias(alias) if alias.metadata.is_some() => None,
        Expr::Alias(alias) if matches!(&*alias.expr, Expr::Column(_)) => None,
        other => carried(other, schema).filter(reads_alike),
    };
    let wanted: Vec<_> = projection.expr.iter().map(of).collect();
    if wanted.iter().all(Option::is_none) {
        return Ok(Transformed::no(LogicalPlan::Projection(projection)));
    }
    let pairs = projection.expr.into_iter().zip(wanted);
    let expressions = pairs.map(|(e, of)| match of {
        Some(of) => under_own_type(e, &of, schema),
        None => e,
    });
    let made = Projection::try_new(expressions.collect(), projection.input)?;
    Ok(Transformed::yes(LogicalPlan::Projection(made)))
}

fn under_own_type(e: Expr, of: &SqlType, schema: &DFSchema) -> Expr {
    let (mut inner, relation, name) = match e {
        Expr::Alias(Alias { expr, relation, name, .. }) => (*expr, relation, name),
        other => {
            let name = other.schema_name().to_string();
            (other, None, name)
        }
    };
    plain(&mut inner, schema);
    let said = BTreeMap::from([(TYPE_KEY.to_owned(), of.to_string())]);
    Expr::Alias(Alias::new(inner, relation, name).with_metadata(Some(FieldMetadata::new(said))))
}

/// Known by now, and to be asked before a constant takes its argument's place.
fn type_of(call: ScalarFunction, schema: &DFSchema) -> Transformed<Expr> {
    let known = match call.args.as_slice() {
        [Expr::Literal(..)] => None,
        [argument] => argument.to_field(schema).ok().filter(|(_, f)| !f.data_type().is_null()),
        _ => None,
    };
    match known.and_then(|(_, field)| SqlType::parse(&crate::functions::bare(&SqlType::of(&field))))
    {
        Some(of) => {
            let metadata = SqlType::Regtype.field("pg_typeof", true);
            let metadata = FieldMetadata::new_from_field(&metadata);
            let oid = ScalarValue::Int64(Some(of.oid().into()));
            Transformed::yes(Expr::Literal(oid, Some(metadata)))
        }
        None => Transformed::no(Expr::ScalarFunction(call)),
    }
}
