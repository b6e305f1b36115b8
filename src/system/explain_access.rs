//! `lake.explain_access(role, table)`: for each column whether the role may read it, what decides that, and
//! through which role; which policies and which mask stand before it.

use std::sync::{Arc, LazyLock};

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};

use super::cells::{self, Cell};
use super::scope::Scope;
use crate::catalog::acl::{Acl, Privileges};
use crate::catalog::name::{Object, PUBLIC, RoleId};
use crate::catalog::protection::Command;
use crate::catalog::relation::{Column, Relation};
use crate::catalog::snapshot::Exposure;
use crate::catalog::types::SqlType;
use crate::error::{Error, Result};

/// The function's name.
pub const NAME: &str = "explain_access";

const COLUMNS: &[(&str, &str)] = &[
    ("column_name", "name"),
    ("allowed", "boolean"),
    ("decided_by", "text"),
    ("through", "name"),
    ("policies", "name[]"),
    ("mask", "name"),
];

static TYPES: LazyLock<Vec<SqlType>> = LazyLock::new(|| {
    COLUMNS.iter().map(|(_, name)| SqlType::parse(name).unwrap_or(SqlType::Text)).collect()
});

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let fields: Vec<_> =
        COLUMNS.iter().zip(&*TYPES).map(|((name, _), of)| of.field(name, true)).collect();
    Arc::new(Schema::new(fields))
});

/// The answer about `role` and `table`, for those who may know it: the role itself, who has its rights, and the
/// table's owner.
pub fn explain(scope: &Scope, role: &str, table: &str) -> Result<RecordBatch> {
    let snapshot = &scope.snapshot;
    let role = snapshot.role_named(role).ok_or_else(|| Error::undefined_role(role))?.id;
    let oid = super::functions::relation_oid(scope, table)?;
    let relation = snapshot.relation(oid).ok_or_else(|| {
        Error::new(
            crate::error::SqlState::UNDEFINED_TABLE,
            format!("relation \"{table}\" does not exist"),
        )
    })?;
    let owner = snapshot.owns(scope.role, Object::Relation(relation.id));
    if !owner && !snapshot.has_role(scope.role, role) {
        return Err(Error::not_allowed(format!(
            "permission denied to explain the access of role \"{}\"",
            snapshot.role_name(role)
        )));
    }
    let exposed = snapshot.exposure(role, relation) == Exposure::Protected;
    let policies = match exposed {
        true => snapshot.policies_for(role, relation, Command::Select),
        false => None,
    };
    let policies = match policies {
        Some(policies) => Cell::Texts(policies.iter().map(|p| p.name.clone()).collect()),
        None => Cell::Null,
    };
    let rows: Vec<Vec<Cell>> = relation
        .columns
        .iter()
        .map(|column| {
            let (allowed, decided_by, through) = decision(scope, role, relation, column);
            let mask = exposed.then(|| snapshot.mask_for(role, relation, column.number)).flatten();
            vec![
                column.name.as_str().into(),
                allowed.into(),
                decided_by.into(),
                through.map_or(Cell::Null, |role| snapshot.role_name(role).into()),
                policies.clone(),
                mask.map_or(Cell::Null, |mask| mask.name.as_str().into()),
            ]
        })
        .collect();
    cells::batch(&SCHEMA, &TYPES, &rows)
}

type Decision = (bool, String, Option<RoleId>);

/// In the order in which the rights are asked: the schema, what denies, what grants.
fn decision(scope: &Scope, role: RoleId, relation: &Relation, column: &Column) -> Decision {
    let snapshot = &scope.snapshot;
    if snapshot.is_superuser(role) {
        return (true, "superuser".into(), Some(role));
    }
    if !snapshot.holds(role, Object::Schema(relation.schema), Privileges::USAGE) {
        let schema = snapshot.schema(relation.schema).map(|s| s.name.clone()).unwrap_or_default();
        return (false, format!("no USAGE on schema {schema}"), None);
    }
    let read = Privileges::SELECT;
    let roles = snapshot.roles_of(role, true);
    let giver = |acl: &Acl| {
        let items = acl.items().iter().filter(|i| i.privileges.contains(read));
        // The role itself before those it is a member of, PUBLIC last.
        let found = items.filter(|i| i.grantee == PUBLIC || roles.contains(&i.grantee));
        found.map(|i| i.grantee).min_by_key(|id| (*id == PUBLIC, *id != role, *id))
    };
    let tags = || relation.tags_of(column).filter_map(|name| snapshot.tag(name));
    if snapshot.denied_columns(role, relation.id, read).contains(&column.number)
        && let Some((tag, through)) = tags().find_map(|t| giver(&t.denied).map(|g| (t, g)))
    {
        return (false, format!("denied on tag '{}'", tag.name), Some(through));
    }
    if snapshot.owns(role, Object::Relation(relation.id)) {
        let held = snapshot.holds(role, Object::Column(relation.id, column.number), read);
        let words = if held { "owner" } else { "revoked from its owner" };
        return (held, words.into(), Some(relation.owner));
    }
    let own = snapshot.acl(Object::Relation(relation.id)).unwrap_or_default();
    if let Some(through) = giver(&own) {
        let kind = relation.kind_name();
        return (true, format!("grant on {kind} {}", relation.name), Some(through));
    }
    if let Some(through) = giver(&column.acl) {
        return (true, format!("grant on column {}", column.name), Some(through));
    }
    if let Some((tag, through)) = tags().find_map(|t| giver(&t.acl).map(|g| (t, g))) {
        return (true, format!("grant on tag '{}'", tag.name), Some(through));
    }
    match snapshot.holds(role, Object::Column(relation.id, column.number), read) {
        true => (true, "predefined role".into(), None),
        false => (false, "no grant".into(), None),
    }
}
