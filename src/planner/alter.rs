//! ALTER TABLE on columns and constraints, CREATE INDEX, DROP INDEX, ALTER INDEX: the table as it is to be.

use std::sync::Arc;

use datafusion::logical_expr::Expr;

use super::keys::Keys;
use super::names::{self, Found};
use super::plan::{AlterTables, Altered, Blocked, Ownership, Plan};
use super::query::Binder;
use super::write::bind_check;
use super::{defaults, tables};
use crate::catalog::keys::{ForeignKey, Index, IndexEntry, IndexOf};
use crate::catalog::relation::{Check, Column, Relation, RelationKind};
use crate::error::{Error, Result, SqlState};
use crate::parser::ast;
use crate::parser::statement::{
    CheckSpec, CreateIndex, Drop, Ident, IndexElement, KeySpec, Name, TableAction,
};
use crate::system::scope::Scope;

/// The actions of one ALTER TABLE, each on what those before it have left.
pub(super) fn table(
    binder: &Binder<'_>,
    relation: &Arc<Relation>,
    actions: &[TableAction],
) -> Result<Plan> {
    if !matches!(relation.kind, RelationKind::Table { .. }) {
        return Err(not_for(relation, actions));
    }
    let mut work = Work::new(binder.scope, relation);
    for action in actions {
        match action {
            TableAction::AddColumn { column, if_not_exists, checks, keys } => {
                work.add_column(binder, column, *if_not_exists, checks, keys)?;
            }
            TableAction::SetDefault { column, default } => {
                work.set_default(binder, column, default.as_deref())?;
            }
            TableAction::SetNullable { column, nullable } => {
                work.set_nullable(column, *nullable)?
            }
            TableAction::AddCheck(spec) => work.add_check(binder, spec)?,
            TableAction::AddKey(spec) => work.add_key(binder, spec)?,
            TableAction::DropConstraint { name, if_exists, cascade } => {
                work.drop_constraint(name, *if_exists, *cascade)?;
            }
        }
    }
    Ok(work.finish("ALTER TABLE", Ownership::Table))
}

fn not_for(relation: &Relation, actions: &[TableAction]) -> Error {
    let action = match actions.first() {
        Some(TableAction::AddColumn { .. }) => "ADD COLUMN",
        Some(TableAction::SetDefault { .. }) => "ALTER COLUMN ... SET DEFAULT",
        Some(TableAction::SetNullable { nullable: false, .. }) => "ALTER COLUMN ... SET NOT NULL",
        Some(TableAction::SetNullable { .. }) => "ALTER COLUMN ... DROP NOT NULL",
        Some(TableAction::DropConstraint { .. }) => "DROP CONSTRAINT",
        _ => "ADD CONSTRAINT",
    };
    match relation.kind {
        RelationKind::Foreign(_) => {
            Error::unsupported(format!("ALTER TABLE … {action} on a foreign table"))
        }
        _ => Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("ALTER action {action} cannot be performed on relation \"{}\"", relation.name),
        )
        .detail("This operation is not supported for views."),
    }
}

/// A table on its way to its new shape.
struct Work<'a> {
    scope: &'a Scope,
    relation: Relation,
    /// Other tables, whose foreign keys go.
    others: Vec<Relation>,
    reshaped: bool,
    not_null: Vec<i16>,
    checks: Vec<(String, Expr)>,
    notices: Vec<(SqlState, String, Option<String>)>,
    blocked: Option<Blocked>,
}

impl<'a> Work<'a> {
    fn new(scope: &'a Scope, relation: &Relation) -> Work<'a> {
        Work {
            scope,
            relation: relation.clone(),
            others: Vec::new(),
            reshaped: false,
            not_null: Vec::new(),
            checks: Vec::new(),
            notices: Vec::new(),
            blocked: None,
        }
    }

    fn finish(self, tag: &'static str, own: Ownership) -> Plan {
        let first = Altered {
            relation: self.relation,
            own,
            reshaped: self.reshaped,
            not_null: self.not_null,
            checks: self.checks,
        };
        let others = self.others.into_iter().map(|relation| Altered {
            relation,
            own: Ownership::Dependent,
            reshaped: false,
            not_null: Vec::new(),
            checks: Vec::new(),
        });
        let tables = std::iter::once(first).chain(others).collect();
        let (notices, blocked) = (self.notices, self.blocked);
        Plan::AlterTables(AlterTables { tag, tables, notices, blocked })
    }

    fn tell(&mut self, told: Vec<(String, Option<String>)>) {
        let done = SqlState::SUCCESSFUL_COMPLETION;
        self.notices.extend(told.into_iter().map(|(message, detail)| (done, message, detail)));
    }

    fn column(&mut self, ident: &Ident) -> Result<&mut Column> {
        let relation = self.relation.name.clone();
        let found = self.relation.columns.iter_mut().find(|c| c.name == ident.name);
        found.ok_or_else(|| {
            let name = &ident.name;
            let message = format!("column \"{name}\" of relation \"{relation}\" does not exist");
            Error::new(SqlState::UNDEFINED_COLUMN, message)
        })
    }

    fn add_column(
        &mut self,
        binder: &Binder<'_>,
        spec: &crate::parser::statement::ColumnSpec,
        if_not_exists: bool,
        checks: &[CheckSpec],
        keys: &[KeySpec],
    ) -> Result<()> {
        let (name, table) = (&spec.name.name, &self.relation.name);
        if self.relation.column(name).is_some() {
            let message = format!("column \"{name}\" of relation \"{table}\" already exists");
            let state = SqlState::DUPLICATE_COLUMN;
            if !if_not_exists {
                return Err(Error::new(state, message));
            }
            self.notices.push((state, format!("{message}, skipping"), None));
            return Ok(());
        }
        let mut column = tables::column(binder, spec)?;
        if column.default.is_some() {
            return Err(Error::unsupported("ADD COLUMN with a DEFAULT")
                .detail("Rows that are there already would have to be written again.")
                .hint("Add the column without it, then ALTER COLUMN … SET DEFAULT for new rows."));
        }
        tables::number(self.relation.columns.len())?;
        column.number = self.relation.next_column();
        if !column.nullable {
            self.not_null.push(column.number);
        }
        self.relation.columns.push(column);
        self.reshaped = true;
        checks.iter().try_for_each(|check| self.add_check(binder, check))?;
        keys.iter().try_for_each(|key| self.add_key(binder, key))
    }

    fn set_default(
        &mut self,
        binder: &Binder<'_>,
        ident: &Ident,
        default: Option<&ast::Expr>,
    ) -> Result<()> {
        let column = self.column(ident)?;
        let text = default.map(|expression| defaults::text(binder, column, expression));
        column.default = text.transpose()?.flatten();
        Ok(())
    }

    fn set_nullable(&mut self, ident: &Ident, nullable: bool) -> Result<()> {
        let column = self.column(ident)?;
        let number = column.number;
        if column.nullable == nullable {
            return Ok(());
        }
        column.nullable = nullable;
        let primary = self.relation.indexes.iter().filter(|index| index.is_primary());
        if nullable && primary.flat_map(Index::columns).any(|n| n == number) {
            return Err(Error::new(
                SqlState::INVALID_TABLE_DEFINITION,
                format!("column \"{}\" is in a primary key", ident.name),
            ));
        }
        match nullable {
            true => self.not_null.retain(|n| *n != number),
            false => self.not_null.push(number),
        }
        self.reshaped = true;
        Ok(())
    }

    fn add_check(&mut self, binder: &Binder<'_>, spec: &CheckSpec) -> Result<()> {
        let check = tables::check(binder, &self.relation.name, &self.relation.columns, spec)?;
        let given = spec.name.is_some();
        if given && self.has_constraint(&check.name) {
            return Err(self.taken(&check.name));
        }
        let mut numbered = (1..).map(|n| format!("{}{n}", check.name));
        let name = match self.has_constraint(&check.name) {
            true => numbered.find(|name| !self.has_constraint(name)).unwrap_or_default(),
            false => check.name.clone(),
        };
        let bound = bind_check(binder, &self.relation.columns, &check.expression)?;
        super::dialect::refuse_ambiguous_expression(&bound, binder.scope)?;
        self.checks.push((name.clone(), bound));
        if let RelationKind::Table { checks, .. } = &mut self.relation.kind {
            checks.push(Check { name, ..check });
        }
        self.reshaped = true;
        Ok(())
    }

    fn taken(&self, name: &str) -> Error {
        let table = &self.relation.name;
        Error::new(
            SqlState::DUPLICATE_OBJECT,
            format!("constraint \"{name}\" for relation \"{table}\" already exists"),
        )
    }

    fn has_constraint(&self, name: &str) -> bool {
        let r = &self.relation;
        let checks = match &r.kind {
            RelationKind::Table { checks, .. } => checks.as_slice(),
            RelationKind::Foreign(_) | RelationKind::View(_) => &[],
        };
        checks.iter().any(|c| c.name == name)
            || r.foreign_keys.iter().any(|key| key.name == name)
            || r.indexes.iter().any(|i| i.name == name && i.constraint.is_some())
    }

    fn add_key(&mut self, binder: &Binder<'_>, spec: &KeySpec) -> Result<()> {
        let mut keys = Keys::of(self.scope, &self.relation);
        keys.add(binder, spec, Some(self.relation.id))?;
        let Keys { indexes, foreign_keys, not_null, notices, .. } = keys;
        self.relation.indexes = indexes;
        self.relation.foreign_keys = foreign_keys;
        self.tell(notices);
        for number in not_null {
            let column = self.relation.columns.iter_mut().find(|c| c.number == number);
            if let Some(column) = column.filter(|c| c.nullable) {
                column.nullable = false;
                self.not_null.push(number);
                self.reshaped = true;
            }
        }
        Ok(())
    }

    fn drop_constraint(&mut self, ident: &Ident, if_exists: bool, cascade: bool) -> Result<()> {
        let name = &ident.name;
        if !self.has_constraint(name) {
            let table = &self.relation.name;
            let message = format!("constraint \"{name}\" of relation \"{table}\" does not exist");
            if !if_exists {
                return Err(Error::new(SqlState::UNDEFINED_OBJECT, message));
            }
            self.tell(vec![(format!("{message}, skipping"), None)]);
            return Ok(());
        }
        if let RelationKind::Table { checks, .. } = &mut self.relation.kind {
            let before = checks.len();
            checks.retain(|check| check.name != *name);
            self.reshaped |= checks.len() < before;
        }
        self.relation.foreign_keys.retain(|key| key.name != *name);
        let index = self.relation.indexes.iter().position(|i| i.name == *name);
        let Some(at) = index.filter(|at| self.relation.indexes[*at].constraint.is_some()) else {
            return Ok(());
        };
        let index = self.relation.indexes.remove(at);
        self.release(&index, cascade);
        Ok(())
    }

    /// Foreign keys that refer to the columns of a key which goes.
    fn release(&mut self, index: &Index, cascade: bool) {
        let sorted = |mut all: Vec<i16>| {
            all.sort_unstable();
            all
        };
        let columns = sorted(index.columns().collect());
        // Another key over the same columns serves as well.
        let replaced = self
            .relation
            .indexes
            .iter()
            .any(|other| other.unique && sorted(other.columns().collect()) == columns);
        if replaced {
            return;
        }
        let id = self.relation.id;
        let mut told = Vec::new();
        let refers =
            |key: &ForeignKey| key.references == id && sorted(key.referenced.clone()) == columns;
        let itself = self.scope.describe_relation(id);
        for key in self.relation.foreign_keys.iter().filter(|key| refers(key)) {
            told.push(format!("constraint {} on {itself}", key.name));
        }
        if cascade {
            self.relation.foreign_keys.retain(|key| !refers(key));
        }
        let snapshot = &self.scope.snapshot;
        for (other, key) in snapshot.referring(id) {
            if sorted(key.referenced.clone()) != columns {
                continue;
            }
            let on = self.scope.describe_relation(other.id);
            told.push(format!("constraint {} on {on}", key.name));
            let known = self.others.iter().position(|r| r.id == other.id);
            let at = known.unwrap_or_else(|| {
                self.others.push(Relation::clone(other));
                self.others.len() - 1
            });
            self.others[at].foreign_keys.retain(|k| k.oid != key.oid);
        }
        if told.is_empty() {
            return;
        }
        if cascade {
            let notice = match told.as_slice() {
                [one] => (format!("drop cascades to {one}"), None),
                many => {
                    let lines = many.iter().map(|one| format!("drop cascades to {one}"));
                    let lines = lines.collect::<Vec<_>>().join("\n");
                    (format!("drop cascades to {} other objects", many.len()), Some(lines))
                }
            };
            self.tell(vec![notice]);
            return;
        }
        let (name, table) = (&index.name, self.scope.describe_relation(id));
        let lines: Vec<String> =
            told.iter().map(|one| format!("{one} depends on index {name}")).collect();
        self.blocked = Some(Blocked {
            message: format!(
                "cannot drop constraint {name} on {table} because other objects depend on it"
            ),
            detail: lines.join("\n"),
            hint: "Use DROP ... CASCADE to drop the dependent objects too.".to_owned(),
        });
    }
}

/// ALTER TABLE … RENAME CONSTRAINT; an index that stands for it goes by the new name too.
pub(super) fn rename_constraint(
    scope: &Scope,
    relation: &Arc<Relation>,
    from: &Ident,
    to: &str,
) -> Result<Plan> {
    let mut work = Work::new(scope, relation);
    if !work.has_constraint(&from.name) {
        return Err(Error::new(
            SqlState::UNDEFINED_OBJECT,
            format!("constraint \"{}\" for table \"{}\" does not exist", from.name, relation.name),
        ));
    }
    if work.has_constraint(to) {
        return Err(work.taken(to));
    }
    if let RelationKind::Table { checks, .. } = &mut work.relation.kind
        && let Some(check) = checks.iter_mut().find(|c| c.name == from.name)
    {
        to.clone_into(&mut check.name);
        work.reshaped = true;
    }
    let keys = work.relation.foreign_keys.iter_mut().map(|key| &mut key.name);
    let indexes = work.relation.indexes.iter_mut().filter(|i| i.constraint.is_some());
    let mut names = keys.chain(indexes.map(|index| &mut index.name));
    if let Some(name) = names.find(|name| **name == from.name) {
        to.clone_into(name);
    }
    Ok(work.finish("ALTER TABLE", Ownership::Table))
}

pub(super) fn create_index(binder: &Binder<'_>, create: &CreateIndex) -> Result<Plan> {
    let scope = binder.scope;
    let relation = names::altered(scope, &create.table)?;
    let RelationKind::Table { .. } = relation.kind else {
        return Err(Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("cannot create index on relation \"{}\"", relation.name),
        )
        .detail(match relation.kind {
            RelationKind::Foreign(_) => "This operation is not supported for foreign tables.",
            _ => "This operation is not supported for views.",
        }));
    };
    const METHODS: &[&str] = &["btree", "hash", "gist", "spgist", "gin", "brin"];
    if !METHODS.contains(&create.method.as_str()) {
        return Err(Error::new(
            SqlState::UNDEFINED_OBJECT,
            format!("access method \"{}\" does not exist", create.method),
        ));
    }
    let entries = create.elements.iter().map(|element| entry(binder, &relation, element));
    let entries = entries.collect::<Result<Vec<_>>>()?;
    let included = create.included.iter().map(|ident| number(&relation, &ident.name));
    let included = included.collect::<Result<Vec<_>>>()?;
    let mut keys = Keys::of(scope, &relation);
    let name = match &create.name {
        Some(name) => name.name.clone(),
        None => keys.choose(&keys.middle(&entries), "idx"),
    };
    let mut work = Work::new(scope, &relation);
    if create.name.is_some() && scope.snapshot.is_taken(relation.schema, &name) {
        let error = Error::duplicate_table(&name);
        if !create.if_not_exists {
            return Err(error);
        }
        work.notices.push((error.state, format!("{}, skipping", error.message), None));
        return Ok(work.finish("CREATE INDEX", Ownership::NewIndex));
    }
    let predicate = create.predicate.as_ref().map(|p| p.to_string());
    if let Some(text) = &predicate {
        bind_check(binder, &relation.columns, text)?;
    }
    keys.tell_index(&name, create.unique);
    work.tell(std::mem::take(&mut keys.notices));
    work.relation.indexes.push(Index {
        oid: 0,
        name,
        method: create.method.clone(),
        unique: create.unique,
        entries,
        included,
        predicate,
        constraint: None,
    });
    Ok(work.finish("CREATE INDEX", Ownership::NewIndex))
}

fn entry(binder: &Binder<'_>, relation: &Relation, element: &IndexElement) -> Result<IndexEntry> {
    let of = match &*element.expression {
        ast::Expr::Identifier(ident) => {
            IndexOf::Column(number(relation, &crate::parser::folded(ident))?)
        }
        other => {
            let text = other.to_string();
            super::write::bind_over(binder, &relation.columns, &text)?;
            IndexOf::Expression(text)
        }
    };
    let (descending, nulls_first) = (element.descending, element.nulls_first);
    Ok(IndexEntry { of, descending, nulls_first })
}

fn number(relation: &Relation, name: &str) -> Result<i16> {
    relation.column(name).map(|c| c.number).ok_or_else(|| Error::undefined_column(name))
}

/// The index of this name and its table: with a schema there, else the first on the path.
pub(super) fn find_index(scope: &Scope, name: &Name) -> Result<Option<(Arc<Relation>, Index)>> {
    let schemas = match &name.schema {
        Some(schema) => vec![names::schema(scope, schema, name.position)?.id],
        None => scope.path(),
    };
    let found = schemas.into_iter().find_map(|s| scope.snapshot.index_named(s, &name.name));
    Ok(found.map(|(relation, index)| (Arc::clone(relation), index.clone())))
}

fn no_index(scope: &Scope, name: &Name) -> Error {
    let message = match names::find(scope, name) {
        Ok(Some(Found::Relation(relation))) => {
            let kind = relation.kind_name();
            return Error::new(
                SqlState::WRONG_OBJECT_TYPE,
                format!("\"{}\" is not an index", name.name),
            )
            .hint(format!("Use DROP {} to remove a {kind}.", kind.to_uppercase()));
        }
        _ => format!("index \"{}\" does not exist", name.name),
    };
    Error::new(SqlState::UNDEFINED_OBJECT, message)
}

pub(super) fn drop_indexes(scope: &Scope, drop: &Drop) -> Result<Plan> {
    let mut tables: Vec<Altered> = Vec::new();
    let (mut notices, mut blocked) = (Vec::new(), None);
    for name in &drop.names {
        let Some((relation, index)) = find_index(scope, name)? else {
            let error = no_index(scope, name);
            if !drop.if_exists || error.state == SqlState::WRONG_OBJECT_TYPE {
                return Err(error);
            }
            let message = format!("index \"{}\" does not exist, skipping", name.name);
            notices.push((SqlState::SUCCESSFUL_COMPLETION, message, None));
            continue;
        };
        if index.constraint.is_some() {
            let on = scope.describe_relation(relation.id);
            blocked = Some(Blocked {
                message: format!(
                    "cannot drop index {0} because constraint {0} on {on} requires it",
                    index.name
                ),
                detail: String::new(),
                hint: format!("You can drop constraint {} on {on} instead.", index.name),
            });
        }
        let known = tables.iter().position(|t| t.relation.id == relation.id);
        let at = known.unwrap_or_else(|| {
            tables.push(Altered {
                relation: Relation::clone(&relation),
                own: Ownership::Index(index.name.clone()),
                reshaped: false,
                not_null: Vec::new(),
                checks: Vec::new(),
            });
            tables.len() - 1
        });
        tables[at].relation.indexes.retain(|other| other.oid != index.oid);
    }
    Ok(Plan::AlterTables(AlterTables { tag: "DROP INDEX", tables, notices, blocked }))
}

pub(super) fn rename_index(scope: &Scope, name: &Name, if_exists: bool, to: &str) -> Result<Plan> {
    let Some((relation, index)) = find_index(scope, name)? else {
        let message = format!("relation \"{name}\" does not exist");
        let error = Error::new(SqlState::UNDEFINED_TABLE, message);
        return if if_exists { Ok(Plan::skipping("ALTER INDEX", &error)) } else { Err(error) };
    };
    if scope.snapshot.is_taken(relation.schema, to) {
        return Err(Error::duplicate_table(to));
    }
    let mut work = Work::new(scope, &relation);
    let found = work.relation.indexes.iter_mut().find(|other| other.oid == index.oid);
    if let Some(found) = found {
        to.clone_into(&mut found.name);
    }
    Ok(work.finish("ALTER INDEX", Ownership::Index(index.name)))
}
