//! VALUES with subqueries in them: each row a projection of its own.

use datafusion::common::Result;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder, Values};

use super::elimination::Elimination;

pub(super) fn apart(values: Values) -> Result<LogicalPlan> {
    let names: Vec<String> = values.schema.fields().iter().map(|f| f.name().clone()).collect();
    let mut all: Option<LogicalPlanBuilder> = None;
    for row in values.values {
        let mut elimination = Elimination::over(LogicalPlanBuilder::empty(true).build()?, &[])?;
        let row = row.into_iter().zip(&names);
        let row = row
            .map(|(e, name)| Ok(elimination.without(e)?.alias(name)))
            .collect::<Result<Vec<_>>>()?;
        let one = LogicalPlanBuilder::from(elimination.rows).project(row)?.build()?;
        all = Some(match all {
            None => LogicalPlanBuilder::from(one),
            Some(above) => above.union(one)?,
        });
    }
    match all {
        Some(all) => all.build(),
        None => LogicalPlanBuilder::empty(false).build(),
    }
}
