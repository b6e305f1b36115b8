//! Lists whose elements bear an SQL type, where DataFusion forgets it: DISTINCT ON takes the first of each group as a
//! value of its own, and such a value has Arrow's type alone.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Column, Result as DfResult};
use datafusion::logical_expr::expr::Cast;
use datafusion::logical_expr::{
    Distinct, DistinctOn, Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder,
};

/// DISTINCT ON over lists without those types, which they get back above it.
pub(super) fn first_of_each(on: DistinctOn) -> DfResult<LogicalPlan> {
    let input = Arc::clone(on.input.schema());
    let fields = on.select_expr.iter().map(|e| Ok(e.to_field(&input)?.1));
    let fields = fields.collect::<DfResult<Vec<FieldRef>>>()?;
    if !fields.iter().any(|f| bare(f).is_some()) {
        return Ok(LogicalPlan::Distinct(Distinct::On(on)));
    }
    let outer = Arc::clone(&on.schema);
    let selected = on.select_expr.into_iter().zip(&fields).enumerate().map(|(i, (e, field))| {
        let (qualifier, output) = outer.qualified_field(i);
        match bare(field) {
            Some(bare) => Expr::Cast(Cast::new_from_field(Box::new(e), bare))
                .alias_qualified(qualifier.cloned(), output.name()),
            None => e,
        }
    });
    let on = DistinctOn::try_new(on.on_expr, selected.collect(), on.sort_expr, on.input)?;
    let plan = LogicalPlan::Distinct(Distinct::On(on));
    let made = Arc::clone(plan.schema());
    let typed = fields.iter().enumerate().map(|(i, field)| {
        let column = Expr::Column(Column::from(made.qualified_field(i)));
        let (qualifier, output) = outer.qualified_field(i);
        match bare(field) {
            Some(_) => Expr::Cast(Cast::new_from_field(Box::new(column), Arc::clone(field)))
                .alias_qualified(qualifier.cloned(), output.name()),
            None => column,
        }
    });
    LogicalPlanBuilder::from(plan).project(typed.collect::<Vec<_>>())?.build()
}

/// The list's type without what its elements bear, if they bear something.
fn bare(field: &Field) -> Option<FieldRef> {
    let DataType::List(item) = field.data_type() else { return None };
    let plain = Field::new_list_field(item.data_type().clone(), true);
    (!item.metadata().is_empty())
        .then(|| Arc::new(Field::new(field.name(), DataType::List(Arc::new(plain)), true)))
}
