//! The session: parse, bind, authorise, run, in that order, for every statement there is.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use arrow::array::{ArrayRef, RecordBatch, StringViewArray};
use arrow::datatypes::{FieldRef, Schema};
use chrono::{DateTime, Utc};
use datafusion::common::ScalarValue;
use futures::{StreamExt, stream};
use tokio_util::sync::CancellationToken;

use super::login::Place;
use super::portals::{Portal, Prepared, Store, types_of};
use super::reading::{self, Reading};
use super::savepoints::Savepoint;
use super::settings::Settings;
use super::trail::{Asking, Trail};
use super::transaction::{Status, Transaction, aborted, needs_block};
use crate::access::judge;
use crate::audit::Recorder;
use crate::audit::record::Client;
use crate::audit::redact::redact;
use crate::catalog::name::RoleId;
use crate::catalog::snapshot::Snapshot;
use crate::catalog::types::SqlType;
use crate::config::Literals;
use crate::engine::reply::{Context, Notice, Received, Reply};
use crate::engine::temporary::{self, Temporary};
use crate::engine::{self, Engine};
use crate::error::{Error, Result, SqlState};
use crate::parser::statement::{CreateTable, Kind, Maintenance, Scope as SetScope, SetValue};
use crate::parser::{self, Statement, ast};
use crate::planner::{self, Plan, at_literal};
use crate::system::activity::Seat;
use crate::system::own::{HeldStatement, Own};
use crate::system::scope::{Scope, Source, Surroundings};
use crate::system::settings::{ROLE, spelling};
use crate::system::sizes::Sizes;

/// One client's state between messages.
pub struct Session {
    pub(super) engine: Arc<Engine>,
    /// Who logged in, and whether as a superuser: that decides SET SESSION AUTHORIZATION for the session's life.
    pub(super) login_role: RoleId,
    pub(super) login_superuser: bool,
    /// What RESET ROLE goes back to: who logged in, or whom a stored setting makes of it.
    pub(super) start_role: RoleId,
    /// `session_user` and `current_user`.
    pub(super) session_role: RoleId,
    pub(super) role: RoleId,
    pub(super) pid: i32,
    pub(super) peer: Option<SocketAddr>,
    pub(super) server_started_at: DateTime<Utc>,
    pub(super) settings: Settings,
    /// Settings and roles as they were when the transaction began, for ROLLBACK.
    pub(super) saved: Option<(Settings, Roles)>,
    pub(super) local_roles: Option<Roles>,
    pub(super) transaction: Transaction,
    pub(super) transaction_started_at: DateTime<Utc>,
    /// Whether the transaction has bound a statement yet; its isolation level is fixed from then on.
    pub(super) asked: bool,
    /// What an implicit transaction has run, to run it again should its commit lose a race.
    pub(super) ran: Vec<(Statement, Vec<ScalarValue>)>,
    pub(super) savepoints: Vec<Savepoint>,
    /// The message holds several statements, which are a block of their own.
    pub(super) together: bool,
    /// What is run lives on after its statement, whose time-out is not its own.
    pub(super) lasting: bool,
    pub(super) store: Store,
    pub(super) notices: VecDeque<Notice>,
    /// What the client has been told of reported settings.
    pub(super) reported: BTreeMap<&'static str, String>,
    pub(super) cancel: CancellationToken,
    pub(super) trail: Trail,
    pub(super) surroundings: Surroundings,
    seat: Seat,
    pub(super) temporary: Arc<Temporary>,
    _place: Place,
}

/// `session_user` and `current_user`.
pub(super) type Roles = (RoleId, RoleId);

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("pid", &self.pid).finish_non_exhaustive()
    }
}

impl Session {
    #[expect(clippy::too_many_arguments, reason = "each is a part that only the server has")]
    pub(super) fn new(
        engine: Arc<Engine>,
        role: RoleId,
        pid: i32,
        peer: Option<SocketAddr>,
        server_started_at: DateTime<Utc>,
        recorder: Recorder,
        place: Place,
        seat: Seat,
    ) -> Session {
        let temporary = Temporary::new(&engine, pid);
        let store = Store::new(engine.config.limits.prepared_statements);
        let (stores, deltas) = (Arc::clone(&engine.stores), Arc::clone(&engine.deltas));
        let surroundings = Surroundings {
            sizes: Some(Arc::new(Sizes { stores, deltas })),
            activity: Arc::clone(seat.activity()),
            peer,
            local: None,
            own: Arc::new(Own::new(
                Arc::clone(&seat.activity().locks),
                Arc::clone(&seat.activity().channels),
            )),
        };
        let login_superuser = engine.catalog.snapshot().is_superuser(role);
        Session {
            engine,
            login_role: role,
            login_superuser,
            start_role: role,
            session_role: role,
            role,
            pid,
            peer,
            server_started_at,
            settings: Settings::default(),
            saved: None,
            local_roles: None,
            transaction: Transaction::Idle,
            transaction_started_at: Utc::now(),
            asked: false,
            ran: Vec::new(),
            savepoints: Vec::new(),
            together: false,
            lasting: false,
            store,
            notices: VecDeque::new(),
            reported: BTreeMap::new(),
            cancel: CancellationToken::new(),
            trail: Trail::new(recorder),
            surroundings,
            seat,
            temporary,
            _place: place,
        }
    }

    /// The settings a session begins with, and RESET goes back to: the server's, then what was stored for it,
    /// then what the client sent when it connected.
    pub(super) fn start_with(&mut self, settings: &BTreeMap<String, String>) -> Result<()> {
        let timeout = self.engine.config.limits.statement_timeout_ms;
        if timeout > 0 {
            self.settings.from_now_on(Source::Config);
            self.settings.set("statement_timeout", &[timeout.to_string()])?;
        }
        let connections = self.engine.config.limits.connections;
        self.settings.tell("max_connections", connections.to_string());
        self.start_with_stored();
        self.settings.from_now_on(Source::Client);
        for (name, value) in settings {
            match name.as_str() {
                ROLE => self.start_as(value)?,
                name => self.settings.set_text(name, value)?,
            }
        }
        self.apply_transaction_defaults();
        self.settings.settle();
        self.start_role = self.role;
        Ok(())
    }

    /// What ALTER ROLE and ALTER DATABASE have left, the more particular after the more general. One that no
    /// longer holds must not lock the role out.
    fn start_with_stored(&mut self) {
        let snapshot = self.snapshot();
        let role = Some(self.role);
        for (role, in_database, source) in [
            (None, false, Source::Global),
            (None, true, Source::Database),
            (role, false, Source::Role),
            (role, true, Source::RoleInDatabase),
        ] {
            self.settings.from_now_on(source);
            let stored = snapshot.stored_settings(role, in_database);
            for (name, value) in stored.iter().flat_map(|stored| &stored.values) {
                let outcome = match name.as_str() {
                    ROLE => self.start_as(value),
                    name => self.settings.set_text(name, value),
                };
                if let Err(e) = outcome {
                    self.notices.push_back(Notice::warning(e.state, e.message.clone()));
                }
            }
        }
    }

    fn start_as(&mut self, role: &str) -> Result<()> {
        self.set_role(SetScope::Session, Some(role).filter(|role| *role != "none")).map(drop)
    }

    // What wire asks between statements.

    pub fn status(&self) -> Status {
        self.transaction.status()
    }

    pub fn pid(&self) -> i32 {
        self.pid
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub fn take_notices(&mut self) -> Vec<Notice> {
        let most = self.settings.get("client_min_messages").unwrap_or_default();
        // Of what is said to clients only warnings are more than a notice.
        let wanted = |notice: &Notice| match most {
            "error" => false,
            "warning" => notice.severity == "WARNING",
            _ => true,
        };
        self.notices.drain(..).filter(wanted).collect()
    }

    /// Reported settings that have changed since the last call; the first call gives all.
    pub fn take_parameter_status(&mut self) -> Vec<(&'static str, String)> {
        let mut now = self.settings.reported();
        let snapshot = self.snapshot();
        let on = |yes: bool| if yes { "on" } else { "off" }.to_owned();
        now.insert("is_superuser", on(snapshot.is_superuser(self.role)));
        now.insert("session_authorization", snapshot.role_name(self.session_role));
        let changed = now
            .iter()
            .filter(|(name, value)| self.reported.get(*name) != Some(value))
            .map(|(name, value)| (*name, value.clone()))
            .collect();
        self.reported = now;
        changed
    }

    /// Where and how the client reached the server.
    pub fn reached(&mut self, local: Option<SocketAddr>, secure: bool) {
        self.surroundings.local = local;
        self.seat.is_secure(secure);
    }

    /// Everything the client asked for is answered.
    pub fn rest(&self) {
        let state = match self.status() {
            Status::Idle => "idle",
            Status::Open => "idle in transaction",
            Status::Failed => "idle in transaction (aborted)",
        };
        self.seat.rests(state, self.settings.get("application_name").unwrap_or_default());
    }

    /// Ends the statement that is running when it is cancelled; a fresh one for each message.
    pub fn arm(&mut self) -> CancellationToken {
        self.cancel = CancellationToken::new();
        self.seat.armed(self.cancel.clone());
        self.cancel.clone()
    }

    pub fn parse(&mut self, sql: &str) -> Result<Vec<Statement>> {
        let parsed = parser::parse(sql);
        self.together = parsed.as_ref().is_ok_and(|statements| statements.len() > 1);
        parsed.inspect_err(|e| self.refused(sql, e))
    }

    /// Writes down a text that did not become a statement to run.
    fn refused(&mut self, sql: &str, error: &Error) {
        if self.trail.is_on() {
            let asking = self.asking();
            self.trail.refused(asking, sql, error);
        }
    }

    fn asking(&self) -> Asking {
        let snapshot = self.snapshot();
        let application = self.settings.get("application_name").unwrap_or_default().to_owned();
        Asking {
            client: Client { address: self.peer, application, pid: self.pid },
            login_role: snapshot.role_name(self.login_role),
            effective_role: snapshot.role_name(self.role),
        }
    }

    // Simple protocol.

    /// Runs one statement of a message. What it writes is committed by [`Session::finish`].
    pub async fn run(&mut self, statement: &Statement) -> Result<Reply> {
        self.execute_statement(statement, Vec::new(), None).await
    }

    // Extended protocol.

    pub fn prepare(&mut self, name: &str, sql: &str, oids: &[u32]) -> Result<()> {
        self.together = false;
        let prepared = self.try_prepare(name, sql, oids);
        prepared.inspect_err(|e| self.refused(sql, e))
    }

    fn try_prepare(&mut self, name: &str, sql: &str, oids: &[u32]) -> Result<()> {
        if name.is_empty() {
            self.store.close_statement("");
        }
        let mut statements = parser::parse(sql)?;
        if statements.len() > 1 {
            return Err(Error::syntax("cannot insert multiple commands into a prepared statement"));
        }
        let types = oids.iter().map(|oid| parameter_type(*oid)).collect::<Result<Vec<_>>>()?;
        let prepared = self.prepared(statements.pop(), &types)?;
        self.hold(name, prepared, false)
    }

    /// Keeps a prepared statement, and shows those that have a name.
    fn hold(&mut self, name: &str, prepared: Prepared, from_sql: bool) -> Result<()> {
        let text = prepared.statement.as_ref().map(|statement| Arc::clone(&statement.source));
        let held = HeldStatement {
            statement: text.unwrap_or_default(),
            parameters: prepared.parameters.iter().map(SqlType::oid).collect(),
            from_sql,
            made_at: Utc::now(),
            plans: Arc::clone(&prepared.plans),
        };
        self.store.put_statement(name, prepared)?;
        if !name.is_empty() {
            self.surroundings.own.hold_statement(name, held);
        }
        Ok(())
    }

    fn prepared(
        &mut self,
        statement: Option<Statement>,
        types: &[Option<SqlType>],
    ) -> Result<Prepared> {
        let Some(statement) = statement else {
            let (parameters, plans) = (Vec::new(), Arc::default());
            return Ok(Prepared { statement: None, parameters, fields: None, plans });
        };
        let ends = statement.kind.leaves_failed_transaction();
        if self.status() == Status::Failed && !ends {
            return Err(aborted());
        }
        let (parameters, fields) = match own_fields(&statement.kind) {
            Some(fields) => (Vec::new(), fields),
            None => match &statement.kind {
                Kind::Execute { name, .. } => {
                    (Vec::new(), self.store.statement(name)?.fields.clone())
                }
                Kind::Fetch(fetch) => (Vec::new(), self.fetched_fields(fetch)),
                Kind::Declare(declare) => {
                    let plan = planner::bind(&declare.statement, &self.scope(), types)?;
                    (plan.parameters().to_vec(), None)
                }
                _ => {
                    let plan = planner::bind(&statement, &self.scope(), types)?;
                    (plan.parameters().to_vec(), plan.fields())
                }
            },
        };
        Ok(Prepared { statement: Some(statement), parameters, fields, plans: Arc::default() })
    }

    pub fn parameter_types(&self, statement: &str) -> Result<Vec<SqlType>> {
        Ok(self.store.statement(statement)?.parameters.clone())
    }

    pub fn describe_statement(&self, name: &str) -> Result<(Vec<SqlType>, Option<Vec<FieldRef>>)> {
        let prepared = self.store.statement(name)?;
        Ok((prepared.parameters.clone(), prepared.fields.clone()))
    }

    pub fn bind(
        &mut self,
        portal: &str,
        statement: &str,
        values: Vec<ScalarValue>,
        formats: Vec<i16>,
    ) -> Result<()> {
        let prepared = self.store.statement(statement)?.clone();
        prepared.plans.fetch_add(1, Ordering::Relaxed);
        let kind = prepared.statement.as_ref().map(|s| &s.kind);
        let ends = kind.is_none_or(Kind::leaves_failed_transaction);
        if self.status() == Status::Failed && !ends {
            return Err(aborted());
        }
        if portal.is_empty() {
            self.store.close_portal("");
        }
        self.store.put_portal(portal, Portal::new(prepared, values, formats))
    }

    /// Columns and their formats, if the portal returns rows.
    pub fn describe_portal(&mut self, name: &str) -> Result<Option<(Vec<FieldRef>, Vec<i16>)>> {
        let portal = self.store.portal(name)?;
        Ok(portal.prepared.fields.clone().map(|fields| (fields, portal.formats.clone())))
    }

    /// The formats in which a portal's columns are wanted.
    pub fn portal_formats(&mut self, name: &str) -> Result<Vec<i16>> {
        Ok(self.store.portal(name)?.formats.clone())
    }

    /// Runs a portal, or goes on where it was left. `limited` says that not all of it may be wanted now.
    pub async fn execute(&mut self, name: &str, limited: bool) -> Result<Reply> {
        let portal = self.store.portal(name)?;
        let fields = portal.prepared.fields.clone();
        let tag = portal.tag;
        if let Some(reading) = portal.reading.clone() {
            let rows = reading::ahead(reading, None, self.patience());
            return Ok(Reply::Rows { fields: fields.unwrap_or_default(), rows, tag });
        }
        // A statement must not run twice.
        if portal.finished {
            return Err(Error::new(
                SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
                format!("portal \"{name}\" cannot be run"),
            ));
        }
        portal.finished = true;
        let Some(statement) = portal.prepared.statement.clone() else { return Ok(Reply::Empty) };
        let values = portal.values.clone();
        let types = types_of(&portal.prepared, &values);
        self.lasting = limited;
        let reply = self.execute_statement(&statement, values, Some(&types)).await;
        self.lasting = false;
        match (reply?, &fields) {
            (Reply::Rows { fields: now, .. }, Some(then)) if !same_shape(&now, then) => {
                Err(Error::new(
                    SqlState::FEATURE_NOT_SUPPORTED,
                    "cached plan must not change result type",
                ))
            }
            (Reply::Rows { fields, rows, tag }, _) => {
                let reading = Reading::new(rows, false);
                let rows = reading::ahead(Arc::clone(&reading), None, self.patience());
                let portal = self.store.portal(name)?;
                (portal.reading, portal.tag) = (Some(reading), tag);
                Ok(Reply::Rows { fields, rows, tag })
            }
            (reply, _) => Ok(reply),
        }
    }

    /// The client has sent the rows of a COPY FROM, or something came between: stages them, and gives the tag.
    pub async fn received(&mut self, outcome: Result<Received>) -> Result<String> {
        // A client's rows cannot be asked for again.
        self.ran.clear();
        let staged = self.transaction.staged();
        let outcome = outcome.and_then(|received| {
            let staged = staged.ok_or_else(|| Error::internal("no transaction"))?;
            let tag = format!("COPY {}", received.rows());
            received.stage(staged);
            Ok(Reply::done(tag))
        });
        let implicit = matches!(self.transaction, Transaction::Implicit(_));
        match self.trail.answered(outcome, implicit).await? {
            Reply::Done { tag } => Ok(tag),
            _ => Err(Error::internal("a copy gave another reply")),
        }
    }

    /// Takes back rows that were read beyond a limit. Whoever read them must have let go of the rest.
    pub fn suspend(&mut self, name: &str, rest: RecordBatch) -> Result<()> {
        let reading = self.store.portal(name)?.reading.clone();
        let reading = reading.ok_or_else(|| Error::internal("a portal without rows is left"))?;
        let mut reading =
            reading.try_lock().map_err(|_| Error::internal("a portal is being read"))?;
        reading.put_back(rest);
        Ok(())
    }

    pub fn close_statement(&mut self, name: &str) {
        self.store.close_statement(name);
        self.surroundings.own.drop_statement(Some(name));
    }

    pub fn close_portal(&mut self, name: &str) {
        self.store.close_portal(name);
    }

    // The one path.

    /// Carries a statement out and writes down what came of it.
    async fn execute_statement(
        &mut self,
        statement: &Statement,
        values: Vec<ScalarValue>,
        types: Option<&[Option<SqlType>]>,
    ) -> Result<Reply> {
        let application = self.settings.get("application_name").unwrap_or_default();
        let text = redact(&statement.text, Literals::Keep);
        self.seat.asks(&text, application, self.transaction_started_at);
        if !self.trail.is_on() {
            return self.carry_out(statement, values, types).await;
        }
        let asking = self.asking();
        self.trail.begin(asking, &statement.text, statement.kind.name(), &values);
        let timeout = self.settings.statement_timeout_ms();
        let outcome = match self.trail.room(&self.cancel, timeout).await {
            Ok(()) => self.carry_out(statement, values, types).await,
            Err(e) => Err(e),
        };
        let implicit = matches!(self.transaction, Transaction::Implicit(_));
        self.trail.answered(outcome, implicit).await
    }

    async fn carry_out(
        &mut self,
        statement: &Statement,
        values: Vec<ScalarValue>,
        types: Option<&[Option<SqlType>]>,
    ) -> Result<Reply> {
        self.take_on_wishes()?;
        if self.status() == Status::Failed && !statement.kind.leaves_failed_transaction() {
            return Err(aborted());
        }
        if let Kind::Execute { name, arguments } = &statement.kind {
            return Box::pin(self.execute_prepared(name, arguments)).await;
        }
        if let Kind::CreateTable(create) = &statement.kind
            && let Some((name, arguments)) = &create.execute
        {
            let (statement, values, types) =
                Box::pin(self.create_of_prepared(statement, create, name, arguments)).await?;
            return Box::pin(self.carry_out(&statement, values, Some(&types))).await;
        }
        if let Some(reply) = self.own(statement).await? {
            return Ok(reply);
        }
        let types: Vec<Option<SqlType>> = types.map(<[_]>::to_vec).unwrap_or_default();
        if let Kind::Declare(declare) = &statement.kind {
            return Box::pin(self.declare(declare, statement, values, &types)).await;
        }
        if let Kind::Maintain(maintain) = &statement.kind
            && maintain.what == Maintenance::Vacuum
            && (matches!(self.transaction, Transaction::Open(_)) || self.together)
        {
            return Err(Error::new(
                SqlState::ACTIVE_TRANSACTION,
                "VACUUM cannot run inside a transaction block",
            ));
        }
        if matches!(statement.kind, Kind::Lock(_))
            && !matches!(self.transaction, Transaction::Open(_))
            && !self.together
        {
            return Err(needs_block("LOCK TABLE"));
        }
        self.ensure_transaction().await;
        if matches!(self.transaction, Transaction::Implicit(_)) {
            self.ran.push((statement.clone(), values.clone()));
        }
        self.bind_and_run(statement, values, &types).await
    }

    /// A transaction that has asked nothing yet moves to the newest snapshot when a table turns out to be newer.
    pub(super) async fn bind_and_run(
        &mut self,
        statement: &Statement,
        values: Vec<ScalarValue>,
        types: &[Option<SqlType>],
    ) -> Result<Reply> {
        const MOVES_MAX: usize = 5;
        let first = !std::mem::replace(&mut self.asked, true);
        for moves in 0..MOVES_MAX {
            if let Some(staged) = self.transaction.staged() {
                staged.movable = first && moves + 1 < MOVES_MAX;
            }
            match self.try_bind_and_run(statement, values.clone(), types).await {
                Err(e) if e.state == SqlState::SNAPSHOT_TOO_OLD => self.move_on().await?,
                outcome => return outcome,
            }
        }
        Err(Error::snapshot_too_old())
    }

    async fn try_bind_and_run(
        &mut self,
        statement: &Statement,
        values: Vec<ScalarValue>,
        types: &[Option<SqlType>],
    ) -> Result<Reply> {
        let scope = self.scope();
        let plan = planner::bind(statement, &scope, types)?;
        if plan.parameters().len() > values.len() {
            return Err(Error::new(
                SqlState::UNDEFINED_PARAMETER,
                format!("there is no parameter ${}", values.len() + 1),
            ));
        }
        self.refuse_read_only(&plan, statement)?;
        let judged = judge(plan, &scope);
        self.trail.touched(judged.touched, &scope.snapshot);
        let plan = judged.verdict?;
        self.trail.applied(plan.applied());
        let timeout = self.settings.statement_timeout_ms();
        let limited = timeout > 0 && !self.lasting;
        let deadline = limited.then(|| Instant::now() + Duration::from_millis(timeout));
        let cancel = self.cancel.clone();
        let meter = self.trail.meter();
        let context = Context { scope, parameters: values, cancel, deadline, meter };
        let staged = self.transaction.staged();
        let staged = staged.ok_or_else(|| Error::internal("no transaction"))?;
        let mut notices = Vec::new();
        let reply = Box::pin(engine::run(&self.engine, plan, &context, staged, &mut notices)).await;
        self.notices.extend(notices);
        let source = Arc::clone(&statement.source);
        match reply.map_err(|e| at_literal(e, &source))? {
            Reply::Rows { fields, rows, tag } => {
                let rows = rows.map(move |batch| batch.map_err(|e| at_literal(e, &source)));
                Ok(Reply::Rows { fields, rows: rows.boxed(), tag })
            }
            other => Ok(other),
        }
    }

    fn refuse_read_only(&self, plan: &Plan, statement: &Statement) -> Result<()> {
        let reads = match plan {
            Plan::Query(_)
            | Plan::CopyOut(_)
            | Plan::Lock(_)
            | Plan::Explain { analyze: false, .. } => true,
            Plan::Explain { plan, .. } => matches!(**plan, Plan::Query(_)),
            // Rows that only this session sees are not what a READ ONLY transaction keeps as it is.
            Plan::Insert(insert) => insert.relation.is_temporary(),
            Plan::CopyIn(copy) => copy.insert.relation.is_temporary(),
            _ => false,
        };
        if !reads {
            self.engine.catalog.check_writable()?;
        }
        if reads || !self.settings.is_on("transaction_read_only") {
            return Ok(());
        }
        let name = match &statement.kind {
            Kind::Explain { statement, .. } => statement.name(),
            Kind::Copy(_) => "COPY FROM",
            kind => kind.name(),
        };
        Err(Error::new(
            SqlState::READ_ONLY_TRANSACTION,
            format!("cannot execute {name} in a read-only transaction"),
        ))
    }

    pub(super) fn snapshot(&self) -> Arc<Snapshot> {
        match &self.transaction {
            Transaction::Implicit(staged) | Transaction::Open(staged) => {
                Arc::clone(staged.snapshot())
            }
            Transaction::Idle | Transaction::Failed(_) => {
                self.temporary.over(&self.engine.catalog.snapshot())
            }
        }
    }

    pub(super) fn scope(&self) -> Arc<Scope> {
        self.show_cursors();
        self.surroundings.own.sees(self.transaction.view());
        Arc::new(Scope {
            snapshot: self.snapshot(),
            role: self.role,
            session_role: self.session_role,
            database: Arc::from(self.engine.config.server.database.as_str()),
            search_path: self.settings.search_path(),
            settings: self.settings.all(),
            origins: self.settings.origins(),
            backend_pid: self.pid,
            client_address: self.peer.map(|peer| Arc::from(peer.ip().to_string().as_str())),
            server_started_at: self.server_started_at,
            transaction_started_at: self.transaction_started_at,
            time_zone: Arc::from(self.settings.time_zone().as_str()),
            star_expansion: self.settings.star_expansion(),
            surroundings: self.surroundings.clone(),
        })
    }

    pub(super) fn by(&self) -> String {
        self.snapshot().role_name(self.role)
    }

    // What a session holds itself.

    async fn own(&mut self, statement: &Statement) -> Result<Option<Reply>> {
        Ok(Some(match &statement.kind {
            Kind::Begin { modes, tag } => self.begin(modes, tag)?,
            Kind::Commit { chain } => self.commit(*chain).await?,
            Kind::Rollback { chain } => self.roll_back(*chain).await?,
            Kind::Savepoint { name } => self.savepoint(name)?,
            Kind::Release { name } => self.release(name)?,
            Kind::RollbackTo { name } => self.roll_back_to(name).await?,
            Kind::PrepareTransaction => self.prepare_transaction().await?,
            Kind::EndPrepared { tag, id } => self.end_prepared(tag, id)?,
            Kind::SetSnapshot { id } => self.set_snapshot(id)?,
            Kind::Set { scope, name, value } => self.set(*scope, name, value)?,
            Kind::SetRole { scope, role } => self.set_role(*scope, role.as_deref())?,
            Kind::SetSessionAuthorization { scope, role } => {
                self.set_session_authorization(*scope, role.as_deref())?
            }
            Kind::SetTransaction { modes, session } => self.set_transaction(modes, *session)?,
            Kind::Reset { name } => self.reset(name.as_deref())?,
            Kind::Show { name } => self.show(name)?,
            Kind::Prepare { name, types, statement } => self.sql_prepare(name, types, statement)?,
            Kind::Deallocate { name } => self.deallocate(name.as_deref())?,
            Kind::Fetch(fetch) => Box::pin(self.fetch(fetch)).await?,
            Kind::Listen { channel } => self.listen(channel).await?,
            Kind::Unlisten { channel } => self.unlisten(channel.as_deref()).await?,
            Kind::Notify { channel, payload } => self.notify(channel, payload).await?,
            Kind::Close { cursor } => self.close(cursor.as_deref())?,
            Kind::DiscardAll => self.discard_all().await?,
            Kind::DiscardTemp => self.discard_temporary().await?,
            Kind::DiscardPart { tag } => Reply::done(*tag),
            _ => return Ok(None),
        }))
    }

    pub(super) fn set(&mut self, scope: SetScope, name: &str, value: &SetValue) -> Result<Reply> {
        if let Some(outcome) = self.set_mode(name, value) {
            return outcome;
        }
        if scope == SetScope::Local {
            if !self.in_block() {
                self.no_block_for_local();
                return Ok(Reply::done("SET"));
            }
            let values = match value {
                SetValue::Default => None,
                SetValue::Values(values) => Some(values.as_slice()),
            };
            self.settings.set_local(name, values)?;
            return Ok(Reply::done("SET"));
        }
        match value {
            SetValue::Default => self.settings.reset(name)?,
            SetValue::Values(values) => self.settings.set(name, values)?,
        }
        self.settle_modes();
        Ok(Reply::done("SET"))
    }

    pub(super) fn set_role(&mut self, scope: SetScope, role: Option<&str>) -> Result<Reply> {
        let to = match role {
            None => self.session_role,
            Some(name) => {
                let snapshot = self.snapshot();
                let to = snapshot.role_named(name).ok_or_else(|| {
                    Error::invalid_parameter(format!("role \"{name}\" does not exist"))
                })?;
                if !snapshot.is_member(self.session_role, to.id) {
                    return Err(Error::not_allowed(format!(
                        "permission denied to set role \"{name}\""
                    )));
                }
                to.id
            }
        };
        self.take_on(scope, (self.session_role, to));
        Ok(Reply::done("SET"))
    }

    /// Who logged in as a superuser may be anybody, also after becoming somebody else; SET ROLE then asks
    /// what that somebody may.
    fn set_session_authorization(&mut self, scope: SetScope, role: Option<&str>) -> Result<Reply> {
        let to = match role {
            None => self.login_role,
            Some(name) => {
                let snapshot = self.snapshot();
                let found = snapshot.role_named(name);
                found.map(|r| r.id).ok_or_else(|| {
                    Error::invalid_parameter(format!("role \"{name}\" does not exist"))
                })?
            }
        };
        if to != self.login_role && !self.login_superuser {
            let name = self.snapshot().role_name(to);
            return Err(Error::not_allowed(format!(
                "permission denied to set session authorization \"{name}\""
            )));
        }
        self.take_on(scope, (to, to));
        Ok(Reply::done("SET"))
    }

    fn take_on(&mut self, scope: SetScope, roles: Roles) {
        if scope == SetScope::Local {
            if !self.in_block() {
                self.no_block_for_local();
                return;
            }
            self.local_roles.get_or_insert((self.session_role, self.role));
        }
        (self.session_role, self.role) = roles;
    }

    fn no_block_for_local(&mut self) {
        let state = SqlState::NO_ACTIVE_TRANSACTION;
        let text = "SET LOCAL can only be used in transaction blocks";
        self.notices.push_back(Notice::warning(state, text));
    }

    fn reset(&mut self, name: Option<&str>) -> Result<Reply> {
        match name {
            // RESET ALL leaves these two alone.
            Some(ROLE) if self.session_role == self.login_role => self.role = self.start_role,
            Some(ROLE) => self.role = self.session_role,
            Some("session_authorization") => {
                (self.session_role, self.role) = (self.login_role, self.login_role);
            }
            Some(name) => self.settings.reset(name)?,
            None => self.settings.reset_all(),
        }
        self.settle_modes();
        Ok(Reply::done("RESET"))
    }

    fn show(&self, name: &str) -> Result<Reply> {
        let (fields, columns): (Vec<FieldRef>, Vec<Vec<String>>) = match name {
            "all" => {
                let mut columns = vec![Vec::new(), Vec::new(), Vec::new()];
                for (name, value, about) in self.settings.described() {
                    columns[0].push(name.to_owned());
                    columns[1].push(value.to_owned());
                    columns[2].push(about.to_owned());
                }
                (show_all_fields(), columns)
            }
            _ => {
                let snapshot = self.snapshot();
                let value = match name {
                    "role" if self.role == self.session_role => "none".to_owned(),
                    "role" => snapshot.role_name(self.role),
                    "session_authorization" => snapshot.role_name(self.session_role),
                    "is_superuser" => {
                        if snapshot.is_superuser(self.role) { "on" } else { "off" }.to_owned()
                    }
                    name => self.settings.get(name)?.to_owned(),
                };
                (show_fields(name), vec![vec![value]])
            }
        };
        let arrays =
            columns.into_iter().map(|c| Arc::new(StringViewArray::from(c)) as ArrayRef).collect();
        let schema = Arc::new(Schema::new(fields.clone()));
        let batch =
            RecordBatch::try_new(schema, arrays).map_err(|e| Error::internal("SHOW").because(e))?;
        Ok(Reply::Rows { fields, rows: stream::iter([Ok(batch)]).boxed(), tag: "SHOW" })
    }

    fn sql_prepare(
        &mut self,
        name: &str,
        types: &[ast::DataType],
        statement: &Statement,
    ) -> Result<Reply> {
        let types = types
            .iter()
            .map(|t| planner::dialect::sql_type(t).map(Some))
            .collect::<Result<Vec<_>>>()?;
        let prepared = self.prepared(Some(statement.clone()), &types)?;
        self.hold(name, prepared, true)?;
        Ok(Reply::done("PREPARE"))
    }

    /// CREATE TABLE … AS EXECUTE is CREATE TABLE … AS the query that was prepared.
    async fn create_of_prepared(
        &mut self,
        statement: &Statement,
        create: &CreateTable,
        name: &str,
        arguments: &[ast::Expr],
    ) -> Result<(Statement, Vec<ScalarValue>, Vec<Option<SqlType>>)> {
        let (prepared, values) = self.prepared_call(name, arguments).await?;
        let Some(Kind::Query(query)) = prepared.statement.as_ref().map(|s| &s.kind) else {
            return Err(Error::new(
                SqlState::WRONG_OBJECT_TYPE,
                "prepared statement is not a SELECT",
            ));
        };
        let create = CreateTable { execute: None, query: Some(query.clone()), ..create.clone() };
        let source = prepared.statement.as_ref().map_or(&statement.source, |s| &s.source);
        let source = Arc::clone(source);
        let types = types_of(&prepared, &values);
        let kind = Kind::CreateTable(create);
        Ok((Statement { kind, source, ..statement.clone() }, values, types))
    }

    /// EXECUTE: its arguments are a query of their own, in the types that the statement wants.
    async fn execute_prepared(&mut self, name: &str, arguments: &[ast::Expr]) -> Result<Reply> {
        let (prepared, values) = self.prepared_call(name, arguments).await?;
        let types = types_of(&prepared, &values);
        let Some(statement) = prepared.statement else { return Ok(Reply::Empty) };
        self.trail.stands_for(&statement.text);
        self.carry_out(&statement, values, Some(&types)).await
    }

    /// A prepared statement with values for its parameters.
    async fn prepared_call(
        &mut self,
        name: &str,
        arguments: &[ast::Expr],
    ) -> Result<(Prepared, Vec<ScalarValue>)> {
        let prepared = self.store.statement(name)?.clone();
        if arguments.len() != prepared.parameters.len() {
            return Err(Error::syntax(format!(
                "wrong number of parameters for prepared statement \"{name}\""
            ))
            .detail(format!(
                "Expected {} parameters but got {}.",
                prepared.parameters.len(),
                arguments.len()
            )));
        }
        let values = self.evaluate(arguments, &prepared.parameters).await?;
        prepared.plans.fetch_add(1, Ordering::Relaxed);
        Ok((prepared, values))
    }

    async fn evaluate(
        &mut self,
        arguments: &[ast::Expr],
        types: &[SqlType],
    ) -> Result<Vec<ScalarValue>> {
        if arguments.is_empty() {
            return Ok(Vec::new());
        }
        let list: Vec<String> = arguments
            .iter()
            .zip(types)
            .enumerate()
            .map(|(i, (argument, sql_type))| format!("({argument})::{sql_type} AS a{i}"))
            .collect();
        let text = format!("SELECT {}", list.join(", "));
        let statement =
            parser::parse(&text)?.pop().ok_or_else(|| Error::internal("no arguments"))?;
        let reply = self.carry_out(&statement, Vec::new(), None).await?;
        self.ran.clear();
        let Reply::Rows { mut rows, .. } = reply else {
            return Err(Error::internal("arguments gave no row"));
        };
        while let Some(batch) = rows.next().await {
            let batch = batch?;
            if batch.num_rows() > 0 {
                return batch
                    .columns()
                    .iter()
                    .map(|column| {
                        ScalarValue::try_from_array(column, 0)
                            .map_err(planner::failure::from_datafusion)
                    })
                    .collect();
            }
        }
        Err(Error::internal("arguments gave no row"))
    }

    fn deallocate(&mut self, name: Option<&str>) -> Result<Reply> {
        match name {
            Some(name) => {
                self.store.statement(name)?;
                self.store.close_statement(name);
                self.surroundings.own.drop_statement(Some(name));
                Ok(Reply::done("DEALLOCATE"))
            }
            None => {
                self.store.close_statements();
                self.surroundings.own.drop_statement(None);
                Ok(Reply::done("DEALLOCATE ALL"))
            }
        }
    }

    async fn discard_temporary(&mut self) -> Result<Reply> {
        self.ensure_transaction().await;
        let staged = self.transaction.staged();
        let staged = staged.ok_or_else(|| Error::internal("no transaction"))?;
        let changes = temporary::discard_all(staged.snapshot());
        staged.change(changes)?;
        Ok(Reply::done("DISCARD TEMP"))
    }

    async fn discard_all(&mut self) -> Result<Reply> {
        if self.in_block() {
            return Err(Error::new(
                SqlState::ACTIVE_TRANSACTION,
                "DISCARD ALL cannot run inside a transaction block",
            ));
        }
        self.store.close_all_portals();
        self.store.close_statements();
        self.surroundings.own.drop_statement(None);
        self.settings.reset_all();
        self.surroundings.own.locks.release_session(self.pid);
        self.surroundings.own.channels.leave(self.pid);
        self.temporary.clear(&self.engine).await;
        (self.session_role, self.role) = (self.login_role, self.start_role);
        Ok(Reply::done("DISCARD ALL"))
    }
}

fn show_fields(name: &str) -> Vec<FieldRef> {
    vec![SqlType::Text.field(spelling(name), true)]
}

fn show_all_fields() -> Vec<FieldRef> {
    ["name", "setting", "description"].map(|n| SqlType::Text.field(n, true)).to_vec()
}

/// Columns of statements that never reach the planner; None for those that do.
fn own_fields(kind: &Kind) -> Option<Option<Vec<FieldRef>>> {
    match kind {
        Kind::Show { name } if name == "all" => Some(Some(show_all_fields())),
        Kind::Show { name } => Some(Some(show_fields(name))),
        Kind::Begin { .. }
        | Kind::Commit { .. }
        | Kind::Rollback { .. }
        | Kind::Savepoint { .. }
        | Kind::Release { .. }
        | Kind::RollbackTo { .. }
        | Kind::PrepareTransaction
        | Kind::EndPrepared { .. }
        | Kind::SetSnapshot { .. }
        | Kind::Set { .. }
        | Kind::SetRole { .. }
        | Kind::SetSessionAuthorization { .. }
        | Kind::SetTransaction { .. }
        | Kind::Reset { .. }
        | Kind::Prepare { .. }
        | Kind::Deallocate { .. }
        | Kind::Close { .. }
        | Kind::Listen { .. }
        | Kind::Unlisten { .. }
        | Kind::Notify { .. }
        | Kind::DiscardAll
        | Kind::DiscardTemp
        | Kind::DiscardPart { .. } => Some(None),
        _ => None,
    }
}

/// 0 and `unknown` leave a type to inference.
fn parameter_type(oid: u32) -> Result<Option<SqlType>> {
    const UNKNOWN: u32 = 705;
    if oid == 0 || oid == UNKNOWN {
        return Ok(None);
    }
    let found = SqlType::from_oid(oid);
    found
        .map(Some)
        .ok_or_else(|| Error::unsupported(format!("a parameter of the type with OID {oid}")))
}

fn same_shape(a: &[FieldRef], b: &[FieldRef]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| SqlType::of(a).oid() == SqlType::of(b).oid())
}
