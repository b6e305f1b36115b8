//! SET, SHOW, RESET and DISCARD.

use datafusion::sql::sqlparser::tokenizer::Token;

use super::reader::Reader;
use super::statement::{
    AlterSettings, Ident, Kind, RoleRef, Scope, SetValue, SettingChange, SettingsOf,
};
use super::transactions;
use crate::error::{Error, Result};

pub(super) fn set(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["SET"])?;
    if reader.take(&["SESSION", "CHARACTERISTICS", "AS", "TRANSACTION"]) {
        return Ok(Kind::SetTransaction { modes: transactions::modes(reader)?, session: true });
    }
    if reader.take(&["SESSION", "AUTHORIZATION"]) {
        return session_authorization(reader, Scope::Session);
    }
    let scope = match () {
        () if reader.word("LOCAL") => Scope::Local,
        () => {
            reader.word("SESSION");
            Scope::Session
        }
    };
    if reader.take(&["SESSION", "AUTHORIZATION"]) {
        return session_authorization(reader, scope);
    }
    if reader.word("TRANSACTION") {
        return transactions::set(reader);
    }
    if reader.word("CONSTRAINTS") {
        return Err(Error::unsupported("SET CONSTRAINTS"));
    }
    if reader.word("ROLE") {
        let role = match reader.word("NONE") {
            true => None,
            false => Some(reader.scalar()?).filter(|name| name != "none"),
        };
        return Ok(Kind::SetRole { scope, role });
    }
    if reader.take(&["TIME", "ZONE"]) {
        return Ok(Kind::Set { scope, name: "timezone".into(), value: time_zone(reader)? });
    }
    if reader.word("NAMES") {
        let value = SetValue::Values(vec![reader.scalar()?]);
        return Ok(Kind::Set { scope, name: "client_encoding".into(), value });
    }
    let name = setting_name(reader)?;
    if !reader.word("TO") {
        reader.expect_token(&Token::Eq)?;
    }
    if name == "role" {
        let role = Some(reader.scalar()?).filter(|name| name != "none");
        return Ok(Kind::SetRole { scope, role });
    }
    if name == "session_authorization" {
        return session_authorization(reader, scope);
    }
    Ok(Kind::Set { scope, name, value: value(reader)? })
}

fn session_authorization(reader: &mut Reader, scope: Scope) -> Result<Kind> {
    let role = if reader.word("DEFAULT") { None } else { Some(reader.scalar()?) };
    Ok(Kind::SetSessionAuthorization { scope, role })
}

fn value(reader: &mut Reader) -> Result<SetValue> {
    if reader.word("DEFAULT") {
        return Ok(SetValue::Default);
    }
    reader.list(set_scalar).map(SetValue::Values)
}

/// ON and FROM and the like are reserved elsewhere, values here.
fn set_scalar(reader: &mut Reader) -> Result<String> {
    if reader.word("ON") {
        return Ok("on".into());
    }
    reader.scalar()
}

fn time_zone(reader: &mut Reader) -> Result<SetValue> {
    if reader.word("LOCAL") || reader.word("DEFAULT") {
        return Ok(SetValue::Default);
    }
    if reader.word("INTERVAL") {
        // INTERVAL '+05:30' HOUR TO MINUTE, as some drivers send it.
        let zone = reader.string()?;
        reader.take(&["HOUR", "TO", "MINUTE"]);
        return Ok(SetValue::Values(vec![format!("INTERVAL '{zone}'")]));
    }
    Ok(SetValue::Values(vec![reader.scalar()?]))
}

/// `name` or `prefix.name`, lower case.
fn setting_name(reader: &mut Reader) -> Result<String> {
    let mut name = reader.ident()?.name.to_lowercase();
    while reader.token(&Token::Period) {
        name = format!("{name}.{}", reader.ident()?.name.to_lowercase());
    }
    Ok(name)
}

pub(super) fn show(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["SHOW"])?;
    let name = match () {
        () if reader.take(&["TIME", "ZONE"]) => "timezone".to_owned(),
        () if reader.take(&["TRANSACTION", "ISOLATION", "LEVEL"]) => {
            "transaction_isolation".to_owned()
        }
        () if reader.take(&["SESSION", "AUTHORIZATION"]) => "session_authorization".to_owned(),
        () if reader.word("ALL") => "all".to_owned(),
        () => setting_name(reader)?,
    };
    Ok(Kind::Show { name })
}

pub(super) fn reset(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["RESET"])?;
    let name = match () {
        () if reader.word("ALL") => None,
        () if reader.take(&["TIME", "ZONE"]) => Some("timezone".to_owned()),
        () if reader.take(&["SESSION", "AUTHORIZATION"]) => {
            Some("session_authorization".to_owned())
        }
        () => Some(setting_name(reader)?),
    };
    Ok(Kind::Reset { name })
}

pub(super) fn discard(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["DISCARD"])?;
    for (part, tag) in [("PLANS", "DISCARD PLANS"), ("SEQUENCES", "DISCARD SEQUENCES")] {
        if reader.word(part) {
            return Ok(Kind::DiscardPart { tag });
        }
    }
    if reader.word("TEMP") || reader.word("TEMPORARY") {
        return Ok(Kind::DiscardTemp);
    }
    reader.expect(&["ALL"])?;
    Ok(Kind::DiscardAll)
}

/// ALTER ROLE, behind the role: `[IN DATABASE name] SET …` or `RESET …`.
pub(super) fn alter_role(reader: &mut Reader, role: Option<RoleRef>) -> Result<Kind> {
    let within = reader.take(&["IN", "DATABASE"]);
    let database = if within { Some(reader.ident()?) } else { None };
    let whose = SettingsOf::Role { role, database };
    Ok(Kind::AlterSettings(AlterSettings { whose, change: setting_change(reader)? }))
}

/// ALTER DATABASE, behind its name.
pub(super) fn alter_database(reader: &mut Reader, name: Ident) -> Result<Kind> {
    let whose = SettingsOf::Database(name);
    Ok(Kind::AlterSettings(AlterSettings { whose, change: setting_change(reader)? }))
}

fn setting_change(reader: &mut Reader) -> Result<SettingChange> {
    if reader.word("RESET") {
        return Ok(match () {
            () if reader.word("ALL") => SettingChange::ResetAll,
            () if reader.take(&["TIME", "ZONE"]) => SettingChange::Reset("timezone".into()),
            () => SettingChange::Reset(setting_name(reader)?),
        });
    }
    reader.expect(&["SET"])?;
    if reader.take(&["TIME", "ZONE"]) {
        return Ok(SettingChange::Set { name: "timezone".into(), value: time_zone(reader)? });
    }
    if reader.take(&["SESSION", "AUTHORIZATION"]) {
        return Err(Error::unsupported("SET SESSION AUTHORIZATION for later sessions"));
    }
    let name = setting_name(reader)?;
    if name == "session_authorization" {
        return Err(Error::unsupported("SET session_authorization for later sessions"));
    }
    // SET ROLE name, as well as SET role = name.
    let bare = name == "role" && !["TO", "FROM"].iter().any(|word| reader.sees(&[word]));
    if bare {
        reader.token(&Token::Eq);
        return Ok(SettingChange::Set { name, value: value(reader)? });
    }
    if reader.take(&["FROM", "CURRENT"]) {
        return Ok(SettingChange::FromCurrent(name));
    }
    if !reader.word("TO") {
        reader.expect_token(&Token::Eq)?;
    }
    Ok(SettingChange::Set { name, value: value(reader)? })
}
