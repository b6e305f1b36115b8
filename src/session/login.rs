//! May this role enter? Login rules, verifiers, limits, the database's name; gives a session.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Instant;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::execute::Session;
use super::rules::{Caller, first_match};
use super::throttle::Throttle;
use crate::audit::Recorder;
use crate::audit::record::{Client, Event, Kind};
use crate::catalog::acl::Privileges;
use crate::catalog::name::{Object, RoleId};
use crate::catalog::verifier::{ITERATIONS, Verifier};
use crate::config::login::{Method, Rule};
use crate::engine::Engine;
use crate::error::{Error, Result, SqlState};
use crate::system::activity::Activity;

/// Clients that know no other name ask for this one.
const MAINTENANCE_DATABASE: &str = "postgres";

/// Where sessions come from. One for the server.
pub struct Gate {
    engine: Arc<Engine>,
    started_at: DateTime<Utc>,
    next_pid: AtomicI32,
    /// How many sessions each role has.
    sessions: Arc<Mutex<HashMap<RoleId, i32>>>,
    /// Slows down addresses whose logins fail.
    pub throttle: Throttle,
    /// Makes the salt of a role that does not exist the same at every try.
    mock: [u8; 32],
    recorder: Recorder,
    activity: Arc<Activity>,
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").finish_non_exhaustive()
    }
}

/// What a client says before it is known.
#[derive(Clone, Debug)]
pub struct Greeting {
    pub role: String,
    pub database: Option<String>,
    /// Settings from the start-up message, names in lower case.
    pub settings: BTreeMap<String, String>,
    pub peer: Option<SocketAddr>,
}

/// Somebody who wants to enter, as the audit log knows them.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// As the client names it; there may be no such role.
    pub role: String,
    pub application: String,
    pub peer: Option<SocketAddr>,
    pub began: Instant,
}

/// Gives its place back when the session ends.
#[derive(Debug)]
pub(super) struct Place {
    role: RoleId,
    sessions: Arc<Mutex<HashMap<RoleId, i32>>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(count) = self.sessions.lock().get_mut(&self.role) {
            *count -= 1;
        }
    }
}

impl Gate {
    pub fn new(engine: Arc<Engine>, recorder: Recorder) -> Gate {
        let throttle = Throttle::new(&engine.config.login);
        Gate {
            engine,
            throttle,
            started_at: Utc::now(),
            next_pid: AtomicI32::new(1),
            sessions: Arc::default(),
            mock: rand::random(),
            recorder,
            activity: Arc::default(),
        }
    }

    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Writes down how a login ended. Waits while the audit log has no room, and with `audit.synchronous` until the
    /// event is safe: nobody gets in unseen.
    pub async fn record(&self, attempt: &Attempt, pid: i32, refused: Option<&Error>) -> Result<()> {
        if !self.recorder.is_on() {
            return Ok(());
        }
        self.recorder.room().await?;
        let client =
            Client { address: attempt.peer, application: attempt.application.clone(), pid };
        let mut event = Event {
            at: Utc::now(),
            kind: Kind::Login,
            client,
            login_role: attempt.role.clone(),
            effective_role: attempt.role.clone(),
            command: "LOGIN".to_owned(),
            duration: attempt.began.elapsed(),
            ..Event::default()
        };
        if let Some(error) = refused {
            event.fail(error);
        }
        match self.recorder.push(event) {
            Some(receipt) => receipt.committed().await,
            None => Ok(()),
        }
    }

    /// The next process number that a client is told.
    pub fn next_pid(&self) -> i32 {
        self.next_pid.fetch_add(1, Ordering::Relaxed) & i32::MAX
    }

    /// The rule that says how this caller must prove who it is. None that matches, and one that rejects, are errors.
    pub fn rule(&self, caller: &Caller<'_>) -> Result<&Rule> {
        let snapshot = self.engine.catalog.snapshot();
        let role = snapshot.role_named(caller.role).map(|role| role.id);
        // As in PostgreSQL a superuser is a member only of the roles it was made one of.
        let groups = role.map(|role| snapshot.roles_of(role, false)).unwrap_or_default();
        let is_member =
            |group: &str| snapshot.role_named(group).is_some_and(|g| groups.contains(&g.id));
        // A rule about one name of the database must not be got round by the other.
        let is_database = |name: &str| {
            name == caller.database || (self.is_ours(name) && self.is_ours(caller.database))
        };
        let rules = &self.engine.config.login.rules;
        match first_match(rules, caller, is_member, is_database) {
            Some(rule) if rule.method != Method::Reject => Ok(rule),
            rejecting => Err(unwelcome(caller, rejecting.is_some())),
        }
    }

    /// Whether a certificate with this common name proves the role, by itself or through the rule's map.
    pub fn certifies(&self, rule: &Rule, common_name: &str, role: &str) -> bool {
        match &rule.name_map {
            Some(map) => self.engine.config.login.maps(map, common_name, role),
            None => common_name == role,
        }
    }

    fn is_ours(&self, database: &str) -> bool {
        database == self.engine.config.server.database || database == MAINTENANCE_DATABASE
    }

    /// The verifier to check a password against, and whether any password may pass. A role that does not exist, or
    /// has no password or one that is no longer valid, gets one that nobody knows the password of: from outside
    /// they look alike.
    pub fn verifier(&self, role: &str) -> (Verifier, bool) {
        let snapshot = self.engine.catalog.snapshot();
        let now = Utc::now().timestamp_micros();
        let found = snapshot
            .role_named(role)
            .filter(|r| r.valid_until.is_none_or(|until| until > now))
            .and_then(|r| r.verifier.as_deref())
            .and_then(Verifier::parse);
        match found {
            Some(verifier) => (verifier, true),
            None => (self.mock_verifier(role), false),
        }
    }

    fn mock_verifier(&self, role: &str) -> Verifier {
        let mut seed = self.mock.to_vec();
        seed.extend(role.as_bytes());
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &seed);
        Verifier {
            iterations: ITERATIONS,
            salt: digest.as_ref()[..16].to_vec(),
            stored_key: rand::random::<[u8; 32]>().to_vec(),
            server_key: rand::random::<[u8; 32]>().to_vec(),
        }
    }

    /// A session for a client who has proven who it is.
    pub fn enter(
        &self,
        greeting: &Greeting,
        pid: i32,
        terminate: CancellationToken,
    ) -> Result<Session> {
        let snapshot = self.engine.catalog.snapshot();
        let name = &greeting.role;
        let role = snapshot.role_named(name).ok_or_else(|| {
            let message = format!("role \"{name}\" does not exist");
            Error::new(SqlState::INVALID_AUTHORIZATION, message)
        })?;
        if !role.login {
            return Err(Error::new(
                SqlState::INVALID_AUTHORIZATION,
                format!("role \"{name}\" is not permitted to log in"),
            ));
        }
        let asked = greeting.database.as_deref().unwrap_or(name);
        if !self.is_ours(asked) {
            let ours = &self.engine.config.server.database;
            return Err(Error::new(
                SqlState::INVALID_CATALOG_NAME,
                format!("database \"{asked}\" does not exist"),
            )
            .hint(format!("The lake's database is \"{ours}\".")));
        }
        if !snapshot.holds(role.id, Object::Database, Privileges::CONNECT) {
            return Err(Error::denied("database", format!("\"{asked}\""))
                .detail("User does not have CONNECT privilege."));
        }
        let place = self.place(role.id, role.connection_limit, role.superuser, name)?;
        let seat = self.activity.enter(pid, role.id, greeting.peer, terminate);
        let mut session = Session::new(
            Arc::clone(&self.engine),
            role.id,
            pid,
            greeting.peer,
            self.started_at,
            self.recorder.clone(),
            place,
            seat,
        );
        session.start_with(&greeting.settings)?;
        Ok(session)
    }

    fn place(&self, role: RoleId, limit: i32, superuser: bool, name: &str) -> Result<Place> {
        let mut sessions = self.sessions.lock();
        let count = sessions.entry(role).or_default();
        if limit >= 0 && *count >= limit && !superuser {
            return Err(Error::new(
                SqlState::TOO_MANY_CONNECTIONS,
                format!("too many connections for role \"{name}\""),
            ));
        }
        *count += 1;
        Ok(Place { role, sessions: Arc::clone(&self.sessions) })
    }
}

/// The same words whatever was wrong, so that nobody learns which roles exist.
pub fn failed(method: Method, role: &str) -> Error {
    let (state, what) = match method {
        Method::Scram => (SqlState::INVALID_PASSWORD, "password"),
        Method::Certificate => (SqlState::INVALID_AUTHORIZATION, "certificate"),
        Method::Trust => (SqlState::INVALID_AUTHORIZATION, "\"trust\""),
        Method::Reject => (SqlState::INVALID_AUTHORIZATION, "\"reject\""),
    };
    Error::new(state, format!("{what} authentication failed for user \"{role}\""))
}

fn unwelcome(caller: &Caller<'_>, rejected: bool) -> Error {
    let what = if rejected { "pg_hba.conf rejects connection" } else { "no pg_hba.conf entry" };
    let encryption = if caller.secure { "SSL encryption" } else { "no encryption" };
    let Caller { role, database, address, .. } = caller;
    let address = address.to_canonical();
    Error::new(
        SqlState::INVALID_AUTHORIZATION,
        format!(
            "{what} for host \"{address}\", user \"{role}\", database \"{database}\", {encryption}"
        ),
    )
}
