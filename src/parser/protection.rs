//! Policies, masks, labels and what is said of tags.
//!
//! `CREATE POLICY` is PostgreSQL's; `CREATE MASK`, `ON TAG` and `DENY` are ours, in its manner.

use datafusion::sql::sqlparser::tokenizer::Token;

use super::ast;
use super::reader::Reader;
use super::relations::label_target;
use super::statement::{
    AlterPolicy, CreateMask, CreatePolicy, DropProtection, ExpressionSpec, GrantPrivileges,
    GrantTag, Kind, PolicyChange, PolicyCommand, ProtectionKind, RoleRef, RowSecurity, Subject,
    TagVerb,
};
use crate::error::{Error, Result};

/// `ON table` or `ON TAG 'tag'`.
fn subject(reader: &mut Reader) -> Result<Subject> {
    reader.expect(&["ON"])?;
    match sees_tag(reader) {
        true => {
            reader.word("TAG");
            Ok(Subject::Tag(reader.string()?.trim().to_owned()))
        }
        false => Ok(Subject::Relation(reader.name()?)),
    }
}

/// `TAG` with a string behind it; a table may be called tag.
pub(super) fn sees_tag(reader: &Reader) -> bool {
    let string = matches!(
        reader.parser.peek_nth_token_ref(1).token,
        Token::SingleQuotedString(_)
            | Token::EscapedStringLiteral(_)
            | Token::DollarQuotedString(_)
    );
    reader.sees(&["TAG"]) && string
}

fn roles(reader: &mut Reader) -> Result<Option<Vec<RoleRef>>> {
    if reader.word("TO") { reader.list(Reader::role).map(Some) } else { Ok(None) }
}

/// `(expression)`, with its text.
fn expression(reader: &mut Reader) -> Result<ExpressionSpec> {
    reader.expect_token(&Token::LParen)?;
    let start = reader.position().unwrap_or(1);
    let ast: ast::Expr = reader.parse(|p| p.parse_expr())?;
    let end = reader.position().unwrap_or(usize::MAX);
    reader.expect_token(&Token::RParen)?;
    let text: String =
        reader.source.chars().skip(start - 1).take(end.saturating_sub(start)).collect();
    if text.contains('\u{1}') {
        return Err(Error::syntax("an expression holds a control character").at(Some(start)));
    }
    Ok(ExpressionSpec { ast: Box::new(ast), text: text.trim_end().to_owned() })
}

fn using_and_check(
    reader: &mut Reader,
) -> Result<(Option<ExpressionSpec>, Option<ExpressionSpec>)> {
    let using = if reader.word("USING") { Some(expression(reader)?) } else { None };
    let check = match reader.take(&["WITH", "CHECK"]) {
        true => Some(expression(reader)?),
        false => None,
    };
    Ok((using, check))
}

pub(super) fn create_policy(reader: &mut Reader) -> Result<Kind> {
    let name = reader.ident()?;
    let on = subject(reader)?;
    let permissive = match reader.word("AS") {
        true if reader.word("PERMISSIVE") => true,
        true if reader.word("RESTRICTIVE") => false,
        true => {
            let word = reader.next_word().unwrap_or_default().to_lowercase();
            let error = Error::syntax(format!("unrecognized row security option \"{word}\""));
            return Err(error
                .at(reader.position())
                .hint("Only PERMISSIVE or RESTRICTIVE policies are supported currently."));
        }
        false => true,
    };
    let command = match reader.word("FOR") {
        true => command(reader)?,
        false => PolicyCommand::All,
    };
    let roles = roles(reader)?.unwrap_or_else(|| vec![RoleRef::Public]);
    let (using, check) = using_and_check(reader)?;
    if using.is_some() && command == PolicyCommand::Insert {
        return Err(Error::syntax("only WITH CHECK expression allowed for INSERT"));
    }
    if check.is_some() && matches!(command, PolicyCommand::Select | PolicyCommand::Delete) {
        return Err(Error::syntax("WITH CHECK cannot be applied to SELECT or DELETE"));
    }
    Ok(Kind::CreatePolicy(CreatePolicy { name, on, permissive, command, roles, using, check }))
}

fn command(reader: &mut Reader) -> Result<PolicyCommand> {
    [
        ("ALL", PolicyCommand::All),
        ("SELECT", PolicyCommand::Select),
        ("INSERT", PolicyCommand::Insert),
        ("UPDATE", PolicyCommand::Update),
        ("DELETE", PolicyCommand::Delete),
    ]
    .into_iter()
    .find(|(word, _)| reader.word(word))
    .map(|(_, command)| command)
    .ok_or_else(|| reader.unexpected())
}

pub(super) fn alter_policy(reader: &mut Reader) -> Result<Kind> {
    let if_exists = reader.if_exists();
    let name = reader.ident()?;
    let on = subject(reader)?;
    let change = match reader.take(&["RENAME", "TO"]) {
        true => PolicyChange::Rename(reader.ident()?),
        false => {
            let roles = roles(reader)?;
            let (using, check) = using_and_check(reader)?;
            PolicyChange::Set { roles, using, check }
        }
    };
    Ok(Kind::AlterPolicy(AlterPolicy { name, if_exists, on, change }))
}

pub(super) fn drop(reader: &mut Reader, kind: ProtectionKind) -> Result<Kind> {
    let if_exists = reader.if_exists();
    let name = reader.ident()?;
    let on = subject(reader)?;
    reader.cascade();
    Ok(Kind::DropProtection(DropProtection { kind, name, if_exists, on }))
}

/// `CREATE MASK name ON table (column) [TO role, …] USING (expression)`, or `ON TAG 'tag'`.
pub(super) fn create_mask(reader: &mut Reader) -> Result<Kind> {
    let name = reader.ident()?;
    let on = subject(reader)?;
    let column = match on {
        Subject::Relation(_) => {
            let mut columns = reader.parenthesized(Reader::ident)?;
            match (columns.pop(), columns.is_empty()) {
                (Some(column), true) => Some(column),
                _ => return Err(Error::syntax("a mask stands on one column")),
            }
        }
        Subject::Tag(_) => None,
    };
    let roles = roles(reader)?.unwrap_or_else(|| vec![RoleRef::Public]);
    reader.expect(&["USING"])?;
    let using = expression(reader)?;
    Ok(Kind::CreateMask(CreateMask { name, on, column, roles, using }))
}

/// What ALTER TABLE says of row security, if it does.
pub(super) fn row_security(reader: &mut Reader) -> Option<RowSecurity> {
    const SECURITY: [&str; 3] = ["ROW", "LEVEL", "SECURITY"];
    [
        (&["ENABLE"][..], RowSecurity::Enabled(true)),
        (&["DISABLE"], RowSecurity::Enabled(false)),
        (&["FORCE"], RowSecurity::Forced(true)),
        (&["NO", "FORCE"], RowSecurity::Forced(false)),
    ]
    .into_iter()
    .find(|(words, _)| {
        let all: Vec<&str> = words.iter().chain(&SECURITY).copied().collect();
        reader.take(&all)
    })
    .map(|(_, setting)| setting)
}

/// `SECURITY LABEL [FOR lake] ON TABLE … IS 'tag, tag'`
pub(super) fn security_label(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["SECURITY", "LABEL"])?;
    let provider = match reader.word("FOR") {
        true => Some(match reader.parser.peek_token_ref().token {
            Token::SingleQuotedString(_) => reader.string()?,
            _ => reader.ident()?.name,
        }),
        false => None,
    };
    reader.expect(&["ON"])?;
    let on = label_target(reader)?;
    reader.expect(&["IS"])?;
    let label = if reader.word("NULL") { None } else { Some(reader.string()?) };
    Ok(Kind::SecurityLabel { provider, on, label })
}

/// The rest of GRANT, REVOKE or DENY behind its privileges, from `TAG` on.
pub(super) fn on_tag(
    reader: &mut Reader,
    verb: TagVerb,
    privileges: GrantPrivileges,
) -> Result<Kind> {
    reader.expect(&["TAG"])?;
    let tags = reader.list(|r| Ok(r.string()?.trim().to_owned()))?;
    reader.expect(&[if verb == TagVerb::Revoke { "FROM" } else { "TO" }])?;
    let grantees = reader.list(Reader::role)?;
    if reader.sees(&["WITH", "GRANT"]) {
        return Err(Error::unsupported("WITH GRANT OPTION on a tag"));
    }
    reader.cascade();
    Ok(Kind::GrantTag(GrantTag { verb, privileges, tags, grantees }))
}
