//! ALTER ROLE and ALTER DATABASE with SET or RESET: whose settings, and what is to become of them.

use super::names;
use super::plan::{AlterSettings, Plan, SettingChange};
use crate::catalog::name::{PUBLIC, RoleId};
use crate::error::{Error, Result, SqlState};
use crate::parser::statement::{self, Ident, RoleRef, SetValue, SettingsOf};
use crate::system::scope::Scope;
use crate::system::settings::{ROLE, canonical, unrecognized, values_of};

pub(super) fn alter(scope: &Scope, alter: &statement::AlterSettings) -> Result<Plan> {
    let (tag, role, in_database) = match &alter.whose {
        SettingsOf::Role { role, database } => {
            let role = role.as_ref().map(|role| one_role(scope, role)).transpose()?;
            database.iter().try_for_each(|name| database_named(scope, name))?;
            ("ALTER ROLE", role, database.is_some())
        }
        SettingsOf::Database(name) => {
            database_named(scope, name)?;
            ("ALTER DATABASE", None, true)
        }
    };
    let change = change(scope, &alter.change)?;
    Ok(Plan::AlterSettings(AlterSettings { tag, role, in_database, change }))
}

fn one_role(scope: &Scope, role: &RoleRef) -> Result<RoleId> {
    let id = match names::role(scope, role)? {
        PUBLIC => return Err(Error::undefined_role("public")),
        id => id,
    };
    let name = scope.snapshot.role_name(id);
    if name.starts_with("pg_") {
        let message = format!("role name \"{name}\" is reserved");
        return Err(
            Error::new(SqlState::RESERVED_NAME, message).detail("Cannot alter reserved roles.")
        );
    }
    Ok(id)
}

fn database_named(scope: &Scope, name: &Ident) -> Result<()> {
    match *name.name == *scope.database {
        true => Ok(()),
        false => Err(Error::new(
            SqlState::INVALID_CATALOG_NAME,
            format!("database \"{}\" does not exist", name.name),
        )),
    }
}

fn change(scope: &Scope, change: &statement::SettingChange) -> Result<SettingChange> {
    use statement::SettingChange as Asked;
    Ok(match change {
        Asked::Set { name, value: SetValue::Values(values) } => {
            SettingChange::Put { name: canonical(name), values: values.clone() }
        }
        Asked::Set { name, value: SetValue::Default } | Asked::Reset(name) => {
            SettingChange::Remove(canonical(name))
        }
        Asked::FromCurrent(name) if canonical(name) == ROLE => {
            return Err(Error::unsupported("SET role FROM CURRENT"));
        }
        Asked::FromCurrent(name) => {
            let name = canonical(name);
            let value = scope.settings.get(&name).ok_or_else(|| unrecognized(&name))?;
            let values = values_of(&name, value);
            SettingChange::Put { name, values }
        }
        Asked::ResetAll => SettingChange::RemoveAll,
    })
}
