//! What DataFusion's SQL planner may ask while a statement is bound: relations of the snapshot as leaves,
//! PostgreSQL's functions and types first, DataFusion's own where they mean the same.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Schema, SchemaRef};
use datafusion::catalog::cte_worktable::CteWorkTable;
use datafusion::common::{DFSchema, Result as DfResult, ScalarValue, TableReference};
use datafusion::config::ConfigOptions;
use datafusion::datasource::provider_as_source;
use datafusion::error::DataFusionError;
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::planner::{
    ContextProvider, ExprPlanner, RelationPlanner, TypePlanner,
};
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{
    AggregateUDF, Expr, HigherOrderUDF, LogicalPlan, ScalarUDF, TableSource, WindowUDF,
};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;

use super::query::Binder;
use super::sources::{Kind, Source};
use super::{dialect, names, secured, system_columns};
use crate::catalog::name::RelationId;
use crate::catalog::relation::{Relation, RelationKind};
use crate::catalog::types::SqlType;
use crate::error::{Error, Result};
use crate::functions;
use crate::parser::statement::Name;
use crate::storage::tid::POSITION;
use crate::system::functions::rows::Argument;
use crate::system::{self, explain_access, tables::SystemTable, views::SystemView};

/// DataFusion's functions, from which the allowed ones are taken.
static BUILTIN: LazyLock<SessionState> =
    LazyLock::new(|| SessionStateBuilder::new_with_default_features().build());

static RELATION_PLANNERS: LazyLock<Vec<Arc<dyn RelationPlanner>>> =
    LazyLock::new(super::sampling::planners);

static EXPR_PLANNERS: LazyLock<Vec<Arc<dyn ExprPlanner>>> = LazyLock::new(|| {
    let mut planners = dialect::expr_planners();
    planners.extend(BUILTIN.expr_planners().iter().map(Arc::clone));
    planners
});

/// Settings the planner reads while binding; the engine's own are in its runtime.
static OPTIONS: LazyLock<ConfigOptions> = LazyLock::new(|| {
    let mut options = ConfigOptions::new();
    options.sql_parser.parse_float_as_decimal = true;
    options.sql_parser.enable_subquery_sort_elimination = false;
    options.execution.time_zone = Some("UTC".to_owned());
    options
});

/// The planner's view of one statement.
pub(super) struct Context<'a> {
    pub binder: &'a Binder<'a>,
    /// A name is resolved once per statement, so that it means one thing throughout.
    found: Mutex<HashMap<TableReference, Arc<Source>>>,
    /// Names as written with what they stood for, for the views that keep them.
    reads: Mutex<Vec<(String, RelationId)>>,
    /// A function that is taken for missing.
    without: Option<String>,
}

impl<'a> Context<'a> {
    pub fn new(binder: &'a Binder<'a>) -> Self {
        Context { binder, found: Mutex::default(), reads: Mutex::default(), without: None }
    }

    /// The same, but this function is not there: to learn with which arguments it was called.
    pub fn without(binder: &'a Binder<'a>, function: String) -> Context<'a> {
        Context { without: Some(function), ..Context::new(binder) }
    }

    /// The relations that were taken so far.
    pub fn taken(&self) -> Vec<RelationId> {
        let reads = self.reads.lock().expect("no thread has panicked with it");
        reads.iter().map(|(_, id)| *id).collect()
    }

    /// The stored relations the statement named.
    pub fn reads(self) -> Vec<(String, RelationId)> {
        self.reads.into_inner().expect("no thread has panicked with it")
    }

    fn resolve(&self, reference: &TableReference) -> Result<Arc<Source>> {
        let scope = self.binder.scope;
        if let Some(guarding) = &self.binder.guarding
            && reference.schema().is_none()
            && reference.table() == secured::ROW
        {
            let relation = &guarding.relation;
            let kind = Kind::Unsecured(Arc::clone(relation));
            return Ok(Arc::new(Source { kind, arrow_schema: relation.storage_schema() }));
        }
        if let Some(database) = reference.catalog()
            && database != &*scope.database
        {
            return Err(Error::unsupported(format!(
                "a reference to another database, \"{reference}\","
            )));
        }
        if let Some(plain) = system_columns::marked(reference) {
            return self.with_positions(&*self.resolve(&plain)?);
        }
        let name = Name {
            schema: reference.schema().map(str::to_owned),
            name: reference.table().to_owned(),
            position: self.binder.position_of(reference),
        };
        // A view keeps reading what its names meant when it was made.
        if let Some(id) = self.binder.bound_name(&name.to_string()) {
            let relation = scope.snapshot.relation(id);
            let relation = relation.ok_or_else(|| Error::undefined_table(&name))?;
            let source = self.relation(&Arc::clone(relation))?;
            // Its stars mean the columns that there were.
            let width = self.binder.bound_width(&name.to_string());
            if width >= source.arrow_schema.fields().len() {
                return Ok(source);
            }
            let known = source.arrow_schema.fields()[..width].to_vec();
            let arrow_schema = Arc::new(Schema::new(known));
            return Ok(Arc::new(Source { kind: source.kind.clone(), arrow_schema }));
        }
        match names::relation(scope, &name)? {
            names::Found::Relation(relation) => {
                let mut reads = self.reads.lock().expect("no thread has panicked with it");
                reads.push((name.to_string(), relation.id));
                drop(reads);
                self.relation(&relation)
            }
            names::Found::System(table) => Ok(system_table(table)),
            names::Found::SystemView(view) => self.system_view(&view),
        }
    }

    fn relation(&self, relation: &Arc<Relation>) -> Result<Arc<Source>> {
        let kind = match &relation.kind {
            RelationKind::Table { .. } | RelationKind::Foreign(_) => {
                match secured::body(self.binder, relation)? {
                    Some(secured) => secured,
                    None => Kind::Relation(Arc::clone(relation)),
                }
            }
            RelationKind::View(view) => {
                let body = Arc::new(self.binder.view_body(relation, view)?);
                Kind::View { relation: Arc::clone(relation), body }
            }
        };
        Ok(Arc::new(Source { kind, arrow_schema: relation.storage_schema() }))
    }

    /// The same relation with the places of its rows.
    fn with_positions(&self, source: &Source) -> Result<Arc<Source>> {
        let relation = match &source.kind {
            Kind::Relation(relation) if matches!(relation.kind, RelationKind::Table { .. }) => {
                relation
            }
            // How far rows lie apart would tell how many are hidden between them.
            Kind::Secured { relation, .. } => {
                let message = format!(
                    "ctid of the table \"{}\", which has row policies or masks,",
                    relation.name
                );
                return Err(Error::unsupported(message));
            }
            _ => return Err(Error::undefined_column("ctid")),
        };
        let mut fields = source.arrow_schema.fields().to_vec();
        fields.push(SqlType::Tid.field(POSITION, false));
        let arrow_schema = Arc::new(Schema::new(fields));
        Ok(Arc::new(Source { kind: Kind::Relation(Arc::clone(relation)), arrow_schema }))
    }

    fn explain_access(&self, args: &[Expr]) -> DfResult<Arc<dyn TableSource>> {
        let external = |e: Error| DataFusionError::External(Box::new(e));
        let named = match args {
            [role, table] => text(role).zip(text(table)),
            _ => None,
        };
        let Some((role, table)) = named else {
            let message = "explain_access takes the names of a role and a table";
            return Err(external(Error::invalid_parameter(message)));
        };
        let scope = self.binder.scope;
        let batch = explain_access::explain(scope, role, table).map_err(external)?;
        let arrow_schema = batch.schema();
        let kind = Kind::Computed { name: explain_access::NAME, batch };
        Ok(Arc::new(Source { kind, arrow_schema }))
    }

    /// A function of the system catalog, worked out while binding from what its arguments say by then.
    fn system_rows(&self, name: &str, args: &[Expr]) -> Option<DfResult<Arc<dyn TableSource>>> {
        let arguments: Vec<_> = args.iter().map(argument).collect();
        let scope = self.binder.scope;
        let batch = system::functions::rows::rows(name, &arguments, scope)?;
        Some(batch.map_err(|e| DataFusionError::External(Box::new(e))).map(|batch| {
            let arrow_schema = batch.schema();
            let kind = Kind::Computed { name: "a function", batch };
            Arc::new(Source { kind, arrow_schema }) as Arc<dyn TableSource>
        }))
    }

    fn system_view(&self, view: &SystemView) -> Result<Arc<Source>> {
        let body = self.binder.system_view_body(view)?;
        let arrow_schema = Arc::new(body.schema().as_arrow().clone());
        let kind = Kind::SystemView { name: view.name(), body: Arc::new(body) };
        Ok(Arc::new(Source { kind, arrow_schema }))
    }
}

fn argument(e: &Expr) -> Argument {
    match e {
        Expr::Cast(cast) => argument(&cast.expr),
        Expr::Literal(ScalarValue::List(list), _) if list.is_valid(0) => {
            let items = arrow::compute::cast(&list.value(0), &DataType::Utf8);
            let items = items.map(|items| {
                items.as_string::<i32>().iter().flatten().map(str::to_owned).collect()
            });
            items.map_or(Argument::Null, Argument::Texts)
        }
        Expr::Literal(value, _) => match value.cast_to(&DataType::Int64) {
            Ok(ScalarValue::Int64(Some(number))) => Argument::Int(number),
            _ => match text(e).and_then(|t| t.strip_prefix('{')?.strip_suffix('}')) {
                Some("") => Argument::Texts(Vec::new()),
                Some(items) => Argument::Texts(items.split(',').map(str::to_owned).collect()),
                None => Argument::Null,
            },
        },
        _ => Argument::Null,
    }
}

fn text(e: &Expr) -> Option<&str> {
    let Expr::Literal(value, _) = e else { return None };
    value.try_as_str().flatten()
}

fn system_table(table: SystemTable) -> Arc<Source> {
    let arrow_schema = table.arrow_schema();
    Arc::new(Source { kind: Kind::System(table), arrow_schema })
}

impl ContextProvider for Context<'_> {
    fn get_table_source(&self, name: TableReference) -> DfResult<Arc<dyn TableSource>> {
        let known = self.found.lock().expect("no thread has panicked with it").get(&name).cloned();
        if let Some(source) = known {
            return Ok(source);
        }
        let source = self.resolve(&name).map_err(|e| DataFusionError::External(Box::new(e)))?;
        let mut found = self.found.lock().expect("no thread has panicked with it");
        found.insert(name, Arc::clone(&source));
        Ok(source)
    }

    fn get_table_function_source(
        &self,
        name: &str,
        args: Vec<Expr>,
    ) -> DfResult<Arc<dyn TableSource>> {
        let mut options = OPTIONS.clone();
        self.binder.scope.put_into(&mut options);
        let options = Arc::new(options);
        let simplifier = ExprSimplifier::new(
            SimplifyContext::builder().with_config_options(Arc::clone(&options)).build(),
        );
        let schema = DFSchema::empty();
        let args = args
            .into_iter()
            .map(|arg| {
                let typed = dialect::type_integers_in(arg)
                    .and_then(|e| dialect::rewrite_expression(e, &schema))
                    .map_err(|e| DataFusionError::External(Box::new(e)))?;
                simplifier.coerce(typed, &schema).and_then(|e| simplifier.simplify(e))
            })
            .collect::<DfResult<Vec<_>>>()?;
        if name == explain_access::NAME {
            return self.explain_access(&args);
        }
        if let Some(source) = self.system_rows(name, &args) {
            return source;
        }
        if let Some(provider) = functions::table(name, &args, &options) {
            return Ok(provider_as_source(provider?));
        }
        let Some(function) =
            BUILTIN.table_functions().get(name).filter(|_| functions::allowed_builtin(name))
        else {
            let name = functions::undefined(name, &[]);
            return Err(DataFusionError::External(Box::new(name)));
        };
        let args = datafusion::catalog::TableFunctionArgs::new(&args, &*BUILTIN);
        Ok(provider_as_source(function.create_table_provider_with_args(args)?))
    }

    fn create_cte_work_table(
        &self,
        name: &str,
        schema: SchemaRef,
    ) -> DfResult<Arc<dyn TableSource>> {
        Ok(provider_as_source(Arc::new(CteWorkTable::new(name, schema))))
    }

    fn get_expr_planners(&self) -> &[Arc<dyn ExprPlanner>] {
        &EXPR_PLANNERS
    }

    fn get_relation_planners(&self) -> &[Arc<dyn RelationPlanner>] {
        &RELATION_PLANNERS
    }

    fn get_type_planner(&self) -> Option<Arc<dyn TypePlanner>> {
        Some(dialect::type_planner())
    }

    fn get_function_meta(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        if self.without.as_deref() == Some(name) {
            return Some(functions::missing(name));
        }
        system::functions::scalar(name, self.binder.scope)
            .or_else(|| functions::scalar(name))
            .or_else(|| allowed(name, BUILTIN.scalar_functions()).map(configured))
            .or_else(|| {
                let other =
                    self.get_aggregate_meta(name).is_some() || self.get_window_meta(name).is_some();
                // DataFusion's planner knows this one itself.
                let other = other || name == "unnest";
                (!other && self.get_higher_order_meta(name).is_none())
                    .then(|| functions::missing(name))
            })
    }

    fn get_higher_order_meta(&self, name: &str) -> Option<Arc<HigherOrderUDF>> {
        allowed(name, BUILTIN.higher_order_functions())
    }

    fn get_aggregate_meta(&self, name: &str) -> Option<Arc<AggregateUDF>> {
        functions::aggregate(name).or_else(|| allowed(name, BUILTIN.aggregate_functions()))
    }

    fn get_window_meta(&self, name: &str) -> Option<Arc<WindowUDF>> {
        functions::window(name).or_else(|| allowed(name, BUILTIN.window_functions()))
    }

    fn get_variable_type(&self, _: &[String]) -> Option<DataType> {
        None
    }

    fn options(&self) -> &ConfigOptions {
        &OPTIONS
    }

    // Only used for suggestions in DataFusion's messages, which we do not show; without one name to suggest an
    // unknown function would be reported as a bug.
    fn udf_names(&self) -> Vec<String> {
        vec!["unknown".to_owned()]
    }

    fn higher_order_function_names(&self) -> Vec<String> {
        Vec::new()
    }

    fn udaf_names(&self) -> Vec<String> {
        Vec::new()
    }

    fn udwf_names(&self) -> Vec<String> {
        vec!["unknown".to_owned()]
    }
}

/// `now()` takes its type from the settings: without a zone it would be no instant.
fn configured(function: Arc<ScalarUDF>) -> Arc<ScalarUDF> {
    function.inner().with_updated_config(&OPTIONS).map_or(function, Arc::new)
}

fn allowed<T>(name: &str, all: &HashMap<String, Arc<T>>) -> Option<Arc<T>> {
    all.get(name).filter(|_| functions::allowed_builtin(name)).map(Arc::clone)
}

/// Whether a leaf that is no [`Source`] reads nothing stored: a recursive query's work table or the rows of
/// a table function.
pub fn reads_nothing(plan: &LogicalPlan) -> bool {
    let LogicalPlan::TableScan(scan) = plan else { return true };
    let source = scan.source.downcast_ref::<datafusion::datasource::DefaultTableSource>();
    source.is_some_and(|source| {
        let provider = &source.table_provider;
        provider.is::<CteWorkTable>() || functions::is_table_function(&**provider)
    })
}
