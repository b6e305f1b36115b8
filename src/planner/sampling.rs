//! TABLESAMPLE: a relation of which each row is kept by chance.

use std::sync::Arc;

use datafusion::common::{DFSchema, Result};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::planner::{
    PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning,
};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};

use crate::error::{Error, SqlState};
use crate::functions;
use crate::parser::ast::{self, TableFactor, TableSample, TableSampleKind, TableSampleMethod};

/// Asked for everything in FROM before DataFusion's planner is.
#[derive(Debug)]
pub(super) struct Sampling;

impl RelationPlanner for Sampling {
    fn plan_relation(
        &self,
        mut relation: TableFactor,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<RelationPlanning> {
        let TableFactor::Table { sample, alias, .. } = &mut relation else {
            return Ok(RelationPlanning::Original(Box::new(relation)));
        };
        let Some(
            TableSampleKind::BeforeTableAlias(sample) | TableSampleKind::AfterTableAlias(sample),
        ) = sample.take()
        else {
            return Ok(RelationPlanning::Original(Box::new(relation)));
        };
        let alias = alias.take();
        let percent = percent(*sample).map_err(external)?;
        let percent = context.sql_to_expr(percent, &DFSchema::empty())?;
        if percent.contains_outer() || percent.any_column_refs() {
            let what = "TABLESAMPLE by a column of the query around it";
            return Err(external(Error::unsupported(what)));
        }
        let keep =
            functions::scalar("__sample").ok_or_else(|| external(Error::internal("no samples")))?;
        let keep = Expr::ScalarFunction(ScalarFunction::new_udf(keep, vec![percent]));
        let plan = LogicalPlanBuilder::from(context.plan(relation)?).filter(keep)?.build()?;
        Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, alias))))
    }
}

fn external(e: Error) -> DataFusionError {
    DataFusionError::External(Box::new(e))
}

/// Blocks are no unit that a lake has, so SYSTEM chooses rows as BERNOULLI does.
fn percent(sample: TableSample) -> crate::error::Result<ast::Expr> {
    let Some(quantity) = sample.quantity else {
        return Err(Error::syntax("TABLESAMPLE needs a percentage"));
    };
    match sample.name {
        Some(TableSampleMethod::Bernoulli | TableSampleMethod::System) => {}
        _ => {
            let name = match &quantity.value {
                ast::Expr::Function(function) => function.name.to_string().to_lowercase(),
                other => other.to_string(),
            };
            let message = format!("tablesample method {name} does not exist");
            return Err(Error::new(SqlState::UNDEFINED_OBJECT, message));
        }
    }
    if sample.seed.is_some() {
        return Err(Error::unsupported("TABLESAMPLE … REPEATABLE")
            .hint("Rows have no place that a seed could choose them by."));
    }
    if quantity.unit.is_some() || sample.bucket.is_some() || sample.offset.is_some() {
        return Err(Error::syntax("this form of TABLESAMPLE is not PostgreSQL's"));
    }
    Ok(quantity.value)
}

/// What the planner asks.
pub(super) fn planners() -> Vec<Arc<dyn RelationPlanner>> {
    vec![Arc::new(Sampling)]
}
