//! Every statement lakewire knows, classified. Names are folded as PostgreSQL folds them.

use std::fmt;
use std::sync::Arc;

use super::ast;

/// One statement, with the text it came from.
#[derive(Clone, Debug)]
pub struct Statement {
    pub kind: Kind,
    /// The whole text sent, in which positions are counted.
    pub source: Arc<str>,
    /// This statement's part of it.
    pub text: Arc<str>,
}

#[derive(Clone, Debug)]
pub enum Kind {
    Query(Box<ast::Query>),
    Insert(Insert),
    Copy(Copy),
    Explain {
        analyze: bool,
        verbose: bool,
        form: ExplainForm,
        statement: Box<Kind>,
    },
    CreateSchema(CreateSchema),
    CreateTable(CreateTable),
    CreateView(CreateView),
    CreateForeign(CreateForeign),
    CreateIndex(CreateIndex),
    Maintain(Maintain),
    Alter(Alter),
    Comment {
        on: Target,
        text: Option<String>,
    },
    Drop(Drop),
    Truncate {
        tables: Vec<Name>,
    },
    CreateRole {
        name: Ident,
        options: Vec<RoleOption>,
    },
    AlterRole {
        role: RoleRef,
        options: Vec<RoleOption>,
    },
    RenameRole {
        name: Ident,
        to: String,
    },
    AlterSettings(AlterSettings),
    DropRole {
        roles: Vec<RoleRef>,
        if_exists: bool,
    },
    Grant(Grant),
    GrantRole(GrantRole),
    DefaultPrivileges(DefaultPrivileges),
    ReassignOwned {
        from: Vec<RoleRef>,
        to: RoleRef,
    },
    DropOwned {
        roles: Vec<RoleRef>,
        cascade: bool,
    },
    CreatePolicy(CreatePolicy),
    AlterPolicy(AlterPolicy),
    CreateMask(CreateMask),
    DropProtection(DropProtection),
    SecurityLabel {
        provider: Option<String>,
        on: Target,
        label: Option<String>,
    },
    GrantTag(GrantTag),
    Set {
        scope: Scope,
        name: String,
        value: SetValue,
    },
    Show {
        name: String,
    },
    Reset {
        name: Option<String>,
    },
    SetRole {
        scope: Scope,
        role: Option<String>,
    },
    /// None goes back to who logged in.
    SetSessionAuthorization {
        scope: Scope,
        role: Option<String>,
    },
    SetTransaction {
        modes: Vec<TransactionMode>,
        session: bool,
    },
    /// None of another transaction: that fails.
    SetSnapshot {
        id: String,
    },
    Begin {
        modes: Vec<TransactionMode>,
        /// START TRANSACTION or BEGIN, as it was written.
        tag: &'static str,
    },
    /// With `chain`, a new transaction of the same kind follows at once.
    Commit {
        chain: bool,
    },
    Rollback {
        chain: bool,
    },
    Savepoint {
        name: String,
    },
    Release {
        name: String,
    },
    RollbackTo {
        name: String,
    },
    PrepareTransaction,
    /// COMMIT PREPARED or ROLLBACK PREPARED.
    EndPrepared {
        tag: &'static str,
        id: String,
    },
    Prepare {
        name: String,
        types: Vec<ast::DataType>,
        statement: Box<Statement>,
    },
    Execute {
        name: String,
        arguments: Vec<ast::Expr>,
    },
    Deallocate {
        name: Option<String>,
    },
    Lock(Lock),
    /// There is nothing that could be listened to.
    Listen {
        channel: String,
    },
    /// Without a channel, all of them.
    Unlisten {
        channel: Option<String>,
    },
    Notify {
        channel: String,
        payload: String,
    },
    Declare(Declare),
    Fetch(Fetch),
    /// None is CLOSE ALL.
    Close {
        cursor: Option<String>,
    },
    DiscardAll,
    /// Of plans or sequences, of which a session keeps none.
    DiscardTemp,
    DiscardPart {
        tag: &'static str,
    },
}

impl Kind {
    /// The statement's first words, as command tags and messages name it.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Query(_) => "SELECT",
            Kind::Insert(_) => "INSERT",
            Kind::Copy(_) => "COPY",
            Kind::Explain { .. } => "EXPLAIN",
            Kind::CreateSchema(_) => "CREATE SCHEMA",
            Kind::CreateTable(CreateTable { into: true, .. }) => "SELECT INTO",
            Kind::CreateTable(create) if create.query.is_some() || create.execute.is_some() => {
                "CREATE TABLE AS"
            }
            Kind::CreateTable(_) => "CREATE TABLE",
            Kind::CreateView(_) => "CREATE VIEW",
            Kind::CreateForeign(_) => "CREATE FOREIGN TABLE",
            Kind::CreateIndex(_) => "CREATE INDEX",
            Kind::Maintain(maintain) => maintain.what.name(),
            Kind::Alter(alter) => alter.kind.alter_tag(),
            Kind::Comment { .. } => "COMMENT",
            Kind::Drop(drop) => drop.kind.drop_tag(),
            Kind::Truncate { .. } => "TRUNCATE TABLE",
            Kind::CreateRole { .. } => "CREATE ROLE",
            Kind::AlterRole { .. } | Kind::RenameRole { .. } => "ALTER ROLE",
            Kind::AlterSettings(AlterSettings { whose: SettingsOf::Database(_), .. }) => {
                "ALTER DATABASE"
            }
            Kind::AlterSettings(_) => "ALTER ROLE",
            Kind::DropRole { .. } => "DROP ROLE",
            Kind::Grant(Grant { revoke: false, .. }) => "GRANT",
            Kind::Grant(_) => "REVOKE",
            Kind::GrantRole(GrantRole { revoke: false, .. }) => "GRANT ROLE",
            Kind::GrantRole(_) => "REVOKE ROLE",
            Kind::DefaultPrivileges(_) => "ALTER DEFAULT PRIVILEGES",
            Kind::ReassignOwned { .. } => "REASSIGN OWNED",
            Kind::DropOwned { .. } => "DROP OWNED",
            Kind::CreatePolicy(_) => "CREATE POLICY",
            Kind::AlterPolicy(_) => "ALTER POLICY",
            Kind::CreateMask(_) => "CREATE MASK",
            Kind::DropProtection(drop) => drop.kind.drop_tag(),
            Kind::SecurityLabel { .. } => "SECURITY LABEL",
            Kind::GrantTag(grant) => grant.verb.word(),
            Kind::Set { .. }
            | Kind::SetRole { .. }
            | Kind::SetSessionAuthorization { .. }
            | Kind::SetTransaction { .. }
            | Kind::SetSnapshot { .. } => "SET",
            Kind::Show { .. } => "SHOW",
            Kind::Reset { .. } => "RESET",
            Kind::Begin { tag, .. } | Kind::EndPrepared { tag, .. } => tag,
            Kind::Commit { .. } => "COMMIT",
            Kind::Rollback { .. } | Kind::RollbackTo { .. } => "ROLLBACK",
            Kind::Savepoint { .. } => "SAVEPOINT",
            Kind::Release { .. } => "RELEASE",
            Kind::PrepareTransaction => "PREPARE TRANSACTION",
            Kind::Prepare { .. } => "PREPARE",
            Kind::Execute { .. } => "EXECUTE",
            Kind::Deallocate { name: Some(_) } => "DEALLOCATE",
            Kind::Deallocate { name: None } => "DEALLOCATE ALL",
            Kind::Lock(_) => "LOCK TABLE",
            Kind::Listen { .. } => "LISTEN",
            Kind::Unlisten { .. } => "UNLISTEN",
            Kind::Notify { .. } => "NOTIFY",
            Kind::Declare(_) => "DECLARE CURSOR",
            Kind::Fetch(Fetch { moves: false, .. }) => "FETCH",
            Kind::Fetch(_) => "MOVE",
            Kind::Close { cursor: Some(_) } => "CLOSE CURSOR",
            Kind::Close { cursor: None } => "CLOSE CURSOR ALL",
            Kind::DiscardAll => "DISCARD ALL",
            Kind::DiscardTemp => "DISCARD TEMP",
            Kind::DiscardPart { tag } => tag,
        }
    }
}

impl Kind {
    /// What still runs in a transaction that has failed: all that may end that.
    pub fn leaves_failed_transaction(&self) -> bool {
        matches!(
            self,
            Kind::Commit { .. }
                | Kind::Rollback { .. }
                | Kind::RollbackTo { .. }
                | Kind::PrepareTransaction
        )
    }
}

/// A single name and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ident {
    pub name: String,
    /// Characters from 1 in the source.
    pub position: Option<usize>,
}

/// A name that a schema may stand before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    pub schema: Option<String>,
    pub name: String,
    pub position: Option<usize>,
}

/// As the user wrote it, folded: what messages show.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Insert {
    pub table: Name,
    /// Empty means all, in order.
    pub columns: Vec<Ident>,
    /// None is DEFAULT VALUES.
    pub source: Option<Box<ast::Query>>,
}

/// What EXPLAIN tells beside the plan, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExplainForm {
    pub format: ExplainFormat,
    pub costs: bool,
    pub timing: bool,
    pub summary: bool,
    pub buffers: bool,
    pub settings: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExplainFormat {
    #[default]
    Text,
    Json,
    Xml,
    Yaml,
}

#[derive(Clone, Debug)]
pub struct Copy {
    pub subject: CopySubject,
    /// FROM; else TO.
    pub from: bool,
    pub place: CopyPlace,
    pub options: Vec<CopyOption>,
    /// WHERE, of COPY FROM.
    pub filter: Option<Box<ast::Expr>>,
}

#[derive(Clone, Debug)]
pub enum CopySubject {
    /// Without columns, all of them.
    Table {
        name: Name,
        columns: Option<Vec<Ident>>,
    },
    Query(Box<Kind>),
}

/// Where the rows of a COPY come from or go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyPlace {
    Client,
    File,
    Program,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyOption {
    pub name: String,
    pub argument: CopyArgument,
    pub position: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopyArgument {
    None,
    Text(String),
    /// Names of columns.
    List(Vec<String>),
    Star,
}

/// LOCK TABLE.
#[derive(Clone, Debug)]
pub struct Lock {
    pub tables: Vec<Name>,
    pub mode: LockMode,
}

/// PostgreSQL's, from the weakest to the strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockMode {
    AccessShare,
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
}

impl LockMode {
    pub const ALL: [(LockMode, &'static str); 8] = [
        (LockMode::AccessShare, "ACCESS SHARE"),
        (LockMode::RowShare, "ROW SHARE"),
        (LockMode::RowExclusive, "ROW EXCLUSIVE"),
        (LockMode::ShareUpdateExclusive, "SHARE UPDATE EXCLUSIVE"),
        (LockMode::ShareRowExclusive, "SHARE ROW EXCLUSIVE"),
        (LockMode::Share, "SHARE"),
        (LockMode::AccessExclusive, "ACCESS EXCLUSIVE"),
        (LockMode::Exclusive, "EXCLUSIVE"),
    ];

    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(mode, _)| *mode == self).map_or("", |(_, name)| name)
    }
}

/// A cursor over a query.
#[derive(Clone, Debug)]
pub struct Declare {
    pub name: String,
    pub binary: bool,
    pub scroll: bool,
    pub hold: bool,
    pub statement: Box<Statement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// MOVE: the rows are passed by.
    pub moves: bool,
    pub towards: Towards,
    pub cursor: String,
}

/// Which rows of a cursor, seen from where it stands. None is all there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Towards {
    Forward(Option<i64>),
    Backward(Option<i64>),
    /// Below 0 from the end.
    Absolute(i64),
    Relative(i64),
}

/// `key = value` in WITH (…) or OPTIONS (…). A list has several values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub name: String,
    pub values: Vec<String>,
    pub position: Option<usize>,
}

#[derive(Clone, Debug)]
pub struct CreateSchema {
    pub name: Ident,
    pub if_not_exists: bool,
    pub owner: Option<RoleRef>,
    pub options: Vec<Setting>,
}

#[derive(Clone, Debug)]
pub struct ColumnSpec {
    pub name: Ident,
    pub data_type: ast::DataType,
    pub nullable: bool,
    pub default: Option<Box<ast::Expr>>,
}

#[derive(Clone, Debug)]
pub struct CheckSpec {
    pub name: Option<String>,
    pub expression: Box<ast::Expr>,
}

/// PRIMARY KEY, UNIQUE, FOREIGN KEY or REFERENCES.
#[derive(Clone, Debug)]
pub struct KeySpec {
    pub name: Option<Ident>,
    pub columns: Vec<Ident>,
    pub included: Vec<Ident>,
    pub kind: KeyKind,
    /// Where it begins.
    pub position: Option<usize>,
}

#[derive(Clone, Debug)]
pub enum KeyKind {
    Primary,
    Unique,
    Foreign {
        table: Name,
        /// Empty means the other table's primary key.
        columns: Vec<Ident>,
        on_delete: ReferentialAction,
        on_update: ReferentialAction,
    },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReferentialAction {
    #[default]
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

/// `LIKE table INCLUDING …` in a list of columns.
#[derive(Clone, Debug, Default)]
pub struct Like {
    pub table: Name,
    /// How many columns of the list stand before it.
    pub before: usize,
    pub comments: bool,
    pub constraints: bool,
    pub defaults: bool,
    pub indexes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnCommit {
    PreserveRows,
    DeleteRows,
    Drop,
}

#[derive(Clone, Debug, Default)]
pub struct CreateTable {
    pub name: Name,
    pub temporary: bool,
    pub on_commit: Option<OnCommit>,
    pub if_not_exists: bool,
    pub columns: Vec<ColumnSpec>,
    pub checks: Vec<CheckSpec>,
    pub keys: Vec<KeySpec>,
    pub likes: Vec<Like>,
    pub options: Vec<Setting>,
    /// `AS EXECUTE name (arguments)`: the session puts the statement's query in its place.
    pub execute: Option<(String, Vec<ast::Expr>)>,
    /// It was written as SELECT INTO.
    pub into: bool,
    /// `AS query`; then `columns` is empty and `names` may rename its output.
    pub query: Option<Box<ast::Query>>,
    pub names: Vec<Ident>,
    pub with_data: bool,
}

#[derive(Clone, Debug)]
pub struct CreateView {
    pub name: Name,
    pub or_replace: bool,
    pub temporary: bool,
    pub names: Vec<Ident>,
    pub query: Box<ast::Query>,
    /// The query as its maker wrote it.
    pub text: String,
    pub options: Vec<Setting>,
}

/// `CREATE FOREIGN TABLE` and Hive's `CREATE EXTERNAL TABLE`.
#[derive(Clone, Debug)]
pub struct CreateForeign {
    pub name: Name,
    pub if_not_exists: bool,
    pub columns: Vec<ColumnSpec>,
    pub server: Option<Ident>,
    pub options: Vec<Setting>,
    pub partition_by: Vec<ColumnSpec>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    Table,
    Foreign,
    View,
    Schema,
    Column,
    Role,
    Database,
    Index,
}

impl ObjectKind {
    /// As messages name it.
    pub fn name(self) -> &'static str {
        match self {
            ObjectKind::Table => "table",
            ObjectKind::Foreign => "foreign table",
            ObjectKind::View => "view",
            ObjectKind::Schema => "schema",
            ObjectKind::Column => "column",
            ObjectKind::Role => "role",
            ObjectKind::Database => "database",
            ObjectKind::Index => "index",
        }
    }

    fn alter_tag(self) -> &'static str {
        match self {
            ObjectKind::Table => "ALTER TABLE",
            ObjectKind::Foreign => "ALTER FOREIGN TABLE",
            ObjectKind::View => "ALTER VIEW",
            ObjectKind::Schema => "ALTER SCHEMA",
            ObjectKind::Column => "ALTER TABLE",
            ObjectKind::Role => "ALTER ROLE",
            ObjectKind::Database => "ALTER DATABASE",
            ObjectKind::Index => "ALTER INDEX",
        }
    }

    fn drop_tag(self) -> &'static str {
        match self {
            ObjectKind::Table => "DROP TABLE",
            ObjectKind::Foreign => "DROP FOREIGN TABLE",
            ObjectKind::View => "DROP VIEW",
            ObjectKind::Schema => "DROP SCHEMA",
            ObjectKind::Column => "ALTER TABLE",
            ObjectKind::Role => "DROP ROLE",
            ObjectKind::Database => "DROP DATABASE",
            ObjectKind::Index => "DROP INDEX",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Alter {
    pub kind: ObjectKind,
    /// For a schema, only the name's last part is used.
    pub name: Name,
    pub if_exists: bool,
    pub action: AlterAction,
}

#[derive(Clone, Debug)]
pub enum AlterAction {
    Rename(String),
    RenameColumn {
        from: Ident,
        to: String,
    },
    Owner(RoleRef),
    SetSchema(Ident),
    RowSecurity(RowSecurity),
    /// SET (…) of a view; RESET has no values.
    SetOptions(Vec<Setting>),
    RenameConstraint {
        from: Ident,
        to: String,
    },
    /// On columns and constraints, in one statement.
    Table(Vec<TableAction>),
}

#[derive(Clone, Debug)]
pub enum TableAction {
    AddColumn {
        column: ColumnSpec,
        if_not_exists: bool,
        checks: Vec<CheckSpec>,
        keys: Vec<KeySpec>,
    },
    SetDefault {
        column: Ident,
        /// None is DROP DEFAULT.
        default: Option<Box<ast::Expr>>,
    },
    SetNullable {
        column: Ident,
        nullable: bool,
    },
    AddCheck(CheckSpec),
    AddKey(KeySpec),
    DropConstraint {
        name: Ident,
        if_exists: bool,
        cascade: bool,
    },
}

#[derive(Clone, Debug)]
pub struct CreateIndex {
    pub name: Option<Ident>,
    pub unique: bool,
    pub if_not_exists: bool,
    pub table: Name,
    pub method: String,
    pub elements: Vec<IndexElement>,
    pub included: Vec<Ident>,
    pub predicate: Option<Box<ast::Expr>>,
}

#[derive(Clone, Debug)]
pub struct IndexElement {
    pub expression: Box<ast::Expr>,
    pub descending: bool,
    pub nulls_first: bool,
}

/// What PostgreSQL keeps itself in order with.
#[derive(Clone, Debug)]
pub struct Maintain {
    pub what: Maintenance,
    /// None means all.
    pub tables: Vec<MaintainTarget>,
    pub index: Option<Name>,
}

#[derive(Clone, Debug)]
pub struct MaintainTarget {
    pub table: Name,
    pub columns: Vec<Ident>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maintenance {
    Analyze,
    Vacuum,
    Reindex,
    Checkpoint,
}

impl Maintenance {
    pub fn name(self) -> &'static str {
        match self {
            Maintenance::Analyze => "ANALYZE",
            Maintenance::Vacuum => "VACUUM",
            Maintenance::Reindex => "REINDEX",
            Maintenance::Checkpoint => "CHECKPOINT",
        }
    }
}

/// What a comment stands on.
#[derive(Clone, Debug)]
pub struct Target {
    pub kind: ObjectKind,
    pub name: Name,
    pub column: Option<Ident>,
}

#[derive(Clone, Debug)]
pub struct Drop {
    pub kind: ObjectKind,
    pub names: Vec<Name>,
    pub if_exists: bool,
    pub cascade: bool,
}

/// A role by name, or the one who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleRef {
    Named(Ident),
    CurrentUser,
    SessionUser,
    Public,
}

#[derive(Clone, PartialEq)]
pub enum RoleOption {
    Superuser(bool),
    CreateRole(bool),
    CreateDb(bool),
    Inherit(bool),
    Login(bool),
    Replication(bool),
    BypassRls(bool),
    ConnectionLimit(i32),
    /// None is PASSWORD NULL.
    Password(Option<String>),
    ValidUntil(String),
    InRole(Vec<RoleRef>),
    Role(Vec<RoleRef>),
    Admin(Vec<RoleRef>),
}

/// A password is never printed.
impl fmt::Debug for RoleOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RoleOption::Superuser(_) => "Superuser",
            RoleOption::CreateRole(_) => "CreateRole",
            RoleOption::CreateDb(_) => "CreateDb",
            RoleOption::Inherit(_) => "Inherit",
            RoleOption::Login(_) => "Login",
            RoleOption::Replication(_) => "Replication",
            RoleOption::BypassRls(_) => "BypassRls",
            RoleOption::ConnectionLimit(_) => "ConnectionLimit",
            RoleOption::Password(_) => "Password(…)",
            RoleOption::ValidUntil(_) => "ValidUntil",
            RoleOption::InRole(_) => "InRole",
            RoleOption::Role(_) => "Role",
            RoleOption::Admin(_) => "Admin",
        })
    }
}

/// GRANT or REVOKE of privileges on objects.
#[derive(Clone, Debug)]
pub struct Grant {
    pub revoke: bool,
    pub privileges: GrantPrivileges,
    pub on: GrantTarget,
    pub grantees: Vec<RoleRef>,
    /// WITH GRANT OPTION; on REVOKE, GRANT OPTION FOR.
    pub option: bool,
    pub granted_by: Option<RoleRef>,
    pub cascade: bool,
}

#[derive(Clone, Debug)]
pub enum GrantPrivileges {
    /// `ALL [PRIVILEGES]`, on these columns if any are named.
    All { columns: Vec<Ident> },
    /// Each with the columns it stands on; empty means the whole object.
    Some(Vec<(Ident, Vec<Ident>)>),
}

#[derive(Clone, Debug)]
pub enum GrantTarget {
    Relations(Vec<Name>),
    AllRelationsIn(Vec<Ident>),
    Schemas(Vec<Ident>),
    Databases(Vec<Ident>),
}

/// ALTER DEFAULT PRIVILEGES: a grant or revoke on what is yet to be made.
#[derive(Clone, Debug)]
pub struct DefaultPrivileges {
    pub revoke: bool,
    /// Whose objects; empty means the current role's.
    pub roles: Vec<RoleRef>,
    /// Where; empty means everywhere.
    pub schemas: Vec<Ident>,
    pub privileges: GrantPrivileges,
    pub on: DefaultTarget,
    pub grantees: Vec<RoleRef>,
    pub option: bool,
    pub cascade: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultTarget {
    Tables,
    Schemas,
}

/// GRANT or REVOKE of membership.
#[derive(Clone, Debug)]
pub struct GrantRole {
    pub revoke: bool,
    pub roles: Vec<Ident>,
    pub members: Vec<RoleRef>,
    /// WITH ADMIN OPTION; on REVOKE, ADMIN OPTION FOR.
    pub admin: bool,
    pub granted_by: Option<RoleRef>,
    pub cascade: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Session,
    Local,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetValue {
    Default,
    /// As written, without quotes; a list has several.
    Values(Vec<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionMode {
    Isolation(Isolation),
    ReadOnly(bool),
    Deferrable(bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    ReadUncommitted,
    ReadCommitted,
    RepeatableRead,
    Serializable,
}

/// ALTER ROLE or ALTER DATABASE, with SET or RESET: what sessions begin with.
#[derive(Clone, Debug)]
pub struct AlterSettings {
    pub whose: SettingsOf,
    pub change: SettingChange,
}

#[derive(Clone, Debug)]
pub enum SettingsOf {
    /// Without a role, of all of them; perhaps in one database only.
    Role {
        role: Option<RoleRef>,
        database: Option<Ident>,
    },
    Database(Ident),
}

#[derive(Clone, Debug)]
pub enum SettingChange {
    Set { name: String, value: SetValue },
    FromCurrent(String),
    Reset(String),
    ResetAll,
}

/// ALTER TABLE … ROW LEVEL SECURITY.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowSecurity {
    Enabled(bool),
    Forced(bool),
}

/// What a policy or mask stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    Relation(Name),
    Tag(String),
}

/// An expression with the text it was written as.
#[derive(Clone, Debug)]
pub struct ExpressionSpec {
    pub ast: Box<ast::Expr>,
    pub text: String,
}

/// Which statements a policy is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyCommand {
    All,
    Select,
    Insert,
    Update,
    Delete,
}

#[derive(Clone, Debug)]
pub struct CreatePolicy {
    pub name: Ident,
    pub on: Subject,
    pub permissive: bool,
    pub command: PolicyCommand,
    pub roles: Vec<RoleRef>,
    pub using: Option<ExpressionSpec>,
    pub check: Option<ExpressionSpec>,
}

#[derive(Clone, Debug)]
pub struct AlterPolicy {
    pub name: Ident,
    pub if_exists: bool,
    pub on: Subject,
    pub change: PolicyChange,
}

#[derive(Clone, Debug)]
pub enum PolicyChange {
    Rename(Ident),
    /// None leaves it.
    Set {
        roles: Option<Vec<RoleRef>>,
        using: Option<ExpressionSpec>,
        check: Option<ExpressionSpec>,
    },
}

#[derive(Clone, Debug)]
pub struct CreateMask {
    pub name: Ident,
    pub on: Subject,
    /// None on a tag.
    pub column: Option<Ident>,
    pub roles: Vec<RoleRef>,
    pub using: ExpressionSpec,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtectionKind {
    Policy,
    Mask,
}

impl ProtectionKind {
    pub fn name(self) -> &'static str {
        match self {
            ProtectionKind::Policy => "policy",
            ProtectionKind::Mask => "mask",
        }
    }

    pub fn drop_tag(self) -> &'static str {
        match self {
            ProtectionKind::Policy => "DROP POLICY",
            ProtectionKind::Mask => "DROP MASK",
        }
    }
}

#[derive(Clone, Debug)]
pub struct DropProtection {
    pub kind: ProtectionKind,
    pub name: Ident,
    pub if_exists: bool,
    pub on: Subject,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagVerb {
    Grant,
    /// Takes back what was granted and what was denied.
    Revoke,
    Deny,
}

impl TagVerb {
    pub fn word(self) -> &'static str {
        match self {
            TagVerb::Grant => "GRANT",
            TagVerb::Revoke => "REVOKE",
            TagVerb::Deny => "DENY",
        }
    }
}

/// GRANT, REVOKE or DENY on tags.
#[derive(Clone, Debug)]
pub struct GrantTag {
    pub verb: TagVerb,
    pub privileges: GrantPrivileges,
    pub tags: Vec<String>,
    pub grantees: Vec<RoleRef>,
}
