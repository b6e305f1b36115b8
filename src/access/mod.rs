//! May this role do this? The one place that can say so.
//!
//! [`authorize`] works out what a plan needs, asks the snapshot whether each need is met, and wraps the plan.
//! The engine takes nothing but [`Authorized`], which only this room can make.

#![deny(clippy::wildcard_enum_match_arm)]

mod needs;
mod reads;
mod sealed;
mod touched;

use crate::audit::record::Touched;
use crate::catalog::acl::Privileges;
use crate::catalog::name::{Object, quote_ident};
use crate::catalog::relation::Column;
use crate::error::{Error, Result};
use crate::planner::Plan;
use crate::system::scope::Scope;
use needs::Need;

/// A plan that its role may run, as the catalog stood when it was asked.
#[derive(Clone, Debug)]
pub struct Authorized<P> {
    plan: P,
    /// Row policies and masks that were put into the plan, by name.
    applied: Vec<String>,
}

impl<P> Authorized<P> {
    pub fn plan(&self) -> &P {
        &self.plan
    }

    pub fn into_plan(self) -> P {
        self.plan
    }

    pub fn applied(&self) -> &[String] {
        &self.applied
    }
}

/// What a plan touches, and whether it may be run: the audit log is told the one whatever the other is.
#[derive(Debug)]
pub struct Judged {
    pub touched: Touched,
    pub verdict: Result<Authorized<Plan>>,
}

/// Checks every need of `plan` for the role of `scope`.
pub fn authorize(plan: Plan, scope: &Scope) -> Result<Authorized<Plan>> {
    judge(plan, scope).verdict
}

/// As [`authorize`], and says what the plan touches.
pub fn judge(plan: Plan, scope: &Scope) -> Judged {
    let needs = match needs::of(&plan, scope) {
        Ok(needs) => needs,
        Err(e) => return Judged { touched: Touched::default(), verdict: Err(e) },
    };
    let touched = touched::of(&plan, &needs);
    let checked = sealed::check_plan(&plan)
        .and_then(|()| needs.iter().try_for_each(|need| check(need, scope)));
    let applied = touched::applied(&plan);
    Judged { touched, verdict: checked.map(|()| Authorized { plan, applied }) }
}

fn check(need: &Need, scope: &Scope) -> Result<()> {
    let snapshot = &scope.snapshot;
    sealed::check_need(need, snapshot)?;
    match need {
        Need::Hold { object, privilege, role } => {
            match snapshot.holds(*role, *object, *privilege) {
                true => Ok(()),
                false => Err(denied(scope, *object)),
            }
        }
        Need::HoldAny { object, privileges, role } => {
            let held = privileges.each().any(|one| snapshot.holds(*role, *object, one));
            if held { Ok(()) } else { Err(denied(scope, *object)) }
        }
        Need::Columns { relation, privilege, columns, role } => {
            let whole = snapshot.holds(*role, Object::Relation(*relation), *privilege);
            let each = || {
                columns
                    .iter()
                    .all(|n| snapshot.holds(*role, Object::Column(*relation, *n), *privilege))
            };
            let any = || snapshot.holds_any_column(*role, *relation, *privilege);
            // count(*) refers to no column; PostgreSQL then asks for a right on any one of them.
            let denied = snapshot.denied_columns(*role, *relation, *privilege);
            let met = match columns.is_empty() {
                true => any(),
                false => (whole || each()) && !columns.iter().any(|n| denied.contains(n)),
            };
            if met { Ok(()) } else { Err(denied_columns(need, scope)) }
        }
        Need::Own { object } => match snapshot.owns(scope.role, *object) {
            true => Ok(()),
            false => Err(must_own(scope, *object)),
        },
        Need::OwnIndex { relation, index } => {
            match snapshot.owns(scope.role, Object::Relation(*relation)) {
                true => Ok(()),
                false => Err(Error::must_be_owner("index", index)),
            }
        }
        Need::MakeTemporary => {
            let may = snapshot.holds(scope.role, Object::Database, Privileges::TEMPORARY);
            match may {
                true => Ok(()),
                false => Err(Error::not_allowed(format!(
                    "permission denied to create temporary tables in database \"{}\"",
                    scope.database
                ))),
            }
        }
        Need::Superuser { message } => match snapshot.is_superuser(scope.role) {
            true => Ok(()),
            false => Err(Error::not_allowed(message.clone())),
        },
        Need::CreateRole { message } => match snapshot.may_create_roles(scope.role) {
            true => Ok(()),
            false => Err(Error::not_allowed(message.clone())),
        },
        Need::HasRole { role, message } => match snapshot.has_role(scope.role, *role) {
            true => Ok(()),
            false => Err(Error::not_allowed(message.clone())),
        },
        Need::MemberOf { role } => match snapshot.is_member(scope.role, *role) {
            true => Ok(()),
            false => Err(Error::not_allowed(format!(
                "must be member of role \"{}\"",
                snapshot.role_name(*role)
            ))),
        },
        Need::Admin { role, by } => {
            let may = snapshot.may_create_roles(scope.role) || snapshot.is_admin(*by, *role);
            match snapshot.is_superuser(*role) {
                true if snapshot.is_superuser(scope.role) => Ok(()),
                true => Err(Error::not_allowed("must be superuser to alter superusers")),
                false if may => Ok(()),
                false => Err(Error::not_allowed(format!(
                    "must have admin option on role \"{}\"",
                    snapshot.role_name(*role)
                ))),
            }
        }
    }
}

fn denied(scope: &Scope, object: Object) -> Error {
    let snapshot = &scope.snapshot;
    match object {
        Object::Database => Error::denied("database", &scope.database),
        Object::Schema(id) => {
            Error::denied("schema", snapshot.schema(id).map_or("?", |s| s.name.as_str()))
        }
        Object::Relation(id) | Object::Column(id, _) => match snapshot.relation(id) {
            Some(relation) => Error::denied(relation.kind_name(), &relation.name),
            None => Error::denied("table", id),
        },
    }
}

/// PostgreSQL's text; which columns were lacking (their names are in `pg_attribute` for all to read); the grant
/// that would do.
fn denied_columns(need: &Need, scope: &Scope) -> Error {
    let snapshot = &scope.snapshot;
    let Need::Columns { relation: id, privilege, columns, role } = need else {
        return Error::internal("no column need");
    };
    let error = denied(scope, Object::Relation(*id));
    let Some(relation) = snapshot.relation(*id) else { return error };
    let by_tag = snapshot.denied_columns(*role, *id, *privilege);
    let lacking: Vec<&Column> = columns
        .iter()
        .filter(|n| {
            by_tag.contains(n) || !snapshot.holds(*role, Object::Column(*id, **n), *privilege)
        })
        .filter_map(|n| relation.column_by_number(*n))
        .collect();
    let names =
        |all: &[&Column]| all.iter().map(|c| quote_ident(&c.name)).collect::<Vec<_>>().join(", ");
    let (who, what) = (quote_ident(&snapshot.role_name(*role)), privilege.words());
    let error = match lacking.len() {
        0 => error,
        n => error.detail(format!(
            "Role {who} lacks {what} on column{} {}.",
            if n == 1 { "" } else { "s" },
            names(&lacking)
        )),
    };
    let tagged: Vec<&Column> =
        lacking.iter().filter(|c| by_tag.contains(&c.number)).copied().collect();
    if !tagged.is_empty() {
        return error.hint(format!(
            "A tag denies {}: SELECT * FROM lake.explain_access('{who}', '{}') says which.",
            names(&tagged),
            relation.name
        ));
    }
    let schema = snapshot.schema(relation.schema).map(|s| quote_ident(&s.name));
    let on = format!("{}.{}", schema.unwrap_or_default(), quote_ident(&relation.name));
    let columns = if lacking.is_empty() || lacking.len() == relation.columns.len() {
        String::new()
    } else {
        format!(" ({})", names(&lacking))
    };
    error.hint(format!("This grant would do: GRANT {what}{columns} ON {on} TO {who};"))
}

fn must_own(scope: &Scope, object: Object) -> Error {
    let snapshot = &scope.snapshot;
    match object {
        Object::Database => Error::must_be_owner("database", &scope.database),
        Object::Schema(id) => {
            Error::must_be_owner("schema", snapshot.schema(id).map_or("?", |s| s.name.as_str()))
        }
        Object::Relation(id) => match snapshot.relation(id) {
            Some(relation) => Error::must_be_owner(relation.kind_name(), &relation.name),
            None => Error::must_be_owner("relation", id),
        },
        // Of a column PostgreSQL does not say what kind of relation it stands in.
        Object::Column(id, _) => match snapshot.relation(id) {
            Some(relation) => Error::must_be_owner("relation", &relation.name),
            None => Error::must_be_owner("relation", id),
        },
    }
}
