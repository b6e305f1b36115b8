//! Operators DataFusion's planner does not plan as PostgreSQL does.

use std::sync::Arc;

use datafusion::logical_expr::planner::ExprPlanner;

/// Asked before DataFusion's own. What needs types is done on the plan.
pub fn expr_planners() -> Vec<Arc<dyn ExprPlanner>> {
    vec![Arc::new(super::json::JsonOperators)]
}
