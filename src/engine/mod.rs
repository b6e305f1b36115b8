//! Carries out an authorised plan. Knows no socket and no session.

mod alter;
mod carried;
mod commit;
mod copy;
mod define;
mod dependent;
mod explain;
mod filters;
mod grouping;
mod maintain;
pub mod meter;
mod order;
mod owned;
mod patient;
mod plain;
mod plan_shown;
mod plan_text;
mod plan_tree;
mod plan_words;
mod privileges;
mod protect;
mod query;
mod receiving;
pub mod reply;
pub mod runtime;
mod secured;
mod settings;
mod sides;
mod sizes;
mod sorted;
pub mod staged;
pub mod tables;
pub mod temporary;

mod write;

use std::sync::Arc;

use crate::access::Authorized;
use crate::catalog::change::Change;
use crate::error::{Error, Result};
use crate::parser::statement::LockMode;
use crate::planner::Plan;
use reply::{Context, Notice, Reply};
pub use runtime::Engine;
use staged::Staged;

/// Runs one plan. Reads see what `staged` has written; changes and writes go there and become visible when it
/// is committed.
pub async fn run(
    engine: &Arc<Engine>,
    plan: Authorized<Plan>,
    context: &Context,
    staged: &mut Staged,
    notices: &mut Vec<Notice>,
) -> Result<Reply> {
    match plan.into_plan() {
        Plan::Query(query) => query::run(engine, query, context, staged).await,
        Plan::Explain { analyze, verbose, form, plan } => {
            explain::run(engine, *plan, analyze, verbose, form, context, staged).await
        }
        // Transactions read one snapshot and find out at COMMIT who came first: what the weaker modes promise
        // holds without a lock, and the stronger ones cannot be kept.
        Plan::Lock(lock) if lock.mode <= LockMode::RowExclusive => Ok(Reply::done("LOCK TABLE")),
        Plan::Lock(lock) => Err(Error::unsupported(format!(
            "LOCK TABLE in {} mode",
            lock.mode.name()
        ))
        .hint(
            "Of two transactions that write the same rows, the second fails at COMMIT with 40001.",
        )),
        Plan::CopyOut(out) => copy::out(engine, out, context, staged).await,
        Plan::CopyIn(copy) => copy::receive(engine, copy, context, staged).await,
        Plan::Insert(insert) => write::insert(engine, insert, context, staged).await,
        Plan::CreateTableAs(create) => write::create_as(engine, create, context, staged).await,
        Plan::CreateTable(create) => write::create(engine, create, context, staged, notices).await,
        Plan::Truncate(tables) => write::truncate(engine, &tables, staged),
        Plan::CreateForeign(create) => {
            define::create_foreign(engine, create, context, staged).await
        }
        Plan::CreateSchema(create) => {
            let changes = define::create_schema(engine, create, staged, notices)?;
            done(staged, changes, "CREATE SCHEMA")
        }
        Plan::CreateView(create) => {
            let told = create.notice.clone().map(|text| Notice::info(text, None));
            let changes = define::create_view(engine, create, context, staged);
            notices.extend(told);
            done(staged, changes, "CREATE VIEW")
        }
        Plan::Rename { object, to } => {
            let (changes, tag) = define::rename(object, &to, staged)?;
            done(staged, changes, tag)
        }
        Plan::ChangeOwner { object, to } => {
            let (changes, tag) = define::change_owner(object, to, staged)?;
            done(staged, changes, tag)
        }
        Plan::SetSchema { relation, to } => {
            let (changes, tag) = define::set_schema(relation, to, staged)?;
            done(staged, changes, tag)
        }
        Plan::AlterTables(tables) => alter::alter(engine, tables, context, staged, notices).await,
        Plan::Maintain(maintain) => Ok(maintain::run(&maintain, context, notices)),
        Plan::Comment { on, text } => {
            let changes = define::comment(on, text, staged)?;
            done(staged, changes, "COMMENT")
        }
        Plan::Drop(drop) => {
            let texts = drop.notices.iter().cloned();
            notices.extend(texts.map(|(message, detail)| Notice::info(message, detail)));
            done(staged, define::drop(&drop, staged)?, drop.tag)
        }
        Plan::CreateRole(create) => {
            done(staged, define::create_role(create, context, staged)?, "CREATE ROLE")
        }
        Plan::AlterRole(alter) => done(staged, define::alter_role(alter, staged)?, "ALTER ROLE"),
        Plan::RenameRole { role, to } => {
            done(staged, define::rename_role(role, &to, staged)?, "ALTER ROLE")
        }
        Plan::AlterSettings(alter) => {
            let tag = alter.tag;
            done(staged, settings::alter(alter, context, staged)?, tag)
        }
        Plan::DropRoles { roles, if_exists } => {
            let changes = owned::drop_roles(&roles, if_exists, context, staged, notices)?;
            done(staged, changes, "DROP ROLE")
        }
        Plan::ReassignOwned { to, schemas, relations, .. } => {
            let changes = owned::reassign(&schemas, &relations, to, staged)?;
            done(staged, changes, "REASSIGN OWNED")
        }
        Plan::DropOwned(drop) => {
            owned::drop_owned(drop, context, staged, notices)?;
            Ok(Reply::done("DROP OWNED"))
        }
        Plan::Grant(grant) => {
            let changes = privileges::grant(&grant, context, staged, notices)?;
            done(staged, changes, if grant.revoke { "REVOKE" } else { "GRANT" })
        }
        Plan::GrantRole(grant) => {
            let changes = privileges::grant_role(&grant, staged, notices)?;
            done(staged, changes, if grant.revoke { "REVOKE ROLE" } else { "GRANT ROLE" })
        }
        Plan::DefaultPrivileges(grant) => {
            let changes = privileges::default_privileges(&grant, staged)?;
            done(staged, changes, "ALTER DEFAULT PRIVILEGES")
        }
        Plan::Protect(protect) => {
            let changes = protect::changes(protect.to, staged);
            done(staged, changes, protect.tag)
        }
        // Access lets none of these pass.
        Plan::Withheld(_) => Err(Error::internal("a statement that cannot be run was allowed")),
        Plan::Nothing { tag, notice } => {
            let skipped = |(state, message)| Notice { state, ..Notice::info(message, None) };
            notices.extend(notice.map(skipped));
            Ok(Reply::done(tag))
        }
    }
}

fn done(staged: &mut Staged, changes: Vec<Change>, tag: &str) -> Result<Reply> {
    staged.change(changes)?;
    Ok(Reply::done(tag))
}
