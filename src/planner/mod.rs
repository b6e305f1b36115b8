//! Names become ids: a statement and a scope become a [`Plan`], or an error.
//!
//! Binding reads the catalog's snapshot and never storage; it changes nothing, so describing and
//! explaining are free of effects.

mod alter;
mod beside;
mod context;
mod copy;
mod copy_options;
mod defaults;
mod define;
mod dependents;
pub mod dialect;
pub mod failure;
mod functional;
mod grant;
mod grouping;
mod keys;
mod levels;
mod maintain;
mod merged;
mod names;
mod names_of_from;
mod origins;
mod owned;
mod places;
pub mod plan;
mod prose;
mod protect;
mod query;
mod sampling;
mod secured;
mod settings;
mod shapes;
pub mod sources;
mod star;
mod suggestions;
mod system_columns;
mod tables;
mod unclear;
mod whole;
mod write;

pub use context::reads_nothing;
pub use places::at_literal;
pub use plan::Plan;

use crate::catalog::types::SqlType;
use crate::error::{Error, Result, SqlState};
use crate::parser::Statement;
use crate::parser::statement::Kind;
use crate::system::scope::Scope;

/// Binds one statement. `parameters` are the types a client gave for `$1`, `$2`…; where it gave none they
/// are inferred, and [`plan::Query::parameters`] says what came out.
pub fn bind(
    statement: &Statement,
    scope: &std::sync::Arc<Scope>,
    parameters: &[Option<SqlType>],
) -> Result<Plan> {
    let binder = query::Binder::new(scope, &statement.source, parameters);
    bind_kind(&binder, &statement.kind).map_err(|e| match (&statement.kind, e.state) {
        (Kind::Insert(_), SqlState::DATATYPE_MISMATCH | SqlState::SYNTAX_ERROR) => {
            places::at_words(e, &statement.source)
        }
        _ => e,
    })
}

fn bind_kind(binder: &query::Binder<'_>, kind: &Kind) -> Result<Plan> {
    match kind {
        Kind::Query(query) => binder.query(query).map(Plan::Query),
        Kind::Insert(insert) => write::insert(binder, insert).map(Plan::Insert),
        Kind::Copy(copy) => copy::copy(binder, copy),
        Kind::Lock(lock) => write::lock(binder, lock).map(Plan::Lock),
        Kind::Explain { analyze, verbose, form, statement } => Ok(Plan::Explain {
            analyze: *analyze,
            verbose: *verbose,
            form: *form,
            plan: Box::new(bind_kind(binder, statement)?),
        }),
        Kind::CreateTable(create) => tables::create_table(binder, create),
        Kind::Truncate { tables } => write::truncate(binder, tables).map(Plan::Truncate),
        Kind::CreateSchema(create) => define::create_schema(binder, create),
        Kind::CreateView(create) => define::create_view(binder, create),
        Kind::CreateForeign(create) => define::create_foreign(binder, create),
        Kind::CreateIndex(create) => alter::create_index(binder, create),
        Kind::Maintain(statement) => maintain::maintain(binder.scope, statement),
        Kind::Alter(alter) => define::alter(binder, alter),
        Kind::Comment { on, text } => define::comment(binder, on, text.as_deref()),
        Kind::Drop(drop) => define::drop(binder, drop),
        Kind::CreateRole { name, options } => grant::create_role(binder, name, options),
        Kind::AlterRole { role, options } => grant::alter_role(binder, role, options),
        Kind::RenameRole { name, to } => grant::rename_role(binder, name, to),
        Kind::AlterSettings(alter) => settings::alter(binder.scope, alter),
        Kind::DropRole { roles, if_exists } => grant::drop_roles(binder, roles, *if_exists),
        Kind::Grant(grant) => grant::grant(binder, grant),
        Kind::GrantRole(grant) => grant::grant_role(binder, grant),
        Kind::DefaultPrivileges(grant) => grant::default_privileges(binder, grant),
        Kind::ReassignOwned { from, to } => owned::reassign(binder, from, to),
        Kind::DropOwned { roles, cascade } => owned::drop(binder, roles, *cascade),
        Kind::CreatePolicy(create) => protect::create_policy(binder, create),
        Kind::AlterPolicy(alter) => protect::alter_policy(binder, alter),
        Kind::CreateMask(create) => protect::create_mask(binder, create),
        Kind::DropProtection(drop) => protect::drop(binder, drop),
        Kind::SecurityLabel { provider, on, label } => {
            protect::label(binder, provider.as_deref(), on, label.as_deref())
        }
        Kind::GrantTag(grant) => protect::grant_tag(binder, grant),
        // What a session holds itself never comes down here.
        Kind::Set { .. }
        | Kind::Show { .. }
        | Kind::Reset { .. }
        | Kind::SetRole { .. }
        | Kind::SetSessionAuthorization { .. }
        | Kind::SetTransaction { .. }
        | Kind::Begin { .. }
        | Kind::SetSnapshot { .. }
        | Kind::Commit { .. }
        | Kind::Rollback { .. }
        | Kind::Savepoint { .. }
        | Kind::Release { .. }
        | Kind::RollbackTo { .. }
        | Kind::PrepareTransaction
        | Kind::EndPrepared { .. }
        | Kind::Prepare { .. }
        | Kind::Execute { .. }
        | Kind::Deallocate { .. }
        | Kind::Listen { .. }
        | Kind::Unlisten { .. }
        | Kind::Notify { .. }
        | Kind::Declare(_)
        | Kind::Fetch(_)
        | Kind::Close { .. }
        | Kind::DiscardAll
        | Kind::DiscardTemp
        | Kind::DiscardPart { .. } => {
            Err(Error::internal(format!("{} reached the planner", kind.name())))
        }
    }
}
