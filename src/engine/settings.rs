//! What later sessions begin with, as a change to the catalog.

use super::reply::Context;
use super::staged::Staged;
use crate::catalog::change::Change;
use crate::catalog::settings::StoredSettings;
use crate::error::Result;
use crate::planner::plan::{AlterSettings, SettingChange};
use crate::system::settings::{
    ROLE, check, fixed, flatten, is_custom, known, spelling, unrecognized,
};

pub(super) fn alter(
    alter: AlterSettings,
    context: &Context,
    staged: &Staged,
) -> Result<Vec<Change>> {
    let snapshot = staged.snapshot();
    let stored = snapshot.stored_settings(alter.role, alter.in_database).cloned();
    let mut stored = stored.unwrap_or_else(|| StoredSettings::none(alter.role, alter.in_database));
    match alter.change {
        // Whether the role may be taken on is asked when a session begins.
        SettingChange::Put { name, values } if name == ROLE => {
            stored.put(ROLE, values.join(", "));
        }
        SettingChange::Put { name, values } => {
            if name.starts_with("transaction_") {
                return Err(fixed(&name));
            }
            check(&name, &values)?;
            stored.put(spelling(&name), flatten(&name, &values));
        }
        SettingChange::Remove(name) => {
            if known(&name).is_none() && !is_custom(&name) && name != ROLE {
                return Err(unrecognized(&name));
            }
            stored.remove(spelling(&name));
        }
        // What a role may not set it may not take away either.
        SettingChange::RemoveAll if snapshot.is_superuser(context.scope.role) => {
            stored.values.clear();
        }
        SettingChange::RemoveAll => stored.values.retain(|(name, _)| is_custom(name)),
    }
    Ok(vec![Change::PutSettings(stored)])
}
