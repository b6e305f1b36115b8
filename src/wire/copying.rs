//! COPY on the wire: rows out in messages of their own, and the rows that a client sends.

use arrow::array::RecordBatch;
use arrow::datatypes::FieldRef;
use tokio_util::sync::CancellationToken;

use crate::engine::reply::{Receiving, Rows};
use crate::error::Error;
use crate::functions::charset::Charset;
use crate::planner::plan::{CopyFormat, CopyKind};

use super::backend::Backend;
use super::conversation::Conversation;
use super::copy::Reader;
use super::frames::{self, Fields, Frame};
use super::outcome::{Answer, End, Trouble, canceled, or_canceled, watch};
use super::pump::Pump;
use super::rows::{Format, RowEncoder, Style};
use super::socket::Stream;
use super::startup::shutting_down;

impl<S: Stream> Conversation<S> {
    /// Sends all rows; gives the tag.
    pub(super) async fn send_copy(
        &mut self,
        fields: &[FieldRef],
        rows: Rows,
        format: &CopyFormat,
        token: &CancellationToken,
    ) -> Answer<String> {
        let style = self.style()?;
        let style = Style { charset: format.charset.unwrap_or(style.charset), ..style };
        let encoder = RowEncoder::copying(fields, format, &style)?;
        self.notices();
        self.socket.output.copy_response(b'H', overall(format), fields.len());
        let mut chunks = Pump::of(encoder, rows).spawn();
        let mut sent = 0;
        loop {
            let next = or_canceled(token, chunks.next());
            let Some((chunk, error)) = watch(&mut self.socket, token, &self.kill, next).await???
            else {
                break;
            };
            sent += chunk.rows;
            self.send_chunk(chunk, error, token).await?;
        }
        self.socket.output.bare(b'c');
        Ok(format!("COPY {sent}"))
    }

    /// Reads what the client sends up to its end, and hands it to the writer; gives the tag.
    pub(super) async fn receive_copy(
        &mut self,
        mut receiving: Receiving,
        token: &CancellationToken,
    ) -> Answer<String> {
        let outcome = match self.style() {
            Ok(style) => {
                let charset = receiving.format.charset.unwrap_or(style.charset);
                // Lines come to the reader as UTF8; what is binary has its texts where only it knows.
                let (whole, parts) = match receiving.format.kind {
                    CopyKind::Binary => (Charset::Utf8, charset),
                    CopyKind::Text | CopyKind::Csv => (charset, Charset::Utf8),
                };
                let style = Style { charset: parts, ..style };
                let reader = Reader::new(&receiving, style, self.message_bytes);
                self.read_copy(reader, whole, &mut receiving, token).await
            }
            Err(error) => Err(error.into()),
        };
        let outcome = match outcome {
            Ok(()) => watch(&mut self.socket, token, &self.kill, receiving.finish()).await?,
            Err(trouble) => {
                receiving.abandon().await;
                match trouble {
                    Trouble::Failed(error) => Err(error),
                    Trouble::End(end) => return Err(Trouble::End(end)),
                }
            }
        };
        Ok(self.session.received(outcome).await?)
    }

    async fn read_copy(
        &mut self,
        mut reader: Reader,
        charset: Charset,
        receiving: &mut Receiving,
        token: &CancellationToken,
    ) -> Answer {
        self.notices();
        let format = overall(&receiving.format);
        self.socket.output.copy_response(b'G', format, receiving.fields.len());
        self.socket.flush().await?;
        loop {
            let frame = self.copy_frame(receiving, token).await?;
            match frame.kind {
                b'd' => {
                    match charset.is_utf8() {
                        true => reader.take_in(&frame.body),
                        false => reader.take_in(charset.decode(&frame.body)?.as_bytes()),
                    }
                    while let Some(batch) = reader.next()? {
                        self.push(receiving, batch, token).await?;
                    }
                }
                b'c' => {
                    while let Some(batch) = reader.finish()? {
                        self.push(receiving, batch, token).await?;
                    }
                    return Ok(());
                }
                b'f' => {
                    let why = Fields::new(frame.body).text()?;
                    return Err(Error::canceled(format!("COPY from stdin failed: {why}")).into());
                }
                // Drivers that pipeline send these before they know that data is wanted.
                b'H' | b'S' => {}
                b'X' => return Err(Trouble::End(End::Gone)),
                other => {
                    let text =
                        format!("unexpected message type 0x{other:02X} during COPY from stdin");
                    return Err(Error::protocol(text).into());
                }
            }
        }
    }

    async fn push(
        &mut self,
        receiving: &mut Receiving,
        batch: RecordBatch,
        token: &CancellationToken,
    ) -> Answer {
        let work = or_canceled(token, receiving.push(batch));
        watch(&mut self.socket, token, &self.kill, work).await???;
        Ok(())
    }

    /// The next message. The writer may end first, for an error or because the time is over.
    async fn copy_frame(
        &mut self,
        receiving: &mut Receiving,
        token: &CancellationToken,
    ) -> Answer<Frame> {
        loop {
            let split = frames::split(&mut self.socket.input, self.message_bytes);
            if let Some(frame) = split.map_err(|e| Trouble::End(End::Fatal(e)))? {
                return Ok(frame);
            }
            self.socket.forget_large_message();
            tokio::select! {
                biased;
                () = token.cancelled() => return Err(canceled().into()),
                () = self.kill.cancelled() => {
                    return Err(Trouble::End(End::Fatal(shutting_down())));
                }
                read = self.socket.read_more() => if read? == 0 {
                    return Err(Trouble::End(End::Gone));
                },
                error = receiving.broken() => return Err(error.into()),
            }
        }
    }
}

fn overall(format: &CopyFormat) -> Format {
    match format.kind {
        CopyKind::Binary => Format::Binary,
        CopyKind::Text | CopyKind::Csv => Format::Text,
    }
}
