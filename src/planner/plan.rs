//! All that lakewire can be asked to do, with every name resolved.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::FieldRef;
use datafusion::logical_expr::{Expr, LogicalPlan};

use crate::catalog::acl::Privileges;
use crate::catalog::default_acl;
use crate::catalog::keys::{ForeignKey, Index};
use crate::catalog::name::{DefaultAclId, Object, RelationId, RoleId, SchemaId};
use crate::catalog::relation::{Check, Column, Foreign, OnCommit, Relation, View};
use crate::catalog::tag::Tag;
use crate::catalog::types::SqlType;
use crate::error::{Error, SqlState};
use crate::functions::charset::Charset;
use crate::parser::statement::{ExplainForm, ExplainFormat, LockMode, Maintenance};

/// A bound statement.
#[derive(Clone, Debug)]
pub enum Plan {
    Query(Query),
    Explain {
        analyze: bool,
        verbose: bool,
        form: ExplainForm,
        plan: Box<Plan>,
    },
    Insert(Insert),
    CopyOut(CopyOut),
    CopyIn(CopyIn),
    CreateTableAs(CreateTableAs),
    Truncate(Vec<Arc<Relation>>),
    Lock(Lock),
    CreateSchema(CreateSchema),
    CreateTable(CreateTable),
    CreateView(CreateView),
    CreateForeign(CreateForeign),
    Rename {
        object: Object,
        to: String,
    },
    ChangeOwner {
        object: Object,
        to: RoleId,
    },
    SetSchema {
        relation: RelationId,
        to: SchemaId,
    },
    AlterTables(AlterTables),
    /// ANALYZE, VACUUM, REINDEX or CHECKPOINT.
    Maintain(Maintain),
    Comment {
        on: CommentTarget,
        text: Option<String>,
    },
    Drop(Drop),
    CreateRole(CreateRole),
    AlterRole(AlterRole),
    RenameRole {
        role: RoleId,
        to: String,
    },
    AlterSettings(AlterSettings),
    DropRoles {
        roles: Vec<NamedRole>,
        if_exists: bool,
    },
    Grant(Grant),
    GrantRole(GrantRole),
    DefaultPrivileges(DefaultPrivileges),
    ReassignOwned {
        from: Vec<RoleId>,
        to: RoleId,
        schemas: Vec<SchemaId>,
        relations: Vec<RelationId>,
    },
    DropOwned(DropOwned),
    Protect(Protect),
    /// Something is wrong with the statement, which its role has no right to be told.
    Withheld(Withheld),
    /// Nothing to do, as after IF EXISTS or IF NOT EXISTS; the tag is the statement's own.
    Nothing {
        tag: &'static str,
        notice: Option<(SqlState, String)>,
    },
}

/// Whose business it is what is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withheld {
    FromOwner(Object),
    /// Of those who may make something in this schema.
    FromMaker(SchemaId),
    FromSuperuser,
}

/// A statement that returns rows.
#[derive(Clone, Debug)]
pub struct Query {
    /// Unoptimised; its leaves are [`super::sources::Source`]s.
    pub plan: LogicalPlan,
    /// The columns a client sees; names may repeat.
    pub fields: Vec<FieldRef>,
    /// Types of `$1`, `$2`…
    pub parameters: Vec<SqlType>,
}

#[derive(Clone, Debug)]
pub struct Insert {
    pub relation: Arc<Relation>,
    /// Numbers of the columns the statement names; the others become NULL.
    pub columns: Vec<i16>,
    /// One output for each column of the relation, in order and type.
    pub input: LogicalPlan,
    /// CHECK constraints over the relation's columns.
    pub checks: Vec<(String, Expr)>,
    /// What row policies ask of new rows: one boolean output behind the columns for each, with the name of
    /// the restrictive policy it speaks for.
    pub policies: Vec<Option<String>>,
    pub parameters: Vec<SqlType>,
}

/// LOCK TABLE: any of these privileges on each will do.
#[derive(Clone, Debug)]
pub struct Lock {
    pub relations: Vec<Arc<Relation>>,
    pub privileges: Privileges,
    pub mode: LockMode,
}

/// COPY TO: a query whose rows go out in a form of their own.
#[derive(Clone, Debug)]
pub struct CopyOut {
    pub query: Query,
    pub format: CopyFormat,
}

/// COPY FROM: an INSERT whose rows a client sends.
#[derive(Clone, Debug)]
pub struct CopyIn {
    /// Its input stands over a leaf [`super::sources::Kind::Received`].
    pub insert: Insert,
    /// The columns that are sent, in order.
    pub fields: Vec<FieldRef>,
    pub format: CopyFormat,
    /// Row policies would have a say in what is inserted.
    pub secured: bool,
}

/// The form of what is copied. Of one column each: `force_quote`, `force_not_null` and `force_null`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyFormat {
    pub kind: CopyKind,
    pub delimiter: u8,
    pub null: String,
    pub header: CopyHeader,
    pub quote: u8,
    pub escape: u8,
    pub force_quote: Vec<bool>,
    pub force_not_null: Vec<bool>,
    pub force_null: Vec<bool>,
    /// Of the file, where it is not the client's.
    pub charset: Option<Charset>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CopyKind {
    #[default]
    Text,
    Csv,
    Binary,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CopyHeader {
    #[default]
    No,
    Yes,
    /// Read, and held against the columns' names.
    Match,
}

/// A table that is to be.
#[derive(Clone, Debug)]
pub struct CreateTable {
    pub schema: SchemaId,
    pub name: String,
    pub if_not_exists: bool,
    pub columns: Vec<Column>,
    pub partition_by: Vec<String>,
    /// Where its files go; none means a folder of its own in the schema's location.
    pub location: Option<String>,
    pub checks: Vec<Check>,
    pub on_commit: OnCommit,
    /// Their OIDs are 0 until the engine gives them some; a foreign key to 0 refers to the table itself.
    pub indexes: Vec<Index>,
    pub foreign_keys: Vec<ForeignKey>,
    /// Relations whose columns it takes over.
    pub likes: Vec<RelationId>,
    /// What is to be told of keys, with its detail.
    pub notices: Vec<(String, Option<String>)>,
}

#[derive(Clone, Debug)]
pub struct CreateTableAs {
    pub table: CreateTable,
    pub input: LogicalPlan,
    /// False for WITH NO DATA.
    pub with_data: bool,
    pub parameters: Vec<SqlType>,
}

#[derive(Clone, Debug)]
pub struct CreateSchema {
    pub name: String,
    pub if_not_exists: bool,
    pub owner: RoleId,
    pub location: Option<String>,
}

#[derive(Clone, Debug)]
pub struct CreateView {
    pub schema: SchemaId,
    pub name: String,
    pub columns: Vec<Column>,
    pub view: View,
    /// What the view reads, to be checked for its maker as if it were run.
    pub body: LogicalPlan,
    /// The view that OR REPLACE replaces.
    pub replaces: Option<RelationId>,
    pub notice: Option<String>,
}

#[derive(Clone, Debug)]
pub struct CreateForeign {
    pub schema: SchemaId,
    pub name: String,
    /// Without columns they are read from the files.
    pub columns: Vec<Column>,
    pub foreign: Foreign,
}

/// Tables in a new shape. New indexes and keys have the OID 0 until the engine gives them one.
#[derive(Clone, Debug)]
pub struct AlterTables {
    pub tag: &'static str,
    pub tables: Vec<Altered>,
    pub notices: Vec<(SqlState, String, Option<String>)>,
    pub blocked: Option<Blocked>,
}

#[derive(Clone, Debug)]
pub struct Altered {
    /// As it is to be.
    pub relation: Relation,
    pub own: Ownership,
    /// What the table's own log says of it alters too.
    pub reshaped: bool,
    /// Columns in which no row may have NULL from now on, and checks that all must pass.
    pub not_null: Vec<i16>,
    pub checks: Vec<(String, Expr)>,
}

/// Of what somebody must be the owner to alter a table so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ownership {
    Table,
    /// Which takes the right to make something in the schema, too.
    NewIndex,
    Index(String),
    /// It goes with something that is owned.
    Dependent,
}

#[derive(Clone, Debug)]
pub struct Maintain {
    pub what: Maintenance,
    pub relations: Vec<RelationId>,
    /// It was the index that was named.
    pub index: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommentTarget {
    Object(Object),
    Role(RoleId),
}

#[derive(Clone, Debug)]
pub struct Drop {
    pub tag: &'static str,
    /// What the statement names; owning it is required.
    pub named: Vec<Object>,
    /// All that goes, what CASCADE adds included: views before what they read.
    pub relations: Vec<RelationId>,
    pub schemas: Vec<SchemaId>,
    /// Policies of what stays that read what goes: relation, policy's id.
    pub policies: Vec<(RelationId, u32)>,
    /// Foreign keys of what stays that refer to what goes: relation, key's OID.
    pub foreign_keys: Vec<(RelationId, u32)>,
    pub notices: Vec<(String, Option<String>)>,
    /// Why it cannot be done without CASCADE. The owner is asked for first.
    pub blocked: Option<Blocked>,
}

/// What else would have to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    pub message: String,
    /// A line each.
    pub detail: String,
    pub hint: String,
}

/// A role to drop: whether it exists is told only to those who may drop roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedRole {
    Known(RoleId),
    Missing(String),
}

/// All that some roles own goes, and all that they were granted.
#[derive(Clone, Debug)]
pub struct DropOwned {
    pub roles: Vec<RoleId>,
    pub revokes: Vec<Grant>,
    pub default_revokes: Vec<DefaultPrivileges>,
    pub defaults: Vec<DefaultAclId>,
    pub drop: Drop,
}

/// What ALTER ROLE or CREATE ROLE sets; None leaves it.
#[derive(Clone, Default, PartialEq)]
pub struct RoleChanges {
    pub superuser: Option<bool>,
    pub createrole: Option<bool>,
    pub createdb: Option<bool>,
    pub inherit: Option<bool>,
    pub login: Option<bool>,
    pub replication: Option<bool>,
    pub bypassrls: Option<bool>,
    pub connection_limit: Option<i32>,
    /// A verifier; `Some(None)` takes the password away.
    pub verifier: Option<Option<String>>,
    pub valid_until: Option<i64>,
}

/// Verifiers are secrets.
impl std::fmt::Debug for RoleChanges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RoleChanges").finish_non_exhaustive()
    }
}

#[derive(Clone, Debug)]
pub struct CreateRole {
    pub name: String,
    pub changes: RoleChanges,
    /// Roles the new one joins; roles that join it, with or without ADMIN OPTION.
    pub member_of: Vec<RoleId>,
    pub members: Vec<(RoleId, bool)>,
}

#[derive(Clone, Debug)]
pub struct AlterRole {
    pub role: RoleId,
    pub changes: RoleChanges,
}

/// What later sessions of a role, or of all, begin with.
#[derive(Clone, Debug)]
pub struct AlterSettings {
    pub tag: &'static str,
    /// None is everybody.
    pub role: Option<RoleId>,
    pub in_database: bool,
    pub change: SettingChange,
}

/// Names are in lower case; whether there is such a setting, and whether it takes the value, is asked where
/// it is changed, after the question of who may.
#[derive(Clone, Debug)]
pub enum SettingChange {
    Put { name: String, values: Vec<String> },
    Remove(String),
    RemoveAll,
}

/// GRANT or REVOKE on objects, one entry per object and its columns.
#[derive(Clone, Debug)]
pub struct Grant {
    pub revoke: bool,
    pub objects: Vec<GrantObject>,
    pub grantees: Vec<RoleId>,
    pub option: bool,
    pub cascade: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct GrantObject {
    pub object: Object,
    /// On the whole object.
    pub privileges: Privileges,
    /// By column number.
    pub columns: BTreeMap<i16, Privileges>,
    /// ALL was said, so that what cannot be granted is no cause for a warning.
    pub all: bool,
}

#[derive(Clone, Debug)]
pub struct GrantRole {
    pub revoke: bool,
    pub roles: Vec<RoleId>,
    pub members: Vec<RoleId>,
    /// WITH ADMIN OPTION; on REVOKE only that is taken.
    pub admin: bool,
    pub grantor: RoleId,
}

/// Grants, or revokes, of what these roles are yet to make.
#[derive(Clone, Debug)]
pub struct DefaultPrivileges {
    pub revoke: bool,
    pub roles: Vec<RoleId>,
    /// None is everywhere.
    pub schemas: Vec<Option<SchemaId>>,
    pub on: default_acl::On,
    pub privileges: Privileges,
    pub grantees: Vec<RoleId>,
    pub option: bool,
    pub cascade: bool,
}

/// Policies, masks, labels and tags: the relation or tag as it is to be. New policies and masks have the
/// id 0 until the engine gives them one.
#[derive(Clone, Debug)]
pub struct Protect {
    pub tag: &'static str,
    pub to: Protected,
}

#[derive(Clone, Debug)]
pub enum Protected {
    /// For its owner to alter.
    Relation(Box<Relation>),
    /// For superusers to alter: a tag speaks for everybody's relations.
    Tags(Vec<Tag>),
}

/// The one column of what EXPLAIN tells.
pub fn explained(format: ExplainFormat) -> FieldRef {
    let sql = match format {
        ExplainFormat::Json => SqlType::Json,
        ExplainFormat::Text | ExplainFormat::Xml | ExplainFormat::Yaml => SqlType::Text,
    };
    sql.field("QUERY PLAN", true)
}

impl Plan {
    /// Nothing is done, and the error that there would be is told as a notice.
    pub fn skipping(tag: &'static str, instead_of: &Error) -> Plan {
        let notice = (instead_of.state, format!("{}, skipping", instead_of.message));
        Plan::Nothing { tag, notice: Some(notice) }
    }

    /// The columns of the rows it returns, if it returns rows.
    pub fn fields(&self) -> Option<Vec<FieldRef>> {
        match self {
            Plan::Query(query) => Some(query.fields.clone()),
            Plan::Explain { form, .. } => Some(vec![explained(form.format)]),
            _ => None,
        }
    }

    /// Types of the statement's parameters.
    pub fn parameters(&self) -> &[SqlType] {
        match self {
            Plan::Query(query) => &query.parameters,
            Plan::Insert(insert) => &insert.parameters,
            Plan::CopyOut(copy) => &copy.query.parameters,
            Plan::CreateTableAs(create) => &create.parameters,
            Plan::Explain { plan, .. } => plan.parameters(),
            _ => &[],
        }
    }
}
