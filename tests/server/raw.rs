//! A client that sends exactly the bytes a test wants, right or wrong.

use std::net::SocketAddr;
use std::time::Duration;

use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longer than any answer takes in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
pub const VERSION_3_0: u32 = 0x0003_0000;
pub const VERSION_3_2: u32 = 0x0003_0002;
pub const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// One message of the server.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub kind: u8,
    pub body: Vec<u8>,
}

impl Message {
    /// The SQLSTATE of an ErrorResponse or a notice.
    pub fn state(&self) -> String {
        self.field(b'C').unwrap_or_else(|| panic!("{self:?} carries no state"))
    }

    pub fn severity(&self) -> String {
        self.field(b'V').unwrap_or_else(|| panic!("{self:?} carries no severity"))
    }

    pub fn field(&self, name: u8) -> Option<String> {
        let mut fields = self.body.split(|byte| *byte == 0);
        let found = fields.find(|field| field.first() == Some(&name))?;
        Some(String::from_utf8_lossy(&found[1..]).into_owned())
    }
}

pub struct Raw {
    socket: TcpStream,
}

impl Raw {
    pub async fn connect(address: SocketAddr) -> Raw {
        let socket = TcpStream::connect(address).await.expect("the server accepts");
        Raw::over(socket)
    }

    /// Over a connection that the test has made itself.
    pub fn over(socket: TcpStream) -> Raw {
        socket.set_nodelay(true).expect("a TCP socket takes it");
        Raw { socket }
    }

    /// Logs in as the superuser and reads up to the first ReadyForQuery.
    pub async fn superuser(address: SocketAddr) -> Raw {
        let mut raw = Raw::connect(address).await;
        raw.send(&startup(VERSION_3_0, &[("user", "postgres"), ("database", "lake")])).await;
        let end = raw.login("postgres").await;
        assert_eq!(end.last().map(|m| m.kind), Some(b'Z'), "{end:?}");
        raw
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        // A server that has already hung up may refuse the rest; the answer is what a test looks at.
        let _ = self.socket.write_all(bytes).await;
    }

    /// The next message; None if the server has hung up.
    pub async fn read(&mut self) -> Option<Message> {
        tokio::time::timeout(PATIENCE, self.read_patiently()).await.expect("the server answers")
    }

    async fn read_patiently(&mut self) -> Option<Message> {
        let kind = self.socket.read_u8().await.ok()?;
        let length = self.socket.read_u32().await.ok()? as usize;
        let mut body = vec![0; length.checked_sub(4).expect("a length counts itself")];
        self.socket.read_exact(&mut body).await.ok()?;
        Some(Message { kind, body })
    }

    /// Messages up to and with ReadyForQuery, or to the end of the connection.
    pub async fn answers(&mut self) -> Vec<Message> {
        let mut all = Vec::new();
        while let Some(message) = self.read().await {
            let ready = message.kind == b'Z';
            all.push(message);
            if ready {
                break;
            }
        }
        all
    }

    /// All that comes until the server hangs up or falls silent.
    pub async fn drain(&mut self, silence: Duration) -> (Vec<u8>, bool) {
        let mut all = Vec::new();
        let mut piece = [0; 8192];
        loop {
            match tokio::time::timeout(silence, self.socket.read(&mut piece)).await {
                Ok(Ok(0) | Err(_)) => return (all, true),
                Ok(Ok(n)) => all.extend_from_slice(&piece[..n]),
                Err(_) => return (all, false),
            }
        }
    }

    /// Answers the server's SCRAM exchange, and then reads on.
    pub async fn login(&mut self, password: &str) -> Vec<Message> {
        self.login_with(password, &[]).await
    }

    /// The same, with more bytes glued behind the last message of the exchange.
    pub async fn login_with(&mut self, password: &str, glued: &[u8]) -> Vec<Message> {
        let Some(asked) = self.read().await else { return Vec::new() };
        if asked.kind == b'R' && asked.body == [0; 4] {
            // Let in without a word.
            return [vec![asked], self.answers().await].concat();
        }
        if asked.kind != b'R' || asked.body[..4] != [0, 0, 0, 10] {
            return vec![asked];
        }
        let mut scram = ScramSha256::new(password.as_bytes(), ChannelBinding::unsupported());
        let mut first = [SCRAM_SHA_256.as_bytes(), b"\0"].concat();
        first.extend((scram.message().len() as u32).to_be_bytes());
        first.extend(scram.message());
        self.send(&message(b'p', &first)).await;
        let challenge = self.read().await.expect("a challenge");
        if challenge.kind != b'R' {
            return vec![challenge];
        }
        scram.update(&challenge.body[4..]).expect("a SCRAM challenge");
        let last = [message(b'p', scram.message()), glued.to_vec()].concat();
        self.send(&last).await;
        self.answers().await
    }
}

/// A framed message.
pub fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u32 + 4).to_be_bytes();
    [&[kind][..], &length, body].concat()
}

pub fn startup(version: u32, parameters: &[(&str, &str)]) -> Vec<u8> {
    let mut body = version.to_be_bytes().to_vec();
    for (name, value) in parameters {
        body.extend([name.as_bytes(), b"\0", value.as_bytes(), b"\0"].concat());
    }
    body.push(0);
    [(body.len() as u32 + 4).to_be_bytes().to_vec(), body].concat()
}

pub fn query(sql: &str) -> Vec<u8> {
    message(b'Q', &[sql.as_bytes(), b"\0"].concat())
}

pub fn parse(name: &str, sql: &str, types: &[u32]) -> Vec<u8> {
    let mut body = [name.as_bytes(), b"\0", sql.as_bytes(), b"\0"].concat();
    body.extend((types.len() as u16).to_be_bytes());
    types.iter().for_each(|oid| body.extend(oid.to_be_bytes()));
    message(b'P', &body)
}

/// Parameters as text; results in the formats given.
pub fn bind(portal: &str, statement: &str, values: &[Option<&str>], formats: &[u16]) -> Vec<u8> {
    let mut body = [portal.as_bytes(), b"\0", statement.as_bytes(), b"\0", &[0, 0]].concat();
    body.extend((values.len() as u16).to_be_bytes());
    for value in values {
        match value {
            None => body.extend((-1i32).to_be_bytes()),
            Some(text) => {
                body.extend((text.len() as u32).to_be_bytes());
                body.extend(text.as_bytes());
            }
        }
    }
    body.extend((formats.len() as u16).to_be_bytes());
    formats.iter().for_each(|format| body.extend(format.to_be_bytes()));
    message(b'B', &body)
}

pub fn describe(kind: u8, name: &str) -> Vec<u8> {
    message(b'D', &[&[kind], name.as_bytes(), b"\0"].concat())
}

pub fn close(kind: u8, name: &str) -> Vec<u8> {
    message(b'C', &[&[kind], name.as_bytes(), b"\0"].concat())
}

pub fn execute(portal: &str, rows: i32) -> Vec<u8> {
    message(b'E', &[portal.as_bytes(), b"\0", &rows.to_be_bytes()].concat())
}

pub fn sync() -> Vec<u8> {
    message(b'S', &[])
}

/// The kinds of messages, as a word to compare.
pub fn kinds(messages: &[Message]) -> String {
    messages.iter().map(|message| char::from(message.kind)).collect()
}
