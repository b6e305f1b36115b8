//! SELECT over the snapshot: binds queries and expands views.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DFSchema, TableReference};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use datafusion::sql::planner::{ParserOptions, PlannerContext, SqlToRel};

use super::context::Context;
use super::failure::{self, OrFail, from_datafusion};
use super::places::{at_operator, at_word_of_operator, at_words};
use super::secured::Guarding;
use super::{dialect, names_of_from, origins, plan, shapes, star, suggestions, system_columns};
use crate::catalog::name::{RelationId, RoleId};
use crate::catalog::protection::Expression;
use crate::catalog::relation::{COLUMN_KEY, Relation, TABLE_KEY, View};
use crate::catalog::types::{PRECISION_KEY, SqlType};
use crate::error::{Error, Result, SqlState};
use crate::parser::ast;
use crate::storage::tid::POSITION;
use crate::system::scope::{Scope, StarExpansion};
use crate::system::views::SystemView;

/// Views nested deeper than this are refused: one that reads itself would never end.
const VIEW_DEPTH_MAX: usize = 64;

/// Binds what one statement says, for one scope.
pub(super) struct Binder<'a> {
    pub scope: &'a Arc<Scope>,
    source: &'a str,
    parameters: &'a [Option<SqlType>],
    /// Names a view's text has, with what they meant when it was made.
    reads: &'a [(String, RelationId)],
    /// How many of its columns each of them had then.
    widths: &'a [usize],
    depth: usize,
    /// Whose rights and policies count for what is read: the role's, or in a view its owner's.
    pub role: RoleId,
    /// The relation whose policy or mask is being bound, and those whose policies led here.
    pub guarding: Option<Guarding>,
    pub guarded: &'a [RelationId],
    /// Names of relations in the statement and where they stand.
    positions: RefCell<Vec<(String, usize)>>,
}

/// A query before its columns get their last form.
pub(super) struct Bound {
    pub plan: LogicalPlan,
    pub names: Vec<String>,
    pub reads: Vec<(String, RelationId)>,
}

impl<'a> Binder<'a> {
    pub fn new(
        scope: &'a Arc<Scope>,
        source: &'a str,
        parameters: &'a [Option<SqlType>],
    ) -> Binder<'a> {
        Binder {
            scope,
            source,
            parameters,
            reads: &[],
            widths: &[],
            depth: 0,
            role: scope.role,
            guarding: None,
            guarded: &[],
            positions: Default::default(),
        }
    }

    pub fn parameters(&self) -> &[Option<SqlType>] {
        self.parameters
    }

    /// The types a client gave, filled up with what a statement's form says.
    pub fn merge_parameters(&self, inferred: &[Option<SqlType>]) -> Vec<Option<SqlType>> {
        let count = self.parameters.len().max(inferred.len());
        let at = |all: &[Option<SqlType>], i: usize| all.get(i).cloned().flatten();
        (0..count).map(|i| at(self.parameters, i).or_else(|| at(inferred, i))).collect()
    }

    pub fn query(&self, query: &ast::Query) -> Result<plan::Query> {
        let bound = self.bind(query, self.parameters)?;
        let origins = origins::of(&bound.plan);
        let plan = dialect::show(self.rewrite(bound.plan)?, self.scope)?;
        let fields = with_origins(named(plan.schema(), &bound.names), &origins, self.scope);
        let parameters = self.parameter_types(&plan)?;
        Ok(plan::Query { plan, fields, parameters })
    }

    /// SQL to a plan whose leaves are unopened relations. Not yet rewritten to PostgreSQL's meaning of
    /// expressions, so that a statement may put more on top first.
    pub fn bind(&self, query: &ast::Query, parameters: &[Option<SqlType>]) -> Result<Bound> {
        let mut query = query.clone();
        dialect::drop_voids(&mut query, parameters);
        self.note_positions(&query);
        // A view's star is what it was when the view was made.
        if self.depth == 0 && self.scope.star_expansion == StarExpansion::Permitted {
            star::permitted(self, &mut query);
        }
        system_columns::write_out(self, &mut query)?;
        shapes::write_out(self, &mut query).map_err(|e| self.locate(e))?;
        dialect::rewrite_query(&mut query).map_err(|e| self.locate(e))?;
        let parameters = cast_parameters(&query, parameters)?;
        let context = Context::new(self);
        let statement = ast::Statement::Query(Box::new(query));
        let plan = match plan_in(&context, &statement, &parameters) {
            Ok(plan) => plan,
            Err(e) => {
                let hint = self.suggested(&e, &context);
                let mut error = self.explained(e, &statement, &parameters);
                if error.hint.is_none()
                    && error.state == SqlState::UNDEFINED_COLUMN
                    && let Some(hint) = hint
                {
                    error = error.hint(hint);
                }
                let error = names_of_from::explained(whole_row(error, &statement), &statement);
                // The engine points at the statement.
                return Err(match error.message.ends_with("same number of columns") {
                    true => self.locate(error.nowhere()),
                    false => error,
                });
            }
        };
        let plan = dialect::number_copies(dialect::let_ties_through(plan)?)
            .and_then(dialect::keep_for_sorting)
            .and_then(dialect::collect_in_order)?;
        let plan = dialect::type_integers(plan).map_err(|e| self.locate(e))?;
        let fields = plan.schema().fields().iter();
        let names = fields.map(|f| dialect::shown(f.name()).to_owned()).collect();
        Ok(Bound { plan, names, reads: context.reads() })
    }

    /// The columns of a query that is only asked for them; None where it cannot be bound by itself.
    pub fn columns_of(&self, mut query: ast::Query) -> Option<Vec<String>> {
        dialect::rewrite_query(&mut query).ok()?;
        let statement = ast::Statement::Query(Box::new(query));
        let plan = plan_in(&Context::new(self), &statement, self.parameters).ok()?;
        let fields = plan.schema().fields().iter().filter(|f| f.name() != POSITION);
        Some(fields.map(|f| dialect::shown(f.name()).to_owned()).collect())
    }

    /// The column that was meant, where the role may know of it.
    fn suggested(&self, e: &DataFusionError, context: &Context<'_>) -> Option<String> {
        let hint = suggestions::hint(e).filter(|_| self.depth == 0)?;
        let open = suggestions::reads_all(&self.scope.snapshot, self.role, &context.taken());
        open.then_some(hint)
    }

    /// An error of the planner. A call that fits no function is bound once more without that function, which
    /// says with which arguments it was called.
    fn explained(
        &self,
        e: DataFusionError,
        statement: &ast::Statement,
        parameters: &[Option<SqlType>],
    ) -> Error {
        let again = failure::mismatched_function(&e).and_then(|name| {
            let context = Context::without(self, name);
            plan_in(&context, statement, parameters).err().map(from_datafusion)
        });
        match again {
            Some(error) if error.state == SqlState::UNDEFINED_FUNCTION => self.locate(error),
            _ => self.error(e),
        }
    }

    /// Expressions get PostgreSQL's meaning.
    pub fn rewrite(&self, plan: LogicalPlan) -> Result<LogicalPlan> {
        let plan = dialect::look_up(plan, self.scope).map_err(|e| self.locate(e))?;
        dialect::rewrite_plan(plan).map_err(|e| self.locate(e))
    }

    /// Binds an expression over a relation's columns, as CHECK has it.
    pub fn expression(&self, expression: &ast::Expr, schema: &DFSchema) -> Result<Expr> {
        let context = Context::new(self);
        let planner = SqlToRel::new_with_options(&context, parser_options());
        let bound = planner
            .sql_to_expr(expression.clone(), schema, &mut PlannerContext::new())
            .map_err(|e| self.error(e))?;
        dialect::type_integers_in(bound)
    }

    /// A view's body as its maker meant it, under the columns the catalog holds. The rights in it are its
    /// owner's; that is for access to ask.
    pub fn view_body(&self, relation: &Relation, view: &View) -> Result<LogicalPlan> {
        let mut scope = Scope::clone(self.scope);
        scope.search_path = view.search_path.clone().into();
        // An invoker's view asks for the rights of who runs the statement, also below a view of another owner.
        let role = if view.security_invoker { self.scope.role } else { relation.owner };
        let kept = (view.reads.as_slice(), view.widths.as_slice());
        let inner = self.inner(&Arc::new(scope), role, &view.sql, kept, |binder, query| {
            let bound = binder.bind(query, &[])?;
            dialect::as_kept(binder.rewrite(bound.plan)?, binder.scope)
        })?;
        let columns: Vec<_> = relation.columns.iter().map(|c| (&*c.name, &c.sql_type)).collect();
        conform(inner, &columns).or_fail()
    }

    pub fn system_view_body(&self, view: &SystemView) -> Result<LogicalPlan> {
        let mut scope = Scope::clone(self.scope);
        scope.search_path = Arc::from(["pg_catalog".to_owned(), "information_schema".to_owned()]);
        self.inner(&Arc::new(scope), self.role, view.sql(), (&[], &[]), |binder, query| {
            let bound = binder.bind(query, &[])?;
            let plan = binder.rewrite(bound.plan)?;
            rename(plan, &bound.names).or_fail()
        })
    }

    fn inner<T>(
        &self,
        scope: &Arc<Scope>,
        role: RoleId,
        sql: &str,
        (reads, widths): (&[(String, RelationId)], &[usize]),
        bind: impl FnOnce(&Binder<'_>, &ast::Query) -> Result<T>,
    ) -> Result<T> {
        self.go_deeper()?;
        let mut parsed = crate::parser::parse(sql)?;
        let Some(crate::parser::statement::Kind::Query(query)) = parsed.pop().map(|s| s.kind)
        else {
            return Err(Error::internal("a view's text is no query"));
        };
        let binder = Binder {
            reads,
            widths,
            role,
            depth: self.depth + 1,
            guarded: self.guarded,
            ..Binder::new(scope, sql, &[])
        };
        // A place in the view's text would point into the wrong text.
        bind(&binder, &query).map_err(Error::nowhere)
    }

    fn go_deeper(&self) -> Result<()> {
        match self.depth >= VIEW_DEPTH_MAX {
            true => Err(Error::new(SqlState::STATEMENT_TOO_COMPLEX, "views are nested too deeply")),
            false => Ok(()),
        }
    }

    /// Binds a policy's or mask's expression, kept with its own names and search path. What it reads is
    /// read as the same role, the relation itself beneath its policies.
    pub fn guarded<T>(
        &self,
        guarding: &Guarding,
        expression: &Expression,
        bind: impl FnOnce(&Binder<'_>) -> Result<T>,
    ) -> Result<T> {
        self.go_deeper()?;
        let mut scope = Scope::clone(self.scope);
        scope.search_path = expression.search_path.clone().into();
        let scope = Arc::new(scope);
        let binder = Binder {
            reads: &expression.reads,
            role: self.role,
            depth: self.depth + 1,
            guarded: &guarding.outer,
            guarding: Some(guarding.clone()),
            ..Binder::new(&scope, "", &[])
        };
        bind(&binder).map_err(Error::nowhere)
    }

    /// The types of `$1`…: as given, else as inferred, else text, as PostgreSQL's unknown becomes.
    pub fn parameter_types(&self, plan: &LogicalPlan) -> Result<Vec<SqlType>> {
        let found = plan.get_parameter_fields().or_fail()?;
        let highest = found.keys().filter_map(|id| id.trim_start_matches('$').parse().ok()).max();
        let count = highest.unwrap_or(0).max(self.parameters.len());
        if count > usize::from(u16::MAX) {
            return Err(Error::new(SqlState::UNDEFINED_PARAMETER, "there are too many parameters"));
        }
        Ok((0..count)
            .map(|i| {
                let given = self.parameters.get(i).cloned().flatten();
                let inferred = || found.get(&format!("${}", i + 1)).cloned().flatten();
                let inferred = || inferred().map(|f| without_digits(SqlType::of(&f)));
                given.or_else(inferred).unwrap_or(SqlType::Text)
            })
            .collect())
    }

    pub fn bound_name(&self, name: &str) -> Option<RelationId> {
        self.reads.iter().find(|(read, _)| read == name).map(|(_, id)| *id)
    }

    /// How many columns a relation of this name had when the view was made; all where that is not known.
    pub fn bound_width(&self, name: &str) -> usize {
        let at = self.reads.iter().position(|(read, _)| read == name);
        at.and_then(|i| self.widths.get(i)).copied().unwrap_or(usize::MAX)
    }

    fn note_positions(&self, query: &ast::Query) {
        let mut positions = self.positions.borrow_mut();
        let _ = ast::visit_relations(query, |name| {
            if let Some(ast::ObjectNamePart::Identifier(first)) = name.0.first()
                && let Some(at) = crate::parser::position(self.source, first.span.start)
            {
                positions.push((name.to_string().to_lowercase().replace('"', ""), at));
            }
            ControlFlow::<()>::Continue(())
        });
    }

    pub fn position_of(&self, reference: &TableReference) -> Option<usize> {
        let name = reference.to_string().to_lowercase();
        self.positions.borrow().iter().find(|(n, _)| *n == name).map(|(_, at)| *at)
    }

    /// DataFusion's error as ours, pointing into the text where it knows where.
    pub fn error(&self, e: DataFusionError) -> Error {
        let span = span_of(&e);
        let at = span.and_then(|start| crate::parser::position(self.source, start));
        // An operator is pointed at itself, not at what stands before it.
        let error = at_operator(from_datafusion(e), self.source);
        let at = error.position.or(at);
        self.locate(error.at(at))
    }

    /// Finds the place of a name that an error speaks of but did not locate.
    fn locate(&self, error: Error) -> Error {
        if error.position.is_some() || self.depth > 0 {
            return error;
        }
        let wanted =
            [SqlState::UNDEFINED_COLUMN, SqlState::AMBIGUOUS_COLUMN, SqlState::UNDEFINED_FUNCTION];
        if !wanted.contains(&error.state) {
            return at_words(error, self.source);
        }
        let error = at_word_of_operator(at_operator(error, self.source), self.source);
        if error.position.is_some() || error.message.starts_with("operator does not exist") {
            return error;
        }
        let name = error.message.split('"').nth(1).map(str::to_owned).or_else(|| {
            let rest = error
                .message
                .strip_prefix("column ")
                .or(error.message.strip_prefix("function "))?;
            Some(rest.split([' ', '(']).next()?.to_owned())
        });
        let at = name.and_then(|name| word_position(self.source, &name));
        error.at(at)
    }
}

fn plan_in(
    context: &Context<'_>,
    statement: &ast::Statement,
    parameters: &[Option<SqlType>],
) -> Result<LogicalPlan, DataFusionError> {
    let planner = SqlToRel::new_with_options(context, parser_options());
    let fields = parameters.iter();
    let fields = fields.map(|p| p.as_ref().map(|t| t.field("parameter", true))).collect();
    let mut planner_context = PlannerContext::new().with_prepare_param_data_types(fields);
    planner.sql_statement_to_plan_with_context(statement.clone(), &mut planner_context)
}

/// Where `name` stands as a word of its own in the text, counted in characters from 1.
fn word_position(source: &str, name: &str) -> Option<usize> {
    let lower = source.to_lowercase();
    let name = name.to_lowercase();
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    lower.match_indices(&name).find_map(|(at, _)| {
        let at = if lower[..at].ends_with('"') { at - 1 } else { at };
        // Where a name is given it is not asked for.
        if lower[..at].trim_end().ends_with(" as") {
            return None;
        }
        let before = lower[..at].chars().next_back();
        let quotes = if lower[at..].starts_with('"') { 2 } else { 0 };
        let after = lower.get(at + name.len() + quotes..).and_then(|rest| rest.chars().next());
        let alone = !before.is_some_and(is_part) && !after.is_some_and(is_part);
        alone.then(|| lower[..at].chars().count() + 1)
    })
}

fn span_of(e: &DataFusionError) -> Option<datafusion::sql::sqlparser::tokenizer::Location> {
    let span = e.diagnostic()?.span?;
    let (line, column) = (span.start.line, span.start.column);
    Some(datafusion::sql::sqlparser::tokenizer::Location { line, column })
}

/// `$1::int`: a cast says what a parameter is, where the client has not.
fn cast_parameters(query: &ast::Query, given: &[Option<SqlType>]) -> Result<Vec<Option<SqlType>>> {
    let mut types = given.to_vec();
    let flow = ast::visit_expressions(query, |e| {
        let ast::Expr::Cast { expr, data_type, .. } = e else { return ControlFlow::Continue(()) };
        let ast::Expr::Value(value) = &**expr else { return ControlFlow::Continue(()) };
        let ast::Value::Placeholder(text) = &value.value else { return ControlFlow::Continue(()) };
        let number = text.strip_prefix('$').and_then(|n| n.parse::<usize>().ok());
        let Some(i) = number.filter(|n| (1..=65_535).contains(n)).map(|n| n - 1) else {
            return ControlFlow::Continue(());
        };
        types.resize(types.len().max(i + 1), None);
        if types[i].is_none() {
            match dialect::sql_type(data_type) {
                // Its name or its number, as a text.
                Ok(sql_type) if sql_type.is_registered() => types[i] = Some(SqlType::Text),
                Ok(sql_type) => types[i] = Some(without_digits(sql_type)),
                Err(e) => return ControlFlow::Break(e),
            }
        }
        ControlFlow::Continue(())
    });
    match flow {
        ControlFlow::Continue(()) => Ok(types),
        ControlFlow::Break(e) => Err(e),
    }
}

/// A parameter is a numeric of any digits; what it meets or is cast to rounds it.
fn without_digits(sql_type: SqlType) -> SqlType {
    match sql_type {
        SqlType::Numeric(_) => SqlType::Numeric(None),
        other => other,
    }
}

/// `SELECT t FROM t`: PostgreSQL has the whole row under its relation's name.
fn whole_row(error: Error, statement: &ast::Statement) -> Error {
    if error.state != SqlState::UNDEFINED_COLUMN {
        return error;
    }
    let mut rows = Rows::default();
    // The walk breaks off nowhere.
    let _: ControlFlow<()> = ast::Visit::visit(statement, &mut rows);
    let named = |name: &String| error.message == format!("column \"{name}\" does not exist");
    match rows.0.iter().find(|name| named(name)) {
        Some(name) => {
            let refused = Error::unsupported(format!("a reference to the whole row \"{name}\""));
            refused.at(error.position).hint(format!("Name its columns, or write {name}.*."))
        }
        None => error,
    }
}

/// What stands in FROM, by name or alias.
#[derive(Default)]
struct Rows(Vec<String>);

impl ast::Visitor for Rows {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &ast::TableFactor) -> ControlFlow<()> {
        match factor {
            ast::TableFactor::Table { alias: Some(alias), .. }
            | ast::TableFactor::Derived { alias: Some(alias), .. } => {
                self.0.push(crate::parser::folded(&alias.name));
            }
            ast::TableFactor::Table { name, .. } => {
                let last = name.0.last().and_then(|part| part.as_ident());
                self.0.extend(last.map(crate::parser::folded));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn parser_options() -> ParserOptions {
    ParserOptions::new()
        .with_parse_float_as_decimal(true)
        .with_collect_spans(true)
        .with_map_string_types_to_utf8view(true)
}

/// The output columns under the names a client is to see.
fn named(schema: &DFSchema, names: &[String]) -> Vec<FieldRef> {
    schema
        .fields()
        .iter()
        .enumerate()
        .map(|(i, field)| match names.get(i) {
            Some(name) if name != field.name() => {
                Arc::new(Field::clone(field).with_name(name.clone()))
            }
            _ => Arc::clone(field),
        })
        .collect()
}

/// The relation and column that a client is told of; a plan's own schema says nothing of them, since Arrow takes
/// fields with other metadata for other fields.
fn with_origins(
    fields: Vec<FieldRef>,
    origins: &[Option<(RelationId, i16)>],
    scope: &Scope,
) -> Vec<FieldRef> {
    let told = |(i, field): (usize, FieldRef)| {
        let Some(Some((relation, number))) = origins.get(i) else { return field };
        let mut metadata = field.metadata().clone();
        metadata.insert(TABLE_KEY.to_owned(), relation.to_string());
        metadata.insert(COLUMN_KEY.to_owned(), number.to_string());
        if let Some(precision) = origins::precision(scope, *relation, *number) {
            metadata.insert(PRECISION_KEY.to_owned(), precision.to_string());
        }
        Arc::new(Field::clone(&field).with_metadata(metadata))
    };
    fields.into_iter().enumerate().map(told).collect()
}

/// The same rows under other column names.
pub(super) fn rename(
    plan: LogicalPlan,
    names: &[String],
) -> datafusion::error::Result<LogicalPlan> {
    let columns = plan.schema().columns();
    let expressions = columns.into_iter().enumerate().map(|(i, column)| {
        let name = names.get(i).cloned().unwrap_or_else(|| column.name.clone());
        Expr::Column(column).alias(name)
    });
    LogicalPlanBuilder::from(plan.clone()).project(expressions.collect::<Vec<_>>())?.build()
}

/// The same rows as exactly these columns: cast where a type differs, under these names.
pub(super) fn conform(
    plan: LogicalPlan,
    columns: &[(&str, &SqlType)],
) -> datafusion::error::Result<LogicalPlan> {
    let inputs = plan.schema().columns();
    let expressions: Vec<Expr> = inputs
        .into_iter()
        .zip(columns)
        .enumerate()
        .map(|(i, (input, (name, sql_type)))| {
            let field = plan.schema().field(i);
            typed(Expr::Column(input), field, sql_type).alias(*name)
        })
        .collect();
    LogicalPlanBuilder::from(plan.clone()).project(expressions)?.build()
}

/// An expression in a column's type, its SQL type written on it where Arrow's does not say it.
pub(super) fn typed(expression: Expr, field: &Field, sql_type: &SqlType) -> Expr {
    // One array type has any number of dimensions.
    let nested = |t: &DataType| matches!(t, DataType::List(item) if matches!(item.data_type(), DataType::List(_)));
    let as_it_is = *field.data_type() == sql_type.arrow() || nested(field.data_type());
    if SqlType::of(field) == *sql_type && as_it_is {
        return expression;
    }
    dialect::cast(expression, sql_type)
}

/// Walks every expression of a plan, subqueries included; used to look for what must not be there.
pub(super) fn any_expression(
    plan: &LogicalPlan,
    mut test: impl FnMut(&Expr) -> bool,
) -> Result<bool> {
    use datafusion::common::tree_node::TreeNode;
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|e| {
            e.apply(|e| {
                found |= test(e);
                Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
            })
        })
    })
    .or_fail()?;
    Ok(found)
}
