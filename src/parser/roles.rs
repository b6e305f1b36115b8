//! Roles, grants of privileges and grants of membership.

use datafusion::sql::sqlparser::tokenizer::Token;

use super::protection;
use super::reader::Reader;
use super::settings;
use super::statement::{
    DefaultPrivileges, DefaultTarget, Grant, GrantPrivileges, GrantRole, GrantTarget, Ident, Kind,
    RoleOption, RoleRef, TagVerb,
};
use crate::error::{Error, Result, SqlState};

/// CREATE ROLE; CREATE USER is the same with LOGIN.
pub(super) fn create(reader: &mut Reader, user: bool) -> Result<Kind> {
    let name = reader.ident()?;
    reader.word("WITH");
    let mut options = Vec::new();
    while !reader.at_end() {
        options.push(option(reader)?);
    }
    if user && !options.iter().any(|o| matches!(o, RoleOption::Login(_))) {
        options.push(RoleOption::Login(true));
    }
    Ok(Kind::CreateRole { name, options })
}

pub(super) fn alter(reader: &mut Reader) -> Result<Kind> {
    if reader.word("ALL") {
        return settings::alter_role(reader, None);
    }
    let role = reader.role()?;
    if reader.take(&["RENAME", "TO"]) {
        let RoleRef::Named(name) = role else { return Err(reader.unexpected()) };
        return Ok(Kind::RenameRole { name, to: reader.ident()?.name });
    }
    if [&["SET"][..], &["RESET"], &["IN", "DATABASE"]].iter().any(|words| reader.sees(words)) {
        return settings::alter_role(reader, Some(role));
    }
    reader.word("WITH");
    let mut options = Vec::new();
    while !reader.at_end() {
        options.push(option(reader)?);
    }
    Ok(Kind::AlterRole { role, options })
}

/// Words that switch something on, and with NO before them off.
type Switch = fn(bool) -> RoleOption;

const SWITCHES: &[(&str, Switch)] = &[
    ("SUPERUSER", RoleOption::Superuser),
    ("CREATEROLE", RoleOption::CreateRole),
    ("CREATEDB", RoleOption::CreateDb),
    ("INHERIT", RoleOption::Inherit),
    ("LOGIN", RoleOption::Login),
    ("REPLICATION", RoleOption::Replication),
    ("BYPASSRLS", RoleOption::BypassRls),
];

fn option(reader: &mut Reader) -> Result<RoleOption> {
    for (word, make) in SWITCHES {
        if reader.word(word) {
            return Ok(make(true));
        }
        if reader.word(&format!("NO{word}")) {
            return Ok(make(false));
        }
    }
    let position = reader.position();
    match () {
        () if reader.take(&["CONNECTION", "LIMIT"]) => {
            let text = reader.scalar()?;
            let limit = text.parse().ok().filter(|n| *n >= -1);
            let limit = limit.ok_or_else(|| {
                Error::invalid_parameter(format!("invalid connection limit: {text}")).at(position)
            })?;
            Ok(RoleOption::ConnectionLimit(limit))
        }
        () if reader.take(&["ENCRYPTED", "PASSWORD"]) || reader.word("PASSWORD") => {
            let password = if reader.word("NULL") { None } else { Some(reader.string()?) };
            Ok(RoleOption::Password(password))
        }
        () if reader.take(&["VALID", "UNTIL"]) => Ok(RoleOption::ValidUntil(reader.string()?)),
        () if reader.take(&["IN", "ROLE"]) || reader.take(&["IN", "GROUP"]) => {
            Ok(RoleOption::InRole(reader.list(Reader::role)?))
        }
        () if reader.word("ROLE") || reader.word("USER") => {
            Ok(RoleOption::Role(reader.list(Reader::role)?))
        }
        () if reader.word("ADMIN") => Ok(RoleOption::Admin(reader.list(Reader::role)?)),
        () => Err(match reader.next_word() {
            Some(word) => {
                Error::syntax(format!("unrecognized role option \"{}\"", word.to_lowercase()))
                    .at(position)
            }
            None => reader.unexpected(),
        }),
    }
}

pub(super) fn drop(reader: &mut Reader) -> Result<Kind> {
    let if_exists = reader.if_exists();
    Ok(Kind::DropRole { roles: reader.list(Reader::role)?, if_exists })
}

/// REASSIGN OWNED BY … TO …
pub(super) fn reassign(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["REASSIGN", "OWNED", "BY"])?;
    let from = reader.list(Reader::role)?;
    reader.expect(&["TO"])?;
    Ok(Kind::ReassignOwned { from, to: reader.role()? })
}

/// What comes behind DROP OWNED.
pub(super) fn drop_owned(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["BY"])?;
    let roles = reader.list(Reader::role)?;
    Ok(Kind::DropOwned { roles, cascade: reader.cascade() })
}

/// What comes behind ALTER DEFAULT PRIVILEGES.
pub(super) fn default_privileges(reader: &mut Reader) -> Result<Kind> {
    let (mut roles, mut schemas) = (Vec::new(), Vec::new());
    loop {
        let twice = match () {
            () if reader.take(&["FOR", "ROLE"]) || reader.take(&["FOR", "USER"]) => {
                !std::mem::replace(&mut roles, reader.list(Reader::role)?).is_empty()
            }
            () if reader.take(&["IN", "SCHEMA"]) => {
                !std::mem::replace(&mut schemas, reader.list(Reader::ident)?).is_empty()
            }
            () => break,
        };
        if twice {
            return Err(Error::syntax("conflicting or redundant options"));
        }
    }
    let revoke = reader.word("REVOKE");
    if !revoke {
        reader.expect(&["GRANT"])?;
    }
    let option_for = revoke && reader.take(&["GRANT", "OPTION", "FOR"]);
    let privileges = privileges(reader)?;
    reader.expect(&["ON"])?;
    let on = default_target(reader)?;
    reader.expect(&[if revoke { "FROM" } else { "TO" }])?;
    let grantees = reader.list(Reader::role)?;
    let option = option_for || (!revoke && reader.take(&["WITH", "GRANT", "OPTION"]));
    let cascade = revoke && reader.cascade();
    Ok(Kind::DefaultPrivileges(DefaultPrivileges {
        revoke,
        roles,
        schemas,
        privileges,
        on,
        grantees,
        option,
        cascade,
    }))
}

fn default_target(reader: &mut Reader) -> Result<DefaultTarget> {
    if reader.word("TABLES") {
        return Ok(DefaultTarget::Tables);
    }
    if reader.word("SCHEMAS") {
        return Ok(DefaultTarget::Schemas);
    }
    for other in ["FUNCTIONS", "ROUTINES", "SEQUENCES", "TYPES"] {
        if reader.word(other) {
            return Err(Error::unsupported(format!("ALTER DEFAULT PRIVILEGES ON {other}")));
        }
    }
    Err(reader.unexpected())
}

/// GRANT and REVOKE, of privileges or of membership.
pub(super) fn grant(reader: &mut Reader) -> Result<Kind> {
    let revoke = reader.word("REVOKE");
    if !revoke {
        reader.expect(&["GRANT"])?;
    }
    let option_for = revoke && reader.take(&["GRANT", "OPTION", "FOR"]);
    let admin_for = revoke && reader.take(&["ADMIN", "OPTION", "FOR"]);
    let privileges = privileges(reader)?;
    if reader.word("ON") {
        if protection::sees_tag(reader) && !option_for {
            let verb = if revoke { TagVerb::Revoke } else { TagVerb::Grant };
            return protection::on_tag(reader, verb, privileges);
        }
        let on = target(reader)?;
        reader.expect(&[if revoke { "FROM" } else { "TO" }])?;
        let grantees = reader.list(Reader::role)?;
        let option = option_for || (!revoke && reader.take(&["WITH", "GRANT", "OPTION"]));
        let granted_by = granted_by(reader)?;
        let cascade = revoke && reader.cascade();
        let grant = Grant { revoke, privileges, on, grantees, option, granted_by, cascade };
        return Ok(Kind::Grant(grant));
    }
    let GrantPrivileges::Some(roles) = privileges else { return Err(reader.unexpected()) };
    if option_for {
        return Err(reader.unexpected());
    }
    if roles.iter().any(|(_, columns)| !columns.is_empty()) {
        return Err(Error::new(
            SqlState::INVALID_GRANT_OPERATION,
            "column names cannot be included in GRANT/REVOKE ROLE",
        ));
    }
    let roles = roles.into_iter().map(|(role, _)| role).collect();
    reader.expect(&[if revoke { "FROM" } else { "TO" }])?;
    let members = reader.list(Reader::role)?;
    let admin = admin_for || (!revoke && reader.take(&["WITH", "ADMIN", "OPTION"]));
    let granted_by = granted_by(reader)?;
    let cascade = revoke && reader.cascade();
    Ok(Kind::GrantRole(GrantRole { revoke, roles, members, admin, granted_by, cascade }))
}

/// `DENY privilege ON TAG 'tag' TO role`
pub(super) fn deny(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["DENY"])?;
    let privileges = privileges(reader)?;
    reader.expect(&["ON"])?;
    match protection::sees_tag(reader) {
        true => protection::on_tag(reader, TagVerb::Deny, privileges),
        false => Err(Error::unsupported("DENY ON anything but a TAG")),
    }
}

fn granted_by(reader: &mut Reader) -> Result<Option<RoleRef>> {
    if reader.take(&["GRANTED", "BY"]) { reader.role().map(Some) } else { Ok(None) }
}

fn privileges(reader: &mut Reader) -> Result<GrantPrivileges> {
    if reader.word("ALL") {
        reader.word("PRIVILEGES");
        return Ok(GrantPrivileges::All { columns: columns(reader)? });
    }
    let list = reader.list(|r| Ok((privilege_word(r)?, columns(r)?)))?;
    Ok(GrantPrivileges::Some(list))
}

/// A privilege or, in a grant of membership, a role: SELECT and the like are reserved as names.
fn privilege_word(reader: &mut Reader) -> Result<Ident> {
    let position = reader.position();
    if reader.take(&["ALTER", "SYSTEM"]) {
        return Ok(Ident { name: "alter system".to_owned(), position });
    }
    for word in ["SELECT", "REFERENCES", "CREATE"] {
        if reader.word(word) {
            return Ok(Ident { name: word.to_lowercase(), position });
        }
    }
    reader.ident()
}

fn columns(reader: &mut Reader) -> Result<Vec<Ident>> {
    match reader.parser.peek_token_ref().token {
        Token::LParen => reader.parenthesized(Reader::ident),
        _ => Ok(Vec::new()),
    }
}

fn target(reader: &mut Reader) -> Result<GrantTarget> {
    if reader.take(&["ALL", "TABLES", "IN", "SCHEMA"]) {
        return Ok(GrantTarget::AllRelationsIn(reader.list(Reader::ident)?));
    }
    if reader.word("SCHEMA") {
        return Ok(GrantTarget::Schemas(reader.list(Reader::ident)?));
    }
    if reader.word("DATABASE") {
        return Ok(GrantTarget::Databases(reader.list(Reader::ident)?));
    }
    for other in [
        "ALL",
        "DOMAIN",
        "FOREIGN",
        "FUNCTION",
        "LANGUAGE",
        "LARGE",
        "PARAMETER",
        "PROCEDURE",
        "ROUTINE",
        "SEQUENCE",
        "TABLESPACE",
        "TYPE",
    ] {
        let named_so = matches!(
            reader.parser.peek_nth_token_ref(1).token,
            Token::Period | Token::Comma | Token::EOF
        );
        if reader.sees(&[other]) && !named_so && !reader.sees(&[other, "TO"]) {
            return Err(Error::unsupported(format!("GRANT ON {other}")));
        }
    }
    reader.word("TABLE");
    Ok(GrantTarget::Relations(reader.list(Reader::name)?))
}
