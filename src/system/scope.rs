//! Who asks, and what they see: all that a system relation or function may answer from.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::common::config::ConfigOptions;

use super::activity::Activity;
use super::own::Own;
use super::sizes::Sizes;
use crate::catalog::name::{
    PG_CATALOG, RelationId, RoleId, SchemaId, TEMPORARY_ALIAS, TEMPORARY_SCHEMA, quote_ident,
};
use crate::catalog::relation::Relation;
use crate::catalog::snapshot::Snapshot;
use crate::functions::session::Asked;
use crate::functions::style::Style;

/// Fixed for one statement.
#[derive(Clone, Debug)]
pub struct Scope {
    pub snapshot: Arc<Snapshot>,
    /// `current_user`: whose rights count.
    pub role: RoleId,
    /// `session_user`: who logged in.
    pub session_role: RoleId,
    pub database: Arc<str>,
    /// The `search_path` setting's schemas as written, `"$user"` not yet replaced.
    pub search_path: Arc<[String]>,
    /// Every setting with its value in this session, as SHOW prints it.
    pub settings: Arc<BTreeMap<String, String>>,
    pub origins: Origins,
    pub backend_pid: i32,
    pub client_address: Option<Arc<str>>,
    pub server_started_at: DateTime<Utc>,
    /// `now()`: when the transaction began.
    pub transaction_started_at: DateTime<Utc>,
    pub time_zone: Arc<str>,
    pub star_expansion: StarExpansion,
    pub surroundings: Surroundings,
}

/// What the server knows beside the catalog, some of it changing by the moment.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// None where no tables are at hand.
    pub sizes: Option<Arc<Sizes>>,
    pub activity: Arc<Activity>,
    /// Where the client called from, and at which address it was answered.
    pub peer: Option<SocketAddr>,
    pub local: Option<SocketAddr>,
    pub own: Arc<Own>,
}

/// Where settings have their values from.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    /// Of those that are not the default.
    pub sources: Arc<BTreeMap<String, Source>>,
    /// What RESET goes back to.
    pub initial: Arc<BTreeMap<String, String>>,
}

/// Who gave a setting its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Config,
    /// ALTER ROLE ALL.
    Global,
    Database,
    Role,
    RoleInDatabase,
    Client,
    Session,
}

impl Source {
    /// As `pg_settings.source` names it.
    pub fn name(self) -> &'static str {
        match self {
            Source::Config => "configuration file",
            Source::Global => "global",
            Source::Database => "database",
            Source::Role => "user",
            Source::RoleInDatabase => "database user",
            Source::Client => "client",
            Source::Session => "session",
        }
    }
}

/// The setting `lake.star_expansion`: what `*` stands for where the role may not read every column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StarExpansion {
    /// All columns, so that the statement is refused, as PostgreSQL does.
    #[default]
    Postgres,
    /// The columns that the role may read; for tools that know no other way to ask.
    Permitted,
}

impl Scope {
    /// What functions answer from, into the options that DataFusion hands them.
    pub fn put_into(&self, options: &mut ConfigOptions) {
        options.execution.time_zone = Some(self.time_zone.to_string());
        let setting = |name: &str| self.settings.get(name).map(String::as_str);
        let style = Style::of(&self.time_zone, setting).unwrap_or_default();
        options.extensions.insert(Asked {
            transaction_started: self.transaction_started_at.timestamp_micros(),
            statement_started: Utc::now().timestamp_micros(),
            style,
        });
    }

    /// The schemas searched for a bare name, in order: pg_catalog first unless the path names it, then
    /// those of the path that exist and that the role may use.
    pub fn path(&self) -> Vec<SchemaId> {
        let mut ids: Vec<SchemaId> =
            self.search_path.iter().filter_map(|name| self.path_entry(name)).collect();
        if !ids.contains(&PG_CATALOG) {
            ids.insert(0, PG_CATALOG);
        }
        // A session's own tables come before all others, unless the path says where.
        if !ids.contains(&TEMPORARY_SCHEMA) && self.snapshot.schema(TEMPORARY_SCHEMA).is_some() {
            ids.insert(0, TEMPORARY_SCHEMA);
        }
        ids
    }

    fn path_entry(&self, name: &str) -> Option<SchemaId> {
        let user;
        let name = match name {
            "$user" => {
                user = self.snapshot.role_name(self.role);
                &user
            }
            name => name,
        };
        let schema = self.snapshot.schema_named(name)?;
        let usage = crate::catalog::acl::Privileges::USAGE;
        let object = crate::catalog::name::Object::Schema(schema.id);
        self.snapshot.holds(self.role, object, usage).then_some(schema.id)
    }

    /// Where new objects without a schema go (`current_schema()`): the first of the path that is there.
    pub fn current_schema(&self) -> Option<SchemaId> {
        self.search_path.iter().find_map(|name| self.path_entry(name))
    }

    /// Whether `pg_temp` stands first on the path, so that what is made without a schema is temporary.
    pub fn creates_temporary(&self) -> bool {
        let mut named = self.search_path.iter();
        let first = named.find(|name| *name == TEMPORARY_ALIAS || self.path_entry(name).is_some());
        first.is_some_and(|name| name == TEMPORARY_ALIAS)
    }

    /// The relation that a bare name means, system relations aside.
    pub fn visible(&self, name: &str) -> Option<&Arc<Relation>> {
        self.path().into_iter().find_map(|schema| self.snapshot.relation_named(schema, name))
    }

    /// Whether a bare use of its name finds this relation.
    pub fn is_visible(&self, id: RelationId) -> bool {
        let relation = self.snapshot.relation(id);
        relation.is_some_and(|r| self.visible(&r.name).is_some_and(|found| found.id == id))
    }

    /// `view v`, or `view s.v` where a bare name would not find it, as messages name a relation.
    pub fn describe_relation(&self, id: RelationId) -> String {
        let Some(relation) = self.snapshot.relation(id) else { return id.to_string() };
        let visible = self.is_visible(id);
        let schema = self.snapshot.schema(relation.schema).filter(|_| !visible);
        let prefix = schema.map(|s| format!("{}.", quote_ident(&s.name))).unwrap_or_default();
        format!("{} {prefix}{}", relation.kind_name(), quote_ident(&relation.name))
    }
}
