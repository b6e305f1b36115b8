//! From an accepted socket to a session: TLS, the first packet, the proof that the login rules ask for, the
//! session's settings.
//!
//! Nothing a client sends before it is known has any effect but these steps, and every error among
//! them ends the connection.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::config::login::{Certificate, Method, Rule};
use crate::error::{Error, Result, SqlState};
use crate::session::login::{Attempt, Greeting, failed};
use crate::session::rules::Caller;
use crate::session::{Gate, Session};

use super::backend::Backend;
use super::cancel::{Key, Keys};
use super::failure::{Severity, put_error, put_notice};
use super::frames::{Frame, split, split_startup};
use super::greeting::{First, Start, decode};
use super::pending::Pending;
use super::scram;
use super::socket::{Socket, Stream, Transport};
use super::tls::{common_name, tls};

const SASL: i32 = 10;
const SASL_CONTINUE: i32 = 11;
const SASL_FINAL: i32 = 12;
const AUTHENTICATION_OK: i32 = 0;

/// What all connections of a server have in common.
pub struct Shared {
    pub(super) gate: Arc<Gate>,
    pub(super) limits: crate::config::Limits,
    pub(super) keys: Arc<Keys>,
    pub(super) pending: Pending,
    tls: Option<TlsAcceptor>,
    tls_required: bool,
}

impl Shared {
    /// Fails where TLS is asked for and cannot be had.
    pub fn new(config: &Config, gate: Arc<Gate>) -> Result<Shared> {
        Ok(Shared {
            gate,
            limits: config.limits.clone(),
            keys: Arc::default(),
            pending: Pending::new(config.login.pending_per_address),
            tls: tls(config)?.map(TlsAcceptor::from),
            tls_required: config.tls.required,
        })
    }
}

/// A client that is known.
pub(super) struct Entered<S> {
    pub(super) socket: Socket<S>,
    pub(super) session: Session,
    pub(super) key: Key,
}

/// A connection being set up.
pub(super) struct Startup<'a, S> {
    pub(super) socket: Socket<S>,
    pub(super) shared: &'a Shared,
    pub(super) peer: SocketAddr,
    /// The server's own address, at which the client called.
    pub(super) local: Option<SocketAddr>,
    /// False if the server has no place left.
    pub(super) admitted: bool,
    pub(super) kill: CancellationToken,
    /// Who asks, once the first packet has said so; for the audit log.
    pub(super) attempt: Option<Attempt>,
}

/// Why there will be no session.
pub(super) enum Refused {
    /// The client went away or wanted no session.
    Silently,
    With(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Refused::With(error)
    }
}

impl From<std::io::Error> for Refused {
    fn from(_: std::io::Error) -> Self {
        Refused::Silently
    }
}

type Step<T> = Result<T, Refused>;

impl<S: Stream> Startup<'_, S> {
    /// The session, or None when the connection is over; the client has been told why.
    pub(super) async fn run(mut self, stop: &CancellationToken) -> Option<Entered<S>> {
        let limit = std::time::Duration::from_millis(self.shared.limits.login_ms);
        let outcome = tokio::select! {
            outcome = tokio::time::timeout(limit, self.steps()) => outcome,
            () = stop.cancelled() => Ok(Err(shutting_down().into())),
        };
        let refused = match outcome {
            Ok(Ok((session, key))) => match self.written_down(session.pid(), None).await {
                Ok(()) => return Some(Entered { socket: self.socket, session, key }),
                Err(error) => Refused::With(error),
            },
            Ok(Err(refused)) => refused,
            // A port scanner or a health check needs no word in the log.
            Err(_) => Refused::With(Error::new(
                SqlState::PROTOCOL_VIOLATION,
                "canceling authentication due to timeout",
            )),
        };
        if let Refused::With(error) = refused {
            tracing::info!(peer = %self.peer, %error, "refused a connection");
            // There is nobody to tell that this could not be written down.
            let _ = self.written_down(0, Some(&error)).await;
            put_error(&mut self.socket.output, Severity::Fatal, &error);
        }
        self.socket.close().await;
        None
    }

    async fn written_down(&self, pid: i32, refused: Option<&Error>) -> Result<()> {
        match &self.attempt {
            Some(attempt) => self.shared.gate.record(attempt, pid, refused).await,
            None => Ok(()),
        }
    }

    async fn steps(&mut self) -> Step<(Session, Key)> {
        let start = self.greet().await?;
        self.attempt = Some(Attempt {
            role: start.role.clone(),
            application: start.settings.get("application_name").cloned().unwrap_or_default(),
            peer: Some(self.peer),
            began: Instant::now(),
        });
        if !self.admitted {
            let error =
                Error::new(SqlState::TOO_MANY_CONNECTIONS, "sorry, too many clients already");
            return Err(error.into());
        }
        if self.shared.tls_required && !self.socket.is_secure() {
            let message = "this server accepts connections with TLS only";
            let error = Error::new(SqlState::INVALID_AUTHORIZATION, message)
                .hint("Connect with sslmode=require or, better, verify-full.");
            return Err(error.into());
        }
        if start.needs_negotiation() {
            self.socket.output.negotiate_version(start.version.0 as i32, &start.unknown);
        }
        self.authenticate(&start).await?;
        self.enter(start)
    }

    /// Reads first packets until one of them opens a session.
    async fn greet(&mut self) -> Step<Start> {
        let (mut asked_tls, mut asked_gss) = (false, false);
        loop {
            let packet = loop {
                let limit = self.shared.limits.login_message_bytes;
                match split_startup(&mut self.socket.input, limit)? {
                    Some(packet) => break packet,
                    None => self.read().await?,
                }
            };
            match decode(packet)? {
                First::Tls if !asked_tls && !self.socket.is_secure() => {
                    asked_tls = true;
                    self.upgrade().await?;
                }
                First::Gss if !asked_gss && !self.socket.is_secure() => {
                    asked_gss = true;
                    self.nothing_behind()?;
                    self.answer(b"N").await?;
                }
                First::Tls | First::Gss => {
                    return Err(Error::protocol("encryption was asked for twice").into());
                }
                First::Cancel { pid, secret } => {
                    self.shared.keys.cancel(pid, &secret);
                    return Err(Refused::Silently);
                }
                First::Start(start) => return Ok(start),
            }
        }
    }

    async fn upgrade(&mut self) -> Step<()> {
        self.nothing_behind()?;
        let Some(acceptor) = self.shared.tls.clone() else { return self.answer(b"N").await };
        self.answer(b"S").await?;
        let kill = self.kill.clone();
        let Some(plain) = self.socket.take_plain() else { return Err(Refused::Silently) };
        let secure = acceptor.accept(plain).await.map_err(|error| {
            tracing::info!(peer = %self.peer, %error, "TLS handshake failed");
            error
        })?;
        self.socket = Socket::new(Transport::Tls(Box::new(secure)), kill);
        Ok(())
    }

    /// What stands behind a request for encryption was sent in clear, perhaps by somebody in between, and
    /// would be taken for what came encrypted.
    fn nothing_behind(&self) -> Result<()> {
        if self.socket.input.is_empty() {
            return Ok(());
        }
        Err(Error::protocol("received unencrypted data after SSL request").detail(
            "This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.",
        ))
    }

    async fn answer(&mut self, letter: &[u8]) -> Step<()> {
        self.socket.send(letter).await?;
        Ok(self.socket.flush().await?)
    }

    async fn read(&mut self) -> Step<()> {
        match self.socket.read_more().await? {
            0 => Err(Refused::Silently),
            _ => Ok(()),
        }
    }

    async fn frame(&mut self) -> Step<Frame> {
        loop {
            let limit = self.shared.limits.login_message_bytes;
            match split(&mut self.socket.input, limit)? {
                Some(frame) => return Ok(frame),
                None => self.read().await?,
            }
        }
    }

    /// Has the client prove who it is, as the first login rule that matches it demands.
    async fn authenticate(&mut self, start: &Start) -> Step<()> {
        let (gate, role, address) = (&self.shared.gate, &start.role, self.peer.ip());
        let rule = gate.rule(&Caller {
            role,
            database: start.database.as_deref().unwrap_or(role),
            address,
            own_address: self.local.map(|local| local.ip()),
            secure: self.socket.is_secure(),
        })?;
        if rule.certificate != Certificate::Ignored && self.socket.certificate().is_none() {
            let message = "connection requires a valid client certificate";
            return Err(Error::new(SqlState::INVALID_AUTHORIZATION, message).into());
        }
        let proven = match rule.method {
            Method::Scram => self.exchange_scram(rule, role).await?,
            Method::Certificate => {
                self.wait_turn().await?;
                self.certified(rule, role)
            }
            Method::Trust => self.certified(rule, role),
            Method::Reject => false,
        };
        if !proven {
            gate.throttle.failed(address, role, Instant::now());
            return Err(failed(rule.method, role).into());
        }
        gate.throttle.succeeded(address, role);
        Ok(())
    }

    /// False if the password was wrong, or right beside the wrong certificate: the client does not learn which.
    async fn exchange_scram(&mut self, rule: &Rule, role: &str) -> Step<bool> {
        let methods = format!("{}\0\0", scram::METHOD);
        self.socket.output.authentication(SASL, methods.as_bytes());
        self.socket.flush().await?;
        let first = self.frame().await?;
        let (verifier, real) = self.shared.gate.verifier(role);
        let (answer, exchange) = scram::begin(&first, verifier, real)?;
        self.socket.output.authentication(SASL_CONTINUE, answer.as_bytes());
        self.socket.flush().await?;
        let last = self.frame().await?;
        self.wait_turn().await?;
        let Some(proof) = exchange.finish(&last)?.filter(|_| self.certified(rule, role)) else {
            return Ok(false);
        };
        self.socket.output.authentication(SASL_FINAL, proof.as_bytes());
        Ok(true)
    }

    /// Whether the client certificate bears a name that the rule takes for this role.
    fn certified(&self, rule: &Rule, role: &str) -> bool {
        if rule.certificate != Certificate::Named {
            return true;
        }
        let name = self.socket.certificate().and_then(common_name);
        name.is_some_and(|name| self.shared.gate.certifies(rule, &name, role))
    }

    /// After failed logins an address waits before the next proof is looked at.
    async fn wait_turn(&self) -> Step<()> {
        let wait = self.shared.gate.throttle.admit(self.peer.ip(), Instant::now())?;
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }

    fn enter(&mut self, start: Start) -> Step<(Session, Key)> {
        let long_key = start.version.has_long_keys();
        let greeting = Greeting {
            role: start.role,
            database: start.database,
            settings: start.settings,
            peer: Some(self.peer),
        };
        let pid = self.shared.gate.next_pid();
        let mut session = self.shared.gate.enter(&greeting, pid, self.kill.clone())?;
        session.reached(self.local, self.socket.is_secure());
        let key = self.shared.keys.register(pid, long_key);
        let output = &mut self.socket.output;
        output.authentication(AUTHENTICATION_OK, &[]);
        for (name, value) in session.take_parameter_status() {
            output.parameter_status(name, &value);
        }
        output.backend_key(key.pid, &key.secret);
        session.take_notices().iter().for_each(|notice| put_notice(output, notice));
        output.ready(session.status());
        Ok((session, key))
    }
}

pub(super) fn shutting_down() -> Error {
    Error::new(SqlState::ADMIN_SHUTDOWN, "terminating connection due to administrator command")
}
