//! The message machine: ready, a simple query, an extended batch, skipping up to Sync, done.

use std::panic::AssertUnwindSafe;

use arrow::datatypes::FieldRef;
use futures::FutureExt;
use tokio_util::sync::CancellationToken;

use crate::engine::reply::{Reply, Rows};
use crate::error::{Error, Result, SqlState};
use crate::session::Session;
use crate::session::transaction::Status;
use crate::system::channels::Letter;

use super::backend::Backend;
use super::cancel::Key;
use super::failure::{Severity, put_error, put_notice};
use super::frames::{self, Bind, Frame, Message, Target};
use super::idle::IdleLimit;
use super::outcome::{Answer, End, Trouble, canceled, or_canceled, watch};
use super::parameters;
use super::pump::{Chunk, Pump};
use super::rows::{Format, Style};
use super::socket::{Socket, Stream};
use super::startup::{Entered, shutting_down};

/// A client that is known, and what it is in the middle of.
pub(super) struct Conversation<S> {
    pub(super) socket: Socket<S>,
    pub(super) session: Session,
    key: Key,
    pub(super) message_bytes: usize,
    /// An error happened in an extended batch: messages are read past up to Sync.
    skipping: bool,
    /// Extended messages have come since the last Sync.
    in_batch: bool,
    /// The server stops: clients that wait are sent home.
    stop: CancellationToken,
    /// The server has waited long enough.
    pub(super) kill: CancellationToken,
}

impl<S: Stream> Conversation<S> {
    pub(super) fn new(
        entered: Entered<S>,
        message_bytes: usize,
        stop: CancellationToken,
        kill: CancellationToken,
    ) -> Self {
        Conversation {
            socket: entered.socket,
            session: entered.session,
            key: entered.key,
            message_bytes,
            skipping: false,
            in_batch: false,
            stop,
            kill,
        }
    }

    /// Answers messages until the client or the server has had enough.
    pub(super) async fn run(mut self) {
        let end = loop {
            if let Err(end) = self.step().await {
                break end;
            }
        };
        if let End::Fatal(error) = end {
            put_error(&mut self.socket.output, Severity::Fatal, &error);
        }
        self.key.set(None);
        self.session.abandon().await;
        self.socket.close().await;
    }

    async fn step(&mut self) -> Result<(), End> {
        let frame = self.next_frame().await?;
        if !frames::is_known(frame.kind) {
            let message = format!("invalid frontend message type {}", frame.kind);
            return Err(End::Fatal(Error::protocol(message)));
        }
        let extended = frames::is_extended(frame.kind);
        self.in_batch |= extended;
        if self.skipping && !matches!(frame.kind, b'S' | b'X') {
            return Ok(());
        }
        let charset = self.session.settings().charset();
        self.socket.output.charset = charset;
        let outcome = match frames::decode(&frame, charset) {
            Ok(Message::Terminate) => return Err(End::Gone),
            Ok(message) => self.answer_unshaken(message).await,
            Err(error) => Err(error.into()),
        };
        match outcome {
            Ok(()) => {}
            Err(Trouble::End(end)) => return Err(end),
            Err(Trouble::Failed(error)) => self.failed(&frame, &error).await,
        }
        // A simple query, and a function call that is refused, end with ReadyForQuery of themselves.
        if matches!(frame.kind, b'Q' | b'F' | b'S') {
            self.ready();
            self.socket.flush().await?;
        }
        Ok(self.socket.send_some().await?)
    }

    async fn failed(&mut self, frame: &Frame, error: &Error) {
        self.notices();
        put_error(&mut self.socket.output, Severity::Error, error);
        self.session.fail().await;
        self.skipping = frames::is_extended(frame.kind);
    }

    fn ready(&mut self) {
        self.key.set(None);
        self.skipping = false;
        self.in_batch = false;
        self.socket.output.charset = self.session.settings().charset();
        self.notices();
        for (name, value) in self.session.take_parameter_status() {
            self.socket.output.parameter_status(name, &value);
        }
        self.session.rest();
        let status = self.session.status();
        if status == Status::Idle {
            self.letters();
        }
        self.socket.output.ready(status);
    }

    /// What other sessions have said on channels that this one listens to.
    fn letters(&mut self) {
        for Letter { from, word } in self.session.letters() {
            self.socket.output.notification(from, &word.channel, &word.payload);
        }
    }

    pub(super) fn notices(&mut self) {
        for notice in self.session.take_notices() {
            put_notice(&mut self.socket.output, &notice);
        }
    }

    /// Waits for the next message. While it waits between batches, a stopping server ends it.
    async fn next_frame(&mut self) -> Result<Frame, End> {
        let idle = self.idle_limit();
        // Between transactions a client hears at once what it listens to.
        let listens = !self.in_batch && self.session.status() == Status::Idle;
        loop {
            match frames::split(&mut self.socket.input, self.message_bytes) {
                Ok(Some(frame)) => return Ok(frame),
                Ok(None) => {}
                Err(error) => return Err(End::Fatal(error)),
            }
            // What failed is known at once, even to a client that sends no Sync yet.
            if !self.socket.output.is_empty() && (self.skipping || !self.in_batch) {
                self.socket.flush().await?;
            }
            self.socket.forget_large_message();
            let home = if self.in_batch { &self.kill } else { &self.stop };
            tokio::select! {
                read = self.socket.read_more() => if read? == 0 {
                    return Err(End::Gone);
                },
                () = home.cancelled() => return Err(End::Fatal(shutting_down())),
                () = self.kill.cancelled() => return Err(End::Fatal(shutting_down())),
                error = idle.passed() => return Err(End::Fatal(error)),
                () = self.session.mailbox().news(), if listens => {
                    self.letters();
                    self.socket.flush().await?;
                }
            }
        }
    }

    /// How long the client may be silent now. Within a batch it is not idle.
    fn idle_limit(&self) -> IdleLimit {
        let settings = self.session.settings();
        let (name, state, what) = match self.session.status() {
            _ if self.in_batch => return IdleLimit::none(),
            Status::Idle => ("idle_session_timeout", SqlState::IDLE_SESSION_TIMEOUT, "session"),
            Status::Open | Status::Failed => (
                "idle_in_transaction_session_timeout",
                SqlState::IDLE_IN_TRANSACTION_TIMEOUT,
                "in-transaction",
            ),
        };
        IdleLimit::new(settings.milliseconds(name), state, what)
    }

    /// A panic in what a statement runs ends its connection, in words, and no other.
    async fn answer_unshaken(&mut self, message: Message) -> Answer {
        let work = AssertUnwindSafe(Box::pin(self.answer(message))).catch_unwind();
        work.await.unwrap_or_else(|_| {
            let error = Error::internal("a statement panicked");
            Err(Trouble::End(End::Fatal(error)))
        })
    }

    async fn answer(&mut self, message: Message) -> Answer {
        match message {
            Message::Query(sql) => return self.query(&sql).await,
            Message::Parse { name, sql, types } => {
                let token = self.arm();
                let work = self.session.prepare(&name, &sql, &types);
                watch(&mut self.socket, &token, &self.kill, work).await??;
                self.socket.output.bare(b'1');
            }
            Message::Bind(bind) => self.bind(bind)?,
            Message::Describe(Target::Statement, name) => self.describe_statement(&name)?,
            Message::Describe(Target::Portal, name) => self.describe_portal(&name)?,
            Message::Execute { portal, rows } => return self.execute(&portal, rows).await,
            Message::Close(target, name) => {
                match target {
                    Target::Statement => self.session.close_statement(&name),
                    Target::Portal => self.session.close_portal(&name),
                }
                self.socket.output.bare(b'3');
            }
            Message::Flush => self.socket.flush().await?,
            Message::Sync => return self.finish().await,
            Message::FunctionCall => {
                return Err(Error::unsupported("the function call message").into());
            }
            Message::Copy | Message::Terminate => {}
        }
        Ok(())
    }

    // Simple protocol.

    async fn query(&mut self, sql: &str) -> Answer {
        let token = self.arm();
        let work = self.session.parse(sql);
        let statements = watch(&mut self.socket, &token, &self.kill, work).await??;
        if statements.is_empty() {
            self.socket.output.bare(b'I');
            return Ok(());
        }
        let last = statements.len() - 1;
        for (at, statement) in statements.iter().enumerate() {
            let work = self.session.run(statement);
            let reply = watch(&mut self.socket, &token, &self.kill, work).await??;
            let binary = self.session.gives_binary(statement);
            let format = if binary { Format::Binary } else { Format::Text };
            let tag = self.send_reply(reply, format, &token).await?;
            // The last statement is acknowledged when what the message did is safe.
            if at == last {
                self.finish().await?;
            }
            self.notices();
            match tag {
                Some(tag) => self.socket.output.command_complete(&tag),
                None => self.socket.output.bare(b'I'),
            }
            self.socket.send_some().await?;
        }
        Ok(())
    }

    /// A token for this message, under this connection's key.
    fn arm(&mut self) -> CancellationToken {
        let token = self.session.arm();
        self.key.set(Some(token.clone()));
        token
    }

    /// Ends the implicit transaction.
    async fn finish(&mut self) -> Answer {
        let token = self.arm();
        let work = self.session.finish();
        watch(&mut self.socket, &token, &self.kill, work).await??;
        Ok(())
    }

    /// Sends rows, described first; gives the tag, or None for an empty query.
    async fn send_reply(
        &mut self,
        reply: Reply,
        format: Format,
        token: &CancellationToken,
    ) -> Answer<Option<String>> {
        match reply {
            Reply::Rows { fields, rows, tag } => {
                let formats = vec![format; fields.len()];
                self.socket.output.row_description(&fields, &formats);
                let count = self.send_all(&fields, &formats, rows, token).await?;
                Ok(Some(with_count(tag, count)))
            }
            Reply::CopyOut { fields, rows, format } => {
                self.send_copy(&fields, rows, &format, token).await.map(Some)
            }
            Reply::CopyIn(receiving) => self.receive_copy(*receiving, token).await.map(Some),
            Reply::Done { tag } => Ok(Some(tag)),
            Reply::Empty => Ok(None),
        }
    }

    // Extended protocol.

    fn bind(&mut self, bind: Bind) -> Result<()> {
        let (types, fields) = self.session.describe_statement(&bind.statement)?;
        if bind.values.len() != types.len() {
            return Err(Error::protocol(format!(
                "bind message supplies {} parameters, but prepared statement \"{}\" requires {}",
                bind.values.len(),
                bind.statement,
                types.len()
            )));
        }
        if let Some(fields) = &fields {
            Format::for_columns(&bind.result_formats, fields.len())?;
        }
        let style = self.style()?;
        let values = parameters::decode_all(&types, &bind.formats, &bind.values, &style)?;
        self.session.bind(&bind.portal, &bind.statement, values, bind.result_formats)?;
        self.socket.output.bare(b'2');
        Ok(())
    }

    fn describe_statement(&mut self, name: &str) -> Result<()> {
        let (types, fields) = self.session.describe_statement(name)?;
        self.socket.output.parameter_description(&types);
        match fields {
            Some(fields) => {
                let formats = vec![Format::Text; fields.len()];
                self.socket.output.row_description(&fields, &formats);
            }
            None => self.socket.output.bare(b'n'),
        }
        Ok(())
    }

    fn describe_portal(&mut self, name: &str) -> Result<()> {
        match self.session.describe_portal(name)? {
            Some((fields, codes)) => {
                let formats = Format::for_columns(&codes, fields.len())?;
                self.socket.output.row_description(&fields, &formats);
            }
            None => self.socket.output.bare(b'n'),
        }
        Ok(())
    }

    async fn execute(&mut self, portal: &str, limit: i32) -> Answer {
        let token = self.arm();
        // Zero and, as in PostgreSQL, anything below it mean no limit.
        let limit = usize::try_from(limit).ok().filter(|limit| *limit > 0);
        let work = self.session.execute(portal, limit.is_some());
        let reply = watch(&mut self.socket, &token, &self.kill, work).await??;
        let tag = match reply {
            Reply::Rows { fields, rows, tag } => {
                let formats =
                    Format::for_columns(&self.session.portal_formats(portal)?, fields.len())?;
                let count = match limit {
                    None => self.send_all(&fields, &formats, rows, &token).await?,
                    Some(limit) => {
                        let pump = Pump::new(&fields, &formats, &self.style()?, rows)?;
                        match self.send_some_rows(pump, portal, limit, &token).await? {
                            Some(count) => count,
                            None => return Ok(()),
                        }
                    }
                };
                with_count(tag, count)
            }
            Reply::CopyOut { fields, rows, format } => {
                self.send_copy(&fields, rows, &format, &token).await?
            }
            Reply::CopyIn(receiving) => self.receive_copy(*receiving, &token).await?,
            Reply::Done { tag } => tag,
            Reply::Empty => {
                self.socket.output.bare(b'I');
                return Ok(());
            }
        };
        // With Sync already here, the statement is acknowledged when what it did is safe.
        if frames::next_kind(&self.socket.input) == Some(b'S') {
            self.finish().await?;
        }
        self.notices();
        self.socket.output.command_complete(&tag);
        Ok(())
    }

    /// At most `limit` rows; the count if they were the last, else the portal is suspended.
    async fn send_some_rows(
        &mut self,
        mut pump: Pump,
        portal: &str,
        limit: usize,
        token: &CancellationToken,
    ) -> Answer<Option<usize>> {
        let mut sent = 0;
        while sent < limit {
            let next = or_canceled(token, pump.next(limit - sent));
            let Some((chunk, error)) = watch(&mut self.socket, token, &self.kill, next).await??
            else {
                return Ok(Some(sent));
            };
            sent += chunk.rows;
            self.send_chunk(chunk, error, token).await?;
        }
        if let Some(rest) = pump.into_rest().filter(|rest| rest.num_rows() > 0) {
            self.session.suspend(portal, rest)?;
        }
        self.notices();
        self.socket.output.bare(b's');
        Ok(None)
    }

    /// All rows, encoded beside this task; gives their number.
    async fn send_all(
        &mut self,
        fields: &[FieldRef],
        formats: &[Format],
        rows: Rows,
        token: &CancellationToken,
    ) -> Answer<usize> {
        let mut chunks = Pump::new(fields, formats, &self.style()?, rows)?.spawn();
        let mut sent = 0;
        loop {
            let next = or_canceled(token, chunks.next());
            let Some((chunk, error)) = watch(&mut self.socket, token, &self.kill, next).await???
            else {
                return Ok(sent);
            };
            sent += chunk.rows;
            self.send_chunk(chunk, error, token).await?;
        }
    }

    pub(super) async fn send_chunk(
        &mut self,
        chunk: Chunk,
        error: Option<Error>,
        token: &CancellationToken,
    ) -> Answer {
        // Rows that are computed already could flow on long after the client has asked to stop.
        if token.is_cancelled() {
            return Err(error.unwrap_or_else(canceled).into());
        }
        self.socket.send(&chunk.bytes).await?;
        error.map_or(Ok(()), |error| Err(error.into()))
    }

    pub(super) fn style(&self) -> Result<Style> {
        self.session.settings().style()
    }
}

/// How many rows there were, for the tags that say so.
fn with_count(tag: &str, count: usize) -> String {
    match tag {
        "SELECT" | "FETCH" | "UPDATE" | "DELETE" | "MERGE" | "COPY" => format!("{tag} {count}"),
        "INSERT" => format!("INSERT 0 {count}"),
        other => other.to_owned(),
    }
}
