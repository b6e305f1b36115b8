//! One client's socket, plain or TLS, with the bytes that came in and the messages that wait to go out.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::BytesMut;
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use super::backend::Output;

/// What waits to go out is sent once there is this much.
const SEND_AT: usize = 64 << 10;
/// Room asked for at each read; a buffer grows with what has come, not with what was announced.
const READ_BYTES: usize = 8 << 10;
/// So much is read ahead while a statement runs, to notice a client that has gone.
const READ_AHEAD: usize = 64 << 10;

/// How long a client may take to hear the last words.
const FAREWELL: Duration = Duration::from_millis(500);

/// What a socket must be able to do.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for S {}

/// A socket before or after the TLS handshake.
pub(super) enum Transport<S> {
    Plain(S),
    Tls(Box<TlsStream<S>>),
    /// During the handshake, and for ever after one that failed.
    Taken,
}

pub(super) struct Socket<S> {
    stream: Transport<S>,
    pub(super) input: BytesMut,
    pub(super) output: Output,
    /// Ends even a write that a client does not take.
    kill: CancellationToken,
}

impl<S: Stream> Socket<S> {
    pub(super) fn new(stream: Transport<S>, kill: CancellationToken) -> Self {
        Socket { stream, input: BytesMut::new(), output: Output::default(), kill }
    }

    pub(super) fn is_secure(&self) -> bool {
        matches!(self.stream, Transport::Tls(_))
    }

    /// The client's certificate, if it showed one; the handshake has checked it.
    pub(super) fn certificate(&self) -> Option<&CertificateDer<'static>> {
        match &self.stream {
            Transport::Tls(stream) => stream.get_ref().1.peer_certificates()?.first(),
            Transport::Plain(_) | Transport::Taken => None,
        }
    }

    /// The plain socket, for a handshake.
    pub(super) fn take_plain(&mut self) -> Option<S> {
        match std::mem::replace(&mut self.stream, Transport::Taken) {
            Transport::Plain(stream) => Some(stream),
            Transport::Tls(_) | Transport::Taken => None,
        }
    }

    /// Waits for more bytes; none means that the client has gone. Loses nothing if dropped.
    pub(super) async fn read_more(&mut self) -> io::Result<usize> {
        self.input.reserve(READ_BYTES);
        self.stream.read_buf(&mut self.input).await
    }

    /// Returns when the client has gone. Loses nothing if dropped.
    pub(super) async fn gone(&mut self) {
        while self.input.len() < READ_AHEAD {
            if !matches!(self.read_more().await, Ok(1..)) {
                return;
            }
        }
        std::future::pending().await
    }

    /// Sends what waits if it is much.
    pub(super) async fn send_some(&mut self) -> io::Result<()> {
        if self.output.len() >= SEND_AT { self.write_output().await } else { Ok(()) }
    }

    /// Sends everything that waits.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        self.write_output().await?;
        let kill = self.kill.clone();
        tokio::select! {
            outcome = self.stream.flush() => outcome,
            () = kill.cancelled() => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }

    /// Sends what waits, then `bytes` without copying them.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_output().await?;
        self.write(bytes).await?;
        // TLS may hold back the end of it.
        self.flush().await
    }

    /// Gives back the memory of a large message once it has been read.
    pub(super) fn forget_large_message(&mut self) {
        if self.input.is_empty() && self.input.capacity() > READ_AHEAD {
            self.input = BytesMut::new();
        }
    }

    async fn write_output(&mut self) -> io::Result<()> {
        let output = std::mem::take(&mut self.output);
        let outcome = self.write(&output).await;
        self.output = output;
        self.output.clear();
        outcome
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let kill = self.kill.clone();
        tokio::select! {
            biased;
            outcome = self.stream.write_all(bytes) => outcome,
            () = kill.cancelled() => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }

    /// The last words, as far as they go at once: a client that takes nothing is not waited for long.
    pub(super) async fn close(mut self) {
        let farewell = async {
            let output = std::mem::take(&mut self.output);
            self.stream.write_all(&output).await?;
            self.stream.shutdown().await?;
            // A socket closed over unread bytes is reset, and the client may never see the last words.
            let mut left = READ_AHEAD;
            while left > 0 {
                self.input.clear();
                match self.read_more().await? {
                    0 => break,
                    read => left = left.saturating_sub(read),
                }
            }
            io::Result::Ok(())
        };
        let _ = tokio::time::timeout(FAREWELL, farewell).await;
    }
}

impl<S: Stream> AsyncRead for Transport<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Transport::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Transport::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
            Transport::Taken => Poll::Ready(Err(taken())),
        }
    }
}

impl<S: Stream> AsyncWrite for Transport<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Transport::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Transport::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
            Transport::Taken => Poll::Ready(Err(taken())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Transport::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Transport::Tls(stream) => Pin::new(stream).poll_flush(cx),
            Transport::Taken => Poll::Ready(Err(taken())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Transport::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Transport::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
            Transport::Taken => Poll::Ready(Err(taken())),
        }
    }
}

fn taken() -> io::Error {
    io::ErrorKind::NotConnected.into()
}
