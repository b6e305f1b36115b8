//! What is wrong with a change to a relation is for those to know who may change it: its columns, constraints and policies
//! are not told to others by way of errors. As in PostgreSQL, whose it is comes first.

use super::names::{self, Found};
use super::plan::{Plan, Withheld};
use crate::catalog::acl::Privileges;
use crate::catalog::name::Object;
use crate::error::{Error, Result, SqlState};
use crate::parser::statement::{Kind, Name, ObjectKind, ProtectionKind, Subject};
use crate::system::scope::Scope;

/// The error, or in its place a plan that asks for the right which the role lacks.
pub(super) fn told(scope: &Scope, kind: &Kind, error: Error) -> Result<Plan> {
    match withheld(scope, kind, &error) {
        Some(withheld) => Ok(Plan::Withheld(withheld)),
        None => Err(error),
    }
}

fn withheld(scope: &Scope, kind: &Kind, error: &Error) -> Option<Withheld> {
    if error.state == SqlState::INSUFFICIENT_PRIVILEGE {
        return None;
    }
    let on = |subject: &Subject| match subject {
        Subject::Relation(name) => of_another(scope, name),
        Subject::Tag(_) => decides_nothing(scope),
    };
    // Which roles there are is no secret, and is looked at first.
    let of_roles = error.message.starts_with("role \"");
    match kind {
        Kind::Alter(alter) if !matches!(alter.kind, ObjectKind::Schema | ObjectKind::Index) => {
            of_another(scope, &alter.name)
        }
        Kind::CreateIndex(create) => of_another(scope, &create.table),
        Kind::CreatePolicy(create) if !of_roles => on(&create.on),
        Kind::AlterPolicy(alter) if !of_roles => on(&alter.on),
        Kind::CreateMask(create) if !of_roles => on(&create.on),
        // Of a policy that is to go PostgreSQL says first whether it is there.
        Kind::DropProtection(drop) => match &drop.on {
            Subject::Relation(_) if drop.kind == ProtectionKind::Policy => None,
            subject => on(subject),
        },
        Kind::SecurityLabel { on, .. } if on.kind != ObjectKind::Role => {
            of_another(scope, &on.name)
        }
        Kind::CreateView(create) if create.or_replace && is_of_replaced(error) => {
            replaces(scope, &create.name)
        }
        _ => None,
    }
}

fn of_another(scope: &Scope, name: &Name) -> Option<Withheld> {
    let Ok(Some(Found::Relation(relation))) = names::find(scope, name) else { return None };
    let object = Object::Relation(relation.id);
    (!scope.snapshot.owns(scope.role, object)).then_some(Withheld::FromOwner(object))
}

fn decides_nothing(scope: &Scope) -> Option<Withheld> {
    (!scope.snapshot.is_superuser(scope.role)).then_some(Withheld::FromSuperuser)
}

fn is_of_replaced(error: &Error) -> bool {
    matches!(error.state, SqlState::INVALID_TABLE_DEFINITION | SqlState::WRONG_OBJECT_TYPE)
}

/// Whoever replaces a view must be able to make one there, and own it.
fn replaces(scope: &Scope, name: &Name) -> Option<Withheld> {
    let Ok(Some(Found::Relation(relation))) = names::find(scope, name) else { return None };
    let schema = Object::Schema(relation.schema);
    match scope.snapshot.holds(scope.role, schema, Privileges::CREATE) {
        true => of_another(scope, name),
        false => Some(Withheld::FromMaker(relation.schema)),
    }
}
