//! Dialect.

use std::sync::Arc;

use datafusion::common::DFSchema;
use datafusion::logical_expr::planner::{ExprPlanner, TypePlanner};
use datafusion::logical_expr::{Expr, LogicalPlan};

use crate::catalog::types::SqlType;
use crate::error::{Error, Result};
use crate::parser::ast;

pub struct OutputNames(pub Vec<String>);

pub fn rewrite_query(_query: &mut ast::Query) -> Result<OutputNames> {
    Ok(OutputNames(Vec::new()))
}

#[derive(Debug)]
struct Types;
impl TypePlanner for Types {
    fn plan_type_field(&self, t: &ast::DataType) -> datafusion::common::Result<Option<arrow::datatypes::FieldRef>> {
        Ok(sql_type(t).ok().map(|t| t.field("", true)))
    }
}
pub fn type_planner() -> Arc<dyn TypePlanner> {
    Arc::new(Types)
}
pub fn sql_type(data_type: &ast::DataType) -> Result<SqlType> {
    let text = data_type.to_string().to_lowercase();
    SqlType::parse(&text).ok_or_else(|| Error::new(crate::error::SqlState::UNDEFINED_OBJECT, format!("type \"{text}\" does not exist")))
}
pub fn expr_planners() -> Vec<Arc<dyn ExprPlanner>> {
    Vec::new()
}
pub fn rewrite_plan(plan: LogicalPlan) -> Result<LogicalPlan> {
    Ok(plan)
}
pub fn rewrite_expression(expr: Expr, _schema: &DFSchema) -> Result<Expr> {
    Ok(expr)
}
pub fn cast(expr: Expr, sql_type: &SqlType) -> Expr {
    datafusion::logical_expr::cast(expr, sql_type.arrow())
}
