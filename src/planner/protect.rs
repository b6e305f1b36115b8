//! Policies, masks, labels and grants on tags: the relation or tag as it is to be.

use std::sync::Arc;

use super::define::relation_of;
use super::plan::{Plan, Protect, Protected};
use super::query::Binder;
use super::{names, secured};
use crate::catalog::acl::Privileges;
use crate::catalog::name::{PUBLIC, RoleId};
use crate::catalog::protection::{Command, Expression, Mask, Policy};
use crate::catalog::relation::{Relation, RelationKind};
use crate::catalog::tag::{self, Tag};
use crate::error::{Error, Result, SqlState};
use crate::parser::statement::{
    AlterPolicy, CreateMask, CreatePolicy, DropProtection, ExpressionSpec, GrantPrivileges,
    GrantTag, Ident, Name, ObjectKind, PolicyChange, PolicyCommand, ProtectionKind, RoleRef,
    RowSecurity, Subject, TagVerb, Target,
};

/// The one label provider.
const PROVIDER: &str = "lake";

fn relation(relation: Relation, tag: &'static str) -> Plan {
    Plan::Protect(Protect { tag, to: Protected::Relation(Box::new(relation)) })
}

fn tags(tags: Vec<Tag>, tag: &'static str) -> Plan {
    Plan::Protect(Protect { tag, to: Protected::Tags(tags) })
}

/// Policies and masks stand on tables and foreign tables; a view shows what those of its tables let through.
fn subject(binder: &Binder<'_>, name: &Name) -> Result<Arc<Relation>> {
    let relation = names::stored(binder.scope, name)?;
    match relation.kind {
        RelationKind::Table { .. } | RelationKind::Foreign(_) => Ok(relation),
        RelationKind::View(_) => Err(Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("\"{}\" is not a table", relation.name),
        )),
    }
}

fn roles(binder: &Binder<'_>, roles: &[RoleRef]) -> Result<Vec<RoleId>> {
    let found: Vec<RoleId> =
        roles.iter().map(|role| names::role(binder.scope, role)).collect::<Result<_>>()?;
    // PUBLIC among others is everybody.
    Ok(if found.contains(&PUBLIC) { vec![PUBLIC] } else { found })
}

fn tag_of(binder: &Binder<'_>, name: &str) -> Tag {
    let known = binder.scope.snapshot.tag(name);
    known.map_or_else(|| Tag::new(name), |tag| Tag::clone(tag))
}

/// An expression on a tag is bound for each relation that bears it, when it is read: here it has to hold
/// for those that bear it now.
fn on_tag(
    binder: &Binder<'_>,
    name: &str,
    spec: &ExpressionSpec,
    mask: bool,
) -> Result<Expression> {
    let mut kept = Expression {
        sql: spec.text.clone(),
        reads: Vec::new(),
        search_path: binder.scope.search_path.to_vec(),
    };
    for relation in binder.scope.snapshot.relations() {
        let whole = relation.protection.tags.iter().any(|tag| tag == name);
        if whole && !mask {
            kept = secured::keep(binder, relation, &spec.text, None)?;
        }
        for column in
            relation.columns.iter().filter(|c| mask && (whole || c.tags.iter().any(|t| t == name)))
        {
            kept = secured::keep(binder, relation, &spec.text, Some(&column.name))?;
        }
    }
    Ok(kept)
}

fn command(command: PolicyCommand) -> Command {
    match command {
        PolicyCommand::All => Command::All,
        PolicyCommand::Select => Command::Select,
        PolicyCommand::Insert => Command::Insert,
        PolicyCommand::Update => Command::Update,
        PolicyCommand::Delete => Command::Delete,
    }
}

pub(super) fn create_policy(binder: &Binder<'_>, create: &CreatePolicy) -> Result<Plan> {
    let roles = roles(binder, &create.roles)?;
    let policy = |using, check| Policy {
        id: 0,
        name: create.name.name.clone(),
        permissive: create.permissive,
        command: command(create.command),
        roles,
        using,
        check,
    };
    match &create.on {
        Subject::Relation(name) => {
            let subject = subject(binder, name)?;
            if subject.protection.policy(&create.name.name).is_some() {
                return Err(twice(
                    "policy",
                    &create.name.name,
                    &format!("table \"{}\"", subject.name),
                ));
            }
            let keep = |spec: &Option<ExpressionSpec>| {
                spec.as_ref().map(|e| secured::keep(binder, &subject, &e.text, None)).transpose()
            };
            let policy = policy(keep(&create.using)?, keep(&create.check)?);
            let mut altered = Relation::clone(&subject);
            altered.protection.policies.push(policy);
            altered.protection.policies.sort_by(|a, b| a.name.cmp(&b.name));
            Ok(relation(altered, "CREATE POLICY"))
        }
        Subject::Tag(name) => {
            let mut tag = tag_of(binder, name);
            if tag.policies.iter().any(|p| p.name == create.name.name) {
                return Err(twice("policy", &create.name.name, &format!("tag \"{name}\"")));
            }
            let keep = |spec: &Option<ExpressionSpec>| {
                spec.as_ref().map(|e| on_tag(binder, name, e, false)).transpose()
            };
            tag.policies.push(policy(keep(&create.using)?, keep(&create.check)?));
            Ok(tags(vec![tag], "CREATE POLICY"))
        }
    }
}

fn twice(kind: &str, name: &str, on: &str) -> Error {
    Error::new(SqlState::DUPLICATE_OBJECT, format!("{kind} \"{name}\" for {on} already exists"))
}

fn absent(kind: &str, name: &str, on: &str) -> Error {
    Error::new(SqlState::UNDEFINED_OBJECT, format!("{kind} \"{name}\" for {on} does not exist"))
}

pub(super) fn alter_policy(binder: &Binder<'_>, alter: &AlterPolicy) -> Result<Plan> {
    const TAG: &str = "ALTER POLICY";
    let name = &alter.name.name;
    match &alter.on {
        Subject::Relation(table) => {
            let subject = subject(binder, table)?;
            let keep = |e: &ExpressionSpec| secured::keep(binder, &subject, &e.text, None);
            let on = format!("table \"{}\"", subject.name);
            let mut altered = Relation::clone(&subject);
            match changed(binder, &mut altered.protection.policies, alter, &on, keep)? {
                true => Ok(relation(altered, TAG)),
                false => Ok(skipping(TAG, "policy", name, &table.to_string())),
            }
        }
        Subject::Tag(name) => {
            let mut tag = tag_of(binder, name);
            let keep = |e: &ExpressionSpec| on_tag(binder, name, e, false);
            let on = format!("tag \"{name}\"");
            match changed(binder, &mut tag.policies, alter, &on, keep)? {
                true => Ok(tags(vec![tag], TAG)),
                false => Ok(skipping(TAG, "policy", &alter.name.name, name)),
            }
        }
    }
}

fn skipping(tag: &'static str, kind: &str, name: &str, on: &str) -> Plan {
    let notice = format!("{kind} \"{name}\" for relation \"{on}\" does not exist, skipping");
    Plan::Nothing { tag, notice: Some((SqlState::SUCCESSFUL_COMPLETION, notice)) }
}

/// Alters one of these policies; false if it is not there and need not be.
fn changed(
    binder: &Binder<'_>,
    policies: &mut [Policy],
    alter: &AlterPolicy,
    on: &str,
    keep: impl Fn(&ExpressionSpec) -> Result<Expression>,
) -> Result<bool> {
    let name = &alter.name.name;
    let Some(at) = policies.iter().position(|p| p.name == *name) else {
        return if alter.if_exists { Ok(false) } else { Err(absent("policy", name, on)) };
    };
    match &alter.change {
        PolicyChange::Rename(to) => {
            if policies.iter().any(|p| p.name == to.name) {
                return Err(twice("policy", &to.name, on));
            }
            policies[at].name.clone_from(&to.name);
        }
        PolicyChange::Set { roles: to, using, check } => {
            let policy = &mut policies[at];
            if using.is_some() && policy.command == Command::Insert {
                return Err(Error::syntax("only WITH CHECK expression allowed for INSERT"));
            }
            if check.is_some() && matches!(policy.command, Command::Select | Command::Delete) {
                return Err(Error::syntax("only USING expression allowed for SELECT, DELETE"));
            }
            if let Some(to) = to {
                policy.roles = roles(binder, to)?;
            }
            if let Some(using) = using {
                policy.using = Some(keep(using)?);
            }
            if let Some(check) = check {
                policy.check = Some(keep(check)?);
            }
        }
    }
    Ok(true)
}

pub(super) fn create_mask(binder: &Binder<'_>, create: &CreateMask) -> Result<Plan> {
    const TAG: &str = "CREATE MASK";
    let name = create.name.name.clone();
    let roles = roles(binder, &create.roles)?;
    match (&create.on, &create.column) {
        (Subject::Relation(table), Some(column)) => {
            let subject = subject(binder, table)?;
            if subject.protection.mask(&name).is_some() {
                return Err(twice("mask", &name, &format!("table \"{}\"", subject.name)));
            }
            let number = number(&subject, column)?;
            let using = secured::keep(binder, &subject, &create.using.text, Some(&column.name))?;
            let mut altered = Relation::clone(&subject);
            altered.protection.masks.push(Mask { id: 0, name, column: number, roles, using });
            Ok(relation(altered, TAG))
        }
        (Subject::Tag(on), _) => {
            let mut tag = tag_of(binder, on);
            if tag.masks.iter().any(|m| m.name == name) {
                return Err(twice("mask", &name, &format!("tag \"{on}\"")));
            }
            let using = on_tag(binder, on, &create.using, true)?;
            tag.masks.push(Mask { id: 0, name, column: 0, roles, using });
            Ok(tags(vec![tag], TAG))
        }
        (Subject::Relation(_), None) => Err(Error::internal("a mask on no column")),
    }
}

fn number(relation: &Relation, column: &Ident) -> Result<i16> {
    let found = relation.column(&column.name).ok_or_else(|| {
        Error::new(
            SqlState::UNDEFINED_COLUMN,
            format!("column \"{}\" of relation \"{}\" does not exist", column.name, relation.name),
        )
        .at(column.position)
    })?;
    Ok(found.number)
}

pub(super) fn drop(binder: &Binder<'_>, drop: &DropProtection) -> Result<Plan> {
    let (tag, kind, name) = (drop.kind.drop_tag(), drop.kind.name(), &drop.name.name);
    fn gone(
        kind: ProtectionKind,
        name: &str,
        policies: &mut Vec<Policy>,
        masks: &mut Vec<Mask>,
    ) -> bool {
        let before = (policies.len(), masks.len());
        match kind {
            ProtectionKind::Policy => policies.retain(|p| p.name != name),
            ProtectionKind::Mask => masks.retain(|m| m.name != name),
        }
        before != (policies.len(), masks.len())
    }
    match &drop.on {
        Subject::Relation(table) => {
            if drop.if_exists && names::find(binder.scope, table)?.is_none() {
                let notice = format!("relation \"{table}\" does not exist, skipping");
                return Ok(Plan::Nothing {
                    tag,
                    notice: Some((SqlState::SUCCESSFUL_COMPLETION, notice)),
                });
            }
            let subject = subject(binder, table)?;
            let mut altered = Relation::clone(&subject);
            let protection = &mut altered.protection;
            match gone(drop.kind, name, &mut protection.policies, &mut protection.masks) {
                true => Ok(relation(altered, tag)),
                false if drop.if_exists => Ok(skipping(tag, kind, name, &table.to_string())),
                false => Err(absent(kind, name, &format!("table \"{}\"", subject.name))),
            }
        }
        Subject::Tag(on) => {
            let mut altered = tag_of(binder, on);
            let known = &mut altered;
            match gone(drop.kind, name, &mut known.policies, &mut known.masks) {
                true => Ok(tags(vec![altered], tag)),
                false if drop.if_exists => Ok(skipping(tag, kind, name, on)),
                false => Err(absent(kind, name, &format!("tag \"{on}\""))),
            }
        }
    }
}

pub(super) fn row_security(
    subject: &Relation,
    setting: RowSecurity,
    tag: &'static str,
) -> Result<Plan> {
    if matches!(subject.kind, RelationKind::View(_)) {
        let action = match setting {
            RowSecurity::Enabled(true) => "ENABLE ROW SECURITY",
            RowSecurity::Enabled(false) => "DISABLE ROW SECURITY",
            RowSecurity::Forced(true) => "FORCE ROW SECURITY",
            RowSecurity::Forced(false) => "NO FORCE ROW SECURITY",
        };
        return Err(Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("ALTER action {action} cannot be performed on relation \"{}\"", subject.name),
        )
        .detail("This operation is not supported for views."));
    }
    let mut altered = subject.clone();
    match setting {
        RowSecurity::Enabled(on) => altered.protection.enabled = on,
        RowSecurity::Forced(on) => altered.protection.forced = on,
    }
    Ok(relation(altered, tag))
}

pub(super) fn label(
    binder: &Binder<'_>,
    provider: Option<&str>,
    on: &Target,
    label: Option<&str>,
) -> Result<Plan> {
    if let Some(other) = provider.filter(|p| *p != PROVIDER) {
        return Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("security label provider \"{other}\" is not loaded"),
        ));
    }
    let bears = tag::in_label(label.unwrap_or_default());
    let mut altered = match on.kind {
        ObjectKind::Column => Relation::clone(&*names::stored(binder.scope, &on.name)?),
        kind => Relation::clone(&*relation_of(binder.scope, kind, &on.name)?),
    };
    match &on.column {
        Some(column) => {
            let number = number(&altered, column)?;
            let found = altered.columns.iter_mut().find(|c| c.number == number);
            found.ok_or_else(|| Error::undefined_column(&column.name))?.tags = bears;
        }
        None => altered.protection.tags = bears,
    }
    holds_together(binder, &altered)?;
    Ok(relation(altered, "SECURITY LABEL"))
}

/// Policies and masks on the tags that a relation is to bear must make sense on it: better known now than when
/// somebody reads.
fn holds_together(binder: &Binder<'_>, altered: &Relation) -> Result<()> {
    let snapshot = &binder.scope.snapshot;
    let relation = Arc::new(altered.clone());
    for tag in altered.protection.tags.iter().filter_map(|name| snapshot.tag(name)) {
        for e in tag.policies.iter().flat_map(|p| p.using.iter().chain(&p.check)) {
            secured::keep(binder, &relation, &e.sql, None)?;
        }
    }
    for column in &altered.columns {
        for tag in altered.tags_of(column).filter_map(|name| snapshot.tag(name)) {
            for mask in &tag.masks {
                secured::keep(binder, &relation, &mask.using.sql, Some(&column.name))?;
            }
        }
    }
    Ok(())
}

pub(super) fn grant_tag(binder: &Binder<'_>, grant: &GrantTag) -> Result<Plan> {
    let privileges = privileges(&grant.privileges)?;
    let roles: Vec<RoleId> =
        grant.grantees.iter().map(|role| names::role(binder.scope, role)).collect::<Result<_>>()?;
    let grantor = binder.scope.role;
    let altered = grant.tags.iter().map(|name| {
        let mut tag = tag_of(binder, name);
        for role in &roles {
            match grant.verb {
                TagVerb::Grant => tag.acl.grant(*role, grantor, privileges, Privileges::NONE),
                TagVerb::Deny => tag.denied.grant(*role, grantor, privileges, Privileges::NONE),
                TagVerb::Revoke => {
                    tag.acl.take(*role, privileges);
                    tag.denied.take(*role, privileges);
                }
            }
        }
        tag
    });
    let altered = altered.collect();
    Ok(tags(altered, grant.verb.word()))
}

/// What can be given on all that bears a tag: what a column can be given.
fn privileges(said: &GrantPrivileges) -> Result<Privileges> {
    let legal = Privileges::SELECT | Privileges::INSERT;
    match said {
        GrantPrivileges::All { columns } if columns.is_empty() => Ok(legal),
        GrantPrivileges::Some(list) if list.iter().all(|(_, columns)| columns.is_empty()) => {
            let mut all = Privileges::NONE;
            for (word, _) in list {
                let one = Privileges::from_word(&word.name).ok_or_else(|| {
                    Error::syntax(format!("unrecognized privilege type \"{}\"", word.name))
                        .at(word.position)
                })?;
                if !legal.contains(one) {
                    return Err(Error::new(
                        SqlState::INVALID_GRANT_OPERATION,
                        format!("invalid privilege type {} for tag", one.words()),
                    ));
                }
                all |= one;
            }
            Ok(all)
        }
        _ => Err(Error::syntax("a tag has no columns to name")),
    }
}
